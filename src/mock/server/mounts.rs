//! Which mock answers below which path.

use std::sync::{Arc, PoisonError, RwLock};

use crate::contract::Route;
use crate::mock::Mock;

/// A mock and the path prefix that it answers below.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Such as `/salla`; empty for all paths. The longest that matches wins, unless another one has
    /// an operation for the path. One mock may be mounted several times.
    pub prefix: String,
    /// What answers.
    pub mock: Arc<Mock>,
}

/// The mounts, longest prefix first.
#[derive(Debug, Default)]
pub(super) struct Mounts(Vec<Mount>);

impl Mounts {
    pub(super) fn new(mut mounts: Vec<Mount>) -> Self {
        for mount in &mut mounts {
            let prefix = mount.prefix.trim_matches('/');
            mount.prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        }
        mounts.sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
        Self(mounts)
    }

    /// The mock for a request, and the path below its prefix.
    pub(super) fn find<'p>(&self, method: &str, path: &'p str) -> Option<(&Arc<Mock>, &'p str)> {
        let mut fitting = self.0.iter().filter_map(|mount| {
            let rest = path.strip_prefix(mount.prefix.as_str())?;
            let rest = if rest.is_empty() { "/" } else { rest };
            rest.starts_with('/').then_some((&mount.mock, rest))
        });
        let first = fitting.next()?;
        let Some(second) = fitting.next() else { return Some(first) };
        // Documents may share a base path: the one that has the operation answers.
        let mut best = (known(first, method), first);
        for candidate in std::iter::once(second).chain(fitting) {
            let known = known(candidate, method);
            if known > best.0 {
                best = (known, candidate);
            }
        }
        Some(best.1)
    }

    /// Each mock once, in no particular order.
    pub(super) fn mocks(&self) -> Vec<&Arc<Mock>> {
        let mut mocks: Vec<&Arc<Mock>> = Vec::new();
        for mount in &self.0 {
            if !mocks.iter().any(|known| Arc::ptr_eq(known, &mount.mock)) {
                mocks.push(&mount.mock);
            }
        }
        mocks
    }
}

/// How well a contract knows a path: 2 with the method, 1 with another, 0 not at all.
fn known((mock, path): (&Arc<Mock>, &str), method: &str) -> u8 {
    match mock.contract().route(method, path) {
        Route::Operation { .. } => 2,
        Route::OtherMethods { .. } => 1,
        Route::Unknown => 0,
    }
}

/// Mounts that can be replaced while requests come in: each request is answered by those that
/// were in force when it came.
#[derive(Debug)]
pub(super) struct Current(RwLock<Arc<Mounts>>);

impl Current {
    pub(super) fn new(mounts: Vec<Mount>) -> Self {
        Self(RwLock::new(Arc::new(Mounts::new(mounts))))
    }

    pub(super) fn get(&self) -> Arc<Mounts> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, mounts: Vec<Mount>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Mounts::new(mounts));
    }
}
