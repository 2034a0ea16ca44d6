//! Which recording answers a request. Pure but for what was answered already.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::difference::differences;
use crate::contract::{Location, Operation};
use crate::exchange::{Exchange, Request, Response};
use crate::record::contracts::Contracts;
use crate::record::key;
use crate::record::known::KnownExchange;
use crate::record::redact::Redact;
use crate::source::Place;

/// The recordings, ready to answer.
pub struct Replay {
    contracts: Contracts,
    redact: Redact,
    episodes: Vec<Episode>,
    /// Episodes by what is asked, letter by letter and with all that varies left out.
    exact: HashMap<String, Vec<usize>>,
    loose: HashMap<String, Vec<usize>>,
    /// How often each was asked.
    asked: Mutex<HashMap<String, usize>>,
}

struct Episode {
    known: KnownExchange,
    operation: Option<String>,
}

/// A request that no recording answers.
#[derive(Clone, Debug)]
pub struct Miss {
    /// What was asked: the operation, or the method and path.
    pub asked: String,
    /// The recording that comes nearest.
    pub nearest: Option<Box<Near>>,
}

/// A recording and what differs from it.
#[derive(Clone, Debug)]
pub struct Near {
    /// The case.
    pub case: String,
    /// Where it stands.
    pub place: Place,
    /// What differs, in words.
    pub differences: Vec<String>,
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.nearest {
            None => write!(f, "there is no recording of {}", self.asked),
            Some(near) => write!(
                f,
                "no recording of {} has this request; nearest is `{}` ({}): {}",
                self.asked,
                near.case,
                near.place,
                near.differences.join("; ")
            ),
        }
    }
}

impl Replay {
    /// Of these recordings, in their order.
    pub fn new(contracts: Contracts, known: Vec<KnownExchange>) -> Self {
        let redact = Redact::new(contracts.iter().map(|contract| &**contract), Vec::new(), Vec::new());
        let mut replay = Self {
            contracts,
            redact,
            episodes: Vec::new(),
            exact: HashMap::new(),
            loose: HashMap::new(),
            asked: Mutex::default(),
        };
        for known in known {
            let target = known.exchange.request.url.clone();
            let (exact, loose) = replay.keys(&known.exchange.request, &target);
            let operation =
                replay.operation(&known.exchange.request, &target).map(|operation| operation.id().to_owned());
            let index = replay.episodes.len();
            replay.exact.entry(exact).or_default().push(index);
            replay.loose.entry(loose).or_default().push(index);
            replay.episodes.push(Episode { known, operation });
        }
        replay
    }

    /// How many recordings there are.
    pub fn len(&self) -> usize {
        self.episodes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.episodes.is_empty()
    }

    /// The recorded answer to a request with this path and query, and the case that it is from. A
    /// request that was answered differently is answered in the recorded order; the last answer stays.
    pub fn answer(&self, request: &Request, target: &str) -> Result<(Response, String), Miss> {
        let below = self.contracts.find(&request.method, target).map_or(target, |belongs| belongs.target);
        let (exact, loose) = self.keys(request, below);
        let (key, found) = match self.exact.get(&exact) {
            Some(found) => (exact, found),
            None => match self.loose.get(&loose) {
                Some(found) => (loose, found),
                None => return Err(self.miss(request, below)),
            },
        };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let count = asked.entry(key).or_default();
        let episode = &self.episodes[found[(*count).min(found.len() - 1)]];
        *count += 1;
        Ok((episode.known.exchange.response.clone(), episode.known.case.clone()))
    }

    fn operation(&self, request: &Request, target: &str) -> Option<&Operation> {
        self.contracts.find(&request.method, target)?.operation
    }

