//! Documents that another crate already holds.

use super::{Alone, Contract, Parts};
use crate::source::{Diagnostic, Diagnostics, Source};

impl Contract {
    /// A contract from a document of the `openapiv3` crate, for users whose framework makes one.
    ///
    /// Places refer to the document's JSON, named `<name>.json`.
    pub fn from_openapiv3(name: &str, document: &openapiv3::OpenAPI) -> Result<(Self, Diagnostics), Diagnostics> {
        let text = serde_json::to_string_pretty(document)
            .map_err(|error| Diagnostic::error("not-json", format!("the document has no JSON form: {error}")))?;
        let document = Source::new(format!("{name}.json"), text);
        Self::load(Parts { name: name.to_owned(), document, overlay: None, promises: None }, &Alone)
    }
}
