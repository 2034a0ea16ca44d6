//! What a second recording of the same traffic teaches: values that differ in it are matched from then on.

mod difference;
mod edit;

use std::collections::HashMap;

use serde_json::Value;

use super::book::{Kept, Taken};
use super::contracts::Contracts;
use super::known::KnownExchange;
use super::page::Page;
use super::plot::{Plot, credentials};
use super::sight::{Sight, of_known};
use crate::contract::Contract;
use crate::exchange::Response;
use crate::source::Pointer;
use difference::Differences;
use edit::Edit;

pub use edit::Lesson;

/// Why a value is matched that a second recording had another one for.
const WHY: &str = "differed between two recordings";

/// Which recorded exchange is which of those that a file holds.
#[derive(Clone, Copy, Debug)]
struct Pair {
    known: usize,
    new: usize,
}

/// What these exchanges teach about those that the files hold: the files with what they learn, and what that is.
pub(super) fn teach(
    contracts: &Contracts,
    contract: &Contract,
    taken: &[Taken],
    kept: &[Kept],
) -> (Vec<Kept>, Vec<Lesson>) {
    let pages = Page::stems(contract).map(|stem| Page::find(&stem, contract, kept));
    let of_page = |page: &Page| of_known(contract, &page.known, &page.secrets, &credentials(contract));
    let old: Vec<Sight> = pages.iter().flat_map(of_page).collect();
    let known: Vec<KnownExchange> = pages.into_iter().flat_map(|page| page.known).collect();
    let new = Plot::new(contracts, contract, taken).sights();
    let mut edits: Vec<Edit> = Vec::new();
    for pair in pairs(&old, &new) {
        let Some(varying) = &known[pair.known].varying else { continue };
        let (a, b) = (&known[pair.known].exchange.response, &taken[pair.new].exchange.response);
        let place = &known[pair.known].place;
        let at = match edits.iter().position(|edit| edit.file == place.file && edit.step == place.pointer) {
            Some(at) => at,
            None => {
                edits.push(Edit::new(place, known[pair.known].case.clone()));
                edits.len() - 1
            }
        };
        match (&old[pair.known].plain, &new[pair.new].plain) {
            (Some(was), Some(is)) => {
                let raw = [json(a), json(b)];
                let found = Differences::between([was, is], [&raw[0], &raw[1]], |bodies| varying.places(bodies));
                edits[at].matchers(found.lines(WHY));
            }
            _ if a.body != b.body && varying.places(&[&Value::from("")]).is_empty() => edits[at].whole(WHY),
            _ => {}
        }
        edits[at].headers(a, b);
    }
    edit::apply(kept, edits)
}

fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or(Value::Null)
}

/// The same request, the one that was the third then and now. One that was asked more often than it is kept is
/// the kept one of its status that is nearest.
fn pairs(old: &[Sight], new: &[Sight]) -> Vec<Pair> {
    let mut by_ask: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, sight) in old.iter().enumerate() {
        by_ask.entry(&sight.ask).or_default().push(at);
    }
    let mut asked: HashMap<&str, usize> = HashMap::new();
    let mut out = Vec::new();
    for (at, sight) in new.iter().enumerate() {
        let Some(known) = by_ask.get(sight.ask.as_str()) else { continue };
        let turn = asked.entry(&sight.ask).or_default();
        let same = known.iter().enumerate().filter(|(_, known)| old[**known].status == sight.status);
        if let Some((_, known)) = same.min_by_key(|(place, _)| place.abs_diff(*turn)) {
            out.push(Pair { known: *known, new: at });
        }
        *turn += 1;
    }
    out
}

/// The place of a step's expectation.
fn expectation(step: &Pointer) -> Pointer {
    step.join("expect")
}
