//! The rules: each with its code, how bad breaking it is, and the section it rests on.

use crate::source::Severity;

/// A rule that a document may break.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable code.
    pub code: &'static str,
    /// How bad breaking it is, where nothing else is said.
    pub severity: Severity,
    /// The section of the OpenAPI Specification that it rests on, by its anchor.
    pub section: &'static str,
    /// What it asks for, in one sentence.
    pub summary: &'static str,
}

macro_rules! rules {
    ($($name:ident = $code:literal, $severity:ident, $section:literal, $summary:literal;)*) => {
        $(pub(super) static $name: Rule = Rule {
            code: $code,
            severity: Severity::$severity,
            section: $section,
            summary: $summary,
        };)*
        /// All rules, in the order of the documentation.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    MISSING_FIELD = "missing-field", Error, "schema", "Required fields are there.";
    WRONG_TYPE = "wrong-type", Error, "schema", "Fields have the type that the specification gives them.";
    UNKNOWN_FIELD = "unknown-field", Error, "specification-extensions", "Fields are known, or start with `x-`.";
    FIELD_NOT_IN_VERSION = "field-not-in-version", Error, "versions", "Fields exist in the document's version of OpenAPI.";
    UNKNOWN_KEYWORD = "unknown-keyword", Warning, "schema-object", "Keywords of schemas are known, or start with `x-`.";
    KEYWORD_NOT_IN_VERSION = "keyword-not-in-version", Warning, "schema-object", "Keywords of schemas mean something in the document's version of OpenAPI.";
    EXCLUSIVE_FIELDS = "exclusive-fields", Error, "schema", "Fields that exclude each other do not stand together.";
    REFERENCE_NOT_ALLOWED = "reference-not-allowed", Error, "reference-object", "A `$ref` stands only where the specification allows one.";
    IGNORED_BESIDE_REFERENCE = "ignored-beside-reference", Warning, "reference-object", "Nothing that is ignored stands beside a `$ref`.";
    INVALID_URL = "invalid-url", Warning, "schema", "URLs are URLs.";
    COMPONENT_NAME = "component-name", Error, "components-object", "Names of components consist of letters, digits, `.`, `-` and `_`.";

    UNRESOLVED_REFERENCE = "unresolved-reference", Error, "reference-object", "References lead to something.";
    DOCUMENT_MISSING = "document-missing", Error, "reference-object", "Documents that are referred to can be read.";
    REFERENCE_REFUSED = "reference-refused", Error, "reference-object", "References lead to files that may be read.";
    REFERENCE_CIRCLE = "reference-circle", Error, "reference-object", "References lead to something in the end.";
    TOO_MANY_DOCUMENTS = "too-many-documents", Error, "openapi-description-structure", "A description has a bounded number of documents.";
    UNKNOWN_DIALECT =
        "unknown-dialect", Warning, "openapi-object", "The dialect of schemas is known: others are judged as JSON Schema 2020-12.";
    COLLECTION_FORMAT =
        "collection-format-unjudged", Warning, "style-values", "The `collectionFormat` of a Swagger 2.0 parameter has a counterpart in OpenAPI 3.0.";
    DUPLICATE_KEY = "duplicate-key", Warning, "format", "No key stands twice in one mapping.";
    LEADING_ZERO = "leading-zero", Warning, "format", "Numbers are written as JSON writes them.";
    NOT_A_NUMBER = "not-a-number", Warning, "format", "Values have a JSON form.";

    PATH_SYNTAX = "path-syntax", Error, "path-templating", "Path templates start with `/` and have balanced, named, distinct parameters.";
    PATH_QUERY = "path-query", Warning, "paths-object", "Path templates have no query and no fragment.";
    PATH_CLASH = "path-clash", Error, "paths-object", "No two templates differ only by the names of their parameters.";
    PATH_PARAMETER_UNDECLARED = "path-parameter-undeclared", Warning, "path-templating", "Every parameter of a path template is declared.";
    PATH_PARAMETER_UNUSED = "path-parameter-unused", Warning, "parameter-object", "Every declared path parameter is in the template.";
    SERVER_VARIABLE = "server-variable", Error, "server-object", "Variables of server URLs are defined, used, and their default is allowed.";

    DUPLICATE_OPERATION_ID = "duplicate-operation-id", Error, "operation-object", "Every `operationId` is unique.";
    DUPLICATE_TAG = "duplicate-tag", Error, "tag-object", "Names of tags are unique.";
    UNDECLARED_TAG = "undeclared-tag", Hint, "openapi-object", "Tags of operations are declared.";
    UNEXPECTED_BODY = "unexpected-body", Warning, "operation-object", "Bodies stand where HTTP gives them a meaning.";
    ADDITIONAL_OPERATION = "additional-operation", Error, "path-item-object", "`additionalOperations` holds only methods without a field of their own.";
    UNKNOWN_LINK_TARGET = "unknown-link-target", Warning, "link-object", "Links lead to an operation.";

    DUPLICATE_PARAMETER = "duplicate-parameter", Error, "operation-object", "Parameters are unique by name and place.";
    PARAMETER_NAME = "parameter-name", Error, "parameter-object", "Names of parameters can be sent where they stand.";
    PARAMETER_STYLE = "parameter-style", Error, "style-values", "The style of a parameter fits its place and its schema.";
    PARAMETER_REQUIRED = "parameter-required", Error, "parameter-object", "Path parameters say `required: true`.";
    PARAMETER_CONTENT = "parameter-content", Error, "fixed-fields-for-use-with-content", "`content` of a parameter has one entry.";
    PARAMETER_IGNORED = "parameter-ignored", Warning, "parameter-object", "No parameter describes what the specification says is ignored.";
    QUERYSTRING = "querystring", Error, "parameter-object", "A `querystring` parameter is alone.";

    STATUS_KEY = "status-key", Error, "responses-object", "Keys of responses are status codes, ranges such as `4XX`, or `default`.";
    NO_RESPONSES = "no-responses", Error, "responses-object", "An operation describes at least one response.";
    MEDIA_TYPE_KEY = "media-type-key", Warning, "media-types", "Keys of `content` are media types or ranges.";
    UNKNOWN_ENCODING = "unknown-encoding", Warning, "encoding-object", "Keys of `encoding` are properties of the schema.";

    UNKNOWN_SECURITY_SCHEME = "unknown-security-scheme", Warning, "security-requirement-object", "Security requirements name schemes that are declared.";
    UNKNOWN_SCOPE = "unknown-scope", Warning, "security-requirement-object", "Scopes are those of the scheme.";

    UNKNOWN_TYPE = "unknown-type", Error, "data-types", "Types are those of JSON Schema.";
    ARRAY_WITHOUT_ITEMS = "array-without-items", Error, "schema-object", "An array says what its items are.";
    INVALID_PATTERN = "invalid-pattern", Error, "schema-object", "Patterns are regular expressions of ECMA-262.";
    UNKNOWN_FORMAT = "unknown-format", Hint, "data-type-format", "Formats are known.";
    FORMAT_TYPE = "format-type", Warning, "data-type-format", "Formats fit their type.";
    ENUM_TYPE = "enum-type", Warning, "schema-object", "Values of `enum` fit the type.";
    KEYWORD_WITHOUT_EFFECT = "keyword-without-effect", Warning, "schema-object", "Keywords of schemas allow or forbid something where they stand.";
    DUPLICATE_ENUM = "duplicate-enum", Warning, "schema-object", "Values of `enum` and names of `required` are distinct.";
    READ_AND_WRITE_ONLY = "read-and-write-only", Error, "schema-object", "No property is both `readOnly` and `writeOnly`.";
    UNDESCRIBED_REQUIRED = "undescribed-required", Hint, "schema-object", "Required properties are described.";
    IMPOSSIBLE_SCHEMA = "impossible-schema", Error, "schema-object", "Some value satisfies every schema.";
    UNUSABLE_SCHEMA = "unusable-schema", Warning, "schema-object", "Schemas can be judged by.";
    DISCRIMINATOR = "discriminator", Warning, "discriminator-object", "Discriminators name a property and schemas that are there.";

    EXAMPLE_BREAKS_SCHEMA = "example-breaks-schema", Warning, "example-object", "Examples keep their own schema.";
    DEFAULT_BREAKS_SCHEMA = "default-breaks-schema", Warning, "schema-object", "Defaults keep their own schema.";
    UNUSED_COMPONENT = "unused-component", Warning, "components-object", "Components are used.";
    PROSE_PROMISE = "prose-promise", Hint, "schema-object", "What a description promises, the schema says.";
}

/// The rule of this code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.code == code)
}
