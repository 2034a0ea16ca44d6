//! A document with nothing wrong, and for each code a change that turns it on.

mod schemas;

use std::fmt::Write as _;

use super::*;
use crate::contract::Alone;

/// Nothing is found in it, read as 3.1.
const CLEAN: &str = r"openapi: 3.1.1
info: {title: Pets, version: '1', license: {name: MIT, identifier: MIT}}
servers:
  - url: https://{region}.example.com
    variables: {region: {default: eu, enum: [eu, us]}}
tags: [{name: pets}, {name: toys}]
security: [{key: []}]
paths:
  /pets:
    get:
      operationId: listPets
      tags: [pets]
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 50}, example: 7}
        - {name: X-Trace, in: header, schema: {type: string}}
      responses:
        '200':
          description: The pets
          headers: {X-Total: {schema: {type: integer}}}
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}
              example: [{id: 1, name: Rex, kind: dog}]
          links: {one: {operationId: getPet}}
        4XX: {description: Wrong}
    post:
      operationId: addPet
      tags: [pets]
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Pet'}}
          application/x-www-form-urlencoded:
            schema: {type: object, properties: {name: {type: string}}}
            encoding: {name: {contentType: text/plain}}
      responses: {'201': {description: Added}}
  /pets/{id}:
    get:
      operationId: getPet
      security: [{oauth: [read]}]
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {default: {description: One}}
components:
  securitySchemes:
    key: {type: apiKey, name: X-Key, in: header}
    oauth: {type: oauth2, flows: {implicit: {authorizationUrl: 'https://example.com/a', scopes: {read: Read}}}}
  schemas:
    Pet:
      type: object
      required: [id, name, kind]
      properties:
        id: {type: integer, format: int64}
        name: {type: string, pattern: '^[A-Z]'}
        kind: {type: string, enum: [cat, dog], default: cat}
        since: {type: string, format: date, readOnly: true, description: ISO 8601.}
        toy: {$ref: '#/components/schemas/Toy'}
    Toy:
      oneOf: [{$ref: '#/components/schemas/Ball'}, {$ref: '#/components/schemas/Bone'}]
      discriminator: {propertyName: shape, mapping: {round: '#/components/schemas/Ball', Bone: Bone}}
    Ball: {type: object, properties: {shape: {type: string}, size: {type: integer, minimum: 1, maximum: 3}}}
    Bone: {type: object, properties: {shape: {type: string}}}
";

fn look(text: &str) -> Report {
    lint(Source::new("pets.yaml", text), &Alone, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}"))
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.counts.iter().map(|(rule, _)| rule.code).collect()
}

