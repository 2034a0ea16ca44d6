//! What kinds of value a schema takes: enough to read a text as the value that was meant.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::source::Pointer;

/// How deep shapes go; what is deeper may be anything.
const DEEPEST: usize = 12;
/// How many schemas are looked at for one shape: schemas may multiply when written out.
const MOST_SCHEMAS: usize = 5_000;

/// The types that a schema allows, and those of what is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    types: u8,
    items: Option<Box<Shape>>,
    properties: IndexMap<String, Shape>,
    additional: Option<Box<Shape>>,
}

static UNKNOWN: LazyLock<Shape> = LazyLock::new(Shape::anything);

const NULL: u8 = 1;
const BOOLEAN: u8 = 2;
const NUMBER: u8 = 4;
const STRING: u8 = 8;
const ARRAY: u8 = 16;
const OBJECT: u8 = 32;
const ANYTHING: u8 = 63;

impl Shape {
    /// Anything at all.
    pub fn anything() -> Self {
        Self { types: ANYTHING, items: None, properties: IndexMap::new(), additional: None }
    }

    /// The shape of a normalised schema; references are pointers into `root`.
    pub fn of(schema: &Value, root: &Value) -> Self {
        Builder { root, left: MOST_SCHEMAS }.at(schema, 0)
    }
    /// What both allow.
    fn narrow(&mut self, other: Self) {
        self.types &= other.types;
        self.items = self.items.take().or(other.items);
        self.additional = self.additional.take().or(other.additional);
        for (name, shape) in other.properties {
            match self.properties.get_mut(&name) {
                Some(known) => known.types &= shape.types,
                None => drop(self.properties.insert(name, shape)),
            }
        }
    }

    /// What either allows.
    fn widen(mut self, other: Self) -> Self {
        self.types |= other.types;
        self.items = self.items.or(other.items);
        self.additional = self.additional.or(other.additional);
        for (name, shape) in other.properties {
            match self.properties.get_mut(&name) {
                Some(known) => known.types |= shape.types,
                None => drop(self.properties.insert(name, shape)),
            }
        }
        self
    }

    /// Whether nothing is known about it.
    pub fn is_anything(&self) -> bool {
        self.types == ANYTHING
    }

    /// Whether lists are allowed.
    pub fn takes_array(&self) -> bool {
        self.types & ARRAY != 0
    }

    /// Whether objects are allowed.
    pub fn takes_object(&self) -> bool {
        self.types & OBJECT != 0
    }

    /// Whether strings are allowed.
    pub fn takes_string(&self) -> bool {
        self.types & STRING != 0
    }

    /// Whether anything but lists and objects (and null) is allowed.
    pub fn takes_scalar(&self) -> bool {
        self.types & (STRING | NUMBER | BOOLEAN) != 0
    }

    /// The shape of a list's items.
    pub fn item(&self) -> &Self {
        self.items.as_deref().unwrap_or(&UNKNOWN)
    }

    /// The shape of an object's property.
    pub fn property(&self, name: &str) -> &Self {
        self.properties.get(name).or(self.additional.as_deref()).unwrap_or(&UNKNOWN)
    }

    /// Whether an object says what properties are that it does not name.
    pub fn is_open(&self) -> bool {
        self.additional.is_some()
    }

    /// The names of an object's properties, as far as they are declared.
    pub fn property_names(&self) -> impl Iterator<Item = &str> {
        self.properties.keys().map(String::as_str)
    }

    /// A text as the scalar that was meant: a boolean, number or null where the schema takes one
    /// and the text is one, else the string.
    pub fn scalar(&self, text: &str) -> Value {
        if self.is_anything() {
            return Value::String(text.to_owned());
        }
        if self.types & BOOLEAN != 0 && matches!(text, "true" | "false") {
            return Value::Bool(text == "true");
        }
        if self.types & NUMBER != 0
            && text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            && let Ok(number @ Value::Number(_)) = serde_json::from_str(text)
        {
            return number;
        }
        if self.types & NULL != 0 && (text == "null" || text.is_empty() && self.types & STRING == 0) {
            return Value::Null;
        }
        Value::String(text.to_owned())
    }
}

struct Builder<'r> {
    root: &'r Value,
    left: usize,
}

