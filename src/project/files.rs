//! Finding and reading the user's files.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads files")]

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::remote::{Network, Remote};
use super::watch::{Stamps, Watched};
use crate::contract::{Retrieve, Unfetched};
use crate::source::{Diagnostic, Diagnostics, Source};

/// Larger files are not read.
pub(super) const LARGEST: u64 = 256 << 20;

/// A folder that relative paths start from, and how its files are named to the user.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    /// Remembers what is read, where somebody wants to know when that changes.
    watched: Option<Watched>,
    network: Arc<Network>,
}

impl Folder {
    /// The folder at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { root: path.into(), watched: None, network: Arc::default() }
    }

    /// The same, with how documents at URLs are fetched.
    #[must_use]
    pub fn with_network(self, network: Network) -> Self {
        Self { network: Arc::new(network), ..self }
    }

    /// How documents at URLs are fetched.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The same, remembering from now on which files are read and looked for.
    pub(super) fn watching(&self) -> Self {
        Self { watched: Some(Watched::default()), ..self.clone() }
    }

    /// How the files that were read are now, where that is not how they were.
    pub(super) fn changed(&self) -> Option<Stamps> {
        self.watched.as_ref()?.changed()
    }

    /// Whether there is a regular file at `path`.
    pub(super) fn has(&self, path: &Path) -> bool {
        let full = self.path(path);
        self.note(&full);
        full.is_file()
    }

    fn note(&self, full: &Path) {
        if let Some(watched) = &self.watched {
            watched.note(full);
        }
    }

    /// `path` below this folder, or itself where it is absolute.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }

    /// How `path` is shown: relative to this folder where it is below it, with `/`, without `./`.
    pub fn name(&self, path: &Path) -> String {
        let full = normalise(&self.path(path));
        let shown = full.strip_prefix(normalise(&self.root)).unwrap_or(&full);
        shown.to_string_lossy().replace('\\', "/")
    }

    /// Reads a file as a [`Source`].
    pub fn read(&self, path: &Path) -> Result<Source, Diagnostic> {
        let name = self.name(path);
        let fault = |reason: String| Diagnostic::error("not-readable", format!("{name}: {reason}"));
        let full = self.path(path);
        self.note(&full);
        let bytes = read_bounded(&full).map_err(|reason| fault(reason.to_string()))?;
        let text = decode(bytes).map_err(fault)?;
        Ok(Source::new(name, text))
    }

    /// Opens a file to be read bit by bit, of whatever size; `-` is standard input.
    pub fn open(&self, path: &Path) -> Result<Box<dyn std::io::Read>, Diagnostic> {
        if path == Path::new("-") {
            return Ok(Box::new(std::io::stdin().lock()));
        }
        let fault =
            |reason: std::io::Error| Diagnostic::error("not-readable", format!("{}: {reason}", self.name(path)));
        let full = self.path(path);
        if full.is_dir() {
            return Err(fault(std::io::ErrorKind::IsADirectory.into()));
        }
        Ok(Box::new(std::fs::File::open(full).map_err(fault)?))
    }

    /// Reads a file's bytes.
    pub fn read_bytes(&self, path: &Path) -> Result<Vec<u8>, String> {
        read_bounded(&self.path(path)).map_err(|error| error.to_string())
    }

    /// Reads the bytes of a file that a case names: a regular file below this folder, or below the
    /// folder of the case file, links followed.
    pub fn read_data(&self, path: &Path, suite: &Path) -> Result<Vec<u8>, String> {
        let real = self.path(path).canonicalize().map_err(|error| error.to_string())?;
        let beside = self.path(suite);
        let roots = [Some(self.root.as_path()), beside.parent()];
        let mut roots = roots.into_iter().flatten().filter_map(|root| root.canonicalize().ok());
        if !roots.any(|root| real.starts_with(root)) {
            return Err("it is outside the project's folder".to_owned());
        }
        if !real.is_file() {
            return Err("it is no regular file".to_owned());
        }
        read_bounded(&real).map_err(|error| error.to_string())
    }

    /// The case files that `paths` name: a file itself, of a folder every `.yaml` and `.yml` below
    /// it, but for those that start with `_` or `.`. In order, each once.
    pub fn suites(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Diagnostics> {
        let (mut found, mut faults) = (Vec::new(), Diagnostics::new());
        for path in paths {
            let full = self.path(path);
            if full.is_dir() {
                let (mut below, mut seen) = (Vec::new(), BTreeSet::new());
                walk(&full, &["yaml", "yml"], &mut seen, &mut below);
                below.sort();
                found.extend(below);
            } else if full.is_file() {
                found.push(full);
            } else {
                let message = format!("there is no file or folder `{}`", path.display());
                let help = "name a case file, or a folder that holds some";
                faults.push(Diagnostic::error("no-such-file", message).help(help));
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|path| seen.insert(normalise(path)));
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }

    /// The OpenAPI documents below a folder, at any depth, in order: what says `openapi` or `swagger`
    /// with a version. Parts of documents and all other files are passed over.
    pub fn documents(&self, path: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        walk(&self.path(path), &["yaml", "yml", "json"], &mut seen, &mut found);
        found.sort();
        found.retain(|file| {
            read_bounded(file).ok().and_then(|bytes| decode(bytes).ok()).is_some_and(|text| is_openapi(&text))
        });
        if found.is_empty() {
            let message = format!("there is no OpenAPI document in `{}`", self.name(path));
            return Err(Diagnostic::error("no-document", message)
                .help("documents end in `.yaml`, `.yml` or `.json` and have an `openapi` field"));
        }
        // Named as the user named the folder.
        let full = normalise(&self.path(path));
        Ok(found.iter().map(|file| path.join(normalise(file).strip_prefix(&full).unwrap_or(file))).collect())
    }

    /// The traffic files below a folder, at any depth, in order.
    pub(super) fn recordings(&self, path: &Path) -> Vec<PathBuf> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        walk(&self.path(path), &["har", "ndjson", "jsonl"], &mut seen, &mut found);
        found.sort();
        found
    }

    /// The files right in a folder, in order.
    pub(super) fn entries(&self, folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
        files.sort();
        files
    }

    /// The `_defaults.yaml` files that hold for a case file: from this folder down to its own.
    pub fn defaults(&self, suite: &Path) -> Vec<PathBuf> {
        let root = normalise(&self.root);
        let suite = normalise(&self.path(suite));
        let mut folders: Vec<&Path> = suite.ancestors().skip(1).collect();
        if suite.starts_with(&root) {
            folders.retain(|folder| folder.starts_with(&root));
        } else {
            folders.truncate(1);
        }
        folders.reverse();
        let file = |folder: &&Path| Some(folder.join("_defaults.yaml")).filter(|path| path.is_file());
        folders.iter().filter_map(file).collect()
    }
}

