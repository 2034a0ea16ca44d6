//! Refused requests: the status, the body, and what it says.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::{Mock, Origin, Rules, Settings, Validation};
use super::{contract, request};
use crate::check;
use crate::exchange::Response;

/// A document whose refusal under this status has this schema.
fn mock(status: &str, media: &str, schema: &str) -> Mock {
    let content = if media.is_empty() { String::new() } else { format!("content: {{{media}: {{{schema}}}}}") };
    let document = format!(
        "
openapi: 3.1.0
info: {{title: Shop, version: '1'}}
paths:
  /items:
    post:
      security: [{{}}, {{token: []}}]
      parameters:
      - {{name: limit, in: query, schema: {{type: integer}}}}
      requestBody:
        required: true
        content: {{application/json: {{schema: {{type: object, required: [name], properties: {{price: {{type: number}}, name: {{type: string}}}}}}}}}}
      responses:
        '200': {{description: ok}}
        '{status}': {{description: wrong, {content}}}
  /secret:
    get:
      security: [{{token: []}}]
      responses:
        '200': {{description: ok}}
        '{status}': {{description: wrong, {content}}}
components:
  securitySchemes:
    token: {{type: http, scheme: bearer}}
"
    );
    Mock::new(contract("shop", &document, None), Rules::default(), Settings::repeatable(1))
}

/// The refusal of a request with three faults, which keeps the contract.
fn refused(mock: &Mock) -> Response {
    let headers = [("content-type", "application/json")];
    let sent = request("POST", "/items?limit=many", &headers, "{\"price\": \"dear\"}");
    let answer = mock.answer(sent, "/items");
    assert_eq!((answer.findings.len(), &answer.troubles[..]), (3, &[][..]), "{answer:?}");
    let operation = &mock.contract().operations()[0];
    let judged = check::answer(mock.contract(), operation, "POST", &answer.response, check::Options::default());
    assert_eq!(judged.findings, [], "{:?}", answer.response);
    answer.response
}

fn told(schema: &str) -> Value {
    let response = refused(&mock("422", "application/json", &format!("schema: {schema}")));
    assert_eq!(response.status, 422);
    serde_json::from_slice(&response.body).expect("JSON")
}

