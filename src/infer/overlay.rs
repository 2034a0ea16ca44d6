//! What traffic shows and a contract does not say, as an OpenAPI Overlay that says it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Infer;
use super::observed::Observed;
use super::shape::{IsSecret, Shape};
use crate::contract::{Contract, Location, MediaTypeSpec, Operation, Route};
use crate::exchange::{MediaType, Request};
use crate::source::Pointer;
use crate::traffic::{Credentials, Entry};

/// Schemas nested deeper are not looked into.
const DEEPEST: usize = 40;

/// What of the traffic a contract does not speak of.
#[derive(Debug)]
pub struct Findings {
    credentials: Credentials,
    /// Requests to no operation, their paths below the server's.
    unknown: Infer,
    statuses: BTreeMap<(Pointer, u16), Observed>,
    parameters: BTreeMap<(Pointer, String, String), Shape>,
    headers: BTreeMap<(Pointer, String), Shape>,
    properties: BTreeMap<(Pointer, String), Shape>,
    values: BTreeMap<(Pointer, String), (Value, usize)>,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            credentials: Credentials::new([], Vec::new()),
            unknown: Infer::default(),
            statuses: BTreeMap::new(),
            parameters: BTreeMap::new(),
            headers: BTreeMap::new(),
            properties: BTreeMap::new(),
            values: BTreeMap::new(),
        }
    }
}

impl Findings {
    /// Takes in an exchange whose path below the contract's server is `path`.
    pub fn add(&mut self, contract: &Contract, entry: &Entry, path: &str) {
        let Ok(response) = &entry.response else { return };
        let operation = match contract.route(&entry.request.method, path) {
            Route::Operation { operation, .. } => operation,
            Route::OtherMethods { .. } | Route::Unknown => {
                if !matches!(response.status, 404 | 405 | 501) {
                    let query = entry.request.query().map(|query| format!("?{query}")).unwrap_or_default();
                    let request = Request { url: format!("{path}{query}"), ..entry.request.clone() };
                    self.unknown.add(&Entry { request, ..entry.clone() });
                }
                return;
            }
        };
        self.credentials.learn(&entry.request, Some(response));
        match operation.response(response.status) {
            None => {
                let observed =
                    self.statuses.entry((operation.pointer().join("responses"), response.status)).or_default();
                observed.take(entry, &self.credentials);
            }
            Some(described) if described.document == 0 => {
                self.response_headers(
                    entry,
                    &described.pointer,
                    described.headers.iter().map(|header| header.name.as_str()),
                );
                if let Some(media) = response.media_type().filter(|_| entry.missing.response_body.is_none()) {
                    self.body(contract, &described.content, &media, &response.body);
                }
            }
            Some(_) => {}
        }
        if !(400..500).contains(&response.status) {
            self.request(contract, operation, entry);
        }
    }

    fn request(&mut self, contract: &Contract, operation: &Operation, entry: &Entry) {
        let request = &entry.request;
        // A parameter of an object may be written with names of its own (`filter[a]`, or one for each property).
        let open = |known: &&crate::contract::Parameter| {
            known.location == Location::Query
                && known
                    .schema
                    .as_ref()
                    .is_some_and(|schema| contract.schema_value(schema).get("type").is_none_or(|kind| kind == "object"))
        };
        let known = |name: &str| {
            let stem = name.split('[').next().unwrap_or(name);
            operation
                .parameters()
                .iter()
                .any(|known| known.location == Location::Query && (known.name == name || known.name == stem))
        };
        if !operation.parameters().iter().any(|parameter| open(&parameter)) {
            for (name, value) in url::form_urlencoded::parse(request.query().unwrap_or_default().as_bytes()) {
                if !known(&name) && !self.credentials.is_secret(&name) {
                    let key = (operation.pointer().clone(), "query".to_owned(), name.into_owned());
                    self.parameters.entry(key).or_default().take_text(&value, false);
                }
            }
        }
        if let (Some(body), Some(media)) = (operation.request_body(), request.media_type()) {
            self.body(contract, &body.content, &media, &request.body);
        }
    }

