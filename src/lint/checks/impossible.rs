//! Schemas that no value satisfies, in the simple cases that are certain.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::contract::{Spot, Survey};
use crate::lint::context::{Context, Problem};
use crate::lint::rules::IMPOSSIBLE_SCHEMA;
use crate::lint::version::Version;
use crate::lint::walk::{Node, clip};

/// The keywords that bound from below and from above, and what they bound.
const BOUNDS: [(&str, &str, &str); 5] = [
    ("minimum", "maximum", "number"),
    ("minLength", "maxLength", "string"),
    ("minItems", "maxItems", "list"),
    ("minProperties", "maxProperties", "object"),
    ("minContains", "maxContains", "list"),
];

pub(super) fn schema(context: &mut Context<'_>, node: &Node<'_>) {
    let parts = parts(context.survey, node);
    bounds(context, node, &parts);
    exclusive_bounds(context, node);
    options(context, node, &parts);
    required(context, node, &parts);
    count(context, node);
    endless(context, node);
}

/// The schema itself and what `allOf` adds to it, one level of references followed.
pub(super) fn parts<'n>(survey: Survey<'n>, node: &Node<'n>) -> Vec<&'n Map<String, Value>> {
    let mut parts = vec![node.map];
    if node.list("allOf").is_empty() {
        return parts;
    }
    let document = node.place.spot().document;
    for part in node.list("allOf") {
        let reference = part.get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|reference| survey.target(document, reference));
        let part = match target {
            Some(target) => survey.value(&survey.follow(&target)),
            None => Some(part),
        };
        parts.extend(part.and_then(Value::as_object));
    }
    parts
}

fn is_exclusive(map: &Map<String, Value>, keyword: &str) -> bool {
    map.get(keyword) == Some(&Value::Bool(true))
}

/// The tightest bound of all parts.
fn tightest(parts: &[&Map<String, Value>], keyword: &str, low: bool) -> Option<f64> {
    let values = parts.iter().filter_map(|part| part.get(keyword)?.as_f64());
    if low { values.reduce(f64::max) } else { values.reduce(f64::min) }
}

fn bounds(context: &mut Context<'_>, node: &Node<'_>, parts: &[&Map<String, Value>]) {
    for (low, high, what) in BOUNDS {
        let (Some(least), Some(most)) = (tightest(parts, low, true), tightest(parts, high, false)) else { continue };
        let strict = is_exclusive(node.map, "exclusiveMinimum") || is_exclusive(node.map, "exclusiveMaximum");
        let touches = low == "minimum" && strict && least >= most;
        if least > most || touches {
            let comparison = if least > most { "is above" } else { "is excluded, and so is" };
            let message = format!("`{low}` {least} {comparison} `{high}` {most}: no {what} satisfies this");
            let field = if node.map.contains_key(low) { low } else { "allOf" };
            context.push(Problem::key(&IMPOSSIBLE_SCHEMA, &node.at(field), message));
        }
    }
}

fn exclusive_bounds(context: &mut Context<'_>, node: &Node<'_>) {
    let number = |keyword: &str| node.map.get(keyword).and_then(Value::as_f64);
    for (low, high, touching) in [
        ("exclusiveMinimum", "exclusiveMaximum", true),
        ("exclusiveMinimum", "maximum", true),
        ("minimum", "exclusiveMaximum", true),
    ] {
        let (Some(least), Some(most)) = (number(low), number(high)) else { continue };
        if least > most || touching && least >= most {
            let message = format!("`{low}` {least} leaves nothing below `{high}` {most}: no number satisfies this");
            context.push(Problem::key(&IMPOSSIBLE_SCHEMA, &node.at(low), message));
        }
    }
}

/// `const` and `enum` of all parts: at least one value is in each.
fn options(context: &mut Context<'_>, node: &Node<'_>, parts: &[&Map<String, Value>]) {
    const MOST: usize = 10_000;
    let mut left: Option<Vec<&Value>> = None;
    for part in parts {
        let one = part.get("const").filter(|_| context.version >= Version::V31).map(std::slice::from_ref);
        let many = part.get("enum").and_then(Value::as_array).map(Vec::as_slice);
        for options in [one, many].into_iter().flatten().filter(|options| !options.is_empty() && options.len() < MOST) {
            match &mut left {
                None => left = Some(options.iter().collect()),
                Some(left) => left.retain(|value| options.contains(value)),
            }
        }
    }
    if left.is_some_and(|left| left.is_empty()) {
        let field = ["allOf", "const", "enum"].into_iter().find(|field| node.map.contains_key(*field));
        let message = "no value is in every `enum` and `const` here: no value satisfies this schema";
        context.push(Problem::key(&IMPOSSIBLE_SCHEMA, &node.at(field.unwrap_or("enum")), message));
    }
}

