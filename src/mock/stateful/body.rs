//! Bodies of requests as items, and items as bodies of answers.

use serde_json::{Map, Value};

use super::resource::Resource;
use crate::contract::{Body, Contract, Location, Operation, Raw, query_pairs, read_body};
use crate::exchange::Request;

/// What a request sends for an item or several, taken out of what wraps it; nothing that can be read
/// is nothing that was sent.
pub(super) fn sent(contract: &Contract, operation: &Operation, request: &Request, path: &[String]) -> Value {
    let nothing = || Value::Object(Map::new());
    let (Some(media), Some(body)) = (request.media_type(), operation.request_body()) else {
        return serde_json::from_slice(&request.body).map_or_else(|_| nothing(), |value| at(value, path));
    };
    let fitting = body.content.iter().filter(|known| known.range.matches(&media));
    let Some(described) = fitting.max_by_key(|known| known.range.specificity()) else { return nothing() };
    let Some(schema) = &described.schema else {
        return serde_json::from_slice(&request.body).unwrap_or_else(|_| nothing());
    };
    match read_body(&media, &request.body, &contract.shape(schema), &described.encoding) {
        Body::Value(value) => at(value, path),
        _ => nothing(),
    }
}

/// What the query says about the properties of an item, for operations that change by query.
pub(super) fn queried(
    contract: &Contract,
    operation: &Operation,
    resource: &Resource,
    request: &Request,
) -> Map<String, Value> {
    let pairs = query_pairs(request.query().unwrap_or_default());
    let query = operation.parameters().iter().filter(|known| known.location == Location::Query);
    let found = query.filter_map(|parameter| {
        let name = resource.known.keys().find(|known| **known == parameter.name)?;
        let shape = contract.shape(parameter.value_schema()?);
        Some((name.clone(), parameter.deserialise(&Raw::Pairs(&pairs), &shape)?.ok()?))
    });
    found.collect()
}

fn at(mut value: Value, path: &[String]) -> Value {
    for name in path {
        let Value::Object(map) = &mut value else { return value };
        match map.swap_remove(name) {
            Some(inner) => value = inner,
            None => return value,
        }
    }
    value
}

/// The one item of a list of one.
pub(super) fn single(sent: Value) -> Value {
    match sent {
        Value::Array(mut items) if items.len() == 1 => items.remove(0),
        other => other,
    }
}

/// Puts `item` where `path` leads, making what is not there.
pub(super) fn put(body: &mut Value, path: &[String], item: Value) {
    let mut target = body;
    for name in path {
        if !target.is_object() {
            *target = Value::Object(Map::new());
        }
        let Value::Object(map) = target else { return };
        target = map.entry(name.clone()).or_insert(Value::Null);
    }
    *target = item;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_are_wrapped_and_unwrapped() {
        let path = ["data".to_owned(), "pet".to_owned()];
        assert_eq!(at(json!({"data": {"pet": {"a": 1}}}), &path), json!({"a": 1}));
        assert_eq!(at(json!({"a": 1}), &path), json!({"a": 1}));
        let mut body = json!({"ok": true, "data": null});
        put(&mut body, &path, json!(7));
        assert_eq!(body, json!({"ok": true, "data": {"pet": 7}}));
        put(&mut body, &[], json!([]));
        assert_eq!(body, json!([]));
    }
}
