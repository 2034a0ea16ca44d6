//! Bodies to values, by media type.

use serde_json::{Map, Value};

use super::parameter::{Location, Parameter, ParameterStyle, Raw, Shape, query_pairs};
use crate::exchange::MediaType;

/// How a property of a form is written (OpenAPI, Encoding Object).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// The media type of a part of `multipart/*`.
    pub content_type: Option<String>,
    /// The style of a property of `application/x-www-form-urlencoded`.
    pub style: ParameterStyle,
    /// Whether lists and objects are written item by item.
    pub explode: bool,
    /// Whether reserved characters may stand as they are (RFC 3986, section 2.2); `None`: nothing is said.
    pub allow_reserved: Option<bool>,
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

fn json(body: &[u8]) -> Body {
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

/// The most fields of a form that are judged: names are looked for among all of them.
const MOST_FIELDS: usize = 2_000;

fn form(text: &str, shape: &Shape, encoding: &[(String, Encoding)]) -> Body {
    let pairs = query_pairs(text);
    if pairs.len() > MOST_FIELDS {
        return Body::Unreadable(format!("a form of more than {MOST_FIELDS} fields is not judged"));
    }
    if let Some(reason) = pairs.iter().find_map(|(name, value)| reserved(name, value, encoding)) {
        return Body::Malformed(reason);
    }
    let mut map = Map::new();
    let mut names: Vec<&str> = shape.property_names().collect();
    // `a[b]` and `a[]` belong to `a`.
    for (name, _) in &pairs {
        let base = name.split_once('[').map_or(name.as_str(), |(base, _)| base);
        if !names.contains(&base) && !names.contains(&name.as_str()) {
            names.push(base);
        }
    }
    for name in names {
        let property = shape.property(name);
        let bracketed =
            pairs.iter().any(|(known, _)| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('[')));
        let mut parameter = Parameter::plain(name, Location::Query);
        if let Some((_, encoding)) = encoding.iter().find(|(known, _)| known == name) {
            (parameter.style, parameter.explode) = (encoding.style, encoding.explode);
        }
        if bracketed {
            parameter.style = ParameterStyle::DeepObject;
        }
        // An object of its own would be taken apart into the form's other names.
        let declared = parameter.style == ParameterStyle::DeepObject || pairs.iter().any(|(known, _)| known == name);
        if !declared {
            continue;
        }
        match parameter.deserialise(&Raw::Pairs(&pairs), property) {
            Some(Ok(value)) => map.insert(name.to_owned(), value),
            Some(Err(reason)) => return Body::Malformed(format!("`{name}`: {reason}")),
            None => continue,
        };
    }
    Body::Value(Value::Object(map))
}

/// Why a value may not stand as it was sent: `allowReserved: false`, said and not merely the default,
/// asks for reserved characters to be percent-encoded (OpenAPI, Encoding Object). `+` is a blank, and
/// `,` may stand between the items of a list.
fn reserved(name: &str, sent: &str, encoding: &[(String, Encoding)]) -> Option<String> {
    let (_, encoding) = encoding.iter().find(|(known, _)| known == name)?;
    let between_items = !encoding.explode && encoding.style == ParameterStyle::Form;
    let strays = |c: char| "/?#[]@!$&'()*;=:".contains(c) || c == ',' && !between_items;
    let found = sent.chars().find(|c| strays(*c)).filter(|_| encoding.allow_reserved == Some(false))?;
    Some(format!("`{name}` holds the reserved character `{found}`, which must be percent-encoded there"))
}

/// The parts of `multipart/form-data` (RFC 7578) as an object; parts of one name are a list.
fn multipart(media: &MediaType, body: &[u8], shape: &Shape, encoding: &[(String, Encoding)]) -> Body {
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
        let Some((name, value)) = part_value(part, shape) else {
            return Body::Malformed("a part has no name".to_owned());
        };
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

fn part_value(part: &[u8], shape: &Shape) -> Option<(String, Value)> {
    let (head, body) = match find(part, b"\r\n\r\n") {
        Some(end) => (&part[..end], &part[end + 4..]),
        None => (part, &b""[..]),
    };
    let head = String::from_utf8_lossy(head);
    let field = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    // A disposition is written like a media type's parameters.
    let disposition = field("content-disposition")?;
    let (_, parameters) = disposition.split_once(';')?;
    let parameters = MediaType::parse(&format!("form/data;{parameters}")).ok()?;
    let name = parameters.parameter("name")?.to_owned();
    let media = field("content-type").and_then(|text| MediaType::parse(&text).ok());
    let property = shape.property(&name);
    let property = if property.takes_array() && !property.takes_scalar() { property.item() } else { property };
    let value = match media {
        Some(media) if media.is_json() => serde_json::from_slice(body).ok(),
        _ if property.takes_object() && !property.takes_scalar() => serde_json::from_slice(body).ok(),
        _ => None,
    };
    let text = || String::from_utf8_lossy(body);
    let value = value.unwrap_or_else(|| {
        if parameters.parameter("filename").is_some() {
            Value::String(text().into_owned())
        } else {
            property.scalar(&text())
        }
    });
    Some((name, value))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
