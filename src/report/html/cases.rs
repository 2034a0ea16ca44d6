//! Every case, by file: its line, what is known without its exchanges, and those as JSON.

use super::page::Page;
use super::{anchor, badge, mark};
use crate::report::text::{count, cut, duration};
use crate::verdict::{CaseResult, Finding, Origin, Summary, Verdict};

/// Values longer than this many characters are cut; `results.json` has them whole.
const VALUE: usize = 2000;
/// Findings beyond this many a case are counted and not shown.
const FINDINGS: usize = 50;

pub(super) fn write(page: &mut Page, summary: &Summary) {
    page.raw("<section class=\"cases\" aria-labelledby=\"cases\"><h2 id=\"cases\">Cases</h2>\n");
    toolbar(page);
    let mut from = 0;
    while from < summary.cases.len() {
        let file = &summary.cases[from].id.file;
        let length = summary.cases[from..].iter().take_while(|case| case.id.file == *file).count();
        suite(page, file, &summary.cases[from..from + length], from);
        from += length;
    }
    page.raw("<p class=\"nothing\" hidden>No case matches.</p>\n</section>\n");
}

/// Shown by the script, which alone can make it work.
fn toolbar(page: &mut Page) {
    page.raw(concat!(
        "<form class=\"tools\" role=\"search\" hidden>",
        "<label class=\"find\"><span class=\"hidden\">Search in cases</span>",
        "<input type=\"search\" name=\"find\" placeholder=\"Search in cases\" autocomplete=\"off\" spellcheck=\"false\"></label>",
        "<span class=\"chips\" role=\"group\" aria-label=\"Verdicts\"></span>",
        "<select name=\"contract\" aria-label=\"Contract\"><option value=\"\">every contract</option></select>",
        "<select name=\"tag\" aria-label=\"Tag\"><option value=\"\">every tag</option></select>",
        "<button type=\"button\" name=\"open\">Open all shown</button>",
        "<output aria-live=\"polite\"></output></form>\n",
        "<noscript><p class=\"muted\">The exchanges of a case are shown by this page's script; without it they can be read in <code>results.json</code>.</p></noscript>\n",
    ));
}

fn suite(page: &mut Page, file: &str, cases: &[CaseResult], first: usize) {
    page.raw("<div class=\"suite\"><h3><bdi>").text(file).raw("</bdi> <span class=\"muted\">");
    page.text(&count(cases.len(), "case", "cases"));
    for (word, number) in
        ["broken", "failed"].map(|word| (word, cases.iter().filter(|case| mark(case).1 == word).count()))
    {
        if number > 0 {
            page.raw(", ").number(number).raw(" ").text(word);
        }
    }
    page.raw("</span></h3>\n");
    for (offset, case) in cases.iter().enumerate() {
        one(page, first + offset, case);
    }
    page.raw("</div>\n");
}

fn one(page: &mut Page, index: usize, case: &CaseResult) {
    let (sign, word) = mark(case);
    page.raw("<details class=\"case\"").attribute("id", &anchor(index)).attribute("data-verdict", word);
    page.attribute("data-contract", &case.contract).raw("><summary>");
    badge(page, sign, word);
    page.raw("<span class=\"name\"><bdi>").text(&cut(&case.id.name, 300)).raw("</bdi></span><span class=\"time\">");
    page.text(&duration(case.elapsed_ms)).raw("</span></summary>\n<div class=\"inside\">");
    reason(page, case);
    facts(page, case);
    page.raw("<div class=\"steps\"></div>");
    let steps = serde_json::to_string(&case.steps).expect("steps have string keys and no foreign types");
    page.raw("<script type=\"application/json\">").json(&steps).raw("</script></div></details>\n");
}

