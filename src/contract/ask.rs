//! Questions about parts of a schema, each compiled when first asked and asked within a budget.

use std::collections::HashMap;

use jsonschema::{Registry, Validator};
use serde_json::{Map, Value, json};

use super::dialect::UNDECIDABLE;
use super::effort::{Roots, Spot, reach, reaches, size};
use super::schema::{ASK, Schema, compile};

/// How many values may be asked about, counted with all that is in them each time.
const MOST_VALUES: usize = 10_000_000;
/// How many schemas may be compiled to ask, counted with all that they refer to each time.
const MOST_SCHEMAS: usize = 1_000_000;

/// The keywords that hold schemas: none of them is judged by itself.
const APPLICATORS: [&str; 23] = [
    "$id",
    "$ref",
    "$dynamicRef",
    "$dynamicAnchor",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "items",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "unevaluatedProperties",
    "unevaluatedItems",
];

/// What is asked of the schema at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ask {
    /// Whether the value is known to break it. That is not the opposite of [`Ask::Takes`]: where
    /// the matching of a pattern was given up, neither is known.
    Refuses,
    /// Whether the value is known to keep it.
    Takes,
    /// Whether it is for a property of this name: it stands below `patternProperties`.
    Name,
    /// What its keywords without schemas in them say.
    Plain,
    /// What `contains` says.
    Contains,
    /// What `propertyNames` says.
    Names,
    /// What `not` says.
    Not,
}

impl Ask {
    /// The keyword that is asked about.
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Names => "propertyNames",
            Self::Not => "not",
            Self::Name => "patternProperties",
            Self::Refuses | Self::Takes | Self::Plain => "$ref",
        }
    }

    /// The question as a schema.
    fn schema(self, at: &Spot, asked: &Value) -> Value {
        match self {
            Self::Refuses => json!({"not": {"$ref": at.address()}}),
            Self::Takes => json!({"$ref": at.address()}),
            Self::Name => json!({"pattern": at.pointer.last()}),
            Self::Plain => asked.as_object().map_or_else(|| asked.clone(), plain),
            Self::Names | Self::Not => json!({self.keyword(): {"$ref": at.join(self.keyword()).address()}}),
            Self::Contains => {
                let mut own = json!({"contains": {"$ref": at.join("contains").address()}});
                for bound in ["minContains", "maxContains"] {
                    if let Some(limit) = asked.get(bound) {
                        own[bound] = limit.clone();
                    }
                }
                own
            }
        }
    }
}

/// The keywords of a schema without schemas in them, as a schema.
fn plain(schema: &Map<String, Value>) -> Value {
    let own = schema.iter().filter(|(key, _)| !APPLICATORS.contains(&key.as_str()));
    let mut own: Map<String, Value> = own.map(|(key, value)| (key.clone(), value.clone())).collect();
    // Which properties are others follows from the names alone.
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        for keyword in ["properties", "patternProperties"] {
            let names = schema.get(keyword).and_then(Value::as_object).into_iter().flatten();
            let names = names.map(|(name, _)| (name.clone(), Value::Bool(true))).collect();
            own.insert(keyword.to_owned(), Value::Object(names));
        }
        own.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    Value::Object(own)
}

/// Asks, as long as there is budget left.
pub(super) struct Asker<'a> {
    pub(super) roots: Roots<'a>,
    schema: &'a Schema,
    /// Where addresses of a user's own schema lead to, too.
    own: Option<Registry<'static>>,
    backtracks: usize,
    validators: HashMap<(Spot, Ask), Option<Validator>>,
    values: usize,
    schemas: usize,
}

impl<'a> Asker<'a> {
    /// For parts of `whole`.
    pub(super) fn new(schema: &'a Schema, whole: &Value) -> Self {
        Self {
            roots: schema.roots(),
            schema,
            own: schema.own_registry(),
            backtracks: schema.backtracks(whole),
            validators: HashMap::new(),
            values: MOST_VALUES,
            schemas: MOST_SCHEMAS,
        }
    }

    /// Whether nothing more can be found out.
    pub(super) fn is_spent(&self) -> bool {
        self.values == 0 || self.schemas == 0
    }

    /// Whether what stands at `at` may lead to a schema by which nothing can be judged.
    pub(super) fn is_open(&self, at: &Spot) -> bool {
        let schema = self.roots.value(at).filter(|_| self.schema.may_be_undecidable());
        schema.is_some_and(|schema| reaches(self.roots, at.own, schema, UNDECIDABLE))
    }

    /// Whether `value` is known to break the schema at `at`.
    pub(super) fn refuses(&mut self, at: &Spot, value: &Value) -> bool {
        match self.roots.value(at) {
            Some(Value::Bool(allowed)) => !allowed,
            Some(Value::Object(map)) if map.is_empty() => false,
            Some(_) => self.validator(at, Ask::Refuses, value).is_some_and(|validator| validator.is_valid(value)),
            None => false,
        }
    }

    /// Whether `value` is known to keep the schema at `at`.
    pub(super) fn takes(&mut self, at: &Spot, value: &Value) -> bool {
        self.validator(at, Ask::Takes, value).is_some_and(|validator| validator.is_valid(value))
    }

    /// Whether a property of this name is known to be one that the schema at `at` is for.
    pub(super) fn names(&mut self, at: &Spot, name: &str) -> bool {
        let name = Value::from(name);
        self.validator(at, Ask::Name, &name).is_some_and(|validator| validator.is_valid(&name))
    }

    /// What can be asked about `value`; nothing where there is no budget for it.
    pub(super) fn validator(&mut self, at: &Spot, ask: Ask, value: &Value) -> Option<&Validator> {
        self.values -= size(value, self.values);
        if self.is_spent() {
            return None;
        }
        // Asked of each item of a list: looked up before the key is made anew.
        let key = (at.clone(), ask);
        if !self.validators.contains_key(&key) {
            let made = self.compile(at, ask);
            self.validators.insert(key.clone(), made);
        }
        self.validators.get(&key)?.as_ref()
    }

    fn compile(&mut self, at: &Spot, ask: Ask) -> Option<Validator> {
        let asked = self.roots.value(at)?;
        let question = ask.schema(at, asked);
        self.schemas -= reach(self.roots, at.own, &question, self.schemas);
        if self.is_spent() {
            return None;
        }
        let registry = self.own.as_ref().or_else(|| self.schema.registry())?;
        compile(&question, registry, Some(ASK), (self.backtracks, self.schema.formats())).ok()
    }
}
