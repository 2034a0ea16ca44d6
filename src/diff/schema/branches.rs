//! Alternatives: `oneOf` and `anyOf`.
//!
//! A branch keeps its identity by the name of its component; where that is gone, by what it says;
//! else by its title, or by being nearest. What then remains was removed or added.

use serde_json::Value;

use super::facts::{Facts, Group};
use super::node::{Loc, Node, Side};
use super::types::Types;
use super::{Pair, Walk, discriminator, values};
use crate::contract::Direction;
use crate::diff::rules;
use crate::source::Pointer;

/// More branches are paired by name alone.
const MOST_BRANCHES: usize = 300;
/// More branches are not looked at for values that keep two of them.
const MOST_APART: usize = 60;

/// Whether what stands beside the branches is still to be compared.
pub(super) fn compare<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>) -> bool {
    discriminator::compare(walk, pair);
    let (old, new) = (&pair.old.groups, &pair.new.groups);
    match (old.first(), new.first()) {
        (None, Some(group)) if new.len() == 1 && pair.new.is_bare() && !pair.old.is_bare() => {
            wrapped(walk, pair, group);
            return false;
        }
        (Some(group), None) if old.len() == 1 && pair.old.is_bare() && !pair.new.is_bare() => {
            unwrapped(walk, pair, group);
            return false;
        }
        _ => {}
    }
    for index in 0..old.len().max(new.len()) {
        match (old.get(index), new.get(index)) {
            (Some(old), Some(new)) => groups(walk, pair, (old, new)),
            (None, Some(new)) => {
                let predicate = format!("must also be one of {} now", labels(walk.sides.new.labels(new)));
                walk.report(rules::BRANCHES_ADDED, pair, &predicate, (None, Some(&new.at)));
            }
            (Some(old), None) => {
                let predicate = format!("need not be one of {} any more", labels(walk.sides.old.labels(old)));
                walk.report(rules::BRANCHES_REMOVED, pair, &predicate, (Some(&old.at), None));
            }
            (None, None) => {}
        }
    }
    true
}

/// One schema became several: where the old one is among them, the others were added.
fn wrapped<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, group: &Group<'c>) {
    let was = pair.old.at.as_ref().and_then(|at| walk.sides.old.at(at));
    let same = |branch: &Loc<'c>| was.as_ref().is_some_and(|was| walk.is_alike(was, &alone(branch)));
    match group.branches.iter().position(same) {
        Some(kept) => {
            for branch in group.branches.iter().enumerate().filter(|(index, _)| *index != kept).map(|(_, b)| b) {
                let predicate = format!("may also be {} now", walk.sides.new.label(branch));
                walk.report(rules::BRANCH_ADDED, pair, &predicate, (None, Some(&branch.at)));
            }
        }
        None => {
            let predicate =
                format!("is one of {} now, none of which is what it was", labels(walk.sides.new.labels(group)));
            walk.report(rules::WRAPPED_IN_BRANCHES, pair, &predicate, (None, Some(&group.at)));
        }
    }
}

fn unwrapped<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, group: &Group<'c>) {
    let is = pair.new.at.as_ref().and_then(|at| walk.sides.new.at(at));
    let same = |branch: &Loc<'c>| is.as_ref().is_some_and(|is| walk.is_alike(&alone(branch), is));
    match group.branches.iter().position(same) {
        Some(kept) => {
            for branch in group.branches.iter().enumerate().filter(|(index, _)| *index != kept).map(|(_, b)| b) {
                let predicate = format!("may no longer be {}", walk.sides.old.label(branch));
                walk.report(rules::BRANCH_REMOVED, pair, &predicate, (Some(&branch.at), None));
            }
        }
        None => {
            let predicate = format!("was one of {}, and is none of them now", labels(walk.sides.old.labels(group)));
            walk.report(rules::UNWRAPPED_FROM_BRANCHES, pair, &predicate, (Some(&group.at), None));
        }
    }
}

