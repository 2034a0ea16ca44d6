//! Objects of several kinds at one place, told apart by what one of their properties says.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::shape::Shape;

/// Properties that say of which kind an object is, in the order they are tried.
const TAGS: [&str; 9] =
    ["type", "kind", "event", "event_type", "eventType", "object", "__typename", "@type", "resourceType"];
/// More kinds are not told apart.
const MOST: usize = 8;
/// The longest name of a kind.
const LONGEST: usize = 48;
/// Each kind was seen so often.
const SEEN: usize = 2;

/// The objects at one place by what each of the properties says; `None` where it says too many things.
#[derive(Clone, Debug, Default)]
pub(super) struct Variants(BTreeMap<&'static str, Option<BTreeMap<String, Shape>>>);

impl Variants {
    /// Takes in an object; `each` does so for the kinds that it is of.
    pub(super) fn take(&mut self, fields: &Map<String, Value>, mut each: impl FnMut(&mut Shape)) {
        for tag in TAGS {
            let Some(kind) = fields.get(tag).and_then(Value::as_str) else { continue };
            let kinds = self.0.entry(tag).or_insert_with(|| Some(BTreeMap::new()));
            let Some(known) = kinds else { continue };
            if kind.len() > LONGEST || (known.len() >= MOST && !known.contains_key(kind)) {
                *kinds = None;
                continue;
            }
            each(known.entry(kind.to_owned()).or_default());
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (tag, kinds) in other.0 {
            let known = self.0.entry(tag).or_insert_with(|| Some(BTreeMap::new()));
            let (Some(mine), Some(theirs)) = (known.as_mut(), kinds) else {
                *known = None;
                continue;
            };
            for (kind, shape) in theirs {
                mine.entry(kind).or_default().merge(shape);
            }
            if mine.len() > MOST {
                *known = None;
            }
        }
    }

    /// The property and the kinds, where each of so many objects is of one, and kinds have properties that others lack.
    pub(super) fn told_apart(&self, objects: usize) -> Option<(&'static str, &BTreeMap<String, Shape>)> {
        TAGS.iter().find_map(|tag| {
            let kinds = self.0.get(tag)?.as_ref()?;
            let all: usize = kinds.values().map(|shape| shape.objects).sum();
            let often = kinds.values().all(|shape| shape.objects >= SEEN);
            let word = |kind: &String| {
                kind.chars().all(|c| c.is_alphanumeric() || "_-./: ".contains(c)) && !super::path::varies(kind)
            };
            let lacks = |a: &Shape, b: &Shape| a.properties.keys().any(|name| !b.properties.contains_key(name));
            let differ = kinds.values().any(|a| kinds.values().any(|b| lacks(a, b) && lacks(b, a)));
            (all == objects && often && differ && kinds.keys().all(word)).then_some((*tag, kinds))
        })
    }
}
