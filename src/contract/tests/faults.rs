use super::*;
use crate::source::{Limits, read};

const HEAD: &str = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n";

#[test]
fn what_is_no_openapi_3_is_refused_by_name() {
    for (document, expected) in [
        ("swagger: '1.2'\n", "unsupported-version specs/test.yaml:1 Swagger version `1.2` is not supported"),
        ("a: 1\nopenapi: 4.0.0\n", "unsupported-version specs/test.yaml:2 OpenAPI version `4.0.0` is not supported"),
        (
            "openapi: 3
",
            "unsupported-version specs/test.yaml:1 OpenAPI version `3` is not supported",
        ),
        ("- 1\n", "not-openapi specs/test.yaml:1 this is no OpenAPI document, not even a mapping"),
        ("opnapi: 3.1.0\n", "not-openapi specs/test.yaml:1 this is no OpenAPI document: it has no `openapi` field"),
        ("a: [", "not-yaml specs/test.yaml:1 not YAML: while parsing a node, did not find expected node content"),
    ] {
        let found = said(parts(document), &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].split(" did not").next(), expected.split(" did not").next());
    }
    assert_eq!(said(parts("openapi: 3.1\n"), &[]), [] as [&str; 0]);
    let dialect = |name: &str| said(parts(&format!("openapi: 3.1.0\njsonSchemaDialect: {name}\n")), &[]);
    assert_eq!(dialect("https://spec.openapis.org/oas/3.1/dialect/base"), [] as [&str; 0]);
    let expected = "unknown-dialect specs/test.yaml:2 the dialect `https://x` is not known; schemas are judged as JSON Schema 2020-12";
    assert_eq!(dialect("https://x"), [expected]);
    assert_eq!(
        said(parts("openapi: 3.2.0\n"), &[]),
        [
            "version-read-as-3.1 specs/test.yaml:1 OpenAPI 3.2 is read as 3.1 with `additionalOperations`, `querystring`, `itemSchema` and `$self`: what else only 3.2 has may be left unjudged"
        ]
    );
}

#[test]
fn references_that_lead_nowhere_are_told_with_their_place() {
    let component = |schema: &str| format!("{HEAD}components:\n  schemas:\n    Pet: {{}}\n    X: {schema}\n");
    for (schema, expected, help) in [
        (
            "{$ref: '#/components/schemas/Pat'}",
            "unresolved-reference specs/test.yaml:6 `$ref: #/components/schemas/Pat` leads nowhere",
            "did you mean `Pet`?",
        ),
        (
            "{$ref: '#nothing'}",
            "unresolved-reference specs/test.yaml:6 `$ref: #nothing` leads nowhere",
            "no schema has `$anchor: nothing`",
        ),
        (
            "{$ref: 'b.yaml#/a'}",
            "document-missing specs/test.yaml:6 `specs/b.yaml` cannot be read: there is no such file",
            "",
        ),
        ("{$ref: '../../b.yaml'}", "reference-refused specs/test.yaml:6 `$ref: ../../b.yaml` is not followed", ""),
        (
            "{$ref: 'https://h/b.yaml'}",
            "reference-refused specs/test.yaml:6 `$ref: https://h/b.yaml` is not followed",
            "",
        ),
        ("{$ref: '/etc/passwd'}", "reference-refused specs/test.yaml:6 `$ref: /etc/passwd` is not followed", ""),
        (
            "{$ref: '#/components/schemas/X'}",
            "reference-circle specs/test.yaml:6 references lead in a circle and never to anything",
            "",
        ),
        ("{$ref: 'broken.yaml'}", "not-yaml specs/broken.yaml:1", ""),
    ] {
        let faults = Contract::load(parts(&component(schema)), &Beside([("specs/broken.yaml", "a: [")].into()))
            .expect_err(schema);
        let told = told(&faults);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(expected), "{told:?}");
        assert_eq!(faults.iter().next().and_then(|fault| fault.help.as_deref()).unwrap_or_default(), help);
    }
}

