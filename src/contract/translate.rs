//! Schemas in JSON Schema 2020-12: each is turned into one that says the same, at the same JSON Pointer.

use serde_json::{Map, Value, json};

use super::dialect::{Dialect, UNDECIDABLE};
use super::format::Formats;
use super::pattern;

/// What a translation needs to know about the document around a schema.
pub(super) trait Surroundings {
    /// The `$ref` in the translation for one in the document.
    fn reference(&mut self, reference: &str) -> String;
    /// The same for a text that need be no reference; `None` where none of the document is written so.
    fn mapped(&mut self, _reference: &str) -> Option<String> {
        None
    }
    /// What `format` says.
    fn formats(&self) -> Formats {
        Formats::Assert
    }
    /// The properties that need not be there (readOnly in a request, writeOnly in a response), by
    /// this schema and all that judge the same value with it.
    fn exempt(&mut self, _schema: &Map<String, Value>) -> Vec<String> {
        Vec::new()
    }
    /// The address of a schema that has an `$id`, where dynamic references ask for one.
    fn address(&mut self, _schema: &Map<String, Value>) -> Option<String> {
        None
    }
    /// The dynamic reference in the translation for one in the document; `None` where it leads where
    /// a plain one does.
    fn dynamic(&mut self, _reference: &str) -> Option<String> {
        None
    }
    /// The translation of what a reference leads to, where its own says that one of these
    /// properties is required.
    fn lifted(&mut self, _reference: &str, _exempt: &Exempt) -> Option<Value> {
        None
    }
}

/// The keyword of a translation that says where a `$dynamicRef` leads without an outer scope: for
/// looking at schemas, not for judging by them.
pub(super) const STATIC_TARGET: &str = "x-static-target";

/// Names that are lifted from `required`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Exempt {
    pub(super) names: Vec<String>,
    /// Those of them that the branch of a `oneOf` does not have itself: a `required` that names
    /// nothing else is what tells the branch from the others, and stays.
    pub(super) telling: Vec<String>,
}

/// One schema in JSON Schema 2020-12.
pub(super) fn translate(schema: &Value, dialect: Dialect, around: &mut dyn Surroundings) -> Value {
    Translation { dialect, around, exempt: None }.schema(schema)
}

/// The same for a schema that judges a value together with others, by which these names are exempt.
pub(super) fn translate_part(schema: &Value, dialect: Dialect, around: &mut dyn Surroundings, exempt: Exempt) -> Value {
    Translation { dialect, around, exempt: Some(exempt) }.schema(schema)
}

struct Translation<'s> {
    dialect: Dialect,
    around: &'s mut dyn Surroundings,
    /// What the schemas that judge the same value exempt; `None`: this is the first of them.
    exempt: Option<Exempt>,
}

