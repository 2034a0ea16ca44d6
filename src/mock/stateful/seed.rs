//! Seeds: a file of collections and the items that are in them at start.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Stateful;
use super::act::concrete;
use super::memory::{Collection, Collections};
use super::recognise::parameters;
use super::resource::Resource;
use crate::contract::Direction;
use crate::source::{Diagnostic, Diagnostics, Limits, Node, Source, did_you_mean, read};

/// Reads the file; every item that breaks its schema is a fault.
pub(super) fn read_collections(
    state: &Stateful,
    source: &Source,
    prefixes: &[String],
) -> Result<Collections, Diagnostics> {
    let (value, mut faults) = read(source, &Limits::default());
    let Some(value) = value else { return Err(faults) };
    let root = Node::root(&value, source);
    let mut start: HashMap<String, Collection> = HashMap::new();
    for (path, node) in root.entries(&mut faults) {
        let rest = |prefix: &String| path.strip_prefix(prefix.as_str()).filter(|rest| rest.starts_with('/'));
        // With several contracts each takes what is below its own prefixes.
        let below: Vec<&str> =
            if prefixes.is_empty() { vec![path] } else { prefixes.iter().filter_map(rest).collect() };
        let Some((resource, values)) = below.iter().find_map(|below| find(state, below)) else {
            if let Some(below) = below.first() {
                faults.push(unknown(state, &node, below));
            }
            continue;
        };
        let items = node.items(&mut faults);
        let concrete = concrete(&resource.collection, &values);
        let collection = start.entry(concrete.clone()).or_default();
        for item in items {
            match one(state, resource, &concrete, &values, collection, &item) {
                Ok((key, value)) => {
                    let (at, bytes) = (collection.next, value.to_string().len());
                    collection.put(at, key, Arc::new(value), bytes);
                }
                Err(found) => faults.extend(found),
            }
        }
    }
    if faults.has_errors() {
        return Err(faults);
    }
    Ok(start.into_iter().map(|(path, collection)| (path, Arc::new(collection))).collect())
}

/// The collection that a concrete path is of, and the values of its parameters.
fn find<'s>(state: &'s Stateful, path: &str) -> Option<(&'s Resource, Vec<String>)> {
    let path: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let matching = |resource: &'s Resource| {
        let template: Vec<&str> = resource.collection.trim_end_matches('/').split('/').collect();
        if template.len() != path.len() {
            return None;
        }
        let mut values = Vec::new();
        for (wanted, found) in template.iter().zip(&path) {
            if wanted.starts_with('{') && wanted.ends_with('}') {
                if found.is_empty() || found.contains('{') {
                    return None;
                }
                values.push(percent_encoding::percent_decode_str(found).decode_utf8_lossy().into_owned());
            } else if wanted != found {
                return None;
            }
        }
        (values.len() == parameters(&resource.collection).len()).then_some((resource, values))
    };
    // A path without parameters before one that takes anything.
    let mut found: Vec<_> = state.resources.iter().filter_map(matching).collect();
    found.sort_by_key(|(_, values)| values.len());
    found.into_iter().next()
}

fn unknown(state: &Stateful, node: &Node<'_>, path: &str) -> Diagnostic {
    let known: Vec<String> = state.resources.iter().map(|known| known.collection.clone()).collect();
    let fault = node.error("unknown-collection", format!("no collection of the contract has the path `{path}`"));
    match did_you_mean(path, known.iter().map(String::as_str)) {
        Some(known) => fault.help(format!("did you mean `{known}`?")),
        None if known.is_empty() => fault.help("no collection is recognised in the contract"),
        None => fault.help(format!("recognised: {}", known.join(", "))),
    }
}

fn one(
    state: &Stateful,
    resource: &Resource,
    path: &str,
    values: &[String],
    collection: &Collection,
    node: &Node<'_>,
) -> Result<(String, Value), Diagnostics> {
    let Value::Object(item) = node.value else { return Err(node.expected("a mapping").into()) };
    let maker = state.maker(resource, path);
    let named = maker.key_of(item);
    let key = named.clone().unwrap_or_else(|| maker.new_key(Some(collection), 0, &|_| false));
    if collection.get(&key).is_some() {
        return Err(node.error("repeated-item", format!("there is a `{key}` in `{path}` already")).into());
    }
    judge(state, resource, item, named.is_none(), node)?;
    Ok((key.clone(), maker.made(item.clone(), &key, values)))
}

/// A fault for each way in which an item breaks its schema; what the server adds may be missing.
fn judge(
    state: &Stateful,
    resource: &Resource,
    item: &Map<String, Value>,
    unnamed: bool,
    node: &Node<'_>,
) -> Result<(), Diagnostics> {
    let Some(schema) = &resource.schema else { return Ok(()) };
    let Ok(compiled) = state.contract.schema(schema, Direction::Response) else { return Ok(()) };
    let shown = item.iter().filter(|(name, _)| !resource.hidden.contains(*name));
    let shown = Value::Object(shown.map(|(name, value)| (name.clone(), value.clone())).collect());
    let id = resource.id.as_ref().filter(|_| unnamed).map(|id| id.name.as_str());
    let added = resource.known.values().filter(|known| {
        let parent = resource.parents.iter().any(|(name, _)| *name == known.name);
        known.read_only || known.stamp.is_some() || known.default.is_some() || parent || id == Some(known.name.as_str())
    });
    let added: Vec<String> = added.map(|known| format!("`{}`", known.name)).collect();
    let mut faults = Diagnostics::new();
    for violation in compiled.violations(&shown) {
        let ours = violation.keyword == "required"
            && violation.instance.is_root()
            && added.iter().any(|name| violation.message.contains(name.as_str()));
        if !ours && !violation.gave_up {
            let message = format!("an item of `{}` breaks its schema: {}", resource.collection, violation.message);
            let place = node.at.concat(&violation.instance);
            faults.push(Diagnostic::error("seed-breaks-schema", message).at_value(
                node.source,
                &place,
                violation.expected.clone(),
            ));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}
