use serde_json::json;

use super::*;

const DOCUMENT: &str = "openapi: 3.1.0
info: {title: t, version: '1'}
servers:
  - {url: /a, description: Dev}
  - {url: /b}
  - {url: /c, description: Dev}
  - {url: /d}
tags: [{name: x}]
paths:
  /a: {get: {operationId: a}}
  /b: {}
components:
  schemas:
    Pet: {required: [id], properties: {id: {type: string}}}
";

fn overlaid(actions: &str) -> Parts {
    let text = format!("overlay: 1.1.0\ninfo: {{title: t, version: '1'}}\nactions:\n{actions}");
    Parts { overlay: Some(Source::new("specs/test.overlay.yaml", text)), ..parts(DOCUMENT) }
}

fn apply(actions: &str) -> Contract {
    match Contract::load(overlaid(actions), &Alone) {
        Ok((contract, warnings)) => {
            assert!(warnings.is_empty(), "{warnings}");
            contract
        }
        Err(faults) => panic!("{faults}"),
    }
}

#[track_caller]
fn check_place(contract: &Contract, pointer: &str, expected: &str) {
    let (origin, place) = contract.place(&Pointer::parse(pointer).expect("a pointer"));
    assert_eq!(format!("{origin:?} {}:{}", place.file, place.line), expected, "{pointer}");
}

#[test]
fn updates_merge_and_keep_their_places() {
    let contract = apply(
        "  - target: $.components.schemas.Pet
    update:
      required:
        - name
        - age
      properties:
        id:
          pattern: ^a
        name: {type: string}
  - target: $.tags
    update: {name: y}
  - target: $.info.title
    update: u
",
    );
    let pet = &contract.value()["components"]["schemas"]["Pet"];
    assert_eq!(
        pet,
        &json!({"required": ["id", "name", "age"],
            "properties": {"id": {"type": "string", "pattern": "^a"}, "name": {"type": "string"}}})
    );
    assert_eq!(contract.value()["tags"], json!([{"name": "x"}, {"name": "y"}]));
    assert_eq!(contract.title(), "u");
    let pet = "/components/schemas/Pet";
    check_place(&contract, &format!("{pet}/required/0"), "Document specs/test.yaml:14");
    check_place(&contract, &format!("{pet}/required/1"), "Overlay specs/test.overlay.yaml:7");
    check_place(&contract, &format!("{pet}/required/2"), "Overlay specs/test.overlay.yaml:8");
    check_place(&contract, &format!("{pet}/properties/id/type"), "Document specs/test.yaml:14");
    check_place(&contract, &format!("{pet}/properties/id/pattern"), "Overlay specs/test.overlay.yaml:11");
    check_place(&contract, &format!("{pet}/properties/name/type"), "Overlay specs/test.overlay.yaml:12");
    check_place(&contract, "/tags/1/name", "Overlay specs/test.overlay.yaml:14");
    check_place(&contract, "/info/title", "Overlay specs/test.overlay.yaml:16");
    check_place(&contract, "/info/nothing/there", "Document specs/test.yaml:2");
}

#[test]
fn removals_move_what_follows_with_its_place() {
    let contract = apply(
        "  - {target: \"$.servers[?@.description == 'Dev']\", remove: true}\n  - {target: $.tags, remove: true}\n",
    );
    assert_eq!(contract.servers(), ["/b", "/d"]);
    assert!(contract.value().get("tags").is_none());
    check_place(&contract, "/servers/0/url", "Document specs/test.yaml:5");
    check_place(&contract, "/servers/1/url", "Document specs/test.yaml:7");
}

#[test]
fn copies_merge_what_stands_elsewhere() {
    let contract = apply("  - target: $.paths['/b']\n    copy: $.paths['/a']\n");
    assert_eq!(contract.value()["paths"]["/b"], json!({"get": {"operationId": "a"}}));
    check_place(&contract, "/paths/~1b/get/operationId", "Overlay specs/test.overlay.yaml:5");
}

#[test]
fn later_actions_see_what_earlier_ones_did() {
    let contract = apply(
        "  - {target: $.paths, update: {/c: {get: {}}}}\n  - {target: \"$.paths['/c'].get\", update: {operationId: c}}\n  - {target: \"$.paths['/c'].get.operationId\", update: d}\n",
    );
    assert!(contract.find("d").is_ok());
    check_place(&contract, "/paths/~1c/get/operationId", "Overlay specs/test.overlay.yaml:6");
}

#[test]
fn faults_stand_in_the_overlay() {
    for (actions, expected) in [
        (
            "  - {target: $.nothing, update: {}}\n",
            "target-without-match specs/test.overlay.yaml:4 `$.nothing` selects nothing in the document",
        ),
        ("  - {target: '$.[', update: {}}\n", "not-a-path specs/test.overlay.yaml:4"),
        (
            "  - {target: $.info, updat: {}}\n",
            "action-without-change specs/test.overlay.yaml:4 the action changes nothing",
        ),
        (
            "  - {target: $.info, update: x}\n",
            "update-does-not-fit specs/test.overlay.yaml:4 a mapping can only be updated with a mapping",
        ),
        (
            "  - {target: $.info, copy: '$.servers[*]'}\n",
            "copy-not-one specs/test.overlay.yaml:4 `copy` selects 4 values; it must select one",
        ),
        (
            "  - {target: $.info, update: {a: 1}, remov: false}\n",
            "unknown-key specs/test.overlay.yaml:4 unknown key `remov`",
        ),
        ("  - {update: {a: 1}}\n", "missing-key specs/test.overlay.yaml:4 `target` is missing"),
        (
            "  - {target: $.components.schemas.Pet, update: {$ref: '#/nothing'}}\n",
            "unresolved-reference specs/test.overlay.yaml:4 `$ref: #/nothing` leads nowhere",
        ),
    ] {
        let found = said(overlaid(actions), &[]);
        assert!(found.first().is_some_and(|first| first.starts_with(expected)), "{found:?}");
    }
    let mut other = overlaid("  - {target: $.info, update: {a: 1}}\n  \nextends: ./other.yaml\n");
    assert_eq!(
        said(other.clone(), &[]),
        [
            "extends-another specs/test.overlay.yaml:6 the overlay extends `./other.yaml`, but it is applied to `specs/test.yaml`"
        ]
    );
    other.overlay =
        Some(Source::new("specs/test.overlay.yaml", "overlay: 2.0.0\ninfo: {title: t, version: '1'}\nactions: []\n"));
    assert_eq!(
        said(other, &[]),
        ["unsupported-version specs/test.overlay.yaml:1 overlay version `2.0.0` is not supported"]
    );
}

#[test]
fn many_removals_from_one_list_stay_quick() {
    let items: Vec<Value> = (0..20_000).map(|n| json!({"name": n.to_string(), "gone": n % 2 == 0})).collect();
    let document = json!({"openapi": "3.1.0", "info": {}, "tags": items}).to_string();
    let text = "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions:\n  - {target: '$.tags[?@.gone == true]', remove: true}\n";
    let parts = Parts { overlay: Some(Source::new("o.yaml", text)), ..parts(&document) };
    let (contract, _) = Contract::load(parts, &Alone).expect("a contract");
    assert_eq!(contract.value()["tags"].as_array().map(Vec::len), Some(10_000));
    let (_, place) = contract.place(&Pointer::parse("/tags/9999/name").expect("a pointer"));
    assert_eq!(place.pointer.as_str(), "/tags/19999/name");
}
