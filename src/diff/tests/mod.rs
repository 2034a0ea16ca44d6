//! The comparison, rule by rule.

mod documents;
mod invariance;
mod peers;
mod schemas;
mod waivers;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::contract::{Alone, Direction, Parts};
use crate::source::Source;

fn settings() -> Settings {
    Settings { today: jiff::civil::date(2026, 3, 1), levels: BTreeMap::new() }
}

fn contract(name: &str, text: &str) -> Contract {
    let parts = Parts { name: name.to_owned(), document: Source::new(name, text), overlay: None, promises: None };
    Contract::load(parts, &Alone).unwrap_or_else(|faults| panic!("{faults}\n{text}")).0
}

fn compare(old: &str, new: &str) -> Diff {
    diff(&contract("old.yaml", old), &contract("new.yaml", new), &settings())
}

/// What was found: rule, direction, level.
fn found(diff: &Diff) -> BTreeSet<(&'static str, &'static str, Level)> {
    let direction = |change: &Change| match change.direction {
        Some(Direction::Request) => "request",
        Some(Direction::Response) => "response",
        None => "-",
    };
    // The documents of these tests all have the same version, which is told of every breaking change.
    let others = diff.changes.iter().filter(|change| !change.id.contains("version-"));
    others.map(|change| (change.id, direction(change), change.level)).collect()
}

fn rule(id: &str) -> &'static Rule {
    RULES.iter().find(|rule| rule.id == id).unwrap_or_else(|| panic!("{id} is a rule"))
}

#[test]
fn every_rule_has_a_case() {
    let covered: BTreeSet<&str> = schemas::covered().chain(documents::covered()).chain(whole::covered()).collect();
    let missing: Vec<&str> = RULES.iter().map(|rule| rule.id).filter(|id| !covered.contains(id)).collect();
    assert_eq!(missing, [""; 0]);
}

/// The table of the documentation, line by line.
fn table() -> String {
    let line = |rule: &&Rule| format!("| `{}` | {} | {} | {} |", rule.id, rule.request, rule.response, rule.about);
    RULES.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_documentation_has_every_rule() {
    let text = include_str!("../../../docs/diff.md");
    assert!(text.contains(&table()), "put this table into docs/diff.md:\n{}", table());
}
