//! A contract: a document, the overlay on it and the promises beside it, ready to judge exchanges.
//!
//! STUB of the API that other rooms build on; bodies follow.
#![expect(unused_variables, reason = "bodies follow")]
#![expect(missing_docs, reason = "bodies follow")]

use std::sync::Arc;

use serde_json::Value;

use crate::exchange::MediaType;
use crate::source::{Diagnostics, Place, Pointer, Source};
use crate::verdict::Origin;

/// Brings the text of a document that another one refers to. Names are resolved, normalised paths or URLs.
pub trait Retrieve: Send + Sync {
    /// The text of the document `name`; a plain-words reason where it cannot or may not be had.
    fn retrieve(&self, name: &str) -> Result<String, String>;
}

/// What a contract is made of.
pub struct Parts {
    /// The name cases use.
    pub name: String,
    pub document: Source,
    pub overlay: Option<Source>,
    pub promises: Option<Source>,
}

pub struct Contract(());

/// What a method and path lead to.
pub enum Route<'a> {
    /// An operation, with the path parameters' raw (percent-decoded) values.
    Operation {
        operation: &'a Operation,
        path_parameters: Vec<(String, String)>,
    },
    /// The path is known, the method is not: what `Allow` would say.
    OtherMethods {
        allow: Vec<String>,
    },
    Unknown,
}

impl Contract {
    /// Loads; on success the diagnostics are warnings.
    pub fn load(parts: Parts, retrieve: &dyn Retrieve) -> Result<(Self, Diagnostics), Diagnostics> {
        unimplemented!()
    }
    pub fn name(&self) -> &str {
        unimplemented!()
    }
    pub fn title(&self) -> &str {
        unimplemented!()
    }
    /// The document's file, as given.
    pub fn document(&self) -> &Source {
        unimplemented!()
    }
    pub fn overlay(&self) -> Option<&Source> {
        unimplemented!()
    }
    /// URLs of `servers`, variables filled with defaults, as written (may be relative or empty).
    pub fn servers(&self) -> &[String] {
        unimplemented!()
    }
    pub fn operations(&self) -> &[Operation] {
        unimplemented!()
    }
    /// By operationId, or `METHOD /path/template` (or a concrete path that routes); `Err` holds the nearest known name.
    pub fn find(&self, wanted: &str) -> Result<&Operation, Option<String>> {
        unimplemented!()
    }
    /// `path` is the raw path below the server's base path.
    pub fn route(&self, method: &str, path: &str) -> Route<'_> {
        unimplemented!()
    }
    pub fn promises(&self) -> &[Promise] {
        unimplemented!()
    }
    pub fn security_scheme(&self, name: &str) -> Option<&SecurityScheme> {
        unimplemented!()
    }
    pub fn security_schemes(&self) -> &[SecurityScheme] {
        unimplemented!()
    }
    /// Who says what stands at `pointer` of the contract (document with overlay), and where.
    pub fn place(&self, pointer: &Pointer) -> (Origin, Place) {
        unimplemented!()
    }
    /// The merged document (overlay applied).
    pub fn value(&self) -> &Value {
        unimplemented!()
    }
    /// The compiled schema for values going in this direction (readOnly/writeOnly, 3.0 dialect); compiled once, cached.
    pub fn schema(&self, schema: &SchemaRef, direction: Direction) -> Result<Arc<Schema>, SchemaError> {
        unimplemented!()
    }
    /// Compiles a user's own 2020-12 schema whose `$ref`s may point into this contract (`#/components/...`).
    pub fn compile(&self, schema: &Value) -> Result<Schema, SchemaError> {
        unimplemented!()
    }
    /// The schema as written, internal `$ref`s at its top followed (for generation and reports), normalised to 2020-12.
    pub fn schema_value(&self, schema: &SchemaRef) -> &Value {
        unimplemented!()
    }
    /// Follows an internal `$ref` of a normalised schema: the pointer's value, for walking (generation).
    pub fn resolve_ref(&self, reference: &str, base: &SchemaRef) -> Option<&Value> {
        unimplemented!()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Request,
    Response,
}

/// A schema's place in the contract (which document of the set, and the pointer in it).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SchemaRef {
    pub document: usize,
    pub pointer: Pointer,
}

