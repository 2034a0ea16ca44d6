//! What is remembered: items by collection, a copy for each client, within bounds.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::disk::Disk;

/// How much is remembered at most.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Items of all clients together; what would be one more is refused with 507.
    pub items: usize,
    /// Bytes of JSON of all clients' items together; what would be more is refused with 507.
    pub bytes: usize,
    /// Clients; the one that was not heard of for longest is forgotten for a new one.
    pub clients: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { items: 100_000, bytes: 64 << 20, clients: 1_000 }
    }
}

/// One item.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) value: Arc<Value>,
    bytes: usize,
}

/// The items of one collection, in the order they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Collection {
    pub(super) items: BTreeMap<u64, Entry>,
    by_key: HashMap<String, u64>,
    /// Where the next item goes.
    pub(super) next: u64,
    /// The number behind the highest that any item had for an id.
    pub(super) next_id: u64,
}

impl Collection {
    pub(super) fn get(&self, key: &str) -> Option<&Arc<Value>> {
        Some(&self.items[self.by_key.get(key)?].value)
    }

    pub(super) fn position(&self, key: &str) -> Option<u64> {
        self.by_key.get(key).copied()
    }

    pub(super) fn put(&mut self, at: u64, key: String, value: Arc<Value>, bytes: usize) {
        if let Ok(number) = key.parse::<u64>() {
            self.next_id = self.next_id.max(number.saturating_add(1));
        }
        self.next = self.next.max(at + 1);
        self.by_key.insert(key.clone(), at);
        self.items.insert(at, Entry { key, value, bytes });
    }

    fn remove(&mut self, at: u64) -> Option<Entry> {
        let entry = self.items.remove(&at)?;
        self.by_key.remove(&entry.key);
        Some(entry)
    }
}

/// Collections by their concrete paths.
pub(super) type Collections = BTreeMap<String, Arc<Collection>>;

/// What one client's requests made.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) collections: Collections,
    items: usize,
    bytes: usize,
}

/// One thing that a request changes.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// An item is there, in the place of one of the same key.
    Put { collection: String, key: String, value: Arc<Value> },
    /// An item is gone.
    Remove { collection: String, key: String },
    /// All collections whose paths start so are gone.
    Drop { below: String },
}

/// The same, with the place in the collection.
#[derive(Debug)]
pub(super) enum Settled {
    Put { collection: String, at: u64, key: String, value: Arc<Value>, json: String },
    Remove { collection: String, at: u64 },
    Drop { collection: String },
}

/// Why a change is not made.
#[derive(Debug)]
pub(super) enum Unchanged {
    /// It would be more than is remembered.
    Full(String),
    /// It could not be kept.
    Lost(String),
}

impl Memory {
    pub(super) fn collection(&self, path: &str) -> Option<&Collection> {
        self.collections.get(path).map(|collection| &**collection)
    }

    pub(super) fn get(&self, path: &str, key: &str) -> Option<&Arc<Value>> {
        self.collections.get(path)?.get(key)
    }

