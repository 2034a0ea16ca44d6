//! Parameters: which there are, whether they must be there, and how they are written.

use std::collections::HashMap;

use super::bodies;
use super::collect::{Changes, Places, Scope};
use super::lifecycle::{self, Removal};
use super::operations::Both;
use super::rules;
use super::rules::Rule;
use super::schema::{self, Root, Sides, Text};
use crate::contract::{Contract, Direction, Location, Operation, Parameter, ParameterStyle, QueryString};
use crate::source::Place;

pub(super) fn compare(sides: &mut Sides<'_>, changes: &mut Changes<'_>, both: &Both<'_>) {
    let scope = both.scope.toward(Direction::Request);
    let (old, new) = (keyed(both.old), keyed(both.new));
    let after: HashMap<_, _> = new.iter().map(|(key, parameter)| (key, *parameter)).collect();
    let before: HashMap<_, _> = old.iter().map(|(key, parameter)| (key, *parameter)).collect();
    for (key, parameter) in &old {
        match after.get(key) {
            Some(kept) => pair(sides, changes, &scope, (parameter, kept)),
            None => removed(changes, &scope, sides.old.contract, parameter, &both.places),
        }
    }
    for (_, parameter) in new.iter().filter(|(key, _)| !before.contains_key(key)) {
        let kind = if parameter.required { "required" } else { "optional" };
        let rule = if parameter.required { rules::REQUIRED_PARAMETER_ADDED } else { rules::PARAMETER_ADDED };
        let message = format!("The {kind} {} is new.", what(parameter));
        let places = (both.places.0.clone(), Some(place(sides.new.contract, parameter)));
        changes.push(rule, &scope, message, places);
    }
    query_string(sides, changes, both, &scope);
}

/// The parameters of an operation by what makes them the same: where they stand and their names,
/// those of headers without case, those of the path by their place in it.
fn keyed(operation: &Operation) -> Vec<((Location, String), &Parameter)> {
    let key = |parameter: &Parameter| match parameter.location {
        Location::Header => parameter.name.to_ascii_lowercase(),
        Location::Path => match operation.path().find(&format!("{{{}}}", parameter.name)) {
            Some(at) => operation.path()[..at].matches('{').count().to_string(),
            None => parameter.name.clone(),
        },
        Location::Query | Location::Cookie => parameter.name.clone(),
    };
    let counts = |parameter: &&Parameter| {
        // OpenAPI, Parameter Object: parameters of these names are ignored.
        let ignored = ["accept", "content-type", "authorization"];
        parameter.location != Location::Header || !ignored.contains(&parameter.name.to_ascii_lowercase().as_str())
    };
    let all = operation.parameters().iter().filter(counts);
    all.map(|parameter| ((parameter.location, key(parameter)), parameter)).collect()
}

fn what(parameter: &Parameter) -> String {
    format!("{} parameter `{}`", parameter.location.as_str(), parameter.name)
}

fn place(contract: &Contract, parameter: &Parameter) -> Place {
    contract.place_in(parameter.document, &parameter.pointer).1
}

fn removed(
    changes: &mut Changes<'_>,
    scope: &Scope,
    contract: &Contract,
    parameter: &Parameter,
    (_, operation): &Places,
) {
    let written = contract.value_in(parameter.document, &parameter.pointer);
    let removal = lifecycle::removal(&|key| written?.get(key), changes.settings.today);
    let (rule, when): (&Rule, String) = match removal {
        Removal::Announced => (rules::PARAMETER_REMOVED_AS_ANNOUNCED, ", as announced".to_owned()),
        Removal::BeforeSunset(date) => {
            (rules::PARAMETER_REMOVED_BEFORE_SUNSET, format!("; it was to stay until {date}"))
        }
        Removal::Plain if parameter.required => (rules::REQUIRED_PARAMETER_REMOVED, String::new()),
        Removal::Plain => (rules::PARAMETER_REMOVED, String::new()),
    };
    let message = format!("The {} is gone{when}.", what(parameter));
    changes.push(rule, scope, message, (Some(place(contract, parameter)), operation.clone()));
}

