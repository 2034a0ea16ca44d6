//! The judgement: pure functions from an operation and an exchange to findings. STUB; bodies follow.
#![expect(unused_variables, reason = "bodies follow")]
#![expect(missing_docs, reason = "bodies follow")]
use crate::contract::{Contract, Operation};
use crate::exchange::{Exchange, Request, Response};
use crate::verdict::{CheckId, Finding, Side, Undecided};

/// What a judgement came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    pub findings: Vec<Finding>,
    pub undecided: Vec<Undecided>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The status may be one that the contract does not document (said by the case or rule).
    pub undocumented: bool,
}

/// One check: its stable id, side, and what it says in a sentence (for docs and reports).
pub struct Check {
    pub id: CheckId,
    pub side: Side,
    pub says: &'static str,
}
/// All checks, in the order they run.
pub fn all() -> &'static [Check] {
    unimplemented!()
}

/// Judges the server's half.
pub fn response(contract: &Contract, operation: &Operation, exchange: &Exchange, options: Options) -> Judgement {
    unimplemented!()
}
/// The same without a whole exchange (the mock judging its own answer).
pub fn answer(
    contract: &Contract,
    operation: &Operation,
    method: &str,
    response: &Response,
    options: Options,
) -> Judgement {
    unimplemented!()
}
/// Judges the client's half. `path` is the request's path below the base path. Unknown path or method is a finding too.
pub fn request(contract: &Contract, request: &Request, path: &str) -> Judgement {
    unimplemented!()
}
