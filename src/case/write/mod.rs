//! Exchanges to case files: what [`read_suite`](super::read_suite) reads as the same requests, with
//! the same responses under `recorded:`.
//!
//! A step says what people would write: the operation and its parameters, a JSON body as YAML, a
//! form by its fields. Where reading that would give another request, the parts that differ are
//! written out as they were sent (`url`, `raw`, `base64`). What counts as the same is what HTTP and
//! JSON leave open: the order of different header fields and the spelling of percent-encoding and
//! of white space in JSON are not kept; fields that are the connection's own are left out, and so is an
//! `Accept` that takes anything.

mod described;
mod expected;
mod faithful;
mod look;
mod names;
mod request;
mod response;
mod stand_in;
#[cfg(test)]
mod tests;
mod vary;

pub use expected::{Line, expected, json_path, lines};
pub use look::is_id_name;
pub use names::{Names, title};
pub use stand_in::{Reach, StandIn, template};
pub use vary::{Known, Vary, varying};

pub use super::like::is as is_of_format;

use serde_json::Value;

use crate::contract::{Contract, Operation, Route};
use crate::exchange::Exchange;
use crate::source::Yaml;

/// An exchange that is to be written as a step.
#[derive(Clone, Debug)]
pub struct Recording<'a> {
    /// The exchange; content codings of the bodies undone.
    pub exchange: &'a Exchange,
    /// Path and query of the request as sent, below the base URL: `/groups/7?x=1`.
    pub target: &'a str,
    /// The operation that it belongs to.
    pub operation: Option<&'a Operation>,
    /// Texts that are written as expressions.
    pub stand_ins: &'a [StandIn],
    /// What is expected of the response; its status where this is `None`.
    pub expect: Option<Yaml>,
    /// What later steps take from the response.
    pub capture: Option<Yaml>,
}

impl<'a> Recording<'a> {
    /// An exchange whose request was sent to a path below `base_path` (such as `/v1`, or nothing).
    pub fn new(contract: &'a Contract, exchange: &'a Exchange, base_path: &str) -> Self {
        let whole = exchange.request.url.split('#').next().unwrap_or_default();
        let start = whole.split_once("://").map_or(0, |(scheme, _)| scheme.len() + 3);
        let path = whole[start..].find(['/', '?']).map_or("/", |at| &whole[start + at..]);
        let base = base_path.trim_end_matches('/');
        let below = path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        let target = below.unwrap_or(path);
        let path = target.split('?').next().unwrap_or_default();
        let path = if path.is_empty() { "/" } else { path };
        let operation = match contract.route(&exchange.request.method, path) {
            Route::Operation { operation, .. } => Some(operation),
            Route::OtherMethods { .. } | Route::Unknown => None,
        };
        Self { exchange, target, operation, stand_ins: &[], expect: None, capture: None }
    }
}

/// A case that is to be written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its name, unique in the file ([`Names`]).
    pub name: String,
    /// What people should know about it; stands above it.
    pub comment: Option<String>,
    /// Its steps ([`step`]), each with a name where there are several.
    pub steps: Vec<(Option<String>, Yaml)>,
}

/// A step of a case, but for its name: a mapping.
pub fn step(contract: &Contract, recording: &Recording<'_>) -> Yaml {
    let mut step = Yaml::mapping::<String>([]);
    for (key, value) in request::entries(contract, recording) {
        step.insert(key, value);
    }
    let status = || Yaml::mapping([("status", Yaml::from(Value::from(recording.exchange.response.status)))]);
    step.insert("expect", recording.expect.clone().unwrap_or_else(status));
    if let Some(capture) = &recording.capture {
        step.insert("capture", capture.clone());
    }
    step.insert("recorded", response::recorded(recording));
    step
}

/// A case file. `head` stands at its top, with the contract by name or path.
pub fn file(head: &str, contract: &str, cases: &[Written]) -> String {
    let cases = cases.iter().map(|case| {
        let mut entries = vec![("name".to_owned(), Yaml::from(Value::from(plain_name(&case.name))))];
        match case.steps.as_slice() {
            [(_, step)] => entries.extend(step.clone().into_entries()),
            steps => {
                let named = steps.iter().map(|(name, step)| {
                    let name = name.iter().map(|name| ("name".to_owned(), Yaml::from(Value::from(plain_name(name)))));
                    Yaml::mapping(name.chain(step.clone().into_entries()))
                });
                entries.push(("steps".to_owned(), Yaml::list(named)));
            }
        }
        let yaml = Yaml::mapping(entries);
        match &case.comment {
            Some(comment) => yaml.noted(comment.clone()),
            None => yaml,
        }
    });
    let contract = Yaml::from(contract);
    let file = Yaml::mapping([("contract", contract), ("cases", Yaml::list(cases))]);
    if head.is_empty() { file.to_string() } else { file.noted(head).to_string() }
}

/// A case file of one case for each exchange, in their order. `named` is how the file names its contract.
pub fn write(contract: &Contract, named: &str, recordings: &[Recording<'_>]) -> String {
    let mut names = Names::default();
    let case = |recording: &Recording<'_>| Written {
        name: names.name(recording),
        comment: None,
        steps: vec![(None, step(contract, recording))],
    };
    let cases: Vec<Written> = recordings.iter().map(case).collect();
    file("", named, &cases)
}

/// A name that is no template, in one line.
fn plain_name(name: &str) -> String {
    let line = name.split_whitespace().collect::<Vec<_>>().join(" ");
    crate::expression::Template::escape_text(&line)
}
