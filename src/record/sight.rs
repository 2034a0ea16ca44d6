//! A recording as it is compared with another one: what varies left out, by what is known of both.

use std::collections::HashMap;

use serde_json::Value;

use super::flow::{Flowing, Flows, Seen};
use super::key::{Key, asked, masked, plain_body, sorted};
use super::known::KnownExchange;
use crate::case::Varying;
use crate::case::write::{Known, StandIn, Vary, template, varying};
use crate::contract::Contract;
use crate::exchange::Exchange;
use crate::traffic::Credentials;

/// What stands for what varies in a request, and in a response: there, what flows is written as an expression.
const ANYTHING: &str = "~";
const ANY_VALUE: &str = "{{ _ }}";

/// An exchange as it is compared.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    /// What is asked, values that flow left out.
    pub(super) ask: String,
    pub(super) status: u16,
    /// The response's body where it is JSON, values that flow and what is recognised left out.
    pub(super) body: Option<Value>,
    /// The same with what looks like an id or a time left in.
    pub(super) plain: Option<Value>,
    text: String,
    /// What varies besides.
    varying: Option<Varying>,
}

/// How the exchanges of one recording are looked at.
pub(super) struct Looker<'a> {
    pub(super) contract: &'a Contract,
    pub(super) all: &'a [Seen<'a>],
    pub(super) flows: &'a Flows,
    pub(super) credentials: &'a Credentials,
}

/// A text without what stands in for secrets in it, ids and times.
fn unsecret(text: &str, secrets: &[String]) -> String {
    let held = secrets.iter().filter(|secret| text.contains(secret.as_str()));
    masked(&held.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), ANYTHING)))
}

impl Looker<'_> {
    /// The exchange with this number, of whose body this varies.
    pub(super) fn sight(&self, at: usize, members: &[usize], secrets: &[String], learnt: Option<&Varying>) -> Sight {
        let seen = &self.all[at];
        let stand_ins = self.flows.stand_ins(members, at, Some("_"));
        let mask = |name: &str, text: &str| {
            let flows = stand_ins.iter().any(|stand_in| stand_in.stands_for(name, text));
            if flows || self.credentials.is_secret(name) { ANYTHING.to_owned() } else { unsecret(text, secrets) }
        };
        let ask = asked(&seen.exchange.request, seen.target, &mask, &mask);
        let response = &seen.exchange.response;
        let recognised = self.recognised(at, members, secrets, &stand_ins);
        let is_json = response.media_type().is_none_or(|media| media.is_json());
        let plain = serde_json::from_slice::<Value>(&response.body).ok().filter(|_| is_json).map(|body| {
            let mut body = template("", &body, &stand_ins);
            for vary in &recognised {
                if let Some(value) = body.pointer_mut(vary.at.as_str()) {
                    *value = Value::from(ANY_VALUE);
                }
            }
            body
        });
        let body = plain.as_ref().map(|body| sorted("", body, &|_, text| unsecret(text, secrets)));
        let text = if body.is_some() { String::new() } else { plain_body(&response.body) };
        Sight { ask, status: response.status, body, plain, text, varying: learnt.cloned() }
    }

    /// What varies in the body of the exchange with this number.
    pub(super) fn recognised(&self, at: usize, members: &[usize], secrets: &[String], before: &[StandIn]) -> Vec<Vary> {
        let seen = &self.all[at];
        let captured = self.flows.captured(members, at);
        let place = |value: &&Flowing| Some((value.in_body()?.clone(), value.name.clone()));
        let captured: Vec<_> = captured.iter().filter_map(place).collect();
        let known = Known { secrets, captured: &captured, before };
        varying(self.contract, seen.operation, seen.exchange, known)
    }
}

/// The exchanges of files, each case by itself.
pub(super) fn of_known(
    contract: &Contract,
    known: &[KnownExchange],
    secrets: &[String],
    credentials: &Credentials,
) -> Vec<Sight> {
    let mut out = Vec::new();
    for case in known.chunk_by(|a, b| a.case == b.case && a.place.file == b.place.file) {
        let seen = |known| {
            let KnownExchange { exchange, .. }: &KnownExchange = known;
            seen(contract, exchange, &exchange.request.url)
        };
        let all: Vec<Seen<'_>> = case.iter().map(seen).collect();
        let flows = Flows::of(&all, credentials);
        let looker = Looker { contract, all: &all, flows: &flows, credentials };
        let members: Vec<usize> = (0..all.len()).collect();
        let sights = case.iter().enumerate();
        out.extend(sights.map(|(at, known)| looker.sight(at, &members, secrets, known.varying.as_ref())));
    }
    out
}

/// An exchange with the operation that it leads to.
pub(super) fn seen<'a>(contract: &'a Contract, exchange: &'a Exchange, target: &'a str) -> Seen<'a> {
    let operation = match contract.route(&exchange.request.method, super::contracts::path(target)) {
        crate::contract::Route::Operation { operation, .. } => Some(operation),
        _ => None,
    };
    Seen { exchange, target, operation, whole: true }
}

/// The keys of two recordings, those things left out that either of them knows to vary.
pub(super) fn keys(kept: &[Sight], new: &[Sight]) -> (Vec<Key>, Vec<Key>) {
    let mut learnt: HashMap<(&str, u16), Vec<&Varying>> = HashMap::new();
    for sight in kept.iter().chain(new) {
        if let Some(varying) = &sight.varying {
            learnt.entry((&sight.ask, sight.status)).or_default().push(varying);
        }
    }
    let key = |sight: &Sight| {
        let body = sight.body.as_ref().map(|body| {
            let mut body = body.clone();
            let all = learnt.get(&(sight.ask.as_str(), sight.status)).map(Vec::as_slice).unwrap_or_default();
            for varying in all {
                varying.mask(&mut body);
            }
            body.to_string()
        });
        let answer = format!("{} {}", sight.status, body.as_deref().unwrap_or(&sight.text));
        Key { ask: sight.ask.clone(), answer }
    };
    (kept.iter().map(key).collect(), new.iter().map(key).collect())
}
