//! Security: which credentials an operation needs.
//!
//! Requirements are alternatives. One of the old is still accepted where some new one needs no
//! more than it. Schemes are the same by what has to be sent, whatever they are called.

use std::collections::BTreeSet;

use super::collect::Changes;
use super::operations::Both;
use super::rules;
use super::rules::Rule;
use super::schema::Sides;
use crate::contract::{Contract, Direction, Operation, SecurityKind};

/// One alternative: what has to be sent, by its description, and the scopes it needs.
type Alternative = Vec<(Scheme, Vec<String>)>;

#[derive(Clone, Debug)]
struct Scheme {
    name: String,
    kind: SecurityKind,
}

impl PartialEq for Scheme {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && (self.kind != SecurityKind::Unknown || self.name == other.name)
    }
}

pub(super) fn compare(sides: &Sides<'_>, changes: &mut Changes<'_>, both: &Both<'_>) {
    let scope = both.scope.toward(Direction::Request);
    let old = alternatives(sides.old.contract, both.old);
    let new = alternatives(sides.new.contract, both.new);
    let mut report = |rule: &Rule, message: String| changes.push(rule, &scope, message, both.places.clone());
    let is_open = |all: &[Alternative]| all.iter().any(Vec::is_empty);
    match (is_open(&old), is_open(&new)) {
        (true, false) => {
            let needed = new.iter().map(shown).collect::<Vec<_>>().join(" or ");
            report(rules::SECURITY_REQUIRED, format!("The operation needs credentials now: {needed}."));
            return;
        }
        (false, true) => {
            report(rules::SECURITY_NO_LONGER_REQUIRED, "The operation needs no credentials any more.".to_owned());
        }
        _ => {}
    }
    for alternative in old.iter().filter(|alternative| !alternative.is_empty()) {
        if new.iter().any(|new| is_met(new, alternative)) {
            continue;
        }
        match new.iter().find(|new| same_schemes(new, alternative)) {
            Some(new) => {
                let more = scopes(new, alternative);
                let message = format!("{} needs the further scope {more}.", shown(alternative));
                report(rules::SECURITY_SCOPE_ADDED, message);
            }
            None => {
                let again = new.iter().find(|new| names(new) == names(alternative));
                let now = again.map(|again| described(alternative, again)).unwrap_or_default();
                let message = format!("{} is no longer enough to authenticate{now}.", shown(alternative));
                report(rules::SECURITY_ALTERNATIVE_REMOVED, message);
            }
        }
    }
    for alternative in new.iter().filter(|alternative| !alternative.is_empty()) {
        if old.iter().any(|old| !old.is_empty() && is_met(old, alternative)) {
            continue;
        }
        match old.iter().find(|old| same_schemes(old, alternative)) {
            Some(old) if is_met(alternative, old) => {
                let fewer = scopes(old, alternative);
                let message = format!("{} no longer needs the scope {fewer}.", shown(alternative));
                report(rules::SECURITY_SCOPE_REMOVED, message);
            }
            Some(_) => {}
            // What is sent otherwise under the same names was told.
            None if old.iter().any(|old| names(old) == names(alternative)) => {}
            None => {
                let message = format!("{} is a further way to authenticate.", shown(alternative));
                report(rules::SECURITY_ALTERNATIVE_ADDED, message);
            }
        }
    }
}

fn alternatives(contract: &Contract, operation: &Operation) -> Vec<Alternative> {
    let scheme = |name: &String| Scheme {
        name: name.clone(),
        kind: contract.security_scheme(name).map_or(SecurityKind::Unknown, |scheme| scheme.kind.clone()),
    };
    let all = operation.security().iter().map(|requirement| {
        requirement.0.iter().map(|(name, scopes)| (scheme(name), scopes.clone())).collect::<Alternative>()
    });
    let all: Vec<Alternative> = all.collect();
    if all.is_empty() { vec![Vec::new()] } else { all }
}

/// Whether what is sent for `sent` is enough for `needed`.
fn is_met(needed: &Alternative, sent: &Alternative) -> bool {
    needed.iter().all(|(scheme, scopes)| {
        sent.iter().any(|(known, granted)| known == scheme && scopes.iter().all(|scope| granted.contains(scope)))
    })
}

fn same_schemes(left: &Alternative, right: &Alternative) -> bool {
    left.len() == right.len() && left.iter().all(|(scheme, _)| right.iter().any(|(known, _)| known == scheme))
}

/// The scopes that `more` needs beyond `less`.
fn scopes(more: &Alternative, less: &Alternative) -> String {
    let granted: Vec<&String> = less.iter().flat_map(|(_, scopes)| scopes).collect();
    let names = more.iter().flat_map(|(_, scopes)| scopes).filter(|scope| !granted.contains(scope));
    names.map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(", ")
}

fn names(alternative: &Alternative) -> BTreeSet<&str> {
    alternative.iter().map(|(scheme, _)| scheme.name.as_str()).collect()
}

/// What became of schemes whose names stayed: ": `key` is sent in the query parameter `k` now, was …".
fn described(old: &Alternative, new: &Alternative) -> String {
    let same = |scheme: &Scheme| new.iter().map(|(now, _)| now).find(|now| now.name == scheme.name);
    let changed = old.iter().filter_map(|(was, _)| Some((was, same(was)?))).filter(|(was, is)| was != is);
    let said = changed.map(|(was, is)| format!("`{}` is {} now, was {}", was.name, sent(&is.kind), sent(&was.kind)));
    let said: Vec<String> = said.collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) }
}

/// How credentials are sent.
fn sent(kind: &SecurityKind) -> String {
    match kind {
        SecurityKind::Bearer => "a bearer token".to_owned(),
        SecurityKind::Basic => "a name and a password (Basic)".to_owned(),
        SecurityKind::OtherHttp(scheme) => format!("`Authorization: {scheme}`"),
        SecurityKind::ApiKey { location, name } => format!("the {} `{name}`", location.as_str()),
        SecurityKind::OAuth2 => "a token by OAuth 2".to_owned(),
        SecurityKind::OpenIdConnect => "a token by OpenID Connect".to_owned(),
        SecurityKind::MutualTls => "a client certificate".to_owned(),
        SecurityKind::Unknown => "something else".to_owned(),
    }
}

fn shown(alternative: &Alternative) -> String {
    let names: Vec<String> = alternative.iter().map(|(scheme, _)| format!("`{}`", scheme.name)).collect();
    if names.is_empty() { "no credentials".to_owned() } else { names.join(" with ") }
}
