//! The three vendors' mocks: every answer keeps the contract, whatever is asked.

mod choosing;
mod effects;
mod made;
mod refusals;

use std::sync::{Arc, LazyLock, Mutex};

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Answer, Mock, Origin, RULES_SCHEMA, Rules, SESSION_HEADER, Settings, State};
use crate::check;
use crate::contract::{Alone, Contract, Direction, Parts};
use crate::exchange::{Headers, Request, Response};
use crate::generate::Generator;
use crate::source::{Diagnostics, Limits, Source, read};

pub(super) fn contract(name: &str, document: &str, overlay: Option<&str>) -> Arc<Contract> {
    let parts = Parts {
        name: name.to_owned(),
        document: Source::new(format!("{name}.yaml"), document),
        overlay: overlay.map(|text| Source::new(format!("{name}.overlay.yaml"), text)),
        promises: None,
    };
    let (contract, _) = Contract::load(parts, &Alone).unwrap_or_else(|faults| panic!("{faults}"));
    Arc::new(contract)
}

macro_rules! vendor {
    ($name:literal) => {
        (
            contract(
                $name,
                include_str!(concat!("../../specs/", $name, ".yaml")),
                Some(include_str!(concat!("../../specs/", $name, ".overlay.yaml"))),
            ),
            Source::new(concat!($name, ".mock.yaml"), include_str!(concat!("../../specs/", $name, ".mock.yaml"))),
        )
    };
}

fn vendor(name: &str) -> Mock {
    let (contract, source) = match name {
        "salla" => vendor!("salla"),
        "mijnklantportaal" => vendor!("mijnklantportaal"),
        _ => vendor!("bizkithub"),
    };
    let (rules, warnings) = Rules::read(&source, &contract).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(warnings.is_empty(), "{warnings}");
    Mock::new(contract, rules, Settings::repeatable(1))
}

