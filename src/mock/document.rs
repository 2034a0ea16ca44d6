//! Answers from the document: examples that satisfy their schemas, else generated values.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use super::fill::Refusal;
use super::negotiate;
use super::problem;
use super::wish::Wish;
use crate::contract::{
    Body, Contract, Direction, Example, MediaTypeSpec, Operation, ResponseSpec, SchemaRef, StatusPattern, read_body,
};
use crate::exchange::{Headers, Response};
use crate::generate::{Generator, Unsatisfiable, Written, concrete, derive_seed, write, write_generated, write_items};
use crate::verdict::Finding;

/// Answers that do not depend on the request, made once.
#[derive(Default)]
pub(super) struct Prepared(RwLock<HashMap<Key, Arc<Made>>>);

/// Operation, response, media type.
type Key = (usize, usize, Option<usize>);

/// A response, with what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) troubles: Vec<String>,
    /// Whether the body is made up, and not the document's own words.
    pub(super) made_up: bool,
}

/// A response before its status is known, and how its body came about.
#[derive(Debug)]
struct Made {
    answer: Answer,
    body: Content,
}

/// Where a body comes from.
#[derive(Debug, PartialEq)]
enum Content {
    /// There is none.
    Nothing,
    /// The document's own words.
    Example,
    /// Made up: it may say something else. `None`: the document says nothing about it.
    Generated(Option<Value>),
    /// Made up, item by item.
    Stream,
}

/// Why the document has no answer, as the status and sentence of a problem.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) u16, pub(super) String);

fn is_html(media: &MediaTypeSpec) -> bool {
    ["text/html", "application/xhtml+xml"].contains(&concrete(&media.range).essence().as_str())
}

/// A value whose texts are no markup: they tell of what a client sent, and a page that shows them is
/// of the same origin as the admin API.
fn inert(value: &Value) -> Value {
    let text = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        text.replace('"', "&quot;").replace('\'', "&#39;")
    };
    match value {
        Value::String(said) => text(said).into(),
        Value::Array(items) => items.iter().map(inert).collect(),
        Value::Object(map) => map.iter().map(|(name, value)| (text(name), inert(value))).collect(),
        other => other.clone(),
    }
}

/// Which of the operations one is, without looking at the others.
fn index_of(all: &[Operation], one: &Operation) -> Option<usize> {
    let bytes = (std::ptr::from_ref(one) as usize).checked_sub(all.as_ptr() as usize)?;
    let index = bytes / size_of::<Operation>();
    all.get(index).filter(|known| std::ptr::eq(*known, one)).map(|_| index)
}

/// One operation's answers.
pub(super) struct Documented<'a> {
    pub(super) contract: &'a Contract,
    pub(super) operation: &'a Operation,
    pub(super) prepared: &'a Prepared,
    /// The mock's seed.
    pub(super) seed: u64,
}

