//! Why a request brought no exchange.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

/// An error below one of ours.
pub(super) type Cause = Box<dyn StdError + Send + Sync>;

/// What was waited for when the time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The status line and header fields.
    Response,
    /// The next part of the body.
    Body,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Response => "no response came",
            Self::Body => "the response began but did not end",
        })
    }
}

/// Why a request brought no exchange.
///
/// Messages name the origin (`http://host:port`) at most, never a path or query, which may hold secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection: the name is unknown, the port is closed, nothing answered in time.
    #[error("{origin} could not be reached: {reason}; is the server running, and is the address right?")]
    Unreachable {
        /// Scheme, host and port.
        origin: String,
        /// What happened.
        reason: String,
        /// The error below, where there is one.
        source: Option<Cause>,
    },
    /// A connection, but not the whole response in time.
    #[error(
        "{phase} from {origin} within {}; look at the server, give the step a longer `timeout`, or run with `--jobs 1` if the server takes one connection at a time",
        seconds(*after)
    )]
    TimedOut {
        /// Scheme, host and port.
        origin: String,
        /// What was waited for.
        phase: Phase,
        /// For how long.
        after: Duration,
    },
    /// The response, or what it decodes to, is larger than the bound.
    #[error("the response is larger than the bound of {}; raise the bound if such a body is right", bytes(*.limit))]
    TooLarge {
        /// The bound in bytes.
        limit: usize,
    },
    /// The connection broke, or what came is no HTTP.
    #[error("the response could not be read: {reason}")]
    Broken {
        /// What happened.
        reason: String,
        /// The error below, where there is one.
        source: Option<Cause>,
    },
    /// The body is not in the content coding that its header names (RFC 9110, section 8.4).
    #[error("the response claims `content-encoding: {coding}`, but {reason}")]
    BadEncoding {
        /// The coding as the header has it.
        coding: String,
        /// What is wrong with the body.
        reason: String,
        /// The error below, where there is one.
        source: Option<Cause>,
    },
    /// No secure connection: the certificate is not trusted, or the server speaks no TLS.
    #[error("no secure connection to {origin}: {reason}")]
    Tls {
        /// Scheme, host and port.
        origin: String,
        /// What happened, and what to do.
        reason: String,
        /// The error below.
        source: Option<Cause>,
    },
    /// The request cannot be sent as HTTP.
    #[error("the request cannot be sent: {reason}")]
    InvalidRequest {
        /// What is wrong with it.
        reason: String,
        /// The error below, where there is one.
        source: Option<Cause>,
    },
    /// The client's settings cannot be used.
    #[error("the HTTP client cannot be set up: {reason}")]
    Settings {
        /// Which setting, and what is wrong with it.
        reason: String,
        /// The error below, where there is one.
        source: Option<Cause>,
    },
}

