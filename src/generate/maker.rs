//! Putting a value together: branches chosen, references followed, keywords obeyed.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::fits::{Lookup, fits};
use super::fold::{Choice, FAR};
use super::hint::Hint;
use super::rng::Rng;
use super::{Unsatisfiable, number, text, type_names};
use crate::contract::Direction;

/// From this depth on only what is required is made, unless a value is to show all.
const SHALLOW: usize = 4;
/// No value is nested deeper.
const DEEPEST: usize = 40;
/// What makes a schema more than its own keywords.
const COMPOSED: [&str; 10] =
    ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "then", "else", "not", "discriminator"];

pub(super) type Made<T> = Result<T, Unsatisfiable>;

/// What one attempt prefers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// The schema's own examples come first.
    pub(super) examples: bool,
    /// How many of a hundred optional properties are there.
    pub(super) optional: u8,
    /// Properties that do not go in this direction are left out.
    pub(super) hide: bool,
    /// All that may be there is, but for what leads back to a schema that is being made.
    pub(super) full: bool,
    /// From this depth on only what is required is made.
    pub(super) deep: usize,
}

impl Style {
    /// The first attempts make full values, later ones sparse ones, then anything between.
    pub(super) fn of_attempt(attempt: u8, examples: bool) -> Self {
        let optional = match attempt {
            0 | 1 => 100,
            2 => 0,
            _ => [50, 0, 80, 20][usize::from(attempt % 4)],
        };
        let hide = attempt < 10 || attempt.is_multiple_of(2);
        Self { examples: examples && attempt == 0, optional, hide, full: false, deep: SHALLOW }
    }

    /// A value that shows all there is, down to a depth.
    pub(super) fn full(deep: usize, examples: bool) -> Self {
        Self { examples, optional: 100, hide: true, full: true, deep }
    }
}

/// Makes one value.
pub(super) struct Maker<'a> {
    pub(super) lookup: Lookup<'a>,
    pub(super) rng: Rng,
    pub(super) style: Style,
    direction: Direction,
    /// How many sub-values it may still make.
    pub(super) budget: usize,
    /// The schemas that references led to on the way to the value that is being made.
    pub(super) open: Vec<*const Value>,
    /// What the object is called that a property belongs to.
    pub(super) owner: String,
}

impl<'a> Maker<'a> {
    pub(super) fn new(lookup: Lookup<'a>, rng: Rng, direction: Direction, style: Style, budget: usize) -> Self {
        Self { lookup, rng, style, direction, budget, open: Vec::new(), owner: String::new() }
    }

    /// A value of `schema`; `name` is that of the property it is for.
    pub(super) fn value(&mut self, schema: &Value, name: &str, depth: usize) -> Made<Value> {
        let map = match schema {
            Value::Bool(false) => return Err(Unsatisfiable::new("the schema is `false`")),
            Value::Object(map) => map,
            _ => return Ok(self.anything(name)),
        };
        self.budget = self.budget.checked_sub(1).ok_or_else(|| Unsatisfiable::new("the value gets too large"))?;
        if depth > DEEPEST {
            return Err(Unsatisfiable::new("the schema needs itself again without an end"));
        }
        let (deep, open) = (self.style.deep, self.open.len());
        if self.style.full && self.returns(schema, FAR) {
            self.style.deep = deep.min(depth);
        }
        let made = self.tried(schema, map, name, depth);
        self.style.deep = deep;
        self.open.truncate(open);
        made
    }

    /// The first value of a few that fits, as far as is looked.
    fn tried(&mut self, schema: &Value, map: &Map<String, Value>, name: &str, depth: usize) -> Made<Value> {
        if !COMPOSED.iter().any(|key| map.contains_key(*key)) {
            return self.plain(map, name, name, depth);
        }
        let tries = tries(self.followed(schema));
        // What is shown whole is the first of its branches: what the document names first is the usual.
        let first = self.style.full && depth == 0;
        let (start, open) = (if first { 0 } else { self.rng.index(64) }, self.open.len());
        let mut last = Unsatisfiable::new("every value that was made breaks a keyword that cannot be aimed at");
        for attempt in 0..tries {
            // Where branches overlap, later tries keep a value out of the others.
            let choice = Choice { number: start + attempt, apart: attempt * 2 >= tries };
            let made = self.fold(map, choice, depth).and_then(|folded| {
                self.open.truncate(open);
                self.open.extend(folded.through);
                let title = folded.name.as_deref().unwrap_or(name);
                self.plain(&folded.schema, name, title, depth)
            });
            match made {
                Ok(value) if attempt + 1 < tries && !self.sits(schema, &value) => {}
                Ok(value) => return Ok(value),
                Err(error) => last = error,
            }
            if self.budget == 0 {
                break;
            }
        }
        Err(last)
    }

    /// Whether a value fits, and only one branch of a `oneOf` where that can be told.
    fn sits(&self, schema: &Value, value: &Value) -> bool {
        let branches = self.followed(schema).get("oneOf").and_then(Value::as_array);
        let fitting =
            branches.map_or(1, |branches| branches.iter().filter(|branch| fits(branch, value, self.lookup, 3)).count());
        fitting == 1 && fits(schema, value, self.lookup, 4)
    }

