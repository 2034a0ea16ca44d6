//! Media types and ranges (RFC 9110, sections 8.3.1 and 12.5.1).

use std::fmt;

/// A media type or range: `type/subtype; name=value`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaType {
    kind: String,
    subtype: String,
    parameters: Vec<(String, String)>,
}

/// A text that is no media type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no media type")]
pub struct MediaTypeError(String);

impl MediaType {
    /// Reads a media type or range; type, subtype and parameter names are lower-cased.
    pub fn parse(text: &str) -> Result<Self, MediaTypeError> {
        let fault = || MediaTypeError(text.to_owned());
        let (essence, rest) = text.split_once(';').unwrap_or((text, ""));
        let (kind, subtype) = essence.trim().split_once('/').ok_or_else(fault)?;
        if !is_token(kind) || !is_token(subtype) {
            return Err(fault());
        }
        Ok(Self {
            kind: kind.to_ascii_lowercase(),
            subtype: subtype.to_ascii_lowercase(),
            parameters: parameters(rest).ok_or_else(fault)?,
        })
    }

    /// `type/subtype` without parameters.
    pub fn essence(&self) -> String {
        format!("{}/{}", self.kind, self.subtype)
    }

    /// Whether `text` is this very type, without parameters and wildcards, letter by letter: the
    /// common case, told without reading the text.
    pub fn is_written(&self, text: &str) -> bool {
        let rest = text.strip_prefix(self.kind.as_str()).and_then(|rest| rest.strip_prefix('/'));
        self.parameters.is_empty()
            && self.kind != "*"
            && !self.subtype.starts_with('*')
            && rest == Some(self.subtype.as_str())
    }

    /// The parameter of this name (lower case).
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether bodies of this type are JSON: `application/json`, `text/json` or any `+json`.
    pub fn is_json(&self) -> bool {
        self.subtype == "json" || self.subtype.ends_with("+json")
    }

    /// Whether bodies are text: `text/*`, JSON, XML, forms.
    pub fn is_text(&self) -> bool {
        self.kind == "text"
            || self.is_json()
            || self.subtype == "xml"
            || self.subtype.ends_with("+xml")
            || self.is_form()
            || matches!(self.subtype.as_str(), "javascript" | "yaml" | "x-yaml" | "x-ndjson")
    }

    /// Whether this is `application/x-www-form-urlencoded`.
    pub fn is_form(&self) -> bool {
        self.kind == "application" && self.subtype == "x-www-form-urlencoded"
    }

    /// Whether this is `multipart/*`.
    pub fn is_multipart(&self) -> bool {
        self.kind == "multipart"
    }

    /// Whether this, as a range (`*/*`, `application/*`, `application/*+json`, a full type), takes in `other`.
    ///
    /// The range's parameters must stand in `other`, values compared without case, but for those
    /// that say how the body is written and not what it is: a `charset` or `boundary` may be left
    /// out, and JSON has no `charset` (RFC 8259, section 11). `q` and `other`'s further parameters
    /// do not count.
    pub fn matches(&self, other: &Self) -> bool {
        let kind = self.kind == "*" || self.kind == other.kind;
        let subtype = match self.subtype.strip_prefix('*') {
            Some("") => true,
            Some(suffix) => other.subtype.ends_with(suffix),
            None => self.subtype == other.subtype,
        };
        kind && subtype && self.parameters.iter().all(|(name, value)| other.allows(name, value))
    }

    /// Whether it is nothing against a range that it has this parameter.
    fn allows(&self, name: &str, value: &str) -> bool {
        match (name, self.parameter(name)) {
            ("q" | "boundary", _) | ("charset", None) => true,
            ("charset", _) if self.is_json() => true,
            (_, found) => found.is_some_and(|found| found.eq_ignore_ascii_case(value)),
        }
    }

