//! Values as bodies, by media type: what a reader of the contract reads back as the same value.

use base64::Engine as _;
use serde_json::Value;

use super::xml;
use crate::contract::{
    Body, Contract, Encoding, Location, MediaTypeSpec, Parameter, ParameterStyle, SchemaRef, Shape, is_sequential,
    read_body,
};
use crate::exchange::MediaType;

/// A body and the media type to send it under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Without wildcards; with a `boundary` where the type is `multipart/*`.
    pub media: MediaType,
    /// The body.
    pub bytes: Vec<u8>,
}

/// Writes `value` as a body of the media type that `described` stands for.
pub fn write(contract: &Contract, described: &MediaTypeSpec, value: &Value) -> Written {
    let media = concrete(&described.range);
    let anything = || std::sync::Arc::new(Shape::anything());
    let shape = || described.schema.as_ref().map_or_else(anything, |schema| contract.shape(schema));
    if media.is_json() {
        return Written { media, bytes: value.to_string().into_bytes() };
    }
    match value {
        Value::Object(map) if media.is_form() => {
            let form = Form { media: &media, shape: &shape(), encoding: &described.encoding };
            Written { bytes: form.write(map).into_bytes(), media }
        }
        Value::Object(map) if media.is_multipart() => multipart(media, map, &described.encoding),
        Value::String(text) => Written { media, bytes: text.clone().into_bytes() },
        Value::Null => Written { media, bytes: Vec::new() },
        value if is_xml(&media) => {
            let bytes = xml_document(contract, described.schema.as_ref(), value).into_bytes();
            Written { media, bytes }
        }
        value => Written { bytes: lines(&media, value).into_bytes(), media },
    }
}

/// The same for a value that was made up: a file where the type is one of files, elements where it is
/// XML. `None`: the document says nothing of the value.
pub fn write_generated(contract: &Contract, described: &MediaTypeSpec, value: Option<&Value>) -> Written {
    let media = concrete(&described.range);
    match value {
        None | Some(Value::String(_)) if let Some(bytes) = sample(&media) => Written { media, bytes },
        Some(Value::String(text)) if media.essence() == "text/event-stream" => {
            text_event(contract, described, media, text)
        }
        Some(value) if is_xml(&media) => {
            let bytes = xml_document(contract, described.schema.as_ref(), value).into_bytes();
            Written { media, bytes }
        }
        Some(value) => write(contract, described, value),
        None if media.is_json() => Written { media, bytes: b"{}".to_vec() },
        None if is_xml(&media) => Written { media, bytes: b"<xml/>".to_vec() },
        None => Written { media, bytes: Vec::new() },
    }
}

/// A text as an event of a stream, where the schema lets it (HTML, "Server-sent events").
fn text_event(contract: &Contract, described: &MediaTypeSpec, media: MediaType, text: &str) -> Written {
    let lines: String = text.lines().flat_map(|line| ["data: ", line, "\n"]).collect();
    let framed = format!("{lines}\n");
    let holds = |schema| {
        let compiled = contract.schema(schema, crate::contract::Direction::Response);
        match read_body(&media, framed.as_bytes(), &contract.shape(schema), &described.encoding) {
            Body::Value(value) => compiled.is_ok_and(|compiled| compiled.is_valid(&value)),
            Body::Opaque | Body::Unreadable(_) => true,
            Body::Malformed(_) => false,
        }
    };
    let fits = described.schema.as_ref().is_none_or(holds);
    Written { bytes: if fits { framed } else { text.to_owned() }.into_bytes(), media }
}

/// Writes the items of a sequential body (OpenAPI 3.2, "Sequential Media Types"): events, lines, JSON texts
/// one after the other; a JSON array where the type is JSON.
pub fn write_items(described: &MediaTypeSpec, items: &[Value]) -> Written {
    let media = concrete(&described.range);
    let bytes = if media.essence() == "text/event-stream" {
        items.iter().map(event).collect::<String>().into_bytes()
    } else if media.is_json() && !is_sequential(&media) {
        Value::from(items).to_string().into_bytes()
    } else {
        lines(&media, &Value::from(items)).into_bytes()
    };
    Written { media, bytes }
}

/// An event with the fields of an object (HTML, "Server-sent events"), else with the value as its data.
fn event(item: &Value) -> String {
    let Value::Object(fields) = item else { return format!("data: {item}\n\n") };
    let mut out = String::new();
    for name in ["event", "id", "retry", "data"] {
        let Some(value) = fields.get(name).map(plain) else { continue };
        if name == "data" {
            // A text of no lines has one that is empty.
            let lines = value.split('\n').map(|line| line.trim_end_matches('\r'));
            out.extend(lines.flat_map(|line| ["data: ", line, "\n"]));
        } else {
            out.extend([name, ": ", &value.replace(['\r', '\n', '\0'], " "), "\n"]);
        }
    }
    out + "\n"
}

