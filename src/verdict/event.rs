//! What happened in a run, in order. `results.json` is this stream.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ContractCoverage, Finding, Undecided, Verdict};
use crate::source::Place;

/// The version of the event stream: a reader of `1.x` reads every `1.y`.
pub const FORMAT_VERSION: &str = "1.0";

/// One thing that happened. Secrets are already replaced in every text of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "event")]
pub enum Event {
    /// The plan is made; nothing is sent yet.
    RunStarted {
        /// [`FORMAT_VERSION`].
        format_version: String,
        /// The version of countersign.
        countersign: String,
        /// RFC 3339, UTC.
        started: String,
        /// What makes generated values repeatable.
        seed: u64,
        /// Every contract that a selected case names.
        contracts: Vec<ContractSummary>,
        /// How many cases (rows counted) will run.
        cases: usize,
    },
    /// A case came to its verdict. In the order of files and cases, whatever finished first.
    CaseFinished(Box<CaseResult>),
    /// The run is over, wholly or because it was stopped.
    RunFinished {
        /// Wall-clock time in milliseconds.
        elapsed_ms: f64,
        /// Why it ended before its time, if it did: `interrupted`, `the target could not be reached`, …
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped: Option<String>,
        /// How much of the contracts was exercised, where that was asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exercised: Vec<ContractCoverage>,
    },
}

impl Event {
    /// Keeps at most `most` bytes of every body.
    pub fn cut_bodies(&mut self, most: usize) {
        let Self::CaseFinished(case) = self else { return };
        for sent in case.steps.iter_mut().filter_map(|step| step.sent.as_mut()) {
            sent.request.cut(most);
            if let Some(response) = &mut sent.response {
                response.cut(most);
            }
        }
    }
}

/// What a report must know of a contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ContractSummary {
    /// The name cases use.
    pub name: String,
    /// `info.title` of the document; may be empty.
    pub title: String,
    /// The document's file.
    pub document: String,
    /// The overlay's file, where one is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<String>,
    /// Where its requests go.
    pub target: Target,
    /// Its operations with their documented statuses.
    pub operations: Vec<Operation>,
    /// Its promises, in the ledger's order.
    pub promises: Vec<PromiseSummary>,
}

/// Where requests are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind")]
pub enum Target {
    /// The embedded mock.
    Mock,
    /// A live server.
    Live {
        /// Its base URL.
        url: String,
    },
    /// Each case's own recorded response; nothing is sent.
    Recorded,
    /// Two targets, whose answers are compared.
    Compared {
        /// The one that is held to be right: `mock`, `recorded` or a base URL.
        old: String,
        /// The one that is held against it.
        new: String,
    },
}

/// An operation, for coverage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Operation {
    /// `operationId`, else `METHOD /path`.
    pub id: String,
    /// The method, upper case.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The documented statuses as written: `200`, `4XX`, `default`.
    pub statuses: Vec<String>,
}

/// A promise of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PromiseSummary {
    /// Its id.
    pub id: String,
    /// The vendor's words.
    pub says: String,
    /// `schema` or `prose`.
    pub carried_by: String,
    /// Where it stands in the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Which case (and row) it was. Stable from run to run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CaseId {
    /// The case file, relative to where the run was started, `/`-separated.
    pub file: String,
    /// The case's name, its row's values filled in.
    pub name: String,
    /// The row, from 1, where the case has rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
}

impl std::fmt::Display for CaseId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} › {}", self.file, self.name)
    }
}

/// One case's verdict and all that led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CaseResult {
    /// Which case.
    #[serde(flatten)]
    pub id: CaseId,
    /// The contract it is judged by.
    pub contract: String,
    /// Where it stands.
    pub place: Place,
    /// The operations its steps name, each once.
    pub operations: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The promises it proves.
    pub proves: Vec<String>,
    /// The worst of its steps.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// How often it was tried; 1 without retries.
    pub attempts: usize,
    /// What earlier attempts came to, where there were any. With a `kept` verdict: flaky.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Verdict>,
    /// From its first request to its verdict, all attempts, in milliseconds.
    pub elapsed_ms: f64,
    /// When it started, in milliseconds since the run did.
    pub started_ms: f64,
    /// The last attempt's steps.
    pub steps: Vec<Step>,
}

impl CaseResult {
    /// Whether it was kept only after an attempt that was not.
    pub fn is_flaky(&self) -> bool {
        self.verdict == Verdict::Kept && !self.earlier.is_empty()
    }
}

/// One step of a case: a request, what came back, and the judgement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// Its name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The operation's id, where the request is one of the contract's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The last request that was sent (a poll sends several).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// What is broken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What of the *request* breaks the contract: on purpose in a negative case, so no verdict rests on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_findings: Vec<Finding>,
    /// What could not be judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<Undecided>,
    /// What was captured, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captures: BTreeMap<String, serde_json::Value>,
    /// Why nothing came back, where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// An exchange as a report shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sent {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The request's fields and body.
    pub request: RecordedMessage,
    /// The status, where a response came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The response's fields and body, where one came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<RecordedMessage>,
    /// From sending to the last byte, in milliseconds.
    pub elapsed_ms: f64,
    /// The `curl` line that repeats the request.
    pub curl: String,
}

/// The fields and body of a message, bounded and without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RecordedMessage {
    /// Names and values in order.
    pub headers: Vec<(String, String)>,
    /// The body's text, or its base64 where `base64` is true.
    pub body: String,
    /// Whether `body` is base64, because the bytes are no UTF-8.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub base64: bool,
    /// The body's length in bytes, where `body` is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_from: Option<usize>,
}

impl RecordedMessage {
    /// Keeps at most `most` bytes of the body; of base64, so much of its text.
    pub fn cut(&mut self, most: usize) {
        if self.body.len() <= most {
            return;
        }
        // Base64 of three bytes has four letters.
        let whole = if self.base64 { self.body.len() / 4 * 3 } else { self.body.len() };
        let mut end = if self.base64 { most / 4 * 4 } else { most };
        while !self.body.is_char_boundary(end) {
            end -= 1;
        }
        self.body.truncate(end);
        self.cut_from.get_or_insert(whole);
    }
}

/// How many cases came to which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Totals {
    /// Everything holds.
    pub kept: usize,
    /// Something is broken.
    pub broken: usize,
    /// Something could not be judged.
    pub undecided: usize,
    /// Not run, on purpose.
    pub skipped: usize,
    /// We could not do our work.
    pub failed: usize,
    /// Of `kept`: only after an attempt that was not.
    pub flaky: usize,
}

impl Totals {
    /// Counts one case.
    pub fn count(&mut self, case: &CaseResult) {
        match case.verdict {
            Verdict::Kept => self.kept += 1,
            Verdict::Broken { .. } => self.broken += 1,
            Verdict::Undecided { .. } => self.undecided += 1,
            Verdict::Skipped { .. } => self.skipped += 1,
            Verdict::Failed { .. } => self.failed += 1,
        }
        self.flaky += usize::from(case.is_flaky());
    }

    /// All cases.
    pub fn cases(&self) -> usize {
        self.kept + self.broken + self.undecided + self.skipped + self.failed
    }
}
