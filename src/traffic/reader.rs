//! Which kind of traffic file it is, and its entries one by one.

use std::io::{self, Read};

use serde::de::IgnoredAny;

use super::scan::{Ended, Scanner};
use super::{Item, LARGEST_ENTRY, TrafficError, What, coding, har, lines};
use crate::source::Position;

/// A kind of traffic file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// HTTP Archive, 1.1 to 1.3: one JSON object, entries below `log.entries`.
    Har,
    /// One JSON object a line: an access log.
    Ndjson,
    /// One JSON array of the same objects.
    Array,
}

/// Entries of a traffic file, in its order. After an error there is nothing more.
pub struct Reader<'r> {
    scanner: Scanner<'r>,
    format: Format,
    state: State,
    number: usize,
    kept: Vec<u8>,
    /// Whether the file comes from a tool that leaves credentials out, and none were seen.
    sanitised: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The entries are still to be found.
    Start,
    Entries,
    Over,
}

/// Reads a traffic file: UTF-8, UTF-16 or Latin-1, plain or in gzip. The format is told from its
/// first bytes.
pub fn read<'r>(reader: impl Read + 'r) -> Result<Reader<'r>, TrafficError> {
    let (window, whole) = coding::peek(coding::utf8(reader)?)?;
    let format = sniff(&window)?;
    let scanner = Scanner::new(Box::new(whole));
    Ok(Reader { scanner, format, state: State::Start, number: 0, kept: Vec::new(), sanitised: false })
}

