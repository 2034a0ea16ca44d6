//! Types: what they are called, which values they allow, and schemas whose types exclude each other.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::contract::Survey;
use crate::lint::Change;
use crate::lint::context::{Context, Problem};
use crate::lint::keyword::TYPES;
use crate::lint::rules::{ARRAY_WITHOUT_ITEMS, ENUM_TYPE, IMPOSSIBLE_SCHEMA, REFERENCE_CIRCLE, UNKNOWN_TYPE};
use crate::lint::version::Version;
use crate::lint::walk::{Node, clip, list};
use crate::source::did_you_mean;

/// How far types are looked for through references and parts.
const DEEPEST: usize = 64;

/// A set of types, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) struct Types(u8);

impl Types {
    const ALL: Self = Self(0b111_1111);
    pub(super) const NONE: Self = Self(0);
    const NULL: Self = Self(1);

    /// The types of a name; all for one that is not known.
    pub(super) fn named(name: &str) -> Self {
        match TYPES.iter().position(|known| *known == name) {
            // An integer is a number.
            Some(4) => Self(0b011_0000),
            Some(bit) => Self(1 << bit),
            None => Self::ALL,
        }
    }

    /// The type of a value.
    pub(super) fn of(value: &Value) -> Self {
        Self(match value {
            Value::Null => 1,
            Value::Bool(_) => 1 << 1,
            Value::Object(_) => 1 << 2,
            Value::Array(_) => 1 << 3,
            Value::Number(number) if number.as_f64().is_some_and(|n| n.fract() == 0.0) => 1 << 5,
            Value::Number(_) => 1 << 4,
            Value::String(_) => 1 << 6,
        })
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The types that the `type` of a schema names, with null where it is nullable; all where it has none.
pub(super) fn declared(schema: &Map<String, Value>, version: Version) -> Types {
    let types = match schema.get("type") {
        Some(Value::String(name)) => Types::named(name),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).fold(Types::NONE, |types, name| types.or(Types::named(name)))
        }
        _ => return Types::ALL,
    };
    let nullable = version == Version::V30 && schema.get("nullable") == Some(&Value::Bool(true));
    if nullable { types.or(Types::NULL) } else { types }
}

/// What is known of the types of schemas, by address.
#[derive(Default)]
pub(in crate::lint) struct Known {
    /// `None` while it is being found.
    types: HashMap<usize, Option<Types>>,
    /// Schemas that stand inside themselves, with no value in between.
    circular: HashSet<usize>,
}

struct Search<'s, 'c> {
    survey: Survey<'c>,
    version: Version,
    known: &'s mut Known,
}

impl Search<'_, '_> {
    fn types(&mut self, document: usize, schema: &Value, depth: usize) -> Types {
        let Value::Object(map) = schema else { return Types::ALL };
        let address = std::ptr::from_ref(schema) as usize;
        match self.known.types.get(&address) {
            Some(Some(types)) => return *types,
            Some(None) => {
                self.known.circular.insert(address);
                return Types::ALL;
            }
            None if depth > DEEPEST => return Types::ALL,
            None => {}
        }
        self.known.types.insert(address, None);
        let types = self.of_parts(document, map, depth);
        self.known.types.insert(address, Some(types));
        types
    }

    fn of_parts(&mut self, document: usize, map: &Map<String, Value>, depth: usize) -> Types {
        let mut types = declared(map, self.version);
        if let Some(Value::String(reference)) = map.get("$ref") {
            let target = self.survey.target(document, reference);
            let of_target = target.and_then(|spot| {
                let value = self.survey.value(&spot)?;
                Some(self.types(spot.document, value, depth + 1))
            });
            types = types.and(of_target.unwrap_or(Types::ALL));
            if self.version == Version::V30 {
                return of_target.unwrap_or(Types::ALL);
            }
        }
        if let Some(value) = map.get("const").filter(|_| self.version >= Version::V31) {
            types = types.and(Types::of(value));
        }
        if let Some(Value::Array(options)) = map.get("enum") {
            types = types.and(options.iter().fold(Types::NONE, |types, option| types.or(Types::of(option))));
        }
        for part in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            types = types.and(self.types(document, part, depth + 1));
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(Value::Array(branches)) = map.get(keyword) else { continue };
            if branches.is_empty() {
                continue;
            }
            let any = branches.iter().fold(Types::NONE, |any, branch| any.or(self.types(document, branch, depth + 1)));
            types = types.and(any);
        }
        let nullable = self.version == Version::V30 && map.get("nullable") == Some(&Value::Bool(true));
        if nullable { types.or(Types::NULL) } else { types }
    }
}

/// The types that all of these schemas allow.
pub(super) fn common(context: &mut Context<'_>, document: usize, schemas: &[&Value]) -> Types {
    let mut known = std::mem::take(&mut context.known_types);
    let mut search = Search { survey: context.survey, version: context.version, known: &mut known };
    let all = schemas.iter().fold(Types::ALL, |all, schema| all.and(search.types(document, schema, 1)));
    context.known_types = known;
    all
}

pub(super) fn types(context: &mut Context<'_>, node: &Node<'_>) {
    if node.map.contains_key("type") {
        names(context, node);
    }
    if enum_fits(context, node) {
        fit_each_other(context, node);
    }
}

