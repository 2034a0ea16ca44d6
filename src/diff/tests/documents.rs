//! Rules about everything around schemas.

use super::*;

/// Rule, direction, old document, new document (what stands below `paths`, see [`document`]).
const CASES: &[(&str, &str, &str, &str)] = &[
    ("operation-added", "-", "/a: {get: OK}", "/a: {get: OK, put: OK}"),
    ("operation-id-changed", "-", "/a: {get: {operationId: a, IN}}", "/a: {get: {operationId: b, IN}}"),
    ("server-added", "-", "/a: {get: {servers: [{url: /x}], IN}}", "/a: {get: {servers: [{url: /x}, {url: /y}], IN}}"),
    ("tag-added", "-", "/a: {get: OK}", "/a: {get: {tags: [t], IN}}"),
    ("deprecated", "-", "/a: {get: OK}", "/a: {get: {deprecated: true, x-sunset: 2030-01-01, IN}}"),
    ("deprecated-without-sunset", "-", "/a: {get: OK}", "/a: {get: {deprecated: true, IN}}"),
    ("deprecated-past-sunset", "-", "/a: {get: OK}", "/a: {get: {deprecated: true, x-sunset: 2020-01-01, IN}}"),
    (
        "sunset-unreadable",
        "-",
        "/a: {get: {deprecated: true, IN}}",
        "/a: {get: {deprecated: true, x-sunset: soon, IN}}",
    ),
    (
        "sunset-added",
        "-",
        "/a: {get: {deprecated: true, IN}}",
        "/a: {get: {deprecated: true, x-sunset: 2030-01-01, IN}}",
    ),
    (
        "sunset-later",
        "-",
        "/a: {get: {deprecated: true, x-sunset: 2030-01-01, IN}}",
        "/a: {get: {deprecated: true, x-sunset: 2031-01-01, IN}}",
    ),
    ("stability-unreadable", "-", "/a: {get: OK}", "/a: {get: {x-stability-level: ga, IN}}"),
    ("stability-raised", "-", "/a: {get: {x-stability-level: beta, IN}}", "/a: {get: {x-stability-level: stable, IN}}"),
    ("security-required", "request", "/a: {get: OK}", "/a: {get: {security: [{key: []}], IN}}"),
    (
        "security-alternative-added",
        "request",
        "/a: {get: {security: [{key: []}], IN}}",
        "/a: {get: {security: [{key: []}, {token: []}], IN}}",
    ),
    (
        "security-scope-added",
        "request",
        "/a: {get: {security: [{token: [read]}], IN}}",
        "/a: {get: {security: [{token: [read, write]}], IN}}",
    ),
    ("parameter-added", "request", "/a: {get: OK}", "/a: {get: {parameters: [{name: p, in: query}], IN}}"),
    (
        "required-parameter-added",
        "request",
        "/a: {get: OK}",
        "/a: {get: {parameters: [{name: P, in: header, required: true}], IN}}",
    ),
    (
        "parameter-became-required",
        "request",
        "/a: {get: {parameters: [{name: p, in: query}], IN}}",
        "/a: {get: {parameters: [{name: p, in: query, required: true}], IN}}",
    ),
    (
        "parameter-style-changed",
        "request",
        "/a: {get: {parameters: [{name: p, in: query, schema: {type: array}}], IN}}",
        "/a: {get: {parameters: [{name: p, in: query, schema: {type: array}, explode: false}], IN}}",
    ),
    (
        "parameter-empty-value-allowed",
        "request",
        "/a: {get: {parameters: [{name: p, in: query}], IN}}",
        "/a: {get: {parameters: [{name: p, in: query, allowEmptyValue: true}], IN}}",
    ),
    (
        "parameter-became-list",
        "request",
        "/a: {get: {parameters: [{name: p, in: query, schema: {type: string}}], IN}}",
        "/a: {get: {parameters: [{name: p, in: query, schema: {type: array, items: {type: string}}}], IN}}",
    ),
    (
        "parameter-default-added",
        "request",
        "/a: {get: {parameters: [{name: p, in: query, schema: {type: integer}}], IN}}",
        "/a: {get: {parameters: [{name: p, in: query, schema: {type: integer, default: 1}}], IN}}",
    ),
    (
        "parameter-default-changed",
        "request",
        "/a: {get: {parameters: [{name: p, in: query, schema: {default: 2}}], IN}}",
        "/a: {get: {parameters: [{name: p, in: query, schema: {default: 1}}], IN}}",
    ),
    ("request-body-added", "request", "/a: {put: OK}", "/a: {put: {requestBody: {content: {}}, IN}}"),
    (
        "required-request-body-added",
        "request",
        "/a: {put: OK}",
        "/a: {put: {requestBody: {required: true, content: {}}, IN}}",
    ),
    (
        "request-body-became-required",
        "request",
        "/a: {put: {requestBody: {content: {}}, IN}}",
        "/a: {put: {requestBody: {required: true, content: {}}, IN}}",
    ),
    (
        "media-type-added",
        "request",
        "/a: {put: {requestBody: {content: {a/b: {}}}, IN}}",
        "/a: {put: {requestBody: {content: {a/b: {}, a/c: {}}}, IN}}",
    ),
    (
        "media-type-added",
        "response",
        "/a: {get: {responses: {'200': {description: d}}}}",
        "/a: {get: {responses: {'200': {description: d, content: {a/b: {}}}}}}",
    ),
    (
        "media-type-widened",
        "request",
        "/a: {put: {requestBody: {content: {a/b: {}}}, IN}}",
        "/a: {put: {requestBody: {content: {a/*: {}}}, IN}}",
    ),
    (
        "media-type-widened",
        "response",
        "/a: {get: {responses: {'200': {description: d, content: {a/b: {}}}}}}",
        "/a: {get: {responses: {'200': {description: d, content: {'*/*': {}}}}}}",
    ),
    ("stability-lowered", "-", "/a: {get: OK}", "/a: {get: {x-stability-level: beta, IN}}"),
    (
        "response-added",
        "response",
        "/a: {get: OK}",
        "/a: {get: {responses: {'200': {description: d}, '201': {description: d}}}}",
    ),
    (
        "error-response-added",
        "response",
        "/a: {get: OK}",
        "/a: {get: {responses: {'200': {description: d}, '404': {description: d}}}}",
    ),
    (
        "response-header-added",
        "response",
        "/a: {get: OK}",
        "/a: {get: {responses: {'200': {description: d, headers: {X: {}}}}}}",
    ),
    (
        "response-header-became-required",
        "response",
        "/a: {get: {responses: {'200': {description: d, headers: {X: {}}}}}}",
        "/a: {get: {responses: {'200': {description: d, headers: {x: {required: true}}}}}}",
    ),
];

