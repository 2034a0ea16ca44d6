//! Putting a value together: branches chosen, references followed, keywords obeyed.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::fits::{Lookup, fits};
use super::merge::merge;
use super::rng::Rng;
use super::{Unsatisfiable, number, text, type_names};
use crate::contract::Direction;

/// From this depth on only what is required is made.
pub(super) const SHALLOW: usize = 4;
/// No value is nested deeper.
const DEEPEST: usize = 40;
/// The most references and branches that are folded into one schema.
const FOLDS: usize = 200;
/// What makes a schema more than its own keywords.
const COMPOSED: [&str; 9] = ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "then", "else", "discriminator"];

/// Which branches are chosen.
#[derive(Clone, Copy)]
struct Choice {
    number: usize,
    /// Values are to be kept out of the branches that are not chosen.
    apart: bool,
}

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
    /// Optional properties are there at every depth.
    pub(super) full: bool,
}

impl Style {
    /// The first attempts make full values, later ones sparse ones, then anything between.
    pub(super) fn of_attempt(attempt: u8, examples: bool) -> Self {
        let optional = match attempt {
            0 | 1 => 100,
            2 => 0,
            _ => [50, 0, 80, 20][usize::from(attempt % 4)],
        };
        Self {
            examples: examples && attempt == 0,
            optional,
            hide: attempt < 10 || attempt.is_multiple_of(2),
            full: false,
        }
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
}

impl<'a> Maker<'a> {
    pub(super) fn new(lookup: Lookup<'a>, rng: Rng, direction: Direction, style: Style, budget: usize) -> Self {
        Self { lookup, rng, style, direction, budget }
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
        let composed = COMPOSED.iter().any(|key| map.contains_key(*key));
        let tries = if composed || map.contains_key("not") { tries(self.followed(schema)) } else { 1 };
        let start = self.rng.index(64);
        let mut last = Unsatisfiable::new("every value that was made breaks a keyword that cannot be aimed at");
        for attempt in 0..tries {
            let made = if composed {
                // Where branches overlap, later tries keep a value out of the others.
                let choice = Choice { number: start + attempt, apart: attempt * 2 >= tries };
                self.fold(map, choice, depth).and_then(|flat| self.plain(&flat, name, depth))
            } else {
                self.plain(map, name, depth)
            };
            match made {
                Ok(value) if tries > 1 && attempt + 1 < tries && !self.sits(schema, &value) => {}
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

    /// The schema at the end of plain references: where its branches stand.
    fn followed<'s>(&self, schema: &'s Value) -> &'s Value
    where
        'a: 's,
    {
        let mut at = schema;
        for _ in 0..SHALLOW {
            match at.get("$ref").and_then(Value::as_str).and_then(self.lookup) {
                Some(target) if at.get("oneOf").is_none() => at = target,
                _ => break,
            }
        }
        at
    }

    /// One schema in place of all that `map` is composed of. `choice` says which branches.
    fn fold(&self, map: &Map<String, Value>, choice: Choice, depth: usize) -> Made<Map<String, Value>> {
        let mut flat = Map::new();
        let mut waiting = vec![Value::Object(map.clone())];
        // The references that led here.
        let mut followed: Vec<String> = Vec::new();
        for _ in 0..FOLDS {
            let mut next = match waiting.pop() {
                None => return Ok(flat),
                Some(Value::Bool(false)) => return Err(Unsatisfiable::new("a branch is `false`")),
                Some(Value::Object(next)) => next,
                Some(_) => continue,
            };
            if let Some(Value::String(reference)) = next.remove("$ref").or_else(|| next.remove("$dynamicRef")) {
                let target = (self.lookup)(&reference);
                let target = target.ok_or_else(|| Unsatisfiable::new(format!("`{reference}` leads nowhere")))?;
                waiting.push(target.clone());
                followed.push(reference);
            }
            if let Some(Value::Array(all)) = next.remove("allOf") {
                waiting.extend(all.into_iter().rev());
            }
            if !choice.apart && !next.contains_key("anyOf") && !next.contains_key("oneOf") {
                waiting.extend(super::kind::parts(&next, &followed, choice.number, self.lookup));
            }
            for key in ["anyOf", "oneOf"] {
                if let Some(Value::Array(branches)) = next.remove(key) {
                    // What a discriminator says may not be what the branch says; then the branch counts.
                    let discriminator = next.get("discriminator").filter(|_| !choice.apart);
                    let parts = Self::branch(&branches, discriminator, choice.number, depth)?;
                    if key == "oneOf" && choice.apart {
                        waiting.extend(self.kept_out(&branches, &parts[0]));
                    }
                    waiting.extend(parts);
                }
            }
            condition(&mut next, choice.number, &mut waiting)?;
            flat = merge(flat, next).ok_or_else(|| Unsatisfiable::new("two parts of the schema exclude each other"))?;
        }
        Err(Unsatisfiable::new("the schema refers to itself without an end"))
    }

    /// For each other branch a member that it does not take, of a name that the chosen one leaves open.
    fn kept_out(&self, branches: &[Value], chosen: &Value) -> Vec<Value> {
        let properties = |branch: &Value| self.followed(branch).get("properties")?.as_object().cloned();
        let own = properties(chosen).unwrap_or_default();
        let others = branches.iter().filter(|branch| *branch != chosen).filter_map(properties);
        let member = |other: Map<String, Value>| {
            other.into_iter().filter(|(name, _)| !own.contains_key(name)).find_map(|(name, schema)| {
                let odd = [json!(0), json!("other"), json!(true), json!([])];
                let wrong = odd.into_iter().find(|value| !fits(&schema, value, self.lookup, 4))?;
                Some(json!({ "properties": { &name: { "const": wrong } }, "required": [name] }))
            })
        };
        others.filter_map(member).collect()
    }

    /// The branch that `choice` names, with its discriminator's value; the plainest ones when it gets deep.
    fn branch(branches: &[Value], discriminator: Option<&Value>, choice: usize, depth: usize) -> Made<Vec<Value>> {
        let mut order: Vec<&Value> = branches.iter().collect();
        let choice = if depth >= SHALLOW {
            order.sort_by_key(|branch| weight(branch));
            // The plainest most of the time; the choices of one value are consecutive, so others have their turn.
            if choice % 3 == 2 { choice % order.len().max(1) } else { 0 }
        } else {
            choice % order.len().max(1)
        };
        let chosen = order.get(choice).ok_or_else(|| Unsatisfiable::new("there is no branch to choose"))?;
        let mut parts = vec![(*chosen).clone()];
        if let Some(named) = discriminator.and_then(|discriminator| discriminated(discriminator, chosen)) {
            parts.push(named);
        }
        Ok(parts)
    }

    /// A value of a schema without branches and references.
    fn plain(&mut self, schema: &Map<String, Value>, name: &str, depth: usize) -> Made<Value> {
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
        let hint = name.to_ascii_lowercase();
        let kind = self.kind(schema, depth);
        let nothing = || Unsatisfiable::new(format!("no {kind} within its bounds was found"));
        match kind {
            "null" => Ok(Value::Null),
            "boolean" => Ok(Value::Bool(self.rng.chance(60))),
            "integer" => number::integer(schema, &hint, &mut self.rng).ok_or_else(nothing),
            "number" => number::number(schema, &hint, &mut self.rng).ok_or_else(nothing),
            "array" => self.array(schema, name, depth),
            "object" => self.object(schema, depth),
            _ => text::string(schema, &hint, &mut self.rng).map(Value::String).ok_or_else(nothing),
        }
    }

    fn one_of(&mut self, schema: &Map<String, Value>, allowed: &[Value], depth: usize) -> Made<Value> {
        let schema = Value::Object(schema.clone());
        let fitting: Vec<&Value> = allowed.iter().filter(|value| fits(&schema, value, self.lookup, 2)).collect();
        let full: Vec<&Value> = fitting.iter().filter(|value| !value.is_null()).copied().collect();
        let choices = if full.is_empty() || depth >= SHALLOW { fitting } else { full };
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
        if known.contains(&"null") && depth >= SHALLOW {
            return "null";
        }
        if known.len() > 1 && !self.rng.chance(5) {
            known.retain(|kind| *kind != "null");
        }
        // What is denied may be the very type that one would think of.
        if known.is_empty() && schema.contains_key("not") && implied(schema) == "string" {
            known.extend(["string", "integer", "boolean", "object"]);
        }
        self.rng.pick(&known).copied().unwrap_or_else(|| implied(schema))
    }

    fn anything(&mut self, name: &str) -> Value {
        text::string(&Map::new(), &name.to_ascii_lowercase(), &mut self.rng).map_or(Value::Null, Value::String)
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

fn condition(next: &mut Map<String, Value>, choice: usize, waiting: &mut Vec<Value>) -> Made<()> {
    let (then, otherwise) = (next.remove("then"), next.remove("else"));
    let Some(condition) = next.remove("if") else { return Ok(()) };
    if choice.is_multiple_of(2) {
        waiting.extend([condition, then.unwrap_or(Value::Bool(true))]);
        return Ok(());
    }
    waiting.push(otherwise.unwrap_or(Value::Bool(true)));
    let not = Map::from_iter([("not".to_owned(), condition)]);
    *next = merge(std::mem::take(next), not).ok_or_else(|| Unsatisfiable::new("a condition excludes the rest"))?;
    Ok(())
}

/// How much a branch asks for: nothing, a scalar, more of the same schema.
fn weight(branch: &Value) -> u8 {
    match branch.get("type").and_then(Value::as_str) {
        Some("null") => 0,
        Some("boolean" | "integer" | "number" | "string") => 1,
        _ if branch.get("enum").is_some() || branch.get("const").is_some() => 1,
        Some("array") => 2,
        _ if branch.get("$ref").is_some() => 4,
        _ => 3,
    }
}

/// What a discriminator says about a branch: its property has the branch's name.
fn discriminated(discriminator: &Value, branch: &Value) -> Option<Value> {
    let property = discriminator.get("propertyName")?.as_str()?;
    let reference = branch.get("$ref")?.as_str()?;
    let last = reference.rsplit('/').next()?;
    let mapped = discriminator.get("mapping").and_then(Value::as_object).and_then(|mapping| {
        mapping.iter().find(|(_, to)| to.as_str().is_some_and(|to| to == reference || to == last)).map(|(name, _)| name)
    });
    let name = mapped.map_or(last, String::as_str);
    Some(json!({ "properties": { property: { "const": name } }, "required": [property] }))
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
