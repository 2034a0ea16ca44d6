//! The document as a whole: its version, its servers, where its security schemes send people.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change::Level;
use super::collect::{Changes, Places, Scope};
use super::operations::Both;
use super::rules;
use crate::contract::Contract;
use crate::source::Pointer;

/// Compares what is said of the document as a whole.
pub(super) fn compare(changes: &mut Changes<'_>, old: &Contract, new: &Contract) {
    let at = |pointer: &Pointer| (Some(old.place(pointer).1), Some(new.place(pointer).1));
    let scope = Scope::default();
    let (mut before, mut after) = (urls(old.value().get("servers")), urls(new.value().get("servers")));
    if hosts_moved_paths(old, new) {
        // Each URL is as before: only the hosts count.
        let hosts = |urls: BTreeSet<String>, contract: &Contract| -> BTreeSet<String> {
            let base = base(contract).unwrap_or_default();
            urls.into_iter().map(|url| url.strip_suffix(&base).unwrap_or(&url).to_owned()).collect()
        };
        (before, after) = (hosts(before, old), hosts(after, new));
    }
    servers(changes, &scope, (&before, &after), &at(&Pointer::root().join("servers")));
    schemes(changes, &scope, (old, new));
}

/// Whether a part of all paths moved between the servers and the paths.
fn hosts_moved_paths(old: &Contract, new: &Contract) -> bool {
    let (Some(before), Some(after)) = (base(old), base(new)) else { return false };
    let all = |contract: &Contract, base: &str| -> BTreeSet<String> {
        contract.operations().iter().map(|operation| format!("{base}{}", operation.path())).collect()
    };
    before != after && !all(old, &before).is_disjoint(&all(new, &after))
}

/// Compares the version with what was found: after all else.
pub(super) fn version(changes: &mut Changes<'_>, old: &Contract, new: &Contract) {
    let written = |contract: &Contract| {
        let version = contract.value().pointer("/info/version")?;
        Some(version.as_str().map_or_else(|| version.to_string(), str::to_owned))
    };
    let (Some(before), Some(after)) = (written(old), written(new)) else { return };
    if !changes.has(Level::Breaking) {
        return;
    }
    let (rule, said) = match numbers(&before).zip(numbers(&after)) {
        _ if before == after => (rules::VERSION_UNCHANGED, format!("is still `{after}`")),
        Some((old, new)) if new < old => (rules::VERSION_DECREASED, format!("is `{after}` now, less than `{before}`")),
        // Before 1.0.0 anything may change (SemVer 2.0.0, item 4).
        Some((old, new)) if new[0] == old[0] && new[0] > 0 => {
            (rules::MAJOR_VERSION_UNCHANGED, format!("is `{after}` after `{before}`, of the same major version"))
        }
        _ => return,
    };
    let message = format!("A change is breaking, and `info.version` {said}.");
    let at = Pointer::root().join("info").join("version");
    changes.push(rule, &Scope::default(), message, (Some(old.place(&at).1), Some(new.place(&at).1)));
}

/// Compares the servers and tags of an operation.
pub(super) fn of_operation(changes: &mut Changes<'_>, both: &Both<'_>) {
    let (before, after) = (both.old.field("servers"), both.new.field("servers"));
    if before.is_some() || after.is_some() {
        servers(changes, &both.scope, (&urls(before), &urls(after)), &both.places);
    }
    let (before, after): (BTreeSet<&String>, BTreeSet<&String>) =
        (both.old.tags().iter().collect(), both.new.tags().iter().collect());
    for tag in after.difference(&before) {
        changes.push(
            rules::TAG_ADDED,
            &both.scope,
            format!("The operation has the tag `{tag}` now."),
            both.places.clone(),
        );
    }
    for tag in before.difference(&after) {
        let message = format!("The operation no longer has the tag `{tag}`.");
        changes.push(rules::TAG_REMOVED, &both.scope, message, both.places.clone());
    }
}

fn servers(changes: &mut Changes<'_>, scope: &Scope, (old, new): (&BTreeSet<String>, &BTreeSet<String>), at: &Places) {
    for url in new.difference(old) {
        changes.push(rules::SERVER_ADDED, scope, format!("The server `{url}` is new."), at.clone());
    }
    for url in old.difference(new) {
        changes.push(rules::SERVER_REMOVED, scope, format!("The server `{url}` is gone."), at.clone());
    }
}

