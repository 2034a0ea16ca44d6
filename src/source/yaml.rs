//! YAML 1.2 to values and spans, on saphyr-parser's events, with every cost bounded.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput, Tag};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use super::place::characters_in;
use super::spans::{SpanTable, hash};
use super::{Diagnostic, Diagnostics, Limits, Severity, Source, Span};

/// Reads YAML into a value.
pub(super) fn read(source: &Source, limits: &Limits) -> (Option<Value>, Diagnostics) {
    let mut composer = Composer::new(source.text(), limits);
    let result = composer.document();
    composer.told(result, source)
}

/// The same, with the spans of all values.
pub(super) fn read_with_spans(source: &Source, limits: &Limits) -> (Option<Value>, Diagnostics, SpanTable) {
    let mut composer = Composer::new(source.text(), limits);
    composer.spans = Some(SpanTable::default());
    let result = composer.document();
    let spans = composer.spans.take().unwrap_or_default();
    let (value, diagnostics) = composer.told(result, source);
    (value, diagnostics, spans)
}

/// The spans of all values of a YAML text, as far as it can be read.
pub(super) fn span_table(text: &str) -> SpanTable {
    let limits = Limits::default();
    let mut composer = Composer::new(text, &limits);
    composer.spans = Some(SpanTable::default());
    // A text that breaks off still has the spans before the break.
    let _ = composer.document();
    composer.spans.unwrap_or_default()
}

/// The diagnostic for nesting deeper than `depth`.
pub(super) fn too_deep(source: &Source, span: Span, depth: usize) -> Diagnostic {
    Diagnostic::error("too-deep", format!("nested deeper than {depth} levels")).at(source, span, "from here on")
}

struct Trouble {
    code: &'static str,
    severity: Severity,
    message: String,
    span: Span,
    label: &'static str,
    help: Option<&'static str>,
}

impl Trouble {
    fn error(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), span, label: "here", help: None }
    }

    fn warning(code: &'static str, message: impl Into<String>, span: Span, help: &'static str) -> Self {
        Self { severity: Severity::Warning, help: Some(help), ..Self::error(code, message, span) }
    }

    /// Its span is still in characters: bytes are only counted for what is told.
    fn diagnostic(self, source: &Source, body: &Cursor<'_>) -> Diagnostic {
        let span = body.span(self.span);
        let mut diagnostic = Diagnostic::error(self.code, self.message).at(source, span, self.label);
        diagnostic.severity = self.severity;
        diagnostic.help = self.help.map(str::to_owned);
        diagnostic
    }
}

type Composed<T> = Result<T, Trouble>;

struct Composer<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    limits: Limits,
    cursor: Cursor<'a>,
    /// Anchored values with how many values each holds, itself counted.
    anchors: HashMap<usize, (Value, usize)>,
    values: usize,
    troubles: Vec<Trouble>,
    spans: Option<SpanTable>,
}

impl<'a> Composer<'a> {
    fn new(text: &'a str, limits: &Limits) -> Self {
        let cursor = Cursor::of(text);
        Self {
            text,
            parser: Parser::new_from_str(cursor.text),
            limits: *limits,
            cursor,
            anchors: HashMap::new(),
            values: 0,
            troubles: Vec::new(),
            spans: None,
        }
    }

    /// The value, and what was found on the way.
    fn told(self, result: Composed<Value>, source: &Source) -> (Option<Value>, Diagnostics) {
        let body = Cursor::of(source.text());
        let mut diagnostics = Diagnostics::new();
        for trouble in self.troubles {
            diagnostics.push(trouble.diagnostic(source, &body));
        }
        match result {
            Ok(value) => (Some(value), diagnostics),
            Err(trouble) => {
                diagnostics.push(trouble.diagnostic(source, &body));
                (None, diagnostics)
            }
        }
    }

