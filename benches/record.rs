//! The recording proxy against a bare one that passes on the same bytes. `cargo bench --bench record`
//!
//! Both stand before the same server, are built of the same libraries, and are measured alternately in
//! one run; of several rounds the median counts. What a proxy adds is its median less that of the
//! server alone, one request at a time.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads its own files and tells its ratios"
)]

#[path = "support/load.rs"]
mod load;
#[expect(dead_code, reason = "another benchmark uses the rest")]
mod support;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use countersign::contract::{Alone, Contract, Parts};
use countersign::record::journal::Journal;
use countersign::record::redact::Redact;
use countersign::record::{Contracts, Proxy, ProxySettings, Recorder, Upstream};
use countersign::source::Source;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use load::{CONNECTIONS, load};
use support::{ROUNDS, is_test, median};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What recording may add to a request, at the median.
const MOST_ADDED: f64 = 0.3e-3;
/// What it has to keep of a bare proxy's throughput.
const LEAST_THROUGHPUT: f64 = 0.5;

const SHOP: &str = r#"
openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /customers/groups:
    post:
      operationId: add
      security: [{ bearer: [] }]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [group_id, customers]
              properties:
                group_id: { type: integer }
                customers: { type: array, items: { type: integer } }
      responses:
        "200":
          description: added
          content:
            application/json:
              schema:
                type: object
                required: [status, success, data]
                properties:
                  status: { type: integer, minimum: 200, maximum: 299 }
                  success: { type: boolean }
                  data: { type: array, minItems: 1, items: { type: string, maxLength: 60 } }
components:
  securitySchemes: { bearer: { type: http, scheme: bearer } }
"#;
const ANSWER: &str = r#"{"status":200,"success":true,"data":["The customers has been added to group successfully"]}"#;
const BODY: &str = r#"{"group_id":1217198433,"customers":[225167971,1227534533]}"#;

fn request() -> Vec<u8> {
    let length = BODY.len();
    format!("POST /customers/groups HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer abcdefgh\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{BODY}").into_bytes()
}

/// A proxy that passes requests and responses on, and does nothing else.
fn bare_proxy(runtime: &tokio::runtime::Runtime, upstream: SocketAddr) -> SocketAddr {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("bound");
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Incoming> = Client::builder(TokioExecutor::new()).build(connector);
    runtime.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let _ = stream.set_nodelay(true);
            let client = client.clone();
            tokio::spawn(async move {
                let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
                    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
                    *request.uri_mut() = format!("http://{upstream}{path}").parse().expect("a URI");
                    let client = client.clone();
                    async move {
                        let response = client.request(request).await.expect("an answer");
                        Ok::<_, Infallible>(response.map(BodyExt::boxed_unsync))
                    }
                });
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

/// The proxy as the program starts it: it judges, replaces secrets and keeps a journal in `folder`.
fn recording(runtime: &tokio::runtime::Runtime, upstream: SocketAddr, folder: &Path) -> Proxy {
    let parts = Parts { name: "shop".into(), document: Source::new("shop.yaml", SHOP), overlay: None, promises: None };
    let contract = Arc::new(Contract::load(parts, &Alone).expect("a contract").0);
    let redact = Redact::new([&*contract], Vec::new(), Vec::new());
    let (journal, _) = Journal::open(&folder.join("journal.ndjson")).expect("a journal");
    let recorder = Recorder::new(journal, redact, countersign::project::system_clock(), 0);
    let upstream = Upstream::new(&format!("http://{upstream}"), &[], Duration::from_secs(10)).expect("a server");
    let settings = ProxySettings::new(Some(upstream), Arc::new(|_| ()));
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let started = Proxy::start(settings, Contracts::new([contract]), Some(Arc::new(recorder)), address);
    runtime.block_on(started).expect("a port")
}

fn main() {
    let (rounds, time) = if is_test() { (1, Duration::from_millis(20)) } else { (ROUNDS, Duration::from_secs(2)) };
    let upstream: SocketAddr =
        support::bare_server(200, ANSWER).trim_start_matches("http://").parse().expect("an address");
    let (of_bare, of_ours) = (support::runtime(), support::runtime());
    let folder = tempfile::tempdir().expect("a folder");
    let bare = bare_proxy(&of_bare, upstream);
    let proxy = recording(&of_ours, upstream, folder.path());
    let ours = proxy.local_addr();
    let (mut rates, mut added, mut added_by_bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let [bare_load, our_load] = [bare, ours].map(|server| load(server, &request(), CONNECTIONS, time));
        rates.push(our_load.rate / bare_load.rate);
        let [alone, bare, ours] = [upstream, bare, ours].map(|server| load(server, &request(), 1, time).percentile(50));
        added.push(ours - alone);
        added_by_bare.push(bare - alone);
    }
    let (rate, added, by_bare) = (median(rates), median(added), median(added_by_bare));
    println!(
        "throughput: {rate:.2} × a bare proxy's (at least {LEAST_THROUGHPUT}: {:.2} of the bar)",
        rate / LEAST_THROUGHPUT
    );
    println!(
        "added to a request, at the median: {:.3} ms, a bare proxy {:.3} ms (at most {:.1} ms: {:.2} of the bar)",
        added * 1e3,
        by_bare * 1e3,
        MOST_ADDED * 1e3,
        added / MOST_ADDED
    );
    of_ours.block_on(proxy.stop());
}
