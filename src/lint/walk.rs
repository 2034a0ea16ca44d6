//! A walk over all objects of a document: their structure by the tables of [`super::object`], and
//! for each object the checks of its kind.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::Change;
use super::checks;
use super::context::{Context, Problem};
use super::keyword::{asserts, version_of};
use super::object::{Field, Holds, Kind};
use super::place::Place;
use super::rules::{
    FIELD_NOT_IN_VERSION, IGNORED_BESIDE_REFERENCE, INVALID_URL, KEYWORD_NOT_IN_VERSION, MISSING_FIELD,
    REFERENCE_NOT_ALLOWED, UNKNOWN_FIELD, UNKNOWN_KEYWORD, WRONG_TYPE,
};
use super::version::Version;
use crate::contract::{self, Direction, Spot};
use crate::source::{Severity, did_you_mean};

/// An object that checks look at.
#[derive(Clone, Copy)]
pub(super) struct Node<'n> {
    pub(super) kind: Kind,
    pub(super) map: &'n Map<String, Value>,
    pub(super) value: &'n Value,
    pub(super) place: &'n Place<'n>,
    /// Which way what is described goes, where its surroundings say it.
    pub(super) direction: Option<Direction>,
}

impl<'n> Node<'n> {
    /// The text of a field.
    pub(super) fn text(&self, field: &str) -> Option<&'n str> {
        self.map.get(field)?.as_str()
    }

    /// The mapping of a field.
    pub(super) fn object(&self, field: &str) -> Option<&'n Map<String, Value>> {
        self.map.get(field)?.as_object()
    }

    /// The list of a field; empty where it has none.
    pub(super) fn list(&self, field: &str) -> &'n [Value] {
        self.map.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Whether a field is `true`.
    pub(super) fn is_true(&self, field: &str) -> bool {
        self.map.get(field) == Some(&Value::Bool(true))
    }

    /// The place of a field.
    pub(super) fn at(&'n self, field: &'n str) -> Place<'n> {
        self.place.key(field)
    }
}

/// Walks all documents and what references lead to in them.
pub(super) fn walk(context: &mut Context<'_>) {
    let survey = context.survey;
    let mut starts: Vec<(Spot, Kind)> = (0..survey.len())
        .filter(|number| *number == 0 || survey.root(*number).get("openapi").is_some())
        .map(|document| (Spot { document, ..Spot::default() }, Kind::OpenApi))
        .collect();
    starts.extend(survey.targets().map(|(spot, kind)| (spot, Kind::from(kind))));
    let mut walker = Walker { context, seen: HashSet::new() };
    for (spot, kind) in &starts {
        let Some(value) = survey.value(spot) else { continue };
        walker.context.version = walker.context.version_of(spot.document);
        walker.one(value, *kind, &Place::start(spot), None);
    }
    walker.context.version = walker.context.version_of(0);
}

impl From<contract::Kind> for Kind {
    fn from(kind: contract::Kind) -> Self {
        match kind {
            contract::Kind::OpenApi => Self::OpenApi,
            contract::Kind::Components => Self::Components,
            contract::Kind::PathItem => Self::PathItem,
            contract::Kind::Operation => Self::Operation,
            contract::Kind::Callback => Self::Callback,
            contract::Kind::Parameter => Self::Parameter,
            contract::Kind::Header => Self::Header,
            contract::Kind::RequestBody => Self::RequestBody,
            contract::Kind::Response => Self::Response,
            contract::Kind::MediaType => Self::MediaType,
            contract::Kind::Encoding => Self::Encoding,
            contract::Kind::Example => Self::Example,
            contract::Kind::Link => Self::Link,
            contract::Kind::SecurityScheme => Self::SecurityScheme,
            contract::Kind::Schema => Self::Schema,
        }
    }
}

struct Walker<'w, 'c> {
    context: &'w mut Context<'c>,
    /// Objects that were walked, by address: a target may stand inside another one.
    seen: HashSet<(usize, Kind)>,
}