fn pair(sides: &mut Sides<'_>, changes: &mut Changes<'_>, scope: &Scope, (old, new): (&Parameter, &Parameter)) {
    let places = (Some(place(sides.old.contract, old)), Some(place(sides.new.contract, new)));
    let what = format!("the {}", what(new));
    let mut report = |rule: &Rule, predicate: &str| {
        changes.push_about(rule, scope, &what, predicate, places.clone());
    };
    match (old.required, new.required) {
        (false, true) => report(rules::PARAMETER_BECAME_REQUIRED, "must be there now"),
        (true, false) => report(rules::PARAMETER_BECAME_OPTIONAL, "need not be there any more"),
        _ => {}
    }
    match (old.allow_empty_value, new.allow_empty_value) {
        (false, true) => report(rules::PARAMETER_EMPTY_VALUE_ALLOWED, "may be empty now"),
        (true, false) => report(rules::PARAMETER_EMPTY_VALUE_REFUSED, "may no longer be empty"),
        _ => {}
    }
    let is_plain =
        schema::is_scalar(&sides.old, old.schema.as_ref()) && schema::is_scalar(&sides.new, new.schema.as_ref());
    let (before, after) = (written(old, is_plain), written(new, is_plain));
    let is_same_way = before == after;
    if !is_same_way {
        report(rules::PARAMETER_STYLE_CHANGED, &format!("is written as {after} now, was {before}"));
    }
    let old_fields = sides.old.contract.value_in(old.document, &old.pointer);
    let new_fields = sides.new.contract.value_in(new.document, &new.pointer);
    let fields = lifecycle::Fields { old: &|key| old_fields?.get(key), new: &|key| new_fields?.get(key) };
    lifecycle::compare(changes, scope, &what, &fields, &places);
    let is_plain_text = old.content.is_none() && new.content.is_none();
    let text = if is_plain_text { Text::Whole } else { Text::Nowhere };
    let root = Root { scope, what: &what, places: &places, text, is_parameter: true };
    let schemas = (old.value_schema(), new.value_schema());
    let one_each = is_plain_text && new.explode && new.style == ParameterStyle::Form && is_same_way;
    if !(one_each && schema::compare_single_with_items(sides, changes, &root, schemas)) {
        schema::compare(sides, changes, &root, schemas);
    }
}

/// How a value is written; scalars look the same in most ways.
fn written(parameter: &Parameter, is_scalar: bool) -> String {
    if let Some(content) = &parameter.content {
        return format!("`{}`", content.range.essence());
    }
    let how = match parameter.style {
        ParameterStyle::Label | ParameterStyle::Matrix if is_scalar => "",
        _ if is_scalar => return "plain text".to_owned(),
        _ if parameter.explode => ", item by item",
        _ => ", in one piece",
    };
    format!("`{}`{how}", style_name(parameter.style))
}

pub(super) fn style_name(style: ParameterStyle) -> &'static str {
    match style {
        ParameterStyle::Label => "label",
        ParameterStyle::Matrix => "matrix",
        ParameterStyle::Simple => "simple",
        ParameterStyle::Form => "form",
        ParameterStyle::Cookie => "cookie",
        ParameterStyle::SpaceDelimited => "spaceDelimited",
        ParameterStyle::PipeDelimited => "pipeDelimited",
        ParameterStyle::DeepObject => "deepObject",
    }
}

/// Compares queries that are one value as a whole (OpenAPI 3.2, `in: querystring`).
fn query_string(sides: &mut Sides<'_>, changes: &mut Changes<'_>, both: &Both<'_>, scope: &Scope) {
    let place = |contract: &Contract, query: &QueryString| contract.place_in(query.document, &query.pointer).1;
    let (old, new) = (both.old.query_string(), both.new.query_string());
    let places = (
        old.map(|query| place(sides.old.contract, query)).or_else(|| both.places.0.clone()),
        new.map(|query| place(sides.new.contract, query)).or_else(|| both.places.1.clone()),
    );
    let mut report = |rule: &Rule, message: &str| changes.push(rule, scope, message.to_owned(), places.clone());
    match (old, new) {
        (None, None) => {}
        (None, Some(new)) if new.required => {
            report(rules::REQUIRED_PARAMETER_ADDED, "A request must have a query that is one value now.");
        }
        (None, Some(_)) => report(rules::PARAMETER_ADDED, "A request may have a query that is one value now."),
        (Some(old), None) if old.required => {
            report(
                rules::REQUIRED_PARAMETER_REMOVED,
                "A request has no query that is one value any more; it had to have one.",
            );
        }
        (Some(_), None) => report(rules::PARAMETER_REMOVED, "A request has no query that is one value any more."),
        (Some(old), Some(new)) => {
            match (old.required, new.required) {
                (false, true) => report(rules::PARAMETER_BECAME_REQUIRED, "The query must be there now."),
                (true, false) => report(rules::PARAMETER_BECAME_OPTIONAL, "The query need not be there any more."),
                _ => {}
            }
            let contents = (std::slice::from_ref(&old.content), std::slice::from_ref(&new.content));
            bodies::contents(sides, changes, scope, "the query", contents, &places);
        }
    }
}
