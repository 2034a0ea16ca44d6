//! One request: read, answered by its mock, written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;

use tokio::time::Instant;

use super::body::{HyperResponse, closing, decoded, not_too_deep, packed, read, whole};
use super::connection::Client;
use super::delivery::deliver;
use super::journal::{Happened, Journal};
use super::{Shared, admin};
use crate::exchange::{Headers, Request, Response};
use crate::mock::problem::problem;
use crate::mock::{Answer, Mock, SESSION_HEADER};

pub(super) async fn handle(shared: &Arc<Shared>, client: &Client, request: hyper::Request<Incoming>) -> HyperResponse {
    client.touch();
    let (parts, body) = request.into_parts();
    if let Some(journal) = &shared.journal
        && let Some(below) = admin::below(&shared.office, parts.uri.path())
    {
        let body = if admin::takes_body(&parts, below) { read(body, &shared.limits).await } else { Ok(Bytes::new()) };
        return match body {
            Ok(body) => admin::answer(shared, journal, (&parts, body), below),
            Err(response) => written(&response, &Way { cors: Cors::Off, gzip: false }),
        };
    }
    // Where both a length and chunks are sent, one of them is meant to be overlooked: what follows
    // must not be taken for a request (RFC 9112, section 6.1), and the length is no longer to be seen.
    let is_chunked = parts.headers.contains_key("transfer-encoding");
    let mut response = answer(shared, client, parts, body).await;
    if is_chunked {
        response.headers_mut().insert("connection", HeaderValue::from_static("close"));
    }
    response
}

async fn answer(shared: &Arc<Shared>, client: &Client, parts: Parts, body: Incoming) -> HyperResponse {
    let origin = parts.headers.get("origin").cloned();
    let mounts = shared.mounts.get();
    let found = mounts.find(parts.method.as_str(), parts.uri.path());
    let allowed = found.is_none_or(|(mock, _)| mock.cors());
    let way =
        Way { cors: if allowed { Cors::For(origin) } else { Cors::Off }, gzip: shared.compress && takes_gzip(&parts) };
    if let Some(answer) = preflight(&parts, &way) {
        return answer;
    }
    let codings = || parts.headers.get("content-encoding").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = match faulty_host(&parts) {
        Some(response) => Err(response),
        None => read(body, &shared.limits).await,
    };
    let body = body.and_then(|body| decoded(body, codings(), &shared.limits));
    let body = body.and_then(|body| if is_json(&parts) { not_too_deep(body) } else { Ok(body) });
    let busy = client.busy();
    let began = Instant::now();
    let (body, unread) = match body {
        Ok(body) => (body, None),
        Err(response) => (Bytes::new(), Some(response)),
    };
    let request = taken(&parts, body, shared.scheme);
    let Some(journal) = &shared.journal else {
        let answer = answered(found, unread, Arc::new(request));
        drop(busy);
        return deliver(written(&answer.response, &way), answer.effect, client).await;
    };
    let request = Arc::new(request);
    let error = unread.as_ref().map(why);
    let mut answer = answered(found, unread, Arc::clone(&request));
    let id = request_id(&parts, journal);
    let (mut response, effect) = (written(&answer.response, &way), answer.effect);
    // What is kept of an exchange is what went over the wire.
    if parts.method == hyper::Method::HEAD {
        answer.response.body = Bytes::new();
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().entry("x-request-id").or_insert(value);
    }
    let exchanged = journal.enter(Happened {
        request_id: id,
        at: shared.now(),
        elapsed: began.elapsed(),
        contract: found.map(|(mock, _)| Arc::clone(mock.contract())),
        prefix: found.map_or(0, |(_, below)| parts.uri.path().len().saturating_sub(below.len())),
        request,
        answer,
        error,
    });
    shared.observers.iter().for_each(|observer| observer(&exchanged));
    // Who asked for a delay keeps nobody else out.
    drop(busy);
    deliver(response, effect, client).await
}

