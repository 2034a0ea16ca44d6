//! Parameter Objects and Header Objects.

use serde_json::Value;

use super::components::exclusive;
use crate::contract::Spot;
use crate::lint::Change;
use crate::lint::context::{Context, Problem};
use crate::lint::object::Kind;
use crate::lint::rules::{
    DUPLICATE_PARAMETER, MISSING_FIELD, PARAMETER_CONTENT, PARAMETER_IGNORED, PARAMETER_NAME, PARAMETER_REQUIRED,
    PARAMETER_STYLE, QUERYSTRING, WRONG_TYPE,
};
use crate::lint::version::Version;
use crate::lint::walk::{Node, clip, list};
use crate::source::{Severity, did_you_mean};

/// The parameters of an operation or path item: unique, and at most one `querystring`.
pub(super) fn duplicates(context: &mut Context<'_>, node: &Node<'_>) {
    let place = node.at("parameters");
    let mut seen: Vec<(String, String, Spot)> = Vec::new();
    for index in 0..node.list("parameters").len() {
        let spot = place.index(index).spot();
        let (_, Some(parameter)) = context.resolve(&spot) else { continue };
        let text = |field: &str| parameter.get(field).and_then(Value::as_str);
        let (Some(name), Some(location)) = (text("name"), text("in")) else { continue };
        let is_same = |known: &str| known == name || location == "header" && known.eq_ignore_ascii_case(name);
        if let Some((.., first)) = seen.iter().find(|(known, at, _)| at == location && is_same(known)) {
            let message = format!("the {location} parameter `{}` stands twice in one list", clip(name));
            let problem = Problem::spot(&DUPLICATE_PARAMETER, spot.clone(), message);
            context.push(problem.also(first.clone(), "first here"));
        }
        let clashes = |at: &str| at == "querystring" || location == "querystring" && at == "query";
        let with_query = location == "querystring" || location == "query";
        if with_query && let Some((.., first)) = seen.iter().find(|(_, at, _)| clashes(at)) {
            let message = "a `querystring` parameter is the whole query: no other one stands beside it";
            let problem = Problem::spot(&QUERYSTRING, spot.clone(), message);
            context.push(problem.also(first.clone(), "the other"));
        }
        seen.push((name.to_owned(), location.to_owned(), spot));
    }
}

pub(super) fn parameter(context: &mut Context<'_>, node: &Node<'_>) {
    common(context, node);
    let Some(location) = node.text("in") else { return };
    let known: &[&str] = match context.version {
        Version::V32 => &["query", "querystring", "header", "path", "cookie"],
        _ => &["query", "header", "path", "cookie"],
    };
    if !known.contains(&location) {
        let message = format!("`in: {}` is no place for a parameter", clip(location));
        let problem = Problem::value(&WRONG_TYPE, &node.at("in"), message).section(Kind::Parameter.section());
        context.push(match did_you_mean(location, known.iter().copied()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None if location == "body" || location == "formData" => {
                problem.help("since OpenAPI 3.0 a body is described by `requestBody`")
            }
            None => problem.help(format!("one of {}", list(known))),
        });
        return;
    }
    if location == "path" && !node.is_true("required") {
        let message = "a path parameter is always there: it needs `required: true`";
        let place = node.at("required");
        let problem = Problem::key(&PARAMETER_REQUIRED, &place, message).label("needs `required: true`");
        context.push(problem.fix(node.place.spot(), Change::update("required", true)));
    }
    name(context, node, location);
    style(context, node, location);
    if location == "querystring" {
        querystring(context, node);
    }
}

fn name(context: &mut Context<'_>, node: &Node<'_>, location: &str) {
    let Some(name) = node.text("name") else { return };
    let wrong = match location {
        "path" => name.contains(['{', '}', '/']) || name.is_empty(),
        "header" => !is_token(name),
        _ => false,
    };
    let place = node.at("name");
    if wrong {
        let message = format!("`{}` is no name for a {location} parameter", clip(name));
        context.push(Problem::value(&PARAMETER_NAME, &place, message));
    }
    let ignored = ["accept", "content-type", "authorization"].contains(&name.to_ascii_lowercase().as_str());
    if location == "header" && ignored {
        let message = format!("a parameter for the header `{name}` is ignored");
        let problem = Problem::value(&PARAMETER_IGNORED, &place, message);
        context.push(problem.help("media types of bodies and security schemes describe it"));
    }
}

