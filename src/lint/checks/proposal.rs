//! What a sentence of a description says, as keywords of a schema.

use serde_json::{Map, Value, json};

use crate::lint::Change;

/// What a promise is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Time,
    Uuid,
    Email,
    Affix,
    Letters,
    Longest,
    Largest,
    Smallest,
    MostItems,
    Unique,
    Values,
    ReadOnly,
    Always,
    NotEmpty,
}

/// What would say it: keywords with their values where the sentence names them, else the keyword
/// whose value a person has to find. `after` is the sentence from the promising words on.
pub(super) fn change(says: Says, sentence: &str, words: &str, types: &[&str]) -> Change {
    let is = |name: &str| types.contains(&name);
    let lower = sentence.to_ascii_lowercase();
    let after = lower.find(words).map_or("", |at| &sentence[at + words.len()..]);
    let found = match says {
        Says::Time => Some(("format", json!(time(&lower)))),
        Says::Uuid => Some(("format", json!("uuid"))),
        Says::Email => Some(("format", json!("email"))),
        Says::Affix => marked(after).first().map(|text| ("pattern", json!(affix(words, text)))),
        Says::Letters => letters(&lower).map(|pattern| ("pattern", json!(pattern))),
        Says::Longest => number(after, &lower).map(|most| ("maxLength", json!(most))),
        Says::MostItems => number(after, &lower).map(|most| ("maxItems", json!(most))),
        Says::Largest | Says::Smallest if words == "must be between" => return between(after),
        Says::Largest => number(after, &lower).and_then(|most| match words {
            "must be less than" if is("integer") => Some(("maximum", json!(most.checked_sub(1)?))),
            "must be less than" => None,
            _ => Some(("maximum", json!(most))),
        }),
        Says::Smallest => smallest(words, number(after, &lower), is("integer")),
        Says::Unique => Some(("uniqueItems", json!(true))),
        Says::Values => {
            Some(marked(after)).filter(|values| values.len() > 1).map(|values| ("enum", typed(&values, types)))
        }
        Says::ReadOnly => lower.contains("read").then(|| ("readOnly", json!(true))),
        Says::Always => always(after).map(|value| ("enum", typed(&[value], types))),
        Says::NotEmpty if is("array") => Some(("minItems", json!(1))),
        Says::NotEmpty => Some(("minLength", json!(1))),
    };
    match found {
        Some((keyword, value)) => update([(keyword, value)]),
        None => Change::Ask(asked(says)),
    }
}

/// The keyword whose value is missing.
pub(super) fn asked(says: Says) -> &'static str {
    match says {
        Says::Time | Says::Uuid | Says::Email => "format",
        Says::Affix | Says::Letters => "pattern",
        Says::Longest => "maxLength",
        Says::Largest => "maximum",
        Says::Smallest => "minimum",
        Says::MostItems => "maxItems",
        Says::Unique => "uniqueItems",
        Says::Values | Says::Always => "enum",
        Says::ReadOnly => "readOnly",
        Says::NotEmpty => "minLength",
    }
}

fn update<const N: usize>(fields: [(&str, Value); N]) -> Change {
    Change::Update(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
}

/// A day is only meant where nothing is said of time.
fn time(sentence: &str) -> &'static str {
    let has = |word: &str| sentence.contains(word);
    match () {
        () if has("hh") || has("time") => "date-time",
        () if has("rfc") && !has(" date") => "date-time",
        () if has("duration") => "duration",
        () if has("yyyy-mm-dd") || has(" date") || has("day") => "date",
        () => "date-time",
    }
}

/// The value that something always is: what is marked right behind, a number, a truth value, or a word
/// in capitals.
fn always(after: &str) -> Option<&str> {
    let after = after.trim_start();
    if after.starts_with(['`', '"', '“']) {
        return marked(after).first().copied();
    }
    let word = after.split([' ', ',', ')']).next()?.trim_end_matches('.');
    let is_number = word.parse::<f64>().is_ok();
    let is_constant = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    (is_number || is_constant || word == "true" || word == "false").then_some(word)
}

fn affix(words: &str, text: &str) -> String {
    let text = regex::escape(text);
    if words.starts_with("end") { format!("{text}$") } else { format!("^{text}") }
}

fn letters(sentence: &str) -> Option<&'static str> {
    let known = [
        ("hexadecimal", "^[0-9A-Fa-f]+$"),
        ("alphanumeric characters", "^[A-Za-z0-9]+$"),
        ("only letters and digits", "^[A-Za-z0-9]+$"),
        ("only letters and numbers", "^[A-Za-z0-9]+$"),
    ];
    known.into_iter().find(|(words, _)| sentence.contains(words)).map(|(_, pattern)| pattern)
}

