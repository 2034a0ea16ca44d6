//! Which exchanges a change between two documents breaks: fine by the old one, and not by the new.

use std::collections::BTreeSet;

use super::holes::{without_request, without_response};
use super::servers::Base;
use crate::check::{self, Options};
use crate::contract::{Contract, Direction, Operation, Route};
use crate::diff::{Broken, Change, Diff, Level, RULES, Samples};
use crate::exchange::{Request, Response};
use crate::source::{Place, Pointer};
use crate::traffic::Entry;
use crate::verdict::{Finding, Side};

/// An exchange, or as much of one as is known.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it is called: a case, or an entry of a file.
    pub name: String,
    /// What is known of it.
    pub what: Sampled,
}

/// What is known of a sample.
#[derive(Clone, Debug)]
pub enum Sampled {
    /// A case's request, and the response that was recorded with it or that it expects.
    Case(Box<Request>, Option<Response>),
    /// An entry of a traffic file.
    Entry(Box<Entry>),
}

impl Sampled {
    fn request(&self) -> &Request {
        match self {
            Self::Case(request, _) => request,
            Self::Entry(entry) => &entry.request,
        }
    }

    fn response(&self) -> Option<&Response> {
        match self {
            Self::Case(_, response) => response.as_ref(),
            Self::Entry(entry) => entry.response.as_ref().ok(),
        }
    }
}

/// Judges samples by both documents and notes in `diff` which change breaks which of them.
pub struct Breaks<'c> {
    old: &'c Contract,
    new: &'c Contract,
    bases: Vec<Base>,
    samples: Samples,
}

impl<'c> Breaks<'c> {
    /// Between these two.
    pub fn new(old: &'c Contract, new: &'c Contract) -> Self {
        let bases = old.servers().iter().map(|url| Base::parse(url)).collect();
        Self { old, new, bases, samples: Samples::default() }
    }

    /// Judges one sample.
    pub fn sample(&mut self, diff: &mut Diff, sample: &Sample) {
        let path = sample.what.request().path();
        let below = self.bases.iter().filter_map(|base| base.below(path)).chain([path]);
        let routed = below.into_iter().find_map(|path| Some((path, route(self.old, &sample.what, path)?)));
        let Some((path, operation)) = routed else {
            self.samples.foreign += 1;
            return;
        };
        self.samples.judged += 1;
        let sides = [Side::Request, Side::Response];
        let found = sides.into_iter().flat_map(|side| self.newly(&sample.what, (path, operation), side));
        let found: Vec<Finding> = found.collect();
        if !found.is_empty() {
            self.samples.broken.push(attribute(diff, sample, operation, &found));
        }
    }

    /// What is wrong with one half by the new document, where nothing is by the old one.
    fn newly(&self, sampled: &Sampled, (path, operation): (&str, &Operation), side: Side) -> Vec<Finding> {
        let Some(kept) = route(self.new, sampled, path) else {
            // Whatever was sent: it leads nowhere now.
            return if side == Side::Request { asked(self.new, sampled, path) } else { Vec::new() };
        };
        let response = sampled.response();
        let (old, new) = match (side, response) {
            // What the server refused on purpose tells nothing of the request.
            (Side::Request, Some(response)) if (400..500).contains(&response.status) => return Vec::new(),
            (Side::Request, _) => (asked(self.old, sampled, path), asked(self.new, sampled, path)),
            (Side::Response, Some(response)) => {
                let by = |contract, operation| answered(contract, sampled, operation, response);
                (by(self.old, operation), by(self.new, kept))
            }
            (Side::Response, None) => return Vec::new(),
        };
        if old.is_empty() { new } else { Vec::new() }
    }

    /// What was judged, for the diff.
    pub fn finish(self, diff: &mut Diff) {
        diff.samples = Some(self.samples);
    }
}

fn route<'c>(contract: &'c Contract, sampled: &Sampled, path: &str) -> Option<&'c Operation> {
    match contract.route(&sampled.request().method, path) {
        Route::Operation { operation, .. } => Some(operation),
        Route::OtherMethods { .. } | Route::Unknown => None,
    }
}

fn asked(contract: &Contract, sampled: &Sampled, path: &str) -> Vec<Finding> {
    let mut judgement = check::request(contract, sampled.request(), path);
    if let Sampled::Entry(entry) = sampled {
        without_request(entry, &mut judgement);
    }
    judgement.findings
}

fn answered(contract: &Contract, sampled: &Sampled, operation: &Operation, response: &Response) -> Vec<Finding> {
    let method = &sampled.request().method;
    let mut judgement = check::answer(contract, operation, method, response, Options::default());
    if let Sampled::Entry(entry) = sampled {
        without_response(entry, &mut judgement);
    }
    judgement.findings
}

