//! Imported requests as a case file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use super::Imported;
use crate::case::write::{Names, Reach, Recording, StandIn, Written, file, step};
use crate::contract::Contract;
use crate::exchange::{Exchange, Headers, Response};
use crate::source::Yaml;
use crate::traffic::Credentials;

/// What browsers and clients send by themselves: a case says nothing by it.
const OF_CLIENTS: &[&str] = &[
    "accept-encoding",
    "accept-language",
    "cache-control",
    "dnt",
    "if-modified-since",
    "if-none-match",
    "origin",
    "pragma",
    "priority",
    "referer",
    "upgrade-insecure-requests",
    "user-agent",
];
/// Secrets shorter than this are replaced only where they are a whole value.
const WHOLE: usize = 8;

/// A case file in the making.
pub(super) struct CaseFile<'a> {
    pub(super) stem: String,
    pub(super) index: usize,
    contract: &'a Contract,
    names: Names,
    cases: Vec<Written>,
    seen: BTreeSet<String>,
    same: usize,
    credentials: Credentials,
    /// Values that come from the environment, and by which variable.
    secrets: BTreeMap<String, String>,
    /// Variables whose values are secret that a case names.
    named: BTreeSet<String>,
    /// Variables that the imported requests themselves name.
    theirs: BTreeSet<String>,
    without_fields: usize,
}

impl<'a> CaseFile<'a> {
    pub(super) fn new(stem: &str, index: usize, contract: &'a Contract) -> Self {
        let named = contract.security_schemes().iter().filter_map(|scheme| match &scheme.kind {
            crate::contract::SecurityKind::ApiKey { name, .. } => Some(name.clone()),
            _ => None,
        });
        Self {
            stem: stem.to_owned(),
            index,
            contract,
            names: Names::default(),
            cases: Vec::new(),
            seen: BTreeSet::new(),
            same: 0,
            credentials: Credentials::new(named, Vec::new()),
            secrets: BTreeMap::new(),
            named: BTreeSet::new(),
            theirs: BTreeSet::new(),
            without_fields: 0,
        }
    }

    pub(super) fn contract(&self) -> &Contract {
        self.contract
    }

    pub(super) fn len(&self) -> usize {
        self.cases.len()
    }

    /// Adds a request whose path has this base.
    pub(super) fn add(&mut self, imported: Imported, base: &str) {
        let Imported { name, mut request, response, holes, mut notes, whole } = imported;
        self.theirs.extend(holes.iter().filter_map(variable_of));
        self.learn(&request, response.as_ref(), &holes, &mut notes);
        let before = request.headers.len();
        let kept = |name: &str| {
            let name = name.to_ascii_lowercase();
            !OF_CLIENTS.contains(&name.as_str()) && !name.starts_with("sec-")
        };
        request.headers = request
            .headers
            .raw()
            .filter(|(name, _)| kept(name))
            .map(|(name, value)| (name.to_owned(), value.to_vec()))
            .collect();
        self.without_fields += before - request.headers.len();
        let recorded = response.is_some();
        let mut response =
            response.unwrap_or(Response { status: 200, headers: Headers::new(), body: bytes::Bytes::new() });
        // A session's cookie comes from the environment; of the others only the name matters.
        Credentials::blank_cookies(&mut response.headers);
        let exchange = Exchange { request, response, elapsed: Duration::ZERO };
        let secrets = self.secrets.iter().map(|(value, variable)| StandIn {
            text: value.clone(),
            expression: format!("env.{variable}"),
            number: false,
            reach: if value.len() < WHOLE { Reach::Whole } else { Reach::Parts },
        });
        let holes = holes.iter().map(|hole| StandIn {
            text: hole.mark.clone(),
            expression: hole.expression.clone(),
            number: false,
            reach: Reach::Parts,
        });
        let stand_ins: Vec<StandIn> = holes.chain(secrets).collect();
        let mut recording = Recording::new(self.contract, &exchange, base);
        recording.stand_ins = &stand_ins;
        let mut written = step(self.contract, &recording);
        if !recorded {
            let entries = written.into_entries().into_iter();
            written = Yaml::mapping(entries.filter(|(key, _)| !matches!(key.as_str(), "expect" | "recorded")));
        }
        if !whole {
            written = without_accept(written);
        }
        if !self.seen.insert(written.to_string()) {
            self.same += 1;
            return;
        }
        self.name_secrets(&written.to_string());
        let name = match name.filter(|name| !name.trim().is_empty()) {
            Some(name) => self.names.unique(&name),
            None if recorded => self.names.name(&recording),
            None => {
                let path = exchange.request.path();
                let path = holes_taken_out(path, &stand_ins);
                self.names.unique(&recording.operation.map_or_else(
                    || format!("{} {path}", exchange.request.method),
                    |operation| operation.id().to_owned(),
                ))
            }
        };
        let comment = (!notes.is_empty()).then(|| notes.join("\n"));
        self.cases.push(Written { name, comment, steps: vec![(None, written)] });
    }

