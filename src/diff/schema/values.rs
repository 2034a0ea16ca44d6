//! Which values: types, null, formats, patterns, listed values, defaults.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::facts::Listed;
use super::types::Types;
use super::{Pair, Walk};
use crate::contract::Direction;
use crate::diff::rules;
use crate::diff::rules::Rule;
use crate::source::Pointer;

/// Longer values are cut in messages.
const SHOWN: usize = 60;

/// Schemas that no value keeps; whether there is more to compare.
pub(super) fn never(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>) -> bool {
    match (&pair.old.never, &pair.new.never) {
        (None, None) => return true,
        (None, at) => report(walk, pair, rules::NO_VALUE_ALLOWED, "may have no value any more", (None, at.as_ref())),
        (at, None) => report(walk, pair, rules::SOME_VALUE_ALLOWED, "may have a value now", (at.as_ref(), None)),
        (Some(_), Some(_)) => {}
    }
    false
}

fn report(
    walk: &mut Walk<'_, '_, '_>,
    pair: &Pair<'_>,
    rule: &Rule,
    predicate: &str,
    places: (Option<&Pointer>, Option<&Pointer>),
) {
    walk.report(rule, pair, predicate, places);
}

/// Types and null; whether any type is allowed both before and after.
pub(super) fn types(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>) -> bool {
    let (old, new) = (&pair.old, &pair.new);
    let at = (old.types_at.as_ref(), new.types_at.as_ref());
    let (before, after) = (as_text(walk, pair, old.types), as_text(walk, pair, new.types));
    let is_told_by_branches = !old.groups.is_empty() || !new.groups.is_empty();
    if before == after || is_told_by_branches {
    } else if after.contains(before) {
        report(walk, pair, rules::TYPE_WIDENED, &now(new.types.without_null(), old.types.without_null()), at);
    } else if before.contains(after) && after != Types::NONE {
        report(walk, pair, rules::TYPE_NARROWED, &now(new.types.without_null(), old.types.without_null()), at);
    } else {
        report(walk, pair, rules::TYPE_CHANGED, &now(new.types.without_null(), old.types.without_null()), at);
    }
    // A schema without types has null among them: that it is gone was told.
    let any = Types::ANY.without_null();
    let is_listed = old.listed.is_some() != new.listed.is_some();
    let is_told = (before != after || is_listed) && (before == any || after == any);
    match (old.types.has_null(), new.types.has_null()) {
        (false, true) if !is_told => report(walk, pair, rules::BECAME_NULLABLE, "may be null now", at),
        (true, false) if !is_told => report(walk, pair, rules::BECAME_NOT_NULLABLE, "may no longer be null", at),
        _ => {}
    }
    before.overlaps(after) || is_told_by_branches || before == after
}

fn now(new: Types, old: Types) -> String {
    format!("is {new} now, was {old}")
}

/// In plain text every number and truth value is also a string.
pub(super) fn as_text(walk: &Walk<'_, '_, '_>, pair: &Pair<'_>, types: Types) -> Types {
    let types = types.without_null();
    if walk.is_text(pair) && types.contains(Types::STRING) { types.or(Types::SCALAR) } else { types }
}

/// `enum`, `const` and `x-extensible-enum`.
pub(super) fn listed(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>) {
    match (&pair.old.listed, &pair.new.listed) {
        (None, None) => {}
        (Some(old), Some(new)) if old.is_const && new.is_const && old.values.keys().ne(new.values.keys()) => {
            let predicate = format!("must be {} now, was {}", one_of(new), one_of(old));
            walk.report(rules::CONST_CHANGED, pair, &predicate, (Some(&old.at), Some(&new.at)));
        }
        (old, new) => {
            let at = (old.as_ref().map(|old| &old.at), new.as_ref().map(|new| &new.at));
            match (pair.old.finite(), pair.new.finite()) {
                (Some(old), Some(new)) => {
                    let rules = [rules::ENUM_VALUE_ADDED, rules::ENUM_VALUE_REMOVED];
                    differences(walk, pair, (&old, &new), rules, at);
                }
                _ => one_side(walk, pair, (old.as_ref(), new.as_ref())),
            }
        }
    }
    if let (Some(old), Some(new)) = (&pair.old.extensible, &pair.new.extensible) {
        let rules = [rules::EXTENSIBLE_ENUM_VALUE_ADDED, rules::EXTENSIBLE_ENUM_VALUE_REMOVED];
        differences(walk, pair, (&old.shown(), &new.shown()), rules, (Some(&old.at), Some(&new.at)));
    }
}

