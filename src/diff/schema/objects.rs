//! Objects: properties, which must be there, and which others may be.

use std::collections::BTreeSet;

use serde_json::json;

use super::facts::Facts;
use super::node::{Node, Side};
use super::{Pair, Walk, values};
use crate::contract::{Direction, pattern_as_written};
use crate::diff::lifecycle::{self, Removal};
use crate::diff::rules;
use crate::diff::rules::Rule;

pub(super) fn compare<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>) {
    properties(walk, pair);
    additional(walk, pair);
    let (old, new) = (&pair.old, &pair.new);
    let by_pattern = [rules::PATTERN_PROPERTY_ADDED, rules::PATTERN_PROPERTY_REMOVED];
    named(walk, pair, (&old.pattern_properties, &new.pattern_properties), by_pattern, "properties that match");
    let dependent = [rules::DEPENDENT_SCHEMA_ADDED, rules::DEPENDENT_SCHEMA_REMOVED];
    named(walk, pair, (&old.dependent_schemas, &new.dependent_schemas), dependent, "the presence of");
    dependent_required(walk, pair);
}

/// Whether the property does not count in this direction.
fn is_hidden(facts: &Facts<'_>, direction: Direction) -> bool {
    match direction {
        Direction::Request => facts.read_only.is_some(),
        Direction::Response => facts.write_only.is_some(),
    }
}

fn properties<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>) {
    let (old, new) = (&pair.old, &pair.new);
    for (name, before) in &old.properties {
        match new.properties.get(name) {
            Some(after) => kept(walk, pair, name, (before, after)),
            None => gone(walk, pair, name, before),
        }
    }
    for (name, after) in new.properties.iter().filter(|(name, _)| !old.properties.contains_key(*name)) {
        come(walk, pair, name, after);
    }
    // Names that must be there although no schema is given for them.
    let all: BTreeSet<&str> = old.required.keys().chain(new.required.keys()).copied().collect();
    for name in all {
        if !old.properties.contains_key(name) && !new.properties.contains_key(name) {
            requiredness(walk, pair, name);
        }
    }
}

/// A property that is described now, and what it was before by what was said of all others.
fn come<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, name: &str, after: &Node<'c>) {
    let facts = walk.sides.new.facts(after);
    let was_required = pair.old.required.contains_key(name);
    if is_hidden(&facts, pair.direction) {
        if was_required {
            hidden_required(walk, pair, name, rules::PROPERTY_BECAME_OPTIONAL);
        }
        return;
    }
    let before = otherwise(&walk.sides.old, &pair.old, name);
    let was_closed = matches!(&before, Some(node) if walk.sides.old.facts(node).never.is_some());
    if facts.never.is_some() {
        if !was_closed {
            walk.below(pair, (before.as_ref(), Some(after)), &format!(".{name}"));
        }
        return;
    }
    if was_required {
        requiredness(walk, pair, name);
    } else {
        let (rule, kind) = if pair.new.required.contains_key(name) {
            (rules::REQUIRED_PROPERTY_ADDED, "required")
        } else {
            (rules::PROPERTY_ADDED, "optional")
        };
        walk.report(rule, pair, &format!("has the new {kind} property `{name}`"), (None, after.at()));
    }
    if !was_closed && (before.is_some() || was_required) {
        walk.below(pair, (before.as_ref(), Some(after)), &format!(".{name}"));
    }
}

/// A property that is no longer described.
fn gone<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, name: &str, before: &Node<'c>) {
    let facts = walk.sides.old.facts(before);
    let stays = pair.new.required.contains_key(name);
    if is_hidden(&facts, pair.direction) {
        if stays {
            hidden_required(walk, pair, name, rules::PROPERTY_BECAME_REQUIRED);
        }
        return;
    }
    let after = otherwise(&walk.sides.new, &pair.new, name);
    let is_closed = matches!(&after, Some(node) if walk.sides.new.facts(node).never.is_some());
    if facts.never.is_some() {
        if !is_closed {
            walk.below(pair, (Some(before), after.as_ref()), &format!(".{name}"));
        }
        return;
    }
    if stays {
        requiredness(walk, pair, name);
    } else {
        removed(walk, pair, name, before);
    }
    if !is_closed && (after.is_some() || stays) {
        walk.below(pair, (Some(before), after.as_ref()), &format!(".{name}"));
    }
}

