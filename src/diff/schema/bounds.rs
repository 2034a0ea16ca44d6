//! How much and how many: bounds, multiples, unique items.

use super::facts::{Bound, LOWER, UPPER};
use super::types::Types;
use super::{Pair, Walk, is_listed_once};
use crate::diff::rules;
use crate::diff::rules::Rule;

/// The rules of one bound: set, unset, tighter, looser.
struct Rules {
    added: &'static Rule,
    removed: &'static Rule,
    tighter: &'static Rule,
    looser: &'static Rule,
}

macro_rules! four {
    ($added:ident $removed:ident $tighter:ident $looser:ident) => {
        Rules { added: rules::$added, removed: rules::$removed, tighter: rules::$tighter, looser: rules::$looser }
    };
}

const LOWER_RULES: [Rules; 4] = [
    four!(MIN_LENGTH_ADDED MIN_LENGTH_REMOVED MIN_LENGTH_RAISED MIN_LENGTH_LOWERED),
    four!(MIN_ITEMS_ADDED MIN_ITEMS_REMOVED MIN_ITEMS_RAISED MIN_ITEMS_LOWERED),
    four!(MIN_PROPERTIES_ADDED MIN_PROPERTIES_REMOVED MIN_PROPERTIES_RAISED MIN_PROPERTIES_LOWERED),
    four!(MIN_CONTAINS_ADDED MIN_CONTAINS_REMOVED MIN_CONTAINS_RAISED MIN_CONTAINS_LOWERED),
];
const UPPER_RULES: [Rules; 4] = [
    four!(MAX_LENGTH_ADDED MAX_LENGTH_REMOVED MAX_LENGTH_LOWERED MAX_LENGTH_RAISED),
    four!(MAX_ITEMS_ADDED MAX_ITEMS_REMOVED MAX_ITEMS_LOWERED MAX_ITEMS_RAISED),
    four!(MAX_PROPERTIES_ADDED MAX_PROPERTIES_REMOVED MAX_PROPERTIES_LOWERED MAX_PROPERTIES_RAISED),
    four!(MAX_CONTAINS_ADDED MAX_CONTAINS_REMOVED MAX_CONTAINS_LOWERED MAX_CONTAINS_RAISED),
];
/// The types that the bounds of [`LOWER`] and [`UPPER`] are about.
const BOUNDED: [Types; 4] = [Types::STRING, Types::STRUCTURED, Types::STRUCTURED, Types::STRUCTURED];
const MINIMUM: Rules = four!(MINIMUM_ADDED MINIMUM_REMOVED MINIMUM_RAISED MINIMUM_LOWERED);
const MAXIMUM: Rules = four!(MAXIMUM_ADDED MAXIMUM_REMOVED MAXIMUM_LOWERED MAXIMUM_RAISED);

pub(super) fn compare(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>, common: Types) {
    let (old, new) = (&pair.old, &pair.new);
    let counts = |types: Types| {
        common.overlaps(types) && !(is_listed_once(pair) && types.overlaps(Types::STRING.or(Types::NUMBER)))
    };
    if counts(Types::NUMBER) {
        bound(walk, pair, (&old.minimum, &new.minimum), &MINIMUM, "minimum");
        bound(walk, pair, (&old.maximum, &new.maximum), &MAXIMUM, "maximum");
        multiples(walk, pair);
    }
    for (index, _) in BOUNDED.into_iter().enumerate().filter(|(_, types)| counts(*types)) {
        bound(walk, pair, (&old.lower[index], &new.lower[index]), &LOWER_RULES[index], LOWER[index]);
        bound(walk, pair, (&old.upper[index], &new.upper[index]), &UPPER_RULES[index], UPPER[index]);
    }
    if !counts(Types::STRUCTURED) {
        return;
    }
    match (&old.unique, &new.unique) {
        (None, Some(at)) => {
            walk.report(rules::UNIQUE_ITEMS_ADDED, pair, "may no longer have equal items", (None, Some(at)));
        }
        (Some(at), None) => {
            walk.report(rules::UNIQUE_ITEMS_REMOVED, pair, "may have equal items now", (Some(at), None));
        }
        _ => {}
    }
}

fn bound(
    walk: &mut Walk<'_, '_, '_>,
    pair: &Pair<'_>,
    (old, new): (&Option<Bound>, &Option<Bound>),
    rules: &Rules,
    keyword: &str,
) {
    let at = (old.as_ref().map(|bound| &bound.at), new.as_ref().map(|bound| &bound.at));
    match (old, new) {
        (None, Some(new)) => {
            walk.report(rules.added, pair, &format!("has the `{keyword}` {} now", shown(new)), at);
        }
        (Some(old), None) => {
            walk.report(rules.removed, pair, &format!("no longer has the `{keyword}` {}", shown(old)), at);
        }
        (Some(old), Some(new)) => {
            let is_lower = rules.tighter.id.ends_with("raised");
            let order = new.value.total_cmp(&old.value);
            let order = if is_lower { order } else { order.reverse() }.then(new.exclusive.cmp(&old.exclusive));
            let rule = match order {
                std::cmp::Ordering::Greater => rules.tighter,
                std::cmp::Ordering::Less => rules.looser,
                std::cmp::Ordering::Equal => return,
            };
            let predicate = format!("has the `{keyword}` {} now, had {}", shown(new), shown(old));
            walk.report(rule, pair, &predicate, at);
        }
        (None, None) => {}
    }
}

fn shown(bound: &Bound) -> String {
    if bound.exclusive { format!("{} (exclusive)", bound.value) } else { bound.value.to_string() }
}

fn multiples(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>) {
    let (old, new) = (&pair.old.multiple_of, &pair.new.multiple_of);
    let at = (old.as_ref().map(|bound| &bound.at), new.as_ref().map(|bound| &bound.at));
    match (old, new) {
        (None, Some(new)) => {
            walk.report(rules::MULTIPLE_OF_ADDED, pair, &format!("must be a multiple of {} now", new.value), at);
        }
        (Some(old), None) => {
            let predicate = format!("need not be a multiple of {} any more", old.value);
            walk.report(rules::MULTIPLE_OF_REMOVED, pair, &predicate, at);
        }
        (Some(old), Some(new)) if old.value.total_cmp(&new.value).is_ne() => {
            let rule = if is_multiple(old.value, new.value) {
                rules::MULTIPLE_OF_WIDENED
            } else if is_multiple(new.value, old.value) {
                rules::MULTIPLE_OF_NARROWED
            } else {
                rules::MULTIPLE_OF_CHANGED
            };
            let predicate = format!("must be a multiple of {} now, was {}", new.value, old.value);
            walk.report(rule, pair, &predicate, at);
        }
        _ => {}
    }
}

/// Whether one number is a whole multiple of another, as far as floating point tells.
fn is_multiple(of: f64, divisor: f64) -> bool {
    let times = of / divisor;
    divisor > 0.0 && (times - times.round()).abs() < 1e-9 && times >= 1.0
}
