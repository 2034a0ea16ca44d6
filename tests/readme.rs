//! What the README and the documentation show works as shown.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

mod support;

use std::fs;
use std::path::Path;

use support::{countersign, outcome};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The fenced blocks of a language, indentation of the fence taken off.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let (mut found, mut open): (Vec<String>, Option<usize>) = (Vec::new(), None);
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        match open {
            Some(_) if line.trim_start().starts_with("```") => open = None,
            Some(indent) => {
                let last = found.last_mut().expect("a block is open");
                last.push_str(line.get(indent..).unwrap_or_default());
                last.push('\n');
            }
            None if line.trim_start() == format!("```{language}") => {
                open = Some(indent);
                found.push(String::new());
            }
            None => {}
        }
    }
    found
}

#[test]
fn the_first_case_for_an_api_of_ones_own_runs() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let case =
        blocks(&readme, "yaml").into_iter().find(|block| block.starts_with("contract: shop")).expect("the first case");
    let directory = tempfile::tempdir().expect("a folder");
    for folder in ["specs", "cases/shop"] {
        fs::create_dir_all(directory.path().join(folder)).expect("made");
    }
    fs::copy(root().join("tests/cli/_project/specs/shop.yaml"), directory.path().join("specs/shop.yaml"))
        .expect("copied");
    fs::write(directory.path().join("cases/shop/items.yaml"), case).expect("written");
    let output = countersign(directory.path(), &["run", "cases/shop"]).output().expect("runs");
    let (stdout, stderr, code) = outcome(&output);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("refuses an item without price"), "{stdout}");
}

/// Every `countersign …` line of the README that stands in a `sh` block is understood.
#[test]
fn every_command_of_the_readme_is_understood() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let mut commands = 0;
    for line in blocks(&readme, "sh").iter().flat_map(|block| block.lines()) {
        let line = line.split(" #").next().unwrap_or_default().split(" > ").next().unwrap_or_default().trim();
        let Some((_, arguments)) = line.split_once("countersign ") else { continue };
        let mut words: Vec<&str> = arguments.split_whitespace().collect();
        if words[0] == "mock" {
            continue;
        }
        if words[0] == "run" {
            words.push("--list");
        }
        let output = countersign(root(), &words).output().expect("runs");
        let (stdout, stderr, code) = outcome(&output);
        // What the reader's own project would have is not here: that is said, not misunderstood.
        let elsewhere = words.contains(&"cases/shop") || words.contains(&"--last-failed");
        assert!(matches!(code, 0 | 4) || elsewhere && code == 2, "{line}: {stdout}{stderr}");
        assert!(!stderr.contains("unexpected argument") && !stderr.contains("Usage:"), "{line}: {stderr}");
        commands += 1;
    }
    assert!(commands >= 8, "{commands} commands found");
}

/// What the library's page shows for an `httpmock` server is what its test does.
#[test]
fn the_example_for_httpmock_is_tested() {
    let page = fs::read_to_string(root().join("docs/library.md")).expect("a page");
    let test = fs::read_to_string(root().join("tests/httpmock.rs")).expect("a test");
    let example = blocks(&page, "rust,ignore").concat();
    let lines = example.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let missing: Vec<&str> = lines.filter(|line| !test.lines().any(|known| known.trim() == *line)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
