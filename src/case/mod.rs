//! The case file format: reading it, building its requests, judging its expectations. Pure.
//!
//! A case file is a *suite*. It is read in two phases, because contracts are loaded between them:
//! [`read_suite`] decodes what selects cases and which contract they name; [`resolve`] compiles the
//! selected cases against that contract. Everything wrong is found before anything is sent.
//!
//! A [`Case`] is then run step by step:
//!
//! 1. [`Case::scope`] makes the variables of one attempt;
//! 2. [`Step::request`] builds a request from them;
//! 3. [`Scope::received`] takes the exchange that came of it; [`Step::settled`] says whether a poll may end;
//! 4. [`Step::judge`] gives the findings and captures;
//! 5. [`Scope::finish_step`] puts the exchange behind, for the steps to come.

mod auth;
mod capture;
mod common;
mod context;
mod decode;
mod expect;
mod judge;
mod like;
mod parts;
mod ready;
mod request;
mod resolve;
mod rows;
mod spot;
mod step;
mod subset;
mod suite;
#[cfg(test)]
mod tests;
pub mod write;

pub use common::Retry;
pub use context::{Environment, Scope, Surroundings};
pub use judge::Judged;
pub use like::Varying;
pub use ready::{Case, Only};
pub use resolve::resolve;
pub use spot::CaseError;
pub use step::{Poll, Step};
pub use suite::{ContractName, Files, Listed, RawSuite, read_suite};

/// The JSON Schema of the case format.
pub const SCHEMA: &str = include_str!("schema.json");

/// The JSON Schema of `_defaults.yaml` files: the part of [`SCHEMA`] that they may say.
pub fn defaults_schema() -> String {
    SCHEMA.replacen("countersign case file", "countersign defaults file", 1).replacen(
        "#/$defs/suite",
        "#/$defs/defaults",
        1,
    )
}
