//! The base paths of a document's servers (OpenAPI, Server Object): what may stand before a path.

use serde_json::{Map, Value};

/// The most servers of a document that are looked at.
const MOST: usize = 500;

/// The servers of a document: its own, those of its paths and those of its operations.
#[derive(Debug, Default)]
pub(super) struct Bases {
    /// Whole URLs, of the document's own servers.
    urls: Vec<Vec<Piece>>,
    /// Paths, the longest first; none that is empty.
    paths: Vec<Vec<Piece>>,
}

/// A part of a server's URL template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A variable with an `enum`.
    OneOf(Vec<String>),
    /// A variable that may be anything; the default comes first.
    Any(String),
}

impl Bases {
    pub(super) fn of(document: &Value) -> Self {
        let mut all = Self::default();
        let own = servers(document);
        all.urls = own.iter().filter_map(|server| pieces(server)).collect();
        let items = document.get("paths").and_then(Value::as_object).into_iter().flatten().map(|(_, item)| item);
        let mut listed = own;
        for item in items {
            listed.extend(servers(item));
            let operations = item.as_object().into_iter().flatten().map(|(_, operation)| operation);
            listed.extend(operations.filter(|operation| operation.is_object()).flat_map(servers));
        }
        for server in listed.into_iter().take(MOST) {
            if let Some(path) = path_of(server)
                && !all.paths.contains(&path)
            {
                all.paths.push(path);
            }
        }
        all.paths.sort_by_key(|path| std::cmp::Reverse(length(path)));
        all
    }

    /// What is left of `path` below each base path that it starts with.
    pub(super) fn below<'p>(&self, path: &'p str) -> impl Iterator<Item = &'p str> {
        let rests = self.paths.iter().filter_map(move |base| after(base, path));
        rests.filter(|rest| rest.starts_with('/')).collect::<Vec<_>>().into_iter()
    }

    /// Whether one of the document's servers has this URL.
    pub(super) fn has(&self, url: &str) -> bool {
        let url = url.trim_end_matches('/');
        self.urls.iter().any(|known| after(known, url).is_some_and(str::is_empty))
    }
}

fn servers(owner: &Value) -> Vec<&Value> {
    owner.get("servers").and_then(Value::as_array).into_iter().flatten().collect()
}

fn length(path: &[Piece]) -> usize {
    let texts = path.iter().map(|piece| match piece {
        Piece::Text(text) | Piece::Any(text) => text.len(),
        Piece::OneOf(values) => values.iter().map(String::len).max().unwrap_or(0),
    });
    texts.sum()
}

/// The pieces of a server's URL, without a slash at its end.
fn pieces(server: &Value) -> Option<Vec<Piece>> {
    let url = server.get("url")?.as_str()?;
    let variables = server.get("variables").and_then(Value::as_object);
    Some(cut(url.trim_end_matches('/'), variables))
}

fn cut(url: &str, variables: Option<&Map<String, Value>>) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = url;
    while let Some((before, name, after)) = rest.split_once('{').and_then(|(before, from)| {
        let (name, after) = from.split_once('}')?;
        Some((before, name, after))
    }) {
        found.extend((!before.is_empty()).then(|| Piece::Text(before.to_owned())));
        found.push(variable(variables.and_then(|variables| variables.get(name))));
        rest = after;
    }
    found.extend((!rest.is_empty()).then(|| Piece::Text(rest.to_owned())));
    found
}

fn variable(variable: Option<&Value>) -> Piece {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let default = variable.and_then(|variable| variable.get("default")).map(text);
    let allowed = variable.and_then(|variable| variable.get("enum")).and_then(Value::as_array);
    match allowed.filter(|allowed| !allowed.is_empty()) {
        Some(allowed) => {
            let mut values: Vec<String> = allowed.iter().map(text).collect();
            values.extend(default.filter(|default| !values.contains(default)));
            Piece::OneOf(values)
        }
        None => Piece::Any(default.unwrap_or_default()),
    }
}

/// The path of a server, `None` where it has none: what stands after scheme and authority.
fn path_of(server: &Value) -> Option<Vec<Piece>> {
    let mut all = pieces(server)?.into_iter().peekable();
    let is_address = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Any(text) => text.contains("://"),
        Piece::OneOf(values) => values.iter().any(|value| value.contains("://")),
    };
    // A variable may hold the scheme and authority, and a path of its own, as its default.
    if let Some(Piece::OneOf(_) | Piece::Any(_)) = all.peek()
        && all.peek().is_some_and(is_address)
    {
        let first = match all.next() {
            Some(Piece::OneOf(values)) => values.into_iter().map(|value| without_address(&value).to_owned()).collect(),
            Some(Piece::Any(value)) => vec![without_address(&value).to_owned()],
            _ => Vec::new(),
        };
        let path: Vec<Piece> = std::iter::once(Piece::OneOf(first)).chain(all).collect();
        return (length(&path) > 0).then_some(path);
    }
    let whole: Vec<Piece> = all.collect();
    let absolute =
        whole.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains("://") || text.starts_with("//")));
    let mut path = Vec::new();
    // Slashes that still belong to `scheme://`.
    let mut in_address = absolute;
    for piece in whole {
        match piece {
            Piece::Text(text) if in_address => {
                let from = text.find("//").map_or(0, |at| at + 2);
                if let Some(at) = text[from..].find('/') {
                    in_address = false;
                    path.push(Piece::Text(text[from + at..].to_owned()));
                }
            }
            _ if in_address => {}
            Piece::Text(text) if path.is_empty() => path.push(Piece::Text(text.trim_start_matches('.').to_owned())),
            piece => path.push(piece),
        }
    }
    if let Some(Piece::Text(last)) = path.last_mut() {
        let end = last.find(['?', '#']).unwrap_or(last.len());
        last.truncate(end);
        *last = last.trim_end_matches('/').to_owned();
    }
    (length(&path) > 0).then_some(path)
}

