//! What events show of exchanges, findings and contracts: bounded, and without secrets.

mod contract;
mod exchange;

pub(crate) use contract::summary;
pub(crate) use exchange::{Shower, millis};

/// The most bytes of a body that an event holds, by default.
pub(crate) const SHOWN_BODY: usize = 64 * 1024;
