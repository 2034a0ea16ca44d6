//! Documents that are only looked at: read from wherever they are, with what they refer to below a root.

use std::path::{Path, PathBuf};

use super::files::{Beside, Folder, normalise, standard_input};
use crate::contract::Retrieve;
use crate::source::{Diagnostic, Source};

/// The document at `path` (`-`: standard input), and what brings the files that it refers to.
///
/// They have to be below `root`. Without one, that is the repository that the document is in (the
/// nearest folder above it with a `.git`), else the folder above the document's own: descriptions
/// that are split refer to `../schemas/`.
pub fn document<'f>(
    files: &'f Folder,
    path: &Path,
    root: Option<&Path>,
) -> Result<(Source, impl Retrieve + use<'f>), Diagnostic> {
    if path == Path::new("-") {
        let source = standard_input()?;
        return Ok((source, Beside::within(files, files.path(Path::new("")))));
    }
    let full = normalise(&files.path(path));
    let root = root.map_or_else(|| root_of(&full), |root| normalise(&files.path(root)));
    let source = files.read(path)?;
    // A name that starts at the working directory cannot climb out of it; one from the top can.
    let here = normalise(&files.path(Path::new("")));
    let source = if root.starts_with(&here) || !source.text().contains("../") {
        source
    } else {
        Source::new(full.to_string_lossy().replace('\\', "/"), source.text())
    };
    Ok((source, Beside::within(files, root)))
}

fn root_of(document: &Path) -> PathBuf {
    let folders = || document.ancestors().skip(1);
    let repository = folders().find(|folder| folder.join(".git").exists());
    repository.or_else(|| folders().nth(1)).or_else(|| folders().next()).map(Path::to_path_buf).unwrap_or_default()
}
