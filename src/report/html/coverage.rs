//! How much of a contract was exercised: a bar for each kind, a tile for each thing.

use super::page::Page;
use crate::report::text::{count, cut};
use crate::verdict::{ContractCoverage, CoverageItem, CoverageTotal};

/// The width of a bar.
const BAR: f64 = 160.0;
/// Things beyond so many are not drawn: `results.json` has them.
const MOST: usize = 5_000;

pub(super) fn write(page: &mut Page, coverage: &ContractCoverage) {
    let (total, seen) = coverage.count();
    page.raw("<h3>Exercised</h3>\n<p class=\"sum\">").number(whole(coverage.percent())).raw(" % · ");
    page.number(seen).raw(" of ").number(total).raw(" things that the contract speaks of");
    if coverage.left_out > 0 {
        page.raw(" · ").number(coverage.left_out).raw(" more were not looked for");
    }
    page.raw("</p>\n<ul class=\"kinds\">");
    for total in &coverage.totals {
        kind(page, total);
    }
    page.raw("</ul>\n<div class=\"map\">\n");
    let mut left = MOST;
    let mut rest = coverage.items.as_slice();
    while let Some(first) = rest.first().filter(|_| left > 0) {
        let length = rest.iter().take_while(|item| item.group == first.group).count();
        let (group, others) = rest.split_at(length.min(left));
        of(page, group);
        left -= group.len();
        rest = others;
    }
    page.raw("</div>\n");
    if !rest.is_empty() {
        page.raw("<p class=\"muted\">").text(&count(rest.len(), "more thing is", "more things are"));
        page.raw(" in <code>results.json</code>.</p>\n");
    }
}

fn kind(page: &mut Page, total: &CoverageTotal) {
    let part = |count: usize| BAR * ratio(count, total.total);
    page.raw("<li><span>").text(total.kind.plural()).raw("</span><svg class=\"measure\" height=\"8\"");
    page.coordinate("width", BAR)
        .raw(" aria-hidden=\"true\"><rect class=\"all\" height=\"8\"")
        .coordinate("width", BAR);
    page.raw("/><rect class=\"rejected\" height=\"8\"").coordinate("width", part(total.seen));
    page.raw("/><rect class=\"seen\" height=\"8\"").coordinate("width", part(total.accepted)).raw("/></svg><span>");
    page.number(total.seen).raw(" of ").number(total.total);
    if total.rejected > 0 {
        page.raw("<span class=\"muted\"> · ").number(total.rejected).raw(" also rejected</span>");
    }
    page.raw("</span></li>");
}

/// What belongs to one operation or schema.
fn of(page: &mut Page, items: &[CoverageItem]) {
    let seen = items.iter().filter(|item| item.seen > 0).count();
    page.raw("<details class=\"of\"><summary><code>")
        .bdi(&cut(&items[0].group, 200))
        .raw("</code><span class=\"tiles\" aria-hidden=\"true\">");
    for item in items {
        page.raw("<i").attribute("class", state(item).0).attribute("title", &cut(&item.name, 120)).raw("></i>");
    }
    page.raw("</span><span class=\"time\">").number(seen).raw(" of ").number(items.len()).raw("</span></summary><ul>");
    for item in items {
        let (class, word) = state(item);
        page.raw("<li><span").attribute("class", &format!("state {class}")).raw(">").text(word).raw("</span> ");
        page.bdi(&cut(&item.name, 200));
        if item.seen > 0 {
            page.raw(" <span class=\"muted\">").number(item.seen).raw("×");
            if item.rejected > 0 {
                page.raw(", ").number(item.rejected).raw("× rejected");
            }
            page.raw("</span>");
        }
        page.raw("</li>");
    }
    page.raw("</ul></details>\n");
}

/// The class of a thing, and its word: never a colour alone.
fn state(item: &CoverageItem) -> (&'static str, &'static str) {
    match (item.seen, item.accepted()) {
        (0, _) => ("never", "never"),
        (_, 0) => ("rejected", "only rejected"),
        _ => ("seen", "seen"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "far from 2^52")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Rounded down: 99.9 % is not all.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
fn whole(percent: f64) -> usize {
    percent.clamp(0.0, 100.0) as usize
}
