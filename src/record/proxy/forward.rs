//! One request: on to the server behind, and its response back, with a copy of both.

use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use hyper::http::{request, response};
use hyper::{Method, StatusCode, Version};

use super::buffer::Buffered;
use super::hop::passed_on;
use super::live::Live;
use super::refuse::Refusing;
use super::tee::{AtEnd, Copy, Shared, Tee};
use super::teller::{Told, unanswered};
use super::{Answered, Passing, ProxySettings, Upstream};
use crate::exchange::{Exchange, Headers, Request, Response};
use crate::mock::problem;
use crate::record::contracts::Contracts;
use crate::record::recorder::{Passed, Recorder, readable};
use crate::verdict::Finding;

/// The response header that holds findings.
const VIOLATIONS: HeaderName = HeaderName::from_static("countersign-violations");
/// The longest value of it: many servers and clients take no more than 8 KiB of fields.
const LONGEST_VIOLATIONS: usize = 7 << 10;

type HyperResponse = hyper::Response<Passing>;

/// What every connection needs.
pub(super) struct Service {
    pub(super) settings: ProxySettings,
    pub(super) contracts: Arc<Contracts>,
    pub(super) recorder: Option<Arc<Recorder>>,
    pub(super) teller: SyncSender<Told>,
    /// Who refuses what breaks the contract, if anybody does.
    pub(super) refusing: Option<Refusing>,
    /// How many exchanges were not told: they came faster than they could be.
    pub(super) untold: Arc<AtomicU64>,
}

/// A request under way.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) number: u64,
    pub(super) started: String,
    pub(super) begun: Instant,
    method: String,
    target: String,
    url: String,
    headers: Headers,
}

impl Asked {
    pub(super) fn request(&self, body: Bytes) -> Request {
        Request { method: self.method.clone(), url: self.url.clone(), headers: self.headers.clone(), body }
    }
}

impl Service {
    pub(super) async fn handle(self: Arc<Self>, request: hyper::Request<Incoming>) -> HyperResponse {
        let (parts, body) = request.into_parts();
        let Some(target) = parts.uri.path_and_query().filter(|_| parts.method != Method::CONNECT) else {
            return refused(501, "this is a reverse proxy: send requests to it as to the server itself");
        };
        if target.as_str() == "*" {
            return refused(501, "a request to the server as a whole (`*`) is not passed on");
        }
        let asked = self.asked(&parts, target.as_str());
        let copy = Shared::default();
        let limit = self.settings.limit;
        if self.refusing.is_none() && self.settings.front.is_none() {
            let body = Tee::new(body, limit, Arc::clone(&copy), None).boxed_unsync();
            return self.send_on(asked, parts, body, copy).await;
        }
        let buffered = match Buffered::read(body, limit).await {
            Ok(buffered) => buffered,
            Err(error) => return refused(400, &format!("the request's body cannot be read: {error}")),
        };
        if let Some(whole) = buffered.whole()
            && let Some(answer) = self.answered_here(&asked, whole)
        {
            return answer;
        }
        let body = Tee::new(buffered, limit, Arc::clone(&copy), None).boxed_unsync();
        self.send_on(asked, parts, body, copy).await
    }

    fn asked(&self, parts: &request::Parts, target: &str) -> Asked {
        let (number, started) = self.recorder.as_ref().map(|recorder| recorder.begin()).unwrap_or_default();
        let nowhere = || format!("http://recorded.invalid{target}");
        Asked {
            number,
            started,
            begun: Instant::now(),
            method: parts.method.as_str().to_owned(),
            target: target.to_owned(),
            url: self.settings.upstream.as_ref().map_or_else(nowhere, |upstream| upstream.url(target)),
            headers: plain(&parts.headers),
        }
    }

