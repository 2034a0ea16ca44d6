//! The client.

use std::sync::{Arc, Once};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::PathAndQuery;
use reqwest::redirect;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::body::{Bounds, collect, decode};
use super::error::{Cause, Phase};
use super::{Settings, TransportError, exact};
use crate::exchange::{Exchange, Headers, Request, Response};

/// Idle connections are given up before common servers close them (Node.js: after 5 s), so that a
/// request seldom meets a connection that is closed under it.
const IDLE: Duration = Duration::from_secs(4);

/// Sends requests. One serves a whole run; clones share its connections.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    settings: Settings,
    proxied: bool,
}

impl Client {
    /// A client with these settings. No connection is made yet.
    pub fn new(settings: Settings) -> Result<Self, TransportError> {
        install_ring();
        let rules = settings.proxy.rules().map_err(|error| TransportError::Settings {
            reason: "the proxy's URL cannot be used".into(),
            source: Some(error.without_url().into()),
        })?;
        let proxied = !rules.is_empty();
        let authorities = authorities(&settings)?;
        let builder = || {
            let builder = reqwest::Client::builder()
                .no_proxy()
                .connect_timeout(settings.timeouts.connect)
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(settings.connections.idle_per_host.max(1))
                .redirect(redirects(settings.connections.redirects))
                .referer(false)
                .tcp_nodelay(true);
            rules.iter().cloned().fold(builder, reqwest::ClientBuilder::proxy)
        };
        let http = builder()
            .tls_certs_merge(authorities.clone())
            .build()
            // A machine without any authority (a bare container) can still test over `http:`.
            .or_else(|_| builder().tls_certs_only(authorities).build())
            .map_err(|error| TransportError::Settings {
                reason: "TLS cannot be set up".into(),
                source: Some(error.into()),
            })?;
        Ok(Self(Arc::new(Inner { http, settings, proxied })))
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Sends a request and reads the whole response, within the settings' total time.
    pub async fn send(&self, request: &Request) -> Result<Exchange, TransportError> {
        self.send_within(request, self.0.settings.timeouts.total).await
    }

    /// Sends a request and reads the whole response within `total`.
    ///
    /// The exchange holds the request as it went out: with the fields that were added (`accept`,
    /// `user-agent`), and with the URL as it was encoded.
    pub async fn send_within(&self, request: &Request, total: Duration) -> Result<Exchange, TransportError> {
        let url = parse(&request.url)?;
        let mut sent = request.clone();
        for (name, value) in [("accept", "*/*"), ("user-agent", USER_AGENT)] {
            if !sent.headers.contains(name) {
                sent.headers.append(name, value);
            }
        }
        let exact = if self.0.proxied { None } else { exact::target(request, &url) };
        if exact.is_none() && (url.path() != request.path() || url.query() != request.query()) {
            sent.url = url.as_str().to_owned();
        }
        let started = Instant::now();
        let response = self.exchange(&sent, url, exact, total, started).await?;
        Ok(Exchange { request: sent, response, elapsed: started.elapsed() })
    }

    async fn exchange(
        &self,
        sent: &Request,
        url: Url,
        exact: Option<PathAndQuery>,
        total: Duration,
        started: Instant,
    ) -> Result<Response, TransportError> {
        let settings = &self.0.settings;
        let origin = url.origin().ascii_serialization();
        let connect = settings.timeouts.connect;
        let deadline = started + total;
        let wait = total.min(settings.timeouts.read.saturating_add(connect));
        let head = async {
            if let Some(path) = exact {
                let request = exact_request(sent, path)?;
                let response = exact::send(request, &url, connect, &origin).await?;
                return Ok(response.map(reqwest::Body::wrap));
            }
            let request = ordinary_request(sent, url)?;
            let response = self.0.http.execute(request).await;
            let response =
                response.map_err(|error| TransportError::of(error.without_url().into(), &origin, connect))?;
            Ok(hyper::Response::from(response))
        };
        let response = timeout_at(started + wait, head).await.map_err(|_| TransportError::TimedOut {
            origin: origin.clone(),
            phase: Phase::Response,
            after: wait,
        })??;
        let (parts, body) = response.into_parts();
        let limit = settings.connections.max_body;
        let bounds = Bounds { limit, silence: settings.timeouts.read, deadline, total };
        let broken = |error: Cause| match TransportError::of(error, &origin, connect) {
            TransportError::Broken { source, .. } => {
                TransportError::Broken { reason: "the connection broke half-way through the body".into(), source }
            }
            other => other,
        };
        let body = collect(body, &bounds, &origin, broken).await?;
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let body = decode(&headers, body, limit)?;
        Ok(Response { status: parts.status.as_u16(), headers, body })
    }
}

/// What every request says of its sender, unless it says something else.
const USER_AGENT: &str = concat!("countersign/", env!("CARGO_PKG_VERSION"));

/// TLS needs one provider of cryptography for the whole process; another one already there is as good.
fn install_ring() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().ok();
    });
}

