//! `countersign lint`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::arguments::OutputArguments;
use super::output::{self, Look};
use super::{Environment, Exit};
use crate::lint::{self, Levels, Most, RULES, Report, Settings};
use crate::project::{Folder, document};
use crate::report::write_all;
use crate::source::{Diagnostic, Diagnostics, Severity, did_you_mean};

/// `lint`
#[derive(Debug, Args)]
pub struct LintArguments {
    /// OpenAPI documents, folders that hold some (at any depth), or `-` for standard input.
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
    /// Severities by code from this file; without it, from `countersign-lint.yaml` where there is one.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Apply this overlay to the document before looking at it.
    #[arg(long, value_name = "FILE")]
    pub overlay: Option<PathBuf>,
    /// Write the overlay that takes away what can be taken away.
    #[arg(long, value_name = "FILE")]
    pub fix_overlay: Option<PathBuf>,
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

/// Where severities are looked for.
const CONFIG: &str = "countersign-lint.yaml";

/// Tells what is wrong or odd in documents.
pub(super) fn lint(arguments: &LintArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    let folder = environment.folder();
    let refuse = |faults: &Diagnostics| {
        output::diagnostics(faults, &look);
        Exit::NotStarted
    };
    let (settings, paths) = match prepared(arguments, &folder) {
        Ok(prepared) => prepared,
        Err(faults) => return refuse(&faults),
    };
    let (mut reports, mut refused) = (Vec::new(), Diagnostics::new());
    for path in &paths {
        match look_at(&folder, path, arguments, &settings) {
            Ok(report) => reports.push(report),
            Err(faults) => refused.extend(faults),
        }
    }
    show(&reports, arguments, &look);
    if let (Some(path), [report]) = (&arguments.fix_overlay, reports.as_slice())
        && let Err(fault) = propose(report, path, &folder)
    {
        refused.push(fault);
    }
    if !refused.is_empty() {
        return refuse(&refused);
    }
    let least = severity(arguments.fail_on);
    let fails = reports.iter().filter_map(Report::worst).any(|worst| worst >= least);
    if fails { Exit::Broken } else { Exit::Kept }
}

/// What counts how much, and the documents.
fn prepared(arguments: &LintArguments, folder: &Folder) -> Result<(Settings, Vec<PathBuf>), Diagnostics> {
    let beside = || Some(PathBuf::from(CONFIG)).filter(|path| folder.path(path).is_file());
    let mut all = match arguments.config.clone().or_else(beside) {
        Some(path) => lint::config(&folder.read(&path)?)?,
        None => Levels::new(),
    };
    all.extend(levels(&arguments.levels)?);
    let overlay = arguments.overlay.as_ref().map(|path| folder.read(path)).transpose()?;
    let mut paths = Vec::new();
    for path in &arguments.documents {
        if path.as_os_str() != "-" && folder.path(path).is_dir() {
            paths.extend(folder.documents(path)?);
        } else {
            paths.push(path.clone());
        }
    }
    if paths.len() != 1 && (overlay.is_some() || arguments.fix_overlay.is_some()) {
        let message = format!("an overlay belongs to one document, and there are {}", paths.len());
        return Err(Diagnostic::error("not-one-document", message).help("name one document").into());
    }
    Ok((Settings { levels: all, overlay }, paths))
}

/// Writes the overlay of what is proposed, and says what is left.
fn propose(report: &Report, path: &Path, folder: &Folder) -> Result<(), Diagnostic> {
    let whole = report.fixes.iter().filter(|fix| fix.is_whole()).count();
    let asked = report.fixes.len() - whole;
    let Some(text) = lint::overlay(report) else {
        output::tell("nothing to propose: no overlay was written");
        return Ok(());
    };
    let full = folder.path(path);
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let parent = full.parent().unwrap_or(Path::new("."));
    write_all(parent, &[(&name, &text)])
        .map_err(|error| Diagnostic::error("overlay-not-written", error.to_string()))?;
    let left = match asked {
        0 => String::new(),
        1 => "; 1 more needs a value that only you know, and stands in it as a comment".to_owned(),
        asked => format!("; {asked} more need values that only you know, and stand in it as comments"),
    };
    output::tell(&format!("wrote {}: {whole} proposed changes{left}", folder.name(path)));
    Ok(())
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
fn levels(written: &[String]) -> Result<Levels, Diagnostic> {
    let mut levels = Levels::new();
    for text in written {
        let fault = |message: String, help: String| Diagnostic::error("bad-level", message).help(help);
        let help = "severities are `error`, `warning`, `hint` and `off`";
        let Some((code, level)) = text.split_once('=') else {
            let help = format!("write a code, `=`, and a severity; {help}");
            return Err(fault(format!("`--level {text}` names no severity"), help));
        };
        let level = lint::severity(level);
        let level = level.map_err(|word| fault(format!("`{word}` is no severity"), help.to_owned()))?;
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
