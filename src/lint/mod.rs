//! What is wrong or odd in a document.
//!
//! [`lint`] loads a document with all that it refers to, walks every object by the tables of the
//! specification, and asks the checks of each kind. What it finds are [`Diagnostics`]: with a
//! stable code, a severity, places, help, and the section of the specification as a note. The codes
//! are those of [`RULES`].

mod checks;
mod config;
mod context;
mod fix;
mod format;
mod keyword;
mod object;
mod place;
mod rules;
mod swagger;
mod version;
mod walk;

#[cfg(test)]
mod tests;

use crate::contract::{Contract, Parts, Retrieve};
use crate::source::{Diagnostics, Severity, Source};
pub use config::{CONFIG_SCHEMA, Levels, config, severity};
use context::{Context, Found};
use fix::Change;
pub use fix::{Fix, overlay};
pub use format::{Most, github, json, sarif, text};
pub use rules::{RULES, Rule, rule};

/// What was found in a document.
#[derive(Debug)]
pub struct Report {
    /// The document's name, as given.
    pub document: String,
    /// The number of operations below `paths`.
    pub operations: usize,
    /// The number of files it is made of.
    pub files: usize,
    /// What was found, in the order of the text; of one code at most some thousands.
    pub diagnostics: Diagnostics,
    /// How much was found of each code, in the order of [`RULES`].
    pub counts: Vec<(&'static Rule, usize)>,
    /// What would take some of it away: see [`overlay`].
    pub fixes: Vec<Fix>,
}

impl Report {
    /// How many diagnostics of this severity there are.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// The worst that was found.
    pub fn worst(&self) -> Option<Severity> {
        self.diagnostics.iter().map(|diagnostic| diagnostic.severity).max()
    }
}

/// What counts how much.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Severities by code, where they are not those of [`RULES`].
    pub levels: Levels,
    /// An overlay that is applied to the document before it is looked at.
    pub overlay: Option<Source>,
}

/// Looks at a document and all that it refers to. `Err` where it cannot be read as an OpenAPI document.
pub fn lint(document: Source, retrieve: &dyn Retrieve, settings: &Settings) -> Result<Report, Diagnostics> {
    let name = document.name().to_owned();
    let parts = Parts { name: name.clone(), document, overlay: settings.overlay.clone(), promises: None };
    let (contract, mut faults) = Contract::load_with_holes(parts, retrieve)?;
    let mut context = Context::new(&contract);
    if let Some(found) = swagger::check(contract.document()) {
        context.is_swagger = true;
        faults.extend(found);
    }
    walk::walk(&mut context);
    checks::whole(&mut context);
    let files = contract.survey().len();
    let Found { diagnostics, counts, fixes } = context.finish(faults, settings);
    Ok(Report { document: name, operations: contract.operations().len(), files, diagnostics, counts, fixes })
}
