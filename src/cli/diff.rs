//! `countersign diff`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::arguments::OutputArguments;
use super::output::{self, Look};
use super::{Environment, Exit};
use crate::diff::show::{self, Names};
use crate::diff::{Diff, Level, RULES, Settings, Waivers, diff as compare};
use crate::offline::Breaks;
use crate::project::{Bare, Folder, bare, samples, system_clock};
use crate::report::{Verbosity, changes_junit};
use crate::source::{Diagnostic, Diagnostics, did_you_mean};

/// `diff`
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The document that clients know: a file, `-` for standard input, or `REVISION:PATH` for a file as it
    /// was in a git revision (`main:specs/api.yaml`).
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The document that is to take its place, named in the same ways.
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Exit with 1 where there is a change of this level or a worse one.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub fail_on: Option<FailOn>,
    /// How to write the changes.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = DiffFormat::Text)]
    pub format: DiffFormat,
    /// Take the changes that a rule finds for more or less than it does: `deprecated-without-sunset=safe`.
    /// May be repeated.
    #[arg(long = "level", value_name = "RULE=LEVEL")]
    pub levels: Vec<String>,
    /// Let through the changes that this file names, each with a reason; `countersign schema waivers` prints
    /// its JSON Schema.
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Tell which of these cases and recordings a change breaks: a folder, a case file, or a traffic file
    /// (HAR, NDJSON). May be repeated.
    #[arg(long, value_name = "PATH")]
    pub cases: Vec<PathBuf>,
}

/// Which changes fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Those that break clients.
    Breaking,
    /// Those that may.
    Maybe,
    /// All.
    Any,
}

/// How changes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For a terminal.
    Text,
    /// For a comment.
    Markdown,
    /// For programs.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For continuous integration: a suite for each operation, a test for each change.
    Junit,
    /// Annotations of GitHub's workflows.
    Github,
}

/// Tells what changed between two documents.
pub(super) fn diff(arguments: &DiffArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    match changes(arguments, &look, environment) {
        Ok(mut diff) => {
            let exit = exit(arguments.fail_on, &diff);
            if look.is_quiet() {
                diff.changes.retain(|change| change.level > Level::Safe);
            }
            show(&diff, arguments, &look);
            exit
        }
        Err(diagnostics) => {
            output::diagnostics(&diagnostics, &look);
            Exit::NotStarted
        }
    }
}

fn show(diff: &Diff, arguments: &DiffArguments, look: &Look) {
    let (old, new) = (arguments.old.to_string_lossy(), arguments.new.to_string_lossy());
    let names = Names { old: &old, new: &new };
    let text = match arguments.format {
        DiffFormat::Text => show::text(diff, look.style(), look.verbosity() == Verbosity::Verbose),
        DiffFormat::Markdown => show::markdown(diff, names),
        DiffFormat::Json => show::json(diff, names),
        DiffFormat::Sarif => show::sarif(diff),
        DiffFormat::Junit => changes_junit(diff, arguments.fail_on.map_or(Level::Breaking, FailOn::level)),
        DiffFormat::Github => show::github(diff),
    };
    if !text.is_empty() {
        output::print(&text);
    }
}

fn changes(arguments: &DiffArguments, look: &Look, environment: &Environment) -> Result<Diff, Diagnostics> {
    let levels = levels(&arguments.levels)?;
    let folder = environment.folder();
    let waivers = arguments.waivers.as_ref().map(|path| Waivers::read(&folder.read(path)?)).transpose()?;
    let (old, new) = load(arguments, &folder)?;
    output::warnings(&old.warnings, look);
    output::warnings(&new.warnings, look);
    let today = system_clock()().to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut diff = compare(&old.contract, &new.contract, &Settings { today, levels });
    if !arguments.cases.is_empty() {
        output::warnings(&broken(&mut diff, arguments, (&old, &new), environment)?, look);
    }
    for change in &mut diff.changes {
        change.old.iter_mut().for_each(|place| old.show(place));
        change.new.iter_mut().for_each(|place| new.show(place));
    }
    if let Some(waivers) = waivers {
        output::warnings(&waivers.apply(&mut diff, today), look);
    }
    Ok(diff)
}

/// Judges the cases and recordings by both documents.
fn broken(
    diff: &mut Diff,
    arguments: &DiffArguments,
    (old, new): (&Bare, &Bare),
    environment: &Environment,
) -> Result<Diagnostics, Diagnostics> {
    let folder = environment.folder();
    let mut names = vec![old.contract.name().to_owned(), new.contract.name().to_owned()];
    names.dedup();
    let mut breaks = Breaks::new(&old.contract, &new.contract);
    let contract = (&old.contract, names.as_slice());
    let mut take = |sample| breaks.sample(diff, &sample);
    let warnings = samples(&folder, &arguments.cases, contract, &environment.variables, &mut take)?;
    breaks.finish(diff);
    Ok(warnings)
}

/// Both documents; what is wrong with either is told.
fn load(arguments: &DiffArguments, folder: &Folder) -> Result<(Bare, Bare), Diagnostics> {
    let (old, new) = (&arguments.old, &arguments.new);
    if old.as_os_str() == "-" && new.as_os_str() == "-" {
        let fault = Diagnostic::error("one-standard-input", "both documents cannot come from standard input");
        return Err(fault.help("write one of them to a file, or name a git revision: `main:specs/api.yaml`").into());
    }
    match (bare(folder, old), bare(folder, new)) {
        (Ok(old), Ok(new)) => Ok((old, new)),
        (old, new) => {
            let mut faults = Diagnostics::new();
            [old.err(), new.err()].into_iter().flatten().for_each(|found| faults.extend(found));
            Err(faults)
        }
    }
}

/// `RULE=LEVEL`, each.
fn levels(written: &[String]) -> Result<BTreeMap<String, Level>, Diagnostic> {
    let mut levels = BTreeMap::new();
    for text in written {
        let fault = |message: String, help: String| Diagnostic::error("bad-level", message).help(help);
        let Some((rule, level)) = text.split_once('=') else {
            let help = "write the name of a rule, `=`, and `breaking`, `maybe` or `safe`";
            return Err(fault(format!("`--level {text}` names no level"), help.to_owned()));
        };
        let Some(level) = Level::parse(level) else {
            let help = "levels are `breaking`, `maybe` and `safe`";
            return Err(fault(format!("`{level}` is no level"), help.to_owned()));
        };
        if !RULES.iter().any(|known| known.id == rule) {
            let near = did_you_mean(rule, RULES.iter().map(|known| known.id));
            let help = near
                .map_or_else(|| "docs/diff.md lists the rules".to_owned(), |near| format!("did you mean `{near}`?"));
            return Err(fault(format!("there is no rule `{rule}`"), help));
        }
        levels.insert(rule.to_owned(), level);
    }
    Ok(levels)
}

fn exit(fail_on: Option<FailOn>, diff: &Diff) -> Exit {
    let is_bad = fail_on.is_some_and(|least| diff.worst().is_some_and(|worst| worst >= least.level()));
    if is_bad { Exit::Broken } else { Exit::Kept }
}

impl FailOn {
    fn level(self) -> Level {
        match self {
            Self::Breaking => Level::Breaking,
            Self::Maybe => Level::Maybe,
            Self::Any => Level::Safe,
        }
    }
}
