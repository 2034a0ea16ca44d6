//! What is known of a rule's answer before anybody asks: one without expressions is the same each time.

use super::Mock;
use super::evaluate::{self, Reply};
use super::rules::Rule;
use crate::check;
use crate::contract::{Contract, Operation};
use crate::verdict::Finding;

/// How a rule's answer will break the contract, with the first operation whose contract that is.
pub(super) fn breach<'c>(contract: &'c Contract, rule: &Rule) -> Option<(&'c Operation, Finding)> {
    if rule.breaks_contract {
        return None;
    }
    let meant =
        contract.operations().iter().filter(|known| rule.operation.as_deref().is_none_or(|id| id == known.id()));
    meant.into_iter().find_map(|operation| {
        let response = Mock::response(operation, constant(rule)?).ok()?;
        let options = check::Options { undocumented: rule.undocumented };
        let judged = check::answer(contract, operation, operation.method(), &response, options);
        Some((operation, judged.findings.into_iter().next()?))
    })
}

/// The rule's answer, where no expression is in it.
fn constant(rule: &Rule) -> Option<Reply> {
    let respond = rule.respond.as_ref()?;
    let status = evaluate::code(respond.status.constant()?);
    let header = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let headers = respond.headers.iter().map(|(name, value)| Some((name.clone(), header(value.constant()?))));
    let body = match &respond.body {
        Some(body) => Some(body.constant()?.clone()),
        None => None,
    };
    Some(Reply { status, headers: headers.collect::<Option<_>>()?, body })
}
