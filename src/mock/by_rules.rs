//! A mock's answers by its rules.

use std::sync::Arc;

use super::answer::{Answer, Origin};
use super::effect::Effect;
use super::engine::{Asked, Mock};
use super::evaluate::{self, Reply};
use super::problem;
use super::rules::Rule;
use super::state::State;
use super::view;
use crate::check;
use crate::contract::Operation;
use crate::exchange::{Headers, MediaType, Response};
use crate::expression::{Context, ExpressionError, Session, Var};
use crate::generate::Rng;
use crate::verdict::{CheckId, Finding, Side};

/// What a rule came to.
enum Applied {
    /// It is not for this request.
    Not,
    /// It leaves the answer to others, and does something to its way.
    Way,
    /// It answers.
    Answer(Box<Answer>),
}

impl Mock {
    pub(super) fn context(&self, asked: &Asked<'_>, nth: u64) -> Context {
        // Not the order among all requests: what runs beside this one must not change its answer.
        let id = format!("{:016x}/{nth}", asked.digest);
        let session = Session::new(self.settings.seed, &id, Arc::clone(&self.settings.clock));
        let findings = Arc::clone(&asked.findings);
        Context::new(session)
            .with("env", self.settings.environment.clone())
            .with("request", view::request(&asked.request, asked.path, &asked.path_parameters))
            .with("findings", Var::from(told(&findings)))
    }

    /// The answer of the first rule that has one, and what the rules up to it do to the answer's way.
    pub(super) fn by_rules(
        &self,
        rules: &[usize],
        asked: &Asked<'_>,
        nth: u64,
        mut context: Context,
        state: &mut State,
    ) -> (Option<Answer>, Effect) {
        let mut effect = Effect::default();
        for (name, value) in &self.rules.lets {
            match value.var(&context) {
                Ok(value) => context.set(name.clone(), value),
                Err(error) => return (Some(self.no_value(asked, None, &format!("`let: {name}`"), &error)), effect),
            }
        }
        for at in rules {
            let rule = &self.rules.list[*at];
            let mut rng = self.chance(asked, nth, &rule.name);
            match self.by_rule((*at, rule), asked, &context, state, &mut rng) {
                Ok(Applied::Not) => {}
                Ok(Applied::Way) => effect = effect.or(rule.effect.sample(&mut rng)),
                Ok(Applied::Answer(answer)) => return (Some(*answer), effect.or(rule.effect.sample(&mut rng))),
                Err(error) => return (Some(self.no_value(asked, Some(rule), "the rule", &error)), effect),
            }
        }
        (None, effect)
    }

    /// One rule, with its number.
    fn by_rule(
        &self,
        (at, rule): (usize, &Rule),
        asked: &Asked<'_>,
        context: &Context,
        state: &mut State,
        rng: &mut Rng,
    ) -> Result<Applied, ExpressionError> {
        let Some(own) = evaluate::applies(rule, context)? else { return Ok(Applied::Not) };
        if rule.chance.is_some_and(|chance| {
            f64::from(u32::try_from(rng.draw() >> 32).unwrap_or(0)) >= chance * f64::from(u32::MAX)
        }) {
            return Ok(Applied::Not);
        }
        let mut wait = None;
        if let Some(limit) = &rule.rate {
            let client = match limit.by.as_ref().map(|by| by.render_text(&own)) {
                // Those that say nothing of themselves are counted together.
                Some(Err(error)) if !error.is_undefined() => return Err(error),
                client => client.and_then(Result::ok).unwrap_or_default(),
            };
            wait = state.over((at, client), limit, (self.settings.clock)().as_millisecond());
            if wait.is_none() {
                return Ok(Applied::Not);
            }
        }
        let answer = match (evaluate::perform(rule, own, state)?, wait) {
            (Some(reply), _) => self.finish(asked, rule, reply),
            (None, Some(seconds)) => self.too_many(asked, rule, seconds),
            (None, None) => return Ok(Applied::Way),
        };
        Ok(Applied::Answer(Box::new(match wait {
            Some(seconds) => come_again(answer, seconds),
            None => answer,
        })))
    }

