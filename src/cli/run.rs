//! `countersign run`

use std::borrow::Cow;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, PoisonError};

use indexmap::IndexMap;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinSet;

use super::arguments::{OutputArguments, ReportArguments, RunArguments, SelectionArguments};
use super::output::{self, Look};
use super::settings::{self, Asked, RunSettings};
use super::{Environment, Exit};
use crate::exchange::{Redactor, Secret};
use crate::mock::{self, Trouble};
use crate::project::{Destination, Folder, Session, StartError, Suites, system_clock, world};
use crate::report::{self, Har, Make, Terminal, WriteError};
use crate::run::{Outcome, Sink, Stop};
use crate::source::{Diagnostic, Diagnostics};
use crate::transport::Client;
use crate::verdict::{CaseId, Event, Summary, Verdict};

/// Where reports go unless something else is said.
const REPORTS: &str = "reports";

/// Runs cases, judges every exchange, reports.
pub(super) fn run(arguments: &RunArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    let redactor = Arc::new(Redactor::new());
    match try_run(arguments, &look, environment, &redactor) {
        Ok(exit) => exit,
        Err(Stopped::Wrong(diagnostics)) => {
            output::tell(&redactor.redact(&look.render(&diagnostics)));
            Exit::NotStarted
        }
        Err(Stopped::NothingSelected(why)) => {
            output::tell(&why);
            Exit::NothingSelected
        }
    }
}

/// Why there was no run.
enum Stopped {
    Wrong(Diagnostics),
    NothingSelected(String),
}

impl From<Diagnostics> for Stopped {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Wrong(diagnostics)
    }
}

impl From<Diagnostic> for Stopped {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Wrong(diagnostic.into())
    }
}

fn try_run(
    arguments: &RunArguments,
    look: &Look,
    environment: &Environment,
    redactor: &Arc<Redactor>,
) -> Result<Exit, Stopped> {
    let folder = environment.folder();
    let settings = RunSettings::of(&asked(arguments), environment, &folder, Arc::clone(redactor))?;
    let folder = settings.reached(folder);
    let failed = last_failed(&arguments.selection, &arguments.reports, REPORTS, &folder)?;
    let selection = settings::selection(&arguments.selection, failed)?;
    let suites = Suites::read(&folder, &arguments.paths, &selection, &environment.variables)?;
    for secret in suites.secrets().filter_map(|name| environment.variables.get(name)) {
        redactor.add(&Secret::new(secret.as_str()));
    }
    if suites.is_empty() {
        return Err(Stopped::NothingSelected(nothing_selected(arguments, selection.is_everything())));
    }
    if arguments.selection.list {
        output::print(&redactor.redact(&list(&suites)));
        return Ok(Exit::Kept);
    }
    let resolved = suites.resolve(&settings.specs)?;
    settings.check_names(resolved.contracts.iter().map(|loaded| loaded.contract.name()))?;
    for loaded in &resolved.contracts {
        output::warnings(&loaded.warnings, look);
        output::oddities(&loaded.contract, look);
    }
    output::warnings(&resolved.warnings, look);
    let har = arguments
        .har
        .as_ref()
        .map(|path| Har::create(&folder.path(path)))
        .transpose()
        .map_err(|error| not_written(&error))?;
    let runtime = output::runtime()?;
    let done = runtime.block_on(execute(resolved, &settings, arguments, look, environment, har));
    // Work that does not heed its end must not hold up the program's.
    runtime.shutdown_background();
    let (told, outcome) = done?;
    let mut written = write_reports(&arguments.reports, REPORTS, &folder, told.results, &told.summary)?;
    if let Some(har) = told.har {
        written.push(PathBuf::from(folder.name(&har.finish().map_err(|error| not_written(&error))?)));
    }
    output::print(&look.terminal().summary(&told.summary, &written));
    let exit = arguments.coverage.judge(&told.summary.exercised, outcome.exit_code(arguments.contracts.strict));
    // The program ends with this: to take a large run apart, value by value, would only hold it up.
    std::mem::forget((suites, told.summary));
    Ok(exit)
}

