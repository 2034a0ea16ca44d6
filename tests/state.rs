//! `countersign mock --stateful` as a user runs it: what is made is there, after kills too.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use support::{countersign, outcome};

const DOCUMENT: &str = r"
openapi: 3.0.3
info: { title: Notes, version: '1' }
paths:
  /notes:
    get:
      parameters: [{ name: limit, in: query, schema: { type: integer } }]
      responses:
        '200':
          description: all
          content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Note' } } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } }
  /notes/{noteId}:
    parameters: [{ name: noteId, in: path, required: true, schema: { type: integer } }]
    get:
      responses:
        '200': { description: one, content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } }
        '404': { description: none }
    delete:
      responses: { '204': { description: gone }, '404': { description: none } }
components:
  schemas:
    Note:
      type: object
      required: [id, text]
      properties: { id: { type: integer, readOnly: true }, text: { type: string } }
";

/// A mock in a process of its own, killed when it is dropped.
struct Mock {
    child: Child,
    address: String,
    /// What it says before it is asked.
    said: Vec<String>,
}

impl Mock {
    fn start(directory: &Path, arguments: &[&str]) -> Self {
        let mut command = countersign(directory, &[&["mock", "notes.yaml"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = lines.next().expect("a line").expect("UTF-8");
        let address = first.strip_prefix("listening on http://").expect("an address").to_owned();
        let count = if arguments.contains(&"--quiet") { 1 } else { 3 };
        let said = lines.by_ref().take(count).map(|line| line.expect("UTF-8")).collect();
        // What it tells of exchanges is read on, or it would wait for the reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address, said }
    }

    /// The status and JSON of an answer; `None` where the mock is gone.
    fn ask(&self, method: &str, path: &str, header: &str, body: &Value) -> Option<(u16, Value)> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!("{method} {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{header}");
        let media = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        stream.write_all(format!("{head}{media}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.get(9..12)?.parse().ok()?, serde_json::from_str(body).unwrap_or(Value::Null)))
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path, "", &Value::Null).expect("an answer")
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // SIGKILL on Unix: nothing is put in order.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a folder");
    fs::write(directory.path().join("notes.yaml"), DOCUMENT).expect("written");
    directory
}

#[test]
fn what_is_posted_is_there() {
    let directory = folder();
    fs::write(directory.path().join("seeds.json"), r#"{"/notes": [{"id": 7, "text": "seed"}]}"#).expect("written");
    let mock = Mock::start(directory.path(), &["--seed-state", "seeds.json", "--state-per", "X-Client"]);
    assert_eq!(mock.said[1].trim(), "state: /notes, /notes/{noteId} (list, create, read, delete; id `id`)");
    assert_eq!(mock.get("/notes/7"), (200, json!({"id": 7, "text": "seed"})));
    let made = mock.ask("POST", "/notes", "", &json!({"text": "a"}));
    assert_eq!(made, Some((201, json!({"id": 8, "text": "a"}))));
    assert_eq!(mock.get("/notes?limit=1").1, json!([{"id": 7, "text": "seed"}]));
    let other = mock.ask("GET", "/notes", "X-Client: other\r\n", &Value::Null);
    assert_eq!(other, Some((200, json!([{"id": 7, "text": "seed"}]))));
    assert_eq!(mock.ask("DELETE", "/notes/8", "", &Value::Null).map(|(status, _)| status), Some(204));
    assert_eq!(mock.get("/notes/8").0, 404);
}

#[test]
fn wrong_files_are_told() {
    let directory = folder();
    fs::write(directory.path().join("seeds.yaml"), "/notes:\n- {id: x, text: 1}\n").expect("written");
    let output = countersign(directory.path(), &["mock", "notes.yaml", "--seed-state", "seeds.yaml"]).output();
    let (_, stderr, code) = outcome(&output.expect("runs"));
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("seed-breaks-schema") && stderr.contains("seeds.yaml:2:"), "{stderr}");
    let output = countersign(directory.path(), &["mock", "notes.yaml", "--state", "notes.yaml"]).output();
    let (_, stderr, code) = outcome(&output.expect("runs"));
    assert!(code == 2 && stderr.contains("cannot keep the state in `notes.yaml`"), "{code}: {stderr}");
}

/// Killed again and again while clients write: every note whose making was answered is there.
#[test]
fn no_acknowledged_write_is_lost_to_a_kill() {
    let directory = folder();
    let mut kept: Vec<Value> = Vec::new();
    for round in 0..8_u64 {
        let mock = Mock::start(directory.path(), &["--state", "state.redb", "--quiet"]);
        let (_, all) = mock.get("/notes");
        let all = all.as_array().cloned().expect("a list");
        for note in &kept {
            assert!(all.contains(note), "round {round}: {note} is lost; there are {}", all.len());
        }
        kept = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..3)
                .map(|client| {
                    let mock = &mock;
                    scope.spawn(move || {
                        let mut made = Vec::new();
                        for at in 0.. {
                            let body = json!({"text": format!("{round}/{client}/{at}")});
                            match mock.ask("POST", "/notes", "", &body) {
                                Some((201, note)) => made.push(note),
                                Some(other) => panic!("{other:?}"),
                                None => break,
                            }
                        }
                        made
                    })
                })
                .collect();
            // After so many writes as are seen from outside, at no particular one.
            while mock.get("/notes").1.as_array().map_or(0, Vec::len)
                < all.len() + 5 + usize::try_from(round).expect("small")
            {}
            let killed = std::process::Command::new("kill").args(["-9", &mock.child.id().to_string()]).status();
            assert!(killed.expect("kill runs").success());
            clients.into_iter().flat_map(|client| client.join().expect("no panic")).chain(all).collect()
        });
    }
    assert!(kept.len() > 40, "{}", kept.len());
}
