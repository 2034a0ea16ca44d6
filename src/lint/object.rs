//! The objects of OpenAPI and their fields, as the specification lists them ("Fixed Fields").

use super::version::Version;
use Holds::{Any, Flag, List, Map, One, Text, TextList, TextMap, Url};
use Version::{V30, V31, V32};

/// What an object of a document is. OpenAPI's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    OpenApi,
    Info,
    Contact,
    License,
    Server,
    ServerVariable,
    Components,
    Paths,
    PathItem,
    Operation,
    ExternalDocs,
    Parameter,
    RequestBody,
    MediaType,
    Encoding,
    Responses,
    Response,
    Callback,
    Example,
    Link,
    Header,
    Tag,
    Schema,
    Discriminator,
    Xml,
    SecurityScheme,
    OAuthFlows,
    OAuthFlow,
    SecurityRequirement,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holds {
    Any,
    Text,
    Url,
    Flag,
    Number,
    /// A number above 0.
    Positive,
    /// A whole number from 0.
    Count,
    TextList,
    TextMap,
    One(Kind),
    List(Kind),
    Map(Kind),
    /// `true`, `false` or an object.
    FlagOr(Kind),
}

/// One field of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    pub(super) since: Version,
    pub(super) until: Version,
    /// The versions that require it, first and last.
    pub(super) required: Option<(Version, Version)>,
}

pub(super) const fn f(name: &'static str, holds: Holds) -> Field {
    Field { name, holds, since: V30, until: V32, required: None }
}

impl Field {
    pub(super) const fn since(self, since: Version) -> Self {
        Self { since, ..self }
    }

    pub(super) const fn until(self, until: Version) -> Self {
        Self { until, ..self }
    }

    const fn required(self) -> Self {
        Self { required: Some((V30, V32)), ..self }
    }

    const fn required_until(self, last: Version) -> Self {
        Self { required: Some((V30, last)), ..self }
    }
}

impl Kind {
    /// The name in the specification.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OpenApi => "OpenAPI Object",
            Self::Info => "Info Object",
            Self::Contact => "Contact Object",
            Self::License => "License Object",
            Self::Server => "Server Object",
            Self::ServerVariable => "Server Variable Object",
            Self::Components => "Components Object",
            Self::Paths => "Paths Object",
            Self::PathItem => "Path Item Object",
            Self::Operation => "Operation Object",
            Self::ExternalDocs => "External Documentation Object",
            Self::Parameter => "Parameter Object",
            Self::RequestBody => "Request Body Object",
            Self::MediaType => "Media Type Object",
            Self::Encoding => "Encoding Object",
            Self::Responses => "Responses Object",
            Self::Response => "Response Object",
            Self::Callback => "Callback Object",
            Self::Example => "Example Object",
            Self::Link => "Link Object",
            Self::Header => "Header Object",
            Self::Tag => "Tag Object",
            Self::Schema => "Schema Object",
            Self::Discriminator => "Discriminator Object",
            Self::Xml => "XML Object",
            Self::SecurityScheme => "Security Scheme Object",
            Self::OAuthFlows => "OAuth Flows Object",
            Self::OAuthFlow => "OAuth Flow Object",
            Self::SecurityRequirement => "Security Requirement Object",
        }
    }

    /// The name with its article, for messages.
    pub(super) fn with_article(self) -> String {
        let article = if self.name().starts_with(['E', 'I', 'O']) { "an" } else { "a" };
        format!("{article} {}", self.name())
    }

    /// The anchor of its section in the specification.
    pub(super) fn section(self) -> String {
        self.name().to_ascii_lowercase().replace(' ', "-")
    }

    /// Whether a Reference Object may stand for it.
    pub(super) fn is_referable(self, version: Version) -> bool {
        match self {
            Self::Parameter
            | Self::RequestBody
            | Self::Response
            | Self::Header
            | Self::Example
            | Self::Link
            | Self::Callback
            | Self::SecurityScheme
            | Self::Schema
            | Self::PathItem => true,
            Self::MediaType => version >= V32,
            _ => false,
        }
    }

    /// What the values of any key are, for objects that are maps.
    pub(super) fn entries(self) -> Option<Holds> {
        match self {
            Self::Paths | Self::Callback => Some(One(Self::PathItem)),
            Self::Responses => Some(One(Self::Response)),
            Self::SecurityRequirement => Some(TextList),
            _ => None,
        }
    }

    /// The fields with names of their own.
    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Self::OpenApi => OPENAPI,
            Self::Info => INFO,
            Self::Contact => const { &[f("name", Text), f("url", Url), f("email", Text)] },
            Self::License => const { &[f("name", Text).required(), f("identifier", Text).since(V31), f("url", Url)] },
            Self::Server => SERVER,
            Self::ServerVariable => {
                const { &[f("enum", TextList), f("default", Text).required(), f("description", Text)] }
            }
            Self::Components => COMPONENTS,
            Self::Paths | Self::Callback | Self::Responses | Self::SecurityRequirement => &[],
            Self::PathItem => PATH_ITEM,
            Self::Operation => OPERATION,
            Self::ExternalDocs => const { &[f("description", Text), f("url", Url).required()] },
            Self::Parameter => PARAMETER,
            Self::RequestBody => REQUEST_BODY,
            Self::MediaType => MEDIA_TYPE,
            Self::Encoding => ENCODING,
            Self::Response => RESPONSE,
            Self::Example => EXAMPLE,
            Self::Link => LINK,
            Self::Header => HEADER,
            Self::Tag => TAG,
            Self::Schema => super::keyword::KEYWORDS,
            Self::Discriminator => DISCRIMINATOR,
            Self::Xml => XML,
            Self::SecurityScheme => SECURITY_SCHEME,
            Self::OAuthFlows => OAUTH_FLOWS,
            Self::OAuthFlow => OAUTH_FLOW,
        }
    }
}

