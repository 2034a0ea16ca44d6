//! The live page: one file, which loads nothing from anywhere but this server.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::header::HeaderValue;

use super::super::body::HyperResponse;
use super::plain;

const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");
const TEMPLATE: &str = include_str!("page.html");

/// The page and the policy that it is under.
static PAGE: OnceLock<(String, HeaderValue)> = OnceLock::new();

pub(super) fn page() -> HyperResponse {
    let (text, policy) = PAGE.get_or_init(make);
    let mut answer = plain(StatusCode::OK, "text/html; charset=utf-8", text.clone());
    answer.headers_mut().insert("content-security-policy", policy.clone());
    answer.headers_mut().insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    answer
}

/// Only this script and this style are run (Content Security Policy 3, section 6.7.3.3).
fn make() -> (String, HeaderValue) {
    let hash = |text: &str| STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()));
    let policy = format!(
        "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'",
        hash(SCRIPT),
        hash(STYLE)
    );
    let text = TEMPLATE.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT);
    (text, HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'")))
}
