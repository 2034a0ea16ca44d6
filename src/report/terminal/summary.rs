//! The end of a run: what it came to, what is not proven, what to look at.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use super::{NAMED, Style, Terminal, Verbosity, verdict};
use crate::report::coverage::coverage;
use crate::report::text::{count, duration, one_line, suite, visible};
use crate::verdict::{CaseResult, ContractSummary, PromiseState, Summary, Verdict};

/// How many operations, or statuses of them, are named in one line.
const LISTED: usize = 12;

/// How many reasons are named where every case was skipped.
const MOST_REASONS: usize = 3;

/// How many of the slowest cases are named.
const SLOWEST: usize = 3;

impl Terminal {
    /// What to print when the run is over: its totals, the promises of each contract, the cases to
    /// look at, and where `reports` were written.
    pub fn summary(&self, summary: &Summary, reports: &[PathBuf]) -> String {
        let mut out = String::new();
        self.totals(&mut out, summary);
        for contract in &summary.contracts {
            self.promises(&mut out, summary, contract);
        }
        if !summary.exercised.is_empty() {
            let _ = write!(out, "\n{}", coverage(&summary.exercised, self.verbosity == Verbosity::Verbose));
        }
        self.to_look_at(&mut out, summary);
        self.slowest(&mut out, summary);
        if !reports.is_empty() {
            let _ = writeln!(out, "\n{}", self.paint(Style::Bold, "reports"));
            for report in reports {
                let _ = writeln!(out, "  {}", one_line(&report.display().to_string()));
            }
        }
        out
    }

    fn totals(self, out: &mut String, summary: &Summary) {
        let totals = &summary.totals;
        let parts = [
            (totals.kept, "kept", Style::Good),
            (totals.broken, "broken", Style::Bad),
            (totals.failed, "failed", Style::Bad),
            (totals.undecided, "undecided", Style::Warn),
            (totals.skipped, "skipped", Style::Dim),
        ];
        let mut said = Vec::new();
        for (number, word, style) in parts {
            if number > 0 || word == "kept" {
                let flaky = if word == "kept" && totals.flaky > 0 {
                    self.paint(Style::Warn, &format!(" ({} flaky)", totals.flaky))
                } else {
                    String::new()
                };
                said.push(self.paint(style, &format!("{number} {word}")) + &flaky);
            }
        }
        let rule = "─".repeat(self.width.clamp(20, 72));
        let _ = writeln!(out, "{}", self.paint(Style::Dim, &rule));
        let _ = writeln!(
            out,
            "{} in {}: {}",
            self.paint(Style::Bold, &count(totals.cases(), "case", "cases")),
            duration(summary.elapsed_ms),
            said.join(" · "),
        );
        if totals.cases() > 0 && totals.skipped == totals.cases() {
            let reasons: BTreeSet<&str> = summary.cases.iter().filter_map(|case| why_skipped(&case.verdict)).collect();
            let first: Vec<_> = reasons.iter().take(MOST_REASONS).map(|reason| one_line(reason)).collect();
            let more = if reasons.len() > first.len() { ", …" } else { "" };
            let said = format!("nothing was judged: every case was skipped ({}{more})", first.join("; "));
            let _ = writeln!(out, "{} {}", self.paint(Style::Warn, "warning:"), self.wrapped(&said, 9));
        }
        if let Some(stopped) = &summary.stopped {
            let said = self.wrapped(&visible(stopped), 14);
            let _ = writeln!(out, "{} {said}", self.paint(Style::Warn, "stopped early:"));
        }
    }

    fn promises(self, out: &mut String, summary: &Summary, contract: &ContractSummary) {
        let promises = summary.promises(contract);
        let named = |wanted: PromiseState| -> Vec<String> {
            let named = promises.iter().filter(|proof| proof.state == wanted);
            named.map(|proof| one_line(&proof.promise.id).into_owned()).collect()
        };
        let (kept, broken, open) =
            (named(PromiseState::Kept), named(PromiseState::Broken), named(PromiseState::NotProven));
        let _ = write!(out, "\n{}", self.paint(Style::Bold, &one_line(&contract.name)));
        if !promises.is_empty() {
            let all = format!("{} of {} promises kept", kept.len(), promises.len());
            let style = if broken.is_empty() && open.is_empty() { Style::Good } else { Style::Plain };
            let _ = write!(out, "  {}", self.paint(style, &all));
        }
        out.push('\n');
        for (ids, title, style) in [(broken, "broken", Style::Bad), (open, "not proven", Style::Warn)] {
            self.list(out, &ids, title, style, usize::MAX);
        }
        self.coverage(out, summary, contract);
    }

