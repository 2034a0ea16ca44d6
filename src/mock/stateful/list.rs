//! Lists: which items, in which order, which page.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

use super::memory::{Collection, Entry};
use super::names::{Paging, fold};
use super::page::Page;
use super::resource::Resource;
use crate::contract::{Contract, Location, Operation, Parameter, Raw, query_pairs};
use crate::exchange::Request;

/// What a request asks of a list.
#[derive(Debug, Default)]
pub(super) struct Asked {
    filters: Vec<(String, Value)>,
    search: Option<String>,
    pub(super) sort: Vec<(String, bool)>,
    pub(super) size: Option<usize>,
    offset: usize,
    /// The page's number, and that of the first one.
    pub(super) page: Option<(usize, usize)>,
    after: Option<String>,
    before: Option<String>,
    /// The names of the parameters that say these.
    pub(super) names: BTreeMap<&'static str, String>,
}

impl Asked {
    pub(super) fn of(contract: &Contract, operation: &Operation, resource: &Resource, request: &Request) -> Self {
        let mut asked = Self::default();
        let pairs = query_pairs(request.query().unwrap_or_default());
        let query = operation.parameters().iter().filter(|known| known.location == Location::Query);
        let mut descending = None;
        // `start` and `end` are times.
        let range = operation.parameters().iter().any(|known| matches!(fold(&known.name).as_str(), "end" | "stop"));
        for parameter in query {
            if range && fold(&parameter.name) == "start" {
                continue;
            }
            let sent = sent(contract, parameter, &pairs);
            let property = property_of(resource, &parameter.name);
            match (Paging::of(&parameter.name), property) {
                // `name` or `sort` may be a property, which comes first where it is spelt alike.
                (Some(paging), None) => asked.paging(contract, parameter, paging, sent, &mut descending),
                (Some(paging @ (Paging::Size | Paging::Offset | Paging::Page)), Some(_)) => {
                    asked.paging(contract, parameter, paging, sent, &mut descending);
                }
                (_, Some(property)) => asked.filters.extend(sent.map(|value| (property, value))),
                (None, None) => asked.nested(resource, &parameter.name, sent),
            }
        }
        if let Some(descending) = descending {
            asked.sort.iter_mut().for_each(|(_, way)| *way = descending);
        }
        asked.sort.retain(|(name, _)| !name.is_empty());
        for (name, _) in &mut asked.sort {
            if let Some(property) = property_of(resource, name) {
                *name = property;
            }
        }
        asked
    }

    /// `filter[status]=…`, whatever the first word is.
    fn nested(&mut self, resource: &Resource, name: &str, sent: Option<Value>) {
        if let Some((_, inner)) = name.split_once('[')
            && let Some(property) = property_of(resource, inner.trim_end_matches(']'))
        {
            self.filters.extend(sent.map(|value| (property, value)));
        } else if let Some(Value::Object(all)) = sent {
            for (name, value) in all {
                self.filters.extend(property_of(resource, &name).map(|property| (property, value)));
            }
        }
    }

    fn paging(
        &mut self,
        contract: &Contract,
        parameter: &Parameter,
        paging: Paging,
        sent: Option<Value>,
        descending: &mut Option<bool>,
    ) {
        let schema = parameter.value_schema().map(|schema| contract.schema_value(schema));
        let says = |key: &str| schema.and_then(|schema| schema.get(key)).cloned();
        let value = sent.or_else(|| says("default"));
        let number = || value.as_ref().and_then(whole);
        let text = || value.as_ref().map(plain);
        match paging {
            Paging::Size => {
                let most = says("maximum").as_ref().and_then(whole);
                self.size = number().or(most);
                self.names.insert("size", parameter.name.clone());
            }
            Paging::Offset => {
                self.offset = number().unwrap_or(0);
                self.names.insert("offset", parameter.name.clone());
            }
            Paging::Page => {
                let zero = ["minimum", "default"].iter().any(|key| says(key).as_ref().and_then(whole) == Some(0));
                let first = usize::from(!zero);
                // A page is named by a cursor where it is no number.
                match (&value, number()) {
                    (Some(Value::String(_)), None) => self.after = text(),
                    (_, page) => self.page = Some((page.unwrap_or(first), first)),
                }
                self.names.insert("page", parameter.name.clone());
            }
            Paging::After => {
                self.after = text().filter(|text| !text.is_empty());
                self.names.insert("after", parameter.name.clone());
            }
            Paging::Before => self.before = text().filter(|text| !text.is_empty()),
            Paging::Sort => self.sort.extend(value.iter().flat_map(sorting)),
            Paging::Direction => *descending = text().map(|text| text.to_ascii_lowercase().starts_with("desc")),
            Paging::Search => self.search = text().map(|text| text.to_lowercase()).filter(|text| !text.is_empty()),
        }
    }

