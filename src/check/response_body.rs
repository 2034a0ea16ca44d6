//! `response-body`

use super::report::Report;
use super::{Check, Judge, Judgement, ResponseCase, Sent, body};
use crate::contract::Direction;
use crate::verdict::{CheckId, Side};

pub(super) const CHECK: Check = Check {
    id: CheckId::new("response-body"),
    side: Side::Response,
    says: "The body is what its media type says and keeps its schema.",
    judge: Judge::Response(judge),
};

fn judge(check: &Check, case: &ResponseCase<'_>, judgement: &mut Judgement) {
    let Some(described) = case.described.filter(|_| !case.is_bodiless()) else { return };
    let mut report = Report { contract: case.contract, check, judgement };
    if let (Sent::Type(media), Some(entry)) = (&case.media.sent, case.media.described) {
        body::judge(&mut report, "the response body", &case.response.body, media, entry, Direction::Response);
        return;
    }
    // Without a body and its type, a documented JSON value is missing.
    let json = described.content.iter().find(|entry| entry.range.is_json() && entry.schema.is_some());
    if let (Sent::Nothing, true, Some(entry)) = (&case.media.sent, case.response.body.is_empty(), json) {
        let message = format!(
            "the response has no body, but status {} documents one of type `{}`",
            case.response.status, entry.range
        );
        report.broken(message, entry.range.to_string(), "no body", entry.document, &entry.pointer);
    }
}
