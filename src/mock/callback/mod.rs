//! Callbacks and webhooks: requests that the mock has sent because of one that it answered, or
//! because somebody fires them. This room makes them; who sends them is handed in ([`Caller`]).

mod expression;
mod outbox;

use std::sync::Arc;

use serde_json::Value;

use super::answer::Settings;
use crate::contract::{Callback, Contract, Direction, Location, Operation, SchemaRef};
use crate::exchange::{Headers, Request};
use crate::generate::{Generator, derive_seed, write};

pub(super) use expression::Seen;
use expression::Unseen;
pub(crate) use outbox::REFUSED;
pub(super) use outbox::Sent;
pub use outbox::{Called, Outbox};

/// A request of the mock's own: a callback or a webhook.
#[derive(Clone, Debug)]
pub struct Call {
    /// The contract that describes it.
    pub contract: Arc<Contract>,
    /// `callback NAME` or `webhook NAME`.
    pub name: String,
    /// What describes it.
    pub operation: Arc<Callback>,
    /// The request to send.
    pub request: Request,
}

/// Takes a call to be sent; it must not wait. `Err` says why it will not be sent.
pub type Caller = Arc<dyn Fn(Call) -> Result<(), String> + Send + Sync>;

/// Why a webhook is not fired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfired {
    /// There is no request to send: the URL is none, or the body breaks its schema.
    #[error("{0}")]
    Wrong(String),
    /// It is not sent there.
    #[error("{0}")]
    Refused(String),
}

/// What a webhook is fired with, instead of a body that is made up.
#[derive(Clone, Debug, Default)]
pub struct Firing {
    /// The whole body.
    pub body: Option<Value>,
    /// What is different in the body that is made up: a JSON Merge Patch (RFC 7396).
    pub patch: Option<Value>,
    /// It is sent although it breaks the webhook's schema.
    pub breaks_contract: bool,
}

impl Firing {
    fn is_given(&self) -> bool {
        self.body.is_some() || self.patch.is_some()
    }
}

/// Makes calls by a contract.
pub(super) struct Calls<'a> {
    pub(super) contract: &'a Arc<Contract>,
    pub(super) settings: &'a Settings,
}

