//! The room as a whole: files in, diagnostics, requests and findings out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::contract::{Alone, Contract, Parts};
use crate::exchange::{Exchange, Headers, Redactor, Request, Response};
use crate::expression::Clock;
use crate::source::{Diagnostics, Limits, Source, read};

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Groups, version: "1" }
servers: [{ url: https://api.example.com/v1 }]
security: [{ token: [] }]
paths:
  /groups:
    post:
      operationId: create-group
      parameters:
        - { name: tags, in: query, explode: false, schema: { type: array, items: { type: string } } }
        - { name: X-Trace, in: header, schema: { type: array, items: { type: integer } } }
        - { name: session, in: cookie, schema: { type: string } }
      requestBody:
        content:
          application/vnd.groups+json: { schema: { type: object } }
      responses:
        "201": { description: made, content: { application/json: { schema: { $ref: "#/components/schemas/Group" } } } }
        "422": { description: wrong, content: { application/problem+json: {} } }
  /groups/{id}:
    get:
      operationId: get-group
      security: [{ key: [] }]
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
      responses:
        "200": { description: there }
components:
  schemas:
    Group: { type: object, required: [id], properties: { id: { type: string, pattern: "^g_" } } }
  securitySchemes:
    token: { type: http, scheme: bearer }
    key: { type: apiKey, in: query, name: apiKey }
    login: { type: http, scheme: basic }
"##;

const PROMISES: &str =
    "contract: groups\npromises:\n  - { id: create, says: Groups, where: '#/info/title', carried-by: schema }\n";

fn contract() -> Contract {
    let parts = Parts {
        name: "groups".into(),
        document: Source::new("specs/groups.yaml", DOCUMENT),
        overlay: None,
        promises: Some(Source::new("specs/groups.promises.yaml", PROMISES)),
    };
    match Contract::load(parts, &Alone) {
        Ok((contract, _)) => contract,
        Err(faults) => panic!("{faults}"),
    }
}

fn files(path: &str) -> Result<Vec<u8>, String> {
    match path {
        "cases/v/rows.csv" => Ok(b"who,size\nann,\"1, or 2\"\nbob,2\n".to_vec()),
        "cases/v/bad.csv" => Ok(b"who,size\nann,1,2\nbob,2\nzoe\n".to_vec()),
        "cases/v/rows.json" => Ok(br#"[{"who": "ann", "size": 1}]"#.to_vec()),
        "cases/v/ann.bin" => Ok(vec![0, 255]),
        "cases/v/bob.bin" => Ok(vec![1]),
        _ => Err("no such file".to_owned()),
    }
}

fn environment() -> BTreeMap<String, String> {
    BTreeMap::from([("TOKEN".to_owned(), "s3cret-token".to_owned())])
}

fn raw(text: &str) -> (Option<RawSuite>, Diagnostics) {
    let text = if text.contains("contract:") { text.to_owned() } else { format!("contract: groups\n{text}") };
    read_suite(&Source::new("cases/v/a.yaml", text), &[], &files, &environment())
}

fn suite(text: &str) -> (Vec<Case>, Diagnostics) {
    let (suite, mut faults) = raw(text);
    let Some(suite) = suite else { return (Vec::new(), faults) };
    let (cases, found) = resolve(&suite, &contract(), &files, &|_| true);
    faults.extend(found);
    (cases, faults)
}

/// The only case of a file that is right.
fn only(text: &str) -> Case {
    let (mut cases, faults) = suite(text);
    assert_eq!(faults.to_string(), "", "{text}");
    cases.pop().expect("a case")
}

fn scope(case: &Case, redactor: &Redactor) -> Scope {
    let clock: Clock = Arc::new(|| jiff::Timestamp::UNIX_EPOCH);
    let environment = Environment::from(environment());
    let surroundings = Surroundings { environment: &environment, target: "mock", seed: 1, clock, redactor };
    case.scope(&surroundings).expect("variables")
}

/// The request of a case of one step.
fn request(step: &str) -> Request {
    let case = only(&format!("cases:\n  - name: a\n{step}"));
    let redactor = Redactor::new();
    let scope = scope(&case, &redactor);
    case.steps[0].request(&contract(), "https://h/v1/", &scope, &redactor).expect("a request")
}

fn line(request: &Request) -> String {
    let headers: Vec<String> = request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let body = String::from_utf8_lossy(&request.body);
    format!("{} {} [{}] {body}", request.method, request.url, headers.join("; "))
}

#[test]
fn requests_are_built_as_the_contract_says() {
    for (step, expected) in [
        (
            "    operation: create-group\n    query: { tags: [a b, c], more: [1, 2], none: null, o: { k: 1 } }\n    headers: { x-trace: [1, 2], X-B: 1 }\n    cookies: { session: abc, plain: 1 }\n    body: { n: \"{{ 1 + 1 }}\" }\n",
            "POST https://h/v1/groups?tags=a%20b,c&more=1&more=2&o=%7B%22k%22%3A1%7D [x-trace: 1,2; X-B: 1; Content-Type: application/vnd.groups+json; Accept: application/json, application/problem+json; Cookie: session=abc; plain=1] {\"n\":2}",
        ),
        (
            "    operation: POST /groups\n    form: { a: x y, b: [1, 2], c: null }\n    headers: { accept: null }\n",
            "POST https://h/v1/groups [Content-Type: application/x-www-form-urlencoded] a=x+y&b=1&b=2",
        ),
        (
            "    operation: get-group\n    path: { id: a/b é }\n",
            "GET https://h/v1/groups/a%2Fb%20%C3%A9 [Accept: */*] ",
        ),
        ("    operation: GET /groups/g_7\n", "GET https://h/v1/groups/g_7 [Accept: */*] "),
        (
            "    operation: create-group\n    method: PUT\n    url: /a/../b%2F?x\n    query: { y: \"&\" }\n    raw: \"{\"\n    content-type: null\n",
            "PUT https://h/v1/a/../b%2F?x&y=%26 [Accept: application/json, application/problem+json] {",
        ),
        ("    method: GET\n    url: \"\"\n", "GET https://h/v1 [Accept: */*] "),
        (
            "    operation: create-group\n    raw: text\n    auth: { bearer: \"{{ env.TOKEN }}\" }\n",
            "POST https://h/v1/groups [Authorization: Bearer s3cret-token; Content-Type: application/vnd.groups+json; Accept: application/json, application/problem+json] text",
        ),
        (
            "    operation: get-group\n    path: { id: 1 }\n    auth: { api-key: k y }\n",
            "GET https://h/v1/groups/1?apiKey=k%20y [Accept: */*] ",
        ),
        (
            "    operation: get-group\n    path: { id: 1 }\n    query: { apiKey: mine }\n    auth: { key: other }\n",
            "GET https://h/v1/groups/1?apiKey=mine [Accept: */*] ",
        ),
        (
            "    operation: get-group\n    path: { id: 1 }\n    auth: { login: { username: u, password: p } }\n",
            "GET https://h/v1/groups/1 [Authorization: Basic dTpw; Accept: */*] ",
        ),
        (
            "    operation: get-group\n    path: { id: 1 }\n    headers: { authorization: null }\n    auth: { basic: { username: u, password: p } }\n",
            "GET https://h/v1/groups/1 [Accept: */*] ",
        ),
        (
            "    operation: get-group\n    path: { id: 1 }\n    auth: none\n    file: ann.bin\n",
            "GET https://h/v1/groups/1 [Content-Type: application/octet-stream; Accept: */*] \u{0}\u{fffd}",
        ),
    ] {
        assert_eq!(line(&request(step)), expected, "{step}");
    }
}

#[test]
fn a_url_cannot_change_the_host() {
    let case = only("cases:\n  - name: a\n    method: GET\n    url: \"{{ 'evil.example' }}\"\n");
    let redactor = Redactor::new();
    let error = case.steps[0].request(&contract(), "https://h", &scope(&case, &redactor), &redactor);
    let message = error.expect_err("refused").to_string();
    assert_eq!(
        message,
        "cases/v/a.yaml:5:5: `evil.example` is appended to the base URL, so it must start with `/` or `?`"
    );
}

#[test]
fn credentials_become_secrets_before_they_are_sent() {
    let text = "secrets: [TOKEN]\ncases:\n  - name: a\n    operation: create-group\n    auth: { basic: { username: ann, password: pass-word } }\n";
    let case = only(text);
    let redactor = Redactor::new();
    let scope = scope(&case, &redactor);
    assert_eq!(redactor.redact("s3cret-token"), "***");
    let request = case.steps[0].request(&contract(), "https://h", &scope, &redactor).expect("a request");
    let shown = redactor.redact(&format!("{} pass-word", line(&request)));
    assert!(!shown.contains("pass-word") && !shown.contains("YW5uOn"), "{shown}");
}

#[test]
fn credentials_that_a_case_writes_itself_become_secrets_too() {
    let text = "cases:\n  - name: a\n    operation: get-group\n    path: { id: 1 }\n    query: { apiKey: writ/ten-here }\n    headers: { authorization: Bearer by-the-hand }\n";
    let case = only(text);
    let redactor = Redactor::new();
    let scope = scope(&case, &redactor);
    case.steps[0].request(&contract(), "https://h", &scope, &redactor).expect("a request");
    assert_eq!(redactor.redact("Bearer by-the-hand, ?apiKey=writ%2Ften-here"), "Bearer ***, ?apiKey=***");
}

#[test]
fn nearer_says_more() {
    let far = Source::new(
        "cases/_defaults.yaml",
        "contract: groups\ntags: [a, b]\nheaders: { X-A: 1, X-B: 1 }\nvars: { v: far, w: \"{{ v }}\" }\ntimeout: 1s\n",
    );
    let near = Source::new(
        "cases/v/_defaults.yaml",
        "tags: [b, c]\nheaders: { x-b: 2 }\nvars: { v: near }\nauth: { bearer: t-o-k-e-n }\n",
    );
    let text = "tags: d\ncases:\n  - name: a {{ v }}\n    tags: [e]\n    headers: { X-C: \"{{ v }}\" }\n    steps:\n      - { operation: create-group, headers: { X-A: null }, timeout: 2s, auth: none }\n      - { operation: create-group }\n";
    let (raw, faults) = read_suite(&Source::new("cases/v/a.yaml", text), &[far, near], &files, &environment());
    assert_eq!(faults.to_string(), "");
    let raw = raw.expect("a suite");
    assert_eq!(raw.contract(), &ContractName::Name("groups".into()));
    let (cases, faults) = resolve(&raw, &contract(), &files, &|_| true);
    assert_eq!(faults.to_string(), "");
    let case = &cases[0];
    assert_eq!(case.id.name, "a near");
    assert_eq!(&*case.tags, ["a", "b", "c", "d", "e"]);
    assert_eq!(case.steps[0].timeout, Some(Duration::from_secs(2)));
    assert_eq!(case.steps[1].timeout, Some(Duration::from_secs(1)));
    let redactor = Redactor::new();
    let scope = scope(case, &redactor);
    let lines: Vec<String> = case
        .steps
        .iter()
        .map(|step| line(&step.request(&contract(), "https://h", &scope, &redactor).expect("a request")))
        .collect();
    let accept = "Accept: application/json, application/problem+json";
    assert_eq!(lines[0], format!("POST https://h/groups [x-b: 2; X-C: near; {accept}] "));
    assert_eq!(
        lines[1],
        format!("POST https://h/groups [X-A: 1; x-b: 2; X-C: near; Authorization: Bearer t-o-k-e-n; {accept}] ")
    );
}

#[test]
fn rows_become_cases() {
    for (each, names) in [
        ("[{ who: ann, size: 1 }, { who: null, size: 2 }]", ["ann of 1", "null of 2"].as_slice()),
        ("{ csv: rows.csv }", &["ann of 1, or 2", "bob of 2"]),
        ("{ json: rows.json }", &["ann of 1"]),
    ] {
        let text = format!(
            "cases:\n  - name: \"{{{{ who }}}} of {{{{ size }}}}\"\n    each: {each}\n    operation: create-group\n    body: {{ w: \"{{{{ who }}}}\" }}\n"
        );
        let (cases, faults) = suite(&text);
        assert_eq!(faults.to_string(), "");
        let found: Vec<&str> = cases.iter().map(|case| case.id.name.as_str()).collect();
        assert_eq!(found, names);
        assert_eq!(cases[0].id.row, Some(1));
    }
    let text = "cases:\n  - name: \"{{ who }}\"\n    each: { csv: rows.csv }\n    operation: create-group\n    file: \"{{ who }}.bin\"\n";
    let (cases, faults) = suite(text);
    assert_eq!(faults.to_string(), "");
    let redactor = Redactor::new();
    let bodies: Vec<Bytes> = cases
        .iter()
        .map(|case| case.steps[0].request(&contract(), "https://h", &scope(case, &redactor), &redactor))
        .map(|request| request.expect("a request").body)
        .collect();
    assert_eq!(bodies, [Bytes::from_static(&[0, 255]), Bytes::from_static(&[1])]);
}

/// Code, message and line of every fault of a file.
fn check_faults(text: &str, expected: &str) {
    let (_, faults) = suite(text);
    let told: Vec<String> = faults
        .iter()
        .map(|fault| {
            let label = fault.labels.first().expect("a place");
            let line = label.source.position(label.span.start).line;
            format!("{line} {}: {}", fault.code, fault.message)
        })
        .collect();
    let told = told.join("\n");
    let right = match expected.strip_suffix('*') {
        Some(start) => told.starts_with(start) && !told.contains('\n'),
        None => told == expected,
    };
    assert!(right, "{text}\n{told}\n{expected}");
}

#[test]
fn faults_of_expectations_are_found_before_anything_runs() {
    for (more, expected) in [
        ("    expcet: {}", "5 unknown-key: unknown key `expcet`"),
        ("    expect: { stauts: 200 }", "5 unknown-key: unknown key `stauts`"),
        ("    expect: { status: 999 }", "5 status: `999` is no status"),
        ("    expect: { status: [200, ok] }", "5 status: `ok` is no status"),
        ("    expect: { max-time: 5 }", "5 duration: `5` is no duration"),
        (
            "    expect: { assert: response.status == }",
            "5 expression: not an expression: unexpected end of input, expected expression",
        ),
        ("    expect: { assert: \"{{ response.status }}\" }", "5 expression: an expression stands here by itself"),
        ("    expect: { body: { a: \"{{ b | slugg }}\" } }", "5 expression: unknown filter `slugg`"),
        ("    expect: { body: \"{{ bdoy }}\" }\n    vars: { body: 1 }", "5 unknown-variable: nothing is named `bdoy`"),
        (
            "    body: \"{{ response.status }}\"",
            "5 unknown-variable: `response` is not there before the request is sent",
        ),
        ("    expect: { schema: { type: 5 } }", "5 schema: *"),
        ("    expect: { schema: { $ref: '#/components/schemas/Gruop' } }", "5 schema: *"),
        ("    expect: { schema: 5 }", "5 wrong-type: expected a JSON Schema, found a number"),
        ("    expect: { headers: { A: { matches: ( } } }", "5 pattern: not a regular expression: unclosed group"),
        ("    expect: { headers: { A: false } }", "5 wrong-type: expected a string, found a boolean"),
        (
            "    expect: { status: 201, undocumented: true }",
            "5 documented: `undocumented` is not needed: the contract documents 201",
        ),
    ] {
        check_faults(
            &format!("contract: groups\ncases:\n  - name: a\n    operation: create-group\n{more}\n"),
            expected,
        );
    }
}

#[test]
fn faults_of_a_step_are_found_before_anything_runs() {
    for (more, expected) in [
        ("    capture: { a: '$.x[' }", "5 json-path: *"),
        ("    capture: { a: x }", "5 capture: not something to capture"),
        ("    capture: { a: {} }", "5 capture: either `header` or `expression` must be given"),
        ("    capture: { env: status }", "5 variable-name: the name `env` is taken"),
        ("    capture: { a-b: status }", "5 variable-name: `a-b` is no name for a variable"),
        ("    body: 1\n    raw: x", "6 two-bodies: body and raw cannot stand side by side"),
        ("    file: none.bin", "5 file: `cases/v/none.bin` cannot be read: no such file"),
        ("    path: { id: 7 }", "5 unknown-parameter: the path `/groups` has no parameter `id`"),
        ("    auth: { tokn: x }", "5 unknown-security: the contract has no security scheme `tokn`"),
        ("    auth: bearer", "5 wrong-type: expected `none` or a mapping, found a string"),
        (
            "    auth: { bearer: x, login: 'u:p' }",
            "5 two-credentials: `bearer` and `login` both write the `Authorization` field, and a request has one",
        ),
        ("    proves: creaet", "5 unknown-promise: the contract `groups` has no promise `creaet`"),
        ("    only: lvie", "5 unknown-value: `lvie` is no kind of target"),
        ("    skip: true", "5 wrong-type: expected a reason, found a boolean"),
        ("    retry: { attempts: 0 }", "5 out-of-range: 0 attempts; from 1 to 100 are possible"),
        ("    poll: { every: 1s }", "5 missing-key: `until` is missing"),
        ("    recorded: { status: 2000 }", "5 wrong-type: expected a status code, found a number"),
        ("    recorded: { status: 200, base64: \"?\" }", "5 base64: *"),
        ("    expect: { recorded: true }", "5 nothing-recorded: the step has no recorded response to compare with"),
        (
            "    expect: { recorded: yes }\n    recorded: { status: 200 }",
            "5 wrong-type: expected `true` or a mapping, found a string",
        ),
        (
            "    expect: { recorded: { id: uuid } }\n    recorded: { status: 200 }",
            "5 json-path: `id` is no JSONPath (RFC 9535): *",
        ),
        (
            "    expect: { recorded: { $.id: uiud } }\n    recorded: { status: 200 }",
            "5 matcher: nothing is matched by `uiud`",
        ),
        (
            "    expect: { recorded: { $.id: { type: strng } } }\n    recorded: { status: 200 }",
            "5 schema: not a JSON Schema (2020-12): *",
        ),
        (
            "    steps: [{ operation: create-group }]",
            "4 step-and-steps: `operation` and `steps` cannot stand side by side",
        ),
    ] {
        check_faults(
            &format!("contract: groups\ncases:\n  - name: a\n    operation: create-group\n{more}\n"),
            expected,
        );
    }
}

#[test]
fn faults_of_a_file_are_found_before_anything_runs() {
    let step = "    operation: create-group\n";
    for (text, expected) in [
        ("cases:\n  - name: a\n    steps: []\n".into(), "4 no-steps: a case without steps does nothing"),
        (
            "cases:\n  - name: a\n    body: 1\n".into(),
            "3 no-operation: neither `operation` nor `method` and `url` say what to send",
        ),
        (
            "cases:\n  - name: a\n    operation: creat-group\n".into(),
            "4 unknown-operation: the contract `groups` has no operation `creat-group`",
        ),
        (
            "cases:\n  - name: a\n    operation: \"{{ x }}\"\n".into(),
            "4 unknown-operation: an operation's name is no template",
        ),
        (
            "cases:\n  - name: a\n    operation: get-group\n".into(),
            "3 missing-parameter: the path `/groups/{id}` needs a value for `id`",
        ),
        ("cases:\n  - operation: get-group\n".into(), "3 missing-key: `name` is missing"),
        (format!("cases:\n  - name: a\n{step}  - name: a\n{step}"), "5 duplicate-name: two cases are named `a`"),
        (
            format!("cases:\n  - name: a\n    each: [{{ x: 1 }}, {{ x: 2 }}]\n{step}"),
            "3 duplicate-name: two cases are named `a`",
        ),
        (format!("cases:\n  - name: a\n    each: []\n{step}"), "4 no-rows: a case without rows is never run"),
        (format!("cases:\n  - name: a\n    each: {{}}\n{step}"), "4 rows: not rows"),
        (format!("cases:\n  - name: \"{{{{ x }}}}\"\n{step}"), "3 expression: `x` is undefined"),
        (
            format!(
                "cases:\n  - name: \"{{{{ who }}}}\"\n    each: {{ csv: rows.csv }}\n{step}    body: \"{{{{ length }}}}\"\n"
            ),
            "6 missing-column: `cases/v/rows.csv` has no column `length`, which the case at cases/v/a.yaml:3:5 uses",
        ),
        (
            format!("cases:\n  - name: \"{{{{ who }}}}\"\n    each: {{ csv: bad.csv }}\n{step}"),
            "2 csv: 3 fields, where the first line names 2\n4 csv: 1 fields, where the first line names 2",
        ),
        ("description: x\ncontract: groups\n".into(), "1 missing-key: `cases` is missing"),
    ] {
        check_faults(&text, expected);
    }
}

#[test]
fn a_file_without_a_contract_is_told_so() {
    let (suite, faults) = read_suite(&Source::new("a.yaml", "cases: []\n"), &[], &files, &BTreeMap::new());
    assert!(suite.is_none());
    assert_eq!(faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>(), ["no contract is named"]);
}

#[test]
fn only_what_is_wanted_is_compiled() {
    let text = "cases:\n  - name: right\n    operation: create-group\n  - name: wrong\n    operation: nothing\n";
    let (suite, _) = raw(text);
    let suite = suite.expect("a suite");
    let (cases, faults) = resolve(&suite, &contract(), &files, &|listed| listed.id.name == "right");
    assert_eq!((cases.len(), faults.len()), (1, 0));
    let (cases, faults) = resolve(&suite, &contract(), &files, &|_| true);
    assert_eq!((cases.len(), faults.len()), (1, 1));
}

fn exchange(status: u16, body: &str) -> Exchange {
    Exchange {
        request: Request {
            method: "POST".into(),
            url: "https://h/v1/groups?a=1&a=2".into(),
            headers: [("X-A", "1")].into_iter().collect::<Headers>(),
            body: Bytes::from_static(b"{\"n\":1}"),
        },
        response: Response {
            status,
            headers: [("Location", "/groups/g_1"), ("X-B", "1"), ("x-b", "2")].into_iter().collect(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        },
        elapsed: Duration::from_millis(300),
    }
}

/// Check, place in the case file, message.
fn judged(expectations: &str, status: u16, body: &str) -> Vec<String> {
    let case = only(&format!(
        "vars: {{ n: 1 }}\ncases:\n  - name: a\n    operation: create-group\n    headers: {{ X: \"{{{{ n }}}}\" }}\n{expectations}"
    ));
    let redactor = Redactor::new();
    let mut scope = scope(&case, &redactor);
    let exchange = exchange(status, body);
    scope.received(&Arc::new(exchange.clone()));
    let judged = case.steps[0].judge(&exchange, &mut scope);
    let place = |finding: &crate::verdict::Finding| finding.case_place.as_ref().map(|place| (place.line, place.column));
    judged
        .findings
        .iter()
        .map(|finding| {
            let (line, column) = place(finding).expect("a place");
            format!("{line}:{column} {}: {}", finding.check, finding.message)
        })
        .collect()
}

#[test]
fn what_is_as_expected_gives_no_finding() {
    let expect = "    expect:
      status: [4XX, 201]
      headers: { location: /groups/g_1, X-B: { matches: '^1, 2$' }, x-b: true, X-C: null }
      body: { id: g_1, list: [{ a: \"{{ n }}\" }] }
      schema: { $ref: '#/components/schemas/Group' }
      assert:
        - response.json.list | length == 1 and response.headers.location is matches('^/groups')
        - request.json.n == n and request.query.a == '1' and request.path == '/v1/groups'
        - response.time_ms == 300 and response.size > 3 and response.json.x is not defined
      max-time: 300ms
    capture: { id: $.id, where: { header: location }, code: status, half: { expression: response.status / 2 } }
";
    assert_eq!(judged(expect, 201, r#"{"id": "g_1", "list": [{"a": 1.0, "b": 2}]}"#), [] as [&str; 0]);
}

#[test]
fn a_text_is_compared_as_it_was_sent() {
    let found = |media: Option<&str>, expected: &str, body: &'static str| {
        let case = only(&format!("cases: [{{name: a, operation: create-group, expect: {{body: {expected}}}}}]"));
        let redactor = Redactor::new();
        let mut scope = scope(&case, &redactor);
        let mut exchange = exchange(200, body);
        exchange.response.headers.remove("content-type");
        if let Some(media) = media {
            exchange.response.headers.set("content-type", media);
        }
        let exchange = Arc::new(exchange);
        scope.received(&exchange);
        let judged = case.steps[0].judge(&exchange, &mut scope);
        judged.findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
    };
    for (media, expected, body, findings) in [
        (Some("text/plain"), "'5'", "5", vec![]),
        (Some("text/plain"), "5", "5", vec![]),
        (Some("text/plain"), "abc", "\"abc\"", vec!["the body is \"\\\"abc\\\"\", not \"abc\""]),
        (Some("text/plain"), "abc", "abc", vec![]),
        (Some("text/html"), "{a: 1}", "{\"a\": 1}", vec![]),
        (Some("application/json"), "'5'", "5", vec!["the body is 5, not \"5\""]),
        (Some("application/problem+json"), "abc", "\"abc\"", vec![]),
        (None, "abc", "\"abc\"", vec![]),
    ] {
        assert_eq!(found(media, expected, body), findings, "{media:?} {expected} {body}");
    }
}

#[test]
fn what_is_not_as_expected_is_found_in_its_place() {
    for (expect, status, body, expected) in [
        (
            "    expect:\n      status: [200, 4XX]\n",
            500,
            "",
            vec!["8:7 expect-status: the status is 500, not 200 or 4XX"],
        ),
        (
            "    expect:\n      status: \"{{ n + 200 }}\"\n",
            200,
            "",
            vec!["8:7 expect-status: the status is 200, not 201"],
        ),
        (
            "    expect:\n      status: \"{{ n }}\"\n",
            200,
            "",
            vec!["8:7 expect-status: the expected status is `1`, which is none"],
        ),
        (
            "    expect:\n      headers:\n        X-C: true\n        X-B: null\n        location: { matches: x }\n        Location: y\n",
            200,
            "",
            vec![
                "9:9 expect-header: the header field `X-C`: expected a value, found no such field",
                "10:9 expect-header: the header field `X-B`: expected no such field, found `1, 2`",
                "11:9 expect-header: the header field `location`: expected something that matches `x`, found `/groups/g_1`",
                "12:9 expect-header: the header field `Location`: expected `y`, found `/groups/g_1`",
            ],
        ),
        (
            "    expect:\n      body:\n        a: 1\n        b: [1, 2]\n        c: x\n",
            200,
            r#"{"a": 2, "b": [1]}"#,
            vec![
                "9:9 expect-body: `/a` of the body is 2, not 1",
                "10:9 expect-body: `/b` of the body is 1 items, not 2 items",
                "11:9 expect-body: `/c` of the body is nothing, not \"x\"",
            ],
        ),
        ("    expect:\n      body: {}\n", 200, "<html>", vec!["8:7 expect-body: the body is not JSON"]),
        ("    expect:\n      body: plain\n", 200, "plain", vec![]),
        (
            "    expect:\n      schema: { properties: { a: { type: string } } }\n",
            200,
            r#"{"a": 2}"#,
            vec!["8:36 expect-schema: `/a` must be a string, but is 2"],
        ),
        (
            "    expect:\n      assert:\n        - response.json.a == n and response.json.a is integer\n        - response.json.b\n",
            200,
            r#"{"a": 2}"#,
            vec![
                "9:11 expect-assert: `response.json.a == n and response.json.a is integer` does not hold: `response.json.a` is 2, `n` is 1",
                "10:11 expect-assert: `response.json.b` cannot be evaluated: `response.json.b` is undefined",
            ],
        ),
        (
            "    expect:\n      max-time: 299ms\n",
            200,
            "",
            vec!["8:7 expect-max-time: the response took 300 ms, more than 299 ms"],
        ),
        (
            "    capture:\n      a: $.list[*]\n      b: { header: X-C }\n",
            200,
            r#"{"list": [1, 2]}"#,
            vec![
                "8:7 capture: `a` could not be captured: expected exactly one value at `$.list[*]`, found 2 values",
                "9:7 capture: `b` could not be captured: expected a header field `X-C`, found no such field",
            ],
        ),
        (
            "    poll:\n      until: response.json.done\n      for: 2s\n",
            200,
            r#"{"done": false}"#,
            vec![
                "8:7 poll: `response.json.done` does not hold: `response.json.done` is false within 2s of asking again and again",
            ],
        ),
    ] {
        assert_eq!(judged(expect, status, body), expected, "{expect}");
    }
}

#[test]
fn what_is_not_as_recorded_is_found_in_its_place() {
    for (expect, status, body, expected) in [
        (
            "    expect:\n      recorded:\n        $.id: uuid\n        $.l[*].n: integer\n        $.gone: any\n        $.set: any-order\n        $.n: { minimum: 5 }\n    recorded:\n      status: 200\n      body:\n        id: x\n        l: [{ n: 1, k: a }, { n: 2, k: b }]\n        gone: 1\n        set: [1, 2, 3]\n        n: 7\n        same: yes\n",
            200,
            r#"{"id": "7", "l": [{"n": 9, "k": "a", "more": 1}, {"n": null, "k": "c"}], "set": [3, 1, 4], "n": 4, "same": "no"}"#,
            vec![
                "8:7 expect-recorded: `/id` of the body is \"7\", not a UUID",
                "8:7 expect-recorded: `/l/1/n` of the body is null, not an integer",
                "18:37 expect-recorded: `/l/1/k` of the body is \"c\", not \"b\" as recorded",
                "8:7 expect-recorded: `/set` of the body is [3,1,4], not a list with 2 in it",
                "8:7 expect-recorded: `/n` of the body is 4, not at least 5",
                "22:9 expect-recorded: `/same` of the body is \"no\", not \"yes\" as recorded",
            ],
        ),
        (
            "    expect:\n      recorded: { $.id: uuid, $.l: array, $.t: { type: [string, 'null'], format: date-time } }\n    recorded: { status: 200, body: { id: x, l: [1], t: null } }\n",
            200,
            r#"{"id": "123e4567-e89b-12d3-a456-426614174000", "l": [1, 2], "t": "2026-01-01T00:00:00Z"}"#,
            vec![],
        ),
        (
            "    expect:\n      recorded: true\n    recorded: { status: 200, raw: plain }\n",
            200,
            "other",
            vec!["8:7 expect-recorded: the body is \"other\", not \"plain\" as recorded"],
        ),
        (
            "    expect:\n      recorded: { $: { pattern: ^pl } }\n    recorded: { status: 200, headers: { content-type: text/plain }, raw: plain }\n",
            200,
            "plum",
            vec![],
        ),
    ] {
        assert_eq!(judged(expect, status, body), expected, "{expect}");
    }
}

#[test]
fn captures_and_earlier_exchanges_are_there_for_later_steps() {
    let case = only(
        "cases:\n  - name: a\n    steps:\n      - { name: \"make {{ target }}\", operation: create-group, capture: { id: $.id } }\n      - { operation: get-group, path: { id: \"{{ id }}\" }, headers: { X-Last: \"{{ previous[-1].response.status }}\" }, recorded: { status: 200, body: { id: \"{{ id }}\" } } }\n",
    );
    let redactor = Redactor::new();
    let mut scope = scope(&case, &redactor);
    assert_eq!(case.steps[0].title(&scope).as_deref(), Some("make mock"));
    let exchange = exchange(201, r#"{"id": "g_9"}"#);
    scope.received(&Arc::new(exchange.clone()));
    assert!(case.steps[0].settled(&scope));
    let judged = case.steps[0].judge(&exchange, &mut scope);
    assert_eq!(judged.captures, BTreeMap::from([("id".to_owned(), json!("g_9"))]));
    scope.finish_step();
    let request = case.steps[1].request(&contract(), "https://h", &scope, &redactor).expect("a request");
    assert_eq!(line(&request), "GET https://h/groups/g_9 [X-Last: 201; Accept: */*] ");
    let recorded = case.steps[1].recorded(&scope).expect("recorded").expect("a response");
    assert_eq!((recorded.status, &recorded.body[..]), (200, br#"{"id":"g_9"}"#.as_slice()));
}

#[test]
fn the_cases_of_this_repository_are_read() {
    for (defaults, text) in [
        (include_str!("../../cases/bizkithub/_defaults.yaml"), include_str!("../../cases/bizkithub/identify.yaml")),
        (include_str!("../../cases/salla/_defaults.yaml"), include_str!("../../cases/salla/validation.yaml")),
        (
            include_str!("../../cases/mijnklantportaal/_defaults.yaml"),
            include_str!("../../cases/mijnklantportaal/create.yaml"),
        ),
    ] {
        let defaults = Source::new("cases/v/_defaults.yaml", defaults);
        let source = Source::new("cases/v/a.yaml", text);
        let (suite, faults) = read_suite(&source, std::slice::from_ref(&defaults), &files, &BTreeMap::new());
        assert_eq!(faults.to_string(), "");
        assert!(suite.expect("a suite").cases().len() > 3);
        assert_eq!(against_schema("suite", &source), [] as [String; 0]);
        assert_eq!(against_schema("defaults", &defaults), [] as [String; 0]);
        let schema = serde_json::from_str(&defaults_schema()).expect("JSON");
        let schema = jsonschema::validator_for(&schema).expect("a schema");
        let (value, _) = read(&defaults, &Limits::default());
        assert!(schema.is_valid(&value.expect("a value")));
        assert!(!schema.is_valid(&json!({"cases": []})), "defaults hold no cases");
    }
}

#[test]
fn the_examples_of_the_documentation_are_right() {
    let text = include_str!("../../docs/cases.md");
    let blocks: Vec<&str> =
        text.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block)).collect();
    assert!(blocks.len() > 5);
    for block in blocks {
        let (cases, faults) = suite(block);
        assert_eq!((faults.to_string().as_str(), cases.is_empty()), ("", false), "{block}");
        assert_eq!(against_schema("suite", &Source::new("a.yaml", block)), [] as [String; 0], "{block}");
    }
}

#[test]
fn the_documentation_names_every_key_filter_and_variable() {
    let text = include_str!("../../docs/cases.md");
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    for definition in ["suite", "case", "step", "expect", "poll", "retry", "recorded"] {
        for key in schema["$defs"][definition]["properties"].as_object().expect("properties").keys() {
            let named =
                [format!("`{key}`"), format!("`{key}:"), format!(" {key}: ")].iter().any(|form| text.contains(form));
            assert!(named, "{definition}: {key}");
        }
    }
    for name in common::RESERVED {
        assert!(text.contains(&format!("`{name}")), "{name}");
    }
}

fn against_schema(definition: &str, source: &Source) -> Vec<String> {
    let mut schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    schema["$ref"] = json!(format!("#/$defs/{definition}"));
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let (value, _) = read(source, &Limits::default());
    let value = value.expect("YAML");
    validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The keys that the reader knows at a place: it names them when it meets one it does not know.
fn known_keys(text: &str) -> BTreeSet<String> {
    let (_, faults) = suite(text);
    let fault = faults.iter().find(|fault| fault.message == "unknown key `zzzzzzzzzzzz`");
    let help = fault.and_then(|fault| fault.help.as_deref()).unwrap_or_else(|| panic!("{text}\n{faults}"));
    let keys = help.strip_prefix("known here: ").expect("the known keys");
    keys.split(", ").map(str::to_owned).collect()
}

#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let z = "zzzzzzzzzzzz: 1";
    let step = |key: &str| format!("cases:\n  - name: a\n    operation: create-group\n    {key}\n");
    for (definition, text) in [
        ("suite", format!("cases: []\n{z}\n")),
        ("case", step(z)),
        ("step", format!("cases:\n  - name: a\n    steps: [{{ operation: create-group, {z} }}]\n")),
        ("expect", step(&format!("expect: {{ {z} }}"))),
        ("matches", step(&format!("expect: {{ headers: {{ A: {{ matches: a, {z} }} }} }}"))),
        ("capture", step(&format!("capture: {{ a: {{ header: a, {z} }} }}"))),
        ("poll", step(&format!("poll: {{ until: true, {z} }}"))),
        ("recorded", step(&format!("recorded: {{ status: 200, {z} }}"))),
        ("basic", step(&format!("auth: {{ basic: {{ username: a, password: b, {z} }} }}"))),
        ("data", step(&format!("each: {{ csv: rows.csv, {z} }}"))),
        ("retry", step(&format!("retry: {{ attempts: 1, {z} }}"))),
    ] {
        let properties = schema["$defs"][definition]["properties"].as_object().expect("properties");
        let documented: BTreeSet<String> = properties.keys().cloned().collect();
        assert_eq!(known_keys(&text), documented, "{definition}");
    }
    let suite = schema["$defs"]["suite"]["properties"].as_object().expect("properties");
    let defaults = schema["$defs"]["defaults"]["properties"].as_object().expect("properties");
    let without_cases: Vec<&String> = suite.keys().filter(|key| *key != "cases").collect();
    assert_eq!(defaults.keys().collect::<Vec<_>>(), without_cases);
}

#[test]
fn no_file_makes_the_reader_panic() {
    let contract = contract();
    let text = include_str!("../../docs/cases.md");
    let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block));
    for (seed, block) in blocks.enumerate() {
        let characters: Vec<char> = block.chars().collect();
        for at in (seed % 3..characters.len()).step_by(3) {
            let mut broken = characters.clone();
            match at % 4 {
                0 => broken.truncate(at),
                1 => drop(broken.remove(at)),
                2 => broken.insert(at, ['{', '"', ':', 'é', '&', '%', '\n', '['][at % 8]),
                _ => broken.swap(at, characters.len() - 1 - at / 2),
            }
            let broken: String = broken.into_iter().collect();
            let (suite, _) = raw(&broken);
            if let Some(suite) = suite {
                let (_, faults) = resolve(&suite, &contract, &files, &|_| true);
                let _ = faults.to_string();
            }
        }
    }
}