/// Removals that were announced, or not, and other rules whose mirror is that of another.
const ONE_WAY: &[(&str, &str, &str, &str)] = &[
    ("operation-removed-as-announced", "-", "/a: {get: {deprecated: true, IN}}", "/a: {}"),
    ("operation-removed-as-announced", "-", "/a: {get: {x-stability-level: alpha, IN}}", "/a: {}"),
    ("operation-removed-before-sunset", "-", "/a: {get: {deprecated: true, x-sunset: 2030-01-01, IN}}", "/a: {}"),
    (
        "parameter-removed-as-announced",
        "request",
        "/a: {get: {parameters: [{name: p, in: query, deprecated: true}], IN}}",
        "/a: {get: OK}",
    ),
    (
        "parameter-removed-before-sunset",
        "request",
        "/a: {get: {parameters: [{name: p, in: query, deprecated: true, x-sunset: 2030-01-01}], IN}}",
        "/a: {get: OK}",
    ),
];

/// Found by tests of their own.
const ELSEWHERE: &[&str] = &[
    "webhook-added",
    "webhook-removed",
    "property-removed-as-announced",
    "property-removed-before-sunset",
    "comparison-incomplete",
    "response-range-split",
    "encoding-changed",
    "callback-added",
    "callback-removed",
];

pub(super) fn covered() -> impl Iterator<Item = &'static str> {
    let both = CASES.iter().flat_map(|(id, ..)| [*id, rule(id).mirror]);
    both.chain(ONE_WAY.iter().map(|(id, ..)| *id)).chain(ELSEWHERE.iter().copied())
}