/// A media type for a documented range: itself where it has no wildcard.
pub fn concrete(range: &MediaType) -> MediaType {
    let essence = range.essence();
    let plain = match essence.as_str() {
        "*/*" | "application/*" => "application/json",
        "text/*" => "text/plain",
        "image/*" => "image/png",
        "audio/*" => "audio/wav",
        "video/*" => "video/mp4",
        "multipart/*" => "multipart/form-data",
        other if other.contains('*') => "application/octet-stream",
        _ => return range.clone(),
    };
    MediaType::parse(plain).unwrap_or_else(|_| range.clone())
}

/// Whether bodies of this type are XML (RFC 7303).
pub(super) fn is_xml(media: &MediaType) -> bool {
    let essence = media.essence();
    essence.ends_with("/xml") || essence.ends_with("+xml")
}

/// The least bytes that are a file of this type, where any text would not do; `None` for types whose
/// bodies are text.
pub(super) fn sample(media: &MediaType) -> Option<Vec<u8>> {
    const PNG: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
    const WEBP: &str = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==";
    const JPEG: &str = "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z";
    const GZIP: &str = "H4sIAAAAAAAAAwMAAAAAAAAAAAA=";
    let decoded = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).ok();
    match media.essence().as_str() {
        "image/png" => decoded(PNG),
        "image/gif" => decoded(GIF),
        "image/webp" => decoded(WEBP),
        "image/jpeg" | "image/jpg" => decoded(JPEG),
        "image/svg+xml" => Some(b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>".to_vec()),
        "application/gzip" | "application/x-gzip" => decoded(GZIP),
        // An archive without entries: its end record alone.
        "application/zip" | "application/x-zip-compressed" => Some([&b"PK\x05\x06"[..], &[0; 18]].concat()),
        "application/pdf" => Some(b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n".to_vec()),
        "audio/wav" | "audio/x-wav" | "audio/wave" => Some(wav()),
        _ if media.is_text() || media.is_multipart() => None,
        essence if essence.contains("ndjson") || essence.contains("json") => None,
        _ => Some(vec![0x00, 0x01, 0x02, 0x03, 0xfd, 0xfe, 0xff]),
    }
}

/// A sound file of no samples.
fn wav() -> Vec<u8> {
    let mut out = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    out.extend(8_000_u32.to_le_bytes());
    out.extend(16_000_u32.to_le_bytes());
    out.extend(b"\x02\0\x10\0data\0\0\0\0");
    out
}

fn xml_document(contract: &Contract, schema: Option<&SchemaRef>, value: &Value) -> String {
    let lookup = |reference: &str| contract.resolve_ref(reference, schema?);
    xml::document(value, schema.map(|schema| contract.schema_value(schema)), &lookup)
}

/// Values that have no form of their own in a type: JSON, one text for each where the type is a sequence.
fn lines(media: &MediaType, value: &Value) -> String {
    let essence = media.essence();
    let sequence = ["ndjson", "jsonl", "jsonlines", "json-lines", "json-seq"].iter().any(|word| essence.contains(word));
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let between = |before: &str, after: &str| -> String {
        items.iter().flat_map(|item| [before.to_owned(), item.to_string(), after.to_owned()]).collect()
    };
    match (essence.as_str(), value) {
        ("text/event-stream", _) => between("data: ", "\n\n"),
        _ if essence.ends_with("json-seq") => between("\x1e", "\n"),
        _ if sequence => between("", "\n"),
        ("text/csv", Value::Array(rows)) => csv(rows),
        _ => value.to_string(),
    }
}

/// Rows as comma-separated values (RFC 4180); the first one's names are the header.
fn csv(rows: &[Value]) -> String {
    let cell = |value: &Value| {
        let text = plain(value);
        if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    let line = |cells: Vec<String>| cells.join(",") + "\r\n";
    let names: Vec<&String> =
        rows.first().and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name).collect();
    let mut out = String::new();
    if !names.is_empty() {
        out.push_str(&line(names.iter().map(|name| cell(&Value::from(name.as_str()))).collect()));
    }
    for row in rows {
        out.push_str(&line(match row {
            Value::Object(row) => names.iter().map(|name| row.get(*name).map(cell).unwrap_or_default()).collect(),
            Value::Array(cells) => cells.iter().map(cell).collect(),
            other => vec![cell(other)],
        }));
    }
    out
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Writes `application/x-www-form-urlencoded`.
struct Form<'f> {
    media: &'f MediaType,
    shape: &'f Shape,
    encoding: &'f [(String, Encoding)],
}

impl Form<'_> {
    fn write(&self, map: &serde_json::Map<String, Value>) -> String {
        let pairs: Vec<String> = map.iter().filter_map(|(name, value)| self.property(name, value)).collect();
        pairs.join("&")
    }

    /// A property in its declared style; where that does not carry it (an object within a form has no
    /// default that servers agree on), in brackets, else as JSON.
    fn property(&self, name: &str, value: &Value) -> Option<String> {
        let mut parameter = Parameter::plain(name, Location::Query);
        if let Some((_, encoding)) = self.encoding.iter().find(|(known, _)| known == name) {
            (parameter.style, parameter.explode) = (encoding.style, encoding.explode);
            parameter.allow_reserved = encoding.allow_reserved == Some(true);
        }
        let bracketed = Parameter { style: ParameterStyle::DeepObject, ..parameter.clone() };
        let texts = [parameter.serialise(value), bracketed.serialise(value)];
        let json = Parameter::plain(name, Location::Query).serialise(&Value::from(value.to_string()));
        let carries = |text: &&String| {
            let read = read_body(self.media, text.as_bytes(), self.shape, self.encoding);
            matches!(read, Body::Value(Value::Object(read)) if read.get(name) == Some(value))
        };
        let structured = value.is_object() || value.is_array();
        let [declared, bracketed] = &texts;
        let best = [declared, bracketed, &json].into_iter().take(if structured { 3 } else { 1 }).find(carries);
        // An empty list has no pair to stand in.
        best.or(Some(declared)).filter(|text| !text.is_empty()).cloned()
    }
}