impl Walker<'_, '_> {
    fn one(&mut self, value: &Value, kind: Kind, place: &Place<'_>, direction: Option<Direction>) {
        let Value::Object(map) = value else {
            let is_schema = kind == Kind::Schema && value.is_boolean() && self.context.version >= Version::V31;
            if !is_schema {
                self.wrong_type(value, &kind.with_article(), kind, place);
            }
            return;
        };
        if !self.seen.insert((std::ptr::from_ref(value) as usize, kind)) {
            return;
        }
        let direction = match kind {
            Kind::Parameter | Kind::RequestBody => Some(Direction::Request),
            Kind::Response => Some(Direction::Response),
            _ => direction,
        };
        let node = Node { kind, map, value, place, direction };
        if map.get("$ref").is_some_and(Value::is_string) && !self.goes_on_beside_reference(&node) {
            return;
        }
        self.fields(&node);
        checks::visit(self.context, &node);
        for (key, below) in map {
            let place = place.key(key);
            match kind.fields().iter().find(|field| field.name == key) {
                Some(field) => self.holds(below, field.holds, kind, &place, direction),
                None if key.starts_with("x-") => {}
                None => {
                    if let Some(holds) = kind.entries() {
                        self.holds(below, holds, kind, &place, direction);
                    }
                }
            }
        }
    }

    /// Whether an object with a `$ref` means anything beside it.
    fn goes_on_beside_reference(&mut self, node: &Node<'_>) -> bool {
        let version = self.context.version;
        if !node.kind.is_referable(version) {
            self.reference_not_allowed(node.kind, node.place);
            return false;
        }
        if node.kind == Kind::PathItem || node.kind == Kind::Schema && version >= Version::V31 {
            return true;
        }
        let kept = |key: &str| {
            key == "$ref"
                || key.starts_with("x-")
                || version >= Version::V31 && matches!(key, "summary" | "description")
        };
        let ignored: Vec<&str> = node.map.keys().map(String::as_str).filter(|key| !kept(key)).collect();
        if let Some(first) = ignored.iter().find(|key| asserts(key)).or(ignored.first()) {
            let harmless = !ignored.iter().any(|key| asserts(key));
            let verb = if ignored.len() == 1 { "is" } else { "are" };
            let message = format!("{} beside `$ref` {verb} ignored", list(&ignored));
            let mut problem = Problem::key(&IGNORED_BESIDE_REFERENCE, &node.at(first), message);
            if node.kind == Kind::Schema {
                problem = problem.help("put the reference into `allOf`, with the rest beside that");
            }
            let severity = if harmless { Severity::Hint } else { Severity::Warning };
            self.context.push(problem.severity(severity).label("ignored"));
        }
        false
    }

    fn reference_not_allowed(&mut self, kind: Kind, place: &Place<'_>) {
        let message = "a `$ref` is not allowed here";
        let problem = Problem::key(&REFERENCE_NOT_ALLOWED, &place.key("$ref"), message)
            .label("never followed")
            .help("write the value itself")
            .section(kind.section());
        self.context.push(problem);
    }

    fn fields(&mut self, node: &Node<'_>) {
        let version = self.context.version;
        for field in node.kind.fields() {
            let required = field.required.is_some_and(|(first, last)| first <= version && version <= last);
            if required && !node.map.contains_key(field.name) {
                let message = format!("`{}` is missing in this {}", field.name, node.kind.name());
                let mut problem = Problem::key(&MISSING_FIELD, node.place, message);
                if (node.kind, field.name) == (Kind::Response, "description") {
                    problem = problem.fix(node.place.spot(), Change::update("description", phrase(node.place)));
                }
                self.context.push(problem.label(format!("needs `{}`", field.name)).section(node.kind.section()));
            }
        }
        if node.kind.entries().is_some() {
            return;
        }
        for key in node.map.keys().filter(|key| !key.starts_with("x-")) {
            match node.kind.fields().iter().find(|field| field.name == key) {
                None => self.unknown(node, key),
                Some(field) if version < field.since || version > field.until => self.other_version(node, field),
                Some(_) => {}
            }
        }
    }

