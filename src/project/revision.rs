//! Documents as they were in a revision of a git repository: `main:specs/api.yaml`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::files::{Folder, LARGEST, decode};
use super::remote::Remote;
use crate::contract::{Retrieve, Unfetched};
use crate::source::{Diagnostic, Diagnostics, Label, Source};

/// A git revision, looked at from a working directory.
pub struct Revision {
    directory: PathBuf,
    /// As the user wrote it.
    written: String,
    /// The commit or tree that it names; empty: the index.
    object: String,
    remote: Remote,
}

/// `REVISION:PATH`, taken apart; `None` where it names a file: one that is there, a path with a
/// drive's letter, or a name without a colon.
pub fn revision<'p>(files: &Folder, written: &'p Path) -> Option<(&'p str, &'p str)> {
    let text = written.to_str()?;
    let (revision, path) = text.split_once(':')?;
    let is_drive = revision.len() == 1 && revision.as_bytes()[0].is_ascii_alphabetic() && path.starts_with(['/', '\\']);
    let is_url = path.starts_with("//");
    (!is_drive && !is_url && !files.path(written).exists()).then_some((revision, path))
}

impl Revision {
    /// The revision that `written` names in the repository around the working directory.
    pub fn find(files: &Folder, written: &str) -> Result<Self, Diagnostic> {
        let directory = files.path(Path::new(""));
        let remote = Remote::new(files.network());
        let found = Self { directory, written: written.to_owned(), object: String::new(), remote };
        found.git(&["rev-parse", "--git-dir"], "").map_err(|said| {
            let message = format!("`{written}:…` names a revision, and there is no git repository here: {said}");
            Diagnostic::error("not-a-repository", message)
                .help("run it inside of the repository, or name a file that exists")
        })?;
        if written.is_empty() {
            return Ok(found);
        }
        let wanted = format!("{written}^{{tree}}");
        let object = found.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted], "");
        let object = object.map_err(|_| {
            Diagnostic::error("unknown-revision", format!("there is no revision `{written}` in this repository"))
                .help("`git branch --all` and `git tag` list what there is; a shallow clone lacks what was not fetched")
        })?;
        Ok(Self { object: String::from_utf8_lossy(&object).trim().to_owned(), ..found })
    }

    /// The document at `path`: from the top of the repository, or from the working directory where
    /// it starts with `./` or `../`. Its name is [`shown`](Self::shown) to the user.
    pub fn document(&self, path: &str) -> Result<Source, Diagnostic> {
        let fault = |code, message: String| Diagnostic::error(code, message);
        let path = path.replace('\\', "/");
        let below = if path.starts_with("./") || path.starts_with("../") {
            let prefix = self.git(&["rev-parse", "--show-prefix"], "").map_err(|said| fault("not-readable", said))?;
            format!("{}{path}", String::from_utf8_lossy(&prefix).trim_end_matches('\n'))
        } else {
            path.clone()
        };
        let Some(full) = inside(&below) else {
            return Err(fault("not-readable", format!("`{}:{path}` is outside of the repository", self.written)));
        };
        let text = self.blob(&full).map_err(|reason| {
            let message = format!("{}:{path}: {reason}", self.written);
            let from_here = self.directory_path(&full).filter(|near| self.blob(near).is_ok());
            let help = match from_here {
                Some(_) => {
                    format!("paths start at the top of the repository; did you mean `{}:./{path}`?", self.written)
                }
                None => format!("`git ls-tree -r --name-only {}` lists what there is", self.written),
            };
            fault("not-readable", message).help(help)
        })?;
        Ok(Source::new(format!("{}{full}", self.prefix()), text))
    }

    /// Diagnostics and places name files of this revision by names that references can be resolved
    /// against; a user knows them as `REVISION:PATH`.
    pub fn shown(&self, file: &str) -> String {
        match file.strip_prefix(&self.prefix()) {
            Some(path) => format!("{}:{path}", self.written),
            None => file.to_owned(),
        }
    }

    /// The same diagnostics, with the names that the user knows.
    pub fn told(&self, faults: Diagnostics) -> Diagnostics {
        let mut told = Diagnostics::new();
        for mut fault in faults {
            for Label { source, .. } in &mut fault.labels {
                if source.name().starts_with(&self.prefix()) {
                    *source = Source::new(self.shown(source.name()), source.text());
                }
            }
            fault.message = fault.message.replace(&self.prefix(), &format!("{}:", self.written));
            told.push(fault);
        }
        told
    }

    /// What the names of this revision's files start with: a folder that nothing leads out of.
    fn prefix(&self) -> String {
        format!("{}:/", self.written)
    }

    /// A path from the working directory, seen from the top.
    fn directory_path(&self, path: &str) -> Option<String> {
        let prefix = self.git(&["rev-parse", "--show-prefix"], "").ok()?;
        let prefix = String::from_utf8_lossy(&prefix).trim_end_matches('\n').to_owned();
        (!prefix.is_empty()).then(|| format!("{prefix}{path}"))
    }

    /// The text of a file, links within the revision followed.
    fn blob(&self, path: &str) -> Result<String, String> {
        if path.contains('\n') {
            return Err("its name has a line break".to_owned());
        }
        let asked = format!("{}:{path}\n", self.object);
        let arguments: &[&str] = match self.object.as_str() {
            "" => &["cat-file", "--batch"],
            _ => &["cat-file", "--batch", "--follow-symlinks"],
        };
        let answer = self.git(arguments, &asked)?;
        let end = answer.iter().position(|byte| *byte == b'\n').ok_or("git says nothing")?;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let words: Vec<&str> = head.split(' ').collect();
        let size = match words.as_slice() {
            [_, "blob", size] => size.parse::<usize>().map_err(|_| format!("git says `{head}`"))?,
            [_, "tree", _] => return Err("it is a folder".to_owned()),
            ["symlink", ..] => return Err("it is a link that leads out of the repository".to_owned()),
            ["dangling" | "loop" | "notdir", ..] => return Err("it is a link that leads nowhere".to_owned()),
            _ => return Err("there is no such file in this revision".to_owned()),
        };
        if size as u64 > LARGEST {
            return Err(format!("larger than {LARGEST} bytes"));
        }
        let bytes = answer.get(end + 1..end + 1 + size).ok_or("git stopped in between")?;
        if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
            return Err("it is kept in Git LFS, and the repository only has a pointer to it".to_owned());
        }
        decode(bytes.to_vec())
    }

    /// What git writes; `Err`: why it did not.
    fn git(&self, arguments: &[&str], input: &str) -> Result<Vec<u8>, String> {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.directory).args(arguments).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("git cannot be started: {error}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that ended early says why on its standard error.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().next().unwrap_or("git failed").trim_start_matches("fatal: ");
        Err(line.to_owned())
    }
}

