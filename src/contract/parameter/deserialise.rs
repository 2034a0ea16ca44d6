//! Text to values, by style and guided by what the schema takes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{Location, Parameter, ParameterStyle, Shape};

/// What was sent, percent-encoding kept.
#[derive(Clone, Copy, Debug)]
pub enum Raw<'r> {
    /// Of a path segment or header: its text; `None` where it was not sent.
    Text(Option<&'r str>),
    /// Of a query, form or cookie: names (decoded) and values (encoded), in order.
    Pairs(&'r [(String, String)]),
    /// Of a query, what no other parameter takes: each is a property of an object whose properties
    /// stand by themselves.
    Rest(&'r [(String, String)]),
}

/// The pairs of a query or form: names decoded, values as they are.
pub(crate) fn query_pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (plus_decoded(name).into_owned(), value.to_owned())
        })
        .collect()
}

/// The pairs of a `Cookie` header (RFC 6265, section 4.2).
pub(crate) fn cookie_pairs(header: &str) -> Vec<(String, String)> {
    let parts = header.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, ""))).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

fn plus_decoded(text: &str) -> Cow<'_, str> {
    let spaced = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    match spaced {
        Cow::Borrowed(text) => percent_decode_str(text).decode_utf8_lossy(),
        Cow::Owned(text) => Cow::Owned(percent_decode_str(&text).decode_utf8_lossy().into_owned()),
    }
}

/// What the text of a value should be read as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Scalar,
    Array,
    Object,
}

pub(super) fn deserialise(parameter: &Parameter, raw: &Raw<'_>, shape: &Shape) -> Option<Result<Value, String>> {
    let reader = Reader { parameter, shape };
    if parameter.content.is_some() {
        let text = match raw {
            Raw::Text(text) => (*text)?,
            Raw::Pairs(pairs) | Raw::Rest(pairs) => {
                pairs.iter().find(|(name, _)| *name == parameter.name).map(|(_, v)| v.as_str())?
            }
        };
        return Some(reader.content(text));
    }
    match raw {
        Raw::Text(text) => text.map(|text| reader.text(text)),
        Raw::Pairs(pairs) => reader.pairs(pairs, |name| shape.property_names().any(|known| known == name)),
        Raw::Rest(pairs) => reader.pairs(pairs, |_| true),
    }
}

struct Reader<'p> {
    parameter: &'p Parameter,
    shape: &'p Shape,
}

