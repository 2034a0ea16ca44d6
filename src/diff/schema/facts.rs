//! What a schema says, keyword by keyword, whichever of its parts says it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::node::{Loc, Node, Part, Parts, Side, alternatives};
use super::normal::{denied_types, has_a_say, types_of_values};
use super::types::Types;
use crate::contract::pattern_as_written;
use crate::source::Pointer;

/// How many schemas are looked at for the types of a schema's branches.
const MOST_BRANCHES: usize = 256;
/// The keywords with one schema below them whose only comparison is the general one.
pub(super) const SUBSCHEMAS: [&str; 9] = [
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];
/// The keywords that bound something, least first.
pub(super) const LOWER: [&str; 4] = ["minLength", "minItems", "minProperties", "minContains"];
pub(super) const UPPER: [&str; 4] = ["maxLength", "maxItems", "maxProperties", "maxContains"];

/// What `int32` and `int64` end with, as JSON numbers are read.
#[expect(clippy::cast_precision_loss, reason = "the bounds are read from JSON with the same loss")]
const INTEGER_LIMITS: [f64; 4] = [i32::MIN as f64, i32::MAX as f64, i64::MIN as f64, i64::MAX as f64];

/// A bound of numbers or lengths.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) value: f64,
    pub(super) exclusive: bool,
    pub(super) at: Pointer,
}

/// Alternatives: `oneOf` or `anyOf`.
pub(super) struct Group<'c> {
    pub(super) one_of: bool,
    pub(super) branches: Vec<Loc<'c>>,
    pub(super) at: Pointer,
}

/// The values that are allowed, by a form in which equal ones are equal.
pub(super) struct Listed<'c> {
    pub(super) values: BTreeMap<String, &'c Value>,
    pub(super) at: Pointer,
    pub(super) is_const: bool,
}

/// A property that says which branch a value is of.
#[derive(Clone, Debug)]
pub(super) struct Discriminator<'c> {
    pub(super) property: &'c str,
    pub(super) mapping: BTreeMap<&'c str, &'c str>,
    pub(super) at: Pointer,
}

