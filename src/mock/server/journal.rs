//! The exchanges that a server had: the last ones in a ring, all of them counted.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::broadcast;

use crate::contract::Contract;
use crate::exchange::{Request, Response};
use crate::generate::derive_seed;
use crate::mock::{Answer, Origin, Trouble};
use crate::verdict::{CheckId, Finding, Totals, Undecided};

/// What of the past is kept.
#[derive(Clone, Copy, Debug)]
pub struct History {
    /// The most exchanges.
    pub exchanges: usize,
    /// The most bytes of their bodies and header fields together.
    pub bytes: usize,
}

impl Default for History {
    fn default() -> Self {
        Self { exchanges: 1_000, bytes: 32 << 20 }
    }
}

/// An exchange that a mock had with a client, judged.
#[derive(Debug)]
pub struct Exchanged {
    /// 1 for the first.
    pub number: u64,
    /// The client's own `X-Request-Id`, else one that was made for it.
    pub request_id: String,
    /// When the request was there.
    pub at: Timestamp,
    /// From then to the response.
    pub elapsed: Duration,
    /// By which it was answered; `None` where nothing is mounted at the path.
    pub contract: Option<Arc<Contract>>,
    /// So many bytes of the request's path are the mount's prefix.
    pub prefix: usize,
    /// The request, its content codings undone.
    pub request: Arc<Request>,
    /// The response.
    pub response: Response,
    /// The operation that the request leads to, by its id.
    pub operation: Option<String>,
    /// Where the response comes from.
    pub origin: Origin,
    /// What is wrong with the request.
    pub findings: Vec<Finding>,
    /// What of the request could not be judged.
    pub undecided: Vec<Undecided>,
    /// What is wrong with the mock.
    pub troubles: Vec<Trouble>,
    /// Why the request could not be read, where it could not.
    pub error: Option<String>,
}

impl Exchanged {
    /// The request's path below the mount's prefix.
    pub fn path(&self) -> &str {
        match self.request.path().get(self.prefix..) {
            Some(path) if !path.is_empty() => path,
            _ => "/",
        }
    }

    /// What the client's half comes to, in a word.
    pub fn word(&self) -> &'static str {
        if self.error.is_some() {
            "failed"
        } else if !self.findings.is_empty() {
            "broken"
        } else if !self.undecided.is_empty() {
            "undecided"
        } else {
            "kept"
        }
    }

    fn size(&self) -> usize {
        let fields = |headers: &crate::exchange::Headers| {
            headers.raw().map(|(name, value)| name.len() + value.len() + 48).sum::<usize>()
        };
        let request = self.request.url.len() + self.request.body.len() + fields(&self.request.headers);
        request + self.response.body.len() + fields(&self.response.headers) + self.findings.len() * 512 + 512
    }
}

/// What an exchange is made of, before it has a number.
pub(super) struct Happened {
    pub(super) request_id: String,
    pub(super) at: Timestamp,
    pub(super) elapsed: Duration,
    pub(super) contract: Option<Arc<Contract>>,
    pub(super) prefix: usize,
    pub(super) request: Arc<Request>,
    pub(super) answer: Answer,
    pub(super) error: Option<String>,
}

/// The past of a server.
pub(super) struct Journal {
    history: History,
    past: Mutex<Past>,
    news: broadcast::Sender<Arc<Exchanged>>,
    /// What ids of requests are made of.
    seed: u64,
    ids: AtomicU64,
}

#[derive(Default)]
pub(super) struct Past {
    pub(super) ring: VecDeque<Arc<Exchanged>>,
    bytes: usize,
    /// The number of the last exchange.
    pub(super) last: u64,
    /// By contract.
    pub(super) counts: HashMap<String, Counts>,
    /// How often each check found something.
    pub(super) findings: HashMap<CheckId, u64>,
    pub(super) times: Times,
    /// How all came out, also those that were cleared.
    pub(super) totals: Totals,
}

/// What became of the requests to one contract.
#[derive(Default)]
pub(super) struct Counts {
    /// By operation; an empty name is no operation.
    pub(super) operations: HashMap<String, Vec<Count>>,
}

/// Exchanges that are alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub(super) status: u16,
    pub(super) verdict: &'static str,
    pub(super) exchanges: u64,
}

/// How long answers took, as a histogram.
#[derive(Default)]
pub(super) struct Times {
    /// Exchanges that took no longer than the bound at the same index, and longer than the one before.
    pub(super) buckets: [u64; BOUNDS.len()],
    pub(super) sum: Duration,
    pub(super) count: u64,
}

