//! Impossible schemas, keywords without effect, and the structure of Swagger 2.0.

use super::{codes, look};

/// What is found in a schema that stands in a response.
fn in_schema(version: &str, schema: &str) -> Vec<&'static str> {
    let text = format!(
        "openapi: {version}\ninfo: {{title: a, version: '1'}}\npaths:\n  /a:\n    get:\n      responses: {{'200': {{description: d, content: {{application/json: {{schema: {schema}}}}}}}}}\n"
    );
    codes(&look(&text))
}

#[test]
fn certain_impossibilities() {
    for schema in [
        "{enum: []}",
        "{type: string, const: 5}",
        "{type: integer, minimum: 3, enum: [1, 2]}",
        "{type: string, pattern: '^a', enum: [b]}",
        "{type: string, format: date, enum: [x]}",
        "{type: array, minItems: 1, items: false}",
        "{type: integer, exclusiveMinimum: 1, exclusiveMaximum: 2}",
        "{type: integer, multipleOf: 5, minimum: 1, maximum: 4}",
        "{type: object, minProperties: 2, properties: {a: {}}, additionalProperties: false}",
        "{type: array, uniqueItems: true, minItems: 3, items: {enum: [a, b]}}",
        "{allOf: [{not: {type: string}}, {type: string}]}",
        "{oneOf: [{}, {}]}",
        "{oneOf: [{type: string}, {type: string}]}",
        "{allOf: [{type: object, required: [a], properties: {a: {type: string}}}, {properties: {a: {type: integer}}}]}",
    ] {
        assert_eq!(in_schema("3.1.0", schema), ["impossible-schema"], "{schema}");
    }
    for schema in [
        "{type: integer, minimum: 1.2, maximum: 2.5}",
        "{type: integer, exclusiveMinimum: 1, exclusiveMaximum: 3}",
        "{type: number, exclusiveMinimum: 1, exclusiveMaximum: 2}",
        "{type: integer, multipleOf: 0.5, minimum: 1, maximum: 1}",
        "{type: integer, const: 1.0}",
        "{type: integer, minimum: 2, enum: [1, 2]}",
        "{type: array, items: false}",
        "{multipleOf: 5, minimum: 1, maximum: 4}",
        "{type: object, minProperties: 2, properties: {a: {}}, patternProperties: {'^x': {}}, additionalProperties: false}",
        "{allOf: [{type: object, properties: {a: {type: string}}}, {properties: {a: {type: integer}}}]}",
        "{oneOf: [{type: string}, {}]}",
        "{allOf: [{not: {type: integer}}, {type: string}]}",
    ] {
        assert!(!in_schema("3.1.0", schema).contains(&"impossible-schema"), "{schema}");
    }
    assert_eq!(in_schema("3.0.3", "{type: string, nullable: true, minLength: 3, enum: [null]}"), [""; 0]);
}

#[test]
fn keywords_without_effect() {
    for (version, schema) in [
        ("3.0.3", "{type: string, nullable: true, enum: [a]}"),
        ("3.0.3", "{nullable: true}"),
        ("3.0.3", "{allOf: [{type: string}], nullable: true}"),
        ("3.0.3", "{type: string, minItems: 3}"),
        ("3.1.0", "{type: string, minimum: 3}"),
        ("3.1.0", "{type: array, items: {}, properties: {a: {}}}"),
        ("3.1.0", "{type: array, items: {}, minContains: 2}"),
        ("3.1.0", "{type: object, then: {required: [a]}}"),
    ] {
        assert_eq!(in_schema(version, schema), ["keyword-without-effect"], "{schema}");
    }
    for (version, schema) in [
        ("3.0.3", "{type: string, nullable: true, enum: [a, null]}"),
        ("3.0.3", "{type: string, nullable: true}"),
        ("3.1.0", "{type: [string, array], minItems: 3}"),
        ("3.1.0", "{minItems: 3, minimum: 1}"),
        ("3.1.0", "{type: integer, minimum: 3}"),
    ] {
        assert_eq!(in_schema(version, schema), [""; 0], "{schema}");
    }
}

#[test]
fn the_structure_of_swagger_two() {
    let root = |fields: &str| format!("swagger: '2.0'\ninfo: {{title: a, version: '1'}}\n{fields}\n");
    let operation = |fields: &str| {
        root(&format!("paths: {{/a: {{post: {{{fields}, responses: {{'200': {{description: d}}}}}}}}}}"))
    };
    let parameter = |fields: &str| operation(&format!("parameters: [{fields}]"));
    for (text, code) in [
        (parameter("{name: q, in: query}"), "missing-field"),
        (parameter("{name: q, in: query, type: string, schema: {type: string}}"), "field-not-in-version"),
        (parameter("{name: q, in: cookie, type: string}"), "wrong-type"),
        (parameter("{name: q, in: query, type: file}"), "wrong-type"),
        (parameter("{name: q, in: query, type: object}"), "wrong-type"),
        (parameter("{name: b, in: body, schema: {}}, {name: c, in: body, schema: {}}"), "exclusive-fields"),
        (parameter("{name: b, in: body, schema: {}}, {name: c, in: formData, type: string}"), "exclusive-fields"),
        (parameter("{name: b, in: body}"), "missing-field"),
        (operation("requestBody: {content: {}}"), "field-not-in-version"),
        (root("paths: {/a: {get: {responses: {'200': {description: d, content: {}}}}}}"), "field-not-in-version"),
        (root("paths: {}\ncomponents: {}"), "field-not-in-version"),
        (root("paths: {}\nschemes: [htp]"), "wrong-type"),
        (root("paths: {}\nhost: http://x/"), "wrong-type"),
        (root("paths: {}\nbasePath: x"), "wrong-type"),
        (root("paths: {}\nsecurityDefinitions: {a: {type: http, scheme: bearer}}"), "wrong-type"),
        (root("paths: {}\ndefinitions: {X: {oneOf: [{type: string}]}}"), "keyword-not-in-version"),
        (root("paths: {}\ndefinitions: {X: {type: string, nullable: true}}"), "keyword-not-in-version"),
        (root("paths: {/a: {trace: {responses: {'200': {description: d}}}}}"), "field-not-in-version"),
        (root("paths: {}\nopenapi: 3.0.3"), "exclusive-fields"),
    ] {
        let report = look(&text);
        assert!(codes(&report).contains(&code), "{text}\n{}", report.diagnostics);
    }
    let sound = root(
        "host: a.b:80\nbasePath: /v1\nschemes: [https]\npaths: {/a: {post: {consumes: [multipart/form-data], parameters: [{name: f, in: formData, type: file}, {name: q, in: query, type: array, items: {type: string}, collectionFormat: csv}], responses: {'200': {description: d, schema: {type: string}}}}}}\nsecurityDefinitions: {k: {type: apiKey, in: header, name: k}}\nsecurity: [{k: []}]",
    );
    let report = look(&sound);
    assert_eq!(codes(&report), [""; 0], "{}", report.diagnostics);
    let missing =
        look(&root("paths: {/a: {get: {responses: {'200': {description: d, schema: {$ref: '#/definitions/Nope'}}}}}}"));
    assert!(missing.diagnostics.to_string().contains("#/definitions/Nope"), "{}", missing.diagnostics);
}
