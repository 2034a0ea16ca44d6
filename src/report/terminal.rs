//! What a run says on a terminal. Pure: texts come out, and whoever holds the terminal prints them.

mod served;
mod summary;

use std::fmt::Write as _;

use super::text::{self, body, count, cut, duration, one_line, visible};
use crate::verdict::{CaseResult, Event, Finding, Origin, RecordedMessage, Sent, Step, Target, Verdict};

/// Values longer than this many characters are cut; `results.json` has them whole.
const VALUE: usize = 400;
/// A `curl` line longer than this many characters is not shown.
const CURL: usize = 4000;
/// Findings beyond this many a step are counted and not shown.
const FINDINGS: usize = 20;
/// Lines of a body beyond this many are counted and not shown.
const BODY_LINES: usize = 60;
/// Cases beyond this many are not named a second time at the end.
const NAMED: usize = 40;

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only cases that are broken or failed, and the summary.
    Quiet,
    /// A line for every case.
    #[default]
    Normal,
    /// Every exchange too.
    Verbose,
}

/// How texts for a terminal are made.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Whether colours and weights are used (ANSI).
    pub color: bool,
    /// How much is said.
    pub verbosity: Verbosity,
    /// How many columns there are.
    pub width: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Bold,
    Dim,
    Good,
    Bad,
    Warn,
    Place,
    Plain,
}

impl Terminal {
    /// What to print when `event` happens; empty where nothing is to be said.
    ///
    /// At the end of a run, [`Terminal::summary`] says the rest.
    pub fn event(&self, event: &Event) -> String {
        match event {
            Event::RunStarted { .. } => self.started(event),
            Event::CaseFinished(case) => self.case(case),
            Event::RunFinished { .. } => String::new(),
        }
    }

    fn started(&self, event: &Event) -> String {
        let Event::RunStarted { countersign, seed, contracts, cases, .. } = event else { return String::new() };
        if self.verbosity == Verbosity::Quiet {
            return String::new();
        }
        let title = self.paint(Style::Bold, "countersign");
        let facts = format!(
            "{} · {} · {} · seed {seed}",
            one_line(countersign),
            count(contracts.len(), "contract", "contracts"),
            count(*cases, "case", "cases"),
        );
        let mut out = format!("{title} {}\n", self.paint(Style::Dim, &facts));
        let widest = contracts.iter().map(|contract| contract.name.chars().count()).max().unwrap_or(0);
        let targets: Vec<String> = contracts.iter().map(|contract| target(&contract.target)).collect();
        let wide = targets.iter().map(|target| target.chars().count()).max().unwrap_or(0);
        for (contract, target) in contracts.iter().zip(targets) {
            let name = one_line(&contract.name);
            let document = contract.overlay.as_ref().map_or_else(
                || one_line(&contract.document).into_owned(),
                |overlay| format!("{} + {}", one_line(&contract.document), one_line(overlay)),
            );
            let _ = writeln!(out, "  {name:<widest$}  {target:<wide$}  {}", self.paint(Style::Dim, &document));
        }
        out.push('\n');
        out
    }

    /// A case's line and, where it is not kept or all is wanted, what led to its verdict.
    pub fn case(&self, case: &CaseResult) -> String {
        let bad = matches!(case.verdict, Verdict::Broken { .. } | Verdict::Failed { .. });
        if self.verbosity == Verbosity::Quiet && !bad {
            return String::new();
        }
        let mut out = self.line(case);
        match &case.verdict {
            Verdict::Undecided { reasons } => {
                for undecided in reasons {
                    self.note(&mut out, undecided.check.as_str(), &undecided.reason);
                }
            }
            Verdict::Skipped { reason } => self.note(&mut out, "because", reason),
            Verdict::Failed { error } if case.steps.iter().all(|step| step.error.is_none()) => {
                self.note(&mut out, "error", error);
            }
            Verdict::Kept | Verdict::Broken { .. } | Verdict::Failed { .. } => {}
        }
        if bad || self.verbosity == Verbosity::Verbose {
            self.steps(&mut out, case);
            out.push('\n');
        }
        out
    }

