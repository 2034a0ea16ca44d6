//! Forms as objects (OpenAPI, "Encoding the `x-www-form-urlencoded` Media Type").

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::media::{Body, Encoding, said};
use super::parameter::{Location, Parameter, ParameterStyle, Raw, Shape, query_pairs};

/// The most fields of a form that are judged: names are looked for among all of them.
pub(super) const MOST_FIELDS: usize = 2_000;

/// An `application/x-www-form-urlencoded` body as an object.
pub(super) fn form(text: &str, shape: &Shape, encoding: &[(String, Encoding)]) -> Body {
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
        let encoding = said(encoding, name);
        if let Some(encoding) = encoding {
            (parameter.style, parameter.explode) = (encoding.style, encoding.explode);
        }
        match json(&pairs, name, property, encoding) {
            Some(Ok(value)) => {
                map.insert(name.to_owned(), value);
                continue;
            }
            Some(Err(reason)) => return Body::Malformed(reason),
            None => {}
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

/// A property that is JSON: its encoding says so, or it is an object and its text is one, which is the
/// default where the encoding says nothing else.
fn json(
    pairs: &[(String, String)],
    name: &str,
    property: &Shape,
    encoding: Option<&Encoding>,
) -> Option<Result<Value, String>> {
    let is_json = encoding.is_some_and(Encoding::is_json);
    let may_be = encoding.is_none() && property.takes_object() && !property.takes_scalar();
    let mut own = pairs.iter().filter(|(known, _)| known == name && (is_json || may_be));
    let (_, text) = own.next()?;
    if own.next().is_some() {
        return None;
    }
    let text = text.replace('+', " ");
    let read = percent_decode_str(&text).decode_utf8().ok().and_then(|text| serde_json::from_str(&text).ok());
    match read {
        Some(value) => Some(Ok(value)),
        None if is_json => Some(Err(format!("`{name}` is not JSON, and its encoding says that it is"))),
        None => None,
    }
}

/// Why a value may not stand as it was sent: `allowReserved: false`, said and not merely the default,
/// asks for reserved characters to be percent-encoded (OpenAPI, Encoding Object). `+` is a blank, and
/// `,` may stand between the items of a list.
pub(super) fn reserved(name: &str, sent: &str, encoding: &[(String, Encoding)]) -> Option<String> {
    let encoding = said(encoding, name)?;
    let between_items = !encoding.explode && encoding.style == ParameterStyle::Form;
    let strays = |c: char| "/?#[]@!$&'()*;=:".contains(c) || c == ',' && !between_items;
    let found = sent.chars().find(|c| strays(*c)).filter(|_| encoding.allow_reserved == Some(false))?;
    Some(format!("`{name}` holds the reserved character `{found}`, which must be percent-encoded there"))
}
