//! Arrays: how many items, and which.

use serde_json::{Map, Value, json};

use super::Unsatisfiable;
use super::fits::equal;
use super::fold::FAR;
use super::maker::{Made, Maker, all_of};
use super::text::whole;

/// The longest array that is made.
const LONGEST: usize = 2_000;
/// How often another item is tried where one is there already.
const TRIES: usize = 40;

impl Maker<'_> {
    /// An array of a schema without branches and references; `name` is the property's it is for.
    pub(super) fn array(&mut self, schema: &Map<String, Value>, name: &str, depth: usize) -> Made<Value> {
        let prefix = schema.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let rest = schema.get("items").or_else(|| schema.get("unevaluatedItems"));
        let contains = schema.get("contains");
        let wanted = contains.map_or(0, |_| schema.get("minContains").and_then(whole).unwrap_or(1));
        let low =
            schema.get("minItems").and_then(whole).unwrap_or(0).max(if wanted > 0 { prefix.len() + wanted } else { 0 });
        let mut high = schema.get("maxItems").and_then(whole).unwrap_or(LONGEST);
        if rest == Some(&Value::Bool(false)) {
            high = high.min(prefix.len());
        }
        // An array that must hold something may hold it within its prefix.
        let low = if wanted > 0 && low > high { schema.get("minItems").and_then(whole).unwrap_or(0) } else { low };
        if low > high || low > LONGEST {
            return Err(Unsatisfiable::new(format!("an array of {low} items could not be made")));
        }
        let ends = self.style.full && rest.is_some_and(|rest| self.returns(rest, FAR));
        let count = if ends { low } else { self.count(low, high, prefix.len(), depth) };
        let singular = name.strip_suffix('s').unwrap_or(name);
        let unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
        let barred = contains.filter(|_| schema.contains_key("maxContains")).map(|contains| json!({ "not": contains }));
        let mut items: Vec<Value> = Vec::with_capacity(count);
        for at in 0..count {
            let held = (at >= prefix.len() && at < prefix.len() + wanted).then_some(contains).flatten();
            // No more than may be there.
            let kept_out = barred.as_ref().filter(|_| held.is_none() && at >= prefix.len());
            let parts: Vec<&Value> = prefix.get(at).or(rest).into_iter().chain(held).chain(kept_out).collect();
            match self.item(&all_of(&parts), singular, unique.then_some(&items), depth) {
                Ok(item) => items.push(item),
                Err(error) if at < low => return Err(error),
                Err(_) => break,
            }
        }
        Ok(Value::Array(items))
    }

    fn count(&mut self, low: usize, high: usize, prefix: usize, depth: usize) -> usize {
        if depth >= self.style.deep || self.style.optional == 0 {
            return low;
        }
        let usual = if depth < 2 { 1 + self.rng.index(3) } else { 1 };
        low.max(prefix).max(usual).clamp(low, high)
    }

    fn item(&mut self, schema: &Value, name: &str, others: Option<&Vec<Value>>, depth: usize) -> Made<Value> {
        let Some(others) = others else { return self.value(schema, name, depth + 1) };
        for _ in 0..TRIES {
            let item = self.value(schema, name, depth + 1)?;
            if !others.iter().any(|other| equal(other, &item)) {
                return Ok(item);
            }
            // An example is the same each time.
            self.style.examples = false;
        }
        Err(Unsatisfiable::new("not enough different items were found"))
    }
}
