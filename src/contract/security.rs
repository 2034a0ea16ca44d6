//! Security schemes and requirements (OpenAPI, Security Scheme Object and Security Requirement Object).

use serde_json::Value;

use super::document::{At, Documents};
use super::parameter::Location;
use crate::source::Pointer;

/// All of these schemes are needed (name, scopes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityRequirement(pub Vec<(String, Vec<String>)>);

/// A way to prove who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityScheme {
    /// The name that requirements use.
    pub name: String,
    /// What has to be sent.
    pub kind: SecurityKind,
    /// Its place in the document.
    pub pointer: Pointer,
}

/// What a security scheme asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityKind {
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Authorization: Basic …`.
    Basic,
    /// `Authorization` with another scheme.
    OtherHttp(String),
    /// A key in a query parameter, header or cookie.
    ApiKey {
        /// Where it is sent.
        location: Location,
        /// The name of the parameter, header or cookie.
        name: String,
    },
    /// An OAuth 2 token, sent as a bearer token.
    OAuth2,
    /// An `OpenID` Connect token, sent as a bearer token.
    OpenIdConnect,
    /// A client certificate; nothing in the request shows it.
    MutualTls,
    /// None of these.
    Unknown,
}

/// The alternatives of a `security` field.
pub(super) fn requirements(value: &Value) -> Vec<SecurityRequirement> {
    let scopes = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|scope| scope.as_str().map(str::to_owned)).collect()
    };
    let alternative = |value: &Value| {
        let map = value.as_object()?;
        // Since OpenAPI 3.2 a name may be the scheme's own URI reference.
        let plain = |name: &String| name.strip_prefix("#/components/securitySchemes/").unwrap_or(name).to_owned();
        Some(SecurityRequirement(map.iter().map(|(name, value)| (plain(name), scopes(value))).collect()))
    };
    value.as_array().into_iter().flatten().filter_map(alternative).collect()
}

/// The schemes of `components`.
pub(super) fn schemes(documents: &Documents) -> Vec<SecurityScheme> {
    let base = Pointer::root().join("components").join("securitySchemes");
    let base = At::new(0, base);
    let map = documents.value(&base).and_then(Value::as_object);
    map.into_iter()
        .flatten()
        .map(|(name, _)| {
            let at = documents.follow(&base.join(name));
            let kind = documents.value(&at).map_or(SecurityKind::Unknown, kind);
            SecurityScheme { name: name.clone(), kind, pointer: at.pointer }
        })
        .collect()
}

fn kind(scheme: &Value) -> SecurityKind {
    let text = |key: &str| scheme.get(key).and_then(Value::as_str);
    match text("type") {
        Some("http") => match text("scheme").map(str::to_ascii_lowercase).as_deref() {
            Some("bearer") => SecurityKind::Bearer,
            Some("basic") => SecurityKind::Basic,
            Some(_) => SecurityKind::OtherHttp(text("scheme").unwrap_or_default().to_owned()),
            None => SecurityKind::Unknown,
        },
        Some("apiKey") => match (text("in").and_then(Location::parse), text("name")) {
            (Some(location), Some(name)) => SecurityKind::ApiKey { location, name: name.to_owned() },
            _ => SecurityKind::Unknown,
        },
        Some("oauth2") => SecurityKind::OAuth2,
        Some("openIdConnect") => SecurityKind::OpenIdConnect,
        Some("mutualTLS") => SecurityKind::MutualTls,
        _ => SecurityKind::Unknown,
    }
}
