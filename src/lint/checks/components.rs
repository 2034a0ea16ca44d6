//! The document as a whole, names of components, licences, examples.

use crate::lint::context::{Context, Problem};
use crate::lint::object::Kind;
use crate::lint::rules::{COMPONENT_NAME, EXCLUSIVE_FIELDS, MISSING_FIELD};
use crate::lint::version::Version;
use crate::lint::walk::{Node, clip};

pub(super) fn document(context: &mut Context<'_>, node: &Node<'_>) {
    let any = ["paths", "components", "webhooks"].iter().any(|field| node.map.contains_key(*field));
    if context.version >= Version::V31 && !any {
        let message = "the document has none of `paths`, `components` and `webhooks`";
        context.push(Problem::value(&MISSING_FIELD, node.place, message).section(Kind::OpenApi.section()));
    }
}

pub(super) fn names(context: &mut Context<'_>, node: &Node<'_>) {
    let is_right = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    for (group, map) in node.map.iter().filter(|(group, _)| !group.starts_with("x-")) {
        let place = node.at(group);
        for name in map.as_object().into_iter().flatten().map(|(name, _)| name) {
            if name.is_empty() || !is_right(name) {
                let message = format!("`{}` is no name for a component", clip(name));
                let problem = Problem::key(&COMPONENT_NAME, &place.key(name), message);
                context.push(problem.help("letters, digits, `.`, `-` and `_` are allowed"));
            }
        }
    }
}

pub(super) fn license(context: &mut Context<'_>, node: &Node<'_>) {
    exclusive(context, node, &["identifier", "url"]);
}

pub(super) fn example(context: &mut Context<'_>, node: &Node<'_>) {
    exclusive(context, node, &["value", "externalValue"]);
    exclusive(context, node, &["serializedValue", "externalValue"]);
    exclusive(context, node, &["value", "dataValue"]);
    exclusive(context, node, &["value", "serializedValue"]);
}

/// At most one of these fields may stand in an object.
pub(super) fn exclusive(context: &mut Context<'_>, node: &Node<'_>, fields: &[&str; 2]) {
    let [first, second] = *fields;
    if node.map.contains_key(first) && node.map.contains_key(second) {
        let message = format!("`{first}` and `{second}` exclude each other");
        let problem = Problem::key(&EXCLUSIVE_FIELDS, &node.at(second), message).section(node.kind.section());
        context.push(problem.label("not beside the other").also(node.at(first).spot(), "the other"));
    }
}
