//! What the fields of access logs are called: our own names first, then those of common servers
//! (nginx, Apache, Caddy, Traefik, Envoy, Kong, API gateways, Elastic Common Schema).

use serde_json::Value;

pub(super) const METHOD: &[&str] = &[
    "request.method",
    "method",
    "request_method",
    "requestMethod",
    "http_method",
    "httpMethod",
    "verb",
    "RequestMethod",
    "httpRequest.requestMethod",
    "http.request.method",
    "req.method",
];
pub(super) const URL: &[&str] = &[
    "request.url",
    "url",
    "request_url",
    "requestUrl",
    "full_url",
    "httpRequest.requestUrl",
    "url.full",
    "url.original",
    "http.url",
    "req.url",
];
pub(super) const PATH: &[&str] = &[
    "request.uri",
    "request.path",
    "request_uri",
    "requestUri",
    "uri",
    "path",
    "RequestPath",
    "url.path",
    "http.target",
    "resourcePath",
    "rawPath",
];
pub(super) const QUERY: &[&str] = &[
    "request.query",
    "request.querystring",
    "query",
    "query_string",
    "queryString",
    "args",
    "url.query",
    "rawQueryString",
];
pub(super) const HOST: &[&str] = &[
    "request.host",
    "host",
    "http_host",
    "server_name",
    "authority",
    ":authority",
    "RequestHost",
    "vhost",
    "url.domain",
    "http.host",
    "domainName",
    "hostname",
];
pub(super) const SCHEME: &[&str] = &["request.scheme", "scheme", "RequestScheme", "url.scheme", "http.scheme"];
/// Apache's and nginx's `GET /path HTTP/1.1`.
pub(super) const LINE: &[&str] = &["request", "request_line", "requestLine", "http_request"];
pub(super) const REQUEST_HEADERS: &[&str] =
    &["request.headers", "request_headers", "requestHeaders", "req_headers", "req.headers", "http.request.headers"];
pub(super) const REQUEST_BODY: &[&str] = &[
    "request.body",
    "request_body",
    "requestBody",
    "req_body",
    "req.body",
    "http.request.body.content",
    "request.body.content",
];
pub(super) const REQUEST_BASE64: &[&str] = &["request.body_base64", "request_body_base64", "requestBodyBase64"];
pub(super) const STATUS: &[&str] = &[
    "response.status",
    "response.status_code",
    "response.statusCode",
    "status",
    "status_code",
    "statusCode",
    "response_status",
    "responseStatus",
    "response_code",
    "responseCode",
    "DownstreamStatus",
    "OriginStatus",
    "httpRequest.status",
    "http.response.status_code",
    "http.status_code",
    "res.statusCode",
    "sc-status",
];
pub(super) const RESPONSE_HEADERS: &[&str] = &[
    "response.headers",
    "response_headers",
    "responseHeaders",
    "resp_headers",
    "res_headers",
    "res.headers",
    "http.response.headers",
];
pub(super) const RESPONSE_BODY: &[&str] = &[
    "response.body",
    "response_body",
    "responseBody",
    "resp_body",
    "res_body",
    "res.body",
    "http.response.body.content",
    "response.body.content",
];
pub(super) const RESPONSE_BASE64: &[&str] = &["response.body_base64", "response_body_base64", "responseBodyBase64"];
pub(super) const REQUEST_TYPE: &[&str] = &["content_type", "http_content_type", "request_content_type"];
pub(super) const RESPONSE_TYPE: &[&str] =
    &["sent_http_content_type", "response_content_type", "upstream_http_content_type"];
pub(super) const TIME: &[&str] = &[
    "started",
    "time",
    "timestamp",
    "@timestamp",
    "time_iso8601",
    "start_time",
    "StartUTC",
    "ts",
    "started_at",
    "requestTime",
    "msec",
    "date",
];
/// Names of durations, and how many milliseconds one of them is.
pub(super) const ELAPSED: &[(&str, f64)] = &[
    ("elapsed_ms", 1.0),
    ("duration_ms", 1.0),
    ("latency_ms", 1.0),
    ("response_time_ms", 1.0),
    ("latencies.request", 1.0),
    ("responseTime", 1.0),
    ("request_time", 1000.0),
    ("duration", 1000.0),
    ("Duration", 1e-6),
    ("event.duration", 1e-6),
];

/// The first of these that is there: nested, or with the dots in its name.
pub(super) fn find<'v>(record: &'v Value, names: &[&str]) -> Option<&'v Value> {
    names.iter().find_map(|name| one(record, name)).filter(|value| !value.is_null())
}

pub(super) fn one<'v>(record: &'v Value, name: &str) -> Option<&'v Value> {
    let nested = name.split('.').try_fold(record, |value, key| value.get(key));
    nested.or_else(|| record.get(name)).filter(|value| !value.is_null())
}
