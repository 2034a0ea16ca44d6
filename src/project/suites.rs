//! The case files of a run: read, selected, resolved against their contracts.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::files::{Folder, normalise};
use super::remote::{Remote, url_of};
use super::specs::{Loaded, Specs};
use crate::case::{Case, ContractName, Files, Listed, RawSuite, read_suite, resolve};
use crate::contract::Contract;
use crate::run::{Candidate, Selection};
use crate::source::{Diagnostic, Diagnostics, Severity, Source};
use crate::verdict::CaseId;

/// A case file with the cases of it that were selected.
pub struct Suite {
    raw: RawSuite,
    path: PathBuf,
    /// For each case of the file, whether it was selected.
    selected: Vec<bool>,
}

/// The case files of a run, in order, those without a selected case left out.
pub struct Suites {
    folder: Folder,
    list: Vec<Suite>,
}

/// Files that cases name, relative to the case file, from the working directory's folder.
struct FromFolder<'a> {
    folder: &'a Folder,
    suite: &'a Path,
}

impl Files for FromFolder<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.folder.read_data(Path::new(path), self.suite)
    }
}

impl Suites {
    /// Reads the case files that `paths` name and selects among their cases.
    ///
    /// Everything wrong in every file is told at once; with any error nothing is returned.
    pub fn read(
        folder: &Folder,
        paths: &[PathBuf],
        selection: &Selection,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Diagnostics> {
        let mut faults = Diagnostics::new();
        let mut defaults = Defaults { folder, read: BTreeMap::new() };
        let mut suites = Self { folder: folder.clone(), list: Vec::new() };
        let mut count = 0;
        for path in folder.suites(paths)?.into_iter().filter(|path| selection.takes_file(&folder.name(path))) {
            let (source, above) = match (folder.read(&path), defaults.of(&path)) {
                (Ok(source), Ok(above)) => (source, above),
                (source, above) => {
                    [source.err(), above.err()].into_iter().flatten().for_each(|fault| faults.push(fault));
                    continue;
                }
            };
            let (raw, found) = read_suite(&source, &above, &FromFolder { folder, suite: &path }, environment);
            faults.extend(found);
            let Some(raw) = raw else { continue };
            let contract = contract_name(raw.contract());
            let mut takes = |listed: &Listed| {
                let meant = selection.takes(&candidate(listed, &contract));
                let taken = meant && selection.takes_index(count);
                count += usize::from(meant);
                taken
            };
            let selected: Vec<bool> = raw.cases().iter().map(&mut takes).collect();
            if selected.contains(&true) {
                suites.list.push(Suite { raw, path, selected });
            }
        }
        if faults.has_errors() { Err(faults) } else { Ok(suites) }
    }

    /// The selected cases, in order.
    pub fn selected(&self) -> impl Iterator<Item = &Listed> {
        self.list.iter().flat_map(Suite::selected)
    }

    /// The environment variables whose values are secrets, as the files name them.
    pub fn secrets(&self) -> impl Iterator<Item = &String> {
        self.list.iter().flat_map(|suite| suite.raw.secrets())
    }

    /// Whether nothing was selected.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Loads every contract that a selected case needs, each once, and resolves the cases against it.
    pub fn resolve(&self, specs: &Specs) -> Result<Resolved, Diagnostics> {
        let mut faults = Diagnostics::new();
        let mut resolved = Resolved::default();
        let mut known: BTreeMap<PathBuf, Option<usize>> = BTreeMap::new();
        for suite in &self.list {
            let Some(document) = self.document(suite, specs, &mut faults) else { continue };
            let index = *known.entry(document.clone()).or_insert_with(|| match specs.load(&self.folder, &document) {
                Ok(loaded) => {
                    resolved.contracts.push(loaded);
                    Some(resolved.contracts.len() - 1)
                }
                Err(found) => {
                    faults.extend(found);
                    None
                }
            });
            let Some(index) = index else { continue };
            let contract = &resolved.contracts[index].contract;
            let ids: HashSet<&CaseId> = suite.selected().map(|listed| &listed.id).collect();
            let wanted = |listed: &Listed| ids.contains(&listed.id);
            let (cases, found) =
                resolve(&suite.raw, contract, &FromFolder { folder: &self.folder, suite: &suite.path }, &wanted);
            faults.extend(found);
            resolved.cases.extend(cases.into_iter().map(|case| (case, index)));
        }
        if faults.has_errors() {
            return Err(faults);
        }
        resolved.warnings.extend(faults);
        Ok(resolved)
    }

    /// Resolves the cases of a contract that goes by one of these names, against this contract. Cases
    /// that do not fit it are left out, with a warning for each. The last are the names that other cases
    /// give their contract.
    pub fn resolve_by(&self, contract: &Contract, names: &[String]) -> (Vec<Case>, Diagnostics, Vec<String>) {
        let (mut cases, mut warnings, mut others) = (Vec::new(), Diagnostics::new(), Vec::new());
        for suite in &self.list {
            let name = contract_name(suite.raw.contract());
            if !names.contains(&name) {
                if !others.contains(&name) {
                    others.push(name);
                }
                continue;
            }
            let files = FromFolder { folder: &self.folder, suite: &suite.path };
            let (found, faults) = resolve(&suite.raw, contract, &files, &|_| true);
            cases.extend(found);
            for mut fault in faults {
                fault.severity = Severity::Warning;
                warnings.push(fault);
            }
        }
        (cases, warnings, others)
    }

    fn document(&self, suite: &Suite, specs: &Specs, faults: &mut Diagnostics) -> Option<PathBuf> {
        let (wanted, base) = match suite.raw.contract() {
            ContractName::Name(name) => (name, PathBuf::new()),
            ContractName::Path { path, from } => {
                (path, Path::new(from).parent().map(PathBuf::from).unwrap_or_default())
            }
        };
        let found = specs.find(&self.folder, wanted, &base).and_then(|document| match url_of(&document) {
            // Named by a file, not on the command line.
            Some(url) => Remote::new(self.folder.network()).may(&url).map(|()| document),
            None => Ok(normalise(&document)),
        });
        match found {
            Ok(document) => Some(document),
            Err(found) => {
                let mut fault = suite.raw.contract_fault(found.message);
                fault.help = found.help;
                faults.push(fault);
                None
            }
        }
    }
}

impl Suite {
    fn selected(&self) -> impl Iterator<Item = &Listed> {
        self.raw.cases().iter().zip(&self.selected).filter(|(_, selected)| **selected).map(|(listed, _)| listed)
    }

