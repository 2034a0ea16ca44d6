//! Judging a step's expectations against an exchange.

use std::collections::BTreeMap;

use serde_json::Value;

use super::context::Scope;
use super::decode::{self, json_text};
use super::expect::{HeaderIs, Status};
use super::like::{Matcher, Varying};
use super::spot::{Placed, Spot};
use super::step::Step;
use super::subset::{Difference, differences, differences_but};
use crate::exchange::{Exchange, Response};
use crate::expression::{Context, Expression, ExpressionError, Template};
use crate::source::Pointer;
use crate::verdict::{CheckId, Finding, InstancePointer, Origin, SchemaPointer, Side, Undecided};

/// What a step's own expectations came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// Every expectation that does not hold.
    pub findings: Vec<Finding>,
    /// What could not be judged.
    pub undecided: Vec<Undecided>,
    /// What was captured.
    pub captures: BTreeMap<String, Value>,
}

const STATUS: CheckId = CheckId::new("expect-status");
const HEADER: CheckId = CheckId::new("expect-header");
const BODY: CheckId = CheckId::new("expect-body");
const RECORDED: CheckId = CheckId::new("expect-recorded");
const SCHEMA: CheckId = CheckId::new("expect-schema");
const ASSERT: CheckId = CheckId::new("expect-assert");
const MAX_TIME: CheckId = CheckId::new("expect-max-time");
const CAPTURE: CheckId = CheckId::new("capture");
const POLL: CheckId = CheckId::new("poll");

impl Step {
    /// Whether the step's poll may end: all its conditions hold. True where the step does not poll.
    ///
    /// A condition that cannot be evaluated (yet) does not hold.
    pub fn settled(&self, scope: &Scope) -> bool {
        let holds = |condition: &Placed<Expression>| condition.value.holds(&scope.context).unwrap_or(false);
        self.poll.as_ref().is_none_or(|poll| poll.until.iter().all(holds))
    }

    /// Whether the step names this status as one it expects. False where it names none.
    pub fn expects_status(&self, status: u16, scope: &Scope) -> bool {
        match self.expect.status.as_ref().map(|placed| &placed.value) {
            Some(Status::Fixed(statuses)) => decode::covers(statuses, status),
            Some(Status::Template(template)) => {
                let statuses = template.render(&scope.context).ok().and_then(|value| decode::statuses(&value).ok());
                statuses.is_some_and(|statuses| decode::covers(&statuses, status))
            }
            None => false,
        }
    }

    /// Judges the exchange that `scope` has received by what the step expects, and captures from it.
    ///
    /// Conditions of a poll that do not hold (any more) are findings too.
    pub fn judge(&self, exchange: &Exchange, scope: &mut Scope) -> Judged {
        let mut judged = Judged::default();
        let context = scope.context.clone();
        self.judge_poll(&context, &mut judged);
        self.judge_status(&exchange.response, &context, &mut judged);
        self.judge_headers(&exchange.response, &context, &mut judged);
        self.judge_body(&exchange.response, &context, &mut judged);
        self.judge_recorded(&exchange.response, &context, &mut judged);
        for assertion in &self.expect.assert {
            judged.findings.extend(condition(ASSERT, assertion, &context));
        }
        self.judge_time(exchange, &mut judged);
        for capture in &self.captures {
            match capture.take(&exchange.response, &scope.context) {
                Ok(value) => {
                    scope.capture(&capture.name, &value);
                    judged.captures.insert(capture.name.clone(), value);
                }
                Err(missed) => {
                    let message = format!(
                        "`{}` could not be captured: expected {}, found {}",
                        capture.name, missed.expected, missed.actual
                    );
                    judged.findings.push(finding(CAPTURE, &capture.spot, message, missed.expected, missed.actual));
                }
            }
        }
        judged
    }

