//! Rules about schemas: each schema stands in a request's body and in a response's.

use std::fmt::Write as _;

use super::*;

/// Rule, old schema, new schema. The rule must fire in both directions with the levels of its
/// table, and backwards its mirror must.
const CASES: &[(&str, &str, &str)] = &[
    ("type-changed", "{type: string}", "{type: integer}"),
    ("type-widened", "{type: integer}", "{type: number}"),
    ("type-widened", "{type: string}", "{oneOf: [{type: string}, {type: integer}]}"),
    ("type-narrowed", "{}", "{type: string}"),
    ("became-nullable", "{type: string}", "{type: [string, 'null']}"),
    (
        "became-nullable",
        "{$ref: '#/components/schemas/Pet'}",
        "{anyOf: [{$ref: '#/components/schemas/Pet'}, {type: 'null'}]}",
    ),
    ("became-not-nullable", "{type: [string, 'null'], enum: [a, null]}", "{type: string, enum: [a]}"),
    ("format-added", "{type: string}", "{type: string, format: date}"),
    ("format-changed", "{type: string, format: date-time}", "{type: string, format: date}"),
    ("format-changed", "{type: string, format: byte}", "{type: string, format: binary}"),
    ("format-widened", "{type: integer, format: int32}", "{type: integer, format: int64}"),
    ("no-value-allowed", "{properties: {a: {}}}", "{properties: {a: false}}"),
    ("content-encoding-changed", "{type: string, contentEncoding: base64}", "{type: string}"),
    ("content-media-type-changed", "{type: string, contentMediaType: a/b}", "{type: string, contentMediaType: a/c}"),
    ("minimum-added", "{type: number}", "{type: number, minimum: 0}"),
    ("minimum-raised", "{type: number, minimum: 1}", "{type: number, exclusiveMinimum: 1}"),
    ("maximum-added", "{type: number}", "{type: number, exclusiveMaximum: 9}"),
    ("maximum-lowered", "{type: number, maximum: 9}", "{type: number, maximum: 8.5}"),
    ("min-length-added", "{type: string}", "{type: string, minLength: 1}"),
    ("min-length-raised", "{type: string, minLength: 1}", "{type: string, minLength: 2}"),
    ("max-length-added", "{type: string}", "{type: string, maxLength: 1}"),
    ("max-length-lowered", "{type: string, maxLength: 2}", "{type: string, maxLength: 1}"),
    ("min-items-added", "{type: array}", "{type: array, minItems: 1}"),
    ("min-items-raised", "{type: array, minItems: 1}", "{type: array, minItems: 2}"),
    ("max-items-added", "{type: array}", "{type: array, maxItems: 1}"),
    ("max-items-lowered", "{type: array, maxItems: 2}", "{type: array, maxItems: 1}"),
    ("min-properties-added", "{type: object}", "{type: object, minProperties: 1}"),
    ("min-properties-raised", "{type: object, minProperties: 1}", "{type: object, minProperties: 2}"),
    ("max-properties-added", "{type: object}", "{type: object, maxProperties: 1}"),
    ("max-properties-lowered", "{type: object, maxProperties: 2}", "{type: object, maxProperties: 1}"),
    ("min-contains-added", "{contains: {type: string}}", "{contains: {type: string}, minContains: 2}"),
    ("min-contains-raised", "{contains: {type: string}, minContains: 2}", "{contains: {type: string}, minContains: 3}"),
    ("max-contains-added", "{contains: {type: string}}", "{contains: {type: string}, maxContains: 2}"),
    (
        "max-contains-lowered",
        "{contains: {type: string}, maxContains: 3}",
        "{contains: {type: string}, maxContains: 2}",
    ),
    ("multiple-of-added", "{type: number}", "{type: number, multipleOf: 2}"),
    ("multiple-of-widened", "{type: number, multipleOf: 6}", "{type: number, multipleOf: 2}"),
    ("multiple-of-changed", "{type: number, multipleOf: 6}", "{type: number, multipleOf: 4}"),
    ("unique-items-added", "{type: array}", "{type: array, uniqueItems: true}"),
    ("pattern-added", "{type: string, pattern: '.*'}", "{type: string, pattern: '^a'}"),
    ("pattern-changed", "{type: string, pattern: '^a'}", "{type: string, pattern: '^b'}"),
    ("enum-added", "{type: string}", "{type: string, enum: [a]}"),
    ("enum-value-added", "{type: string, enum: [a]}", "{type: string, enum: [a, b]}"),
    ("const-changed", "{const: a}", "{const: b}"),
    ("extensible-enum-value-added", "{x-extensible-enum: [a]}", "{x-extensible-enum: [b, a]}"),
    ("default-added", "{properties: {a: {}}}", "{properties: {a: {default: 1}}}"),
    ("default-changed", "{properties: {a: {default: 2}}}", "{properties: {a: {default: 1}}}"),
    ("property-added", "{type: object}", "{type: object, properties: {a: {}}}"),
    ("required-property-added", "{type: object}", "{required: [a], type: object, properties: {a: {}}}"),
    ("property-became-required", "{properties: {a: {}}}", "{required: [a], properties: {a: {}}}"),
    ("property-became-required", "{type: object}", "{type: object, required: [a]}"),
    ("additional-properties-closed", "{type: object}", "{type: object, additionalProperties: false}"),
    ("type-narrowed", "{type: object}", "{type: object, additionalProperties: {type: string}}"),
    ("pattern-property-added", "{type: object}", "{type: object, patternProperties: {'^x-': {type: string}}}"),
    ("dependent-required-added", "{dependentRequired: {a: [b]}}", "{dependentRequired: {a: [b, c]}}"),
    ("dependent-schema-added", "{type: object}", "{type: object, dependentSchemas: {a: {required: [b]}}}"),
    ("type-changed", "{items: {type: string}}", "{items: {type: string}, prefixItems: [{type: integer}]}"),
    ("not-added", "{type: string}", "{type: string, not: {const: a}}"),
    ("if-added", "{type: object}", "{type: object, if: {required: [a]}, then: {required: [b]}}"),
    (
        "then-added",
        "{if: {required: [a]}, else: {required: [c]}}",
        "{if: {required: [a]}, then: {required: [b]}, else: {required: [c]}}",
    ),
    (
        "else-added",
        "{if: {required: [a]}, then: {required: [b]}}",
        "{if: {required: [a]}, then: {required: [b]}, else: {required: [c]}}",
    ),
    ("contains-added", "{type: array}", "{type: array, contains: {type: string}}"),
    ("property-names-added", "{type: object}", "{type: object, propertyNames: {maxLength: 3}}"),
    ("unevaluated-items-added", "{contains: {type: string}}", "{contains: {type: string}, unevaluatedItems: false}"),
    ("additional-properties-closed", "{type: object}", "{type: object, unevaluatedProperties: false}"),
    (
        "unevaluated-properties-added",
        "{oneOf: [{required: [a]}, {required: [b]}]}",
        "{oneOf: [{required: [a]}, {required: [b]}], unevaluatedProperties: false}",
    ),
    ("content-schema-added", "{type: string}", "{type: string, contentSchema: {type: object}}"),
    (
        "condition-changed",
        "{if: {required: [a]}, then: {required: [c]}}",
        "{if: {required: [b]}, then: {required: [c]}}",
    ),
    (
        "branch-added",
        "{oneOf: [{required: [a]}, {required: [b]}]}",
        "{oneOf: [{required: [a]}, {required: [b]}, {required: [c]}]}",
    ),
    (
        "branch-added",
        "{type: object, required: [a]}",
        "{anyOf: [{type: object, required: [a]}, {type: object, required: [b]}]}",
    ),
    (
        "branches-added",
        "{type: object, properties: {a: {}}}",
        "{type: object, properties: {a: {}}, oneOf: [{required: [a]}, {required: [b]}]}",
    ),
    ("wrapped-in-branches", "{required: [a, b]}", "{oneOf: [{required: [a]}, {required: [b]}]}"),
    ("branching-changed", "{oneOf: [{required: [a]}, {required: [b]}]}", "{anyOf: [{required: [a]}, {required: [b]}]}"),
    ("discriminator-added", "{type: object}", "{type: object, discriminator: {propertyName: kind}}"),
    ("discriminator-changed", "{discriminator: {propertyName: a}}", "{discriminator: {propertyName: b}}"),
];

