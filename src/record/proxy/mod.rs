//! The reverse proxy: what comes passes unchanged but for the fields of one connection, and a copy of
//! each exchange is kept before its client has the whole answer.

mod buffer;
mod forward;
mod hop;
mod live;
mod refuse;
mod serve;
mod tee;
mod teller;
mod upstream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::contracts::Contracts;
use super::recorder::Recorder;
use crate::exchange::{Request, Response};
use crate::mock::Tls;
use crate::verdict::Verdict;
use forward::Service;
use refuse::Refusing;
use teller::Teller;

pub use upstream::{Upstream, UpstreamError};

/// A body that passes.
type Passing = UnsyncBoxBody<Bytes, hyper::Error>;

/// The most bytes of each body of which a copy is taken, unless settings say otherwise.
pub const COPIED: usize = 4 << 20;

/// Hears of each exchange.
pub type Tell = Arc<dyn Fn(&Line) + Send + Sync>;

/// Answers requests itself, before they are sent on.
pub trait Front: Send + Sync {
    /// The answer to a request with this path and query, and where it comes from; `None` to send it on.
    fn answer(&self, request: &Request, target: &str) -> Option<(Response, Answered)>;
}

/// How the proxy works.
#[derive(Clone)]
pub struct ProxySettings {
    /// Where requests go; `None` where all are answered here.
    pub upstream: Option<Upstream>,
    /// Who answers first.
    pub front: Option<Arc<dyn Front>>,
    /// Requests that break the contract are answered here.
    pub block: bool,
    /// Findings are added to the response.
    pub violations_header: bool,
    /// The most bytes of each body that are kept.
    pub limit: usize,
    /// TLS to clients, if it is spoken.
    pub tls: Option<Tls>,
    /// Hears of each exchange.
    pub tell: Tell,
}

impl ProxySettings {
    /// Passes everything on to `upstream`, keeps bodies of up to [`COPIED`] bytes, tells `tell`.
    pub fn new(upstream: Option<Upstream>, tell: Tell) -> Self {
        Self { upstream, front: None, block: false, violations_header: false, limit: COPIED, tls: None, tell }
    }
}

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The server behind the proxy.
    Upstream,
    /// This recording.
    Recording(String),
    /// The contract's mock.
    Contract,
    /// The proxy, because of what is wrong with the request.
    Refused,
}

/// What is told of an exchange; what is secret is replaced.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number.
    pub number: u64,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The status; `None` where there was no answer.
    pub status: Option<u16>,
    /// How long it took.
    pub elapsed: Duration,
    /// The operation.
    pub operation: Option<String>,
    /// Who answered.
    pub answered: Answered,
    /// How it came out.
    pub verdict: Verdict,
    /// What was not kept, and why.
    pub notes: Vec<String>,
}

/// A running proxy; it ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    teller: Option<Teller>,
    untold: Arc<AtomicU64>,
    is_tls: bool,
}

impl Proxy {
    /// Starts to serve at `address` on the runtime that it is called on. Port 0 lets the system choose.
    /// Without a recorder nothing is kept.
    ///
    /// # Errors
    /// Where the address cannot be listened at.
    pub async fn start(
        settings: ProxySettings,
        contracts: Contracts,
        recorder: Option<Arc<Recorder>>,
        address: SocketAddr,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let contracts = Arc::new(contracts);
        let (teller, sender) = Teller::start(Arc::clone(&contracts), recorder.clone(), Arc::clone(&settings.tell))?;
        let untold = Arc::<AtomicU64>::default();
        let refusing = settings.block.then(|| Refusing::new(&contracts));
        let is_tls = settings.tls.is_some();
        let service = Service { settings, contracts, recorder, teller: sender, refusing, untold: Arc::clone(&untold) };
        let service = Arc::new(service);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve::serve(listener, service, stopped));
        Ok(Self { address, stop, tasks, teller: Some(teller), untold, is_tls })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// `http://` or `https://` and the address, without a slash at its end.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.is_tls { "https" } else { "http" }, self.address)
    }

    /// Ends it: no new connections; what is under way has two seconds, and is kept as far as it came.
    /// Gives back how many exchanges came too fast to be told: they are kept all the same.
    pub async fn stop(mut self) -> u64 {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        if let Some(teller) = self.teller.take() {
            teller.finish();
        }
        self.untold.load(Ordering::Relaxed)
    }
}
