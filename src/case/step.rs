//! A step: one request and what is expected of its response.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::auth::Auth;
use super::capture::{Capture, From};
use super::common::{Common, merge_headers};
use super::context::Scope;
use super::decode;
use super::expect::Expect;
use super::like::Varying;
use super::request::plain;
use super::spot::{CaseError, Placed, Spot};
use crate::contract::{Contract, Operation};
use crate::exchange::{Headers, Response};
use crate::expression::{Context, Expression, Template};
use crate::source::{Diagnostic, Diagnostics, Fields, Node, Place};

/// The keys of a step that may stand in a case of one step, besides those that a case has itself.
pub(super) const CASE_STEP_KEYS: [&str; 16] = [
    "operation",
    "method",
    "url",
    "path",
    "query",
    "cookies",
    "body",
    "form",
    "raw",
    "base64",
    "file",
    "content-type",
    "expect",
    "capture",
    "poll",
    "recorded",
];

/// A step, ready to run.
#[derive(Clone)]
pub struct Step {
    /// Its name, where it has one; as written.
    pub name: Option<String>,
    /// The id of the operation it names.
    pub operation: Option<String>,
    /// How long its exchange may take.
    pub timeout: Option<Duration>,
    /// How its request is repeated, where it is.
    pub poll: Option<Poll>,
    /// Whether the status may be one that the contract does not document.
    pub undocumented: bool,
    pub(super) spot: Spot,
    pub(super) target: Target,
    pub(super) path: Vec<(String, Placed<Template>)>,
    pub(super) query: Vec<(String, Placed<Template>)>,
    pub(super) headers: Vec<(String, Placed<Template>)>,
    pub(super) cookies: Vec<(String, Placed<Template>)>,
    pub(super) auth: Option<Auth>,
    pub(super) body: Body,
    pub(super) content_type: Option<Placed<Template>>,
    pub(super) expect: Expect,
    pub(super) captures: Vec<Capture>,
    pub(super) recorded: Option<Recorded>,
}

/// How a step's request is repeated.
#[derive(Clone, Debug)]
pub struct Poll {
    /// The wait between two requests.
    pub every: Duration,
    /// For how long at most.
    pub within: Duration,
    pub(super) until: Vec<Placed<Expression>>,
}

/// Where the request goes, below the base URL.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) method: Option<Placed<Template>>,
    pub(super) url: Option<Placed<Template>>,
    /// The path as written, where the operation was named by a path that routes to it.
    pub(super) concrete: Option<String>,
}

/// What is sent.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Nothing,
    Json(Placed<Template>),
    Form(Vec<(String, Placed<Template>)>),
    Raw(Placed<Template>),
    Bytes(Bytes),
    /// A file's bytes, by the path that the template gives.
    File {
        path: Placed<Template>,
        contents: BTreeMap<String, Bytes>,
    },
}

/// The response that was recorded with the step.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    status: u16,
    headers: Vec<(String, Placed<Template>)>,
    body: RecordedBody,
}

#[derive(Clone, Debug)]
enum RecordedBody {
    Nothing,
    Json(Placed<Template>),
    Raw(Placed<Template>),
    Bytes(Bytes),
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Step({} at {})", self.operation.as_deref().unwrap_or("?"), self.place())
    }
}

impl Step {
    /// Where it stands.
    pub fn place(&self) -> Place {
        self.spot.place()
    }

    /// Its name with its expressions evaluated, where that is possible.
    pub fn title(&self, scope: &Scope) -> Option<String> {
        let name = self.name.as_ref()?;
        let template = Template::parse(&Value::from(name.as_str())).ok();
        Some(template.and_then(|template| template.render_text(&scope.context).ok()).unwrap_or_else(|| name.clone()))
    }

    /// The response recorded with the step, its expressions evaluated; `None` where none is.
    pub fn recorded(&self, scope: &Scope) -> Option<Result<Response, CaseError>> {
        self.recorded.as_ref().map(|recorded| recorded.response(&scope.context))
    }

    /// What of the body may differ from the recorded one; `None` where it is not compared with that.
    pub fn varying(&self) -> Option<&Varying> {
        self.expect.recorded.as_ref().map(|placed| &placed.value)
    }

