//! What a recorded case expects: the status, the body as it was recorded but for what varies, and the header
//! fields that say something of the API.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::described::Described;
use super::look;
use super::stand_in::{StandIn, template};
use super::vary::Vary;
use crate::contract::{Contract, HeaderSpec, Operation};
use crate::exchange::{Exchange, Response};
use crate::source::{Pointer, Yaml};

/// The longest text of which the parts that vary are told from the others.
const LONGEST_TEXT: usize = 2048;

/// `expect:` of a step for this exchange, of whose body this varies.
pub fn expected(
    contract: &Contract,
    operation: Option<&Operation>,
    exchange: &Exchange,
    varying: &[Vary],
    stand_ins: &[StandIn],
) -> Yaml {
    let response = &exchange.response;
    let mut out = Yaml::mapping([("status", Yaml::from(Value::from(response.status)))]);
    let headers = headers(contract, operation, exchange, stand_ins);
    if !headers.is_empty() {
        out.insert("headers", Yaml::mapping(headers));
    }
    if !response.body.is_empty() {
        out.insert("recorded", body(response, varying, stand_ins));
    }
    out
}

/// `recorded:` of an expectation.
fn body(response: &Response, varying: &[Vary], stand_ins: &[StandIn]) -> Yaml {
    let text_only = response.media_type().is_some_and(|media| !media.is_json());
    let json = serde_json::from_slice::<Value>(&response.body).ok().filter(|_| !text_only);
    let lines = match &json {
        Some(value) => lines(value, varying),
        None => text(response, stand_ins).into_iter().collect(),
    };
    if lines.is_empty() {
        return Yaml::from(Value::Bool(true));
    }
    Yaml::mapping(lines.into_iter().map(|line| (line.path, Yaml::from(line.by).noted(line.why))))
}

/// A line under `expect.recorded`.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The JSONPath.
    pub path: String,
    /// The word or the schema.
    pub by: Value,
    /// Why.
    pub why: String,
}

