//! Reading a user's mapping: typed fields, every fault collected, unknown keys with "did you mean".

use serde_json::{Map, Value};

use super::{Diagnostic, Diagnostics, Pointer, Source, did_you_mean};

/// A value with its place, and where faults are collected.
#[derive(Clone)]
pub struct Node<'a> {
    /// The value.
    pub value: &'a Value,
    /// Where it stands in its file.
    pub at: Pointer,
    /// The file.
    pub source: &'a Source,
}

impl<'a> Node<'a> {
    /// The whole of a file.
    pub fn root(value: &'a Value, source: &'a Source) -> Self {
        Self { value, at: Pointer::root(), source }
    }

    /// The item of a mapping or list below this one.
    #[must_use]
    pub fn child(&self, token: &str, value: &'a Value) -> Self {
        Self { value, at: self.at.join(token), source: self.source }
    }

    /// The diagnostic that something else was expected here.
    pub fn expected(&self, expected: &str) -> Diagnostic {
        let message = format!("expected {expected}, found {}", kind(self.value));
        Diagnostic::error("wrong-type", message).at_value(self.source, &self.at, format!("not {expected}"))
    }

    /// An error that underlines this value.
    pub fn error(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at_value(self.source, &self.at, "")
    }

    /// The fields of this mapping; a fault and `None` where it is none.
    pub fn fields(&self, faults: &mut Diagnostics) -> Option<Fields<'a>> {
        match self.value {
            Value::Object(map) => Some(Fields { node: self.clone(), map, asked: Vec::with_capacity(32) }),
            _ => {
                faults.push(self.expected("a mapping"));
                None
            }
        }
    }

    /// The items of this list; a fault and nothing where it is none.
    pub fn items(&self, faults: &mut Diagnostics) -> Vec<Self> {
        match self.value {
            Value::Array(items) => {
                items.iter().enumerate().map(|(i, value)| self.child(&i.to_string(), value)).collect()
            }
            _ => {
                faults.push(self.expected("a list"));
                Vec::new()
            }
        }
    }

    /// The entries of this mapping, whatever their keys; a fault and nothing where it is none.
    pub fn entries(&self, faults: &mut Diagnostics) -> Vec<(&'a str, Self)> {
        match self.value {
            Value::Object(map) => map.iter().map(|(key, value)| (key.as_str(), self.child(key, value))).collect(),
            _ => {
                faults.push(self.expected("a mapping"));
                Vec::new()
            }
        }
    }

    /// This value as a string; a fault and `None` where it is none.
    pub fn string(&self, faults: &mut Diagnostics) -> Option<&'a str> {
        self.typed(self.value.as_str(), "a string", faults)
    }

    /// This value as a string, or a list of them: always a list.
    pub fn strings(&self, faults: &mut Diagnostics) -> Vec<&'a str> {
        match self.value {
            Value::String(text) => vec![text],
            Value::Array(_) => self.items(faults).iter().filter_map(|item| item.string(faults)).collect(),
            _ => {
                faults.push(self.expected("a string or a list of strings"));
                Vec::new()
            }
        }
    }

    /// This value as a boolean; a fault and `None` where it is none.
    pub fn boolean(&self, faults: &mut Diagnostics) -> Option<bool> {
        self.typed(self.value.as_bool(), "true or false", faults)
    }

    /// This value as a whole number from 0; a fault and `None` where it is none.
    pub fn whole(&self, faults: &mut Diagnostics) -> Option<u64> {
        self.typed(self.value.as_u64(), "a whole number", faults)
    }

    fn typed<T>(&self, value: Option<T>, expected: &str, faults: &mut Diagnostics) -> Option<T> {
        if value.is_none() {
            faults.push(self.expected(expected));
        }
        value
    }
}

/// The fields of one mapping; those nobody asked for are unknown ([`Fields::finish`]).
pub struct Fields<'a> {
    node: Node<'a>,
    map: &'a Map<String, Value>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The field `key`, `None` where it is absent.
    pub fn get(&mut self, key: &'static str) -> Option<Node<'a>> {
        self.asked.push(key);
        // Most mappings of a case file are so small that to look through them costs less than to hash.
        let value = if self.map.len() <= 8 {
            self.map.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
        } else {
            self.map.get(key)
        };
        value.map(|value| self.node.child(key, value))
    }

    /// The field `key`; a fault where it is absent.
    pub fn require(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<Node<'a>> {
        let found = self.get(key);
        if found.is_none() {
            let message = format!("`{key}` is missing");
            faults.push(Diagnostic::error("missing-key", message).at_key(
                self.node.source,
                &self.node.at,
                format!("needs `{key}`"),
            ));
        }
        found
    }

    /// The string at `key`.
    pub fn string(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<&'a str> {
        self.get(key)?.string(faults)
    }

    /// The boolean at `key`.
    pub fn boolean(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<bool> {
        self.get(key)?.boolean(faults)
    }

    /// The whole number at `key`.
    pub fn whole(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<u64> {
        self.get(key)?.whole(faults)
    }

    /// The mapping itself.
    pub fn node(&self) -> &Node<'a> {
        &self.node
    }

    /// Every key that was not asked for is a fault, with the nearest known one as help.
    /// Keys that start with `x-` are the user's own.
    pub fn finish(self, faults: &mut Diagnostics) {
        for key in self.map.keys().filter(|key| !key.starts_with("x-")) {
            if self.asked.contains(&key.as_str()) {
                continue;
            }
            let help = match did_you_mean(key, self.asked.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known here: {}", self.asked.join(", ")),
            };
            let diagnostic = Diagnostic::error("unknown-key", format!("unknown key `{key}`"))
                .at_key(self.node.source, &self.node.at.join(key), "not known here")
                .help(help);
            faults.push(diagnostic);
        }
    }
}

/// What a value is, in a user's words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Limits, read};

    #[test]
    fn unknown_keys_are_underlined_with_a_suggestion() {
        let source = Source::new("a.yaml", "name: x\noperatoin: y\n");
        let (value, _) = read(&source, &Limits::default());
        let value = value.expect("valid YAML");
        let mut faults = Diagnostics::new();
        let mut fields = Node::root(&value, &source).fields(&mut faults).expect("a mapping");
        assert_eq!(fields.string("name", &mut faults), Some("x"));
        assert!(fields.get("operation").is_none());
        fields.finish(&mut faults);
        let expected = "\
error[unknown-key]: unknown key `operatoin`
 --> a.yaml:2:1
  |
2 | operatoin: y
  | ^^^^^^^^^ not known here
  |
  = help: did you mean `operation`?";
        assert_eq!(faults.to_string(), expected);
    }
}
