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
    read_as(DOCUMENT, media, body)
}

fn read_as(document: &str, media: &str, body: &str) -> Body {
    let contract = load(document);
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

const ENCODED: &str = "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a:
    post:
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema: &schema
              type: object
              properties:
                id: {type: integer}
                tags: {type: array, items: {type: string}}
                sizes: {type: array, items: {type: integer}}
                address: {type: object, properties: {city: {type: string}}}
                where: {type: object, properties: {x: {type: integer}, y: {type: integer}}}
                note: {}
            encoding:
              sizes: {style: pipeDelimited, explode: false}
              where: {style: deepObject}
              note: {contentType: application/json}
          multipart/form-data:
            schema: *schema
            encoding:
              note: {contentType: 'application/json, text/*', headers: {X-Kind: {required: true, schema: {type: string}}}}
      responses: {'200': {description: ok}}
";

#[test]
fn properties_of_a_form_are_written_as_their_encoding_says() {
    for (body, expected) in [
        ("id=7&tags=a&tags=b", json!({"id": 7, "tags": ["a", "b"]})),
        ("tags=a", json!({"tags": ["a"]})),
        ("sizes=1%7C2", json!({"sizes": [1, 2]})),
        ("where[x]=1&where[y]=2", json!({"where": {"x": 1, "y": 2}})),
        ("note=%7B%22a%22:+1%7D", json!({"note": {"a": 1}})),
        ("note=5", json!({"note": 5})),
        ("address=%7B%22city%22:%22x%22%7D", json!({"address": {"city": "x"}})),
        ("address[city]=x", json!({"address": {"city": "x"}})),
    ] {
        let found = read_as(ENCODED, "application/x-www-form-urlencoded", body);
        assert_eq!(found, Body::Value(expected), "{body}");
    }
    let found = read_as(ENCODED, "application/x-www-form-urlencoded", "note=%7B");
    assert_eq!(found, Body::Malformed("`note` is not JSON, and its encoding says that it is".to_owned()));
}

#[test]
fn parts_are_what_their_encoding_says() {
    let body = |name: &str, head: &str, content: &str| {
        format!("--b\r\ncontent-disposition: form-data; name={name}\r\n{head}\r\n{content}\r\n--b--\r\n")
    };
    let kind = "X-Kind: a\r\n";
    for (name, head, content, expected) in [
        ("id", "", "7", Ok(json!({"id": 7}))),
        ("tags", "", "a", Ok(json!({"tags": ["a"]}))),
        ("address", "", "{\"city\": \"x\"}", Ok(json!({"address": {"city": "x"}}))),
        ("address", "content-type: application/json\r\n", "{\"city\": 1}", Ok(json!({"address": {"city": 1}}))),
        ("note", kind, "x", Ok(json!({"note": "x"}))),
        ("note", "X-Kind: a\r\ncontent-type: text/plain\r\n", "5", Ok(json!({"note": "5"}))),
        ("note", "X-Kind: a\r\ncontent-type: application/json\r\n", "5", Ok(json!({"note": 5}))),
        ("note", "", "x", Err("the part `note` has no header `X-Kind`, which its encoding requires")),
        (
            "note",
            "content-type: image/png\r\n",
            "x",
            Err("the part `note` has the media type `image/png`, and its encoding takes `application/json, text/*`"),
        ),
    ] {
        let expected = expected.map_or_else(|reason| Body::Malformed(reason.to_owned()), Body::Value);
        let body = body(name, head, content);
        assert_eq!(read_as(ENCODED, "multipart/form-data; boundary=b", &body), expected, "{body}");
    }
}
