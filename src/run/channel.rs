//! The way to a contract's target: paced, and given up when the target is not there at all.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::pace::Pace;
use super::{Rate, Target};
use crate::exchange::{Exchange, Request};
use crate::transport::{Client, TransportError};

/// Where the requests of one contract go. Cases share it.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) target: Target,
    client: Client,
    pace: Option<Pace>,
    contact: Contact,
    throttled: AtomicUsize,
    /// Until when the server asked everybody to wait.
    not_before: watch::Sender<Option<Instant>>,
    /// How many requests in a row could not reach the target.
    misses: AtomicUsize,
    base_path: String,
}

impl Channel {
    pub(super) fn new(target: Target, client: Client, rate: Option<Rate>) -> Self {
        let base = target.base_url();
        let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
        let base_path = rest.find('/').map_or("", |at| &rest[at..]).to_owned();
        let (pace, contact) = (rate.map(Pace::new), Contact::new());
        Self {
            target,
            client,
            pace,
            contact,
            throttled: AtomicUsize::new(0),
            not_before: watch::Sender::new(None),
            misses: AtomicUsize::new(0),
            base_path,
        }
    }

    /// The path of the base URL, without a slash at its end.
    pub(super) fn base_path(&self) -> &str {
        &self.base_path
    }

    /// How long a request may take where the step says nothing else.
    pub(super) fn total(&self) -> Duration {
        self.client.settings().timeouts.total
    }

    /// Sends in turn. The error is ready to be shown but for secrets.
    pub(super) async fn send(&self, request: &Request, total: Duration) -> Result<Exchange, String> {
        let wait = self.client.settings().timeouts.connect;
        self.contact.may_send(wait).await?;
        loop {
            let not_before = *self.not_before.borrow();
            match not_before {
                Some(until) if until > Instant::now() => sleep_until(until).await,
                _ => break,
            }
        }
        if let Some(pace) = &self.pace {
            pace.turn().await;
        }
        let result = self.client.send_within(request, total).await;
        self.contact.learn(&result);
        self.notice(&result);
        result.map_err(|error| error.to_string())
    }

    /// Why the target could not be reached at all.
    pub(super) fn unreachable(&self) -> Option<&str> {
        self.contact.known.get()?.as_ref().err().map(String::as_str)
    }

    /// Notes that a request will be sent again because the server asked for it.
    pub(super) fn throttle(&self, wait: Duration) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
        let until = Instant::now() + wait;
        self.not_before.send_if_modified(|not_before| {
            let later = not_before.is_none_or(|known| known < until);
            if later {
                *not_before = Some(until);
            }
            later
        });
    }

    fn notice(&self, result: &Result<Exchange, TransportError>) {
        match result {
            Err(error) if error.is_unreachable() => {
                self.misses.fetch_add(1, Ordering::Relaxed);
            }
            _ => self.misses.store(0, Ordering::Relaxed),
        }
    }

    /// Whether a target that was there is gone: several requests in a row could not reach it.
    pub(super) fn is_lost(&self) -> bool {
        const IN_A_ROW: usize = 5;
        self.misses.load(Ordering::Relaxed) >= IN_A_ROW && self.unreachable().is_none()
    }

    pub(super) fn throttled(&self) -> usize {
        self.throttled.load(Ordering::Relaxed)
    }
}

/// What is known of a target. The first request finds out; the others wait for it, so that a
/// target that is down costs one time-out and not one for each case.
#[derive(Debug)]
struct Contact {
    known: OnceLock<Result<(), String>>,
    tried: AtomicBool,
    settled: watch::Sender<bool>,
}

impl Contact {
    fn new() -> Self {
        Self { known: OnceLock::new(), tried: AtomicBool::new(false), settled: watch::Sender::new(false) }
    }

