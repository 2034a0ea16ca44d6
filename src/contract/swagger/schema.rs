//! Schemas of Swagger 2.0 (Schema Object, Items Object) as those of 3.0, keyword by keyword.

use serde_json::{Map, Value, json};

use super::Converter;

impl Converter<'_, '_> {
    pub(super) fn schema(&mut self, schema: &Value) -> Value {
        let Value::Object(map) = schema else { return schema.clone() };
        if !self.may_grow() {
            return Value::Bool(true);
        }
        if let Some(Value::String(reference)) = map.get("$ref") {
            return json!({"$ref": self.reference(reference)});
        }
        let mut out = Map::with_capacity(map.len());
        for (key, value) in map {
            match (key.as_str(), value) {
                ("x-nullable", value) => {
                    out.insert("nullable".to_owned(), value.clone());
                }
                ("type", Value::String(name)) if name == "file" => {
                    out.insert("type".to_owned(), json!("string"));
                    out.insert("format".to_owned(), json!("binary"));
                }
                ("discriminator", Value::String(name)) => {
                    out.insert("discriminator".to_owned(), json!({"propertyName": name}));
                }
                ("properties" | "patternProperties" | "definitions", Value::Object(map)) => {
                    let map = map.iter().map(|(name, value)| (name.clone(), self.schema(value)));
                    let map = map.collect();
                    out.insert(key.clone(), Value::Object(map));
                }
                ("items" | "allOf" | "anyOf" | "oneOf", Value::Array(items)) => {
                    let items = items.iter().map(|item| self.schema(item)).collect();
                    out.insert(key.clone(), items);
                }
                ("items" | "additionalProperties" | "additionalItems" | "not", Value::Object(_)) => {
                    let below = self.schema(value);
                    out.insert(key.clone(), below);
                }
                _ => {
                    out.insert(key.clone(), value.clone());
                }
            }
        }
        Value::Object(out)
    }

    /// The reference in the words of 3.0, where its target only has another name there. Others are
    /// looked up by the place that they name in the text.
    pub(super) fn reference(&self, reference: &str) -> Value {
        let renamed = |rest: &str, group: &str| Value::String(format!("#/components/{group}/{rest}"));
        let whole = |rest: &&str| !rest.contains('/');
        if !self.whole {
            return Value::String(reference.to_owned());
        }
        if let Some(rest) = reference.strip_prefix("#/definitions/") {
            return renamed(rest, "schemas");
        }
        if let Some(rest) = reference.strip_prefix("#/parameters/").filter(whole) {
            return renamed(rest, "parameters");
        }
        if let Some(rest) = reference.strip_prefix("#/responses/").filter(whole) {
            return renamed(rest, "responses");
        }
        Value::String(reference.to_owned())
    }
}
