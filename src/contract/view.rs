//! Views: all schemas of a contract in JSON Schema 2020-12, at their own JSON Pointers, in one
//! document. Further documents of a contract stand below `/x-documents/<number>`.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use jsonschema::{Draft, Registry};
use serde_json::{Map, Value};

use super::Direction;
use super::dialect::{Surroundings, translate};
use super::document::{At, Documents};
use super::effort::has_patterns_that_go_back;
use super::schema::{CONTRACT, SchemaError};
use super::walk::{Kind, Path, Visitor, walk};
use super::weight::Weights;
use crate::source::Pointer;

/// Where schemas of further documents stand in a view.
const FURTHER: &str = "x-documents";
/// How far `readOnly` and `writeOnly` are looked for through references and `allOf`.
const FAR: usize = 8;

/// Where references that lead nowhere are taken to lead: to a schema that says nothing.
const NOWHERE: &str = "x-nowhere";

/// All schemas, ready to compile.
pub(super) struct View {
    pub(super) value: Arc<Value>,
    registry: OnceLock<Result<Registry<'static>, String>>,
    weights: OnceLock<Weights>,
    goes_back: OnceLock<bool>,
}

impl View {
    fn new(value: Value) -> Self {
        Self { value: Arc::new(value), registry: OnceLock::new(), weights: OnceLock::new(), goes_back: OnceLock::new() }
    }

    /// Whether matching any of the patterns may go back over a text.
    pub(super) fn goes_back(&self) -> bool {
        *self.goes_back.get_or_init(|| has_patterns_that_go_back(&self.value))
    }

    fn weights(&self) -> &Weights {
        self.weights.get_or_init(|| Weights::of(&self.value))
    }

    /// The longest way through references and parts that judges one value.
    pub(super) fn longest(&self) -> usize {
        self.weights().longest()
    }

    /// Refuses a schema that meets one which multiplies beyond measure.
    pub(super) fn bear(&self, schema: &Value) -> Result<(), SchemaError> {
        if self.weights().is_met(&self.value, schema) {
            let message = "the schema multiplies by its parts: judging by it would never end";
            return Err(SchemaError(message.to_owned()));
        }
        Ok(())
    }

    /// All schemas under the address [`CONTRACT`], looked through once.
    pub(super) fn registry(&self) -> Result<&Registry<'static>, SchemaError> {
        let made = self.registry.get_or_init(|| {
            Registry::new()
                .draft(Draft::Draft202012)
                .add(CONTRACT, Arc::clone(&self.value))
                .and_then(jsonschema::RegistryBuilder::prepare)
                .map_err(|error| format!("the schemas cannot be used: {error}"))
        });
        made.as_ref().map_err(|error| SchemaError(error.clone()))
    }
}

/// Whether any schema says `readOnly` or `writeOnly`: if none does, all views are the same.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OneWay {
    pub(super) read_only: bool,
    pub(super) write_only: bool,
}

/// The place of a schema in any view.
pub(super) fn place(documents: &Documents, at: &At) -> Pointer {
    let Some(document) = documents.all.get(at.document) else { return at.pointer.clone() };
    let translated = document.dialect.to_translated(&document.value, &at.pointer);
    if at.document == 0 {
        return translated;
    }
    Pointer::root().join(FURTHER).index(at.document).concat(&translated)
}

/// The place in the documents of what stands at `pointer` of a view.
pub(super) fn written(documents: &Documents, pointer: &Pointer) -> At {
    let mut tokens = pointer.tokens();
    let further = (tokens.next().as_deref() == Some(FURTHER))
        .then(|| tokens.next().and_then(|number| number.parse::<usize>().ok()))
        .flatten()
        .filter(|number| *number < documents.all.len());
    let (document, rest) = match further {
        Some(number) => (number, tokens.fold(Pointer::root(), |at, token| at.join(&token))),
        None => (0, pointer.clone()),
    };
    let held = &documents.all[document];
    At::new(document, held.dialect.to_written(&held.value, &rest))
}

/// Builds the view for one direction; `None`: what holds in both.
pub(super) fn build(documents: &Documents, direction: Option<Direction>) -> View {
    let mut view = Value::Object(Map::new());
    for at in roots(documents) {
        let Some(schema) = documents.value(&at) else { continue };
        let place = place(documents, &at);
        if view.pointer(place.as_str()).is_some_and(|found| !is_scaffold(found)) {
            continue;
        }
        let mut around = Around { documents, document: at.document, direction, places: HashMap::new() };
        let translated = translate(schema, documents.dialect(&at), &mut around);
        put(&mut view, &place, translated);
    }
    if let Value::Object(map) = &mut view {
        map.insert(NOWHERE.to_owned(), Value::Bool(true));
    }
    View::new(view)
}

