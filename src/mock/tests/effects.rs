//! Delays, faults and rates: as rules have them, and as clients ask for them.

use std::time::Duration;

use super::super::{Answer, Effect, Fault, Origin};
use super::{KEY, faults, request, things};

fn ask(mock: &super::Mock, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<(&str, &str)> = std::iter::once(KEY).chain(headers.iter().copied()).collect();
    mock.answer(request("GET", "/things/1", &headers, ""), "/things/1")
}

#[test]
fn a_rule_may_leave_the_answer_to_the_document() {
    let mock = things(
        "rules:\n- {name: slow, delay: 200ms}\n- {name: torn, fault: truncated-body}\n- {name: late, delay: 1s}\n",
    );
    let answer = ask(&mock, &[]);
    assert_eq!((answer.response.status, &answer.origin), (200, &Origin::Document));
    let expected = Effect { delay: Some(Duration::from_millis(200)), fault: Some(Fault::TruncatedBody) };
    assert_eq!(answer.effect, expected);
}

#[test]
fn a_rule_that_answers_may_be_slow() {
    let mock = things(
        "rules:\n- {name: gone, operation: one, delay: 10ms..20ms, respond: {status: 404, body: {message: gone}}}\n",
    );
    let delays: Vec<Duration> = (0..20).map(|_| ask(&mock, &[]).effect.delay.expect("a delay")).collect();
    assert!(delays.iter().all(|delay| (10..=20).contains(&delay.as_millis())), "{delays:?}");
    assert!(delays.iter().any(|delay| *delay != delays[0]), "{delays:?}");
    mock.reset();
    let again: Vec<Duration> = (0..20).map(|_| ask(&mock, &[]).effect.delay.expect("a delay")).collect();
    assert_eq!(delays, again);
}

#[test]
fn clients_ask_for_effects() {
    let mock = things("rules:\n- {name: slow, delay: 200ms}\n");
    let answer = ask(&mock, &[("prefer", "delay=1s, fault=status:404")]);
    assert_eq!((answer.response.status, answer.effect.delay), (404, Some(Duration::from_secs(1))));
    assert_eq!(answer.response.body, "{\"message\":\"gone\"}");
    let answer = ask(&mock, &[("prefer", "fault=status:503")]);
    assert_eq!((answer.response.status, answer.effect.delay), (503, Some(Duration::from_millis(200))));
    let answer = ask(&mock, &[("prefer", "fault=invalid-json")]);
    assert!(serde_json::from_slice::<serde_json::Value>(&answer.response.body).is_err());
    let answer = ask(&mock, &[("prefer", "fault=wrong-content-type")]);
    assert_eq!(answer.response.headers.get("content-type").as_deref(), Some("text/html; charset=utf-8"));
    assert_eq!(ask(&mock, &[("prefer", "delay=1h")]).response.status, 422);
}

#[test]
fn a_rule_may_apply_now_and_then() {
    let mock = things("rules:\n- {name: shaky, chance: 0.25, fault: 'status:503'}\n");
    let failed = (0..400).filter(|_| ask(&mock, &[]).response.status == 503).count();
    assert!((60..140).contains(&failed), "{failed}");
}

#[test]
fn beyond_a_rate_comes_a_429() {
    let mock = things(
        "rules:\n- {name: too fast, rate: {allow: 2/m, by: '{{ request.headers.client }}'}, undocumented: true}\n",
    );
    let statuses =
        |client: &str| -> Vec<u16> { (0..4).map(|_| ask(&mock, &[("client", client)]).response.status).collect() };
    assert_eq!((statuses("a"), statuses("b")), (vec![200, 200, 429, 429], vec![200, 200, 429, 429]));
    let answer = ask(&mock, &[("client", "a")]);
    assert_eq!(answer.response.headers.get("retry-after").as_deref(), Some("60"));
    assert!(String::from_utf8_lossy(&answer.response.body).contains("too many requests"), "{answer:?}");
    let own = things(
        "rules:\n- {name: too fast, rate: 0/s, undocumented: true, respond: {status: 429, headers: {Retry-After: '7'}, body: {}}}\n",
    );
    assert_eq!(ask(&own, &[]).response.headers.get("retry-after").as_deref(), Some("7"));
}

#[test]
fn effects_that_cannot_be_read_are_told() {
    for (rule, code) in [
        ("delay: 1h", "bad-effect"),
        ("fault: bang", "bad-effect"),
        ("delay: [1]", "wrong-type"),
        ("chance: 2, delay: 1s", "wrong-type"),
        ("rate: often", "bad-rate"),
        ("rate: {allow: 1/s, per: x}", "unknown-key"),
        ("when: 'true'", "missing-key"),
    ] {
        let found = faults(&format!("contract: things\nrules:\n- {{name: a, {rule}}}\n"));
        assert!(found.iter().any(|fault| fault.code == code), "{rule}: {found}");
    }
}

#[test]
fn a_condition_on_what_is_not_there_does_not_hold() {
    for condition in ["request.query.q == 'slow'", "request.headers['x-mode'] in ['a']", "request.json.user.role"] {
        let mock = things(&format!("rules:\n- {{name: slow, when: \"{condition}\", delay: 1s}}\n"));
        let answer = ask(&mock, &[]);
        assert_eq!((answer.response.status, answer.effect.delay), (200, None), "{condition}");
    }
    let mock = things("rules:\n- {name: busy, rate: {allow: 1/m, by: \"{{ request.cookies.session }}\"}}\n");
    assert_eq!([ask(&mock, &[]).response.status, ask(&mock, &[]).response.status], [200, 429]);
    let told = faults("rules:\n- {name: a, when: request.quary.q, delay: 1s}\n").to_string();
    assert!(told.contains("a request has no `quary`") && told.contains("did you mean `query`?"), "{told}");
}
