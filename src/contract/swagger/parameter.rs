//! Parameters, request bodies and headers (Swagger 2.0, Parameter Object and Header Object).

use serde_json::{Map, Value, json};

use super::{ANY, Converter, MediaType, Part, same_essence};
use crate::source::Pointer;

/// What a parameter is in 3.0.
pub(super) enum Use<'d> {
    /// A parameter there too, or a reference to another file.
    Plain,
    /// The request's body.
    Body(Part<'d>),
    /// A property of a form.
    Field(Part<'d>),
}

const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

impl<'d> Converter<'d, '_> {
    pub(super) fn used_as(&self, parameter: &Part<'d>) -> Use<'d> {
        let followed = self.follow(parameter);
        match followed.text("in") {
            Some("body") => Use::Body(followed),
            Some("formData") => Use::Field(followed),
            _ => Use::Plain,
        }
    }

    /// Those that are parameters in 3.0 too.
    pub(super) fn parameters(&mut self, list: &[Part<'d>], to: &Pointer) -> Value {
        let mut out = Vec::new();
        for part in list {
            if matches!(self.used_as(part), Use::Plain) {
                let value = self.parameter(part, &to.index(out.len()));
                out.push(value);
            }
        }
        Value::Array(out)
    }

    pub(super) fn parameter(&mut self, parameter: &Part<'d>, to: &Pointer) -> Value {
        if to != &parameter.at {
            self.came(to, &parameter.at);
        }
        if let Some(reference) = parameter.text("$ref") {
            return json!({"$ref": self.reference(reference)});
        }
        let keep = ["name", "in", "description", "required", "allowEmptyValue", "deprecated"];
        let mut out = self.described(parameter, to, &keep);
        if parameter.text("type") == Some("array") {
            self.style(parameter, to, &mut out);
        }
        Value::Object(out)
    }

    pub(super) fn header(&mut self, header: &Part<'d>, to: &Pointer) -> Value {
        if to != &header.at {
            self.came(to, &header.at);
        }
        let mut out = self.described(header, to, &["description"]);
        if header.text("type") == Some("array") {
            self.style(header, to, &mut out);
            out.shift_remove("style");
        }
        Value::Object(out)
    }

    /// What is said about the value beside it, and a schema of what is said about the value.
    fn described(&mut self, part: &Part<'d>, to: &Pointer, keep: &[&str]) -> Map<String, Value> {
        let mut out = Map::new();
        for (key, part) in part.entries() {
            match key {
                "x-example" => {
                    self.came(&to.join("example"), &part.at);
                    out.insert("example".to_owned(), part.value.clone());
                }
                "x-examples" => self.named_examples(&part, to, &mut out),
                key if keep.contains(&key) || key.starts_with("x-") && key != "x-nullable" => {
                    out.insert(key.to_owned(), part.value.clone());
                }
                _ => {}
            }
        }
        let schema = self.value_schema(part, &to.join("schema"), keep);
        out.insert("schema".to_owned(), schema);
        out
    }

    /// The schema that the keywords of a parameter, header or field of a form make.
    fn value_schema(&mut self, part: &Part<'d>, to: &Pointer, keep: &[&str]) -> Value {
        if let Some(schema) = part.get("schema") {
            return self.schema(schema.value);
        }
        self.came(to, &part.at);
        let Value::Object(map) = part.value else { return json!({}) };
        let own = |key: &str| {
            !(keep.contains(&key) || key == "collectionFormat" || key.starts_with("x-") && key != "x-nullable")
        };
        let keywords: Map<String, Value> =
            map.iter().filter(|(key, _)| own(key)).map(|(key, value)| (key.clone(), value.clone())).collect();
        let mut schema = self.schema(&Value::Object(keywords));
        if let Some(items) = part.get("items")
            && items.text("type") == Some("array")
        {
            let message = "lists within lists have no form in OpenAPI 3: these are not judged";
            self.warn("collection-format-unjudged", message, &items.at);
            schema["items"] = json!({});
        }
        schema
    }

    /// `collectionFormat` as style and explode.
    fn style(&mut self, part: &Part<'d>, to: &Pointer, out: &mut Map<String, Value>) {
        let (format, at) = match part.get("collectionFormat") {
            Some(said) => (said.value.as_str().unwrap_or_default().to_owned(), said.at),
            None => ("csv".to_owned(), part.at.clone()),
        };
        let named = matches!(part.text("in"), Some("query" | "formData"));
        let (style, explode) = match (format.as_str(), named) {
            ("csv", true) => ("form", false),
            ("multi", true) => ("form", true),
            ("ssv", true) => ("spaceDelimited", false),
            ("pipes", true) => ("pipeDelimited", false),
            ("csv", false) => ("simple", false),
            _ => {
                let message =
                    format!("a list with `collectionFormat: {format}` has no form in OpenAPI 3 here: it is not judged");
                self.warn("collection-format-unjudged", message, &at);
                out.insert("schema".to_owned(), json!({}));
                return;
            }
        };
        for key in ["style", "explode"] {
            self.came(&to.join(key), &at);
        }
        out.insert("style".to_owned(), json!(style));
        out.insert("explode".to_owned(), json!(explode));
    }

    /// The body that the parameters of an operation, and those of its path, make.
    pub(super) fn request_body(
        &mut self,
        own: &[Part<'d>],
        shared: &[Part<'d>],
        to: &Pointer,
        consumes: &[MediaType],
    ) -> Option<Value> {
        let mut fields: Vec<Part<'d>> = Vec::new();
        for part in own.iter().chain(shared) {
            match self.used_as(part) {
                Use::Body(body) => return Some(self.body(&body, to, consumes)),
                Use::Field(field) if !fields.iter().any(|known| known.text("name") == field.text("name")) => {
                    fields.push(field);
                }
                Use::Plain | Use::Field(_) => {}
            }
        }
        (!fields.is_empty()).then(|| self.form(&fields, to, consumes))
    }

    pub(super) fn body(&mut self, body: &Part<'d>, to: &Pointer, consumes: &[MediaType]) -> Value {
        self.came(to, &body.at);
        let mut out = Map::new();
        for (key, part) in body.entries() {
            let kept = matches!(key, "description" | "required")
                || key.starts_with("x-") && !matches!(key, "x-example" | "x-examples");
            if kept {
                out.insert(key.to_owned(), part.value.clone());
            }
        }
        let any = [(ANY.to_owned(), None)];
        let types = if consumes.is_empty() { &any } else { consumes };
        let content_at = to.join("content");
        let mut content = self.content(body.get("schema").as_ref(), &body.at, &content_at, types);
        if let Some(entries) = content.as_object_mut() {
            self.body_examples(body, &content_at, entries);
        }
        out.insert("content".to_owned(), content);
        Value::Object(out)
    }

    /// `x-example` is one for all media types; `x-examples` are named by media type, or freely.
    fn body_examples(&mut self, body: &Part<'d>, to: &Pointer, content: &mut Map<String, Value>) {
        for (name, media) in content.iter_mut() {
            let Value::Object(media) = media else { continue };
            let at = to.join(name);
            if let Some(example) = body.get("x-example") {
                self.came(&at.join("example"), &example.at);
                media.insert("example".to_owned(), example.value.clone());
            }
            let Some(examples) = body.get("x-examples") else { continue };
            let by_type = examples.entries().into_iter().find(|(key, _)| same_essence(key, name));
            if let Some((_, example)) = by_type {
                self.came(&at.join("example"), &example.at);
                media.insert("example".to_owned(), example.value.clone());
            } else if !examples.entries().iter().any(|(key, _)| key.contains('/')) {
                self.named_examples(&examples, &at, media);
            }
        }
    }

    /// The fields of a form as the properties of an object.
    fn form(&mut self, fields: &[Part<'d>], to: &Pointer, consumes: &[MediaType]) -> Value {
        let origin = fields.first().map(|field| field.at.clone()).unwrap_or_default();
        self.came(to, &origin);
        let is_form = |name: &str| same_essence(name, URLENCODED) || same_essence(name, MULTIPART);
        let mut types: Vec<MediaType> = consumes.iter().filter(|(name, _)| is_form(name)).cloned().collect();
        let has_file = fields.iter().any(|field| field.text("type") == Some("file"));
        if types.is_empty() {
            types.push(((if has_file { MULTIPART } else { URLENCODED }).to_owned(), None));
        }
        let mut content = Map::new();
        let mut first: Option<Pointer> = None;
        for (name, named_at) in types {
            let at = to.join("content").join(&name);
            self.came(&at, named_at.as_ref().unwrap_or(&origin));
            let mut media = Map::new();
            let schema = match &first {
                Some(first) => json!({"$ref": first.to_fragment()}),
                None => self.form_schema(fields, &at.join("schema")),
            };
            media.insert("schema".to_owned(), schema);
            first.get_or_insert_with(|| at.join("schema"));
            let mut encoding = Map::new();
            for field in fields.iter().filter(|field| field.text("type") == Some("array")) {
                let (Some(name), at) = (field.text("name"), at.join("encoding")) else { continue };
                let mut out = Map::new();
                self.style(field, &at.join(name), &mut out);
                // What has no form is left out of the schema, and told there.
                if out.shift_remove("schema").is_none() {
                    encoding.insert(name.to_owned(), Value::Object(out));
                }
            }
            if !encoding.is_empty() {
                media.insert("encoding".to_owned(), Value::Object(encoding));
            }
            content.insert(name, Value::Object(media));
        }
        let required = fields.iter().any(|field| field.value.get("required") == Some(&Value::Bool(true)));
        json!({"required": required, "content": content})
    }

    fn form_schema(&mut self, fields: &[Part<'d>], to: &Pointer) -> Value {
        let keep = ["name", "in", "required", "allowEmptyValue"];
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for field in fields {
            let Some(name) = field.text("name") else { continue };
            if !self.may_grow() {
                break;
            }
            let place = to.join("properties").join(name);
            self.came(&place, &field.at);
            let mut schema = self.value_schema(field, &place, &keep);
            let is_list = field.text("type") == Some("array");
            if is_list && !matches!(field.text("collectionFormat"), None | Some("csv" | "ssv" | "pipes" | "multi")) {
                schema = json!({});
            }
            match field.value.get("allowEmptyValue") {
                Some(Value::Bool(true)) if !is_list => {
                    self.came(&place.join("anyOf").index(0), &field.at);
                    schema = json!({"anyOf": [schema, {"type": "string", "maxLength": 0}]});
                }
                Some(Value::Bool(false))
                    if field.text("type") == Some("string") && schema.get("minLength").is_none() =>
                {
                    self.came(&place.join("minLength"), &field.at.join("allowEmptyValue"));
                    schema["minLength"] = json!(1);
                }
                _ => {}
            }
            if field.value.get("required") == Some(&Value::Bool(true)) {
                self.came(&to.join("required").index(required.len()), &field.at.join("required"));
                required.push(json!(name));
            }
            properties.insert(name.to_owned(), schema);
        }
        let mut schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            schema["required"] = Value::Array(required);
        }
        schema
    }
}
