//! Swagger 2.0 documents, turned into OpenAPI 3.0 documents that say the same. Where each part
//! comes from is kept, so that places stay those of the text as it was written.
//!
//! What 3.0 has no words for is left unjudged, with a warning: lists whose items are separated by
//! tabs, and lists within lists in parameters.

mod parameter;
mod schema;

use serde_json::{Map, Value, json};

use super::origin::{Origins, Whence};
use super::walk::{Kind, METHODS};
use crate::source::{Diagnostic, Diagnostics, Pointer, Source};
use parameter::Use;

/// The most media types of one `consumes` or `produces`.
const MOST_MEDIA_TYPES: usize = 64;
/// How many times as many values a converted document may have as the one that was read, and how
/// many more: shared parameters and responses are written out where they are used.
const MOST_GROWTH: (usize, usize) = (10, 100_000);
/// How many references may lead to another one.
const LONGEST_CHAIN: usize = 32;
/// What stands in place of media types that a document does not name.
const ANY: &str = "*/*";

/// Whether the document is of Swagger 2.0.
pub(super) fn is_swagger(document: &Value) -> bool {
    match document.get("swagger") {
        Some(Value::String(version)) => version == "2.0",
        Some(Value::Number(version)) => version.as_f64() == Some(2.0),
        _ => false,
    }
}

/// A document in OpenAPI 3.0, and where its parts come from.
pub(super) struct Converted {
    pub(super) value: Value,
    pub(super) origins: Origins,
    pub(super) defaults: Defaults,
}

/// What holds for all operations that do not say otherwise.
#[derive(Clone, Debug, Default)]
pub(super) struct Defaults {
    consumes: Vec<MediaType>,
    produces: Vec<MediaType>,
}

/// A media type and where the document names it.
type MediaType = (String, Option<Pointer>);

/// Converts a whole document; `Err` where it grows beyond all bounds.
pub(super) fn convert(document: &Value, source: &Source, faults: &mut Diagnostics) -> Result<Converted, Diagnostic> {
    let root = Part { value: document, at: Pointer::root() };
    let defaults = Defaults {
        consumes: root.media_types("consumes").unwrap_or_default(),
        produces: root.media_types("produces").unwrap_or_default(),
    };
    let mut converter = Converter::new((document, document), source, &defaults, Origins::default(), faults);
    let value = converter.document(&root);
    let (origins, grown) = (converter.origins, converter.left == 0);
    if grown {
        let message = "the document grows too large when what it shares is written out".to_owned();
        return Err(Diagnostic::error("document-too-large", message).at_value(source, &Pointer::root(), ""));
    }
    Ok(Converted { value, origins, defaults })
}

/// Converts what stands at `at` of a file that a Swagger 2.0 document refers to; `None` where it
/// cannot be used from there.
pub(super) fn convert_part(
    document: &Value,
    source: &Source,
    at: &Pointer,
    kind: Kind,
    (defaults, origins): (&Defaults, &mut Origins),
    faults: &mut Diagnostics,
) -> Option<Value> {
    let part = Part { value: document.pointer(at.as_str())?, at: at.clone() };
    // Names of media types stand in another file than this.
    let unplaced = |list: &[MediaType]| list.iter().map(|(name, _)| (name.clone(), None)).collect();
    let defaults = Defaults { consumes: unplaced(&defaults.consumes), produces: unplaced(&defaults.produces) };
    let known = std::mem::take(origins);
    let mut converter = Converter::new((document, part.value), source, &defaults, known, faults);
    let value = match kind {
        Kind::PathItem => Some(converter.path_item(&part, at)),
        Kind::Response if part.get("content").is_none() => Some(converter.response(&part, at, &defaults.produces)),
        Kind::Parameter => match converter.used_as(&part) {
            Use::Plain => Some(converter.parameter(&part, at)),
            Use::Body(_) | Use::Field(_) => None,
        },
        Kind::Schema => Some(converter.schema(part.value)),
        _ => Some(part.value.clone()),
    };
    *origins = converter.origins;
    value
}

/// A value of the document, and where it stands there.
#[derive(Clone)]
struct Part<'d> {
    value: &'d Value,
    at: Pointer,
}

impl<'d> Part<'d> {
    fn get(&self, key: &str) -> Option<Self> {
        Some(Self { value: self.value.get(key)?, at: self.at.join(key) })
    }

