//! How a response goes out where it is to be slow or to fail: in its time, in pieces, or not at all.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Either, StreamBody};
use hyper::body::Frame;
use hyper::header::HeaderValue;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::body::{HyperResponse, ReplyBody};
use super::connection::Client;
use crate::mock::{Effect, Fault};

/// In how many pieces a slow body comes.
const PIECES: u32 = 20;

/// The response as `effect` lets it go out. Where nothing goes out, this never ends: the connection does.
pub(super) async fn deliver(response: HyperResponse, effect: Effect, client: &Client) -> HyperResponse {
    if let Some(delay) = effect.delay {
        tokio::time::sleep(delay).await;
    }
    match effect.fault {
        Some(Fault::EmptyReply) => client.hang_up(false).await,
        Some(Fault::ConnectionReset) => client.hang_up(true).await,
        Some(Fault::SlowDrip(time)) => in_pieces(response, |body| dripping(body, time)).await,
        Some(Fault::TruncatedBody) => {
            let half = |body: &Bytes| VecDeque::from([Step::Send(body.slice(..body.len() / 2)), Step::Fail]);
            in_pieces(response, half).await
        }
        Some(Fault::Stall(time)) => in_pieces(response, |_| VecDeque::from([Step::Wait(time), Step::Fail])).await,
        Some(Fault::Status(_) | Fault::InvalidJson | Fault::WrongContentType) | None => response,
    }
}

/// What a body does next.
enum Step {
    Send(Bytes),
    Wait(Duration),
    /// The connection ends: less came than was announced.
    Fail,
}

fn dripping(body: &Bytes, time: Duration) -> VecDeque<Step> {
    let size = body.len().div_ceil(PIECES as usize).max(1);
    let pieces = (0..body.len()).step_by(size).map(|at| body.slice(at..body.len().min(at + size)));
    pieces.flat_map(|piece| [Step::Wait(time / PIECES), Step::Send(piece)]).collect()
}

/// The response with the length of its whole body, which goes out step by step.
async fn in_pieces(response: HyperResponse, plan: impl Fn(&Bytes) -> VecDeque<Step>) -> HyperResponse {
    let (mut parts, body) = response.into_parts();
    // What is there already cannot fail to come.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let steps = plan(&body);
    // A body of which nothing comes has to have been announced.
    let fails = steps.iter().any(|step| matches!(step, Step::Fail));
    let length = if fails { body.len().max(1) } else { body.len() };
    parts.headers.insert("content-length", HeaderValue::from(length));
    hyper::Response::from_parts(parts, stepwise(steps))
}

fn stepwise(steps: VecDeque<Step>) -> ReplyBody {
    let stream = futures_util::stream::unfold(steps, |mut steps| async move {
        loop {
            match steps.pop_front()? {
                Step::Send(bytes) => return Some((Ok(Frame::data(bytes)), steps)),
                Step::Wait(time) => tokio::time::sleep(time).await,
                Step::Fail => {
                    // What was sent goes out first.
                    tokio::task::yield_now().await;
                    return Some((Err(io::Error::other("a fault on purpose")), steps));
                }
            }
        }
    });
    Either::Right(UnsyncBoxBody::new(StreamBody::new(stream)))
}

/// A connection that can end with a reset instead of a farewell.
pub(super) struct Line {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Line {
    /// `reset` is asked when the connection ends.
    pub(super) fn new(stream: TcpStream, reset: Arc<AtomicBool>) -> Self {
        Self { stream, reset }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Without it the client sees an orderly end, which is a fault too.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{Ipv4Addr, TcpStream};
    use std::sync::Arc;
    use std::time::Duration;

    use crate::mock::tests::contract;
    use crate::mock::{Mock, Mount, Rules, Server, Settings};

    /// What comes of one request with this preference, and how the connection ended.
    fn ask(prefer: &str) -> (String, std::io::Result<usize>) {
        let contract = contract("things", include_str!("../tests/things.yaml"), None);
        let mock = Arc::new(Mock::new(contract, Rules::default(), Settings::repeatable(1)));
        let mounts = vec![Mount { prefix: String::new(), mock }];
        let server = Server::serve_blocking(mounts, (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let mut stream = TcpStream::connect(server.local_addr()).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
        let request =
            format!("GET /things/1 HTTP/1.1\r\nhost: h\r\nx-key: k\r\nconnection: close\r\nprefer: {prefer}\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut got = Vec::new();
        let end = stream.read_to_end(&mut got);
        (String::from_utf8_lossy(&got).into_owned(), end)
    }

    #[test]
    fn connections_end_as_they_are_told() {
        let body = "{\"id\":7,\"name\":\"lamp\"}";
        let (text, end) = ask("fault=empty-reply");
        assert!(text.is_empty() && end.is_ok_and(|count| count == 0), "{text}");
        let (text, end) = ask("fault=connection-reset");
        assert!(
            text.is_empty() && end.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset),
            "{text}"
        );
        let (text, _) = ask("fault=truncated-body");
        let length = format!("content-length: {}", body.len());
        assert!(text.contains(&length) && text.ends_with(&format!("\r\n\r\n{}", &body[..body.len() / 2])), "{text}");
        let (text, _) = ask("fault=stall:20ms");
        assert!(text.contains(&length) && text.ends_with("\r\n\r\n"), "{text}");
        let (text, end) = ask("fault=slow-drip:40ms, delay=5ms");
        assert!(end.is_ok() && text.contains(&length) && text.ends_with(body), "{text}");
    }
}
