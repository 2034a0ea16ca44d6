//! What is fuzzed: every reader of something that somebody else wrote.
//!
//! Each function takes any bytes. Whatever they are, it must come back: without a panic, within
//! bounded time and memory.

use std::collections::BTreeMap;

use countersign::case::{read_suite, resolve};
use countersign::contract::{Alone, Contract, Direction, Parts};
use countersign::diff::{self, Waivers};
use countersign::lint;
use countersign::mock::Rules;
use countersign::source::{Diagnostics, Source};
use countersign::traffic;

/// What overlays, cases and rules are about.
const PETS: &str = r"openapi: 3.1.0
info: {title: Pets, version: '1'}
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
    put:
      operationId: putPet
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      responses: {default: {description: done}}
components:
  schemas:
    Pet: {type: object, required: [name], properties: {name: {type: string}, kind: {enum: [cat, dog]}}}
";

/// Bytes as a text, whatever they are.
fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

fn load(document: Source, overlay: Option<Source>) -> Result<Contract, Diagnostics> {
    let parts = Parts { name: "pets".to_owned(), document, overlay, promises: None };
    Contract::load(parts, &Alone).map(|(contract, warnings)| {
        // Places are worked out when they are shown.
        let _ = warnings.to_string();
        contract
    })
}

fn pets() -> Contract {
    load(Source::new("pets.yaml", PETS), None).unwrap_or_else(|faults| panic!("{faults}"))
}

/// An OpenAPI document: loaded, all its schemas compiled, looked at by `lint`.
pub fn document(data: &[u8]) {
    let source = Source::new("fuzzed.yaml", text(data));
    match load(source.clone(), None) {
        Ok(contract) => {
            for operation in contract.operations() {
                let bodies = operation.request_body().into_iter().flat_map(|body| &body.content);
                let answers = operation.responses().iter().flat_map(|response| &response.content);
                for schema in bodies.chain(answers).filter_map(|media| media.schema.as_ref()) {
                    let _ = contract.schema(schema, Direction::Request);
                    let _ = contract.schema_value(schema);
                }
            }
        }
        Err(faults) => drop(faults.to_string()),
    }
    if let Ok(report) = lint::lint(source, &Alone, &lint::Settings::default()) {
        let _ = lint::sarif(std::slice::from_ref(&report));
        let _ = lint::overlay(&report);
    }
}

/// An overlay on a document.
pub fn overlay(data: &[u8]) {
    let overlay = Source::new("fuzzed.overlay.yaml", text(data));
    if let Err(faults) = load(Source::new("pets.yaml", PETS), Some(overlay)) {
        let _ = faults.to_string();
    }
}

/// A case file: read, resolved against a contract.
pub fn case(data: &[u8]) {
    let none = |_: &str| -> Result<Vec<u8>, String> { Err("there are no files here".to_owned()) };
    let source = Source::new("fuzzed.yaml", text(data));
    let (suite, faults) = read_suite(&source, &[], &none, &BTreeMap::new());
    let _ = faults.to_string();
    if let Some(suite) = suite {
        let (_, faults) = resolve(&suite, &pets(), &none, &|_| true);
        let _ = faults.to_string();
    }
}

/// A traffic file: HAR, NDJSON or an array of entries.
pub fn har(data: &[u8]) {
    if let Ok(reader) = traffic::read(data) {
        for item in reader {
            if item.is_err() {
                break;
            }
        }
    }
}

/// A Postman collection.
pub fn postman(data: &[u8]) {
    let _ = traffic::postman_collection(&text(data), &|name| name.contains("token"));
}

/// `curl` command lines.
pub fn curl(data: &[u8]) {
    let _ = traffic::curl_commands(&text(data), &|_| Err("no file".into()));
}

/// A body in each content coding; the first byte says which.
pub fn coding(data: &[u8]) {
    let Some((which, body)) = data.split_first() else { return };
    let coding = ["gzip", "deflate", "br", "zstd"][usize::from(which % 4)];
    let _ = countersign::exchange::coding::decoded(coding, body.to_vec().into(), 1 << 20);
}

/// A mock's rules.
pub fn rules(data: &[u8]) {
    if let Err(faults) = Rules::read(&Source::new("fuzzed.mock.yaml", text(data)), &pets()) {
        let _ = faults.to_string();
    }
}

/// Two documents, compared: what stands before a line `---8<---` and what stands behind it.
pub fn diff(data: &[u8]) {
    let text = text(data);
    let (old, new) = text.split_once("---8<---\n").unwrap_or((&text, PETS));
    let old = load(Source::new("old.yaml", old), None);
    let new = load(Source::new("new.yaml", new), None);
    let (Ok(old), Ok(new)) = (old, new) else { return };
    let settings = diff::Settings { today: jiff::civil::date(2026, 1, 1), levels: BTreeMap::new() };
    let mut found = diff::diff(&old, &new, &settings);
    if let Ok(waivers) = Waivers::read(&Source::new("waivers.yaml", "waivers: []")) {
        let _ = waivers.apply(&mut found, settings.today);
    }
    let _ = diff::show::sarif(&found);
    let _ = diff::show::text(&found, countersign::source::Style::Plain, true);
}