fn asked(arguments: &RunArguments) -> Asked<'_> {
    let max_fail = arguments.execution.max_fail.and_then(|most| usize::try_from(most).ok());
    Asked {
        targets: &arguments.targets,
        target: &arguments.target,
        contracts: &arguments.contracts,
        jobs: arguments.execution.jobs,
        max_failures: if arguments.execution.fail_fast { Some(1) } else { max_fail },
        coverage: arguments.coverage.is_wanted(),
        shown_body: if arguments.har.is_some() { usize::MAX } else { crate::show::SHOWN_BODY },
    }
}

fn nothing_selected(arguments: &RunArguments, everything: bool) -> String {
    if everything {
        let paths: Vec<String> = arguments.paths.iter().map(|path| path.display().to_string()).collect();
        format!("nothing to run: there is no case in {}", paths.join(", "))
    } else if arguments.selection.last_failed {
        "nothing selected: every case was kept last time".to_owned()
    } else {
        "nothing selected: no case meets every condition; `countersign run --list` shows what there is".to_owned()
    }
}

pub(super) fn list(suites: &Suites) -> String {
    let line = |listed: &crate::case::Listed| {
        let tags = if listed.tags.is_empty() { String::new() } else { format!("  [{}]", listed.tags.join(", ")) };
        format!("{}{tags}", listed.id)
    };
    suites.selected().map(line).collect::<Vec<_>>().join("\n")
}

/// The cases that were not kept in the last run, where they are asked for.
pub(super) fn last_failed(
    selection: &SelectionArguments,
    reports: &ReportArguments,
    default: &str,
    folder: &Folder,
) -> Result<Option<Vec<CaseId>>, Diagnostic> {
    if !selection.last_failed {
        return Ok(None);
    }
    let path = reports.folder(default).join("results.json");
    let fault = |reason: String| {
        Diagnostic::error("no-last-run", format!("{}: {reason}", folder.name(&path)))
            .help("run without `--last-failed` first")
    };
    let source = folder.read(&path).map_err(|_| fault("there are no results of an earlier run".to_owned()))?;
    let events = report::read(source.text()).map_err(|error| fault(error.to_string()))?;
    // Of a run that was stopped, the cases that it did not come to were not kept either.
    let stopped = events.iter().any(|event| matches!(event, Event::RunFinished { stopped: Some(_), .. }));
    let again = |verdict: &Verdict| match verdict {
        Verdict::Broken { .. } | Verdict::Failed { .. } => true,
        Verdict::Skipped { .. } => stopped,
        Verdict::Kept | Verdict::Undecided { .. } => false,
    };
    let failed = events.into_iter().filter_map(|event| match event {
        Event::CaseFinished(case) if again(&case.verdict) => Some(case.id),
        _ => None,
    });
    Ok(Some(failed.collect()))
}

/// A seed that was not used before: what a live server has seen in an earlier run is not new to it.
fn fresh_seed() -> u64 {
    u64::try_from(system_clock()().as_nanosecond() / 1000 % 1_000_000_000).unwrap_or(0)
}

