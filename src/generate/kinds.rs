//! What discriminators say (OpenAPI, Discriminator Object): a branch has its name, a base one of its kinds.

use serde_json::{Map, Value, json};

use super::maker::Maker;

/// Where schemas with names stand, in OpenAPI 3 and Swagger 2.0.
const NAMED: [&str; 2] = ["#/components/schemas", "#/definitions"];
/// The most named schemas that are asked whose kind they are.
const MOST: usize = 20_000;

/// One kind that a value of a base schema may be of.
struct Kind<'a> {
    /// What the discriminator's property says then.
    name: String,
    reference: String,
    target: &'a Value,
}

impl<'a> Maker<'a> {
    /// What makes a value of a schema with `discriminator`, and without branches of its own, one of a
    /// kind: the schema of the kind, where the value is of none yet, and its name.
    ///
    /// `base` is that schema, `led` is what references led to on the way to it, the first one first.
    pub(super) fn kind_of(
        &self,
        discriminator: &Value,
        base: Option<&Value>,
        led: &[*const Value],
        number: usize,
    ) -> Vec<Value> {
        let Some(property) = discriminator.get("propertyName").and_then(Value::as_str) else { return Vec::new() };
        let mapping = discriminator.get("mapping").and_then(Value::as_object);
        let mapped: Vec<Kind<'_>> = mapping.into_iter().flatten().filter_map(|entry| self.mapped(entry)).collect();
        // A schema that takes the base in, and is not mapped, is of the kind of its own name.
        let implied = || base.map(|base| self.implied(base)).unwrap_or_default();
        let of = |kinds: &[Kind<'_>]| {
            let named = |one: &*const Value| kinds.iter().find(|kind| std::ptr::eq(kind.target, *one));
            led.iter().find_map(named).map(|kind| kind.name.clone())
        };
        if let Some(name) = of(&mapped).or_else(|| if led.len() > 1 { of(&implied()) } else { None }) {
            return vec![called(property, &name)];
        }
        let kinds = if mapped.is_empty() { implied() } else { mapped };
        match kinds.get(number % kinds.len().max(1)) {
            Some(kind) => vec![json!({ "$ref": kind.reference }), called(property, &kind.name)],
            None => Vec::new(),
        }
    }

    /// An entry of `mapping`, its value a reference or the name of a schema.
    fn mapped(&self, (name, to): (&String, &Value)) -> Option<Kind<'a>> {
        let to = to.as_str()?;
        let named = NAMED.iter().map(|place| format!("{place}/{to}"));
        let found = std::iter::once(to.to_owned()).chain(named).find_map(|reference| {
            let target = (self.lookup)(&reference)?;
            Some((reference, target))
        });
        found.map(|(reference, target)| Kind { name: name.clone(), reference, target })
    }

    /// The schemas of the document that take `base` in.
    fn implied(&self, base: &Value) -> Vec<Kind<'a>> {
        let all = |place: &'static str| {
            let schemas = (self.lookup)(place).and_then(Value::as_object);
            schemas.into_iter().flatten().take(MOST).map(move |(name, schema)| (place, name, schema))
        };
        let of_base = NAMED.into_iter().flat_map(all).filter(|(.., schema)| self.takes_in(schema, base));
        let kind = |(place, name, target): (&str, &String, &'a Value)| {
            let reference = format!("{place}/{}", escaped(name));
            Kind { name: name.clone(), reference, target }
        };
        of_base.map(kind).collect()
    }

    fn takes_in(&self, schema: &Value, base: &Value) -> bool {
        let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        let mut led = parts.filter_map(|part| (self.lookup)(part.get("$ref")?.as_str()?));
        led.any(|target| std::ptr::eq(target, base))
    }
}

/// What a discriminator says about a branch: its property has the branch's name.
pub(super) fn discriminated(discriminator: &Value, branch: &Value) -> Option<Value> {
    let property = discriminator.get("propertyName")?.as_str()?;
    let reference = branch.get("$ref")?.as_str()?;
    let last = reference.rsplit('/').next()?;
    let mapped = discriminator.get("mapping").and_then(Value::as_object).and_then(|mapping: &Map<String, Value>| {
        mapping.iter().find(|(_, to)| to.as_str().is_some_and(|to| to == reference || to == last)).map(|(name, _)| name)
    });
    Some(called(property, mapped.map_or(last, String::as_str)))
}

fn called(property: &str, name: &str) -> Value {
    json!({ "properties": { property: { "const": name } }, "required": [property] })
}

/// A name as a token of a JSON Pointer (RFC 6901, section 3) in a URI fragment.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1").replace('%', "%25")
}
