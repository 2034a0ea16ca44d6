//! Findings and verdicts.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::source::{Place, Pointer};

/// The stable kebab-case name of a check or expectation, such as `response-body`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckId(Cow<'static, str>);

impl CheckId {
    /// A check's name.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose half of the contract is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// What the client sent.
    Request,
    /// What the server answered.
    Response,
}

/// Who says that what was found is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The vendor's own document.
    Document,
    /// The overlay on it.
    Overlay,
    /// An expectation of the case.
    Case,
    /// A specification that holds for every API (HTTP, JSON).
    Standard,
}

/// Points into the body (or parameter value) that was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstancePointer(pub Pointer);

/// Points into the document, at the keyword that was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchemaPointer(pub Pointer);

/// One way in which an exchange breaks its contract or a case's expectation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// Which check found it.
    pub check: CheckId,
    /// Whose half it is about.
    pub side: Side,
    /// Who says so.
    pub origin: Origin,
    /// One sentence, complete without the other fields.
    pub message: String,
    /// What was expected, shortly.
    pub expected: String,
    /// What was found, shortly.
    pub actual: String,
    /// Where in the body, if it is about a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstancePointer>,
    /// Where in the document, if the document says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<SchemaPointer>,
    /// File, line and column of what the contract says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_place: Option<Place>,
    /// File, line and column of what the case says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_place: Option<Place>,
}

/// Something that could not be judged, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Undecided {
    /// Which check gave up.
    pub check: CheckId,
    /// Why.
    pub reason: String,
}

/// How an exchange or a case came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// Everything that could be checked holds.
    Kept,
    /// The contract or an expectation is broken; at least one finding.
    Broken {
        /// In the order of the checks.
        findings: Vec<Finding>,
    },
    /// Nothing was found wrong, but something could not be judged.
    Undecided {
        /// What and why; at least one.
        reasons: Vec<Undecided>,
    },
    /// Not run, on purpose.
    Skipped {
        /// Why.
        reason: String,
    },
    /// We could not do our work: no connection, time-out, an unusable answer.
    Failed {
        /// What went wrong.
        error: String,
    },
}

impl Verdict {
    /// The verdict of a judgement: broken if anything was found, else undecided, else kept.
    pub fn of(findings: Vec<Finding>, undecided: Vec<Undecided>) -> Self {
        if !findings.is_empty() {
            Self::Broken { findings }
        } else if !undecided.is_empty() {
            Self::Undecided { reasons: undecided }
        } else {
            Self::Kept
        }
    }

    /// The findings, where there are any.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Broken { findings } => findings,
            _ => &[],
        }
    }

    /// One word: `kept`, `broken`, `undecided`, `skipped`, `failed`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Broken { .. } => "broken",
            Self::Undecided { .. } => "undecided",
            Self::Skipped { .. } => "skipped",
            Self::Failed { .. } => "failed",
        }
    }

    /// The worse of two verdicts: failed, broken, undecided, skipped, kept; findings add up.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Broken { mut findings }, Self::Broken { findings: more }) => {
                findings.extend(more);
                Self::Broken { findings }
            }
            (Self::Undecided { mut reasons }, Self::Undecided { reasons: more }) => {
                reasons.extend(more);
                Self::Undecided { reasons }
            }
            (left, right) => {
                if left.weight() >= right.weight() {
                    left
                } else {
                    right
                }
            }
        }
    }

    fn weight(&self) -> u8 {
        match self {
            Self::Kept => 0,
            Self::Skipped { .. } => 1,
            Self::Undecided { .. } => 2,
            Self::Broken { .. } => 3,
            Self::Failed { .. } => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_verdict_wins() {
        let failed = || Verdict::Failed { error: "x".into() };
        let skipped = || Verdict::Skipped { reason: "x".into() };
        let undecided =
            || Verdict::of(vec![], vec![Undecided { check: CheckId::new("response-body"), reason: "x".into() }]);
        for (left, right, word) in [
            (Verdict::Kept, skipped(), "skipped"),
            (undecided(), Verdict::Kept, "undecided"),
            (undecided(), failed(), "failed"),
            (Verdict::of(vec![], vec![]), Verdict::Kept, "kept"),
        ] {
            assert_eq!(left.clone().and(right.clone()).word(), word);
            assert_eq!(right.and(left).word(), word);
        }
    }
}
