//! Patterns of ECMA-262 in the words of the engine that matches them, which reads some of them otherwise.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::CharIndices;

use regex_syntax::ast::{Ast, RepetitionKind, RepetitionRange, parse::Parser};

/// `.`: everything but the line terminators (ECMA-262, section 12.3). Spelt with the characters
/// themselves, as nobody writes it, so that it can be told from what stands in a document.
const DOT: &str = "[^\n\r\u{2028}\u{2029}]";

/// `[^]`: everything.
const ALL: &str = "(?s:.)";

/// The escapes of classes, which the engine takes for those of Unicode where it goes back over the
/// text: alone, and within a class, where its complement cannot be spelt out.
const ESCAPES: [(char, &str, Option<&str>); 4] = [
    ('W', "[^A-Za-z\\x30-\\x39_]", None),
    ('w', "[A-Za-z\\x30-\\x39_]", Some("A-Za-z\\x30-\\x39_")),
    ('D', "[^\\x30-\\x39]", None),
    ('d', "[\\x30-\\x39]", Some("\\x30-\\x39")),
];

/// Counts above this make automata of many megabytes.
const MOST_COUNTED: u32 = 5_000;

/// The pattern for the engine that means what `pattern` means by ECMA-262.
pub(super) fn for_engine(pattern: &str) -> Cow<'_, str> {
    let plain = |byte: u8| !matches!(byte, b'.' | b'\\' | b'[');
    if pattern.bytes().all(plain) {
        return Cow::Borrowed(pattern);
    }
    Writer { out: String::with_capacity(pattern.len() + 16), back: goes_back(pattern), pattern }.write()
}

/// The pattern as it was written, of one in a schema that [`Contract`](super::Contract) gives out;
/// back references by name are numbers.
pub fn pattern_as_written(engine: &str) -> Cow<'_, str> {
    let mut written = Cow::Borrowed(engine);
    let mut undo = |spelt: &str, meant: &str| {
        if written.contains(spelt) {
            written = Cow::Owned(written.replace(spelt, meant));
        }
    };
    undo(DOT, ".");
    undo(ALL, "[^]");
    for (name, alone, in_class) in ESCAPES {
        std::iter::once(alone).chain(in_class).for_each(|spelt| undo(spelt, &format!("\\{name}")));
    }
    written
}

/// Whether matching `pattern` may go back over the text: it looks around or refers back. All
/// others are matched in one pass.
pub(super) fn goes_back(pattern: &str) -> bool {
    ["(?=", "(?!", "(?<=", "(?<!", "\\k<"].iter().any(|sign| pattern.contains(sign))
        || pattern.as_bytes().windows(2).any(|pair| pair[0] == b'\\' && (b'1'..=b'9').contains(&pair[1]))
}

struct Writer<'p> {
    out: String,
    back: bool,
    pattern: &'p str,
}

impl<'p> Writer<'p> {
    fn write(mut self) -> Cow<'p, str> {
        let mut chars = self.pattern.char_indices().peekable();
        let mut in_class = false;
        while let Some((at, char)) = chars.next() {
            match char {
                '\\' => self.escape(at, &mut chars, in_class),
                '.' if !in_class => self.out.push_str(DOT),
                '[' if !in_class && self.pattern[at..].starts_with("[^]") => {
                    self.out.push_str(ALL);
                    let _ = (chars.next(), chars.next());
                }
                _ => {
                    in_class = char == '[' || in_class && char != ']';
                    self.out.push(char);
                }
            }
        }
        if self.out == self.pattern { Cow::Borrowed(self.pattern) } else { Cow::Owned(self.out) }
    }

    fn escape(&mut self, at: usize, chars: &mut Peekable<CharIndices<'_>>, in_class: bool) {
        let Some((_, escaped)) = chars.next() else {
            self.out.push('\\');
            return;
        };
        let class = ESCAPES.iter().find(|(name, ..)| self.back && *name == escaped);
        if let Some(spelt) = class.and_then(|(_, alone, within)| if in_class { *within } else { Some(alone) }) {
            self.out.push_str(spelt);
            return;
        }
        let rest = &self.pattern[at..];
        let name = rest.strip_prefix("\\k<").and_then(|rest| rest.split_once('>')).map(|(name, _)| name);
        match name.and_then(|name| Some((name, number_of(self.pattern, name)?))) {
            Some((name, number)) if !in_class => {
                let _ = write!(self.out, "(?:\\{number})");
                for _ in 0..name.chars().count() + 2 {
                    chars.next();
                }
            }
            _ => self.out.extend(['\\', escaped]),
        }
    }
}

/// The number of the group that is called `name`.
fn number_of(pattern: &str, name: &str) -> Option<usize> {
    let (mut number, mut in_class, mut chars) = (0, false, pattern.char_indices());
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => drop(chars.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => {
                let rest = &pattern[at + 1..];
                let named = rest.strip_prefix("?<").filter(|rest| !rest.starts_with(['=', '!']));
                number += usize::from(named.is_some() || !rest.starts_with('?'));
                if named.and_then(|rest| rest.split_once('>')).is_some_and(|(found, _)| found == name) {
                    return Some(number);
                }
            }
            _ => {}
        }
    }
    None
}

/// How many characters a text of a pattern has that is no more than one class counted, as `^.{1,65535}$` is.
pub(super) struct Counted {
    /// The same without the count.
    pub(super) pattern: String,
    /// At least so many.
    pub(super) least: u32,
    /// At most so many, if there is a bound.
    pub(super) most: Option<u32>,
}

