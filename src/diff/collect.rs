//! Where changes are put as they are found.

use std::sync::Arc;

use super::change::{self, Change, Level, OperationName};
use super::rules::{self, Rule};
use super::{MOST_CHANGES, Settings};
use crate::contract::Direction;
use crate::source::Place;

/// The places of a change in the old and the new document.
pub(super) type Places = (Option<Place>, Option<Place>);

/// What the changes that are being looked for are about.
#[derive(Clone, Default)]
pub(super) struct Scope {
    pub(super) operation: Option<Arc<OperationName>>,
    pub(super) direction: Option<Direction>,
    /// The old document says that the operation may still change (`x-stability-level: alpha`, say).
    pub(super) unstable: bool,
    /// What widens here narrows the whole, and the other way round: below `not`, say.
    pub(super) inverted: bool,
}

impl Scope {
    /// The same, seen in this direction.
    pub(super) fn toward(&self, direction: Direction) -> Self {
        Self { direction: Some(direction), ..self.clone() }
    }
}

/// The changes found so far.
pub(super) struct Changes<'s> {
    pub(super) settings: &'s Settings,
    list: Vec<Change>,
    left_out: usize,
    incomplete: bool,
}

impl<'s> Changes<'s> {
    pub(super) fn new(settings: &'s Settings) -> Self {
        Self { settings, list: Vec::new(), left_out: 0, incomplete: false }
    }

    /// Adds one; `message` is a sentence.
    pub(super) fn push(&mut self, rule: &Rule, scope: &Scope, message: String, places: Places) {
        self.add(rule, scope, (None, message), places);
    }

    /// Adds one that says `predicate` of `subject`.
    pub(super) fn push_about(&mut self, rule: &Rule, scope: &Scope, subject: &str, predicate: &str, places: Places) {
        let message = sentence(&format!("{subject} {predicate}"));
        self.add(rule, scope, (Some(subject.to_owned()), message), places);
    }

    fn add(&mut self, rule: &Rule, scope: &Scope, text: (Option<String>, String), (old, new): Places) {
        let level = self.level(rule, scope);
        let operation = scope.operation.as_deref().cloned();
        let (subject, message) = text;
        let direction = scope.direction;
        let fingerprint = change::fingerprint(rule.id, direction, operation.as_ref(), &message);
        let (waived, breaks) = (None, Vec::new());
        let change = Change {
            id: rule.id,
            level,
            direction,
            operation,
            subject,
            message,
            old,
            new,
            fingerprint,
            waived,
            breaks,
        };
        if self.list.len() < MOST_CHANGES {
            self.list.push(change);
            return;
        }
        self.left_out += 1;
        // What breaks clients must not be lost behind what does not.
        if level == Level::Breaking
            && let Some(weaker) = self.list.iter_mut().rev().find(|known| known.level < level)
        {
            *weaker = change;
        }
    }

    fn level(&self, rule: &Rule, scope: &Scope) -> Level {
        if let Some(level) = self.settings.levels.get(rule.id) {
            return *level;
        }
        let level = match scope.direction {
            Some(Direction::Response) if !scope.inverted => rule.response,
            Some(Direction::Request) if scope.inverted => rule.response,
            _ => rule.request,
        };
        // An operation that says it is not stable yet has not promised what it changes.
        if scope.unstable && !rule.lifecycle { level.min(Level::Maybe) } else { level }
    }

    /// Whether a change of this level was found.
    pub(super) fn has(&self, level: Level) -> bool {
        self.list.iter().any(|change| change.level == level)
    }

    /// How many there are, to tell whether any came in between.
    pub(super) fn count(&self) -> usize {
        self.list.len() + self.left_out
    }

    /// Says, once, that the schemas were too much to compare in full.
    pub(super) fn give_up(&mut self, scope: &Scope, places: Places) {
        if !std::mem::replace(&mut self.incomplete, true) {
            let message = "The schemas are too large to compare in full; changes may be missing from here on.";
            self.push(rules::COMPARISON_INCOMPLETE, scope, message.to_owned(), places);
        }
    }

    pub(super) fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    pub(super) fn finish(self) -> (Vec<Change>, usize) {
        (self.list, self.left_out)
    }
}

/// A sentence out of a subject and what is said about it.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
