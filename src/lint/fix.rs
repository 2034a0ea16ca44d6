//! What is proposed about a problem: an action of an overlay (Overlay Specification 1.0, Action Object).

use std::cmp::Reverse;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::Report;
use crate::contract::{Spot, Survey};
use crate::source::Pointer;

/// What an action does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// Merges these fields into what is there.
    Update(Map<String, Value>),
    /// Takes it away.
    Remove,
    /// Sets a keyword to what only a person can tell.
    Ask(&'static str),
}

impl Change {
    /// Sets one field.
    pub(super) fn update(key: &str, value: impl Into<Value>) -> Self {
        Self::Update(Map::from_iter([(key.to_owned(), value.into())]))
    }
}

/// An action that takes a problem away, as far as it could be worked out.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// In the document that was looked at.
    target: Pointer,
    /// The target as a normalised path (RFC 9535, section 2.7).
    path: String,
    change: Change,
    why: String,
}

impl Fix {
    /// `None` where the place is in another document: an overlay only reaches the first.
    pub(super) fn new(survey: Survey<'_>, spot: &Spot, change: Change, why: &str) -> Option<Self> {
        let path = path(survey.root(0), &spot.pointer).filter(|_| spot.document == 0)?;
        Some(Self { target: spot.pointer.clone(), path, change, why: why.to_owned() })
    }

    /// Whether it is written out, and not only asked for.
    pub fn is_whole(&self) -> bool {
        !matches!(self.change, Change::Ask(_))
    }
}

/// The overlay of all that is proposed for a document; `None` where nothing is. What only a person
/// can tell stands in it as a comment.
pub fn overlay(report: &Report) -> Option<String> {
    let fixes = in_order(&report.fixes);
    if fixes.is_empty() {
        return None;
    }
    let title = quoted(&format!("What countersign lint proposes for {}", report.document));
    let mut out = format!("overlay: 1.0.0\ninfo:\n  title: {title}\n  version: 1.0.0\nactions:\n");
    for fix in fixes {
        let mark = if fix.is_whole() { "  - " } else { "  # - " };
        let next = if fix.is_whole() { "    " } else { "  #   " };
        let _ = writeln!(out, "{mark}target: {}", quoted(&fix.path));
        let _ = writeln!(out, "{next}description: {}", quoted(&fix.why));
        let _ = match &fix.change {
            Change::Update(fields) => writeln!(out, "{next}update: {}", json!(fields)),
            Change::Remove => writeln!(out, "{next}remove: true"),
            Change::Ask(keyword) => writeln!(out, "{next}update: {{\"{keyword}\": …}}"),
        };
    }
    Some(out)
}

/// Updates before removals; nothing below what is removed; what is only asked for at the end.
fn in_order(fixes: &[Fix]) -> Vec<&Fix> {
    let removed: Vec<&Pointer> =
        fixes.iter().filter(|fix| fix.change == Change::Remove).map(|fix| &fix.target).collect();
    let stays = |fix: &&Fix| fix.change == Change::Remove || !removed.iter().any(|gone| fix.target.starts_with(gone));
    let mut kept: Vec<&Fix> = Vec::new();
    for fix in fixes.iter().filter(stays) {
        if !kept.contains(&fix) {
            kept.push(fix);
        }
    }
    kept.sort_by_key(|fix| match fix.change {
        Change::Update(_) => 0,
        Change::Remove => 1,
        Change::Ask(_) => 2,
    });
    // Where items of one list go, the last goes first: those before it stay where they are.
    let first = kept.partition_point(|fix| matches!(fix.change, Change::Update(_)));
    let removals = kept[first..].partition_point(|fix| fix.change == Change::Remove);
    kept[first..first + removals].sort_by_key(|fix| Reverse(natural(&fix.target)));
    // A list of nothing but comments is no list.
    if kept.iter().any(|fix| fix.is_whole()) { kept } else { Vec::new() }
}

/// The steps of a pointer, numbers in the order of numbers.
fn natural(pointer: &Pointer) -> Vec<(Option<usize>, String)> {
    pointer.tokens().map(|token| (token.parse().ok(), token.into_owned())).collect()
}

/// A string as YAML and JSON write it, in one line.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The normalised path to what a pointer means; `None` where there is nothing.
fn path(root: &Value, pointer: &Pointer) -> Option<String> {
    let mut out = "$".to_owned();
    let mut at = root;
    for token in pointer.tokens() {
        at = match at {
            Value::Array(items) => {
                let index: usize = token.parse().ok()?;
                let _ = write!(out, "[{index}]");
                items.get(index)?
            }
            Value::Object(map) => {
                out.push_str("['");
                for letter in token.chars() {
                    match letter {
                        '\'' | '\\' => out.extend(['\\', letter]),
                        letter if letter < ' ' => {
                            let _ = write!(out, "\\u{:04x}", u32::from(letter));
                        }
                        letter => out.push(letter),
                    }
                }
                out.push_str("']");
                map.get(&*token)?
            }
            _ => return None,
        };
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_become_normalised_paths() {
        let root = json!({"paths": {"/a'b": {"get": {"parameters": [{}, {}]}}}});
        let pointer = Pointer::parse("/paths/~1a'b/get/parameters/1").expect("a pointer");
        assert_eq!(path(&root, &pointer).as_deref(), Some("$['paths']['/a\\'b']['get']['parameters'][1]"));
        assert_eq!(path(&root, &pointer.join("x")), None);
    }
}
