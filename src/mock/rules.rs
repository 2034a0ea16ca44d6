//! The rules of a mock: what a vendor does beyond its document, as data.

use indexmap::IndexMap;
use serde_json::Value;

use super::effect::{Delay, Effect, Fault};
use super::read::Reader;
use crate::contract::Contract;
use crate::expression::{Expression, Template};
use crate::generate::Rng;
use crate::source::{Diagnostics, Limits, Node, Place, Source, read};

/// The JSON Schema of a rules file, for editors.
pub const RULES_SCHEMA: &str = include_str!("rules.schema.json");

/// The rules of one contract's mock, read and compiled.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The collections of the state as they are at start.
    pub(super) state: IndexMap<String, IndexMap<String, Value>>,
    /// Names that every rule sees.
    pub(super) lets: Vec<(String, Template)>,
    pub(super) list: Vec<Rule>,
}

/// One rule: when it answers, and what.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) place: Place,
    /// The operation's id; `None` is any.
    pub(super) operation: Option<String>,
    pub(super) lets: Vec<(String, Template)>,
    pub(super) collects: Vec<(String, Vec<Entry>)>,
    pub(super) when: Option<Expression>,
    pub(super) stores: Vec<Store>,
    /// `None` leaves the answer to later rules and the document.
    pub(super) respond: Option<Respond>,
    /// What it does to the answer's way.
    pub(super) effect: Way,
    /// How often of once it applies; `None` is always.
    pub(super) chance: Option<f64>,
    /// It applies to what comes beyond this.
    pub(super) rate: Option<Limit>,
    pub(super) undocumented: bool,
    pub(super) breaks_contract: bool,
    /// The collections of the state that its expressions read.
    pub(super) reads: Vec<String>,
}

/// What a rule does to an answer's way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    pub(super) delay: Option<Delay>,
    pub(super) fault: Option<Fault>,
}

impl Way {
    /// The same for one answer.
    pub(super) fn sample(self, rng: &mut Rng) -> Effect {
        Effect { delay: self.delay.map(|delay| delay.sample(rng)), fault: self.fault }
    }
}

/// So many requests in so much time.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub(super) count: u32,
    /// In milliseconds.
    pub(super) window: i64,
    /// Who is counted; `None` is everybody together.
    pub(super) by: Option<Template>,
}

/// For each item of a list.
#[derive(Clone, Debug)]
pub(super) struct Each {
    pub(super) list: Expression,
    pub(super) name: String,
}

/// An entry that is collected under a key where its condition holds.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) each: Option<Each>,
    pub(super) when: Option<Expression>,
    pub(super) key: Template,
    pub(super) value: Template,
}

/// A change of the state.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) each: Option<Each>,
    pub(super) when: Option<Expression>,
    pub(super) collection: String,
    pub(super) key: Template,
    /// `None` removes the key.
    pub(super) value: Option<Template>,
}

/// What a rule answers.
#[derive(Clone, Debug)]
pub(super) struct Respond {
    pub(super) status: Template,
    pub(super) headers: Vec<(String, Template)>,
    pub(super) body: Option<Template>,
}

impl Rules {
    /// Reads a rules file for `contract`, which its operations and statuses are held against.
    ///
    /// # Errors
    /// Every fault of the file with its place. On success the diagnostics are warnings.
    pub fn read(source: &Source, contract: &Contract) -> Result<(Self, Diagnostics), Diagnostics> {
        let (value, mut faults) = read(source, &Limits::default());
        let Some(value) = value else { return Err(faults) };
        let rules = Reader::new(contract, &mut faults).file(&Node::root(&value, source));
        match rules {
            Some(rules) if !faults.has_errors() => Ok((rules, faults)),
            _ => Err(faults),
        }
    }

    /// The rules' names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|rule| rule.name.as_str())
    }
}
