//! Sources, spans, positions and places.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::spans::{SpanTable, json_spans};
use super::yaml::span_table;
use super::{Format, Pointer};

/// A stretch of a source's text, in bytes, end exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A line and column, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Where something stands, in words a person and an editor understand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The JSON Pointer within the file's value.
    pub pointer: Pointer,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Where a value stands: its key (in a mapping) and itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    /// The key's span, where the value is a mapping's.
    pub key: Option<Span>,
    /// The value's own span.
    pub value: Span,
}

/// One text that was read: its name as the user knows it, and its content.
///
/// Cheap to clone. The table of lines and that of spans are made when first asked for.
#[derive(Clone)]
pub struct Source(Arc<Inner>);

struct Inner {
    name: String,
    text: String,
    lines: OnceLock<Lines>,
    spans: OnceLock<SpanTable>,
}

impl Source {
    /// A source of this name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Arc::new(Inner { name: name.into(), text: text.into(), lines: OnceLock::new(), spans: OnceLock::new() }))
    }

    /// The name, as shown to the user: a path or URL.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The position of a byte offset (clamped to the text).
    pub fn position(&self, offset: usize) -> Position {
        let lines = self.lines();
        let offset = offset.min(self.text().len());
        let line = lines.starts.partition_point(|start| *start <= offset).max(1);
        let start = lines.starts[line - 1];
        let column = if offset - start <= Lines::BLOCK {
            characters_in(&self.text().as_bytes()[start..offset])
        } else {
            let before = |offset| lines.characters_before(self.text(), offset);
            before(offset) - before(start)
        };
        Position { line, column: column + 1 }
    }

    /// Where the value at `pointer` stands, `None` where the text has no such value.
    pub fn locate(&self, pointer: &Pointer) -> Option<Located> {
        self.spans().get(pointer)
    }

    fn spans(&self) -> &SpanTable {
        self.0.spans.get_or_init(|| match Format::of(self) {
            Format::Json => json_spans(self.text()),
            Format::Yaml => span_table(self.text()),
        })
    }

    /// Keeps spans that were found while the text was read.
    pub(super) fn keep_spans(&self, spans: SpanTable) {
        // Those that are there already are the same.
        self.0.spans.set(spans).ok();
    }

    /// The keys that stand twice in one mapping: the span of each but the first.
    pub fn repeated_keys(&self) -> Vec<Span> {
        self.spans().repeated_keys()
    }

    /// Where the value at `pointer` or its nearest ancestor stands.
    pub fn locate_nearest(&self, pointer: &Pointer) -> Located {
        self.spans().nearest(pointer).unwrap_or(Located { key: None, value: Span::default() })
    }

    /// The place of `pointer`: that of its key where it has one, of the nearest ancestor where it
    /// does not stand in the text.
    pub fn place(&self, pointer: &Pointer) -> Place {
        let found = self.locate_nearest(pointer);
        let position = self.position(found.key.unwrap_or(found.value).start);
        Place { file: self.name().to_owned(), line: position.line, column: position.column, pointer: pointer.clone() }
    }

    fn lines(&self) -> &Lines {
        self.0.lines.get_or_init(|| Lines::of(self.text()))
    }
}

/// Where lines start, and how many characters stand before each block of the text: a column in a
/// document that is one line of many megabytes must not cost a walk along it.
struct Lines {
    starts: Vec<usize>,
    characters: Vec<usize>,
}

impl Lines {
    /// The size of a block, in bytes.
    const BLOCK: usize = 4096;

    fn of(text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let blocks = text.as_bytes().chunks(Self::BLOCK);
        let counted = blocks.scan(0, |before, block| {
            let known = *before;
            *before += characters_in(block);
            Some(known)
        });
        let characters = counted.collect();
        Self { starts, characters }
    }

    /// How many characters start before a byte.
    fn characters_before(&self, text: &str, offset: usize) -> usize {
        let block = (offset / Self::BLOCK).min(self.characters.len().saturating_sub(1));
        let known = self.characters.get(block).copied().unwrap_or_default();
        known + characters_in(&text.as_bytes()[block * Self::BLOCK..offset])
    }
}

/// How many characters start in these bytes of a text.
pub(super) fn characters_in(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({}, {} bytes)", self.name(), self.text().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let source = Source::new("a.yaml", "é: 1\nb:\n  - x\n  - y: z\n");
        let place = source.place(&Pointer::parse("/b/1/y").expect("a pointer"));
        assert_eq!((place.line, place.column), (4, 5));
        assert_eq!(source.position(4), Position { line: 1, column: 4 });
    }

    #[test]
    fn columns_of_long_lines_count_characters() {
        let source = Source::new("a.json", format!("\n[\"{}\", 1]", "é€𝄞x".repeat(5_000)));
        for (pointer, column) in [("/0", 2), ("/1", 20_006)] {
            let place = source.place(&Pointer::parse(pointer).expect("a pointer"));
            assert_eq!((place.line, place.column), (2, column), "{pointer}");
        }
        assert_eq!(Source::new("a", "").position(9), Position { line: 1, column: 1 });
        let exact = Source::new("a", "x".repeat(8192));
        assert_eq!(exact.position(8192), Position { line: 1, column: 8193 });
    }

    #[test]
    fn a_pointer_that_is_not_there_falls_back_to_its_ancestor() {
        let source = Source::new("a.json", "{\n  \"b\": [1]\n}");
        let place = source.place(&Pointer::parse("/b/7/c").expect("a pointer"));
        assert_eq!((place.line, place.column), (2, 3));
    }
}
