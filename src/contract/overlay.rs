//! Overlays (Overlay Specification 1.0 and 1.1): changes to a document, each with its origin kept.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use super::link::limits;
use super::origin::{Origins, Whence};
use super::reference::normalise;
use crate::source::{Diagnostic, Diagnostics, Fields, Limits, Node, Pointer, Severity, Source, read};

/// Applies the overlay to the value of `document`. Faults are told; what could be applied was.
pub(super) fn apply(
    value: &mut Value,
    origins: &mut Origins,
    document: &Source,
    overlay: &Source,
    faults: &mut Diagnostics,
) {
    let strict = Limits { duplicate_keys: Severity::Error, ..limits() };
    let (read, diagnostics) = read(overlay, &strict);
    faults.extend(diagnostics);
    if let Some(tree) = read {
        let actions = decode(&Node::root(&tree, overlay), document, faults);
        for action in actions {
            action.apply(value, origins, overlay, faults);
        }
    }
}

struct Action<'a> {
    target: JsonPath,
    change: Change<'a>,
    at: Pointer,
}

enum Change<'a> {
    Update(&'a Value),
    Copy(JsonPath),
    Remove,
}

fn decode<'a>(root: &Node<'a>, document: &Source, faults: &mut Diagnostics) -> Vec<Action<'a>> {
    let Some(mut fields) = root.fields(faults) else { return Vec::new() };
    if let Some(version) = fields.require("overlay", faults)
        && let Some(text) = version.string(faults)
        && !(text.starts_with("1.0.") || text.starts_with("1.1."))
    {
        let message = format!("overlay version `{text}` is not supported");
        faults.push(version.error("unsupported-version", message).help("write `overlay: 1.0.0` or `overlay: 1.1.0`"));
    }
    if let Some(mut info) = fields.require("info", faults).and_then(|info| info.fields(faults)) {
        for key in ["title", "version"] {
            info.require(key, faults).map(|node| node.string(faults));
        }
        info.string("description", faults);
        info.finish(faults);
    }
    if let Some(extends) = fields.get("extends") {
        check_extends(&extends, document, faults);
    }
    let actions = fields.require("actions", faults);
    fields.finish(faults);
    let items = actions.as_ref().map(|actions| actions.items(faults)).unwrap_or_default();
    // The specification's schema says both (Overlay Object, `actions`).
    if let Some(actions) = actions.filter(|_| items.is_empty() && !faults.has_errors()) {
        faults.push(
            actions
                .error("no-actions", "an overlay has at least one action")
                .help("name a `target`, and an `update` or `remove: true`"),
        );
    }
    let mut seen = std::collections::HashSet::new();
    for item in &items {
        if !seen.insert(item.value.to_string()) {
            faults.push(
                item.error("action-twice", "this action stands in the overlay twice").help("take one of them out"),
            );
        }
    }
    items.iter().filter_map(|item| action(item, faults)).collect()
}

fn check_extends(extends: &Node<'_>, document: &Source, faults: &mut Diagnostics) {
    let Some(named) = extends.string(faults) else { return };
    let same = match normalise(named, extends.source.name()) {
        Ok(file) => normalise(document.name(), "").unwrap_or_else(|_| document.name().replace('\\', "/")) == file,
        // A URL may well be where the document was fetched from; only the file's name can be compared.
        Err(_) => named.rsplit('/').next() == document.name().rsplit(['/', '\\']).next(),
    };
    if !same {
        let message = format!("the overlay extends `{named}`, but it is applied to `{}`", document.name());
        let mut diagnostic = extends.error("extends-another", message).help("correct `extends`, or leave it out");
        diagnostic.severity = Severity::Warning;
        faults.push(diagnostic);
    }
}

fn action<'a>(node: &Node<'a>, faults: &mut Diagnostics) -> Option<Action<'a>> {
    let mut fields = node.fields(faults)?;
    let target = fields.require("target", faults).and_then(|target| path(&target, faults));
    fields.string("description", faults);
    let remove = fields.boolean("remove", faults).unwrap_or(false);
    let change = change(&mut fields, remove, faults);
    fields.finish(faults);
    Some(Action { target: target?, change: change?, at: node.at.clone() })
}

/// `remove` beats the other two, `update` beats `copy` (section "Action Object").
fn change<'a>(fields: &mut Fields<'a>, remove: bool, faults: &mut Diagnostics) -> Option<Change<'a>> {
    let update = fields.get("update");
    let copy = fields.get("copy").and_then(|copy| path(&copy, faults));
    if remove {
        return Some(Change::Remove);
    }
    let change = update.map(|update| Change::Update(update.value)).or(copy.map(Change::Copy));
    if change.is_none() {
        let diagnostic = fields.node().error("action-without-change", "the action changes nothing");
        faults.push(diagnostic.help("say `update`, `copy` or `remove: true`"));
    }
    change
}

fn path(node: &Node<'_>, faults: &mut Diagnostics) -> Option<JsonPath> {
    let text = node.string(faults)?;
    match JsonPath::parse(text) {
        Ok(path) => Some(path),
        Err(error) => {
            let message = format!("`{text}` is no JSONPath: {}", error.message());
            faults.push(node.error("not-a-path", message).help("JSONPath is RFC 9535: `$.paths['/pets'].get`"));
            None
        }
    }
}

