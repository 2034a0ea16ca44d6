//! Further schemas that no value satisfies: values that break what stands beside them, ranges without
//! a number, lists and objects with too little room, parts that exclude each other.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::impossible::parts;
use super::types::{self, Types, declared};
use crate::lint::context::{Context, Problem};
use crate::lint::rules::IMPOSSIBLE_SCHEMA;
use crate::lint::version::Version;
use crate::lint::walk::{Node, clip};

/// Keywords that need nothing around them to judge a value.
const ALONE: [&str; 16] = [
    "type",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "required",
];
/// More values, properties and parts are not looked at.
const MOST: usize = 1_000;

pub(super) fn schema(context: &mut Context<'_>, node: &Node<'_>) {
    nothing(context, node);
    values(context, node);
    ranges(context, node);
    room(context, node);
    same_branches(context, node);
    let parts = parts(context.survey, node);
    if parts.len() > 1 && parts.len() < MOST {
        denied(context, node, &parts);
        required(context, node, &parts);
    }
}

fn push(context: &mut Context<'_>, node: &Node<'_>, field: &str, message: String) {
    context.push(Problem::key(&IMPOSSIBLE_SCHEMA, &node.at(field), message));
}

fn is_anything(schema: &Value) -> bool {
    schema == &Value::Bool(true) || schema.as_object().is_some_and(Map::is_empty)
}

/// An empty `enum`. What `not: {}` says is meant: it is how 3.0 writes `false`.
fn nothing(context: &mut Context<'_>, node: &Node<'_>) {
    if node.map.get("enum").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        push(context, node, "enum", "`enum` has no values: no value satisfies this schema".to_owned());
    }
}

