//! What a recording writes: matchers for what varies, captures for what flows, and what a second one teaches.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

#[path = "support/recording.rs"]
mod recording;
mod support;

use std::path::Path;

use recording::{Listening, Stock, call, shop};
use serde_json::{Value, json};
use support::{countersign, outcome};

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /login:
    post:
      operationId: login
      responses: { "200": { description: in, content: { application/json: {} } } }
  /items:
    get:
      operationId: listItems
      responses: { "200": { description: all, content: { application/json: {} } } }
    post:
      operationId: addItem
      responses:
        "201": { description: made, content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } }
  /items/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get:
      operationId: getItem
      responses:
        "200": { description: there, content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } }
        "404": { description: gone, content: { application/json: {} } }
    delete:
      operationId: deleteItem
      responses: { "204": { description: gone } }
components:
  schemas:
    Item:
      type: object
      required: [id, name]
      properties:
        id: { type: integer, readOnly: true }
        ref: { type: string, format: uuid }
        created: { type: string, format: date-time }
"##;

const FIRST: Stock = Stock { first: 11, state: "new", items: 0 };

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("shop.yaml"), DOCUMENT).expect("written");
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (String, i32) {
    let (stdout, stderr, code) = outcome(&countersign(folder, arguments).output().expect("it runs"));
    (format!("{stdout}{stderr}"), code)
}

/// Logs in, adds an item, lists, reads and removes it, and looks for it again.
fn use_shop(address: &str) {
    let (_, login) = call(address, "POST", "/login", "", &json!({"user": "ann", "password": "hunter2!!!"}));
    let token = login["access_token"].as_str().expect("a token").to_owned();
    let (status, item) = call(address, "POST", "/items", &token, &json!({"name": "chair"}));
    assert_eq!(status, 201);
    let target = format!("/items/{}", item["id"]);
    for (method, target, expected) in
        [("GET", "/items", 200), ("GET", &target, 200), ("DELETE", &target, 204), ("GET", &target, 404)]
    {
        assert_eq!(call(address, method, target, &token, &Value::Null).0, expected, "{method} {target}");
    }
}

/// Records the use of a shop; what is said at the end.
fn record(folder: &Path, address: &str, more: &[&str]) -> String {
    let upstream = format!("http://{address}");
    let mut arguments = vec!["record", "--upstream", &upstream, "-c", "./shop.yaml", "--out", "out"];
    arguments.extend(more);
    let recording = Listening::start(folder, &arguments);
    use_shop(&recording.address);
    recording.finish()
}

fn cases(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("out/shop.yaml")).expect("a file")
}

#[test]
fn a_recorded_flow_works_at_a_server_that_gives_other_ids() {
    let folder = project();
    let said = record(folder.path(), &shop(FIRST), &[]);
    assert!(said.contains("1 new case\n"), "{said}");
    let text = cases(folder.path());
    for part in [
        "name: login to get item, 6 steps",
        "capture: { access_token: $.access_token }",
        "auth: { bearer: \"{{ access_token }}\" }",
        "capture: { item_id: $.id }",
        "path: { id: \"{{ item_id }}\" }",
        "- id: \"{{ item_id }}\"",
        "$.id: integer  # captured as item_id",
        "$.ref: uuid  # format uuid, shop.yaml:",
        "$.created: date-time  # format date-time, shop.yaml:",
        "$.items[*].created: date-time  # looks like a date-time",
        "location: { matches: \"^/items/[^/?#]+$\" }",
    ] {
        assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part}\n{text}");
    }
    // Neither the token nor a variable for it: the server gives it out.
    assert!(!text.contains("tok_live_00") && !text.contains("TOKEN"), "{text}");
    // `stamp` is another number at each server, which nothing says.
    let other = format!("http://{}", shop(Stock { first: 1011, ..FIRST }));
    for target in ["recorded", &other] {
        let (said, code) = run(folder.path(), &["run", "out", "--target", target]);
        assert_eq!(code, 0, "{target}\n{said}");
    }
    let changed = format!("http://{}", shop(Stock { first: 2011, state: "draft", ..FIRST }));
    let (said, code) = run(folder.path(), &["run", "out", "--target", &changed]);
    assert!(code == 1 && said.contains("`/state` of the body is \"draft\", not \"new\" as recorded"), "{said}");
    let line = text.lines().position(|line| line.contains("state: new")).expect("a line") + 1;
    assert!(said.contains(&format!("out/shop.yaml:{line}:")), "{line}\n{said}");
}

#[test]
fn the_same_traffic_again_is_not_written_again() {
    let folder = project();
    record(folder.path(), &shop(FIRST), &[]);
    let before = cases(folder.path());
    let said = record(folder.path(), &shop(Stock { first: 1011, ..FIRST }), &[]);
    assert!(said.contains("0 new cases, 6 exchanges known already"), "{said}");
    assert_eq!(cases(folder.path()), before);
}

