//! Where an item, or a list of them, is in a body: at most two names deep.

use super::look::{Look, Node, is};
use super::names::{IDENTIFIERS, LISTS, WRAPPERS, fold, singular};

/// How deep a body is looked into.
const DEEPEST: usize = 2;
/// The most properties that are looked into.
const MOST: usize = 100;

/// The folded names that help to tell what is what.
pub(super) struct Envelopes {
    /// The collection's last segment.
    pub(super) segment: String,
    /// One of it.
    pub(super) one: String,
    /// The item's path parameter.
    pub(super) parameter: String,
}

impl Envelopes {
    /// Whether something says which item it is.
    pub(super) fn name<'c>(&self, look: Look<'c>, node: &Node<'c>) -> bool {
        look.properties(node).keys().any(|name| {
            let folded = fold(name);
            folded == self.parameter
                || IDENTIFIERS[..6].contains(&folded.as_str())
                || folded.len() > 2 && self.parameter.ends_with(&folded)
        })
    }
}

/// The list in a body, and the schema of its items. With `item` known, a list of something else is none.
pub(super) fn find_list<'c>(
    look: Look<'c>,
    body: &Node<'c>,
    item: Option<&Node<'c>>,
    names: &Envelopes,
) -> Option<(Vec<String>, Node<'c>)> {
    if is(body.value, "array") {
        let items = look.items(body)?;
        return is_item(look, &items).then(|| (Vec::new(), items));
    }
    let mut found: Vec<(u32, Vec<String>, Node<'c>)> = Vec::new();
    walk(look, body, &mut Vec::new(), &mut |path, node| {
        if !is(node.value, "array") {
            return;
        }
        let Some(items) = look.items(node).filter(|items| is_item(look, items)) else { return };
        let name = path.last().map(|name| fold(name)).unwrap_or_default();
        let same =
            item.map(|item| if item.place == items.place { 100 } else { u32::from(look.alike(item, &items)) * 50 });
        let named = if name == names.segment || singular(&name) == names.one {
            20
        } else {
            u32::from(LISTS.contains(&name.as_str())) * 10
        };
        let depth = u32::from(path.len() == 1);
        // A list of unlike things beside the item's own schema is not the list.
        if same == Some(0) && named == 0 {
            return;
        }
        found.push((same.unwrap_or(0) + named + depth, path.to_vec(), items));
    });
    let best = found.iter().map(|(score, _, _)| *score).max()?;
    let mut winners = found.into_iter().filter(|(score, _, _)| *score == best);
    let (_, path, items) = winners.next()?;
    winners.next().is_none().then_some((path, items))
}

/// The item in a body. Without a better place, the body itself where it is an object.
pub(super) fn find_item<'c>(
    look: Look<'c>,
    body: &Node<'c>,
    item: Option<&Node<'c>>,
    names: &Envelopes,
) -> Option<(Vec<String>, Node<'c>)> {
    let bare = || is_item(look, body).then(|| (Vec::new(), body.clone()));
    if item.is_some_and(|item| item.place == body.place) {
        return bare();
    }
    // What has an id and is like the item is the item, whatever is like one within it.
    if item.is_some_and(|item| look.alike(item, body)) && has_id(look, body, names) {
        return bare();
    }
    let mut wrapped: Vec<(u32, Vec<String>, Node<'c>)> = Vec::new();
    walk(look, body, &mut Vec::new(), &mut |path, node| {
        if !is_item(look, node) || is(node.value, "array") {
            return;
        }
        let name = path.last().map(|name| fold(name)).unwrap_or_default();
        let named = u32::from(name == names.one || WRAPPERS.contains(&name.as_str()) && name != "attributes");
        let same = item.map_or(0, |item| {
            if item.place == node.place { 100 } else { u32::from(named > 0 && look.alike(item, node)) * 50 }
        });
        if same + named > 0 {
            wrapped.push((same + named * 10 + u32::from(path.len() == 1), path.to_vec(), node.clone()));
        }
    });
    wrapped.sort_by_key(|(score, _, _)| std::cmp::Reverse(*score));
    let best = wrapped.into_iter().next();
    match best {
        Some((score, path, node)) if score >= 50 => Some((path, node)),
        // An item has an id of its own; what only wraps one has not.
        Some((_, path, node)) if !has_id(look, body, names) && (item.is_none() || look.alike(item?, &node)) => {
            Some((path, node))
        }
        _ => bare(),
    }
}

fn has_id<'c>(look: Look<'c>, node: &Node<'c>, names: &Envelopes) -> bool {
    look.properties(node).keys().any(|name| {
        let folded = fold(name);
        folded == names.parameter || IDENTIFIERS[..6].contains(&folded.as_str())
    })
}

/// Whether something with properties, or of which nothing is known, is meant.
fn is_item<'c>(look: Look<'c>, node: &Node<'c>) -> bool {
    node.value.as_object().is_some_and(serde_json::Map::is_empty)
        || node.value == &serde_json::Value::Bool(true)
        || is(node.value, "object")
        || !look.properties(node).is_empty()
}

/// Visits what is in a body, two names deep.
fn walk<'c>(look: Look<'c>, node: &Node<'c>, path: &mut Vec<String>, visit: &mut dyn FnMut(&[String], &Node<'c>)) {
    if path.len() >= DEEPEST || is(node.value, "array") {
        return;
    }
    for (name, property) in look.properties(node).into_iter().take(MOST) {
        let inner = look.follow(property);
        path.push(name.to_owned());
        visit(path, &inner);
        walk(look, &inner, path, visit);
        path.pop();
    }
}
