//! The mock of one contract: a request goes in, an answer comes out. No I/O.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::{Answer, Listener, Origin, Settings, Trouble, Validation};
use super::base::Bases;
use super::callback::{Calls, Firing, Seen, Unfired};
use super::document::Prepared;
use super::effect::{Effect, Fault};
use super::problem;
use super::rules::{Rule, Rules};
use super::state::{Sessions, State};
use super::stateful::{Ask, Stateful};
use super::wish::{Wish, other_preferences, without_wishes};
use crate::check::{self, Judgement};
use crate::contract::{Callback, Contract, Operation, Route};
use crate::exchange::{Request, Response};
use crate::generate::{Rng, derive_seed};
use crate::verdict::{Finding, Undecided};

/// The request header that names a session: each has a copy of the state of its own.
pub const SESSION_HEADER: &str = "countersign-session";

/// The most troubles that are kept.
const MOST_TROUBLES: usize = 1_000;

/// The mock of one contract.
pub struct Mock {
    pub(super) contract: Arc<Contract>,
    bases: Bases,
    pub(super) rules: Rules,
    /// By operation id: the rules that may answer, and the collections that they read.
    by_operation: HashMap<String, (Vec<usize>, Vec<String>)>,
    pub(super) settings: Settings,
    sessions: Sessions,
    pub(super) prepared: Prepared,
    troubles: Mutex<Vec<Trouble>>,
    listener: Option<Listener>,
    stateful: Option<Stateful>,
    /// By operation id, where anybody sends them.
    callbacks: HashMap<String, Vec<Arc<Callback>>>,
    /// How many webhooks were fired.
    fired: AtomicU64,
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
        // Looking for them reads every operation.
        let called = contract.operations().iter().filter(|_| settings.caller.is_some());
        let callbacks = called
            .filter(|operation| operation.field("callbacks").is_some())
            .map(|operation| (operation.id().to_owned(), operation.callbacks().into_iter().map(Arc::new).collect()));
        let callbacks = callbacks.collect();
        Self {
            by_operation: by_operation.collect(),
            sessions: Sessions::new(State::of(&rules)),
            bases: Bases::of(contract.value()),
            contract,
            rules,
            settings,
            prepared: Prepared::default(),
            troubles: Mutex::default(),
            listener: None,
            stateful: None,
            callbacks,
            fired: AtomicU64::new(0),
        }
    }

    /// The same, answering from what clients make where the contract tells how.
    #[must_use]
    pub fn remembering(mut self, stateful: Stateful) -> Self {
        self.remember(stateful);
        self
    }

    /// From now on it answers from what clients make where the contract tells how.
    pub fn remember(&mut self, stateful: Stateful) {
        self.stateful = Some(stateful);
    }

    /// What it remembers of what clients make.
    pub fn stateful(&self) -> Option<&Stateful> {
        self.stateful.as_ref()
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

    /// The operation that a request leads to.
    pub fn leads_to(&self, method: &str, path: &str) -> Option<&Operation> {
        self.route(method, path).ok().map(|(operation, ..)| operation)
    }

    /// Whether scripts of other origins may ask.
    pub fn cors(&self) -> bool {
        self.settings.cors
    }

    /// Forgets everything that requests changed. Where a file that state is kept in cannot be written,
    /// that is a trouble.
    pub fn reset(&self) {
        self.sessions.reset();
        if let Some(Err(message)) = self.stateful.as_ref().map(Stateful::reset) {
            let (contract, operation) = (self.contract.name().to_owned(), "reset".to_owned());
            self.tell(&Trouble { contract, operation, rule: None, message, findings: Vec::new() });
        }
    }

    /// The troubles so far; the first thousand are kept.
    pub fn troubles(&self) -> Vec<Trouble> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers a request. `path` is its raw path below the mock's prefix.
    ///
    /// A HEAD gets what a GET would; whoever sends the answer leaves the body out (RFC 9110, section 9.3.2).
    pub fn answer(&self, request: impl Into<Arc<Request>>, path: &str) -> Answer {
        let request = request.into();
        let state = self.sessions.get(request.headers.get(SESSION_HEADER).as_deref());
        let answer = self.answer_with(&state, request, path);
        answer.troubles.iter().for_each(|trouble| self.tell(trouble));
        answer
    }

    fn tell(&self, trouble: &Trouble) {
        if let Some(listener) = &self.listener {
            listener(trouble);
        }
        let mut kept = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_TROUBLES {
            kept.push(trouble.clone());
        }
    }

    /// The same with a state of the caller's, which tells nobody of troubles.
    fn answer_with(&self, state: &Mutex<State>, mut request: Arc<Request>, path: &str) -> Answer {
        let wish = Wish::of(&request);
        if let Some(url) = without_wishes(&request.url) {
            Arc::make_mut(&mut request).url = url;
        }
        if let Some(left) = other_preferences(&request) {
            let request = Arc::make_mut(&mut request);
            request.headers.remove("prefer");
            for field in left {
                request.headers.append("prefer", field);
            }
        }
        let (operation, path_parameters, path) = match self.route(&request.method, path) {
            Ok(found) => found,
            Err(missed) => return self.missed(&request, path, &missed),
        };
        // What is judged and answered of a HEAD is the GET that it stands for.
        if request.method == "HEAD" && operation.method() == "GET" {
            "GET".clone_into(&mut Arc::make_mut(&mut request).method);
        }
        let wish = match wish {
            Ok(wish) => wish,
            Err(message) => return Self::plain(operation, problem::problem(422, message)),
        };
        if let Some(wanted) = wish.server.as_ref().filter(|wanted| !self.bases.has(wanted)) {
            let message = format!("the document has no server `{wanted}`");
            return Self::plain(operation, problem::problem(404, message));
        }
        // A wish of the client's own keeps the rules out; that of the settings does not.
        let by_document = wish.is_for_document();
        let wish = Wish { dynamic: wish.dynamic.or(self.settings.dynamic.then_some(true)), ..wish };
        let Judgement { findings, undecided } = match self.settings.validation {
            Validation::Off => Judgement::default(),
            Validation::Refuse | Validation::Report => check::request(&self.contract, &request, path),
        };
        let mut asked = Asked {
            request,
            path,
            path_parameters,
            operation,
            digest: 0,
            findings: Arc::new(findings),
            undecided,
            wish,
            by_document,
        };
        asked.digest = digest(&asked.request);
        let mut answer = self.respond(&asked, state);
        self.call_back(&asked, &mut answer);
        answer
    }

    /// Has the callbacks sent that follow from an exchange that came out well.
    fn call_back(&self, asked: &Asked<'_>, answer: &mut Answer) {
        let Some(caller) = &self.settings.caller else { return };
        let Some(callbacks) = self.callbacks.get(asked.operation.id()) else { return };
        if !(200..300).contains(&answer.response.status) || answer.effect.fault.is_some() {
            return;
        }
        let seen = Seen::new(&asked.request, &asked.path_parameters, &answer.response);
        let calls = self.calls();
        let mut troubles = Vec::new();
        for callback in callbacks {
            match calls.back(callback, &seen, asked.digest) {
                // Who sends tells what becomes of it.
                Ok(call) => drop(call.map(|call| caller(call))),
                Err(message) => {
                    let message = format!("the callback `{}` is not sent: {message}", callback.name);
                    troubles.push(self.trouble(asked, None, message, Vec::new()));
                }
            }
        }
        answer.troubles.extend(troubles);
    }

    fn calls(&self) -> Calls<'_> {
        Calls { contract: &self.contract, settings: &self.settings }
    }

    /// Has the webhook of this name sent to a URL; how many requests that makes, 0 where the contract
    /// has no webhook of the name.
    ///
    /// # Errors
    /// [`Unfired`]: nothing sends, or not there; the URL is none; there is no body, or one that breaks its schema.
    pub fn fire(&self, webhook: &str, url: &str, firing: &Firing) -> Result<usize, Unfired> {
        let nobody = || Unfired::Refused("nothing sends requests here".to_owned());
        let caller = self.settings.caller.as_ref().ok_or_else(nobody)?;
        let nth = self.fired.fetch_add(1, Ordering::Relaxed);
        let all = self.contract.webhook(webhook).into_iter().map(Arc::new);
        let calls = all.map(|one| self.calls().fire(&one, url, firing, nth)).collect::<Result<Vec<_>, _>>();
        let calls = calls.map_err(Unfired::Wrong)?;
        let count = calls.len();
        for call in calls {
            caller(call).map_err(Unfired::Refused)?;
        }
        Ok(count)
    }

    fn respond(&self, asked: &Asked<'_>, state: &Mutex<State>) -> Answer {
        let none = (Vec::new(), Vec::new());
        let (rules, reads) = self.by_operation.get(asked.operation.id()).unwrap_or(&none);
        let mut effect = self.wished(asked, state);
        let mut answer = None;
        // What a client asks for by name comes before what the rules would say.
        if !rules.is_empty() && !asked.by_document {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let nth = state.count_request(asked.digest);
            let context = self.context(asked, nth).with("state", state.var(reads));
            let (found, of_rules) = self.by_rules(rules, asked, nth, context, &mut state);
            effect = effect.or(of_rules);
            answer = found;
        }
        let answer = match (effect.fault, answer) {
            (Some(Fault::Status(status)), _) => self.failing(asked, status),
            (_, Some(answer)) => answer,
            (_, None) => self.by_state(asked).unwrap_or_else(|| self.by_document(asked, state)),
        };
        self.changed(asked, answer, effect)
    }

    /// What the client wishes to happen on the answer's way.
    fn wished(&self, asked: &Asked<'_>, state: &Mutex<State>) -> Effect {
        let delay = asked.wish.delay.map(|delay| {
            let nth = state.lock().unwrap_or_else(PoisonError::into_inner).count_request(asked.digest);
            delay.sample(&mut self.chance(asked, nth, "prefer"))
        });
        Effect { delay, fault: asked.wish.fault }
    }

    /// A source of chance for this request and purpose.
    pub(super) fn chance(&self, asked: &Asked<'_>, nth: u64, purpose: &str) -> Rng {
        let seed = derive_seed(self.settings.seed ^ asked.digest, &nth.to_le_bytes());
        Rng::new(derive_seed(seed, purpose.as_bytes()))
    }

    /// The answer with its effect, and with what was done of the client's preferences.
    fn changed(&self, asked: &Asked<'_>, mut answer: Answer, effect: Effect) -> Answer {
        let obliged = answer.origin == Origin::Document && !self.is_refused(asked);
        if let Some(applied) = asked.wish.applied(answer.response.status, obliged) {
            answer.response.headers.append("preference-applied", applied);
        }
        if let Some(fault) = effect.fault {
            fault.spoil(&mut answer.response);
        }
        Answer { effect, undecided: asked.undecided.clone(), ..answer }
    }

    /// Whether the request is to be answered as an invalid one.
    pub(super) fn is_refused(&self, asked: &Asked<'_>) -> bool {
        self.settings.validation == Validation::Refuse && !asked.findings.is_empty()
    }

    /// The answer to a valid request out of what clients made.
    fn by_state(&self, asked: &Asked<'_>) -> Option<Answer> {
        let stateful = self.stateful.as_ref().filter(|_| !self.is_refused(asked) && !asked.by_document)?;
        let (request, path_parameters) = (&*asked.request, &asked.path_parameters[..]);
        let documented = self.documented(asked);
        Some(match stateful.answer(&Ask { request, operation: asked.operation, path_parameters, documented })? {
            Ok(answer) => Answer { origin: Origin::State, ..self.of_document(asked, answer) },
            Err(refused) => self.refused(asked, refused),
        })
    }

    /// The operation and the path that leads to it, or why there is none.
    ///
    /// Where the path itself leads nowhere, it may start with the base path of a server.
    pub(super) fn route<'p>(&self, method: &str, path: &'p str) -> Result<Routed<'_, 'p>, Missed> {
        let routed = |path: &'p str| match self.contract.route(method, path) {
            Route::Unknown => None,
            Route::OtherMethods { allow } if method == "HEAD" && allow.iter().any(|known| known == "GET") => {
                Some((path, self.contract.route("GET", path)))
            }
            route => Some((path, route)),
        };
        let found = std::iter::once(path).chain(self.bases.below(path)).find_map(routed);
        match found {
            Some((path, Route::Operation { operation, path_parameters })) => Ok((operation, path_parameters, path)),
            Some((path, Route::OtherMethods { allow })) => Err(Missed::Method { path: path.to_owned(), allow }),
            _ if self.lacks_parameter(method, path) => Err(Missed::Parameter),
            _ => Err(Missed::Path),
        }
    }

    /// The answer to a request that leads to no operation.
    fn missed(&self, request: &Request, path: &str, missed: &Missed) -> Answer {
        let judged = |path: &str| check::request(&self.contract, request, path).findings;
        let (response, findings) = match missed {
            Missed::Path => {
                let findings = judged(path);
                (problem::invalid(404, &findings), findings)
            }
            Missed::Parameter => {
                (problem::problem(422, format!("a path parameter of `{path}` is empty")), judged(path))
            }
            Missed::Method { allow, .. } if request.method == "OPTIONS" => {
                let headers = [("allow", allowed(allow))].into_iter().collect();
                return Answer {
                    origin: Origin::Document,
                    ..Answer::problem(Response { status: 204, headers, body: bytes::Bytes::new() })
                };
            }
            Missed::Method { path, allow } => {
                let findings = judged(path);
                let mut response = problem::invalid(405, &findings);
                response.headers.append("allow", allowed(allow));
                (response, findings)
            }
        };
        Answer { findings, ..Answer::problem(response) }
    }

    /// Whether a path leads somewhere once its empty segments hold something.
    fn lacks_parameter(&self, method: &str, path: &str) -> bool {
        let filled = path.replace("//", "/x/");
        filled != path && !matches!(self.contract.route(method, &filled), Route::Unknown)
    }

    pub(super) fn plain(operation: &Operation, response: Response) -> Answer {
        Answer { operation: Some(operation.id().to_owned()), ..Answer::problem(response) }
    }

    pub(super) fn trouble(
        &self,
        asked: &Asked<'_>,
        rule: Option<&Rule>,
        message: String,
        findings: Vec<Finding>,
    ) -> Trouble {
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
pub(super) type Routed<'a, 'p> = (&'a Operation, Vec<(String, String)>, &'p str);

/// Why a request leads to no operation.
pub(super) enum Missed {
    /// There is no such path.
    Path,
    /// There would be, if none of its parameters were empty.
    Parameter,
    /// The path has other methods.
    Method { path: String, allow: Vec<String> },
}

/// The methods of a path, as `Allow` lists them: who can be asked to GET can be asked for the HEAD.
fn allowed(documented: &[String]) -> String {
    let mut methods: Vec<&str> = documented.iter().map(String::as_str).collect();
    if let Some(at) = methods.iter().position(|method| *method == "GET")
        && !methods.contains(&"HEAD")
    {
        methods.insert(at + 1, "HEAD");
    }
    methods.join(", ")
}

/// A request that leads to an operation, judged.
pub(super) struct Asked<'a> {
    pub(super) request: Arc<Request>,
    pub(super) path: &'a str,
    pub(super) path_parameters: Vec<(String, String)>,
    pub(super) operation: &'a Operation,
    /// Of method, URL and body.
    pub(super) digest: u64,
    pub(super) findings: Arc<Vec<Finding>>,
    pub(super) undecided: Vec<Undecided>,
    pub(super) wish: Wish,
    /// The client asks for something that only the document can answer.
    pub(super) by_document: bool,
}

fn digest(request: &Request) -> u64 {
    let seed = derive_seed(0, request.method.as_bytes());
    let path = request.path();
    let seed = derive_seed(seed, path.as_bytes());
    let seed = derive_seed(seed, request.query().unwrap_or_default().as_bytes());
    derive_seed(seed, &request.body)
}
