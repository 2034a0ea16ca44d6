//! What the server tells of itself below `/__countersign/`: JSON, metrics, and a page.

mod calls;
mod case;
mod events;
mod guard;
mod metrics;
mod near;
mod page;
mod views;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Shared;
use super::body::{HyperResponse, whole};
use super::journal::{Exchanged, Journal};
use super::shown::Presenter;
use crate::exchange::Secret;
use crate::mock::Mock;

pub use guard::Admin;

/// Where it is. No document's path is answered below it.
const ROOT: &str = "/__countersign";
/// The version of the JSON: a reader of `1.x` reads every `1.y`.
const FORMAT_VERSION: &str = "1.0";
/// The most exchanges in one answer, without `limit`.
const LISTED: usize = 100;
/// The most that listen to events at a time.
const LISTENERS: usize = 32;

/// What the admin API needs beside the server.
pub(super) struct Office {
    admin: Admin,
    presenter: Mutex<Presenter>,
    started: Instant,
}

impl Office {
    pub(super) fn new(admin: Admin, secrets: Vec<Secret>) -> Self {
        Self { admin, presenter: Mutex::new(Presenter::new(secrets)), started: Instant::now() }
    }

    pub(super) fn admin(&self) -> &Admin {
        &self.admin
    }

    fn presenter(&self) -> MutexGuard<'_, Presenter> {
        self.presenter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The path below the root of the admin API, where there is one and the path is below it.
pub(super) fn below<'p>(office: &Office, path: &'p str) -> Option<&'p str> {
    if matches!(office.admin, Admin::Off) {
        return None;
    }
    path.strip_prefix(ROOT).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether what is asked for takes a body.
pub(super) fn takes_body(parts: &Parts, path: &str) -> bool {
    parts.method == Method::POST && path.starts_with("/webhooks/")
}

/// Answers a request to the admin API.
pub(super) fn answer(
    shared: &Arc<Shared>,
    journal: &Arc<Journal>,
    (parts, body): (&Parts, Bytes),
    path: &str,
) -> HyperResponse {
    let asked = Asked { shared, journal, parts, body };
    let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    // Whether it is up is no secret: who asks may be a probe that has no token.
    match (&parts.method, path.as_slice()) {
        (&Method::GET | &Method::HEAD, ["health"]) => return told(&json!({ "status": "up" })),
        (&Method::GET | &Method::HEAD, ["ready"]) => return asked.ready(),
        _ => {}
    }
    if path.is_empty() && parts.uri.path() == ROOT {
        let mut moved = plain(StatusCode::PERMANENT_REDIRECT, "text/plain", "");
        moved.headers_mut().insert("location", HeaderValue::from_static("/__countersign/"));
        return moved;
    }
    // The page holds nothing; what it shows, it asks for with the token.
    let is_page = path.is_empty() && matches!(shared.office.admin, Admin::Token(_));
    match guard::check(&shared.office.admin, parts, (shared.scheme, shared.any_host)) {
        Err((401, _)) if is_page => {}
        Err((status, detail)) => return refused(status, &detail),
        Ok(()) => {}
    }
    asked.route(&path)
}

/// A request to the admin API that may be answered.
struct Asked<'a> {
    shared: &'a Arc<Shared>,
    journal: &'a Arc<Journal>,
    parts: &'a Parts,
    body: Bytes,
}

