//! Whole runs against real sockets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use httpmock::MockServer;
use serde_json::{Value, json};

use super::*;
use crate::case::{Case, read_suite, resolve};
use crate::contract::{Alone, Contract, Parts};
use crate::exchange::Redactor;
use crate::source::Source;
use crate::transport::peer::{Peer, Reply, response};
use crate::transport::{self, Client};
use crate::verdict::{CaseResult, Event, Verdict};

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: {title: Users, version: "1"}
servers: [{url: https://api.test/v1}]
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
  schemas:
    User:
      type: object
      required: [id, name]
      properties: {id: {type: integer}, name: {type: string}}
paths:
  /users/{id}:
    get:
      operationId: getUser
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        "200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/User"}}}}
        "404": {description: none}
        "429": {description: too many}
  /notes:
    get:
      operationId: listNotes
      responses:
        "200": {description: ok, content: {application/json: {schema: {type: object, properties: {name: {type: string, pattern: "^(([a-z])+.)+(?=Z)$"}}}}}}
  /users:
    post:
      operationId: createUser
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/User"}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/User"}}}}
        "400": {description: wrong}
"##;

const USER: &str = r#"{"id": 1, "name": "Ann"}"#;
const JSON: &str = "content-type: application/json\r\n";

fn contract() -> Arc<Contract> {
    let document = Source::new("users.yaml", DOCUMENT);
    let parts = Parts { name: "users".into(), document, overlay: None, promises: None };
    match Contract::load(parts, &Alone) {
        Ok((contract, _)) => Arc::new(contract),
        Err(faults) => panic!("{faults}"),
    }
}

fn cases(contract: &Contract, suite: &str) -> Vec<Case> {
    let source = Source::new("cases/users.yaml", format!("contract: users\n{suite}"));
    let none = |path: &str| -> Result<Vec<u8>, String> { Err(format!("{path} is not there")) };
    let (suite, faults) = read_suite(&source, &[], &none, &BTreeMap::new());
    assert!(!faults.has_errors(), "{faults}");
    let (cases, faults) = resolve(&suite.expect("no errors"), contract, &none, &|_| true);
    assert!(!faults.has_errors(), "{faults}");
    cases
}

fn settings() -> Settings {
    Settings::new(World {
        environment: Arc::new(BTreeMap::from([("KEY".to_owned(), "k3y-of-the-house".to_owned())])),
        seed: 7,
        clock: Arc::new(|| "2026-03-01T12:00:00Z".parse().expect("a timestamp")),
        redactor: Arc::new(Redactor::new()),
    })
}

struct Ran {
    events: Vec<Event>,
    outcome: Outcome,
}

impl Ran {
    fn cases(&self) -> Vec<&CaseResult> {
        let mut all = Vec::new();
        for event in &self.events {
            if let Event::CaseFinished(case) = event {
                all.push(&**case);
            }
        }
        all
    }

    fn words(&self) -> Vec<&'static str> {
        self.cases().iter().map(|case| case.verdict.word()).collect()
    }

    /// The ids of the checks that found something, case by case.
    fn checks(&self) -> Vec<Vec<&str>> {
        self.cases().into_iter().map(findings).collect()
    }

    /// All events as JSON, without what may differ from run to run: times and ports.
    fn scrubbed(&self) -> Vec<Value> {
        let port = regex::Regex::new(r"127\.0\.0\.1:\d+").expect("a pattern");
        let scrub = |event: &Event| {
            let text = serde_json::to_string(event).expect("it serialises");
            let mut value: Value = serde_json::from_str(&port.replace_all(&text, "HOST")).expect("still JSON");
            zero_times(&mut value);
            value
        };
        self.events.iter().map(scrub).collect()
    }
}

fn findings(case: &CaseResult) -> Vec<&str> {
    case.verdict.findings().iter().map(|finding| finding.check.as_str()).collect()
}

fn zero_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                if matches!(name.as_str(), "elapsed-ms" | "started-ms") {
                    *value = json!(0);
                } else {
                    zero_times(value);
                }
            }
        }
        // `date` is the server's clock.
        Value::Array(items) => {
            items.retain(|item| item.get(0).and_then(Value::as_str) != Some("date"));
            items.iter_mut().for_each(zero_times);
        }
        _ => {}
    }
}

