//! What is remembered, in a file that outlives the process: a change is there when it is answered.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, WriteTransaction};

use super::memory::{Collection, Collections, Memory, Settled};

/// Contract, client, collection, place in it: key and JSON of an item.
const ITEMS: TableDefinition<(&str, &str, &str, u64), (&str, &str)> = TableDefinition::new("items");
/// Contract, client, collection that this client changed: the next place and the next id.
const COLLECTIONS: TableDefinition<(&str, &str, &str), (u64, u64)> = TableDefinition::new("collections");
/// The contracts that were ever kept here.
const CONTRACTS: TableDefinition<&str, u64> = TableDefinition::new("contracts");
/// The version of this layout.
const VERSION: u64 = 1;

/// A file that state is kept in. Several contracts may share one.
pub struct Disk(Database);

type Failed = String;

impl Disk {
    /// The name that what was there at start is kept under; no header can hold it.
    pub(super) const START: &str = "\0start";

    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// A sentence: it is no such file, another process has it open, or it cannot be written.
    pub fn open(path: &Path) -> Result<Self, String> {
        let opened = guarded(|| Ok(Database::create(path)))?;
        let database = opened.map_err(|error| match error {
            redb::DatabaseError::DatabaseAlreadyOpen => "another process has it open".to_owned(),
            redb::DatabaseError::Storage(redb::StorageError::Io(error))
                if error.kind() == std::io::ErrorKind::InvalidData =>
            {
                "it is no state of a mock".to_owned()
            }
            other => other.to_string(),
        })?;
        Ok(Self(database))
    }

    /// Everything that is kept of a contract, by client; `None` where it is new here.
    pub(super) fn load(&self, contract: &str) -> Result<Option<HashMap<String, Collections>>, Failed> {
        guarded(|| self.read(contract))
    }

    fn read(&self, contract: &str) -> Result<Option<HashMap<String, Collections>>, Failed> {
        let write = self.0.begin_write().map_err(text)?;
        // Tables that were never written to are not there to be read.
        tables(&write).map_err(text)?;
        write.commit().map_err(text)?;
        let read = self.0.begin_read().map_err(text)?;
        let contracts = read.open_table(CONTRACTS).map_err(text)?;
        match contracts.get(contract).map_err(text)?.map(|version| version.value()) {
            None => return Ok(None),
            Some(VERSION) => {}
            Some(other) => return Err(format!("its layout is version {other}, this program knows {VERSION}")),
        }
        let mut found: HashMap<String, HashMap<String, Collection>> = HashMap::new();
        let from = (contract, "", "");
        for entry in read.open_table(COLLECTIONS).map_err(text)?.range(from..).map_err(text)? {
            let (key, counters) = entry.map_err(text)?;
            let (of, client, path) = key.value();
            if of != contract {
                break;
            }
            let (next, next_id) = counters.value();
            let mut collection = Collection::default();
            (collection.next, collection.next_id) = (next, next_id);
            found.entry(client.to_owned()).or_default().insert(path.to_owned(), collection);
        }
        for entry in read.open_table(ITEMS).map_err(text)?.range((contract, "", "", 0)..).map_err(text)? {
            let (key, item) = entry.map_err(text)?;
            let (of, client, path, at) = key.value();
            if of != contract {
                break;
            }
            let Some(collection) = found.get_mut(client).and_then(|all| all.get_mut(path)) else { continue };
            let (name, json) = item.value();
            let value =
                serde_json::from_str(json).map_err(|error| format!("an item of `{path}` is damaged: {error}"))?;
            collection.put(at, name.to_owned(), Arc::new(value), json.len());
        }
        let arced =
            |all: HashMap<String, Collection>| all.into_iter().map(|(path, one)| (path, Arc::new(one))).collect();
        Ok(Some(found.into_iter().map(|(client, all)| (client, arced(all))).collect()))
    }

    /// Keeps the start of a contract, and nothing else of it.
    pub(super) fn begin(&self, contract: &str, start: &Collections) -> Result<(), Failed> {
        let write = self.0.begin_write().map_err(text)?;
        let filled = (|| {
            clear(&write, contract, None)?;
            write.open_table(CONTRACTS)?.insert(contract, VERSION)?;
            for (path, collection) in start {
                whole(&write, contract, Self::START, path, collection)?;
            }
            Ok::<_, redb::Error>(())
        })();
        filled.map_err(text)?;
        write.commit().map_err(text)
    }