/// Reads standard input as a [`Source`].
pub(super) fn standard_input() -> Result<Source, Diagnostic> {
    let name = "standard input";
    let fault = |reason: String| Diagnostic::error("not-readable", format!("{name}: {reason}"));
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(LARGEST).read_to_end(&mut bytes).map_err(|error| fault(error.to_string()))?;
    Ok(Source::new(name, decode(bytes).map_err(fault)?))
}

/// A text in UTF-8, or in UTF-16 with a byte order mark.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let unit: Option<fn([u8; 2]) -> u16> = match bytes.as_slice() {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => None,
    };
    let Some(unit) = unit else {
        return String::from_utf8(bytes).map_err(|error| {
            format!("not UTF-8: byte {} is none; save the file as UTF-8", error.utf8_error().valid_up_to())
        });
    };
    if bytes.len() % 2 == 1 {
        return Err("its byte order mark says UTF-16, and half a unit stands at its end".to_owned());
    }
    let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16(&units).map_err(|_| "its byte order mark says UTF-16, and it is none".to_owned())
}

fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::other(format!("larger than {LARGEST} bytes")));
    }
    Ok(bytes)
}

/// `seen` holds the folders that were walked, links followed: one that leads back to itself is walked once.
fn walk(folder: &Path, endings: &[&str], seen: &mut BTreeSet<PathBuf>, found: &mut Vec<PathBuf>) {
    if !folder.canonicalize().is_ok_and(|real| seen.insert(real)) {
        return;
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let hidden = path
            .file_name()
            .is_none_or(|name| name.to_string_lossy().starts_with(['_', '.']) || name == "node_modules");
        if hidden {
            continue;
        }
        if path.is_dir() {
            walk(&path, endings, seen, found);
        } else if path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
            && path.is_file()
        {
            found.push(path);
        }
    }
}

