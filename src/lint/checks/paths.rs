//! Path templates, and the parameters that they name.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::contract::Spot;
use crate::lint::Change;
use crate::lint::context::{Context, Problem};
use crate::lint::rules::{PATH_CLASH, PATH_PARAMETER_UNDECLARED, PATH_PARAMETER_UNUSED, PATH_QUERY, PATH_SYNTAX};
use crate::lint::walk::{Node, clip, list};
use crate::source::did_you_mean;

/// The fields of a Path Item Object that hold operations.
pub(super) const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

pub(super) fn paths(context: &mut Context<'_>, node: &Node<'_>) {
    let mut known: HashMap<String, &str> = HashMap::new();
    for (template, item) in node.map.iter().filter(|(template, _)| !template.starts_with("x-")) {
        let spot = node.at(template).spot();
        if !template.starts_with('/') {
            let message = format!("the path `{}` does not start with `/`", clip(template));
            context
                .push(Problem::spot(&PATH_SYNTAX, spot.clone(), message).help(format!("write `/{}`", clip(template))));
        }
        if template.contains(['?', '#']) {
            let message = format!("the path `{}` has a query or fragment, which is never compared", clip(template));
            let problem = Problem::spot(&PATH_QUERY, spot.clone(), message);
            context.push(problem.help("describe what is in the query as parameters"));
        }
        let names = match names(template) {
            Ok(names) => names,
            Err(reason) => {
                let message = format!("the path `{}` {reason}", clip(template));
                context.push(Problem::spot(&PATH_SYNTAX, spot, message));
                continue;
            }
        };
        let shape = shape(template);
        match known.get(shape.as_str()) {
            Some(before) => {
                let message = format!("`{}` is the same path as `{}`", clip(template), clip(before));
                let problem = Problem::spot(&PATH_CLASH, spot.clone(), message).label("cannot be told from the other");
                context.push(problem.also(node.at(before).spot(), "the other").help(
                    "names of parameters do not tell paths apart; make them one path, or differ in a literal segment",
                ));
            }
            None => {
                known.insert(shape, template);
            }
        }
        parameters(context, &spot, template, item, &names);
    }
}

/// The names in a template, or what is wrong with it.
fn names(template: &str) -> Result<Vec<&str>, String> {
    let mut names = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find(['{', '}']) {
        if rest.as_bytes()[open] == b'}' {
            return Err("has a `}` without its `{`".to_owned());
        }
        let after = &rest[open + 1..];
        let Some(close) = after.find(['{', '}']).filter(|at| after.as_bytes()[*at] == b'}') else {
            return Err("has a `{` without its `}`".to_owned());
        };
        let name = &after[..close];
        if name.is_empty() {
            return Err("has a parameter without a name".to_owned());
        }
        if names.contains(&name) {
            return Err(format!("names the parameter `{name}` twice"));
        }
        names.push(name);
        rest = &after[close + 1..];
    }
    Ok(names)
}

/// The template without the names of its parameters.
fn shape(template: &str) -> String {
    let mut shape = String::with_capacity(template.len());
    let mut inside = false;
    for character in template.chars() {
        inside = inside && character != '}';
        if !inside {
            shape.push(character);
        }
        inside = inside || character == '{';
    }
    shape
}

fn parameters(context: &mut Context<'_>, spot: &Spot, template: &str, item: &Value, names: &[&str]) {
    let mut items = vec![(spot.clone(), item)];
    if item.get("$ref").is_some() {
        let (spot, value) = context.resolve(spot);
        items.extend(value.map(|value| (spot, value)));
    }
    let shared: Vec<(String, Spot)> = items.iter().flat_map(|(spot, item)| declared(context, spot, item)).collect();
    let mut some_operation = false;
    for (spot, item) in &items {
        let Some(item) = item.as_object() else { continue };
        let fixed = METHODS.iter().filter_map(|method| Some((*method, item.get(*method)?, spot.join(method))));
        let more = item.get("additionalOperations").and_then(Value::as_object).into_iter().flatten();
        let more = more.map(|(method, value)| (method.as_str(), value, spot.join("additionalOperations").join(method)));
        for (method, operation, spot) in fixed.chain(more) {
            some_operation = true;
            let own = declared(context, &spot, operation);
            undeclared(context, &spot, &format!("{} {template}", method.to_uppercase()), names, &shared, &own);
            unused(context, template, names, &own);
        }
    }
    if some_operation {
        unused(context, template, names, &shared);
    }
}

/// The path parameters that an operation or path item declares, references followed.
fn declared(context: &Context<'_>, owner: &Spot, value: &Value) -> Vec<(String, Spot)> {
    let list = owner.join("parameters");
    let count = value.get("parameters").and_then(Value::as_array).map_or(0, Vec::len);
    let name = |index: usize| {
        let spot = list.index(index);
        let (_, parameter) = context.resolve(&spot);
        let is_path = parameter?.get("in").and_then(Value::as_str) == Some("path");
        let name = parameter?.get("name")?.as_str()?;
        is_path.then(|| (name.to_owned(), spot))
    };
    (0..count).filter_map(name).collect()
}

fn undeclared(
    context: &mut Context<'_>,
    spot: &Spot,
    operation: &str,
    names: &[&str],
    shared: &[(String, Spot)],
    own: &[(String, Spot)],
) {
    let known = || own.iter().chain(shared).map(|(name, _)| name.as_str());
    for name in names.iter().filter(|name| !known().any(|known| known == **name)) {
        let message = format!("`{}` does not declare the path parameter `{name}`", clip(operation));
        let problem = Problem::spot(&PATH_PARAMETER_UNDECLARED, spot.clone(), message);
        let near = did_you_mean(name, known().filter(|known| !names.contains(known)));
        let declared = json!([{"name": name, "in": "path", "required": true, "schema": {"type": "string"}}]);
        let problem = problem.fix(spot.clone(), Change::update("parameters", declared));
        context.push(match near {
            Some(near) => problem.help(format!("is `{near}` meant to be `{name}`?")),
            None => problem.help(format!("add a parameter `name: {name}`, `in: path`, `required: true`")),
        });
    }
}

fn unused(context: &mut Context<'_>, template: &str, names: &[&str], declared: &[(String, Spot)]) {
    for (name, spot) in declared.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
        let message = format!("the path `{}` has no parameter `{}`", clip(template), clip(name));
        let problem = Problem::spot(&PATH_PARAMETER_UNUSED, spot.clone(), message).label("never sent");
        context.push(match names {
            [] => problem,
            names => problem.help(format!("the path's parameters are {}", list(names))),
        });
    }
}