    /// Keeps the changes of one request, all or none. A collection that is the client's as at start
    /// is kept whole with its first change.
    pub(super) fn commit(
        &self,
        contract: &str,
        client: &str,
        memory: &Memory,
        start: &Collections,
        changes: &[Settled],
    ) -> Result<(), Failed> {
        if changes.is_empty() {
            return Ok(());
        }
        let write = self.0.begin_write().map_err(text)?;
        let written = (|| {
            for change in changes {
                let path = match change {
                    Settled::Put { collection, .. }
                    | Settled::Remove { collection, .. }
                    | Settled::Drop { collection } => collection,
                };
                let known = memory.collections.get(path);
                if let (Some(known), Some(first)) = (known, start.get(path))
                    && Arc::ptr_eq(known, first)
                {
                    whole(&write, contract, client, path, known)?;
                }
                one(&write, contract, client, memory, change)?;
            }
            Ok::<_, redb::Error>(())
        })();
        written.map_err(text)?;
        write.commit().map_err(text)
    }

    /// Forgets a client.
    pub(super) fn forget(&self, contract: &str, client: &str) -> Result<(), Failed> {
        let write = self.0.begin_write().map_err(text)?;
        clear(&write, contract, Some(client)).map_err(text)?;
        write.commit().map_err(text)
    }
}

/// The database takes for granted that its file is sound, and panics over one that is damaged.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failed>) -> Result<T, Failed> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    std::panic::set_hook(hook);
    done.unwrap_or_else(|_| Err("it is damaged; start with a new file, or mend it from a copy".to_owned()))
}

fn tables(write: &WriteTransaction) -> Result<(), redb::Error> {
    write.open_table(ITEMS)?;
    write.open_table(COLLECTIONS)?;
    write.open_table(CONTRACTS)?;
    Ok(())
}

fn one(
    write: &WriteTransaction,
    contract: &str,
    client: &str,
    memory: &Memory,
    change: &Settled,
) -> Result<(), redb::Error> {
    let mut items = write.open_table(ITEMS)?;
    let mut collections = write.open_table(COLLECTIONS)?;
    match change {
        Settled::Put { collection, at, key, json, .. } => {
            items.insert((contract, client, collection.as_str(), *at), (key.as_str(), json.as_str()))?;
            let known = memory.collection(collection).map_or((0, 0), |known| (known.next, known.next_id));
            let kept = collections.get((contract, client, collection.as_str()))?.map_or(known, |kept| kept.value());
            let id = key.parse::<u64>().map_or(0, |number| number.saturating_add(1));
            let counters = (kept.0.max(at + 1), kept.1.max(id));
            collections.insert((contract, client, collection.as_str()), counters)?;
        }
        Settled::Remove { collection, at } => {
            items.remove((contract, client, collection.as_str(), *at))?;
        }
        Settled::Drop { collection } => {
            let path = collection.as_str();
            items.retain_in((contract, client, path, 0_u64)..=(contract, client, path, u64::MAX), |_, _| false)?;
            // That it is empty is kept where the start would fill it.
            collections.insert((contract, client, path), (0, 0))?;
        }
    }
    Ok(())
}

fn whole(
    write: &WriteTransaction,
    contract: &str,
    client: &str,
    path: &str,
    collection: &Collection,
) -> Result<(), redb::Error> {
    let mut items = write.open_table(ITEMS)?;
    for (at, entry) in &collection.items {
        let json = entry.value.to_string();
        items.insert((contract, client, path, *at), (entry.key.as_str(), json.as_str()))?;
    }
    write.open_table(COLLECTIONS)?.insert((contract, client, path), (collection.next, collection.next_id))?;
    Ok(())
}

/// Takes out all of a contract, or of one client of it.
fn clear(write: &WriteTransaction, contract: &str, client: Option<&str>) -> Result<(), redb::Error> {
    let kept = |of: &str, whose: &str| of != contract || client.is_some_and(|client| client != whose);
    write.open_table(ITEMS)?.retain(|(of, whose, _, _), _| kept(of, whose))?;
    write.open_table(COLLECTIONS)?.retain(|(of, whose, _), _| kept(of, whose))?;
    Ok(())
}

fn text(error: impl std::fmt::Display) -> Failed {
    error.to_string()
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Disk")
    }
}
