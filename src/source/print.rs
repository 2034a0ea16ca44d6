//! Values as YAML for people: block style, short collections in one line, quotes where a reader of
//! YAML 1.1 or 1.2 would take a text for something else, comments.

use std::fmt::{self, Write as _};

use serde_json::Value;

/// A value to be written as YAML 1.2, with comments. [`fmt::Display`] writes it as a document.
///
/// What is written is read by [`read`](super::read) as the same value.
#[derive(Clone, Debug, PartialEq)]
pub struct Yaml {
    comment: Option<String>,
    form: Form,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    Scalar(Value),
    List(Vec<Yaml>),
    Mapping(Vec<(String, Yaml)>),
}

/// A line is not made longer than this where it can be broken.
const WIDTH: usize = 100;
/// The most entries of a collection in one line.
const MOST_IN_LINE: usize = 6;
/// Longer keys are not read without a `?` before them (YAML 1.2, section 7.4.2).
const LONGEST_KEY: usize = 1000;

impl From<Value> for Yaml {
    fn from(value: Value) -> Self {
        let form = match value {
            Value::Array(items) => Form::List(items.into_iter().map(Self::from).collect()),
            Value::Object(map) => Form::Mapping(map.into_iter().map(|(key, value)| (key, Self::from(value))).collect()),
            scalar => Form::Scalar(scalar),
        };
        Self { comment: None, form }
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::from(Value::from(text))
    }
}

impl Yaml {
    /// A mapping of these entries, in this order; keys must differ.
    pub fn mapping<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        Self { comment: None, form: Form::Mapping(entries.collect()) }
    }

    /// A list of these items.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self { comment: None, form: Form::List(items.into_iter().collect()) }
    }

    /// The same with a comment, which stands behind what is short and above anything else.
    #[must_use]
    pub fn noted(self, comment: impl Into<String>) -> Self {
        Self { comment: Some(comment.into()), ..self }
    }

    /// The entries of a mapping; none of anything else.
    pub fn into_entries(self) -> Vec<(String, Self)> {
        match self.form {
            Form::Mapping(entries) => entries,
            Form::Scalar(_) | Form::List(_) => Vec::new(),
        }
    }

    /// Adds an entry to a mapping; anything else becomes a mapping of this entry.
    pub fn insert(&mut self, key: impl Into<String>, value: Self) {
        match &mut self.form {
            Form::Mapping(entries) => entries.push((key.into(), value)),
            _ => self.form = Form::Mapping(vec![(key.into(), value)]),
        }
    }

    fn is_empty(&self) -> bool {
        match &self.form {
            Form::Scalar(_) => false,
            Form::List(items) => items.is_empty(),
            Form::Mapping(entries) => entries.is_empty(),
        }
    }

    /// The value in one line, where it is short enough for `room` characters.
    fn in_line(&self, room: usize) -> Option<String> {
        let fits = |text: String| (text.chars().count() <= room).then_some(text);
        match &self.form {
            Form::Scalar(value) => Some(scalar(value, true)),
            Form::List(items) if items.is_empty() => Some("[]".to_owned()),
            Form::Mapping(entries) if entries.is_empty() => Some("{}".to_owned()),
            Form::List(items) if items.len() <= MOST_IN_LINE => {
                let items = items.iter().map(|item| item.part_of_line(room)).collect::<Option<Vec<_>>>()?;
                fits(format!("[{}]", items.join(", ")))
            }
            Form::Mapping(entries) if entries.len() <= MOST_IN_LINE => {
                let entry = |(key, value): &(String, Self)| {
                    (key.len() <= LONGEST_KEY).then_some(())?;
                    Some(format!("{}: {}", text(key, true), value.part_of_line(room)?))
                };
                let entries = entries.iter().map(entry).collect::<Option<Vec<_>>>()?;
                fits(format!("{{ {} }}", entries.join(", ")))
            }
            _ => None,
        }
    }

    /// In one line within another collection: short scalars and what is empty, without a comment.
    fn part_of_line(&self, room: usize) -> Option<String> {
        match &self.form {
            _ if self.comment.is_some() => None,
            Form::Scalar(Value::String(text)) if text.len() > room || text.contains('\n') => None,
            Form::Scalar(_) => self.in_line(room),
            _ => self.is_empty().then(|| self.in_line(room)).flatten(),
        }
    }
}

impl fmt::Display for Yaml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        if let Some(comment) = &self.comment {
            for line in comment.lines() {
                let _ = writeln!(out, "{}", format!("# {}", one_line(line)).trim_end());
            }
        }
        match &self.form {
            Form::Mapping(entries) if !entries.is_empty() => write_entries(&mut out, entries, 0),
            Form::List(items) if !items.is_empty() => write_items(&mut out, items, 0),
            _ => write_value(&mut out, &Self { comment: None, form: self.form.clone() }, 0),
        }
        f.write_str(out.trim_start_matches(' '))
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn write_entries(out: &mut String, entries: &[(String, Yaml)], indent: usize) {
    for (at, (key, value)) in entries.iter().enumerate() {
        // The first entry of a mapping in a list stands behind the dash.
        let after_dash = at == 0 && out.ends_with("- ");
        let behind = write_comment(out, value, indent, key.len() + 2, after_dash);
        if !(after_dash && out.ends_with("- ")) {
            pad(out, indent);
        }
        if key.len() > LONGEST_KEY {
            let _ = write!(out, "? {}", text(key, false));
            out.push('\n');
            pad(out, indent);
            out.push(':');
        } else {
            let _ = write!(out, "{}:", text(key, false));
        }
        write_value(out, value, indent);
        write_behind(out, behind);
    }
}

