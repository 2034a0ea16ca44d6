//! Runs cases: which, in what order, how fast, against which target; tells what happened as events.

mod channel;
mod outcome;
mod pace;
mod schedule;
mod selection;
mod shown;
mod stop;
mod target;

pub use outcome::{ExitCode, Outcome};
pub use pace::{Rate, RateError};
pub use selection::{Candidate, Selection, SelectionError, Shard, Wanted};
pub use stop::Stop;
pub use target::Target;
