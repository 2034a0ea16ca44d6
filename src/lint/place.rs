//! The way from a document's root to the value that is looked at; a pointer only when asked for.

use crate::contract::Spot;

/// One step on the way, and what was before it.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    before: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Start(&'p Spot),
    Key(&'p str),
    Index(usize),
}

impl<'p> Place<'p> {
    /// The way's start.
    pub(super) fn start(spot: &'p Spot) -> Self {
        Self { before: None, step: Step::Start(spot) }
    }

    /// The value at a key.
    pub(super) fn key(&'p self, key: &'p str) -> Self {
        Self { before: Some(self), step: Step::Key(key) }
    }

    /// The value at an index.
    pub(super) fn index(&'p self, index: usize) -> Self {
        Self { before: Some(self), step: Step::Index(index) }
    }

    /// The last key, where the last step is one.
    pub(super) fn last_key(&self) -> Option<&'p str> {
        if let Step::Key(key) = self.step { Some(key) } else { None }
    }

    /// The place in words that can be kept.
    pub(super) fn spot(&self) -> Spot {
        match (self.step, self.before) {
            (Step::Start(spot), _) => spot.clone(),
            (Step::Key(key), Some(before)) => before.spot().join(key),
            (Step::Index(index), Some(before)) => before.spot().index(index),
            // Only a start has nothing before it.
            (_, None) => Spot::default(),
        }
    }
}
