//! Folding: one plain schema in place of references, parts, branches, conditions and kinds.

use serde_json::{Map, Value, json};

use super::Unsatisfiable;
use super::deny::denied;
use super::fits::fits;
use super::kinds::discriminated;
use super::maker::{Made, Maker};
use super::merge::merge;

/// The most references and branches that are folded into one schema.
const FOLDS: usize = 200;
/// How many references are followed for a look ahead.
pub(super) const FAR: usize = 6;
/// From this depth on a full value takes the plainest of several branches: a customer's id for the customer.
const PLAINEST: usize = 2;

/// Which branches are chosen.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    pub(super) number: usize,
    /// Values are to be kept out of the branches that are not chosen.
    pub(super) apart: bool,
}

/// A schema without branches and references.
pub(super) struct Folded {
    pub(super) schema: Map<String, Value>,
    /// The schemas that it stands for.
    pub(super) through: Vec<*const Value>,
    /// The name of the first of them.
    pub(super) name: Option<String>,
}

/// A part that is still to be folded in.
struct Part<'a> {
    schema: Value,
    /// Whether it is the value's schema rather than a part of what it is composed of.
    whole: bool,
    /// Where a reference led to it.
    target: Option<&'a Value>,
}

impl Part<'_> {
    fn of(schema: Value, whole: bool) -> Self {
        Self { schema, whole, target: None }
    }
}

/// A fold under way.
struct Folding<'m, 'a> {
    maker: &'m Maker<'a>,
    choice: Choice,
    depth: usize,
    waiting: Vec<Part<'a>>,
    folded: Folded,
    /// What references led to, the first one first.
    led: Vec<*const Value>,
    /// Whether a discriminator has said what kind it is, or is not to be asked.
    of_a_kind: bool,
}

impl Folding<'_, '_> {
    fn wait(&mut self, parts: impl IntoIterator<Item = Value>, whole: bool) {
        self.waiting.extend(parts.into_iter().map(|part| Part::of(part, whole)));
    }

    /// Folds one part in; what it refers to and is composed of waits.
    fn one(&mut self, mut next: Map<String, Value>, whole: bool, target: Option<&Value>) -> Made<()> {
        if let Some(Value::String(reference)) = next.remove("$ref").or_else(|| next.remove("$dynamicRef")) {
            self.follow(&reference, whole)?;
        }
        if let Some(Value::Array(all)) = next.remove("allOf") {
            // `allOf` of a single reference only puts a description beside it.
            let whole = whole && all.len() == 1 && !next.contains_key("properties");
            self.wait(all.into_iter().rev(), whole);
        }
        let mut united = false;
        for key in ["anyOf", "oneOf"] {
            if let Some(Value::Array(branches)) = next.remove(key) {
                united = true;
                self.unite(key, &branches, next.get("discriminator"), whole)?;
            }
        }
        if let Some(discriminator) = next.remove("discriminator").filter(|_| !united && !self.of_a_kind) {
            self.of_a_kind = true;
            self.wait(self.maker.kind_of(&discriminator, target, &self.led, self.choice.number), false);
        }
        let mut parts = Vec::new();
        condition(&mut next, self.choice.number, &mut parts)?;
        self.wait(parts, false);
        let merged = merge(std::mem::take(&mut self.folded.schema), next);
        self.folded.schema = merged.ok_or_else(|| Unsatisfiable::new("two parts of the schema exclude each other"))?;
        Ok(())
    }

    fn follow(&mut self, reference: &str, whole: bool) -> Made<()> {
        let target = (self.maker.lookup)(reference);
        let target = target.ok_or_else(|| Unsatisfiable::new(format!("`{reference}` leads nowhere")))?;
        self.folded.through.extend(whole.then_some(std::ptr::from_ref(target)));
        let last = reference.rsplit('/').next().unwrap_or_default();
        self.folded.name.get_or_insert_with(|| last.to_owned());
        self.led.push(target);
        self.waiting.push(Part { schema: target.clone(), whole, target: Some(target) });
        Ok(())
    }

    fn unite(&mut self, key: &str, branches: &[Value], discriminator: Option<&Value>, whole: bool) -> Made<()> {
        let chosen = self.maker.branch(branches, self.choice.number, self.depth)?;
        if key == "oneOf" && self.choice.apart {
            self.wait(self.maker.kept_out(branches, &chosen), false);
        }
        // What a discriminator says may not be what the branch says; then the branch counts.
        let said = discriminator.filter(|_| !self.choice.apart);
        let said = said.and_then(|discriminator| discriminated(discriminator, &chosen));
        self.of_a_kind |= said.is_some();
        self.wait([chosen], whole);
        self.wait(said, false);
        Ok(())
    }
}

impl<'a> Maker<'a> {
    /// One schema in place of all that `map` is composed of. `choice` says which branches.
    pub(super) fn fold(&self, map: &Map<String, Value>, choice: Choice, depth: usize) -> Made<Folded> {
        let mut folding = Folding {
            maker: self,
            choice,
            depth,
            waiting: vec![Part::of(Value::Object(map.clone()), true)],
            folded: Folded { schema: Map::new(), through: Vec::new(), name: None },
            // The schema that was asked for has been led to as well.
            led: self.open.first().copied().filter(|_| depth == 0).into_iter().collect(),
            of_a_kind: choice.apart,
        };
        for _ in 0..FOLDS {
            match folding.waiting.pop() {
                None => return self.deny(&mut folding.folded.schema, choice).map(|()| folding.folded),
                Some(Part { schema: Value::Bool(false), .. }) => return Err(Unsatisfiable::new("a branch is `false`")),
                Some(Part { schema: Value::Object(next), whole, target }) => folding.one(next, whole, target)?,
                Some(_) => {}
            }
        }
        Err(Unsatisfiable::new("the schema refers to itself without an end"))
    }

