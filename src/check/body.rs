//! Bodies against the schema of their media type: the same for requests and responses.

use super::report::Report;
use crate::contract::{Body, Direction, Items, MediaTypeSpec, SchemaRef, Shape, is_sequential, read_body, read_items};
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
    if let Some(schema) = &described.item_schema {
        items(report, what, (body, media), described, (schema, direction));
    }
    // The items were read, and the schema of the whole speaks of a list of them.
    if is_sequential(media) && described.item_schema.is_some() && described.schema.is_none() {
        return;
    }
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

/// The most findings of one body's items.
const MOST: usize = 50;

/// Judges each item of a sequential body (OpenAPI 3.2, Media Type Object, `itemSchema`).
fn items(
    report: &mut Report<'_>,
    what: &str,
    (body, media): (&[u8], &MediaType),
    described: &MediaTypeSpec,
    (schema, direction): (&SchemaRef, Direction),
) {
    let items = match read_items(media, body) {
        Items::Values(items) => items,
        Items::Malformed(reason) => {
            let message = format!("{what} is not what its `Content-Type: {media}` says: {reason}");
            report.broken(message, media.essence(), reason, described.document, &described.pointer);
            return;
        }
        Items::Unreadable(reason) => {
            report.undecided(reason);
            return;
        }
    };
    let compiled = match report.contract.schema(schema, direction) {
        Ok(compiled) => compiled,
        Err(error) => {
            report.undecided(format!("{what} cannot be judged: {error}"));
            return;
        }
    };
    let broken = items.iter().enumerate().filter(|(_, item)| !compiled.is_valid(item));
    for (index, item) in broken.take(MOST) {
        for violation in compiled.violations(item) {
            report.violation(&format!("item {} of {what}", index + 1), violation);
        }
    }
}
