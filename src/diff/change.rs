//! What a comparison finds, as data.

use std::fmt;

use serde::Serialize;

use super::Waived;
use crate::contract::Direction;
use crate::source::Place;

/// What a change means for the clients that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every client that kept the old document gets along with the new one.
    Safe,
    /// It depends on the client, or cannot be told from the documents.
    Maybe,
    /// A client that kept the old document may fail.
    Breaking,
}

impl Level {
    /// From its name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Safe, Self::Maybe, Self::Breaking].into_iter().find(|level| level.as_str() == text)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Maybe => "maybe",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The operation that a change is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct OperationName {
    /// Upper case.
    pub method: String,
    /// The path template (of the new document, where it has the operation), or a webhook's name.
    pub path: String,
    /// `operationId`, where the document gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether it stands below `webhooks`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub webhook: bool,
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.webhook { "webhook " } else { "" };
        write!(f, "{kind}{} {}", self.method, self.path)
    }
}

/// One difference between two documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The rule that found it: see [`RULES`](super::RULES).
    pub id: &'static str,
    /// What it means for clients.
    pub level: Level,
    /// Whether it is about what a request or what a response may say; `None`: neither.
    #[serde(serialize_with = "direction", skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The operation; `None`: the document as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationName>,
    /// What the message is about, where that is less than the operation: "`name` of the request body".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// One complete sentence.
    pub message: String,
    /// Where the old document says it, or the nearest place around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Place>,
    /// Where the new document says it, or the nearest place around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Place>,
    /// The same for the same change in every comparison, wherever it stands.
    pub fingerprint: String,
    /// Why it is let through, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waived>,
    /// The cases and recordings that it breaks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<String>,
}

/// The cases and recordings that were judged by both documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Samples {
    /// How many belong to an operation of the old document.
    pub judged: usize,
    /// How many do not.
    pub foreign: usize,
    /// Those that were fine by the old document and are not by the new one.
    pub broken: Vec<Broken>,
}

/// A case or recording that was fine by the old document and is not by the new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// What it is called.
    pub name: String,
    /// Which checks it breaks, and where in the body.
    pub reasons: Vec<String>,
    /// The fingerprints of the changes that it comes from.
    pub changes: Vec<String>,
}

impl Change {
    /// What the message says about its subject.
    pub(super) fn predicate(&self) -> &str {
        self.subject.as_ref().and_then(|subject| self.message.get(subject.len()..)).unwrap_or(&self.message)
    }
}

/// What makes a change the same in another comparison: not where it stands, which moves.
pub(super) fn fingerprint(
    id: &str,
    direction: Option<Direction>,
    operation: Option<&OperationName>,
    message: &str,
) -> String {
    let operation = operation.map(ToString::to_string).unwrap_or_default();
    crate::source::fingerprint(&[id, direction.map_or("", direction_name), &operation, message])
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the form serde asks for")]
fn direction<S: serde::Serializer>(direction: &Option<Direction>, serializer: S) -> Result<S::Ok, S::Error> {
    direction.map(direction_name).serialize(serializer)
}

/// `request` or `response`.
pub(super) fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Request => "request",
        Direction::Response => "response",
    }
}
