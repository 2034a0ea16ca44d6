//! Where two targets answer the same cases differently.
//!
//! [`Drift::compare`] takes what one case came to at either target and gives a result whose
//! findings are the differences: of status, of header fields, of the body's shape and of its values.
//! What differs for reasons of its own (times, UUIDs, captured ids, the targets' own addresses, what
//! [`Drift::learn`] saw differ between two runs of one target) is masked and counted.

mod body;
mod headers;
mod ignore;
mod list;
mod mask;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use ignore::{Ignore, IgnoreError};

use crate::source::Pointer;
use crate::verdict::{
    CaseId, CaseResult, CheckId, Finding, InstancePointer, Origin, RecordedMessage, Sent, Side, Step, Undecided,
    Verdict,
};
use mask::Mask;

/// The most differences of one step that are told.
const TOLD: usize = 40;

const RESPONSE: CheckId = CheckId::new("drift-response");
const STATUS: CheckId = CheckId::new("drift-status");
const HEADER: CheckId = CheckId::new("drift-header");
const SHAPE: CheckId = CheckId::new("drift-shape");
const VALUE: CheckId = CheckId::new("drift-value");
const VERDICT: CheckId = CheckId::new("drift-verdict");

/// How closely responses are compared; each takes in those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The status alone.
    Status,
    /// Which header fields there are, the media type, and the shape of JSON: which properties, of which types.
    Shape,
    /// Every value.
    Value,
}

/// One of the two targets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// What it is called in messages.
    pub name: String,
    /// By contract, the address that its requests go to.
    pub bases: BTreeMap<String, String>,
}

/// Compares what cases came to at two targets.
#[derive(Debug)]
pub struct Drift {
    /// The one that is held to be right.
    pub old: Target,
    /// The one that is held against it.
    pub new: Target,
    /// How closely.
    pub depth: Depth,
    /// What is left out.
    pub ignore: Ignore,
    /// Whether values of formats that vary (date-time, UUID) are taken for the same.
    pub formats: bool,
    volatile: BTreeSet<(CaseId, usize, String)>,
    masked: BTreeMap<&'static str, usize>,
}

/// Where in a response something differs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Response,
    Status,
    Header(String),
    Body(Pointer),
}

/// One difference.
#[derive(Clone, Debug)]
struct Difference {
    check: CheckId,
    place: Place,
    message: String,
    old: String,
    new: String,
}

/// The two sides of a step, and what is found.
struct Comparison<'a> {
    depth: Depth,
    names: [&'a str; 2],
    mask: Mask<'a>,
    found: Vec<Difference>,
    undecided: Vec<Undecided>,
}

impl Drift {
    /// Between these targets, by value, with the formats that vary masked.
    pub fn new(old: Target, new: Target, depth: Depth) -> Self {
        let (volatile, masked) = (BTreeSet::new(), BTreeMap::new());
        Self { old, new, depth, ignore: Ignore::default(), formats: true, volatile, masked }
    }

