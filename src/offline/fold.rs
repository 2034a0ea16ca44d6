//! What of the results is kept for reports, whatever the size of the traffic.

use std::collections::BTreeMap;

use crate::verdict::{CaseResult, Event, RecordedMessage, Summary, Totals, Verdict};

/// Exchanges beyond so many bytes are kept without their header fields and bodies.
const MESSAGES: usize = 32 << 20;
/// Results beyond this many are counted and not kept.
const RESULTS: usize = 20_000;
/// Of each operation and status so many results are kept even so.
const OF_EACH: usize = 3;

/// Keeps results within bounds: all are counted, those not kept by the contract are kept first.
#[derive(Debug, Default)]
pub struct Fold {
    totals: Totals,
    cases: Vec<CaseResult>,
    bytes: usize,
    seen: BTreeMap<(String, Option<u16>), usize>,
    /// Whether the exchanges of kept results are wanted too.
    whole: bool,
}

impl Fold {
    /// `whole`: with the exchanges of kept results too.
    pub fn new(whole: bool) -> Self {
        Self { whole, ..Self::default() }
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
        if self.cases.len() >= RESULTS && (*seen > OF_EACH || self.cases.len() >= 2 * RESULTS) {
            return;
        }
        for sent in case.steps.iter_mut().filter_map(|step| step.sent.as_mut()) {
            let size = size(&sent.request) + sent.response.as_ref().map_or(0, size) + sent.curl.len();
            if good && !self.whole || self.bytes + size > MESSAGES {
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