/// Values that are listed before or after only: that there is a list, and which of them were not,
/// or are no longer, allowed by what stands on the other side.
fn one_side(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>, (old, new): (Option<&Listed<'_>>, Option<&Listed<'_>>)) {
    let others = |listed: &Listed<'_>, allows: &dyn Fn(&Value) -> bool| -> Vec<String> {
        listed.values.iter().filter(|(_, value)| !allows(value)).map(|(key, _)| key.clone()).collect()
    };
    let is_text = walk.is_text(pair);
    match (old, new) {
        (None, Some(new)) => {
            let come = others(new, &|value| is_text || pair.old.takes(&walk.sides.old, value));
            let (predicate, at) = (format!("must be {} now", one_of(new)), (None, Some(&new.at)));
            walk.report(rules::ENUM_ADDED, pair, &predicate, at);
            for value in come {
                let predicate = format!("may also be `{}` now", short(&value));
                walk.report(rules::ENUM_VALUE_ADDED, pair, &predicate, at);
            }
        }
        (Some(old), None) => {
            let gone = others(old, &|value| is_text || pair.new.takes(&walk.sides.new, value));
            let (predicate, at) = (format!("need not be {} any more", one_of(old)), (Some(&old.at), None));
            walk.report(rules::ENUM_REMOVED, pair, &predicate, at);
            for value in gone {
                let predicate = format!("may no longer be `{}`", short(&value));
                walk.report(rules::ENUM_VALUE_REMOVED, pair, &predicate, at);
            }
        }
        _ => {}
    }
}

type Values = BTreeMap<String, String>;

fn differences(
    walk: &mut Walk<'_, '_, '_>,
    pair: &Pair<'_>,
    (old, new): (&Values, &Values),
    [added, removed]: [&Rule; 2],
    at: (Option<&Pointer>, Option<&Pointer>),
) {
    // In plain text `"1"` is written as `1` is.
    let plain = |values: &Values| -> Values {
        let bare = |key: &String| serde_json::from_str::<String>(key).unwrap_or_else(|_| key.clone());
        values.iter().map(|(key, shown)| (bare(key), shown.clone())).collect()
    };
    let (old, new) = if walk.is_text(pair) { (plain(old), plain(new)) } else { (old.clone(), new.clone()) };
    for (_, value) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
        walk.report(removed, pair, &format!("may no longer be `{}`", short(value)), at);
    }
    for (_, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        walk.report(added, pair, &format!("may also be `{}` now", short(value)), at);
    }
}

fn one_of(listed: &Listed<'_>) -> String {
    let mut values: Vec<String> = listed.values.keys().take(6).map(|value| format!("`{}`", short(value))).collect();
    if listed.values.len() > 6 {
        values.push("…".to_owned());
    }
    if values.len() == 1 { values.remove(0) } else { format!("one of {}", values.join(", ")) }
}

