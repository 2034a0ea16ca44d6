//! What looks like a secret or like somebody's data, wherever it stands in a text.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use regex::Regex;

/// What a part of a text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Email,
    Phone,
    Card,
    /// A key or token by its form: a JSON Web Token, `sk_live_…`, a long random text.
    Token,
}

impl Kind {
    /// What its placeholders are called.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Card => "CARD",
            Self::Token => "TOKEN",
        }
    }
}

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles them")]
fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a regular expression")
}

static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| regex(r"[\p{L}\p{N}._%+'-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?:\+|%2B|\b00)[1-9](?:[ ().-]{0,3}\d){6,14}\b|(?:\(\d{3}\) ?|\b\d{3}[ .-])\d{3}[ .-]\d{4}\b")
});
static CARD: LazyLock<Regex> = LazyLock::new(|| regex(r"\b[2-6]\d{3}(?:[ -]?\d){8,14}\d\b"));
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?",
        r"|\b(?:sk|pk|rk|api|key|tok|token|secret|whsec|pat|glpat|npm|hf|dop_v1|shpat|shpss|lin_api|gh[oprsu]|github_pat|live|test)[_-](?:(?:live|test|prod|proj|ant)[_-])?[A-Za-z0-9_-]{12,}",
        r"|\b[a-z]{2,10}_(?:live|test|prod)_[A-Za-z0-9]{8,}",
        r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?",
    ))
});
static LONG: LazyLock<Regex> = LazyLock::new(|| regex(r"[A-Za-z0-9_+/=~-]{20,}"));

/// The parts of `text` that look like something nobody should read, in order.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, Kind)> {
    let bytes = text.as_bytes();
    if bytes.len() < 6 {
        return Vec::new();
    }
    let mut found: Vec<(Range<usize>, Kind)> = Vec::new();
    // Every form of a token has a joint in it, or starts so.
    let has_joint = || {
        bytes.iter().any(|byte| b"_-.".contains(byte))
            || ["AKIA", "ASIA", "AIza"].iter().any(|start| text.contains(start))
    };
    if bytes.len() >= 15 && has_joint() {
        let tokens = TOKEN.find_iter(text).filter(|found| !is_words(found.as_str()));
        add(&mut found, tokens.map(|found| (found.range(), Kind::Token)));
    }
    if bytes.contains(&b'@') || text.contains("%40") {
        add(&mut found, EMAIL.find_iter(text).map(|found| (found.range(), Kind::Email)));
    }
    if bytes.iter().filter(|byte| byte.is_ascii_digit()).count() >= 8 {
        add(
            &mut found,
            CARD.find_iter(text).filter(|found| is_card(found.as_str())).map(|found| (found.range(), Kind::Card)),
        );
        add(&mut found, PHONE.find_iter(text).map(|found| (found.range(), Kind::Phone)));
    }
    if bytes.len() >= 20 {
        add(&mut found, LONG.find_iter(text).flat_map(|word| long(word.range(), word.as_str())));
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// Adds what does not overlap what is known already.
fn add(known: &mut Vec<(Range<usize>, Kind)>, more: impl Iterator<Item = (Range<usize>, Kind)>) {
    for (range, kind) in more {
        if !known.iter().any(|(other, _)| other.start < range.end && range.start < other.end) {
            known.push((range, kind));
        }
    }
}

/// A payment card's number: 13 to 19 digits whose last one checks the others (ISO/IEC 7812-1, Luhn).
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    (13..=19).contains(&digits.len()) && luhn(&digits) && digits.iter().any(|digit| *digit != digits[0])
}

/// Whether the sum of digits, every second one from the right doubled, is a multiple of ten.
pub(super) fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| weighed(at, *digit)).sum();
    sum.is_multiple_of(10)
}

pub(super) fn weighed(at: usize, digit: u32) -> u32 {
    match (at % 2, digit * 2) {
        (0, _) => digit,
        (_, double) if double > 9 => double - 9,
        (_, double) => double,
    }
}

/// The parts of a long word that are random. A slash may be a digit of base64, or stand in a path, whose segments
/// are judged one by one.
fn long(range: Range<usize>, word: &str) -> Vec<(Range<usize>, Kind)> {
    if hides(word) || (!is_path(word) && is_random(word)) {
        return vec![(range, Kind::Token)];
    }
    let mut start = range.start;
    let mut out = Vec::new();
    for segment in word.split('/') {
        if segment.len() >= 20 && segment.len() < word.len() && (is_random(segment) || hides(segment)) {
            out.push((start..start + segment.len(), Kind::Token));
        }
        start += segment.len() + 1;
    }
    out
}