#[test]
fn what_only_looks_like_a_reference_is_left_alone() {
    let document = format!(
        "{HEAD}paths:\n  /a:\n    get:\n      responses:\n        '200':\n          description: {{$ref: ./nothing.md}}\n          content:\n            application/json:\n              example: {{$ref: '#/nothing'}}\n              schema:\n                properties: {{$ref: {{type: string}}}}\n                default: {{$ref: nothing}}\n                enum: [{{$ref: nothing}}]\n                x-more: {{$ref: nothing}}\n"
    );
    assert_eq!(said(parts(&document), &[]), [] as [&str; 0]);
}

#[test]
fn documents_beside_are_brought_and_have_their_own_places() {
    let document = format!("{HEAD}paths:\n  /a: {{$ref: 'paths/a.yaml'}}\n");
    let item = "parameters:\n  - $ref: ../shared.yaml#/id\nget:\n  operationId: get-a\n  responses:\n    '200':\n      description: ok\n      content:\n        application/json:\n          schema:\n            type: array\n            items: {$ref: '../shared.yaml#/Pet'}\n";
    let shared = "id: {name: id, in: query, schema: {type: integer}}\nPet:\n  type: object\n  required: [name]\n  properties:\n    next: {$ref: '#/Pet'}\n";
    let contract = load_with(&document, &[("specs/paths/a.yaml", item), ("specs/shared.yaml", shared)]);
    let operation = contract.find("get-a").expect("an operation");
    assert_eq!(operation.pointer().as_str(), "/paths/~1a/get");
    assert_eq!(operation.parameters()[0].name, "id");
    let schema = operation.response(200).expect("a response").content[0].schema.clone().expect("a schema");
    assert_eq!(schema.document, 1);
    let compiled = contract.schema(&schema, Direction::Response).expect("a schema");
    let found = compiled.violations(&serde_json::json!([{"name": "x", "next": {}}]));
    assert_eq!(found.len(), 1);
    let (origin, place) = contract.place_in(found[0].document.expect("a document"), &found[0].schema);
    assert_eq!((origin, place.to_string()), (Origin::Document, "specs/shared.yaml:4:14".to_owned()));
    assert!(contract.shape(&schema).takes_array());
}

#[test]
fn promises_are_read_and_their_places_exist() {
    let document = format!("{HEAD}paths:\n  /a:\n    get: {{description: Lists all}}\n");
    let with = |ledger: &str| {
        let mut parts = parts(&document);
        parts.promises = Some(Source::new("specs/test.promises.yaml", ledger));
        parts
    };
    let intact =
        "contract: test\npromises:\n  - {id: a, says: all, where: '#/paths/~1a/get/description', carried-by: prose}\n";
    let schema = serde_json::from_str(PROMISES_SCHEMA).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let fits = |ledger: &str| {
        let (value, _) = read(&Source::new("ledger", ledger), &Limits::default());
        schema.is_valid(&value.expect("YAML"))
    };
    assert!(fits(intact));
    for wrong in ["prose}", "says:", "'#/paths/~1a/get/description'", "contract:"] {
        let ledger = intact.replace(wrong, &wrong.replace(['s', '#', 'c'], "x"));
        assert!(!fits(&ledger) && !said(with(&ledger), &[]).is_empty(), "the reader and the schema agree: {ledger}");
    }
    let (contract, _) = Contract::load(with(intact), &Alone).expect("a contract");
    let promise = &contract.promises()[0];
    assert_eq!((promise.id.as_str(), promise.carried_by), ("a", CarriedBy::Prose));
    assert_eq!(promise.place.as_ref().expect("a place").to_string(), "specs/test.yaml:5:11");
    let line = "  - {id: a, says: all, where: '#/paths', carried-by: schema}\n";
    for (ledger, expected) in [
        (
            intact.replace("test", "other"),
            "other-contract specs/test.promises.yaml:1 these are promises of `other`, not of `test`",
        ),
        (
            intact.replace("description", "descripton"),
            "no-such-place specs/test.promises.yaml:3 `#/paths/~1a/get/descripton` does not exist in `specs/test.yaml`",
        ),
        (format!("{intact}{line}"), "duplicate-id specs/test.promises.yaml:4 the promise `a` stands twice"),
        (
            intact.replace("prose", "proze"),
            "unknown-value specs/test.promises.yaml:3 a promise is not carried by `proze`",
        ),
        (intact.replace("says", "sais"), "missing-key specs/test.promises.yaml:3 `says` is missing"),
        (
            intact.replace("'#/paths/~1a/get/description'", "here"),
            "not-a-pointer specs/test.promises.yaml:3 `here` is no place in a document",
        ),
    ] {
        let found = said(with(&ledger), &[]);
        assert_eq!(found.first().map(String::as_str), Some(expected), "{found:?}");
    }
}