impl TransportError {
    /// Whether the target itself could not be reached, so that other requests will fare no better.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Tls { .. })
    }

    pub(super) fn invalid(reason: impl Into<String>, source: Option<Cause>) -> Self {
        Self::InvalidRequest { reason: reason.into(), source }
    }

    pub(super) fn timed_out(origin: &str, phase: Phase, after: Duration) -> Self {
        Self::TimedOut { origin: origin.to_owned(), phase, after }
    }

    pub(super) fn no_connection_within(origin: &str, connect: Duration) -> Self {
        let reason = format!("no connection within {}", seconds(connect));
        Self::Unreachable { origin: origin.to_owned(), reason, source: None }
    }

    /// Why no plain connection could be made.
    pub(super) fn connecting(cause: Cause, origin: &str) -> Self {
        let facts = Facts::of(&*cause);
        // The resolver's error has no type of its own.
        let reason = match facts.io {
            _ if cause.to_string().contains("dns error") => "its name is not known".to_owned(),
            Some(kind) => io_reason(kind),
            None => innermost(&*cause),
        };
        Self::Unreachable { origin: origin.to_owned(), reason, source: Some(cause) }
    }

    /// The same, where it happened after the head of the response was there.
    pub(super) fn half_way(self) -> Self {
        match self {
            Self::Broken { source, .. } => {
                Self::Broken { reason: "the connection broke half-way through the body".into(), source }
            }
            other => other,
        }
    }

    /// Tells what an error of the HTTP stack means.
    pub(super) fn of(cause: Cause, origin: &str, connect_timeout: Duration) -> Self {
        let facts = Facts::of(&*cause);
        let origin = origin.to_owned();
        if let Some(reason) = facts.tls {
            return Self::Tls { origin, reason, source: Some(cause) };
        }
        if facts.connect || facts.dns {
            let reason = match (facts.dns, facts.timeout) {
                (true, _) => "its name is not known".to_owned(),
                (_, true) => format!("no connection within {}", seconds(connect_timeout)),
                _ => facts.io.map_or_else(|| innermost(&*cause), io_reason),
            };
            return Self::Unreachable { origin, reason, source: Some(cause) };
        }
        if facts.builder {
            return Self::invalid(innermost(&*cause), Some(cause));
        }
        let reason = if facts.redirect {
            "the server redirects more often than is allowed".to_owned()
        } else if facts.parse {
            format!("what the server sent is no valid HTTP ({})", innermost(&*cause))
        } else if facts.incomplete || facts.io.is_some() {
            "the server closed the connection before the response was complete".to_owned()
        } else {
            innermost(&*cause)
        };
        Self::Broken { reason, source: Some(cause) }
    }
}

/// What the chain of causes tells.
#[derive(Default)]
struct Facts {
    connect: bool,
    dns: bool,
    timeout: bool,
    builder: bool,
    redirect: bool,
    parse: bool,
    incomplete: bool,
    io: Option<io::ErrorKind>,
    tls: Option<String>,
}

impl Facts {
    fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut facts = Self::default();
        let mut next = Some(error);
        while let Some(error) = next {
            facts.look_at(error);
            // An `io::Error`'s source is that of the error within it, not that error itself.
            next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        facts
    }

    fn look_at(&mut self, error: &(dyn StdError + 'static)) {
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            self.connect |= error.is_connect();
            self.dns |= error.is_dns();
            self.timeout |= error.is_timeout();
            self.builder |= error.is_builder();
            self.redirect |= error.is_redirect();
        } else if let Some(error) = error.downcast_ref::<hyper::Error>() {
            self.parse |= error.is_parse();
            self.incomplete |= error.is_incomplete_message() || error.is_closed() || error.is_canceled();
        } else if let Some(error) = error.downcast_ref::<rustls::Error>() {
            self.tls = Some(tls_reason(error));
        } else if let Some(error) = error.downcast_ref::<io::Error>() {
            self.io = Some(error.kind());
        }
    }
}

fn io_reason(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::ConnectionRefused => "the connection was refused (nothing listens there)".to_owned(),
        io::ErrorKind::ConnectionReset => "the connection was reset".to_owned(),
        io::ErrorKind::TimedOut => "nothing answered in time".to_owned(),
        other => other.to_string(),
    }
}

fn tls_reason(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(fault) => format!(
            "its certificate is not accepted ({fault}); give the certificate of its authority if it is a private one"
        ),
        rustls::Error::InvalidMessage(_) => {
            "it does not speak TLS; should the address begin with `http://`?".to_owned()
        }
        other => other.to_string(),
    }
}

pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at.to_string()
}

/// A duration as people write it: `500 ms`, `10 s`.
fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 && !duration.is_zero() {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

/// A size as people write it: `10 MiB`, `999 bytes`.
fn bytes(size: usize) -> String {
    const KIB: usize = 1024;
    const MIB: usize = KIB * KIB;
    match size {
        0 => "0 bytes".to_owned(),
        _ if size.is_multiple_of(MIB) => format!("{} MiB", size / MIB),
        _ if size.is_multiple_of(KIB) => format!("{} KiB", size / KIB),
        _ => format!("{size} bytes"),
    }
}
