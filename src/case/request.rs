//! From a step and its variables to a request.

use bytes::Bytes;
use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::context::Scope;
use super::decode::show;
use super::spot::{CaseError, Placed};
use super::step::{Body, Step};
use crate::contract::{Contract, Location, MediaTypeSpec, Operation, Parameter, SecurityKind};
use crate::exchange::percent::COMPONENT;
use crate::exchange::{Headers, MediaType, Redactor, Request, Secret};
use crate::expression::{Context, Template};

/// Percent-encoded, to stand anywhere in a path or query.
pub(super) fn component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// A request in the making.
#[derive(Debug, Default)]
pub(super) struct Draft {
    query: Vec<(String, String)>,
    headers: Headers,
    cookies: Vec<(String, String)>,
    /// Fields that the case leaves out on purpose, in lower case.
    left_out: Vec<String>,
}

impl Draft {
    pub(super) fn header_unless_given(&mut self, name: &str, value: &str) {
        if !self.headers.contains(name) && !self.left_out.contains(&name.to_ascii_lowercase()) {
            self.headers.append(name, value);
        }
    }

    /// `value` is already encoded.
    pub(super) fn query_unless_given(&mut self, name: &str, value: &str) {
        if !self.query.iter().any(|(known, _)| known == name) {
            self.query.push((name.to_owned(), format!("{}={value}", component(name))));
        }
    }

    /// `value` is already encoded.
    pub(super) fn cookie_unless_given(&mut self, name: &str, value: &str) {
        if !self.cookies.iter().any(|(known, _)| known == name) {
            self.cookies.push((name.to_owned(), format!("{name}={value}")));
        }
    }

    pub(super) fn authorise(&mut self, scheme: &str, credentials: &str, redactor: &Redactor) {
        redactor.add(&Secret::new(credentials));
        self.header_unless_given("Authorization", &format!("{scheme} {credentials}"));
    }
}

/// The names of authentication schemes, which alone are no secret (the registry of RFC 9110, section
/// 16.4.1, and two that are in use without it).
const SCHEMES: [&str; 11] =
    ["basic", "bearer", "digest", "dpop", "hoba", "mutual", "negotiate", "oauth", "privatetoken", "token", "apikey"];

impl Draft {
    /// Whatever stands where the contract expects credentials is a secret, however it came there.
    fn learn_credentials(&self, contract: &Contract, redactor: &Redactor) {
        let learn = |value: &str| redactor.add(&Secret::new(value));
        for value in self.headers.all("authorization") {
            match value.split_once(' ') {
                Some((_, credentials)) => learn(credentials),
                None if SCHEMES.iter().any(|scheme| value.eq_ignore_ascii_case(scheme)) => {}
                None => learn(&value),
            }
        }
        for scheme in contract.security_schemes() {
            let SecurityKind::ApiKey { location, name } = &scheme.kind else { continue };
            let pairs = |list: &[(String, String)]| {
                for (_, pair) in list.iter().filter(|(known, _)| known == name) {
                    let value = pair.split_once('=').map_or("", |(_, value)| value);
                    learn(&percent_encoding::percent_decode_str(value).decode_utf8_lossy());
                }
            };
            match location {
                Location::Header => self.headers.all(name).for_each(|value| learn(&value)),
                Location::Query => pairs(&self.query),
                Location::Cookie => pairs(&self.cookies),
                Location::Path => {}
            }
        }
    }
}

