//! Bodies that are written to make the judge hang. Each of these would take longer than anyone waits,
//! or more memory than there is, if the work were not bounded.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn violations(contract: &Contract, name: &str, value: &Value) -> Vec<String> {
    let schema = contract.schema(&schema_of(name), Direction::Response).expect("a schema that compiles");
    let told = |found: Violation| format!("{}{}", if found.gave_up { "given up: " } else { "" }, found.message);
    schema.violations(value).into_iter().map(told).collect()
}

fn nested(depth: usize, around: &dyn Fn(Value) -> Value, inner: Value) -> Value {
    (0..depth).fold(inner, |value, _| around(value))
}

#[test]
fn branches_that_lead_back_into_each_other() {
    let node = |keyword: &str, a: &str, b: &str| {
        let branch = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        json!({keyword: [branch(a), branch(b)]})
    };
    let holder = |name: &str, more: &str| {
        json!({"type": "object", "required": ["next"], "properties": {
            "next": {"$ref": format!("#/components/schemas/{name}")}, "kind": {"const": more}}})
    };
    let contract = with_schemas(
        "3.1.0",
        &json!({
            "Any": node("anyOf", "A", "B"), "A": holder("Any", "a"), "B": holder("Any", "b"),
            "One": node("oneOf", "C", "D"), "C": holder("One", "c"), "D": holder("One", "d"),
            "Kinds": {"oneOf": [{"$ref": "#/components/schemas/E"}, {"$ref": "#/components/schemas/F"}],
                "discriminator": {"propertyName": "kind"}},
            "E": holder("Kinds", "E"), "F": holder("Kinds", "F"),
        }),
    );
    // Some hundred bytes, a hundred levels.
    let plain = nested(100, &|value| json!({"next": value}), json!(1));
    for name in ["Any", "One"] {
        let found = violations(&contract, name, &plain);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].contains("must match"), "{found:#?}");
    }
    // Where each level says what it is, the reason is found at the bottom.
    let kind = |kind: &'static str| move |value| json!({"next": value, "kind": kind});
    let deep = format!("`{}`", "/next".repeat(100));
    for (name, kind) in [("Any", kind("b")), ("One", kind("c")), ("Kinds", kind("F"))] {
        let found = violations(&contract, name, &nested(100, &kind, json!(1)));
        assert_eq!(found.len(), 1, "{name} {found:#?}");
        assert!(found[0].starts_with(&deep), "{name} {found:#?}");
    }
}

#[test]
fn not_all_of_many_wrong_items_are_told() {
    let contract = with_schemas(
        "3.1.0",
        &json!({
            "List": {"type": "array", "items": {"anyOf": [
                {"type": "string"}, {"type": "object", "required": ["a"]}, {"type": "boolean"}]}},
            "Map": {"additionalProperties": {"type": "string"}},
        }),
    );
    let found = violations(&contract, "List", &json!(vec![1; 200_000]));
    assert_eq!(found.len(), 50);
    let map: serde_json::Map<String, Value> = (0..150_000).map(|n| (format!("k{n}"), json!(n))).collect();
    let found = violations(&contract, "Map", &Value::Object(map));
    assert_eq!((found.len(), found[0].as_str()), (50, "`/k0` must be a string, but is 0"));
}

#[test]
fn the_one_wrong_item_of_many_is_told() {
    let contract = with_schemas(
        "3.1.0",
        &json!({"List": {"items": {"$ref": "#/components/schemas/Item"}},
            "Item": {"oneOf": [{"required": ["a"], "properties": {"a": {"type": "integer"}}}, {"type": "string"}]}}),
    );
    let mut items = vec![json!({"a": 1}); 50_000];
    items.push(json!({"a": "1"}));
    let found = violations(&contract, "List", &Value::Array(items));
    assert_eq!(found, ["`/50000/a` must be an integer, but is \"1\" (branch 1 of `oneOf`)"]);
}