fn groups<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, (old, new): (&Group<'c>, &Group<'c>)) {
    if old.one_of != new.one_of && !(is_apart(&walk.sides.old, old) && is_apart(&walk.sides.new, new)) {
        let name = |group: &Group<'_>| if group.one_of { "oneOf" } else { "anyOf" };
        let predicate = format!("has `{}` now instead of `{}`", name(new), name(old));
        walk.report(rules::BRANCHING_CHANGED, pair, &predicate, (Some(&old.at), Some(&new.at)));
    }
    let matching = Matching::of(walk, old, new);
    discriminator::branches(walk, pair, (old, new), &matching.pairs);
    for (before, after) in matching.pairs {
        let (before, after) = (&old.branches[before], &new.branches[after]);
        let step = format!("<{}>", walk.sides.new.label(after).trim_matches('`'));
        walk.below(pair, (Some(&alone(before)), Some(&alone(after))), &step);
        // What one branch of `oneOf` takes from another, no value keeps: widening is not safe there.
        if old.one_of && new.one_of && (shares(&walk.sides.old, old, before) || shares(&walk.sides.new, new, after)) {
            let direction = match pair.direction {
                Direction::Request => Direction::Response,
                Direction::Response => Direction::Request,
            };
            walk.below_toward((Some(&alone(before)), Some(&alone(after))), &step, direction);
        }
    }
    for branch in matching.old.iter().map(|index| &old.branches[*index]) {
        let predicate = format!("may no longer be {}", walk.sides.old.label(branch));
        walk.report(rules::BRANCH_REMOVED, pair, &predicate, (Some(&branch.at), Some(&new.at)));
    }
    for branch in matching.new.iter().map(|index| &new.branches[*index]) {
        let predicate = format!("may also be {} now", walk.sides.new.label(branch));
        walk.report(rules::BRANCH_ADDED, pair, &predicate, (Some(&old.at), Some(&branch.at)));
    }
}

/// Whether no value keeps two of the branches, and that shows: then `oneOf` and `anyOf` are the same.
fn is_apart<'c>(side: &Side<'c>, group: &Group<'c>) -> bool {
    if group.branches.len() > MOST_APART {
        return false;
    }
    let all: Vec<_> = group.branches.iter().map(|branch| side.facts(&alone(branch))).collect();
    let mut pairs = all.iter().enumerate().flat_map(|(at, one)| all[at + 1..].iter().map(move |other| (one, other)));
    pairs.all(|(one, other)| are_apart(side, one, other))
}

/// By their types, the values they list, or those of a property that both must have.
fn are_apart<'c>(side: &Side<'c>, one: &Facts<'c>, other: &Facts<'c>) -> bool {
    let lists_differ = |one: &Facts<'c>, other: &Facts<'c>| match (&one.listed, &other.listed) {
        (Some(one), Some(other)) => !one.values.keys().any(|value| other.values.contains_key(value)),
        _ => false,
    };
    let tags_differ = |name: &&&str| {
        let tags = (one.properties.get(**name), other.properties.get(**name));
        matches!(tags, (Some(one), Some(other)) if lists_differ(&side.facts(one), &side.facts(other)))
    };
    let both_must_have = one.required.keys().filter(|name| other.required.contains_key(*name));
    let is_null_apart = !(one.types.has_null() && other.types.has_null());
    let common = one.types.and(other.types);
    common == Types::NONE
        || is_null_apart && lists_differ(one, other)
        || common == Types::OBJECT && both_must_have.filter(tags_differ).count() > 0
}

/// Whether another branch of the group takes texts, numbers or truth values that this one may take, too.
fn shares<'c>(side: &Side<'c>, group: &Group<'c>, branch: &Loc<'c>) -> bool {
    let facts = side.facts(&alone(branch));
    let others = group.branches.iter().filter(|other| other.at != branch.at).take(MOST_APART);
    others.map(|other| side.facts(&alone(other))).any(|other| {
        let common = facts.types.and(other.types).without_null();
        common.is_scalar() && !are_apart(side, &facts, &other)
    })
}

fn alone<'c>(branch: &Loc<'c>) -> Node<'c> {
    Node(vec![branch.clone()])
}

/// Which branch became which; and those that are left over.
struct Matching {
    pairs: Vec<(usize, usize)>,
    old: Vec<usize>,
    new: Vec<usize>,
}

