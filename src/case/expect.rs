//! What a step expects, beyond what the contract implies.

use std::sync::Arc;
use std::time::Duration;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::decode::{self, show};
use super::like::Varying;
use super::spot::{Placed, Spot};
use crate::contract::{Contract, Operation, ResponseSpec, Schema, StatusPattern};
use crate::exchange::{Headers, Response};
use crate::expression::{Context, Expression, Template};
use crate::source::{Diagnostic, Diagnostics, Fields, Node, Pointer};

/// The expectations of a step.
#[derive(Clone, Default)]
pub(super) struct Expect {
    pub(super) status: Option<Placed<Status>>,
    pub(super) undocumented: bool,
    pub(super) headers: Vec<(String, Placed<HeaderIs>)>,
    pub(super) body: Option<Placed<Template>>,
    pub(super) schema: Option<Placed<Arc<Schema>>>,
    /// What of the body may differ from the recorded one; nothing else may.
    pub(super) recorded: Option<Placed<Varying>>,
    pub(super) assert: Vec<Placed<Expression>>,
    pub(super) max_time: Option<Placed<Duration>>,
}

/// The statuses that are expected.
#[derive(Clone, Debug)]
pub(super) enum Status {
    Fixed(Vec<StatusPattern>),
    Template(Template),
}

/// What a header field is expected to be.
#[derive(Clone, Debug)]
pub(super) enum HeaderIs {
    Exactly(Template),
    Matching(Regex),
    Present,
    Absent,
}

/// Without a status, any answer at all would do: that is no expectation.
fn undocumented(fields: &mut Fields, faults: &mut Diagnostics) -> bool {
    let Some(node) = fields.get("undocumented") else { return false };
    let undocumented = node.boolean(faults).unwrap_or(false);
    if undocumented && fields.get("status").is_none() {
        let fault = node.error("undocumented-without-status", "`undocumented` says nothing without a `status`");
        faults.push(fault.help("add the status that is expected, such as `status: 401` or `status: 4XX`"));
    }
    undocumented
}

impl Expect {
    pub(super) fn decode(node: &Node, contract: &Contract, faults: &mut Diagnostics) -> Option<Self> {
        let mut fields = node.fields(faults)?;
        let expect = Self {
            status: fields.get("status").and_then(|node| status(&node, faults)),
            undocumented: undocumented(&mut fields, faults),
            headers: fields.get("headers").map(|node| headers(&node, faults)).unwrap_or_default(),
            body: fields.get("body").and_then(|node| decode::template(&node, faults)),
            schema: fields.get("schema").and_then(|node| schema(&node, contract, faults)),
            recorded: fields.get("recorded").and_then(|node| {
                let value = Varying::decode(&node, contract, faults)?;
                Some(Placed { value, spot: Spot::of(&node) })
            }),
            assert: fields.get("assert").map(|node| decode::expressions(&node, faults)).unwrap_or_default(),
            max_time: fields.get("max-time").and_then(|node| {
                let value = decode::duration(&node, faults)?;
                Some(Placed { value, spot: Spot::of(&node) })
            }),
        };
        fields.finish(faults);
        Some(expect)
    }

    /// A warning where `undocumented` stands beside statuses that are all documented.
    pub(super) fn check(&self, operation: &Operation, faults: &mut Diagnostics) {
        let Some(Placed { value: Status::Fixed(statuses), spot }) = &self.status else { return };
        let documented = |status: &StatusPattern| match status {
            StatusPattern::Exact(code) => operation.response(*code).is_some_and(is_exact),
            _ => false,
        };
        if self.undocumented && statuses.iter().all(documented) {
            let names: Vec<String> = statuses.iter().map(|status| decode::status_text(*status)).collect();
            let message = format!("`undocumented` is not needed: the contract documents {}", names.join(", "));
            faults.push(spot.warning("documented", message).help("remove `undocumented`"));
        }
    }

