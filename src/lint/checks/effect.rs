//! Keywords that allow and forbid nothing where they stand.

use serde_json::Value;

use super::types::{Types, declared};
use crate::lint::context::{Context, Problem};
use crate::lint::rules::KEYWORD_WITHOUT_EFFECT;
use crate::lint::version::Version;
use crate::lint::walk::Node;

/// Keywords, and the types that they are about (JSON Schema Validation 2020-12, sections 6.2 to 6.5).
const ABOUT: [(&[&str], &[&str], &str); 4] = [
    (&["minLength", "maxLength", "pattern"], &["string"], "strings"),
    (&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"], &["number", "integer"], "numbers"),
    (&["minItems", "maxItems", "uniqueItems", "items", "prefixItems", "contains"], &["array"], "lists"),
    (
        &["minProperties", "maxProperties", "properties", "patternProperties", "additionalProperties", "required"],
        &["object"],
        "objects",
    ),
];

/// Keywords that say nothing without another one.
const NEEDS: [(&str, &str); 4] =
    [("then", "if"), ("else", "if"), ("minContains", "contains"), ("maxContains", "contains")];

pub(super) fn schema(context: &mut Context<'_>, node: &Node<'_>) {
    nullable(context, node);
    other_types(context, node);
    let needs = if context.version >= Version::V31 { &NEEDS[..] } else { &[] };
    for (keyword, needed) in needs.iter().copied() {
        if node.map.contains_key(keyword) && !node.map.contains_key(needed) {
            let message = format!("`{keyword}` says nothing without `{needed}`");
            context.push(Problem::key(&KEYWORD_WITHOUT_EFFECT, &node.at(keyword), message));
        }
    }
}

/// `nullable` counts beside a `type` of its own, and allows null only where nothing else refuses it
/// (OpenAPI 3.0.3, Schema Object; proposal “Clarify Semantics of `nullable`”).
fn nullable(context: &mut Context<'_>, node: &Node<'_>) {
    if context.version != Version::V30 || !node.is_true("nullable") || node.map.contains_key("$ref") {
        return;
    }
    let place = node.at("nullable");
    if !node.map.contains_key("type") {
        let problem =
            Problem::key(&KEYWORD_WITHOUT_EFFECT, &place, "`nullable` allows no null without a `type` beside it");
        let has_parts = ["allOf", "oneOf", "anyOf"].iter().any(|keyword| node.map.contains_key(*keyword));
        context.push(if has_parts {
            problem.help("write `anyOf` of the schema and one with `nullable: true`, a `type` and `enum: [null]`")
        } else {
            problem.help("write the `type`")
        });
        return;
    }
    let options = node.map.get("enum").and_then(Value::as_array);
    if options.is_some_and(|options| !options.contains(&Value::Null)) {
        let message = "`nullable` allows no null here: it is not among the values of `enum`";
        let problem = Problem::key(&KEYWORD_WITHOUT_EFFECT, &place, message);
        context.push(problem.also(node.at("enum").spot(), "has no null").help("add `null` to `enum`"));
    }
}

/// Keywords about other types than the ones beside them.
fn other_types(context: &mut Context<'_>, node: &Node<'_>) {
    let Some(written) = node.map.get("type") else { return };
    let types = declared(node.map, context.version);
    for (keywords, about, what) in ABOUT {
        let concerned = about.iter().fold(Types::NONE, |all, name| all.or(Types::named(name)));
        if types.and(concerned) != Types::NONE {
            continue;
        }
        for keyword in keywords.iter().filter(|keyword| node.map.contains_key(**keyword)) {
            let message = format!("`{keyword}` is about {what} and says nothing of type {written}");
            let problem = Problem::key(&KEYWORD_WITHOUT_EFFECT, &node.at(keyword), message);
            context.push(problem.also(node.at("type").spot(), "the type"));
        }
    }
}