impl Matching {
    fn of<'c>(walk: &Walk<'_, 'c, '_>, old: &Group<'c>, new: &Group<'c>) -> Self {
        let (before, after) = (&walk.sides.old, &walk.sides.new);
        let names = |side: &Side<'c>, group: &Group<'c>| -> Vec<Option<String>> {
            group.branches.iter().map(|branch| side.component(branch)).collect()
        };
        let (old_names, new_names) = (names(before, old), names(after, new));
        let (left, right) = ((0..old.branches.len()).collect(), (0..new.branches.len()).collect());
        let mut matching = Self { pairs: Vec::new(), old: left, new: right };
        matching.take(|o, n| old_names[o].is_some() && old_names[o] == new_names[n]);
        if matching.old.len().max(matching.new.len()) <= MOST_BRANCHES {
            // A component that both documents have is not another one under a new name.
            let lives_on = |name: &Option<String>, side: &Side<'c>| name.as_ref().is_some_and(|name| side.has(name));
            let old_lives_on: Vec<bool> = old_names.iter().map(|name| lives_on(name, after)).collect();
            let was_there: Vec<bool> = new_names.iter().map(|name| lives_on(name, before)).collect();
            let may = |o: usize, n: usize| !(old_lives_on[o] && was_there[n]);
            let old_prints: Vec<u64> = old.branches.iter().map(|branch| before.print(&alone(branch))).collect();
            let new_prints: Vec<u64> = new.branches.iter().map(|branch| after.print(&alone(branch))).collect();
            matching.take(|o, n| may(o, n) && old_prints[o] == new_prints[n]);
            let title = |branch: &Loc<'c>| branch.value.get("title").and_then(Value::as_str).map(str::to_owned);
            matching.take(|o, n| {
                may(o, n) && title(&old.branches[o]).is_some() && title(&old.branches[o]) == title(&new.branches[n])
            });
            let old_facts: Vec<_> = old.branches.iter().map(|branch| before.facts(&alone(branch))).collect();
            let new_facts: Vec<_> = new.branches.iter().map(|branch| after.facts(&alone(branch))).collect();
            matching.take(|o, n| may(o, n) && is_near(&old_facts[o], &new_facts[n]));
        }
        matching
    }

    /// Pairs what is left, first come, first served.
    fn take(&mut self, is_same: impl Fn(usize, usize) -> bool) {
        let mut left = Vec::new();
        for old in std::mem::take(&mut self.old) {
            match self.new.iter().position(|new| is_same(old, *new)) {
                Some(found) => self.pairs.push((old, self.new.remove(found))),
                None => left.push(old),
            }
        }
        self.old = left;
    }
}

/// Objects that share more than half of their properties, or other values of the same types.
fn is_near(old: &Facts<'_>, new: &Facts<'_>) -> bool {
    if old.types != new.types {
        return false;
    }
    let most = old.properties.len().max(new.properties.len());
    let shared = old.properties.keys().filter(|name| new.properties.contains_key(*name)).count();
    let same_tag = |name: &&str| {
        let tag = |properties: &indexmap::IndexMap<&str, Node<'_>>| {
            let schema = properties.get(*name)?.0.first()?.value;
            schema.get("const").or_else(|| schema.get("enum")).cloned()
        };
        let (old, new) = (tag(&old.properties), tag(&new.properties));
        old.is_none() || new.is_none() || old == new
    };
    if most == 0 { old.is_bare() == new.is_bare() } else { shared * 2 > most && old.properties.keys().all(same_tag) }
}

impl<'c> Side<'c> {
    /// The name of the component that a branch refers to.
    pub(super) fn component(&self, branch: &Loc<'c>) -> Option<String> {
        let target = self.target(branch.value.as_object()?)?;
        let (document, pointer) = self.contract.written(&target.at);
        if let Some(name) = pointer.last() {
            return Some(name.into_owned());
        }
        // A file of its own is called as the file.
        let place = self.contract.place_in(document, &pointer).1;
        let file = place.file.rsplit(['/', '\\']).next().unwrap_or_default();
        Some(file.split_once('.').map_or(file, |(stem, _)| stem).to_owned())
    }

    /// The number of the document and the place in it that a branch refers to.
    pub(super) fn written_target(&self, branch: &Loc<'c>) -> Option<(usize, Pointer)> {
        let target = self.target(branch.value.as_object()?)?;
        Some(self.contract.written(&target.at))
    }

    /// Whether the document has a schema of this name.
    fn has(&self, name: &str) -> bool {
        let at = Pointer::root().join("components").join("schemas").join(name);
        self.contract.normalised(&at).is_some()
    }

    /// The schema at this place.
    pub(super) fn at(&self, at: &Pointer) -> Option<Node<'c>> {
        let value = self.contract.normalised(at)?;
        Some(Node(vec![Loc { at: at.clone(), value, or_null: false }]))
    }

    /// A branch as it stands in a sentence.
    fn label(&self, branch: &Loc<'c>) -> String {
        let title = || branch.value.get("title").and_then(Value::as_str).map(str::to_owned);
        let name = self.component(branch).or_else(title).filter(|name| !name.is_empty());
        match name {
            Some(name) => format!("`{}`", values::short(&name)),
            None => match branch.value.get("type").and_then(Value::as_str) {
                Some(name) => format!("`{name}`"),
                None => format!("branch {}", branch.at.last().unwrap_or_default()),
            },
        }
    }

    fn labels(&self, group: &Group<'c>) -> Vec<String> {
        group.branches.iter().map(|branch| self.label(branch)).collect()
    }
}

fn labels(mut labels: Vec<String>) -> String {
    if labels.len() > 6 {
        labels.truncate(6);
        labels.push("…".to_owned());
    }
    labels.join(", ")
}
