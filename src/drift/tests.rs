use serde_json::{Value, json};

use super::*;
use crate::source::Place as FilePlace;

fn message(headers: &[(&str, &str)], body: &str) -> RecordedMessage {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    RecordedMessage { headers, body: body.to_owned(), base64: false, cut_from: None }
}

fn step(status: u16, headers: &[(&str, &str)], body: &str, captures: &Value) -> Step {
    let response = message(headers, body);
    let sent = Sent {
        method: "GET".into(),
        url: "http://h/a".into(),
        request: RecordedMessage::default(),
        status: Some(status),
        response: Some(response),
        elapsed_ms: 1.0,
        curl: String::new(),
    };
    let captures = captures.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone()));
    Step {
        name: None,
        operation: None,
        sent: Some(sent),
        findings: Vec::new(),
        request_findings: Vec::new(),
        undecided: Vec::new(),
        captures: captures.collect(),
        error: None,
    }
}

fn case(steps: Vec<Step>, verdict: Verdict) -> CaseResult {
    CaseResult {
        id: CaseId { file: "c.yaml".into(), name: "c".into(), row: None },
        contract: "shop".into(),
        place: FilePlace { file: "c.yaml".into(), line: 1, column: 1, pointer: Pointer::root() },
        operations: Vec::new(),
        tags: Vec::new(),
        proves: Vec::new(),
        verdict,
        attempts: 1,
        earlier: Vec::new(),
        elapsed_ms: 1.0,
        started_ms: 0.0,
        steps,
    }
}

fn answer(body: &Value) -> CaseResult {
    case(vec![step(200, &[("Content-Type", "application/json")], &body.to_string(), &Value::Null)], Verdict::Kept)
}

fn target(name: &str) -> Target {
    Target { name: name.into(), bases: [("shop".to_owned(), format!("http://{name}.example/v1"))].into() }
}

fn drift(depth: Depth) -> Drift {
    Drift::new(target("old"), target("new"), depth)
}

/// Check and message of each finding.
fn told(result: &CaseResult) -> Vec<String> {
    result.verdict.findings().iter().map(|finding| format!("{}: {}", finding.check, finding.message)).collect()
}

fn bodies(depth: Depth, old: &Value, new: &Value) -> Vec<String> {
    told(&drift(depth).compare(&answer(old), &answer(new)))
}

#[test]
fn what_is_the_same_is_kept() {
    let body = json!({"a": [1, 2.0, null], "b": {"c": "x"}});
    let same = json!({"b": {"c": "x"}, "a": [1.0, 2, null]});
    for depth in [Depth::Status, Depth::Shape, Depth::Value] {
        let result = drift(depth).compare(&answer(&body), &answer(&same));
        assert_eq!(result.verdict, Verdict::Kept);
        assert_eq!(result.steps.len(), 2, "both exchanges are shown");
    }
}

#[test]
fn every_difference_is_told_as_deep_as_asked() {
    let old = json!({"id": 1, "name": "a", "tags": ["x", "y"], "gone": true, "kind": "k"});
    let new = json!({"id": "1", "name": "b", "tags": ["x"], "fresh": null, "kind": "k"});
    assert_eq!(
        bodies(Depth::Value, &old, &new),
        [
            "drift-shape: `/fresh` is there only at new",
            "drift-shape: `/gone` is there only at old",
            "drift-shape: `/id` is a number at old and a string at new",
            "drift-value: `/name` is \"a\" at old and \"b\" at new",
            "drift-value: `/tags` has 2 items at old and 1 item at new",
        ]
    );
    assert_eq!(bodies(Depth::Shape, &old, &new).len(), 3);
    assert!(bodies(Depth::Status, &old, &new).is_empty());
    let result = drift(Depth::Value).compare(&answer(&old), &answer(&new));
    assert_eq!(result.steps[1].findings.len(), 5);
    assert_eq!(result.verdict.findings()[2].instance.as_ref().map(|at| at.0.as_str()), Some("/id"));
}

#[test]
fn shapes_are_those_of_all_items() {
    let old = json!([{"a": 1, "b": null}, {"a": 2}]);
    assert!(bodies(Depth::Shape, &old, &json!([{"a": 3, "b": "x"}])).is_empty(), "b may be absent at old");
    assert!(bodies(Depth::Shape, &old, &json!([])).is_empty(), "no item tells nothing");
    assert_eq!(
        bodies(Depth::Shape, &old, &json!([{"a": "x"}, {"c": 1, "a": "y"}])),
        ["drift-shape: `/*/a` is a number at old and a string at new"],
    );
}