    /// Learns the secrets of an exchange: each value gets a variable of its own.
    fn learn(
        &mut self,
        request: &crate::exchange::Request,
        response: Option<&Response>,
        holes: &[crate::traffic::Hole],
        notes: &mut Vec<String>,
    ) {
        for (name, value) in self.credentials.found(request, response) {
            if value.contains("***") {
                notes.push(format!("the value of `{name}` was taken out of the file"));
            } else if !value.is_empty()
                && !self.secrets.contains_key(&value)
                && !holes.iter().any(|hole| value.contains(&hole.mark))
            {
                let basic = request.headers.get("authorization").is_some_and(|field| field.starts_with("Basic "));
                let name = if basic && name == "authorization" { "basic" } else { name.as_str() };
                let variable = self.variable(name);
                self.secrets.insert(value, variable);
            }
        }
    }

    /// `SHOP_API_KEY`; `SHOP_API_KEY_2` for the second value.
    fn variable(&self, name: &str) -> String {
        let word = |text: &str| -> String {
            let letters = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
            letters.collect::<String>().trim_matches('_').to_owned()
        };
        let name = if name.eq_ignore_ascii_case("authorization") { "TOKEN".to_owned() } else { word(name) };
        let prefix = word(self.contract.name());
        let prefix = if prefix.starts_with(|c: char| c.is_ascii_alphabetic()) { prefix } else { format!("V_{prefix}") };
        let base = format!("{prefix}_{}", name.trim_start_matches("X_"));
        let taken =
            |variable: &str| self.secrets.values().any(|known| known == variable) || self.theirs.contains(variable);
        let mut variable = base.clone();
        let mut number = 1;
        while taken(&variable) {
            number += 1;
            variable = format!("{base}_{number}");
        }
        variable
    }

    /// Notes which variables with secret values a case names.
    fn name_secrets(&mut self, case: &str) {
        let secret = self.theirs.iter().filter(|variable| self.credentials.is_secret(variable));
        let all = self.secrets.values().chain(secret);
        let named: Vec<String> = all.filter(|variable| case.contains(&format!("env.{variable} "))).cloned().collect();
        self.named.extend(named);
    }

    /// The variables that stand for secrets.
    fn variables(&self) -> Vec<&String> {
        self.named.iter().collect()
    }

    /// The file's text; `named` is how it names its contract.
    pub(super) fn text(&self, named: &str) -> String {
        let text = file("", named, &self.cases);
        let variables = self.variables();
        if variables.is_empty() {
            return text;
        }
        let list = variables.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        text.replacen("\ncases:", &format!("\nsecrets: [{list}]\ncases:"), 1)
    }

    /// What was written, in a sentence.
    pub(super) fn told(&self) -> String {
        let count = |number: usize, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
        let mut told = count(self.len(), "case");
        if self.same > 0 {
            let _ = write!(told, ", {} the same as others", self.same);
        }
        if self.without_fields > 0 {
            let _ = write!(
                told,
                "; without {} that clients send by themselves",
                count(self.without_fields, "header field")
            );
        }
        let variables = self.variables();
        if !variables.is_empty() {
            let list = variables.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            let _ = write!(told, "; secrets come from the environment: {list}");
        }
        told
    }
}

fn holes_taken_out(path: &str, stand_ins: &[StandIn]) -> String {
    stand_ins.iter().fold(path.to_owned(), |path, stand_in| path.replace(&stand_in.text, "…"))
}

/// The variable that a hole is filled in from.
fn variable_of(hole: &crate::traffic::Hole) -> Option<String> {
    let after = hole.expression.split_once("env.")?.1;
    let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// The step as it is where `Accept` is left to whoever sends it.
fn without_accept(step: Yaml) -> Yaml {
    let is_none =
        |(name, value): &(String, Yaml)| name.eq_ignore_ascii_case("accept") && value.to_string().trim() == "null";
    let entries = step.into_entries().into_iter().filter_map(|(key, value)| {
        if key != "headers" {
            return Some((key, value));
        }
        let fields: Vec<(String, Yaml)> = value.into_entries().into_iter().filter(|field| !is_none(field)).collect();
        (!fields.is_empty()).then(|| (key, Yaml::mapping(fields)))
    });
    Yaml::mapping(entries.collect::<Vec<_>>())
}
