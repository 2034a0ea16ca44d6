//! What only OpenAPI 3.2 has.

use super::*;

const NEWER: &str = r"
openapi: 3.2.0
$self: https://example.com/api/openapi.yaml
info: {title: Newer, version: '1'}
paths:
  /search:
    query:
      operationId: search
      requestBody: {content: {application/json: {schema: {type: object, required: [q]}}}}
      responses: {'200': {description: ok}}
    additionalOperations:
      COPY:
        operationId: copy
        responses: {'201': {description: ok}}
  /find:
    get:
      operationId: find
      parameters:
        - name: filter
          in: querystring
          required: true
          content: {application/x-www-form-urlencoded: {schema: {type: object, required: [a], properties: {a: {type: integer}}}}}
      responses: {'200': {description: ok}}
  /path:
    get:
      operationId: path
      parameters: [{name: path, in: querystring, content: {application/json: {schema: {type: array}}}}]
      responses: {'200': {description: ok}}
  /stream:
    get:
      operationId: stream
      responses:
        '200':
          description: ok
          content:
            application/jsonl: {itemSchema: {$ref: 'https://example.com/api/openapi.yaml#/components/schemas/Item'}}
            text/event-stream:
              itemSchema: {type: object, required: [data], properties: {event: {enum: [add, remove]}}}
            application/json: {schema: {minItems: 1}, itemSchema: {$ref: '#/components/schemas/Item'}}
components: {schemas: {Item: {type: object, required: [id]}}}
";

#[test]
fn what_only_openapi_3_2_has_is_judged() {
    let parts =
        Parts { name: "newer".into(), document: Source::new("newer.yaml", NEWER), overlay: None, promises: None };
    let (contract, warnings) = Contract::load(parts, &Alone).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(warnings.len(), 1, "{warnings}");
    let typed = [("Content-Type", "application/json")];
    for (method, path, body, expected) in [
        ("QUERY", "/search", r#"{"q": 1}"#, vec![]),
        (
            "QUERY",
            "/search",
            "{}",
            vec!["request-body: the request body must have the property `q`, but it is missing"],
        ),
        ("COPY", "/search", "", vec![]),
        ("MOVE", "/search", "", vec!["request-route: `/search` does not take `MOVE`, only QUERY or COPY"]),
        ("GET", "/find?a=1", "", vec![]),
        ("GET", "/find", "", vec!["request-parameters: the query string `filter` is missing, and it is required"]),
        (
            "GET",
            "/find?a=x",
            "",
            vec!["request-parameters: `/a` of the query string `filter` must be an integer, but is \"x\""],
        ),
        ("GET", "/path?%5B1%5D", "", vec![]),
        ("GET", "/path", "", vec![]),
        ("GET", "/path?%7B%7D", "", vec!["request-parameters: the query string `path` must be an array, but is {}"]),
    ] {
        let request = a_request(method, path, if body.is_empty() { &[][..] } else { &typed }, body);
        assert_eq!(told(&super::request(&contract, &request, request.path())), expected, "{method} {path} {body}");
    }
    for (media, body, expected) in [
        ("application/jsonl", "{\"id\": 1}\n{\"id\": 2}\n", vec![]),
        (
            "application/jsonl",
            "{\"id\": 1}\n{}\n",
            vec!["response-body: item 2 of the response body must have the property `id`, but it is missing"],
        ),
        ("text/event-stream", "event: add\ndata: 1\n\n", vec![]),
        (
            "text/event-stream",
            "data: 1\n\nevent: change\ndata: 2\n\n",
            vec![
                "response-body: `/event` of item 2 of the response body must be one of \"add\", \"remove\", but is \"change\"",
            ],
        ),
        ("application/json", "[{\"id\": 1}]", vec![]),
        ("application/json", "[]", vec!["response-body: the response body must have at least 1 item, but has 0 items"]),
        (
            "application/json",
            "[{}]",
            vec!["response-body: item 1 of the response body must have the property `id`, but it is missing"],
        ),
    ] {
        let mut response = json_response(200, &json!(1));
        response.headers.set("content-type", media);
        response.body = Bytes::from(body);
        assert_eq!(told(&answered(&contract, "stream", &response)), expected, "{media} {body:?}");
    }
}
