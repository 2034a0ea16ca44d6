//! HTTP/1.1 over plain connections of our own, without a proxy.
//!
//! Paths go out as they were written: URL parsers resolve `/../` and re-encode odd characters, and
//! a case that asks how a server takes such a path needs it on the wire as it is. A connection has
//! no task of its own but is driven by whoever sends over it, so that nothing passes from thread to
//! thread for a request.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::http::response::Parts;
use hyper::http::uri::PathAndQuery;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tower_service::Service as _;
use url::Url;

use super::body::{Bounds, collect};
use super::error::{Cause, Phase};
use super::settings::{Settings, is_this_machine};
use super::{TransportError, client::IDLE};
use crate::exchange::Request;

/// More origins than this are not remembered: the targets of a run are few.
const MOST_ORIGINS: usize = 1_000;

/// Plain connections, kept open between requests.
#[derive(Debug)]
pub(super) struct Plain {
    connector: HttpConnector,
    /// By the front of the URLs that lead there, `http://host:port` as written.
    origins: RwLock<HashMap<String, Arc<Origin>>>,
    idle: usize,
    /// Whether only this machine is reached without a proxy.
    here_only: bool,
}

/// A server, by its address.
#[derive(Debug)]
pub(super) struct Origin {
    /// Scheme, host and port.
    pub(super) shown: String,
    uri: hyper::Uri,
    host: HeaderValue,
    idle: Mutex<Vec<Connection>>,
}

struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: http1::Connection<TokioIo<TcpStream>, Full<Bytes>>,
    since: Instant,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

/// The part of a URL before its path.
fn front(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}

/// The path and query of `request` as they stand, where HTTP can carry them so.
pub(super) fn target(request: &Request) -> Option<PathAndQuery> {
    let written = front(&request.url).len();
    let written = request.url[written..].split('#').next().unwrap_or_default();
    // Control characters and blanks would end the request line early; a URL parser encodes them.
    if !written.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    if written.starts_with('/') {
        PathAndQuery::try_from(written).ok()
    } else {
        PathAndQuery::try_from(format!("/{written}")).ok()
    }
}

impl Plain {
    pub(super) fn new(settings: &Settings, proxied: bool) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let idle = settings.connections.idle_per_host.max(1);
        Self { connector, origins: RwLock::default(), idle, here_only: proxied }
    }

    /// The origin that a URL leads to, where it was seen before.
    pub(super) fn known(&self, url: &str) -> Option<Arc<Origin>> {
        self.origins.read().unwrap_or_else(PoisonError::into_inner).get(front(url)).cloned()
    }

    /// The origin of a URL, where it is one for plain connections.
    pub(super) fn origin(&self, url: &str, parsed: &Url) -> Option<Arc<Origin>> {
        let host = parsed.host_str().filter(|host| parsed.scheme() == "http" && !host.is_empty())?;
        if self.here_only && !is_this_machine(host) {
            return None;
        }
        let authority = match parsed.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let origin = Arc::new(Origin {
            shown: parsed.origin().ascii_serialization(),
            uri: format!("http://{authority}/").parse().ok()?,
            host: HeaderValue::from_str(&authority).ok()?,
            idle: Mutex::default(),
        });
        let mut origins = self.origins.write().unwrap_or_else(PoisonError::into_inner);
        if origins.len() < MOST_ORIGINS {
            return Some(Arc::clone(origins.entry(front(url).to_owned()).or_insert(origin)));
        }
        Some(origin)
    }

    /// Sends a request and reads the whole response.
    pub(super) async fn exchange(
        &self,
        origin: &Origin,
        mut request: hyper::Request<Full<Bytes>>,
        bounds: &Bounds,
    ) -> Result<(Parts, Bytes), TransportError> {
        if !request.headers().contains_key(HOST) {
            request.headers_mut().insert(HOST, origin.host.clone());
        }
        loop {
            let (mut connection, used) = match origin.take().await {
                Some(connection) => (connection, true),
                None => (self.connect(origin, bounds).await?, false),
            };
            match connection.exchange(origin, request, bounds).await {
                Ok(whole) => {
                    origin.keep(connection, self.idle).await;
                    return Ok(whole);
                }
                // The server closed a connection that had been idle before it saw the request.
                Err(Failure::Unsent(again, _)) if used => request = *again,
                Err(Failure::Unsent(_, error) | Failure::Sent(error)) => return Err(error),
            }
        }
    }

    async fn connect(&self, origin: &Origin, bounds: &Bounds) -> Result<Connection, TransportError> {
        let left = bounds.deadline.saturating_duration_since(Instant::now());
        let within = bounds.connect.min(left);
        let Ok(connected) = timeout(within, self.connector.clone().call(origin.uri.clone())).await else {
            return Err(if within == bounds.connect {
                TransportError::no_connection_within(&origin.shown, within)
            } else {
                TransportError::timed_out(&origin.shown, Phase::Response, bounds.total)
            });
        };
        let stream = connected.map_err(|error| TransportError::connecting(error.into(), &origin.shown))?;
        let (sender, driver) =
            http1::handshake(stream).await.map_err(|error| origin.error(error.into(), bounds.connect))?;
        Ok(Connection { sender, driver, since: Instant::now() })
    }
}

