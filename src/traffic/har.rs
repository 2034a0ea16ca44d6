//! One entry of an HTTP Archive, as the tools that write them really do (HAR 1.2; 1.1 and 1.3 alike).

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::body::{self, Part};
use super::{Entry, Missing, NO_HOST, What};
use crate::exchange::{Headers, MediaType, Request, Response};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct HarEntry {
    started_date_time: Value,
    time: Value,
    request: Option<HarRequest>,
    response: Option<HarResponse>,
    #[serde(rename = "_resourceType")]
    resource_type: Value,
    #[serde(rename = "_error")]
    error: Value,
    #[serde(rename = "_webSocketMessages")]
    messages: Option<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HarRequest {
    method: Value,
    url: Value,
    headers: Value,
    cookies: Value,
    query_string: Value,
    post_data: Option<PostData>,
    body_size: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PostData {
    mime_type: Value,
    text: Value,
    params: Value,
    /// HAR 1.3.
    encoding: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HarResponse {
    status: Value,
    headers: Value,
    content: Option<Content>,
    #[serde(rename = "_error")]
    error: Value,
    /// Playwright's.
    #[serde(rename = "_failureText")]
    failure: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Content {
    size: Value,
    mime_type: Value,
    text: Value,
    encoding: Value,
    #[serde(rename = "_file")]
    file: Value,
    /// Firefox tells here that it cut the text.
    comment: Value,
}

/// Reads the text of an entry.
pub(super) fn entry(text: &str) -> What {
    match serde_json::from_str::<HarEntry>(text) {
        Ok(entry) => entry.read(),
        Err(error) => {
            What::Unreadable(format!("it is no HAR entry: {}, counted from its start", without_value(&error)))
        }
    }
}

/// Text or a number as text; `None` for everything else.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A number, also one that is written as text.
pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number| number.is_finite())
}

/// A status; 0 and what is none are `None`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie within the range")]
pub(super) fn status(value: &Value) -> Option<u16> {
    number(value).filter(|status| (100.0..=999.0).contains(status)).map(|status| status as u16)
}

pub(super) fn time(value: &Value) -> Option<jiff::Timestamp> {
    let text = value.as_str()?;
    text.parse().ok().or_else(|| jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?.to_timestamp().ok())
}

/// Milliseconds as a duration; what is none is zero.
pub(super) fn millis(value: Option<f64>) -> Duration {
    Duration::try_from_secs_f64(value.unwrap_or_default() / 1000.0).unwrap_or_default()
}

/// Header fields, without the pseudo fields of HTTP/2 (RFC 9113, section 8.3), which are given apart.
/// Several values joined by a line break, as browsers write them, become fields of their own.
pub(super) fn headers(value: &Value) -> (Headers, Vec<(String, String)>) {
    let mut pairs: Vec<(String, String)> = Vec::new();
    match value {
        Value::Array(fields) => {
            for field in fields {
                let pair = match field {
                    Value::Array(pair) => pair.first().zip(pair.get(1)),
                    _ => field.get("name").zip(field.get("value")),
                };
                pairs.extend(pair.and_then(|(name, value)| Some((word(name)?, word(value)?))));
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                pairs.extend(values.iter().filter_map(word).map(|value| (name.clone(), value)));
            }
        }
        _ => {}
    }
    let (pseudo, fields): (Vec<_>, Vec<_>) =
        pairs.into_iter().filter(|(name, _)| !name.trim().is_empty()).partition(|(name, _)| name.starts_with(':'));
    let split = |(name, value): (String, String)| {
        let values: Vec<String> = value.split('\n').map(|one| one.trim().to_owned()).collect();
        values.into_iter().map(move |one| (name.trim().to_owned(), one))
    };
    (fields.into_iter().flat_map(split).collect(), pseudo)
}

impl HarEntry {
    pub(super) fn read(self) -> What {
        let Some(request) = self.request else {
            return What::Unreadable("it has no `request`".to_owned());
        };
        let (mut headers, pseudo) = headers(&request.headers);
        add_cookies(&request.cookies, &mut headers);
        let url = match url(&request, &headers, &pseudo) {
            Ok(url) => url,
            Err(reason) => return What::Unreadable(reason),
        };
        let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let upgraded = self.response.as_ref().is_some_and(|response| status(&response.status) == Some(101));
        if self.resource_type.as_str() == Some("websocket") || self.messages.is_some() || upgraded {
            return What::Aside("a web socket".to_owned());
        }
        if !matches!(scheme.as_str(), "http" | "https") {
            return What::Aside(format!("a `{scheme}:` URL"));
        }
        let pseudo_method = pseudo.iter().find(|(name, _)| name == ":method").map(|(_, value)| value.clone());
        let Some(method) = word(&request.method).or(pseudo_method).filter(|method| !method.trim().is_empty()) else {
            return What::Unreadable("its request has no `method`".to_owned());
        };
        if method == "CONNECT" {
            return What::Aside("a tunnel (`CONNECT`)".to_owned());
        }
        let mut missing = Missing { request_headers: headers.is_empty(), ..Missing::default() };
        let mut notes = Vec::new();
        let (headers, body) = request_body(&request, headers, &mut missing);
        let request = Request { method, url, headers, body };
        let said = word(&self.error);
        let response = match self.response {
            Some(response) => response.read(&request.method, said, &mut missing, &mut notes),
            None => Err(why_none(said)),
        };
        let started = time(&self.started_date_time);
        if started.is_none() && !self.started_date_time.is_null() {
            notes.push(format!("its `startedDateTime` is no time: {}", self.started_date_time));
        }
        let elapsed = millis(number(&self.time));
        What::Entry(Box::new(Entry { started, request, response, elapsed, missing, notes }))
    }
}

/// What stands in `cookies` and in no field: not every tool writes it twice.
fn add_cookies(cookies: &Value, headers: &mut Headers) {
    if headers.contains("cookie") {
        return;
    }
    let pair = |cookie: &Value| Some(format!("{}={}", word(cookie.get("name")?)?, word(cookie.get("value")?)?));
    let pairs: Vec<String> = cookies.as_array().into_iter().flatten().filter_map(pair).collect();
    if !pairs.is_empty() {
        headers.append("Cookie", pairs.join("; "));
    }
}

fn why_none(said: Option<String>) -> String {
    match said {
        // Our own archives say it already.
        Some(said) if said.starts_with("no response") => said,
        Some(said) if !said.is_empty() => format!("no response was recorded: {said}"),
        _ => "no response was recorded".to_owned(),
    }
}

fn url(request: &HarRequest, headers: &Headers, pseudo: &[(String, String)]) -> Result<String, String> {
    let pseudo = |name: &str| pseudo.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let said = word(&request.url).or_else(|| pseudo(":path").map(str::to_owned));
    let said = said.filter(|url| !url.trim().is_empty()).ok_or("its request has no `url`")?;
    let said = said.trim();
    let mut url = if said.starts_with('/') {
        let host = pseudo(":authority").map(str::to_owned).or_else(|| headers.get("host").map(Into::into));
        match host {
            Some(host) => format!("{}://{host}{said}", pseudo(":scheme").unwrap_or("http")),
            None => format!("http://{NO_HOST}{said}"),
        }
    } else if said.contains(':') {
        said.to_owned()
    } else {
        return Err("its `url` is no URL: expected `scheme://host/path`".to_owned());
    };
    if !url.contains('?') {
        let name_values = |field: &Value| Some((word(field.get("name")?)?, word(field.get("value")?)?));
        let fields: Vec<_> = request.query_string.as_array().into_iter().flatten().filter_map(name_values).collect();
        if !fields.is_empty() {
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let end = url.find('#').unwrap_or(url.len());
            url.insert_str(end, &format!("?{query}"));
        }
    }
    Ok(url)
}

/// The body of a request, and its fields with the type that `postData` names where they have none.
fn request_body(request: &HarRequest, mut headers: Headers, missing: &mut Missing) -> (Headers, Bytes) {
    let Some(post) = &request.post_data else {
        if number(&request.body_size).is_some_and(|size| size > 0.0) {
            missing.request_body = Some("the file does not hold the request's body".to_owned());
        }
        return (headers, Bytes::new());
    };
    let media_type = word(&post.mime_type).filter(|media| MediaType::parse(media).is_ok());
    if let Some(media_type) = media_type.filter(|_| !headers.contains("content-type")) {
        headers.append("Content-Type", media_type);
    }
    let media = headers.get("content-type").and_then(|value| MediaType::parse(&value).ok());
    let text = match &post.text {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.is_empty() {
        let body = body::of_fields(&fields(post), &mut headers, missing);
        return (headers, body);
    }
    let base64 = post.encoding.as_str() == Some("base64");
    match body::bytes(without_head(&text, media.as_ref()), base64, &headers) {
        Ok(body) => (headers, body),
        Err(reason) => {
            missing.request_body = Some(format!("the request's body: {reason}"));
            (headers, Bytes::new())
        }
    }
}

/// Firefox records a form's own header fields with it.
fn without_head<'t>(text: &'t str, media: Option<&MediaType>) -> &'t str {
    let form = media.is_some_and(|media| media.is_form() || media.is_multipart());
    let headed = text.get(..13).is_some_and(|start| start.eq_ignore_ascii_case("content-type:"));
    match text.split_once("\r\n\r\n") {
        Some((_, rest)) if form && headed => rest,
        _ => text,
    }
}

/// The fields of a form that `postData` lists.
fn fields(post: &PostData) -> Vec<Part> {
    let text = |field: &Value, key: &str| field.get(key).and_then(word);
    let part = |field: &Value| {
        Some(Part {
            name: text(field, "name")?,
            value: text(field, "value").map(String::into_bytes),
            file: text(field, "fileName"),
            media_type: text(field, "contentType"),
        })
    };
    post.params.as_array().into_iter().flatten().filter_map(part).collect()
}

impl HarResponse {
    fn read(
        self,
        method: &str,
        said: Option<String>,
        missing: &mut Missing,
        notes: &mut Vec<String>,
    ) -> Result<Response, String> {
        let Some(status) = status(&self.status) else {
            return Err(why_none(word(&self.error).or_else(|| word(&self.failure)).or(said)));
        };
        let (mut headers, _) = headers(&self.headers);
        missing.response_headers = headers.is_empty();
        let content = self.content.unwrap_or_default();
        let media_type =
            word(&content.mime_type).filter(|media| MediaType::parse(media).is_ok() && media != "x-unknown");
        let bodiless = method == "HEAD" || matches!(status, 100..=199 | 204 | 205 | 304);
        let body = match content.body(&headers, bodiless) {
            Ok(body) => body,
            Err(reason) => {
                missing.response_body = Some(format!("the response's body: {reason}"));
                Bytes::new()
            }
        };
        if let Some(media_type) = media_type.filter(|_| !headers.contains("content-type") && !body.is_empty()) {
            if !missing.response_headers {
                notes.push(format!("its `Content-Type` is missing; `mimeType` says `{media_type}`"));
            }
            headers.append("Content-Type", media_type);
        }
        Ok(Response { status, headers, body })
    }
}

impl Content {
    fn body(&self, headers: &Headers, bodiless: bool) -> Result<Bytes, String> {
        if bodiless {
            // What stands there comes from a cache.
            return Ok(Bytes::new());
        }
        let text = match &self.text {
            Value::Null => {
                if let Some(file) = self.file.as_str() {
                    return Err(format!("it is in another file, `{file}`"));
                }
                // A size that is not known, or one that is: both say that there may have been a body.
                let none = number(&self.size) == Some(0.0) || headers.get("content-length").is_some_and(|n| n == "0");
                return if none { Ok(Bytes::new()) } else { Err("the file does not hold it".to_owned()) };
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let base64 = self.encoding.as_str().is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"));
        let body = body::bytes(&text, base64, headers)?;
        #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
        let cut = number(&self.size).is_some_and(|size| size > body.len() as f64);
        if self.comment.as_str().is_some_and(|comment| comment.contains("truncated")) {
            return Err(format!("the file holds only its first {} bytes", body.len()));
        }
        let json = word(&self.mime_type).and_then(|media| MediaType::parse(&media).ok()).is_some_and(|m| m.is_json());
        if cut && json {
            let whole = serde_json::from_slice::<serde::de::IgnoredAny>(&body);
            if whole.is_err_and(|error| error.is_eof()) {
                return Err(format!("the file holds only its first {} bytes", body.len()));
            }
        }
        Ok(body)
    }
}

/// What is wrong, without the value that is: what cannot be read may hold secrets that nobody learnt.
pub(super) fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let Some((start, expected)) = text.rsplit_once(", expected ") else { return text };
    let kind = start.split(['"', '`']).next().unwrap_or_default().trim_end();
    format!("{kind}, expected {expected}")
}
