//! JSON as a value, with a look at whether any key stands twice in one object: the last one counts
//! then, and the reader should know.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads a JSON text; whether any key stands twice comes with the value.
pub(super) fn from_str(text: &str) -> Result<(Value, bool), serde_json::Error> {
    let repeated = Cell::new(false);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Whole(&repeated).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((value, repeated.get()))
}

#[derive(Clone, Copy)]
struct Whole<'r>(&'r Cell<bool>);

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self)?;
            if all.insert(key, value).is_some() {
                self.0.set(true);
            }
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::from_str;

    #[test]
    fn the_value_is_that_of_the_library() {
        for (text, repeated) in [
            (r#"{"a": [1, -2, 1.5, 18446744073709551615, 1e300, true, null, "\u00e9\n"], "b": {}}"#, false),
            (r#"{"a": 1, "b": {"c": 1, "c": 2}}"#, true),
            (r#"{"a": 1, "a": 1}"#, true),
            ("7", false),
        ] {
            let expected: serde_json::Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(from_str(text).expect("JSON"), (expected, repeated), "{text}");
        }
        for text in ["", "{", "[1] 2", "{\"a\": 1e400}", "nul"] {
            let expected = serde_json::from_str::<serde_json::Value>(text).expect_err("no JSON").to_string();
            assert_eq!(from_str(text).expect_err("no JSON").to_string(), expected, "{text}");
        }
    }
}
