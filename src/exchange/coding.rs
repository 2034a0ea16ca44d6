//! Content codings undone, within bounds (RFC 9110, section 8.4), and charsets read.

use std::io::{self, Read};

use brotli_decompressor::Decompressor;
use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use ruzstd::decoding::StreamingDecoder;

/// The codings that are undone, as they are named in `Accept-Encoding`.
pub const CODINGS: &str = "gzip, deflate, br, zstd";

/// How many codings may be stacked: one is usual, two are odd, more is an attack.
const MOST_CODINGS: usize = 3;
/// How much a brotli decoder reads at a time.
const BLOCK: usize = 8 << 10;

/// Why a coding is not undone.
#[derive(Debug, thiserror::Error)]
pub enum CodingError {
    /// More are stacked than anybody means well with.
    #[error("at most {MOST_CODINGS} codings are undone")]
    TooMany,
    /// It has no decoder here.
    #[error("the content coding `{0}` is not known; countersign reads {CODINGS}")]
    Unknown(String),
    /// The body is in another coding, or ends too early.
    #[error("the body is not {coding}: {error}")]
    Broken {
        /// The coding that is named.
        coding: String,
        /// What the decoder says.
        error: io::Error,
    },
    /// More comes out than is taken.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
}

/// Undoes the codings that `named` lists, the last one first; at most `limit` bytes at each.
///
/// # Errors
/// [`CodingError`]; the body is lost then.
pub fn decoded(named: &str, body: Bytes, limit: usize) -> Result<Bytes, CodingError> {
    if body.is_empty() {
        return Ok(body);
    }
    let codings: Vec<String> = named
        .split(',')
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    if codings.len() > MOST_CODINGS {
        return Err(CodingError::TooMany);
    }
    codings.iter().rev().try_fold(body, |body, coding| one(coding, &body, limit))
}

fn one(coding: &str, body: &[u8], limit: usize) -> Result<Bytes, CodingError> {
    let mut out = Vec::new();
    let most = limit as u64 + 1;
    let result = match coding {
        "gzip" | "x-gzip" => MultiGzDecoder::new(body).take(most).read_to_end(&mut out),
        // Some servers send the bare stream without the zlib frame that RFC 9110, section 8.4.1.2, asks for.
        "deflate" if is_zlib(body) => ZlibDecoder::new(body).take(most).read_to_end(&mut out),
        "deflate" => DeflateDecoder::new(body).take(most).read_to_end(&mut out),
        // RFC 7932
        "br" => Decompressor::new(body, BLOCK).take(most).read_to_end(&mut out),
        "zstd" => frames(body, most, &mut out),
        other => return Err(CodingError::Unknown(other.to_owned())),
    };
    if let Err(error) = result {
        return Err(CodingError::Broken { coding: coding.to_owned(), error });
    }
    if out.len() > limit { Err(CodingError::TooLarge(limit)) } else { Ok(out.into()) }
}

/// A body in zstd is one frame after the other (RFC 8878, section 3).
fn frames(mut body: &[u8], most: u64, out: &mut Vec<u8>) -> io::Result<usize> {
    while !body.is_empty() && (out.len() as u64) < most {
        let left = most - out.len() as u64;
        let decoder = StreamingDecoder::new(&mut body).map_err(io::Error::other)?;
        decoder.take(left).read_to_end(out)?;
    }
    Ok(out.len())
}

/// Whether the two bytes of a zlib header stand at the front (RFC 1950, section 2.2).
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}

/// Text in a charset as UTF-8; `None` where the charset is not known (WHATWG Encoding, section 4.2) or
/// the text is not in it.
pub fn utf8(charset: &str, text: &[u8]) -> Option<String> {
    let encoding = encoding_rs::Encoding::for_label(charset.as_bytes())?;
    let (text, _, is_broken) = encoding.decode(text);
    (!is_broken).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    /// `hello` as the reference implementations write it.
    const BROTLI: &[u8] = b"\x0b\x02\x80hello\x03";
    const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd\x04\x58\x29\x00\x00hello\xa3\x6d\x9f\x88";

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    fn check(coding: &str, body: &[u8]) -> Result<Bytes, String> {
        decoded(coding, Bytes::copy_from_slice(body), 1000).map_err(|error| error.to_string())
    }

    #[test]
    fn codings_are_undone_last_first() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(b"hello").expect("memory takes it");
        let zlib = zlib.finish().expect("memory takes it");
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::best());
        raw.write_all(b"hello").expect("memory takes it");
        let raw = raw.finish().expect("memory takes it");
        let stacked = gzip(&zlib);
        let table: [(&str, &[u8]); 8] = [
            ("identity", b"hello"),
            ("GZIP", &gzip(b"hello")),
            ("x-gzip", &gzip(b"hello")),
            ("deflate", &zlib),
            ("deflate", &raw),
            ("deflate, gzip", &stacked),
            ("br", BROTLI),
            ("zstd", ZSTD),
        ];
        for (coding, body) in table {
            assert_eq!(check(coding, body).as_deref(), Ok(&b"hello"[..]), "{coding}");
        }
        assert_eq!(check("zstd", &[ZSTD, ZSTD].concat()).as_deref(), Ok(&b"hellohello"[..]), "two frames");
        assert_eq!(check("gzip", b"").as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn lies_bombs_and_unknown_codings_are_told() {
        let whole = gzip(b"hello");
        // 100,000 times `a`, by the reference implementation.
        let bomb = b"\x28\xb5\x2f\xfd\x04\x58\x55\x00\x00\x10aa\x01\x00\x9b\x86\x39\xc0\x02\x2f\x4e\xfe\xfd";
        let table: [(&str, &[u8], &str); 9] = [
            ("gzip", b"{\"a\":1}", "the body is not gzip"),
            ("gzip", &whole[..whole.len() - 4], "the body is not gzip"),
            ("deflate", b"\xff\xff\xff\xff", "the body is not deflate"),
            ("br", &BROTLI[..5], "the body is not br"),
            ("zstd", &ZSTD[..10], "the body is not zstd"),
            ("zstd", bomb, "larger than 1000 bytes"),
            ("lzma", b"abc", "`lzma` is not known; countersign reads gzip, deflate, br, zstd"),
            ("gzip,gzip,gzip,gzip", b"abc", "at most 3"),
            ("gzip", &gzip(&[0; 1001]), "larger than 1000 bytes"),
        ];
        for (coding, body, expected) in table {
            let error = check(coding, body).expect_err(coding);
            assert!(error.contains(expected), "{coding}: {error}");
        }
    }

    #[test]
    fn charsets_are_read() {
        for (charset, bytes, expected) in [
            ("ISO-8859-1", &b"caf\xe9"[..], Some("café")),
            ("utf-16", b"\xff\xfeh\0i\0", Some("hi")),
            ("shift_jis", b"\x83\x65", Some("テ")),
            ("utf-8", b"\xff", None),
            ("klingon", b"abc", None),
        ] {
            assert_eq!(utf8(charset, bytes).as_deref(), expected, "{charset}");
        }
    }
}
