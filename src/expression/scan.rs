//! A light look at an expression's tokens: where it ends in a text, and which names it reads.
//!
//! The engine stays the judge of what an expression is; this only finds places in it.

use std::ops::Range;

/// Words of the language that are no names.
const KEYWORDS: [&str; 13] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Text,
    Number,
    Operator,
}

#[derive(Clone, Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    start: usize,
}

impl Token<'_> {
    fn is(&self, operator: &str) -> bool {
        self.kind == Kind::Operator && self.text == operator
    }

    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// A name that an expression reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name itself: `response` of `response.json.id`.
    pub root: String,
    /// The whole path as written: `response.json.items[0].id`.
    pub path: String,
    /// The bytes of the path within the expression or string.
    pub range: Range<usize>,
    /// Whether its absence is allowed for: under `default`, `is defined` or `is undefined`.
    pub guarded: bool,
}

/// What an expression mentions.
#[derive(Clone, Debug, Default)]
pub(super) struct Mentions {
    pub(super) names: Vec<Name>,
    pub(super) functions: Vec<(String, Range<usize>)>,
    pub(super) filters: Vec<(String, Range<usize>)>,
    pub(super) tests: Vec<(String, Range<usize>)>,
}

/// Where the expression that starts at `start` ends: at the `}}` outside its brackets and strings.
pub(super) fn expression_end(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = start;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        if depth == 0 && text[at..].starts_with("}}") {
            return Some(at);
        }
        let token = next_token(text, &mut at)?;
        if token.kind == Kind::Operator {
            match token.text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
}

/// What a condition is put together of by its loosest word, `or` else `and`; the whole where it is one thing,
/// or a choice by `if`. `true` where the word is `or`.
pub(super) fn operands(text: &str) -> (bool, Vec<&str>) {
    let (mut at, mut depth, mut after_dot) = (0, 0usize, false);
    let (mut ors, mut ands) = (Vec::new(), Vec::new());
    while let Some(token) = next_token(text, &mut at) {
        match (token.kind, token.text) {
            (Kind::Operator, "(" | "[" | "{") => depth += 1,
            (Kind::Operator, ")" | "]" | "}") => depth = depth.saturating_sub(1),
            (Kind::Word, "if") if depth == 0 && !after_dot => return (false, vec![text]),
            (Kind::Word, "or") if depth == 0 && !after_dot => ors.push(token.start..token.end()),
            (Kind::Word, "and") if depth == 0 && !after_dot => ands.push(token.start..token.end()),
            _ => {}
        }
        after_dot = token.is(".");
    }
    let (mut from, is_or) = (0, !ors.is_empty());
    let mut parts = Vec::new();
    for word in if is_or { ors } else { ands } {
        parts.push(text[from..word.start].trim());
        from = word.end;
    }
    parts.push(text[from..].trim());
    (is_or, parts)
}

/// The expression without brackets around all of it.
pub(super) fn bare(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        let (mut at, mut depth) = (0, 0usize);
        // The first bracket must be closed by the last.
        while let Some(token) = next_token(text, &mut at) {
            match (token.kind, token.text) {
                (Kind::Operator, "(" | "[" | "{") => depth += 1,
                (Kind::Operator, ")" | "]" | "}") => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && at < text.len() {
                return text;
            }
        }
        text = inner.trim();
    }
    text
}

/// How much there is of an expression: what a reader that recurses must know before it starts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) tokens: usize,
    pub(super) depth: usize,
    pub(super) prefixes: usize,
    pub(super) repetitions: usize,
}

/// The size of the expression `text`.
pub(super) fn size(text: &str) -> Size {
    let mut size = Size::default();
    let (mut at, mut depth, mut operand) = (0, 0usize, false);
    while let Some(token) = next_token(text, &mut at) {
        size.tokens += 1;
        match (token.kind, token.text) {
            (Kind::Operator, "(" | "[" | "{") => depth += 1,
            (Kind::Operator, ")" | "]" | "}") => depth = depth.saturating_sub(1),
            (Kind::Operator, "*") => size.repetitions += 1,
            (Kind::Operator, "-" | "+") if !operand => size.prefixes += 1,
            (Kind::Word, "not" | "if") => size.prefixes += 1,
            _ => {}
        }
        operand = token.kind != Kind::Operator || matches!(token.text, ")" | "]" | "}");
        size.depth = size.depth.max(depth);
    }
    size
}

/// What the expression `text` mentions.
pub(super) fn mentions(text: &str) -> Mentions {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(token) = next_token(text, &mut at) {
        tokens.push(token);
    }
    let mut found = Mentions::default();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Word) {
        let named = (token.text.to_owned(), token.start..token.end());
        let before = at.checked_sub(1).map(|at| &tokens[at]);
        if before.is_some_and(|before| before.is("|")) {
            found.filters.push(named);
        } else if is_test(&tokens[..at]) && token.text != "not" {
            found.tests.push(named);
        } else if KEYWORDS.contains(&token.text)
            || before.is_some_and(|before| before.is("."))
            || is_keyword_argument(&tokens, at)
        {
            // Of the language, or of what stands before.
        } else if tokens.get(at + 1).is_some_and(|next| next.is("(")) {
            found.functions.push(named);
        } else {
            found.names.push(name(text, &tokens, at));
        }
    }
    found
}

