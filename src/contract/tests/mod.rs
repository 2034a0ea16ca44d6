//! Contracts as a whole: what loads, what is refused and where, what schemas say.

mod bounds;
mod faults;
mod forms;
mod overlays;
mod parameters;
mod schemas;
mod styles;
mod swagger;

use std::collections::HashMap;

use super::*;

/// Further documents by name.
struct Beside(HashMap<&'static str, &'static str>);

impl Retrieve for Beside {
    fn retrieve(&self, name: &str) -> Result<String, String> {
        self.0.get(name).map(|text| (*text).to_owned()).ok_or_else(|| "there is no such file".to_owned())
    }
}

fn parts(document: &str) -> Parts {
    Parts { name: "test".to_owned(), document: Source::new("specs/test.yaml", document), overlay: None, promises: None }
}

fn load(document: &str) -> Contract {
    load_with(document, &[])
}

fn load_with(document: &str, beside: &[(&'static str, &'static str)]) -> Contract {
    match Contract::load(parts(document), &Beside(beside.iter().copied().collect())) {
        Ok((contract, _)) => contract,
        Err(faults) => panic!("{faults}"),
    }
}

/// `code file:line message` of each diagnostic.
fn told(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics
        .iter()
        .map(|diagnostic| {
            let place = diagnostic.labels.first().map_or(String::new(), |label| {
                let line = label.source.position(label.span.start).line;
                format!(" {}:{line}", label.source.name())
            });
            format!("{}{place} {}", diagnostic.code, diagnostic.message)
        })
        .collect()
}

/// What is said about the loading, good or bad.
fn said(parts: Parts, beside: &[(&'static str, &'static str)]) -> Vec<String> {
    match Contract::load(parts, &Beside(beside.iter().copied().collect())) {
        Ok((_, warnings)) => told(&warnings),
        Err(faults) => {
            assert!(faults.has_errors());
            told(&faults)
        }
    }
}

/// A document with these component schemas, each also the body of `GET /<name>`.
fn with_schemas(version: &str, schemas: &Value) -> Contract {
    let paths: serde_json::Map<String, Value> = schemas
        .as_object()
        .expect("an object")
        .keys()
        .map(|name| {
            let schema = serde_json::json!({"$ref": format!("#/components/schemas/{name}")});
            let content = serde_json::json!({"application/json": {"schema": schema}});
            let body = serde_json::json!({"content": content.clone()});
            let responses = serde_json::json!({"200": {"description": "", "content": content}});
            (format!("/{name}"), serde_json::json!({"post": {"requestBody": body, "responses": responses}}))
        })
        .collect();
    let document = serde_json::json!({"openapi": version, "info": {"title": "t", "version": "1"},
        "paths": paths, "components": {"schemas": schemas}});
    load(&document.to_string())
}

fn schema_of(name: &str) -> SchemaRef {
    SchemaRef { document: 0, pointer: Pointer::root().join("components").join("schemas").join(name) }
}
