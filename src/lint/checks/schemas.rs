//! Keywords of Schema Objects, each by itself.

use serde_json::{Value, json};

use super::components::exclusive;
use crate::contract::{PatternFault, Spot, pattern_fault};
use crate::lint::Change;
use crate::lint::context::{Context, Problem};
use crate::lint::keyword::{FORMATS, TYPES};
use crate::lint::object::Kind;
use crate::lint::rules::{
    DISCRIMINATOR, DUPLICATE_ENUM, FORMAT_TYPE, INVALID_PATTERN, READ_AND_WRITE_ONLY, UNDESCRIBED_REQUIRED,
    UNKNOWN_FORMAT, WRONG_TYPE,
};
use crate::lint::version::Version;
use crate::lint::walk::{Node, clip, kind_of, list};
use crate::source::{Pointer, Severity, did_you_mean};

pub(super) fn schema(context: &mut Context<'_>, node: &Node<'_>) {
    exclusive_limits(context, node);
    lists(context, node);
    patterns(context, node);
    format(context, node);
    if node.is_true("readOnly") && node.is_true("writeOnly") {
        let message = "a property is `readOnly` or `writeOnly`, not both";
        context.push(Problem::key(&READ_AND_WRITE_ONLY, &node.at("writeOnly"), message));
    }
    undescribed(context, node);
    discriminator(context, node);
}

/// Numbers in 3.1 and later, booleans in 3.0.
fn exclusive_limits(context: &mut Context<'_>, node: &Node<'_>) {
    for (keyword, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        let Some(value) = node.map.get(keyword) else { continue };
        let is_30 = context.version == Version::V30;
        if if is_30 { value.is_boolean() } else { value.is_number() } {
            continue;
        }
        let expected = if is_30 { "`true` or `false`" } else { "a number" };
        let message =
            format!("`{keyword}`: expected {expected} in OpenAPI {}, found {}", context.version, kind_of(value));
        let problem = Problem::value(&WRONG_TYPE, &node.at(keyword), message).section(Kind::Schema.section());
        context.push(if is_30 {
            problem.help(format!("write `{limit}: {value}` and `{keyword}: true`"))
        } else {
            problem
                .help(format!("write `{keyword}: {}` instead of `{limit}`", node.map.get(limit).unwrap_or(&json!(0))))
        });
    }
}

fn lists(context: &mut Context<'_>, node: &Node<'_>) {
    for keyword in ["enum", "examples"] {
        if let Some(value) = node.map.get(keyword).filter(|value| !value.is_array())
            && (keyword == "enum" || context.version >= Version::V31)
        {
            let message = format!("`{keyword}`: expected a list, found {}", kind_of(value));
            let problem = Problem::value(&WRONG_TYPE, &node.at(keyword), message);
            context.push(problem.section(Kind::Schema.section()));
        }
    }
    for keyword in ["enum", "required"] {
        let items = node.list(keyword);
        let place = node.at(keyword);
        let mut seen = std::collections::HashMap::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let Some(first) = seen.insert(item.to_string(), index) else { continue };
            let message = format!("{} stands twice in `{keyword}`", clip(&item.to_string()));
            let problem = Problem::value(&DUPLICATE_ENUM, &place.index(index), message);
            let problem = problem.also(place.index(first).spot(), "first here");
            context.push(problem.fix(place.index(index).spot(), Change::Remove));
        }
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        if node.map.get(keyword).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            let message = format!("`{keyword}` has no schemas");
            let problem = Problem::value(&WRONG_TYPE, &node.at(keyword), message).severity(Severity::Warning);
            context.push(problem.section(Kind::Schema.section()));
        }
    }
}

fn patterns(context: &mut Context<'_>, node: &Node<'_>) {
    if let Some(pattern) = node.text("pattern")
        && !is_pattern(context, pattern)
    {
        invalid_pattern(context, Problem::value(&INVALID_PATTERN, &node.at("pattern"), told(pattern)), pattern);
    }
    let place = node.at("patternProperties");
    for (pattern, _) in node.object("patternProperties").into_iter().flatten() {
        if !is_pattern(context, pattern) {
            invalid_pattern(context, Problem::key(&INVALID_PATTERN, &place.key(pattern), told(pattern)), pattern);
        }
    }
}

fn told(pattern: &str) -> String {
    format!("`{}` is no regular expression of ECMA-262", clip(pattern))
}

fn invalid_pattern(context: &mut Context<'_>, problem: Problem, pattern: &str) {
    let problem = problem.label("not read");
    let foreign = ["(?i)", "\\A", "\\z", "\\Z"].iter().any(|sign| pattern.contains(sign));
    context.push(if foreign {
        problem.help("ECMA-262 has no `(?i)`, `\\A`, `\\Z`; write `[Aa]`, `^`, `$`")
    } else {
        problem
    });
}

fn is_pattern(context: &mut Context<'_>, pattern: &str) -> bool {
    if let Some(known) = context.known_patterns.get(pattern) {
        return *known;
    }
    let is_pattern = pattern_fault(pattern) != Some(PatternFault::NotRegex);
    context.known_patterns.insert(pattern.to_owned(), is_pattern);
    is_pattern
}

