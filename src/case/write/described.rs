//! What a contract says of the values of a body, place by place.

use serde_json::Value;

use crate::contract::{Contract, Operation, SchemaRef};
use crate::exchange::Response;
use crate::source::{Place, Pointer};

/// The most schemas that speak of one value, and the deepest that they are nested in each other.
const MOST: usize = 64;
const DEEPEST: usize = 24;

/// The schemas that speak of a value.
#[derive(Clone, Debug, Default)]
pub(super) struct Described(Vec<Pointer>);

/// What they say.
pub(super) struct Facts {
    pub(super) format: Option<(String, Place)>,
    pub(super) read_only: Option<Place>,
}

impl Described {
    /// The body of a response of this operation.
    pub(super) fn body(contract: &Contract, operation: Option<&Operation>, response: &Response) -> Self {
        let described = operation.and_then(|operation| operation.response(response.status));
        let (Some(described), Some(media)) = (described, response.media_type()) else { return Self::default() };
        let fitting = described.content.iter().filter(|entry| entry.range.matches(&media));
        let schema = fitting.max_by_key(|entry| entry.range.specificity()).and_then(|entry| entry.schema.as_ref());
        schema.map(|schema| Self::of(contract, schema)).unwrap_or_default()
    }

    /// A value that has this schema.
    pub(super) fn of(contract: &Contract, schema: &SchemaRef) -> Self {
        let mut out = Self::default();
        out.add(contract, &contract.normalised_place(schema), 0);
        out
    }

    /// The property or item of this name or number.
    pub(super) fn below(&self, contract: &Contract, token: &str, in_list: bool) -> Self {
        let mut out = Self::default();
        for at in &self.0 {
            let Some(schema) = contract.normalised(at) else { continue };
            let found = if in_list {
                let prefixed = at.join("prefixItems").join(token);
                let prefixed = contract.normalised(&prefixed).map(|_| prefixed);
                prefixed.or_else(|| schema.get("items").map(|_| at.join("items")))
            } else {
                let named = schema.get("properties").and_then(|all| all.get(token));
                let named = named.map(|_| at.join("properties").join(token));
                named.or_else(|| schema.get("additionalProperties").map(|_| at.join("additionalProperties")))
            };
            if let Some(found) = found {
                out.add(contract, &found, 0);
            }
        }
        out
    }

    /// The schema, what it refers to and what it is composed of.
    fn add(&mut self, contract: &Contract, at: &Pointer, depth: usize) {
        let Some(schema) = contract.normalised(at).filter(|_| depth < DEEPEST && self.0.len() < MOST) else { return };
        if self.0.contains(at) {
            return;
        }
        self.0.push(at.clone());
        let reference = schema.get("$ref").and_then(Value::as_str).filter(|reference| reference.starts_with('#'));
        if let Some(target) = reference.and_then(Pointer::from_fragment) {
            self.add(contract, &target, depth + 1);
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            for index in 0..schema.get(key).and_then(Value::as_array).map_or(0, Vec::len) {
                self.add(contract, &at.join(key).index(index), depth + 1);
            }
        }
    }

    pub(super) fn facts(&self, contract: &Contract) -> Facts {
        let place = |at: &Pointer| {
            let (document, pointer) = contract.written(at);
            contract.place_in(document, &pointer).1
        };
        let said =
            |key: &'static str| self.0.iter().filter_map(move |at| Some((contract.normalised(at)?.get(key)?, at)));
        let format =
            said("format").find_map(|(format, at)| Some((format.as_str()?.to_owned(), place(&at.join("format")))));
        let read_only = said("readOnly").find(|(value, _)| **value == true).map(|(_, at)| place(&at.join("readOnly")));
        Facts { format, read_only }
    }
}
