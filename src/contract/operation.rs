//! Operations and what belongs to them; all below an operation is read when first asked for.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::document::{At, Documents};
use super::media::Encoding;
use super::parameter::{Location, Parameter, ParameterStyle};
use super::schema::{SchemaRef, Schemas};
use super::security::{SecurityRequirement, requirements};
use crate::exchange::MediaType;
use crate::source::Pointer;

/// One operation of a contract (OpenAPI, Operation Object).
pub struct Operation {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) pointer: Pointer,
    pub(super) tags: Vec<String>,
    /// Where the Operation Object itself is, references followed.
    pub(super) at: At,
    /// Where the Path Item Objects are whose parameters hold here too: the nearest first.
    pub(super) items: Vec<At>,
    pub(super) schemas: Arc<Schemas>,
    pub(super) details: OnceLock<Details>,
}

pub(super) struct Details {
    parameters: Vec<Parameter>,
    request_body: Option<RequestBody>,
    responses: Vec<ResponseSpec>,
    security: Vec<SecurityRequirement>,
    query_string: Option<QueryString>,
}

/// A query that is one value as a whole: `in: querystring` (OpenAPI 3.2, Parameter Object).
#[derive(Clone, Debug)]
pub struct QueryString {
    /// What it is called; the name is not sent.
    pub name: String,
    /// Whether a request must have it.
    pub required: bool,
    /// What the query is.
    pub content: MediaTypeSpec,
    /// Its place in the document.
    pub pointer: Pointer,
    /// The number of the document.
    pub document: usize,
}

impl Operation {
    /// operationId, else `METHOD /path`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Upper case.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path template.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its place below `/paths` of the document, even where a reference leads elsewhere from there.
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// The tags, in order.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Those of the operation, then those of its path that it does not replace.
    pub fn parameters(&self) -> &[Parameter] {
        &self.details().parameters
    }

    /// What the query is as a whole, where that is said.
    pub fn query_string(&self) -> Option<&QueryString> {
        self.details().query_string.as_ref()
    }

    /// The request's body, where one is described.
    pub fn request_body(&self) -> Option<&RequestBody> {
        self.details().request_body.as_ref()
    }

    /// In the document's order.
    pub fn responses(&self) -> &[ResponseSpec] {
        &self.details().responses
    }

    /// Exact code, then range, then `default`.
    pub fn response(&self, status: u16) -> Option<&ResponseSpec> {
        let responses = self.responses();
        let find = |pattern| responses.iter().find(|response| response.status == pattern);
        let range = u8::try_from(status / 100).ok().map(StatusPattern::Range);
        find(StatusPattern::Exact(status)).or_else(|| find(range?)).or_else(|| find(StatusPattern::Default))
    }

    /// Alternatives; each names all schemes it needs; an empty alternative means none is needed.
    /// Empty slice: no security.
    pub fn security(&self) -> &[SecurityRequirement] {
        &self.details().security
    }

    /// What is written under this key of the Operation Object, extensions too.
    pub(crate) fn field(&self, key: &str) -> Option<&Value> {
        self.schemas.documents.value(&self.at)?.get(key)
    }

    fn details(&self) -> &Details {
        self.details.get_or_init(|| Reader { documents: &self.schemas.documents }.details(self))
    }
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Operation({} {})", self.method, self.path)
    }
}

/// A request's body (OpenAPI, Request Body Object).
#[derive(Clone, Debug)]
pub struct RequestBody {
    /// Whether a request must have one.
    pub required: bool,
    /// By media type or range.
    pub content: Vec<MediaTypeSpec>,
    /// Keys of `content` that are no media types: what they say cannot be judged by.
    pub unreadable: Vec<String>,
    /// Its place in the document.
    pub pointer: Pointer,
    /// The number of the document.
    pub document: usize,
}

