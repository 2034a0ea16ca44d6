//! What all values at one place have in common, and the schema that says so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::recursion::{self, MARK};
use super::variants::Variants;

/// Values nested deeper are taken for anything.
const DEEPEST: usize = 60;
/// The most values of strings that are told apart.
const TOLD_APART: usize = 12;
/// An enumeration has at most so many values, each of at most so many characters, and each was seen so often on average.
const ENUM: (usize, usize, usize) = (8, 32, 5);
/// An object with more different names than this is a map.
const MOST_PROPERTIES: usize = 400;

/// A format that all strings at one place have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    DateTime,
    Date,
    Uuid,
    Email,
    Uri,
}

impl Format {
    pub(super) const ALL: [Self; 5] = [Self::DateTime, Self::Date, Self::Uuid, Self::Email, Self::Uri];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::DateTime => "date-time",
            Self::Date => "date",
            Self::Uuid => "uuid",
            Self::Email => "email",
            Self::Uri => "uri",
        }
    }

    /// Whether a text has the format, held more narrowly than the format's own definition.
    pub(super) fn fits(self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let digits = |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|b| b.iter().all(u8::is_ascii_digit));
        let date = || {
            bytes.len() >= 10
                && digits(0..4)
                && bytes[4] == b'-'
                && digits(5..7)
                && bytes[7] == b'-'
                && digits(8..10)
                && text.get(..10).is_some_and(|date| date.parse::<jiff::civil::Date>().is_ok())
        };
        match self {
            Self::Date => bytes.len() == 10 && date(),
            Self::DateTime => {
                let zone = text.ends_with('Z')
                    || bytes
                        .len()
                        .checked_sub(6)
                        .is_some_and(|at| at > 18 && matches!(bytes[at], b'+' | b'-') && bytes[at + 3] == b':');
                bytes.len() >= 20
                    && bytes[10] == b'T'
                    && date()
                    && zone
                    && digits(11..13)
                    && bytes[13] == b':'
                    && digits(14..16)
                    && bytes[16] == b':'
                    && digits(17..19)
                    && &text[17..19] < "60"
                    && text.parse::<jiff::Timestamp>().is_ok()
            }
            Self::Uuid => {
                bytes.len() == 36
                    && bytes.iter().enumerate().all(|(at, byte)| match at {
                        8 | 13 | 18 | 23 => *byte == b'-',
                        _ => byte.is_ascii_hexdigit(),
                    })
            }
            Self::Email => text.split_once('@').is_some_and(|(local, host)| {
                let plain = |part: &str, more: &str| {
                    !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
                };
                let dots = |part: &str| {
                    part.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
                };
                plain(local, "._+-") && dots(local) && plain(host, ".-") && dots(host) && host.contains('.')
            }),
            Self::Uri => {
                let known = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
                let plain =
                    bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(byte));
                let escapes = || {
                    text.split('%')
                        .skip(1)
                        .all(|rest| rest.as_bytes().get(..2).is_some_and(|b| b.iter().all(u8::is_ascii_hexdigit)))
                };
                known && plain && escapes() && text.matches('#').count() < 2 && url::Url::parse(text).is_ok()
            }
        }
    }
}

/// What was seen of the values at one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) seen: usize,
    nulls: usize,
    booleans: usize,
    integers: usize,
    /// Numbers with a fraction or an exponent, and those beyond 64 bits.
    decimals: usize,
    strings: Strings,
    arrays: usize,
    pub(super) items: Option<Box<Shape>>,
    pub(super) objects: usize,
    pub(super) properties: BTreeMap<String, Shape>,
    /// Whether the names are too many to be told.
    map: bool,
    /// Nested too deep to be told.
    anything: bool,
    variants: Variants,
    /// Whether objects hold others of their kind, and whether these are such.
    pub(super) holds_itself: bool,
    pub(super) itself: bool,
}

#[derive(Clone, Debug)]
struct Strings {
    seen: usize,
    formats: BTreeSet<Format>,
    /// `None` where there are too many, or they are not to be kept.
    values: Option<BTreeMap<String, usize>>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { seen: 0, formats: Format::ALL.into(), values: Some(BTreeMap::new()) }
    }
}

/// Whether the values of a name are not to be told.
pub(super) type IsSecret<'a> = &'a dyn Fn(&str) -> bool;

impl Shape {
    /// Takes in a value.
    pub(super) fn take(&mut self, value: &Value, is_secret: IsSecret<'_>) {
        self.deep(value, is_secret, (false, true), 0);
    }

