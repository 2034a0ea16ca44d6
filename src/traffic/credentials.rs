//! What in an exchange is a secret, told by where it stands and what it is called.

use std::sync::Arc;

use base64::Engine as _;
use serde_json::Value;

use crate::exchange::{Headers, Redactor, Request, Response, SHORTEST_SECRET, Secret};

/// So many different secrets are known at a time; with more, those of earlier entries are forgotten.
const MOST: usize = 400;

/// Cookies as long as this that look random are secrets, whatever they are called.
const RANDOM_COOKIE: usize = 16;

/// What stands where a cookie's value was.
const BLANK: &str = "***";

/// Names whose values are secrets: whole words of a field's or parameter's name.
const WORDS: &[&str] = &[
    "authorization",
    "token",
    "secret",
    "password",
    "passphrase",
    "passcode",
    "passwd",
    "pwd",
    "apikey",
    "session",
    "sessionid",
    "credential",
    "credentials",
    "signature",
    "sig",
    "jwt",
    "bearer",
    "csrf",
    "xsrf",
    "assertion",
    "otp",
    "pin",
    "cvv",
    "cvc",
];

/// Names of two words, joined in whatever way.
const PAIRS: &[&str] = &[
    "apikey",
    "accesskey",
    "privatekey",
    "authkey",
    "subscriptionkey",
    "clientsecret",
    "sessionid",
    "authcode",
    "keyid",
];

/// Learns the secrets of exchanges, so that no output shows them.
#[derive(Debug)]
pub struct Credentials {
    redactor: Arc<Redactor>,
    learnt: usize,
    /// Header fields, query parameters and cookies that the contract's security schemes name, lower case.
    named: Vec<String>,
    /// What was said to be secret from the start.
    given: Vec<Secret>,
}

impl Credentials {
    /// With the names that security schemes use, and values that are secret whatever they are called.
    pub fn new(named: impl IntoIterator<Item = String>, given: Vec<Secret>) -> Self {
        let named = named.into_iter().map(|name| name.to_ascii_lowercase()).collect();
        let mut credentials = Self { redactor: Arc::default(), learnt: 0, named, given };
        credentials.forget();
        credentials
    }