fn without_address(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("", |at| rest[at..].trim_end_matches('/'))
}

/// What stands in `text` after the pieces; a variable without an `enum` takes up to the next slash.
fn after<'t>(pieces: &[Piece], text: &'t str) -> Option<&'t str> {
    let Some((first, rest)) = pieces.split_first() else { return Some(text) };
    match first {
        Piece::Text(wanted) => after(rest, text.strip_prefix(wanted.as_str())?),
        Piece::OneOf(values) => values.iter().find_map(|value| after(rest, text.strip_prefix(value.as_str())?)),
        Piece::Any(default) => {
            let usual = text.strip_prefix(default.as_str()).and_then(|left| after(rest, left));
            let end = text.find('/').unwrap_or(text.len());
            // The next literal text ends the variable, the longest way first.
            let ends = || text[..end].char_indices().map(|(at, c)| at + c.len_utf8()).rev();
            usual.or_else(|| ends().find_map(|at| after(rest, &text[at..])))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bases(servers: &Value) -> Bases {
        Bases::of(&json!({ "servers": servers }))
    }

    #[test]
    fn base_paths_are_known_with_all_values_of_their_variables() {
        for (server, path, expected) in [
            (json!({"url": "https://api.example.com/v1/"}), "/v1/a", Some("/a")),
            (json!({"url": "/v1"}), "/v1/a", Some("/a")),
            (json!({"url": "./v1"}), "/v1/a", Some("/a")),
            (json!({"url": "/v1"}), "/v10/a", None),
            (json!({"url": "https://api.example.com"}), "/a", None),
            (json!({"url": "https://{host}/api", "variables": {"host": {"default": "h"}}}), "/api/a", Some("/a")),
            (
                json!({"url": "https://h/{base}", "variables": {"base": {"default": "v2", "enum": ["v1", "v2"]}}}),
                "/v1/a",
                Some("/a"),
            ),
            (
                json!({"url": "https://h/{base}", "variables": {"base": {"default": "v2", "enum": ["v1", "v2"]}}}),
                "/v3/a",
                None,
            ),
            (
                json!({"url": "https://h/{tenant}/x", "variables": {"tenant": {"default": "me"}}}),
                "/you/x/a",
                Some("/a"),
            ),
            (json!({"url": "https://h/v{n}/x", "variables": {"n": {"default": "1"}}}), "/v22/x/a", Some("/a")),
            (json!({"url": "https://h/{base}", "variables": {"base": {"default": "api/v1"}}}), "/api/v1/a", Some("/a")),
            (
                json!({"url": "{root}/v1", "variables": {"root": {"default": "https://h/base"}}}),
                "/base/v1/a",
                Some("/a"),
            ),
            (json!({"url": "{scheme}://h/v1", "variables": {"scheme": {"default": "https"}}}), "/v1/a", Some("/a")),
            (json!({"url": "https://h/v1?x=1"}), "/v1/a", Some("/a")),
            (json!({"url": 7}), "/v1/a", None),
        ] {
            assert_eq!(bases(&json!([server])).below(path).next(), expected, "{server}");
        }
        let both = bases(&json!([{"url": "/api"}, {"url": "/api/v1"}]));
        assert_eq!(both.below("/api/v1/a").collect::<Vec<_>>(), ["/a", "/v1/a"]);
    }

    #[test]
    fn servers_of_paths_and_operations_count_too() {
        let document = json!({"paths": {"/a": {"servers": [{"url": "/one"}], "get": {"servers": [{"url": "/two"}]}}}});
        let bases = Bases::of(&document);
        for path in ["/one/a", "/two/a"] {
            assert_eq!(bases.below(path).next(), Some("/a"));
        }
    }

    #[test]
    fn servers_are_known_by_their_url() {
        let bases = bases(
            &json!([{"url": "https://{region}.example.com/v1", "variables": {"region": {"default": "eu", "enum": ["eu", "us"]}}}]),
        );
        assert!(bases.has("https://us.example.com/v1") && bases.has("https://eu.example.com/v1/"));
        assert!(!bases.has("https://cn.example.com/v1") && !bases.has("https://eu.example.com"));
    }
}
