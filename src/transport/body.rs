//! Bodies: read up to a bound, content codings undone (RFC 9110, section 8.4).

use std::io::Read as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http_body_util::BodyExt as _;
use hyper::body::Body;
use tokio::time::{Instant, timeout_at};

use super::TransportError;
use super::error::{Cause, Phase};
use crate::exchange::Headers;

/// How many codings may be stacked: one is usual, two are odd, more is an attack.
const MOST_CODINGS: usize = 3;

/// When to give up.
pub(super) struct Bounds {
    /// The most bytes of a body.
    pub(super) limit: usize,
    /// The longest that connecting may take.
    pub(super) connect: Duration,
    /// The longest wait for the response, and between two parts of its body.
    pub(super) silence: Duration,
    /// The end of the total time.
    pub(super) deadline: Instant,
    pub(super) total: Duration,
}

/// Reads a body to its end.
pub(super) async fn collect<B>(
    body: B,
    bounds: &Bounds,
    origin: &str,
    broken: impl Fn(Cause) -> TransportError,
) -> Result<Bytes, TransportError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Cause>,
{
    let too_large = || TransportError::TooLarge { limit: bounds.limit };
    let mut body = body;
    if usize::try_from(body.size_hint().lower()).map_or(true, |size| size > bounds.limit) {
        return Err(too_large());
    }
    // Most bodies come in one piece, which is then kept as it is.
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while !body.is_end_stream() {
        let silence = Instant::now() + bounds.silence;
        let (until, after) =
            if silence < bounds.deadline { (silence, bounds.silence) } else { (bounds.deadline, bounds.total) };
        let timed_out = |_| TransportError::timed_out(origin, Phase::Body, after);
        let Some(frame) = timeout_at(until, body.frame()).await.map_err(timed_out)? else { break };
        let Ok(data) = frame.map_err(|error| broken(error.into()))?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > bounds.limit {
            return Err(too_large());
        }
        if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(first.len() + rest.len());
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&rest);
    Ok(whole.freeze())
}

/// Undoes the content codings that `headers` name, at most `limit` bytes at each.
///
/// # Errors
/// Where the body is not in the coding that is named, the coding is not known, or the body too large.
pub fn decoded(headers: &Headers, body: Bytes, limit: usize) -> Result<Bytes, TransportError> {
    decode(headers, body, limit)
}

pub(super) fn decode(headers: &Headers, body: Bytes, limit: usize) -> Result<Bytes, TransportError> {
    let Some(named) = headers.combined("content-encoding") else { return Ok(body) };
    if body.is_empty() {
        return Ok(body);
    }
    let codings: Vec<String> = named
        .split(',')
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    if codings.len() > MOST_CODINGS {
        let reason = format!("at most {MOST_CODINGS} codings are undone");
        return Err(TransportError::BadEncoding { coding: named, reason, source: None });
    }
    codings.iter().rev().try_fold(body, |body, coding| decode_one(coding, &body, limit))
}

fn decode_one(coding: &str, body: &[u8], limit: usize) -> Result<Bytes, TransportError> {
    let mut out = Vec::new();
    let most = limit as u64 + 1;
    let result = match coding {
        "gzip" | "x-gzip" => MultiGzDecoder::new(body).take(most).read_to_end(&mut out),
        // Some servers send the bare stream without the zlib frame that RFC 9110, section 8.4.1.2, asks for.
        "deflate" if is_zlib(body) => ZlibDecoder::new(body).take(most).read_to_end(&mut out),
        "deflate" => DeflateDecoder::new(body).take(most).read_to_end(&mut out),
        other => {
            let reason = "countersign reads gzip and deflate only; ask for one of these with `accept-encoding`";
            return Err(TransportError::BadEncoding { coding: other.to_owned(), reason: reason.into(), source: None });
        }
    };
    if let Err(error) = result {
        let reason = format!("the body is not {coding}: {error}");
        return Err(TransportError::BadEncoding { coding: coding.to_owned(), reason, source: Some(error.into()) });
    }
    if out.len() > limit {
        return Err(TransportError::TooLarge { limit });
    }
    Ok(out.into())
}

/// Whether the two bytes of a zlib header stand at the front (RFC 1950, section 2.2).
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    fn check(coding: &str, body: &[u8]) -> Result<Bytes, String> {
        let headers = Headers::from_iter([("Content-Encoding", coding)]);
        decode(&headers, Bytes::copy_from_slice(body), 1000).map_err(|error| error.to_string())
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
        let table: [(&str, &[u8]); 6] = [
            ("identity", b"hello"),
            ("GZIP", &gzip(b"hello")),
            ("x-gzip", &gzip(b"hello")),
            ("deflate", &zlib),
            ("deflate", &raw),
            ("deflate, gzip", &stacked),
        ];
        for (coding, body) in table {
            assert_eq!(check(coding, body).as_deref(), Ok(&b"hello"[..]), "{coding}");
        }
        assert_eq!(check("gzip", b"").as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn lies_bombs_and_unknown_codings_are_told() {
        let whole = gzip(b"hello");
        let table: [(&str, &[u8], &str); 6] = [
            ("gzip", b"{\"a\":1}", "claims `content-encoding: gzip`, but the body is not gzip"),
            ("gzip", &whole[..whole.len() - 4], "claims `content-encoding: gzip`, but"),
            ("deflate", b"\xff\xff\xff\xff", "claims `content-encoding: deflate`, but"),
            ("br", b"abc", "gzip and deflate only"),
            ("gzip,gzip,gzip,gzip", b"abc", "at most 3"),
            ("gzip", &gzip(&[0; 1001]), "larger than the bound of 1000 bytes"),
        ];
        for (coding, body, expected) in table {
            let error = check(coding, body).expect_err(coding);
            assert!(error.contains(expected), "{coding}: {error}");
        }
    }
}
