//! For every check an exchange that keeps it and mutated ones that turn it red, on a small
//! document and on the three vendors' contracts.

mod newer;
mod open;
mod read;
mod rules;

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::contract::{Alone, Parts};
use crate::exchange::Headers;
use crate::source::Source;
use crate::verdict::Origin;

const SMALL: &str = r"
openapi: 3.1.0
info: {title: Small, version: '1'}
security: [{token: []}, {key: [], basic: []}]
paths:
  /pets/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
    get:
      operationId: get-pet
      security: []
      parameters:
        - {name: tags, in: query, schema: {type: array, items: {enum: [a, b]}}}
        - {name: limit, in: query, required: true, schema: {type: integer, maximum: 10}}
        - {name: X-Trace, in: header, schema: {type: string, pattern: '^[0-9]+$'}}
        - {name: session, in: cookie, schema: {type: string, minLength: 3}}
        - {name: filter, in: query, content: {application/json: {schema: {type: object}}}}
        - {name: deep, in: query, style: deepObject, schema: {type: object, properties: {a: {type: integer}}}}
        - {name: flag, in: query, allowEmptyValue: true, schema: {type: boolean}}
      responses:
        '200':
          description: ok
          headers:
            X-Limit: {required: true, schema: {type: integer}}
            X-Colours: {schema: {type: array, items: {type: string, maxLength: 3}}}
          content:
            application/json: {schema: {$ref: '#/components/schemas/Pet'}}
            text/*: {schema: {type: string, maxLength: 3}}
            application/x-www-form-urlencoded: {schema: {type: object, properties: {age: {type: integer}}}}
            application/xml: {schema: {type: object}}
        '204': {description: none}
        4XX:
          description: wrong
          content: {application/problem+json: {schema: {type: object, required: [title]}}}
    post:
      operationId: put-pet
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Pet'}}
          multipart/form-data:
            schema: {type: object, required: [file], properties: {file: {type: string}, age: {type: integer}}}
      responses: {'201': {description: done}}
components:
  schemas:
    Pet:
      type: object
      required: [id, name]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string}
        secret: {type: string, writeOnly: true}
        kind:
          oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]
          discriminator: {propertyName: type}
        slow: {type: string, pattern: '^(([a-z])+.)+(?=Z)[A-Z]([a-z])+$'}
    Cat: {type: object, required: [type, claws], properties: {type: {const: Cat}, claws: {type: integer}}}
    Dog: {type: object, required: [type], properties: {type: {const: Dog}, barks: {type: boolean}}}
  securitySchemes:
    token: {type: http, scheme: bearer}
    basic: {type: http, scheme: basic}
    key: {type: apiKey, in: query, name: key}
";

fn small() -> Contract {
    load("small", SMALL, None)
}

fn load(name: &str, document: &str, overlay: Option<&str>) -> Contract {
    let parts = Parts {
        name: name.to_owned(),
        document: Source::new(format!("specs/{name}.yaml"), document),
        overlay: overlay.map(|text| Source::new(format!("specs/{name}.overlay.yaml"), text)),
        promises: None,
    };
    match Contract::load(parts, &Alone) {
        Ok((contract, warnings)) => {
            assert!(warnings.is_empty(), "{warnings}");
            contract
        }
        Err(faults) => panic!("{faults}"),
    }
}

fn mijnklantportaal() -> Contract {
    let overlay = include_str!("../../specs/mijnklantportaal.overlay.yaml");
    load("mijnklantportaal", include_str!("../../specs/mijnklantportaal.yaml"), Some(overlay))
}

fn salla() -> Contract {
    load("salla", include_str!("../../specs/salla.yaml"), Some(include_str!("../../specs/salla.overlay.yaml")))
}

fn bizkithub() -> Contract {
    let overlay = include_str!("../../specs/bizkithub.overlay.yaml");
    load("bizkithub", include_str!("../../specs/bizkithub.yaml"), Some(overlay))
}

fn json_response(status: u16, body: &Value) -> Response {
    Response {
        status,
        headers: [("Content-Type", "application/json")].into_iter().collect(),
        body: Bytes::from(body.to_string()),
    }
}

fn a_request(method: &str, path_and_query: &str, headers: &[(&str, &str)], body: &str) -> Request {
    Request {
        method: method.to_owned(),
        url: format!("http://h{path_and_query}"),
        headers: headers.iter().copied().collect(),
        body: Bytes::from(body.to_owned()),
    }
}

/// `check: message` of every finding and `check? reason` of everything undecided.
fn told(judgement: &Judgement) -> Vec<String> {
    let findings = judgement.findings.iter().map(|finding| format!("{}: {}", finding.check, finding.message));
    findings
        .chain(judgement.undecided.iter().map(|undecided| format!("{}? {}", undecided.check, undecided.reason)))
        .collect()
}

fn answered(contract: &Contract, operation: &str, response: &Response) -> Judgement {
    let operation = contract.find(operation).expect("an operation");
    answer(contract, operation, operation.method(), response, Options::default())
}

fn pet(body: &Value) -> Response {
    let mut response = json_response(200, body);
    response.headers.append("X-Limit", "5");
    response
}

#[track_caller]
fn check_response(response: &Response, expected: &[&str]) {
    assert_eq!(told(&answered(&small(), "get-pet", response)), expected);
}

#[track_caller]
fn check_request(request: &Request, expected: &[&str]) {
    assert_eq!(told(&super::request(&small(), request, request.path())), expected);
}

#[test]
fn an_intact_response_keeps_every_check() {
    check_response(&pet(&json!({"id": 1, "name": "x", "kind": {"type": "Cat", "claws": 3}})), &[]);
}

#[test]
fn statuses() {
    check_response(
        &json_response(500, &json!({})),
        &["response-status: `get-pet` does not document the status 500, only 200, 204 or 4XX"],
    );
    let contract = small();
    let operation = contract.find("get-pet").expect("an operation");
    let judged = answer(&contract, operation, "GET", &json_response(500, &json!({})), Options { undocumented: true });
    assert_eq!(judged, Judgement::default());
}

#[test]
fn content_types() {
    let with = |status, headers: &[(&str, &str)], body: &str| Response {
        status,
        headers: headers.iter().copied().chain([("X-Limit", "1")]).collect(),
        body: Bytes::from(body.to_owned()),
    };
    let known = "application/json, text/*, application/x-www-form-urlencoded or application/xml";
    for (response, expected) in [
        (with(200, &[("Content-Type", "text/plain; charset=utf-8")], "abc"), vec![]),
        (
            with(200, &[("Content-Type", "image/png")], "abc"),
            vec![format!("response-content-type: the response has the media type `image/png`; status 200 documents {known}")],
        ),
        (
            with(200, &[], "abc"),
            vec![format!("response-content-type: the response has a body but no `Content-Type`; expected {known}")],
        ),
        (
            with(200, &[("Content-Type", "json")], "abc"),
            vec![format!("response-content-type: `Content-Type: json` names no media type; expected {known}")],
        ),
        (with(204, &[], ""), vec![]),
        (
            with(204, &[], "abc"),
            vec!["response-content-type: a response with the status 204 has no body (RFC 9110, section 15), but this one has 3 bytes".to_owned()],
        ),
        (
            with(200, &[], ""),
            vec!["response-body: the response has no body, but status 200 documents one of type `application/json`".to_owned()],
        ),
    ] {
        assert_eq!(told(&answered(&small(), "get-pet", &response)), expected);
    }
    let contract = small();
    let operation = contract.find("get-pet").expect("an operation");
    let head = answer(&contract, operation, "HEAD", &with(200, &[], "x"), Options::default());
    assert_eq!(head.findings.iter().map(|f| f.origin).collect::<Vec<_>>(), [Origin::Standard]);
}

#[test]
fn headers() {
    let mut response = pet(&json!({"id": 1, "name": "x"}));
    response.headers.append("X-Colours", "red, blu");
    check_response(&response, &[]);
    response.headers.set("X-Limit", "many");
    response.headers.append("X-Colours", "green");
    check_response(
        &response,
        &[
            "response-headers: the response header `X-Limit` must be an integer, but is \"many\"",
            "response-headers: `/2` of the response header `X-Colours` must have at most 3 characters, but has 5 characters",
        ],
    );
    response.headers.remove("x-limit");
    response.headers.remove("x-colours");
    check_response(&response, &["response-headers: the response has no header `X-Limit`, which is required"]);
}

#[test]
fn bodies() {
    for (body, expected) in [
        (json!({"id": "1", "name": "x"}), "`/id` of the response body must be an integer, but is \"1\""),
        (json!({"id": 1}), "the response body must have the property `name`, but it is missing"),
        (json!([]), "the response body must be an object, but is []"),
        (
            json!({"id": 1, "name": "x", "kind": {"type": "Cat"}}),
            "`/kind` of the response body must have the property `claws`, but it is missing (`Cat` of `oneOf`)",
        ),
        (
            json!({"id": 1, "name": "x", "kind": {"type": "Dog", "barks": 1}}),
            "`/kind/barks` of the response body must be a boolean, but is 1 (`Dog` of `oneOf`)",
        ),
    ] {
        check_response(&pet(&body), &[&format!("response-body: {expected}")]);
    }
    let mut broken = pet(&json!({}));
    broken.body = Bytes::from_static(b"{\"id\": ");
    check_response(
        &broken,
        &[
            "response-body: the response body is not what its `Content-Type: application/json` says: it is not JSON: EOF while parsing a value at line 1 column 7",
        ],
    );
    broken.body = Bytes::from_static(b"\"\xff\"");
    check_response(
        &broken,
        &["response-body: the response body is not what its `Content-Type: application/json` says: it is not UTF-8"],
    );
    broken.headers.set("content-type", "application/x-www-form-urlencoded");
    broken.body = Bytes::from_static(b"age=7&other=x+y");
    check_response(&broken, &[]);
    broken.body = Bytes::from_static(b"age=old");
    check_response(&broken, &["response-body: `/age` of the response body must be an integer, but is \"old\""]);
    let mut long = broken.clone();
    long.body = Bytes::from(format!("{}age=7", "n=1&".repeat(1_999)));
    check_response(&long, &[]);
    long.body = Bytes::from(format!("{}age=old", "n=1&".repeat(2_000)));
    check_response(&long, &["response-body? a form of more than 2000 fields is not judged"]);
    broken.headers.set("content-type", "text/plain");
    check_response(&broken, &["response-body: the response body must have at most 3 characters, but has 7 characters"]);
    broken.headers.set("content-type", "application/xml");
    check_response(&broken, &["response-body? bodies of type `application/xml` cannot be judged by a schema"]);
    let slow = json!({"id": 1, "name": "x", "slow": "abcabcabcabcabcabcabcabcabcabcabcabcabc"});
    check_response(
        &pet(&slow),
        &[
            "response-body? the response body: `/slow` must match a pattern, but the matching was given up, because the pattern goes back too often (specs/small.yaml:56:30)",
        ],
    );
}

#[test]
fn routes() {
    check_request(&a_request("GET", "/pets/1?limit=1", &[], ""), &[]);
    check_request(
        &a_request("PUT", "/pets/1", &[], ""),
        &["request-route: `/pets/1` does not take `PUT`, only GET or POST"],
    );
    check_request(&a_request("GET", "/pet/1", &[], ""), &["request-route: no operation has the path `/pet/1`"]);
}

#[test]
fn security() {
    let post = |path: &str, headers: &[(&str, &str)]| {
        let headers: Vec<_> = headers.iter().copied().chain([("Content-Type", "application/json")]).collect();
        a_request("POST", path, &headers, "{\"name\": \"x\"}")
    };
    check_request(&post("/pets/1", &[("Authorization", "bearer abc")]), &[]);
    check_request(&post("/pets/1?key=k", &[("Authorization", "Basic YTpi")]), &[]);
    check_request(
        &post("/pets/1", &[("Authorization", "Basic YTpi")]),
        &[
            "request-security: `put-pet` needs credentials: the header `Authorization` does not start with `Bearer`; or the query parameter `key` is missing",
        ],
    );
    check_request(
        &post("/pets/1", &[("Authorization", "Bearer ")]),
        &[
            "request-security: `put-pet` needs credentials: the header `Authorization` has no well-formed `Bearer` credentials; or the query parameter `key` is missing and the header `Authorization` does not start with `Basic`",
        ],
    );
}

#[test]
fn parameters() {
    let get = |path: &str| a_request("GET", path, &[], "");
    check_request(&get("/pets/7?limit=5&tags=a&tags=b&other=1&deep[a]=1&filter=%7B%7D&flag="), &[]);
    for (path, expected) in [
        ("/pets/x?limit=5", "the path parameter `id` must be an integer, but is \"x\""),
        ("/pets/7", "the query parameter `limit` is missing, and it is required"),
        ("/pets/7?limit=11", "the query parameter `limit` must be at most 10, but is 11"),
        (
            "/pets/7?limit=1&limit=2",
            "the query parameter `limit` cannot be read: it stands 2 times, and once is allowed",
        ),
        ("/pets/7?limit=1&tags=c", "`/0` of the query parameter `tags` must be one of \"a\", \"b\", but is \"c\""),
        ("/pets/7?limit=1&deep[a]=x", "`/a` of the query parameter `deep` must be an integer, but is \"x\""),
        (
            "/pets/7?limit=1&filter=%7B",
            "the query parameter `filter` cannot be read: it is not JSON: EOF while parsing an object at line 1 column 1",
        ),
        ("/pets/7?limit=1&flag=x", "the query parameter `flag` must be a boolean, but is \"x\""),
    ] {
        check_request(&get(path), &[&format!("request-parameters: {expected}")]);
    }
    check_request(
        &a_request("GET", "/pets/7?limit=1", &[("x-trace", "abc"), ("Cookie", "a=b; session=ab")], ""),
        &[
            "request-parameters: the header parameter `X-Trace` must match `^[0-9]+$`, but is \"abc\"",
            "request-parameters: the cookie parameter `session` must have at least 3 characters, but has 2 characters",
        ],
    );
}

#[test]
fn request_bodies() {
    let post = |media: &str, body: &str| {
        a_request("POST", "/pets/1", &[("Authorization", "Bearer x"), ("Content-Type", media)], body)
    };
    // `id` is readOnly: not required of a client, and tolerated.
    check_request(&post("application/json", "{\"name\": \"x\"}"), &[]);
    check_request(&post("application/json", "{\"name\": \"x\", \"id\": 1}"), &[]);
    check_request(
        &post("application/json", "{}"),
        &["request-body: the request body must have the property `name`, but it is missing"],
    );
    check_request(
        &post("application/json", ""),
        &["request-body: the request has no body, and `put-pet` requires one"],
    );
    check_request(
        &post("text/plain", "x"),
        &[
            "request-content-type: the request has the media type `text/plain`; `put-pet` takes application/json or multipart/form-data",
        ],
    );
    let part =
        |name: &str, value: &str| format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let media = "multipart/form-data; boundary=B";
    check_request(&post(media, &format!("{}{}--B--\r\n", part("file", "x"), part("age", "7"))), &[]);
    check_request(
        &post(media, &format!("{}--B--\r\n", part("age", "old"))),
        &[
            "request-body: the request body must have the property `file`, but it is missing",
            "request-body: `/age` of the request body must be an integer, but is \"old\"",
        ],
    );
}

/// Origin, file with line, and message of the only finding.
fn only(judgement: &Judgement) -> (Origin, String, String) {
    assert_eq!(judgement.findings.len(), 1, "{:?}", told(judgement));
    assert_eq!(judgement.undecided, []);
    let finding = &judgement.findings[0];
    let place = finding.contract_place.as_ref().expect("a place");
    (finding.origin, format!("{}:{}", place.file, place.line), finding.message.clone())
}

/// The line of the first place where all of `words` follow each other.
fn line(text: &str, words: &[&str]) -> usize {
    let end = words.iter().fold(0, |from, word| from + text[from..].find(word).expect("the word") + word.len());
    text[..end].matches('\n').count() + 1
}

#[test]
fn mijnklantportaal_answers() {
    let contract = mijnklantportaal();
    let overlay = include_str!("../../specs/mijnklantportaal.overlay.yaml");
    let document = include_str!("../../specs/mijnklantportaal.yaml");
    let intact = json!({"id": "cug_1", "name": "x", "createdAt": "2025-07-27T14:42:00+02:00"});
    let judge = |change: &dyn Fn(&mut Value)| {
        let mut body = intact.clone();
        change(&mut body);
        answered(&contract, "create-customer-group", &json_response(201, &body))
    };
    assert_eq!(judge(&|_| ()), Judgement::default());

    let (origin, place, message) = only(&judge(&|body| body["createdAt"] = json!("2025-07-27T14:42:00Z")));
    assert_eq!(origin, Origin::Overlay);
    let expected = line(overlay, &["properties.createdAt", "pattern:"]);
    assert_eq!(place, format!("specs/mijnklantportaal.overlay.yaml:{expected}"));
    assert!(message.starts_with("`/createdAt` of the response body must match `^"), "{message}");
    assert!(message.ends_with("but is \"2025-07-27T14:42:00Z\""), "{message}");

    let (origin, place, _) = only(&judge(&|body| body["id"] = json!("1")));
    assert_eq!(
        (origin, place),
        (
            Origin::Overlay,
            format!("specs/mijnklantportaal.overlay.yaml:{}", line(overlay, &["properties.id", "pattern:"]))
        )
    );

    let (origin, place, _) = only(&judge(&|body| body["name"] = json!(1)));
    let expected = line(document, &["CustomerGroup:", "name:", "type"]);
    assert_eq!((origin, place), (Origin::Document, format!("specs/mijnklantportaal.yaml:{expected}")));

    // A missing property is the doing of the item of `required` that names it.
    let missing = judge(&|body| {
        body.as_object_mut().expect("an object").remove("name");
    });
    let (origin, place, _) = only(&missing);
    let expected = line(overlay, &["required:\n", "- id\n", "- name"]);
    assert_eq!((origin, place), (Origin::Overlay, format!("specs/mijnklantportaal.overlay.yaml:{expected}")));

    let (origin, _, message) = only(&answered(&contract, "create-customer-group", &json_response(401, &json!({}))));
    assert_eq!(origin, Origin::Document);
    assert_eq!(message, "`create-customer-group` does not document the status 401, only 201 or 422");
}

#[test]
fn mijnklantportaal_requests() {
    let contract = mijnklantportaal();
    let post = |headers: &[(&str, &str)], body: &str| {
        let request = a_request("POST", "/customer-groups", headers, body);
        super::request(&contract, &request, request.path())
    };
    let headers = [("Authorization", "Bearer x"), ("Content-Type", "application/json")];
    assert_eq!(post(&headers, "{\"name\": \"x\", \"customers\": [\"cst_1\"]}"), Judgement::default());
    assert_eq!(only(&post(&headers, "{\"customers\": [1], \"name\": \"x\"}")).0, Origin::Document);
    assert_eq!(only(&post(&headers, "")).0, Origin::Overlay);
    assert_eq!(
        only(&post(&headers[1..], "{\"name\": \"x\"}")).2,
        "`create-customer-group` needs credentials: the header `Authorization: Bearer …` is missing"
    );
}

#[test]
fn salla_answers() {
    let contract = salla();
    let overlay = include_str!("../../specs/salla.overlay.yaml");
    let operation = "post-customers-groups-add_customers";
    let kept = json!({"status": 200, "success": true, "data": ["x"]});
    assert_eq!(answered(&contract, operation, &json_response(200, &kept)), Judgement::default());

    let flag = json!({"status": 200, "success": false, "data": ["x"]});
    let (origin, place, message) = only(&answered(&contract, operation, &json_response(200, &flag)));
    let expected = line(overlay, &["response_body", "success:\n", "enum:"]);
    assert_eq!((origin, place), (Origin::Overlay, format!("specs/salla.overlay.yaml:{expected}")));
    assert_eq!(message, "`/success` of the response body must be true, but is false");

    let fields = json!({"status": 422, "success": false, "error": {"code": "error", "message": "alert.invalid_fields",
        "fields": {"group_id": ["حقل group id مطلوب."], "customers.0": ["x"]}}});
    assert_eq!(answered(&contract, operation, &json_response(422, &fields)), Judgement::default());
    let mut broken = fields.clone();
    broken["error"]["fields"]["group_id"] = json!("text");
    let (origin, _, message) = only(&answered(&contract, operation, &json_response(422, &broken)));
    assert_eq!(origin, Origin::Overlay);
    assert_eq!(message, "`/error/fields/group_id` of the response body must be an array, but is \"text\"");

    let mut envelope = fields;
    envelope["error"] = json!({"code": "error", "message": "alert.invalid_fields"});
    let (origin, place, message) = only(&answered(&contract, operation, &json_response(422, &envelope)));
    let document = include_str!("../../specs/salla.yaml");
    let expected = line(document, &["    Validation:", "required:\n", "- fields"]);
    assert_eq!((origin, place), (Origin::Document, format!("specs/salla.yaml:{expected}")));
    assert_eq!(message, "`/error` of the response body must have the property `fields`, but it is missing");
}

#[test]
fn bizkithub_requests() {
    let contract = bizkithub();
    let key = "PRODPGrFxpGEtrOZfuWhnoJohUYBXuOE";
    let post = |query: &str, body: &Value| {
        let url = format!("/api/v1/customer/add-groups{query}");
        let request = a_request("POST", &url, &[("Content-Type", "application/json")], &body.to_string());
        super::request(&contract, &request, request.path())
    };
    let query = format!("?apiKey={key}");
    assert_eq!(post(&query, &json!({"email": "a@b.cz", "groups": ["x"]})), Judgement::default());
    assert_eq!(
        only(&post(&query, &json!({"groups": ["x"]}))).2,
        "the request body must match at least one of 2 schemas, but matches none (it must have the property `email`; or it must have the property `cuRefNo`) and is {\"groups\":[\"x\"]}"
    );
    assert_eq!(only(&post(&query, &json!({"email": "a@b.cz", "groups": []}))).0, Origin::Overlay);
    assert_eq!(only(&post("?apiKey=short", &json!({"email": "a@b.cz", "groups": ["x"]}))).0, Origin::Document);
    let without = post("", &json!({"email": "a@b.cz", "groups": ["x"]}));
    let checks: Vec<_> = without.findings.iter().map(|finding| finding.check.as_str()).collect();
    assert_eq!(checks, ["request-security", "request-parameters"]);
}

#[test]
fn every_check_has_an_id_and_a_sentence() {
    let ids: std::collections::HashSet<_> = all().iter().map(|check| check.id.as_str()).collect();
    assert_eq!(ids.len(), all().len());
    for check in all() {
        assert!(check.says.ends_with('.'), "{}", check.id);
        let side = if check.id.as_str().starts_with("request") { Side::Request } else { Side::Response };
        assert_eq!(check.side, side);
    }
    assert_eq!(Headers::new().len(), 0);
}