/// A name that `required` has, and a description that lifted it in this direction, before or after only.
fn hidden_required(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>, name: &str, rule: &Rule) {
    let at = (pair.old.required.get(name), pair.new.required.get(name));
    let now = if rule == rules::PROPERTY_BECAME_REQUIRED { "must have" } else { "need not have" };
    let again = if now == "must have" { "now" } else { "any more" };
    walk.report(rule, pair, &format!("{now} the property `{name}` {again}"), at);
}

/// What a property may be that is not described: by the patterns that its name matches, else by
/// what is said of all others; `None`: anything.
fn otherwise<'c>(side: &Side<'c>, facts: &Facts<'c>, name: &str) -> Option<Node<'c>> {
    let value = json!(name);
    let matching = facts.pattern_properties.iter().filter(|(pattern, _)| {
        let pattern = pattern_as_written(pattern);
        side.keeps(&json!({"pattern": pattern}), &value)
    });
    let matching: Vec<_> = matching.flat_map(|(_, node)| node.0.iter().cloned()).collect();
    if matching.is_empty() { facts.additional.clone() } else { Some(Node(matching)) }
}

fn removed<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, name: &str, before: &Node<'c>) {
    let facts = walk.sides.old.facts(before);
    let announced = facts.lifecycle.as_ref().map(|(map, _)| *map);
    let removal = lifecycle::removal(&|key| announced?.get(key), walk.changes.settings.today);
    let (rule, when): (&Rule, &str) = match removal {
        Removal::Announced => (rules::PROPERTY_REMOVED_AS_ANNOUNCED, ", as announced"),
        Removal::BeforeSunset(_) => (rules::PROPERTY_REMOVED_BEFORE_SUNSET, ", earlier than announced"),
        Removal::Plain if pair.old.required.contains_key(name) => (rules::REQUIRED_PROPERTY_REMOVED, ""),
        Removal::Plain => (rules::PROPERTY_REMOVED, ""),
    };
    walk.report(rule, pair, &format!("no longer has the property `{name}`{when}"), (before.at(), None));
}

fn kept<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, name: &str, (before, after): (&Node<'c>, &Node<'c>)) {
    let (old, new) = (walk.sides.old.facts(before), walk.sides.new.facts(after));
    let at = (before.at(), after.at());
    let [became, became_not] = match pair.direction {
        Direction::Request => [rules::PROPERTY_BECAME_READ_ONLY, rules::PROPERTY_BECAME_NOT_READ_ONLY],
        Direction::Response => [rules::PROPERTY_BECAME_WRITE_ONLY, rules::PROPERTY_BECAME_NOT_WRITE_ONLY],
    };
    match (is_hidden(&old, pair.direction), is_hidden(&new, pair.direction)) {
        (true, true) => return,
        (false, true) => {
            let predicate = format!("has the property `{name}` for the other direction only");
            walk.report(became, pair, &predicate, at);
            return;
        }
        (true, false) => {
            let is_required = pair.new.required.contains_key(name);
            let became_not = match pair.direction {
                Direction::Response if is_required => rules::REQUIRED_PROPERTY_BECAME_NOT_WRITE_ONLY,
                _ => became_not,
            };
            let predicate = format!("has the property `{name}` in this direction, too");
            walk.report(became_not, pair, &predicate, at);
            if is_required && pair.direction == Direction::Request {
                let predicate = format!("must have the property `{name}` now");
                walk.report(rules::PROPERTY_BECAME_REQUIRED, pair, &predicate, at);
            }
        }
        (false, false) => {
            requiredness(walk, pair, name);
            announcements(walk, pair, name, (&old, &new));
        }
    }
    walk.below(pair, (Some(before), Some(after)), &format!(".{name}"));
}

fn requiredness(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>, name: &str) {
    let at = (pair.old.required.get(name), pair.new.required.get(name));
    match at {
        (None, Some(_)) => {
            let predicate = format!("must have the property `{name}` now");
            walk.report(rules::PROPERTY_BECAME_REQUIRED, pair, &predicate, at);
        }
        (Some(_), None) => {
            let predicate = format!("need not have the property `{name}` any more");
            walk.report(rules::PROPERTY_BECAME_OPTIONAL, pair, &predicate, at);
        }
        _ => {}
    }
}