    /// The page of a collection that is asked for.
    pub(super) fn page<'m>(self, collection: Option<&'m Collection>, request: &Request) -> Page<'m> {
        let all = collection.into_iter().flat_map(|collection| &collection.items);
        let mut items: Vec<(u64, &Entry)> =
            all.filter(|(_, entry)| self.takes(&entry.value)).map(|(at, entry)| (*at, entry)).collect();
        if !self.sort.is_empty() {
            items.sort_by(|(_, one), (_, other)| self.order(&one.value, &other.value));
        }
        let total = items.len();
        let mut skipped = self.offset;
        if let Some((page, first)) = self.page {
            // Without a size the first page has all.
            skipped = page.saturating_sub(first).saturating_mul(self.size.unwrap_or(usize::MAX));
        }
        if let Some(cursor) = &self.after {
            skipped = self.behind(&items, collection, cursor);
        }
        let mut most = self.size.unwrap_or(usize::MAX);
        if let Some(at) = self.before.as_ref().and_then(|cursor| items.iter().position(|(_, e)| e.key == *cursor)) {
            skipped = at.saturating_sub(most);
            most = most.min(at);
        }
        let items = items.into_iter().skip(skipped).take(most).collect();
        let target = request.query().map_or_else(
            || request.url.split('#').next().unwrap_or_default().to_owned(),
            |query| format!("{}?{query}", request.url.split('?').next().unwrap_or_default()),
        );
        Page { items, total, skipped: skipped.min(total), asked: self, target }
    }

    /// How many items a cursor leaves behind: it is the key of the last one, or our own mark of its place.
    fn behind(&self, items: &[(u64, &Entry)], collection: Option<&Collection>, cursor: &str) -> usize {
        if let Some(at) = items.iter().position(|(_, entry)| entry.key == cursor) {
            return at + 1;
        }
        let place = cursor.parse().ok().filter(|place| collection.is_some_and(|all| *place < all.next));
        match place {
            // The item may be gone since: those behind its place are not.
            Some(place) if self.sort.is_empty() => items.partition_point(|(at, _)| *at <= place),
            _ => items.len(),
        }
    }

    fn takes(&self, item: &Value) -> bool {
        let found = self.search.as_ref().is_none_or(|wanted| holds(item, wanted));
        found && self.filters.iter().all(|(name, wanted)| item.get(name).is_some_and(|value| matches(value, wanted)))
    }

    fn order(&self, one: &Value, other: &Value) -> Ordering {
        let differing = self.sort.iter().map(|(name, descending)| {
            let order = compare(one.get(name), other.get(name));
            if *descending { order.reverse() } else { order }
        });
        differing.into_iter().find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
    }
}

/// The value of a query parameter that was sent.
fn sent(contract: &Contract, parameter: &Parameter, pairs: &[(String, String)]) -> Option<Value> {
    let shape = contract.shape(parameter.value_schema()?);
    parameter.deserialise(&Raw::Pairs(pairs), &shape)?.ok()
}