const OPENAPI: &[Field] = &[
    f("openapi", Text).required(),
    f("$self", Url).since(V32),
    f("info", One(Kind::Info)).required(),
    f("jsonSchemaDialect", Url).since(V31),
    f("servers", List(Kind::Server)),
    f("paths", One(Kind::Paths)).required_until(V30),
    f("webhooks", Map(Kind::PathItem)).since(V31),
    f("components", One(Kind::Components)),
    f("security", List(Kind::SecurityRequirement)),
    f("tags", List(Kind::Tag)),
    f("externalDocs", One(Kind::ExternalDocs)),
];

const INFO: &[Field] = &[
    f("title", Text).required(),
    f("summary", Text).since(V31),
    f("description", Text),
    f("termsOfService", Url),
    f("contact", One(Kind::Contact)),
    f("license", One(Kind::License)),
    f("version", Text).required(),
];

const SERVER: &[Field] = &[
    f("url", Text).required(),
    f("description", Text),
    f("name", Text).since(V32),
    f("variables", Map(Kind::ServerVariable)),
];

const COMPONENTS: &[Field] = &[
    f("schemas", Map(Kind::Schema)),
    f("responses", Map(Kind::Response)),
    f("parameters", Map(Kind::Parameter)),
    f("examples", Map(Kind::Example)),
    f("requestBodies", Map(Kind::RequestBody)),
    f("headers", Map(Kind::Header)),
    f("securitySchemes", Map(Kind::SecurityScheme)),
    f("links", Map(Kind::Link)),
    f("callbacks", Map(Kind::Callback)),
    f("pathItems", Map(Kind::PathItem)).since(V31),
    f("mediaTypes", Map(Kind::MediaType)).since(V32),
];

const PATH_ITEM: &[Field] = &[
    f("$ref", Text),
    f("summary", Text),
    f("description", Text),
    f("get", One(Kind::Operation)),
    f("put", One(Kind::Operation)),
    f("post", One(Kind::Operation)),
    f("delete", One(Kind::Operation)),
    f("options", One(Kind::Operation)),
    f("head", One(Kind::Operation)),
    f("patch", One(Kind::Operation)),
    f("trace", One(Kind::Operation)),
    f("query", One(Kind::Operation)).since(V32),
    f("additionalOperations", Map(Kind::Operation)).since(V32),
    f("servers", List(Kind::Server)),
    f("parameters", List(Kind::Parameter)),
];

const OPERATION: &[Field] = &[
    f("tags", TextList),
    f("summary", Text),
    f("description", Text),
    f("externalDocs", One(Kind::ExternalDocs)),
    f("operationId", Text),
    f("parameters", List(Kind::Parameter)),
    f("requestBody", One(Kind::RequestBody)),
    f("responses", One(Kind::Responses)).required_until(V30),
    f("callbacks", Map(Kind::Callback)),
    f("deprecated", Flag),
    f("security", List(Kind::SecurityRequirement)),
    f("servers", List(Kind::Server)),
];