/// A compiled schema.
pub struct Schema(());
impl Schema {
    pub fn is_valid(&self, value: &Value) -> bool {
        unimplemented!()
    }
    /// All violations (bounded to 50), most specific first for oneOf/anyOf (branch picked by discriminator or fewest errors).
    pub fn violations(&self, value: &Value) -> Vec<Violation> {
        unimplemented!()
    }
}
/// One keyword that a value breaks.
pub struct Violation {
    pub instance: Pointer,
    /// The keyword's canonical place in the contract (document with overlay).
    pub schema: Pointer,
    pub keyword: String,
    pub message: String,
    pub expected: String,
    pub actual: String,
    /// true: the validator gave up (pattern backtrack limit), nothing is known to be broken.
    pub gave_up: bool,
}
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(pub String);

pub struct Operation(());
impl Operation {
    /// operationId, else `METHOD /path`.
    pub fn id(&self) -> &str {
        unimplemented!()
    }
    /// Upper case.
    pub fn method(&self) -> &str {
        unimplemented!()
    }
    /// The path template.
    pub fn path(&self) -> &str {
        unimplemented!()
    }
    pub fn pointer(&self) -> &Pointer {
        unimplemented!()
    }
    pub fn tags(&self) -> &[String] {
        unimplemented!()
    }
    pub fn parameters(&self) -> &[Parameter] {
        unimplemented!()
    }
    pub fn request_body(&self) -> Option<&RequestBody> {
        unimplemented!()
    }
    /// In the document's order.
    pub fn responses(&self) -> &[ResponseSpec] {
        unimplemented!()
    }
    /// Exact code, then range, then `default`.
    pub fn response(&self, status: u16) -> Option<&ResponseSpec> {
        unimplemented!()
    }
    /// Alternatives; each names all schemes it needs; an empty alternative means none is needed. Empty slice: no security.
    pub fn security(&self) -> &[SecurityRequirement] {
        unimplemented!()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    Path,
    Query,
    Header,
    Cookie,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterStyle {
    Simple,
    Label,
    Matrix,
    Form,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
}

pub struct Parameter {
    pub name: String,
    pub location: Location,
    pub required: bool,
    pub style: ParameterStyle,
    pub explode: bool,
    pub allow_reserved: bool,
    pub schema: Option<SchemaRef>,
    /// `content` instead of `schema`: one media type.
    pub content: Option<MediaTypeSpec>,
    pub examples: Vec<Example>,
    pub pointer: Pointer,
}
impl Parameter {
    /// Serialises a value by style and explode (percent-encoded where the location needs it):
    /// query → `a=1&a=2` (name included), cookie → `a=1`, path and header → the value alone.
    pub fn serialise(&self, value: &Value) -> String {
        unimplemented!()
    }
}
pub struct RequestBody {
    pub required: bool,
    pub content: Vec<MediaTypeSpec>,
    pub pointer: Pointer,
}
pub struct ResponseSpec {
    pub status: StatusPattern,
    pub description: String,
    pub headers: Vec<HeaderSpec>,
    pub content: Vec<MediaTypeSpec>,
    pub pointer: Pointer,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusPattern {
    Exact(u16),
    Range(u8),
    Default,
}
pub struct HeaderSpec {
    pub name: String,
    pub required: bool,
    pub schema: Option<SchemaRef>,
    pub content: Option<MediaTypeSpec>,
    pub examples: Vec<Example>,
    pub explode: bool,
    pub pointer: Pointer,
}
pub struct MediaTypeSpec {
    pub range: MediaType,
    pub schema: Option<SchemaRef>,
    pub examples: Vec<Example>,
    pub pointer: Pointer,
}
/// A named example (`None`: the singular `example`).
pub struct Example {
    pub name: Option<String>,
    pub value: Value,
    pub pointer: Pointer,
}
/// All of these schemes are needed (name, scopes).
pub struct SecurityRequirement(pub Vec<(String, Vec<String>)>);
pub struct SecurityScheme {
    pub name: String,
    pub kind: SecurityKind,
    pub pointer: Pointer,
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityKind {
    Bearer,
    Basic,
    OtherHttp(String),
    ApiKey { location: Location, name: String },
    OAuth2,
    OpenIdConnect,
    MutualTls,
    Unknown,
}
/// Something the vendor says its API does.
pub struct Promise {
    pub id: String,
    pub says: String,
    pub carried_by: CarriedBy,
    pub place: Option<Place>,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarriedBy {
    Schema,
    Prose,
}