/// Whether a text says `openapi` or `swagger` with a version, told without reading all of it.
fn is_openapi(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Head {
        #[serde(alias = "swagger")]
        openapi: Option<serde_json::Value>,
    }
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        return match serde_json::from_str::<Head>(text) {
            Ok(head) => head.openapi.is_some_and(|version| version.is_string() || version.is_number()),
            // A document that is broken is a document: whoever reads it says what is wrong.
            Err(_) => ["\"openapi\"", "\"swagger\""].iter().any(|key| {
                let values = text.match_indices(key).map(|(at, _)| text[at + key.len()..].trim_start());
                let mut values = values.filter_map(|rest| rest.strip_prefix(':'));
                values.any(|value| value.trim_start_matches([' ', '"']).starts_with(['2', '3']))
            }),
        };
    }
    text.lines().any(|line| {
        let key = line.trim_start_matches(['"', '\'']);
        let rest = key.strip_prefix("openapi").or_else(|| key.strip_prefix("swagger"));
        let value = rest.and_then(|rest| rest.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':'));
        value.is_some_and(|value| value.trim_start_matches([' ', '"', '\'']).starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// `.` and `..` taken out, by words alone.
pub(super) fn normalise(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// Brings what a document refers to: files from below one folder and nowhere else, URLs from the hosts
/// that were allowed.
pub(super) struct Beside<'a> {
    folder: &'a Folder,
    /// `None`: no files, as the document came from the network.
    root: Option<PathBuf>,
    remote: Remote,
}

impl<'a> Beside<'a> {
    /// For any document: files below `root`.
    pub(super) fn within(folder: &'a Folder, root: PathBuf) -> Self {
        Self { folder, root: Some(root), remote: Remote::new(folder.network()) }
    }

    /// For a document that came from the network.
    pub(super) fn fetched(folder: &'a Folder, remote: Remote) -> Self {
        Self { folder, root: None, remote }
    }
}

impl Retrieve for Beside<'_> {
    fn retrieve(&self, name: &str) -> Result<String, String> {
        let Some(root) = &self.root else {
            return Err("no file is read for a document that came from the network".to_owned());
        };
        let path = self.folder.path(Path::new(name));
        self.folder.note(&path);
        // Symbolic links are followed before the comparison: a link out of the folder is out of it.
        let real = path.canonicalize().map_err(|error| error.to_string())?;
        let below = root.canonicalize().map_err(|error| error.to_string())?;
        if !real.starts_with(&below) {
            return Err(format!("it is outside the folder `{}`", self.folder.name(root)));
        }
        // A pipe or a device might never end.
        if !real.is_file() {
            return Err("it is no regular file".to_owned());
        }
        decode(read_bounded(&real).map_err(|error| error.to_string())?)
    }

    fn fetch(&self, url: &str) -> Result<Source, Unfetched> {
        self.remote.fetch(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_to_the_folder() {
        let folder = Folder::new("/w/p");
        for (path, name) in
            [("./cases/a.yaml", "cases/a.yaml"), ("/w/p/x/../b.yaml", "b.yaml"), ("/t/c.yaml", "/t/c.yaml")]
        {
            assert_eq!(folder.name(Path::new(path)), name);
        }
    }

    #[test]
    fn suites_are_found_in_order_each_once() {
        let root = tempfile::tempdir().expect("a folder");
        for file in ["b/two.yaml", "b/_defaults.yaml", "a.yml", ".hidden.yaml", "rows.csv"] {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, "").expect("written");
        }
        let folder = Folder::new(root.path());
        let found = folder.suites(&[PathBuf::from("."), PathBuf::from("b/two.yaml")]).expect("found");
        let names: Vec<String> = found.iter().map(|path| folder.name(path)).collect();
        assert_eq!(names, ["a.yml", "b/two.yaml"]);
        assert_eq!(folder.defaults(&found[1]), [root.path().join("b/_defaults.yaml")]);
        assert!(folder.suites(&[PathBuf::from("c")]).is_err());
    }

    #[test]
    fn whole_documents_are_told_from_parts() {
        for (text, expected) in [
            ("openapi: 3.1.0\ninfo: {}", true),
            ("# ours\nswagger: '2.0'", true),
            ("{\"info\": {}, \"openapi\": \"3.0.3\"}", true),
            ("\u{feff}{\"swagger\": 2.0}", true),
            ("{\"dependencies\": {\"openapi\": \"1.0\"}}", false),
            ("overlay: 1.0.0", false),
            ("info:\n  openapi: 3.1.0", false),
            ("openapi: {client: x}", false),
            ("{broken", false),
            ("{\"openapi\": \"3.1.0\", \"info\": {},}", true),
        ] {
            assert_eq!(is_openapi(text), expected, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_in_a_circle_are_walked_once() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::write(root.path().join("a.yaml"), "").expect("written");
        for name in ["one", "two"] {
            std::os::unix::fs::symlink(root.path(), root.path().join(name)).expect("linked");
        }
        assert_eq!(Folder::new(root.path()).suites(&[PathBuf::from(".")]).expect("found").len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn data_comes_from_regular_files_of_the_project_only() {
        let root = tempfile::tempdir().expect("a folder");
        let project = root.path().join("project");
        std::fs::create_dir_all(project.join("cases")).expect("made");
        std::fs::write(root.path().join("outside.json"), "{}").expect("written");
        std::fs::write(project.join("data.json"), "{}").expect("written");
        let folder = Folder::new(&project);
        let read = |path: &str| folder.read_data(Path::new(path), Path::new("cases/a.yaml"));
        assert!(read("cases/../data.json").is_ok());
        for path in ["../outside.json", "/dev/zero", "cases", "nothing.json"] {
            assert!(read(path).is_err(), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_documents_folder_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let specs = root.path().join("specs");
        std::fs::create_dir(&specs).expect("made");
        std::fs::write(root.path().join("secret.yaml"), "a: 1").expect("written");
        std::os::unix::fs::symlink(root.path().join("secret.yaml"), specs.join("link.yaml")).expect("linked");
        let folder = Folder::new(root.path());
        let beside = Beside::within(&folder, specs);
        assert!(beside.retrieve("specs/link.yaml").is_err());
        assert!(beside.retrieve("specs/../secret.yaml").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn pipes_are_not_waited_for() {
        let root = tempfile::tempdir().expect("a folder");
        let pipe = root.path().join("pipe.yaml");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|status| status.success()));
        let folder = Folder::new(root.path());
        let beside = Beside::within(&folder, root.path().to_owned());
        assert_eq!(beside.retrieve("pipe.yaml"), Err("it is no regular file".to_owned()));
        assert!(folder.documents(Path::new("")).is_err());
    }
}