    /// Waits for the first contact, but not longer than connecting may take: it may be a slow answer.
    async fn may_send(&self, wait: Duration) -> Result<(), String> {
        if self.known.get().is_none() && self.tried.swap(true, Ordering::AcqRel) {
            let mut settled = self.settled.subscribe();
            timeout(wait, settled.wait_for(|settled| *settled)).await.ok();
        }
        self.known.get().cloned().unwrap_or(Ok(()))
    }

    fn learn(&self, result: &Result<Exchange, TransportError>) {
        if self.known.get().is_some() {
            return;
        }
        let known = match result {
            Err(error) if error.is_unreachable() => Err(error.to_string()),
            // A request that cannot be sent says nothing of the target.
            Err(TransportError::InvalidRequest { .. }) => {
                self.tried.store(false, Ordering::Release);
                return;
            }
            _ => Ok(()),
        };
        // Whoever was first to know has the last word.
        self.known.set(known).ok();
        self.settled.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use tokio::task::JoinSet;

    use super::*;
    use crate::exchange::Headers;
    use crate::transport::Settings;
    use crate::transport::peer::{Peer, Reply, response};

    fn channel(url: &str, rate: Option<&str>) -> Channel {
        let client = Client::new(Settings::default()).expect("usable settings");
        let rate = rate.map(|text| text.parse().expect("a rate"));
        Channel::new(Target::Live { base_url: url.to_owned() }, client, rate)
    }

    fn get(url: &str) -> Request {
        Request { method: "GET".into(), url: url.into(), headers: Headers::new(), body: Bytes::new() }
    }

    fn closed_port() -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        format!("http://{}", listener.local_addr().expect("it is bound"))
    }

    #[tokio::test]
    async fn a_target_that_is_down_is_tried_once() {
        let url = closed_port();
        let channel = Arc::new(channel(&url, None));
        let mut all = JoinSet::new();
        for _ in 0..50 {
            let (channel, request) = (Arc::clone(&channel), get(&url));
            all.spawn(async move { channel.send(&request, Duration::from_secs(5)).await });
        }
        let errors: Vec<String> = all.join_all().await.into_iter().map(|result| result.expect_err("down")).collect();
        assert!(errors.windows(2).all(|pair| pair[0] == pair[1]), "{errors:?}");
        // A server that comes up later changes nothing: the run's cases agree.
        let listener = std::net::TcpListener::bind(url.trim_start_matches("http://")).expect("still free");
        assert_eq!(channel.send(&get(&url), Duration::from_secs(5)).await, Err(errors[0].clone()));
        assert_eq!(channel.unreachable(), Some(errors[0].as_str()));
        drop(listener);
    }

    #[tokio::test]
    async fn a_target_that_goes_down_later_is_tried_again() {
        let peer = Peer::sending(response(200, "", "")).await;
        let channel = channel(&peer.url, None);
        let url = peer.url.clone();
        channel.send(&get(&url), Duration::from_secs(5)).await.expect("a response");
        drop(peer);
        channel.send(&get(&closed_port()), Duration::from_secs(5)).await.expect_err("down");
        assert_eq!(channel.unreachable(), None);
    }

    #[tokio::test]
    async fn whoever_is_asked_to_wait_waits_for_all() {
        let peer = Peer::sending(response(200, "", "")).await;
        let channel = channel(&peer.url, None);
        let wait = Duration::from_millis(80);
        let asked = Instant::now();
        channel.throttle(wait);
        channel.throttle(Duration::ZERO);
        channel.send(&get(&peer.url), Duration::from_secs(5)).await.expect("a response");
        assert!(asked.elapsed() >= wait, "another request of the contract waits too, for the longest");
    }

    #[tokio::test]
    async fn a_request_that_cannot_be_sent_says_nothing_of_the_target() {
        let peer = Peer::start(|_, _| Reply::Close(response(200, "", ""))).await;
        let channel = channel(&peer.url, None);
        let invalid = Request { method: "G T".into(), ..get(&peer.url) };
        channel.send(&invalid, Duration::from_secs(5)).await.expect_err("no method");
        channel.send(&get(&peer.url), Duration::from_secs(5)).await.expect("a response");
    }
}
