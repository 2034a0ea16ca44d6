//! JSON values to the engine's and back, within bounds.

use minijinja::value::{Value as Engine, ValueKind};
use serde_json::{Map, Number, Value};

use super::{LARGEST_VALUE, LONGEST_TEXT};

/// Deeper values are not taken out of the engine.
const DEEPEST: usize = 128;

pub(super) fn from_json(value: &Value) -> Engine {
    match value {
        Value::Null => Engine::from(()),
        Value::Bool(value) => Engine::from(*value),
        Value::Number(number) => from_number(number),
        Value::String(text) => Engine::from(text.as_str()),
        Value::Array(items) => items.iter().map(from_json).collect(),
        Value::Object(map) => Engine::from_pairs(map.iter().map(|(key, value)| (key.as_str(), from_json(value)))),
    }
}

fn from_number(number: &Number) -> Engine {
    if let Some(number) = number.as_i64() {
        Engine::from(number)
    } else if let Some(number) = number.as_u64() {
        Engine::from(number)
    } else {
        Engine::from(number.as_f64())
    }
}

/// As JSON; why not, where it has no JSON form or is too large.
pub(super) fn to_json(value: &Engine) -> Result<Value, String> {
    json(value, &mut LARGEST_VALUE.clone(), 0)
}

fn json(value: &Engine, left: &mut usize, depth: usize) -> Result<Value, String> {
    let cost = 8 + value.as_str().map_or(0, str::len);
    *left = left.checked_sub(cost).ok_or("the value is too large")?;
    if depth > DEEPEST {
        return Err("the value is nested too deep".to_owned());
    }
    match value.kind() {
        ValueKind::None => Ok(Value::Null),
        ValueKind::Bool => Ok(Value::Bool(value.is_true())),
        ValueKind::Number => number(value),
        ValueKind::String => text(value.as_str().unwrap_or_default()).map(Value::String),
        ValueKind::Bytes => match std::str::from_utf8(value.as_bytes().unwrap_or_default()) {
            Ok(valid) => text(valid).map(Value::String),
            Err(_) => Err("the bytes are not UTF-8".to_owned()),
        },
        ValueKind::Seq | ValueKind::Iterable => {
            let mut items = Vec::new();
            for item in value.try_iter().map_err(|error| error.to_string())? {
                items.push(json(&item, left, depth + 1)?);
            }
            Ok(Value::Array(items))
        }
        ValueKind::Map => {
            let mut map = Map::new();
            for key in value.try_iter().map_err(|error| error.to_string())? {
                let item = value.get_item(&key).map_err(|error| error.to_string())?;
                let name = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                *left = left.checked_sub(name.len()).ok_or("the value is too large")?;
                map.insert(name, json(&item, left, depth + 1)?);
            }
            Ok(Value::Object(map))
        }
        ValueKind::Undefined => Err("undefined".to_owned()),
        _ => Err(format!("{} has no JSON form", value.kind())),
    }
}

fn text(text: &str) -> Result<String, String> {
    if text.len() > LONGEST_TEXT {
        return Err(format!("the text has {} bytes; at most {LONGEST_TEXT} are allowed", text.len()));
    }
    Ok(text.to_owned())
}

fn number(value: &Engine) -> Result<Value, String> {
    if value.is_integer() {
        if let Ok(number) = i64::try_from(value.clone()) {
            return Ok(number.into());
        }
        if let Ok(number) = u64::try_from(value.clone()) {
            return Ok(number.into());
        }
    }
    let float = f64::try_from(value.clone()).map_err(|error| error.to_string())?;
    Number::from_f64(float).map(Value::Number).ok_or_else(|| format!("`{float}` has no JSON form"))
}

/// As it stands inside a text: strings as they are, everything else as JSON.
pub(super) fn to_text(value: &Engine) -> Result<String, String> {
    match to_json(value)? {
        Value::String(text) => Ok(text),
        other => text(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_comes_back_as_it_was() {
        let value =
            json!({"z": [1, -1, u64::MAX, i64::MIN, 1.0, 0.5, 1e300], "a": {"b": null, "c": true}, "s": "é\u{0}"});
        let back = to_json(&from_json(&value)).expect("a JSON form");
        assert_eq!(back.to_string(), value.to_string());
    }

    #[test]
    fn what_is_too_large_or_no_json_is_refused() {
        let huge = Engine::from("x".repeat(LONGEST_TEXT + 1));
        let many: Engine = (0..3_000_000).map(Engine::from).collect();
        for value in [huge, many, Engine::from(f64::NAN), Engine::UNDEFINED, Engine::from_bytes(vec![255])] {
            assert!(to_json(&value).is_err(), "{:?}", value.kind());
        }
    }
}
