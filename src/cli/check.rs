//! `countersign check`

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use super::arguments::{CheckArguments, MatchMode, OneSide, OutputArguments, UndocumentedMode};
use super::output::{self, Look};
use super::run::write_reports;
use super::settings::split_name;
use super::{Environment, Exit};
use crate::check;
use crate::exchange::Secret;
use crate::offline::{Bound, Fold, Judge, Judged, Limits, Matching, Settings, Undocumented};
use crate::project::{Folder, Loaded, Specs, system_clock};
use crate::report::{Results, Verbosity};
use crate::source::{Diagnostic, Diagnostics, did_you_mean};
use crate::traffic::{self, TrafficError};
use crate::verdict::{CaseResult, Event, FORMAT_VERSION, Side, Verdict};

/// Judges traffic files.
pub(super) fn check(arguments: &CheckArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    match try_check(arguments, &look, environment) {
        Ok(exit) => exit,
        Err(diagnostics) => {
            output::diagnostics(&diagnostics, &look);
            Exit::NotStarted
        }
    }
}

fn try_check(arguments: &CheckArguments, look: &Look, environment: &Environment) -> Result<Exit, Diagnostics> {
    let folder = environment.folder();
    let settings = settings(arguments)?;
    let bounds = bounds(arguments, &folder, look)?;
    let secrets = arguments.secrets.iter().map(|secret| Secret::new(secret.as_str())).collect();
    let mut judge = Judge::new(bounds, settings, secrets);
    let clock = system_clock();
    let began = clock();
    let mut work = Work {
        look,
        fold: Fold::new(look.verbosity() == Verbosity::Verbose, Limits::default()),
        faults: Vec::new(),
        truncated: Vec::new(),
    };
    for path in &arguments.files {
        work.file(&folder, path, &mut judge)?;
    }
    judge.finish().into_iter().for_each(|case| work.case(case));
    let totals = *work.fold.totals();
    let started = Event::RunStarted {
        format_version: FORMAT_VERSION.to_owned(),
        countersign: env!("CARGO_PKG_VERSION").to_owned(),
        started: jiff::Timestamp::from_second(began.as_second()).unwrap_or(began).to_string(),
        seed: 0,
        contracts: judge
            .bounds()
            .iter()
            .map(|bound| crate::show::summary(&bound.contract, crate::verdict::Target::Recorded))
            .collect(),
        cases: totals.cases(),
    };
    let elapsed_ms = clock().duration_since(began).as_secs_f64() * 1000.0;
    let stopped = (!work.truncated.is_empty()).then(|| work.truncated.join("; "));
    let ended = Event::RunFinished { elapsed_ms, stopped, exercised: judge.exercised() };
    let faults = std::mem::take(&mut work.faults);
    let (events, mut summary) = work.fold.finish(started, ended);
    if totals.cases() > 0 {
        let results = (!arguments.reports.no_report).then(|| Results::of(&events));
        let written = write_reports(&arguments.reports, "reports/check", &folder, results, &summary)?;
        // Where a file breaks off is told below.
        summary.stopped = None;
        output::print(&look.terminal().summary(&summary, &written));
    }
    tell_left_out(&judge, look);
    let word = if arguments.allow_truncated { "warning" } else { "error" };
    for fault in &faults {
        output::tell(&format!("{word}[not-whole]: {fault}"));
    }
    if !faults.is_empty() && !arguments.allow_truncated {
        return Ok(Exit::NotStarted);
    }
    if totals.cases() == 0 {
        output::tell(&nothing_matched(&judge));
        return Ok(Exit::NothingSelected);
    }
    let bad = totals.broken + totals.failed > 0 || (arguments.contracts.strict && totals.undecided > 0);
    let exit = if bad { Exit::Broken } else { Exit::Kept };
    Ok(arguments.coverage.judge(&summary.exercised, exit))
}

/// What is done with each file.
struct Work<'a> {
    look: &'a Look,
    fold: Fold,
    /// What of the files could not be read.
    faults: Vec<String>,
    /// Of those, where a file breaks off.
    truncated: Vec<String>,
}

impl Work<'_> {
    /// Judges a file. What cannot be read of it is noted; a file of another kind ends the work.
    fn file(&mut self, folder: &Folder, path: &Path, judge: &mut Judge) -> Result<(), Diagnostic> {
        let name = if path == Path::new("-") { "standard input".to_owned() } else { folder.name(path) };
        let reader = traffic::read(folder.open(path)?).map_err(|error| refused(&name, &error))?;
        let format = reader.format();
        for item in reader {
            let item = match item {
                Ok(item) => item,
                Err(error @ TrafficError::Truncated { .. }) => {
                    let fault = format!("{name}: {error}");
                    self.truncated.push(fault.clone());
                    self.faults.push(fault);
                    break;
                }
                Err(error) => return Err(refused(&name, &error)),
            };
            let (number, position) = (item.number, item.position);
            let notes = match &item.what {
                traffic::What::Entry(entry) => entry.notes.clone(),
                _ => Vec::new(),
            };
            let place = format!("{name}:{}:{}: entry {number}", position.line, position.column);
            match judge.item(&name, format, item) {
                Judged::Case(case) => self.case(*case),
                Judged::LeftOut => continue,
                Judged::Unreadable(reason) => self.faults.push(format!("{place} cannot be read: {reason}")),
            }
            if self.look.verbosity() == Verbosity::Verbose {
                for note in &notes {
                    let note = judge.credentials().redactor().redact(note);
                    output::tell(&format!("note: {place}: {note}"));
                }
            }
        }
        Ok(())
    }

    fn case(&mut self, case: CaseResult) {
        let quiet = matches!(case.verdict, Verdict::Kept) && self.look.verbosity() == Verbosity::Quiet;
        if !quiet {
            let text = self.look.terminal().case(&case);
            let _ = write!(std::io::stdout().lock(), "{text}");
        }
        self.fold.add(case);
    }
}