impl Retrieve for Revision {
    fn retrieve(&self, name: &str) -> Result<String, String> {
        let path = name.strip_prefix(&self.prefix()).ok_or("it is outside of the repository")?;
        self.blob(path)
    }

    fn fetch(&self, url: &str) -> Result<Source, Unfetched> {
        self.remote.fetch(url)
    }
}

/// `.` and `..` taken out; `None` where it leads out.
fn inside(path: &str) -> Option<String> {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()?),
            name => segments.push(name),
        }
    }
    Some(segments.join("/"))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test lays out its own files")]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_told_from_files() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::write(root.path().join("main:api.yaml"), "").expect("written");
        let files = Folder::new(root.path());
        for (written, expected) in [
            ("main:specs/api.yaml", Some(("main", "specs/api.yaml"))),
            ("HEAD~2:a:b.yaml", Some(("HEAD~2", "a:b.yaml"))),
            (":api.yaml", Some(("", "api.yaml"))),
            ("main:api.yaml", None),
            ("C:\\specs\\api.yaml", None),
            ("c:/specs/api.yaml", None),
            ("C:api.yaml", Some(("C", "api.yaml"))),
            ("https://host/api.yaml", None),
            ("specs/api.yaml", None),
        ] {
            assert_eq!(revision(&files, Path::new(written)), expected, "{written}");
        }
    }
}
