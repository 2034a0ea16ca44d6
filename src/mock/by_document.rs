//! A mock's answers by its document alone.

use std::sync::{Mutex, PoisonError};

use super::answer::{Answer, Origin};
use super::document::{self, Documented};
use super::engine::{Asked, Mock};
use super::state::State;
use super::wish::Wish;
use super::{echo, pair, problem, refuse};
use crate::generate::derive_seed;
use crate::verdict::Finding;

impl Mock {
    pub(super) fn by_document(&self, asked: &Asked<'_>, state: &Mutex<State>) -> Answer {
        if self.is_refused(asked) {
            let accept = asked.request.headers.combined("accept");
            let met = pair::met(&self.contract, asked.operation, &asked.request, &asked.path_parameters);
            if !asked.wish.is_particular()
                && let Some(answer) = self.documented(asked).pair_of_error(accept.as_deref(), &met)
            {
                return self.of_document(asked, answer);
            }
            return self.refusal(asked, refuse::statuses(&asked.findings), &asked.findings);
        }
        let chance = if asked.wish.dynamic == Some(true) {
            let nth = state.lock().unwrap_or_else(PoisonError::into_inner).count_request(asked.digest);
            derive_seed(self.settings.seed ^ asked.digest, &nth.to_le_bytes())
        } else {
            self.settings.seed
        };
        let met = if asked.wish.is_particular() {
            Vec::new()
        } else {
            pair::met(&self.contract, asked.operation, &asked.request, &asked.path_parameters)
        };
        let accept = asked.request.headers.combined("accept");
        match self.documented(asked).valid(&asked.wish, accept.as_deref(), chance, &met) {
            Ok(mut answer) => {
                echo::path(&self.contract, asked.operation, &asked.path_parameters, &mut answer);
                self.of_document(asked, answer)
            }
            Err(refused) => self.refused(asked, refused),
        }
    }

    pub(super) fn documented<'a>(&'a self, asked: &Asked<'a>) -> Documented<'a> {
        let (contract, operation) = (&*self.contract, asked.operation);
        Documented { contract, operation, prepared: &self.prepared, seed: self.settings.seed }
    }

    /// The document's answer to a request that is refused for these reasons, else problem details.
    pub(super) fn refusal(&self, asked: &Asked<'_>, codes: &[u16], findings: &[Finding]) -> Answer {
        let accept = asked.request.headers.combined("accept");
        let mut answer = match self.documented(asked).invalid(codes, &asked.wish, accept.as_deref(), findings) {
            Ok(Some(answer)) => {
                let mut answer = self.of_document(asked, answer);
                // The document's own words may say nothing of this request.
                answer.response.headers.append(refuse::FINDINGS_HEADER, refuse::told(findings));
                answer
            }
            Ok(None) => {
                let response = problem::invalid(codes[0], findings);
                Answer { findings: asked.findings.to_vec(), ..Self::plain(asked.operation, response) }
            }
            Err(refused) => self.refused(asked, refused),
        };
        // RFC 9110, section 15.5.2: a 401 says how to authenticate.
        if answer.response.status == 401 && !answer.response.headers.contains("www-authenticate") {
            for challenge in refuse::challenges(&self.contract, asked.operation) {
                answer.response.headers.append("www-authenticate", challenge);
            }
        }
        answer
    }

    /// An answer that fails on purpose: the document's for this status, else problem details.
    pub(super) fn failing(&self, asked: &Asked<'_>, status: u16) -> Answer {
        let accept = asked.request.headers.combined("accept");
        let wish = Wish { code: Some(status), ..Wish::default() };
        match self.documented(asked).valid(&wish, accept.as_deref(), self.settings.seed, &[]) {
            Ok(answer) if answer.response.status == status => self.of_document(asked, answer),
            _ => Self::plain(asked.operation, problem::problem(status, "the mock was asked to fail")),
        }
    }

    pub(super) fn refused(&self, asked: &Asked<'_>, document::Refused(status, message): document::Refused) -> Answer {
        let mut answer = Self::plain(asked.operation, problem::problem(status, message.clone()));
        if status == 500 {
            answer.troubles.push(self.trouble(asked, None, message, Vec::new()));
        }
        answer
    }

    pub(super) fn of_document(&self, asked: &Asked<'_>, answer: document::Answer) -> Answer {
        let troubles = answer.troubles.into_iter().map(|message| self.trouble(asked, None, message, Vec::new()));
        Answer {
            origin: Origin::Document,
            findings: asked.findings.to_vec(),
            troubles: troubles.collect(),
            ..Self::plain(asked.operation, answer.response)
        }
    }
}
