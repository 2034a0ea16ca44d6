//! What a client asks for beside the operation itself: `Prefer`, or query parameters that start with `__`.

use super::effect::{Delay, Fault};
use crate::exchange::Request;

/// What a client would like to be answered (RFC 7240's `Prefer`, or `__` query parameters).
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wish {
    pub(super) code: Option<u16>,
    pub(super) example: Option<String>,
    pub(super) dynamic: Option<bool>,
    pub(super) seed: Option<String>,
    pub(super) delay: Option<Delay>,
    pub(super) fault: Option<Fault>,
    /// A server's URL that the document must have; a query parameter only.
    pub(super) server: Option<String>,
    /// The request's own words for what was understood of a header field.
    pub(super) applied: Vec<(Preference, String)>,
}

/// What a preference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preference {
    Code,
    Body,
    Effect,
}

/// The query parameters that are meant for the mock.
const NAMES: [&str; 7] = ["__code", "__example", "__dynamic", "__seed", "__delay", "__fault", "__server"];

impl Wish {
    /// Reads the header field; the query forms count only without it.
    ///
    /// # Errors
    /// A sentence, where a value is none that the preference can have.
    pub(super) fn of(request: &Request) -> Result<Self, String> {
        let mut wish = Self::default();
        if request.headers.contains("prefer") {
            for field in request.headers.all("prefer") {
                for part in parts(&field, &[',', ';']) {
                    let (name, value) = part.split_once('=').unwrap_or((part, ""));
                    let name = name.trim().to_ascii_lowercase();
                    if let Some(preference) = wish.take(&name, &unquoted(value.trim()))? {
                        wish.applied.push((preference, part.trim().to_owned()));
                    }
                }
            }
            return Ok(wish);
        }
        let query = request.query().unwrap_or_default();
        if query.contains("__") {
            for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
                match name.strip_prefix("__") {
                    Some("server") => wish.server = Some(value.into_owned()),
                    Some(name) => {
                        wish.take(name, &value)?;
                    }
                    None => {}
                }
            }
        }
        Ok(wish)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<Option<Preference>, String> {
        let preference = match name {
            "code" => {
                let code = value.parse().ok().filter(|code| value.len() == 3 && (200..600).contains(code));
                let wanted = "`code` is a status of three digits, 200 to 599";
                self.code = Some(code.ok_or_else(|| format!("{wanted}; found `{value}`"))?);
                Preference::Code
            }
            "dynamic" => {
                self.dynamic = match value {
                    "true" | "" => Some(true),
                    "false" => Some(false),
                    other => return Err(format!("`dynamic` is true or false; found `{other}`")),
                };
                Preference::Body
            }
            "example" => {
                self.example = Some(value.to_owned());
                Preference::Body
            }
            "seed" => {
                self.seed = Some(value.to_owned());
                Preference::Body
            }
            "delay" => {
                self.delay = Some(value.parse().map_err(|error| format!("`delay`: {error}"))?);
                Preference::Effect
            }
            "fault" => {
                self.fault = Some(value.parse().map_err(|error| format!("`fault`: {error}"))?);
                Preference::Effect
            }
            _ => return Ok(None),
        };
        Ok(Some(preference))
    }

    /// Whether the body is to be another one than usual.
    pub(super) fn is_particular(&self) -> bool {
        self.example.is_some() || self.dynamic == Some(true) || self.seed.is_some()
    }

    /// Whether anything is asked for that only the document can answer.
    pub(super) fn is_for_document(&self) -> bool {
        self.code.is_some() || self.example.is_some() || self.dynamic.is_some() || self.seed.is_some()
    }

    /// `Preference-Applied` (RFC 7240, section 3) for an answer of this status; `by_document`: whether
    /// what was asked of the body was given.
    pub(super) fn applied(&self, status: u16, by_document: bool) -> Option<String> {
        let given = self.applied.iter().filter(|(preference, _)| match preference {
            Preference::Code => by_document && self.code == Some(status),
            Preference::Body => by_document,
            Preference::Effect => true,
        });
        let given: Vec<&str> = given.map(|(_, text)| text.as_str()).collect();
        (!given.is_empty()).then(|| given.join(", "))
    }
}

/// What is left of the `Prefer` fields without what is meant for the mock: a document may describe the
/// header for preferences of its own. `None` where nothing is meant for it.
pub(super) fn other_preferences(request: &Request) -> Option<Vec<String>> {
    const OURS: [&str; 6] = ["code", "example", "dynamic", "seed", "delay", "fault"];
    let is_ours = |part: &str| {
        let name = part.split('=').next().unwrap_or_default().trim();
        OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours))
    };
    let fields: Vec<_> = request.headers.all("prefer").collect();
    if !fields.iter().any(|field| parts(field, &[',', ';']).iter().any(|part| is_ours(part))) {
        return None;
    }
    let left = |field: &str| {
        let kept = parts(field, &[',', ';']).into_iter().filter(|part| !is_ours(part)).map(str::trim);
        kept.collect::<Vec<_>>().join(", ")
    };
    Some(fields.iter().map(|field| left(field)).filter(|field| !field.is_empty()).collect())
}

