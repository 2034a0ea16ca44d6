//! The journal: what was recorded, one line an exchange, written before its client has the whole answer.
//!
//! A line is JSON whose first member is the CRC-32 (ISO 3309) of the rest of the line, so that a line
//! that a crash cut short, or a disk spoiled, is known. What [`Journal::append`] has written survives
//! the end of the process, however it ends; [`Journal::sync`] makes it survive the machine's end too.
//!
//! Of a stream there is a line that says it is open, and one for each part that came after; the line of
//! the whole exchange takes their place.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Entry, Part};

/// The longest line that is read back.
const LONGEST_LINE: u64 = 256 << 20;
/// What a line starts with, the checksum's eight digits in the place of the dashes.
const START: &str = "{\"crc32\":\"--------\",";

/// A journal that is open for appending. Nobody else can open it meanwhile.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    /// Whether the last write failed half-way: what follows must not become a part of its line.
    torn: bool,
}

/// What a journal holds.
#[derive(Debug, Default)]
pub struct Found {
    /// The exchanges, in the order in which they ended.
    pub entries: Vec<Entry>,
    /// How many lines are no entries: cut short by a crash, or spoilt.
    pub lost: usize,
}

impl Journal {
    /// Opens the journal at `path`, with what it holds from before.
    ///
    /// # Errors
    /// Where the file cannot be opened or read, or somebody else has it open ([`io::ErrorKind::WouldBlock`]).
    pub fn open(path: &Path) -> io::Result<(Self, Found)> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(io::Error::new(io::ErrorKind::WouldBlock, "another recording writes there"));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
        let (found, ends_with_line) = read(&file)?;
        file.seek(io::SeekFrom::End(0))?;
        if !ends_with_line {
            // What follows must not become a part of the line that was cut.
            file.write_all(b"\n")?;
        }
        Ok((Self { file, path: path.to_owned(), torn: false }, found))
    }

    /// Appends an entry, in one write.
    ///
    /// # Errors
    /// Where the file cannot be written: the disk is full, say.
    pub fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.file.write_all(b"\n")?;
        }
        let written = self.file.write_all(line);
        self.torn = written.is_err();
        written
    }

    /// Makes the disk keep what was written.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Empties it: what it held is kept elsewhere now.
    ///
    /// # Errors
    /// Where the file cannot be changed.
    pub fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)
    }

    /// Removes it.
    ///
    /// # Errors
    /// Where the file cannot be removed.
    pub fn remove(&mut self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }

    /// All that is in it.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn found(&self) -> io::Result<Found> {
        Ok(read(&self.file)?.0)
    }
}

/// The line of an [`Entry`] or a [`Part`].
///
/// # Errors
/// Where it cannot be written as JSON.
pub fn line(entry: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = START.as_bytes().to_vec();
    let at = line.len() - 1;
    // It is an object: its opening brace makes room for the comma.
    serde_json::to_writer(&mut line, entry)?;
    line.remove(at + 1);
    let sum = format!("{:08x}", checksum(&line[at + 1..]));
    line[10..18].copy_from_slice(sum.as_bytes());
    line.push(b'\n');
    Ok(line)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// What a line may hold.
enum Line {
    Entry(Box<Entry>),
    Part(Part),
}

fn parse(line: &[u8]) -> Option<Line> {
    let sum = std::str::from_utf8(line.get(10..18)?).ok()?;
    let rest = line.strip_suffix(b"\n").unwrap_or(line).get(START.len()..)?;
    if u32::from_str_radix(sum, 16).ok()? != checksum(rest) {
        return None;
    }
    let entry = serde_json::from_slice(line).map(|entry| Line::Entry(Box::new(entry)));
    entry.or_else(|_| serde_json::from_slice(line).map(Line::Part)).ok()
}

/// The entries, and whether the last line is whole.
fn read(file: &File) -> io::Result<(Found, bool)> {
    let mut reader = BufReader::new(file);
    reader.seek(io::SeekFrom::Start(0))?;
    let mut found = Found::default();
    let mut whole = true;
    let mut open: BTreeMap<u64, (Entry, Vec<Part>)> = BTreeMap::new();
    let mut line = Vec::new();
    while reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
        whole = line.ends_with(b"\n");
        match parse(&line) {
            Some(Line::Entry(entry)) if entry.open => drop(open.insert(entry.number, (*entry, Vec::new()))),
            Some(Line::Entry(entry)) => {
                open.remove(&entry.number);
                found.entries.push(*entry);
            }
            Some(Line::Part(part)) => match open.get_mut(&part.number) {
                Some((_, parts)) => parts.push(part),
                None => found.lost += 1,
            },
            None if line == b"\n" => {}
            None => found.lost += 1,
        }
        line.clear();
    }
    found.entries.extend(open.into_values().map(broken_off));
    Ok((found, whole))
}

