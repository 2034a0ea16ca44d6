use serde_json::json;

use super::*;

const SHOP: &str = include_str!("../../../tests/support/shop-2.0.yaml");

/// Converts one operation, `post /x`, of a small document.
fn operation(operation: &Value) -> Value {
    let document = json!({"swagger": "2.0", "info": {"title": "t", "version": "1"}, "paths": {"/x": {"post": operation}},
        "parameters": {"P": {"name": "p", "in": "query", "type": "string"}}});
    load(&document.to_string()).value()["paths"]["/x"]["post"].clone()
}

#[test]
fn parameters_have_a_schema_and_a_style() {
    for (parameter, expected) in [
        (
            json!({"name": "a", "in": "query", "type": "string", "enum": ["x"], "description": "d"}),
            json!({"name": "a", "in": "query", "description": "d", "schema": {"type": "string", "enum": ["x"]}}),
        ),
        (
            json!({"name": "a", "in": "query", "type": "array", "items": {"type": "string"}}),
            json!({"name": "a", "in": "query", "style": "form", "explode": false,
                "schema": {"type": "array", "items": {"type": "string"}}}),
        ),
        (
            json!({"name": "a", "in": "query", "type": "array", "items": {}, "collectionFormat": "ssv"}),
            json!({"name": "a", "in": "query", "style": "spaceDelimited", "explode": false,
                "schema": {"type": "array", "items": {}}}),
        ),
        (
            json!({"name": "a", "in": "query", "type": "array", "items": {}, "collectionFormat": "multi"}),
            json!({"name": "a", "in": "query", "style": "form", "explode": true,
                "schema": {"type": "array", "items": {}}}),
        ),
        (
            json!({"name": "a", "in": "header", "type": "array", "items": {}, "collectionFormat": "csv"}),
            json!({"name": "a", "in": "header", "style": "simple", "explode": false,
                "schema": {"type": "array", "items": {}}}),
        ),
        (
            json!({"name": "a", "in": "query", "type": "array", "items": {}, "collectionFormat": "tsv"}),
            json!({"name": "a", "in": "query", "schema": {}}),
        ),
        (
            json!({"name": "a", "in": "query", "type": "string", "x-example": "e", "x-nullable": true}),
            json!({"name": "a", "in": "query", "example": "e", "schema": {"type": "string", "nullable": true}}),
        ),
        (json!({"$ref": "#/parameters/P"}), json!({"$ref": "#/components/parameters/P"})),
    ] {
        let converted = operation(&json!({"parameters": [parameter], "responses": {}}));
        assert_eq!(converted["parameters"][0], expected);
        assert_eq!(converted.get("requestBody"), None);
    }
}

