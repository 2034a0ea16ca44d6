//! What `not` leaves: keywords turned round, so that values outside need not be met by chance.

use serde_json::{Map, Value, json};

use super::text::whole;

/// In schemas that are made here: the number is no whole one.
pub(super) const FRACTIONAL: &str = "x-countersign-fractional";

/// Schemas whose values `not` does not take: of each of its alternatives one keyword, which `number`
/// chooses, is turned round. None of what cannot be turned.
pub(super) fn denied(not: &Value, number: usize) -> Vec<Map<String, Value>> {
    let Some(map) = not.as_object() else { return Vec::new() };
    if let (Some(Value::Array(any)), 1) = (map.get("anyOf"), map.len()) {
        return any.iter().flat_map(|one| denied(one, number)).collect();
    }
    let ways: Vec<Value> = map.iter().filter_map(|(key, value)| turned(key, value)).collect();
    let way = ways.into_iter().cycle().nth(if map.is_empty() { 0 } else { number % map.len() });
    way.and_then(|way| way.as_object().cloned()).into_iter().collect()
}

fn turned(key: &str, value: &Value) -> Option<Value> {
    let below = |key: &str| whole(value)?.checked_sub(1).map(|most| json!({ key: most }));
    let above = |key: &str| whole(value)?.checked_add(1).map(|least| json!({ key: least }));
    match key {
        "minimum" => Some(json!({ "exclusiveMaximum": value })),
        "maximum" => Some(json!({ "exclusiveMinimum": value })),
        "exclusiveMinimum" if value.is_number() => Some(json!({ "maximum": value })),
        "exclusiveMaximum" if value.is_number() => Some(json!({ "minimum": value })),
        "minLength" => below("maxLength"),
        "maxLength" => above("minLength"),
        "minItems" => below("maxItems"),
        "maxItems" => above("minItems"),
        "minProperties" => below("maxProperties"),
        "maxProperties" => above("minProperties"),
        "type" => value.as_str().map(other_types),
        _ => None,
    }
}

fn other_types(denied: &str) -> Value {
    const ALL: [&str; 6] = ["string", "integer", "boolean", "object", "array", "null"];
    let others: Vec<&str> =
        ALL.into_iter().filter(|name| *name != denied && (denied != "number" || *name != "integer")).collect();
    match denied {
        // A number may still be there, as long as it is no whole one.
        "integer" => {
            let others: Vec<&str> = others.into_iter().chain(["number"]).collect();
            json!({ "type": others, FRACTIONAL: true })
        }
        _ => json!({ "type": others }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_turned_round() {
        for (not, expected) in [
            (json!({"minimum": 5}), json!([{"exclusiveMaximum": 5}])),
            (json!({"minLength": 2}), json!([{"maxLength": 1}])),
            (json!({"minLength": 0}), json!([])),
            (
                json!({"anyOf": [{"maximum": 3}, {"minimum": 9}]}),
                json!([{"exclusiveMinimum": 3}, {"exclusiveMaximum": 9}]),
            ),
            (json!({"pattern": "x"}), json!([])),
            (json!(true), json!([])),
        ] {
            let found: Value = denied(&not, 0).into_iter().map(Value::Object).collect();
            assert_eq!(found, expected, "{not}");
        }
        assert_ne!(
            denied(&json!({"type": "integer", "minimum": 5}), 0),
            denied(&json!({"type": "integer", "minimum": 5}), 1)
        );
    }
}