    fn line(&self, case: &CaseResult) -> String {
        let (style, mark, word) = verdict(case);
        let time = format!("{:>8}", duration(case.elapsed_ms));
        let tries = if case.attempts > 1 {
            self.paint(Style::Warn, &format!("  {} attempts", case.attempts))
        } else {
            String::new()
        };
        format!(
            "{} {}  {} {} {}{tries}\n",
            self.paint(style, &format!("{mark} {word:<9}")),
            self.paint(Style::Dim, &time),
            one_line(text::suite(&case.id.file)),
            self.paint(Style::Dim, "›"),
            self.paint(if style == Style::Bad { Style::Bold } else { Style::Plain }, &one_line(&case.id.name)),
        )
    }

    fn note(&self, out: &mut String, title: &str, said: &str) {
        let title = one_line(title);
        let said = self.wrapped(&visible(&cut(said, VALUE)), 6 + title.chars().count());
        let _ = writeln!(out, "    {}  {said}", self.paint(Style::Dim, &title));
    }

    fn steps(&self, out: &mut String, case: &CaseResult) {
        let verbose = self.verbosity == Verbosity::Verbose;
        for (index, step) in case.steps.iter().enumerate() {
            if !verbose && step.findings.is_empty() && step.error.is_none() {
                continue;
            }
            if case.steps.len() > 1 || step.name.is_some() {
                let name = step.name.as_deref().map(|name| format!(" · {}", one_line(name))).unwrap_or_default();
                let title = format!("step {} of {}{name}", index + 1, case.steps.len());
                let _ = writeln!(out, "    {}", self.paint(Style::Dim, &title));
            }
            self.findings(out, &step.findings);
            self.exchange(out, step, verbose);
        }
        // A finding may belong to no step: to the case as a whole.
        let of_case: Vec<&Finding> = case
            .verdict
            .findings()
            .iter()
            .filter(|finding| !case.steps.iter().any(|step| step.findings.contains(finding)))
            .collect();
        self.findings(out, of_case);
    }

    fn findings<'a>(&self, out: &mut String, findings: impl IntoIterator<Item = &'a Finding>) {
        let findings: Vec<&Finding> = findings.into_iter().collect();
        for finding in findings.iter().take(FINDINGS) {
            self.finding(out, finding);
        }
        if findings.len() > FINDINGS {
            let _ = writeln!(out, "    … and {} more", count(findings.len() - FINDINGS, "finding", "findings"));
        }
    }

    fn finding(&self, out: &mut String, finding: &Finding) {
        let check = self.paint(Style::Bad, &one_line(finding.check.as_str()));
        let message = self.wrapped(&visible(&cut(&finding.message, VALUE)), 6 + finding.check.as_str().len());
        let _ = writeln!(out, "    {check}  {message}");
        let mut row = |title: &str, value: &str| {
            let _ = writeln!(out, "      {} {value}", self.paint(Style::Dim, &format!("{title:<9}")));
        };
        if !finding.expected.is_empty() {
            row("expected", &self.paint(Style::Good, &one_line(&cut(&finding.expected, VALUE))));
        }
        if !finding.actual.is_empty() {
            row("found", &self.paint(Style::Bad, &one_line(&cut(&finding.actual, VALUE))));
        }
        if let Some(instance) = &finding.instance {
            let pointer = if instance.0.is_root() { "(the whole body)" } else { instance.0.as_str() };
            row("at", &one_line(&cut(pointer, VALUE)));
        }
        let origin = match finding.origin {
            Origin::Overlay => "overlay",
            Origin::Document | Origin::Case | Origin::Standard => "document",
        };
        for (place, whose) in [(&finding.contract_place, origin), (&finding.case_place, "case")] {
            if let Some(place) = place {
                let place = self.paint(Style::Place, &one_line(&place.to_string()));
                let _ = writeln!(
                    out,
                    "      {} {place} {}",
                    self.paint(Style::Dim, "-->"),
                    self.paint(Style::Dim, &format!("({whose})"))
                );
            }
        }
    }

    fn exchange(&self, out: &mut String, step: &Step, verbose: bool) {
        if let Some(error) = &step.error {
            let _ = writeln!(out, "    {}  {}", self.paint(Style::Warn, "error"), self.wrapped(&visible(error), 11));
        }
        let Some(sent) = &step.sent else { return };
        let _ = writeln!(out, "    {} {} {}", self.paint(Style::Dim, "→"), one_line(&sent.method), one_line(&sent.url));
        if verbose {
            self.message(out, &sent.request);
        }
        self.answer(out, sent, verbose);
        if verbose {
            for (name, value) in &step.captures {
                let value = value.to_string();
                let _ = writeln!(
                    out,
                    "    {} {} = {}",
                    self.paint(Style::Dim, "captured"),
                    one_line(name),
                    one_line(&cut(&value, VALUE))
                );
            }
            for finding in &step.request_findings {
                let remark = format!("{}: {}", finding.check, finding.message);
                self.note(out, "the request", &remark);
            }
        }
        // Half a command must not be run by mistake.
        let curl = if sent.curl.chars().nth(CURL).is_some() {
            "(the curl line is too long for here; the reports have it)".into()
        } else {
            visible(&sent.curl)
        };
        let _ = writeln!(out, "    {} {}", self.paint(Style::Dim, "$"), self.paint(Style::Dim, &curl));
    }

    fn answer(&self, out: &mut String, sent: &Sent, verbose: bool) {
        if let Some(status) = sent.status {
            let _ = writeln!(
                out,
                "    {} {status} {}  {}",
                self.paint(Style::Dim, "←"),
                text::phrase(status),
                self.paint(Style::Dim, &duration(sent.elapsed_ms))
            );
        }
        if let (true, Some(response)) = (verbose, &sent.response) {
            self.message(out, response);
        }
    }

    fn message(&self, out: &mut String, message: &RecordedMessage) {
        for (name, value) in &message.headers {
            let _ = writeln!(
                out,
                "      {} {}",
                self.paint(Style::Dim, &format!("{}:", one_line(name))),
                one_line(&cut(value, VALUE))
            );
        }
        if message.body.is_empty() {
            return;
        }
        out.push('\n');
        let body = body(message);
        for line in body.lines().take(BODY_LINES) {
            let _ = writeln!(out, "      {}", one_line(&cut(line, VALUE)));
        }
        let lines = body.lines().count();
        if lines > BODY_LINES {
            let _ = writeln!(out, "      … {} more", count(lines - BODY_LINES, "line", "lines"));
        }
        out.push('\n');
    }
}