impl Step {
    /// The request, as it is to be sent. Credentials are made known to `redactor` on the way.
    ///
    /// `base_url` is where the contract's paths start, such as `https://api.example.com/v1`.
    pub fn request(
        &self,
        contract: &Contract,
        base_url: &str,
        scope: &Scope,
        redactor: &Redactor,
    ) -> Result<Request, CaseError> {
        let context = &scope.context;
        let operation = self.operation.as_deref().and_then(|id| contract.find(id).ok());
        let mut draft = Draft::default();
        let path = self.raw_path(operation, context)?;
        self.fill_query(operation, context, &mut draft)?;
        self.fill_headers(operation, context, &mut draft)?;
        self.fill_cookies(operation, context, &mut draft)?;
        if let Some(auth) = &self.auth {
            auth.apply(contract, operation, (context, redactor), &mut draft)?;
        }
        let body = self.fill_body(operation, context, &mut draft)?;
        draft.header_unless_given("Accept", &accept(operation));
        if !draft.cookies.is_empty() {
            let pairs: Vec<&str> = draft.cookies.iter().map(|(_, pair)| pair.as_str()).collect();
            draft.header_unless_given("Cookie", &pairs.join("; "));
        }
        let pairs: Vec<&str> = draft.query.iter().map(|(_, pair)| pair.as_str()).filter(|p| !p.is_empty()).collect();
        let mut url = format!("{}{path}", base_url.trim_end_matches('/'));
        if !pairs.is_empty() {
            url.push(if path.contains('?') { '&' } else { '?' });
            url.push_str(&pairs.join("&"));
        }
        let method = match &self.target.method {
            Some(method) => text(method, context)?,
            None => operation.map_or("GET", Operation::method).to_owned(),
        };
        draft.learn_credentials(contract, redactor);
        Ok(Request { method, url, headers: draft.headers, body })
    }

    fn raw_path(&self, operation: Option<&Operation>, context: &Context) -> Result<String, CaseError> {
        if let Some(url) = &self.target.url {
            let written = text(url, context)?;
            // Anything else would change the host that the credentials go to.
            if !(written.is_empty() || written.starts_with(['/', '?'])) {
                let message = format!(
                    "`{}` is appended to the base URL, so it must start with `/` or `?`",
                    show(&written.into())
                );
                return Err(url.spot.fault(message));
            }
            return Ok(written);
        }
        if let Some(path) = &self.target.concrete {
            return Ok(path.clone());
        }
        let mut path = operation.map_or("/", Operation::path).to_owned();
        for (name, value) in &self.path {
            let rendered = render(value, context)?;
            let encoded = match (&rendered, parameter(operation, Location::Path, name)) {
                (Value::Null, _) => String::new(),
                (value, Some(parameter)) => parameter.serialise(value),
                (value, None) => component(&plain(value)),
            };
            path = path.replace(&format!("{{{name}}}"), &encoded);
        }
        Ok(path)
    }

    fn fill_query(&self, operation: Option<&Operation>, context: &Context, draft: &mut Draft) -> Result<(), CaseError> {
        for (name, value) in &self.query {
            let pair = match (render(value, context)?, parameter(operation, Location::Query, name)) {
                (Value::Null, _) => String::new(),
                (value, Some(parameter)) => parameter.serialise(&value),
                (Value::Array(items), None) => {
                    let pairs: Vec<String> = items.iter().map(|item| pair(name, &plain(item))).collect();
                    pairs.join("&")
                }
                (value, None) => pair(name, &plain(&value)),
            };
            draft.query.push((name.clone(), pair));
        }
        Ok(())
    }

    fn fill_headers(
        &self,
        operation: Option<&Operation>,
        context: &Context,
        draft: &mut Draft,
    ) -> Result<(), CaseError> {
        for (name, value) in &self.headers {
            match (render(value, context)?, parameter(operation, Location::Header, name)) {
                (Value::Null, _) => draft.left_out.push(name.to_ascii_lowercase()),
                (value, Some(parameter)) => draft.headers.append(name.clone(), parameter.serialise(&value)),
                (Value::Array(items), None) => {
                    for item in &items {
                        draft.headers.append(name.clone(), plain(item));
                    }
                }
                (value, None) => draft.headers.append(name.clone(), plain(&value)),
            }
        }
        Ok(())
    }

    fn fill_cookies(
        &self,
        operation: Option<&Operation>,
        context: &Context,
        draft: &mut Draft,
    ) -> Result<(), CaseError> {
        for (name, value) in &self.cookies {
            match (render(value, context)?, parameter(operation, Location::Cookie, name)) {
                (Value::Null, _) => {}
                (value, Some(parameter)) => {
                    let pair = parameter.serialise(&value);
                    if !pair.is_empty() {
                        draft.cookies.push((name.clone(), pair));
                    }
                }
                (value, None) => draft.cookie_unless_given(name, &plain(&value)),
            }
        }
        Ok(())
    }

