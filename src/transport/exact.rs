//! Sends a request whose path must not be touched.
//!
//! URL parsers resolve `/../` and re-encode odd characters; a case that asks how a server takes
//! such a path needs it on the wire as it was written.
#![expect(
    clippy::disallowed_methods,
    reason = "hyper's connection is a task of its own; it ends with the response's body"
)]

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::TransportError;
use super::error::Cause;
use crate::exchange::Request;

/// The path and query of `request` as they stand, where `parsed` has changed them and HTTP can carry them.
pub(super) fn target(request: &Request, parsed: &Url) -> Option<PathAndQuery> {
    let (path, query) = (request.path(), request.query());
    if parsed.scheme() != "http" || (parsed.path() == path && parsed.query() == query) {
        return None;
    }
    let written = match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    // Control characters and blanks would end the request line early; the ordinary way encodes them.
    let sendable = written.bytes().all(|byte| byte.is_ascii_graphic());
    if sendable { PathAndQuery::try_from(written).ok() } else { None }
}

/// Sends over a connection of its own, which is closed afterwards.
pub(super) async fn send(
    mut request: hyper::Request<Full<Bytes>>,
    url: &Url,
    connect_timeout: Duration,
    origin: &str,
) -> Result<hyper::Response<Incoming>, TransportError> {
    let unreachable = |reason: String, source: Option<Cause>| TransportError::Unreachable {
        origin: origin.to_owned(),
        reason,
        source,
    };
    let host = url.host_str().unwrap_or_default();
    let address = (host.trim_start_matches('[').trim_end_matches(']'), url.port_or_known_default().unwrap_or(80));
    let stream = timeout(connect_timeout, TcpStream::connect(address))
        .await
        .map_err(|_| unreachable("no connection in time".to_owned(), None))?
        .map_err(|error| unreachable(error.to_string(), Some(error.into())))?;
    let broken = |error: hyper::Error| TransportError::of(error.into(), origin, connect_timeout);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    if !request.headers().contains_key(hyper::header::HOST) {
        let host = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let value = hyper::header::HeaderValue::from_str(&host)
            .map_err(|error| TransportError::invalid("the URL's host cannot be sent", Some(error.into())))?;
        request.headers_mut().insert(hyper::header::HOST, value);
    }
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(broken)
}
