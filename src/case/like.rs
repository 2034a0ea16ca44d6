//! `expect.recorded`: the body is the one that was recorded with the step, but for what varies.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, LazyLock};

use jsonschema::Validator;
use serde_json::{Value, json};
use serde_json_path::JsonPath;

use super::spot::Spot;
use crate::contract::{Contract, Schema};
use crate::source::{Diagnostics, Node, Pointer, did_you_mean};

/// What a value may be matched by, in a word: JSON's types, and formats that are judged the same everywhere
/// (JSON Schema 2020-12, validation, section 7.3). With the words that a finding has for it.
const WORDS: [(&str, &str); 20] = [
    ("string", "a string"),
    ("integer", "an integer"),
    ("number", "a number"),
    ("boolean", "a boolean"),
    ("array", "a list"),
    ("object", "an object"),
    ("null", "null"),
    ("uuid", "a UUID"),
    ("date-time", "a date-time (RFC 3339)"),
    ("date", "a date"),
    ("time", "a time of day"),
    ("duration", "a duration (ISO 8601)"),
    ("email", "an email address"),
    ("uri", "a URI"),
    ("uri-reference", "a URI or a reference"),
    ("hostname", "a host's name"),
    ("ipv4", "an IPv4 address"),
    ("ipv6", "an IPv6 address"),
    (ANY, "anything"),
    (ANY_ORDER, "the same items in any order"),
];
const ANY: &str = "any";
const ANY_ORDER: &str = "any-order";
/// The first of [`WORDS`] are types.
const TYPES: usize = 7;

static VALIDATORS: LazyLock<BTreeMap<&'static str, Validator>> = LazyLock::new(|| {
    let validator = |(at, (word, _)): (usize, &(&'static str, &str))| {
        let schema = if at < TYPES { json!({"type": word}) } else { json!({"type": "string", "format": word}) };
        let options = jsonschema::draft202012::options().should_validate_formats(true);
        options.build(&schema).ok().map(|validator| (*word, validator))
    };
    WORDS.iter().enumerate().filter_map(validator).collect()
});

/// Whether a value is what a word for matching says; false where it is no such word.
pub fn is(word: &str, value: &Value) -> bool {
    word == ANY || VALIDATORS.get(word).is_some_and(|validator| validator.is_valid(value))
}

/// Whether it is a format that a value may be matched by.
pub(super) fn is_format(word: &str) -> bool {
    WORDS.iter().skip(TYPES).any(|(known, _)| *known == word && !known.starts_with(ANY))
}

/// What stands in for the value that was recorded.
#[derive(Clone)]
pub(super) enum Matcher {
    /// Any value, or none.
    Any,
    /// A list of the same items in any order.
    AnyOrder,
    /// Whatever has this type or format, with the words for it.
    Is(&'static str, &'static str),
    /// Whatever keeps this schema.
    Keeps(Arc<Schema>),
}

impl Matcher {
    /// What is wanted, where the value is not of it.
    pub(super) fn refuses(&self, value: &Value) -> Option<String> {
        match self {
            Self::Any => None,
            Self::AnyOrder => (!value.is_array()).then(|| "a list".to_owned()),
            Self::Is(word, said) => (!is(word, value)).then(|| (*said).to_owned()),
            Self::Keeps(schema) => {
                let broken = schema.violations(value);
                broken.into_iter().find(|violation| !violation.gave_up).map(|violation| violation.expected)
            }
        }
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => ANY,
            Self::AnyOrder => ANY_ORDER,
            Self::Is(word, _) => word,
            Self::Keeps(_) => "a schema",
        })
    }
}

/// The places whose values are not compared with the recorded ones, and by what they are matched.
#[derive(Clone, Debug, Default)]
pub struct Varying(Arc<[(JsonPath, Matcher)]>);

/// The matchers by the places of one body.
pub(super) type Matchers<'v> = BTreeMap<Pointer, &'v Matcher>;