fn document(paths: &str) -> String {
    let paths = paths.replace("OK", "{IN}").replace("IN", "responses: {'200': {description: d}}");
    format!(
        "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths:\n  {paths}\ncomponents:\n  securitySchemes:\n    \
         key: {{type: apiKey, in: header, name: X-Key}}\n    token: {{type: oauth2, flows: {{}}}}\n"
    )
}

fn check(id: &str, direction: &'static str, old: &str, new: &str) {
    let diff = compare(&document(old), &document(new));
    let rule = rule(id);
    let level = if direction == "response" { rule.response } else { rule.request };
    assert_eq!(found(&diff), BTreeSet::from([(rule.id, direction, level)]), "{old} → {new}");
    assert!(
        diff.changes.iter().all(
            |change| (change.operation.is_some() || change.id.contains("version")) && change.message.ends_with('.')
        )
    );
}

#[test]
fn each_rule_fires_alone_and_so_does_its_mirror() {
    for (id, direction, old, new) in CASES {
        check(id, direction, old, new);
        check(rule(id).mirror, direction, new, old);
    }
    for (id, direction, old, new) in ONE_WAY {
        check(id, direction, old, new);
    }
}

#[test]
fn what_means_the_same_is_no_change() {
    for (old, new) in [
        ("/a: {get: OK}", "/a: {get: {summary: s, x-note: 1, IN}}"),
        (
            "/a/{id}: {get: {parameters: [{name: id, in: path, required: true}], IN}}",
            "/a/{key}: {get: {parameters: [{name: key, in: path, required: true}], IN}}",
        ),
        (
            "/a: {parameters: [{name: p, in: query}], get: OK}",
            "/a: {get: {parameters: [{name: p, in: query, style: form}], IN}}",
        ),
        ("/a: {get: {parameters: [{name: Accept, in: header}], IN}}", "/a: {get: OK}"),
        ("/a: {get: OK}", "/a: {get: {x-stability-level: stable, IN}}"),
        (
            "/a: {put: {requestBody: {content: {a/b: {schema: {type: string}}}}, IN}}",
            "/a: {put: {requestBody: {content: {a/b; charset=utf-8: {schema: {type: string}}}}, IN}}",
        ),
        ("/a: {get: {security: [{}], IN}}", "/a: {get: {security: [], IN}}"),
        ("/a: {get: {security: [{key: []}, {token: []}], IN}}", "/a: {get: {security: [{token: []}, {key: []}], IN}}"),
        (
            "/a: {get: {parameters: [{name: p, in: query, schema: {type: integer}}], IN}}",
            "/a: {get: {parameters: [{name: p, in: query, schema: {type: integer}, explode: false}], IN}}",
        ),
    ] {
        for (old, new) in [(old, new), (new, old)] {
            assert_eq!(found(&compare(&document(old), &document(new))), BTreeSet::new(), "{old} → {new}");
        }
    }
}

#[test]
fn ranges_take_in_what_was_written_out() {
    let of = |status: &str| format!("/a: {{get: {{responses: {{'{status}': {{description: d}}}}}}}}");
    let worst = |old, new| compare(&document(&of(old)), &document(&of(new))).worst();
    assert_ne!(worst("201", "2XX"), Some(Level::Breaking));
    assert_eq!(worst("2XX", "201"), Some(Level::Safe));
    let seen = found(&compare(&document(&of("2XX")), &document(&of("201"))));
    assert_eq!(seen, BTreeSet::from([("response-range-split", "response", Level::Safe)]));
    assert_eq!(worst("201", "default"), Some(Level::Breaking));
}

#[test]
fn numbers_in_plain_text_are_strings() {
    let of = |media: &str, name: &str| {
        format!("/a: {{put: {{requestBody: {{content: {{{media}: {{schema: {{type: {name}}}}}}}}}, IN}}}}")
    };
    let worst = |media, old, new| compare(&document(&of(media, old)), &document(&of(media, new))).worst();
    assert_eq!(worst("text/plain", "number", "string"), Some(Level::Safe));
    assert_eq!(worst("text/plain", "string", "number"), Some(Level::Breaking));
    assert_eq!(worst("application/json", "number", "string"), Some(Level::Breaking));
}

