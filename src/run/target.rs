//! Where requests go.

use crate::exchange::Secret;
use crate::verdict;

/// Where the requests of a contract's cases go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A server that is already there.
    Live {
        /// What paths are appended to.
        base_url: String,
    },
    /// A mock, which keeps the cases' states apart by a header.
    Mock {
        /// What paths are appended to.
        base_url: String,
    },
    /// Each step's own recorded response; nothing is sent.
    Recorded,
}

impl Target {
    /// What paths are appended to. Recorded exchanges have an address that cannot exist (RFC 6761, section 6.4).
    pub fn base_url(&self) -> &str {
        match self {
            Self::Live { base_url } | Self::Mock { base_url } => base_url.trim_end_matches('/'),
            Self::Recorded => "http://recorded.invalid",
        }
    }

    /// What of the base URL must not be shown: a password in it, which is refused when sending.
    pub(super) fn secret(&self) -> Option<Secret> {
        let authority = self.base_url().split_once("://")?.1.split('/').next()?;
        let (_, password) = authority.rsplit_once('@')?.0.split_once(':')?;
        Some(Secret::new(password))
    }

    /// One word: `live`, `mock`, `recorded`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Live { .. } => "live",
            Self::Mock { .. } => "mock",
            Self::Recorded => "recorded",
        }
    }

    /// As events have it: a mock's address is different each time and says nothing.
    pub fn shown(&self) -> verdict::Target {
        match self {
            Self::Live { base_url } => verdict::Target::Live { url: base_url.clone() },
            Self::Mock { .. } => verdict::Target::Mock,
            Self::Recorded => verdict::Target::Recorded,
        }
    }
}
