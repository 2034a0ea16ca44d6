//! Exchanges as cases: those that a value flows between become the steps of one.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::book::{Outcome, Taken};
use super::contracts::Contracts;
use super::flow::{Flows, Seen};
use super::key::new_ones;
use super::page::Page;
use super::redact::Placeholder;
use super::sight::{Looker, Sight, keys, of_known};
use crate::case::write::{Names, Reach, Recording, StandIn, Written, expected, step, title};
use crate::contract::{Contract, SecurityKind};
use crate::source::Yaml;
use crate::traffic::Credentials;
use crate::verdict::Verdict;

/// The exchanges of one contract, on their way to cases.
pub(super) struct Plot<'a> {
    contracts: &'a Contracts,
    contract: &'a Contract,
    taken: &'a [Taken],
    all: Vec<Seen<'a>>,
    flows: Flows,
    credentials: Credentials,
    groups: Vec<Vec<usize>>,
}

/// What a contract's security schemes call the credentials.
pub(super) fn credentials(contract: &Contract) -> Credentials {
    let schemes = contract.security_schemes().iter().filter_map(|scheme| match &scheme.kind {
        SecurityKind::ApiKey { name, .. } => Some(name.clone()),
        _ => None,
    });
    Credentials::new(schemes, Vec::new())
}

impl<'a> Plot<'a> {
    pub(super) fn new(contracts: &'a Contracts, contract: &'a Contract, taken: &'a [Taken]) -> Self {
        let seen = |taken: &'a Taken| {
            let belongs = contracts.find(&taken.exchange.request.method, &taken.sent);
            Seen {
                exchange: &taken.exchange,
                target: belongs.map_or(taken.sent.as_str(), |belongs| belongs.target),
                operation: belongs.and_then(|belongs| belongs.operation),
                whole: taken.is_whole(),
            }
        };
        let all: Vec<Seen<'a>> = taken.iter().map(seen).collect();
        let credentials = credentials(contract);
        let flows = Flows::of(&all, &credentials);
        let groups = flows.groups(all.len());
        Self { contracts, contract, taken, all, flows, credentials, groups }
    }

    fn looker(&self) -> Looker<'_> {
        Looker { contract: self.contract, all: &self.all, flows: &self.flows, credentials: &self.credentials }
    }

    /// The exchanges as they are compared with others.
    pub(super) fn sights(&self) -> Vec<Sight> {
        let mut out: Vec<Option<Sight>> = vec![None; self.all.len()];
        for members in &self.groups {
            for at in members {
                let secrets = secrets(&self.taken[*at]);
                out[*at] = Some(self.looker().sight(*at, members, &secrets, None));
            }
        }
        out.into_iter().flatten().collect()
    }

    /// Which exchanges no page has.
    pub(super) fn new_ones(&self, pages: &[Page]) -> Vec<bool> {
        let of_page = |page: &Page| of_known(self.contract, &page.known, &page.secrets, &self.credentials);
        let known: Vec<Sight> = pages.iter().flat_map(of_page).collect();
        let (known, new) = keys(&known, &self.sights());
        new_ones(&known, &new)
    }

    /// The exchanges of each case that is to be written, in order: the new ones of a group and those that they need
    /// values from.
    pub(super) fn cases(&self, new: &[bool]) -> Vec<Vec<usize>> {
        let producers = self.flows.producers(self.all.len());
        let lends = self.lenders();
        let (mut out, mut within) = (Vec::new(), HashSet::new());
        // Those that only open a session come last: most are a step of another case already.
        let (lenders, others): (Vec<_>, Vec<_>) =
            self.groups.iter().partition(|group| group.len() == 1 && lends.contains(&group[0]));
        for group in others.into_iter().chain(lenders) {
            let needed: Vec<usize> = group.iter().copied().filter(|at| new[*at] && !within.contains(at)).collect();
            let Some(first) = needed.first().copied() else { continue };
            let members = with_producers(&needed, &producers);
            within.extend(members.iter().copied());
            out.push((first, members));
        }
        out.sort();
        out.into_iter().map(|(_, members)| members).collect()
    }

    /// The exchanges whose responses hold credentials of others.
    fn lenders(&self) -> HashSet<usize> {
        let lends = self.flows.0.iter().filter(|value| value.users.iter().any(|user| user.credential));
        lends.map(|value| value.from).collect()
    }

    pub(super) fn has_operation(&self, members: &[usize]) -> bool {
        members.iter().any(|at| self.all[*at].operation.is_some())
    }

    /// A case of these exchanges.
    pub(super) fn case(&mut self, members: &[usize], names: &mut Names, outcome: &mut Outcome) -> Written {
        self.flows.name_apart(members);
        let (mut steps, mut comments, mut titles) = (Vec::new(), Vec::new(), Vec::new());
        let mut own_names = Names::default();
        for at in members {
            let (title, step) = self.step(*at, members, outcome);
            let notes = self.notes(*at, outcome);
            comments.extend(notes.into_iter().map(|note| match members {
                [_] => note,
                _ => format!("{title}: {note}"),
            }));
            steps.push((Some(own_names.unique(&title)), step));
            titles.push(title);
        }
        let name = names.unique(&case_name(&titles));
        if let [(name, _)] = steps.as_mut_slice() {
            *name = None;
        }
        let comment = (!comments.is_empty()).then(|| comments.join("\n"));
        Written { name, comment, steps }
    }

    fn step(&self, at: usize, members: &[usize], outcome: &mut Outcome) -> (String, Yaml) {
        let (taken, seen) = (&self.taken[at], &self.all[at]);
        let before = self.flows.stand_ins(members, at, None);
        let captured = self.flows.captured(members, at);
        let placeholders = taken.entry.placeholders.iter();
        // What is captured here comes from the server, not from the environment.
        let placeholders =
            placeholders.filter(|placeholder| captured.iter().all(|value| value.text != placeholder.text));
        let environment: Vec<StandIn> = placeholders.map(stand_in).collect();
        let varying = self.looker().recognised(at, members, &secrets(taken), &before);
        let stand_ins = [before, environment].concat();
        let expect = expected(self.contract, seen.operation, seen.exchange, &varying, &stand_ins);
        let body = serde_json::from_slice(&seen.exchange.response.body).unwrap_or(Value::Null);
        let capture = captured.iter().map(|value| (value.name.clone(), value.capture(&body)));
        let recording = Recording {
            exchange: seen.exchange,
            target: seen.target,
            operation: seen.operation,
            stand_ins: &stand_ins,
            expect: Some(expect),
            capture: (!captured.is_empty()).then(|| Yaml::mapping(capture)),
        };
        let mut step = step(self.contract, &recording);
        if !taken.is_whole() {
            step.insert("skip", Yaml::from("a body of it was not kept"));
        }
        let text = step.to_string();
        let variables = taken.entry.placeholders.iter().map(|placeholder| &placeholder.name);
        outcome.variables.extend(variables.filter(|name| text.contains(&format!("env.{name} "))).cloned());
        (title(&recording), step)
    }

    /// What people should know of an exchange.
    fn notes(&self, at: usize, outcome: &mut Outcome) -> Vec<String> {
        let taken = &self.taken[at];
        let mut notes = taken.entry.notes.clone();
        if let Verdict::Broken { findings } = self.contracts.judge(&taken.exchange, &taken.sent) {
            outcome.broken += 1;
            notes.extend(findings.iter().take(3).map(|found| format!("broken: {}: {}", found.check, found.message)));
        }
        notes
    }
}

