//! Schemas as sets of places that all hold: references followed, `allOf` taken apart.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::facts::{Facts, is_annotation};
use super::normal::{is_nothing, twice_denied};
use crate::contract::{Contract, SchemaRef};
use crate::source::{Place, Pointer};

/// The most schemas that one may be made of by `allOf` and references.
const MOST_PARTS: usize = 4_000;
/// The most groups of alternatives within one.
const MOST_WITHIN: usize = 64;

/// One schema of a contract, at its place among all (JSON Schema 2020-12).
#[derive(Clone)]
pub(super) struct Loc<'c> {
    pub(super) at: Pointer,
    pub(super) value: &'c Value,
    /// Whether null is allowed whatever the schema says.
    pub(super) or_null: bool,
}

/// Schemas that all hold; none: anything goes.
#[derive(Clone, Default)]
pub(super) struct Node<'c>(pub(super) Vec<Loc<'c>>);

impl<'c> Node<'c> {
    pub(super) fn push(&mut self, loc: Loc<'c>) {
        self.0.push(loc);
    }

    /// Where the first of them stands.
    pub(super) fn at(&self) -> Option<&Pointer> {
        self.0.first().map(|loc| &loc.at)
    }
}

/// One part of a schema after references and `allOf`: keywords that stand together.
pub(super) struct Part<'c> {
    pub(super) loc: Loc<'c>,
    pub(super) map: &'c Map<String, Value>,
}

impl<'c> Part<'c> {
    /// The schema below this part's keyword (and name in it).
    pub(super) fn child(&self, value: &'c Value, tokens: &[&str]) -> Loc<'c> {
        let at = tokens.iter().fold(self.loc.at.clone(), |at, token| at.join(token));
        Loc { at, value, or_null: false }
    }
}

/// What a schema comes to, part by part.
#[derive(Default)]
pub(super) struct Parts<'c> {
    pub(super) parts: Vec<Part<'c>>,
    /// Where a schema `false` stands.
    pub(super) never: Option<Pointer>,
}

/// One of the two contracts, with what was worked out about its schemas.
pub(in crate::diff) struct Side<'c> {
    pub(in crate::diff) contract: &'c Contract,
    facts: RefCell<HashMap<Vec<usize>, Rc<Facts<'c>>>>,
    pub(super) prints: RefCell<HashMap<(usize, u8), u64>>,
    /// Patterns and formats that values were judged by.
    small: RefCell<HashMap<String, Option<jsonschema::Validator>>>,
    /// How much was taken apart.
    pub(super) work: Cell<usize>,
}

impl<'c> Side<'c> {
    pub(in crate::diff) fn new(contract: &'c Contract) -> Self {
        Self {
            contract,
            facts: RefCell::default(),
            prints: RefCell::default(),
            small: RefCell::default(),
            work: Cell::new(0),
        }
    }

