//! Objects that hold objects of their own kind: a comment and its replies, a folder and what is in it.

use serde_json::{Map, Value, json};

use super::observed::Observed;
use super::path::{pascal, singular};
use super::shape::Shape;

/// What stands for the kind within itself until it has a name, and marks what it stands for.
const ITSELF: &str = "#itself";
pub(super) const MARK: &str = "x-itself";

/// Keys that say nothing of what is below them: those of the document, and envelopes.
const GENERIC: [&str; 22] = [
    "schema",
    "items",
    "properties",
    "content",
    "responses",
    "requestBody",
    "oneOf",
    "anyOf",
    "get",
    "put",
    "post",
    "patch",
    "delete",
    "data",
    "result",
    "results",
    "list",
    "rows",
    "entries",
    "records",
    "response",
    "body",
];

/// Objects are not looked for deeper.
const DEEPEST: usize = 60;

/// Takes objects of one kind together with those of the same kind that they hold.
pub(super) fn fold(observed: &mut Observed) {
    let bodies = observed.bodies.values_mut();
    let answers = observed.responses.values_mut().flat_map(|answer| answer.bodies.values_mut());
    for body in bodies.chain(answers) {
        if let Some(shape) = &mut body.shape {
            fold_shape(shape, 0);
        }
    }
}

fn fold_shape(shape: &mut Shape, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    let names: Vec<String> = shape.properties.keys().cloned().collect();
    for name in names {
        while let Some(inner) = own_kind(shape, &name) {
            // What is taken out stood for the kind itself; what takes it in does not.
            let (seen, itself) = (shape.seen, shape.itself);
            shape.merge(inner);
            (shape.seen, shape.itself, shape.holds_itself) = (seen, itself, true);
        }
    }
    for below in shape.properties.values_mut() {
        fold_shape(below, depth + 1);
    }
    if let Some(items) = shape.items.as_deref_mut() {
        fold_shape(items, depth + 1);
    }
}

/// Takes out what is of the same kind below a property: itself, or the items of the list that it is.
fn own_kind(shape: &mut Shape, name: &str) -> Option<Shape> {
    let outer: Vec<String> = shape.properties.keys().cloned().collect();
    let below = shape.properties.get_mut(name)?;
    let below = if below.objects == 0 { below.items.as_deref_mut()? } else { below };
    let known = |inner: &String| outer.contains(inner);
    let lacking = outer.iter().filter(|outer| !below.properties.contains_key(*outer)).count();
    // The innermost have no such property, or one that is empty.
    let deep = below.properties.contains_key(name) && lacking <= outer.len() / 3;
    let alike = below.only_objects() && below.properties.len() >= 2 && below.properties.keys().all(known) && deep;
    if !alike {
        return None;
    }
    let left = below.outside();
    Some(std::mem::replace(below, left))
}

/// A reference to the kind that it stands in, or else what other values were seen there.
pub(super) fn itself(others: Option<Value>, nullable: bool) -> Value {
    let reference = json!({"$ref": ITSELF});
    match others {
        Some(others) => json!({"anyOf": [reference, others]}),
        None if nullable => json!({"anyOf": [reference, {"type": "null"}]}),
        None => reference,
    }
}

/// Gives the kinds that hold themselves names: they become components.
pub(super) fn name(document: &mut Value) {
    let mut schemas = match document["components"]["schemas"].take() {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    };
    let shared: Vec<String> = schemas.keys().cloned().collect();
    for name in shared {
        if let Some(mut schema) = schemas.remove(&name) {
            if unmark(&mut schema) {
                point(&mut schema, &name);
            }
            lift(&mut schema, &name, &mut schemas);
            schemas.insert(name, schema);
        }
    }
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            let last = path.split('/').rfind(|segment| !segment.is_empty() && !segment.starts_with('{'));
            lift(item, last.unwrap_or("Body"), &mut schemas);
        }
    }
    if schemas.is_empty() {
        if document["components"] == json!({"schemas": null}) {
            document.as_object_mut().map(|document| document.remove("components"));
        } else if let Some(components) = document["components"].as_object_mut() {
            components.remove("schemas");
        }
    } else {
        document["components"]["schemas"] = schemas.into();
    }
}

/// Moves what holds itself below `value` into components; `called` is the name that stands nearest above.
fn lift(value: &mut Value, called: &str, schemas: &mut Map<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (key, below) in fields.iter_mut().filter(|(key, _)| *key != "example") {
                let plain =
                    GENERIC.contains(&key.as_str()) || key.contains('/') || key.bytes().all(|b| b.is_ascii_digit());
                lift(below, if plain { called } else { key }, schemas);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| lift(item, called, schemas)),
        _ => {}
    }
    if !unmark(value) {
        return;
    }
    let base = pascal(&singular(called));
    let base = if base.is_empty() { "Node".to_owned() } else { base };
    for number in 1.. {
        let name = if number == 1 { base.clone() } else { format!("{base}{number}") };
        let mut schema = value.clone();
        point(&mut schema, &name);
        if schemas.get(&name).is_none_or(|known| *known == schema) {
            schemas.insert(name.clone(), schema);
            *value = json!({"$ref": format!("#/components/schemas/{name}")});
            return;
        }
    }
}

fn unmark(value: &mut Value) -> bool {
    value.as_object_mut().is_some_and(|fields| fields.remove(MARK).is_some())
}

/// Lets the references to itself lead to the name. Kinds within it have names already.
fn point(value: &mut Value, name: &str) {
    match value {
        Value::Object(fields) => {
            if fields.get("$ref").is_some_and(|reference| reference == ITSELF) {
                fields.insert("$ref".into(), format!("#/components/schemas/{name}").into());
            }
            fields.values_mut().for_each(|below| point(below, name));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| point(item, name)),
        _ => {}
    }
}
