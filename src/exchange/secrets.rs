//! Secrets: values that cannot be shown, and the redactor that takes them out of any text.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::percent::{COMPONENT, QUERY_WITH_RESERVED};

/// What stands for a secret in every output.
pub const MASK: &str = "***";

/// What a shortened text ends with.
const ELLIPSIS: &[u8] = "…".as_bytes();

/// Bytes of forms that are many for one automaton.
const LONG: usize = 20_000;

/// A secret that is cut to fewer bytes than this gives nothing away.
const CUT: usize = 6;

/// The fewest bytes of a secret: shorter values would blank out half of every text.
pub const SHORTEST_SECRET: usize = 4;

/// As paths have it: `/` stays.
const PATH: &AsciiSet = &COMPONENT.remove(b'/');
/// What a URL's query must encode and no more (WHATWG URL, query percent-encode set).
const QUERY: &AsciiSet = &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');

/// A value that must never be shown: it has no readable form but by [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a value as a secret.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for sending.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Replaces every known secret in any text, whatever its encoding.
///
/// A secret is found plain, percent-encoded once or twice (as a component, a path, a query or a form;
/// upper and lower case), base64 (both alphabets, alone or anywhere inside a longer text), in
/// hexadecimal, JSON-escaped (as little as JSON asks for, and as common writers do), HTML-escaped and
/// shell-quoted, and combinations that occur in reports.
#[derive(Default)]
pub struct Redactor {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    secrets: BTreeSet<String>,
    /// Each knows at least twice as many secrets as the next: a run may learn a secret in every
    /// case, and one automaton would be built anew, ever larger, for each of them.
    levels: Vec<Level>,
}

struct Level {
    secrets: usize,
    forms: Vec<Vec<u8>>,
    automaton: Option<AhoCorasick>,
}

impl Level {
    fn new(secrets: usize, forms: Vec<Vec<u8>>) -> Self {
        // The quickest automaton takes long to make of long forms.
        let is_long = forms.iter().map(Vec::len).sum::<usize>() > LONG;
        let kind = is_long.then_some(AhoCorasickKind::ContiguousNFA);
        let automaton = AhoCorasick::builder().kind(kind).build(&forms).ok();
        Self { secrets, forms, automaton }
    }
}

impl Known {
    fn add(&mut self, secret: &str) {
        self.secrets.insert(secret.to_owned());
        // Most encodings leave most secrets as they are.
        let distinct: BTreeSet<Vec<u8>> = forms(secret).into_iter().collect();
        let (mut secrets, mut all) = (1, Vec::from_iter(distinct));
        while let Some(smaller) = self.levels.pop_if(|level| level.secrets < 2 * secrets) {
            secrets += smaller.secrets;
            all.extend(smaller.forms);
        }
        self.levels.push(Level::new(secrets, all));
    }

    /// The stretches of `bytes` that are secrets, in order, none overlapping another.
    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        if self.levels.is_empty() {
            return Vec::new();
        }
        let automata = self.levels.iter().filter_map(|level| level.automaton.as_ref());
        let mut found: Vec<Range<usize>> =
            automata.flat_map(|automaton| automaton.find_overlapping_iter(bytes)).map(|found| found.range()).collect();
        found.extend(self.cut(bytes));
        found.sort_unstable_by_key(|range| range.start);
        found.dedup_by(|next, range| {
            let overlap = next.start < range.end;
            if overlap {
                range.end = range.end.max(next.end);
            }
            overlap
        });
        found
    }
}

impl Known {
    /// What stands of secrets before an ellipsis: values are shortened before they come here.
    fn cut(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        if bytes.is_ascii() {
            return Vec::new();
        }
        let ellipses = bytes.windows(ELLIPSIS.len()).enumerate().filter(|(_, window)| *window == ELLIPSIS);
        let forms = || self.levels.iter().flat_map(|level| &level.forms);
        let before = |end: usize| {
            let lengths = forms().map(|form| begun(&bytes[..end], form)).filter(|length| *length >= CUT);
            lengths.max().map(|length| end - length..end)
        };
        ellipses.filter_map(|(end, _)| before(end)).collect()
    }
}

/// The length of the longest part of `form`, from its start and not all of it, that `text` ends with
/// (Knuth, Morris, Pratt: a secret of one letter over and over is no slower than another).
fn begun(text: &[u8], form: &[u8]) -> usize {
    let mut shorter = vec![0; form.len()];
    let step = |shorter: &[usize], mut length: usize, byte: u8| {
        while length > 0 && form[length] != byte {
            length = shorter[length - 1];
        }
        length + usize::from(form[length] == byte)
    };
    for at in 1..form.len() {
        shorter[at] = step(&shorter, shorter[at - 1], form[at]);
    }
    let tail = &text[text.len().saturating_sub(form.len().saturating_sub(1))..];
    tail.iter().fold(0, |length, byte| step(&shorter, length, *byte))
}

