//! `response-content-type`

use super::report::{Report, either};
use super::{Check, Judge, Judgement, ResponseCase, Sent};
use crate::verdict::{CheckId, Side};

pub(super) const CHECK: Check = Check {
    id: CheckId::new("response-content-type"),
    side: Side::Response,
    says: "The body's media type is one that the response documents, and there is no body where HTTP forbids one.",
    judge: Judge::Response(judge),
};

fn judge(check: &Check, case: &ResponseCase<'_>, judgement: &mut Judgement) {
    let mut report = Report { contract: case.contract, check, judgement };
    let bytes = case.response.body.len();
    if case.is_bodiless() {
        if bytes > 0 {
            let why = match case.method {
                "HEAD" => "a response to `HEAD` has no body (RFC 9110, section 9.3.2)".to_owned(),
                _ => format!("a response with the status {} has no body (RFC 9110, section 15)", case.response.status),
            };
            report.against_standard(
                format!("{why}, but this one has {bytes} bytes"),
                "no body",
                format!("{bytes} bytes"),
            );
        }
        return;
    }
    let Some(described) = case.described else { return };
    if case.media.described.is_some() {
        return;
    }
    if let Some(key) = described.unreadable.first() {
        report.unreadable_content(key, described.document, &described.pointer);
        return;
    }
    if described.content.is_empty() {
        return;
    }
    let known: Vec<String> = described.content.iter().map(|entry| entry.range.to_string()).collect();
    let known = either(&known);
    let pointer = described.pointer.join("content");
    let (message, actual) = match &case.media.sent {
        // Whether a body may be missing is for `response-body` to say.
        Sent::Nothing if bytes == 0 => return,
        Sent::Nothing => {
            (format!("the response has a body but no `Content-Type`; expected {known}"), "none".to_owned())
        }
        Sent::Unreadable(text) => {
            (format!("`Content-Type: {text}` names no media type; expected {known}"), text.clone())
        }
        Sent::Type(media) => {
            let status = case.response.status;
            (format!("the response has the media type `{media}`; status {status} documents {known}"), media.to_string())
        }
    };
    report.broken(message, known, actual, described.document, &pointer);
}
