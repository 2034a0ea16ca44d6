//! One HTML file that shows a run: no network, no framework, readable without its script.
//!
//! Headline, promises, coverage, timing and the list of cases with their findings are written
//! here. The exchanges of a case are embedded as JSON and become HTML when the case is opened, so
//! that a run of thousands of cases opens at once. The page's policy lets nothing be loaded and
//! no other style or script run than the two it names by their hashes.

mod cases;
mod contract;
mod overview;
mod page;
mod timing;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use page::Page;

use super::text::one_line;
use crate::verdict::{CaseResult, Summary, Verdict};

const TEMPLATE: &str = include_str!("html/template.html");
const STYLE: &str = include_str!("html/report.css");
const SCRIPT: &str = include_str!("html/report.js");

/// The run as one self-contained page.
pub fn html(summary: &Summary) -> String {
    let mut body = Page::default();
    body.raw("<header class=\"top\">\n");
    overview::write(&mut body, summary);
    body.raw("</header>\n<main>\n");
    overview::to_look_at(&mut body, summary);
    for contract in &summary.contracts {
        contract::write(&mut body, summary, contract);
    }
    timing::write(&mut body, summary);
    cases::write(&mut body, summary);
    body.raw("</main>\n");
    overview::footer(&mut body, summary);
    let mut title = Page::default();
    title.text(&one_line(&overview::headline(summary))).raw(" · countersign");
    let (style, script) = (unix_lines(STYLE), unix_lines(SCRIPT));
    fill(
        &unix_lines(TEMPLATE),
        &[
            ("policy", &policy(&style, &script)),
            ("title", &title.finish()),
            ("icon", overview::icon(summary)),
            ("style", &style),
            ("body", &body.finish()),
            ("script", &script),
        ],
    )
}

/// `template` with each `{{name}}` replaced; what is put in is not looked at again.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let size: usize = values.iter().map(|(_, value)| value.len()).sum();
    let mut out = String::with_capacity(template.len() + size);
    let mut pieces = template.split("{{");
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").expect("the template closes its braces");
        let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        out.push_str(value.expect("the template asks for nothing else"));
        out.push_str(rest);
    }
    out
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
