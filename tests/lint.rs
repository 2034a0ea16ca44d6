//! Lint on real documents, where a corpus of them lies beside the checkout: each is looked at to an
//! end or refused in words, and the specification's own test documents pass and fail as they say.

#![expect(clippy::disallowed_methods, reason = "the corpus is read from the file system")]
#![expect(clippy::print_stdout, reason = "what is skipped is for the reader of a run")]

use std::path::{Path, PathBuf};

use countersign::contract::{Alone, Retrieve};
use countersign::lint::{Report, Settings, lint};
use countersign::source::{Diagnostics, Severity, Source};

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

fn corpus() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().skip(1).map(|above| above.join("shared/corpus")).find(|path| path.is_dir());
    if found.is_none() {
        println!("skipped: there is no `shared/corpus` beside the checkout");
    }
    found
}

fn look(corpus: &Path, file: &Path) -> Result<Report, Diagnostics> {
    let text = std::fs::read_to_string(file).expect("a readable file");
    lint(Source::new(file.to_string_lossy(), text), &Files(corpus.to_owned()), &Settings::default())
}

#[test]
fn every_document_is_looked_at_to_an_end() {
    let Some(corpus) = corpus() else { return };
    let manifest = std::fs::read_to_string(corpus.join("manifest.tsv")).expect("a manifest");
    for file in manifest.lines().skip(1).filter_map(|line| line.split('\t').next()) {
        match look(&corpus, &corpus.join(file)) {
            Ok(report) => {
                let found: Vec<String> =
                    report.counts.iter().map(|(rule, count)| format!("{} {count}", rule.code)).collect();
                println!("{file}: {}", found.join(", "));
                let count =
                    |code: &str| report.counts.iter().find(|(rule, _)| rule.code == code).map_or(0, |(_, n)| *n);
                assert_eq!(count("reference-refused") + count("document-missing"), 0, "{file}");
                assert_eq!(count("unusable-schema"), 0, "{file}");
            }
            Err(faults) => panic!("{file}: {faults}"),
        }
    }
}

#[test]
fn the_specifications_own_documents_pass_and_fail() {
    let Some(corpus) = corpus() else { return };
    for version in ["3.1", "3.2"] {
        for (folder, fails) in [("pass", false), ("fail", true)] {
            let folder = corpus.join("oai_schema_tests").join(version).join(folder);
            for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
                let report = look(&corpus, &entry.path()).unwrap_or_else(|faults| panic!("{faults}"));
                let is_broken = report.worst() == Some(Severity::Error);
                assert_eq!(is_broken, fails, "{}\n{}", entry.path().display(), report.diagnostics);
            }
        }
    }
}

/// Texts that ask for more than they are worth: each ends, and soon.
#[test]
fn documents_that_explode_do_not() {
    let head = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n";
    let chain = |keyword: &str| {
        let link =
            |n: usize| format!("    S{n}: {{{keyword}: {{$ref: '#/components/schemas/S{}'}}, example: 1}}\n", n + 1);
        (0..300).map(link).fold(head.to_owned(), |all, next| all + &next) + "    S300: {type: string}\n"
    };
    let multiply = |keyword: &str| {
        let link = |n: usize| {
            let next = format!("{{$ref: '#/components/schemas/S{}'}}", n + 1);
            format!("    S{n}: {{{keyword}: [{next}, {next}, {next}]}}\n")
        };
        (0..60).map(link).fold(head.to_owned(), |all, next| all + &next)
            + "    S60: {type: string}\n    Use: {allOf: [{$ref: '#/components/schemas/S0'}], example: 1}\n"
    };
    let itself =
        |schema: &str| format!("{head}    A: {schema}\n    B: {{$ref: '#/components/schemas/A', example: 1}}\n");
    let nested = format!("{head}    A: {}{{}}{}\n", "{not: ".repeat(10_000), "}".repeat(10_000));
    for text in [
        chain("not"),
        chain("items"),
        multiply("allOf"),
        multiply("anyOf"),
        multiply("oneOf"),
        itself("{allOf: [{$ref: '#/components/schemas/A'}]}"),
        itself("{anyOf: [{type: string}, {$ref: '#/components/schemas/B'}]}"),
        itself("{not: {$ref: '#/components/schemas/A'}}"),
        itself("{if: {$ref: '#/components/schemas/A'}, then: {type: string}}"),
        itself("{type: string, pattern: '^(a+)+$', example: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!}"),
        nested,
    ] {
        // To an end or refused: what matters is that it comes back.
        let _ = lint(Source::new("a.yaml", text), &Alone, &Settings::default());
    }
}