    fn text(&self, key: &str) -> Option<&'d str> {
        self.value.get(key)?.as_str()
    }

    fn entries(&self) -> Vec<(&'d str, Self)> {
        let map = self.value.as_object();
        map.into_iter().flatten().map(|(key, value)| (key.as_str(), Self { value, at: self.at.join(key) })).collect()
    }

    fn items(&self) -> Vec<Self> {
        let items = self.value.as_array();
        items.into_iter().flatten().enumerate().map(|(i, value)| Self { value, at: self.at.index(i) }).collect()
    }

    fn media_types(&self, key: &str) -> Option<Vec<MediaType>> {
        let listed = self.get(key)?;
        let mut all: Vec<MediaType> = Vec::new();
        for item in listed.items().into_iter().take(MOST_MEDIA_TYPES) {
            if let Some(name) = item.value.as_str()
                && !all.iter().any(|(known, _)| known == name)
            {
                all.push((name.to_owned(), Some(item.at)));
            }
        }
        Some(all)
    }
}

struct Converter<'d, 'f> {
    root: &'d Value,
    source: &'f Source,
    defaults: &'f Defaults,
    origins: Origins,
    faults: &'f mut Diagnostics,
    /// How many more values may be made.
    left: usize,
    /// Whether it is a whole document, whose parts get the names of 3.0.
    whole: bool,
}

