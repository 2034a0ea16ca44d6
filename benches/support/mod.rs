//! What every benchmark needs: something bare to compare with, and a way to compare.
//!
//! Absolute times say little on a shared machine, so a line of a benchmark is a ratio of two things
//! that were measured alternately in one run, and of several rounds the median.

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};

/// How often what is compared is measured.
pub(crate) const ROUNDS: usize = 7;

/// Whether the program was started by `cargo test`, which only wants to see that it starts.
pub(crate) fn is_test() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

/// The value in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// How long `work` takes.
pub(crate) fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// A runtime with two workers, for loops of requests.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// A reqwest client that keeps `connections` open.
pub(crate) fn client(connections: usize) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().pool_max_idle_per_host(connections).build().expect("a client")
}

/// The base URL of a hyper server on a thread of its own: it reads every request to its end and
/// answers with `status` and the JSON text `answer`, whatever is asked.
pub(crate) fn bare_server(status: u16, answer: &'static str) -> String {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            send.send(listener.local_addr().expect("bound")).expect("received");
            let mut tasks = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let _ = stream.set_nodelay(true);
                tasks.spawn(serve(stream, status, answer));
            }
        });
    });
    format!("http://{}", receive.recv().expect("an address"))
}

async fn serve(stream: tokio::net::TcpStream, status: u16, answer: &'static str) {
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| async move {
        let _ = request.into_body().collect().await;
        let response = hyper::Response::builder().status(status).header("content-type", "application/json");
        Ok::<_, Infallible>(response.body(Full::new(Bytes::from_static(answer.as_bytes()))).expect("a response"))
    });
    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// `jobs` loops over one client that POST `body` as JSON to `url`, a request after the other, so
/// often in all; answers are read and not looked at.
pub(crate) fn bare_loop(
    runtime: &tokio::runtime::Runtime,
    client: &reqwest::Client,
    (url, body): (&str, &'static str),
    requests: u32,
    jobs: usize,
) {
    let next = Arc::new(AtomicU32::new(0));
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..jobs {
            let (client, url, next) = (client.clone(), url.to_owned(), Arc::clone(&next));
            tasks.spawn(async move {
                while next.fetch_add(1, Ordering::Relaxed) < requests {
                    let request = client.post(&url).header("content-type", "application/json").body(body);
                    let response = request.send().await.expect("a response");
                    black_box(response.bytes().await.expect("a body"));
                }
            });
        }
        while tasks.join_next().await.is_some() {}
    });
}
