//! The client.

use std::sync::{Arc, Once, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use reqwest::redirect;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::body::{Bounds, collect, decode};
use super::error::{Cause, Phase};
use super::plain::{self, Origin, Plain};
use super::{Settings, TransportError};
use crate::exchange::{Exchange, Headers, Request, Response};

/// Idle connections are given up before common servers close them (Node.js: after 5 s), so that a
/// request seldom meets a connection that is closed under it.
pub(super) const IDLE: Duration = Duration::from_secs(4);

/// Sends requests. One serves a whole run; clones share its connections.
///
/// Plain HTTP goes over connections of our own (`Plain`); TLS, proxies and redirects are reqwest's.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plain: Option<Plain>,
    full: OnceLock<Result<reqwest::Client, String>>,
    proxies: Vec<reqwest::Proxy>,
    authorities: Vec<reqwest::Certificate>,
    settings: Settings,
}

impl Client {
    /// A client with these settings. No connection is made yet.
    pub fn new(settings: Settings) -> Result<Self, TransportError> {
        let proxies = settings.proxy.rules().map_err(|error| TransportError::Settings {
            reason: "the proxy's URL cannot be used".into(),
            source: Some(error.without_url().into()),
        })?;
        let authorities = authorities(&settings)?;
        let follows = settings.connections.redirects > 0;
        let plain = (!follows).then(|| Plain::new(&settings, !proxies.is_empty()));
        let inner = Inner { plain, full: OnceLock::new(), proxies, authorities, settings };
        if !inner.authorities.is_empty() {
            // Whether they are certificates shows only when they are used.
            inner.full()?;
        }
        Ok(Self(Arc::new(inner)))
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
        let mut sent = request.clone();
        for (name, value) in [("accept", "*/*"), ("user-agent", USER_AGENT)] {
            if !sent.headers.contains(name) {
                sent.headers.append(name, value);
            }
        }
        let started = Instant::now();
        let inner = &*self.0;
        let timeouts = &inner.settings.timeouts;
        let bounds = Bounds {
            limit: inner.settings.connections.max_body,
            connect: timeouts.connect,
            silence: timeouts.read,
            deadline: started + total,
            total,
        };
        let (parts, body) = match inner.way(&sent)? {
            Way::Plain(plain, origin) => {
                let request = plain_request(&mut sent)?;
                plain.exchange(&origin, request, &bounds).await?
            }
            Way::Full(url) => {
                if url.path() != sent.path() || url.query() != sent.query() {
                    url.as_str().clone_into(&mut sent.url);
                }
                inner.exchange(&sent, url, &bounds, started).await?
            }
        };
        let elapsed = started.elapsed();
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let body = decode(&headers, body, bounds.limit)?;
        let response = Response { status: parts.status.as_u16(), headers, body };
        Ok(Exchange { request: sent, response, elapsed })
    }
}

/// How a request is sent.
enum Way<'a> {
    Plain(&'a Plain, Arc<Origin>),
    Full(Url),
}

impl Inner {
    fn way(&self, request: &Request) -> Result<Way<'_>, TransportError> {
        if let Some(plain) = &self.plain
            && let Some(origin) = plain.known(&request.url)
        {
            return Ok(Way::Plain(plain, origin));
        }
        let url = parse(&request.url)?;
        let plain = self.plain.as_ref().and_then(|plain| Some((plain, plain.origin(&request.url, &url)?)));
        Ok(plain.map_or(Way::Full(url), |(plain, origin)| Way::Plain(plain, origin)))
    }

    /// The client for all that is not plain, made when it is first needed.
    fn full(&self) -> Result<&reqwest::Client, TransportError> {
        let made = self.full.get_or_init(|| {
            install_ring();
            let settings = &self.settings;
            let builder = || {
                let builder = reqwest::Client::builder()
                    .no_proxy()
                    .connect_timeout(settings.timeouts.connect)
                    .pool_idle_timeout(IDLE)
                    .pool_max_idle_per_host(settings.connections.idle_per_host.max(1))
                    .redirect(redirects(settings.connections.redirects))
                    .referer(false)
                    .tcp_nodelay(true);
                self.proxies.iter().cloned().fold(builder, reqwest::ClientBuilder::proxy)
            };
            let http = builder().tls_certs_merge(self.authorities.clone()).build();
            // A machine without any authority (a bare container) can still test over `http:`.
            let http = http.or_else(|_| builder().tls_certs_only(self.authorities.clone()).build());
            http.map_err(|error| super::error::innermost(&error))
        });
        made.as_ref().map_err(|reason| TransportError::Settings {
            reason: format!("TLS cannot be set up ({reason})"),
            source: None,
        })
    }

    async fn exchange(
        &self,
        sent: &Request,
        url: Url,
        bounds: &Bounds,
        started: Instant,
    ) -> Result<(Parts, Bytes), TransportError> {
        let origin = url.origin().ascii_serialization();
        let error = |cause: Cause| TransportError::of(cause, &origin, bounds.connect);
        let request = ordinary_request(sent, url)?;
        // How long the connection took is not told.
        let wait = bounds.total.min(bounds.silence.saturating_add(bounds.connect));
        let response = timeout_at(started + wait, self.full()?.execute(request)).await;
        let response = response
            .map_err(|_| TransportError::timed_out(&origin, Phase::Response, wait))?
            .map_err(|failed| error(failed.without_url().into()))?;
        let (parts, body) = hyper::Response::from(response).into_parts();
        let body = collect(body, bounds, &origin, |cause| error(cause).half_way()).await?;
        Ok((parts, body))
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

/// The request for a plain connection; where the path cannot go out as written, `sent` tells how it does.
fn plain_request(sent: &mut Request) -> Result<hyper::Request<Full<Bytes>>, TransportError> {
    let target = match plain::target(sent) {
        Some(target) => target,
        None => {
            let url = parse(&sent.url)?;
            url.as_str().clone_into(&mut sent.url);
            plain::target(sent).ok_or_else(|| TransportError::invalid("its path cannot be sent", None))?
        }
    };
    let mut request = hyper::Request::new(Full::new(sent.body.clone()));
    *request.method_mut() = method(sent)?;
    *request.headers_mut() = fields(&sent.headers)?;
    *request.uri_mut() = target.into();
    Ok(request)
}