/// The schemas that do not stand inside others, and all targets of references.
pub(super) fn roots(documents: &Documents) -> Vec<At> {
    struct Roots<'r>(usize, &'r mut Vec<At>);
    impl Visitor for Roots<'_> {
        fn reference(&mut self, _: &str, _: Kind, _: &Path<'_>) {}
        fn schema(&mut self, at: &Path<'_>) {
            self.1.push(At::new(self.0, at.pointer()));
        }
    }
    let mut all = Vec::new();
    for (number, document) in documents.all.iter().enumerate() {
        if document.value.get("openapi").is_some() || number == 0 {
            let mut roots = Roots(number, &mut all);
            walk(&document.value, Kind::OpenApi, &Pointer::root(), document.dialect, &mut roots);
        }
    }
    for (at, kind) in &documents.targets {
        if let Some(value) = documents.value(at) {
            walk(value, *kind, &at.pointer, documents.dialect(at), &mut Roots(at.document, &mut all));
        }
    }
    // The outer before what is inside it, so that each is translated once.
    all.sort();
    all.dedup();
    all
}

/// Marks what was only made to hold something deeper.
const SCAFFOLD: &str = "x-scaffold";

fn is_scaffold(value: &Value) -> bool {
    value.get(SCAFFOLD).is_some()
}

fn put(view: &mut Value, place: &Pointer, schema: Value) {
    let mut at = view;
    for token in place.tokens() {
        if !(at.is_object() || at.is_array()) {
            *at = scaffold();
        }
        at = match at {
            Value::Array(items) => {
                let Some(item) = token.parse().ok().and_then(|index: usize| items.get_mut(index)) else { return };
                item
            }
            Value::Object(map) => map.entry(token.into_owned()).or_insert_with(scaffold),
            _ => return,
        };
    }
    *at = schema;
}

fn scaffold() -> Value {
    serde_json::json!({SCAFFOLD: true})
}

struct Around<'d> {
    documents: &'d Documents,
    document: usize,
    direction: Option<Direction>,
    places: HashMap<String, String>,
}

impl Around<'_> {
    fn is_one_way(&self, document: usize, schema: &Value, depth: usize) -> bool {
        let keyword = match self.direction {
            None => return false,
            Some(Direction::Request) => "readOnly",
            Some(Direction::Response) => "writeOnly",
        };
        if depth > FAR {
            return false;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
            && let Some(target) = self.documents.target(document, reference)
            && self.documents.value(target).is_some_and(|value| self.is_one_way(target.document, value, depth + 1))
        {
            return true;
        }
        schema.get(keyword) == Some(&Value::Bool(true))
            || schema
                .get("allOf")
                .and_then(Value::as_array)
                .is_some_and(|parts| parts.iter().any(|part| self.is_one_way(document, part, depth + 1)))
    }

    /// The one-way properties of the parts that `schema` is made of by `allOf` and `$ref`.
    fn collect(&self, document: usize, schema: &Map<String, Value>, depth: usize, names: &mut Vec<String>) {
        if depth > FAR {
            return;
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            if self.is_one_way(document, property, 0) {
                names.push(name.clone());
            }
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
            && let Some(target) = self.documents.target(document, reference)
            && let Some(Value::Object(part)) = self.documents.value(target)
        {
            self.collect(target.document, part, depth + 1, names);
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            if let Value::Object(part) = part {
                self.collect(document, part, depth + 1, names);
            }
        }
    }
}

impl Surroundings for Around<'_> {
    fn reference(&mut self, reference: &str) -> String {
        if let Some(known) = self.places.get(reference) {
            return known.clone();
        }
        let place = match self.documents.target(self.document, reference) {
            Some(target) => place(self.documents, target).to_fragment(),
            None => format!("#/{NOWHERE}"),
        };
        self.places.insert(reference.to_owned(), place.clone());
        place
    }

    fn is_exempt(&mut self, property: &Value) -> bool {
        self.is_one_way(self.document, property, 0)
    }

    fn exempt_names(&mut self, schema: &Map<String, Value>) -> Vec<String> {
        let mut names = Vec::new();
        if self.direction.is_some() && schema.contains_key("allOf") {
            self.collect(self.document, schema, 0, &mut names);
        }
        names
    }
}
