//! Documents at http(s) URLs: fetched from the hosts that were allowed, within bounds.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::runtime::Runtime;
use url::Url;

use super::calls::AllowedHosts;
use super::files::decode;
use crate::contract::Unfetched;
use crate::exchange::{Exchange, Request, Response};
use crate::source::{Diagnostic, Source};
use crate::traffic::Credentials;
use crate::transport::{Client, Connections, Proxy, Settings, Timeouts, Tls, TransportError};

/// The longest that one document may take.
const LONGEST: Duration = Duration::from_secs(30);
/// The longest that all documents of one contract may take.
const LONGEST_IN_ALL: Duration = Duration::from_secs(120);
/// The largest document, in bytes.
const LARGEST: usize = 64 << 20;
/// The most bytes of all documents of one contract.
const LARGEST_IN_ALL: usize = 256 << 20;
/// How many redirects are followed.
const REDIRECTS: usize = 10;
/// What is asked for: documents as they are registered (RFC 9512, RFC 8259) and as they are served.
const ACCEPT: &str =
    "application/openapi+json, application/openapi+yaml, application/json, application/yaml, */*;q=0.5";

/// How documents are fetched, and from where. The default fetches only what a user names, through no proxy.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Hosts that documents may refer to.
    pub hosts: AllowedHosts,
    /// Through which proxy.
    pub proxy: Proxy,
    /// Whom to trust besides the system's authorities.
    pub tls: Tls,
}

/// The URL that a user named instead of a path.
pub(super) fn url_of(path: &Path) -> Option<Url> {
    let text = path.to_str()?;
    let scheme = text.split_once("://")?.0;
    let is_web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    is_web.then(|| Url::parse(text).ok()).flatten()
}

/// Whether a user's word is meant as a URL, of whatever scheme and however broken.
pub(super) fn is_meant_as_url(word: &str) -> bool {
    let scheme = word.split_once("://").map_or("", |(scheme, _)| scheme);
    !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// What a contract is called whose document is at this URL: the last part of the path that is a name.
pub(super) fn name_of(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut segments| segments.rfind(|segment| !segment.is_empty()));
    let stem = last.map(|last| last.split_once('.').map_or(last, |(stem, _)| stem)).filter(|stem| !stem.is_empty());
    stem.or(url.host_str()).unwrap_or("document").to_owned()
}

/// Fetches the documents of one contract.
pub(super) struct Remote {
    network: Network,
    /// Scheme, host and port of the URL that the user named.
    named: Option<url::Origin>,
    spent: Mutex<Spent>,
}

/// What was used so far, and the connections.
#[derive(Default)]
struct Spent {
    began: Option<Instant>,
    bytes: usize,
    open: Option<(Runtime, Client)>,
}

impl Drop for Spent {
    fn drop(&mut self) {
        // A runtime must not wait for its end within another one.
        if let Some((runtime, _)) = self.open.take() {
            runtime.shutdown_background();
        }
    }
}

impl Remote {
    /// For documents that other documents refer to.
    pub(super) fn new(network: &Network) -> Self {
        Self { network: network.clone(), named: None, spent: Mutex::default() }
    }

    /// For a document that the user named: that is permission for its origin.
    pub(super) fn naming(network: &Network, url: &Url) -> Self {
        Self { named: Some(url.origin()), ..Self::new(network) }
    }

    /// The document at the URL that the user named.
    pub(super) fn document(&self, url: &Url) -> Result<Source, Diagnostic> {
        self.fetch(url.as_str()).map_err(|unfetched| {
            let (Unfetched::NotAllowed(reason) | Unfetched::Failed(reason)) = unfetched;
            Diagnostic::error("not-readable", format!("{}: {reason}", shown(url)))
        })
    }

    /// The document at `url`, named by where it came from in the end.
    pub(super) fn fetch(&self, url: &str) -> Result<Source, Unfetched> {
        let failed = |reason: String| Unfetched::Failed(reason);
        let mut url = Url::parse(url).map_err(|error| failed(format!("its URL cannot be read: {error}")))?;
        let mut redirected = false;
        for _ in 0..=REDIRECTS {
            url.set_fragment(None);
            self.allows(&url, redirected)?;
            let response = self.get(&url).map_err(failed)?.response;
            if matches!(response.status, 301 | 302 | 303 | 307 | 308) {
                url = next(&url, &response).map_err(failed)?;
                redirected = true;
                continue;
            }
            let name = shown(&url);
            return text(&response).map(|text| Source::new(name, text)).map_err(|reason| {
                failed(if redirected { format!("{reason} (redirected to `{}`)", shown(&url)) } else { reason })
            });
        }
        Err(failed(format!("it redirects more than {REDIRECTS} times")))
    }

    /// Whether a document may be fetched from there.
    pub(super) fn may(&self, url: &Url) -> Result<(), Diagnostic> {
        self.allows(url, false).map_err(|refused| {
            let (Unfetched::NotAllowed(reason) | Unfetched::Failed(reason)) = refused;
            Diagnostic::error("reference-refused", format!("`{}` is not fetched: {reason}", shown(url)))
        })
    }

