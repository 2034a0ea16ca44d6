//! A contract: a document, the overlay on it and the promises beside it, ready to judge exchanges.
//!
//! Documents stay as they were read ([`serde_json::Value`]); what stands below an operation is
//! read when first asked for, schemas are compiled when first used. References are followed once,
//! while loading ([`Contract::load`]), so that a reference that leads nowhere is known then.
//! Every value of the contract has a place in a file ([`Contract::place`]): the vendor's document,
//! or the overlay that says more.

mod ask;
mod callback;
mod dialect;
mod document;
mod effort;
mod examples;
mod explain;
mod form;
mod format;
mod interop;
mod link;
mod lint;
mod load;
mod media;
mod multipart;
mod nearest;
mod one_way;
mod operation;
mod origin;
mod overlay;
mod parameter;
mod pattern;
mod preview;
mod promise;
mod reference;
mod router;
mod schema;
mod security;
mod sequence;
mod survey;
mod swagger;
mod translate;
mod undecidable;
mod view;
mod violation;
mod walk;
mod weight;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

pub use callback::Callback;
pub use format::Formats;
pub use load::Parts;
pub use media::{Body, Encoding, read_body};
pub use operation::{
    Example, HeaderSpec, MediaTypeSpec, Operation, QueryString, RequestBody, ResponseSpec, StatusPattern,
};
pub use parameter::{Location, Parameter, ParameterStyle, Raw, Shape};
pub(crate) use parameter::{cookie_pairs, query_pairs};
pub use pattern::{PatternFault, pattern_as_written, pattern_fault};
pub use promise::{CarriedBy, PROMISES_SCHEMA, Promise};
pub use schema::{Direction, Schema, SchemaError, SchemaRef};
pub use security::{SecurityKind, SecurityRequirement, SecurityScheme};
pub use sequence::{Items, is_sequential, read_items};
pub(crate) use survey::{Spot, Survey};
pub use violation::Violation;
pub(crate) use walk::Kind;

use crate::source::{Diagnostics, Place, Pointer, Source, did_you_mean};
use crate::verdict::Origin;

/// Brings the text of a document that another one refers to.
///
/// Names are normalised paths, resolved from the name of the document that the reference is in;
/// they never leave the folder that names start from, and what else may be read is decided here.
pub trait Retrieve: Send + Sync {
    /// The text of the document `name`; a plain-words reason where it cannot or may not be had.
    fn retrieve(&self, name: &str) -> Result<String, String>;

    /// The document at an `http:` or `https:` URL, named by the URL that it came from in the end: that
    /// is what its own references start from (RFC 3986, section 5.1.3). Nothing is fetched by default.
    fn fetch(&self, url: &str) -> Result<Source, Unfetched> {
        let _ = url;
        Err(Unfetched::NotAllowed("nothing is fetched from the network here".to_owned()))
    }
}

/// Why there is no document from a URL, in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfetched {
    /// Its host, or one that it redirects to, was not allowed.
    NotAllowed(String),
    /// It could not be had.
    Failed(String),
}

/// Brings nothing: for documents that stand alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Retrieve for Alone {
    fn retrieve(&self, _: &str) -> Result<String, String> {
        Err("no other document is read here".to_owned())
    }
}

/// A document, the overlay on it and the promises beside it.
pub struct Contract {
    name: String,
    servers: Vec<String>,
    operations: Vec<Operation>,
    webhooks: Vec<Operation>,
    /// Operations by operationId and by `METHOD /path`.
    by_name: HashMap<String, usize>,
    router: router::Router,
    promises: Vec<Promise>,
    security_schemes: Vec<SecurityScheme>,
    schemas: Arc<schema::Schemas>,
    shapes: std::sync::RwLock<HashMap<SchemaRef, Arc<Shape>>>,
}

/// What a method and path lead to.
#[derive(Debug)]
pub enum Route<'a> {
    /// An operation.
    Operation {
        /// The operation.
        operation: &'a Operation,
        /// Names and percent-decoded values of the path's parameters.
        path_parameters: Vec<(String, String)>,
    },
    /// The path is known, the method is not: what `Allow` would say.
    OtherMethods {
        /// The methods that are known there.
        allow: Vec<String>,
    },
    /// No operation has this path.
    Unknown,
}

impl Contract {
    /// Loads; on success the diagnostics are warnings.
    pub fn load(parts: Parts, retrieve: &dyn Retrieve) -> Result<(Self, Diagnostics), Diagnostics> {
        load::load(parts, retrieve, load::Holes::Refused)
    }

    /// Loads what there is: references that cannot be followed are errors beside the contract, which
    /// takes them to say nothing. For looking at documents, not for judging by them.
    pub fn load_with_holes(parts: Parts, retrieve: &dyn Retrieve) -> Result<(Self, Diagnostics), Diagnostics> {
        load::load(parts, retrieve, load::Holes::Told)
    }

