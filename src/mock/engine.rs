//! The mock of one contract: a request goes in, an answer comes out. No I/O.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::{Answer, Listener, Origin, Settings, Trouble};
use super::document::{self, Documented, Prepared};
use super::evaluate::{self, Reply};
use super::negotiate::{Wish, without_wishes};
use super::problem;
use super::rules::{Rule, Rules};
use super::state::{Sessions, State};
use super::view;
use crate::check;
use crate::contract::{Contract, Operation, Route};
use crate::exchange::{Headers, MediaType, Request, Response};
use crate::expression::{Context, ExpressionError, Session, Var};
use crate::generate::derive_seed;
use crate::verdict::Finding;

/// The request header that names a session: each has a copy of the state of its own.
pub const SESSION_HEADER: &str = "countersign-session";

/// The most troubles that are kept.
const MOST_TROUBLES: usize = 1_000;

/// The mock of one contract.
pub struct Mock {
    contract: Arc<Contract>,
    pub(super) rules: Rules,
    /// By operation id: the rules that may answer, and the collections that they read.
    by_operation: HashMap<String, (Vec<usize>, Vec<String>)>,
    settings: Settings,
    sessions: Sessions,
    prepared: Prepared,
    troubles: Mutex<Vec<Trouble>>,
    listener: Option<Listener>,
}

impl Mock {
    /// A mock of `contract` with these rules; [`Rules::default`] are none.
    pub fn new(contract: Arc<Contract>, rules: Rules, settings: Settings) -> Self {
        let by_operation = contract.operations().iter().map(|operation| {
            let meant = |rule: &Rule| rule.operation.as_deref().is_none_or(|id| id == operation.id());
            let indices: Vec<usize> = (0..rules.list.len()).filter(|at| meant(&rules.list[*at])).collect();
            let reads: BTreeSet<String> = indices.iter().flat_map(|at| rules.list[*at].reads.clone()).collect();
            (operation.id().to_owned(), (indices, reads.into_iter().collect()))
        });
        Self {
            by_operation: by_operation.collect(),
            sessions: Sessions::new(State::of(&rules)),
            contract,
            rules,
            settings,
            prepared: Prepared::default(),
            troubles: Mutex::default(),
            listener: None,
        }
    }

