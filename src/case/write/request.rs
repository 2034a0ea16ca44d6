//! The request of a step: what people would write, as far as it is read as the same.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::Recording;
use super::faithful::{Form, form};
use super::response::{base64, headers, is_of_the_connection};
use super::stand_in::{template_url, yaml};
use crate::case::common::Common;
use crate::case::context::{Scope, base, env_var};
use crate::case::step::Step;
use crate::contract::{Contract, Location, Operation, Parameter, Raw, RawRoute, Shape, cookie_pairs, query_pairs};
use crate::exchange::{MediaType, Redactor, Request};
use crate::expression::{Session, Template};
use crate::source::{Diagnostics, Node, Source, Yaml};

/// The keys of the step that say what is sent, in the order people write them.
pub(super) fn entries(contract: &Contract, recording: &Recording<'_>) -> Vec<(String, Yaml)> {
    let mut draft = Draft::new(contract, recording);
    draft.settle();
    let stand_ins = recording.stand_ins;
    let entry = |(key, value): (&str, Value)| match (key, &value) {
        ("url", Value::String(url)) => (key.to_owned(), Yaml::from(template_url(url, stand_ins).as_str())),
        _ => (key.to_owned(), yaml(key, &value, stand_ins)),
    };
    let mut entries: Vec<(String, Yaml)> = draft.keys.into_iter().map(entry).collect();
    if let Some(token) = bearer(&recording.exchange.request) {
        let token = yaml("authorization", &Value::from(token), stand_ins);
        entries.push(("auth".to_owned(), Yaml::mapping([("bearer", token)])));
    }
    if let Some((key, body)) = draft.body {
        entries.push((key.to_owned(), body));
    }
    entries
}