/// Values of `enum` and `const` that break the rest.
fn values(context: &mut Context<'_>, node: &Node<'_>) {
    let constant = node.map.get("const").filter(|_| context.version >= Version::V31).map(std::slice::from_ref);
    let (field, options) = match (constant, node.map.get("enum").and_then(Value::as_array)) {
        (Some(one), None) => ("const", one),
        (None, Some(many)) => ("enum", many.as_slice()),
        _ => return,
    };
    // Where the type alone refuses all values of `enum`, that is told with the type.
    let fits = |value: &Value| Types::of(value).and(declared(node.map, context.version)) != Types::NONE;
    let is_told = field == "enum" && !options.iter().any(fits);
    if options.is_empty() || options.len() > MOST || is_told {
        return;
    }
    let mut rest: Map<String, Value> = node
        .map
        .iter()
        .filter(|(key, _)| ALONE.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if context.version == Version::V30 {
        // Booleans in 3.0; and null comes in by `nullable`.
        rest.retain(|key, _| !key.starts_with("exclusive"));
        if node.is_true("nullable") && options.contains(&Value::Null) {
            return;
        }
    }
    if rest.is_empty() {
        return;
    }
    let Some(judge) = judge(&rest) else { return };
    if !options.iter().any(|value| judge.is_valid(value)) {
        let what = if field == "const" { "the value of `const` breaks" } else { "every value of `enum` breaks" };
        push(context, node, field, format!("{what} what stands beside it: no value satisfies this schema"));
    }
}

/// What judges by keywords that need nothing around them; `None` where they are no schema.
pub(super) fn judge(keywords: &Map<String, Value>) -> Option<jsonschema::Validator> {
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
    options.build(&Value::Object(keywords.clone())).ok()
}

/// Whole numbers and multiples between two bounds.
fn ranges(context: &mut Context<'_>, node: &Node<'_>) {
    let number = |keyword: &str| node.map.get(keyword).and_then(Value::as_f64);
    let only = |names: [&str; 2]| {
        let types = names.iter().fold(Types::NONE, |all, name| all.or(Types::named(name)));
        node.map.contains_key("type") && types.or(declared(node.map, context.version)) == types
    };
    let is_whole = only(["integer", "integer"]);
    let step = number("multipleOf").filter(|step| *step > 0.0);
    let step = match step {
        Some(step) if is_whole && step.fract() != 0.0 => return,
        Some(step) => step,
        None if is_whole => 1.0,
        None => return,
    };
    let is_numeric = only(["integer", "number"]);
    let strict = |keyword: &str| node.map.get(keyword) == Some(&Value::Bool(true));
    let least = [(number("minimum"), strict("exclusiveMinimum")), (number("exclusiveMinimum"), true)];
    let most = [(number("maximum"), strict("exclusiveMaximum")), (number("exclusiveMaximum"), true)];
    let known =
        |bounds: [(Option<f64>, bool); 2]| bounds.into_iter().filter_map(|(bound, strict)| Some((bound?, strict)));
    // In steps: the first at or above each lower bound, the last at or below each upper one.
    let first = known(least).map(|(bound, strict)| {
        let steps = (bound / step).ceil();
        if strict && (steps * step - bound).abs() < f64::EPSILON { steps + 1.0 } else { steps }
    });
    let last = known(most).map(|(bound, strict)| {
        let steps = (bound / step).floor();
        if strict && (steps * step - bound).abs() < f64::EPSILON { steps - 1.0 } else { steps }
    });
    let (Some(first), Some(last)) = (first.reduce(f64::max), last.reduce(f64::min)) else { return };
    // Where the bounds cross by themselves, that is told of them.
    let crossed = known(least)
        .any(|(low, is_low)| known(most).any(|(high, is_high)| low > high || (is_low || is_high) && low >= high));
    if is_numeric && first > last && !crossed && first.abs() < 1e15 && last.abs() < 1e15 {
        let what = if (step - 1.0).abs() < f64::EPSILON {
            "no whole number".to_owned()
        } else {
            format!("no multiple of {step}")
        };
        let field =
            ["multipleOf", "minimum", "exclusiveMinimum"].into_iter().find(|field| node.map.contains_key(*field));
        push(
            context,
            node,
            field.unwrap_or("type"),
            format!("{what} lies between the bounds: no number satisfies this"),
        );
    }
}

/// Lists and objects that must hold more than they may.
fn room(context: &mut Context<'_>, node: &Node<'_>) {
    let is = |name: &str| node.text("type") == Some(name);
    let count = |keyword: &str| node.map.get(keyword).and_then(Value::as_u64);
    if let (true, Some(least)) = (is("array"), count("minItems")) {
        let prefix = node.list("prefixItems").len() as u64;
        if node.map.get("items") == Some(&Value::Bool(false)) && least > prefix {
            let message =
                format!("at least {least} items must be there, and at most {prefix} may: no list satisfies this");
            push(context, node, "minItems", message);
        }
        let options =
            node.object("items").filter(|items| !items.contains_key("$ref")).and_then(|items| items.get("enum"));
        let options = options.and_then(Value::as_array).map(|options| options.len() as u64);
        if node.is_true("uniqueItems") && prefix == 0 && options.is_some_and(|options| least > options) {
            let message = format!(
                "at least {least} different items must be there, and there are only {} values for them: no list satisfies this",
                options.unwrap_or_default()
            );
            push(context, node, "minItems", message);
        }
    }
    let is_closed = node.map.get("additionalProperties") == Some(&Value::Bool(false))
        && node.object("patternProperties").is_none_or(Map::is_empty);
    if let (true, true, Some(least)) = (is("object"), is_closed, count("minProperties")) {
        let most = node.object("properties").map_or(0, Map::len) as u64;
        if least > most {
            let message =
                format!("at least {least} properties must be there, and at most {most} may: no object satisfies this");
            push(context, node, "minProperties", message);
        }
    }
}

/// Branches of `oneOf` that all take the same values: each value keeps several.
fn same_branches(context: &mut Context<'_>, node: &Node<'_>) {
    let branches = node.list("oneOf");
    let all_take = branches.iter().filter(|branch| is_anything(branch)).count() > 1;
    let same = branches.len() > 1 && branches.iter().all(|branch| branch == &branches[0]);
    if all_take || same {
        push(
            context,
            node,
            "oneOf",
            "every value keeps several branches or none: no value satisfies this schema".to_owned(),
        );
    }
}

/// A part, and the same denied.
fn denied(context: &mut Context<'_>, node: &Node<'_>, parts: &[&Map<String, Value>]) {
    let is_denied = |denied: &Value| parts.iter().any(|part| denied.as_object() == Some(*part) && !part.is_empty());
    if parts.iter().filter_map(|part| part.get("not")).any(is_denied) {
        push(context, node, "allOf", "one part is what another one refuses: no value satisfies this schema".to_owned());
    }
}

/// Required properties that no value can have by all parts together.
fn required(context: &mut Context<'_>, node: &Node<'_>, parts: &[&Map<String, Value>]) {
    let is_object = parts.iter().any(|part| {
        part.get("type").and_then(Value::as_str) == Some("object") && part.get("nullable") != Some(&Value::Bool(true))
    });
    if !is_object {
        return;
    }
    let mut said: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for part in parts {
        for (name, property) in part.get("properties").and_then(Value::as_object).into_iter().flatten() {
            said.entry(name).or_default().push(property);
        }
    }
    let names = parts.iter().flat_map(|part| part.get("required").and_then(Value::as_array).into_iter().flatten());
    let mut names: Vec<&str> = names.filter_map(Value::as_str).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let Some(several) = said.get(name).filter(|several| several.len() > 1) else { continue };
        if types::common(context, node.place.spot().document, several) == Types::NONE {
            let name = clip(name);
            let message = format!(
                "the property `{name}` is required, and the parts want values of it whose types exclude each other: no object satisfies this"
            );
            push(context, node, "allOf", message);
        }
    }
}