    /// The same, with somebody who hears of every trouble.
    #[must_use]
    pub fn listened_to(mut self, listener: Listener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// The contract that it answers by.
    pub fn contract(&self) -> &Arc<Contract> {
        &self.contract
    }

    /// The memory of a session, the shared one without an id.
    pub fn state(&self, session: Option<&str>) -> Arc<Mutex<State>> {
        self.sessions.get(session)
    }

    /// Whether scripts of other origins may ask.
    pub fn cors(&self) -> bool {
        self.settings.cors
    }

    /// Forgets everything that requests changed.
    pub fn reset(&self) {
        self.sessions.reset();
    }

    /// The troubles so far; the first thousand are kept.
    pub fn troubles(&self) -> Vec<Trouble> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers a request. `path` is its raw path below the mock's prefix.
    pub fn answer(&self, request: Request, path: &str) -> Answer {
        let state = self.sessions.get(request.headers.get(SESSION_HEADER).as_deref());
        let answer = self.answer_with(&state, request, path);
        for trouble in &answer.troubles {
            if let Some(listener) = &self.listener {
                listener(trouble);
            }
            let mut kept = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() < MOST_TROUBLES {
                kept.push(trouble.clone());
            }
        }
        answer
    }

    /// The same with a state of the caller's, which tells nobody of troubles.
    pub fn answer_with(&self, state: &Mutex<State>, mut request: Request, path: &str) -> Answer {
        let (operation, path_parameters, path) = match self.route(&request, path) {
            Ok(found) => found,
            Err(response) => {
                let (origin, findings, troubles) = (Origin::Problem, Vec::new(), Vec::new());
                return Answer { response: *response, origin, operation: None, findings, troubles };
            }
        };
        let wish = match Wish::of(&request) {
            Ok(wish) => wish,
            Err(message) => return Self::plain(operation, problem::problem(422, message)),
        };
        if let Some(url) = without_wishes(&request.url) {
            request.url = url;
        }
        // A wish of the client's own keeps the rules out; that of the settings does not.
        let by_document = wish.is_some();
        let wish = Wish { dynamic: wish.dynamic.or(self.settings.dynamic.then_some(true)), ..wish };
        let findings = check::request(&self.contract, &request, path).findings;
        let mut asked = Asked {
            request: Arc::new(request),
            path,
            path_parameters,
            operation,
            digest: 0,
            findings: Arc::new(findings),
            wish,
            by_document,
        };
        asked.digest = digest(&asked.request);
        self.respond(&asked, state)
    }

    fn respond(&self, asked: &Asked<'_>, state: &Mutex<State>) -> Answer {
        let none = (Vec::new(), Vec::new());
        let (rules, reads) = self.by_operation.get(asked.operation.id()).unwrap_or(&none);
        // What a client asks for by name comes before what the rules would say.
        if !rules.is_empty() && !asked.by_document {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let nth = state.count_request(asked.digest);
            let context = self.context(asked, nth).with("state", state.var(reads));
            if let Some(answer) = self.by_rules(rules, asked, context, &mut state) {
                return answer;
            }
        }
        self.by_document(asked, state)
    }

    /// The operation and the path that leads to it, or why there is none.
    ///
    /// Where the path itself leads nowhere, it may start with the base path of a server.
    fn route<'p>(&self, request: &Request, path: &'p str) -> Result<Routed<'_, 'p>, Box<Response>> {
        let mut path = path;
        let mut route = self.contract.route(&request.method, path);
        if matches!(route, Route::Unknown) {
            let bases = self.contract.servers().iter().filter_map(|server| base_path(server));
            for below in bases.filter_map(|base| path.strip_prefix(base)).filter(|rest| rest.starts_with('/')) {
                let found = self.contract.route(&request.method, below);
                if !matches!(found, Route::Unknown) {
                    (path, route) = (below, found);
                    break;
                }
            }
        }
        let allow = match route {
            Route::Operation { operation, path_parameters } => return Ok((operation, path_parameters, path)),
            Route::Unknown if self.lacks_parameter(&request.method, path) => {
                let message = format!("a path parameter of `{path}` is empty");
                return Err(Box::new(problem::problem(422, message)));
            }
            Route::Unknown => {
                let message = format!("the contract `{}` has no path that `{path}` matches", self.contract.name());
                return Err(Box::new(problem::problem(404, message)));
            }
            Route::OtherMethods { allow } => allow,
        };
        let allowed = allow.join(", ");
        let mut response = problem::problem(405, format!("`{path}` has {allowed}, not {}", request.method));
        response.headers.append("allow", allowed);
        Err(Box::new(response))
    }

    /// Whether a path leads somewhere once its empty segments hold something.
    fn lacks_parameter(&self, method: &str, path: &str) -> bool {
        let filled = path.replace("//", "/x/");
        filled != path && !matches!(self.contract.route(method, &filled), Route::Unknown)
    }

    fn context(&self, asked: &Asked<'_>, nth: u64) -> Context {
        // Not the order among all requests: what runs beside this one must not change its answer.
        let id = format!("{:016x}/{nth}", asked.digest);
        let session = Session::new(self.settings.seed, &id, Arc::clone(&self.settings.clock));
        let findings = Arc::clone(&asked.findings);
        Context::new(session)
            .with("env", self.settings.environment.clone())
            .with("request", view::request(&asked.request, asked.path, &asked.path_parameters))
            .with("findings", Var::from(told(&findings)))
    }