#[test]
fn large_lists_and_enums_are_compared_in_one_pass() {
    let options: Vec<String> = (0..20_000).map(|n| format!("option {n}")).collect();
    let contract = with_schemas(
        "3.1.0",
        &json!({"Unique": {"uniqueItems": true}, "Options": {"items": {"enum": options}},
            "Large": {"enum": [vec![json!({"a": [1, 2, 3]}); 10_000]]}}),
    );
    let mut numbers: Vec<usize> = (0..200_000).collect();
    assert_eq!(violations(&contract, "Unique", &json!(numbers)), [] as [&str; 0]);
    numbers.push(7);
    assert_eq!(
        violations(&contract, "Unique", &json!(numbers)),
        ["the value must have no item twice, but has 7 twice"]
    );
    let found = violations(&contract, "Options", &json!(vec!["option"; 100_000]));
    assert_eq!(found.len(), 50);
    let found = violations(&contract, "Large", &json!(vec![json!({"a": [1, 2, 4]}); 10_000]));
    assert!(found[0].len() < 600, "{}", found[0].len());
}

/// Takes a very long time to find out that it does not match forty letters.
const SLOW: &str = "^(([a-z])+.)+(?=Z)[A-Z]([a-z])+$";

#[test]
fn patterns_that_go_back_are_given_up_however_many_there_are() {
    let contract = with_schemas(
        "3.1.0",
        &json!({"List": {"items": {"pattern": SLOW}}, "Plain": {"items": {"pattern": "^(a+)+$"}},
            "Names": {"patternProperties": {SLOW: {"type": "string"}}},
            "Long": {"pattern": "(?=.*b.*c)d"}}),
    );
    let bad = |n: usize| format!("{}{n}", "a".repeat(40));
    for count in [1, 200, 5_000] {
        let items: Vec<String> = (0..count).map(bad).collect();
        let found = violations(&contract, "List", &json!(items));
        assert!(found[0].starts_with("given up: "), "{found:#?}");
        assert_eq!(violations(&contract, "Plain", &json!(items)).len(), count.min(50));
    }
    let map: serde_json::Map<String, Value> = (0..5_000).map(|n| (bad(n), json!(n))).collect();
    assert!(violations(&contract, "Names", &Value::Object(map))[0].starts_with("given up: "));
    let found = violations(&contract, "Long", &json!("b".repeat(200_000)));
    assert!(found[0].starts_with("given up: "), "{found:#?}");
}

/// Where a branch may hold or not, nothing is broken, however large the value is; where no outcome
/// would help, something is.
#[test]
fn what_is_not_known_is_not_told_as_broken_however_large_the_value_is() {
    let contract = with_schemas(
        "3.1.0",
        &json!({"Any": {"type": "array", "items": {"anyOf": [{"pattern": SLOW}, {"type": "integer"}]}},
            "One": {"type": "array", "items": {"oneOf": [{"type": "string", "pattern": SLOW}, {"type": "integer"}]}},
            "All": {"type": "array", "items": {"allOf": [{"pattern": SLOW}, {"type": ["string", "integer"]}]}},
            "If": {"items": {"if": {"pattern": SLOW}, "then": {"type": ["string", "integer"]}, "else": {"minLength": 1}}}}),
    );
    for count in [1, 30_000] {
        let mut items = vec![json!(1); count];
        items.push(json!("a".repeat(40)));
        for name in ["Any", "One", "All"] {
            let found = violations(&contract, name, &Value::from(items.clone()));
            assert!(found.len() == 1 && found[0].starts_with("given up: "), "{name} {count} {found:#?}");
        }
        assert_eq!(violations(&contract, "If", &Value::from(items.clone())), [] as [&str; 0]);
        items.push(json!(null));
        let found = violations(&contract, "All", &Value::from(items));
        assert!(found[0].ends_with("must be an integer or a string, but is null"), "{count} {found:#?}");
    }
}

