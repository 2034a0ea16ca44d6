//! `recorded:` of a step.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::Recording;
use super::faithful::{Form, form};
use super::stand_in::yaml;
use crate::exchange::Headers;
use crate::source::Yaml;

/// Fields of the connection or of the message's framing (RFC 9110, section 7.6.1; RFC 9112).
const OF_THE_CONNECTION: [&str; 12] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Content codings that are undone when a response is received.
const UNDONE: [&str; 4] = ["gzip", "x-gzip", "deflate", "identity"];

/// Whether a field belongs to the connection rather than to the message.
pub(super) fn is_of_the_connection(name: &str) -> bool {
    name.starts_with(':') || OF_THE_CONNECTION.contains(&name.to_ascii_lowercase().as_str())
}

pub(super) fn recorded(recording: &Recording<'_>) -> Yaml {
    let response = &recording.exchange.response;
    let mut out = Yaml::mapping([("status", Yaml::from(Value::from(response.status)))]);
    let headers = headers(&response.headers, |name| is_of_the_connection(name) || is_undone(&response.headers, name));
    if !headers.is_empty() {
        out.insert("headers", yaml("", &Value::Object(headers), recording.stand_ins));
    }
    match form(&response.body, response.media_type().as_ref()) {
        Form::Nothing => {}
        Form::Json(value) => out.insert("body", yaml("", &value, recording.stand_ins)),
        Form::Text(text) => out.insert("raw", yaml("", &Value::from(text), recording.stand_ins)),
        Form::Bytes => out.insert("base64", base64(&response.body)),
    }
    out
}

/// A coding that the body no longer has.
fn is_undone(headers: &Headers, name: &str) -> bool {
    let codings = || headers.combined(name).unwrap_or_default().to_ascii_lowercase();
    name.eq_ignore_ascii_case("content-encoding") && codings().split(',').all(|coding| UNDONE.contains(&coding.trim()))
}

/// The fields by name; a list where one stands several times.
pub(super) fn headers(headers: &Headers, left_out: impl Fn(&str) -> bool) -> Map<String, Value> {
    let mut out = Map::new();
    for (name, value) in headers.iter().filter(|(name, _)| !left_out(name)) {
        let value = Value::from(value.into_owned());
        let known = out.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
        match known.and_then(|known| out.get_mut(&known)) {
            Some(Value::Array(items)) => items.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => {
                out.insert(name.to_owned(), value);
            }
        }
    }
    out
}

/// In lines of 76 digits (RFC 2045, section 6.8).
pub(super) fn base64(bytes: &[u8]) -> Yaml {
    let digits = STANDARD.encode(bytes);
    let lines: Vec<&str> =
        digits.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    let mut text = lines.join("\n");
    if lines.len() > 1 {
        text.push('\n');
    }
    Yaml::from(Value::from(text))
}
