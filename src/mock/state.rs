//! What a mock remembers: named collections, a copy for each session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use serde_json::Value;

use super::rules::{Limit, Rules};
use crate::expression::Var;

/// The most entries of one collection; the older half goes when there are more.
const MOST_ENTRIES: usize = 20_000;
/// The most different requests whose repetitions are counted.
const MOST_SEEN: usize = 20_000;
/// The most sessions; the one that was not used for longest goes first.
const MOST_SESSIONS: usize = 10_000;

/// The memory of one session. Cheap to clone: a collection is copied when it is first written to.
#[derive(Clone, Default)]
pub struct State {
    collections: IndexMap<String, Arc<Collection>>,
    /// How often each request (by its digest) came.
    seen: HashMap<u64, u64>,
    /// For each rule with a rate and client: when its time began, and how many came since.
    windows: HashMap<(usize, String), (i64, u32)>,
}

#[derive(Clone, Default)]
struct Collection {
    entries: IndexMap<String, Value>,
    /// The same for expressions, made when first read.
    var: Option<Var>,
}

impl State {
    /// The state that a mock starts with.
    pub fn of(rules: &Rules) -> Self {
        let collection = |entries: &IndexMap<String, Value>| {
            Arc::new(Collection { entries: entries.clone(), var: Some(var_of(entries)) })
        };
        let collections = rules.state.iter().map(|(name, entries)| (name.clone(), collection(entries))).collect();
        Self { collections, seen: HashMap::new(), windows: HashMap::new() }
    }

