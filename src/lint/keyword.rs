//! The keywords of schemas: those of OpenAPI 3.0 (Schema Object of 3.0.4), and those of JSON Schema
//! 2020-12 with OpenAPI's own vocabulary (3.1 and later).

use super::object::Holds::{Any, Count, Flag, FlagOr, List, Map, Number, One, Positive, Text, TextList, Url};
use super::object::{Field, Kind, f};
use super::version::Version::{V30, V31, V32};

/// All keywords. `type`, `items` and the exclusive limits differ by version and are looked at apart.
pub(super) const KEYWORDS: &[Field] = &[
    f("$ref", Text),
    f("title", Text),
    f("description", Text),
    f("type", Any),
    f("format", Text),
    f("enum", Any),
    f("default", Any),
    f("example", Any),
    f("properties", Map(Kind::Schema)),
    f("additionalProperties", FlagOr(Kind::Schema)),
    f("required", TextList),
    f("items", One(Kind::Schema)),
    f("allOf", List(Kind::Schema)),
    f("oneOf", List(Kind::Schema)),
    f("anyOf", List(Kind::Schema)),
    f("not", One(Kind::Schema)),
    f("minimum", Number),
    f("maximum", Number),
    f("exclusiveMinimum", Any),
    f("exclusiveMaximum", Any),
    f("multipleOf", Positive),
    f("minLength", Count),
    f("maxLength", Count),
    f("pattern", Text),
    f("minItems", Count),
    f("maxItems", Count),
    f("uniqueItems", Flag),
    f("minProperties", Count),
    f("maxProperties", Count),
    f("nullable", Flag).until(V30),
    f("readOnly", Flag),
    f("writeOnly", Flag),
    f("deprecated", Flag),
    f("discriminator", One(Kind::Discriminator)),
    f("xml", One(Kind::Xml)),
    f("externalDocs", One(Kind::ExternalDocs)),
    f("$id", Url).since(V31),
    f("$schema", Url).since(V31),
    f("$anchor", Text).since(V31),
    f("$dynamicRef", Text).since(V31),
    f("$dynamicAnchor", Text).since(V31),
    f("$vocabulary", Any).since(V31),
    f("$comment", Text).since(V31),
    f("$defs", Map(Kind::Schema)).since(V31),
    f("definitions", Map(Kind::Schema)).since(V31),
    f("const", Any).since(V31),
    f("examples", Any).since(V31),
    f("if", One(Kind::Schema)).since(V31),
    f("then", One(Kind::Schema)).since(V31),
    f("else", One(Kind::Schema)).since(V31),
    f("dependentSchemas", Map(Kind::Schema)).since(V31),
    f("dependentRequired", Any).since(V31),
    f("prefixItems", List(Kind::Schema)).since(V31),
    f("contains", One(Kind::Schema)).since(V31),
    f("minContains", Count).since(V31),
    f("maxContains", Count).since(V31),
    f("patternProperties", Map(Kind::Schema)).since(V31),
    f("propertyNames", One(Kind::Schema)).since(V31),
    f("unevaluatedItems", One(Kind::Schema)).since(V31),
    f("unevaluatedProperties", One(Kind::Schema)).since(V31),
    f("contentEncoding", Text).since(V31),
    f("contentMediaType", Text).since(V31),
    f("contentSchema", One(Kind::Schema)).since(V31),
];

/// Keywords that say something about a value: beside a `$ref` of 3.0 they are lost.
pub(super) fn asserts(keyword: &str) -> bool {
    !matches!(
        keyword,
        "title"
            | "description"
            | "summary"
            | "example"
            | "examples"
            | "default"
            | "deprecated"
            | "externalDocs"
            | "xml"
    )
}

/// The types that a schema may name; `null` since 3.1.
pub(super) const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "integer", "string"];

/// Formats that are known, with the types they are for (OpenAPI Format Registry, JSON Schema
/// Validation section 7.3).
pub(super) const FORMATS: &[(&str, &[&str])] = &[
    ("int8", NUMBERS),
    ("int16", NUMBERS),
    ("int32", NUMBERS),
    ("int64", NUMBER_OR_TEXT),
    ("uint8", NUMBERS),
    ("uint16", NUMBERS),
    ("uint32", NUMBERS),
    ("uint64", NUMBER_OR_TEXT),
    ("float", NUMBERS),
    ("double", NUMBERS),
    ("single-int", NUMBERS),
    ("double-int", NUMBERS),
    ("decimal", NUMBER_OR_TEXT),
    ("decimal128", NUMBER_OR_TEXT),
    ("unixtime", NUMBER_OR_TEXT),
    ("date-time", TEXT),
    ("date-time-local", TEXT),
    ("date", TEXT),
    ("time", TEXT),
    ("time-local", TEXT),
    ("http-date", TEXT),
    ("duration", TEXT),
    ("email", TEXT),
    ("idn-email", TEXT),
    ("hostname", TEXT),
    ("idn-hostname", TEXT),
    ("ipv4", TEXT),
    ("ipv6", TEXT),
    ("uri", TEXT),
    ("uri-reference", TEXT),
    ("iri", TEXT),
    ("iri-reference", TEXT),
    ("uuid", TEXT),
    ("uri-template", TEXT),
    ("json-pointer", TEXT),
    ("relative-json-pointer", TEXT),
    ("regex", TEXT),
    ("byte", TEXT),
    ("binary", TEXT),
    ("base64url", TEXT),
    ("password", TEXT),
    ("char", TEXT),
    ("commonmark", TEXT),
    ("html", TEXT),
    ("media-range", TEXT),
    ("sf-binary", TEXT),
    ("sf-boolean", TEXT),
    ("sf-decimal", NUMBER_OR_TEXT),
    ("sf-integer", NUMBER_OR_TEXT),
    ("sf-string", TEXT),
    ("sf-token", TEXT),
];

const NUMBERS: &[&str] = &["number", "integer"];
const NUMBER_OR_TEXT: &[&str] = &["number", "integer", "string"];
const TEXT: &[&str] = &["string"];

/// The version that a keyword is of, for messages.
pub(super) fn version_of(field: &Field) -> &'static str {
    match (field.since, field.until) {
        (V31, _) => "OpenAPI 3.1 and later",
        (V32, _) => "OpenAPI 3.2 and later",
        (_, V30) => "OpenAPI 3.0",
        _ => "every version",
    }
}
