//! Documents that are only looked at: read from wherever they are, with what they refer to below a root.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{Beside, Folder, normalise, standard_input};
use super::remote::{Remote, url_of};
use super::revision::{Revision, revision};
use super::specs::{Specs, name_of};
use crate::contract::{Contract, Formats, Parts, Retrieve};
use crate::source::{Diagnostic, Diagnostics, Place, Source};

/// The document at `path` (`-`: standard input; an `http:` or `https:` URL), and what brings the files
/// and URLs that it refers to.
///
/// Files have to be below `root`. Without one, that is the repository that the document is in (the
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
    if let Some(url) = url_of(path) {
        let remote = Remote::naming(files.network(), &url);
        return Ok((remote.document(&url)?, Beside::fetched(files, remote)));
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

/// The contract of a document, with the overlay and the promises that stand beside it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn contract(document: impl AsRef<Path>) -> Result<Arc<Contract>, Diagnostics> {
    let specs = Specs { folder: PathBuf::from("specs"), overlays: true, root: None, formats: Formats::Assert };
    Ok(specs.load(&Folder::new(Path::new("")), document.as_ref())?.contract)
}

/// A contract by itself, without what stands beside its document.
pub struct Bare {
    /// The contract.
    pub contract: Contract,
    /// What is odd.
    pub warnings: Diagnostics,
    revision: Option<Revision>,
}

/// Loads the contract that a document is by itself: a file, `-`, an http(s) URL, or `REVISION:PATH`.
pub fn bare(files: &Folder, path: &Path) -> Result<Bare, Diagnostics> {
    let parts = |document| Parts { name: name_of(path), document, overlay: None, promises: None };
    let Some((name, below)) = revision(files, path) else {
        let (source, retrieve) = document(files, path, None)?;
        let (contract, warnings) = Contract::load(parts(source), &retrieve)?;
        return Ok(Bare { contract, warnings, revision: None });
    };
    let revision = Revision::find(files, name)?;
    let loaded = Contract::load(parts(revision.document(below)?), &revision);
    let (contract, warnings) = loaded.map_err(|faults| revision.told(faults))?;
    Ok(Bare { contract, warnings: revision.told(warnings), revision: Some(revision) })
}

impl Bare {
    /// Names the file of a place as the user does.
    pub fn show(&self, place: &mut Place) {
        if let Some(revision) = &self.revision {
            place.file = revision.shown(&place.file);
        }
    }
}

fn root_of(document: &Path) -> PathBuf {
    let folders = || document.ancestors().skip(1);
    let repository = folders().find(|folder| folder.join(".git").exists());
    repository.or_else(|| folders().nth(1)).or_else(|| folders().next()).map(Path::to_path_buf).unwrap_or_default()
}
