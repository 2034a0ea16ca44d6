//! A file that cases are added to, and the folder's defaults.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::book::Kept;
use super::known::{KnownExchange, exchanges};
use crate::case::write::Names;
use crate::contract::Contract;
use crate::source::{Limits, Source, Yaml, read};

/// What all files of the folder share.
pub(super) const DEFAULTS: &str = "_defaults.yaml";

/// The folder's defaults, which say that the variables' values are secret; `None` where they say so
/// already, or say something else that is not to be touched.
pub(super) fn defaults(kept: &[Kept], variables: &[String]) -> Option<String> {
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
pub(super) struct Page {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) names: Names,
    pub(super) known: Vec<KnownExchange>,
    /// What stands in for secrets in it.
    pub(super) secrets: Vec<String>,
}

impl Page {
    /// What the files of a contract are called: those of its operations, and of what leads to none.
    pub(super) fn stems(contract: &Contract) -> [String; 2] {
        [contract.name().to_owned(), format!("{}-no-operation", contract.name())]
    }

    /// The last file with this stem that can be added to, with all that files of it hold already.
    pub(super) fn find(stem: &str, contract: &Contract, kept: &[Kept]) -> Self {
        let mut page = Self { name: format!("{stem}.yaml"), ..Self::default() };
        for number in 1.. {
            let name = if number == 1 { format!("{stem}.yaml") } else { format!("{stem}-{number}.yaml") };
            let Some(found) = kept.iter().find(|kept| kept.name == name) else {
                page.name = name;
                page.text = String::new();
                return page;
            };
            page.known.extend(exchanges(contract, found));
            page.secrets.extend(stand_ins(&found.text));
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
pub(super) fn appended(old: &str, new: String) -> String {
    if old.is_empty() {
        return new;
    }
    let cases = new.split_once("\ncases:\n").map_or(new.as_str(), |(_, cases)| cases);
    format!("{}\n{cases}", old.trim_end_matches('\n'))
}

/// What stands in for secrets in a file: the defaults of environment variables.
fn stand_ins(text: &str) -> impl Iterator<Item = String> {
    static DEFAULT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"env\.[A-Z0-9_]+ \| default\('((?:[^'\\]|\\.)*)'\)").ok());
    let found = DEFAULT.iter().flat_map(move |pattern| pattern.captures_iter(text));
    let texts = found.filter_map(|found| Some(found.get(1)?.as_str().replace("\\'", "'").replace("\\\\", "\\")));
    texts.filter(|text| !text.is_empty()).collect::<HashSet<String>>().into_iter()
}
