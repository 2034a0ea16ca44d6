//! The verdict of one entry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::holes::{without_request, without_response};
use super::servers::{Belongs, Bound, Matching, belongs, host};
use crate::check::{self, Judgement, Options};
use crate::contract::{Contract, Operation, Route};
use crate::coverage::Recorder;
use crate::exchange::{Request, Response, Secret};
use crate::show::{SHOWN_BODY, Shower, millis};
use crate::source::{Place, Pointer, Position};
use crate::traffic::{Credentials, Entry, Format, Item, NO_HOST, What};
use crate::verdict::{CaseId, CaseResult, CheckId, ContractCoverage, Finding, Sent, Side, Step, Undecided, Verdict};

/// The most requests to hosts of no contract that are remembered until the host is known to be one.
const HELD: usize = 5_000;
/// The most hosts and kinds of left-out entries that are told apart.
const TOLD_APART: usize = 200;

/// What a request to no operation of its contract comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Undocumented {
    /// It breaks the contract.
    #[default]
    Broken,
    /// It is skipped.
    Skipped,
}

/// How entries are judged.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How requests are matched to contracts.
    pub matching: Matching,
    /// What a request to no operation comes to.
    pub undocumented: Undocumented,
    /// Checks whose findings do not count.
    pub ignored: BTreeSet<String>,
    /// Whether only one side is judged.
    pub side: Option<Side>,
    /// Whether it is counted how much of the contracts is exercised.
    pub coverage: bool,
}

/// Judges the entries of traffic files.
pub struct Judge {
    bounds: Vec<Bound>,
    /// One for each contract, where coverage is wanted.
    recorders: Vec<Recorder>,
    settings: Settings,
    credentials: Credentials,
    left_out: BTreeMap<String, usize>,
    /// Hosts that answered for an operation of a contract that does not name them.
    adopted: BTreeSet<String>,
    held: Vec<(String, CaseResult)>,
}

/// What became of an entry.
#[derive(Debug)]
pub enum Judged {
    /// It has a verdict.
    Case(Box<CaseResult>),
    /// It belongs to no contract, or is no exchange; counted in [`Judge::left_out`].
    LeftOut,
    /// It cannot be read, and why.
    Unreadable(String),
}

/// Where an entry stands.
struct At<'a> {
    file: &'a str,
    format: Format,
    number: usize,
    position: Position,
}

impl Judge {
    /// By these contracts; `secrets` are taken out of everything that is shown.
    pub fn new(bounds: Vec<Bound>, settings: Settings, secrets: Vec<Secret>) -> Self {
        let credentials = Credentials::new(bounds.iter().flat_map(|bound| named(&bound.contract)), secrets);
        let wanted = bounds.iter().filter(|_| settings.coverage);
        let recorders = wanted.map(|bound| Recorder::new(Arc::clone(&bound.contract))).collect();
        Self {
            bounds,
            recorders,
            settings,
            credentials,
            left_out: BTreeMap::new(),
            adopted: BTreeSet::new(),
            held: Vec::new(),
        }
    }

    /// The contracts.
    pub fn bounds(&self) -> &[Bound] {
        &self.bounds
    }

    /// How much of each contract was exercised, where that is wanted.
    pub fn exercised(&self) -> Vec<ContractCoverage> {
        self.recorders.iter().map(Recorder::report).collect()
    }

    /// What belongs to no contract, by host or kind, and how often.
    pub fn left_out(&self) -> &BTreeMap<String, usize> {
        &self.left_out
    }

