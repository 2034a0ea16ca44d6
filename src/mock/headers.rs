//! The header fields that a documented response declares.

use serde_json::Value;

use super::document::Documented;
use crate::contract::{Direction, Example, HeaderSpec, SchemaRef};
use crate::generate::{Generator, derive_seed};

impl Documented<'_> {
    /// A header's value; `None` for one that is ours to write.
    pub(super) fn header(&self, header: &HeaderSpec, seed: u64) -> Result<Option<String>, String> {
        let ours = ["content-type", "content-length", "content-encoding", "transfer-encoding", "connection"];
        if ours.iter().any(|ours| header.name.eq_ignore_ascii_case(ours)) {
            return Ok(None);
        }
        if let Some(content) = &header.content {
            let value = self.value(content.schema.as_ref(), &content.examples, &header.name, seed)?;
            return sendable(value.to_string());
        }
        let value = self.value(header.schema.as_ref(), &header.examples, &header.name, seed)?;
        sendable(simple(&value, header.explode))
    }

    fn value(&self, schema: Option<&SchemaRef>, examples: &[Example], name: &str, seed: u64) -> Result<Value, String> {
        if let Some(value) = self.example(schema, examples) {
            return Ok(value.clone());
        }
        let schema = schema.ok_or("it has neither schema nor example")?;
        let seed = derive_seed(seed, name.as_bytes());
        let mut generator = Generator::new(self.contract, Direction::Response, seed).with_examples();
        generator.named_value(schema, name).map_err(|error| error.to_string())
    }
}

fn sendable(value: String) -> Result<Option<String>, String> {
    match hyper::header::HeaderValue::from_bytes(value.as_bytes()) {
        Ok(_) => Ok(Some(value)),
        Err(_) => Err("its value holds what no header can".to_owned()),
    }
}

/// A value in the `simple` style (OpenAPI, "Style Values").
fn simple(value: &Value, explode: bool) -> String {
    let joined = |parts: Vec<String>| parts.join(",");
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(items) => joined(items.iter().map(|item| simple(item, false)).collect()),
        Value::Object(map) => {
            let separator = if explode { '=' } else { ',' };
            joined(map.iter().map(|(name, value)| format!("{name}{separator}{}", simple(value, false))).collect())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn headers_are_written_in_the_simple_style() {
        for (value, explode, expected) in [
            (json!("a b"), false, "a b"),
            (json!([1, "x", true]), false, "1,x,true"),
            (json!({"a": 1, "b": "c"}), false, "a,1,b,c"),
            (json!({"a": 1, "b": "c"}), true, "a=1,b=c"),
        ] {
            assert_eq!(simple(&value, explode), expected);
        }
    }
}
