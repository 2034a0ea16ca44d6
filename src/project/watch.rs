//! Which files were read, and whether they have changed since.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// When a file was changed and its length; `None` where it is not there.
type Stamp = Option<(Option<SystemTime>, u64)>;

/// Files that were read or looked for, as they were then.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched(Arc<Mutex<BTreeMap<PathBuf, Stamp>>>);

/// The state of files at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamps(Vec<Stamp>);

impl Watched {
    /// Before `path` is read or looked for. What changes while it is read is a change.
    pub(super) fn note(&self, path: &Path) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(path) {
            known.insert(path.to_owned(), stamp(path));
        }
    }

    /// How the files are now, where that is not how they were when they were read.
    pub(super) fn changed(&self) -> Option<Stamps> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now: Vec<Stamp> = known.keys().map(|path| stamp(path)).collect();
        (!now.iter().eq(known.values())).then_some(Stamps(now))
    }
}

fn stamp(path: &Path) -> Stamp {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok(), about.len()))
}