async fn run_with(target: Target, suite: &str, change: impl FnOnce(&mut Settings)) -> Ran {
    let contract = contract();
    let cases = cases(&contract, suite);
    let mut settings = settings();
    change(&mut settings);
    let mut plan = Plan::new();
    let index = plan.add_contract(contract, target);
    plan.add_cases(index, cases);
    let mut transport = transport::Settings::default();
    transport.timeouts.total = Duration::from_secs(20);
    let client = Client::new(transport).expect("usable settings");
    let mut events = Vec::new();
    let outcome = execute(plan, settings, &client, &Stop::new(), &mut events).await;
    Ran { events, outcome }
}

async fn run(url: &str, suite: &str) -> Ran {
    run_with(live(url), suite, |_| ()).await
}

fn live(url: &str) -> Target {
    Target::Live { base_url: format!("{url}/v1") }
}

fn ok() -> Reply {
    Reply::Close(response(200, JSON, USER))
}

const GET: &str = "{name: gets, operation: getUser, path: {id: 1}, expect: {status: 200}}";

#[tokio::test]
async fn cases_are_judged_by_the_contract_and_by_their_expectations() {
    let peer = Peer::start(|request, _| {
        Reply::Close(match request.split(' ').nth(1) {
            Some("/v1/users/1") => response(200, JSON, USER),
            Some("/v1/users/2") => response(200, JSON, r#"{"id": "2", "name": "Bob"}"#),
            Some("/v1/users/3") => [&response(200, JSON, "123456789")[..], b""].concat(),
            Some("/v1/users") => response(400, "", ""),
            Some("/v1/nowhere") => response(200, "", "here"),
            _ => response(302, "location: /v1/users/1\r\n", ""),
        })
    })
    .await;
    let suite = r"cases:
      - {name: kept, operation: getUser, path: {id: 1}, expect: {status: 200, body: {name: Ann}}}
      - {name: wrong type, operation: getUser, path: {id: 2}, expect: {status: 200}}
      - {name: wrong name, operation: getUser, path: {id: 1}, expect: {status: 200, body: {name: Bob}}}
      - {name: no object, operation: getUser, path: {id: 3}}
      - {name: a redirect is an answer, operation: getUser, path: {id: 4}, expect: {status: 200}}
      - {name: wrong on purpose, operation: createUser, body: {id: x}, expect: {status: 400}}
      - {name: not in the contract, method: GET, url: /nowhere, expect: {status: 200}}
      - {name: by its path, method: GET, url: /users/2}
      - {name: not in the contract and meant, method: GET, url: /nowhere, expect: {status: 200, undocumented: true}}
    ";
    let ran = run(&peer.url, suite).await;
    assert_eq!(ran.words(), ["kept", "broken", "broken", "broken", "broken", "kept", "undecided", "broken", "kept"]);
    let checks = ran.checks();
    assert_eq!(checks[1], ["response-body"]);
    assert_eq!(checks[2], ["expect-body"]);
    assert!(checks[4].contains(&"response-status") && checks[4].contains(&"expect-status"), "{checks:?}");
    let all = ran.cases();
    assert!(!all[5].steps[0].request_findings.is_empty(), "the request is judged too");
    assert_eq!(all[6].steps[0].operation, None);
    assert!(!all[6].steps[0].request_findings.is_empty(), "an unknown path is told");
    assert_eq!(all[7].steps[0].operation.as_deref(), Some("getUser"));
    assert_eq!(ran.outcome.totals.broken, 5);
    assert_eq!(ran.outcome.exit_code(false), ExitCode::Broken);
    let sent = all[1].steps[0].sent.as_ref().expect("it was sent");
    assert_eq!((sent.status, sent.method.as_str()), (Some(200), "GET"));
    assert!(sent.curl.starts_with("curl http://127.0.0.1:") && sent.curl.contains("/v1/users/2"), "{}", sent.curl);
}

#[tokio::test]
async fn bytes_that_are_no_text_are_a_finding_and_no_panic() {
    let peer = Peer::sending(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 3\r\n\r\n\xff{\xfe".as_slice(),
    )
    .await;
    let ran = run(&peer.url, &format!("cases: [{GET}]")).await;
    assert_eq!(ran.words(), ["broken"]);
    let sent = ran.cases()[0].steps[0].sent.clone().expect("it was sent");
    assert!(sent.response.expect("a response").base64);
}

#[tokio::test]
async fn the_same_run_with_one_and_many_jobs_gives_the_same_events() {
    let server = MockServer::start_async().await;
    for id in 0..8_u64 {
        let delay = Duration::from_millis((id * 7) % 23);
        server
            .mock_async(|when, then| {
                when.path(format!("/v1/users/{id}"));
                let body = if id == 3 { json!({"id": "x"}) } else { json!({"id": id, "name": "Ann"}) };
                then.status(200).delay(delay).header("content-type", "application/json").json_body(body);
            })
            .await;
    }
    let suite = r#"cases:
      - name: "user {{ id }}"
        each: [{id: 0}, {id: 1}, {id: 2}, {id: 3}, {id: 4}, {id: 5}, {id: 6}, {id: 7}]
        operation: getUser
        path: {id: "{{ id }}"}
        query: {nonce: "{{ random_string(8) }}"}
        capture: {found: $.id}
    "#;
    let mut runs = Vec::new();
    for jobs in [1, 8, 3] {
        let ran = run_with(live(&server.base_url()), suite, |settings| settings.pace.jobs = jobs).await;
        assert_eq!(ran.words().iter().filter(|word| **word == "broken").count(), 1);
        assert_eq!(ran.words()[3], "broken");
        let rows: Vec<Option<usize>> = ran.cases().iter().map(|case| case.id.row).collect();
        assert_eq!(rows, (1..=8).map(Some).collect::<Vec<_>>());
        runs.push(ran.scrubbed());
    }
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0], runs[2]);
}