/// Rules that one direction has only.
const ONE_WAY: &[(&str, &str, &str, &str)] = &[
    ("property-became-read-only", "request", "{properties: {a: {}}}", "{properties: {a: {readOnly: true}}}"),
    (
        "required-property-became-not-write-only",
        "response",
        "{required: [a], properties: {a: {writeOnly: true}}}",
        "{required: [a], properties: {a: {}}}",
    ),
    ("property-became-write-only", "response", "{properties: {a: {}}}", "{properties: {a: {writeOnly: true}}}"),
];

pub(super) fn covered() -> impl Iterator<Item = &'static str> {
    let both = CASES.iter().map(|(id, ..)| *id);
    both.chain(ONE_WAY.iter().map(|(id, ..)| *id)).flat_map(|id| [id, rule(id).mirror])
}

pub(super) fn document(schema: &str) -> String {
    let content = format!("{{application/json: {{schema: {schema}}}}}");
    format!(
        "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths:\n  /a:\n    post:\n      requestBody: {{content: {content}}}\n      \
         responses: {{'200': {{description: d, content: {content}}}}}\ncomponents:\n  schemas:\n    Pet: {{type: object, properties: {{name: {{type: string}}}}}}\n    \
         Cat: {{type: object, properties: {{name: {{type: string}}}}}}\n"
    )
}

