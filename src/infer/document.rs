//! The document that says what was seen.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::observed::{Answer, Body, Credential, Observed, Parameter};
use super::path::{self, Path, Segment, camel, is_version, pascal, singular};
use super::recursion;
use super::shape::Shape;

/// A parameter is required if all of so many requests, or of more, had it.
const SEEN_ENOUGH: usize = 3;
/// The methods that a path item can have, in the order they are written.
const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"];
/// Statuses by which a server says that there is no such operation.
const NO_OPERATION: [u16; 3] = [404, 405, 501];

/// A document in the making.
pub(super) struct Draft<'a> {
    pub(super) origins: Vec<String>,
    pub(super) title: Option<&'a str>,
    pub(super) operations: BTreeMap<(Path, String), Observed>,
}

pub(super) struct Made {
    pub(super) document: Value,
    pub(super) left_out: BTreeMap<&'static str, usize>,
}

/// The response of a status that was seen.
pub(super) fn response_of(observed: &Observed, status: u16) -> Value {
    observed
        .responses
        .get(&status)
        .map_or_else(|| json!({"description": phrase(status)}), |answer| response(status, answer))
}

/// A document of these operations whose paths stay whole and whose schemas stand where they are used.
pub(super) fn inline(operations: BTreeMap<(Path, String), Observed>) -> Value {
    let draft = Draft { origins: Vec::new(), title: None, operations };
    let operations = draft.merged(&mut BTreeMap::new());
    let mut writer = Writer::default();
    json!({"paths": writer.paths(&operations, 0)})
}

impl Draft<'_> {
    pub(super) fn build(self) -> Made {
        let mut left_out = BTreeMap::new();
        let mut operations = self.merged(&mut left_out);
        operations.values_mut().for_each(recursion::fold);
        let base = base_path(operations.keys().map(|(path, _)| path));
        let mut writer = Writer::default();
        let paths = writer.paths(&operations, base);
        let base_text: String = base_text(&operations, base);
        let servers: Vec<Value> =
            self.origins.iter().map(|origin| json!({"url": server(origin, &base_text)})).collect();
        let host = self.origins.first().and_then(|origin| origin.split_once("://")).map_or("API", |(_, host)| host);
        let exchanges: usize = operations.values().map(|observed| observed.seen).sum();
        let said = if exchanges == 1 { "1 exchange".to_owned() } else { format!("{exchanges} exchanges") };
        let mut document = json!({
            "openapi": "3.1.1",
            "info": {
                "title": self.title.unwrap_or(host),
                "version": "0.0.0",
                "description": format!("Inferred from {said}: it says what was seen, which need not be all that may be."),
            },
            "servers": servers,
            "paths": paths,
        });
        if !writer.schemes.is_empty() {
            let schemes: Map<String, Value> = writer.schemes.into_iter().collect();
            document["components"] = json!({"securitySchemes": schemes});
        }
        share_schemas(&mut document);
        recursion::name(&mut document);
        Made { document, left_out }
    }

    /// The operations by their templates.
    fn merged(&self, left_out: &mut BTreeMap<&'static str, usize>) -> BTreeMap<(Path, String), Observed> {
        let templates = path::templates(self.operations.keys().map(|(path, _)| path.clone()));
        let mut merged: BTreeMap<(Path, String), Observed> = BTreeMap::new();
        for ((path, method), observed) in &self.operations {
            let template = templates.get(path).unwrap_or(path).clone();
            merged.entry((template, method.clone())).or_default().merge(observed.clone());
        }
        merged.retain(|(_, method), observed| {
            let none = observed.responses.keys().all(|status| NO_OPERATION.contains(status));
            let other = !METHODS.contains(&method.as_str());
            if none {
                *left_out.entry("answered with nothing but 404, 405 or 501").or_default() += observed.seen;
            } else if other {
                *left_out.entry("of a method that OpenAPI 3.1 does not have").or_default() += observed.seen;
            }
            !none && !other
        });
        merged
    }
}

