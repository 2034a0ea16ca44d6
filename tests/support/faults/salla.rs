//! How an implementation of Salla breaks its promises, one small fault at a time.

use serde_json::{Value, json};

use crate::twist::*;
use crate::vendors::*;

/// Changes the error's own properties in a 422.
fn error(answer: &mut Answer, name: &str, value: Value) {
    if answer.status == 422 {
        answer.json["error"][name] = value;
    }
}

/// Gives the wrong fields other names or other messages.
fn refield(answer: &mut Answer, change: fn(&str, Value) -> (String, Value)) {
    if answer.status != 422 {
        return;
    }
    let Some(fields) = answer.json["error"]["fields"].as_object().cloned() else { return };
    answer.json["error"]["fields"] = fields.into_iter().map(|(name, messages)| change(&name, messages)).collect();
}

fn place(name: &str) -> Option<usize> {
    name.strip_prefix("customers.")?.parse().ok()
}

/// Drops what `keep` does not want from the wrong fields; a body without any is taken.
fn forgive(answer: &mut Answer, keep: fn(&str, &Value) -> bool) {
    if answer.status != 422 {
        return;
    }
    if let Some(fields) = answer.json["error"]["fields"].as_object_mut() {
        fields.retain(|name, messages| keep(name, messages));
        if fields.is_empty() {
            *answer = added();
        }
    }
}

fn added() -> Answer {
    let message = "The customers has been added to group successfully";
    Answer::new(200, json!({"status": 200, "success": true, "data": [message]}))
}

