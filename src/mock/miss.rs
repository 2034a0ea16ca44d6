//! Why a rule did not answer a request.

use std::sync::Arc;

use super::engine::{Asked, Mock};
use super::evaluate;
use super::rules::Rule;
use super::wish::Wish;
use crate::contract::Operation;
use crate::exchange::Request;
use crate::expression::Name;
use crate::verdict::Finding;

/// A request that a rule is held against once more.
pub(super) struct Passed<'a> {
    pub(super) request: &'a Arc<Request>,
    /// The path that led to the operation.
    pub(super) path: &'a str,
    pub(super) operation: &'a Operation,
    pub(super) findings: &'a [Finding],
}

impl Mock {
    /// Why a rule passed a request over, by what is remembered now; empty where it did something to its
    /// way, or would answer.
    pub(super) fn why_not(&self, rule: &Rule, passed: &Passed<'_>, session: Option<&str>) -> Vec<String> {
        let Ok((_, path_parameters, path)) = self.route(&passed.request.method, passed.path) else { return Vec::new() };
        let asked = Asked {
            request: Arc::clone(passed.request),
            path,
            path_parameters,
            operation: passed.operation,
            digest: 0,
            findings: Arc::new(passed.findings.to_vec()),
            undecided: Vec::new(),
            wish: Wish::default(),
            by_document: false,
        };
        let state = self.state(session);
        let remembered = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner).var(&rule.reads);
        let mut context = self.context(&asked, 0).with("state", remembered);
        for (name, value) in &self.rules.lets {
            let Ok(value) = value.var(&context) else { return vec![format!("`{name}` has no value")] };
            context.set(name.clone(), value);
        }
        let context = match evaluate::named(rule, &context) {
            Ok(context) => context,
            Err(error) => return vec![format!("it has no value: {error}")],
        };
        let shortfalls = rule.when.as_ref().map(|when| when.shortfalls(&context, &may_be_told)).unwrap_or_default();
        if !shortfalls.is_empty() {
            return shortfalls;
        }
        let reason = match rule {
            Rule { chance: Some(chance), .. } => {
                format!("it applies to {chance} of the requests, and chance passed this one over")
            }
            Rule { rate: Some(_), .. } => "there were not more requests than its rate allows".to_owned(),
            Rule { respond: None, .. } => return Vec::new(),
            _ => "its condition holds by now: what is remembered has changed since".to_owned(),
        };
        vec![reason]
    }
}

/// Values of what a client proves itself by, and of the environment, are told to nobody.
fn may_be_told(name: &Name) -> bool {
    let path = name.path.to_ascii_lowercase();
    let secret = ["bearer", "basic", "cookie", "authorization"];
    name.root != "env" && !secret.iter().any(|word| path.contains(word))
}
