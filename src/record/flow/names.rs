//! What things are called: by an operation, by a parameter, by a property.

use super::Seen;
use crate::contract::Operation;
use crate::record::contracts::path;

/// What an operation is about: the last segment of its path that is no parameter.
pub(super) fn collection(seen: &Seen<'_>) -> Option<String> {
    let whole = seen.operation.map_or_else(|| path(seen.target), Operation::path);
    let is_value = |segment: &str| segment.contains('{') || segment.bytes().any(|byte| byte.is_ascii_digit());
    whole.rsplit('/').find(|segment| !segment.is_empty() && !is_value(segment)).map(str::to_owned)
}

pub(super) fn singular(name: &str) -> String {
    match name {
        _ if name.ends_with("ies") => format!("{}y", &name[..name.len() - 3]),
        _ if ["ses", "xes", "ches", "shes"].iter().any(|end| name.ends_with(end)) => name[..name.len() - 2].to_owned(),
        _ if name.ends_with('s') && !name.ends_with("ss") => name[..name.len() - 1].to_owned(),
        _ => name.to_owned(),
    }
}

pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

pub(super) fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut lower = false;
    for c in name.chars() {
        let joint = if c.is_ascii_alphanumeric() { c.is_ascii_uppercase() && lower } else { !out.ends_with('_') };
        if joint && !out.is_empty() {
            out.push('_');
        }
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    let out = out.trim_matches('_');
    let starts = out.starts_with(|c: char| c.is_ascii_alphabetic());
    if starts { out.to_owned() } else { format!("value_{out}").trim_end_matches('_').to_owned() }
}
