//! One HTML file that shows a run: no network, no framework, readable without its script.
//!
//! Headline, promises, coverage, timing and the list of cases with their findings are written
//! here. The exchanges of a case are embedded as JSON and become HTML when the case is opened, so
//! that a run of thousands of cases opens at once. The page's policy lets nothing be loaded and
//! no other style or script run than the two it names by their hashes.

mod cases;
mod contract;
mod coverage;
mod overview;
mod page;
mod timing;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use page::Page;

use super::text::{one_line, room};
use crate::verdict::{CaseResult, Summary, Verdict};

const TEMPLATE: &str = include_str!("html/template.html");
const STYLE: &str = include_str!("html/report.css");
const SCRIPT: &str = include_str!("html/report.js");

/// The run as one self-contained page.
pub fn html(summary: &Summary) -> String {
    let mut title = Page::default();
    title.text(&one_line(&overview::headline(summary))).raw(" · countersign");
    let (template, style, script) = (unix_lines(TEMPLATE), unix_lines(STYLE), unix_lines(SCRIPT));
    let values = [
        ("policy", &*policy(&style, &script)),
        ("title", &title.finish()),
        ("icon", overview::icon(summary)),
        ("style", &style),
        ("script", &script),
    ];
    let (before, after) = template.split_once("{{body}}").expect("the template has a place for the body");
    let mut start = String::with_capacity(room(summary.cases.len()));
    fill(&mut start, before, &values);
    let mut page = Page::after(start);
    body(&mut page, summary);
    let mut out = page.finish();
    fill(&mut out, after, &values);
    out
}

fn body(page: &mut Page, summary: &Summary) {
    page.raw("<header class=\"top\">\n");
    overview::write(page, summary);
    page.raw("</header>\n<main>\n");
    overview::to_look_at(page, summary);
    for contract in &summary.contracts {
        contract::write(page, summary, contract);
    }
    timing::write(page, summary);
    cases::write(page, summary);
    page.raw("</main>\n");
    overview::footer(page, summary);
}

/// Adds `template` with each `{{name}}` replaced; what is put in is not looked at again.
fn fill(out: &mut String, template: &str, values: &[(&str, &str)]) {
    let mut pieces = template.split("{{");
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").expect("the template closes its braces");
        let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        out.push_str(value.expect("the template asks for nothing else"));
        out.push_str(rest);
    }
}

/// A browser hashes what it read, and it reads every line end as a line feed.
fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()));
    format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script)
    )
}

/// A verdict's mark and word: never a colour alone.
fn mark(case: &CaseResult) -> (&'static str, &'static str) {
    match case.verdict {
        Verdict::Kept if case.is_flaky() => ("✓", "flaky"),
        Verdict::Kept => ("✓", "kept"),
        Verdict::Broken { .. } => ("✗", "broken"),
        Verdict::Undecided { .. } => ("?", "undecided"),
        Verdict::Skipped { .. } => ("–", "skipped"),
        Verdict::Failed { .. } => ("!", "failed"),
    }
}

fn is_bad(case: &CaseResult) -> bool {
    matches!(case.verdict, Verdict::Broken { .. } | Verdict::Failed { .. })
}

/// The mark and word as an element: `broken` in words for whoever cannot see the mark.
fn badge(page: &mut Page, mark: &str, word: &str) {
    page.raw("<span").attribute("class", &format!("badge {word}")).raw("><span aria-hidden=\"true\">");
    page.text(mark).raw("</span> ").text(&word.replace('-', " ")).raw("</span>");
}

/// The anchor of the case at `index` of the summary.
fn anchor(index: usize) -> String {
    format!("case-{}", index + 1)
}

#[cfg(test)]
mod tests;
