//! Judging by the rules of the specification: statuses, headers, security, discriminators.

use super::*;

const RULES: &str = r"
openapi: 3.0.3
info: {title: Rules, version: '1'}
paths:
  /either: {get: {operationId: either, security: [{a: [], b: []}, {c: []}], responses: {'200': {description: ok}}}}
  /maybe: {get: {operationId: maybe, security: [{a: []}, {}], responses: {'200': {description: ok}}}}
  /nobody: {get: {operationId: nobody, security: [], responses: {'200': {description: ok}}}}
  /shown: {get: {operationId: shown, security: [{cert: []}], responses: {'200': {description: ok}}}}
  /status:
    get:
      operationId: status
      responses:
        '200': {description: exact, content: {application/json: {schema: {enum: [exact]}}}}
        2XX: {description: range, content: {application/json: {schema: {enum: [range]}}}}
        default: {description: others, content: {application/json: {schema: {enum: [default]}}}}
  /headers:
    get:
      operationId: headers
      responses:
        '200':
          description: ok
          headers:
            X-List: {schema: {type: array, items: {type: integer}}}
            X-Flat: {schema: {type: object, properties: {R: {type: integer}, G: {type: integer}}}}
            X-Pairs: {explode: true, schema: {type: object, properties: {R: {type: integer}}}}
            X-Json: {content: {application/json: {schema: {type: object, required: [a]}}}}
            X-When: {schema: {type: string, format: date-time}}
            Content-Type: {required: true, schema: {type: integer}}
  /discriminator:
    get:
      operationId: kinds
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  mapped:
                    oneOf: &kinds [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]
                    discriminator:
                      propertyName: kind
                      mapping: {feline: '#/components/schemas/Cat', canine: Dog}
                  plain: {oneOf: *kinds, discriminator: {propertyName: kind}}
                  any: {anyOf: *kinds, discriminator: {propertyName: kind}}
components:
  schemas:
    Cat: {type: object, required: [kind, claws], properties: {kind: {type: string}, claws: {type: integer}}}
    Dog: {type: object, required: [kind, barks, runs], properties: {kind: {type: string}, barks: {type: boolean}, runs: {type: boolean}}}
  securitySchemes:
    a: {type: apiKey, in: header, name: A}
    b: {type: apiKey, in: header, name: B}
    c: {type: apiKey, in: header, name: C}
    cert: {type: mutualTLS}
";

#[test]
fn security_alternatives_and_combinations() {
    let contract = load("rules", RULES, None);
    for (path, headers, expected) in [
        ("/either", [("A", "1"), ("B", "1")].as_slice(), vec![]),
        ("/either", &[("C", "1")], vec![]),
        (
            "/either",
            &[("A", "1")],
            vec![
                "request-security: `either` needs credentials: the header `B` is missing; or the header `C` is missing",
            ],
        ),
        ("/maybe", &[], vec![]),
        ("/nobody", &[], vec![]),
        ("/shown", &[], vec!["request-security? `cert` asks for a client certificate, which a request does not show"]),
    ] {
        let request = a_request("GET", path, headers, "");
        assert_eq!(told(&super::request(&contract, &request, path)), expected, "{path} {headers:?}");
    }
}

#[test]
fn the_exact_status_comes_before_its_range_and_that_before_the_default() {
    let contract = load("rules", RULES, None);
    for (status, said) in [(200, "exact"), (201, "range"), (299, "range"), (404, "default"), (500, "default")] {
        for body in ["exact", "range", "default"] {
            let found = answered(&contract, "status", &json_response(status, &json!(body))).findings;
            assert_eq!(found.is_empty(), body == said, "{status} {body} {found:?}");
        }
    }
}

#[test]
fn response_headers_are_read_in_their_style() {
    let contract = load("rules", RULES, None);
    for (name, intact, broken) in [
        ("X-List", "1, 2,3", "1, b"),
        ("X-Flat", "R,1,G,2", "R,1,G,b"),
        ("X-Flat", "R,1", "R,1,G"),
        ("X-Pairs", "R=1", "R=b"),
        ("X-Pairs", "R=1", "R"),
        ("X-Json", "{\"a\": 1}", "{}"),
        ("X-Json", "{\"a\": 1}", "{"),
        ("X-When", "2026-11-25T15:00:00Z", "today"),
    ] {
        for (text, count) in [(intact, 0), (broken, 1)] {
            let mut response = json_response(200, &json!(1));
            response.headers.append(name, text);
            let found = told(&answered(&contract, "headers", &response));
            assert_eq!(found.len(), count, "{name}: {text} {found:?}");
        }
    }
}

#[test]
fn the_discriminator_says_which_branch_was_meant() {
    let contract = load("rules", RULES, None);
    let claws = "must have the property `claws`, but it is missing (`Cat`";
    let barks = "must have the property `barks`, but it is missing (`Dog`";
    for (property, kind, expected) in [
        ("mapped", "feline", vec![claws]),
        ("mapped", "canine", vec![barks, "must have the property `runs`"]),
        // Names of schemas count beside a mapping too.
        ("mapped", "Cat", vec![claws]),
        ("plain", "Cat", vec![claws]),
        ("plain", "Dog", vec![barks, "must have the property `runs`"]),
        ("any", "Dog", vec![barks, "must have the property `runs`"]),
    ] {
        let mut body = json!({});
        body[property] = json!({"kind": kind});
        let found = told(&answered(&contract, "kinds", &json_response(200, &body)));
        assert_eq!(found.len(), expected.len(), "{property} {kind} {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{property} {kind} {found}");
        }
    }
}

/// Encoders of forms write `a,b` as `a%2Cb`: servers take both for two items.
#[test]
fn delimiters_may_be_percent_encoded() {
    let contract = load(
        "lists",
        "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a/{ids}:
    get:
      parameters:
        - {name: ids, in: path, required: true, schema: {type: array, items: {type: integer}}}
        - {name: csv, in: query, explode: false, schema: {type: array, items: {enum: [a, b, 'x,y']}}}
      responses: {'200': {description: ok}}
",
        None,
    );
    for (path, query, broken) in [
        ("/a/1,2", "csv=a,b", false),
        ("/a/1%2C2", "csv=a%2Cb", false),
        ("/a/1", "csv=x%2Cy", false),
        ("/a/1%2Cz", "", true),
        ("/a/1", "csv=a%2Cc", true),
    ] {
        let judged = request(&contract, &a_request("GET", &format!("{path}?{query}"), &[], ""), path);
        assert_eq!(!judged.findings.is_empty(), broken, "{path}?{query}: {judged:?}");
    }
}

/// A query is at large to an exploded object's members, but not what another parameter is called.
#[test]
fn an_exploded_object_takes_no_other_parameters_value() {
    let contract = load(
        "spread",
        "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a:
    get:
      parameters:
        - {name: sort, in: query, schema: {type: object, properties: {sent: {enum: [asc]}, made: {enum: [asc]}}}}
        - {name: sent, in: query, schema: {type: string, format: date}}
      responses: {'200': {description: ok}}
",
        None,
    );
    for (query, broken) in
        [("sent=2025-01-01", false), ("sent=2025-01-01&made=asc", false), ("made=desc", true), ("sent=asc", true)]
    {
        let judged = request(&contract, &a_request("GET", &format!("/a?{query}"), &[], ""), "/a");
        assert_eq!(!judged.findings.is_empty(), broken, "{query}: {judged:?}");
    }
}
