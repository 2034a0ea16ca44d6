//! The two dialects of schemas, and what they make of each keyword.
//!
//! - OpenAPI 3.0 (Schema Object of 3.0.4): `nullable` beside `type`, boolean `exclusiveMinimum` and
//!   `exclusiveMaximum`, no siblings of `$ref`, no keyword of JSON Schema that it does not name.
//! - OpenAPI 3.1 (and 3.2): JSON Schema 2020-12 as it is.
//! - Both: `int32` and `int64` bound a number; `binary` is no format of strings to assert; a keyword
//!   whose value JSON Schema does not allow (a generator's slip, such as `required: true` on a
//!   property) says nothing, but by a `type` that is none nothing can be judged.

use serde_json::{Map, Value};

use super::translate::plain;

/// Which rules schemas are written by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// OpenAPI 3.0.
    V30,
    /// OpenAPI 3.1 and later: JSON Schema 2020-12.
    V31,
}

impl Dialect {
    /// By the `openapi` field of a document, where it has one that is known.
    pub(super) fn of(document: &Value) -> Option<Self> {
        // An unquoted `3.1` is a number in YAML.
        let version = match document.get("openapi")? {
            Value::String(version) => version.clone(),
            Value::Number(version) => version.to_string(),
            _ => return None,
        };
        match version.as_str() {
            version if version.starts_with("3.0") => Some(Self::V30),
            version if version.starts_with("3.1") || version.starts_with("3.2") => Some(Self::V31),
            _ => None,
        }
    }

    /// Keywords of one schema that say nothing, and why.
    pub(super) fn slips(self, schema: &Map<String, Value>) -> Vec<(&str, String)> {
        let mut slips = Vec::new();
        let referring = self == Self::V30 && schema.get("$ref").is_some_and(Value::is_string);
        for (key, value) in schema {
            let reason = if referring && asserts(key) {
                Some("OpenAPI 3.0 takes no keyword beside `$ref`")
            } else if !self.has(key) {
                Some("OpenAPI 3.0 does not have this keyword")
            } else if self == Self::V30 && key == "type" && value.is_array() {
                Some("`type` is one name in OpenAPI 3.0; for null write `nullable: true`")
            } else if self == Self::V30 && key == "nullable" && value == &Value::Bool(true) {
                no_null(schema)
            } else if matches!(key.as_str(), "exclusiveMinimum" | "exclusiveMaximum") && value.is_boolean() {
                (self == Self::V31).then_some("it is a number since OpenAPI 3.1; it is read as in 3.0")
            } else if key == "required" && !value.is_array() {
                Some("`required` is a list of names, on the schema around the property")
            } else if key == "nullable" {
                (self == Self::V31).then_some("OpenAPI 3.1 has no `nullable`; write `type: [..., 'null']`")
            } else if key == "examples" {
                (self == Self::V30).then_some("OpenAPI 3.0 has no `examples` in a schema; write `example`")
            } else if key == "type" && plain(key, value).is_none() {
                slips
                    .push((key.as_str(), "nothing can be judged by this `type`: it is none of JSON Schema".to_owned()));
                None
            } else if asserts(key) && plain(key, value).is_none() && !is_harmless(key, value) {
                Some("its value is not one that the keyword takes")
            } else {
                None
            };
            slips.extend(reason.map(|reason| (key.as_str(), format!("`{key}` has no effect here: {reason}"))));
        }
        slips
    }

    /// Whether schemas of this dialect have the keyword at all.
    ///
    /// OpenAPI 3.0 takes up a part of JSON Schema and says of the rest that it is "strictly
    /// unsupported" (3.0.3, Schema Object): what stands there says nothing.
    pub(super) fn has(self, keyword: &str) -> bool {
        self == Self::V31 || !LATER.contains(&keyword)
    }
}

/// The keyword of a translation that judges by a `type` that is none: nothing is known then.
pub(super) const UNDECIDABLE: &str = "x-undecidable";

/// Where the keyword stands in a schema as it is written that `token` is in its translation: what
/// the translation made up is at the keyword that it made it from.
pub(super) fn written<'t>(schema: Option<&Value>, token: &'t str) -> &'t str {
    let missing = schema.and_then(Value::as_object).is_some_and(|map| !map.contains_key(token));
    match token {
        UNDECIDABLE => "type",
        "minimum" | "maximum" if missing => "format",
        "prefixItems" if missing => "items",
        other => other,
    }
}

/// The keywords of JSON Schema that OpenAPI 3.0 does not have.
const LATER: [&str; 21] = [
    "const",
    "if",
    "then",
    "else",
    "contains",
    "minContains",
    "maxContains",
    "propertyNames",
    "patternProperties",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$defs",
    "definitions",
    "$dynamicRef",
    "$recursiveRef",
    "contentSchema",
];

/// Why `nullable: true` lets no null through (OpenAPI 3.0.3, Schema Object, and the proposal behind
/// it, "Clarify Semantics of nullable").
fn no_null(schema: &Map<String, Value>) -> Option<&'static str> {
    let unlisted = |options: &Value| options.as_array().is_some_and(|options| !options.contains(&Value::Null));
    if !schema.contains_key("type") {
        Some("it adds null to the `type` beside it, and there is none")
    } else if schema.get("enum").is_some_and(unlisted) {
        Some("the `enum` beside it does not list null")
    } else {
        None
    }
}

/// Keywords that a value can break.
fn asserts(key: &str) -> bool {
    matches!(
        key,
        "type" | "format" | "enum" | "const" | "pattern" | "nullable" | "required" | "uniqueItems" | "multipleOf"
    ) || ["min", "max", "exclusiveM"].iter().any(|start| key.starts_with(start))
}

/// What is left out of a translation although nothing is wrong with it.
fn is_harmless(key: &str, value: &Value) -> bool {
    key == "nullable" && value.is_boolean() || key == "format" && value.is_string()
}
