//! Which of the documented answers: by preference, by pairs of examples, below which base path.

use serde_json::{Value, json};

use super::super::{Mock, Rules, Settings};
use super::{body, contract, request};
use crate::exchange::Response;

const DOCUMENT: &str = "
openapi: 3.1.0
info: {title: t, version: '1'}
servers:
- url: https://{region}.example.com/{stage}
  variables: {region: {default: eu}, stage: {default: v1, enum: [v1, v2]}}
paths:
  /things/{id}:
    get:
      parameters:
      - {name: id, in: path, required: true, schema: {type: integer}, examples: {lamp: {value: 7}, missing: {value: 9}}}
      responses:
        '200':
          description: one
          content:
            application/json:
              schema: {type: object, required: [id]}
              examples: {any: {value: {id: 1}}, lamp: {value: {id: 7, name: lamp}}, broken: {value: {}}}
        '404':
          description: none
          content: {application/json: {examples: {missing: {value: {gone: true}}}}, text/plain: {example: gone}}
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {n: {type: integer}}}
            examples: {small: {value: {n: 1}}, large: {value: {n: 1000}}, word: {value: {n: many}}}
      responses:
        '201': {description: made, content: {application/json: {examples: {small: {value: {of: small}}}}}}
        '400':
          description: wrong
          content: {application/json: {examples: {any: {value: {of: any}}, word: {value: {of: word}}}}}
        '202': {description: later, content: {application/json: {examples: {large: {value: {of: large}}}}}}
";

fn mock() -> Mock {
    Mock::new(contract("t", DOCUMENT, None), Rules::default(), Settings::repeatable(1))
}

fn get(path: &str, headers: &[(&str, &str)]) -> Response {
    let bare = path.split('?').next().expect("a path");
    mock().answer(request("GET", path, headers, ""), bare).response
}

#[test]
fn an_answer_shares_its_examples_name_with_the_request() {
    for (path, status, expected) in [
        ("/things/7", 200, json!({"id": 7, "name": "lamp"})),
        ("/things/9", 404, json!({"gone": true})),
        ("/things/5", 200, json!({"id": 1})),
        ("/things/7?__example=any", 200, json!({"id": 1})),
    ] {
        let response = get(path, &[]);
        assert_eq!((response.status, body(&response)), (status, expected), "{path}");
    }
    let mock = mock();
    for (sent, status, expected) in [
        ("{\"n\": 1}", 201, "small"),
        ("{\"n\": 1000}", 202, "large"),
        ("{\"n\": 2}", 201, "small"),
        // An example of what is wrong.
        ("{\"n\": \"many\"}", 400, "word"),
        ("{\"n\": \"few\"}", 400, "any"),
    ] {
        let response =
            mock.answer(request("POST", "/orders", &[("content-type", "application/json")], sent), "/orders").response;
        assert_eq!((response.status, &body(&response)["of"]), (status, &json!(expected)), "{sent}");
    }
}

#[test]
fn preferences_that_were_kept_are_named() {
    let applied = |path: &str, headers: &[(&str, &str)]| {
        get(path, headers).headers.get("preference-applied").map(std::borrow::Cow::into_owned)
    };
    assert_eq!(applied("/things/7", &[("prefer", "code=404, wait=3")]).as_deref(), Some("code=404"));
    assert_eq!(
        applied("/things/7", &[("prefer", "example=any; delay=1ms")]).as_deref(),
        Some("example=any, delay=1ms")
    );
    assert_eq!(applied("/things/x", &[("prefer", "code=200")]), None);
    assert_eq!(applied("/things/7", &[]), None);
}

#[test]
fn a_forced_status_falls_back_where_its_form_is_not_to_be_had() {
    let json_only = [("prefer", "code=404"), ("accept", "text/plain")];
    assert_eq!((get("/things/7", &json_only).status, get("/things/7", &json_only).body), (404, "gone".into()));
    let neither = [("prefer", "code=404"), ("accept", "image/png")];
    assert_eq!(get("/things/7", &neither).status, 406);
}

#[test]
fn an_example_that_breaks_its_schema_is_not_served() {
    let response = get("/things/5?__example=broken", &[]);
    assert_eq!(response.status, 404);
    let detail = body(&response)["detail"].clone();
    assert!(detail.as_str().is_some_and(|text| text.contains("breaks its schema")), "{detail}");
}

#[test]
fn every_base_path_of_the_servers_is_known() {
    for (path, status) in [("/v1/things/5", 200), ("/v2/things/5", 200), ("/v3/things/5", 404), ("/things/5", 200)] {
        assert_eq!(get(path, &[]).status, status, "{path}");
    }
    for (server, status) in [("https://us.example.com/v2", 200), ("https://us.example.com/v9", 404)] {
        assert_eq!(get(&format!("/things/5?__server={server}"), &[]).status, status, "{server}");
    }
    let wrong: Value = body(&get("/nowhere", &[]));
    assert_eq!(wrong["status"], 404);
}
