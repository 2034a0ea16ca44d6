//! Answers from the document: examples that satisfy their schemas, else generated values.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use serde_json::Value;

use super::negotiate::{self, Wish};
use super::xml;
use crate::contract::{
    Contract, Direction, Example, HeaderSpec, MediaTypeSpec, Operation, ResponseSpec, SchemaRef, StatusPattern,
};
use crate::exchange::{Headers, MediaType, Response};
use crate::generate::{Generator, Unsatisfiable, derive_seed};

/// Answers that do not depend on the request, made once.
#[derive(Default)]
pub(super) struct Prepared(RwLock<HashMap<Key, Arc<Answer>>>);

/// Operation, response, media type.
type Key = (usize, usize, Option<usize>);

/// A response, with what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) troubles: Vec<String>,
}

/// Why the document has no answer, as the status and sentence of a problem.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) u16, pub(super) String);

/// One operation's answers.
pub(super) struct Documented<'a> {
    pub(super) contract: &'a Contract,
    pub(super) operation: &'a Operation,
    pub(super) prepared: &'a Prepared,
    /// The mock's seed.
    pub(super) seed: u64,
}

impl Documented<'_> {
    /// The answer to a valid request. `chance` is the seed where the request asks for other values each time.
    pub(super) fn valid(&self, wish: &Wish, accept: Option<&str>, chance: u64) -> Result<Answer, Refused> {
        let patterns = self.patterns();
        let (at, status) = match wish.code {
            Some(code) => {
                let found = negotiate::forced(&patterns, code);
                let missing = || Refused(404, format!("the document has no response for the status {code}"));
                (found.ok_or_else(missing)?, code)
            }
            None => {
                let missing = || Refused(500, "the document has no response for this operation".to_owned());
                negotiate::success(&patterns).ok_or_else(missing)?
            }
        };
        let spec = &self.operation.responses()[at];
        let media = negotiate::media_type(&spec.content, accept);
        if media.is_none() && !spec.content.is_empty() {
            let offered: Vec<String> = spec.content.iter().map(|media| media.range.to_string()).collect();
            return Err(Refused(406, format!("the response is to be had as {}", offered.join(", "))));
        }
        let answer = if wish.is_particular() {
            let seed = wish.seed.as_deref().map_or(chance, |seed| derive_seed(0, seed.as_bytes()));
            self.make(spec, media, wish, seed)?
        } else {
            self.constant(at, media)?
        };
        Ok(answer.status(status))
    }

    /// The documented answer to an invalid request, under the first of these statuses that has one;
    /// an example counts that is asked for together with that status.
    pub(super) fn invalid(&self, codes: &[u16], wish: &Wish, accept: Option<&str>) -> Result<Option<Answer>, Refused> {
        let patterns = self.patterns();
        let wished = wish.code.filter(|code| codes.contains(code));
        let found = wished.and_then(|code| negotiate::refusal(&patterns, &[code]));
        let Some((at, status)) = found.or_else(|| negotiate::refusal(&patterns, codes)) else { return Ok(None) };
        let content = &self.operation.responses()[at].content;
        // An error is told even in a form that was not asked for (RFC 9110, section 15.5.7).
        let media = negotiate::media_type(content, accept).or_else(|| negotiate::media_type(content, None));
        let spec = &self.operation.responses()[at];
        let answer = match &wish.example {
            Some(_) if wished == Some(status) => {
                let wish = Wish { example: wish.example.clone(), ..Wish::default() };
                self.make(spec, media, &wish, self.seed)?
            }
            _ => match self.constant(at, media) {
                Ok(answer) => answer,
                Err(_) => return Ok(None),
            },
        };
        Ok(Some(answer.status(status)))
    }

    fn patterns(&self) -> Vec<StatusPattern> {
        self.operation.responses().iter().map(|response| response.status).collect()
    }

    fn constant(&self, at: usize, media: Option<&MediaTypeSpec>) -> Result<Answer, Refused> {
        let spec = &self.operation.responses()[at];
        let operation = self.contract.operations().iter().position(|known| std::ptr::eq(known, self.operation));
        let of_media = media.and_then(|media| spec.content.iter().position(|known| std::ptr::eq(known, media)));
        let key = (operation.unwrap_or(usize::MAX), at, of_media);
        if let Some(found) = self.prepared.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Answer::clone(found));
        }
        let place = media.map_or(&spec.pointer, |media| &media.pointer);
        let seed = derive_seed(self.seed, place.as_str().as_bytes());
        let made = self.make(spec, media, &Wish::default(), seed)?;
        let mut prepared = self.prepared.0.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Answer::clone(prepared.entry(key).or_insert_with(|| Arc::new(made))))
    }

    fn make(
        &self,
        spec: &ResponseSpec,
        media: Option<&MediaTypeSpec>,
        wish: &Wish,
        seed: u64,
    ) -> Result<Answer, Refused> {
        let mut troubles = Vec::new();
        let mut headers = Headers::new();
        let body = match media {
            Some(media) => {
                let concrete = negotiate::concrete(&media.range);
                headers.append("content-type", concrete.to_string());
                let value = self.body(media, wish, seed, &mut troubles)?;
                self.encode(&concrete, value, media.schema.as_ref())?
            }
            None => Bytes::new(),
        };
        for header in &spec.headers {
            match self.header(header, seed) {
                Ok(Some(value)) => headers.append(header.name.as_str(), value),
                Err(reason) if header.required => troubles.push(format!("no `{}` header: {reason}", header.name)),
                Ok(None) | Err(_) => {}
            }
        }
        Ok(Answer { response: Response { status: 0, headers, body }, troubles })
    }

    /// The named example; else the first that satisfies the schema; else a generated value.
    fn body(
        &self,
        media: &MediaTypeSpec,
        wish: &Wish,
        seed: u64,
        troubles: &mut Vec<String>,
    ) -> Result<Value, Refused> {
        if let Some(name) = &wish.example {
            let found = media.examples.iter().find(|example| example.name.as_ref() == Some(name));
            let found = found.ok_or_else(|| Refused(404, format!("the response has no example named `{name}`")))?;
            if !self.fits(media.schema.as_ref(), found) {
                troubles.push(format!("the example `{name}` does not satisfy its schema"));
            }
            return Ok(found.value.clone());
        }
        let chosen = wish.dynamic != Some(true) && wish.seed.is_none();
        if chosen && let Some(found) = self.example(media.schema.as_ref(), &media.examples) {
            return Ok(found.clone());
        }
        let Some(schema) = &media.schema else {
            return Ok(media.examples.first().map_or(Value::Null, |example| example.value.clone()));
        };
        let generator = Generator::new(self.contract, Direction::Response, seed);
        let mut generator = if chosen { generator.with_examples() } else { generator };
        match generator.value(schema) {
            Ok(value) => Ok(value),
            // Better than nothing for who only wants to see the form, as long as it is told.
            Err(Unsatisfiable { nearest: Some(value), reason }) => {
                troubles.push(format!("the generated body breaks its schema: {reason}"));
                Ok(*value)
            }
            Err(error) => Err(Refused(500, error.to_string())),
        }
    }

    fn encode(&self, media: &MediaType, value: Value, schema: Option<&SchemaRef>) -> Result<Bytes, Refused> {
        if !is_xml(media) || value.is_string() {
            return encode(media, value);
        }
        let lookup = |reference: &str| self.contract.resolve_ref(reference, schema?);
        Ok(xml::document(&value, schema.map(|schema| self.contract.schema_value(schema)), &lookup).into())
    }

    fn example<'e>(&self, schema: Option<&SchemaRef>, examples: &'e [Example]) -> Option<&'e Value> {
        examples.iter().find(|example| self.fits(schema, example)).map(|example| &example.value)
    }

    fn fits(&self, schema: Option<&SchemaRef>, example: &Example) -> bool {
        let Some(schema) = schema else { return true };
        self.contract.schema(schema, Direction::Response).is_ok_and(|schema| schema.is_valid(&example.value))
    }

    /// A header's value; `None` for one that is ours to write.
    fn header(&self, header: &HeaderSpec, seed: u64) -> Result<Option<String>, String> {
        let ours = ["content-type", "content-length", "transfer-encoding", "connection"];
        if ours.iter().any(|ours| header.name.eq_ignore_ascii_case(ours)) {
            return Ok(None);
        }
        if let Some(content) = &header.content {
            let value = self.value(content.schema.as_ref(), &content.examples, &header.name, seed)?;
            return sendable(value.to_string());
        }
        let value = self.value(header.schema.as_ref(), &header.examples, &header.name, seed)?;
        sendable(simple(&value, header.explode))
    }

    fn value(&self, schema: Option<&SchemaRef>, examples: &[Example], name: &str, seed: u64) -> Result<Value, String> {
        if let Some(value) = self.example(schema, examples) {
            return Ok(value.clone());
        }
        let schema = schema.ok_or("it has neither schema nor example")?;
        let seed = derive_seed(seed, name.as_bytes());
        let mut generator = Generator::new(self.contract, Direction::Response, seed).with_examples();
        generator.named_value(schema, name).map_err(|error| error.to_string())
    }
}