#[tokio::test]
async fn no_secret_is_in_any_event_not_even_one_that_is_known_only_later() {
    let peer = Peer::start(|request, _| {
        if request.contains("/users ") {
            return Reply::Close(response(201, JSON, r#"{"id": 1, "name": "f0und-t0ken"}"#));
        }
        Reply::Close(response(
            200,
            &format!("{JSON}x-seen: k3y-of-the-house\r\n"),
            r#"{"id": 1, "name": "f0und-t0ken"}"#,
        ))
    })
    .await;
    let suite = r#"secrets: [KEY]
cases:
  - name: logs in
    steps:
      - {operation: createUser, body: {id: 1, name: "{{ env.KEY }}"}, capture: {token: $.name}}
      - {operation: getUser, path: {id: 1}, auth: {bearer: "{{ token }}"}, query: {key: "{{ env.KEY }}"}, expect: {body: {name: x}}}
"#;
    let ran = run(&peer.url, suite).await;
    assert_eq!(ran.words(), ["broken"]);
    assert!(peer.requests()[1].contains("Bearer f0und-t0ken"), "it is sent");
    let text = serde_json::to_string(&ran.events).expect("it serialises");
    for secret in ["f0und-t0ken", "k3y-of-the-house"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("***"));
}

#[tokio::test]
async fn a_case_that_is_kept_after_all_is_flaky() {
    let peer = Peer::start(|_, earlier| if earlier < 2 { Reply::Close(response(404, "", "")) } else { ok() }).await;
    let retry = "retry: {attempts: 4, delay: 1ms}";
    let ran = run(&peer.url, &format!("{retry}\ncases: [{GET}]")).await;
    assert_eq!(ran.words(), ["kept"]);
    let case = ran.cases()[0];
    assert!(case.is_flaky());
    assert_eq!((case.attempts, case.earlier.len()), (3, 2));
    assert_eq!(case.earlier[0].word(), "broken");
    assert_eq!(ran.outcome.totals.flaky, 1);
    let peer = Peer::sending(response(404, "", "")).await;
    let ran = run(&peer.url, &format!("{retry}\ncases: [{GET}]")).await;
    assert_eq!((ran.words()[0], ran.cases()[0].attempts, ran.cases()[0].earlier.len()), ("broken", 4, 3));
}

#[tokio::test]
async fn a_poll_asks_until_its_conditions_hold() {
    let poll = |within: &str| {
        let until = "response.json.name == 'Ann'";
        format!(
            "cases: [{{name: waits, operation: getUser, path: {{id: 1}}, poll: {{until: \"{until}\", every: 1ms, for: {within}}}}}]"
        )
    };
    let not_yet = || Reply::Close(response(200, JSON, r#"{"id": 1, "name": "?"}"#));
    let peer = Peer::start(move |_, earlier| if earlier < 3 { not_yet() } else { ok() }).await;
    let ran = run(&peer.url, &poll("10s")).await;
    assert_eq!((ran.words(), peer.requests().len()), (vec!["kept"], 4));
    let peer = Peer::start(move |_, _| not_yet()).await;
    let ran = run(&peer.url, &poll("400ms")).await;
    assert_eq!(ran.checks(), [["poll"]]);
    assert!(peer.requests().len() > 1);
}

#[tokio::test]
async fn the_first_step_that_does_not_hold_ends_the_case() {
    let peer = Peer::sending(response(404, "", "")).await;
    let suite = "cases: [{name: two, steps: [
      {name: first, operation: getUser, path: {id: 1}, expect: {status: 200}},
      {name: second, operation: getUser, path: {id: 2}}]}]";
    let ran = run(&peer.url, suite).await;
    let steps = &ran.cases()[0].steps;
    assert_eq!((steps.len(), peer.requests().len()), (2, 1));
    assert_eq!(steps[1].name.as_deref(), Some("second"));
    assert_eq!(steps[1].error.as_deref(), Some("not run, because the case ended with step 1"));
    assert!(steps[1].sent.is_none());
}

#[tokio::test]
async fn a_target_that_is_down_fails_every_case_with_the_same_words() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    drop(listener);
    let rows: Vec<String> = (0..40).map(|id| format!("{{id: {id}}}")).collect();
    let suite = format!(
        "retry: {{attempts: 9, delay: 10s}}\ncases: [{{name: \"n {{{{ id }}}}\", each: [{}], operation: getUser, path: {{id: 1}}}}]",
        rows.join(", ")
    );
    let ran = run(&url, &suite).await;
    let all = ran.cases();
    assert!(all.iter().all(|case| case.verdict == all[0].verdict && case.attempts == 1));
    match &all[0].verdict {
        Verdict::Failed { error } => assert!(error.contains("could not be reached"), "{error}"),
        other => panic!("{other:?}"),
    }
    assert!(all[39].steps[0].sent.is_some(), "what would have been sent is shown");
    assert_eq!(ran.outcome.unreachable, ["users"]);
    assert_eq!(ran.outcome.exit_code(false), ExitCode::Unreachable);
    let Some(Event::RunFinished { stopped, .. }) = ran.events.last() else { panic!("the run ends") };
    assert_eq!(stopped.as_deref(), Some("the target of users could not be reached"));
}

