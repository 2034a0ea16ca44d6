//! Schemas by which nothing can be judged: their `type` is none, so what they allow is anyone's guess.

use jsonschema::{Keyword, ValidationError};
use serde_json::Value;

/// Keeps a value from being valid; the error is told as undecided, not as broken.
pub(super) struct Undecidable;

impl<'i> Keyword<'i> for Undecidable {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        Err(ValidationError::custom("undecidable"))
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        false
    }
}
