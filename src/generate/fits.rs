//! A quick look whether a value fits a schema: for choosing among candidates, never for a verdict.

use serde_json::{Map, Value};

use super::text::whole;
use super::{number_of, type_names};

/// How a `$ref` is followed.
pub(super) type Lookup<'a> = &'a (dyn Fn(&str) -> Option<&'a Value> + 'a);

/// Whether `value` fits `schema`, as far as is looked: types, values, bounds, members, branches.
/// Patterns and formats are not looked at, and what is not understood fits.
pub(super) fn fits(schema: &Value, value: &Value, lookup: Lookup<'_>, depth: usize) -> bool {
    let schema = match schema {
        Value::Bool(allowed) => return *allowed,
        Value::Object(schema) => schema,
        _ => return true,
    };
    if depth == 0 {
        return true;
    }
    scalar(schema, value) && members(schema, value, lookup, depth) && branches(schema, value, lookup, depth)
}

fn scalar(schema: &Map<String, Value>, value: &Value) -> bool {
    let types = type_names(schema);
    if !types.is_empty() && !types.iter().any(|name| is_type(value, name)) {
        return false;
    }
    if schema.get("const").is_some_and(|wanted| !equal(wanted, value)) {
        return false;
    }
    if let Some(Value::Array(allowed)) = schema.get("enum")
        && !allowed.iter().any(|wanted| equal(wanted, value))
    {
        return false;
    }
    let count = |key: &str| schema.get(key).and_then(whole);
    let within = |length: usize, low: &str, high: &str| {
        count(low).is_none_or(|low| length >= low) && count(high).is_none_or(|high| length <= high)
    };
    match value {
        Value::String(text) => within(text.chars().count(), "minLength", "maxLength"),
        Value::Array(items) => within(items.len(), "minItems", "maxItems"),
        Value::Object(members) => {
            within(members.len(), "minProperties", "maxProperties")
                && schema
                    .get("required")
                    .and_then(Value::as_array)
                    .is_none_or(|names| names.iter().filter_map(Value::as_str).all(|name| members.contains_key(name)))
        }
        Value::Number(_) => {
            let (number, bound) = (number_of(value), |key: &str| schema.get(key).and_then(Value::as_f64));
            bound("minimum").is_none_or(|low| number >= low)
                && bound("maximum").is_none_or(|high| number <= high)
                && bound("exclusiveMinimum").is_none_or(|low| number > low)
                && bound("exclusiveMaximum").is_none_or(|high| number < high)
        }
        _ => true,
    }
}

fn members(schema: &Map<String, Value>, value: &Value, lookup: Lookup<'_>, depth: usize) -> bool {
    match value {
        Value::Object(members) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let closed = schema.get("additionalProperties") == Some(&Value::Bool(false))
                && !schema.contains_key("patternProperties");
            members.iter().all(|(name, value)| match properties.and_then(|known| known.get(name)) {
                Some(schema) => fits(schema, value, lookup, depth - 1),
                None => !closed,
            })
        }
        Value::Array(items) => {
            let prefix = schema.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            items.iter().enumerate().all(|(at, item)| {
                let schema = prefix.get(at).or_else(|| schema.get("items"));
                schema.is_none_or(|schema| fits(schema, item, lookup, depth - 1))
            })
        }
        _ => true,
    }
}

fn branches(schema: &Map<String, Value>, value: &Value, lookup: Lookup<'_>, depth: usize) -> bool {
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    let holds = |branch: &Value| fits(branch, value, lookup, depth - 1);
    if let Some(Value::String(reference)) = schema.get("$ref")
        && lookup(reference).is_some_and(|target| !holds(target))
    {
        return false;
    }
    // A negation of what is only half looked at proves nothing unless the other half is empty.
    let denied = schema.get("not").is_some_and(|not| is_plain(not) && holds(not));
    !denied
        && list("allOf").is_none_or(|all| all.iter().all(holds))
        && list("anyOf").is_none_or(|any| any.iter().any(holds))
        && list("oneOf").is_none_or(|one| one.iter().any(holds))
}

/// Whether [`fits`] looks at everything that this schema says.
fn is_plain(schema: &Value) -> bool {
    const KNOWN: [&str; 10] =
        ["type", "const", "enum", "required", "minimum", "maximum", "minLength", "maxLength", "anyOf", "properties"];
    match schema {
        Value::Object(schema) => schema.iter().all(|(key, value)| {
            KNOWN.contains(&key.as_str())
                && match value {
                    Value::Array(items) if key == "anyOf" => items.iter().all(is_plain),
                    Value::Object(members) if key == "properties" => members.values().all(is_plain),
                    _ => true,
                }
        }),
        _ => true,
    }
}

fn is_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|float| float.fract() == 0.0),
        _ => true,
    }
}

/// JSON Schema's equality: `1` is `1.0`.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    left == right || (left.is_number() && right.is_number() && left.as_f64() == right.as_f64())
}