/// Notes the sample with the changes that what was found comes from.
fn attribute(diff: &mut Diff, sample: &Sample, operation: &Operation, found: &[Finding]) -> Broken {
    let mut reasons = Vec::new();
    let mut changes = BTreeSet::new();
    for finding in found {
        // No value of an exchange is shown: it may be a secret.
        let at = finding.instance.as_ref().map(|at| format!(" at `{}`", at.0.as_str())).unwrap_or_default();
        let reason = format!("{}{at}", finding.check);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
        for index in causes(diff, operation, finding) {
            let change = &mut diff.changes[index];
            changes.insert(change.fingerprint.clone());
            if !change.breaks.contains(&sample.name) {
                change.breaks.push(sample.name.clone());
            }
        }
    }
    Broken { name: sample.name.clone(), reasons, changes: changes.into_iter().collect() }
}

/// The changes that a finding comes from: of the same operation and direction, and at the same place
/// of the new document where any is; else all that may break something.
fn causes(diff: &Diff, operation: &Operation, finding: &Finding) -> Vec<usize> {
    let is_near = |change: &Change| {
        let same = change
            .operation
            .as_ref()
            .is_some_and(|name| name.method == operation.method() && shape(&name.path) == shape(operation.path()));
        let direction = match finding.side {
            Side::Request => Direction::Request,
            Side::Response => Direction::Response,
        };
        same && change.direction.is_none_or(|known| known == direction)
    };
    let near: Vec<usize> = (0..diff.changes.len()).filter(|index| is_near(&diff.changes[*index])).collect();
    let place = finding.contract_place.as_ref();
    let exact = near.iter().copied().filter(|index| place.is_some_and(|place| meets(&diff.changes[*index], place)));
    let exact: Vec<usize> = exact.collect();
    if exact.is_empty() {
        return near.into_iter().filter(|index| diff.changes[*index].level > Level::Safe).collect();
    }
    // What is safe for clients may still end what a recording shows; but what only allows more ends nothing.
    let narrowing: Vec<usize> = exact.iter().copied().filter(|index| narrows(&diff.changes[*index])).collect();
    if narrowing.is_empty() { exact } else { narrowing }
}

/// Whether a change takes something away from what may be said: that would break a request.
fn narrows(change: &Change) -> bool {
    RULES.iter().any(|rule| rule.id == change.id && rule.request > Level::Safe)
}

/// Whether a change stands where a finding points, or right above or below.
fn meets(change: &Change, place: &Place) -> bool {
    let meets = |known: &Place| {
        let is_below = |one: &Pointer, other: &Pointer| one.starts_with(other) && other.tokens().count() > 2;
        known.file == place.file
            && (is_below(&known.pointer, &place.pointer) || is_below(&place.pointer, &known.pointer))
    };
    change.new.as_ref().is_some_and(meets)
}

/// A path template, whatever its parameters are called.
fn shape(path: &str) -> String {
    let mut pieces = path.split('{');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |shape, piece| shape + "{" + piece.split_once('}').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::contract::{Alone, Parts};
    use crate::diff::{Settings, diff};
    use crate::exchange::Headers;
    use crate::source::Source;

    fn contract(values: &str) -> Contract {
        let content = format!("content: {{application/json: {{schema: {{type: string, enum: [{values}]}}}}}}");
        let text = format!(
            "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths:\n  /a:\n    put:\n      requestBody: {{{content}}}\n      responses: {{'200': {{description: d}}}}\n"
        );
        let parts =
            Parts { name: "a".to_owned(), document: Source::new("a.yaml", text), overlay: None, promises: None };
        Contract::load(parts, &Alone).unwrap_or_else(|faults| panic!("{faults}")).0
    }

    #[test]
    fn what_only_allows_more_breaks_nothing() {
        let (old, new) = (contract("x, y"), contract("x, z"));
        let today = jiff::civil::date(2026, 3, 1);
        let mut diff = diff(&old, &new, &Settings { today, levels: BTreeMap::new() });
        let headers = [("Content-Type", "application/json")].into_iter().collect::<Headers>();
        let (method, url) = ("PUT".to_owned(), "http://h/a".to_owned());
        let request = Request { method, url, headers, body: "\"y\"".into() };
        let sample = Sample { name: "one".to_owned(), what: Sampled::Case(Box::new(request), None) };
        let mut breaks = Breaks::new(&old, &new);
        breaks.sample(&mut diff, &sample);
        breaks.finish(&mut diff);
        let broken: Vec<_> =
            diff.changes.iter().filter(|change| !change.breaks.is_empty()).map(|change| change.id).collect();
        assert_eq!(broken, ["enum-value-removed"]);
    }
}
