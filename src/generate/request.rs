//! Requests that a contract allows: parameters by style, a body by media type, credentials that have
//! the right form and open nothing.

use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::{Generator, Unsatisfiable, derive_seed, write};
use crate::contract::{
    Body, Contract, Direction, Location, MediaTypeSpec, Operation, Parameter, Raw, Route, SecurityKind,
    SecurityRequirement, Shape, cookie_pairs, query_pairs, read_body,
};
use crate::exchange::{Headers, Request};

/// How often another value is made where one cannot be carried by its place.
const TRIES: u64 = 24;
/// What credentials are: of the right form, good for nothing.
const CREDENTIAL: &str = "countersign-placeholder";

/// Makes requests for operations of a contract. The same seed and operation give the same request.
#[derive(Clone, Debug)]
pub struct Requester<'a> {
    contract: &'a Contract,
    base: String,
    seed: u64,
    optional: bool,
    examples: bool,
}

impl<'a> Requester<'a> {
    /// Requests to `http://localhost` with all parameters, required or not.
    pub fn new(contract: &'a Contract, seed: u64) -> Self {
        Self { contract, base: "http://localhost".to_owned(), seed, optional: true, examples: false }
    }

    /// The same, sent below this URL.
    #[must_use]
    pub fn to(mut self, base: &str) -> Self {
        base.trim_end_matches('/').clone_into(&mut self.base);
        self
    }

    /// The same without parameters and bodies that may be left out.
    #[must_use]
    pub fn only_required(mut self) -> Self {
        self.optional = false;
        self
    }

    /// The same, but the document's examples come first where they satisfy their schema.
    #[must_use]
    pub fn with_examples(mut self) -> Self {
        self.examples = true;
        self
    }

    /// A request for `operation`, its body of the first media type that a body can be made of.
    ///
    /// # Errors
    /// [`Unsatisfiable`] where a required parameter or body has no value that can be sent.
    pub fn request(&self, operation: &Operation) -> Result<Request, Unsatisfiable> {
        let Some(body) = operation.request_body().filter(|body| body.required || self.optional) else {
            return self.request_with(operation, None);
        };
        let json_first = body.content.iter().filter(|media| media.range.is_json());
        let others = body.content.iter().filter(|media| !media.range.is_json());
        let mut last = None;
        for media in json_first.chain(others) {
            match self.request_with(operation, Some(media)) {
                Ok(request) => return Ok(request),
                Err(error) => last = Some(error),
            }
        }
        match last {
            Some(error) if body.required => Err(error),
            _ => self.request_with(operation, None),
        }
    }

