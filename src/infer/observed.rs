//! What was seen of one operation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::shape::Shape;
use crate::exchange::{Headers, MediaType, Response};
use crate::traffic::{Credentials, Entry};

/// The largest body that is shown as an example.
const LARGEST_EXAMPLE: usize = 4096;

/// What the exchanges of a method and a path have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    pub(super) seen: usize,
    /// Requests that the server did not refuse: they tell what may be sent.
    pub(super) accepted: usize,
    /// The texts of each place in the path.
    pub(super) places: Vec<Shape>,
    pub(super) query: BTreeMap<String, Parameter>,
    pub(super) headers: BTreeMap<String, Parameter>,
    pub(super) with_body: usize,
    pub(super) bodies: BTreeMap<String, Body>,
    pub(super) responses: BTreeMap<u16, Answer>,
    /// How often each kind of credential was sent.
    pub(super) credentials: BTreeMap<Credential, usize>,
}

/// A parameter of the query or a header field.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameter {
    /// In how many requests it was.
    pub(super) requests: usize,
    /// Whether one request had it more than once.
    pub(super) repeated: bool,
    pub(super) shape: Shape,
}

/// Bodies of one media type.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    /// What they are, where they can be read.
    pub(super) shape: Option<Shape>,
    pub(super) example: Option<Value>,
}

/// Responses of one status.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) headers: BTreeMap<String, Parameter>,
    pub(super) bodies: BTreeMap<String, Body>,
    /// How often there was none.
    pub(super) bare: usize,
}

/// How a client says who it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Credential {
    Bearer { jwt: bool },
    Basic,
    Header(String),
    Query(String),
    Cookie(String),
}

/// Header fields of requests that clients and networks send by themselves.
const OF_CLIENTS: &[&str] = &[
    "x-requested-with",
    "x-forwarded-",
    "x-real-ip",
    "x-request-id",
    "x-correlation-id",
    "x-b3-",
    "x-amzn-",
    "x-client-data",
    "x-envoy-",
];
/// Header fields of responses that say something of the API.
const OF_APIS: &[&str] = &[
    "location",
    "retry-after",
    "link",
    "x-total-count",
    "x-total",
    "x-page",
    "x-per-page",
    "x-next-page",
    "x-prev-page",
    "x-ratelimit-",
    "x-rate-limit-",
    "ratelimit",
    "deprecation",
    "sunset",
];

impl Observed {
    pub(super) fn take(&mut self, entry: &Entry, credentials: &Credentials) {
        self.seen += 1;
        let segments = entry.request.path().trim_start_matches('/').split('/');
        for (place, segment) in segments.enumerate() {
            if self.places.len() <= place {
                self.places.push(Shape::default());
            }
            let text = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
            self.places[place].take_text(&text, false);
        }
        let refused = entry.response.as_ref().is_ok_and(|response| (400..500).contains(&response.status));
        if !refused {
            self.accepted += 1;
            self.request(entry, credentials);
        }
        if let Ok(response) = &entry.response {
            self.response(response, entry.missing.response_body.is_some(), credentials);
        }
    }

    fn request(&mut self, entry: &Entry, credentials: &Credentials) {
        let request = &entry.request;
        let is_secret = |name: &str| credentials.is_secret(name);
        for credential in sent_credentials(entry, credentials) {
            *self.credentials.entry(credential).or_default() += 1;
        }
        let pairs = url::form_urlencoded::parse(request.query().unwrap_or_default().as_bytes());
        let pairs: Vec<(String, String)> = pairs.into_owned().filter(|(name, _)| !is_key(name, credentials)).collect();
        take_all(&mut self.query, &pairs, &is_secret);
        let of_api = |name: &str| name.starts_with("x-") && !OF_CLIENTS.iter().any(|known| name.starts_with(known));
        let fields: Vec<(String, String)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned()))
            .filter(|(name, _)| of_api(name) && !is_secret(name))
            .collect();
        take_all(&mut self.headers, &fields, &is_secret);
        if request.body.is_empty() {
            return;
        }
        self.with_body += 1;
        if entry.missing.request_body.is_none() {
            take_body(&mut self.bodies, &request.headers, &request.body, credentials);
        }
    }

    fn response(&mut self, response: &Response, lost: bool, credentials: &Credentials) {
        let answer = self.responses.entry(response.status).or_default();
        let of_api = |name: &str| OF_APIS.iter().any(|known| name.starts_with(known));
        let fields = response.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned()));
        let fields: Vec<(String, String)> = fields.filter(|(name, _)| of_api(name)).collect();
        take_all(&mut answer.headers, &fields, &|name| credentials.is_secret(name));
        if lost {
            if let Some(media) = response.media_type() {
                answer.bodies.entry(essence(&media)).or_default();
            }
        } else if !response.body.is_empty() {
            take_body(&mut answer.bodies, &response.headers, &response.body, credentials);
        } else {
            answer.bare += 1;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.seen += other.seen;
        self.accepted += other.accepted;
        for (place, shape) in other.places.into_iter().enumerate() {
            match self.places.get_mut(place) {
                Some(known) => known.merge(shape),
                None => self.places.push(shape),
            }
        }
        merge_parameters(&mut self.query, other.query);
        merge_parameters(&mut self.headers, other.headers);
        self.with_body += other.with_body;
        merge_bodies(&mut self.bodies, other.bodies);
        for (status, answer) in other.responses {
            let known = self.responses.entry(status).or_default();
            merge_parameters(&mut known.headers, answer.headers);
            merge_bodies(&mut known.bodies, answer.bodies);
            known.bare += answer.bare;
        }
        for (credential, count) in other.credentials {
            *self.credentials.entry(credential).or_default() += count;
        }
    }
}