    /// Takes out all that was learnt and not forgotten.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    fn forget(&mut self) {
        self.redactor = Arc::new(Redactor::new());
        self.learnt = 0;
        self.given.iter().for_each(|secret| self.redactor.add(secret));
    }

    /// Learns the secrets of an exchange. Afterwards all of them are known, however many came before.
    pub fn learn(&mut self, request: &Request, response: Option<&Response>) {
        let mut found: Vec<String> = self.found(request, response).into_iter().map(|(_, value)| value).collect();
        found.retain(|secret| secret.len() >= SHORTEST_SECRET);
        found.sort_unstable();
        found.dedup();
        if self.learnt + found.iter().filter(|secret| !self.redactor.knows(secret)).count() > MOST {
            self.forget();
        }
        found.retain(|secret| !self.redactor.knows(secret));
        self.learnt += found.len();
        for secret in found {
            self.redactor.add(&Secret::new(secret));
        }
    }

    /// The secrets of an exchange, each with the name of what it is the value of.
    pub fn found(&self, request: &Request, response: Option<&Response>) -> Vec<(String, String)> {
        let mut found = Vec::new();
        self.of_headers(&request.headers, &mut found);
        self.of_pairs(request.query().unwrap_or_default(), &mut found);
        of_user_info(&request.url, &mut found);
        self.of_body(&request.headers, &request.body, &mut found);
        if let Some(response) = response {
            self.of_headers(&response.headers, &mut found);
            self.of_body(&response.headers, &response.body, &mut found);
        }
        // A flag is called what it is about, `has_password`; to take it out would blank every other one.
        found.retain(|(_, value)| !matches!(value.as_str(), "true" | "false" | "null"));
        found
    }

    /// Whether the value of a field, parameter or property of this name is a secret.
    pub fn is_secret(&self, name: &str) -> bool {
        let lower = name.to_ascii_lowercase();
        if self.named.contains(&lower) {
            return true;
        }
        // The fields of CORS speak of credentials and hold none (WHATWG Fetch, "HTTP responses").
        if lower.starts_with("access-control-") {
            return false;
        }
        let words = words(name);
        let joined = words.concat();
        let counted = matches!(joined.as_str(), "tokentype" | "maxtokens" | "passwordlength" | "tokencount")
            || words
                .iter()
                .any(|word| matches!(word.as_str(), "type" | "limit" | "count" | "expires" | "expiry" | "length"));
        !counted
            && (words.iter().any(|word| WORDS.contains(&word.as_str()))
                || PAIRS.iter().any(|pair| joined.contains(pair)))
    }

    fn of_headers(&self, headers: &Headers, found: &mut Vec<(String, String)>) {
        for (name, value) in headers.iter() {
            match name.to_ascii_lowercase().as_str() {
                "authorization" | "proxy-authorization" => of_authorization(&value, found),
                "cookie" => value.split(';').for_each(|pair| self.of_cookie(pair, found)),
                "set-cookie" => self.of_cookie(value.split(';').next().unwrap_or_default(), found),
                "location" | "content-location" | "refresh" => self.of_link(&value, found),
                _ if self.is_secret(name) => found.push((name.to_owned(), value.trim().to_owned())),
                _ => {}
            }
        }
    }

    /// What a URL says by the names of its parameters, in its fragment too (RFC 6749, section 4.2.2); and
    /// the code of an authorization, which comes with a `state` (section 4.1.2).
    fn of_link(&self, url: &str, found: &mut Vec<(String, String)>) {
        for pairs in url.split(['?', '#']).skip(1) {
            self.of_pairs(pairs, found);
            let value = |wanted: &str| {
                pairs.split('&').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == wanted)
            };
            if let (Some((name, code)), Some((state, mark))) = (value("code"), value("state")) {
                found.extend([(name.to_owned(), code.to_owned()), (state.to_owned(), mark.to_owned())]);
            }
        }
    }

    fn of_cookie(&self, pair: &str, found: &mut Vec<(String, String)>) {
        let Some((name, value)) = pair.split_once('=') else { return };
        let value = value.trim().trim_matches('"');
        let name = name.trim();
        if self.is_secret(name) || Self::opens_session(name) || looks_random(value) {
            found.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Whether a cookie of this name says who somebody is: `PHPSESSID`, `connect.sid`, `remember_me`.
    pub fn opens_session(name: &str) -> bool {
        let words = words(name);
        let joined = words.concat();
        let known =
            |word: &String| matches!(word.as_str(), "auth" | "sso" | "remember" | "login" | "ticket" | "identity");
        let stem = joined.trim_end_matches(|c: char| c.is_ascii_digit());
        joined.contains("sess") || stem.ends_with("sid") || words.iter().any(known)
    }

    /// The values of cookies blanked where they stand: they tell who somebody is, even where the same
    /// text elsewhere is no secret.
    pub fn blank_cookies(headers: &mut Headers) {
        if !headers.contains("cookie") && !headers.contains("set-cookie") {
            return;
        }
        let fields = headers.raw().map(|(name, value)| {
            let text = || String::from_utf8_lossy(value);
            let blanked = match name.to_ascii_lowercase().as_str() {
                "cookie" => text().split(';').map(blank_cookie).collect::<Vec<_>>().join(";").into_bytes(),
                "set-cookie" => {
                    let text = text();
                    let (pair, attributes) = text.split_at(text.find(';').unwrap_or(text.len()));
                    format!("{}{attributes}", blank_cookie(pair)).into_bytes()
                }
                _ => value.to_vec(),
            };
            (name.to_owned(), blanked)
        });
        *headers = fields.collect();
    }

    fn of_pairs(&self, pairs: &str, found: &mut Vec<(String, String)>) {
        for pair in pairs.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if self.is_secret(name) || name.eq_ignore_ascii_case("key") {
                let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
                found.extend(decoded.map(|(_, value)| (name.to_owned(), value.into_owned())));
                found.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn of_body(&self, headers: &Headers, body: &[u8], found: &mut Vec<(String, String)>) {
        let media = headers.get("content-type").unwrap_or_default().to_ascii_lowercase();
        if media.contains("urlencoded") {
            self.of_pairs(&String::from_utf8_lossy(body), found);
        } else if media.contains("json")
            && let Ok(value) = serde_json::from_slice::<Value>(body)
        {
            self.of_value(&value, found);
        }
    }

    fn of_value(&self, value: &Value, found: &mut Vec<(String, String)>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.of_value(item, found)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(text) if self.is_secret(name) => found.push((name.clone(), text.clone())),
                        Value::Number(number) if self.is_secret(name) => found.push((name.clone(), number.to_string())),
                        _ => self.of_value(value, found),
                    }
                }
            }
            _ => {}
        }
    }
}

fn blank_cookie(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, value)) if !value.trim().is_empty() => format!("{name}={BLANK}"),
        _ => pair.to_owned(),
    }
}

/// Whether a value looks drawn at random: long, without blanks, of letters and digits.
fn looks_random(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let upper = value.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = value.bytes().any(|byte| byte.is_ascii_lowercase());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_.%:-~|".contains(&byte);
    value.len() >= RANDOM_COOKIE
        && value.bytes().all(plain)
        && (digits >= 2 && (upper || lower) || digits == value.len() || upper && lower && digits >= 1)
}

fn of_user_info(url: &str, found: &mut Vec<(String, String)>) {
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    if let Some((user, _)) = authority.and_then(|authority| authority.rsplit_once('@')) {
        found.extend(user.split_once(':').map(|(_, password)| ("password".to_owned(), password.to_owned())));
    }
}

fn of_authorization(value: &str, found: &mut Vec<(String, String)>) {
    let (scheme, rest) = value.trim().split_once(' ').unwrap_or(("", value.trim()));
    let rest = rest.trim();
    found.push(("authorization".to_owned(), rest.to_owned()));
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded =
            base64::engine::general_purpose::STANDARD.decode(rest).ok().and_then(|d| String::from_utf8(d).ok());
        found.extend(decoded.and_then(|pair| Some(("password".to_owned(), pair.split_once(':')?.1.to_owned()))));
    }
}