/// A step in the making.
struct Draft<'a> {
    contract: &'a Contract,
    recording: &'a Recording<'a>,
    keys: Vec<(&'static str, Value)>,
    body: Option<(&'static str, Yaml)>,
    /// The body as the reader takes it, for a look at what it makes of it.
    plain_body: Option<(&'static str, Value)>,
}

impl<'a> Draft<'a> {
    fn new(contract: &'a Contract, recording: &'a Recording<'a>) -> Self {
        let mut draft = Self { contract, recording, keys: Vec::new(), body: None, plain_body: None };
        draft.target();
        draft.fields();
        draft.fill_body();
        draft
    }

    fn request(&self) -> &'a Request {
        &self.recording.exchange.request
    }

    fn set(&mut self, key: &'static str, value: Map<String, Value>) {
        if !value.is_empty() {
            self.keys.push((key, Value::Object(value)));
        }
    }

    fn target(&mut self) {
        let Some(operation) = self.recording.operation else {
            self.keys.push(("method", Value::from(self.request().method.clone())));
            self.keys.push(("url", Value::from(self.recording.target)));
            return;
        };
        self.keys.push(("operation", Value::from(operation.id())));
        if self.request().method != operation.method() {
            self.keys.push(("method", Value::from(self.request().method.clone())));
        }
        let (path, query) = split(self.recording.target);
        let path = path_values(self.contract, operation, path);
        self.set("path", path);
        self.set("query", query_values(self.contract, operation, query.unwrap_or_default()));
    }

    fn fields(&mut self) {
        let request = self.request();
        let bearer = bearer(request).is_some();
        let cookies = self.cookies();
        let mut fields = headers(&request.headers, |name| {
            is_of_the_connection(name)
                || (bearer && name.eq_ignore_ascii_case("authorization"))
                || (cookies.is_some() && name.eq_ignore_ascii_case("cookie"))
                || name.eq_ignore_ascii_case("content-type")
        });
        let parameters = self.recording.operation.map(Operation::parameters).unwrap_or_default();
        for (name, value) in &mut fields {
            let declared =
                |known: &&Parameter| known.location == Location::Header && known.name.eq_ignore_ascii_case(name);
            if let (Some(parameter), Value::String(text)) = (parameters.iter().find(declared), &*value) {
                let typed = typed(self.contract, parameter, &Raw::Text(Some(text)), text);
                *value = typed.unwrap_or_else(|| value.take());
            }
        }
        self.set("headers", fields);
        self.set("cookies", cookies.unwrap_or_default());
    }

    /// The cookies by name, where each name stands once and nothing is lost.
    fn cookies(&self) -> Option<Map<String, Value>> {
        let sent = self.request().headers.combined("cookie")?;
        let mut out = Map::new();
        for pair in sent.split(';') {
            let (name, value) = pair.trim().split_once('=')?;
            let parameters = self.recording.operation.map(Operation::parameters).unwrap_or_default();
            let declared = parameters.iter().find(|known| known.location == Location::Cookie && known.name == name);
            let value = match declared {
                Some(parameter) => {
                    typed(self.contract, parameter, &Raw::Pairs(&cookie_pairs(pair.trim())), pair.trim())?
                }
                None => Value::from(value),
            };
            if out.insert(name.to_owned(), value).is_some() {
                return None;
            }
        }
        Some(out)
    }

    fn fill_body(&mut self) {
        let request = self.request();
        let media_type = request.media_type();
        let stand_ins = self.recording.stand_ins;
        if media_type.as_ref().is_some_and(MediaType::is_form)
            && let Some(fields) = form_fields(&request.body)
        {
            self.body = Some(("form", yaml("", &fields, stand_ins)));
            self.plain_body = Some(("form", fields));
            return;
        }
        self.body = match form(&request.body, media_type.as_ref()) {
            Form::Nothing => None,
            Form::Json(value) => Some(("body", yaml("", &value, stand_ins))),
            Form::Text(text) => Some(("raw", yaml("", &Value::from(text), stand_ins))),
            Form::Bytes => Some(("base64", base64(&request.body))),
        };
        // Which body it is decides on the media type that is sent by itself; what it holds does not.
        self.plain_body = self.body.as_ref().map(|(key, _)| (*key, Value::from("")));
    }

    /// Adds what the reader would do otherwise: the URL, the media type, the field `Accept`.
    fn settle(&mut self) {
        let request = self.request();
        let wanted = |name: &str| request.headers.combined(name);
        let mut read = self.read();
        let same = read.as_ref().is_some_and(|read| same_target(&read.url, self.recording.target));
        if !same && self.recording.operation.is_some() {
            self.keys.retain(|(key, _)| !matches!(*key, "path" | "query"));
            let at = self.keys.iter().take_while(|(key, _)| matches!(*key, "operation" | "method")).count();
            self.keys.insert(at, ("url", Value::from(self.recording.target)));
            read = self.read();
        }
        let Some(read) = read else { return };
        if read.headers.combined("content-type") != wanted("content-type") {
            let value = wanted("content-type").map_or(Value::Null, Value::from);
            self.keys.push(("content-type", value));
        }
        // Who takes anything, or says nothing of it, is content with what is documented.
        let anything = wanted("accept").is_none_or(|accept| accept.trim() == "*/*");
        if anything || self.automatic_accept() == wanted("accept") {
            self.without_header("Accept");
        }
    }

    fn without_header(&mut self, name: &str) {
        let Some(at) = self.keys.iter().position(|(key, _)| *key == "headers") else { return };
        let Value::Object(fields) = &mut self.keys[at].1 else { return };
        fields.retain(|known, _| !known.eq_ignore_ascii_case(name));
        if fields.is_empty() {
            self.keys.remove(at);
        }
    }

    /// What is sent where the step says nothing of it.
    fn automatic_accept(&self) -> Option<String> {
        let keys = self.keys.iter().filter(|(key, _)| *key != "headers").cloned().collect();
        let bare = Draft { keys, body: None, plain_body: None, ..*self };
        bare.read()?.headers.combined("accept")
    }

    /// The request that the reader makes of the step; `None` where it refuses it.
    fn read(&self) -> Option<Request> {
        let keys = self.keys.iter().chain(&self.plain_body);
        let step: Map<String, Value> = keys.map(|(key, value)| ((*key).to_owned(), Template::escape(value))).collect();
        let value = Value::Object(step);
        let source = Source::new("recorded.yaml", "");
        let node = Node::root(&value, &source);
        let mut faults = Diagnostics::new();
        let step = Step::decode_listed(&node, &Common::default(), self.contract, &mut faults)?;
        if faults.has_errors() {
            return None;
        }
        let session = Session::new(0, "", std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH));
        let scope = Scope::bare(base(session, env_var(&BTreeMap::new()), self.contract.name()));
        step.request(self.contract, "", &scope, &Redactor::new()).ok()
    }
}

/// The token of `Authorization: Bearer …`.
fn bearer(request: &Request) -> Option<String> {
    let mut all = request.headers.all("authorization");
    let value = all.next().filter(|_| request.headers.all("authorization").count() == 1)?;
    let token = value.strip_prefix("Bearer ")?;
    (!token.is_empty() && !token.starts_with(' ')).then(|| token.to_owned())
}

fn split(target: &str) -> (&str, Option<&str>) {
    target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)))
}

fn path_values(contract: &Contract, operation: &Operation, path: &str) -> Map<String, Value> {
    let path = if path.is_empty() { "/" } else { path };
    let RawRoute::Operation { operation: routed, values } = contract.route_raw(operation.method(), path) else {
        return Map::new();
    };
    if routed.id() != operation.id() {
        return Map::new();
    }
    let value = |(name, sent): (String, String)| {
        let declared =
            operation.parameters().iter().find(|known| known.location == Location::Path && known.name == name);
        let typed = declared.and_then(|parameter| typed(contract, parameter, &Raw::Text(Some(&sent)), &sent));
        let decoded = || Value::from(percent_decode_str(&sent).decode_utf8_lossy());
        (name, typed.unwrap_or_else(decoded))
    };
    values.into_iter().map(value).collect()
}

