//! Two schemas that must both hold, as one.

use serde_json::{Map, Value, json};

use super::number_of;
use super::text::MORE_PATTERNS;

/// The schema that holds where both `left` and `right` do; `None` where none can.
///
/// What cannot be folded into one keyword keeps the first: values are judged
/// afterwards, and another one is tried where the second does not hold.
pub(super) fn merge(mut left: Map<String, Value>, right: Map<String, Value>) -> Option<Map<String, Value>> {
    close(&mut left, &right);
    let mut right = right;
    close(&mut right, &left);
    let mut patterns = Vec::new();
    for (key, theirs) in right {
        if key == "pattern" && left.get("pattern").is_some_and(|ours| *ours != theirs) {
            patterns.push(theirs);
            continue;
        }
        let merged = match left.remove(&key) {
            None => theirs,
            Some(ours) if ours == theirs => ours,
            Some(ours) => keyword(&key, ours, theirs)?,
        };
        left.insert(key, merged);
    }
    if !patterns.is_empty() {
        let more = left.entry(MORE_PATTERNS).or_insert_with(|| json!([]));
        if let Value::Array(more) = more {
            more.extend(patterns);
        }
    }
    Some(left)
}

/// `additionalProperties` of one holds for the other's properties that it does not know itself.
fn close(schema: &mut Map<String, Value>, other: &Map<String, Value>) {
    let Some(additional) = schema.get("additionalProperties").filter(|additional| **additional != json!(true)) else {
        return;
    };
    if schema.contains_key("patternProperties") {
        return;
    }
    let additional = additional.clone();
    let Some(theirs) = other.get("properties").and_then(Value::as_object) else { return };
    let mut ours = match schema.remove("properties") {
        Some(Value::Object(ours)) => ours,
        _ => Map::new(),
    };
    for name in theirs.keys() {
        if !ours.contains_key(name) {
            ours.insert(name.clone(), additional.clone());
        }
    }
    schema.insert("properties".to_owned(), Value::Object(ours));
}

fn keyword(key: &str, ours: Value, theirs: Value) -> Option<Value> {
    match key {
        "type" => types(&ours, &theirs),
        "enum" => {
            let theirs = theirs.as_array()?;
            let both: Vec<Value> = ours.as_array()?.iter().filter(|value| theirs.contains(value)).cloned().collect();
            (!both.is_empty()).then(|| Value::Array(both))
        }
        "const" => None,
        "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties" | "minContains" => {
            Some(if number_of(&ours) >= number_of(&theirs) { ours } else { theirs })
        }
        "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" | "maxContains" => {
            Some(if number_of(&ours) <= number_of(&theirs) { ours } else { theirs })
        }
        "multipleOf" => Some(multiple(&ours, &theirs)),
        "required" | "allOf" | MORE_PATTERNS => Some(union(ours, theirs)),
        "properties" | "patternProperties" | "dependentSchemas" | "$defs" => Some(members(ours, theirs, both)),
        "dependentRequired" => Some(members(ours, theirs, union)),
        "items"
        | "additionalProperties"
        | "propertyNames"
        | "unevaluatedProperties"
        | "unevaluatedItems"
        | "contains" => Some(both(ours, theirs)),
        "prefixItems" => prefix_items(ours, theirs),
        "not" => Some(json!({ "anyOf": [ours, theirs] })),
        "uniqueItems" | "readOnly" | "writeOnly" => Some(json!(ours == json!(true) || theirs == json!(true))),
        "nullable" => Some(json!(ours == json!(true) && theirs == json!(true))),
        _ => Some(ours),
    }
}

/// The types that both allow; `number` takes in `integer`.
fn types(ours: &Value, theirs: &Value) -> Option<Value> {
    let list = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    };
    let (ours, theirs) = (list(ours), list(theirs));
    let allows = |types: &[Value], wanted: &Value| {
        types.contains(wanted) || (*wanted == json!("integer") && types.contains(&json!("number")))
    };
    let mut common: Vec<Value> = Vec::new();
    for wanted in ours.iter().chain(&theirs) {
        if allows(&ours, wanted) && allows(&theirs, wanted) && !common.contains(wanted) {
            common.push(wanted.clone());
        }
    }
    match common.len() {
        0 => None,
        1 => common.pop(),
        _ => Some(Value::Array(common)),
    }
}

fn multiple(ours: &Value, theirs: &Value) -> Value {
    match (ours.as_u64(), theirs.as_u64()) {
        (Some(left), Some(right)) if left > 0 && right > 0 => {
            let (mut a, mut b) = (left, right);
            while b > 0 {
                (a, b) = (b, a % b);
            }
            (left / a).checked_mul(right).map_or_else(|| ours.clone(), Value::from)
        }
        _ if number_of(ours) >= number_of(theirs) => ours.clone(),
        _ => theirs.clone(),
    }
}

fn union(ours: Value, theirs: Value) -> Value {
    let (Value::Array(mut all), Value::Array(more)) = (ours, theirs) else { return json!([]) };
    for item in more {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    Value::Array(all)
}

fn both(ours: Value, theirs: Value) -> Value {
    match (&ours, &theirs) {
        (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
        (Value::Bool(true), _) => theirs,
        (_, Value::Bool(true)) => ours,
        _ if ours == theirs => ours,
        _ => json!({ "allOf": [ours, theirs] }),
    }
}

fn members(ours: Value, theirs: Value, join: fn(Value, Value) -> Value) -> Value {
    let (Value::Object(mut all), Value::Object(more)) = (ours, theirs) else { return json!({}) };
    for (name, theirs) in more {
        let merged = match all.remove(&name) {
            Some(ours) => join(ours, theirs),
            None => theirs,
        };
        all.insert(name, merged);
    }
    Value::Object(all)
}

fn prefix_items(ours: Value, theirs: Value) -> Option<Value> {
    let (Value::Array(ours), Value::Array(theirs)) = (ours, theirs) else { return None };
    let length = ours.len().max(theirs.len());
    let (mut ours, mut theirs) = (ours.into_iter(), theirs.into_iter());
    let joined = (0..length).filter_map(|_| match (ours.next(), theirs.next()) {
        (Some(left), Some(right)) => Some(both(left, right)),
        (left, right) => left.or(right),
    });
    Some(Value::Array(joined.collect()))
}