fn smallest(words: &str, named: Option<u64>, is_integer: bool) -> Option<(&'static str, Value)> {
    match words {
        "non-negative" => Some(("minimum", json!(0))),
        "positive integer" => Some(("minimum", json!(1))),
        "must be positive" => is_integer.then(|| ("minimum", json!(1))),
        "must be greater than" => named.filter(|_| is_integer).map(|least| ("minimum", json!(least.saturating_add(1)))),
        _ => named.map(|least| ("minimum", json!(least))),
    }
}

fn between(after: &str) -> Change {
    match numbers(after).as_slice() {
        [least, most, ..] if least <= most => update([("minimum", json!(least)), ("maximum", json!(most))]),
        _ => Change::Ask("minimum"),
    }
}

/// The number that follows the words, else the one of a sentence with one number only.
fn number(after: &str, sentence: &str) -> Option<u64> {
    numbers(after).first().copied().or_else(|| match numbers(sentence).as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}

/// Whole numbers that stand alone, commas between thousands.
pub(super) fn numbers(text: &str) -> Vec<u64> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, ',' | '.' | '-' | '_' | '%')));
    let plain = words.map(|word| word.trim_matches([',', '.']).replace(',', ""));
    plain.filter(|word| word.bytes().all(|byte| byte.is_ascii_digit())).filter_map(|word| word.parse().ok()).collect()
}

/// What stands in backticks or in quotes.
pub(super) fn marked(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['`', '"', '“']) {
        let opening = rest[start..].chars().next().unwrap_or('`');
        let closing = if opening == '“' { '”' } else { opening };
        let inner = &rest[start + opening.len_utf8()..];
        let Some(end) = inner.find(closing) else { break };
        if end > 0 && !found.contains(&&inner[..end]) {
            found.push(&inner[..end]);
        }
        rest = &inner[end + closing.len_utf8()..];
    }
    found
}

/// Values as the schema's type has them.
fn typed(values: &[&str], types: &[&str]) -> Value {
    let one = |text: &&str| {
        // `"card"` is the text without its quotes.
        let text = &text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let is = |name: &str| types.contains(&name);
        let read = || serde_json::from_str::<Value>(text).ok();
        match read() {
            Some(Value::Bool(value)) if is("boolean") => json!(value),
            Some(Value::Number(value)) if (is("integer") || is("number")) && !is("string") => json!(value),
            _ => json!(text),
        }
    };
    values.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_become_keywords() {
        for (says, sentence, words, types, expected) in [
            (Says::Longest, "At most 1,000 characters", "at most", "string", json!({"maxLength": 1000})),
            (Says::Longest, "255 characters or less", "characters or less", "string", json!({"maxLength": 255})),
            (Says::Longest, "It must not exceed the limit", "must not exceed", "string", json!("maxLength")),
            (Says::Largest, "It must be less than 10", "must be less than", "integer", json!({"maximum": 9})),
            (
                Says::Smallest,
                "must be between 1 and 50",
                "must be between",
                "integer",
                json!({"minimum": 1, "maximum": 50}),
            ),
            (Says::Affix, "It starts with `cus_`", "starts with", "string", json!({"pattern": "^cus_"})),
            (
                Says::Values,
                "Valid values are `a`, `b` and \"c d\"",
                "valid values are",
                "string",
                json!({"enum": ["a", "b", "c d"]}),
            ),
            (Says::Always, "This is always `true`", "always", "boolean", json!({"enum": [true]})),
            (Says::Always, "It is always there", "always", "string", json!("enum")),
            (Says::Always, "Always USD.", "always", "string", json!({"enum": ["USD"]})),
            (Says::Always, "It is always 3, today", "always", "integer", json!({"enum": [3]})),
            (Says::Time, "As YYYY-MM-DD", "yyyy-mm-dd", "string", json!({"format": "date"})),
            (Says::Time, "RFC 3339 date format", "rfc 3339", "string", json!({"format": "date"})),
            (Says::Time, "As RFC 3339", "rfc 3339", "string", json!({"format": "date-time"})),
            (Says::ReadOnly, "It is ignored", "is ignored", "string", json!("readOnly")),
            (Says::NotEmpty, "It cannot be empty", "cannot be empty", "array", json!({"minItems": 1})),
        ] {
            let expected = match expected {
                Value::Object(fields) => Change::Update(fields),
                keyword => Change::Ask(["maxLength", "enum", "readOnly"].into_iter().find(|k| keyword == *k).unwrap()),
            };
            assert_eq!(change(says, sentence, words, &[types]), expected, "{sentence}");
        }
    }
}