    /// Counts a request; where there are more than the limit allows, in how many seconds its time is over.
    pub(super) fn over(&mut self, who: (usize, String), limit: &Limit, now: i64) -> Option<u64> {
        if self.windows.len() >= MOST_SEEN && !self.windows.contains_key(&who) {
            self.windows.retain(|_, (start, _)| now - *start < limit.window);
            if self.windows.len() >= MOST_SEEN {
                self.windows.clear();
            }
        }
        let (start, count) = self.windows.entry(who).or_insert((now, 0));
        if now - *start >= limit.window {
            (*start, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        let left = u64::try_from(*start + limit.window - now).unwrap_or(0);
        (*count > limit.count).then(|| left.div_ceil(1_000).max(1))
    }

    /// The entry at `key` of a collection.
    pub fn get(&self, collection: &str, key: &str) -> Option<&Value> {
        self.collections.get(collection)?.entries.get(key)
    }

    /// How many entries a collection has.
    pub fn count(&self, collection: &str) -> usize {
        self.collections.get(collection).map_or(0, |collection| collection.entries.len())
    }

    /// All collections, for people.
    pub(super) fn to_json(&self) -> Value {
        let entries = |collection: &Collection| {
            let entries = collection.entries.iter().map(|(key, value)| (key.clone(), value.clone()));
            Value::Object(entries.collect())
        };
        let all = self.collections.iter().map(|(name, collection)| (name.clone(), entries(collection)));
        Value::Object(all.collect())
    }

    /// Puts an entry in, in the place of one that has the key.
    pub(super) fn insert(&mut self, collection: &str, key: String, value: Value) {
        let collection = self.changed(collection);
        if collection.entries.len() >= MOST_ENTRIES && !collection.entries.contains_key(&key) {
            collection.entries.drain(..MOST_ENTRIES / 2);
        }
        collection.entries.insert(key, value);
    }

    /// Takes an entry out.
    pub(super) fn remove(&mut self, collection: &str, key: &str) {
        self.changed(collection).entries.shift_remove(key);
    }

    fn changed(&mut self, name: &str) -> &mut Collection {
        let collection = Arc::make_mut(self.collections.entry(name.to_owned()).or_default());
        collection.var = None;
        collection
    }

    /// These collections as expressions see them.
    pub(super) fn var(&mut self, names: &[String]) -> Var {
        let mut fields = Vec::with_capacity(names.len());
        for name in names {
            let Some(collection) = self.collections.get_mut(name) else { continue };
            let var = match &collection.var {
                Some(var) => var.clone(),
                None => {
                    let collection = Arc::make_mut(collection);
                    collection.var.insert(var_of(&collection.entries)).clone()
                }
            };
            fields.push((name.as_str(), var));
        }
        Var::record(fields)
    }

    /// How often a request of this digest came before.
    pub(super) fn count_request(&mut self, digest: u64) -> u64 {
        if self.seen.len() >= MOST_SEEN {
            self.seen.clear();
        }
        let count = self.seen.entry(digest).or_default();
        *count += 1;
        *count - 1
    }
}

fn var_of(entries: &IndexMap<String, Value>) -> Var {
    Var::record(entries.iter().map(|(key, value)| (key.as_str(), Var::from(value))))
}

/// The states of all sessions.
pub(super) struct Sessions {
    start: State,
    shared: Arc<Mutex<State>>,
    named: Mutex<Named>,
}

#[derive(Default)]
struct Named {
    states: HashMap<String, (u64, Arc<Mutex<State>>)>,
    /// Counts uses, so that the longest unused is known.
    clock: u64,
}

impl Sessions {
    pub(super) fn new(start: State) -> Self {
        Self { shared: Arc::new(Mutex::new(start.clone())), named: Mutex::default(), start }
    }

    /// The state of the session `id`, as at start where it is new; the shared one without an id.
    pub(super) fn get(&self, id: Option<&str>) -> Arc<Mutex<State>> {
        let Some(id) = id else { return Arc::clone(&self.shared) };
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.clock += 1;
        let now = named.clock;
        if let Some((used, state)) = named.states.get_mut(id) {
            *used = now;
            return Arc::clone(state);
        }
        if named.states.len() >= MOST_SESSIONS {
            named.forget_older_half();
        }
        let state = Arc::new(Mutex::new(self.start.clone()));
        named.states.insert(id.to_owned(), (now, Arc::clone(&state)));
        state
    }

    /// Every session is as at start again.
    pub(super) fn reset(&self) {
        *self.named.lock().unwrap_or_else(PoisonError::into_inner) = Named::default();
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = self.start.clone();
    }
}

impl Named {
    /// Half at a time, so that the search for the oldest does not cost with every request.
    fn forget_older_half(&mut self) {
        let mut uses: Vec<u64> = self.states.values().map(|(used, _)| *used).collect();
        uses.sort_unstable();
        let limit = uses.get(uses.len() / 2).copied().unwrap_or(0);
        self.states.retain(|_, (used, _)| *used >= limit);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn start() -> State {
        let mut rules = Rules::default();
        rules.state.insert("groups".into(), IndexMap::from_iter([("a".to_owned(), json!({"n": 1}))]));
        State::of(&rules)
    }

    #[test]
    fn sessions_do_not_see_one_another() {
        let sessions = Sessions::new(start());
        sessions.get(Some("one")).lock().expect("unpoisoned").insert("groups", "b".into(), json!(2));
        assert_eq!(sessions.get(Some("one")).lock().expect("unpoisoned").count("groups"), 2);
        assert_eq!(sessions.get(Some("two")).lock().expect("unpoisoned").count("groups"), 1);
        assert_eq!(sessions.get(None).lock().expect("unpoisoned").count("groups"), 1);
        sessions.reset();
        assert_eq!(sessions.get(Some("one")).lock().expect("unpoisoned").count("groups"), 1);
    }

    #[test]
    fn sessions_and_collections_are_bounded() {
        let sessions = Sessions::new(start());
        for id in 0..MOST_SESSIONS + 10 {
            sessions.get(Some(&id.to_string()));
        }
        assert!(sessions.named.lock().expect("unpoisoned").states.len() <= MOST_SESSIONS);
        let mut state = start();
        for key in 0..MOST_ENTRIES + 10 {
            state.insert("groups", key.to_string(), json!(key));
        }
        assert!(state.count("groups") <= MOST_ENTRIES);
        assert_eq!(state.get("groups", &(MOST_ENTRIES + 9).to_string()), Some(&json!(MOST_ENTRIES + 9)));
    }

    #[test]
    fn what_was_written_is_read() {
        let mut state = start();
        let names = ["groups".to_owned()];
        assert_eq!(state.var(&names).to_json(), Some(json!({"groups": {"a": {"n": 1}}})));
        state.insert("groups", "a".into(), json!(3));
        state.remove("groups", "b");
        assert_eq!(state.var(&names).to_json(), Some(json!({"groups": {"a": 3}})));
        state.remove("groups", "a");
        assert_eq!(state.var(&names).to_json(), Some(json!({"groups": {}})));
        assert_eq!((state.count_request(5), state.count_request(5), state.count_request(6)), (0, 1, 0));
    }
}