fn base_text(operations: &BTreeMap<(Path, String), Observed>, base: usize) -> String {
    let path = operations.keys().next().map(|(path, _)| path[..base].to_vec()).unwrap_or_default();
    let literal = |segment: &Segment| match segment {
        Segment::Literal(word) => format!("/{word}"),
        Segment::Parameter => String::new(),
    };
    path.iter().map(literal).collect()
}

fn server(origin: &str, base: &str) -> String {
    let url = format!("{origin}{base}");
    if url.is_empty() { "/".to_owned() } else { url }
}

/// How many first segments all paths share that say which API it is: `api`, `v1`.
fn base_path<'p>(paths: impl Iterator<Item = &'p Path>) -> usize {
    let mut paths = paths.peekable();
    let Some(first) = paths.peek().map(|path| (*path).clone()) else { return 0 };
    let names_api = |segment: &Segment| match segment {
        Segment::Literal(word) => {
            is_version(word) || matches!(word.to_ascii_lowercase().as_str(), "api" | "rest" | "apis")
        }
        Segment::Parameter => false,
    };
    let mut shared = first.iter().take_while(|segment| names_api(segment)).count();
    for path in paths {
        shared = shared.min(path.iter().zip(&first).take_while(|(a, b)| a == b).count());
        if path.len() == shared {
            shared = shared.saturating_sub(1);
        }
    }
    if first.len() == shared { shared.saturating_sub(1) } else { shared }
}

#[derive(Default)]
struct Writer {
    ids: BTreeSet<String>,
    schemes: BTreeMap<String, Value>,
}

impl Writer {
    /// The path items, without the first `base` segments.
    fn paths(&mut self, operations: &BTreeMap<(Path, String), Observed>, base: usize) -> Map<String, Value> {
        // Where `/users/{userId}` is, `/users` is a list.
        let items = operations.keys().filter_map(|(path, _)| path.split_last());
        let lists: BTreeSet<&[Segment]> =
            items.filter(|(last, _)| **last == Segment::Parameter).map(|(_, above)| above).collect();
        let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for method in METHODS {
            for ((path, _), observed) in operations.iter().filter(|((_, known), _)| known == method) {
                let (template, names) = path::named(&path[base..].to_vec());
                let operation = self.operation(method, path, base, &names, observed, lists.contains(path.as_slice()));
                paths.entry(template).or_default().insert(method.to_ascii_lowercase(), operation);
            }
        }
        paths.into_iter().map(|(path, item)| (path, item.into())).collect()
    }

    fn operation(
        &mut self,
        method: &str,
        path: &Path,
        base: usize,
        names: &[String],
        observed: &Observed,
        lists: bool,
    ) -> Value {
        let mut operation = Map::new();
        operation.insert("operationId".into(), self.id(method, &path[base..], observed, lists).into());
        let parameters = parameters(path, names, observed);
        if !parameters.is_empty() {
            operation.insert("parameters".into(), parameters.into());
        }
        // GET, HEAD and DELETE have no body of a meaning that is defined (RFC 9110, section 9.3).
        if !observed.bodies.is_empty() {
            let mut body = Map::new();
            if observed.with_body == observed.accepted {
                body.insert("required".into(), true.into());
            }
            body.insert("content".into(), content(&observed.bodies));
            operation.insert("requestBody".into(), body.into());
        }
        let responses = observed.responses.iter().filter(|(status, _)| **status >= 200);
        let responses: Map<String, Value> =
            responses.map(|(status, answer)| (status.to_string(), response(*status, answer))).collect();
        operation.insert("responses".into(), responses.into());
        let security = self.security(observed);
        if !security.is_empty() {
            operation.insert("security".into(), security.into());
        }
        Value::Object(operation)
    }