    /// `secret`: whether values are not to be told; `apart`: whether kinds of objects are told apart.
    fn deep(&mut self, value: &Value, is_secret: IsSecret<'_>, (secret, apart): (bool, bool), depth: usize) {
        self.seen += 1;
        match value {
            _ if depth > DEEPEST => self.anything = true,
            Value::Null => self.nulls += 1,
            Value::Bool(_) => self.booleans += 1,
            Value::Number(number) if number.is_i64() || number.is_u64() => self.integers += 1,
            Value::Number(_) => self.decimals += 1,
            Value::String(text) => self.string(text, secret),
            Value::Array(items) => {
                self.arrays += 1;
                for item in items {
                    self.items.get_or_insert_default().deep(item, is_secret, (secret, apart), depth + 1);
                }
            }
            Value::Object(fields) => {
                self.objects += 1;
                if apart {
                    self.variants.take(fields, |kind| kind.deep(value, is_secret, (secret, false), depth));
                }
                for (name, value) in fields {
                    if self.properties.len() >= MOST_PROPERTIES && !self.properties.contains_key(name) {
                        self.map = true;
                    } else {
                        let below = self.properties.entry(name.clone()).or_default();
                        below.deep(value, is_secret, (secret || is_secret(name), apart), depth + 1);
                    }
                }
            }
        }
    }

    fn string(&mut self, text: &str, secret: bool) {
        self.strings.seen += 1;
        // A value that was taken out of the file tells nothing of its format.
        let masked = text.contains("***");
        self.strings.formats.retain(|format| !masked && format.fits(text));
        if secret || masked || text.len() > ENUM.1 {
            self.strings.values = None;
        }
        if let Some(values) = &mut self.strings.values {
            *values.entry(text.to_owned()).or_default() += 1;
            if values.len() > TOLD_APART {
                self.strings.values = None;
            }
        }
    }

    /// Takes in a parameter's text, as the type that it reads as.
    pub(super) fn take_text(&mut self, text: &str, secret: bool) {
        let integer = text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
        let number = || {
            text.parse::<f64>().is_ok_and(f64::is_finite)
                && text.bytes().all(|b| b.is_ascii_digit() || b".-".contains(&b))
        };
        self.seen += 1;
        match text {
            "true" | "false" => self.booleans += 1,
            _ if integer && !secret => self.integers += 1,
            _ if number() && !secret && !text.starts_with('0') | text.starts_with("0.") => self.decimals += 1,
            _ => {
                self.string(text, secret);
                return;
            }
        }
        self.strings.formats.clear();
        if let Some(values) = &mut self.strings.values {
            *values.entry(text.to_owned()).or_default() += 1;
            if values.len() > TOLD_APART {
                self.strings.values = None;
            }
        }
    }

    /// Takes in all that another one saw.
    pub(super) fn merge(&mut self, other: Self) {
        self.seen += other.seen;
        self.nulls += other.nulls;
        self.booleans += other.booleans;
        self.integers += other.integers;
        self.decimals += other.decimals;
        self.arrays += other.arrays;
        self.objects += other.objects;
        self.map |= other.map;
        self.anything |= other.anything;
        self.holds_itself |= other.holds_itself;
        self.itself |= other.itself;
        self.variants.merge(other.variants);
        self.strings.seen += other.strings.seen;
        self.strings.formats.retain(|format| other.strings.formats.contains(format));
        self.strings.values = match (self.strings.values.take(), other.strings.values) {
            (Some(mut mine), Some(theirs)) => {
                for (text, count) in theirs {
                    *mine.entry(text).or_default() += count;
                }
                (mine.len() <= TOLD_APART).then_some(mine)
            }
            _ => None,
        };
        if let Some(items) = other.items {
            self.items.get_or_insert_default().merge(*items);
        }
        for (name, shape) in other.properties {
            self.properties.entry(name).or_default().merge(shape);
        }
    }

    /// The schema of a parameter: text of several types is a string.
    pub(super) fn parameter(&self) -> Value {
        let kinds = [self.booleans > 0, self.integers + self.decimals > 0, self.strings.seen > 0];
        if kinds.iter().filter(|kind| **kind).count() == 1 {
            return self.schema();
        }
        json!({"type": "string"})
    }

