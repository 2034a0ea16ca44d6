//! Sends a request and brings the exchange: connections, TLS, proxies, time-outs, bounds.
//!
//! One [`Client`] serves a whole run; it is cheap to clone and keeps connections open between
//! requests. It knows nothing of contracts: what comes back is an [`Exchange`](crate::exchange::Exchange)
//! with the exact bytes, or a [`TransportError`] that says why there is none.

mod body;
mod client;
mod error;
#[cfg(test)]
pub(crate) mod peer;
mod plain;
mod settings;
#[cfg(test)]
mod tests;

pub use body::decoded;
pub use client::Client;
pub use error::{Phase, TransportError};
pub use settings::{Connections, Proxy, Settings, Timeouts, Tls};
