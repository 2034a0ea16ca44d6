//! Sequential media types: one body, many items (OpenAPI 3.2, "Sequential Media Types").

use serde_json::{Map, Value, json};

use super::media::Body;
use super::media::json;
use crate::exchange::MediaType;

/// What the items of a sequential body turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Items {
    /// One value each.
    Values(Vec<Value>),
    /// It is not what its media type says, and why.
    Malformed(String),
    /// Its media type cannot be read here, and why.
    Unreadable(String),
}

/// The items of a body: of JSON Lines, a JSON text sequence (RFC 7464), an event stream, or a JSON array.
pub fn read_items(media: &MediaType, body: &[u8]) -> Items {
    let essence = media.essence();
    let Ok(text) = std::str::from_utf8(body) else { return Items::Malformed("it is not UTF-8".to_owned()) };
    match essence.as_str() {
        "text/event-stream" => Items::Values(events(text)),
        "application/json-seq" => {
            let texts = text.split('\u{1e}').map(str::trim).filter(|text| !text.is_empty());
            values("text", texts.enumerate())
        }
        _ if essence.ends_with("+json-seq") => {
            let texts = text.split('\u{1e}').map(str::trim).filter(|text| !text.is_empty());
            values("text", texts.enumerate())
        }
        "application/jsonl"
        | "application/jsonlines"
        | "application/x-jsonlines"
        | "application/ndjson"
        | "application/x-ndjson" => {
            values("line", text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()))
        }
        _ if media.is_json() => match json(body) {
            Body::Value(Value::Array(items)) => Items::Values(items),
            Body::Value(_) => Items::Malformed("it is no list".to_owned()),
            Body::Malformed(reason) => Items::Malformed(reason),
            Body::Unreadable(reason) => Items::Unreadable(reason),
            Body::Opaque => Items::Unreadable("it is no text".to_owned()),
        },
        _ => Items::Unreadable(format!("bodies of type `{essence}` cannot be judged item by item")),
    }
}

/// Whether bodies of this type are items by nature, not lists within something else.
pub fn is_sequential(media: &MediaType) -> bool {
    let essence = media.essence();
    essence == "text/event-stream"
        || essence.ends_with("json-seq")
        || essence.ends_with("ndjson")
        || essence.ends_with("jsonl")
        || essence.ends_with("jsonlines")
}

fn values<'t>(what: &str, texts: impl Iterator<Item = (usize, &'t str)>) -> Items {
    let mut all = Vec::new();
    for (index, text) in texts {
        match json(text.as_bytes()) {
            Body::Value(value) => all.push(value),
            Body::Malformed(reason) => return Items::Malformed(format!("{what} {}: {reason}", index + 1)),
            Body::Unreadable(reason) => return Items::Unreadable(format!("{what} {}: {reason}", index + 1)),
            Body::Opaque => {}
        }
    }
    Items::Values(all)
}

/// The events of a stream as objects with the fields that were sent (HTML, "Interpreting an event
/// stream"); one that no blank line ends is not complete and left out.
fn events(text: &str) -> Vec<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let (mut all, mut event) = (Vec::new(), Map::new());
    let complete = text.rsplit_once('\n').map_or("", |(complete, _)| complete);
    for line in complete.split('\n') {
        if line.is_empty() {
            if !event.is_empty() {
                all.push(Value::Object(std::mem::take(&mut event)));
            }
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (name, event.get_mut(name)) {
            ("data", Some(Value::String(data))) => {
                data.push('\n');
                data.push_str(value);
            }
            ("data" | "event" | "id", _) => drop(event.insert(name.to_owned(), Value::from(value))),
            ("retry", _) => {
                if let Ok(milliseconds) = value.parse::<u64>() {
                    event.insert(name.to_owned(), json!(milliseconds));
                }
            }
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_by_their_media_type() {
        for (media, body, expected) in [
            ("application/jsonl", "{\"a\": 1}\n\n2\r\n", Items::Values(vec![json!({"a": 1}), json!(2)])),
            ("application/x-ndjson", "", Items::Values(vec![])),
            ("application/json-seq", "\u{1e}1\n\u{1e}[2]\n", Items::Values(vec![json!(1), json!([2])])),
            ("application/json", "[1, 2]", Items::Values(vec![json!(1), json!(2)])),
            ("application/json", "1", Items::Malformed("it is no list".to_owned())),
            (
                "text/event-stream",
                ": hello\n\nevent: add\ndata: a\ndata:b\nid: 7\nretry: 10\nother: x\n\ndata\n\ndata: cut",
                Items::Values(vec![
                    json!({"event": "add", "data": "a\nb", "id": "7", "retry": 10}),
                    json!({"data": ""}),
                ]),
            ),
        ] {
            let media = MediaType::parse(media).expect("a media type");
            assert_eq!(read_items(&media, body.as_bytes()), expected, "{media} {body:?}");
        }
        let lines = MediaType::parse("application/jsonl").expect("a media type");
        let found = read_items(&lines, b"1\n{\n");
        assert!(matches!(found, Items::Malformed(reason) if reason.starts_with("line 2: it is not JSON")));
    }
}
