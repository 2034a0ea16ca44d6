//! Callbacks and webhooks: firing one, and what became of them.

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Value, json};

use super::super::body::HyperResponse;
use super::super::shown::Presenter;
use super::{Asked, refused, told};
use crate::exchange::MediaType;
use crate::mock::callback::{Called, Firing, Sent, Unfired};

impl Asked<'_> {
    /// What became of callbacks and webhooks, newest first.
    pub(super) fn callbacks(&self) -> HyperResponse {
        let wants = |name: &str, found: &str| self.query(name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(found));
        let kept = self.shared.outbox.kept();
        let mut presenter = self.presenter();
        for sent in &kept {
            learn(sent, &mut presenter);
        }
        let fitting = kept.iter().filter(|sent| {
            let contract = sent.called.call().map_or("", |call| call.contract.name());
            wants("verdict", sent.called.verdict()) && wants("contract", contract)
        });
        let all: Vec<Value> = fitting.map(|sent| shown(sent, &presenter)).collect();
        told(&json!({ "callbacks": all, "kept": kept.len() }))
    }

    /// Has a webhook sent to the URL that the query names, with the body that was sent or one that is made up.
    pub(super) fn fire(&self, name: &str) -> HyperResponse {
        let Some(url) = self.query("url") else {
            return refused(400, "the query must say where to: `?url=http://127.0.0.1:8080/hook`");
        };
        let media = self.parts.headers.get("content-type").and_then(|value| value.to_str().ok());
        let meant = self.query("breaks-contract").is_some_and(|value| value == "true");
        let firing = match firing(&self.body, media, meant) {
            Ok(firing) => firing,
            Err(message) => return refused(400, &message),
        };
        let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
        let wanted = self.query("contract");
        let mounts = self.shared.mounts.get();
        let mut sent = 0;
        for mock in mounts.mocks() {
            if wanted.as_deref().is_none_or(|wanted| wanted == mock.contract().name()) {
                match mock.fire(&name, &url, &firing) {
                    Ok(count) => sent += count,
                    Err(Unfired::Wrong(message)) => return refused(422, &message),
                    Err(Unfired::Refused(message)) => return refused(403, &message),
                }
            }
        }
        if sent == 0 {
            let known = mounts.mocks().into_iter().flat_map(|mock| mock.contract().webhooks());
            let known: std::collections::BTreeSet<&str> = known.map(crate::contract::Operation::path).collect();
            let known = known.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let known =
                if known.is_empty() { "no contract has webhooks".to_owned() } else { format!("known: {known}") };
            return refused(404, &format!("there is no webhook `{name}`; {known}"));
        }
        let mut answer = told(&json!({ "webhook": &*name, "url": url, "requests": sent }));
        *answer.status_mut() = StatusCode::ACCEPTED;
        answer
    }
}

/// What a body says that a webhook is to be fired with: nothing, all of it, or what is different.
fn firing(body: &Bytes, media: Option<&str>, breaks_contract: bool) -> Result<Firing, String> {
    if body.is_empty() {
        return Ok(Firing::default());
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let is_patch = media
        .and_then(|media| MediaType::parse(media).ok())
        .is_some_and(|media| media.essence() == "application/merge-patch+json");
    let (body, patch) = match value {
        Value::Null => (None, None),
        value if is_patch => (None, Some(value)),
        value => (Some(value), None),
    };
    Ok(Firing { body, patch, breaks_contract })
}

fn learn(sent: &Sent, presenter: &mut Presenter) {
    if let Some(call) = sent.called.call() {
        let response = match &sent.called {
            Called::Answered { exchange, .. } => Some(&exchange.response),
            _ => None,
        };
        presenter.learn_messages(&call.request, response);
    }
}

/// A call as it is told, without what is secret in it.
pub(super) fn told_of(sent: &Sent, presenter: &mut Presenter) -> Value {
    learn(sent, presenter);
    shown(sent, presenter)
}

fn shown(sent: &Sent, presenter: &Presenter) -> Value {
    let called = &sent.called;
    let mut value = json!({
        "number": sent.number,
        "at": sent.at.to_string(),
        "verdict": called.verdict(),
        "error": called.error().map(|error| presenter.text(&error)),
    });
    let Some(all) = value.as_object_mut() else { return value };
    if let Some(call) = called.call() {
        let exchange = match called {
            Called::Answered { exchange, judgement, .. } => {
                all.insert("findings".to_owned(), json!(presenter.findings(&judgement.findings)));
                all.insert("undecided".to_owned(), json!(judgement.undecided));
                Some(exchange)
            }
            _ => None,
        };
        let shown = presenter.sent(&call.request, exchange.map(|exchange| &**exchange));
        all.insert("name".to_owned(), json!(call.name));
        all.insert("contract".to_owned(), json!(call.contract.name()));
        if let Value::Object(shown) = json!(shown) {
            all.extend(shown);
        }
    }
    value
}
