//! What varies by its look or by its name, where no contract says so. Rather too little than too much is taken
//! for varying: what is missed is found out by a second recording, what is taken in vain is never compared again.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles them")]
fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a regular expression")
}

const LOCAL_TIME: &str = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[+-]\d{2}:?\d{2}| ?Z| ?UTC)?$";
const HTTP_DATE: &str =
    r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (GMT|UTC|[+-]\d{4})$";
const JWT: &str = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$";
const OBJECT_ID: &str = "^[0-9a-f]{24}$";
const ULID: &str = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$";
const HEX: &str = "^[0-9a-fA-F]+$";

static LOCAL_TIMES: LazyLock<Regex> = LazyLock::new(|| regex(LOCAL_TIME));
static HTTP_DATES: LazyLock<Regex> = LazyLock::new(|| regex(HTTP_DATE));
static JWTS: LazyLock<Regex> = LazyLock::new(|| regex(&format!("^eyJ{}", JWT.trim_start_matches('^'))));
static OBJECT_IDS: LazyLock<Regex> = LazyLock::new(|| regex(OBJECT_ID));
static ULIDS: LazyLock<Regex> = LazyLock::new(|| regex(ULID));

/// What a text looks like that is another one each time: what to match it by, and what to call it.
pub(super) fn of_text(text: &str) -> Option<(Value, &'static str)> {
    let pattern = |pattern: &str| json!({"pattern": pattern});
    let word = |word: &str| Value::from(word);
    let plain = text.len() <= 4096 && !text.contains('\n');
    if !plain || text.len() < 16 {
        return None;
    }
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match text {
        _ if crate::case::like::is("uuid", &word(text)) => Some((word("uuid"), "a UUID")),
        _ if crate::case::like::is("date-time", &word(text)) => Some((word("date-time"), "a date-time")),
        _ if LOCAL_TIMES.is_match(text) => Some((pattern(LOCAL_TIME), "a date and time")),
        _ if HTTP_DATES.is_match(text) => Some((pattern(HTTP_DATE), "a date of HTTP")),
        _ if JWTS.is_match(text) => Some((pattern(JWT), "a JSON Web Token")),
        _ if OBJECT_IDS.is_match(text) && digits > 4 => Some((pattern(OBJECT_ID), "an object id")),
        _ if ULIDS.is_match(text) && digits > 4 => Some((pattern(ULID), "a ULID")),
        _ if hex && text.len() >= 32 && digits > 4 && digits < text.len() => Some((pattern(HEX), "a hash or a token")),
        _ if is_random(text) => Some((word("string"), "a token")),
        _ => None,
    }
}

static VARYING_PARTS: LazyLock<Regex> = LazyLock::new(|| {
    let uuid = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
    let time = r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:?\d{2})?";
    regex(&format!("{uuid}|{time}"))
});

/// A pattern for a text with UUIDs or times in it; `None` where there are none.
pub(super) fn pattern(text: &str) -> Option<String> {
    let mut out = "^".to_owned();
    let mut last = 0;
    for found in VARYING_PARTS.find_iter(text) {
        out.push_str(&regex::escape(&text[last..found.start()]));
        out.push_str("[0-9A-Za-z:., +-]+");
        last = found.end();
    }
    out.push_str(&regex::escape(&text[last..]));
    out.push('$');
    (last > 0).then_some(out)
}

/// Whether letters of both cases and digits are mixed as no language mixes them.
fn is_random(text: &str) -> bool {
    let class = |byte: u8| match byte {
        b'a'..=b'z' => Some(0),
        b'A'..=b'Z' => Some(1),
        b'0'..=b'9' => Some(2),
        b'-' | b'_' | b'=' | b'+' => Some(3),
        _ => None,
    };
    let classes: Option<Vec<i32>> = text.bytes().map(class).collect();
    let Some(classes) = classes.filter(|classes| classes.len() >= 20) else { return false };
    let all = [0, 1, 2].iter().all(|class| classes.contains(class));
    let changes = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    all && changes * 3 >= classes.len()
}