    /// The document's answer to too many requests, else problem details.
    fn too_many(&self, asked: &Asked<'_>, rule: &Rule, seconds: u64) -> Answer {
        let finding = Finding {
            check: CheckId::new("rate"),
            side: Side::Request,
            origin: crate::verdict::Origin::Document,
            message: format!("there were too many requests (`{}`); come again in {seconds} s", rule.name),
            expected: "fewer requests".to_owned(),
            actual: "too many".to_owned(),
            instance: None,
            schema: None,
            contract_place: None,
            case_place: None,
        };
        let answer = self.refusal(asked, &[429], &[finding]);
        Answer { origin: Origin::Rule(rule.name.clone()), ..answer }
    }

    /// A rule's answer as a response, judged by the contract.
    fn finish(&self, asked: &Asked<'_>, rule: &Rule, reply: Reply) -> Answer {
        let mut troubles = Vec::new();
        let operation = asked.operation;
        let response = match Self::response(operation, reply) {
            Ok(response) => response,
            Err(message) => {
                troubles.push(self.trouble(asked, Some(rule), message.clone(), Vec::new()));
                problem::problem(500, message)
            }
        };
        if !rule.breaks_contract && troubles.is_empty() {
            let options = check::Options { undocumented: rule.undocumented };
            let judged = check::answer(&self.contract, operation, operation.method(), &response, options);
            if let Some(first) = judged.findings.first() {
                let message = format!("the answer breaks the contract: {}", first.message);
                troubles.push(self.trouble(asked, Some(rule), message, judged.findings));
            }
        }
        Answer {
            origin: Origin::Rule(rule.name.clone()),
            findings: asked.findings.to_vec(),
            troubles,
            ..Self::plain(operation, response)
        }
    }

    /// A reply as a response: its body is JSON unless its `Content-Type` says otherwise.
    pub(super) fn response(operation: &Operation, reply: Reply) -> Result<Response, String> {
        if reply.status == 0 {
            return Err("the rule's status is no number from 200 to 599".to_owned());
        }
        let mut headers = Headers::new();
        for (name, value) in reply.headers {
            if hyper::header::HeaderValue::from_bytes(value.as_bytes()).is_err() {
                return Err(format!("the value of the header `{name}` holds what no header can"));
            }
            headers.append(name, value);
        }
        let Some(body) = reply.body else {
            return Ok(Response { status: reply.status, headers, body: bytes::Bytes::new() });
        };
        let media = headers.get("content-type").and_then(|value| MediaType::parse(&value).ok());
        let body = match (&media, body) {
            (Some(media), serde_json::Value::String(text)) if !media.is_json() => text,
            (_, body) => body.to_string(),
        };
        if media.is_none() {
            headers.append("content-type", documented_json(operation, reply.status));
        }
        Ok(Response { status: reply.status, headers, body: body.into() })
    }

    fn no_value(&self, asked: &Asked<'_>, rule: Option<&Rule>, what: &str, error: &ExpressionError) -> Answer {
        let help = error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        let message = format!("{what} has no value: {error}{help}");
        let response = problem::problem(500, message.clone());
        Answer {
            findings: asked.findings.to_vec(),
            troubles: vec![self.trouble(asked, rule, message, Vec::new())],
            ..Self::plain(asked.operation, response)
        }
    }
}

/// The answer with a word on when to come again (RFC 6585, section 4), unless it has one.
fn come_again(mut answer: Answer, seconds: u64) -> Answer {
    if !answer.response.headers.contains("retry-after") {
        answer.response.headers.append("retry-after", seconds.to_string());
    }
    answer
}

fn told(findings: &[Finding]) -> serde_json::Value {
    let told = findings.iter().map(|finding| {
        let instance = finding.instance.as_ref().map(|instance| instance.0.as_str());
        serde_json::json!({ "check": finding.check.as_str(), "message": finding.message, "instance": instance })
    });
    told.collect()
}

/// The JSON media type that the document has for this status, else `application/json`.
fn documented_json(operation: &Operation, status: u16) -> String {
    let content = operation.response(status).map_or(&[][..], |response| &response.content[..]);
    let json = content.iter().find(|media| media.range.is_json());
    json.map_or_else(|| "application/json".to_owned(), |media| media.range.to_string())
}