/// Whether what follows `before` is the name of a test: `x is …`, `x is not …`.
fn is_test(before: &[Token]) -> bool {
    let word = |token: Option<&Token>, text: &str| token.is_some_and(|t| t.kind == Kind::Word && t.text == text);
    let attribute = |at: usize| at.checked_sub(1).is_some_and(|at| before[at].is("."));
    match before.len() {
        0 => false,
        n if word(before.last(), "is") => !attribute(n - 1),
        n if n > 1 && word(before.last(), "not") => word(before.get(n - 2), "is") && !attribute(n - 2),
        _ => false,
    }
}

fn is_keyword_argument(tokens: &[Token], at: usize) -> bool {
    let opened = at.checked_sub(1).is_some_and(|before| tokens[before].is("(") || tokens[before].is(","));
    opened && tokens.get(at + 1).is_some_and(|next| next.is("="))
}

fn name(text: &str, tokens: &[Token], at: usize) -> Name {
    let mut last = at;
    loop {
        let next = |n: usize| tokens.get(last + n);
        if next(1).is_some_and(|t| t.is(".")) && next(2).is_some_and(|t| t.kind == Kind::Word) {
            // A method is called on the path before it.
            if next(3).is_some_and(|t| t.is("(")) {
                break;
            }
            last += 2;
        } else if next(1).is_some_and(|t| t.is("[")) {
            match closing(tokens, last + 1) {
                Some(end) => last = end,
                None => break,
            }
        } else {
            break;
        }
    }
    let range = tokens[at].start..tokens[last].end();
    Name {
        root: tokens[at].text.to_owned(),
        path: text[range.clone()].to_owned(),
        range,
        guarded: is_guarded(&tokens[last + 1..]),
    }
}

fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is("[") || token.is("(") || token.is("{") {
            depth += 1;
        } else if token.is("]") || token.is(")") || token.is("}") {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

fn is_guarded(after: &[Token]) -> bool {
    let word = |at: usize, texts: &[&str]| after.get(at).is_some_and(|t| texts.contains(&t.text));
    let defined = ["defined", "undefined"];
    (word(0, &["|"]) && word(1, &["default", "d"]))
        || (word(0, &["is"]) && (word(1, &defined) || (word(1, &["not"]) && word(2, &defined))))
}

fn next_token<'a>(text: &'a str, at: &mut usize) -> Option<Token<'a>> {
    let rest = text.get(*at..)?;
    let start = *at + (rest.len() - rest.trim_start().len());
    let rest = &text[start..];
    let first = rest.chars().next()?;
    let (kind, length) = match first {
        'a'..='z' | 'A'..='Z' | '_' => {
            (Kind::Word, rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len()))
        }
        '0'..='9' => (Kind::Number, number_length(rest)),
        '"' | '\'' => (Kind::Text, text_length(rest, first)),
        _ => {
            let double = ["==", "!=", "<=", ">=", "**", "//"].iter().any(|two| rest.starts_with(two));
            (Kind::Operator, if double { 2 } else { first.len_utf8() })
        }
    };
    *at = start + length;
    Some(Token { kind, text: &rest[..length], start })
}

fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let fraction = bytes[at] == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        let exponent = matches!(bytes[at], b'+' | b'-') && matches!(bytes[at - 1], b'e' | b'E');
        if !(bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_' || fraction || (at > 0 && exponent)) {
            break;
        }
        at += 1;
    }
    at
}

fn text_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == quote {
            return at + 1;
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_found_outside_strings_and_brackets() {
        for (text, end) in [
            (" a }}", Some(3)),
            (" '}}' }} }}", Some(6)),
            (" {'a': {'b': 1}} }}", Some(17)),
            ("{'a': {'b': 1}}}}", Some(15)),
            (" \"\\\"}}\" }}", Some(8)),
            (" a", None),
            (" 'a }}", None),
        ] {
            assert_eq!(expression_end(text, 0), end, "{text}");
        }
    }

    #[test]
    fn names_are_read_with_their_paths() {
        let paths = |text: &str| -> Vec<String> {
            let guard = |name: &Name| if name.guarded { "?" } else { "" };
            mentions(text).names.iter().map(|name| format!("{}{}", name.path, guard(name))).collect()
        };
        for (text, expected) in [
            ("response.json.error.fields[field] is defined", vec!["response.json.error.fields[field]?", "field"]),
            ("a | default(b) ~ c", vec!["a?", "b", "c"]),
            ("x is not defined or y is not none", vec!["x?", "y"]),
            ("items | map(attribute='id') | list", vec!["items"]),
            ("{'k': v}['k'] == random_int(1, n)", vec!["v", "n"]),
            ("a.b[0]['c d'].e in [1.5, d]", vec!["a.b[0]['c d'].e", "d"]),
            ("x if y else z", vec!["x", "y", "z"]),
            ("a.is.b", vec!["a.is.b"]),
            ("'a.b' ~ \"c\"", vec![]),
        ] {
            assert_eq!(paths(text), expected, "{text}");
        }
        let found = mentions("x | f(1) is t and not g(y) is not u(2) | h");
        let words = |list: &[(String, Range<usize>)]| list.iter().map(|(w, _)| w.clone()).collect::<Vec<_>>();
        assert_eq!((words(&found.filters), words(&found.functions)), (vec!["f".into(), "h".into()], vec!["g".into()]));
        assert_eq!(words(&found.tests), ["t", "u"]);
    }
}
