//! Cases and recordings as samples: what clients send, and what they were answered.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Folder;
use super::session::system_clock;
use super::suites::Suites;
use crate::case::{Case, Environment, Step, Surroundings};
use crate::contract::Contract;
use crate::exchange::{Exchange, Redactor};
use crate::offline::{Sample, Sampled};
use crate::run::Selection;
use crate::source::{Diagnostic, Diagnostics};
use crate::traffic::{self, What};

/// Where the requests of cases go: nowhere, for nothing is sent.
const NOWHERE: &str = "http://case.invalid";

/// Reads case files, folders of them, and traffic files, and hands each sample to `take`. `names` are
/// those by which cases may call the contract. What comes back are warnings.
pub fn samples(
    files: &Folder,
    paths: &[PathBuf],
    (contract, names): (&Contract, &[String]),
    environment: &BTreeMap<String, String>,
    take: &mut dyn FnMut(Sample),
) -> Result<Diagnostics, Diagnostics> {
    let mut warnings = Diagnostics::new();
    let (mut suites, mut recordings) = (Vec::new(), Vec::new());
    for path in paths {
        let full = files.path(path);
        if full.is_dir() {
            recordings.extend(files.recordings(path));
            suites.push(path.clone());
        } else if matches!(path.extension().and_then(|ending| ending.to_str()), Some("yaml" | "yml")) {
            suites.push(path.clone());
        } else {
            recordings.push(path.clone());
        }
    }
    let suites = Suites::read(files, &suites, &Selection::default(), environment)?;
    let (cases, found, others) = suites.resolve_by(contract, names);
    warnings.extend(found);
    if cases.is_empty() && recordings.is_empty() {
        let said =
            if others.is_empty() { String::new() } else { format!("; there are cases of {}", others.join(", ")) };
        let message = format!("no case is about `{}`{said}", names.join("` or `"));
        let help = "cases name their contract by `contract:`; the name is that of the document's file";
        return Err(Diagnostic::error("no-case", message).help(help).into());
    }
    let environment = Environment::from(environment.clone());
    for case in &cases {
        of_case(case, contract, &environment, take);
    }
    for path in &recordings {
        of_recording(files, path, take)?;
    }
    Ok(warnings)
}

/// The steps of a case, up to the first whose response is not known: later ones may need it.
fn of_case(case: &Case, contract: &Contract, environment: &Environment, take: &mut dyn FnMut(Sample)) {
    let redactor = Arc::new(Redactor::new());
    let surroundings =
        Surroundings { environment, target: "recorded", seed: 0, clock: system_clock(), redactor: &redactor };
    let Ok(mut scope) = case.scope(&surroundings) else { return };
    for (number, step) in case.steps.iter().enumerate() {
        let Ok(request) = step.request(contract, NOWHERE, &scope, &redactor) else { return };
        let response = step.recorded(&scope).and_then(Result::ok);
        let known = response.is_some();
        let response = response.or_else(|| step.expected(&scope));
        let name = redactor.redact(&title(case, number, step));
        take(Sample { name, what: Sampled::Case(Box::new(request.clone()), response.clone()) });
        let Some(response) = response.filter(|_| known) else { return };
        let exchange = Arc::new(Exchange { request, response, elapsed: std::time::Duration::ZERO });
        scope.received(&exchange);
        let _ = step.judge(&exchange, &mut scope);
        scope.finish_step();
    }
}

fn title(case: &Case, number: usize, step: &Step) -> String {
    match (case.steps.len(), &step.name) {
        (1, _) => case.id.to_string(),
        (_, Some(name)) => format!("{} › {name}", case.id),
        (_, None) => format!("{} › step {}", case.id, number + 1),
    }
}

fn of_recording(files: &Folder, path: &Path, take: &mut dyn FnMut(Sample)) -> Result<(), Diagnostic> {
    let name = files.name(path);
    let refused = |error: &dyn std::fmt::Display| {
        Diagnostic::error("no-traffic", format!("{name}: {error}"))
            .help("it takes case files, HAR, NDJSON access logs, and JSON arrays of the same")
    };
    for item in traffic::read(files.open(path)?).map_err(|error| refused(&error))? {
        let item = item.map_err(|error| refused(&error))?;
        if let What::Entry(entry) = item.what {
            let name = format!("{name}: entry {}", item.number);
            take(Sample { name, what: Sampled::Entry(entry) });
        }
    }
    Ok(())
}
