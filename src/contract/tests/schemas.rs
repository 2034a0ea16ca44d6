use serde_json::json;

use super::*;

/// `schema-pointer: message` of each violation.
fn violations(contract: &Contract, name: &str, direction: Direction, value: &Value) -> Vec<String> {
    let schema = contract.schema(&schema_of(name), direction).expect("a schema that compiles");
    let violations = schema.violations(value);
    assert_eq!(violations.is_empty(), schema.is_valid(value));
    if violations.is_empty() {
        return Vec::new();
    }
    // The way of explaining what is too large for the other way comes to the same.
    let places = |all: &[Violation]| {
        let all = all.iter().map(|one| (one.instance.clone(), one.schema.clone(), one.keyword.clone(), one.gave_up));
        all.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(places(&schema.walked(value)), places(&violations), "{name} {value:.200}");
    violations.into_iter().map(|violation| format!("{}: {}", violation.schema, violation.message)).collect()
}

#[test]
fn directions_decide_what_is_required() {
    let contract = with_schemas(
        "3.0.3",
        &json!({
            "Base": {"type": "object", "properties": {"id": {"$ref": "#/components/schemas/Id"}}},
            "Id": {"type": "integer", "readOnly": true},
            "Pet": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["id", "name"],
                "properties": {"name": {"type": "string"}}}], "required": ["id"]},
            "User": {"required": ["password", "id"], "properties": {
                "password": {"type": "string", "writeOnly": true},
                "id": {"allOf": [{"$ref": "#/components/schemas/Id"}]}}},
        }),
    );
    for (name, direction, value, expected) in [
        ("Pet", Direction::Request, json!({"name": "x"}), vec![]),
        (
            "Pet",
            Direction::Request,
            json!({"id": 1}),
            vec![
                "/components/schemas/Pet/allOf/1/required/1: the value must have the property `name`, but it is missing",
            ],
        ),
        (
            "Pet",
            Direction::Response,
            json!({"name": "x"}),
            vec![
                "/components/schemas/Pet/allOf/1/required/0: the value must have the property `id`, but it is missing",
                "/components/schemas/Pet/required/0: the value must have the property `id`, but it is missing",
            ],
        ),
        ("User", Direction::Request, json!({"password": "x"}), vec![]),
        ("User", Direction::Response, json!({"id": 1}), vec![]),
        (
            "User",
            Direction::Response,
            json!({}),
            vec!["/components/schemas/User/required/1: the value must have the property `id`, but it is missing"],
        ),
    ] {
        let mut found = violations(&contract, name, direction, &value);
        found.sort();
        assert_eq!(found, expected, "{name} {direction:?} {value}");
    }
}

#[test]
fn required_is_lifted_wherever_it_stands() {
    let to = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let schemas = json!({
        "Needs": {"required": ["id", "name"], "properties": {"next": to("Needs")}},
        "Has": {"properties": {"id": {"type": "integer", "readOnly": true}, "secret": {"writeOnly": true}}},
        "Beside": {"allOf": [to("Needs"), to("Has")]},
        "Deep": {"allOf": [{"allOf": [to("Has")]}, {"allOf": [to("Beside")]}, {"properties": {"kind": {"type": "string"}}}]},
        "Any": {"allOf": [to("Has")], "anyOf": [{"required": ["id"]}, {"required": ["secret"]}]},
        "One": {"allOf": [to("Has")], "oneOf": [{"required": ["id"]}, {"required": ["name"]}]},
        "Both": {"allOf": [to("Has")], "oneOf": [{"required": ["id", "a"]}, {"required": ["id", "b"]}]},
        "Not": {"allOf": [to("Has")], "not": {"required": ["id"]}},
        "Inner": {"properties": {"pet": to("Beside"), "plain": to("Needs")}},
    });
    for version in ["3.0.3", "3.1.0"] {
        let contract = with_schemas(version, &schemas);
        let name = "/components/schemas/Needs/required/1: the value must have the property `name`, but it is missing";
        for (schema, value, expected) in [
            ("Beside", json!({"name": "x"}), vec![]),
            ("Beside", json!({}), vec![name]),
            ("Deep", json!({"name": "x", "kind": "y"}), vec![]),
            ("Deep", json!({}), vec![name]),
            ("Any", json!({}), vec![]),
            ("One", json!({"name": "x"}), vec![]),
            ("Both", json!({"a": 1}), vec![]),
            ("Not", json!({}), vec![]),
            ("Inner", json!({"pet": {"name": "x"}}), vec![]),
            // Where it is not one-way it is still required.
            (
                "Inner",
                json!({"plain": {"name": "x"}}),
                vec!["/components/schemas/Needs/required/0: `/plain` must have the property `id`, but it is missing"],
            ),
            // What it lifts is the property's own, not that of a value within.
            (
                "Beside",
                json!({"name": "x", "next": {"name": "y"}}),
                vec!["/components/schemas/Needs/required/0: `/next` must have the property `id`, but it is missing"],
            ),
        ] {
            let mut found = violations(&contract, schema, Direction::Request, &value);
            found.sort();
            found.dedup();
            assert_eq!(found, expected, "{version} {schema} {value}");
        }
        let found = violations(&contract, "Beside", Direction::Response, &json!({"name": "x"}));
        assert_eq!(
            found,
            ["/components/schemas/Needs/required/0: the value must have the property `id`, but it is missing"]
        );
        assert!(!violations(&contract, "One", Direction::Request, &json!({})).is_empty(), "{version}");
    }
    // What stands beside a reference counts in 3.1.
    let schemas = json!({"Needs": {"required": ["id", "name"]},
        "Beside": {"$ref": "#/components/schemas/Needs", "properties": {"id": {"readOnly": true}}}});
    let contract = with_schemas("3.1.0", &schemas);
    assert_eq!(
        violations(&contract, "Beside", Direction::Request, &json!({})),
        ["/components/schemas/Needs/required/1: the value must have the property `name`, but it is missing"]
    );
}

