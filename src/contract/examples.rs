//! Examples against their own schemas: asked for by a lint, never while loading.

use super::operation::{Example, MediaTypeSpec};
use super::schema::{Direction, SchemaRef};
use super::{Contract, Violation};
use crate::source::{Diagnostic, Diagnostics};

/// The most warnings that are given.
const MOST: usize = 1_000;

pub(super) fn check(contract: &Contract) -> Diagnostics {
    let mut checker = Checker { contract, seen: std::collections::HashSet::new(), warnings: Diagnostics::new() };
    for operation in contract.operations() {
        for parameter in operation.parameters() {
            checker.examples(parameter.schema.as_ref(), &parameter.examples, Direction::Request);
            checker.content(parameter.content.as_slice(), Direction::Request);
        }
        if let Some(body) = operation.request_body() {
            checker.content(&body.content, Direction::Request);
        }
        for response in operation.responses() {
            checker.content(&response.content, Direction::Response);
            for header in &response.headers {
                checker.examples(header.schema.as_ref(), &header.examples, Direction::Response);
                checker.content(header.content.as_slice(), Direction::Response);
            }
        }
    }
    checker.warnings
}

struct Checker<'c> {
    contract: &'c Contract,
    /// Shared parts are met once for each operation that uses them.
    seen: std::collections::HashSet<(usize, crate::source::Pointer)>,
    warnings: Diagnostics,
}

impl Checker<'_> {
    fn content(&mut self, content: &[MediaTypeSpec], direction: Direction) {
        for media in content {
            // An example of another type than JSON may be its text, not the value that the schema is about.
            let is_value = media.range.is_json() || media.range.is_form() || media.range.to_string().contains('*');
            let values = media.examples.iter().filter(|example| is_value || !example.value.is_string());
            self.examples(media.schema.as_ref(), values, direction);
        }
    }

    fn examples<'e>(
        &mut self,
        schema: Option<&SchemaRef>,
        examples: impl IntoIterator<Item = &'e Example>,
        direction: Direction,
    ) {
        let Some(schema) = schema else { return };
        let mut compiled = None;
        for example in examples {
            if self.warnings.len() >= MOST || !self.seen.insert((example.document, example.pointer.clone())) {
                continue;
            }
            // Kept for this medium alone: all of a large document's would be too much.
            let compiled = compiled.get_or_insert_with(|| self.contract.schema_once(schema, direction));
            match compiled {
                Ok(compiled) => {
                    for violation in compiled.violations(&example.value).iter().filter(|v| !v.gave_up) {
                        self.warn(example, violation);
                    }
                }
                // A schema that cannot be used is told once, not for each example.
                Err(_) => return,
            }
        }
    }

    fn warn(&mut self, example: &Example, violation: &Violation) {
        let documents = &self.contract.schemas.documents;
        let message = format!("the example breaks its own schema: {}", violation.message);
        let at = example.pointer.concat(&violation.instance);
        let (source, pointer) = documents.all[example.document].locate(&at);
        let mut diagnostic = Diagnostic::warning("example-breaks-schema", message).at_value(source, &pointer, "");
        if let Some(document) = violation.document {
            let (source, pointer) = documents.all[document].locate(&violation.schema);
            diagnostic = diagnostic.at_key(source, &pointer, "by this");
        }
        self.warnings.push(diagnostic);
    }
}
