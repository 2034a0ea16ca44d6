//! Recording: a reverse proxy that keeps what passes, and case files made of it.
//!
//! What passes is not changed ([`Proxy`]). A copy of each exchange is taken, its secrets replaced
//! ([`redact`]) and written to a [`journal`] before the client has the whole answer. At the end, or at
//! the next start after a crash, the journal becomes case files ([`Book`]).

mod book;
mod contracts;
mod entry;
mod flow;
pub mod journal;
mod key;
mod known;
mod learn;
mod page;
mod plot;
mod proxy;
mod recorder;
pub mod redact;
mod replay;
mod sight;

pub use book::{Book, Kept, Outcome};
pub use contracts::{Belongs, Contracts};
pub use entry::{Entry, KeptRequest, KeptResponse, Part};
pub use known::{KnownExchange, exchanges, exchanges_of};
pub use learn::Lesson;
pub use proxy::{Answered, COPIED, Front, Line, Proxy, ProxySettings, Tell, Upstream, UpstreamError};
pub use recorder::{Passed, Recorder};
pub use replay::{Fallback, Miss, Near, Replay, ReplayFront};
