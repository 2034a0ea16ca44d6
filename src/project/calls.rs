//! Sending the mock's own requests: callbacks and webhooks, to hosts that are allowed, judged.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::check;
use crate::mock::{Call, Called, Caller, REFUSED};
use crate::transport::{Client, Settings, Timeouts, TransportError};

/// How many calls may wait to be sent; more are left out, and told.
const WAITING: usize = 1_024;
/// How many are sent at a time.
const AT_A_TIME: usize = 16;
/// The largest body that is read of an answer, in bytes.
const LARGEST_ANSWER: usize = 1 << 20;
/// How long a call waits, so that the answer that it follows is there first.
const AFTER_ANSWER: Duration = Duration::from_millis(20);

/// Which hosts calls may go to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// This machine, and these: `example.com`, `example.com:8080`, `*.example.com`; `*` is every host.
    pub fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self(hosts.into_iter().map(|host| host.trim().to_ascii_lowercase()).filter(|host| !host.is_empty()).collect())
    }

    /// Whether a call may go to this URL.
    pub fn allow(&self, url: &str) -> bool {
        let parsed = url::Url::parse(url).ok();
        let Some(host) = parsed.as_ref().and_then(|url| url.host_str()) else { return false };
        let address: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        let here = address.map_or(host == "localhost", |address| address.is_loopback());
        here || self.names(url)
    }

    /// Whether the host of this URL is one of those named; this machine is none of itself.
    pub fn names(&self, url: &str) -> bool {
        let Ok(url) = url::Url::parse(url) else { return false };
        let Some(host) = url.host_str().map(str::to_ascii_lowercase) else { return false };
        let port = url.port_or_known_default().unwrap_or(0);
        let named = |allowed: &String| match allowed.strip_prefix("*.") {
            Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
            None => allowed == "*" || *allowed == host || *allowed == format!("{host}:{port}"),
        };
        self.0.iter().any(named)
    }
}

/// Starts a thread that sends calls; `tell` hears what becomes of each. It ends when the caller is dropped.
///
/// # Errors
/// Where no thread is to be had.
pub fn caller(
    hosts: AllowedHosts,
    timeout: Duration,
    tell: impl Fn(Called) + Send + Sync + 'static,
) -> std::io::Result<Caller> {
    let (send, receive) = mpsc::channel::<Call>(WAITING);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let lost = Arc::new(AtomicU64::new(0));
    let (missed, allowed) = (Arc::clone(&lost), hosts.clone());
    std::thread::Builder::new()
        .name("countersign-calls".to_owned())
        .spawn(move || runtime.block_on(send_all(receive, &allowed, timeout, &missed, Arc::new(tell))))?;
    let known = hosts;
    Ok(Arc::new(move |call: Call| {
        let allowed = known.allow(&call.request.url);
        if send.try_send(call).is_err() {
            lost.fetch_add(1, Ordering::Relaxed);
            return Err("too many are waiting to be sent".to_owned());
        }
        if allowed { Ok(()) } else { Err(REFUSED.to_owned()) }
    }))
}

async fn send_all(
    mut receive: mpsc::Receiver<Call>,
    hosts: &AllowedHosts,
    timeout: Duration,
    lost: &AtomicU64,
    tell: Arc<dyn Fn(Called) + Send + Sync>,
) {
    let mut settings =
        Settings { timeouts: Timeouts { connect: timeout, read: timeout, total: timeout }, ..Settings::default() };
    settings.connections.max_body = LARGEST_ANSWER;
    // These settings hold nothing that could be wrong.
    let Ok(client) = Client::new(settings) else { return };
    let mut under_way = JoinSet::new();
    while let Some(call) = receive.recv().await {
        let left_out = lost.swap(0, Ordering::Relaxed);
        if left_out > 0 {
            tell(Called::LeftOut(left_out));
        }
        if !hosts.allow(&call.request.url) {
            tell(Called::Refused(call));
            continue;
        }
        while under_way.len() >= AT_A_TIME {
            under_way.join_next().await;
        }
        let (client, tell) = (client.clone(), Arc::clone(&tell));
        under_way.spawn(async move {
            tokio::time::sleep(AFTER_ANSWER).await;
            tell(sent(&client, call).await);
        });
        while under_way.try_join_next().is_some() {}
    }
    while under_way.join_next().await.is_some() {}
}

/// Sends a call and judges what is answered.
async fn sent(client: &Client, call: Call) -> Called {
    match client.send(&call.request).await {
        Ok(exchange) => {
            let options = check::Options::default();
            let judgement = check::response(&call.contract, &call.operation.operation, &exchange, options);
            Called::Answered { call, exchange: Box::new(exchange), judgement }
        }
        Err(error) => Called::Failed { call, reason: reason(&error) },
    }
}

/// An error with all that led to it.
fn reason(error: &TransportError) -> String {
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        reason = format!("{reason}: {inner}");
        source = inner.source();
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_unless_more_is_allowed() {
        let none = AllowedHosts::default();
        let some = AllowedHosts::new(["Hooks.example.com".into(), "*.test".into(), "10.0.0.7:8080".into()]);
        for (url, by_none, by_some) in [
            ("http://127.0.0.1:9/x", true, true),
            ("http://127.9.9.9/x", true, true),
            ("http://[::1]:9/x", true, true),
            ("https://localhost/x", true, true),
            ("http://localhost.evil.example/x", false, false),
            ("http://hooks.example.com/x", false, true),
            ("http://a.b.test/x", false, true),
            ("http://test/x", false, false),
            ("http://eviltest/x", false, false),
            ("http://10.0.0.7:8080/x", false, true),
            ("http://10.0.0.7/x", false, false),
            ("http://127.0.0.1@evil.example/x", false, false),
            ("http://0x7f.1/x", true, true),
            ("ftp:x", false, false),
            ("rubbish", false, false),
        ] {
            assert_eq!((none.allow(url), some.allow(url)), (by_none, by_some), "{url}");
        }
        assert!(AllowedHosts::new(["*".into()]).allow("http://anywhere.example/"));
    }
}
