//! Which contract a request belongs to: by server URL, or by path.

use std::fmt;
use std::sync::Arc;

use crate::contract::{Contract, Route};
use crate::exchange::Request;

/// How requests are matched to the servers of contracts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matching {
    /// By host and base path where a contract names the host; requests to other hosts belong to a
    /// contract if they lead to one of its operations.
    #[default]
    Auto,
    /// By host and base path alone.
    StrictHost,
    /// By base path alone, whatever the host.
    BasePath,
}

/// What requests to one server start with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Host and port in lower case, without a port that is the scheme's own; `None`: any.
    host: Option<String>,
    /// The path, without a slash at its end.
    path: String,
}

impl Base {
    /// Of a server's URL, which may be relative (OpenAPI, Server Object).
    pub fn parse(url: &str) -> Self {
        let url = url.trim();
        let path = |path: &str| path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned();
        match split(url) {
            Some((host, rest)) => Self { host: Some(host), path: path(rest) },
            None => {
                let relative = path(url.trim_start_matches('.'));
                let slash = if relative.is_empty() || relative.starts_with('/') { "" } else { "/" };
                Self { host: None, path: format!("{slash}{relative}") }
            }
        }
    }

    /// The part of `path` below this base, if it is below it.
    pub(super) fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        match path.strip_prefix(self.path.as_str())? {
            "" => Some("/"),
            rest if rest.starts_with('/') => Some(rest),
            _ => None,
        }
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.host.is_none() && self.path.is_empty() { "/" } else { &self.path };
        write!(f, "{}{path}", self.host.as_deref().unwrap_or_default())
    }
}

/// Host with port, and what follows it.
fn split(url: &str) -> Option<(String, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest[..end].rsplit_once('@').map_or(&rest[..end], |(_, host)| host).to_ascii_lowercase();
    let own = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    Some((authority.strip_suffix(own).unwrap_or(&authority).to_owned(), &rest[end..]))
}

/// The contract that a request belongs to, by its number, and the request's path below the contract's base.
pub fn place<'r>(bounds: &[Bound], matching: Matching, request: &'r Request) -> Option<(usize, &'r str)> {
    match belongs(bounds, matching, &request.method, &request.url, request.path()) {
        Belongs::To(index, path) => Some((index, path)),
        Belongs::Perhaps(..) | Belongs::Nowhere => None,
    }
}

/// The host of an absolute URL, with its port where that is not the scheme's own.
pub fn host(url: &str) -> String {
    split(url).map(|(host, _)| host).unwrap_or_default()
}

/// A contract and where its requests go.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The contract.
    pub contract: Arc<Contract>,
    /// Where requests to it go; one at least.
    pub bases: Vec<Base>,
    /// Whether the bases were given by the user, not by the document.
    pub given: bool,
}

impl Bound {
    /// With the document's own servers; without any, the server is `/` (OpenAPI, OpenAPI Object).
    pub fn new(contract: Arc<Contract>) -> Self {
        let mut bases: Vec<Base> = contract.servers().iter().map(|url| Base::parse(url)).collect();
        if bases.is_empty() {
            bases.push(Base::parse("/"));
        }
        Self { contract, bases, given: false }
    }

    /// With these servers instead of the document's.
    pub fn at(contract: Arc<Contract>, urls: &[String]) -> Self {
        Self { contract, bases: urls.iter().map(|url| Base::parse(url)).collect(), given: true }
    }
}

/// Where a request belongs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Belongs<'p> {
    /// To this contract; the path is what its templates are about.
    To(usize, &'p str),
    /// Perhaps to this one: its host is not known to be the contract's, and its path is not.
    Perhaps(usize, &'p str),
    /// To none.
    Nowhere,
}

pub(super) fn belongs<'p>(bounds: &[Bound], matching: Matching, method: &str, url: &str, path: &'p str) -> Belongs<'p> {
    let host = host(url);
    let mut best: Option<(Rank, usize, &'p str)> = None;
    for (index, bound) in bounds.iter().enumerate() {
        for base in &bound.bases {
            let Some(below) = base.below(path) else { continue };
            let same_host = base.host.as_deref().is_none_or(|known| known == host);
            let strict = bound.given || matching == Matching::StrictHost;
            if !same_host && strict && matching != Matching::BasePath {
                continue;
            }
            let certain = same_host && base.host.is_some() || matching != Matching::Auto || bound.given;
            let routes = matches!(bound.contract.route(method, below), Route::Operation { .. });
            let rank = Rank { certain: certain && same_host, routes, length: base.path.len(), sure: certain || routes };
            if best.as_ref().is_none_or(|(known, _, _)| rank > *known) {
                best = Some((rank, index, below));
            }
        }
    }
    match best {
        Some((rank, index, below)) if rank.sure => Belongs::To(index, below),
        Some((_, index, below)) => Belongs::Perhaps(index, below),
        None => Belongs::Nowhere,
    }
}

/// How well a base fits: by its host first, then by leading to an operation, then by its length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    certain: bool,
    routes: bool,
    length: usize,
    sure: bool,
}
