//! Secrets in bodies, by media type.

use bytes::Bytes;
use serde_json::{Map, Number, Value};

use super::Pass;
use super::looks;
use super::vault::Form;
use crate::exchange::MediaType;

impl Pass<'_> {
    /// A body with what is secret in it replaced; the very bytes where nothing is.
    pub(super) fn body(&mut self, body: &Bytes, media_type: Option<&MediaType>) -> Bytes {
        let Ok(text) = std::str::from_utf8(body) else { return body.clone() };
        if text.is_empty() {
            return body.clone();
        }
        let is_json =
            media_type.is_some_and(MediaType::is_json) || (media_type.is_none() && text.starts_with(['{', '[']));
        if is_json && let Ok(value) = serde_json::from_str::<Value>(text) {
            let redacted = self.value("", &value);
            return if redacted == value { body.clone() } else { redacted.to_string().into() };
        }
        let redacted = if media_type.is_some_and(MediaType::is_form) {
            self.pairs(text)
        } else if media_type.is_some_and(MediaType::is_multipart) {
            self.parts(text)
        } else {
            self.looked_at(text)
        };
        if redacted == text { body.clone() } else { redacted.into() }
    }

    fn value(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.string(name, text)),
            Value::Number(number) => self.number(name, number),
            Value::Array(items) => items.iter().map(|item| self.value(name, item)).collect(),
            Value::Object(map) => {
                let entry = |(key, value): (&String, &Value)| (self.looked_at(key), self.value(key, value));
                Value::Object(map.iter().map(entry).collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    fn string(&mut self, name: &str, text: &str) -> String {
        // JSON within a string is read as JSON: its own escapes would hide what is in it.
        if text.starts_with(['{', '['])
            && !self.redact.is_secret(name, text)
            && let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(text)
        {
            let redacted = self.value("", &inner);
            return if redacted == inner { text.to_owned() } else { redacted.to_string() };
        }
        self.named(name, text)
    }

    fn number(&mut self, name: &str, number: &Number) -> Value {
        let text = number.to_string();
        let whole = text.bytes().all(|byte| byte.is_ascii_digit());
        if !whole || self.redact.keeps(name, &text) {
            return Value::Number(number.clone());
        }
        let card = matches!(looks::find(&text).as_slice(), [(range, looks::Kind::Card)] if range.len() == text.len());
        let form = if card {
            Form::Looks(looks::Kind::Card)
        } else if self.redact.is_secret(name, &text) {
            Form::Text
        } else if super::is_phone(name, &text) {
            Form::Looks(looks::Kind::Phone)
        } else {
            return Value::Number(number.clone());
        };
        let placed = self.placed(&text, form, if card { "CARD" } else { name });
        // A number does not begin with zeros.
        let digits = placed.trim_start_matches('0');
        digits.parse::<u64>().map_or_else(|_| Value::from(0), Value::from)
    }

    /// `multipart/form-data` (RFC 7578): the parts by their names.
    fn parts(&mut self, text: &str) -> String {
        let Some(boundary) = text.lines().next().filter(|line| line.starts_with("--")) else {
            return self.looked_at(text);
        };
        let part = |part: &str| {
            let Some((head, value)) = part.split_once("\r\n\r\n") else { return part.to_owned() };
            let (value, end) = value.strip_suffix("\r\n").map_or((value, ""), |value| (value, "\r\n"));
            let name = head.split("name=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
            format!("{}\r\n\r\n{}{end}", self.looked_at(head), self.named(name, value))
        };
        text.split(boundary).map(part).collect::<Vec<_>>().join(boundary)
    }
}
