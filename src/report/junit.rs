//! `junit.xml`, valid by the schema that Jenkins' xUnit plugin publishes (`junit-10.xsd`).
//!
//! That schema has no properties on a test case, so what belongs to one case (its operations and
//! the promises it proves) stands in its `system-out`, before its exchanges.

use std::fmt::Write as _;
use std::time::Duration;

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};

use super::text::{body, escape, finite, phrase, room, visible};
use crate::verdict::{
    CaseResult, ContractSummary, Finding, InstancePointer, RecordedMessage, SchemaPointer, Step, Summary, Target,
    Undecided, Verdict,
};

/// The run as JUnit XML: a suite for each case file, a test case for each case and row.
///
/// Broken is a `failure`, failed an `error`, skipped and undecided are `skipped` with the reason;
/// what earlier attempts came to is a `flakyFailure` where the case was kept in the end, and a
/// `rerunFailure` where it was not. Characters that XML cannot hold are made visible.
pub fn junit(summary: &Summary) -> String {
    let mut report = Report::new("countersign");
    report.set_time(seconds(summary.elapsed_ms));
    let mut files: IndexMap<&str, Vec<(usize, &CaseResult)>> = IndexMap::new();
    for (index, case) in summary.cases.iter().enumerate() {
        files.entry(&case.id.file).or_default().push((index, case));
    }
    for (file, cases) in files {
        report.add_test_suite(suite(summary, file, &cases));
    }
    let xml = report.to_string().expect("writing to memory does not fail, and every text is a string");
    with_outputs(&without_root_skipped(xml), summary)
}

const OUTPUT: &str = "<system-out>";

/// `xml` with what each case did in the place that was kept for it.
///
/// `quick-junit` looks for a terminal's escapes in every letter that it is given. [`visible`] has
/// taken them out, and the exchanges are nine tenths of the file: it gets their places only.
fn with_outputs(xml: &str, summary: &Summary) -> String {
    // No text can look like the tag, for texts are escaped.
    let mut pieces = xml.split(OUTPUT);
    let mut out = String::with_capacity(xml.len() + room(summary.cases.len()));
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (index, rest) = piece.split_once('<').expect("the element is closed");
        let case = index.parse().ok().and_then(|index: usize| summary.cases.get(index));
        out.push_str(OUTPUT);
        escape(&mut out, &visible(&output(case.expect("the place is a case's"))), "&apos;");
        out.push('<');
        out.push_str(rest);
    }
    out
}

/// `indexed` are the file's cases, each with its index in the summary.
fn suite(summary: &Summary, file: &str, indexed: &[(usize, &CaseResult)]) -> TestSuite {
    let cases: Vec<&CaseResult> = indexed.iter().map(|(_, case)| *case).collect();
    let mut suite = TestSuite::new(visible(file));
    suite.extra.insert("file".into(), visible(file).into());
    if !summary.started.is_empty() {
        suite.extra.insert("timestamp".into(), visible(&summary.started).into());
    }
    suite.set_time(seconds(cases.iter().map(|case| finite(case.elapsed_ms)).sum()));
    let mut properties = vec![("countersign", summary.countersign.clone()), ("seed", summary.seed.to_string())];
    for contract in summary.contracts.iter().filter(|contract| cases.iter().any(|case| case.contract == contract.name))
    {
        properties.extend(of_contract(contract));
    }
    properties.extend(summary.stopped.iter().map(|stopped| ("stopped", stopped.clone())));
    for list in [("operations", all(&cases, |case| &case.operations)), ("promises", all(&cases, |case| &case.proves))] {
        if !list.1.is_empty() {
            properties.push(list);
        }
    }
    for (name, value) in properties {
        suite.add_property(Property::new(name, visible(&value)));
    }
    for (index, case) in indexed {
        suite.add_test_case(test_case(*index, case));
    }
    suite
}

