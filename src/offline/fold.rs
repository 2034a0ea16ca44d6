//! What of the results is kept for reports, whatever the size of the traffic.

use std::collections::BTreeMap;

use crate::verdict::{CaseResult, Event, RecordedMessage, Summary, Totals, Verdict};

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Exchanges beyond so many bytes are kept without their header fields and bodies.
    pub messages: usize,
    /// Results beyond this many are counted, and kept only where they are the first of their kind;
    /// beyond twice as many, none is.
    pub results: usize,
    /// Of each operation and status so many results are kept even so.
    pub of_each: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { messages: 32 << 20, results: 20_000, of_each: 3 }
    }
}

/// Keeps results within bounds; all are counted.
#[derive(Debug, Default)]
pub struct Fold {
    totals: Totals,
    cases: Vec<CaseResult>,
    bytes: usize,
    seen: BTreeMap<(String, Option<u16>), usize>,
    /// Whether the exchanges of kept results are wanted too.
    whole: bool,
    limits: Limits,
}

impl Fold {
    /// `whole`: with the exchanges of kept results too.
    pub fn new(whole: bool, limits: Limits) -> Self {
        Self { whole, limits, ..Self::default() }
    }

    /// Takes a result.
    pub fn add(&mut self, mut case: CaseResult) {
        self.totals.count(&case);
        let good = matches!(case.verdict, Verdict::Kept | Verdict::Skipped { .. });
        let key = case
            .steps
            .first()
            .map(|step| (step.operation.clone().unwrap_or_default(), step.sent.as_ref().and_then(|sent| sent.status)));
        let seen = self.seen.entry(key.unwrap_or_default()).or_default();
        *seen += 1;
        let Limits { messages, results, of_each } = self.limits;
        if self.cases.len() >= results && (*seen > of_each || self.cases.len() >= 2 * results) {
            return;
        }
        for sent in case.steps.iter_mut().filter_map(|step| step.sent.as_mut()) {
            let size = size(&sent.request) + sent.response.as_ref().map_or(0, size) + sent.curl.len();
            if good && !self.whole || self.bytes + size > messages {
                sent.request = RecordedMessage::default();
                sent.response = None;
                sent.curl = String::new();
            } else {
                self.bytes += size;
            }
        }
        self.cases.push(case);
    }

    /// How all came out.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The results as a run's events, and their summary; the totals count all results.
    pub fn finish(self, started: Event, ended: Event) -> (Vec<Event>, Summary) {
        let mut events = vec![started];
        events.extend(self.cases.into_iter().map(|case| Event::CaseFinished(Box::new(case))));
        events.push(ended);
        let mut summary = Summary::of(&events);
        summary.totals = self.totals;
        (events, summary)
    }
}

fn size(message: &RecordedMessage) -> usize {
    message.body.len() + message.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
}
