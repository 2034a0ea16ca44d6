//! Reading a rules file: every fault is collected, with its place.

use std::collections::BTreeSet;
use std::str::FromStr;

use indexmap::IndexMap;
use serde_json::Value;

use super::effect::EffectError;
use super::foreseen;
use super::rules::{Each, Entry, Limit, Respond, Rule, Rules, Store, Way};
use super::view::PARTS;
use crate::contract::Contract;
use crate::expression::{Expression, ExpressionError, Name, Template};
use crate::source::{Diagnostic, Diagnostics, Fields, Node, did_you_mean};

/// What every expression sees beside the names that the file gives.
const GIVEN: [&str; 4] = ["request", "findings", "state", "env"];

/// The most rules in one file.
const MOST_RULES: usize = 1_000;

pub(super) struct Reader<'a> {
    contract: &'a Contract,
    faults: &'a mut Diagnostics,
    /// The names that are known where it reads.
    known: Vec<String>,
    collections: Vec<String>,
    reads: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(contract: &'a Contract, faults: &'a mut Diagnostics) -> Self {
        let known = GIVEN.iter().map(|name| (*name).to_owned()).collect();
        Self { contract, faults, known, collections: Vec::new(), reads: BTreeSet::new() }
    }

    pub(super) fn file(&mut self, root: &Node<'_>) -> Option<Rules> {
        let mut fields = root.fields(self.faults)?;
        if let Some(named) = fields.require("contract", self.faults) {
            self.named(&named);
        }
        let state = fields.get("state").map(|state| self.state(&state)).unwrap_or_default();
        self.collections = state.keys().cloned().collect();
        let lets = self.lets(fields.get("let"));
        let shared = self.reads.clone();
        let nodes = fields.require("rules", self.faults).map(|rules| rules.items(self.faults)).unwrap_or_default();
        if nodes.len() > MOST_RULES {
            let message = format!("{} rules; at most {MOST_RULES} are read", nodes.len());
            self.faults.push(root.error("too-many-rules", message));
            return None;
        }
        let mut rules = Vec::with_capacity(nodes.len());
        for node in &nodes {
            self.reads.clone_from(&shared);
            let known = self.known.len();
            rules.extend(self.rule(node));
            self.known.truncate(known);
        }
        fields.finish(self.faults);
        Some(Rules { state, lets, list: rules })
    }

    fn named(&mut self, node: &Node<'_>) {
        let Some(name) = node.string(self.faults) else { return };
        let wanted = self.contract.name();
        if name != wanted {
            let message = format!("these are rules for `{name}`, the contract is `{wanted}`");
            self.faults.push(node.error("other-contract", message));
        }
    }

    fn state(&mut self, node: &Node<'_>) -> IndexMap<String, IndexMap<String, Value>> {
        let mut state = IndexMap::new();
        for (name, collection) in node.entries(self.faults) {
            let entries = collection.entries(self.faults);
            let entries = entries.into_iter().map(|(key, entry)| (key.to_owned(), entry.value.clone())).collect();
            state.insert(name.to_owned(), entries);
        }
        state
    }

    fn rule(&mut self, node: &Node<'_>) -> Option<Rule> {
        let mut fields = node.fields(self.faults)?;
        let name = fields.require("name", self.faults).and_then(|name| name.string(self.faults));
        let operation = fields.get("operation").and_then(|operation| self.operation(&operation));
        let lets = self.lets(fields.get("let"));
        let collects = self.collects(fields.get("collect"));
        let when = self.condition(fields.get("when"));
        let stores = fields.get("store").map(|stores| self.stores(&stores)).unwrap_or_default();
        let undocumented = fields.boolean("undocumented", self.faults).unwrap_or(false);
        let breaks_contract = fields.boolean("breaks-contract", self.faults).unwrap_or(false);
        let free = undocumented || breaks_contract;
        let has_way = ["delay", "fault", "rate"].iter().any(|key| fields.get(key).is_some());
        let effect = Way { delay: self.parsed(fields.get("delay")), fault: self.parsed(fields.get("fault")) };
        let chance = fields.get("chance").and_then(|chance| self.chance(&chance));
        let rate = fields.get("rate").and_then(|rate| self.rate(&rate));
        let written = if has_way { fields.get("respond") } else { fields.require("respond", self.faults) };
        let respond = written.map(|respond| self.respond(&respond, operation.as_deref(), free));
        fields.finish(self.faults);
        let rule = Rule {
            name: name?.to_owned(),
            place: node.source.place(&node.at),
            operation,
            lets,
            collects,
            when,
            stores,
            respond: match respond {
                Some(respond) => Some(respond?),
                None if has_way => None,
                None => return None,
            },
            effect,
            chance,
            rate,
            undocumented,
            breaks_contract,
            reads: self.reads.iter().cloned().collect(),
        };
        self.foresee(&rule, node);
        Some(rule)
    }

    /// An answer that is known already is held against the contract. The rule is served all the same, and
    /// told of again when it answers.
    fn foresee(&mut self, rule: &Rule, node: &Node<'_>) {
        // A status that is not documented has been told.
        let Some((operation, finding)) = foreseen::breach(self.contract, rule) else { return };
        if finding.check.as_str() == "response-status" {
            return;
        }
        let message = format!("the answer breaks the contract of `{}`: {}", operation.id(), finding.message);
        let help = "say `breaks-contract: true` beside `respond` if it is meant to";
        let pointer = node.at.join("respond");
        self.faults.push(Diagnostic::warning("broken-answer", message).at_key(node.source, &pointer, "").help(help));
    }

    /// A delay or a fault.
    fn parsed<T: FromStr<Err = EffectError>>(&mut self, node: Option<Node<'_>>) -> Option<T> {
        let node = node?;
        let text = match node.value {
            Value::Number(number) => number.to_string(),
            _ => node.string(self.faults)?.to_owned(),
        };
        text.parse().map_err(|error: EffectError| self.faults.push(node.error("bad-effect", error.to_string()))).ok()
    }

    /// How often of once: more than 0, at most 1.
    fn chance(&mut self, node: &Node<'_>) -> Option<f64> {
        let chance = node.value.as_f64().filter(|chance| *chance > 0.0 && *chance <= 1.0);
        if chance.is_none() {
            self.faults.push(node.expected("a number above 0 and up to 1"));
        }
        chance
    }

    /// `60/m`, or a mapping of `allow` and `by`.
    fn rate(&mut self, node: &Node<'_>) -> Option<Limit> {
        let (allow, by) = match node.value {
            Value::Object(_) => {
                let mut fields = node.fields(self.faults)?;
                let allow = fields.require("allow", self.faults);
                let by = fields.get("by").map(|by| self.template(&by));
                fields.finish(self.faults);
                (allow?, by)
            }
            _ => (node.clone(), None),
        };
        let text = allow.string(self.faults)?;
        let Some((count, window)) = rate(text) else {
            let message = format!("`{text}` is no rate; write a number and a unit, such as `10/s`, `60/m` or `1000/h`");
            self.faults.push(allow.error("bad-rate", message));
            return None;
        };
        let by = match by {
            Some(by) => Some(by?),
            None => None,
        };
        Some(Limit { count, window, by })
    }

    fn operation(&mut self, node: &Node<'_>) -> Option<String> {
        let wanted = node.string(self.faults)?;
        match self.contract.find(wanted) {
            Ok(found) => Some(found.id().to_owned()),
            Err(near) => {
                let fault = node.error("unknown-operation", format!("the contract has no operation `{wanted}`"));
                self.faults.push(match near {
                    Some(near) => fault.help(format!("did you mean `{near}`?")),
                    None => fault,
                });
                None
            }
        }
    }

    fn lets(&mut self, node: Option<Node<'_>>) -> Vec<(String, Template)> {
        let entries = node.map(|node| node.entries(self.faults)).unwrap_or_default();
        let mut lets = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            self.name(name, &value);
            lets.extend(self.template(&value).map(|template| (name.to_owned(), template)));
            self.known.push(name.to_owned());
        }
        lets
    }

    /// A name that expressions can spell and that hides none of the given ones.
    fn name(&mut self, name: &str, node: &Node<'_>) {
        let spelt = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let message = if !spelt {
            format!("`{name}` cannot be used in an expression: letters, digits and `_` can")
        } else if GIVEN.contains(&name) {
            format!("`{name}` has a meaning of its own")
        } else {
            return;
        };
        self.faults.push(Diagnostic::error("bad-name", message).at_key(node.source, &node.at, ""));
    }

    fn collects(&mut self, node: Option<Node<'_>>) -> Vec<(String, Vec<Entry>)> {
        let nodes = node.map(|node| node.entries(self.faults)).unwrap_or_default();
        let mut collects = Vec::with_capacity(nodes.len());
        for (name, list) in nodes {
            self.name(name, &list);
            let items = list.items(self.faults);
            let entries = items.iter().filter_map(|item| self.entry(item)).collect();
            collects.push((name.to_owned(), entries));
            self.known.push(name.to_owned());
        }
        collects
    }

    fn entry(&mut self, node: &Node<'_>) -> Option<Entry> {
        let mut fields = node.fields(self.faults)?;
        let known = self.known.len();
        let each = self.each(&mut fields);
        let when = self.condition(fields.get("when"));
        let key = fields.require("key", self.faults).and_then(|key| self.template(&key));
        let value = fields.require("value", self.faults).and_then(|value| self.template(&value));
        self.known.truncate(known);
        fields.finish(self.faults);
        Some(Entry { each, when, key: key?, value: value? })
    }

    fn stores(&mut self, node: &Node<'_>) -> Vec<Store> {
        node.items(self.faults).iter().filter_map(|item| self.store(item)).collect()
    }

    fn store(&mut self, node: &Node<'_>) -> Option<Store> {
        let mut fields = node.fields(self.faults)?;
        let known = self.known.len();
        let each = self.each(&mut fields);
        let when = self.condition(fields.get("when"));
        let collection = fields.require("in", self.faults).and_then(|collection| self.collection(&collection));
        let key = fields.require("key", self.faults).and_then(|key| self.template(&key));
        let remove = fields.boolean("remove", self.faults).unwrap_or(false);
        let value = fields.get("value");
        if remove == value.is_some() {
            let message = if remove { "either `value` or `remove`, not both" } else { "`value` is missing" };
            let help = "`value` stores, `remove: true` takes the key away";
            self.faults.push(node.error("bad-store", message).help(help));
        }
        let value = value.map(|value| self.template(&value));
        self.known.truncate(known);
        fields.finish(self.faults);
        let value = match value {
            Some(template) => Some(template?),
            None => None,
        };
        Some(Store { each, when, collection: collection?, key: key?, value })
    }

    fn collection(&mut self, node: &Node<'_>) -> Option<String> {
        let name = node.string(self.faults)?;
        if !self.collections.iter().any(|known| known == name) {
            let near = did_you_mean(name, self.collections.iter().map(String::as_str)).map(str::to_owned);
            self.faults.push(unknown_collection(name, near.as_deref()).at_value(node.source, &node.at, ""));
        }
        Some(name.to_owned())
    }

    /// `each` with `as` (default `item`); the item's name and `index` are known from here on.
    fn each(&mut self, fields: &mut Fields<'_>) -> Option<Each> {
        let list = fields.get("each");
        let named = fields.get("as");
        if let (None, Some(named)) = (&list, &named) {
            self.faults.push(named.error("bad-each", "`as` names the items of `each`, which is missing"));
        }
        let list = self.expression(&list?)?;
        let name = match named {
            Some(named) => {
                let name = named.string(self.faults)?;
                self.name(name, &named);
                name
            }
            None => "item",
        };
        self.known.extend([name.to_owned(), "index".to_owned()]);
        Some(Each { list, name: name.to_owned() })
    }

    fn respond(&mut self, node: &Node<'_>, operation: Option<&str>, free: bool) -> Option<Respond> {
        let mut fields = node.fields(self.faults)?;
        let status = fields.require("status", self.faults);
        if let Some(status) = &status {
            self.status(status, operation, free);
        }
        let status = status.and_then(|status| self.template(&status));
        let entries = fields.get("headers").map(|headers| headers.entries(self.faults)).unwrap_or_default();
        let mut headers = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            if hyper::header::HeaderName::from_bytes(name.as_bytes()).is_err() {
                self.faults.push(value.error("bad-header", format!("`{name}` is no header name")));
            }
            headers.extend(self.template(&value).map(|template| (name.to_owned(), template)));
        }
        let body = fields.get("body").and_then(|body| self.template(&body));
        fields.finish(self.faults);
        Some(Respond { status: status?, headers, body })
    }

    /// A constant status must be one, and one that the contract documents unless the rule says otherwise.
    fn status(&mut self, node: &Node<'_>, operation: Option<&str>, free: bool) {
        let Some(status) = node.value.as_u64() else {
            if !node.value.is_string() {
                self.faults.push(node.expected("a status code"));
            }
            return;
        };
        let Some(status) = u16::try_from(status).ok().filter(|status| (200..600).contains(status)) else {
            self.faults.push(node.error("bad-status", format!("{status} is no status of a final answer: 200 to 599")));
            return;
        };
        if free {
            return;
        }
        let operations = self.contract.operations().iter();
        let mut meant = operations.filter(|known| operation.is_none_or(|wanted| wanted == known.id()));
        if let Some(without) = meant.find(|known| known.response(status).is_none()) {
            let message = format!("`{}` does not document the status {status}", without.id());
            let help = "say `undocumented: true` beside `respond` if the vendor answers so all the same";
            self.faults.push(node.error("undocumented-status", message).help(help));
        }
    }

    fn condition(&mut self, node: Option<Node<'_>>) -> Option<Expression> {
        let node = node?;
        // `when: false` is what YAML makes of a rule that is switched off.
        let text = match node.value {
            Value::Bool(value) => value.to_string(),
            _ => node.string(self.faults)?.to_owned(),
        };
        self.checked(&node, Expression::condition(&text))
    }

    fn expression(&mut self, node: &Node<'_>) -> Option<Expression> {
        let text = node.string(self.faults)?;
        self.checked(node, Expression::parse(text))
    }

    fn checked(&mut self, node: &Node<'_>, read: Result<Expression, ExpressionError>) -> Option<Expression> {
        match read {
            Ok(expression) => {
                for name in expression.names() {
                    self.check(name, node);
                }
                Some(expression)
            }
            Err(error) => {
                self.faults.push(error.diagnostic(node.source, &node.at));
                None
            }
        }
    }

    fn template(&mut self, node: &Node<'_>) -> Option<Template> {
        match Template::parse(node.value) {
            Ok(template) => {
                for (at, name) in template.names() {
                    let inner = Node { value: node.value, at: node.at.concat(&at), source: node.source };
                    self.check(&name, &inner);
                }
                Some(template)
            }
            Err(errors) => {
                for error in errors {
                    self.faults.push(error.diagnostic(node.source, &node.at));
                }
                None
            }
        }
    }

    /// A name that an expression reads must be one that is there.
    fn check(&mut self, name: &Name, node: &Node<'_>) {
        if name.root == "state" {
            self.reading(name, node);
        } else if name.root == "request" {
            self.of_request(name, node);
        } else if !name.guarded && !self.known.contains(&name.root) {
            let near = did_you_mean(&name.root, self.known.iter().map(String::as_str));
            let help = near.map_or_else(|| format!("known here: {}", self.known.join(", ")), question);
            let message = format!("`{}` is not known here", name.root);
            self.faults.push(node.error("unknown-name", message).help(help));
        }
    }

    /// What a request has is known; what stands in its parts is not.
    fn of_request(&mut self, name: &Name, node: &Node<'_>) {
        let part =
            name.path.strip_prefix("request.").and_then(|rest| rest.split(['.', '[']).next()).unwrap_or_default();
        if !part.is_empty() && !PARTS.contains(&part) {
            let near = did_you_mean(part, PARTS.iter().copied());
            let help = near.map_or_else(|| format!("a request has: {}", PARTS.join(", ")), question);
            self.faults.push(node.error("unknown-name", format!("a request has no `{part}`")).help(help));
        }
    }

    /// Notes which collection is read; `state` alone or with a computed name reads all.
    fn reading(&mut self, name: &Name, node: &Node<'_>) {
        let rest = name.path.strip_prefix("state.").unwrap_or_default();
        let collection = rest.split(['.', '[']).next().unwrap_or_default();
        if collection.is_empty() {
            self.reads.extend(self.collections.iter().cloned());
        } else if self.collections.iter().any(|known| known == collection) {
            self.reads.insert(collection.to_owned());
        } else if !name.guarded {
            let near = did_you_mean(collection, self.collections.iter().map(String::as_str)).map(str::to_owned);
            self.faults.push(unknown_collection(collection, near.as_deref()).at_value(node.source, &node.at, ""));
        }
    }
}

/// A number of requests, and the milliseconds that they may come in.
fn rate(text: &str) -> Option<(u32, i64)> {
    let (count, unit) = text.split_once('/')?;
    let window = match unit.trim() {
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    count.trim().parse().ok().map(|count| (count, window))
}

fn unknown_collection(name: &str, near: Option<&str>) -> Diagnostic {
    let help =
        near.map_or_else(|| format!("name it under `state`, as `{name}: {{}}` if it is empty at start"), question);
    Diagnostic::error("unknown-collection", format!("the state has no collection `{name}`")).help(help)
}

fn question(name: impl std::fmt::Display) -> String {
    format!("did you mean `{name}`?")
}
