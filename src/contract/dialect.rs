//! The two dialects of schemas, and the one place where they differ: every schema is turned into
//! JSON Schema 2020-12 that says the same, at the same JSON Pointer.
//!
//! - OpenAPI 3.0 (Schema Object of 3.0.4): `nullable`, boolean `exclusiveMinimum` and
//!   `exclusiveMaximum`, no siblings of `$ref`.
//! - OpenAPI 3.1 (and 3.2): JSON Schema 2020-12 as it is.
//! - Both: `int32` and `int64` bound a number; `binary` is no format of strings to assert; a keyword whose value JSON Schema does not allow (a generator's slip, such as
//!   `required: true` on a property) says nothing.

use serde_json::{Map, Value, json};

use crate::source::Pointer;

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

    /// Whether `schema` is nullable although no `type` of its own says what else it may be.
    ///
    /// The 3.0 text gives `nullable` a meaning only beside `type`, but `nullable: true` with
    /// `allOf: [$ref]` is what generators write for "this or null", so it is taken at its word.
    /// Its translation is `{"if": {"type": "null"}, "else": <the rest>}`.
    fn wraps(self, schema: &Map<String, Value>) -> bool {
        self == Self::V30
            && schema.get("nullable") == Some(&Value::Bool(true))
            && !schema.contains_key("type")
            && !schema.contains_key("$ref")
            && ["allOf", "anyOf", "oneOf"].iter().any(|keyword| schema.contains_key(*keyword))
    }

    /// Keywords of one schema that say nothing, and why.
    pub(super) fn slips(self, schema: &Map<String, Value>) -> Vec<(&str, String)> {
        let mut slips = Vec::new();
        let referring = self == Self::V30 && schema.get("$ref").is_some_and(Value::is_string);
        for (key, value) in schema {
            let reason = if referring && asserts(key) {
                Some("OpenAPI 3.0 takes no keyword beside `$ref`")
            } else if matches!(key.as_str(), "exclusiveMinimum" | "exclusiveMaximum") && value.is_boolean() {
                (self == Self::V31).then_some("it is a number since OpenAPI 3.1; it is read as in 3.0")
            } else if key == "required" && !value.is_array() {
                Some("`required` is a list of names, on the schema around the property")
            } else if key == "nullable" {
                (self == Self::V31).then_some("OpenAPI 3.1 has no `nullable`; write `type: [..., 'null']`")
            } else if key == "examples" {
                (self == Self::V30).then_some("OpenAPI 3.0 has no `examples` in a schema; write `example`")
            } else if asserts(key) && plain(key, value).is_none() && !is_harmless(key, value) {
                Some("its value is not one that the keyword takes")
            } else {
                None
            };
            slips.extend(reason.map(|reason| (key.as_str(), format!("`{key}` has no effect here: {reason}"))));
        }
        slips
    }

    /// The place in the translation of what stands at `pointer` of `document`.
    pub(super) fn to_translated(self, document: &Value, pointer: &Pointer) -> Pointer {
        if self == Self::V31 {
            return pointer.clone();
        }
        let mut at = Pointer::root();
        let mut value = Some(document);
        for token in pointer.tokens() {
            if value.and_then(Value::as_object).is_some_and(|schema| self.wraps(schema)) {
                at = at.join("else");
            }
            value = value.and_then(|value| child(value, &token));
            at = at.join(&token);
        }
        at
    }

    /// The reverse of [`Dialect::to_translated`]: where in `document` a place of the translation
    /// comes from. What the translation made up is at the keyword that it made it from.
    pub(super) fn to_written(self, document: &Value, pointer: &Pointer) -> Pointer {
        let mut at = Pointer::root();
        let mut value = Some(document);
        for token in pointer.tokens() {
            let map = value.and_then(Value::as_object);
            if token == "else" && map.is_some_and(|schema| self.wraps(schema)) {
                continue;
            }
            let missing = |key: &str| map.is_some_and(|map| !map.contains_key(key));
            let written = match &*token {
                "minimum" | "maximum" if missing(&token) => "format",
                "prefixItems" if missing("prefixItems") => "items",
                other => other,
            };
            value = value.and_then(|value| child(value, written));
            at = at.join(written);
        }
        at
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

fn child<'v>(value: &'v Value, token: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(token),
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    }
}