pub(super) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request {
    Request {
        method: method.to_owned(),
        url: format!("http://mock{path}"),
        headers: headers.iter().copied().collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_else(|_| panic!("JSON: {response:?}"))
}

/// Posts JSON; the answer must keep the contract but for statuses that only a rule says.
fn post(mock: &Mock, path: &str, bearer: Option<&str>, text: &str) -> Response {
    let authorization = bearer.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(authorization.as_deref().map(|value| ("Authorization", value)));
    let answer = mock.answer(request("POST", path, &headers, text), path.split('?').next().expect("a path"));
    kept(mock, &answer, text)
}

fn kept(mock: &Mock, answer: &Answer, sent: &str) -> Response {
    assert!(answer.troubles.is_empty(), "{sent:.300}: {}", answer.troubles[0]);
    assert!((200..500).contains(&answer.response.status), "{sent:.300}: {answer:?}");
    let Origin::Rule(name) = &answer.origin else { panic!("{sent:.300}: no rule answered: {answer:?}") };
    let undocumented = mock.rules.list.iter().any(|rule| rule.name == *name && rule.undocumented);
    let operation = mock.contract().operations().first().expect("an operation");
    let options = check::Options { undocumented };
    let judged = check::answer(mock.contract(), operation, "POST", &answer.response, options);
    assert_eq!(judged, check::Judgement::default(), "{sent:.300}: {:?}", answer.response);
    answer.response.clone()
}

/// What odd clients send.
fn odd_bodies(fields: &[&str]) -> Vec<String> {
    let long = format!("\"{}\"", "x".repeat(70_000));
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let odd = [
        "null",
        "true",
        "0",
        "1.5",
        "-1",
        "1e400",
        "92233720368547758080",
        "\"\"",
        "\" \"",
        "\"abc\"",
        "\"عملاء 🎉\"",
        "[]",
        "{}",
        "[null]",
        "[1.5]",
        "[[1]]",
        "[{}]",
        "[true]",
        "[\"a\", 1, null]",
        "[92233720368547758080]",
        "{\"0\": 1}",
        "[1e308]",
        "\"\\u0000\"",
        "\"\\ud83d\"",
        "\"{{ 7 * 7 }}\"",
        "[\"{{ state }}\"]",
        long.as_str(),
        deep.as_str(),
    ];
    let mut bodies: Vec<String> = odd.iter().map(ToString::to_string).collect();
    bodies.extend(["", "{", "{\"a\"", "a=b", "\u{feff}{}", "{\"a\": 1}}"].map(str::to_owned));
    for field in fields {
        for value in odd {
            bodies.push(format!("{{\"{field}\": {value}}}"));
            for (other, full) in [
                ("name", "\"N\""),
                ("group_id", "667738032"),
                ("customers", "[447121768]"),
                ("email", "\"jan@barasek.com\""),
                ("cuRefNo", "\"1cGIHvFoQDGLAbcA\""),
                ("groups", "[\"a\"]"),
            ] {
                if fields.contains(&other) && other != *field {
                    bodies.push(format!("{{\"{field}\": {value}, \"{other}\": {full}}}"));
                }
            }
        }
    }
    bodies
}

#[test]
fn mijnklantportaal_creates_groups() {
    let mock = vendor("mijnklantportaal");
    let path = "/customer-groups";
    let create = |text: &str| post(&mock, path, Some("mkp-demo-token"), text);
    for name in ["Hosting", "عملاء الاستضافة", "  two  spaces ", "👨‍👩‍👧", &"x".repeat(5000), "{{ 1 }}", ""]
    {
        let response = create(&json!({"name": name, "customers": ["cst_abc12345", "garbage"]}).to_string());
        let made = body(&response);
        assert_eq!((response.status, &made["name"]), (201, &json!(name)));
        let state = mock.state(None);
        let kept = state.lock().expect("unpoisoned");
        let stored = kept.get("groups", made["id"].as_str().expect("an id")).expect("stored").clone();
        assert_eq!(stored["customers"], json!(["cst_abc12345"]));
    }
    let (one, two) = (body(&create("{\"name\": \"a\"}")), body(&create("{\"name\": \"a\"}")));
    assert_ne!(one["id"], two["id"]);
    assert!(!one["createdAt"].as_str().expect("a date").contains('Z'));
    for (text, status, message) in [
        ("{}", 422, "The name field is required."),
        ("{\"name\": 42}", 422, "The name field must be a string."),
        ("[]", 422, "The body must be a JSON object."),
        ("{\"name\": \"a\", \"customers\": \"b\"}", 422, "The customers field must be an array."),
        ("{\"name\": \"a\", \"customers\": [\"b\", 1]}", 422, "The customers.1 field must be a string."),
    ] {
        let response = create(text);
        assert_eq!((response.status, body(&response)["message"].as_str()), (status, Some(message)), "{text}");
        assert_eq!(response.headers.get("x-ratelimit-limit").as_deref(), Some("60"));
    }
    for bearer in [None, Some("other")] {
        assert_eq!(post(&mock, path, bearer, "{}").status, 401);
    }
}

#[test]
fn salla_adds_customers() {
    let mock = vendor("salla");
    let path = "/customers/groups/add_customers";
    let add = |text: &str| post(&mock, path, Some("full-access"), text);
    let good = "{\"group_id\": 667738032, \"customers\": [447121768, 1761729493]}";
    for _ in 0..2 {
        let response = add(good);
        let expected =
            json!({"status": 200, "success": true, "data": ["The customers has been added to group successfully"]});
        assert_eq!(body(&response), expected);
    }
    assert_eq!(mock.state(None).lock().expect("unpoisoned").count("members"), 2);
    for (text, fields) in [
        ("{}", json!({"group_id": ["حقل group id مطلوب."], "customers": ["حقل customers مطلوب."]})),
        (
            "{\"group_id\": \"abc\", \"customers\": [\"abc\"]}",
            json!({"group_id": ["يجب أن يكون حقل group id عددًا صحيحًا"], "customers.0": ["حقل customers.0 غير صالح"]}),
        ),
        ("{\"group_id\": 1.5, \"customers\": [1]}", json!({"group_id": ["يجب أن يكون حقل group id عددًا صحيحًا"]})),
        (
            "{\"group_id\": 1, \"customers\": [1, null, 2, \"3\"]}",
            json!({"customers.1": ["حقل customers.1 غير صالح"], "customers.3": ["حقل customers.3 غير صالح"]}),
        ),
        ("{\"group_id\": 1, \"customers\": true}", json!({"customers": ["حقل customers غير صالح"]})),
    ] {
        let response = add(text);
        assert_eq!((response.status, &body(&response)["error"]["fields"]), (422, &fields), "{text}");
    }
    for (bearer, message) in [
        (None, "The access token is missing"),
        (Some("nobody"), "The access token is invalid"),
        (Some("no-scope"), "The access token should have access to one of those scopes: customers.read_write"),
    ] {
        let response = post(&mock, path, bearer, "{}");
        assert_eq!((response.status, body(&response)["error"]["message"].as_str()), (401, Some(message)));
    }
}

#[test]
fn bizkithub_adds_groups() {
    let mock = vendor("bizkithub");
    let with = |key: &str, text: &str| post(&mock, &format!("/api/v1/customer/add-groups{key}"), None, text);
    let right = "?apiKey=DEV_0123456789abcdefghijABCDEFGH";
    let good =
        "{\"email\": \" Jan@Barasek.COM \", \"groups\": [\"Personal Training\", \"personal-training\", \"Nová\"]}";
    for _ in 0..2 {
        assert_eq!(body(&with(right, good)), json!({"success": true}));
    }
    {
        let state = mock.state(None);
        let state = state.lock().expect("unpoisoned");
        assert_eq!((state.count("groups"), state.count("members")), (2, 2));
        assert!(state.get("members", "1cGIHvFoQDGLAbcA:nova").is_some());
    }
    let sample = "?apiKey=PRODPGrFxpGEtrOZfuWhnoJohUYBXuOE";
    for (key, text, status, code) in [
        ("", good, 404, "PUBLIC_API_KEY_IS_EMPTY"),
        ("?apiKey=", good, 404, "PUBLIC_API_KEY_IS_EMPTY"),
        ("?apiKey=DEV_short", good, 404, "PUBLIC_API_KEY_IS_NOT_IN_VALID_FORMAT"),
        ("?apiKey=DEV_0123456789abcdefghijABCDEFGX", good, 404, "PUBLIC_API_KEY_DOES_NOT_EXIST"),
        (sample, good, 404, "PUBLIC_API_KEY_SAMPLE_VALUE"),
        (right, "{\"groups\": [\"a\"]}", 400, "INTERNAL_VALIDATION_FAILED"),
        (right, "{\"email\": \"jan@barasek.com\"}", 400, "INTERNAL_VALIDATION_FAILED"),
        (right, "{\"email\": \"jan@barasek.com\", \"groups\": []}", 400, "INTERNAL_VALIDATION_FAILED"),
        (right, "{\"email\": \"jan@@barasek.com\", \"groups\": [\"a\"]}", 400, "INTERNAL_VALIDATION_FAILED"),
        (right, "{\"cuRefNo\": \"short\", \"groups\": [\"a\"]}", 400, "INTERNAL_VALIDATION_FAILED"),
        (right, "{\"email\": \"no@body.com\", \"groups\": [\"a\"]}", 404, "INTERNAL_RESOURCE_NOT_FOUND"),
        (
            right,
            "{\"email\": \"jan@barasek.com\", \"cuRefNo\": \"NobodyHasThis000\", \"groups\": [\"a\"]}",
            404,
            "INTERNAL_RESOURCE_NOT_FOUND",
        ),
    ] {
        let response = with(key, text);
        assert_eq!((response.status, body(&response)["error"]["code"].as_str()), (status, Some(code)), "{key} {text}");
    }
    let in_body =
        "{\"apiKey\": \"DEV_0123456789abcdefghijABCDEFGH\", \"cuRefNo\": \"1cGIHvFoQDGLAbcA\", \"groups\": [\"a\"]}";
    assert_eq!(with("", in_body).status, 200);
    let wins = "{\"email\": \"no@body.com\", \"cuRefNo\": \"1cGIHvFoQDGLAbcA\", \"groups\": [\"a\"]}";
    assert_eq!(with(right, wins).status, 200);
}

#[test]
fn odd_input_gets_the_vendors_own_refusal() {
    let vendors = [
        ("mijnklantportaal", "/customer-groups", Some("mkp-demo-token"), &["name", "customers"][..]),
        ("salla", "/customers/groups/add_customers", Some("full-access"), &["group_id", "customers"]),
        (
            "bizkithub",
            "/api/v1/customer/add-groups?apiKey=DEV_0123456789abcdefghijABCDEFGH",
            None,
            &["email", "cuRefNo", "groups", "apiKey"],
        ),
    ];
    for (name, path, bearer, fields) in vendors {
        let mock = vendor(name);
        for text in odd_bodies(fields) {
            post(&mock, path, bearer, &text);
            post(&mock, path.split('?').next().expect("a path"), None, &text);
        }
        assert_eq!(mock.troubles(), []);
    }
}

#[test]
fn the_same_requests_get_the_same_answers_whatever_comes_between() {
    let sequence = |mock: &Mock, between: bool| -> Vec<Response> {
        let one = |n: usize| {
            if between {
                post(mock, "/customer-groups", Some("mkp-demo-token"), &format!("{{\"name\": \"between {n}\"}}"));
            }
            post(mock, "/customer-groups", Some("mkp-demo-token"), &format!("{{\"name\": \"a{}\"}}", n % 3))
        };
        (0..9).map(one).collect()
    };
    let first = sequence(&vendor("mijnklantportaal"), false);
    let mock = vendor("mijnklantportaal");
    assert_eq!(first, sequence(&mock, true));
    mock.reset();
    assert_eq!(first, sequence(&mock, false));
    assert_ne!(first[0].body, first[3].body);
}

#[test]
fn sessions_have_states_of_their_own() {
    let mock = vendor("salla");
    let path = "/customers/groups/add_customers";
    let headers =
        [("authorization", "Bearer full-access"), ("content-type", "application/json"), (SESSION_HEADER, "one")];
    mock.answer(request("POST", path, &headers, "{\"group_id\": 1, \"customers\": [1]}"), path);
    let count = |session| mock.state(session).lock().expect("unpoisoned").count("members");
    assert_eq!((count(Some("one")), count(Some("two")), count(None)), (1, 0, 0));
}

#[test]
fn paths_below_the_servers_base_path_are_found_too() {
    let mock = vendor("mijnklantportaal");
    for (method, path, status) in [
        ("HEAD", "/customer-groups", 405),
        ("OPTIONS", "/v1/customer-groups", 204),
        ("POST", "/v1/customer-groups", 401),
        ("GET", "/customer-groups", 405),
        ("POST", "/v2/x", 404),
    ] {
        let answer = mock.answer(request(method, path, &[], ""), path);
        assert_eq!(answer.response.status, status, "{method} {path}");
        if matches!(status, 405 | 204) {
            assert_eq!(answer.response.headers.get("allow").as_deref(), Some("POST"));
        }
    }
    let things = things("");
    for (path, status) in [("/things/", 404), ("//things/1", 404), ("/things//", 404), ("/things//parts", 422)] {
        assert_eq!(things.answer(request("GET", path, &[KEY], ""), path).response.status, status, "{path}");
    }
}

/// RFC 9110, sections 9.3.2 and 9.3.7.
#[test]
fn what_can_be_got_can_be_asked_for_by_head_and_what_there_is_by_options() {
    let mock = things("");
    let ask =
        |method: &str, path: &str, headers: &[(&str, &str)]| mock.answer(request(method, path, headers, ""), path);
    let (got, head) = (ask("GET", "/things/1", &[KEY]), ask("HEAD", "/things/1", &[KEY]));
    assert_eq!((head.response, head.operation), (got.response, got.operation));
    assert!(head.findings.is_empty() && head.troubles.is_empty());
    // Judged by what is documented for GET.
    let head = ask("HEAD", "/v1/things/1", &[]);
    assert_eq!((head.response.status, head.findings[0].check.as_str()), (401, "request-security"));
    for (method, path, status, allow) in [
        ("OPTIONS", "/things", 204, Some("GET, HEAD, POST")),
        ("OPTIONS", "/things/1/parts", 204, Some("GET, HEAD")),
        ("DELETE", "/things/1", 405, Some("GET, HEAD, PUT")),
        ("OPTIONS", "/nothing", 404, None),
    ] {
        let answer = ask(method, path, &[]);
        assert_eq!(
            (answer.response.status, answer.response.headers.get("allow").as_deref()),
            (status, allow),
            "{path}"
        );
        assert_eq!(answer.findings.is_empty(), status == 204, "{method} {path}");
    }
}

#[test]
fn a_refusals_example_may_be_asked_for() {
    let mock = things("");
    let ask = |prefer: &str| {
        let headers = [KEY, ("content-type", "application/json"), ("prefer", prefer)];
        mock.answer(request("POST", "/things", &headers, "{}"), "/things").response
    };
    for (prefer, status, message) in [
        ("code=422, example=second", 422, json!("still wrong")),
        ("code=201, example=second", 422, json!("wrong")),
        ("code=422, example=nobody", 404, Value::Null),
    ] {
        let response = ask(prefer);
        assert_eq!((response.status, &body(&response)["message"]), (status, &message), "{prefer}");
    }
}

#[test]
fn a_mock_may_be_dynamic_altogether() {
    let contract = contract("things", DOCUMENT, None);
    let settings = Settings { dynamic: true, ..Settings::repeatable(1) };
    let mock = Mock::new(contract, Rules::default(), settings);
    let ask =
        |headers: &[(&str, &str)]| mock.answer(request("GET", "/things/1", headers, ""), "/things/1").response.body;
    assert_ne!(ask(&[KEY]), ask(&[KEY]));
    assert_eq!(ask(&[KEY, ("prefer", "dynamic=false")]), ask(&[KEY, ("prefer", "dynamic=false")]));
}

const DOCUMENT: &str = include_str!("tests/things.yaml");

fn things(rules: &str) -> Mock {
    let contract = contract("things", DOCUMENT, None);
    let rules = match rules {
        "" => Rules::default(),
        text => {
            let text = format!("contract: things\n{text}");
            Rules::read(&Source::new("things.mock.yaml", text), &contract).unwrap_or_else(|faults| panic!("{faults}")).0
        }
    };
    Mock::new(contract, rules, Settings::repeatable(1))
}

const KEY: (&str, &str) = ("x-key", "k");

#[test]
fn without_rules_the_document_answers() {
    let mock = things("");
    for (method, path, headers, sent, status, expected) in [
        ("GET", "/things/1", &[KEY][..], "", 200, json!({"id": 7, "name": "lamp"})),
        ("GET", "/things/1?__example=other", &[KEY], "", 200, json!({"id": 8, "name": "desk"})),
        ("GET", "/things/1", &[KEY, ("prefer", "code=404")], "", 404, json!({"message": "gone"})),
        ("GET", "/things/1", &[], "", 401, json!({"message": "who are you?"})),
        (
            "POST",
            "/things",
            &[KEY, ("content-type", "application/json")],
            "{\"id\": 1}",
            422,
            json!({"message": "wrong"}),
        ),
        (
            "POST",
            "/things",
            &[KEY, ("content-type", "application/json")],
            "{\"id\": 1, \"name\": \"a\"}",
            201,
            Value::Null,
        ),
    ] {
        let bare = path.split('?').next().expect("a path");
        let answer = mock.answer(request(method, path, headers, sent), bare);
        assert_eq!(answer.response.status, status, "{method} {path} {headers:?}: {answer:?}");
        if !expected.is_null() {
            assert_eq!(body(&answer.response), expected, "{method} {path} {headers:?}");
        }
    }
    assert_eq!(mock.troubles(), []);
}

#[test]
fn bad_examples_are_not_served_and_headers_are_made() {
    let mock = things("");
    let answer = mock.answer(request("GET", "/things", &[KEY], ""), "/things");
    assert!(body(&answer.response).as_array().is_some_and(|things| things.iter().all(|thing| thing["id"].is_i64())));
    assert!(
        answer.response.headers.get("x-total").is_some_and(|total| total.parse::<u32>().is_ok_and(|total| total <= 9))
    );
    let again = mock.answer(request("GET", "/things", &[KEY], ""), "/things");
    assert_eq!(answer.response, again.response);
    let dynamic =
        |wish: &str| mock.answer(request("GET", "/things", &[KEY, ("prefer", wish)], ""), "/things").response.body;
    assert_ne!(dynamic("dynamic=true"), dynamic("dynamic=true"));
    assert_eq!(dynamic("dynamic=true, seed=3"), dynamic("seed=3, dynamic=true"));
}

#[test]
fn wishes_that_cannot_be_met_are_problems() {
    let mock = things("");
    for (headers, status) in [
        (&[KEY, ("prefer", "code=abc")][..], 422),
        (&[KEY, ("prefer", "code=500")], 404),
        (&[KEY, ("prefer", "example=nobody")], 404),
        (&[KEY, ("accept", "image/png")], 406),
    ] {
        let answer = mock.answer(request("GET", "/things/1", headers, ""), "/things/1");
        assert_eq!((answer.response.status, answer.origin), (status, Origin::Problem), "{headers:?}");
        assert_eq!(body(&answer.response)["status"], json!(status));
    }
    assert_eq!(mock.troubles(), []);
}

#[test]
fn a_refusal_that_the_document_lacks_is_a_problem_with_an_entry_a_finding() {
    let mock = things("");
    let answer = mock
        .answer(request("PUT", "/things/1", &[("content-type", "application/json")], "{\"id\": \"a\"}"), "/things/1");
    assert_eq!(answer.response.headers.get("content-type").as_deref(), Some("application/problem+json"));
    let problem = body(&answer.response);
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(answer.findings.len()));
    assert!(problem["errors"].to_string().contains("#/id"), "{problem}");
}

