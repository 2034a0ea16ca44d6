//! Operations, their ids and tags, and links to them.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::parameters::duplicates;
use super::paths::METHODS;
use crate::contract::Spot;
use crate::lint::Change;
use crate::lint::context::{Context, Problem};
use crate::lint::object::Kind;
use crate::lint::rules::{
    ADDITIONAL_OPERATION, DUPLICATE_OPERATION_ID, DUPLICATE_TAG, MISSING_FIELD, UNDECLARED_TAG, UNEXPECTED_BODY,
    UNKNOWN_LINK_TARGET,
};
use crate::lint::walk::{Node, clip};
use crate::source::{Severity, did_you_mean};

pub(super) fn path_item(context: &mut Context<'_>, node: &Node<'_>) {
    duplicates(context, node);
    let place = node.at("additionalOperations");
    for (method, _) in node.object("additionalOperations").into_iter().flatten() {
        if METHODS.contains(&method.to_ascii_lowercase().as_str()) {
            let field = method.to_ascii_lowercase();
            let message = format!("`{method}` has a field of its own in a Path Item Object");
            let problem = Problem::key(&ADDITIONAL_OPERATION, &place.key(method), message);
            context.push(problem.help(format!("describe it as `{field}`")));
        }
    }
}

pub(super) fn operation(context: &mut Context<'_>, node: &Node<'_>) {
    duplicates(context, node);
    let method = node.place.last_key().unwrap_or_default();
    if matches!(method, "get" | "head" | "delete" | "trace") && node.map.contains_key("requestBody") {
        let message = format!("a body of a {} request has no meaning by HTTP", method.to_uppercase());
        let problem = Problem::key(&UNEXPECTED_BODY, &node.at("requestBody"), message);
        context.push(problem.help("servers and proxies may drop or refuse it (RFC 9110, section 9.3)"));
    }
    let declared = context.survey.root(0).get("tags").and_then(Value::as_array);
    if let Some(declared) = declared.filter(|declared| !declared.is_empty()) {
        let names: Vec<&str> = declared.iter().filter_map(|tag| tag.get("name")?.as_str()).collect();
        let place = node.at("tags");
        for (index, tag) in node.list("tags").iter().enumerate() {
            let Some(tag) = tag.as_str().filter(|tag| !names.contains(tag)) else { continue };
            let message = format!("the tag `{}` is not declared under `tags`", clip(tag));
            let problem = Problem::value(&UNDECLARED_TAG, &place.index(index), message);
            context.push(match did_you_mean(tag, names.iter().copied()) {
                Some(near) => problem.help(format!("did you mean `{near}`?")).severity(Severity::Warning),
                None => {
                    let declared = json!([{"name": tag}]);
                    problem.fix(Spot::default(), Change::update("tags", declared))
                }
            });
        }
    }
}

pub(super) fn tags(context: &mut Context<'_>, node: &Node<'_>) {
    let place = node.at("tags");
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (index, tag) in node.list("tags").iter().enumerate() {
        let Some(name) = tag.get("name").and_then(Value::as_str) else { continue };
        if let Some(first) = seen.get(name) {
            let message = format!("the tag `{}` is declared twice", clip(name));
            let here = place.index(index);
            let problem = Problem::value(&DUPLICATE_TAG, &here.key("name"), message);
            let problem = problem.also(place.index(*first).key("name").spot(), "first here");
            context.push(problem.fix(here.spot(), Change::Remove));
        } else {
            seen.insert(name, index);
        }
    }
    for (index, tag) in node.list("tags").iter().enumerate() {
        let Some(parent) = tag.get("parent").and_then(Value::as_str) else { continue };
        if !seen.contains_key(parent) {
            let message = format!("the parent tag `{}` is not declared", clip(parent));
            context.push(Problem::value(&UNDECLARED_TAG, &place.index(index).key("parent"), message));
        }
    }
}

pub(super) fn link(context: &mut Context<'_>, node: &Node<'_>) {
    super::components::exclusive(context, node, &["operationRef", "operationId"]);
    let id = node.text("operationId");
    if id.is_none() && !node.map.contains_key("operationRef") {
        let message = "a link needs `operationId` or `operationRef`";
        context.push(Problem::key(&MISSING_FIELD, node.place, message).section(Kind::Link.section()));
    }
    let Some(id) = id else { return };
    let names = context.operation_ids.get_or_init(|| ids(context).into_iter().map(|(id, _)| id).collect());
    if !names.contains(id) {
        let near = did_you_mean(id, names.iter().copied());
        let message = format!("no operation has the id `{}`", clip(id));
        let problem = Problem::value(&UNKNOWN_LINK_TARGET, &node.at("operationId"), message);
        context.push(match near {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        });
    }
}

pub(super) fn duplicate_ids(context: &mut Context<'_>) {
    let mut first: HashMap<&str, Spot> = HashMap::new();
    for (id, spot) in ids(context) {
        if let Some(before) = first.get(id) {
            let message = format!("the operationId `{}` is used twice", clip(id));
            let problem = Problem::spot(&DUPLICATE_OPERATION_ID, spot.join("operationId"), message);
            context.push(problem.also(before.join("operationId"), "first here"));
        } else {
            first.insert(id, spot);
        }
    }
}

/// The ids of all operations of the first document's paths and webhooks, with the operations' places.
fn ids<'c>(context: &Context<'c>) -> Vec<(&'c str, Spot)> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for group in ["paths", "webhooks"] {
        let at = Spot::default().join(group);
        let items = context.survey.value(&at).and_then(Value::as_object);
        for (template, item) in items.into_iter().flatten() {
            let spot = at.join(template);
            let (spot, item) = if item.get("$ref").is_some() { context.resolve(&spot) } else { (spot, Some(item)) };
            for method in METHODS {
                let operation = item.and_then(|item| item.get(method));
                let id = operation.and_then(|operation| operation.get("operationId")?.as_str());
                // One path item may stand at several paths.
                if let Some(id) = id
                    && seen.insert(spot.join(method))
                {
                    found.push((id, spot.join(method)));
                }
            }
        }
    }
    found
}
