//! Objects: which properties are there, and their values.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::fits::fits;
use super::fold::FAR;
use super::maker::{Made, Maker, all_of};
use super::merge::merge;
use super::text::whole;
use super::{Unsatisfiable, hint, pattern};

/// Names for properties that the schema allows and does not name.
const NAMES: [&str; 4] = ["colour", "label", "note", "region"];

/// A schema with what its chosen properties bring along, and their names.
type Chosen<'s> = (Cow<'s, Map<String, Value>>, Vec<String>);

impl Maker<'_> {
    /// An object of a schema without branches and references; `title` is what it is called.
    pub(super) fn object(&mut self, schema: &Map<String, Value>, title: &str, depth: usize) -> Made<Value> {
        let owner = std::mem::replace(&mut self.owner, title.to_owned());
        let made = self.members(schema, depth);
        self.owner = owner;
        made.map(Value::Object)
    }

    fn members(&mut self, schema: &Map<String, Value>, depth: usize) -> Made<Map<String, Value>> {
        let (schema, names) = self.names(schema, depth)?;
        let required = required(&schema);
        let low = schema.get("minProperties").and_then(whole).unwrap_or(0);
        let high = schema.get("maxProperties").and_then(whole).unwrap_or(usize::MAX);
        let mut made = Map::new();
        for name in names {
            let needed = required.contains(&name.as_str());
            if !needed && made.len() + required.iter().filter(|name| !made.contains_key(**name)).count() >= high {
                continue;
            }
            let Some(property) = property(&schema, &name) else { continue };
            match self.value(&property, &name, depth + 1) {
                Ok(value) => {
                    made.insert(name, value);
                }
                Err(error) if needed => return Err(error),
                Err(_) => {}
            }
        }
        self.more(&schema, &mut made, (low, high), depth)?;
        self.count_items(&schema, &mut made);
        Ok(made)
    }

    /// How many there are, beside the one list that there is, is how many are in it.
    fn count_items(&self, schema: &Map<String, Value>, made: &mut Map<String, Value>) {
        let mut lists = made.values().filter_map(Value::as_array);
        let (Some(list), None) = (lists.next(), lists.next()) else { return };
        let count = Value::from(list.len());
        let properties = schema.get("properties");
        for (name, value) in made.iter_mut().filter(|(name, value)| value.is_u64() && hint::is_count_of_list(name)) {
            if properties.and_then(|known| known.get(name)).is_some_and(|known| fits(known, &count, self.lookup, FAR)) {
                *value = count.clone();
            }
        }
    }

    /// Whether an optional property of an object at `depth` is made.
    fn wants(&mut self, property: &Value, depth: usize) -> bool {
        let (optional, deep) = (self.style.optional, self.style.deep);
        if !self.style.full {
            let share = match depth {
                0 | 1 => optional,
                2 => optional / 2,
                3 => optional / 4,
                _ => 0,
            };
            return self.rng.chance(share);
        }
        // At the end there are no objects that would have to be empty.
        depth < deep && !(depth + 1 == deep && self.is_composite(property, FAR)) && !self.returns(property, FAR)
    }

    /// The schema with what its chosen properties bring along, and their names in order.
    fn names<'s>(&mut self, schema: &'s Map<String, Value>, depth: usize) -> Made<Chosen<'s>> {
        let mut schema = Cow::Borrowed(schema);
        let mut names: Vec<String> = Vec::new();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let needed = required(&schema).contains(&name.as_str());
            let wanted = needed || (*property != Value::Bool(false) && self.wants(property, depth));
            if wanted && !self.hidden(property) {
                names.push(name.clone());
            }
        }
        let known = schema.get("properties").and_then(Value::as_object);
        let unnamed = required(&schema).into_iter().filter(|name| known.is_none_or(|known| !known.contains_key(*name)));
        names.extend(unnamed.map(str::to_owned));
        let mut at = 0;
        while at < names.len() && at < 10_000 {
            for wanted in list(schema.get("dependentRequired").and_then(|all| all.get(&names[at]))) {
                if !names.contains(&wanted) {
                    names.push(wanted);
                }
            }
            let more = schema.get("dependentSchemas").and_then(|all| all.get(&names[at]));
            if let Some(Value::Object(more)) = more.cloned() {
                let merged = merge(schema.into_owned(), more);
                let merged = merged.ok_or_else(|| Unsatisfiable::new("a dependent schema excludes the rest"))?;
                let brought: Vec<String> = required(&merged).into_iter().map(str::to_owned).collect();
                names.extend(brought.into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>());
                schema = Cow::Owned(merged);
            }
            at += 1;
        }
        Ok((schema, names))
    }

    /// Properties that the schema does not name: where it asks for more, or where it has no others.
    fn more(
        &mut self,
        schema: &Map<String, Value>,
        made: &mut Map<String, Value>,
        (low, high): (usize, usize),
        depth: usize,
    ) -> Made<()> {
        self.optional_up_to(schema, made, low, depth);
        let open = schema.get("additionalProperties").or_else(|| schema.get("unevaluatedProperties"));
        let is_map = made.is_empty()
            && depth < self.style.deep
            && self.style.optional > 0
            && (open.is_some_and(Value::is_object) || schema.contains_key("patternProperties"))
            && !(self.style.full && open.is_some_and(|open| self.returns(open, FAR)));
        let wanted = low.max(usize::from(is_map)).min(high);
        for attempt in 0..wanted.saturating_mul(4).min(20_000) {
            if made.len() >= wanted {
                break;
            }
            let name = self.new_name(schema, attempt, depth)?;
            if made.contains_key(&name) {
                continue;
            }
            let Some(property) = property(schema, &name) else { continue };
            let value = self.value(&property, &name, depth + 1)?;
            made.insert(name, value);
        }
        if made.len() < low {
            return Err(Unsatisfiable::new(format!("an object of {low} properties could not be made")));
        }
        Ok(())
    }

    fn optional_up_to(&mut self, schema: &Map<String, Value>, made: &mut Map<String, Value>, low: usize, depth: usize) {
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if made.len() >= low {
                return;
            }
            if !made.contains_key(name)
                && !self.hidden(property)
                && let Ok(value) = self.value(property, name, depth + 1)
            {
                made.insert(name.clone(), value);
            }
        }
    }

    fn new_name(&mut self, schema: &Map<String, Value>, attempt: usize, depth: usize) -> Made<String> {
        if let Some(names) = schema.get("propertyNames").filter(|names| names.is_object()) {
            let mut names = names.clone();
            names["type"] = Value::from("string");
            return match self.value(&names, "", depth + 1)? {
                Value::String(name) => Ok(name),
                _ => Err(Unsatisfiable::new("no property name is allowed")),
            };
        }
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let patterns: Vec<&String> = patterns.into_iter().flat_map(Map::keys).collect();
        if let Some(pattern) = self.rng.pick(&patterns).copied() {
            let name = pattern::Sampler::new(pattern).and_then(|sampler| sampler.sample(0, None, &mut self.rng));
            // A pattern that is open at its end is met by longer names too.
            let longer = name.as_ref().filter(|_| attempt > patterns.len()).map(|name| format!("{name}{attempt}"));
            let longer = longer.filter(|longer| pattern::matches(pattern, longer));
            return longer
                .or(name)
                .ok_or_else(|| Unsatisfiable::new("no property name of `patternProperties` was found"));
        }
        let name = NAMES[attempt % NAMES.len()];
        Ok(if attempt < NAMES.len() { name.to_owned() } else { format!("{name}{attempt}") })
    }
}

fn list(names: Option<&Value>) -> Vec<String> {
    names.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn required(schema: &Map<String, Value>) -> Vec<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What the schema says about a property of this name; `None` where it may not be there.
fn property<'s>(schema: &'s Map<String, Value>, name: &str) -> Option<Cow<'s, Value>> {
    let mut parts: Vec<&Value> = Vec::new();
    parts.extend(schema.get("properties").and_then(|known| known.get(name)));
    for (pattern, value) in schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten() {
        if pattern::matches(pattern, name) {
            parts.push(value);
        }
    }
    if parts.is_empty() {
        parts.extend(schema.get("additionalProperties").or_else(|| schema.get("unevaluatedProperties")));
    }
    (!parts.contains(&&Value::Bool(false))).then(|| all_of(&parts))
}
