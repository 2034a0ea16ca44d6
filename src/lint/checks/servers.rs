//! Server Objects.

use serde_json::Value;

use crate::lint::context::{Context, Problem};
use crate::lint::rules::SERVER_VARIABLE;
use crate::lint::walk::Node;
use crate::source::Severity;

pub(super) fn server(context: &mut Context<'_>, node: &Node<'_>) {
    let Some(url) = node.text("url") else { return };
    let variables = node.object("variables");
    let used = names(url);
    for name in &used {
        if !variables.is_some_and(|variables| variables.contains_key(*name)) {
            let message = format!("the variable `{name}` of this URL is not defined");
            let problem = Problem::value(&SERVER_VARIABLE, &node.at("url"), message);
            context.push(problem.help(format!("add `variables: {{{name}: {{default: …}}}}`")));
        }
    }
    let all = node.at("variables");
    for (name, variable) in variables.into_iter().flatten() {
        let place = all.key(name);
        if !used.contains(&name.as_str()) {
            let message = format!("the variable `{name}` is not in the server's URL");
            context.push(Problem::key(&SERVER_VARIABLE, &place, message).severity(Severity::Warning));
        }
        let (default, options) = (variable.get("default"), variable.get("enum").and_then(Value::as_array));
        let Some(options) = options else { continue };
        if options.is_empty() {
            let message = format!("the `enum` of the variable `{name}` is empty");
            context.push(Problem::value(&SERVER_VARIABLE, &place.key("enum"), message));
        } else if let Some(default) = default.filter(|default| !options.contains(default)) {
            let message = format!("the default {default} of the variable `{name}` is not in its `enum`");
            context.push(Problem::value(&SERVER_VARIABLE, &place.key("default"), message));
        }
    }
}

fn names(url: &str) -> Vec<&str> {
    let inside = url.split('{').skip(1).filter_map(|after| after.split_once('}'));
    inside.map(|(name, _)| name).collect()
}
