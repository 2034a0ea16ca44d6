//! Requests that break the contract, answered as the contract's mock answers them.

use std::sync::Arc;

use crate::check;
use crate::exchange::{Request, Response};
use crate::mock::{Mock, Rules, Settings};
use crate::record::contracts::{Contracts, path};

/// Answers what breaks a contract: by the document's own response where it has one, else by problem details.
pub(super) struct Refusing(Vec<Mock>);

impl Refusing {
    /// By these contracts.
    pub(super) fn new(contracts: &Contracts) -> Self {
        let mock = |contract: &Arc<_>| Mock::new(Arc::clone(contract), Rules::default(), Settings::repeatable(0));
        Self(contracts.iter().map(mock).collect())
    }

    /// The answer to a request with this path and query; `None` where nothing is wrong with it.
    pub(super) fn answer(&self, contracts: &Contracts, request: &Request, target: &str) -> Option<Response> {
        let belongs = contracts.find(&request.method, target)?;
        let path = path(belongs.target);
        if check::request(belongs.contract, request, path).findings.is_empty() {
            return None;
        }
        let mock = self.0.iter().find(|mock| Arc::ptr_eq(mock.contract(), belongs.contract))?;
        Some(mock.answer(request.clone(), path).response)
    }
}
