//! In what two bodies of the same exchange differ, and what matches both.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::case::write::{Line, json_path};
use crate::source::Pointer;

/// Formats that are worth saying of texts that differ, the narrowest first.
const FORMATS: [&str; 4] = ["uuid", "date-time", "date", "uri"];

/// What differs.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// Values by path, all items of a list taken together: those that each body has there.
    values: BTreeMap<String, Vec<Value>>,
    /// What is said of lists, and of what only one body has.
    whole: Vec<(String, &'static str)>,
}

struct Walk<'a> {
    out: Differences,
    raw: [&'a Value; 2],
    covered: BTreeSet<Pointer>,
    places: BTreeSet<String>,
}

impl Differences {
    /// Between two bodies, what flows written alike in both; `raw` are the same as they were received. What
    /// `covered` names is matched already.
    pub(super) fn between(
        bodies: [&Value; 2],
        raw: [&Value; 2],
        covered: impl Fn(&[&Value]) -> BTreeSet<Pointer>,
    ) -> Self {
        let mut walk = Walk { out: Self::default(), raw, covered: covered(&bodies), places: BTreeSet::new() };
        walk.compare(bodies[0], bodies[1], &Pointer::root());
        // A property that differs in one item may differ in all.
        for path in walk.places.clone() {
            let mut all = Vec::new();
            for raw in raw {
                at_path(raw, "$", &path, &mut all);
            }
            walk.out.values.insert(path, all);
        }
        walk.out
    }

    /// As lines of an expectation.
    pub(super) fn lines(self, why: &str) -> Vec<Line> {
        let line = |path: String, by: Value| Line { path, by, why: why.to_owned() };
        let whole = self.whole.into_iter().map(|(path, word)| line(path, Value::from(word)));
        let mut out: Vec<Line> = whole.collect();
        out.extend(self.values.into_iter().map(|(path, values)| line(path, matching(&values))));
        out
    }
}

impl Walk<'_> {
    fn compare(&mut self, old: &Value, new: &Value, at: &Pointer) {
        if old == new || self.covered.contains(at) {
            return;
        }
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => {
                for (name, value) in old {
                    let at = at.join(name);
                    match new.get(name) {
                        Some(new) => self.compare(value, new, &at),
                        None if self.covered.contains(&at) => {}
                        None => self.whole(&at, "any"),
                    }
                }
            }
            (Value::Array(old), Value::Array(new)) if old.len() != new.len() => self.whole(at, "array"),
            (Value::Array(old), Value::Array(new)) if is_reordered(old, new) => self.whole(at, "any-order"),
            (Value::Array(old), Value::Array(new)) => {
                for (index, (old, new)) in old.iter().zip(new).enumerate() {
                    self.compare(old, new, &at.index(index));
                }
            }
            _ => drop(self.places.insert(json_path(self.raw[0], at, true))),
        }
    }

    fn whole(&mut self, at: &Pointer, word: &'static str) {
        let path = json_path(self.raw[0], at, true);
        if !self.out.whole.iter().any(|(known, _)| *known == path) {
            self.out.whole.push((path, word));
        }
    }
}

fn is_reordered(old: &[Value], new: &[Value]) -> bool {
    let sorted = |items: &[Value]| {
        let mut texts: Vec<String> = items.iter().map(Value::to_string).collect();
        texts.sort_unstable();
        texts
    };
    sorted(old) == sorted(new)
}

/// The values at a path of which the items of lists are written `[*]`.
fn at_path(value: &Value, path: &str, wanted: &str, out: &mut Vec<Value>) {
    if path == wanted {
        out.push(value.clone());
        return;
    }
    let mut below = |value: &Value, path: String| {
        let rest = wanted.strip_prefix(path.as_str());
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])) {
            at_path(value, &path, wanted, out);
        }
    };
    match value {
        Value::Array(items) => items.iter().for_each(|item| below(item, format!("{path}[*]"))),
        Value::Object(fields) => {
            for (name, value) in fields {
                let member = json_path(&Value::Null, &Pointer::root().join(name), true);
                below(value, format!("{path}{}", &member[1..]));
            }
        }
        _ => {}
    }
}

/// What all of these values are.
fn matching(values: &[Value]) -> Value {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let mut kinds: BTreeSet<&str> = values.iter().map(kind).collect();
    if kinds.contains("number") {
        kinds.remove("integer");
    }
    let null = kinds.remove("null");
    let mut left = kinds.into_iter();
    let (Some(one), None) = (left.next(), left.next()) else { return Value::from("any") };
    let texts: Vec<&Value> = values.iter().filter(|value| value.is_string()).collect();
    let format = FORMATS
        .iter()
        .find(|format| one == "string" && texts.iter().all(|text| crate::case::write::is_of_format(format, text)));
    match (format, null) {
        (Some(format), false) => Value::from(*format),
        (Some(format), true) => json!({"type": ["string", "null"], "format": format}),
        (None, false) => Value::from(one),
        (None, true) => json!({"type": [one, "null"]}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_matched_by_what_both_are() {
        let none = |_: &[&Value]| BTreeSet::new();
        for (old, new, expected) in [
            (json!({"a": 1, "b": "x"}), json!({"a": 1, "b": "x", "c": 2}), vec![]),
            (json!({"a": 1}), json!({"a": 2}), vec![("$.a", json!("integer"))]),
            (json!({"a": 1}), json!({"a": 2.5}), vec![("$.a", json!("number"))]),
            (json!({"a": "2026-01-01"}), json!({"a": "2026-01-02"}), vec![("$.a", json!("date"))]),
            (json!({"a": null}), json!({"a": "x"}), vec![("$.a", json!({"type": ["string", "null"]}))]),
            (json!({"a": 1}), json!({"a": "x"}), vec![("$.a", json!("any"))]),
            (json!({"a": 1}), json!({}), vec![("$.a", json!("any"))]),
            (json!({"l": [1, 2, 3]}), json!({"l": [3, 1, 2]}), vec![("$.l", json!("any-order"))]),
            (json!({"l": [1, 2]}), json!({"l": [1]}), vec![("$.l", json!("array"))]),
            (
                json!({"l": [{"a": 1, "b": 1}, {"a": 2, "b": null}]}),
                json!({"l": [{"a": 1, "b": 1}, {"a": 3, "b": 4}]}),
                vec![("$.l[*].a", json!("integer")), ("$.l[*].b", json!({"type": ["integer", "null"]}))],
            ),
            (json!([["a"]]), json!([["b"]]), vec![("$[*][*]", json!("string"))]),
        ] {
            let found = Differences::between([&old, &new], [&old, &new], none).lines("why");
            let found: Vec<(&str, Value)> = found.iter().map(|line| (line.path.as_str(), line.by.clone())).collect();
            assert_eq!(found, expected, "{old} {new}");
        }
        let covered = |_: &[&Value]| BTreeSet::from([Pointer::root().join("a")]);
        let found = Differences::between([&json!({"a": 1}), &json!({"a": 2})], [&json!({}), &json!({})], covered);
        assert_eq!(found.lines("why"), []);
    }
}
