//! What is to be run.

use std::sync::Arc;

use super::Target;
use crate::case::Case;
use crate::contract::Contract;

/// Cases in the order of their files, each with its contract and target.
#[derive(Default)]
pub struct Plan {
    pub(super) contracts: Vec<Bound>,
    pub(super) cases: Vec<Planned>,
}

/// A contract of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContractIndex(usize);

/// A contract and where its requests go.
pub(super) struct Bound {
    pub(super) contract: Arc<Contract>,
    pub(super) target: Target,
}

/// A case and the place of its contract in the plan.
pub(super) struct Planned {
    pub(super) case: Case,
    pub(super) contract: usize,
}

impl Plan {
    /// An empty plan.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a contract, with where its cases' requests go.
    pub fn add_contract(&mut self, contract: Arc<Contract>, target: Target) -> ContractIndex {
        self.contracts.push(Bound { contract, target });
        ContractIndex(self.contracts.len() - 1)
    }

    /// Adds cases that are judged by a contract of this plan; they run after those added before.
    pub fn add_cases(&mut self, contract: ContractIndex, cases: impl IntoIterator<Item = Case>) {
        self.cases.extend(cases.into_iter().map(|case| Planned { case, contract: contract.0 }));
    }

    /// How many cases there are.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether nothing is to be run.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plan({} cases, {} contracts)", self.cases.len(), self.contracts.len())
    }
}
