//! Entries to case files.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Entry;
use super::contracts::Contracts;
use super::known::KnownExchange;
use super::learn::{Lesson, teach};
use super::page::{DEFAULTS, Page, appended, defaults};
use super::plot::Plot;
use crate::case::write::{Written, file};
use crate::contract::{Contract, Location, Operation};
use crate::exchange::{Exchange, Headers};

/// What stands at the top of a file of recorded cases.
const HEAD: &str = "Recorded traffic, secrets replaced. The cases are ordinary ones: edit, move, rename them.";
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
    /// What was learnt from another recording.
    pub lessons: Vec<Lesson>,
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
pub(super) struct Taken {
    pub(super) entry: Entry,
    pub(super) exchange: Exchange,
    /// Path and query as sent, below the upstream's own path.
    pub(super) sent: String,
}

impl From<KnownExchange> for Taken {
    fn from(known: KnownExchange) -> Self {
        let exchange = known.exchange;
        Self { entry: Entry::new(0, String::new(), &exchange), sent: exchange.request.url.clone(), exchange }
    }
}

impl Taken {
    /// Whether all of it was kept.
    pub(super) fn is_whole(&self) -> bool {
        !self.entry.notes.iter().any(|note| note.contains("not kept"))
    }
}

impl<'c> Book<'c> {
    /// For exchanges of these contracts, which files name so; the paths of all requests begin with `base_path`.
    pub fn new(contracts: &'c Contracts, named: Vec<String>, base_path: &str) -> Self {
        Self { contracts, named, base_path: base_path.trim_end_matches('/').to_owned() }
    }

    /// The files that hold these entries besides what is kept already.
    pub fn write(&self, entries: Vec<Entry>, kept: &[Kept]) -> Outcome {
        self.of_volumes(&self.volumes(entries), kept)
    }

    /// The same; what these entries answered otherwise than what is kept is matched from now on.
    pub fn learn(&self, entries: Vec<Entry>, kept: &[Kept]) -> Outcome {
        let volumes = self.volumes(entries);
        let (taught, lessons) = self.taught(&volumes, kept);
        let mut outcome = self.of_volumes(&volumes, &taught);
        // A file that cases are added to holds what it learnt already.
        let changed = taught.into_iter().zip(kept).filter(|(new, old)| new.text != old.text);
        for (file, _) in changed {
            if !outcome.files.iter().any(|(name, _)| *name == file.name) {
                outcome.files.push((file.name, file.text));
            }
        }
        outcome.lessons = lessons;
        outcome
    }

    /// What the cases of other files, recorded elsewhere, teach about those that are kept.
    pub fn compare(&self, others: &[Kept], kept: &[Kept]) -> Outcome {
        let mut volumes: BTreeMap<usize, Vec<Taken>> = BTreeMap::new();
        for (index, contract) in self.contracts.iter().enumerate() {
            let known = Page::stems(contract).into_iter().flat_map(|stem| Page::find(&stem, contract, others).known);
            volumes.insert(index, known.map(Taken::from).collect());
        }
        let (taught, lessons) = self.taught(&volumes, kept);
        let changed = taught.into_iter().zip(kept).filter(|(new, old)| new.text != old.text);
        let files = changed.map(|(file, _)| (file.name, file.text)).collect();
        Outcome { files, lessons, known: volumes.values().map(Vec::len).sum(), ..Outcome::default() }
    }

    fn taught(&self, volumes: &BTreeMap<usize, Vec<Taken>>, kept: &[Kept]) -> (Vec<Kept>, Vec<Lesson>) {
        let mut all = (kept.to_vec(), Vec::new());
        for (index, taken) in volumes {
            let Some(contract) = self.contracts.iter().nth(*index) else { continue };
            let (files, lessons) = teach(self.contracts, contract, taken, &all.0);
            all.0 = files;
            all.1.extend(lessons);
        }
        all
    }

    /// Entries by the contract that they belong to, in order.
    fn volumes(&self, mut entries: Vec<Entry>) -> BTreeMap<usize, Vec<Taken>> {
        let mut volumes: BTreeMap<usize, Vec<Taken>> = BTreeMap::new();
        entries.sort_by_key(|entry| entry.number);
        for entry in entries {
            let taken = self.taken(entry);
            let Some(belongs) = self.contracts.find(&taken.exchange.request.method, &taken.sent) else { continue };
            let same = |contract: &Arc<Contract>| Arc::ptr_eq(contract, belongs.contract);
            let index = self.contracts.iter().position(same).unwrap_or_default();
            volumes.entry(index).or_default().push(taken);
        }
        volumes
    }

    fn of_volumes(&self, volumes: &BTreeMap<usize, Vec<Taken>>, kept: &[Kept]) -> Outcome {
        let mut outcome = Outcome::default();
        for (index, taken) in volumes {
            self.volume(*index, taken, kept, &mut outcome);
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

    /// Everything that belongs to one contract.
    fn volume(&self, index: usize, taken: &[Taken], kept: &[Kept], outcome: &mut Outcome) {
        let Some(contract) = self.contracts.iter().nth(index) else { return };
        let named = self.named.get(index).cloned().unwrap_or_else(|| contract.name().to_owned());
        let mut pages = Page::stems(contract).map(|stem| Page::find(&stem, contract, kept));
        let mut plot = Plot::new(self.contracts, contract, taken);
        let new = plot.new_ones(&pages);
        outcome.known += new.iter().filter(|new| !**new).count();
        let mut cases: [Vec<Written>; 2] = Default::default();
        for members in plot.cases(&new) {
            let page = usize::from(!plot.has_operation(&members));
            cases[page].push(plot.case(&members, &mut pages[page].names, outcome));
        }
        for (page, cases) in pages.into_iter().zip(cases).filter(|(_, cases)| !cases.is_empty()) {
            outcome.written += cases.len();
            let text = file(if page.text.is_empty() { HEAD } else { "" }, &named, &cases);
            outcome.files.push((page.name, appended(&page.text, text)));
        }
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
