//! Loading: read, apply the overlay, link, index.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::dialect::Dialect;
use super::document::{At, Document, Documents};
use super::link::{limits, link};
use super::operation::Operation;
use super::reference::is_url;
use super::router::Router;
use super::schema::Schemas;
use super::walk::METHODS;
use super::{Contract, Retrieve, overlay, promise, security, swagger};
use crate::source::{Diagnostic, Diagnostics, Pointer, Source, read};

/// What a contract is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The name cases use.
    pub name: String,
    /// The OpenAPI document.
    pub document: Source,
    /// An overlay on it.
    pub overlay: Option<Source>,
    /// The promises that the document makes.
    pub promises: Option<Source>,
}

/// Dialects that say the same as ours.
const KNOWN_DIALECTS: [&str; 3] = [
    "https://spec.openapis.org/oas/3.1/dialect/",
    "https://spec.openapis.org/oas/3.2/dialect/",
    "https://json-schema.org/draft/2020-12/schema",
];

/// What is supported, for messages.
const SUPPORTED: &str = "Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 are supported";

/// What becomes of errors that leave a contract with holes, such as references that lead nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holes {
    /// There is no contract then: judging by it would judge too little.
    Refused,
    /// They are told beside the contract: what stands where is still worth looking at.
    Told,
}

pub(super) fn load(
    parts: Parts,
    retrieve: &dyn Retrieve,
    holes: Holes,
) -> Result<(Contract, Diagnostics), Diagnostics> {
    let (value, mut faults) = read(&parts.document, &limits());
    let Some(value) = value else { return Err(faults) };
    let Some(dialect) = dialect(&value, &parts.document, &mut faults) else { return Err(faults) };
    let promises = parts
        .promises
        .map(|ledger| promise::decode(&ledger, &parts.name, &value, &parts.document, &mut faults))
        .unwrap_or_default();
    let mut root = if swagger::is_swagger(&value) {
        match swagger::convert(&value, &parts.document, &mut faults) {
            Ok(converted) => Document::converted(parts.document, converted),
            Err(fault) => {
                faults.push(fault);
                return Err(faults);
            }
        }
    } else {
        Document::new(parts.document, value, dialect)
    };
    if let Some(overlay) = parts.overlay {
        overlay::apply(&mut root.value, &mut root.origins, &root.source, &overlay, &mut faults);
        root.overlay = Some(overlay);
    }
    let (documents, one_way) = link(root, retrieve, holes, &mut faults);
    if holes == Holes::Refused && faults.has_errors() {
        return Err(faults);
    }
    let servers = seen_from(documents.all[0].source.name(), servers(&documents.all[0].value));
    let security_schemes = security::schemes(&documents);
    let schemas = Arc::new(Schemas::new(documents, one_way));
    let mut index =
        Index { schemas: &schemas, operations: Vec::new(), by_name: HashMap::new(), router: Router::default() };
    index.paths(&mut faults);
    let Index { operations, by_name, router, .. } = index;
    let webhooks = Index::webhooks(&schemas);
    let contract = Contract {
        name: parts.name,
        servers,
        operations,
        webhooks,
        by_name,
        router,
        promises,
        security_schemes,
        schemas,
        shapes: std::sync::RwLock::default(),
    };
    Ok((contract, faults))
}

