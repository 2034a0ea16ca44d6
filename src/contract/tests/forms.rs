//! What a body is read as, where its Encoding Objects and formats say more than its schema's types.

use serde_json::json;

use super::*;
use crate::exchange::MediaType;

const DOCUMENT: &str = "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a:
    post:
      requestBody:
        content:
          application/x-www-form-urlencoded: &form
            schema: {type: object, properties: {a: {type: string}, b: {type: string}, c: {type: array, items: {type: string}}, d: {type: string, format: byte}}}
            encoding: {a: {allowReserved: false}, b: {allowReserved: true}, c: {allowReserved: false, explode: false}}
          multipart/form-data: *form
      responses: {'200': {description: ok}}
";

fn read(media: &str, body: &str) -> Body {
    let contract = load(DOCUMENT);
    let media = MediaType::parse(media).expect("a media type");
    let content = &contract.operations()[0].request_body().expect("a body").content;
    let entry = content.iter().find(|entry| entry.range.matches(&media)).expect("documented");
    let schema = entry.schema.as_ref().expect("a schema");
    read_body(&media, body.as_bytes(), &contract.shape(schema), &entry.encoding)
}

#[test]
fn reserved_characters_are_refused_where_the_encoding_says_so() {
    for (body, good) in [
        ("a=x%2Fy", true),
        ("a=x+y", true),
        ("a=x/y", false),
        ("a=x,y", false),
        ("b=x/y", true),
        ("c=x,y", true),
        ("c=x/y", false),
        ("d=x/y", true),
    ] {
        let found = read("application/x-www-form-urlencoded", body);
        assert_eq!(matches!(found, Body::Value(_)), good, "{body}: {found:?}");
    }
    for (value, good) in [("x/y", false), ("x%2Fy", true)] {
        let part = format!("--b\r\ncontent-disposition: form-data; name=a\r\n\r\n{value}\r\n--b--\r\n");
        let found = read("multipart/form-data; boundary=b", &part);
        assert_eq!(matches!(found, Body::Value(_)), good, "{value}: {found:?}");
    }
}

#[test]
fn base64_is_asserted() {
    let contract = load(DOCUMENT);
    let entry = &contract.operations()[0].request_body().expect("a body").content[0];
    let schema = contract.schema(entry.schema.as_ref().expect("a schema"), Direction::Request).expect("compiled");
    assert!(schema.is_valid(&json!({"d": "aGk="})));
    assert!(!schema.is_valid(&json!({"d": "%"})));
}
