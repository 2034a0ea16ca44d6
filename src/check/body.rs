//! Bodies against the schema of their media type: the same for requests and responses.

use super::report::Report;
use crate::contract::{Body, Direction, MediaTypeSpec, Shape, read_body};
use crate::exchange::MediaType;

/// Judges `body`, which `what` names, by the entry of `content` that it falls under.
pub(super) fn judge(
    report: &mut Report<'_>,
    what: &str,
    body: &[u8],
    media: &MediaType,
    described: &MediaTypeSpec,
    direction: Direction,
) {
    let read = match &described.schema {
        Some(schema) if !media.is_json() => read_body(media, body, &report.contract.shape(schema), &described.encoding),
        // Without a schema, a body that says it is JSON still has to be JSON.
        _ if media.is_json() => read_body(media, body, &Shape::anything(), &[]),
        _ => return,
    };
    let value = match read {
        Body::Value(value) => value,
        Body::Opaque => return,
        Body::Malformed(reason) => {
            let message = format!("{what} is not what its `Content-Type: {media}` says: {reason}");
            report.broken(message, media.essence(), reason, described.document, &described.pointer);
            return;
        }
        Body::Unreadable(reason) => {
            report.undecided(reason);
            return;
        }
    };
    let Some(schema) = &described.schema else { return };
    match report.contract.schema(schema, direction) {
        Ok(compiled) if compiled.is_valid(&value) => {}
        Ok(compiled) => {
            for violation in compiled.violations(&value) {
                report.violation(what, violation);
            }
        }
        Err(error) => report.undecided(format!("{what} cannot be judged: {error}")),
    }
}