    fn allows(&self, url: &Url, redirected: bool) -> Result<(), Unfetched> {
        if !url.username().is_empty() || url.password().is_some() {
            let reason =
                "its URL holds a user name or password; fetch it by other means and name the file, or pipe it into `-`";
            return Err(Unfetched::NotAllowed(reason.to_owned()));
        }
        if self.named.as_ref() == Some(&url.origin()) || self.network.hosts.names(url.as_str()) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let what = if redirected { "it redirects to" } else { "it is on" };
        Err(Unfetched::NotAllowed(format!("{what} `{host}`, which is not allowed; `--allow-host {host}` allows it")))
    }

    /// One request and its answer, whatever it is. The calling thread waits, within a runtime or not.
    fn get(&self, url: &Url) -> Result<Exchange, String> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let began = *spent.began.get_or_insert_with(Instant::now);
        let left = LONGEST_IN_ALL.saturating_sub(began.elapsed()).min(LONGEST);
        if left.is_zero() {
            return Err(format!("all documents together took longer than {} s", LONGEST_IN_ALL.as_secs()));
        }
        if spent.open.is_none() {
            spent.open = Some(self.open()?);
        }
        let headers = [("accept", ACCEPT), ("accept-encoding", "gzip, deflate")].into_iter().collect();
        let request = Request { method: "GET".to_owned(), url: url.to_string(), headers, body: Bytes::new() };
        let sent = spent.open.as_ref().map(|(runtime, client)| {
            let send = || runtime.block_on(client.send_within(&request, left));
            std::thread::scope(|scope| scope.spawn(send).join())
        });
        let Some(Ok(exchange)) = sent else { return Err("the HTTP client came to a sudden end".to_owned()) };
        let exchange = exchange.map_err(|error| match error {
            TransportError::TimedOut { after, .. } => {
                format!("no whole answer came within {} s", after.as_secs().max(1))
            }
            TransportError::TooLarge { .. } => format!("it is larger than {} MiB", LARGEST >> 20),
            other => other.to_string(),
        })?;
        spent.bytes = spent.bytes.saturating_add(exchange.response.body.len());
        if spent.bytes > LARGEST_IN_ALL {
            return Err(format!("all documents together are larger than {} MiB", LARGEST_IN_ALL >> 20));
        }
        Ok(exchange)
    }

    fn open(&self) -> Result<(Runtime, Client), String> {
        let settings = Settings {
            timeouts: Timeouts { connect: Duration::from_secs(10), read: LONGEST, total: LONGEST },
            connections: Connections { redirects: 0, max_body: LARGEST, idle_per_host: 1 },
            proxy: self.network.proxy.clone(),
            tls: self.network.tls.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        Ok((runtime, Client::new(settings).map_err(|error| error.to_string())?))
    }
}

/// Where a redirect leads.
fn next(url: &Url, response: &Response) -> Result<Url, String> {
    let location = response.headers.get("location").ok_or("it redirects without saying where to (no `Location`)")?;
    let next = url.join(&location).map_err(|error| format!("it redirects to what is no URL: {error}"))?;
    match (url.scheme(), next.scheme()) {
        (_, "https") | ("http", "http") => Ok(next),
        ("https", "http") => Err("it redirects from `https:` to `http:`, which is not followed".to_owned()),
        (_, other) => Err(format!("it redirects to `{other}:`, which is not followed")),
    }
}

/// The text of the document that a server answered with.
fn text(response: &Response) -> Result<String, String> {
    let status = response.status;
    match status {
        200..=299 => {}
        401 | 403 | 407 => {
            return Err(format!(
                "the server answers {status}: it asks for a login; fetch it by other means and name the file, or pipe it into `-`"
            ));
        }
        404 | 410 => return Err(format!("the server answers {status}: there is no document at this address")),
        _ => return Err(format!("the server answers {status}")),
    }
    if response.body.is_empty() {
        return Err(format!("the server answers {status} without a body"));
    }
    let text = decode(response.body.to_vec())?;
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let says_html = response.headers.get("content-type").is_some_and(|media| media.starts_with("text/html"));
    if says_html || start.starts_with('<') {
        let reason = "the server answers with a page for people (HTML), no document; name the address of the document itself, its \"raw\" form";
        return Err(reason.to_owned());
    }
    Ok(text)
}

/// A URL as it is shown and told: values of its query that look like secrets are taken out.
fn shown(url: &Url) -> String {
    let credentials = Credentials::new([], Vec::new());
    let is_secret = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| credentials.is_secret(name));
    let mut shown = url.clone();
    if let Some(query) = url.query().filter(|query| query.split('&').any(is_secret)) {
        let masked = |pair: &str| match pair.split_once('=') {
            Some((name, _)) if is_secret(pair) => format!("{name}=***"),
            _ => pair.to_owned(),
        };
        shown.set_query(Some(&query.split('&').map(masked).collect::<Vec<_>>().join("&")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // A URL of these schemes can be without both.
        let _ = (shown.set_username(""), shown.set_password(None));
    }
    shown.into()
}