    fn unknown(&mut self, node: &Node<'_>, key: &str) {
        let version = self.context.version;
        let known = node.kind.fields().iter().filter(|field| field.since <= version && version <= field.until);
        let near = did_you_mean(key, known.clone().map(|field| field.name));
        let place = node.at(key);
        if node.kind == Kind::Schema {
            let message = format!("`{key}` is no keyword of schemas and says nothing");
            let mut problem = Problem::key(&UNKNOWN_KEYWORD, &place, message).label("says nothing");
            problem = match near {
                Some(near) => renamed(problem, node, key, near),
                // An annotation of the author's own is allowed since 3.1.
                None if version >= Version::V31 => problem.severity(Severity::Hint).help("extensions start with `x-`"),
                None => problem.help("extensions start with `x-`"),
            };
            self.context.push(problem);
            return;
        }
        let message = format!("`{key}` is no field of {}", node.kind.with_article());
        let problem = Problem::key(&UNKNOWN_FIELD, &place, message).label("not known here");
        let problem = match near {
            Some(near) => renamed(problem, node, key, near),
            None => {
                let names: Vec<&str> = known.map(|field| field.name).collect();
                problem.help(format!("known here: {}; extensions start with `x-`", names.join(", ")))
            }
        };
        self.context.push(problem.section(node.kind.section()));
    }

    fn other_version(&mut self, node: &Node<'_>, field: &Field) {
        let version = self.context.version;
        let place = node.at(field.name);
        let of = version_of(field);
        let problem = if node.kind == Kind::Schema {
            let message = format!("`{}` says nothing in OpenAPI {version}: it is a keyword of {of}", field.name);
            let problem = Problem::key(&KEYWORD_NOT_IN_VERSION, &place, message).label("says nothing");
            match field.name {
                "nullable" => {
                    let problem = problem.help("add `null` to the types: `type: [string, 'null']`");
                    match (node.text("type"), node.map.get("nullable")) {
                        (Some(name), Some(Value::Bool(true))) if !node.map.contains_key("enum") => problem
                            .fix(node.place.spot(), Change::update("type", json!([name, "null"])))
                            .fix(place.spot(), Change::Remove),
                        _ => problem,
                    }
                }
                "const" if !node.map.contains_key("enum") => problem
                    .help("an `enum` of one value says the same")
                    .fix(node.place.spot(), Change::update("enum", json!([node.map["const"]])))
                    .fix(place.spot(), Change::Remove),
                "examples" => problem.help("write one `example`"),
                _ => problem,
            }
        } else {
            let message = format!("`{}` is a field of {of}; this document is OpenAPI {version}", field.name);
            Problem::key(&FIELD_NOT_IN_VERSION, &place, message).section(node.kind.section())
        };
        self.context.push(problem);
    }