impl Origin {
    /// A connection that was used before and is still open.
    async fn take(&self) -> Option<Connection> {
        loop {
            let mut connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if connection.since.elapsed() < IDLE && connection.is_ready().await {
                return Some(connection);
            }
        }
    }

    async fn keep(&self, mut connection: Connection, most: usize) {
        if !connection.is_ready().await {
            return;
        }
        connection.since = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < most {
            idle.push(connection);
        }
    }

    fn error(&self, cause: Cause, connect: Duration) -> TransportError {
        TransportError::of(cause, &self.shown, connect)
    }
}

/// Why there is no response, and the request where nothing of it went out.
enum Failure {
    Unsent(Box<hyper::Request<Full<Bytes>>>, TransportError),
    Sent(TransportError),
}

impl Connection {
    /// Whether another request may be sent, as far as can be seen at once.
    async fn is_ready(&mut self) -> bool {
        poll_fn(|context| {
            let open = Pin::new(&mut self.driver).poll(context).is_pending();
            Poll::Ready(open && self.sender.is_ready())
        })
        .await
    }

    async fn exchange(
        &mut self,
        origin: &Origin,
        request: hyper::Request<Full<Bytes>>,
        bounds: &Bounds,
    ) -> Result<(Parts, Bytes), Failure> {
        let wait = bounds.silence.min(bounds.deadline.saturating_duration_since(Instant::now()));
        let after = if wait == bounds.silence { bounds.silence } else { bounds.total };
        let sent = self.sender.try_send_request(request);
        let work = async {
            let response = match timeout(wait, sent).await {
                Err(_) => return Err(Failure::Sent(TransportError::timed_out(&origin.shown, Phase::Response, after))),
                Ok(Ok(response)) => response,
                Ok(Err(mut failed)) => {
                    let request = failed.take_message();
                    let error = origin.error(failed.into_error().into(), bounds.connect);
                    return Err(match request {
                        Some(request) => Failure::Unsent(Box::new(request), error),
                        None => Failure::Sent(error),
                    });
                }
            };
            let (parts, body) = response.into_parts();
            let broken = |error: Cause| origin.error(error, bounds.connect).half_way();
            let body = collect(body, bounds, &origin.shown, broken).await.map_err(Failure::Sent)?;
            Ok((parts, body))
        };
        drive(&mut self.driver, work).await
    }
}

/// Does `work`, for which the connection has to be driven.
async fn drive<T>(connection: &mut (impl Future + Unpin), work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut open = true;
    poll_fn(|context| {
        // What the work hands over is sent at once, and what comes of it is taken at once.
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        if !open {
            return Poll::Pending;
        }
        open = Pin::new(&mut *connection).poll(context).is_pending();
        work.as_mut().poll(context)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Headers;

    #[test]
    fn the_target_is_what_was_written() {
        for (url, expected) in [
            ("http://h", Some("/")),
            ("http://h:1?a=/b", Some("/?a=/b")),
            ("http://h/a/../b?x={y}|z#f/g", Some("/a/../b?x={y}|z")),
            ("http://h/a b", None),
            ("http://h/é", None),
        ] {
            let request =
                Request { method: "GET".into(), url: url.into(), headers: Headers::new(), body: Bytes::new() };
            assert_eq!(target(&request).as_ref().map(PathAndQuery::as_str), expected, "{url}");
        }
        assert_eq!(front("http://h:1?a=/b"), "http://h:1");
    }
}
