//! Which branch of `anyOf` or `oneOf` a value was meant for: by its discriminator, or at a glance.

use serde_json::{Map, Value};

use super::effort::{Roots, Spot};
use crate::source::Pointer;

/// How far references and `allOf` are followed.
const FAR: usize = 8;

/// The branch that the value's discriminator property names (OpenAPI, Discriminator Object).
pub(super) fn discriminated(root: &Value, at: &Pointer, instance: &Value) -> Option<usize> {
    let schema = root.pointer(at.parent()?.as_str())?;
    let discriminator = schema.get("discriminator")?;
    let name = discriminator.get("propertyName")?.as_str()?;
    let said = instance.get(name)?.as_str()?;
    let mapped = discriminator.get("mapping").and_then(|mapping| mapping.get(said)).and_then(Value::as_str);
    let branches = root.pointer(at.as_str())?.as_array()?;
    let named = |name: &str| {
        let last = |branch: &Value| branch.get("$ref")?.as_str()?.rsplit('/').next().map(str::to_owned);
        branches.iter().any(|branch| last(branch).as_deref() == Some(name))
    };
    // Of a value that names no branch (OpenAPI 3.2, Discriminator Object).
    let fallback = discriminator.get("defaultMapping").and_then(Value::as_str).filter(|_| !named(said));
    branches.iter().position(|branch| {
        let Some(reference) = branch.get("$ref").and_then(Value::as_str) else { return false };
        let last = reference.rsplit('/').next().unwrap_or(reference);
        match mapped.or(fallback) {
            Some(mapped) => mapped == reference || mapped.rsplit('/').next() == Some(last),
            None => last == said,
        }
    })
}

/// What a branch is called: by its reference, title or number.
pub(super) fn branch_name(root: &Value, at: &Pointer, branch: usize, keyword: &str) -> String {
    let schema = root.pointer(at.index(branch).as_str());
    let reference = schema.and_then(|schema| schema.get("$ref")).and_then(Value::as_str);
    let title = schema.and_then(|schema| schema.get("title")).and_then(Value::as_str);
    // A whole file has no name but a number.
    let named = reference.and_then(|reference| reference.rsplit('/').next());
    let name = named.filter(|name| !name.bytes().all(|byte| byte.is_ascii_digit())).or(title);
    match name {
        Some(name) => format!("`{name}` of `{keyword}`"),
        None => format!("branch {} of `{keyword}`", branch + 1),
    }
}

/// The only one of the `count` branches at `at` that comes nearest to `value`, by its own kind and
/// the kinds and constants of what is right in it.
pub(super) fn nearest(roots: Roots<'_>, at: &Spot, count: usize, value: &Value) -> Option<usize> {
    let far = |index: usize| distance(roots, &at.index(index), value, 0).map(|distance| (distance, index));
    let mut near: Vec<(usize, usize)> = (0..count).filter_map(far).collect();
    near.sort_unstable();
    match near.as_slice() {
        [(_, only)] => Some(*only),
        [(best, branch), (next, _), ..] if best < next => Some(*branch),
        _ => None,
    }
}

/// How much is wrong at a glance; `None`: it is another kind of value.
fn distance(roots: Roots<'_>, at: &Spot, value: &Value, depth: usize) -> Option<usize> {
    let Some(Value::Object(schema)) = roots.value(at) else { return Some(0) };
    if depth > FAR {
        return Some(0);
    }
    let mut sum = 0;
    if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|reference| at.follow(reference)) {
        sum += distance(roots, &target, value, depth + 1)?;
    }
    for index in 0..schema.get("allOf").and_then(Value::as_array).map_or(0, Vec::len) {
        sum += distance(roots, &at.join("allOf").index(index), value, depth + 1)?;
    }
    if !is_of_type(schema, value) {
        return None;
    }
    let Value::Object(members) = value else { return Some(sum) };
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    sum += required.filter(|name| name.as_str().is_some_and(|name| !members.contains_key(name))).count();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if let (Some(member), Value::Object(property)) = (members.get(name), property) {
            sum += usize::from(!is_of_type(property, member) || !is_of_constants(property, member));
        }
    }
    Some(sum)
}

fn is_of_type(schema: &Map<String, Value>, value: &Value) -> bool {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = |name: &Value| name.as_str().is_some_and(|name| name == kind || name == "integer" && kind == "number");
    match schema.get("type") {
        Some(Value::Array(names)) => names.iter().any(fits),
        Some(name) => fits(name),
        None => true,
    }
}

fn is_of_constants(schema: &Map<String, Value>, value: &Value) -> bool {
    schema.get("const").is_none_or(|constant| constant == value)
        && schema.get("enum").and_then(Value::as_array).is_none_or(|options| options.contains(value))
}