    /// The answer of whoever answers first, or to what breaks the contract.
    fn answered_here(&self, asked: &Asked, body: Bytes) -> Option<HyperResponse> {
        let response = Response { status: 0, headers: Headers::new(), body: Bytes::new() };
        let mut exchange = Exchange { request: asked.request(body), response, elapsed: Duration::ZERO };
        // What cannot be read is for the server to judge.
        let _ = readable(&mut exchange, self.settings.limit);
        let request = &exchange.request;
        let front = self.settings.front.as_ref().and_then(|front| front.answer(request, &asked.target));
        let blocked =
            || Some((self.refusing.as_ref()?.answer(&self.contracts, request, &asked.target)?, Answered::Refused));
        let (response, answered) = front.or_else(blocked)?;
        let exchange = Exchange { response: response.clone(), elapsed: asked.begun.elapsed(), ..exchange };
        self.tell(asked.number, exchange, asked.target.clone(), answered, Vec::new());
        Some(written(response))
    }

    async fn send_on(
        self: Arc<Self>,
        asked: Asked,
        parts: request::Parts,
        body: Passing,
        copy: Shared,
    ) -> HyperResponse {
        let Some(upstream) = self.settings.upstream.clone() else {
            return refused(404, "nobody answers this request");
        };
        let mut request = hyper::Request::new(body);
        *request.method_mut() = parts.method;
        *request.version_mut() = parts.version;
        *request.headers_mut() = passed_on(&parts.headers);
        upstream.address(request.headers_mut());
        // The spelling of field names.
        *request.extensions_mut() = parts.extensions;
        match upstream.send(request, &asked.target).await {
            Ok(response) => self.send_back(asked, response, copy).await,
            Err(error) => self.unreachable(&asked, &upstream, &error),
        }
    }

    fn unreachable(
        &self,
        asked: &Asked,
        upstream: &Upstream,
        error: &hyper_util::client::legacy::Error,
    ) -> HyperResponse {
        let mut reasons = vec![error.to_string()];
        let mut source = error.source();
        while let Some(inner) = source {
            let text = inner.to_string();
            if !reasons.iter().any(|known| known.contains(&text)) {
                reasons.push(text);
            }
            source = inner.source();
        }
        // The first says only that it was the client.
        let reason = reasons.last().cloned().unwrap_or_default();
        let what = if error.is_connect() { "cannot be reached" } else { "gave no answer" };
        let detail = format!("{} {what}: {reason}", upstream.origin());
        let target = self.recorder.as_ref().map_or_else(|| asked.target.clone(), |r| r.redact().text(&asked.target));
        let told = unanswered(asked.number, &asked.method, target, asked.begun.elapsed(), detail.clone());
        self.tell_of(told);
        refused(502, &detail)
    }

    async fn send_back(
        self: Arc<Self>,
        asked: Asked,
        response: hyper::Response<Incoming>,
        copy: Shared,
    ) -> HyperResponse {
        let (mut parts, body) = response.into_parts();
        parts.headers = passed_on(&parts.headers);
        parts.version = Version::HTTP_11;
        let head = (parts.status.as_u16(), plain(&parts.headers));
        let limit = self.settings.limit;
        if self.settings.violations_header && !is_stream(&parts.headers) {
            return match Buffered::read(body, limit).await {
                Ok(buffered) => {
                    if let Some(whole) = buffered.whole() {
                        self.add_violations(&asked, &mut parts, &copy, whole);
                    }
                    self.passed_back(asked, parts, buffered, head, copy)
                }
                Err(error) => refused(502, &format!("the answer broke off: {error}")),
            };
        }
        self.passed_back(asked, parts, body, head, copy)
    }

    /// The response with its body, which is kept when it has passed.
    fn passed_back<B>(
        self: Arc<Self>,
        asked: Asked,
        parts: response::Parts,
        body: B,
        head: (u16, Headers),
        sent: Shared,
    ) -> HyperResponse
    where
        B: hyper::body::Body<Data = Bytes, Error = hyper::Error> + Send + Unpin + 'static,
    {
        let limit = self.settings.limit;
        let live = self.recorder.as_ref().and_then(|recorder| Live::of(recorder, &asked, &head, &sent, limit));
        let keep: AtEnd = Box::new(move |received| {
            let sent = sent.lock().unwrap_or_else(PoisonError::into_inner).clone();
            self.keep(asked, &sent, head, &received);
        });
        let body = Tee::new(body, limit, Shared::default(), Some(keep)).kept_live(live);
        hyper::Response::from_parts(parts, body.boxed_unsync())
    }