/// Whether a word with slashes is a path: one of its segments is a word, a number or a UUID.
fn is_path(word: &str) -> bool {
    let plain = |segment: &str| {
        segment.len() >= 3
            && (segment.bytes().all(|byte| byte.is_ascii_lowercase())
                || segment.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let version = |segment: &str| matches!(segment.as_bytes(), [b'v', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit));
    word.contains('/')
        && (word.starts_with('/') || word.split('/').any(|part| plain(part) || version(part) || is_uuid(part)))
}

/// Whether what begins like a key is a name made of words: `api_key_required`.
fn is_words(text: &str) -> bool {
    text.split(['_', '-']).all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// Whether a long word is random: letters and digits mixed as no language mixes them, each character
/// about as likely as another. UUIDs are identifiers, and no secrets by themselves.
fn is_random(word: &str) -> bool {
    let word = word.trim_end_matches('=');
    if is_uuid(word) {
        return false;
    }
    let hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == word.len() || digits < 2 || (hex && word.len() < 32) {
        return false;
    }
    let class = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let changes = word.as_bytes().windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count();
    let joints = word.bytes().filter(|byte| class(*byte) == 3).count();
    let likely = if hex { 2.8 } else { 3.4 };
    changes.saturating_sub(2 * joints) * 4 >= word.len() && entropy(word) >= likely
}

pub(super) fn is_uuid(word: &str) -> bool {
    let groups: Vec<&str> = word.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Bits a character (Shannon).
fn entropy(word: &str) -> f64 {
    let mut counts = [0_u32; 256];
    word.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = f64::from(u32::try_from(word.len()).unwrap_or(u32::MAX));
    let share = |count: &u32| f64::from(*count) / length;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

/// Whether a word is base64 of a text that holds something nobody should read.
fn hides(word: &str) -> bool {
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let digits = word.trim_end_matches('=');
    if digits.len() < 16 || digits.len() > 64 << 10 {
        return false;
    }
    let engine = if digits.contains(['-', '_']) { &URL_SAFE_NO_PAD } else { &STANDARD_NO_PAD };
    let decoded = engine.decode(digits).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.is_some_and(|text| text.chars().all(|c| !c.is_control() || c.is_whitespace()) && !find(&text).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_looks() {
        for (text, expected) in [
            ("write to ann.b+x@mail.example.com, please", vec![("ann.b+x@mail.example.com", Kind::Email)]),
            ("q=ann%40example.com", vec![("ann%40example.com", Kind::Email)]),
            (
                "call +31 6 1234 5678 or (555) 123-4567",
                vec![("+31 6 1234 5678", Kind::Phone), ("(555) 123-4567", Kind::Phone)],
            ),
            ("4111 1111 1111 1111", vec![("4111 1111 1111 1111", Kind::Card)]),
            ("5500005555555559", vec![("5500005555555559", Kind::Card)]),
            (
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1",
                vec![("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1", Kind::Token)],
            ),
            ("key sk_live_4eC39HqLyjWDarjtT1zdp7dc!", vec![("sk_live_4eC39HqLyjWDarjtT1zdp7dc", Kind::Token)]),
            (
                "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
                vec![("ghp_16C7e42F292c6912E7710c838347Ae178B4a", Kind::Token)],
            ),
            ("AKIAIOSFODNN7EXAMPLE", vec![("AKIAIOSFODNN7EXAMPLE", Kind::Token)]),
            (
                "https://example.com/reset/9f86d081884c7d659a2feaa0c55ad015",
                vec![("9f86d081884c7d659a2feaa0c55ad015", Kind::Token)],
            ),
            ("x 9f86d081884c7d659a2feaa0c55ad015 y", vec![("9f86d081884c7d659a2feaa0c55ad015", Kind::Token)]),
            ("dGVzdCBhbm5AZXhhbXBsZS5jb20=", vec![("dGVzdCBhbm5AZXhhbXBsZS5jb20=", Kind::Token)]),
        ] {
            let found: Vec<(&str, Kind)> = find(text).into_iter().map(|(range, kind)| (&text[range], kind)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_everybody_may_read_stays() {
        for text in [
            "VIP",
            "2026-01-01T00:00:00.000Z",
            "123e4567-e89b-12d3-a456-426614174000",
            "1735689600000",
            "4111 1111 1111 1112",
            "annual-report-2026-final-version-02",
            "getCustomerByIdAndName",
            "application/vnd.api+json; charset=utf-8",
            "https://api.example.com/v1/customers/7/orders?limit=100&page=2",
            "192.168.100.200",
            "/items/a92d898c-bc42-4dca-b078-efc09d459da2",
            "https://api.example.com/v1/items/a92d898c-bc42-4dca-b078-efc09d459da2/files",
            "/v1/customers/cus_9s6XKzkNRiz8i3/orders/12345678",
            "api_key_required",
            "user@localhost",
            "ISBN 978-3-16-148410-0",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "The quick brown fox jumps over 13 lazy dogs in 2026.",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
    }
}
