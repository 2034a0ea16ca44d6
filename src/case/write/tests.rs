//! What is written is read as the same exchange.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value;

use super::request::same_target;
use super::response::is_of_the_connection;
use super::*;
use crate::case::{Environment, Surroundings, read_suite, resolve};
use crate::contract::{Alone, Parts};
use crate::exchange::{Headers, MediaType, Redactor, Request, Response};
use crate::expression::Clock;
use crate::source::Source;

const DOCUMENT: &str = r"
openapi: 3.1.0
info: { title: Shop, version: '1' }
paths:
  /customers:
    post:
      operationId: addCustomers
      requestBody: { content: { application/json: {} } }
      responses: { '201': { description: made, content: { application/json: {} } } }
    get:
      operationId: listCustomers
      parameters:
        - { name: limit, in: query, schema: { type: integer } }
        - { name: tags, in: query, explode: false, schema: { type: array, items: { type: string } } }
        - { name: filter, in: query, style: deepObject, schema: { type: object } }
        - { name: X-Trace, in: header, schema: { type: array, items: { type: integer } } }
        - { name: session, in: cookie, schema: { type: string } }
      responses: { '200': { description: all } }
  /customers/{id}/files/{name}:
    put:
      operationId: putFile
      parameters:
        - { name: id, in: path, required: true, schema: { type: integer } }
        - { name: name, in: path, required: true, schema: { type: string } }
      requestBody: { content: { application/octet-stream: {}, application/x-www-form-urlencoded: {} } }
      responses: { '204': { description: kept } }
";

fn contract() -> Contract {
    let parts =
        Parts { name: "shop".into(), document: Source::new("shop.yaml", DOCUMENT), overlay: None, promises: None };
    Contract::load(parts, &Alone).expect("a contract").0
}

fn exchange(line: &str, headers: &[(&str, &str)], body: &[u8], response: Response) -> Exchange {
    let (method, target) = line.split_once(' ').expect("a method and a target");
    let request = Request {
        method: method.to_owned(),
        url: format!("http://127.0.0.1:80/v1{target}"),
        headers: headers.iter().map(|(name, value)| (*name, *value)).collect(),
        body: Bytes::copy_from_slice(body),
    };
    Exchange { request, response, elapsed: Duration::ZERO }
}

fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let headers = headers.iter().map(|(name, value)| (*name, *value)).collect();
    Response { status, headers, body: Bytes::copy_from_slice(body) }
}

/// The exchange that a file of one case is read as.
fn read_back(contract: &Contract, text: &str) -> Exchange {
    let source = Source::new("cases/recorded.yaml", text);
    let none = |_: &str| Err("no files".to_owned());
    let (suite, faults) = read_suite(&source, &[], &none, &BTreeMap::new());
    let suite = suite.unwrap_or_else(|| panic!("{text}\n{faults}"));
    let (cases, faults) = resolve(&suite, contract, &none, &|_| true);
    assert_eq!(faults.to_string(), "", "{text}");
    let (redactor, environment) = (Redactor::new(), Environment::from(BTreeMap::new()));
    let clock: Clock = Arc::new(|| jiff::Timestamp::UNIX_EPOCH);
    let surroundings =
        Surroundings { environment: &environment, target: "recorded", seed: 0, clock, redactor: &redactor };
    let scope = cases[0].scope(&surroundings).expect("variables");
    let step = &cases[0].steps[0];
    let request = step.request(contract, "http://127.0.0.1:80/v1", &scope, &redactor).expect("a request");
    let response = step.recorded(&scope).expect("recorded").expect("a response");
    Exchange { request, response, elapsed: Duration::ZERO }
}

/// The fields by name; who takes anything is taken to say nothing of it.
fn fields(headers: &Headers) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| !is_of_the_connection(name)) {
        out.entry(name.to_ascii_lowercase()).or_default().push(value.into_owned());
    }
    out
}

/// The bytes, or the value where they are JSON.
fn body(body: &[u8], media_type: Option<MediaType>) -> (Option<Value>, Vec<u8>) {
    let json = media_type.filter(MediaType::is_json).and_then(|_| serde_json::from_slice::<Value>(body).ok());
    let bytes = if json.is_some() { Vec::new() } else { body.to_vec() };
    (json, bytes)
}

