//! Views: all schemas of a contract in JSON Schema 2020-12, at their own JSON Pointers, in one
//! document. Further documents of a contract stand below `/x-documents/<number>`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use jsonschema::{Draft, Registry};
use serde_json::{Map, Value};

use super::Direction;
use super::dialect::{self, Dialect, UNDECIDABLE};
use super::document::{At, Documents};
use super::effort::{has_key, has_patterns_that_go_back};
use super::format::Formats;
use super::one_way::{Clusters, may_require};
use super::schema::{CONTRACT, SchemaError};
use super::translate::{Exempt, Surroundings, translate, translate_part};
use super::walk::{Kind, Path, Visitor, walk};
use super::weight::Weights;
use crate::source::Pointer;

/// Where schemas of further documents stand in a view.
const FURTHER: &str = "x-documents";
/// How many references in a row are replaced by what they lead to.
const FAR: usize = 8;

/// What the addresses of schemas with an `$id` start with; the number of the document and the place follow.
const RESOURCE: &str = "https://contract.invalid/at/";

/// Where references that lead nowhere are taken to lead: to a schema that says nothing.
const NOWHERE: &str = "x-nowhere";

/// All schemas, ready to compile.
pub(super) struct View {
    pub(super) value: Arc<Value>,
    /// The addresses and places of schemas that have one.
    resources: Vec<(String, Pointer)>,
    registry: OnceLock<Result<Registry<'static>, String>>,
    weights: OnceLock<Weights>,
    goes_back: OnceLock<bool>,
    undecidable: OnceLock<bool>,
}

impl View {
    fn new(value: Value, resources: Vec<(String, Pointer)>) -> Self {
        Self {
            value: Arc::new(value),
            resources,
            registry: OnceLock::new(),
            weights: OnceLock::new(),
            goes_back: OnceLock::new(),
            undecidable: OnceLock::new(),
        }
    }

    /// Whether matching any of the patterns may go back over a text.
    pub(super) fn goes_back(&self) -> bool {
        *self.goes_back.get_or_init(|| has_patterns_that_go_back(&self.value))
    }

    /// Whether any schema is one by which nothing can be judged.
    pub(super) fn has_undecidable(&self) -> bool {
        *self.undecidable.get_or_init(|| has_key(&self.value, UNDECIDABLE))
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
            let contract = Registry::new().draft(Draft::Draft202012).add(CONTRACT, Arc::clone(&self.value));
            let own = |(address, place): &(String, Pointer)| {
                self.value.pointer(place.as_str()).map(|schema| (address.clone(), Arc::new(schema.clone())))
            };
            // None of them stands where a schema within the whole is looked for.
            let all = self.resources.iter().filter_map(own);
            all.fold(contract, |registry, (address, schema)| {
                registry.and_then(|registry| registry.add(address, schema))
            })
            .and_then(jsonschema::RegistryBuilder::prepare)
            .map_err(|error| format!("the schemas cannot be used: {error}"))
        });
        made.as_ref().map_err(|error| SchemaError(error.clone()))
    }
}

/// The place of a schema in any view.
pub(super) fn place(at: &At) -> Pointer {
    match at.document {
        0 => at.pointer.clone(),
        further => Pointer::root().join(FURTHER).index(further).concat(&at.pointer),
    }
}

/// The place in the documents of what stands at `pointer` of a view.
pub(super) fn written(documents: &Documents, pointer: &Pointer) -> At {
    let mut tokens: Vec<Cow<'_, str>> = pointer.tokens().collect();
    let further = (tokens.first().is_some_and(|token| token == FURTHER))
        .then(|| tokens.get(1).and_then(|number| number.parse::<usize>().ok()))
        .flatten()
        .filter(|number| *number < documents.all.len());
    tokens.drain(..if further.is_some() { 2 } else { 0 });
    let mut at = At::new(further.unwrap_or(0), Pointer::root());
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        let below = at.join(dialect::written(documents.value(&at), &token));
        at = match through(documents, &at, &token).filter(|_| documents.value(&below).is_none()) {
            None => below,
            Some(target) if documents.dialect(&at) == Dialect::V30 => {
                target.join(dialect::written(documents.value(&target), &token))
            }
            // The part that was made of a reference beside others: `allOf` and its number.
            Some(target) => {
                if token == "allOf" {
                    tokens.next();
                }
                target
            }
        };
    }
    at
}

/// Where the reference leads that a translation was put in the place of, at `at` or, for an item of
/// its `allOf`, above.
fn through(documents: &Documents, at: &At, token: &str) -> Option<At> {
    let above = at.pointer.parent().filter(|_| token.bytes().all(|b| b.is_ascii_digit()));
    let above = above.map(|pointer| At::new(at.document, pointer));
    let owner = if documents.reference(at).is_some() { at.clone() } else { above? };
    documents.target(owner.document, documents.reference(&owner)?).cloned()
}