    /// What is asked: as it is, and without secrets, ids and times.
    fn keys(&self, request: &Request, target: &str) -> (String, String) {
        let mut request = request.clone();
        // The place of the server says nothing.
        target.clone_into(&mut request.url);
        let declared = self.declared(&request, target);
        let exact = format!("{} {declared}", key::literal(&request, target));
        let nothing = Response { status: 200, headers: crate::exchange::Headers::new(), body: bytes::Bytes::new() };
        let exchange = Exchange { request, response: nothing, elapsed: std::time::Duration::ZERO };
        let (redacted, placeholders) = self.redact.exchange(&exchange);
        // Who reads or removes a thing means this one; who makes one may call it anew.
        let by_path = matches!(redacted.request.method.as_str(), "GET" | "HEAD" | "DELETE" | "OPTIONS");
        let mask = |name: &str, text: &str| match name {
            _ if self.redact.is_secret_name(name) => "~".to_owned(),
            _ => key::masked(text),
        };
        let in_path = |name: &str, text: &str| if by_path { text.to_owned() } else { mask(name, text) };
        let mut loose = key::asked(&redacted.request, &redacted.request.url, &in_path, &mask);
        for placeholder in placeholders {
            loose = loose.replace(&placeholder.text, "~");
        }
        (exact, format!("{loose} {declared}"))
    }

