//! The mock against clients that mean it harm: it answers 4xx or closes, and goes on serving the others.

#[path = "support/mock.rs"]
mod mock;
#[expect(dead_code, reason = "outcomes of commands that end are looked at elsewhere")]
mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mock::{Answer, Running, start};
use serde_json::json;

const DEFAULT: [&str; 9] = [
    "shop.yaml",
    "--log=none",
    "--max-connections=16",
    "--max-body-size=64KiB",
    "--header-timeout=300ms",
    "--body-timeout=300ms",
    "--drain=1s",
    "--port=0",
    "--no-reload",
];

fn specs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/_project/specs")
}

fn mock() -> Running {
    start(&specs(), &DEFAULT)
}

/// It is there and answers others.
fn is_well(mock: &mut Running) {
    let answer = mock.ask("GET /items/7", &[], "");
    assert_eq!((answer.status, answer.json()["name"].clone()), (200, json!("chair")));
    assert!(mock.is_alive());
}

fn refused(answer: &str) -> bool {
    answer.is_empty() || answer.starts_with("HTTP/1.1 4")
}

/// Everything that comes until the other side closes; the time that it took.
fn until_closed(stream: &mut TcpStream) -> (String, Duration) {
    let (mut text, began) = (Vec::new(), Instant::now());
    let _ = stream.read_to_end(&mut text);
    (String::from_utf8_lossy(&text).into_owned(), began.elapsed())
}

#[test]
fn who_asks_for_delays_keeps_nobody_else_out() {
    let mut mock = mock();
    let mut asleep: Vec<TcpStream> = (0..40).map(|_| mock.connect()).collect();
    for stream in &mut asleep {
        let _ = stream.write_all(b"GET /items/7?__delay=5m HTTP/1.1\r\nhost: h\r\n\r\n");
        is_well(&mut mock);
    }
}