impl Terminal {
    fn paint(self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Plain => return text.to_owned(),
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Good => "32",
            Style::Bad => "1;31",
            Style::Warn => "33",
            Style::Place => "36",
        };
        if self.color && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// `text` broken at blanks so that it fits, further lines indented by `indent` columns.
    fn wrapped(self, text: &str, indent: usize) -> String {
        let room = self.width.saturating_sub(indent).max(24);
        let mut out = String::with_capacity(text.len());
        for (index, line) in text.lines().enumerate() {
            if index > 0 {
                new_line(&mut out, indent);
            }
            let mut used = 0;
            for word in line.split(' ') {
                let length = word.chars().count();
                if used > 0 && used + 1 + length > room {
                    new_line(&mut out, indent);
                    used = 0;
                } else if used > 0 {
                    out.push(' ');
                    used += 1;
                }
                out.push_str(word);
                used += length;
            }
        }
        out
    }
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

/// How a verdict is shown: its colour, its mark and its word.
fn verdict(case: &CaseResult) -> (Style, &'static str, &'static str) {
    match case.verdict {
        Verdict::Kept if case.is_flaky() => (Style::Warn, "✓", "flaky"),
        Verdict::Kept => (Style::Good, "✓", "kept"),
        Verdict::Broken { .. } => (Style::Bad, "✗", "broken"),
        Verdict::Undecided { .. } => (Style::Warn, "?", "undecided"),
        Verdict::Skipped { .. } => (Style::Dim, "-", "skipped"),
        Verdict::Failed { .. } => (Style::Bad, "!", "failed"),
    }
}

fn target(target: &Target) -> String {
    match target {
        Target::Mock => "mock".to_owned(),
        Target::Live { url } => one_line(url).into_owned(),
        Target::Recorded => "recorded".to_owned(),
        Target::Compared { old, new } => one_line(&format!("{old} → {new}")).into_owned(),
    }
}

#[cfg(test)]
mod tests;