    fn judge_poll(&self, context: &Context, judged: &mut Judged) {
        let Some(poll) = &self.poll else { return };
        for until in &poll.until {
            if let Some(found) = condition(POLL, until, context) {
                let message = format!("{} within {:?} of asking again and again", found.message, poll.within);
                judged.findings.push(Finding { message, ..found });
            }
        }
    }

    fn judge_status(&self, response: &Response, context: &Context, judged: &mut Judged) {
        let Some(Placed { value, spot }) = &self.expect.status else { return };
        let statuses = match value {
            Status::Fixed(statuses) => statuses.clone(),
            Status::Template(template) => match rendered(template, spot, context, &STATUS) {
                Ok(value) => match decode::statuses(&value) {
                    Ok(statuses) => statuses,
                    Err(wrong) => {
                        let message = format!("the expected status is `{}`, which is none", decode::show(&wrong));
                        judged.findings.push(finding(STATUS, spot, message, "a status".to_owned(), json_text(&value)));
                        return;
                    }
                },
                Err(found) => {
                    judged.findings.push(*found);
                    return;
                }
            },
        };
        if !decode::covers(&statuses, response.status) {
            let names: Vec<String> = statuses.iter().map(|status| decode::status_text(*status)).collect();
            let expected = names.join(" or ");
            let actual = response.status.to_string();
            let message = if response.status == decode::TOO_MANY_REQUESTS {
                format!("the status is {actual} (too many requests), which says nothing of this one, not {expected}")
            } else {
                format!("the status is {actual}, not {expected}")
            };
            judged.findings.push(finding(STATUS, spot, message, expected, actual));
        }
    }

    fn judge_headers(&self, response: &Response, context: &Context, judged: &mut Judged) {
        for (name, Placed { value, spot }) in &self.expect.headers {
            let actual = response.headers.combined(name);
            let expected = match value {
                HeaderIs::Exactly(template) => match rendered(template, spot, context, &HEADER) {
                    Ok(value) => {
                        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                        (actual.as_deref() != Some(text.as_str())).then(|| format!("`{text}`"))
                    }
                    Err(found) => {
                        judged.findings.push(*found);
                        None
                    }
                },
                HeaderIs::Matching(pattern) => {
                    let matching = actual.as_deref().is_some_and(|value| pattern.is_match(value));
                    (!matching).then(|| format!("something that matches `{pattern}`"))
                }
                HeaderIs::Present => actual.is_none().then(|| "a value".to_owned()),
                HeaderIs::Absent => actual.is_some().then(|| "no such field".to_owned()),
            };
            if let Some(expected) = expected {
                let actual = actual.map_or_else(|| "no such field".to_owned(), |value| format!("`{value}`"));
                let message = format!("the header field `{name}`: expected {expected}, found {actual}");
                judged.findings.push(finding(HEADER, spot, message, expected, actual));
            }
        }
    }

    fn judge_body(&self, response: &Response, context: &Context, judged: &mut Judged) {
        if self.expect.body.is_none() && self.expect.schema.is_none() {
            return;
        }
        let body = read(response);
        if let Some(Placed { value, spot }) = &self.expect.body {
            match rendered(value, spot, context, &BODY) {
                Ok(expected) => compare_body(&expected, body.as_ref(), response, spot, judged),
                Err(found) => judged.findings.push(*found),
            }
        }
        if let Some(schema) = &self.expect.schema {
            judge_schema(&schema.value, body.as_ref(), &schema.spot, judged);
        }
    }

    /// The body next to the one that was recorded.
    fn judge_recorded(&self, response: &Response, context: &Context, judged: &mut Judged) {
        let (Some(Placed { value: varying, spot }), Some(recorded)) = (&self.expect.recorded, &self.recorded) else {
            return;
        };
        match recorded.response(context) {
            Ok(recorded) => {
                let whole = Pointer::root().join("recorded").join("body");
                compare_recorded(&recorded, response, varying, [spot, &self.spot.below(&whole)], judged);
            }
            Err(error) => {
                let message = format!("the recorded response cannot be evaluated: {}", error.message);
                judged.findings.push(finding(RECORDED, spot, message, "a response".to_owned(), error.message));
            }
        }
    }

