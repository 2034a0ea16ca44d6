//! Making a value keep its schema with as few changes as that takes.

use serde_json::Value;

use super::look::{Look, Node, is};
use crate::contract::{Contract, Direction, SchemaRef, Violation};
use crate::source::Pointer;

/// How often a value is judged and changed.
const ROUNDS: usize = 12;
/// How deep `writeOnly` is looked for.
const DEEPEST: usize = 8;

/// The value, with what its schema asks for taken from `base`: what is missing is added, what must not
/// be there is taken out, what breaks its own schema is replaced. `Err`: as near as it came.
pub(super) fn repaired(
    contract: &Contract,
    schema: &SchemaRef,
    mut value: Value,
    base: &dyn Fn() -> Value,
) -> Result<Value, Value> {
    let Ok(compiled) = contract.schema(schema, Direction::Response) else { return Err(value) };
    if compiled.is_valid(&value) {
        return Ok(value);
    }
    let base = base();
    let before = value.clone();
    for _ in 0..ROUNDS {
        let mut changed = false;
        for violation in compiled.violations(&value) {
            changed |= mend(&mut value, &violation, &base);
        }
        if compiled.is_valid(&value) {
            return Ok(value);
        }
        if !changed {
            break;
        }
    }
    // Parts of two values may not fit together: the whole of the other one, as far as it goes.
    if let (Value::Object(base), Value::Object(own)) = (&base, &before) {
        let mut mixed = base.clone();
        for (name, own) in own {
            let replaced = mixed.insert(name.clone(), own.clone());
            let candidate = Value::Object(std::mem::take(&mut mixed));
            let fits = compiled.is_valid(&candidate);
            let Value::Object(back) = candidate else { break };
            mixed = back;
            if !fits {
                match replaced {
                    Some(replaced) => drop(mixed.insert(name.clone(), replaced)),
                    None => drop(mixed.shift_remove(name)),
                }
            }
        }
        let mixed = Value::Object(mixed);
        if compiled.is_valid(&mixed) {
            return Ok(mixed);
        }
    }
    Err(before)
}

fn mend(value: &mut Value, violation: &Violation, base: &Value) -> bool {
    let at = &violation.instance;
    match violation.keyword.as_str() {
        "required" => {
            let Some(Value::Object(target)) = value.pointer_mut(at.as_str()) else { return false };
            let Some(Value::Object(from)) = base.pointer(at.as_str()) else { return false };
            let missing: Vec<(&String, &Value)> = from.iter().filter(|(name, _)| !target.contains_key(*name)).collect();
            // The message ends in the name; where it cannot be told, all that are missing help.
            let named: Vec<&(&String, &Value)> =
                missing.iter().filter(|(name, _)| violation.message.contains(&format!("`{name}`"))).collect();
            let added = !missing.is_empty();
            if named.is_empty() {
                target.extend(missing.into_iter().map(|(name, value)| (name.clone(), value.clone())));
            } else {
                target.extend(named.into_iter().map(|(name, value)| ((*name).clone(), (*value).clone())));
            }
            added
        }
        "additionalProperties" | "unevaluatedProperties" => {
            let Some(Value::Object(target)) = value.pointer_mut(at.as_str()) else { return remove(value, at) };
            let from = base.pointer(at.as_str()).and_then(Value::as_object);
            let before = target.len();
            target.retain(|name, _| {
                from.is_some_and(|from| from.contains_key(name)) || !violation.message.contains(&format!("`{name}`"))
            });
            target.len() < before
        }
        _ => match base.pointer(at.as_str()).cloned() {
            Some(better) if !at.is_root() => match value.pointer_mut(at.as_str()) {
                Some(target) if *target != better => {
                    *target = better;
                    true
                }
                _ => false,
            },
            _ => remove(value, at),
        },
    }
}

fn remove(value: &mut Value, at: &Pointer) -> bool {
    let (Some(parent), Some(name)) = (at.parent(), at.last()) else { return false };
    match value.pointer_mut(parent.as_str()) {
        Some(Value::Object(map)) => map.shift_remove(&*name).is_some(),
        _ => false,
    }
}

/// Takes out what is never answered.
pub(super) fn strip<'c>(look: Look<'c>, value: &mut Value, node: &Node<'c>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(map) => {
            let properties = look.properties(node);
            map.retain(|name, _| !properties.get(name.as_str()).is_some_and(|found| look.says(found, "writeOnly")));
            for (name, inner) in map.iter_mut().filter(|(_, inner)| inner.is_object() || inner.is_array()) {
                if let Some(found) = properties.get(name.as_str()) {
                    strip(look, inner, &look.follow(found.clone()), depth + 1);
                }
            }
        }
        Value::Array(items) if is(node.value, "array") => {
            let Some(of_items) = look.items(node) else { return };
            for item in items {
                strip(look, item, &of_items, depth + 1);
            }
        }
        _ => {}
    }
}