/// What a translation needs to know about the document around a schema.
pub(super) trait Surroundings {
    /// The `$ref` in the translation for one in the document.
    fn reference(&mut self, reference: &str) -> String;
    /// Whether the property of this schema need not be there (readOnly in a request, writeOnly in
    /// a response).
    fn is_exempt(&mut self, _property: &Value) -> bool {
        false
    }
    /// The names that need not be there although the schema does not have the property itself.
    fn exempt_names(&mut self, _schema: &Map<String, Value>) -> Vec<String> {
        Vec::new()
    }
}

/// One schema in JSON Schema 2020-12.
pub(super) fn translate(schema: &Value, dialect: Dialect, around: &mut dyn Surroundings) -> Value {
    Translation { dialect, around, exempt: Vec::new() }.schema(schema)
}

struct Translation<'s> {
    dialect: Dialect,
    around: &'s mut dyn Surroundings,
    /// Names that the schemas around this one exempt from `required`.
    exempt: Vec<String>,
}

impl Translation<'_> {
    fn schema(&mut self, schema: &Value) -> Value {
        let map = match schema {
            Value::Object(map) => map,
            Value::Bool(_) => return schema.clone(),
            _ => return Value::Bool(true),
        };
        if let Some(Value::String(reference)) = map.get("$ref")
            && self.dialect == Dialect::V30
        {
            return json!({"$ref": self.around.reference(reference)});
        }
        let exempt_before = self.exempt.len();
        if map.contains_key("allOf") || map.contains_key("required") {
            let names = self.around.exempt_names(map);
            self.exempt.extend(names);
        }
        let mut out = Map::with_capacity(map.len());
        for (key, value) in map {
            self.keyword(key, value, map, &mut out);
        }
        self.exempt.truncate(exempt_before);
        exclusive(map, &mut out, "minimum", "exclusiveMinimum");
        exclusive(map, &mut out, "maximum", "exclusiveMaximum");
        integer_range(&mut out);
        if self.dialect == Dialect::V30 && map.get("nullable") == Some(&Value::Bool(true)) {
            allow_null(&mut out);
        }
        if self.dialect.wraps(map) {
            return json!({"if": {"type": "null"}, "else": out});
        }
        Value::Object(out)
    }

    fn keyword(&mut self, key: &str, value: &Value, schema: &Map<String, Value>, out: &mut Map<String, Value>) {
        let translated = match key {
            "$ref" => match value {
                Value::String(reference) => Value::String(self.around.reference(reference)),
                _ => return,
            },
            // Within a document of OpenAPI, `$dynamicRef` is judged as the plain reference it
            // resolves to without an outer scope; identifiers were resolved when linking.
            "$dynamicRef" => match value {
                Value::String(reference) => {
                    let target = Value::String(self.around.reference(reference));
                    out.entry("$ref").or_insert(target);
                    return;
                }
                _ => return,
            },
            "$id" | "$anchor" | "$dynamicAnchor" | "$schema" | "id" | "$vocabulary" => return,
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => {
                let Value::Object(map) = value else { return };
                let outside = std::mem::take(&mut self.exempt);
                let map = map.iter().map(|(name, schema)| (name.clone(), self.schema(schema))).collect();
                self.exempt = outside;
                Value::Object(map)
            }
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => match value {
                Value::Array(items) if !items.is_empty() => self.schemas(items),
                _ => return,
            },
            "items" => match value {
                // The tuple form of JSON Schema before 2020-12.
                Value::Array(items) if items.is_empty() => return,
                Value::Array(items) => {
                    let items = self.schemas(items);
                    out.insert("prefixItems".to_owned(), items);
                    if let Some(additional) = schema.get("additionalItems") {
                        let additional = self.schema(additional);
                        out.insert("items".to_owned(), additional);
                    }
                    return;
                }
                value => self.schema(value),
            },
            "then" | "else" | "if" | "not" => self.schema(value),
            "additionalProperties" | "propertyNames" | "contains" | "unevaluatedItems" | "unevaluatedProperties" => {
                let outside = std::mem::take(&mut self.exempt);
                let translated = self.schema(value);
                self.exempt = outside;
                translated
            }
            "required" => match self.required(value, schema) {
                Some(names) => names,
                None => return,
            },
            key => match plain(key, value) {
                Some(value) => value,
                None => return,
            },
        };
        out.insert(key.to_owned(), translated);
    }

    fn schemas(&mut self, items: &[Value]) -> Value {
        items.iter().map(|item| self.schema(item)).collect()
    }

    fn required(&mut self, value: &Value, schema: &Map<String, Value>) -> Option<Value> {
        let names: Vec<Value> = value.as_array()?.iter().filter(|name| name.is_string()).cloned().collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        let mut kept = Vec::with_capacity(names.len());
        for name in names {
            let text = name.as_str().unwrap_or_default();
            let exempt = properties.and_then(|map| map.get(text)).is_some_and(|p| self.around.is_exempt(p))
                || self.exempt.iter().any(|exempt| exempt == text);
            if !exempt {
                kept.push(name);
            }
        }
        Some(Value::Array(kept))
    }
}