fn check(id: &str, old: &str, new: &str) {
    let forwards = compare(&document(old), &document(new));
    let seen = found(&forwards);
    let rule = rule(id);
    for expected in [(id, "request", rule.request), (id, "response", rule.response)] {
        assert!(seen.iter().any(|seen| *seen == expected), "{old} → {new}: {expected:?} is not among {seen:?}");
    }
    for change in &forwards.changes {
        assert!(change.message.ends_with('.') && change.message.starts_with(|c: char| c == '`' || c.is_uppercase()));
        assert!(change.old.is_some() && change.new.is_some(), "{change:?} has both places");
    }
}

#[test]
fn each_rule_fires_and_so_does_its_mirror() {
    for (id, old, new) in CASES {
        check(id, old, new);
        check(rule(id).mirror, new, old);
    }
}

#[test]
fn what_only_one_direction_has() {
    for (id, direction, old, new) in ONE_WAY {
        for (id, old, new) in [(*id, old, new), (rule(id).mirror, new, old)] {
            let seen = found(&compare(&document(old), &document(new)));
            let rule = rule(id);
            let level = if *direction == "request" { rule.request } else { rule.response };
            assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(id, *direction, level)], "{old} → {new}");
        }
    }
}

#[test]
fn what_means_the_same_is_no_change() {
    for (old, new) in [
        ("{$ref: '#/components/schemas/Pet'}", "{$ref: '#/components/schemas/Cat'}"),
        ("{$ref: '#/components/schemas/Pet'}", "{type: object, properties: {name: {type: string}}}"),
        (
            "{type: object, required: [a], properties: {a: {type: string}, b: {}}}",
            "{allOf: [{type: object, required: [a]}, {properties: {a: {type: string}}}, {allOf: [{properties: {b: {}}}]}]}",
        ),
        (
            "{allOf: [{$ref: '#/components/schemas/Pet'}]}",
            "{allOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Pet'}]}",
        ),
        ("{oneOf: [{required: [a]}, {required: [b]}]}", "{oneOf: [{required: [b]}, {required: [a]}]}"),
        ("{oneOf: [{$ref: '#/components/schemas/Pet'}]}", "{anyOf: [{$ref: '#/components/schemas/Pet'}]}"),
        ("{anyOf: [{type: string}, {type: 'null'}]}", "{type: [string, 'null']}"),
        ("{enum: [1, 2]}", "{enum: [2, 1.0]}"),
        ("{const: a}", "{enum: [a]}"),
        ("{type: string, minLength: 0}", "{type: string, pattern: '^.*$'}"),
        ("{type: number, minimum: 3, exclusiveMinimum: 2}", "{type: number, minimum: 3}"),
        ("{type: object, additionalProperties: true}", "{type: object, additionalProperties: {}}"),
        ("{title: a, description: b}", "{title: c, example: 3}"),
        // The type that listed values have.
        ("{enum: [a, b]}", "{type: string, enum: [a, b]}"),
        ("{const: 1}", "{type: integer, const: 1}"),
        ("{allOf: [{type: string}, {enum: [a]}]}", "{enum: [a]}"),
        ("{enum: [a, null]}", "{type: [string, 'null'], enum: [null, a]}"),
        ("{enum: [a, b]}", "{enum: [a, b], maxLength: 3, pattern: '^[ab]$'}"),
        ("{type: string, enum: [a, 1]}", "{enum: [a]}"),
        ("{enum: [a, b], not: {const: b}}", "{const: a}"),
        // Values that can be counted.
        ("{oneOf: [{const: a, title: A}, {const: b, title: B}]}", "{type: string, enum: [a, b]}"),
        ("{type: string, oneOf: [{const: a}, {anyOf: [{enum: [b]}, {const: c}]}]}", "{enum: [a, b, c]}"),
        ("{oneOf: [{enum: [a, b]}, {enum: [b, c]}]}", "{enum: [a, c]}"),
        ("{anyOf: [{enum: [a, b]}, {type: 'null'}]}", "{type: [string, 'null'], enum: [a, b, null]}"),
        ("{type: integer, minimum: 1, maximum: 3}", "{enum: [1, 2, 3]}"),
        ("{type: boolean}", "{enum: [true, false]}"),
        // Whole numbers.
        ("{type: integer, exclusiveMinimum: 0}", "{type: integer, minimum: 1}"),
        ("{type: integer, maximum: 4.5}", "{type: integer, exclusiveMaximum: 5}"),
        ("{type: integer}", "{type: integer, multipleOf: 1}"),
        ("{type: integer}", "{type: number, multipleOf: 1}"),
        ("{type: integer, multipleOf: 0.5}", "{type: integer}"),
        // Keywords without effect.
        ("{type: string, minimum: 3, items: {}, required: [a]}", "{type: string}"),
        ("{type: array, maxLength: 3, minimum: 1}", "{type: array}"),
        ("{type: object, minProperties: 1, required: [a]}", "{type: object, required: [a]}"),
        ("{type: array, minContains: 3}", "{type: array}"),
        ("{contains: {type: string}, minContains: 1}", "{contains: {type: string}}"),
        ("{type: object, if: {required: [a]}}", "{type: object, then: {required: [a]}}"),
        // Other words.
        ("{properties: {a: false}}", "{properties: {a: {not: {}}}}"),
        ("{type: object, additionalProperties: false}", "{type: object, additionalProperties: {not: {}}}"),
        ("{type: object, additionalProperties: false}", "{type: object, unevaluatedProperties: false}"),
        (
            "{type: object, additionalProperties: false}",
            "{properties: {a: false}, type: object, additionalProperties: false}",
        ),
        ("{not: {not: {type: string, maxLength: 3}}}", "{type: string, maxLength: 3}"),
        ("{not: {type: string}}", "{type: [boolean, object, array, number, 'null']}"),
        (
            "{oneOf: [{type: integer, minimum: 3}, {oneOf: [{type: string, maxLength: 3}, {type: array}]}]}",
            "{oneOf: [{type: string, maxLength: 3}, {type: integer, minimum: 3}, {type: array}]}",
        ),
        (
            "{oneOf: [{type: integer, minimum: 3}, {type: string, maxLength: 3}]}",
            "{anyOf: [{type: integer, minimum: 3}, {type: string, maxLength: 3}]}",
        ),
        (
            "{oneOf: [{type: object, required: [k], properties: {k: {const: a}}}, {type: object, required: [k], properties: {k: {const: b}}}]}",
            "{anyOf: [{type: object, required: [k], properties: {k: {const: a}}}, {type: object, required: [k], properties: {k: {const: b}}}]}",
        ),
        // What was so before it was described.
        ("{type: object, required: [a]}", "{type: object, required: [a], properties: {a: {}}}"),
    ] {
        for (old, new) in [(old, new), (new, old)] {
            assert_eq!(found(&compare(&document(old), &document(new))), BTreeSet::new(), "{old} → {new}");
        }
    }
}

