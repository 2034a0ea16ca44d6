//! An exchange as a case: what a client sent, to be sent again and judged.

use std::fmt::Write as _;

use hyper::StatusCode;
use hyper::header::HeaderValue;
use serde_json::Value;

use super::super::body::HyperResponse;
use super::super::journal::Exchanged;
use super::super::shown::Presenter;
use super::plain;
use crate::exchange::{MASK, MediaType};
use crate::verdict::RecordedMessage;

/// Fields that whoever sends the case makes anew.
const OWN: [&str; 9] = [
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "accept-encoding",
    "user-agent",
    "x-request-id",
];

/// The case as a file.
pub(super) fn download(exchanged: &Exchanged, presenter: &mut Presenter) -> HyperResponse {
    let mut answer = plain(StatusCode::OK, "application/yaml; charset=utf-8", case(exchanged, presenter));
    let name = format!("attachment; filename=\"exchange-{}.yaml\"", exchanged.number);
    if let Ok(name) = HeaderValue::from_str(&name) {
        answer.headers_mut().insert("content-disposition", name);
    }
    answer
}

fn case(exchanged: &Exchanged, presenter: &mut Presenter) -> String {
    let shown = presenter.case(exchanged);
    let Some(sent) = shown.steps.into_iter().next().and_then(|step| step.sent) else { return String::new() };
    let contract = exchanged.contract.as_ref().map_or("", |contract| contract.name());
    let target = target(exchanged, presenter);
    let name = format!("{} {target} → {}", sent.method, exchanged.response.status);
    let mut out = format!("# What a client sent to the mock on {}.\n", exchanged.at);
    let _ = writeln!(out, "contract: {}\ncases:\n  - name: {}", quoted(contract), quoted(&name));
    let _ = writeln!(out, "    method: {}\n    url: {}", quoted(&sent.method), quoted(&target));
    let (mut fields, mut left_out) = (String::new(), Vec::new());
    for (name, value) in &sent.request.headers {
        if value.contains(MASK) {
            left_out.push(name.as_str());
        } else if !OWN.contains(&name.to_ascii_lowercase().as_str()) {
            let _ = writeln!(fields, "      {}: {}", quoted(name), quoted(value));
        }
    }
    if !left_out.is_empty() {
        let _ = writeln!(out, "    # Secrets are left out ({}): say `auth`.", left_out.join(", "));
    }
    if !fields.is_empty() {
        let _ = write!(out, "    headers:\n{fields}");
    }
    let media_type = sent.request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    body(&mut out, &sent.request, media_type.map(|(_, value)| value.as_str()));
    let documented = exchanged.contract.as_ref().zip(exchanged.operation.as_deref()).and_then(|(contract, id)| {
        contract.find(id).ok().map(|operation| operation.response(exchanged.response.status).is_some())
    });
    let _ = writeln!(out, "    expect:\n      status: {}", exchanged.response.status);
    if documented == Some(false) {
        out.push_str("      undocumented: true\n");
    }
    out
}

/// Path below the mount, and query.
fn target(exchanged: &Exchanged, presenter: &Presenter) -> String {
    let query = exchanged.request.query().map(|query| format!("?{query}")).unwrap_or_default();
    presenter.text(&format!("{}{query}", exchanged.path()))
}

fn body(out: &mut String, message: &RecordedMessage, media_type: Option<&str>) {
    if message.body.is_empty() {
        return;
    }
    if message.base64 || message.cut_from.is_some() {
        out.push_str("    # The body is left out: it is no text, or too long. Name a file that holds it: `file`.\n");
        return;
    }
    if let Some(media_type) = media_type {
        let _ = writeln!(out, "    content-type: {}", quoted(media_type));
    }
    let is_json = media_type.and_then(|text| MediaType::parse(text).ok()).is_some_and(|media| media.is_json());
    match serde_json::from_str::<Value>(&message.body) {
        Ok(value) if is_json => {
            let _ = writeln!(out, "    body: {}", untemplated(value));
        }
        _ => {
            let _ = writeln!(out, "    raw: {}", quoted(&message.body));
        }
    }
}

/// A text in double quotes: JSON's are YAML's too (YAML 1.2.2, section 1.3).
fn quoted(text: &str) -> String {
    Value::from(literal(text)).to_string()
}

/// What would be read as a template says itself.
fn literal(text: &str) -> String {
    text.replace("{{", "{{ '{{' }}")
}

fn untemplated(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(literal(&text)),
        Value::Array(items) => items.into_iter().map(untemplated).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, untemplated(value))).collect(),
        other => other,
    }
}
