//! A run's events, written down: for continuous integration, for a browser, for programs, for a
//! terminal.
//!
//! Every format is a pure function of [`Summary`](crate::verdict::Summary) or of the events
//! themselves, one file each; [`write_all`] and [`Har`], which is written as the events come, are all that touch a disk.

mod changes;
mod coverage;
mod har;
mod html;
mod json;
mod junit;
mod terminal;
mod text;
mod write;

#[cfg(test)]
mod fixture;

pub use changes::changes_junit;
pub use coverage::coverage;
pub use har::Har;
pub use html::html;
pub use json::{RESULTS_SCHEMA, ReadError, Results, read, results};
pub use junit::junit;
pub use terminal::{Terminal, Verbosity};
pub use write::{Make, WriteError, make_all, write_all};