#[test]
fn by_a_type_that_is_none_nothing_is_judged() {
    let schemas = json!({"Pet": {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "strng"}, "age": {"type": "integer"},
        "any": {"anyOf": [{"type": "numbr"}, {"type": "boolean"}]}}}});
    for version in ["3.0.3", "3.1.0"] {
        let contract = with_schemas(version, &schemas);
        let schema = contract.schema(&schema_of("Pet"), Direction::Response).expect("a schema that compiles");
        let told = |value: &Value| -> Vec<(bool, String, String)> {
            let told = |found: Violation| (found.gave_up, found.schema.to_string(), found.message);
            schema.violations(value).into_iter().map(told).collect()
        };
        let at = "/components/schemas/Pet/properties/name/type".to_owned();
        let undecided = (true, at, "`/name` must be of its type, but the `type` of its schema is none".to_owned());
        assert_eq!(told(&json!({"name": 1})), std::slice::from_ref(&undecided));
        let found = told(&json!({"name": 1, "age": "x"}));
        assert!(found.contains(&undecided) && found.iter().any(|found| !found.0), "{found:#?}");
        let mut any = told(&json!({"name": "x", "any": "y"}));
        any.retain(|found| found.2.starts_with("`/any`"));
        assert!(any.len() == 1 && any[0].0, "{any:#?}");
        let mut any = schema.walked(&json!({"name": "x", "any": "y"}));
        any.retain(|found| found.instance.as_str() == "/any");
        assert!(any.len() == 1 && any[0].gave_up, "{any:#?}");
    }
}