    /// How many values were masked, by why.
    pub fn masked(&self) -> &BTreeMap<&'static str, usize> {
        &self.masked
    }

    /// Learns from a case that ran twice at one target: what differs between the two says nothing of
    /// any difference between targets.
    pub fn learn(&mut self, target: &Target, first: &CaseResult, second: &CaseResult) {
        for (index, (before, after)) in first.steps.iter().zip(&second.steps).enumerate() {
            let mask = Mask::new([target, target], first, second, false);
            let mut comparison = Comparison::new(Depth::Value, [&target.name; 2], mask);
            comparison.step(before, after);
            let keys = comparison.found.iter().map(|difference| (first.id.clone(), index, difference.place.key()));
            self.volatile.extend(keys);
        }
    }

    /// What a case came to, compared.
    pub fn compare(&mut self, old: &CaseResult, new: &CaseResult) -> CaseResult {
        let mut steps = Vec::new();
        let (mut findings, mut undecided) = (Vec::new(), Vec::new());
        for (index, (before, after)) in old.steps.iter().zip(&new.steps).enumerate() {
            let (found, open) = self.step(index, [old, new], before, after);
            undecided.extend(open);
            steps.extend([shown(before, &self.old.name), shown(after, &self.new.name)]);
            let found: Vec<Finding> = found.into_iter().map(|difference| difference.finding(new)).collect();
            if let Some(last) = steps.last_mut() {
                last.findings.clone_from(&found);
            }
            findings.extend(found);
        }
        if findings.is_empty() && undecided.is_empty() {
            findings.extend(self.verdicts(old, new));
        }
        let verdict = self.skipped(old, new).unwrap_or_else(|| match (&old.verdict, &new.verdict) {
            (Verdict::Failed { error }, Verdict::Failed { .. }) if findings.is_empty() => {
                Verdict::Failed { error: error.clone() }
            }
            _ => Verdict::of(findings, undecided),
        });
        CaseResult {
            verdict,
            proves: Vec::new(),
            attempts: 1,
            earlier: Vec::new(),
            elapsed_ms: old.elapsed_ms + new.elapsed_ms,
            steps,
            ..new.clone()
        }
    }

    fn skipped(&self, old: &CaseResult, new: &CaseResult) -> Option<Verdict> {
        let reason = |case: &CaseResult| match &case.verdict {
            Verdict::Skipped { reason } => Some(reason.clone()),
            _ => None,
        };
        let reason = match (reason(old), reason(new)) {
            (None, None) => return None,
            (Some(old), Some(new)) if old == new => old,
            (Some(reason), _) => format!("{}: {reason}", self.old.name),
            (None, Some(reason)) => format!("{}: {reason}", self.new.name),
        };
        Some(Verdict::Skipped { reason })
    }

    /// A case that only one target keeps, although its responses look alike.
    fn verdicts(&self, old: &CaseResult, new: &CaseResult) -> Option<Finding> {
        let (before, after) = (old.verdict.word(), new.verdict.word());
        let bad = |verdict: &Verdict| matches!(verdict, Verdict::Broken { .. } | Verdict::Failed { .. });
        if bad(&old.verdict) == bad(&new.verdict) || self.ignore.takes("verdict") {
            return None;
        }
        let why = [old, new].iter().find_map(|case| case.verdict.findings().first().map(|finding| &finding.message));
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let message = format!("the case is {before} at {} and {after} at {}{why}", self.old.name, self.new.name);
        let difference = Difference {
            check: VERDICT,
            place: Place::Response,
            message,
            old: before.to_owned(),
            new: after.to_owned(),
        };
        Some(difference.finding(new))
    }

    fn step(
        &mut self,
        index: usize,
        cases: [&CaseResult; 2],
        old: &Step,
        new: &Step,
    ) -> (Vec<Difference>, Vec<Undecided>) {
        let mask = Mask::new([&self.old, &self.new], cases[0], cases[1], self.formats);
        let mut comparison = Comparison::new(self.depth, [&self.old.name, &self.new.name], mask);
        comparison.step(old, new);
        let Comparison { mut found, mut undecided, mask, .. } = comparison;
        for (why, count) in mask.counts() {
            *self.masked.entry(why).or_default() += count;
        }
        found.retain(|difference| !self.ignore.takes(&difference.place.key()));
        let id = &cases[1].id;
        let unsteady = found.extract_if(.., |difference| is_volatile(&self.volatile, id, index, &difference.place));
        let unsteady: Vec<Difference> = unsteady.collect();
        *self.masked.entry("differs at one target").or_default() += unsteady.len();
        for difference in unsteady.iter().filter(|difference| difference.place == Place::Status) {
            let reason = format!("a target by itself does not always answer with one status: {}", difference.message);
            undecided.push(Undecided { check: STATUS, reason });
        }
        if found.len() > TOLD {
            let more = found.len() - TOLD;
            found.truncate(TOLD);
            if let Some(last) = found.last_mut() {
                last.message = format!("{} (and {more} more differences of this response)", last.message);
            }
        }
        (found, undecided)
    }
}

