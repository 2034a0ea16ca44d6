//! `countersign drift`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::arguments::{ContractArguments, OutputArguments, ReportArguments, SelectionArguments, TargetArguments};
use super::output::{self, Look};
use super::run::{interrupted_twice, last_failed, list, write_reports};
use super::settings::{self, Asked, RunSettings, split_name};
use super::{Environment, Exit};
use crate::drift::{Depth, Drift, Ignore, Target};
use crate::exchange::{Redactor, Secret};
use crate::mock;
use crate::project::{Destination, Folder, Session, StartError, Suites, world};
use crate::report::Results;
use crate::run::{Outcome, Stop};
use crate::source::{Diagnostic, Diagnostics};
use crate::transport::Client;
use crate::verdict::{self, CaseResult, Event, Summary, Verdict};

/// `drift`
#[derive(Debug, Args)]
pub struct DriftArguments {
    /// The target that is held to be right: `mock`, `recorded` or a base URL; for several contracts
    /// `salla=https://…,groups=mock`.
    #[arg(value_name = "OLD")]
    pub old: String,
    /// The target that is held against it, named in the same ways.
    #[arg(value_name = "NEW")]
    pub new: String,
    /// Case files or folders.
    #[arg(default_value = "cases", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How closely responses are compared; by default by value, and by shape where one target is the mock.
    #[arg(long, value_enum, value_name = "DEPTH")]
    pub compare: Option<Compare>,
    /// Run each target so many times, and leave out what differs between two runs of one of them.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=20))]
    pub repeat: u8,
    /// Leave out a place: `status`, `header:NAME`, `verdict`, or a JSON Pointer (`*` for any segment, `**` for
    /// any number of them). May be repeated.
    #[arg(long = "ignore", value_name = "PLACE")]
    pub ignored: Vec<String>,
    /// Take times and UUIDs for different where they differ.
    #[arg(long)]
    pub exact: bool,
    /// How many cases run side by side.
    #[arg(long, short, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
    /// What generated values and the mock's clock start from, at both targets alike.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// What to run.
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// How to send it.
    #[command(flatten)]
    pub target: TargetArguments,
    /// By which contracts.
    #[command(flatten)]
    pub contracts: ContractArguments,
    /// What to write.
    #[command(flatten)]
    pub reports: ReportArguments,
}

/// How closely responses are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compare {
    /// By status.
    Status,
    /// Also which header fields and properties there are, and of which types.
    Shape,
    /// Also by value.
    Value,
}

/// Where reports go unless something else is said.
const REPORTS: &str = "reports/drift";
/// Larger bodies are not compared.
const LARGEST_BODY: usize = 4 << 20;

/// Runs the same cases against two targets and tells where their answers differ.
pub(super) fn drift(arguments: &DriftArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    let redactor = Arc::new(Redactor::new());
    match try_drift(arguments, &look, environment, &redactor) {
        Ok(exit) => exit,
        Err(diagnostics) => {
            output::tell(&redactor.redact(&look.render(&diagnostics)));
            Exit::NotStarted
        }
    }
}

fn try_drift(
    arguments: &DriftArguments,
    look: &Look,
    environment: &Environment,
    redactor: &Arc<Redactor>,
) -> Result<Exit, Diagnostics> {
    let folder = environment.folder();
    let sides = [&arguments.old, &arguments.new].map(|word| side(word, arguments, environment, &folder, redactor));
    let [old, new] = sides;
    let (old, new) = (old?, new?);
    let folder = new.reached(folder);
    let ignore =
        Ignore::parse(&arguments.ignored).map_err(|error| Diagnostic::error("bad-ignore", error.to_string()))?;
    let failed = last_failed(&arguments.selection, &arguments.reports, REPORTS, &folder)?;
    let selection = settings::selection(&arguments.selection, failed)?;
    let suites = Suites::read(&folder, &arguments.paths, &selection, &environment.variables)?;
    for secret in suites.secrets().filter_map(|name| environment.variables.get(name)) {
        redactor.add(&Secret::new(secret.as_str()));
    }
    if suites.is_empty() {
        output::tell("nothing selected: no case meets every condition; `countersign run --list` shows what there is");
        return Ok(Exit::NothingSelected);
    }
    if arguments.selection.list {
        output::print(&redactor.redact(&list(&suites)));
        return Ok(Exit::Kept);
    }
    let runtime = output::runtime()?;
    let stop = Stop::new();
    let work = Work { arguments, environment, suites: &suites, look, stop: &stop };
    let done = runtime.block_on(async {
        let all = work.all([&old, &new]);
        tokio::pin!(all);
        tokio::select! {
            done = &mut all => return done,
            () = output::interrupted() => stop.interrupt(),
        }
        tokio::select! {
            done = &mut all => done,
            // Whoever asks twice does not want to wait for what cannot be ended at once.
            () = output::interrupted() => Err(interrupted_twice()),
        }
    });
    runtime.shutdown_background();
    let runs = done?;
    if let Some(exit) = unreachable(&runs, arguments) {
        return Ok(exit);
    }
    report(arguments, look, &folder, &runs, ignore)
}

