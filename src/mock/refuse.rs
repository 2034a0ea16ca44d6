//! Refusing: which statuses suit what is wrong with a request, and how a client may prove who it is.

use crate::contract::{Contract, Location, Operation, SecurityKind};
use crate::verdict::Finding;

/// Tells in the answer to a request that is refused what is wrong with it, whatever the body says.
pub(super) const FINDINGS_HEADER: &str = "countersign-findings";
/// The most bytes of it.
const LONGEST: usize = 4_000;

/// Findings as the value of a header field: a JSON list in ASCII.
pub(super) fn told(findings: &[Finding]) -> String {
    let one = |finding: &Finding| {
        let at = finding.instance.as_ref().map(|instance| instance.0.as_str()).filter(|at| !at.is_empty());
        let mut told = serde_json::json!({ "check": finding.check.as_str(), "message": finding.message });
        if let Some(at) = at {
            told["at"] = at.into();
        }
        ascii(&told.to_string())
    };
    let mut length = 2;
    let fitting = findings.iter().map(one).take_while(|told| {
        length += told.len() + 2;
        length <= LONGEST
    });
    format!("[{}]", fitting.collect::<Vec<_>>().join(", "))
}

/// JSON with what no header field can hold escaped.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if matches!(character, ' '..='~') {
            out.push(character);
        } else {
            let mut units = [0; 2];
            out.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

/// The statuses that suit what is wrong, the best one first.
pub(super) fn statuses(findings: &[Finding]) -> &'static [u16] {
    let any = |check: &str| findings.iter().any(|finding| finding.check.as_str() == check);
    if any("request-security") {
        &[401, 403]
    } else if any("request-content-type") {
        &[415, 422, 400]
    } else {
        &[422, 400]
    }
}

/// The challenges of a 401 (RFC 9110, section 11.6.1), one for each scheme that the operation takes.
pub(super) fn challenges(contract: &Contract, operation: &Operation) -> Vec<String> {
    let realm = realm(contract);
    let mut found: Vec<String> = Vec::new();
    for (name, scopes) in operation.security().iter().flat_map(|alternative| &alternative.0) {
        let Some(scheme) = contract.security_scheme(name) else { continue };
        let challenge = match &scheme.kind {
            SecurityKind::Basic => format!("Basic realm=\"{realm}\""),
            SecurityKind::Bearer | SecurityKind::OpenIdConnect => format!("Bearer realm=\"{realm}\""),
            // RFC 6750, section 3: what the token has to be good for.
            SecurityKind::OAuth2 if scopes.is_empty() => format!("Bearer realm=\"{realm}\""),
            SecurityKind::OAuth2 => format!("Bearer realm=\"{realm}\", scope=\"{}\"", quotable(&scopes.join(" "))),
            SecurityKind::OtherHttp(scheme) if !scheme.is_empty() => {
                let mut letters = scheme.chars();
                let first = letters.next().map(|letter| letter.to_ascii_uppercase()).unwrap_or_default();
                format!("{first}{} realm=\"{realm}\"", letters.as_str())
            }
            // No scheme of HTTP's own, but a 401 has to say what would do.
            SecurityKind::ApiKey { location, name } => {
                let place = match location {
                    Location::Query => "query",
                    other => other.as_str(),
                };
                format!("ApiKey realm=\"{realm}\", in=\"{place}\", name=\"{}\"", quotable(name))
            }
            SecurityKind::MutualTls | SecurityKind::OtherHttp(_) | SecurityKind::Unknown => continue,
        };
        if !found.contains(&challenge) {
            found.push(challenge);
        }
    }
    if found.is_empty() {
        found.push(format!("Bearer realm=\"{realm}\""));
    }
    found
}

fn realm(contract: &Contract) -> String {
    let title = quotable(contract.title());
    if title.trim().is_empty() { "*".to_owned() } else { title }
}

/// The text as far as it can stand in a quoted string of a header field.
fn quotable(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::contract;
    use super::*;

    #[test]
    fn challenges_follow_from_the_schemes() {
        let document = "
openapi: 3.1.0
info: {title: 'My \"API\" عميل', version: '1'}
components:
  securitySchemes:
    basic: {type: http, scheme: basic}
    token: {type: http, scheme: bearer}
    digest: {type: http, scheme: digest}
    key: {type: apiKey, in: header, name: X-Key}
    oauth: {type: oauth2, flows: {}}
    cert: {type: mutualTLS}
paths:
  /a: {get: {security: [{basic: []}, {token: []}, {token: []}], responses: {}}}
  /b: {get: {security: [{digest: [], key: []}], responses: {}}}
  /c: {get: {security: [{oauth: [read, write]}, {cert: []}], responses: {}}}
  /d: {get: {security: [{cert: []}], responses: {}}}
";
        let contract = contract("t", document, None);
        for (path, expected) in [
            ("GET /a", &["Basic realm=\"My API \"", "Bearer realm=\"My API \""][..]),
            ("GET /b", &["Digest realm=\"My API \"", "ApiKey realm=\"My API \", in=\"header\", name=\"X-Key\""]),
            ("GET /c", &["Bearer realm=\"My API \", scope=\"read write\""]),
            ("GET /d", &["Bearer realm=\"My API \""]),
        ] {
            assert_eq!(challenges(&contract, contract.find(path).expect("known")), expected, "{path}");
        }
    }
}