#[test]
fn rules_come_before_the_document_and_see_findings() {
    let mock = things(
        "rules:\n- name: seen\n  operation: POST /things\n  when: findings | length > 0\n  respond: {status: 422, body: {message: '{{ findings | length }} {{ findings[0].instance }}'}}\n",
    );
    let headers = [KEY, ("content-type", "application/json")];
    let answer = mock.answer(request("POST", "/things", &headers, "{\"id\": \"x\", \"name\": \"a\"}"), "/things");
    assert_eq!(body(&answer.response), json!({"message": "1 /id"}));
    let answer = mock.answer(request("POST", "/things", &headers, "{\"id\": 1, \"name\": \"a\"}"), "/things");
    assert_eq!(answer.origin, Origin::Document);
}

/// The first rules that people write compare what may not be there.
#[test]
fn what_is_not_there_makes_no_rule_apply_and_no_answer_fail() {
    let mock = things(
        "state: {items: {'7': {name: kept}}}
rules:
- {name: slow, operation: one, when: request.query.q == 'slow' or request.json.deep.er == 1, delay: 1ms}
- {name: many, operation: one, rate: {allow: 2/h, by: \"{{ request.headers['x-client'] }}\"}, undocumented: true, respond: {status: 429}}
- {name: known, operation: create, when: \"state.items[request.json.id] is defined\", undocumented: true, respond: {status: 409}}
",
    );
    let ask = |path: &str| mock.answer(request("GET", path, &[KEY], ""), "/things/1");
    assert_eq!((ask("/things/1").response.status, ask("/things/1?q=slow").effect.delay.is_some()), (200, true));
    let third = ask("/things/1");
    assert_eq!((third.response.status, &third.troubles[..]), (429, &[][..]));
    // A number names what is kept under its text.
    let headers = [KEY, ("content-type", "application/json")];
    let post = |id: u8| {
        mock.answer(request("POST", "/things", &headers, &format!("{{\"id\": {id}, \"name\": \"a\"}}")), "/things")
    };
    assert_eq!((post(7).response.status, post(8).response.status), (409, 201));
}

#[test]
fn an_answer_that_breaks_the_contract_is_told_when_it_is_given() {
    for (more, troubles) in [("", 1), ("  breaks-contract: true\n", 0)] {
        let rules = format!(
            "rules:\n- name: wrong\n  operation: GET /things/{{id}}\n{more}  respond: {{status: 200, body: {{id: a}}}}\n"
        );
        let mock = things(&rules);
        let answer = mock.answer(request("GET", "/things/1", &[KEY], ""), "/things/1");
        assert_eq!((answer.response.status, answer.troubles.len()), (200, troubles));
        assert_eq!(mock.troubles(), answer.troubles);
        if troubles == 1 {
            let trouble = &answer.troubles[0];
            assert!(!trouble.findings.is_empty());
            assert!(trouble.to_string().starts_with("things.mock.yaml:3:3: rule `wrong`: things: "), "{trouble}");
        }
    }
    // Known before anybody asks: told when the file is read.
    let contract = contract("things", include_str!("tests/things.yaml"), None);
    let read = |more: &str, respond: &str| {
        let text = format!("contract: things\nrules:\n- name: wrong\n  operation: one\n{more}  respond: {respond}\n");
        Rules::read(&Source::new("things.mock.yaml", text), &contract).unwrap_or_else(|faults| panic!("{faults}")).1
    };
    for (respond, expected) in [
        ("{status: 200, body: {id: 7, name: a}}", None),
        ("{status: 200, body: {id: a}}", Some("must have the property `name`")),
        ("{status: 200}", Some("body")),
        ("{status: 200, headers: {Content-Type: text/csv}, body: x}", Some("text/csv")),
        ("{status: 200, body: {id: '{{ 7 }}', name: 7}}", None),
    ] {
        let told = read("", respond).to_string();
        assert_eq!(told.is_empty(), expected.is_none(), "{respond}: {told}");
        assert!(told.contains(expected.unwrap_or_default()), "{respond}: {told}");
        assert!(expected.is_none() || told.contains("things.mock.yaml:5:3"), "{told}");
        assert!(read("  breaks-contract: true\n", respond).is_empty());
    }
    let computed = "rules:\n- name: teapot\n  respond: {status: '{{ 400 + 18 }}', body: {}}\n";
    let answer = things(computed).answer(request("GET", "/things/1", &[KEY], ""), "/things/1");
    assert_eq!((answer.response.status, answer.troubles.len()), (418, 1));
}

#[test]
fn a_rule_without_a_value_is_a_500_that_is_told() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let rules = "rules:\n- name: odd\n  operation: one\n  respond: {status: 200, body: '{{ request.json.a.b }}'}\n";
    let mock = things(rules).listened_to(Arc::new(move |trouble| {
        ear.lock().expect("unpoisoned").push(trouble.to_string());
    }));
    let answer = mock.answer(request("GET", "/things/1", &[KEY], "{}"), "/things/1");
    assert_eq!(answer.response.status, 500);
    assert!(heard.lock().expect("unpoisoned")[0].contains("`request.json.a` is undefined"));
    for (status, expected) in [("'{{ 42 }}'", 500), ("'{{ \"abc\" }}'", 500)] {
        let mock = things(&format!("rules:\n- name: odd\n  respond: {{status: {status}}}\n"));
        assert_eq!(mock.answer(request("GET", "/things/1", &[KEY], ""), "/things/1").response.status, expected);
    }
    let bad_header =
        "rules:\n- name: odd\n  respond: {status: 204, headers: {X-A: \"{{ 'a\\nb' }}\"}}\n  undocumented: true\n";
    assert_eq!(things(bad_header).answer(request("GET", "/things/1", &[KEY], ""), "/things/1").response.status, 500);
}

#[test]
fn rules_remember() {
    let mock = things(
        "state: {seen: {}, gone: {a: 1}}\nrules:\n- name: count\n  operation: GET /things/{id}\n  let: {n: '{{ state.seen | length }}'}\n  store:\n  - {in: seen, key: '{{ request.path_params.id }}', value: true}\n  - {in: gone, key: a, remove: true}\n  respond: {status: 404, headers: {X-N: '{{ n }}', X-After: '{{ state.seen | length }}'}, body: {message: '{{ state.gone | length }}'}}\n",
    );
    let ask = |id: &str| {
        let path = format!("/things/{id}");
        let response = mock.answer(request("GET", &path, &[KEY], ""), &path).response;
        (
            response.headers.get("x-n").map(std::borrow::Cow::into_owned),
            response.headers.get("x-after").map(std::borrow::Cow::into_owned),
        )
    };
    let pair = |n: &str, after: &str| (Some(n.to_owned()), Some(after.to_owned()));
    assert_eq!([ask("1"), ask("2"), ask("2")], [pair("0", "1"), pair("1", "2"), pair("2", "2")]);
    let state = State::default();
    assert_eq!(state.count("seen"), 0);
}

static THINGS: LazyLock<Arc<Contract>> = LazyLock::new(|| contract("things", DOCUMENT, None));

fn faults(text: &str) -> Diagnostics {
    Rules::read(&Source::new("a.mock.yaml", text), &THINGS).map_or_else(|faults| faults, |(_, warnings)| warnings)
}

#[test]
fn every_fault_of_a_rules_file_is_told_with_its_place() {
    let text = "\
contract: thongs
state: {seen: {}, list: []}
let: {request: 1, a-b: 2}
rules:
- name: one
  operation: GET /thing/{id}
  whn: x
  respond: {status: 200}
- name: two
  operation: GET /things/{id}
  when: sean | length
  store: [{in: sean, key: x, value: 1}, {in: seen, key: x}, {in: seen, key: x, as: y, remove: true}]
  respond: {status: 418, headers: {'X Y': 1}, body: '{{ nobody }} {{ state.sen }}'}
- respond: {status: 99}
- name: three
  respond: {status: 200, body: '{{ 1 + }}'}
";
    let codes: Vec<String> = faults(text)
        .iter()
        .map(|fault| {
            let label = fault.labels.first().expect("a place");
            format!("{} {}", label.source.position(label.span.start).line, fault.code)
        })
        .collect();
    for expected in [
        "1 other-contract",
        "2 wrong-type",
        "3 bad-name",
        "6 unknown-operation",
        "7 unknown-key",
        "11 unknown-name",
        "12 unknown-collection",
        "12 bad-store",
        "12 bad-each",
        "13 undocumented-status",
        "13 bad-header",
        "13 unknown-name",
        "13 unknown-collection",
        "14 missing-key",
        "14 bad-status",
        "16 expression",
    ] {
        assert!(codes.iter().any(|code| code == expected), "{expected} is not among {codes:?}");
    }
    assert!(faults(text).to_string().contains("did you mean `when`?"));
    assert!(faults(text).to_string().contains("did you mean `seen`?"));
    assert!(faults("rules: [").has_errors());
    assert!(faults("[]").has_errors());
}

#[test]
fn the_schema_and_the_reader_agree() {
    let schema: Value = serde_json::from_str(RULES_SCHEMA).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let value = |text: &str| read(&Source::new("a.yaml", text), &Limits::default()).0.expect("YAML");
    for text in [
        include_str!("../../specs/salla.mock.yaml"),
        include_str!("../../specs/mijnklantportaal.mock.yaml"),
        include_str!("../../specs/bizkithub.mock.yaml"),
    ] {
        assert!(validator.is_valid(&value(text)));
    }
    let rule = |inner: &str| {
        format!("contract: things\nstate: {{s: {{}}}}\nrules: [{{name: a, undocumented: true, {inner}}}]\n")
    };
    let store = |inner: &str| rule(&format!("respond: {{status: 200}}, store: [{{in: s, key: a, {inner}}}]"));
    let collect =
        |inner: &str| rule(&format!("respond: {{status: 200}}, collect: {{c: [{{key: a, value: b, {inner}}}]}}"));
    for (text, good) in [
        (
            rule(
                "respond: {status: 200, headers: {A: b}, body: [1]}, when: 'true', operation: 'GET /things', let: {a: 1}",
            ),
            true,
        ),
        (rule("respond: {status: '{{ 200 }}'}, x-note: 1, breaks-contract: true"), true),
        (rule("respond: {status: 200, code: 1}"), false),
        (rule("respond: {status: 600}"), false),
        (rule("respond: {status: true}"), false),
        (rule("respond: {headers: {}}"), false),
        (rule("respond: {status: 200, headers: {'a b': 1}}"), false),
        (rule("respond: {status: 200}, when: 1"), false),
        (rule("respond: {status: 200}, let: {state: 1}"), false),
        (rule("respond: {status: 200}, response: 1"), false),
        (rule("when: 'true'"), false),
        (rule("delay: 200ms"), true),
        (rule("delay: 250"), true),
        (rule("delay: 'normal(200ms, 50ms)'"), true),
        (rule("delay: 1s..2s, chance: 0.5"), true),
        (rule("delay: soon"), false),
        (rule("delay: [1]"), false),
        (rule("fault: 'status:503'"), true),
        (rule("fault: stall"), true),
        (rule("fault: boom"), false),
        (rule("chance: 0.5"), false),
        (rule("delay: 1s, chance: 0"), false),
        (rule("rate: 60/m"), true),
        (rule("rate: {allow: 60/m, by: '{{ request.bearer }}'}"), true),
        (rule("rate: fast"), false),
        (rule("rate: {by: x}"), false),
        (store("value: 1, when: 'true', each: '[1]', as: x"), true),
        (store("remove: true"), true),
        (store("remove: false, value: 1"), true),
        (store("remove: true, value: 1"), false),
        (store("as: x, value: 1"), false),
        (store("valu: 1"), false),
        (collect("each: '[1]', when: 'true'"), true),
        (collect("remove: true"), false),
        ("contract: things\nrules: []\nruls: []\n".to_owned(), false),
        ("contract: things\n".to_owned(), false),
        ("rules: []\n".to_owned(), false),
        ("contract: things\nrules: []\nstate: {a: 1}\n".to_owned(), false),
    ] {
        assert_eq!(validator.is_valid(&value(&text)), good, "schema: {text}");
        assert_eq!(!faults(&text).has_errors(), good, "reader: {text}{}", faults(&text));
    }
}

#[test]
fn settings_are_repeatable() {
    let now = |seed| (Settings::repeatable(seed).clock)();
    assert_eq!(now(4), now(4));
    assert_ne!(now(4), now(5));
    assert_eq!(now(4).to_string()[..4], *"2025");
    let empty = Headers::new();
    assert!(empty.is_empty());
}

#[test]
fn the_examples_of_the_documentation_work() {
    let text = include_str!("../../docs/mock-rules.md");
    let blocks: Vec<&str> = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 3);
    let schema: Value = serde_json::from_str(RULES_SCHEMA).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for (block, name) in blocks.into_iter().zip(["salla", "", "mijnklantportaal"]) {
        if name.is_empty() {
            let (rules, _) = Rules::read(&Source::new("docs/mock-rules.md", block), vendor("salla").contract())
                .unwrap_or_else(|faults| panic!("{faults}"));
            assert_eq!(rules.names().count(), 3);
            assert!(validator.is_valid(&read(&Source::new("a.yaml", block), &Limits::default()).0.expect("YAML")));
            continue;
        }
        let source = Source::new("docs/mock-rules.md", block);
        let contract = Arc::clone(vendor(name).contract());
        let (rules, _) = Rules::read(&source, &contract).unwrap_or_else(|faults| panic!("{faults}"));
        assert!(validator.is_valid(&read(&Source::new("a.yaml", block), &Limits::default()).0.expect("YAML")));
        let mock = Mock::new(contract, rules, Settings::repeatable(1));
        let requests: &[(&str, Option<&str>, &str, u16)] = match name {
            "salla" => &[
                ("/customers/groups/add_customers", None, "{}", 401),
                ("/customers/groups/add_customers", Some("full-access"), "{\"customers\": [1, \"a\"]}", 422),
                ("/customers/groups/add_customers", Some("full-access"), "{\"group_id\": 1, \"customers\": [1]}", 200),
            ],
            _ => {
                &[("/customer-groups", Some("x"), "{}", 422), ("/customer-groups", Some("x"), "{\"name\": \"a\"}", 201)]
            }
        };
        for (path, bearer, sent, status) in requests {
            assert_eq!(post(&mock, path, *bearer, sent).status, *status, "{sent}");
        }
    }
}

#[test]
fn every_answer_of_the_document_keeps_the_contract() {
    for mock in [things(""), document_only("salla"), document_only("mijnklantportaal"), document_only("bizkithub")] {
        for operation in mock.contract().operations() {
            let path = operation.path().replace("{id}", "1");
            for status in operation.responses().iter().map(|response| response.status.to_string()) {
                for wish in [String::new(), ", dynamic=true".to_owned(), ", seed=5".to_owned()] {
                    let prefer = format!("code={status}{wish}");
                    let sent = valid_request(&mock, operation.id(), &path, &prefer);
                    let answer = mock.answer(sent, &path);
                    assert!(answer.findings.is_empty(), "{:?}", answer.findings);
                    assert_eq!((answer.response.status.to_string(), &answer.troubles[..]), (status.clone(), &[][..]));
                    let options = check::Options::default();
                    let judged =
                        check::answer(mock.contract(), operation, operation.method(), &answer.response, options);
                    assert_eq!(judged, check::Judgement::default(), "{prefer}: {:?}", answer.response);
                }
            }
        }
    }
}

fn document_only(name: &str) -> Mock {
    Mock::new(Arc::clone(vendor(name).contract()), Rules::default(), Settings::repeatable(1))
}

/// A request that the contract allows, its body generated.
fn valid_request(mock: &Mock, operation: &str, path: &str, prefer: &str) -> Request {
    let operation = mock.contract().find(operation).expect("known");
    let schema = operation.request_body().and_then(|body| body.content[0].schema.clone());
    let mut generator = Generator::new(mock.contract(), Direction::Request, 3);
    let body = schema.map(|schema| generator.value(&schema).expect("satisfiable").to_string());
    let headers = [KEY, ("content-type", "application/json"), ("authorization", "Bearer x"), ("prefer", prefer)];
    let headers = if body.is_some() { &headers[..] } else { &[KEY, ("prefer", prefer)] };
    let key = if path.contains("add-groups") { "?apiKey=DEV_0123456789abcdefghijABCDEFGH" } else { "" };
    request(operation.method(), &format!("{path}{key}"), headers, body.as_deref().unwrap_or_default())
}

static BOTH: LazyLock<[Mock; 2]> = LazyLock::new(|| [things(""), vendor("mijnklantportaal")]);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_request_breaks_the_mock(
        method in "(GET|POST|PUT|HEAD|OPTIONS|\\PC{1,8})",
        path in "(/things|/things/|/v1/things|/customer-groups)?(/\\PC{0,12})?(\\?\\PC{0,20})?",
        name in "(prefer|accept|content-type|authorization|cookie|x-key|countersign-session)",
        value in "(code=|dynamic=|application/json|Bearer )?\\PC{0,30}",
        body in "(\\{\"(name|id|customers)\": )?\\PC{0,40}\\}?",
    ) {
        for mock in BOTH.iter() {
            let bare = path.split('?').next().unwrap_or_default();
            let answer = mock.answer(request(&method, &path, &[(name.as_str(), value.as_str())], &body), bare);
            prop_assert!((200..500).contains(&answer.response.status), "{:?}", answer);
            prop_assert!(answer.troubles.is_empty(), "{:?}", answer.troubles);
        }
    }

    #[test]
    fn no_rules_file_breaks_the_reader(
        key in "(contract|state|let|rules|\\PC{0,6})",
        value in "(\\[?\\{?(name|when|respond|store|collect|operation|let): ?\\PC{0,30}\\}?\\]?|\\PC{0,40})",
    ) {
        let _ = faults(&format!("contract: things\nrules:\n- {key}: {value}\n  respond: {{status: 200, body: {value}}}\n"));
        let _ = faults(&format!("{key}: {value}\n"));
    }
}
