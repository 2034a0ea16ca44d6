//! Versions of the OpenAPI Specification.

use serde_json::Value;

/// A minor version of the OpenAPI Specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V30,
    V31,
    V32,
}

impl Version {
    /// By the `openapi` field of a document.
    pub(super) fn of(document: &Value) -> Option<Self> {
        let version = document.get("openapi")?;
        // `openapi: 3.1` without quotes is a number.
        let version = version.as_str().map_or_else(|| version.to_string(), str::to_owned);
        let [minor, ..] = version.strip_prefix("3.")?.as_bytes() else { return None };
        match minor {
            b'0' => Some(Self::V30),
            b'1' => Some(Self::V31),
            b'2' => Some(Self::V32),
            _ => None,
        }
    }

    /// The last release, whose text is referred to.
    pub(super) fn release(self) -> &'static str {
        match self {
            Self::V30 => "3.0.4",
            Self::V31 => "3.1.1",
            Self::V32 => "3.2.0",
        }
    }

    /// Where a section of the specification is read.
    pub(super) fn address(self, section: &str) -> String {
        format!("https://spec.openapis.org/oas/v{}.html#{section}", self.release())
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::V30 => "3.0",
            Self::V31 => "3.1",
            Self::V32 => "3.2",
        })
    }
}