    /// The schema that stands at a place of a document; `None`: anything goes.
    pub(super) fn node(&self, schema: Option<&SchemaRef>) -> Node<'c> {
        let at = schema.map(|schema| self.contract.normalised_place(schema));
        let loc = at.and_then(|at| Some(Loc { value: self.contract.normalised(&at)?, at, or_null: false }));
        Node(loc.into_iter().collect())
    }

    /// The place in a file of something among the schemas.
    pub(super) fn place(&self, at: &Pointer) -> Place {
        let (document, pointer) = self.contract.written(at);
        self.contract.place_in(document, &pointer).1
    }

    /// Whether a keyword at this place was written, and not made up from another one.
    pub(super) fn is_written(&self, at: &Pointer) -> bool {
        let (document, pointer) = self.contract.written(at);
        pointer.last() == at.last() && self.contract.value_in(document, &pointer).is_some()
    }

    /// What the document itself says at the place of this schema: some keywords are lost in 2020-12.
    pub(super) fn original(&self, at: &Pointer) -> Option<&'c Value> {
        let (document, pointer) = self.contract.written(at);
        self.contract.value_in(document, &pointer)
    }

    /// The facts about a schema; worked out once.
    pub(super) fn facts(&self, node: &Node<'c>) -> Rc<Facts<'c>> {
        let mut key: Vec<usize> = node.0.iter().map(|loc| self.identity(loc)).collect();
        key.sort_unstable();
        key.dedup();
        if let Some(known) = self.facts.borrow().get(&key) {
            return Rc::clone(known);
        }
        let parts = self.parts(node);
        self.work.set(self.work.get() + 1 + parts.parts.len());
        let id = self.facts.borrow().len();
        let facts = Rc::new(Facts::of(self, id, parts));
        self.facts.borrow_mut().insert(key, Rc::clone(&facts));
        facts
    }

    /// The same for one schema in two places: references without anything beside them are followed.
    fn identity(&self, loc: &Loc<'c>) -> usize {
        // Values are aligned, so the lowest bit of an address is free.
        std::ptr::from_ref(self.followed(loc).value) as usize | usize::from(loc.or_null)
    }

    /// What a schema leads to that is a reference and nothing else.
    fn followed<'l>(&self, loc: &'l Loc<'c>) -> Cow<'l, Loc<'c>> {
        let mut at = Cow::Borrowed(loc);
        for _ in 0..64 {
            let alone = at.value.as_object().filter(|map| map.len() == 1);
            match alone.and_then(|map| self.target(map)) {
                Some(target) => at = Cow::Owned(Loc { or_null: loc.or_null, ..target }),
                None => break,
            }
        }
        at
    }

    /// Whether a value keeps a small schema, as far as that can be told.
    pub(super) fn keeps(&self, schema: &Value, value: &Value) -> bool {
        let mut known = self.small.borrow_mut();
        let judge = known.entry(schema.to_string()).or_insert_with(|| {
            jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(true)
                .build(schema)
                .ok()
        });
        judge.as_ref().is_none_or(|judge| judge.is_valid(value))
    }

    /// Where the `$ref` of a schema leads.
    pub(super) fn target(&self, map: &Map<String, Value>) -> Option<Loc<'c>> {
        let reference = map.get("$ref")?.as_str()?;
        let at = Pointer::from_fragment(reference)?;
        Some(Loc { value: self.contract.normalised(&at)?, at, or_null: false })
    }

    /// Follows references and takes `allOf`, and branches without alternatives, apart.
    fn parts(&self, node: &Node<'c>) -> Parts<'c> {
        let mut found = Parts::default();
        let mut seen = HashSet::new();
        let mut stack: Vec<Loc<'c>> = node.0.iter().rev().cloned().collect();
        while let Some(loc) = stack.pop() {
            if found.parts.len() >= MOST_PARTS || !seen.insert((std::ptr::from_ref(loc.value), loc.or_null)) {
                continue;
            }
            let map = match loc.value {
                value if !loc.or_null && is_nothing(value) => {
                    found.never.get_or_insert(loc.at);
                    continue;
                }
                Value::Object(map) => map,
                _ => continue,
            };
            let or_null = loc.or_null;
            if let Some(inner) = null_or(map) {
                stack.push(Loc { at: loc.at.join("else"), value: inner, or_null: true });
                continue;
            }
            let part = Part { loc, map };
            let all = map.get("allOf").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            for (index, value) in all.iter().enumerate().rev() {
                stack.push(Loc { or_null, ..part.child(value, &["allOf", &index.to_string()]) });
            }
            for keyword in ["oneOf", "anyOf"] {
                if let Some((index, value, null)) = only_branch(map, keyword) {
                    let branch = part.child(value, &[keyword, &index.to_string()]);
                    stack.push(Loc { or_null: or_null || null, ..branch });
                }
            }
            if let Some(value) = twice_denied(map) {
                stack.push(Loc { or_null, ..part.child(value, &["not", "not"]) });
            }
            stack.extend(self.target(map).map(|target| Loc { or_null, ..target }));
            found.parts.push(part);
        }
        found
    }
}

/// `{"if": {"type": "null"}, "else": X}`: the form of a nullable X without a type of its own.
fn null_or(map: &Map<String, Value>) -> Option<&Value> {
    let is_null = map
        .get("if")
        .and_then(Value::as_object)
        .is_some_and(|inner| inner.len() == 1 && inner.get("type").and_then(Value::as_str) == Some("null"));
    map.get("else").filter(|_| is_null && map.len() == 2)
}

/// Whether this is a schema of null alone.
fn is_null(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some("null")
        || value.get("const").is_some_and(Value::is_null)
        || value.get("enum").and_then(Value::as_array).is_some_and(|all| matches!(all.as_slice(), [Value::Null]))
}

/// The branches of a group that are not null, those of a group within it of the same kind in its place.
///
/// Only where a value keeps an outer branch and two inner ones is an inner `oneOf` something else.
pub(super) fn alternatives<'c>(side: &Side<'c>, part: &Part<'c>, keyword: &str, all: &'c [Value]) -> Vec<Loc<'c>> {
    let is_named = part.map.contains_key("discriminator");
    let below = |part: &Part<'c>, all: &'c [Value]| -> Vec<Loc<'c>> {
        let branches = all.iter().enumerate().rev().filter(|(_, branch)| !is_null(branch) && !is_nothing(branch));
        branches.map(|(index, value)| part.child(value, &[keyword, &index.to_string()])).collect()
    };
    let (mut found, mut stack, mut seen) = (Vec::new(), below(part, all), HashSet::new());
    while let Some(loc) = stack.pop() {
        let inner = side.followed(&loc);
        let map = inner
            .value
            .as_object()
            .filter(|map| !is_named && map.keys().all(|key| key == keyword || is_annotation(key)));
        match map.and_then(|map| Some((map, map.get(keyword)?.as_array()?))) {
            Some((map, all)) if seen.insert(std::ptr::from_ref(map)) && seen.len() < MOST_WITHIN => {
                stack.extend(below(&Part { loc: inner.into_owned(), map }, all));
            }
            _ => found.push(loc),
        }
    }
    found
}

/// The one branch that is not null, and whether null is one too; `None` where there are several.
fn only_branch<'v>(map: &'v Map<String, Value>, keyword: &str) -> Option<(usize, &'v Value, bool)> {
    let branches = map.get(keyword)?.as_array()?;
    let mut others = branches.iter().enumerate().filter(|(_, branch)| !is_null(branch));
    let (index, branch) = others.next()?;
    others.next().is_none().then_some((index, branch, branches.len() > 1))
}
