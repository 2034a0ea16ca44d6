//! Which operations there are; what each says is compared by the other families.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::change::OperationName;
use super::collect::{Changes, Places, Scope};
use super::lifecycle::{self, Removal};
use super::rules;
use super::schema::Sides;
use super::{bodies, document, parameters, responses, security};
use crate::contract::{Callback, Contract, Direction, Operation, RequestBody};
use crate::source::Place;

/// An operation in both documents.
pub(super) struct Both<'c> {
    pub(super) old: &'c Operation,
    pub(super) new: &'c Operation,
    /// The places of the two.
    pub(super) places: Places,
    pub(super) scope: Scope,
}

/// Compares all operations below `paths`.
pub(super) fn compare(sides: &mut Sides<'_>, changes: &mut Changes<'_>) {
    let (old, new) = (sides.old.contract, sides.new.contract);
    let mut kept = pairs(old.operations(), new.operations());
    moved(&mut kept, (old, new));
    for (operation, kept) in old.operations().iter().zip(&kept) {
        match kept {
            Some(kept) => both(sides, changes, (operation, &new.operations()[*kept])),
            None => removed(changes, old, operation),
        }
    }
    let kept: HashSet<usize> = kept.into_iter().flatten().collect();
    for (_, operation) in new.operations().iter().enumerate().filter(|(index, _)| !kept.contains(index)) {
        let message = format!("The operation `{} {}` is new.", operation.method(), operation.path());
        changes.push(rules::OPERATION_ADDED, &scope(operation, false), message, (None, Some(place(new, operation))));
    }
}

/// For each old operation the new one of its method and path; where there is none, one whose path
/// only names its parameters otherwise.
fn pairs(old: &[Operation], new: &[Operation]) -> Vec<Option<usize>> {
    let exact: HashMap<_, _> = new.iter().enumerate().map(|(at, one)| ((one.method(), one.path()), at)).collect();
    let mut kept: Vec<Option<usize>> = old.iter().map(|one| exact.get(&(one.method(), one.path())).copied()).collect();
    let taken: HashSet<usize> = kept.iter().flatten().copied().collect();
    let left = new.iter().enumerate().filter(|(at, _)| !taken.contains(at));
    let mut renamed: HashMap<_, _> = left.map(|(at, one)| (shape(one), at)).collect();
    for (one, kept) in old.iter().zip(&mut kept) {
        if kept.is_none() {
            *kept = renamed.remove(&shape(one));
        }
    }
    kept
}

/// Pairs what is left by the whole path, that of the servers before that of the operation: what
/// moved from one to the other is called as before.
fn moved(kept: &mut [Option<usize>], (old, new): (&Contract, &Contract)) {
    let (Some(before), Some(after)) = (document::base(old), document::base(new)) else { return };
    if before == after {
        return;
    }
    let whole = |base: &str, operation: &Operation| {
        let (method, path) = shape(operation);
        (method, format!("{base}{path}"))
    };
    let taken: HashSet<usize> = kept.iter().flatten().copied().collect();
    let left = new.operations().iter().enumerate().filter(|(at, _)| !taken.contains(at));
    let mut left: HashMap<_, _> = left.map(|(at, one)| (whole(&after, one), at)).collect();
    for (one, kept) in old.operations().iter().zip(kept).filter(|(_, kept)| kept.is_none()) {
        *kept = left.remove(&whole(&before, one));
    }
}

/// Compares what stands below `webhooks`. A document does not say which side of a webhook its
/// reader is on, so what is sent and what is answered are each judged in both directions.
pub(super) fn webhooks<'c>(sides: &mut Sides<'c>, changes: &mut Changes<'_>) {
    let (old, new) = (sides.old.contract, sides.new.contract);
    let find = |all: &'c [Operation], wanted: &Operation| -> Option<&'c Operation> {
        all.iter().find(|known| known.path() == wanted.path() && known.method() == wanted.method())
    };
    for operation in old.webhooks() {
        let places = (Some(place(old, operation)), None);
        match find(new.webhooks(), operation) {
            Some(kept) => {
                let places = (places.0, Some(place(new, kept)));
                let both = Both { old: operation, new: kept, places, scope: scope(kept, true) };
                announcements(changes, &both);
                bodies::compare(sides, changes, &both, Direction::Request);
                bodies::compare(sides, changes, &both, Direction::Response);
                responses::compare(sides, changes, &both);
            }
            None => {
                let message = format!("The webhook `{}` is gone.", operation.path());
                changes.push(rules::WEBHOOK_REMOVED, &scope(operation, true), message, places);
            }
        }
    }
    for operation in new.webhooks().iter().filter(|operation| find(old.webhooks(), operation).is_none()) {
        let message = format!("The webhook `{}` is new.", operation.path());
        changes.push(rules::WEBHOOK_ADDED, &scope(operation, true), message, (None, Some(place(new, operation))));
    }
}

