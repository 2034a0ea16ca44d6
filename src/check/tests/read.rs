//! How a request's parameters are read where there is more than one way.

use super::*;

const READ: &str = r"
openapi: 3.2.0
info: {title: Read, version: '1'}
security: [{key: []}]
paths:
  /free:
    get:
      operationId: free
      parameters:
        - {name: any, in: query, schema: {type: object, properties: {a: {type: boolean}}, additionalProperties: {type: integer}}}
        - {name: limit, in: query, schema: {type: string}}
        - {name: deep, in: query, style: deepObject, schema: {type: object}}
        - {name: sort, in: query, schema: {type: object, properties: {by: {type: string}}}}
      responses: {'200': {description: ok}}
  /files/{name}.{ending}:
    get:
      operationId: file
      parameters:
        - {name: name, in: path, required: true, schema: {type: string, maxLength: 5}}
        - {name: ending, in: path, required: true, schema: {enum: [json, xml]}}
      responses: {'200': {description: ok}}
  /lists/{all}:
    get:
      operationId: lists
      parameters:
        - {name: all, in: path, required: true, schema: {type: array, items: {type: integer}}}
        - {name: csv, in: query, explode: false, schema: {type: array, items: {enum: [a, b, 'c,d']}}}
        - {name: flat, in: query, explode: false, schema: {type: object, properties: {x: {type: integer}}}}
      responses: {'200': {description: ok}}
  /cookie:
    get:
      operationId: cookie
      parameters: [{name: c, in: cookie, style: cookie, schema: {const: 'a%20b'}}]
      responses: {'200': {description: ok}}
components: {securitySchemes: {key: {type: apiKey, in: query, name: key}}}
";

#[test]
fn parameters_are_read_in_the_way_that_was_meant() {
    let parts = Parts { name: "read".into(), document: Source::new("read.yaml", READ), overlay: None, promises: None };
    let (contract, _) = Contract::load(parts, &Alone).unwrap_or_else(|faults| panic!("{faults}"));
    let at = |path_and_query: &str, cookie: &str| {
        let headers: &[(&str, &str)] = if cookie.is_empty() { &[] } else { &[("Cookie", cookie)] };
        let request = a_request("GET", path_and_query, headers, "");
        told(&super::request(&contract, &request, request.path()))
    };
    let kept: [String; 0] = [];
    for (path, cookie) in [
        ("/free?key=k&x=1&a=true&limit=many&deep[y]=z&by=name", ""),
        ("/free?key=k", ""),
        ("/files/a.b.json?key=k", ""),
        ("/files/a.xml?key=k", ""),
        ("/lists/1%2C2?key=k&csv=a%2Cb&flat=x%2c1", ""),
        ("/lists/1,2?key=k&csv=a,b,c%2Cd&flat=x,1", ""),
        ("/cookie?key=k", "c=a%20b"),
    ] {
        assert_eq!(at(path, cookie), kept, "{path}");
    }
    for (path, cookie, expected) in [
        ("/free?key=k&x=one", "", "`/x` of the query parameter `any` must be an integer, but is \"one\""),
        ("/free?key=k&a=1", "", "`/a` of the query parameter `any` must be a boolean, but is \"1\""),
        (
            "/files/a.b.yaml?key=k",
            "",
            "the path parameter `ending` must be one of \"json\", \"xml\", but is \"b.yaml\"",
        ),
        (
            "/lists/1?key=k&csv=a%2Cz",
            "",
            "`/0` of the query parameter `csv` must be one of \"a\", \"b\", \"c,d\", but is \"a,z\"",
        ),
        ("/cookie?key=k", "c=a b", "the cookie parameter `c` must be \"a%20b\", but is \"a b\""),
    ] {
        assert_eq!(at(path, cookie), [format!("request-parameters: {expected}")], "{path}");
    }
}
