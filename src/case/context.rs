//! The variables of one attempt at a case.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::ready::Case;
use super::spot::CaseError;
use crate::exchange::{Exchange, Headers, Redactor, Request, Secret};
use crate::expression::{Clock, Context, Session, Var};

/// The value of a body that is JSON. A byte order mark before it is passed over (RFC 8259, section 8.1),
/// as the checks do.
fn json_of(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)).ok()
}

/// The environment variables, made ready for expressions once: every case of a run reads them.
#[derive(Clone)]
pub struct Environment {
    values: BTreeMap<String, String>,
    var: Var,
}

impl From<BTreeMap<String, String>> for Environment {
    fn from(values: BTreeMap<String, String>) -> Self {
        Self { var: env_var(&values), values }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values may be secrets.
        f.debug_set().entries(self.values.keys()).finish()
    }
}

/// What surrounds a run: all that a case may see of the world.
#[derive(Clone)]
pub struct Surroundings<'a> {
    /// The environment variables.
    pub environment: &'a Environment,
    /// `mock`, `live` or `recorded`.
    pub target: &'a str,
    /// What random values follow from, with the case's id.
    pub seed: u64,
    /// Tells the time.
    pub clock: Clock,
    /// Where secrets are made known before anything is sent.
    pub redactor: &'a Redactor,
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Surroundings({}, seed {})", self.target, self.seed)
    }
}

/// The variables of one attempt at a case, as they change from step to step.
#[derive(Clone, Debug)]
pub struct Scope {
    pub(super) context: Context,
    previous: Vec<Var>,
    current: Option<Var>,
}

impl Case {
    /// The variables that the case starts with. The same seed gives the same random values.
    pub fn scope(&self, surroundings: &Surroundings) -> Result<Scope, CaseError> {
        for name in self.secrets.iter() {
            if let Some(value) = surroundings.environment.values.get(name) {
                surroundings.redactor.add(&Secret::new(value.as_str()));
            }
        }
        let session = Session::new(surroundings.seed, &self.id.to_string(), surroundings.clock.clone());
        let mut context = base(session, surroundings.environment.var.clone(), &self.contract);
        context.set("target", surroundings.target);
        context.set("previous", Var::list([]));
        for (name, value) in self.row.iter() {
            context.set(name.clone(), value.clone());
        }
        for (name, template) in self.vars.iter() {
            let value = template.value.var(&context).map_err(|error| template.spot.failed(error))?;
            context.set(name.clone(), value);
        }
        Ok(Scope { context, previous: Vec::new(), current: None })
    }
}

/// The environment as `env`.
pub(super) fn env_var(environment: &BTreeMap<String, String>) -> Var {
    Var::record(environment.iter().map(|(name, value)| (name.clone(), Var::from(value.as_str()))))
}

/// The names that do not change: `env` and `contract`.
pub(super) fn base(session: Session, env: Var, contract: &str) -> Context {
    Context::new(session).with("env", env).with("contract", Var::record([("name", Var::from(contract))]))
}

impl Scope {
    /// The variables of no case.
    pub(super) fn bare(context: Context) -> Self {
        Self { context, previous: Vec::new(), current: None }
    }

    /// Takes the exchange that the current step's request led to: `request` and `response`.
    pub fn received(&mut self, exchange: &Arc<Exchange>) {
        // Most cases read neither.
        let (asked, answered) = (Arc::clone(exchange), Arc::clone(exchange));
        let request = Var::later(move || request_var(&asked.request));
        let response = Var::later(move || response_var(&answered));
        self.context.set("request", request.clone());
        self.context.set("response", response.clone());
        self.current = Some(Var::record([("request", request), ("response", response)]));
    }

    /// Puts the current exchange behind: it is the last of `previous`, and no longer `request` and `response`.
    pub fn finish_step(&mut self) {
        self.context.set("request", Var::undefined());
        self.context.set("response", Var::undefined());
        if let Some(current) = self.current.take() {
            self.previous.push(current);
            self.context.set("previous", Var::list(self.previous.iter().cloned()));
        }
    }

    /// Gives a captured name its value.
    pub(super) fn capture(&mut self, name: &str, value: &Value) {
        self.context.set(name.to_owned(), Var::from(value));
    }
}

fn request_var(request: &Request) -> Var {
    let query: Vec<(String, String)> = request
        .query()
        .map(|query| url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
        .unwrap_or_default();
    let mut first = Map::new();
    for (name, value) in query {
        first.entry(name).or_insert(Value::String(value));
    }
    let (text, body) = (request.body.clone(), request.body.clone());
    Var::record([
        ("method", Var::from(request.method.as_str())),
        ("url", Var::from(request.url.as_str())),
        ("path", Var::from(request.path())),
        ("query", Var::from(Value::Object(first))),
        ("headers", headers_var(&request.headers)),
        ("json", Var::lazy(move || json_of(&body))),
        ("text", Var::lazy(move || Some(Value::from(String::from_utf8_lossy(&text))))),
    ])
}

fn response_var(exchange: &Exchange) -> Var {
    let response = &exchange.response;
    let (text, body) = (response.body.clone(), response.body.clone());
    Var::record([
        ("status", Var::from(json!(response.status))),
        ("headers", headers_var(&response.headers)),
        ("json", Var::lazy(move || json_of(&body))),
        ("text", Var::lazy(move || Some(Value::from(String::from_utf8_lossy(&text))))),
        ("time_ms", Var::from(json!(exchange.elapsed.as_secs_f64() * 1000.0))),
        ("size", Var::from(json!(response.body.len()))),
    ])
}

/// Names in lower case; fields of one name joined by `, `.
fn headers_var(headers: &Headers) -> Var {
    let names: Vec<String> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    Var::record(names.into_iter().map(|name| {
        let value = headers.combined(&name).unwrap_or_default();
        (name, Var::from(value))
    }))
}
