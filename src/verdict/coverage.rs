//! How much of a contract was exercised, as reports show it.

use serde::{Deserialize, Serialize};

/// What can be exercised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoverageKind {
    /// An operation.
    Operation,
    /// A documented status of an operation.
    Status,
    /// A media type of a body.
    MediaType,
    /// A response header.
    Header,
    /// A parameter.
    Parameter,
    /// A property of a schema.
    Property,
    /// A value of an `enum`.
    EnumValue,
    /// A branch of `oneOf` or `anyOf`.
    Branch,
}

impl CoverageKind {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Operation,
        Self::Status,
        Self::MediaType,
        Self::Header,
        Self::Parameter,
        Self::Property,
        Self::EnumValue,
        Self::Branch,
    ];

    /// In words, of several.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Operation => "operations",
            Self::Status => "statuses",
            Self::MediaType => "media types",
            Self::Header => "headers",
            Self::Parameter => "parameters",
            Self::Property => "properties",
            Self::EnumValue => "enum values",
            Self::Branch => "branches",
        }
    }
}

/// One thing that can be exercised, and how often it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CoverageItem {
    /// What it is.
    pub kind: CoverageKind,
    /// The operation (`GET /pets`) or schema (`Pet`, in a request or a response) that it belongs to.
    pub group: String,
    /// What it is called there; of an operation its id.
    pub name: String,
    /// Whether clients send it: then it can be rejected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub request: bool,
    /// In how many exchanges it was.
    pub seen: usize,
    /// How many of these the server rejected (4xx).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rejected: usize,
}

impl CoverageItem {
    /// In how many exchanges it was that the server did not reject.
    pub fn accepted(&self) -> usize {
        self.seen - self.rejected.min(self.seen)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form serde asks for")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// How many things of one kind there are, and how many were exercised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CoverageTotal {
    /// What they are.
    pub kind: CoverageKind,
    /// How many there are.
    pub total: usize,
    /// How many were in an exchange.
    pub seen: usize,
    /// How many were in an exchange that the server did not reject.
    pub accepted: usize,
    /// How many were in an exchange that the server rejected.
    pub rejected: usize,
}

/// How much of a contract was exercised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ContractCoverage {
    /// The contract's name.
    pub contract: String,
    /// By kind; a kind that the contract does not have is left out.
    pub totals: Vec<CoverageTotal>,
    /// One by one, in the document's order: operations with what belongs to them, then schemas.
    pub items: Vec<CoverageItem>,
    /// How many further ones there are: counted neither as seen nor as missing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

impl ContractCoverage {
    /// Of these things; of a contract whose further `left_out` things were not looked for.
    pub fn new(contract: String, items: Vec<CoverageItem>, left_out: usize) -> Self {
        let total = |kind: CoverageKind| {
            let mut total = CoverageTotal { kind, total: 0, seen: 0, accepted: 0, rejected: 0 };
            for item in items.iter().filter(|item| item.kind == kind) {
                total.total += 1;
                total.seen += usize::from(item.seen > 0);
                total.accepted += usize::from(item.accepted() > 0);
                total.rejected += usize::from(item.rejected > 0);
            }
            total
        };
        let totals = CoverageKind::ALL.into_iter().map(total).filter(|total| total.total > 0).collect();
        Self { contract, totals, items, left_out }
    }

    /// How many things there are, and how many of them were exercised.
    pub fn count(&self) -> (usize, usize) {
        (self.totals.iter().map(|total| total.total).sum(), self.totals.iter().map(|total| total.seen).sum())
    }

    /// How much was exercised, in percent; all of nothing is 100.
    pub fn percent(&self) -> f64 {
        percent(self.count())
    }

    /// What was not exercised.
    pub fn missing(&self) -> impl Iterator<Item = &CoverageItem> {
        self.items.iter().filter(|item| item.seen == 0)
    }
}

/// So many of so many, in percent; all of nothing is 100.
#[expect(clippy::cast_precision_loss, reason = "far from 2^52")]
pub fn percent((total, seen): (usize, usize)) -> f64 {
    if total == 0 { 100.0 } else { seen as f64 * 100.0 / total as f64 }
}
