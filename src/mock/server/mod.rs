//! Serving mocks over HTTP/1.1 and HTTP/2.

mod admin;
mod body;
mod connection;
mod delivery;
mod face;
mod handle;
mod journal;
mod limits;
mod listen;
mod mounts;
mod shown;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use admin::Office;
use connection::{Clients, serve};
use journal::Journal;
use listen::Address;
use mounts::Current;

use crate::exchange::Secret;
use crate::expression::Clock;
use crate::generate::derive_seed;
use crate::mock::Outbox;
use crate::verdict::Totals;

pub use admin::Admin;
pub use journal::{Exchanged, History};
pub use limits::Limits;
pub use listen::Listen;
pub use mounts::Mount;
pub use shown::Presenter;
pub use tls::{Tls, TlsError};

/// Hears of every exchange, in the order of their numbers but for those that end at the same moment.
/// What it does is done before the client is answered: it should be quick, and must not wait.
pub type Observer = Arc<dyn Fn(&Arc<Exchanged>) + Send + Sync>;

/// How a server serves.
#[derive(Clone, Default)]
pub struct Options {
    /// What a client may take of it.
    pub limits: Limits,
    /// How many exchanges are kept; `None`: exchanges are not looked at at all.
    pub history: Option<History>,
    /// Who may use the admin API; needs a history.
    pub admin: Admin,
    /// Values that the admin API shows nowhere.
    pub secrets: Vec<Secret>,
    /// Large answers are sent in gzip to who accepts it.
    pub compress: bool,
    /// What it shows to who wants TLS, and wants TLS of everybody.
    pub tls: Option<Tls>,
    /// What tells when exchanges were; the epoch without one.
    pub clock: Option<Clock>,
    /// What hears of exchanges; needs a history.
    pub observers: Vec<Observer>,
    /// What the admin API tells of callbacks and webhooks: who sends them enters there what became of them.
    pub outbox: Outbox,
}

/// What every connection needs.
pub(super) struct Shared {
    mounts: Current,
    limits: Limits,
    clients: Clients,
    journal: Option<Arc<Journal>>,
    office: Office,
    observers: Vec<Observer>,
    outbox: Outbox,
    compress: bool,
    tls: Option<Tls>,
    clock: Option<Clock>,
    /// What URLs start with.
    scheme: &'static str,
    /// It listens where no browser reaches.
    any_host: bool,
    stopped: watch::Receiver<bool>,
}

impl Shared {
    fn new(mounts: Vec<Mount>, at: &Address, options: Options, stopped: watch::Receiver<bool>) -> Self {
        let now = options.clock.as_ref().map_or(0, |clock| clock().as_nanosecond());
        let seed = derive_seed(u64::from(std::process::id()), &now.to_le_bytes());
        let admin = if options.history.is_some() { options.admin } else { Admin::Off };
        Self {
            mounts: Current::new(mounts),
            limits: options.limits,
            clients: Clients::default(),
            journal: options.history.map(|history| Arc::new(Journal::new(history, seed))),
            office: Office::new(admin, options.secrets),
            observers: options.observers,
            outbox: options.outbox,
            compress: options.compress,
            clock: options.clock,
            scheme: if options.tls.is_some() { "https" } else { "http" },
            tls: options.tls,
            any_host: !matches!(at, Address::Tcp(_)),
            stopped,
        }
    }

    fn now(&self) -> jiff::Timestamp {
        self.clock.as_ref().map_or(jiff::Timestamp::UNIX_EPOCH, |clock| clock())
    }
}

/// A running server; it ends when it is dropped.
pub struct Server {
    address: Address,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    running: Running,
}

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
    pub async fn serve(mounts: Vec<Mount>, address: SocketAddr) -> std::io::Result<Self> {
        Self::open(mounts, address, Options::default()).await
    }

    /// The same in another way than usual.
    ///
    /// # Errors
    /// Where the address cannot be listened at.
    #[expect(clippy::unused_async, reason = "its tasks need the runtime that only an awaited call is sure to be on")]
    pub async fn open(mounts: Vec<Mount>, at: impl Into<Listen>, options: Options) -> std::io::Result<Self> {
        let (listener, address) = at.into().open()?;
        let listener = listener.listen()?;
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared::new(mounts, &address, options, stopped.clone()));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::clone(&shared), stopped));
        Ok(Self { address, shared, stop, running: Running::Task(tasks) })
    }

    /// Starts to serve on a thread of its own, for callers without a runtime.
    ///
    /// # Errors
    /// Where the address cannot be listened at, or there is no thread to be had.
    pub fn serve_blocking(mounts: Vec<Mount>, address: SocketAddr) -> std::io::Result<Self> {
        Self::open_blocking(mounts, address, Options::default())
    }

    /// The same in another way than usual.
    ///
    /// # Errors
    /// Where the address cannot be listened at, or there is no thread to be had.
    pub fn open_blocking(mounts: Vec<Mount>, at: impl Into<Listen>, options: Options) -> std::io::Result<Self> {
        let (listener, address) = at.into().open()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared::new(mounts, &address, options, stopped.clone()));
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("countersign-mock".to_owned()).spawn(move || {
            runtime.block_on(async move {
                if let Ok(listener) = listener.listen() {
                    serve(listener, served, stopped).await;
                }
            });
        })?;
        Ok(Self { address, shared, stop, running: Running::Thread(Some(thread)) })
    }

    /// Where it listens; unspecified where that is a socket of the file system.
    pub fn local_addr(&self) -> SocketAddr {
        match &self.address {
            Address::Tcp(address) => *address,
            #[cfg(unix)]
            Address::Unix(_) => SocketAddr::from(([0, 0, 0, 0], 0)),
        }
    }

    /// `http://` (with TLS, `https://`) and the address, without a slash at its end; of a socket of the
    /// file system, `unix:` and its path.
    pub fn url(&self) -> String {
        match &self.address {
            Address::Tcp(address) => format!("{}://{address}", self.shared.scheme),
            #[cfg(unix)]
            Address::Unix(socket) => format!("unix:{}", socket.display()),
        }
    }

    /// From now on requests are answered by these; those under way come to their end with the old.
    pub fn remount(&self, mounts: Vec<Mount>) {
        self.shared.mounts.replace(mounts);
    }

    /// Whether there is an admin API and a page below `/__countersign/`.
    pub fn has_admin(&self) -> bool {
        !matches!(self.shared.office.admin(), Admin::Off)
    }

    /// How all exchanges so far came out; all zero without a history.
    pub fn totals(&self) -> Totals {
        self.shared.journal.as_ref().map(|journal| journal.past().totals).unwrap_or_default()
    }

    /// Ends it: no new connections, open requests are answered within [`Limits::drain`].
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

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({})", self.url())
    }
}

#[cfg(test)]
mod tests;