/// The words of a name, lower case: `X-Api-Key`, `access_token`, `clientSecret`.
fn words(name: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut before = ' ';
    for character in name.chars() {
        let starts = character.is_ascii_uppercase() && before.is_ascii_lowercase();
        if !character.is_ascii_alphanumeric() || starts {
            all.push(String::new());
        }
        if character.is_ascii_alphanumeric()
            && let Some(word) = all.last_mut()
        {
            word.push(character.to_ascii_lowercase());
        }
        before = character;
    }
    all.retain(|word| !word.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_secret() {
        let credentials = Credentials::new(["Tenant".to_owned()], Vec::new());
        for name in
            ["X-Api-Key", "apiKey", "access_token", "clientSecret", "PASSWORD", "tenant", "x-csrf-token", "sid_session"]
        {
            assert!(credentials.is_secret(name), "{name}");
        }
        for name in ["id", "name", "token_type", "max_tokens", "Accept", "key", "sign", "expires_token_at_expiry"] {
            assert!(!credentials.is_secret(name), "{name}");
        }
    }

    #[test]
    fn flags_and_the_fields_of_cors_are_no_secrets() {
        let credentials = Credentials::new([], Vec::new());
        assert!(!credentials.is_secret("Access-Control-Allow-Credentials"));
        let request = Request {
            method: "GET".into(),
            url: "https://h/?reset_password=true&password=true-love".into(),
            headers: Headers::new(),
            body: bytes::Bytes::new(),
        };
        let headers = [("Access-Control-Allow-Credentials", "true")].into_iter().collect();
        let response = Response { status: 200, headers, body: bytes::Bytes::new() };
        let found = credentials.found(&request, Some(&response));
        assert!(!found.is_empty() && found.iter().all(|(_, value)| value == "true-love"), "{found:?}");
    }

    #[test]
    fn the_secrets_of_an_exchange_are_learnt_from_everywhere() {
        let mut credentials = Credentials::new([], Vec::new());
        let headers = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<Headers>();
        let request = Request {
            method: "POST".into(),
            url: "https://me:hunter2!@h/?api_key=k%2Fey-1&page=second".into(),
            headers: headers(&[
                ("Authorization", "Basic dXNlcjpvcGVuLXNlc2FtZQ=="),
                ("Cookie", "lang=nl; sid=abc123def; theme=midnight; x=Zk3v9Qm2Lw8Rt5Yp"),
                ("Content-Type", "application/x-www-form-urlencoded"),
            ]),
            body: "password=pass-1word&name=visible".into(),
        };
        let response = Response {
            status: 200,
            headers: headers(&[
                ("Set-Cookie", "sid2=fresh-cookie; Path=/"),
                ("Content-Type", "application/json"),
                ("Location", "https://a/cb?code=auth-c0de&state=st4te-mark#access_token=fr4gment"),
            ]),
            body: r#"{"data": [{"refresh_token": "r3fr3sh", "token_type": "bearer", "pin": 123456}]}"#.into(),
        };
        credentials.learn(&request, Some(&response));
        for secret in [
            "hunter2!",
            "k/ey-1",
            "open-sesame",
            "dXNlcjpvcGVuLXNlc2FtZQ==",
            "abc123def",
            "Zk3v9Qm2Lw8Rt5Yp",
            "pass-1word",
            "fresh-cookie",
            "r3fr3sh",
            "123456",
            "auth-c0de",
            "st4te-mark",
            "fr4gment",
        ] {
            assert_eq!(credentials.redactor().redact(secret), "***", "{secret}");
        }
        for shown in ["visible", "second", "bearer", "/", "nl", "midnight"] {
            assert_eq!(credentials.redactor().redact(shown), shown);
        }
    }

    #[test]
    fn cookies_are_blanked_where_they_stand() {
        let mut headers: Headers = [
            ("Cookie", "lang=nl; theme=midnight; flag"),
            ("Set-Cookie", "a=b=c; Path=/; Max-Age=1"),
            ("Set-Cookie", "gone=; Path=/"),
            ("X", "lang=nl"),
        ]
        .into_iter()
        .collect();
        Credentials::blank_cookies(&mut headers);
        let values: Vec<_> = headers.iter().map(|(_, value)| value.into_owned()).collect();
        assert_eq!(values, ["lang=***; theme=***; flag", "a=***; Path=/; Max-Age=1", "gone=; Path=/", "lang=nl"]);
    }

    #[test]
    fn secrets_without_end_take_no_memory_without_end() {
        let mut credentials = Credentials::new([], vec![Secret::new("given-value")]);
        for number in 0..1000 {
            let headers = [("Authorization", format!("Bearer token-{number:05}"))].into_iter().collect();
            let request = Request { method: "GET".into(), url: "http://h/".into(), headers, body: bytes::Bytes::new() };
            credentials.learn(&request, None);
            let shown = credentials.redactor().redact(&format!("token-{number:05} given-value"));
            assert_eq!(shown, "*** ***");
        }
        assert!(credentials.learnt <= MOST);
    }
}
