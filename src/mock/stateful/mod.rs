//! State from the contract alone: what clients make can be read, listed, changed and deleted.
//!
//! A collection path and its item path (`/pets`, `/pets/{petId}`) are recognised, with what their
//! schemas say about the id, where an item is in a body, and how lists are cut into pages
//! ([`Stateful::of`]). An operation of a recognised collection is answered from what is remembered,
//! in the form that the document gives the answer.

mod act;
mod body;
mod disk;
mod envelope;
mod list;
mod look;
mod make;
mod memory;
mod names;
mod page;
mod recognise;
mod repair;
mod resource;
mod seed;
mod update;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};

pub(super) use act::Ask;
pub use disk::Disk;
pub use memory::Bounds;

use super::SESSION_HEADER;
use super::answer::Settings;
use crate::contract::{Contract, Operation};
use crate::source::{Diagnostics, Source};
use memory::{Clients, Collections};
use resource::Resource;

/// What a mock of a contract remembers of what clients make.
pub struct Stateful {
    contract: Arc<Contract>,
    resources: Vec<Resource>,
    /// By method and path template: the resource that an operation acts on, and its place among the
    /// contract's operations. Not by address: the mock may have another copy of the contract.
    by_operation: HashMap<String, (usize, usize)>,
    clients: Arc<Clients>,
    /// The request header whose value tells clients apart.
    header: String,
    bounds: Bounds,
    settings: Settings,
}

impl Stateful {
    /// Recognises the collections of a contract; nothing is in them yet. The settings give ids and times.
    pub fn of(contract: &Arc<Contract>, settings: &Settings) -> Self {
        let resources = recognise::recognise(contract);
        let mut by_operation = HashMap::new();
        for (at, resource) in resources.iter().enumerate() {
            for operation in resource.operations.keys() {
                by_operation.entry(name_of(&contract.operations()[*operation])).or_insert((at, *operation));
            }
        }
        let bounds = Bounds::default();
        Self {
            contract: Arc::clone(contract),
            resources,
            by_operation,
            clients: Arc::new(Clients::new(Collections::new(), bounds)),
            header: SESSION_HEADER.to_owned(),
            bounds,
            settings: settings.clone(),
        }
    }

    /// The same, with other bounds; to be said before [`Stateful::seeded`] and [`Stateful::kept`].
    #[must_use]
    pub fn bounded(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self.clients = Arc::new(Clients::new(self.clients.start().clone(), bounds));
        self
    }

    /// The same, with clients told apart by this request header instead of [`SESSION_HEADER`].
    #[must_use]
    pub fn per(mut self, header: impl Into<String>) -> Self {
        self.header = header.into();
        self
    }

    /// The same, with what a file of collections (`/pets: [{…}, …]`) puts in at start. Every item is
    /// judged by its schema. Where there are `prefixes`, paths that start with one of them are taken, and
    /// the others left for another contract.
    ///
    /// # Errors
    /// What is wrong in the file, with places.
    pub fn seeded(mut self, source: &Source, prefixes: &[String]) -> Result<Self, Diagnostics> {
        let start = seed::read_collections(&self, source, prefixes)?;
        self.clients = Arc::new(Clients::new(start, self.bounds));
        Ok(self)
    }

    /// The same, kept in a file. Where the file has something of this contract already, that counts,
    /// and seeds do not.
    ///
    /// # Errors
    /// A sentence, where the file cannot be read or written.
    pub fn kept(mut self, disk: Arc<Disk>) -> Result<Self, String> {
        let clients = Clients::new(self.clients.start().clone(), self.bounds);
        self.clients = Arc::new(clients.kept(disk, self.contract.name())?);
        Ok(self)
    }

    /// The same with all that another one remembers: for a contract that was loaded anew.
    #[must_use]
    pub fn succeeding(mut self, before: &Self) -> Self {
        self.clients = Arc::clone(&before.clients);
        self
    }

    /// What is recognised, a line a collection.
    pub fn collections(&self) -> Vec<String> {
        self.resources.iter().map(Resource::describe).collect()
    }

    /// What a client made, by the concrete path of the collection: `{"/pets": [{…}]}`; the shared
    /// memory without a client.
    pub fn snapshot(&self, client: Option<&str>) -> Value {
        let memory = self.clients.get(client.unwrap_or_default());
        memory.lock().unwrap_or_else(PoisonError::into_inner).shown()
    }

    /// The keys of the items in a concrete collection, in the order they were made.
    pub fn keys(&self, client: Option<&str>, path: &str) -> Vec<String> {
        let memory = self.clients.get(client.unwrap_or_default());
        let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory
            .collection(path)
            .map(|all| all.items.values().map(|entry| entry.key.clone()).collect())
            .unwrap_or_default()
    }

    /// How much is remembered: `{"clients": …, "items": …, "bytes": …}`; what was there at start is
    /// not counted.
    pub fn size(&self) -> Value {
        let (clients, items, bytes) = self.clients.size();
        json!({ "clients": clients, "items": items, "bytes": bytes })
    }

    /// Every client is as at start again, in the file too.
    ///
    /// # Errors
    /// A sentence, where the file cannot be written.
    pub fn reset(&self) -> Result<(), String> {
        self.clients.reset()
    }
}

/// What an operation is told from the others by.
fn name_of(operation: &Operation) -> String {
    format!("{} {}", operation.method(), operation.path())
}

impl std::fmt::Debug for Stateful {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.collections()).finish()
    }
}

#[cfg(test)]
mod tests;
