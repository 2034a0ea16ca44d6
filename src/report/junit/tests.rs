use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;
use crate::report::fixture::{self, HOSTILE};
use crate::verdict::Event;

fn of(events: &[Event]) -> String {
    junit(&Summary::of(events))
}

/// What `junit-10.xsd` allows: an element, its attributes (`!` = required), its children.
const ALLOWED: [(&str, &[&str], &[&str]); 11] = [
    ("testsuites", &["name", "time", "tests", "failures", "errors"], &["testsuite"]),
    (
        "testsuite",
        &["name!", "tests!", "failures!", "errors!", "time", "skipped", "timestamp", "file"],
        &["properties", "testcase"],
    ),
    ("properties", &[], &["property"]),
    ("property", &["name!", "value!"], &[]),
    (
        "testcase",
        &["name!", "time", "classname"],
        &["skipped", "error", "failure", "rerunFailure", "rerunError", "flakyFailure", "flakyError", "system-out"],
    ),
    ("skipped", &["type", "message"], &[]),
    ("error", &["type", "message"], &[]),
    ("failure", &["type", "message"], &[]),
    ("flakyFailure", &["type!", "message"], &["stackTrace"]),
    ("flakyError", &["type!", "message"], &["stackTrace"]),
    ("rerunFailure", &["type!", "message"], &["stackTrace"]),
];
const TEXT_ONLY: [&str; 2] = ["stackTrace", "system-out"];

/// Walks the tags of `xml` and holds each against [`ALLOWED`]; gives back how many there were.
fn walk(xml: &str) -> usize {
    let mut open: Vec<&str> = Vec::new();
    let mut tags = 0;
    for piece in xml.split('<').skip(2) {
        let (tag, text) = piece.split_once('>').expect("a tag ends");
        assert!(!text.contains("]]>"), "`]]>` in text");
        tags += 1;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "the open element is closed");
            continue;
        }
        let empty = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        check_element(name, &attribute_names(attributes), open.last().copied());
        if !empty {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    tags
}

fn check_element(name: &str, attributes: &[&str], parent: Option<&str>) {
    if let Some(parent) = parent {
        let (_, _, children) = ALLOWED.iter().find(|(known, ..)| *known == parent).expect("a parent");
        assert!(children.contains(&name), "<{name}> in <{parent}>");
    }
    if TEXT_ONLY.contains(&name) {
        assert_eq!(attributes, [""; 0], "<{name}>");
        return;
    }
    let (_, known, _) = ALLOWED.iter().find(|(known, ..)| *known == name).expect("an element of the schema");
    for attribute in attributes {
        assert!(known.iter().any(|known| known.trim_end_matches('!') == *attribute), "{attribute} on <{name}>");
    }
    for required in known.iter().filter_map(|known| known.strip_suffix('!')) {
        assert!(attributes.contains(&required), "<{name}> without {required}");
    }
}

fn attribute_names(mut rest: &str) -> Vec<&str> {
    let mut names = Vec::new();
    while let Some((name, after)) = rest.split_once("=\"") {
        names.push(name.trim());
        rest = after.split_once('"').expect("a value ends").1;
    }
    assert_eq!(rest.trim(), "");
    names
}

#[test]
fn the_structure_is_that_of_the_schema() {
    for events in [fixture::run(66), fixture::hostile(), vec![]] {
        let xml = of(&events);
        assert!(walk(&xml) > 1);
        let bad = |c: char| (c < ' ' && c != '\n' && c != '\t') || matches!(c, '\u{7f}' | '\u{fffe}' | '\u{ffff}');
        assert_eq!(xml.find(bad), None, "XML 1.0 has no such character");
    }
}

#[test]
fn the_published_schema_accepts_it() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/schemas/junit-10.xsd");
    if !std::path::Path::new(schema).exists() {
        println!("skipped: there is no {schema}");
        return;
    }
    for events in [fixture::run(66), fixture::hostile(), vec![]] {
        let started = Command::new("xmllint")
            .args(["--noout", "--huge", "--nonet", "--schema", schema, "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut lint) = started else {
            println!("skipped: xmllint is not installed");
            return;
        };
        lint.stdin.take().expect("a pipe").write_all(of(&events).as_bytes()).expect("written");
        let output = lint.wait_with_output().expect("an end");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn verdicts_become_elements() {
    let xml = of(&fixture::run(66));
    for (element, times) in [
        ("<failure ", 3),
        ("<error ", 1),
        ("<skipped ", 2),
        ("<flakyError ", 1),
        ("<testsuite ", 12),
        ("<testcase ", 66),
    ] {
        assert_eq!(xml.matches(element).count(), times, "{element}");
    }
    for part in [
        r#"<testsuites name="countersign" tests="66" failures="3" errors="1" time="1."#,
        r#"file="cases/salla/basics.yaml""#,
        r#"classname="countersign.salla.basics""#,
        r#"<failure message="`status` is 200 and must be 422, the status of the response" type="response-body">"#,
        r#"<skipped message="only against the live API" type="skipped">"#,
        r#"<skipped message="undecided: response-body: the media type text/vnd.salla cannot be read" type="undecided">"#,
        r#"<property name="seed" value="42"/>"#,
        r#"<property name="contract" value="salla"/>"#,
        r#"<property name="target" value="https://api.mijnklantportaal.nl/v1"/>"#,
        "promises: group-id-integer\n",
        "  expected: 422\n  found:    200\n  in body:  /error/fields/group_id/0\n",
        "  --&gt; specs/salla.overlay.yaml:31:9 (contract)\n  --&gt; cases/salla/add-customers.yaml:12:7 (case)\n",
        "&gt; POST http://127.0.0.1:41873/admin/v2/customers/groups/add_customers\n",
        "$ curl -X POST ",
        "حقل customers مطلوب.",
    ] {
        assert!(xml.contains(part), "{part}");
    }
}

#[test]
fn what_xml_cannot_hold_is_made_visible() {
    let xml = of(&fixture::hostile());
    assert!(!xml.contains("<script") && !xml.contains('\u{1b}') && !xml.contains('\0'));
    assert!(xml.contains("␀␛[31mred␛]0;title␇\\u{9b}2J"), "controls are shown");
    assert!(xml.contains("\\u{fffe} \\u{ffff}"));
    assert_eq!(HOSTILE.len(), 10);
}

#[test]
fn the_root_alone_loses_its_count_of_skipped_cases() {
    let xml = r#"<?xml?><testsuites name="a skipped=&quot;1&quot;" tests="1" skipped="3" failures="0"><testsuite skipped="3"/></testsuites>"#;
    let expected = r#"<?xml?><testsuites name="a skipped=&quot;1&quot;" tests="1" failures="0"><testsuite skipped="3"/></testsuites>"#;
    assert_eq!(without_root_skipped(xml.to_owned()), expected);
}

#[test]
fn what_a_case_did_is_written_as_the_library_would_write_it() {
    for events in [fixture::run(66), fixture::hostile()] {
        let (xml, summary) = (of(&events), Summary::of(&events));
        for case in &summary.cases {
            let mut test = TestCase::new("a", TestCaseStatus::success());
            test.set_system_out(visible(&output(case)));
            let (mut suite, mut report) = (TestSuite::new("b"), Report::new("c"));
            suite.add_test_case(test);
            report.add_test_suite(suite);
            let whole = report.to_string().expect("written");
            let (_, rest) = whole.split_once(OUTPUT).expect("an output");
            let (expected, _) = rest.split_once("</testcase>").expect("closed");
            assert!(xml.contains(expected), "{expected}");
        }
    }
}