    fn fill_body(
        &self,
        operation: Option<&Operation>,
        context: &Context,
        draft: &mut Draft,
    ) -> Result<Bytes, CaseError> {
        let (bytes, automatic) = match &self.body {
            Body::Nothing => (Bytes::new(), None),
            Body::Json(template) => {
                let documented = documented_type(operation, MediaType::is_json);
                let media_type = documented.unwrap_or_else(|| "application/json".to_owned());
                (Bytes::from(render(template, context)?.to_string()), Some(media_type))
            }
            Body::Form(fields) => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                for (name, template) in fields {
                    match render(template, context)? {
                        Value::Null => {}
                        Value::Array(items) => items.iter().for_each(|item| {
                            form.append_pair(name, &plain(item));
                        }),
                        value => {
                            form.append_pair(name, &plain(&value));
                        }
                    }
                }
                (Bytes::from(form.finish()), Some("application/x-www-form-urlencoded".to_owned()))
            }
            Body::Raw(template) => (Bytes::from(text(template, context)?), any_type(operation)),
            Body::Bytes(bytes) => (bytes.clone(), bytes_type(operation)),
            Body::File { path, contents } => {
                let name = text(path, context)?;
                let Some(bytes) = contents.get(&name) else {
                    return Err(path.spot.fault(format!("the file `{name}` was not read when the case was loaded")));
                };
                (bytes.clone(), bytes_type(operation))
            }
        };
        let media_type = match &self.content_type {
            Some(template) => match render(template, context)? {
                Value::Null => None,
                value => Some(plain(&value)),
            },
            None => automatic,
        };
        if let Some(media_type) = media_type {
            draft.header_unless_given("Content-Type", &media_type);
        }
        Ok(bytes)
    }
}

fn render(template: &Placed<Template>, context: &Context) -> Result<Value, CaseError> {
    template.value.render(context).map_err(|error| template.spot.failed(error))
}

fn text(template: &Placed<Template>, context: &Context) -> Result<String, CaseError> {
    template.value.render_text(context).map_err(|error| template.spot.failed(error))
}

pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn pair(name: &str, value: &str) -> String {
    format!("{}={}", component(name), component(value))
}

fn parameter<'c>(operation: Option<&'c Operation>, location: Location, name: &str) -> Option<&'c Parameter> {
    operation?.parameters().iter().find(|parameter| {
        let same = if location == Location::Header {
            parameter.name.eq_ignore_ascii_case(name)
        } else {
            parameter.name == name
        };
        parameter.location == location && same
    })
}

fn documented(operation: Option<&Operation>) -> &[MediaTypeSpec] {
    operation.and_then(Operation::request_body).map_or(&[], |body| body.content.as_slice())
}

/// The first media type of the request body that is one (not a range) and that `fits`.
fn documented_type(operation: Option<&Operation>, fits: impl Fn(&MediaType) -> bool) -> Option<String> {
    let mut exact = documented(operation).iter().map(|media| &media.range).filter(|range| range.specificity() >= 1100);
    exact.find(|media| fits(media)).map(ToString::to_string)
}

/// The documented media type, JSON first.
fn any_type(operation: Option<&Operation>) -> Option<String> {
    documented_type(operation, MediaType::is_json).or_else(|| documented_type(operation, |_| true))
}

/// The documented media type, else that of bytes of which nothing is known (RFC 9110, section 8.3).
fn bytes_type(operation: Option<&Operation>) -> Option<String> {
    any_type(operation).or_else(|| Some("application/octet-stream".to_owned()))
}

/// The media types that the operation's responses are documented to have, each once; anything where none is.
fn accept(operation: Option<&Operation>) -> String {
    let mut names: Vec<String> = Vec::new();
    for response in operation.map(Operation::responses).unwrap_or_default() {
        for media in &response.content {
            let name = media.range.to_string();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    if names.is_empty() { "*/*".to_owned() } else { names.join(", ") }
}