    /// A value of a schema without branches and references; `title` is what an object of it is called.
    fn plain(&mut self, schema: &Map<String, Value>, name: &str, title: &str, depth: usize) -> Made<Value> {
        if let Some(value) = schema.get("const") {
            return Ok(value.clone());
        }
        if self.style.examples
            && let Some(value) = self.example(schema)
        {
            return Ok(value);
        }
        if let Some(Value::Array(allowed)) = schema.get("enum") {
            return self.one_of(schema, allowed, depth);
        }
        let kind = self.kind(schema, depth);
        let hint = Hint::new(name, &self.owner);
        let nothing = || Unsatisfiable::new(format!("no {kind} within its bounds was found"));
        match kind {
            "null" => Ok(Value::Null),
            "boolean" => Ok(Value::Bool(self.rng.chance(60))),
            "integer" => number::integer(schema, &hint, &mut self.rng).ok_or_else(nothing),
            "number" => number::number(schema, &hint, &mut self.rng).ok_or_else(nothing),
            "array" => self.array(schema, name, depth),
            "object" => self.object(schema, title, depth),
            _ => text::string(schema, &hint, &mut self.rng).map(Value::String).ok_or_else(nothing),
        }
    }

    fn one_of(&mut self, schema: &Map<String, Value>, allowed: &[Value], depth: usize) -> Made<Value> {
        let schema = Value::Object(schema.clone());
        let fitting: Vec<&Value> = allowed.iter().filter(|value| fits(&schema, value, self.lookup, 2)).collect();
        let full: Vec<&Value> = fitting.iter().filter(|value| !value.is_null()).copied().collect();
        let choices = if full.is_empty() || depth >= self.style.deep { fitting } else { full };
        let found = self.rng.pick(&choices).map(|value| (*value).clone());
        found.ok_or_else(|| Unsatisfiable::new("no value of the `enum` fits the other keywords"))
    }

    /// The schema's own example, if one fits: `example`, one of `examples`, `default`.
    fn example(&self, schema: &Map<String, Value>) -> Option<Value> {
        let listed = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
        let all = schema.get("example").into_iter().chain(listed).chain(schema.get("default"));
        let whole = Value::Object(schema.clone());
        all.into_iter().find(|value| !value.is_null() && fits(&whole, value, self.lookup, 6)).cloned()
    }

    /// Which type is made, one of those allowed or implied by the keywords.
    fn kind(&mut self, schema: &Map<String, Value>, depth: usize) -> &'static str {
        const KINDS: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
        let names = type_names(schema);
        let mut known: Vec<&'static str> = KINDS.into_iter().filter(|kind| names.contains(kind)).collect();
        if known.contains(&"null") && depth >= self.style.deep {
            return "null";
        }
        if known.len() > 1 && (self.style.full || !self.rng.chance(5)) {
            known.retain(|kind| *kind != "null");
        }
        // What is denied may be the very type that one would think of.
        if known.is_empty() && schema.contains_key("not") && implied(schema) == "string" {
            known.extend(["string", "integer", "boolean", "object"]);
        }
        self.rng.pick(&known).copied().unwrap_or_else(|| implied(schema))
    }

    fn anything(&mut self, name: &str) -> Value {
        let hint = Hint::new(name, &self.owner);
        text::string(&Map::new(), &hint, &mut self.rng).map_or(Value::Null, Value::String)
    }

    /// Whether a property does not go in this direction.
    pub(super) fn hidden(&self, schema: &Value) -> bool {
        let key = match self.direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        let says = |schema: &Value| schema.get(key) == Some(&Value::Bool(true));
        let target = schema.get("$ref").and_then(Value::as_str).and_then(self.lookup);
        let parts = schema.get("allOf").and_then(Value::as_array);
        self.style.hide
            && (says(schema) || target.is_some_and(says) || parts.is_some_and(|parts| parts.iter().any(says)))
    }
}

/// Enough tries that each branch has its turn.
fn tries(schema: &Value) -> usize {
    let most = ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).map(Vec::len).max();
    most.unwrap_or(0).clamp(6, 24)
}

/// The type that a schema without `type` speaks about.
fn implied(schema: &Map<String, Value>) -> &'static str {
    let has = |keys: &[&str]| keys.iter().any(|key| schema.contains_key(*key));
    if has(&["properties", "required", "additionalProperties", "patternProperties", "minProperties", "propertyNames"]) {
        "object"
    } else if has(&["items", "prefixItems", "minItems", "contains", "uniqueItems"]) {
        "array"
    } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
        "number"
    } else {
        "string"
    }
}

/// The schema of several that must all hold.
pub(super) fn all_of<'s>(parts: &[&'s Value]) -> Cow<'s, Value> {
    match parts {
        [] => Cow::Owned(Value::Bool(true)),
        [one] => Cow::Borrowed(one),
        several => Cow::Owned(json!({ "allOf": several })),
    }
}