fn write_items(out: &mut String, items: &[Yaml], indent: usize) {
    for (at, item) in items.iter().enumerate() {
        let after_dash = at == 0 && out.ends_with("- ");
        let behind = write_comment(out, item, indent, 2, after_dash);
        if !(after_dash && out.ends_with("- ")) {
            pad(out, indent);
        }
        out.push('-');
        match &item.form {
            Form::Mapping(entries) if item.in_line(WIDTH.saturating_sub(indent + 2)).is_none() => {
                out.push(' ');
                write_entries(out, entries, indent + 2);
            }
            Form::List(items) if item.in_line(WIDTH.saturating_sub(indent + 2)).is_none() => {
                out.push(' ');
                write_items(out, items, indent + 2);
            }
            _ => write_value(out, item, indent),
        }
        write_behind(out, behind);
    }
}

/// Writes the comment above, or gives it back to be written behind.
fn write_comment<'y>(
    out: &mut String,
    value: &'y Yaml,
    indent: usize,
    before: usize,
    after_dash: bool,
) -> Option<&'y str> {
    let comment = value.comment.as_deref()?;
    let short = match &value.form {
        Form::Scalar(Value::String(text)) if text.contains('\n') => false,
        Form::Scalar(value) => {
            !comment.contains('\n') && indent + before + scalar(value, false).len() + comment.len() + 4 <= WIDTH + 20
        }
        Form::List(_) | Form::Mapping(_) => {
            let used = indent + before + 2;
            let room = WIDTH.saturating_sub(used).min((WIDTH + 20).saturating_sub(used + comment.len() + 4));
            !comment.contains('\n') && value.in_line(room).is_some()
        }
    };
    if short {
        return Some(comment);
    }
    for (at, line) in comment.lines().enumerate() {
        if at > 0 || !after_dash {
            pad(out, indent);
        }
        let _ = writeln!(out, "{}", format!("# {}", one_line(line)).trim_end());
    }
    None
}

/// Behind what was just written, on its line.
fn write_behind(out: &mut String, comment: Option<&str>) {
    let Some(comment) = comment else { return };
    out.truncate(out.trim_end_matches('\n').len());
    let _ = writeln!(out, "  # {}", one_line(comment));
}

/// The value behind a key or a dash that stands at `indent`, and the line's end.
fn write_value(out: &mut String, value: &Yaml, indent: usize) {
    let used = out.rsplit('\n').next().map_or(0, |line| line.chars().count());
    if let Form::Scalar(Value::String(text)) = &value.form
        && let Some(header) = block_header(text)
    {
        let _ = writeln!(out, " {header}");
        for line in text.lines() {
            if !line.is_empty() {
                pad(out, indent + 2);
                out.push_str(line);
            }
            out.push('\n');
        }
        return;
    }
    match (&value.form, value.in_line(WIDTH.saturating_sub(used + 1))) {
        (Form::Scalar(value), _) => {
            let _ = writeln!(out, " {}", scalar(value, false));
        }
        (_, Some(line)) => {
            let _ = writeln!(out, " {line}");
        }
        (Form::Mapping(entries), None) => {
            out.push('\n');
            write_entries(out, entries, indent + 2);
        }
        (Form::List(items), None) => {
            out.push('\n');
            write_items(out, items, indent + 2);
        }
    }
}

/// How a text of several lines is announced; `None` where it must be quoted.
fn block_header(text: &str) -> Option<&'static str> {
    let several = text.trim_end_matches('\n').contains('\n') || (text.ends_with('\n') && text.len() > 1);
    // A first line that starts with a blank would need its indentation told, and a blank line at
    // the end is easily lost.
    let plain = !text.starts_with([' ', '\t', '\n']) && !text.ends_with("\n\n") && !text.ends_with(" \n");
    let printable = text.chars().all(|c| c == '\n' || c == '\t' || is_printable(c));
    let blank_lines = text.lines().all(|line| line.is_empty() || !line.trim_matches([' ', '\t']).is_empty());
    (several && plain && printable && blank_lines).then_some(if text.ends_with('\n') { "|" } else { "|-" })
}

/// Whether a character may stand unescaped, and is no line break to a reader of YAML 1.1.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn scalar(value: &Value, in_line: bool) -> String {
    match value {
        Value::String(string) => text(string, in_line),
        other => other.to_string(),
    }
}