impl<'d, 'f> Converter<'d, 'f> {
    fn new(
        (root, extent): (&'d Value, &Value),
        source: &'f Source,
        defaults: &'f Defaults,
        origins: Origins,
        faults: &'f mut Diagnostics,
    ) -> Self {
        let left = size(extent).saturating_mul(MOST_GROWTH.0).saturating_add(MOST_GROWTH.1);
        Self { root, source, defaults, origins, faults, left, whole: is_swagger(root) }
    }

    /// What stands at `to` from now on comes from `from`.
    fn came(&mut self, to: &Pointer, from: &Pointer) {
        self.origins.set(to, Whence::Document(from.clone()));
    }

    /// Whether one more value may be made.
    fn may_grow(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    fn warn(&mut self, code: &'static str, message: impl Into<String>, at: &Pointer) {
        self.faults.push(Diagnostic::warning(code, message).at_value(self.source, at, ""));
    }

    /// Follows references within the document.
    fn follow(&self, part: &Part<'d>) -> Part<'d> {
        let mut part = part.clone();
        for _ in 0..LONGEST_CHAIN {
            let Some(reference) = part.text("$ref").filter(|reference| reference.starts_with('#')) else { break };
            let Some(at) = Pointer::from_fragment(&reference[1..]) else { break };
            let Some(value) = self.root.pointer(at.as_str()) else { break };
            part = Part { value, at };
        }
        part
    }

    fn document(&mut self, root: &Part<'d>) -> Value {
        let mut out = Map::new();
        out.insert("openapi".to_owned(), json!("3.0.3"));
        self.came(&Pointer::root().join("openapi"), &Pointer::root().join("swagger"));
        let mut servers = None;
        for (key, part) in root.entries() {
            match key {
                "swagger"
                | "consumes"
                | "produces"
                | "definitions"
                | "parameters"
                | "responses"
                | "securityDefinitions"
                | "components"
                | "servers"
                | "openapi" => {}
                "host" | "basePath" | "schemes" => servers = servers.or(Some(part.at)),
                "paths" => {
                    let paths = part.entries().into_iter().map(|(template, item)| {
                        let to = part.at.join(template);
                        let value =
                            if template.starts_with("x-") { item.value.clone() } else { self.path_item(&item, &to) };
                        (template.to_owned(), value)
                    });
                    let paths = paths.collect();
                    out.insert(key.to_owned(), Value::Object(paths));
                }
                other => {
                    out.insert(other.to_owned(), part.value.clone());
                }
            }
        }
        if let Some(at) = servers {
            self.came(&Pointer::root().join("servers"), &at);
            out.insert("servers".to_owned(), servers_of(root, root.get("schemes").as_ref()));
        }
        let components = self.components(root);
        out.insert("components".to_owned(), components);
        Value::Object(out)
    }

    fn components(&mut self, root: &Part<'d>) -> Value {
        let base = Pointer::root().join("components");
        let mut out = Map::new();
        let mut group = |converter: &mut Self,
                         from: &str,
                         to: &str,
                         one: &mut dyn FnMut(&mut Self, &Part<'d>, &Pointer) -> Option<Value>| {
            let Some(part) = root.get(from) else { return };
            let to_group = base.join(to);
            converter.came(&to_group, &part.at);
            let mut map = Map::new();
            for (name, part) in part.entries() {
                if let Some(value) = one(converter, &part, &to_group.join(name)) {
                    map.insert(name.to_owned(), value);
                }
            }
            out.insert(to.to_owned(), Value::Object(map));
        };
        group(self, "definitions", "schemas", &mut |this, part, _| Some(this.schema(part.value)));
        group(self, "parameters", "parameters", &mut |this, part, to| match this.used_as(part) {
            Use::Plain => Some(this.parameter(part, to)),
            Use::Body(_) | Use::Field(_) => None,
        });
        group(self, "parameters", "requestBodies", &mut |this, part, to| match this.used_as(part) {
            Use::Body(body) => Some(this.body(&body, to, &this.defaults.consumes)),
            Use::Plain | Use::Field(_) => None,
        });
        group(self, "responses", "responses", &mut |this, part, to| {
            Some(this.response(part, to, &this.defaults.produces))
        });
        group(self, "securityDefinitions", "securitySchemes", &mut |_, part, _| Some(security_scheme(part)));
        Value::Object(out)
    }

    fn path_item(&mut self, item: &Part<'d>, to: &Pointer) -> Value {
        if to != &item.at {
            self.came(to, &item.at);
        }
        let shared = item.get("parameters").map(|list| list.items()).unwrap_or_default();
        let mut out = Map::new();
        for (key, part) in item.entries() {
            let below = to.join(key);
            let value = match key {
                "$ref" => part.value.as_str().map_or(Value::Null, |reference| self.reference(reference)),
                "parameters" => self.parameters(&shared, &below),
                method if METHODS.contains(&method) && part.value.is_object() => self.operation(&part, &shared, &below),
                _ => part.value.clone(),
            };
            out.insert(key.to_owned(), value);
        }
        Value::Object(out)
    }

    fn operation(&mut self, operation: &Part<'d>, shared: &[Part<'d>], to: &Pointer) -> Value {
        let mut out = Map::new();
        let own = operation.get("parameters").map(|list| list.items()).unwrap_or_default();
        let consumes = operation.media_types("consumes");
        let produces = operation.media_types("produces");
        for (key, part) in operation.entries() {
            let below = to.join(key);
            let value = match key {
                "consumes" | "produces" | "schemes" | "requestBody" => continue,
                "parameters" => self.parameters(&own, &below),
                "responses" => self.responses(&part, &below, produces.as_deref()),
                _ => part.value.clone(),
            };
            out.insert(key.to_owned(), value);
        }
        let consumes = consumes.as_deref().unwrap_or(&self.defaults.consumes);
        if let Some(body) = self.request_body(&own, shared, &to.join("requestBody"), consumes) {
            out.insert("requestBody".to_owned(), body);
        }
        if let Some(schemes) = operation.get("schemes") {
            self.came(&to.join("servers"), &schemes.at);
            let root = Part { value: self.root, at: Pointer::root() };
            out.insert("servers".to_owned(), servers_of(&root, Some(&schemes)));
        }
        Value::Object(out)
    }

    fn responses(&mut self, responses: &Part<'d>, to: &Pointer, produces: Option<&[MediaType]>) -> Value {
        let mut out = Map::new();
        for (status, response) in responses.entries() {
            let below = to.join(status);
            let value = if status.starts_with("x-") {
                response.value.clone()
            } else if let Some(produces) = produces {
                // What is shared has the media types of the document, not those of the operation.
                let followed = self.follow(&response);
                self.response(&followed, &below, produces)
            } else {
                self.response(&response, &below, &self.defaults.produces)
            };
            out.insert(status.to_owned(), value);
        }
        Value::Object(out)
    }

    fn response(&mut self, response: &Part<'d>, to: &Pointer, produces: &[MediaType]) -> Value {
        if to != &response.at {
            self.came(to, &response.at);
        }
        if let Some(reference) = response.text("$ref") {
            return json!({"$ref": self.reference(reference)});
        }
        let mut out = Map::new();
        for (key, part) in response.entries() {
            let value = match key {
                "schema" | "examples" => continue,
                "headers" => {
                    let headers = part.entries().into_iter();
                    let base = to.join("headers");
                    headers.map(|(name, header)| (name.to_owned(), self.header(&header, &base.join(name)))).collect()
                }
                _ => part.value.clone(),
            };
            out.insert(key.to_owned(), value);
        }
        if let Some(content) = self.response_content(response, &to.join("content"), produces) {
            out.insert("content".to_owned(), content);
        }
        Value::Object(out)
    }

    /// `None`: there is no body (Swagger 2.0, Response Object, `schema`).
    fn response_content(&mut self, response: &Part<'d>, to: &Pointer, produces: &[MediaType]) -> Option<Value> {
        let schema = response.get("schema");
        let examples = response.get("examples").map(|examples| examples.entries()).unwrap_or_default();
        if schema.is_none() && examples.is_empty() {
            return None;
        }
        let mut types = produces.to_vec();
        for (name, example) in examples.iter().take(MOST_MEDIA_TYPES).filter(|(name, _)| name.contains('/')) {
            if !types.iter().any(|(known, _)| same_essence(known, name)) {
                types.push(((*name).to_owned(), Some(example.at.clone())));
            }
        }
        if types.is_empty() {
            types.push((ANY.to_owned(), None));
        }
        let content = self.content(schema.as_ref(), &response.at, to, &types);
        let mut content = match content {
            Value::Object(content) => content,
            other => return Some(other),
        };
        for (name, example) in examples {
            let key = content.keys().find(|known| same_essence(known, name)).cloned();
            if let Some(key) = key
                && let Some(Value::Object(media)) = content.get_mut(&key)
            {
                self.came(&to.join(&key).join("example"), &example.at);
                media.insert("example".to_owned(), example.value.clone());
            }
        }
        Some(Value::Object(content))
    }

    /// An entry for each media type; the schema stands in the first, the others refer to it.
    fn content(&mut self, schema: Option<&Part<'d>>, owner: &Pointer, to: &Pointer, types: &[MediaType]) -> Value {
        self.came(to, owner);
        let mut out = Map::new();
        let mut shared: Option<Value> = None;
        for (name, named_at) in types {
            if !self.may_grow() {
                break;
            }
            let at = to.join(name);
            self.came(&at, named_at.as_ref().unwrap_or(owner));
            let mut media = Map::new();
            if let Some(schema) = schema {
                let place = at.join("schema");
                self.came(&place, &schema.at);
                let value = shared.clone().unwrap_or_else(|| self.schema(schema.value));
                let small = value.get("$ref").is_some() || !value.is_object();
                shared = Some(if small { value.clone() } else { json!({"$ref": place.to_fragment()}) });
                media.insert("schema".to_owned(), value);
                if let Some(named) = schema.get("x-examples") {
                    self.named_examples(&named, &at, &mut media);
                }
            }
            out.insert(name.clone(), Value::Object(media));
        }
        Value::Object(out)
    }

    /// `x-examples`: names and values.
    fn named_examples(&mut self, examples: &Part<'d>, to: &Pointer, out: &mut Map<String, Value>) {
        let base = to.join("examples");
        let mut map = Map::new();
        for (name, example) in examples.entries() {
            if self.may_grow() {
                self.came(&base.join(name).join("value"), &example.at);
                map.insert(name.to_owned(), json!({"value": example.value}));
            }
        }
        if !map.is_empty() {
            out.insert("examples".to_owned(), Value::Object(map));
        }
    }
}

/// How many values there are.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

fn same_essence(one: &str, other: &str) -> bool {
    let essence = |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence(one) == essence(other)
}

/// `schemes`, `host` and `basePath`; without a host the document's own is meant, which a relative
/// URL says too.
fn servers_of(root: &Part<'_>, schemes: Option<&Part<'_>>) -> Value {
    let path = root.text("basePath").unwrap_or_default().trim_end_matches('/');
    let Some(host) = root.text("host").filter(|host| !host.is_empty()) else {
        return json!([{"url": if path.is_empty() { "/" } else { path }}]);
    };
    let listed = schemes.map(Part::items).unwrap_or_default();
    let mut names: Vec<&str> = listed.iter().filter_map(|scheme| scheme.value.as_str()).take(4).collect();
    if names.is_empty() {
        names.push("https");
    }
    names.into_iter().map(|scheme| json!({"url": format!("{scheme}://{host}{path}")})).collect()
}

fn security_scheme(scheme: &Part<'_>) -> Value {
    let Value::Object(map) = scheme.value else { return scheme.value.clone() };
    let mut out = map.clone();
    match scheme.text("type") {
        Some("basic") => {
            out.insert("type".to_owned(), json!("http"));
            out.insert("scheme".to_owned(), json!("basic"));
        }
        Some("oauth2") => {
            let name = match scheme.text("flow") {
                Some("application") => "clientCredentials",
                Some("accessCode") => "authorizationCode",
                Some(other) => other,
                None => "implicit",
            };
            let mut flow = Map::new();
            for key in ["authorizationUrl", "tokenUrl", "scopes"] {
                if let Some(value) = out.shift_remove(key) {
                    flow.insert(key.to_owned(), value);
                }
            }
            out.shift_remove("flow");
            out.insert("flows".to_owned(), json!({name: flow}));
        }
        _ => {}
    }
    Value::Object(out)
}
