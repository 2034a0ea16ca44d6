//! Schemas that multiply: `allOf`, `anyOf` and `oneOf` of references to schemas that do the same
//! again are short to write and never done being judged. They are found before they are compiled.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::schema::CONTRACT;
use super::translate::STATIC_TARGET;
use super::view;
use crate::source::Pointer;

/// The most schemas that one value may have to be judged by, references and parts written out.
const HEAVIEST: u64 = 200_000;

/// What schemas of a view weigh.
pub(super) struct Weights {
    /// Those that are too heavy, by address.
    heavy: HashSet<usize>,
    /// The longest way through references and parts that judges one value.
    longest: usize,
}

#[derive(Clone, Copy, Default)]
struct Weight {
    /// How many schemas judge the same value, this one counted.
    schemas: u64,
    /// How many of them lead to each other in a row.
    way: usize,
}

impl Weight {
    fn add(&mut self, part: Self) {
        self.schemas = self.schemas.saturating_add(part.schemas);
        self.way = self.way.max(part.way + 1);
    }
}

fn address(map: &Map<String, Value>) -> usize {
    std::ptr::from_ref(map) as usize
}

/// What a reference of a view leads to.
fn target<'v>(root: &'v Value, reference: &str) -> Option<&'v Value> {
    if let Some(pointer) = view::addressed(reference) {
        return root.pointer(pointer.as_str());
    }
    let fragment = reference.strip_prefix(CONTRACT).unwrap_or(reference).strip_prefix('#')?;
    root.pointer(Pointer::from_fragment(fragment)?.as_str())
}

/// The schemas that judge the same value as this one does.
fn parts<'v>(root: &'v Value, schema: &'v Map<String, Value>) -> Vec<&'v Map<String, Value>> {
    let mut parts = Vec::new();
    for (key, value) in schema {
        match (key.as_str(), value) {
            ("$ref" | STATIC_TARGET, Value::String(reference)) => {
                parts.extend(target(root, reference).and_then(Value::as_object));
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(items)) => {
                parts.extend(items.iter().filter_map(Value::as_object));
            }
            ("not" | "if" | "then" | "else", Value::Object(map)) => parts.push(map),
            ("dependentSchemas", Value::Object(map)) => parts.extend(map.values().filter_map(Value::as_object)),
            _ => {}
        }
    }
    parts
}

impl Weights {
    /// Weighs all schemas of a view.
    pub(super) fn of(root: &Value) -> Self {
        let mut weights: HashMap<usize, Weight> = HashMap::new();
        let mut left = vec![root];
        while let Some(value) = left.pop() {
            match value {
                Value::Array(items) => left.extend(items.iter().filter(|item| is_nested(item))),
                Value::Object(map) => {
                    left.extend(map.values().filter(|value| is_nested(value)));
                    weigh(root, map, &mut weights);
                }
                _ => {}
            }
        }
        let longest = weights.values().map(|weight| weight.way).max().unwrap_or(0);
        let heavy = weights.into_iter().filter(|(_, weight)| weight.schemas > HEAVIEST).map(|(address, _)| address);
        Self { heavy: heavy.collect(), longest }
    }

    /// The longest way through references and parts that judges one value.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Whether judging by `schema`, or by what it refers to, meets a schema that is too heavy.
    pub(super) fn is_met(&self, root: &Value, schema: &Value) -> bool {
        if self.heavy.is_empty() {
            return false;
        }
        let mut seen = HashSet::new();
        let mut left = vec![schema];
        while let Some(value) = left.pop() {
            match value {
                Value::Array(items) => left.extend(items),
                Value::Object(map) if seen.insert(address(map)) => {
                    if self.heavy.contains(&address(map)) {
                        return true;
                    }
                    left.extend(map.values());
                    let reference = map.get("$ref").or_else(|| map.get(STATIC_TARGET)).and_then(Value::as_str);
                    left.extend(reference.and_then(|reference| target(root, reference)));
                }
                _ => {}
            }
        }
        false
    }
}

fn is_nested(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

/// The weight of a schema: one, and that of its parts. One that stands inside itself is told elsewhere.
fn weigh(root: &Value, schema: &Map<String, Value>, weights: &mut HashMap<usize, Weight>) {
    let alone = Weight { schemas: 1, way: 1 };
    let mut open = vec![(schema, parts(root, schema), 0, alone)];
    if open[0].1.is_empty() || weights.contains_key(&address(schema)) {
        return;
    }
    weights.insert(address(schema), Weight::default());
    // A stack of its own: chains of references may be longer than the thread's is deep.
    while let Some((schema, parts, next, weight)) = open.last_mut() {
        let Some(part) = parts.get(*next) else {
            let (address, weight) = (address(schema), *weight);
            weights.insert(address, weight);
            open.pop();
            if let Some((.., above)) = open.last_mut() {
                above.add(weight);
            }
            continue;
        };
        *next += 1;
        match weights.get(&address(part)) {
            Some(known) => weight.add(*known),
            None => {
                let part = *part;
                weights.insert(address(part), Weight::default());
                open.push((part, self::parts(root, part), 0, alone));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn view(depth: usize, keyword: &str, branches: usize) -> Value {
        let schema = |n: usize| json!({keyword: vec![json!({"$ref": format!("#/S{}", n + 1)}); branches]});
        let mut all: Map<String, Value> = (0..depth).map(|n| (format!("S{n}"), schema(n))).collect();
        all.insert(format!("S{depth}"), json!({"type": "string"}));
        all.insert("Holder".to_owned(), json!({"properties": {"a": {"items": {"$ref": "#/Alias"}}}}));
        all.insert("Alias".to_owned(), json!({"$ref": "#/S0"}));
        Value::Object(all)
    }

    #[test]
    fn only_what_multiplies_is_too_heavy() {
        for (depth, keyword, branches, expected) in [
            (40, "allOf", 2, true),
            (40, "anyOf", 2, true),
            (40, "oneOf", 3, true),
            (10, "allOf", 2, false),
            (20_000, "allOf", 1, false),
            (1, "oneOf", 5_000, false),
        ] {
            let view = view(depth, keyword, branches);
            let heavy = Weights::of(&view);
            for start in ["#/S0", "#/Holder", "https://contract.invalid/#/Alias"] {
                let met = heavy.is_met(&view, &json!({"$ref": start}));
                assert_eq!(met, expected, "{depth} {keyword} {branches} from {start}");
            }
            assert!(!heavy.is_met(&view, &json!({"$ref": format!("#/S{depth}")})));
            // A reference and what it leads to, each time; the one of `Alias` too.
            assert_eq!(heavy.longest(), 2 * depth + 3);
        }
    }

    #[test]
    fn circles_are_weighed_to_an_end() {
        let view = json!({"A": {"allOf": [{"$ref": "#/A"}, {"$ref": "#/B"}]}, "B": {"anyOf": [{"$ref": "#/A"}]}});
        assert!(!Weights::of(&view).is_met(&view, &json!({"$ref": "#/A"})));
    }
}
