//! Exchanges as people and programs get to see them: bounded, and without secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::contract::{Contract, SecurityKind};
use crate::exchange::{Exchange, Request, Response, Secret};
use crate::mock::Origin;
use crate::show::{Shower, millis};
use crate::source::{Place, Pointer};
use crate::traffic::Credentials;
use crate::verdict::{CaseId, CaseResult, Finding, RecordedMessage, Sent, Step, Verdict};

use super::journal::Exchanged;

/// The most bytes of a body that are shown.
const SHOWN_BODY: usize = 64 * 1024;

/// Shows exchanges, and remembers what in them is secret.
pub struct Presenter {
    secrets: Vec<Secret>,
    /// What security schemes call their credentials.
    names: BTreeSet<String>,
    credentials: Credentials,
    /// Where operations stand in their documents, by contract and id.
    places: BTreeMap<(String, String), Place>,
}

impl Presenter {
    /// `secrets` are shown nowhere, besides what is secret by its name or place.
    pub fn new(secrets: Vec<Secret>) -> Self {
        let credentials = Credentials::new([], secrets.clone());
        Self { secrets, names: BTreeSet::new(), credentials, places: BTreeMap::new() }
    }

    /// Learns what in an exchange is secret.
    pub fn learn(&mut self, exchanged: &Exchanged) {
        let before = self.names.len();
        if let Some(contract) = &exchanged.contract {
            for scheme in contract.security_schemes() {
                if let SecurityKind::ApiKey { name, .. } = &scheme.kind
                    && !self.names.contains(name)
                {
                    self.names.insert(name.clone());
                }
            }
        }
        if self.names.len() > before {
            self.credentials = Credentials::new(self.names.iter().cloned(), self.secrets.clone());
        }
        self.credentials.learn(&exchanged.request, Some(&exchanged.response));
    }

    /// Learns what in messages of the mock's own is secret.
    pub(super) fn learn_messages(&mut self, request: &Request, response: Option<&Response>) {
        self.credentials.learn(request, response);
    }

    /// A request of the mock's own, with the answer to it.
    pub(super) fn sent(&self, request: &Request, exchange: Option<&Exchange>) -> Sent {
        match exchange {
            Some(exchange) => self.shower().exchange(exchange),
            None => self.shower().request(request),
        }
    }

    /// The exchange as the result of a case with one step: that of the client's half of the contract.
    pub fn case(&mut self, exchanged: &Exchanged) -> CaseResult {
        self.learn(exchanged);
        let (mut request, mut response) = ((*exchanged.request).clone(), exchanged.response.clone());
        Credentials::blank_cookies(&mut request.headers);
        Credentials::blank_cookies(&mut response.headers);
        let sent = self.shower().sent(&request, &response, exchanged.elapsed);
        self.result(exchanged, sent)
    }

    /// The same without the fields and bodies of its messages, which cost most.
    pub fn brief(&mut self, exchanged: &Exchanged) -> CaseResult {
        self.learn(exchanged);
        let sent = Sent {
            method: self.text(&exchanged.request.method),
            url: self.text(&exchanged.request.url),
            request: RecordedMessage::default(),
            status: Some(exchanged.response.status),
            response: None,
            elapsed_ms: millis(exchanged.elapsed),
            curl: String::new(),
        };
        self.result(exchanged, sent)
    }

