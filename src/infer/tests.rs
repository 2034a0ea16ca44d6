use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::check::{self, Options};
use crate::contract::{Alone, Contract, Parts, Route};
use crate::exchange::{Exchange, Headers, Response};
use crate::source::Source;
use crate::traffic::Missing;

fn entry(method: &str, url: &str, status: u16, request: &Value, response: &Value) -> Entry {
    let json = |value: &Value| if value.is_null() { Vec::new() } else { value.to_string().into_bytes() };
    let headers = |value: &Value, more: &[(&str, &str)]| -> Headers {
        let media = (!value.is_null()).then_some(("Content-Type", "application/json"));
        media.into_iter().chain(more.iter().copied()).collect()
    };
    Entry {
        started: None,
        request: Request {
            method: method.into(),
            url: url.into(),
            headers: headers(request, &[("Authorization", "Bearer t0ken-of-mine")]),
            body: json(request).into(),
        },
        response: Ok(Response { status, headers: headers(response, &[]), body: json(response).into() }),
        elapsed: Duration::ZERO,
        missing: Missing::default(),
        notes: Vec::new(),
    }
}

fn document(entries: &[Entry]) -> Value {
    let mut infer = Infer::default();
    for entry in entries {
        infer.add(entry);
    }
    infer.document(&[], None).expect("calls").document
}

fn load(document: &Value) -> Contract {
    let parts = Parts {
        name: "api".into(),
        document: Source::new("api.json", document.to_string()),
        overlay: None,
        promises: None,
    };
    Contract::load(parts, &Alone).unwrap_or_else(|faults| panic!("{faults}\n{document:#}")).0
}

/// What the contract has against the traffic.
fn against(contract: &Contract, base: &str, entries: &[Entry]) -> Vec<String> {
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.request.path().strip_prefix(base).expect("below the server");
        let Ok(response) = entry.response.clone() else { continue };
        let Route::Operation { operation, .. } = contract.route(&entry.request.method, path) else {
            all.push(format!("no operation: {} {path}", entry.request.method));
            continue;
        };
        let refused = (400..500).contains(&response.status);
        let exchange = Exchange { request: entry.request.clone(), response, elapsed: Duration::ZERO };
        let asked = check::request(contract, &entry.request, path);
        let answered = check::response(contract, operation, &exchange, Options::default());
        let findings = asked.findings.into_iter().filter(|_| !refused).chain(answered.findings);
        all.extend(findings.map(|finding| finding.message));
        all.extend(answered.undecided.into_iter().map(|undecided| undecided.reason));
    }
    all
}

