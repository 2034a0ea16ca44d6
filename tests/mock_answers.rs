//! What the mock answers, as a client of `countersign mock` meets it.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files")]

#[path = "support/mock.rs"]
mod mock;
#[allow(dead_code, reason = "each test file uses a part of it")]
mod support;

use mock::start;

const DOCUMENT: &str = "\
openapi: 3.1.0
info: { title: Shop, version: '1' }
paths:
  /items:
    get:
      responses:
        '200':
          description: all
          content:
            application/json:
              schema: { type: array, minItems: 1, items: { type: object, required: [id], properties: { id: { type: integer } } } }
              example: [{ id: chair }]
";

#[test]
fn bad_examples_are_told_at_start_and_not_served() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("shop.yaml"), DOCUMENT).expect("written");
    let mut mock = start(folder.path(), &["shop.yaml"]);
    let told = mock.wait_for_error(|line| line.contains("breaks its own schema"));
    assert!(told.contains("shop.yaml:12:") && told.contains("must be an integer"), "{told}");
    let items = mock.ask("GET /items", &[], "").json();
    assert!(items[0]["id"].is_i64(), "{items}");
}

#[test]
fn requests_may_be_let_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = DOCUMENT.replace(
        "      responses:",
        "      parameters: [{ name: page, in: query, required: true, schema: { type: integer } }]\n      responses:",
    );
    std::fs::write(folder.path().join("shop.yaml"), text).expect("written");
    for (flag, status) in [(&[][..], 422), (&["--report-only"], 200), (&["--no-validate-request"], 200)] {
        let arguments: Vec<&str> = std::iter::once("shop.yaml").chain(flag.iter().copied()).collect();
        let mock = start(folder.path(), &arguments);
        assert_eq!(mock.ask("GET /items", &[], "").status, status, "{flag:?}");
    }
}
