//! Which values of a recorded response vary, and why.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::described::Described;
use super::look;
use super::stand_in::{StandIn, template};
use crate::case::like;
use crate::contract::{Contract, Operation, SecurityKind};
use crate::exchange::Exchange;
use crate::source::{Place, Pointer};
use crate::traffic::Credentials;

/// A value that is matched by what it is instead of being compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Vary {
    /// Where, in the body.
    pub at: Pointer,
    /// What it is matched by: a word or a JSON Schema, as under `expect.recorded` of a case.
    pub by: Value,
    /// Why, in a few words.
    pub why: String,
}

/// What is known of an exchange besides what it says itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// What stands in for secrets.
    pub secrets: &'a [String],
    /// What later steps capture from the response: where, and by which name.
    pub captured: &'a [(Pointer, String)],
    /// What stands in for what earlier steps captured.
    pub before: &'a [StandIn],
}

/// The values of a response's body that vary. What the request itself has sent does not.
pub fn varying(contract: &Contract, operation: Option<&Operation>, exchange: &Exchange, known: Known<'_>) -> Vec<Vary> {
    let Ok(body) = serde_json::from_slice::<Value>(&exchange.response.body) else { return Vec::new() };
    let described = Described::body(contract, operation, &exchange.response);
    let mut survey = Survey::new(contract, exchange, known);
    survey.given = given_out(&body, known, &survey.sent, survey.creates);
    survey.walk("", &body, &Pointer::root(), &described);
    survey.found
}

struct Survey<'a> {
    contract: &'a Contract,
    known: Known<'a>,
    sent: Sent,
    /// Whether the server gives out ids in this answer.
    creates: bool,
    /// The ids that the answer gives out.
    given: HashSet<String>,
    /// The server's own address.
    authority: String,
    credentials: Credentials,
    found: Vec<Vary>,
}

/// What a request said.
#[derive(Default)]
struct Sent {
    texts: HashSet<String>,
    named: HashSet<(String, String)>,
    /// Segments of the path.
    segments: HashSet<String>,
}

impl Sent {
    fn of(exchange: &Exchange) -> Self {
        let request = &exchange.request;
        let mut sent = Self::default();
        for segment in request.path().split('/').filter(|segment| !segment.is_empty()) {
            let segment = percent_decode_str(segment).decode_utf8_lossy().into_owned();
            sent.texts.insert(segment.clone());
            sent.segments.insert(segment);
        }
        let form = request.media_type().is_some_and(|media| media.is_form());
        let body: &[u8] = if form { &request.body } else { b"" };
        for pairs in [request.query().unwrap_or_default().as_bytes(), body] {
            for (name, value) in url::form_urlencoded::parse(pairs) {
                sent.add(&name, value.into_owned());
            }
        }
        for (name, value) in request.headers.iter() {
            sent.add(name, value.into_owned());
        }
        if let Ok(body) = serde_json::from_slice::<Value>(&request.body) {
            sent.value("", &body);
        }
        sent
    }

    fn add(&mut self, name: &str, text: String) {
        self.texts.insert(text.clone());
        self.named.insert((name.to_ascii_lowercase(), text));
    }

    fn value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| self.value(name, value)),
            Value::Array(items) => items.iter().for_each(|item| self.value(name, item)),
            other => {
                if let Some(text) = text_of(other) {
                    self.add(name, text);
                }
            }
        }
    }

    /// Whether a value was told to the server: under its name, in the path where it is an id, or anywhere if it
    /// is too special to be met by chance.
    fn has(&self, name: &str, text: &str) -> bool {
        let special = text.len() >= 6 && text.parse::<f64>().is_err();
        self.named.contains(&(name.to_ascii_lowercase(), text.to_owned()))
            || (look::is_id_name(name) && self.segments.contains(text))
            || (special && self.texts.contains(text))
    }
}

/// The text of a text or number.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The type of a scalar, as a word to match it by.
fn type_of(value: &Value) -> Value {
    Value::from(match value {
        Value::String(_) => "string",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        _ => "number",
    })
}

impl<'a> Survey<'a> {
    fn new(contract: &'a Contract, exchange: &Exchange, known: Known<'a>) -> Self {
        let schemes = contract.security_schemes().iter().filter_map(|scheme| match &scheme.kind {
            SecurityKind::ApiKey { name, .. } => Some(name.clone()),
            _ => None,
        });
        let url = &exchange.request.url;
        let authority = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
        Self {
            contract,
            known,
            sent: Sent::of(exchange),
            creates: exchange.request.method == "POST" && (200..300).contains(&exchange.response.status),
            given: HashSet::new(),
            authority: authority.unwrap_or_default().to_owned(),
            credentials: Credentials::new(schemes, Vec::new()),
            found: Vec::new(),
        }
    }