impl Reader<'_> {
    fn decode(&self, text: &str) -> Result<String, String> {
        let spaced;
        let text = match self.parameter.location {
            Location::Header => return Ok(text.to_owned()),
            // Nothing is escaped in it (OpenAPI 3.2, Style Values).
            Location::Cookie if self.parameter.style == ParameterStyle::Cookie => return Ok(text.to_owned()),
            Location::Query if text.contains('+') => {
                spaced = text.replace('+', " ");
                spaced.as_str()
            }
            _ => text,
        };
        let decoded = percent_decode_str(text).decode_utf8();
        decoded.map(Cow::into_owned).map_err(|_| "its percent-encoding is no UTF-8".to_owned())
    }

    fn content(&self, text: &str) -> Result<Value, String> {
        let text = self.decode(text)?;
        let is_json = self.parameter.content.as_ref().is_some_and(|content| content.range.is_json());
        if is_json {
            serde_json::from_str(&text).map_err(|error| format!("it is not JSON: {error}"))
        } else {
            Ok(Value::String(text))
        }
    }

    /// What to read it as; `several`: it has several items, whatever the schema says.
    fn form(&self, several: bool) -> Form {
        let shape = self.shape;
        if shape.is_anything() {
            return if several { Form::Array } else { Form::Scalar };
        }
        match (shape.takes_array(), shape.takes_object(), shape.takes_scalar()) {
            (true, _, true) if !several => Form::Scalar,
            (true, _, _) => Form::Array,
            (false, true, false) => Form::Object,
            (false, true, true) if several => Form::Object,
            _ => Form::Scalar,
        }
    }

    fn scalar(&self, text: &str) -> Result<Value, String> {
        Ok(self.shape.scalar(&self.decode(text)?))
    }

    fn items<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Result<Value, String> {
        let item = self.shape.item();
        texts.map(|text| Ok(item.scalar(&self.decode(text)?))).collect()
    }

    /// An object of pairs; a name that comes more than once is a list.
    fn object<'t>(&self, pairs: impl Iterator<Item = (&'t str, &'t str)>) -> Result<Value, String> {
        let mut map = Map::new();
        for (key, value) in pairs {
            let key = self.decode(key)?;
            let value = self.shape.property(&key).scalar(&self.decode(value)?);
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }

    fn flat(&self, texts: &[&str]) -> Result<Value, String> {
        if texts.len() % 2 == 1 {
            return Err("an object is written as names and values in turn, and one value is missing".to_owned());
        }
        self.object(texts.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))))
    }

    fn equal_signs<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Result<Value, String> {
        let pairs: Option<Vec<_>> = texts.map(|text| text.split_once('=')).collect();
        match pairs {
            Some(pairs) => self.object(pairs.into_iter()),
            None => Err("an object is written as `name=value`, and a part of it is not".to_owned()),
        }
    }

    /// The value of a path parameter or header.
    fn text(&self, raw: &str) -> Result<Value, String> {
        match self.parameter.style {
            ParameterStyle::Label => {
                let text = raw.strip_prefix('.').ok_or("a value of style `label` starts with `.`")?;
                self.delimited(text, if self.parameter.explode { '.' } else { ',' })
            }
            ParameterStyle::Matrix => self.matrix(raw),
            _ => self.delimited(raw, ','),
        }
    }

    fn delimited(&self, text: &str, delimiter: char) -> Result<Value, String> {
        let blank =
            |text: &str| if self.parameter.location == Location::Header { text.trim().len() } else { text.len() };
        let trim = |text| if self.parameter.location == Location::Header { str::trim(text) } else { text };
        match self.form(text.contains(delimiter)) {
            Form::Scalar => self.scalar(text),
            Form::Array if blank(text) == 0 => Ok(Value::Array(Vec::new())),
            Form::Array => self.items(text.split(delimiter).map(trim)),
            Form::Object if blank(text) == 0 => Ok(Value::Object(Map::new())),
            Form::Object if self.parameter.explode => self.equal_signs(text.split(delimiter).map(trim)),
            Form::Object => self.flat(&text.split(delimiter).map(trim).collect::<Vec<_>>()),
        }
    }

    fn matrix(&self, raw: &str) -> Result<Value, String> {
        let text = raw.strip_prefix(';').ok_or("a value of style `matrix` starts with `;`")?;
        let is_named = |text: &str| self.decode(text).is_ok_and(|name| name == self.parameter.name);
        if is_named(text) && self.form(false) != Form::Scalar {
            return self.delimited("", ',');
        }
        let parts: Vec<(&str, &str)> = text.split(';').map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
        let own = |name: &str| self.decode(name).is_ok_and(|name| name == self.parameter.name);
        if self.parameter.explode && self.form(parts.len() > 1) == Form::Object {
            return self.object(parts.into_iter());
        }
        if let Some((name, _)) = parts.iter().find(|(name, _)| !own(name)) {
            return Err(format!("it is written with the name `{name}`, not `{}`", self.parameter.name));
        }
        match parts.as_slice() {
            [(_, value)] if !self.parameter.explode => self.delimited(value, ','),
            [(_, value)] if self.form(false) == Form::Scalar => self.scalar(value),
            several => self.items(several.iter().map(|(_, value)| *value)),
        }
    }

    /// The value of a query parameter, cookie or property of a form; `member`: whether a name is that
    /// of a property, where each stands by itself.
    fn pairs(&self, pairs: &[(String, String)], member: impl Fn(&str) -> bool) -> Option<Result<Value, String>> {
        if self.parameter.style == ParameterStyle::DeepObject {
            return self.deep(pairs);
        }
        let own: Vec<&str> =
            pairs.iter().filter(|(name, _)| *name == self.parameter.name).map(|(_, value)| value.as_str()).collect();
        if self.parameter.explode && own.is_empty() && self.form(true) == Form::Object {
            let found: Vec<(&str, &str)> = pairs
                .iter()
                .filter(|(name, _)| member(name))
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            return (!found.is_empty()).then(|| self.pairs_object(&found));
        }
        let first = *own.first()?;
        if self.parameter.explode {
            return Some(match self.form(own.len() > 1) {
                // An empty text is no number: the list of nothing was meant.
                Form::Array if own == [""] && !self.shape.item().takes_string() => Ok(Value::Array(Vec::new())),
                Form::Array => self.items(own.into_iter()),
                Form::Scalar if own.len() > 1 => Err(format!("it stands {} times, and once is allowed", own.len())),
                _ => self.scalar(first),
            });
        }
        if own.len() > 1 {
            return Some(Err(format!("it stands {} times; its items belong into one", own.len())));
        }
        Some(self.listed(first))
    }

    /// Names are decoded already in pairs.
    fn pairs_object(&self, pairs: &[(&str, &str)]) -> Result<Value, String> {
        let mut map = Map::new();
        for (key, value) in pairs {
            let value = self.shape.property(key).scalar(&self.decode(value)?);
            map.insert((*key).to_owned(), value);
        }
        Ok(Value::Object(map))
    }

    /// A list or object in one value, its delimiter plain or percent-encoded.
    fn listed(&self, text: &str) -> Result<Value, String> {
        let delimiter = self.parameter.style.delimiter();
        let normal = match delimiter {
            ' ' => text.replace("%20", " ").replace('+', " "),
            '|' => text.replace("%7C", "|").replace("%7c", "|"),
            _ => text.to_owned(),
        };
        let flat = Parameter { explode: false, ..self.parameter.clone() };
        Reader { parameter: &flat, shape: self.shape }.delimited(&normal, delimiter)
    }

    /// `name[a][b]=value`, any depth; `[]` and `[0]` are lists.
    fn deep(&self, pairs: &[(String, String)]) -> Option<Result<Value, String>> {
        let mut root = Deep::default();
        let mut any = false;
        for (name, value) in pairs {
            let Some(rest) = name.strip_prefix(&self.parameter.name).filter(|rest| rest.starts_with('[')) else {
                continue;
            };
            any = true;
            let keys: Option<Vec<&str>> =
                rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(|keys| keys.split("][").collect());
            let Some(keys) = keys.filter(|keys| keys.len() <= 16) else {
                return Some(Err(format!("`{name}` is not written as `{}[key]`", self.parameter.name)));
            };
            match self.decode(value) {
                Ok(value) => root.put(&keys, value),
                Err(reason) => return Some(Err(reason)),
            }
        }
        any.then(|| Ok(root.value(self.shape)))
    }
}