#[test]
fn messages_say_what_was_expected_and_found() {
    let long = "x".repeat(200);
    let contract = with_schemas(
        "3.1.0",
        &json!({
            "type": {"type": ["string", "null"]},
            "const": {"const": 1},
            "enum": {"enum": ["a", 2, null]},
            "least": {"minimum": 1, "exclusiveMaximum": 5, "multipleOf": 2},
            "length": {"minLength": 2, "maxLength": 3, "pattern": "^a"},
            "format": {"format": "date-time"},
            "items": {"minItems": 1, "maxItems": 2, "uniqueItems": true, "contains": {"const": 1}},
            "properties": {"additionalProperties": false, "properties": {"a": {}}, "minProperties": 1},
            "names": {"propertyNames": {"pattern": "^a"}},
            "not": {"not": {"type": "string"}},
            "false": {"properties": {"a": false}},
            "one": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "two": {"oneOf": [{"type": "number"}, {"type": "integer"}]},
            "near": {"anyOf": [{"type": "object", "required": ["a", "b"]}, {"type": "object", "required": ["c"]}]},
            "int32": {"type": "integer", "format": "int32"},
            "dependent": {"dependentRequired": {"a": ["b"]}},
            "older": {"dependencies": {"a": ["b"], "c": {"required": ["d"]}}},
            "line": {"pattern": "^.[^]$"},
            "counted": {"pattern": "^.{1,65535}$"},
        }),
    );
    for (name, value, expected) in [
        ("type", json!(1), "must be null or a string, but is 1"),
        ("const", json!("1"), "must be 1, but is \"1\""),
        ("enum", json!("b"), "must be one of \"a\", 2, null, but is \"b\""),
        ("least", json!(0), "must be at least 1, but is 0"),
        ("least", json!(6), "must be less than 5, but is 6"),
        ("least", json!(3), "must be a multiple of 2, but is 3"),
        ("length", json!("a"), "must have at least 2 characters, but has 1 character"),
        ("length", json!("abcd"), "must have at most 3 characters, but has 4 characters"),
        ("length", json!("bcd"), "must match `^a`, but is \"bcd\""),
        ("format", json!("yesterday"), "must be a valid `date-time`, but is \"yesterday\""),
        ("items", json!([1, 1]), "must have no item twice, but has 1 twice"),
        ("items", json!([2]), "must have an item that matches `contains`, but has none"),
        ("properties", json!({"a": 1, "b": 2}), "must have no other properties, but has `b`"),
        ("properties", json!({}), "must have at least 1 property, but has 0 properties"),
        ("names", json!({"b": 1}), "must have names that match `^a`, but has \"b\""),
        ("not", json!("x"), "must not match `not`, but is \"x\""),
        (
            "one",
            json!(null),
            "must match exactly one of 2 schemas, but matches none (it must be a string; or it must be an integer) and is null",
        ),
        ("two", json!(1), "must match exactly one of 2 schemas, but matches number 1 and 2"),
        ("near", json!({"c": 1, "a": 1}), ""),
        ("near", json!({"x": 1}), "must have the property `c`, but it is missing (branch 2 of `anyOf`)"),
        ("int32", json!(3_000_000_000_u64), "must be at most 2147483647, but is 3000000000"),
        ("older", json!({"c": 1, "d": 1}), ""),
        ("older", json!({"c": 1}), "must have the property `d`, but it is missing"),
        ("line", json!("a\n"), ""),
        ("line", json!("\rb"), "must match `^.[^]$`, but is \"\\rb\""),
        ("counted", json!("a"), ""),
        ("counted", json!(""), "must have at least 1 character, but has 0 characters"),
        ("const", json!(long), &format!("must be 1, but is \"{}…", "x".repeat(79))),
    ] {
        let found = violations(&contract, name, Direction::Request, &value);
        let expected: Vec<&str> = if expected.is_empty() { vec![] } else { vec![expected] };
        let found: Vec<&str> = found.iter().map(|text| text.split_once("the value ").expect("a subject").1).collect();
        assert_eq!(found, expected, "{name} {value}");
    }
    assert_eq!(
        violations(&contract, "false", Direction::Request, &json!({"a": 1})),
        ["/components/schemas/false/properties/a: `/a` must not be there, but is 1"]
    );
    assert_eq!(
        violations(&contract, "int32", Direction::Request, &json!(3_000_000_000_u64))[0].split(':').next(),
        Some("/components/schemas/int32/format")
    );
    assert!(violations(&contract, "dependent", Direction::Request, &json!({"a": 1}))[0].contains('b'));
}

#[test]
fn three_zero_is_judged_by_its_own_rules() {
    let contract = with_schemas(
        "3.0.1",
        &json!({
            "Pet": {"type": "object", "properties": {
                "owner": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/Owner"}]},
                "colour": {"type": "string", "nullable": true, "enum": ["red"]},
                "size": {"type": "string", "nullable": true, "enum": ["big", null]},
                "later": {"const": 1, "type": ["string"], "contains": {}, "if": true, "then": false},
                "age": {"type": "integer", "minimum": 0, "exclusiveMinimum": true, "nullable": true},
                "photo": {"type": "string", "format": "binary"},
                "note": {"$ref": "#/components/schemas/Owner", "nullable": true}}},
            "Owner": {"type": "object", "required": ["name"]},
            "Deep": {"$ref": "#/components/schemas/Pet/properties/owner/allOf/0"},
        }),
    );
    for (name, value, expected) in [
        ("Pet", json!({"size": null, "age": null, "photo": "\u{0}", "later": [2]}), vec![]),
        // `nullable` speaks to the `type` beside it alone (3.0.3).
        (
            "Pet",
            json!({"owner": null}),
            vec!["/components/schemas/Owner/type: `/owner` must be an object, but is null"],
        ),
        (
            "Pet",
            json!({"colour": null}),
            vec!["/components/schemas/Pet/properties/colour/enum: `/colour` must be \"red\", but is null"],
        ),
        (
            "Pet",
            json!({"owner": {}}),
            vec!["/components/schemas/Owner/required/0: `/owner` must have the property `name`, but it is missing"],
        ),
        (
            "Pet",
            json!({"age": 0}),
            vec!["/components/schemas/Pet/properties/age/exclusiveMinimum: `/age` must be more than 0, but is 0"],
        ),
        ("Pet", json!({"note": null}), vec!["/components/schemas/Owner/type: `/note` must be an object, but is null"]),
        (
            "Deep",
            json!({}),
            vec!["/components/schemas/Owner/required/0: the value must have the property `name`, but it is missing"],
        ),
    ] {
        assert_eq!(violations(&contract, name, Direction::Response, &value), expected, "{name} {value}");
    }
}

