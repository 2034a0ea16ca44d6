//! Recorded traffic through the binary: what its commands leave for each other.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

mod support;

use std::path::Path;

use support::{countersign, outcome};

const LOG: &str = r#"{"method": "GET", "url": "http://h/items/x", "status": 200, "response_body": "{}"}"#;

fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a folder");
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/_project/specs/shop.yaml");
    std::fs::copy(project, directory.path().join("shop.yaml")).expect("copied");
    directory
}

fn run(directory: &Path, arguments: &[&str]) -> (String, String, i32) {
    outcome(&countersign(directory, arguments).env("TOKEN", "Pl4nted-t0ken").output().expect("it runs"))
}

#[test]
fn a_check_does_not_change_what_the_last_run_came_to() {
    let directory = project();
    std::fs::write(directory.path().join("log.ndjson"), LOG).expect("written");
    let case = "contract: ./shop.yaml\ncases:\n  - { name: gone, operation: get-item, path: { id: 7 }, expect: { status: 404 } }\n";
    std::fs::write(directory.path().join("cases.yaml"), case).expect("written");
    let run = |arguments: &[&str]| run(directory.path(), arguments);
    let (stdout, stderr, code) = run(&["run", "cases.yaml"]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    let (stdout, stderr, code) = run(&["check", "log.ndjson", "-c", "shop.yaml", "--base-url", "http://h"]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("reports/check/junit.xml"), "{stdout}");
    let (stdout, stderr, code) = run(&["run", "cases.yaml", "--last-failed", "--list"]);
    assert_eq!((stdout.as_str(), code), ("cases.yaml › gone\n", 0), "{stderr}");
}

const CASES: &str = r#"
contract: ./shop.yaml
secrets: [TOKEN]
cases:
  - name: adds
    operation: add-item
    headers: { Authorization: "Bearer {{ env.TOKEN }}", X-Api-Key: k3y-of-mine, Cookie: theme=midnight }
    body: { name: chair, price: 3, password: hunter2-hunter2, pad: "{{ 'x' * 100000 }}" }
    expect: { status: 201 }
    recorded: { status: 201, headers: { Content-Type: application/json, Set-Cookie: "a=b; Path=/" }, body: { id: 1, name: chair } }
  - name: gets in two steps
    steps:
      - { operation: get-item, path: { id: 7 }, recorded: { status: 200, headers: { Content-Type: application/json }, body: { id: 7, name: chair } } }
      - { operation: get-item, path: { id: 8 }, recorded: { status: 200, headers: { Content-Type: application/json }, body: { id: "8", name: chair } } }
"#;

#[test]
fn a_runs_archive_is_judged_as_the_run_was() {
    let directory = project();
    std::fs::write(directory.path().join("cases.yaml"), CASES).expect("written");
    let run = |arguments: &[&str]| run(directory.path(), arguments);
    let (stdout, stderr, code) = run(&["run", "cases.yaml", "--target", "recorded", "--har", "out/run.har"]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("  out/run.har\n"), "{stdout}");
    let text = std::fs::read_to_string(directory.path().join("out/run.har")).expect("written");
    for secret in ["Pl4nted", "k3y-of-mine", "midnight", "hunter2", "a=b"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let har: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let entries = har["log"]["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 3);
    assert_eq!(entries[2]["comment"], "cases.yaml › gets in two steps");
    assert!(entries[0]["request"]["bodySize"].as_u64().is_some_and(|size| size > 100_000), "bodies are whole");
    let results = std::fs::read_to_string(directory.path().join("reports/results.json")).expect("written");
    assert!(results.contains("cut-from") && results.len() < 200_000, "and cut in the other reports");
    let (stdout, stderr, code) =
        run(&["check", "out/run.har", "-c", "shop.yaml", "--base-url", "http://recorded.invalid"]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("3 cases in") && stdout.contains("2 kept · 1 broken"), "{stdout}");
    let (_, stderr, code) = run(&["run", "cases.yaml", "--target", "recorded", "--har", "shop.yaml/x.har"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.starts_with("error[report-not-written]: cannot make the directory "), "{stderr}");
}

#[test]
fn two_servers_are_compared_and_what_varies_by_itself_is_learnt() {
    use httpmock::prelude::*;
    let directory = project();
    let steps = "
contract: ./shop.yaml
cases:
  - name: finds it
    operation: get-item
    path: { id: 7 }
";
    std::fs::write(directory.path().join("cases.yaml"), steps).expect("written");
    let server = |name: &'static str| {
        let server = MockServer::start();
        let count = std::sync::atomic::AtomicUsize::new(0);
        server.mock(|when, then| {
            when.method(GET).path("/items/7");
            then.respond_with(move |_: &HttpMockRequest| {
                let rank = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let body = format!(r#"{{"id":7,"name":"{name}","rank":{}}}"#, rank + name.len() * 100);
                HttpMockResponse::builder().status(200).header("content-type", "application/json").body(body).build()
            });
        });
        server
    };
    let (old, new) = (server("chair"), server("table-leg"));
    let drift = |more: &[&str]| {
        run(
            directory.path(),
            &[&["drift", &old.base_url(), &new.base_url(), "cases.yaml", "--no-proxy"], more].concat(),
        )
    };
    let (stdout, stderr, code) = drift(&[]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("drift-value  `/name` is \"chair\"") && stdout.contains("`/rank`"), "{stdout}");
    for report in ["junit.xml", "results.json", "report.html"] {
        let text = std::fs::read_to_string(directory.path().join("reports/drift").join(report)).expect("written");
        assert!(text.contains("drift-value"), "{report}");
    }
    let (stdout, stderr, code) = drift(&["--repeat", "2"]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(!stdout.contains("`/rank`") && stdout.contains("differs at one target (1)"), "{stdout}");
    let (stdout, stderr, code) = drift(&["--compare", "shape"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
}

#[test]
fn imported_cases_run_and_what_is_inferred_keeps_its_traffic() {
    let directory = project();
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    for (folder, file) in
        [("import-log", "log.ndjson"), ("import-postman", "shop.postman_collection.json"), ("import-curl", "calls.sh")]
    {
        std::fs::copy(folders.join(folder).join(file), directory.path().join(file)).expect("copied");
    }
    let run = |arguments: &[&str]| {
        let mut command = countersign(directory.path(), arguments);
        let output = command.env("SHOP_TOKEN", "again-a-t0ken").env("SHOP_PASSWORD", "hunter3-x").output();
        outcome(&output.expect("it runs"))
    };
    let import = ["-c", "shop.yaml", "--base-url", "http://localhost", "--base-url", "https://shop.example/v1"];
    let (stdout, stderr, code) =
        run(&[&["import", "log.ndjson", "shop.postman_collection.json"], &import[..]].concat());
    assert_eq!(code, 0, "{stdout}{stderr}");
    for file in ["log", "shop.postman_collection"] {
        let text =
            std::fs::read_to_string(directory.path().join(format!("cases/imported/{file}.yaml"))).expect("written");
        assert!(!text.contains("Pl4nted") && !text.contains("hunter2"), "{text}");
    }
    let (stdout, stderr, code) = run(&["run", "--target", "recorded", "--no-report"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(!stdout.contains("broken") && stdout.contains("kept"), "{stdout}{stderr}");
    let (_, stderr, code) = run(&[&["import", "log.ndjson"], &import[..]].concat());
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("it is there already"), "{stderr}");
    let (stdout, stderr, code) = run(&["infer", "log.ndjson", "--out", "made/api.yaml"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    let (stdout, stderr, code) =
        run(&["check", "log.ndjson", "-c", "made/api.yaml", "--undocumented", "skipped", "--no-report"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    let (stdout, stderr, code) = run(&["lint", "made/api.yaml"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
}
