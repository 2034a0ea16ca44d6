//! Explaining within bounds: what a value breaks, looked for from the top, only where it is broken,
//! and of the branches of `anyOf` and `oneOf` in one alone.
//!
//! A validator that collects all errors collects those of every branch as well, and of the branches
//! within them: for schemas that lead back into each other that is twice as many with each level of
//! the value, and for a list of a million wrong items a million times as many. This walk asks of
//! each part whether it is broken, which is remembered within one question, and goes on where it is.

use std::collections::HashSet;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::ask::{Ask, Asker};
use super::effort::Spot;
use super::nearest::{branch_name, discriminated, nearest};
use super::schema::Schema;
use super::translate::STATIC_TARGET;
use super::violation::{Explain, GIVEN_UP, NO_TYPE, Violation, spot};
use crate::source::Pointer;

/// A part of the value that is known to break a schema.
struct Broken<'v> {
    at: Spot,
    value: &'v Value,
    instance: Pointer,
    /// The branch that was taken to be meant: the innermost.
    branch: Option<Rc<str>>,
}

impl<'v> Broken<'v> {
    /// The same value by another schema.
    fn by(&self, at: Spot) -> Self {
        let (instance, branch) = (self.instance.clone(), self.branch.clone());
        Self { at, value: self.value, instance, branch }
    }

    /// A part of the value.
    fn part(&self, at: Spot, value: &'v Value, instance: Pointer) -> Self {
        Self { at, value, instance, branch: self.branch.clone() }
    }
}

/// A walk over a broken value and its schema.
pub(super) struct Walk<'w> {
    explain: Explain<'w>,
    asker: Asker<'w>,
    found: Vec<Violation>,
    most: usize,
    /// What is still to be looked at, the next one last.
    pending: Vec<Broken<'w>>,
    /// What was found to be broken in the part that is looked at, in order.
    parts: Vec<Broken<'w>>,
    /// Schemas and addresses of values that were looked at: schemas may stand inside themselves.
    seen: HashSet<(Spot, usize)>,
}

