//! Where each value of a text stands: a tree as small as it can be, for documents of many megabytes.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::OnceLock;

use super::{Located, Pointer, Span};

/// No entry.
const NONE: u32 = u32::MAX;
/// Collections with more values than this have an index; the others are looked through.
const NARROW: usize = 32;

/// The spans of all values, in the order they begin.
#[derive(Default)]
pub(super) struct SpanTable {
    entries: Vec<Entry>,
    /// The values that are open while the table is made, each with its last child.
    open: Vec<(u32, u32)>,
    /// The values of wide collections, by the collection and their name.
    wide: OnceLock<HashMap<(u32, u64), u32>>,
}

struct Entry {
    /// The hash of the key, or the index in a list.
    name: u64,
    key: (u32, u32),
    value: (u32, u32),
    first_child: u32,
    next_sibling: u32,
}

/// The name of a key in the table.
pub(super) fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

fn short(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(NONE)
}

impl SpanTable {
    /// A value begins; until its end, values that begin are inside it.
    pub(super) fn begin(&mut self, name: u64, key: Option<Span>, value: Span) {
        let number = short(self.entries.len());
        if let Some((parent, last)) = self.open.last_mut() {
            let before = std::mem::replace(last, number);
            if before == NONE {
                self.entries[*parent as usize].first_child = number;
            } else {
                self.entries[before as usize].next_sibling = number;
            }
        }
        self.entries.push(Entry {
            name,
            key: key.map_or((NONE, NONE), |key| (short(key.start), short(key.end))),
            value: (short(value.start), short(value.end)),
            first_child: NONE,
            next_sibling: NONE,
        });
        self.open.push((number, NONE));
    }

    /// The value that began last ends before this byte.
    pub(super) fn end(&mut self, end: usize) {
        if let Some((number, _)) = self.open.pop() {
            self.entries[number as usize].value.1 = short(end);
        }
    }

    /// Where the value at `pointer` stands.
    pub(super) fn get(&self, pointer: &Pointer) -> Option<Located> {
        let mut at = 0;
        for token in pointer.tokens() {
            at = self.child(at, &token)?;
        }
        Some(self.entries.get(at as usize)?.located())
    }

    /// Where the value at `pointer` or its nearest ancestor stands.
    pub(super) fn nearest(&self, pointer: &Pointer) -> Option<Located> {
        let mut at = 0;
        for token in pointer.tokens() {
            match self.child(at, &token) {
                Some(child) => at = child,
                None => break,
            }
        }
        Some(self.entries.get(at as usize)?.located())
    }

    /// Of keys that stand twice the last one counts, as it does in the value.
    fn child(&self, parent: u32, token: &str) -> Option<u32> {
        let first = self.entries.get(parent as usize)?.first_child;
        let is_mapping = self.entries.get(first as usize)?.key.0 != NONE;
        let name = if is_mapping { hash(token) } else { token.parse().ok()? };
        if self.siblings(first).nth(NARROW).is_some() {
            return self.wide().get(&(parent, name)).copied();
        }
        self.siblings(first).filter(|number| self.entries[*number as usize].name == name).last()
    }

    /// A value and those after it in the same collection.
    fn siblings(&self, first: u32) -> impl Iterator<Item = u32> {
        let known = |number: u32| (number != NONE).then_some(number);
        std::iter::successors(known(first), move |number| known(self.entries[*number as usize].next_sibling))
    }

    fn wide(&self) -> &HashMap<(u32, u64), u32> {
        self.wide.get_or_init(|| {
            let mut wide = HashMap::new();
            for (parent, entry) in (0..).zip(&self.entries) {
                if self.siblings(entry.first_child).nth(NARROW).is_some() {
                    let named = |number: u32| ((parent, self.entries[number as usize].name), number);
                    wide.extend(self.siblings(entry.first_child).map(named));
                }
            }
            wide
        })
    }

    /// The keys that stand twice in one mapping: each later one's span.
    pub(super) fn repeated_keys(&self) -> Vec<Span> {
        let mut repeated = Vec::new();
        let mut names: Vec<(u64, Span)> = Vec::new();
        for parent in &self.entries {
            names.clear();
            names.extend(self.siblings(parent.first_child).filter_map(|number| {
                let entry = &self.entries[number as usize];
                entry.located().key.map(|key| (entry.name, key))
            }));
            names.sort_unstable_by_key(|(name, key)| (*name, key.start));
            repeated.extend(names.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1));
        }
        repeated.sort_unstable_by_key(|key| key.start);
        repeated
    }
}

impl Entry {
    fn located(&self) -> Located {
        let span = |(start, end): (u32, u32)| Span { start: start as usize, end: end as usize };
        Located { key: (self.key.0 != NONE).then(|| span(self.key)), value: span(self.value) }
    }
}

/// The spans of all values of a JSON text, as far as it can be read.
pub(super) fn json_spans(text: &str) -> SpanTable {
    let mut scanner = Scanner { text, at: 0, table: SpanTable::default() };
    scanner.document();
    scanner.table
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    table: SpanTable,
}

