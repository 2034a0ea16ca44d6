//! Compiled schemas: made when first used, kept, and asked cheaply.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, Registry, Validator};
use serde_json::{Value, json};

use super::dialect::{Dialect, UNDECIDABLE};
use super::document::{At, Documents};
use super::effort::{self, Roots, Spot};
use super::explain::Walk;
use super::format::{self, Formats};
use super::one_way::OneWay;
use super::pattern::{PatternFault, pattern_as_written, pattern_fault};
use super::preview::short;
use super::translate::{Surroundings, translate};
use super::undecidable::Undecidable;
use super::view::{self, View};
use super::violation::{Explain, Violation};
use crate::source::Pointer;

/// The address that the view of a contract is registered under; nothing is ever fetched from it.
pub(super) const CONTRACT: &str = "https://contract.invalid/";
/// The address of a user's own schema.
pub(super) const OWN: &str = "https://own.invalid/";
/// The address of questions about parts of schemas.
pub(super) const ASK: &str = "https://ask.invalid/";
/// How often a pattern may go back before the matching is given up, by how many texts a value
/// holds: a few may take under a millisecond each, and all together never more than a few seconds.
const BACKTRACKS: [(usize, usize); 4] = [(100, 20_000), (1_000, 2_000), (10_000, 200), (usize::MAX, 20)];
/// The most violations that are told of one value.
const MOST: usize = 50;
/// The most schemas that are met to collect all errors of a value; beyond, they are looked for one
/// by one and no further than is told.
const MOST_MET: usize = 100_000;
/// The longest way through values and through the references and parts of schemas that is gone: a
/// thread's stack is not endless.
const LONGEST_WAY: usize = 8_000;
/// The deepest that a value nests: no deeper JSON is read.
const DEEPEST_VALUE: usize = 128;
/// How often a validator judges anew where it gave up a pattern: once for each outcome it may have.
const RUNS: usize = 64;

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
    /// By the further lines of [`BACKTRACKS`], made when a value is first that large.
    stricter: [OnceLock<Validator>; BACKTRACKS.len() - 1],
    /// Whether any pattern goes back: if none does, all validators are the same.
    goes_back: bool,
    /// The longest way through references and parts that judges one value.
    longest: usize,
    /// What was compiled: a reference to the schema, or a user's own schema.
    wrapper: Value,
    // Not the schemas themselves: they hold this one.
    documents: Arc<Documents>,
    views: Arc<Views>,
    /// `None`: a user's own schema, in which error paths without an address of their own start.
    direction: Option<Direction>,
}

impl Schema {
    /// Whether the value keeps the schema. A pattern that was given up counts as broken here:
    /// ask [`Schema::violations`] for the difference.
    pub fn is_valid(&self, value: &Value) -> bool {
        !self.is_too_deep(value) && self.validator(value).is_valid(value)
    }

    fn is_too_deep(&self, value: &Value) -> bool {
        self.longest.saturating_mul(DEEPEST_VALUE) > LONGEST_WAY
            && self.longest.saturating_mul(effort::depth(value)) > LONGEST_WAY
    }

    /// All violations (bounded to 50). Of the branches of a `oneOf` or `anyOf` the one is told that
    /// the discriminator names or that comes nearest, where one clearly does.
    ///
    /// The work is bounded: where finding out all that is wrong would take too much of it, as much
    /// is told as was found.
    pub fn violations(&self, value: &Value) -> Vec<Violation> {
        if self.is_too_deep(value) {
            let reason = "the value and the references of its schema are nested too deep to be judged";
            return vec![self.explain(value).of_undecided(&self.start(), Pointer::root(), "keep its schema", reason)];
        }
        let validator = self.validator(value);
        if validator.is_valid(value) {
            return Vec::new();
        }
        let most = if self.goes_back { MOST_MET / RUNS } else { MOST_MET };
        if self.roots().is_beyond(most, &self.wrapper, value) {
            return self.walked(value);
        }
        let explain = self.explain(value);
        validator.iter_errors(value).flat_map(|error| explain.violations(&error)).take(MOST).collect()
    }

    fn explain<'e>(&'e self, whole: &'e Value) -> Explain<'e> {
        Explain { documents: &self.documents, view: self.view(), own: self.direction.is_none(), whole }
    }

    /// Where judging starts: the schema's own place says more than that of the reference to it.
    fn start(&self) -> Spot {
        let base = Spot { own: self.direction.is_none(), pointer: Pointer::root() };
        let target = self.wrapper.get("$ref").and_then(Value::as_str).filter(|_| !base.own);
        target.and_then(|reference| base.follow(reference)).unwrap_or(base)
    }

