//! Values that flow from a response into later requests: ids that the server gave out, tokens, entity tags.
//!
//! A value that a client sends by itself is none, even if a response has it too: it flows only where a response
//! had it before any request did. A value that is met by chance elsewhere (a small number, a word) flows only
//! between names that belong together: from `id` in the answer of `/items` to `/items/{id}` or `itemId`.

mod names;
mod places;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::case::write::{Reach, StandIn, is_id_name, json_path};
use crate::contract::Operation;
use crate::exchange::Exchange;
use crate::source::{Pointer, Yaml};
use crate::traffic::Credentials;
use names::{collection, plain, singular, snake};
use places::{Source, Use, Whence, produced, scalars, uses};

/// A text of so many characters with letters and digits in it is not met by chance.
const SPECIAL: usize = 6;
/// Captures must not hide what every step has.
const RESERVED: [&str; 6] = ["env", "request", "response", "previous", "contract", "target"];

/// An exchange as it is looked at.
#[derive(Clone, Copy, Debug)]
pub(in crate::record) struct Seen<'a> {
    pub(in crate::record) exchange: &'a Exchange,
    /// Path and query below the contract's base.
    pub(in crate::record) target: &'a str,
    pub(in crate::record) operation: Option<&'a Operation>,
    /// Whether its bodies are kept: of others it is not known what flows.
    pub(in crate::record) whole: bool,
}

/// A value that flows.
#[derive(Clone, Debug)]
pub(in crate::record) struct Flowing {
    /// The exchange whose response has it.
    pub(in crate::record) from: usize,
    pub(in crate::record) text: String,
    /// Where it is captured, and by which name, where that is free.
    whence: Whence,
    pub(in crate::record) name: String,
    base: String,
    number: bool,
    /// What its users call it.
    names: Vec<String>,
    special: bool,
    /// What the exchange that gave it is about.
    collection: Option<String>,
    /// Whether the server gave it to something new.
    given: bool,
    /// The exchanges whose requests have it, in order.
    pub(in crate::record) users: Vec<User>,
}

/// A request that uses a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct User {
    pub(in crate::record) at: usize,
    /// Whether the value says who the client is.
    pub(in crate::record) credential: bool,
}

/// All that flows between the exchanges of a recording.
#[derive(Clone, Debug, Default)]
pub(in crate::record) struct Flows(pub(in crate::record) Vec<Flowing>);