/// The settings of one target.
fn side(
    word: &str,
    arguments: &DriftArguments,
    environment: &Environment,
    folder: &Folder,
    redactor: &Arc<Redactor>,
) -> Result<RunSettings, Diagnostics> {
    let targets: Vec<String> = match split_name(word) {
        (Some(_), _) => word.split(',').map(str::to_owned).collect(),
        (None, _) => vec![word.to_owned()],
    };
    let asked = Asked {
        targets: &targets,
        target: &arguments.target,
        contracts: &arguments.contracts,
        jobs: arguments.jobs,
        max_failures: None,
        coverage: false,
        shown_body: LARGEST_BODY,
    };
    RunSettings::of(&asked, environment, folder, Arc::clone(redactor))
}

/// What a run of all cases at one target came to.
struct Ran {
    target: Target,
    cases: Vec<CaseResult>,
    contracts: Vec<verdict::ContractSummary>,
    started: String,
    elapsed_ms: f64,
    outcome: Outcome,
    /// Whether one of its targets is the mock, and whether all are recordings.
    mock: bool,
    recorded: bool,
}

struct Work<'a> {
    arguments: &'a DriftArguments,
    environment: &'a Environment,
    suites: &'a Suites,
    look: &'a Look,
    stop: &'a Stop,
}

impl Work<'_> {
    /// For both targets every run, the one that is compared first.
    async fn all(&self, settings: [&RunSettings; 2]) -> Result<[Vec<Ran>; 2], Diagnostics> {
        let mut all = [Vec::new(), Vec::new()];
        let names = names(self.arguments);
        for (side, settings) in settings.into_iter().enumerate() {
            for number in 0..self.arguments.repeat {
                // Other random values: a target need not take the same new thing twice.
                let seed = self.arguments.seed.wrapping_add(number.into());
                let mut ran = self.once(settings, seed, side == 0 && number == 0).await?;
                ran.target.name.clone_from(&names[side]);
                // Where it was interrupted, the other target still says that it skips every case.
                let last = ran.recorded || !ran.outcome.unreachable.is_empty() || self.stop.is_interrupted();
                all[side].push(ran);
                if last {
                    break;
                }
            }
        }
        Ok(all)
    }

    async fn once(&self, settings: &RunSettings, seed: u64, first: bool) -> Result<Ran, Diagnostics> {
        let resolved = self.suites.resolve(&settings.specs)?;
        settings.check_names(resolved.contracts.iter().map(|loaded| loaded.contract.name()))?;
        if first {
            resolved.contracts.iter().for_each(|loaded| output::warnings(&loaded.warnings, self.look));
            output::warnings(&resolved.warnings, self.look);
        }
        let to: Vec<Destination> =
            resolved.contracts.iter().map(|loaded| settings.destination(loaded.contract.name())).collect();
        let cannot_start = |error: StartError| match error {
            StartError::Rules(diagnostics) => diagnostics,
            other => Diagnostic::error("cannot-start", other.to_string()).into(),
        };
        let mock = mock::Settings::repeatable(seed).with_environment(&self.environment.variables);
        let destination = |contract: &str| settings.destination(contract);
        let session = Session::start(resolved, &destination, &mock).await.map_err(cannot_start)?;
        let target = Target { name: String::new(), bases: session.bases().clone() };
        let client = Client::new(settings.transport.clone()).map_err(|error| cannot_start(error.into()))?;
        let world = world(self.environment.variables.clone(), seed, Arc::clone(&settings.redactor));
        let mut events: Vec<Event> = Vec::new();
        let outcome = session.run(settings.run(world), &client, self.stop, &mut events).await;
        let mut ran = Ran {
            target,
            cases: Vec::new(),
            contracts: Vec::new(),
            started: String::new(),
            elapsed_ms: 0.0,
            outcome,
            mock: to.contains(&Destination::Mock),
            recorded: to.iter().all(|to| *to == Destination::Recorded),
        };
        for event in events {
            match event {
                Event::RunStarted { started, contracts, .. } => (ran.started, ran.contracts) = (started, contracts),
                Event::CaseFinished(case) => ran.cases.push(*case),
                Event::RunFinished { elapsed_ms, .. } => ran.elapsed_ms = elapsed_ms,
            }
        }
        Ok(ran)
    }
}