#[test]
fn operations_have_what_the_document_says() {
    let document = format!(
        "{HEAD}servers:\n  - url: https://{{host}}/v{{n}}\n    variables: {{host: {{default: h}}, n: {{default: 2}}}}\n  - url: ''\nsecurity: [{{a: []}}]\npaths:\n  /a/{{id}}:\n    parameters:\n      - {{name: id, in: path, required: true}}\n      - {{name: q, in: query, required: true}}\n    get:\n      operationId: get-a\n      tags: [x, y]\n      parameters: [{{name: q, in: query}}]\n      security: []\n      responses: {{'200': {{description: ok}}, 4XX: {{description: bad}}, default: {{description: rest}}, x-y: 1}}\n    post: {{security: [{{}}, {{a: [s], b: []}}]}}\n    x-more: {{}}\ncomponents:\n  securitySchemes: {{a: {{type: oauth2}}, b: {{$ref: '#/components/securitySchemes/c'}}, c: {{type: apiKey, in: header, name: K}}}}\n"
    );
    let contract = load(&document);
    assert_eq!(contract.servers(), ["https://h/v2", ""]);
    assert_eq!(contract.operations().iter().map(Operation::id).collect::<Vec<_>>(), ["get-a", "POST /a/{id}"]);
    let get = contract.find("get-a").expect("an operation");
    let parameters: Vec<_> = get.parameters().iter().map(|p| (p.name.as_str(), p.required)).collect();
    assert_eq!(parameters, [("q", false), ("id", true)]);
    for (status, expected) in [(200, "ok"), (404, "bad"), (500, "rest")] {
        assert_eq!(get.response(status).expect("a response").description, expected);
    }
    assert_eq!(get.security(), []);
    let post = contract.find("POST /a/{id}").expect("an operation");
    assert_eq!(post.security().len(), 2);
    assert_eq!(post.security()[1].0, [("a".to_owned(), vec!["s".to_owned()]), ("b".to_owned(), vec![])]);
    let key = SecurityKind::ApiKey { location: Location::Header, name: "K".to_owned() };
    assert_eq!(contract.security_scheme("b").map(|scheme| &scheme.kind), Some(&key));
    assert_eq!(contract.find("get  /a/7").expect("an operation").id(), "get-a");
    assert_eq!(contract.find("get-b").expect_err("unknown"), Some("get-a".to_owned()));
    assert_eq!(contract.find("GET /b/{id}").expect_err("unknown"), Some("GET /a/{id}".to_owned()));
    assert_eq!(contract.find("something else").expect_err("unknown"), None);
    match contract.route("GET", "/a/b%2Fc") {
        Route::Operation { path_parameters, .. } => assert_eq!(path_parameters, [("id".to_owned(), "b/c".to_owned())]),
        other => panic!("{other:?}"),
    }
    assert!(matches!(contract.route("PUT", "/a/b"), Route::OtherMethods { allow } if allow == ["GET", "POST"]));
    assert!(matches!(contract.route("GET", "/a/b/"), Route::Unknown));
}

