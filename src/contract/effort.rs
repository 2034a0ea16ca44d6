//! What judging and explaining would cost, counted before it is begun: a body may be written by
//! somebody who wants the judge to hang.

use super::pattern::goes_back;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::schema::{CONTRACT, OWN};
use super::translate::STATIC_TARGET;
use super::view;
use crate::source::Pointer;

/// The deepest that schemas are followed, into values and through references.
const DEEPEST: usize = 600;

/// The two texts that references of a compiled schema lead into.
#[derive(Clone, Copy)]
pub(super) struct Roots<'r> {
    /// All schemas of the contract.
    pub(super) view: &'r Value,
    /// A user's own schema.
    pub(super) own: Option<&'r Value>,
}

/// The place of a schema: in which of the two, and where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    pub(super) own: bool,
    pub(super) pointer: Pointer,
}

impl Spot {
    /// Below this one.
    pub(super) fn join(&self, token: &str) -> Self {
        Self { own: self.own, pointer: self.pointer.join(token) }
    }

    /// Below this one, in a list.
    pub(super) fn index(&self, index: usize) -> Self {
        Self { own: self.own, pointer: self.pointer.index(index) }
    }

    /// What a reference that stands here leads to.
    pub(super) fn follow(&self, reference: &str) -> Option<Self> {
        if let Some(pointer) = view::addressed(reference) {
            return Some(Self { own: false, pointer });
        }
        let (own, fragment) = match (reference.strip_prefix(CONTRACT), reference.strip_prefix(OWN)) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => (self.own, reference),
        };
        let pointer = Pointer::from_fragment(fragment.strip_prefix('#')?)?;
        Some(Self { own, pointer })
    }

    /// The reference that leads here from anywhere.
    pub(super) fn address(&self) -> String {
        format!("{}{}", if self.own { OWN } else { CONTRACT }, self.pointer.to_fragment())
    }
}

impl<'r> Roots<'r> {
    /// The text that a place is in.
    pub(super) fn root(&self, at: &Spot) -> Option<&'r Value> {
        if at.own { self.own } else { Some(self.view) }
    }

    pub(super) fn value(&self, at: &Spot) -> Option<&'r Value> {
        self.root(at)?.pointer(at.pointer.as_str())
    }

    /// Whether collecting all errors of `value`, those of every branch of every `anyOf` and `oneOf`
    /// too, meets more than `most` schemas.
    pub(super) fn is_beyond(self, most: usize, schema: &Value, value: &Value) -> bool {
        let mut count = Count { roots: self, left: most, open: Vec::new() };
        count.visit(self.own.is_some(), schema, value);
        count.left == 0
    }
}

/// How many values a value is made of, itself counted; at most `most`.
pub(super) fn size(value: &Value, most: usize) -> usize {
    total(value, most, &|_| 1)
}

/// How deep a value nests; a scalar is one deep.
pub(super) fn depth(value: &Value) -> usize {
    let (mut deepest, mut left) = (0, vec![(value, 1)]);
    while let Some((value, depth)) = left.pop() {
        deepest = deepest.max(depth);
        match value {
            Value::Array(items) => left.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(map) => left.extend(map.values().map(|item| (item, depth + 1))),
            _ => {}
        }
    }
    deepest
}

/// How many texts a value holds, keys counted, and a long one as several; at most `most`.
pub(super) fn texts(value: &Value, most: usize) -> usize {
    /// How many bytes of a text count as one more.
    const LONG: usize = 200;
    total(value, most, &|value| match value {
        Value::String(text) => 1 + text.len() / LONG,
        Value::Object(map) => map.keys().map(|key| 1 + key.len() / LONG).sum(),
        _ => 0,
    })
}

fn total(value: &Value, most: usize, own: &dyn Fn(&Value) -> usize) -> usize {
    let (mut sum, mut left) = (0, vec![value]);
    while let Some(value) = left.pop() {
        sum += own(value);
        if sum >= most {
            return most;
        }
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(map) => left.extend(map.values()),
            _ => {}
        }
    }
    sum
}

/// Whether any object within `value` has the key.
pub(super) fn has_key(value: &Value, key: &str) -> bool {
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(map) if map.contains_key(key) => return true,
            Value::Object(map) => left.extend(map.values()),
            _ => {}
        }
    }
    false
}

/// How many values compiling `schema` meets, those that it refers to once each; at most `most`.
pub(super) fn reach(roots: Roots<'_>, own: bool, schema: &Value, most: usize) -> usize {
    let mut sum = 0;
    let is_enough = |_: &Value| {
        sum += 1;
        sum >= most
    };
    meet(roots, own, schema, is_enough);
    sum
}

