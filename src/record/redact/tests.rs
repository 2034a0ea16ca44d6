//! The room as a whole: planted secrets in every place and encoding.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::*;
use crate::contract::{Alone, Contract, Parts};
use crate::exchange::{Request, Response};
use crate::source::Source;

fn exchange(url: &str, headers: &[(&str, &str)], body: &str, answered: &[(&str, &str)], answer: &str) -> Exchange {
    Exchange {
        request: Request {
            method: "POST".into(),
            url: url.into(),
            headers: headers.iter().map(|(name, value)| (*name, *value)).collect(),
            body: body.to_owned().into(),
        },
        response: Response {
            status: 200,
            headers: answered.iter().map(|(name, value)| (*name, *value)).collect(),
            body: answer.to_owned().into(),
        },
        elapsed: Duration::ZERO,
    }
}

fn shown(exchange: &Exchange) -> String {
    let fields = |headers: &Headers| {
        let lines: Vec<String> = headers
            .iter()
            .map(|(name, value)| {
                format!(
                    "{name}: {value}
"
                )
            })
            .collect();
        lines.concat()
    };
    format!(
        "{}\n{}{}\n{}{}",
        exchange.request.url,
        fields(&exchange.request.headers),
        String::from_utf8_lossy(&exchange.request.body),
        fields(&exchange.response.headers),
        String::from_utf8_lossy(&exchange.response.body)
    )
}

/// The same with the digits of its escapes in lower case.
fn lower_escapes(encoded: &str) -> String {
    let mut pieces = encoded.split('%');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |out, piece| format!("{out}%{}{}", piece[..2].to_ascii_lowercase(), &piece[2..]))
}

fn plain() -> Redact {
    Redact::new([], Vec::new(), Vec::new())
}