impl Translation<'_> {
    fn schema(&mut self, schema: &Value) -> Value {
        let map = match schema {
            Value::Object(map) => map,
            Value::Bool(_) => return schema.clone(),
            _ => return Value::Bool(true),
        };
        if self.exempt.is_some() {
            return self.object(map);
        }
        let names = self.around.exempt(map);
        self.with(Some(Exempt { names, telling: Vec::new() }), |this| this.object(map))
    }

    /// Does something with other names exempt.
    fn with<T>(&mut self, exempt: Option<Exempt>, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.exempt, exempt);
        let done = work(self);
        self.exempt = before;
        done
    }

    fn object(&mut self, map: &Map<String, Value>) -> Value {
        let mut out = Map::with_capacity(map.len());
        match map.get("$ref") {
            Some(Value::String(reference)) if self.dialect == Dialect::V30 => {
                return self.lifted(reference).unwrap_or_else(|| json!({"$ref": self.around.reference(reference)}));
            }
            _ => {}
        }
        let dialect = self.dialect;
        for (key, value) in map.iter().filter(|(key, _)| dialect.has(key)) {
            self.keyword(key, value, map, &mut out);
        }
        if let Some(Value::String(reference)) = map.get("$ref")
            && let Some(lifted) = self.lifted(reference)
        {
            out.remove("$ref");
            match out.entry("allOf").or_insert_with(|| json!([])) {
                Value::Array(parts) => parts.push(lifted),
                _ => unreachable!("`allOf` is only ever a list here"),
            }
        }
        counted(&mut out);
        exclusive(map, &mut out, "minimum", "exclusiveMinimum");
        exclusive(map, &mut out, "maximum", "exclusiveMaximum");
        if self.around.formats() == Formats::Assert {
            integer_range(&mut out);
        }
        if self.dialect == Dialect::V30 && map.get("nullable") == Some(&Value::Bool(true)) {
            allow_null(&mut out);
        }
        Value::Object(out)
    }

    fn lifted(&mut self, reference: &str) -> Option<Value> {
        let exempt = self.exempt.as_ref().filter(|exempt| !exempt.names.is_empty())?;
        self.around.lifted(reference, exempt)
    }

    fn keyword(&mut self, key: &str, value: &Value, schema: &Map<String, Value>, out: &mut Map<String, Value>) {
        let translated = match key {
            "$ref" => match value {
                Value::String(reference) => Value::String(self.around.reference(reference)),
                _ => return,
            },
            "$dynamicRef" => match value {
                Value::String(reference) => {
                    self.dynamic(reference, out);
                    return;
                }
                _ => return,
            },
            // Identifiers were resolved when linking, but for those that dynamic scopes are made of.
            "$id" => match self.around.address(schema) {
                Some(address) => Value::String(address),
                None => return,
            },
            "discriminator" => self.discriminator(value),
            "$anchor" | "$schema" | "id" | "$vocabulary" => return,
            "properties" | "patternProperties" | "$defs" | "definitions" => {
                let Value::Object(map) = value else { return };
                self.with(None, |this| this.named(map))
            }
            "dependentSchemas" => match value {
                Value::Object(map) => self.named(map),
                _ => return,
            },
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => match value {
                Value::Array(items) if !items.is_empty() => self.list(key, items),
                _ => return,
            },
            "items" => match value {
                Value::Array(items) => {
                    self.tuple(items, schema, out);
                    return;
                }
                value => self.with(None, |this| this.schema(value)),
            },
            "then" | "else" => self.schema(value),
            // Conditions are about what is there, not about what must be.
            "if" | "not" => self.with(Some(Exempt::default()), |this| this.schema(value)),
            "additionalProperties" | "propertyNames" | "contains" | "unevaluatedItems" | "unevaluatedProperties" => {
                self.with(None, |this| this.schema(value))
            }
            "required" => match self.required(value) {
                Some(names) => names,
                None => return,
            },
            "type" if types(value).is_none() => {
                if !(self.dialect == Dialect::V30 && value.is_array()) {
                    out.insert(UNDECIDABLE.to_owned(), value.clone());
                }
                return;
            }
            "type" if self.dialect == Dialect::V30 && value.is_array() => return,
            "pattern" => match value {
                Value::String(pattern) => pattern::for_engine(pattern).into(),
                _ => return,
            },
            "dependencies" => match value {
                Value::Object(map) => self.dependencies(map),
                _ => return,
            },
            key => match plain(key, value) {
                Some(value) => value,
                None => return,
            },
        };
        out.insert(key.to_owned(), translated);
    }

    /// A mapping leads where the references of branches lead.
    fn discriminator(&mut self, value: &Value) -> Value {
        let mut discriminator = value.clone();
        for target in discriminator.get_mut("mapping").and_then(Value::as_object_mut).into_iter().flatten() {
            if let Some(reference) = target.1.as_str().and_then(|target| self.around.mapped(target)) {
                *target.1 = Value::String(reference);
            }
        }
        discriminator
    }

    fn dynamic(&mut self, reference: &str, out: &mut Map<String, Value>) {
        let target = Value::String(self.around.reference(reference));
        match self.around.dynamic(reference) {
            Some(dynamic) => {
                out.insert("$dynamicRef".to_owned(), Value::String(dynamic));
                out.insert(STATIC_TARGET.to_owned(), target);
            }
            None => drop(out.entry("$ref").or_insert(target)),
        }
    }

    fn named(&mut self, map: &Map<String, Value>) -> Value {
        map.iter().map(|(name, schema)| (name.clone(), self.schema(schema))).collect()
    }

    fn list(&mut self, key: &str, items: &[Value]) -> Value {
        match key {
            "oneOf" => items.iter().map(|item| self.branch(item)).collect(),
            "prefixItems" => self.with(None, |this| items.iter().map(|item| this.schema(item)).collect()),
            _ => items.iter().map(|item| self.schema(item)).collect(),
        }
    }

    /// A branch of `oneOf`.
    fn branch(&mut self, branch: &Value) -> Value {
        let (Some(outer), Some(map)) = (&self.exempt, branch.as_object()) else { return self.schema(branch) };
        if outer.names.is_empty() {
            return self.schema(branch);
        }
        let (mut names, own) = (outer.names.clone(), self.around.exempt(map));
        let telling = names.iter().filter(|name| !own.contains(name)).cloned().collect();
        names.extend(own);
        self.with(Some(Exempt { names, telling }), |this| this.schema(branch))
    }

    /// The tuple form of JSON Schema before 2020-12.
    fn tuple(&mut self, items: &[Value], schema: &Map<String, Value>, out: &mut Map<String, Value>) {
        if items.is_empty() || !self.dialect.has("prefixItems") {
            return;
        }
        out.insert("prefixItems".to_owned(), self.list("prefixItems", items));
        if let Some(additional) = schema.get("additionalItems") {
            let additional = self.with(None, |this| this.schema(additional));
            out.insert("items".to_owned(), additional);
        }
    }

    /// `dependencies` of JSON Schema before 2019-09: names, or schemas of the same value.
    fn dependencies(&mut self, map: &Map<String, Value>) -> Value {
        let translated = |needed: &Value| if needed.is_array() { needed.clone() } else { self.schema(needed) };
        map.values().map(translated).zip(map.keys()).map(|(needed, name)| (name.clone(), needed)).collect()
    }

    fn required(&self, value: &Value) -> Option<Value> {
        let names: Vec<&Value> = value.as_array()?.iter().filter(|name| name.is_string()).collect();
        let has = |all: &[String], name: &Value| all.iter().any(|known| name.as_str() == Some(known));
        let kept = |lifted: &dyn Fn(&Value) -> bool| -> Vec<Value> {
            names.iter().copied().filter(|name| !lifted(name)).cloned().collect()
        };
        let Some(exempt) = &self.exempt else { return Some(kept(&|_| false).into()) };
        let mut left = kept(&|name| has(&exempt.names, name));
        if left.is_empty() {
            left = kept(&|name| has(&exempt.names, name) && !has(&exempt.telling, name));
        }
        Some(left.into())
    }
}

