//! A run's events, folded into what every report shows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{CaseResult, ContractCoverage, ContractSummary, Event, PromiseSummary, Totals, Verdict};

/// A run as a whole: what [`Event`]s add up to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// The version of countersign that ran.
    pub countersign: String,
    /// RFC 3339, UTC.
    pub started: String,
    /// What makes generated values repeatable.
    pub seed: u64,
    /// The contracts.
    pub contracts: Vec<ContractSummary>,
    /// The cases, in the order of files.
    pub cases: Vec<CaseResult>,
    /// How they came out.
    pub totals: Totals,
    /// Wall-clock time in milliseconds.
    pub elapsed_ms: f64,
    /// Why it ended before its time, if it did.
    pub stopped: Option<String>,
    /// How much of the contracts was exercised, where that was asked for.
    pub exercised: Vec<ContractCoverage>,
}

/// What is known of a promise after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PromiseState {
    /// At least one case that proves it was kept, and none was broken or left open.
    Kept,
    /// A case that proves it was broken.
    Broken,
    /// No case that proves it came to a verdict.
    NotProven,
}

impl PromiseState {
    /// What the verdicts of all cases that prove a promise make of it.
    fn of<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Self {
        let (mut state, mut open) = (Self::NotProven, false);
        for verdict in verdicts {
            match verdict {
                Verdict::Broken { .. } => return Self::Broken,
                Verdict::Kept => state = Self::Kept,
                Verdict::Failed { .. } | Verdict::Undecided { .. } => open = true,
                Verdict::Skipped { .. } => {}
            }
        }
        if open { Self::NotProven } else { state }
    }
}

/// A promise, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof<'a> {
    /// The promise.
    pub promise: &'a PromiseSummary,
    /// What is known of it.
    pub state: PromiseState,
    /// The cases that prove it, as indices of [`Summary::cases`], in the order of the run.
    pub cases: Vec<usize>,
}

/// One documented status of one operation, and how often it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage<'a> {
    /// The operation's id.
    pub operation: &'a str,
    /// The status as documented.
    pub status: &'a str,
    /// How many exchanges had it.
    pub exchanges: usize,
}

/// A status of an operation that was seen and that its document does not mention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undocumented<'a> {
    /// The operation's id.
    pub operation: &'a str,
    /// The status.
    pub status: u16,
    /// How many exchanges had it.
    pub exchanges: usize,
}

impl Summary {
    /// Takes in one event.
    pub fn add(&mut self, event: Event) {
        match event {
            Event::RunStarted { countersign, started, seed, contracts, .. } => {
                (self.countersign, self.started) = (countersign, started);
                (self.seed, self.contracts) = (seed, contracts);
            }
            Event::CaseFinished(case) => {
                self.totals.count(&case);
                self.cases.push(*case);
            }
            Event::RunFinished { elapsed_ms, stopped, exercised } => {
                (self.elapsed_ms, self.stopped, self.exercised) = (elapsed_ms, stopped, exercised);
            }
        }
    }

    /// All of a stream.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut summary = Self::default();
        for event in events {
            summary.add(event.clone());
        }
        summary
    }

    /// What the run says of each promise of `contract`, in the ledger's order.
    pub fn promises<'a>(&self, contract: &'a ContractSummary) -> Vec<Proof<'a>> {
        let mut proving: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, case) in self.cases.iter().enumerate().filter(|(_, case)| case.contract == contract.name) {
            for id in case.proves.iter().collect::<BTreeSet<_>>() {
                proving.entry(id).or_default().push(index);
            }
        }
        let proof = |promise: &'a PromiseSummary| {
            let cases = proving.remove(promise.id.as_str()).unwrap_or_default();
            Proof { promise, state: PromiseState::of(cases.iter().map(|index| &self.cases[*index].verdict)), cases }
        };
        contract.promises.iter().map(proof).collect()
    }

    /// How often each documented status of each operation of `contract` was seen, in the document's order.
    pub fn coverage<'a>(&'a self, contract: &'a ContractSummary) -> Vec<Coverage<'a>> {
        let (seen, none) = (self.seen(contract), BTreeMap::new());
        let mut all = Vec::new();
        for operation in &contract.operations {
            let counts = seen.get(operation.id.as_str()).unwrap_or(&none);
            for status in &operation.statuses {
                let falls = |(code, _): &(&u16, &usize)| documented(&operation.statuses, **code) == Some(status);
                let exchanges = counts.iter().filter(falls).map(|(_, count)| count).sum();
                all.push(Coverage { operation: &operation.id, status, exchanges });
            }
        }
        all
    }

    /// Every status that an operation of `contract` answered and its document does not mention, in
    /// the order of operations and statuses.
    pub fn undocumented<'a>(&'a self, contract: &'a ContractSummary) -> Vec<Undocumented<'a>> {
        let seen = self.seen(contract);
        let mut all = Vec::new();
        for operation in &contract.operations {
            let counts = seen.get(operation.id.as_str()).into_iter().flatten();
            let strays = counts.filter(|(code, _)| documented(&operation.statuses, **code).is_none());
            let stray = |(code, count): (&u16, &usize)| Undocumented {
                operation: &operation.id,
                status: *code,
                exchanges: *count,
            };
            all.extend(strays.map(stray));
        }
        all
    }

    /// How often each status was answered, by operation.
    fn seen<'a>(&'a self, contract: &ContractSummary) -> HashMap<&'a str, BTreeMap<u16, usize>> {
        let mut seen: HashMap<&str, BTreeMap<u16, usize>> = HashMap::new();
        for step in self.cases.iter().filter(|case| case.contract == contract.name).flat_map(|case| &case.steps) {
            let status = step.sent.as_ref().and_then(|sent| sent.status);
            if let (Some(operation), Some(status)) = (&step.operation, status) {
                *seen.entry(operation).or_default().entry(status).or_default() += 1;
            }
        }
        seen
    }
}

/// The documented status that `code` falls under: exact, then range, then `default` (OpenAPI 3.1, section 4.8.16).
fn documented(statuses: &[String], code: u16) -> Option<&String> {
    let exact = code.to_string();
    let range = format!("{}XX", code / 100);
    let find = |wanted: &str| statuses.iter().find(|status| status.eq_ignore_ascii_case(wanted));
    find(&exact).or_else(|| find(&range)).or_else(|| find("default"))
}