#[test]
fn schemas_that_contain_themselves_are_judged() {
    let contract = with_schemas(
        "3.1.0",
        &json!({
            "Tree": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}},
            "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}], "type": "string"},
            "Either": {"anyOf": [{"$ref": "#/components/schemas/Either"}, {"type": "string"}]},
        }),
    );
    let deep = json!({"children": [{"children": [{"children": 1}]}]});
    assert_eq!(
        violations(&contract, "Tree", Direction::Response, &deep),
        [
            "/components/schemas/Tree/properties/children/type: `/children/0/children/0/children` must be an array, but is 1"
        ]
    );
    assert_eq!(violations(&contract, "Loop", Direction::Response, &json!("x")), [] as [&str; 0]);
    assert!(!violations(&contract, "Loop", Direction::Response, &json!(1)).is_empty());
    assert_eq!(violations(&contract, "Either", Direction::Response, &json!("x")), [] as [&str; 0]);
}

#[test]
fn schemas_that_multiply_neither_hang_nor_grow() {
    // Each doubles the next: 2^40 when written out.
    let schemas: serde_json::Map<String, Value> = (0..40)
        .map(|n| {
            let next = json!({"$ref": format!("#/components/schemas/S{}", n + 1)});
            (format!("S{n}"), json!({"allOf": [{"properties": {"a": next}}, {"properties": {"b": next}}]}))
        })
        .chain([("S40".to_owned(), json!({"type": "string"}))])
        .collect();
    let contract = with_schemas("3.1.0", &Value::Object(schemas));
    let found = violations(&contract, "S0", Direction::Response, &json!({"a": {"b": {"a": 1}}}));
    assert!(found.is_empty());
    assert!(contract.shape(&schema_of("S0")).takes_object());
}

#[test]
fn own_schemas_reach_into_the_contract() {
    let contract = with_schemas(
        "3.0.3",
        &json!({"Pet": {"type": "object", "properties": {"a": {"type": "string", "nullable": true}}}}),
    );
    let own = json!({"$defs": {"x": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}}, "$ref": "#/$defs/x", "minItems": 1});
    let schema = contract.compile(&own).expect("a schema that compiles");
    assert!(schema.is_valid(&json!([{"a": null}])));
    let found = schema.violations(&json!([{"a": 1}]));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].document, found[0].schema.as_str()), (Some(0), "/components/schemas/Pet/properties/a/type"));
    let found = schema.violations(&json!([]));
    assert_eq!((found[0].document, found[0].schema.as_str()), (None, "/minItems"));
    assert!(contract.compile(&json!({"$ref": "#/components/schemas/Nothing"})).is_err());
    assert!(contract.compile(&json!({"pattern": "("})).is_err());
}

#[test]
fn anchors_and_identifiers_are_references_too() {
    let contract = with_schemas(
        "3.1.0",
        &json!({
            "Owner": {"$anchor": "owner", "type": "object", "required": ["name"]},
            "Pet": {"properties": {"owner": {"$ref": "#owner"}, "tree": {"$ref": "tree.json"}}},
            "Tree": {"$id": "https://example.com/schemas/tree.json", "type": "object",
                "properties": {"next": {"$ref": "#/$defs/next"}, "again": {"$ref": "tree.json"}},
                "$defs": {"next": {"type": "integer"}}},
            "List": {"$dynamicAnchor": "node", "type": "object", "properties": {"next": {"$dynamicRef": "#node"}}},
        }),
    );
    for (name, value, expected) in [
        ("Pet", json!({"owner": {}}), "/components/schemas/Owner/required/0"),
        ("Pet", json!({"tree": {"next": "x"}}), "/components/schemas/Tree/$defs/next/type"),
        ("Tree", json!({"again": {"again": 1}}), "/components/schemas/Tree/type"),
        ("List", json!({"next": {"next": 1}}), "/components/schemas/List/type"),
    ] {
        let found = violations(&contract, name, Direction::Response, &value);
        assert_eq!(found.iter().filter_map(|text| text.split(':').next()).collect::<Vec<_>>(), [expected], "{name}");
    }
}

