//! `multipart/form-data` as an object (RFC 7578; OpenAPI, "Encoding `multipart` Media Types").

use std::borrow::Cow;

use serde_json::Value;

use super::form::{MOST_FIELDS, reserved};
use super::media::{Body, Encoding, said};
use super::operation::HeaderSpec;
use super::parameter::Shape;
use crate::exchange::MediaType;

/// The parts of `multipart/form-data` (RFC 7578) as an object; parts of one name are a list.
pub(super) fn multipart(media: &MediaType, body: &[u8], shape: &Shape, encoding: &[(String, Encoding)]) -> Body {
    if media.essence() != "multipart/form-data" {
        return Body::Unreadable(format!("bodies of type `{}` cannot be judged by a schema", media.essence()));
    }
    let Some(boundary) = media.parameter("boundary") else {
        return Body::Malformed("its media type names no boundary".to_owned());
    };
    let Some(parts) = parts(body, boundary) else {
        return Body::Malformed("its parts do not end with the closing boundary".to_owned());
    };
    if parts.len() > MOST_FIELDS {
        return Body::Unreadable(format!("a form of more than {MOST_FIELDS} parts is not judged"));
    }
    let mut found: Vec<(String, Vec<Value>)> = Vec::new();
    for part in parts {
        let part = Part::read(part);
        let Some(name) = part.name() else {
            return Body::Malformed("a part has no name".to_owned());
        };
        let encoding_of = said(encoding, &name);
        if let Some(reason) = encoding_of.and_then(|encoding| part.breaks(&name, encoding)) {
            return Body::Malformed(reason);
        }
        let value = part.value(shape.property(&name), encoding_of);
        // From OpenAPI 3.1 on the field is for both kinds of form.
        if let Some(reason) = value.as_str().and_then(|text| reserved(&name, text, encoding)) {
            return Body::Malformed(reason);
        }
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => found.push((name, vec![value])),
        }
    }
    let entries = found.into_iter().map(|(name, mut values)| {
        let property = shape.property(&name);
        let list = values.len() > 1 || property.takes_array() && !property.takes_scalar() && !values[0].is_array();
        let value = if list { Value::Array(values) } else { values.remove(0) };
        (name, value)
    });
    Body::Value(Value::Object(entries.collect()))
}

fn parts<'b>(body: &'b [u8], boundary: &str) -> Option<Vec<&'b [u8]>> {
    let delimiter = format!("--{boundary}");
    let mut rest = &body[find(body, delimiter.as_bytes())? + delimiter.len()..];
    let inner = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = &rest[find(rest, b"\r\n")? + 2..];
        let end = find(rest, inner.as_bytes())?;
        parts.push(&rest[..end]);
        rest = &rest[end + inner.len()..];
    }
}

/// One part: its header fields and its content.
struct Part<'b> {
    head: Cow<'b, str>,
    body: &'b [u8],
}

impl<'b> Part<'b> {
    fn read(part: &'b [u8]) -> Self {
        let (head, body) = match find(part, b"\r\n\r\n") {
            Some(end) => (&part[..end], &part[end + 4..]),
            None => (part, &b""[..]),
        };
        Self { head: String::from_utf8_lossy(head), body }
    }

    fn field(&self, wanted: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    }

    /// A disposition is written like a media type's parameters.
    fn disposition(&self) -> Option<MediaType> {
        let (_, parameters) = self.field("content-disposition")?.split_once(';')?;
        MediaType::parse(&format!("form/data;{parameters}")).ok()
    }

    fn name(&self) -> Option<String> {
        Some(self.disposition()?.parameter("name")?.to_owned())
    }

    fn media_type(&self) -> Option<MediaType> {
        self.field("content-type").and_then(|text| MediaType::parse(text).ok())
    }

    /// What is not as the encoding says (OpenAPI, Encoding Object). A part without a media type is
    /// taken to be what it should be: few clients say what a text is.
    fn breaks(&self, name: &str, encoding: &Encoding) -> Option<String> {
        let allowed = encoding.media_types();
        if let Some(media) = self.media_type()
            && !allowed.is_empty()
            && !allowed.iter().any(|range| range.matches(&media))
        {
            let listed = encoding.content_type.as_deref().unwrap_or_default();
            return Some(format!("the part `{name}` has the media type `{media}`, and its encoding takes `{listed}`"));
        }
        let described = |header: &&HeaderSpec| !header.name.eq_ignore_ascii_case("content-type");
        let mut required = encoding.headers.iter().filter(described).filter(|header| header.required);
        let missing = required.find(|header| self.field(&header.name).is_none())?;
        Some(format!("the part `{name}` has no header `{}`, which its encoding requires", missing.name))
    }

    fn value(&self, property: &Shape, encoding: Option<&Encoding>) -> Value {
        let property = if property.takes_array() && !property.takes_scalar() { property.item() } else { property };
        let is_json = match self.media_type() {
            Some(media) => media.is_json(),
            None => encoding.is_some_and(Encoding::is_json),
        };
        // What is no scalar is JSON by default.
        let may_be_json = is_json || property.takes_object() && !property.takes_scalar();
        if let Some(value) = may_be_json.then(|| serde_json::from_slice(self.body).ok()).flatten() {
            return value;
        }
        let text = String::from_utf8_lossy(self.body);
        if self.disposition().is_some_and(|disposition| disposition.parameter("filename").is_some()) {
            Value::String(text.into_owned())
        } else {
            property.scalar(&text)
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
