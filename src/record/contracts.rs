//! Which contract and operation an exchange belongs to, and how it is judged by it.

use std::sync::Arc;

use crate::check::{self, Judgement, Options};
use crate::contract::{Contract, Operation, Route};
use crate::exchange::Exchange;
use crate::verdict::Verdict;

/// The contracts that recorded exchanges are judged by.
#[derive(Clone, Debug, Default)]
pub struct Contracts(Vec<Bound>);

#[derive(Clone, Debug)]
struct Bound {
    contract: Arc<Contract>,
    /// The paths of its servers: what a request's path may have before the contract's own.
    bases: Vec<String>,
}

/// Where a request belongs.
#[derive(Clone, Copy, Debug)]
pub struct Belongs<'c, 't> {
    /// The contract; the first where none has an operation for it.
    pub contract: &'c Arc<Contract>,
    /// The operation.
    pub operation: Option<&'c Operation>,
    /// Path and query below the contract's base.
    pub target: &'t str,
}

impl Contracts {
    /// Of these.
    pub fn new(contracts: impl IntoIterator<Item = Arc<Contract>>) -> Self {
        let bound = |contract: Arc<Contract>| {
            let mut bases = vec![String::new()];
            for server in contract.servers() {
                let path = server
                    .split_once("://")
                    .map_or(server.as_str(), |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
                let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
                if path.starts_with('/') && !bases.iter().any(|known| known == path) {
                    bases.push(path.to_owned());
                }
            }
            Bound { contract, bases }
        };
        Self(contracts.into_iter().map(bound).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Contract>> {
        self.0.iter().map(|bound| &bound.contract)
    }

    /// Where a request with this method, path and query belongs; `None` where there is no contract.
    pub fn find<'t>(&self, method: &str, target: &'t str) -> Option<Belongs<'_, 't>> {
        for bound in &self.0 {
            for base in &bound.bases {
                let Some(target) = below(target, base) else { continue };
                if let Route::Operation { operation, .. } = bound.contract.route(method, path(target)) {
                    return Some(Belongs { contract: &bound.contract, operation: Some(operation), target });
                }
            }
        }
        Some(Belongs { contract: &self.0.first()?.contract, operation: None, target })
    }

    /// The verdict on an exchange whose request has this path and query; both directions.
    pub fn judge(&self, exchange: &Exchange, target: &str) -> Verdict {
        let Some(belongs) = self.find(&exchange.request.method, target) else { return Verdict::Kept };
        let Some(operation) = belongs.operation else {
            let reason = "it leads to no operation of the contract".to_owned();
            return Verdict::Skipped { reason };
        };
        let mut whole = Judgement::default();
        // What the server refused is no fault of what was kept.
        if !(400..500).contains(&exchange.response.status) {
            let asked = check::request(belongs.contract, &exchange.request, path(belongs.target));
            whole.findings.extend(asked.findings);
            whole.undecided.extend(asked.undecided);
        }
        let answered = check::response(belongs.contract, operation, exchange, Options::default());
        whole.findings.extend(answered.findings);
        whole.undecided.extend(answered.undecided);
        Verdict::of(whole.findings, whole.undecided)
    }
}

/// The path of a path and query.
pub(super) fn path(target: &str) -> &str {
    let path = target.split('?').next().unwrap_or_default();
    if path.is_empty() { "/" } else { path }
}

fn below<'t>(target: &'t str, base: &str) -> Option<&'t str> {
    let rest = target.strip_prefix(base)?;
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
}