fn merge_parameters(all: &mut BTreeMap<String, Parameter>, other: BTreeMap<String, Parameter>) {
    for (name, parameter) in other {
        let known = all.entry(name).or_default();
        known.requests += parameter.requests;
        known.repeated |= parameter.repeated;
        known.shape.merge(parameter.shape);
    }
}

fn merge_bodies(all: &mut BTreeMap<String, Body>, other: BTreeMap<String, Body>) {
    for (media, body) in other {
        let known = all.entry(media).or_default();
        match (&mut known.shape, body.shape) {
            (Some(mine), Some(theirs)) => mine.merge(theirs),
            (mine, theirs) => *mine = mine.take().or(theirs),
        }
        known.example = known.example.take().or(body.example);
    }
}

fn take_all(all: &mut BTreeMap<String, Parameter>, pairs: &[(String, String)], is_secret: &dyn Fn(&str) -> bool) {
    let mut names = BTreeSet::new();
    for (name, value) in pairs {
        let parameter = all.entry(name.clone()).or_default();
        if names.insert(name) {
            parameter.requests += 1;
        } else {
            parameter.repeated = true;
        }
        parameter.shape.take_text(value, is_secret(name));
    }
}

fn essence(media: &MediaType) -> String {
    media.to_string().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn take_body(bodies: &mut BTreeMap<String, Body>, headers: &Headers, bytes: &[u8], credentials: &Credentials) {
    let media = headers.get("content-type").and_then(|value| MediaType::parse(&value).ok());
    let name = media.as_ref().map_or_else(|| "application/octet-stream".to_owned(), essence);
    let body = bodies.entry(name).or_default();
    let Some(media) = media else { return };
    let is_secret = |name: &str| credentials.is_secret(name);
    if media.is_json() {
        let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
        body.shape.get_or_insert_default().take(&value, &is_secret);
        if body.example.is_none() && bytes.len() <= LARGEST_EXAMPLE {
            body.example = example(bytes, credentials);
        }
    } else if media.is_form() {
        let mut fields = serde_json::Map::new();
        for (name, value) in url::form_urlencoded::parse(bytes) {
            // A field that stands twice is a list: what reads forms takes it for one.
            match fields.get_mut(&*name) {
                Some(Value::Array(items)) => items.push(value.into()),
                Some(first) => *first = Value::Array(vec![first.take(), value.into()]),
                None => {
                    fields.insert(name.into_owned(), value.into());
                }
            }
        }
        body.shape.get_or_insert_default().take(&Value::Object(fields), &is_secret);
    }
}

/// The body without its secrets and without people's addresses.
fn example(bytes: &[u8], credentials: &Credentials) -> Option<Value> {
    let text = String::from_utf8_lossy(bytes);
    let mut value = serde_json::from_str(&credentials.redactor().redact(&text)).ok()?;
    anonymise(&mut value);
    Some(value)
}

fn anonymise(value: &mut Value) {
    match value {
        Value::String(text) if super::shape::Format::Email.fits(text) => "user@example.com".clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(anonymise),
        Value::Object(fields) => fields.values_mut().for_each(anonymise),
        _ => {}
    }
}

fn is_key(name: &str, credentials: &Credentials) -> bool {
    credentials.is_secret(name) || name.eq_ignore_ascii_case("key")
}

fn sent_credentials(entry: &Entry, credentials: &Credentials) -> BTreeSet<Credential> {
    let request = &entry.request;
    let mut found = BTreeSet::new();
    for (name, value) in request.headers.iter() {
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "authorization" => {
                let (scheme, token) = value.split_once(' ').unwrap_or((&value, ""));
                if scheme.eq_ignore_ascii_case("bearer") {
                    found.insert(Credential::Bearer {
                        jwt: token.starts_with("eyJ") && token.matches('.').count() == 2,
                    });
                } else if scheme.eq_ignore_ascii_case("basic") {
                    found.insert(Credential::Basic);
                } else {
                    found.insert(Credential::Header("Authorization".to_owned()));
                }
            }
            "cookie" => {
                let names =
                    value.split(';').filter_map(|pair| pair.trim().split_once('=')).map(|(name, _)| name.to_owned());
                found.extend(names.filter(|name| Credentials::opens_session(name)).map(Credential::Cookie));
            }
            "proxy-authorization" => {}
            _ if credentials.is_secret(name) && !lower.contains("csrf") && !lower.contains("xsrf") => {
                found.insert(Credential::Header(name.to_owned()));
            }
            _ => {}
        }
    }
    let query = url::form_urlencoded::parse(request.query().unwrap_or_default().as_bytes());
    found.extend(
        query.filter(|(name, _)| is_key(name, credentials)).map(|(name, _)| Credential::Query(name.into_owned())),
    );
    found
}