/// What is replaced in [`CLEAN`], by what, and the codes that this turns on.
const CHANGES: &[(&str, &str, &[&str])] = &[
    ("title: Pets, ", "", &["missing-field"]),
    ("description: The pets\n", "summary: The pets\n", &["missing-field", "field-not-in-version"]),
    ("schema: {type: string}}\n      resp", "x-a: 1}\n      resp", &["missing-field"]),
    ("type: apiKey, name: X-Key,", "type: apiKey,", &["missing-field"]),
    ("implicit:", "password:", &["missing-field"]),
    ("title: Pets", "title: 5", &["wrong-type"]),
    ("in: query", "in: quer", &["wrong-type"]),
    ("type: apiKey", "type: apikey", &["wrong-type"]),
    ("minimum: 1, maximum: 50", "exclusiveMinimum: true", &["wrong-type"]),
    ("required: [id, name, kind]", "required: true", &["wrong-type"]),
    ("enum: [cat, dog]", "enum: cat", &["wrong-type"]),
    ("operationId: addPet", "operationID: addPet", &["unknown-field"]),
    ("maximum: 50", "maximim: 50", &["unknown-keyword"]),
    ("maximum: 50", "nullable: true", &["keyword-not-in-version"]),
    ("identifier: MIT", "identifier: MIT, url: 'https://x.example'", &["exclusive-fields"]),
    ("example: 7", "example: 7, examples: {a: {value: 7}}", &["exclusive-fields"]),
    ("operationId: getPet}", "operationId: getPet, operationRef: '#/paths/~1pets/get'}", &["exclusive-fields"]),
    ("title: Pets", "title: {$ref: './title.md'}", &["reference-not-allowed"]),
    (
        "default: {description: One}",
        "default: {$ref: '#/paths/~1pets/get/responses/4XX', headers: {}}",
        &["ignored-beside-reference"],
    ),
    ("'https://example.com/a'", "'https://exa mple.com/a'", &["invalid-url"]),
    ("    Bone: {", "    'Bo ne': {}\n    Bone: {", &["component-name", "unused-component"]),
    (
        "$ref: '#/components/schemas/Toy'",
        "$ref: '#/components/schemas/Tou'",
        &["unresolved-reference", "unused-component"],
    ),
    ("$ref: '#/components/schemas/Toy'", "$ref: 'toy.yaml'", &["document-missing", "unused-component"]),
    ("$ref: '#/components/schemas/Toy'", "$ref: 'https://h.example/toy'", &["reference-refused", "unused-component"]),
    (
        "    Bone: {type: object, properties: {shape: {type: string}}}",
        "    Bone: {$ref: '#/components/schemas/Bone'}",
        &["reference-circle"],
    ),
    (
        "    Bone: {type: object,",
        "    Bone: {allOf: [{$ref: '#/components/schemas/Bone'}], type: object,",
        &["reference-circle"],
    ),
    ("tags: [pets]\n      parameters", "tags: [pets]\n      tags: [pets]\n      parameters", &["duplicate-key"]),
    ("maximum: 50", "maximum: 050", &["leading-zero", "wrong-type"]),
    ("maximum: 50", "maximum: .inf", &["not-a-number", "wrong-type"]),
    ("  /pets/{id}:", "  pets/{id}:", &["path-syntax"]),
    ("  /pets/{id}:", "  /pets/{id:", &["path-syntax"]),
    ("  /pets:", "  /pets?all:", &["path-query"]),
    ("  /pets/{id}:", "  /pets/{key}: {}\n  /pets/{id}:", &["path-clash"]),
    ("name: id, in: path", "name: pet, in: path", &["path-parameter-undeclared", "path-parameter-unused"]),
    ("{default: eu,", "{default: asia,", &["server-variable"]),
    ("https://{region}.", "https://{zone}.", &["server-variable"]),
    ("operationId: addPet", "operationId: listPets", &["duplicate-operation-id"]),
    ("{name: toys}", "{name: pets}", &["duplicate-tag"]),
    ("tags: [pets]\n      requestBody", "tags: [birds]\n      requestBody", &["undeclared-tag"]),
    ("default: {description: One}", "'204': {description: One, content: {text/plain: {}}}", &["unexpected-body"]),
    ("operationId: getPet\n", "operationId: getPet\n      requestBody: {content: {}}\n", &["unexpected-body"]),
    ("{operationId: getPet}", "{operationId: getPe}", &["unknown-link-target"]),
    ("name: X-Trace, in: header", "name: limit, in: query", &["duplicate-parameter"]),
    ("name: X-Trace", "name: X Trace", &["parameter-name"]),
    ("X-Total:", "'X Total':", &["parameter-name"]),
    ("name: X-Trace", "name: Authorization", &["parameter-ignored"]),
    ("in: header, schema", "in: header, style: form, schema", &["parameter-style"]),
    ("in: header, schema", "in: header, allowReserved: true, schema", &["parameter-style"]),
    ("in: path, required: true", "in: path", &["parameter-required"]),
    ("in: header, schema: {type: string}", "in: header, content: {}", &["parameter-content"]),
    ("4XX:", "4xx:", &["status-key"]),
    ("{default: {description: One}}", "{}", &["no-responses"]),
    ("            application/json:\n", "            json:\n", &["media-type-key"]),
    ("encoding: {name:", "encoding: {nmae:", &["unknown-encoding"]),
    ("security: [{key", "security: [{kee", &["unknown-security-scheme", "unused-component"]),
    ("{oauth: [read]}", "{oauth: [write]}", &["unknown-scope"]),
    ("id: {type: integer,", "id: {type: intege,", &["unknown-type"]),
    ("pattern: '^[A-Z]'", "pattern: '^[A-Z'", &["invalid-pattern", "unusable-schema"]),
    ("format: int64", "format: int65", &["unknown-format"]),
    ("type: integer, format: int64", "type: boolean, format: int64", &["format-type", "example-breaks-schema"]),
    ("enum: [cat, dog]", "enum: [cat, dog, 7]", &["enum-type"]),
    ("enum: [cat, dog]", "enum: [cat, dog, dog]", &["duplicate-enum"]),
    ("readOnly: true", "readOnly: true, writeOnly: true", &["read-and-write-only"]),
    ("[id, name, kind]\n", "[id, name, kind, nmae]\n", &["undescribed-required", "example-breaks-schema"]),
    ("minimum: 1, maximum: 3", "minimum: 1, maxLength: 3", &["keyword-without-effect"]),
    ("minimum: 1, maximum: 3", "minimum: 4, maximum: 3", &["impossible-schema"]),
    ("minimum: 1, maximum: 3", "exclusiveMinimum: 3, maximum: 3", &["impossible-schema"]),
    ("minimum: 1, maximum: 3", "enum: [a]", &["impossible-schema"]),
    ("minimum: 1, maximum: 3", "allOf: [{type: string}]", &["impossible-schema"]),
    ("minimum: 1, maximum: 3", "const: 1, enum: [2]", &["impossible-schema"]),
    (
        "    Ball: {type: object,",
        "    Ball: {type: object, required: [a], additionalProperties: false,",
        &["impossible-schema"],
    ),
    (
        "    Ball: {type: object,",
        "    Ball: {type: object, required: [a, b], maxProperties: 1,",
        &["impossible-schema", "undescribed-required"],
    ),
    ("shape: {type: string}, size", "shape: {type: string}, b: {$ref: '#/components/schemas/Ball'}, size", &[]),
    (
        "{type: object, properties: {shape: {type: string}, size",
        "{type: object, required: [b], properties: {shape: {type: string}, b: {$ref: '#/components/schemas/Ball'}, size",
        &["impossible-schema"],
    ),
    ("mapping: {round: '#/components/schemas/Ball'", "mapping: {round: '#/components/schemas/Bal'", &["discriminator"]),
    ("propertyName: shape", "propertyName: form", &["discriminator"]),
    ("name: Rex", "name: rex", &["example-breaks-schema"]),
    ("example: 7", "example: 70", &["example-breaks-schema"]),
    ("default: cat", "default: cow", &["default-breaks-schema"]),
    ("    Bone: {", "    Unused: {}\n    Bone: {", &["unused-component"]),
    ("format: date, readOnly", "readOnly", &["prose-promise"]),
];

