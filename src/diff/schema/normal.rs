//! One form for what can be said in several words.
//!
//! A keyword that bears on nothing is left out, a listed value that the rest refuses is no value,
//! and bounds of whole numbers are whole: then schemas that allow the same values mostly say the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::facts::{Bound, Facts, Listed, canonical, is_annotation, is_anything};
use super::node::Side;
use super::types::Types;

/// More values than these are not worked out from branches or bounds.
const MOST_VALUES: usize = 1_000;
/// The places of lengths, items, properties and `contains` among the bounds.
const LENGTH: usize = 0;
const ITEMS: usize = 1;
const PROPERTIES: usize = 2;
const CONTAINS: usize = 3;

impl<'c> Facts<'c> {
    pub(super) fn normalise(&mut self, side: &Side<'c>) {
        // What no value keeps by its types alone is a slip: its parts are compared as they stand.
        if self.types == Types::NONE {
            return;
        }
        self.whole_numbers();
        self.listed_alone(side);
        self.without_what_cannot_bear();
        self.without_what_is_idle();
        self.without_unevaluated();
    }

    /// Numbers that are multiples of whole ones are whole; so are the bounds of whole numbers.
    fn whole_numbers(&mut self) {
        let numbers_only = Types::NUMBER.contains(self.types.without_null());
        let is_whole = |bound: &Bound| bound.value.fract() == 0.0;
        if numbers_only && self.multiple_of.as_ref().is_some_and(is_whole) {
            self.types = self.types.without(Types::FRACTION);
        }
        if self.types.overlaps(Types::FRACTION) {
            return;
        }
        self.multiple_of = self.multiple_of.take().filter(|bound| (1.0 / bound.value).fract() != 0.0);
        for (bound, toward) in [(&mut self.minimum, 1.0), (&mut self.maximum, -1.0)] {
            let Some(bound) = bound else { continue };
            if is_whole(bound) {
                bound.value += if bound.exclusive { toward } else { 0.0 };
            } else {
                bound.value = if toward > 0.0 { bound.value.ceil() } else { bound.value.floor() };
            }
            bound.exclusive = false;
        }
    }

    /// Where values are listed, nothing else need be said about them.
    fn listed_alone(&mut self, side: &Side<'c>) {
        let Some(mut listed) = self.listed.take() else { return };
        let all = types_of_values(listed.values.values().copied());
        let narrowed = self.types.and(if self.types.has_null() { all.with_null() } else { all });
        if narrowed.without_null() == Types::NONE && !listed.values.is_empty() {
            self.listed = Some(listed);
            return;
        }
        self.types = narrowed;
        let excluded = self.subschemas.get("not").and_then(|node| match node.0.as_slice() {
            [one] => values_of(side, one.value, &mut MOST_VALUES.clone()),
            _ => None,
        });
        let is_taken = |key: &String, value: &Value| {
            self.takes(side, value) && !excluded.as_ref().is_some_and(|excluded| excluded.contains_key(key))
        };
        let kept: BTreeMap<_, _> = listed.values.iter().filter(|(key, value)| is_taken(key, value)).collect();
        // Where nothing is left, that is a slip, too.
        if !kept.is_empty() {
            listed.values = kept.into_iter().map(|(key, value)| (key.clone(), *value)).collect();
            if excluded.is_some() {
                self.subschemas.remove("not");
            }
        }
        let types = types_of_values(listed.values.values().copied());
        self.types = if self.types.has_null() { types.with_null() } else { types };
        if self.types.without_null().is_scalar() {
            (self.minimum, self.maximum, self.multiple_of, self.format) = (None, None, None, None);
            (self.lower[LENGTH], self.upper[LENGTH]) = (None, None);
            self.patterns.clear();
        }
        let is_all =
            listed.values.is_empty() || self.types.without_null() == Types::BOOLEAN && listed.values.len() == 2;
        self.listed = Some(listed).filter(|_| !is_all);
    }

