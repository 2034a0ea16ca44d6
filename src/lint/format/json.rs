//! JSON: one object for all documents.

use serde_json::{Value, json};

use super::{end, place};
use crate::lint::Report;
use crate::source::{Diagnostic, Severity};

/// `{"version": 1, "documents": [{"document", "operations", "files", "counts", "diagnostics"}]}`.
pub fn json(reports: &[Report]) -> String {
    let documents: Vec<Value> = reports.iter().map(document).collect();
    format!("{:#}", json!({"version": 1, "documents": documents}))
}

fn document(report: &Report) -> Value {
    let counts: serde_json::Map<String, Value> =
        report.counts.iter().map(|(rule, count)| (rule.code.to_owned(), json!(count))).collect();
    json!({
        "document": report.document,
        "operations": report.operations,
        "files": report.files,
        "errors": report.count(Severity::Error),
        "warnings": report.count(Severity::Warning),
        "hints": report.count(Severity::Hint),
        "counts": counts,
        "diagnostics": report.diagnostics.iter().map(diagnostic).collect::<Vec<_>>(),
    })
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    let place = place(diagnostic);
    let end = end(diagnostic);
    let also: Vec<Value> = diagnostic
        .labels
        .iter()
        .skip(1)
        .map(|label| {
            let position = label.source.position(label.span.start);
            json!({"file": label.source.name(), "line": position.line, "column": position.column, "message": label.text})
        })
        .collect();
    json!({
        "code": diagnostic.code,
        "severity": diagnostic.severity.as_str(),
        "message": diagnostic.message,
        "file": place.as_ref().map(|place| &place.file),
        "line": place.as_ref().map(|place| place.line),
        "column": place.as_ref().map(|place| place.column),
        "endLine": end.map(|end| end.line),
        "endColumn": end.map(|end| end.column),
        "help": diagnostic.help,
        "section": diagnostic.note,
        "also": also,
    })
}
