//! Waivers: changes that were looked at and are let through, each with a reason.

use jiff::civil::Date;

use super::{Change, Diff, RULES};
use crate::source::{Diagnostic, Diagnostics, Limits, Node, Pointer, Source, did_you_mean, read};

/// The JSON Schema of the file.
pub const WAIVERS_SCHEMA: &str = include_str!("waivers.schema.json");

/// A change that is let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// A rule's id, or the fingerprint of one change.
    pub change: String,
    /// `METHOD /path` or an `operationId`; `None`: whatever the operation.
    pub operation: Option<String>,
    /// Why it is let through.
    pub reason: String,
    /// The last day on which it holds; `None`: it holds for good.
    pub expires: Option<Date>,
}

/// The waivers of a file.
#[derive(Clone, Debug)]
pub struct Waivers {
    source: Source,
    all: Vec<Waiver>,
}

impl Waivers {
    /// Reads a file of waivers.
    pub fn read(source: &Source) -> Result<Self, Diagnostics> {
        let (value, mut faults) = read(source, &Limits::default());
        let Some(value) = value else { return Err(faults) };
        let mut all = Vec::new();
        if let Some(mut fields) = Node::root(&value, source).fields(&mut faults) {
            let items = fields.require("waivers", &mut faults).map(|list| list.items(&mut faults)).unwrap_or_default();
            fields.finish(&mut faults);
            all.extend(items.iter().filter_map(|item| waiver(item, &mut faults)));
        }
        if faults.has_errors() { Err(faults) } else { Ok(Self { source: source.clone(), all }) }
    }

    /// Marks the changes that are let through. What comes back are warnings: waivers that have
    /// expired, and such as no change needs.
    pub fn apply(&self, diff: &mut Diff, today: Date) -> Diagnostics {
        let mut told = Diagnostics::new();
        for (index, waiver) in self.all.iter().enumerate() {
            let mut is_used = false;
            let has_expired = waiver.expires.is_some_and(|last| last < today);
            for change in diff.changes.iter_mut().filter(|change| waiver.is_for(change)) {
                is_used = true;
                if !has_expired && change.waived.is_none() {
                    change.waived = Some(waiver.clone().into());
                }
            }
            let at = Pointer::root().join("waivers").join(&index.to_string());
            let mut tell = |code, message: String, help: &str| {
                let warning = Diagnostic::warning(code, message);
                told.push(warning.at_value(&self.source, &at.join("change"), "").help(help));
            };
            let change = &waiver.change;
            match (is_used, waiver.expires.filter(|_| has_expired)) {
                (true, Some(last)) => {
                    let help = "look at the change again: extend `expires`, or take the change back";
                    tell(
                        "waiver-expired",
                        format!("the waiver of `{change}` ended on {last}; the change counts"),
                        help,
                    );
                }
                (false, _) => {
                    tell("waiver-unused", format!("no change needs the waiver of `{change}`"), "delete it");
                }
                (true, None) => {}
            }
        }
        told
    }
}

impl Waiver {
    fn is_for(&self, change: &Change) -> bool {
        let is_change = self.change == change.id || self.change == change.fingerprint;
        is_change
            && self.operation.as_ref().is_none_or(|wanted| {
                change.operation.as_ref().is_some_and(|operation| {
                    operation.id.as_ref() == Some(wanted)
                        || wanted.split_once(' ').is_some_and(|(method, path)| {
                            operation.method.eq_ignore_ascii_case(method) && operation.path == path.trim()
                        })
                })
            })
    }
}

/// By what a change was let through.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Waived {
    /// Why.
    pub reason: String,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

impl From<Waiver> for Waived {
    fn from(waiver: Waiver) -> Self {
        Self { reason: waiver.reason, expires: waiver.expires.map(|date| date.to_string()) }
    }
}

fn waiver(item: &Node<'_>, faults: &mut Diagnostics) -> Option<Waiver> {
    let mut fields = item.fields(faults)?;
    let change = fields.require("change", faults).and_then(|node| change(&node, faults));
    let operation = fields.string("operation", faults).map(str::to_owned);
    let reason = fields.require("reason", faults).and_then(|node| {
        let text = node.string(faults)?.trim();
        if text.is_empty() {
            faults.push(node.error("no-reason", "a waiver says why").help("write who decided what, and when it ends"));
        }
        Some(text.to_owned())
    });
    let expires = fields.get("expires").and_then(|node| {
        let date = node.string(faults)?.parse::<Date>().ok();
        if date.is_none() {
            faults.push(node.error("not-a-date", "this is no date").help("write it as `2030-12-31`"));
        }
        date
    });
    fields.finish(faults);
    Some(Waiver { change: change?, operation, reason: reason?, expires })
}

/// A rule's id or a fingerprint.
fn change(node: &Node<'_>, faults: &mut Diagnostics) -> Option<String> {
    let text = node.string(faults)?;
    let is_fingerprint = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_fingerprint && !RULES.iter().any(|rule| rule.id == text) {
        let near = did_you_mean(text, RULES.iter().map(|rule| rule.id));
        let help = near.map_or_else(
            || "write a rule of docs/diff.md, or the fingerprint of a change as `--format json` shows it".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        faults.push(node.error("unknown-change", format!("there is no rule `{text}`")).help(help));
    }
    Some(text.to_owned())
}
