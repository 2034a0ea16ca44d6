//! Recognition over shapes, and what is made, read, listed, changed and deleted through a mock.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::tests::{contract, request};
use super::super::{Answer, Mock, Origin, Rules, Settings};
use super::{Bounds, Disk, Stateful};
use crate::check;
use crate::contract::Contract;
use crate::source::Source;

const SHOP: &str = include_str!("tests/shop.yaml");

fn stateful(contract: &Arc<Contract>) -> Stateful {
    Stateful::of(contract, &Settings::repeatable(1))
}

static CONTRACT: LazyLock<Arc<Contract>> = LazyLock::new(|| contract("shop", SHOP, None));

fn shop() -> Mock {
    let contract = Arc::clone(&CONTRACT);
    let state = stateful(&contract);
    Mock::new(contract, Rules::default(), Settings::repeatable(1)).remembering(state)
}

/// Asks, and sees to it that the answer keeps the contract and comes out of the state.
fn ask(mock: &Mock, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let media = if method == "PATCH" && body.is_array() { "application/json-patch+json" } else { "application/json" };
    let headers = if body.is_null() { vec![] } else { vec![("Content-Type", media)] };
    let answer = asked(mock, method, path, &headers, body);
    (answer.response.status, serde_json::from_slice(&answer.response.body).unwrap_or(Value::Null))
}

fn asked(mock: &Mock, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let below = path.split('?').next().expect("a path");
    let answer = mock.answer(request(method, path, headers, &text), below);
    assert!(answer.troubles.is_empty(), "{method} {path}: {:?}", answer.troubles);
    if answer.origin == Origin::State {
        let operation = mock.contract().find(answer.operation.as_deref().expect("an operation")).expect("known");
        let judged = check::answer(mock.contract(), operation, method, &answer.response, check::Options::default());
        assert!(judged.findings.is_empty(), "{method} {path}: {:?} {:?}", answer.response, judged.findings);
    }
    answer
}

fn get(mock: &Mock, path: &str) -> (u16, Value) {
    ask(mock, "GET", path, &Value::Null)
}

#[test]
fn what_is_recognised_is_told() {
    let contract = Arc::clone(&CONTRACT);
    assert_eq!(
        stateful(&contract).collections(),
        [
            "/pets, /pets/{petId} (list, create, read, replace, patch, delete; id `id`)",
            "/pets/{id}/visits, /pets/{petId}/visits/{visitId} (list, create, read, delete; id `visit_id`)",
            "/tags, /tags/{slug} (list, read, replace, delete; id `slug`)",
            "/orders.json, /orders/{sid}.json (list, create, read, patch; id `sid`)",
        ]
    );
}

#[test]
fn what_is_made_is_read_changed_and_gone() {
    let mock = shop();
    assert_eq!(get(&mock, "/pets"), (200, json!({"data": [], "meta": {"total": 0, "page": 1, "pages": 0}})));
    assert_eq!(get(&mock, "/pets/1").0, 404);
    let answer = asked(
        &mock,
        "POST",
        "/pets",
        &[("Content-Type", "application/json")],
        &json!({"name": "Rex", "id": 77, "secret": "x"}),
    );
    assert_eq!(answer.response.headers.get("location").as_deref(), Some("/pets/1"));
    let made: Value = serde_json::from_slice(&answer.response.body).expect("JSON");
    let made = &made["data"];
    // The id is the server's to say, the secret is never shown, the default holds, the times are set.
    assert_eq!((&made["id"], &made["name"], &made["status"]), (&json!(1), &json!("Rex"), &json!("available")));
    assert!(made.get("secret").is_none(), "{made}");
    assert_eq!(made["created_at"], made["updated_at"]);
    assert_eq!(get(&mock, "/pets/1"), (200, json!({"data": made})));
    assert_eq!(get(&mock, "/pets").1["data"], json!([made]));

    let (status, replaced) = ask(&mock, "PUT", "/pets/1", &json!({"name": "Max", "status": "sold"}));
    assert_eq!((status, &replaced["data"]["name"], &replaced["data"]["id"]), (200, &json!("Max"), &json!(1)));
    assert_eq!(replaced["data"]["created_at"], made["created_at"]);
    let (status, patched) = ask(&mock, "PATCH", "/pets/1", &json!({"note": "soft"}));
    assert_eq!((status, &patched["data"]["note"], &patched["data"]["name"]), (200, &json!("soft"), &json!("Max")));
    let (_, patched) = ask(&mock, "PATCH", "/pets/1", &json!({"note": null}));
    assert!(patched["data"].get("note").is_none(), "{patched}");
    let operations = json!([{"op": "replace", "path": "/name", "value": "Leo"}]);
    assert_eq!(ask(&mock, "PATCH", "/pets/1", &operations).1["data"]["name"], json!("Leo"));
    let failing = json!([{"op": "test", "path": "/name", "value": "Nobody"}]);
    assert_eq!(ask(&mock, "PATCH", "/pets/1", &failing).0, 409);
    let breaking = json!([{"op": "remove", "path": "/name"}]);
    assert!(matches!(ask(&mock, "PATCH", "/pets/1", &breaking).0, 400 | 422));
    assert_eq!(get(&mock, "/pets/1").1["data"]["name"], json!("Leo"));

    assert_eq!(ask(&mock, "DELETE", "/pets/1", &Value::Null), (204, Value::Null));
    let (status, error) = get(&mock, "/pets/1");
    assert_eq!((status, error.get("message").is_some()), (404, true), "{error}");
    assert_eq!(ask(&mock, "DELETE", "/pets/1", &Value::Null).0, 404);
    // An id is never used twice.
    assert_eq!(ask(&mock, "POST", "/pets", &json!({"name": "Rex"})).1["data"]["id"], json!(2));
}