/// Method and path, whatever the path's parameters are called.
fn shape(operation: &Operation) -> (String, String) {
    let mut path = String::new();
    let mut is_name = false;
    for letter in operation.path().chars() {
        match letter {
            '{' => is_name = true,
            '}' => is_name = false,
            _ if is_name => continue,
            _ => {}
        }
        path.push(letter);
    }
    (operation.method().to_owned(), path)
}

fn scope(operation: &Operation, webhook: bool) -> Scope {
    let id = operation.field("operationId").and_then(serde_json::Value::as_str).map(str::to_owned);
    let (method, path) = (operation.method().to_owned(), operation.path().to_owned());
    Scope { operation: Some(Arc::new(OperationName { method, path, id, webhook })), ..Scope::default() }
}

fn place(contract: &Contract, operation: &Operation) -> Place {
    contract.place(operation.pointer()).1
}

fn removed(changes: &mut Changes<'_>, contract: &Contract, operation: &Operation) {
    let places = (Some(place(contract, operation)), None);
    let what = format!("The operation `{} {}`", operation.method(), operation.path());
    let field: lifecycle::Field<'_, '_> = &|key| operation.field(key);
    let (rule, message) = match lifecycle::removal(field, changes.settings.today) {
        Removal::BeforeSunset(date) => {
            (rules::OPERATION_REMOVED_BEFORE_SUNSET, format!("{what} is gone; it was to stay until {date}."))
        }
        Removal::Announced => (rules::OPERATION_REMOVED_AS_ANNOUNCED, format!("{what} is gone, as announced.")),
        Removal::Plain if lifecycle::is_unstable(field) => {
            (rules::OPERATION_REMOVED_AS_ANNOUNCED, format!("{what} is gone; it called itself unstable."))
        }
        Removal::Plain => (rules::OPERATION_REMOVED, format!("{what} is gone.")),
    };
    changes.push(rule, &scope(operation, false), message, places);
}

fn both<'c>(sides: &mut Sides<'c>, changes: &mut Changes<'_>, (old, new): (&'c Operation, &'c Operation)) {
    let places = (Some(place(sides.old.contract, old)), Some(place(sides.new.contract, new)));
    let unstable = lifecycle::is_unstable(&|key| old.field(key));
    let both = Both { old, new, places, scope: Scope { unstable, ..scope(new, false) } };
    announcements(changes, &both);
    document::of_operation(changes, &both);
    security::compare(sides, changes, &both);
    parameters::compare(sides, changes, &both);
    bodies::compare(sides, changes, &both, Direction::Request);
    responses::compare(sides, changes, &both);
    callbacks(sides, changes, &both);
}

/// Compares the requests that the server sends because of this one: clients read them. What they
/// answer is not compared.
fn callbacks(sides: &mut Sides<'_>, changes: &mut Changes<'_>, both: &Both<'_>) {
    let (old, new) = (both.old.callbacks(), both.new.callbacks());
    let key = |one: &Callback| (one.name.clone(), one.expression.clone(), one.operation.method().to_owned());
    let find = |all: &[Callback], wanted: &Callback| all.iter().position(|one| key(one) == key(wanted));
    let scope = both.scope.toward(Direction::Response);
    let what = |one: &Callback| format!("callback `{}` (`{} {}`)", one.name, one.operation.method(), one.expression);
    for before in &old {
        let Some(after) = find(&new, before).map(|at| &new[at]) else {
            let places = (Some(place(sides.old.contract, &before.operation)), both.places.1.clone());
            changes.push(rules::CALLBACK_REMOVED, &scope, format!("The {} is gone.", what(before)), places);
            continue;
        };
        let bodies = (before.operation.request_body(), after.operation.request_body());
        let contents = |body: Option<&'_ RequestBody>| body.map(|body| body.content.clone()).unwrap_or_default();
        let (was, is) = (contents(bodies.0), contents(bodies.1));
        let places =
            (Some(place(sides.old.contract, &before.operation)), Some(place(sides.new.contract, &after.operation)));
        let what = format!("the body of the {}", what(before));
        bodies::contents(sides, changes, &scope, &what, (&was, &is), &places);
    }
    for after in new.iter().filter(|after| find(&old, after).is_none()) {
        let places = (both.places.0.clone(), Some(place(sides.new.contract, &after.operation)));
        changes.push(rules::CALLBACK_ADDED, &scope, format!("The {} is new.", what(after)), places);
    }
}

fn announcements(changes: &mut Changes<'_>, both: &Both<'_>) {
    let fields = lifecycle::Fields { old: &|key| both.old.field(key), new: &|key| both.new.field(key) };
    lifecycle::compare(changes, &both.scope, "the operation", &fields, &both.places);
    let id = |operation: &Operation| {
        operation.field("operationId").and_then(serde_json::Value::as_str).map(|id| format!("`{id}`"))
    };
    let (before, after) = (id(both.old), id(both.new));
    if before != after {
        let name = |id: Option<String>| id.unwrap_or_else(|| "nothing".to_owned());
        let message = format!("The operation is called {} now, was {}.", name(after), name(before));
        changes.push(rules::OPERATION_ID_CHANGED, &both.scope, message, both.places.clone());
    }
}
