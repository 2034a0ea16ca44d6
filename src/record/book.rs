//! Entries to case files.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Entry;
use super::contracts::Contracts;
use super::key::{Key, new_ones};
use super::redact::Placeholder;
use crate::case::write::{Names, Recording, StandIn, Written, file, step};
use crate::contract::{Contract, Location, Operation};
use crate::exchange::{Exchange, Headers};
use crate::source::{Limits, Source, Yaml, read};
use crate::verdict::Verdict;

/// What stands at the top of a file of recorded cases.
const HEAD: &str = "Recorded traffic, secrets replaced. The cases are ordinary ones: edit, move, rename them.";
/// What all files of the folder share.
const DEFAULTS: &str = "_defaults.yaml";
/// Fields of requests that say who sends, not what is asked.
const OF_THE_CLIENT: [&str; 20] = [
    "accept-encoding",
    "accept-language",
    "cache-control",
    "dnt",
    "forwarded",
    "origin",
    "postman-token",
    "pragma",
    "priority",
    "purpose",
    "referer",
    "traceparent",
    "tracestate",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];
/// Fields of responses that are about the moment.
const OF_THE_MOMENT: [&str; 3] = ["age", "date", "via"];

/// Case files in the making.
pub struct Book<'c> {
    contracts: &'c Contracts,
    /// How files name each contract, in the contracts' order.
    named: Vec<String>,
    /// The path that all requests' paths begin with, which cases leave out.
    base_path: String,
}

/// A file that is there already.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its name in the folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What a book comes to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Files to be written, by name.
    pub files: Vec<(String, String)>,
    /// Cases that are new.
    pub written: usize,
    /// Exchanges that were there already.
    pub known: usize,
    /// Of the new ones, those that break their contract.
    pub broken: usize,
    /// The environment variables that the files read.
    pub variables: Vec<String>,
}

/// An exchange on its way into a file.
struct Taken {
    entry: Entry,
    exchange: Exchange,
    /// Path and query as sent, below the upstream's own path.
    sent: String,
}

impl<'c> Book<'c> {
    /// For exchanges of these contracts, which files name so; the paths of all requests begin with `base_path`.
    pub fn new(contracts: &'c Contracts, named: Vec<String>, base_path: &str) -> Self {
        Self { contracts, named, base_path: base_path.trim_end_matches('/').to_owned() }
    }

    /// The files that hold these entries besides what is kept already.
    pub fn write(&self, entries: Vec<Entry>, kept: &[Kept]) -> Outcome {
        let mut outcome = Outcome::default();
        let mut by_file: BTreeMap<(usize, bool), Vec<Taken>> = BTreeMap::new();
        let mut entries = entries;
        entries.sort_by_key(|entry| entry.number);
        for entry in entries {
            let taken = self.taken(entry);
            let Some(belongs) = self.contracts.find(&taken.exchange.request.method, &taken.sent) else { continue };
            let same = |contract: &Arc<Contract>| Arc::ptr_eq(contract, belongs.contract);
            let index = self.contracts.iter().position(same).unwrap_or_default();
            by_file.entry((index, belongs.operation.is_none())).or_default().push(taken);
        }
        for ((index, unknown), taken) in by_file {
            self.chapter(index, unknown, &taken, kept, &mut outcome);
        }
        outcome.variables.sort();
        outcome.variables.dedup();
        if let Some(text) = defaults(kept, &outcome.variables) {
            outcome.files.push((DEFAULTS.to_owned(), text));
        }
        outcome
    }

    fn taken(&self, entry: Entry) -> Taken {
        let exchange = entry.exchange();
        let url = &exchange.request.url;
        let start = url.find("://").map_or(0, |at| at + 3);
        let target = url[start..].find(['/', '?']).map_or("/", |at| &url[start + at..]);
        let below = target.strip_prefix(self.base_path.as_str());
        let sent = below.filter(|rest| rest.is_empty() || rest.starts_with(['/', '?'])).unwrap_or(target).to_owned();
        let mut taken = Taken { entry, exchange, sent };
        let operation =
            self.contracts.find(&taken.exchange.request.method, &taken.sent).and_then(|belongs| belongs.operation);
        let (request, response) = (&mut taken.exchange.request, &mut taken.exchange.response);
        leave_out(&mut request.headers, |name| is_of_the_client(name) && !declares(operation, name));
        leave_out(&mut response.headers, |name| OF_THE_MOMENT.contains(&name.to_ascii_lowercase().as_str()));
        taken
    }

    fn chapter(&self, index: usize, unknown: bool, taken: &[Taken], kept: &[Kept], outcome: &mut Outcome) {
        let Some(contract) = self.contracts.iter().nth(index) else { return };
        let named = self.named.get(index).cloned().unwrap_or_else(|| contract.name().to_owned());
        let stem = if unknown { format!("{}-no-operation", contract.name()) } else { contract.name().to_owned() };
        let page = Page::find(&stem, contract, kept);
        let keys: Vec<Key> = taken.iter().map(|taken| Key::of(&taken.exchange, &taken.sent)).collect();
        let new = new_ones(&page.keys, &keys);
        let mut names = page.names;
        let mut cases = Vec::new();
        for (taken, new) in taken.iter().zip(new) {
            if !new {
                outcome.known += 1;
                continue;
            }
            let case = self.case(contract, taken, &mut names, outcome);
            cases.push(case);
        }
        if cases.is_empty() {
            return;
        }
        outcome.written += cases.len();
        let text = file(if page.text.is_empty() { HEAD } else { "" }, &named, &cases);
        outcome.files.push((page.name, appended(&page.text, text)));
    }

