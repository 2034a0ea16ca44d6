//! The judgement: pure functions from an operation and an exchange to findings.
//!
//! Each check is one file and one line in the list ([`all`]). The server is judged by its response
//! ([`response`]), the client by its request ([`request`]).

mod body;
mod report;
mod request_body;
mod request_content_type;
mod request_parameters;
mod request_route;
mod request_security;
mod response_body;
mod response_content_type;
mod response_headers;
mod response_status;

use std::borrow::Cow;

use crate::contract::{Contract, MediaTypeSpec, Operation, RawRoute, ResponseSpec};
use crate::exchange::{Exchange, MediaType, Request, Response};
use crate::verdict::{CheckId, Finding, Side, Undecided};

/// What a judgement came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// What was found wrong, in the order of the checks.
    pub findings: Vec<Finding>,
    /// What could not be judged, and why.
    pub undecided: Vec<Undecided>,
}

/// What a case or rule says beforehand about an exchange.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The status may be one that the contract does not document (said by the case or rule).
    pub undocumented: bool,
}

/// One check: its stable id, side, and what it says in a sentence (for docs and reports).
#[derive(Debug)]
pub struct Check {
    /// The stable name.
    pub id: CheckId,
    /// Whose half it judges.
    pub side: Side,
    /// What it says, in a sentence.
    pub says: &'static str,
    judge: Judge,
}

#[derive(Debug)]
enum Judge {
    /// Before an operation is known.
    Route(fn(&Check, &Asked<'_>, &RawRoute<'_>, &mut Judgement)),
    Request(fn(&Check, &RequestCase<'_>, &mut Judgement)),
    Response(fn(&Check, &ResponseCase<'_>, &mut Judgement)),
}

static ALL: [Check; 9] = [
    request_route::CHECK,
    request_security::CHECK,
    request_parameters::CHECK,
    request_content_type::CHECK,
    request_body::CHECK,
    response_status::CHECK,
    response_content_type::CHECK,
    response_headers::CHECK,
    response_body::CHECK,
];

/// All checks, in the order they run.
pub fn all() -> &'static [Check] {
    &ALL
}

/// A request that came in.
struct Asked<'a> {
    contract: &'a Contract,
    request: &'a Request,
    path: &'a str,
}

/// A request to a known operation.
struct RequestCase<'a> {
    contract: &'a Contract,
    operation: &'a Operation,
    request: &'a Request,
    /// Names and values of the path's parameters, percent-encoding kept.
    path_values: &'a [(String, String)],
    media: Media<'a>,
}

/// A response of a known operation.
struct ResponseCase<'a> {
    contract: &'a Contract,
    operation: &'a Operation,
    method: &'a str,
    response: &'a Response,
    options: Options,
    /// What the contract says about this status.
    described: Option<&'a ResponseSpec>,
    media: Media<'a>,
}

impl ResponseCase<'_> {
    /// Whether HTTP forbids a body here (RFC 9110, sections 6.4.1, 9.3.2 and 15).
    fn is_bodiless(&self) -> bool {
        self.method == "HEAD" || matches!(self.response.status, 100..=199 | 204 | 205 | 304)
    }
}

/// The media type of a body, and the entry of `content` it falls under.
struct Media<'a> {
    sent: Sent<'a>,
    described: Option<&'a MediaTypeSpec>,
}

/// What the `Content-Type` header says.
enum Sent<'a> {
    Nothing,
    Unreadable(String),
    Type(Cow<'a, MediaType>),
}

impl<'a> Media<'a> {
    /// The narrowest entry whose range takes in what the header says.
    fn of(header: Option<&str>, content: &'a [MediaTypeSpec]) -> Self {
        // The common case costs nothing: what is documented is sent, letter by letter.
        let literal = header.and_then(|text| content.iter().find(|entry| entry.range.is_written(text)));
        if let Some(entry) = literal {
            return Self { sent: Sent::Type(Cow::Borrowed(&entry.range)), described: Some(entry) };
        }
        let sent = match header.map(|text| (text, MediaType::parse(text))) {
            None => Sent::Nothing,
            Some((_, Ok(media))) => Sent::Type(Cow::Owned(media)),
            Some((text, Err(_))) => Sent::Unreadable(text.to_owned()),
        };
        let described = match &sent {
            Sent::Type(media) => {
                let fitting = content.iter().filter(|entry| entry.range.matches(media));
                // Of two alike the first counts.
                fitting.min_by_key(|entry| std::cmp::Reverse(entry.range.closeness(media)))
            }
            _ => None,
        };
        Self { sent, described }
    }
}

/// Judges the server's half.
pub fn response(contract: &Contract, operation: &Operation, exchange: &Exchange, options: Options) -> Judgement {
    answer(contract, operation, &exchange.request.method, &exchange.response, options)
}

/// What the contract has to say about a response to a request that leads to none of its operations:
/// nothing, so that whether it is kept is undecided; unless that is meant.
pub fn without_operation(method: &str, path: &str, options: Options) -> Judgement {
    let mut judgement = Judgement::default();
    if !options.undocumented {
        let reason = format!("the contract has no operation for `{method} {path}`, so it says nothing of the response");
        judgement.undecided.push(Undecided { check: response_status::CHECK.id, reason });
    }
    judgement
}

/// The same without a whole exchange (the mock judging its own answer).
pub fn answer(
    contract: &Contract,
    operation: &Operation,
    method: &str,
    response: &Response,
    options: Options,
) -> Judgement {
    let described = operation.response(response.status);
    let content = described.map_or(&[][..], |described| &described.content);
    let media = Media::of(response.headers.get("content-type").as_deref(), content);
    let case = ResponseCase { contract, operation, method, response, options, described, media };
    let mut judgement = Judgement::default();
    for check in &ALL {
        if let Judge::Response(judge) = check.judge {
            judge(check, &case, &mut judgement);
        }
    }
    judgement
}

/// Judges the client's half. `path` is the request's path below the base path. Unknown path or method is a finding too.
pub fn request(contract: &Contract, request: &Request, path: &str) -> Judgement {
    let mut judgement = Judgement::default();
    let route = contract.route_raw(&request.method, path);
    let asked = Asked { contract, request, path };
    for check in &ALL {
        if let Judge::Route(judge) = check.judge {
            judge(check, &asked, &route, &mut judgement);
        }
    }
    if let RawRoute::Operation { operation, values } = &route {
        judge_request(contract, operation, request, values, &mut judgement);
    }
    judgement
}

fn judge_request(
    contract: &Contract,
    operation: &Operation,
    request: &Request,
    path_values: &[(String, String)],
    judgement: &mut Judgement,
) {
    let content = operation.request_body().map_or(&[][..], |body| &body.content);
    let media = Media::of(request.headers.get("content-type").as_deref(), content);
    let case = RequestCase { contract, operation, request, path_values, media };
    for check in &ALL {
        if let Judge::Request(judge) = check.judge {
            judge(check, &case, judgement);
        }
    }
}

#[cfg(test)]
mod tests;