/// What the targets are called.
fn names(arguments: &DriftArguments) -> [String; 2] {
    let one = |word: &str| split_name(word).0.is_none();
    if arguments.old == arguments.new || !one(&arguments.old) || !one(&arguments.new) {
        ["old".to_owned(), "new".to_owned()]
    } else {
        [arguments.old.clone(), arguments.new.clone()]
    }
}

fn unreachable(runs: &[Vec<Ran>; 2], arguments: &DriftArguments) -> Option<Exit> {
    let words = [&arguments.old, &arguments.new];
    let mut exit = None;
    for (runs, word) in runs.iter().zip(words) {
        for ran in runs {
            for contract in &ran.outcome.unreachable {
                let why = why_unreachable(ran, contract);
                output::tell(&format!("error[unreachable]: the target of {contract}, `{word}`, cannot be used: {why}"));
                exit = Some(Exit::Unreachable);
            }
        }
    }
    exit
}

/// What the first case of the contract failed with; all of them say the same.
fn why_unreachable<'r>(ran: &'r Ran, contract: &str) -> &'r str {
    let of_contract = ran.cases.iter().filter(|case| case.contract == contract);
    let mut errors = of_contract.filter_map(|case| match &case.verdict {
        Verdict::Failed { error } => Some(error.as_str()),
        _ => None,
    });
    errors.next().unwrap_or("it could not be reached")
}

fn report(
    arguments: &DriftArguments,
    look: &Look,
    folder: &Folder,
    runs: &[Vec<Ran>; 2],
    ignore: Ignore,
) -> Result<Exit, Diagnostics> {
    let [old, new] = runs;
    let (before, after) = (&old[0], &new[0]);
    let depth = match arguments.compare {
        Some(Compare::Status) => Depth::Status,
        Some(Compare::Shape) => Depth::Shape,
        None if before.mock || after.mock => Depth::Shape,
        Some(Compare::Value) | None => Depth::Value,
    };
    let mut drift = Drift::new(before.target.clone(), after.target.clone(), depth);
    (drift.ignore, drift.formats) = (ignore, !arguments.exact);
    for runs in runs {
        for again in &runs[1..] {
            let first = &runs[0];
            first.cases.iter().zip(&again.cases).for_each(|(one, other)| drift.learn(&first.target, one, other));
        }
    }
    let mut contracts = after.contracts.clone();
    for (contract, before) in contracts.iter_mut().zip(&before.contracts) {
        let words = [&before.target, &contract.target].map(word);
        let [old, new] = words;
        contract.target = verdict::Target::Compared { old, new };
    }
    let mut summary = Summary::default();
    let mut results = (!arguments.reports.no_report).then(Results::default);
    let mut tell = |event: Event| {
        if let Some(results) = &mut results {
            results.event(&event);
        }
        output::print_some(&look.terminal().event(&event));
        summary.add(event);
    };
    tell(Event::RunStarted {
        format_version: verdict::FORMAT_VERSION.to_owned(),
        countersign: env!("CARGO_PKG_VERSION").to_owned(),
        started: before.started.clone(),
        seed: arguments.seed,
        contracts,
        cases: after.cases.len(),
    });
    for (before, after) in before.cases.iter().zip(&after.cases) {
        tell(Event::CaseFinished(Box::new(drift.compare(before, after))));
    }
    let elapsed_ms = runs.iter().flatten().map(|ran| ran.elapsed_ms).sum();
    let stopped = before.outcome.stopped.clone().or_else(|| after.outcome.stopped.clone());
    tell(Event::RunFinished { elapsed_ms, stopped: stopped.clone(), exercised: Vec::new() });
    let written = write_reports(&arguments.reports, REPORTS, folder, results, &summary)?;
    // Which promises are kept is not what was asked.
    summary.contracts.clear();
    output::print(&look.terminal().summary(&summary, &written));
    tell_masked(&drift, look);
    let outcome = Outcome { totals: summary.totals, stopped, ..Outcome::default() };
    Ok(outcome.exit_code(arguments.contracts.strict))
}

fn word(target: &verdict::Target) -> String {
    match target {
        verdict::Target::Mock => "mock".to_owned(),
        verdict::Target::Recorded => "recorded".to_owned(),
        verdict::Target::Live { url } => url.clone(),
        verdict::Target::Compared { old, new } => format!("{old} → {new}"),
    }
}

fn tell_masked(drift: &Drift, look: &Look) {
    let masked: BTreeMap<_, _> = drift.masked().iter().filter(|(_, count)| **count > 0).collect();
    if masked.is_empty() || look.is_quiet() {
        return;
    }
    let list: Vec<String> = masked.iter().map(|(why, count)| format!("{why} ({count})")).collect();
    output::print(&format!("\ndifferent and not counted: {}", list.join(", ")));
}
