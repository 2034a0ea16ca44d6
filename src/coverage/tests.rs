//! What exchanges exercise, thing by thing.

use std::time::Duration;

use super::*;
use crate::contract::{Alone, Parts};
use crate::exchange::{Request, Response};
use crate::source::Source;
use crate::verdict::CoverageKind;

const PETS: &str = r"openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: view, in: query, schema: {type: string, enum: [short, long]}}
        - {name: X-Trace, in: header, schema: {type: string}}
        - {name: seen, in: cookie, schema: {type: string}}
      responses:
        '200':
          description: ok
          headers: {X-Total: {schema: {type: integer}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}
        4XX: {description: wrong}
    put:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Pet'}}
          application/x-www-form-urlencoded: {schema: {type: object, properties: {name: {type: string}}}}
      responses: {default: {description: done}}
components:
  schemas:
    Pet:
      allOf:
        - type: object
          properties:
            id: {type: integer, readOnly: true}
            name: {type: string}
            secret: {type: string, writeOnly: true}
        - type: object
          properties:
            kind: {type: string, nullable: true, enum: [cat, dog, null]}
            owners: {type: array, items: {type: object, properties: {email: {type: string}}}}
            home: {oneOf: [{$ref: '#/components/schemas/House'}, {type: object, title: Tree, required: [height], properties: {height: {type: number}}}]}
            parent: {$ref: '#/components/schemas/Pet'}
    House: {type: object, required: [street], properties: {street: {type: string}}}
";

fn recorder(document: &str) -> Recorder {
    let parts =
        Parts { name: "pets".to_owned(), document: Source::new("api.yaml", document), overlay: None, promises: None };
    let (contract, _) = Contract::load(parts, &Alone).unwrap_or_else(|faults| panic!("{faults}"));
    Recorder::new(Arc::new(contract))
}

/// Sends a request with these fields, `path` below the base path `/v1`.
fn exchange(recorder: &Recorder, asked: (&str, &str, &[(&str, &str)], &str), answered: (u16, &[(&str, &str)], &str)) {
    let (method, path, headers, body) = asked;
    let (status, answer_headers, answer) = answered;
    let request = Request {
        method: method.to_owned(),
        url: format!("http://pets.example/v1{path}"),
        headers: headers.iter().copied().collect(),
        body: body.to_owned().into(),
    };
    let response =
        Response { status, headers: answer_headers.iter().copied().collect(), body: answer.to_owned().into() };
    let contract = Arc::clone(&recorder.contract);
    let operation = contract.find(&format!("{method} /pets/{{id}}")).expect("it is in the document");
    let below = path.split('?').next().unwrap_or_default();
    recorder.exchange(operation, &Exchange { request, response, elapsed: Duration::ZERO }, below);
}

/// What was exercised: `group: name`, with how often, and how often of these rejected.
fn seen(recorder: &Recorder) -> Vec<(String, usize, usize)> {
    let items = recorder.report().items.into_iter().filter(|item| item.seen > 0);
    items.map(|item| (format!("{}: {}", item.group, item.name), item.seen, item.rejected)).collect()
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json; charset=utf-8")];

#[test]
fn the_map_has_all_there_is_once() {
    let report = recorder(PETS).report();
    let totals: Vec<(CoverageKind, usize, usize)> =
        report.totals.iter().map(|total| (total.kind, total.total, total.seen)).collect();
    assert_eq!(
        totals,
        [
            (CoverageKind::Operation, 2, 0),
            (CoverageKind::Status, 3, 0),
            (CoverageKind::MediaType, 3, 0),
            (CoverageKind::Header, 1, 0),
            (CoverageKind::Parameter, 5, 0),
            // In requests without `id`, in responses without `secret`; both branches and the form.
            (CoverageKind::Property, 19, 0),
            (CoverageKind::EnumValue, 6, 0),
            (CoverageKind::Branch, 4, 0),
        ],
        "{:#?}",
        report.items
    );
    assert_eq!((report.percent(), report.missing().count()), (0.0, 43));
}

#[test]
fn what_is_sent_and_answered_is_counted_once_an_exchange() {
    let recorder = recorder(PETS);
    let asked = [("x-trace", "t"), ("cookie", "other=1")];
    let pet = r#"{"id": 1, "kind": "dog", "owners": [{"email": "a"}, {"email": "b"}], "home": {"height": 3}, "odd": 1, "parent": {"kind": "dog"}}"#;
    let answered = [("content-type", "application/json"), ("x-total", "1")];
    exchange(&recorder, ("GET", "/pets/1?view=long&odd=1", &asked, ""), (200, &answered, pet));
    let expected = [
        "GET /pets/{id}: getPet",
        "GET /pets/{id}: path `id`",
        "GET /pets/{id}: query `view`",
        "GET /pets/{id}: header `X-Trace`",
        "GET /pets/{id}: 200",
        "GET /pets/{id}: 200 X-Total",
        "GET /pets/{id}: 200 `application/json`",
        "GET /pets/{id}, query parameter view: the value = long",
        "Pet in responses: id",
        "Pet in responses: kind",
        "Pet in responses: owners",
        "Pet in responses: home",
        "Pet in responses: parent",
        "Pet in responses: kind = dog",
        "Pet in responses: owners[].email",
        "Pet in responses: home is Tree",
        "Pet in responses: home.height",
    ];
    let mut found = seen(&recorder);
    found.sort();
    let mut expected: Vec<_> = expected.map(|name| (name.to_owned(), 1, 0)).into_iter().collect();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn what_the_server_rejected_is_told_apart() {
    let recorder = recorder(PETS);
    exchange(&recorder, ("PUT", "/pets/1", JSON, r#"{"name": "a", "id": 1, "secret": "s"}"#), (422, &[], ""));
    exchange(&recorder, ("PUT", "/pets/1", JSON, r#"{"name": "a"}"#), (204, &[], ""));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    exchange(&recorder, ("PUT", "/pets/1", &form, "name=a"), (500, &[], ""));
    exchange(&recorder, ("PUT", "/pets/1", JSON, "{broken"), (400, &[], ""));
    let found = seen(&recorder);
    let of = |name: &str| found.iter().find(|(known, ..)| known == name).map(|(_, seen, rejected)| (*seen, *rejected));
    assert_eq!(of("PUT /pets/{id}: PUT /pets/{id}"), Some((4, 2)));
    assert_eq!(of("PUT /pets/{id}: default"), Some((4, 0)));
    assert_eq!(of("PUT /pets/{id}: request `application/json`"), Some((3, 2)));
    assert_eq!(of("PUT /pets/{id}: request `application/x-www-form-urlencoded`"), Some((1, 0)));
    assert_eq!(of("Pet in requests: name"), Some((2, 1)));
    assert_eq!(of("Pet in requests: secret"), Some((1, 1)));
    // Not for clients to send.
    assert_eq!(of("Pet in requests: id"), None);
    let report = recorder.report();
    let operations = report.totals.iter().find(|total| total.kind == CoverageKind::Operation).expect("there are some");
    assert_eq!((operations.seen, operations.accepted, operations.rejected), (1, 1, 1));
}

#[test]
fn hostile_bodies_and_schemas_end() {
    let circle = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /pets/{id}:\n    get:\n      responses:\n        \
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}\ncomponents:\n  schemas:\n    \
        A: {allOf: [{$ref: '#/components/schemas/B'}, {$ref: '#/components/schemas/B'}], properties: {a: {$ref: '#/components/schemas/A'}}}\n    \
        B: {anyOf: [{$ref: '#/components/schemas/C'}, {type: object, properties: {b: {$ref: '#/components/schemas/A'}}}]}\n    \
        C: {allOf: [{$ref: '#/components/schemas/D'}, {$ref: '#/components/schemas/D'}]}\n    D: {type: string}\n";
    let recorder = recorder(circle);
    let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
    exchange(&recorder, ("GET", "/pets/1", &[], ""), (200, JSON, &deep));
    assert!(seen(&recorder).iter().any(|(name, ..)| name == "A in responses: a"), "{:?}", seen(&recorder));
}
