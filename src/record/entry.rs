//! An exchange as it is kept: secrets replaced, content codings undone.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::redact::Placeholder;
use crate::exchange::{Exchange, Headers, Request, Response};

/// An exchange as it is kept, in the form of a line that `countersign check` reads too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The order in which requests came, from 1.
    pub number: u64,
    /// When the request came (RFC 3339).
    pub started: String,
    /// From the request's first byte to the response's last.
    pub elapsed_ms: f64,
    /// What was sent.
    pub request: KeptRequest,
    /// What came back.
    pub response: KeptResponse,
    /// Whether more of the response was to come when this was kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// What of the exchange was not kept, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What stands in for secrets in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placeholders: Vec<Placeholder>,
}

/// What came after an open entry: more of the body of its response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The number of its entry.
    pub number: u64,
    more: KeptBody,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    placeholders: Vec<Placeholder>,
}

/// A request as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptRequest {
    method: String,
    url: String,
    headers: Vec<Field>,
    #[serde(flatten)]
    body: KeptBody,
}

/// A response as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptResponse {
    status: u16,
    headers: Vec<Field>,
    #[serde(flatten)]
    body: KeptBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Field {
    name: String,
    value: String,
}

/// Text where it is UTF-8, base64 where not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct KeptBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

impl KeptBody {
    fn of(body: &[u8]) -> Self {
        match std::str::from_utf8(body) {
            Ok(text) => Self { body: Some(text.to_owned()), body_base64: None },
            Err(_) => Self { body: None, body_base64: Some(STANDARD.encode(body)) },
        }
    }

    fn bytes(&self) -> Bytes {
        match (&self.body, &self.body_base64) {
            (_, Some(digits)) => STANDARD.decode(digits).unwrap_or_default().into(),
            (Some(text), None) => Bytes::copy_from_slice(text.as_bytes()),
            (None, None) => Bytes::new(),
        }
    }
}

fn fields(headers: &Headers) -> Vec<Field> {
    headers.iter().map(|(name, value)| Field { name: name.to_owned(), value: value.into_owned() }).collect()
}

fn headers(fields: &[Field]) -> Headers {
    fields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect()
}

impl Entry {
    /// Keeps an exchange whose secrets are replaced already.
    pub fn new(number: u64, started: String, exchange: &Exchange) -> Self {
        let Exchange { request, response, elapsed } = exchange;
        Self {
            number,
            started,
            // Microseconds are as much as anybody measures here.
            elapsed_ms: (elapsed.as_secs_f64() * 1_000_000.0).round() / 1000.0,
            request: KeptRequest {
                method: request.method.clone(),
                url: request.url.clone(),
                headers: fields(&request.headers),
                body: KeptBody::of(&request.body),
            },
            response: KeptResponse {
                status: response.status,
                headers: fields(&response.headers),
                body: KeptBody::of(&response.body),
            },
            open: false,
            notes: Vec::new(),
            placeholders: Vec::new(),
        }
    }

    /// The body of its response as what comes after an open entry of the same number.
    pub fn into_part(self) -> Part {
        Part { number: self.number, more: self.response.body, placeholders: self.placeholders }
    }

    /// Takes what came after it.
    pub fn go_on(&mut self, parts: Vec<Part>) {
        let mut whole = self.response.body.bytes().to_vec();
        for part in parts {
            whole.extend_from_slice(&part.more.bytes());
            for placeholder in part.placeholders {
                if !self.placeholders.contains(&placeholder) {
                    self.placeholders.push(placeholder);
                }
            }
        }
        self.response.body = KeptBody::of(&whole);
    }

    /// The exchange.
    pub fn exchange(&self) -> Exchange {
        let (request, response) = (&self.request, &self.response);
        Exchange {
            request: Request {
                method: request.method.clone(),
                url: request.url.clone(),
                headers: headers(&request.headers),
                body: request.body.bytes(),
            },
            response: Response {
                status: response.status,
                headers: headers(&response.headers),
                body: response.body.bytes(),
            },
            elapsed: Duration::try_from_secs_f64(self.elapsed_ms / 1000.0).unwrap_or_default(),
        }
    }
}