    /// Whether a text, number or truth value keeps what is said of its like; of others, whether its type is allowed.
    pub(super) fn takes(&self, side: &Side<'_>, value: &Value) -> bool {
        let within = |least: Option<&Bound>, most: Option<&Bound>, value: f64| {
            least.is_none_or(|least| if least.exclusive { value > least.value } else { value >= least.value })
                && most.is_none_or(|most| if most.exclusive { value < most.value } else { value <= most.value })
        };
        if !self.types.contains(Types::of_value(value)) {
            return false;
        }
        match value {
            Value::Number(number) => number.as_f64().is_none_or(|number| {
                let is_multiple = |of: &Bound| ((number / of.value) - (number / of.value).round()).abs() < 1e-9;
                within(self.minimum.as_ref(), self.maximum.as_ref(), number)
                    && self.multiple_of.as_ref().is_none_or(is_multiple)
            }),
            Value::String(text) => {
                #[expect(clippy::cast_precision_loss, reason = "no text has 2^52 letters")]
                let length = text.chars().count() as f64;
                within(self.lower[LENGTH].as_ref(), self.upper[LENGTH].as_ref(), length)
                    && self.patterns.keys().all(|pattern| side.keeps(&json!({"pattern": pattern}), value))
                    && self.format.as_ref().is_none_or(|(name, _)| side.keeps(&json!({"format": name}), value))
            }
            _ => true,
        }
    }

    /// The values where they can be counted: listed, between two whole numbers, or true and false.
    pub(super) fn finite(&self) -> Option<BTreeMap<String, String>> {
        let shown = |value: &Value| (canonical(value), canonical(value));
        if let Some(listed) = &self.listed {
            return Some(listed.shown());
        }
        let types = self.types.without_null();
        if types == Types::BOOLEAN {
            return Some([true, false].into_iter().map(|value| shown(&json!(value))).collect());
        }
        let (least, most) = (self.minimum.as_ref()?.value, self.maximum.as_ref()?.value);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let is_few = types == Types::INTEGER && most - least < MOST_VALUES as f64;
        #[expect(clippy::cast_possible_truncation, reason = "they are whole")]
        let range = (least as i64)..=(most as i64);
        (is_few && self.multiple_of.is_none()).then(|| range.map(|value| shown(&json!(value))).collect())
    }

    /// Keywords about other types than those that are allowed.
    fn without_what_cannot_bear(&mut self) {
        if !self.types.overlaps(Types::NUMBER) {
            (self.minimum, self.maximum, self.multiple_of) = (None, None, None);
        }
        if !self.types.overlaps(Types::STRING) {
            (self.lower[LENGTH], self.upper[LENGTH]) = (None, None);
            self.patterns.clear();
            self.content = [None, None];
            self.subschemas.remove("contentSchema");
        }
        if !self.types.overlaps(Types::STRING.or(Types::NUMBER)) {
            self.format = None;
        }
        // A list with properties, or an object with items, is a slip in its type.
        if self.types.overlaps(Types::STRUCTURED) {
            return;
        }
        for index in [ITEMS, CONTAINS, PROPERTIES] {
            (self.lower[index], self.upper[index]) = (None, None);
        }
        (self.unique, self.items, self.additional) = (None, None, None);
        self.prefix.clear();
        self.required.clear();
        self.properties.clear();
        self.pattern_properties.clear();
        self.dependent_schemas.clear();
        self.dependent_required.clear();
        let is_about_parts = ["contains", "unevaluatedItems", "propertyNames", "unevaluatedProperties"];
        self.subschemas.retain(|keyword, _| !is_about_parts.contains(keyword));
    }

    /// Keywords that say what holds without them.
    fn without_what_is_idle(&mut self) {
        let at_most = |bound: &Option<Bound>, most: f64| bound.as_ref().is_some_and(|bound| bound.value <= most);
        let is_optional = self.upper[CONTAINS].is_none() && at_most(&self.lower[CONTAINS], 0.0);
        if is_optional {
            self.subschemas.remove("contains");
        }
        if !self.subschemas.contains_key("contains") {
            (self.lower[CONTAINS], self.upper[CONTAINS]) = (None, None);
        }
        let is_one = |bound: &Bound| (bound.value - 1.0).abs() < f64::EPSILON;
        self.lower[CONTAINS] = self.lower[CONTAINS].take().filter(|bound| !is_one(bound));
        #[expect(clippy::cast_precision_loss, reason = "no document has 2^52 names")]
        if at_most(&self.lower[PROPERTIES], self.required.len() as f64) {
            self.lower[PROPERTIES] = None;
        }
    }

    /// What nothing else looks at is what is not described, where no alternative may look at more.
    fn without_unevaluated(&mut self) {
        let may_look = ["if", "not"].iter().any(|keyword| self.subschemas.contains_key(keyword));
        if may_look || !self.groups.is_empty() || !self.dependent_schemas.is_empty() {
            return;
        }
        if self.additional.is_none() {
            self.additional = self.subschemas.remove("unevaluatedProperties");
        }
        if self.items.is_none() && !self.subschemas.contains_key("contains") {
            self.items = self.subschemas.remove("unevaluatedItems");
        }
    }
}

