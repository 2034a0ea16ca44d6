//! What a client can be told.

use std::collections::BTreeMap;
use std::time::Duration;

/// How requests are sent, grouped by concern. The default is right for most runs.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How long to wait.
    pub timeouts: Timeouts,
    /// Connections and what may come over them.
    pub connections: Connections,
    /// Through which proxy.
    pub proxy: Proxy,
    /// Whom to trust.
    pub tls: Tls,
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection (name, TCP, TLS). 10 s by default.
    pub connect: Duration,
    /// For the response's first bytes, and between two parts of its body. 30 s by default.
    pub read: Duration,
    /// From sending to the last byte, where a step says nothing else. 30 s by default.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_secs(30), total: Duration::from_secs(30) }
    }
}

/// Connections and what may come over them.
#[derive(Clone, Copy, Debug)]
pub struct Connections {
    /// How many redirects to follow; 0 (the default) means that a redirect is the response that is judged.
    pub redirects: usize,
    /// The largest body in bytes, before and after content codings are undone. 10 MiB by default.
    pub max_body: usize,
    /// How many idle connections to keep for each host: as many as there are cases side by side. 8 by default.
    pub idle_per_host: usize,
}

impl Default for Connections {
    fn default() -> Self {
        Self { redirects: 0, max_body: 10 * 1024 * 1024, idle_per_host: 8 }
    }
}

/// Through which proxy requests go. Requests to this machine never go through one.
#[derive(Clone, Debug, Default)]
pub enum Proxy {
    /// None, whatever the environment says.
    #[default]
    None,
    /// As `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` (or their lower-case forms) of this map say.
    Environment(BTreeMap<String, String>),
    /// This URL.
    Url(String),
}

/// Whom to trust. The system's authorities are always trusted.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// Further authorities, as PEM text (one or more certificates each).
    pub authorities: Vec<Vec<u8>>,
}

/// What is never sent through a proxy.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// Whether a URL's host is what is never sent through a proxy.
pub(super) fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

impl Proxy {
    /// The proxies to set, in the order they are asked; empty: none.
    pub(super) fn rules(&self) -> Result<Vec<reqwest::Proxy>, reqwest::Error> {
        let exempt = |more: &str| reqwest::NoProxy::from_string(&format!("{THIS_MACHINE},{more}"));
        match self {
            Self::None => Ok(Vec::new()),
            Self::Url(url) => Ok(vec![reqwest::Proxy::all(url)?.no_proxy(exempt(""))]),
            Self::Environment(variables) => {
                let find = |name: &str| {
                    let value = variables.get(name).or_else(|| variables.get(&name.to_ascii_lowercase()));
                    value.map(String::as_str).filter(|value| !value.is_empty())
                };
                let no_proxy = find("NO_PROXY").unwrap_or("");
                let mut rules = Vec::new();
                if let Some(url) = find("HTTP_PROXY") {
                    rules.push(reqwest::Proxy::http(url)?);
                }
                if let Some(url) = find("HTTPS_PROXY") {
                    rules.push(reqwest::Proxy::https(url)?);
                }
                if let Some(url) = find("ALL_PROXY") {
                    rules.push(reqwest::Proxy::all(url)?);
                }
                Ok(rules.into_iter().map(|rule| rule.no_proxy(exempt(no_proxy))).collect())
            }
        }
    }
}