    /// The file, as found.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The selected cases, ready to run, each with the index of its contract.
#[derive(Default)]
pub struct Resolved {
    /// Each contract once, in the order in which cases name them.
    pub contracts: Vec<Loaded>,
    /// The cases, in order.
    pub cases: Vec<(Case, usize)>,
    /// What is odd in case files.
    pub warnings: Diagnostics,
}

/// `_defaults.yaml` files, each read once.
struct Defaults<'a> {
    folder: &'a Folder,
    read: BTreeMap<PathBuf, Source>,
}

impl Defaults<'_> {
    fn of(&mut self, suite: &Path) -> Result<Vec<Source>, Diagnostic> {
        let mut sources = Vec::new();
        for path in self.folder.defaults(suite) {
            let source = match self.read.get(&path) {
                Some(source) => source.clone(),
                None => {
                    let source = self.folder.read(&path)?;
                    self.read.insert(path, source.clone());
                    source
                }
            };
            sources.push(source);
        }
        Ok(sources)
    }
}

/// The name that selection and settings know a contract by: for a path, its file's stem.
fn contract_name(name: &ContractName) -> String {
    match name {
        ContractName::Name(name) => name.clone(),
        ContractName::Path { path, .. } => {
            Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
        }
    }
}

fn candidate<'a>(listed: &'a Listed, contract: &'a str) -> Candidate<'a> {
    Candidate {
        file: &listed.id.file,
        name: &listed.id.name,
        row: listed.id.row,
        tags: &listed.tags,
        operations: &listed.operations,
        contract,
    }
}
