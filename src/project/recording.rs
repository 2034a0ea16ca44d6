//! A folder of recorded cases: its journal, what it holds already, what is added.

use std::path::{Path, PathBuf};

use super::files::{Folder, normalise};
use super::specs::{Loaded, Specs};
use crate::record::journal::{Found, Journal};
use crate::record::{Book, Entry, Kept, Outcome};
use crate::report::write_all;
use crate::source::Diagnostic;

/// The journal's name in the folder.
const JOURNAL: &str = "journal.ndjson";

/// A folder of recorded cases.
#[derive(Clone, Debug)]
pub struct RecordingFolder {
    folder: Folder,
    path: PathBuf,
}

impl RecordingFolder {
    /// The folder at `path`, made where it is missing.
    pub fn new(folder: &Folder, path: &Path) -> Result<Self, Diagnostic> {
        let full = folder.path(path);
        std::fs::create_dir_all(&full).map_err(|error| {
            let message = format!("the folder `{}` cannot be made: {error}", folder.name(&full));
            Diagnostic::error("cannot-write", message).help("give another one: `--out DIR`")
        })?;
        Ok(Self { folder: folder.clone(), path: full })
    }

    /// As the user knows it.
    pub fn name(&self) -> String {
        self.folder.name(&self.path)
    }

    /// Opens the journal, with what a recording that was cut short has left in it.
    pub fn journal(&self) -> Result<(Journal, Found), Diagnostic> {
        let path = self.path.join(JOURNAL);
        Journal::open(&path).map_err(|error| {
            let name = self.folder.name(&path);
            if error.kind() == std::io::ErrorKind::WouldBlock {
                return Diagnostic::error("in-use", format!("another recording writes to `{name}`"))
                    .help("end it, or record into another folder: `--out DIR`");
            }
            Diagnostic::error("cannot-write", format!("the journal `{name}` cannot be opened: {error}"))
        })
    }

    /// The environment variables that its files read.
    pub fn variables(&self) -> Vec<String> {
        let mut all = Vec::new();
        for file in self.kept() {
            let named = file.text.split("env.").skip(1);
            let word =
                |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
            all.extend(named.map(word));
        }
        all
    }

    /// The case files that are there.
    pub fn kept(&self) -> Vec<Kept> {
        let files = self.folder.entries(&self.path);
        let file = |path: &PathBuf| {
            let name = path.file_name()?.to_str()?.to_owned();
            let source = self.folder.read(path).ok()?;
            name.ends_with(".yaml").then(|| Kept { name, text: source.text().to_owned() })
        };
        files.iter().filter_map(file).collect()
    }

    /// Adds the cases of these entries to the files; `again`: the files learn from what differs.
    pub fn write(&self, book: &Book, entries: Vec<Entry>, again: bool) -> Result<Outcome, Diagnostic> {
        let kept = self.kept();
        self.written(if again { book.learn(entries, &kept) } else { book.write(entries, &kept) })
    }

    /// The files learn from those of another recording: a folder, or a file.
    pub fn compare(&self, book: &Book, other: &Path) -> Result<Outcome, Diagnostic> {
        let full = self.folder.path(other);
        let refused = |reason: &str| {
            let message = format!("`{}` {reason}", self.folder.name(&full));
            Diagnostic::error("cannot-read", message)
                .help("name a folder or a file that `countersign record` has written")
        };
        let others = if full.is_dir() {
            Self { folder: self.folder.clone(), path: full.clone() }.kept()
        } else {
            let source = self.folder.read(&full)?;
            let name = full.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            vec![Kept { name, text: source.text().to_owned() }]
        };
        let outcome = book.compare(&others, &self.kept());
        if outcome.known == 0 {
            return Err(refused("has no recorded cases of a contract that is known here"));
        }
        self.written(outcome)
    }

    fn written(&self, outcome: Outcome) -> Result<Outcome, Diagnostic> {
        let files: Vec<(&str, &str)> =
            outcome.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        write_all(&self.path, &files).map_err(|error| Diagnostic::error("cannot-write", error.to_string()))?;
        Ok(outcome)
    }

    /// Writes a file that cases need beside them, and gives back its name in the project.
    pub fn beside(&self, name: &str, text: &str) -> Result<String, Diagnostic> {
        let path = self.path.join(name);
        if !path.is_file() {
            write_all(&self.path, &[(name, text)])
                .map_err(|error| Diagnostic::error("cannot-write", error.to_string()))?;
        }
        Ok(self.folder.name(&path))
    }

    /// How a case file in the folder names a contract: by its name where the folder of contracts has
    /// it, else by the document's path.
    pub fn names(&self, loaded: &Loaded, specs: &Specs) -> String {
        let document = normalise(&self.folder.path(Path::new(loaded.contract.document().name())));
        let home = normalise(&self.folder.path(&specs.folder));
        let named = document.file_stem().is_some_and(|stem| stem == loaded.contract.name());
        if named && document.parent() == Some(&home) {
            return loaded.contract.name().to_owned();
        }
        let path = relative(&normalise(&self.path), &document).to_string_lossy().replace('\\', "/");
        if path.contains('/') { path } else { format!("./{path}") }
    }
}

impl Folder {
    /// How a file names another one that is beside it, or elsewhere.
    pub fn seen_from(&self, file: &Path, other: &Path) -> String {
        let (file, other) = (normalise(&self.path(file)), normalise(&self.path(other)));
        let home = file.parent().unwrap_or(Path::new("/"));
        relative(home, &other).to_string_lossy().replace('\\', "/")
    }
}

/// The path of `to` as seen from the folder `from`.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (mut from, mut to) = (from.components().peekable(), to.components().peekable());
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    from.map(|_| Path::new("..")).chain(to.map(|part| Path::new(part.as_os_str()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_folder() {
        for (from, to, expected) in [
            ("/w/cases/recorded", "/w/specs/a.yaml", "../../specs/a.yaml"),
            ("/w/out", "/w/out/openapi.json", "openapi.json"),
            ("/a", "/b/c.yaml", "../b/c.yaml"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(expected));
        }
    }
}
