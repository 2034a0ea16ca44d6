//! What is odd in a contract but taken in stride: asked for by a lint, never while loading, since
//! every place costs a second look at the text.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::document::At;
use super::operation::{MediaTypeSpec, Operation};
use super::parameter::Location;
use super::schema::{Direction, SchemaRef};
use super::walk::{Kind, Path, Visitor, walk};
use super::{Contract, router, view};
use crate::source::{Diagnostic, Diagnostics, Pointer, did_you_mean};

/// The most warnings that are given.
const MOST: usize = 1_000;

pub(super) fn check(contract: &Contract) -> Diagnostics {
    let mut lint = Lint { contract, warnings: Diagnostics::new() };
    lint.documents();
    let mut ids: HashMap<&str, &Operation> = HashMap::new();
    let mut compiled: HashSet<(SchemaRef, Direction)> = HashSet::new();
    for operation in contract.operations() {
        if let Some(first) = ids.insert(operation.id(), operation) {
            let message = format!("the operationId `{}` stands twice; the first one counts", operation.id());
            let (code, at) = ("duplicate-operation-id", operation.at.join("operationId"));
            lint.warn(code, message, &at, "again", Some((&first.at.join("operationId"), "first here")));
        }
        lint.operation(operation);
        lint.schemas(operation, &mut compiled);
    }
    lint.warnings
}

struct Lint<'c> {
    contract: &'c Contract,
    warnings: Diagnostics,
}

impl Lint<'_> {
    fn warn(&mut self, code: &'static str, message: String, at: &At, label: &str, other: Option<(&At, &str)>) {
        if self.warnings.len() >= MOST {
            return;
        }
        let documents = &self.contract.schemas.documents;
        let (source, pointer) = documents.all[at.document].locate(&at.pointer);
        let mut diagnostic = Diagnostic::warning(code, message).at_key(source, &pointer, label);
        if let Some((at, label)) = other {
            let (source, pointer) = documents.all[at.document].locate(&at.pointer);
            diagnostic = diagnostic.at_key(source, &pointer, label);
        }
        self.warnings.push(diagnostic);
    }

    /// Slips within schemas.
    fn documents(&mut self) {
        let documents = &self.contract.schemas.documents;
        let roots = view::roots(documents);
        let mut last: Option<&At> = None;
        for at in &roots {
            // What is inside the one before was met there.
            if last.is_some_and(|last| last.document == at.document && at.pointer.starts_with(&last.pointer)) {
                continue;
            }
            last = Some(at);
            let Some(schema) = documents.value(at) else { continue };
            let mut search = Search { dialect: documents.dialect(at), found: Vec::new() };
            walk(schema, Kind::Schema, &at.pointer, documents.dialect(at), &mut search);
            for (pointer, message) in search.found {
                self.warn("keyword-without-effect", message, &At::new(at.document, pointer), "", None);
            }
        }
    }

    fn operation(&mut self, operation: &Operation) {
        let names = router::names(operation.path());
        for name in &names {
            let declared = operation.parameters().iter().any(|p| p.location == Location::Path && p.name == *name);
            if !declared {
                let message = format!("the path parameter `{name}` of `{}` is not declared", operation.path());
                let at = At::new(0, operation.pointer().parent().unwrap_or_default());
                self.warn("path-parameter-undeclared", message, &at, "", None);
            }
        }
        for parameter in operation.parameters().iter().filter(|p| p.location == Location::Path) {
            let at = At::new(parameter.document, parameter.pointer.clone());
            if !names.contains(&parameter.name) {
                let near = did_you_mean(&parameter.name, names.iter().map(String::as_str));
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let message = format!("`{}` has no parameter `{}`{near}", operation.path(), parameter.name);
                self.warn("path-parameter-unknown", message, &at.join("name"), "not in the path", None);
            }
        }
        for (name, _) in operation.security().iter().flat_map(|requirement| &requirement.0) {
            if self.contract.security_scheme(name).is_none() {
                let known = self.contract.security_schemes().iter().map(|scheme| scheme.name.as_str());
                let near =
                    did_you_mean(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let message = format!("the security scheme `{name}` is not declared{near}");
                self.warn("security-scheme-unknown", message, &operation.at.join("security"), "asked for here", None);
            }
        }
    }

    /// Schemas that cannot be used: a body judged by one stays undecided.
    fn schemas(&mut self, operation: &Operation, compiled: &mut HashSet<(SchemaRef, Direction)>) {
        let mut wanted: Vec<(&SchemaRef, Direction)> = Vec::new();
        let schemas = |content: &'_ [MediaTypeSpec]| -> Vec<SchemaRef> {
            content.iter().filter_map(|media| media.schema.clone()).collect()
        };
        wanted.extend(operation.parameters().iter().filter_map(|p| p.value_schema()).map(|s| (s, Direction::Request)));
        let request = operation.request_body().map(|body| schemas(&body.content)).unwrap_or_default();
        wanted.extend(request.iter().map(|schema| (schema, Direction::Request)));
        let response: Vec<SchemaRef> = operation.responses().iter().flat_map(|r| schemas(&r.content)).collect();
        wanted.extend(response.iter().map(|schema| (schema, Direction::Response)));
        for (schema, direction) in wanted {
            // Shared schemas are compiled once.
            let at = self.contract.schemas.documents.follow_schema(&schema.at());
            let schema = SchemaRef::from(at.clone());
            if !compiled.insert((schema.clone(), direction)) {
                continue;
            }
            if let Err(error) = self.contract.schemas.check(&schema, direction) {
                self.warn("schema-unusable", format!("values cannot be judged: {error}"), &at, "used here", None);
            }
        }
    }
}

struct Search {
    dialect: Dialect,
    found: Vec<(Pointer, String)>,
}

impl Visitor for Search {
    fn reference(&mut self, _: &str, _: Kind, _: &Path<'_>) {}

    fn any_schema(&mut self, schema: &Map<String, Value>, at: &Path<'_>) {
        for (key, message) in self.dialect.slips(schema) {
            if self.found.len() < MOST {
                self.found.push((at.pointer().join(key), message));
            }
        }
    }
}
