//! Header fields of two responses.

use std::collections::{BTreeMap, BTreeSet};

use super::mask::Same;
use super::{Comparison, Depth, HEADER, Place};

/// What servers, proxies and networks add: it says nothing of the API. A name that ends in `*` stands for all
/// that start so.
const OF_THE_WAY: &[&str] = &[
    "accept-ranges",
    "access-control-*",
    "age",
    "alt-svc",
    "cf-*",
    "connection",
    "content-encoding",
    "content-length",
    "content-security-policy*",
    "countersign-*",
    "cross-origin-*",
    "date",
    "keep-alive",
    "nel",
    "origin-agent-cluster",
    "permissions-policy",
    "referrer-policy",
    "report-to",
    "reporting-endpoints",
    "request-id",
    "server",
    "server-timing",
    "strict-transport-security",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "vary",
    "via",
    "x-amz*",
    "x-amzn*",
    "x-b3-*",
    "x-cache*",
    "x-cloud-trace-context",
    "x-content-type-options",
    "x-correlation-id",
    "x-dns-prefetch-control",
    "x-download-options",
    "x-envoy-*",
    "x-frame-options",
    "x-powered-by",
    "x-permitted-cross-domain-policies",
    "x-request-id",
    "x-response-time",
    "x-runtime",
    "x-served-by",
    "x-timer",
    "x-trace*",
    "x-xss-protection",
];

/// Whose values differ from moment to moment.
const OF_THE_MOMENT: &[&str] = &[
    "etag",
    "expires",
    "last-modified",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "ratelimit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "x-rate-limit-remaining",
    "x-rate-limit-reset",
];

type Fields = BTreeMap<String, Vec<String>>;

impl Comparison<'_> {
    pub(super) fn headers(&mut self, old: &[(String, String)], new: &[(String, String)]) {
        let (old, new) = (fields(old), fields(new));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            match (old.get(name), new.get(name)) {
                (Some(before), Some(after)) => self.values(name, before, after),
                (Some(before), None) => self.missing(name, before, 0),
                (None, Some(after)) => self.missing(name, after, 1),
                (None, None) => {}
            }
        }
    }

    fn missing(&mut self, name: &str, values: &[String], side: usize) {
        let message = format!("`{name}` is sent only by {}", self.names[side]);
        let (shown, none) = (values.join(", "), String::new());
        let (old, new) = if side == 0 { (shown, none) } else { (none, shown) };
        self.add(HEADER, Place::Header(name.to_owned()), message, old, new);
    }

    fn values(&mut self, name: &str, old: &[String], new: &[String]) {
        // A media type is shape: it says what the body is.
        if self.depth < Depth::Value && name != "content-type" {
            return;
        }
        let (old, new) = (comparable(name, old), comparable(name, new));
        if old == new {
            return;
        }
        if OF_THE_MOMENT.contains(&name) {
            self.mask.count("of the moment");
            return;
        }
        match self.mask.texts(&old, &new) {
            Same::Equal => {}
            Same::Masked(why) => self.mask.count(why),
            Same::Different => {
                let message = format!("`{name}` differs between {} and {}", self.names[0], self.names[1]);
                self.add(HEADER, Place::Header(name.to_owned()), message, old, new);
            }
        }
    }
}

fn fields(headers: &[(String, String)]) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let of_the_way =
            |known: &&&str| known.strip_suffix('*').map_or(**known == name, |start| name.starts_with(start));
        if OF_THE_WAY.iter().find(of_the_way).is_none() {
            fields.entry(name).or_default().push(value.trim().to_owned());
        }
    }
    fields
}

/// The values as far as they are worth comparing.
fn comparable(name: &str, values: &[String]) -> String {
    match name {
        "set-cookie" => {
            let mut cookies: Vec<String> = values.iter().map(|value| cookie(value)).collect();
            cookies.sort();
            cookies.join(", ")
        }
        "content-type" => {
            let plain = values.join(", ").to_ascii_lowercase().replace([' ', '"'], "");
            plain.trim_end_matches(";charset=utf-8").to_owned()
        }
        _ => values.join(", "),
    }
}

/// A cookie without its value and without when it ends.
fn cookie(field: &str) -> String {
    let mut parts = field.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().split('=').next().unwrap_or_default();
    let mut attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
    attributes.retain(|part| !part.starts_with("expires") && !part.starts_with("max-age"));
    attributes.sort();
    std::iter::once(name.to_owned()).chain(attributes).collect::<Vec<_>>().join("; ")
}
