//! Promises: what a vendor says its API does, each with its own words and where they stand.

use std::collections::HashMap;

use serde_json::Value;

use super::link::limits;
use crate::source::{
    Diagnostic, Diagnostics, Fields, Limits, Node, Place, Pointer, Severity, Source, did_you_mean, read,
};

/// The JSON Schema of ledgers, `<name>.promises.yaml`.
pub const PROMISES_SCHEMA: &str = include_str!("promises.schema.json");

/// Something the vendor says its API does.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    /// Its short name.
    pub id: String,
    /// The vendor's own words.
    pub says: String,
    /// What enforces it.
    pub carried_by: CarriedBy,
    /// Where the words stand.
    pub place: Option<Place>,
}

/// What enforces a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarriedBy {
    /// A schema of the document.
    Schema,
    /// Words or an example only: an overlay or a case has to.
    Prose,
}

/// Reads a ledger of promises. `where` must point into `document` as it was read.
pub(super) fn decode(
    ledger: &Source,
    name: &str,
    document: &Value,
    source: &Source,
    faults: &mut Diagnostics,
) -> Vec<Promise> {
    let strict = Limits { duplicate_keys: Severity::Error, ..limits() };
    let (value, diagnostics) = read(ledger, &strict);
    faults.extend(diagnostics);
    let Some(value) = value else { return Vec::new() };
    let Some(mut fields) = Node::root(&value, ledger).fields(faults) else { return Vec::new() };
    if let Some(contract) = fields.require("contract", faults)
        && let Some(said) = contract.string(faults)
        && said != name
    {
        let message = format!("these are promises of `{said}`, not of `{name}`");
        faults.push(contract.error("other-contract", message).help(format!("write `contract: {name}`")));
    }
    let items = fields.require("promises", faults).map(|list| list.items(faults)).unwrap_or_default();
    fields.finish(faults);
    let mut ids: HashMap<&str, Pointer> = HashMap::new();
    let mut promises = Vec::new();
    for item in &items {
        let Some(fields) = item.fields(faults) else { continue };
        let Some((id, promise)) = promise(fields, document, source, faults) else { continue };
        if let Some(first) = ids.insert(id, item.at.clone()) {
            let diagnostic = Diagnostic::error("duplicate-id", format!("the promise `{id}` stands twice"));
            let diagnostic = diagnostic.at_value(ledger, &item.at.join("id"), "again");
            faults.push(diagnostic.at_value(ledger, &first.join("id"), "first here"));
        }
        promises.push(promise);
    }
    promises
}

fn promise<'a>(
    mut fields: Fields<'a>,
    document: &Value,
    source: &Source,
    faults: &mut Diagnostics,
) -> Option<(&'a str, Promise)> {
    let id = fields.require("id", faults).and_then(|id| id.string(faults));
    let says = fields.require("says", faults).and_then(|says| says.string(faults));
    let place = fields.require("where", faults).and_then(|node| place(&node, document, source, faults));
    let carried_by = fields.require("carried-by", faults).and_then(|node| carried_by(&node, faults));
    fields.finish(faults);
    let id = id?;
    Some((id, Promise { id: id.to_owned(), says: says?.to_owned(), carried_by: carried_by?, place }))
}

fn carried_by(node: &Node<'_>, faults: &mut Diagnostics) -> Option<CarriedBy> {
    match node.string(faults)? {
        "schema" => Some(CarriedBy::Schema),
        "prose" => Some(CarriedBy::Prose),
        other => {
            let message = format!("a promise is not carried by `{other}`");
            let near = did_you_mean(other, ["schema", "prose"]);
            let help = near.map_or("write `schema` or `prose`".to_owned(), |near| format!("did you mean `{near}`?"));
            faults.push(node.error("unknown-value", message).help(help));
            None
        }
    }
}

fn place(node: &Node<'_>, document: &Value, source: &Source, faults: &mut Diagnostics) -> Option<Place> {
    let text = node.string(faults)?;
    let pointer = Pointer::from_fragment(text).filter(|_| text.starts_with('#'));
    let Some(pointer) = pointer else {
        let message = format!("`{text}` is no place in a document");
        faults
            .push(node.error("not-a-pointer", message).help("write a JSON Pointer: `#/paths/~1pets/get/description`"));
        return None;
    };
    if document.pointer(pointer.as_str()).is_none() {
        let message = format!("`{text}` does not exist in `{}`", source.name());
        let diagnostic = node.error("no-such-place", message);
        let mut parent = document;
        let mut near = None;
        for token in pointer.tokens() {
            let below = match parent {
                Value::Object(map) => map.get(&*token),
                Value::Array(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => None,
            };
            let Some(below) = below else {
                let keys = parent.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
                near = did_you_mean(&token, keys).map(|near| format!("`{token}` is missing; did you mean `{near}`?"));
                near = near.or_else(|| Some(format!("`{token}` is missing")));
                break;
            };
            parent = below;
        }
        faults.push(match near {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
        return None;
    }
    Some(source.place(&pointer))
}
