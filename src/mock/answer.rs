//! What a mock says, and what it has to be told.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::callback::Caller;
use super::effect::Effect;
use crate::exchange::Response;
use crate::expression::{Clock, Var};
use crate::generate::derive_seed;
use crate::source::Place;
use crate::verdict::{Finding, Undecided};

/// What makes a mock's answers repeatable.
#[derive(Clone)]
pub struct Settings {
    /// Generated values follow from it.
    pub seed: u64,
    /// What `now()` says.
    pub clock: Clock,
    /// What rules see as `env`: the environment variables, by name.
    pub environment: Var,
    /// Answers of the document are generated anew each time, whatever its examples.
    pub dynamic: bool,
    /// What becomes of invalid requests.
    pub validation: Validation,
    /// What sends callbacks and webhooks; without it, none are sent.
    pub caller: Option<Caller>,
    /// Scripts of other origins may ask (CORS). Not by default: it is browsers that need it.
    pub cors: bool,
}

impl Settings {
    /// Settings under which the same requests always get the same answers: the time stands still,
    /// somewhere in 2025.
    pub fn repeatable(seed: u64) -> Self {
        const YEAR: u64 = 365 * 24 * 60 * 60;
        let second = 1_735_689_600 + derive_seed(seed, b"clock") % YEAR;
        let second = i64::try_from(second).unwrap_or(1_735_689_600);
        let now = jiff::Timestamp::from_second(second).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let environment = Var::record::<String>([]);
        Self {
            seed,
            clock: Arc::new(move || now),
            environment,
            dynamic: false,
            validation: Validation::Refuse,
            caller: None,
            cors: false,
        }
    }

    /// The same with these environment variables.
    #[must_use]
    pub fn with_environment(mut self, variables: &BTreeMap<String, String>) -> Self {
        self.environment =
            Var::record(variables.iter().map(|(name, value)| (name.as_str(), Var::from(value.as_str()))));
        self
    }
}

/// What becomes of requests that break the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Validation {
    /// They are refused.
    #[default]
    Refuse,
    /// They are answered as if they were valid; what is wrong with them is told.
    Report,
    /// They are not judged.
    Off,
}

/// Where an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The rule of this name.
    Rule(String),
    /// What clients made, as it is remembered.
    State,
    /// The document: an example or a generated value.
    Document,
    /// Neither has an answer: problem details.
    Problem,
}

/// What a mock answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The response.
    pub response: Response,
    /// Where it comes from.
    pub origin: Origin,
    /// The operation that the request leads to.
    pub operation: Option<String>,
    /// What is wrong with the request.
    pub findings: Vec<Finding>,
    /// What of the request could not be judged.
    pub undecided: Vec<Undecided>,
    /// What is wrong with the mock itself.
    pub troubles: Vec<Trouble>,
    /// What happens to the response on its way.
    pub effect: Effect,
}

impl Answer {
    /// Problem details that belong to no operation.
    pub(super) fn problem(response: Response) -> Self {
        Self {
            response,
            origin: Origin::Problem,
            operation: None,
            findings: Vec::new(),
            undecided: Vec::new(),
            troubles: Vec::new(),
            effect: Effect::default(),
        }
    }
}

/// Something wrong with a mock, seen when it answered: a rule that breaks the contract, an
/// expression that has no value, a schema that no value satisfies.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// The contract's name.
    pub contract: String,
    /// The operation that was asked for.
    pub operation: String,
    /// The rule that answered, and where it stands.
    pub rule: Option<(String, Place)>,
    /// One sentence.
    pub message: String,
    /// How the answer breaks the contract, where it does.
    pub findings: Vec<Finding>,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some((name, place)) = &self.rule {
            write!(f, "{place}: rule `{name}`: ")?;
        }
        write!(f, "{}: {}: {}", self.contract, self.operation, self.message)
    }
}

/// Hears of every trouble as it is found.
pub type Listener = Arc<dyn Fn(&Trouble) + Send + Sync>;
