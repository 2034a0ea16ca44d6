//! What a client may take of the server.

use std::time::Duration;

/// Bounds of a server. A client that exceeds one is refused or cut off; the others do not notice.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest request body in bytes, content codings undone; a larger one is a 413.
    pub body: usize,
    /// The most bytes of a request's start line and header fields; more are a 431.
    pub head: usize,
    /// The most header fields of a request.
    pub headers: usize,
    /// The longest that a client may take for its header fields, and be silent on HTTP/2.
    pub head_time: Duration,
    /// The longest that a client may take for its body; then it gets a 408.
    pub body_time: Duration,
    /// The most connections at a time. With one more, that which has kept the server waiting for
    /// longest is closed.
    pub connections: usize,
    /// The most requests at a time on one HTTP/2 connection.
    pub streams: u32,
    /// How long open requests have when the server stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 10 << 20,
            head: 64 << 10,
            headers: 100,
            head_time: Duration::from_secs(20),
            body_time: Duration::from_secs(30),
            connections: 1_024,
            streams: 100,
            drain: Duration::from_secs(2),
        }
    }
}
