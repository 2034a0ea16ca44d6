//! Making findings: complete sentences, and places in the contract.

use super::{Check, Judgement};
use crate::contract::{Contract, Violation};
use crate::source::Pointer;
use crate::verdict::{Finding, InstancePointer, Origin, SchemaPointer, Undecided};

/// Where findings of one check are put.
pub(super) struct Report<'r> {
    pub(super) contract: &'r Contract,
    pub(super) check: &'r Check,
    pub(super) judgement: &'r mut Judgement,
}

impl Report<'_> {
    /// Something that the contract says, at `pointer` of one of its documents, does not hold.
    pub(super) fn broken(
        &mut self,
        message: String,
        expected: impl Into<String>,
        actual: impl Into<String>,
        document: usize,
        pointer: &Pointer,
    ) {
        let (origin, place) = self.contract.place_in(document, pointer);
        self.judgement.findings.push(Finding {
            origin,
            schema: Some(SchemaPointer(pointer.clone())),
            contract_place: Some(place),
            ..self.finding(message, expected.into(), actual.into())
        });
    }

    /// Something that a standard says does not hold.
    pub(super) fn against_standard(&mut self, message: String, expected: impl Into<String>, actual: impl Into<String>) {
        let finding = self.finding(message, expected.into(), actual.into());
        self.judgement.findings.push(finding);
    }

    /// A value breaks its schema. `what` names the value: `the response body`.
    pub(super) fn violation(&mut self, what: &str, violation: Violation) {
        if violation.gave_up {
            let (_, place) = self.contract.place_in(violation.document.unwrap_or(0), &violation.schema);
            self.undecided(format!("{what}: {} ({place})", violation.message));
            return;
        }
        let subject =
            if violation.instance.is_root() { what.to_owned() } else { format!("`{}` of {what}", violation.instance) };
        let (origin, place) = self.contract.place_in(violation.document.unwrap_or(0), &violation.schema);
        let finding = self.finding(format!("{subject} {}", violation.rule), violation.expected, violation.actual);
        self.judgement.findings.push(Finding {
            origin,
            // The whole of a header or parameter is named by the message; a pointer would mean the body.
            instance: (what.ends_with("body") || !violation.instance.is_root())
                .then_some(InstancePointer(violation.instance)),
            schema: Some(SchemaPointer(violation.schema)),
            contract_place: Some(place),
            ..finding
        });
    }

    /// A key of the `content` of what stands at `pointer` is no media type, so it may be any.
    pub(super) fn unreadable_content(&mut self, key: &str, document: usize, pointer: &Pointer) {
        let (_, place) = self.contract.place_in(document, &pointer.join("content").join(key));
        self.undecided(format!("the media type that is documented, `{key}`, is none ({place})"));
    }

    /// Nothing can be said, and why.
    pub(super) fn undecided(&mut self, reason: String) {
        self.judgement.undecided.push(Undecided { check: self.check.id.clone(), reason });
    }

    fn finding(&self, message: String, expected: String, actual: String) -> Finding {
        Finding {
            check: self.check.id.clone(),
            side: self.check.side,
            origin: Origin::Standard,
            message,
            expected,
            actual,
            instance: None,
            schema: None,
            contract_place: None,
            case_place: None,
        }
    }
}

/// Words in a row: `a`, `a or b`, `a, b or c`.
pub(super) fn either(words: &[String]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}
