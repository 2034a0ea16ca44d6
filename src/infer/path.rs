//! Path templates from paths.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::Format;

/// So many different words in one place, each of which looks like a name of something, are a parameter.
const SLUGS: usize = 3;
/// So many different words in one place are a parameter, whatever they look like.
const WORDS: usize = 25;

/// A segment of a path: as it is, or a parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Segment {
    Literal(String),
    Parameter,
}

/// A path's segments.
pub(super) type Path = Vec<Segment>;

/// The segments of a path, those that are ids by their look as parameters.
pub(super) fn segments(path: &str) -> Path {
    let of = |segment: &str| if varies(segment) { Segment::Parameter } else { Segment::Literal(segment.to_owned()) };
    path.trim_start_matches('/').split('/').map(of).collect()
}

/// Whether a text looks like the id of something: a number, a UUID, hex, a date, an email address, a long
/// mixture of letters and digits.
pub(super) fn varies(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let hex = bytes.iter().all(u8::is_ascii_hexdigit);
    let plain = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let formats = [Format::Uuid, Format::Date, Format::DateTime, Format::Email];
    let prefixed = || {
        text.rsplit_once('_').is_some_and(|(start, rest)| {
            !start.is_empty()
                && rest.len() >= 8
                && rest.bytes().any(|b| b.is_ascii_digit())
                && rest.bytes().all(|b| b.is_ascii_alphanumeric())
        })
    };
    !text.is_empty()
        && (digits == bytes.len()
            || formats.iter().any(|format| format.fits(text))
            || hex && bytes.len() >= 8 && digits > 0
            || plain && bytes.len() >= 20 && digits >= 3 && letters >= 3 && !text.contains("--") && words(text) <= 2
            || prefixed())
}

/// How many words a text is made of.
fn words(text: &str) -> usize {
    text.split(['-', '_']).filter(|word| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic())).count()
}

/// A word that names one of many things: `red-leather-chair`, `item-12`.
fn is_slug(text: &str) -> bool {
    text.len() >= 5
        && text.contains(['-', '_', '.', '%']) | text.bytes().any(|byte| byte.is_ascii_digit())
        && !is_version(text)
}

/// `v1`, `v2.1`.
pub(super) fn is_version(text: &str) -> bool {
    text.strip_prefix(['v', 'V']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.len() < 6)
}

/// Which paths are one: places in which names of things stand become parameters too.
pub(super) fn templates(paths: impl IntoIterator<Item = Path>) -> BTreeMap<Path, Path> {
    let mut all: BTreeMap<Path, Path> = paths.into_iter().map(|path| (path.clone(), path)).collect();
    let longest = all.keys().map(Vec::len).max().unwrap_or_default();
    for place in 0..longest {
        let mut words: BTreeMap<Path, BTreeSet<String>> = BTreeMap::new();
        for path in all.values().filter(|path| path.len() > place) {
            if let Segment::Literal(word) = &path[place] {
                words.entry(around(path, place)).or_default().insert(word.clone());
            }
        }
        words.retain(|_, words| {
            let slugs = words.iter().filter(|word| is_slug(word)).count();
            slugs >= SLUGS && slugs == words.len() || words.len() >= WORDS
        });
        for path in all.values_mut().filter(|path| path.len() > place) {
            if words.contains_key(&around(path, place)) {
                path[place] = Segment::Parameter;
            }
        }
    }
    all
}

/// The path with a hole at this place.
fn around(path: &Path, place: usize) -> Path {
    let mut around = path.clone();
    around[place] = Segment::Parameter;
    around
}

/// The template in the document's form, and the names of its parameters.
pub(super) fn named(path: &Path) -> (String, Vec<String>) {
    let mut out = String::new();
    let mut names: Vec<String> = Vec::new();
    let mut before = String::new();
    for segment in path {
        out.push('/');
        match segment {
            Segment::Literal(word) => {
                // Braces in a path would be a parameter.
                out.push_str(&word.replace('{', "%7B").replace('}', "%7D"));
                before.clone_from(word);
            }
            Segment::Parameter => {
                let stem = camel(&singular(&before));
                let mut name = if stem.is_empty() { "id".to_owned() } else { format!("{stem}Id") };
                let base = name.clone();
                for number in 2.. {
                    if !names.contains(&name) {
                        break;
                    }
                    name = format!("{base}{number}");
                }
                out.extend(["{", &name, "}"]);
                names.push(name);
            }
        }
    }
    if out.is_empty() { ("/".to_owned(), names) } else { (out, names) }
}

/// `groups` → `group`, `categories` → `category`.
pub(super) fn singular(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let cut = |end: usize| word[..word.len() - end].to_owned();
    match () {
        () if !word.is_ascii() || word.len() < 4 || is_version(word) => word.to_owned(),
        () if lower.ends_with("ies") => cut(3) + "y",
        () if ["sses", "xes", "ches", "shes", "zes"].iter().any(|end| lower.ends_with(end)) => cut(2),
        () if lower.ends_with("ss") || lower.ends_with("us") || lower.ends_with("is") => word.to_owned(),
        () if lower.ends_with('s') => cut(1),
        () => word.to_owned(),
    }
}

/// `group-members` → `groupMembers`.
pub(super) fn camel(text: &str) -> String {
    let mut out = String::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at(1);
        if out.is_empty() {
            out.push_str(&first.to_ascii_lowercase());
        } else {
            out.push_str(&first.to_ascii_uppercase());
        }
        out.push_str(rest);
    }
    out
}

/// `group-members` → `GroupMembers`.
pub(super) fn pascal(text: &str) -> String {
    let camel = camel(text);
    match camel.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_uppercase() + rest,
        None => camel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_by_their_look() {
        for id in [
            "7",
            "0b4f8f4e-0000-4000-8000-000000000001",
            "507f1f77bcf86cd799439011",
            "2026-03-01",
            "a@b.example",
            "cus_9s6XKzkNRiz8i3",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        ] {
            assert!(varies(id), "{id}");
        }
        for word in ["users", "v1", "me", "decade", "oauth2", "order-items", "users-with-2-factor-authentication", ""] {
            assert!(!varies(word), "{word}");
        }
    }

    #[test]
    fn places_in_which_names_vary_are_parameters() {
        let paths = [
            "/v1/users/7",
            "/v1/users/me",
            "/v1/users/8/posts",
            "/v1/posts/my-first-post",
            "/v1/posts/my-2nd-post",
            "/v1/posts/and-a-third",
            "/v1/posts/and-a-third/comments",
            "/v1/items/red-chair",
            "/v1/items",
            "/",
        ];
        let all = templates(paths.iter().map(|path| segments(path)));
        let names: BTreeSet<String> = all.values().map(|path| named(path).0).collect();
        assert_eq!(
            names.into_iter().collect::<Vec<_>>(),
            [
                "/",
                "/v1/items",
                "/v1/items/red-chair",
                "/v1/posts/and-a-third/comments",
                "/v1/posts/{postId}",
                "/v1/users/me",
                "/v1/users/{userId}",
                "/v1/users/{userId}/posts"
            ]
        );
        assert_eq!(named(&segments("/a/1/2/categories/3")).0, "/a/{aId}/{aId2}/categories/{categoryId}");
        let many = (0..30).map(|number| segments(&format!("/tags/t{}", "x".repeat(number))));
        assert_eq!(templates(many).into_values().collect::<BTreeSet<_>>().len(), 1);
    }
}