    /// Later tries aim at what `not` leaves.
    fn deny(&self, schema: &mut Map<String, Value>, choice: Choice) -> Made<()> {
        let Some(not) = schema.get("not").filter(|_| choice.apart) else { return Ok(()) };
        for turned in denied(self.followed(not), choice.number) {
            let merged = merge(std::mem::take(schema), turned);
            *schema = merged.ok_or_else(|| Unsatisfiable::new("what is denied is all there is"))?;
        }
        Ok(())
    }

    /// The schema at the end of plain references: where its branches stand.
    pub(super) fn followed<'s>(&self, schema: &'s Value) -> &'s Value
    where
        'a: 's,
    {
        let mut at = schema;
        for _ in 0..FAR {
            match at.get("$ref").and_then(Value::as_str).and_then(self.lookup) {
                Some(target) if at.get("oneOf").is_none() => at = target,
                _ => break,
            }
        }
        at
    }

    /// Whether a value of `schema` is one of a schema that is being made already.
    pub(super) fn returns(&self, schema: &Value, far: usize) -> bool {
        let Some(map) = schema.as_object().filter(|_| far > 0) else { return false };
        if let Some(target) = map.get("$ref").and_then(Value::as_str).and_then(self.lookup)
            && (self.open.iter().any(|open| std::ptr::eq(*open, target)) || self.returns(target, far - 1))
        {
            return true;
        }
        let list = |key: &str| map.get(key).and_then(Value::as_array);
        if let Some([one]) = list("allOf").map(Vec::as_slice)
            && !map.contains_key("properties")
            && self.returns(one, far - 1)
        {
            return true;
        }
        let all_return = |branches: &Vec<Value>| {
            let mut telling = branches.iter().filter(|branch| !is_null(branch)).peekable();
            telling.peek().is_some() && telling.all(|branch| self.returns(branch, far - 1))
        };
        ["anyOf", "oneOf"].iter().any(|key| list(key).is_some_and(all_return))
    }

    /// Whether a value of `schema` can only be an object or an array.
    pub(super) fn is_composite(&self, schema: &Value, far: usize) -> bool {
        let Some(map) = schema.as_object().filter(|_| far > 0) else { return false };
        let list = |key: &str| map.get(key).and_then(Value::as_array).into_iter().flatten();
        match map.get("type") {
            Some(Value::String(name)) => return name == "object" || name == "array",
            Some(Value::Array(names)) => {
                let scalar = ["string", "integer", "number", "boolean"];
                return !names.iter().filter_map(Value::as_str).any(|name| scalar.contains(&name));
            }
            _ => {}
        }
        let target = map.get("$ref").and_then(Value::as_str).and_then(self.lookup);
        let mut branches = list("anyOf").chain(list("oneOf")).filter(|branch| !is_null(branch)).peekable();
        map.contains_key("properties")
            || map.contains_key("items")
            || target.is_some_and(|target| self.is_composite(target, far - 1))
            || list("allOf").any(|part| self.is_composite(part, far - 1))
            || branches.peek().is_some() && branches.all(|branch| self.is_composite(branch, far - 1))
    }

    /// The branch that `number` names; the plainest ones when it gets deep.
    fn branch(&self, branches: &[Value], number: usize, depth: usize) -> Made<Value> {
        let mut order: Vec<&Value> = branches.iter().collect();
        let deep = depth >= self.style.deep;
        if self.style.full && !deep {
            prefer(&mut order, |branch| !is_null(branch));
            prefer(&mut order, |branch| !self.returns(branch, FAR));
            if depth >= PLAINEST {
                prefer(&mut order, |branch| !self.is_composite(branch, FAR));
            }
        }
        if deep {
            order.sort_by_key(|branch| weight(branch));
        }
        // The plainest most of the time; the choices of one value are consecutive, so others have their turn.
        let at = if deep && number % 3 != 2 { 0 } else { number % order.len().max(1) };
        order.get(at).map(|branch| (*branch).clone()).ok_or_else(|| Unsatisfiable::new("there is no branch to choose"))
    }

    /// For each other branch what it does not take: a member of a name that the chosen one leaves open,
    /// or, of a scalar, its denial.
    fn kept_out(&self, branches: &[Value], chosen: &Value) -> Vec<Value> {
        let properties = |branch: &Value| self.followed(branch).get("properties")?.as_object().cloned();
        let own = properties(chosen).unwrap_or_default();
        let others = || branches.iter().filter(|branch| *branch != chosen);
        let member = |other: Map<String, Value>| {
            other.into_iter().filter(|(name, _)| !own.contains_key(name)).find_map(|(name, schema)| {
                let odd = [json!(0), json!("other"), json!(true), json!([])];
                let wrong = odd.into_iter().find(|value| !fits(&schema, value, self.lookup, 4))?;
                Some(json!({ "properties": { &name: { "const": wrong } }, "required": [name] }))
            })
        };
        let denial = |other: &Value| {
            let other = self.followed(other);
            let scalar = ["string", "integer", "number"];
            let kind = other.get("type").and_then(Value::as_str).filter(|kind| scalar.contains(kind));
            kind.map(|_| json!({ "not": other }))
        };
        others().filter_map(properties).filter_map(member).chain(others().filter_map(denial)).collect()
    }
}

/// Leaves only what is preferred, where there is any.
fn prefer<'v>(order: &mut Vec<&'v Value>, better: impl Fn(&'v Value) -> bool) {
    if order.iter().any(|branch| better(branch)) {
        order.retain(|branch| better(branch));
    }
}

fn is_null(branch: &Value) -> bool {
    branch.get("type").and_then(Value::as_str) == Some("null")
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
