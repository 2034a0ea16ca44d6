//! Which of the documented responses suits a request: by status, and by `Accept`.

use std::borrow::Cow;

use super::wish::parts;
use crate::contract::{MediaTypeSpec, StatusPattern};
use crate::exchange::MediaType;
use crate::generate::concrete;

/// The response for a valid request, and its status: the lowest 2XX, then `default`, then the first.
pub(super) fn success(documented: &[StatusPattern]) -> Option<(usize, u16)> {
    let code = |pattern: &StatusPattern| status(*pattern);
    let all = || documented.iter().enumerate();
    let lowest = all().filter(|(_, pattern)| **pattern != StatusPattern::Default && code(pattern) / 100 == 2);
    // A status before a range, whatever the range takes in.
    let lowest = lowest.min_by_key(|(_, pattern)| (matches!(pattern, StatusPattern::Range(_)), code(pattern)));
    let default = || all().find(|(_, pattern)| **pattern == StatusPattern::Default);
    let found = lowest.or_else(default).or_else(|| all().next());
    found.map(|(at, pattern)| (at, code(pattern)))
}

/// The status of a response that none is asked for.
pub(super) fn status(pattern: StatusPattern) -> u16 {
    match pattern {
        StatusPattern::Exact(code) => code,
        StatusPattern::Range(first) => u16::from(first) * 100,
        StatusPattern::Default => 200,
    }
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
/// A client that says nothing gets JSON where there is any. Of a documented range it is the type
/// in the range that the client asks for (RFC 9110, section 12.5.1).
pub(super) fn media_type<'a>(content: &'a [MediaTypeSpec], accept: Option<&str>) -> Option<Cow<'a, MediaTypeSpec>> {
    let ranges = accept.map(accepted).unwrap_or_default();
    let mut best: Option<(Rank, &MediaTypeSpec, Option<MediaType>)> = None;
    for offered in content {
        let concrete = concrete(&offered.range);
        let usual = accept.is_none() && (concrete.is_json() || offered.range.essence() == "*/*");
        let own = Rank { usual, ..rank(&ranges, &concrete) };
        let asked =
            ranges.iter().filter(|_| is_wild(&offered.range)).filter(|(range, _)| within(range, &offered.range));
        let asked = asked.map(|(range, _)| (rank(&ranges, range), Some(range.without("q"))));
        for (rank, media) in std::iter::once((own, None)).chain(asked) {
            if rank.quality > 0 && best.as_ref().is_none_or(|(best, ..)| rank > *best) {
                best = Some((rank, offered, media));
            }
        }
    }
    best.map(|(_, offered, media)| match media {
        Some(range) => Cow::Owned(MediaTypeSpec { range, ..offered.clone() }),
        None => Cow::Borrowed(offered),
    })
}

/// How well a media type suits: by the client's quality, then by how narrow the range is that takes it
/// in, then by the range's place in the field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    quality: u16,
    narrow: usize,
    early: std::cmp::Reverse<usize>,
    usual: bool,
}

fn is_wild(range: &MediaType) -> bool {
    range.essence().contains('*')
}

/// Whether what a client asks for is one type, and in the documented range.
fn within(asked: &MediaType, range: &MediaType) -> bool {
    !is_wild(asked) && range.matches(asked)
}

/// The ranges of an `Accept` field with their quality in thousandths; what cannot be read is left out.
fn accepted(field: &str) -> Vec<(MediaType, u16)> {
    parts(field, &[','])
        .into_iter()
        .take(64)
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
fn rank(ranges: &[(MediaType, u16)], offered: &MediaType) -> Rank {
    if ranges.is_empty() {
        return Rank { quality: 1000, ..Rank::default() };
    }
    let bare = |range: &MediaType| MediaType::parse(&range.essence()).is_ok_and(|bare| bare.matches(offered));
    // Parameters count where they are kept.
    let narrow = |range: &MediaType| {
        let bare = MediaType::parse(&range.essence()).ok().filter(|_| !range.matches(offered));
        bare.unwrap_or_else(|| range.without("q")).specificity()
    };
    let matching = ranges.iter().enumerate().filter(|(_, (range, _))| range.matches(offered) || bare(range));
    let ranks = matching.map(|(at, (range, quality))| Rank {
        quality: *quality,
        narrow: narrow(range),
        early: std::cmp::Reverse(at),
        usual: false,
    });
    ranks.max_by_key(|rank| (rank.narrow, rank.early)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Pointer;
    use StatusPattern::{Default as Fallback, Exact, Range};

    fn spec(text: &str) -> MediaTypeSpec {
        MediaTypeSpec {
            range: MediaType::parse(text).expect("a media type"),
            schema: None,
            item_schema: None,
            examples: Vec::new(),
            encoding: Vec::new(),
            pointer: Pointer::root(),
            document: 0,
        }
    }

    #[test]
    fn statuses_are_chosen() {
        for (documented, expected) in [
            (vec![Exact(422), Exact(204), Exact(201)], Some((2, 201))),
            (vec![Range(2), Exact(404)], Some((0, 200))),
            (vec![Range(2), Exact(200)], Some((1, 200))),
            (vec![Range(2), Exact(201)], Some((1, 201))),
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
            (Some("application/json, text/plain, */*"), Some("application/json")),
            (Some("application/xml, text/csv, application/json"), Some("application/xml; charset=utf-8")),
            (Some("application/json;q=0.5, text/csv;q=0.500"), Some("application/json")),
            (Some("text/csv;note=\"a, b;q=0\";q=0.5, application/json;q=0.4"), Some("text/csv")),
            (Some("text/csv;q=0"), None),
        ] {
            let found = media_type(&content, accept).map(|found| found.range.to_string());
            assert_eq!(found.as_deref(), expected, "{accept:?}");
        }
    }

    #[test]
    fn a_range_is_answered_in_the_type_that_is_asked_for() {
        let content = ["application/json; version=1", "application/json; version=2", "text/*", "*/*"].map(spec);
        for (accept, expected) in [
            ("application/json; version=2", "application/json; version=2"),
            ("application/json", "application/json; version=1"),
            ("text/csv;q=0.4", "text/csv"),
            ("image/png, text/html;q=0.5", "image/png"),
            ("application/hal+json; q=0.3, */*;q=0.1", "application/hal+json"),
        ] {
            let found = media_type(&content, Some(accept)).map(|found| found.range.to_string());
            assert_eq!(found.as_deref(), Some(expected), "{accept}");
        }
        assert_eq!(media_type(&content[3..], Some("text/*")).map(|found| found.range.to_string()).as_deref(), None);
    }
}