    /// The same with a body of this media type, one of the operation's own; `None` has no body.
    ///
    /// # Errors
    /// As [`Requester::request`].
    pub fn request_with(&self, operation: &Operation, media: Option<&MediaTypeSpec>) -> Result<Request, Unsatisfiable> {
        let mut last = Unsatisfiable::new("its path leads to another operation");
        for attempt in 0..TRIES {
            let seed =
                derive_seed(self.seed, format!("{} {} {attempt}", operation.method(), operation.path()).as_bytes());
            match self.attempt(operation, media, seed) {
                Ok(Some(request)) => return Ok(request),
                Ok(None) => {}
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// `None` where the path leads elsewhere.
    fn attempt(
        &self,
        operation: &Operation,
        media: Option<&MediaTypeSpec>,
        seed: u64,
    ) -> Result<Option<Request>, Unsatisfiable> {
        let mut parts = Parts { path: operation.path().to_owned(), ..Parts::default() };
        for parameter in operation.parameters() {
            let described = ["accept", "content-type", "authorization"];
            if parameter.location == Location::Header
                && described.iter().any(|name| parameter.name.eq_ignore_ascii_case(name))
            {
                continue;
            }
            if parameter.required || self.optional {
                match self.text(parameter, seed) {
                    // The members of an object may have the names of other parameters.
                    Ok(text) if !parameter.required && parts.clashes(operation, parameter, &text) => {}
                    Ok(text) => parts.add(parameter, &text),
                    Err(error) if parameter.required => return Err(error),
                    Err(_) => {}
                }
            }
        }
        if let Some(alternative) = chosen(self.contract, operation) {
            parts.prove(self.contract, alternative);
        }
        let leads = match self.contract.route(operation.method(), &parts.path) {
            Route::Operation { operation: found, .. } => std::ptr::eq(found, operation),
            _ => false,
        };
        // Webhooks have names where others have paths.
        if !leads && operation.path().starts_with('/') {
            return Ok(None);
        }
        let body = match media {
            Some(media) => self.body(media, seed, &mut parts.headers)?,
            None => Vec::new(),
        };
        let query = if parts.query.is_empty() { String::new() } else { format!("?{}", parts.query.join("&")) };
        if !parts.cookies.is_empty() {
            parts.headers.append("cookie", parts.cookies.join("; "));
        }
        let url = format!("{}{}{query}", self.base, parts.path);
        let method = operation.method().to_owned();
        Ok(Some(Request { method, url, headers: parts.headers, body: body.into() }))
    }

    /// A parameter as it is sent: read back, it keeps its schema.
    fn text(&self, parameter: &Parameter, seed: u64) -> Result<String, Unsatisfiable> {
        if self.examples {
            let fitting = parameter.examples.iter().map(|example| parameter.serialise(&example.value));
            if let Some(text) = fitting.into_iter().find(|text| self.carries(parameter, text)) {
                return Ok(text);
            }
        }
        let Some(schema) = parameter.value_schema() else {
            let text = parameter.serialise(&Value::from("any"));
            return Ok(text);
        };
        let mut last = Unsatisfiable::new(format!("`{}` has no value that its place can carry", parameter.name));
        for attempt in 0..TRIES {
            let seed = derive_seed(seed, format!("{} {attempt}", parameter.name).as_bytes());
            match self.generator(seed).named_value(schema, &parameter.name) {
                Ok(value) => {
                    let text = parameter.serialise(&value);
                    if self.carries(parameter, &text) {
                        return Ok(text);
                    }
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn generator(&self, seed: u64) -> Generator<'a> {
        let generator = Generator::new(self.contract, Direction::Request, seed);
        if self.examples { generator.with_examples() } else { generator }
    }

    /// Whether what is sent is read as a value that keeps the parameter's schema.
    fn carries(&self, parameter: &Parameter, text: &str) -> bool {
        let pairs = match parameter.location {
            Location::Path if matches!(text, "" | "." | "..") => return false,
            Location::Header if text.trim() != text || hyper_would_refuse(text) => return false,
            Location::Query => query_pairs(text),
            Location::Cookie => cookie_pairs(text),
            Location::Path | Location::Header => Vec::new(),
        };
        let raw = match parameter.location {
            Location::Query | Location::Cookie => Raw::Pairs(&pairs),
            Location::Path | Location::Header => Raw::Text(Some(text)),
        };
        let shape = parameter.schema.as_ref().map(|schema| self.contract.shape(schema));
        match parameter.deserialise(&raw, shape.as_deref().unwrap_or(&Shape::anything())) {
            Some(Ok(value)) => parameter.value_schema().is_none_or(|schema| {
                self.contract.schema(schema, Direction::Request).is_ok_and(|compiled| compiled.is_valid(&value))
            }),
            Some(Err(_)) => false,
            None => !parameter.required,
        }
    }

    /// A body of this media type: read back, it keeps its schema.
    fn body(&self, media: &MediaTypeSpec, seed: u64, headers: &mut Headers) -> Result<Vec<u8>, Unsatisfiable> {
        let examples =
            media.examples.iter().map(|example| &example.value).filter(|_| self.examples || media.schema.is_none());
        let mut last = Unsatisfiable::new("no body was found that its media type can carry");
        let mut found =
            examples.map(|value| write(self.contract, media, value)).find(|written| self.keeps(media, written));
        for attempt in 0..TRIES {
            if found.is_some() {
                break;
            }
            let seed = derive_seed(seed, format!("body {attempt}").as_bytes());
            let value = match &media.schema {
                Some(schema) => match self.generator(seed).value(schema) {
                    Ok(value) => Some(value),
                    Err(error) => {
                        last = error;
                        continue;
                    }
                },
                None => None,
            };
            found = Some(super::write_generated(self.contract, media, value.as_ref()))
                .filter(|written| self.keeps(media, written));
        }
        let written = found.ok_or(last)?;
        headers.append("content-type", written.media.to_string());
        Ok(written.bytes)
    }

    fn keeps(&self, media: &MediaTypeSpec, written: &super::Written) -> bool {
        // A body of no bytes is none.
        if written.bytes.is_empty() {
            return false;
        }
        let Some(schema) = &media.schema else { return true };
        match read_body(&written.media, &written.bytes, &self.contract.shape(schema), &media.encoding) {
            Body::Value(value) => {
                self.contract.schema(schema, Direction::Request).is_ok_and(|compiled| compiled.is_valid(&value))
            }
            Body::Opaque | Body::Unreadable(_) => true,
            Body::Malformed(_) => false,
        }
    }
}

/// Whether a header field cannot have this value (RFC 9110, section 5.5).
fn hyper_would_refuse(text: &str) -> bool {
    text.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f)
}

/// The first alternative that a request can show; one that asks for nothing comes last.
fn chosen<'c>(contract: &'c Contract, operation: &'c Operation) -> Option<&'c SecurityRequirement> {
    let shown = |alternative: &&SecurityRequirement| {
        alternative.0.iter().all(|(name, _)| {
            let kind = contract.security_scheme(name).map(|scheme| &scheme.kind);
            !matches!(kind, None | Some(SecurityKind::MutualTls | SecurityKind::Unknown))
        })
    };
    let all = operation.security();
    all.iter().filter(|alternative| !alternative.0.is_empty()).find(shown)
}

/// A request in the making.
#[derive(Default)]
struct Parts {
    path: String,
    query: Vec<String>,
    headers: Headers,
    cookies: Vec<String>,
}

impl Parts {
    fn add(&mut self, parameter: &Parameter, text: &str) {
        match parameter.location {
            Location::Path => self.path = self.path.replace(&format!("{{{}}}", parameter.name), text),
            Location::Query | Location::Cookie if text.is_empty() => {}
            Location::Query => self.query.push(text.to_owned()),
            Location::Header => self.headers.append(parameter.name.as_str(), text),
            Location::Cookie => self.cookies.push(text.to_owned()),
        }
    }

    /// Whether a name that `text` brings along is there already, or is that of another parameter.
    fn clashes(&self, operation: &Operation, parameter: &Parameter, text: &str) -> bool {
        let others = || operation.parameters().iter().filter(|other| other.location == Location::Query);
        let meant = |name: &str| others().any(|other| other.name == name && other.name != parameter.name);
        let there =
            |name: &str| self.query.iter().any(|known| query_pairs(known).iter().any(|(known, _)| known == name));
        parameter.location == Location::Query && query_pairs(text).iter().any(|(name, _)| meant(name) || there(name))
    }

    fn prove(&mut self, contract: &Contract, alternative: &SecurityRequirement) {
        for (name, _) in &alternative.0 {
            let Some(scheme) = contract.security_scheme(name) else { continue };
            match &scheme.kind {
                SecurityKind::Basic => self.authorize("Basic", "Y291bnRlcnNpZ246cGxhY2Vob2xkZXI="),
                SecurityKind::Bearer | SecurityKind::OAuth2 | SecurityKind::OpenIdConnect => {
                    self.authorize("Bearer", CREDENTIAL);
                }
                SecurityKind::OtherHttp(scheme) => self.authorize(scheme, CREDENTIAL),
                SecurityKind::ApiKey { location, name } => self.key(*location, name),
                SecurityKind::MutualTls | SecurityKind::Unknown => {}
            }
        }
    }

    fn authorize(&mut self, scheme: &str, credentials: &str) {
        if !self.headers.contains("authorization") {
            self.headers.append("authorization", format!("{scheme} {credentials}"));
        }
    }

    fn key(&mut self, location: Location, name: &str) {
        let pair = || format!("{}={CREDENTIAL}", utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC));
        match location {
            Location::Header if !self.headers.contains(name) => self.headers.append(name, CREDENTIAL),
            Location::Query
                if !self.query.iter().any(|known| query_pairs(known).iter().any(|(found, _)| found == name)) =>
            {
                self.query.push(pair());
            }
            Location::Cookie if !self.cookies.iter().any(|known| known.starts_with(&format!("{name}="))) => {
                self.cookies.push(format!("{name}={CREDENTIAL}"));
            }
            _ => {}
        }
    }
}