/// What both servers say differently although nothing says that it varies.
const SECOND: Stock = Stock { first: 1012, ..FIRST };

#[test]
fn a_second_recording_teaches_what_varies() {
    let folder = project();
    record(folder.path(), &shop(FIRST), &[]);
    let mine = cases(folder.path()).replace("            $.ref: uuid", "            # mine\n            $.ref: uuid");
    std::fs::write(folder.path().join("out/shop.yaml"), mine).expect("written");
    let second = format!("http://{}", shop(SECOND));
    let (said, code) = run(folder.path(), &["run", "out", "--target", &second]);
    assert!(code == 1 && said.contains("`/stamp` of the body is 36, not 33 as recorded"), "{said}");

    let said = record(folder.path(), &shop(SECOND), &["--again"]);
    assert!(said.contains("0 new cases") && said.contains("3 values differ, and are matched from now on"), "{said}");
    assert!(said.contains("out/shop.yaml › login to get item, 6 steps: $.items[*].stamp: integer"), "{said}");
    let text = cases(folder.path());
    assert_eq!(text.matches("stamp: integer  # differed between two recordings").count(), 3, "{text}");
    assert!(text.contains("# mine") && text.contains("$.created: date-time  # format date-time, shop.yaml:"), "{text}");
    let third = format!("http://{}", shop(Stock { first: 1014, ..FIRST }));
    for target in ["recorded", &third] {
        let (said, code) = run(folder.path(), &["run", "out", "--target", target]);
        assert_eq!(code, 0, "{target}\n{said}");
    }
    // What did not differ is expected as before.
    let changed = format!("http://{}", shop(Stock { state: "draft", ..SECOND }));
    assert_eq!(run(folder.path(), &["run", "out", "--target", &changed]).1, 1);
    // Once learnt, it is known.
    let said = record(folder.path(), &shop(Stock { first: 1013, ..FIRST }), &["--again"]);
    assert!(said.contains("nothing differs that is not matched already"), "{said}");
    assert_eq!(cases(folder.path()), text);
}

#[test]
fn two_recordings_are_compared() {
    let (folder, other) = (project(), project());
    record(folder.path(), &shop(FIRST), &[]);
    record(other.path(), &shop(SECOND), &[]);
    let path = other.path().join("out").display().to_string();
    let (said, code) = run(folder.path(), &["record", "--compare", &path, "-c", "./shop.yaml", "--out", "out"]);
    assert!(code == 0 && said.contains("3 values differ"), "{said}");
    let (said, code) = run(folder.path(), &["record", "--compare", &path, "-c", "./shop.yaml", "--out", "out"]);
    assert!(code == 0 && said.contains("nothing differs"), "{said}");
    let (said, code) = run(folder.path(), &["record", "--compare", "shop.yaml", "-c", "./shop.yaml", "--out", "out"]);
    assert!(code == 2 && said.contains("has no recorded cases of a contract that is known here"), "{said}");
}

#[test]
fn a_recorded_flow_is_replayed_as_a_mock() {
    let folder = project();
    record(folder.path(), &shop(FIRST), &[]);
    let mock = Listening::start(folder.path(), &["mock", "--replay", "out"]);
    use_shop(&mock.address);
    let miss = call(&mock.address, "GET", "/items/99", "any", &Value::Null);
    assert_eq!(miss.0, 404);
    assert!(miss.1["detail"].as_str().is_some_and(|detail| detail.contains("the path is `/items/99`")), "{}", miss.1);
    mock.finish();
}

#[test]
fn a_contract_is_inferred_from_recordings() {
    let folder = project();
    record(folder.path(), &shop(FIRST), &[]);
    std::fs::create_dir(folder.path().join("made")).expect("made");
    let (said, code) = run(folder.path(), &["infer", "out", "--out", "made/inferred.yaml"]);
    assert!(code == 0 && said.contains("inferred from 6 exchanges"), "{said}");
    let text = std::fs::read_to_string(folder.path().join("made/inferred.yaml")).expect("a document");
    assert!(text.contains("/items/{itemId}:") && !text.contains("tok_live_00"), "{text}");
    let overlay = ["infer", "out/shop.yaml", "--overlay-for", "shop.yaml", "--out", "made/shop.overlay.yaml"];
    let (said, code) = run(folder.path(), &overlay);
    assert_eq!(code, 0, "{said}");
    let text = std::fs::read_to_string(folder.path().join("made/shop.overlay.yaml")).expect("an overlay");
    assert!(text.contains("extends: \"../shop.yaml\"") && text.contains("property `stamp`"), "{text}");
    assert_eq!(run(folder.path(), &["infer", "shop.yaml"]).1, 2);
}
