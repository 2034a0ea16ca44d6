//! JSON Pointer (RFC 6901).

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A JSON Pointer (RFC 6901): the empty string for the whole, else `/`-led escaped tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pointer(String);

impl Pointer {
    /// The pointer to the whole value.
    pub fn root() -> Self {
        Self::default()
    }

    /// A pointer from its string form, `None` unless it is empty or starts with `/`.
    pub fn parse(text: &str) -> Option<Self> {
        (text.is_empty() || text.starts_with('/')).then(|| Self(text.to_owned()))
    }

    /// A pointer from a URI fragment with or without its `#` (RFC 6901, section 6).
    ///
    /// Percent-encoding is undone; `None` where the fragment is no pointer (an anchor, say).
    pub fn from_fragment(fragment: &str) -> Option<Self> {
        let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
        let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8().ok()?;
        Self::parse(&decoded)
    }

    /// The escaped string form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this points to the whole value.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This pointer with one more token, which is escaped here.
    #[must_use]
    pub fn join(&self, token: &str) -> Self {
        let mut text = String::with_capacity(self.0.len() + token.len() + 1);
        text.push_str(&self.0);
        text.push('/');
        for character in token.chars() {
            match character {
                '~' => text.push_str("~0"),
                '/' => text.push_str("~1"),
                other => text.push(other),
            }
        }
        Self(text)
    }

    /// This pointer with an array index appended.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// This pointer followed by another.
    #[must_use]
    pub fn concat(&self, other: &Self) -> Self {
        Self(format!("{}{}", self.0, other.0))
    }

    /// The pointer without its last token, `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        self.0.rfind('/').map(|slash| Self(self.0[..slash].to_owned()))
    }

    /// The tokens, unescaped, in order.
    pub fn tokens(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.split('/').skip(1).map(unescape)
    }

    /// The last token, unescaped; `None` for the root.
    pub fn last(&self) -> Option<Cow<'_, str>> {
        self.0.rsplit_once('/').map(|(_, token)| unescape(token))
    }

    /// Whether `self` is `prefix` or stands below it.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The form for a URI fragment, `#` included, with what a fragment may not hold percent-encoded.
    pub fn to_fragment(&self) -> String {
        const KEEP: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
            .add(b' ')
            .add(b'"')
            .add(b'%')
            .add(b'<')
            .add(b'>')
            .add(b'`')
            .add(b'{')
            .add(b'}')
            .add(b'\\')
            .add(b'^')
            .add(b'|')
            .add(b'#')
            .add(b'[')
            .add(b']');
        format!("#{}", percent_encoding::utf8_percent_encode(&self.0, KEEP))
    }
}

fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') { Cow::Owned(token.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(token) }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_escaped_and_unescaped() {
        let pointer = Pointer::root().join("paths").join("/a~b/{id}").index(3);
        assert_eq!(pointer.as_str(), "/paths/~1a~0b~1{id}/3");
        assert_eq!(pointer.tokens().collect::<Vec<_>>(), ["paths", "/a~b/{id}", "3"]);
        assert_eq!(pointer.parent().and_then(|p| p.last().map(Cow::into_owned)).as_deref(), Some("/a~b/{id}"));
    }

    #[test]
    fn fragments_round_trip() {
        let pointer = Pointer::root().join("a b").join("{x}%");
        let fragment = pointer.to_fragment();
        assert_eq!(fragment, "#/a%20b/%7Bx%7D%25");
        assert_eq!(Pointer::from_fragment(&fragment), Some(pointer));
        assert_eq!(Pointer::from_fragment("#anchor"), None);
    }

    #[test]
    fn starts_with_stops_at_token_borders() {
        let parent = Pointer::root().join("a");
        assert!(parent.join("b").starts_with(&parent));
        assert!(!Pointer::root().join("ab").starts_with(&parent));
    }
}
