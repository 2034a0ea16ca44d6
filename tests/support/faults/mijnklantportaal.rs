//! How an implementation of MijnKlantportaal breaks its promises, one small fault at a time.

use serde_json::{Value, json};

use crate::twist::*;
use crate::vendors::*;

pub static FAULTS: &[Twist] = &[
    Twist::after("200 instead of 201", |_, a, _| restate(a, 201, 200)),
    Twist::after("204 instead of 201", |_, a, _| {
        if a.status == 201 {
            *a = Answer { raw: Some(Vec::new()), ..Answer::new(204, Value::Null) };
        }
    }),
    Twist::after("400 instead of 422", |_, a, _| restate(a, 422, 400)),
    Twist::after("200 instead of 422", |_, a, _| restate(a, 422, 200)),
    Twist::after("403 instead of 422", |_, a, _| restate(a, 422, 403)),
    Twist::after("the group under data", |_, a, _| {
        if a.status == 201 {
            a.json = json!({ "data": a.json });
        }
    }),
    Twist::after("the group in a list", |_, a, _| {
        if a.status == 201 {
            a.json = json!([a.json]);
        }
    }),
    Twist::after("no id", |_, a, _| put(a, 201, "id", Value::Null)),
    Twist::after("no name", |_, a, _| put(a, 201, "name", Value::Null)),
    Twist::after("no createdAt", |_, a, _| put(a, 201, "createdAt", Value::Null)),
    Twist::after("created_at", |_, a, _| {
        let date = a.json["createdAt"].clone();
        put(a, 201, "createdAt", Value::Null);
        put(a, 201, "created_at", date);
    }),
    Twist::after("an empty object", |_, a, _| {
        if a.status == 201 {
            a.json = json!({});
        }
    }),
    Twist::after("an id without its prefix", |_, a, _| rewrite(a, "id", |id| id[4..].to_owned())),
    Twist::after("an id with another prefix", |_, a, _| {
        rewrite(a, "id", |id| id.replace("cug_", "cst_"));
    }),
    Twist::after("an id with a capital prefix", |_, a, _| {
        rewrite(a, "id", |id| id.replace("cug_", "CUG_"));
    }),
    Twist::after("the prefix in the middle", |_, a, _| rewrite(a, "id", |id| format!("x{id}"))),
    Twist::after("an id that is only the prefix", |_, a, _| {
        rewrite(a, "id", |_| "cug_".to_owned());
    }),
    Twist::after("an id that is a number", |_, a, m| put(a, 201, "id", json!(m.created))),
    Twist::after("an id that is a uuid", |_, a, _| {
        rewrite(a, "id", |_| "6f1c2d8e-3b44-4c8e-9d2f-0123456789ab".to_owned());
    }),
    Twist::after("one id for all", |_, a, _| put(a, 201, "id", json!("cug_abc12345def678"))),
    Twist::after("an id made of the name", |_, a, _| {
        if let Some(name) = a.json["name"].as_str() {
            a.json["id"] = json!(format!("cug_{}", name.replace(' ', "-")));
        }
    }),
    Twist::after("a name in capitals", |_, a, _| rewrite(a, "name", str::to_uppercase)),
    Twist::after("a name in small letters", |_, a, _| rewrite(a, "name", str::to_lowercase)),
    Twist::after("a name with single spaces", |_, a, _| {
        rewrite(a, "name", |name| name.replace("  ", " "));
    }),
    Twist::after("a name cut at 64", |_, a, _| {
        rewrite(a, "name", |name| name.chars().take(64).collect());
    }),
    Twist::after("a name cut at 254", |_, a, _| {
        rewrite(a, "name", |name| name.chars().take(254).collect());
    }),
    Twist::after("a name cut at 1000", |_, a, _| {
        rewrite(a, "name", |name| name.chars().take(1000).collect());
    }),
    Twist::after("a name in ASCII", |_, a, _| {
        rewrite(a, "name", |name| name.replace(|c: char| !c.is_ascii(), "?"));
    }),
    Twist::after("a name without emoji", |_, a, _| {
        rewrite(a, "name", |name| name.replace(|c: char| c > '\u{ffff}', ""));
    }),
    Twist::after("a name with its accents composed", |_, a, _| {
        rewrite(a, "name", |name| name.replace("e\u{301}", "é").replace("e\u{300}", "è"));
    }),
    Twist::after("a name read as Latin-1", |_, a, _| {
        rewrite(a, "name", |name| name.bytes().map(char::from).collect());
    }),
    Twist::after("a name escaped for HTML", |_, a, _| {
        rewrite(a, "name", |name| name.replace('&', "&amp;").replace('<', "&lt;"));
    }),
    Twist::after("a name without its tags", |_, a, _| {
        rewrite(a, "name", |name| name.replace("<b>", "").replace("</b>", ""));
    }),
    Twist::after("a name with its quotes doubled", |_, a, _| {
        rewrite(a, "name", |name| name.replace('\'', "''"));
    }),
    Twist::after("a name that became a number", |_, a, _| {
        let number = a.json["name"].as_str().and_then(|name| name.parse::<u64>().ok());
        if let Some(number) = number {
            put(a, 201, "name", json!(number));
        }
    }),
    Twist::after("a name that became a boolean", |_, a, _| {
        if a.json["name"] == "true" {
            put(a, 201, "name", json!(true));
        }
    }),
    Twist::after("always the example's name", |_, a, _| {
        put(a, 201, "name", json!("Webhosting customers"));
    }),
    Twist::after("emoji refused", |r, a, _| {
        if a.status == 201 && r.text.chars().any(|c| c > '\u{ffff}') {
            *a = Answer::new(422, json!({"message": "The name holds invalid characters."}));
        }
    }),
    Twist::after("a date with Z", |_, a, _| {
        rewrite(a, "createdAt", |date| date.replace("+02:00", "Z"));
    }),
    Twist::after("a date with a fraction", |_, a, _| {
        rewrite(a, "createdAt", |date| date.replace("+02:00", ".123+02:00"));
    }),
    Twist::after("a date without an offset", |_, a, _| {
        rewrite(a, "createdAt", |date| date.replace("+02:00", ""));
    }),
    Twist::after("an offset without a colon", |_, a, _| {
        rewrite(a, "createdAt", |date| date.replace("+02:00", "+0200"));
    }),
    Twist::after("a date with a space", |_, a, _| {
        rewrite(a, "createdAt", |date| date.replace('T', " "));
    }),
    Twist::after("a date without a time", |_, a, _| {
        rewrite(a, "createdAt", |date| date[..10].to_owned());
    }),
    Twist::after("a date that does not exist", |_, a, _| {
        rewrite(a, "createdAt", |_| "2025-02-30T14:42:00+02:00".to_owned());
    }),
    Twist::after("a date in RFC 2822", |_, a, _| {
        rewrite(a, "createdAt", |_| "Sun, 27 Jul 2025 14:42:00 +0200".to_owned());
    }),
    Twist::after("a date in seconds", |_, a, _| put(a, 201, "createdAt", json!(1_753_620_120))),
    Twist::after("a date that is null", |_, a, _| {
        if a.status == 201 {
            a.json["createdAt"] = Value::Null;
        }
    }),
    Twist::after("unknown customers refused", |r, a, _| {
        if a.status == 201 && r.items("customers").iter().any(|id| id != "cst_abc12345") {
            *a = Answer::new(422, json!({"message": "The selected customers is invalid."}));
        }
    }),
    Twist::after("unknown customers not found", |r, a, _| {
        if a.status == 201 && r.items("customers").contains(&json!("cst_doesnotexist")) {
            *a = Answer::new(404, json!({"message": "No such customer."}));
        }
    }),
    Twist::after("wrong customer ids refused", |r, a, _| {
        let wrong = |id: &Value| !id.as_str().is_some_and(|id| id.starts_with("cst_"));
        if a.status == 201 && r.items("customers").iter().any(wrong) {
            *a = Answer::new(422, json!({"message": "The format of customers.0 is invalid."}));
        }
    }),
    Twist::after("unknown customers reported beside the group", |r, a, _| {
        if r.items("customers").contains(&json!("cst_doesnotexist")) {
            put(a, 201, "errors", json!(["cst_doesnotexist is unknown"]));
        }
    }),
    Twist::after("an empty list of customers refused", |r, a, _| {
        if r.get("customers") == Some(&json!([])) {
            *a = Answer::new(422, json!({"message": "The customers field is required."}));
        }
    }),
    Twist::after("customers required", |r, a, _| {
        if a.status == 201 && r.get("customers").is_none() {
            *a = Answer::new(422, json!({"message": "The customers field is required."}));
        }
    }),
    Twist::before("null taken for a name", |r| {
        if r.get("name") == Some(&Value::Null) {
            r.set("name", json!(""));
        }
    }),
    Twist::before("a name made up where there is none", |r| {
        if r.get("name").is_none() {
            r.set("name", json!("Untitled"));
        }
    }),
    Twist::before("a number taken for a name", |r| {
        if let Some(number) = r.get("name").filter(|name| name.is_number()) {
            let text = json!(number.to_string());
            r.set("name", text);
        }
    }),
    Twist::before("a boolean taken for a name", |r| {
        if r.get("name").is_some_and(Value::is_boolean) {
            r.set("name", json!("1"));
        }
    }),
    Twist::before("a list taken for a name", |r| {
        if r.get("name").is_some_and(Value::is_array) {
            r.set("name", json!("Array"));
        }
    }),
    Twist::before("an object taken for a name", |r| {
        if r.get("name").is_some_and(Value::is_object) {
            r.set("name", json!("[object Object]"));
        }
    }),
    Twist::before("anything taken for the customers", |r| {
        if r.get("customers").is_some_and(|list| !list.is_array()) {
            r.set("customers", json!([]));
        }
    }),
    Twist::before("one id taken for the customers", |r| {
        if r.get("customers").is_some_and(Value::is_string) {
            r.set("customers", json!([]));
        }
    }),
    Twist::before("anything taken for a customer", |r| {
        if r.get("customers").is_some_and(Value::is_array) {
            r.set("customers", json!([]));
        }
    }),
    Twist::before("only the first customer looked at", |r| {
        if let [first, ..] = r.items("customers") {
            let first = json!([first]);
            r.set("customers", first);
        }
    }),
    Twist::after("an error without its message", |_, a, _| {
        if a.status == 422 {
            a.json = json!({"error": "The name field is required."});
        }
    }),
    Twist::after("an error with a blank message", |_, a, _| put(a, 422, "message", json!(" "))),
    Twist::after("an error with a list of messages", |_, a, _| {
        put(a, 422, "message", json!(["The name field is required."]));
    }),
    Twist::after("an error with messages by field", |_, a, _| {
        put(a, 422, "message", json!({"name": ["The name field is required."]}));
    }),
    Twist::after("an error within an error", |_, a, _| {
        if a.status == 422 {
            a.json = json!({ "error": a.json });
        }
    }),
    Twist::after("an error that is a string", |_, a, _| {
        if a.status == 422 {
            a.json = json!("The name field is required.");
        }
    }),
    Twist::after("an error that is a page", |_, a, _| {
        if a.status == 422 {
            a.content_type = "text/html";
            a.raw = Some(b"<h1>Unprocessable</h1>".to_vec());
        }
    }),
    Twist::after("the group as text/html", |_, a, _| {
        if a.status == 201 {
            a.content_type = "text/html";
        }
    }),
    Twist::after("no body", |_, a, _| {
        if a.status == 201 {
            a.raw = Some(Vec::new());
        }
    }),
    Twist::after("a warning after the JSON", |_, a, _| {
        if a.status == 201 {
            a.raw = Some(format!("{}\n<b>Notice</b>: undefined", a.json).into_bytes());
        }
    }),
    Twist::after("crashes without a name", |r, a, _| {
        crash(a, r.json.is_some() && r.get("name").is_none());
    }),
    Twist::after("crashes on null", |r, a, _| crash(a, r.json.as_ref().is_some_and(any_null))),
    Twist::after("crashes on a body that is no object", |r, a, _| {
        crash(a, r.json.as_ref().is_some_and(|body| !body.is_object()));
    }),
    Twist::after("crashes on broken JSON", |r, a, _| {
        crash(a, r.json.is_none() && !r.text.is_empty());
    }),
    Twist::after("crashes on an empty body", |r, a, _| crash(a, r.text.is_empty())),
    Twist::after("crashes on an empty list", |r, a, _| {
        crash(a, r.get("customers") == Some(&json!([])));
    }),
    Twist::after("crashes on 200 customers", |r, a, _| crash(a, r.items("customers").len() > 200)),
    Twist::after("crashes on a customer twice", |r, a, _| {
        let list = r.items("customers");
        crash(a, list.len() == 2 && list[0] == list[1]);
    }),
    Twist::after("crashes on a name beyond 4 KiB", |r, a, _| crash(a, r.text.len() > 4096)),
    Twist::after("crashes on emoji", |r, a, _| crash(a, r.text.contains('🎉'))),
    Twist::after("crashes on an object for a name", |r, a, _| {
        crash(a, r.get("name").is_some_and(Value::is_object));
    }),
    Twist::after("crashes on an unknown property", |r, a, _| crash(a, r.get("colour").is_some())),
    Twist::before("no token needed", |r| {
        if r.authorization.is_none() {
            bearer(r, MIJNKLANTPORTAAL_TOKEN);
        }
    }),
    Twist::before("tokens not looked at", |r| bearer(r, MIJNKLANTPORTAAL_TOKEN)),
    Twist::before("any bearer let in", |r| {
        if r.bearer().is_some_and(|token| !token.is_empty()) {
            bearer(r, MIJNKLANTPORTAAL_TOKEN);
        }
    }),
    Twist::before("only the start of a token compared", |r| {
        if r.bearer().is_some_and(|token| token.starts_with(MIJNKLANTPORTAAL_TOKEN)) {
            bearer(r, MIJNKLANTPORTAAL_TOKEN);
        }
    }),
    Twist::before("a token compared as far as it goes", |r| {
        if r.bearer().is_some_and(|token| token.len() > 4 && MIJNKLANTPORTAAL_TOKEN.starts_with(token)) {
            bearer(r, MIJNKLANTPORTAAL_TOKEN);
        }
    }),
    Twist::before("any scheme let in", |r| {
        if is_basic(r) {
            bearer(r, MIJNKLANTPORTAAL_TOKEN);
        }
    }),
    Twist::before("an empty bearer let in", |r| {
        if r.authorization.as_deref() == Some("Bearer") {
            bearer(r, MIJNKLANTPORTAAL_TOKEN);
        }
    }),
    Twist::after("crashes without a token", |r, a, _| crash(a, r.authorization.is_none())),
    Twist::after("200 for no token", |_, a, _| restate(a, 401, 200)),
    Twist::after("a redirect for no token", |_, a, _| restate(a, 401, 302)),
    Twist::after("the body checked before the token", |r, a, _| {
        if a.status == 401 && r.get("name").is_none() {
            *a = Answer::new(422, json!({"message": "The name field is required."}));
        }
    }),
    Twist::after("a refusal that stays", |r, a, m| {
        if a.status == 422 && r.get("name").is_some_and(Value::is_array) {
            m.seen.insert("refused".to_owned());
        } else if a.status == 201 && m.seen.remove("refused") {
            a.status = 500;
        }
    }),
];
