//! What a client asks for beside the operation itself: `Prefer` and `Accept`.

use crate::contract::{MediaTypeSpec, StatusPattern};
use crate::exchange::{MediaType, Request};

/// What a client would like to be answered (RFC 7240's `Prefer`, or `__` query parameters).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) code: Option<u16>,
    pub(super) example: Option<String>,
    pub(super) dynamic: Option<bool>,
    pub(super) seed: Option<String>,
}

impl Wish {
    /// Reads the header field; the query forms count only without it.
    ///
    /// # Errors
    /// A sentence, where a value is none that the preference can have.
    pub(super) fn of(request: &Request) -> Result<Self, String> {
        let mut wish = Self::default();
        if request.headers.contains("prefer") {
            for field in request.headers.all("prefer") {
                for part in field.split([',', ';']) {
                    let (name, value) = part.split_once('=').unwrap_or((part, ""));
                    wish.take(&name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'))?;
                }
            }
            return Ok(wish);
        }
        let query = request.query().unwrap_or_default();
        if query.contains("__") {
            for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
                if let Some(name) = name.strip_prefix("__") {
                    wish.take(name, &value)?;
                }
            }
        }
        Ok(wish)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "code" => {
                let code = value.parse().ok().filter(|code| value.len() == 3 && (200..600).contains(code));
                let wanted = "`code` is a status of three digits, 200 to 599";
                self.code = Some(code.ok_or_else(|| format!("{wanted}; found `{value}`"))?);
            }
            "dynamic" => {
                self.dynamic = match value {
                    "true" | "" => Some(true),
                    "false" => Some(false),
                    other => return Err(format!("`dynamic` is true or false; found `{other}`")),
                }
            }
            "example" => self.example = Some(value.to_owned()),
            "seed" => self.seed = Some(value.to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// Whether the body is to be another one than usual.
    pub(super) fn is_particular(&self) -> bool {
        self.example.is_some() || self.dynamic == Some(true) || self.seed.is_some()
    }

    /// Whether anything is asked for that only the document can answer.
    pub(super) fn is_some(&self) -> bool {
        *self != Self::default()
    }
}

/// The URL without the query parameters that are meant for the mock.
pub(super) fn without_wishes(url: &str) -> Option<String> {
    let (start, query) = url.split_once('?')?;
    let names = ["__code", "__example", "__dynamic", "__seed"];
    let is_wish = |pair: &&str| names.contains(&pair.split('=').next().unwrap_or_default());
    if !query.split('&').any(|pair| is_wish(&pair)) {
        return None;
    }
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_wish(pair)).collect();
    Some(if kept.is_empty() { start.to_owned() } else { format!("{start}?{}", kept.join("&")) })
}

/// The response for a valid request, and its status: the lowest 2XX, then `default`, then the first.
pub(super) fn success(documented: &[StatusPattern]) -> Option<(usize, u16)> {
    let code = |pattern: &StatusPattern| match pattern {
        StatusPattern::Exact(code) => *code,
        StatusPattern::Range(first) => u16::from(*first) * 100,
        StatusPattern::Default => 200,
    };
    let all = || documented.iter().enumerate();
    let lowest = all().filter(|(_, pattern)| **pattern != StatusPattern::Default && code(pattern) / 100 == 2);
    // An exact status before the range that takes it in.
    let lowest = lowest.min_by_key(|(_, pattern)| (code(pattern), matches!(pattern, StatusPattern::Range(_))));
    let default = || all().find(|(_, pattern)| **pattern == StatusPattern::Default);
    let found = lowest.or_else(default).or_else(|| all().next());
    found.map(|(at, pattern)| (at, code(pattern)))
}

/// The response for this status: exact, its range, `default`.
pub(super) fn forced(documented: &[StatusPattern], code: u16) -> Option<usize> {
    let range = u8::try_from(code / 100).unwrap_or(0);
    let wanted = [StatusPattern::Exact(code), StatusPattern::Range(range), StatusPattern::Default];
    wanted.iter().find_map(|pattern| documented.iter().position(|known| known == pattern))
}

/// The response for an invalid request: the first of these codes that is documented, exactly or as
/// `4XX`; then `default` under the first code.
pub(super) fn refusal(documented: &[StatusPattern], codes: &[u16]) -> Option<(usize, u16)> {
    let find = |pattern: StatusPattern| documented.iter().position(|known| *known == pattern);
    let exact = codes.iter().find_map(|code| Some((find(StatusPattern::Exact(*code))?, *code)));
    let first = *codes.first()?;
    exact
        .or_else(|| Some((find(StatusPattern::Range(4))?, first)))
        .or_else(|| Some((find(StatusPattern::Default)?, first)))
}

/// The media type that suits `accept` best, the first among equals; `None` where none does.
/// A client that says nothing gets JSON where there is any.
pub(super) fn media_type<'a>(content: &'a [MediaTypeSpec], accept: Option<&str>) -> Option<&'a MediaTypeSpec> {
    let ranges = accept.map(accepted).unwrap_or_default();
    let mut best: Option<(u16, bool, &MediaTypeSpec)> = None;
    for offered in content {
        let concrete = concrete(&offered.range);
        let quality = if ranges.is_empty() { 1000 } else { quality(&ranges, &concrete) };
        let rank = (quality, accept.is_none() && concrete.is_json());
        if quality > 0 && best.is_none_or(|(quality, json, _)| rank > (quality, json)) {
            best = Some((rank.0, rank.1, offered));
        }
    }
    best.map(|(_, _, offered)| offered)
}