    fn settle(&self, changes: Vec<Change>) -> Vec<Settled> {
        let mut settled = Vec::with_capacity(changes.len());
        let mut fresh: HashMap<(String, String), u64> = HashMap::new();
        let mut next: HashMap<String, u64> = HashMap::new();
        for change in changes {
            match change {
                Change::Put { collection, key, value } => {
                    let known = self.collections.get(&collection);
                    let at = known
                        .and_then(|known| known.position(&key))
                        .or_else(|| fresh.get(&(collection.clone(), key.clone())).copied())
                        .unwrap_or_else(|| {
                            let next = next.entry(collection.clone()).or_insert(known.map_or(0, |known| known.next));
                            *next += 1;
                            fresh.insert((collection.clone(), key.clone()), *next - 1);
                            *next - 1
                        });
                    let json = value.to_string();
                    settled.push(Settled::Put { collection, at, key, value, json });
                }
                Change::Remove { collection, key } => {
                    let at = self.collections.get(&collection).and_then(|known| known.position(&key));
                    settled.extend(at.map(|at| Settled::Remove { collection, at }));
                }
                Change::Drop { below } => {
                    let gone = self.collections.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below));
                    settled.extend(gone.map(|(path, _)| Settled::Drop { collection: path.clone() }));
                }
            }
        }
        settled
    }

    /// How many items and bytes the changes add.
    fn growth(&self, changes: &[Settled]) -> (usize, usize) {
        let (mut items, mut bytes) = (0, 0);
        for change in changes {
            let Settled::Put { collection, at, json, .. } = change else { continue };
            let known = self.collections.get(collection);
            // An empty collection takes room too.
            items += usize::from(known.is_none());
            match known.and_then(|known| known.items.get(at)) {
                Some(old) => bytes += json.len().saturating_sub(old.bytes),
                None => {
                    items += 1;
                    bytes += json.len();
                }
            }
        }
        (items, bytes)
    }

    fn apply(&mut self, changes: Vec<Settled>) {
        for change in changes {
            match change {
                Settled::Put { collection, at, key, value, json } => {
                    self.items += usize::from(!self.collections.contains_key(&collection));
                    let known = Arc::make_mut(self.collections.entry(collection).or_default());
                    if let Some(old) = known.items.get(&at) {
                        self.bytes -= old.bytes.min(self.bytes);
                    } else {
                        self.items += 1;
                    }
                    self.bytes += json.len();
                    known.put(at, key, value, json.len());
                }
                Settled::Remove { collection, at } => {
                    let Some(known) = self.collections.get_mut(&collection) else { continue };
                    if let Some(old) = Arc::make_mut(known).remove(at) {
                        self.forget(1, old.bytes);
                    }
                }
                Settled::Drop { collection } => {
                    let Some(known) = self.collections.remove(&collection) else { continue };
                    self.forget(known.items.len() + 1, known.items.values().map(|entry| entry.bytes).sum());
                }
            }
        }
    }

    /// What was there from the start was never counted.
    fn forget(&mut self, items: usize, bytes: usize) {
        self.items = self.items.saturating_sub(items);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// `{path: [item, …]}`.
    pub(super) fn shown(&self) -> Value {
        let items =
            |collection: &Collection| collection.items.values().map(|entry| Value::clone(&entry.value)).collect();
        self.collections.iter().map(|(path, all)| (path.clone(), items(all))).collect::<Map<_, _>>().into()
    }
}

/// The memories of all clients.
pub(super) struct Clients {
    start: Collections,
    bounds: Bounds,
    disk: Option<(Arc<Disk>, String)>,
    all: Mutex<All>,
}

/// A client, and how much of the bounds is its.
struct Known {
    memory: Arc<Mutex<Memory>>,
    used: u64,
    items: usize,
    bytes: usize,
}

#[derive(Default)]
struct All {
    memories: HashMap<String, Known>,
    /// Counts uses, so that the longest unused is known.
    clock: u64,
    items: usize,
    bytes: usize,
}

impl Clients {
    pub(super) fn new(start: Collections, bounds: Bounds) -> Self {
        Self { start, bounds, disk: None, all: Mutex::default() }
    }