impl Flows {
    /// Of these exchanges, in their order.
    pub(in crate::record) fn of(all: &[Seen<'_>], credentials: &Credentials) -> Self {
        let mut flows: Vec<Flowing> = Vec::new();
        let mut sources: HashMap<String, Vec<Source>> = HashMap::new();
        let mut sent: HashSet<(String, String)> = HashSet::new();
        let mut known: HashMap<(usize, String), usize> = HashMap::new();
        for (at, seen) in all.iter().enumerate() {
            for one in uses(seen, credentials) {
                let found = sources.get(&one.text).and_then(|found| pick(found, &one, all));
                let Some(source) = found.filter(|_| !sent.contains(&own(&one))) else {
                    sent.insert(own(&one));
                    continue;
                };
                let value = *known.entry((source.from, one.text.clone())).or_insert_with(|| {
                    flows.push(flowing(source, &one, all));
                    flows.len() - 1
                });
                flows[value].used(&one, at);
            }
            produced(at, seen, &mut sources);
        }
        let mut flows = Self(flows);
        flows.echoes(all);
        flows
    }

    /// A response that shows what an earlier one gave out belongs to it as well: the list in which the new item is.
    fn echoes(&mut self, all: &[Seen<'_>]) {
        let mut by_text: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, value) in self.0.iter().enumerate() {
            by_text.entry(&value.text).or_default().push(index);
        }
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (at, seen) in all.iter().enumerate().filter(|(_, seen)| seen.whole) {
            let Ok(body) = serde_json::from_slice::<Value>(&seen.exchange.response.body) else { continue };
            scalars("", &body, &Pointer::root(), &mut |name, _, text, _| {
                for index in by_text.get(text.as_str()).into_iter().flatten() {
                    let value = &self.0[*index];
                    let same = value.special || (value.names.iter().any(|known| known == name) && value.is_about(seen));
                    if value.from < at && same && is_id_name(name) && value.given {
                        found.push((*index, at));
                    }
                }
            });
        }
        for (index, at) in found {
            let users = &mut self.0[index].users;
            if !users.iter().any(|user| user.at == at) {
                users.push(User { at, credential: false });
            }
        }
    }

    /// What stands in for the values that exchanges of `members` (in order) before `at` gave; by this expression,
    /// or by their names.
    pub(in crate::record) fn stand_ins(&self, members: &[usize], at: usize, expression: Option<&str>) -> Vec<StandIn> {
        let values = self.0.iter().filter(|value| value.from < at && value.is_within(members));
        values.map(|value| value.stand_in(expression)).collect()
    }

    /// What is captured from the response of `at` for others of `members`.
    pub(in crate::record) fn captured(&self, members: &[usize], at: usize) -> Vec<&Flowing> {
        self.0.iter().filter(|value| value.from == at && value.is_within(members)).collect()
    }

    /// The exchanges that belong together, each group in order: those that a value flows between, but for what only
    /// says who the client is.
    pub(in crate::record) fn groups(&self, count: usize) -> Vec<Vec<usize>> {
        let mut leader: Vec<usize> = (0..count).collect();
        for value in &self.0 {
            for user in value.users.iter().filter(|user| !user.credential) {
                let (a, b) = (leader_of(&mut leader, value.from), leader_of(&mut leader, user.at));
                leader[a.max(b)] = a.min(b);
            }
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in 0..count {
            groups.entry(leader_of(&mut leader, at)).or_default().push(at);
        }
        groups.into_values().collect()
    }

    /// By exchange, those that it takes values from.
    pub(in crate::record) fn producers(&self, count: usize) -> Vec<Vec<usize>> {
        let mut out = vec![Vec::new(); count];
        for value in &self.0 {
            value.users.iter().for_each(|user| out[user.at].push(value.from));
        }
        out
    }

    /// Gives the values that are captured by these exchanges names that differ.
    pub(in crate::record) fn name_apart(&mut self, members: &[usize]) {
        let mut taken: HashSet<String> = RESERVED.iter().map(|name| (*name).to_owned()).collect();
        for value in self.0.iter_mut().filter(|value| value.is_within(members)) {
            let base = value.base.clone();
            let mut name = base.clone();
            let mut number = 1;
            while !taken.insert(name.clone()) {
                number += 1;
                name = format!("{base}_{number}");
            }
            value.name = name;
        }
    }
}

impl Flowing {
    fn stand_in(&self, expression: Option<&str>) -> StandIn {
        let reach = match (self.special, self.number || self.text.len() < 8) {
            (false, _) => Reach::Named(self.names.clone()),
            (true, true) => Reach::Whole,
            (true, false) => Reach::Parts,
        };
        StandIn {
            text: self.text.clone(),
            expression: expression.unwrap_or(&self.name).to_owned(),
            number: self.number,
            reach,
        }
    }

    /// Where in the body it stands.
    pub(in crate::record) fn in_body(&self) -> Option<&Pointer> {
        match &self.whence {
            Whence::Body(at, _) => Some(at),
            _ => None,
        }
    }

    /// As under `capture` of a case.
    pub(in crate::record) fn capture(&self, body: &Value) -> Yaml {
        let expression = |text: &str| Yaml::mapping([("expression", Yaml::from(text))]);
        match &self.whence {
            Whence::Body(at, _) => Yaml::from(json_path(body, at, false).as_str()),
            Whence::Header(name) => Yaml::mapping([("header", Yaml::from(name.as_str()))]),
            Whence::Location { query: false } => expression("response.headers['location'] | split('/') | last"),
            Whence::Location { query: true } => {
                expression("response.headers['location'] | split('?') | first | split('/') | last")
            }
            Whence::Cookie(name) => {
                expression(&format!("(response.headers['set-cookie'] | split('{name}='))[1] | split(';') | first"))
            }
        }
    }

    /// Whether an exchange is about the same things as the one that gave it.
    fn is_about(&self, seen: &Seen<'_>) -> bool {
        self.collection.is_some() && collection(seen) == self.collection
    }

    /// Whether it flows between exchanges of these.
    fn is_within(&self, members: &[usize]) -> bool {
        let has = |at: usize| members.binary_search(&at).is_ok();
        has(self.from) && self.users.iter().any(|user| has(user.at))
    }

    fn used(&mut self, one: &Use, at: usize) {
        let user = User { at, credential: one.credential };
        if self.users.last() != Some(&user) {
            self.users.push(user);
        }
        for name in [Some(&one.name), one.collection.as_ref()].into_iter().flatten() {
            if !self.names.contains(name) {
                self.names.push(name.clone());
            }
        }
    }
}

/// The first of those that an exchange belongs to.
fn leader_of(leader: &mut [usize], mut at: usize) -> usize {
    while leader[at] != at {
        leader[at] = leader[leader[at]];
        at = leader[at];
    }
    at
}

/// Who uses what: the whole recording has sent it by itself.
fn own(one: &Use) -> (String, String) {
    let name = if is_special(&one.text) { String::new() } else { plain(one.collection.as_ref().unwrap_or(&one.name)) };
    (name, one.text.clone())
}

/// The first response that had it in a place that belongs to its use.
fn pick<'s>(sources: &'s [Source], one: &Use, all: &[Seen<'_>]) -> Option<&'s Source> {
    let special = (is_special(&one.text) && one.is_reference()) || (one.credential && one.text.len() >= SPECIAL);
    let fits = |source: &&Source| special || belongs(source, one, &all[source.from]);
    let first = sources.iter().find(fits)?.from;
    let same = sources.iter().filter(|source| source.from == first).filter(fits);
    same.min_by_key(|source| match &source.whence {
        Whence::Body(at, name) => (u8::from(!is_id_name(name)), at.tokens().count()),
        _ => (2, 0),
    })
}

/// Whether the names of a value that may be met by chance belong together.
fn belongs(source: &Source, one: &Use, seen: &Seen<'_>) -> bool {
    let Some(collection) = collection(seen) else { return false };
    let name = match &source.whence {
        Whence::Body(at, name) if at.tokens().count() <= 3 => name.as_str(),
        Whence::Location { .. } => "id",
        _ => return false,
    };
    if !is_id_name(name) {
        return false;
    }
    let bare = matches!(plain(name).as_str(), "id" | "uuid" | "uid" | "key" | "guid");
    let item = format!("{}id", plain(&singular(&collection)));
    let called = if bare { item } else { plain(name) };
    plain(&one.name) == called || (bare && one.collection.as_ref().is_some_and(|used| *used == collection))
}

/// Whether a text is not met by chance: long, with digits in it.
fn is_special(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let number = digits == text.len();
    text.len() >= SPECIAL && digits > 0 && (number || text.chars().any(char::is_alphabetic)) && !text.contains(' ')
}

fn flowing(source: &Source, one: &Use, all: &[Seen<'_>]) -> Flowing {
    let seen = &all[source.from];
    let item = collection(seen).map(|name| singular(&name)).filter(|name| !name.is_empty());
    let (name, mut names) = match &source.whence {
        Whence::Body(_, name) if is_id_name(name) && plain(name).len() <= 4 => {
            (item.map_or_else(|| name.clone(), |item| format!("{item}_{name}")), vec![name.clone()])
        }
        Whence::Body(_, name) if !name.is_empty() => (name.clone(), vec![name.clone()]),
        Whence::Body(..) => ("value".to_owned(), Vec::new()),
        Whence::Location { .. } => {
            (item.map_or_else(|| "id".to_owned(), |item| format!("{item}_id")), vec!["id".to_owned()])
        }
        Whence::Header(name) | Whence::Cookie(name) => (name.clone(), vec![name.clone()]),
    };
    names.dedup();
    Flowing {
        from: source.from,
        text: one.text.clone(),
        whence: source.whence.clone(),
        base: snake(&name),
        name: snake(&name),
        number: source.number,
        names,
        special: is_special(&one.text) || one.credential,
        collection: collection(seen),
        given: seen.exchange.request.method == "POST" && !one.credential,
        users: Vec::new(),
    }
}
