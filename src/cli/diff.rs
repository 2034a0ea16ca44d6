//! `countersign diff`

use std::collections::BTreeMap;
use std::path::Path;

use super::arguments::{DiffArguments, DiffFormat, FailOn, OutputArguments};
use super::output::{self, Look};
use super::{Environment, Exit};
use crate::contract::Contract;
use crate::diff::show::{self, Names};
use crate::diff::{Diff, Level, RULES, Settings, diff as compare};
use crate::project::{Folder, bare, system_clock};
use crate::source::{Diagnostic, Diagnostics, did_you_mean};

/// Tells what changed between two documents.
pub(super) fn diff(arguments: &DiffArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    match changes(arguments, &look, environment) {
        Ok(mut diff) => {
            let exit = exit(arguments.fail_on, &diff);
            if look.is_quiet() {
                diff.changes.retain(|change| change.level > Level::Safe);
            }
            let (old, new) = (arguments.old.to_string_lossy(), arguments.new.to_string_lossy());
            let names = Names { old: &old, new: &new };
            output::print(&match arguments.format {
                DiffFormat::Text => show::text(&diff, look.style()),
                DiffFormat::Markdown => show::markdown(&diff, names),
                DiffFormat::Json => show::json(&diff, names),
            });
            exit
        }
        Err(diagnostics) => {
            output::diagnostics(&diagnostics, &look);
            Exit::NotStarted
        }
    }
}

fn changes(arguments: &DiffArguments, look: &Look, environment: &Environment) -> Result<Diff, Diagnostics> {
    let levels = levels(&arguments.levels)?;
    let folder = Folder::new(&environment.directory);
    let load = |path: &Path| -> Result<Contract, Diagnostics> {
        let (contract, warnings) = bare(&folder, path)?;
        output::warnings(&warnings, look);
        Ok(contract)
    };
    let (old, new) = match (load(&arguments.old), load(&arguments.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            let mut faults = Diagnostics::new();
            [old.err(), new.err()].into_iter().flatten().for_each(|found| faults.extend(found));
            return Err(faults);
        }
    };
    let today = system_clock()().to_zoned(jiff::tz::TimeZone::UTC).date();
    Ok(compare(&old, &new, &Settings { today, levels }))
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
    let least = match fail_on {
        None => return Exit::Kept,
        Some(FailOn::Breaking) => Level::Breaking,
        Some(FailOn::Maybe) => Level::Maybe,
        Some(FailOn::Any) => Level::Safe,
    };
    if diff.worst().is_some_and(|worst| worst >= least) { Exit::Broken } else { Exit::Kept }
}