    /// The answer of the first rule that applies.
    fn by_rules(&self, rules: &[usize], asked: &Asked<'_>, mut context: Context, state: &mut State) -> Option<Answer> {
        for (name, value) in &self.rules.lets {
            match value.var(&context) {
                Ok(value) => context.set(name.as_str(), value),
                Err(error) => return Some(self.no_value(asked, None, &format!("`let: {name}`"), &error)),
            }
        }
        for rule in rules.iter().map(|at| &self.rules.list[*at]) {
            let performed = match evaluate::applies(rule, &context) {
                Ok(Some(own)) => evaluate::perform(rule, own, state),
                Ok(None) => continue,
                Err(error) => Err(error),
            };
            return Some(match performed {
                Ok(reply) => self.finish(asked, rule, reply),
                Err(error) => self.no_value(asked, Some(rule), "the rule", &error),
            });
        }
        None
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
            response,
            origin: Origin::Rule(rule.name.clone()),
            operation: Some(operation.id().to_owned()),
            findings: asked.findings.to_vec(),
            troubles,
        }
    }

    /// A reply as a response: its body is JSON unless its `Content-Type` says otherwise.
    fn response(operation: &Operation, reply: Reply) -> Result<Response, String> {
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

    fn by_document(&self, asked: &Asked<'_>, state: &Mutex<State>) -> Answer {
        let operation = asked.operation;
        let documented =
            Documented { contract: &self.contract, operation, prepared: &self.prepared, seed: self.settings.seed };
        let accept = asked.request.headers.combined("accept");
        if !asked.findings.is_empty() {
            let codes = refusals(&asked.findings);
            return match documented.invalid(codes, &asked.wish, accept.as_deref()) {
                Ok(Some(mut answer)) => {
                    if answer.response.status == 401 && !answer.response.headers.contains("www-authenticate") {
                        answer.response.headers.append("www-authenticate", "Bearer");
                    }
                    self.of_document(asked, answer)
                }
                Ok(None) => {
                    let response = problem::invalid(codes[0], &asked.findings);
                    Answer { findings: asked.findings.to_vec(), ..Self::plain(operation, response) }
                }
                Err(refused) => self.refused(asked, refused),
            };
        }
        let chance = if asked.wish.dynamic == Some(true) {
            let nth = state.lock().unwrap_or_else(PoisonError::into_inner).count_request(asked.digest);
            derive_seed(self.settings.seed ^ asked.digest, &nth.to_le_bytes())
        } else {
            self.settings.seed
        };
        match documented.valid(&asked.wish, accept.as_deref(), chance) {
            Ok(answer) => self.of_document(asked, answer),
            Err(refused) => self.refused(asked, refused),
        }
    }

    fn refused(&self, asked: &Asked<'_>, document::Refused(status, message): document::Refused) -> Answer {
        let mut answer = Self::plain(asked.operation, problem::problem(status, message.clone()));
        if status == 500 {
            answer.troubles.push(self.trouble(asked, None, message, Vec::new()));
        }
        answer
    }

    fn of_document(&self, asked: &Asked<'_>, answer: document::Answer) -> Answer {
        let troubles = answer.troubles.into_iter().map(|message| self.trouble(asked, None, message, Vec::new()));
        Answer {
            response: answer.response,
            origin: Origin::Document,
            operation: Some(asked.operation.id().to_owned()),
            findings: asked.findings.to_vec(),
            troubles: troubles.collect(),
        }
    }

    fn plain(operation: &Operation, response: Response) -> Answer {
        let operation = Some(operation.id().to_owned());
        Answer { response, origin: Origin::Problem, operation, findings: Vec::new(), troubles: Vec::new() }
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

    fn trouble(&self, asked: &Asked<'_>, rule: Option<&Rule>, message: String, findings: Vec<Finding>) -> Trouble {
        Trouble {
            contract: self.contract.name().to_owned(),
            operation: asked.operation.id().to_owned(),
            rule: rule.map(|rule| (rule.name.clone(), rule.place.clone())),
            message,
            findings,
        }
    }
}

impl std::fmt::Debug for Mock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mock({})", self.contract.name())
    }
}

/// An operation, the values of its path parameters, and the path that leads to it.
type Routed<'a, 'p> = (&'a Operation, Vec<(String, String)>, &'p str);

/// A request that leads to an operation, judged.
struct Asked<'a> {
    request: Arc<Request>,
    path: &'a str,
    path_parameters: Vec<(String, String)>,
    operation: &'a Operation,
    /// Of method, URL and body.
    digest: u64,
    findings: Arc<Vec<Finding>>,
    wish: Wish,
    /// The client asks for something that only the document can answer.
    by_document: bool,
}

fn digest(request: &Request) -> u64 {
    let seed = derive_seed(0, request.method.as_bytes());
    let path = request.path();
    let seed = derive_seed(seed, path.as_bytes());
    let seed = derive_seed(seed, request.query().unwrap_or_default().as_bytes());
    derive_seed(seed, &request.body)
}

/// The statuses that suit what is wrong, the best one first.
fn refusals(findings: &[Finding]) -> &'static [u16] {
    let any =
        |words: &[&str]| findings.iter().any(|finding| words.iter().any(|word| finding.check.as_str().contains(word)));
    if any(&["security", "authentication"]) {
        &[401]
    } else if any(&["content-type", "media-type"]) {
        &[415, 422, 400]
    } else {
        &[422, 400]
    }
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

/// The path of a server's URL without its last slash; `None` where there is none.
fn base_path(server: &str) -> Option<&str> {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let path = &rest[rest.find('/')?..];
    let path = path.split(['?', '#']).next().unwrap_or(path).trim_end_matches('/');
    (!path.is_empty()).then_some(path)
}