fn refused(name: &str, error: &TrafficError) -> Diagnostic {
    let help = "it takes HAR, NDJSON access logs, and JSON arrays of the same; docs/check.md describes them";
    Diagnostic::error("no-traffic", format!("{name}: {error}")).help(help)
}

fn tell_left_out(judge: &Judge, look: &Look) {
    if judge.left_out().is_empty() || look.is_quiet() {
        return;
    }
    let all: usize = judge.left_out().values().sum();
    let mut kinds: Vec<(&String, &usize)> = judge.left_out().iter().collect();
    kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), kind.as_str()));
    let shown: Vec<String> = kinds.iter().take(8).map(|(kind, count)| format!("{kind} ({count})")).collect();
    let more = if kinds.len() > shown.len() { ", …" } else { "" };
    let word = if all == 1 { "entry belongs" } else { "entries belong" };
    output::tell(&format!("{all} {word} to no contract: {}{more}", shown.join(", ")));
}

fn nothing_matched(judge: &Judge) -> String {
    let servers: Vec<String> = judge.bounds().iter().flat_map(|bound| &bound.bases).map(ToString::to_string).collect();
    let servers = servers.join(", ");
    format!(
        "nothing matched: no entry belongs to a contract (servers: {servers})\n  \
         help: `--base-url URL` says where the traffic went; `--match basepath` takes any host"
    )
}

fn settings(arguments: &CheckArguments) -> Result<Settings, Diagnostic> {
    for wanted in &arguments.ignored {
        let known = || check::all().iter().map(|check| check.id.as_str());
        if !known().any(|name| name == wanted) {
            let help = did_you_mean(wanted, known()).map_or_else(
                || format!("there are: {}", known().collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Diagnostic::error("unknown-check", format!("there is no check `{wanted}`")).help(help));
        }
    }
    Ok(Settings {
        matching: match arguments.matching {
            MatchMode::Auto => Matching::Auto,
            MatchMode::StrictHost => Matching::StrictHost,
            MatchMode::Basepath => Matching::BasePath,
        },
        undocumented: match arguments.undocumented {
            UndocumentedMode::Broken => Undocumented::Broken,
            UndocumentedMode::Skipped => Undocumented::Skipped,
        },
        ignored: arguments.ignored.iter().cloned().collect(),
        coverage: arguments.coverage.is_wanted(),
        side: arguments.side.map(|side| match side {
            OneSide::Request => Side::Request,
            OneSide::Response => Side::Response,
        }),
    })
}

/// The contracts that are named, or all of the specs folder, with their servers.
fn bounds(arguments: &CheckArguments, folder: &Folder, look: &Look) -> Result<Vec<Bound>, Diagnostics> {
    let specs = super::settings::specs(&arguments.contracts);
    let loaded = contracts(&arguments.documents, &specs, folder)?;
    let mut urls: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    for word in &arguments.base_urls {
        let (name, url) = split_name(word);
        urls.entry(name).or_default().push(url.to_owned());
    }
    let names: BTreeSet<&str> = loaded.iter().map(|loaded| loaded.contract.name()).collect();
    if let Some(name) = urls.keys().flatten().find(|name| !names.contains(*name)) {
        let message = format!("`--base-url {name}=…` is for a contract that is not there");
        let near = did_you_mean(name, names.iter().copied());
        let help = near.map_or_else(
            || format!("there are: {}", names.iter().copied().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Diagnostic::error("unknown-contract", message).help(help).into());
    }
    let bound = |loaded: Loaded| {
        output::warnings(&loaded.warnings, look);
        output::oddities(&loaded.contract, look);
        let given = urls.get(&Some(loaded.contract.name())).or_else(|| urls.get(&None)).cloned();
        match given {
            Some(given) => Bound::at(loaded.contract, &given),
            None => Bound::new(loaded.contract),
        }
    };
    Ok(loaded.into_iter().map(bound).collect())
}

/// The contracts that `[NAME=]DOCUMENT` words name; all of the specs folder where there are none.
pub(super) fn contracts(words: &[String], specs: &Specs, folder: &Folder) -> Result<Vec<Loaded>, Diagnostics> {
    let mut faults = Diagnostics::new();
    let mut all = Vec::new();
    let every = if words.is_empty() { specs.names(folder) } else { Vec::new() };
    if words.is_empty() && every.is_empty() {
        let message = format!("there is no contract in `{}`", folder.name(&specs.folder));
        return Err(Diagnostic::error("no-contract", message).help("name one: `--contract openapi.yaml`").into());
    }
    for word in words.iter().chain(&every) {
        let (name, wanted) = match word.split_once('=') {
            Some((name, wanted)) if !name.contains(['/', '.']) => (Some(name), wanted),
            _ => (None, word.as_str()),
        };
        let found = specs.find(folder, wanted, Path::new(""));
        match found.map_err(Diagnostics::from).and_then(|path| specs.load_as(folder, &path, name)) {
            Ok(loaded) => all.push(loaded),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(all) } else { Err(faults) }
}
