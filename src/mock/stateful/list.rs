//! Lists: which items, in which order, which page, and what is said about it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

use super::look::{Look, Node, is};
use super::memory::{Collection, Entry};
use super::names::{About, Paging, fold};
use super::resource::Resource;
use crate::contract::{Contract, Location, Operation, Parameter, Raw, query_pairs};
use crate::exchange::Request;

/// What a request asks of a list.
#[derive(Debug, Default)]
pub(super) struct Asked {
    filters: Vec<(String, Value)>,
    search: Option<String>,
    sort: Vec<(String, bool)>,
    size: Option<usize>,
    offset: usize,
    /// The page's number, and that of the first one.
    page: Option<(usize, usize)>,
    after: Option<String>,
    before: Option<String>,
    /// The names of the parameters that say these.
    names: BTreeMap<&'static str, String>,
}

/// A page of a list.
pub(super) struct Page<'m> {
    pub(super) items: Vec<(u64, &'m Entry)>,
    total: usize,
    /// How many items stand before the page.
    skipped: usize,
    asked: Asked,
    /// The request's path and query.
    target: String,
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

impl Page<'_> {
    /// Whether another page has more: where pages are empty none has.
    fn more(&self) -> bool {
        self.asked.size != Some(0) && self.skipped + self.items.len() < self.total
    }

    fn size(&self) -> usize {
        self.asked.size.unwrap_or(self.total.max(1)).max(1)
    }

    fn number(&self) -> usize {
        self.asked.page.map_or_else(|| self.skipped / self.size() + 1, |(page, _)| page)
    }

    fn pages(&self) -> usize {
        if self.asked.size == Some(0) { 0 } else { self.total.div_ceil(self.size()) }
    }

    /// The headers that say how large the list is and where its other pages are.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        match fold(name).as_str() {
            "link" => Some(self.links()).filter(|links| !links.is_empty()),
            folded => match About::of(folded.strip_prefix('x').unwrap_or(folded))? {
                About::Total | About::Count => Some(self.total.to_string()),
                About::Page => Some(self.number().to_string()),
                About::Size => Some(self.asked.size.unwrap_or_else(|| self.size()).to_string()),
                About::Pages => Some(self.pages().to_string()),
                About::Offset => Some(self.skipped.to_string()),
                _ => None,
            },
        }
    }

    /// RFC 8288.
    fn links(&self) -> String {
        let all =
            [("next", self.url(About::Next)), ("prev", self.url(About::Previous)), ("first", self.url(About::First))];
        let links = all.into_iter().filter_map(|(relation, url)| Some(format!("<{}>; rel=\"{relation}\"", url?)));
        links.collect::<Vec<_>>().join(", ")
    }

    /// The URL of another page, as far as the parameters can say it.
    fn url(&self, which: About) -> Option<String> {
        let (size, names) = (self.size(), &self.asked.names);
        let (name, value) = match which {
            About::Here => return Some(self.target.clone()),
            About::Next if !self.more() => return None,
            About::Previous if self.skipped == 0 => return None,
            _ if names.contains_key("page") && self.asked.page.is_some() => {
                let (page, first) = self.asked.page?;
                let value = match which {
                    About::Next => page + 1,
                    About::Previous => page.saturating_sub(1).max(first),
                    About::Last => (self.pages() + first).saturating_sub(1).max(first),
                    _ => first,
                };
                (names.get("page")?, value.to_string())
            }
            _ if names.contains_key("offset") => {
                let value = match which {
                    About::Next => self.skipped + self.items.len(),
                    About::Previous => self.skipped.saturating_sub(size),
                    About::Last => self.pages().saturating_sub(1) * size,
                    _ => 0,
                };
                (names.get("offset")?, value.to_string())
            }
            About::Next => (names.get("after").or_else(|| names.get("page"))?, self.cursor()?),
            _ => return None,
        };
        Some(with_query(&self.target, name, &value))
    }

    /// What asks for the items behind this page.
    fn cursor(&self) -> Option<String> {
        if !self.more() {
            return None;
        }
        let (at, entry) = self.items.last()?;
        Some(if self.asked.sort.is_empty() { at.to_string() } else { entry.key.clone() })
    }

    /// Writes what is known into the values beside the list; `inside` is where the list is.
    pub(super) fn tell(&self, look: Look<'_>, body: &mut Value, schema: &Node<'_>, inside: &[String]) {
        if !inside.is_empty() {
            self.fill(look, body, schema, inside, Around::Top);
        }
    }

    fn fill(&self, look: Look<'_>, body: &mut Value, schema: &Node<'_>, inside: &[String], around: Around) {
        let Value::Object(map) = body else { return };
        let properties = look.properties(schema);
        let counted = properties.keys().any(|name| About::of(name) == Some(About::Total));
        for (name, property) in &properties {
            let node = look.follow(property.clone());
            if inside.first().is_some_and(|first| first == name) {
                if inside.len() > 1
                    && let Some(inner) = map.get_mut(*name)
                {
                    self.fill(look, inner, &node, &inside[1..], around);
                }
                continue;
            }
            let word = fold(name);
            // `number` alone may be anything.
            let numbered = word == "number" && (around != Around::Top || properties.contains_key("totalPages"));
            let about = About::of(name).or(numbered.then_some(About::Page));
            if is(node.value, "object") && around != Around::Links {
                let paging =
                    ["meta", "metadata", "pagination", "paging", "page", "pageinfo", "links", "cursor", "cursors"];
                let paging = paging.contains(&word.as_str()) || word.ends_with("pages") || word == "responsemetadata";
                // A link as an object: `next: {href: …}`.
                if let Some(about) = about.filter(|_| look.properties(&node).contains_key("href")) {
                    match self.url(about) {
                        Some(url) => drop(map.insert((*name).to_owned(), serde_json::json!({ "href": url }))),
                        None => drop(map.shift_remove(*name)),
                    }
                } else if paging {
                    let inner = map.entry((*name).to_owned()).or_insert_with(|| Value::Object(serde_json::Map::new()));
                    let links = word.ends_with("links") || around == Around::Page;
                    self.fill(look, inner, &node, &[], if links { Around::Links } else { Around::Page });
                    // What says nothing is left out where it may be.
                    if map.get(*name).and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
                        map.shift_remove(*name);
                    }
                }
                continue;
            }
            let Some(about) = about else { continue };
            let shown = map.get(*name).cloned();
            let is_url = around == Around::Links || self.says_urls(&word);
            match self.value(about, &node, (counted, is_url), shown.as_ref()) {
                Told::Value(value) => drop(map.insert((*name).to_owned(), value)),
                Told::Nothing => drop(map.shift_remove(*name)),
                Told::Unknown => {}
            }
        }
    }

    /// Whether a text of this name beside the list is a URL: where pages are asked for by number there is no
    /// cursor that it could be.
    fn says_urls(&self, word: &str) -> bool {
        let names = &self.asked.names;
        ["next", "previous", "prev", "first", "last", "self"].contains(&word)
            && !names.contains_key("after")
            && (names.contains_key("offset") || self.asked.page.is_some())
    }

    fn value(&self, about: About, node: &Node<'_>, (counted, is_url): (bool, bool), shown: Option<&Value>) -> Told {
        let number = is(node.value, "integer") || is(node.value, "number");
        let boolean = is(node.value, "boolean");
        let text = is(node.value, "string");
        let count = |number_of: usize| if number { Told::Value(number_of.into()) } else { Told::Unknown };
        match about {
            About::Total => count(self.total),
            About::Count => count(if counted { self.items.len() } else { self.total }),
            About::Page => count(self.number()),
            About::Size => count(self.asked.size.unwrap_or_else(|| self.size())),
            About::Pages => count(self.pages()),
            About::Offset => count(self.skipped),
            About::More if boolean => Told::Value(self.more().into()),
            About::Fewer if boolean => Told::Value((self.skipped > 0).into()),
            About::FirstId | About::LastId => {
                let entry = if about == About::FirstId { self.items.first() } else { self.items.last() };
                entry.map_or(Told::Nothing, |(_, entry)| Told::Value(entry.key.clone().into()))
            }
            About::Next if number => self.neighbour(self.more(), 1),
            About::Previous if number => self.neighbour(self.skipped > 0, -1),
            About::Next | About::Previous | About::First | About::Last | About::Here if text => {
                let format = node.value.get("format").and_then(Value::as_str);
                let shown = shown.and_then(Value::as_str).unwrap_or_default();
                // A text that is made up looks like any URL; one that the document shows says how to ask for more.
                let shows = shown.starts_with('/') || shown.contains('?');
                let as_url = is_url || format.is_some_and(|format| format.starts_with("uri")) || shows;
                let relative = shown.starts_with('/');
                let told = if as_url { self.url(about) } else { self.cursor().filter(|_| about == About::Next) };
                match told {
                    Some(url) if as_url && relative => Told::Value(below_host(&url).into()),
                    Some(told) => Told::Value(told.into()),
                    None if about == About::Here => Told::Unknown,
                    None if is(node.value, "null") => Told::Value(Value::Null),
                    None => Told::Nothing,
                }
            }
            _ => Told::Unknown,
        }
    }

    fn neighbour(&self, exists: bool, step: isize) -> Told {
        let page = self.asked.page.map_or_else(|| self.number(), |(page, _)| page);
        if exists { Told::Value(page.saturating_add_signed(step).into()) } else { Told::Nothing }
    }
}

/// What a property stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// The body, or what the list is in.
    Top,
    /// An object about the page.
    Page,
    /// An object of URLs.
    Links,
}

enum Told {
    Value(Value),
    /// It is left out, or `null` where it may be.
    Nothing,
    /// The document's own value stays.
    Unknown,
}

fn below_host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or_else(|| "/".to_owned(), |at| rest[at..].to_owned())
}

/// The URL with one query parameter set.
fn with_query(url: &str, name: &str, value: &str) -> String {
    let (start, query) = url.split_once('?').unwrap_or((url, ""));
    let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(known, _)| known != name)
        .map(|(n, v)| (n.into(), v.into()))
        .collect();
    pairs.push((name.to_owned(), value.to_owned()));
    format!("{start}?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
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

    #[test]
    fn a_page_is_named_in_the_query() {
        assert_eq!(with_query("http://h/a?x=1&page=2", "page", "3"), "http://h/a?x=1&page=3");
        assert_eq!(with_query("http://h/a", "after", "a b"), "http://h/a?after=a+b");
        assert_eq!(below_host("http://h/a?x"), "/a?x");
    }
}
