//! Serving mocks over HTTP/1 and HTTP/2.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::problem;
use super::{Mock, SESSION_HEADER};
use crate::exchange::{Headers, Request, Response};

/// The largest body that is read, in bytes; a larger one is a 413.
const LARGEST_BODY: usize = 10 << 20;
/// The most bytes of a request's start line and header fields.
const LARGEST_HEAD: usize = 64 << 10;
/// The most header fields of a request.
const MOST_HEADERS: usize = 100;
/// The longest that a client may take for its header fields.
const HEAD_TIME: Duration = Duration::from_secs(20);
/// The longest that a client may take for its body.
const BODY_TIME: Duration = Duration::from_secs(30);
/// The most connections at a time; others wait to be accepted.
const MOST_CONNECTIONS: usize = 1_024;
/// The most requests at a time on one HTTP/2 connection.
const MOST_STREAMS: u32 = 100;
/// How long open requests have when the server stops.
const GRACE: Duration = Duration::from_secs(2);

/// A mock and the path prefix that it answers below.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Such as `/salla`; empty for all paths. The longest that matches wins.
    pub prefix: String,
    /// What answers.
    pub mock: Arc<Mock>,
}

/// A running server; it ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    running: Running,
}

#[derive(Debug)]
enum Running {
    /// On the runtime that started it.
    Task(JoinSet<()>),
    /// On a thread and runtime of its own.
    Thread(Option<std::thread::JoinHandle<()>>),
}

impl Server {
    /// Starts to serve on the runtime that it is called on. Port 0 lets the system choose.
    ///
    /// # Errors
    /// Where the address cannot be listened at.
    pub async fn start(mounts: Vec<Mount>, address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::new(Mounts::new(mounts)), stopped));
        Ok(Self { address, stop, running: Running::Task(tasks) })
    }

    /// Starts to serve on a thread of its own, for callers without a runtime.
    ///
    /// # Errors
    /// Where the address cannot be listened at, or there is no thread to be had.
    pub fn start_blocking(mounts: Vec<Mount>, address: SocketAddr) -> std::io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (stop, stopped) = watch::channel(false);
        let mounts = Arc::new(Mounts::new(mounts));
        let thread = std::thread::Builder::new().name("countersign-mock".to_owned()).spawn(move || {
            runtime.block_on(async move {
                if let Ok(listener) = TcpListener::from_std(listener) {
                    serve(listener, mounts, stopped).await;
                }
            });
        })?;
        Ok(Self { address, stop, running: Running::Thread(Some(thread)) })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// `http://` and the address, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it: no new connections, open requests are answered within two seconds.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        if let Running::Task(tasks) = &mut self.running {
            while tasks.join_next().await.is_some() {}
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody listens any more where it has ended already.
        let _ = self.stop.send(true);
        if let Running::Thread(thread) = &mut self.running
            && let Some(thread) = thread.take()
        {
            // A panic of the thread has been reported there.
            let _ = thread.join();
        }
    }
}

/// The mounts, longest prefix first.
struct Mounts(Vec<Mount>);

impl Mounts {
    fn new(mut mounts: Vec<Mount>) -> Self {
        for mount in &mut mounts {
            let prefix = mount.prefix.trim_matches('/');
            mount.prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        }
        mounts.sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
        Self(mounts)
    }

    /// The mock for a path, and the path below its prefix.
    fn find<'p>(&self, path: &'p str) -> Option<(&Mock, &'p str)> {
        self.0.iter().find_map(|mount| {
            let rest = path.strip_prefix(mount.prefix.as_str())?;
            let rest = if rest.is_empty() { "/" } else { rest };
            rest.starts_with('/').then_some((&*mount.mock, rest))
        })
    }
}

