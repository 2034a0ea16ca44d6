//! Bodies that are made: all of it, of the thing that was asked for, item by item.

use serde_json::{Value, json};

use super::super::{Mock, Rules, Settings};
use super::{contract, request};

const DOCUMENT: &str = "
openapi: 3.2.0
info: {title: t, version: '1'}
paths:
  /pets:
    get:
      responses:
        '200':
          description: o
          content:
            application/json:
              schema: {type: object, properties: {data: {type: array, items: {$ref: '#/components/schemas/Pet'}}, meta: {type: object, properties: {total: {type: integer}}}}}
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
    get: {responses: {'200': {description: o, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}}
  /shown/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: o, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}, example: {id: 1}}}}}}
  /wrapped/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: o, content: {application/json: {schema: {type: object, properties: {data: {type: object, properties: {id: {type: string, maxLength: 20}}}}}}}}}}
  /ticks:
    get:
      responses:
        '200':
          description: o
          content:
            text/event-stream: {itemSchema: {type: object, required: [data], properties: {data: {type: string}, event: {const: tick}}}}
            application/jsonl: {itemSchema: {$ref: '#/components/schemas/Pet'}}
components:
  schemas:
    Pet: {type: object, properties: {id: {type: integer}, tag: {type: object, properties: {a: {type: string}, b: {type: integer}}}}}
";

fn answer(path: &str, headers: &[(&str, &str)]) -> String {
    let mock = Mock::new(contract("t", DOCUMENT, None), Rules::default(), Settings::repeatable(1));
    let answer = mock.answer(request("GET", path, headers, ""), path);
    assert!(answer.response.status == 200 && answer.troubles.is_empty(), "{answer:?}");
    String::from_utf8_lossy(&answer.response.body).into_owned()
}

fn json_of(path: &str) -> Value {
    serde_json::from_str(&answer(path, &[])).expect("JSON")
}

#[test]
fn items_of_lists_are_whole() {
    let body = json_of("/pets");
    let items = body["data"].as_array().expect("a list");
    assert!(!items.is_empty() && items.iter().all(|pet| pet["id"].is_i64() && pet["tag"]["b"].is_i64()), "{body}");
}

#[test]
fn a_made_body_is_of_the_thing_that_the_path_names() {
    assert_eq!(json_of("/pets/7")["id"], json!(7));
    assert_eq!(json_of("/wrapped/seven")["data"]["id"], json!("seven"));
    // What the schema does not take, and what the document shows, stays.
    assert_ne!(json_of("/wrapped/longer-than-twenty-characters")["data"]["id"], json!("longer-than-twenty-characters"));
    assert_eq!(json_of("/shown/7"), json!({"id": 1}));
}

#[test]
fn streams_have_items() {
    let events = answer("/ticks", &[("Accept", "text/event-stream")]);
    assert_eq!(events.matches("event: tick\ndata: ").count(), 3, "{events}");
    let lines = answer("/ticks", &[("Accept", "application/jsonl")]);
    let pets: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(pets.len() == 3 && pets.iter().all(|pet| pet["tag"]["a"].is_string()), "{lines}");
}