/// Whether `schema` or any that it refers to has the keyword.
pub(super) fn reaches(roots: Roots<'_>, own: bool, schema: &Value, keyword: &str) -> bool {
    let mut found = false;
    meet(roots, own, schema, |value| {
        found |= value.get(keyword).is_some();
        found
    });
    found
}

/// Meets `schema` and all that it refers to, each once, until it is enough.
fn meet(roots: Roots<'_>, own: bool, schema: &Value, mut is_enough: impl FnMut(&Value) -> bool) {
    let (mut left, mut followed) = (vec![(own, schema)], HashSet::new());
    while let Some((own, value)) = left.pop() {
        if is_enough(value) {
            return;
        }
        match value {
            Value::Array(items) => left.extend(items.iter().map(|item| (own, item))),
            Value::Object(map) => {
                left.extend(map.values().map(|value| (own, value)));
                let reference = map.get("$ref").or_else(|| map.get(STATIC_TARGET)).and_then(Value::as_str);
                let target = reference.and_then(|reference| Spot { own, pointer: Pointer::root() }.follow(reference));
                if let Some(target) = target
                    && let Some(value) = roots.value(&target)
                    && followed.insert(std::ptr::from_ref(value) as usize)
                {
                    left.push((target.own, value));
                }
            }
            _ => {}
        }
    }
}

/// Whether any pattern within `schemas` [goes back](goes_back).
pub(super) fn has_patterns_that_go_back(schemas: &Value) -> bool {
    let mut left = vec![schemas];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(map) => {
                let named = map.get("patternProperties").and_then(Value::as_object);
                if map.get("pattern").and_then(Value::as_str).is_some_and(goes_back)
                    || named.is_some_and(|map| map.keys().any(|pattern| goes_back(pattern)))
                {
                    return true;
                }
                left.extend(map.values());
            }
            _ => {}
        }
    }
    false
}

struct Count<'r> {
    roots: Roots<'r>,
    left: usize,
    /// The schemas that are being visited with a value, by address.
    open: Vec<(usize, usize)>,
}

impl Count<'_> {
    fn visit(&mut self, own: bool, schema: &Value, value: &Value) {
        let Value::Object(map) = schema else { return };
        self.left = self.left.saturating_sub(1);
        let key = (std::ptr::from_ref(map) as usize, std::ptr::from_ref(value) as usize);
        if self.left == 0 || self.open.contains(&key) {
            return;
        }
        if self.open.len() > DEEPEST {
            self.left = 0;
            return;
        }
        self.open.push(key);
        for (keyword, below) in map {
            if self.left == 0 {
                break;
            }
            self.keyword(own, keyword, below, map, value);
        }
        self.open.pop();
    }

    /// Each of the values by the schema, while there is room.
    fn all<'v>(&mut self, own: bool, schema: &Value, values: impl Iterator<Item = &'v Value>) {
        for value in values {
            if self.left == 0 {
                return;
            }
            self.visit(own, schema, value);
        }
    }

    fn keyword(&mut self, own: bool, keyword: &str, below: &Value, schema: &Map<String, Value>, value: &Value) {
        match (keyword, below, value) {
            ("$ref" | STATIC_TARGET, Value::String(reference), _) => {
                let here = Spot { own, pointer: Pointer::root() };
                if let Some(at) = here.follow(reference)
                    && let Some(target) = self.roots.value(&at)
                {
                    self.visit(at.own, target, value);
                }
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(branches), _) => {
                for branch in branches {
                    self.visit(own, branch, value);
                }
            }
            ("not" | "if" | "then" | "else", _, _) => self.visit(own, below, value),
            ("dependentSchemas", Value::Object(all), Value::Object(_)) => {
                for schema in all.values() {
                    self.visit(own, schema, value);
                }
            }
            ("properties", Value::Object(properties), Value::Object(map)) => {
                for (name, item) in map {
                    if let Some(schema) = properties.get(name) {
                        self.visit(own, schema, item);
                    }
                }
            }
            ("patternProperties", Value::Object(patterns), Value::Object(map)) => {
                for schema in patterns.values() {
                    self.all(own, schema, map.values());
                }
            }
            ("propertyNames", _, Value::Object(map)) => self.left = self.left.saturating_sub(map.len()),
            ("additionalProperties" | "unevaluatedProperties", _, Value::Object(map)) => {
                let known = schema.get("properties");
                let others = map.iter().filter(|(name, _)| known.is_none_or(|known| known.get(name).is_none()));
                self.all(own, below, others.map(|(_, item)| item));
            }
            ("prefixItems", Value::Array(schemas), Value::Array(items)) => {
                for (schema, item) in schemas.iter().zip(items) {
                    self.visit(own, schema, item);
                }
            }
            ("items" | "contains" | "unevaluatedItems", _, Value::Array(items)) => self.all(own, below, items.iter()),
            _ => {}
        }
    }
}