    /// The documents that the contract is made of.
    pub(crate) fn survey(&self) -> Survey<'_> {
        Survey::new(&self.schemas.documents)
    }

    /// The name cases use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The document's `info.title`; empty where it has none.
    pub fn title(&self) -> &str {
        self.value().pointer("/info/title").and_then(Value::as_str).unwrap_or_default()
    }

    /// The document's file, as given.
    pub fn document(&self) -> &Source {
        &self.schemas.documents.all[0].source
    }

    /// The overlay's file, where there is one.
    pub fn overlay(&self) -> Option<&Source> {
        self.schemas.documents.all[0].overlay.as_ref()
    }

    /// URLs of `servers`, with each value that their variables may have, defaults first, as written
    /// (may be relative or empty); those of single paths and operations follow.
    pub fn servers(&self) -> &[String] {
        &self.servers
    }

    /// All operations below `paths`, in the document's order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// All operations below `webhooks` (OpenAPI 3.1, OpenAPI Object), in the document's order; the
    /// path of each is the webhook's name.
    pub fn webhooks(&self) -> &[Operation] {
        &self.webhooks
    }

    /// By operationId, or `METHOD /path/template` (or a concrete path that routes); `Err` holds the nearest known name.
    pub fn find(&self, wanted: &str) -> Result<&Operation, Option<String>> {
        let wanted = wanted.trim();
        if let Some(found) = self.by_name.get(wanted) {
            return Ok(&self.operations[*found]);
        }
        if let Some((method, path)) = wanted.split_once(char::is_whitespace) {
            let (method, path) = (method.to_ascii_uppercase(), path.trim_start());
            if let Some(found) = self.by_name.get(&format!("{method} {path}")) {
                return Ok(&self.operations[*found]);
            }
            if let Route::Operation { operation, .. } = self.route(&method, path) {
                return Ok(operation);
            }
        }
        // A path and an operationId are never each other's slip.
        let is_path = wanted.contains('/');
        let names = self.by_name.keys().map(String::as_str).filter(|name| name.contains('/') == is_path);
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        Err(did_you_mean(wanted, names).map(str::to_owned))
    }

    /// `path` is the raw path below the server's base path.
    pub fn route(&self, method: &str, path: &str) -> Route<'_> {
        match self.route_raw(method, path) {
            RawRoute::Operation { operation, values } => {
                let decoded = values.into_iter().map(|(name, value)| (name, router::decode(&value).into_owned()));
                Route::Operation { operation, path_parameters: decoded.collect() }
            }
            RawRoute::OtherMethods { allow } => Route::OtherMethods { allow },
            RawRoute::Unknown => Route::Unknown,
        }
    }

    /// The same with the values of path parameters still percent-encoded.
    pub(crate) fn route_raw(&self, method: &str, path: &str) -> RawRoute<'_> {
        let Some(found) = self.router.find(method, path) else { return RawRoute::Unknown };
        match found.operations.iter().find(|(known, _)| known == method) {
            Some((_, operation)) => {
                let operation = &self.operations[*operation];
                let ways = router::ways(&operation.path, path);
                let meant = ways.into_iter().find(|values| self.keeps_path(operation, values)).unwrap_or(found.values);
                RawRoute::Operation {
                    operation,
                    values: router::names(&operation.path).into_iter().zip(meant).collect(),
                }
            }
            None => {
                let allow = found.operations.iter().map(|(method, _)| method.clone()).collect();
                RawRoute::OtherMethods { allow }
            }
        }
    }

    /// Whether these values of path parameters, percent-encoded and in the path's order, keep their schemas.
    fn keeps_path(&self, operation: &Operation, values: &[String]) -> bool {
        router::names(&operation.path).iter().zip(values).all(|(name, value)| {
            let is_this = |parameter: &&Parameter| parameter.location == Location::Path && parameter.name == *name;
            let Some(parameter) = operation.parameters().iter().find(is_this) else { return true };
            let Some(schema) = parameter.value_schema() else { return true };
            let read = parameter.deserialise(&Raw::Text(Some(value)), &self.shape(schema));
            let compiled = self.schema(schema, Direction::Request);
            read.is_some_and(|read| read.is_ok_and(|value| compiled.is_ok_and(|compiled| compiled.is_valid(&value))))
        })
    }

    /// What the vendor says its API does.
    pub fn promises(&self) -> &[Promise] {
        &self.promises
    }

    /// The security scheme of this name.
    pub fn security_scheme(&self, name: &str) -> Option<&SecurityScheme> {
        self.security_schemes.iter().find(|scheme| scheme.name == name)
    }

    /// All security schemes, in the document's order.
    pub fn security_schemes(&self) -> &[SecurityScheme] {
        &self.security_schemes
    }

    /// Who says what stands at `pointer` of the contract (document with overlay), and where.
    /// The place's own pointer is that in the file it names.
    pub fn place(&self, pointer: &Pointer) -> (Origin, Place) {
        self.place_in(0, pointer)
    }

    /// The same for one of the further documents that references lead to.
    pub fn place_in(&self, document: usize, pointer: &Pointer) -> (Origin, Place) {
        let all = &self.schemas.documents.all;
        let document = all.get(document).unwrap_or(&all[0]);
        let (is_overlay, source, pointer) = document.locate_origin(pointer);
        let origin = if is_overlay { Origin::Overlay } else { Origin::Document };
        (origin, source.place(&pointer))
    }

    /// The merged document (overlay applied).
    pub fn value(&self) -> &Value {
        &self.schemas.documents.all[0].value
    }

    /// The compiled schema for values going in this direction (readOnly/writeOnly, 3.0 dialect); compiled once, cached.
    pub fn schema(&self, schema: &SchemaRef, direction: Direction) -> Result<Arc<Schema>, SchemaError> {
        self.schemas.compiled(schema, direction)
    }

    /// The same, made anew and not kept: for looking at many schemas, each a few times.
    pub(crate) fn schema_once(&self, schema: &SchemaRef, direction: Direction) -> Result<Schema, SchemaError> {
        self.schemas.once(schema, direction)
    }

    /// What `format` says of values from here on: to be called before anything is judged. Formats
    /// are asserted otherwise.
    pub fn set_formats(&self, formats: Formats) {
        self.schemas.set_formats(formats);
    }

    /// Compiles a user's own 2020-12 schema whose `$ref`s may point into this contract (`#/components/...`).
    pub fn compile(&self, schema: &Value) -> Result<Schema, SchemaError> {
        self.schemas.own(schema)
    }

    /// The schema as written, internal `$ref`s at its top followed (for generation and reports), normalised to 2020-12.
    pub fn schema_value(&self, schema: &SchemaRef) -> &Value {
        const ANYTHING: &Value = &Value::Bool(true);
        let root = &self.schemas.neutral().value;
        let at = self.schemas.documents.follow_schema(&schema.at());
        root.pointer(view::place(&at).as_str()).unwrap_or(ANYTHING)
    }

    /// Follows an internal `$ref` of a normalised schema: the pointer's value, for walking (generation).
    pub fn resolve_ref(&self, reference: &str, _base: &SchemaRef) -> Option<&Value> {
        let pointer = Pointer::from_fragment(reference).filter(|_| reference.starts_with('#'))?;
        self.schemas.neutral().value.pointer(pointer.as_str())
    }

    /// Where a schema stands among all schemas in JSON Schema 2020-12, references at its top
    /// followed that say all there is to say.
    pub(crate) fn normalised_place(&self, schema: &SchemaRef) -> Pointer {
        view::place(&self.schemas.documents.follow_schema(&schema.at()))
    }

    /// What stands at this place among all schemas in JSON Schema 2020-12.
    pub(crate) fn normalised(&self, place: &Pointer) -> Option<&Value> {
        self.schemas.neutral().value.pointer(place.as_str())
    }

    /// The number of the document, and the place in it, that a place of [`Contract::normalised`] comes from.
    pub(crate) fn written(&self, place: &Pointer) -> (usize, Pointer) {
        let at = view::written(&self.schemas.documents, place);
        (at.document, at.pointer)
    }

    /// What is written at `pointer` of one of the documents, overlay applied.
    pub(crate) fn value_in(&self, document: usize, pointer: &Pointer) -> Option<&Value> {
        self.schemas.documents.all.get(document)?.value.pointer(pointer.as_str())
    }

    /// What kinds of value a schema takes: for reading parameters and forms.
    pub fn shape(&self, schema: &SchemaRef) -> Arc<Shape> {
        let poisoned = std::sync::PoisonError::into_inner;
        if let Some(known) = self.shapes.read().unwrap_or_else(poisoned).get(schema) {
            return Arc::clone(known);
        }
        let shape = Arc::new(Shape::of(self.schema_value(schema), &self.schemas.neutral().value));
        let mut shapes = self.shapes.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(shapes.entry(schema.clone()).or_insert(shape))
    }

    /// A warning for everything odd that is taken in stride: keywords without effect, parameters
    /// that are not in their path, schemas that cannot be used. Takes a while on large documents.
    pub fn diagnose(&self) -> Diagnostics {
        lint::check(self)
    }

    /// A warning for every example of a body, parameter or header that breaks its own schema.
    pub fn check_examples(&self) -> Diagnostics {
        examples::check(self)
    }
}

impl std::fmt::Debug for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Contract({}, {} operations)", self.name, self.operations.len())
    }
}

/// A route whose path parameters are as they were sent.
pub(crate) enum RawRoute<'a> {
    Operation { operation: &'a Operation, values: Vec<(String, String)> },
    OtherMethods { allow: Vec<String> },
    Unknown,
}

#[cfg(test)]
mod tests;
