//! Real documents, where a corpus of them lies beside the checkout: every one loads or is refused
//! in words, and the operations are those that another reader of OpenAPI 3.0 finds.

#![expect(clippy::disallowed_methods, reason = "the corpus is read from the file system")]
#![expect(clippy::print_stdout, reason = "what is skipped, refused and how long it took is for the reader of a run")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use countersign::contract::{Contract, Direction, Parts, Retrieve, SchemaRef};
use countersign::source::{Diagnostics, Source};

/// Reads any file below the corpus.
struct Files(PathBuf);

impl Retrieve for Files {
    fn retrieve(&self, name: &str) -> Result<String, String> {
        let path = Path::new(name);
        if !path.starts_with(&self.0) {
            return Err("it is outside the corpus".to_owned());
        }
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }
}

/// The corpus, or a printed reason why there is none.
fn corpus() -> Option<PathBuf> {
    beside("shared/corpus")
}

fn beside(name: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().skip(1).map(|above| above.join(name)).find(|path| path.is_dir());
    if found.is_none() {
        println!("skipped: there is no `{name}` beside the checkout");
    }
    found
}

fn documents(corpus: &Path) -> Vec<PathBuf> {
    let manifest = std::fs::read_to_string(corpus.join("manifest.tsv")).expect("a manifest");
    manifest.lines().skip(1).filter_map(|line| line.split('\t').next()).map(|file| corpus.join(file)).collect()
}

fn load(corpus: &Path, file: &Path) -> Result<(Contract, Diagnostics), Diagnostics> {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let document = Source::new(file.to_string_lossy(), text);
    let parts = Parts { name: "corpus".to_owned(), document, overlay: None, promises: None };
    Contract::load(parts, &Files(corpus.to_owned()))
}

#[test]
fn every_document_loads_or_is_refused_in_words() {
    let Some(corpus) = corpus() else { return };
    let mut refused = BTreeSet::new();
    for file in documents(&corpus) {
        let start = Instant::now();
        let loaded = load(&corpus, &file);
        let took = start.elapsed();
        match loaded {
            Ok((contract, warnings)) => {
                println!(
                    "{took:>10.1?} {:>4} operations, {} warnings: {}",
                    contract.operations().len(),
                    warnings.len(),
                    file.display()
                );
            }
            Err(faults) => {
                let name = file.file_name().expect("a name").to_string_lossy().into_owned();
                println!("{took:>10.1?} refused: {name}\n{faults}");
                refused.insert(name);
            }
        }
    }
    assert_eq!(refused, BTreeSet::new());
}

#[test]
fn operations_are_those_that_another_reader_finds() {
    let Some(corpus) = corpus() else { return };
    let mut files = documents(&corpus);
    files.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/salla.yaml"));
    let mut compared = 0;
    for file in files {
        let Ok((contract, _)) = load(&corpus, &file) else { continue };
        let version = contract.value()["openapi"].as_str().unwrap_or_default();
        if !version.starts_with("3.0") {
            continue;
        }
        // Through a value: its own reader would stumble over what ours takes in stride.
        let Ok(document) = serde_json::from_value::<openapiv3::OpenAPI>(contract.value().clone()) else {
            println!("skipped: the other reader refuses {}", file.display());
            continue;
        };
        let expected: BTreeSet<(String, String)> =
            document.operations().map(|(path, method, _)| (path.to_owned(), method.to_uppercase())).collect();
        let found: BTreeSet<(String, String)> = contract
            .operations()
            .iter()
            .filter(|operation| contract.value()["paths"][operation.path()].get("$ref").is_none())
            .map(|operation| (operation.path().to_owned(), operation.method().to_owned()))
            .collect();
        assert_eq!(found, expected, "{}", file.display());
        for (path, method, operation) in document.operations() {
            let ours = contract.find(&format!("{} {path}", method.to_uppercase())).expect("the operation");
            let responses = operation.responses.responses.len() + usize::from(operation.responses.default.is_some());
            assert_eq!(ours.responses().len(), responses, "{method} {path} of {}", file.display());
            assert_eq!(ours.request_body().is_some(), operation.request_body.is_some(), "{method} {path}");
            assert!(ours.parameters().len() >= operation.parameters.len(), "{method} {path}");
        }
        compared += 1;
    }
    println!("{compared} documents compared");
    assert!(compared > 0);
}

/// Every schema of every operation: compiled, or refused in words; never a panic or a hang.
#[test]
#[ignore = "takes minutes without optimisation"]
fn every_schema_compiles_or_is_refused_in_words() {
    let Some(corpus) = corpus() else { return };
    for file in documents(&corpus) {
        let Ok((contract, _)) = load(&corpus, &file) else { continue };
        let start = Instant::now();
        let (mut compiled, mut refused) = (0, Vec::new());
        let mut compile = |schema: &SchemaRef, direction| match contract.schema(schema, direction) {
            Ok(_) => compiled += 1,
            Err(error) => refused.push(error.to_string()),
        };
        for operation in contract.operations() {
            for parameter in operation.parameters() {
                parameter.value_schema().iter().for_each(|schema| compile(schema, Direction::Request));
            }
            let body = operation.request_body().map_or(&[][..], |body| &body.content);
            body.iter().filter_map(|media| media.schema.as_ref()).for_each(|s| compile(s, Direction::Request));
            for response in operation.responses() {
                let schemas = response.content.iter().filter_map(|media| media.schema.as_ref());
                schemas.for_each(|schema| compile(schema, Direction::Response));
            }
        }
        refused.sort();
        refused.dedup();
        println!("{:>10.1?} {compiled} schemas: {} {refused:#?}", start.elapsed(), file.display());
        let start = Instant::now();
        let odd = contract.diagnose();
        let (lint, start) = (start.elapsed(), Instant::now());
        let examples = contract.check_examples();
        println!("{lint:>10.1?} {} odd things, {:.1?} {} examples", odd.len(), start.elapsed(), examples.len());
    }
}

/// The sets of the Overlay Specification: document and overlay give the output.
#[test]
fn overlays_do_what_their_specification_says() {
    let Some(sets) = beside("shared/overlay/compliant-sets") else { return };
    let mut compared = 0;
    for set in std::fs::read_dir(sets).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if !set.is_dir() {
            continue;
        }
        let source = |name: &str| {
            let text = std::fs::read_to_string(set.join(name)).expect("a readable file");
            Source::new(name, text)
        };
        let parts = Parts {
            name: "set".to_owned(),
            document: source("openapi.yaml"),
            overlay: Some(source("overlay.yaml")),
            promises: None,
        };
        let (contract, _) = Contract::load(parts, &Files(set.clone())).expect("a contract");
        let (expected, _) = countersign::source::read(&source("output.yaml"), &countersign::source::Limits::default());
        assert_eq!(Some(contract.value()), expected.as_ref(), "{}", set.display());
        compared += 1;
    }
    assert!(compared >= 8, "{compared}");
}