    /// A name of its own: `listUsers`, `getUser`, `createUserPost`.
    fn id(&mut self, method: &str, path: &[Segment], observed: &Observed, lists: bool) -> String {
        let words: Vec<&String> = path
            .iter()
            .filter_map(|segment| match segment {
                Segment::Literal(word) if !word.is_empty() => Some(word),
                _ => None,
            })
            .collect();
        let one = path.last() == Some(&Segment::Parameter);
        let many = lists
            || observed.responses.iter().any(|(status, answer)| {
                *status < 300
                    && answer
                        .bodies
                        .values()
                        .any(|body| body.shape.as_ref().is_some_and(|shape| shape.item().is_some()))
            });
        let verb = match method {
            "GET" if many && !one => "list",
            "POST" if lists => "create",
            "POST" => "post",
            "PUT" => "replace",
            "PATCH" => "update",
            other => &other.to_ascii_lowercase(),
        };
        let last = words.len().saturating_sub(1);
        let noun = |(at, word): (usize, &&String)| {
            let plural = at == last && !one && verb != "create";
            pascal(&if plural { (*word).clone() } else { singular(word) })
        };
        let name: String = words.iter().enumerate().map(noun).collect();
        let name = if name.is_empty() { "Root".to_owned() } else { name };
        let mut id = format!("{verb}{name}");
        for number in 2.. {
            if self.ids.insert(id.clone()) {
                break;
            }
            id = format!("{verb}{name}{number}");
        }
        id
    }

    fn security(&mut self, observed: &Observed) -> Vec<Value> {
        let mut all = Vec::new();
        let mut always = false;
        for (credential, count) in &observed.credentials {
            let (name, scheme) = scheme(credential);
            self.schemes.entry(name.clone()).or_insert(scheme);
            always |= *count == observed.accepted;
            all.push(json!({name: []}));
        }
        all.dedup();
        if !all.is_empty() && !always {
            // Some requests came without: it is not asked for.
            all.insert(0, json!({}));
        }
        all
    }
}

fn scheme(credential: &Credential) -> (String, Value) {
    let key = |place: &str, name: &str| {
        let id = camel(name);
        (if id.is_empty() { "apiKey".to_owned() } else { id }, json!({"type": "apiKey", "in": place, "name": name}))
    };
    match credential {
        Credential::Bearer { jwt: true } => {
            ("bearer".to_owned(), json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}))
        }
        Credential::Bearer { jwt: false } => ("bearer".to_owned(), json!({"type": "http", "scheme": "bearer"})),
        Credential::Basic => ("basic".to_owned(), json!({"type": "http", "scheme": "basic"})),
        Credential::Header(name) => key("header", name),
        Credential::Query(name) => key("query", name),
        Credential::Cookie(name) => key("cookie", name),
    }
}

fn parameters(path: &Path, names: &[String], observed: &Observed) -> Vec<Value> {
    let places = path.iter().enumerate().filter(|(_, segment)| **segment == Segment::Parameter).map(|(place, _)| place);
    let of_path = places.zip(names).map(|(place, name)| {
        let schema = observed.places.get(place).map_or_else(|| json!({"type": "string"}), Shape::parameter);
        json!({"name": name, "in": "path", "required": true, "schema": schema})
    });
    let other = |place: &'static str, all: &BTreeMap<String, Parameter>| {
        let one = |(name, parameter): (&String, &Parameter)| {
            let schema = parameter.shape.parameter();
            let schema = if parameter.repeated { json!({"type": "array", "items": schema}) } else { schema };
            let mut written = json!({"name": name, "in": place});
            if parameter.requests == observed.accepted && observed.accepted >= SEEN_ENOUGH {
                written["required"] = true.into();
            }
            written["schema"] = schema;
            written
        };
        all.iter().map(one).collect::<Vec<_>>()
    };
    of_path.chain(other("query", &observed.query)).chain(other("header", &observed.headers)).collect()
}

fn response(status: u16, answer: &Answer) -> Value {
    let mut written = Map::new();
    written.insert("description".into(), phrase(status).into());
    if !answer.headers.is_empty() {
        let header =
            |(name, parameter): (&String, &Parameter)| (name.clone(), json!({"schema": parameter.shape.parameter()}));
        written.insert("headers".into(), Value::Object(answer.headers.iter().map(header).collect()));
    }
    // A documented media type is a body that is always there.
    if !answer.bodies.is_empty() && answer.bare == 0 {
        written.insert("content".into(), content(&answer.bodies));
    }
    written.into()
}

