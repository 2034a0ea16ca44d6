//! The top of the page: what the run came to, and the cases to look at first.

use super::page::Page;
use super::{anchor, badge, is_bad, mark};
use crate::report::text::{count, cut, duration, suite};
use crate::verdict::{CaseResult, Summary, Target, Verdict};

/// Cases beyond this many are not named at the top; the list below has them all.
const NAMED: usize = 25;

/// The run in one sentence.
pub(super) fn headline(summary: &Summary) -> String {
    let totals = &summary.totals;
    match (totals.cases(), totals.broken, totals.failed) {
        (0, ..) => "No case was run".to_owned(),
        (_, 0, 0) if totals.undecided + totals.skipped == 0 && summary.stopped.is_none() => {
            "The contract is kept".to_owned()
        }
        (_, 0, 0) => "Kept, as far as it was judged".to_owned(),
        (_, 0, failed) => format!("{} could not be run", count(failed, "case", "cases")),
        (_, 1, _) => "1 case breaks the contract".to_owned(),
        (_, broken, _) => format!("{broken} cases break the contract"),
    }
}

pub(super) fn icon(summary: &Summary) -> &'static str {
    if summary.cases.iter().any(is_bad) {
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M3 3l10 10M13 3L3 13' stroke='%23c0392b' stroke-width='3' stroke-linecap='round'/%3E%3C/svg%3E"
    } else {
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M2 9l4 4 8-10' fill='none' stroke='%231a7f4b' stroke-width='3' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E"
    }
}

pub(super) fn write(page: &mut Page, summary: &Summary) {
    let tone = match (summary.cases.iter().any(is_bad), summary.totals.undecided) {
        (true, _) => "broken",
        (false, 0) if summary.totals.kept > 0 => "kept",
        (false, _) => "undecided",
    };
    page.raw("<p class=\"brand\">countersign</p>\n<h1").attribute("class", tone).raw(">");
    page.text(&headline(summary)).raw("</h1>\n");
    if let Some(stopped) = &summary.stopped {
        page.raw("<p class=\"stopped\"><strong>Stopped early:</strong> ").bdi(&cut(stopped, 500)).raw("</p>\n");
    }
    bar(page, summary);
    facts(page, summary);
}

/// The verdicts as one bar, and the same as numbers.
fn bar(page: &mut Page, summary: &Summary) {
    let totals = &summary.totals;
    let parts = [
        (totals.kept - totals.flaky.min(totals.kept), "kept", "✓"),
        (totals.flaky, "flaky", "✓"),
        (totals.broken, "broken", "✗"),
        (totals.failed, "failed", "!"),
        (totals.undecided, "undecided", "?"),
        (totals.skipped, "skipped", "–"),
    ];
    let all = totals.cases().max(1);
    page.raw("<svg class=\"bar\" width=\"100%\" height=\"10\" aria-hidden=\"true\" focusable=\"false\">");
    let mut from = 0.0;
    for (number, word, _) in parts {
        let width = share(number, all) * 100.0;
        if number > 0 {
            page.raw("<rect").attribute("class", word).attribute("x", &format!("{from:.3}%"));
            page.attribute("width", &format!("{width:.3}%")).raw(" height=\"10\"/>");
        }
        from += width;
    }
    page.raw("</svg>\n<ul class=\"totals\">");
    for (number, word, sign) in parts {
        if number > 0 || word == "kept" {
            page.raw("<li").attribute("class", word).raw("><span class=\"sign\" aria-hidden=\"true\">").text(sign);
            page.raw("</span> <b>").number(number).raw("</b> ").text(word).raw("</li>");
        }
    }
    page.raw("</ul>\n");
}

fn share(part: usize, whole: usize) -> f64 {
    let number = |value: usize| f64::from(u32::try_from(value).unwrap_or(u32::MAX));
    number(part) / number(whole.max(1))
}

fn facts(page: &mut Page, summary: &Summary) {
    page.raw("<dl class=\"facts\">");
    let mut fact = |title: &str, value: &str| {
        page.raw("<div><dt>").text(title).raw("</dt><dd>").bdi(&cut(value, 300)).raw("</dd></div>");
    };
    fact("cases", &summary.totals.cases().to_string());
    fact("took", &duration(summary.elapsed_ms));
    if !summary.started.is_empty() {
        fact("started", &summary.started.replacen('T', " ", 1).replacen('Z', " UTC", 1));
    }
    fact("seed", &summary.seed.to_string());
    if !summary.countersign.is_empty() {
        fact("countersign", &summary.countersign);
    }
    for contract in &summary.contracts {
        fact(&format!("target of {}", contract.name), &target(&contract.target));
    }
    page.raw("</dl>\n");
}

pub(super) fn target(target: &Target) -> String {
    match target {
        Target::Mock => "the mock".to_owned(),
        Target::Live { url } => url.clone(),
        Target::Recorded => "recorded responses".to_owned(),
        Target::Compared { old, new } => format!("{old} → {new}"),
    }
}

/// The cases that are broken or failed, each with the first thing that is wrong.
pub(super) fn to_look_at(page: &mut Page, summary: &Summary) {
    let bad: Vec<(usize, &CaseResult)> = summary.cases.iter().enumerate().filter(|(_, case)| is_bad(case)).collect();
    if bad.is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"look\"><h2 id=\"look\">To look at</h2>\n<ol class=\"look\">");
    for (index, case) in bad.iter().take(NAMED) {
        let (sign, word) = mark(case);
        page.raw("<li>");
        badge(page, sign, word);
        page.raw("<div><a").attribute("href", &format!("#{}", anchor(*index))).raw(">").bdi(&case.id.name).raw("</a>");
        page.raw(" <span class=\"where\">").bdi(suite(&case.id.file)).raw("</span>");
        page.raw("<p dir=\"auto\">").text(&cut(&first_word(case), 300)).raw("</p></div></li>");
    }
    page.raw("</ol>\n");
    if bad.len() > NAMED {
        page.raw("<p class=\"muted\">and ").text(&count(bad.len() - NAMED, "case", "cases"));
        page.raw(" more, in the <a href=\"#cases\">list of all cases</a></p>");
    }
    page.raw("</section>\n");
}

fn first_word(case: &CaseResult) -> String {
    match &case.verdict {
        Verdict::Broken { findings } => {
            let more = findings.len().saturating_sub(1);
            let first = findings.first().map_or("", |finding| finding.message.as_str());
            if more == 0 { first.to_owned() } else { format!("{} (and {more} more)", cut(first, 280)) }
        }
        Verdict::Failed { error } => error.clone(),
        _ => String::new(),
    }
}

pub(super) fn footer(page: &mut Page, summary: &Summary) {
    page.raw("<footer><p>Made by countersign ").bdi(&cut(&summary.countersign, 60));
    page.raw(" from the events of the run; <code>results.json</code> has them whole. ");
    page.raw("Generated values repeat with seed ").text(&summary.seed.to_string()).raw(".</p></footer>\n");
}
