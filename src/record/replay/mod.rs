//! Recordings as a mock: a request is answered as it was when it was recorded.

mod difference;
mod matcher;

use std::sync::Arc;

use serde_json::{Value, json};

pub use matcher::{Miss, Near, Replay};

use super::contracts::{Contracts, path};
use super::proxy::{Answered, Front};
use crate::exchange::{Headers, Request, Response};
use crate::mock::Mock;

/// What becomes of a request that no recording answers.
#[derive(Clone)]
pub enum Fallback {
    /// It is explained: 404, problem details (RFC 9457).
    Explain,
    /// The contract's mock answers, in the order of the contracts.
    Contract(Vec<Arc<Mock>>),
    /// It is sent on.
    Upstream,
}

/// Answers by recordings first.
pub struct ReplayFront {
    replay: Replay,
    contracts: Contracts,
    fallback: Fallback,
}

impl ReplayFront {
    /// Answers by these recordings.
    pub fn new(replay: Replay, contracts: Contracts, fallback: Fallback) -> Self {
        Self { replay, contracts, fallback }
    }

    fn by_contract(&self, mocks: &[Arc<Mock>], request: &Request, target: &str) -> Option<Response> {
        let belongs = self.contracts.find(&request.method, target)?;
        let index = self.contracts.iter().position(|contract| Arc::ptr_eq(contract, belongs.contract))?;
        Some(mocks.get(index)?.answer(request.clone(), path(belongs.target)).response)
    }
}

impl Front for ReplayFront {
    fn answer(&self, request: &Request, target: &str) -> Option<(Response, Answered)> {
        let miss = match self.replay.answer(request, target) {
            Ok((response, name)) => return Some((response, Answered::Recording(name))),
            Err(miss) => miss,
        };
        match &self.fallback {
            Fallback::Explain => Some((explained(&miss), Answered::Refused)),
            Fallback::Contract(mocks) => {
                let answer = self.by_contract(mocks, request, target);
                answer
                    .map(|response| (response, Answered::Contract))
                    .or_else(|| Some((explained(&miss), Answered::Refused)))
            }
            Fallback::Upstream => None,
        }
    }
}

/// Why no recording answers: the nearest one and what differs.
fn explained(miss: &Miss) -> Response {
    let mut body = json!({
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": miss.to_string(),
    });
    if let Some(near) = &miss.nearest {
        body["nearest"] = json!({"case": near.case, "place": near.place.to_string()});
        body["differences"] = near.differences.iter().map(|text| Value::from(text.as_str())).collect();
    }
    let headers = Headers::from_iter([("content-type", "application/problem+json")]);
    Response { status: 404, headers, body: body.to_string().into() }
}