/// RFC 9112, section 3.2.
#[test]
fn a_request_names_one_host() {
    let mut mock = mock();
    for hosts in ["", "host: a\r\nhost: b\r\n", "host: a b\r\n", "host: me@a\r\n"] {
        let text = format!("GET /items/7 HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        assert!(mock.say(text.as_bytes()).starts_with("HTTP/1.1 400"), "{hosts}");
    }
    let old = mock.say(b"GET /items/7 HTTP/1.0\r\n\r\n");
    assert!(old.starts_with("HTTP/1.0 200"), "{old}");
    is_well(&mut mock);
}

#[test]
fn idle_connections_do_not_keep_others_out() {
    let mut mock = mock();
    let mut idle: Vec<TcpStream> = (0..200).map(|_| mock.connect()).collect();
    is_well(&mut mock);
    // The longest idle were closed to make room.
    let (text, _) = until_closed(&mut idle[0]);
    assert_eq!(text, "");
    drop(idle);
    is_well(&mut mock);
}

#[test]
fn slow_headers_and_bodies_are_cut_off() {
    let mut mock = mock();
    let mut slow: Vec<TcpStream> = (0..8).map(|_| mock.connect()).collect();
    for stream in &mut slow {
        let _ = stream.write_all(b"GET /items/7 HTTP/1.1\r\nhost: h\r\nx-slow: ");
    }
    let mut silent = mock.connect();
    let mut late = mock.connect();
    let _ = late
        .write_all(b"POST /items HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{");
    is_well(&mut mock);
    for stream in slow.iter_mut().chain([&mut silent]) {
        let (text, took) = until_closed(stream);
        assert!(refused(&text) && took < Duration::from_secs(20), "{text} after {took:?}");
    }
    let (text, _) = until_closed(&mut late);
    assert!(text.starts_with("HTTP/1.1 408"), "{text}");
    is_well(&mut mock);
}

#[test]
fn endless_bodies_are_refused_at_the_limit() {
    let mut mock = mock();
    let mut stream = mock.connect();
    let _ = stream.write_all(b"POST /items HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n");
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    let sent = (0..100_000).take_while(|_| stream.write_all(chunk.as_bytes()).is_ok()).count();
    assert!(sent < 100_000, "1.6 GB were taken");
    let announced = mock.say(b"POST /items HTTP/1.1\r\nhost: h\r\ncontent-length: 1073741824\r\n\r\n");
    assert!(announced.starts_with("HTTP/1.1 413"), "{announced}");
    let forged =
        mock.say(b"POST /items HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n");
    assert!(refused(&forged), "{forged}");
    is_well(&mut mock);
}

#[test]
fn floods_of_header_fields_are_refused() {
    let mut mock = mock();
    let many = "x: y\r\n".repeat(100_000);
    let long = "x".repeat(1 << 20);
    for text in [
        format!("GET /items/7 HTTP/1.1\r\nhost: h\r\n{many}\r\n"),
        format!("GET /items/7 HTTP/1.1\r\nhost: h\r\nx: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nhost: h\r\n\r\n"),
        long.clone(),
    ] {
        let answer = mock.say(text.as_bytes());
        assert!(refused(&answer), "{}", &answer[..answer.len().min(200)]);
    }
    is_well(&mut mock);
}

#[test]
fn paths_that_are_no_text_are_refused() {
    let mut mock = mock();
    for path in [
        b"/items/\xff\xfe".as_slice(),
        b"/items/\x00",
        b"/items/%00",
        b"/items/%ff%fe",
        b"/items/%",
        b"/items/7%2f..%2f..",
        b"/../../../../etc/passwd",
        b"/items/../../etc/passwd",
        b"/%2e%2e/%2e%2e/etc/passwd",
        b"//etc/passwd",
        b"/..%5c..%5cwindows/win.ini",
        b"/__countersign/../../etc/passwd",
        b"/__countersign/..%2f..%2fetc/passwd",
        b"/__countersign/exchanges/..%2f..%2f..%2fetc%2fpasswd",
    ] {
        let text = [b"GET ", path, b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"].concat();
        let answer = mock.say(&text);
        assert!(refused(&answer), "{}: {answer}", String::from_utf8_lossy(path));
        assert!(!answer.contains("root:"), "{answer}");
    }
    is_well(&mut mock);
}

#[test]
fn no_request_is_smuggled_behind_another() {
    let mut mock = mock();
    let hidden = "GET /items/7 HTTP/1.1\r\nhost: h\r\nx-hidden: 1\r\n\r\n";
    let post = "POST /items HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n";
    for shape in [
        format!("content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n{hidden}"),
        format!("content-length: 0\r\ncontent-length: {}\r\n\r\n{hidden}", hidden.len()),
        format!("content-length: 0, {}\r\n\r\n{hidden}", hidden.len()),
        format!("content-length: +{}\r\n\r\n{hidden}", hidden.len()),
        format!("transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("transfer-encoding : chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("transfer-encoding: identity\r\ncontent-length: 0\r\n\r\n{hidden}"),
        format!("transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("x: y\rtransfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("transfer-encoding: chunked\r\n\r\n0;a=\"\n\r\n\r\n{hidden}"),
        format!("transfer-encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\n\r\n{hidden}"),
    ] {
        let answer = mock.say(format!("{post}{shape}").as_bytes());
        assert!(!answer.contains("chair"), "{shape}\n{answer}");
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{shape}\n{answer}");
    }
    is_well(&mut mock);
}

#[test]
fn deep_json_is_refused() {
    let mut mock = mock();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let depth = 10_000;
        let body = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        let answer = mock.ask("POST /items", &["content-type: application/json"], &body[..body.len().min(60_000)]);
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    is_well(&mut mock);
}

#[test]
fn bombs_do_not_go_off() {
    let mut mock = mock();
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0_u8; 1 << 20];
    for _ in 0..32 {
        bomb.write_all(&zeros).expect("compressed");
    }
    let bomb = bomb.finish().expect("compressed");
    let before = mock.memory();
    let head = format!(
        "POST /items HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        bomb.len()
    );
    let answer = mock.say(&[head.as_bytes(), &bomb].concat());
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // A coding upon a coding upon a coding.
    let answer = mock.ask("POST /items", &["content-encoding: gzip, gzip, gzip, gzip, br"], "x");
    assert_eq!(answer.status, 415, "{answer:?}");
    if let (Some(before), Some(after)) = (before, mock.memory()) {
        assert!(after < before + 16 * 1024, "{before} KiB, then {after} KiB");
    }
    is_well(&mut mock);
}

#[test]
fn the_admin_api_is_not_for_other_origins_and_names() {
    let mut mock = mock();
    let address = mock.address;
    for (headers, expected) in [
        (vec![format!("host: {address}")], 200),
        (vec!["host: localhost".to_owned()], 200),
        (vec!["host: evil.example".to_owned()], 403),
        (vec![format!("host: evil.example:{}", address.port())], 403),
        (vec![format!("host: {address}"), "origin: http://evil.example".to_owned()], 403),
        (vec![format!("host: {address}"), "origin: null".to_owned()], 403),
        (vec![format!("host: {address}"), "sec-fetch-site: cross-site".to_owned()], 403),
        (vec![format!("host: {address}"), format!("origin: http://{address}")], 200),
    ] {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        for path in ["exchanges", "state", "metrics", "events-not", "findings"] {
            let answer = mock.ask(&format!("GET /__countersign/{path}"), &headers, "");
            let wanted = if expected == 200 && path == "events-not" { 404 } else { expected };
            assert_eq!(answer.status, wanted, "{path} {headers:?}: {answer:?}");
            assert!(!answer.head.contains("access-control-allow"), "{answer:?}");
        }
        assert_eq!(mock.ask("POST /__countersign/reset", &headers, "").status, expected, "{headers:?}");
    }
    is_well(&mut mock);
}

#[test]
fn what_is_no_http_is_refused() {
    let mut mock = mock();
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(30),
        b"\x00".repeat(70_000),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nand then rubbish that is no frame at all".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"CONNECT h:1 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n".to_vec(),
        b"GET http://[::1 HTTP/1.1\r\nhost: h\r\n\r\n".to_vec(),
        b"GET /items/7 HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\nconnection: upgrade, close\r\n\r\n".to_vec(),
    ] {
        let answer = mock.say(&bytes);
        assert!(!answer.contains("HTTP/1.1 5"), "{bytes:?}: {answer}");
    }
    is_well(&mut mock);
    let closed = Answer::read("");
    assert_eq!(closed.status, 0);
}