impl Answer {
    fn status(mut self, status: u16) -> Self {
        self.response.status = status;
        self
    }
}

fn sendable(value: String) -> Result<Option<String>, String> {
    match hyper::header::HeaderValue::from_bytes(value.as_bytes()) {
        Ok(_) => Ok(Some(value)),
        Err(_) => Err("its value holds what no header can".to_owned()),
    }
}

/// A value in the `simple` style (OpenAPI, "Style Values").
fn simple(value: &Value, explode: bool) -> String {
    let joined = |parts: Vec<String>| parts.join(",");
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(items) => joined(items.iter().map(|item| simple(item, false)).collect()),
        Value::Object(map) => {
            let separator = if explode { '=' } else { ',' };
            joined(map.iter().map(|(name, value)| format!("{name}{separator}{}", simple(value, false))).collect())
        }
        other => other.to_string(),
    }
}

fn is_xml(media: &MediaType) -> bool {
    let essence = media.essence();
    essence.ends_with("/xml") || essence.ends_with("+xml")
}

/// A value as a body of this media type, XML aside.
fn encode(media: &MediaType, value: Value) -> Result<Bytes, Refused> {
    if media.is_json() {
        return Ok(value.to_string().into());
    }
    match value {
        Value::String(text) => Ok(text.into()),
        Value::Null => Ok(Bytes::new()),
        Value::Object(map) if media.is_form() => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in &map {
                form.append_pair(name, &simple(value, false));
            }
            Ok(form.finish().into())
        }
        other if media.is_text() && !other.is_object() && !other.is_array() => Ok(other.to_string().into()),
        _ => Err(Refused(500, format!("a value that is no text cannot be written as {media}; give an example"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_by_media_type() {
        for (media, value, expected) in [
            ("application/json", json!("a"), Ok("\"a\"")),
            ("application/problem+json", json!({"a": 1}), Ok("{\"a\":1}")),
            ("text/plain", json!("a"), Ok("a")),
            ("text/plain", json!(7), Ok("7")),
            ("application/xml", json!("<a/>"), Ok("<a/>")),
            ("application/x-www-form-urlencoded", json!({"a": "b c", "d": [1, 2]}), Ok("a=b+c&d=1%2C2")),
            ("application/xml", json!({"a": 1}), Err(500)),
        ] {
            let found = encode(&MediaType::parse(media).expect("a media type"), value);
            assert_eq!(found.as_deref().map_err(|refused| refused.0), expected.map(str::as_bytes), "{media}");
        }
    }

    #[test]
    fn headers_are_written_in_the_simple_style() {
        for (value, explode, expected) in [
            (json!("a b"), false, "a b"),
            (json!([1, "x", true]), false, "1,x,true"),
            (json!({"a": 1, "b": "c"}), false, "a,1,b,c"),
            (json!({"a": 1, "b": "c"}), true, "a=1,b=c"),
        ] {
            assert_eq!(simple(&value, explode), expected);
        }
    }
}
