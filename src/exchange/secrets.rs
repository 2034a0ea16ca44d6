//! Secrets: values that cannot be shown, and the redactor that takes them out of any text.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::RwLock;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in an output where a secret was.
const MASK: &str = "***";

/// Shorter values are not secrets: they would blank out half of every text.
const SHORTEST: usize = 4;

/// What URL parsers and `encodeURIComponent` leave as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The same with `/`, as paths have it.
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
/// A secret is found plain, percent-encoded (as a component, a path, a query or a form; upper and
/// lower case), base64 (both alphabets, alone or anywhere inside a longer text), JSON-escaped,
/// HTML-escaped and shell-quoted, and combinations that occur in reports.
#[derive(Default)]
pub struct Redactor {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    secrets: BTreeSet<String>,
    forms: BTreeSet<Vec<u8>>,
    automaton: Option<AhoCorasick>,
}

impl Redactor {
    /// A redactor that knows no secret yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on `secret` is taken out of every text. Values shorter than four bytes are not kept.
    pub fn add(&self, secret: &Secret) {
        if secret.0.len() < SHORTEST || self.knows(&secret.0) {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.secrets.insert(secret.0.clone());
        known.forms.extend(forms(&secret.0));
        known.automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&known.forms).ok();
    }

    fn knows(&self, secret: &str) -> bool {
        self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner).secrets.contains(secret)
    }

    /// `text` with every secret replaced by `***`.
    pub fn redact(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.redact_bytes(text.as_bytes())).into_owned()
    }

    /// `bytes` with every secret replaced by `***`.
    pub fn redact_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let known = self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(automaton) = &known.automaton else { return bytes.to_vec() };
        let mut out = Vec::with_capacity(bytes.len());
        let mut last = 0;
        for found in automaton.find_iter(bytes) {
            out.extend_from_slice(&bytes[last..found.start()]);
            out.extend_from_slice(MASK.as_bytes());
            last = found.end();
        }
        out.extend_from_slice(&bytes[last..]);
        out
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(***)")
    }
}

fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut texts = vec![secret.to_owned()];
    for set in [NON_ALPHANUMERIC, COMPONENT, PATH, QUERY] {
        let encoded = utf8_percent_encode(secret, set).to_string();
        texts.push(lower_escapes(&encoded));
        texts.push(encoded);
    }
    texts.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
    texts.extend(base64_forms(secret.as_bytes()));
    let escaped: Vec<String> = texts.iter().flat_map(|text| escapes(text)).collect();
    texts.extend(escaped);
    texts.into_iter().filter(|text| text.len() >= SHORTEST).map(String::into_bytes).collect()
}

/// The text as JSON, HTML or a shell would hold it, and JSON inside the other two.
fn escapes(text: &str) -> Vec<String> {
    let json = serde_json::Value::from(text).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let ascii: String = json.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
        out
    });
    let slashes = json.replace('/', "\\/");
    let mut all = vec![json.clone(), ascii, slashes];
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
        ];
        for text in &texts {
            let shown = redactor.redact(&format!("<<{text}>>"));
            assert!(shown.contains(MASK), "{text} -> {shown}");
        }
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