#[test]
fn statuses_headers_and_silence_differ() {
    let of = |status: u16, headers: &[(&str, &str)]| case(vec![step(status, headers, "", &Value::Null)], Verdict::Kept);
    let told_of = |depth, old: &CaseResult, new: &CaseResult| told(&drift(depth).compare(old, new));
    let found = told_of(Depth::Status, &of(200, &[]), &of(404, &[]));
    assert_eq!(found, ["drift-status: the status is 200 at old and 404 at new"]);
    let old = of(
        200,
        &[("Date", "now"), ("Content-Type", "application/json; charset=UTF-8"), ("X-Kind", "a"), ("ETag", "1")],
    );
    let new = of(200, &[("content-type", "application/json"), ("x-kind", "b"), ("etag", "2"), ("X-New", "1")]);
    assert_eq!(
        told_of(Depth::Value, &old, &new),
        ["drift-header: `x-kind` differs between old and new", "drift-header: `x-new` is sent only by new"]
    );
    assert_eq!(told_of(Depth::Shape, &old, &new), ["drift-header: `x-new` is sent only by new"]);
    let cookie = |value: &str| of(200, &[("Set-Cookie", value)]);
    assert!(told_of(Depth::Value, &cookie("a=1; Path=/; Max-Age=1"), &cookie("a=2; Max-Age=9; path=/")).is_empty());
    assert_eq!(told_of(Depth::Value, &cookie("a=1; HttpOnly"), &cookie("a=1")).len(), 1);
    let mut silent = of(200, &[]);
    let step = &mut silent.steps[0];
    step.error = Some("connection reset".into());
    let sent = step.sent.as_mut().expect("a request");
    (sent.status, sent.response) = (None, None);
    let found = told_of(Depth::Status, &of(200, &[]), &silent);
    assert_eq!(found, ["drift-response: only one of them answers: 200 at old, connection reset at new"]);
}

#[test]
fn what_differs_for_reasons_of_its_own_is_masked_and_counted() {
    let side = |id: &str, number: u32, host: &str, time: &str| {
        let body =
            json!({"id": number, "self": format!("http://{host}.example/v1/items/{number}"), "at": time, "ref": id});
        let headers = [("Content-Type", "application/json")];
        let mut made = step(201, &headers, &body.to_string(), &json!({"id": number}));
        let location = ("Location".to_owned(), format!("/v1/items/{number}?x=1{number}"));
        made.sent.as_mut().and_then(|sent| sent.response.as_mut()).expect("a response").headers.push(location);
        case(vec![made], Verdict::Kept)
    };
    let old = side("0b4f8f4e-0000-4000-8000-000000000001", 7, "old", "2026-03-01T09:00:00Z");
    let new = side("0b4f8f4e-0000-4000-8000-000000000002", 42, "new", "2026-03-01T09:00:01.5Z");
    let mut drift = drift(Depth::Value);
    let found = told(&drift.compare(&old, &new));
    assert_eq!(found, ["drift-header: `location` differs between old and new"], "17 is not the captured 7");
    let masked: Vec<(&str, usize)> = drift.masked().iter().map(|(why, count)| (*why, *count)).collect();
    assert!(masked.starts_with(&[("captured", 2), ("date-time", 1)]), "{masked:?}");
    drift.formats = false;
    assert_eq!(told(&drift.compare(&old, &new)).len(), 3);
}

#[test]
fn what_differs_at_one_target_is_learnt() {
    let list = |n: u32| answer(&json!({"items": [{"n": n, "name": "a"}, {"n": n + 1, "name": "b"}], "total": 2}));
    let other = answer(&json!({"items": [{"n": 9, "name": "a"}, {"n": 9, "name": "c"}], "total": 3}));
    let mut drift = drift(Depth::Value);
    let old = target("old");
    drift.learn(&old, &list(1), &list(5));
    let found = told(&drift.compare(&list(1), &other));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("/items/1/name") && found[1].contains("/total"));
    assert_eq!(drift.masked()["differs at one target"], 2);
    let status = |status: u16| case(vec![step(status, &[], "", &Value::Null)], Verdict::Kept);
    drift.learn(&old, &status(200), &status(500));
    let result = drift.compare(&status(200), &status(500));
    assert_eq!(result.verdict.word(), "undecided");
}

