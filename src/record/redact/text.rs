//! Secrets in texts: by their looks, and by the names before them in URLs, XML and JSON.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use regex::Regex;

use super::Pass;
use super::looks::{self, Kind};
use super::vault::Form;

/// What a part of a path or query need not encode.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[expect(clippy::expect_used, reason = "the pattern is a constant, and a test compiles it")]
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    // A parameter in a URL, an element, a member; the name and what may be a secret.
    let pattern = concat!(
        r#"[?&;](?<p>[A-Za-z_][\w.-]{0,60})=(?<pv>[^&#;\s"'<>]+)"#,
        r#"|<(?<e>[A-Za-z_][\w.:-]{0,60})(?:\s[^<>]*)?>(?<ev>[^<>]+)</"#,
        r#"|\\?"(?<m>[^"\\]{1,60})\\?"\s*:\s*\\?"(?<mv>(?:[^"\\]|\\[^"])+)\\?""#,
    );
    Regex::new(pattern).expect("a regular expression")
});

impl Pass<'_> {
    /// A text with what looks secret in it replaced.
    pub(super) fn looked_at(&mut self, text: &str) -> String {
        let mut found: Vec<(Range<usize>, Form, String)> = Vec::new();
        if text.contains(['=', '<', '"']) {
            for captures in NAMED.captures_iter(text) {
                let part = [("p", "pv"), ("e", "ev"), ("m", "mv")]
                    .into_iter()
                    .find_map(|(name, value)| Some((captures.name(name)?.as_str(), captures.name(value)?)));
                let Some((name, value)) = part else { continue };
                if self.redact.is_secret(name, value.as_str()) && !self.redact.keeps(name, value.as_str()) {
                    found.push((value.range(), Form::Text, name.to_owned()));
                }
            }
        }
        for (range, kind) in looks::find(text) {
            let overlaps =
                |(other, _, _): &(Range<usize>, Form, String)| other.start < range.end && range.start < other.end;
            if !found.iter().any(overlaps) && !self.redact.keeps("", &text[range.clone()]) {
                found.push((range, Form::Looks(kind), kind.word().to_owned()));
            }
        }
        for (secret, placeholder) in Arc::clone(&self.known).iter() {
            for (at, _) in text.match_indices(secret.as_str()) {
                let range = at..at + secret.len();
                if !found.iter().any(|(other, _, _)| other.start < range.end && range.start < other.end) {
                    found.push((range, Form::Text, placeholder.name.clone()));
                }
            }
        }
        if found.is_empty() {
            return text.to_owned();
        }
        found.sort_by_key(|(range, _, _)| range.start);
        let mut out = String::with_capacity(text.len());
        let mut last = 0;
        for (range, form, name) in found {
            out.push_str(&text[last..range.start]);
            let part = &text[range.clone()];
            // An address in a URL has its sign encoded.
            let decoded = if form == Form::Looks(Kind::Email) || form == Form::Looks(Kind::Phone) {
                percent_decode_str(part).decode_utf8_lossy().into_owned()
            } else {
                part.to_owned()
            };
            let placed = self.placed(&decoded, form, &name);
            out.push_str(&if decoded == part { placed } else { utf8_percent_encode(&placed, UNRESERVED).to_string() });
            last = range.end;
        }
        out.push_str(&text[last..]);
        out
    }

    /// A URL: user information, the segments of its path, the pairs of its query.
    pub(super) fn url(&mut self, url: &str) -> String {
        let (before, query) = url.split_once('?').map_or((url, None), |(before, query)| (before, Some(query)));
        let start = before.find("://").map_or(0, |at| at + 3);
        let path = before[start..].find('/').map_or(before.len(), |at| start + at);
        let segments: Vec<String> = before[path..].split('/').map(|segment| self.segment(segment)).collect();
        let mut out = format!("{}{}", &before[..path], segments.join("/"));
        if let Some(query) = query {
            out.push('?');
            out.push_str(&self.pairs(query));
        }
        out
    }

    fn segment(&mut self, segment: &str) -> String {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        let redacted = self.looked_at(&decoded);
        if redacted == decoded { segment.to_owned() } else { utf8_percent_encode(&redacted, UNRESERVED).to_string() }
    }

    /// The pairs of a query or of a form.
    pub(super) fn pairs(&mut self, pairs: &str) -> String {
        let pair = |pair: &str| {
            let Some((name, value)) = pair.split_once('=') else { return pair.to_owned() };
            let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
            let (plain_name, plain) = (decode(name), decode(value));
            let redacted = self.named(&plain_name, &plain);
            if redacted == plain {
                pair.to_owned()
            } else {
                format!("{name}={}", utf8_percent_encode(&redacted, UNRESERVED))
            }
        };
        pairs.split('&').map(pair).collect::<Vec<_>>().join("&")
    }
}