fn announcements<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, name: &str, (old, new): (&Facts<'c>, &Facts<'c>)) {
    if old.lifecycle.is_none() && new.lifecycle.is_none() {
        return;
    }
    let path = if pair.path.is_empty() { name.to_owned() } else { format!("{}.{name}", pair.path) };
    let subject = walk.subject(&path);
    let scope = walk.root.scope.toward(pair.direction);
    let at = |facts: &Facts<'_>| facts.lifecycle.as_ref().map(|(_, at)| at.clone()).or_else(|| facts.at.clone());
    let places = walk.places(pair, (at(old).as_ref(), at(new).as_ref()));
    let (before, after) = (old.lifecycle.as_ref().map(|(map, _)| *map), new.lifecycle.as_ref().map(|(map, _)| *map));
    let fields = lifecycle::Fields { old: &|key| before?.get(key), new: &|key| after?.get(key) };
    lifecycle::compare(walk.changes, &scope, &subject, &fields, &places);
}

/// Properties that are not described: whether they may be there, and what they are.
fn additional<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>) {
    let (old, new) = (&pair.old.additional, &pair.new.additional);
    let is_closed = |facts: Option<std::rc::Rc<Facts<'c>>>| facts.is_some_and(|facts| facts.never.is_some());
    let old_closed = is_closed(old.as_ref().map(|node| walk.sides.old.facts(node)));
    let new_closed = is_closed(new.as_ref().map(|node| walk.sides.new.facts(node)));
    let at = (old.as_ref().and_then(Node::at), new.as_ref().and_then(Node::at));
    match (old_closed, new_closed) {
        (false, true) => {
            let predicate = "may have no properties any more that are not described";
            walk.report(rules::ADDITIONAL_PROPERTIES_CLOSED, pair, predicate, at);
        }
        (true, false) => {
            let predicate = "may have properties now that are not described";
            walk.report(rules::ADDITIONAL_PROPERTIES_OPENED, pair, predicate, at);
        }
        (false, false) if old.is_some() || new.is_some() => {
            walk.below(pair, (old.as_ref(), new.as_ref()), ".*");
        }
        _ => {}
    }
}

type Named<'f, 'c> = &'f std::collections::BTreeMap<&'c str, Node<'c>>;

fn named<'c>(
    walk: &mut Walk<'_, 'c, '_>,
    pair: &Pair<'c>,
    (old, new): (Named<'_, 'c>, Named<'_, 'c>),
    [added, removed]: [&Rule; 2],
    what: &str,
) {
    for (name, before) in old {
        match new.get(name) {
            Some(after) => walk.below(pair, (Some(before), Some(after)), &format!("<{name}>")),
            None => {
                let predicate = format!("no longer has a schema for {what} `{}`", values::short(name));
                walk.report(removed, pair, &predicate, (before.at(), None));
            }
        }
    }
    for (name, after) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        let predicate = format!("has a schema for {what} `{}` now", values::short(name));
        walk.report(added, pair, &predicate, (None, after.at()));
    }
}

fn dependent_required(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>) {
    let (old, new) = (&pair.old.dependent_required, &pair.new.dependent_required);
    let nothing = BTreeSet::new();
    let triggers: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    for trigger in triggers {
        let before = old.get(trigger).map_or(&nothing, |(names, _)| names);
        let after = new.get(trigger).map_or(&nothing, |(names, _)| names);
        let at = (old.get(trigger).map(|(_, at)| at), new.get(trigger).map(|(_, at)| at));
        let come: BTreeSet<&str> = after.difference(before).copied().collect();
        let gone: BTreeSet<&str> = before.difference(after).copied().collect();
        if !come.is_empty() {
            let predicate = format!("must have {} where `{trigger}` is there", values::names(&come));
            walk.report(rules::DEPENDENT_REQUIRED_ADDED, pair, &predicate, at);
        }
        if !gone.is_empty() {
            let predicate = format!("need not have {} any more where `{trigger}` is there", values::names(&gone));
            walk.report(rules::DEPENDENT_REQUIRED_REMOVED, pair, &predicate, at);
        }
    }
}