    /// The header parameters that the operation declares.
    fn declared(&self, request: &Request, target: &str) -> String {
        let parameters = self.operation(request, target).map(Operation::parameters).unwrap_or_default();
        let headers = parameters.iter().filter(|parameter| parameter.location == Location::Header);
        let pairs = headers.filter_map(|parameter| {
            let secret = self.redact.is_secret_name(&parameter.name);
            let value = request.headers.combined(&parameter.name).filter(|_| !secret)?;
            Some(format!("{}={value}", parameter.name.to_ascii_lowercase()))
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    fn miss(&self, request: &Request, target: &str) -> Miss {
        let operation = self.operation(request, target).map(|operation| operation.id().to_owned());
        let asked = operation.as_ref().map_or_else(
            || format!("`{} {}`", request.method, key::path_of(target)),
            |operation| format!("`{operation}`"),
        );
        let same = |episode: &&Episode| match &operation {
            Some(operation) => episode.operation.as_ref() == Some(operation),
            None => episode.operation.is_none(),
        };
        let near = self.episodes.iter().filter(same).map(|episode| {
            let recorded = &episode.known.exchange.request;
            (differences(recorded, &recorded.url, request, target), episode)
        });
        let nearest = near.min_by_key(|(differences, _)| differences.len()).map(|(differences, episode)| {
            Box::new(Near {
                case: episode.known.case.clone(),
                place: episode.known.place.clone(),
                differences: shortened(differences),
            })
        });
        Miss { asked, nearest }
    }
}

/// As many as help.
fn shortened(mut differences: Vec<String>) -> Vec<String> {
    const MOST: usize = 8;
    let more = differences.len().saturating_sub(MOST);
    differences.truncate(MOST);
    if more > 0 {
        differences.push(format!("and {more} more"));
    }
    differences
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replay({} recordings)", self.episodes.len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::contract::{Alone, Contract, Parts};
    use crate::exchange::Headers;
    use crate::source::{Pointer, Source};

    const DOCUMENT: &str = r"
openapi: 3.1.0
info: { title: Shop, version: '1' }
servers: [{ url: https://shop.example/v1 }]
paths:
  /items:
    get: { operationId: listItems, parameters: [{ name: X-Tenant, in: header, schema: { type: string } }], responses: { '200': { description: all } } }
    post: { operationId: addItem, requestBody: { content: { application/json: {} } }, responses: { '201': { description: made } } }
  /items/{id}:
    get: { operationId: getItem, parameters: [{ name: id, in: path, required: true, schema: { type: string } }], responses: { '200': { description: there } } }
";

    fn request(line: &str, headers: &[(&str, &str)], body: &str) -> Request {
        let (method, url) = line.split_once(' ').expect("a method and a target");
        let headers: Headers = headers.iter().map(|(name, value)| (*name, *value)).collect();
        Request { method: method.into(), url: url.into(), headers, body: body.to_owned().into() }
    }

    fn replay(recorded: &[(Request, u16)]) -> Replay {
        let parts =
            Parts { name: "shop".into(), document: Source::new("shop.yaml", DOCUMENT), overlay: None, promises: None };
        let contract = Arc::new(Contract::load(parts, &Alone).expect("a contract").0);
        let known = recorded.iter().enumerate().map(|(at, (request, status))| KnownExchange {
            case: format!("case {at}"),
            place: Place { file: "a.yaml".into(), line: at + 1, column: 1, pointer: Pointer::root() },
            exchange: Exchange {
                request: request.clone(),
                response: Response { status: *status, headers: Headers::new(), body: bytes::Bytes::new() },
                elapsed: Duration::ZERO,
            },
            varying: None,
        });
        Replay::new(Contracts::new([contract]), known.collect())
    }

    const JSON: (&str, &str) = ("content-type", "application/json");

    #[test]
    fn a_request_is_answered_in_the_recorded_order() {
        let get = request("GET /items/7", &[], "");
        let replay = replay(&[
            (get.clone(), 200),
            (get.clone(), 404),
            (get.clone(), 200),
            (request("GET /items/8", &[], ""), 201),
        ]);
        let ask = |target: &str| {
            replay.answer(&get, target).map(|(response, _)| response.status).map_err(|miss| miss.to_string())
        };
        assert_eq!(
            [ask("/items/7"), ask("/v1/items/7"), ask("/items/7"), ask("/items/7")],
            [Ok(200), Ok(404), Ok(200), Ok(200)]
        );
        assert_eq!(ask("/items/8"), Ok(201));
    }

    #[test]
    fn what_varies_does_not_count() {
        let body = r#"{"name":"chair","ref":"123e4567-e89b-12d3-a456-426614174000","at":"2026-01-01T00:00:00Z","password":"stand-in-1"}"#;
        let other = r#"{"at": "2027-02-02T00:00:00Z", "password": "hunter2!!!", "name": "chair", "ref": "00000000-e89b-12d3-a456-426614174999"}"#;
        let replay = replay(&[
            (request("POST /items", &[JSON, ("authorization", "Bearer one-one-one")], body), 201),
            (request("POST /items", &[JSON], body), 401),
            (request("GET /items?b=2&a=1", &[("x-tenant", "x")], ""), 200),
        ]);
        let status = |request: &Request| {
            replay.answer(request, &request.url).map(|(response, _)| response.status).map_err(|miss| miss.to_string())
        };
        assert_eq!(status(&request("POST /items", &[JSON, ("authorization", "Bearer other")], other)), Ok(201));
        assert_eq!(status(&request("POST /items", &[JSON], other)), Ok(401));
        assert_eq!(status(&request("GET /items?a=1&b=2", &[("X-Tenant", "x"), ("user-agent", "y")], "")), Ok(200));
        assert!(status(&request("GET /items?a=1&b=2", &[("X-Tenant", "z")], "")).is_err());
    }

    #[test]
    fn a_request_that_was_not_recorded_is_explained() {
        let replay = replay(&[
            (request("GET /items/7", &[], ""), 200),
            (request("POST /items", &[JSON], r#"{"name":"chair","tags":["a"]}"#), 201),
        ]);
        let why = |request: &Request| replay.answer(request, &request.url).expect_err("a miss").to_string();
        assert_eq!(
            why(&request("GET /items/9", &[], "")),
            "no recording of `getItem` has this request; nearest is `case 0` (a.yaml:1:1): the path is `/items/9`, recorded `/items/7`"
        );
        let posted = why(&request("POST /items?x=1", &[JSON], r#"{"name":"table","tags":["a","b"],"more":1}"#));
        for part in [
            "the query has `x=1` besides",
            "`/name` of the body is \"table\", recorded \"chair\"",
            "`/tags/1` of the body",
            "`/more` of the body",
        ] {
            assert!(posted.contains(part), "{part}: {posted}");
        }
        assert_eq!(why(&request("GET /items", &[], "")), "there is no recording of `listItems`");
        assert_eq!(why(&request("GET /nowhere", &[], "")), "there is no recording of `GET /nowhere`");
    }
}