#[test]
fn nothing_is_found_in_a_clean_document() {
    let report = look(CLEAN);
    assert_eq!(codes(&report), [] as [&str; 0], "{}", report.diagnostics);
    assert_eq!((report.operations, report.files), (3, 1));
}

#[test]
fn each_change_turns_its_codes_on() {
    let mut wrong = String::new();
    for (from, to, expected) in CHANGES {
        assert_eq!(CLEAN.matches(from).count(), 1, "{from}");
        let report = look(&CLEAN.replace(from, to));
        let mut found = codes(&report);
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        if found != expected {
            let _ = writeln!(wrong, "{from} → {to}\n{found:?} instead of {expected:?}\n{}", report.diagnostics);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Whole documents for what the clean one has no place for: the text, and the codes.
const DOCUMENTS: &[(&str, &[&str])] = &[
    ("openapi: 3.1.0\ninfo: {title: a, version: '1'}\n", &["missing-field"]),
    ("openapi: 3.0.3\ninfo: {title: a, version: '1'}\n", &["missing-field"]),
    ("openapi: 3.1\ninfo: {title: a, version: '1'}\npaths: {}\n", &["wrong-type"]),
    (
        "swagger: '2.0'\ninfo: {title: a, version: '1'}\npaths: {/a: {get: {parameters: [{name: a, in: query, type: array, items: {type: string}, collectionFormat: tsv}], responses: {200: {description: ok}}}}}\n",
        &["collection-format-unjudged"],
    ),
    (
        "openapi: 3.1.0\njsonSchemaDialect: https://example.com/own\ninfo: {title: a, version: '1'}\npaths: {}\n",
        &["unknown-dialect"],
    ),
    ("openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}\n", &[]),
    ("openapi: 3.0.3\ninfo: {title: a, version: '1', summary: b}\npaths: {}\n", &["field-not-in-version"]),
    (
        "openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}\ncomponents: {schemas: {A: {type: array}}}\n",
        &["array-without-items"],
    ),
    (
        "openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}\ncomponents: {schemas: {A: {type: [string, 'null']}}}\n",
        &["unknown-type"],
    ),
    (
        "openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}\ncomponents: {schemas: {A: {const: 1}}}\n",
        &["keyword-not-in-version"],
    ),
    (
        "openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}\ncomponents: {schemas: {A: {exclusiveMinimum: 1}}}\n",
        &["wrong-type"],
    ),
    (
        "openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}\ncomponents: {schemas: {A: {}, B: {$ref: '#/components/schemas/A', nullable: true}}}\n",
        &["ignored-beside-reference"],
    ),
    (
        "openapi: 3.2.0\ninfo: {title: a, version: '1'}\ncomponents: {pathItems: {a: {query: {}, additionalOperations: {COPY: {}, post: {}}}}}\n",
        &["additional-operation"],
    ),
    (
        "openapi: 3.2.0\ninfo: {title: a, version: '1'}\ncomponents: {pathItems: {a: {parameters: [{name: q, in: querystring, content: {a/b: {}}}, {name: b, in: query, schema: {}}]}}}\n",
        &["querystring"],
    ),
    (
        "openapi: 3.2.0\ninfo: {title: a, version: '1'}\ncomponents: {mediaTypes: {a: {itemSchema: {type: string}, prefixEncoding: [{}], itemEncoding: {}}}}\n",
        &[],
    ),
    ("openapi: 3.1.0\ninfo: {title: a, version: '1'}\ncomponents: {schemas: {A: true, B: false, C: {not: {}}}}\n", &[]),
    ("openapi: 3.1.0\ninfo: {title: a, version: '1'}\ncomponents: {schemas: {A: null}}\n", &["wrong-type"]),
];

#[test]
fn each_document_has_its_codes() {
    for (text, expected) in DOCUMENTS {
        let report = look(text);
        assert_eq!(codes(&report), *expected, "{text}\n{}", report.diagnostics);
    }
}

#[test]
fn every_code_is_turned_on_by_a_test() {
    // Two thousand files are not made here.
    let elsewhere = ["too-many-documents"];
    let tested: Vec<&str> = CHANGES
        .iter()
        .flat_map(|(_, _, codes)| *codes)
        .chain(DOCUMENTS.iter().flat_map(|(_, codes)| *codes))
        .copied()
        .collect();
    for rule in RULES {
        assert!(tested.contains(&rule.code) || elsewhere.contains(&rule.code), "{} is never turned on", rule.code);
    }
}

#[test]
fn every_code_is_documented() {
    let page = include_str!("../../docs/lint.md");
    for rule in RULES {
        let row = format!("| `{}` | {} | {} |", rule.code, rule.severity.as_str(), rule.summary);
        assert!(page.contains(&row), "docs/lint.md lacks: {row}");
    }
}

#[test]
fn a_schema_that_multiplies_is_told_and_not_judged_by() {
    let mut many = String::new();
    for n in 0..40 {
        let next = format!("{{$ref: '#/components/schemas/S{}'}}", n + 1);
        let _ = writeln!(many, "    S{n}: {{oneOf: [{next}, {next}]}}");
    }
    let more = format!(
        "{many}    S40: {{type: string}}\n    Bone: {{example: 1, allOf: [{{$ref: '#/components/schemas/S0'}}],"
    );
    let report = look(&CLEAN.replace("    Bone: {", &more));
    assert!(codes(&report).contains(&"unusable-schema"), "{}", report.diagnostics);
}

#[test]
fn what_is_found_has_place_help_and_section() {
    let report = look(&CLEAN.replace("operationId: addPet", "operationID: addPet"));
    let expected = "\
error[unknown-field]: `operationID` is no field of an Operation Object
  --> pets.yaml:27:7
   |
27 |       operationID: addPet
   |       ^^^^^^^^^^^ not known here
   |
   = help: did you mean `operationId`?
   = note: https://spec.openapis.org/oas/v3.1.1.html#operation-object";
    assert_eq!(report.diagnostics.to_string(), expected);
}

#[test]
fn only_what_is_no_document_is_refused() {
    for (text, code) in [
        ("a: [", "not-yaml"),
        ("just text", "not-openapi"),
        ("openapi: 4.0.0", "unsupported-version"),
        ("info: {}", "not-openapi"),
    ] {
        let faults = lint(Source::new("a.yaml", text), &Alone, &Settings::default()).expect_err(text);
        assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), [code], "{text}");
    }
    assert!(look("openapi: 3.0.0\npaths: 5\ncomponents: []\ninfo: null\n").worst() == Some(Severity::Error));
}

#[test]
fn swagger_two_is_looked_at_where_it_stands() {
    let text = "swagger: '2.0'\ninfo: {title: a, version: '1'}\npaths:\n  /a/{id}:\n    get:\n      parameters:\n        - {name: b, in: body, schema: {type: strin}}\n        - {name: id, in: path, type: string}\n      responses: {200: {description: ok}}\n";
    let report = look(text);
    assert_eq!(codes(&report), ["unexpected-body", "parameter-required", "unknown-type"], "{}", report.diagnostics);
    let lines = report.diagnostics.iter().map(|found| found.labels[0].source.position(found.labels[0].span.start).line);
    assert_eq!(lines.collect::<Vec<_>>(), [7, 7, 8], "{}", report.diagnostics);
}

#[test]
fn levels_change_severities_and_turn_codes_off() {
    let text = CLEAN.replace("    Bone: {", "    Unused: {}\n    Bone: {");
    let with = |severity| Settings { levels: Levels::from([("unused-component".to_owned(), severity)]), overlay: None };
    let worst = |severity| {
        let report = lint(Source::new("a.yaml", text.as_str()), &Alone, &with(severity)).expect("a document");
        (report.worst(), report.counts.len())
    };
    assert_eq!(worst(Some(Severity::Error)), (Some(Severity::Error), 1));
    assert_eq!(worst(None), (None, 0));
}

#[test]
fn keys_that_stand_twice_in_json_are_told() {
    let text = r#"{"openapi": "3.1.0", "info": {"title": "a", "title": "b", "version": "1"}, "paths": {}}"#;
    let report = lint(Source::new("a.json", text), &Alone, &Settings::default()).expect("a document");
    assert_eq!(codes(&report), ["duplicate-key"]);
    assert!(report.diagnostics.to_string().contains("a.json:1:45"), "{}", report.diagnostics);
}

#[test]
fn formats_say_the_same() {
    let report = look(&CLEAN.replace("name: Rex", "name: rex"));
    let parse = |text: &str| -> serde_json::Value { serde_json::from_str(text).expect("JSON") };
    let written = parse(&json(std::slice::from_ref(&report)));
    let found = &written["documents"][0]["diagnostics"][0];
    assert_eq!(
        (&found["code"], &found["line"], &found["column"]),
        (&"example-breaks-schema".into(), &23.into(), &33.into())
    );
    let log = parse(&sarif(std::slice::from_ref(&report)));
    crate::source::assert_sound(&sarif(std::slice::from_ref(&report)));
    let result = &log["runs"][0]["results"][0];
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&23.into(), &33.into()));
    let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][index]["id"], "example-breaks-schema");
    let line = github(&report, None);
    assert!(line.starts_with("::warning file=pets.yaml,line=23,endLine=23,col=33,"), "{line}");
}