fn content(bodies: &BTreeMap<String, Body>) -> Value {
    let one = |(media, body): (&String, &Body)| {
        let mut written = Map::new();
        if let Some(shape) = &body.shape {
            written.insert("schema".into(), shape.schema());
            if let Some(example) = body.example.as_ref().filter(|example| stands(example, shape)) {
                written.insert("example".into(), example.clone());
            }
        }
        (media.clone(), Value::Object(written))
    };
    Value::Object(bodies.iter().map(one).collect())
}

/// Whether an example from which values were taken out still keeps its schema.
fn stands(example: &Value, shape: &Shape) -> bool {
    match example {
        Value::String(text) if text.contains("***") => shape.takes_any_string(),
        Value::Array(items) => shape.item().is_none_or(|shape| items.iter().all(|item| stands(item, shape))),
        Value::Object(fields) => {
            fields.iter().all(|(name, value)| shape.properties.get(name).is_some_and(|shape| stands(value, shape)))
        }
        _ => true,
    }
}

/// The status in words (RFC 9110, section 15).
fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => match status / 100 {
            2 => "Success",
            3 => "Redirection",
            4 => "Client error",
            _ => "Server error",
        },
    }
}

/// Objects that stand in several places with one schema become a component, named by where they stand first.
fn share_schemas(document: &mut Value) {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut order: Vec<(String, String)> = Vec::new();
    if let Some(paths) = document["paths"].as_object() {
        for (path, item) in paths {
            collect(item, &mut |schema: &Value| {
                let text = schema.to_string();
                if !places.contains_key(&text) {
                    order.push((text.clone(), path.clone()));
                }
                places.entry(text).or_default().push(path.clone());
            });
        }
    }
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut schemas = Map::new();
    for (text, path) in order.into_iter().filter(|(text, _)| places[text].len() > 1) {
        let literal =
            path.split('/').rfind(|segment| !segment.is_empty() && !segment.starts_with('{')).unwrap_or("Body");
        let base = pascal(&singular(literal));
        let base = if base.is_empty() { "Body".to_owned() } else { base };
        let mut name = base.clone();
        for number in 2.. {
            if !schemas.contains_key(&name) {
                break;
            }
            name = format!("{base}{number}");
        }
        if let Ok(schema) = serde_json::from_str(&text) {
            schemas.insert(name.clone(), schema);
            names.insert(text, name);
        }
    }
    if schemas.is_empty() {
        return;
    }
    replace(&mut document["paths"], &names);
    if document.get("components").is_none() {
        document["components"] = json!({});
    }
    document["components"]["schemas"] = schemas.into();
}

/// The schemas of bodies, and of the items of lists, that are objects with properties.
fn collect(value: &Value, found: &mut impl FnMut(&Value)) {
    let Some(fields) = value.as_object() else { return };
    for (name, below) in fields {
        match (name.as_str(), below) {
            ("schema" | "items", schema) if is_shared(schema) => found(schema),
            ("example" | "properties", _) => {}
            (_, below) => collect(below, found),
        }
    }
}

fn is_shared(schema: &Value) -> bool {
    schema.get("properties").and_then(Value::as_object).is_some_and(|properties| properties.len() > 1)
}

fn replace(value: &mut Value, names: &BTreeMap<String, String>) {
    let Some(fields) = value.as_object_mut() else { return };
    for (name, below) in fields.iter_mut() {
        match name.as_str() {
            "schema" | "items" if is_shared(below) => {
                if let Some(component) = names.get(&below.to_string()) {
                    *below = json!({"$ref": format!("#/components/schemas/{component}")});
                }
            }
            "example" | "properties" => {}
            _ => replace(below, names),
        }
    }
}