async fn serve(listener: TcpListener, mounts: Arc<Mounts>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // Acquiring cannot fail: the semaphore is never closed.
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, say: it passes when a connection ends.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (mounts, stopped) = (Arc::clone(&mounts), stopped.clone());
        connections.spawn(async move {
            connection(stream, mounts, stopped).await;
            drop(permit);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, ended).await;
}

async fn connection(stream: TcpStream, mounts: Arc<Mounts>, mut stopped: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_headers(MOST_HEADERS)
        .max_buf_size(LARGEST_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(HEAD_TIME))
        .keep_alive_timeout(HEAD_TIME)
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(u32::try_from(LARGEST_HEAD).unwrap_or(u32::MAX));
    let asked = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&asked);
    let service = hyper::service::service_fn(move |request| {
        heard.store(true, Ordering::Relaxed);
        let mounts = Arc::clone(&mounts);
        async move { Ok::<_, Infallible>(handle(&mounts, request).await) }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // The time-out for header fields starts when the protocol is known, which takes a first byte or two.
    let silent = async {
        tokio::time::sleep(HEAD_TIME).await;
        if asked.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    // What a broken connection has to say concerns its client alone.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = silent => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

type HyperResponse = hyper::Response<Full<Bytes>>;

async fn handle(mounts: &Mounts, request: hyper::Request<Incoming>) -> HyperResponse {
    let (parts, body) = request.into_parts();
    let origin = parts.headers.get("origin").cloned();
    let path = parts.uri.path().to_owned();
    let Some((mock, below)) = mounts.find(&path) else {
        return written(problem::problem(404, format!("nothing is mounted at `{path}`")), &Cors::For(origin));
    };
    let cors = if mock.cors() { Cors::For(origin) } else { Cors::Off };
    if let Some(answer) = preflight(&parts, &cors) {
        return answer;
    }
    let body = match read(body).await {
        Ok(body) => body,
        Err(response) => return written(response, &cors),
    };
    let request = taken(&parts, body);
    // The state has no half-done change that a panic could leave behind but one mock's own.
    let answered = catch_unwind(AssertUnwindSafe(|| mock.answer(request, below).response));
    let response =
        answered.unwrap_or_else(|_| problem::problem(500, "the mock failed on this request; please report it"));
    written(response, &cors)
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

/// The body's bytes, or why they are not to be had.
async fn read(body: Incoming) -> Result<Bytes, Response> {
    let too_large = || problem::problem(413, format!("the body is larger than {LARGEST_BODY} bytes"));
    if usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX) > LARGEST_BODY {
        return Err(closing(too_large()));
    }
    match tokio::time::timeout(BODY_TIME, Limited::new(body, LARGEST_BODY).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(closing(too_large())),
        Ok(Err(error)) => Err(closing(problem::problem(400, format!("the body cannot be read: {error}")))),
        Err(_) => Err(closing(problem::problem(408, "the body did not come in time"))),
    }
}

/// The rest of the body is not read, so the connection cannot be used again.
fn closing(mut response: Response) -> Response {
    response.headers.append("connection", "close");
    response
}

/// The request as a plain value.
fn taken(parts: &hyper::http::request::Parts, body: Bytes) -> Request {
    let headers: Headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let host = parts.uri.authority().map(ToString::to_string).or_else(|| headers.get("host").map(Into::into));
    let target = parts.uri.path_and_query().map_or("/", hyper::http::uri::PathAndQuery::as_str);
    let url = format!("http://{}{target}", host.as_deref().unwrap_or("localhost"));
    Request { method: parts.method.as_str().to_owned(), url, headers, body }
}

fn written(response: Response, cors: &Cors) -> HyperResponse {
    let mut answer = hyper::Response::new(Full::new(response.body));
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
fn preflight(parts: &hyper::http::request::Parts, cors: &Cors) -> Option<HyperResponse> {
    let method = parts.headers.get("access-control-request-method")?;
    if parts.method != hyper::Method::OPTIONS || !matches!(cors, Cors::For(Some(_))) {
        return None;
    }
    let mut response = Response { status: 204, headers: Headers::new(), body: Bytes::new() };
    response.headers.append("access-control-allow-methods", method.as_bytes());
    let asked = parts.headers.get("access-control-request-headers").map(HeaderValue::as_bytes);
    response.headers.append("access-control-allow-headers", asked.unwrap_or(SESSION_HEADER.as_bytes()));
    response.headers.append("access-control-max-age", "600");
    Some(written(response, cors))
}

#[cfg(test)]
mod tests;
