//! Near misses: what a request would have matched, and why it did not.

use serde::Serialize;

use crate::contract::{Contract, Operation};
use crate::mock::miss::Passed;
use crate::mock::{Mock, Origin, SESSION_HEADER};
use crate::source::{Place, distance as edits};

use super::super::journal::Exchanged;

/// The most that are told of one request.
const MOST: usize = 5;
/// Paths that differ by more than this are not near.
const FAR: usize = 6;

/// Something that a request did not match, but nearly.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct NearMiss {
    /// The operation, by its id.
    pub(super) operation: String,
    /// Its method and path.
    pub(super) route: String,
    /// The rule, where it is one that did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    /// Where it stands.
    pub(super) place: Place,
    /// Why it did not match, a sentence each.
    pub(super) reasons: Vec<String>,
}

/// What the request of an exchange nearly matched. `mock` is that of its contract.
pub(super) fn near_misses(exchanged: &Exchanged, mock: &Mock) -> Vec<NearMiss> {
    let contract = mock.contract();
    let Some(id) = &exchanged.operation else {
        return by_path(contract, &exchanged.request.method, exchanged.path());
    };
    let Ok(operation) = contract.find(id) else { return Vec::new() };
    let mut all = Vec::new();
    if !exchanged.findings.is_empty() {
        let reasons = exchanged.findings.iter().map(|finding| finding.message.clone()).collect();
        all.push(NearMiss { reasons, ..of(contract, operation) });
    }
    all.extend(by_rules(exchanged, mock, operation).into_iter().take(MOST));
    all
}

fn of(contract: &Contract, operation: &Operation) -> NearMiss {
    NearMiss {
        operation: operation.id().to_owned(),
        route: format!("{} {}", operation.method(), operation.path()),
        rule: None,
        place: contract.place(operation.pointer()).1,
        reasons: Vec::new(),
    }
}

/// The rules of the operation that were passed over.
fn by_rules(exchanged: &Exchanged, mock: &Mock, operation: &Operation) -> Vec<NearMiss> {
    let meant = mock.rules.list.iter().filter(|rule| rule.operation.as_deref().is_none_or(|id| id == operation.id()));
    let passed = meant.take_while(|rule| !matches!(&exchanged.origin, Origin::Rule(name) if *name == rule.name));
    let wishes = |query: &str| query.starts_with("__") || query.contains("&__");
    let request = &exchanged.request;
    let asked_otherwise = request.headers.contains("prefer") || request.query().is_some_and(wishes);
    let session = request.headers.get(SESSION_HEADER);
    let held = Passed { request, path: exchanged.path(), operation, findings: &exchanged.findings };
    let miss = passed.map(|rule| {
        let reasons = if asked_otherwise {
            vec!["the request asks for a response of the document's, which rules do not give".to_owned()]
        } else {
            mock.why_not(rule, &held, session.as_deref())
        };
        NearMiss { rule: Some(rule.name.clone()), place: rule.place.clone(), reasons, ..of(mock.contract(), operation) }
    });
    miss.filter(|miss| !miss.reasons.is_empty()).collect()
}

/// The operations whose paths are most like this one.
fn by_path(contract: &Contract, method: &str, path: &str) -> Vec<NearMiss> {
    let scored = contract.operations().iter().map(|operation| (compare(operation, method, path), operation));
    let mut near: Vec<_> = scored.filter(|((distance, _), _)| *distance <= FAR).collect();
    near.sort_by_key(|((distance, _), _)| *distance);
    let miss = near.into_iter().take(MOST);
    miss.map(|((_, reasons), operation)| NearMiss { reasons, ..of(contract, operation) }).collect()
}

/// How far a request is from an operation, and in what.
fn compare(operation: &Operation, method: &str, path: &str) -> (usize, Vec<String>) {
    let parts = |path: &str| path.trim_matches('/').split('/').map(str::to_owned).collect::<Vec<_>>();
    let (asked, known) = (parts(path), parts(operation.path()));
    let (mut distance, mut reasons) = (0, Vec::new());
    if asked.len() != known.len() {
        distance += 2 * asked.len().abs_diff(known.len());
        let count = |length: usize| if length == 1 { "1 segment".to_owned() } else { format!("{length} segments") };
        reasons.push(format!("the path has {}, not {}", count(asked.len()), count(known.len())));
    }
    for (asked, known) in asked.iter().zip(&known) {
        let is_parameter = known.contains('{');
        if is_parameter && !asked.is_empty() || asked == known {
            continue;
        }
        distance += edits(short(asked), short(known)).min(4);
        reasons.push(if asked.is_empty() {
            format!("a segment is empty where `{known}` is expected")
        } else {
            format!("the path has `{asked}` where `{known}` is expected")
        });
    }
    if method != operation.method() {
        distance += 1;
        reasons.push(format!("the method is {method}, not {}", operation.method()));
    }
    (distance, reasons)
}

/// Of a long word, the start: what is compared takes time by the square of its length.
fn short(word: &str) -> &str {
    word.char_indices().nth(64).map_or(word, |(end, _)| &word[..end])
}