#[tokio::test]
async fn the_rest_is_skipped_when_a_target_goes_down() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 4096]).await.ok();
        // Gone before the answer, so that nothing can be sent in between.
        drop(listener);
        let answer = response(200, &format!("{JSON}connection: close\r\n"), USER);
        tokio::io::AsyncWriteExt::write_all(&mut stream, &answer).await.ok();
    });
    let rows: Vec<String> = (0..20).map(|id| format!("{{id: {id}}}")).collect();
    let suite = format!(
        "cases: [{{name: \"n {{{{ id }}}}\", each: [{}], operation: getUser, path: {{id: 1}}}}]",
        rows.join(", ")
    );
    let ran = run_with(live(&url), &suite, |settings| settings.pace.jobs = 1).await;
    assert_eq!(ran.words(), [vec!["kept"], vec!["failed"; 5], vec!["skipped"; 14]].concat());
    match &ran.cases()[19].verdict {
        Verdict::Skipped { reason } => assert!(reason.contains("was there and is gone"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(ran.outcome.exit_code(false), ExitCode::Broken);
}

#[tokio::test]
async fn time_is_up_for_a_step_that_hangs() {
    let peer = Peer::start(|_, _| Reply::Hang(Vec::new())).await;
    let suite = "cases: [{name: hangs, timeout: 30ms, operation: getUser, path: {id: 1}}]";
    let ran = run(&peer.url, suite).await;
    match &ran.cases()[0].verdict {
        Verdict::Failed { error } => assert!(error.contains("no response came") && error.contains("30 ms"), "{error}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(ran.outcome.exit_code(false), ExitCode::Broken);
}

#[tokio::test]
async fn what_a_server_asks_for_with_retry_after_is_done_within_reason() {
    let too_many = |after: &str| Reply::Close(response(429, &format!("retry-after: {after}\r\n"), ""));
    let expecting = GET.replace("200", "429");
    for (after, case, word, requests) in
        [("0", GET, "kept", 2), ("3600", GET, "broken", 1), ("soon", GET, "broken", 1), ("0", &expecting, "kept", 1)]
    {
        let after = after.to_owned();
        let peer = Peer::start(move |_, earlier| if earlier == 0 { too_many(&after) } else { ok() }).await;
        let ran = run(&peer.url, &format!("cases: [{case}]")).await;
        assert_eq!((ran.words(), peer.requests().len()), (vec![word], requests));
        assert_eq!((ran.outcome.throttled, ran.cases()[0].attempts), (requests - 1, 1));
    }
    let peer = Peer::start(move |_, _| too_many("0")).await;
    let ran = run(&peer.url, &format!("cases: [{GET}]")).await;
    assert_eq!((ran.words(), peer.requests().len()), (vec!["broken"], 6));
}

#[tokio::test]
async fn rates_hold_for_all_cases_of_a_contract() {
    let peer = Peer::start(|_, _| ok()).await;
    let suite = "cases: [{name: \"n {{ id }}\", each: [{id: 1}, {id: 2}, {id: 3}, {id: 4}], operation: getUser, path: {id: 1}}]";
    let rate = "100/s".parse().ok();
    let ran = run_with(live(&peer.url), suite, |settings| settings.pace.rate = rate).await;
    let Some(Event::RunFinished { elapsed_ms, .. }) = ran.events.last() else { panic!("the run ends") };
    assert!(*elapsed_ms >= 30.0, "{elapsed_ms}");
    assert_eq!(ran.outcome.totals.kept, 4);
}

#[tokio::test]
async fn cases_for_other_targets_are_skipped_with_the_reason() {
    let peer = Peer::start(|_, _| ok()).await;
    let suite = "cases:
      - {name: a, only: live, operation: getUser, path: {id: 1}, recorded: {status: 404}}
      - {name: b, only: mock, operation: getUser, path: {id: 1}, recorded: {status: 404}}
      - {name: c, skip: not today, operation: getUser, path: {id: 1}}
      - {name: d, operation: getUser, path: {id: 1}}";
    let reasons = |ran: &Ran| -> Vec<String> {
        let reason = |case: &&CaseResult| match &case.verdict {
            Verdict::Skipped { reason } => reason.clone(),
            other => other.word().to_owned(),
        };
        ran.cases().iter().map(reason).collect()
    };
    let mock = Target::Mock { base_url: format!("{}/v1/", peer.url) };
    for (target, expected) in [
        (live(&peer.url), ["kept", "only for the mock, and the target is live", "not today", "kept"]),
        (mock, ["only for a live server, and the target is mock", "kept", "not today", "kept"]),
        (
            Target::Recorded,
            [
                "only for a live server, and the target is recorded",
                "only for the mock, and the target is recorded",
                "not today",
                "it has no `recorded` response",
            ],
        ),
    ] {
        assert_eq!(reasons(&run_with(target, suite, |_| ()).await), expected);
    }
}

#[tokio::test]
async fn recorded_responses_are_judged_without_a_network() {
    let suite = r"cases:
      - {name: kept, operation: getUser, path: {id: 1}, recorded: {status: 200, body: {id: 1, name: Ann}}}
      - {name: broken, operation: getUser, path: {id: 1}, recorded: {status: 200, body: {id: x}}}";
    let ran = run_with(Target::Recorded, suite, |_| ()).await;
    assert_eq!(ran.words(), ["kept", "broken"]);
    let sent = ran.cases()[0].steps[0].sent.clone().expect("an exchange");
    assert_eq!(sent.url, "http://recorded.invalid/users/1");
}

#[tokio::test]
async fn the_rest_is_skipped_after_enough_failures() {
    let peer = Peer::start(
        |request, _| if request.contains("/users/2 ") { Reply::Close(response(404, "", "")) } else { ok() },
    )
    .await;
    let suite = "cases: [{name: \"n {{ id }}\", each: [{id: 1}, {id: 2}, {id: 3}, {id: 4}], operation: getUser, path: {id: \"{{ id }}\"}, expect: {status: 200}}]";
    for jobs in [1, 8] {
        let ran = run_with(live(&peer.url), suite, |settings| {
            settings.pace.max_failures = Some(1);
            settings.pace.jobs = jobs;
        })
        .await;
        assert_eq!(ran.words(), ["kept", "broken", "skipped", "skipped"]);
        assert_eq!(ran.outcome.stopped.as_deref(), Some("the run stopped after the first failure"));
    }
}

struct Interrupting {
    stop: Stop,
    events: Vec<Event>,
}

impl Sink for Interrupting {
    fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    fn progress(&mut self, done: usize, of: usize) {
        assert!(done <= of);
        self.stop.interrupt();
    }
}

#[tokio::test]
async fn an_interrupted_run_says_so() {
    let peer = Peer::start(|_, earlier| if earlier == 0 { ok() } else { Reply::Hang(Vec::new()) }).await;
    let contract = contract();
    let suite = "cases: [{name: \"n {{ id }}\", each: [{id: 1}, {id: 2}, {id: 3}], operation: getUser, path: {id: 1}}]";
    let cases = cases(&contract, suite);
    let mut plan = Plan::new();
    let index = plan.add_contract(contract, live(&peer.url));
    plan.add_cases(index, cases);
    let client = Client::new(transport::Settings::default()).expect("usable settings");
    let stop = Stop::new();
    let mut sink = Interrupting { stop: stop.clone(), events: Vec::new() };
    let outcome = execute(plan, settings(), &client, &stop, &mut sink).await;
    let ran = Ran { events: sink.events, outcome };
    assert_eq!(ran.cases().len(), 3);
    let count = |word: &str| ran.words().iter().filter(|known| **known == word).count();
    assert_eq!((count("kept"), count("skipped")), (1, 2));
    assert_eq!(ran.outcome.stopped.as_deref(), Some("interrupted"));
    assert_eq!(ran.outcome.exit_code(false), ExitCode::Broken);
    assert!(
        matches!(ran.events.last(), Some(Event::RunFinished { stopped: Some(reason), .. }) if reason == "interrupted")
    );
}

#[tokio::test]
async fn a_mock_gets_a_session_for_each_case_and_attempt_and_nobody_else_does() {
    let peer = Peer::start(|_, _| Reply::Close(response(404, "", ""))).await;
    let suite = format!("retry: {{attempts: 2, delay: 1ms}}\ncases: [{GET}, {}]", GET.replace("gets", "other"));
    let session = |request: &String| {
        let line = request.lines().find(|line| line.starts_with("countersign-session: "));
        line.map(str::to_owned)
    };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let before = peer.requests().len();
        let mock = Target::Mock { base_url: format!("{}/v1", peer.url) };
        run_with(mock, &suite, |settings| settings.pace.jobs = 1).await;
        let sessions: Vec<_> = peer.requests()[before..].iter().map(session).collect();
        assert_eq!(sessions.len(), 4);
        let different: std::collections::HashSet<_> = sessions.iter().flatten().collect();
        assert_eq!(different.len(), 4, "{sessions:?}");
        runs.push(sessions);
    }
    assert_eq!(runs[0], runs[1]);
    let before = peer.requests().len();
    run(&peer.url, &suite).await;
    assert!(peer.requests()[before..].iter().all(|request| session(request).is_none()));
}

#[tokio::test]
async fn nothing_selected_is_an_outcome_of_its_own() {
    let ran = run("http://127.0.0.1:9", "cases: []").await;
    assert_eq!(ran.events.len(), 2);
    assert_eq!(ran.outcome.exit_code(false), ExitCode::NothingSelected);
    let Some(Event::RunStarted { contracts, cases, started, seed, .. }) = ran.events.first() else {
        panic!("it starts")
    };
    assert_eq!((contracts[0].operations.len(), *cases, started.as_str(), *seed), (3, 0, "2026-03-01T12:00:00Z", 7));
    assert_eq!(contracts[0].operations[0].statuses, ["200", "404", "429"]);
}

#[tokio::test]
async fn a_password_in_the_address_is_neither_sent_nor_shown() {
    let ran = run("http://me:pa55word@127.0.0.1:9", &format!("cases: [{GET}]")).await;
    assert_eq!(ran.words(), ["failed"]);
    let text = serde_json::to_string(&ran.events).expect("it serialises");
    assert!(text.contains("holds a user name or password") && !text.contains("pa55word"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_judged_is_counted_and_fails_only_a_strict_run() {
    // The pattern of a note's name gives up on this text.
    let body = format!(r#"{{"id": 1, "name": "{}"}}"#, "a".repeat(60));
    let peer = Peer::start(move |_, _| Reply::Close(response(200, JSON, &body))).await;
    let suite = "cases: [{name: a, operation: listNotes}, {name: b, operation: getUser, path: {id: 1}}]";
    for (strict, words) in [(false, ["undecided", "kept"]), (true, ["undecided", "skipped"])] {
        let ran = run_with(live(&peer.url), suite, |settings| {
            settings.strict = strict;
            settings.pace.max_failures = Some(1);
        })
        .await;
        assert_eq!(ran.words(), words);
        assert_eq!(ran.outcome.exit_code(strict) == ExitCode::Broken, strict);
    }
}