    fn response_headers<'h>(&mut self, entry: &Entry, at: &Pointer, described: impl Iterator<Item = &'h str>) {
        let mut observed = Observed::default();
        observed.take(entry, &self.credentials);
        let described: BTreeSet<String> = described.map(str::to_ascii_lowercase).collect();
        for (name, parameter) in observed.responses.into_values().flat_map(|answer| answer.headers) {
            if !described.contains(&name) {
                self.headers.entry((at.clone(), name)).or_default().merge(parameter.shape);
            }
        }
    }

    fn body(&mut self, contract: &Contract, content: &[MediaTypeSpec], media: &MediaType, body: &[u8]) {
        let fitting =
            content.iter().filter(|entry| entry.range.matches(media)).max_by_key(|entry| entry.range.specificity());
        let schema = fitting.and_then(|entry| entry.schema.as_ref()).filter(|schema| schema.document == 0);
        if let (Some(schema), true, Ok(value)) = (schema, media.is_json(), serde_json::from_slice(body)) {
            self.value(contract, &schema.pointer, &value, 0);
        }
    }

    fn value(&mut self, contract: &Contract, at: &Pointer, value: &Value, depth: usize) {
        let Some((at, schema)) = followed(contract, at).filter(|_| depth < DEEPEST) else { return };
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
            && (value.is_string() || value.is_number())
            && !value.as_str().is_some_and(|text| text.contains("***"))
        {
            let seen = self.values.entry((at.join("enum"), value.to_string())).or_insert_with(|| (value.clone(), 0));
            seen.1 += 1;
        }
        match value {
            Value::Array(items) if schema.get("items").is_some() => {
                for item in items {
                    self.value(contract, &at.join("items"), item, depth + 1);
                }
            }
            Value::Object(fields) => {
                // Which branch a value is of is not guessed.
                let branches =
                    ["anyOf", "oneOf", "if", "patternProperties"].iter().any(|key| schema.contains_key(*key));
                let open = schema.get("additionalProperties").is_some_and(|more| more.is_object() || more == false);
                let known = properties(contract, &at, 0);
                for (name, value) in fields {
                    match known.get(name) {
                        Some(at) => self.value(contract, at, value, depth + 1),
                        None if branches || open || known.is_empty() => {}
                        None => {
                            let credentials = &self.credentials;
                            let is_secret: IsSecret<'_> = &|name| credentials.is_secret(name);
                            let mut shape = Shape::default();
                            shape.take(value, is_secret);
                            self.properties.entry((at.clone(), name.clone())).or_default().merge(shape);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// The overlay for the document of this contract, and of how many actions it consists.
    pub fn overlay(&self, contract: &Contract) -> (Value, usize) {
        let mut actions = Vec::new();
        let mut add = |target: String, description: String, update: Value| {
            actions.push(json!({"target": target, "description": description, "update": update}));
        };
        self.unknown_operations(contract, &mut add);
        for ((at, status), observed) in &self.statuses {
            let said = format!("status {status}, seen {}", times(observed.seen));
            let response = super::document::response_of(observed, *status);
            add(json_path(at), said, json!({status.to_string(): response}));
        }
        for ((at, place, name), shape) in &self.parameters {
            let said = format!("{place} parameter `{name}`, seen {}", times(shape.seen));
            let parameter = json!({"name": name, "in": place, "schema": shape.parameter()});
            let list = at.join("parameters");
            if contract.value().pointer(list.as_str()).is_some() {
                add(json_path(&list), said, parameter);
            } else {
                add(json_path(at), said, json!({"parameters": [parameter]}));
            }
        }
        for ((at, name), shape) in &self.headers {
            let said = format!("header field `{name}`, seen {}", times(shape.seen));
            add(json_path(at), said, json!({"headers": {name: {"schema": shape.parameter()}}}));
        }
        for ((at, name), shape) in &self.properties {
            let said = format!("property `{name}`, seen {}", times(shape.seen));
            add(json_path(at), said, json!({"properties": {name: shape.schema()}}));
        }
        for ((at, _), (value, seen)) in &self.values {
            add(json_path(at), format!("value {value}, seen {}", times(*seen)), value.clone());
        }
        let count = actions.len();
        let overlay = json!({
            "overlay": "1.0.0",
            "info": {"title": format!("What traffic shows and {} does not say", contract.document().name()), "version": "0.0.0"},
            "extends": contract.document().name(),
            "actions": actions,
        });
        (overlay, count)
    }

    fn unknown_operations(&self, contract: &Contract, add: &mut impl FnMut(String, String, Value)) {
        let Some(inferred) = self.unknown.below_server() else { return };
        let known: BTreeMap<String, &str> =
            contract.operations().iter().map(|operation| (nameless(operation.path()), operation.path())).collect();
        for (path, item) in inferred["paths"].as_object().into_iter().flatten() {
            let mut item = item.clone();
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                let said = format!("operation {} {path}", method.to_ascii_uppercase());
                // The schemes that the document has are not known to be these.
                if let Some(operation) = operation.as_object_mut() {
                    operation.remove("security");
                }
                match known.get(&nameless(path)) {
                    Some(there) => {
                        let mut operation = operation.clone();
                        rename(&mut operation, path, there);
                        add(json_path(&Pointer::root().join("paths").join(there)), said, json!({method: operation}));
                    }
                    None => add("$.paths".to_owned(), said, json!({path: {method: operation}})),
                }
            }
        }
    }
}

impl Infer {
    /// The document of requests whose URLs are paths, which stay whole; schemas where they stand.
    fn below_server(&self) -> Option<Value> {
        let operations = self
            .origins
            .values()
            .flatten()
            .map(|(key, observed)| (key.clone(), observed.clone()))
            .collect::<BTreeMap<_, _>>();
        (!operations.is_empty()).then(|| super::document::inline(operations))
    }
}

/// A template without the names of its parameters.
fn nameless(path: &str) -> String {
    let segment = |segment: &str| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_owned() };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Path parameters by the names that the document's own template has.
fn rename(operation: &mut Value, from: &str, to: &str) {
    let names = from.split('/').zip(to.split('/')).filter(|(from, _)| from.starts_with('{'));
    let names: BTreeMap<&str, &str> =
        names.map(|(from, to)| (from.trim_matches(['{', '}']), to.trim_matches(['{', '}']))).collect();
    for parameter in
        operation["parameters"].as_array_mut().into_iter().flatten().filter(|parameter| parameter["in"] == "path")
    {
        if let Some(name) = parameter["name"].as_str().and_then(|name| names.get(name)) {
            parameter["name"] = (*name).into();
        }
    }
}

/// The schema at a place, `$ref`s within the document followed.
fn followed<'c>(contract: &'c Contract, at: &Pointer) -> Option<(Pointer, &'c Map<String, Value>)> {
    let mut at = at.clone();
    for _ in 0..DEEPEST {
        let schema = contract.value().pointer(at.as_str())?.as_object()?;
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) if reference.starts_with('#') => at = Pointer::from_fragment(reference)?,
            Some(_) => return None,
            None => return Some((at, schema)),
        }
    }
    None
}

/// Where the properties of a schema are described, those of its `allOf` too.
fn properties(contract: &Contract, at: &Pointer, depth: usize) -> BTreeMap<String, Pointer> {
    let mut all = BTreeMap::new();
    let Some((at, schema)) = followed(contract, at).filter(|_| depth < DEEPEST) else { return all };
    for (index, _) in schema.get("allOf").and_then(Value::as_array).into_iter().flatten().enumerate() {
        all.extend(properties(contract, &at.join("allOf").index(index), depth + 1));
    }
    let own = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    all.extend(own.map(|(name, _)| (name.clone(), at.join("properties").join(name))));
    all
}

/// A pointer as JSONPath (RFC 9535).
fn json_path(pointer: &Pointer) -> String {
    pointer.tokens().fold("$".to_owned(), |out, token| {
        let plain = token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain {
            format!("{out}.{token}")
        } else if token.bytes().all(|byte| byte.is_ascii_digit()) && out.ends_with(".allOf") {
            format!("{out}[{token}]")
        } else {
            format!("{out}['{}']", token.replace('\\', "\\\\").replace('\'', "\\'"))
        }
    })
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_become_paths() {
        let pointer = Pointer::root().join("paths").join("/a'b/{id}").join("get").join("allOf").index(1).join("200");
        assert_eq!(json_path(&pointer), "$.paths['/a\\'b/{id}'].get.allOf[1]['200']");
        assert_eq!(nameless("/a/{x}/b"), nameless("/a/{y}/b"));
    }
}