#[test]
fn a_message_says_what_is_wrong() {
    let body = told(
        "{type: object, required: [message, code], properties: {message: {type: string}, code: {type: integer}, success: {type: boolean}}}",
    );
    let message = body["message"].as_str().expect("a message");
    for part in ["`limit`", "`/price`", "`name`"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!((&body["code"], &body["success"]), (&json!(422), &json!(false)));
    let short = told("{type: object, required: [error], properties: {error: {type: string, maxLength: 40}}}");
    assert!(short["error"].as_str().is_some_and(|text| text.starts_with("the query parameter")), "{short}");
    let closed = told(
        "{type: object, required: [code, message], properties: {code: {enum: [INVALID]}, message: {type: string}}}",
    );
    assert_eq!(closed["code"], "INVALID");
}

#[test]
fn messages_stand_by_the_name_of_their_field() {
    let body = told(
        "{type: object, required: [message, errors], properties: {message: {type: string}, errors: {type: object, additionalProperties: {type: array, items: {type: string}}}}}",
    );
    let fields: Vec<&str> = body["errors"].as_object().expect("a map").keys().map(String::as_str).collect();
    assert_eq!(fields, ["limit", "name", "price"], "{body}");
    assert!(body["errors"]["price"][0].as_str().is_some_and(|text| text.contains("number")), "{body}");
    let nested = told(
        "{type: object, properties: {error: {type: object, properties: {code: {type: string}, fields: {type: object, additionalProperties: {type: string}}}}}}",
    );
    assert!(nested["error"]["fields"]["name"].is_string(), "{nested}");
}

#[test]
fn a_list_of_errors_has_an_entry_a_fault() {
    let body = told(
        "{type: object, required: [errors], properties: {errors: {type: array, items: {type: object, required: [status, title, detail, source], properties: {status: {type: string}, title: {type: string}, detail: {type: string}, source: {type: object, required: [pointer, parameter], properties: {pointer: {type: string}, parameter: {type: string}}}}}}}}",
    );
    let errors = body["errors"].as_array().expect("a list");
    assert_eq!(errors.len(), 3, "{body}");
    assert_eq!((&errors[0]["status"], &errors[0]["source"]["parameter"]), (&json!("422"), &json!("limit")), "{body}");
    assert_eq!(
        (&errors[1]["source"]["pointer"], &errors[2]["source"]["pointer"]),
        (&json!("/name"), &json!("/price")),
        "{body}"
    );
    let texts = told("{type: array, items: {type: string}, maxItems: 2}");
    assert!(
        (1..=2).contains(&texts.as_array().map_or(0, Vec::len))
            && texts[0].as_str().is_some_and(|text| text.contains("`limit`")),
        "{texts}"
    );
    let problem = told(
        "{type: object, required: [type, title, status, detail], properties: {type: {type: string, format: uri}, title: {type: string}, status: {type: integer}, detail: {type: string}, invalid-params: {type: array, items: {type: object, properties: {name: {type: string}, reason: {type: string}}}}}}",
    );
    assert_eq!((&problem["title"], &problem["status"]), (&json!("Unprocessable Entity"), &json!(422)), "{problem}");
    assert_eq!(problem["invalid-params"].as_array().map(Vec::len), Some(3), "{problem}");
}

#[test]
fn other_forms_say_it_too() {
    let text = refused(&mock("400", "text/plain", "schema: {type: string}"));
    assert!(text.status == 400 && String::from_utf8_lossy(&text.body).contains("`limit`"), "{text:?}");
    let xml = refused(&mock(
        "4XX",
        "application/xml",
        "schema: {type: object, xml: {name: fault}, required: [message], properties: {message: {type: string}}}",
    ));
    assert!(
        xml.status == 422
            && String::from_utf8_lossy(&xml.body).starts_with("<fault><message>the query parameter `limit`"),
        "{xml:?}"
    );
    let free = refused(&mock("default", "application/json", ""));
    let body: Value = serde_json::from_slice(&free.body).expect("JSON");
    assert_eq!((free.status, body["errors"].as_array().map(Vec::len)), (422, Some(3)), "{body}");
    let silent = refused(&mock("422", "", ""));
    assert_eq!((silent.status, silent.body.len()), (422, 0));
}

#[test]
fn the_documents_own_words_stay() {
    let example = "schema: {type: object, required: [message]}, example: {message: so not}";
    let response = refused(&mock("422", "application/json", example));
    assert_eq!(response.body, "{\"message\":\"so not\"}");
}

#[test]
fn what_is_told_differs_from_request_to_request() {
    let mock = mock(
        "422",
        "application/json",
        "schema: {type: object, required: [message], properties: {message: {type: string}}}",
    );
    let ask = |body: &str| {
        let headers = [("content-type", "application/json")];
        mock.answer(request("POST", "/items", &headers, body), "/items").response.body
    };
    assert_ne!(ask("{}"), ask("{\"name\": 1}"));
    assert_eq!(ask("{}"), ask("{}"));
}

#[test]
fn missing_credentials_are_a_401_or_403_that_says_how() {
    for (documented, status) in [("401", 401), ("403", 403), ("4XX", 401), ("default", 401), ("500", 401)] {
        let mock = mock(
            documented,
            "application/json",
            "schema: {type: object, required: [message], properties: {message: {type: string}}}",
        );
        let answer = mock.answer(request("GET", "/secret", &[], ""), "/secret");
        assert_eq!(answer.response.status, status, "{documented}");
        assert!(String::from_utf8_lossy(&answer.response.body).contains("Authorization"), "{answer:?}");
        let challenge = (status == 401).then_some("Bearer realm=\"Shop\"");
        assert_eq!(answer.response.headers.get("www-authenticate").as_deref(), challenge, "{documented}");
    }
}

#[test]
fn what_leads_nowhere_is_told_as_findings() {
    let mock = mock("422", "", "");
    for (method, path, status) in [("GET", "/nothing", 404), ("PATCH", "/items", 405)] {
        let answer = mock.answer(request(method, path, &[], ""), path);
        let body: Value = serde_json::from_slice(&answer.response.body).expect("JSON");
        assert_eq!((answer.response.status, answer.origin, answer.findings.len()), (status, Origin::Problem, 1));
        assert_eq!(body["errors"][0]["check"], "request-route");
        assert_eq!(answer.response.headers.contains("allow"), status == 405);
    }
}

#[test]
fn requests_may_be_reported_only_or_not_judged() {
    for (validation, findings) in [(Validation::Report, 3), (Validation::Off, 0)] {
        let contract = Arc::clone(mock("422", "", "").contract());
        let mock = Mock::new(contract, Rules::default(), Settings { validation, ..Settings::repeatable(1) });
        let sent =
            request("POST", "/items?limit=many", &[("content-type", "application/json")], "{\"price\": \"dear\"}");
        let answer = mock.answer(sent, "/items");
        assert_eq!((answer.response.status, answer.findings.len()), (200, findings));
    }
}

#[test]
fn a_client_certificate_is_no_excuse_where_none_can_be_shown() {
    let document = "
openapi: 3.1.0
info: {title: t, version: '1'}
components: {securitySchemes: {cert: {type: mutualTLS}, key: {type: apiKey, in: header, name: X-Key}}}
paths:
  /both: {get: {security: [{cert: []}, {key: []}], responses: {'200': {description: ok}}}}
  /only: {get: {security: [{cert: []}], responses: {'200': {description: ok}}}}
";
    let mock = Mock::new(contract("t", document, None), Rules::default(), Settings::repeatable(1));
    for (path, key, status) in [("/both", &[][..], 401), ("/both", &[("x-key", "k")], 200), ("/only", &[], 200)] {
        assert_eq!(mock.answer(request("GET", path, key, ""), path).response.status, status, "{path}");
    }
}

#[test]
fn a_page_that_tells_of_a_request_holds_none_of_its_markup() {
    for schema in ["schema: {type: string}", ""] {
        let mock = mock("422", "text/html", schema);
        let headers = [("content-type", "application/json")];
        let sent = request("POST", "/items?limit=%3Cscript%20src=//h/%3E%3C/script%3E", &headers, "{\"name\": \"a\"}");
        let response = mock.answer(sent, "/items").response;
        let body = String::from_utf8_lossy(&response.body);
        assert!(!body.contains('<') && body.contains("&lt;script"), "{schema}: {body}");
        let safe =
            ["x-content-type-options", "content-security-policy"].map(|name| response.headers.get(name).is_some());
        assert_eq!(safe, [true, true], "{schema}");
    }
}

/// Optional members are where many documents have what they say; they are there all the same.
#[test]
fn optional_members_say_what_is_wrong_too() {
    let listed = told(
        "{type: object, properties: {message: {type: string}, errors: {type: array, items: {type: object, properties: {field: {type: string}, message: {type: string}}}}}}",
    );
    let errors = listed["errors"].as_array().expect("a list");
    assert_eq!(errors.len(), 3, "{listed}");
    assert!(errors.iter().all(|error| error["field"].is_string() && error["message"].is_string()), "{listed}");
    assert!(errors.iter().any(|error| error["field"] == json!("limit")), "{listed}");
    let api = told(
        "{type: object, properties: {errors: {type: array, items: {type: object, properties: {status: {type: string}, detail: {type: string}, source: {type: object, properties: {pointer: {type: string}}}}}}}}",
    );
    let pointers: Vec<&Value> =
        api["errors"].as_array().expect("a list").iter().map(|error| &error["source"]["pointer"]).collect();
    assert!(pointers.contains(&&json!("/price")) && api["errors"][0]["detail"].is_string(), "{api}");
    let fast = told(
        "{type: object, properties: {detail: {type: array, items: {type: object, required: [loc, msg, type], properties: {loc: {type: array, items: {anyOf: [{type: string}, {type: integer}]}}, msg: {type: string}, type: {type: string}}}}}}",
    );
    let places: Vec<&Value> = fast["detail"].as_array().expect("a list").iter().map(|one| &one["loc"]).collect();
    assert!(places.contains(&&json!(["body", "price"])) && places.contains(&&json!(["query", "limit"])), "{fast}");
    let nested = told(
        "{type: object, properties: {error: {type: object, properties: {code: {type: string}, message: {type: string}, details: {type: array, items: {type: object, properties: {field: {type: string}, issue: {type: string}}}}}}}}",
    );
    let issues = nested["error"]["details"].as_array().expect("a list");
    assert!(
        issues
            .iter()
            .any(|one| one["field"] == json!("price")
                && one["issue"].as_str().is_some_and(|text| text.contains("price"))),
        "{nested}"
    );
    let free = told("{type: object}");
    assert!(free["message"].as_str().is_some_and(|text| text.contains("`limit`")), "{free}");
}

#[test]
fn a_header_says_what_is_wrong_where_an_example_does_not() {
    let response =
        refused(&mock("422", "application/json", "schema: {type: object}, example: {message: 'no such card ü'}"));
    assert_eq!(serde_json::from_slice::<Value>(&response.body).expect("JSON"), json!({"message": "no such card ü"}));
    let header = response.headers.get("countersign-findings").expect("a header");
    let told: Value = serde_json::from_str(&header).expect("JSON");
    assert_eq!(told.as_array().map(Vec::len), Some(3));
    assert!(header.is_ascii() && told.to_string().contains("/price"), "{header}");
}
