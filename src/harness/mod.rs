//! Cases as `cargo test` trials: one trial a case and row, against the embedded mock, in any crate.
//!
//! ```toml
//! [[test]]
//! name = "contract"
//! harness = false
//! ```
//!
//! ```no_run
//! // tests/contract.rs
//! fn main() -> std::process::ExitCode {
//!     countersign::harness::main("cases", "specs")
//! }
//! ```
//!
//! Paths are relative to the crate's root. `cargo test NAME`, `-- --list` and nextest work as with
//! any test; a contract is loaded and its mock started when the first of its trials runs.
#![expect(clippy::disallowed_methods, reason = "a test program's arguments and surroundings are looked at here")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::exchange::Redactor;
use crate::mock;
use crate::project::{Destination, Folder, Session, Specs, Suites, world};
use crate::report::{Terminal, Verbosity};
use crate::run::{Selection, Settings, Stop, Wanted};
use crate::source::Diagnostics;
use crate::transport::Client;
use crate::verdict::{CaseId, CaseResult, Event, Verdict};

/// Runs every case below the folder `cases` by the contracts in the folder `specs`, as a test program.
pub fn main(cases: impl AsRef<Path>, specs: impl AsRef<Path>) -> ExitCode {
    let arguments = Arguments::from_args();
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
    let harness = Harness {
        folder: Folder::new(root),
        cases: cases.as_ref().to_owned(),
        specs: Specs {
            folder: specs.as_ref().to_owned(),
            overlays: true,
            root: None,
            formats: crate::contract::Formats::Assert,
        },
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    };
    match harness.trials() {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(faults) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "{faults}");
            ExitCode::from(2)
        }
    }
}

struct Harness {
    folder: Folder,
    cases: PathBuf,
    specs: Specs,
    environment: BTreeMap<String, String>,
}

impl Harness {
    /// A trial for each case; what stands in the case files is read, and nothing else.
    fn trials(self) -> Result<Vec<Trial>, Diagnostics> {
        let suites = self.suites(Wanted::default())?;
        let listed: Vec<(CaseId, Option<String>)> =
            suites.selected().map(|case| (case.id.clone(), case.skip.clone())).collect();
        let harness = Arc::new(self);
        let trial = |(id, skip): (CaseId, Option<String>)| {
            let harness = Arc::clone(&harness);
            let name = id.to_string();
            Trial::test(name, move || harness.run(id)).with_ignored_flag(skip.is_some())
        };
        Ok(listed.into_iter().map(trial).collect())
    }

    fn suites(&self, wanted: Wanted) -> Result<Suites, Diagnostics> {
        let selection = Selection::new(wanted)
            .map_err(|error| crate::source::Diagnostic::error("bad-selection", error.to_string()))?;
        Suites::read(&self.folder, std::slice::from_ref(&self.cases), &selection, &self.environment)
    }

    /// Runs one case: reads its file, loads its contract, starts its mock, and nothing more.
    fn run(&self, id: CaseId) -> Result<(), Failed> {
        let suites = self.suites(Wanted { cases: Some(vec![id]), ..Wanted::default() })?;
        let resolved = suites.resolve(&self.specs)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mock = mock::Settings::repeatable(0).with_environment(&self.environment);
        let events = runtime.block_on(async {
            let session = Session::start(resolved, &|_| Destination::Mock, &mock).await?;
            let client = Client::new(crate::transport::Settings::default())?;
            let world = world(self.environment.clone(), 0, Arc::new(Redactor::new()));
            let troubles = Arc::clone(&session.troubles);
            let mut events: Vec<Event> = Vec::new();
            session.run(Settings::new(world), &client, &Stop::new(), &mut events).await;
            match troubles.lock().unwrap_or_else(PoisonError::into_inner).first() {
                Some(trouble) => Err(Failed::from(format!("the mock breaks the contract: {trouble}"))),
                None => Ok(events),
            }
        })?;
        for event in &events {
            if let Event::CaseFinished(case) = event {
                verdict(case)?;
            }
        }
        Ok(())
    }
}

fn verdict(case: &CaseResult) -> Result<(), Failed> {
    match case.verdict {
        Verdict::Broken { .. } | Verdict::Failed { .. } => {
            let terminal = Terminal { color: false, verbosity: Verbosity::Normal, width: 100 };
            Err(Failed::from(terminal.case(case)))
        }
        _ => Ok(()),
    }
}