    fn judge_time(&self, exchange: &Exchange, judged: &mut Judged) {
        let Some(Placed { value: most, spot }) = &self.expect.max_time else { return };
        if exchange.elapsed > *most {
            let actual = format!("{} ms", exchange.elapsed.as_millis());
            let message = format!("the response took {actual}, more than {} ms", most.as_millis());
            judged.findings.push(finding(MAX_TIME, spot, message, format!("at most {} ms", most.as_millis()), actual));
        }
    }
}

fn finding(check: CheckId, spot: &Spot, message: String, expected: String, actual: String) -> Finding {
    Finding {
        check,
        side: Side::Response,
        origin: Origin::Case,
        message,
        expected,
        actual,
        instance: None,
        schema: None,
        contract_place: None,
        case_place: Some(spot.place()),
    }
}

/// A template of an expectation; a finding where it cannot be evaluated.
fn rendered(template: &Template, spot: &Spot, context: &Context, check: &CheckId) -> Result<Value, Box<Finding>> {
    template.render(context).map_err(|error| Box::new(not_evaluated(check.clone(), spot, &error)))
}

fn not_evaluated(check: CheckId, spot: &Spot, error: &ExpressionError) -> Finding {
    let help = error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    let message = format!("the expectation cannot be evaluated: {}{help}", error.message);
    let spot = spot.below(&error.at);
    finding(check, &spot, message, "a value".to_owned(), error.message.clone())
}

/// The finding that a condition does not hold, with the values of the paths in it.
fn condition(check: CheckId, condition: &Placed<Expression>, context: &Context) -> Option<Finding> {
    let text = condition.value.text().trim();
    match condition.value.holds(context) {
        Ok(true) => None,
        Ok(false) => {
            let actual = values(&condition.value, context);
            let because = if actual.is_empty() { String::new() } else { format!(": {actual}") };
            let message = format!("`{text}` does not hold{because}");
            Some(finding(check, &condition.spot, message, text.to_owned(), actual))
        }
        Err(error) => {
            let found = not_evaluated(check, &condition.spot, &error);
            let message = format!("`{text}` cannot be evaluated: {}", error.message);
            Some(Finding { message, expected: text.to_owned(), ..found })
        }
    }
}

/// `response.status` is 500, `n` is 3.
fn values(expression: &Expression, context: &Context) -> String {
    let mut told: Vec<&str> = Vec::new();
    let mut all = Vec::new();
    for name in expression.names() {
        if told.contains(&name.path.as_str()) {
            continue;
        }
        told.push(&name.path);
        let value = Expression::parse(&name.path).and_then(|path| path.eval(context));
        let shown = value.map_or_else(|_| "undefined".to_owned(), |value| json_text(&value));
        all.push(format!("`{}` is {shown}", name.path));
    }
    all.join(", ")
}

/// The JSON of a body.
fn read(response: &Response) -> Option<Value> {
    serde_json::from_slice(&response.body).ok()
}

/// Whether a body is text and nothing else, by its media type.
fn is_text(response: &Response) -> bool {
    response.media_type().is_some_and(|media| !media.is_json())
}

fn compare_body(expected: &Value, body: Option<&Value>, response: &Response, spot: &Spot, judged: &mut Judged) {
    let text = String::from_utf8_lossy(&response.body);
    let body = match (body, expected) {
        // A text is compared as it was sent, even if it could be read as JSON.
        (Some(_), Value::String(expected)) if is_text(response) => {
            if *expected != text {
                let (expected, actual) = (json_text(&Value::from(expected.as_str())), json_text(&Value::from(&*text)));
                let message = format!("the body is {actual}, not {expected}");
                judged.findings.push(finding(BODY, spot, message, expected, actual));
            }
            return;
        }
        (Some(body), _) => body,
        (None, _) => {
            if expected.as_str() != Some(&*text) {
                let actual = decode::show(&Value::from(&*text));
                let message = "the body is not JSON".to_owned();
                judged.findings.push(finding(BODY, spot, message, json_text(expected), actual));
            }
            return;
        }
    };
    for difference in differences(expected, body) {
        judged.findings.push(differs(BODY, &spot.below(&difference.at), difference, ""));
    }
}

