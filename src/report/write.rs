//! Writing reports: each one wholly or not at all.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The directory is not there and cannot be made.
    #[error("cannot make the directory {}", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A report's name is a path, or no name.
    #[error("{name:?} is no file name")]
    Name {
        /// What was given.
        name: String,
    },
}

/// Makes a report's text.
pub type Make<'a> = Box<dyn FnOnce() -> Cow<'a, str> + Send + 'a>;

/// Writes `files` (name and text) into `dir`, which is made where it is missing, and gives back
/// their paths in the same order.
///
/// Every text is first written aside, and only when all of them are written does each take its
/// name: a reader never sees half a report, and a full disk leaves the old reports as they were.
/// Texts are written as they are: secrets were taken out where values entered the events, and
/// a look at the finished markup could only break it.
pub fn write_all(dir: &Path, files: &[(&str, &str)]) -> Result<Vec<PathBuf>, WriteError> {
    make_all(dir, files.iter().map(|(name, text)| (*name, Box::new(|| Cow::Borrowed(*text)) as Make)).collect())
}

/// The same with texts that are still to be made: side by side, each by a thread of its own.
pub fn make_all<'a>(dir: &Path, files: Vec<(&str, Make<'a>)>) -> Result<Vec<PathBuf>, WriteError> {
    for (name, _) in &files {
        if Path::new(name).file_name().and_then(|name| name.to_str()) != Some(name) {
            return Err(WriteError::Name { name: (*name).to_owned() });
        }
    }
    std::fs::create_dir_all(dir).map_err(|source| WriteError::Directory { path: dir.to_owned(), source })?;
    let aside: Vec<(io::Result<tempfile::NamedTempFile>, PathBuf)> = std::thread::scope(|scope| {
        let begin = |(name, make): (&str, Make<'a>)| (scope.spawn(|| write_aside(dir, &make())), dir.join(name));
        let threads: Vec<_> = files.into_iter().map(begin).collect();
        let end = |thread: std::thread::ScopedJoinHandle<_>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(|(thread, path)| (end(thread), path)).collect()
    });
    let mut whole = Vec::with_capacity(aside.len());
    for (file, path) in aside {
        match file {
            Ok(file) => whole.push((file, path)),
            Err(source) => return Err(WriteError::File { path, source }),
        }
    }
    let mut written = Vec::with_capacity(whole.len());
    for (file, path) in whole {
        file.persist(&path).map_err(|failed| WriteError::File { path: path.clone(), source: failed.error })?;
        written.push(path);
    }
    Ok(written)
}

/// A file that is written bit by bit and has its name only once it is whole.
#[derive(Debug)]
pub(super) struct Aside {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl Aside {
    /// Begins the file that is to be at `path`; its directory is made where it is missing.
    pub(super) fn create(path: &Path) -> Result<Self, WriteError> {
        let Some(_) = path.file_name() else {
            return Err(WriteError::Name { name: path.display().to_string() });
        };
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(dir).map_err(|source| WriteError::Directory { path: dir.to_owned(), source })?;
        let file = aside(dir).map_err(|source| WriteError::File { path: path.to_owned(), source })?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Gives the file its name.
    pub(super) fn persist(self) -> Result<PathBuf, WriteError> {
        let Self { file, path } = self;
        file.persist(&path).map_err(|failed| WriteError::File { path: path.clone(), source: failed.error })?;
        Ok(path)
    }
}

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn write_aside(dir: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut file = aside(dir)?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

fn aside(dir: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".countersign-").suffix(".part");
    // A temporary file is for its owner alone; a report is for whom the umask says.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(dir)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "what was written is looked at")]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_whole() {
        let dir = tempfile::tempdir().expect("a directory");
        let deep = dir.path().join("a/b");
        for text in ["old", "new"] {
            let written = write_all(&deep, &[("x.json", text), ("y.xml", "y")]).expect("written");
            assert_eq!(written, [deep.join("x.json"), deep.join("y.xml")]);
        }
        assert_eq!(std::fs::read_to_string(deep.join("x.json")).expect("a file"), "new");
        assert_eq!(std::fs::read_dir(&deep).expect("a directory").count(), 2, "nothing is left aside");
    }

    #[test]
    fn errors_name_the_path() {
        let dir = tempfile::tempdir().expect("a directory");
        for name in ["../x", "a/b", "", "..", "/etc/x"] {
            let error = write_all(dir.path(), &[(name, "")]).expect_err("no name");
            assert_eq!(error.to_string(), format!("{name:?} is no file name"));
        }
        let file = dir.path().join("file");
        std::fs::write(&file, "").expect("a file");
        let error = write_all(&file.join("sub"), &[("x", "")]).expect_err("no directory");
        assert!(error.to_string().starts_with("cannot make the directory "), "{error}");
        std::fs::create_dir(dir.path().join("taken")).expect("a directory");
        let error = write_all(dir.path(), &[("new", "x"), ("taken", "x")]).expect_err("taken");
        assert_eq!(error.to_string(), format!("cannot write {}", dir.path().join("taken").display()));
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_a_report() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let plain = dir.path().join("plain");
        std::fs::write(&plain, "").expect("a file");
        let written = write_all(dir.path(), &[("report", "x")]).expect("written");
        let mode = |path: &Path| std::fs::metadata(path).expect("a file").permissions().mode();
        assert_eq!(mode(&written[0]), mode(&plain));
    }
}
