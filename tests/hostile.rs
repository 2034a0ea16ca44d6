//! Targets and documents that do their worst: a message, the documented exit code, never a panic or a hang.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use support::{countersign, outcome};

const DOCUMENT: &str = r#"
openapi: 3.1.0
info: { title: Odd, version: "1" }
paths:
  /x:
    get:
      responses:
        "200": { description: ok, content: { application/json: { schema: { type: object } } } }
"#;
const CASES: &str = "contract: odd\ncases:\n  - name: asks\n    operation: GET /x\n";

fn project(document: &str, cases: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(directory.path().join("specs")).expect("made");
    fs::create_dir_all(directory.path().join("cases")).expect("made");
    fs::write(directory.path().join("specs/odd.yaml"), document).expect("written");
    fs::write(directory.path().join("cases/odd.yaml"), cases).expect("written");
    directory
}

fn run(directory: &Path, arguments: &[&str]) -> (String, i32) {
    let output = countersign(directory, &[&["run"], arguments].concat()).output().expect("the binary runs");
    let (stdout, stderr, code) = outcome(&output);
    let text = stdout + &stderr;
    assert!(!text.contains("panicked"), "{text}");
    (text, code)
}

/// A server that reads a request's head and then does `answer` with the connection, for every connection.
fn server(answer: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut stream = stream;
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
                    head.push(byte[0]);
                }
                answer(stream);
            });
        }
    });
    format!("http://{address}")
}

fn judged(answer: fn(TcpStream), arguments: &[&str]) -> (String, i32) {
    let directory = project(DOCUMENT, CASES);
    let target = server(answer);
    let result = run(directory.path(), &[&["--target", &target], arguments].concat());
    for report in ["junit.xml", "results.json", "report.html"] {
        assert!(directory.path().join("reports").join(report).is_file(), "no {report}: {}", result.0);
    }
    result
}

fn head(stream: &mut TcpStream, head: &str) {
    let _ = stream.write_all(head.replace('\n', "\r\n").as_bytes());
}

#[test]
fn a_target_that_hangs_times_out() {
    let (text, code) = judged(
        |mut stream| {
            let _ = stream.read(&mut [0; 1]);
        },
        &["--timeout", "200ms"],
    );
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("200ms") || text.contains("200 ms"), "{text}");
}

#[test]
fn a_target_that_sends_without_end_is_cut_off() {
    let (text, code) = judged(
        |mut stream| {
            head(&mut stream, "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 1073741824\n\n");
            let block = [b'x'; 8192];
            while stream.write_all(&block).is_ok() {}
        },
        &["--max-response-size", "1MiB"],
    );
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("larger than"), "{text}");
}

#[test]
fn a_body_that_is_not_utf8_breaks_the_contract() {
    let (text, code) = judged(
        |mut stream| {
            head(&mut stream, "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 7\n\n");
            let _ = stream.write_all(b"{\"\xff\xfe\":1");
        },
        &[],
    );
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("UTF-8"), "{text}");
}

#[test]
fn a_target_that_closes_half_way_is_told() {
    let (text, code) = judged(
        |mut stream| {
            head(&mut stream, "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 100\n\n{");
        },
        &[],
    );
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("half-way"), "{text}");
}

#[test]
fn a_target_that_claims_gzip_and_lies_is_told() {
    let (text, code) = judged(
        |mut stream| {
            let response =
                "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Encoding: gzip\nContent-Length: 2\n\n{}";
            head(&mut stream, response);
        },
        &[],
    );
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("gzip"), "{text}");
}

#[test]
fn a_target_that_answers_no_http_is_told() {
    let (text, code) = judged(|mut stream| head(&mut stream, "SSH-2.0-OpenSSH_9.9\n"), &[]);
    assert_eq!(code, 1, "{text}");
}

#[test]
fn a_target_that_cannot_be_reached_ends_with_3() {
    let directory = project(DOCUMENT, CASES);
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let (text, code) = run(directory.path(), &["--target", &format!("http://{closed}")]);
    assert_eq!(code, 3, "{text}");
    assert!(directory.path().join("reports/junit.xml").is_file());
}

#[test]
fn a_document_nested_10_000_deep_is_refused() {
    let deep = format!("{DOCUMENT}\nx-deep: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    let (text, code) = run(project(&deep, CASES).path(), &[]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("nested deeper"), "{text}");
    let cases = format!("{CASES}    body: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    let (text, code) = run(project(DOCUMENT, &cases).path(), &[]);
    assert_eq!(code, 2, "{text}");
}

#[test]
fn a_pattern_that_explodes_is_undecided_and_strict_mode_fails() {
    let document =
        DOCUMENT.replace("{ type: object }", r"{ type: string, pattern: '^(([a-z])+.)+(?=Z)[A-Z]([a-z])+$' }");
    let answer = |mut stream: TcpStream| {
        let body = format!("\"{}\"", "a".repeat(60));
        head(
            &mut stream,
            &format!("HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: {}\n\n{body}", body.len()),
        );
    };
    let directory = project(&document, CASES);
    let target = server(answer);
    let (text, code) = run(directory.path(), &["--target", &target]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("undecided"), "{text}");
    let (text, code) = run(directory.path(), &["--target", &target, "--strict"]);
    assert_eq!(code, 1, "{text}");
}
