//! What the server adds to an item: its id, times, defaults, and what else its schema asks for.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::look::{Look, is, types};
use super::memory::Collection;
use super::names::is_end;
use super::repair::{repaired, strip};
use super::resource::{Form, Property, Resource, Stamp, When};
use crate::contract::{Contract, Direction, SchemaRef};
use crate::expression::Clock;
use crate::generate::{Generator, Rng, derive_seed};

/// How many ids are made before one is taken that is not new.
const TRIES: u64 = 50;

/// Makes items of one resource.
pub(super) struct Maker<'a> {
    pub(super) contract: &'a Contract,
    pub(super) resource: &'a Resource,
    pub(super) clock: &'a Clock,
    /// Of the mock and the concrete collection.
    pub(super) seed: u64,
}

impl Maker<'_> {
    /// What a client sent, under the names that answers have, without what is not for it to say.
    pub(super) fn taken(&self, sent: Value) -> Map<String, Value> {
        let Value::Object(sent) = sent else { return Map::new() };
        let mut taken = Map::new();
        for (name, value) in sent {
            let name = self.answered_name(&name, &taken);
            let property = self.resource.known.get(&name);
            if property.is_some_and(|property| property.read_only || (!property.sent && self.is_told(property))) {
                continue;
            }
            taken.insert(name, value);
        }
        taken
    }

    /// What only the server can know: an id or a time that no request's schema has.
    fn is_told(&self, property: &Property) -> bool {
        property.stamp.is_some() || self.resource.id.as_ref().is_some_and(|id| id.name == property.name)
    }

    fn answered_name(&self, name: &str, taken: &Map<String, Value>) -> String {
        let known = &self.resource.known;
        if known.contains_key(name) || known.is_empty() {
            return name.to_owned();
        }
        let folded = super::names::fold(name);
        let mut same = known.keys().filter(|known| super::names::fold(known) == folded);
        match (same.next(), same.next()) {
            (Some(one), None) if !taken.contains_key(one) => one.clone(),
            _ => name.to_owned(),
        }
    }

    /// The key that an item names itself by.
    pub(super) fn key_of(&self, item: &Map<String, Value>) -> Option<String> {
        match item.get(&self.resource.id.as_ref()?.name)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A key that no item has, in the form that the schemas of id and parameter ask for.
    ///
    /// `made` of the same request are not in the collection yet; `taken` knows their keys.
    pub(super) fn new_key(&self, collection: Option<&Collection>, made: usize, taken: &dyn Fn(&str) -> bool) -> String {
        let made = u64::try_from(made).unwrap_or(0);
        let next = collection.map_or(0, |collection| collection.next_id).max(1).saturating_add(made);
        let place = collection.map_or(0, |collection| collection.next).saturating_add(made);
        let mut last = String::new();
        for attempt in 0..TRIES {
            let seed = derive_seed(self.seed, &place.wrapping_mul(TRIES).wrapping_add(attempt).to_le_bytes());
            last = self.candidate(next.saturating_add(attempt), seed);
            let free = collection.is_none_or(|collection| collection.get(&last).is_none()) && !taken(&last);
            if free && (self.allows(&last) || attempt > TRIES / 2) {
                break;
            }
        }
        last
    }

    fn allows(&self, key: &str) -> bool {
        let property = self.resource.id.as_ref().map(|id| &id.schema);
        property.into_iter().chain(&self.resource.parameter_schema).all(|schema| {
            let compiled = self.contract.schema(schema, Direction::Response);
            let value = self.value_of(key, schema);
            compiled.is_ok_and(|compiled| compiled.is_valid(&value))
        })
    }

    /// A key as a value of the schema: a number where it asks for one.
    fn value_of(&self, key: &str, schema: &SchemaRef) -> Value {
        let wanted = self.contract.schema_value(schema);
        let number = is(wanted, "integer") || is(wanted, "number");
        match key.parse::<i64>() {
            Ok(value) if number => value.into(),
            _ => key.into(),
        }
    }

    fn candidate(&self, next: u64, seed: u64) -> String {
        let look = Look(self.contract);
        let both = self.resource.id.as_ref().map(|id| &id.schema).into_iter().chain(&self.resource.parameter_schema);
        // The one that says more: a number, a format, a pattern.
        let says = |schema: &&SchemaRef| {
            look.at(schema).is_some_and(|node| {
                is(node.value, "integer")
                    || ["pattern", "format", "enum"].iter().any(|key| node.value.get(key).is_some())
            })
        };
        let Some(schema) = both.clone().find(says).or_else(|| both.clone().next()) else { return next.to_string() };
        let Some(node) = look.at(schema) else { return next.to_string() };
        let kinds = types(node.value);
        if kinds.contains(&"integer") || kinds.contains(&"number") {
            let least = node.value.get("minimum").and_then(Value::as_u64).unwrap_or(0);
            return next.max(least).saturating_add(if next < least { next } else { 0 }).to_string();
        }
        let mut rng = Rng::new(seed);
        let says = |keys: &[&str]| keys.iter().any(|key| node.value.get(key).is_some());
        let format = node.value.get("format").and_then(Value::as_str);
        if format == Some("uuid") {
            return uuid(&mut rng);
        }
        if says(&["pattern", "enum", "const", "minLength"]) || format.is_some_and(|format| format != "string") {
            let mut generator = Generator::new(self.contract, Direction::Response, seed);
            let made = generator.named_value(schema, &self.resource.parameter);
            return made.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_else(|| next.to_string());
        }
        if let Some(example) = self.example(node.value).filter(|example| !example.is_empty()) {
            return alike(&example, next, &mut rng);
        }
        let most = node.value.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX);
        if most < 36 { hexadecimal(&mut rng, usize::try_from(most.min(12)).unwrap_or(12)) } else { uuid(&mut rng) }
    }

    /// A string that the document shows for the id.
    fn example(&self, schema: &Value) -> Option<String> {
        let listed = schema.get("examples").and_then(Value::as_array).and_then(|all| all.first());
        let own = schema.get("example").or(listed).and_then(Value::as_str).map(str::to_owned);
        own.or_else(|| {
            let id = &self.resource.id.as_ref()?.name;
            let item = Look(self.contract).at(self.resource.schema.as_ref()?)?;
            let listed = item.value.get("examples").and_then(Value::as_array).and_then(|all| all.first());
            Some(item.value.get("example").or(listed)?.get(id)?.as_str()?.to_owned())
        })
    }

    /// An item as it is remembered: what was sent, and what the server adds.
    pub(super) fn made(&self, mut item: Map<String, Value>, key: &str, parents: &[String]) -> Value {
        self.identify(&mut item, key, parents);
        for property in self.resource.known.values() {
            if let Some(default) = &property.default
                && !item.contains_key(&property.name)
                && property.stamp.is_none()
            {
                item.insert(property.name.clone(), default.clone());
            }
        }
        let stamps: Vec<&Property> = self.resource.known.values().filter(|known| known.stamp.is_some()).collect();
        for property in stamps {
            if !item.contains_key(&property.name) {
                self.stamp(&mut item, property);
            }
        }
        self.complete(item, key, true)
    }

    /// An item in the place of another: what only the server says stays.
    pub(super) fn replaced(
        &self,
        mut item: Map<String, Value>,
        old: &Map<String, Value>,
        key: &str,
        parents: &[String],
    ) -> Value {
        self.identify(&mut item, key, parents);
        for property in self.resource.known.values() {
            let name = &property.name;
            let kept = property.read_only || !property.sent || property.stamp.is_some_and(|s| s.when == When::Created);
            match (old.get(name), &property.default) {
                (Some(value), _) if kept && !item.contains_key(name) => drop(item.insert(name.clone(), value.clone())),
                (_, Some(default)) if !item.contains_key(name) => drop(item.insert(name.clone(), default.clone())),
                _ => {}
            }
        }
        self.changed(&mut item, old);
        self.complete(item, key, false)
    }

    /// An item whose parts were changed.
    pub(super) fn patched(
        &self,
        mut item: Map<String, Value>,
        old: &Map<String, Value>,
        key: &str,
        parents: &[String],
    ) -> Map<String, Value> {
        for property in self.resource.known.values().filter(|property| property.read_only) {
            match old.get(&property.name) {
                Some(value) => drop(item.insert(property.name.clone(), value.clone())),
                None => drop(item.shift_remove(&property.name)),
            }
        }
        self.identify(&mut item, key, parents);
        self.changed(&mut item, old);
        item
    }

    fn identify(&self, item: &mut Map<String, Value>, key: &str, parents: &[String]) {
        if let Some(id) = &self.resource.id
            && self.key_of(item).as_deref() != Some(key)
        {
            let value = self.value_of(key, &id.schema);
            item.shift_remove(&id.name);
            item.shift_insert(0, id.name.clone(), value);
        }
        for (name, index) in &self.resource.parents {
            let (Some(property), Some(parent)) = (self.resource.known.get(name), parents.get(*index)) else { continue };
            let value = self.value_of(parent, &property.schema);
            let compiled = self.contract.schema(&property.schema, Direction::Response);
            if compiled.is_ok_and(|compiled| compiled.is_valid(&value)) {
                item.insert(name.clone(), value);
            }
        }
    }

    /// The time of the change, where the client did not say another one.
    fn changed(&self, item: &mut Map<String, Value>, old: &Map<String, Value>) {
        for property in self.resource.known.values() {
            let of_change = property.stamp.is_some_and(|stamp| stamp.when == When::Changed);
            let said =
                property.sent && item.get(&property.name).is_some_and(|now| Some(now) != old.get(&property.name));
            if of_change && !said {
                self.stamp(item, property);
            }
        }
    }

    fn stamp(&self, item: &mut Map<String, Value>, property: &Property) {
        let Some(Stamp { form, .. }) = property.stamp else { return };
        let now = (self.clock)();
        let value = match form {
            Form::DateTime => json!(now.round(jiff::Unit::Millisecond).unwrap_or(now).to_string()),
            Form::Date => json!(now.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()),
            Form::Seconds => json!(now.as_second()),
        };
        item.insert(property.name.clone(), value);
    }

    /// Adds what the schema asks for and, to what is new, what only a server can say.
    fn complete(&self, mut item: Map<String, Value>, key: &str, new: bool) -> Value {
        let Some(schema) = &self.resource.schema else { return Value::Object(item) };
        let made = std::cell::OnceCell::new();
        let base = || made.get_or_init(|| self.generated(schema, key));
        let missing = |property: &&Property| property.read_only && !item.contains_key(&property.name);
        let wanted: Vec<&Property> = self.resource.known.values().filter(missing).collect();
        if new {
            for property in wanted.into_iter().filter(|property| !is_end(&property.name)) {
                if let Some(value) = base().get(&property.name) {
                    item.insert(property.name.clone(), value.clone());
                }
            }
        }
        // What is never shown need not keep the schema of answers.
        let (shown, kept): (Map<_, _>, Map<_, _>) =
            item.into_iter().partition(|(name, _)| !self.resource.hidden.contains(name));
        let shown = repaired(self.contract, schema, Value::Object(shown), &|| base().clone());
        let mut item = match shown {
            Ok(Value::Object(item)) | Err(Value::Object(item)) => item,
            Ok(other) | Err(other) => return other,
        };
        item.extend(kept);
        Value::Object(item)
    }

    fn generated(&self, schema: &SchemaRef, key: &str) -> Value {
        let seed = derive_seed(self.seed, key.as_bytes());
        let mut generator = Generator::new(self.contract, Direction::Response, seed).with_examples().in_full();
        match generator.value(schema) {
            Ok(value) => value,
            Err(error) => error.nearest.map_or(Value::Null, |nearest| *nearest),
        }
    }

    /// An item as an answer shows it under `schema`: without what only requests have, or what is not its.
    pub(super) fn shown(&self, item: &Arc<Value>, schema: &SchemaRef, key: &str) -> Value {
        let look = Look(self.contract);
        let Value::Object(item) = &**item else { return Value::clone(item) };
        let mut item = item.clone();
        item.retain(|name, _| !self.resource.hidden.contains(name));
        let node = look.at(schema);
        let same = self.resource.schema.as_ref().and_then(|own| look.at(own)).map(|own| own.place)
            == node.as_ref().map(|node| node.place.clone());
        if let Some(node) = node.as_ref().filter(|_| !same) {
            let shown = look.properties(node);
            item.retain(|name, _| shown.contains_key(name.as_str()) || !self.resource.known.contains_key(name));
        }
        let mut value = Value::Object(item);
        if let Some(node) = &node {
            strip(look, &mut value, node, 0);
        }
        match repaired(self.contract, schema, value, &|| self.generated(schema, key)) {
            Ok(value) | Err(value) => value,
        }
    }
}