/// The dialect by the document's version; a fault where it has none that is supported.
fn dialect(value: &Value, source: &Source, faults: &mut Diagnostics) -> Option<Dialect> {
    let fault = |message: String, key: &str| {
        Diagnostic::error("unsupported-version", message).at_key(source, &Pointer::root().join(key), "").help(SUPPORTED)
    };
    let Value::Object(map) = value else {
        let diagnostic = Diagnostic::error("not-openapi", "this is no OpenAPI document, not even a mapping");
        faults.push(diagnostic.at_value(source, &Pointer::root(), "").help(SUPPORTED));
        return None;
    };
    if let Some(version) = map.get("swagger") {
        if swagger::is_swagger(value) {
            return Some(Dialect::V30);
        }
        faults.push(fault(format!("Swagger version `{}` is not supported", plain(version)), "swagger"));
        return None;
    }
    let Some(version) = map.get("openapi") else {
        let diagnostic = Diagnostic::error("not-openapi", "this is no OpenAPI document: it has no `openapi` field");
        let near = crate::source::did_you_mean("openapi", map.keys().map(String::as_str));
        let help = near.map_or(SUPPORTED.to_owned(), |near| format!("is `{near}` meant to be `openapi`?"));
        faults.push(diagnostic.at_value(source, &Pointer::root(), "").help(help));
        return None;
    };
    let Some(dialect) = Dialect::of(value) else {
        faults.push(fault(format!("OpenAPI version `{}` is not supported", plain(version)), "openapi"));
        return None;
    };
    if plain(version).starts_with("3.2") {
        let message = "OpenAPI 3.2 is read as 3.1 with `additionalOperations`, `querystring`, `itemSchema` and `$self`: what else only 3.2 has may be left unjudged";
        let diagnostic = Diagnostic::warning("version-read-as-3.1", message);
        faults.push(diagnostic.at_key(source, &Pointer::root().join("openapi"), ""));
    }
    if let Some(said) = map.get("jsonSchemaDialect").and_then(Value::as_str)
        && dialect == Dialect::V31
        && !KNOWN_DIALECTS.iter().any(|known| said.starts_with(known))
    {
        let message = format!("the dialect `{said}` is not known; schemas are judged as JSON Schema 2020-12");
        let diagnostic = Diagnostic::warning("unknown-dialect", message);
        faults.push(diagnostic.at_value(source, &Pointer::root().join("jsonSchemaDialect"), ""));
    }
    Some(dialect)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The most URLs that the values of a server's variables make.
const MOST_URLS: usize = 64;

/// The most servers of a document, those of paths and operations counted.
const MOST_SERVERS: usize = 1_000;

/// The URLs of `servers`, with each of the values that their variables may have, the defaults first;
/// `/` where there are none (OpenAPI, OpenAPI Object). Those of paths and operations follow.
fn servers(document: &Value) -> Vec<String> {
    fn listed(owner: &Value) -> &[Value] {
        owner.get("servers").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
    let mut all: Vec<String> = listed(document).iter().flat_map(urls).collect();
    if all.is_empty() {
        all.push("/".to_owned());
    }
    let items = document.get("paths").and_then(Value::as_object).into_iter().flatten().map(|(_, item)| item);
    for item in items {
        let operations = item.as_object().into_iter().flatten().filter(|(key, _)| METHODS.contains(&key.as_str()));
        let owners = std::iter::once(item).chain(operations.map(|(_, operation)| operation));
        for url in owners.flat_map(listed).flat_map(urls) {
            if all.len() < MOST_SERVERS && !all.contains(&url) {
                all.push(url);
            }
        }
    }
    all
}

/// Relative URLs of servers start where the document was fetched from (OpenAPI, Server Object, `url`).
fn seen_from(document: &str, urls: Vec<String>) -> Vec<String> {
    let Some(base) = is_url(document).then(|| url::Url::parse(document).ok()).flatten() else { return urls };
    // Braces stand for variables, and encoding them would hide that; `/` says no more than that nothing is said.
    let joined = |url: String| match base.join(&url) {
        Ok(absolute) if url != "/" && !url.contains('{') => absolute.as_str().trim_end_matches('/').to_owned(),
        _ => url,
    };
    urls.into_iter().map(joined).collect()
}

/// The URLs of one server (OpenAPI, Server Object and Server Variable Object).
fn urls(server: &Value) -> Vec<String> {
    let Some(url) = server.get("url").and_then(Value::as_str) else { return Vec::new() };
    let mut all = vec![url.to_owned()];
    for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        let default = variable.get("default").map(plain).unwrap_or_default();
        let options = variable.get("enum").and_then(Value::as_array).into_iter().flatten().map(plain);
        let others: Vec<String> = options.filter(|option| *option != default).collect();
        let filled =
            |value: &String| all.iter().map(|url| url.replace(&format!("{{{name}}}"), value)).collect::<Vec<_>>();
        all = std::iter::once(&default).chain(&others).flat_map(filled).take(MOST_URLS).collect();
    }
    all
}

/// The operations of a path item that nothing routes to.
pub(super) fn operations_below(schemas: &Arc<Schemas>, name: &str, item: &At) -> Vec<Operation> {
    let mut index = Index { schemas, operations: Vec::new(), by_name: HashMap::new(), router: Router::default() };
    index.path_item(name, item);
    index.operations
}

struct Index<'s> {
    schemas: &'s Arc<Schemas>,
    operations: Vec<Operation>,
    by_name: HashMap<String, usize>,
    router: Router,
}