    /// The next event and its span, in characters.
    fn next(&mut self) -> Composed<(Event<'a>, Span)> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, Span { start: span.start.index(), end: span.end.index() })),
            Some(Err(error)) => Err(self.scan_error(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn scan_error(&self, error: &ScanError) -> Trouble {
        let start = error.marker().index();
        let span = Span { start, end: start + 1 };
        if error.info().contains("recursion limit") || error.info().contains("too deep") {
            return self.too_deep(span);
        }
        Trouble::error("not-yaml", format!("not YAML: {}", error.info()), span)
    }

    fn too_deep(&self, span: Span) -> Trouble {
        let message = format!("nested deeper than {} levels", self.limits.depth);
        Trouble { label: "from here on", ..Trouble::error("too-deep", message, span) }
    }

    fn document(&mut self) -> Composed<Value> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root.unwrap_or(Value::Null)),
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(Trouble::error("second-document", "a second YAML document in one file", span));
                }
                Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
                event => root = Some(self.value(event, span, (0, None), 0)?),
            }
        }
    }

    fn value(
        &mut self,
        event: Event<'a>,
        span: Span,
        (name, key): (u64, Option<Span>),
        depth: usize,
    ) -> Composed<Value> {
        self.count(1, span)?;
        if depth > self.limits.depth {
            return Err(self.too_deep(span));
        }
        let start = self.begin(name, key, span);
        let before = self.values;
        let (value, anchor, end) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(text, style, tag.as_deref(), span)?;
                (value, anchor, span.end)
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), "seq", span)?;
                let (value, end) = self.sequence(depth)?;
                (value, anchor, end)
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), "map", span)?;
                let (value, end) = self.mapping(depth)?;
                (value, anchor, end)
            }
            Event::Alias(id) => (self.alias(id, span)?, 0, span.end),
            _ => (Value::Null, 0, span.end),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), self.values - before + 1));
        }
        if let Some(spans) = &mut self.spans {
            spans.end(trim_end(self.text, start, self.cursor.byte_ahead(end)));
        }
        Ok(value)
    }

    /// Notes where a value begins, in bytes, where spans are wanted.
    fn begin(&mut self, name: u64, key: Option<Span>, span: Span) -> usize {
        let Some(spans) = &mut self.spans else { return 0 };
        let key = key.map(|key| Span { start: self.cursor.byte(key.start), end: self.cursor.byte_ahead(key.end) });
        let value = Span { start: self.cursor.byte(span.start), end: self.cursor.byte_ahead(span.end) };
        spans.begin(name, key, value);
        value.start
    }

    fn count(&mut self, values: usize, span: Span) -> Composed<()> {
        self.values = self.values.saturating_add(values);
        if self.values > self.limits.values {
            let message = format!("more than {} values, aliases expanded", self.limits.values);
            return Err(Trouble::error("too-many-values", message, span));
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, span: Span) -> Composed<Value> {
        let Some(values) = self.anchors.get(&id).map(|(_, values)| *values) else {
            return Err(Trouble::error("not-yaml", "not YAML: an alias inside its own anchor", span));
        };
        // Count before cloning: a bomb must not be built to be refused.
        self.count(values - 1, span)?;
        Ok(self.anchors[&id].0.clone())
    }

    fn sequence(&mut self, depth: usize) -> Composed<(Value, usize)> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok((Value::Array(items), span.end));
            }
            let item = self.value(event, span, (items.len() as u64, None), depth + 1)?;
            items.push(item);
        }
    }

    fn mapping(&mut self, depth: usize) -> Composed<(Value, usize)> {
        let mut map = Map::new();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let (key, style) = match event {
                Event::MappingEnd => {
                    for (key, value) in merged.into_iter().flat_map(merge_sources) {
                        map.entry(key).or_insert(value);
                    }
                    return Ok((Value::Object(map), span.end));
                }
                Event::Scalar(text, style, _, _) => (text, style),
                _ => return Err(Trouble::error("key-not-scalar", "a key must be a plain value", span)),
            };
            let (event, value_span) = self.next()?;
            let name = if self.spans.is_some() { hash(&key) } else { 0 };
            let value = self.value(event, value_span, (name, Some(span)), depth + 1)?;
            if &*key == "<<" && style == ScalarStyle::Plain {
                merged.push(value);
            } else {
                match map.entry(key) {
                    Entry::Vacant(free) => {
                        free.insert(value);
                    }
                    Entry::Occupied(mut known) => {
                        let message = format!("the key `{}` stands twice in one mapping", known.key());
                        let severity = self.limits.duplicate_keys;
                        known.insert(value);
                        self.trouble(Trouble { severity, ..Trouble::error("duplicate-key", message, span) });
                    }
                }
            }
        }
    }

    /// Keeps what is told; only errors of the syntax end the reading.
    fn trouble(&mut self, trouble: Trouble) {
        const MOST: usize = 100;
        if self.troubles.len() < MOST {
            self.troubles.push(trouble);
        }
    }

    fn scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Composed<Value> {
        if let Some(tag) = tag {
            return tagged(&text, tag, span);
        }
        if style != ScalarStyle::Plain {
            return Ok(Value::String(text.into_owned()));
        }
        let value = plain(text);
        if let Value::String(text) = &value {
            if is_leading_zero(text) {
                let message = format!("`{text}` is kept as a string, because of its leading zero");
                let help = "quote it, or write the number without the zero";
                self.trouble(Trouble::warning("leading-zero", message, span, help));
            } else if is_not_finite(text) {
                let message = format!("`{text}` has no JSON form and is kept as a string");
                self.trouble(Trouble::warning("not-a-number", message, span, "quote it"));
            }
        }
        Ok(value)
    }
}

