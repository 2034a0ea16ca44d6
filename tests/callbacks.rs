//! Callbacks and webhooks of `countersign mock`, as who receives them sees them.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use support::{countersign, outcome};

const DOCUMENT: &str = r"
openapi: 3.1.0
info: { title: Streams, version: '1' }
paths:
  /streams:
    post:
      operationId: subscribe
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, properties: { url: { type: string }, topic: { type: string } } }
      responses:
        '201':
          description: made
          content:
            application/json:
              schema: { type: object, required: [id], properties: { id: { type: integer } } }
              example: { id: 41 }
      callbacks:
        data:
          '{$request.body#/url}/events?stream={$response.body#/id}':
            post:
              parameters: [{ name: X-Kind, in: header, required: true, schema: { const: event } }]
              requestBody:
                content:
                  application/json:
                    schema:
                      type: object
                      required: [id, topic, at]
                      properties:
                        id: { type: integer }
                        topic: { type: string }
                        at: { type: string, format: date-time }
              responses: { '204': { description: taken } }
webhooks:
  restocked:
    post:
      requestBody:
        content:
          application/json:
            schema: { type: object, required: [sku], properties: { sku: { type: string, pattern: '^S[0-9]{4}$' } } }
      responses: { '200': { description: taken } }
";

/// What a receiver gets: the start line and header fields, and the body.
type Got = (String, Value);

/// Answers everything with this status, and tells what came.
fn receiver(status: u16) -> (String, Receiver<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.expect("a connection"));
            let mut head = String::new();
            while reader.read_line(&mut head).expect("UTF-8") > 2 {}
            let length = head.to_ascii_lowercase();
            let length = length.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
            let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
            reader.read_exact(&mut body).expect("a body");
            let answer = format!("HTTP/1.1 {status} Taken\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).expect("written");
            let _ = send.send((head, serde_json::from_slice(&body).unwrap_or(Value::Null)));
        }
    });
    (format!("http://{address}"), receive)
}

struct Mock {
    child: Child,
    address: String,
    told: Receiver<String>,
}

