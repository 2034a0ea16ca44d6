//! Bodies to values, by media type.

use serde_json::Value;

use super::form::form;
use super::multipart::multipart;
use super::operation::HeaderSpec;
use super::parameter::{ParameterStyle, Shape};
use crate::exchange::MediaType;

/// How a property of a form is written (OpenAPI, Encoding Object).
#[derive(Clone, Debug)]
pub struct Encoding {
    /// The media type of a part of `multipart/*` or of the text of a form's property; several, or
    /// ranges, with `,` between them.
    pub content_type: Option<String>,
    /// The style of a property of `application/x-www-form-urlencoded`.
    pub style: ParameterStyle,
    /// Whether lists and objects are written item by item.
    pub explode: bool,
    /// Whether reserved characters may stand as they are (RFC 3986, section 2.2); `None`: nothing is said.
    pub allow_reserved: Option<bool>,
    /// The header fields of a part of `multipart/*`; `Content-Type` is described above.
    pub headers: Vec<HeaderSpec>,
}

impl Encoding {
    /// The media types or ranges that it names.
    pub(super) fn media_types(&self) -> Vec<MediaType> {
        let listed = self.content_type.as_deref().unwrap_or_default().split(',');
        listed.filter_map(|text| MediaType::parse(text.trim()).ok()).collect()
    }

    /// Whether it says that the text is JSON, and nothing else.
    pub(super) fn is_json(&self) -> bool {
        let listed = self.media_types();
        !listed.is_empty() && listed.iter().all(MediaType::is_json)
    }
}

/// How the property is written, where that is said.
pub(super) fn said<'e>(encoding: &'e [(String, Encoding)], name: &str) -> Option<&'e Encoding> {
    encoding.iter().find(|(known, _)| known == name).map(|(_, encoding)| encoding)
}

/// What a body turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A value that a schema can judge.
    Value(Value),
    /// Bytes, of which a schema says no more than that they are a string.
    Opaque,
    /// It is not what its media type says, and why.
    Malformed(String),
    /// Its media type cannot be read here, and why.
    Unreadable(String),
}

/// Reads a body by its media type; `shape` says what the texts of a form were meant to be.
pub fn read_body(media: &MediaType, body: &[u8], shape: &Shape, encoding: &[(String, Encoding)]) -> Body {
    if media.is_json() {
        return json(body);
    }
    if media.is_form() {
        return match std::str::from_utf8(body) {
            Ok(text) => form(text, shape, encoding),
            Err(_) => Body::Malformed("it is not UTF-8".to_owned()),
        };
    }
    if media.is_multipart() {
        return multipart(media, body, shape, encoding);
    }
    let essence = media.essence();
    if essence == "text/event-stream" || essence.contains("xml") || essence.ends_with("ndjson") {
        return Body::Unreadable(format!("bodies of type `{essence}` cannot be judged by a schema"));
    }
    if essence.starts_with("text/") {
        return text(media, body, shape);
    }
    if shape.takes_string() {
        return Body::Opaque;
    }
    Body::Unreadable(format!("bodies of type `{essence}` cannot be judged by a schema"))
}

pub(super) fn json(body: &[u8]) -> Body {
    // A byte order mark may be ignored (RFC 8259, section 8.1).
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // One look at all bytes is cheaper than one at each string.
    let Ok(text) = std::str::from_utf8(body) else { return Body::Malformed("it is not UTF-8".to_owned()) };
    match serde_json::from_str(text) {
        Ok(value) => Body::Value(value),
        // JSON's own grammar bounds neither depth nor numbers, and lets texts hold half a character.
        Err(error) if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => {
            Body::Unreadable(format!("the JSON cannot be read whole: {error}"))
        }
        Err(_) if text.trim().is_empty() => Body::Malformed("it is empty, which is not JSON".to_owned()),
        Err(error) => Body::Malformed(format!("it is not JSON: {error}")),
    }
}

fn text(media: &MediaType, body: &[u8], shape: &Shape) -> Body {
    let charset = media.parameter("charset").unwrap_or("utf-8");
    if !["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known)) {
        return Body::Unreadable(format!("the charset `{charset}` cannot be read"));
    }
    match std::str::from_utf8(body) {
        Ok(text) if shape.takes_string() => Body::Value(Value::String(text.to_owned())),
        Ok(text) => Body::Value(shape.scalar(text)),
        Err(_) => Body::Malformed("it is not UTF-8".to_owned()),
    }
}
