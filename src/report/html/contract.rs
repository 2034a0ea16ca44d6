//! A contract: what its vendor promises, which of it is proven, and which answers were seen.

use super::overview::target;
use super::page::Page;
use super::{anchor, badge, mark};
use crate::report::text::{count, cut};
use crate::verdict::{ContractSummary, Operation, PromiseState, Proof, Summary};

/// Proving cases beyond this many are folded away.
const PROVING: usize = 2;

pub(super) fn write(page: &mut Page, summary: &Summary, contract: &ContractSummary) {
    page.raw("<section class=\"contract\"><h2>").bdi(&contract.name).raw("</h2>\n<p class=\"muted\">");
    if !contract.title.is_empty() {
        page.bdi(&cut(&contract.title, 200)).raw(" · ");
    }
    page.raw("<code>").bdi(&contract.document).raw("</code>");
    if let Some(overlay) = &contract.overlay {
        page.raw(" with <code>").bdi(overlay).raw("</code>");
    }
    page.raw(" · against ").bdi(&target(&contract.target)).raw("</p>\n");
    promises(page, summary, contract);
    coverage(page, summary, contract);
    for exercised in summary.exercised.iter().filter(|exercised| exercised.contract == contract.name) {
        super::coverage::write(page, exercised);
    }
    page.raw("</section>\n");
}

fn promises(page: &mut Page, summary: &Summary, contract: &ContractSummary) {
    if contract.promises.is_empty() {
        return;
    }
    let promises = summary.promises(contract);
    let counted = |wanted: PromiseState| promises.iter().filter(|proof| proof.state == wanted).count();
    page.raw("<h3>Promises</h3>\n<p class=\"sum\">");
    page.number(counted(PromiseState::Kept)).raw(" of ").number(contract.promises.len()).raw(" kept");
    for (state, words) in [(PromiseState::Broken, " broken"), (PromiseState::NotProven, " not proven")] {
        if counted(state) > 0 {
            page.raw(" · ").number(counted(state)).raw(words);
        }
    }
    page.raw("</p>\n<table class=\"promises\"><thead><tr><th scope=\"col\">State</th><th scope=\"col\">Promise</th>");
    page.raw("<th scope=\"col\">Carried by</th><th scope=\"col\">Stands in</th><th scope=\"col\">Proved by</th></tr></thead>\n<tbody>");
    for proof in promises {
        row(page, summary, proof);
    }
    page.raw("</tbody></table>\n");
}

fn row(page: &mut Page, summary: &Summary, Proof { promise, state, cases }: Proof) {
    let (sign, word) = match state {
        PromiseState::Kept => ("✓", "kept"),
        PromiseState::Broken => ("✗", "broken"),
        PromiseState::NotProven => ("○", "not-proven"),
    };
    page.raw("<tr><td>");
    badge(page, sign, word);
    page.raw("</td><th scope=\"row\"><span class=\"id\">").bdi(&promise.id).raw("</span><q dir=\"auto\">");
    page.text(&cut(&promise.says, 600)).raw("</q></th><td data-title=\"carried by\">").bdi(&promise.carried_by);
    page.raw("</td><td data-title=\"stands in\">");
    match &promise.place {
        Some(place) => {
            page.raw("<code class=\"place\">").bdi(&place.to_string()).raw("</code>");
        }
        None => {
            page.raw("<span class=\"muted\">not in the document</span>");
        }
    }
    page.raw("</td><td data-title=\"proved by\">");
    proving(page, summary, cases);
    page.raw("</td></tr>\n");
}

fn proving(page: &mut Page, summary: &Summary, mut cases: Vec<usize>) {
    cases.sort_by_key(|index| !super::is_bad(&summary.cases[*index]));
    if cases.is_empty() {
        page.raw("<span class=\"muted\">no case</span>");
        return;
    }
    let (shown, folded) = cases.split_at(PROVING.min(cases.len()));
    links(page, summary, shown);
    if !folded.is_empty() {
        page.raw("<details class=\"more\"><summary>").number(folded.len()).raw(" more</summary>");
        links(page, summary, folded);
        page.raw("</details>");
    }
}

fn links(page: &mut Page, summary: &Summary, cases: &[usize]) {
    page.raw("<ul class=\"links\">");
    for index in cases {
        let case = &summary.cases[*index];
        let (sign, word) = mark(case);
        page.raw("<li><span").attribute("class", &format!("sign {word}")).attribute("title", word).raw(">").text(sign);
        page.raw("</span> <a").attribute("href", &format!("#{}", anchor(*index))).raw(">").bdi(&case.id.name);
        page.raw("</a></li>");
    }
    page.raw("</ul>");
}

/// Operations by statuses: how often each documented one was seen, and what was seen beside them.
fn coverage(page: &mut Page, summary: &Summary, contract: &ContractSummary) {
    if contract.operations.is_empty() {
        return;
    }
    let seen = summary.coverage(contract);
    let exercised = seen.iter().filter(|seen| seen.exchanges > 0).count();
    page.raw("<h3>Coverage</h3>\n<p class=\"sum\">").number(exercised).raw(" of ");
    page.text(&count(seen.len(), "documented status", "documented statuses")).raw(" seen</p>\n");
    let mut columns: Vec<&str> = Vec::new();
    for status in contract.operations.iter().flat_map(|operation| &operation.statuses) {
        if !columns.contains(&status.as_str()) {
            columns.push(status);
        }
    }
    columns.sort_unstable();
    let undocumented = summary.undocumented(contract);
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Coverage\"><table class=\"coverage\">");
    page.raw("<thead><tr><th scope=\"col\">Operation</th>");
    for column in &columns {
        page.raw("<th scope=\"col\" class=\"cell\">").bdi(column).raw("</th>");
    }
    if !undocumented.is_empty() {
        page.raw("<th scope=\"col\" class=\"strays\">Undocumented</th>");
    }
    page.raw("</tr></thead>\n<tbody>");
    for operation in &contract.operations {
        name(page, operation);
        for column in &columns {
            let cell = seen.iter().find(|seen| seen.operation == operation.id && seen.status == *column);
            match cell.map(|cell| cell.exchanges) {
                None => page.raw("<td class=\"cell none\"><span class=\"hidden\">not documented</span></td>"),
                Some(0) => labelled(page, "cell never", column).raw("never</td>"),
                Some(exchanges) => labelled(page, "cell seen", column).number(exchanges).raw("×</td>"),
            };
        }
        if !undocumented.is_empty() {
            page.raw("<td class=\"strays\">");
            for stray in undocumented.iter().filter(|stray| stray.operation == operation.id) {
                page.raw("<span class=\"stray\">")
                    .number(stray.status.into())
                    .raw(" ")
                    .number(stray.exchanges)
                    .raw("×</span> ");
            }
            page.raw("</td>");
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n");
}

/// A cell with its column's name, for screens that are too narrow for columns.
fn labelled<'p>(page: &'p mut Page, class: &'static str, column: &str) -> &'p mut Page {
    page.raw("<td").attribute("class", class).attribute("data-title", column).raw(">")
}

fn name(page: &mut Page, operation: &Operation) {
    page.raw("<tr><th scope=\"row\"><code><b>")
        .text(&operation.method)
        .raw("</b> ")
        .bdi(&operation.path)
        .raw("</code>");
    let plain = format!("{} {}", operation.method, operation.path);
    if operation.id != plain {
        page.raw("<span class=\"muted id\">").bdi(&operation.id).raw("</span>");
    }
    page.raw("</th>");
}
