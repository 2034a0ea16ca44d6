//! The user's folder: finds and reads files, loads contracts, starts the mock that a run needs.
//!
//! This is the one place where a mock is wired to a run, so that the command line and the test
//! harness do it alike.

mod calls;
mod documents;
mod files;
mod recording;
mod remembering;
mod remote;
mod revision;
mod samples;
mod serving;
mod session;
mod specs;
mod suites;
mod watch;

pub use calls::{AllowedHosts, caller};
pub use documents::{Bare, bare, contract, document};
pub use files::Folder;
pub use recording::RecordingFolder;
pub use remembering::Remembering;
pub use remote::Network;
pub use revision::{Revision, revision};
pub use samples::samples;
pub use serving::{Given, Refreshed, Served, Serving};
pub use session::{Destination, Session, StartError, mock, system_clock, world};
pub use specs::{Loaded, Specs};
pub use suites::{Resolved, Suite, Suites};
