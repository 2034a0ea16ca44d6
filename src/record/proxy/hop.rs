//! Which header fields are for one connection alone (RFC 9110, section 7.6.1).

use hyper::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, TE, TRANSFER_ENCODING, UPGRADE};

const OTHERS: [&str; 2] = ["keep-alive", "proxy-connection"];

/// The fields that go on to the next connection, in their order. A map that fields are removed from
/// changes its order, so they are taken over one by one.
pub(super) fn passed_on(fields: &HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = fields
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let stays = |name: &HeaderName| {
        [CONNECTION, TE, TRANSFER_ENCODING, UPGRADE].contains(name)
            || OTHERS.contains(&name.as_str())
            || named.contains(name)
    };
    let mut out = HeaderMap::with_capacity(fields.len());
    for (name, value) in fields {
        if !stays(name) {
            out.append(name.clone(), value.clone());
        }
    }
    // Trailers are passed on, so whoever takes them may say so.
    if fields.get_all(TE).iter().any(takes_trailers) {
        out.append(TE, HeaderValue::from_static("trailers"));
    }
    out
}

fn takes_trailers(te: &HeaderValue) -> bool {
    te.to_str().is_ok_and(|te| te.split(',').any(|coding| coding.trim().eq_ignore_ascii_case("trailers")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_the_connection_stays_there() {
        let mut fields = HeaderMap::new();
        for (name, value) in [
            ("b", "1"),
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("a", "2"),
            ("keep-alive", "timeout=5"),
            ("te", "gzip, trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("b", "3"),
            ("proxy-connection", "close"),
            ("trailer", "sum"),
        ] {
            fields.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let out = passed_on(&fields);
        let shown: Vec<String> =
            out.iter().map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII"))).collect();
        assert_eq!(shown, ["b: 1", "b: 3", "a: 2", "trailer: sum", "te: trailers"]);
    }
}
