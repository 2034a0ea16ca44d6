//! The currency of the program: findings, verdicts, events, summaries.
//!
//! Everything here is plain data that serialises: `results.json` is the stream of [`Event`]s,
//! and every report is a fold over it.

mod coverage;
mod event;
mod finding;
mod summary;

pub use coverage::{ContractCoverage, CoverageItem, CoverageKind, CoverageTotal, percent};
pub use event::{
    CaseId, CaseResult, ContractSummary, Event, FORMAT_VERSION, Operation, PromiseSummary, RecordedMessage, Sent, Step,
    Target, Totals,
};
pub use finding::{CheckId, Finding, InstancePointer, Origin, SchemaPointer, Side, Undecided, Verdict};
pub use summary::{Coverage, PromiseState, Proof, Summary, Undocumented};
