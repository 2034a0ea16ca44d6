//! The server behind the proxy.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::{Request, Response, Uri, Version};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::Passing;

/// Idle connections are given up before common servers close them.
const IDLE: Duration = Duration::from_secs(4);
/// The most bytes of a response's status line and header fields.
const LARGEST_HEAD: usize = 256 << 10;

type Http = Client<HttpsConnector<HttpConnector>, Passing>;

/// The server behind the proxy. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Upstream {
    scheme: Scheme,
    authority: Authority,
    /// What paths are appended to, without a slash at its end.
    base: String,
    host: HeaderValue,
    /// For clients of HTTP/1, so that the spelling of field names stays.
    one: Http,
    /// For clients of HTTP/2.
    two: Http,
}

/// Why a server cannot be one behind the proxy.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// Its URL is none.
    #[error("`{url}` is no URL of a server: {reason}")]
    Url {
        /// As given.
        url: String,
        /// Why.
        reason: &'static str,
    },
    /// The certificate authorities are none.
    #[error("{0}")]
    Authorities(String),
}

impl Upstream {
    /// The server at `url` (`https://api.example.com/v1`), trusted by the system's certificate
    /// authorities and those in `authorities` (PEM).
    pub fn new(url: &str, authorities: &[Vec<u8>], connect: Duration) -> Result<Self, UpstreamError> {
        let refused = |reason| UpstreamError::Url { url: without_password(url), reason };
        let parsed = url::Url::parse(url).map_err(|_| refused("it cannot be read"))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(refused("it must begin with `http://` or `https://`"));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(refused("it holds a user name or password; the client sends its own"));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(refused("it has a query or fragment"));
        }
        let uri: Uri = parsed.as_str().parse().map_err(|_| refused("it cannot be read"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme().cloned(), uri.authority().cloned()) else {
            return Err(refused("it names no host"));
        };
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| refused("its host cannot be sent"))?;
        let base = uri.path().trim_end_matches('/').to_owned();
        let tls = tls(authorities)?;
        Ok(Self {
            scheme,
            authority,
            base,
            host,
            one: client(tls.clone(), false, connect),
            two: client(tls, true, connect),
        })
    }

    /// The URL of a request to this server, as it is recorded.
    pub(super) fn url(&self, target: &str) -> String {
        format!("{}://{}{}{target}", self.scheme, self.authority, self.base)
    }

    /// `http://host`, for messages.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// The path that requests' paths are appended to.
    pub fn base_path(&self) -> &str {
        &self.base
    }

    /// The fields of a request to this server: it is another host.
    pub(super) fn address(&self, fields: &mut HeaderMap) {
        if let Some(host) = fields.get_mut(HOST) {
            *host = self.host.clone();
        }
    }

    /// Sends a request on; `target` is its path and query.
    pub(super) async fn send(
        &self,
        mut request: Request<Passing>,
        target: &str,
    ) -> Result<Response<Incoming>, hyper_util::client::legacy::Error> {
        let path: PathAndQuery =
            format!("{}{target}", self.base).parse().unwrap_or_else(|_| PathAndQuery::from_static("/"));
        let mut parts = hyper::http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
        let two = request.version() == Version::HTTP_2;
        if two {
            // The pseudo field `:authority` says it.
            request.headers_mut().remove(HOST);
        }
        *request.version_mut() = Version::HTTP_11;
        if two { self.two.request(request).await } else { self.one.request(request).await }
    }
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upstream({})", self.origin())
    }
}

fn without_password(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}://…@{rest}"),
        None => url.to_owned(),
    }
}

fn client(tls: rustls::ClientConfig, two: bool, connect: Duration) -> Http {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect));
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    let connector = if two {
        builder.enable_all_versions().wrap_connector(tcp)
    } else {
        builder.enable_http1().wrap_connector(tcp)
    };
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE)
        .pool_timer(TokioTimer::new())
        .http1_preserve_header_case(true)
        .http1_max_buf_size(LARGEST_HEAD)
        .http1_max_headers(1000)
        .build(connector)
}

fn tls(authorities: &[Vec<u8>]) -> Result<rustls::ClientConfig, UpstreamError> {
    let refused = |reason: String| UpstreamError::Authorities(reason);
    let mut roots = Vec::new();
    for pem in authorities {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.push(
                certificate.map_err(|error| {
                    refused(format!("a certificate authority's file is no PEM certificate: {error}"))
                })?,
            );
        }
        if roots.len() == before {
            return Err(refused("a certificate authority's file holds no certificate".to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(format!("TLS cannot be set up: {error}")))?;
    match rustls_platform_verifier::Verifier::new_with_extra_roots(roots.iter().cloned(), provider) {
        Ok(verifier) => {
            Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
        }
        // A machine without any authority (a bare container) can still record over `http:`.
        Err(_) => {
            let mut store = rustls::RootCertStore::empty();
            store.add_parsable_certificates(roots);
            Ok(builder.with_root_certificates(store).with_no_client_auth())
        }
    }
}