/// Upper bounds of the histogram, in microseconds.
pub(super) const BOUNDS: [u64; 10] = [50, 100, 250, 500, 1_000, 2_500, 5_000, 25_000, 100_000, 1_000_000];

impl Times {
    fn add(&mut self, elapsed: Duration) {
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = BOUNDS.iter().position(|bound| micros <= *bound) {
            self.buckets[bucket] += 1;
        }
        self.sum += elapsed;
        self.count += 1;
    }
}

/// How many exchanges may wait for a slow reader of the news.
const WAITING: usize = 256;

impl Journal {
    /// Ids of requests differ from those of journals with another seed.
    pub(super) fn new(history: History, seed: u64) -> Self {
        let news = broadcast::channel(WAITING).0;
        Self { history, past: Mutex::default(), news, seed, ids: AtomicU64::new(0) }
    }

    /// An id for a request that has none.
    pub(super) fn next_id(&self) -> String {
        let nth = self.ids.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}", derive_seed(self.seed, &nth.to_le_bytes()))
    }

    /// Enters an exchange.
    pub(super) fn enter(&self, happened: Happened) -> Arc<Exchanged> {
        let Happened { request_id, at, elapsed, contract, prefix, request, answer, error } = happened;
        let Answer { response, origin, operation, findings, undecided, troubles, .. } = answer;
        let mut exchanged = Exchanged {
            number: 0,
            request_id,
            at,
            elapsed,
            contract,
            prefix,
            request,
            response,
            operation,
            origin,
            findings,
            undecided,
            troubles,
            error,
        };
        let size = exchanged.size();
        let mut gone = Vec::new();
        let exchanged = {
            let mut past = self.past();
            past.last += 1;
            exchanged.number = past.last;
            past.count(&exchanged);
            let exchanged = Arc::new(exchanged);
            past.ring.push_back(Arc::clone(&exchanged));
            past.bytes += size;
            while past.ring.len() > self.history.exchanges || past.bytes > self.history.bytes {
                let Some(oldest) = past.ring.pop_front() else { break };
                past.bytes -= oldest.size();
                gone.push(oldest);
            }
            exchanged
        };
        // What is forgotten is freed without holding up the others.
        drop(gone);
        if self.news.receiver_count() > 0 {
            // Nobody listens any more: no matter.
            let _ = self.news.send(Arc::clone(&exchanged));
        }
        exchanged
    }

    pub(super) fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every exchange from now on.
    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<Exchanged>> {
        self.news.subscribe()
    }

    /// How many listen.
    pub(super) fn listeners(&self) -> usize {
        self.news.receiver_count()
    }

    /// The exchanges that are kept, oldest first.
    pub(super) fn kept(&self) -> Vec<Arc<Exchanged>> {
        self.past().ring.iter().cloned().collect()
    }

    /// The exchange of this number, where it is kept.
    pub(super) fn get(&self, number: u64) -> Option<Arc<Exchanged>> {
        let past = self.past();
        let first = past.ring.front()?.number;
        let index = usize::try_from(number.checked_sub(first)?).ok()?;
        past.ring.get(index).cloned()
    }

    /// Forgets everything but the numbers.
    pub(super) fn clear(&self) {
        let mut past = self.past();
        let (last, totals) = (past.last, past.totals);
        *past = Past { last, totals, ..Past::default() };
    }
}

impl Past {
    fn count(&mut self, exchanged: &Exchanged) {
        let contract = exchanged.contract.as_ref().map_or("", |contract| contract.name());
        let counts = entry(&mut self.counts, contract);
        let counts = entry(&mut counts.operations, exchanged.operation.as_deref().unwrap_or_default());
        let (status, verdict) = (exchanged.response.status, exchanged.word());
        match counts.iter_mut().find(|known| known.status == status && known.verdict == verdict) {
            Some(known) => known.exchanges += 1,
            None => counts.push(Count { status, verdict, exchanges: 1 }),
        }
        for finding in &exchanged.findings {
            *self.findings.entry(finding.check.clone()).or_default() += 1;
        }
        self.times.add(exchanged.elapsed);
        match verdict {
            "kept" => self.totals.kept += 1,
            "broken" => self.totals.broken += 1,
            "undecided" => self.totals.undecided += 1,
            _ => self.totals.failed += 1,
        }
    }
}

/// The value at `name`, which is only copied where it is new.
fn entry<'m, V: Default>(map: &'m mut HashMap<String, V>, name: &str) -> &'m mut V {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), V::default());
    }
    map.get_mut(name).expect("it was put there")
}