/// A tree of bracketed names.
#[derive(Default)]
struct Deep {
    texts: Vec<String>,
    below: BTreeMap<(usize, String), Deep>,
    order: usize,
}

impl Deep {
    fn put(&mut self, keys: &[&str], text: String) {
        let Some((first, rest)) = keys.split_first() else {
            self.texts.push(text);
            return;
        };
        let known = self.below.keys().find(|(_, key)| key == first).cloned();
        let key = known.unwrap_or_else(|| {
            self.order += 1;
            (self.order, (*first).to_owned())
        });
        self.below.entry(key).or_default().put(rest, text);
    }

    fn value(self, shape: &Shape) -> Value {
        if self.below.is_empty() {
            let item = shape.item();
            return match <[String; 1]>::try_from(self.texts) {
                Ok([one]) if !shape.takes_array() || shape.takes_scalar() => shape.scalar(&one),
                Ok([one]) => Value::Array(vec![item.scalar(&one)]),
                Err(many) => many.iter().map(|text| item.scalar(text)).collect(),
            };
        }
        let is_index = |key: &str| key.is_empty() || key.bytes().all(|b| b.is_ascii_digit());
        let is_list = (shape.takes_array() || shape.is_anything()) && self.below.keys().all(|(_, key)| is_index(key));
        if is_list {
            let item = shape.item();
            let values = self.below.into_values().flat_map(|deep| match deep.texts.len() {
                0 | 1 => vec![deep.value(item)],
                _ => deep.texts.iter().map(|text| item.scalar(text)).collect(),
            });
            return values.collect();
        }
        let entries = self.below.into_iter().map(|((_, key), deep)| {
            let value = deep.value(shape.property(&key));
            (key, value)
        });
        Value::Object(entries.collect())
    }
}
