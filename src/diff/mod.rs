//! What changed between two documents, and whether it breaks clients.
//!
//! [`diff`] compares two contracts by what they mean: a request that the old document allowed must
//! still be allowed, and a response that the new document allows must be one that the old document
//! allowed. What a component is called, and how a schema is put together, does not count.
//!
//! Each family of rules is one file of pure functions; [`RULES`] is the one list of what can be found.

mod bodies;
mod change;
mod collect;
mod document;
mod lifecycle;
mod operations;
mod parameters;
mod responses;
mod rules;
mod schema;
mod security;
pub mod show;
#[cfg(test)]
mod tests;
mod waivers;

use std::collections::BTreeMap;

pub use change::{Broken, Change, Level, OperationName, Samples};
pub use rules::{RULES, Rule};
pub use waivers::{WAIVERS_SCHEMA, Waived, Waiver, Waivers};

use crate::contract::Contract;
use collect::Changes;
use schema::{Side, Sides};

/// More changes are counted, not kept; breaking ones take the place of others.
const MOST_CHANGES: usize = 10_000;

/// What a comparison depends on beside the two documents.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The day: what was announced to stay until then may go.
    pub today: jiff::civil::Date,
    /// Levels that differ from those of [`RULES`], by id.
    pub levels: BTreeMap<String, Level>,
}

/// All that differs between two documents.
#[derive(Clone, Debug)]
pub struct Diff {
    /// By operation, in the documents' order; the old document's operations first.
    pub changes: Vec<Change>,
    /// How many further changes were found and not kept.
    pub left_out: usize,
    /// Whether the schemas were too large to compare in full.
    pub incomplete: bool,
    /// The cases and recordings that were judged by both documents, where there were any.
    pub samples: Option<Samples>,
}

impl Diff {
    /// The worst level of any change that is not waived.
    pub fn worst(&self) -> Option<Level> {
        self.counting().map(|change| change.level).max()
    }

    /// How many changes are of this level and not waived.
    pub fn count(&self, level: Level) -> usize {
        self.counting().filter(|change| change.level == level).count()
    }

    /// How many changes are waived.
    pub fn waived(&self) -> usize {
        self.changes.iter().filter(|change| change.waived.is_some()).count()
    }

    fn counting(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.waived.is_none())
    }
}

/// Compares two contracts.
///
/// The work is bounded: where schemas are too large to compare in full, that is itself a change
/// (`comparison-incomplete`).
pub fn diff(old: &Contract, new: &Contract, settings: &Settings) -> Diff {
    let mut sides = Sides::new(Side::new(old), Side::new(new));
    let mut changes = Changes::new(settings);
    operations::compare(&mut sides, &mut changes);
    operations::webhooks(&mut sides, &mut changes);
    document::compare(&mut changes, old, new);
    document::version(&mut changes, old, new);
    let incomplete = changes.is_incomplete();
    let (changes, left_out) = changes.finish();
    Diff { changes, left_out, incomplete, samples: None }
}
