//! A file's bytes as UTF-8: gzip undone, byte order marks taken off, UTF-16 transcoded.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

/// How much is looked at to tell what a file is.
pub(super) const WINDOW: usize = 64 * 1024;

/// Two bytes as a unit of UTF-16, in one order or the other.
type Unit = fn([u8; 2]) -> u16;

/// A reader whose first bytes were looked at.
pub(super) type Peeked<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

/// The first bytes of `reader`, and a reader that still gives all.
pub(super) fn peek<R: Read>(mut reader: R) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut window = Vec::new();
    reader.by_ref().take(WINDOW as u64).read_to_end(&mut window)?;
    let whole = BufReader::with_capacity(WINDOW, Cursor::new(window.clone()).chain(reader));
    Ok((window, whole))
}

/// `reader` as UTF-8 where it is Unicode; other bytes are left as they are.
pub(super) fn utf8<'r>(reader: impl Read + 'r) -> io::Result<Box<dyn BufRead + 'r>> {
    let (window, whole) = peek(reader)?;
    if window.starts_with(b"\x1f\x8b") {
        return unicode(MultiGzDecoder::new(whole));
    }
    unicode(whole)
}

fn unicode<'r>(reader: impl Read + 'r) -> io::Result<Box<dyn BufRead + 'r>> {
    let (window, mut whole) = peek(reader)?;
    let (mark, endian): (usize, Option<Unit>) = match window.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => (3, None),
        [0xff, 0xfe, ..] => (2, Some(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => (2, Some(u16::from_be_bytes)),
        // JSON starts with ASCII: a NUL beside it tells UTF-16 (RFC 4627, section 3).
        [0, b'{' | b'[' | b' ' | b'\n', ..] => (0, Some(u16::from_be_bytes)),
        [b'{' | b'[' | b' ' | b'\n', 0, ..] => (0, Some(u16::from_le_bytes)),
        _ => (0, None),
    };
    whole.read_exact(&mut vec![0; mark])?;
    Ok(match endian {
        None => Box::new(whole),
        Some(unit) => Box::new(BufReader::with_capacity(
            WINDOW,
            Utf16 { inner: whole, unit, high: None, ready: Cursor::default() },
        )),
    })
}

/// UTF-16 as UTF-8; what is no UTF-16 becomes U+FFFD.
struct Utf16<R> {
    inner: R,
    unit: Unit,
    /// The first half of a pair that a block ended with.
    high: Option<u16>,
    ready: Cursor<Vec<u8>>,
}

impl<R: Read> Utf16<R> {
    fn refill(&mut self) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(WINDOW);
        self.inner.by_ref().take(WINDOW as u64).read_to_end(&mut bytes)?;
        let last = bytes.len() < WINDOW;
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        units.extend(bytes.chunks_exact(2).map(|pair| (self.unit)([pair[0], pair[1]])));
        if !last && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            self.high = units.pop();
        }
        let mut text: String =
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        if bytes.len() % 2 == 1 {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        self.ready = Cursor::new(text.into_bytes());
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.ready.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        self.refill()?;
        self.ready.read(buffer)
    }
}
