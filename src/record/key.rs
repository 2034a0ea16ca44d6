//! When two exchanges are the same.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::Regex;
use serde_json::Value;

use super::contracts::path;
use crate::exchange::{Headers, MediaType, Request};

/// What is asked and what is answered, what varies left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) ask: String,
    pub(super) answer: String,
}

/// What stands for a part of a request or response that is named so.
pub(super) type Mask<'m> = &'m dyn Fn(&str, &str) -> String;

/// What a request asks, letter by letter: method, path, query in any order, body; and whether somebody says who
/// they are.
pub(super) fn literal(request: &Request, target: &str) -> String {
    let as_it_is = |_: &str, text: &str| text.to_owned();
    asked(request, target, &as_it_is, &as_it_is)
}

/// The same, by masks. A segment of the path has the name of the one before it.
pub(super) fn asked(request: &Request, target: &str, in_path: Mask<'_>, mask: Mask<'_>) -> String {
    let pair = |pair: &str| {
        let pair = decoded(&pair.replace('+', " "));
        match pair.split_once('=') {
            Some((name, value)) => format!("{name}={}", mask(name, value)),
            None => mask("", &pair),
        }
    };
    let mut pairs: Vec<String> =
        target.split_once('?').map(|(_, query)| query.split('&').map(pair).collect()).unwrap_or_default();
    pairs.sort_unstable();
    let mut before = String::new();
    let mut segments = Vec::new();
    for segment in path(target).split('/').map(decoded) {
        segments.push(in_path(&before, &segment));
        before = segment;
    }
    format!(
        "{} {}?{} {} {}",
        request.method,
        segments.join("/"),
        pairs.join("&"),
        if has_credentials(&request.headers) { "signed" } else { "unsigned" },
        body(&without_boundary(request), request.media_type(), mask)
    )
}

/// The path of a path and query.
pub(super) fn path_of(target: &str) -> &str {
    path(target)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Whether a request says who sends it.
pub(super) fn has_credentials(headers: &Headers) -> bool {
    headers.iter().any(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name == "authorization" || name == "cookie" || name.contains("api-key") || name.contains("token")
    })
}

/// The body; of a multipart one the boundary, which every client draws anew, is one word.
fn without_boundary(request: &Request) -> Cow<'_, [u8]> {
    let media = request.media_type().filter(MediaType::is_multipart);
    let boundary = media.as_ref().and_then(|media| media.parameter("boundary")).filter(|text| !text.is_empty());
    let Some(boundary) = boundary.map(str::as_bytes) else { return Cow::Borrowed(&request.body) };
    let (mut out, mut rest) = (Vec::with_capacity(request.body.len()), &request.body[..]);
    while let Some(at) = rest.windows(boundary.len()).position(|part| part == boundary) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(b"boundary");
        rest = &rest[at + boundary.len()..];
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

fn body(bytes: &[u8], media_type: Option<MediaType>, mask: Mask<'_>) -> String {
    let json = media_type.is_none_or(|media| media.is_json()).then(|| serde_json::from_slice::<Value>(bytes).ok());
    match json.flatten() {
        Some(value) => sorted("", &value, mask).to_string(),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => mask("", text),
            Err(_) => format!("{} bytes, {:08x}", bytes.len(), sum(bytes)),
        },
    }
}

/// A response's body that is no JSON.
pub(super) fn plain_body(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| format!("{} bytes, {:08x}", bytes.len(), sum(bytes)), masked)
}

fn sum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Keys in order, texts masked; a number that a mask knows is masked, too.
pub(super) fn sorted(name: &str, value: &Value, mask: Mask<'_>) -> Value {
    match value {
        Value::String(text) => Value::String(mask(name, text)),
        Value::Number(number) => {
            let text = number.to_string();
            let masked = mask(name, &text);
            if masked == text { value.clone() } else { Value::String(masked) }
        }
        Value::Array(items) => items.iter().map(|item| sorted(name, item, mask)).collect(),
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> =
                map.iter().map(|(key, value)| (key.clone(), sorted(key, value, mask))).collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().collect())
        }
        other => other.clone(),
    }
}

#[expect(clippy::expect_used, reason = "the pattern is a constant, and a test compiles it")]
static VARIES: LazyLock<Regex> = LazyLock::new(|| {
    let uuid = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
    let time = r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})?";
    Regex::new(&format!("{uuid}|{time}")).expect("a regular expression")
});

/// UUIDs and times by their form alone.
pub(super) fn masked(text: &str) -> String {
    VARIES.replace_all(text, "~").into_owned()
}

/// Which exchanges of a recording are new, next to those that are kept already.
///
/// An answer that is repeated is the same exchange; an answer that changes is another, also where it
/// changes back. What a second recording of the same traffic brings is known.
pub(super) fn new_ones(kept: &[Key], recorded: &[Key]) -> Vec<bool> {
    let mut known: HashMap<&str, Vec<&str>> = HashMap::new();
    for key in kept {
        push(known.entry(&key.ask).or_default(), &key.answer);
    }
    let mut came: HashMap<&str, Vec<(usize, &str)>> = HashMap::new();
    for (at, key) in recorded.iter().enumerate() {
        let answers = came.entry(&key.ask).or_default();
        if answers.last().is_none_or(|(_, last)| *last != key.answer) {
            answers.push((at, &key.answer));
        }
    }
    let mut new = vec![false; recorded.len()];
    for (ask, answers) in came {
        let before = known.get(ask).map_or(&[][..], Vec::as_slice);
        let texts: Vec<&str> = answers.iter().map(|(_, answer)| *answer).collect();
        if before.windows(texts.len()).any(|window| window == texts) {
            continue;
        }
        // What the last ones before and the first ones now have in common happened once.
        let common = (0..=texts.len().min(before.len())).rev().find(|n| before[before.len() - n..] == texts[..*n]);
        for (at, _) in &answers[common.unwrap_or_default()..] {
            new[*at] = true;
        }
    }
    new
}

fn push<'a>(answers: &mut Vec<&'a str>, answer: &'a str) {
    if answers.last() != Some(&answer) {
        answers.push(answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_repeated_is_written_once() {
        let keys = |text: &str| -> Vec<Key> {
            text.split_whitespace()
                .map(|word| {
                    let (ask, answer) = word.split_at(1);
                    Key { ask: ask.to_owned(), answer: answer.to_owned() }
                })
                .collect()
        };
        for (kept, recorded, expected) in [
            ("", "a1 a1 b1 a2 a1", "10111"),
            ("a1 a2 a1", "a1 a2 a1", "000"),
            ("a1 a2 a1", "a1 a1", "00"),
            ("a1", "a1 a2", "01"),
            ("a1", "a2 b1", "11"),
            ("a1 a2", "a2 a1", "01"),
        ] {
            let new: String =
                new_ones(&keys(kept), &keys(recorded)).into_iter().map(|new| if new { '1' } else { '0' }).collect();
            assert_eq!(new, expected, "{kept} + {recorded}");
        }
    }

    #[test]
    fn what_varies_by_its_form_does_not_make_another_exchange() {
        let value = serde_json::json!({"b": "123e4567-e89b-12d3-a456-426614174000", "a": "at 2026-01-01T00:00:00Z"});
        assert_eq!(sorted("", &value, &|_, text| masked(text)).to_string(), r#"{"a":"at ~","b":"~"}"#);
    }
}