impl<'s> Index<'s> {
    fn documents(&self) -> &'s Documents {
        &self.schemas.documents
    }

    fn paths(&mut self, faults: &mut Diagnostics) {
        let paths = At::new(0, Pointer::root().join("paths"));
        let documents = self.documents();
        let map = documents.value(&paths).and_then(Value::as_object);
        for (template, _) in map.into_iter().flatten().filter(|(template, _)| !template.starts_with("x-")) {
            let logical = paths.join(template);
            if template.starts_with('/') {
                self.path_item(template, &logical);
            } else {
                let (source, pointer) = documents.all[0].locate(&logical.pointer);
                let diagnostic =
                    Diagnostic::warning("path-without-slash", format!("the path `{template}` is left out"));
                faults.push(diagnostic.at_key(source, &pointer, "does not start with `/`"));
            }
        }
    }

    /// The operations below `webhooks`: nothing routes to them, and their names are their own.
    fn webhooks(schemas: &'s Arc<Schemas>) -> Vec<Operation> {
        let mut index = Self { schemas, operations: Vec::new(), by_name: HashMap::new(), router: Router::default() };
        let base = At::new(0, Pointer::root().join("webhooks"));
        let map = schemas.documents.value(&base).and_then(Value::as_object);
        for (name, _) in map.into_iter().flatten().filter(|(name, _)| !name.starts_with("x-")) {
            index.path_item(name, &base.join(name));
        }
        index.operations
    }

    fn path_item(&mut self, template: &str, logical: &At) {
        let documents = self.documents();
        // What stands beside a path item's reference comes first (OpenAPI, Path Item Object).
        let mut items = vec![logical.clone()];
        while let Some(last) = items.last()
            && items.len() < 8
            && let Some(reference) = documents.reference(last)
            && let Some(next) = documents.target(last.document, reference)
        {
            items.push(next.clone());
        }
        for (number, item) in items.iter().enumerate() {
            let Some(Value::Object(map)) = documents.value(item) else { continue };
            for (key, value) in map {
                if METHODS.contains(&key.as_str()) && value.is_object() {
                    self.add(template, &key.to_ascii_uppercase(), logical.join(key), &item.join(key), &items[number..]);
                }
            }
            let more = item.join("additionalOperations");
            for (method, _) in documents.value(&more).and_then(Value::as_object).into_iter().flatten() {
                let logical = logical.join("additionalOperations").join(method);
                self.add(template, method, logical, &more.join(method), &items[number..]);
            }
        }
    }

    fn add(&mut self, template: &str, method: &str, logical: At, at: &At, items: &[At]) {
        let at = self.documents().follow(at);
        let name = format!("{method} {template}");
        if self.by_name.contains_key(&name) {
            return;
        }
        let number = self.operations.len();
        self.router.add(template, method, number);
        let value = self.documents().value(&at);
        let id = value.and_then(|value| value.get("operationId")).and_then(Value::as_str);
        let tags = value.and_then(|value| value.get("tags")).and_then(Value::as_array);
        if let Some(id) = id {
            self.by_name.entry(id.trim().to_owned()).or_insert(number);
        }
        self.by_name.insert(name.clone(), number);
        self.operations.push(Operation {
            id: id.map_or(name, str::to_owned),
            method: method.to_owned(),
            path: template.to_owned(),
            pointer: logical.pointer,
            tags: tags.into_iter().flatten().filter_map(|tag| tag.as_str().map(str::to_owned)).collect(),
            at,
            items: items.to_vec(),
            schemas: Arc::clone(self.schemas),
            details: OnceLock::new(),
        });
    }
}