/// The value as its schema has it, where it is written as `sent` again.
fn typed(contract: &Contract, parameter: &Parameter, raw: &Raw<'_>, sent: &str) -> Option<Value> {
    let shape = parameter.schema.as_ref().map(|schema| contract.shape(schema));
    let anything = Shape::anything();
    let value = parameter.deserialise(raw, shape.as_deref().unwrap_or(&anything))?.ok()?;
    let written = parameter.serialise(&value);
    let same = match parameter.location {
        Location::Path => percent_decode_str(&written).eq(percent_decode_str(sent)),
        Location::Query => same_spelling(&written, sent),
        Location::Header | Location::Cookie => written == sent,
    };
    // Null is how a case leaves a parameter out.
    (!value.is_null() && same).then_some(value)
}

fn query_values(contract: &Contract, operation: &Operation, query: &str) -> Map<String, Value> {
    let pieces: Vec<&str> = query.split('&').filter(|piece| !piece.is_empty()).collect();
    let pairs = query_pairs(query);
    let mut claimed: Vec<Option<(String, Value)>> = vec![None; pieces.len()];
    let mut taken = vec![false; pieces.len()];
    for parameter in operation.parameters().iter().filter(|known| known.location == Location::Query) {
        let shape = parameter.schema.as_ref().map(|schema| contract.shape(schema));
        let anything = Shape::anything();
        let read = parameter.deserialise(&Raw::Pairs(&pairs), shape.as_deref().unwrap_or(&anything));
        let Some(Ok(value)) = read.filter(|read| !matches!(read, Ok(Value::Null))) else { continue };
        let written = parameter.serialise(&value);
        let written: Vec<&str> = written.split('&').collect();
        let place = pieces.windows(written.len()).zip(taken.windows(written.len())).position(|(pieces, taken)| {
            pieces.iter().zip(&written).all(|(sent, written)| same_spelling(sent, written)) && !taken.contains(&true)
        });
        if let Some(at) = place {
            taken[at..at + written.len()].fill(true);
            claimed[at] = Some((parameter.name.clone(), value));
        }
    }
    let mut out = Map::new();
    for (at, piece) in pieces.iter().enumerate() {
        if let Some((name, value)) = claimed[at].take() {
            out.insert(name, value);
        } else if !taken[at] {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let value = Value::from(form_decoded(value));
            match out.get_mut(&form_decoded(name)) {
                Some(Value::Array(items)) => items.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
                None => {
                    out.insert(form_decoded(name), value);
                }
            }
        }
    }
    out
}

fn form_decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The fields of a form that is written as the same bytes again.
fn form_fields(body: &[u8]) -> Option<Value> {
    let mut out: Map<String, Value> = Map::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        match out.get_mut(&*name) {
            Some(Value::Array(items)) => items.push(Value::from(value)),
            Some(first) => *first = Value::Array(vec![first.take(), Value::from(value)]),
            None => {
                out.insert(name.into_owned(), Value::from(value));
            }
        }
    }
    let mut written = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in &out {
        match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).for_each(|item| {
                written.append_pair(name, item);
            }),
            other => {
                written.append_pair(name, other.as_str().unwrap_or_default());
            }
        }
    }
    let few = out.values().map(|value| value.as_array().map_or(1, Vec::len)).sum::<usize>() <= 1000;
    (few && !out.is_empty() && written.finish().as_bytes() == body).then_some(Value::Object(out))
}

/// Whether two URLs' paths and queries are the same but for the spelling of percent-encoding.
pub(super) fn same_target(a: &str, b: &str) -> bool {
    let ((path_a, query_a), (path_b, query_b)) = (split(a), split(b));
    let slash = |path: &str| if path.is_empty() { "/".to_owned() } else { path.to_owned() };
    let (path_a, path_b) = (slash(path_a), slash(path_b));
    let (mut segments_a, mut segments_b) = (path_a.split('/'), path_b.split('/'));
    let same_path = loop {
        match (segments_a.next(), segments_b.next()) {
            (None, None) => break true,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => {
                let (a, b): (Vec<u8>, Vec<u8>) = (percent_decode_str(a).collect(), percent_decode_str(b).collect());
                // Dots that are encoded are not taken for steps up and down by every client.
                if a != b || a == b"." || a == b".." {
                    break false;
                }
            }
            _ => break false,
        }
    };
    same_path && same_query(query_a, query_b)
}

fn same_query(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            let (a, b): (Vec<&str>, Vec<&str>) = (a.split('&').collect(), b.split('&').collect());
            a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| same_spelling(a, b))
        }
        _ => false,
    }
}

/// The same pair or value, whether or not a character is percent-encoded.
fn same_spelling(a: &str, b: &str) -> bool {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', "%20")).collect::<Vec<u8>>();
    match (a.split_once('='), b.split_once('=')) {
        (Some((name_a, value_a)), Some((name_b, value_b))) => {
            decoded(name_a) == decoded(name_b) && decoded(value_a) == decoded(value_b)
        }
        (None, None) => decoded(a) == decoded(b),
        _ => false,
    }
}