    /// The response that would meet the expectations, as far as they say what it is: one status, and a
    /// body that is compared as JSON.
    pub(super) fn response(&self, context: &Context) -> Option<Response> {
        let Some(Placed { value: Status::Fixed(statuses), .. }) = &self.status else { return None };
        let [StatusPattern::Exact(status)] = statuses.as_slice() else { return None };
        let mut headers = Headers::new();
        let body = match &self.body {
            Some(body) => {
                headers.set("content-type", "application/json");
                body.value.render(context).ok()?.to_string()
            }
            None => String::new(),
        };
        Some(Response { status: *status, headers, body: body.into() })
    }

    /// The templates, for a look at their names.
    pub(super) fn templates(&self) -> Vec<(&Template, &Spot)> {
        let mut templates = Vec::new();
        if let Some(Placed { value: Status::Template(template), spot }) = &self.status {
            templates.push((template, spot));
        }
        for (_, header) in &self.headers {
            if let HeaderIs::Exactly(template) = &header.value {
                templates.push((template, &header.spot));
            }
        }
        templates.extend(self.body.iter().map(|body| (&body.value, &body.spot)));
        templates
    }
}

fn is_exact(response: &ResponseSpec) -> bool {
    matches!(response.status, StatusPattern::Exact(_))
}

fn status(node: &Node, faults: &mut Diagnostics) -> Option<Placed<Status>> {
    let template = decode::template(node, faults)?;
    let value = match template.value.constant() {
        None => Status::Template(template.value),
        Some(value) => match decode::statuses(value) {
            Ok(statuses) => Status::Fixed(statuses),
            Err(wrong) => {
                let fault = node.error("status", format!("`{}` is no status", show(&wrong)));
                faults.push(fault.help("write a code such as 200, a class such as 4XX, or a list of them"));
                return None;
            }
        },
    };
    Some(Placed { value, spot: template.spot })
}

fn headers(node: &Node, faults: &mut Diagnostics) -> Vec<(String, Placed<HeaderIs>)> {
    let mut all = Vec::new();
    for (name, node) in node.entries(faults) {
        if let Some(value) = header(&node, faults) {
            all.push((name.to_owned(), Placed { value, spot: Spot::of(&node) }));
        }
    }
    all
}

fn header(node: &Node, faults: &mut Diagnostics) -> Option<HeaderIs> {
    match node.value {
        Value::Null => Some(HeaderIs::Absent),
        Value::Bool(true) => Some(HeaderIs::Present),
        Value::String(_) | Value::Number(_) => {
            decode::template(node, faults).map(|template| HeaderIs::Exactly(template.value))
        }
        Value::Object(_) => {
            let mut fields = node.fields(faults)?;
            let pattern = fields.require("matches", faults).and_then(|node| regex(&node, faults));
            fields.finish(faults);
            pattern.map(HeaderIs::Matching)
        }
        _ => {
            let help = "write the value, `{matches: …}`, `true` (must be there) or `null` (must not)";
            faults.push(node.expected("a string").help(help));
            None
        }
    }
}

fn regex(node: &Node, faults: &mut Diagnostics) -> Option<Regex> {
    let text = node.string(faults)?;
    match RegexBuilder::new(text).size_limit(1 << 20).build() {
        Ok(regex) => Some(regex),
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            faults.push(node.error("pattern", format!("not a regular expression: {reason}")));
            None
        }
    }
}

pub(super) fn schema(node: &Node, contract: &Contract, faults: &mut Diagnostics) -> Option<Placed<Arc<Schema>>> {
    if !matches!(node.value, Value::Object(_) | Value::Bool(_)) {
        faults.push(node.expected("a JSON Schema"));
        return None;
    }
    let before = faults.len();
    for error in jsonschema::draft202012::meta::validator().iter_errors(node.value).take(10) {
        let pointer = Pointer::parse(error.instance_path().as_str()).unwrap_or_default();
        let fault = Diagnostic::error("schema", format!("not a JSON Schema (2020-12): {error}"));
        faults.push(fault.at_value(node.source, &node.at.concat(&pointer), ""));
    }
    if faults.len() > before {
        return None;
    }
    match contract.compile(node.value) {
        Ok(schema) => Some(Placed { value: Arc::new(schema), spot: Spot::of(node) }),
        Err(error) => {
            let fault = Diagnostic::error("schema", format!("not a JSON Schema: {error}"));
            faults.push(fault.at_value(node.source, &node.at, ""));
            None
        }
    }
}