/// The value itself or its beginning.
pub(super) fn short(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// Formats, patterns, and what is encoded in a string.
pub(super) fn strings(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>) {
    if pair.old.listed.is_none() && pair.new.listed.is_none() {
        format(walk, pair);
    }
    patterns(walk, pair);
    let rules = [rules::CONTENT_ENCODING_CHANGED, rules::CONTENT_MEDIA_TYPE_CHANGED];
    for ((rule, old), new) in rules.into_iter().zip(&pair.old.content).zip(&pair.new.content) {
        let text = |held: &Option<(&str, Pointer)>| held.as_ref().map_or("nothing", |(text, _)| text).to_owned();
        if text(old) != text(new) {
            let keyword = if rule == rules::CONTENT_ENCODING_CHANGED { "contentEncoding" } else { "contentMediaType" };
            let predicate = format!("has the `{keyword}` {} now, had {}", text(new), text(old));
            let at = (old.as_ref().map(|(_, at)| at), new.as_ref().map(|(_, at)| at));
            walk.report(rule, pair, &predicate, at);
        }
    }
}

fn format(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>) {
    // A format goes with its type: where that changed, that was told.
    if pair.old.types.without_null() != pair.new.types.without_null() {
        return;
    }
    let at = (pair.old.format.as_ref().map(|(_, at)| at), pair.new.format.as_ref().map(|(_, at)| at));
    let wider = |narrow: &str, wide: &str| matches!((narrow, wide), ("int32", "int64") | ("float", "double"));
    match (pair.old.format.as_ref().map(|(name, _)| *name), pair.new.format.as_ref().map(|(name, _)| *name)) {
        (Some(old), Some(new)) if old != new => {
            let rule = match (wider(old, new), wider(new, old)) {
                (true, _) => rules::FORMAT_WIDENED,
                (_, true) => rules::FORMAT_NARROWED,
                _ => rules::FORMAT_CHANGED,
            };
            walk.report(rule, pair, &format!("has the format `{new}` now, had `{old}`"), at);
        }
        (None, Some(new)) => walk.report(rules::FORMAT_ADDED, pair, &format!("has the format `{new}` now"), at),
        (Some(old), None) => {
            walk.report(rules::FORMAT_REMOVED, pair, &format!("no longer has the format `{old}`"), at);
        }
        _ => {}
    }
}

fn patterns(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>) {
    let (old, new) = (&pair.old.patterns, &pair.new.patterns);
    let gone: Vec<_> = old.iter().filter(|(pattern, _)| !new.contains_key(*pattern)).collect();
    let come: Vec<_> = new.iter().filter(|(pattern, _)| !old.contains_key(*pattern)).collect();
    for index in 0..gone.len().max(come.len()) {
        match (gone.get(index), come.get(index)) {
            (Some((old, old_at)), Some((new, new_at))) => {
                let predicate = format!("must match `{}` now, was `{}`", short(new), short(old));
                walk.report(rules::PATTERN_CHANGED, pair, &predicate, (Some(old_at), Some(new_at)));
            }
            (None, Some((new, at))) => {
                walk.report(rules::PATTERN_ADDED, pair, &format!("must match `{}` now", short(new)), (None, Some(at)));
            }
            (Some((old, at)), None) => {
                let predicate = format!("need not match `{}` any more", short(old));
                walk.report(rules::PATTERN_REMOVED, pair, &predicate, (Some(at), None));
            }
            (None, None) => {}
        }
    }
}

/// What stands for a value that is left out.
pub(super) fn defaults(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>) {
    let is_parameter = walk.root.is_parameter && pair.path.is_empty() && pair.direction == Direction::Request;
    let [added, removed, changed] = if is_parameter {
        [rules::PARAMETER_DEFAULT_ADDED, rules::PARAMETER_DEFAULT_REMOVED, rules::PARAMETER_DEFAULT_CHANGED]
    } else {
        [rules::DEFAULT_ADDED, rules::DEFAULT_REMOVED, rules::DEFAULT_CHANGED]
    };
    let shown = |value: &Value| short(&value.to_string());
    match (&pair.old.default, &pair.new.default) {
        (None, Some((new, at))) => {
            walk.report(
                added,
                pair,
                &format!("stands for `{}` now where it is left out", shown(new)),
                (None, Some(at)),
            );
        }
        (Some((old, at)), None) => {
            let predicate = format!("no longer stands for `{}` where it is left out", shown(old));
            walk.report(removed, pair, &predicate, (Some(at), None));
        }
        (Some((old, old_at)), Some((new, new_at))) if super::facts::canonical(old) != super::facts::canonical(new) => {
            let predicate = format!("stands for `{}` now where it is left out, was `{}`", shown(new), shown(old));
            walk.report(changed, pair, &predicate, (Some(old_at), Some(new_at)));
        }
        _ => {}
    }
}

/// Names as they stand in a sentence.
pub(super) fn names(names: &BTreeSet<&str>) -> String {
    names.iter().map(|name| format!("`{}`", short(name))).collect::<Vec<_>>().join(", ")
}
