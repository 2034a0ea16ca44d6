//! Recorded traffic through the binary: what its commands leave for each other.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

mod support;

use std::path::Path;

use support::{countersign, outcome};

const LOG: &str = r#"{"method": "GET", "url": "http://h/items/x", "status": 200, "response_body": "{}"}"#;

#[test]
fn a_check_does_not_change_what_the_last_run_came_to() {
    let directory = tempfile::tempdir().expect("a folder");
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/_project/specs/shop.yaml");
    std::fs::copy(project, directory.path().join("shop.yaml")).expect("copied");
    std::fs::write(directory.path().join("log.ndjson"), LOG).expect("written");
    let case = "contract: ./shop.yaml\ncases:\n  - { name: gone, operation: get-item, path: { id: 7 }, expect: { status: 404 } }\n";
    std::fs::write(directory.path().join("cases.yaml"), case).expect("written");
    let run = |arguments: &[&str]| outcome(&countersign(directory.path(), arguments).output().expect("it runs"));
    let (stdout, stderr, code) = run(&["run", "cases.yaml"]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    let (stdout, stderr, code) = run(&["check", "log.ndjson", "-c", "shop.yaml", "--base-url", "http://h"]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("reports/check/junit.xml"), "{stdout}");
    let (stdout, stderr, code) = run(&["run", "cases.yaml", "--last-failed", "--list"]);
    assert_eq!((stdout.as_str(), code), ("cases.yaml › gone\n", 0), "{stderr}");
}