    /// The response that would meet the step's expectations, as far as they say what it is.
    pub fn expected(&self, scope: &Scope) -> Option<Response> {
        self.expect.response(&scope.context)
    }

    /// What is evaluated before the request is sent.
    pub(super) fn request_templates(&self) -> Vec<&Placed<Template>> {
        let target = self.target.method.iter().chain(&self.target.url).chain(&self.content_type);
        let given = self.path.iter().chain(&self.query).chain(&self.headers).chain(&self.cookies);
        let body: Vec<&Placed<Template>> = match &self.body {
            Body::Nothing | Body::Bytes(_) => Vec::new(),
            Body::Json(template) | Body::Raw(template) | Body::File { path: template, .. } => vec![template],
            Body::Form(fields) => fields.iter().map(|(_, template)| template).collect(),
        };
        let auth = self.auth.iter().flat_map(Auth::templates);
        let recorded = self.recorded.iter().flat_map(Recorded::templates);
        target.chain(given.map(|(_, template)| template)).chain(body).chain(auth).chain(recorded).collect()
    }

    /// What is evaluated when the response is there.
    pub(super) fn response_templates(&self) -> Vec<(&Template, &Spot)> {
        self.expect.templates()
    }

    /// The conditions and captures that are evaluated then.
    pub(super) fn response_expressions(&self) -> Vec<(&Expression, &Spot)> {
        let until = self.poll.iter().flat_map(|poll| &poll.until);
        let conditions = self.expect.assert.iter().chain(until).map(|placed| (&placed.value, &placed.spot));
        let captures = self.captures.iter().filter_map(|capture| match &capture.from {
            From::Expression(expression) => Some((expression, &capture.spot)),
            _ => None,
        });
        conditions.chain(captures).collect()
    }

    pub(super) fn decode(fields: &mut Fields, common: &Common, contract: &Contract, faults: &mut Diagnostics) -> Self {
        let spot = Spot::of(fields.node());
        let method = fields.get("method").and_then(|node| decode::text_template(&node, faults));
        let url = fields.get("url").and_then(|node| decode::text_template(&node, faults));
        let found = fields.get("operation").map(|node| operation(&node, contract, faults));
        let given = |fields: &mut Fields, key, faults: &mut Diagnostics| {
            fields.get(key).map(|node| decode::templates(&node, faults)).unwrap_or_default()
        };
        let path = given(fields, "path", faults);
        let query = given(fields, "query", faults);
        let cookies = given(fields, "cookies", faults);
        let body = body(fields, faults);
        let content_type = fields.get("content-type").and_then(|node| decode::template(&node, faults));
        let expect = fields.get("expect").and_then(|node| Expect::decode(&node, contract, faults)).unwrap_or_default();
        let captures = fields.get("capture").map(|node| Capture::decode_all(&node, faults)).unwrap_or_default();
        let poll = fields.get("poll").and_then(|node| Poll::decode(&node, faults));
        let recorded = fields.get("recorded").and_then(|node| Recorded::decode(&node, faults));
        if let (Some(like), None) = (&expect.recorded, &recorded) {
            let fault = like.spot.error("nothing-recorded", "the step has no recorded response to compare with");
            faults.push(fault.help("add `recorded:` to the step, or say what is expected under `body`"));
        }
        if found.is_none() && (method.is_none() || url.is_none()) {
            let fault =
                Diagnostic::error("no-operation", "neither `operation` nor `method` and `url` say what to send");
            faults.push(fault.at_key(&spot.source, &spot.at, "").help("name an operation of the contract"));
        }
        let (operation, concrete) = found.flatten().map_or((None, None), |(operation, path)| (Some(operation), path));
        if let Some(operation) = operation {
            expect.check(operation, faults);
            if url.is_none() && concrete.is_none() {
                check_path(operation, &path, &spot, faults);
            }
        }
        if let Some(auth) = &common.auth {
            auth.check(contract, operation, faults);
        }
        Self {
            name: None,
            operation: operation.map(|operation| operation.id().to_owned()),
            timeout: common.timeout,
            poll,
            undocumented: expect.undocumented,
            spot,
            target: Target { method, url, concrete },
            path,
            query,
            headers: common.headers.clone(),
            cookies,
            auth: common.auth.clone(),
            body,
            content_type,
            expect,
            captures,
            recorded,
        }
    }