fn of_contract(contract: &ContractSummary) -> Vec<(&'static str, String)> {
    let target = match &contract.target {
        Target::Mock => "mock".to_owned(),
        Target::Live { url } => url.clone(),
        Target::Recorded => "recorded".to_owned(),
        Target::Compared { old, new } => format!("{old} → {new}"),
    };
    let mut properties =
        vec![("contract", contract.name.clone()), ("document", contract.document.clone()), ("target", target)];
    properties.extend(contract.overlay.iter().map(|overlay| ("overlay", overlay.clone())));
    properties
}

/// What the cases name, each once, in the order of the cases.
fn all<'a>(cases: &[&'a CaseResult], of: impl Fn(&'a CaseResult) -> &'a [String]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in cases.iter().flat_map(|case| of(case)) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// The case at `index` of the summary; what it did is put in afterwards.
fn test_case(index: usize, case: &CaseResult) -> TestCase {
    let mut status = match &case.verdict {
        Verdict::Kept => TestCaseStatus::success(),
        Verdict::Broken { .. } => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Failed { .. } => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::Skipped { .. } | Verdict::Undecided { .. } => TestCaseStatus::skipped(),
    };
    if let Some(said) = Said::of(&case.verdict) {
        status.set_message(visible(&said.message)).set_type(visible(&said.kind)).set_description(visible(&said.text));
    }
    for earlier in &case.earlier {
        status.add_rerun(rerun(earlier));
    }
    let mut test = TestCase::new(visible(&case.id.name), status);
    test.set_classname(class_name(case));
    test.set_time(seconds(case.elapsed_ms));
    test.set_system_out(index.to_string());
    test
}

fn rerun(earlier: &Verdict) -> TestRerun {
    let kind = if matches!(earlier, Verdict::Failed { .. }) { NonSuccessKind::Error } else { NonSuccessKind::Failure };
    let mut rerun = TestRerun::new(kind);
    match Said::of(earlier) {
        Some(said) => {
            rerun.set_type(visible(&said.kind)).set_message(visible(&said.message));
            rerun.set_stack_trace(visible(&said.text));
        }
        // The schema asks for a type.
        None => {
            rerun.set_type(earlier.word());
        }
    }
    rerun
}

/// `countersign.<contract>.<file stem>`: names that stay the same from run to run, and whose dots
/// make the packages by which readers of JUnit group.
fn class_name(case: &CaseResult) -> String {
    let name = case.id.file.rsplit('/').next().unwrap_or(&case.id.file);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let part = |text: &str| visible(text).replace(|c: char| c == '.' || c.is_whitespace(), "-");
    format!("countersign.{}.{}", part(&case.contract), part(stem))
}

/// What a verdict other than `kept` says.
struct Said {
    kind: String,
    message: String,
    text: String,
}

impl Said {
    fn of(verdict: &Verdict) -> Option<Self> {
        match verdict {
            Verdict::Kept => None,
            Verdict::Broken { findings } => {
                let first = findings.first();
                Some(Self {
                    kind: first.map_or_else(|| "broken".to_owned(), |finding| finding.check.to_string()),
                    message: first.map_or_else(String::new, |finding| finding.message.clone()),
                    text: findings.iter().map(finding_text).collect::<Vec<_>>().join("\n"),
                })
            }
            Verdict::Undecided { reasons } => {
                let lines: Vec<String> = reasons.iter().map(undecided_text).collect();
                Some(Self {
                    kind: "undecided".to_owned(),
                    message: lines.first().map_or_else(|| "undecided".to_owned(), |line| format!("undecided: {line}")),
                    text: lines.join("\n"),
                })
            }
            Verdict::Skipped { reason } => {
                Some(Self { kind: "skipped".to_owned(), message: reason.clone(), text: reason.clone() })
            }
            Verdict::Failed { error } => {
                Some(Self { kind: "failed".to_owned(), message: error.clone(), text: error.clone() })
            }
        }
    }
}

fn undecided_text(undecided: &Undecided) -> String {
    format!("{}: {}", undecided.check, undecided.reason)
}

fn finding_text(finding: &Finding) -> String {
    let mut lines = vec![
        format!("{}: {}", finding.check, finding.message),
        format!("  expected: {}", finding.expected),
        format!("  found:    {}", finding.actual),
    ];
    if let Some(InstancePointer(pointer)) = &finding.instance {
        lines.push(format!("  in body:  {}", if pointer.is_root() { "the whole" } else { pointer.as_str() }));
    }
    if let Some(SchemaPointer(pointer)) = &finding.schema {
        lines.push(format!("  says so:  {}", pointer.to_fragment()));
    }
    lines.extend(finding.contract_place.iter().map(|place| format!("  --> {place} (contract)")));
    lines.extend(finding.case_place.iter().map(|place| format!("  --> {place} (case)")));
    lines.join("\n") + "\n"
}

fn output(case: &CaseResult) -> String {
    let mut out = format!("case: {}\ncontract: {}\n", case.place, case.contract);
    for (title, names) in [("operations", &case.operations), ("promises", &case.proves), ("tags", &case.tags)] {
        if !names.is_empty() {
            out.extend([title, ": ", &names.join(", "), "\n"]);
        }
    }
    if case.attempts > 1 {
        let _ = writeln!(out, "attempts: {}", case.attempts);
    }
    for (index, step) in case.steps.iter().enumerate() {
        step_output(&mut out, index + 1, step);
    }
    out
}

fn step_output(out: &mut String, number: usize, step: &Step) {
    let _ = write!(out, "\n--- step {number}");
    if let Some(name) = &step.name {
        out.extend([": ", name]);
    }
    if let Some(operation) = &step.operation {
        out.extend([" (", operation, ")"]);
    }
    out.push_str(" ---\n");
    if let Some(sent) = &step.sent {
        out.extend(["> ", &sent.method, " ", &sent.url, "\n"]);
        message(out, "> ", &sent.request);
        if let Some(status) = sent.status {
            let _ = writeln!(out, "< {status} {} ({:.1} ms)", phrase(status), finite(sent.elapsed_ms));
        }
        if let Some(response) = &sent.response {
            message(out, "< ", response);
        }
    }
    if let Some(error) = &step.error {
        out.extend(["error: ", error, "\n"]);
    }
    for (name, value) in &step.captures {
        let _ = writeln!(out, "captured {name}: {value}");
    }
    for finding in &step.request_findings {
        let _ = writeln!(out, "remark on the request: {}: {}", finding.check, finding.message);
    }
    for undecided in &step.undecided {
        out.extend(["undecided: ", &undecided_text(undecided), "\n"]);
    }
    if let Some(sent) = &step.sent {
        out.extend(["$ ", &sent.curl, "\n"]);
    }
}

fn message(out: &mut String, mark: &str, message: &RecordedMessage) {
    for (name, value) in &message.headers {
        out.extend([mark, name, ": ", value, "\n"]);
    }
    if !message.body.is_empty() {
        out.extend([&*body(message), "\n"]);
    }
}

fn seconds(ms: f64) -> Duration {
    // Beyond a century there is no run, and `Duration` would refuse it.
    Duration::from_secs_f64(finite(ms).min(3.0e12) / 1000.0)
}

/// `quick-junit` counts skipped cases on the root too, where the schema has no such attribute.
pub(super) fn without_root_skipped(xml: String) -> String {
    let Some(start) = xml.find("<testsuites ") else { return xml };
    // Inside an attribute's value `>` and `"` are escaped, so the first `>` ends the tag.
    let Some(end) = xml[start..].find('>').map(|at| start + at) else { return xml };
    let Some(from) = xml[start..end].find(" skipped=\"").map(|at| start + at) else { return xml };
    let value = from + " skipped=\"".len();
    let Some(to) = xml[value..end].find('"').map(|at| value + at + 1) else { return xml };
    format!("{}{}", &xml[..from], &xml[to..])
}

#[cfg(test)]
mod tests;
