//! What a contract leaves open, and what it says by ranges.

use super::*;

const ODD: &str = r"
openapi: 3.1.0
info: {title: Odd, version: '1'}
paths:
  /nothing: {get: {operationId: nothing, responses: {}}}
  /typed:
    post:
      operationId: typed
      requestBody: {content: {json: {schema: {type: object}}}}
      responses:
        '200': {description: ok, content: {json: {schema: {type: object}}}}
        '201': {description: ok, content: {application/json: {schema: {properties: {a: {type: strng}}}}}}
        '202':
          description: ok
          content:
            '*/*': {schema: {const: any}}
            application/*: {schema: {const: application}}
            application/*+json: {schema: {const: suffix}}
            application/json; charset=utf-8: {schema: {const: json}}
            application/json; version=2: {schema: {const: two}}
            text/plain; charset=utf-8: {schema: {maxLength: 1}}
";

#[test]
fn what_the_contract_leaves_open_is_undecided() {
    let odd = load("odd", ODD, None);
    for (operation, status, media, body, expected) in [
        (
            "nothing",
            200,
            "application/json",
            "1",
            "response-status? `nothing` documents no responses, so this one cannot be judged",
        ),
        (
            "typed",
            200,
            "application/json",
            "1",
            "response-content-type? the media type that is documented, `json`, is none (specs/odd.yaml:11:44)",
        ),
        (
            "typed",
            201,
            "application/json",
            "{\"a\": 1}",
            "response-body? the response body: `/a` must be of its type, but the `type` of its schema is none (specs/odd.yaml:12:89)",
        ),
    ] {
        let mut response = json_response(status, &json!(1));
        response.headers.set("content-type", media);
        response.body = Bytes::from(body);
        assert_eq!(told(&answered(&odd, operation, &response)), [expected], "{operation} {status}");
    }
    let request = a_request("POST", "/typed", &[("Content-Type", "application/json")], "1");
    assert_eq!(
        told(&super::request(&odd, &request, "/typed")),
        ["request-content-type? the media type that is documented, `json`, is none (specs/odd.yaml:9:31)"]
    );
    let judged = without_operation("GET", "/nowhere", Options::default());
    assert!(judged.findings.is_empty() && judged.undecided.len() == 1);
    assert_eq!(without_operation("GET", "/nowhere", Options { undocumented: true }), Judgement::default());
}

#[test]
fn the_closest_media_type_counts() {
    let odd = load("odd", ODD, None);
    for (media, intact, broken) in [
        ("image/png+json", "\"any\"", "\"suffix\""),
        ("application/problem+json", "\"suffix\"", "\"application\""),
        ("application/json", "\"json\"", "\"two\""),
        ("application/json;charset=UTF-8", "\"json\"", "\"any\""),
        ("application/json; version=2", "\"two\"", "\"json\""),
        ("text/plain", "1", "12"),
    ] {
        for (body, findings) in [(intact, 0), (broken, 1)] {
            let mut response = json_response(202, &json!(1));
            response.headers.set("content-type", media);
            response.body = Bytes::from(body);
            let found = told(&answered(&odd, "typed", &response));
            assert_eq!(found.len(), findings, "{media} {body} {found:?}");
        }
    }
}

#[test]
fn json_that_cannot_be_held_is_not_called_broken() {
    for (body, expected) in [
        ("1e400", "response-body? the JSON cannot be read whole: number out of range at line 1 column 5"),
        (
            r#""\ud800""#,
            "response-body? the JSON cannot be read whole: unexpected end of hex escape at line 1 column 8",
        ),
    ] {
        let mut response = pet(&json!({}));
        response.body = Bytes::from(body);
        check_response(&response, &[expected]);
    }
    let mut response = pet(&json!({}));
    response.body = Bytes::from(format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)));
    let found = told(&answered(&small(), "get-pet", &response));
    assert!(found[0].starts_with("response-body? the JSON cannot be read whole: recursion limit"), "{found:?}");
    response.body = Bytes::from("[".repeat(10_000));
    assert!(told(&answered(&small(), "get-pet", &response))[0].contains("it is not JSON"));
    response.body = Bytes::from("[1e400");
    assert!(told(&answered(&small(), "get-pet", &response))[0].contains("it is not JSON"));
}