#[test]
fn lists_and_the_rest_are_compared_by_value() {
    let said = |old: &str, new: &str| {
        let diff = compare(&document(old), &document(new));
        let requests = diff.changes.into_iter().filter(|change| change.direction == Some(Direction::Request));
        requests.map(|change| (change.id, change.level)).collect::<Vec<_>>()
    };
    let (added, removed) = (("enum-added", Level::Breaking), ("enum-removed", Level::Safe));
    assert_eq!(said("{type: string}", "{const: a}"), [added]);
    assert_eq!(said("{const: a}", "{type: string}"), [removed]);
    assert_eq!(said("{enum: [abc, abcd]}", "{type: string, minLength: 3}"), [removed]);
    let gone = ("enum-value-removed", Level::Breaking);
    assert_eq!(said("{enum: [abc, ab]}", "{type: string, minLength: 3}"), [removed, gone]);
    assert_eq!(said("{enum: ['2026-01-01', x]}", "{type: string, format: date}"), [removed, gone]);
    let come = ("enum-value-added", Level::Safe);
    assert_eq!(said("{type: string, pattern: '^a'}", "{enum: [abc, b]}"), [added, come]);
    assert_eq!(
        said("{type: integer, minimum: 1, maximum: 3}", "{enum: [2, 3, 4]}"),
        [come, gone].into_iter().rev().collect::<Vec<_>>()
    );
    assert_eq!(said("{not: {type: array}}", "{not: {type: array, minItems: 1}}"), [("type-widened", Level::Safe)]);
    assert_eq!(said("{not: {type: array}}", "{not: {}}"), [("no-value-allowed", Level::Breaking)]);
    assert_eq!(
        said("{type: [string, object], properties: {a: {}}}", "{type: string}"),
        [("type-narrowed", Level::Breaking)]
    );
}