/// Writes `multipart/form-data` (RFC 7578) and its relatives: a part for each property, one for each
/// item of a list.
fn multipart(media: MediaType, map: &serde_json::Map<String, Value>, encoding: &[(String, Encoding)]) -> Written {
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, value) in map {
        let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let said = encoding.iter().find(|(known, _)| known == name).and_then(|(_, said)| said.content_type.as_deref());
        parts.extend(items.iter().map(|item| part(name, item, said)));
    }
    let boundary = boundary(&parts);
    let mut bytes = Vec::new();
    for (head, body) in &parts {
        bytes.extend(format!("--{boundary}\r\n{head}\r\n").into_bytes());
        bytes.extend(body);
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("--{boundary}--\r\n").into_bytes());
    let with = MediaType::parse(&format!("{}; boundary={boundary}", media.essence()));
    Written { media: with.unwrap_or(media), bytes }
}

/// The head and body of one part. A media type that the encoding names comes first, a file that is
/// no text has a file name, and what is no scalar is JSON (OpenAPI, "Encoding `multipart` Media Types").
fn part(name: &str, value: &Value, said: Option<&str>) -> (String, Vec<u8>) {
    let said = said.and_then(|list| list.split(',').next()).and_then(|text| MediaType::parse(text.trim()).ok());
    let said = said.map(|range| concrete(&range));
    let file = said.as_ref().and_then(|media| sample(media).filter(|_| value.is_string()));
    let media = match (&said, value) {
        (Some(media), _) => Some(media.to_string()),
        (None, Value::Object(_) | Value::Array(_)) => Some("application/json".to_owned()),
        (None, _) => None,
    };
    let quoted = name.replace('"', "%22").replace(['\r', '\n'], " ");
    let file_name = if file.is_some() { "; filename=\"file\"" } else { "" };
    let mut head = format!("content-disposition: form-data; name=\"{quoted}\"{file_name}\r\n");
    if let Some(media) = media {
        head.extend(["content-type: ", &media, "\r\n"]);
    }
    let json = said.is_some_and(|media| media.is_json());
    let body = file.unwrap_or_else(|| if json { value.to_string() } else { plain(value) }.into_bytes());
    (head, body)
}

