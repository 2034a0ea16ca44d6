//! Runs cases: which, in what order, how fast, against which target; tells what happened as events.
//!
//! A [`Selection`] says which cases are wanted, before any contract is loaded. The cases go into a
//! [`Plan`] with their contracts and [`Target`]s; [`execute`] runs it and tells a [`Sink`] the
//! [`Event`](crate::verdict::Event)s, in the plan's order, whatever finished first. What a mock is, and
//! what becomes of the events, is not known here.

mod channel;
mod execute;
mod outcome;
mod pace;
mod plan;
mod runner;
mod schedule;
mod selection;
mod settings;
mod step;
mod stop;
mod target;
#[cfg(test)]
mod tests;

pub use execute::{Sink, execute};
pub use outcome::{ExitCode, Outcome};
pub use pace::{Rate, RateError};
pub use plan::{ContractIndex, Plan};
pub use selection::{Candidate, Selection, SelectionError, Shard, Wanted};
pub use settings::{AgainSettings, PaceSettings, Settings, World};
pub use stop::Stop;
pub use target::Target;