/// What the mock answers, or why none does.
fn answered(found: Option<(&Arc<Mock>, &str)>, unread: Option<Response>, request: Arc<Request>) -> Answer {
    match (unread, found) {
        (Some(response), _) => Answer::problem(response),
        (None, None) => Answer::problem(problem(404, format!("nothing is mounted at `{}`", request.path()))),
        // The state has no half-done change that a panic could leave behind but one mock's own.
        (None, Some((mock, below))) => catch_unwind(AssertUnwindSafe(|| mock.answer(request, below)))
            .unwrap_or_else(|_| Answer::problem(problem(500, "the mock failed on this request; please report it"))),
    }
}

/// Why a request is none: HTTP/1.1 has one `Host`, which names a host (RFC 9112, section 3.2).
fn faulty_host(parts: &Parts) -> Option<Response> {
    if parts.version != hyper::Version::HTTP_11 {
        return None;
    }
    let mut hosts = parts.headers.get_all("host").iter();
    let (first, more) = (hosts.next(), hosts.next());
    let is_host = |host: &HeaderValue| {
        let text = host.to_str().unwrap_or("@");
        text.is_empty() || !text.contains('@') && text.parse::<hyper::http::uri::Authority>().is_ok()
    };
    let detail = match (first, more) {
        (None, _) => "the request has no `Host`",
        (Some(_), Some(_)) => "the request has more than one `Host`",
        (Some(host), None) if !is_host(host) => "the `Host` of the request is none",
        _ => return None,
    };
    Some(closing(problem(400, detail)))
}

/// The sentence of problem details.
fn why(problem: &Response) -> String {
    let body: Option<serde_json::Value> = serde_json::from_slice(&problem.body).ok();
    let detail = body.as_ref().and_then(|body| body.get("detail")).and_then(serde_json::Value::as_str);
    detail.unwrap_or("the request cannot be read").to_owned()
}

/// The client's own, where it is one that can be told; else a new one.
fn request_id(parts: &Parts, journal: &Journal) -> String {
    let own = parts.headers.get("x-request-id").and_then(|value| value.to_str().ok());
    let is_plain = |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    own.filter(is_plain).map_or_else(|| journal.next_id(), str::to_owned)
}

fn is_json(parts: &Parts) -> bool {
    let media = parts.headers.get("content-type").and_then(|value| value.to_str().ok());
    media.is_some_and(|media| media.contains("json"))
}

/// Whether gzip is among what the client accepts (RFC 9110, section 12.5.3).
fn takes_gzip(parts: &Parts) -> bool {
    let accepted = parts.headers.get_all("accept-encoding").iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|field| field.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.split_once('=').is_some_and(|(_, weight)| weight.trim().parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// How a response is sent.
struct Way {
    cors: Cors,
    gzip: bool,
}

/// What scripts of other origins may read (Fetch, section 3.3).
enum Cors {
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

fn written(response: &Response, way: &Way) -> HyperResponse {
    let packed = if way.gzip { packed(response) } else { None };
    let mut answer = hyper::Response::new(whole(packed.clone().unwrap_or_else(|| response.body.clone())));
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
    if packed.is_some() {
        headers.insert("content-encoding", HeaderValue::from_static("gzip"));
    }
    if way.gzip {
        headers.append("vary", HeaderValue::from_static("accept-encoding"));
    }
    way.cors.allow(headers);
    answer
}

/// The answer to a browser's question whether a request may be sent (Fetch, section 3.3.2).
fn preflight(parts: &Parts, way: &Way) -> Option<HyperResponse> {
    let method = parts.headers.get("access-control-request-method")?;
    if parts.method != hyper::Method::OPTIONS || !matches!(way.cors, Cors::For(Some(_))) {
        return None;
    }
    let mut response = Response { status: 204, headers: Headers::new(), body: Bytes::new() };
    response.headers.append("access-control-allow-methods", method.as_bytes());
    let asked = parts.headers.get("access-control-request-headers").map(HeaderValue::as_bytes);
    response.headers.append("access-control-allow-headers", asked.unwrap_or(SESSION_HEADER.as_bytes()));
    response.headers.append("access-control-max-age", "600");
    Some(written(&response, way))
}