    /// What is told of a broken value too large or too deep for all its errors to be collected.
    pub(super) fn walked(&self, value: &Value) -> Vec<Violation> {
        Walk::new(self.explain(value), self).violations(self.start(), MOST)
    }

    /// The validator whose patterns may go back as often as the value's size allows.
    fn validator(&self, value: &Value) -> &Validator {
        let line = if self.goes_back { line_of(value) } else { 0 };
        let Some(further) = line.checked_sub(1) else { return &self.validator };
        // What compiled once compiles again.
        self.stricter[further].get_or_init(|| {
            let base = self.direction.is_none().then_some(OWN);
            let made = self
                .registry()
                .and_then(|registry| compile(&self.wrapper, registry, base, (BACKTRACKS[line].1, self.formats())).ok());
            made.unwrap_or_else(|| self.validator.clone())
        })
    }

    fn view(&self) -> &View {
        match self.direction {
            Some(direction) => self.views.of(&self.documents, direction),
            None => self.views.neutral(&self.documents),
        }
    }

    /// Whether it may refer to a schema by which nothing can be judged.
    pub(super) fn may_be_undecidable(&self) -> bool {
        self.view().has_undecidable() || self.direction.is_none() && effort::has_key(&self.wrapper, UNDECIDABLE)
    }

    /// What references of this schema lead into.
    pub(super) fn roots(&self) -> Roots<'_> {
        Roots { view: &self.view().value, own: self.direction.is_none().then_some(&self.wrapper) }
    }

    pub(super) fn formats(&self) -> Formats {
        self.views.formats()
    }

    /// How often a pattern may go back over the texts of `value`.
    pub(super) fn backtracks(&self, value: &Value) -> usize {
        BACKTRACKS[if self.goes_back { line_of(value) } else { 0 }].1
    }

    /// What addresses within the contract lead to.
    pub(super) fn registry(&self) -> Option<&Registry<'static>> {
        self.view().registry().ok()
    }

    /// What addresses within the contract and a user's own schema lead to, where this is one.
    pub(super) fn own_registry(&self) -> Option<Registry<'static>> {
        let own = self.roots().own?;
        let registry = Registry::new().draft(Draft::Draft202012).add(CONTRACT, Arc::clone(&self.view().value));
        let registry = registry.and_then(|registry| registry.add(OWN, Arc::new(own.clone())));
        registry.and_then(jsonschema::RegistryBuilder::prepare).ok()
    }
}

/// The line of [`BACKTRACKS`] that holds for a value.
fn line_of(value: &Value) -> usize {
    let last = BACKTRACKS.len() - 1;
    let texts = effort::texts(value, BACKTRACKS[last - 1].0 + 1);
    BACKTRACKS.iter().position(|(most, _)| texts <= *most).unwrap_or(last)
}

pub(super) fn compile<'s>(
    schema: &'s Value,
    registry: &Registry<'_>,
    base: Option<&str>,
    (backtracks, formats): (usize, Formats),
) -> Result<Validator, jsonschema::ValidationError<'s>> {
    // A wrapper means the same in every draft, and the schema of schemas of an old one is the quickest to compile.
    let draft = if base.is_some() { Draft::Draft202012 } else { Draft::Draft4 };
    let mut options = jsonschema::options()
        .with_draft(draft)
        .with_registry(registry)
        .offline()
        .should_validate_formats(formats == Formats::Assert)
        .with_format("byte", format::byte)
        .with_keyword(UNDECIDABLE, |_, _, _| Ok(Box::new(Undecidable)))
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(backtracks));
    if let Some(base) = base {
        options = options.with_base_uri(base);
    }
    options.build(schema)
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
    formats: OnceLock<Formats>,
}

impl Views {
    fn formats(&self) -> Formats {
        *self.formats.get_or_init(Formats::default)
    }

    fn neutral(&self, documents: &Documents) -> &View {
        self.neutral.get_or_init(|| view::build(documents, None, self.formats()))
    }

    fn of(&self, documents: &Documents, direction: Direction) -> &View {
        let (needed, cell) = match direction {
            Direction::Request => (self.one_way.read_only, &self.request),
            Direction::Response => (self.one_way.write_only, &self.response),
        };
        let needed = needed || self.one_way.dynamic;
        if needed {
            cell.get_or_init(|| view::build(documents, Some(direction), self.formats()))
        } else {
            self.neutral(documents)
        }
    }
}

