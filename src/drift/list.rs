//! Lists of two responses: items that say who they are are held against each other wherever they stand.

use std::collections::HashMap;

use serde_json::Value;

use super::body::{items, name};
use super::{Comparison, Place, VALUE};
use crate::source::Pointer;

/// What an item is told from others by, the surest first.
const IDENTITIES: [&str; 8] = ["id", "_id", "uuid", "guid", "key", "code", "slug", "sku"];

/// Items of two lists by who they are.
struct Paired {
    /// The property that tells, and the items' places by its value.
    property: &'static str,
    old: HashMap<String, usize>,
    new: HashMap<String, usize>,
}

impl Comparison<'_> {
    pub(super) fn lists(&mut self, at: &Pointer, old: &[Value], new: &[Value], depth: usize) {
        if let Some(paired) = Paired::of(old, new) {
            return self.paired(at, &paired, (old, new), depth);
        }
        if old.len() != new.len() {
            let (before, after) = (items(old.len()), items(new.len()));
            let message = format!("{} has {before} at {} and {after} at {}", name(at), self.names[0], self.names[1]);
            self.add(VALUE, Place::Body(at.clone()), message, before, after);
        }
        for (index, (before, after)) in old.iter().zip(new).enumerate() {
            self.value(&at.index(index), before, after, depth);
        }
    }

    fn paired(&mut self, at: &Pointer, paired: &Paired, (old, new): (&[Value], &[Value]), depth: usize) {
        let property = paired.property;
        let mut common = Vec::new();
        for (index, item) in new.iter().enumerate() {
            match identity(item, property).and_then(|id| paired.old.get(&id)) {
                Some(before) => {
                    common.push(*before);
                    self.value(&at.index(index), &old[*before], item, depth);
                }
                None => self.lone_item(at, property, item, 1),
            }
        }
        for item in old {
            if !identity(item, property).is_some_and(|id| paired.new.contains_key(&id)) {
                self.lone_item(at, property, item, 0);
            }
        }
        if !common.is_sorted() {
            let message = format!("{} has its items in another order at {}", name(at), self.names[1]);
            self.add(VALUE, Place::Body(at.clone()), message, "one order", "another order");
        }
    }

    fn lone_item(&mut self, at: &Pointer, property: &str, item: &Value, side: usize) {
        let id = identity(item, property).unwrap_or_default();
        let message = format!("{} has an item whose `{property}` is {id} only at {}", name(at), self.names[side]);
        let (old, new) = if side == 0 { (id, String::new()) } else { (String::new(), id) };
        self.add(VALUE, Place::Body(at.clone()), message, old, new);
    }
}

impl Paired {
    /// Where every item of both lists says who it is, no two the same, and half of the shorter list's
    /// are in the other: ids that each target gives out for itself tell nothing.
    fn of(old: &[Value], new: &[Value]) -> Option<Self> {
        IDENTITIES.into_iter().find_map(|property| {
            let (old, new) = (identities(old, property)?, identities(new, property)?);
            let common = old.keys().filter(|id| new.contains_key(*id)).count();
            (2 * common >= old.len().min(new.len()) && common > 0).then_some(Self { property, old, new })
        })
    }
}

fn identities(items: &[Value], property: &str) -> Option<HashMap<String, usize>> {
    let mut found = HashMap::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        if found.insert(identity(item, property)?, index).is_some() {
            return None;
        }
    }
    Some(found)
}

fn identity(item: &Value, property: &str) -> Option<String> {
    match item.get(property)? {
        id @ (Value::String(_) | Value::Number(_)) => Some(id.to_string()),
        _ => None,
    }
}
