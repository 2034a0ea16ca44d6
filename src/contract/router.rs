//! From a path to its operations: a tree of segments, so that the cost depends on the path's
//! length and not on how many operations there are (OpenAPI, section "Path Templating Matching").

use std::borrow::Cow;
use std::collections::HashMap;

/// The tree of all path templates.
#[derive(Default)]
pub(super) struct Router {
    root: Node,
}

#[derive(Default)]
struct Node {
    /// Below a segment without parameters, by the segment percent-decoded.
    literal: HashMap<String, Node>,
    /// Below segments with parameters: the most concrete first.
    patterns: Vec<(Segment, Node)>,
    /// Operations that end here: method, number of the operation.
    operations: Vec<(String, usize)>,
}

/// A segment with parameters: literal texts and parameters in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Parameter,
}

/// What a path leads to.
pub(super) struct Found<'r> {
    /// Method and number of each operation there.
    pub(super) operations: &'r [(String, usize)],
    /// The parameters' values in the template's order, percent-encoding kept.
    pub(super) values: Vec<String>,
}

impl Router {
    /// Adds an operation; `false` where one of this method and template is there already.
    pub(super) fn add(&mut self, template: &str, method: &str, operation: usize) -> bool {
        let mut node = &mut self.root;
        for text in segments(path_of(template)) {
            let segment = Segment::parse(text);
            node = match segment.literal() {
                Some(literal) => node.literal.entry(decode(&literal).into_owned()).or_default(),
                None => node.pattern(segment),
            };
        }
        let known = node.operations.iter().any(|(known, _)| known == method);
        if !known {
            node.operations.push((method.to_owned(), operation));
        }
        !known
    }

    /// The operations of a raw path: concrete templates before those with parameters, but one that
    /// has the method before one that has others alone (`DELETE /pets/{id}` beside `GET /pets/mine`).
    pub(super) fn find(&self, method: &str, path: &str) -> Option<Found<'_>> {
        let segments: Vec<&str> = segments(path).collect();
        let has_method = |node: &Node| node.operations.iter().any(|(known, _)| known == method);
        let mut values = Vec::new();
        let node = self.root.find(&segments, &mut values, &has_method).or_else(|| {
            values.clear();
            self.root.find(&segments, &mut values, &|_| true)
        })?;
        Some(Found { operations: &node.operations, values })
    }
}

impl Node {
    fn pattern(&mut self, segment: Segment) -> &mut Self {
        let at = match self.patterns.iter().position(|(known, _)| *known == segment) {
            Some(at) => at,
            None => {
                let weight = segment.weight();
                let at = self.patterns.partition_point(|(known, _)| known.weight() >= weight);
                self.patterns.insert(at, (segment, Self::default()));
                at
            }
        };
        &mut self.patterns[at].1
    }

    fn find(&self, segments: &[&str], values: &mut Vec<String>, wanted: &dyn Fn(&Self) -> bool) -> Option<&Self> {
        let Some((first, rest)) = segments.split_first() else {
            return (!self.operations.is_empty() && wanted(self)).then_some(self);
        };
        if let Some(below) = self.literal.get(&*decode(first))
            && let Some(found) = below.find(rest, values, wanted)
        {
            return Some(found);
        }
        for (segment, below) in &self.patterns {
            let before = values.len();
            if segment.matches(first, values)
                && let Some(found) = below.find(rest, values, wanted)
            {
                return Some(found);
            }
            values.truncate(before);
        }
        None
    }
}

impl Segment {
    fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((_, after)) = after.split_once('}') else { break };
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Parameter);
            rest = after;
        }
        if !rest.is_empty() || parts.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Self(parts)
    }

    fn literal(&self) -> Option<String> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }

    /// How concrete it is: more text, then fewer parameters.
    fn weight(&self) -> (usize, std::cmp::Reverse<usize>) {
        let parameters = self.0.iter().filter(|part| **part == Part::Parameter).count();
        let text = self.0.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 0 }).sum();
        (text, std::cmp::Reverse(parameters))
    }

    /// Whether the raw segment fits, each parameter with at least one character.
    fn matches(&self, raw: &str, values: &mut Vec<String>) -> bool {
        fits(&self.0, raw, values)
    }
}

/// The texts stand in order; of several ways, the first parameters get as little as they can.
fn fits(parts: &[Part], raw: &str, values: &mut Vec<String>) -> bool {
    match parts {
        [] => raw.is_empty(),
        [Part::Text(text), rest @ ..] => raw.strip_prefix(text.as_str()).is_some_and(|raw| fits(rest, raw, values)),
        [Part::Parameter] => {
            values.push(raw.to_owned());
            !raw.is_empty()
        }
        // Two parameters without a text between them: one character for the first.
        [Part::Parameter, rest @ ..] => {
            let Some(next) = rest.iter().find_map(|part| if let Part::Text(text) = part { Some(text) } else { None })
            else {
                return split(rest, raw, raw.chars().next().map_or(0, char::len_utf8), values);
            };
            // The text after the last parameter is fixed at the end; others at their first place.
            let last = rest.len() == 1;
            let found = if last {
                raw.strip_suffix(next.as_str()).map(str::len)
            } else {
                raw.match_indices(next.as_str()).map(|(at, _)| at).find(|at| *at > 0)
            };
            found.is_some_and(|at| split(rest, raw, at, values))
        }
    }
}

fn split(rest: &[Part], raw: &str, at: usize, values: &mut Vec<String>) -> bool {
    if at == 0 || !raw.is_char_boundary(at) {
        return false;
    }
    values.push(raw[..at].to_owned());
    fits(rest, &raw[at..], values)
}

/// The most ways to read a path that are looked at.
const MOST_WAYS: usize = 32;