#[test]
fn normalised_values_can_be_walked() {
    let contract = with_schemas(
        "3.0.3",
        &json!({"Pet": {"type": "string", "nullable": true}, "Alias": {"$ref": "#/components/schemas/Pet"}}),
    );
    let schema = schema_of("Alias");
    assert_eq!(contract.schema_value(&schema), &json!({"type": ["string", "null"]}));
    assert_eq!(contract.resolve_ref("#/components/schemas/Pet", &schema), Some(&json!({"type": ["string", "null"]})));
    assert_eq!(contract.resolve_ref("#/components/schemas/Nothing", &schema), None);
}

#[test]
fn slips_of_generators_do_not_stop_a_schema() {
    let contract = with_schemas(
        "3.0.3",
        &json!({"Pet": {"type": "object", "required": true, "properties": {
            "a": {"type": "string", "required": true, "maxLength": "3", "pattern": null, "enum": null},
            "b": null, "c": {}, "d": {"type": "array", "items": [{"type": "string"}, {"type": "integer"}]},
            "e": {"type": "number", "exclusiveMinimum": true}, "f": {"allOf": []}, "g": {"minLength": -1}}}}),
    );
    let intact = json!({"a": "abcdef", "b": 1, "c": 2, "d": ["x", 1], "e": 1, "f": 3, "g": ""});
    assert_eq!(violations(&contract, "Pet", Direction::Response, &intact), [] as [&str; 0]);
    // The form of lists with a schema for each place is none of OpenAPI 3.0.
    assert_eq!(violations(&contract, "Pet", Direction::Response, &json!({"d": [1, 1]})), [] as [&str; 0]);
    let tuple = json!({"d": {"items": [{"type": "string"}, {"type": "integer"}], "additionalItems": false}});
    let contract = with_schemas("3.1.0", &tuple);
    assert_eq!(
        violations(&contract, "d", Direction::Response, &json!([1, 1])),
        ["/components/schemas/d/items/0/type: `/0` must be a string, but is 1"]
    );
}

#[test]
fn what_stands_beside_a_reference_counts_in_three_one() {
    let schemas = json!({"Text": {"type": "string"}, "Short": {"$ref": "#/components/schemas/Text", "maxLength": 1}});
    for (version, expected) in [("3.1.0", 1), ("3.0.3", 0)] {
        let contract = with_schemas(version, &schemas);
        assert_eq!(violations(&contract, "Short", Direction::Request, &json!("ab")).len(), expected, "{version}");
        let walked = contract.schema_value(&schema_of("Short")).get("maxLength").is_some();
        assert_eq!(walked, expected == 1, "{version}");
    }
}

#[test]
fn formats_are_asserted_unless_they_only_annotate() {
    let schemas = json!({"When": {"type": "string", "format": "date-time"}, "Id": {"type": "integer", "format": "int32"},
        "Bytes": {"type": "string", "format": "byte"}, "Least": {"format": "int32", "minimum": 1}});
    for (formats, kept) in [(Formats::Assert, false), (Formats::Annotate, true)] {
        let contract = with_schemas("3.0.3", &schemas);
        contract.set_formats(formats);
        for (name, value) in [("When", json!("soon")), ("Id", json!(3_000_000_000_u64)), ("Bytes", json!("%"))] {
            let found = violations(&contract, name, Direction::Response, &value);
            assert_eq!(found.is_empty(), kept, "{formats:?} {name}");
            let own = json!({"$ref": format!("#/components/schemas/{name}")});
            assert_eq!(contract.compile(&own).expect("a schema").is_valid(&value), kept, "{formats:?} {name}");
        }
        assert!(!violations(&contract, "Least", Direction::Response, &json!(0)).is_empty());
    }
}

