//! An exchange that a mock had, in a line.

use std::fmt::Write as _;

use super::{FINDINGS, Style, Terminal, VALUE, Verbosity, verdict};
use crate::report::text::{count, cut, duration, one_line, visible};
use crate::verdict::{CaseResult, Verdict};

impl Terminal {
    /// What a mock says of an exchange: verdict, time, method, path, status, operation; below it
    /// what was found, with the place in the document. Verbosely, the messages too.
    pub fn served(&self, case: &CaseResult) -> String {
        let (style, mark, word) = verdict(case);
        let Some(step) = case.steps.first() else { return String::new() };
        let Some(sent) = &step.sent else { return String::new() };
        let path = sent.url.split_once("://").map_or(sent.url.as_str(), |(_, rest)| rest);
        let path = path.find('/').map_or("/", |start| &path[start..]);
        let status = sent.status.map(|status| status.to_string()).unwrap_or_default();
        let operation = step.operation.as_deref().unwrap_or("no operation");
        let mut out = format!(
            "{} {}  {} {} {status}  {}\n",
            self.paint(style, &format!("{mark} {word:<9}")),
            self.paint(Style::Dim, &format!("{:>8}", duration(case.elapsed_ms))),
            self.paint(if style == Style::Bad { Style::Bold } else { Style::Plain }, &one_line(&sent.method)),
            one_line(&cut(path, VALUE)),
            self.paint(Style::Dim, &one_line(operation)),
        );
        if self.verbosity == Verbosity::Verbose {
            self.findings(&mut out, &step.findings);
            self.exchange(&mut out, step, true);
        } else {
            for finding in step.findings.iter().take(FINDINGS) {
                let check = self.paint(Style::Bad, &one_line(finding.check.as_str()));
                let message = self.wrapped(&visible(&cut(&finding.message, VALUE)), 6 + finding.check.as_str().len());
                let _ = writeln!(out, "    {check}  {message}");
                if let Some(place) = &finding.contract_place {
                    let place = self.paint(Style::Place, &one_line(&place.to_string()));
                    let _ = writeln!(out, "      {} {place}", self.paint(Style::Dim, "-->"));
                }
            }
            if step.findings.len() > FINDINGS {
                let more = count(step.findings.len() - FINDINGS, "finding", "findings");
                let _ = writeln!(out, "    … and {more} more");
            }
        }
        match &case.verdict {
            Verdict::Undecided { reasons } => {
                for undecided in reasons {
                    self.note(&mut out, undecided.check.as_str(), &undecided.reason);
                }
            }
            Verdict::Failed { error } => self.note(&mut out, "error", error),
            Verdict::Kept | Verdict::Broken { .. } | Verdict::Skipped { .. } => {}
        }
        out
    }

    /// Something that is wrong with a mock itself.
    pub fn trouble(&self, trouble: &str) -> String {
        format!("    {}  {}\n", self.paint(Style::Warn, "the mock"), self.wrapped(&visible(&cut(trouble, VALUE)), 14))
    }
}
