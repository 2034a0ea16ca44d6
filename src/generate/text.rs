//! Strings: patterns, formats, lengths, and what a property's name says about them.

use std::borrow::Cow;

use base64::Engine as _;
use serde_json::{Map, Value};

use super::hint::Hint;
use super::pattern::{self, Sampler};
use super::rng::Rng;
use super::said;
use crate::contract::pattern_as_written;

/// Where schemas that are folded into one keep the patterns beside the first.
pub(super) const MORE_PATTERNS: &str = "x-countersign-patterns";

/// The longest string that is made, in characters.
const LONGEST: usize = 1 << 20;

pub(super) const FIRST_NAMES: &[&str] =
    &["Anna", "Jan", "Layla", "Omar", "Sophie", "Tomas", "Emma", "Yusuf", "Lotte", "Marek"];
pub(super) const LAST_NAMES: &[&str] =
    &["de Vries", "Novak", "Haddad", "Jansen", "Svoboda", "Bakker", "Khalil", "Visser"];
pub(super) const WORDS: &[&str] =
    &["amber", "bridge", "cedar", "delta", "ember", "field", "garden", "harbour", "island", "juniper", "meadow"];
pub(super) const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
pub(super) const TOKEN: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// A string that `schema` allows, as far as can be told, and its property's name suggests.
pub(super) fn string(schema: &Map<String, Value>, hint: &Hint<'_>, rng: &mut Rng) -> Option<String> {
    let length = |key: &str| schema.get(key).and_then(whole);
    let low = length("minLength").unwrap_or(0);
    let high = length("maxLength");
    if low > LONGEST || high.is_some_and(|high| low > high) {
        return None;
    }
    let format = schema.get("format").and_then(Value::as_str);
    if let Some(more) = schema.get(MORE_PATTERNS).and_then(Value::as_array) {
        let first = schema.get("pattern").into_iter();
        let all: Vec<Cow<'_, str>> = first.chain(more).filter_map(Value::as_str).map(pattern_as_written).collect();
        return all_matching(&all, low, high, rng);
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str).map(pattern_as_written) {
        let suggested = format.and_then(|format| both(format, &pattern, low, high, rng));
        let suggested = suggested.or_else(|| named(hint, &pattern, low, high, rng));
        return suggested.or_else(|| matching(&pattern, low, high, rng));
    }
    if format == Some("date") && within("0000-00-00", low, high) {
        return Some(said::dated(hint, rng));
    }
    if let Some(format) = format
        && let Some(text) = formatted(format, low, high, rng)
    {
        return Some(text);
    }
    if schema.get("contentEncoding").and_then(Value::as_str) == Some("base64") {
        return Some(base64(low, high, rng));
    }
    Some(fit(said::string(hint, rng), low, high, rng))
}

fn within(text: &str, low: usize, high: Option<usize>) -> bool {
    let length = text.chars().count();
    length >= low && high.is_none_or(|high| length <= high)
}

/// A length as JSON may write it: `3` or `3.0`.
pub(super) fn whole(value: &Value) -> Option<usize> {
    let number = value.as_u64().or_else(|| {
        let float = value.as_f64().filter(|float| *float >= 0.0 && float.fract() == 0.0 && *float < 1e15)?;
        format!("{float}").parse().ok()
    })?;
    usize::try_from(number).ok()
}

/// What a property of this name usually holds, where the pattern takes it: a pattern seldom says all
/// that a name does.
fn named(hint: &Hint<'_>, pattern: &str, low: usize, high: Option<usize>, rng: &mut Rng) -> Option<String> {
    if hint.is_time() || hint.last() == "date" {
        let timed = both("date-time", pattern, low, high, rng);
        return timed.or_else(|| both("date", pattern, low, high, rng));
    }
    said::known(hint, rng).filter(|text| within(text, low, high) && pattern::holds(pattern, text))
}