fn merge_sources(value: Value) -> Vec<(String, Value)> {
    match value {
        Value::Object(map) => map.into_iter().collect(),
        Value::Array(items) => items.into_iter().flat_map(merge_sources).collect(),
        _ => Vec::new(),
    }
}

fn check_tag(tag: Option<&Tag>, expected: &str, span: Span) -> Composed<()> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == expected) => Err(unknown_tag(tag, span)),
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &Tag, span: Span) -> Trouble {
    let message = format!("the tag `{}{}` is not known", tag.handle, tag.suffix);
    Trouble { help: Some("write the value without a tag"), ..Trouble::error("unknown-tag", message, span) }
}

fn tagged(text: &str, tag: &Tag, span: Span) -> Composed<Value> {
    if !tag.is_yaml_core_schema() {
        return Err(unknown_tag(tag, span));
    }
    match tag.suffix.as_str() {
        "str" | "binary" | "timestamp" => Ok(Value::String(text.to_owned())),
        "int" | "float" | "bool" | "null" => Ok(plain(Cow::Borrowed(text))),
        _ => Err(unknown_tag(tag, span)),
    }
}

/// A plain scalar by the YAML 1.2 core schema (section 10.3.2).
fn plain(text: Cow<'_, str>) -> Value {
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    match number(&text) {
        Some(number) => Value::Number(number),
        None => Value::String(text.into_owned()),
    }
}

fn number(text: &str) -> Option<Number> {
    let first = text.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) || is_leading_zero(text) {
        return None;
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok().map(Number::from);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return u64::from_str_radix(digits, 8).ok().map(Number::from);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let positive = text.strip_prefix('+').unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        if let Ok(number) = positive.parse::<u64>() {
            return Some(Number::from(number));
        }
        if let Ok(number) = positive.parse::<i64>() {
            return Some(Number::from(number));
        }
    }
    is_float(unsigned).then(|| positive.parse().ok().and_then(Number::from_f64)).flatten()
}

/// `[0-9]+ ( . [0-9]* )? | . [0-9]+`, then an optional exponent.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let exponent_ok = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent_ok
}

fn is_leading_zero(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_not_finite(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(text, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
}

/// A block collection ends where the next token starts; its text ends before the white space between.
fn trim_end(text: &str, start: usize, end: usize) -> usize {
    text.get(start..end).map_or(end, |value| start + value.trim_end().len().max(usize::from(end > start)))
}

/// Character indexes to byte offsets; markers come in rising order, so a look ahead is short.
struct Cursor<'a> {
    text: &'a str,
    ascii: bool,
    offset: usize,
    chars: usize,
    bytes: usize,
}

impl<'a> Cursor<'a> {
    /// A byte order mark is the encoding's, not the document's: counting starts behind it.
    fn of(text: &'a str) -> Self {
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { text: body, ascii: body.is_ascii(), offset: text.len() - body.len(), chars: 0, bytes: 0 }
    }

    fn byte(&mut self, index: usize) -> usize {
        if index < self.chars {
            (self.chars, self.bytes) = (0, 0);
        }
        (self.chars, self.bytes) = self.walk(index);
        self.bytes + self.offset
    }

    /// The bytes of a span in characters.
    fn span(&self, characters: Span) -> Span {
        let mut cursor = Self { ..*self };
        let start = cursor.byte(characters.start);
        Span { start, end: cursor.byte_ahead(characters.end) }
    }

    fn byte_ahead(&self, index: usize) -> usize {
        self.walk(index).1 + self.offset
    }

    fn walk(&self, index: usize) -> (usize, usize) {
        /// Counted at once where the way is long.
        const BLOCK: usize = 1024;
        if self.ascii {
            let at = index.min(self.text.len());
            return (at, at);
        }
        let mut ahead = index.saturating_sub(self.chars);
        let mut bytes = self.bytes;
        while ahead > BLOCK
            && let Some(block) = self.text.as_bytes().get(bytes..bytes + BLOCK)
        {
            // As many as start in the block, and the rest of its last one.
            ahead -= characters_in(block);
            bytes += BLOCK;
            while !self.text.is_char_boundary(bytes) {
                bytes += 1;
            }
        }
        match self.text[bytes..].char_indices().nth(ahead) {
            Some((more, _)) => (index.max(self.chars), bytes + more),
            None => (self.chars, self.text.len()).max((self.chars, self.bytes)),
        }
    }
}
