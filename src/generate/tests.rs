use proptest::prelude::*;
use serde_json::json;

use super::{Direction, Plan, Requester, Rng, Unsatisfiable, Value};
use crate::contract::{Alone, Contract, Parts};
use crate::source::Source;

fn plan(document: &Value, direction: Direction, seed: u64, examples: bool) -> Result<Value, Unsatisfiable> {
    let validator =
        jsonschema::options().should_validate_formats(true).build(document).expect("a schema that compiles");
    let lookup = |reference: &str| document.pointer(reference.strip_prefix('#')?);
    let valid = |value: &Value| validator.is_valid(value);
    Plan { schema: document, name: "", direction, examples, full: false, valid: &valid }
        .run(&lookup, &mut Rng::new(seed))
}

/// The value that shows all there is, of the schema at a place of `document`.
fn full(document: &Value, place: &str, seed: u64) -> Value {
    let validator = jsonschema::validator_for(&json!({"$ref": place, "components": document["components"]}));
    let validator = validator.expect("a schema that compiles");
    let lookup = |reference: &str| document.pointer(reference.strip_prefix('#')?);
    let valid = |value: &Value| validator.is_valid(value);
    let schema = lookup(place).expect("a schema");
    let plan = Plan { schema, name: "", direction: Direction::Response, examples: false, full: true, valid: &valid };
    plan.run(&lookup, &mut Rng::new(seed)).unwrap_or_else(|error| panic!("{place}: {error}"))
}

/// Whether each object has all of these, wherever one stands.
fn everywhere(value: &Value, holds: &dyn Fn(&Value) -> bool) -> bool {
    holds(value)
        && match value {
            Value::Array(items) => items.iter().all(|item| everywhere(item, holds)),
            Value::Object(map) => map.values().all(|item| everywhere(item, holds)),
            _ => true,
        }
}

#[test]
fn a_full_value_has_all_there_is_at_every_depth() {
    let leaf = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "boolean"}}});
    let document = json!({"components": {"schemas": {
        "Env": {"type": "object", "properties": {
            "data": {"type": "array", "items": {"type": "object", "properties": {
                "id": {"type": "string"},
                "o": {"type": "object", "properties": {"inner": {"type": "array", "items": leaf}, "x": leaf}}}}},
            "meta": leaf}}}}});
    for seed in 0..20 {
        let value = full(&document, "#/components/schemas/Env", seed);
        let complete = |value: &Value| match value {
            Value::Object(map) if map.contains_key("a") || map.contains_key("b") || map.contains_key("c") => {
                map.len() == 3
            }
            Value::Object(map) => map.len() == 2,
            Value::Array(items) => !items.is_empty(),
            _ => true,
        };
        assert!(everywhere(&value, &complete), "{value}");
    }
}

#[test]
fn a_full_value_ends_where_a_schema_leads_back_to_itself() {
    let document = json!({"components": {"schemas": {
        "Base": {"type": "object", "properties": {"made": {"type": "string"}}},
        "Node": {"allOf": [{"$ref": "#/components/schemas/Base"}], "properties": {
            "name": {"type": "string"},
            "next": {"allOf": [{"$ref": "#/components/schemas/Node"}], "description": "the next"},
            "kids": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
            "by": {"additionalProperties": {"$ref": "#/components/schemas/Node"}},
            "any": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Node"}, {"type": "integer"}]},
            "other": {"$ref": "#/components/schemas/Other"}}},
        "Other": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {
            "back": {"$ref": "#/components/schemas/Node"}, "word": {"type": "string"}}}]}}}});
    for seed in 0..20 {
        let value = full(&document, "#/components/schemas/Node", seed);
        let keys = |value: &Value| {
            let mut keys: Vec<&str> = value.as_object()?.keys().map(String::as_str).collect();
            keys.sort_unstable();
            Some(keys.join(" "))
        };
        assert_eq!(keys(&value).as_deref(), Some("any by kids made name other"), "{value}");
        assert_eq!((&value["kids"], &value["by"], value["any"].is_i64()), (&json!([]), &json!({}), true), "{value}");
        assert_eq!(keys(&value["other"]).as_deref(), Some("made word"), "{value}");
    }
}

