//! What a user says is secret, or is not.

use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder};

/// A name of fields, parameters and properties (`x-request-id`, `*email*`), or `/a regular expression/`
/// for values.
#[derive(Clone, Debug)]
pub struct Pattern(Inner);

#[derive(Clone, Debug)]
enum Inner {
    Name(GlobMatcher),
    Value(Regex),
}

/// Why a pattern cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is no pattern: {reason}")]
pub struct PatternError {
    pattern: String,
    reason: String,
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(pattern: &str) -> Result<Self, PatternError> {
        let refused = |reason: String| PatternError { pattern: pattern.to_owned(), reason };
        if let Some(regex) = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            let regex = RegexBuilder::new(regex).size_limit(1 << 20).build();
            return regex.map(|regex| Self(Inner::Value(regex))).map_err(|error| refused(error.to_string()));
        }
        if pattern.trim().is_empty() {
            return Err(refused("it is empty".to_owned()));
        }
        let glob = GlobBuilder::new(pattern).case_insensitive(true).build();
        glob.map(|glob| Self(Inner::Name(glob.compile_matcher()))).map_err(|error| refused(error.kind().to_string()))
    }

    /// Whether it means the value of what has this name.
    pub(super) fn matches(&self, name: &str, value: &str) -> bool {
        match &self.0 {
            Inner::Name(glob) => glob.is_match(name),
            Inner::Value(regex) => regex.is_match(value),
        }
    }
}