impl Action<'_> {
    fn apply(&self, value: &mut Value, origins: &mut Origins, overlay: &Source, faults: &mut Diagnostics) {
        let targets = select(&self.target, value);
        if targets.is_empty() {
            let message = format!("`{}` selects nothing in the document", self.target);
            let diagnostic = Diagnostic::error("target-without-match", message);
            faults.push(diagnostic.at_value(overlay, &self.at.join("target"), "selects nothing"));
            return;
        }
        match &self.change {
            Change::Remove => remove(&targets, value, origins),
            Change::Update(update) => self.merge(&targets, update, "update", value, origins, overlay, faults),
            Change::Copy(from) => match select(from, value).as_slice() {
                [from] => {
                    let copied = value.pointer(from.as_str()).cloned().unwrap_or_default();
                    self.merge(&targets, &copied, "copy", value, origins, overlay, faults);
                }
                found => {
                    let message = format!("`copy` selects {} values; it must select one", found.len());
                    let diagnostic = Diagnostic::error("copy-not-one", message);
                    faults.push(diagnostic.at_value(overlay, &self.at.join("copy"), ""));
                }
            },
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the document and its origins change together")]
    fn merge(
        &self,
        targets: &[Pointer],
        update: &Value,
        key: &str,
        value: &mut Value,
        origins: &mut Origins,
        overlay: &Source,
        faults: &mut Diagnostics,
    ) {
        let from = self.at.join(key);
        // What is copied has no place of its own in the overlay: the action is its place.
        let mut merge = Merge { origins, within: key == "update" };
        for target in targets {
            let Some(found) = value.pointer_mut(target.as_str()) else { continue };
            match (found, update) {
                (Value::Object(map), Value::Object(update)) => merge.objects(map, update, target, &from),
                // A selected list gets the value as one more item.
                (Value::Array(items), update) => merge.append(items, std::slice::from_ref(update), target, &from, true),
                (Value::Object(_), _) => {
                    let message = "a mapping can only be updated with a mapping";
                    let diagnostic = Diagnostic::error("update-does-not-fit", message);
                    faults.push(diagnostic.at_value(overlay, &from, "no mapping"));
                    return;
                }
                (found, update) => {
                    *found = update.clone();
                    merge.set(target, &from);
                }
            }
        }
    }
}

fn select(path: &JsonPath, value: &Value) -> Vec<Pointer> {
    let located = path.query_located(value);
    located.locations().filter_map(|location| Pointer::parse(&location.to_json_pointer())).collect()
}

struct Merge<'o> {
    origins: &'o mut Origins,
    /// Whether the values stand in the overlay's text, below the action's field.
    within: bool,
}

impl Merge<'_> {
    fn set(&mut self, at: &Pointer, from: &Pointer) {
        self.origins.set(at, Whence::Overlay(from.clone()));
    }

    fn below(&self, from: &Pointer, token: &str) -> Pointer {
        if self.within { from.join(token) } else { from.clone() }
    }

    fn objects(&mut self, target: &mut Map<String, Value>, update: &Map<String, Value>, at: &Pointer, from: &Pointer) {
        for (key, value) in update {
            let (at, from) = (at.join(key), self.below(from, key));
            match (target.get_mut(key), value) {
                (Some(Value::Object(target)), Value::Object(update)) => self.objects(target, update, &at, &from),
                (Some(Value::Array(target)), Value::Array(update)) => self.append(target, update, &at, &from, false),
                _ => {
                    target.insert(key.clone(), value.clone());
                    self.set(&at, &from);
                }
            }
        }
    }

    fn append(&mut self, target: &mut Vec<Value>, update: &[Value], at: &Pointer, from: &Pointer, whole: bool) {
        for (index, value) in update.iter().enumerate() {
            let from = if whole { from.clone() } else { self.below(from, &index.to_string()) };
            self.set(&at.index(target.len()), &from);
            target.push(value.clone());
        }
    }
}

/// Removes all targets; those of one list in one pass, since every removal moves what follows.
fn remove(targets: &[Pointer], value: &mut Value, origins: &mut Origins) {
    let mut by_parent: BTreeMap<Pointer, Vec<String>> = BTreeMap::new();
    for target in targets {
        if let (Some(parent), Some(last)) = (target.parent(), target.last()) {
            by_parent.entry(parent).or_default().push(last.into_owned());
        } else {
            *value = Value::Object(Map::new());
        }
    }
    // The last first: what stands below another target must go before that moves.
    for (parent, keys) in by_parent.into_iter().rev() {
        match value.pointer_mut(parent.as_str()) {
            Some(Value::Object(map)) => {
                let gone: std::collections::HashSet<&String> = keys.iter().collect();
                map.retain(|key, _| !gone.contains(key));
                for key in &keys {
                    origins.remove_key(&parent, key);
                }
            }
            Some(Value::Array(items)) => {
                let gone: std::collections::HashSet<usize> = keys.iter().filter_map(|key| key.parse().ok()).collect();
                let kept: Vec<usize> = (0..items.len()).filter(|index| !gone.contains(index)).collect();
                let mut index = 0..;
                items.retain(|_| index.next().is_some_and(|index| !gone.contains(&index)));
                origins.keep_items(&parent, &kept);
            }
            _ => {}
        }
    }
}