fn differs(check: CheckId, spot: &Spot, difference: Difference, when: &str) -> Finding {
    let Difference { at, expected, actual } = difference;
    let what = if at.is_root() { "the body".to_owned() } else { format!("`{at}` of the body") };
    let message = format!("{what} is {actual}, not {expected}{when}");
    Finding { instance: Some(InstancePointer(at)), ..finding(check, spot, message, expected, actual) }
}

/// `spots`: that of the expectation, and that of the recorded body.
fn compare_recorded(
    recorded: &Response,
    response: &Response,
    varying: &Varying,
    spots: [&Spot; 2],
    judged: &mut Judged,
) {
    let [spot, body_spot] = spots;
    let is_json = !is_text(recorded);
    if let Some(expected) = read(recorded).filter(|_| is_json) {
        let Some(actual) = read(response) else {
            let actual = decode::show(&Value::from(&*String::from_utf8_lossy(&response.body)));
            let message = "the body is not JSON, the recorded one is".to_owned();
            judged.findings.push(finding(RECORDED, spot, message, json_text(&expected), actual));
            return;
        };
        let matchers = varying.of(&[&expected, &actual]);
        for difference in differences_but(&expected, &actual, &matchers) {
            let matched = matchers.contains_key(&difference.at);
            let spot = if matched { spot.clone() } else { body_spot.below(&difference.at) };
            judged.findings.push(differs(RECORDED, &spot, difference, if matched { "" } else { " as recorded" }));
        }
        return;
    }
    let (expected, actual) = (shown_body(recorded), shown_body(response));
    let whole = varying.of(&[&actual]).into_iter().next().map(|(_, matcher)| matcher.clone());
    let wanted = match whole {
        Some(Matcher::Any) => None,
        Some(matcher) => matcher.refuses(&actual),
        None => (recorded.body != response.body).then(|| json_text(&expected)),
    };
    if let Some(wanted) = wanted {
        let actual = json_text(&actual);
        let message = format!("the body is {actual}, not {wanted} as recorded");
        judged.findings.push(finding(RECORDED, spot, message, wanted, actual));
    }
}

/// A body that is no JSON, as a text.
fn shown_body(response: &Response) -> Value {
    match std::str::from_utf8(&response.body) {
        Ok(text) => Value::from(text),
        Err(_) => Value::from(format!("{} bytes that are no text", response.body.len())),
    }
}

fn judge_schema(schema: &crate::contract::Schema, body: Option<&Value>, spot: &Spot, judged: &mut Judged) {
    let Some(body) = body else {
        let message = "the body is not JSON, so it does not match the schema".to_owned();
        judged.findings.push(finding(SCHEMA, spot, message, "JSON".to_owned(), "something else".to_owned()));
        return;
    };
    for violation in schema.violations(body) {
        if violation.gave_up {
            judged.undecided.push(Undecided { check: SCHEMA, reason: violation.message });
            continue;
        }
        // A place in the contract is told as such; one in the case's own schema by its line.
        let (place, schema) = match violation.document {
            None => (spot.below(&violation.schema), None),
            Some(_) => (spot.clone(), Some(SchemaPointer(violation.schema))),
        };
        let found = finding(SCHEMA, &place, violation.message, violation.expected, violation.actual);
        let instance = Some(InstancePointer(violation.instance));
        judged.findings.push(Finding { instance, schema, ..found });
    }
}