/// A schema that stands inside itself without a value in between.
#[test]
fn schemas_that_are_their_own_part_end() {
    let contract = with_schemas(
        "3.1.0",
        &json!({"Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}, {"items": {"type": "string"}}]}}),
    );
    let found = violations(&contract, "Loop", &json!(vec![1; 60_000]));
    assert_eq!((found.len(), found[0].as_str()), (50, "`/0` must be a string, but is 1"));
}

/// A chain of schemas, each made of the next.
fn chain(length: usize, link: impl Fn(Value) -> Value) -> Contract {
    let next = |n: usize| json!({"$ref": format!("#/components/schemas/S{n}")});
    let schemas = (0..length).map(|n| (format!("S{n}"), link(next(n + 1))));
    let schemas = schemas.chain([(format!("S{length}"), json!({"type": "string"}))]).collect();
    with_schemas("3.1.0", &Value::Object(schemas))
}

#[test]
fn long_chains_of_schemas_do_not_use_up_the_stack() {
    let contract = chain(4_000, |next| json!({"allOf": [next]}));
    let found = violations(&contract, "S0", &json!(1));
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("given up: ") && found[0].contains("nested too deep"), "{found:#?}");
    let contract = chain(100, |next| json!({"anyOf": [next, {"items": {"$ref": "#/components/schemas/S0"}}]}));
    let flat = nested(3, &|value| json!([value]), json!("x"));
    assert_eq!(violations(&contract, "S0", &flat), [] as [&str; 0]);
    let deep = nested(100, &|value| json!([value]), json!("x"));
    assert!(violations(&contract, "S0", &deep)[0].starts_with("given up: "));
    let contract = chain(4_000, |next| json!({"properties": {"next": next}}));
    assert_eq!(violations(&contract, "S0", &nested(100, &|value| json!({"next": value}), json!(1))), [] as [&str; 0]);
}

#[test]
fn patterns_that_would_grow_without_end_are_refused() {
    for pattern in [
        "((((a{100}){100}){100}){100})".to_owned(),
        "(?=x)(((((a+b){1,100}){1,100}){1,100}){1,100})".to_owned(),
        format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000)),
    ] {
        let contract = with_schemas("3.1.0", &json!({"S": {"pattern": pattern}}));
        let error = contract.schema(&schema_of("S"), Direction::Response).expect_err("refused");
        assert!(error.0.starts_with("the schema at `/components/schemas/S/pattern` cannot be used: "), "{error}");
    }
}

fn some_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (0..4).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..3).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn some_schema() -> impl Strategy<Value = Value> {
    let kinds = ["null", "boolean", "integer", "string", "array", "object"];
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        prop::sample::select(kinds.to_vec()).prop_map(|kind| json!({"type": kind})),
        some_value().prop_map(|value| json!({"const": value})),
        (0..3).prop_map(|least| json!({"minimum": least, "minItems": least, "minProperties": least})),
        Just(json!({"required": ["a"]})),
        Just(json!({"pattern": "^a"})),
        Just(json!({"$ref": "#/components/schemas/Node"})),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        let list = || prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            list().prop_map(|parts| json!({"allOf": parts})),
            list().prop_map(|parts| json!({"anyOf": parts})),
            list().prop_map(|parts| json!({"oneOf": parts})),
            inner.clone().prop_map(|part| json!({"not": part})),
            inner.clone().prop_map(|part| json!({"items": part})),
            inner.clone().prop_map(|part| json!({"contains": part})),
            inner.clone().prop_map(|part| json!({"propertyNames": part})),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| json!({"properties": {"a": a}, "additionalProperties": b})),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| json!({"patternProperties": {"^[ab]": a}, "unevaluatedProperties": b})),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"prefixItems": [a], "items": b})),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| json!({"if": a, "then": b, "else": c})),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| json!({"$ref": "#/components/schemas/Node", "anyOf": [a, b]})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Explaining from the top finds something wrong wherever something is, of this value and at a place
    /// of the document, and never takes back that something is.
    #[test]
    fn what_is_broken_is_explained_both_ways(schema in some_schema(), value in some_value()) {
        let node = json!({"properties": {"a": {"$ref": "#/components/schemas/Node"}}, "type": ["object", "string", "array"]});
        let contract = with_schemas("3.1.0", &json!({"Any": schema, "Node": node}));
        let compiled = contract.schema(&schema_of("Any"), Direction::Response).expect("a schema that compiles");
        let all = compiled.violations(&value);
        prop_assert_eq!(all.is_empty(), compiled.is_valid(&value));
        if all.is_empty() {
            return Ok(());
        }
        for violation in compiled.walked(&value).iter().chain(&all) {
            prop_assert!(!violation.gave_up, "{violation:?}");
            prop_assert!(value.pointer(violation.instance.as_str()).is_some(), "{violation:?}");
            prop_assert!(contract.value().pointer(violation.schema.as_str()).is_some(), "{violation:?}");
        }
        prop_assert!(!compiled.walked(&value).is_empty());
    }
}