/// A response that is described (OpenAPI, Response Object).
#[derive(Clone, Debug)]
pub struct ResponseSpec {
    /// Which status codes it is for.
    pub status: StatusPattern,
    /// What the document says about it.
    pub description: String,
    /// The headers that are described.
    pub headers: Vec<HeaderSpec>,
    /// By media type or range; empty: nothing is said about the body.
    pub content: Vec<MediaTypeSpec>,
    /// Keys of `content` that are no media types: what they say cannot be judged by.
    pub unreadable: Vec<String>,
    /// Its place in the document.
    pub pointer: Pointer,
    /// The number of the document.
    pub document: usize,
}

/// The status codes that a response is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusPattern {
    /// One code.
    Exact(u16),
    /// All codes with this first digit, such as `4XX`.
    Range(u8),
    /// All that no other response is for.
    Default,
}

impl StatusPattern {
    /// From a key of `responses`: `200`, `4XX`, `default`.
    pub fn parse(key: &str) -> Option<Self> {
        if key.eq_ignore_ascii_case("default") {
            return Some(Self::Default);
        }
        let [first @ b'1'..=b'5', rest @ ..] = key.as_bytes() else { return None };
        if rest.eq_ignore_ascii_case(b"xx") {
            return Some(Self::Range(first - b'0'));
        }
        (rest.len() == 2).then(|| key.parse().ok().map(Self::Exact)).flatten()
    }
}

impl std::fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(code) => write!(f, "{code}"),
            Self::Range(first) => write!(f, "{first}XX"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A response's header (OpenAPI, Header Object); always of style `simple`.
#[derive(Clone, Debug)]
pub struct HeaderSpec {
    /// The name as written; case does not matter.
    pub name: String,
    /// Whether the response must have it.
    pub required: bool,
    /// The schema of its value.
    pub schema: Option<SchemaRef>,
    /// `content` instead of `schema`: one media type.
    pub content: Option<MediaTypeSpec>,
    /// Examples of its value.
    pub examples: Vec<Example>,
    /// Whether an object is written `a=1,b=2` instead of `a,1,b,2`.
    pub explode: bool,
    /// Its place in the document.
    pub pointer: Pointer,
    /// The number of the document.
    pub document: usize,
}

/// One entry of `content` (OpenAPI, Media Type Object).
#[derive(Clone, Debug)]
pub struct MediaTypeSpec {
    /// The media type or range that it is for.
    pub range: MediaType,
    /// The schema of the body.
    pub schema: Option<SchemaRef>,
    /// The schema of each item of a sequential body (OpenAPI 3.2).
    pub item_schema: Option<SchemaRef>,
    /// Examples of the body.
    pub examples: Vec<Example>,
    /// How properties of a form are written, where that differs from the default.
    pub encoding: Vec<(String, Encoding)>,
    /// Its place in the document.
    pub pointer: Pointer,
    /// The number of the document.
    pub document: usize,
}

/// A named example (`None`: the singular `example`).
#[derive(Clone, Debug)]
pub struct Example {
    /// The key below `examples`.
    pub name: Option<String>,
    /// The value itself.
    pub value: Value,
    /// The place of the value in the document.
    pub pointer: Pointer,
    /// The number of the document.
    pub document: usize,
}

struct Reader<'d> {
    documents: &'d Documents,
}

impl<'d> Reader<'d> {
    /// The value at `at` and its place, references followed.
    fn get(&self, at: &At) -> (At, Option<&'d Value>) {
        let at = self.documents.follow(at);
        let value = self.documents.value(&at);
        (at, value)
    }

