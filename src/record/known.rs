//! What a case file holds already: its exchanges, as they were recorded.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::book::Kept;
use crate::case::{Case, Environment, Step, Surroundings, Varying, read_suite, resolve};
use crate::contract::Contract;
use crate::exchange::{Exchange, Redactor};
use crate::source::{Place, Source};

/// An exchange that a case file holds.
#[derive(Clone, Debug)]
pub struct KnownExchange {
    /// The case's name.
    pub case: String,
    /// Where the step stands.
    pub place: Place,
    /// The exchange; its URL begins with the path.
    pub exchange: Exchange,
    /// What of the response's body varies, by what the step expects.
    pub varying: Option<Varying>,
}

/// The exchanges of a file, those of cases without a recorded response left out. Templates have the
/// values that they have without an environment. A file that cannot be read holds none.
pub fn exchanges(contract: &Contract, kept: &Kept) -> Vec<KnownExchange> {
    let source = Source::new(kept.name.as_str(), kept.text.as_str());
    let none = |_: &str| Err("no file is read here".to_owned());
    let (Some(suite), _) = read_suite(&source, &[], &none, &BTreeMap::new()) else { return Vec::new() };
    let (cases, _) = resolve(&suite, contract, &none, &|_| true);
    cases.iter().flat_map(|case| exchanges_of(contract, case, &BTreeMap::new())).collect()
}

/// The exchanges of a case, up to the first step without a recorded response.
pub fn exchanges_of(contract: &Contract, case: &Case, environment: &BTreeMap<String, String>) -> Vec<KnownExchange> {
    let environment = Environment::from(environment.clone());
    let redactor = Redactor::new();
    let surroundings = Surroundings {
        environment: &environment,
        target: "recorded",
        seed: 0,
        clock: Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
        redactor: &redactor,
    };
    let Ok(mut scope) = case.scope(&surroundings) else { return Vec::new() };
    let mut out = Vec::new();
    for step in case.steps.iter() {
        let Some(exchange) = exchange(contract, step, &mut scope, &redactor) else { break };
        out.push(KnownExchange {
            case: case.id.name.clone(),
            place: step.place(),
            exchange,
            varying: step.varying().cloned(),
        });
    }
    out
}

fn exchange(contract: &Contract, step: &Step, scope: &mut crate::case::Scope, redactor: &Redactor) -> Option<Exchange> {
    let request = step.request(contract, "", scope, redactor).ok()?;
    let response = step.recorded(scope)?.ok()?;
    let exchange = Arc::new(Exchange { request, response, elapsed: Duration::ZERO });
    scope.received(&exchange);
    // Captures are taken on the way.
    let _ = step.judge(&exchange, scope);
    scope.finish_step();
    Some(Arc::unwrap_or_clone(exchange))
}