/// Builds the view for one direction; `None`: what holds in both.
///
/// Dynamic references lead where plain ones do in what holds in both, which is there to be looked at.
pub(super) fn build(documents: &Documents, direction: Option<Direction>, formats: Formats) -> View {
    let dynamic = direction.is_some();
    let mut view = Value::Object(Map::new());
    let clusters = direction.map(|direction| RefCell::new(Clusters::new(documents, direction)));
    for at in roots(documents) {
        let Some(schema) = documents.value(&at) else { continue };
        let place = place(&at);
        if view.pointer(place.as_str()).is_some_and(|found| !is_scaffold(found)) {
            continue;
        }
        let (document, one_way) = (at.document, clusters.as_ref());
        let mut around = Around { documents, document, one_way, formats, dynamic, places: HashMap::new(), depth: 0 };
        let translated = translate(schema, documents.dialect(&at), &mut around);
        put(&mut view, &place, translated);
    }
    if let Value::Object(map) = &mut view {
        map.insert(NOWHERE.to_owned(), Value::Bool(true));
    }
    View::new(view, if dynamic { resources(documents) } else { Vec::new() })
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

/// The address of a schema that has an `$id`.
fn address(at: &At) -> String {
    let fragment = at.pointer.to_fragment();
    format!("{RESOURCE}{}{}", at.document, fragment.trim_start_matches('#'))
}

/// The nearest schema around a place that has an `$id`.
fn resource(documents: &Documents, at: &At) -> Option<At> {
    let ids = documents.all.get(at.document)?.identities.get()?;
    Some(At::new(at.document, ids.resource(&at.pointer))).filter(|at| !at.pointer.is_root())
}

/// The reference that leads to a place from anywhere, by way of the schema around it that has an
/// `$id`: dynamic scopes are made of those.
pub(super) fn full_reference(documents: &Documents, at: &At) -> String {
    match resource(documents, at) {
        Some(around) => {
            let rest = at.pointer.as_str().strip_prefix(around.pointer.as_str()).and_then(Pointer::parse);
            format!("{}{}", address(&around), rest.unwrap_or_default().to_fragment())
        }
        None => format!("{CONTRACT}{}", place(at).to_fragment()),
    }
}

/// All schemas that have an `$id`, with the addresses that they get.
fn resources(documents: &Documents) -> Vec<(String, Pointer)> {
    let ids =
        documents.all.iter().enumerate().filter_map(|(number, document)| Some((number, document.identities.get()?)));
    let all = ids.flat_map(|(number, ids)| ids.ids.iter().map(move |(_, pointer)| At::new(number, pointer.clone())));
    all.map(|at| (address(&at), place(&at))).collect()
}

/// The place in the views of what stands at an address, where it is one of [`address`].
pub(super) fn addressed(address: &str) -> Option<Pointer> {
    let (base, fragment) = address.split_once('#').unwrap_or((address, ""));
    let rest = base.strip_prefix(RESOURCE)?;
    let (document, pointer) = rest.split_once('/')?;
    let pointer = Pointer::from_fragment(&format!("/{pointer}"))?.concat(&Pointer::from_fragment(fragment)?);
    Some(place(&At::new(document.parse().ok()?, pointer)))
}

struct Around<'a, 'd> {
    documents: &'d Documents,
    document: usize,
    /// `None`: nothing goes one way here.
    one_way: Option<&'a RefCell<Clusters<'d>>>,
    formats: Formats,
    /// Whether dynamic references are told from plain ones.
    dynamic: bool,
    places: HashMap<String, String>,
    /// How many references were followed to get here.
    depth: usize,
}

impl Surroundings for Around<'_, '_> {
    fn formats(&self) -> Formats {
        self.formats
    }

    fn reference(&mut self, reference: &str) -> String {
        if let Some(known) = self.places.get(reference) {
            return known.clone();
        }
        let place = match self.documents.target(self.document, reference) {
            // Within a schema with an address of its own, relative references start there.
            Some(target) if self.dynamic => full_reference(self.documents, target),
            Some(target) => place(target).to_fragment(),
            None if self.dynamic => format!("{CONTRACT}#/{NOWHERE}"),
            None => format!("#/{NOWHERE}"),
        };
        self.places.insert(reference.to_owned(), place.clone());
        place
    }

    fn mapped(&mut self, reference: &str) -> Option<String> {
        self.documents.target(self.document, reference)?;
        Some(self.reference(reference))
    }

    fn address(&mut self, schema: &Map<String, Value>) -> Option<String> {
        let documents = self.documents;
        let ids = documents.all.get(self.document)?.identities.get().filter(|_| self.dynamic)?;
        let is_it = |pointer: &&Pointer| {
            let at = documents.value(&At::new(self.document, (*pointer).clone())).and_then(Value::as_object);
            at.is_some_and(|at| std::ptr::eq(at, schema))
        };
        let pointer = ids.ids.iter().map(|(_, pointer)| pointer).find(is_it)?;
        Some(address(&At::new(self.document, pointer.clone())))
    }

    fn dynamic(&mut self, reference: &str) -> Option<String> {
        let target = self.documents.target(self.document, reference).filter(|_| self.dynamic)?;
        let name = self.documents.value(target)?.get("$dynamicAnchor")?.as_str()?;
        if reference.rsplit_once('#')?.1 != name {
            return None;
        }
        // Without an `$id` around it there is no scope but the whole document.
        Some(format!("{}#{name}", address(&resource(self.documents, target)?)))
    }

    fn exempt(&mut self, schema: &Map<String, Value>) -> Vec<String> {
        match self.one_way {
            Some(clusters) if may_require(schema) => clusters.borrow_mut().of(self.document, schema).one_way,
            _ => Vec::new(),
        }
    }

    fn lifted(&mut self, reference: &str, exempt: &Exempt) -> Option<Value> {
        let clusters = self.one_way.filter(|_| self.depth < FAR)?;
        let target = self.documents.target(self.document, reference)?;
        let value = self.documents.value(target)?;
        let own = clusters.borrow_mut().of(target.document, value.as_object()?);
        let more = |name: &String| own.required.contains(name) && !own.one_way.contains(name);
        if !exempt.names.iter().any(more) {
            return None;
        }
        let mut around = Around { document: target.document, places: HashMap::new(), depth: self.depth + 1, ..*self };
        Some(translate_part(value, self.documents.dialect(target), &mut around, exempt.clone()))
    }
}
