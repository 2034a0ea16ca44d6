//! Changes as text, Markdown and JSON.

mod json;
mod markdown;
mod text;

pub use json::json;
pub use markdown::markdown;
pub use text::text;

use super::{Change, Diff, Level};

/// The names of the two documents, as the user gave them.
#[derive(Clone, Copy, Debug)]
pub struct Names<'n> {
    /// The old one.
    pub old: &'n str,
    /// The new one.
    pub new: &'n str,
}

/// Changes by operation, in order; those of the worst level first within each.
fn by_operation(diff: &Diff) -> Vec<(String, Vec<&Change>)> {
    let mut groups: indexmap::IndexMap<String, Vec<&Change>> = indexmap::IndexMap::new();
    for change in &diff.changes {
        let name = change.operation.as_ref().map_or_else(|| "the document".to_owned(), ToString::to_string);
        groups.entry(name).or_default().push(change);
    }
    for changes in groups.values_mut() {
        changes.sort_by_key(|change| std::cmp::Reverse(change.level));
    }
    groups.into_iter().collect()
}

/// `2 breaking, 1 maybe, 4 safe`, or `no change`.
fn summary(diff: &Diff) -> String {
    let levels = [Level::Breaking, Level::Maybe, Level::Safe];
    let counts = levels.into_iter().map(|level| (diff.count(level), level)).filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> = counts.map(|(count, level)| format!("{count} {level}")).collect();
    if diff.left_out > 0 {
        parts.push(format!("{} more not shown", diff.left_out));
    }
    if parts.is_empty() { "no change".to_owned() } else { parts.join(", ") }
}
