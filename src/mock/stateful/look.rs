//! Looking at schemas: where references lead, which properties there are, which schemas are the same.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::contract::{Contract, SchemaRef};
use crate::source::Pointer;

/// How many references and single branches are followed.
const FAR: usize = 16;
/// How deep branches are looked into for properties.
const DEEP: usize = 8;
/// The most schemas that one look takes in.
const MOST: usize = 400;

/// A schema and its place among all schemas in JSON Schema 2020-12.
#[derive(Clone, Debug)]
pub(super) struct Node<'c> {
    pub(super) value: &'c Value,
    pub(super) place: Pointer,
}

/// The schemas of a contract.
#[derive(Clone, Copy)]
pub(super) struct Look<'c>(pub(super) &'c Contract);

impl<'c> Look<'c> {
    /// What a schema of the document comes down to.
    pub(super) fn at(self, schema: &SchemaRef) -> Option<Node<'c>> {
        let place = self.0.normalised_place(schema);
        Some(self.follow(Node { value: self.0.normalised(&place)?, place }))
    }

    /// The schema's place in the document, for compiling it.
    pub(super) fn reference(self, node: &Node<'c>) -> SchemaRef {
        let (document, pointer) = self.0.written(&node.place);
        SchemaRef { document, pointer }
    }

    /// Where references lead, and branches that are the only one that says something.
    pub(super) fn follow(self, mut node: Node<'c>) -> Node<'c> {
        for _ in 0..FAR {
            let Some(map) = node.value.as_object() else { break };
            let Some(next) = self.target(map).or_else(|| only_branch(&node, map)) else { break };
            node = next;
        }
        node
    }

    fn target(self, map: &Map<String, Value>) -> Option<Node<'c>> {
        let place = Pointer::from_fragment(map.get("$ref")?.as_str()?)?;
        Some(Node { value: self.0.normalised(&place)?, place })
    }

    /// The properties of an object, those of all its branches; each followed.
    pub(super) fn properties(self, node: &Node<'c>) -> IndexMap<&'c str, Node<'c>> {
        let (mut found, mut left) = (IndexMap::new(), MOST);
        self.collect(node.clone(), &mut found, 0, &mut left);
        found
    }

    fn collect(self, node: Node<'c>, found: &mut IndexMap<&'c str, Node<'c>>, depth: usize, left: &mut usize) {
        if depth > DEEP || *left == 0 {
            return;
        }
        *left -= 1;
        let node = self.follow(node);
        let Some(map) = node.value.as_object() else { return };
        for (name, value) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let place = node.place.join("properties").join(name);
            found.entry(name.as_str()).or_insert_with(|| Node { value, place });
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            for (index, value) in map.get(key).and_then(Value::as_array).into_iter().flatten().enumerate() {
                let place = node.place.join(key).index(index);
                self.collect(Node { value, place }, found, depth + 1, left);
            }
        }
    }

    /// One property, followed.
    pub(super) fn property(self, node: &Node<'c>, name: &str) -> Option<Node<'c>> {
        self.properties(node).swap_remove(name).map(|found| self.follow(found))
    }

    /// What a list is made of.
    pub(super) fn items(self, node: &Node<'c>) -> Option<Node<'c>> {
        let map = node.value.as_object()?;
        if let Some(value) = map.get("items") {
            return Some(self.follow(Node { value, place: node.place.join("items") }));
        }
        let parts = map.get("allOf")?.as_array()?.iter().enumerate();
        parts.take(FAR).find_map(|(index, value)| {
            let part = self.follow(Node { value, place: node.place.join("allOf").index(index) });
            let value = part.value.get("items")?;
            Some(self.follow(Node { value, place: part.place.join("items") }))
        })
    }

    /// Whether both are one schema, or look alike: most properties of the smaller one are the other's.
    pub(super) fn alike(self, one: &Node<'c>, other: &Node<'c>) -> bool {
        if one.place == other.place {
            return true;
        }
        let (one, other) = (self.properties(one), self.properties(other));
        let shared = one.keys().filter(|name| other.contains_key(*name)).count();
        let smaller = one.len().min(other.len());
        smaller > 0 && shared * 3 >= smaller * 2
    }

    /// Whether any of what a property says is true of it: `readOnly`, say.
    pub(super) fn says(self, node: &Node<'c>, key: &str) -> bool {
        let says = |value: &Value| value.get(key) == Some(&Value::Bool(true));
        // Beside a reference, what stands before it is followed counts too.
        says(node.value) || says(self.follow(node.clone()).value) || {
            let parts = node.value.get("allOf").and_then(Value::as_array);
            parts.is_some_and(|parts| parts.iter().any(says))
        }
    }
}

/// The only branch of a schema that has nothing else to say about its value.
fn only_branch<'c>(node: &Node<'c>, map: &'c Map<String, Value>) -> Option<Node<'c>> {
    if map.contains_key("properties") || map.contains_key("items") {
        return None;
    }
    ["allOf", "anyOf", "oneOf"].iter().find_map(|key| {
        let branches = map.get(*key)?.as_array()?;
        let is_null = |branch: &Value| branch.get("type").and_then(Value::as_str) == Some("null");
        let says = |branch: &Value| {
            *key != "allOf"
                || ["$ref", "properties", "items", "type", "allOf", "oneOf", "anyOf"]
                    .iter()
                    .any(|key| branch.get(key).is_some())
        };
        let mut telling = branches.iter().enumerate().filter(|(_, branch)| !is_null(branch) && says(branch));
        let (index, value) = telling.next()?;
        telling.next().is_none().then(|| Node { value, place: node.place.join(key).index(index) })
    })
}

/// The types that a schema names; empty where it names none.
pub(super) fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a schema is of this type: says so, or has what only that type has.
pub(super) fn is(schema: &Value, kind: &str) -> bool {
    let types = types(schema);
    if !types.is_empty() {
        return types.contains(&kind);
    }
    let has = |keys: &[&str]| keys.iter().any(|key| schema.get(key).is_some());
    match kind {
        "object" => has(&["properties", "allOf", "oneOf", "anyOf", "additionalProperties"]),
        "array" => has(&["items", "prefixItems"]),
        _ => false,
    }
}
