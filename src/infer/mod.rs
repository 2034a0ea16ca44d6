//! An OpenAPI document from traffic.
//!
//! [`Infer`] takes exchanges one by one and keeps what they have in common, not the exchanges; its
//! [`document`](Infer::document) accepts all traffic that it was made of. What it says follows from what was
//! seen: a property is required where it was always there, an enumeration is said only where few short values
//! were seen often, and examples hold no secrets. [`overlay`](overlay::Findings) compares traffic with a
//! contract instead, and proposes what to add to it.

mod document;
mod observed;
mod overlay;
mod path;
mod recursion;
mod shape;
#[cfg(test)]
mod tests;
mod variants;

use std::collections::BTreeMap;

pub use overlay::Findings;

use crate::exchange::{MediaType, Request};
use crate::traffic::{Credentials, Entry, NO_HOST};
use observed::Observed;
use path::Path;

/// The most different paths of a method that are told apart before their last places are taken for one.
const MOST_PATHS: usize = 5_000;

/// Which host, by scheme and authority: `https://api.example.com`.
type Origin = String;

/// Takes traffic and infers what contract it keeps.
#[derive(Debug)]
pub struct Infer {
    origins: BTreeMap<Origin, BTreeMap<(Path, String), Observed>>,
    left_out: BTreeMap<&'static str, usize>,
    credentials: Credentials,
    taken: usize,
}

impl Default for Infer {
    fn default() -> Self {
        let credentials = Credentials::new([], Vec::new());
        Self { origins: BTreeMap::new(), left_out: BTreeMap::new(), credentials, taken: 0 }
    }
}

/// An inferred document, and what it does not speak of.
#[derive(Clone, Debug, PartialEq)]
pub struct Inferred {
    /// The OpenAPI 3.1 document.
    pub document: serde_json::Value,
    /// How many exchanges it rests on.
    pub exchanges: usize,
    /// What was left out: why, and how many exchanges.
    pub left_out: BTreeMap<String, usize>,
}

impl Infer {
    /// Takes in an exchange.
    pub fn add(&mut self, entry: &Entry) {
        let request = &entry.request;
        if let Some(why) = no_call(entry) {
            *self.left_out.entry(why).or_default() += 1;
            return;
        }
        self.taken += 1;
        self.credentials.learn(request, entry.response.as_ref().ok());
        let paths = self.origins.entry(origin(&request.url)).or_default();
        let mut segments = path::segments(request.path());
        let full = paths.len() >= MOST_PATHS && !paths.contains_key(&(segments.clone(), request.method.clone()));
        if let Some(last) = segments.last_mut().filter(|_| full) {
            *last = path::Segment::Parameter;
        }
        let observed = paths.entry((segments, request.method.to_ascii_uppercase())).or_default();
        observed.take(entry, &self.credentials);
    }

    /// What was not taken in, and how often.
    pub fn left_out(&self) -> &BTreeMap<&'static str, usize> {
        &self.left_out
    }

    /// The contract that the traffic to these hosts (`api.example.com`, `localhost:8080`) keeps; without any,
    /// the traffic to the host that was asked most. `None` where there is none.
    pub fn document(&self, hosts: &[String], title: Option<&str>) -> Option<Inferred> {
        let seen = |paths: &BTreeMap<(Path, String), Observed>| paths.values().map(|one| one.seen).sum::<usize>();
        let busiest = self.origins.iter().max_by_key(|(origin, paths)| (seen(paths), std::cmp::Reverse(*origin)));
        let wanted = |origin: &str| match busiest {
            Some((busiest, _)) if hosts.is_empty() => busiest == origin,
            _ => hosts.iter().any(|host| authority(origin) == host || origin == host.trim_end_matches('/')),
        };
        let mut left_out: BTreeMap<String, usize> =
            self.left_out.iter().map(|(why, count)| ((*why).to_owned(), *count)).collect();
        let (mut all, mut origins) = (BTreeMap::new(), Vec::new());
        let mut exchanges = 0;
        for (origin, paths) in &self.origins {
            if !wanted(origin) {
                left_out.insert(format!("sent to {}", authority(origin)), seen(paths));
                continue;
            }
            exchanges += seen(paths);
            origins.push(origin.clone());
            for (key, observed) in paths {
                let known: &mut Observed = all.entry(key.clone()).or_default();
                known.merge(observed.clone());
            }
        }
        if all.is_empty() {
            return None;
        }
        let made = document::Draft { origins, title, operations: all }.build();
        left_out.extend(made.left_out.into_iter().map(|(why, count)| (why.to_owned(), count)));
        Some(Inferred { document: made.document, exchanges, left_out })
    }
}

/// Scheme and authority; nothing where the file does not tell the host.
fn origin(url: &str) -> Origin {
    let Some((scheme, rest)) = url.split_once("://") else { return String::new() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_ascii_lowercase();
    if host == NO_HOST || host.ends_with(".invalid") { String::new() } else { format!("{scheme}://{host}") }
}

fn authority(origin: &str) -> &str {
    match origin.split_once("://") {
        Some((_, authority)) => authority,
        None => "an unknown host",
    }
}

/// Why an exchange is no call of an API.
fn no_call(entry: &Entry) -> Option<&'static str> {
    let request = &entry.request;
    let preflight = request.method == "OPTIONS" && request.headers.contains("access-control-request-method");
    if preflight {
        return Some("CORS preflights");
    }
    let response = entry.response.as_ref().ok();
    if response.is_none() {
        return Some("without a response");
    }
    let media = response.and_then(crate::exchange::Response::media_type);
    let asset = media.as_ref().is_some_and(is_asset) || media.is_none() && ends_like_asset(request);
    (request.method == "GET" && asset).then_some("pages, scripts, images and the like")
}

fn is_asset(media: &MediaType) -> bool {
    let text = media.to_string().to_ascii_lowercase();
    let parts = ["text/html", "text/css", "javascript", "image/", "font", "video/", "audio/", "wasm", "manifest+json"];
    parts.iter().any(|part| text.contains(part))
}

fn ends_like_asset(request: &Request) -> bool {
    let ending = request.path().rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let endings =
        ["html", "css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "woff", "woff2", "ttf"];
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}