#[test]
fn a_document_says_what_was_seen() {
    let base = "https://api.example.com/api/v1";
    let user = |id: u32, name: &str, role: &str| json!({"id": id, "name": name, "role": role, "email": format!("{name}@mail.example"), "created": "2026-03-01T09:00:00Z", "nick": null});
    let mut all: Vec<Entry> = (1..20)
        .map(|id| {
            entry(
                "GET",
                &format!("{base}/users/{id}"),
                200,
                &Value::Null,
                &user(id, &format!("u{id}"), if id % 2 == 0 { "admin" } else { "guest" }),
            )
        })
        .collect();
    all.push(entry(
        "GET",
        &format!("{base}/users?page=1&sort=name"),
        200,
        &Value::Null,
        &json!([user(1, "a", "admin"), user(2, "b", "guest")]),
    ));
    all.push(entry("GET", &format!("{base}/users?page=2"), 200, &Value::Null, &json!([])));
    all.push(entry("GET", &format!("{base}/users/99"), 404, &Value::Null, &json!({"message": "no"})));
    all.push(entry(
        "POST",
        &format!("{base}/users"),
        201,
        &json!({"name": "a", "password": "hunter2-hunter2"}),
        &user(3, "c", "guest"),
    ));
    all.push(entry("POST", &format!("{base}/users"), 422, &json!({"nonsense": true}), &json!({"message": "no"})));
    all.push(entry("GET", "https://cdn.example.net/lib.js", 200, &Value::Null, &Value::Null));
    all.push(entry("GET", &format!("{base}/nothing"), 404, &Value::Null, &json!({"message": "no"})));
    let document = document(&all);
    assert_eq!(document["servers"], json!([{"url": base}]));
    let paths: Vec<&String> = document["paths"].as_object().expect("paths").keys().collect();
    assert_eq!(paths, ["/users", "/users/{userId}"]);
    let get = &document["paths"]["/users/{userId}"]["get"];
    assert_eq!(get["operationId"], "getUser");
    assert_eq!(
        get["parameters"],
        json!([{"name": "userId", "in": "path", "required": true, "schema": {"type": "integer"}}])
    );
    assert_eq!(get["responses"].as_object().expect("responses").keys().collect::<Vec<_>>(), ["200", "404"]);
    assert_eq!(get["security"], json!([{"bearer": []}]));
    let schema = &get["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(schema["properties"]["role"], json!({"type": "string", "enum": ["admin", "guest"]}));
    assert_eq!(schema["properties"]["created"], json!({"type": "string", "format": "date-time"}));
    assert_eq!(schema["properties"]["email"], json!({"type": "string", "format": "email"}));
    assert_eq!(schema["properties"]["name"], json!({"type": "string"}));
    assert_eq!(schema["properties"]["nick"], json!({}));
    assert_eq!(schema["required"], json!(["created", "email", "id", "name", "nick", "role"]));
    let list = &document["paths"]["/users"]["get"];
    assert_eq!(
        (&list["operationId"], &document["paths"]["/users"]["post"]["operationId"]),
        (&json!("listUsers"), &json!("createUser"))
    );
    assert_eq!(list["parameters"][0], json!({"name": "page", "in": "query", "schema": {"type": "integer"}}));
    let body = &document["paths"]["/users"]["post"]["requestBody"];
    assert_eq!(
        body["content"]["application/json"]["schema"]["required"],
        json!(["name", "password"]),
        "what was refused does not count"
    );
    let text = document.to_string();
    assert!(!text.contains("hunter2") && !text.contains("mail.example") && text.contains("\"***\""), "{text}");
    assert_eq!(against(&load(&document), "/api/v1", &all[..23]), [] as [&str; 0]);
    assert_eq!(document, self::document(&all), "it is the same each time");
}

#[test]
fn enumerations_are_said_with_care() {
    let of = |values: &[&str]| {
        let bodies = values.iter().map(|value| entry("GET", "http://h/a", 200, &Value::Null, &json!({"v": value})));
        let document = document(&bodies.collect::<Vec<_>>());
        document["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["v"]
            .clone()
    };
    let many = |values: &[&'static str], times: usize| values.iter().copied().cycle().take(times).collect::<Vec<_>>();
    assert_eq!(of(&many(&["b", "a"], 20)), json!({"type": "string", "enum": ["a", "b"]}));
    for values in [
        many(&["a", "b"], 4),
        many(&["a"], 50),
        many(&["a", "two words"], 50),
        many(&["item-1", "1"], 50),
        [many(&["a", "b"], 50), vec!["c"]].concat(),
    ] {
        assert_eq!(of(&values), json!({"type": "string"}), "{values:?}");
    }
}

#[test]
fn schemas_that_are_the_same_are_one_component() {
    let item = json!({"id": 1, "name": "a"});
    let document = document(&[
        entry("GET", "http://h/items/1", 200, &Value::Null, &item),
        entry("GET", "http://h/items", 200, &Value::Null, &json!([item])),
        entry("DELETE", "http://h/items/1", 204, &Value::Null, &Value::Null),
    ]);
    let reference = json!({"$ref": "#/components/schemas/Item"});
    let content = |method: &str, path: &str| {
        document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"].clone()
    };
    assert_eq!(content("get", "/items/{itemId}"), reference);
    assert_eq!(content("get", "/items")["items"], reference);
    assert_eq!(document["paths"]["/items/{itemId}"]["delete"]["operationId"], "deleteItem");
    load(&document);
}

#[test]
fn an_overlay_proposes_what_a_document_does_not_say() {
    let contract = load(&json!({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://h/v1"}],
        "paths": {"/items/{id}": {"get": {
            "operationId": "get-item",
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
            "responses": {"200": {"description": "found", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}}},
        }}},
        "components": {"schemas": {"Item": {"type": "object", "properties": {"id": {"type": "integer"}, "kind": {"type": "string", "enum": ["a"]}}}}},
    }));
    let all = [
        entry("GET", "https://h/v1/items/1?full=true", 200, &Value::Null, &json!({"id": 1, "kind": "b", "rank": 2})),
        entry("GET", "https://h/v1/items/1", 200, &Value::Null, &json!({"id": 1, "kind": "b", "rank": 2.5})),
        entry("GET", "https://h/v1/items/1", 418, &Value::Null, &json!({"message": "no"})),
        entry("DELETE", "https://h/v1/items/7", 204, &Value::Null, &Value::Null),
        entry("POST", "https://h/v1/items", 201, &json!({"kind": "a"}), &json!({"id": 1})),
        entry("GET", "https://h/v1/none", 404, &Value::Null, &Value::Null),
    ];
    let mut findings = Findings::default();
    for entry in &all {
        findings.add(&contract, entry, entry.request.path().trim_start_matches("/v1"));
    }
    let (overlay, count) = findings.overlay(&contract);
    let targets: Vec<&str> =
        overlay["actions"].as_array().expect("actions").iter().filter_map(|action| action["target"].as_str()).collect();
    assert_eq!(
        targets,
        [
            "$.paths",
            "$.paths['/items/{id}']",
            "$.paths['/items/{id}'].get.responses",
            "$.paths['/items/{id}'].get.parameters",
            "$.components.schemas.Item",
            "$.components.schemas.Item.properties.kind.enum",
        ],
        "{overlay:#}"
    );
    assert_eq!(count, 6);
    // With the overlay, the contract speaks of all of it.
    let parts = Parts {
        name: "api".into(),
        document: contract.document().clone(),
        overlay: Some(Source::new("api.overlay.json", overlay.to_string())),
        promises: None,
    };
    let (contract, _) = Contract::load(parts, &Alone).unwrap_or_else(|faults| panic!("{faults}"));
    let mut again = Findings::default();
    for entry in &all {
        again.add(&contract, entry, entry.request.path().trim_start_matches("/v1"));
    }
    assert_eq!(again.overlay(&contract).1, 0);
    assert_eq!(against(&contract, "/v1", &all[..5]), [] as [&str; 0]);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1000.0..1000.0_f64).prop_map(Value::from),
        "[a-c]{1,2}".prop_map(Value::from),
        Just(json!("2026-03-01T09:00:00.5+01:00")),
        Just(json!("2016-12-31")),
        Just(json!("a@b.example")),
        Just(json!("https://h.example/a?b=%20")),
        Just(json!("0b4f8f4e-0000-4000-8000-000000000001")),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-d]|id|[0-9]{3}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn call() -> impl Strategy<Value = Entry> {
    let segment = "users|items|me|[0-9]{1,3}|item-[a-z]{3}|[0-9a-f]{24}|%20";
    let path = prop::collection::vec(segment, 1..4).prop_map(|segments| segments.join("/"));
    let query = prop::collection::vec(("[a-c]", "[0-9]{1,2}|true|x|0.5|-|%2B"), 0..3).prop_map(|pairs| {
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    });
    let method = prop_oneof![Just("GET"), Just("POST"), Just("PATCH"), Just("DELETE")];
    let status = prop_oneof![Just(200_u16), Just(201), Just(422), Just(500)];
    (method, path, query, status, json_value(), json_value()).prop_map(
        |(method, path, query, status, request, response)| {
            let sign = if query.is_empty() { "" } else { "?" };
            let body = if method == "GET" { Value::Null } else { request };
            entry(method, &format!("https://h.example/{path}{sign}{query}"), status, &body, &response)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_is_inferred_accepts_the_traffic_it_came_from(entries in prop::collection::vec(call(), 1..24)) {
        let document = document(&entries);
        let found = against(&load(&document), "", &entries);
        prop_assert!(found.is_empty(), "{found:?}\n{document:#}");
    }
}

#[test]
fn objects_of_several_kinds_are_told_apart() {
    let event = |kind: &str, more: (&str, Value)| json!({"type": kind, "id": 1, more.0: more.1});
    let list = json!([event("paid", ("amount", json!(5))), event("shipped", ("carrier", json!("post")))]);
    let entries: Vec<Entry> =
        (0..3).map(|_| entry("GET", "https://h.example/events", 200, &Value::Null, &list)).collect();
    let document = document(&entries);
    let schema = &document["paths"]["/events"]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    let items = &schema["items"];
    assert_eq!(items["properties"]["type"]["enum"], json!(["paid", "shipped"]), "{schema:#}");
    assert_eq!(items["oneOf"][0]["properties"]["type"], json!({"const": "paid"}));
    assert_eq!(items["oneOf"][1]["required"], json!(["carrier", "id", "type"]));
    let contract = load(&document);
    assert_eq!(against(&contract, "", &entries), [] as [String; 0]);
    let wrong =
        entry("GET", "https://h.example/events", 200, &Value::Null, &json!([event("paid", ("carrier", json!("x")))]));
    assert_eq!(against(&contract, "", &[wrong]).len(), 1);
}

#[test]
fn objects_that_hold_their_own_kind_are_one_component() {
    let leaf = |id: u32| json!({"id": id, "text": "a", "replies": []});
    let thread =
        json!({"id": 1, "text": "b", "replies": [{"id": 2, "text": "c", "replies": [leaf(3), leaf(4)]}, leaf(5)]});
    let entries = [
        entry("GET", "https://h.example/comments", 200, &Value::Null, &json!({"data": [thread, leaf(9)]})),
        entry("GET", "https://h.example/comments/12", 200, &Value::Null, &thread),
    ];
    let document = document(&entries);
    let reference = json!({"$ref": "#/components/schemas/Comment"});
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().expect("components");
    let replies: Vec<&Value> = schemas.values().map(|schema| &schema["properties"]["replies"]["items"]).collect();
    assert!(replies.contains(&&reference), "{document:#}");
    assert!(!text.contains("itself"), "{document:#}");
    let contract = load(&document);
    assert_eq!(against(&contract, "", &entries), [] as [String; 0]);
    let deep = json!({"id": 1, "text": "b", "replies": [{"id": "x", "text": "c", "replies": []}]});
    let wrong = entry("GET", "https://h.example/comments/12", 200, &Value::Null, &deep);
    assert_eq!(against(&contract, "", &[wrong]).len(), 1);
}
