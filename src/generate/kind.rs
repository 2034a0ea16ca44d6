//! A schema that others extend, with a discriminator: which of them a value is (OpenAPI, Discriminator Object).

use serde_json::{Map, Value, json};

use super::fits::Lookup;

/// The most components that are looked at for those that extend a schema.
const MOST: usize = 2_000;

/// What makes a value of `base` one of the kinds that its discriminator tells apart: the kind's name, and
/// what that kind asks for. `followed` are the references that led here: a kind that is among them is meant.
pub(super) fn parts(base: &Map<String, Value>, followed: &[String], choice: usize, lookup: Lookup<'_>) -> Vec<Value> {
    let Some(property) = base.get("discriminator").and_then(|said| said.get("propertyName")?.as_str()) else {
        return Vec::new();
    };
    let (own, above) = match followed.split_last() {
        Some((own, above)) => (Some(own.as_str()), above),
        None => (None, &[][..]),
    };
    let kinds = kinds(base, own, lookup);
    let named = |name: &str| json!({ "properties": { property: { "const": name } }, "required": [property] });
    if let Some((name, _)) = kinds.iter().find(|(_, target)| above.iter().any(|known| same(known, target))) {
        return vec![named(name)];
    }
    // An extension that no mapping names is called as it is.
    if let Some(child) = above.last() {
        return vec![named(last(child))];
    }
    let Some((name, target)) = kinds.get(choice % kinds.len().max(1)) else { return Vec::new() };
    let mut all = vec![named(name)];
    if let Some(Value::Object(target)) = lookup(target).or_else(|| lookup(&format!("#/components/schemas/{target}"))) {
        all.extend(beyond(target, lookup));
    }
    all
}

/// The names of the kinds, and where their schemas are.
fn kinds(base: &Map<String, Value>, own: Option<&str>, lookup: Lookup<'_>) -> Vec<(String, String)> {
    let mapping = base.get("discriminator").and_then(|said| said.get("mapping")).and_then(Value::as_object);
    let is_own = |target: &str| own.is_some_and(|own| same(own, target));
    if let Some(mapping) = mapping.filter(|mapping| !mapping.is_empty()) {
        let kinds = mapping.iter().filter_map(|(name, target)| Some((name.clone(), target.as_str()?.to_owned())));
        let (base, others): (Vec<_>, Vec<_>) = kinds.partition(|(_, target)| is_own(target));
        return if others.is_empty() { base } else { others };
    }
    let (Some(own), Some(Value::Object(components))) = (own, lookup("#/components/schemas")) else { return Vec::new() };
    let extends = |schema: &Value| {
        let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        parts.filter_map(|part| part.get("$ref")?.as_str()).any(|reference| reference == own)
    };
    let found = components.iter().take(MOST).filter(|(_, schema)| extends(schema));
    found.map(|(name, _)| (name.clone(), format!("#/components/schemas/{name}"))).collect()
}

/// What a kind asks for beyond the schema that it extends.
fn beyond(kind: &Map<String, Value>, lookup: Lookup<'_>) -> Vec<Value> {
    let is_base = |part: &Value| {
        let part = part.get("$ref").and_then(Value::as_str).and_then(lookup).unwrap_or(part);
        part.get("discriminator").is_some()
    };
    let mut own = kind.clone();
    own.remove("discriminator");
    let parts = match own.remove("allOf") {
        Some(Value::Array(parts)) => parts,
        _ => Vec::new(),
    };
    std::iter::once(Value::Object(own)).chain(parts.into_iter().filter(|part| !is_base(part))).collect()
}

/// Whether a reference and what a mapping says mean the same: a mapping may name a component alone.
fn same(reference: &str, target: &str) -> bool {
    reference == target || !target.contains('/') && last(reference) == target
}

fn last(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}