    fn result(&mut self, exchanged: &Exchanged, sent: Sent) -> CaseResult {
        let place = self.place(exchanged);
        let shower = self.shower();
        let findings = shower.findings(exchanged.findings.clone());
        let undecided = shower.undecided(exchanged.undecided.clone());
        let error = exchanged.error.as_deref().map(|error| shower.text(error));
        let verdict = match &error {
            Some(error) => Verdict::Failed { error: error.clone() },
            None => Verdict::of(findings.clone(), undecided.clone()),
        };
        let number = exchanged.number;
        let request = &exchanged.request;
        let title = format!("{number}: {} {} → {}", request.method, request.path(), exchanged.response.status);
        let contract = exchanged.contract.as_ref().map_or("", |contract| contract.name());
        CaseResult {
            id: CaseId { file: "mock".to_owned(), name: shower.text(&title), row: None },
            contract: contract.to_owned(),
            place,
            operations: exchanged.operation.iter().cloned().collect(),
            tags: Vec::new(),
            proves: Vec::new(),
            verdict,
            attempts: 1,
            earlier: Vec::new(),
            elapsed_ms: millis(exchanged.elapsed),
            started_ms: 0.0,
            steps: vec![Step {
                name: None,
                operation: exchanged.operation.clone(),
                sent: Some(sent),
                findings,
                request_findings: Vec::new(),
                undecided,
                captures: BTreeMap::new(),
                error,
            }],
        }
    }

    /// The exchange in short, for programs.
    pub fn summary(&mut self, exchanged: &Exchanged) -> Value {
        self.learn(exchanged);
        let request = &exchanged.request;
        let checks: BTreeSet<&str> = exchanged.findings.iter().map(|finding| finding.check.as_str()).collect();
        json!({
            "number": exchanged.number,
            "request-id": self.text(&exchanged.request_id),
            "at": exchanged.at.to_string(),
            "elapsed-ms": millis(exchanged.elapsed),
            "contract": exchanged.contract.as_ref().map(|contract| contract.name()),
            "operation": exchanged.operation,
            "method": self.text(&request.method),
            "url": self.text(&request.url),
            "path": self.text(request.path()),
            "status": exchanged.response.status,
            "verdict": exchanged.word(),
            "findings": exchanged.findings.len(),
            "checks": checks,
            "answered-by": answered_by(&exchanged.origin),
            "troubles": exchanged.troubles.len(),
        })
    }

    /// The same as a line of a log, with what was found.
    pub fn line(&mut self, exchanged: &Exchanged) -> Value {
        let mut line = json!({ "event": "exchange" });
        let mut summary = self.summary(exchanged);
        summary["findings"] = json!(self.findings(&exchanged.findings));
        summary["troubles"] = exchanged.troubles.iter().map(|trouble| self.text(&trouble.to_string())).collect();
        if let (Some(line), Value::Object(summary)) = (line.as_object_mut(), summary) {
            line.extend(summary);
        }
        line
    }

    /// A value without what is secret, at every depth.
    pub(super) fn value(&self, value: Value) -> Value {
        self.shower().value(value)
    }

    /// A text without what is secret.
    pub fn text(&self, text: &str) -> String {
        self.shower().text(text)
    }

    /// Findings without what is secret.
    pub fn findings(&self, findings: &[Finding]) -> Vec<Finding> {
        self.shower().findings(findings.to_vec())
    }

    fn shower(&self) -> Shower<'_> {
        Shower { redactor: self.credentials.redactor(), max_body: SHOWN_BODY }
    }

    /// Where the operation stands in its document.
    fn place(&mut self, exchanged: &Exchanged) -> Place {
        let start = |file: &str| Place { file: file.to_owned(), line: 1, column: 1, pointer: Pointer::root() };
        let Some(contract) = &exchanged.contract else { return start("mock") };
        let Some(id) = &exchanged.operation else { return start(contract.document().name()) };
        let key = (contract.name().to_owned(), id.clone());
        self.places.entry(key).or_insert_with(|| of_operation(contract, id)).clone()
    }
}

fn answered_by(origin: &Origin) -> Value {
    match origin {
        Origin::Rule(name) => json!({ "kind": "rule", "rule": name }),
        Origin::State => json!({ "kind": "state" }),
        Origin::Document => json!({ "kind": "document" }),
        Origin::Problem => json!({ "kind": "problem" }),
    }
}

fn of_operation(contract: &Contract, id: &str) -> Place {
    let pointer = contract.find(id).map_or_else(|_| Pointer::root(), |operation| operation.pointer().clone());
    contract.place(&pointer).1
}