/// The words of `type`.
fn names(context: &mut Context<'_>, node: &Node<'_>) {
    let place = node.at("type");
    let is_30 = context.version == Version::V30;
    let known = if is_30 { &TYPES[1..] } else { &TYPES[..] };
    let unknown = |value: &Value| -> Option<Problem> {
        let name = match value {
            Value::String(name) if known.contains(&name.as_str()) => return None,
            Value::String(name) => name.as_str(),
            Value::Null => "null",
            _ => "",
        };
        let problem = Problem::value(&UNKNOWN_TYPE, &place, format!("`{}` is no type", clip(name)));
        Some(match (did_you_mean(name, known.iter().copied()), name) {
            (_, "null") if is_30 => problem.help("OpenAPI 3.0 writes `nullable: true`"),
            (_, "null") => problem.help("quote it: 'null'"),
            (_, "file") => problem.help("since OpenAPI 3.0 a file is `type: string, format: binary`"),
            (Some(near), _) => {
                let problem = problem.help(format!("did you mean `{near}`?"));
                // In a list it is one of several.
                if value.is_string() && std::ptr::eq(value, &raw const node.map["type"]) {
                    problem.fix(node.place.spot(), Change::update("type", near))
                } else {
                    problem
                }
            }
            _ => problem.help(format!("one of {}", list(known))),
        })
    };
    match &node.map["type"] {
        Value::Array(names) if is_30 => {
            let problem = Problem::value(&UNKNOWN_TYPE, &place, "`type` is one name in OpenAPI 3.0, not a list");
            let null = names.iter().any(|name| name == "null");
            context.push(problem.help(if null { "write `nullable: true` for null" } else { "write `oneOf`" }));
        }
        Value::Array(names) if names.is_empty() => {
            context.push(Problem::value(&UNKNOWN_TYPE, &place, "`type` names no type"));
        }
        Value::Array(names) => names.iter().filter_map(unknown).for_each(|problem| context.push(problem)),
        value => unknown(value).into_iter().for_each(|problem| context.push(problem)),
    }
    if is_30 && node.text("type") == Some("array") && !node.map.contains_key("items") {
        let version = if context.is_swagger { "Swagger 2.0" } else { "OpenAPI 3.0" };
        let message = format!("an array of {version} needs `items`");
        let problem = Problem::key(&ARRAY_WITHOUT_ITEMS, &place, message).help("`items: {}` allows anything");
        context.push(problem.fix(node.place.spot(), Change::update("items", json!({}))));
    }
}

/// Whether some value of `enum` has the type that is declared; told are those that do not.
fn enum_fits(context: &mut Context<'_>, node: &Node<'_>) -> bool {
    let declared = declared(node.map, context.version);
    let options = node.list("enum");
    let misfits: Vec<usize> =
        (0..options.len()).filter(|index| Types::of(&options[*index]).and(declared) == Types::NONE).collect();
    let Some(first) = misfits.first() else { return true };
    let place = node.at("enum");
    let kind = node.map.get("type").map(ToString::to_string).unwrap_or_default();
    if misfits.len() == options.len() {
        let message = format!("no value of `enum` is of type {kind}: no value satisfies this schema");
        let problem = Problem::value(&IMPOSSIBLE_SCHEMA, &place.index(*first), message);
        context.push(problem.also(node.at("type").spot(), "by this"));
        return false;
    }
    for index in misfits {
        let message = format!("{} is not of type {kind}", clip(&options[index].to_string()));
        let problem = Problem::value(&ENUM_TYPE, &place.index(index), message).label("never valid");
        context.push(match &options[index] {
            Value::Bool(_) | Value::Number(_) if kind.contains("string") => problem.help("quote it"),
            Value::Null if context.version == Version::V30 => problem.help("add `nullable: true`"),
            _ => problem,
        });
    }
    true
}

/// Parts whose types exclude each other.
fn fit_each_other(context: &mut Context<'_>, node: &Node<'_>) {
    let parts = ["$ref", "allOf", "anyOf", "oneOf"].iter().find(|keyword| node.map.contains_key(**keyword));
    let Some(keyword) = parts else { return };
    let spot = node.place.spot();
    let address = std::ptr::from_ref(node.value) as usize;
    let mut known = std::mem::take(&mut context.known_types);
    let mut search = Search { survey: context.survey, version: context.version, known: &mut known };
    let types = search.types(spot.document, node.value, 0);
    // Where a part has no type left by itself, it is told there.
    let mut inside = Types::ALL;
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for part in node.list(keyword) {
            if search.types(spot.document, part, 1) == Types::NONE {
                inside = Types::NONE;
            }
        }
    }
    let circular = known.circular.contains(&address);
    context.known_types = known;
    // A circle of references alone is told where they are followed.
    if circular && *keyword != "$ref" {
        let message = "this schema holds itself as its own part: judging by it never ends";
        context.push(Problem::key(&REFERENCE_CIRCLE, node.place, message).label("comes back to itself"));
    } else if types == Types::NONE && inside != Types::NONE && *keyword != "$ref" {
        let message = format!("the types that `{keyword}` allows exclude each other: no value satisfies this schema");
        context.push(Problem::key(&IMPOSSIBLE_SCHEMA, &node.at(keyword), message));
    }
}