/// A media type for a documented range: itself where it has no wildcard.
pub(super) fn concrete(range: &MediaType) -> MediaType {
    let essence = range.essence();
    let plain = match essence.as_str() {
        "*/*" | "application/*" => "application/json",
        "text/*" => "text/plain",
        "image/*" => "image/png",
        "audio/*" => "audio/mpeg",
        "video/*" => "video/mp4",
        other if other.contains('*') => "application/octet-stream",
        _ => return range.clone(),
    };
    MediaType::parse(plain).unwrap_or_else(|_| range.clone())
}

/// The ranges of an `Accept` field with their quality in thousandths; what cannot be read is left out.
fn accepted(field: &str) -> Vec<(MediaType, u16)> {
    let parts = field.split(',').take(64);
    parts
        .filter_map(|part| MediaType::parse(part.trim()).ok())
        .map(|range| (quality_of(&range), range))
        .map(|(q, r)| (r, q))
        .collect()
}

fn quality_of(range: &MediaType) -> u16 {
    let Some(value) = range.parameter("q") else { return 1000 };
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let thousandths = format!("{fraction:0<3}").get(..3).and_then(|digits| digits.parse::<u16>().ok()).unwrap_or(0);
    if whole == "0" { thousandths } else { 1000 }
}

/// The quality of the most specific range that takes the media type in; parameters of the range are
/// tried again without, as clients send `charset` where documents have none.
fn quality(ranges: &[(MediaType, u16)], offered: &MediaType) -> u16 {
    let bare = |range: &MediaType| MediaType::parse(&range.essence()).is_ok_and(|bare| bare.matches(offered));
    let matching = ranges.iter().filter(|(range, _)| range.matches(offered) || bare(range));
    matching.max_by_key(|(range, _)| range.specificity()).map_or(0, |(_, quality)| *quality)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::source::Pointer;
    use StatusPattern::{Default as Fallback, Exact, Range};

    #[test]
    fn statuses_are_chosen() {
        for (documented, expected) in [
            (vec![Exact(422), Exact(204), Exact(201)], Some((2, 201))),
            (vec![Range(2), Exact(404)], Some((0, 200))),
            (vec![Range(2), Exact(200)], Some((1, 200))),
            (vec![Exact(404), Fallback], Some((1, 200))),
            (vec![Exact(302), Exact(404)], Some((0, 302))),
            (vec![], None),
        ] {
            assert_eq!(success(&documented), expected, "{documented:?}");
        }
        let documented = [Exact(200), Range(4), Fallback];
        assert_eq!(
            [forced(&documented, 200), forced(&documented, 418), forced(&documented, 500)],
            [Some(0), Some(1), Some(2)]
        );
        assert_eq!(forced(&documented[..2], 500), None);
    }

    #[test]
    fn refusals_are_chosen() {
        let codes = [415, 422, 400];
        for (documented, expected) in [
            (vec![Exact(200), Exact(400), Exact(422)], Some((2, 422))),
            (vec![Exact(200), Range(4), Exact(400)], Some((2, 400))),
            (vec![Exact(200), Range(4), Fallback], Some((1, 415))),
            (vec![Exact(200), Fallback], Some((1, 415))),
            (vec![Exact(200), Exact(401)], None),
        ] {
            assert_eq!(refusal(&documented, &codes), expected, "{documented:?}");
        }
    }

    #[test]
    fn accept_chooses_by_quality_and_specificity() {
        let spec = |text: &str| MediaTypeSpec {
            range: MediaType::parse(text).expect("a media type"),
            schema: None,
            examples: Vec::new(),
            encoding: Vec::new(),
            pointer: Pointer::root(),
            document: 0,
        };
        let content = [spec("text/csv"), spec("application/json"), spec("application/xml; charset=utf-8")];
        for (accept, expected) in [
            (None, Some("application/json")),
            (Some("*/*"), Some("text/csv")),
            (Some("text/*;q=0.9, application/json;q=0.8"), Some("text/csv")),
            (Some("text/csv;q=0, */*;q=0.1"), Some("application/json")),
            (Some("application/xml"), Some("application/xml; charset=utf-8")),
            (Some("application/json; charset=utf-8"), Some("application/json")),
            (Some("image/png"), None),
            (Some("rubbish"), Some("text/csv")),
            (Some("application/json;q=0.5, text/csv;q=0.500"), Some("text/csv")),
        ] {
            let found = media_type(&content, accept).map(|found| found.range.to_string());
            assert_eq!(found.as_deref(), expected, "{accept:?}");
        }
    }

    fn wish(prefer: Option<&str>, query: &str) -> Result<Wish, String> {
        let headers = prefer.map(|prefer| ("Prefer", prefer)).into_iter().collect();
        Wish::of(&Request { method: "GET".into(), url: format!("http://h/?{query}"), headers, body: Bytes::new() })
    }

    #[test]
    fn wishes_are_read_from_header_or_query() {
        let full = Wish { code: Some(404), example: Some("a b".into()), dynamic: Some(true), seed: Some("7".into()) };
        assert_eq!(wish(Some("code=404, example=\"a b\"; dynamic=true, seed=7, wait=3"), ""), Ok(full.clone()));
        assert_eq!(wish(None, "x=1&__code=404&__example=a%20b&__dynamic=true&__seed=7"), Ok(full));
        assert_eq!(wish(Some("respond-async"), "__code=404"), Ok(Wish::default()));
        for wrong in ["code=40", "code=abc", "code=999", "dynamic=maybe"] {
            assert!(wish(Some(wrong), "").is_err(), "{wrong}");
        }
    }

    #[test]
    fn wishes_are_cut_from_the_url() {
        assert_eq!(without_wishes("http://h/a?x=1&__code=2&y=%20").as_deref(), Some("http://h/a?x=1&y=%20"));
        assert_eq!(without_wishes("http://h/a?__seed=2").as_deref(), Some("http://h/a"));
        assert_eq!(without_wishes("http://h/a?__other=2"), None);
    }
}
