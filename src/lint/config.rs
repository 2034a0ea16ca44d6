//! Severities from a file.

use std::collections::BTreeMap;

use super::{RULES, rule};
use crate::source::{Diagnostic, Diagnostics, Limits, Node, Severity, Source, did_you_mean, read};

/// The JSON Schema of the file.
pub const CONFIG_SCHEMA: &str = include_str!("config.schema.json");

/// Severities by code; `None`: the rule is off.
pub type Levels = BTreeMap<String, Option<Severity>>;

/// The severity that a word names, `None` of `off`; `Err` holds a word that names none.
pub fn severity(word: &str) -> Result<Option<Severity>, &str> {
    Ok(match word {
        "error" => Some(Severity::Error),
        "warning" => Some(Severity::Warning),
        "hint" => Some(Severity::Hint),
        "off" => None,
        _ => return Err(word),
    })
}

/// Reads `rules: {CODE: SEVERITY}`.
pub fn config(source: &Source) -> Result<Levels, Diagnostics> {
    let (value, mut faults) = read(source, &Limits::default());
    let Some(value) = value else { return Err(faults) };
    let mut levels = Levels::new();
    if let Some(mut fields) = Node::root(&value, source).fields(&mut faults) {
        let entries = fields.require("rules", &mut faults).map(|rules| rules.entries(&mut faults)).unwrap_or_default();
        fields.finish(&mut faults);
        for (code, node) in entries {
            levels.extend(level(code, &node, &mut faults).map(|level| (code.to_owned(), level)));
        }
    }
    if faults.has_errors() { Err(faults) } else { Ok(levels) }
}

#[expect(clippy::option_option, reason = "`off` is an answer, and none is another")]
fn level(code: &str, node: &Node<'_>, faults: &mut Diagnostics) -> Option<Option<Severity>> {
    if rule(code).is_none() {
        let near = did_you_mean(code, RULES.iter().map(|rule| rule.code));
        let help =
            near.map_or_else(|| "docs/lint.md lists the codes".to_owned(), |near| format!("did you mean `{near}`?"));
        let fault = Diagnostic::error("unknown-code", format!("there is no code `{code}`"));
        faults.push(fault.at_key(node.source, &node.at, "not known").help(help));
    }
    let level = severity(node.string(faults)?);
    if let Err(word) = level {
        let near = did_you_mean(word, ["error", "warning", "hint", "off"]);
        let help = near.map_or_else(
            || "severities are `error`, `warning`, `hint` and `off`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        faults.push(node.error("unknown-value", format!("`{word}` is no severity")).help(help));
    }
    level.ok()
}