    /// The layer of a step of its own, in a list of steps.
    pub(super) fn decode_listed(
        node: &Node,
        case: &Common,
        contract: &Contract,
        faults: &mut Diagnostics,
    ) -> Option<Self> {
        let mut fields = node.fields(faults)?;
        let name =
            fields.get("name").and_then(|node| decode::text_template(&node, faults).map(|_| decode::show(node.value)));
        let own = fields.get("headers").map(|node| decode::templates(&node, faults)).unwrap_or_default();
        let auth = fields.get("auth").and_then(|node| Auth::decode(&node, faults));
        let timeout = fields.get("timeout").and_then(|node| decode::duration(&node, faults));
        let common = Common {
            auth: auth.or_else(|| case.auth.clone()),
            headers: merge_headers(&case.headers, own),
            timeout: timeout.or(case.timeout),
            ..Common::default()
        };
        let step = Self::decode(&mut fields, &common, contract, faults);
        fields.finish(faults);
        Some(Self { name, ..step })
    }
}

/// The operation that is named, and the path as written where it is a concrete one.
fn operation<'c>(
    node: &Node,
    contract: &'c Contract,
    faults: &mut Diagnostics,
) -> Option<(&'c Operation, Option<String>)> {
    let wanted = node.string(faults)?;
    if wanted.contains("{{") {
        let help = "write the operation itself; with `method` and `url` a request can go anywhere";
        faults.push(node.error("unknown-operation", "an operation's name is no template").help(help));
        return None;
    }
    match contract.find(wanted) {
        Ok(operation) => {
            let path = wanted.split_once(' ').map(|(_, path)| path.trim());
            // A path with braces is a template, its names spelt otherwise.
            let concrete = path.filter(|path| !path.contains('{') && wanted != operation.id());
            Some((operation, concrete.map(str::to_owned)))
        }
        Err(near) => {
            let known = || {
                let ids: Vec<&str> = contract.operations().iter().take(10).map(Operation::id).collect();
                format!("the contract has: {}", ids.join(", "))
            };
            let help = near.map_or_else(known, |near| format!("did you mean `{near}`?"));
            let message = format!("the contract `{}` has no operation `{wanted}`", contract.name());
            faults.push(node.error("unknown-operation", message).help(help));
            None
        }
    }
}

/// Every parameter of the path has a value, and every value a parameter.
fn check_path(operation: &Operation, given: &[(String, Placed<Template>)], spot: &Spot, faults: &mut Diagnostics) {
    let names: Vec<&str> = template_names(operation.path()).collect();
    for (name, value) in given.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
        let message = format!("the path `{}` has no parameter `{name}`", operation.path());
        let fault = Diagnostic::error("unknown-parameter", message).at_key(&value.spot.source, &value.spot.at, "");
        faults.push(match crate::source::did_you_mean(name, names.iter().copied()) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault,
        });
    }
    for name in names.iter().filter(|name| !given.iter().any(|(known, _)| known == *name)) {
        let message = format!("the path `{}` needs a value for `{name}`", operation.path());
        let fault = Diagnostic::error("missing-parameter", message).at_key(&spot.source, &spot.at, "");
        faults.push(fault.help(format!("add `path: {{ {name}: … }}`")));
    }
}

/// The names between braces.
pub(super) fn template_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn body(fields: &mut Fields, faults: &mut Diagnostics) -> Body {
    let mut bodies = Vec::new();
    if let Some(node) = fields.get("body") {
        bodies.push(("body", decode::template(&node, faults).map(Body::Json)));
    }
    if let Some(node) = fields.get("form") {
        bodies.push(("form", Some(Body::Form(decode::templates(&node, faults)))));
    }
    if let Some(node) = fields.get("raw") {
        bodies.push(("raw", decode::text_template(&node, faults).map(Body::Raw)));
    }
    if let Some(node) = fields.get("base64") {
        bodies.push(("base64", base64(&node, faults).map(Body::Bytes)));
    }
    if let Some(node) = fields.get("file") {
        let path = decode::text_template(&node, faults);
        bodies.push(("file", path.map(|path| Body::File { path, contents: BTreeMap::new() })));
    }
    only_one(bodies, fields, faults).unwrap_or(Body::Nothing)
}