fn check_same(contract: &Contract, sent: &Exchange) -> String {
    let recording = Recording::new(contract, sent, "/v1");
    let text = write(contract, "shop", std::slice::from_ref(&recording));
    let read = read_back(contract, &text);
    assert_eq!(read.request.method, sent.request.method, "{text}");
    let target = read.request.url.strip_prefix("http://127.0.0.1:80/v1").expect("below the base");
    assert!(same_target(target, recording.target), "{target} {}\n{text}", recording.target);
    let (mut read_fields, mut sent_fields) = (fields(&read.request.headers), fields(&sent.request.headers));
    if sent_fields.get("accept").is_none_or(|accept| accept == &["*/*"]) {
        read_fields.remove("accept");
        sent_fields.remove("accept");
    }
    assert_eq!(read_fields, sent_fields, "{text}");
    let (a, b) = (&read.request, &sent.request);
    assert_eq!(body(&a.body, a.media_type()), body(&b.body, b.media_type()), "{text}");
    assert_eq!(read.response.status, sent.response.status);
    assert_eq!(fields(&read.response.headers), fields(&sent.response.headers), "{text}");
    let (a, b) = (&read.response, &sent.response);
    assert_eq!(body(&a.body, a.media_type()), body(&b.body, b.media_type()), "{text}");
    text
}

#[test]
fn a_case_is_what_people_would_write() {
    let contract = contract();
    let sent = [
        exchange(
            "POST /customers",
            &[
                ("Host", "127.0.0.1:80"),
                ("Authorization", "Bearer abc"),
                ("Content-Type", "application/json"),
                ("Accept", "application/json"),
            ],
            br#"{"name": "no", "note": "{{ a\nb }}", "zip": "0123", "n": 1.50}"#,
            response(
                201,
                &[
                    ("Content-Type", "application/json; charset=utf-8"),
                    ("Set-Cookie", "a=1"),
                    ("Set-Cookie", "b=2"),
                    ("Content-Length", "9"),
                ],
                br#"{"id": 7}"#,
            ),
        ),
        exchange(
            "POST /customers",
            &[("Content-Type", "text/plain"), ("Accept", "*/*")],
            b"two\nlines\n",
            response(201, &[], b"{}"),
        ),
        exchange(
            "GET /customers?limit=5&tags=a%20b,c&filter[x]=1&more=1&more=2",
            &[("X-Trace", "1,2"), ("Cookie", "session=s; plain=p%20q"), ("Accept", "*/*")],
            b"",
            response(200, &[], b""),
        ),
        exchange("GET /nowhere/a%2fb?x=+", &[], b"", response(404, &[("X", "")], b"\x00\xff")),
    ];
    let recordings: Vec<Recording<'_>> =
        sent.iter().map(|exchange| Recording::new(&contract, exchange, "/v1/")).collect();
    let expected = r#"contract: shop
cases:
  - name: "add customers: 201"
    operation: addCustomers
    auth: { bearer: abc }
    body:
      name: "no"
      note: |-
        {{ '{{' }} a
        b }}
      zip: "0123"
      "n": 1.5
    expect: { status: 201 }
    recorded:
      status: 201
      headers:
        Content-Type: application/json; charset=utf-8
        Set-Cookie: [a=1, b=2]
      body: { id: 7 }
  - name: "add customers: 201 (2)"
    operation: addCustomers
    content-type: text/plain
    raw: |
      two
      lines
    expect: { status: 201 }
    recorded: { status: 201, raw: "{}" }
  - name: "list customers: 200"
    operation: listCustomers
    query:
      limit: 5
      tags: [a b, c]
      filter: { x: "1" }
      more: ["1", "2"]
    headers:
      X-Trace: [1, 2]
    cookies: { session: s, plain: p%20q }
    expect: { status: 200 }
    recorded: { status: 200 }
  - name: "GET /nowhere/a%2fb: 404"
    method: GET
    url: /nowhere/a%2fb?x=+
    expect: { status: 404 }
    recorded:
      status: 404
      headers: { X: "" }
      base64: AP8=
"#;
    assert_eq!(write(&contract, "shop", &recordings), expected);
    for exchange in &sent {
        check_same(&contract, exchange);
    }
}

