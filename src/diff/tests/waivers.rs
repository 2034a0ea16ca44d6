//! Changes that are let through.

use super::*;

const WAIVERS: &str = "\
waivers:
  - {change: property-removed, operation: post /a, reason: r, expires: 2026-03-01}
  - {change: property-added, reason: r, expires: 2026-02-28}
  - {change: 0123456789abcdef, reason: r}
";

#[test]
fn waivers_hold_until_they_expire() {
    let (old, new) = (schemas::document("{properties: {a: {}}}"), schemas::document("{properties: {b: {}}}"));
    let mut diff = compare(&old, &new);
    let waivers = Waivers::read(&Source::new("waivers.yaml", WAIVERS)).expect("valid");
    let told = waivers.apply(&mut diff, settings().today);
    let told: Vec<(&str, usize)> = told
        .iter()
        .map(|fault| (fault.code, fault.labels[0].source.position(fault.labels[0].span.start).line))
        .collect();
    assert_eq!(told, [("waiver-expired", 3), ("waiver-unused", 4)]);
    assert_eq!((diff.worst(), diff.waived()), (Some(Level::Safe), 2));
    // By its fingerprint, whatever else moves.
    let mut moved = compare(&format!("# moved\n{old}"), &new);
    let name = &diff.changes.iter().find(|change| change.id == "property-removed").expect("found").fingerprint;
    let text = format!("waivers: [{{change: {name}, reason: r}}]");
    let waivers = Waivers::read(&Source::new("waivers.yaml", text)).expect("valid");
    assert!(waivers.apply(&mut moved, settings().today).is_empty());
    assert_eq!(moved.waived(), 1);
}

#[test]
fn the_schema_of_waivers_agrees_with_their_reader() {
    let schema: serde_json::Value = serde_json::from_str(WAIVERS_SCHEMA).expect("JSON");
    let schema = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("a schema");
    for (text, is_valid) in [
        (WAIVERS, true),
        ("waivers: []", true),
        ("x-owner: me\nwaivers: []", true),
        ("{}", false),
        ("waivers: [{change: property-removed}]", false),
        ("waivers: [{change: property-removed, reason: ' '}]", false),
        ("waivers: [{change: property-removed, reason: r, expires: soon}]", false),
        ("waivers: [{change: property-removed, reason: r, until: 2030-01-01}]", false),
        ("waivers: {}", false),
    ] {
        let source = Source::new("waivers.yaml", text);
        let (value, _) = crate::source::read(&source, &crate::source::Limits::default());
        assert_eq!(schema.is_valid(&value.expect("YAML")), is_valid, "{text}");
        assert_eq!(Waivers::read(&source).is_ok(), is_valid, "{text}");
    }
}