    /// Takes out what is secret in the entries so far.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Judges one entry of `file`.
    pub fn item(&mut self, file: &str, format: Format, item: Item) -> Judged {
        let at = At { file, format, number: item.number, position: item.position };
        let entry = match item.what {
            What::Unreadable(reason) => return Judged::Unreadable(self.credentials.redactor().redact(&reason)),
            What::Aside(kind) => {
                self.leave_out(&kind);
                return Judged::LeftOut;
            }
            What::Entry(entry) => entry,
        };
        let request = &entry.request;
        let host = host(&request.url);
        match belongs(&self.bounds, self.settings.matching, &request.method, &request.url, request.path()) {
            Belongs::To(index, path) => {
                if self.adopted.len() < TOLD_APART {
                    self.adopted.insert(host);
                }
                self.credentials.learn(request, entry.response.as_ref().ok());
                self.exercise(&entry, index, path);
                Judged::Case(Box::new(self.case(&at, &entry, index, path)))
            }
            Belongs::Perhaps(index, path) if self.held.len() < HELD => {
                self.credentials.learn(request, entry.response.as_ref().ok());
                let case = self.case(&at, &entry, index, path);
                self.held.push((host, case));
                Judged::LeftOut
            }
            Belongs::Perhaps(..) | Belongs::Nowhere => {
                self.leave_out(&host);
                Judged::LeftOut
            }
        }
    }

    /// At the end of all files: requests to hosts that turned out to be a contract's although it does
    /// not name them, to paths that it does not have.
    pub fn finish(&mut self) -> Vec<CaseResult> {
        let held = std::mem::take(&mut self.held);
        let (known, foreign): (Vec<_>, Vec<_>) = held.into_iter().partition(|(host, _)| self.adopted.contains(host));
        for (host, _) in foreign {
            self.leave_out(&host);
        }
        known.into_iter().map(|(_, case)| case).collect()
    }

    fn exercise(&self, entry: &Entry, index: usize, path: &str) {
        let Some(recorder) = self.recorders.get(index) else { return };
        if let (Some(exchange), Route::Operation { operation, .. }) =
            (entry.exchange(), self.bounds[index].contract.route(&entry.request.method, path))
        {
            recorder.exchange(operation, &exchange, path);
        }
    }

    fn leave_out(&mut self, kind: &str) {
        let kind =
            if kind == NO_HOST { "an unknown host".to_owned() } else { self.credentials.redactor().redact(kind) };
        let known = self.left_out.len() < TOLD_APART || self.left_out.contains_key(&kind);
        *self.left_out.entry(if known { kind } else { "others".to_owned() }).or_default() += 1;
    }

    fn case(&self, at: &At<'_>, entry: &Entry, index: usize, path: &str) -> CaseResult {
        let contract = &self.bounds[index].contract;
        let found = self.judge(contract, entry, path);
        let shower = Shower { redactor: self.credentials.redactor(), max_body: SHOWN_BODY };
        let findings = shower.findings(found.findings);
        let undecided = shower.undecided(found.undecided);
        let verdict = match found.skipped {
            Some(reason) => Verdict::Skipped { reason },
            None => Verdict::of(findings.clone(), undecided.clone()),
        };
        let operation = found.operation.map(|operation| operation.id().to_owned());
        let error = entry.response.as_ref().err().map(|reason| shower.text(reason));
        let step = Step {
            name: None,
            operation: operation.clone(),
            sent: Some(shown(&shower, entry)),
            findings,
            request_findings: shower.findings(found.remarks),
            undecided,
            captures: BTreeMap::new(),
            error,
        };
        CaseResult {
            id: CaseId { file: at.file.to_owned(), name: shower.text(&title(at.number, entry)), row: None },
            contract: contract.name().to_owned(),
            place: at.place(),
            operations: operation.into_iter().collect(),
            tags: Vec::new(),
            proves: Vec::new(),
            verdict,
            attempts: 1,
            earlier: Vec::new(),
            elapsed_ms: millis(entry.elapsed),
            started_ms: 0.0,
            steps: vec![step],
        }
    }