/// Why it is not simply kept.
fn reason(page: &mut Page, case: &CaseResult) {
    match &case.verdict {
        Verdict::Kept => {}
        Verdict::Broken { findings } => self::findings(page, case, findings),
        Verdict::Undecided { reasons } => {
            page.raw("<ul class=\"reasons\">");
            for undecided in reasons.iter().take(FINDINGS) {
                page.raw("<li><span class=\"check\">").text(undecided.check.as_str()).raw("</span> ");
                page.bdi(&cut(&undecided.reason, VALUE)).raw("</li>");
            }
            page.raw("</ul>");
        }
        Verdict::Skipped { reason: said } | Verdict::Failed { error: said } => {
            page.raw("<p class=\"reason\" dir=\"auto\">").text(&cut(said, VALUE)).raw("</p>");
        }
    }
    for (attempt, earlier) in case.earlier.iter().enumerate() {
        page.raw("<p class=\"reason earlier\">Attempt ").number(attempt + 1).raw(" was ").text(earlier.word());
        let said = match earlier {
            Verdict::Broken { findings } => findings.first().map_or("", |finding| finding.message.as_str()),
            Verdict::Undecided { reasons } => reasons.first().map_or("", |undecided| undecided.reason.as_str()),
            Verdict::Skipped { reason } => reason,
            Verdict::Failed { error } => error,
            Verdict::Kept => "",
        };
        if !said.is_empty() {
            page.raw(": ").bdi(&cut(said, VALUE));
        }
        page.raw("</p>");
    }
}

fn findings(page: &mut Page, case: &CaseResult, findings: &[Finding]) {
    page.raw("<ol class=\"findings\">");
    for finding in findings.iter().take(FINDINGS) {
        let step = case.steps.iter().position(|step| step.findings.contains(finding));
        one_finding(page, finding, step.filter(|_| case.steps.len() > 1));
    }
    page.raw("</ol>");
    if findings.len() > FINDINGS {
        page.raw("<p class=\"muted\">and ").text(&count(findings.len() - FINDINGS, "finding", "findings"));
        page.raw(" more, in <code>results.json</code></p>");
    }
}

fn one_finding(page: &mut Page, finding: &Finding, step: Option<usize>) {
    page.raw("<li><p class=\"message\"><span class=\"check\">").text(finding.check.as_str()).raw("</span> ");
    if let Some(step) = step {
        page.raw("<span class=\"muted\">step ").number(step + 1).raw("</span> ");
    }
    page.bdi(&cut(&finding.message, VALUE)).raw("</p><dl>");
    if !finding.expected.is_empty() {
        page.raw("<dt>expected</dt><dd class=\"expected\"><code dir=\"auto\">").text(&cut(&finding.expected, VALUE));
        page.raw("</code></dd>");
    }
    if !finding.actual.is_empty() {
        page.raw("<dt>found</dt><dd class=\"found\"><code dir=\"auto\">").text(&cut(&finding.actual, VALUE));
        page.raw("</code></dd>");
    }
    if let Some(instance) = &finding.instance {
        let pointer = if instance.0.is_root() { "the whole body" } else { instance.0.as_str() };
        page.raw("<dt>in the body</dt><dd><code>").text(&cut(pointer, VALUE)).raw("</code></dd>");
    }
    let origin = match finding.origin {
        Origin::Document => "document",
        Origin::Overlay => "overlay",
        Origin::Case => "case",
        Origin::Standard => "standard",
    };
    page.raw("<dt>says so</dt><dd>the ").text(origin);
    if let Some(place) = &finding.contract_place {
        page.raw(", <code class=\"place\">").bdi(&place.to_string()).raw("</code>");
    }
    if let Some(schema) = &finding.schema {
        page.raw(" <code class=\"pointer\">").bdi(&cut(&schema.0.to_fragment(), VALUE)).raw("</code>");
    }
    page.raw("</dd>");
    if let Some(place) = &finding.case_place {
        page.raw("<dt>case</dt><dd><code class=\"place\">").bdi(&place.to_string()).raw("</code></dd>");
    }
    page.raw("</dl></li>");
}

fn facts(page: &mut Page, case: &CaseResult) {
    page.raw("<dl class=\"of-case\"><dt>stands in</dt><dd><code class=\"place\">").bdi(&case.place.to_string());
    page.raw("</code></dd><dt>contract</dt><dd>").bdi(&case.contract).raw("</dd>");
    if let Some(row) = case.id.row {
        page.raw("<dt>row</dt><dd>").number(row).raw("</dd>");
    }
    for (title, names, class) in [
        ("operations", &case.operations, "operation"),
        ("proves", &case.proves, "promise"),
        ("tags", &case.tags, "tag"),
    ] {
        if !names.is_empty() {
            page.raw("<dt>").text(title).raw("</dt><dd>");
            for name in names {
                page.raw("<bdi").attribute("class", class).raw(">").text(name).raw("</bdi> ");
            }
            page.raw("</dd>");
        }
    }
    if case.attempts > 1 {
        page.raw("<dt>attempts</dt><dd>").number(case.attempts).raw("</dd>");
    }
    page.raw("</dl>");
}