#[test]
fn planted_secrets_are_found_in_no_encoding() {
    let secrets = [
        ("token", "s3cr3t/Pl+nted=Tok\"en<&>"),
        ("password", "hunter2-Åé\\x"),
        ("api_key", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
        ("note", "ann.smith@corp.example.com"),
        ("card", "4242424242424242"),
        ("contact", "+31 6 1234 5678"),
        ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r"),
    ];
    let redact = plain();
    for (name, secret) in secrets {
        let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let lower = lower_escapes(&encoded);
        let url = format!("https://h/v1/users/{encoded}?{name}={encoded}&q={lower}");
        let inner = json!({name: secret}).to_string();
        let body = json!({name: secret, "list": [{"deep": {name: secret}}], "inner": inner, "base64": STANDARD.encode(secret),
            "text": format!("so {secret} it is"), secret: 1});
        let basic = format!("Basic {}", STANDARD.encode(format!("user:{secret}")));
        let cookie = format!("sid={encoded}; theme=dark");
        let form = format!("{name}={encoded}&x=1");
        let xml = format!("<a><{name}>x</{name}><b>{name}</b></a>");
        for (media, body) in
            [("application/json", body.to_string()), ("application/x-www-form-urlencoded", form), ("text/xml", xml)]
        {
            let sent = exchange(
                &url,
                &[
                    ("Authorization", &basic),
                    ("Cookie", &cookie),
                    ("Content-Type", media),
                    ("X-Note", &format!("for {encoded}")),
                ],
                &body,
                &[
                    ("Set-Cookie", &cookie),
                    ("Content-Type", "application/json"),
                    ("Location", &format!("/x?{name}={encoded}")),
                ],
                &json!({name: secret}).to_string(),
            );
            let (out, used) = redact.exchange(&sent);
            let out = shown(&out);
            let json_text = Value::from(secret).to_string();
            for form in [
                secret.to_owned(),
                encoded.clone(),
                lower.clone(),
                STANDARD.encode(secret).trim_end_matches('=').to_owned(),
                json_text[1..json_text.len() - 1].to_owned(),
                Value::from(json_text.as_str()).to_string().trim_matches(['"', '\\']).to_owned(),
            ] {
                assert!(!out.contains(&form), "{name}: {form}\n{out}");
            }
            assert!(!used.is_empty());
        }
    }
}

#[test]
fn the_same_value_has_one_placeholder_in_all_exchanges() {
    let redact = plain();
    let token = "t0ken-of-Ann-9x8y7z";
    let login = exchange(
        "http://h/login",
        &[],
        "",
        &[("content-type", "application/json")],
        &json!({"access_token": token}).to_string(),
    );
    let (out, used) = redact.exchange(&login);
    let body: Value = serde_json::from_slice(&out.response.body).expect("JSON");
    assert_eq!(body["access_token"], json!(used[0].text));
    let (out, again) =
        redact.exchange(&exchange("http://h/me", &[("authorization", &format!("Bearer {token}"))], "", &[], ""));
    assert_eq!(out.request.headers.get("authorization").as_deref(), Some(format!("Bearer {}", used[0].text).as_str()));
    assert_eq!((used.len(), again), (1, used));
}

#[test]
fn what_is_no_secret_is_not_touched() {
    let body = "{ \"id\": \"123e4567-e89b-12d3-a456-426614174000\", \"n\": 1.50, \"at\": \"2026-01-01T00:00:00Z\",\n \"name\": \"VIP\" }";
    let sent = exchange(
        "http://h/groups/7?limit=10&q=a+b",
        &[
            ("content-type", "application/json"),
            ("user-agent", "curl/8.0"),
            ("etag", "\"33a64df551425fcc55e4d42a148795d9f25f89d4\""),
        ],
        body,
        &[("content-type", "text/html")],
        "<html><p>hi</p></html>",
    );
    assert_eq!(plain().exchange(&sent), (sent, Vec::new()));
}

#[test]
fn the_contract_says_what_is_secret_and_what_is_not() {
    let document = r"
openapi: 3.1.0
info: { title: T, version: '1' }
paths: {}
components:
  schemas:
    Me:
      properties:
        losung: { type: string, format: password }
        secret: { enum: [alpha1, beta22] }
";
    let parts = Parts { name: "t".into(), document: Source::new("t.yaml", document), overlay: None, promises: None };
    let contract = Contract::load(parts, &Alone).expect("a contract").0;
    let redact = Redact::new([&contract], Vec::new(), Vec::new());
    let body = json!({"losung": "OpenSesame", "secret": "alpha1", "api_key_required": false, "rel": "/items/a92d898c-bc42-4dca-b078-efc09d459da2"});
    redact.reserve(&["LOSUNG_4".to_owned()]);
    let (out, used) =
        redact.exchange(&exchange("http://h/", &[], "", &[("content-type", "application/json")], &body.to_string()));
    let out: Value = serde_json::from_slice(&out.response.body).expect("JSON");
    assert_ne!(out["losung"], body["losung"]);
    for kept in ["secret", "api_key_required", "rel"] {
        assert_eq!(out[kept], body[kept]);
    }
    assert_eq!(used.iter().map(|placeholder| placeholder.name.as_str()).collect::<Vec<_>>(), ["LOSUNG_5"]);
}

#[test]
fn patterns_keep_and_redact() {
    let pattern = |text: &str| Pattern::parse(text).expect("a pattern");
    let redact = Redact::new([], vec![pattern("*token*"), pattern("/@public\\.example$/")], vec![pattern("Nickname")]);
    let body = json!({"token": "keep-me-1234567", "mail": "a@public.example", "other": "b@private.example", "nickname": "annie"});
    let (out, used) =
        redact.exchange(&exchange("http://h/", &[("content-type", "application/json")], &body.to_string(), &[], ""));
    let out: Value = serde_json::from_slice(&out.request.body).expect("JSON");
    assert_eq!((&out["token"], &out["mail"]), (&body["token"], &body["mail"]));
    assert_ne!(out["nickname"], body["nickname"]);
    assert_eq!(out["other"], json!("email-1@redacted.example"));
    assert_eq!(used.len(), 1, "a name too short to be found again has no variable: {used:?}");
    assert!(Pattern::parse("/(/").is_err() && Pattern::parse("").is_err());
}

#[test]
fn multipart_fields_go_by_their_names() {
    let body = "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nhunter2\r\n--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nok\r\n--b--\r\n";
    let (out, _) =
        plain().exchange(&exchange("http://h/", &[("content-type", "multipart/form-data; boundary=b")], body, &[], ""));
    let out = String::from_utf8_lossy(&out.request.body).into_owned();
    assert!(!out.contains("hunter2") && out.contains("ok") && out.len() == body.len(), "{out}");
}