#[test]
fn places_are_ignored_as_asked() {
    let old = json!({"a": {"b": [{"c": 1}], "d": 1}, "e": 1});
    let new = json!({"a": {"b": [{"c": 2}], "d": 2}, "e": 2});
    let left = |words: &[&str]| {
        let mut drift = drift(Depth::Value);
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        drift.ignore = Ignore::parse(&words).expect("places");
        told(&drift.compare(&answer(&old), &answer(&new))).len()
    };
    for (words, expected) in [
        (&["/a"][..], 1),
        (&["/a/b/*/c"], 2),
        (&["/a/b/0/c"], 2),
        (&["/**/c", "/e"], 1),
        (&["/*"], 0),
        (&["/x", "status", "header:x-*"], 3),
    ] {
        assert_eq!(left(words), expected, "{words:?}");
    }
    for wrong in ["a", "header:", "body", "", "verdict:x"] {
        assert!(Ignore::parse(&[wrong.to_owned()]).is_err(), "{wrong}");
    }
}

#[test]
fn bodies_of_other_kinds_are_compared_too() {
    let of =
        |media: &str, body: &str| case(vec![step(200, &[("Content-Type", media)], body, &Value::Null)], Verdict::Kept);
    let told_of = |old: &CaseResult, new: &CaseResult| told(&drift(Depth::Value).compare(old, new));
    let text = |body: &str| of("text/plain", body);
    assert_eq!(told_of(&text("a\nbc"), &text("a\nbd")), ["drift-value: the bodies differ from line 2, column 2"]);
    assert_eq!(told_of(&text("a"), &text("")), ["drift-shape: only old sends a body"]);
    let json = of("application/json", "{}");
    let found = told_of(&json, &of("application/json", "{"));
    assert_eq!(found, ["drift-shape: the body is JSON at old and no JSON at new"]);
    let mut cut = of("application/json", "{}x");
    cut.steps[0].sent.as_mut().and_then(|sent| sent.response.as_mut()).expect("a response").cut_from = Some(9);
    assert_eq!(drift(Depth::Value).compare(&json, &cut).verdict.word(), "undecided");
}

#[test]
fn verdicts_that_differ_are_told_where_nothing_else_is() {
    let kept = answer(&json!({"a": 1}));
    let failed = case(kept.steps.clone(), Verdict::Failed { error: "x".into() });
    let skipped = case(Vec::new(), Verdict::Skipped { reason: "it has no `recorded` response".into() });
    let found = told(&drift(Depth::Value).compare(&kept, &failed));
    assert_eq!(found, ["drift-verdict: the case is kept at old and failed at new"]);
    let verdict = drift(Depth::Value).compare(&skipped, &kept).verdict;
    assert_eq!(verdict, Verdict::Skipped { reason: "old: it has no `recorded` response".into() });
    assert_eq!(drift(Depth::Value).compare(&failed, &failed).verdict.word(), "failed");
}

#[test]
fn items_that_say_who_they_are_are_paired_wherever_they_stand() {
    let old = json!([{"id": 1, "n": "a"}, {"id": 2, "n": "b"}, {"id": 3, "n": "c"}]);
    let told = |new: &Value| bodies(Depth::Value, &old, new);
    assert_eq!(
        told(&json!([{"id": 0, "n": "z"}, {"id": 1, "n": "a"}, {"id": 2, "n": "b"}, {"id": 3, "n": "c"}])).len(),
        1
    );
    let all = told(&json!([{"id": 3, "n": "c"}, {"id": 1, "n": "A"}])).join("\n");
    for part in ["`/1/n` is \"a\"", "an item whose `id` is 2 only at old", "in another order at new"] {
        assert!(all.contains(part), "{part}\n{all}");
    }
    // Ids that each target gives out for itself pair nothing: the place does.
    assert_eq!(told(&json!([{"id": 7, "n": "a"}, {"id": 8, "n": "b"}, {"id": 9, "n": "c"}])).len(), 3);
    // Neither do ids that stand twice.
    assert_eq!(
        bodies(Depth::Value, &json!([{"id": 1}, {"id": 1}]), &json!([{"id": 1}, {"id": 1}])),
        Vec::<String>::new()
    );
}

#[test]
fn a_secret_of_one_side_is_neither_compared_nor_told() {
    let (old, new) = (
        json!({"token": "***", "n": 9_007_199_254_740_993_u64}),
        json!({"token": "tk_live", "n": 9_007_199_254_740_993_u64}),
    );
    assert!(bodies(Depth::Value, &old, &new).is_empty());
    let next = json!({"token": "tk_live", "n": 9_007_199_254_740_992_u64});
    assert_eq!(bodies(Depth::Value, &old, &next).len(), 1);
}