fn uuid(rng: &mut Rng) -> String {
    let (high, low) = (rng.draw(), rng.draw());
    // Version 4, variant 1 (RFC 9562, section 5.4).
    let high = high & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xffff);
    format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff)
}

fn hexadecimal(rng: &mut Rng, length: usize) -> String {
    format!("{:016x}", rng.draw()).chars().take(length.max(1)).collect()
}

/// A string like the one shown: a number counts on, `cus_NffrFeUfNV2Hib` keeps what stands before `_`.
fn alike(example: &str, next: u64, rng: &mut Rng) -> String {
    if !example.is_empty() && example.bytes().all(|byte| byte.is_ascii_digit()) {
        return next.to_string();
    }
    let prefix = example.find('_').filter(|at| *at <= 12).map_or(0, |at| at + 1);
    let (kept, rest) = example.split_at(prefix);
    let hex = rest.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let mut one = |c: char| -> char {
        let of = |letters: &str, rng: &mut Rng| char::from(letters.as_bytes()[rng.index(letters.len())]);
        match c {
            '0'..='9' | 'a'..='f' if hex => of("0123456789abcdef", rng),
            '0'..='9' => of("0123456789", rng),
            'a'..='z' => of("abcdefghijklmnopqrstuvwxyz", rng),
            'A'..='Z' => of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", rng),
            other => other,
        }
    };
    kept.chars().chain(rest.chars().take(64).map(&mut one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_those_shown() {
        let mut rng = Rng::new(1);
        assert_eq!(alike("17", 5, &mut rng), "5");
        let made = alike("cus_NffrFeUfNV2Hib", 5, &mut rng);
        assert!(made.starts_with("cus_") && made.len() == 18 && made != "cus_NffrFeUfNV2Hib", "{made}");
        let made = alike("507f1f77bcf86cd799439011", 5, &mut rng);
        assert!(made.len() == 24 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
    }

    #[test]
    fn uuids_are_of_version_4() {
        let made = uuid(&mut Rng::new(3));
        let form = regex::Regex::new("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
        assert!(form.expect("a pattern").is_match(&made), "{made}");
    }
}