#[test]
fn a_property_was_something_before_it_was_described() {
    let open = "{type: object, additionalProperties: {type: string}}";
    let described =
        |schema: &str| format!("{{type: object, additionalProperties: {{type: string}}, properties: {{a: {schema}}}}}");
    let seen = found(&compare(&document(open), &document(&described("{type: integer}"))));
    assert!(seen.contains(&("type-changed", "request", Level::Breaking)), "{seen:?}");
    let seen = found(&compare(&document(open), &document(&described("{type: string}"))));
    assert!(seen.iter().all(|(id, _, level)| *id == "property-added" && *level == Level::Safe), "{seen:?}");
    let by_pattern = "{type: object, patternProperties: {'^a': {type: string}}}";
    let seen = found(&compare(&document(by_pattern), &document("{type: object, properties: {a: {type: integer}}}")));
    assert!(seen.contains(&("type-changed", "request", Level::Breaking)), "{seen:?}");
}

#[test]
fn a_description_that_lifted_required_is_missed() {
    let described = "{type: object, required: [id], properties: {id: {readOnly: true}}}";
    let seen = found(&compare(&document(described), &document("{type: object, required: [id]}")));
    assert!(seen.contains(&("property-became-required", "request", Level::Breaking)), "{seen:?}");
    let seen = found(&compare(&document("{type: object, required: [id]}"), &document(described)));
    assert!(seen.contains(&("property-became-optional", "request", Level::Safe)), "{seen:?}");
}

#[test]
fn branches_that_share_values_take_them_from_each_other() {
    let of = |least: u8| format!("{{oneOf: [{{type: integer}}, {{type: number, minimum: {least}}}]}}");
    for (old, new) in [(5, 0), (0, 5)] {
        let seen = found(&compare(&document(&of(old)), &document(&of(new))));
        for way in ["request", "response"] {
            assert!(seen.iter().any(|(_, known, level)| *known == way && *level == Level::Breaking), "{seen:?}");
        }
    }
    // Denied: in the direction of the body, at the level of the other one.
    let of = |most: u8| document(&format!("{{type: string, not: {{maxLength: {most}}}}}"));
    let seen = found(&compare(&of(2), &of(3)));
    assert!(seen.contains(&("max-length-raised", "request", Level::Breaking)), "{seen:?}");
}

#[test]
fn what_stands_beside_a_reference_counts() {
    let beside = |most: u8| format!("{{$ref: '#/components/schemas/Pet', maxProperties: {most}}}");
    let seen = found(&compare(&document(&beside(5)), &document(&beside(3))));
    let lowered = ["request", "response"].map(|way| {
        let rule = rule("max-properties-lowered");
        (rule.id, way, if way == "request" { rule.request } else { rule.response })
    });
    assert_eq!(seen, BTreeSet::from(lowered));
}

