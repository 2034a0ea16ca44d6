//! A page of a list, and what is said about it beside the list and in headers.

use serde_json::Value;

use super::list::Asked;
use super::look::{Look, Node, is};
use super::memory::Entry;
use super::names::{About, fold};

/// A page of a list.
pub(super) struct Page<'m> {
    pub(super) items: Vec<(u64, &'m Entry)>,
    pub(super) total: usize,
    /// How many items stand before the page.
    pub(super) skipped: usize,
    pub(super) asked: Asked,
    /// The request's path and query.
    pub(super) target: String,
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
    use super::*;

    #[test]
    fn a_page_is_named_in_the_query() {
        assert_eq!(with_query("http://h/a?x=1&page=2", "page", "3"), "http://h/a?x=1&page=3");
        assert_eq!(with_query("http://h/a", "after", "a b"), "http://h/a?after=a+b");
        assert_eq!(below_host("http://h/a?x"), "/a?x");
    }
}