    fn holds(&mut self, value: &Value, holds: Holds, owner: Kind, place: &Place<'_>, direction: Option<Direction>) {
        match holds {
            Holds::Any => {}
            Holds::One(kind) => self.one(value, kind, place, direction),
            Holds::FlagOr(kind) => {
                if !value.is_boolean() {
                    self.one(value, kind, place, direction);
                }
            }
            Holds::List(kind) => match value {
                Value::Array(items) => {
                    for (index, item) in items.iter().enumerate() {
                        self.one(item, kind, &place.index(index), direction);
                    }
                }
                _ => self.wrong_type(value, "a list", owner, place),
            },
            Holds::Map(kind) => match value {
                // A schema's property may well be called `$ref`; its value is a mapping then.
                Value::Object(map) if map.get("$ref").is_some_and(Value::is_string) => {
                    self.reference_not_allowed(owner, place);
                }
                Value::Object(map) => {
                    for (key, value) in map {
                        self.one(value, kind, &place.key(key), direction);
                    }
                }
                _ => self.wrong_type(value, "a mapping", owner, place),
            },
            Holds::TextList => match value {
                Value::Array(items) => {
                    for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.is_string()) {
                        self.wrong_type(item, "a string", owner, &place.index(index));
                    }
                }
                _ => self.wrong_type(value, "a list of strings", owner, place),
            },
            Holds::TextMap => match value {
                Value::Object(map) => {
                    for (key, item) in map.iter().filter(|(_, item)| !item.is_string()) {
                        self.wrong_type(item, "a string", owner, &place.key(key));
                    }
                }
                _ => self.wrong_type(value, "a mapping to strings", owner, place),
            },
            Holds::Text | Holds::Url | Holds::Flag | Holds::Number | Holds::Positive | Holds::Count => {
                self.scalar(value, holds, owner, place);
            }
        }
    }

    fn scalar(&mut self, value: &Value, holds: Holds, owner: Kind, place: &Place<'_>) {
        let (is_right, expected) = match holds {
            Holds::Flag => (value.is_boolean(), "`true` or `false`"),
            Holds::Number => (value.is_number(), "a number"),
            Holds::Positive => (value.as_f64().is_some_and(|n| n > 0.0), "a number above 0"),
            Holds::Count => (value.as_f64().is_some_and(|n| n >= 0.0 && n.fract() == 0.0), "a whole number from 0"),
            _ => (value.is_string(), "a string"),
        };
        if !is_right {
            self.wrong_type(value, expected, owner, place);
        } else if let (Holds::Url, Some(text)) = (holds, value.as_str())
            && !is_url(text)
        {
            let problem = Problem::value(&INVALID_URL, place, format!("`{}` is no URL", clip(text)));
            self.context.push(problem.section(owner.section()));
        }
    }

    fn wrong_type(&mut self, value: &Value, expected: &str, owner: Kind, place: &Place<'_>) {
        if value.get("$ref").is_some_and(Value::is_string) {
            self.reference_not_allowed(owner, place);
            return;
        }
        let name = place.last_key().map(|key| format!("`{key}`: ")).unwrap_or_default();
        let message = format!("{name}expected {expected}, found {}", kind_of(value));
        let problem = Problem::value(&WRONG_TYPE, place, message).label(format!("not {expected}"));
        let problem = problem.section(owner.section());
        self.context.push(match value {
            Value::Null => {
                let problem = problem.help("leave the field out, or give it a value");
                let is_required =
                    |key| owner.fields().iter().any(|field| field.name == key && field.required.is_some());
                match place.last_key() {
                    Some(key) if !is_required(key) => problem.fix(place.spot(), Change::Remove),
                    _ => problem,
                }
            }
            Value::Number(_) | Value::Bool(_) if expected == "a string" => problem.help(format!("quote it: '{value}'")),
            Value::String(text) if matches!(text.as_str(), "true" | "false") => {
                problem.help(format!("without quotes: {text}"))
            }
            Value::Bool(_) if place.last_key() == Some("required") => {
                problem.help("`required` is a list of names beside `properties`, not a flag of a property")
            }
            _ => problem,
        });
    }
}

/// A field that was misspelt: with its value at the right name, where that is free.
fn renamed(problem: Problem, node: &Node<'_>, key: &str, near: &str) -> Problem {
    let problem = problem.help(format!("did you mean `{near}`?"));
    if node.map.contains_key(near) {
        return problem;
    }
    let change = Change::update(near, node.map[key].clone());
    problem.fix(node.place.spot(), change).fix(node.at(key).spot(), Change::Remove)
}

/// What a status code is called (RFC 9110, section 15).
fn phrase(response: &Place<'_>) -> String {
    let status = response.last_key().and_then(|key| key.parse::<hyper::StatusCode>().ok());
    status.and_then(|status| status.canonical_reason()).unwrap_or("The response.").to_owned()
}

/// A URI reference may be nearly anything; what no parser takes is told.
fn is_url(text: &str) -> bool {
    // A template is not resolved before it is filled.
    let base = url::Url::parse("https://host.invalid/").ok();
    !text.contains(char::is_whitespace) && url::Url::options().base_url(base.as_ref()).parse(text).is_ok()
}

/// What a value is, in a user's words.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// Names in backticks, joined.
pub(super) fn list(names: &[&str]) -> String {
    const MOST: usize = 8;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{}`", clip(name))).collect();
    let more = names.len().saturating_sub(MOST);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// A text that is short enough for a message.
pub(super) fn clip(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
