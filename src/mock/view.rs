//! A request as expressions see it.

use std::sync::Arc;

use base64::Engine as _;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::exchange::Request;
use crate::expression::Var;

/// What a request has for expressions.
pub(super) const PARTS: [&str; 12] = [
    "method",
    "path",
    "url",
    "query",
    "headers",
    "cookies",
    "path_params",
    "json",
    "text",
    "bearer",
    "basic",
    "content_type",
];

/// `request` for expressions: what is costly is made when asked for.
pub(super) fn request(request: &Arc<Request>, path: &str, parameters: &[(String, String)]) -> Var {
    let lazy = |make: fn(&Request) -> Option<Value>| {
        let request = Arc::clone(request);
        Var::lazy(move || make(&request))
    };
    let parameters = parameters.iter().map(|(name, value)| (name.as_str(), Var::from(value.as_str())));
    let bearer = bearer(request).map_or_else(Var::undefined, Var::from);
    let content_type = request.headers.get("content-type");
    Var::record([
        ("method", Var::from(request.method.as_str())),
        ("path", Var::from(path)),
        ("url", Var::from(request.url.as_str())),
        ("query", lazy(|request| Some(query(request)))),
        ("headers", lazy(|request| Some(headers(request)))),
        ("cookies", lazy(|request| Some(cookies(request)))),
        ("path_params", Var::record(parameters)),
        ("json", lazy(|request| serde_json::from_slice(&request.body).ok())),
        ("text", lazy(|request| Some(String::from_utf8_lossy(&request.body).into()))),
        ("bearer", bearer),
        ("basic", lazy(basic)),
        ("content_type", content_type.map_or_else(Var::undefined, |value| Var::from(value.as_ref()))),
    ])
}

fn bearer(request: &Request) -> Option<String> {
    credentials(request, "bearer")
}

/// The credentials of an `Authorization` field of this scheme (RFC 9110, section 11.4).
fn credentials(request: &Request, scheme: &str) -> Option<String> {
    let field = request.headers.get("authorization")?;
    let (found, rest) = field.trim().split_once(' ')?;
    let rest = rest.trim();
    (found.eq_ignore_ascii_case(scheme) && !rest.is_empty()).then(|| rest.to_owned())
}

fn basic(request: &Request) -> Option<Value> {
    let decoded = base64::engine::general_purpose::STANDARD.decode(credentials(request, "basic")?).ok()?;
    let decoded = String::from_utf8_lossy(&decoded).into_owned();
    let (username, password) = decoded.split_once(':')?;
    Some(serde_json::json!({ "username": username, "password": password }))
}

/// The first value of each name.
fn query(request: &Request) -> Value {
    let mut values = Map::new();
    for (name, value) in url::form_urlencoded::parse(request.query().unwrap_or_default().as_bytes()) {
        values.entry(name).or_insert_with(|| value.into());
    }
    Value::Object(values)
}

fn headers(request: &Request) -> Value {
    let mut values = Map::new();
    for (name, value) in request.headers.iter() {
        values.entry(name.to_ascii_lowercase()).or_insert_with(|| value.into());
    }
    Value::Object(values)
}

fn cookies(request: &Request) -> Value {
    let mut values = Map::new();
    for field in request.headers.all("cookie") {
        for (name, value) in field.split(';').filter_map(|pair| pair.split_once('=')) {
            let value = percent_decode_str(value.trim().trim_matches('"')).decode_utf8_lossy().into_owned();
            values.entry(name.trim()).or_insert_with(|| value.into());
        }
    }
    Value::Object(values)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_are_seen_with_their_parts() {
        let sent = Request {
            method: "POST".into(),
            url: "http://h/v1/a/7?x=1&x=2&y=a%20b".into(),
            headers: [
                ("Authorization", "bearer  abc "),
                ("Cookie", "a=1; b=\"x%20y\""),
                ("Content-Type", "application/json"),
            ]
            .into_iter()
            .collect(),
            body: Bytes::from_static(b"{\"n\": [1]}"),
        };
        let seen = request(&Arc::new(sent), "/a/7", &[("id".into(), "7".into())]).to_json().expect("JSON");
        assert_eq!(
            seen,
            json!({"method": "POST", "path": "/a/7", "url": "http://h/v1/a/7?x=1&x=2&y=a%20b",
                "query": {"x": "1", "y": "a b"}, "path_params": {"id": "7"}, "json": {"n": [1]},
                "headers": {"authorization": "bearer  abc ", "cookie": "a=1; b=\"x%20y\"", "content-type": "application/json"},
                "cookies": {"a": "1", "b": "x y"}, "text": "{\"n\": [1]}", "bearer": "abc", "content_type": "application/json"})
        );
    }

    #[test]
    fn what_is_not_there_is_undefined() {
        let sent = Request {
            method: "GET".into(),
            url: "http://h/".into(),
            headers: [("authorization", "Basic YTpiOmM=")].into_iter().collect(),
            body: Bytes::from_static(b"{"),
        };
        let seen = request(&Arc::new(sent), "/", &[]).to_json().expect("JSON");
        assert_eq!(seen["basic"], json!({"username": "a", "password": "b:c"}));
        for name in ["json", "bearer", "content_type"] {
            assert_eq!(seen.get(name), None, "{name}");
        }
    }
}