    fn field(&self, at: &At, key: &str) -> Option<&'d Value> {
        self.documents.value(at)?.get(key)
    }

    fn string(&self, at: &At, key: &str) -> Option<&'d str> {
        self.field(at, key)?.as_str()
    }

    fn flag(&self, at: &At, key: &str) -> bool {
        self.field(at, key) == Some(&Value::Bool(true))
    }

    /// Keys and places of a mapping at `at`, extensions left out.
    fn entries(&self, at: &At) -> Vec<(&'d str, At)> {
        let map = self.documents.value(at).and_then(Value::as_object);
        map.into_iter().flatten().map(|(key, _)| (key.as_str(), at.join(key))).collect()
    }

    fn details(&self, operation: &Operation) -> Details {
        let security = self.field(&operation.at, "security");
        let inherited = self.documents.all[0].value.get("security");
        Details {
            parameters: self.parameters(operation),
            query_string: self.query_string(operation),
            request_body: self.request_body(&operation.at.join("requestBody")),
            responses: self
                .entries(&operation.at.join("responses"))
                .into_iter()
                .filter_map(|(key, at)| Some(self.response(StatusPattern::parse(key)?, &at)))
                .collect(),
            security: security.or(inherited).map(requirements).unwrap_or_default(),
        }
    }

    fn parameters(&self, operation: &Operation) -> Vec<Parameter> {
        let mut all: Vec<Parameter> = Vec::new();
        for owner in std::iter::once(&operation.at).chain(&operation.items) {
            let list = owner.join("parameters");
            let count = self.documents.value(&list).and_then(Value::as_array).map_or(0, Vec::len);
            let found: Vec<_> = (0..count).filter_map(|index| self.parameter(&list.index(index))).collect();
            for parameter in found {
                let same = |known: &Parameter| known.name == parameter.name && known.location == parameter.location;
                if !all.iter().any(same) {
                    all.push(parameter);
                }
            }
        }
        all
    }

    fn query_string(&self, operation: &Operation) -> Option<QueryString> {
        let owners = std::iter::once(&operation.at).chain(&operation.items);
        let lists = owners.map(|owner| owner.join("parameters"));
        let places = lists.flat_map(|list| {
            let count = self.documents.value(&list).and_then(Value::as_array).map_or(0, Vec::len);
            (0..count).map(move |index| list.index(index))
        });
        let mut places = places.map(|at| self.documents.follow(&at));
        let at = places.find(|at| self.string(at, "in") == Some("querystring"))?;
        Some(QueryString {
            name: self.string(&at, "name").unwrap_or_default().to_owned(),
            required: self.flag(&at, "required"),
            content: self.content(&at).into_iter().next()?,
            document: at.document,
            pointer: at.pointer,
        })
    }

    fn parameter(&self, at: &At) -> Option<Parameter> {
        let (at, _) = self.get(at);
        let location = Location::parse(self.string(&at, "in")?)?;
        let style = self.string(&at, "style").and_then(ParameterStyle::parse);
        let style = style.unwrap_or_else(|| ParameterStyle::default_for(location));
        let explode = self.field(&at, "explode").and_then(Value::as_bool);
        Some(Parameter {
            name: self.string(&at, "name")?.to_owned(),
            location,
            required: location == Location::Path || self.flag(&at, "required"),
            style,
            explode: explode.unwrap_or(style.explodes()),
            allow_reserved: self.flag(&at, "allowReserved"),
            allow_empty_value: self.flag(&at, "allowEmptyValue"),
            schema: self.schema(&at),
            content: self.content(&at).into_iter().next(),
            examples: self.examples(&at),
            document: at.document,
            pointer: at.pointer,
        })
    }

    fn request_body(&self, at: &At) -> Option<RequestBody> {
        let (at, value) = self.get(at);
        value?.as_object()?;
        let required = self.flag(&at, "required");
        let (content, unreadable) = (self.content(&at), self.unreadable(&at));
        Some(RequestBody { required, content, unreadable, document: at.document, pointer: at.pointer })
    }

    fn response(&self, status: StatusPattern, at: &At) -> ResponseSpec {
        let (at, _) = self.get(at);
        ResponseSpec {
            status,
            description: self.string(&at, "description").unwrap_or_default().to_owned(),
            headers: self.entries(&at.join("headers")).into_iter().map(|(name, at)| self.header(name, &at)).collect(),
            content: self.content(&at),
            unreadable: self.unreadable(&at),
            document: at.document,
            pointer: at.pointer,
        }
    }

    fn header(&self, name: &str, at: &At) -> HeaderSpec {
        let (at, _) = self.get(at);
        HeaderSpec {
            name: name.to_owned(),
            required: self.flag(&at, "required"),
            schema: self.schema(&at),
            content: self.content(&at).into_iter().next(),
            examples: self.examples(&at),
            explode: self.flag(&at, "explode"),
            document: at.document,
            pointer: at.pointer,
        }
    }

    fn schema(&self, owner: &At) -> Option<SchemaRef> {
        self.schema_under(owner, "schema")
    }

    fn schema_under(&self, owner: &At, key: &str) -> Option<SchemaRef> {
        let at = owner.join(key);
        self.documents.value(&at).map(|_| SchemaRef::from(at))
    }

    fn content(&self, owner: &At) -> Vec<MediaTypeSpec> {
        let entries = self.entries(&owner.join("content"));
        entries.into_iter().filter_map(|(range, at)| self.media_type(range, &at)).collect()
    }

    fn unreadable(&self, owner: &At) -> Vec<String> {
        let keys = self.entries(&owner.join("content")).into_iter().map(|(range, _)| range);
        keys.filter(|range| MediaType::parse(range).is_err() && !range.starts_with("x-")).map(str::to_owned).collect()
    }

    fn media_type(&self, range: &str, at: &At) -> Option<MediaTypeSpec> {
        let (at, _) = self.get(at);
        let encoding = self.entries(&at.join("encoding"));
        Some(MediaTypeSpec {
            range: MediaType::parse(range).ok()?,
            schema: self.schema(&at),
            item_schema: self.schema_under(&at, "itemSchema"),
            examples: self.examples(&at),
            encoding: encoding.into_iter().map(|(name, at)| (name.to_owned(), self.encoding(&at))).collect(),
            document: at.document,
            pointer: at.pointer,
        })
    }

    fn encoding(&self, at: &At) -> Encoding {
        let style = self.string(at, "style").and_then(ParameterStyle::parse);
        Encoding {
            content_type: self.string(at, "contentType").map(str::to_owned),
            explode: self
                .field(at, "explode")
                .and_then(Value::as_bool)
                .unwrap_or(style.is_none_or(|style| style == ParameterStyle::Form)),
            style: style.unwrap_or(ParameterStyle::Form),
            allow_reserved: self.field(at, "allowReserved").and_then(Value::as_bool),
            headers: self.entries(&at.join("headers")).into_iter().map(|(name, at)| self.header(name, &at)).collect(),
        }
    }

    fn examples(&self, owner: &At) -> Vec<Example> {
        let mut all = Vec::new();
        let single = owner.join("example");
        if let Some(value) = self.documents.value(&single) {
            let (document, pointer) = (single.document, single.pointer);
            all.push(Example { name: None, value: value.clone(), pointer, document });
        }
        for (name, at) in self.entries(&owner.join("examples")) {
            let (at, _) = self.get(&at);
            // `dataValue` is 3.2's word for it.
            let value =
                ["value", "dataValue"].iter().map(|key| at.join(key)).find(|at| self.documents.value(at).is_some());
            if let Some(at) = value {
                let value = self.documents.value(&at).cloned().unwrap_or_default();
                all.push(Example { name: Some(name.to_owned()), value, pointer: at.pointer, document: at.document });
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_patterns() {
        for (key, expected) in [
            ("200", Some(StatusPattern::Exact(200))),
            ("4XX", Some(StatusPattern::Range(4))),
            ("5xx", Some(StatusPattern::Range(5))),
            ("default", Some(StatusPattern::Default)),
            ("x-note", None),
            ("20", None),
            ("2é", None),
            ("2000", None),
        ] {
            assert_eq!(StatusPattern::parse(key), expected, "{key}");
        }
    }
}