/// The example of OpenAPI 3.1.1, "Generic (Template) Data Structures".
#[test]
fn dynamic_references_follow_the_outermost_anchor() {
    let contract = with_schemas(
        "3.1.1",
        &json!({
            "Generic": {"$id": "fully_generic_array", "type": "array", "items": {"$dynamicRef": "#generic-array"},
                "$defs": {"allowAll": {"$dynamicAnchor": "generic-array"}}},
            "Numbers": {"$id": "array_of_numbers", "$ref": "fully_generic_array",
                "$defs": {"numbersOnly": {"$dynamicAnchor": "generic-array", "type": "number"}}},
            "Texts": {"$id": "array_of_strings", "$ref": "fully_generic_array",
                "$defs": {"stringsOnly": {"$dynamicAnchor": "generic-array", "$ref": "#/components/schemas/Text"}}},
            "Text": {"type": "string", "minLength": 2},
            "Holder": {"properties": {"n": {"$ref": "#/components/schemas/Numbers"}, "t": {"$ref": "array_of_strings"}}},
            "Tree": {"$id": "tree", "$dynamicAnchor": "node", "type": "object",
                "properties": {"below": {"type": "array", "items": {"$dynamicRef": "#node"}}}},
            "Strict": {"$id": "strict-tree", "$dynamicAnchor": "node", "$ref": "tree", "unevaluatedProperties": false},
        }),
    );
    for (name, value, expected) in [
        ("Generic", json!([1, "x"]), None),
        ("Numbers", json!([1, 2]), None),
        ("Numbers", json!([1, "x"]), Some("/components/schemas/Numbers/$defs/numbersOnly/type: `/1` must be a number")),
        ("Texts", json!(["ab"]), None),
        ("Texts", json!([1]), Some("/components/schemas/Text/type: `/0` must be a string")),
        ("Texts", json!(["a"]), Some("/components/schemas/Text/minLength: `/0` must have at least 2 characters")),
        ("Holder", json!({"n": [1], "t": ["ab"]}), None),
        (
            "Holder",
            json!({"n": ["x"]}),
            Some("/components/schemas/Numbers/$defs/numbersOnly/type: `/n/0` must be a number"),
        ),
        ("Tree", json!({"below": [{"x": 1}]}), None),
        ("Strict", json!({"below": [{"below": []}]}), None),
        (
            "Strict",
            json!({"below": [{"x": 1}]}),
            Some("/components/schemas/Strict/unevaluatedProperties: `/below/0` must have no other properties"),
        ),
    ] {
        let schema = contract.schema(&schema_of(name), Direction::Response).expect("a schema that compiles");
        let found: Vec<String> = schema
            .violations(&value)
            .into_iter()
            .map(|violation| format!("{}: {}", violation.schema, violation.message))
            .collect();
        match expected {
            None => assert_eq!(found, [] as [&str; 0], "{name} {value}"),
            Some(expected) => assert!(found.len() == 1 && found[0].starts_with(expected), "{name} {value} {found:?}"),
        }
        assert_eq!(schema.is_valid(&value), expected.is_none());
    }
}

#[test]
fn path_items_of_components_are_used() {
    let document = "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a: {$ref: '#/components/pathItems/A'}
components:
  pathItems:
    A:
      parameters: [{name: n, in: query, schema: {type: integer}}]
      get: {operationId: a, responses: {'200': {description: ok}}}
";
    let contract = load(document);
    let Route::Operation { operation, .. } = contract.route("GET", "/a") else { panic!("a route") };
    assert_eq!((operation.id(), operation.parameters().len()), ("a", 1));
}

#[test]
fn a_mapping_to_files_tells_which_branch_is_meant() {
    let document = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: ok, content: {application/json: {schema: {oneOf: [{$ref: ./cat.yaml}, {$ref: ./dog.yaml}], discriminator: {propertyName: k, mapping: {c: ./cat.yaml, d: ./dog.yaml}}}}}}}}}}\n";
    let cat = "{type: object, required: [k, m], properties: {k: {type: string}, m: {type: integer}}}";
    let dog = "{type: object, required: [k, b], properties: {k: {type: string}, b: {type: integer}}}";
    let contract = load_with(document, &[("specs/cat.yaml", cat), ("specs/dog.yaml", dog)]);
    let schema = contract.operations()[0].responses()[0].content[0].schema.clone().expect("a schema");
    let schema = contract.schema(&schema, Direction::Response).expect("it compiles");
    let found: Vec<String> =
        schema.violations(&json!({"k": "d", "m": "x"})).into_iter().map(|violation| violation.message).collect();
    assert!(found.len() == 1 && found[0].contains("must have the property `b`"), "{found:?}");
}
