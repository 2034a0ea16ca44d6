//! Compiled schemas: made when first used, kept, and asked cheaply.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Value, json};

use super::dialect::{Dialect, Surroundings, translate};
use super::document::{At, Documents};
use super::view::{self, OneWay, View};
use super::violation::{Explain, Violation};
use crate::source::Pointer;

/// The address that the view of a contract is registered under; nothing is ever fetched from it.
pub(super) const CONTRACT: &str = "https://contract.invalid/";
/// The address of a user's own schema.
const OWN: &str = "https://own.invalid/";
/// How often a pattern may go back before the matching is given up: under a millisecond.
const BACKTRACKS: usize = 20_000;

/// Which way a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the server: `readOnly` properties are not required.
    Request,
    /// From the server to the client: `writeOnly` properties are not required.
    Response,
}

/// A schema's place in the contract (which document of the set, and the pointer in it).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaRef {
    /// The number of the document; 0 is the one that the contract is named after.
    pub document: usize,
    /// The place in that document, an overlay on it applied.
    pub pointer: Pointer,
}

impl SchemaRef {
    pub(super) fn at(&self) -> At {
        At::new(self.document, self.pointer.clone())
    }
}

impl From<At> for SchemaRef {
    fn from(at: At) -> Self {
        Self { document: at.document, pointer: at.pointer }
    }
}

/// Why a schema cannot be judged by: what is wrong with it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(pub String);

/// A compiled schema.
#[derive(Clone)]
pub struct Schema {
    validator: Validator,
    // Not the schemas themselves: they hold this one.
    documents: Arc<Documents>,
    views: Arc<Views>,
    /// Where error paths without an address of their own start.
    own: bool,
}

impl Schema {
    /// Whether the value keeps the schema. A pattern that was given up counts as broken here:
    /// ask [`Schema::violations`] for the difference.
    pub fn is_valid(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// All violations (bounded to 50). Of the branches of a `oneOf` or `anyOf` the one is told that
    /// the discriminator names or that comes nearest, where one clearly does.
    pub fn violations(&self, value: &Value) -> Vec<Violation> {
        const MOST: usize = 50;
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let view = self.views.neutral(&self.documents);
        let explain = Explain { documents: &self.documents, view, own: self.own, whole: value };
        self.validator.iter_errors(value).flat_map(|error| explain.violations(&error)).take(MOST).collect()
    }
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Schema")
    }
}

type Compiled = Result<Arc<Schema>, SchemaError>;

/// The schemas of a contract.
pub(super) struct Schemas {
    pub(super) documents: Arc<Documents>,
    views: Arc<Views>,
    compiled: [RwLock<HashMap<SchemaRef, Compiled>>; 2],
}

/// The views of a contract, each made when first needed.
struct Views {
    one_way: OneWay,
    neutral: OnceLock<View>,
    request: OnceLock<View>,
    response: OnceLock<View>,
}

impl Views {
    fn neutral(&self, documents: &Documents) -> &View {
        self.neutral.get_or_init(|| view::build(documents, None))
    }

    fn of(&self, documents: &Documents, direction: Direction) -> &View {
        let (needed, cell) = match direction {
            Direction::Request => (self.one_way.read_only, &self.request),
            Direction::Response => (self.one_way.write_only, &self.response),
        };
        if needed { cell.get_or_init(|| view::build(documents, Some(direction))) } else { self.neutral(documents) }
    }
}

impl Schemas {
    pub(super) fn new(documents: Documents, one_way: OneWay) -> Self {
        let views = Views { one_way, neutral: OnceLock::new(), request: OnceLock::new(), response: OnceLock::new() };
        Self { documents: Arc::new(documents), views: Arc::new(views), compiled: Default::default() }
    }

    /// The view that holds in both directions.
    pub(super) fn neutral(&self) -> &View {
        self.views.neutral(&self.documents)
    }

    fn view(&self, direction: Direction) -> &View {
        self.views.of(&self.documents, direction)
    }

    /// A schema by its place in a view: the schema itself must stay where it is, or references
    /// relative to it would be lost.
    fn wrapper(&self, schema: &SchemaRef) -> Value {
        let place = view::place(&self.documents, &schema.at());
        json!({"$ref": format!("{CONTRACT}{}", place.to_fragment())})
    }

    pub(super) fn compiled(&self, schema: &SchemaRef, direction: Direction) -> Compiled {
        let cache = &self.compiled[usize::from(direction == Direction::Response)];
        if let Some(known) = cache.read().unwrap_or_else(PoisonError::into_inner).get(schema) {
            return known.clone();
        }
        // What many places refer to is compiled once.
        let target = SchemaRef::from(self.documents.follow_schema(&schema.at()));
        let made = if target == *schema {
            self.build(&self.wrapper(schema), self.view(direction), None).map(Arc::new)
        } else {
            self.compiled(&target, direction)
        };
        cache.write().unwrap_or_else(PoisonError::into_inner).entry(schema.clone()).or_insert(made).clone()
    }

    /// The compiled schema, made anew and not kept.
    pub(super) fn once(&self, schema: &SchemaRef, direction: Direction) -> Result<Schema, SchemaError> {
        self.build(&self.wrapper(schema), self.view(direction), None)
    }

    /// Whether a schema compiles, without keeping it.
    pub(super) fn check(&self, schema: &SchemaRef, direction: Direction) -> Result<(), SchemaError> {
        self.once(schema, direction).map(drop)
    }

    /// A user's own schema, whose references may lead into the contract.
    pub(super) fn own(&self, schema: &Value) -> Result<Schema, SchemaError> {
        let translated = translate(schema, Dialect::V31, &mut Own { schemas: self, schema });
        self.build(&translated, self.neutral(), Some(OWN))
    }

    fn build(&self, schema: &Value, view: &View, base: Option<&str>) -> Result<Schema, SchemaError> {
        view.bear(schema)?;
        let registry = view.registry()?;
        let mut options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(registry)
            .offline()
            .should_validate_formats(true)
            .with_format("byte", super::format::byte)
            .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS));
        if let Some(base) = base {
            options = options.with_base_uri(base);
        }
        let validator = options.build(schema).map_err(|error| self.build_error(&error))?;
        let (documents, views) = (Arc::clone(&self.documents), Arc::clone(&self.views));
        Ok(Schema { validator, documents, views, own: base.is_some() })
    }

    fn build_error(&self, error: &jsonschema::ValidationError<'_>) -> SchemaError {
        let place = Pointer::parse(error.schema_path().as_str()).unwrap_or_default();
        let written = view::written(&self.documents, &place);
        let told = super::violation::short(&error.to_string());
        SchemaError(format!("the schema at `{}` cannot be used: {told}", written.pointer))
    }
}

struct Own<'s> {
    schemas: &'s Schemas,
    schema: &'s Value,
}

impl Surroundings for Own<'_> {
    fn reference(&mut self, reference: &str) -> String {
        let within = Pointer::from_fragment(reference).filter(|_| reference.starts_with('#'));
        match within {
            Some(pointer) if self.schema.pointer(pointer.as_str()).is_none() => {
                let target = self.schemas.documents.resolve(0, &pointer);
                let target = target.unwrap_or_else(|_| At::new(0, pointer));
                format!("{CONTRACT}{}", view::place(&self.schemas.documents, &target).to_fragment())
            }
            _ => reference.to_owned(),
        }
    }
}
