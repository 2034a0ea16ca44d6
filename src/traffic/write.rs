//! Writes exchanges as an HTTP Archive (HAR 1.2), one at a time.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::Entry;
use crate::exchange::{Headers, MediaType, Request, Response};

/// An HTTP Archive in the making: nothing of what was written is kept in memory.
#[derive(Debug)]
pub struct HarWriter<W: Write> {
    out: W,
    entries: usize,
}

impl<W: Write> HarWriter<W> {
    /// Begins an archive.
    pub fn new(mut out: W) -> io::Result<Self> {
        let creator = json!({"name": "countersign", "version": env!("CARGO_PKG_VERSION")});
        write!(out, "{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":[")?;
        Ok(Self { out, entries: 0 })
    }

    /// Adds an exchange as it is; secrets are the caller's to take out. `about` are fields of its own,
    /// their names starting with `_`, and a `comment`.
    pub fn add(&mut self, entry: &Entry, about: &[(&str, Value)]) -> io::Result<()> {
        self.out.write_all(if self.entries == 0 { b"\n" } else { b",\n" })?;
        self.entries += 1;
        let mut written = json!({
            "startedDateTime": entry.started.unwrap_or_default().to_string(),
            "time": entry.elapsed.as_secs_f64() * 1000.0,
            "request": request(&entry.request),
            "response": match &entry.response {
                Ok(response) => of_response(response),
                Err(reason) => no_response(reason),
            },
            "cache": {},
            "timings": {"send": 0, "wait": entry.elapsed.as_secs_f64() * 1000.0, "receive": 0},
        });
        for (name, value) in about {
            written[*name] = value.clone();
        }
        serde_json::to_writer(&mut self.out, &written)?;
        Ok(())
    }

    /// Ends the archive.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(b"\n]}}\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// What nobody kept: which version of HTTP was spoken.
const VERSION: &str = "unknown";

fn request(request: &Request) -> Value {
    let query: Vec<Value> = url::form_urlencoded::parse(request.query().unwrap_or_default().as_bytes())
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let cookies = request.headers.all("cookie").flat_map(|field| {
        let pairs: Vec<Value> = field.split(';').filter_map(cookie).collect();
        pairs
    });
    let mut written = json!({
        "method": request.method,
        "url": request.url,
        "httpVersion": VERSION,
        "cookies": cookies.collect::<Vec<_>>(),
        "headers": headers(&request.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": request.body.len(),
    });
    if !request.body.is_empty() {
        let (text, base64) = text(&request.body, media_type(&request.headers).as_ref());
        let media = request.headers.get("content-type").unwrap_or_default();
        written["postData"] = json!({"mimeType": media, "params": [], "text": text});
        if base64 {
            // HAR 1.2 has no binary request bodies; 1.3 calls it so.
            written["postData"]["encoding"] = "base64".into();
        }
    }
    written
}

fn of_response(response: &Response) -> Value {
    let (text, base64) = text(&response.body, response.media_type().as_ref());
    let media = response.headers.get("content-type").unwrap_or_default();
    let mut content = json!({"size": response.body.len(), "mimeType": media, "text": text});
    if base64 {
        content["encoding"] = "base64".into();
    }
    let cookies: Vec<Value> = response
        .headers
        .all("set-cookie")
        .filter_map(|field| cookie(field.split(';').next().unwrap_or_default()))
        .collect();
    json!({
        "status": response.status,
        "statusText": "",
        "httpVersion": VERSION,
        "cookies": cookies,
        "headers": headers(&response.headers),
        "content": content,
        "redirectURL": response.headers.get("location").unwrap_or_default(),
        "headersSize": -1,
        "bodySize": response.body.len(),
    })
}

/// As browsers write it where none came.
fn no_response(reason: &str) -> Value {
    json!({
        "status": 0,
        "statusText": "",
        "httpVersion": VERSION,
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": ""},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        "_error": reason,
    })
}

fn headers(headers: &Headers) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

fn cookie(pair: &str) -> Option<Value> {
    let (name, value) = pair.trim().split_once('=')?;
    Some(json!({"name": name, "value": value}))
}

fn media_type(headers: &Headers) -> Option<MediaType> {
    headers.get("content-type").and_then(|value| MediaType::parse(&value).ok())
}

/// The body's text, or its base64, and which it is.
fn text(body: &Bytes, media: Option<&MediaType>) -> (String, bool) {
    let latin =
        media.and_then(|media| media.parameter("charset")).is_some_and(|set| !set.eq_ignore_ascii_case("utf-8"));
    match std::str::from_utf8(body) {
        // What looks compressed would be undone by a reader.
        Ok(text) if !latin && !text.starts_with('\u{1f}') => (text.to_owned(), false),
        _ => (STANDARD.encode(body), true),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Missing, What, read};
    use super::*;

    fn entry(request_body: &'static [u8], response: Result<Response, String>) -> Entry {
        let request = Request {
            method: "POST".into(),
            url: "http://h/a/%2F?x=1&y=a%20b".into(),
            headers: [("Content-Type", "application/json"), ("X-A", "1"), ("x-a", "2"), ("Cookie", "a=1; b=2")]
                .into_iter()
                .collect(),
            body: Bytes::from_static(request_body),
        };
        let started = "2026-03-01T10:00:00.123Z".parse().ok();
        Entry {
            started,
            request,
            response,
            elapsed: Duration::from_micros(1500),
            missing: Missing::default(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn what_is_written_is_read_again_as_it_was() {
        let response = |body: &'static [u8]| {
            let headers = [("Content-Type", "application/json"), ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2")];
            Ok(Response { status: 200, headers: headers.into_iter().collect(), body: Bytes::from_static(body) })
        };
        let all = [
            entry(b"{\"a\": \"\xc3\xa9\\u0000\"}", response(b"[1.0, 2]")),
            entry(b"\xff\x00\x1f", response(b"\x1f\x8b not gzip")),
            entry(b"", Err("no response was recorded: reset".into())),
            entry(b"x", response(b"")),
        ];
        let mut har = HarWriter::new(Vec::new()).expect("written");
        for entry in &all {
            har.add(entry, &[("comment", "a › b".into()), ("_x", 1.into())]).expect("written");
        }
        let bytes = har.finish().expect("written");
        let parsed: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(parsed["log"]["entries"][0]["comment"], "a › b");
        parsed["log"]["entries"].as_array().expect("entries").iter().for_each(has_what_the_format_requires);
        let found: Vec<Entry> = read(bytes.as_slice())
            .expect("a HAR")
            .map(|item| match item.expect("whole").what {
                What::Entry(entry) => *entry,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(found, all);
    }

    /// HAR 1.2: every field that is not called optional.
    fn has_what_the_format_requires(entry: &Value) {
        let message = "httpVersion cookies headers headersSize bodySize";
        for (at, names) in [
            ("", "startedDateTime time request response cache timings"),
            ("/request", "method url queryString"),
            ("/request", message),
            ("/response", "status statusText content redirectURL"),
            ("/response", message),
            ("/response/content", "size mimeType"),
            ("/timings", "send wait receive"),
        ] {
            let object = entry.pointer(at).expect("an object");
            names.split(' ').for_each(|name| assert!(object.get(name).is_some(), "{at}/{name}"));
        }
        let body = entry.pointer("/request/postData");
        assert!(body.is_none_or(|body| body.get("mimeType").is_some() && body.get("text").is_some()));
    }

    #[test]
    fn no_entries_are_an_archive_too() {
        let bytes = HarWriter::new(Vec::new()).expect("written").finish().expect("written");
        assert_eq!(read(bytes.as_slice()).expect("a HAR").count(), 0);
    }
}
