//! A server for clients of all kinds: JSON in and out, a content coding, events that wait to be asked for.

use std::convert::Infallible;
use std::io::Write as _;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Instant;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

const PAGE: &str = r#"<!doctype html><script>
(async () => {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: "chair" }) };
  const made = (await (await fetch("/items", post)).json()).id;
  const got = (await (await fetch("/items/7")).json()).name;
  const seen = [], events = new EventSource("/events");
  events.onmessage = async (event) => {
    seen.push(event.data);
    if (event.data === "one") return fetch("/next");
    events.close();
    await fetch("/seen?made=" + made + ";got=" + got + ";events=" + seen.join(","));
  };
})();
</script>"#;

/// The server; it ends with the test.
pub(crate) struct Upstream {
    port: u16,
    certificate: Option<String>,
    seen: mpsc::Receiver<String>,
}

/// What the answers share.
struct Shared {
    next: Notify,
    seen: Mutex<mpsc::Sender<String>>,
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

impl Upstream {
    /// Without TLS.
    pub(crate) fn plain() -> Self {
        Self::start(None, None)
    }

    /// With a certificate of its own.
    pub(crate) fn tls() -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = builder
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .expect("a certificate and its key");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self::start(Some(TlsAcceptor::from(Arc::new(config))), Some(made.cert.pem()))
    }

    fn start(tls: Option<TlsAcceptor>, certificate: Option<String>) -> Self {
        let (sender, seen) = mpsc::channel();
        let (ready, port) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let shared = Arc::new(Shared { next: Notify::new(), seen: Mutex::new(sender) });
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
                ready.send(listener.local_addr().expect("bound").port()).expect("received");
                loop {
                    let Ok((stream, _)) = listener.accept().await else { return };
                    let (shared, tls) = (Arc::clone(&shared), tls.clone());
                    tokio::spawn(async move {
                        match tls {
                            None => serve(stream, shared).await,
                            Some(tls) => {
                                if let Ok(stream) = tls.accept(stream).await {
                                    serve(stream, shared).await;
                                }
                            }
                        }
                    });
                }
            });
        });
        Self { port: port.recv().expect("a port"), certificate, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http{}://127.0.0.1:{}", if self.certificate.is_some() { "s" } else { "" }, self.port)
    }

    pub(crate) fn certificate(&self) -> &str {
        self.certificate.as_deref().expect("it speaks TLS")
    }

    /// What the page tells it has seen.
    pub(crate) fn seen_until(&self, deadline: Instant) -> Option<String> {
        self.seen.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, shared: Arc<Shared>) {
    let service = hyper::service::service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(answer(request, &shared).await) }
    });
    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, shared: &Arc<Shared>) -> Answer {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    match (parts.method, parts.uri.path()) {
        (Method::POST, "/items") if serde_json::from_slice::<serde_json::Value>(&body).is_ok() => {
            whole(201, "application/json", r#"{"id": 7}"#)
        }
        (_, "/items/7") => coded(r#"{"id": 7, "name": "chair"}"#),
        (_, "/events") => events(Arc::clone(shared)),
        (_, "/next") => {
            shared.next.notify_one();
            whole(204, "text/plain", "")
        }
        (_, "/page") => whole(200, "text/html; charset=utf-8", PAGE),
        (_, "/version") => whole(200, "text/plain", &format!("{:?}", parts.version)),
        (_, "/seen") => {
            let said = parts.uri.query().unwrap_or_default().to_owned();
            let _ = shared.seen.lock().expect("no panic").send(said);
            whole(204, "text/plain", "")
        }
        _ => whole(404, "text/plain", "nothing"),
    }
}

fn whole(status: u16, media: &str, text: &str) -> Answer {
    let body = Full::new(Bytes::copy_from_slice(text.as_bytes())).boxed();
    Response::builder().status(status).header("content-type", media).body(body).expect("a response")
}

/// In gzip.
fn coded(text: &str) -> Answer {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes it");
    let body = Full::new(Bytes::from(encoder.finish().expect("memory takes it"))).boxed();
    let builder = Response::builder().header("content-type", "application/json").header("content-encoding", "gzip");
    builder.body(body).expect("a response")
}

/// One event, and another when it is asked for.
fn events(shared: Arc<Shared>) -> Answer {
    let frame = |text: &'static str| Ok(Frame::data(Bytes::from_static(text.as_bytes())));
    let stream = futures_util::stream::unfold(0, move |at| {
        let shared = Arc::clone(&shared);
        async move {
            match at {
                0 => Some((frame("data: one\n\n"), 1)),
                1 => {
                    shared.next.notified().await;
                    Some((frame("data: two\n\n"), 2))
                }
                _ => None,
            }
        }
    });
    let body = BodyExt::boxed(StreamBody::new(stream));
    Response::builder().header("content-type", "text/event-stream").body(body).expect("a response")
}
