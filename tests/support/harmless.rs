//! How right implementations differ from each other: what no document forbids.

use serde_json::{Value, json};

use crate::twist::*;
use crate::vendors::*;

/// Every case has to hold under each of these.
pub static VARIATIONS: &[Twist] = &[
    Twist::NONE,
    Twist::after("a charset beside the media type", |_, a, _| {
        a.content_type = "application/json; charset=utf-8";
    }),
    Twist::after("properties that are not documented", |_, a, _| {
        if let Some(body) = a.json.as_object_mut() {
            body.insert("request_id".to_owned(), json!("01J9"));
            body.insert("meta".to_owned(), json!({"took": 1.5}));
        }
    }),
    Twist::after("properties in another order", |_, a, _| {
        if let Some(body) = a.json.as_object().cloned() {
            a.json = body.into_iter().rev().collect();
        }
    }),
    Twist::after("indented JSON", |_, a, _| {
        a.raw = serde_json::to_vec_pretty(&a.json).ok();
    }),
    Twist::after("JSON in escapes", |_, a, _| {
        let escape = |c: char| {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units);
            units.iter().fold(String::new(), |text, unit| format!("{text}\\u{unit:04x}"))
        };
        let plain = |c: char| if c.is_ascii() { c.to_string() } else { escape(c) };
        a.raw = Some(a.json.to_string().chars().map(plain).collect::<String>().into_bytes());
    }),
    Twist::after("ids of another length and alphabet", |_, a, m| {
        if a.json.get("id").is_some() {
            a.json["id"] = json!(format!("cug_{}-Zx", m.created * 7919));
        }
    }),
    Twist::after("dates west of Greenwich", |_, a, _| {
        rewrite(a, "createdAt", |date| date.replace("+02:00", "-09:30"));
    }),
    Twist::after("dates at Greenwich", |_, a, _| {
        rewrite(a, "createdAt", |date| date.replace("+02:00", "+00:00"));
    }),
    Twist::after("messages where none is promised", |r, a, _| {
        if a.json["message"].is_string() {
            a.json["message"] = json!("Nee, dat kan zo niet.");
        }
        if a.status == 401 && r.path == ADD_CUSTOMERS && a.json["error"]["message"] != SCOPE {
            a.json["error"] = json!({"code": "unauthenticated", "message": "Who are you?"});
        }
        if a.json["error"]["description"].is_null()
            && a.json["error"].is_object()
            && a.status != 422
            && r.path != ADD_CUSTOMERS
        {
            a.json = json!("no");
        }
    }),
    Twist::after("no body in an error that is not documented", |r, a, _| {
        if a.status >= 400 && a.status != 422 && r.path != ADD_CUSTOMERS {
            a.raw = Some(Vec::new());
        }
    }),
    Twist::after("a page in an error that is not documented", |r, a, _| {
        if a.status >= 400 && a.status != 422 && r.path != ADD_CUSTOMERS {
            a.content_type = "text/html; charset=utf-8";
            a.raw = Some(b"<h1>No</h1>".to_vec());
        }
    }),
    Twist::after("other client errors where none is documented", |r, a, _| {
        if r.api_key.is_some() || r.path.contains("add-groups") {
            restate(a, 400, 422);
            restate(a, 404, 403);
        }
    }),
    Twist::after("400 for what is no JSON object", |r, a, _| {
        if a.status == 422 && !r.json.as_ref().is_some_and(Value::is_object) {
            *a = Answer::new(400, json!({"message": "Bad request."}));
        }
    }),
    Twist::after("names given out once", |r, a, m| {
        if a.status == 201 && !m.seen.insert(text(r, "name").to_owned()) && r.text.contains("Second") {
            *a = Answer::new(422, json!({"message": "The name has already been taken."}));
        }
    }),
    Twist::before("names without the spaces around them", |r| {
        if let Some(Value::String(name)) = r.get("name") {
            let name = json!(name.trim());
            r.set("name", name);
        }
    }),
    Twist::before("numbers taken for wrong ids of customers", |r| {
        let numbers = r.items("customers").iter().all(|id| id.is_number() || id.is_string());
        if r.path == CREATE_GROUP && numbers && !r.items("customers").is_empty() {
            r.set("customers", json!([]));
        }
    }),
    Twist::before("numbers made slugs", |r| {
        let groups: Vec<Value> = r
            .items("groups")
            .iter()
            .map(|group| if group.is_number() { json!(group.to_string()) } else { group.clone() })
            .collect();
        if !groups.is_empty() {
            r.set("groups", json!(groups));
        }
    }),
    Twist::before("addresses not looked at beside a cuRefNo", |r| {
        if r.get("cuRefNo").is_some_and(|number| !number.is_null()) {
            r.remove("email");
        }
    }),
    Twist::after("limits on lengths", |r, a, _| {
        if r.text.len() > 2000 && a.status < 300 {
            let message = json!({"message": "Too long."});
            let fields = json!({"code": "error", "message": "alert.invalid_fields",
                "fields": {"customers": ["طويل"]}});
            *a = match r.path.as_str() {
                ADD_CUSTOMERS => salla_refusal(422, &fields),
                _ if r.items("customers").len() > 200 => return,
                _ => Answer::new(422, message),
            };
        }
    }),
    Twist::after("a stricter reading of what is left open", |r, a, _| {
        let open = match r.path.as_str() {
            ADD_CUSTOMERS => r.items("customers").iter().any(|id| id == 1) || r.items("customers").is_empty(),
            _ => {
                r.get("groups") == Some(&json!([]))
                    || r.text.contains(r#"[""]"#)
                    || text(r, "name").trim().is_empty()
                    || r.get("colour").is_some()
            }
        };
        if open && a.status < 300 && (r.path == ADD_CUSTOMERS || r.get("name").is_some()) {
            *a = if r.path == ADD_CUSTOMERS {
                salla_refusal(
                    422,
                    &json!({"code": "error", "message": "alert.invalid_fields",
                    "fields": {"customers": ["غير صالح"]}}),
                )
            } else {
                Answer::new(422, json!({"message": "No."}))
            };
        }
    }),
    Twist::before("a looser reading of what is left open", |r| {
        if r.path == ADD_CUSTOMERS {
            let number = |v: &Value| v.as_str().and_then(|t| t.parse::<u64>().ok()).map(|n| json!(n));
            if let Some(id) = r.get("group_id").and_then(number) {
                r.set("group_id", id);
            }
            let items: Vec<Value> = r.items("customers").iter().map(|v| number(v).unwrap_or(v.clone())).collect();
            if !items.is_empty() {
                r.set("customers", json!(items));
            }
        } else if r.get("customers") == Some(&Value::Null) || r.get("customers") == Some(&json!([null])) {
            r.set("customers", json!([]));
        } else if r.get("cuRefNo") == Some(&Value::Null) {
            r.remove("cuRefNo");
        }
    }),
    Twist::after("customers whom nobody knows are taken", |r, a, _| {
        take(a, has_key(r) && a.status == 404);
    }),
];