    fn judge<'c>(&self, contract: &'c Contract, entry: &Entry, path: &str) -> Found<'c> {
        let request = &entry.request;
        let operation = match contract.route(&request.method, path) {
            Route::Operation { operation, .. } => Some(operation),
            Route::OtherMethods { .. } | Route::Unknown => None,
        };
        let mut found = Found { operation, ..Found::default() };
        if operation.is_none() {
            found.skipped = self.skipped(request, entry.response.as_ref().ok());
        }
        let mut asked = check::request(contract, request, path);
        without_request(entry, &mut asked);
        // A client's fault that the server refused is no fault of the contract's keeping.
        let refused = entry.response.as_ref().is_ok_and(|response| (400..500).contains(&response.status));
        if refused && operation.is_some() || found.skipped.is_some() {
            found.remarks = asked.findings;
        } else {
            found.take(asked);
        }
        match (entry.exchange(), operation) {
            (Some(exchange), Some(operation)) => {
                let options = Options { undocumented: is_revalidation(request, &exchange.response) };
                let mut answered = check::response(contract, operation, &exchange, options);
                without_response(entry, &mut answered);
                found.take(answered);
            }
            (None, Some(_)) => {
                let reason = entry.response.as_ref().err().cloned().unwrap_or_default();
                found.undecided.push(Undecided { check: CheckId::new("response-status"), reason });
            }
            (_, None) => {}
        }
        let counts = |side: Side, check: &CheckId| {
            self.settings.side.is_none_or(|only| only == side) && !self.settings.ignored.contains(check.as_str())
        };
        found.findings.retain(|finding| counts(finding.side, &finding.check));
        found.undecided.retain(|undecided| counts(side_of(&undecided.check), &undecided.check));
        found
    }

    /// Why a request to no operation is not held against anybody.
    fn skipped(&self, request: &Request, response: Option<&Response>) -> Option<String> {
        let preflight = request.method == "OPTIONS"
            && request.headers.contains("origin")
            && request.headers.contains("access-control-request-method");
        if preflight {
            return Some("a CORS preflight, of which the contract does not speak".to_owned());
        }
        let refused = response.map(|response| response.status).filter(|status| matches!(status, 404 | 405 | 501));
        if let Some(status) = refused {
            return Some(format!("no operation is asked for, and the server says so too: {status}"));
        }
        (self.settings.undocumented == Undocumented::Skipped).then(|| "no operation is asked for".to_owned())
    }
}

/// An entry as reports show it.
fn shown(shower: &Shower<'_>, entry: &Entry) -> Sent {
    match entry.exchange() {
        Some(mut exchange) => {
            Credentials::blank_cookies(&mut exchange.request.headers);
            Credentials::blank_cookies(&mut exchange.response.headers);
            shower.exchange(&exchange)
        }
        None => {
            let mut request = entry.request.clone();
            Credentials::blank_cookies(&mut request.headers);
            shower.request(&request)
        }
    }
}

/// What was found in an entry.
#[derive(Default)]
struct Found<'c> {
    operation: Option<&'c Operation>,
    findings: Vec<Finding>,
    remarks: Vec<Finding>,
    undecided: Vec<Undecided>,
    skipped: Option<String>,
}

impl Found<'_> {
    fn take(&mut self, judgement: Judgement) {
        self.findings.extend(judgement.findings);
        self.undecided.extend(judgement.undecided);
    }
}

impl At<'_> {
    fn place(&self) -> Place {
        let pointer = match self.format {
            Format::Har => Pointer::root().join("log").join("entries").index(self.number - 1),
            Format::Array => Pointer::root().index(self.number - 1),
            Format::Ndjson => Pointer::root(),
        };
        Place { file: self.file.to_owned(), line: self.position.line, column: self.position.column, pointer }
    }
}

fn title(number: usize, entry: &Entry) -> String {
    let request = &entry.request;
    let status =
        entry.response.as_ref().map_or_else(|_| "no response".to_owned(), |response| response.status.to_string());
    format!("{number}: {} {} → {status}", request.method, request.path())
}

fn side_of(check: &CheckId) -> Side {
    check::all().iter().find(|known| known.id == *check).map_or(Side::Response, |known| known.side)
}

/// Whether a response answers from a cache that the contract need not speak of (RFC 9110, section 15.4.5).
fn is_revalidation(request: &Request, response: &Response) -> bool {
    let conditional = ["if-none-match", "if-modified-since", "if-range"];
    response.status == 304 && conditional.iter().any(|name| request.headers.contains(name))
}

/// What a contract's security schemes call their credentials.
fn named(contract: &Contract) -> impl Iterator<Item = String> {
    contract.security_schemes().iter().filter_map(|scheme| match &scheme.kind {
        crate::contract::SecurityKind::ApiKey { name, .. } => Some(name.clone()),
        _ => None,
    })
}
