//! `countersign lint`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::arguments::OutputArguments;
use super::output::{self, Look};
use super::{Environment, Exit};
use crate::lint::{self, Most, RULES, Report, Settings};
use crate::project::{Folder, document};
use crate::source::{Diagnostic, Diagnostics, Severity, did_you_mean};

/// `lint`
#[derive(Debug, Args)]
pub struct LintArguments {
    /// OpenAPI documents; `-` is standard input.
    #[arg(required = true, value_name = "DOCUMENT")]
    pub documents: Vec<PathBuf>,
    /// Exit with 1 where something as bad as this, or worse, is found.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = Least::Error)]
    pub fail_on: Least,
    /// How to write what is found.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LintFormat::Text)]
    pub format: LintFormat,
    /// Show all of every code; without it, `text` and `github` show 20 of each and count the rest.
    #[arg(long)]
    pub all: bool,
    /// Take a code for more or less than it is: `unused-component=off`. May be repeated.
    #[arg(long = "level", value_name = "CODE=SEVERITY")]
    pub levels: Vec<String>,
    /// Files that the documents refer to are read below this folder; by default the repository that
    /// a document is in, else the folder above its own.
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

/// How bad something has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Least {
    /// Errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Anything.
    Hint,
}

/// What `lint` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For a terminal, the source underlined.
    Text,
    /// For programs.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub's workflows.
    Github,
}

/// How much of one code is shown without `--all`.
const MOST: usize = 20;

/// Tells what is wrong or odd in documents.
pub(super) fn lint(arguments: &LintArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    let settings = match levels(&arguments.levels) {
        Ok(levels) => Settings { levels },
        Err(fault) => {
            output::diagnostics(&fault.into(), &look);
            return Exit::NotStarted;
        }
    };
    let folder = Folder::new(&environment.directory);
    let (mut reports, mut refused) = (Vec::new(), Diagnostics::new());
    for path in &arguments.documents {
        match look_at(&folder, path, arguments, &settings) {
            Ok(report) => reports.push(report),
            Err(faults) => refused.extend(faults),
        }
    }
    show(&reports, arguments, &look);
    if !refused.is_empty() {
        output::diagnostics(&refused, &look);
        return Exit::NotStarted;
    }
    let least = severity(arguments.fail_on);
    let fails = reports.iter().filter_map(Report::worst).any(|worst| worst >= least);
    if fails { Exit::Broken } else { Exit::Kept }
}

fn look_at(
    folder: &Folder,
    path: &Path,
    arguments: &LintArguments,
    settings: &Settings,
) -> Result<Report, Diagnostics> {
    let (source, retrieve) = document(folder, path, arguments.root.as_deref())?;
    lint::lint(source, &retrieve, settings)
}

fn show(reports: &[Report], arguments: &LintArguments, look: &Look) {
    let of_a_code = (!arguments.all).then_some(MOST);
    match arguments.format {
        LintFormat::Text => {
            let from = if look.is_quiet() { severity(arguments.fail_on) } else { Severity::Hint };
            for report in reports {
                output::print(&lint::text(report, Most { of_a_code, from }, look.style()));
            }
        }
        LintFormat::Json => output::print(&lint::json(reports)),
        LintFormat::Sarif => output::print(&lint::sarif(reports)),
        LintFormat::Github => {
            let lines: String = reports.iter().map(|report| lint::github(report, of_a_code)).collect();
            if !lines.is_empty() {
                output::print(&lines);
            }
        }
    }
}

fn severity(least: Least) -> Severity {
    match least {
        Least::Error => Severity::Error,
        Least::Warning => Severity::Warning,
        Least::Hint => Severity::Hint,
    }
}

/// `CODE=SEVERITY`, each; `off` for a rule that is not asked.
fn levels(written: &[String]) -> Result<BTreeMap<String, Option<Severity>>, Diagnostic> {
    let mut levels = BTreeMap::new();
    for text in written {
        let fault = |message: String, help: String| Diagnostic::error("bad-level", message).help(help);
        let help = "severities are `error`, `warning`, `hint` and `off`";
        let Some((code, level)) = text.split_once('=') else {
            let help = format!("write a code, `=`, and a severity; {help}");
            return Err(fault(format!("`--level {text}` names no severity"), help));
        };
        let level = match level {
            "error" => Some(Severity::Error),
            "warning" => Some(Severity::Warning),
            "hint" => Some(Severity::Hint),
            "off" => None,
            _ => return Err(fault(format!("`{level}` is no severity"), help.to_owned())),
        };
        if lint::rule(code).is_none() {
            let near = did_you_mean(code, RULES.iter().map(|rule| rule.code));
            let help = near
                .map_or_else(|| "docs/lint.md lists the codes".to_owned(), |near| format!("did you mean `{near}`?"));
            return Err(fault(format!("there is no code `{code}`"), help));
        }
        levels.insert(code.to_owned(), level);
    }
    Ok(levels)
}
