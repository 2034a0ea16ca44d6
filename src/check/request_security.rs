//! `request-security`

use base64::Engine as _;

use super::report::{Report, either};
use super::{Check, Judge, Judgement, RequestCase};
use crate::contract::{Location, SecurityKind, SecurityRequirement, cookie_pairs, query_pairs};
use crate::verdict::{CheckId, Side};

pub(super) const CHECK: Check = Check {
    id: CheckId::new("request-security"),
    side: Side::Request,
    says: "Credentials of one of the allowed ways are there, in the right form.",
    judge: Judge::Request(judge),
};

/// Whether a request carries what one scheme asks for.
enum Shown {
    Yes,
    /// What is missing or wrong, never the credential itself.
    No(String),
    Unknown(String),
}

fn judge(check: &Check, case: &RequestCase<'_>, judgement: &mut Judgement) {
    let alternatives = case.operation.security();
    if alternatives.is_empty() {
        return;
    }
    let mut missing = Vec::new();
    let mut unknown = None;
    for alternative in alternatives {
        match shown(case, alternative) {
            Shown::Yes => return,
            Shown::No(reason) => missing.push(reason),
            Shown::Unknown(reason) => unknown = Some(reason),
        }
    }
    let mut report = Report { contract: case.contract, check, judgement };
    // Without TLS no client certificate was shown; where nothing else would do, that says nothing of
    // the client, but of the place that it was watched at.
    let plain = case.request.url.starts_with("http://");
    if let Some(reason) = unknown.filter(|_| missing.is_empty() || !plain) {
        report.undecided(reason);
        return;
    }
    let own = case.operation.pointer().join("security");
    let pointer = match case.contract.value().pointer(own.as_str()) {
        Some(_) => own,
        None => crate::source::Pointer::root().join("security"),
    };
    let names: Vec<String> = alternatives.iter().map(name).collect();
    let reasons = missing.join("; or ");
    let message = format!("`{}` needs credentials: {reasons}", case.operation.id());
    report.broken(message, either(&names), reasons, 0, &pointer);
}

fn name(alternative: &SecurityRequirement) -> String {
    let names: Vec<&str> = alternative.0.iter().map(|(name, _)| name.as_str()).collect();
    format!("`{}`", names.join("` and `"))
}

fn shown(case: &RequestCase<'_>, alternative: &SecurityRequirement) -> Shown {
    let mut missing = Vec::new();
    let mut unknown = None;
    for (name, _) in &alternative.0 {
        let kind = case.contract.security_scheme(name).map_or(&SecurityKind::Unknown, |scheme| &scheme.kind);
        match credential(case, name, kind) {
            Shown::Yes => {}
            Shown::No(reason) => missing.push(reason),
            Shown::Unknown(reason) => unknown = Some(reason),
        }
    }
    match (missing.is_empty(), unknown) {
        (false, _) => Shown::No(missing.join(" and ")),
        (true, Some(reason)) => Shown::Unknown(reason),
        (true, None) => Shown::Yes,
    }
}

fn credential(case: &RequestCase<'_>, name: &str, kind: &SecurityKind) -> Shown {
    match kind {
        SecurityKind::Bearer | SecurityKind::OAuth2 | SecurityKind::OpenIdConnect => {
            authorization(case, "Bearer", |token| {
                (!token.is_empty() && !token.contains(char::is_whitespace)).then_some(())
            })
        }
        SecurityKind::Basic => authorization(case, "Basic", |token| {
            let decoded = base64::engine::general_purpose::STANDARD.decode(token).ok()?;
            decoded.contains(&b':').then_some(())
        }),
        SecurityKind::OtherHttp(scheme) => authorization(case, scheme, |_| Some(())),
        SecurityKind::ApiKey { location, name } => api_key(case, *location, name),
        SecurityKind::MutualTls => {
            Shown::Unknown(format!("`{name}` asks for a client certificate, which a request does not show"))
        }
        SecurityKind::Unknown => Shown::Unknown(format!("the security scheme `{name}` is not known")),
    }
}

fn authorization(case: &RequestCase<'_>, scheme: &str, form: impl Fn(&str) -> Option<()>) -> Shown {
    let Some(header) = case.request.headers.get("authorization") else {
        return Shown::No(format!("the header `Authorization: {scheme} …` is missing"));
    };
    let (said, token) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if !said.eq_ignore_ascii_case(scheme) {
        return Shown::No(format!("the header `Authorization` does not start with `{scheme}`"));
    }
    match form(token.trim()) {
        Some(()) => Shown::Yes,
        None => Shown::No(format!("the header `Authorization` has no well-formed `{scheme}` credentials")),
    }
}

fn api_key(case: &RequestCase<'_>, location: Location, name: &str) -> Shown {
    let found = match location {
        Location::Header => case.request.headers.get(name).is_some_and(|value| !value.trim().is_empty()),
        Location::Query => {
            let pairs = query_pairs(case.request.query().unwrap_or_default());
            pairs.iter().any(|(known, value)| known == name && !value.is_empty())
        }
        Location::Cookie => {
            let header = case.request.headers.get("cookie").unwrap_or_default();
            cookie_pairs(&header).iter().any(|(known, value)| known == name && !value.is_empty())
        }
        Location::Path => return Shown::Unknown(format!("a key in the path (`{name}`) is not known to OpenAPI")),
    };
    let place = match location {
        Location::Query => "query parameter",
        other => other.as_str(),
    };
    if found { Shown::Yes } else { Shown::No(format!("the {place} `{name}` is missing")) }
}