#[test]
fn bodies_and_forms_are_request_bodies() {
    let field = |name: &str, more: Value| {
        let mut field = json!({"name": name, "in": "formData", "type": "string"});
        field.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        field
    };
    let object = |properties: Value| json!({"type": "object", "properties": properties});
    for (consumes, parameters, expected) in [
        (
            json!(["a/b", "c/d"]),
            json!([{"name": "x", "in": "body", "required": true, "schema": {"type": "string"}}]),
            json!({"required": true, "content": {"a/b": {"schema": {"type": "string"}},
                "c/d": {"schema": {"$ref": "#/paths/~1x/post/requestBody/content/a~1b/schema"}}}}),
        ),
        (
            json!([]),
            json!([{"name": "x", "in": "body", "schema": {}, "x-example": 1}]),
            json!({"content": {"*/*": {"schema": {}, "example": 1}}}),
        ),
        (
            json!(["application/json"]),
            json!([
                field("a", json!({"allowEmptyValue": false})),
                field("b", json!({"type": "integer", "allowEmptyValue": true}))
            ]),
            json!({"required": false, "content": {"application/x-www-form-urlencoded": {"schema": object(json!({
                "a": {"type": "string", "minLength": 1},
                "b": {"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 0}]}}))}}}),
        ),
        (
            json!(["application/x-www-form-urlencoded"]),
            json!([field("a", json!({"type": "array", "items": {"type": "string"}}))]),
            json!({"required": false, "content": {"application/x-www-form-urlencoded": {
                "schema": object(json!({"a": {"type": "array", "items": {"type": "string"}}})),
                "encoding": {"a": {"style": "form", "explode": false}}}}}),
        ),
        (
            json!([]),
            json!([field("f", json!({"type": "file", "required": true}))]),
            json!({"required": true, "content": {"multipart/form-data": {"schema": {"type": "object",
                "properties": {"f": {"type": "string", "format": "binary"}}, "required": ["f"]}}}}),
        ),
    ] {
        let converted = operation(&json!({"consumes": consumes, "parameters": parameters, "responses": {}}));
        assert_eq!(converted["requestBody"], expected, "{parameters}");
    }
}

#[test]
fn responses_have_content() {
    for (response, expected) in [
        (json!({"description": "d"}), json!({"description": "d"})),
        (json!({"description": "", "schema": {}}), json!({"description": "", "content": {"*/*": {"schema": {}}}})),
        (
            json!({"description": "", "schema": {}, "examples": {"a/b": 1}}),
            json!({"description": "", "content": {"a/b": {"schema": {}, "example": 1}}}),
        ),
        (
            json!({"description": "", "headers": {"X": {"type": "array", "items": {}, "description": "h"}}}),
            json!({"description": "", "headers": {"X": {"description": "h", "explode": false,
                "schema": {"type": "array", "items": {}}}}}),
        ),
    ] {
        let converted = operation(&json!({"responses": {"200": response}}));
        assert_eq!(converted["responses"]["200"], expected, "{response}");
    }
}

#[test]
fn the_rest_of_the_document_is_that_of_3_0() {
    let contract = load(SHOP);
    assert_eq!(contract.servers(), ["https://api.example.com/v1", "http://api.example.com/v1"]);
    let kinds: Vec<&SecurityKind> = contract.security_schemes().iter().map(|scheme| &scheme.kind).collect();
    let key = SecurityKind::ApiKey { location: Location::Header, name: "X-Key".to_owned() };
    assert_eq!(kinds, [&SecurityKind::Basic, &key, &SecurityKind::OAuth2]);
    let components = &contract.value()["components"];
    assert!(components["securitySchemes"]["oauth"]["flows"]["authorizationCode"]["tokenUrl"].is_string());
    assert_eq!(components["schemas"]["Pet"]["discriminator"], json!({"propertyName": "name"}));
    assert_eq!(components["schemas"]["Pet"]["properties"]["name"], json!({"type": "string", "nullable": true}));
    let upload = contract.find("upload").expect("the operation");
    // What is shared has the media types of the operation that uses it.
    let missing = upload.response(404).expect("a response");
    let ranges: Vec<String> = missing.content.iter().map(|media| media.range.to_string()).collect();
    assert_eq!(ranges, ["image/png"]);
    for (text, expected) in [
        ("swagger: '2.0'\nhost: h\n", vec!["https://h"]),
        ("swagger: 2.0\nbasePath: /b\n", vec!["/b"]),
        ("swagger: '2.0'\n", vec!["/"]),
    ] {
        assert_eq!(load(text).servers(), expected, "{text}");
    }
}

#[test]
fn places_are_those_of_the_text() {
    let contract = load(SHOP);
    let line = |needle: &str| SHOP.lines().position(|line| line.contains(needle)).expect("the line") + 1;
    for (pointer, expected) in [
        ("/openapi", "swagger:"),
        ("/servers/0/url", "host:"),
        ("/paths/~1pets~1{id}/get/parameters/2/schema/maximum", "maximum: 10"),
        ("/paths/~1pets~1{id}/get/parameters/2/example", "x-example: 5"),
        ("/paths/~1pets~1{id}/get/responses/200/content/application~1json/schema", "schema:"),
        ("/paths/~1pets~1{id}/get/responses/200/content/application~1json/example", "application/json: {id"),
        ("/paths/~1pets~1{id}/get/responses/200/headers/X-Limit/schema/type", "              type: integer"),
        (
            "/paths/~1pets~1{id}/put/requestBody/content/application~1json/schema",
            "    schema: {$ref: '#/definitions/Pet'}",
        ),
        (
            "/paths/~1upload/post/requestBody/content/multipart~1form-data/schema/properties/note/maxLength",
            "maxLength: 3",
        ),
        ("/components/schemas/Pet/properties/id/type", "        type: integer"),
        ("/components/schemas/Pet/properties/name/nullable", "x-nullable"),
        ("/components/securitySchemes/basic/scheme", "  basic: {"),
        ("/components/responses/Missing/content/text~1plain/schema", "schema: {type: object, required: [title]}"),
    ] {
        let (_, place) = contract.place(&Pointer::parse(pointer).expect("a pointer"));
        let last = SHOP.lines().enumerate().filter(|(_, text)| text.contains(expected)).map(|(number, _)| number + 1);
        let all: Vec<usize> = last.collect();
        assert!(all.contains(&place.line), "{pointer} is at {} and not {}", place.line, line(expected));
    }
}

#[test]
fn an_overlay_speaks_of_the_converted_form() {
    let overlay = "overlay: 1.0.0
info: {title: t, version: '1'}
actions:
  - target: $.components.schemas.Pet.properties.id
    update: {maximum: 7}
  - target: $.paths['/upload'].post.requestBody.content['multipart/form-data'].schema.properties.note
    remove: true
";
    let parts = Parts { overlay: Some(Source::new("specs/test.overlay.yaml", overlay)), ..parts(SHOP) };
    let (contract, warnings) = Contract::load(parts, &Alone).expect("a contract");
    assert!(warnings.is_empty(), "{warnings}");
    let place = |pointer: &str| {
        let (origin, place) = contract.place(&Pointer::parse(pointer).expect("a pointer"));
        format!("{origin:?} {}:{}", place.file, place.line)
    };
    assert_eq!(place("/components/schemas/Pet/properties/id/maximum"), "Overlay specs/test.overlay.yaml:5");
    let line = SHOP.lines().position(|line| line == "        type: integer").expect("the line") + 1;
    assert_eq!(place("/components/schemas/Pet/properties/id/type"), format!("Document specs/test.yaml:{line}"));
    let old = Contract::load(
        Parts {
            overlay: Some(Source::new("o.yaml", overlay.replace("components.schemas", "definitions"))),
            ..self::parts(SHOP)
        },
        &Alone,
    );
    let faults = old.expect_err("definitions are elsewhere");
    assert!(told(&faults)[0].starts_with("target-without-match o.yaml:4"), "{faults}");
}

#[test]
fn other_files_may_hold_parts() {
    let root = "swagger: '2.0'
produces: [application/json]
paths:
  /a: {$ref: 'paths.yaml#/a'}
  /b:
    get:
      parameters:
        - {$ref: 'parts.yaml#/parameters/Limit'}
      responses:
        200: {$ref: 'parts.yaml#/responses/Ok'}
        404: {description: none, schema: {$ref: 'whole.yaml#/definitions/Error'}}
        500: {$ref: 'whole.yaml#/responses/Bad'}
        501: {description: none, schema: {$ref: 'whole.yaml#/responses/Bad/schema'}}
definitions:
  Own: {type: integer}
";
    let paths = "a:
  post:
    consumes: [application/json]
    parameters:
      - {name: x, in: body, schema: {$ref: 'test.yaml#/definitions/Own'}}
      - {name: l, in: query, type: integer}
    responses: {200: {description: ok, schema: {$ref: 'parts.yaml#/definitions/Thing'}}}
";
    let parts_file = "parameters:
  Limit:
    name: limit
    in: query
    type: integer
  Body: {name: b, in: body, schema: {}}
responses:
  Ok:
    description: ok
    schema:
      $ref: '#/definitions/Thing'
definitions:
  Thing: {type: string, x-nullable: true}
";
    let whole = "swagger: '2.0'
produces: [text/plain]
definitions: {Error: {type: string}}
responses: {Bad: {description: bad, schema: {$ref: '#/definitions/Error'}}}
";
    let files = [("specs/paths.yaml", paths), ("specs/parts.yaml", parts_file), ("specs/whole.yaml", whole)];
    let contract = load_with(root, &files);
    let a = contract.find("POST /a").expect("the operation");
    let body = &a.request_body().expect("a body").content[0];
    let own = contract.schema_value(body.schema.as_ref().expect("a schema"));
    assert_eq!(own["type"], json!("integer"));
    assert_eq!(a.parameters().len(), 1);
    let b = contract.find("GET /b").expect("the operation");
    let thing = &b.response(200).expect("a response").content[0];
    assert_eq!(thing.range.to_string(), "application/json");
    let schema = contract.schema_value(thing.schema.as_ref().expect("a schema"));
    assert_eq!(schema["type"], json!(["string", "null"]));
    let (_, place) = contract.place_in(thing.document, &thing.pointer);
    assert_eq!((place.file.as_str(), place.line), ("specs/parts.yaml", 8));
    assert_eq!(contract.schema_value(b.parameters()[0].schema.as_ref().expect("a schema"))["type"], json!("integer"));
    assert_eq!(b.response(500).expect("a response").content[0].range.to_string(), "text/plain");
    let error = b.response(501).expect("a response").content[0].schema.clone().expect("a schema");
    assert_eq!(contract.schema_value(&error)["type"], json!("string"));
    let bad = root.replace("parameters/Limit", "parameters/Body");
    let message = "`$ref: parts.yaml#/parameters/Body` leads to the parameter of a body in another file";
    assert_eq!(said(parts(&bad), &files), [format!("reference-refused specs/test.yaml:8 {message}")]);
}

#[test]
fn what_has_no_form_in_3_0_is_told() {
    let document = "swagger: '2.0'
paths:
  /x:
    get:
      parameters:
        - {name: a, in: query, type: array, items: {type: string}, collectionFormat: tsv}
        - {name: b, in: query, type: array, items: {type: array, items: {}}}
      responses: {}
";
    let end = "not judged";
    let found = said(parts(document), &[]);
    assert_eq!(found.len(), 2);
    assert!(found[0].starts_with("collection-format-unjudged specs/test.yaml:6 ") && found[0].ends_with(end));
    assert!(found[1].starts_with("collection-format-unjudged specs/test.yaml:7 ") && found[1].ends_with(end));
}

#[test]
fn hostile_documents_end() {
    // What is shared is written out where it is used: not without end.
    let one = |n| format!("  /p{n}: {{post: {{parameters: [{{$ref: '#/parameters/f'}}], responses: {{}}}}}}\n");
    let uses = (0..3000).map(one).collect::<Vec<String>>().concat();
    let properties = (0..6000).map(|n| format!("p{n}: {{}}, ")).collect::<Vec<String>>().concat();
    let field = format!("parameters: {{f: {{name: f, in: formData, schema: {{properties: {{{properties}}}}}}}}}\n");
    let found = said(parts(&format!("swagger: '2.0'\npaths:\n{uses}{field}")), &[]);
    assert_eq!(
        found,
        ["document-too-large specs/test.yaml:1 the document grows too large when what it shares is written out"]
    );
    for odd in [
        "swagger: '2.0'\npaths: [1]\ndefinitions: 3\nparameters: [a]\nhost: 1\nschemes: x\n",
        "swagger: '2.0'\npaths: {/a: 1, /b: {get: 1, post: {parameters: 1, responses: [1], consumes: 1}}}\n",
        "swagger: '2.0'\npaths: {/a: {get: {parameters: [1, {in: body}, {in: formData}, {}], responses: {200: 1}}}}\n",
        "swagger: '2.0'\nparameters: {a: {$ref: '#/parameters/a'}}\npaths: {/a: {parameters: [{$ref: '#/parameters/a'}]}}\n",
        "swagger: '2.0'\nsecurityDefinitions: {a: 1}\nresponses: {a: 1}\ndefinitions: {a: 1, b: [1], c: {properties: 1}}\n",
    ] {
        let _ = said(parts(odd), &[]);
    }
}