impl Schemas {
    pub(super) fn new(documents: Documents, one_way: OneWay) -> Self {
        let views = Views {
            one_way,
            neutral: OnceLock::new(),
            request: OnceLock::new(),
            response: OnceLock::new(),
            formats: OnceLock::new(),
        };
        Self { documents: Arc::new(documents), views: Arc::new(views), compiled: Default::default() }
    }

    /// Once anything was judged it is too late.
    pub(super) fn set_formats(&self, formats: Formats) {
        let _ = self.views.formats.set(formats);
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
        let at = schema.at();
        if self.views.one_way.dynamic {
            return json!({"$ref": view::full_reference(&self.documents, &at)});
        }
        json!({"$ref": format!("{CONTRACT}{}", view::place(&at).to_fragment())})
    }

    pub(super) fn compiled(&self, schema: &SchemaRef, direction: Direction) -> Compiled {
        let cache = &self.compiled[usize::from(direction == Direction::Response)];
        if let Some(known) = cache.read().unwrap_or_else(PoisonError::into_inner).get(schema) {
            return known.clone();
        }
        // What many places refer to is compiled once.
        let target = SchemaRef::from(self.documents.follow_schema(&schema.at()));
        let made = if target == *schema {
            self.build(self.wrapper(schema), self.view(direction), Some(direction)).map(Arc::new)
        } else {
            self.compiled(&target, direction)
        };
        cache.write().unwrap_or_else(PoisonError::into_inner).entry(schema.clone()).or_insert(made).clone()
    }

    /// The compiled schema, made anew and not kept.
    pub(super) fn once(&self, schema: &SchemaRef, direction: Direction) -> Result<Schema, SchemaError> {
        self.build(self.wrapper(schema), self.view(direction), Some(direction))
    }

    /// Whether a schema compiles, without keeping it.
    pub(super) fn check(&self, schema: &SchemaRef, direction: Direction) -> Result<(), SchemaError> {
        self.once(schema, direction).map(drop)
    }

    /// A user's own schema, whose references may lead into the contract.
    pub(super) fn own(&self, schema: &Value) -> Result<Schema, SchemaError> {
        let translated = translate(schema, Dialect::V31, &mut Own { schemas: self, schema });
        self.build(translated, self.neutral(), None)
    }

    fn build(&self, wrapper: Value, view: &View, direction: Option<Direction>) -> Result<Schema, SchemaError> {
        view.bear(&wrapper)?;
        let base = direction.is_none().then_some(OWN);
        let validator = compile(&wrapper, view.registry()?, base, (BACKTRACKS[0].1, self.views.formats()));
        let validator = validator.map_err(|error| self.build_error(&error))?;
        let goes_back = view.goes_back() || direction.is_none() && effort::has_patterns_that_go_back(&wrapper);
        let (documents, views) = (Arc::clone(&self.documents), Arc::clone(&self.views));
        let (stricter, longest) = (Default::default(), view.longest());
        Ok(Schema { validator, stricter, goes_back, longest, wrapper, documents, views, direction })
    }

    fn build_error(&self, error: &jsonschema::ValidationError<'_>) -> SchemaError {
        let place = Pointer::parse(error.schema_path().as_str()).unwrap_or_default();
        let written = view::written(&self.documents, &place);
        let told = match error.kind() {
            ValidationErrorKind::Format { .. } => error.instance().as_str().and_then(too_large),
            _ => None,
        };
        let told = told.unwrap_or_else(|| short(&error.to_string()));
        SchemaError(format!("the schema at `{}` cannot be used: {told}", written.pointer))
    }
}

/// That a pattern is too large, where it is one at all.
fn too_large(pattern: &str) -> Option<String> {
    let written = pattern_as_written(pattern);
    (pattern_fault(&written) == Some(PatternFault::TooLarge))
        .then(|| format!("the pattern `{}` is too large to be matched", short(&written)))
}

struct Own<'s> {
    schemas: &'s Schemas,
    schema: &'s Value,
}

impl Surroundings for Own<'_> {
    fn formats(&self) -> Formats {
        self.schemas.views.formats()
    }

    fn reference(&mut self, reference: &str) -> String {
        let within = Pointer::from_fragment(reference).filter(|_| reference.starts_with('#'));
        match within {
            Some(pointer) if self.schema.pointer(pointer.as_str()).is_none() => {
                let target = self.schemas.documents.resolve(0, &pointer);
                let target = target.unwrap_or_else(|_| At::new(0, pointer));
                format!("{CONTRACT}{}", view::place(&target).to_fragment())
            }
            _ => reference.to_owned(),
        }
    }
}
