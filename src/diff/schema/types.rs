//! Sets of types.

use serde_json::Value;

/// The types that a value may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Types(u8);

const NULL: u8 = 1;
const BOOLEAN: u8 = 2;
const OBJECT: u8 = 4;
const ARRAY: u8 = 8;
const STRING: u8 = 16;
const INTEGER: u8 = 32;
/// Numbers that are no integers.
const FRACTION: u8 = 64;

const NAMES: [(u8, &str); 8] = [
    (BOOLEAN, "boolean"),
    (OBJECT, "object"),
    (ARRAY, "array"),
    (STRING, "string"),
    (INTEGER | FRACTION, "number"),
    (INTEGER, "integer"),
    (FRACTION, "number"),
    (NULL, "null"),
];

impl Types {
    pub(super) const ANY: Self = Self(127);
    pub(super) const NONE: Self = Self(0);
    pub(super) const ARRAY: Self = Self(ARRAY);
    pub(super) const STRING: Self = Self(STRING);
    pub(super) const OBJECT: Self = Self(OBJECT);
    pub(super) const NULL: Self = Self(NULL);
    pub(super) const BOOLEAN: Self = Self(BOOLEAN);
    pub(super) const INTEGER: Self = Self(INTEGER);
    /// Numbers that are no integers.
    pub(super) const FRACTION: Self = Self(FRACTION);
    pub(super) const NUMBER: Self = Self(INTEGER | FRACTION);
    /// Lists and objects: what is said of the one under the type of the other is a slip, and compared.
    pub(super) const STRUCTURED: Self = Self(ARRAY | OBJECT);
    /// What is written as plain text.
    pub(super) const SCALAR: Self = Self(BOOLEAN | STRING | INTEGER | FRACTION);

    /// From the value of `type`.
    pub(super) fn parse(value: &Value) -> Self {
        match value {
            Value::String(name) => Self(bits(name)),
            Value::Array(names) => Self(names.iter().filter_map(Value::as_str).fold(0, |all, name| all | bits(name))),
            _ => Self::ANY,
        }
    }

    /// The type of one value.
    pub(super) fn of_value(value: &Value) -> Self {
        Self(match value {
            Value::Null => NULL,
            Value::Bool(_) => BOOLEAN,
            Value::Object(_) => OBJECT,
            Value::Array(_) => ARRAY,
            Value::String(_) => STRING,
            // `1.0` is an integer (JSON Schema Core 2020-12, section 4.2.3).
            Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() != 0.0) => FRACTION,
            Value::Number(_) => INTEGER,
        })
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn with_null(self) -> Self {
        Self(self.0 | NULL)
    }

    pub(super) fn without_null(self) -> Self {
        Self(self.0 & !NULL)
    }

    pub(super) fn has_null(self) -> bool {
        self.0 & NULL != 0
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn bits(self) -> u8 {
        self.0
    }

    /// Whether only texts, numbers and truth values: what a parameter writes as it is.
    pub(super) fn is_scalar(self) -> bool {
        self.0 & (OBJECT | ARRAY) == 0 && self.0 != 0
    }
}

fn bits(name: &str) -> u8 {
    NAMES.iter().find(|(_, known)| *known == name).map_or(0, |(bits, _)| *bits)
}

impl std::fmt::Display for Types {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.without_null() == Self::ANY.without_null() {
            return f.write_str("any type");
        }
        let mut left = self.0;
        let mut names = Vec::new();
        for (bits, name) in NAMES {
            if left & bits == bits {
                names.push(format!("`{name}`"));
                left &= !bits;
            }
        }
        f.write_str(&if names.is_empty() { "no type".to_owned() } else { names.join(" or ") })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sets() {
        for (value, shown) in [
            (json!("integer"), "`integer`"),
            (json!("number"), "`number`"),
            (json!(["string", "null"]), "`string` or `null`"),
            (json!({}), "any type"),
            (json!("int"), "no type"),
        ] {
            assert_eq!(Types::parse(&value).to_string(), shown);
        }
        assert!(Types::NUMBER.contains(Types::parse(&json!("integer"))));
        assert!(!Types::parse(&json!("integer")).contains(Types::NUMBER));
    }
}
