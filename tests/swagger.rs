//! Swagger 2.0 documents through the library: exchanges are judged by them, and every finding says
//! where the text of the document, as it was written, says otherwise.

use std::time::Duration;

use countersign::check::{self, Options};
use countersign::contract::{Alone, Contract, Parts};
use countersign::exchange::{Exchange, Request, Response};
use countersign::source::Source;
use countersign::verdict::Finding;

const SHOP: &str = include_str!("support/shop-2.0.yaml");

fn shop() -> Contract {
    let document = Source::new("shop.yaml", SHOP);
    let parts = Parts { name: "shop".to_owned(), document, overlay: None, promises: None };
    Contract::load(parts, &Alone).expect("a contract").0
}

/// `check: the line of the document that was broken` of each finding.
fn lines(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| finding.contract_place.as_ref().map_or(0, |place| place.line);
    let text = |finding| SHOP.lines().nth(line(finding) - 1).unwrap_or_default().trim();
    findings.iter().map(|finding| format!("{}: {}", finding.check, text(finding))).collect()
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let credentials = [("Authorization", "Basic eDp5")];
    Request {
        method: method.to_owned(),
        url: format!("http://h{path}"),
        headers: headers.iter().chain(&credentials).copied().collect(),
        body: body.to_owned().into(),
    }
}

#[track_caller]
fn judges_request(request: &Request, expected: &[&str]) {
    let contract = shop();
    let judgement = check::request(&contract, request, request.path());
    assert_eq!(lines(&judgement.findings), expected, "{:?}", judgement.findings);
    assert_eq!(judgement.undecided, []);
}

#[test]
fn requests_are_judged() {
    let get = |path: &str| request("GET", path, &[], "");
    judges_request(&get("/pets/1?tags=a%7Cb&many=1&many=2&limit=10"), &[]);
    judges_request(&get("/pets/1?limit=11"), &["request-parameters: maximum: 10"]);
    let tags = "- {name: tags, in: query, type: array, items: {type: string, enum: [a, b]}, collectionFormat: pipes}";
    judges_request(&get("/pets/1?tags=a%7Cc"), &[&format!("request-parameters: {tags}")]);
    let id = "id: {name: id, in: path, required: true, type: integer}";
    judges_request(&get("/pets/x"), &[&format!("request-parameters: {id}")]);
    let put = |body: &str| request("PUT", "/pets/1", &[("Content-Type", "application/json")], body);
    judges_request(&put(r#"{"id": 1, "name": null}"#), &[]);
    judges_request(&put(r#"{"id": 1}"#), &["request-body: required: [id, name]"]);
    judges_request(&put(r#"{"id": "1", "name": "x"}"#), &["request-body: type: integer"]);
    let form = |note: &str| {
        let part = |rest: &str, text: &str| format!("--b\r\nContent-Disposition: form-data; {rest}\r\n\r\n{text}\r\n");
        let body = format!("{}{}--b--\r\n", part("name=file; filename=x", "data"), part("name=note", note));
        request("POST", "/upload", &[("Content-Type", "multipart/form-data; boundary=b")], &body)
    };
    judges_request(&form("abc"), &[]);
    judges_request(&form("abcd"), &["request-body: maxLength: 3"]);
    let unproven = Request { headers: countersign::exchange::Headers::new(), ..get("/pets/1") };
    assert_eq!(check::request(&shop(), &unproven, "/pets/1").findings.len(), 1);
}

#[test]
fn responses_are_judged() {
    let contract = shop();
    let judge = |status: u16, headers: &[(&str, &str)], body: &str, expected: &[&str]| {
        let response = Response { status, headers: headers.iter().copied().collect(), body: body.to_owned().into() };
        let exchange = Exchange { request: request("GET", "/pets/1", &[], ""), response, elapsed: Duration::ZERO };
        let operation = contract.find("get-pet").expect("the operation");
        let judgement = check::response(&contract, operation, &exchange, Options::default());
        assert_eq!(lines(&judgement.findings), expected, "{:?}", judgement.findings);
        assert_eq!(judgement.undecided, []);
    };
    let json = ("Content-Type", "application/json");
    judge(200, &[json], r#"{"id": 1, "name": "Rex", "owner": null}"#, &[]);
    judge(200, &[json], r#"{"id": 1}"#, &["response-body: required: [id, name]"]);
    judge(200, &[json, ("X-Limit", "x")], r#"{"id": 1, "name": "Rex"}"#, &["response-headers: type: integer"]);
    let owner = "name: {type: string, x-nullable: true}";
    judge(200, &[json], r#"{"id": 1, "name": "Rex", "owner": 3}"#, &[&format!("response-body: {owner}")]);
    let missing = "schema: {type: object, required: [title]}";
    judge(404, &[json], "{}", &[&format!("response-body: {missing}")]);
    judge(200, &[json], r#"{"id": 1, "name": "Rex", "title": {}}"#, &[&format!("response-body: {missing}")]);
    judge(500, &[], "", &["response-status: responses:"]);
    judge(200, &[("Content-Type", "image/png")], "x", &["response-content-type: 200:"]);
}
