//! The mock in a test, without a process: blocking and async, with and without state.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use countersign::contract::{Alone, Contract, Parts};
use countersign::mock::{Mock, Rules, Server, Settings, Stateful};
use countersign::source::Source;

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /items:
    post:
      operationId: add-item
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } }
      responses:
        "201": { description: made, content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } }
  /items/{id}:
    get:
      operationId: get-item
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses:
        "200": { description: found, content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } }
        "404": { description: none }
components:
  schemas:
    Item:
      type: object
      required: [id, name]
      properties: { id: { type: integer, readOnly: true }, name: { type: string, example: lamp } }
"##;

fn contract() -> Arc<Contract> {
    let document = Source::new("shop.yaml", DOCUMENT);
    let parts = Parts { name: "shop".into(), document, overlay: None, promises: None };
    Arc::new(Contract::load(parts, &Alone).expect("a contract").0)
}

fn ask(url: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).expect("it listens");
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json\r\n");
    write!(stream, "{head}content-length: {length}\r\n\r\n{body}").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("UTF-8");
    answer
}

#[test]
fn a_blocking_test_asks_and_asserts() {
    let server = Server::start(contract()).expect("a free port");
    assert!(ask(&server.url(), "GET", "/items/1", "").contains("lamp"));
    assert!(server.findings().is_empty());
    assert!(ask(&server.url(), "POST", "/items", r#"{"name": 7}"#).starts_with("HTTP/1.1 4"));
    let exchanges = server.exchanges();
    assert_eq!(exchanges.len(), 2);
    assert_eq!(exchanges[1].operation.as_deref(), Some("add-item"));
    let findings = server.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].instance.as_ref().map(|at| at.0.as_str()), Some("/name"));
}

#[tokio::test]
async fn an_async_test_asks_and_asserts() {
    let server = Server::start(contract()).expect("a free port");
    let url = server.url();
    let answer = tokio::task::spawn_blocking(move || ask(&url, "GET", "/items/1", "")).await.expect("no panic");
    assert!(answer.contains("lamp"));
    assert_eq!(server.exchanges().len(), 1);
}

#[test]
fn it_ends_when_it_is_dropped() {
    let server = Server::start(contract()).expect("a free port");
    let address = server.local_addr();
    drop(server);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_mock_of_ones_own_remembers() {
    let settings = Settings::repeatable(1);
    let state = Stateful::of(&contract(), &settings);
    let mock = Mock::new(contract(), Rules::default(), settings).remembering(state);
    let server = Server::start(mock).expect("a free port");
    assert!(ask(&server.url(), "GET", "/items/1", "").starts_with("HTTP/1.1 404"));
    assert!(ask(&server.url(), "POST", "/items", r#"{"name": "desk"}"#).contains(r#"{"id":1,"name":"desk"}"#));
    assert!(ask(&server.url(), "GET", "/items/1", "").contains("desk"));
    assert!(server.findings().is_empty());
}
