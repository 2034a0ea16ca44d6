use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::contract::{Alone, Contract, Parts};
use crate::source::Source;
use crate::traffic::read;
use crate::verdict::CaseResult;

const DOCUMENT: &str = r#"
openapi: 3.1.0
info: { title: Shop, version: "1" }
servers: [{ url: https://api.example.com/v1 }]
paths:
  /items/{id}:
    get:
      operationId: get-item
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses:
        "200":
          description: found
          content:
            application/json:
              schema: { type: object, required: [id], properties: { id: { type: integer } } }
        "400": { description: refused }
"#;

fn entry(method: &str, url: &str, status: u16, body: &str) -> Value {
    json!({
        "request": {"method": method, "url": url, "headers": {"Authorization": "Bearer s3cr3t-t0ken"}},
        "response": {"status": status, "headers": {"Content-Type": "application/json"}, "body": body},
    })
}

fn judged(entries: &[Value], settings: Settings) -> (Vec<CaseResult>, Judge) {
    let document = Source::new("shop.yaml", DOCUMENT);
    let parts = Parts { name: "shop".into(), document, overlay: None, promises: None };
    let (contract, _) = Contract::load(parts, &Alone).expect("a contract");
    let mut judge = Judge::new(vec![Bound::new(Arc::new(contract))], settings, Vec::new());
    let text = entries.iter().fold(String::new(), |text, entry| text + &entry.to_string() + "\n");
    let mut cases = Vec::new();
    let reader = read(text.as_bytes()).expect("a log");
    let format = reader.format();
    for item in reader {
        if let Judged::Case(case) = judge.item("log.ndjson", format, item.expect("whole")) {
            cases.push(*case);
        }
    }
    cases.extend(judge.finish());
    (cases, judge)
}

fn verdicts(cases: &[CaseResult]) -> Vec<&'static str> {
    cases.iter().map(|case| case.verdict.word()).collect()
}

#[test]
fn both_directions_are_judged_and_secrets_are_shown_nowhere() {
    let (cases, _) = judged(
        &[
            entry("GET", "https://api.example.com/v1/items/7", 200, r#"{"id":7}"#),
            entry("GET", "https://api.example.com/v1/items/7", 200, r#"{"id":"s3cr3t-t0ken"}"#),
            entry("GET", "https://api.example.com/v1/items/x", 200, r#"{"id":7}"#),
            entry("GET", "https://api.example.com/v1/items/x", 400, ""),
            entry("GET", "https://api.example.com/v1/items/7", 418, ""),
        ],
        Settings::default(),
    );
    assert_eq!(verdicts(&cases), ["kept", "broken", "broken", "kept", "broken"]);
    assert_eq!(cases[2].verdict.findings()[0].check.as_str(), "request-parameters");
    assert_eq!(cases[3].steps[0].request_findings.len(), 1);
    assert!(!serde_json::to_string(&cases).expect("JSON").contains("s3cr3t"));
}

#[test]
fn hosts_are_matched_as_asked() {
    let entries = [
        entry("GET", "http://localhost:8080/v1/items/7", 200, r#"{"id":7}"#),
        entry("GET", "http://localhost:8080/v1/shadow", 200, "{}"),
        entry("GET", "https://cdn.example.net/v1/app.js", 200, ""),
        entry("GET", "https://api.example.com/v1/none", 404, ""),
    ];
    let (cases, judge) = judged(&entries, Settings::default());
    assert_eq!(verdicts(&cases), ["kept", "skipped", "broken"]);
    assert_eq!(cases[2].verdict.findings()[0].check.as_str(), "request-route");
    assert_eq!(judge.left_out().keys().collect::<Vec<_>>(), ["cdn.example.net"]);
    let strict = Settings { matching: Matching::StrictHost, ..Settings::default() };
    assert_eq!(verdicts(&judged(&entries, strict).0), ["skipped"]);
    let any = Settings { matching: Matching::BasePath, ..Settings::default() };
    assert_eq!(verdicts(&judged(&entries, any).0), ["kept", "broken", "broken", "skipped"]);
}

#[test]
fn what_a_file_does_not_hold_is_undecided() {
    let url = "https://api.example.com/v1/items/7";
    let (cases, _) = judged(
        &[json!({"method": "GET", "url": url, "status": 200}), json!({"method": "GET", "url": url, "error": "reset"})],
        Settings::default(),
    );
    assert_eq!(verdicts(&cases), ["undecided", "undecided"]);
}

#[test]
fn results_are_kept_within_limits_and_all_are_counted() {
    let url = "https://api.example.com/v1/items/7";
    let good = entry("GET", url, 200, r#"{"id":7}"#);
    let bad = entry("GET", url, 418, &"x".repeat(500));
    let entries: Vec<Value> = std::iter::repeat_n(good, 12).chain(std::iter::repeat_n(bad, 8)).collect();
    let folded = |whole: bool, limits: Limits| {
        let mut fold = Fold::new(whole, limits);
        judged(&entries, Settings::default()).0.into_iter().for_each(|case| fold.add(case));
        let started = crate::verdict::Event::RunFinished { elapsed_ms: 0.0, stopped: None, exercised: Vec::new() };
        let (_, summary) = fold.finish(started.clone(), started);
        assert_eq!((summary.totals.kept, summary.totals.broken), (12, 8), "all are counted");
        let whole = |case: &&CaseResult| case.steps[0].sent.as_ref().is_some_and(|sent| sent.response.is_some());
        let verdicts = |word: &str| summary.cases.iter().filter(|case| case.verdict.word() == word).count();
        (verdicts("kept"), verdicts("broken"), summary.cases.iter().filter(whole).count())
    };
    let limits = Limits { messages: 10_000, results: 10, of_each: 3 };
    assert_eq!(folded(false, Limits::default()), (12, 8, 8), "the exchanges of what is kept are not");
    assert_eq!(folded(true, Limits::default()), (12, 8, 20));
    assert_eq!(folded(false, limits), (10, 3, 3), "the first of each kind are kept beyond the limit");
    assert_eq!(folded(false, Limits { results: 2, ..limits }), (3, 1, 1), "and none beyond twice the limit");
    let (_, _, exchanges) = folded(false, Limits { messages: 2_000, ..Limits::default() });
    assert!((1..4).contains(&exchanges), "{exchanges}");
}

#[test]
fn what_was_taken_out_of_a_file_cannot_be_found_wanting() {
    let url = "https://api.example.com/v1/items/7";
    let masked = |body: &str| judged(&[entry("GET", url, 200, body)], Settings::default()).0;
    for mask in ["***", "[REDACTED]", "<redacted>", "Redacted"] {
        assert_eq!(verdicts(&masked(&format!(r#"{{"id":"{mask}"}}"#))), ["undecided"], "{mask}");
    }
    for value in ["*", "redacted by hand", ""] {
        assert_eq!(verdicts(&masked(&format!(r#"{{"id":"{value}"}}"#))), ["broken"], "{value}");
    }
}