impl Documented<'_> {
    /// The answer to a valid request. `chance` is the seed where the request asks for other values each
    /// time, `met` are the names of request examples that the request is.
    pub(super) fn valid(
        &self,
        wish: &Wish,
        accept: Option<&str>,
        chance: u64,
        met: &[String],
    ) -> Result<Answer, Refused> {
        if let Some(answer) = self.pair(wish.code, accept, met) {
            return Ok(answer);
        }
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
            if wish.code.is_some() {
                // What cannot be had in this form is not insisted on.
                return self.valid(&Wish { code: None, ..wish.clone() }, accept, chance, met);
            }
            let offered: Vec<String> = spec.content.iter().map(|media| media.range.to_string()).collect();
            return Err(Refused(406, format!("the response is to be had as {}", offered.join(", "))));
        }
        let answer = if wish.is_particular() {
            let seed = wish.seed.as_deref().map_or(chance, |seed| derive_seed(0, seed.as_bytes()));
            self.make(spec, media.as_deref(), wish, seed)?.answer
        } else {
            self.constant(at, media.as_ref())?.1
        };
        Ok(answer.status(status))
    }

    /// The response example of the same name as a request example that the request is.
    fn pair(&self, forced: Option<u16>, accept: Option<&str>, met: &[String]) -> Option<Answer> {
        let patterns = self.patterns();
        let (at, status, name) = met.iter().find_map(|name| self.paired(&patterns, name, forced))?;
        let spec = &self.operation.responses()[at];
        let media = negotiate::media_type(&spec.content, accept)?;
        let named = Wish { example: Some(name), ..Wish::default() };
        let made = self.make(spec, Some(&media), &named, self.seed).ok()?;
        Some(made.answer.status(status))
    }

    /// The same for a request that is invalid on purpose: its example is that of an error.
    pub(super) fn pair_of_error(&self, accept: Option<&str>, met: &[String]) -> Option<Answer> {
        self.pair(None, accept, met).filter(|answer| answer.response.status >= 400)
    }

    /// The documented answer to an invalid request, under the first of these statuses that has one;
    /// an example counts that is asked for together with that status.
    pub(super) fn invalid(
        &self,
        codes: &[u16],
        wish: &Wish,
        accept: Option<&str>,
        findings: &[Finding],
    ) -> Result<Option<Answer>, Refused> {
        let patterns = self.patterns();
        let wished = wish.code.filter(|code| codes.contains(code));
        let found = wished.and_then(|code| negotiate::refusal(&patterns, &[code]));
        let Some((at, status)) = found.or_else(|| negotiate::refusal(&patterns, codes)) else { return Ok(None) };
        self.refusal(at, status, wish.example.as_ref().filter(|_| wished == Some(status)), accept, findings)
    }

    /// The answer of the response at `at`, saying what was wrong where it is not the document's own.
    fn refusal(
        &self,
        at: usize,
        status: u16,
        example: Option<&String>,
        accept: Option<&str>,
        findings: &[Finding],
    ) -> Result<Option<Answer>, Refused> {
        let spec = &self.operation.responses()[at];
        // An error is told even in a form that was not asked for (RFC 9110, section 15.5.7).
        let media = negotiate::media_type(&spec.content, accept).or_else(|| negotiate::media_type(&spec.content, None));
        if example.is_some() {
            let wish = Wish { example: example.cloned(), ..Wish::default() };
            return Ok(Some(self.make(spec, media.as_deref(), &wish, self.seed)?.answer.status(status)));
        }
        let Ok((made, mut answer)) = self.constant(at, media.as_ref()) else { return Ok(None) };
        if let (Content::Generated(value), Some(media)) = (&made.body, &media) {
            self.tell(&mut answer.response, media, value.as_ref(), status, findings);
        }
        Ok(Some(answer.status(status)))
    }

    /// Says in a made-up body what was wrong, as far as its schema has room.
    fn tell(
        &self,
        response: &mut Response,
        media: &MediaTypeSpec,
        value: Option<&Value>,
        status: u16,
        findings: &[Finding],
    ) {
        let filled = match (value, &media.schema) {
            (Some(value), Some(schema)) => {
                let compiled = self.contract.schema(schema, Direction::Response);
                let valid = |value: &Value| compiled.as_ref().is_ok_and(|compiled| compiled.is_valid(value));
                let is_map = |path: &[String]| self.is_map(schema, path);
                let filled = Refusal::new(status, self.operation, findings).fill(value, &valid, &is_map);
                if is_html(media) {
                    let inert = inert(&filled);
                    if valid(&inert) { inert } else { value.clone() }
                } else {
                    filled
                }
            }
            (_, None) if is_html(media) => inert(&problem::sentence(findings).into()),
            (_, None) => problem::details(status, findings),
            (None, Some(_)) => return,
        };
        let written = write(self.contract, media, &filled);
        response.headers.set("content-type", written.media.to_string());
        if is_html(media) {
            response.headers.set("x-content-type-options", "nosniff");
            response.headers.set("content-security-policy", "sandbox");
        }
        response.body = written.bytes.into();
    }

    /// Whether the names of the member at `path` are free: none is declared, and any may be there.
    fn is_map(&self, schema: &SchemaRef, path: &[String]) -> bool {
        let lookup = |reference: &str| self.contract.resolve_ref(reference, schema);
        let mut parts = vec![self.contract.schema_value(schema)];
        for name in path {
            let branches = flattened(&parts, &lookup);
            parts = branches.iter().filter_map(|branch| branch.get("properties")?.get(name)).collect();
            if parts.is_empty() {
                parts = branches.iter().filter_map(|branch| branch.get("additionalProperties")).collect();
            }
        }
        let branches = flattened(&parts, &lookup);
        let open = |branch: &&Value| branch.get("additionalProperties") != Some(&Value::Bool(false));
        !branches.is_empty()
            && branches.iter().all(|branch| branch.get("properties").is_none())
            && branches.iter().all(open)
            && branches.iter().any(|branch| branch.is_object())
    }

    /// The response that has an example of this name, under a forced status only that one's.
    fn paired(&self, patterns: &[StatusPattern], name: &str, forced: Option<u16>) -> Option<(usize, u16, String)> {
        let has = |at: &usize| {
            let content = self.operation.responses()[*at].content.iter();
            let mut examples = content.flat_map(|media| media.examples.iter().map(move |example| (media, example)));
            examples.any(|(media, example)| example.name.as_deref() == Some(name) && self.suits(media, example))
        };
        let found = |at: usize, status: u16| (at, status, name.to_owned());
        if let Some(code) = forced {
            return negotiate::forced(patterns, code).filter(has).map(|at| found(at, code));
        }
        let usual = negotiate::success(patterns).filter(|(at, _)| has(at));
        let other = || (0..patterns.len()).find(has).map(|at| (at, negotiate::status(patterns[at])));
        usual.or_else(other).map(|(at, status)| found(at, status))
    }

    fn patterns(&self) -> Vec<StatusPattern> {
        self.operation.responses().iter().map(|response| response.status).collect()
    }

    /// What is the same each time; its troubles are told the first time. What a client chose of a
    /// range is made anew: there is no end of media types.
    fn constant(&self, at: usize, media: Option<&Cow<'_, MediaTypeSpec>>) -> Result<(Arc<Made>, Answer), Refused> {
        let spec = &self.operation.responses()[at];
        let place = media.map_or(&spec.pointer, |media| &media.pointer);
        let seed = derive_seed(self.seed, place.as_str().as_bytes());
        let of_media = match media {
            Some(Cow::Owned(media)) => {
                let made = Arc::new(self.make(spec, Some(media), &Wish::default(), seed)?);
                let answer = made.answer.clone();
                return Ok((made, answer));
            }
            Some(Cow::Borrowed(media)) => spec.content.iter().position(|known| std::ptr::eq(known, *media)),
            None => None,
        };
        let key = (index_of(self.contract.operations(), self.operation).unwrap_or(usize::MAX), at, of_media);
        if let Some(found) = self.prepared.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            let (response, made_up) = (found.answer.response.clone(), found.answer.made_up);
            let answer = Answer { response, troubles: Vec::new(), made_up };
            return Ok((Arc::clone(found), answer));
        }
        let made = Arc::new(self.make(spec, media.map(|media| &**media), &Wish::default(), seed)?);
        self.prepared.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&made));
        let answer = made.answer.clone();
        Ok((made, answer))
    }

    fn make(
        &self,
        spec: &ResponseSpec,
        media: Option<&MediaTypeSpec>,
        wish: &Wish,
        seed: u64,
    ) -> Result<Made, Refused> {
        let mut troubles = Vec::new();
        let mut headers = Headers::new();
        let (body, content) = match media {
            Some(media) => {
                let (written, content) = self.body(media, wish, seed, &mut troubles)?;
                headers.append("content-type", written.media.to_string());
                (written.bytes, content)
            }
            None => (Vec::new(), Content::Nothing),
        };
        for header in &spec.headers {
            match self.header(header, seed) {
                Ok(Some(value)) => headers.append(header.name.as_str(), value),
                Err(reason) if header.required => troubles.push(format!("no `{}` header: {reason}", header.name)),
                Ok(None) | Err(_) => {}
            }
        }
        let response = Response { status: 0, headers, body: body.into() };
        let made_up = matches!(content, Content::Generated(Some(_)));
        Ok(Made { answer: Answer { response, troubles, made_up }, body: content })
    }

    /// The named example; else the first that satisfies the schema; else a generated value.
    fn body(
        &self,
        media: &MediaTypeSpec,
        wish: &Wish,
        seed: u64,
        troubles: &mut Vec<String>,
    ) -> Result<(Written, Content), Refused> {
        if let Some(name) = &wish.example {
            let found = media.examples.iter().find(|example| example.name.as_ref() == Some(name));
            let found = found.ok_or_else(|| Refused(404, format!("the response has no example named `{name}`")))?;
            if let Some(reason) = self.breaks(media, found) {
                let message = format!("the example `{name}` is not served, because it breaks its schema: {reason}");
                return Err(Refused(404, message));
            }
            return Ok((write(self.contract, media, &found.value), Content::Example));
        }
        let chosen = wish.dynamic != Some(true) && wish.seed.is_none();
        if chosen && let Some(found) = media.examples.iter().find(|example| self.suits(media, example)) {
            return Ok((write(self.contract, media, &found.value), Content::Example));
        }
        if let (None, Some(items)) = (&media.schema, &media.item_schema) {
            return self.stream(media, items, (wish, seed), troubles);
        }
        let Some(schema) = &media.schema else {
            return Ok(match media.examples.first() {
                Some(example) => (write(self.contract, media, &example.value), Content::Example),
                None => (write_generated(self.contract, media, None), Content::Generated(None)),
            });
        };
        let value = self.generated(schema, wish, seed, troubles)?;
        Ok((write_generated(self.contract, media, Some(&value)), Content::Generated(Some(value))))
    }

    /// Several items of a sequential body (OpenAPI 3.2, Media Type Object, `itemSchema`).
    fn stream(
        &self,
        media: &MediaTypeSpec,
        items: &SchemaRef,
        (wish, seed): (&Wish, u64),
        troubles: &mut Vec<String>,
    ) -> Result<(Written, Content), Refused> {
        const ITEMS: u64 = 3;
        let made: Result<Vec<Value>, Refused> =
            (0..ITEMS).map(|at| self.generated(items, wish, derive_seed(seed, &at.to_le_bytes()), troubles)).collect();
        Ok((write_items(media, &made?), Content::Stream))
    }

    fn generated(
        &self,
        schema: &SchemaRef,
        wish: &Wish,
        seed: u64,
        troubles: &mut Vec<String>,
    ) -> Result<Value, Refused> {
        let mut generator = Generator::new(self.contract, Direction::Response, seed);
        if wish.dynamic != Some(true) {
            generator = generator.in_full();
        }
        if wish.dynamic != Some(true) && wish.seed.is_none() {
            generator = generator.with_examples();
        }
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

    pub(super) fn example<'e>(&self, schema: Option<&SchemaRef>, examples: &'e [Example]) -> Option<&'e Value> {
        examples.iter().find(|example| self.fits(schema, example)).map(|example| &example.value)
    }

    fn fits(&self, schema: Option<&SchemaRef>, example: &Example) -> bool {
        let Some(schema) = schema else { return true };
        self.contract.schema(schema, Direction::Response).is_ok_and(|schema| schema.is_valid(&example.value))
    }

    /// Whether an example may be served as a body of this media type.
    fn suits(&self, media: &MediaTypeSpec, example: &Example) -> bool {
        self.fits(media.schema.as_ref(), example) || self.breaks(media, example).is_none()
    }

    /// How an example, as a body of this media type, breaks its schema; `None` where it does not.
    fn breaks(&self, media: &MediaTypeSpec, example: &Example) -> Option<String> {
        let schema = media.schema.as_ref()?;
        let compiled = match self.contract.schema(schema, Direction::Response) {
            Ok(compiled) => compiled,
            Err(error) => return Some(error.to_string()),
        };
        let mut value = Cow::Borrowed(&example.value);
        // An example of another type than JSON may be its text: what counts is what a reader makes of it.
        if !concrete(&media.range).is_json() && example.value.is_string() {
            let written = write(self.contract, media, &example.value);
            let shape = self.contract.shape(schema);
            match read_body(&written.media, &written.bytes, &shape, &media.encoding) {
                Body::Value(read) => value = Cow::Owned(read),
                Body::Opaque | Body::Unreadable(_) => return None,
                Body::Malformed(reason) => return Some(reason),
            }
        }
        if compiled.is_valid(&value) {
            return None;
        }
        let first = compiled.violations(&value).into_iter().next();
        Some(first.map_or_else(|| "it does not keep it".to_owned(), |violation| violation.message))
    }
}

impl Answer {
    /// Under this status; some have no body (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5).
    fn status(mut self, status: u16) -> Self {
        self.response.status = status;
        if matches!(status, 204 | 205 | 304) {
            self.response.body = bytes::Bytes::new();
            self.response.headers.remove("content-type");
        }
        self
    }
}

/// Schemas with what they refer to and are composed of, a few levels deep; of lists, their items.
fn flattened<'v>(schemas: &[&'v Value], lookup: &dyn Fn(&str) -> Option<&'v Value>) -> Vec<&'v Value> {
    const MOST: usize = 64;
    let mut found: Vec<&Value> = Vec::new();
    let mut waiting: Vec<&Value> = schemas.iter().rev().copied().collect();
    while let Some(schema) = waiting.pop() {
        if found.len() >= MOST || found.iter().any(|known| std::ptr::eq(*known, schema)) {
            continue;
        }
        found.push(schema);
        waiting.extend(schema.get("$ref").and_then(Value::as_str).and_then(lookup));
        waiting.extend(schema.get("items"));
        let branches = ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| schema.get(key)?.as_array());
        waiting.extend(branches.flatten());
    }
    found
}
