//! The user's folder: finds and reads files, loads contracts, starts the mock that a run needs.
//!
//! This is the one place where a mock is wired to a run, so that the command line and the test
//! harness do it alike.

mod documents;
mod files;
mod revision;
mod session;
mod specs;
mod suites;

pub use documents::{Bare, bare, document};
pub use files::Folder;
pub use revision::{Revision, revision};
pub use session::{Destination, Session, StartError, mock, system_clock, world};
pub use specs::{Loaded, Specs};
pub use suites::{Resolved, Suite, Suites};