fn format(context: &mut Context<'_>, node: &Node<'_>) {
    let Some(format) = node.text("format") else { return };
    let place = node.at("format");
    let Some((_, types)) = FORMATS.iter().find(|(known, _)| *known == format) else {
        let near = did_you_mean(format, FORMATS.iter().map(|(known, _)| *known));
        let message = format!("the format `{}` is not known and never judged", clip(format));
        let problem = Problem::value(&UNKNOWN_FORMAT, &place, message).label("says nothing");
        let same = |near: &str| near.replace('-', "").eq_ignore_ascii_case(&format.replace(['-', '_'], ""));
        context.push(match near {
            Some(near) if same(near) => {
                let problem = problem.help(format!("did you mean `{near}`?"));
                problem.fix(node.place.spot(), Change::update("format", near))
            }
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("a `pattern` is judged everywhere"),
        });
        return;
    };
    let declared: Vec<&str> = match node.map.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let known = declared.iter().all(|name| TYPES.contains(name));
    if known && !declared.iter().any(|name| types.contains(name)) {
        let message = format!("the format `{format}` is for {}, not for {}", list(types), list(&declared));
        context.push(Problem::value(&FORMAT_TYPE, &place, message).label("says nothing"));
    }
}

/// Required names without a description, where everything there is stands in one place.
fn undescribed(context: &mut Context<'_>, node: &Node<'_>) {
    let Some(properties) = node.object("properties") else { return };
    let open = ["$ref", "allOf", "anyOf", "oneOf", "additionalProperties", "patternProperties"];
    if open.iter().any(|keyword| node.map.contains_key(*keyword)) {
        return;
    }
    let place = node.at("required");
    for (index, name) in node.list("required").iter().enumerate() {
        let Some(name) = name.as_str().filter(|name| !properties.contains_key(*name)) else { continue };
        let message = format!("the required property `{}` is not described", clip(name));
        let problem = Problem::value(&UNDESCRIBED_REQUIRED, &place.index(index), message);
        context.push(match did_you_mean(name, properties.keys().map(String::as_str)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")).severity(Severity::Warning),
            None => problem,
        });
    }
}

pub(super) fn xml(context: &mut Context<'_>, node: &Node<'_>) {
    exclusive(context, node, &["attribute", "nodeType"]);
    exclusive(context, node, &["wrapped", "nodeType"]);
}

fn discriminator(context: &mut Context<'_>, node: &Node<'_>) {
    let Some(discriminator) = node.object("discriminator") else { return };
    let place = node.at("discriminator");
    mapping(context, node, discriminator.get("mapping"));
    let Some(property) = discriminator.get("propertyName").and_then(Value::as_str) else { return };
    let here = place.key("propertyName").spot();
    for keyword in ["oneOf", "anyOf"] {
        let list = node.at(keyword);
        for index in 0..node.list(keyword).len() {
            let spot = list.index(index).spot();
            let Some(false) = has_property(context, &spot, property, 0) else { continue };
            let (target, _) = context.resolve(&spot);
            let name = target.pointer.last().unwrap_or_default().into_owned();
            let message = format!("`{}` has no property `{property}` to tell it by", clip(&name));
            let problem = Problem::spot(&DISCRIMINATOR, spot, message);
            context.push(problem.also(here.clone(), "by this"));
        }
    }
}

/// Whether a schema describes a property; `None` where that cannot be told.
fn has_property(context: &Context<'_>, spot: &Spot, property: &str, depth: usize) -> Option<bool> {
    const DEEPEST: usize = 8;
    let (spot, value) = context.resolve(spot);
    let map = value?.as_object()?;
    if depth > DEEPEST || map.contains_key("$ref") {
        return None;
    }
    if map.get("properties").and_then(Value::as_object).is_some_and(|properties| properties.contains_key(property)) {
        return Some(true);
    }
    let mut unclear = ["anyOf", "oneOf", "if", "not"].iter().any(|keyword| map.contains_key(*keyword));
    let all = spot.join("allOf");
    for index in 0..map.get("allOf").and_then(Value::as_array).map_or(0, Vec::len) {
        match has_property(context, &all.index(index), property, depth + 1) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unclear = true,
        }
    }
    let is_object = map.contains_key("properties") || map.contains_key("allOf");
    (!unclear && is_object).then_some(false)
}

/// Where the mapping leads: names of schemas, or references.
fn mapping(context: &mut Context<'_>, node: &Node<'_>, mapping: Option<&Value>) {
    let place = node.at("discriminator");
    let place = place.key("mapping");
    let Some(mapping) = mapping.and_then(Value::as_object) else { return };
    let document = node.place.spot().document;
    for (name, target) in mapping {
        let Some(target) = target.as_str() else { continue };
        let root = context.survey.root(document);
        let schemas = root.pointer("/components/schemas").and_then(Value::as_object);
        let is_there = match target.split_once('#') {
            Some(("", fragment)) => {
                Pointer::from_fragment(fragment).is_none_or(|at| root.pointer(at.as_str()).is_some())
            }
            Some(_) => true,
            None if target.contains(['/', ':']) || target.ends_with("json") || target.contains(".y") => true,
            None => schemas.is_some_and(|schemas| schemas.contains_key(target)),
        };
        if !is_there {
            let message = format!("`{}` leads to no schema", clip(target));
            let problem = Problem::value(&DISCRIMINATOR, &place.key(name), message).severity(Severity::Error);
            let bare = target.rsplit('/').next().unwrap_or(target);
            let near = schemas.and_then(|map| did_you_mean(bare, map.keys().map(String::as_str)));
            context.push(match near {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            });
        }
    }
}
