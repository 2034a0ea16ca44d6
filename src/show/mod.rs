//! What events show of exchanges, findings and contracts: bounded, and without secrets.

mod contract;
mod exchange;

pub(crate) use contract::summary;
pub(crate) use exchange::{Shower, millis};
