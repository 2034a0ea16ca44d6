//! The values of requests and responses, each with where it stands.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Seen;
use super::names::plain;
use crate::case::write::is_id_name;
use crate::exchange::Request;
use crate::record::contracts::path;
use crate::source::Pointer;
use crate::traffic::Credentials;

/// So many values of a message are looked at.
const MOST: usize = 20_000;

/// Where in a response a value stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Whence {
    Body(Pointer, String),
    Header(String),
    /// The last segment of `Location`.
    Location {
        query: bool,
    },
    Cookie(String),
}

/// A value that a request has.
pub(super) struct Use {
    /// What it is called; the segment before it in a path without a template.
    pub(super) name: String,
    pub(super) text: String,
    /// The segment before it, in a path.
    pub(super) collection: Option<String>,
    pub(super) credential: bool,
}

/// A value that a response has.
pub(super) struct Source {
    pub(super) from: usize,
    pub(super) whence: Whence,
    pub(super) number: bool,
}

impl Use {
    /// Whether it says which thing is meant, rather than what the thing is like: a client that sends back what it
    /// was given does not refer to it by every value.
    pub(super) fn is_reference(&self) -> bool {
        const WORDS: [&str; 12] =
            ["token", "cursor", "etag", "match", "code", "key", "ref", "page", "nonce", "session", "state", "handle"];
        let name = plain(&self.name);
        let uuid = || self.text.len() == 36 && self.text.bytes().filter(|byte| *byte == b'-').count() == 4;
        self.collection.is_some()
            || self.credential
            || is_id_name(&self.name)
            || WORDS.iter().any(|word| name.contains(word))
            || uuid()
    }
}

/// The values of a request that may come from a response.
pub(super) fn uses(seen: &Seen<'_>, credentials: &Credentials) -> Vec<Use> {
    let request = &seen.exchange.request;
    let mut out = Vec::new();
    if !seen.whole {
        return out;
    }
    in_path(seen, &mut out);
    let is_secret = |name: &str| credentials.is_secret(name);
    let pair =
        |name: &str, text: String| Use { credential: is_secret(name), name: name.to_owned(), text, collection: None };
    let query = seen.target.split_once('?').map_or("", |(_, query)| query);
    let form: &[u8] = if request.media_type().is_some_and(|media| media.is_form()) { &request.body } else { b"" };
    for pairs in [query.as_bytes(), form] {
        out.extend(url::form_urlencoded::parse(pairs).map(|(name, value)| pair(&name, value.into_owned())));
    }
    in_headers(request, &is_secret, &mut out);
    if let Ok(body) = serde_json::from_slice::<Value>(&request.body) {
        scalars("", &body, &Pointer::root(), &mut |name, _, text, _| {
            out.push(Use { name: name.to_owned(), text, collection: None, credential: false });
        });
    }
    out.retain(|one| !one.text.is_empty());
    out.truncate(MOST);
    out
}

fn in_path(seen: &Seen<'_>, out: &mut Vec<Use>) {
    let segments: Vec<&str> = path(seen.target).split('/').collect();
    let template: Option<Vec<&str>> = seen.operation.map(|operation| operation.path().split('/').collect());
    let template = template.filter(|template| template.len() == segments.len());
    for (at, segment) in segments.iter().enumerate() {
        let named = template.as_ref().and_then(|template| template.get(at));
        let whole = named.and_then(|name| name.strip_prefix('{')?.strip_suffix('}'));
        if template.is_some() && whole.is_none() {
            continue;
        }
        let before = at.checked_sub(1).map_or("", |at| segments[at]).to_owned();
        let text = percent_decode_str(segment).decode_utf8_lossy().into_owned();
        let name = whole.map_or_else(|| before.clone(), str::to_owned);
        out.push(Use { name, text, collection: Some(before), credential: false });
    }
}

fn in_headers(request: &Request, is_secret: &dyn Fn(&str) -> bool, out: &mut Vec<Use>) {
    for (name, value) in request.headers.iter() {
        let lower = name.to_ascii_lowercase();
        let mut add = |name: &str, text: &str, credential| {
            out.push(Use { name: name.to_owned(), text: text.to_owned(), collection: None, credential });
        };
        match lower.as_str() {
            "authorization" => {
                if let Some(token) = value.strip_prefix("Bearer ") {
                    add("authorization", token, true);
                }
            }
            "cookie" => {
                for (name, value) in value.split(';').filter_map(|pair| pair.trim().split_once('=')) {
                    add(name, value, true);
                }
            }
            "if-match" | "if-none-match" => add(name, &value, false),
            _ if lower.starts_with("x-") || is_secret(name) => add(name, &value, is_secret(name)),
            _ => {}
        }
    }
}

/// Takes in what a response has.
pub(super) fn produced(from: usize, seen: &Seen<'_>, sources: &mut HashMap<String, Vec<Source>>) {
    let response = &seen.exchange.response;
    if !(200..400).contains(&response.status) || !seen.whole {
        return;
    }
    let mut add = |text: String, whence: Whence, number: bool| {
        sources.entry(text).or_default().push(Source { from, whence, number });
    };
    if let Ok(body) = serde_json::from_slice::<Value>(&response.body) {
        let mut left = MOST;
        scalars("", &body, &Pointer::root(), &mut |name, at, text, number| {
            if left > 0 {
                left -= 1;
                add(text, Whence::Body(at.clone(), name.to_owned()), number);
            }
        });
    }
    for (name, value) in response.headers.iter() {
        match name.to_ascii_lowercase().as_str() {
            "location" => {
                let (path, query) = value.split_once('?').map_or((&*value, false), |(path, _)| (path, true));
                let last = path.rsplit('/').next().unwrap_or_default();
                let last = percent_decode_str(last).decode_utf8_lossy();
                if last == path.rsplit('/').next().unwrap_or_default() {
                    add(last.into_owned(), Whence::Location { query }, false);
                }
            }
            "set-cookie" => {
                let pair = value.split(';').next().and_then(|pair| pair.split_once('='));
                // A name with a quote in it cannot be written in an expression.
                if let Some((name, value)) = pair.filter(|(name, _)| !name.contains(['\'', '\\'])) {
                    add(value.to_owned(), Whence::Cookie(name.trim().to_owned()), false);
                }
            }
            "etag" => add(value.into_owned(), Whence::Header(name.to_owned()), false),
            lower if lower.starts_with("x-") => add(value.into_owned(), Whence::Header(name.to_owned()), false),
            _ => {}
        }
    }
}

/// The texts and whole numbers of a body, with their names and places.
pub(super) fn scalars(name: &str, value: &Value, at: &Pointer, each: &mut dyn FnMut(&str, &Pointer, String, bool)) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| scalars(name, value, &at.join(name), each));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| scalars(name, item, &at.index(index), each));
        }
        Value::String(text) if text.len() <= 8192 => each(name, at, text.clone(), false),
        Value::Number(number) if number.is_u64() || number.is_i64() => each(name, at, number.to_string(), true),
        _ => {}
    }
}