/// What `pattern`, made for the engine, counts, where the count is too high for the engine.
pub(super) fn counted(pattern: &str) -> Option<Counted> {
    let inner = pattern.strip_prefix('^')?.strip_suffix('$')?;
    let ast = Parser::new().parse(inner).ok()?;
    let Ast::Repetition(repetition) = &ast else { return None };
    let RepetitionKind::Range(range) = &repetition.op.kind else { return None };
    let (least, most) = match range {
        RepetitionRange::Exactly(count) => (*count, Some(*count)),
        RepetitionRange::AtLeast(count) => (*count, None),
        RepetitionRange::Bounded(least, most) => (*least, Some(*most)),
    };
    let one = match &*repetition.ast {
        Ast::Group(group) => matches!(*group.ast, Ast::ClassBracketed(_) | Ast::Dot(_)),
        Ast::ClassBracketed(_) | Ast::ClassPerl(_) | Ast::Literal(_) => true,
        _ => false,
    };
    let class = &inner[..repetition.op.span.start.offset];
    (one && most.unwrap_or(least) > MOST_COUNTED).then(|| Counted { pattern: format!("^{class}*$"), least, most })
}

/// What is wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternFault {
    /// It is no regular expression of ECMA-262.
    NotRegex,
    /// It is one, and too large to be matched here.
    TooLarge,
}

/// What is wrong with `pattern`, if anything.
pub fn pattern_fault(pattern: &str) -> Option<PatternFault> {
    let engine = for_engine(pattern);
    let engine = counted(&engine).map_or_else(|| engine.into_owned(), |counted| counted.pattern);
    if builds(&engine) {
        return None;
    }
    Some(if builds(&without_counts(&engine)) { PatternFault::TooLarge } else { PatternFault::NotRegex })
}

fn builds(pattern: &str) -> bool {
    let options = jsonschema::options().with_pattern_options(jsonschema::PatternOptions::fancy_regex()).offline();
    options.build(&serde_json::json!({ "pattern": pattern })).is_ok()
}

/// The pattern with `*` for every count, which matters for its size alone.
fn without_counts(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(open) = rest.find(['{', '\\']) {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let close = from.find('}').filter(|_| from.starts_with('{'));
        let count = close.map(|close| &from[1..close]);
        let is_count = count.is_some_and(|count| {
            count.starts_with(|first: char| first.is_ascii_digit())
                && count.bytes().all(|byte| byte.is_ascii_digit() || byte == b',')
        });
        let length = match close {
            Some(close) if is_count => {
                out.push('*');
                close + 1
            }
            _ => {
                let length = from.chars().take(2).map(char::len_utf8).sum::<usize>();
                let length = if from.starts_with('\\') { length } else { 1 };
                out.push_str(&from[..length]);
                length
            }
        };
        rest = &from[length..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let options = jsonschema::options().with_pattern_options(jsonschema::PatternOptions::fancy_regex());
        let schema = serde_json::json!({ "pattern": for_engine(pattern) });
        options.build(&schema).expect(pattern).is_valid(&text.into())
    }

    #[test]
    fn patterns_match_what_ecma_262_says() {
        let cases = [
            ("^.$", "a", true),
            ("^.$", "\r", false),
            ("^.$", "\u{2028}", false),
            ("^[.]$", ".", true),
            ("^[.]$", "a", false),
            ("^\\.$", "a", false),
            ("^[^]$", "\n", true),
            ("^[\\]^].$", "^a", true),
            ("^(?<y>a|b)-\\k<y>$", "a-a", true),
            ("^(?<y>a|b)-\\k<y>$", "a-b", false),
            ("^(x)(?<y>a|b)\\k<y>\\1$", "xbbx", true),
            ("^(?=.*\\d).+$", "a1", true),
            ("^(?=.*\\d).+$", "a٣", false),
            ("^(?!x)[\\w-]+$", "é", false),
            ("^(?!x)[^\\W_]+$", "a1", true),
            ("^(?!x)[^\\W_]+$", "a_", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern, text), expected, "`{pattern}` and {text:?}");
        }
    }

    #[test]
    fn a_pattern_is_told_as_it_was_written() {
        for pattern in ["^.[^]{3}$", "^(?=.*\\d)\\W[\\d_]$", "^[^\\w.]\\.$"] {
            assert_eq!(pattern_as_written(&for_engine(pattern)), pattern);
        }
    }

    #[test]
    fn one_class_counted_high_is_a_length() {
        let counts =
            |pattern: &str| counted(&for_engine(pattern)).map(|found| (found.pattern, found.least, found.most));
        let dots = || format!("^{DOT}*$");
        assert_eq!(counts("^.{1,65535}$"), Some((dots(), 1, Some(65535))));
        assert_eq!(counts("^.{6000}$"), Some((dots(), 6000, Some(6000))));
        assert_eq!(counts("^[\\w\\s]{9000,}$"), Some(("^[\\w\\s]*$".to_owned(), 9000, None)));
        for other in ["^.{1,4000}$", "^(ab){1,9000}$", "^a.{1,9000}$", ".{1,9000}", "^a|b{1,9000}$"] {
            assert_eq!(counts(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_too_large_is_told_from_what_is_no_pattern() {
        assert_eq!(pattern_fault("^.{1,65535}$"), None);
        assert_eq!(pattern_fault("^(?<y>a)\\k<y>[^]$"), None);
        assert_eq!(pattern_fault("^a(.{1,60000}){1,60000}$"), Some(PatternFault::TooLarge));
        assert_eq!(pattern_fault("^(a$"), Some(PatternFault::NotRegex));
        assert_eq!(pattern_fault("a{2}{3}*+["), Some(PatternFault::NotRegex));
    }
}