impl Redactor {
    /// A redactor that knows no secret yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on `secret` is taken out of every text. Values shorter than four bytes are not kept.
    pub fn add(&self, secret: &Secret) {
        if secret.0.len() < SHORTEST_SECRET || self.knows(&secret.0) {
            return;
        }
        self.known.write().unwrap_or_else(PoisonError::into_inner).add(&secret.0);
    }

    /// Whether this value is known as a secret.
    pub(crate) fn knows(&self, secret: &str) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).secrets.contains(secret)
    }

    /// `text` with every secret replaced by `***`.
    pub fn redact(&self, text: &str) -> String {
        let found = self.find(text.as_bytes());
        if found.is_empty() {
            return text.to_owned();
        }
        String::from_utf8_lossy(&masked(text.as_bytes(), &found)).into_owned()
    }

    /// Whether a secret stands in `bytes`, also one that they break off in.
    pub fn finds(&self, bytes: &[u8]) -> bool {
        !bytes.is_empty() && !self.find(bytes).is_empty()
    }

    /// `bytes` with every secret replaced by `***`, also one that a shortened text breaks off in.
    pub fn redact_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let found = self.find(bytes);
        if found.is_empty() { bytes.to_vec() } else { masked(bytes, &found) }
    }

    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).find(bytes)
    }
}

fn masked(bytes: &[u8], secrets: &[Range<usize>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut last = 0;
    for secret in secrets {
        out.extend_from_slice(&bytes[last..secret.start]);
        out.extend_from_slice(MASK.as_bytes());
        last = secret.end;
    }
    out.extend_from_slice(&bytes[last..]);
    out
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(***)")
    }
}

fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut texts = vec![secret.to_owned()];
    for set in [NON_ALPHANUMERIC, COMPONENT, PATH, QUERY, QUERY_WITH_RESERVED] {
        let encoded = utf8_percent_encode(secret, set).to_string();
        let twice = encoded.replace('%', "%25");
        texts.extend([lower_escapes(&encoded), lower_escapes(&twice), encoded, twice]);
    }
    texts.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
    texts.extend(base64_forms(secret.as_bytes()));
    texts.extend(hexadecimal(secret.as_bytes()));
    let escaped: Vec<String> = texts.iter().flat_map(|text| escapes(text)).collect();
    texts.extend(escaped);
    texts.into_iter().filter(|text| text.len() >= SHORTEST_SECRET).map(String::into_bytes).collect()
}

/// The text as JSON, HTML or a shell would hold it, and JSON inside the other two.
fn escapes(text: &str) -> Vec<String> {
    let json = serde_json::Value::from(text).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let slashes = json.replace('/', "\\/");
    let mut all = vec![json.clone(), slashes];
    all.extend(NUMBERED.iter().flat_map(|numbered| {
        let lower = json_numbered(text, numbered);
        [lower.replace('/', "\\/"), upper_numbers(&lower), lower]
    }));
    // JSON in JSON: a body's text within a report's string.
    let twice = serde_json::Value::from(json).to_string();
    all.push(twice[1..twice.len() - 1].to_owned());
    for inner in [text.to_owned(), all[0].clone()] {
        all.push(html(&inner, "&quot;", "&#39;"));
        all.push(html(&inner, "&quot;", "&#x27;"));
        all.push(html(&inner, "\"", "'"));
        all.push(html(&inner, "&#34;", "&apos;"));
        all.push(html(&inner, "&quot;", "&apos;"));
        all.push(html(&inner, "&quot;", "'"));
        all.push(inner.replace('\'', r"'\''"));
    }
    all
}

/// The characters below 128 that writers of JSON give as `\uXXXX` though they need not: none (Python),
/// Go, .NET, PHP's `JSON_HEX_*`.
const NUMBERED: [&str; 4] = ["", "<>&", "<>&'\"+`", "<>&'\""];

/// JSON's string without its quotes; all that is not ASCII, and what is `numbered`, as `\uXXXX`.
fn json_numbered(text: &str, numbered: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() && !numbered.contains(c) {
            let json = serde_json::Value::from(c.to_string()).to_string();
            out.push_str(&json[1..json.len() - 1]);
        } else {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

/// `\u00e9` as `\u00E9`.
fn upper_numbers(json: &str) -> String {
    let mut parts = json.split("\\u");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        let (digits, rest) = part.split_at_checked(4).unwrap_or((part, ""));
        out + "\\u" + &digits.to_ascii_uppercase() + rest
    })
}

fn hexadecimal(bytes: &[u8]) -> [String; 2] {
    let lower = bytes.iter().fold(String::new(), |out, byte| out + &format!("{byte:02x}"));
    [lower.to_ascii_uppercase(), lower]
}

fn html(text: &str, quote: &str, apostrophe: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', quote).replace('\'', apostrophe)
}