/// What varies in a body, the items of a list taken together where all of them do.
pub fn lines(body: &Value, varying: &[Vary]) -> Vec<Line> {
    let mut seen: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    count(body, "$", &mut seen);
    let mut groups: Vec<(String, Vec<&Vary>)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for vary in varying {
        let path = json_path(body, &vary.at, true);
        let at = *places.entry(path.clone()).or_insert_with(|| {
            groups.push((path, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(vary);
    }
    let mut out = Vec::new();
    for (path, all) in groups {
        let (values, nulls) = seen.get(&path).copied().unwrap_or_default();
        let [first, ..] = all.as_slice() else { continue };
        let alike = all.iter().all(|vary| vary.by == first.by);
        if alike && all.len() >= values {
            let by = if nulls > 0 { or_null(&first.by) } else { first.by.clone() };
            out.push(Line { path, by, why: first.why.clone() });
        } else {
            out.extend(all.iter().map(|vary| Line {
                path: json_path(body, &vary.at, false),
                by: vary.by.clone(),
                why: vary.why.clone(),
            }));
        }
    }
    out
}

/// How many values there are at each path with all items of a list taken together, and how many of them are null.
fn count(value: &Value, path: &str, seen: &mut BTreeMap<String, (usize, usize)>) {
    match value {
        Value::Null => seen.entry(path.to_owned()).or_default().1 += 1,
        other => {
            seen.entry(path.to_owned()).or_default().0 += 1;
            match other {
                Value::Object(fields) => {
                    for (name, value) in fields {
                        count(value, &format!("{path}{}", member(name)), seen);
                    }
                }
                Value::Array(items) => {
                    let path = format!("{path}[*]");
                    for item in items {
                        count(item, &path, seen);
                    }
                }
                _ => {}
            }
        }
    }
}

/// A matcher that null passes, too.
fn or_null(by: &Value) -> Value {
    match by {
        Value::String(word) if matches!(word.as_str(), "string" | "integer" | "number") => {
            json!({"type": [word, "null"]})
        }
        Value::String(format) => json!({"type": ["string", "null"], "format": format}),
        other => other.clone(),
    }
}

/// A place as JSONPath (RFC 9535); `any_item`: for all items of the lists on the way.
pub fn json_path(body: &Value, at: &Pointer, any_item: bool) -> String {
    let mut out = "$".to_owned();
    let mut value = Some(body);
    for token in at.tokens() {
        if value.is_some_and(Value::is_array) {
            let item = if any_item { "*" } else { &*token };
            out.extend(["[", item, "]"]);
            value = token.parse().ok().and_then(|index: usize| value?.get(index));
        } else {
            out.push_str(&member(&token));
            value = value.and_then(|value| value.get(&*token));
        }
    }
    out
}

fn member(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain {
        return format!(".{name}");
    }
    let escape = |c: char| match c {
        '\\' | '\'' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    format!("['{}']", name.chars().map(escape).collect::<String>())
}

/// What of a text varies, as a pattern for the whole.
fn text(response: &Response, stand_ins: &[StandIn]) -> Option<Line> {
    let line = |by: Value, why: &str| Some(Line { path: "$".to_owned(), by, why: why.to_owned() });
    let text = std::str::from_utf8(&response.body).ok()?;
    if response.media_type().is_some_and(|media| media.essence() == "text/event-stream") {
        return line(Value::from("string"), "a stream of events");
    }
    let whole = Value::from(text);
    if template("", &whole, stand_ins) != crate::expression::Template::escape(&whole) {
        return line(Value::from("string"), "holds a secret or a captured value");
    }
    if let Some((by, said)) = look::of_text(text) {
        return line(by, &format!("looks like {said}"));
    }
    let pattern = look::pattern(text)?;
    if text.len() > LONGEST_TEXT {
        return line(Value::from("string"), "ids or times in it");
    }
    line(json!({"pattern": pattern}), "ids or times in it")
}

/// The header fields that say something of the API: those that the contract describes, and `Location`.
fn headers(
    contract: &Contract,
    operation: Option<&Operation>,
    exchange: &Exchange,
    stand_ins: &[StandIn],
) -> Vec<(String, Yaml)> {
    let response = &exchange.response;
    let described = operation.and_then(|operation| operation.response(response.status));
    let described: &[HeaderSpec] = described.map(|described| described.headers.as_slice()).unwrap_or_default();
    let mut out: Vec<(String, Yaml)> = Vec::new();
    for (name, value) in response.headers.iter() {
        let spec = described.iter().find(|spec| spec.name.eq_ignore_ascii_case(name));
        let location = name.eq_ignore_ascii_case("location");
        let ours = name.eq_ignore_ascii_case("content-type") || name.eq_ignore_ascii_case("set-cookie");
        let again = out.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        if (spec.is_none() && !location) || ours || again {
            continue;
        }
        let yaml = if location {
            location_of(&value)
        } else {
            let varies = field_varies(contract, spec, name, &value, stand_ins);
            varies.map_or_else(
                || Yaml::from(&*crate::expression::Template::escape_text(&value)),
                |why| Yaml::from(Value::Bool(true)).noted(why),
            )
        };
        out.push((name.to_owned(), yaml));
    }
    out
}

/// The path that was answered, without the server's address; its last part is another one each time.
fn location_of(value: &str) -> Yaml {
    let (path, more) = value.find(['?', '#']).map_or((value, ""), |at| value.split_at(at));
    let below = path.split_once("://").map(|(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    let start = if below.is_some() { "^https?://[^/]+" } else { "^" };
    let path = below.unwrap_or(path);
    let segments: Vec<String> = path
        .split('/')
        .collect::<Vec<_>>()
        .iter()
        .enumerate()
        .map(|(at, segment)| {
            let last = at > 0 && at + 1 == path.split('/').count() && !segment.is_empty();
            let id = last || look::of_text(segment).is_some();
            if id { "[^/?#]+".to_owned() } else { regex::escape(segment) }
        })
        .collect();
    let end = if more.is_empty() { "$" } else { "" };
    let pattern = format!("{start}{}{end}", segments.join("/"));
    Yaml::mapping([("matches", Yaml::from(pattern.as_str()))]).noted("ends in an id that the server gives out")
}

/// Why the value of a field varies, where it does.
fn field_varies(
    contract: &Contract,
    spec: Option<&HeaderSpec>,
    name: &str,
    value: &str,
    stand_ins: &[StandIn],
) -> Option<String> {
    const OF_THE_MOMENT: [&str; 6] = ["etag", "last-modified", "expires", "retry-after", "age", "date"];
    let lower = name.to_ascii_lowercase();
    let json = Value::from(value);
    if OF_THE_MOMENT.contains(&lower.as_str()) || lower.contains("ratelimit") || lower.contains("rate-limit") {
        return Some("of the moment".to_owned());
    }
    if template("", &json, stand_ins) != crate::expression::Template::escape(&json) {
        return Some("a secret or a captured value".to_owned());
    }
    if let Some(schema) = spec.and_then(|spec| spec.schema.as_ref()) {
        let facts = Described::of(contract, schema).facts(contract);
        if let Some((format, place)) = facts.format.filter(|(format, _)| crate::case::like::is_format(format)) {
            return Some(format!("format {format}, {}:{}", place.file, place.line));
        }
    }
    if let Some((_, said)) = look::of_text(value) {
        return Some(format!("looks like {said}"));
    }
    look::of_name(name, &json).map(str::to_owned)
}
