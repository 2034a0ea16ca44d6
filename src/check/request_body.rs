//! `request-body`

use super::report::Report;
use super::{Check, Judge, Judgement, RequestCase, Sent, body};
use crate::contract::Direction;
use crate::verdict::{CheckId, Side};

pub(super) const CHECK: Check = Check {
    id: CheckId::new("request-body"),
    side: Side::Request,
    says: "A required body is there; it is what its media type says and keeps its schema.",
    judge: Judge::Request(judge),
};

fn judge(check: &Check, case: &RequestCase<'_>, judgement: &mut Judgement) {
    let Some(described) = case.operation.request_body() else { return };
    let mut report = Report { contract: case.contract, check, judgement };
    if case.request.body.is_empty() {
        if described.required {
            let message = format!("the request has no body, and `{}` requires one", case.operation.id());
            let pointer = described.pointer.join("required");
            report.broken(message, "a body", "no body", described.document, &pointer);
        }
        return;
    }
    if let (Sent::Type(media), Some(entry)) = (&case.media.sent, case.media.described) {
        body::judge(&mut report, "the request body", &case.request.body, media, entry, Direction::Request);
    }
}