#[test]
fn examples_that_break_their_schema_are_warned_about() {
    let document = format!(
        "{HEAD}paths:\n  /a:\n    get:\n      parameters: [{{name: q, in: query, schema: {{type: integer}}, example: x}}]\n      responses:\n        '200':\n          description: ok\n          content:\n            application/json:\n              schema: {{type: object, properties: {{a: {{type: string}}}}}}\n              examples:\n                good: {{value: {{a: b}}}}\n                bad:\n                  value:\n                    a: 1\n"
    );
    assert_eq!(
        told(&load(&document).check_examples()),
        [
            "example-breaks-schema specs/test.yaml:6 the example breaks its own schema: the value must be an integer, but is \"x\"",
            "example-breaks-schema specs/test.yaml:17 the example breaks its own schema: `/a` must be a string, but is 1",
        ]
    );
}

#[test]
fn documents_of_another_crate_load() {
    let document = include_str!("../../../specs/salla.yaml");
    let (value, _) = read(&Source::new("a.yaml", document), &Limits::default());
    let document: openapiv3::OpenAPI = serde_json::from_value(value.expect("YAML")).expect("a document");
    let (contract, _) = Contract::from_openapiv3("salla", &document).expect("a contract");
    assert_eq!(contract.operations().len(), 1);
    assert_eq!(contract.operations()[0].responses().len(), 3);
}

#[test]
fn odd_things_are_told_when_asked_for() {
    let document = "openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /a/{id}:
    get:
      operationId: a
      security: [{tokn: []}]
      parameters:
        - {name: ids, in: path, required: true, schema: {type: string}}
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  a: {type: string, required: true, examples: [x]}
                  b: {$ref: '#/components/schemas/B', minLength: 3, description: fine}
                  c: {type: file}
  /b:
    get:
      operationId: a
components:
  schemas:
    B: {type: string, pattern: '('}
  securitySchemes: {token: {type: http, scheme: bearer}}
";
    let contract = load(document);
    assert_eq!(said(parts(document), &[]), [] as [&str; 0]);
    let mut found = told(&contract.diagnose());
    found.sort();
    let unusable =
        found.iter().position(|text| text.starts_with("schema-unusable specs/test.yaml:15")).map(|at| found.remove(at));
    assert!(unusable.is_some_and(|text| text.contains("/components/schemas/B/pattern")), "{found:#?}");
    assert_eq!(
        found,
        [
            "duplicate-operation-id specs/test.yaml:23 the operationId `a` stands twice; the first one counts",
            "keyword-without-effect specs/test.yaml:18 `examples` has no effect here: OpenAPI 3.0 has no `examples` in a schema; write `example`",
            "keyword-without-effect specs/test.yaml:18 `required` has no effect here: `required` is a list of names, on the schema around the property",
            "keyword-without-effect specs/test.yaml:19 `minLength` has no effect here: OpenAPI 3.0 takes no keyword beside `$ref`",
            "keyword-without-effect specs/test.yaml:20 nothing can be judged by this `type`: it is none of JSON Schema",
            "path-parameter-undeclared specs/test.yaml:4 the path parameter `id` of `/a/{id}` is not declared",
            "path-parameter-unknown specs/test.yaml:9 `/a/{id}` has no parameter `ids`; did you mean `id`?",
            "security-scheme-unknown specs/test.yaml:7 the security scheme `tokn` is not declared; did you mean `token`?",
        ]
    );
}