const PARAMETER: &[Field] = &[
    f("name", Text).required(),
    f("in", Text).required(),
    f("description", Text),
    f("required", Flag),
    f("deprecated", Flag),
    f("allowEmptyValue", Flag),
    f("style", Text),
    f("explode", Flag),
    f("allowReserved", Flag),
    f("schema", One(Kind::Schema)),
    f("example", Any),
    f("examples", Map(Kind::Example)),
    f("content", Map(Kind::MediaType)),
];

const HEADER: &[Field] = &[
    f("description", Text),
    f("required", Flag),
    f("deprecated", Flag),
    f("allowEmptyValue", Flag).until(V30),
    f("style", Text),
    f("explode", Flag),
    f("allowReserved", Flag).until(V30),
    f("schema", One(Kind::Schema)),
    f("example", Any),
    f("examples", Map(Kind::Example)),
    f("content", Map(Kind::MediaType)),
];

const REQUEST_BODY: &[Field] =
    &[f("description", Text), f("content", Map(Kind::MediaType)).required(), f("required", Flag)];

const MEDIA_TYPE: &[Field] = &[
    f("description", Text).since(V32),
    f("schema", One(Kind::Schema)),
    f("itemSchema", One(Kind::Schema)).since(V32),
    f("example", Any),
    f("examples", Map(Kind::Example)),
    f("encoding", Map(Kind::Encoding)),
    f("prefixEncoding", List(Kind::Encoding)).since(V32),
    f("itemEncoding", One(Kind::Encoding)).since(V32),
];

const ENCODING: &[Field] = &[
    f("contentType", Text),
    f("headers", Map(Kind::Header)),
    f("style", Text),
    f("explode", Flag),
    f("allowReserved", Flag),
    f("encoding", Map(Kind::Encoding)).since(V32),
    f("prefixEncoding", List(Kind::Encoding)).since(V32),
    f("itemEncoding", One(Kind::Encoding)).since(V32),
];

const RESPONSE: &[Field] = &[
    f("summary", Text).since(V32),
    f("description", Text).required_until(V31),
    f("headers", Map(Kind::Header)),
    f("content", Map(Kind::MediaType)),
    f("links", Map(Kind::Link)),
];

const EXAMPLE: &[Field] = &[
    f("summary", Text),
    f("description", Text),
    f("value", Any),
    f("dataValue", Any).since(V32),
    f("serializedValue", Text).since(V32),
    f("externalValue", Url),
];

const LINK: &[Field] = &[
    f("operationRef", Text),
    f("operationId", Text),
    f("parameters", Any),
    f("requestBody", Any),
    f("description", Text),
    f("server", One(Kind::Server)),
];

const TAG: &[Field] = &[
    f("name", Text).required(),
    f("summary", Text).since(V32),
    f("description", Text),
    f("externalDocs", One(Kind::ExternalDocs)),
    f("parent", Text).since(V32),
    f("kind", Text).since(V32),
];

const DISCRIMINATOR: &[Field] =
    &[f("propertyName", Text).required(), f("mapping", TextMap), f("defaultMapping", Text).since(V32)];

const XML: &[Field] = &[
    f("nodeType", Text).since(V32),
    f("name", Text),
    f("namespace", Url),
    f("prefix", Text),
    f("attribute", Flag),
    f("wrapped", Flag),
];

const SECURITY_SCHEME: &[Field] = &[
    f("type", Text).required(),
    f("description", Text),
    f("name", Text),
    f("in", Text),
    f("scheme", Text),
    f("bearerFormat", Text),
    f("flows", One(Kind::OAuthFlows)),
    f("openIdConnectUrl", Url),
    f("oauth2MetadataUrl", Url).since(V32),
    f("deprecated", Flag).since(V32),
];

const OAUTH_FLOWS: &[Field] = &[
    f("implicit", One(Kind::OAuthFlow)),
    f("password", One(Kind::OAuthFlow)),
    f("clientCredentials", One(Kind::OAuthFlow)),
    f("authorizationCode", One(Kind::OAuthFlow)),
    f("deviceAuthorization", One(Kind::OAuthFlow)).since(V32),
];

const OAUTH_FLOW: &[Field] = &[
    f("authorizationUrl", Url),
    f("deviceAuthorizationUrl", Url).since(V32),
    f("tokenUrl", Url),
    f("refreshUrl", Url),
    f("scopes", TextMap).required(),
];
