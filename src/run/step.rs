//! Runs one step: request, exchange, judgement.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::Target;
use super::channel::Channel;
use super::pace::retry_after;
use super::settings::{AgainSettings, World};
use crate::case::{Scope, Step};
use crate::check;
use crate::contract::{Contract, Operation, Route};
use crate::coverage::Recorder;
use crate::exchange::{Exchange, Request};
use crate::verdict::{Finding, Undecided, Verdict};

/// The header by which a mock keeps the states of cases apart.
const SESSION: &str = "countersign-session";

/// What the steps of an attempt share.
pub(super) struct Scene<'a> {
    pub(super) contract: &'a Contract,
    pub(super) channel: &'a Channel,
    /// Counts what is exercised, where that is wanted.
    pub(super) coverage: Option<&'a Recorder>,
    /// The mock's session.
    pub(super) session: Option<&'a str>,
    pub(super) again: AgainSettings,
    pub(super) world: &'a World,
}

/// A step that is done, its secrets still in it.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) name: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) request: Option<Request>,
    pub(super) exchange: Option<Arc<Exchange>>,
    pub(super) verdict: Verdict,
    pub(super) undecided: Vec<Undecided>,
    pub(super) request_findings: Vec<Finding>,
    pub(super) captures: BTreeMap<String, Value>,
}

impl Done {
    fn without_exchange(name: Option<String>, step: &Step, request: Option<Request>, verdict: Verdict) -> Self {
        Self {
            name,
            operation: step.operation.clone(),
            request,
            exchange: None,
            verdict,
            undecided: Vec::new(),
            request_findings: Vec::new(),
            captures: BTreeMap::new(),
        }
    }

    /// A step that comes after one (from 1) that ended the case.
    pub(super) fn not_run(name: Option<String>, step: &Step, ended: usize) -> Self {
        let reason = format!("not run, because the case ended with step {ended}");
        Self::without_exchange(name, step, None, Verdict::Skipped { reason })
    }
}

/// Runs one step; `scope` holds its exchange and captures afterwards.
pub(super) async fn run_step(scene: &Scene<'_>, step: &Step, name: Option<String>, scope: &mut Scope) -> Done {
    let base_url = scene.channel.target.base_url();
    let mut request = match step.request(scene.contract, base_url, scope, &scene.world.redactor) {
        Ok(request) => request,
        Err(error) => {
            return Done::without_exchange(name, step, None, Verdict::Failed { error: error.to_string() });
        }
    };
    if let Some(session) = scene.session {
        request.headers.set(SESSION, session);
    }
    match bring(scene, step, &request, scope).await {
        Ok(exchange) => judge(scene, step, name, exchange, scope),
        Err(verdict) => Done::without_exchange(name, step, Some(request), verdict),
    }
}

/// The exchange that is judged: the last one, where the step polls.
async fn bring(scene: &Scene<'_>, step: &Step, request: &Request, scope: &mut Scope) -> Result<Arc<Exchange>, Verdict> {
    if scene.channel.target == Target::Recorded {
        let exchange = Arc::new(recorded(step, request, scope)?);
        scope.received(&exchange);
        return Ok(exchange);
    }
    let began = Instant::now();
    loop {
        let exchange = send(scene, step, request, scope).await.map_err(|error| Verdict::Failed { error })?;
        let exchange = Arc::new(exchange);
        scope.received(&exchange);
        match &step.poll {
            Some(poll) if !step.settled(scope) && began.elapsed() + poll.every < poll.within => {
                sleep(poll.every).await;
            }
            _ => return Ok(exchange),
        }
    }
}

fn recorded(step: &Step, request: &Request, scope: &Scope) -> Result<Exchange, Verdict> {
    match step.recorded(scope) {
        Some(Ok(response)) => Ok(Exchange { request: request.clone(), response, elapsed: std::time::Duration::ZERO }),
        Some(Err(error)) => Err(Verdict::Failed { error: error.to_string() }),
        None => Err(Verdict::Skipped { reason: "it has no `recorded` response".to_owned() }),
    }
}

/// Sends, and sends again where the server says that it was too soon (RFC 6585, section 4).
async fn send(scene: &Scene<'_>, step: &Step, request: &Request, scope: &Scope) -> Result<Exchange, String> {
    const TOO_MANY_REQUESTS: u16 = 429;
    let total = step.timeout.unwrap_or_else(|| scene.channel.total());
    let mut left = scene.again.throttled;
    loop {
        let exchange = scene.channel.send(request, total).await?;
        let response = &exchange.response;
        if response.status != TOO_MANY_REQUESTS || left == 0 || step.expects_status(response.status, scope) {
            return Ok(exchange);
        }
        match retry_after(response, (scene.world.clock)()) {
            Some(wait) if wait <= scene.again.longest_wait => {
                left -= 1;
                scene.channel.throttle(wait);
            }
            _ => return Ok(exchange),
        }
    }
}

fn judge(scene: &Scene, step: &Step, name: Option<String>, exchange: Arc<Exchange>, scope: &mut Scope) -> Done {
    let contract = scene.contract;
    let path = below(exchange.request.path(), scene.channel.base_path());
    let operation = operation(contract, step, &exchange.request.method, path);
    if let (Some(coverage), Some(operation)) = (scene.coverage, operation) {
        coverage.exchange(operation, &exchange, path);
    }
    let options = check::Options { undocumented: step.undocumented };
    let mut judgement = match operation {
        Some(operation) => check::response(contract, operation, &exchange, options),
        None => check::without_operation(&exchange.request.method, path, options),
    };
    let request_findings = check::request(contract, &exchange.request, path).findings;
    let judged = step.judge(&exchange, scope);
    judgement.findings.extend(judged.findings);
    judgement.undecided.extend(judged.undecided);
    let verdict = Verdict::of(judgement.findings, judgement.undecided.clone());
    Done {
        name,
        operation: operation.map(|operation| operation.id().to_owned()),
        request: None,
        exchange: Some(exchange),
        verdict,
        undecided: judgement.undecided,
        request_findings,
        captures: judged.captures,
    }
}

/// The operation that the step names, else the one that its request leads to.
fn operation<'c>(contract: &'c Contract, step: &Step, method: &str, path: &str) -> Option<&'c Operation> {
    if let Some(id) = &step.operation {
        return contract.find(id).ok();
    }
    match contract.route(method, path) {
        Route::Operation { operation, .. } => Some(operation),
        Route::OtherMethods { .. } | Route::Unknown => None,
    }
}

/// The part of a request's path that the contract's path templates are about.
fn below<'p>(path: &'p str, base: &str) -> &'p str {
    match path.strip_prefix(base) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn the_base_path_is_taken_off_at_a_slash() {
        for (path, base, expected) in [
            ("/v1/users", "/v1", "/users"),
            ("/v1", "/v1", "/"),
            ("/v10/users", "/v1", "/v10/users"),
            ("/users", "", "/users"),
            ("/other", "/v1", "/other"),
        ] {
            assert_eq!(below(path, base), expected, "{path} {base}");
        }
    }
}
