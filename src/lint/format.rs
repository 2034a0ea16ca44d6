//! What was found, as text for people and for tools.

mod github;
mod json;
mod sarif;
mod text;

pub use github::github;
pub use json::json;
pub use sarif::sarif;
pub use text::{Most, text};

use crate::source::{Diagnostic, Place, Pointer};

/// Where a diagnostic is: the start of its first label.
fn place(diagnostic: &Diagnostic) -> Option<Place> {
    let label = diagnostic.labels.first()?;
    let position = label.source.position(label.span.start);
    let (file, pointer) = (label.source.name().to_owned(), Pointer::root());
    Some(Place { file, line: position.line, column: position.column, pointer })
}

/// The end of a diagnostic's first label.
fn end(diagnostic: &Diagnostic) -> Option<crate::source::Position> {
    let label = diagnostic.labels.first()?;
    Some(label.source.position(label.span.end))
}
