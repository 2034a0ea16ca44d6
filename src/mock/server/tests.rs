//! The server against clients that mean it harm, over raw TCP.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::tests::contract;
use super::super::{Rules, Settings};
use super::{Limits, Mount, Server};
use crate::mock::Mock;
use crate::source::Source;
use std::sync::Arc;

fn mock(rules: &str) -> Arc<Mock> {
    let contract = contract("things", include_str!("../tests/things.yaml"), None);
    let text = format!("contract: things\nrules:\n{rules}");
    let (rules, _) = Rules::read(&Source::new("a.yaml", text), &contract).unwrap_or_else(|faults| panic!("{faults}"));
    Arc::new(Mock::new(contract, rules, Settings { cors: true, ..Settings::repeatable(1) }))
}

fn server() -> Server {
    let echo = "- name: echo\n  operation: create\n  breaks-contract: true\n  respond: {status: 201, body: {size: '{{ request.text | length }}', path: '{{ request.path }}'}}\n";
    let named = |name: &str| {
        mock(&format!(
            "- name: who\n  operation: one\n  breaks-contract: true\n  respond: {{status: 200, body: {name}}}\n{echo}"
        ))
    };
    let mounts = [("", "all"), ("/a/", "a"), ("/a/b", "b")];
    let mounts = mounts.map(|(prefix, name)| Mount { prefix: prefix.to_owned(), mock: named(name) });
    Server::serve_blocking(mounts.into(), (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port")
}

/// Everything that the server says to these bytes until it closes or falls silent.
fn say(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.local_addr()).expect("connected");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn ask(server: &Server, head: &str, body: &str) -> (u16, Value) {
    let length = body.len();
    let text = format!("{head}\r\nhost: h\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    let answer = say(server, text.as_bytes());
    let status = answer.get(9..12).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{head}: {answer:?}"));
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[test]
fn the_longest_prefix_answers() {
    let server = server();
    for (path, expected) in [
        ("/things/1", (200, json!("all"))),
        ("/a/things/1", (200, json!("a"))),
        ("/a/b/things/1", (200, json!("b"))),
        ("http://elsewhere/a/things/1", (200, json!("a"))),
    ] {
        assert_eq!(ask(&server, &format!("GET {path} HTTP/1.1"), ""), expected, "{path}");
    }
    for path in ["/ab/things/1", "/a", "/a/b/", "/", "/things/%2e%2e/x", "//things/1"] {
        assert_eq!(ask(&server, &format!("GET {path} HTTP/1.1"), "").0, 404, "{path}");
    }
}

#[test]
fn a_path_below_no_mount_is_a_problem() {
    let mounts = vec![Mount { prefix: "a".into(), mock: mock(" []") }];
    let server = Server::serve_blocking(mounts, (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    let (status, problem) = ask(&server, "GET /ab/things HTTP/1.1", "");
    assert_eq!((status, &problem["detail"]), (404, &json!("nothing is mounted at `/ab/things`")));
}

#[test]
fn malformed_requests_neither_crash_nor_stop_the_server() {
    let server = server();
    let long = "x".repeat(100_000);
    let many = "h: 1\r\n".repeat(300);
    let bodies: [Vec<u8>; 16] = [
        b"GET /things/1 HTTP/1.1\r\nconnection: close\r\n\r\n".to_vec(),
        b"GET /things/1 HTTP/1.1\r\nhost: h\r\nhost: i\r\nconnection: close\r\n\r\n".to_vec(),
        b"\r\n\r\n\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"\x00\x01\x02\xff\xfe\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(20),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrubbish that is no frame".to_vec(),
        format!("GET /{long} HTTP/1.1\r\nhost: h\r\n\r\n").into_bytes(),
        format!("GET / HTTP/1.1\r\nhost: h\r\nx: {long}\r\n\r\n").into_bytes(),
        format!("GET / HTTP/1.1\r\nhost: h\r\n{many}\r\n").into_bytes(),
        b"POST /things HTTP/1.1\r\nhost: h\r\ncontent-length: abc\r\n\r\n".to_vec(),
        b"POST /things HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_vec(),
        b"POST /things HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec(),
        b"POST /things HTTP/1.1\r\nhost: h\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n".to_vec(),
        b"CONNECT h:1 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n".to_vec(),
    ];
    for bytes in &bodies {
        let mut ended = bytes.clone();
        // What the server takes for the start of something longer ends with the connection.
        ended.truncate(200_000);
        let mut stream = TcpStream::connect(server.local_addr()).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
        let _ = stream.write_all(&ended);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(!text.starts_with("HTTP/1.1 2") && !text.starts_with("HTTP/1.1 5"), "{bytes:?}: {text}");
    }
    assert_eq!(ask(&server, "GET /things/1 HTTP/1.1", "").0, 200);
}

#[test]
fn bodies_are_bounded() {
    let server = server();
    let (status, problem) = ask(&server, "POST /things HTTP/1.1\r\nx-key: k", &"x".repeat(Limits::default().body + 1));
    assert_eq!((status, &problem["status"]), (413, &json!(413)));
    // Announced and never sent: the answer does not wait for it.
    let announced = "POST /things HTTP/1.1\r\nhost: h\r\ncontent-length: 99999999999\r\n\r\n";
    assert!(say(&server, announced.as_bytes()).starts_with("HTTP/1.1 413"));
    // In chunks, without a length.
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(0x10_0000));
    let head = "POST /things HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";
    assert!(say(&server, format!("{head}{}", chunk.repeat(11)).as_bytes()).starts_with("HTTP/1.1 413"));
    let (status, echo) = ask(&server, "POST /things HTTP/1.1\r\nx-key: k", &"x".repeat(900_000));
    assert_eq!((status, &echo["size"]), (201, &json!(900_000)));
}

#[test]
fn methods_that_are_not_documented_are_refused() {
    let server = server();
    let answer = say(&server, b"DELETE /things/1 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 405") && answer.contains("allow: GET, HEAD, PUT\r\n"), "{answer}");
    let answer = say(&server, b"BREW /things/1 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 405") && answer.contains("allow: "), "{answer}");
}

#[test]
fn browsers_may_ask_first() {
    let server = server();
    let ask = "OPTIONS /things HTTP/1.1\r\nhost: h\r\norigin: http://o\r\naccess-control-request-method: POST\r\nconnection: close\r\n\r\n";
    let answer = say(&server, ask.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(answer.contains("access-control-allow-origin: http://o"), "{answer}");
    assert!(answer.contains("access-control-allow-methods: POST"), "{answer}");
}

#[test]
fn a_panic_is_a_500_and_not_the_end() {
    let rule = "- name: wrong\n  operation: one\n  respond: {status: 200, body: 1}\n";
    let mock = Arc::into_inner(mock(rule)).expect("the only one").listened_to(Arc::new(|_| panic!("on purpose")));
    let mounts = vec![Mount { prefix: String::new(), mock: Arc::new(mock) }];
    let server = Server::serve_blocking(mounts, (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    for _ in 0..3 {
        assert_eq!(ask(&server, "GET /things/1 HTTP/1.1", "").0, 500);
        assert_eq!(ask(&server, "GET /nowhere HTTP/1.1", "").0, 404);
    }
}

#[tokio::test]
async fn it_speaks_http_2() {
    let mounts = vec![Mount { prefix: String::new(), mock: mock(" []") }];
    let server = Server::serve(mounts, (Ipv4Addr::LOCALHOST, 0).into()).await.expect("a free port");
    // The client wants a provider though nothing is encrypted; another test may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().expect("a client");
    let url = format!("{}/things/1", server.url());
    let all = (0..20).map(|_| client.get(&url).header("x-key", "k").send());
    for response in futures_util::future::join_all(all).await {
        let response = response.expect("an answer");
        assert_eq!((response.status().as_u16(), response.version()), (200, reqwest::Version::HTTP_2));
    }
}

#[test]
fn a_stopped_server_lets_its_port_go() {
    let server = server();
    let address = server.local_addr();
    // An idle connection does not keep it.
    let idle = TcpStream::connect(address).expect("connected");
    drop(server);
    drop(idle);
    assert!(std::net::TcpListener::bind(address).is_ok());
}

#[tokio::test]
async fn it_serves_on_the_runtime_that_starts_it() {
    let mounts = vec![Mount { prefix: String::new(), mock: mock(" []") }];
    let server = Server::serve(mounts, (Ipv4Addr::LOCALHOST, 0).into()).await.expect("a free port");
    let address = server.local_addr();
    assert_eq!(server.url(), format!("http://{address}"));
    let asked = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("connected");
        stream.write_all(b"GET /nowhere HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("UTF-8");
        answer
    });
    assert!(asked.await.expect("no panic").starts_with("HTTP/1.1 404"));
    server.stop().await;
    assert!(TcpStream::connect(address).is_err());
}