fn authorities(settings: &Settings) -> Result<Vec<reqwest::Certificate>, TransportError> {
    let mut all = Vec::new();
    for pem in &settings.tls.authorities {
        let found = reqwest::Certificate::from_pem_bundle(pem).map_err(|error| TransportError::Settings {
            reason: "a certificate authority's file is no PEM certificate".into(),
            source: Some(error.into()),
        })?;
        if found.is_empty() {
            let reason = "a certificate authority's file holds no certificate".into();
            return Err(TransportError::Settings { reason, source: None });
        }
        all.extend(found);
    }
    Ok(all)
}

fn redirects(most: usize) -> redirect::Policy {
    if most == 0 { redirect::Policy::none() } else { redirect::Policy::limited(most) }
}

fn parse(url: &str) -> Result<Url, TransportError> {
    let parsed = Url::parse(url)
        .map_err(|error| TransportError::invalid(format!("its URL cannot be read: {error}"), Some(error.into())))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        let reason = format!("its URL begins with `{}:`, but only `http:` and `https:` can be sent", parsed.scheme());
        return Err(TransportError::invalid(reason, None));
    }
    // HTTP has no place for them (RFC 9110, section 4.2.4), and they would be shown wherever the URL is.
    if !parsed.username().is_empty() || parsed.password().is_some() {
        let reason = "its URL holds a user name or password; give them as `auth: {basic: …}`";
        return Err(TransportError::invalid(reason, None));
    }
    Ok(parsed)
}

fn method(request: &Request) -> Result<hyper::Method, TransportError> {
    hyper::Method::from_bytes(request.method.as_bytes()).map_err(|error| {
        TransportError::invalid(format!("`{}` is no HTTP method", request.method.escape_debug()), Some(error.into()))
    })
}

fn fields(headers: &Headers) -> Result<HeaderMap, TransportError> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.raw() {
        let shown = name.escape_debug();
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| {
            TransportError::invalid(format!("`{shown}` is no name of a header field"), Some(error.into()))
        })?;
        let value = HeaderValue::from_bytes(value).map_err(|error| {
            let reason = format!("the value of header `{shown}` holds a line break or control character");
            TransportError::invalid(reason, Some(error.into()))
        })?;
        map.append(name, value);
    }
    Ok(map)
}

fn ordinary_request(sent: &Request, url: Url) -> Result<reqwest::Request, TransportError> {
    let mut request = reqwest::Request::new(method(sent)?, url);
    *request.headers_mut() = fields(&sent.headers)?;
    if !sent.body.is_empty() {
        *request.body_mut() = Some(sent.body.clone().into());
    }
    Ok(request)
}

fn exact_request(sent: &Request, path: PathAndQuery) -> Result<hyper::Request<Full<Bytes>>, TransportError> {
    let mut request = hyper::Request::new(Full::new(sent.body.clone()));
    *request.method_mut() = method(sent)?;
    *request.headers_mut() = fields(&sent.headers)?;
    *request.uri_mut() = path.into();
    Ok(request)
}
