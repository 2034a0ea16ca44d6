//! The mock: answers requests by a contract and by rules, remembers what it was told.
//!
//! A request is routed (404, 405), judged, and answered by the first rule that applies. Where none
//! does, an invalid request gets the document's own error response, a valid one an example that
//! satisfies its schema, else a generated value. [`Mock::answer`] does no I/O; [`Server`] serves.

mod answer;
mod base;
mod by_document;
mod by_rules;
mod callback;
mod document;
mod echo;
mod effect;
mod engine;
mod evaluate;
mod fill;
mod foreseen;
mod headers;
mod miss;
mod negotiate;
mod pair;
pub(crate) mod problem;
mod read;
mod refuse;
mod rules;
mod server;
mod state;
mod stateful;
mod view;
mod wish;

pub use answer::{Answer, Listener, Origin, Settings, Trouble, Validation};
pub(crate) use callback::REFUSED;
pub use callback::{Call, Called, Caller, Firing, Outbox, Unfired};
pub use effect::{Delay, Effect, EffectError, Fault};
pub use engine::{Mock, SESSION_HEADER};
pub use rules::{RULES_SCHEMA, Rules};
pub use server::{
    Admin, Exchanged, History, Limits, Listen, Mount, Observer, Options, Presenter, Server, Tls, TlsError,
};
pub use state::State;
pub use stateful::{Bounds, Disk, Stateful};

#[cfg(test)]
mod tests;
