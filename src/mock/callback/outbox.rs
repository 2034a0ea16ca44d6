//! What became of the mock's own requests: the last ones are kept for the admin API.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::broadcast;

use super::Call;
use crate::check::Judgement;
use crate::exchange::Exchange;

/// The most that are kept.
const MOST: usize = 200;
/// The most bytes of bodies that are kept.
const MOST_BYTES: usize = 8 << 20;
/// Why nothing is sent to hosts that are not allowed.
pub(crate) const REFUSED: &str = "the host is not allowed; `--callback-hosts` allows more";
/// How many may wait for a slow reader of the news.
const WAITING: usize = 64;

/// What became of a call.
#[derive(Clone, Debug)]
pub enum Called {
    /// It was sent and answered.
    Answered {
        /// What was sent.
        call: Call,
        /// With what came back.
        exchange: Box<Exchange>,
        /// What the contract says to that.
        judgement: Judgement,
    },
    /// It was sent and not answered.
    Failed {
        /// What was sent.
        call: Call,
        /// Why nothing came back.
        reason: String,
    },
    /// Its host is not allowed.
    Refused(Call),
    /// So many calls were left out, as too many were waiting.
    LeftOut(u64),
}

impl Called {
    /// `kept`, `broken` or `undecided` by what came back; `failed`, `refused` or `left-out` where nothing did.
    pub fn verdict(&self) -> &'static str {
        match self {
            Self::Answered { judgement, .. } if !judgement.findings.is_empty() => "broken",
            Self::Answered { judgement, .. } if !judgement.undecided.is_empty() => "undecided",
            Self::Answered { .. } => "kept",
            Self::Failed { .. } => "failed",
            Self::Refused(_) => "refused",
            Self::LeftOut(_) => "left-out",
        }
    }

    /// Whether it came out as the contract says.
    pub fn is_kept(&self) -> bool {
        self.verdict() == "kept"
    }

    /// The call, where it is one.
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Answered { call, .. } | Self::Failed { call, .. } | Self::Refused(call) => Some(call),
            Self::LeftOut(_) => None,
        }
    }

    /// Why nothing came back.
    pub fn error(&self) -> Option<String> {
        match self {
            Self::Answered { .. } => None,
            Self::Failed { reason, .. } => Some(reason.clone()),
            Self::Refused(_) => Some(REFUSED.to_owned()),
            Self::LeftOut(count) => Some(format!("{count} callbacks are not sent: too many are waiting")),
        }
    }

    fn size(&self) -> usize {
        let answered = match self {
            Self::Answered { exchange, .. } => exchange.response.body.len(),
            _ => 0,
        };
        answered + self.call().map_or(0, |call| call.request.body.len())
    }
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(call) = self.call() {
            write!(f, "{}: {} {}", call.name, call.request.method, call.request.url)?;
        }
        match self {
            Self::Answered { exchange, judgement, .. } => {
                write!(f, " {} {}", exchange.response.status, self.verdict())?;
                judgement.findings.iter().try_for_each(|finding| write!(f, "\n    {}", finding.message))
            }
            Self::Failed { reason, .. } => write!(f, " failed: {reason}"),
            Self::Refused(_) => write!(f, " is not sent: {}", self.error().unwrap_or_default()),
            Self::LeftOut(_) => f.write_str(&self.error().unwrap_or_default()),
        }
    }
}

/// A call, when it came to its end, and as the how manieth.
#[derive(Debug)]
pub(in crate::mock) struct Sent {
    pub(in crate::mock) number: u64,
    pub(in crate::mock) at: Timestamp,
    pub(in crate::mock) called: Called,
}

/// Keeps what became of the last 200 calls (8 MiB of bodies), for the admin API. Clones share what is kept.
#[derive(Clone)]
pub struct Outbox {
    past: Arc<Mutex<Past>>,
    news: broadcast::Sender<Arc<Sent>>,
}

#[derive(Default)]
struct Past {
    ring: VecDeque<Arc<Sent>>,
    bytes: usize,
    last: u64,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { past: Arc::default(), news: broadcast::channel(WAITING).0 }
    }
}

impl Outbox {
    /// Enters what became of a call, and when.
    pub fn enter(&self, called: Called, at: Timestamp) {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.last += 1;
        past.bytes += called.size();
        let sent = Arc::new(Sent { number: past.last, at, called });
        past.ring.push_back(Arc::clone(&sent));
        while past.ring.len() > MOST || past.bytes > MOST_BYTES {
            let Some(oldest) = past.ring.pop_front() else { break };
            past.bytes -= oldest.called.size();
        }
        drop(past);
        // Nobody listens: no matter.
        let _ = self.news.send(sent);
    }

    /// Those that are kept, newest first.
    pub(in crate::mock) fn kept(&self) -> Vec<Arc<Sent>> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner).ring.iter().rev().cloned().collect()
    }

    /// Every one from now on.
    pub(in crate::mock) fn listen(&self) -> broadcast::Receiver<Arc<Sent>> {
        self.news.subscribe()
    }

    /// Forgets them.
    pub(in crate::mock) fn clear(&self) {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        *past = Past { last: past.last, ..Past::default() };
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbox")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept() {
        let outbox = Outbox::default();
        for count in 0..MOST as u64 + 5 {
            outbox.enter(Called::LeftOut(count), Timestamp::UNIX_EPOCH);
        }
        let kept = outbox.kept();
        assert_eq!((kept.len(), kept[0].number, kept[MOST - 1].number), (MOST, 205, 6));
        outbox.clear();
        outbox.enter(Called::LeftOut(1), Timestamp::UNIX_EPOCH);
        assert_eq!(outbox.kept()[0].number, 206);
    }
}
