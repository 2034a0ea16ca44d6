//! Load from connections of the benchmark's own, as cheap as they can be made: a client that costs
//! much would hide what the servers cost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Connections at a time, as in the comparisons with other servers.
pub(crate) const CONNECTIONS: usize = 32;

/// What came of a load.
pub(crate) struct Load {
    /// Requests a second.
    pub(crate) rate: f64,
    /// How long each request took, in seconds, the shortest first.
    times: Vec<f64>,
}

impl Load {
    /// The time that so many hundredths of the requests took no longer than.
    pub(crate) fn percentile(&self, hundredths: usize) -> f64 {
        self.times.get(self.times.len() * hundredths / 100).copied().unwrap_or_default()
    }
}

/// Sends `request` over and over for so long, on so many connections.
pub(crate) fn load(address: SocketAddr, request: &[u8], connections: usize, time: Duration) -> Load {
    let runtime = super::support::runtime();
    let request: Arc<[u8]> = request.into();
    let mut times: Vec<f64> = runtime.block_on(async {
        let end = Instant::now() + time;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..connections {
            let request = Arc::clone(&request);
            tasks.spawn(async move { ask_until(address, &request, end).await });
        }
        let mut all = Vec::new();
        while let Some(times) = tasks.join_next().await {
            all.extend(times.expect("no panic"));
        }
        all
    });
    times.sort_by(f64::total_cmp);
    let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
    Load { rate: f64::from(count) / time.as_secs_f64(), times }
}

async fn ask_until(address: SocketAddr, request: &[u8], end: Instant) -> Vec<f64> {
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("connected");
    let _ = stream.set_nodelay(true);
    let (mut times, mut buffer) = (Vec::new(), vec![0; 16 << 10]);
    while Instant::now() < end {
        let began = Instant::now();
        stream.write_all(request).await.expect("sent");
        read_answer(&mut stream, &mut buffer).await;
        times.push(began.elapsed().as_secs_f64());
    }
    times
}

/// Reads one answer to its end: all here have a `Content-Length`.
async fn read_answer(stream: &mut tokio::net::TcpStream, buffer: &mut [u8]) {
    let (mut have, mut want) = (0, None);
    while want.is_none_or(|want| have < want) {
        let read = stream.read(&mut buffer[have..]).await.expect("read");
        assert!(read > 0, "the server closed");
        have += read;
        if want.is_none() {
            want = whole(&buffer[..have]);
        }
    }
    assert!(buffer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&buffer[..have]));
}

fn whole(answer: &[u8]) -> Option<usize> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?.to_ascii_lowercase();
    let (_, rest) = head.split_once("content-length: ")?;
    let length: usize = rest.split("\r\n").next()?.trim().parse().ok()?;
    Some(end + 4 + length)
}
