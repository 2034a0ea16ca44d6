//! Whether a JSON text says no more than its value does, and which form a body has.

use serde_json::Value;

use crate::exchange::MediaType;

/// A body as a case file holds it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Nothing,
    Json(Value),
    Text(String),
    Bytes,
}

/// The deepest JSON that is written as YAML.
const DEEPEST: usize = 90;
/// The longest text in which braces are escaped, and the most of them: each is an expression to evaluate.
const LONGEST_ESCAPED: usize = 512 << 10;
const MOST_ESCAPED: usize = 1000;

/// The most readable form of a body that is read as the same.
pub(super) fn form(body: &[u8], media_type: Option<&MediaType>) -> Form {
    if body.is_empty() {
        return Form::Nothing;
    }
    let Ok(text) = std::str::from_utf8(body) else { return Form::Bytes };
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.chars().any(control) || !escapable(text) {
        return Form::Bytes;
    }
    if media_type.is_some_and(MediaType::is_json)
        && let Ok(value) = serde_json::from_str::<Value>(text)
        && depth(&value) <= DEEPEST
        && says_no_more(text, &value)
    {
        return Form::Json(value);
    }
    Form::Text(text.to_owned())
}

fn escapable(text: &str) -> bool {
    let braces = text.matches("{{").count() + text.matches("{%").count();
    braces == 0 || (braces <= MOST_ESCAPED && text.len() <= LONGEST_ESCAPED)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// Whether writing `value` gives `text` again but for white space, escapes in strings and the
/// spelling of numbers: no key stands twice, no number loses digits.
fn says_no_more(text: &str, value: &Value) -> bool {
    let written = value.to_string();
    let (mut left, mut right) = (Tokens(text.as_bytes()), Tokens(written.as_bytes()));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || same_string(a, b) || same_number(a, b) => {}
            _ => return false,
        }
    }
}

fn same_string(a: &[u8], b: &[u8]) -> bool {
    let read = |token: &[u8]| serde_json::from_slice::<String>(token).ok();
    a.starts_with(b"\"") && b.starts_with(b"\"") && read(a).is_some_and(|text| Some(text) == read(b))
}

fn same_number(a: &[u8], b: &[u8]) -> bool {
    // `1` and `1.0` are told apart by some servers.
    let whole = |token: &[u8]| !token.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    whole(a) == whole(b) && decimal(a).is_some_and(|number| Some(number) == decimal(b))
}

/// Sign, digits without zeros at their ends, and the power of ten.
fn decimal(token: &[u8]) -> Option<(bool, String, i64)> {
    let text = std::str::from_utf8(token).ok()?;
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent: i64 = exponent.parse().ok()?;
    let significant = digits.trim_end_matches('0');
    let dropped = i64::try_from(digits.len() - significant.len()).ok()?;
    let power = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?.checked_add(dropped)?;
    let significant = significant.trim_start_matches('0');
    Some((negative, significant.to_owned(), if significant.is_empty() { 0 } else { power }))
}

/// The tokens of a JSON text that is known to be one.
struct Tokens<'a>(&'a [u8]);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.0.trim_ascii_start();
        let first = *text.first()?;
        let length = match first {
            b'"' => string_length(text),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => {
                let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b':') || byte.is_ascii_whitespace();
                text.iter().position(ends).unwrap_or(text.len())
            }
        };
        let (token, rest) = text.split_at(length.clamp(1, text.len()));
        self.0 = rest;
        Some(token)
    }
}

fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_taken_for_its_value_where_nothing_is_lost() {
        let json = MediaType::parse("application/json").expect("a media type");
        for (text, expected) in [
            (r#"{ "a": [1, 2.50, "\u00e9\/", true, null] }"#, true),
            ("1e2", true),
            ("1.0", true),
            ("-0", false),
            ("0.0", true),
            (r#"{"a": 1, "a": 2}"#, false),
            ("12345678901234567890123", false),
            ("0.1234567890123456789012", false),
            ("1E400", false),
            ("{", false),
        ] {
            assert_eq!(matches!(form(text.as_bytes(), Some(&json)), Form::Json(_)), expected, "{text}");
        }
        assert_eq!(form(b"{}", None), Form::Text("{}".to_owned()));
        assert_eq!(form(b"\x00", None), Form::Bytes);
        assert_eq!(form("{{".repeat(2000).as_bytes(), None), Form::Bytes);
    }
}
