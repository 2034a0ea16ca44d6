//! Bodies of two responses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::mask::Same;
use super::{Comparison, Depth, Place, SHAPE, VALUE};
use crate::source::Pointer;
use crate::verdict::{RecordedMessage, Undecided};

/// Values nested deeper are compared as texts.
const DEEPEST: usize = 100;
/// The most characters of a value in a message.
const SHOWN: usize = 80;

impl Comparison<'_> {
    pub(super) fn bodies(&mut self, old: &RecordedMessage, new: &RecordedMessage) {
        if old.body == new.body && old.base64 == new.base64 {
            return;
        }
        if let Some(length) = old.cut_from.or(new.cut_from) {
            let reason = format!("a body of {length} bytes is too large to be compared");
            self.undecided.push(Undecided { check: VALUE, reason });
            return;
        }
        match (json(old), json(new)) {
            (Some(old), Some(new)) if self.depth == Depth::Value => self.value(&Pointer::root(), &old, &new, 0),
            (Some(old), Some(new)) => self.shape(&Pointer::root(), &Shape::of(&old, 0), &Shape::of(&new, 0)),
            (None, None) => self.plain(old, new),
            (before, _) => {
                let word = |json: bool, body: &RecordedMessage| match (json, body.body.is_empty()) {
                    (true, _) => "JSON",
                    (false, true) => "nothing",
                    (false, false) => "no JSON",
                };
                let (before, after) = (word(before.is_some(), old), word(before.is_none(), new));
                let message = format!("the body is {before} at {} and {after} at {}", self.names[0], self.names[1]);
                self.add(SHAPE, Place::Body(Pointer::root()), message, before, after);
            }
        }
    }

    fn plain(&mut self, old: &RecordedMessage, new: &RecordedMessage) {
        let root = || Place::Body(Pointer::root());
        if old.body.is_empty() != new.body.is_empty() {
            let side = usize::from(old.body.is_empty());
            let message = format!("only {} sends a body", self.names[side]);
            self.add(SHAPE, root(), message, shorten(&old.body), shorten(&new.body));
        } else if self.depth == Depth::Value {
            match self.mask.texts(&old.body, &new.body) {
                Same::Equal => {}
                Same::Masked(why) => self.mask.count(why),
                Same::Different => {
                    let (line, column) = first_difference(&old.body, &new.body);
                    let message = format!("the bodies differ from line {line}, column {column}");
                    self.add(VALUE, root(), message, shorten(&old.body), shorten(&new.body));
                }
            }
        }
    }

    pub(super) fn value(&mut self, at: &Pointer, old: &Value, new: &Value, depth: usize) {
        match (old, new) {
            (Value::Object(before), Value::Object(after)) if depth < DEEPEST => {
                let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
                for name in names {
                    let below = at.join(name);
                    match (before.get(name), after.get(name)) {
                        (Some(before), Some(after)) => self.value(&below, before, after, depth + 1),
                        (before, after) => self.lone(&below, before, after),
                    }
                }
            }
            (Value::Array(before), Value::Array(after)) if depth < DEEPEST => self.lists(at, before, after, depth + 1),
            _ if kind(old) != kind(new) => self.kinds(at, kind(old), kind(new), old, new),
            _ => match self.mask.scalars(old, new) {
                Same::Equal => {}
                Same::Masked(why) => self.mask.count(why),
                Same::Different => {
                    let (old, new) = (shorten(&old.to_string()), shorten(&new.to_string()));
                    let message = format!("{} is {old} at {} and {new} at {}", name(at), self.names[0], self.names[1]);
                    self.add(VALUE, Place::Body(at.clone()), message, old, new);
                }
            },
        }
    }

    fn lone(&mut self, at: &Pointer, old: Option<&Value>, new: Option<&Value>) {
        let side = usize::from(old.is_none());
        let message = format!("{} is there only at {}", name(at), self.names[side]);
        let shown = |value: Option<&Value>| value.map(|value| shorten(&value.to_string())).unwrap_or_default();
        self.add(SHAPE, Place::Body(at.clone()), message, shown(old), shown(new));
    }

    fn kinds(&mut self, at: &Pointer, before: &str, after: &str, old: &Value, new: &Value) {
        let message = format!("{} is {before} at {} and {after} at {}", name(at), self.names[0], self.names[1]);
        self.add(SHAPE, Place::Body(at.clone()), message, shorten(&old.to_string()), shorten(&new.to_string()));
    }

    fn shape(&mut self, at: &Pointer, old: &Shape, new: &Shape) {
        // Whether something may be null is told by no single response.
        let kinds = |shape: &Shape| shape.kinds.iter().copied().filter(|kind| *kind != "null").collect::<BTreeSet<_>>();
        let (before, after) = (kinds(old), kinds(new));
        if before.is_empty() || after.is_empty() {
            return;
        }
        if before.is_disjoint(&after) {
            let list = |kinds: &BTreeSet<&str>| kinds.iter().copied().collect::<Vec<_>>().join(" or ");
            let (before, after) = (list(&before), list(&after));
            let message = format!("{} is {before} at {} and {after} at {}", name(at), self.names[0], self.names[1]);
            self.add(SHAPE, Place::Body(at.clone()), message, before, after);
            return;
        }
        if old.objects > 0 && new.objects > 0 {
            let names: BTreeSet<&String> = old.properties.keys().chain(new.properties.keys()).collect();
            for property in names {
                let below = at.join(property);
                match (old.properties.get(property), new.properties.get(property)) {
                    (Some(before), Some(after)) => self.shape(&below, before, after),
                    // Of several objects, one without the property shows that it may be absent.
                    (Some(before), None) if before.seen == old.objects => self.lone_shape(&below, before, 0),
                    (None, Some(after)) if after.seen == new.objects => self.lone_shape(&below, after, 1),
                    _ => {}
                }
            }
        }
        if let (Some(before), Some(after)) = (&old.items, &new.items) {
            self.shape(&at.join("*"), before, after);
        }
    }

    fn lone_shape(&mut self, at: &Pointer, shape: &Shape, side: usize) {
        let message = format!("{} is there only at {}", name(at), self.names[side]);
        let kinds = shape.kinds.iter().copied().collect::<Vec<_>>().join(" or ");
        let (old, new) = if side == 0 { (kinds, String::new()) } else { (String::new(), kinds) };
        self.add(SHAPE, Place::Body(at.clone()), message, old, new);
    }
}

