//! Values that differ for reasons of their own.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::Target;
use crate::exchange::MASK;
use crate::verdict::CaseResult;

/// Whether two values are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    Equal,
    /// They differ, and why that says nothing.
    Masked(&'static str),
    Different,
}

/// Knows of both sides what is expected to differ.
pub(super) struct Mask<'a> {
    /// The targets' own addresses.
    bases: [&'a str; 2],
    /// What the case captured on both sides, with different values.
    captured: Vec<(&'a str, [String; 2])>,
    formats: bool,
    counts: BTreeMap<&'static str, usize>,
}

impl<'a> Mask<'a> {
    pub(super) fn new(targets: [&'a Target; 2], old: &'a CaseResult, new: &'a CaseResult, formats: bool) -> Self {
        let base = |target: &'a Target| target.bases.get(&new.contract).map_or("", |base| base.trim_end_matches('/'));
        let captures = |case: &'a CaseResult| case.steps.iter().flat_map(|step| &step.captures);
        let after: BTreeMap<&String, &Value> = captures(new).collect();
        let captured = captures(old).filter_map(|(name, before)| {
            let (before, after) = (text(before)?, text(after.get(name)?)?);
            (before != after).then_some((name.as_str(), [before, after]))
        });
        Self { bases: targets.map(base), captured: captured.collect(), formats, counts: BTreeMap::new() }
    }

    pub(super) fn count(&mut self, why: &'static str) {
        *self.counts.entry(why).or_default() += 1;
    }

    pub(super) fn counts(self) -> BTreeMap<&'static str, usize> {
        self.counts
    }

    /// Compares two scalars.
    pub(super) fn scalars(&self, old: &Value, new: &Value) -> Same {
        match (old, new) {
            (Value::String(old), Value::String(new)) => self.texts(old, new),
            (Value::Number(old), Value::Number(new)) => {
                // Whole numbers are compared digit by digit: a float has room for 53 bits.
                let whole = |number: &serde_json::Number| number.is_i64() || number.is_u64();
                let alike = || old.as_f64().is_some_and(|number| Some(number) == new.as_f64());
                if old == new || !(whole(old) && whole(new)) && alike() {
                    return Same::Equal;
                }
                self.captures(&old.to_string(), &new.to_string())
            }
            _ if old == new => Same::Equal,
            _ => Same::Different,
        }
    }

    /// Compares two texts.
    pub(super) fn texts(&self, old: &str, new: &str) -> Same {
        // Where one side has a secret, the other's value is one: it is neither compared nor told.
        if old == new || old.contains(MASK) || new.contains(MASK) {
            return Same::Equal;
        }
        if self.formats
            && let Some(format) = format(old).filter(|known| format(new) == Some(known))
        {
            return Same::Masked(format);
        }
        let placed = [(old, self.bases[0]), (new, self.bases[1])]
            .map(|(text, base)| if base.is_empty() { text.to_owned() } else { text.replace(base, "{base}") });
        if placed[0] == placed[1] {
            return Same::Masked("the target's address");
        }
        self.captures(&placed[0], &placed[1])
    }

    fn captures(&self, old: &str, new: &str) -> Same {
        if self.captured.is_empty() {
            return Same::Different;
        }
        let named = |text: &str, side: usize| {
            let all = self.captured.iter();
            all.fold(text.to_owned(), |text, (name, values)| replaced(&text, &values[side], name))
        };
        if named(old, 0) == named(new, 1) { Same::Masked("captured") } else { Same::Different }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `text` with `value` replaced by `{name}` where it stands as a word.
fn replaced(text: &str, value: &str, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(value) {
        let (before, after) = (&rest[..at], &rest[at + value.len()..]);
        let alone = !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        out.push_str(before);
        if alone {
            out.extend(["{", name, "}"]);
        } else {
            out.push_str(value);
        }
        rest = after;
    }
    out + rest
}

/// The format of a text whose values vary.
fn format(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    let hex = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_hexdigit);
    if bytes.len() == 36 && [8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-') {
        let groups = [0..8, 9..13, 14..18, 19..23, 24..36];
        return groups.into_iter().all(hex).then_some("uuid");
    }
    if (19..=40).contains(&bytes.len()) && bytes[4] == b'-' && matches!(bytes[10], b'T' | b't' | b' ') {
        let instant = text.parse::<Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok();
        return instant.then_some("date-time");
    }
    if bytes.len() == 29 && text.ends_with(" GMT") {
        return Some("date-time");
    }
    None
}
