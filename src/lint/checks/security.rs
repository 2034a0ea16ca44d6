//! Security schemes and what requires them.

use serde_json::Value;

use crate::contract::Spot;
use crate::lint::context::{Context, Problem};
use crate::lint::object::Kind;
use crate::lint::rules::{MISSING_FIELD, UNKNOWN_SCOPE, UNKNOWN_SECURITY_SCHEME, WRONG_TYPE};
use crate::lint::version::Version;
use crate::lint::walk::{Node, list};
use crate::source::{Pointer, did_you_mean};

const TYPES: [&str; 5] = ["apiKey", "http", "mutualTLS", "oauth2", "openIdConnect"];

pub(super) fn scheme(context: &mut Context<'_>, node: &Node<'_>) {
    let Some(name) = node.text("type") else { return };
    let needed: &[&str] = match name {
        "apiKey" => &["name", "in"],
        "http" => &["scheme"],
        "oauth2" => &["flows"],
        "openIdConnect" => &["openIdConnectUrl"],
        "mutualTLS" if context.version >= Version::V31 => &[],
        _ => {
            one_of(context, node, "type", &TYPES);
            return;
        }
    };
    for field in needed.iter().filter(|field| !node.map.contains_key(**field)) {
        let message = format!("`{field}` is missing in this Security Scheme Object of type `{name}`");
        let problem = Problem::key(&MISSING_FIELD, node.place, message).label(format!("needs `{field}`"));
        context.push(problem.section(Kind::SecurityScheme.section()));
    }
    if name == "apiKey" {
        one_of(context, node, "in", &["query", "header", "cookie"]);
    }
}

fn one_of(context: &mut Context<'_>, node: &Node<'_>, field: &'static str, known: &[&str]) {
    let Some(found) = node.text(field).filter(|found| !known.contains(found)) else { return };
    let message = format!("`{field}: {found}` is not known here");
    let help = match did_you_mean(found, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of {}", list(known)),
    };
    let problem = Problem::value(&WRONG_TYPE, &node.at(field), message).help(help);
    context.push(problem.section(node.kind.section()));
}

/// The addresses that each flow needs (OAuth Flow Object).
pub(super) fn flow(context: &mut Context<'_>, node: &Node<'_>) {
    let needed: &[&str] = match node.place.last_key() {
        Some("implicit") => &["authorizationUrl"],
        Some("password" | "clientCredentials") => &["tokenUrl"],
        Some("authorizationCode") => &["authorizationUrl", "tokenUrl"],
        Some("deviceAuthorization") => &["deviceAuthorizationUrl", "tokenUrl"],
        _ => &[],
    };
    for field in needed.iter().filter(|field| !node.map.contains_key(**field)) {
        let message = format!("`{field}` is missing in this OAuth flow");
        let problem = Problem::key(&MISSING_FIELD, node.place, message).label(format!("needs `{field}`"));
        context.push(problem.section(Kind::OAuthFlow.section()));
    }
}

pub(super) fn requirement(context: &mut Context<'_>, node: &Node<'_>) {
    let spot = Spot { document: 0, pointer: Pointer::root().join("components").join("securitySchemes") };
    let schemes = context.survey.value(&spot).and_then(Value::as_object);
    for (name, scopes) in node.map {
        let place = node.at(name);
        let Some(schemes) = schemes.filter(|schemes| schemes.contains_key(name)) else {
            // Since 3.2 the name may be a URI.
            if context.version >= Version::V32 && name.contains(['/', '#']) {
                continue;
            }
            let near = schemes.and_then(|map| did_you_mean(name, map.keys().map(String::as_str)));
            let message = format!("no security scheme is called `{name}`");
            let problem = Problem::key(&UNKNOWN_SECURITY_SCHEME, &place, message);
            context.push(match near {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help("declare it under `components.securitySchemes`"),
            });
            continue;
        };
        let (_, scheme) = context.resolve(&spot.join(name));
        if let (Some(scheme), true) = (scheme, schemes.contains_key(name)) {
            self::scopes(context, node, name, scheme, scopes);
        }
    }
}

fn scopes(context: &mut Context<'_>, node: &Node<'_>, name: &str, scheme: &Value, scopes: &Value) {
    let kind = scheme.get("type").and_then(Value::as_str).unwrap_or_default();
    let place = node.at(name);
    let asked = scopes.as_array().map_or(&[][..], Vec::as_slice);
    if kind == "oauth2" {
        let flows = scheme.get("flows").and_then(Value::as_object);
        let known: Vec<&str> = flows
            .into_iter()
            .flatten()
            .filter_map(|(_, flow)| flow.get("scopes")?.as_object())
            .flatten()
            .map(|(scope, _)| scope.as_str())
            .collect();
        for (index, scope) in asked.iter().enumerate().filter_map(|(index, scope)| Some((index, scope.as_str()?))) {
            if !known.contains(&scope) {
                let message = format!("the scheme `{name}` has no scope `{scope}`");
                let problem = Problem::value(&UNKNOWN_SCOPE, &place.index(index), message);
                context.push(match did_you_mean(scope, known.iter().copied()) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem,
                });
            }
        }
    } else if !asked.is_empty() && context.version == Version::V30 && !matches!(kind, "openIdConnect") {
        let message = format!("the scheme `{name}` of type `{kind}` has no scopes");
        context.push(Problem::value(&UNKNOWN_SCOPE, &place, message).help("write an empty list"));
    }
}
