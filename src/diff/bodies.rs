//! Bodies of requests, and media types of any body.

use super::collect::{Changes, Places, Scope, sentence};
use super::operations::Both;
use super::rules;
use super::schema::{self, Root, Sides};
use crate::contract::{Contract, Direction, MediaTypeSpec};

/// Compares the bodies of two requests, as they are seen in this direction.
pub(super) fn compare(sides: &mut Sides<'_>, changes: &mut Changes<'_>, both: &Both<'_>, direction: Direction) {
    let scope = both.scope.toward(direction);
    let (old, new) = (both.old.request_body(), both.new.request_body());
    let (old_operation, new_operation) = both.places.clone();
    let place = |contract: &Contract, body: &crate::contract::RequestBody| {
        Some(contract.place_in(body.document, &body.pointer).1)
    };
    let old_place = old.map_or(old_operation, |body| place(sides.old.contract, body));
    let new_place = new.map_or(new_operation, |body| place(sides.new.contract, body));
    let places = (old_place, new_place);
    let mut report = |rule, message: &str| changes.push(rule, &scope, message.to_owned(), places.clone());
    match (old, new) {
        (None, None) => {}
        (None, Some(new)) if new.required => {
            report(rules::REQUIRED_REQUEST_BODY_ADDED, "A request must have a body now.");
        }
        (None, Some(_)) => report(rules::REQUEST_BODY_ADDED, "A request may have a body now."),
        (Some(old), None) if old.required => {
            report(rules::REQUIRED_REQUEST_BODY_REMOVED, "A request has no body any more; it had to have one.");
        }
        (Some(_), None) => report(rules::REQUEST_BODY_REMOVED, "A request has no body any more."),
        (Some(old), Some(new)) => {
            match (old.required, new.required) {
                (false, true) => report(rules::REQUEST_BODY_BECAME_REQUIRED, "The request body must be there now."),
                (true, false) => {
                    report(rules::REQUEST_BODY_BECAME_OPTIONAL, "The request body need not be there any more.");
                }
                _ => {}
            }
            contents(sides, changes, &scope, "the request body", (&old.content, &new.content), &places);
        }
    }
}

/// Compares the media types of a body, and the schema of each.
pub(super) fn contents(
    sides: &mut Sides<'_>,
    changes: &mut Changes<'_>,
    scope: &Scope,
    what: &str,
    (old, new): (&[MediaTypeSpec], &[MediaTypeSpec]),
    places: &Places,
) {
    let place = |contract: &Contract, media: &MediaTypeSpec| Some(contract.place_in(media.document, &media.pointer).1);
    for before in old {
        match counterpart(before, new) {
            Some(after) => {
                let places = (place(sides.old.contract, before), place(sides.new.contract, after));
                let what = format!("{what} (`{}`)", before.range);
                let root = Root { scope, what: &what, places: &places, is_text: false, is_parameter: false };
                schema::compare(sides, changes, &root, (before.schema.as_ref(), after.schema.as_ref()));
            }
            None => {
                let message = sentence(&format!("{what} may no longer be `{}`", before.range));
                let places = (place(sides.old.contract, before), places.1.clone());
                changes.push(rules::MEDIA_TYPE_REMOVED, scope, message, places);
            }
        }
    }
    for after in new.iter().filter(|after| !old.iter().any(|before| before.range == after.range)) {
        // What a range of the old document covered, or a new range that covers old types, is known.
        if old.iter().any(|before| before.range.matches(&after.range)) {
            continue;
        }
        let message = sentence(&format!("{what} may also be `{}` now", after.range));
        changes.push(rules::MEDIA_TYPE_ADDED, scope, message, (places.0.clone(), place(sides.new.contract, after)));
    }
}

/// The same media type, else the same without parameters, else the narrowest range that takes it in.
fn counterpart<'c>(wanted: &MediaTypeSpec, all: &'c [MediaTypeSpec]) -> Option<&'c MediaTypeSpec> {
    let essence = wanted.range.essence();
    all.iter()
        .find(|media| media.range == wanted.range)
        .or_else(|| all.iter().find(|media| media.range.essence() == essence))
        .or_else(|| {
            let covering = all.iter().filter(|media| media.range.matches(&wanted.range));
            covering.max_by_key(|media| media.range.specificity())
        })
}