impl Mock {
    fn start(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a folder");
        fs::write(directory.path().join("streams.yaml"), DOCUMENT).expect("written");
        let mut command =
            countersign(directory.path(), &[&["mock", "streams.yaml", "--log", "none"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let first = BufReader::new(child.stdout.take().expect("piped")).lines().next().expect("a line").expect("UTF-8");
        let address = first.strip_prefix("listening on http://").expect("an address").to_owned();
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let (send, told) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, address, told }
    }

    fn post(&self, path: &str, body: &Value) -> String {
        self.send(&format!("POST {path}"), "application/json", &body.to_string())
    }

    /// What the admin API tells of callbacks.
    fn callbacks(&self, query: &str) -> Value {
        let answer = self.send(&format!("GET /__countersign/callbacks{query}"), "application/json", "");
        let body = answer.split_once("\r\n\r\n").expect("a body").1;
        serde_json::from_str::<Value>(body).unwrap_or_else(|_| panic!("{answer}"))["callbacks"].clone()
    }

    fn send(&self, start: &str, media: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let head =
            format!("{start} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: {media}\r\n", self.address);
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("UTF-8");
        answer
    }

    /// The first line told that holds this.
    fn told(&self, part: &str) -> String {
        loop {
            let line =
                self.told.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("nobody told `{part}`"));
            if line.contains(part) {
                return line;
            }
        }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn got(receive: &Receiver<Got>) -> Got {
    receive.recv_timeout(Duration::from_secs(20)).expect("a call")
}

#[test]
fn callbacks_go_to_the_url_that_the_request_names() {
    let (url, receive) = receiver(204);
    let mock = Mock::start(&[]);
    assert!(mock.post("/streams", &json!({"url": url, "topic": "news"})).starts_with("HTTP/1.1 201"));
    let (head, body) = got(&receive);
    assert!(head.starts_with("POST /events?stream=41 HTTP/1.1"), "{head}");
    assert!(head.to_ascii_lowercase().contains("x-kind: event"), "{head}");
    assert_eq!((&body["id"], &body["topic"]), (&json!(41), &json!("news")), "{body}");
    assert!(body["at"].as_str().is_some_and(|at| at.contains('T')), "{body}");
    mock.told("callback data: POST");
    // Nobody asked for one here.
    assert!(mock.post("/streams", &json!({"topic": "news"})).starts_with("HTTP/1.1 201"));
    assert!(mock.post("/streams", &json!({"url": "no url"})).starts_with("HTTP/1.1 201"));
    assert!(mock.told("no url").contains("is no URL"));
}

#[test]
fn what_receivers_answer_is_judged() {
    let (url, receive) = receiver(500);
    let mock = Mock::start(&[]);
    mock.post("/streams", &json!({"url": url}));
    got(&receive);
    assert!(mock.told("callback data: POST").contains("500 broken"));
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    mock.post("/streams", &json!({"url": format!("http://{nobody}")}));
    assert!(mock.told("callback data: POST").contains("failed"));
}

#[test]
fn the_admin_api_tells_what_became_of_them() {
    let (url, receive) = receiver(500);
    let mock = Mock::start(&[]);
    mock.post("/streams", &json!({"url": url}));
    got(&receive);
    mock.told("500 broken");
    mock.post("/streams", &json!({"url": "http://elsewhere.example.com"}));
    mock.told("elsewhere");
    let all = mock.callbacks("");
    let (refused, broken) = (&all[0], &all[1]);
    assert_eq!((&refused["verdict"], &refused["status"]), (&json!("refused"), &Value::Null), "{refused}");
    assert_eq!(
        (&broken["verdict"], &broken["status"], &broken["name"]),
        (&json!("broken"), &json!(500), &json!("callback data"))
    );
    assert!(broken["findings"][0]["message"].as_str().is_some_and(|message| message.contains("500")), "{broken}");
    assert!(broken["request"]["body"].as_str().is_some_and(|body| body.contains("41")), "{broken}");
    assert_eq!(mock.callbacks("?verdict=kept"), json!([]));
    mock.post("/__countersign/reset", &Value::Null);
    assert_eq!(mock.callbacks(""), json!([]));
}

#[test]
fn a_webhook_is_sent_with_the_body_that_is_given() {
    let (url, receive) = receiver(200);
    let mock = Mock::start(&[]);
    let fire = |query: &str, media: &str, body: &Value| {
        mock.send(&format!("POST /__countersign/webhooks/restocked?url={url}/hook{query}"), media, &body.to_string())
    };
    assert!(fire("", "application/json", &json!({"sku": "S0042"})).starts_with("HTTP/1.1 202"));
    assert_eq!(got(&receive).1, json!({"sku": "S0042"}));
    assert!(fire("", "application/merge-patch+json", &json!({"note": "new"})).starts_with("HTTP/1.1 202"));
    let body = got(&receive).1;
    assert!(body["note"] == json!("new") && body["sku"].as_str().is_some_and(|sku| sku.starts_with('S')), "{body}");
    let refused = fire("", "application/json", &json!({"sku": 7}));
    assert!(refused.starts_with("HTTP/1.1 422") && refused.contains("must be a string"), "{refused}");
    assert!(fire("&breaks-contract=true", "application/json", &json!({"sku": 7})).starts_with("HTTP/1.1 202"));
    assert_eq!(got(&receive).1, json!({"sku": 7}));
    assert!(
        mock.send(&format!("POST /__countersign/webhooks/restocked?url={url}"), "application/json", "{")
            .starts_with("HTTP/1.1 400")
    );
}

#[test]
fn a_time_out_that_is_none_is_told() {
    let directory = tempfile::tempdir().expect("a folder");
    fs::write(directory.path().join("streams.yaml"), DOCUMENT).expect("written");
    let arguments = ["mock", "streams.yaml", "--callback-timeout", "soon"];
    let (_, stderr, code) = outcome(&countersign(directory.path(), &arguments).output().expect("runs"));
    assert!(code == 2 && stderr.contains("--callback-timeout"), "{code}: {stderr}");
}

#[test]
fn only_allowed_hosts_are_called() {
    let mock = Mock::start(&["--callback-hosts", "hooks.example.com"]);
    mock.post("/streams", &json!({"url": "http://elsewhere.example.com"}));
    assert!(mock.told("elsewhere").contains("the host is not allowed"));
}

#[test]
fn webhooks_are_fired_by_hand() {
    let (url, receive) = receiver(200);
    let mock = Mock::start(&[]);
    let answer = mock.post(&format!("/__countersign/webhooks/restocked?url={url}/hook"), &Value::Null);
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    let (head, body) = got(&receive);
    assert!(head.starts_with("POST /hook HTTP/1.1"), "{head}");
    assert!(body["sku"].as_str().is_some_and(|sku| sku.starts_with('S')), "{body}");
    mock.told("webhook restocked: POST");
    let answer = mock.post(&format!("/__countersign/webhooks/restock?url={url}/hook"), &Value::Null);
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("restocked"), "{answer}");
    let answer = mock.post("/__countersign/webhooks/restocked", &Value::Null);
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("url"), "{answer}");
    let answer = mock.post("/__countersign/webhooks/restocked?url=http://elsewhere.example.com", &Value::Null);
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("--callback-hosts"), "{answer}");
    assert!(mock.told("elsewhere").contains("not allowed"));
}
