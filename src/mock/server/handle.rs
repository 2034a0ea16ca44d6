//! One request: read, answered by its mock, written.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;

use super::Shared;
use super::body::{HyperResponse, decoded, read, whole};
use super::connection::Client;
use crate::exchange::{Headers, Request, Response};
use crate::mock::SESSION_HEADER;
use crate::mock::problem::problem;

pub(super) async fn handle(shared: &Shared, client: &Client, request: hyper::Request<Incoming>) -> HyperResponse {
    client.touch();
    let (parts, body) = request.into_parts();
    // Where both a length and chunks are sent, one of them is meant to be overlooked: what follows
    // must not be taken for a request (RFC 9112, section 6.1), and the length is no longer to be seen.
    let is_chunked = parts.headers.contains_key("transfer-encoding");
    let mut response = answer(shared, client, parts, body).await;
    if is_chunked {
        response.headers_mut().insert("connection", HeaderValue::from_static("close"));
    }
    response
}

async fn answer(shared: &Shared, client: &Client, parts: Parts, body: Incoming) -> HyperResponse {
    let origin = parts.headers.get("origin").cloned();
    let mounts = shared.mounts.get();
    let path = parts.uri.path();
    let Some((mock, below)) = mounts.find(parts.method.as_str(), path) else {
        return written(&problem(404, format!("nothing is mounted at `{path}`")), &Cors::For(origin));
    };
    let cors = if mock.cors() { Cors::For(origin) } else { Cors::Off };
    if let Some(answer) = preflight(&parts, &cors) {
        return answer;
    }
    let codings = || parts.headers.get("content-encoding").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = match read(body, &shared.limits).await.and_then(|body| decoded(body, codings(), &shared.limits)) {
        Ok(body) => body,
        Err(response) => return written(&response, &cors),
    };
    let _busy = client.busy();
    let request = taken(&parts, body, shared.scheme);
    // The state has no half-done change that a panic could leave behind but one mock's own.
    let answered = catch_unwind(AssertUnwindSafe(|| mock.answer(request, below).response));
    let response = answered.unwrap_or_else(|_| problem(500, "the mock failed on this request; please report it"));
    written(&response, &cors)
}

/// What scripts of other origins may read (Fetch, section 3.3).
pub(super) enum Cors {
    /// Nothing.
    Off,
    /// Everything: this origin, or any where the request names none.
    For(Option<HeaderValue>),
}

impl Cors {
    fn allow(&self, headers: &mut hyper::HeaderMap) {
        let Self::For(origin) = self else { return };
        let any = HeaderValue::from_static("*");
        headers.entry("access-control-allow-headers").or_insert_with(|| any.clone());
        headers.entry("access-control-expose-headers").or_insert_with(|| any.clone());
        headers.entry("access-control-allow-credentials").or_insert(HeaderValue::from_static("true"));
        headers.entry("access-control-allow-origin").or_insert_with(|| origin.clone().unwrap_or(any));
        if origin.is_some() {
            headers.append("vary", HeaderValue::from_static("origin"));
        }
    }
}

/// The request as a plain value.
fn taken(parts: &Parts, body: Bytes, scheme: &str) -> Request {
    let headers: Headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let host = parts.uri.authority().map(ToString::to_string).or_else(|| headers.get("host").map(Into::into));
    let target = parts.uri.path_and_query().map_or("/", hyper::http::uri::PathAndQuery::as_str);
    let url = format!("{scheme}://{}{target}", host.as_deref().unwrap_or("localhost"));
    Request { method: parts.method.as_str().to_owned(), url, headers, body }
}

pub(super) fn written(response: &Response, cors: &Cors) -> HyperResponse {
    let mut answer = hyper::Response::new(whole(response.body.clone()));
    *answer.status_mut() =
        hyper::StatusCode::from_u16(response.status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    for (name, value) in response.headers.raw() {
        // The length is that of the body, and how a message is framed is the connection's.
        if ["content-length", "transfer-encoding"].iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
            continue;
        }
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    cors.allow(headers);
    answer
}

/// The answer to a browser's question whether a request may be sent (Fetch, section 3.3.2).
fn preflight(parts: &Parts, cors: &Cors) -> Option<HyperResponse> {
    let method = parts.headers.get("access-control-request-method")?;
    if parts.method != hyper::Method::OPTIONS || !matches!(cors, Cors::For(Some(_))) {
        return None;
    }
    let mut response = Response { status: 204, headers: Headers::new(), body: Bytes::new() };
    response.headers.append("access-control-allow-methods", method.as_bytes());
    let asked = parts.headers.get("access-control-request-headers").map(HeaderValue::as_bytes);
    response.headers.append("access-control-allow-headers", asked.unwrap_or(SESSION_HEADER.as_bytes()));
    response.headers.append("access-control-max-age", "600");
    Some(written(&response, cors))
}
