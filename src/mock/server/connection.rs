//! Accepting connections, bounded, and serving each until it ends.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Shared;
use super::delivery::Line;
use super::handle::handle;
use super::limits::Limits;
use super::listen::{Connection, Listener, Stream};

/// Accepts and serves until it is told to stop, then lets open requests come to their end.
pub(super) async fn serve(listener: Listener, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    let permits = Arc::new(Semaphore::new(shared.limits.connections));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
        };
        let Ok(connection) = accepted else {
            // Out of file descriptors, say: it passes when a connection ends.
            shared.clients.close_longest_waiting();
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        if permits.available_permits() == 0 {
            shared.clients.close_longest_waiting();
        }
        let permit = tokio::select! {
            permit = Arc::clone(&permits).acquire_owned() => permit,
            _ = stopped.changed() => break,
        };
        // Acquiring cannot fail: the semaphore is never closed.
        let Ok(permit) = permit else { break };
        let (shared, stopped) = (Arc::clone(&shared), stopped.clone());
        tasks.spawn(async move {
            let (id, client) = shared.clients.enter();
            greet(connection, &client, Arc::clone(&shared), stopped).await;
            shared.clients.leave(id);
            drop(permit);
        });
        while tasks.try_join_next().is_some() {}
    }
    drop(listener);
    let ended = async { while tasks.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(shared.limits.drain, ended).await;
}

async fn greet(connection: Connection, client: &Arc<Client>, shared: Arc<Shared>, stopped: watch::Receiver<bool>) {
    match connection {
        Connection::Tcp(stream) => {
            let line = Line::new(stream, Arc::clone(&client.reset));
            secure(line, client, shared, stopped).await;
        }
        #[cfg(unix)]
        Connection::Unix(stream) => secure(stream, client, shared, stopped).await,
    }
}

/// TLS first, where it is wanted; a client that does not get to its end in time is cut off.
async fn secure<S: Stream + 'static>(
    stream: S,
    client: &Arc<Client>,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let Some(tls) = &shared.tls else { return converse(stream, client, shared, stopped).await };
    let greeting = tls.acceptor().accept(stream);
    let greeted = tokio::select! {
        greeted = tokio::time::timeout(shared.limits.head_time, greeting) => greeted,
        () = client.close.notified() => return,
        _ = stopped.changed() => return,
    };
    // What is no TLS has nothing to hear.
    if let Ok(Ok(stream)) = greeted {
        converse(stream, client, shared, stopped).await;
    }
}

async fn converse<S: Stream + 'static>(
    stream: S,
    client: &Arc<Client>,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let builder = protocols(&shared.limits);
    let head_time = shared.limits.head_time;
    let asked = Arc::new(AtomicBool::new(false));
    let (heard, who) = (Arc::clone(&asked), Arc::clone(client));
    let service = hyper::service::service_fn(move |request| {
        heard.store(true, Ordering::Relaxed);
        let (shared, client) = (Arc::clone(&shared), Arc::clone(&who));
        async move { Ok::<_, Infallible>(handle(&shared, &client, request).await) }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // The time-out for header fields starts when the protocol is known, which takes a first byte or two.
    let silent = async {
        tokio::time::sleep(head_time).await;
        if asked.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    // What a broken connection has to say concerns its client alone.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = silent => {}
        () = client.close.notified() => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

fn protocols(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_headers(limits.headers)
        .max_buf_size(limits.head.max(8 << 10));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(limits.head_time))
        .keep_alive_timeout(limits.head_time)
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX));
    builder
}

/// One connection, and whether the server waits for it.
pub(super) struct Client {
    /// How many of its requests are being answered.
    busy: AtomicUsize,
    /// When it last did something, in microseconds since `start`.
    since: AtomicU64,
    start: Instant,
    close: Notify,
    /// Whether it is to end with a reset.
    reset: Arc<AtomicBool>,
}

impl Client {
    /// Something came from it.
    pub(super) fn touch(&self) {
        let passed = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.since.store(passed, Ordering::Relaxed);
    }

    /// Ends the connection at once, with a reset if one is wanted; what is not sent yet never is.
    pub(super) async fn hang_up<T>(&self, reset: bool) -> T {
        self.reset.store(reset, Ordering::Relaxed);
        self.close.notify_one();
        std::future::pending().await
    }

    /// While this lives, the connection waits for the server and not the other way round.
    pub(super) fn busy(&self) -> Busy<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(self)
    }
}

pub(super) struct Busy<'c>(&'c Client);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.touch();
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The connections that are open.
pub(super) struct Clients {
    start: Instant,
    open: Mutex<(u64, HashMap<u64, Arc<Client>>)>,
}

impl Default for Clients {
    fn default() -> Self {
        Self { start: Instant::now(), open: Mutex::default() }
    }
}

impl Clients {
    fn enter(&self) -> (u64, Arc<Client>) {
        let client = Client {
            busy: AtomicUsize::new(0),
            since: AtomicU64::new(0),
            start: self.start,
            close: Notify::new(),
            reset: Arc::default(),
        };
        client.touch();
        let client = Arc::new(client);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.0 += 1;
        let id = open.0;
        open.1.insert(id, Arc::clone(&client));
        (id, client)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).1.len()
    }

    fn leave(&self, id: u64) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&id);
    }

    /// Makes room: idle connections must not keep others out.
    fn close_longest_waiting(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = open.1.iter().filter(|(_, client)| client.busy.load(Ordering::Relaxed) == 0);
        let longest = waiting.min_by_key(|(_, client)| client.since.load(Ordering::Relaxed)).map(|(id, _)| *id);
        if let Some(client) = longest.and_then(|id| open.1.remove(&id)) {
            client.close.notify_one();
        }
    }
}
