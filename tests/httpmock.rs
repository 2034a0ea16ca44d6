//! A contract on an `httpmock` server: asked by a client that knows nothing of either.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use countersign::contract::Contract;
use countersign::mock::{Mock, Rules, Settings, Stateful};
use countersign::project;
use httpmock::MockServer;

fn contract() -> Arc<Contract> {
    project::contract("tests/cli/_project/specs/shop.yaml").expect("a contract")
}

fn ask(server: &MockServer, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).expect("it listens");
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json\r\n");
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("UTF-8");
    answer
}

#[test]
fn a_contract_answers_behind_the_mocks_of_the_test() {
    let contract = contract();
    let server = MockServer::start();
    let down = server.mock(|when, then| {
        when.path("/items/13");
        then.status(503);
    });
    let shop = countersign::httpmock::mount(&server, &contract);

    assert!(ask(&server, "GET", "/items/13", "").contains("503"));
    assert!(ask(&server, "GET", "/items/7", "").contains("chair"));
    down.assert();
    shop.operation("get-item").unwrap().assert_calls(1);
    assert!(shop.findings().is_empty());

    // Below the base path of the document's server too.
    assert!(ask(&server, "GET", "/v1/items/7", "").contains("chair"));
    shop.operation("get-item").unwrap().assert_calls(2);
    assert!(ask(&server, "POST", "/items", r#"{"name": "x"}"#).contains(" 422 "));
    shop.operation("add-item").unwrap().assert_calls(1);
    assert_eq!(shop.findings().len(), 1);
    assert!(ask(&server, "GET", "/nowhere", "").contains(" 404 "));
    assert!(ask(&server, "DELETE", "/items", "").contains(" 405 "));
    shop.rest().assert_calls(2);
    assert!(shop.operation("none").is_none());
}

#[test]
fn a_mock_of_ones_own_remembers_there() {
    let settings = Settings::repeatable(1);
    let state = Stateful::of(&contract(), &settings);
    let server = MockServer::start();
    let mock = Mock::new(contract(), Rules::default(), settings).remembering(state);
    let _shop = countersign::httpmock::mount_mock(&server, mock);
    assert!(!ask(&server, "GET", "/items/1", "").contains("desk"));
    assert!(ask(&server, "POST", "/items", r#"{"name": "desk", "price": 2}"#).contains(" 201 "));
    assert!(ask(&server, "GET", "/items/1", "").contains("desk"));
}