/// The URL without the query parameters that are meant for the mock.
pub(super) fn without_wishes(url: &str) -> Option<String> {
    let (start, query) = url.split_once('?')?;
    let is_wish = |pair: &&str| NAMES.contains(&pair.split('=').next().unwrap_or_default());
    if !query.split('&').any(|pair| is_wish(&pair)) {
        return None;
    }
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_wish(pair)).collect();
    Some(if kept.is_empty() { start.to_owned() } else { format!("{start}?{}", kept.join("&")) })
}

/// A field's parts: separators count neither within quotes (RFC 9110, section 5.6.4) nor in parentheses.
pub(super) fn parts<'f>(field: &'f str, separators: &[char]) -> Vec<&'f str> {
    let (mut found, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_usize);
    for (at, character) in field.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ if !quoted && depth == 0 && separators.contains(&character) => {
                found.push(&field[start..at]);
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    found.push(&field[start..]);
    found.retain(|part| !part.trim().is_empty());
    found
}

/// The text within quotes, or the text itself.
fn unquoted(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else { return text.to_owned() };
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        out.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;

    fn wish(prefer: Option<&str>, query: &str) -> Result<Wish, String> {
        let headers = prefer.map(|prefer| ("Prefer", prefer)).into_iter().collect();
        Wish::of(&Request { method: "GET".into(), url: format!("http://h/?{query}"), headers, body: Bytes::new() })
    }

    #[test]
    fn wishes_are_read_from_header_or_query() {
        let full = Wish {
            code: Some(404),
            example: Some("a, b".into()),
            dynamic: Some(true),
            seed: Some("7".into()),
            delay: Some(Delay::Normal(Duration::from_millis(2), Duration::from_millis(1))),
            fault: Some(Fault::Status(503)),
            ..Wish::default()
        };
        let header =
            "code=404, example=\"a, b\"; dynamic=true, seed=7, wait=3, delay=normal(2ms, 1ms), fault=status:503";
        let found = wish(Some(header), "").expect("wishes");
        assert_eq!(
            found.applied(404, true).as_deref(),
            Some("code=404, example=\"a, b\", dynamic=true, seed=7, delay=normal(2ms, 1ms), fault=status:503")
        );
        assert_eq!(found.applied(422, false).as_deref(), Some("delay=normal(2ms, 1ms), fault=status:503"));
        assert_eq!(Wish { applied: Vec::new(), ..found }, full);
        let query =
            "x=1&__code=404&__example=a,%20b&__dynamic=true&__seed=7&__delay=normal(2ms,1ms)&__fault=status:503";
        assert_eq!(wish(None, query), Ok(full));
        assert_eq!(wish(None, "__server=http://a/v1").expect("wishes").server.as_deref(), Some("http://a/v1"));
        assert_eq!(wish(Some("respond-async"), "__code=404"), Ok(Wish::default()));
        for wrong in ["code=40", "code=abc", "code=999", "dynamic=maybe", "delay=1h", "fault=bang"] {
            assert!(wish(Some(wrong), "").is_err(), "{wrong}");
        }
    }

    #[test]
    fn wishes_are_cut_from_the_header() {
        let left = |prefer: &str| {
            let headers = [("Prefer", prefer)].into_iter().collect();
            other_preferences(&Request { method: "GET".into(), url: "http://h/".into(), headers, body: Bytes::new() })
        };
        assert_eq!(left("return=minimal, wait=3"), None);
        assert_eq!(left("return=minimal; code=404"), Some(vec!["return=minimal".to_owned()]));
        assert_eq!(left("Code=404, example=\"a,b\""), Some(Vec::new()));
    }

    #[test]
    fn wishes_are_cut_from_the_url() {
        assert_eq!(without_wishes("http://h/a?x=1&__code=2&y=%20").as_deref(), Some("http://h/a?x=1&y=%20"));
        assert_eq!(without_wishes("http://h/a?__seed=2").as_deref(), Some("http://h/a"));
        assert_eq!(without_wishes("http://h/a?__other=2"), None);
    }

    #[test]
    fn fields_are_not_cut_within_quotes() {
        for (field, expected) in [
            ("a, b", &["a", " b"][..]),
            ("a=\"x,y\", b", &["a=\"x,y\"", " b"]),
            ("a=\"x\\\",y\",b", &["a=\"x\\\",y\"", "b"]),
            ("a(1,2),,b", &["a(1,2)", "b"]),
            ("", &[]),
        ] {
            assert_eq!(parts(field, &[',']), expected, "{field}");
        }
    }
}
