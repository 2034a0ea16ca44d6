//! Responses, bodies and their media types.

use serde_json::Value;

use super::components::exclusive;
use super::parameters::header_names;
use crate::contract::StatusPattern;
use crate::exchange::MediaType;
use crate::lint::context::{Context, Problem};
use crate::lint::rules::{MEDIA_TYPE_KEY, NO_RESPONSES, STATUS_KEY, UNEXPECTED_BODY, UNKNOWN_ENCODING};
use crate::lint::walk::{Node, clip};
use crate::source::did_you_mean;

pub(super) fn responses(context: &mut Context<'_>, node: &Node<'_>) {
    let mut any = false;
    for (key, _) in node.map.iter().filter(|(key, _)| !key.starts_with("x-")) {
        any = true;
        let is_range = key.len() == 3 && key.ends_with("XX");
        let is_right = match StatusPattern::parse(key) {
            Some(StatusPattern::Default) => key == "default",
            Some(StatusPattern::Range(_)) => is_range,
            Some(StatusPattern::Exact(_)) => true,
            None => false,
        };
        if !is_right {
            let message = format!("`{}` is no key of responses", clip(key));
            let problem = Problem::key(&STATUS_KEY, &node.at(key), message);
            let meant = key.to_ascii_uppercase();
            context.push(if StatusPattern::parse(key).is_some() && meant.ends_with("XX") {
                problem.help(format!("did you mean `{meant}`?"))
            } else {
                problem.help("a status code from 100 to 599, a range such as `4XX`, or `default`")
            });
        }
    }
    if !any {
        let message = "an operation describes at least one response";
        context.push(Problem::key(&NO_RESPONSES, node.place, message));
    }
}

pub(super) fn response(context: &mut Context<'_>, node: &Node<'_>) {
    header_names(context, node);
    content(context, node);
    let has_content = node.object("content").is_some_and(|content| !content.is_empty());
    let code = node.place.last_key().unwrap_or_default();
    if has_content && (matches!(code, "204" | "205" | "304") || code.len() == 3 && code.starts_with('1')) {
        let message = format!("a response with the status {code} has no body");
        let problem = Problem::key(&UNEXPECTED_BODY, &node.at("content"), message);
        context.push(problem.help("leave `content` out, or describe another status (RFC 9110, section 15)"));
    }
}

pub(super) fn content(context: &mut Context<'_>, node: &Node<'_>) {
    let place = node.at("content");
    for (key, _) in node.object("content").into_iter().flatten().filter(|(key, _)| *key != "$ref") {
        if MediaType::parse(key).is_err() {
            let message = format!("`{}` is no media type", clip(key));
            let problem = Problem::key(&MEDIA_TYPE_KEY, &place.key(key), message);
            context.push(problem.help("such as `application/json`, `text/*` or `*/*`"));
        }
    }
}

pub(super) fn media_type(context: &mut Context<'_>, node: &Node<'_>) {
    exclusive(context, node, &["example", "examples"]);
    exclusive(context, node, &["encoding", "prefixEncoding"]);
    exclusive(context, node, &["encoding", "itemEncoding"]);
    let Some(encoding) = node.object("encoding") else { return };
    let (_, schema) = context.resolve(&node.at("schema").spot());
    // Only where all properties are known by name.
    let Some(schema) = schema.and_then(Value::as_object) else { return };
    let open = ["$ref", "allOf", "anyOf", "oneOf", "if", "additionalProperties", "patternProperties"];
    if open.iter().any(|keyword| schema.contains_key(*keyword)) {
        return;
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let place = node.at("encoding");
    for (name, _) in encoding.iter().filter(|(name, _)| !properties.contains_key(*name)) {
        let message = format!("the schema has no property `{}` to encode", clip(name));
        let problem = Problem::key(&UNKNOWN_ENCODING, &place.key(name), message);
        context.push(match did_you_mean(name, properties.keys().map(String::as_str)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        });
    }
}

pub(super) fn encoding(context: &mut Context<'_>, node: &Node<'_>) {
    header_names(context, node);
    exclusive(context, node, &["encoding", "prefixEncoding"]);
    exclusive(context, node, &["encoding", "itemEncoding"]);
}
