//! Bodies: read up to a bound, content codings undone (RFC 9110, section 8.4).

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Body;
use tokio::time::{Instant, timeout_at};

use super::TransportError;
use super::error::{Cause, Phase};
use crate::exchange::Headers;
use crate::exchange::coding::{self, CodingError};

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
    coding::decoded(&named, body, limit).map_err(|error| match error {
        CodingError::TooLarge(limit) => TransportError::TooLarge { limit },
        CodingError::Unknown(coding) => {
            let reason =
                format!("countersign reads {} only; ask for one of these with `accept-encoding`", coding::CODINGS);
            TransportError::BadEncoding { coding, reason, source: None }
        }
        CodingError::TooMany => TransportError::BadEncoding { coding: named, reason: error.to_string(), source: None },
        CodingError::Broken { coding, error } => {
            let reason = format!("the body is not {coding}: {error}");
            TransportError::BadEncoding { coding, reason, source: Some(error.into()) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_coding_is_told() {
        let table: [(&str, &[u8], &str); 3] = [
            ("gzip", b"{\"a\":1}", "claims `content-encoding: gzip`, but the body is not gzip"),
            ("lzma", b"abc", "gzip, deflate, br, zstd only"),
            ("gzip,gzip,gzip,gzip", b"abc", "at most 3"),
        ];
        for (coding, body, expected) in table {
            let headers = Headers::from_iter([("Content-Encoding", coding)]);
            let error = decode(&headers, Bytes::copy_from_slice(body), 1000).expect_err(coding).to_string();
            assert!(error.contains(expected), "{coding}: {error}");
        }
    }
}
