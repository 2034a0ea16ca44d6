//! `request-content-type`

use super::report::{Report, either};
use super::{Check, Judge, Judgement, RequestCase, Sent};
use crate::verdict::{CheckId, Side};

pub(super) const CHECK: Check = Check {
    id: CheckId::new("request-content-type"),
    side: Side::Request,
    says: "The body's media type is one that the operation takes.",
    judge: Judge::Request(judge),
};

fn judge(check: &Check, case: &RequestCase<'_>, judgement: &mut Judgement) {
    let Some(body) = case.operation.request_body() else { return };
    if case.request.body.is_empty() || case.media.described.is_some() {
        return;
    }
    let mut report = Report { contract: case.contract, check, judgement };
    if let Some(key) = body.unreadable.first() {
        report.unreadable_content(key, body.document, &body.pointer);
        return;
    }
    if body.content.is_empty() {
        return;
    }
    let known: Vec<String> = body.content.iter().map(|entry| entry.range.to_string()).collect();
    let known = either(&known);
    let (message, actual) = match &case.media.sent {
        Sent::Nothing => (format!("the request has a body but no `Content-Type`; expected {known}"), "none".to_owned()),
        Sent::Unreadable(text) => {
            (format!("`Content-Type: {text}` names no media type; expected {known}"), text.clone())
        }
        Sent::Type(media) => {
            let id = case.operation.id();
            (format!("the request has the media type `{media}`; `{id}` takes {known}"), media.to_string())
        }
    };
    report.broken(message, known, actual, body.document, &body.pointer.join("content"));
}
