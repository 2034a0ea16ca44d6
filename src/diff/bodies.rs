//! Bodies of requests, and media types of any body.

use std::collections::HashSet;

use super::collect::{Changes, Places, Scope, sentence};
use super::operations::Both;
use super::rules;
use super::schema::{self, Root, Sides, Text};
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
    let mut kept = HashSet::new();
    for before in old {
        match counterpart(before, new).map(|index| (index, &new[index])) {
            Some((index, after)) => {
                kept.insert(index);
                let places = (place(sides.old.contract, before), place(sides.new.contract, after));
                if before.range.essence() != after.range.essence() {
                    let is_wider = after.range.matches(&before.range);
                    let rule = if is_wider { rules::MEDIA_TYPE_WIDENED } else { rules::MEDIA_TYPE_NARROWED };
                    let predicate = format!("is `{}` now, was `{}`", after.range, before.range);
                    changes.push_about(rule, scope, what, &predicate, places.clone());
                }
                let what = format!("{what} (`{}`)", before.range);
                let text = text(before).filter(|_| text(before) == text(after)).unwrap_or(Text::Nowhere);
                let root = Root { scope, what: &what, places: &places, text, is_parameter: false };
                schema::compare(sides, changes, &root, (before.schema.as_ref(), after.schema.as_ref()));
            }
            None => {
                let message = sentence(&format!("{what} may no longer be `{}`", before.range));
                let places = (place(sides.old.contract, before), places.1.clone());
                changes.push(rules::MEDIA_TYPE_REMOVED, scope, message, places);
            }
        }
    }
    for (index, after) in new.iter().enumerate() {
        // What a range of the old document took in is not new.
        if kept.contains(&index) || old.iter().any(|before| before.range.matches(&after.range)) {
            continue;
        }
        let message = sentence(&format!("{what} may also be `{}` now", after.range));
        changes.push(rules::MEDIA_TYPE_ADDED, scope, message, (places.0.clone(), place(sides.new.contract, after)));
    }
}

/// Which values of a body of this media type are written as plain text; `None`: none.
fn text(media: &MediaTypeSpec) -> Option<Text> {
    let essence = media.range.essence();
    if essence.ends_with("/xml") || essence.ends_with("+xml") {
        Some(Text::Everywhere)
    } else if essence == "application/x-www-form-urlencoded" || essence.starts_with("multipart/") {
        Some(Text::Fields)
    } else {
        essence.starts_with("text/").then_some(Text::Whole)
    }
}

/// The same media type, else the same without parameters, else the narrowest range that takes it
/// in, else one that it takes in.
fn counterpart(wanted: &MediaTypeSpec, all: &[MediaTypeSpec]) -> Option<usize> {
    let essence = wanted.range.essence();
    let find = |is_same: &dyn Fn(&MediaTypeSpec) -> bool| all.iter().position(is_same);
    find(&|media| media.range == wanted.range)
        .or_else(|| find(&|media| media.range.essence() == essence))
        .or_else(|| {
            let covering = all.iter().enumerate().filter(|(_, media)| media.range.matches(&wanted.range));
            covering.max_by_key(|(_, media)| media.range.specificity()).map(|(index, _)| index)
        })
        .or_else(|| find(&|media| wanted.range.matches(&media.range)))
}
