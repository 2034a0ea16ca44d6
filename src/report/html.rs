//! One HTML file that shows a run: no network, no framework, readable without scripts.

mod page;

use page::Page;

use crate::verdict::Summary;

/// The run as one self-contained page.
pub fn html(summary: &Summary) -> String {
    let mut page = Page::default();
    page.raw("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>countersign</title><ul>");
    for case in &summary.cases {
        page.raw("<li>").text(case.verdict.word()).raw(" ").bdi(&case.id.to_string()).raw("</li>");
    }
    page.raw("</ul></html>\n");
    page.finish()
}