    /// Names and values of the parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same without the parameter `name`.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let parameters = self.parameters.iter().filter(|(known, _)| known != name).cloned().collect();
        Self { parameters, ..self.clone() }
    }

    /// How narrow this range is: more is narrower.
    pub fn specificity(&self) -> usize {
        let subtype = match self.subtype.strip_prefix('*') {
            Some("") => 0,
            Some(_) => 50,
            None => 100,
        };
        usize::from(self.kind != "*") * 1000 + subtype + self.parameters.len()
    }

    /// How close this range comes to `other`, which it [matches](Self::matches): more is closer. A
    /// parameter that `other` does not have takes the range further away.
    pub fn closeness(&self, other: &Self) -> usize {
        let stands = |(name, value): &&(String, String)| {
            other.parameter(name).is_some_and(|found| found.eq_ignore_ascii_case(value))
        };
        let standing = self.parameters.iter().filter(stands).count();
        let missing = self.parameters.len() - standing;
        let base = self.specificity() - self.parameters.len();
        base * 100 + (50 + standing).saturating_sub(missing)
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.subtype)?;
        for (name, value) in &self.parameters {
            if is_token(value) {
                write!(f, "; {name}={value}")?;
            } else {
                write!(f, "; {name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))?;
            }
        }
        Ok(())
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

fn parameters(mut rest: &str) -> Option<Vec<(String, String)>> {
    let mut parameters = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        if rest.is_empty() {
            return Some(parameters);
        }
        let (name, tail) = rest.split_once('=')?;
        let name = name.trim();
        if !is_token(name) {
            return None;
        }
        let (value, tail) = match tail.strip_prefix('"') {
            Some(quoted) => quoted_string(quoted)?,
            None => tail.split_once(';').map_or((tail.trim().to_owned(), ""), |(v, t)| (v.trim().to_owned(), t)),
        };
        parameters.push((name.to_ascii_lowercase(), value));
        rest = tail;
    }
}

fn quoted_string(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(text: &str) -> MediaType {
        MediaType::parse(text).expect("a media type")
    }

    #[test]
    fn ranges_match_by_type_subtype_and_parameters() {
        for (range, other, expected) in [
            ("*/*", "text/plain", true),
            ("application/*", "application/json", true),
            ("application/json", "Application/JSON; charset=utf-8", true),
            ("application/json; version=2", "application/json", false),
            ("text/plain; charset=utf-8", "text/plain; charset=\"UTF-8\"", true),
            ("application/json", "application/problem+json", false),
            ("application/json; charset=utf-8", "application/json", true),
            ("application/json; charset=utf-8", "application/json; charset=latin1", true),
            ("text/plain; charset=utf-8", "text/plain", true),
            ("text/plain; charset=utf-8", "text/plain; charset=latin1", false),
            ("multipart/form-data; boundary=a", "multipart/form-data; boundary=b", true),
            ("application/json; version=2", "application/json; version=3", false),
            ("application/*+json", "application/problem+json", true),
            ("application/*+json", "application/json", false),
            ("application/*+json", "text/x+json", false),
        ] {
            assert_eq!(media(range).matches(&media(other)), expected, "{range} {other}");
            assert!(!media(range).is_written(other), "{range} {other}");
        }
    }

    #[test]
    fn the_closest_range_comes_first() {
        for (other, ranges) in [
            ("application/problem+json", ["application/problem+json", "application/*+json", "application/*", "*/*"]),
            (
                "application/json; version=2",
                ["application/json; version=2", "application/json", "application/json; charset=utf-8", "*/*"],
            ),
            ("text/plain", ["text/plain", "text/plain; charset=utf-8", "text/*", "*/*; q=1"]),
        ] {
            let far = |range: &str| std::cmp::Reverse(media(range).closeness(&media(other)));
            assert!(ranges.is_sorted_by_key(|range| far(range)), "{other}");
            assert!(ranges.iter().all(|range| media(range).matches(&media(other))), "{other}");
        }
    }

    #[test]
    fn a_type_knows_its_own_text() {
        assert!(media("application/json").is_written("application/json"));
        assert!(!media("*/*").is_written("*/*"));
    }

    #[test]
    fn texts_that_are_no_media_type_are_refused() {
        for text in ["", "json", "a/b/c", "a /b", "a/b; c", "a/b; c=\"d"] {
            assert!(MediaType::parse(text).is_err(), "{text}");
        }
        assert_eq!(media("a/b; c=\"d e\"").to_string(), "a/b; c=\"d e\"");
    }
}
