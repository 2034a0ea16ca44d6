//! SARIF 2.1.0 (OASIS), for code scanning.

use serde_json::{Value, json};

use crate::lint::{RULES, Report, Rule};
use crate::source::{Diagnostic, Label, Place, Pointer, Severity, fingerprint, sarif_location, sarif_log};

/// One run with all rules and what was found in all documents.
pub fn sarif(reports: &[Report]) -> String {
    let rules: Vec<Value> = RULES.iter().map(|rule| described(rule)).collect();
    let results: Vec<Value> = reports.iter().flat_map(|report| &report.diagnostics).map(result).collect();
    sarif_log(&rules, &results)
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
    let file = diagnostic.labels.first().map_or("", |label| label.source.name());
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": level(diagnostic.severity),
        "message": {"text": text},
        "locations": diagnostic.labels.iter().take(1).map(location).collect::<Vec<_>>(),
        "partialFingerprints": {"countersignFinding/v1": fingerprint(&[diagnostic.code, file, &diagnostic.message])},
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
    let (file, pointer) = (label.source.name().to_owned(), Pointer::root());
    let place = Place { file, line: start.line, column: start.column, pointer };
    sarif_location(&place, Some(end), &label.text)
}
