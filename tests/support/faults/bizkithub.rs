//! How an implementation of BizKitHub breaks its promises, one small fault at a time.

use serde_json::{Value, json};

use crate::twist::*;
use crate::vendors::*;

fn refuse(answer: &mut Answer, when: bool) {
    if when && answer.status == 200 {
        *answer = Answer::new(400, json!({"error": {"code": "NO", "message": "No."}}));
    }
}

fn refused_for_address(request: &Request, answer: &Answer) -> bool {
    let slugs = !request.items("groups").is_empty() && request.items("groups").iter().all(Value::is_string);
    has_key(request) && answer.status == 400 && slugs && request.get("cuRefNo").is_none()
}

fn is_slug(group: &Value) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    group.as_str().is_some_and(|group| group.chars().all(plain))
}

pub static FAULTS: &[Twist] = &[
    Twist::after("201 instead of 200", |_, a, _| restate(a, 200, 201)),
    Twist::after("202 instead of 200", |_, a, _| restate(a, 200, 202)),
    Twist::after("no content", |_, a, _| {
        if a.status == 200 {
            *a = Answer { raw: Some(Vec::new()), ..Answer::new(204, Value::Null) };
        }
    }),
    Twist::after("success is false", |_, a, _| ok(a, "success", json!(false))),
    Twist::after("success is text", |_, a, _| ok(a, "success", json!("true"))),
    Twist::after("success is a number", |_, a, _| ok(a, "success", json!(1))),
    Twist::after("success is missing", |_, a, _| ok(a, "success", Value::Null)),
    Twist::after("success under data", |_, a, _| {
        if a.status == 200 {
            a.json = json!({ "data": a.json });
        }
    }),
    Twist::after("success as a bare value", |_, a, _| {
        if a.status == 200 {
            a.json = json!(true);
        }
    }),
    Twist::after("ok instead of success", |_, a, _| {
        if a.status == 200 {
            a.json = json!({"ok": true});
        }
    }),
    Twist::after("errors under 200", |_, a, _| {
        if a.status >= 400 {
            a.status = 200;
        }
    }),
    Twist::after("errors under 200 without success", |_, a, _| {
        if a.status >= 400 {
            *a = Answer::new(200, json!({"success": false}));
        }
    }),
    Twist::after("errors under 500", |_, a, _| {
        if a.status >= 400 {
            a.status = 500;
        }
    }),
    Twist::after("errors that say success", |_, a, _| {
        if a.status >= 400 {
            a.json = json!({"success": true});
        }
    }),
    Twist::after("JSON as text/html", |_, a, _| a.content_type = "text/html"),
    Twist::after("an empty 200", |_, a, _| {
        if a.status == 200 {
            a.raw = Some(Vec::new());
        }
    }),
    Twist::before("no key needed", |r| {
        if r.api_key.is_none() {
            r.api_key = Some(BIZKITHUB_API_KEY.to_owned());
        }
    }),
    Twist::before("keys not looked at", |r| r.api_key = Some(BIZKITHUB_API_KEY.to_owned())),
    Twist::before("an empty key let in", |r| {
        if r.api_key.as_deref() == Some("") {
            r.api_key = Some(BIZKITHUB_API_KEY.to_owned());
        }
    }),
    Twist::before("any key of the right form let in", |r| {
        let right = |key: &str| {
            key.len() == 32
                && ["PROD", "DEV_", "ROOT"].iter().any(|prefix| key.starts_with(prefix))
                && key[4..].chars().all(|c| c.is_ascii_alphanumeric())
        };
        if r.api_key.as_deref().is_some_and(right) {
            r.api_key = Some(BIZKITHUB_API_KEY.to_owned());
        }
    }),
    Twist::before("any key of 32 characters let in", |r| {
        if r.api_key.as_deref().is_some_and(|key| key.chars().count() == 32) {
            r.api_key = Some(BIZKITHUB_API_KEY.to_owned());
        }
    }),
    Twist::before("any system key let in", |r| {
        if r.api_key.as_deref().is_some_and(|key| key.starts_with("ROOT")) {
            r.api_key = Some(BIZKITHUB_API_KEY.to_owned());
        }
    }),
    Twist::before("only the start of a key compared", |r| {
        if r.api_key.as_deref().is_some_and(|key| key.starts_with(&BIZKITHUB_API_KEY[..31])) {
            r.api_key = Some(BIZKITHUB_API_KEY.to_owned());
        }
    }),
    Twist::before("a key cut to 32 characters", |r| {
        if r.api_key.as_deref().is_some_and(|key| key.starts_with(BIZKITHUB_API_KEY)) {
            r.api_key = Some(BIZKITHUB_API_KEY.to_owned());
        }
    }),
    Twist::before("keys compared without case", |r| {
        if r.api_key.as_deref().is_some_and(|key| key.eq_ignore_ascii_case(BIZKITHUB_API_KEY)) {
            r.api_key = Some(BIZKITHUB_API_KEY.to_owned());
        }
    }),
    Twist::after("crashes without a key", |r, a, _| crash(a, r.api_key.is_none())),
    Twist::after("crashes on a malformed key", |r, a, _| {
        crash(a, r.api_key.as_deref().is_some_and(|key| !key.is_ascii()));
    }),
    Twist::after("crashes on an unknown key", |r, a, _| {
        crash(a, r.api_key.as_deref().is_some_and(|key| key.starts_with("ROOT")));
    }),
    Twist::after("the body read before the key, and crashed on", |r, a, _| {
        crash(a, !has_key(r) && r.get("email").is_some_and(Value::is_number));
    }),
    Twist::after("an address needed", |r, a, _| refuse(a, r.get("email").is_none())),
    Twist::after("a cuRefNo needed", |r, a, _| refuse(a, r.get("cuRefNo").is_none())),
    Twist::after("both refused", |r, a, _| {
        refuse(a, r.get("email").is_some() && r.get("cuRefNo").is_some());
    }),
    Twist::after("neither needed", |r, a, _| {
        let neither = r.get("email").is_none() && r.get("cuRefNo").is_none();
        take(a, has_key(r) && neither && r.get("groups").is_some());
    }),
    Twist::before("the address wins", |r| {
        if r.get("email").is_some_and(Value::is_string) && r.get("cuRefNo").is_some() {
            r.remove("cuRefNo");
        }
    }),
    Twist::before("the address helps out where the cuRefNo is unknown", |r| {
        if r.get("email").is_some() && text(r, "cuRefNo").starts_with("Nobody") {
            r.remove("cuRefNo");
        }
    }),
    Twist::after("both have to be known", |r, a, _| {
        refuse(a, r.get("cuRefNo").is_some() && text(r, "email").starts_with("nobody"));
    }),
    Twist::after("addresses compared with case", |r, a, _| {
        refuse(a, text(r, "email").contains(char::is_uppercase));
    }),
    Twist::after("the domain compared with case", |r, a, _| {
        let domain = text(r, "email").split('@').nth(1).unwrap_or_default();
        refuse(a, domain.contains(char::is_uppercase));
    }),
    Twist::after("addresses not checked", |r, a, _| {
        take(a, refused_for_address(r, a) && r.get("email").is_some_and(Value::is_string));
    }),
    Twist::after("any text with an at sign is an address", |r, a, _| {
        take(a, refused_for_address(r, a) && text(r, "email").contains('@'));
    }),
    Twist::after("any address with one at sign", |r, a, _| {
        take(a, refused_for_address(r, a) && text(r, "email").matches('@').count() == 1);
    }),
    Twist::after("two at signs in an address", |r, a, _| {
        take(a, has_key(r) && text(r, "email").contains("@@"));
    }),
    Twist::after("crashes on null beside a cuRefNo", |r, a, _| {
        crash(a, r.get("cuRefNo").is_some() && r.get("email") == Some(&Value::Null));
    }),
    Twist::after("null for an address", |r, a, _| {
        take(a, has_key(r) && r.get("cuRefNo").is_none() && r.get("email") == Some(&Value::Null));
    }),
    Twist::after("a number for an address", |r, a, _| {
        take(a, has_key(r) && r.get("email").is_some_and(Value::is_number));
    }),
    Twist::after("a list for an address", |r, a, _| {
        take(a, has_key(r) && r.get("email").is_some_and(Value::is_array));
    }),
    Twist::after("a blank address", |r, a, _| {
        take(a, has_key(r) && r.get("email") == Some(&json!("")));
    }),
    Twist::after("a cuRefNo of any length", |r, a, _| {
        take(a, has_key(r) && a.status == 400 && !text(r, "cuRefNo").is_empty());
    }),
    Twist::after("a cuRefNo of 15 characters", |r, a, _| {
        take(a, has_key(r) && text(r, "cuRefNo").len() == 15);
    }),
    Twist::after("a cuRefNo cut to 16 characters", |r, a, _| {
        take(a, has_key(r) && text(r, "cuRefNo").len() > 16 && text(r, "cuRefNo").is_ascii());
    }),
    Twist::before("a malformed cuRefNo skipped", |r| {
        let length = text(r, "cuRefNo").len();
        if length > 0 && length < 20 && length != 16 {
            r.remove("cuRefNo");
        }
    }),
    Twist::after("a blank cuRefNo", |r, a, _| {
        take(a, has_key(r) && r.get("cuRefNo") == Some(&json!("")));
    }),
    Twist::after("groups not needed", |r, a, _| {
        take(a, has_key(r) && r.get("email").is_some() && r.get("groups").is_none());
    }),
    Twist::after("null for groups", |r, a, _| {
        take(a, has_key(r) && r.get("email").is_some() && r.get("groups") == Some(&Value::Null));
    }),
    Twist::after("one slug for groups", |r, a, _| {
        take(a, has_key(r) && r.get("groups").is_some_and(Value::is_string));
    }),
    Twist::after("a number for groups", |r, a, _| {
        take(a, has_key(r) && r.get("groups").is_some_and(Value::is_number));
    }),
    Twist::after("anything for a group", |r, a, _| {
        take(a, has_key(r) && !r.items("groups").is_empty());
    }),
    Twist::after("an object for a group", |r, a, _| {
        take(a, has_key(r) && r.items("groups").first().is_some_and(Value::is_object));
    }),
    Twist::after("null for a group", |r, a, _| {
        take(a, has_key(r) && r.items("groups").first() == Some(&Value::Null));
    }),
    Twist::after("only the first group looked at", |r, a, _| {
        take(
            a,
            has_key(r)
                && a.status == 400
                && r.items("groups").first().is_some_and(Value::is_string)
                && r.items("groups").len() > 1,
        );
    }),
    Twist::after("unknown groups refused", |r, a, _| {
        let known = |group: &Value| group == "personal-training" || !is_slug(group);
        refuse(a, !r.items("groups").iter().all(known));
    }),
    Twist::after("unknown groups not found", |r, a, _| {
        let new = |group: &Value| group.as_str().is_some_and(|group| group.starts_with("new-"));
        if a.status == 200 && r.items("groups").iter().any(new) {
            *a = Answer::new(404, json!({"error": {"code": "INTERNAL_RESOURCE_NOT_FOUND"}}));
        }
    }),
    Twist::after("what is no slug refused", |r, a, _| {
        refuse(a, !r.items("groups").iter().all(is_slug));
    }),
    Twist::after("capitals refused", |r, a, _| refuse(a, r.text.contains("PERSONAL-TRAINING"))),
    Twist::after("letters beyond ASCII refused", |r, a, _| {
        refuse(a, r.items("groups").iter().any(|g| g.as_str().is_some_and(|g| !g.is_ascii())));
    }),
    Twist::after("crashes on letters beyond ASCII", |r, a, _| {
        crash(a, r.items("groups").iter().any(|g| g.as_str().is_some_and(|g| !g.is_ascii())));
    }),
    Twist::after("crashes on emoji", |r, a, _| crash(a, r.text.contains('🎉'))),
    Twist::after("crashes on an empty slug", |r, a, _| {
        let blank =
            |group: &Value| group.as_str().is_some_and(|group| !group.contains(|c: char| c.is_ascii_alphanumeric()));
        crash(a, r.items("groups").iter().any(blank));
    }),
    Twist::after("crashes on a long group", |r, a, _| crash(a, r.text.len() > 4096)),
    Twist::after("crashes on no groups", |r, a, _| crash(a, r.get("groups") == Some(&json!([])))),
    Twist::after("crashes on many groups", |r, a, _| crash(a, r.items("groups").len() > 20)),
    Twist::after("crashes on groups that are no list", |r, a, _| {
        crash(a, r.get("groups").is_some_and(|groups| !groups.is_array()));
    }),
    Twist::after("crashes on null", |r, a, _| crash(a, r.json.as_ref().is_some_and(any_null))),
    Twist::after("crashes on broken JSON", |r, a, _| {
        crash(a, r.json.is_none() && !r.text.is_empty());
    }),
    Twist::after("crashes on an empty body", |r, a, _| crash(a, r.text.is_empty())),
    Twist::after("crashes on a body that is no object", |r, a, _| {
        crash(a, r.json.as_ref().is_some_and(|body| !body.is_object()));
    }),
    Twist::after("crashes on a cuRefNo that is no text", |r, a, _| {
        crash(a, r.get("cuRefNo").is_some_and(|number| !number.is_string()));
    }),
    Twist::after("crashes on an unknown property", |r, a, _| crash(a, r.get("note").is_some())),
    Twist::after("the second call refused", |r, a, m| {
        refuse(a, !m.seen.insert(r.text.clone()));
    }),
    Twist::after("a group that is assigned already is a conflict", |r, a, m| {
        let groups: Vec<String> = r.items("groups").iter().map(Value::to_string).collect();
        let fresh = groups.into_iter().filter(|group| group.contains("again-"));
        let fresh: Vec<bool> = fresh.map(|group| m.seen.insert(group)).collect();
        if a.status == 200 && fresh.contains(&false) {
            a.status = 409;
        }
    }),
    Twist::after("the second call says no success", |r, a, m| {
        if !m.seen.insert(r.text.clone()) {
            ok(a, "success", json!(false));
        }
    }),
    Twist::after("a group named twice refused", |r, a, _| {
        let groups = r.items("groups");
        refuse(a, groups.len() == 2 && groups[0] == groups[1]);
    }),
    Twist::after("crashes on two names of one slug", |r, a, _| {
        let slug = |group: &Value| group.as_str().map(|group| group.trim().to_lowercase().replace(' ', "-"));
        let mut slugs: Vec<_> = r.items("groups").iter().map(slug).collect();
        let all = slugs.len();
        slugs.dedup();
        crash(a, r.items("groups").iter().any(|g| !is_slug(g)) && slugs.len() < all);
    }),
];