impl Asked<'_> {
    fn route(&self, path: &[&str]) -> HyperResponse {
        let allowed: &[Method] = match path {
            []
            | [
                "metrics" | "findings" | "near-misses" | "operations" | "contracts" | "state" | "events" | "callbacks",
            ]
            | ["exchanges", _]
            | ["exchanges", _, "case"] => &[Method::GET, Method::HEAD],
            ["exchanges"] => &[Method::GET, Method::HEAD, Method::DELETE],
            ["reset"] | ["webhooks", _] => &[Method::POST],
            _ => return refused(404, "there is nothing of this name; docs/mock.md lists what there is"),
        };
        if !allowed.contains(&self.parts.method) {
            let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
            let mut answer = refused(405, &format!("this takes {}", names.join(", ")));
            if let Ok(names) = HeaderValue::from_str(&names.join(", ")) {
                answer.headers_mut().insert("allow", names);
            }
            return answer;
        }
        match path {
            [] => page::page(),
            ["metrics"] => self.metrics(),
            ["findings"] => told(&json!({ "findings": views::findings(&self.journal.kept(), &mut self.presenter()) })),
            ["near-misses"] => self.near_misses(),
            ["operations"] => self.operations(),
            ["contracts"] => self.contracts(),
            ["state"] => self.state(),
            ["events"] => self.events(),
            ["callbacks"] => self.callbacks(),
            ["reset"] => self.reset(),
            ["webhooks", name] => self.fire(name),
            ["exchanges"] if self.parts.method == Method::DELETE => {
                self.journal.clear();
                told(&json!({ "cleared": true }))
            }
            ["exchanges"] => self.exchanges(),
            ["exchanges", number, rest @ ..] => match number.parse().ok().and_then(|number| self.journal.get(number)) {
                Some(exchanged) if rest.is_empty() => self.exchange(&exchanged),
                Some(exchanged) => case::download(&exchanged, &mut self.presenter()),
                None => refused(404, &format!("no exchange `{number}` is kept")),
            },
            _ => refused(404, "there is nothing of this name"),
        }
    }

    /// A presenter that knows the secrets of all that is kept.
    fn presenter(&self) -> MutexGuard<'_, Presenter> {
        let kept = self.journal.kept();
        let mut presenter = self.shared.office.presenter();
        for exchanged in &kept {
            presenter.learn(exchanged);
        }
        presenter
    }

    /// The value of a parameter of the query.
    fn query(&self, name: &str) -> Option<String> {
        let query = self.parts.uri.query().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.into())
    }

    fn ready(&self) -> HyperResponse {
        if *self.shared.stopped.borrow() {
            return refused(503, "the server is stopping");
        }
        told(&json!({ "status": "ready" }))
    }

    /// Exchanges that fit the query, newest first.
    fn exchanges(&self) -> HyperResponse {
        let mut wrong = None;
        let mut number = |name: &str| -> Option<u64> {
            let text = self.query(name)?;
            text.parse().map_err(|_| wrong = Some(format!("`{name}` is a whole number; found `{text}`"))).ok()
        };
        let limit = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LISTED);
        let (after, before) = (number("after"), number("before"));
        let verdicts = ["kept", "broken", "undecided", "failed"];
        if let Some(other) =
            self.query("verdict").filter(|word| !verdicts.contains(&word.to_ascii_lowercase().as_str()))
        {
            wrong = Some(format!("`verdict` is one of {}; found `{other}`", verdicts.join(", ")));
        }
        if let Some(wrong) = wrong {
            return refused(400, &wrong);
        }
        let wants = |name: &str, found: &str| self.query(name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(found));
        let fits = |exchanged: &&Arc<Exchanged>| {
            after.is_none_or(|after| exchanged.number > after)
                && before.is_none_or(|before| exchanged.number < before)
                && wants("verdict", exchanged.word())
                && wants("contract", exchanged.contract.as_ref().map_or("", |contract| contract.name()))
                && wants("operation", exchanged.operation.as_deref().unwrap_or_default())
                && wants("method", &exchanged.request.method)
                && wants("status", &exchanged.response.status.to_string())
                && wants("request-id", &exchanged.request_id)
        };
        let kept = self.journal.kept();
        let last = self.journal.past().last;
        let mut presenter = self.presenter();
        let listed = kept.iter().rev().filter(fits).take(limit);
        let listed: Vec<Value> = listed.map(|exchanged| presenter.summary(exchanged)).collect();
        told(&json!({ "exchanges": listed, "kept": kept.len(), "last": last }))
    }

    fn exchange(&self, exchanged: &Exchanged) -> HyperResponse {
        let near = self.mock_of(exchanged).map(|mock| near::near_misses(exchanged, &mock)).unwrap_or_default();
        let mut presenter = self.presenter();
        told(&json!({ "exchange": views::whole(exchanged, &mut presenter, &near) }))
    }

    /// What requests that led nowhere, or broke the contract, would have matched.
    fn near_misses(&self) -> HyperResponse {
        let kept = self.journal.kept();
        let mut presenter = self.presenter();
        let missed = kept.iter().rev().filter(|exchanged| exchanged.word() != "kept").take(LISTED);
        let told_of = missed.filter_map(|exchanged| {
            let mock = self.mock_of(exchanged)?;
            let near = near::near_misses(exchanged, &mock);
            let near: Vec<Value> = near.iter().map(|miss| views::near_miss(miss, &presenter)).collect();
            Some((exchanged, near))
        });
        let told_of: Vec<_> = told_of.collect();
        let told_of = told_of.into_iter().map(|(exchanged, near)| {
            let mut value = presenter.summary(exchanged);
            value["near-misses"] = Value::Array(near);
            value
        });
        told(&json!({ "exchanges": told_of.collect::<Vec<_>>() }))
    }

    fn mock_of(&self, exchanged: &Exchanged) -> Option<Arc<Mock>> {
        let name = exchanged.contract.as_ref()?.name();
        let mounts = self.shared.mounts.get();
        mounts.mocks().into_iter().find(|mock| mock.contract().name() == name).cloned()
    }

    fn operations(&self) -> HyperResponse {
        let mounts = self.shared.mounts.get();
        let mocks: Vec<&Mock> = mounts.mocks().into_iter().map(|mock| &**mock).collect();
        let operations = views::operations(&mocks, &self.journal.past());
        told(&json!({ "operations": operations }))
    }

    fn contracts(&self) -> HyperResponse {
        let mounts = self.shared.mounts.get();
        let contracts: Vec<Value> = mounts.mocks().iter().map(|mock| views::contract(mock.contract())).collect();
        told(&json!({ "contracts": contracts }))
    }

    /// What the rules of each mock remember, for a session or for all without one.
    fn state(&self) -> HyperResponse {
        let session = self.query("session");
        let wanted = self.query("contract");
        let mounts = self.shared.mounts.get();
        let presenter = self.presenter();
        if let Some(wanted) =
            wanted.as_deref().filter(|wanted| mounts.mocks().iter().all(|mock| mock.contract().name() != *wanted))
        {
            return refused(404, &format!("no contract `{wanted}` is served"));
        }
        let (mut states, mut collections) = (serde_json::Map::new(), serde_json::Map::new());
        for mock in mounts.mocks() {
            let name = mock.contract().name();
            if wanted.as_deref().is_none_or(|wanted| wanted == name) {
                let state = mock.state(session.as_deref());
                let shown = state.lock().unwrap_or_else(PoisonError::into_inner).to_json();
                states.insert(name.to_owned(), presenter.value(shown));
                if let Some(stateful) = mock.stateful() {
                    let shown = presenter.value(stateful.snapshot(session.as_deref()));
                    collections.insert(name.to_owned(), shown);
                }
            }
        }
        told(&json!({ "session": session, "state": states, "collections": collections }))
    }

    /// Forgets what requests changed, and the exchanges; with `only`, one of them.
    fn reset(&self) -> HyperResponse {
        let only = self.query("only");
        let wants = |what: &str| only.as_deref().is_none_or(|only| only == what);
        if let Some(other) = only.as_deref().filter(|only| !["state", "exchanges"].contains(only)) {
            return refused(400, &format!("`only` is `state` or `exchanges`; found `{other}`"));
        }
        if wants("state") {
            self.shared.mounts.get().mocks().iter().for_each(|mock| mock.reset());
        }
        if wants("exchanges") {
            self.journal.clear();
            self.shared.outbox.clear();
        }
        told(&json!({ "reset": only.as_deref().unwrap_or("all") }))
    }

    fn metrics(&self) -> HyperResponse {
        let gauges =
            metrics::Gauges { connections: self.shared.clients.count(), uptime: self.shared.office.started.elapsed() };
        let text = metrics::metrics(&self.journal.past(), &gauges);
        plain(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text)
    }

    fn events(&self) -> HyperResponse {
        let news = self.journal.listen();
        if self.journal.listeners() > LISTENERS {
            return refused(503, "too many listen to events already");
        }
        let shared = Arc::clone(self.shared);
        let heard =
            events::Heard { news, calls: self.shared.outbox.listen(), stopped: self.shared.stopped.clone(), shared };
        let mut answer = hyper::Response::new(events::stream(heard));
        dress(&mut answer, "text/event-stream");
        answer
    }
}

/// JSON with its version.
fn told(value: &Value) -> HyperResponse {
    let mut all = json!({ "format-version": FORMAT_VERSION });
    if let (Some(all), Some(value)) = (all.as_object_mut(), value.as_object()) {
        all.extend(value.clone());
    }
    plain(StatusCode::OK, "application/json", all.to_string())
}

/// Problem details (RFC 9457).
fn refused(status: u16, detail: &str) -> HyperResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let title = status.canonical_reason().unwrap_or("Problem");
    let problem = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    let mut answer = plain(status, "application/problem+json", problem.to_string());
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer"));
    }
    answer
}

fn plain(status: StatusCode, media_type: &'static str, text: impl Into<Bytes>) -> HyperResponse {
    let mut answer = hyper::Response::new(whole(text));
    *answer.status_mut() = status;
    dress(&mut answer, media_type);
    answer
}

fn dress(answer: &mut HyperResponse, media_type: &'static str) {
    let headers = answer.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(media_type));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
}
