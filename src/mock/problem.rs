//! Problem details (RFC 9457): the answer where neither rules nor document have one.

use serde_json::{Value, json};

use crate::exchange::{Headers, Response};
use crate::source::Pointer;
use crate::verdict::Finding;

/// A problem of this status, with a sentence about it.
pub(super) fn problem(status: u16, detail: impl Into<String>) -> Response {
    build(status, &detail.into(), &[])
}

/// What is wrong with a request, one entry a finding.
pub(super) fn invalid(status: u16, findings: &[Finding]) -> Response {
    let detail = match findings {
        [one] => one.message.clone(),
        several => format!("{} things are wrong with the request", several.len()),
    };
    let mut response = build(status, &detail, findings);
    if status == 401 {
        // RFC 9110, section 15.5.2: a 401 says how to authenticate.
        response.headers.append("www-authenticate", "Bearer");
    }
    response
}

fn build(status: u16, detail: &str, findings: &[Finding]) -> Response {
    let mut body = json!({ "type": "about:blank", "title": title(status), "status": status, "detail": detail });
    if !findings.is_empty() {
        body["errors"] = findings.iter().map(entry).collect();
    }
    let headers = Headers::from_iter([("content-type", "application/problem+json")]);
    Response { status, headers, body: body.to_string().into() }
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
