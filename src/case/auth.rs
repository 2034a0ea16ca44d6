//! Who a request says it is from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::decode;
use super::request::{Draft, component};
use super::spot::{CaseError, Placed, Spot};
use crate::contract::{Contract, Location, Operation, SecurityKind, SecurityScheme};
use crate::exchange::{Redactor, Secret};
use crate::expression::{Context, Template};
use crate::source::{Diagnostics, Node, did_you_mean};

/// The credentials of a request; none where the list is empty.
#[derive(Clone, Debug)]
pub(super) struct Auth(Vec<Credential>);

#[derive(Clone, Debug)]
enum Credential {
    Bearer(Placed<Template>),
    Basic { username: Placed<Template>, password: Placed<Template> },
    ApiKey(Placed<Template>),
    Scheme { name: String, value: Placed<Template> },
}

impl Auth {
    pub(super) fn decode(node: &Node, faults: &mut Diagnostics) -> Option<Self> {
        match node.value {
            Value::String(text) if text == "none" => Some(Self(Vec::new())),
            Value::Object(map) if !map.is_empty() => {
                let entries = node.entries(faults);
                Some(Self(entries.iter().filter_map(|(key, node)| Credential::decode(key, node, faults)).collect()))
            }
            _ => {
                let help = "write `none`, `bearer: …`, `basic: {username: …, password: …}`, `api-key: …` or the name of a security scheme";
                faults.push(node.expected("`none` or a mapping").help(help));
                None
            }
        }
    }

    pub(super) fn templates(&self) -> Vec<&Placed<Template>> {
        let mut all = Vec::new();
        for credential in &self.0 {
            match credential {
                Credential::Bearer(value) | Credential::ApiKey(value) | Credential::Scheme { value, .. } => {
                    all.push(value);
                }
                Credential::Basic { username, password } => all.extend([username, password]),
            }
        }
        all
    }

    /// Whether the contract has the schemes that are named, and a request has room for all of them.
    pub(super) fn check(&self, contract: &Contract, operation: Option<&Operation>, faults: &mut Diagnostics) {
        let mut authorising = self.0.iter().filter(|credential| credential.authorises(contract));
        if let (Some(first), Some(second)) = (authorising.next(), authorising.next()) {
            let message = format!(
                "`{}` and `{}` both write the `Authorization` field, and a request has one",
                first.key(),
                second.key()
            );
            faults.push(second.spot().error("two-credentials", message).help("leave one of them out"));
        }
        for credential in &self.0 {
            match credential {
                Credential::ApiKey(value) if api_key_scheme(contract, operation).is_none() => {
                    let fault =
                        value.spot.error("unknown-security", "the contract has no security scheme of type `apiKey`");
                    faults.push(fault.help("name the header or query parameter itself, under `headers` or `query`"));
                }
                Credential::Scheme { name, value } if contract.security_scheme(name).is_none() => {
                    faults.push(unknown_scheme(contract, name, &value.spot));
                }
                _ => {}
            }
        }
    }

    pub(super) fn apply(
        &self,
        contract: &Contract,
        operation: Option<&Operation>,
        scene: (&Context, &Redactor),
        draft: &mut Draft,
    ) -> Result<(), CaseError> {
        self.0.iter().try_for_each(|credential| credential.apply(contract, operation, scene, draft))
    }
}

fn unknown_scheme(contract: &Contract, name: &str, spot: &Spot) -> crate::source::Diagnostic {
    let known: Vec<&str> = contract.security_schemes().iter().map(|scheme| scheme.name.as_str()).collect();
    let short = ["bearer", "basic", "api-key"];
    let help = match did_you_mean(name, known.iter().copied().chain(short)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", [known.as_slice(), &short].concat().join(", ")),
    };
    let message = format!("the contract has no security scheme `{name}`");
    crate::source::Diagnostic::error("unknown-security", message).at_key(&spot.source, &spot.at, "").help(help)
}

/// The apiKey scheme that the operation asks for, else the contract's first.
fn api_key_scheme<'c>(contract: &'c Contract, operation: Option<&Operation>) -> Option<&'c SecurityScheme> {
    let is_key = |scheme: &&SecurityScheme| matches!(scheme.kind, SecurityKind::ApiKey { .. });
    let asked = operation.into_iter().flat_map(Operation::security).flat_map(|requirement| &requirement.0);
    asked
        .filter_map(|(name, _)| contract.security_scheme(name))
        .find(is_key)
        .or_else(|| contract.security_schemes().iter().find(is_key))
}

impl Credential {
    /// As the case file names it.
    fn key(&self) -> &str {
        match self {
            Self::Bearer(_) => "bearer",
            Self::Basic { .. } => "basic",
            Self::ApiKey(_) => "api-key",
            Self::Scheme { name, .. } => name,
        }
    }

    fn spot(&self) -> &Spot {
        match self {
            Self::Bearer(value) | Self::ApiKey(value) | Self::Scheme { value, .. } => &value.spot,
            Self::Basic { username, .. } => &username.spot,
        }
    }