impl<'c> Listed<'c> {
    /// Each value as it is shown, by what makes it the same as another.
    pub(super) fn shown(&self) -> BTreeMap<String, String> {
        self.values.keys().map(|key| (key.clone(), key.clone())).collect()
    }

    /// The values of alternatives that each list theirs; those of several `oneOf` keep none.
    pub(super) fn of_branches(
        side: &Side<'c>,
        branches: &'c [Value],
        one_of: bool,
    ) -> Option<BTreeMap<String, &'c Value>> {
        union(side, branches, one_of, &mut MOST_VALUES.clone())
    }
}

fn union<'c>(
    side: &Side<'c>,
    branches: &'c [Value],
    one_of: bool,
    budget: &mut usize,
) -> Option<BTreeMap<String, &'c Value>> {
    let mut counted: BTreeMap<String, (&Value, usize)> = BTreeMap::new();
    for branch in branches {
        for (key, value) in values_of(side, branch, budget)? {
            counted.entry(key).or_insert((value, 0)).1 += 1;
        }
    }
    let kept = counted.into_iter().filter(|(_, (_, times))| !one_of || *times == 1);
    Some(kept.map(|(key, (value, _))| (key, value)).collect())
}

/// The values of a schema that says no more than which ones there are.
pub(super) fn values_of<'c>(
    side: &Side<'c>,
    schema: &'c Value,
    budget: &mut usize,
) -> Option<BTreeMap<String, &'c Value>> {
    const NULL: &Value = &Value::Null;
    let map = schema.as_object()?;
    *budget = budget.checked_sub(1)?;
    let says = |known: &[&str]| map.keys().all(|key| known.contains(&key.as_str()) || is_annotation(key));
    if let Some(target) = side.target(map).filter(|_| says(&["$ref"])) {
        return values_of(side, target.value, budget);
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(branches) = map.get(keyword).and_then(Value::as_array).filter(|_| says(&[keyword])) {
            return union(side, branches, keyword == "oneOf", budget);
        }
    }
    if !says(&["type", "enum", "const"]) {
        return None;
    }
    let types = map.get("type").map_or(Types::ANY, Types::parse);
    let values: Vec<&Value> = match (map.get("const"), map.get("enum").and_then(Value::as_array)) {
        (Some(value), None) => vec![value],
        (None, Some(values)) => values.iter().collect(),
        (None, None) if types == Types::NULL => vec![NULL],
        _ => return None,
    };
    *budget = budget.checked_sub(values.len())?;
    let allowed = values.into_iter().filter(|value| types.contains(Types::of_value(value)));
    Some(allowed.map(|value| (canonical(value), value)).collect())
}

pub(super) fn types_of_values<'v>(values: impl Iterator<Item = &'v Value>) -> Types {
    values.fold(Types::NONE, |all, value| all.or(Types::of_value(value)))
}

/// `X` of `{"not": {"not": X}}`.
pub(super) fn twice_denied(map: &Map<String, Value>) -> Option<&Value> {
    let inner = map.get("not")?.as_object()?;
    let says_no_more = inner.keys().all(|key| key == "not" || is_annotation(key));
    inner.get("not").filter(|_| says_no_more)
}

/// The types that a schema refuses by a `not` that says nothing else.
pub(super) fn denied_types(map: &Map<String, Value>) -> Option<Types> {
    let inner = map.get("not")?.as_object()?;
    let says_no_more = inner.keys().all(|key| key == "type" || is_annotation(key));
    inner.get("type").filter(|_| says_no_more).map(Types::parse)
}

/// Whether a keyword has a say in the part where it stands: a condition needs a consequence, and a
/// consequence a condition (JSON Schema Core 2020-12, section 10.2.2).
pub(super) fn has_a_say(map: &Map<String, Value>, keyword: &str) -> bool {
    match keyword {
        "if" => ["then", "else"].iter().any(|keyword| map.get(*keyword).is_some_and(|value| !is_anything(value))),
        "then" | "else" => map.contains_key("if"),
        "not" => twice_denied(map).is_none() && denied_types(map).is_none(),
        _ => true,
    }
}

/// Whether no value keeps this schema, and that shows at once.
pub(super) fn is_nothing(schema: &Value) -> bool {
    match schema {
        Value::Bool(allowed) => !allowed,
        Value::Object(map) => {
            map.get("not").is_some_and(is_anything)
                || map.get("enum").and_then(Value::as_array).is_some_and(Vec::is_empty)
        }
        _ => false,
    }
}
