//! Where something stands in a case file, and errors that say so.

use crate::expression::ExpressionError;
use crate::source::{Diagnostic, Node, Place, Pointer, Source};

/// A value's place in a file of cases. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) source: Source,
    pub(super) at: Pointer,
}

impl Spot {
    pub(super) fn of(node: &Node) -> Self {
        Self { source: node.source.clone(), at: node.at.clone() }
    }

    pub(super) fn place(&self) -> Place {
        self.source.place(&self.at)
    }

    pub(super) fn below(&self, pointer: &Pointer) -> Self {
        Self { source: self.source.clone(), at: self.at.concat(pointer) }
    }

    pub(super) fn error(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at_value(&self.source, &self.at, "")
    }

    pub(super) fn warning(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(code, message).at_value(&self.source, &self.at, "")
    }

    /// What went wrong with the template or expression that stands here.
    pub(super) fn failed(&self, error: ExpressionError) -> CaseError {
        let place = self.below(&error.at).place();
        CaseError { place: Box::new(place), message: error.message, help: error.help }
    }

    pub(super) fn fault(&self, message: impl Into<String>) -> CaseError {
        CaseError { place: Box::new(self.place()), message: message.into(), help: None }
    }
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) spot: Spot,
}

/// Why a request could not be built from a case: a variable without a value, say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}{}", help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default())]
pub struct CaseError {
    /// Where in the case file.
    pub place: Box<Place>,
    /// One lower-case sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}