/// The property that a query parameter's name means.
fn property_of(resource: &Resource, name: &str) -> Option<String> {
    if resource.known.contains_key(name) {
        return Some(name.to_owned());
    }
    let folded = fold(name);
    let same = |known: &&String| {
        let known = fold(known);
        known == folded || format!("{known}s") == folded || format!("{known}id") == folded
    };
    resource.known.keys().find(|known| fold(known) == folded).or_else(|| resource.known.keys().find(same)).cloned()
}

/// `name`, `-name`, `name:desc`, `name desc`, several with commas.
fn sorting(value: &Value) -> Vec<(String, bool)> {
    let texts: Vec<String> = match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        one => plain(one).split(',').map(str::to_owned).collect(),
    };
    let one = |text: &str| {
        let text = text.trim();
        let (text, minus) = text.strip_prefix('-').map_or((text.trim_start_matches('+'), false), |rest| (rest, true));
        let (name, way) = text.split_once([':', ' ', '|']).unwrap_or((text, ""));
        (name.to_owned(), minus || way.trim().to_ascii_lowercase().starts_with("desc"))
    };
    texts.iter().map(|text| one(text)).collect()
}

/// Whether a property is what a filter wants: one of several, or holds it.
fn matches(value: &Value, wanted: &Value) -> bool {
    if let Value::Array(any) = wanted {
        return any.iter().any(|wanted| matches(value, wanted));
    }
    match value {
        Value::Array(items) => items.iter().any(|item| matches(item, wanted)),
        Value::Object(map) => ["id", "name", "key"].iter().any(|key| map.get(*key).is_some_and(|v| matches(v, wanted))),
        one => one == wanted || plain(one) == plain(wanted),
    }
}

fn holds(item: &Value, wanted: &str) -> bool {
    match item {
        Value::String(text) => text.to_lowercase().contains(wanted),
        Value::Array(items) => items.iter().any(|item| holds(item, wanted)),
        Value::Object(map) => map.values().any(|value| holds(value, wanted)),
        _ => false,
    }
}

/// Numbers by size, texts by letters; what is not there comes first.
fn compare(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(one), Some(other)) => plain(one).cmp(&plain(other)),
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A count; one that is too large for a machine is as large as there is.
fn whole(value: &Value) -> Option<usize> {
    let text = match value {
        Value::Number(number) if number.as_f64().is_some_and(|float| float >= 1e18) => return Some(usize::MAX),
        Value::Number(number) => number.as_u64()?.to_string(),
        other => other.as_str()?.trim().to_owned(),
    };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn orders_are_read() {
        let ways = |value: Value| sorting(&value);
        assert_eq!(ways(json!("name")), [("name".to_owned(), false)]);
        assert_eq!(ways(json!("-age,+name")), [("age".to_owned(), true), ("name".to_owned(), false)]);
        assert_eq!(ways(json!(["a:desc", "b asc"])), [("a".to_owned(), true), ("b".to_owned(), false)]);
    }

    #[test]
    fn filters_look_into_lists_and_objects() {
        for (value, wanted, expected) in [
            (json!("a"), json!("a"), true),
            (json!(7), json!("7"), true),
            (json!("b"), json!(["a", "b"]), true),
            (json!([{"id": 1, "name": "x"}]), json!("x"), true),
            (json!({"id": 1}), json!(1), true),
            (json!(null), json!("a"), false),
            (json!("ab"), json!("a"), false),
        ] {
            assert_eq!(matches(&value, &wanted), expected, "{value} {wanted}");
        }
    }

    #[test]
    fn counts_are_never_too_large() {
        for (value, expected) in [
            (json!(7), Some(7)),
            (json!("7"), Some(7)),
            (json!(1e20), Some(usize::MAX)),
            (json!("99999999999999999999"), Some(usize::MAX)),
            (json!("-1"), None),
            (json!(-1), None),
            (json!("a"), None),
        ] {
            assert_eq!(whole(&value), expected, "{value}");
        }
    }
}