#[test]
fn lists_are_filtered_ordered_and_cut() {
    let mock = shop();
    for at in 0..7 {
        let status = if at % 2 == 0 { "available" } else { "sold" };
        ask(&mock, "POST", "/pets", &json!({"name": format!("p{at}"), "status": status}));
    }
    let names = |path: &str| {
        let (status, body) = get(&mock, path);
        assert_eq!(status, 200, "{path}: {body}");
        let names: Vec<String> = body["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|pet| pet["name"].as_str().expect("text").into())
            .collect();
        (names.join(" "), body["meta"].clone())
    };
    assert_eq!(names("/pets?per_page=3"), ("p0 p1 p2".into(), json!({"total": 7, "page": 1, "pages": 3})));
    assert_eq!(names("/pets?per_page=3&page=3"), ("p6".into(), json!({"total": 7, "page": 3, "pages": 3})));
    assert_eq!(names("/pets?per_page=3&page=9").0, "");
    assert_eq!(names("/pets?status=sold"), ("p1 p3 p5".into(), json!({"total": 3, "page": 1, "pages": 1})));
    assert_eq!(names("/pets?sort=-name&per_page=2").0, "p6 p5");
}

#[test]
fn nested_collections_belong_to_their_parents() {
    let mock = shop();
    let visit = json!({"reason": "checkup"});
    // The document has a 404 for a pet that is not there.
    assert_eq!(ask(&mock, "POST", "/pets/1/visits", &visit).0, 404);
    ask(&mock, "POST", "/pets", &json!({"name": "Rex"}));
    ask(&mock, "POST", "/pets", &json!({"name": "Max"}));
    let (status, made) = ask(&mock, "POST", "/pets/1/visits", &visit);
    assert_eq!((status, &made["pet_id"], &made["reason"]), (201, &json!(1), &json!("checkup")));
    let id = made["visit_id"].as_str().expect("an id");
    assert_eq!(get(&mock, &format!("/pets/1/visits/{id}")), (200, made.clone()));
    assert_eq!(get(&mock, &format!("/pets/2/visits/{id}")).0, 404);
    assert_eq!(get(&mock, "/pets/1/visits"), (200, json!({"items": [made], "next": null})));
    // Visits go with their pet.
    ask(&mock, "DELETE", "/pets/1", &Value::Null);
    assert_eq!(get(&mock, "/pets/1/visits").0, 404);
    assert_eq!(mock.stateful().expect("remembers").snapshot(None)["/pets/1/visits"], Value::Null);
}

#[test]
fn cursors_lead_through_a_list_while_it_changes() {
    let mock = shop();
    ask(&mock, "POST", "/pets", &json!({"name": "Rex"}));
    for at in 0..5 {
        ask(&mock, "POST", "/pets/1/visits", &json!({"reason": format!("r{at}")}));
    }
    let (mut seen, mut path) = (Vec::new(), "/pets/1/visits?limit=2".to_owned());
    loop {
        let (_, body) = get(&mock, &path);
        let items = body["items"].as_array().expect("a list").clone();
        for item in &items {
            seen.push(item["reason"].as_str().expect("text").to_owned());
            let id = item["visit_id"].as_str().expect("text");
            assert_eq!(ask(&mock, "DELETE", &format!("/pets/1/visits/{id}"), &Value::Null).0, 204);
        }
        match body["next"].as_str() {
            Some(cursor) => path = format!("/pets/1/visits?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["r0", "r1", "r2", "r3", "r4"]);
}

#[test]
fn put_makes_where_nothing_else_does() {
    let mock = shop();
    assert_eq!(ask(&mock, "PUT", "/tags/red", &json!({"label": "Red"})), (200, json!({"slug": "red", "label": "Red"})));
    assert_eq!(get(&mock, "/tags"), (200, json!([{"slug": "red", "label": "Red"}])));
    assert_eq!(ask(&mock, "DELETE", "/tags/red", &Value::Null), (200, json!({"deleted": true, "slug": "red"})));
    // The document has no 404 here: problem details.
    let answer = asked(&mock, "GET", "/tags/red", &[], &Value::Null);
    assert_eq!((answer.response.status, answer.origin), (404, Origin::Problem));
}

#[test]
fn forms_make_items_under_the_names_of_answers() {
    let mock = shop();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let text = request("POST", "/orders.json", &form, "FriendlyName=first&Quantity=3");
    let answer = mock.answer(text, "/orders.json");
    assert_eq!(answer.response.status, 201, "{answer:?}");
    let made: Value = serde_json::from_slice(&answer.response.body).expect("JSON");
    assert_eq!((&made["friendly_name"], &made["quantity"]), (&json!("first"), &json!(3)));
    let sid = made["sid"].as_str().expect("an id");
    assert!(sid.starts_with("OR") && sid.len() == 10, "{sid}");
    let changed = mock
        .answer(request("POST", &format!("/orders/{sid}.json"), &form, "Quantity=4"), &format!("/orders/{sid}.json"));
    let changed: Value = serde_json::from_slice(&changed.response.body).expect("JSON");
    assert_eq!((&changed["friendly_name"], &changed["quantity"]), (&json!("first"), &json!(4)));
    assert_eq!(get(&mock, "/orders.json").1["orders"], json!([changed]));
}

#[test]
fn wishes_rules_and_wrong_requests_come_first() {
    let mock = shop();
    let answer = asked(&mock, "GET", "/pets/1", &[("Prefer", "code=200")], &Value::Null);
    assert_eq!((answer.response.status, answer.origin), (200, Origin::Document));
    assert!(matches!(ask(&mock, "POST", "/pets", &json!({"name": 7})).0, 400 | 422));
    assert_eq!(get(&mock, "/pets").1["meta"]["total"], json!(0));
    let contract = Arc::clone(&CONTRACT);
    let text = "contract: shop\nrules:\n- name: fixed\n  operation: get-pet\n  when: request.path_params.petId == '9'\n  respond: {status: 200, body: {data: {id: 9, name: Nine, status: sold, created_at: '2025-01-01T00:00:00Z', updated_at: '2025-01-01T00:00:00Z'}}}\n";
    let (rules, _) = Rules::read(&Source::new("a.yaml", text), &contract).unwrap_or_else(|faults| panic!("{faults}"));
    let state = stateful(&contract);
    let mock = Mock::new(contract, rules, Settings::repeatable(1)).remembering(state);
    assert_eq!(get(&mock, "/pets/9").1["data"]["name"], json!("Nine"));
    assert_eq!(get(&mock, "/pets/8").0, 404);
}

#[test]
fn clients_do_not_see_one_another() {
    let contract = Arc::clone(&CONTRACT);
    let state = stateful(&contract).per("X-Client").bounded(Bounds { clients: 4, ..Bounds::default() });
    let mock = Mock::new(contract, Rules::default(), Settings::repeatable(1)).remembering(state);
    let total = |client: &str| {
        let answer = asked(&mock, "GET", "/pets", &[("X-Client", client)], &Value::Null);
        serde_json::from_slice::<Value>(&answer.response.body).expect("JSON")["meta"]["total"].clone()
    };
    asked(&mock, "POST", "/pets", &[("X-Client", "a"), ("Content-Type", "application/json")], &json!({"name": "Rex"}));
    assert_eq!((total("a"), total("b")), (json!(1), json!(0)));
    for at in 0..50 {
        assert_eq!(total(&at.to_string()), json!(0));
    }
    let size = mock.stateful().expect("remembers").size();
    assert!(size["clients"].as_u64() <= Some(4) && size["items"] == json!(0), "{size}");
    asked(&mock, "POST", "/pets", &[("X-Client", "a"), ("Content-Type", "application/json")], &json!({"name": "Rex"}));
    mock.reset();
    assert_eq!(total("a"), json!(0));
}

#[test]
fn what_is_remembered_is_bounded() {
    let contract = Arc::clone(&CONTRACT);
    let state = stateful(&contract).bounded(Bounds { items: 10, bytes: 1_500, clients: 2 });
    let mock = Mock::new(contract, Rules::default(), Settings::repeatable(1)).remembering(state);
    let statuses: Vec<u16> = (0..12).map(|_| ask(&mock, "POST", "/pets", &json!({"name": "Rex"})).0).collect();
    assert!(statuses.starts_with(&[201; 5]) && statuses.ends_with(&[507; 2]), "{statuses:?}");
    assert!(matches!(ask(&mock, "PUT", "/pets/1", &json!({"name": "x".repeat(2_000)})).0, 507));
    // What is deleted makes room.
    for id in 1..5 {
        assert_eq!(ask(&mock, "DELETE", &format!("/pets/{id}"), &Value::Null).0, 204);
    }
    assert_eq!(ask(&mock, "POST", "/pets", &json!({"name": "Rex"})).0, 201);
}

#[test]
fn seeds_are_there_from_the_start_and_after_a_reset() {
    let contract = Arc::clone(&CONTRACT);
    let seeds = Source::new(
        "seeds.yaml",
        "/pets:\n- {id: 5, name: Rex, status: sold}\n- name: Max\n/pets/5/visits:\n- reason: checkup\n",
    );
    let state = stateful(&contract).seeded(&seeds, &[]).unwrap_or_else(|faults| panic!("{faults}"));
    let mock = Mock::new(contract, Rules::default(), Settings::repeatable(1)).remembering(state);
    for _ in 0..2 {
        assert_eq!(get(&mock, "/pets/5").1["data"]["name"], json!("Rex"));
        assert_eq!(get(&mock, "/pets/6").1["data"]["name"], json!("Max"));
        assert_eq!(get(&mock, "/pets/5/visits").1["items"][0]["reason"], json!("checkup"));
        ask(&mock, "DELETE", "/pets/5", &Value::Null);
        assert_eq!(get(&mock, "/pets/5").0, 404);
        mock.reset();
    }
}

#[test]
fn bad_seeds_are_refused_with_their_places() {
    let contract = Arc::clone(&CONTRACT);
    let text = "/pets:\n- {id: 5, name: 7}\n- {id: 6, name: a}\n- {id: 6, name: b}\n- x\n/pet: []\n/pets/1/visits: [{reason: []}]\n";
    let faults = stateful(&contract).seeded(&Source::new("seeds.yaml", text), &[]).expect_err("bad seeds");
    let told = faults.to_string();
    for part in ["seeds.yaml:2:17", "repeated-item", "seeds.yaml:5:", "did you mean `/pets`?", "seeds.yaml:7:"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_file_keeps_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.redb");
    let open = |seeds: Option<&str>| {
        let contract = Arc::clone(&CONTRACT);
        let mut state = stateful(&contract);
        if let Some(text) = seeds {
            state = state.seeded(&Source::new("seeds.yaml", text), &[]).unwrap_or_else(|faults| panic!("{faults}"));
        }
        let state = state.kept(Arc::new(Disk::open(&path).expect("opened"))).expect("kept");
        Mock::new(contract, Rules::default(), Settings::repeatable(1)).remembering(state)
    };
    let mock = open(Some("/pets: [{id: 3, name: Seed}, {id: 4, name: Other}]"));
    assert_eq!(ask(&mock, "POST", "/pets", &json!({"name": "Rex"})).1["data"]["id"], json!(5));
    assert_eq!(ask(&mock, "DELETE", "/pets/4", &Value::Null).0, 204);
    assert!(Disk::open(&path).expect_err("open already").contains("another process"));
    drop(mock);
    let mock = open(None);
    let names = |mock: &Mock| {
        let list = get(mock, "/pets").1["data"].clone();
        let names: Vec<&str> = list.as_array().expect("a list").iter().filter_map(|pet| pet["name"].as_str()).collect();
        names.join(" ")
    };
    assert_eq!(names(&mock), "Seed Rex");
    ask(&mock, "DELETE", "/pets/5", &Value::Null);
    drop(mock);
    let mock = open(Some("/pets: [{id: 9, name: Later}]"));
    assert_eq!(names(&mock), "Seed");
    assert_eq!(ask(&mock, "POST", "/pets", &json!({"name": "Rex"})).1["data"]["id"], json!(6));
    mock.reset();
    drop(mock);
    assert_eq!(names(&open(None)), "Seed Other");
}

#[derive(Clone, Debug)]
enum Step {
    Create(String),
    Replace(u64, String),
    Patch(u64, Option<String>),
    Delete(u64),
    Read(u64),
    Page(u64, u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let id = || 1..8_u64;
    let text = || "[a-z]{1,5}";
    let step = prop_oneof![
        3 => text().prop_map(Step::Create),
        1 => (id(), text()).prop_map(|(id, name)| Step::Replace(id, name)),
        2 => (id(), proptest::option::of(text())).prop_map(|(id, note)| Step::Patch(id, note)),
        2 => id().prop_map(Step::Delete),
        2 => id().prop_map(Step::Read),
        1 => (1..4_u64, 1..4_u64).prop_map(|(page, size)| Step::Page(page, size)),
    ];
    proptest::collection::vec(step, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_behaves_like_a_map(steps in steps()) {
        let mock = shop();
        let mut model: BTreeMap<u64, (String, Option<String>)> = BTreeMap::new();
        let mut next = 1;
        let found = |known: bool, ok: u16| if known { ok } else { 404 };
        for step in steps {
            match step {
                Step::Create(name) => {
                    let (status, body) = ask(&mock, "POST", "/pets", &json!({"name": name}));
                    prop_assert_eq!((status, &body["data"]["id"]), (201, &json!(next)));
                    model.insert(next, (name, None));
                    next += 1;
                }
                Step::Replace(id, name) => {
                    let (status, _) = ask(&mock, "PUT", &format!("/pets/{id}"), &json!({"name": name}));
                    prop_assert_eq!(status, found(model.contains_key(&id), 200));
                    model.entry(id).and_modify(|item| *item = (name, None));
                }
                Step::Patch(id, note) => {
                    let (status, _) = ask(&mock, "PATCH", &format!("/pets/{id}"), &json!({"note": note}));
                    prop_assert_eq!(status, found(model.contains_key(&id), 200));
                    model.entry(id).and_modify(|item| item.1 = note);
                }
                Step::Delete(id) => {
                    let (status, _) = ask(&mock, "DELETE", &format!("/pets/{id}"), &Value::Null);
                    prop_assert_eq!(status, found(model.remove(&id).is_some(), 204));
                }
                Step::Read(id) => {
                    let (status, body) = get(&mock, &format!("/pets/{id}"));
                    prop_assert_eq!(status, found(model.contains_key(&id), 200));
                    if let Some((name, note)) = model.get(&id) {
                        prop_assert_eq!(body["data"]["name"].as_str(), Some(name.as_str()));
                        prop_assert_eq!(body["data"]["note"].as_str(), note.as_deref());
                    }
                }
                Step::Page(page, size) => {
                    let (_, body) = get(&mock, &format!("/pets?page={page}&per_page={size}"));
                    let ids: Vec<u64> = body["data"].as_array().expect("a list").iter().filter_map(|pet| pet["id"].as_u64()).collect();
                    let skip = usize::try_from((page - 1) * size).expect("small");
                    let expected: Vec<u64> = model.keys().skip(skip).take(usize::try_from(size).expect("small")).copied().collect();
                    prop_assert_eq!(ids, expected);
                    prop_assert_eq!(&body["meta"]["total"], &json!(model.len()));
                }
            }
        }
    }
}

fn mock_of(document: &str) -> Mock {
    let contract = contract("t", document, None);
    let state = stateful(&contract);
    Mock::new(contract, Rules::default(), Settings::repeatable(1)).remembering(state)
}

/// `/repos/{owner}/repos/{repo}`: the path's `repo` is the repository's `name`.
#[test]
fn items_without_an_id_are_known_by_their_name() {
    let mock = mock_of(
        "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /owners/{owner}/repos:
    parameters: [{name: owner, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: o, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/R'}}}}}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/R'}}}}
      responses: {'201': {description: o, content: {application/json: {schema: {$ref: '#/components/schemas/R'}}}}}
  /owners/{owner}/repos/{repo}:
    parameters: [{name: owner, in: path, required: true, schema: {type: string}}, {name: repo, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: o, content: {application/json: {schema: {$ref: '#/components/schemas/R'}}}}, '404': {description: n}}}
components: {schemas: {R: {type: object, required: [name], properties: {name: {type: string}, desc: {type: string}}}}}
",
    );
    assert_eq!(ask(&mock, "POST", "/owners/me/repos", &json!({"name": "r1", "desc": "x"})).0, 201);
    assert_eq!(get(&mock, "/owners/me/repos/r1"), (200, json!({"name": "r1", "desc": "x"})));
    assert_eq!(get(&mock, "/owners/me/repos/r2").0, 404);
}

/// An item that holds something like itself is the item.
#[test]
fn what_is_answered_is_the_item_and_not_one_within_it() {
    let mock = mock_of(
        "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /customers:
    get: {responses: {'200': {description: o, content: {application/json: {schema: {type: object, properties: {data: {type: array, items: {$ref: '#/components/schemas/customer'}}}}}}}}}
    post:
      requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
      responses: {'200': {description: o, content: {application/json: {schema: {$ref: '#/components/schemas/customer'}}}}}
  /customers/{customer}:
    parameters: [{name: customer, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: o, content: {application/json: {schema: {anyOf: [{$ref: '#/components/schemas/customer'}, {$ref: '#/components/schemas/gone'}]}}}}}}
components:
  schemas:
    customer: {type: object, required: [id], properties: {id: {type: string}, name: {type: string}, source: {type: object, properties: {customer: {$ref: '#/components/schemas/customer'}}}}}
    gone: {type: object, required: [id, deleted], properties: {id: {type: string}, deleted: {const: true}}}
",
    );
    let (status, made) = ask(&mock, "POST", "/customers", &json!({"name": "Ann"}));
    assert_eq!((status, &made["name"]), (200, &json!("Ann")), "{made}");
    let id = made["id"].as_str().expect("an id");
    assert_eq!(get(&mock, &format!("/customers/{id}")).1["name"], json!("Ann"));
}

/// What is said about a page in the ways of Spring, Django REST and JSON:API.
#[test]
fn pages_are_told_in_the_forms_that_there_are() {
    let with = |parameters: &str, page: &str| {
        mock_of(&format!(
            "
openapi: 3.1.0
info: {{title: t, version: '1'}}
paths:
  /items:
    get:
      parameters: [{parameters}]
      responses: {{'200': {{description: o, content: {{application/json: {{schema: {{type: object, required: [data], properties: {{data: {{type: array, items: {{$ref: '#/components/schemas/I'}}}}, {page}}}}}}}}}}}}}
    post:
      requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/I'}}}}}}}}
      responses: {{'201': {{description: o, content: {{application/json: {{schema: {{$ref: '#/components/schemas/I'}}}}}}}}}}
  /items/{{id}}:
    parameters: [{{name: id, in: path, required: true, schema: {{type: integer}}}}]
    get: {{responses: {{'200': {{description: o, content: {{application/json: {{schema: {{$ref: '#/components/schemas/I'}}}}}}}}}}}}
components: {{schemas: {{I: {{type: object, required: [id], properties: {{id: {{type: integer, readOnly: true}}}}}}}}}}
"
        ))
    };
    let filled = |mock: Mock| {
        for _ in 0..3 {
            assert_eq!(ask(&mock, "POST", "/items", &json!({})).0, 201);
        }
        mock
    };
    let spring = filled(with(
        "{name: page, in: query, schema: {type: integer, default: 0}}, {name: size, in: query, schema: {type: integer, default: 2}}",
        "page: {type: object, properties: {size: {type: integer}, totalElements: {type: integer}, totalPages: {type: integer}, number: {type: integer}}}",
    ));
    let page = get(&spring, "/items?page=1").1["page"].clone();
    assert_eq!(page, json!({"size": 2, "totalElements": 3, "totalPages": 2, "number": 1}));
    let django = filled(with(
        "{name: limit, in: query, schema: {type: integer, default: 2}}, {name: offset, in: query, schema: {type: integer}}",
        "count: {type: integer}, next: {type: [string, 'null']}, previous: {type: [string, 'null']}",
    ));
    let first = get(&django, "/items?limit=2").1;
    assert_eq!(
        (&first["next"], &first["previous"]),
        (&json!("http://mock/items?limit=2&offset=2"), &Value::Null),
        "{first}"
    );
    let api = filled(with(
        "{name: 'page[number]', in: query, schema: {type: integer}}, {name: 'page[size]', in: query, schema: {type: integer, default: 2}}",
        "links: {type: object, properties: {self: {type: string}, next: {type: string}}}",
    ));
    let links = get(&api, "/items").1["links"].clone();
    assert_eq!(links["self"], json!("http://mock/items"));
    assert!(links["next"].as_str().is_some_and(|next| next.ends_with("page%5Bnumber%5D=2")), "{links}");
}

/// `{PayRunCalendarID}` is the item's `payrollCalendarID`.
#[test]
fn an_id_may_be_named_a_little_differently() {
    let mock = mock_of(
        "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /PayRunCalendars:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/C'}}}}
      responses: {'200': {description: o, content: {application/json: {schema: {type: object, properties: {payRunCalendar: {$ref: '#/components/schemas/C'}}}}}}}
  /PayRunCalendars/{PayRunCalendarID}:
    parameters: [{name: PayRunCalendarID, in: path, required: true, schema: {type: string, format: uuid}}]
    get: {responses: {'200': {description: o, content: {application/json: {schema: {type: object, properties: {payRunCalendar: {$ref: '#/components/schemas/C'}}}}}}}}
components: {schemas: {C: {type: object, required: [label], properties: {payrollCalendarID: {type: string, format: uuid}, customerID: {type: string}, label: {type: string}}}}}
",
    );
    let (_, made) = ask(&mock, "POST", "/PayRunCalendars", &json!({"label": "Monthly"}));
    let id = made["payRunCalendar"]["payrollCalendarID"].as_str().unwrap_or_else(|| panic!("{made}"));
    assert_eq!(get(&mock, &format!("/PayRunCalendars/{id}")).1, made);
}

#[test]
fn odd_pages_are_empty() {
    let mock = mock_of(
        "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /items:
    get:
      parameters: [{name: page, in: query, schema: {type: integer}}, {name: per_page, in: query, schema: {type: integer}}]
      responses: {'200': {description: o, content: {application/json: {schema: {type: object, properties: {data: {type: array, items: {$ref: '#/components/schemas/I'}}, total: {type: integer}, per_page: {type: integer}, pages: {type: integer}, has_more: {type: boolean}}}}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/I'}}}}
      responses: {'201': {description: o, content: {application/json: {schema: {$ref: '#/components/schemas/I'}}}}}
  /items/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {responses: {'200': {description: o, content: {application/json: {schema: {$ref: '#/components/schemas/I'}}}}}}
components: {schemas: {I: {type: object, properties: {id: {type: integer, readOnly: true}}}}}
",
    );
    ask(&mock, "POST", "/items", &json!({}));
    assert_eq!(get(&mock, "/items?page=99999999999999999999&per_page=1").1["data"], json!([]));
    assert_eq!(get(&mock, "/items?page=99999999999999999999").1["data"], json!([]));
    let none = json!({"data": [], "total": 1, "per_page": 0, "pages": 0, "has_more": false});
    assert_eq!(get(&mock, "/items?per_page=0").1, none);
}
