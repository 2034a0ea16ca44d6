//! The cases and contracts that come with the program, run against any base URL.
#![expect(clippy::disallowed_methods, reason = "the shipped files are read where a user would have them read")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use countersign::case::{Case, read_suite, resolve};
use countersign::contract::{Alone, Contract, Parts};
use countersign::exchange::Redactor;
use countersign::run::{Outcome, Plan, Settings, Stop, Target, World, execute};
use countersign::source::{Diagnostics, Source, Style, render};
use countersign::transport::Client;
use countersign::verdict::{CaseResult, Event};

/// One vendor's contract, and its cases.
pub struct Shipped {
    contract: Arc<Contract>,
    cases: Vec<Case>,
}

impl Shipped {
    pub fn load(vendor: &str) -> Self {
        let parts = Parts {
            name: vendor.to_owned(),
            document: file(&format!("specs/{vendor}.yaml")),
            overlay: Some(file(&format!("specs/{vendor}.overlay.yaml"))),
            promises: Some(file(&format!("specs/{vendor}.promises.yaml"))),
        };
        let (contract, warnings) = Contract::load(parts, &Alone).unwrap_or_else(|faults| panic!("{}", shown(&faults)));
        assert!(warnings.is_empty(), "{}", shown(&warnings));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(vendor);
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        let suites = names.iter().filter(|name| *name != "_defaults.yaml");
        let cases = suites.flat_map(|name| suite(&format!("cases/{vendor}/{name}"), vendor, &contract)).collect();
        Self { contract: Arc::new(contract), cases }
    }

    /// What the promises of the ledger are called.
    pub fn promises(&self) -> Vec<&str> {
        self.contract.promises().iter().map(|promise| promise.id.as_str()).collect()
    }

    /// Runs the cases until so many have failed; gives what the run came to, and each case.
    pub async fn run(
        &self,
        base_url: String,
        client: &Client,
        max_failures: Option<usize>,
    ) -> (Outcome, Vec<CaseResult>) {
        let mut plan = Plan::new();
        let contract = plan.add_contract(Arc::clone(&self.contract), Target::Live { base_url });
        plan.add_cases(contract, self.cases.iter().cloned());
        let world = World {
            environment: Arc::new(BTreeMap::new()),
            seed: 7,
            clock: Arc::new(jiff::Timestamp::now),
            redactor: Arc::new(Redactor::new()),
        };
        let mut settings = Settings::new(world);
        settings.pace.max_failures = max_failures;
        let mut events: Vec<Event> = Vec::new();
        let outcome = execute(plan, settings, client, &Stop::new(), &mut events).await;
        let finished = events.into_iter().filter_map(|event| match event {
            Event::CaseFinished(case) => Some(*case),
            _ => None,
        });
        (outcome, finished.collect())
    }
}

fn suite(name: &str, vendor: &str, contract: &Contract) -> Vec<Case> {
    let defaults = [file(&format!("cases/{vendor}/_defaults.yaml"))];
    let no_files = |_: &str| Err("the shipped cases name no files".to_owned());
    let (suite, faults) = read_suite(&file(name), &defaults, &no_files, &BTreeMap::new());
    assert!(faults.is_empty(), "{}", shown(&faults));
    let (cases, faults) = resolve(&suite.unwrap(), contract, &no_files, &|_| true);
    assert!(faults.is_empty(), "{}", shown(&faults));
    cases
}

fn file(name: &str) -> Source {
    Source::new(name, fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap())
}

fn shown(faults: &Diagnostics) -> String {
    render(faults, Style::Plain)
}
