//! A walk over a document by the kinds of its objects (OpenAPI Specification, section "Schema"),
//! so that references and schemas are told from examples and extensions that look like them.

use serde_json::{Map, Value};

use super::dialect::Dialect;
use crate::source::Pointer;

/// What an object of a document is. OpenAPI's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    OpenApi,
    Components,
    PathItem,
    Operation,
    Callback,
    Parameter,
    Header,
    RequestBody,
    Response,
    MediaType,
    Encoding,
    Example,
    Link,
    SecurityScheme,
    Schema,
}

/// How a field holds what it holds.
#[derive(Clone, Copy)]
enum Holds {
    One(Kind),
    List(Kind),
    Map(Kind),
}

/// What is found on the way.
pub(super) trait Visitor {
    /// An object with a `$ref` that stands where one may stand.
    fn reference(&mut self, reference: &str, kind: Kind, at: &Path<'_>);
    /// A schema that does not stand inside another one.
    fn schema(&mut self, _at: &Path<'_>) {}
    /// Any schema, before what is below it.
    fn any_schema(&mut self, _schema: &Map<String, Value>, _at: &Path<'_>) {}
    /// Whether to go below the value.
    fn enter(&mut self, _value: &Value, _kind: Kind) -> bool {
        true
    }
}

/// The way from the document's root to the value being visited; a pointer only when asked for.
pub(super) struct Path<'a> {
    base: &'a Pointer,
    steps: Vec<Step<'a>>,
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl Path<'_> {
    pub(super) fn pointer(&self) -> Pointer {
        self.steps.iter().fold(self.base.clone(), |at, step| match step {
            Step::Key(key) => at.join(key),
            Step::Index(index) => at.index(*index),
        })
    }
}

/// Walks `value`, which is of `kind` and stands at `base`.
pub(super) fn walk(value: &Value, kind: Kind, base: &Pointer, dialect: Dialect, visitor: &mut dyn Visitor) {
    let mut walker = Walker { path: Path { base, steps: Vec::new() }, dialect, visitor };
    if kind == Kind::Schema {
        walker.visitor.schema(&walker.path);
    }
    walker.node(value, kind);
}

struct Walker<'a, 'v> {
    path: Path<'a>,
    dialect: Dialect,
    visitor: &'v mut dyn Visitor,
}

impl<'a> Walker<'a, '_> {
    fn node(&mut self, value: &'a Value, kind: Kind) {
        let Value::Object(map) = value else { return };
        if !self.visitor.enter(value, kind) {
            return;
        }
        if kind == Kind::Schema {
            self.visitor.any_schema(map, &self.path);
        }
        let has_dollar = map.keys().any(|key| key.starts_with('$'));
        if has_dollar
            && kind != Kind::OpenApi
            && let Some(Value::String(reference)) = map.get("$ref")
        {
            self.visitor.reference(reference, kind, &self.path);
            // Only path items and the schemas of 3.1 mean something beside their `$ref`.
            if !(kind == Kind::PathItem || kind == Kind::Schema && self.dialect == Dialect::V31) {
                return;
            }
        }
        if has_dollar
            && kind == Kind::Schema
            && let Some(Value::String(reference)) = map.get("$dynamicRef")
        {
            self.visitor.reference(reference, kind, &self.path);
        }
        if kind == Kind::Callback {
            self.map(map, Kind::PathItem);
            return;
        }
        for (key, value) in map {
            if let Some(holds) = field(kind, key) {
                self.path.steps.push(Step::Key(key));
                self.field(value, holds, kind);
                self.path.steps.pop();
            }
        }
    }

    fn field(&mut self, value: &'a Value, holds: Holds, parent: Kind) {
        match (holds, value) {
            (Holds::List(kind), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.path.steps.push(Step::Index(index));
                    self.child(item, kind, parent);
                    self.path.steps.pop();
                }
            }
            // A list may be one schema too: `items` of JSON Schema.
            (Holds::One(kind), _) | (Holds::List(kind), Value::Object(_)) => self.child(value, kind, parent),
            (Holds::Map(kind), Value::Object(map)) if kind == Kind::Schema => {
                for (key, value) in map {
                    self.path.steps.push(Step::Key(key));
                    self.child(value, kind, parent);
                    self.path.steps.pop();
                }
            }
            (Holds::Map(kind), Value::Object(map)) => self.map(map, kind),
            _ => {}
        }
    }

    fn map(&mut self, map: &'a Map<String, Value>, kind: Kind) {
        for (key, value) in map.iter().filter(|(key, _)| !key.starts_with("x-") || kind != Kind::PathItem) {
            self.path.steps.push(Step::Key(key));
            self.node(value, kind);
            self.path.steps.pop();
        }
    }

    fn child(&mut self, value: &'a Value, kind: Kind, parent: Kind) {
        if kind == Kind::Schema && parent != Kind::Schema {
            self.visitor.schema(&self.path);
        }
        self.node(value, kind);
    }
}

fn field(kind: Kind, key: &str) -> Option<Holds> {
    use Holds::{List, Map, One};
    Some(match (kind, key) {
        (Kind::OpenApi, "paths" | "webhooks") | (Kind::Components, "pathItems") => Map(Kind::PathItem),
        (Kind::OpenApi, "components") => One(Kind::Components),
        (Kind::Components, "schemas") => Map(Kind::Schema),
        (Kind::Components | Kind::Operation, "responses") => Map(Kind::Response),
        (Kind::Components, "parameters") => Map(Kind::Parameter),
        (Kind::Components | Kind::Parameter | Kind::Header | Kind::MediaType, "examples") => Map(Kind::Example),
        (Kind::Components | Kind::Response, "links") => Map(Kind::Link),
        (Kind::Components, "requestBodies") => Map(Kind::RequestBody),
        (Kind::Components | Kind::Response | Kind::Encoding, "headers") => Map(Kind::Header),
        (Kind::Components, "securitySchemes") => Map(Kind::SecurityScheme),
        (Kind::Components | Kind::Operation, "callbacks") => Map(Kind::Callback),
        (Kind::Components, "mediaTypes")
        | (Kind::Parameter | Kind::Header | Kind::RequestBody | Kind::Response, "content") => Map(Kind::MediaType),
        (Kind::PathItem | Kind::Operation, "parameters") => List(Kind::Parameter),
        (Kind::PathItem, key) if METHODS.contains(&key) => One(Kind::Operation),
        (Kind::PathItem, "additionalOperations") => Map(Kind::Operation),
        (Kind::Operation, "requestBody") => One(Kind::RequestBody),
        (Kind::Parameter | Kind::Header | Kind::MediaType, "schema") | (Kind::MediaType, "itemSchema") => {
            One(Kind::Schema)
        }
        (Kind::MediaType, "encoding") => Map(Kind::Encoding),
        (Kind::Schema, key) => return schema_field(key),
        _ => return None,
    })
}

/// The methods with a field of their own in a Path Item Object (`query` since 3.2).
pub(super) const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

/// The keywords of JSON Schema that hold schemas.
fn schema_field(key: &str) -> Option<Holds> {
    Some(match key {
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => Holds::Map(Kind::Schema),
        "items" | "prefixItems" | "allOf" | "anyOf" | "oneOf" => Holds::List(Kind::Schema),
        "not"
        | "if"
        | "then"
        | "else"
        | "additionalProperties"
        | "additionalItems"
        | "propertyNames"
        | "contains"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "contentSchema" => Holds::One(Kind::Schema),
        _ => return None,
    })
}