/// What is there of an exchange whose end was not seen.
fn broken_off((mut entry, parts): (Entry, Vec<Part>)) -> Entry {
    entry.go_on(parts);
    entry.open = false;
    entry.notes.push("the recording was cut short while the response was coming".to_owned());
    entry
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test cuts and spoils its own file")]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::exchange::{Exchange, Headers, Request, Response};

    fn entry(number: u64, body: &'static [u8]) -> Entry {
        let request = Request {
            method: "GET".into(),
            url: "http://h/ü?\"".into(),
            headers: Headers::from_iter([("a", "1"), ("a", "2")]),
            body: body.into(),
        };
        let response = Response { status: 200, headers: Headers::new(), body: body.into() };
        Entry::new(number, "2026-01-01T00:00:00Z".into(), &Exchange { request, response, elapsed: Duration::ZERO })
    }

    #[test]
    fn what_was_written_is_found_wherever_the_file_breaks_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let entries = [entry(1, b"{\"a\": 1}\n"), entry(2, b"\x00\xff"), entry(3, b"")];
        let (mut journal, found) = Journal::open(&path).expect("opened");
        assert_eq!((found.entries.len(), found.lost), (0, 0));
        for entry in &entries {
            journal.append(&line(entry).expect("JSON")).expect("written");
        }
        drop(journal);
        let whole = std::fs::read(&path).expect("read");
        let ends: Vec<usize> =
            whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).expect("written");
            let (mut journal, found) = Journal::open(&path).expect("opened");
            // A line that lacks nothing but its end is whole.
            let complete = ends.iter().filter(|end| **end <= cut + 1).count();
            assert_eq!(found.entries, entries[..complete], "cut at {cut}");
            journal.append(&line(&entries[0]).expect("JSON")).expect("written");
            drop(journal);
            let (_, again) = Journal::open(&path).expect("opened");
            assert_eq!(again.entries.len(), complete + 1, "cut at {cut}");
        }
    }

    #[test]
    fn a_spoilt_line_is_known_and_costs_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let mut text = [entry(1, b"a"), entry(2, b"b")].map(|entry| line(&entry).expect("JSON")).concat();
        text[40] ^= 1;
        std::fs::write(&path, text).expect("written");
        let (_journal, found) = Journal::open(&path).expect("opened");
        assert_eq!((found.entries, found.lost), (vec![entry(2, b"b")], 1));
        assert_eq!(Journal::open(&path).expect_err("locked").kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn of_a_stream_there_is_what_came_until_its_end_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let open = Entry { open: true, ..entry(1, b"one ") };
        let part = |text| entry(1, text).into_part();
        let lines = [line(&open), line(&entry(2, b"other")), line(&part(b"two ")), line(&part(b"three"))];
        let lines: Vec<u8> = lines.into_iter().flat_map(|line| line.expect("JSON")).collect();
        std::fs::write(&path, &lines).expect("written");
        let (_, found) = Journal::open(&path).expect("opened");
        let bodies = |found: &Found| -> Vec<_> {
            found
                .entries
                .iter()
                .map(|entry| (entry.number, entry.exchange().response.body, entry.notes.len()))
                .collect()
        };
        assert_eq!(bodies(&found), [(2, "other".into(), 0), (1, "one two three".into(), 1)]);

        let whole = [lines, line(&entry(1, b"all")).expect("JSON")].concat();
        std::fs::write(&path, whole).expect("written");
        let (_, found) = Journal::open(&path).expect("opened");
        assert_eq!((bodies(&found), found.lost), (vec![(2, "other".into(), 0), (1, "all".into(), 0)], 0));
    }
}