/// All that a schema says. `None` and empty: nothing is said.
pub(super) struct Facts<'c> {
    /// The same schema has the same number.
    pub(super) id: usize,
    /// Where it stands.
    pub(super) at: Option<Pointer>,
    pub(super) never: Option<Pointer>,
    pub(super) types: Types,
    pub(super) types_at: Option<Pointer>,
    pub(super) format: Option<(&'c str, Pointer)>,
    pub(super) minimum: Option<Bound>,
    pub(super) maximum: Option<Bound>,
    /// In the order of [`LOWER`].
    pub(super) lower: [Option<Bound>; 4],
    /// In the order of [`UPPER`].
    pub(super) upper: [Option<Bound>; 4],
    pub(super) multiple_of: Option<Bound>,
    pub(super) unique: Option<Pointer>,
    pub(super) patterns: BTreeMap<Cow<'c, str>, Pointer>,
    pub(super) listed: Option<Listed<'c>>,
    pub(super) extensible: Option<Listed<'c>>,
    pub(super) default: Option<(&'c Value, Pointer)>,
    pub(super) required: BTreeMap<&'c str, Pointer>,
    pub(super) properties: IndexMap<&'c str, Node<'c>>,
    pub(super) pattern_properties: BTreeMap<&'c str, Node<'c>>,
    pub(super) dependent_schemas: BTreeMap<&'c str, Node<'c>>,
    pub(super) dependent_required: BTreeMap<&'c str, (BTreeSet<&'c str>, Pointer)>,
    pub(super) additional: Option<Node<'c>>,
    pub(super) items: Option<Node<'c>>,
    pub(super) prefix: Vec<Node<'c>>,
    pub(super) subschemas: BTreeMap<&'static str, Node<'c>>,
    pub(super) groups: Vec<Group<'c>>,
    pub(super) discriminator: Option<Discriminator<'c>>,
    /// `contentEncoding` and `contentMediaType`.
    pub(super) content: [Option<(&'c str, Pointer)>; 2],
    pub(super) read_only: Option<Pointer>,
    pub(super) write_only: Option<Pointer>,
    /// The part with `deprecated` or extensions about it.
    pub(super) lifecycle: Option<(&'c Map<String, Value>, Pointer)>,
}

impl<'c> Facts<'c> {
    pub(super) fn of(side: &Side<'c>, id: usize, parts: Parts<'c>) -> Self {
        let mut facts = Self::anything(id);
        // Facts are shared by all references to a schema: its place is where they lead.
        let stands = parts.parts.iter().find(|part| part.map.len() > 1 || !part.map.contains_key("$ref"));
        facts.at = stands.map(|part| part.loc.at.clone()).or_else(|| parts.never.clone());
        facts.never = parts.never;
        for part in &parts.parts {
            facts.types(side, part);
            facts.scalars(side, part);
            facts.bounds(side, part);
            facts.object(part);
            facts.array(part);
            facts.branches(side, part);
            facts.annotations(part);
        }
        facts.normalise(side);
        facts
    }

    fn anything(id: usize) -> Self {
        Self {
            id,
            at: None,
            never: None,
            types: Types::ANY,
            types_at: None,
            format: None,
            minimum: None,
            maximum: None,
            lower: [const { None }; 4],
            upper: [const { None }; 4],
            multiple_of: None,
            unique: None,
            patterns: BTreeMap::new(),
            listed: None,
            extensible: None,
            default: None,
            required: BTreeMap::new(),
            properties: IndexMap::new(),
            pattern_properties: BTreeMap::new(),
            dependent_schemas: BTreeMap::new(),
            dependent_required: BTreeMap::new(),
            additional: None,
            items: None,
            prefix: Vec::new(),
            subschemas: BTreeMap::new(),
            groups: Vec::new(),
            discriminator: None,
            content: [None, None],
            read_only: None,
            write_only: None,
            lifecycle: None,
        }
    }

    fn types(&mut self, side: &Side<'c>, part: &Part<'c>) {
        let written = part.map.get("type");
        let mut types = written.map_or(Types::ANY, Types::parse);
        let lacks_null = |values: &Vec<Value>| !values.contains(&Value::Null);
        let is_other = |value: &Value| !value.is_null();
        if part.map.get("enum").and_then(Value::as_array).is_some_and(lacks_null)
            || part.map.get("const").is_some_and(is_other)
        {
            types = types.without_null();
        }
        types = types.without(denied_types(part.map).unwrap_or(Types::NONE));
        for keyword in ["oneOf", "anyOf"] {
            if let Some(branches) = part.map.get(keyword).and_then(Value::as_array) {
                let mut budget = MOST_BRANCHES;
                let union =
                    branches.iter().fold(Types::NONE, |all, branch| all.or(types_of(side, branch, &mut budget)));
                types = types.and(union);
            }
        }
        if part.loc.or_null {
            types = types.with_null();
        }
        let narrowed = self.types.and(types);
        if narrowed != self.types {
            self.types = narrowed;
            self.types_at = Some(if written.is_some() { part.loc.at.join("type") } else { part.loc.at.clone() });
        }
    }

    fn scalars(&mut self, side: &Side<'c>, part: &Part<'c>) {
        let map = part.map;
        // `byte` and `binary` assert nothing, and yet say how a string is written.
        let format = map.get("format").or_else(|| {
            let is_string = map.get("type").is_some_and(|types| Types::parse(types).contains(Types::STRING));
            side.original(&part.loc.at).filter(|_| is_string)?.get("format")
        });
        if let Some(format) = format.and_then(Value::as_str) {
            self.format.get_or_insert((format, part.loc.at.join("format")));
        }
        if let Some(pattern) =
            map.get("pattern").and_then(Value::as_str).map(pattern_as_written).filter(|pattern| !matches_all(pattern))
        {
            self.patterns.entry(pattern).or_insert_with(|| part.loc.at.join("pattern"));
        }
        let enumerated = map.get("enum").and_then(Value::as_array).map(|list| ("enum", list.iter().collect()));
        let constant = map.get("const").map(|value| ("const", vec![value]));
        for (keyword, values) in enumerated.into_iter().chain(constant) {
            let values: Vec<&Value> = values;
            let values = values.into_iter().map(|value| (canonical(value), value)).collect();
            self.list(values, part.loc.at.join(keyword), keyword == "const");
        }
        if let Some(values) = map.get("x-extensible-enum").and_then(Value::as_array) {
            let at = part.loc.at.join("x-extensible-enum");
            let values = values.iter().map(|value| (canonical(value), value)).collect();
            self.extensible.get_or_insert(Listed { values, at, is_const: false });
        }
        for (keyword, held) in ["contentEncoding", "contentMediaType"].into_iter().zip(&mut self.content) {
            if let Some(text) = map.get(keyword).and_then(Value::as_str) {
                held.get_or_insert((text, part.loc.at.join(keyword)));
            }
        }
    }

    /// Notes that only these values are allowed, and null where the types have it.
    fn list(&mut self, mut values: BTreeMap<String, &'c Value>, at: Pointer, is_const: bool) {
        values.retain(|_, value| !value.is_null());
        match &mut self.listed {
            None => self.listed = Some(Listed { values, at, is_const }),
            Some(known) => known.values.retain(|value, _| values.contains_key(value)),
        }
    }

    fn bounds(&mut self, side: &Side<'c>, part: &Part<'c>) {
        let read = |keyword: &str, exclusive: bool| {
            let value = part.map.get(keyword)?.as_f64()?;
            Some(Bound { value, exclusive, at: part.loc.at.join(keyword) })
        };
        // What `int32` and `int64` come to is told as a format.
        let written = |bound: &Bound| !INTEGER_LIMITS.contains(&bound.value) || side.is_written(&bound.at);
        for (keyword, exclusive) in [("minimum", false), ("exclusiveMinimum", true)] {
            let bound = read(keyword, exclusive).filter(written);
            keep(&mut self.minimum, bound, |new, old| (new.value, new.exclusive) > (old.value, old.exclusive));
        }
        for (keyword, exclusive) in [("maximum", false), ("exclusiveMaximum", true)] {
            let bound = read(keyword, exclusive).filter(written);
            keep(&mut self.maximum, bound, |new, old| (new.value, !new.exclusive) < (old.value, !old.exclusive));
        }
        for (keyword, held) in LOWER.into_iter().zip(&mut self.lower) {
            let bound = read(keyword, false).filter(|bound| bound.value > 0.0 || keyword == "minContains");
            keep(held, bound, |new, old| new.value > old.value);
        }
        for (keyword, held) in UPPER.into_iter().zip(&mut self.upper) {
            keep(held, read(keyword, false), |new, old| new.value < old.value);
        }
        keep(&mut self.multiple_of, read("multipleOf", false), |new, old| new.value > old.value);
        if part.map.get("uniqueItems") == Some(&Value::Bool(true)) {
            self.unique.get_or_insert_with(|| part.loc.at.join("uniqueItems"));
        }
    }

    fn object(&mut self, part: &Part<'c>) {
        for name in strings(part.map.get("required")) {
            self.required.entry(name).or_insert_with(|| part.loc.at.join("required"));
        }
        for (name, value) in members(part.map, "properties") {
            self.properties.entry(name).or_default().push(part.child(value, &["properties", name]));
        }
        for (name, value) in members(part.map, "patternProperties") {
            let child = part.child(value, &["patternProperties", name]);
            self.pattern_properties.entry(name).or_default().push(child);
        }
        for (name, value) in members(part.map, "dependentSchemas") {
            let child = part.child(value, &["dependentSchemas", name]);
            self.dependent_schemas.entry(name).or_default().push(child);
        }
        for (name, value) in members(part.map, "dependentRequired") {
            let at = part.loc.at.join("dependentRequired").join(name);
            self.dependent_required.entry(name).or_insert((BTreeSet::new(), at)).0.extend(strings(Some(value)));
        }
        if let Some(value) = part.map.get("additionalProperties").filter(|value| !is_anything(value)) {
            self.additional.get_or_insert_default().push(part.child(value, &["additionalProperties"]));
        }
    }

    fn array(&mut self, part: &Part<'c>) {
        if let Some(value) = part.map.get("items").filter(|value| !is_anything(value)) {
            self.items.get_or_insert_default().push(part.child(value, &["items"]));
        }
        let prefix = part.map.get("prefixItems").and_then(Value::as_array);
        for (index, value) in prefix.into_iter().flatten().enumerate() {
            if self.prefix.len() == index {
                self.prefix.push(Node::default());
            }
            self.prefix[index].push(part.child(value, &["prefixItems", &index.to_string()]));
        }
        for keyword in SUBSCHEMAS {
            let has_a_say = |value: &&Value| !is_anything(value) && has_a_say(part.map, keyword);
            if let Some(value) = part.map.get(keyword).filter(has_a_say) {
                self.subschemas.entry(keyword).or_default().push(part.child(value, &[keyword]));
            }
        }
    }

    fn branches(&mut self, side: &Side<'c>, part: &Part<'c>) {
        for keyword in ["oneOf", "anyOf"] {
            let Some(all) = part.map.get(keyword).and_then(Value::as_array) else { continue };
            let one_of = keyword == "oneOf";
            if let Some(values) = Listed::of_branches(side, all, one_of) {
                self.list(values, part.loc.at.join(keyword), false);
                continue;
            }
            let branches = alternatives(side, part, keyword, all);
            // A single branch was taken for a part; branches that only name types are in the types.
            if branches.len() > 1 && !branches.iter().all(|branch| is_type_only(side, branch.value)) {
                self.groups.push(Group { one_of, branches, at: part.loc.at.join(keyword) });
            }
        }
        if let Some(Value::Object(map)) = part.map.get("discriminator")
            && let Some(property) = map.get("propertyName").and_then(Value::as_str)
        {
            let mapping = members(map, "mapping").filter_map(|(name, value)| Some((name, value.as_str()?))).collect();
            let at = part.loc.at.join("discriminator");
            self.discriminator.get_or_insert(Discriminator { property, mapping, at });
        }
    }

    fn annotations(&mut self, part: &Part<'c>) {
        if let Some(value) = part.map.get("default") {
            self.default.get_or_insert_with(|| (value, part.loc.at.join("default")));
        }
        for (keyword, held) in [("readOnly", &mut self.read_only), ("writeOnly", &mut self.write_only)] {
            if part.map.get(keyword) == Some(&Value::Bool(true)) {
                held.get_or_insert_with(|| part.loc.at.join(keyword));
            }
        }
        if ["deprecated", "x-sunset", "x-stability-level"].iter().any(|key| part.map.contains_key(*key)) {
            self.lifecycle.get_or_insert((part.map, part.loc.at.clone()));
        }
    }

    /// Whether nothing is said but what branches say.
    pub(super) fn is_bare(&self) -> bool {
        self.properties.is_empty()
            && self.required.is_empty()
            && self.listed.is_none()
            && self.items.is_none()
            && self.prefix.is_empty()
            && self.patterns.is_empty()
            && self.additional.is_none()
            && self.subschemas.is_empty()
    }
}

fn keep(held: &mut Option<Bound>, new: Option<Bound>, tighter: impl Fn(&Bound, &Bound) -> bool) {
    if let Some(new) = new
        && held.as_ref().is_none_or(|old| tighter(&new, old))
    {
        *held = Some(new);
    }
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn members<'v>(map: &'v Map<String, Value>, key: &str) -> impl Iterator<Item = (&'v str, &'v Value)> + use<'v> {
    map.get(key).and_then(Value::as_object).into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// `true` and `{}`, annotations aside.
pub(super) fn is_anything(value: &Value) -> bool {
    value == &Value::Bool(true) || value.as_object().is_some_and(|map| map.keys().all(|key| is_annotation(key)))
}

/// Patterns that every string matches.
fn matches_all(pattern: &str) -> bool {
    matches!(pattern, "" | ".*" | "^.*" | ".*$" | "^.*$" | "^" | "$" | "[\\s\\S]*" | "^[\\s\\S]*$")
}

/// The types that a schema allows, as far as that shows within `budget`.
fn types_of(side: &Side<'_>, schema: &Value, budget: &mut usize) -> Types {
    let Some(map) = schema.as_object().filter(|_| *budget > 0) else { return Types::ANY };
    *budget -= 1;
    let mut types = map.get("type").map_or(Types::ANY, Types::parse);
    if let Some(values) = map.get("enum").and_then(Value::as_array) {
        types = types.and(types_of_values(values.iter()));
    }
    types = types.and(map.get("const").map_or(Types::ANY, Types::of_value));
    if let Some(target) = side.target(map) {
        types = types.and(types_of(side, target.value, budget));
    }
    for part in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        types = types.and(types_of(side, part, budget));
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(branches) = map.get(keyword).and_then(Value::as_array) {
            types = types.and(branches.iter().fold(Types::NONE, |all, branch| all.or(types_of(side, branch, budget))));
        }
    }
    types
}

/// Whether a schema says no more than a type, annotations aside.
fn is_type_only(side: &Side<'_>, schema: &Value) -> bool {
    let Some(mut map) = schema.as_object() else { return false };
    for _ in 0..8 {
        match side.target(map).map(|target| target.value) {
            Some(Value::Object(target)) => map = target,
            Some(_) => return false,
            None => break,
        }
    }
    let mut keys = map.keys().map(String::as_str);
    map.contains_key("type") && keys.all(|key| key == "type" || is_annotation(key))
}

/// Keywords that allow and forbid nothing.
pub(super) fn is_annotation(key: &str) -> bool {
    matches!(
        key,
        "title"
            | "description"
            | "example"
            | "examples"
            | "$comment"
            | "externalDocs"
            | "xml"
            | "deprecated"
            | "default"
    ) || key.starts_with("x-")
}

/// A form in which equal values are equal: `1` is `1.0`, and the order of members does not count.
pub(super) fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if !number.is_i64() && !number.is_u64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                format!("{float:.0}")
            }
            _ => number.to_string(),
        },
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(map) => {
            let mut members: Vec<String> =
                map.iter().map(|(key, value)| format!("{key:?}:{}", canonical(value))).collect();
            members.sort_unstable();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}