impl Builder<'_> {
    fn at(&mut self, schema: &Value, depth: usize) -> Shape {
        let Value::Object(map) = schema else { return Shape::anything() };
        if depth > DEEPEST || self.left == 0 {
            return Shape::anything();
        }
        self.left -= 1;
        let mut shape = self.own(map, depth);
        if let Some(reference) = map.get("$ref").and_then(Value::as_str)
            && let Some(target) = Pointer::from_fragment(reference).and_then(|at| self.root.pointer(at.as_str()))
        {
            shape.narrow(self.at(target, depth + 1));
        }
        for part in list(map, "allOf") {
            shape.narrow(self.at(part, depth + 1));
        }
        for keyword in ["anyOf", "oneOf"] {
            let branches = list(map, keyword).iter().map(|branch| self.at(branch, depth + 1));
            if let Some(either) = branches.reduce(Shape::widen) {
                shape.narrow(either);
            }
        }
        shape
    }

    fn own(&mut self, map: &Map<String, Value>, depth: usize) -> Shape {
        let mut types = match map.get("type") {
            Some(Value::String(name)) => named(name),
            Some(Value::Array(names)) => {
                names.iter().filter_map(Value::as_str).fold(0, |types, name| types | named(name))
            }
            _ => ANYTHING,
        };
        if let Some(value) = map.get("const") {
            types &= of_value(value);
        }
        if let Some(Value::Array(options)) = map.get("enum") {
            types &= options.iter().fold(0, |types, option| types | of_value(option));
        }
        let mut below = |key: &str| match map.get(key) {
            Some(schema @ Value::Object(_)) => Some(Box::new(self.at(schema, depth + 1))),
            _ => None,
        };
        let (items, additional) = (below("items"), below("additionalProperties"));
        let properties = map.get("properties").and_then(Value::as_object).into_iter().flatten();
        let properties = properties.map(|(name, schema)| (name.clone(), self.at(schema, depth + 1))).collect();
        Shape { types, items, properties, additional }
    }
}

fn list<'m>(map: &'m Map<String, Value>, key: &str) -> &'m [Value] {
    map.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn named(name: &str) -> u8 {
    match name {
        "null" => NULL,
        "boolean" => BOOLEAN,
        "integer" | "number" => NUMBER,
        "string" => STRING,
        "array" => ARRAY,
        "object" => OBJECT,
        _ => ANYTHING,
    }
}

fn of_value(value: &Value) -> u8 {
    match value {
        Value::Null => NULL,
        Value::Bool(_) => BOOLEAN,
        Value::Number(_) => NUMBER,
        Value::String(_) => STRING,
        Value::Array(_) => ARRAY,
        Value::Object(_) => OBJECT,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_become_what_the_schema_takes() {
        let root = json!({"n": {"type": "integer"}});
        for (schema, text, expected) in [
            (json!({"type": "integer"}), "5", json!(5)),
            (json!({"type": "integer"}), "5.5", json!(5.5)),
            (json!({"type": "integer"}), "05", json!("05")),
            (json!({"type": "string"}), "5", json!("5")),
            (json!({"type": "boolean"}), "true", json!(true)),
            (json!({"type": "boolean"}), "True", json!("True")),
            (json!({"type": ["integer", "null"]}), "", json!(null)),
            (json!({"type": ["string", "null"]}), "", json!("")),
            (json!({"$ref": "#/n"}), "7", json!(7)),
            (json!({"anyOf": [{"$ref": "#/n"}, {"type": "boolean"}]}), "7", json!(7)),
            (json!({"allOf": [{"type": ["integer", "string"]}, {"type": "string"}]}), "7", json!("7")),
            (json!({"enum": [1, 2]}), "2", json!(2)),
            (json!({}), "2", json!("2")),
        ] {
            assert_eq!(Shape::of(&schema, &root).scalar(text), expected, "{schema} {text}");
        }
    }

    #[test]
    fn schemas_that_contain_themselves_end() {
        let root = json!({"t": {"allOf": [{"$ref": "#/t"}], "items": {"$ref": "#/t"}, "type": "array"}});
        assert!(Shape::of(&root["t"], &root).takes_array());
    }
}