#[test]
fn a_full_value_is_bounded() {
    // Twelve schemas of six properties each, which each lead to all later ones.
    let schemas: serde_json::Map<String, Value> = (0..12)
        .map(|at| {
            let members: serde_json::Map<String, Value> = (0..6)
                .map(|n| (format!("p{n}"), json!({"$ref": format!("#/components/schemas/S{}", (at + n + 1).min(12))})))
                .chain([("word".to_owned(), json!({"type": "string"}))])
                .collect();
            (format!("S{at}"), json!({"type": "object", "properties": members}))
        })
        .chain([("S12".to_owned(), json!({"type": "string"}))])
        .collect();
    let value = full(&json!({"components": {"schemas": schemas}}), "#/components/schemas/S0", 1);
    assert!(value.to_string().len() < 60_000 && value["p0"]["word"].is_string(), "{value}");
    // Where it is cut, no empty objects stand.
    assert!(everywhere(&value, &|value| value.as_object().is_none_or(|map| !map.is_empty())), "{value}");
}

#[test]
fn a_base_schema_is_one_of_its_kinds() {
    let pets = |discriminator: Value| {
        let base = "#/components/schemas/Pet";
        json!({"components": {"schemas": {
            "Pet": {"type": "object", "required": ["kind", "name"], "discriminator": discriminator,
                "properties": {"kind": {"type": "string"}, "name": {"type": "string"}, "friend": {"$ref": base}}},
            "Cat": {"allOf": [{"$ref": base}, {"type": "object", "required": ["lives"], "properties": {"lives": {"type": "integer"}}}]},
            "Dog": {"allOf": [{"$ref": base}, {"type": "object", "properties": {"bark": {"type": "string"}}}]},
            "Pets": {"type": "array", "minItems": 8, "items": {"$ref": base}}}}})
    };
    let mapping = json!({"cat": "#/components/schemas/Cat", "doggo": "Dog"});
    for (discriminator, cat, dog) in [
        (json!({"propertyName": "kind", "mapping": mapping}), "cat", "doggo"),
        (json!({"propertyName": "kind"}), "Cat", "Dog"),
    ] {
        let document = pets(discriminator);
        for seed in 0..10 {
            let all = full(&document, "#/components/schemas/Pets", seed);
            let all = all.as_array().expect("a list");
            for pet in all {
                let kind = if pet["kind"] == cat { "lives" } else { "bark" };
                assert!((pet["kind"] == cat || pet["kind"] == dog) && pet.get(kind).is_some(), "{pet}");
            }
            assert_eq!(full(&document, "#/components/schemas/Cat", seed)["kind"], cat);
            assert_eq!(full(&document, "#/components/schemas/Dog", seed)["kind"], dog);
        }
    }
}

#[test]
fn a_count_beside_a_list_is_its_length() {
    let list = json!({"type": "array", "items": {"type": "string"}});
    let document = json!({"components": {"schemas": {"Page": {"type": "object", "properties": {
        "total_entries": {"type": "integer"}, "pools": list, "count": {"type": "integer", "minimum": 40}}}}}});
    let page = full(&document, "#/components/schemas/Page", 3);
    assert_eq!(page["total_entries"], json!(page["pools"].as_array().map(Vec::len)));
    assert!(page["count"].as_u64() >= Some(40));
}

fn check(schema: &Value) {
    for seed in 0..8 {
        for examples in [true, false] {
            if let Err(error) = plan(schema, Direction::Response, seed, examples) {
                panic!("{schema}: {error}");
            }
        }
    }
}