#[test]
fn servers_have_all_their_urls() {
    let document = "
openapi: 3.0.3
info: {title: t, version: '1'}
servers:
  - url: 'https://{region}.example.com/{base}'
    variables: {region: {default: eu, enum: [us, eu]}, base: {default: v2}}
paths:
  /files:
    servers: [{url: 'https://files.example.com'}]
    get: {responses: {'200': {description: ok}}}
    post: {servers: [{url: /upload}, {url: 'https://files.example.com'}], responses: {'200': {description: ok}}}
";
    assert_eq!(
        load(document).servers(),
        ["https://eu.example.com/v2", "https://us.example.com/v2", "https://files.example.com", "/upload"]
    );
    let many = |n: usize| format!("v{n}: {{default: '0', enum: ['0', '1', '2', '3']}}");
    let variables: Vec<String> = (0..12).map(many).collect();
    let url = (0..12).map(|n| format!("{{v{n}}}")).collect::<Vec<_>>().concat();
    let server = format!("servers: [{{url: 'http://{url}', variables: {{{}}}}}]", variables.join(", "));
    let contract = load(&format!("openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\n{server}\npaths: {{}}\n"));
    assert_eq!((contract.servers().len(), contract.servers()[0].as_str()), (64, "http://000000000000"));
}

#[test]
fn many_references_in_a_row_are_no_circle() {
    let link = |n| format!("    A{n}: {{$ref: '#/components/schemas/A{}'}}\n", n + 1);
    let chain: String = (0..500).map(link).collect::<Vec<_>>().concat();
    let document = |last: &str| {
        format!(
            "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths: {{/a: {{get: {{responses: {{'200': {{description: ok, content: {{application/json: {{schema: {{$ref: '#/components/schemas/A0'}}}}}}}}}}}}}}}}\ncomponents:\n  schemas:\n{chain}    A500: {last}\n"
        )
    };
    let contract = load(&document("{type: integer}"));
    let media = contract.operations()[0].responses()[0].content[0].schema.clone().expect("a schema");
    let schema = contract.schema(&media, Direction::Response).expect("it compiles");
    assert!(schema.is_valid(&serde_json::json!(1)) && !schema.is_valid(&serde_json::json!("1")));
    let circle = document("{$ref: '#/components/schemas/A7'}");
    let Err(faults) = Contract::load(parts(&circle), &Alone) else { panic!("a circle is refused") };
    assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), ["reference-circle"]);
}

#[test]
fn documents_are_known_by_what_they_call_themselves() {
    let root = "openapi: 3.2.0\n$self: https://ex.com/api/openapi.json\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n        '200': {description: ok, content: {application/json: {schema: {$ref: 'openapi.json#/components/schemas/X'}}}}\n        '201': {description: ok, content: {application/json: {schema: {$ref: 'b.yaml#/components/schemas/Y'}}}}\n        '202': {description: ok, content: {application/json: {schema: {$ref: '/shared/b#/components/schemas/Y'}}}}\ncomponents: {schemas: {X: {type: integer}}}\n";
    let other = "openapi: 3.2.0\n$self: https://ex.com/shared/b\ninfo: {title: t, version: '1'}\ncomponents: {schemas: {Y: {type: string}}}\n";
    let contract = load_with(root, &[("specs/b.yaml", other)]);
    for (response, kept) in contract.operations()[0].responses().iter().zip([1.into(), "s".into(), "s".into()]) {
        let schema = response.content[0].schema.clone().expect("a schema");
        assert!(contract.schema(&schema, Direction::Response).expect("it compiles").is_valid(&kept), "{kept}");
    }
}

#[test]
fn overlays_have_actions_and_each_once() {
    for (actions, code) in [
        ("[]", "no-actions"),
        ("[{target: $.info, update: {title: a}}, {target: $.info, update: {title: a}}]", "action-twice"),
    ] {
        let text = format!("overlay: 1.0.0\ninfo: {{title: o, version: '1'}}\nactions: {actions}\n");
        let document = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n";
        let overlaid = Parts { overlay: Some(Source::new("o.yaml", text)), ..parts(document) };
        let Err(faults) = Contract::load(overlaid, &Alone) else { panic!("{actions}") };
        assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), [code]);
    }
}
