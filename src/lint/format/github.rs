//! Annotations of GitHub's workflow commands.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{end, place};
use crate::lint::Report;
use crate::source::{Diagnostic, Severity, annotation};

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
    let place = place(diagnostic);
    let place = place.as_ref().map(|place| (place, end(diagnostic)));
    out.push_str(&annotation(command, place, diagnostic.code, &message));
}
