//! Who may use the admin API.

use std::net::IpAddr;

use hyper::http::request::Parts;

use crate::exchange::Secret;

/// Whether there is an admin API, and for whom.
#[derive(Clone, Debug, Default)]
pub enum Admin {
    /// There is none: its paths are the mocks'.
    #[default]
    Off,
    /// For who asks at this machine's own name or address, from no other origin. Not for servers
    /// that others can reach.
    Local,
    /// For who has this token.
    Token(Secret),
}

/// Why somebody may not use it: a status and a sentence.
pub(super) type Refused = (u16, String);

/// `any_host`: the request came over a socket that no browser reaches.
pub(super) fn check(admin: &Admin, parts: &Parts, (scheme, any_host): (&str, bool)) -> Result<(), Refused> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let host = parts.uri.authority().map(hyper::http::uri::Authority::as_str).or_else(|| header("host"));
    if let Some(origin) = header("origin") {
        let own = host.map(|host| format!("{scheme}://{host}"));
        if !own.is_some_and(|own| own.eq_ignore_ascii_case(origin)) {
            return Err((403, format!("the admin API is not for scripts of `{origin}`")));
        }
    }
    if matches!(header("sec-fetch-site"), Some("cross-site" | "same-site"))
        && header("sec-fetch-mode") != Some("navigate")
    {
        return Err((403, "the admin API is not for scripts of other sites".to_owned()));
    }
    match admin {
        Admin::Off => Err((404, "there is no admin API here".to_owned())),
        Admin::Local if any_host || host.is_some_and(is_local) => Ok(()),
        // A name that leads here without being this machine's own may be an attacker's (DNS rebinding).
        Admin::Local => {
            let host = host.unwrap_or_default();
            Err((403, format!("the admin API answers at `localhost` and loopback addresses, not at `{host}`")))
        }
        Admin::Token(token) if given(parts).is_some_and(|given| is_same(given, token.expose())) => Ok(()),
        Admin::Token(_) => Err((401, "the admin API wants `Authorization: Bearer` and its token".to_owned())),
    }
}

fn given(parts: &Parts) -> Option<&str> {
    let field = parts.headers.get("authorization")?.to_str().ok()?;
    let (scheme, token) = field.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Compares digests: how long it takes tells nothing of the token.
fn is_same(given: &str, token: &str) -> bool {
    let digest = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest(given).as_ref() == digest(token).as_ref()
}

/// Whether a `Host` is this machine's own name for itself (RFC 6761, section 6.3) or a loopback address.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(admin: &Admin, fields: &[(&str, &str)]) -> u16 {
        let mut request = hyper::Request::builder().uri("/__countersign/exchanges");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        check(admin, &parts, ("http", false)).map_or_else(|(status, _)| status, |()| 200)
    }

    #[test]
    fn names_that_are_not_this_machines_own_are_refused() {
        for (host, expected) in [
            ("localhost:4010", 200),
            ("LOCALHOST", 200),
            ("a.localhost:1", 200),
            ("127.0.0.1:4010", 200),
            ("127.9.9.9", 200),
            ("[::1]:4010", 200),
            ("evil.example:4010", 403),
            ("localhost.evil.example", 403),
            ("127.0.0.1.evil.example", 403),
            ("192.168.1.7:4010", 403),
            ("", 403),
        ] {
            assert_eq!(ask(&Admin::Local, &[("host", host)]), expected, "{host}");
        }
        assert_eq!(ask(&Admin::Local, &[]), 403);
    }

    #[test]
    fn scripts_of_other_origins_are_refused_even_with_the_token() {
        let token = Admin::Token(Secret::new("tok-123456"));
        let key = ("authorization", "Bearer tok-123456");
        for (origin, expected) in [
            ("http://localhost:4010", 200),
            ("http://localhost:4011", 403),
            ("https://localhost:4010", 403),
            ("http://evil.example", 403),
            ("null", 403),
        ] {
            let host = ("host", "localhost:4010");
            assert_eq!(ask(&Admin::Local, &[host, ("origin", origin)]), expected, "{origin}");
            assert_eq!(ask(&token, &[host, key, ("origin", origin)]), expected, "{origin}");
        }
        let host = ("host", "localhost:4010");
        assert_eq!(ask(&Admin::Local, &[host, ("sec-fetch-site", "same-site")]), 403);
        assert_eq!(ask(&Admin::Local, &[host, ("sec-fetch-site", "same-origin")]), 200);
    }

    #[test]
    fn a_token_opens_it_under_any_name() {
        let token = Admin::Token(Secret::new("tok-123456"));
        for (field, expected) in [
            (Some("Bearer tok-123456"), 200),
            (Some("bearer  tok-123456 "), 200),
            (Some("Bearer tok-12345"), 401),
            (Some("Basic tok-123456"), 401),
            (None, 401),
        ] {
            let mut fields = vec![("host", "mock.ci.example:80")];
            fields.extend(field.map(|field| ("authorization", field)));
            assert_eq!(ask(&token, &fields), expected, "{field:?}");
        }
    }
}