#[test]
fn what_would_be_read_otherwise_is_written_out() {
    let contract = contract();
    let none = || response(200, &[], b"");
    for (line, headers, body, expected) in [
        ("GET /customers?limit=05", &[][..], "", "limit: \"05\""),
        ("GET /customers?limit", &[], "", "url: /customers?limit"),
        ("GET /customers?", &[], "", "url: /customers?"),
        ("GET /customers?a=%FF", &[], "", "url: /customers?a=%FF"),
        ("GET /customers?a=1&b=2&a=3", &[], "", "url: /customers?a=1&b=2&a=3"),
        ("PUT /customers/7/files/..", &[], "", "name: \"..\""),
        ("PUT /customers/7/files/%2e%2e", &[], "", "url: /customers/7/files/%2e%2e"),
        ("PUT /customers/007/files/a%2Fb", &[], "", "id: \"007\""),
        ("PUT /customers/7/files/a@b+c", &[], "", "name: a@b+c"),
        ("PUT /customers/%7B%7B/files/{{", &[], "", "id: \"{{ '{{' }}\""),
        (
            "PUT /customers/7/files/x",
            &[("content-type", "application/x-www-form-urlencoded")],
            "a=1&b=x+y&a=2",
            "raw: a=1&b=x+y&a=2",
        ),
        (
            "PUT /customers/7/files/x",
            &[("content-type", "application/x-www-form-urlencoded")],
            "a=1&a=2&b=x+y",
            "form:\n      a: [\"1\", \"2\"]\n      b: x y",
        ),
        (
            "POST /customers",
            &[("content-type", "application/json")],
            "{\"a\": 1, \"a\": 2}",
            "raw: '{\"a\": 1, \"a\": 2}'",
        ),
        ("POST /customers", &[], "{\"a\": 1}", "content-type: null"),
        ("GET /customers", &[("cookie", "a=1; a=2")], "", "cookie: a=1; a=2"),
        ("GET /customers", &[("cookie", "flag")], "", "cookie: flag"),
        ("GET /customers", &[("authorization", "Basic dTpw")], "", "authorization: Basic dTpw"),
        ("GET /customers", &[("x-trace", "01")], "", "x-trace: [\"01\"]"),
    ] {
        let sent = exchange(line, headers, body.as_bytes(), none());
        let text = check_same(&contract, &sent);
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

fn targets() -> impl Strategy<Value = String> {
    let query = "(\\?((limit|tags|filter|x|a\\[b\\]|%C3%A9)?=?[a-z0-9+%&=,é{}]{0,6}&?){0,4})?";
    let path = prop_oneof![Just("/customers"), Just("/customers/7/files/"), Just("/other"), Just("/")];
    (path, "[A-Za-z0-9._~%{}@:+!-]{0,8}", query).prop_map(|(path, end, query)| {
        let whole = format!("{path}{}{query}", if path.ends_with('/') { end } else { String::new() });
        // A percent sign that encodes nothing is no URL.
        whole.replace('%', "%25").replace('é', "%C3%A9")
    })
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        any::<String>().prop_map(String::into_bytes),
        "[a-z]{1,3}=[a-z+%{}]{0,4}(&[a-z]{1,3}=[a-z0-9]{0,4}){0,3}".prop_map(String::into_bytes),
        "[ \n]?\\{\"a\": ?(1|1\\.0|-0|1e5|null|\"\\{\\{ x\"|\"[ab\\\\n]{0,5}\"|\\[1, ?2\\])(, ?\"[ab]\": ?true)?\\}\n?"
            .prop_map(String::into_bytes),
    ]
}

fn media_types() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![
        None,
        Some("application/json"),
        Some("application/problem+json; charset=utf-8"),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/octet-stream"),
        Some("odd"),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_written_is_read_as_the_same_exchange(
        method in "(GET|PUT|POST|QUERY|get)",
        target in targets(),
        sent in (media_types(), bodies(), prop::option::of("[ -~]{1,9}"), prop::option::of("[a-z]=[!-:<-~]{0,4}(; [bc]=1)?")),
        status in 100u16..600,
        answered in (media_types(), bodies(), prop::option::of(".{0,9}")),
    ) {
        let contract = contract();
        let mut headers: Vec<(&str, &str)> = sent.0.map(|media| ("Content-Type", media)).into_iter().collect();
        let (x, cookie) = (sent.2.as_deref().map(str::trim), sent.3.as_deref());
        headers.extend(x.map(|value| ("X-Trace", value)));
        headers.extend(cookie.map(|value| ("Cookie", value)));
        let more: Vec<(&str, &str)> =
            answered.0.map(|media| ("Content-Type", media)).into_iter().chain(answered.2.as_deref().map(|v| ("X", v))).collect();
        let response = response(status, &more, &answered.1);
        check_same(&contract, &exchange(&format!("{method} {target}"), &headers, &sent.1, response));
    }
}