#[test]
fn values_of_every_keyword_are_found() {
    for schema in [
        json!({}),
        json!(true),
        json!({"const": null}),
        json!({"enum": [1, "a", null], "type": "string"}),
        json!({"type": ["null", "integer"], "minimum": 3}),
        json!({"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 5}, "minItems": 5, "uniqueItems": true}),
        json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false, "minItems": 2}),
        json!({"type": "array", "contains": {"const": 7}, "minContains": 2, "items": {"type": "integer"}}),
        json!({"type": "array", "items": {"type": "boolean"}, "minItems": 100}),
        json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"$ref": "#"}}}),
        json!({"type": "object", "minProperties": 3, "maxProperties": 3, "properties": {"a": {}, "b": {}}}),
        json!({"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}}),
        json!({"type": "object", "maxProperties": 1, "properties": {"a": {}, "b": {}, "c": {}}, "required": ["c"]}),
        json!({"type": "object", "patternProperties": {"^x-[a-z]{3}$": {"type": "boolean"}}, "additionalProperties": false, "minProperties": 2}),
        json!({"type": "object", "propertyNames": {"pattern": "^[A-Z]{4}$"}, "minProperties": 3}),
        json!({"properties": {"a": {"const": 1}}, "dependentRequired": {"a": ["b", "c"]}, "required": ["a"]}),
        json!({"properties": {"a": {"const": 1}}, "required": ["a"],
            "dependentSchemas": {"a": {"required": ["d"], "properties": {"d": {"const": 4}}}}}),
        json!({"allOf": [{"type": "object", "properties": {"a": {"type": "integer", "minimum": 5}}, "required": ["a"]},
            {"properties": {"a": {"maximum": 6}, "b": {"type": "string"}}, "required": ["b"]}]}),
        json!({"allOf": [{"additionalProperties": false, "properties": {"a": {}}}, {"properties": {"b": {}, "a": {"type": "null"}}}],
            "type": "object"}),
        json!({"oneOf": [{"type": "object", "required": ["a"]}, {"type": "object", "required": ["b"]}],
            "properties": {"a": {}, "b": {}}}),
        json!({"oneOf": [{"type": "integer"}, {"type": "number", "multipleOf": 0.5}]}),
        json!({"anyOf": [false, {"allOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "string", "maxLength": 3}]}),
        json!({"type": "integer", "minimum": 1, "maximum": 3, "not": {"enum": [1, 3]}}),
        json!({"type": "object", "properties": {"a": {}, "b": {}}, "not": {"required": ["b"]}}),
        json!({"type": "object", "properties": {"kind": {"enum": ["a", "b"]}}, "required": ["kind"],
            "if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["x"]}, "else": {"required": ["y"]}}),
        json!({"oneOf": [{"$ref": "#/$defs/cat"}, {"$ref": "#/$defs/dog"}],
            "discriminator": {"propertyName": "kind", "mapping": {"miau": "#/$defs/cat"}},
            "$defs": {"cat": {"properties": {"kind": {"type": "string"}}, "required": ["kind"], "not": {"properties": {"kind": {"const": "dog"}}}},
                      "dog": {"properties": {"kind": {"const": "dog"}}, "required": ["kind"]}}}),
        json!({"type": "object", "unevaluatedProperties": false, "allOf": [{"properties": {"a": {"type": "integer"}}}],
            "properties": {"b": {"type": "integer"}}}),
        json!({"type": "string", "allOf": [{"minLength": 5}, {"maxLength": 6}, {"pattern": "^[a-f]+$"}]}),
        json!({"type": "object", "properties": {"price": {"type": "number", "multipleOf": 0.01, "minimum": 0}}, "required": ["price"]}),
    ] {
        check(&schema);
    }
}

/// Schemas that chance alone seldom meets.
#[test]
fn values_of_narrow_schemas_are_found() {
    let mut missed = Vec::new();
    for schema in [
        json!({"type": "string", "format": "hostname", "maxLength": 8}),
        json!({"type": "string", "format": "uri-reference", "maxLength": 4}),
        json!({"type": "string", "format": "date-time", "maxLength": 20}),
        json!({"type": "string", "format": "date-time", "minLength": 25}),
        json!({"type": "string", "format": "time", "minLength": 12}),
        json!({"type": "string", "format": "ipv6", "minLength": 20}),
        json!({"type": "string", "format": "uuid", "pattern": "^[0-9a-f]{8}-.*$"}),
        json!({"type": "string", "format": "json-pointer", "maxLength": 3}),
        json!({"type": "array", "items": {"enum": [1, 2]}, "contains": {"const": 1}, "maxContains": 1, "minItems": 5}),
        json!({"type": "array", "contains": {"type": "integer"}, "minContains": 2, "maxContains": 2,
            "items": {"type": ["integer", "string"]}, "minItems": 4}),
        json!({"type": "array", "contains": {"type": "integer"}, "minContains": 0, "maxContains": 0,
            "items": {"type": ["integer", "string"]}, "minItems": 4}),
        json!({"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "z$"}]}),
        json!({"type": "string", "allOf": [{"pattern": "^[a-z]+$"}, {"pattern": "^.{4}$"}]}),
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "unevaluatedProperties": {"type": "integer"}, "minProperties": 3}),
        json!({"type": "object", "allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": false, "minProperties": 1}),
        json!({"type": "array", "prefixItems": [{"type": "string"}], "unevaluatedItems": {"type": "integer"}, "minItems": 3}),
        json!({"type": "array", "prefixItems": [{"type": "string"}], "unevaluatedItems": false, "minItems": 1}),
        json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001}),
        json!({"type": "number", "multipleOf": 0.1, "minimum": 0.05, "maximum": 0.35}),
        json!({"type": "number", "minimum": -1e-9, "maximum": 1e-9}),
        json!({"type": "integer", "multipleOf": 7, "minimum": 8, "maximum": 14}),
        json!({"type": "integer", "format": "int32", "minimum": 2_147_483_640, "maximum": 2_147_483_647}),
        json!({"type": "integer", "minimum": 9_007_199_254_740_993_i64, "maximum": 9_007_199_254_740_995_i64}),
        json!({"enum": ["a", "b", "c"], "allOf": [{"enum": ["b", "c"]}, {"enum": ["c"]}]}),
        json!({"const": 5, "type": "integer", "enum": [4, 5]}),
        json!({"allOf": [{"const": "x"}, {"enum": ["w", "x"]}, {"type": "string"}]}),
        json!({"oneOf": [{"type": "object", "properties": {"a": {"type": "integer"}}},
            {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]}]}),
        json!({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "maxProperties": 1}),
        json!({"type": "array", "uniqueItems": true, "minItems": 3, "items": {"enum": ["a", "b", "c"]}}),
        json!({"type": "array", "uniqueItems": true, "minItems": 26, "items": {"type": "string", "pattern": "^[a-z]$"}}),
        json!({"type": "array", "uniqueItems": true, "minItems": 11, "items": {"type": "integer", "minimum": 0, "maximum": 10}}),
        json!({"type": "object", "propertyNames": {"enum": ["x", "y", "z"]}, "minProperties": 3, "additionalProperties": {"type": "integer"}}),
        json!({"type": "object", "patternProperties": {"^s_": {"type": "string"}, "^i_": {"type": "integer"}},
            "additionalProperties": false, "minProperties": 4}),
        json!({"type": "string", "pattern": "^(?!foo)[a-z]{3,5}$"}),
        json!({"type": "string", "pattern": "^\\p{L}{3}$"}),
        json!({"type": "string", "pattern": "^[^\\s@]+@[^\\s@]+\\.[a-z]{2,}$", "maxLength": 12}),
        json!({"type": "string", "pattern": "^[0-9]*$", "minLength": 5, "maxLength": 5}),
        json!({"type": "string", "pattern": "[A-Z]", "minLength": 30, "maxLength": 32}),
        json!({"not": {"type": "string"}}),
        json!({"type": "object", "properties": {"k": {"enum": [1, 2]}, "m": {"type": "string"}},
            "if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"required": ["m"]}}),
        json!({"type": "object", "dependentRequired": {"a": ["b"]}, "properties": {"a": {}, "b": {}}, "maxProperties": 1}),
        json!({"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", "required": ["kids"], "properties": {
            "kids": {"type": "array", "minItems": 1, "items": {"anyOf": [{"$ref": "#/$defs/n"}, {"type": "string"}]}}}}}}),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}], "properties": {"x": {"type": "integer"}},
            "required": ["x", "y"]}, "b": {"properties": {"y": {"type": "boolean"}}}}}),
        json!({"oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}], "discriminator": {"propertyName": "type"}, "$defs": {
            "Cat": {"type": "object", "properties": {"type": {"type": "string"}, "claws": {"type": "integer"}}, "required": ["type"]},
            "Dog": {"type": "object", "properties": {"type": {"type": "string"}, "bark": {"type": "integer"}}, "required": ["type"]}}}),
        json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a", "b"], "additionalProperties": {"type": "string", "maxLength": 2}}),
        json!({"type": "array", "items": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "minimum": 1, "maximum": 3}}},
            "uniqueItems": true, "minItems": 3}),
        json!({"type": "string", "minLength": 1, "maxLength": 1, "not": {"enum": ["a", "b"]}}),
        json!({"type": "array", "contains": {"type": "integer", "minimum": 5}, "minContains": 2, "maxContains": 3,
            "minItems": 4, "items": {"type": "integer"}}),
        json!({"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 10}]}),
        json!({"type": "integer", "not": {"minimum": -5}}),
        json!({"type": "string", "not": {"minLength": 3}}),
        json!({"type": "integer", "format": "int64", "minimum": 9_223_372_036_854_775_806_i64}),
        json!({"type": "string", "pattern": "^(a|b)\\1$"}),
        json!({"type": "string", "pattern": "^(?<y>\\d{4})-\\1$"}),
    ] {
        for seed in 0..8 {
            if let Err(error) = plan(&schema, Direction::Response, seed, false) {
                missed.push(format!("{schema}: {error}"));
                break;
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn recursion_ends() {
    check(&json!({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "required": ["next"],
        "properties": {"next": {"oneOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}}}}));
    check(&json!({"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "required": ["children"],
        "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}}}));
    check(&json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": ["object", "null"], "required": ["b", "c"],
        "properties": {"b": {"$ref": "#/$defs/a"}, "c": {"$ref": "#/$defs/a"}}}}}));
    let endless = json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "object", "required": ["b", "c"],
        "properties": {"b": {"$ref": "#/$defs/a"}, "c": {"$ref": "#/$defs/a"}}}}});
    assert!(plan(&endless, Direction::Response, 1, false).is_err());
}

#[test]
fn impossible_schemas_are_told() {
    for schema in [
        json!(false),
        json!({"allOf": [{"type": "string"}, {"type": "integer"}]}),
        json!({"type": "array", "minItems": 3, "uniqueItems": true, "items": {"type": "boolean"}}),
        json!({"type": "integer", "minimum": 2, "maximum": 1}),
        json!({"type": "object", "required": ["a"], "properties": {"a": false}}),
        json!({"type": "array", "minItems": 4_000_000_000_u64}),
        json!({"type": "string", "minLength": 4_000_000_000_u64}),
        json!({"not": {}}),
    ] {
        assert!(plan(&schema, Direction::Response, 1, false).is_err(), "{schema}");
    }
}

#[test]
fn directions_hide_properties() {
    let schema = json!({"type": "object", "properties": {
        "id": {"type": "string", "readOnly": true}, "password": {"type": "string", "writeOnly": true}, "name": {"type": "string"}}});
    let keys = |direction| {
        let value = plan(&schema, direction, 3, false).expect("a value");
        value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys(Direction::Request), ["password", "name"]);
    assert_eq!(keys(Direction::Response), ["id", "name"]);
}

#[test]
fn examples_come_first_where_they_fit() {
    let schema = json!({"type": "object", "properties": {
        "a": {"type": "string", "example": "cug_1"},
        "b": {"type": "array", "items": {"type": "integer", "examples": [""]}, "minItems": 1},
        "c": {"type": "integer", "default": 5, "examples": [7]}}});
    let value = plan(&schema, Direction::Response, 3, true).expect("a value");
    assert_eq!((&value["a"], &value["c"]), (&json!("cug_1"), &json!(7)));
    assert!(value["b"][0].is_i64());
}

#[test]
fn the_same_seed_gives_the_same_value() {
    let schema = json!({"type": "object", "properties": {"email": {"type": "string", "format": "email"},
        "tags": {"type": "array", "items": {"type": "string"}}, "at": {"type": "string", "format": "date-time"}}});
    let made = |seed| plan(&schema, Direction::Response, seed, false).expect("a value");
    assert_eq!(made(11), made(11));
    assert_ne!(made(11), made(12));
}

/// Schemas that some value satisfies.
fn satisfiable() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0..20_u32, 0..20_u32)
            .prop_map(|(low, more)| json!({"type": "string", "minLength": low, "maxLength": low + more})),
        (-100..100_i32, 0..50_i32)
            .prop_map(|(low, more)| json!({"type": "integer", "minimum": low, "maximum": low + more})),
        (-100..100_i32, 1..50_i32)
            .prop_map(|(low, more)| json!({"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": low + more})),
        (1..9_i32).prop_map(|step| json!({"type": "integer", "multipleOf": step})),
        Just(json!({"type": ["boolean", "null"]})),
        Just(json!({"enum": ["a", 2, null]})),
        prop::sample::select(vec!["email", "date-time", "uuid", "uri", "ipv4"])
            .prop_map(|format| json!({"type": "string", "format": format})),
        "\\^[a-c]{1,3}\\[0-9\\]\\{1,4\\}\\(x\\|y\\)\\?\\$"
            .prop_map(|pattern| json!({"type": "string", "pattern": pattern})),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let members = prop::collection::btree_map("[a-e]", inner.clone(), 0..4);
        prop_oneof![
            (inner.clone(), 0..4_usize).prop_map(|(items, low)| json!({"type": "array", "items": items, "minItems": low})),
            (members.clone(), any::<bool>()).prop_map(|(members, closed)| {
                let required: Vec<&String> = members.keys().take(2).collect();
                json!({"type": "object", "properties": members, "required": required, "additionalProperties": !closed})
            }),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|branches| json!({"anyOf": branches})),
            (inner.clone(), members).prop_map(|(extra, members)| {
                json!({"allOf": [{"type": "object", "properties": members}, {"properties": {"z": extra}, "required": ["z"]}]})
            }),
            inner.prop_map(|schema| json!({"oneOf": [schema, {"type": "object", "required": ["never-made"], "maxProperties": 0}]})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn a_satisfiable_schema_gets_a_value(schema in satisfiable(), seed in any::<u64>()) {
        prop_assert!(plan(&schema, Direction::Request, seed, false).is_ok(), "{}", schema);
    }
}

/// Branches that any object satisfies, behind a reference: a value is one of them alone where it breaks the others.
#[test]
fn branches_behind_a_reference_are_kept_apart() {
    check(&json!({"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}, "$defs": {
        "item": {"oneOf": [{"$ref": "#/$defs/header"}, {"$ref": "#/$defs/config"}]},
        "header": {"type": "object", "properties": {"cached": {"type": "boolean"}, "index": {"type": "string"}}},
        "config": {"type": "object", "properties": {"explain": {"type": "boolean"}, "id": {"type": "string"}}}
    }}));
}

/// A schema that others extend: a value is one of them, by name and by what it must have.
#[test]
fn a_discriminator_without_branches_names_one_of_the_kinds() {
    for mapping in [json!({"cat": "#/components/schemas/Cat", "doggo": "Dog"}), json!({})] {
        let document = json!({"$ref": "#/components/schemas/Pets", "components": {"schemas": {
            "Pets": {"type": "array", "minItems": 3, "items": {"$ref": "#/components/schemas/Pet"}},
            "Pet": {"type": "object", "required": ["kind", "name"], "discriminator": {"propertyName": "kind", "mapping": mapping},
                "properties": {"kind": {"type": "string"}, "name": {"type": "string"}}},
            "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "object", "required": ["claws"], "properties": {"claws": {"type": "integer"}}}]},
            "Dog": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "object", "required": ["bark"], "properties": {"bark": {"type": "boolean"}}}]}
        }}});
        let (cat, dog) = if mapping == json!({}) { ("Cat", "Dog") } else { ("cat", "doggo") };
        for seed in 0..8 {
            let pets = plan(&document, Direction::Response, seed, false).expect("pets");
            for pet in pets.as_array().expect("a list") {
                let (kind, member) =
                    (pet["kind"].as_str().expect("a kind"), if pet["kind"] == json!(cat) { "claws" } else { "bark" });
                assert!([cat, dog].contains(&kind) && pet.get(member).is_some(), "{pet}");
            }
            let mut one = document.clone();
            one["$ref"] = json!("#/components/schemas/Dog");
            assert_eq!(plan(&one, Direction::Response, seed, false).expect("a dog")["kind"], json!(dog));
        }
    }
}

/// The members of an exploded object have no name but their own (OpenAPI, "Style Values").
#[test]
fn members_of_an_object_never_take_the_name_of_another_parameter() {
    let document = "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a:
    get:
      parameters:
        - {name: sort_by, in: query, schema: {type: object, properties: {created: {enum: [asc]}}, required: [created]}}
        - {name: created, in: query, schema: {type: integer}}
        - {name: also, in: query, schema: {type: object, properties: {free: {const: 1}}, required: [free]}}
      responses: {'200': {description: ok}}
";
    let parts = Parts { name: "t".into(), document: Source::new("t.yaml", document), overlay: None, promises: None };
    let contract = Contract::load(parts, &Alone).unwrap_or_else(|faults| panic!("{faults}")).0;
    let request = Requester::new(&contract, 1).request(&contract.operations()[0]).expect("a request");
    let query = request.query().unwrap_or_default();
    assert!(query.starts_with("created=") && query.ends_with("&free=1") && !query.contains("asc"), "{query}");
    assert!(crate::contract::query_pairs(query).len() == 2, "{query}");
}