    fn case(&self, contract: &Contract, taken: &Taken, names: &mut Names, outcome: &mut Outcome) -> Written {
        let Taken { entry, exchange, sent } = taken;
        let belongs = self.contracts.find(&exchange.request.method, sent);
        let operation = belongs.and_then(|belongs| belongs.operation);
        let stand_ins: Vec<StandIn> = entry.placeholders.iter().map(stand_in).collect();
        outcome.variables.extend(entry.placeholders.iter().map(|placeholder| placeholder.name.clone()));
        let recording = Recording {
            exchange,
            target: belongs.map_or(sent.as_str(), |belongs| belongs.target),
            operation,
            stand_ins: &stand_ins,
            expect: None,
            capture: None,
        };
        let mut comments = entry.notes.clone();
        if let Verdict::Broken { findings } = self.contracts.judge(exchange, sent) {
            outcome.broken += 1;
            comments.extend(findings.iter().take(3).map(|found| format!("broken: {}: {}", found.check, found.message)));
        }
        let comment = (!comments.is_empty()).then(|| comments.join("\n"));
        let mut step = step(contract, &recording);
        if entry.notes.iter().any(|note| note.contains("not kept")) {
            step.insert("skip", Yaml::from("a body of it was not kept"));
        }
        Written { name: names.name(&recording), comment, steps: vec![(None, step)] }
    }
}

/// Whether a field says who sends.
fn is_of_the_client(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("sec-") || OF_THE_CLIENT.contains(&name.as_str())
}

fn declares(operation: Option<&Operation>, name: &str) -> bool {
    operation
        .map(Operation::parameters)
        .unwrap_or_default()
        .iter()
        .any(|parameter| parameter.location == Location::Header && parameter.name.eq_ignore_ascii_case(name))
}

fn leave_out(headers: &mut Headers, out: impl Fn(&str) -> bool) {
    *headers = headers.raw().filter(|(name, _)| !out(name)).map(|(name, value)| (name, value.to_vec())).collect();
}

/// The value from the environment, else what stands in.
fn stand_in(placeholder: &Placeholder) -> StandIn {
    let text = placeholder.text.replace('\\', "\\\\").replace('\'', "\\'");
    StandIn {
        text: placeholder.text.clone(),
        expression: format!("env.{} | default('{text}')", placeholder.name),
        number: false,
        whole: false,
    }
}

/// The folder's defaults, which say that the variables' values are secret; `None` where they say so
/// already, or say something else that is not to be touched.
fn defaults(kept: &[Kept], variables: &[String]) -> Option<String> {
    let old = kept.iter().find(|kept| kept.name == DEFAULTS);
    let mut known: Vec<String> = Vec::new();
    if let Some(old) = old.filter(|old| !old.text.trim().is_empty()) {
        let (value, _) = read(&Source::new(DEFAULTS, old.text.as_str()), &Limits::default());
        let value = value?;
        let secrets = value.as_object().filter(|map| map.len() == 1)?.get("secrets")?.as_array()?;
        known.extend(secrets.iter().filter_map(|name| name.as_str()).map(str::to_owned));
    }
    let before = known.len();
    known.extend(variables.iter().cloned());
    known.sort();
    known.dedup();
    if known.len() == before {
        return None;
    }
    let names = Yaml::list(known.iter().map(|name| Yaml::from(name.as_str())));
    Some(Yaml::mapping([("secrets", names)]).noted("Environment variables that recorded cases read.").to_string())
}

/// A file that cases are added to.
#[derive(Default)]
struct Page {
    name: String,
    text: String,
    names: Names,
    keys: Vec<Key>,
}

impl Page {
    /// The last file with this stem that can be added to, with all that files of it hold already.
    fn find(stem: &str, contract: &Contract, kept: &[Kept]) -> Self {
        let mut page = Self { name: format!("{stem}.yaml"), ..Self::default() };
        for number in 1.. {
            let name = if number == 1 { format!("{stem}.yaml") } else { format!("{stem}-{number}.yaml") };
            let Some(found) = kept.iter().find(|kept| kept.name == name) else {
                page.name = name;
                page.text = String::new();
                return page;
            };
            page.keys.extend(super::known::keys(contract, found));
            if let Some(names) = names_of(found) {
                page.names = names;
                page.name = name;
                page.text.clone_from(&found.text);
                return page;
            }
        }
        page
    }
}

/// The names of a file's cases; `None` where nothing can be added to it as a text: its list of cases
/// must be the last key, and written as this program writes it.
fn names_of(kept: &Kept) -> Option<Names> {
    let (value, faults) = read(&Source::new(kept.name.as_str(), kept.text.as_str()), &Limits::default());
    let value = value.filter(|_| !faults.has_errors())?;
    let last = value.as_object()?.keys().next_back()?;
    let (_, list) = kept.text.split_once("\ncases:\n").or_else(|| kept.text.split_once("cases:\n"))?;
    let same_form = list.lines().next().is_some_and(|line| line.starts_with("  - ") || line.starts_with("  #"));
    if last != "cases" || !same_form {
        return None;
    }
    let mut names = Names::default();
    for name in value["cases"].as_array()?.iter().filter_map(|case| case["name"].as_str()) {
        names.unique(name);
    }
    Some(names)
}

/// The cases of a new file behind those of an old one.
fn appended(old: &str, new: String) -> String {
    if old.is_empty() {
        return new;
    }
    let cases = new.split_once("\ncases:\n").map_or(new.as_str(), |(_, cases)| cases);
    format!("{}\n{cases}", old.trim_end_matches('\n'))
}
