//! What is said of the document as a whole, and what depends on how values are written.

use super::*;

pub(super) fn covered() -> impl Iterator<Item = &'static str> {
    [
        "security-scheme-address-changed",
        "security-scheme-scope-added",
        "security-scheme-scope-removed",
        "version-unchanged",
        "version-decreased",
        "major-version-unchanged",
    ]
    .into_iter()
}

fn ids(old: &str, new: &str) -> Vec<&'static str> {
    compare(old, new).changes.iter().map(|change| change.id).collect()
}

#[test]
fn versions_are_told_of_breaking_changes_only() {
    let document = |version: &str, paths: &str| {
        format!("openapi: 3.1.0\ninfo: {{title: t, version: '{version}'}}\npaths: {{{paths}}}\n")
    };
    let (has, lacks) = ("/a: {get: {}}", "");
    for (old, new, expected) in [
        ("1.2.0", "1.2.0", Some("version-unchanged")),
        ("2026-01-01", "2026-01-01", Some("version-unchanged")),
        ("1.2.0", "1.3.0", Some("major-version-unchanged")),
        ("v1", "v1.1", Some("major-version-unchanged")),
        ("1.2.0", "1.1.9", Some("version-decreased")),
        ("1.2.0", "2.0.0", None),
        ("0.2.0", "0.3.0", None),
        ("2026-01-01", "2026-02-01", None),
    ] {
        let found = ids(&document(old, has), &document(new, lacks));
        let expected: Vec<&str> = [Some("operation-removed"), expected].into_iter().flatten().collect();
        assert_eq!(found, expected, "{old} → {new}");
        assert_eq!(ids(&document(old, lacks), &document(new, has)), ["operation-added"]);
    }
}

#[test]
fn servers_and_addresses_of_security_schemes() {
    let document = |servers: &str, scheme: &str| {
        format!(
            "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths: {{}}\nservers: {servers}\n\
             components: {{securitySchemes: {{s: {scheme}}}}}\n"
        )
    };
    let flow = |url: &str, scopes: &str| {
        format!("{{type: oauth2, flows: {{clientCredentials: {{tokenUrl: '{url}', scopes: {scopes}}}}}}}")
    };
    let one = document("[{url: 'https://a/'}]", &flow("https://a/t", "{r: read}"));
    for (other, expected) in [
        (document("[{url: 'https://a'}]", &flow("https://a/t", "{r: other words}")), [].as_slice()),
        (document("[{url: 'https://b'}]", &flow("https://a/t", "{r: read}")), &["server-added", "server-removed"]),
        (document("[{url: 'https://a'}]", &flow("https://b/t", "{r: read}")), &["security-scheme-address-changed"]),
        (
            document("[{url: 'https://a'}]", &flow("https://a/t", "{r: read, w: write}")),
            &["security-scheme-scope-added"],
        ),
        (document("[{url: 'https://a'}]", &flow("https://a/t", "{}")), &["security-scheme-scope-removed"]),
    ] {
        assert_eq!(ids(&one, &other), expected, "{other}");
        assert_ne!(compare(&one, &other).worst(), Some(Level::Breaking));
    }
}

#[test]
fn xml_and_forms_hold_texts() {
    let document = |media: &str, schema: &str| {
        format!(
            "openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths: {{/a: {{post: {{requestBody: {{content: \
             {{{media}: {{schema: {schema}}}}}}}, responses: {{'200': {{description: d}}}}}}}}}}\n"
        )
    };
    let field = |kind: &str| format!("{{type: object, properties: {{a: {kind}}}}}");
    let deep = |kind: &str| field(&field(kind));
    for (media, schema, expected) in [
        ("application/json", &field as &dyn Fn(&str) -> String, "type-changed"),
        ("application/xml", &field, "type-widened"),
        ("application/x+xml", &deep, "type-widened"),
        ("application/x-www-form-urlencoded", &field, "type-widened"),
        // An object within a form is JSON (OpenAPI, Encoding Object).
        ("multipart/form-data", &deep, "type-changed"),
        ("multipart/form-data", &field, "type-widened"),
    ] {
        let seen =
            found(&compare(&document(media, &schema("{type: integer}")), &document(media, &schema("{type: string}"))));
        let seen: Vec<&str> = seen.into_iter().map(|(id, ..)| id).collect();
        assert_eq!(seen, [expected], "{media}");
    }
}

#[test]
fn words_of_discriminators() {
    let document = |mapping: &str, branches: &str| {
        let discriminator = format!("{{propertyName: kind{mapping}}}");
        schemas::document(&format!("{{oneOf: {branches}, discriminator: {discriminator}}}"))
    };
    let (pet, cat) = ("{$ref: '#/components/schemas/Pet'}", "{$ref: '#/components/schemas/Cat'}");
    let both = format!("[{pet}, {cat}]");
    let mapping = |pet: &str, cat: &str| format!(", mapping: {{p: '#/components/schemas/{pet}', c: {cat}}}");
    let messages = |old: &str, new: &str| -> BTreeSet<String> {
        let diff = compare(old, new);
        assert!(diff.changes.iter().all(|change| change.id == "discriminator-changed"), "{:?}", diff.changes);
        diff.changes.into_iter().map(|change| change.message).collect()
    };
    let one = document(&mapping("Pet", "Cat"), &both);
    // A word that stands for another branch than before.
    let swapped = messages(&one, &document(&mapping("Cat", "Pet"), &both));
    assert!(swapped.iter().any(|message| message.contains("`p` stand for `Cat` now")), "{swapped:?}");
    // A component with another name: no change where a mapping keeps its word, a new word without one.
    let renamed =
        |text: &str| text.replace("Cat'", "Lion'").replace("c: Cat", "c: Lion").replace("    Cat:", "    Lion:");
    assert_eq!(messages(&one, &renamed(&one)), BTreeSet::new());
    let plain = document("", &both);
    let found = messages(&plain, &renamed(&plain));
    assert!(found.iter().any(|message| message.contains("`Lion` newly")), "{found:?}");
    assert!(found.iter().any(|message| message.contains("`Cat` no longer")), "{found:?}");
    assert_eq!(messages(&plain, &document(", mapping: {Pet: Pet}", &format!("[{cat}, {pet}]"))), BTreeSet::new());
}

#[test]
fn nothing_is_announced_of_what_may_go_at_any_time() {
    let document = |fields: &str| {
        format!("openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths: {{/a: {{get: {{{fields}}}}}}}\n")
    };
    for stability in ["draft", "alpha"] {
        let fields = format!("x-stability-level: {stability}");
        let diff = compare(&document(&fields), &document(&format!("{fields}, deprecated: true")));
        assert_eq!(found(&diff), BTreeSet::from([("deprecated", "-", Level::Safe)]));
    }
    let beta = "x-stability-level: beta";
    let diff = compare(&document(beta), &document(&format!("{beta}, deprecated: true")));
    assert_eq!(diff.worst(), Some(Level::Breaking));
}