/// Every way to read the values of `template` in a raw path that fits it, where a segment of it has
/// several parameters; the way that [`Router::find`] takes is among them. Empty where there is one way.
pub(super) fn ways(template: &str, path: &str) -> Vec<Vec<String>> {
    let parsed: Vec<Segment> = segments(path_of(template)).map(Segment::parse).collect();
    if parsed.iter().all(|segment| segment.weight().1.0 < 2) {
        return Vec::new();
    }
    let mut all = vec![Vec::new()];
    for (segment, raw) in parsed.iter().zip(segments(path)) {
        let mut here = Vec::new();
        each_way(&segment.0, raw, &mut Vec::new(), &mut here);
        let longer = |before: &Vec<String>| {
            let before = before.clone();
            here.iter().map(move |values| before.iter().chain(values).cloned().collect())
        };
        all = if segment.literal().is_some() { all } else { all.iter().flat_map(longer).take(MOST_WAYS).collect() };
    }
    all
}

fn each_way(parts: &[Part], raw: &str, values: &mut Vec<String>, all: &mut Vec<Vec<String>>) {
    match parts {
        _ if all.len() == MOST_WAYS => {}
        [] if raw.is_empty() => all.push(values.clone()),
        [] => {}
        [Part::Text(text), rest @ ..] => {
            if let Some(raw) = raw.strip_prefix(text.as_str()) {
                each_way(rest, raw, values, all);
            }
        }
        [Part::Parameter, rest @ ..] => {
            for (at, _) in raw.char_indices().skip(1).chain([(raw.len(), ' ')]).filter(|(at, _)| *at > 0) {
                values.push(raw[..at].to_owned());
                each_way(rest, &raw[at..], values, all);
                values.pop();
            }
        }
    }
}

/// The names of a template's parameters, in order.
pub(super) fn names(template: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = path_of(template);
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        names.push(name.to_owned());
        rest = after;
    }
    names
}

/// Some documents write a query or fragment into a template to tell operations apart.
fn path_of(template: &str) -> &str {
    template.split(['?', '#']).next().unwrap_or(template)
}

fn segments(path: &str) -> std::str::Split<'_, char> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

/// Percent-encoding undone, where that gives UTF-8.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('%') {
        percent_encoding::percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_the_most_concrete_template() {
        let templates = [
            "/pets",
            "/pets/",
            "/pets/{id}",
            "/pets/mine",
            "/pets/{id}/toys",
            "/pets/{a}-{b}",
            "/pets/{id}:feed",
            "/{any}/mine/x",
            "/a b/{c}",
            "/files/{name}.{ending}",
            "/",
            "/jobs?kind=a",
        ];
        let mut router = Router::default();
        for (number, template) in templates.iter().enumerate() {
            assert!(router.add(template, "GET", number), "{template}");
        }
        for (path, expected, values) in [
            ("/pets", Some("/pets"), vec![]),
            ("/pets/", Some("/pets/"), vec![]),
            ("/pets/7", Some("/pets/{id}"), vec!["7"]),
            ("/pets/mine", Some("/pets/mine"), vec![]),
            ("/pets/m%69ne", Some("/pets/mine"), vec![]),
            ("/pets/mine/x", Some("/{any}/mine/x"), vec!["pets"]),
            ("/pets/mine/toys", Some("/pets/{id}/toys"), vec!["mine"]),
            ("/pets/x-y-z", Some("/pets/{a}-{b}"), vec!["x", "y-z"]),
            ("/pets/7:feed", Some("/pets/{id}:feed"), vec!["7"]),
            ("/pets/:feed", Some("/pets/{id}"), vec![":feed"]),
            ("/pets/a%2Fb", Some("/pets/{id}"), vec!["a%2Fb"]),
            ("/pets/a/b", None, vec![]),
            ("/a%20b/c", Some("/a b/{c}"), vec!["c"]),
            ("/files/x.tar.gz", Some("/files/{name}.{ending}"), vec!["x", "tar.gz"]),
            ("/", Some("/"), vec![]),
            ("/jobs", Some("/jobs?kind=a"), vec![]),
            ("/nothing/at/all/here", None, vec![]),
        ] {
            let found = router.find("GET", path);
            let template = found.as_ref().map(|found| templates[found.operations[0].1]);
            assert_eq!(template, expected, "{path}");
            assert_eq!(found.map(|found| found.values).unwrap_or_default(), values, "{path}");
        }
        assert!(!router.add("/pets/{other}", "GET", 99));
        // The most concrete one of those that have the method; where none has it, the most concrete.
        assert!(router.add("/pets/{id}", "DELETE", 100));
        for (method, expected) in
            [("DELETE", (100, vec!["mine".to_owned()])), ("PUT", (3, vec![])), ("GET", (3, vec![]))]
        {
            let found = router.find(method, "/pets/mine").expect("a template");
            assert_eq!((found.operations.last().expect("an operation").1, found.values), expected, "{method}");
        }
        assert_eq!(names("/a/{b}/{c}.{d}"), ["b", "c", "d"]);
    }

    #[test]
    fn a_segment_with_several_parameters_is_read_in_every_way() {
        assert_eq!(ways("/a/{x}.{y}/b", "/a/p.q.r/b"), [["p", "q.r"], ["p.q", "r"]]);
        assert_eq!(ways("/{v}/{x}{y}", "/1/é2"), [["1", "é", "2"]]);
        assert_eq!(ways("/{x}-{y}", &format!("/{}", "a-".repeat(5_000))).len(), MOST_WAYS);
        assert!(ways("/a/{x}/{y}", "/a/b/c").is_empty());
        assert!(ways("/{x}.{y}", "/ab").is_empty());
    }
}
