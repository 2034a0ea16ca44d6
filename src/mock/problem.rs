//! Problem details (RFC 9457): the answer where neither rules nor document have one.

use serde_json::{Value, json};

use crate::exchange::{Headers, Response};
use crate::source::Pointer;
use crate::verdict::Finding;

/// A problem of this status, with a sentence about it.
pub(crate) fn problem(status: u16, detail: impl Into<String>) -> Response {
    build(status, &detail.into(), &[])
}

/// What is wrong with a request, one entry a finding.
pub(crate) fn invalid(status: u16, findings: &[Finding]) -> Response {
    build(status, &sentence(findings), findings)
}

/// The body of [`invalid`], for a media type of the document's.
pub(super) fn details(status: u16, findings: &[Finding]) -> Value {
    members(status, &sentence(findings), findings)
}

/// What is wrong, in one sentence.
pub(super) fn sentence(findings: &[Finding]) -> String {
    match findings {
        [one] => one.message.clone(),
        several => format!("{} things are wrong with the request", several.len()),
    }
}

fn build(status: u16, detail: &str, findings: &[Finding]) -> Response {
    let headers = Headers::from_iter([("content-type", "application/problem+json")]);
    Response { status, headers, body: members(status, detail, findings).to_string().into() }
}

fn members(status: u16, detail: &str, findings: &[Finding]) -> Value {
    let mut body = json!({ "type": "about:blank", "title": title(status), "status": status, "detail": detail });
    if !findings.is_empty() {
        body["errors"] = findings.iter().map(entry).collect();
    }
    body
}

fn entry(finding: &Finding) -> Value {
    let mut entry = json!({ "check": finding.check.as_str(), "detail": finding.message });
    if let Some(instance) = &finding.instance {
        entry["pointer"] = Pointer::to_fragment(&instance.0).into();
    }
    entry
}

fn title(status: u16) -> &'static str {
    let code = hyper::StatusCode::from_u16(status).ok();
    code.and_then(|code| code.canonical_reason()).unwrap_or("Problem")
}