    /// The same, kept in a file; what is there already counts, and the start only where nothing is.
    pub(super) fn kept(mut self, disk: Arc<Disk>, contract: &str) -> Result<Self, String> {
        match disk.load(contract)? {
            Some(mut found) => {
                self.start = found.remove(Disk::START).unwrap_or_default();
                let mut all = self.lock();
                for (client, owned) in found {
                    let mut memory = Memory { collections: self.start.clone(), items: 0, bytes: 0 };
                    for (path, collection) in owned {
                        memory.items += collection.items.len() + 1;
                        memory.bytes += collection.items.values().map(|entry| entry.bytes).sum::<usize>();
                        memory.collections.insert(path, collection);
                    }
                    (all.items, all.bytes) = (all.items + memory.items, all.bytes + memory.bytes);
                    let (items, bytes) = (memory.items, memory.bytes);
                    let memory = Arc::new(Mutex::new(memory));
                    all.memories.insert(client, Known { memory, used: 0, items, bytes });
                }
                drop(all);
            }
            None => disk.begin(contract, &self.start)?,
        }
        self.disk = Some((disk, contract.to_owned()));
        Ok(self)
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The memory of a client, as at start where it is new.
    pub(super) fn get(&self, client: &str) -> Arc<Mutex<Memory>> {
        let mut all = self.lock();
        all.clock += 1;
        let now = all.clock;
        if let Some(known) = all.memories.get_mut(client) {
            known.used = now;
            return Arc::clone(&known.memory);
        }
        if all.memories.len() >= self.bounds.clients {
            self.forget_older_half(&mut all);
        }
        let memory = Arc::new(Mutex::new(Memory { collections: self.start.clone(), items: 0, bytes: 0 }));
        let known = Known { memory: Arc::clone(&memory), used: now, items: 0, bytes: 0 };
        all.memories.insert(client.to_owned(), known);
        memory
    }

    /// Half at a time, so that the search for the oldest does not cost with every request. The shared
    /// memory stays.
    fn forget_older_half(&self, all: &mut All) {
        let mut uses: Vec<u64> = all.memories.values().map(|known| known.used).collect();
        uses.sort_unstable();
        let limit = uses.get(uses.len() / 2).copied().unwrap_or(0);
        let old = all.memories.iter().filter(|(client, known)| known.used < limit && !client.is_empty());
        let old: Vec<String> = old.map(|(client, _)| client.clone()).collect();
        for client in old {
            if let Some(known) = all.memories.remove(&client) {
                all.items = all.items.saturating_sub(known.items);
                all.bytes = all.bytes.saturating_sub(known.bytes);
            }
            if let Some((disk, contract)) = &self.disk {
                // What is left behind is forgotten again when the file is read.
                let _ = disk.forget(contract, &client);
            }
        }
    }

    /// Makes the changes, in the file first: what was answered is never lost.
    pub(super) fn change(&self, client: &str, memory: &mut Memory, changes: Vec<Change>) -> Result<(), Unchanged> {
        let settled = memory.settle(changes);
        let (items, bytes) = memory.growth(&settled);
        {
            let all = self.lock();
            if items > 0 && all.items + items > self.bounds.items {
                return Err(Unchanged::Full(format!("the mock remembers at most {} items", self.bounds.items)));
            }
            if bytes > 0 && all.bytes + bytes > self.bounds.bytes {
                return Err(Unchanged::Full(format!("the mock remembers at most {} bytes", self.bounds.bytes)));
            }
        }
        if let Some((disk, contract)) = &self.disk {
            disk.commit(contract, client, memory, &self.start, &settled).map_err(Unchanged::Lost)?;
        }
        memory.apply(settled);
        let mut all = self.lock();
        let all = &mut *all;
        // One that was forgotten meanwhile counts no more.
        if let Some(known) = all.memories.get_mut(client) {
            all.items = (all.items + memory.items).saturating_sub(known.items);
            all.bytes = (all.bytes + memory.bytes).saturating_sub(known.bytes);
            (known.items, known.bytes) = (memory.items, memory.bytes);
        }
        Ok(())
    }

    /// Every client is as at start again.
    pub(super) fn reset(&self) -> Result<(), String> {
        let mut all = self.lock();
        if let Some((disk, contract)) = &self.disk {
            disk.begin(contract, &self.start)?;
        }
        // A request that is being answered keeps the memory that it has; nobody finds it again.
        let clock = all.clock;
        *all = All { clock, ..All::default() };
        Ok(())
    }

    /// How many clients, items and bytes are remembered.
    pub(super) fn size(&self) -> (usize, usize, usize) {
        let all = self.lock();
        (all.memories.len(), all.items, all.bytes)
    }

    pub(super) fn start(&self) -> &Collections {
        &self.start
    }
}