/// `needed` and all that they need values from, in order.
fn with_producers(needed: &[usize], producers: &[Vec<usize>]) -> Vec<usize> {
    let mut all: BTreeSet<usize> = needed.iter().copied().collect();
    let mut left = needed.to_vec();
    while let Some(at) = left.pop() {
        left.extend(producers[at].iter().copied().filter(|from| all.insert(*from)));
    }
    all.into_iter().collect()
}

/// The steps in a line; of many the first and how many more.
fn case_name(titles: &[String]) -> String {
    let short = |title: &String| title.rsplit_once(": ").map_or(title.as_str(), |(what, _)| what).to_owned();
    match titles {
        [one] => one.clone(),
        [first, .., last] if titles.len() > 4 => {
            format!("{} to {}, {} steps", short(first), short(last), titles.len())
        }
        all => all.iter().map(short).collect::<Vec<_>>().join(", "),
    }
}

/// The texts that stand in for secrets in an exchange.
fn secrets(taken: &Taken) -> Vec<String> {
    taken.entry.placeholders.iter().map(|placeholder| placeholder.text.clone()).collect()
}

/// The value from the environment, else what stands in.
fn stand_in(placeholder: &Placeholder) -> StandIn {
    let text = placeholder.text.replace('\\', "\\\\").replace('\'', "\\'");
    StandIn {
        text: placeholder.text.clone(),
        expression: format!("env.{} | default('{text}')", placeholder.name),
        number: false,
        reach: Reach::Parts,
    }
}
