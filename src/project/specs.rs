//! The specs folder: which contracts there are, and loading one with all that stands beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::documents::document;
use super::files::Folder;
use super::remote::{self, is_meant_as_url, url_of};
use crate::contract::{Contract, Formats, Parts};
use crate::source::{Diagnostic, Diagnostics, Source, did_you_mean};

/// What a document's file may be called, in the order it is looked for.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// What stands beside a document, by its second ending.
const BESIDE: [&str; 3] = ["overlay", "promises", "mock"];

/// Where contracts are found and by what they are judged.
#[derive(Clone, Debug)]
pub struct Specs {
    /// The folder, relative to the working directory or absolute.
    pub folder: PathBuf,
    /// Whether overlays hold.
    pub overlays: bool,
    /// Where the files that documents refer to must be; [`document`] says where without it.
    pub root: Option<PathBuf>,
    /// What `format` says of values.
    pub formats: Formats,
}

/// A contract with what the mock needs beyond it.
pub struct Loaded {
    /// The contract.
    pub contract: Arc<Contract>,
    /// The mock's rules, unread.
    pub rules: Option<Source>,
    /// What is odd.
    pub warnings: Diagnostics,
}

impl Specs {
    /// The names of all contracts in the folder, in order.
    pub fn names(&self, files: &Folder) -> Vec<String> {
        let mut names: Vec<String> =
            files.entries(&self.folder).iter().filter_map(|path| document_name(path)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The document that `wanted` names: a name in the folder, or a path (relative to `base`) where it
    /// holds a `/` or ends like a document.
    pub fn find(&self, files: &Folder, wanted: &str, base: &Path) -> Result<PathBuf, Diagnostic> {
        if is_meant_as_url(wanted) {
            let path = PathBuf::from(wanted);
            let message = || format!("`{wanted}` is no URL that documents are read from");
            let help = "name a file, or an `http:` or `https:` URL";
            let is_one = url_of(&path).is_some();
            return is_one.then_some(path).ok_or_else(|| Diagnostic::error("unknown-contract", message()).help(help));
        }
        if is_path(wanted) {
            let path = base.join(wanted);
            return if files.path(&path).is_file() {
                Ok(path)
            } else {
                Err(Diagnostic::error("unknown-contract", format!("there is no document `{}`", files.name(&path))))
            };
        }
        let candidates = ENDINGS.iter().map(|ending| self.folder.join(format!("{wanted}.{ending}")));
        candidates.into_iter().find(|path| files.path(path).is_file()).ok_or_else(|| self.unknown(files, wanted))
    }

    /// The contracts that `words` (`[NAME=]DOCUMENT`, `-` for standard input) name, all of the folder
    /// where there are none: what each is called, no two alike, and its document.
    pub fn wanted(&self, files: &Folder, words: &[String]) -> Result<Vec<(String, PathBuf)>, Diagnostics> {
        let every = if words.is_empty() { self.names(files) } else { Vec::new() };
        if words.is_empty() && every.is_empty() {
            let message = format!("there is no contract in `{}`", files.name(&self.folder));
            let help = "name an OpenAPI document, or give `--specs DIR`";
            return Err(Diagnostic::error("no-contract", message).help(help).into());
        }
        let (mut all, mut faults): (Vec<(String, PathBuf)>, _) = (Vec::new(), Diagnostics::new());
        for word in words.iter().chain(&every) {
            let (name, wanted) = match word.split_once('=') {
                Some((name, wanted)) if !name.is_empty() && !name.contains(['/', '.']) => (Some(name), wanted),
                _ => (None, word.as_str()),
            };
            let found = if wanted == "-" { Ok(PathBuf::from("-")) } else { self.find(files, wanted, Path::new("")) };
            match found {
                Ok(path) => {
                    let name = unlike(&all, &name.map_or_else(|| name_of(&path), str::to_owned));
                    all.push((name, path));
                }
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(all) } else { Err(faults) }
    }

    fn unknown(&self, files: &Folder, wanted: &str) -> Diagnostic {
        let names = self.names(files);
        let message = format!("there is no contract `{wanted}` in `{}`", files.name(&self.folder));
        let help = match did_you_mean(wanted, names.iter().map(String::as_str)) {
            Some(known) => format!("did you mean `{known}`?"),
            None if names.is_empty() => {
                format!(
                    "put its OpenAPI document at `{}`, or give `--specs DIR`",
                    files.name(&self.folder.join(format!("{wanted}.yaml")))
                )
            }
            None => format!("known: {}", names.join(", ")),
        };
        Diagnostic::error("unknown-contract", message).help(help)
    }

    /// Loads the contract whose document is at `document`.
    pub fn load(&self, files: &Folder, document: &Path) -> Result<Loaded, Diagnostics> {
        self.load_as(files, document, None)
    }

    /// The same, by another name than that of its file.
    pub fn load_as(&self, files: &Folder, document: &Path, name: Option<&str>) -> Result<Loaded, Diagnostics> {
        let (source, retrieve) = self::document(files, document, self.root.as_deref())?;
        let is_file = document != Path::new("-") && url_of(document).is_none();
        let beside = |kind: &str| -> Result<Option<Source>, Diagnostic> {
            if !is_file {
                return Ok(None);
            }
            let path = ["yaml", "yml"].map(|ending| document.with_extension(format!("{kind}.{ending}")));
            path.iter().find(|path| files.has(path)).map(|path| files.read(path)).transpose()
        };
        let parts = Parts {
            name: name.map_or_else(|| name_of(document), str::to_owned),
            document: source,
            overlay: if self.overlays { beside("overlay")? } else { None },
            promises: beside("promises")?,
        };
        let rules = beside("mock")?;
        let (contract, warnings) = Contract::load(parts, &retrieve)?;
        contract.set_formats(self.formats);
        Ok(Loaded { contract: Arc::new(contract), rules, warnings })
    }
}

/// What the contract of a document is called, unless told.
pub(super) fn name_of(document: &Path) -> String {
    if let Some(url) = url_of(document) {
        return remote::name_of(&url);
    }
    let stem = document.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    stem.filter(|stem| stem != "-").unwrap_or_else(|| "stdin".to_owned())
}

/// `name`, with a number where it is taken.
fn unlike(taken: &[(String, PathBuf)], name: &str) -> String {
    let is_free = |name: &String| taken.iter().all(|(other, _)| other != name);
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

fn is_path(wanted: &str) -> bool {
    wanted.contains('/') || ENDINGS.iter().any(|ending| wanted.ends_with(&format!(".{ending}")))
}

/// The contract's name, `None` for a file that stands beside a document or is none.
fn document_name(path: &Path) -> Option<String> {
    let extension = path.extension()?.to_str()?;
    let stem = path.file_stem()?.to_str()?;
    let second = stem.rsplit_once('.').map(|(_, second)| second);
    let is_document = ENDINGS.contains(&extension) && !second.is_some_and(|second| BESIDE.contains(&second));
    (is_document && !stem.starts_with(['.', '_'])).then(|| stem.to_owned())
}