async fn execute(
    resolved: crate::project::Resolved,
    settings: &RunSettings,
    arguments: &RunArguments,
    look: &Look,
    environment: &Environment,
    har: Option<Har>,
) -> Result<(Told, Outcome), Diagnostics> {
    let names = resolved.contracts.iter().map(|loaded| loaded.contract.name());
    let is_live = names.map(|name| settings.destination(name)).any(|to| matches!(to, Destination::Live(_)));
    let seed = arguments.execution.seed.unwrap_or_else(|| if is_live { fresh_seed() } else { 0 });
    let mock = mock::Settings::repeatable(seed).with_environment(&environment.variables);
    let destination = |contract: &str| settings.destination(contract);
    let session = Session::start(resolved, &destination, &mock).await.map_err(cannot_start)?;
    output::warnings(&session.warnings, look);
    let client = Client::new(settings.transport.clone()).map_err(|error| cannot_start(error.into()))?;
    let world = world(environment.variables.clone(), seed, Arc::clone(&settings.redactor));
    let stop = Stop::new();
    let results = (!arguments.reports.no_report).then(report::Results::default);
    let mut live = Live::new(look, session.cases() as u64, Told { summary: Summary::default(), results, har });
    let troubles = Arc::clone(&session.troubles);
    // A task like its cases, so that what they come to need not wake another thread.
    let mut running = JoinSet::new();
    let (run, ends) = (settings.run(world), stop.clone());
    running.spawn(async move {
        let outcome = session.run(run, &client, &ends, &mut live).await;
        (live.finish(), outcome)
    });
    let done = tokio::select! {
        done = running.join_next() => done,
        () = output::interrupted() => {
            stop.interrupt();
            tokio::select! {
                done = running.join_next() => done,
                // Whoever asks twice does not want to wait for what cannot be ended at once.
                () = output::interrupted() => return Err(interrupted_twice()),
            }
        }
    };
    tell_troubles(&troubles.lock().unwrap_or_else(PoisonError::into_inner), &settings.redactor);
    match done.expect("the run was spawned") {
        Ok(done) => Ok(done),
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

/// What the mock did wrong, each once.
fn tell_troubles(troubles: &[Trouble], redactor: &Redactor) {
    let mut counts: IndexMap<String, usize> = IndexMap::new();
    for trouble in troubles {
        *counts.entry(trouble.to_string()).or_default() += 1;
    }
    for (trouble, count) in counts {
        let times = if count == 1 { String::new() } else { format!(" ({count} times)") };
        output::tell(&format!("warning: the mock: {}{times}", redactor.redact(&trouble)));
    }
}

pub(super) fn interrupted_twice() -> Diagnostics {
    Diagnostic::error("interrupted", "interrupted twice: ended without reports").into()
}

fn cannot_start(error: StartError) -> Diagnostics {
    match error {
        StartError::Rules(diagnostics) => diagnostics,
        other => Diagnostic::error("cannot-start", other.to_string()).into(),
    }
}

/// What a run told, for the reports.
struct Told {
    summary: Summary,
    /// `results.json` in the making, where it is wanted.
    results: Option<report::Results>,
    /// Gets whole bodies; what is kept for the other reports is cut.
    har: Option<Har>,
}

/// Shows what happens as it happens, and keeps it for the reports.
struct Live {
    terminal: Terminal,
    bar: ProgressBar,
    told: Told,
}

impl Live {
    fn new(look: &Look, cases: u64, told: Told) -> Self {
        let target = if look.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(cases), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} {elapsed}") {
            bar.set_style(style);
        }
        Self { terminal: look.terminal(), bar, told }
    }

    fn finish(self) -> Told {
        self.bar.finish_and_clear();
        self.told
    }
}

impl Sink for Live {
    fn event(&mut self, mut event: Event) {
        if let Some(har) = &mut self.told.har {
            har.event(&event);
            event.cut_bodies(crate::show::SHOWN_BODY);
        }
        let text = self.terminal.event(&event);
        if !text.is_empty() {
            self.bar.suspend(|| {
                let _ = write!(std::io::stdout().lock(), "{text}");
            });
        }
        if let Some(results) = &mut self.told.results {
            results.event(&event);
        }
        self.told.summary.add(event);
    }

    fn progress(&mut self, done: usize, _of: usize) {
        self.bar.set_position(done as u64);
    }
}

fn not_written(error: &WriteError) -> Diagnostic {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    Diagnostic::error("report-not-written", format!("{error}{cause}")).help(
        "give another place with `--reports DIR`, `--junit FILE` or `--har FILE`, or write none with `--no-report`",
    )
}

/// Writes what is asked for, into the folder `default` unless another is named.
pub(super) fn write_reports(
    arguments: &ReportArguments,
    default: &str,
    folder: &Folder,
    results: Option<report::Results>,
    summary: &Summary,
) -> Result<Vec<PathBuf>, Diagnostic> {
    let shown = |paths: Vec<PathBuf>| paths.iter().map(|path| PathBuf::from(folder.name(path))).collect::<Vec<_>>();
    let mut written = Vec::new();
    let junit = LazyLock::new(|| report::junit(summary));
    if let Some(results) = results {
        let files: Vec<(&str, Make)> = vec![
            ("junit.xml", Box::new(|| Cow::Borrowed(&**junit))),
            ("results.json", Box::new(|| Cow::Owned(results.finish(summary)))),
            ("report.html", Box::new(|| Cow::Owned(report::html(summary)))),
        ];
        written.extend(shown(
            report::make_all(&folder.path(arguments.folder(default)), files).map_err(|error| not_written(&error))?,
        ));
    }
    if let Some(path) = &arguments.junit {
        let full = folder.path(path);
        let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let parent = full.parent().unwrap_or(Path::new("."));
        written.extend(shown(report::write_all(parent, &[(&name, &junit)]).map_err(|error| not_written(&error))?));
    }
    Ok(written)
}
