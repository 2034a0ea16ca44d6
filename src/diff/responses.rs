//! Responses: which statuses there are, their headers and bodies.

use super::bodies;
use super::collect::{Changes, Places, Scope, sentence};
use super::operations::Both;
use super::rules;
use super::schema::{self, Root, Sides, Text};
use crate::contract::{Contract, Direction, HeaderSpec, Operation, ResponseSpec, StatusPattern};
use crate::source::Place;

pub(super) fn compare(sides: &mut Sides<'_>, changes: &mut Changes<'_>, both: &Both<'_>) {
    let scope = both.scope.toward(Direction::Response);
    for old in both.old.responses() {
        let old_place = Some(place(sides.old.contract, old));
        match counterpart(old.status, both.new) {
            Some(new) => {
                let places = (old_place, Some(place(sides.new.contract, new)));
                pair(sides, changes, &scope, (old, new), &places);
            }
            None if !within(old.status, both.new).is_empty() => {
                narrowed(sides, changes, &scope, old, both);
            }
            None => {
                let is_error = is_error(old.status);
                let rule = if is_error { rules::ERROR_RESPONSE_REMOVED } else { rules::RESPONSE_REMOVED };
                let message = format!("The response `{}` is gone.", old.status);
                changes.push(rule, &scope, message, (old_place, both.places.1.clone()));
            }
        }
    }
    let is_new = |new: &&ResponseSpec| {
        let all = both.old.responses();
        // What a range took in whose place single statuses took was told of.
        !all.iter().any(|old| old.status == new.status)
            && !all.iter().any(|old| counterpart(old.status, both.new).is_none() && takes_in(old.status, new.status))
    };
    for new in both.new.responses().iter().filter(is_new) {
        let rule = if is_error(new.status) { rules::ERROR_RESPONSE_ADDED } else { rules::RESPONSE_ADDED };
        let message = format!("The response `{}` is new.", new.status);
        changes.push(rule, &scope, message, (both.places.0.clone(), Some(place(sides.new.contract, new))));
    }
}

fn place(contract: &Contract, response: &ResponseSpec) -> Place {
    contract.place_in(response.document, &response.pointer).1
}

/// The same status, else the range that takes it in. `default` takes none in: it stands for what
/// was not expected.
fn counterpart(status: StatusPattern, operation: &Operation) -> Option<&ResponseSpec> {
    let find = |wanted| operation.responses().iter().find(|response| response.status == wanted);
    find(status).or_else(|| match status {
        StatusPattern::Exact(code) => find(StatusPattern::Range(u8::try_from(code / 100).ok()?)),
        _ => None,
    })
}

/// Whether a range takes a single status in.
fn takes_in(range: StatusPattern, status: StatusPattern) -> bool {
    matches!((range, status), (StatusPattern::Range(first), StatusPattern::Exact(code)) if code / 100 == u16::from(first))
}

/// The single statuses of a range.
fn within(range: StatusPattern, operation: &Operation) -> Vec<&ResponseSpec> {
    operation.responses().iter().filter(|response| takes_in(range, response.status)).collect()
}

/// Single statuses in the place of a range: each is what the range was.
fn narrowed(sides: &mut Sides<'_>, changes: &mut Changes<'_>, scope: &Scope, old: &ResponseSpec, both: &Both<'_>) {
    let old_place = Some(place(sides.old.contract, old));
    let single = within(old.status, both.new);
    let names: Vec<String> = single.iter().map(|new| format!("`{}`", new.status)).collect();
    let message = format!("The response `{}` is {} only now.", old.status, names.join(" or "));
    changes.push(
        rules::RESPONSE_RANGE_SPLIT,
        scope,
        message,
        (old_place.clone(), Some(place(sides.new.contract, single[0]))),
    );
    for new in single.into_iter().filter(|new| !both.old.responses().iter().any(|old| old.status == new.status)) {
        pair(sides, changes, scope, (old, new), &(old_place.clone(), Some(place(sides.new.contract, new))));
    }
}

fn is_error(status: StatusPattern) -> bool {
    match status {
        StatusPattern::Exact(code) => code >= 400,
        StatusPattern::Range(first) => first >= 4,
        StatusPattern::Default => true,
    }
}

fn pair(
    sides: &mut Sides<'_>,
    changes: &mut Changes<'_>,
    scope: &Scope,
    (old, new): (&ResponseSpec, &ResponseSpec),
    places: &Places,
) {
    headers(sides, changes, scope, (old, new), places);
    let what = format!("the body of response `{}`", old.status);
    bodies::contents(sides, changes, scope, &what, (&old.content, &new.content), places);
}

fn headers(
    sides: &mut Sides<'_>,
    changes: &mut Changes<'_>,
    scope: &Scope,
    (old, new): (&ResponseSpec, &ResponseSpec),
    places: &Places,
) {
    let place = |contract: &Contract, header: &HeaderSpec| Some(contract.place_in(header.document, &header.pointer).1);
    let same = |left: &HeaderSpec, right: &HeaderSpec| left.name.eq_ignore_ascii_case(&right.name);
    // OpenAPI, Response Object: a header of this name is ignored.
    let counts = |header: &&HeaderSpec| !header.name.eq_ignore_ascii_case("content-type");
    for before in old.headers.iter().filter(counts) {
        let what = format!("the header `{}` of response `{}`", before.name, old.status);
        let Some(after) = new.headers.iter().find(|after| same(before, after)) else {
            let message = sentence(&format!("{what} is gone"));
            let places = (place(sides.old.contract, before), places.1.clone());
            changes.push(rules::RESPONSE_HEADER_REMOVED, scope, message, places);
            continue;
        };
        let places = (place(sides.old.contract, before), place(sides.new.contract, after));
        let mut report = |rule, predicate: &str| {
            changes.push_about(rule, scope, &what, predicate, places.clone());
        };
        match (before.required, after.required) {
            (false, true) => report(rules::RESPONSE_HEADER_BECAME_REQUIRED, "is always there now"),
            (true, false) => report(rules::RESPONSE_HEADER_BECAME_OPTIONAL, "need not be there any more"),
            _ => {}
        }
        let is_plain_text = before.content.is_none() && after.content.is_none();
        let text = if is_plain_text { Text::Whole } else { Text::Nowhere };
        let root = Root { scope, what: &what, places: &places, text, is_parameter: false };
        let schemas = [before, after].map(|header| {
            header.schema.as_ref().or_else(|| header.content.as_ref().and_then(|content| content.schema.as_ref()))
        });
        schema::compare(sides, changes, &root, (schemas[0], schemas[1]));
    }
    for after in new.headers.iter().filter(counts).filter(|after| !old.headers.iter().any(|before| same(before, after)))
    {
        let message = format!("The header `{}` of response `{}` is new.", after.name, old.status);
        let places = (places.0.clone(), place(sides.new.contract, after));
        changes.push(rules::RESPONSE_HEADER_ADDED, scope, message, places);
    }
}