/// The one body; a fault where there are several.
fn only_one<B>(bodies: Vec<(&str, Option<B>)>, fields: &Fields, faults: &mut Diagnostics) -> Option<B> {
    if bodies.len() > 1 {
        let names: Vec<&str> = bodies.iter().map(|(name, _)| *name).collect();
        let fault = Diagnostic::error("two-bodies", format!("{} cannot stand side by side", names.join(" and ")));
        faults.push(fault.at_key(fields.node().source, &fields.node().at.join(names[1]), ""));
    }
    bodies.into_iter().next().and_then(|(_, body)| body)
}

impl Poll {
    fn decode(node: &Node, faults: &mut Diagnostics) -> Option<Self> {
        let mut fields = node.fields(faults)?;
        let until = fields.require("until", faults).map(|node| decode::expressions(&node, faults));
        let every = fields.get("every").and_then(|node| decode::duration(&node, faults));
        let within = fields.get("for").and_then(|node| decode::duration(&node, faults));
        fields.finish(faults);
        Some(Self {
            every: every.unwrap_or(Duration::from_millis(200)).max(Duration::from_millis(1)),
            within: within.unwrap_or(Duration::from_secs(10)),
            until: until?,
        })
    }
}

impl Recorded {
    fn decode(node: &Node, faults: &mut Diagnostics) -> Option<Self> {
        let mut fields = node.fields(faults)?;
        let status = fields.require("status", faults).and_then(|node| {
            let status = node.value.as_u64().and_then(|code| u16::try_from(code).ok());
            let status = status.filter(|code| (100..600).contains(code));
            if status.is_none() {
                faults.push(node.expected("a status code"));
            }
            status
        });
        let headers = fields.get("headers").map(|node| decode::templates(&node, faults)).unwrap_or_default();
        let mut bodies = Vec::new();
        if let Some(node) = fields.get("body") {
            bodies.push(("body", decode::template(&node, faults).map(RecordedBody::Json)));
        }
        if let Some(node) = fields.get("raw") {
            bodies.push(("raw", decode::text_template(&node, faults).map(RecordedBody::Raw)));
        }
        if let Some(node) = fields.get("base64") {
            bodies.push(("base64", base64(&node, faults).map(RecordedBody::Bytes)));
        }
        let body = only_one(bodies, &fields, faults).unwrap_or(RecordedBody::Nothing);
        fields.finish(faults);
        Some(Self { status: status?, headers, body })
    }

    pub(super) fn templates(&self) -> Vec<&Placed<Template>> {
        let body = match &self.body {
            RecordedBody::Json(template) | RecordedBody::Raw(template) => Some(template),
            RecordedBody::Nothing | RecordedBody::Bytes(_) => None,
        };
        self.headers.iter().map(|(_, template)| template).chain(body).collect()
    }

    pub(super) fn response(&self, context: &Context) -> Result<Response, CaseError> {
        let text = |template: &Placed<Template>| {
            template.value.render_text(context).map_err(|error| template.spot.failed(error))
        };
        let mut headers = Headers::new();
        for (name, value) in &self.headers {
            match value.value.render(context).map_err(|error| value.spot.failed(error))? {
                Value::Null => {}
                Value::Array(items) => items.iter().for_each(|item| headers.append(name.clone(), plain(item))),
                value => headers.append(name.clone(), plain(&value)),
            }
        }
        let body = match &self.body {
            RecordedBody::Nothing => Bytes::new(),
            RecordedBody::Bytes(bytes) => bytes.clone(),
            RecordedBody::Raw(template) => Bytes::from(text(template)?),
            RecordedBody::Json(template) => {
                let value = template.value.render(context).map_err(|error| template.spot.failed(error))?;
                if !headers.contains("content-type") {
                    headers.append("content-type", "application/json");
                }
                Bytes::from(value.to_string())
            }
        };
        Ok(Response { status: self.status, headers, body })
    }
}

fn base64(node: &Node, faults: &mut Diagnostics) -> Option<Bytes> {
    use base64::Engine as _;
    let digits: String = node.string(faults)?.split_ascii_whitespace().collect();
    match base64::engine::general_purpose::STANDARD.decode(digits) {
        Ok(bytes) => Some(Bytes::from(bytes)),
        Err(error) => {
            faults.push(node.error("base64", format!("not base64: {error}")));
            None
        }
    }
}