#[test]
fn of_one_code_only_some_are_shown() {
    let many: String = (0..30).fold(String::new(), |all, n| all + "    U" + &n.to_string() + ": {}\n");
    let report = look(&CLEAN.replace("    Bone: {", &format!("{many}    Bone: {{")));
    let shown = text(&report, Most { of_a_code: Some(20), from: Severity::Hint }, crate::source::Style::Plain);
    assert_eq!(shown.matches("warning[unused-component]").count(), 20);
    assert!(shown.contains("10 more of unused-component"), "{shown}");
    assert!(shown.ends_with("pets.yaml: 3 operations: 30 warnings\n"), "{shown}");
}

/// Looks at a document, with an overlay.
fn overlaid(text: &str, overlay: Option<&str>) -> Report {
    let overlay = overlay.map(|text| Source::new("fix.overlay.yaml", text));
    let settings = Settings { overlay, ..Settings::default() };
    lint(Source::new("api.yaml", text), &Alone, &settings).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn the_overlay_of_fixes_takes_away_what_it_is_for() {
    const TEXT: &str = r"openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /pets/{id}/{o'k}:
    parameters: [{name: id, in: path, schema: {type: string}}]
    get:
      parameters:
        - {name: since, in: query, description: An RFC 3339 time., schema: {type: string}}
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  'a b': {type: string, description: 'At most 64 characters, starts with `x-`.'}
                  n: {type: integer, description: Must be between 1 and 50.}
                  t: {type: array, items: {}, description: Tags are always sorted. At most 5. No duplicates.}
                  k: {type: string, description: 'Valid values are `a`, `b`.'}
                  q: {type: string, description: 'It must match what was agreed.'}
components: {schemas: {Alone: {type: string, description: A UUID.}}}
";
    let codes = |report: &Report| -> Vec<(&'static str, usize)> {
        report.counts.iter().map(|(rule, count)| (rule.code, *count)).collect()
    };
    let before = overlaid(TEXT, None);
    let expected =
        [("path-parameter-undeclared", 1), ("parameter-required", 1), ("unused-component", 1), ("prose-promise", 7)];
    assert_eq!(codes(&before), expected);
    let text = overlay(&before).expect("something is proposed");
    let after = overlaid(TEXT, Some(&text));
    // What only a person can tell is left, as a comment.
    assert_eq!(codes(&after), [("prose-promise", 1)], "{text}\n{:?}", after.diagnostics);
    assert!(text.contains("  # - target: \"$['paths']['/pets/{id}/{o\\\\'k}']"), "{text}");
    assert!(text.contains("  #   update: {\"pattern\": …}"), "{text}");
    assert!(!text.contains("uuid"), "what is removed is not updated: {text}");
    assert_eq!(overlay(&after), None, "nothing but comments is no overlay");
}

#[test]
fn slips_with_one_remedy_are_taken_away() {
    let thirty = r"openapi: 3.0.3
info: {title: t, version: '1', descripton: d}
tags: [{name: dogs}, {name: b}, {name: dogs}]
paths:
  /pets:
    get:
      operationID: pets
      tags: [dogs, cats]
      summary: null
      responses:
        '200': {content: {application/json: {schema: {type: array}, example: 7}}}
        '404': {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
components:
  schemas:
    Pet:
      type: object
      properties:
        kind: {type: strng, enum: [x, y, x, y, x]}
        at: {type: string, format: dateTime}
        one: {type: string, const: v}
      example: {kind: 1}
";
    let newer = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\ncomponents: {schemas: {A: {type: string, nullable: true, examples: [1, a, 2]}}}\n";
    for text in [thirty, newer] {
        let before = overlaid(text, None);
        let fix = overlay(&before).expect("something is proposed");
        let after = overlaid(text, Some(&fix));
        assert_eq!(after.counts.len(), 0, "{fix}\n{}", after.diagnostics);
    }
    let fix = overlay(&overlaid(thirty, None)).expect("something is proposed");
    for line in [
        r#"{"description":"Not Found"}"#,
        r#"{"operationId":"pets"}"#,
        r#"{"tags":[{"name":"cats"}]}"#,
        r#"{"format":"date-time"}"#,
        r#"{"enum":["v"]}"#,
    ] {
        assert!(fix.contains(&format!("update: {line}")), "{line}: {fix}");
    }
}

#[test]
fn severities_from_a_file() {
    let schema: serde_json::Value = serde_json::from_str(CONFIG_SCHEMA).expect("JSON");
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    for (text, codes) in [
        ("rules: {unused-component: off, prose-promise: error}", &[][..]),
        ("rules: {}\nx-why: ours", &[]),
        ("rules: {unused-componet: off}", &["unknown-code"]),
        ("rules: {unused-component: of}", &["unknown-value"]),
        ("rules: {unused-component: 0}", &["wrong-type"]),
        ("rule: {}", &["missing-key", "unknown-key"]),
        ("[]", &["wrong-type"]),
    ] {
        let source = Source::new("countersign-lint.yaml", text);
        let found = config(&source).err().unwrap_or_default();
        assert_eq!(found.iter().map(|fault| fault.code).collect::<Vec<_>>(), codes, "{text}");
        let (value, _) = crate::source::read(&source, &crate::source::Limits::default());
        assert_eq!(schema.is_valid(&value.expect("YAML")), codes.is_empty(), "{text}");
    }
    let codes = RULES.iter().map(|rule| serde_json::json!(rule.code)).collect::<Vec<_>>();
    let schema: serde_json::Value = serde_json::from_str(CONFIG_SCHEMA).expect("JSON");
    assert_eq!(schema.pointer("/properties/rules/propertyNames/enum"), Some(&codes.into()));
}
