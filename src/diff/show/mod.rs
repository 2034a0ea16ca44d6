//! Changes as text, Markdown, JSON, SARIF and annotations of GitHub's workflows. JUnit is one of the reports.

mod github;
mod json;
mod markdown;
mod sarif;
mod text;

pub use github::github;
pub use json::json;
pub use markdown::markdown;
pub use sarif::sarif;
pub use text::text;

use indexmap::IndexMap;

use super::{Change, Diff, Level};

/// The names of the two documents, as the user gave them.
#[derive(Clone, Copy, Debug)]
pub struct Names<'n> {
    /// The old one.
    pub old: &'n str,
    /// The new one.
    pub new: &'n str,
}

/// A change, and how many other operations have the same one, from the same places.
struct Shown<'d> {
    change: &'d Change,
    elsewhere: usize,
}

/// Changes by operation, in order; those of the worst level first within each. What several
/// operations have because they share a component is shown with the first of them.
fn by_operation(diff: &Diff) -> Vec<(String, Vec<Shown<'_>>)> {
    let mut same: IndexMap<_, Vec<&Change>> = IndexMap::new();
    for change in &diff.changes {
        let places = [&change.old, &change.new].map(|place| place.as_ref().map(ToString::to_string));
        same.entry((change.id, change.level, change.direction, places, change.predicate())).or_default().push(change);
    }
    let mut groups: IndexMap<String, Vec<Shown<'_>>> = IndexMap::new();
    for changes in same.into_values() {
        let mut by_operation: IndexMap<_, Vec<&Change>> = IndexMap::new();
        for change in changes {
            by_operation.entry(&change.operation).or_default().push(change);
        }
        let elsewhere = by_operation.len() - 1;
        let Some((operation, shown)) = by_operation.into_iter().next() else { continue };
        let name = operation.as_ref().map_or_else(|| "the document".to_owned(), ToString::to_string);
        groups.entry(name).or_default().extend(shown.into_iter().map(|change| Shown { change, elsewhere }));
    }
    for changes in groups.values_mut() {
        changes.sort_by_key(|shown| std::cmp::Reverse(shown.change.level));
    }
    groups.into_iter().collect()
}

/// "also in 3 other operations"
fn also(elsewhere: usize) -> Option<String> {
    match elsewhere {
        0 => None,
        1 => Some("also in 1 other operation".to_owned()),
        many => Some(format!("also in {many} other operations")),
    }
}

/// "breaks `a`, `b` and 3 more"
fn breaks(change: &Change) -> Option<String> {
    const MOST: usize = 5;
    let names: Vec<String> = change.breaks.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = match change.breaks.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!names.is_empty()).then(|| format!("breaks {}{more}", names.join(", ")))
}

/// "2 of 9 cases and recordings break: `a`, `b`", and what each breaks that no change explains.
fn samples(diff: &Diff) -> Vec<String> {
    const MOST: usize = 20;
    let Some(samples) = &diff.samples else { return Vec::new() };
    let mut lines = vec![format!("{} of {} cases and recordings break", samples.broken.len(), samples.judged)];
    for broken in samples.broken.iter().take(MOST) {
        lines.push(format!("  `{}`: {}", broken.name, broken.reasons.join(", ")));
    }
    if samples.broken.len() > MOST {
        lines.push(format!("  {} more", samples.broken.len() - MOST));
    }
    if samples.foreign > 0 {
        lines.push(format!("{} more belong to no operation of the old document", samples.foreign));
    }
    lines
}

/// "waived until 2030-12-31: reason"
fn waived(change: &Change) -> Option<String> {
    let waived = change.waived.as_ref()?;
    let until = waived.expires.as_ref().map(|date| format!(" until {date}")).unwrap_or_default();
    Some(format!("waived{until}: {}", waived.reason))
}

/// `2 breaking, 1 maybe, 4 safe`, or `no change`.
fn summary(diff: &Diff) -> String {
    let levels = [Level::Breaking, Level::Maybe, Level::Safe];
    let counts = levels.into_iter().map(|level| (diff.count(level), level)).filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> = counts.map(|(count, level)| format!("{count} {level}")).collect();
    if diff.waived() > 0 {
        parts.push(format!("{} waived", diff.waived()));
    }
    if diff.left_out > 0 {
        parts.push(format!("{} more not shown", diff.left_out));
    }
    if parts.is_empty() { "no change".to_owned() } else { parts.join(", ") }
}