    fn walk(&mut self, name: &str, value: &Value, at: &Pointer, described: &Described) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.walk(name, value, &at.join(name), &described.below(self.contract, name, false));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let described = described.below(self.contract, &index.to_string(), true);
                    self.walk(name, item, &at.index(index), &described);
                }
            }
            scalar => {
                if let Some((by, why)) = self.scalar(name, scalar, at, described) {
                    self.found.push(Vary { at: at.clone(), by, why });
                }
            }
        }
    }

    fn scalar(&self, name: &str, value: &Value, at: &Pointer, described: &Described) -> Option<(Value, String)> {
        let text = text_of(value)?;
        let captured = self.known.captured.iter().find(|(known, _)| known == at);
        if captured.is_none() && self.sent.has(name, &text) {
            return None;
        }
        let by_contract = self.by_contract(name, value, described);
        if let Some((_, variable)) = captured {
            let by = by_contract.map(|(by, _)| by).or_else(|| look::of_text(&text).map(|(by, _)| by));
            return Some((by.unwrap_or_else(|| type_of(value)), format!("captured as {variable}")));
        }
        if self.is_secret(name, &text) {
            return Some((type_of(value), "a secret, replaced".to_owned()));
        }
        let by_address = self.by_address(value, &text);
        if by_address.is_none() && template(name, value, self.known.before) != *value {
            return None;
        }
        if look::is_id_name(name) && self.known.before.iter().any(|stand_in| stand_in.text == text) {
            // Too short to be told from another value that is the same by chance.
            return Some((type_of(value), "may be an id that was captured".to_owned()));
        }
        by_address.or(by_contract).or_else(|| self.by_look(name, value, &text))
    }

    fn is_secret(&self, name: &str, text: &str) -> bool {
        self.credentials.is_secret(name) || self.known.secrets.iter().any(|secret| text.contains(secret.as_str()))
    }

    fn by_contract(&self, name: &str, value: &Value, described: &Described) -> Option<(Value, String)> {
        let facts = described.facts(self.contract);
        let short = |place: &Place| format!("{}:{}", place.file, place.line);
        if let Some((format, place)) = &facts.format
            && like::is_format(format)
            && like::is(format, value)
        {
            return Some((Value::from(format.as_str()), format!("format {format}, {}", short(place))));
        }
        let read_only = facts.read_only.filter(|_| look::is_id_name(name))?;
        Some((type_of(value), format!("readOnly, {}", short(&read_only))))
    }

    fn by_look(&self, name: &str, value: &Value, text: &str) -> Option<(Value, String)> {
        if let Some((by, said)) = value.is_string().then(|| look::of_text(text)).flatten() {
            return Some((by, format!("looks like {said}")));
        }
        if let Some(said) = look::of_name(name, value) {
            return Some((type_of(value), said.to_owned()));
        }
        (self.creates && look::is_id_name(name)).then(|| (type_of(value), "an id, given out by the server".to_owned()))
    }

    /// A text that holds the server's own address, or a path with an id that was given out.
    fn by_address(&self, value: &Value, text: &str) -> Option<(Value, String)> {
        if !value.is_string() || !text.contains('/') {
            return None;
        }
        let word = |word: &str, why: &str| like::is(word, value).then(|| (Value::from(word), why.to_owned()));
        if !self.authority.is_empty() && text.contains(&format!("//{}", self.authority)) {
            return word("uri", "the server's own address");
        }
        let parts = || text.split(['/', '?', '#', '=', '&']).filter(|part| !part.is_empty());
        let before = |part: &str| self.known.before.iter().any(|stand_in| stand_in.text == part);
        // What can be told from chance is written as what it was captured as.
        if template("", value, self.known.before) != *value {
            return None;
        }
        let holds = parts().any(|part| self.given.contains(part) || before(part));
        holds.then(|| word("uri-reference", "holds an id that was given out")).flatten()
    }
}

/// The ids that an answer which creates something gives out.
fn given_out(body: &Value, known: Known<'_>, sent: &Sent, creates: bool) -> HashSet<String> {
    let at = |(place, _): &(Pointer, String)| body.pointer(place.as_str()).and_then(text_of);
    let captured = known.captured.iter().filter_map(at);
    let fields = body.as_object().filter(|_| creates).into_iter().flatten();
    let ids = fields
        .filter(|(name, _)| look::is_id_name(name))
        .filter_map(|(name, value)| text_of(value).filter(|text| !sent.has(name, text)));
    captured.chain(ids).collect()
}