    fn coverage(self, out: &mut String, summary: &Summary, contract: &ContractSummary) {
        let coverage = summary.coverage(contract);
        let undocumented = summary.undocumented(contract);
        let documented = coverage.iter().filter(|seen| seen.exchanges > 0).map(|seen| seen.operation);
        let called: HashSet<&str> = documented.chain(undocumented.iter().map(|seen| seen.operation)).collect();
        let unseen: Vec<String> = coverage
            .iter()
            .filter(|seen| seen.exchanges == 0 && called.contains(seen.operation))
            .map(|seen| format!("{} {}", one_line(seen.operation), one_line(seen.status)))
            .collect();
        let uncalled: Vec<String> = contract
            .operations
            .iter()
            .filter(|operation| !called.contains(operation.id.as_str()))
            .map(|operation| one_line(&operation.id).into_owned())
            .collect();
        let undocumented: Vec<String> = undocumented
            .iter()
            .map(|seen| format!("{} {} ({}×)", one_line(seen.operation), seen.status, seen.exchanges))
            .collect();
        self.list(out, &unseen, "never seen", Style::Dim, LISTED);
        self.list(out, &uncalled, "not called", Style::Dim, LISTED);
        self.list(out, &undocumented, "undocumented", Style::Dim, LISTED);
    }

    /// A line of `names` under `title`, of which at most `most` are told; none where there are none.
    fn list(self, out: &mut String, names: &[String], title: &str, style: Style, most: usize) {
        if names.is_empty() {
            return;
        }
        let title = format!("{title:<10}");
        let mut listed = names[..names.len().min(most)].join(", ");
        if names.len() > most {
            let _ = write!(listed, " and {} more", names.len() - most);
        }
        let _ = writeln!(out, "  {}  {}", self.paint(style, &title), self.wrapped(&listed, title.len() + 4));
    }

    fn to_look_at(self, out: &mut String, summary: &Summary) {
        let bad = |case: &&CaseResult| matches!(case.verdict, Verdict::Broken { .. } | Verdict::Failed { .. });
        let cases: Vec<&CaseResult> = summary.cases.iter().filter(bad).collect();
        if cases.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n{}", self.paint(Style::Bold, "to look at"));
        for case in cases.iter().take(NAMED) {
            let (style, mark, word) = verdict(case);
            let _ = writeln!(
                out,
                "  {}  {} {} {}",
                self.paint(style, &format!("{mark} {word}")),
                one_line(suite(&case.id.file)),
                self.paint(Style::Dim, "›"),
                one_line(&case.id.name),
            );
        }
        if cases.len() > NAMED {
            let _ = writeln!(out, "  … and {} more", count(cases.len() - NAMED, "case", "cases"));
        }
    }

    fn slowest(self, out: &mut String, summary: &Summary) {
        if self.verbosity == Verbosity::Quiet || summary.cases.len() <= SLOWEST {
            return;
        }
        let mut cases: Vec<&CaseResult> = summary.cases.iter().collect();
        cases.sort_by(|a, b| b.elapsed_ms.total_cmp(&a.elapsed_ms));
        let _ = writeln!(out, "\n{}", self.paint(Style::Bold, "slowest"));
        for case in cases.iter().take(SLOWEST) {
            let time = format!("{:>8}", duration(case.elapsed_ms));
            let _ = writeln!(
                out,
                "  {}  {} {} {}",
                self.paint(Style::Dim, &time),
                one_line(suite(&case.id.file)),
                self.paint(Style::Dim, "›"),
                one_line(&case.id.name),
            );
        }
    }
}

fn why_skipped(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Skipped { reason } => Some(reason),
        _ => None,
    }
}
