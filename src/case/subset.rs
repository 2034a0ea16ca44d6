//! Whether a value holds what is expected of it, and every difference where it does not.

use serde_json::{Number, Value};

use super::like::{Matcher, Matchers};
use crate::source::Pointer;

/// More differences are not told.
const MOST: usize = 50;
/// Longer lists are not compared in any other order than their own.
const LONGEST_UNORDERED: usize = 1000;

/// One way in which a value is not as expected.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    /// Where, in the value; where in the expectation, too.
    pub(super) at: Pointer,
    pub(super) expected: String,
    pub(super) actual: String,
}

/// Every difference: each named key must match, lists must be of one length, scalars must be equal.
pub(super) fn differences(expected: &Value, actual: &Value) -> Vec<Difference> {
    differences_but(expected, actual, &Matchers::new())
}

/// Every difference, values at these places matched instead of compared.
pub(super) fn differences_but(expected: &Value, actual: &Value, matchers: &Matchers<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    Comparison { matchers, found: &mut found }.compare(expected, actual, &Pointer::root());
    found
}

struct Comparison<'c> {
    matchers: &'c Matchers<'c>,
    found: &'c mut Vec<Difference>,
}

impl Comparison<'_> {
    fn compare(&mut self, expected: &Value, actual: &Value, at: &Pointer) {
        if self.found.len() >= MOST {
            return;
        }
        match self.matchers.get(at) {
            Some(Matcher::AnyOrder) => {
                if let (Value::Array(expected), Value::Array(actual)) = (expected, actual) {
                    self.unordered(expected, actual, at);
                    return;
                }
            }
            Some(matcher) => {
                if let Some(expected) = matcher.refuses(actual) {
                    let actual = super::decode::json_text(actual);
                    self.found.push(Difference { at: at.clone(), expected, actual });
                }
                return;
            }
            None => {}
        }
        match (expected, actual) {
            (Value::Object(expected), Value::Object(actual)) => {
                for (key, expected) in expected {
                    let at = at.join(key);
                    match actual.get(key) {
                        Some(actual) => self.compare(expected, actual, &at),
                        None if matches!(self.matchers.get(&at), Some(Matcher::Any)) => {}
                        None => self.found.push(different(&at, expected, "nothing".to_owned())),
                    }
                }
            }
            (Value::Array(expected), Value::Array(actual)) => {
                self.length(expected, actual, at);
                for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                    self.compare(expected, actual, &at.index(index));
                }
            }
            (expected, actual) if same(expected, actual) => {}
            (expected, actual) => self.found.push(different(at, expected, super::decode::json_text(actual))),
        }
    }

    fn length(&mut self, expected: &[Value], actual: &[Value], at: &Pointer) {
        if expected.len() != actual.len() {
            let expected = format!("{} items", expected.len());
            self.found.push(Difference { at: at.clone(), expected, actual: format!("{} items", actual.len()) });
        }
    }

    /// Each expected item is looked for among the actual ones that are left.
    fn unordered(&mut self, expected: &[Value], actual: &[Value], at: &Pointer) {
        self.length(expected, actual, at);
        if expected.len() > LONGEST_UNORDERED {
            return;
        }
        let mut left: Vec<(usize, &Value)> = actual.iter().enumerate().collect();
        for item in expected {
            let fits = |(index, actual): &(usize, &Value)| {
                let mut found = Vec::new();
                Comparison { matchers: self.matchers, found: &mut found }.compare(item, actual, &at.index(*index));
                found.is_empty()
            };
            match left.iter().position(fits) {
                Some(place) => drop(left.remove(place)),
                None if self.found.len() < MOST => {
                    let whole = super::decode::json_text(&Value::from(actual.to_vec()));
                    let expected = format!("a list with {} in it", super::decode::json_text(item));
                    self.found.push(Difference { at: at.clone(), expected, actual: whole });
                }
                None => return,
            }
        }
    }
}

fn different(at: &Pointer, expected: &Value, actual: String) -> Difference {
    Difference { at: at.clone(), expected: super::decode::json_text(expected), actual }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (a, b) => a == b,
    }
}

/// `1` and `1.0` are one number (JSON Schema 2020-12, core, section 4.2.2).
fn same_number(a: &Number, b: &Number) -> bool {
    let equal = || a.as_f64() == b.as_f64();
    let whole = |n: &Number| n.is_i64() || n.is_u64();
    a == b || (!(whole(a) && whole(b)) && equal())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_named_does_not_count() {
        for (expected, actual, at) in [
            (json!({"a": 1}), json!({"a": 1.0, "b": 2}), vec![]),
            (json!({"a": {"b": []}}), json!({"a": {"b": [], "c": 1}}), vec![]),
            (json!([{"a": 1}, 2]), json!([{"a": 1, "b": 3}, 2]), vec![]),
            (json!({"a": 1, "b": 2}), json!({"a": 2, "c": 2}), vec!["/a", "/b"]),
            (json!([1, 2]), json!([1]), vec![""]),
            (json!([1, 2]), json!([2, 1]), vec!["/0", "/1"]),
            (json!({"a/b": null}), json!({"a/b": false}), vec!["/a~1b"]),
            (json!({}), json!([]), vec![""]),
            (json!("1"), json!(1), vec![""]),
            (json!(u64::MAX), json!(u64::MAX - 1), vec![""]),
            (json!(null), json!(null), vec![]),
        ] {
            let found: Vec<String> =
                differences(&expected, &actual).iter().map(|difference| difference.at.to_string()).collect();
            assert_eq!(found, at, "{expected} {actual}");
        }
    }

    #[test]
    fn differences_are_bounded() {
        let many: Vec<Value> = (0..1000).map(Value::from).collect();
        assert_eq!(differences(&json!(vec![-1; 1000]), &json!(many)).len(), MOST);
    }
}