/// The URLs of servers, whatever their variables; `/` where there are none (OpenAPI, OpenAPI Object).
fn urls(servers: Option<&Value>) -> BTreeSet<String> {
    let url = |server: &Value| Some(server.get("url")?.as_str()?.trim_end_matches('/').to_owned());
    let mut urls: BTreeSet<String> = servers.and_then(Value::as_array).into_iter().flatten().filter_map(url).collect();
    if urls.is_empty() {
        urls.insert(String::new());
    }
    urls.into_iter().map(|url| if url.is_empty() { "/".to_owned() } else { url }).collect()
}

/// The path that all servers have in common, without `/` at its end.
pub(super) fn base(contract: &Contract) -> Option<String> {
    let path = |url: &String| {
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let start = if rest.len() == url.len() { Some(0) } else { rest.find('/') };
        start.map_or("", |start| &rest[start..]).trim_end_matches('/').to_owned()
    };
    let mut all = contract.servers().iter().map(path);
    let first = all.next().unwrap_or_default();
    all.all(|other| other == first).then_some(first)
}

/// Where schemes of the same name send people for a token, and which scopes they know.
fn schemes(changes: &mut Changes<'_>, scope: &Scope, (old, new): (&Contract, &Contract)) {
    for before in old.security_schemes() {
        let Some(after) = new.security_scheme(&before.name) else { continue };
        let places = (Some(old.place(&before.pointer).1), Some(new.place(&after.pointer).1));
        let values = [old.value_in(0, &before.pointer), new.value_in(0, &after.pointer)];
        let [Some(written), Some(now)] = values else { continue };
        let (addresses, addresses_now) = (addresses(written), addresses(now));
        for (name, address) in &addresses {
            match addresses_now.get(name) {
                Some(now) if now != address => {
                    let message =
                        format!("`{name}` of the security scheme `{}` is `{now}` now, was `{address}`.", after.name);
                    changes.push(rules::SECURITY_SCHEME_ADDRESS_CHANGED, scope, message, places.clone());
                }
                _ => {}
            }
        }
        let (scopes, scopes_now) = (scopes(written), scopes(now));
        for name in scopes_now.difference(&scopes) {
            let message = format!("The security scheme `{}` has the scope `{name}` now.", after.name);
            changes.push(rules::SECURITY_SCHEME_SCOPE_ADDED, scope, message, places.clone());
        }
        for name in scopes.difference(&scopes_now) {
            let message = format!("The security scheme `{}` no longer has the scope `{name}`.", after.name);
            changes.push(rules::SECURITY_SCHEME_SCOPE_REMOVED, scope, message, places.clone());
        }
    }
}

/// `openIdConnectUrl`, and the URLs of each OAuth flow.
fn addresses(scheme: &Value) -> BTreeMap<String, &str> {
    let mut found = BTreeMap::new();
    if let Some(url) = scheme.get("openIdConnectUrl").and_then(Value::as_str) {
        found.insert("openIdConnectUrl".to_owned(), url);
    }
    for (flow, value) in scheme.get("flows").and_then(Value::as_object).into_iter().flatten() {
        for key in ["authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl"] {
            if let Some(url) = value.get(key).and_then(Value::as_str) {
                found.insert(format!("flows.{flow}.{key}"), url);
            }
        }
    }
    found
}

fn scopes(scheme: &Value) -> BTreeSet<&str> {
    let flows = scheme.get("flows").and_then(Value::as_object).into_iter().flatten();
    let scopes = flows.filter_map(|(_, flow)| flow.get("scopes")?.as_object());
    scopes.flat_map(|scopes| scopes.keys().map(String::as_str)).collect()
}

/// Major, minor and patch of a version that has the form of SemVer; `v1.2` counts.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let core = version.trim_start_matches(['v', 'V']).split(['-', '+']).next()?;
    let mut numbers = [0; 3];
    let mut parts = core.split('.');
    for number in &mut numbers {
        match parts.next() {
            Some(part) => *number = part.parse().ok()?,
            None => break,
        }
    }
    // A year is no major version.
    (parts.next().is_none() && numbers[0] < 1900).then_some(numbers)
}