impl<'w> Walk<'w> {
    pub(super) fn new(explain: Explain<'w>, schema: &'w Schema) -> Self {
        let asker = Asker::new(schema, explain.whole);
        Self {
            explain,
            asker,
            found: Vec::new(),
            most: 0,
            pending: Vec::new(),
            parts: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// What is wrong with the whole value, which does not keep the schema at `at`: at least one
    /// violation, at most `most`.
    pub(super) fn violations(mut self, at: Spot, most: usize) -> Vec<Violation> {
        self.most = most;
        let (value, instance) = (self.explain.whole, Pointer::root());
        if !self.asker.refuses(&at, value) {
            return vec![self.explain.of_undecided(&at, instance, "match its patterns", GIVEN_UP)];
        }
        let mut last = (at.clone(), instance.clone());
        self.pending.push(Broken { at, value, instance, branch: None });
        while !self.is_done()
            && let Some(broken) = self.pending.pop()
        {
            if self.seen.insert((broken.at.clone(), std::ptr::from_ref(broken.value) as usize)) {
                self.visit(&broken);
                self.pending.extend(self.parts.drain(..).rev());
                last = (broken.at, broken.instance);
            }
        }
        if self.found.is_empty() {
            self.found.push(self.explain.of_whole(&last.0, "", last.1));
        }
        self.found
    }

    fn is_done(&self) -> bool {
        self.found.len() >= self.most || self.asker.is_spent()
    }

    /// Whether no more parts need to be looked for.
    fn is_enough(&self) -> bool {
        self.found.len() + self.parts.len() >= self.most || self.asker.is_spent()
    }

    fn push_if_broken(&mut self, part: Broken<'w>) {
        if !self.is_enough() && self.asker.refuses(&part.at, part.value) {
            self.parts.push(part);
        }
    }

    fn visit(&mut self, broken: &Broken<'w>) {
        let before = self.found.len();
        self.asked(broken, Ask::Plain);
        let Some(Value::Object(schema)) = self.asker.roots.value(&broken.at) else { return };
        self.same(broken, schema);
        match broken.value {
            Value::Object(members) => self.members(broken, schema, members),
            Value::Array(items) => self.items(broken, schema, items),
            _ => {}
        }
        for ask in [Ask::Contains, Ask::Names, Ask::Not] {
            if schema.contains_key(ask.keyword()) {
                self.asked(broken, ask);
            }
        }
        // These two follow from all the others, so they are what is left.
        for keyword in ["unevaluatedProperties", "unevaluatedItems"] {
            if self.found.len() == before && self.parts.is_empty() && schema.contains_key(keyword) {
                let at = broken.at.join(keyword);
                self.found.push(self.explain.of_whole(&at, keyword, broken.instance.clone()));
            }
        }
    }

    /// What a validator says that has no more than one thing to say of each keyword.
    fn asked(&mut self, broken: &Broken<'w>, ask: Ask) {
        let room = self.most - self.found.len().min(self.most);
        let Some(validator) = self.asker.validator(&broken.at, ask, broken.value) else { return };
        for error in validator.iter_errors(broken.value).take(room) {
            let below = Pointer::parse(error.instance_path().as_str()).unwrap_or_default();
            let instance = broken.instance.concat(&below);
            let at = spot(&error, &broken.at);
            let mut violation = self.explain.of_error(&error, &at, instance);
            if let Some(branch) = &broken.branch {
                violation.within(branch);
            }
            self.found.push(violation);
        }
    }

    /// The schemas within that judge the same value.
    fn same(&mut self, broken: &Broken<'w>, schema: &'w Map<String, Value>) {
        for keyword in ["$ref", STATIC_TARGET] {
            let reference = schema.get(keyword).and_then(Value::as_str);
            if let Some(target) = reference.and_then(|reference| broken.at.follow(reference)) {
                self.push_if_broken(broken.by(target));
            }
        }
        for index in 0..schema.get("allOf").and_then(Value::as_array).map_or(0, Vec::len) {
            self.push_if_broken(broken.by(broken.at.join("allOf").index(index)));
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(branches)) = schema.get(keyword) {
                self.branches(broken, keyword, branches);
            }
        }
        if schema.contains_key("if") {
            let condition = broken.at.join("if");
            if schema.contains_key("then") && self.asker.takes(&condition, broken.value) {
                self.push_if_broken(broken.by(broken.at.join("then")));
            } else if schema.contains_key("else") && self.asker.refuses(&condition, broken.value) {
                self.push_if_broken(broken.by(broken.at.join("else")));
            }
        }
        if let (Some(Value::Object(dependent)), Value::Object(members)) = (schema.get("dependentSchemas"), broken.value)
        {
            for name in dependent.keys().filter(|name| members.contains_key(*name)) {
                self.push_if_broken(broken.by(broken.at.join("dependentSchemas").join(name)));
            }
        }
    }

    fn branches(&mut self, broken: &Broken<'w>, keyword: &str, branches: &[Value]) {
        let (at, value) = (broken.at.join(keyword), broken.value);
        let (mut refused, mut taken) = (0, Vec::new());
        for index in 0..branches.len() {
            let branch = at.index(index);
            if self.asker.refuses(&branch, value) {
                refused += 1;
            } else if keyword == "oneOf" && self.asker.takes(&branch, value) {
                taken.push(index);
            }
            // One that is taken, or may be, is all that `anyOf` asks for.
            if self.asker.is_spent() || keyword == "anyOf" && refused <= index {
                return;
            }
        }
        if refused == branches.len() && self.asker.is_open(&at) {
            // One that seems to be refused may be what was meant.
            let instance = broken.instance.clone();
            self.found.push(self.explain.of_undecided(&at, instance, "match a branch", NO_TYPE));
            return;
        }
        if refused == branches.len() {
            let root = self.asker.roots.root(&at);
            let named = root.and_then(|root| discriminated(root, &at.pointer, value));
            let meant = named.or_else(|| nearest(self.asker.roots, &at, branches.len(), value));
            if let (Some(index), Some(root)) = (meant, root) {
                let name = branch_name(root, &at.pointer, index, keyword);
                self.parts.push(Broken { branch: Some(name.into()), ..broken.by(at.index(index)) });
                return;
            }
        } else if taken.len() < 2 {
            return;
        }
        let instance = broken.instance.clone();
        self.found.push(self.explain.of_branches(&at, branches.len(), &taken, value, instance));
    }

    fn members(&mut self, broken: &Broken<'w>, schema: &'w Map<String, Value>, members: &'w Map<String, Value>) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let others = schema.get("additionalProperties").is_some_and(Value::is_object);
        for (name, member) in members {
            if self.is_enough() {
                return;
            }
            let mut known = properties.is_some_and(|properties| properties.contains_key(name));
            let part = |at: Spot| broken.part(at, member, broken.instance.join(name));
            if known {
                self.push_if_broken(part(broken.at.join("properties").join(name)));
            }
            for pattern in patterns.into_iter().flat_map(Map::keys) {
                let at = broken.at.join("patternProperties").join(pattern);
                if self.asker.names(&at, name) {
                    known = true;
                    self.push_if_broken(part(at));
                }
            }
            if !known && others {
                self.push_if_broken(part(broken.at.join("additionalProperties")));
            }
        }
    }

    fn items(&mut self, broken: &Broken<'w>, schema: &'w Map<String, Value>, items: &'w [Value]) {
        let first = schema.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
        let rest = schema.contains_key("items").then(|| broken.at.join("items"));
        for (index, item) in items.iter().enumerate() {
            if self.is_enough() || index >= first && rest.is_none() {
                return;
            }
            let at = match &rest {
                Some(rest) if index >= first => rest.clone(),
                _ => broken.at.join("prefixItems").index(index),
            };
            if self.asker.refuses(&at, item) {
                self.parts.push(broken.part(at, item, broken.instance.index(index)));
            }
        }
    }
}
