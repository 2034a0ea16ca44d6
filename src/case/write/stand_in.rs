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
    /// Where it stands.
    pub reach: Reach,
}

/// Where a text is taken for the one that an expression stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Also as a part of longer texts.
    Parts,
    /// As a whole value only.
    Whole,
    /// As the whole value of what has one of these names, for a text that is met by chance elsewhere.
    /// A segment of a URL has the name of the one before it.
    Named(Vec<String>),
}

impl StandIn {
    /// Whether it stands for a whole value that has this name.
    pub fn stands_for(&self, name: &str, text: &str) -> bool {
        self.text == text
            && match &self.reach {
                Reach::Parts | Reach::Whole => true,
                Reach::Named(names) => names.iter().any(|known| known.eq_ignore_ascii_case(name)),
            }
    }

    fn for_text(&self) -> String {
        if self.number { format!("{} | string", self.expression) } else { self.expression.clone() }
    }

    fn for_number(&self) -> String {
        if self.number { self.expression.clone() } else { format!("{} | int", self.expression) }
    }
}

/// `value`, which has this name, as it is written: expressions for what stands in, braces escaped in all other texts.
pub fn template(name: &str, value: &Value, stand_ins: &[StandIn]) -> Value {
    match value {
        Value::String(text) => Value::String(template_text(name, text, stand_ins)),
        Value::Number(number) => {
            let text = number.to_string();
            let found = stand_ins.iter().find(|stand_in| stand_in.stands_for(name, &text));
            found.map_or_else(|| value.clone(), |found| Value::String(format!("{{{{ {} }}}}", found.for_number())))
        }
        Value::Array(items) => items.iter().map(|item| template(name, item, stand_ins)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), template(key, value, stand_ins))).collect(),
        other => other.clone(),
    }
}

fn template_text(name: &str, text: &str, stand_ins: &[StandIn]) -> String {
    if let Some(whole) = stand_ins.iter().find(|stand_in| stand_in.stands_for(name, text)) {
        return format!("{{{{ {} }}}}", whole.for_text());
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((at, found)) = first(rest, stand_ins) {
        put(&mut out, &rest[..at], found);
        rest = &rest[at + found.text.len()..];
    }
    out.push_str(&Template::escape_text(rest));
    out
}

/// A text before an expression, and the expression as a text.
fn put(out: &mut String, before: &str, found: &StandIn) {
    let before = Template::escape_text(before);
    // A brace before the expression's own would open it too early.
    match before.strip_suffix('{') {
        Some(before) => out.extend([before, "{{ '{' }}"]),
        None => out.push_str(&before),
    }
    out.extend(["{{ ", &found.expression, " }}"]);
}

/// The path and query of a URL: its segments and the values of its pairs one by one.
pub(super) fn template_url(url: &str, stand_ins: &[StandIn]) -> String {
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let part = |name: &str, text: &str| {
        // A part that needs percent-encoding would have to be encoded again when it is filled in.
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        match stand_ins.iter().find(|stand_in| plain && stand_in.stands_for(name, text)) {
            Some(found) => format!("{{{{ {} }}}}", found.expression),
            None => template_text("", text, stand_ins),
        }
    };
    let mut before = "";
    let mut segments = Vec::new();
    for segment in path.split('/') {
        segments.push(part(before, segment));
        before = segment;
    }
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, value)) => format!("{}={}", part("", name), part(name, value)),
        None => part("", pair),
    };
    let query = query.map(|query| query.split('&').map(pair).collect::<Vec<_>>().join("&"));
    let path = segments.join("/");
    query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
}

/// The part that stands in first, the longest of those at one place.
fn first<'s>(text: &str, stand_ins: &'s [StandIn]) -> Option<(usize, &'s StandIn)> {
    let parts = stand_ins.iter().filter(|stand_in| stand_in.reach == Reach::Parts && !stand_in.text.is_empty());
    let found = parts.filter_map(|stand_in| Some((text.find(&stand_in.text)?, stand_in)));
    found.min_by_key(|(at, stand_in)| (*at, std::cmp::Reverse(stand_in.text.len())))
}

/// As YAML; `name` is what the value is called.
pub(super) fn yaml(name: &str, value: &Value, stand_ins: &[StandIn]) -> Yaml {
    Yaml::from(template(name, value, stand_ins))
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
            reach: if whole { Reach::Whole } else { Reach::Parts },
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
        assert_eq!(template("", &value, &all), expected);
    }

    #[test]
    fn a_common_value_stands_in_by_its_name_only() {
        let id = StandIn {
            text: "7".to_owned(),
            expression: "id".to_owned(),
            number: true,
            reach: Reach::Named(vec!["id".to_owned(), "items".to_owned()]),
        };
        let all = [id];
        let value = json!({"id": 7, "count": 7, "tags": ["7"]});
        assert_eq!(template("", &value, &all), json!({"id": "{{ id }}", "count": 7, "tags": ["7"]}));
        assert_eq!(template_url("/items/7/parts/7?id=7&n=7", &all), "/items/{{ id }}/parts/7?id={{ id }}&n=7");
    }
}
