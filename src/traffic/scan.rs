//! Finds where JSON values begin and end in a stream, without reading what they mean.

use std::io::{self, BufRead};

use crate::source::Position;

/// A stream of JSON text, and where in it we are.
pub(super) struct Scanner<'r> {
    input: Box<dyn BufRead + 'r>,
    pub(super) byte: u64,
    line: usize,
    column: usize,
}

/// How a value ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Whole,
    /// It is whole but was not kept: it has so many bytes.
    TooLarge(u64),
    /// The stream ended first.
    Cut,
}

/// What has been read of a value.
#[derive(Default)]
struct Within {
    depth: usize,
    string: bool,
    escape: bool,
    /// A number or a word, which nothing but its follower ends.
    bare: bool,
    done: bool,
}

impl Within {
    /// How many of `bytes` belong to the value.
    fn advance(&mut self, bytes: &[u8]) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            if self.string {
                match byte {
                    _ if self.escape => self.escape = false,
                    b'\\' => self.escape = true,
                    b'"' => {
                        self.string = false;
                        self.done = self.depth == 0;
                    }
                    _ => {}
                }
            } else {
                match byte {
                    b'"' if !self.bare => self.string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' | b',' if self.depth == 0 => {
                        self.done = true;
                        return at;
                    }
                    b'}' | b']' => {
                        self.depth -= 1;
                        self.done = self.depth == 0;
                    }
                    b' ' | b'\t' | b'\r' | b'\n' if self.bare => {
                        self.done = true;
                        return at;
                    }
                    _ if self.depth == 0 => self.bare = true,
                    _ => {}
                }
            }
            if self.done {
                return at + 1;
            }
        }
        bytes.len()
    }
}

impl<'r> Scanner<'r> {
    pub(super) fn new(input: Box<dyn BufRead + 'r>) -> Self {
        Self { input, byte: 0, line: 1, column: 1 }
    }

    pub(super) fn position(&self) -> Position {
        Position { line: self.line, column: self.column }
    }

    /// The next byte that is no blank, not taken.
    pub(super) fn next_token(&mut self) -> io::Result<Option<u8>> {
        loop {
            let Some(byte) = self.input.fill_buf()?.first().copied() else { return Ok(None) };
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.take(1)?;
        }
    }

    /// Takes `count` bytes that were seen.
    pub(super) fn take(&mut self, count: usize) -> io::Result<()> {
        let bytes = self.input.fill_buf()?;
        for byte in &bytes[..count] {
            if *byte == b'\n' {
                self.line += 1;
                self.column = 1;
            } else if byte & 0xc0 != 0x80 {
                self.column += 1;
            }
        }
        self.byte += count as u64;
        self.input.consume(count);
        Ok(())
    }

    /// Takes one value; `kept` gets its text if that has at most `most` bytes.
    pub(super) fn value(&mut self, kept: &mut Vec<u8>, most: usize) -> io::Result<Ended> {
        kept.clear();
        let (mut within, start) = (Within::default(), self.byte);
        while !within.done {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                let bare = within.bare && within.depth == 0 && !within.string;
                return Ok(if bare { Ended::Whole } else { Ended::Cut });
            }
            let count = within.advance(bytes);
            if kept.len() + count <= most && kept.len() as u64 == self.byte - start {
                kept.extend_from_slice(&bytes[..count]);
            }
            self.take(count)?;
        }
        let size = self.byte - start;
        Ok(if size == kept.len() as u64 { Ended::Whole } else { Ended::TooLarge(size) })
    }

    /// Takes one line; `kept` gets its text, without its end, if that has at most `most` bytes. `Cut`
    /// where no line break ends it.
    pub(super) fn line(&mut self, kept: &mut Vec<u8>, most: usize) -> io::Result<Ended> {
        kept.clear();
        let start = self.byte;
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                return Ok(Ended::Cut);
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let count = end.unwrap_or(bytes.len());
            if kept.len() + count <= most && kept.len() as u64 == self.byte - start {
                kept.extend_from_slice(&bytes[..count]);
            }
            let whole = kept.len() as u64 == self.byte - start + count as u64;
            self.take(count + usize::from(end.is_some()))?;
            if end.is_some() {
                return Ok(if whole { Ended::Whole } else { Ended::TooLarge(self.byte - start) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn values(text: &str, capacity: usize) -> Vec<(String, Ended)> {
        let mut scanner = Scanner::new(Box::new(BufReader::with_capacity(capacity, text.as_bytes())));
        let (mut all, mut kept) = (Vec::new(), Vec::new());
        while let Some(byte) = scanner.next_token().expect("it reads") {
            if byte == b',' {
                scanner.take(1).expect("it reads");
                continue;
            }
            let ended = scanner.value(&mut kept, 20).expect("it reads");
            all.push((String::from_utf8(kept.clone()).expect("UTF-8"), ended));
        }
        all
    }

    #[test]
    fn values_end_where_they_end_however_the_stream_is_cut() {
        let text = r#" {"a":[1,"}\"]"]} , 12,"x\\", true,[[],{}] , {"long":"0123456789012345"}, {"cut": [1"#;
        for capacity in [1, 2, 3, 7, 1000] {
            let found = values(text, capacity);
            let whole: Vec<&str> =
                found.iter().filter(|(_, ended)| *ended == Ended::Whole).map(|(text, _)| text.as_str()).collect();
            assert_eq!(whole, [r#"{"a":[1,"}\"]"]}"#, "12", r#""x\\""#, "true", "[[],{}]"], "{capacity}");
            assert_eq!(found[5].1, Ended::TooLarge(27), "{capacity}");
            assert_eq!(found[6].1, Ended::Cut, "{capacity}");
        }
    }
}