#[test]
fn what_is_not_stable_yet_breaks_nobody() {
    let (old, new) = (
        "/a: {get: {x-stability-level: alpha, IN}}",
        "/a: {get: {x-stability-level: alpha, parameters: [{name: p, in: query, required: true}], IN}}",
    );
    assert_eq!(compare(&document(old), &document(new)).worst(), Some(Level::Maybe));
}

#[test]
fn schemes_are_the_same_by_what_is_sent() {
    let document = |name: &str, header: &str| {
        format!(
            "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\nsecurity: [{{{name}: []}}]\npaths:\n  /a: {{get: {{responses: {{}}}}}}\ncomponents: {{securitySchemes: {{{name}: {{type: apiKey, in: header, name: {header}}}}}}}\n"
        )
    };
    assert_eq!(compare(&document("one", "X-Key"), &document("other", "X-Key")).changes, []);
    let seen = found(&compare(&document("one", "X-Key"), &document("one", "X-Token")));
    let ids: Vec<&str> = seen.into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, ["security-alternative-removed"]);
    let seen = found(&compare(&document("one", "X-Key"), &document("other", "X-Token")));
    let ids: Vec<&str> = seen.into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, ["security-alternative-added", "security-alternative-removed"]);
    // Under the same name it is one change, that says what is sent now.
    let diff = compare(&document("key", "X-Key"), &document("key", "X-Token"));
    let messages: Vec<&str> = diff.changes.iter().map(|change| change.message.as_str()).collect();
    let expected =
        "`key` is no longer enough to authenticate: `key` is the header `X-Token` now, was the header `X-Key`.";
    assert!(messages.contains(&expected), "{messages:?}");
    assert!(diff.changes.iter().all(|change| change.id != "security-alternative-added"));
}

#[test]
fn encodings_of_forms_and_parts() {
    let of = |media: &str, kind: &str, encoding: &str| {
        document(&format!(
            "/a: {{put: {{requestBody: {{content: {{{media}: {{schema: {{type: object, properties: {{a: {kind}}}}}, encoding: {{{encoding}}}}}}}}}, IN}}}}"
        ))
    };
    let form = "application/x-www-form-urlencoded";
    let list = "{type: array, items: {type: string}}";
    let changed = BTreeSet::from([("encoding-changed", "request", Level::Breaking)]);
    for (media, kind, encoding) in [
        (form, list, "a: {explode: false}"),
        (form, list, "a: {contentType: application/json}"),
        (form, "{type: object}", "a: {style: deepObject}"),
        ("multipart/form-data", "{type: string}", "a: {contentType: image/png}"),
        ("multipart/form-data", "{type: object}", "a: {contentType: application/xml}"),
    ] {
        for (old, new) in [("", encoding), (encoding, "")] {
            assert_eq!(found(&compare(&of(media, kind, old), &of(media, kind, new))), changed, "{old} → {new}");
        }
    }
    for (media, kind, encoding) in [
        (form, list, "a: {style: form, explode: true}"),
        (form, "{type: string}", "a: {explode: false}"),
        (form, "{type: string}", "a: {contentType: text/plain}"),
        ("multipart/form-data", "{type: object}", "a: {contentType: application/json}"),
    ] {
        let seen = found(&compare(&of(media, kind, ""), &of(media, kind, encoding)));
        assert_eq!(seen, BTreeSet::new(), "{encoding}");
    }
}

#[test]
fn items_of_sequences_and_whole_queries() {
    let changed = |way| BTreeSet::from([("type-changed", way, Level::Breaking)]);
    let of = |kind: &str| {
        document(&format!(
            "/a: {{get: {{responses: {{'200': {{description: d, content: {{application/jsonl: {{itemSchema: {{type: {kind}}}}}}}}}}}}}}}"
        ))
        .replace("3.1.0", "3.2.0")
    };
    assert_eq!(found(&compare(&of("string"), &of("integer"))), changed("response"));
    let of = |required: bool, kind: &str| {
        document(&format!(
            "/a: {{get: {{parameters: [{{name: q, in: querystring, required: {required}, content: {{application/json: {{schema: {{type: {kind}}}}}}}}}], IN}}}}"
        ))
        .replace("3.1.0", "3.2.0")
    };
    assert_eq!(found(&compare(&of(true, "array"), &of(true, "object"))), changed("request"));
    let seen = found(&compare(&of(false, "object"), &of(true, "object")));
    assert_eq!(seen, BTreeSet::from([("parameter-became-required", "request", Level::Breaking)]));
    let without = document("/a: {get: {IN}}").replace("3.1.0", "3.2.0");
    let seen = found(&compare(&without, &of(true, "object")));
    assert_eq!(seen, BTreeSet::from([("required-parameter-added", "request", Level::Breaking)]));
}