/// The types that a schema may name.
const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "integer", "string"];

/// A keyword without schemas in it: its value where JSON Schema allows it, else nothing.
pub(super) fn plain(key: &str, value: &Value) -> Option<Value> {
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
        "additionalItems" | "$recursiveRef" | "$recursiveAnchor" | "nullable" => false,
        _ => true,
    };
    keep.then(|| value.clone())
}

/// A count that is too high for a pattern, as the bounds of the text's length.
fn counted(out: &mut Map<String, Value>) {
    let Some(counted) = out.get("pattern").and_then(Value::as_str).and_then(pattern::counted) else { return };
    let bound = |key: &str| out.get(key).and_then(Value::as_u64);
    let least = bound("minLength").unwrap_or(0).max(counted.least.into());
    let most = counted.most.map(|most| bound("maxLength").unwrap_or(u64::MAX).min(most.into()));
    out.insert("minLength".to_owned(), least.into());
    out.extend(most.map(|most| ("maxLength".to_owned(), most.into())));
    out.insert("pattern".to_owned(), counted.pattern.into());
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

/// `nullable: true` beside `type`; an `enum` that does not list null still lets none through.
fn allow_null(out: &mut Map<String, Value>) {
    if let Some(Value::String(name)) = out.get_mut("type")
        && name != "null"
    {
        let name = std::mem::take(name);
        out.insert("type".to_owned(), json!([name, "null"]));
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
        fn exempt(&mut self, schema: &Map<String, Value>) -> Vec<String> {
            let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let exempt = properties.filter(|(_, property)| property.get("readOnly") == Some(&json!(true)));
            exempt.map(|(name, _)| name.clone()).collect()
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
                json!({"type": ["string", "null"], "enum": ["a"]}),
            ),
            (json!({"nullable": true, "allOf": [{"$ref": "#/x"}]}), json!({"allOf": [{"$ref": "#/x"}]})),
            (json!({"minimum": 3, "exclusiveMinimum": true}), json!({"exclusiveMinimum": 3})),
            (json!({"minimum": 3, "exclusiveMinimum": false}), json!({"minimum": 3})),
            (json!({"$ref": "#/x", "nullable": true, "minLength": 3}), json!({"$ref": "#/x"})),
            (json!({"type": "string", "required": true}), json!({"type": "string"})),
            (json!({"type": "file"}), json!({"x-undecidable": "file"})),
            (json!({"type": ["string", "null"]}), json!({})),
            (json!({"const": 1, "if": {}, "contains": {}, "propertyNames": {}, "minimum": 1}), json!({"minimum": 1})),
            (
                json!({"type": "integer", "format": "int32", "minimum": 1}),
                json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": i32::MAX}),
            ),
            (json!({"type": "string", "format": "binary"}), json!({"type": "string"})),
            (
                json!({"required": ["a", "b"], "properties": {"a": {"readOnly": true}}}),
                json!({"required": ["b"], "properties": {"a": {"readOnly": true}}}),
            ),
            (json!({"maxLength": "3", "properties": null, "items": [{}]}), json!({})),
            (
                json!({"properties": {"a": {"readOnly": true}}, "oneOf": [{"required": ["a"]}, {"required": ["a", "b"]}],
                    "not": {"required": ["a"]}}),
                json!({"properties": {"a": {"readOnly": true}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
                    "not": {"required": ["a"]}}),
            ),
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
            (json!({"items": [{}]}), json!({"prefixItems": [{}]})),
            (json!({"type": ["strng", "null"]}), json!({"x-undecidable": ["strng", "null"]})),
            (json!(true), json!(true)),
        ] {
            check(Dialect::V31, &schema, &expected);
        }
    }
}
