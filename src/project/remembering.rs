//! What the mocks of one process remember with: seeds, a file, clients apart.

use std::path::Path;
use std::sync::Arc;

use super::files::Folder;
use crate::contract::Contract;
use crate::mock::{Bounds, Disk, Settings, Stateful};
use crate::source::{Diagnostic, Diagnostics, Limits, Node, Source, read};

/// How mocks remember what clients make.
#[derive(Clone, Debug, Default)]
pub struct Remembering {
    /// What is there at start.
    pub seeds: Option<Source>,
    /// Where it is kept across restarts.
    pub disk: Option<Arc<Disk>>,
    /// The request header that tells clients apart.
    pub per: Option<String>,
    /// How much is remembered at most, by each contract.
    pub bounds: Bounds,
}

impl Remembering {
    /// Opens the file that state is kept in, or makes it.
    ///
    /// # Errors
    /// It is no such file, cannot be written, or another process has it.
    pub fn open(folder: &Folder, path: &Path) -> Result<Arc<Disk>, Diagnostic> {
        Disk::open(&folder.path(path)).map(Arc::new).map_err(|reason| {
            Diagnostic::error("no-state", format!("cannot keep the state in `{}`: {reason}", folder.name(path)))
                .help("name another file with `--state`, or take this one away")
        })
    }

    /// What a contract's mock remembers at start; `prefixes` are those of the seeds' paths.
    pub(super) fn of(
        &self,
        contract: &Arc<Contract>,
        settings: &Settings,
        prefixes: &[String],
    ) -> Result<Stateful, Diagnostics> {
        let mut stateful = self.bare(contract, settings);
        if let Some(source) = &self.seeds {
            stateful = stateful.seeded(source, prefixes)?;
        }
        if let Some(disk) = &self.disk {
            stateful = stateful.kept(Arc::clone(disk)).map_err(|reason| {
                let message = format!("the state of `{}` cannot be had: {reason}", contract.name());
                Diagnostic::error("no-state", message)
            })?;
        }
        Ok(stateful)
    }

    /// The same for a contract that was loaded anew.
    pub(super) fn again(&self, contract: &Arc<Contract>, settings: &Settings, before: &Stateful) -> Stateful {
        self.bare(contract, settings).succeeding(before)
    }

    fn bare(&self, contract: &Arc<Contract>, settings: &Settings) -> Stateful {
        let stateful = Stateful::of(contract, settings).bounded(self.bounds);
        match &self.per {
            Some(header) => stateful.per(header),
            None => stateful,
        }
    }

    /// With several contracts, every path of the seeds is below the prefix of one.
    pub(super) fn claimed(&self, prefixes: &[String]) -> Result<(), Diagnostics> {
        let Some(source) = &self.seeds else { return Ok(()) };
        let (value, mut faults) = read(source, &Limits::default());
        let Some(value) = value else { return Err(faults) };
        for (path, node) in Node::root(&value, source).entries(&mut faults) {
            let below = |prefix: &String| path.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('/'));
            if !prefixes.iter().any(below) {
                let starts: Vec<String> = prefixes.iter().map(|prefix| format!("`{prefix}/`")).collect();
                let fault = node.error("unknown-collection", format!("`{path}` is below no contract's path"));
                faults.push(fault.help(format!("paths start with {}", starts.join(" or "))));
            }
        }
        if faults.has_errors() { Err(faults) } else { Ok(()) }
    }
}
