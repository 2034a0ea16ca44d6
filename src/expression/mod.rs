//! Templates and conditions: `{{ expressions }}` inside plain data, in a sandbox with bounds.
//!
//! The language is Jinja's (its expressions, no statements), evaluated by `minijinja`: nothing in
//! it can read a file, reach the network or run code; work, text and values are bounded.
//! An undefined name is an error everywhere but under `default` and `is defined`.
//!
//! [`Template`] is a JSON value whose strings may hold expressions; [`Expression`] is one on its
//! own. Both are compiled once and evaluated many times against a [`Context`]. Chance and time
//! come from the context's [`Session`]: the same seed and id give the same values, always.

mod context;
mod engine;
mod error;
mod explain;
mod filters;
mod functions;
mod random;
mod scan;
mod template;
mod values;

pub use context::{Clock, Context, Session, Var};
pub use engine::Expression;
pub use error::ExpressionError;
pub use scan::Name;
pub use template::Template;

/// The most steps that one evaluation may take.
const FUEL: u64 = 200_000;
/// The longest expression, in bytes.
const LONGEST_EXPRESSION: usize = 16 << 10;
/// The longest text that an expression may give, in bytes.
const LONGEST_TEXT: usize = 1 << 20;
/// The largest value that an expression may give: bytes of text plus eight for each value.
const LARGEST_VALUE: usize = 16 << 20;
/// The most items that a filter may make a list of.
const MOST_ITEMS: usize = 100_000;
/// The most `*` in one expression: each can repeat a text up to the engine's own bound.
const MOST_REPETITIONS: usize = 8;
/// The most words and signs in one expression.
const MOST_TOKENS: usize = 1000;
/// The deepest brackets, and the most prefixes, in one expression.
const DEEPEST: usize = 64;