fn lower_escapes(encoded: &str) -> String {
    let mut out = String::with_capacity(encoded.len());
    let mut left = 0_u8;
    for character in encoded.chars() {
        if character == '%' {
            left = 3;
        }
        out.push(if left > 0 { character.to_ascii_lowercase() } else { character });
        left = left.saturating_sub(1);
    }
    out
}

/// Base64 of the secret alone, and the part of it that stays the same at each of the three offsets
/// at which it may stand inside a longer text (`user:secret`, say).
fn base64_forms(secret: &[u8]) -> Vec<String> {
    let mut all = Vec::new();
    for engine in [&STANDARD, &URL_SAFE] {
        let alone = engine.encode(secret);
        all.push(alone.trim_end_matches('=').to_owned());
        all.push(alone);
        for offset in 0..3usize {
            let mut padded = vec![0; offset];
            padded.extend_from_slice(secret);
            let encoded = engine.encode(&padded);
            let start = (offset * 8).div_ceil(6);
            let end = padded.len() * 8 / 6;
            if end.saturating_sub(start) >= 6 {
                all.push(encoded[start..end].to_owned());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_ends_with_of_a_secret_is_found() {
        for (text, form, expected) in
            [("xx s3c", "s3cret", 3), ("ababa", "ababac", 5), ("aab", "ababac", 2), ("abc", "x", 0), ("xxxx", "xxx", 2)]
        {
            assert_eq!(begun(text.as_bytes(), form.as_bytes()), expected, "{text} {form}");
        }
    }

    #[test]
    fn a_secret_is_found_in_every_encoding() {
        let secret = "s3cr3t/Pl+nted=Tok\"en'<&>é";
        let redactor = Redactor::new();
        redactor.add(&Secret::new(secret));
        let json = serde_json::Value::from(secret).to_string();
        let texts = [
            secret.to_owned(),
            utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
            lower_escapes(&utf8_percent_encode(secret, PATH).to_string()),
            url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
            STANDARD.encode(secret),
            STANDARD.encode(format!("user:{secret}")),
            URL_SAFE.encode(format!("us:{secret}!")),
            json.clone(),
            serde_json::Value::from(json.as_str()).to_string(),
            html(secret, "&quot;", "&#39;"),
            html(&json, "&quot;", "&#39;"),
            format!("'{}'", secret.replace('\'', r"'\''")),
            // As Go, .NET and Python write JSON, and what is encoded twice or as digits.
            r#"s3cr3t/Pl+nted=Tok\"en'\u003c\u0026\u003e\u00e9"#.to_owned(),
            r"s3cr3t/Pl\u002Bnted=Tok\u0022en\u0027\u003C\u0026\u003E\u00E9".to_owned(),
            r#"s3cr3t\/Pl+nted=Tok\"en'<&>\u00e9"#.to_owned(),
            utf8_percent_encode(&utf8_percent_encode(secret, COMPONENT).to_string(), COMPONENT).to_string(),
            "7333637233742f506c2b6e7465643d546f6b22656e273c263ec3a9".to_owned(),
            "7333637233742F506C2B6E7465643D546F6B22656E273C263EC3A9".to_owned(),
        ];
        for text in &texts {
            let shown = redactor.redact(&format!("<<{text}>>"));
            assert!(shown.contains(MASK), "{text} -> {shown}");
        }
    }

    #[test]
    fn many_secrets_are_learnt_one_by_one_and_all_are_found() {
        let redactor = Redactor::new();
        let secret = |number: usize| format!("token-{number:04}-of-one-case");
        for number in 0..100 {
            redactor.add(&Secret::new(secret(number)));
        }
        for number in 0..100 {
            assert_eq!(redactor.redact(&format!("<{}>", secret(number))), "<***>");
        }
        assert!(redactor.known.read().expect("no panic").levels.len() < 12);
    }

    #[test]
    fn no_rest_of_a_secret_stays_beside_one_that_is_a_part_of_it() {
        for secrets in [["hidden", "hidden-away"], ["hidden-away", "hidden"], ["en-away", "hidden"]] {
            let redactor = Redactor::new();
            for secret in secrets {
                redactor.add(&Secret::new(secret));
            }
            assert_eq!(redactor.redact("<hidden-away>"), "<***>", "{secrets:?}");
        }
    }

    #[test]
    fn a_secret_that_is_cut_is_masked() {
        let redactor = Redactor::new();
        redactor.add(&Secret::new("s3cr3t-tok3n-of-some-length"));
        assert_eq!(redactor.redact("is \"s3cr3t-tok3n-of-so…, not…"), "is \"***…, not…");
        assert_eq!(redactor.redact("s3cr…"), "s3cr…");
    }

    #[test]
    fn short_values_and_other_texts_stay() {
        let redactor = Redactor::new();
        redactor.add(&Secret::new("abc"));
        redactor.add(&Secret::new("token-1"));
        assert_eq!(redactor.redact("abc token-2 token-1"), "abc token-2 ***");
        assert_eq!(format!("{:?}", Secret::new("x")), "***");
    }
}
