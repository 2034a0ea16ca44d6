//! One run: contracts and cases bound to targets, the mock started where one is needed, executed.
#![expect(clippy::disallowed_methods, reason = "this is where the clock is looked at, to be handed in")]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use super::specs::Loaded;
use super::suites::Resolved;
use crate::exchange::Redactor;
use crate::expression::Clock;
use crate::mock::{Mock, Mount, Rules, Server, Settings as MockSettings, Trouble};
use crate::run::{Outcome, Plan, Settings, Sink, Stop, Target, World, execute};
use crate::source::Diagnostics;
use crate::transport::{Client, TransportError};

/// Where a contract's requests are to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The embedded mock, started for this run.
    Mock,
    /// The responses recorded in the cases; nothing is sent.
    Recorded,
    /// A live server at this base URL.
    Live(String),
}

/// The time as the system tells it.
pub fn system_clock() -> Clock {
    Arc::new(|| jiff::Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
}

/// What cases see of the world, with the system's clock.
pub fn world(environment: BTreeMap<String, String>, seed: u64, redactor: Arc<Redactor>) -> World {
    World { environment: Arc::new(environment), seed, clock: system_clock(), redactor }
}

/// Why a run could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The mock's rules are wrong.
    #[error("{0}")]
    Rules(Diagnostics),
    /// The mock found no port.
    #[error("the embedded mock cannot listen on 127.0.0.1: {0}")]
    Listen(#[from] std::io::Error),
    /// The client's settings are wrong.
    #[error(transparent)]
    Client(#[from] TransportError),
}

/// A run that is ready to start. While it lives, so does its mock.
pub struct Session {
    plan: Plan,
    _mock: Option<Server>,
    bases: BTreeMap<String, String>,
    /// What the mock did wrong, so far.
    pub troubles: Arc<Mutex<Vec<Trouble>>>,
    /// What is odd in the mock's rules.
    pub warnings: Diagnostics,
}

impl Session {
    /// Binds every contract to its destination; starts one mock for all that need it.
    ///
    /// Must be called within a tokio runtime.
    pub async fn start(
        resolved: Resolved,
        destination: &dyn Fn(&str) -> Destination,
        mock_settings: &MockSettings,
    ) -> Result<Self, StartError> {
        let troubles = Arc::new(Mutex::new(Vec::new()));
        let mut warnings = Diagnostics::new();
        let mut mounts = Vec::new();
        let prefixes = prefixes(&resolved.contracts);
        let destinations: Vec<Destination> =
            resolved.contracts.iter().map(|loaded| destination(loaded.contract.name())).collect();
        for (index, loaded) in resolved.contracts.iter().enumerate() {
            if destinations[index] == Destination::Mock {
                let mock = mock(loaded, mock_settings.clone(), &mut warnings).map_err(StartError::Rules)?;
                let heard = Arc::clone(&troubles);
                let mock = mock.listened_to(Arc::new(move |trouble| {
                    heard.lock().unwrap_or_else(PoisonError::into_inner).push(trouble.clone());
                }));
                mounts.push(Mount { prefix: prefixes[index].clone(), mock: Arc::new(mock) });
            }
        }
        let server = if mounts.is_empty() {
            None
        } else {
            Some(Server::serve(mounts, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?)
        };
        let url = server.as_ref().map(Server::url).unwrap_or_default();
        let targets = targets(destinations, &url, &prefixes);
        let names = resolved.contracts.iter().map(|loaded| loaded.contract.name().to_owned());
        let bases = names.zip(targets.iter().map(|target| target.base_url().to_owned())).collect();
        let plan = plan(resolved, targets);
        Ok(Self { plan, _mock: server, bases, troubles, warnings })
    }

    /// By contract, the address that its requests go to.
    pub fn bases(&self) -> &BTreeMap<String, String> {
        &self.bases
    }

    /// How many cases there are.
    pub fn cases(&self) -> usize {
        self.plan.len()
    }

    /// Runs the cases and tells `sink` what happens.
    pub async fn run(self, settings: Settings, client: &Client, stop: &Stop, sink: &mut dyn Sink) -> Outcome {
        execute(self.plan, settings, client, stop, sink).await
    }
}

/// The mock of a contract with its rules.
pub fn mock(loaded: &Loaded, settings: MockSettings, warnings: &mut Diagnostics) -> Result<Mock, Diagnostics> {
    let rules = match &loaded.rules {
        Some(source) => {
            let (rules, odd) = Rules::read(source, &loaded.contract)?;
            warnings.extend(odd);
            rules
        }
        None => Rules::default(),
    };
    Ok(Mock::new(Arc::clone(&loaded.contract), rules, settings))
}

/// The path that each contract's mock answers below: its name, numbered where two documents share one.
fn prefixes(contracts: &[Loaded]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let prefix = |loaded: &Loaded| -> String {
        let name = loaded.contract.name();
        let count = seen.entry(name.to_owned()).and_modify(|count| *count += 1).or_insert(1);
        if *count == 1 { format!("/{name}") } else { format!("/{name}-{count}") }
    };
    contracts.iter().map(prefix).collect()
}

/// Where each contract's requests go, the mock's address known.
fn targets(destinations: Vec<Destination>, mock_url: &str, prefixes: &[String]) -> Vec<Target> {
    let target = |(destination, prefix): (Destination, &String)| match destination {
        Destination::Mock => Target::Mock { base_url: format!("{mock_url}{prefix}") },
        Destination::Recorded => Target::Recorded,
        Destination::Live(base_url) => Target::Live { base_url },
    };
    destinations.into_iter().zip(prefixes).map(target).collect()
}

fn plan(resolved: Resolved, targets: Vec<Target>) -> Plan {
    let mut plan = Plan::new();
    let mut indices = Vec::new();
    for (loaded, target) in resolved.contracts.iter().zip(targets) {
        indices.push(plan.add_contract(Arc::clone(&loaded.contract), target));
    }
    for (case, contract) in resolved.cases {
        plan.add_cases(indices[contract], [case]);
    }
    plan
}