/// A boundary that stands in no part.
fn boundary(parts: &[(String, Vec<u8>)]) -> String {
    let held = |boundary: &str| {
        let wanted = boundary.as_bytes();
        parts.iter().any(|(_, body)| body.windows(wanted.len()).any(|window| window == wanted))
    };
    let names = (0..).map(|number| format!("countersign-part-{number}"));
    names.take(1_000).find(|name| !held(name)).unwrap_or_else(|| "countersign-part".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{Alone, Parts};
    use crate::source::Source;

    fn contract() -> Contract {
        let document = "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a:
    post:
      requestBody:
        content:
          application/x-www-form-urlencoded: &form
            schema:
              type: object
              properties:
                a: {type: string}
                n: {type: array, items: {type: integer}}
                o: {type: object, properties: {x: {type: integer}, y: {type: object, properties: {z: {type: boolean}}}}}
                file: {type: string, format: binary}
            encoding: {n: {style: form, explode: false}, file: {contentType: image/png}}
          multipart/form-data: *form
          application/xml: {schema: {type: object, xml: {name: thing}, properties: {a: {type: string}}}}
          application/x-ndjson: {}
          text/csv: {}
          text/event-stream: {}
          text/*: {}
      responses: {'200': {description: ok}}
";
        let parts =
            Parts { name: "t".into(), document: Source::new("t.yaml", document), overlay: None, promises: None };
        Contract::load(parts, &Alone).unwrap_or_else(|faults| panic!("{faults}")).0
    }

    fn entry<'c>(contract: &'c Contract, range: &str) -> &'c MediaTypeSpec {
        let content = &contract.operations()[0].request_body().expect("a body").content;
        content.iter().find(|entry| entry.range.essence() == range).expect("documented")
    }

    #[test]
    fn forms_are_read_back_as_they_were() {
        let contract = contract();
        for range in ["application/x-www-form-urlencoded", "multipart/form-data"] {
            let described = entry(&contract, range);
            let shape = contract.shape(described.schema.as_ref().expect("a schema"));
            for value in [
                json!({"a": "x & y=z/ü"}),
                json!({"n": [1, 2, 3]}),
                json!({"o": {"x": 7}}),
                json!({"o": {"x": 7, "y": {"z": true}}, "a": ""}),
                json!({"a": "--countersign-part-0"}),
            ] {
                let written = write(&contract, described, &value);
                let read = read_body(&written.media, &written.bytes, &shape, &described.encoding);
                assert_eq!(read, Body::Value(value), "{}", String::from_utf8_lossy(&written.bytes));
            }
        }
        let list = write(&contract, entry(&contract, "application/x-www-form-urlencoded"), &json!({"n": [1, 2]}));
        assert_eq!(list.bytes, b"n=1,2");
        let file = write(&contract, entry(&contract, "multipart/form-data"), &json!({"file": "x"}));
        let text = String::from_utf8_lossy(&file.bytes);
        assert!(text.contains("filename=\"file\"\r\ncontent-type: image/png\r\n") && text.contains("PNG"), "{text}");
    }

    #[test]
    fn other_types_have_their_own_forms() {
        let contract = contract();
        for (range, value, expected) in [
            ("application/xml", json!({"a": "b"}), "<thing><a>b</a></thing>"),
            ("application/xml", json!("<a/>"), "<a/>"),
            ("application/x-ndjson", json!([{"a": 1}, 2]), "{\"a\":1}\n2\n"),
            ("text/csv", json!([{"a": 1, "b": "x,y"}, {"b": "\""}]), "a,b\r\n1,\"x,y\"\r\n,\"\"\"\"\r\n"),
            ("text/event-stream", json!({"a": 1}), "data: {\"a\":1}\n\n"),
            ("text/*", json!(7), "7"),
            ("text/*", json!({"a": 1}), "{\"a\":1}"),
        ] {
            let written = write(&contract, entry(&contract, range), &value);
            assert_eq!(String::from_utf8_lossy(&written.bytes), expected, "{range}");
        }
        assert_eq!(write(&contract, entry(&contract, "text/*"), &json!("a")).media.to_string(), "text/plain");
    }

    #[test]
    fn items_of_a_stream_are_read_back() {
        let contract = contract();
        let events = [json!({"event": "tick", "id": "7", "data": "two\nlines"}), json!({"data": ""})];
        for (range, items) in
            [("text/event-stream", &events[..]), ("application/x-ndjson", &[json!({"a": 1}), json!([2])])]
        {
            let written = write_items(entry(&contract, range), items);
            let read = crate::contract::read_items(&written.media, &written.bytes);
            assert_eq!(read, crate::contract::Items::Values(items.to_vec()), "{written:?}");
        }
    }

    #[test]
    fn files_start_as_their_type_does() {
        for (media, start) in [
            ("image/png", &b"\x89PNG"[..]),
            ("image/gif", b"GIF8"),
            ("image/jpeg", b"\xff\xd8\xff"),
            ("image/webp", b"RIFF"),
            ("application/pdf", b"%PDF"),
            ("application/zip", b"PK"),
            ("application/gzip", b"\x1f\x8b"),
            ("audio/wav", b"RIFF"),
            ("application/octet-stream", b"\0\x01"),
        ] {
            let bytes = sample(&MediaType::parse(media).expect("a media type")).expect("bytes");
            assert!(bytes.starts_with(start), "{media}");
        }
        for text in ["text/plain", "application/json", "application/x-ndjson", "application/xml"] {
            assert_eq!(sample(&MediaType::parse(text).expect("a media type")), None, "{text}");
        }
    }
}