/// What all values at one place have in common; items of a list are at one place.
#[derive(Default)]
struct Shape {
    kinds: BTreeSet<&'static str>,
    seen: usize,
    objects: usize,
    properties: BTreeMap<String, Shape>,
    items: Option<Box<Shape>>,
}

impl Shape {
    fn of(value: &Value, depth: usize) -> Self {
        let mut shape = Self::default();
        shape.take(value, depth);
        shape
    }

    fn take(&mut self, value: &Value, depth: usize) {
        self.kinds.insert(kind(value));
        self.seen += 1;
        if depth >= DEEPEST {
            return;
        }
        match value {
            Value::Object(fields) => {
                self.objects += 1;
                for (name, value) in fields {
                    self.properties.entry(name.clone()).or_default().take(value, depth + 1);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                let shape = self.items.get_or_insert_default();
                for item in items {
                    shape.take(item, depth + 1);
                }
            }
            _ => {}
        }
    }
}

fn json(message: &RecordedMessage) -> Option<Value> {
    let media = message.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let text = media.is_some_and(|(_, media)| media.starts_with("text/") && !media.contains("json"));
    if message.base64 || text { None } else { serde_json::from_str(&message.body).ok() }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

pub(super) fn name(at: &Pointer) -> String {
    if at.is_root() { "the body".to_owned() } else { format!("`{}`", at.as_str()) }
}

pub(super) fn items(count: usize) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Line and column, from 1, where two texts begin to differ.
fn first_difference(old: &str, new: &str) -> (usize, usize) {
    let (mut line, mut column) = (1, 1);
    for (before, after) in old.chars().zip(new.chars()) {
        if before != after {
            break;
        }
        (line, column) = if before == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    (line, column)
}