/// The types that a schema may name.
const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "integer", "string"];

/// A keyword without schemas in it: its value where JSON Schema allows it, else nothing.
fn plain(key: &str, value: &Value) -> Option<Value> {
    let keep = match key {
        "type" => return types(value),
        "format" => value.as_str().is_some_and(|format| format != "binary"),
        "multipleOf" => value.as_f64().is_some_and(|number| number > 0.0),
        // Booleans are turned into numbers later.
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" | "minContains"
        | "maxContains" => value.as_f64().is_some_and(|number| number >= 0.0 && number.fract() == 0.0),
        "uniqueItems" => value.is_boolean(),
        "pattern" => value.is_string(),
        "enum" => value.is_array(),
        "dependentRequired" => value.as_object().is_some_and(|map| map.values().all(Value::is_array)),
        // Asserted by older drafts, in another form; the schemas in them are not translated.
        "dependencies" | "additionalItems" | "$recursiveRef" | "$recursiveAnchor" | "nullable" => false,
        _ => true,
    };
    keep.then(|| value.clone())
}

fn types(value: &Value) -> Option<Value> {
    let known = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    match value {
        Value::Array(names) => {
            let mut kept: Vec<Value> = Vec::new();
            for name in names.iter().filter(|name| known(name)) {
                if !kept.contains(name) {
                    kept.push(name.clone());
                }
            }
            (!kept.is_empty() && names.iter().all(known)).then_some(Value::Array(kept))
        }
        value => known(value).then(|| value.clone()),
    }
}

/// `minimum: 3, exclusiveMinimum: true` is `exclusiveMinimum: 3`.
fn exclusive(schema: &Map<String, Value>, out: &mut Map<String, Value>, limit: &str, exclusive: &str) {
    if schema.get(exclusive) == Some(&Value::Bool(true))
        && let Some(value) = out.remove(limit)
    {
        out.insert(exclusive.to_owned(), value);
    }
}

/// `int32` and `int64` bound a number where nothing tighter does (OpenAPI, section "Data Types").
fn integer_range(out: &mut Map<String, Value>) {
    let (least, greatest) = match out.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => (i64::MIN, i64::MAX),
        _ => return,
    };
    for (limit, exclusive, bound) in [("minimum", "exclusiveMinimum", least), ("maximum", "exclusiveMaximum", greatest)]
    {
        if !out.contains_key(limit) && !out.contains_key(exclusive) {
            out.insert(limit.to_owned(), Value::from(bound));
        }
    }
}

