//! A document that says the same in other words is no change.
#![expect(clippy::disallowed_methods, reason = "the documents are files outside of the sources")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::*;
use crate::source::{Limits, Severity, read};

/// The documents of this project, and of the corpus beside the checkout, where there is one.
fn documents() -> Vec<(String, Value)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = here.ancestors().skip(1).map(|above| above.join("shared/corpus/specs")).find(|folder| folder.is_dir());
    if corpus.is_none() {
        println!("skipped in part: there is no `shared/corpus/specs` beside the checkout");
    }
    let mut all = Vec::new();
    for folder in [Some(here.join("specs")), corpus].into_iter().flatten() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let name = path.to_string_lossy().into_owned();
            let is_small = std::fs::metadata(&path).is_ok_and(|data| data.len() < 150_000);
            let Some(text) = std::fs::read_to_string(&path).ok().filter(|_| is_small) else { continue };
            let limits = Limits { duplicate_keys: Severity::Warning, ..Limits::default() };
            let (Some(value), _) = read(&Source::new(name.as_str(), text), &limits) else { continue };
            if value.get("openapi").is_some() && load(&name, &value).is_some() {
                all.push((name, value));
            }
        }
    }
    all
}

fn load(name: &str, value: &Value) -> Option<Contract> {
    let document = Source::new(format!("{name}.json"), value.to_string());
    let parts = Parts { name: name.to_owned(), document, overlay: None, promises: None };
    Contract::load(parts, &Alone).ok().map(|(contract, _)| contract)
}

/// Every value of a document, the inner ones first.
fn each(value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|below| each(below, change)),
        Value::Array(items) => items.iter_mut().for_each(|below| each(below, change)),
        _ => {}
    }
    change(value);
}

/// All schemas under other names, but for those that a discriminator without a mapping knows by theirs.
fn renamed(document: &Value) -> Value {
    let mut document = document.clone();
    let names: BTreeMap<String, String> = {
        let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
        schemas.into_iter().flatten().map(|(name, _)| (name.clone(), format!("Renamed.{name}"))).collect()
    };
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        *schemas = std::mem::take(schemas).into_iter().map(|(name, schema)| (names[&name].clone(), schema)).collect();
    }
    each(&mut document, &mut |value| {
        let Value::String(text) = value else { return };
        if let Some(rest) = text.strip_prefix("#/components/schemas/") {
            let (name, below) =
                rest.split_once('/').map_or((rest, String::new()), |(name, below)| (name, format!("/{below}")));
            let name = name.replace("%20", " ").replace("~1", "/");
            if let Some(new) = names.get(&name) {
                *text = format!("#/components/schemas/{}{below}", new.replace('/', "~1").replace(' ', "%20"));
            }
        }
    });
    document
}

/// Every schema of a component within an `allOf` of its own.
fn wrapped(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        for schema in schemas.values_mut() {
            *schema = json!({"allOf": [schema.take()]});
        }
    }
    // What refers into a component has a longer way.
    each(&mut document, &mut |value| {
        let Value::String(text) = value else { return };
        if let Some((name, below)) = text.strip_prefix("#/components/schemas/").and_then(|rest| rest.split_once('/')) {
            *text = format!("#/components/schemas/{name}/allOf/0/{below}");
        }
    });
    document
}

fn reversed(document: &Value) -> Value {
    let mut document = document.clone();
    each(&mut document, &mut |value| {
        if let Value::Object(map) = value {
            *map = std::mem::take(map).into_iter().rev().collect::<Map<_, _>>();
        }
    });
    document
}

#[test]
fn the_same_in_other_words_is_no_change() {
    let documents = documents();
    assert!(documents.len() >= 2);
    for (name, document) in &documents {
        let is_named = document.to_string().contains("\"discriminator\"");
        let old = load(name, document).expect("it was loaded before");
        for (how, other) in
            [("renamed", renamed(document)), ("wrapped", wrapped(document)), ("reversed", reversed(document))]
        {
            if how == "renamed" && is_named {
                continue;
            }
            let new = load(name, &other).unwrap_or_else(|| panic!("{name} {how} can be read"));
            let diff = diff(&old, &new, &settings());
            let found: Vec<_> = diff.changes.iter().take(5).map(|change| (change.id, &change.message)).collect();
            assert!(found.is_empty(), "{name} {how}: {found:#?}");
        }
    }
}
