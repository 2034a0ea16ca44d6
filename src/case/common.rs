//! What a defaults file, a suite, a case and a step may all say; nearer wins.

use std::time::Duration;

use serde_json::Value;

use super::auth::Auth;
use super::decode;
use super::ready::Only;
use super::spot::Placed;
use crate::expression::Template;
use crate::source::{Diagnostics, Fields, Node};

/// When a case that is broken or failed is tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// How often it is tried at most, the first time counted.
    pub attempts: usize,
    /// The wait before the second attempt.
    pub delay: Duration,
    /// What the wait is multiplied by from attempt to attempt.
    pub factor: f64,
    /// The longest wait.
    pub max_delay: Duration,
}

impl Retry {
    /// The wait after `attempt` attempts (from 1).
    pub fn wait_after(&self, attempt: usize) -> Duration {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.delay.as_secs_f64() * self.factor.powi(exponent);
        Duration::try_from_secs_f64(seconds).unwrap_or(self.max_delay).min(self.max_delay)
    }
}

/// One layer of what files, suites and cases share.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    pub(super) tags: Vec<String>,
    pub(super) auth: Option<Auth>,
    pub(super) headers: Vec<(String, Placed<Template>)>,
    pub(super) vars: Vec<(String, Placed<Template>)>,
    pub(super) timeout: Option<Duration>,
    pub(super) retry: Option<Retry>,
    pub(super) only: Option<Only>,
    pub(super) skip: Option<String>,
}

impl Common {
    pub(super) fn decode(fields: &mut Fields, faults: &mut Diagnostics) -> Self {
        Self {
            tags: fields.get("tags").map(|node| tags(&node, faults)).unwrap_or_default(),
            auth: fields.get("auth").and_then(|node| Auth::decode(&node, faults)),
            headers: fields.get("headers").map(|node| decode::templates(&node, faults)).unwrap_or_default(),
            vars: fields.get("vars").map(|node| vars(&node, faults)).unwrap_or_default(),
            timeout: fields.get("timeout").and_then(|node| decode::duration(&node, faults)),
            retry: fields.get("retry").and_then(|node| retry(&node, faults)),
            only: fields.get("only").and_then(|node| only(&node, faults)),
            skip: fields.get("skip").and_then(|node| skip(&node, faults)),
        }
    }

    /// This layer on top of one that is farther away.
    pub(super) fn over(self, farther: &Self) -> Self {
        let mut tags = farther.tags.clone();
        tags.extend(self.tags.into_iter().filter(|tag| !farther.tags.contains(tag)));
        Self {
            tags,
            auth: self.auth.or_else(|| farther.auth.clone()),
            headers: merge_headers(&farther.headers, self.headers),
            vars: merge(&farther.vars, self.vars, |a, b| a == b),
            timeout: self.timeout.or(farther.timeout),
            retry: self.retry.or(farther.retry),
            only: self.only.or(farther.only),
            skip: self.skip.or_else(|| farther.skip.clone()),
        }
    }
}

type Entries = Vec<(String, Placed<Template>)>;

/// Nearer headers replace those of the same name, whatever its case.
pub(super) fn merge_headers(farther: &Entries, nearer: Entries) -> Entries {
    merge(farther, nearer, str::eq_ignore_ascii_case)
}

fn merge(farther: &Entries, nearer: Entries, same: fn(&str, &str) -> bool) -> Entries {
    let replaced = |name: &str| nearer.iter().any(|(known, _)| same(known, name));
    let mut merged: Entries = farther.iter().filter(|(name, _)| !replaced(name)).cloned().collect();
    merged.extend(nearer);
    merged
}

fn tags(node: &Node, faults: &mut Diagnostics) -> Vec<String> {
    node.strings(faults).into_iter().map(str::to_owned).collect()
}

fn vars(node: &Node, faults: &mut Diagnostics) -> Entries {
    for (name, entry) in node.entries(&mut Diagnostics::new()) {
        check_name(name, &entry, faults);
    }
    decode::templates(node, faults)
}

/// The names that expressions have anyway.
pub(super) const RESERVED: [&str; 6] = ["env", "request", "response", "previous", "contract", "target"];

/// A name that an expression can spell and that is not taken.
pub(super) fn check_name(name: &str, node: &Node, faults: &mut Diagnostics) {
    let spelt = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let fault = if !spelt {
        Some((format!("`{name}` is no name for a variable"), "use letters, digits and `_`, a letter first"))
    } else if RESERVED.contains(&name) {
        Some((format!("the name `{name}` is taken"), "choose another one"))
    } else {
        None
    };
    if let Some((message, help)) = fault {
        let fault = crate::source::Diagnostic::error("variable-name", message).at_key(node.source, &node.at, "");
        faults.push(fault.help(help));
    }
}

fn only(node: &Node, faults: &mut Diagnostics) -> Option<Only> {
    match node.string(faults)? {
        "live" => Some(Only::Live),
        "mock" => Some(Only::Mock),
        other => {
            let fault = node.error("unknown-value", format!("`{other}` is no kind of target"));
            faults.push(fault.help("write `live` or `mock`"));
            None
        }
    }
}

fn skip(node: &Node, faults: &mut Diagnostics) -> Option<String> {
    match node.value {
        Value::String(reason) if !reason.trim().is_empty() => Some(reason.clone()),
        _ => {
            faults.push(node.expected("a reason").help("say why: `skip: waits for a new key`"));
            None
        }
    }
}

fn retry(node: &Node, faults: &mut Diagnostics) -> Option<Retry> {
    let mut fields = node.fields(faults)?;
    let attempts = fields.require("attempts", faults).and_then(|node| {
        let attempts = node.whole(faults)?;
        let fits = usize::try_from(attempts).ok().filter(|attempts| (1..=100).contains(attempts));
        if fits.is_none() {
            faults.push(node.error("out-of-range", format!("{attempts} attempts; from 1 to 100 are possible")));
        }
        fits
    });
    let delay = fields.get("delay").and_then(|node| decode::duration(&node, faults));
    let factor = fields.get("factor").and_then(|node| {
        let factor = node.value.as_f64().filter(|factor| (1.0..=100.0).contains(factor));
        if factor.is_none() {
            faults.push(node.expected("a number from 1 to 100"));
        }
        factor
    });
    let max_delay = fields.get("max-delay").and_then(|node| decode::duration(&node, faults));
    fields.finish(faults);
    Some(Retry {
        attempts: attempts?,
        delay: delay.unwrap_or(Duration::from_millis(200)),
        factor: factor.unwrap_or(2.0),
        max_delay: max_delay.unwrap_or(Duration::from_secs(5)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_limit() {
        let second = Duration::from_secs(1);
        let retry = Retry { attempts: 9, delay: second, factor: 2.0, max_delay: Duration::from_secs(5) };
        let waits: Vec<u64> = (1..6).map(|attempt| retry.wait_after(attempt).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 5, 5]);
        assert_eq!(retry.wait_after(usize::MAX), Duration::from_secs(5));
    }
}
