//! For a terminal: the source underlined, a summary at the end.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::lint::Report;
use crate::source::{Severity, Style, render};

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// The most of one code; `None`: all that were kept.
    pub of_a_code: Option<usize>,
    /// Nothing below this is shown.
    pub from: Severity,
}

/// Every diagnostic with its source underlined, what was left out, and how many there are.
pub fn text(report: &Report, most: Most, style: Style) -> String {
    let mut out = String::new();
    let mut shown: HashMap<&str, usize> = HashMap::new();
    for diagnostic in report.diagnostics.iter().filter(|diagnostic| diagnostic.severity >= most.from) {
        let count = shown.entry(diagnostic.code).or_default();
        if most.of_a_code.is_some_and(|most| *count >= most) {
            continue;
        }
        *count += 1;
        let _ = writeln!(out, "{}\n", render(&diagnostic.clone().into(), style));
    }
    for (rule, count) in &report.counts {
        let told = shown.get(rule.code).copied().unwrap_or_default();
        if told > 0 && *count > told {
            let _ = writeln!(out, "{} more of {}", count - told, rule.code);
        }
    }
    let _ = writeln!(out, "{}", summary(report));
    out
}

/// One line: the document, its size, and how much was found.
fn summary(report: &Report) -> String {
    let files = if report.files == 1 { String::new() } else { format!(" in {}", many(report.files, "file")) };
    let found: Vec<String> = [Severity::Error, Severity::Warning, Severity::Hint]
        .into_iter()
        .filter_map(|severity| {
            let count = report.count(severity);
            (count > 0).then(|| many(count, severity.as_str()))
        })
        .collect();
    let found = if found.is_empty() { "nothing found".to_owned() } else { found.join(", ") };
    format!("{}: {}{files}: {found}", report.document, many(report.operations, "operation"))
}

fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
