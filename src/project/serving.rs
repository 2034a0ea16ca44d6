//! Contracts that a mock serves, each loaded anew when one of its files changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Folder;
use super::remembering::Remembering;
use super::session::mock;
use super::specs::Specs;
use super::watch::Stamps;
use crate::contract::Contract;
use crate::mock::{Listener, Mock, Mount, Settings};
use crate::source::{Diagnostic, Diagnostics, did_you_mean};

/// The contracts of a mock server.
pub struct Serving {
    specs: Specs,
    settings: Settings,
    /// What hears of the mocks' troubles.
    listener: Option<Listener>,
    /// How mocks remember, where they do.
    remembering: Option<Remembering>,
    given: Vec<Given>,
    served: Vec<Served>,
}

/// One of them.
pub struct Served {
    name: String,
    document: PathBuf,
    folder: Folder,
    prefixes: Vec<String>,
    rules: Option<String>,
    mock: Arc<Mock>,
    /// Its files have changed to this, and are given time to change further.
    settling: Option<Stamps>,
}

impl Served {
    /// What the contract is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The contract that is in force.
    pub fn contract(&self) -> &Arc<Contract> {
        self.mock.contract()
    }

    /// The mock that answers by it.
    pub fn mock(&self) -> &Mock {
        &self.mock
    }

    /// The file of its rules, where it has some.
    pub fn rules(&self) -> Option<&str> {
        self.rules.as_deref()
    }

    /// The path prefixes that it is served below; an empty one is everything.
    pub fn prefixes(&self) -> &[String] {
        &self.prefixes
    }
}

/// What became of a contract whose files changed.
pub enum Refreshed {
    /// It is in force in its new form; this is odd.
    Replaced(String, Diagnostics),
    /// Its new form cannot be used: the old one stays in force.
    Kept(String, Diagnostics),
}

type Made = (Mock, Option<String>, Diagnostics);

/// Which contract is served where: `[NAME=]/prefix`, as given.
pub type Given = (Option<String>, String);