fn sniff(window: &[u8]) -> Result<Format, TrafficError> {
    let position = Position { line: 1, column: 1 };
    let start = window.iter().position(|byte| !byte.is_ascii_whitespace());
    let Some(start) = start else {
        return Err(TrafficError::NotTraffic { position, reason: "it is empty".to_owned() });
    };
    let text = &window[start..];
    match text[0] {
        b'[' => return Ok(Format::Array),
        b'{' => {}
        b'P' if text.starts_with(b"PK\x03\x04") => {
            let reason = "it is a ZIP archive; unpack it, and give the `.har` file in it".to_owned();
            return Err(TrafficError::NotTraffic { position, reason });
        }
        _ => {
            let shown: String = String::from_utf8_lossy(&text[..text.len().min(20)]).chars().take(16).collect();
            let reason = format!(
                "it is no traffic file: a HAR or an NDJSON log starts with `{{`, and this with `{}`",
                shown.escape_debug()
            );
            return Err(TrafficError::NotTraffic { position, reason });
        }
    }
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let whole = line.len() < text.len() || window.len() < coding::WINDOW;
    let object: Option<serde_json::Map<String, serde_json::Value>> =
        if whole { serde_json::from_slice(line).ok() } else { None };
    Ok(match object {
        Some(object) if object.contains_key("log") || object.contains_key("entries") => Format::Har,
        // A first line that is no value by itself begins a longer one, unless it is only too long to be seen whole.
        None if whole || contains(&text[..text.len().min(4096)], b"\"log\"") || contains(text, b"\"entries\"") => {
            Format::Har
        }
        Some(_) | None => Format::Ndjson,
    })
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

impl Reader<'_> {
    /// What kind of file it is.
    pub fn format(&self) -> Format {
        self.format
    }

    fn not_traffic(&self, reason: impl Into<String>) -> TrafficError {
        TrafficError::NotTraffic { position: self.scanner.position(), reason: reason.into() }
    }

    fn truncated(&self, within: Option<Position>) -> TrafficError {
        let (byte, position) = (self.scanner.byte, self.scanner.position());
        TrafficError::Truncated { entries: self.number, within, byte, position }
    }

    /// Takes this byte, which must come next.
    fn expect(&mut self, wanted: u8) -> Result<(), TrafficError> {
        match self.scanner.next_token()? {
            Some(found) if found == wanted => Ok(self.scanner.take(1)?),
            Some(found) => {
                Err(self.not_traffic(format!("expected `{}`, found `{}`", char::from(wanted), char::from(found))))
            }
            None => Err(self.truncated(None)),
        }
    }

    /// Goes to the first of the entries.
    fn find_entries(&mut self) -> Result<(), TrafficError> {
        match self.format {
            Format::Ndjson => Ok(()),
            Format::Array => self.expect(b'['),
            Format::Har => {
                self.expect(b'{')?;
                self.find_key("log")
            }
        }
    }

    /// Within an object: goes on to the list of entries, through `log` where that comes first.
    fn find_key(&mut self, outer: &str) -> Result<(), TrafficError> {
        let none = "it is no HAR: it has no list `log.entries`";
        let mut inside = outer;
        loop {
            match self.scanner.next_token()? {
                Some(b',') => self.scanner.take(1)?,
                Some(b'"') => {
                    let mut key = Vec::new();
                    if self.scanner.value(&mut key, 1024)? == Ended::Cut {
                        return Err(self.truncated(None));
                    }
                    self.expect(b':')?;
                    match (key.as_slice(), self.scanner.next_token()?) {
                        (b"\"entries\"", Some(b'[')) => return self.expect(b'['),
                        (b"\"log\"", Some(b'{')) if inside == "log" => {
                            self.expect(b'{')?;
                            inside = "entries";
                        }
                        (b"\"creator\"", Some(b'{')) if inside == "entries" => self.creator()?,
                        _ => self.skip()?,
                    }
                }
                Some(b'}') => return Err(self.not_traffic(none)),
                Some(found) => {
                    return Err(self.not_traffic(format!("expected a key, found `{}`", char::from(found))));
                }
                None => return Err(self.truncated(None)),
            }
        }
    }

    /// Chrome and its kin leave cookies and `Authorization` out of what they export, unless told not to.
    fn creator(&mut self) -> Result<(), TrafficError> {
        let mut kept = Vec::new();
        if self.scanner.value(&mut kept, 4096)? == Ended::Cut {
            return Err(self.truncated(None));
        }
        let creator: Option<serde_json::Value> = serde_json::from_slice(&kept).ok();
        let name = creator.as_ref().and_then(|creator| creator.get("name")?.as_str());
        self.sanitised = name == Some("WebInspector");
        Ok(())
    }

    /// Notes whether the file holds credentials, and what that says of this entry.
    fn credentials(&mut self, what: &mut What) {
        if !self.sanitised {
            return;
        }
        let What::Entry(entry) = what else { return };
        let response = entry.response.as_ref().ok().map(|response| &response.headers);
        let shown = ["cookie", "authorization"].iter().any(|name| entry.request.headers.contains(name));
        if shown || response.is_some_and(|headers| headers.contains("set-cookie")) {
            self.sanitised = false;
        }
        entry.missing.credentials = self.sanitised;
    }

    fn skip(&mut self) -> Result<(), TrafficError> {
        let mut nothing = Vec::new();
        match self.scanner.value(&mut nothing, 0)? {
            Ended::Cut => Err(self.truncated(None)),
            Ended::Whole | Ended::TooLarge(_) => Ok(()),
        }
    }

    fn step(&mut self) -> Result<Option<Item>, TrafficError> {
        if self.state == State::Start {
            self.find_entries()?;
            self.state = State::Entries;
        }
        if self.state == State::Over {
            return Ok(None);
        }
        match self.format {
            Format::Ndjson => self.next_line(),
            Format::Har | Format::Array => self.next_element(),
        }
    }

    fn next_element(&mut self) -> Result<Option<Item>, TrafficError> {
        loop {
            match self.scanner.next_token()? {
                Some(b',') => self.scanner.take(1)?,
                Some(b']') => {
                    self.state = State::Over;
                    return Ok(None);
                }
                Some(b'}' | b':') => {
                    let reason = format!("expected `,` or `]` after entry {}", self.number);
                    return Err(self.not_traffic(reason));
                }
                Some(_) => break,
                None => return Err(self.truncated(None)),
            }
        }
        let position = self.scanner.position();
        let mut kept = std::mem::take(&mut self.kept);
        let mut what = match self.scanner.value(&mut kept, LARGEST_ENTRY)? {
            Ended::Cut => return Err(self.truncated(Some(position))),
            Ended::TooLarge(size) => too_large(size),
            Ended::Whole if self.format == Format::Har => text(&kept, har::entry),
            Ended::Whole => text(&kept, lines::record),
        };
        self.credentials(&mut what);
        self.kept = kept;
        self.number += 1;
        Ok(Some(Item { number: self.number, position, what }))
    }

    fn next_line(&mut self) -> Result<Option<Item>, TrafficError> {
        if self.scanner.next_token()?.is_none() {
            self.state = State::Over;
            return Ok(None);
        }
        let position = self.scanner.position();
        let mut kept = std::mem::take(&mut self.kept);
        let ended = self.scanner.line(&mut kept, LARGEST_ENTRY)?;
        let what = match ended {
            Ended::TooLarge(size) => too_large(size),
            Ended::Cut if serde_json::from_slice::<IgnoredAny>(&kept).is_err_and(|error| error.is_eof()) => {
                return Err(self.truncated(Some(position)));
            }
            Ended::Whole | Ended::Cut => text(&kept, lines::record),
        };
        self.kept = kept;
        self.number += 1;
        Ok(Some(Item { number: self.number, position, what }))
    }
}

fn too_large(size: u64) -> What {
    What::Unreadable(format!("it has {size} bytes; entries of more than {LARGEST_ENTRY} are not read"))
}

/// Reads the bytes as text, as Latin-1 where they are no UTF-8, and says so.
fn text(bytes: &[u8], entry: impl Fn(&str) -> What) -> What {
    let at = match std::str::from_utf8(bytes) {
        Ok(text) => return entry(text),
        Err(error) => error.valid_up_to(),
    };
    let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let mut what = entry(&latin);
    if let What::Entry(entry) = &mut what {
        entry.notes.push(format!("byte {at} of it is no UTF-8; it is read as Latin-1"));
    }
    what
}

impl Iterator for Reader<'_> {
    type Item = Result<Item, TrafficError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step().map_err(|error| match error {
            // A gzip file that breaks off.
            TrafficError::Io(io) if io.kind() == io::ErrorKind::UnexpectedEof => self.truncated(None),
            other => other,
        });
        if step.is_err() {
            self.state = State::Over;
        }
        step.transpose()
    }
}