    /// The narrowest schema that is worth saying.
    pub(super) fn schema(&self) -> Value {
        if self.itself {
            let others = self.objects + self.arrays + self.strings.seen + self.decimals + self.integers + self.booleans;
            let others = (others > 0).then(|| Self { itself: false, ..self.clone() }.schema());
            return recursion::itself(others, self.nulls > 0);
        }
        if self.anything || self.seen == 0 {
            return json!({});
        }
        let mut types: Vec<&str> = Vec::new();
        let kinds = [
            (self.objects, "object"),
            (self.arrays, "array"),
            (self.strings.seen, "string"),
            (self.decimals, "number"),
            (if self.decimals > 0 { 0 } else { self.integers }, "integer"),
            (self.booleans, "boolean"),
            (self.nulls, "null"),
        ];
        types.extend(kinds.iter().filter(|(count, _)| *count > 0).map(|(_, kind)| *kind));
        let mut schema = Map::new();
        match types.as_slice() {
            // Nothing but null was seen: what else there may be is not known.
            ["null"] => return json!({}),
            [one] => schema.insert("type".into(), (*one).into()),
            many => schema.insert("type".into(), many.into()),
        };
        if self.strings.seen > 0 {
            self.strings.say(&mut schema, self.nulls > 0, types.len() - usize::from(self.nulls > 0) == 1);
        }
        if let Some(items) = &self.items {
            schema.insert("items".into(), items.schema());
        }
        if self.objects > 0 {
            match self.variants.told_apart(self.objects).filter(|_| types.len() == 1 && !self.holds_itself) {
                Some((tag, kinds)) => one_of(&mut schema, tag, kinds),
                None => self.object(&mut schema),
            }
        }
        if self.holds_itself {
            schema.insert(MARK.into(), true.into());
        }
        Value::Object(schema)
    }

    fn object(&self, schema: &mut Map<String, Value>) {
        if self.map || self.is_map() {
            let mut all = Self::default();
            self.properties.values().for_each(|shape| all.merge(shape.clone()));
            let values = if self.map { json!({}) } else { all.schema() };
            schema.insert("additionalProperties".into(), values);
            return;
        }
        let required: Vec<&String> =
            self.properties.iter().filter(|(_, shape)| shape.seen == self.objects).map(|(name, _)| name).collect();
        if !required.is_empty() {
            schema.insert("required".into(), json!(required));
        }
        if !self.properties.is_empty() {
            let properties = self.properties.iter().map(|(name, shape)| (name.clone(), shape.schema()));
            schema.insert("properties".into(), Value::Object(properties.collect()));
        }
    }

    /// Whether all are objects, or null.
    pub(super) fn only_objects(&self) -> bool {
        self.objects > 0 && self.objects + self.nulls == self.seen && !self.map && !self.anything
    }

    /// What stands for it where its objects are taken together with those they stand in.
    pub(super) fn outside(&self) -> Self {
        Self { seen: self.nulls, nulls: self.nulls, itself: true, ..Self::default() }
    }

    /// Whether the names are ids rather than properties.
    fn is_map(&self) -> bool {
        self.properties.len() >= 3 && self.properties.keys().all(|name| super::path::varies(name))
    }

    /// Whether a text may stand for a string here without breaking what the schema says.
    pub(super) fn takes_any_string(&self) -> bool {
        self.strings.seen > 0 && self.strings.format().is_none() && self.strings.enumeration().is_none()
    }

    pub(super) fn item(&self) -> Option<&Self> {
        self.items.as_deref()
    }
}

/// Objects of several kinds: each has a schema of its own, and a property says which.
fn one_of(schema: &mut Map<String, Value>, tag: &str, kinds: &BTreeMap<String, Shape>) {
    let branch = |(kind, shape): (&String, &Shape)| {
        let mut branch = shape.schema();
        branch["properties"][tag] = json!({"const": kind});
        branch
    };
    schema.insert("required".into(), json!([tag]));
    schema.insert("properties".into(), json!({tag: {"type": "string", "enum": kinds.keys().collect::<Vec<_>>()}}));
    schema.insert("oneOf".into(), kinds.iter().map(branch).collect());
}

impl Strings {
    fn format(&self) -> Option<Format> {
        self.formats.first().copied().filter(|_| self.seen > 0)
    }

    fn enumeration(&self) -> Option<Vec<&String>> {
        let values = self.values.as_ref()?;
        let word =
            |text: &String| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-./:+".contains(c));
        let many = values.len() >= 2 && values.len() <= ENUM.0 && self.seen >= values.len() * ENUM.2;
        // Two values that differ in digits alone are numbers of something.
        let letters = |text: &&String| text.chars().any(char::is_alphabetic) && !super::path::varies(text);
        (many && values.keys().all(|text| word(text) && letters(&text)) && values.values().all(|count| *count >= 2))
            .then(|| values.keys().collect())
    }

    fn say(&self, schema: &mut Map<String, Value>, nullable: bool, alone: bool) {
        if let Some(format) = self.format() {
            schema.insert("format".into(), format.name().into());
        } else if let Some(values) = self.enumeration().filter(|_| alone) {
            let null = nullable.then_some(Value::Null);
            let values: Vec<Value> = values.into_iter().map(|text| text.as_str().into()).chain(null).collect();
            schema.insert("enum".into(), values.into());
        }
    }
}
