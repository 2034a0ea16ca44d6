//! What a traffic file does not hold cannot be found wanting.

use serde_json::Value;

use crate::check::{self, Judgement};
use crate::traffic::Entry;
use crate::verdict::{Finding, Undecided};

/// Of the request's findings, those that rest on what the file does not hold become undecided.
pub(super) fn without_request(entry: &Entry, judgement: &mut Judgement) {
    if let Some(reason) = &entry.missing.request_body {
        undecide(judgement, &["request-body", "request-content-type"], reason, |_| true);
    }
    if entry.missing.request_headers {
        let reason = "the file does not hold the request's header fields";
        undecide(judgement, &["request-security", "request-content-type"], reason, |_| true);
        let of_header = |finding: &Finding| {
            ["the header parameter", "the cookie parameter"].iter().any(|start| finding.message.starts_with(start))
        };
        undecide(judgement, &["request-parameters"], reason, of_header);
    }
    if entry.missing.credentials {
        let reason = "the browser left cookies and `Authorization` out of the file; export it with sensitive data";
        undecide(judgement, &["request-security"], reason, |_| true);
        undecide(judgement, &["request-parameters"], reason, |finding| {
            finding.message.starts_with("the cookie parameter")
        });
    }
    masked(judgement, &entry.request.body);
}

/// The same of the response's findings.
pub(super) fn without_response(entry: &Entry, judgement: &mut Judgement) {
    if let Some(reason) = &entry.missing.response_body {
        undecide(judgement, &["response-body"], reason, |_| true);
    }
    if entry.missing.response_headers {
        let reason = "the file does not hold the response's header fields";
        undecide(judgement, &["response-headers", "response-content-type"], reason, |_| true);
    }
    if entry.missing.credentials {
        let reason = "the browser left `Set-Cookie` out of the file; export it with sensitive data";
        let of_cookie = |finding: &Finding| finding.message.to_ascii_lowercase().contains("`set-cookie`");
        undecide(judgement, &["response-headers"], reason, of_cookie);
    }
    if let Ok(response) = &entry.response {
        masked(judgement, &response.body);
    }
}

/// What is found of a value that somebody took out says nothing of the value.
fn masked(judgement: &mut Judgement, body: &[u8]) {
    if judgement.findings.is_empty() {
        return;
    }
    let looks = body.windows(3).any(|window| window == b"***" || window.eq_ignore_ascii_case(b"red"));
    let body: Option<Value> = if looks { serde_json::from_slice(body).ok() } else { None };
    let of_masked = |finding: &Finding| {
        let value = finding.instance.as_ref().zip(body.as_ref()).and_then(|(at, body)| body.pointer(at.0.as_str()));
        is_mask(finding.actual.trim_matches('"')) || value.and_then(Value::as_str).is_some_and(is_mask)
    };
    let all = ["request-parameters", "request-body", "response-headers", "response-body"];
    undecide(judgement, &all, "the value was taken out of the file", of_masked);
}

/// What tools write where a secret was.
fn is_mask(text: &str) -> bool {
    let word = text.trim_matches(['[', ']', '<', '>', '{', '}', '(', ')', '*']);
    text.len() >= 3 && (word.is_empty() && text.contains('*') || word.eq_ignore_ascii_case("redacted"))
}

fn undecide(judgement: &mut Judgement, checks: &[&str], reason: &str, which: impl Fn(&Finding) -> bool) {
    for check in checks {
        let before = judgement.findings.len();
        judgement.findings.retain(|finding| finding.check.as_str() != *check || !which(finding));
        if judgement.findings.len() < before
            && let Some(known) = check::all().iter().find(|known| known.id.as_str() == *check)
        {
            judgement.undecided.push(Undecided { check: known.id.clone(), reason: reason.to_owned() });
        }
    }
}
