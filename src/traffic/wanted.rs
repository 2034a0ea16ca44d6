//! Requests that somebody wrote down, with holes for what is to be filled in.

use crate::exchange::{Request, Response};

/// A request of a collection or a command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What it is called there.
    pub name: Option<String>,
    /// The line, or the number of the item, that it stands at, from 1.
    pub line: usize,
    /// The request, or why there is none.
    pub request: Result<Request, String>,
    /// Saved responses, each with its name.
    pub responses: Vec<(String, Response)>,
    /// What of it is not taken over.
    pub notes: Vec<String>,
    /// What is to be filled in: each mark stands in the request.
    pub holes: Vec<Hole>,
}

/// A place in a request that is filled in when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The text that stands there: letters and digits that no encoding changes.
    pub mark: String,
    /// The expression that gives the value.
    pub expression: String,
}

impl Hole {
    pub(super) fn new(number: usize, expression: String) -> Self {
        Self { mark: format!("holeZ{number}Zeloh"), expression }
    }

    /// The expression that gives a text with holes in it; `None` for one without.
    pub(super) fn joined(text: &str, holes: &[Self]) -> Option<String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
        let first = |text: &str| {
            let found = holes.iter().filter_map(|hole| Some((text.find(&hole.mark)?, hole)));
            found.min_by_key(|(at, _)| *at)
        };
        while let Some((at, hole)) = first(rest) {
            if at > 0 {
                pieces.push(quoted(&rest[..at]));
            }
            pieces.push(hole.expression.clone());
            rest = &rest[at + hole.mark.len()..];
        }
        if pieces.is_empty() {
            return None;
        }
        if !rest.is_empty() {
            pieces.push(quoted(rest));
        }
        Some(pieces.join(" ~ "))
    }

    pub(super) fn stands_in(&self, request: &Request) -> bool {
        let within = |bytes: &[u8]| bytes.windows(self.mark.len()).any(|window| window == self.mark.as_bytes());
        request.url.contains(&self.mark)
            || within(&request.body)
            || request.headers.raw().any(|(_, value)| within(value))
    }
}

impl Wanted {
    pub(super) fn refused(line: usize, reason: String) -> Self {
        Self { name: None, line, request: Err(reason), responses: Vec::new(), notes: Vec::new(), holes: Vec::new() }
    }
}