#[test]
fn callbacks() {
    let of = |name: &str, kind: &str| {
        document(&format!(
            "/a: {{post: {{callbacks: {{{name}: {{'{{$request.body#/url}}': {{post: {{requestBody: {{content: {{application/json: {{schema: {{type: {kind}}}}}}}}}, IN}}}}}}}}, IN}}}}"
        ))
    };
    assert_eq!(found(&compare(&of("done", "string"), &of("done", "string"))), BTreeSet::new());
    let seen = found(&compare(&of("done", "integer"), &of("done", "number")));
    assert_eq!(seen, BTreeSet::from([("type-widened", "response", Level::Breaking)]));
    let seen = found(&compare(&of("done", "string"), &of("ready", "string")));
    let expected = [("callback-added", "response", Level::Safe), ("callback-removed", "response", Level::Breaking)];
    assert_eq!(seen, BTreeSet::from(expected));
}

#[test]
fn a_part_of_the_path_may_move_to_the_server() {
    let of = |server: &str, path: &str| {
        format!(
            "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\nservers: [{{url: '{server}'}}]\npaths:\n  {path}: {{get: {{responses: {{'200': {{description: d}}}}}}}}\n"
        )
    };
    let (old, new) = (of("http://h", "/v1/a"), of("http://h/v1/", "/a"));
    assert_eq!(found(&compare(&old, &new)), BTreeSet::new());
    assert_eq!(found(&compare(&new, &old)), BTreeSet::new());
    assert_eq!(compare(&old, &of("http://h/v2", "/a")).worst(), Some(Level::Breaking));
}

#[test]
fn webhooks() {
    let document = |name: &str, schema: &str| {
        format!(
            "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\nwebhooks:\n  {name}:\n    post:\n      requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}\n      responses: {{}}\n"
        )
    };
    let seen = found(&compare(&document("a", "{}"), &document("b", "{}")));
    assert_eq!(seen, BTreeSet::from([("webhook-removed", "-", Level::Breaking), ("webhook-added", "-", Level::Safe)]));
    // Receivers know two kinds; a third one is news to them.
    let seen = found(&compare(&document("a", "{enum: [x, y]}"), &document("a", "{enum: [x, y, z]}")));
    assert!(seen.contains(&("enum-value-added", "response", Level::Breaking)), "{seen:?}");
}

#[test]
fn levels_may_be_set() {
    let levels = BTreeMap::from([("operation-removed".to_owned(), Level::Safe)]);
    let settings = Settings { levels, ..settings() };
    let (old, new) = (contract("old", &document("/a: {get: OK}")), contract("new", &document("/a: {}")));
    assert_eq!(diff(&old, &new, &settings).worst(), Some(Level::Safe));
}

#[test]
fn too_many_changes_keep_those_that_break() {
    let paths = |names: std::ops::Range<usize>| {
        let paths: Vec<String> = names.map(|name| format!("/p{name}: {{get: {{responses: {{}}}}}}")).collect();
        format!(
            "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths: {{{}, /z: {{get: {{responses: {{}}, x-stability-level: STABLE}}}}}}\n",
            paths.join(", ")
        )
    };
    let (many, few) = (paths(0..MOST_CHANGES + 5), paths(0..1));
    let diff = compare(&few.replace("STABLE", "stable"), &many.replace("STABLE", "beta"));
    assert_eq!(diff.changes.len(), MOST_CHANGES);
    assert!(diff.left_out > 0);
    assert_eq!(diff.worst(), Some(Level::Breaking));
}

#[test]
fn sarif_has_what_its_schema_requires() {
    let (old, new) = (
        "/a: {get: OK}\n  /b: {get: OK}",
        "/a: {get: {deprecated: true, parameters: [{name: p, in: query, required: true}], IN}}",
    );
    let diff = compare(&document(old), &document(new));
    assert!(diff.changes.len() > 2);
    crate::source::assert_sound(&show::sarif(&diff));
}
