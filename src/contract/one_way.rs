//! Properties that go one way: `readOnly` ones need not be in a request, `writeOnly` ones not in a
//! response, even where they are `required` (OpenAPI 3.0.3, Schema Object).
//!
//! The property and the `required` that names it may stand apart: behind a reference, in another
//! part of `allOf`, in a branch of `anyOf`. What counts is all that judges one value together.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::Direction;
use super::dialect::Dialect;
use super::document::Documents;

/// How far `readOnly` and `writeOnly` of one property are looked for through references and `allOf`.
const FAR: usize = 8;
/// The most schemas that are looked at for one value.
const MOST: usize = 500;

/// Whether any schema says `readOnly` or `writeOnly`, or `$dynamicRef`: if none does, all views are the same.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OneWay {
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    /// Whether any schema refers to another one by its dynamic scope.
    pub(super) dynamic: bool,
}

/// What the schemas say that judge one value together.
#[derive(Clone, Debug, Default)]
pub(super) struct Cluster {
    /// The properties that go the other way alone.
    pub(super) one_way: Vec<String>,
    /// The names that are required.
    pub(super) required: Vec<String>,
}

/// Whether a schema may require something of a value, itself or by its parts.
pub(super) fn may_require(schema: &Map<String, Value>) -> bool {
    let keywords = ["required", "$ref", "allOf", "anyOf", "oneOf", "then", "else", "dependentSchemas"];
    keywords.iter().any(|keyword| schema.contains_key(*keyword))
}

/// The clusters of schemas for one direction.
pub(super) struct Clusters<'d> {
    documents: &'d Documents,
    keyword: &'static str,
    /// What schemas say themselves, by address.
    own: HashMap<usize, Rc<Cluster>>,
}

impl<'d> Clusters<'d> {
    pub(super) fn new(documents: &'d Documents, direction: Direction) -> Self {
        let keyword = match direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        Self { documents, keyword, own: HashMap::new() }
    }

    /// What `schema` and all that judge the same value with it say; what is looked at is bounded.
    pub(super) fn of(&mut self, document: usize, schema: &Map<String, Value>) -> Cluster {
        let mut cluster = Cluster::default();
        let (mut seen, mut left) = (HashSet::new(), vec![(document, schema)]);
        while let Some((document, schema)) = left.pop() {
            if seen.len() >= MOST || !seen.insert(std::ptr::from_ref(schema) as usize) {
                continue;
            }
            let own = self.own(document, schema);
            cluster.one_way.extend(own.one_way.iter().cloned());
            cluster.required.extend(own.required.iter().cloned());
            self.parts(document, schema, &mut left);
        }
        cluster
    }

    fn parts<'s>(
        &self,
        document: usize,
        schema: &'s Map<String, Value>,
        left: &mut Vec<(usize, &'s Map<String, Value>)>,
    ) where
        'd: 's,
    {
        if let Some(target) =
            schema.get("$ref").and_then(Value::as_str).and_then(|r| self.documents.target(document, r))
            && let Some(Value::Object(part)) = self.documents.value(target)
        {
            left.push((target.document, part));
        }
        if self.ignores_siblings(document, schema) {
            return;
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let parts = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
            left.extend(parts.filter_map(Value::as_object).map(|part| (document, part)));
        }
        let parts = ["then", "else"].iter().filter_map(|keyword| schema.get(*keyword)?.as_object());
        left.extend(parts.map(|part| (document, part)));
    }

    fn ignores_siblings(&self, document: usize, schema: &Map<String, Value>) -> bool {
        schema.contains_key("$ref")
            && self.documents.all.get(document).is_some_and(|document| document.dialect == Dialect::V30)
    }

    fn own(&mut self, document: usize, schema: &Map<String, Value>) -> Rc<Cluster> {
        let address = std::ptr::from_ref(schema) as usize;
        if let Some(known) = self.own.get(&address) {
            return Rc::clone(known);
        }
        let mut own = Cluster::default();
        if !self.ignores_siblings(document, schema) {
            let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let one_way = properties.filter(|(_, property)| self.is_one_way(document, property, 0));
            own.one_way = one_way.map(|(name, _)| name.clone()).collect();
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            own.required = required.filter_map(Value::as_str).map(str::to_owned).collect();
        }
        Rc::clone(self.own.entry(address).or_insert(Rc::new(own)))
    }

    fn is_one_way(&self, document: usize, property: &Value, depth: usize) -> bool {
        if depth > FAR {
            return false;
        }
        if let Some(reference) = property.get("$ref").and_then(Value::as_str)
            && let Some(target) = self.documents.target(document, reference)
            && self.documents.value(target).is_some_and(|value| self.is_one_way(target.document, value, depth + 1))
        {
            return true;
        }
        property.get(self.keyword) == Some(&Value::Bool(true))
            || property
                .get("allOf")
                .and_then(Value::as_array)
                .is_some_and(|parts| parts.iter().any(|part| self.is_one_way(document, part, depth + 1)))
    }
}