impl Serving {
    /// Loads the contracts that `words` (`[NAME=]DOCUMENT`) name, all of the specs folder where there
    /// are none; the diagnostics are warnings.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn load(
        folder: &Folder,
        specs: Specs,
        (words, given): (&[String], &[Given]),
        settings: Settings,
        listener: Option<Listener>,
    ) -> Result<(Self, Diagnostics), Diagnostics> {
        let (mut faults, mut warnings) = (Diagnostics::new(), Diagnostics::new());
        let mut serving =
            Self { specs, settings, listener, remembering: None, given: given.to_vec(), served: Vec::new() };
        for (name, document) in serving.specs.wanted(folder, words)? {
            let watching = folder.watching();
            match serving.make(&watching, &name, &document) {
                Ok((mock, rules, odd)) => {
                    warnings.extend(odd);
                    let (mock, prefixes, folder) = (Arc::new(mock), Vec::new(), watching);
                    let settling = None;
                    serving.served.push(Served { name, document, folder, prefixes, rules, mock, settling });
                }
                Err(found) => faults.extend(found),
            }
        }
        if !faults.has_errors()
            && let Err(fault) = serving.place()
        {
            faults.push(fault);
        }
        if faults.has_errors() { Err(faults) } else { Ok((serving, warnings)) }
    }

    /// The mock of a document, the name of its rules' file, and what is odd.
    fn make(&self, folder: &Folder, name: &str, document: &Path) -> Result<Made, Diagnostics> {
        let mut loaded = self.specs.load_as(folder, document, Some(name))?;
        let mut warnings = std::mem::take(&mut loaded.warnings);
        let mut mock = mock(&loaded, self.settings.clone(), &mut warnings)?;
        if let Some(listener) = &self.listener {
            mock = mock.listened_to(Arc::clone(listener));
        }
        Ok((mock, loaded.rules.map(|rules| rules.name().to_owned()), warnings))
    }

    /// Gives every contract its prefixes.
    fn place(&mut self) -> Result<(), Diagnostic> {
        let alone = self.served.len() == 1;
        for (name, prefix) in &self.given {
            let Some(name) = name else {
                if alone {
                    continue;
                }
                let message = format!("`--mount {prefix}` does not say which contract is meant");
                return Err(Diagnostic::error("bad-mount", message).help("write `--mount NAME=/prefix`"));
            };
            if !self.served.iter().any(|served| served.name == *name) {
                let names = || self.served.iter().map(|served| served.name.as_str());
                let help = match did_you_mean(name, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are: {}", names().collect::<Vec<_>>().join(", ")),
                };
                let message = format!("`--mount {name}=…` is for a contract that is not served");
                return Err(Diagnostic::error("unknown-contract", message).help(help));
            }
        }
        for served in &mut self.served {
            let mine = self.given.iter().filter(|(name, _)| name.as_ref().is_none_or(|name| *name == served.name));
            let mine: Vec<String> = mine.map(|(_, prefix)| prefix.clone()).collect();
            served.prefixes = if mine.is_empty() { own_prefixes(served, alone) } else { mine };
        }
        Ok(())
    }

    /// From now on what clients make is remembered; to be said before the mocks are mounted.
    ///
    /// # Errors
    /// What is wrong with the seeds, or that the state cannot be kept.
    pub fn remember(&mut self, remembering: Remembering) -> Result<(), Diagnostics> {
        let alone = self.served.len() == 1;
        // A path that every contract may have says nothing about which one is meant.
        let of = |served: &Served| -> Vec<String> {
            served.prefixes.iter().filter(|prefix| !alone && !prefix.is_empty()).cloned().collect()
        };
        if !alone {
            let all: Vec<String> = self.served.iter().flat_map(&of).collect();
            remembering.claimed(&all)?;
        }
        let mut faults = Diagnostics::new();
        for served in &mut self.served {
            let prefixes = of(served);
            match remembering.of(served.mock.contract(), &self.settings, &prefixes) {
                Ok(stateful) => {
                    if let Some(mock) = Arc::get_mut(&mut served.mock) {
                        mock.remember(stateful);
                    }
                }
                Err(found) => faults.extend(found),
            }
        }
        self.remembering = Some(remembering);
        if faults.has_errors() { Err(faults) } else { Ok(()) }
    }

    /// The contracts, in order.
    pub fn served(&self) -> &[Served] {
        &self.served
    }

    /// Where each mock answers.
    pub fn mounts(&self) -> Vec<Mount> {
        let mounts = self.served.iter().flat_map(|served| {
            let mount = |prefix: &String| Mount { prefix: prefix.clone(), mock: Arc::clone(&served.mock) };
            served.prefixes.iter().map(mount)
        });
        mounts.collect()
    }

    /// Loads anew what has changed since it was read, once it has kept still from one call to the next.
    pub fn refresh(&mut self) -> Vec<Refreshed> {
        let mut all = Vec::new();
        for index in 0..self.served.len() {
            let served = &mut self.served[index];
            let now = served.folder.changed();
            if now.is_none() || now != served.settling {
                served.settling = now;
                continue;
            }
            served.settling = None;
            let served = &self.served[index];
            let folder = served.folder.watching();
            let made = self.make(&folder, &served.name, &served.document);
            let served = &mut self.served[index];
            served.folder = folder;
            all.push(match made {
                Ok((mut mock, rules, warnings)) => {
                    if let (Some(remembering), Some(before)) = (&self.remembering, served.mock.stateful()) {
                        mock.remember(remembering.again(mock.contract(), &self.settings, before));
                    }
                    (served.mock, served.rules) = (Arc::new(mock), rules);
                    Refreshed::Replaced(served.name.clone(), warnings)
                }
                Err(faults) => Refreshed::Kept(served.name.clone(), faults),
            });
        }
        // The servers of a document may have changed; the names that are given are those of before.
        let _ = self.place();
        all
    }
}

/// Everything where it is alone; else its name, and the base paths of its servers.
fn own_prefixes(served: &Served, alone: bool) -> Vec<String> {
    if alone {
        return vec![String::new()];
    }
    let mut prefixes = vec![format!("/{}", served.name)];
    let servers = served.contract().servers();
    let bases = servers.iter().map(|server| base_path(server).unwrap_or_default().to_owned());
    for base in bases.chain(servers.is_empty().then(String::new)) {
        if !prefixes.contains(&base) {
            prefixes.push(base);
        }
    }
    prefixes
}

/// The path of a server's URL without its last slash; `None` where there is none.
fn base_path(server: &str) -> Option<&str> {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let path = &rest[rest.find('/')?..];
    let path = path.split(['?', '#']).next().unwrap_or(path).trim_end_matches('/');
    (!path.is_empty()).then_some(path)
}
