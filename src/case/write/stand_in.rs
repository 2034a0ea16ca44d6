//! Texts of an exchange that are written as expressions.

use serde_json::Value;

use crate::expression::Template;
use crate::source::Yaml;

/// A text (or number) that is written as an expression wherever it occurs: a secret that comes from
/// the environment, a value that an earlier step captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// The text, or the number as JSON has it.
    pub text: String,
    /// The expression without its braces.
    pub expression: String,
    /// Whether the expression gives a number.
    pub number: bool,
    /// Whether it stands only for whole values, not for parts of longer texts.
    pub whole: bool,
}

impl StandIn {
    fn for_text(&self) -> String {
        if self.number { format!("{} | string", self.expression) } else { self.expression.clone() }
    }

    fn for_number(&self) -> String {
        if self.number { self.expression.clone() } else { format!("{} | int", self.expression) }
    }
}

/// `value` as it is written: expressions for what stands in, braces escaped in all other texts.
pub(super) fn template(value: &Value, stand_ins: &[StandIn]) -> Value {
    match value {
        Value::String(text) => Value::String(template_text(text, stand_ins)),
        Value::Number(number) => {
            let text = number.to_string();
            let found = stand_ins.iter().find(|stand_in| stand_in.text == text);
            found.map_or_else(|| value.clone(), |found| Value::String(format!("{{{{ {} }}}}", found.for_number())))
        }
        Value::Array(items) => items.iter().map(|item| template(item, stand_ins)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), template(value, stand_ins))).collect(),
        other => other.clone(),
    }
}

pub(super) fn template_text(text: &str, stand_ins: &[StandIn]) -> String {
    if let Some(whole) = stand_ins.iter().find(|stand_in| stand_in.text == text) {
        return format!("{{{{ {} }}}}", whole.for_text());
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((at, found)) = first(rest, stand_ins) {
        let before = Template::escape_text(&rest[..at]);
        // A brace before the expression's own would open it too early.
        match before.strip_suffix('{') {
            Some(before) => out.extend([before, "{{ '{' }}"]),
            None => out.push_str(&before),
        }
        out.extend(["{{ ", &found.expression, " }}"]);
        rest = &rest[at + found.text.len()..];
    }
    out.push_str(&Template::escape_text(rest));
    out
}

/// The part that stands in first, the longest of those at one place.
fn first<'s>(text: &str, stand_ins: &'s [StandIn]) -> Option<(usize, &'s StandIn)> {
    let parts = stand_ins.iter().filter(|stand_in| !stand_in.whole && !stand_in.text.is_empty());
    let found = parts.filter_map(|stand_in| Some((text.find(&stand_in.text)?, stand_in)));
    found.min_by_key(|(at, stand_in)| (*at, std::cmp::Reverse(stand_in.text.len())))
}

/// As YAML.
pub(super) fn yaml(value: &Value, stand_ins: &[StandIn]) -> Yaml {
    Yaml::from(template(value, stand_ins))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_and_numbers_become_expressions() {
        let stand_in = |text: &str, expression: &str, number, whole| StandIn {
            text: text.to_owned(),
            expression: expression.to_owned(),
            number,
            whole,
        };
        let all = [
            stand_in("tok-1", "env.TOKEN", false, false),
            stand_in("tok-12", "env.OTHER", false, false),
            stand_in("7", "id", true, true),
            stand_in("42", "code", false, true),
        ];
        let value = json!({"a": "Bearer tok-12 {{", "o": "{tok-1}", "b": "tok-1", "c": 7, "d": "7", "e": "77", "f": 42, "g": [1.5, null]});
        let expected = json!({"a": "Bearer {{ env.OTHER }} {{ '{{' }}", "o": "{{ '{' }}{{ env.TOKEN }}}", "b": "{{ env.TOKEN }}", "c": "{{ id }}",
            "d": "{{ id | string }}", "e": "77", "f": "{{ code | int }}", "g": [1.5, null]});
        assert_eq!(template(&value, &all), expected);
    }
}