fn text(text: &str, in_line: bool) -> String {
    if is_plain(text, in_line) {
        return text.to_owned();
    }
    let escapes = text.chars().any(|c| !is_printable(c));
    if !escapes && text.contains(['"', '\\']) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if u32::from(c) < 0x1_0000 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

/// Whether every reader takes the bare text for this text (YAML 1.2, section 7.3.3; YAML 1.1 for words).
fn is_plain(text: &str, in_line: bool) -> bool {
    const WORDS: [&str; 10] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"];
    let Some(first) = text.chars().next() else { return false };
    // Numbers, dates and times start with a digit, a sign or a point.
    let starts = !(first.is_ascii_digit() || "+-.?:,[]{}#&*!|>'\"%@`=<~ ".contains(first));
    let inside = text.chars().all(is_printable) && !text.contains(": ") && !text.contains(" #");
    let ends = !text.ends_with([' ', ':']);
    let line = !in_line || !text.contains([',', '[', ']', '{', '}']);
    starts && inside && ends && line && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn one_line(comment: &str) -> String {
    comment.chars().map(|c| if is_printable(c) { c } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::source::{Limits, Source, read};

    fn read_back(text: &str) -> Value {
        let (value, faults) = read(&Source::new("a.yaml", text), &Limits::default());
        value.unwrap_or_else(|| panic!("{text}\n{faults}"))
    }

    #[test]
    fn it_is_written_as_people_write_it() {
        let value = json!({
            "name": "VIP", "country": "no", "zip": "0123", "day": "2026-01-01", "y": 1.5, "none": null, "empty": {},
            "say": "it's: so", "text": "two\nlines\n", "open": "two\nlines", "template": "{{ id }}", "quote": "a \"b\" {",
            "list": [1, "a, b", []], "pairs": [[1, 2], {"a": {"b": 1}}],
            "wide": {"a": "0123456789012345678901234567890123456789", "b": "0123456789012345678901234567890123456789",
                "c": [{"d": "x".repeat(95)}, [["y".repeat(95)]]]},
        });
        let expected = format!(
            "name: VIP\ncountry: \"no\"\nzip: \"0123\"\nday: \"2026-01-01\"\n\"y\": 1.5\nnone: null\nempty: {{}}\n\
             say: \"it's: so\"\ntext: |\n  two\n  lines\nopen: |-\n  two\n  lines\ntemplate: \"{{{{ id }}}}\"\nquote: a \"b\" {{\n\
             list: [1, \"a, b\", []]\n\
             pairs:\n  - [1, 2]\n  - a: {{ b: 1 }}\nwide:\n  a: \"{0}\"\n  b: \"{0}\"\n  c:\n    - d: {1}\n    - - - {2}\n",
            "0123456789".repeat(4),
            "x".repeat(95),
            "y".repeat(95)
        );
        let text = Yaml::from(value.clone()).to_string();
        assert_eq!(text, expected);
        assert_eq!(read_back(&text), value);
    }

    #[test]
    fn comments_stand_behind_short_values_and_above_others() {
        let asserts =
            Yaml::list([Yaml::from("a is uuid").noted("by its format"), Yaml::from(json!({"a": 1})).noted("b")]);
        let yaml =
            Yaml::mapping([("assert", asserts), ("text", Yaml::from("a\nb\n").noted("why\nso"))]).noted("Head\n\nx");
        let expected = "# Head\n#\n# x\nassert:\n  - a is uuid  # by its format\n  - { a: 1 }  # b\n# why\n# so\ntext: |\n  a\n  b\n";
        assert_eq!(yaml.to_string(), expected);
        assert_eq!(read_back(expected), json!({"assert": ["a is uuid", {"a": 1}], "text": "a\nb\n"}));
        let first = Yaml::list([Yaml::mapping([("a", Yaml::from("b\nc\n").noted("d\ne"))])]);
        assert_eq!(first.to_string(), "- # d\n  # e\n  a: |\n    b\n    c\n");
        assert_eq!(read_back(&first.to_string()), json!([{"a": "b\nc\n"}]));
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[ \\-?:,\\[\\]{}#&*!|>'\"%@`a0.\n\t\r~=<]{0,12}",
            "(yes|No|null|~|0x1f|1e3|-|---|\\.\\.\\.|<<|a: b|a #b| a|a |\n|a\n\n|a\n b\n|\u{85}|\u{feff}|\\{\\{ a \\}\\})",
        ]
    }

    fn values() -> impl Strategy<Value = Value> {
        let number = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from)
        ];
        let leaf =
            prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number, texts().prop_map(Value::from)];
        leaf.prop_recursive(5, 60, 9, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..9).prop_map(Value::from),
                prop::collection::vec((texts(), inner), 0..9)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_written_is_read_as_the_same(value in values()) {
            let text = Yaml::from(value.clone()).to_string();
            prop_assert_eq!(read_back(&text), value, "{}", text);
        }
    }

    #[test]
    fn long_keys_and_deep_values_are_read() {
        let mut value = json!({"k".repeat(2000): [1, {"a\"b\n".repeat(500): {"c": 1}}]});
        for _ in 0..90 {
            value = json!([value]);
        }
        assert_eq!(read_back(&Yaml::from(value.clone()).to_string()), value);
    }
}