/// A string of the format that matches the pattern: a pattern seldom says all that a format does.
fn both(format: &str, pattern: &str, low: usize, high: Option<usize>, rng: &mut Rng) -> Option<String> {
    // The ways to write a time (RFC 3339, section 5.6): with an offset, in UTC, with a fraction.
    const ENDINGS: [&str; 8] = ["Z", "+02:00", "+00:00", ".123Z", ".123456Z", ".000+02:00", "-05:00", "z"];
    let fits = |text: &String| within(text, low, high) && pattern::holds(pattern, text);
    let endings: &[&str] = if matches!(format, "date-time" | "datetime" | "time") { &ENDINGS } else { &["Z"; 4] };
    endings.iter().find_map(|ending| {
        let text = match format {
            "date-time" | "datetime" => format!("{}T{}{ending}", date(rng), time(rng)),
            "time" => format!("{}{ending}", time(rng)),
            other => formatted(other, low, high, rng)?,
        };
        Some(text).filter(fits)
    })
}

/// A string that matches several patterns: one that is made for one of them, or for one after the other.
fn all_matching(patterns: &[Cow<'_, str>], low: usize, high: Option<usize>, rng: &mut Rng) -> Option<String> {
    const TRIES: usize = 200;
    for attempt in 0..TRIES {
        let pattern = &patterns[attempt % patterns.len()];
        let one = matching(pattern, if attempt % 3 == 0 { low } else { 0 }, high, rng);
        let parts = patterns.iter().map(|pattern| matching(pattern, 0, high, rng));
        let joined: Option<String> = parts.collect();
        let fitting =
            |text: &String| within(text, low, high) && patterns.iter().all(|pattern| pattern::matches(pattern, text));
        if let Some(found) = one.into_iter().chain(joined).find(fitting) {
            return Some(found);
        }
    }
    None
}

fn matching(pattern: &str, low: usize, high: Option<usize>, rng: &mut Rng) -> Option<String> {
    let sampler = Sampler::new(pattern)?;
    if !sampler.approximate {
        return sampler.sample(low, high, rng).or_else(|| padded(&sampler, pattern, low, rng));
    }
    // Look-around is not sampled but asked: `^(?=.*\d).{8,}$` is met soon enough by chance.
    let validator = jsonschema::validator_for(&serde_json::json!({ "pattern": pattern })).ok()?;
    (0..500).find_map(|_| {
        let text = sampler.sample(low, high, rng)?;
        validator.is_valid(&Value::from(text.as_str())).then_some(text)
    })
}

/// A match with other characters around it: a pattern without anchors is found in longer texts too.
fn padded(sampler: &Sampler, pattern: &str, low: usize, rng: &mut Rng) -> Option<String> {
    let text = sampler.sample(0, None, rng)?;
    let more = letters(LOWER, low.saturating_sub(text.chars().count()), rng);
    let ways = [format!("{text}{more}"), format!("{more}{text}")];
    ways.into_iter().find(|text| pattern::matches(pattern, text))
}

/// A string of a known format, `None` where the format is not known or the length cannot be met.
fn formatted(format: &str, low: usize, high: Option<usize>, rng: &mut Rng) -> Option<String> {
    let around = |usual: usize| usual.max(low).min(high.unwrap_or(usize::MAX));
    let text = match format {
        "date-time" | "datetime" => in_utc(&format!("{}T{}", date(rng), time(rng)), low),
        "date" => date(rng),
        "time" => in_utc(&time(rng), low),
        "duration" => format!("P{}DT{}H", 1 + rng.below(30), 1 + rng.below(23)),
        "email" | "idn-email" => email(low, high, rng),
        "hostname" | "idn-hostname" if high.is_some_and(|high| high < 24) => letters(LOWER, around(7).min(63), rng),
        "hostname" | "idn-hostname" => hostname(low, rng),
        "ipv4" | "ip" => format!("192.0.2.{}", 1 + rng.below(254)),
        "ipv6" => ipv6(low, high, rng),
        "uri" | "iri" | "url" => uri(low, high, rng),
        "uri-reference" | "iri-reference" => format!("/{}", letters(TOKEN, around(9).saturating_sub(1), rng)),
        "uri-template" if high.is_some_and(|high| high < 8) => letters(LOWER, around(7), rng),
        "uri-template" => format!("/{}/{{id}}", letters(LOWER, around(13).saturating_sub(6), rng)),
        "uuid" | "guid" => uuid(rng),
        "json-pointer" if high == Some(0) => String::new(),
        "json-pointer" => format!("/{}", letters(LOWER, around(7).saturating_sub(1), rng)),
        "relative-json-pointer" if high == Some(1) => "1".to_owned(),
        "relative-json-pointer" => format!("1/{}", letters(LOWER, around(8).saturating_sub(2), rng)),
        "regex" if high.is_some_and(|high| high < 3) => letters(LOWER, around(1), rng),
        "regex" => format!("^{}$", letters(LOWER, around(8).saturating_sub(2), rng)),
        "byte" => base64(low, high, rng),
        "password" => fit(letters(TOKEN, 12, rng), low, high, rng),
        "phone" | "phone-number" => phone(rng),
        _ => return None,
    };
    within(&text, low, high).then_some(text)
}

pub(super) fn date(rng: &mut Rng) -> String {
    format!("{}-{:02}-{:02}", 2023 + rng.below(4), 1 + rng.below(12), 1 + rng.below(28))
}

pub(super) fn time(rng: &mut Rng) -> String {
    format!("{:02}:{:02}:{:02}", rng.below(24), rng.below(60), rng.below(60))
}

/// A time in UTC of at least so many characters: a fraction may be as long as one likes.
fn in_utc(time: &str, low: usize) -> String {
    match low.saturating_sub(time.len() + 1) {
        0 => format!("{time}Z"),
        missing => format!("{time}.{}Z", "0".repeat(missing.saturating_sub(1).clamp(1, LONGEST))),
    }
}

/// An address of the documentation's range (RFC 3849), in the shortest form that is long enough.
pub(super) fn ipv6(low: usize, high: Option<usize>, rng: &mut Rng) -> String {
    let last = 1 + rng.below(0xfffe);
    let forms = [
        format!("2001:db8::{last:x}"),
        format!("2001:db8:0:0:0:0:0:{last:x}"),
        format!("2001:db8:0:0:0:0:0:{last:04x}"),
        format!("2001:0db8:0:0:0:000:0000:{last:04x}"),
        format!("2001:0db8:0:0000:0000:0000:0000:{last:04x}"),
        format!("2001:0db8:0000:0000:0000:0000:0000:{last:04x}"),
        format!("::{:x}", last % 16),
    ];
    let fits = |form: &&String| form.len() >= low && high.is_none_or(|high| form.len() <= high);
    forms.iter().find(fits).unwrap_or(&forms[0]).clone()
}

pub(super) fn uuid(rng: &mut Rng) -> String {
    let bits = (u128::from(rng.draw()) << 64) | u128::from(rng.draw());
    // Version 4, variant 10 (RFC 9562, section 5.4).
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

pub(super) fn email(low: usize, high: Option<usize>, rng: &mut Rng) -> String {
    let domain = if high.is_some_and(|high| high < 20) { "a.io" } else { "example.com" };
    let room = high.unwrap_or(64).saturating_sub(domain.len() + 1).clamp(1, 64);
    let name = format!("{}.{}", pick(FIRST_NAMES, rng), pick(WORDS, rng)).to_lowercase();
    let local = if name.len() <= room { name } else { letters(LOWER, room, rng) };
    // A local part has at most 64 octets (RFC 5321, section 4.5.3.1.1); longer addresses get a longer domain.
    let missing = low.saturating_sub(local.len() + 1 + domain.len());
    let mut longer = String::new();
    while longer.len() < missing {
        longer.push_str(&letters(LOWER, (missing - longer.len()).clamp(2, 60) - 1, rng));
        longer.push('.');
    }
    format!("{local}@{longer}{domain}")
}

pub(super) fn hostname(low: usize, rng: &mut Rng) -> String {
    let mut name = format!("{}.example.com", pick(WORDS, rng));
    while name.len() < low {
        name = format!("{}.{name}", letters(LOWER, (low - name.len()).clamp(2, 60) - 1, rng));
    }
    name
}

pub(super) fn uri(low: usize, high: Option<usize>, rng: &mut Rng) -> String {
    if high.is_some_and(|high| high < 30) {
        let start = "a:/";
        return format!("{start}{}", letters(TOKEN, low.max(start.len() + 3) - start.len(), rng));
    }
    let start = format!("https://example.com/{}/", pick(WORDS, rng));
    let rest = low.saturating_sub(start.len()).max(6).min(high.unwrap_or(usize::MAX).saturating_sub(start.len()));
    format!("{start}{}", letters(TOKEN, rest, rng))
}

fn base64(low: usize, high: Option<usize>, rng: &mut Rng) -> String {
    let characters = low.max(high.map_or(16, |high| high.min(16))).div_ceil(4) * 4;
    let characters = if high.is_some_and(|high| characters > high) { characters.saturating_sub(4) } else { characters };
    let bytes = letters(TOKEN, characters / 4 * 3, rng);
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(super) fn phone(rng: &mut Rng) -> String {
    format!("+3161{:07}", rng.below(10_000_000))
}

pub(super) fn letters(alphabet: &[u8], count: usize, rng: &mut Rng) -> String {
    (0..count.min(LONGEST)).map(|_| char::from(rng.pick(alphabet).copied().unwrap_or(b'a'))).collect()
}

pub(super) fn pick(items: &[&'static str], rng: &mut Rng) -> &'static str {
    rng.pick(items).copied().unwrap_or_default()
}

/// The text cut or filled up to `low..=high` characters.
fn fit(text: String, low: usize, high: Option<usize>, rng: &mut Rng) -> String {
    let length = text.chars().count();
    if high.is_some_and(|high| length > high) {
        return text.chars().take(high.unwrap_or(length)).collect();
    }
    if length < low { text + &letters(LOWER, low - length, rng) } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(schema: &Value, hint: &str) {
        let validator =
            jsonschema::options().should_validate_formats(true).build(schema).expect("a schema that compiles");
        for seed in 0..50 {
            let text = string(schema.as_object().expect("an object"), &Hint::new(hint, ""), &mut Rng::new(seed));
            let text = Value::from(text.unwrap_or_else(|| panic!("{schema}")));
            assert!(validator.is_valid(&text), "{schema}: {text}");
        }
    }

    #[test]
    fn formats_hold() {
        for format in [
            "date-time",
            "date",
            "time",
            "duration",
            "email",
            "idn-email",
            "hostname",
            "idn-hostname",
            "ipv4",
            "ipv6",
            "uri",
            "iri",
            "uri-reference",
            "iri-reference",
            "uri-template",
            "uuid",
            "json-pointer",
            "relative-json-pointer",
            "regex",
            "byte",
            "password",
            "made-up",
        ] {
            check(&json!({"type": "string", "format": format}), "");
        }
    }

    #[test]
    fn lengths_hold_with_formats_names_and_patterns() {
        check(&json!({"type": "string", "minLength": 3, "maxLength": 3}), "description");
        check(&json!({"type": "string", "minLength": 300, "maxLength": 300}), "name");
        check(&json!({"type": "string", "format": "email", "minLength": 120, "maxLength": 140}), "");
        check(&json!({"type": "string", "format": "email", "maxLength": 12}), "");
        check(&json!({"type": "string", "format": "uri", "minLength": 100, "maxLength": 110}), "");
        check(&json!({"type": "string", "format": "uri", "maxLength": 12}), "");
        check(&json!({"type": "string", "format": "hostname", "minLength": 80}), "");
        check(&json!({"type": "string", "pattern": r"^(?=.*\d)(?=.*[a-z]).{8,}$", "maxLength": 20}), "");
        check(&json!({"type": "string", "maxLength": 0}), "title");
    }

    #[test]
    fn formats_hold_with_patterns() {
        for (format, pattern) in [
            ("date-time", r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$"),
            ("date-time", r"^.{19}\.\d{3}Z$"),
            ("date-time", "Z$"),
            ("time", r"\+"),
            ("date", "^20"),
            ("email", "@example"),
            ("uuid", "^[0-9a-f-]+$"),
            ("uri", "^https://"),
        ] {
            check(&json!({"type": "string", "format": format, "pattern": pattern}), "");
        }
    }

    #[test]
    fn a_name_says_more_than_a_pattern() {
        let pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])[T,t]([0-1][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$";
        for (name, format) in [("create_time", "date_time_v3"), ("update_time", ""), ("response_due_date", "")] {
            let schema =
                json!({"type": "string", "pattern": pattern, "format": format, "minLength": 20, "maxLength": 64});
            for seed in 0..20 {
                let text = string(schema.as_object().expect("an object"), &Hint::new(name, ""), &mut Rng::new(seed));
                assert!(
                    text.as_ref()
                        .is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok() && text.starts_with("202")),
                    "{text:?}"
                );
            }
        }
    }

    #[test]
    fn impossible_lengths_have_no_string() {
        let schema = json!({"minLength": 4, "maxLength": 3});
        assert_eq!(string(schema.as_object().expect("an object"), &Hint::new("", ""), &mut Rng::new(1)), None);
    }
}
