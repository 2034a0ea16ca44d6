//! Bodies: what is read of a request, and what a response is made of.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Either, Full, Limited};
use hyper::body::{Body as _, Incoming};

use super::limits::Limits;
use crate::exchange::Response;
use crate::mock::problem::problem;

/// The levels to which JSON is read.
const DEEPEST: usize = 127;

/// The body of a response: whole, or a stream; a stream that fails ends the connection.
pub(super) type ReplyBody = Either<Full<Bytes>, UnsyncBoxBody<Bytes, std::io::Error>>;

/// A response to be sent.
pub(super) type HyperResponse = hyper::Response<ReplyBody>;

/// A body that is there already.
pub(super) fn whole(bytes: impl Into<Bytes>) -> ReplyBody {
    Either::Left(Full::new(bytes.into()))
}

/// A request's body as it was sent, or the response that says why it is not to be had. The rest of
/// such a body is not read, so the connection ends with that response.
pub(super) async fn read(body: Incoming, limits: &Limits) -> Result<Bytes, Response> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX) > limits.body {
        return Err(closing(too_large(limits)));
    }
    match tokio::time::timeout(limits.body_time, Limited::new(body, limits.body).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(closing(too_large(limits))),
        Ok(Err(error)) => Err(closing(problem(400, format!("the body cannot be read: {error}")))),
        Err(_) => Err(closing(problem(408, "the body did not come in time"))),
    }
}

/// The same with its content codings undone (RFC 9110, section 8.4).
pub(super) fn decoded(mut body: Bytes, codings: &str, limits: &Limits) -> Result<Bytes, Response> {
    for coding in codings.rsplit(',').map(str::trim) {
        body = match coding.to_ascii_lowercase().as_str() {
            "" | "identity" => body,
            _ if body.is_empty() => body,
            "gzip" | "x-gzip" => inflate(flate2::read::MultiGzDecoder::new(&body[..]), coding, limits)?,
            "deflate" => inflate(flate2::read::ZlibDecoder::new(&body[..]), coding, limits)?,
            _ => {
                let mut refusal = problem(415, format!("the content coding `{coding}` is not known here"));
                // RFC 9110, section 15.5.16
                refusal.headers.append("accept-encoding", "gzip, deflate");
                return Err(refusal);
            }
        };
    }
    Ok(body)
}

/// The body in gzip, where that makes it smaller by an amount worth the work.
pub(super) fn packed(response: &Response) -> Option<Bytes> {
    const WORTH: usize = 1024;
    if response.body.len() < WORTH || response.headers.contains("content-encoding") {
        return None;
    }
    let media = response.media_type()?;
    let is_text = media.is_json() || media.to_string().starts_with("text/") || media.to_string().contains("xml");
    if !is_text {
        return None;
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&response.body).ok()?;
    Some(encoder.finish().ok()?.into())
}

/// JSON that is nested deeper than any reader here follows; its length costs, not its depth.
pub(super) fn not_too_deep(body: Bytes) -> Result<Bytes, Response> {
    if body.len() <= 2 * DEEPEST || depth(&body) <= DEEPEST {
        return Ok(body);
    }
    Err(problem(400, format!("the body is nested deeper than {DEEPEST} levels")))
}

/// How deep brackets and braces outside texts are nested.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn inflate(decoder: impl std::io::Read, coding: &str, limits: &Limits) -> Result<Bytes, Response> {
    let mut out = Vec::new();
    match decoder.take(limits.body as u64 + 1).read_to_end(&mut out) {
        Ok(read) if read > limits.body => Err(too_large(limits)),
        Ok(_) => Ok(out.into()),
        Err(error) => Err(problem(400, format!("the body is no whole {coding}: {error}"))),
    }
}

fn too_large(limits: &Limits) -> Response {
    problem(413, format!("the body is larger than {} bytes", limits.body))
}

/// The rest of the body is not read, so the connection cannot be used again.
pub(super) fn closing(mut response: Response) -> Response {
    response.headers.append("connection", "close");
    response
}
