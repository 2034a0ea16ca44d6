//! Lists: items by place and all others; and the schemas that are compared alike.

use super::facts::SUBSCHEMAS;
use super::node::Node;
use super::types::Types;
use super::{Pair, Walk};
use crate::contract::Direction;
use crate::diff::rules;
use crate::diff::rules::Rule;

/// More places in a list are not compared one by one.
const MOST_PLACES: usize = 1_000;

pub(super) fn compare<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, common: Types) {
    if common.overlaps(Types::STRUCTURED) {
        items(walk, pair);
    }
    for (keyword, [added, removed]) in SUBSCHEMAS.into_iter().zip(RULES) {
        let types = match keyword {
            "contains" | "unevaluatedItems" | "propertyNames" | "unevaluatedProperties" => Types::STRUCTURED,
            "contentSchema" => Types::STRING,
            _ => Types::ANY,
        };
        if common.overlaps(types) {
            subschema(walk, pair, keyword, [added, removed]);
        }
    }
}

fn items<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>) {
    let (old, new) = (&pair.old, &pair.new);
    // The first items of a list without a schema for each are as all others.
    for index in 0..old.prefix.len().max(new.prefix.len()).min(MOST_PLACES) {
        let old = old.prefix.get(index).or(old.items.as_ref());
        let new = new.prefix.get(index).or(new.items.as_ref());
        walk.below(pair, (old, new), &format!("[{index}]"));
    }
    if old.items.is_some() || new.items.is_some() {
        walk.below(pair, (old.items.as_ref(), new.items.as_ref()), "[]");
    }
}

/// In the order of [`SUBSCHEMAS`]: added, removed.
const RULES: [[&Rule; 2]; 9] = [
    [rules::NOT_ADDED, rules::NOT_REMOVED],
    [rules::IF_ADDED, rules::IF_REMOVED],
    [rules::THEN_ADDED, rules::THEN_REMOVED],
    [rules::ELSE_ADDED, rules::ELSE_REMOVED],
    [rules::CONTAINS_ADDED, rules::CONTAINS_REMOVED],
    [rules::PROPERTY_NAMES_ADDED, rules::PROPERTY_NAMES_REMOVED],
    [rules::UNEVALUATED_ITEMS_ADDED, rules::UNEVALUATED_ITEMS_REMOVED],
    [rules::UNEVALUATED_PROPERTIES_ADDED, rules::UNEVALUATED_PROPERTIES_REMOVED],
    [rules::CONTENT_SCHEMA_ADDED, rules::CONTENT_SCHEMA_REMOVED],
];

fn subschema<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, keyword: &str, [added, removed]: [&Rule; 2]) {
    match (pair.old.subschemas.get(keyword), pair.new.subschemas.get(keyword)) {
        // What is refused was of no allowed type anyway.
        (None, Some(new)) if keyword == "not" && !walk.sides.new.facts(new).types.overlaps(pair.old.types) => {}
        (Some(old), None) if keyword == "not" && !walk.sides.old.facts(old).types.overlaps(pair.new.types) => {}
        (None, Some(new)) => {
            walk.report(added, pair, &format!("must also match a schema now (`{keyword}`)"), (None, new.at()));
        }
        (Some(old), None) => {
            let predicate = format!("need not match a schema any more (`{keyword}`)");
            walk.report(removed, pair, &predicate, (old.at(), None));
        }
        (Some(old), Some(new)) => both(walk, pair, keyword, (old, new)),
        (None, None) => {}
    }
}

fn both<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, keyword: &str, (old, new): (&Node<'c>, &Node<'c>)) {
    if keyword == "if" {
        if !walk.is_alike(old, new) {
            walk.report(rules::CONDITION_CHANGED, pair, "has another condition (`if`)", (old.at(), new.at()));
        }
        return;
    }
    // What `not` comes to allow, the schema around it comes to refuse.
    let direction = match (keyword, pair.direction) {
        ("not", Direction::Request) => Direction::Response,
        ("not", Direction::Response) => Direction::Request,
        (_, direction) => direction,
    };
    walk.below_toward((Some(old), Some(new)), &format!("<{keyword}>"), direction);
}