/// Whether a value with this name is an identifier.
pub fn is_id_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(lower.as_str(), "id" | "_id" | "uuid" | "guid" | "key" | "uid")
        || ["_id", "-id", "_uuid", "_guid"].iter().any(|end| lower.ends_with(end))
        || ["Id", "ID", "Uuid", "Guid"].iter().any(|end| name.ends_with(end) && name.len() > end.len())
}

/// What a value varies for that has this name, whatever it looks like.
pub(super) fn of_name(name: &str, value: &Value) -> Option<&'static str> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let names = [
        "requestid",
        "xrequestid",
        "traceid",
        "spanid",
        "correlationid",
        "transactionid",
        "nonce",
        "etag",
        "csrf",
        "csrftoken",
        "nextcursor",
        "cursor",
        "nextpagetoken",
    ];
    if (value.is_string() || value.is_u64()) && names.contains(&plain.as_str()) {
        return Some("named like one of a kind");
    }
    is_epoch(name, &plain, value).then_some("seconds or milliseconds since 1970")
}

/// A number that is a moment between 2001 and 2100, where the name says so, too.
fn is_epoch(name: &str, plain: &str, value: &Value) -> bool {
    let Some(number) = value.as_f64().filter(|_| value.is_number()) else { return false };
    let moment = [1.0, 1e3, 1e6].iter().any(|unit| (1.0e9..4.2e9).contains(&(number / unit)));
    let words = ["timestamp", "ts", "time", "date", "exp", "iat", "nbf", "created", "updated", "modified", "expires"];
    let ends = ["time", "timestamp", "date"].iter().any(|end| plain.ends_with(end));
    moment && (words.contains(&plain) || ends || name.ends_with("_at") || name.ends_with("At"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_each_time_is_told_from_what_is_said() {
        for (text, expected) in [
            ("123e4567-e89b-12d3-a456-426614174000", Some("a UUID")),
            ("2026-01-01T00:00:00.123+01:00", Some("a date-time")),
            ("2026-01-01 00:00:00", Some("a date and time")),
            ("Wed, 25 Nov 2026 18:00:00 GMT", Some("a date of HTTP")),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1", Some("a JSON Web Token")),
            ("507f1f77bcf86cd799439011", Some("an object id")),
            ("01ARZ3NDEKTSV4RRFFQ69G5FAV", Some("a ULID")),
            ("9f86d081884c7d659a2feaa0c55ad015", Some("a hash or a token")),
            ("Xk29fLq8ZpW3nR7vT1yB", Some("a token")),
            ("2026-01-01", None),
            ("a chair of oak, made in 1950", None),
            ("getCustomerByIdAndName", None),
            ("red-leather-chair-with-4-legs", None),
            ("12345678901234567890123456789012", None),
        ] {
            assert_eq!(of_text(text).map(|(_, said)| said), expected, "{text}");
        }
        for (name, value, expected) in [
            ("created_at", json!(1_764_000_000), true),
            ("createdAt", json!(1_764_000_000_123_u64), true),
            ("exp", json!(1_764_000_000), true),
            ("price", json!(1_764_000_000), false),
            ("created_at", json!(7), false),
            ("requestId", json!("a"), true),
            ("X-Request-ID", json!("a"), true),
            ("request", json!("a"), false),
        ] {
            assert_eq!(of_name(name, &value).is_some(), expected, "{name}: {value}");
        }
        for (name, expected) in [("id", true), ("orderId", true), ("order_id", true), ("paid", false), ("valid", false)]
        {
            assert_eq!(is_id_name(name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_recognised_is_matched() {
        for text in ["2026-01-01 00:00:00", "Wed, 25 Nov 2026 18:00:00 GMT", "507f1f77bcf86cd799439011"] {
            let (matcher, _) = of_text(text).expect("recognised");
            let schema = jsonschema::draft202012::new(&matcher).expect("a schema");
            assert!(schema.is_valid(&json!(text)), "{matcher}");
        }
    }
}