/// Whether the place, or one that it stands in, was seen to differ at one target.
fn is_volatile(volatile: &BTreeSet<(CaseId, usize, String)>, id: &CaseId, index: usize, place: &Place) -> bool {
    let key = place.key();
    let above = std::iter::successors(Some(key.as_str()), |key| key.rsplit_once('/').map(|(above, _)| above));
    above.into_iter().any(|key| volatile.contains(&(id.clone(), index, key.to_owned())))
}

/// A step as it went at one target.
fn shown(step: &Step, target: &str) -> Step {
    let name = step.name.as_ref().map_or_else(|| target.to_owned(), |name| format!("{target}: {name}"));
    Step { name: Some(name), findings: Vec::new(), request_findings: Vec::new(), undecided: Vec::new(), ..step.clone() }
}

impl Place {
    /// As it is learnt and ignored: every item of a list alike.
    fn key(&self) -> String {
        match self {
            Self::Response => "response".to_owned(),
            Self::Status => "status".to_owned(),
            Self::Header(name) => format!("header:{name}"),
            Self::Body(pointer) => {
                let segments = pointer.as_str().split('/').skip(1);
                let general = |segment: &str| {
                    let index = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
                    if index { "*".to_owned() } else { segment.to_owned() }
                };
                segments.fold("body:".to_owned(), |key, segment| key + "/" + &general(segment))
            }
        }
    }
}

impl Difference {
    fn finding(self, case: &CaseResult) -> Finding {
        Finding {
            check: self.check,
            side: Side::Response,
            origin: Origin::Case,
            message: self.message,
            expected: self.old,
            actual: self.new,
            instance: match self.place {
                Place::Body(pointer) => Some(InstancePointer(pointer)),
                Place::Response | Place::Status | Place::Header(_) => None,
            },
            schema: None,
            contract_place: None,
            case_place: Some(case.place.clone()),
        }
    }
}

impl<'a> Comparison<'a> {
    fn new(depth: Depth, names: [&'a str; 2], mask: Mask<'a>) -> Self {
        Self { depth, names, mask, found: Vec::new(), undecided: Vec::new() }
    }

    fn add(&mut self, check: CheckId, place: Place, message: String, old: impl Into<String>, new: impl Into<String>) {
        self.found.push(Difference { check, place, message, old: old.into(), new: new.into() });
    }

    fn step(&mut self, old: &Step, new: &Step) {
        let (Some(before), Some(after)) = (&old.sent, &new.sent) else { return };
        match (answered(before), answered(after)) {
            (Some(before), Some(after)) => self.responses(before, after),
            (None, None) => {}
            (before, after) => {
                let said = |step: &Step, status: Option<u16>| match status {
                    Some(status) => status.to_string(),
                    None => step.error.clone().unwrap_or_else(|| "no response".to_owned()),
                };
                let (before, after) = (said(old, before.map(|(s, _)| s)), said(new, after.map(|(s, _)| s)));
                let message =
                    format!("only one of them answers: {before} at {}, {after} at {}", self.names[0], self.names[1]);
                self.add(RESPONSE, Place::Response, message, before, after);
            }
        }
    }

    fn responses(&mut self, old: (u16, &RecordedMessage), new: (u16, &RecordedMessage)) {
        if old.0 != new.0 {
            let message = format!("the status is {} at {} and {} at {}", old.0, self.names[0], new.0, self.names[1]);
            self.add(STATUS, Place::Status, message, old.0.to_string(), new.0.to_string());
            // Another status is another response: what it holds is not worth comparing.
            return;
        }
        if self.depth > Depth::Status {
            self.headers(&old.1.headers, &new.1.headers);
            self.bodies(old.1, new.1);
        }
    }
}

fn answered(sent: &Sent) -> Option<(u16, &RecordedMessage)> {
    sent.status.zip(sent.response.as_ref())
}