impl Varying {
    /// `true`, or a mapping of paths (JSONPath, RFC 9535) to words or JSON Schemas.
    pub(super) fn decode(node: &Node, contract: &Contract, faults: &mut Diagnostics) -> Option<Self> {
        match node.value {
            Value::Bool(true) => Some(Self::default()),
            Value::Object(_) => {
                let entries = node.entries(faults);
                let entry = |(path, node): &(&str, Node)| {
                    let path = json_path(path, node, faults);
                    let matcher = matcher(node, contract, faults);
                    Some((path?, matcher?))
                };
                Some(Self(entries.iter().filter_map(entry).collect()))
            }
            _ => {
                let help = "write `true`, or what varies: `{ $.id: uuid, $.items: array }`";
                faults.push(node.expected("`true` or a mapping").help(help));
                None
            }
        }
    }

    /// Where the places are in these bodies. The last of two that mean one place counts.
    pub(super) fn of<'v>(&'v self, bodies: &[&Value]) -> Matchers<'v> {
        let mut found = Matchers::new();
        for (path, matcher) in self.0.iter() {
            for body in bodies {
                let located = path.query_located(body);
                let places = located.locations().filter_map(|place| Pointer::parse(&place.to_json_pointer()));
                found.extend(places.map(|place| (place, matcher)));
            }
        }
        found
    }

    /// Where in these bodies something varies.
    pub fn places(&self, bodies: &[&Value]) -> BTreeSet<Pointer> {
        self.of(bodies).into_keys().collect()
    }

    /// Takes out of a body what varies, so that two of them can be compared.
    pub fn mask(&self, body: &mut Value) {
        let places: Vec<(Pointer, Matcher)> =
            self.of(&[body]).into_iter().map(|(place, matcher)| (place, matcher.clone())).collect();
        for (place, matcher) in &places {
            match (matcher, body.pointer_mut(place.as_str())) {
                (Matcher::Any, Some(_)) => take_out(body, place),
                (Matcher::AnyOrder, _) | (_, None) => {}
                (_, Some(value)) => *value = Value::from("~"),
            }
        }
        // Lists in lists are put in order before those that hold them.
        for (place, _) in places.iter().rev().filter(|(_, matcher)| matches!(matcher, Matcher::AnyOrder)) {
            if let Some(Value::Array(items)) = body.pointer_mut(place.as_str()) {
                items.sort_by_key(Value::to_string);
            }
        }
    }
}

/// A property is taken away; an item leaves its place empty.
fn take_out(body: &mut Value, place: &Pointer) {
    let (Some(parent), Some(name)) = (place.parent(), place.last()) else {
        *body = Value::Null;
        return;
    };
    match body.pointer_mut(parent.as_str()) {
        Some(Value::Object(fields)) => drop(fields.remove(&*name)),
        Some(Value::Array(items)) => {
            if let Some(item) = name.parse().ok().and_then(|at: usize| items.get_mut(at)) {
                *item = Value::Null;
            }
        }
        _ => {}
    }
}

fn json_path(text: &str, node: &Node, faults: &mut Diagnostics) -> Option<JsonPath> {
    match JsonPath::parse(text) {
        Ok(path) => Some(path),
        Err(error) => {
            let message = format!("`{text}` is no JSONPath (RFC 9535): {}", error.message());
            let spot = Spot::of(node);
            let fault = crate::source::Diagnostic::error("json-path", message).at_key(&spot.source, &spot.at, "");
            faults.push(fault.help("name the place in the body, such as `$.id` or `$.items[*].created_at`"));
            None
        }
    }
}

fn matcher(node: &Node, contract: &Contract, faults: &mut Diagnostics) -> Option<Matcher> {
    match node.value {
        Value::String(word) => match WORDS.iter().find(|(known, _)| known == word) {
            Some((ANY, _)) => Some(Matcher::Any),
            Some((ANY_ORDER, _)) => Some(Matcher::AnyOrder),
            Some((word, said)) => Some(Matcher::Is(word, said)),
            None => {
                let known = WORDS.iter().map(|(word, _)| *word);
                let help = match did_you_mean(word, known.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("write a JSON Schema, or one of {}", known.collect::<Vec<_>>().join(", ")),
                };
                faults.push(node.error("matcher", format!("nothing is matched by `{word}`")).help(help));
                None
            }
        },
        Value::Object(_) => super::expect::schema(node, contract, faults).map(|placed| Matcher::Keeps(placed.value)),
        _ => {
            faults.push(node.expected("a type, a format or a JSON Schema"));
            None
        }
    }
}
