//! Documents at URLs, through the binary: every command takes one, and only allowed hosts are asked.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

mod support;

use std::io::BufRead as _;
use std::path::Path;

use httpmock::MockServer;
use support::{countersign, outcome};

const SHOP: &str = "
openapi: 3.1.0
info: { title: shop, version: '1' }
servers: [{ url: /v1 }]
paths:
  /pets:
    get:
      operationId: pets
      summary: all
      responses:
        '200': { description: ok, content: { application/json: { schema: { $ref: 'schemas/pets.yaml' } } } }
";

/// A server that answers GET of each path with a text.
fn serving(documents: &[(&str, &str)]) -> MockServer {
    let server = MockServer::start();
    for (path, text) in documents {
        server.mock(|when, then| {
            when.method("GET").path(*path);
            then.status(200).header("content-type", "application/yaml").body(*text);
        });
    }
    server
}

fn redirect(server: &MockServer, from: &str, to: &str) {
    server.mock(|when, then| {
        when.path(from);
        then.status(302).header("location", to);
    });
}

fn run(directory: &Path, arguments: &[&str]) -> (String, String, i32) {
    outcome(&countersign(directory, arguments).output().expect("it runs"))
}

#[test]
fn every_command_reads_a_document_at_a_url() {
    let server = serving(&[("/api/shop.yaml", SHOP), ("/api/schemas/pets.yaml", "type: array\n")]);
    let url = server.url("/api/shop.yaml");
    let directory = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: String| std::fs::write(directory.path().join(name), text).expect("written");
    let run = |arguments: &[&str]| run(directory.path(), arguments);

    let (stdout, stderr, code) = run(&["lint", &url]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains(&format!("{url}: 1 operation")), "{stdout}");

    write("new.yaml", SHOP.replace("schema: { $ref: 'schemas/pets.yaml' }", "schema: {}").replace("/pets", "/cats"));
    let (stdout, stderr, code) = run(&["diff", &url, "new.yaml", "--fail-on", "breaking"]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains(&format!("old {url}:7:5")), "{stdout}");

    // A relative server stands where the document does.
    let log = |body: &str| {
        let url = server.url("/v1/pets");
        format!(
            r#"{{"method": "GET", "url": "{url}", "status": 200, "response_headers": {{"content-type": "application/json"}}, "response_body": "{body}"}}"#
        )
    };
    write("kept.ndjson", log("[]"));
    write("broken.ndjson", log("{}"));
    for (file, expected) in [("kept.ndjson", 0), ("broken.ndjson", 1)] {
        let (stdout, stderr, code) = run(&["check", file, "-c", &url, "--match", "strict-host", "--no-report"]);
        assert_eq!(code, expected, "{stdout}{stderr}");
    }
    let (stdout, stderr, code) = run(&["import", "kept.ndjson", "-c", &format!("shop={url}"), "--out", "imported"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    let (stdout, stderr, code) = run(&["infer", "kept.ndjson", "--overlay-for", &url]);
    assert_eq!(code, 0, "{stdout}{stderr}");

    let mut mock = countersign(directory.path(), &["mock", &format!("shop={url}"), "--port", "0"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut first = String::new();
    std::io::BufReader::new(mock.stdout.as_mut().expect("piped")).read_line(&mut first).expect("a line");
    mock.kill().expect("it runs");
    mock.wait().expect("it ends");
    assert!(first.contains("listening on"), "{first}");

    write(
        "cases.yaml",
        format!("contract: {url}\ncases:\n  - {{ name: all, operation: pets, expect: {{ status: 200 }} }}\n"),
    );
    let (stdout, stderr, code) = run(&["run", "cases.yaml", "--no-report"]);
    assert_eq!(code, 2, "a file names the host, not the command line: {stdout}{stderr}");
    assert!(stderr.contains("`--allow-host 127.0.0.1:") && stderr.contains("cases.yaml:1:11"), "{stderr}");
    let (stdout, stderr, code) = run(&["run", "cases.yaml", "--no-report", "--allow-host", "127.0.0.1"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
}

#[test]
fn only_hosts_that_were_allowed_are_asked() {
    let other = serving(&[("/pets.yaml", "type: array\n")]);
    let far = other.url("/pets.yaml");
    let document = SHOP.replace("schemas/pets.yaml", &far);
    let server = serving(&[
        ("/api/far.yaml", &document),
        ("/api/local.yaml", &SHOP.replace("schemas/pets.yaml", "file:///etc/passwd")),
    ]);
    redirect(&server, "/api/moved.yaml", "far.yaml");
    redirect(&server, "/api/away.yaml", &far);
    redirect(&server, "/api/round.yaml", "round.yaml");
    let directory = tempfile::tempdir().expect("a folder");
    std::fs::write(directory.path().join("here.yaml"), &document).expect("written");
    let asked = |path: &str, more: &[&str]| {
        let path = if path.starts_with('/') { server.url(path) } else { path.to_owned() };
        run(directory.path(), &[&["diff", "here.yaml", &path, "--color", "never"], more].concat())
    };
    let host = format!("127.0.0.1:{}", other.port());
    for (path, expected) in [
        ("/api/far.yaml", format!("it is on `{host}`, which is not allowed; `--allow-host {host}` allows it")),
        ("here.yaml", format!("it is on `{host}`, which is not allowed; `--allow-host {host}` allows it")),
        ("/api/away.yaml", format!("it redirects to `{host}`, which is not allowed; `--allow-host {host}` allows it")),
        ("/api/local.yaml", "never for a document that came from the network".to_owned()),
        ("/api/round.yaml", "it redirects more than 10 times".to_owned()),
    ] {
        let (stdout, stderr, code) = asked(path, &[]);
        assert!(code == 2 && stderr.contains(&expected), "{path}: {stdout}{stderr}");
    }
    // Where it was redirected to is where its references start from, and what it is called.
    for path in ["/api/far.yaml", "/api/moved.yaml", "here.yaml"] {
        let (stdout, stderr, code) = asked(path, &["--allow-host", &host]);
        assert_eq!((stdout.as_str(), code), ("no change\n", 0), "{path}: {stderr}");
    }
}

#[test]
fn what_is_no_document_is_told_for_what_it_is() {
    let server = serving(&[("/page.yaml", "<!doctype html><title>Sign in</title>"), ("/broken.yaml", "a: [")]);
    for (path, status) in [("/login", 401), ("/fault", 500), ("/empty", 204)] {
        server.mock(|when, then| {
            when.path(path);
            then.status(status);
        });
    }
    let directory = tempfile::tempdir().expect("a folder");
    for (path, expected) in [
        ("/page.yaml", "a page for people (HTML), no document"),
        ("/broken.yaml", "/broken.yaml:1:"),
        ("/gone.yaml?token=s3cret-s3cret", "gone.yaml?token=***: the server answers 404"),
        ("/login", "the server answers 401: it asks for a login"),
        ("/fault", "the server answers 500"),
        ("/empty", "the server answers 204 without a body"),
    ] {
        let (stdout, stderr, code) = run(directory.path(), &["lint", &server.url(path)]);
        assert!(code == 2 && stderr.contains(expected) && !stderr.contains("s3cret"), "{path}: {stdout}{stderr}");
    }
    for (word, expected) in [
        ("http://127.0.0.1:1/a.yaml", "http://127.0.0.1:1 could not be reached"),
        ("http://me:secret@127.0.0.1:1/a.yaml", "http://127.0.0.1:1/a.yaml: its URL holds a user name or password"),
    ] {
        let (stdout, stderr, code) = run(directory.path(), &["lint", word]);
        assert!(code == 2 && stderr.contains(expected), "{word}: {stdout}{stderr}");
    }
    let (_, stderr, code) = run(directory.path(), &["check", "-", "-c", "ftp://h/a.yaml"]);
    assert!(code == 2 && stderr.contains("no URL that documents are read from"), "{stderr}");
}