pub static FAULTS: &[Twist] = &[
    Twist::after("201 instead of 200", |_, a, _| {
        if a.status == 200 {
            a.status = 201;
            a.json["status"] = json!(201);
        }
    }),
    Twist::after("no content", |_, a, _| {
        if a.status == 200 {
            *a = Answer { raw: Some(Vec::new()), ..Answer::new(204, Value::Null) };
        }
    }),
    Twist::after("400 instead of 422", |_, a, _| restate(a, 422, 400)),
    Twist::after("200 around an error of 422", |_, a, _| restate(a, 422, 200)),
    Twist::after("200 around an error of 401", |_, a, _| restate(a, 401, 200)),
    Twist::after("403 instead of 401", |_, a, _| {
        if a.status == 401 {
            a.status = 403;
            a.json["status"] = json!(403);
        }
    }),
    Twist::after("422 instead of 401", |_, a, _| restate(a, 401, 422)),
    Twist::after("another status in a 200", |_, a, _| ok(a, "status", json!(201))),
    Twist::after("another status in a 401", |_, a, _| put(a, 401, "status", json!(403))),
    Twist::after("another status in a 422", |_, a, _| put(a, 422, "status", json!(400))),
    Twist::after("200 in every status", |_, a, _| a.json["status"] = json!(200)),
    Twist::after("a status that is text", |_, a, _| {
        a.json["status"] = json!(a.status.to_string());
    }),
    Twist::after("no status", |_, a, _| ok(a, "status", Value::Null)),
    Twist::after("no status in a 401", |_, a, _| put(a, 401, "status", Value::Null)),
    Twist::after("no status in a 422", |_, a, _| put(a, 422, "status", Value::Null)),
    Twist::after("no success in a 200", |_, a, _| ok(a, "success", json!(false))),
    Twist::after("success in a 401", |_, a, _| put(a, 401, "success", json!(true))),
    Twist::after("success in a 422", |_, a, _| put(a, 422, "success", json!(true))),
    Twist::after("a flag that is text", |_, a, _| ok(a, "success", json!("true"))),
    Twist::after("a flag that is a number", |_, a, _| ok(a, "success", json!(1))),
    Twist::after("no flag", |_, a, _| ok(a, "success", Value::Null)),
    Twist::after("no flag in a 422", |_, a, _| put(a, 422, "success", Value::Null)),
    Twist::after("no data", |_, a, _| ok(a, "data", Value::Null)),
    Twist::after("data that is text", |_, a, _| ok(a, "data", json!("added"))),
    Twist::after("data that is an object", |_, a, _| ok(a, "data", json!({"message": "added"}))),
    Twist::after("data that is empty", |_, a, _| ok(a, "data", json!([]))),
    Twist::after("data of objects", |_, a, _| ok(a, "data", json!([{"message": "added"}]))),
    Twist::after("data of ids", |_, a, _| ok(a, "data", json!([447_121_768]))),
    Twist::after("data that is null", |_, a, _| {
        if a.status == 200 {
            a.json["data"] = Value::Null;
        }
    }),
    Twist::after("everything under data", |_, a, _| a.json = json!({ "data": a.json })),
    Twist::after("an error in a success", |_, a, _| ok(a, "error", json!({"code": "none"}))),
    Twist::after("data in an error", |_, a, _| put(a, 422, "data", json!([]))),
    Twist::after("no error", |_, a, _| put(a, 422, "error", Value::Null)),
    Twist::after("no error in a 401", |_, a, _| put(a, 401, "error", Value::Null)),
    Twist::after("an error that is text", |_, a, _| put(a, 422, "error", json!("invalid"))),
    Twist::after("an error that is text in a 401", |_, a, _| put(a, 401, "error", json!(SCOPE))),
    Twist::after("the message outside of the error", |_, a, _| {
        put(a, 401, "message", json!(SCOPE));
        put(a, 401, "error", json!({"code": "Unauthorized"}));
    }),
    Twist::after("another code in a 422", |_, a, _| error(a, "code", json!("validation_failed"))),
    Twist::after("a number for a code", |_, a, _| error(a, "code", json!(422))),
    Twist::after("another message in a 422", |_, a, _| {
        error(a, "message", json!("The given data was invalid."));
    }),
    Twist::after("no fields", |_, a, _| error(a, "fields", Value::Null)),
    Twist::after("empty fields", |_, a, _| error(a, "fields", json!({}))),
    Twist::after("fields that are a list", |_, a, _| {
        if a.status == 422 {
            let fields = a.json["error"]["fields"].as_object().cloned().unwrap_or_default();
            let list: Vec<Value> = fields.into_iter().map(|(k, v)| json!({"field": k, "messages": v})).collect();
            error(a, "fields", json!(list));
        }
    }),
    Twist::after("fields beside the error", |_, a, _| {
        if a.status == 422 {
            let fields = a.json["error"]["fields"].take();
            a.json["fields"] = fields;
        }
    }),
    Twist::after("messages that are no lists", |_, a, _| {
        refield(a, |name, messages| (name.to_owned(), messages[0].clone()));
    }),
    Twist::after("messages that are objects", |_, a, _| {
        refield(a, |name, messages| (name.to_owned(), json!([{ "text": messages[0] }])));
    }),
    Twist::after("no messages", |_, a, _| refield(a, |name, _| (name.to_owned(), json!([])))),
    Twist::after("blank messages", |_, a, _| refield(a, |name, _| (name.to_owned(), json!([""])))),
    Twist::after("messages in English", |_, a, _| {
        refield(a, |name, _| (name.to_owned(), json!([format!("The {name} field is invalid.")])));
    }),
    Twist::after("required in English", |_, a, _| {
        refield(a, |name, messages| {
            let text = messages[0].as_str().unwrap_or_default();
            let text = if text.contains("مطلوب") { "This field is required." } else { text };
            (name.to_owned(), json!([text]))
        });
    }),
    Twist::after("the integer message in English", |_, a, _| {
        refield(a, |name, messages| {
            let text = messages[0].as_str().unwrap_or_default();
            let text = if text.contains("صحيح") { "This field must be an integer." } else { text };
            (name.to_owned(), json!([text]))
        });
    }),
    Twist::after("one message for all", |_, a, _| {
        refield(a, |name, _| (name.to_owned(), json!(["حقل group id مطلوب."])));
    }),
    Twist::after("messages without their full stop", |_, a, _| {
        refield(a, |name, messages| {
            let text = messages[0].as_str().unwrap_or_default().trim_end_matches('.');
            (name.to_owned(), json!([text]))
        });
    }),
    Twist::after("messages with an underscore", |_, a, _| {
        refield(a, |name, messages| {
            let text = messages[0].as_str().unwrap_or_default().replace("group id", "group_id");
            (name.to_owned(), json!([text]))
        });
    }),
    Twist::after("messages read as Latin-1", |_, a, _| {
        refield(a, |name, messages| {
            let text = messages[0].as_str().unwrap_or_default();
            (name.to_owned(), json!([text.bytes().map(char::from).collect::<String>()]))
        });
    }),
    Twist::after("messages twice", |_, a, _| {
        refield(a, |name, messages| (name.to_owned(), json!([messages[0], messages[0]])));
    }),
    Twist::after("only the first wrong field", |_, a, _| {
        if a.status == 422 {
            let fields = a.json["error"]["fields"].as_object().cloned().unwrap_or_default();
            error(a, "fields", fields.into_iter().take(1).collect());
        }
    }),
    Twist::after("only the last wrong field", |_, a, _| {
        if a.status == 422 {
            let fields = a.json["error"]["fields"].as_object().cloned().unwrap_or_default();
            error(a, "fields", fields.into_iter().rev().take(1).collect());
        }
    }),
    Twist::after("only the first wrong customer", |_, a, _| {
        if a.json["error"]["fields"]["customers.0"].is_array() {
            forgive(a, |name, _| place(name).is_none_or(|place| place == 0));
        }
    }),
    Twist::after("both fields whatever is wrong", |_, a, _| {
        if a.status == 422 {
            let text = "حقل group id مطلوب.";
            let fields = &mut a.json["error"]["fields"];
            if fields["group_id"].is_null() {
                fields["group_id"] = json!([text]);
            }
            if fields["customers"].is_null() {
                fields["customers"] = json!(["حقل customers مطلوب."]);
            }
        }
    }),
    Twist::after("places counted from 1", |_, a, _| {
        refield(a, |name, messages| match place(name) {
            Some(place) => {
                (format!("customers.{}", place + 1), json!([format!("حقل customers.{} غير صالح", place + 1)]))
            }
            None => (name.to_owned(), messages),
        });
    }),
    Twist::after("every place the first", |_, a, _| {
        refield(a, |name, messages| match place(name) {
            Some(_) => ("customers.0".to_owned(), json!(["حقل customers.0 غير صالح"])),
            None => (name.to_owned(), messages),
        });
    }),
    Twist::after("the first place in every message", |_, a, _| {
        refield(a, |name, messages| match place(name) {
            Some(_) => (name.to_owned(), json!(["حقل customers.0 غير صالح"])),
            None => (name.to_owned(), messages),
        });
    }),
    Twist::after("customers for every place", |_, a, _| {
        refield(a, |name, messages| (place(name).map_or(name, |_| "customers").to_owned(), messages));
    }),
    Twist::after("places in brackets", |_, a, _| {
        refield(a, |name, messages| {
            (place(name).map_or(name.to_owned(), |place| format!("customers[{place}]")), messages)
        });
    }),
    Twist::after("camel case fields", |_, a, _| {
        refield(a, |name, messages| (name.replace("group_id", "groupId"), messages));
    }),
    Twist::after("all customers wrong where one is", |r, a, _| {
        if a.status == 422 && r.items("customers").iter().any(Value::is_string) {
            for index in 0..r.items("customers").len() {
                a.json["error"]["fields"][format!("customers.{index}")] =
                    json!([format!("حقل customers.{index} غير صالح")]);
            }
        }
    }),
    Twist::after("wrong customers skipped", |_, a, _| forgive(a, |name, _| place(name).is_none())),
    Twist::after("only the first customer looked at", |_, a, _| {
        forgive(a, |name, _| place(name).is_none_or(|place| place == 0));
    }),
    Twist::after("only the last customer looked at", |r, a, _| {
        if r.items("customers").last().is_some_and(Value::is_number) {
            forgive(a, |name, _| place(name).is_none());
        }
    }),
    Twist::after("a missing group_id taken", |r, a, _| {
        if r.get("group_id").is_none() {
            forgive(a, |name, _| name != "group_id");
        }
    }),
    Twist::after("a null group_id taken", |r, a, _| {
        if r.get("group_id") == Some(&Value::Null) {
            forgive(a, |name, _| name != "group_id");
        }
    }),
    Twist::after("missing customers taken", |r, a, _| {
        if r.get("customers").is_none() {
            forgive(a, |name, _| name != "customers");
        }
    }),
    Twist::after("anything taken for customers", |_, a, _| forgive(a, |name, _| name != "customers")),
    Twist::after("one number taken for customers", |r, a, _| {
        if r.get("customers").is_some_and(Value::is_number) {
            forgive(a, |name, _| name != "customers");
        }
    }),
    Twist::after("text taken for group_id", |r, a, _| {
        if r.get("group_id").is_some_and(Value::is_string) {
            forgive(a, |name, _| name != "group_id");
        }
    }),
    Twist::after("a fraction taken for group_id", |r, a, _| {
        if r.get("group_id").is_some_and(Value::is_f64) {
            forgive(a, |name, _| name != "group_id");
        }
    }),
    Twist::after("a list taken for group_id", |r, a, _| {
        if r.get("group_id").is_some_and(Value::is_array) {
            forgive(a, |name, _| name != "group_id");
        }
    }),
    Twist::after("an object taken for group_id", |r, a, _| {
        if r.get("group_id").is_some_and(Value::is_object) {
            forgive(a, |name, _| name != "group_id");
        }
    }),
    Twist::after("null taken for a customer", |r, a, _| {
        if r.items("customers").first() == Some(&Value::Null) {
            forgive(a, |name, _| name != "customers.0");
        }
    }),
    Twist::after("a fraction taken for a customer", |r, a, _| {
        if r.items("customers").first().is_some_and(Value::is_f64) {
            forgive(a, |name, _| name != "customers.0");
        }
    }),
    Twist::after("an object taken for a customer", |r, a, _| {
        if r.items("customers").first().is_some_and(Value::is_object) {
            forgive(a, |name, _| name != "customers.0");
        }
    }),
    Twist::after("a list taken for a customer", |r, a, _| {
        if r.items("customers").first().is_some_and(Value::is_array) {
            forgive(a, |name, _| name != "customers.0");
        }
    }),
    Twist::after("a single customer refused", |r, a, _| {
        if a.status == 200 && r.items("customers").len() == 1 {
            *a = salla_refusal(
                422,
                &json!({"code": "error", "message": "alert.invalid_fields",
                "fields": {"customers": ["حقل customers غير صالح"]}}),
            );
        }
    }),
    Twist::after("group_id has to come first", |r, a, _| {
        let first = r.json.as_ref().and_then(Value::as_object).and_then(|body| body.keys().next());
        crash(a, a.status == 200 && first.is_some_and(|name| name != "group_id"));
    }),
    Twist::after("line breaks not read", |r, a, _| crash(a, a.status == 200 && r.text.contains('\n'))),
    Twist::before("the scope not checked", |r| {
        if r.bearer() == Some(SALLA_TOKEN_WITHOUT_SCOPE) {
            bearer(r, SALLA_TOKEN);
        }
    }),
    Twist::after("the scope checked after the body", |r, a, _| {
        if r.bearer() == Some(SALLA_TOKEN_WITHOUT_SCOPE) && r.get("group_id").is_none() {
            *a = salla_refusal(
                422,
                &json!({"code": "error", "message": "alert.invalid_fields",
                "fields": {"group_id": ["حقل group id مطلوب."]}}),
            );
        }
    }),
    Twist::after("the scope checked after the customers", |r, a, _| {
        let text = r.items("customers").iter().any(Value::is_string);
        if r.bearer() == Some(SALLA_TOKEN_WITHOUT_SCOPE) && text {
            *a = salla_refusal(
                422,
                &json!({"code": "error", "message": "alert.invalid_fields",
                "fields": {"customers.0": ["حقل customers.0 غير صالح"]}}),
            );
        }
    }),
    Twist::after("another code for the scope", |r, a, _| {
        if a.status == 401 && r.bearer() == Some(SALLA_TOKEN_WITHOUT_SCOPE) {
            a.json["error"]["code"] = json!("unauthorized");
        }
    }),
    Twist::after("another scope named", |_, a, _| {
        if a.json["error"]["message"] == SCOPE {
            a.json["error"]["message"] = json!(SCOPE.replace("read_write", "read"));
        }
    }),
    Twist::after("403 for the scope", |r, a, _| {
        if r.bearer() == Some(SALLA_TOKEN_WITHOUT_SCOPE) {
            *a = salla_refusal(403, &json!({"code": "Forbidden", "message": SCOPE}));
        }
    }),
    Twist::before("no token needed", |r| {
        if r.authorization.is_none() {
            bearer(r, SALLA_TOKEN);
        }
    }),
    Twist::before("any token has the scope", |r| {
        if r.bearer().is_some_and(|t| !t.is_empty() && t != SALLA_TOKEN_WITHOUT_SCOPE) {
            bearer(r, SALLA_TOKEN);
        }
    }),
    Twist::before("only the start of a token compared", |r| {
        if r.bearer().is_some_and(|token| token.starts_with(SALLA_TOKEN)) {
            bearer(r, SALLA_TOKEN);
        }
    }),
    Twist::before("a token compared as far as it goes", |r| {
        if r.bearer().is_some_and(|token| token.len() > 4 && SALLA_TOKEN.starts_with(token)) {
            bearer(r, SALLA_TOKEN);
        }
    }),
    Twist::before("any scheme let in", |r| {
        if is_basic(r) {
            bearer(r, SALLA_TOKEN);
        }
    }),
    Twist::before("an empty bearer let in", |r| {
        if r.authorization.as_deref() == Some("Bearer") {
            bearer(r, SALLA_TOKEN);
        }
    }),
    Twist::after("the body checked before the token", |r, a, _| {
        if r.authorization.is_none() && r.get("group_id").is_none() {
            *a = salla_refusal(
                422,
                &json!({"code": "error", "message": "alert.invalid_fields",
                "fields": {"group_id": ["حقل group id مطلوب."]}}),
            );
        }
    }),
    Twist::after("a bare 401", |r, a, _| {
        if r.authorization.is_none() {
            *a = Answer::new(401, json!({"message": "Unauthenticated."}));
        }
    }),
    Twist::after("crashes on null", |r, a, _| crash(a, r.json.as_ref().is_some_and(any_null))),
    Twist::after("crashes on a body that is no object", |r, a, _| {
        crash(a, r.json.as_ref().is_some_and(|body| !body.is_object()));
    }),
    Twist::after("crashes on broken JSON", |r, a, _| {
        crash(a, r.json.is_none() && !r.text.is_empty());
    }),
    Twist::after("crashes on an empty body", |r, a, _| crash(a, r.text.is_empty())),
    Twist::after("crashes on customers that are no list", |r, a, _| {
        crash(a, r.get("customers").is_some_and(|list| !list.is_array()));
    }),
    Twist::after("crashes on an empty list", |r, a, _| {
        crash(a, r.get("customers") == Some(&json!([])));
    }),
    Twist::after("crashes on 200 customers", |r, a, _| crash(a, r.items("customers").len() > 200)),
    Twist::after("crashes on a number in quotes", |r, a, _| {
        crash(a, r.get("group_id").is_some_and(|id| id.as_str().is_some_and(|t| t.parse::<u64>().is_ok())));
    }),
    Twist::after("crashes on a huge number", |r, a, _| crash(a, r.text.contains("92233720368547758080"))),
    Twist::after("crashes on a customer twice", |r, a, _| {
        let list = r.items("customers");
        crash(a, list.len() == 2 && list[0] == list[1]);
    }),
    Twist::after("crashes on Arabic", |r, a, _| crash(a, r.text.contains("مجموعة"))),
    Twist::after("crashes on emoji", |r, a, _| crash(a, r.text.contains('🎉'))),
    Twist::after("a page instead of an error", |_, a, _| {
        if a.status == 422 {
            a.content_type = "text/html";
            a.raw = Some("<h1>غير صالح</h1>".as_bytes().to_vec());
        }
    }),
    Twist::after("JSON as text/html", |_, a, _| a.content_type = "text/html"),
    Twist::after("an empty 200", |_, a, _| {
        if a.status == 200 {
            a.raw = Some(Vec::new());
        }
    }),
    Twist::after("a refusal that stays", |r, a, m| {
        if r.authorization.is_none() {
            m.seen.insert("refused".to_owned());
        } else if a.status == 200 && m.seen.contains("refused") {
            *a = salla_refusal(401, &json!({"code": "Unauthorized", "message": "locked"}));
        }
    }),
    Twist::after("the path not found", |r, a, _| {
        if r.path == ADD_CUSTOMERS {
            *a = salla_refusal(404, &json!({"code": "not_found", "message": "no"}));
        }
    }),
];
