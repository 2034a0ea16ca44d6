//! A case, ready to run.

use std::sync::Arc;

use super::common::Retry;
use super::spot::Placed;
use super::step::Step;
use crate::expression::{Template, Var};
use crate::source::Place;
use crate::verdict::CaseId;

/// The only kind of target that a case is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// A live server.
    Live,
    /// The mock.
    Mock,
}

/// A case (with its row filled in), ready to run.
#[derive(Clone, Debug)]
pub struct Case {
    /// Which case.
    pub id: CaseId,
    /// Where it stands.
    pub place: Place,
    /// The name of the contract it is judged by.
    pub contract: String,
    /// Its tags, those of its file and folders too.
    pub tags: Arc<[String]>,
    /// The promises it proves.
    pub proves: Arc<[String]>,
    /// The ids of the operations that its steps name, each once.
    pub operations: Arc<[String]>,
    /// The only kind of target it is for.
    pub only: Option<Only>,
    /// Why it is not to be run.
    pub skip: Option<String>,
    /// When it is tried again.
    pub retry: Option<Retry>,
    /// What it does, in order; at least one.
    pub steps: Arc<[Step]>,
    /// The variables that its steps need, in the order they are evaluated.
    pub(super) vars: Arc<[(String, Placed<Template>)]>,
    /// The values of its row.
    pub(super) row: Arc<[(String, Var)]>,
    /// Environment variables whose values are never shown.
    pub(super) secrets: Arc<[String]>,
}
