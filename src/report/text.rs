//! What more than one format needs to show a text or a number.

use std::borrow::Cow;

use crate::verdict::RecordedMessage;

/// Bodies beyond this many bytes are shown as they are, without indenting them.
const PRETTY_LIMIT: usize = 256 * 1024;
/// What is nested deeper than this is indented no further.
const PRETTY_DEPTH: usize = 64;

/// `text` with everything that a terminal or a reader of XML would obey or refuse made visible.
///
/// Control characters become their pictures (`ESC` is `␛`, NUL is `␀`), and what turns the
/// direction of writing or is no character at all becomes `\u{…}`. Line feeds and tabs stay, and
/// `CR LF` is one line feed.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    shown(text, |byte| is_one_of(byte, b"\n\t"))
}

/// The same, for what must stay on one line: line feeds and tabs are shown too.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    shown(text, |_| false)
}

fn shown(text: &str, keeps: impl Fn(u8) -> bool) -> Cow<'_, str> {
    // Most texts are plain ASCII, for which a look at the bytes is enough.
    if first(text.as_bytes(), |byte| (byte < b' ' && !keeps(byte)) || byte >= 0x7f).is_none() {
        return Cow::Borrowed(text);
    }
    let is_kept = |character: char| u8::try_from(character).is_ok_and(&keeps);
    let obeyed = |character: char| picture(character).is_some() && !is_kept(character);
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if character == '\r' && keeps(b'\n') && rest.peek() == Some(&'\n') {
            continue;
        }
        match picture(character) {
            Some(picture) if !is_kept(character) => out.push_str(&picture),
            _ => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// Where the first byte stands that is one of those wanted.
pub(super) fn first(bytes: &[u8], is_wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let (blocks, _) = bytes.as_chunks::<16>();
    // All of a block is looked at, whatever is found in it: the compiler makes that a few instructions.
    let has_one = |block: &[u8; 16]| block.iter().fold(0, |found, byte| found | u8::from(is_wanted(*byte))) != 0;
    let passed = blocks.iter().position(has_one).unwrap_or(blocks.len()) * 16;
    bytes[passed..].iter().position(|byte| is_wanted(*byte)).map(|at| passed + at)
}

/// Whether `byte` is among `all`: without branches, so that many bytes are compared at once.
pub(super) fn is_one_of<const N: usize>(byte: u8, all: &[u8; N]) -> bool {
    all.iter().fold(0, |found, one| found | u8::from(byte == *one)) != 0
}

/// Adds `text` to `out` with the five signs of markup replaced: XML and HTML differ in the apostrophe's name.
pub(super) fn escape(out: &mut String, text: &str, apostrophe: &'static str) {
    let mut rest = text;
    while let Some(at) = first(rest.as_bytes(), |byte| is_one_of(byte, b"<>&\"'")) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'&' => "&amp;",
            b'"' => "&quot;",
            _ => apostrophe,
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// What stands for a character that must not be written as it is; `None` where it may be.
fn picture(character: char) -> Option<String> {
    let code = u32::from(character);
    let turns = matches!(code, 0x202A..=0x202E | 0x2066..=0x2069);
    match code {
        0..=0x1F => char::from_u32(0x2400 + code).map(String::from),
        0x7F => Some('\u{2421}'.to_string()),
        0x80..=0x9F | 0x2028 | 0x2029 => Some(character.escape_unicode().to_string()),
        _ if turns || code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code) => {
            Some(character.escape_unicode().to_string())
        }
        _ => None,
    }
}

/// At most `limit` characters of `text`, the last an ellipsis where it is cut.
pub(super) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        Some(_) => {
            let end = text.char_indices().nth(limit.saturating_sub(1)).map_or(0, |(at, _)| at);
            Cow::Owned(format!("{}…", &text[..end]))
        }
        None => Cow::Borrowed(text),
    }
}

/// A time of `ms` milliseconds in at most three meaningful figures: `0.4 ms`, `12 ms`, `1.24 s`, `2 min 5 s`.
pub(super) fn duration(ms: f64) -> String {
    let ms = finite(ms);
    if ms < 9.95 {
        format!("{ms:.1} ms")
    } else if ms < 999.5 {
        format!("{ms:.0} ms")
    } else if ms < 59_995.0 {
        format!("{:.2} s", ms / 1000.0)
    } else {
        let seconds = (ms / 1000.0).round();
        format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0)
    }
}

/// A number of milliseconds that is one: not negative, not infinite, not NaN.
pub(super) fn finite(ms: f64) -> f64 {
    if ms.is_finite() { ms.max(0.0) } else { 0.0 }
}

