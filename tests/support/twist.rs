//! One small change of behaviour, and what such changes are made of.

use serde_json::{Value, json};

use super::vendors::{Answer, BIZKITHUB_API_KEY, Memory, Request};

/// One small change of behaviour.
pub struct Twist {
    pub name: &'static str,
    pub before: fn(&mut Request),
    pub after: fn(&Request, &mut Answer, &mut Memory),
}

impl Twist {
    pub const NONE: Self = Self { name: "nothing is changed", before: |_| {}, after: |_, _, _| {} };

    /// Changes what the right implementation gets to see.
    pub const fn before(name: &'static str, before: fn(&mut Request)) -> Self {
        Self { name, before, ..Self::NONE }
    }

    /// Changes what it answers.
    pub const fn after(name: &'static str, after: fn(&Request, &mut Answer, &mut Memory)) -> Self {
        Self { name, after, ..Self::NONE }
    }
}

pub const SCOPE: &str = "The access token should have access to one of those scopes: customers.read_write";

pub fn bearer(request: &mut Request, token: &str) {
    request.authorization = Some(format!("Bearer {token}"));
}

pub fn restate(answer: &mut Answer, from: u16, to: u16) {
    if answer.status == from {
        answer.status = to;
    }
}

/// Changes one property of the answers of one status; `Value::Null` stands for its absence.
pub fn put(answer: &mut Answer, status: u16, name: &str, value: Value) {
    if answer.status != status {
        return;
    }
    let Some(body) = answer.json.as_object_mut() else { return };
    if value.is_null() {
        body.remove(name);
    } else {
        body.insert(name.to_owned(), value);
    }
}

/// Changes one property that is text.
pub fn rewrite(answer: &mut Answer, name: &str, change: fn(&str) -> String) {
    if let Some(Value::String(text)) = answer.json.get_mut(name) {
        *text = change(text);
    }
}

pub fn crash(answer: &mut Answer, when: bool) {
    if when {
        *answer = Answer::new(500, json!({"message": "Server Error"}));
    }
}

pub fn any_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(any_null),
        Value::Object(properties) => properties.values().any(any_null),
        _ => false,
    }
}

pub fn is_basic(request: &Request) -> bool {
    request.authorization.as_deref().is_some_and(|value| value.starts_with("Basic "))
}

pub fn ok(answer: &mut Answer, name: &str, value: Value) {
    put(answer, 200, name, value);
}

/// Lets a call to `BizKitHub` in that the right implementation refuses.
pub fn take(answer: &mut Answer, when: bool) {
    if when {
        *answer = Answer::new(200, json!({"success": true}));
    }
}

pub fn text<'r>(request: &'r Request, name: &str) -> &'r str {
    request.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub fn has_key(request: &Request) -> bool {
    request.api_key.as_deref() == Some(BIZKITHUB_API_KEY)
}
