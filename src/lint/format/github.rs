//! Annotations of GitHub's workflow commands.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{end, place};
use crate::lint::Report;
use crate::source::{Diagnostic, Severity};

/// One `::error file=…` line a diagnostic, at most so many of one code: a workflow shows few.
pub fn github(report: &Report, most_of_a_code: Option<usize>) -> String {
    let mut out = String::new();
    let mut shown: HashMap<&str, usize> = HashMap::new();
    for diagnostic in &report.diagnostics {
        let count = shown.entry(diagnostic.code).or_default();
        if most_of_a_code.is_some_and(|most| *count >= most) {
            continue;
        }
        *count += 1;
        line(&mut out, diagnostic);
    }
    out
}

fn line(out: &mut String, diagnostic: &Diagnostic) {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "notice",
    };
    let mut message = diagnostic.message.clone();
    for more in [&diagnostic.help, &diagnostic.note].into_iter().flatten() {
        let _ = write!(message, "\n{more}");
    }
    let _ = write!(out, "::{command} ");
    if let (Some(place), Some(end)) = (place(diagnostic), end(diagnostic)) {
        let _ = write!(out, "file={},line={},endLine={}", property(&place.file), place.line, end.line);
        // Columns are only understood within one line.
        if end.line == place.line {
            let _ = write!(out, ",col={},endColumn={}", place.column, end.column);
        }
        let _ = write!(out, ",");
    }
    let _ = writeln!(out, "title={}::{}", property(diagnostic.code), data(&message));
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