#[test]
fn read_only_does_not_count_in_requests_nor_write_only_in_responses() {
    let (old, new) = ("{type: object}", "{required: [id], type: object, properties: {id: {readOnly: true}}}");
    let seen = found(&compare(&document(old), &document(new)));
    assert_eq!(seen, BTreeSet::from([("required-property-added", "response", Level::Safe)]));
    let (old, new) =
        ("{properties: {p: {type: string, writeOnly: true}}}", "{properties: {p: {type: integer, writeOnly: true}}}");
    let seen = found(&compare(&document(old), &document(new)));
    assert_eq!(seen, BTreeSet::from([("type-changed", "request", Level::Breaking)]));
}

#[test]
fn deprecated_properties_may_go_when_it_was_said() {
    let property = |fields: &str| format!("{{type: object, properties: {{a: {{type: string{fields}}}}}}}");
    for (fields, id, level) in [
        ("", "property-removed", Level::Breaking),
        (", deprecated: true", "property-removed-as-announced", Level::Safe),
        (", deprecated: true, x-sunset: 2026-01-01", "property-removed-as-announced", Level::Safe),
        (", deprecated: true, x-sunset: 2027-01-01", "property-removed-before-sunset", Level::Breaking),
    ] {
        let seen = found(&compare(&document(&property(fields)), &document("{type: object}")));
        assert_eq!(seen, BTreeSet::from([(id, "request", level), (id, "response", level)]), "{fields}");
    }
}

#[test]
fn branches_are_told_by_name_where_both_documents_have_it() {
    let old = "{anyOf: [{$ref: '#/components/schemas/Pet'}, {type: string, minLength: 3}]}";
    let new = "{anyOf: [{$ref: '#/components/schemas/Cat'}, {type: string, minLength: 4}]}";
    let ids: BTreeSet<&str> = found(&compare(&document(old), &document(new))).into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, BTreeSet::from(["branch-added", "branch-removed", "min-length-raised"]));
    let renamed = document(new).replace("Cat", "Hound").replace("    Pet: ", "    Cow: ");
    let ids: BTreeSet<&str> = found(&compare(&document(old), &renamed)).into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, BTreeSet::from(["min-length-raised"]));
}

#[test]
fn places_are_those_of_the_keywords() {
    let diff = compare(&document("{type: string, maxLength: 9}"), &document("{type: string, maxLength: 8}"));
    let change = &diff.changes[0];
    let pointer = "/paths/~1a/post/requestBody/content/application~1json/schema/maxLength";
    let (old, new) = (change.old.as_ref().expect("a place"), change.new.as_ref().expect("a place"));
    assert_eq!((old.file.as_str(), old.line, old.pointer.as_str()), ("old.yaml", 6, pointer));
    assert_eq!((new.file.as_str(), new.line, new.pointer.as_str()), ("new.yaml", 6, pointer));
}

#[test]
fn circles_and_deep_and_wide_schemas_end() {
    let circle = |depth: usize, extra: &str| {
        let mut text = document("{$ref: '#/components/schemas/N0'}");
        for at in 0..depth {
            let next = (at + 1) % depth;
            let both =
                format!("allOf: [{{$ref: '#/components/schemas/N{next}'}}, {{$ref: '#/components/schemas/N{next}'}}]");
            let field = format!(
                "properties: {{next: {{{both}}}, also: {{oneOf: [{{$ref: '#/components/schemas/N{next}'}}, {{type: string, minLength: {at}}}]}}}}"
            );
            let extra = if at == depth - 1 { extra } else { "" };
            let _ = writeln!(text, "    N{at}: {{type: object, {field}{extra}}}");
        }
        text
    };
    let diff = compare(&circle(300, ""), &circle(300, ", required: [next]"));
    assert!(found(&diff).contains(&("property-became-required", "request", Level::Breaking)), "{:?}", found(&diff));
    assert_eq!(compare(&circle(300, ""), &circle(300, "")).changes, []);
    // Each level doubles what the one before says: 2^60 parts if it were written out.
    let mut bomb = document("{$ref: '#/components/schemas/B0'}");
    for at in 0..60 {
        let next = at + 1;
        let _ = writeln!(
            bomb,
            "    B{at}: {{allOf: [{{$ref: '#/components/schemas/B{next}'}}, {{oneOf: [{{$ref: '#/components/schemas/B{next}'}}, {{anyOf: [{{$ref: '#/components/schemas/B{next}'}}, {{type: object}}]}}]}}]}}"
        );
    }
    bomb.push_str("    B60: {type: object}\n");
    assert_eq!(compare(&bomb, &bomb).changes, []);
}