impl Calls<'_> {
    /// The call of a callback because of an exchange; `None` where that does not say where to.
    ///
    /// # Errors
    /// A sentence: its URL is none, or nothing can be sent.
    pub(super) fn back(&self, callback: &Arc<Callback>, seen: &Seen<'_>, digest: u64) -> Result<Option<Call>, String> {
        let url = match seen.text(&callback.expression) {
            Ok(url) if url.is_empty() => return Ok(None),
            Ok(url) => url,
            Err(Unseen::Absent(_)) => return Ok(None),
            Err(Unseen::Wrong(message)) => return Err(message),
        };
        let known = [seen.answered.as_ref(), seen.sent.as_ref()];
        self.call(callback, format!("callback {}", callback.name), &url, &known, &Firing::default(), digest).map(Some)
    }

    /// The call of a webhook to a URL.
    ///
    /// # Errors
    /// As [`Calls::back`]; also where the body breaks its schema, and is not said to.
    pub(super) fn fire(&self, webhook: &Arc<Callback>, url: &str, firing: &Firing, nth: u64) -> Result<Call, String> {
        self.call(webhook, format!("webhook {}", webhook.name), url, &[], firing, nth)
    }

    fn call(
        &self,
        described: &Arc<Callback>,
        name: String,
        url: &str,
        known: &[Option<&Value>],
        firing: &Firing,
        seed: u64,
    ) -> Result<Call, String> {
        let target = url::Url::parse(url).map_err(|_| format!("`{url}` is no URL to send it to"))?;
        if !matches!(target.scheme(), "http" | "https") || target.host().is_none() {
            return Err(format!("`{url}` is no URL to send it to"));
        }
        let operation = &described.operation;
        let seed = derive_seed(self.settings.seed ^ seed, name.as_bytes());
        let (mut url, headers) = self.parameters(operation, url, seed);
        if let Some(at) = url.find('#') {
            url.truncate(at);
        }
        let mut request = Request { method: operation.method().to_owned(), url, headers, body: bytes::Bytes::new() };
        self.fill(operation, &mut request, known, firing, seed)?;
        Ok(Call { contract: Arc::clone(self.contract), name, operation: Arc::clone(described), request })
    }

    /// The URL and header fields with the required parameters of the operation.
    fn parameters(&self, operation: &Operation, url: &str, seed: u64) -> (String, Headers) {
        let (mut url, mut headers) = (url.to_owned(), Headers::new());
        let mut generator = Generator::new(self.contract, Direction::Request, seed).with_examples().in_full();
        for parameter in operation.parameters().iter().filter(|parameter| parameter.required) {
            let example = parameter.examples.first().map(|example| example.value.clone());
            let made = || generator.named_value(parameter.value_schema()?, &parameter.name).ok();
            let Some(value) = example.or_else(made) else { continue };
            let text = parameter.serialise(&value);
            match parameter.location {
                Location::Query => {
                    url.push(if url.contains('?') { '&' } else { '?' });
                    url.push_str(&text);
                }
                Location::Header if hyper::header::HeaderValue::from_str(&text).is_ok() => {
                    headers.append(parameter.name.as_str(), text);
                }
                _ => {}
            }
        }
        (url, headers)
    }

    fn fill(
        &self,
        operation: &Operation,
        request: &mut Request,
        known: &[Option<&Value>],
        firing: &Firing,
        seed: u64,
    ) -> Result<(), String> {
        let content = operation.request_body().map_or(&[][..], |body| &body.content[..]);
        let media = content.iter().find(|media| media.range.is_json()).or_else(|| content.first());
        let Some(media) = media else {
            if let Some(body) = firing.body.as_ref().or(firing.patch.as_ref()) {
                request.headers.append("content-type", "application/json");
                request.body = body.to_string().into();
            }
            return Ok(());
        };
        let mut value = match (&firing.body, &media.schema) {
            (Some(body), _) => body.clone(),
            (None, Some(schema)) => match media.examples.iter().find(|example| self.keeps(schema, &example.value)) {
                Some(example) => self.told(schema, example.value.clone(), known),
                None => {
                    let mut generator =
                        Generator::new(self.contract, Direction::Request, seed).with_examples().in_full();
                    let made = generator.value(schema).map_err(|error| format!("there is no body for it: {error}"))?;
                    self.told(schema, made, known)
                }
            },
            (None, None) => media.examples.first().map_or(Value::Null, |example| example.value.clone()),
        };
        if let Some(patch) = &firing.patch {
            json_patch::merge(&mut value, patch);
        }
        if let (true, Some(schema)) = (firing.is_given() && !firing.breaks_contract, &media.schema) {
            self.judge(schema, &value)?;
        }
        let written = write(self.contract, media, &value);
        request.headers.append("content-type", written.media.to_string());
        request.body = written.bytes.into();
        Ok(())
    }

    /// What somebody gives as a body must keep its schema.
    fn judge(&self, schema: &SchemaRef, value: &Value) -> Result<(), String> {
        let compiled = self.contract.schema(schema, Direction::Request).map_err(|error| error.to_string())?;
        match compiled.violations(value).into_iter().next() {
            Some(violation) => Err(format!("the body breaks the schema of the webhook: {}", violation.message)),
            None => Ok(()),
        }
    }

    fn keeps(&self, schema: &SchemaRef, value: &Value) -> bool {
        self.contract.schema(schema, Direction::Request).is_ok_and(|compiled| compiled.is_valid(value))
    }

    /// The body with what the exchange says about its properties, as far as the schema lets it.
    fn told(&self, schema: &SchemaRef, mut body: Value, known: &[Option<&Value>]) -> Value {
        let names: Vec<String> = body.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default();
        for name in names {
            let Some(said) = known.iter().flatten().find_map(|value| value.get(&name)) else { continue };
            let before = std::mem::replace(&mut body[&name], said.clone());
            if !self.keeps(schema, &body) {
                body[&name] = before;
            }
        }
        body
    }
}
