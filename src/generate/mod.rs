//! Values that a schema allows, made from a seed.
//!
//! A value is put together from the schema's keywords and then judged by the compiled schema; where
//! it does not hold, another one is made with other choices, a bounded number of times. So what comes
//! out always satisfies the schema, and a schema for which nothing was found is [`Unsatisfiable`].

mod array;
mod body;
mod deny;
mod fits;
mod fold;
mod hint;
mod kinds;
mod maker;
mod merge;
mod number;
mod object;
mod pattern;
mod request;
mod rng;
mod said;
mod text;
mod xml;

use serde_json::{Map, Value};

use crate::contract::{Contract, Direction, SchemaRef};
pub use body::{Written, concrete, write, write_generated, write_items};
use fits::Lookup;
use maker::{Maker, Style};
pub use request::Requester;
pub use rng::{Rng, derive_seed};

/// How many values are made before a schema is given up.
const ATTEMPTS: u8 = 40;

/// The most sub-values of one attempt.
const BUDGET: usize = 5_000;

/// The most sub-values of all attempts.
const TOTAL_BUDGET: usize = 20_000;

/// From which depth on a full value has only what is required, tried in this order until the value is
/// not too large.
const DEPTHS: [usize; 6] = [14, 9, 7, 5, 4, 3];

/// How many full values of each depth are made.
const FULL_ATTEMPTS: usize = 3;

/// The most sub-values of a full value.
const LARGEST: usize = 1_500;

/// No value was found that satisfies a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no value was found that satisfies the schema: {reason}")]
pub struct Unsatisfiable {
    /// Why, as far as is known.
    pub reason: String,
    /// The first value that was made: of the right form, but it breaks the schema.
    pub nearest: Option<Box<Value>>,
}

impl Unsatisfiable {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), nearest: None }
    }
}

/// Makes values of a contract's schemas. The same seed and the same calls give the same values.
pub struct Generator<'a> {
    contract: &'a Contract,
    direction: Direction,
    rng: Rng,
    examples: bool,
    full: bool,
}

impl<'a> Generator<'a> {
    /// A generator of values that go in this direction: `readOnly` properties are left out of
    /// requests, `writeOnly` ones out of responses.
    pub fn new(contract: &'a Contract, direction: Direction, seed: u64) -> Self {
        Self { contract, direction, rng: Rng::new(seed), examples: false, full: false }
    }

    /// The same, but a schema's own `example`, `examples` and `default` come first where they fit it.
    #[must_use]
    pub fn with_examples(mut self) -> Self {
        self.examples = true;
        self
    }

    /// The same, but all properties are there that may be, at every depth: down to where a schema
    /// leads back to itself, or, of what would be very large, to a depth at which it is not.
    #[must_use]
    pub fn in_full(mut self) -> Self {
        self.full = true;
        self
    }

    /// A value that satisfies the schema.
    ///
    /// # Errors
    /// [`Unsatisfiable`] where none was found within the bounds, or where the schema cannot be compiled.
    pub fn value(&mut self, schema: &SchemaRef) -> Result<Value, Unsatisfiable> {
        self.named_value(schema, "")
    }

    /// The same for a value of this name (a header's or parameter's), which helps to make it look real.
    ///
    /// # Errors
    /// As [`Generator::value`].
    pub fn named_value(&mut self, schema: &SchemaRef, name: &str) -> Result<Value, Unsatisfiable> {
        let compiled =
            self.contract.schema(schema, self.direction).map_err(|error| Unsatisfiable::new(error.to_string()))?;
        let contract = self.contract;
        let lookup = |reference: &str| contract.resolve_ref(reference, schema);
        let plan = Plan {
            schema: contract.schema_value(schema),
            name,
            direction: self.direction,
            examples: self.examples,
            full: self.full,
            valid: &|value| compiled.is_valid(value),
        };
        plan.run(&lookup, &mut self.rng)
    }
}

/// One schema to find a value of.
struct Plan<'a> {
    schema: &'a Value,
    name: &'a str,
    direction: Direction,
    examples: bool,
    full: bool,
    valid: &'a dyn Fn(&Value) -> bool,
}

impl Plan<'_> {
    /// A value with all that may be there, as deep as it can be without being too large.
    fn all_of_it(&self, lookup: Lookup<'_>, rng: &mut Rng) -> Option<Value> {
        for deep in DEPTHS {
            for attempt in 0..FULL_ATTEMPTS {
                let style = Style::full(deep, self.examples && attempt == 0);
                let mut maker = Maker::new(lookup, Rng::new(rng.draw()), self.direction, style, LARGEST);
                maker.open.push(std::ptr::from_ref(self.schema));
                let made = maker.value(self.schema, self.name, 0);
                if maker.budget == 0 {
                    break;
                }
                if let Some(value) = made.ok().filter(|value| (self.valid)(value)) {
                    return Some(value);
                }
            }
        }
        None
    }

    fn run(&self, lookup: Lookup<'_>, rng: &mut Rng) -> Result<Value, Unsatisfiable> {
        if self.full
            && let Some(value) = self.all_of_it(lookup, rng)
        {
            return Ok(value);
        }
        let mut last = Unsatisfiable::new("every value that was made breaks a keyword that cannot be aimed at");
        let mut left = TOTAL_BUDGET;
        for attempt in 0..ATTEMPTS {
            let budget = left.min(BUDGET);
            let style = Style::of_attempt(attempt, self.examples);
            // Each attempt has its own stream, so that what one draws does not move the next.
            let mut maker = Maker::new(lookup, Rng::new(rng.draw()), self.direction, style, budget);
            maker.open.push(std::ptr::from_ref(self.schema));
            let made = maker.value(self.schema, self.name, 0);
            left -= budget - maker.budget;
            match made {
                Ok(value) if (self.valid)(&value) => return Ok(value),
                Ok(value) => last.nearest = last.nearest.or_else(|| Some(Box::new(value))),
                Err(error) => last.reason = error.reason,
            }
            if left == 0 {
                break;
            }
        }
        Err(last)
    }
}

/// A keyword's number; 0 where it is none.
fn number_of(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}

/// The names in `type` (and `null` for `nullable: true`); empty where any type goes.
fn type_names(schema: &Map<String, Value>) -> Vec<&str> {
    let mut names: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => return Vec::new(),
    };
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        names.push("null");
    }
    names
}

#[cfg(test)]
mod tests;
