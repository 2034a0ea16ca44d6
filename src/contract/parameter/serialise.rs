//! Values to text, by style (OpenAPI, "Style Examples"; RFC 6570).

use percent_encoding::{AsciiSet, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{Location, Parameter, ParameterStyle};
use crate::exchange::percent::{COMPONENT, QUERY_WITH_RESERVED};

/// The name of a query parameter; brackets are read by every server, and many names have them.
const NAME: &AsciiSet = &COMPONENT.remove(b'[').remove(b']');
pub(super) fn serialise(parameter: &Parameter, value: &Value) -> String {
    let writer = Writer { parameter };
    if let Some(content) = &parameter.content {
        let text = if content.range.is_json() { value.to_string() } else { plain(value) };
        return writer.named(&writer.encode(&text, Part::Name));
    }
    match value {
        Value::Array(items) if items.is_empty() => writer.nothing(),
        Value::Object(map) if map.is_empty() => writer.nothing(),
        Value::Array(items) => writer.array(items),
        Value::Object(map) => writer.object(map),
        scalar => writer.scalar(&writer.encode(&plain(scalar), Part::Whole)),
    }
}

/// How much of a text is percent-encoded where reserved characters may stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Nothing stands around it that a reserved character could be taken for.
    Whole,
    /// Delimiters stand around it, and must not stand within it.
    Listed,
    /// A name.
    Name,
}

/// The reserved characters stay, but for the one between items.
const ITEM_WITH_RESERVED: &AsciiSet = &QUERY_WITH_RESERVED.add(b',');

/// A scalar as its text; lists and objects within lists have no other form than JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

struct Writer<'p> {
    parameter: &'p Parameter,
}