impl Scanner<'_> {
    /// The text was read before, or breaks off: nothing is checked here, and no depth costs stack.
    fn document(&mut self) {
        // Of each open collection: `None` for a mapping, else the next index of a list.
        let mut open: Vec<Option<u64>> = Vec::new();
        loop {
            self.skip_space();
            let Some(byte) = self.peek() else { return };
            match byte {
                b'}' | b']' => {
                    self.at += 1;
                    open.pop();
                    self.table.end(self.at);
                    if open.is_empty() {
                        return;
                    }
                }
                b',' => self.at += 1,
                _ => {
                    let Some((name, key)) = self.name(&mut open) else { return };
                    self.skip_space();
                    if !self.value(name, key, &mut open) || open.is_empty() {
                        return;
                    }
                }
            }
        }
    }

    /// The name of the value that comes next: its key's hash, or its index.
    fn name(&mut self, open: &mut [Option<u64>]) -> Option<(u64, Option<Span>)> {
        match open.last_mut() {
            None => Some((0, None)),
            Some(Some(index)) => {
                *index += 1;
                Some((*index - 1, None))
            }
            Some(None) => {
                let key = self.string()?;
                let written = &self.text[key.start..key.end];
                let name = match serde_json::from_str::<std::borrow::Cow<'_, str>>(written) {
                    Ok(key) => hash(&key),
                    Err(_) => return None,
                };
                self.skip_space();
                (self.peek() == Some(b':')).then(|| self.at += 1)?;
                Some((name, Some(key)))
            }
        }
    }

    fn value(&mut self, name: u64, key: Option<Span>, open: &mut Vec<Option<u64>>) -> bool {
        let start = self.at;
        match self.peek() {
            Some(collection @ (b'{' | b'[')) => {
                self.at += 1;
                self.table.begin(name, key, Span { start, end: self.text.len() });
                open.push((collection == b'[').then_some(0));
                return true;
            }
            Some(b'"') => {
                if self.string().is_none() {
                    return false;
                }
            }
            _ => {
                let rest = &self.text.as_bytes()[self.at..];
                let length = rest.iter().position(|b| matches!(b, b',' | b'}' | b']') || b.is_ascii_whitespace());
                self.at += length.unwrap_or(rest.len());
                if self.at == start {
                    return false;
                }
            }
        }
        self.table.begin(name, key, Span { start, end: self.at });
        self.table.end(self.at);
        true
    }

    fn string(&mut self) -> Option<Span> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return None;
        }
        self.at += 1;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            let next = rest.iter().position(|b| matches!(b, b'"' | b'\\'))?;
            self.at += next + 1;
            if rest[next] == b'"' {
                return Some(Span { start, end: self.at });
            }
            self.at += 1;
        }
    }

    fn skip_space(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        // A byte order mark counts as space before the text.
        let mark = if self.at == 0 && self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        self.at += mark + rest[mark..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_wide_collections_are_found() {
        let items: Vec<String> = (0..100).map(|n| format!("{{\"k{n}\": {n}}}")).collect();
        let keys: Vec<String> = (0..100).map(|n| format!("\"k{n}\": {n}")).collect();
        let text = format!("[[{}], {{{}, \"k7\": \"again\"}}]", items.join(", "), keys.join(", "));
        let table = json_spans(&text);
        let at = |pointer: &str| {
            let span = table.get(&Pointer::parse(pointer).expect("a pointer"))?.value;
            Some(&text[span.start..span.end])
        };
        for (pointer, value) in [
            ("/0/99/k99", Some("99")),
            ("/0/33", Some("{\"k33\": 33}")),
            ("/1/k64", Some("64")),
            ("/1/k7", Some("\"again\"")),
            ("/0/100", None),
            ("/1/k100", None),
        ] {
            assert_eq!(at(pointer), value, "{pointer}");
        }
    }

    fn check(text: &str, pointer: &str, key: Option<&str>, value: &str) {
        let table = json_spans(text);
        let found = table.get(&Pointer::parse(pointer).expect("a pointer")).expect(pointer);
        assert_eq!(found.key.map(|key| &text[key.start..key.end]), key, "{pointer} in {text}");
        assert_eq!(&text[found.value.start..found.value.end], value, "{pointer} in {text}");
    }

    #[test]
    fn json_values_have_spans() {
        let text = "\u{feff} {\"a\\u0062\" : [1, {\"c\":\"x\\\"]\"}, []], \"é/~\":true, \"n\": -1.5e3\n}";
        check(text, "/ab", Some("\"a\\u0062\""), "[1, {\"c\":\"x\\\"]\"}, []]");
        check(text, "/ab/1/c", Some("\"c\""), "\"x\\\"]\"");
        check(text, "/ab/2", None, "[]");
        check(text, "/é~1~0", Some("\"é/~\""), "true");
        check(text, "/n", Some("\"n\""), "-1.5e3");
        check("{\"a\": 1, \"a\": 2}", "/a", Some("\"a\""), "2");
    }

    #[test]
    fn repeated_keys_are_found() {
        let text = r#"{"a": {"b": 1, "b": 2}, "c": [{"a": 1}], "a": 3}"#;
        let starts: Vec<usize> = json_spans(text).repeated_keys().iter().map(|key| key.start).collect();
        assert_eq!(starts, [15, 41]);
    }

    #[test]
    fn broken_json_has_the_spans_before_the_break() {
        for text in ["", "{", "{\"a\": 1, ", "{\"a\"", "{\"a\": \"x", "[1, 2", "]", "{]", "{\"\\", "[,:"] {
            let _ = json_spans(text).get(&Pointer::root());
        }
        check("{\"a\": 1, \"b", "/a", Some("\"a\""), "1");
        assert!(json_spans(&"[".repeat(100_000)).nearest(&Pointer::root()).is_some());
    }
}