/// `1 case`, `2 cases`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The case file's name as a person says it: without `cases/` and its extension.
pub(super) fn suite(file: &str) -> &str {
    let file = file.strip_prefix("./").unwrap_or(file);
    let file = file.strip_prefix("cases/").unwrap_or(file);
    file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")).unwrap_or(file)
}

/// A message's body as it is shown: JSON indented, and a remark where it was cut or is no text.
pub(super) fn body(message: &RecordedMessage) -> String {
    let mut text = if message.base64 { message.body.clone() } else { pretty(&message.body) };
    let note = match (message.base64, message.cut_from) {
        (true, Some(bytes)) => format!("(base64, cut; {bytes} bytes in all)"),
        (true, None) => "(base64)".to_owned(),
        (false, Some(bytes)) => format!("(cut; {bytes} bytes in all)"),
        (false, None) => return text,
    };
    text.push('\n');
    text.push_str(&note);
    text
}

/// JSON text indented by two spaces, anything else as it is.
///
/// It is the text that is laid out, not a value that is written anew: `1.0`, long numbers and
/// doubled keys stay as they were sent.
pub(super) fn pretty(text: &str) -> String {
    let is_json = text.len() <= PRETTY_LIMIT
        && text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if is_json { indented(text) } else { text.to_owned() }
}

fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut rest = json.chars().filter(|c| !matches!(c, '\r')).peekable();
    while let Some(character) = rest.next() {
        if in_string {
            out.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            ' ' | '\n' | '\t' => {}
            '{' | '[' => {
                out.push(character);
                while rest.next_if(|c| matches!(c, ' ' | '\n' | '\t')).is_some() {}
                if let Some(close) = rest.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    break_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(character);
                break_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = character == '"';
                out.push(character);
            }
        }
    }
    out
}

fn break_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(PRETTY_DEPTH)));
}

/// How many bytes to set aside for a report of so many cases, so that its text need not move while
/// it grows. What is not written to costs nothing.
pub(super) fn room(cases: usize) -> usize {
    const OF_ONE: usize = 4096;
    const MOST: usize = 64 << 20;
    cases.saturating_mul(OF_ONE).min(MOST)
}

/// The phrase that goes with a status (RFC 9110, section 15; RFC 6585), empty where there is none.
pub(super) fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_obeyed_is_shown() {
        for (text, expected) in [
            ("plain حقل", "plain حقل"),
            ("\u{1b}[31m\0\u{7f}\u{9b}", "␛[31m␀␡\\u{9b}"),
            ("a\r\nb\rc\td", "a\nb␍c\td"),
            ("\u{202e}evil\u{2066}", "\\u{202e}evil\\u{2066}"),
            ("\u{fffe}\u{ffff}\u{1fffe}\u{fdd0}\u{fffd}", "\\u{fffe}\\u{ffff}\\u{1fffe}\\u{fdd0}\u{fffd}"),
        ] {
            assert_eq!(visible(text), expected);
        }
        assert_eq!(one_line("a\r\nb\tc"), "a␍␊b␉c");
    }

    #[test]
    fn signs_are_found_wherever_they_stand() {
        for before in [0, 1, 31, 32, 33, 64, 100] {
            let mut out = String::new();
            escape(&mut out, &format!("{}<a b=\"'&é'\">", "x".repeat(before)), "&#39;");
            assert_eq!(out, format!("{}&lt;a b=&quot;&#39;&amp;é&#39;&quot;&gt;", "x".repeat(before)));
        }
    }

    #[test]
    fn json_is_laid_out_and_not_rewritten() {
        for (text, expected) in [
            (
                r#"{"a":1.0,"a":[],"b":[{}, {"c\"{":12345678901234567890123}]}"#,
                "{\n  \"a\": 1.0,\n  \"a\": [],\n  \"b\": [\n    {},\n    {\n      \"c\\\"{\": 12345678901234567890123\n    }\n  ]\n}",
            ),
            ("{ }", "{}"),
            ("{not json", "{not json"),
            ("1", "1"),
        ] {
            assert_eq!(pretty(text), expected);
        }
    }

    #[test]
    fn times_are_short() {
        for (ms, expected) in [
            (0.42, "0.4 ms"),
            (9.97, "10 ms"),
            (12.4, "12 ms"),
            (999.9, "1.00 s"),
            (1243.0, "1.24 s"),
            (59_996.0, "1 min 0 s"),
            (125_000.0, "2 min 5 s"),
            (f64::NAN, "0.0 ms"),
            (-1.0, "0.0 ms"),
        ] {
            assert_eq!(duration(ms), expected);
        }
    }

    #[test]
    fn a_cut_text_says_so() {
        assert_eq!(cut("حقل", 3), "حقل");
        assert_eq!(cut("حقل كلام", 4), "حقل…");
    }
}