/// `nullable: true` beside `type`; an `enum` without null is taken to have one too.
fn allow_null(out: &mut Map<String, Value>) {
    match out.get_mut("type") {
        Some(Value::String(name)) if name != "null" => {
            let name = std::mem::take(name);
            out.insert("type".to_owned(), json!([name, "null"]));
        }
        Some(Value::Array(names)) if !names.contains(&json!("null")) => names.push(json!("null")),
        Some(_) => {}
        None => return,
    }
    if let Some(Value::Array(options)) = out.get_mut("enum")
        && !options.contains(&Value::Null)
    {
        options.push(Value::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Same;
    impl Surroundings for Same {
        fn reference(&mut self, reference: &str) -> String {
            reference.to_owned()
        }
        fn is_exempt(&mut self, property: &Value) -> bool {
            property.get("readOnly") == Some(&Value::Bool(true))
        }
    }

    fn check(dialect: Dialect, schema: &Value, expected: &Value) {
        assert_eq!(&translate(schema, dialect, &mut Same), expected, "{schema}");
    }

    #[test]
    fn three_zero_becomes_2020_12() {
        for (schema, expected) in [
            (json!({"type": "string", "nullable": true}), json!({"type": ["string", "null"]})),
            (
                json!({"type": "string", "nullable": true, "enum": ["a"]}),
                json!({"type": ["string", "null"], "enum": ["a", null]}),
            ),
            (
                json!({"nullable": true, "allOf": [{"$ref": "#/x"}]}),
                json!({"if": {"type": "null"}, "else": {"allOf": [{"$ref": "#/x"}]}}),
            ),
            (json!({"minimum": 3, "exclusiveMinimum": true}), json!({"exclusiveMinimum": 3})),
            (json!({"minimum": 3, "exclusiveMinimum": false}), json!({"minimum": 3})),
            (json!({"$ref": "#/x", "nullable": true, "minLength": 3}), json!({"$ref": "#/x"})),
            (json!({"type": "string", "required": true}), json!({"type": "string"})),
            (json!({"type": "file"}), json!({})),
            (
                json!({"type": "integer", "format": "int32", "minimum": 1}),
                json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": i32::MAX}),
            ),
            (json!({"type": "string", "format": "binary"}), json!({"type": "string"})),
            (
                json!({"required": ["a", "b"], "properties": {"a": {"readOnly": true}}}),
                json!({"required": ["b"], "properties": {"a": {"readOnly": true}}}),
            ),
            (json!({"maxLength": "3", "properties": null, "items": [{}]}), json!({"prefixItems": [{}]})),
        ] {
            check(Dialect::V30, &schema, &expected);
        }
    }

    #[test]
    fn three_one_stays_but_for_slips() {
        for (schema, expected) in [
            (json!({"$ref": "#/x", "minLength": 3}), json!({"$ref": "#/x", "minLength": 3})),
            (json!({"minimum": 3, "exclusiveMinimum": true}), json!({"exclusiveMinimum": 3})),
            (json!({"exclusiveMinimum": 3}), json!({"exclusiveMinimum": 3})),
            (json!({"type": ["string", "null"], "nullable": false}), json!({"type": ["string", "null"]})),
            (json!(true), json!(true)),
        ] {
            check(Dialect::V31, &schema, &expected);
        }
    }

    #[test]
    fn places_are_found_both_ways() {
        let document = json!({"s": {"nullable": true, "allOf": [{"format": "int32"}]}});
        let pointer = |text: &str| Pointer::parse(text).expect("a pointer");
        let translated = Dialect::V30.to_translated(&document, &pointer("/s/allOf/0"));
        assert_eq!(translated.as_str(), "/s/else/allOf/0");
        let written = Dialect::V30.to_written(&document, &translated.join("minimum"));
        assert_eq!(written.as_str(), "/s/allOf/0/format");
    }
}