impl Writer<'_> {
    /// Percent-encoded where the location needs it.
    fn encode(&self, text: &str, part: Part) -> String {
        match self.parameter.location {
            Location::Header => text.to_owned(),
            Location::Cookie if self.parameter.style == ParameterStyle::Cookie => text.to_owned(),
            Location::Query if self.parameter.allow_reserved && part != Part::Name => {
                let kept = if part == Part::Whole { QUERY_WITH_RESERVED } else { ITEM_WITH_RESERVED };
                utf8_percent_encode(text, kept).to_string()
            }
            // A dot would end the value of a label.
            Location::Path if self.parameter.style == ParameterStyle::Label => {
                utf8_percent_encode(text, COMPONENT).to_string().replace('.', "%2E")
            }
            _ => utf8_percent_encode(text, COMPONENT).to_string(),
        }
    }

    fn name(&self) -> String {
        match self.parameter.location {
            Location::Query => utf8_percent_encode(&self.parameter.name, NAME).to_string(),
            _ => self.parameter.name.clone(),
        }
    }

    /// With the name in front where the location has names.
    fn named(&self, text: &str) -> String {
        match self.parameter.location {
            Location::Query | Location::Cookie => format!("{}={text}", self.name()),
            Location::Path | Location::Header => text.to_owned(),
        }
    }

    fn scalar(&self, text: &str) -> String {
        match self.parameter.style {
            ParameterStyle::Label => format!(".{text}"),
            ParameterStyle::Matrix if text.is_empty() => format!(";{}", self.name()),
            ParameterStyle::Matrix => format!(";{}={text}", self.name()),
            _ => self.named(text),
        }
    }

    /// A list or object of nothing, which is as good as undefined (RFC 6570, section 2.3).
    fn nothing(&self) -> String {
        match self.parameter.style {
            ParameterStyle::Label | ParameterStyle::Matrix => self.scalar(""),
            _ => String::new(),
        }
    }

    /// What stands around each of several values.
    fn part(&self) -> Part {
        if self.parameter.explode { Part::Whole } else { Part::Listed }
    }

    fn delimiter(&self) -> String {
        match (self.parameter.style, self.parameter.location) {
            (ParameterStyle::SpaceDelimited, _) => "%20".to_owned(),
            // A bar is no character of a URL.
            (ParameterStyle::PipeDelimited, _) => "%7C".to_owned(),
            (style, _) => style.delimiter().to_string(),
        }
    }

    fn array(&self, items: &[Value]) -> String {
        let texts: Vec<String> = items.iter().map(|item| self.encode(&plain(item), self.part())).collect();
        match (self.parameter.style, self.parameter.explode) {
            (ParameterStyle::Label, true) => format!(".{}", texts.join(".")),
            (ParameterStyle::Matrix, true) => {
                let start = format!(";{}=", self.name());
                format!("{start}{}", texts.join(&start))
            }
            (ParameterStyle::Simple, _) => texts.join(","),
            (ParameterStyle::DeepObject, _) => self.deep_items(&self.name(), items).join("&"),
            (ParameterStyle::Label | ParameterStyle::Matrix, false) => self.scalar(&texts.join(",")),
            (_, true) => {
                let all: Vec<String> = texts.iter().map(|text| self.named(text)).collect();
                all.join(self.between())
            }
            (_, false) => self.named(&texts.join(&self.delimiter())),
        }
    }

    fn between(&self) -> &'static str {
        if self.parameter.location == Location::Cookie { "; " } else { "&" }
    }

    fn object(&self, map: &Map<String, Value>) -> String {
        let pairs: Vec<(String, String)> = map
            .iter()
            .map(|(key, value)| (self.encode(key, Part::Name), self.encode(&plain(value), self.part())))
            .collect();
        let equals =
            |between: &str| pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(between);
        let flat = |delimiter: &str| {
            pairs.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]).collect::<Vec<_>>().join(delimiter)
        };
        match (self.parameter.style, self.parameter.explode) {
            (ParameterStyle::DeepObject, _) => self.deep(&self.name(), map).join("&"),
            (ParameterStyle::Simple, true) => equals(","),
            (ParameterStyle::Simple, false) => flat(","),
            (ParameterStyle::Label, true) => format!(".{}", equals(".")),
            (ParameterStyle::Matrix, true) => format!(";{}", equals(";")),
            (ParameterStyle::Label | ParameterStyle::Matrix, false) => self.scalar(&flat(",")),
            (_, true) => equals(self.between()),
            (_, false) => self.named(&flat(&self.delimiter())),
        }
    }

    /// `name[key]=value`; deeper objects in more brackets, lists by index, as servers read them.
    fn deep(&self, name: &str, map: &Map<String, Value>) -> Vec<String> {
        let below = |(key, value): (&String, &Value)| {
            let name = format!("{name}[{}]", self.encode(key, Part::Name));
            self.deep_value(&name, value)
        };
        map.iter().flat_map(below).collect()
    }

    fn deep_items(&self, name: &str, items: &[Value]) -> Vec<String> {
        items.iter().enumerate().flat_map(|(index, item)| self.deep_value(&format!("{name}[{index}]"), item)).collect()
    }

    fn deep_value(&self, name: &str, value: &Value) -> Vec<String> {
        match value {
            Value::Object(map) => self.deep(name, map),
            Value::Array(items) => self.deep_items(name, items),
            scalar => vec![format!("{name}={}", self.encode(&plain(scalar), Part::Whole))],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_location_cannot_hold_is_encoded() {
        let query = Parameter::plain("a b", Location::Query);
        assert_eq!(query.serialise(&json!("x&y=z/ü")), "a%20b=x%26y%3Dz%2F%C3%BC");
        let reserved = Parameter { allow_reserved: true, ..Parameter::plain("q", Location::Query) };
        assert_eq!(reserved.serialise(&json!("/a?b&c#d")), "q=/a?b%26c%23d");
        assert_eq!(Parameter::plain("id", Location::Path).serialise(&json!("a/b")), "a%2Fb");
    }
}