/// Required properties that may not be there.
fn required(context: &mut Context<'_>, node: &Node<'_>, parts: &[&Map<String, Value>]) {
    let mut told = HashSet::new();
    let forbidding: Vec<_> = parts.iter().filter(|part| may_forbid(part)).collect();
    if forbidding.is_empty() {
        return;
    }
    for part in parts {
        let names = part.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for name in names {
            if forbidding.iter().any(|part| forbids(part, name)) && told.insert(name) {
                let message =
                    format!("the property `{}` is required and forbidden: no object satisfies this", clip(name));
                let own = node.list("required").iter().position(|item| item.as_str() == Some(name));
                let place = node.at(if own.is_some() { "required" } else { "allOf" });
                context.push(match own {
                    Some(index) => Problem::value(&IMPOSSIBLE_SCHEMA, &place.index(index), message),
                    None => Problem::key(&IMPOSSIBLE_SCHEMA, &place, message)
                        .help("`additionalProperties: false` in one part forbids the properties of the others"),
                });
            }
        }
    }
}

/// More required properties than there may be.
fn count(context: &mut Context<'_>, node: &Node<'_>) {
    let count = node.list("required").len();
    if let Some(most) = node.map.get("maxProperties").and_then(Value::as_u64)
        && usize::try_from(most).is_ok_and(|most| count > most)
    {
        let message = format!("{count} properties are required and at most {most} allowed: no object satisfies this");
        context.push(Problem::key(&IMPOSSIBLE_SCHEMA, &node.at("maxProperties"), message));
    }
}

fn may_forbid(part: &Map<String, Value>) -> bool {
    let properties = part.get("properties").and_then(Value::as_object);
    part.get("additionalProperties") == Some(&Value::Bool(false))
        || properties.is_some_and(|properties| properties.values().any(|property| property == &Value::Bool(false)))
}

fn forbids(part: &Map<String, Value>, name: &str) -> bool {
    let property = part.get("properties").and_then(|properties| properties.get(name));
    match property {
        Some(property) => property == &Value::Bool(false),
        None => {
            part.get("additionalProperties") == Some(&Value::Bool(false)) && !part.contains_key("patternProperties")
        }
    }
}

/// A component that cannot be there without another of its kind in it, and so on without end.
fn endless(context: &mut Context<'_>, node: &Node<'_>) {
    let spot = node.place.spot();
    let is_component = spot.pointer.parent().is_some_and(|parent| parent.as_str() == "/components/schemas");
    if !is_component {
        return;
    }
    let mut chase = Chase { survey: context.survey, version: context.version, open: Vec::new(), values: 0, steps: 0 };
    if chase.is_endless(&spot, node.value) && chase.steps < Chase::MOST {
        let message = "a value of this schema needs another one in it, without end: no finite value satisfies it";
        let problem = Problem::key(&IMPOSSIBLE_SCHEMA, node.place, message);
        context.push(problem.help("take a property of the circle out of `required`, or let it be null"));
    }
}

struct Chase<'c> {
    survey: Survey<'c>,
    version: Version,
    open: Vec<usize>,
    /// How many values deep it is.
    values: usize,
    steps: usize,
}

impl Chase<'_> {
    const MOST: usize = 2_000;
    const DEEPEST: usize = 64;

    /// Whether every value of a schema holds a value of one that is open, by what is required.
    fn is_endless(&mut self, spot: &Spot, schema: &Value) -> bool {
        let Value::Object(map) = schema else { return false };
        self.steps += 1;
        if self.steps > Self::MOST || self.open.len() > Self::DEEPEST {
            return false;
        }
        let address = std::ptr::from_ref(schema) as usize;
        if self.open.contains(&address) {
            // Only a circle through the start is told, at each of its members; one without a value in
            // between is no question of what is in a value.
            return self.open.first() == Some(&address) && self.values > 0;
        }
        self.open.push(address);
        let endless = self.by_parts(spot, map);
        self.open.pop();
        endless
    }

    fn is_endless_inside(&mut self, spot: &Spot, schema: &Value) -> bool {
        self.values += 1;
        let endless = self.is_endless(spot, schema);
        self.values -= 1;
        endless
    }

    fn by_parts(&mut self, spot: &Spot, map: &Map<String, Value>) -> bool {
        if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
            let target = self.survey.target(spot.document, reference);
            return target
                .is_some_and(|target| self.survey.value(&target).is_some_and(|value| self.is_endless(&target, value)));
        }
        if self.version == Version::V30 && map.get("nullable") == Some(&Value::Bool(true)) {
            return false;
        }
        for part in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            // A schema that is its own part is told elsewhere.
            if self.is_endless(spot, part) {
                return true;
            }
        }
        for keyword in ["anyOf", "oneOf"] {
            let branches = map.get(keyword).and_then(Value::as_array).filter(|branches| !branches.is_empty());
            if branches.is_some_and(|branches| branches.iter().all(|branch| self.is_endless(spot, branch))) {
                return true;
            }
        }
        match map.get("type").and_then(Value::as_str) {
            Some("object") => {
                let names = map.get("required").and_then(Value::as_array).into_iter().flatten();
                names.filter_map(Value::as_str).any(|name| {
                    let property = map.get("properties").and_then(|properties| properties.get(name));
                    property.is_some_and(|property| self.is_endless_inside(spot, property))
                })
            }
            Some("array") => {
                let some = map.get("minItems").and_then(Value::as_f64).is_some_and(|least| least >= 1.0);
                some && map.get("items").is_some_and(|items| self.is_endless_inside(spot, items))
            }
            _ => false,
        }
    }
}
