//! Bodies of requests, and media types of any body.

use std::collections::{BTreeSet, HashSet};

use super::collect::{Changes, Places, Scope, sentence};
use super::operations::Both;
use super::parameters::style_name;
use super::rules;
use super::schema::{self, PropertyKind, Root, Side, Sides, Text};
use crate::contract::{Contract, Direction, Encoding, MediaTypeSpec, ParameterStyle};

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
                let each = format!("each item of {what}");
                let root = Root { what: &each, ..root };
                schema::compare(sides, changes, &root, (before.item_schema.as_ref(), after.item_schema.as_ref()));
                if text == Text::Fields {
                    encodings(sides, changes, &root_of(scope, &what, &places), (before, after));
                }
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

fn root_of<'r>(scope: &'r Scope, what: &'r str, places: &'r Places) -> Root<'r> {
    Root { scope, what, places, text: Text::Fields, is_parameter: false }
}

/// Compares how the fields of a form, or the parts of a multipart body, are written.
fn encodings(
    sides: &Sides<'_>,
    changes: &mut Changes<'_>,
    root: &Root<'_>,
    (before, after): (&MediaTypeSpec, &MediaTypeSpec),
) {
    let names: BTreeSet<&str> = before.encoding.iter().chain(&after.encoding).map(|(name, _)| name.as_str()).collect();
    for name in names {
        let written = |side: &Side<'_>, media: &MediaTypeSpec| {
            let said = media.encoding.iter().find(|(known, _)| known == name).map(|(_, encoding)| encoding);
            let kind = schema::property(side, media.schema.as_ref(), name);
            written(said, kind?, media.range.essence().starts_with("multipart/"))
        };
        let (was, is) = (written(&sides.old, before), written(&sides.new, after));
        if let (Some(was), Some(is)) = (was, is)
            && was != is
        {
            let subject = format!("`{name}` of {}", root.what);
            let predicate = format!("is written as {is} now, was {was}");
            changes.push_about(rules::ENCODING_CHANGED, root.scope, &subject, &predicate, root.places.clone());
        }
    }
}

/// How a field or part is written (OpenAPI 3.1.1, section 4.8.15, "Encoding Object"); `None`: that depends on the value.
fn written(said: Option<&Encoding>, kind: PropertyKind, is_part: bool) -> Option<String> {
    let default = match kind {
        PropertyKind::Plain => "text/plain",
        PropertyKind::Structured => "application/json",
        PropertyKind::Any => "",
    };
    let media =
        said.and_then(|encoding| encoding.content_type.as_deref()).map(|media| media.trim().to_ascii_lowercase());
    let style = said.map_or(ParameterStyle::Form, |encoding| encoding.style);
    let explode = said.is_none_or(|encoding| encoding.explode);
    match media {
        Some(media) if is_part || media != "text/plain" || kind != PropertyKind::Plain => Some(format!("`{media}`")),
        None if is_part => Some(default).filter(|media| !media.is_empty()).map(|media| format!("`{media}`")),
        _ if kind == PropertyKind::Plain => Some("plain text".to_owned()),
        _ => {
            let how = if explode { ", item by item" } else { ", in one piece" };
            Some(format!("`{}`{how}", style_name(style)))
        }
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
