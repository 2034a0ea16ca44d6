//! One record of an access log.

use bytes::Bytes;
use serde::Deserialize as _;
use serde_json::Value;

use super::alias::{self, find};
use super::har::{self, HarEntry, millis, number, status, without_value, word};
use super::{Entry, Missing, NO_HOST, What, body};
use crate::exchange::{Headers, MediaType, Request, Response};

/// Reads the text of a record.
pub(super) fn record(text: &str) -> What {
    let record: Value = match serde_json::from_str(text) {
        Ok(record) => record,
        Err(error) => {
            return What::Unreadable(format!("it is no JSON: {}, counted from its start", without_value(&error)));
        }
    };
    if !record.is_object() {
        return What::Unreadable("it is no JSON object".to_owned());
    }
    // Playwright's traces hold entries of HAR one level deeper.
    let inner = record.get("snapshot").filter(|inner| is_har(inner));
    if let Some(entry) = inner.or_else(|| is_har(&record).then_some(&record)) {
        return match HarEntry::deserialize(entry) {
            Ok(entry) => entry.read(),
            Err(error) => What::Unreadable(format!("it is no HAR entry: {}", without_value(&error))),
        };
    }
    // A journal's own: what came of a stream after its first part.
    if record.get("more").is_some() && record.get("crc32").is_some() {
        return What::Aside("the rest of a stream".to_owned());
    }
    read(&record)
}

fn is_har(record: &Value) -> bool {
    let has = |part: &str, key: &str| record.get(part).is_some_and(|part| part.get(key).is_some());
    record.get("startedDateTime").is_some() || has("response", "content") || has("request", "postData")
}

fn read(record: &Value) -> What {
    let line = find(record, alias::LINE).and_then(Value::as_str).and_then(request_line);
    let method = find(record, alias::METHOD).and_then(word).or_else(|| line.as_ref().map(|(method, _)| method.clone()));
    let Some(method) = method else {
        return What::Unreadable(format!("it names no method; expected one of {}", names(alias::METHOD)));
    };
    let (mut headers, _) = har::headers(find(record, alias::REQUEST_HEADERS).unwrap_or(&Value::Null));
    let Some(url) = url(record, line.map(|(_, target)| target), &headers) else {
        return What::Unreadable(format!(
            "it names no URL; expected one of {}, {}",
            names(alias::URL),
            names(alias::PATH)
        ));
    };
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return match url.split_once(':') {
            Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_lowercase()) => {
                What::Aside(format!("a `{scheme}:` URL"))
            }
            _ => What::Unreadable("its URL is none: expected `scheme://host/path`, or a path".to_owned()),
        };
    }
    let mut missing = Missing { request_headers: headers.is_empty(), ..Missing::default() };
    let body =
        Recorded { record, plain: alias::REQUEST_BODY, base64: alias::REQUEST_BASE64, media: alias::REQUEST_TYPE };
    let body = match body.read(&mut headers) {
        Ok(body) => body,
        // A request that could have had a body is not known to have had none.
        Err(reason) => {
            if !matches!(method.to_ascii_uppercase().as_str(), "GET" | "HEAD" | "DELETE" | "OPTIONS" | "TRACE") {
                missing.request_body = Some(format!("the request's body: {reason}"));
            }
            Bytes::new()
        }
    };
    let request = Request { method: method.to_ascii_uppercase(), url, headers, body };
    let response = response(record, &request.method, &mut missing);
    let (started, mut notes) = (find(record, alias::TIME).map(time), Vec::new());
    if started == Some(None) {
        notes.push("its time cannot be read".to_owned());
    }
    let elapsed = alias::ELAPSED.iter().find_map(|(name, factor)| Some(number(alias::one(record, name)?)? * factor));
    let elapsed = millis(elapsed);
    What::Entry(Box::new(Entry { started: started.flatten(), request, response, elapsed, missing, notes }))
}