    /// Whether it goes into the `Authorization` field (RFC 9110, section 11.6.2).
    fn authorises(&self, contract: &Contract) -> bool {
        match self {
            Self::Bearer(_) | Self::Basic { .. } => true,
            Self::ApiKey(_) => false,
            Self::Scheme { name, .. } => contract.security_scheme(name).is_some_and(|scheme| match &scheme.kind {
                SecurityKind::Bearer
                | SecurityKind::Basic
                | SecurityKind::OAuth2
                | SecurityKind::OpenIdConnect
                | SecurityKind::OtherHttp(_) => true,
                SecurityKind::ApiKey { .. } | SecurityKind::MutualTls | SecurityKind::Unknown => false,
            }),
        }
    }

    fn decode(key: &str, node: &Node, faults: &mut Diagnostics) -> Option<Self> {
        match key {
            "bearer" => decode::template(node, faults).map(Self::Bearer),
            "api-key" => decode::template(node, faults).map(Self::ApiKey),
            "basic" => {
                let mut fields = node.fields(faults)?;
                let username = fields.require("username", faults).and_then(|node| decode::template(&node, faults));
                let password = fields.require("password", faults).and_then(|node| decode::template(&node, faults));
                fields.finish(faults);
                Some(Self::Basic { username: username?, password: password? })
            }
            name => decode::template(node, faults).map(|value| Self::Scheme { name: name.to_owned(), value }),
        }
    }

    fn apply(
        &self,
        contract: &Contract,
        operation: Option<&Operation>,
        (context, redactor): (&Context, &Redactor),
        draft: &mut Draft,
    ) -> Result<(), CaseError> {
        let text = |template: &Placed<Template>| -> Result<Option<String>, CaseError> {
            match template.value.render(context).map_err(|error| template.spot.failed(error))? {
                Value::Null => Ok(None),
                Value::String(text) => Ok(Some(text)),
                other => Ok(Some(other.to_string())),
            }
        };
        match self {
            Self::Bearer(value) => {
                if let Some(token) = text(value)? {
                    draft.authorise("Bearer", &token, redactor);
                }
            }
            Self::Basic { username, password } => {
                if let (Some(username), Some(password)) = (text(username)?, text(password)?) {
                    basic(&username, &password, redactor, draft);
                }
            }
            Self::ApiKey(value) => {
                if let (Some(scheme), Some(key)) = (api_key_scheme(contract, operation), text(value)?) {
                    place_key(scheme, &key, redactor, draft);
                }
            }
            Self::Scheme { name, value } => {
                let Some(scheme) = contract.security_scheme(name) else { return Ok(()) };
                let rendered = value.value.render(context).map_err(|error| value.spot.failed(error))?;
                by_scheme(scheme, &rendered, redactor, draft).map_err(|message| value.spot.fault(message))?;
            }
        }
        Ok(())
    }
}

/// Basic authentication (RFC 7617, section 2).
fn basic(username: &str, password: &str, redactor: &Redactor, draft: &mut Draft) {
    redactor.add(&Secret::new(password));
    draft.authorise("Basic", &STANDARD.encode(format!("{username}:{password}")), redactor);
}

fn place_key(scheme: &SecurityScheme, key: &str, redactor: &Redactor, draft: &mut Draft) {
    redactor.add(&Secret::new(key));
    let SecurityKind::ApiKey { location, name } = &scheme.kind else { return };
    match location {
        Location::Header => draft.header_unless_given(name, key),
        Location::Cookie => draft.cookie_unless_given(name, &component(key)),
        Location::Query | Location::Path => draft.query_unless_given(name, &component(key)),
    }
}

fn by_scheme(scheme: &SecurityScheme, value: &Value, redactor: &Redactor, draft: &mut Draft) -> Result<(), String> {
    if value.is_null() {
        return Ok(());
    }
    let name = &scheme.name;
    if scheme.kind == SecurityKind::Basic
        && let Some(pair) = value.as_object()
    {
        let part = |key: &str| pair.get(key).map(decode_text);
        let (Some(username), Some(password)) = (part("username"), part("password")) else {
            return Err(format!("`{name}` needs `username` and `password`"));
        };
        basic(&username, &password, redactor, draft);
        return Ok(());
    }
    let text = decode_text(value);
    match &scheme.kind {
        SecurityKind::Bearer | SecurityKind::OAuth2 | SecurityKind::OpenIdConnect => {
            draft.authorise("Bearer", &text, redactor);
        }
        SecurityKind::Basic => match text.split_once(':') {
            Some((username, password)) => basic(username, password, redactor, draft),
            None => return Err(format!("`{name}` needs `username:password`")),
        },
        SecurityKind::OtherHttp(scheme) => draft.authorise(scheme, &text, redactor),
        SecurityKind::ApiKey { .. } => place_key(scheme, &text, redactor, draft),
        SecurityKind::MutualTls | SecurityKind::Unknown => {
            return Err(format!("a value for the security scheme `{name}` cannot be put into a request"));
        }
    }
    Ok(())
}

fn decode_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