    fn keep(&self, asked: Asked, sent: &Copy, (status, headers): (u16, Headers), received: &Copy) {
        let mut notes = Vec::new();
        for (copy, whose) in [(sent, "request"), (received, "response")] {
            if copy.is_cut() {
                notes.push(format!("the {whose}'s body of {} bytes is not kept: it is too long", copy.passed));
            }
        }
        if !received.ended {
            notes.push(format!("the response broke off after {} bytes", received.passed));
        }
        let body = |copy: &Copy| if copy.is_cut() { Bytes::new() } else { copy.bytes() };
        let exchange = Exchange {
            request: asked.request(body(sent)),
            response: Response { status, headers, body: body(received) },
            elapsed: asked.begun.elapsed(),
        };
        let mut passed = Passed { number: asked.number, started: asked.started, exchange, notes };
        passed.notes.extend(readable(&mut passed.exchange, self.settings.limit));
        if let Some(recorder) = &self.recorder
            && let Err(error) = recorder.keep(&passed)
        {
            passed.notes.push(format!("it is NOT RECORDED: the journal cannot be written: {error}"));
        }
        self.tell(passed.number, passed.exchange, asked.target, Answered::Upstream, passed.notes);
    }

    fn tell(&self, number: u64, exchange: Exchange, target: String, answered: Answered, notes: Vec<String>) {
        self.tell_of(Told::Exchange { number, exchange: Box::new(exchange), target, answered, notes });
    }

    /// Where more passes than can be told, what passes goes first.
    fn tell_of(&self, told: Told) {
        if self.teller.try_send(told).is_err() {
            self.untold.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn add_violations(&self, asked: &Asked, parts: &mut response::Parts, sent: &Shared, body: Bytes) {
        let sent = sent.lock().unwrap_or_else(PoisonError::into_inner).bytes();
        let response = Response { status: parts.status.as_u16(), headers: plain(&parts.headers), body };
        let mut exchange = Exchange { request: asked.request(sent), response, elapsed: asked.begun.elapsed() };
        let _ = readable(&mut exchange, self.settings.limit);
        let findings = self.contracts.judge(&exchange, &asked.target);
        if let Some(value) = violations(findings.findings()) {
            parts.headers.append(VIOLATIONS, value);
        }
    }
}

/// Findings as a JSON list in ASCII, the last ones left out where they would be too long.
fn violations(findings: &[Finding]) -> Option<HeaderValue> {
    let entry = |found: &Finding| {
        serde_json::json!({"check": found.check.as_str(), "side": found.side, "detail": found.message}).to_string()
    };
    let mut out = String::from("[");
    for (at, found) in findings.iter().enumerate() {
        let text: String = entry(found).chars().fold(String::new(), |mut text, c| {
            if c.is_ascii() {
                text.push(c);
            } else {
                let mut units = [0; 2];
                text.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
            text
        });
        if out.len() + text.len() > LONGEST_VIOLATIONS {
            break;
        }
        if at > 0 {
            out.push(',');
        }
        out.push_str(&text);
    }
    out.push(']');
    if findings.is_empty() { None } else { HeaderValue::from_str(&out).ok() }
}

/// Whether the response goes on and on: it must not wait for its end.
fn is_stream(headers: &HeaderMap) -> bool {
    let media = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    ["text/event-stream", "application/x-ndjson", "application/jsonl", "multipart/x-mixed-replace"]
        .iter()
        .any(|stream| media.starts_with(stream))
}

fn plain(headers: &HeaderMap) -> Headers {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

fn refused(status: u16, detail: &str) -> HyperResponse {
    written(problem::problem(status, detail))
}

/// A response of ours.
fn written(response: Response) -> HyperResponse {
    let body = Full::new(response.body).map_err(|never| match never {});
    let mut answer = hyper::Response::new(body.boxed_unsync());
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers.raw() {
        if name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str()) || name.eq_ignore_ascii_case("transfer-encoding") {
            continue;
        }
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}
