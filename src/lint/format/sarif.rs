//! SARIF 2.1.0 (OASIS), for code scanning.

use serde_json::{Value, json};

use crate::lint::{RULES, Report, Rule};
use crate::source::{Diagnostic, Label, Severity};

/// One run with all rules and what was found in all documents.
pub fn sarif(reports: &[Report]) -> String {
    let rules: Vec<Value> = RULES.iter().map(|rule| described(rule)).collect();
    let results: Vec<Value> = reports.iter().flat_map(|report| &report.diagnostics).map(result).collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "countersign",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}")
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.code,
        "shortDescription": {"text": rule.summary},
        "helpUri": format!("https://spec.openapis.org/oas/latest.html#{}", rule.section),
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

fn result(diagnostic: &Diagnostic) -> Value {
    let text = match &diagnostic.help {
        Some(help) => format!("{}. {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": level(diagnostic.severity),
        "message": {"text": text},
        "locations": diagnostic.labels.iter().take(1).map(location).collect::<Vec<_>>(),
    });
    let related: Vec<Value> = diagnostic.labels.iter().skip(1).map(location).collect();
    if let (Some(index), Value::Object(map)) = (RULES.iter().position(|rule| rule.code == diagnostic.code), &mut result)
    {
        map.insert("ruleIndex".to_owned(), json!(index));
    }
    if let (false, Value::Object(map)) = (related.is_empty(), &mut result) {
        map.insert("relatedLocations".to_owned(), Value::Array(related));
    }
    result
}

fn location(label: &Label) -> Value {
    let start = label.source.position(label.span.start);
    let end = label.source.position(label.span.end);
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(label.source.name())},
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        },
    });
    if let (false, Value::Object(map)) = (label.text.is_empty(), &mut location) {
        map.insert("message".to_owned(), json!({"text": label.text}));
    }
    location
}

/// A path as a URI reference: what a path may hold and a reference may not is percent-encoded.
fn uri(path: &str) -> String {
    const ENCODED: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'%')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'#')
        .add(b'\\')
        .add(b'`');
    let encoded = percent_encoding::utf8_percent_encode(path, ENCODED).to_string();
    if path.starts_with('/') { format!("file://{encoded}") } else { encoded }
}
