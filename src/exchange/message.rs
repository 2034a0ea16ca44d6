//! Requests, responses, exchanges.

use std::time::Duration;

use bytes::Bytes;

use super::{Headers, MediaType};

/// One HTTP request, as sent or as it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, such as `POST`; case matters (RFC 9110, section 9.1).
    pub method: String,
    /// The absolute URL, exactly as sent: percent-encoding and dot segments kept.
    pub url: String,
    /// The header fields.
    pub headers: Headers,
    /// The body's exact bytes.
    pub body: Bytes,
}

/// One HTTP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Headers,
    /// The body's exact bytes, content codings undone.
    pub body: Bytes,
}

/// One request and its response: what is judged against a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The request.
    pub request: Request,
    /// The response.
    pub response: Response,
    /// From the first byte sent to the last received.
    pub elapsed: Duration,
}

impl Request {
    /// The URL's path, percent-encoding kept; `/` where it is empty.
    pub fn path(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let path = rest.find(['/', '?', '#']).map_or("", |at| &rest[at..]);
        let path = path.split(['?', '#']).next().unwrap_or("");
        if path.is_empty() { "/" } else { path }
    }

    /// The URL's query without its `?`, percent-encoding kept.
    pub fn query(&self) -> Option<&str> {
        let before = self.url.split('#').next().unwrap_or(&self.url);
        before.split_once('?').map(|(_, query)| query)
    }

    /// The media type of the body, where the header names one that can be read.
    pub fn media_type(&self) -> Option<MediaType> {
        self.headers.get("content-type").and_then(|value| MediaType::parse(&value).ok())
    }
}

impl Response {
    /// The media type of the body, where the header names one that can be read.
    pub fn media_type(&self) -> Option<MediaType> {
        self.headers.get("content-type").and_then(|value| MediaType::parse(&value).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_cut_from_the_url_as_they_are() {
        for (url, path, query) in [
            ("http://h", "/", None),
            ("http://h?a=b", "/", Some("a=b")),
            ("http://h:1/a/../b%2Fc?x=1?y#z", "/a/../b%2Fc", Some("x=1?y")),
            ("http://h/a#b?c", "/a", None),
        ] {
            let request =
                Request { method: "GET".into(), url: url.into(), headers: Headers::new(), body: Bytes::new() };
            assert_eq!((request.path(), request.query()), (path, query), "{url}");
        }
    }
}