fn response(record: &Value, method: &str, missing: &mut Missing) -> Result<Response, String> {
    let Some(status) = find(record, alias::STATUS).and_then(status) else {
        let said = alias::one(record, "error").and_then(word);
        return Err(said.map_or_else(
            || "no response was recorded".to_owned(),
            |said| format!("no response was recorded: {said}"),
        ));
    };
    let (mut headers, _) = har::headers(find(record, alias::RESPONSE_HEADERS).unwrap_or(&Value::Null));
    missing.response_headers = headers.is_empty();
    let bodiless = method == "HEAD" || matches!(status, 100..=199 | 204 | 205 | 304);
    let body =
        Recorded { record, plain: alias::RESPONSE_BODY, base64: alias::RESPONSE_BASE64, media: alias::RESPONSE_TYPE };
    let body = body.read(&mut headers).unwrap_or_else(|reason| {
        if !bodiless {
            missing.response_body = Some(format!("the response's body: {reason}"));
        }
        Bytes::new()
    });
    Ok(Response { status, headers, body })
}

/// Where a record holds a body.
struct Recorded<'r> {
    record: &'r Value,
    plain: &'static [&'static str],
    base64: &'static [&'static str],
    media: &'static [&'static str],
}

impl Recorded<'_> {
    /// The body, and in `headers` its media type where nothing else tells it.
    fn read(&self, headers: &mut Headers) -> Result<Bytes, String> {
        if let Some(media) =
            find(self.record, self.media).and_then(word).filter(|media| MediaType::parse(media).is_ok())
            && !headers.contains("content-type")
        {
            headers.append("Content-Type", media);
        }
        if let Some(text) = find(self.record, self.base64).and_then(Value::as_str) {
            return body::bytes(text, true, headers);
        }
        // Where the log holds header fields, what is not among them was not sent.
        let json = |headers: &mut Headers| {
            if headers.is_empty() {
                headers.append("Content-Type", "application/json");
            }
        };
        match find(self.record, self.plain) {
            None => Err("the log does not hold it".to_owned()),
            // What nginx and Apache write for nothing.
            Some(Value::String(text)) if text == "-" => Ok(Bytes::new()),
            Some(Value::String(text)) => {
                if text.trim_start().starts_with(['{', '['])
                    && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
                {
                    json(headers);
                }
                body::bytes(text, false, headers)
            }
            Some(value) => {
                json(headers);
                Ok(value.to_string().into())
            }
        }
    }
}

/// `GET /path HTTP/1.1`
fn request_line(line: &str) -> Option<(String, String)> {
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_method && words.next()?.starts_with("HTTP/")).then(|| (method.to_owned(), target.to_owned()))
}

fn url(record: &Value, target: Option<String>, headers: &Headers) -> Option<String> {
    let text = |names: &[&str]| find(record, names).and_then(Value::as_str).map(str::to_owned);
    let said = text(alias::URL).or(target).or_else(|| text(alias::PATH))?;
    let mut url = if said.starts_with('/') {
        let host = text(alias::HOST).or_else(|| headers.get("host").map(Into::into));
        let scheme = text(alias::SCHEME).unwrap_or_else(|| "http".to_owned());
        format!("{scheme}://{}{said}", host.unwrap_or_else(|| NO_HOST.to_owned()))
    } else {
        said
    };
    if !url.contains('?') {
        let query = match find(record, alias::QUERY) {
            Some(Value::String(query)) => query.trim_start_matches('?').to_owned(),
            Some(Value::Object(fields)) => {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in fields {
                    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                    values.iter().filter_map(word).for_each(|value| {
                        query.append_pair(name, &value);
                    });
                }
                query.finish()
            }
            _ => String::new(),
        };
        if !query.is_empty() && query != "-" {
            url = format!("{url}?{query}");
        }
    }
    Some(url)
}

#[expect(clippy::cast_possible_truncation, reason = "an instant of a log is within the range of seconds")]
fn time(value: &Value) -> Option<jiff::Timestamp> {
    match number(value) {
        // Seconds since 1970, with a fraction; or milliseconds.
        Some(seconds) if seconds.abs() < 1e11 => jiff::Timestamp::from_microsecond((seconds * 1e6) as i64).ok(),
        Some(millis) => jiff::Timestamp::from_millisecond(millis as i64).ok(),
        None => har::time(value),
    }
}

fn names(all: &[&str]) -> String {
    all.iter().take(3).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
