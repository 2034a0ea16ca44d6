//! Text with places: what was read, where each value stands, and what is wrong with it.
//!
//! Everything a user writes arrives as a [`Source`]. Readers turn it into plain
//! [`serde_json::Value`]s; a [`Pointer`] into such a value becomes a file, line and column
//! only when somebody asks ([`Source::place`]), by a second look at the text.
//! What is wrong is a [`Diagnostic`]: data, collected, rendered late.

mod annotation;
mod diagnostic;
mod fields;
mod fingerprint;
mod place;
mod pointer;
mod print;
mod read;
mod render;
mod repeated;
mod sarif;
mod spans;
mod suggest;
mod yaml;

pub use annotation::annotation;
pub use diagnostic::{Diagnostic, Diagnostics, Label, Severity};
pub use fields::{Fields, Node};
pub use fingerprint::fingerprint;
pub use place::{Located, Place, Position, Source, Span};
pub use pointer::Pointer;
pub use print::Yaml;
pub use read::{Format, Limits, read, read_with_places};
pub use render::{Style, render};
#[cfg(test)]
pub(crate) use sarif::assert_sound;
pub use sarif::{sarif_location, sarif_log};
pub use suggest::did_you_mean;
pub(crate) use suggest::distance;