/// A field name of HTTP (RFC 9110, section 5.1).
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Which styles go where (section "Style Values"), and what goes with them.
fn style(context: &mut Context<'_>, node: &Node<'_>, location: &str) {
    let known: &[&str] = match location {
        "path" => &["matrix", "label", "simple"],
        "query" => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
        "header" => &["simple"],
        "cookie" if context.version >= Version::V32 => &["form", "cookie"],
        "cookie" => &["form"],
        _ => &[],
    };
    let place = node.at("style");
    let style = node.text("style");
    if let Some(style) = style.filter(|style| !known.contains(style)) {
        let message = format!("`style: {}` is not for a {location} parameter", clip(style));
        let problem = Problem::value(&PARAMETER_STYLE, &place, message);
        context.push(problem.help(format!("allowed: {}", list(known))));
    }
    if style == Some("deepObject") && node.map.get("explode") == Some(&Value::Bool(false)) {
        let message = "`deepObject` is only defined with `explode: true`";
        context.push(Problem::value(&PARAMETER_STYLE, &node.at("explode"), message).severity(Severity::Warning));
    }
    if location != "query" && node.is_true("allowEmptyValue") {
        let message = "`allowEmptyValue` is only for query parameters";
        context.push(Problem::key(&PARAMETER_STYLE, &node.at("allowEmptyValue"), message).severity(Severity::Warning));
    }
    let reserved = match (context.version, location) {
        (_, "query") => true,
        (Version::V32, "cookie") => style != Some("cookie"),
        (Version::V32, _) => location == "path",
        _ => false,
    };
    if !reserved && node.map.contains_key("allowReserved") {
        let message = format!("`allowReserved` says nothing of a {location} parameter of this style");
        let problem = Problem::key(&PARAMETER_STYLE, &node.at("allowReserved"), message);
        // The text of 3.0 only says where it applies.
        context.push(if context.version == Version::V30 { problem.severity(Severity::Warning) } else { problem });
    }
}

fn querystring(context: &mut Context<'_>, node: &Node<'_>) {
    for field in ["schema", "style", "explode", "allowReserved"] {
        if node.map.contains_key(field) {
            let message = format!("a `querystring` parameter has no `{field}`");
            context.push(Problem::key(&QUERYSTRING, &node.at(field), message).help("describe it by `content`"));
        }
    }
}

/// What parameters and headers have in common: `schema` or `content`, `example` or `examples`.
fn common(context: &mut Context<'_>, node: &Node<'_>) {
    exclusive(context, node, &["example", "examples"]);
    exclusive(context, node, &["schema", "content"]);
    if !node.map.contains_key("schema") && !node.map.contains_key("content") {
        let message = format!("this {} has neither `schema` nor `content`", node.kind.name());
        let problem = Problem::key(&MISSING_FIELD, node.place, message).label("needs one of them");
        context.push(problem.section(node.kind.section()));
    }
    if let Some(content) = node.object("content").filter(|content| content.len() != 1) {
        let message = format!("`content` has one entry here, not {}", content.len());
        context.push(Problem::key(&PARAMETER_CONTENT, &node.at("content"), message));
    }
}

pub(super) fn header(context: &mut Context<'_>, node: &Node<'_>) {
    common(context, node);
    let place = node.at("style");
    if let Some(style) = node.text("style").filter(|style| *style != "simple") {
        let message = format!("`style: {}` is not for a header", clip(style));
        context.push(Problem::value(&PARAMETER_STYLE, &place, message).help("allowed: `simple`"));
    }
}

/// The names of the headers of a response or a part.
pub(super) fn header_names(context: &mut Context<'_>, node: &Node<'_>) {
    let place = node.at("headers");
    for (name, _) in node.object("headers").into_iter().flatten() {
        let here = place.key(name);
        if !is_token(name) {
            let message = format!("`{}` is no name for a header", clip(name));
            context.push(Problem::key(&PARAMETER_NAME, &here, message));
        } else if name.eq_ignore_ascii_case("content-type") {
            let message = "a description of the header `Content-Type` is ignored";
            let problem = Problem::key(&PARAMETER_IGNORED, &here, message).section(node.kind.section());
            context.push(problem.help("the keys of `content` describe it"));
        }
    }
}
