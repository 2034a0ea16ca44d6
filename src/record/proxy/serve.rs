//! Connections of clients: HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::forward::Service;

/// The most connections at a time; others wait to be accepted.
const MOST_CONNECTIONS: usize = 1_024;
/// The most bytes of a request's start line and header fields.
const LARGEST_HEAD: usize = 256 << 10;
/// The most header fields.
const MOST_FIELDS: usize = 1_000;
/// The longest that a client may take for its header fields.
const HEAD_TIME: Duration = Duration::from_secs(60);
/// How long what is under way has when the proxy stops.
const GRACE: Duration = Duration::from_secs(2);

pub(super) async fn serve(listener: TcpListener, service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            _ = stopped.changed() => break,
        };
        let Some((stream, permit)) = accepted else {
            // Out of file descriptors, say: it passes when a connection ends.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (service, stopped) = (Arc::clone(&service), stopped.clone());
        connections.spawn(async move {
            secure(stream, service, stopped).await;
            drop(permit);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, ended).await;
    // What is left is cut off here, and kept as far as it came.
    connections.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    let (stream, _) = listener.accept().await.ok()?;
    Some((stream, permit))
}

/// TLS first, where it is wanted; a client that does not get to its end in time is cut off.
async fn secure(stream: TcpStream, service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let Some(tls) = &service.settings.tls else { return connection(stream, service, stopped).await };
    let greeted = tokio::select! {
        greeted = tokio::time::timeout(HEAD_TIME, tls.acceptor().accept(stream)) => greeted,
        _ = stopped.changed() => return,
    };
    // What is no TLS has nothing to hear.
    if let Ok(Ok(stream)) = greeted {
        connection(stream, service, stopped).await;
    }
}

async fn connection<S>(stream: S, service: Arc<Service>, mut stopped: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .preserve_header_case(true)
        .auto_date_header(false)
        .max_headers(MOST_FIELDS)
        .max_buf_size(LARGEST_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .keep_alive_interval(Some(HEAD_TIME))
        .max_header_list_size(u32::try_from(LARGEST_HEAD).unwrap_or(u32::MAX));
    let service = hyper::service::service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(service.handle(request).await) }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // What a broken connection has to say concerns its client alone.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
