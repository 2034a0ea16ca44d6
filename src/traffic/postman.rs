//! Postman collections (format 2.0 and 2.1) as requests.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::body::{Part, of_fields};
use super::har::word;
use super::wanted::{Hole, Wanted};
use super::{Missing, NO_HOST, curl};
use crate::exchange::{Headers, Request, Response};

/// Folders nested deeper are not read.
const DEEPEST: usize = 50;

/// Why a file is no collection that is read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PostmanError {
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    Json(String),
    /// It is something else of Postman's, or of another format.
    #[error("{0}")]
    Other(String),
}

/// What a collection holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Collection {
    /// Its requests, in their order.
    pub requests: Vec<Wanted>,
    /// What of the collection and its folders is not taken over.
    pub notes: Vec<String>,
}

/// Reads a collection. A variable with a value in the collection gets it as its
/// default, unless `is_secret` says so of its name; all come from the environment.
pub fn postman_collection(text: &str, is_secret: &dyn Fn(&str) -> bool) -> Result<Collection, PostmanError> {
    let root: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| PostmanError::Json(format!("line {}, column {}", error.line(), error.column())))?;
    // As the API and some backups wrap it.
    let root = root.get("collection").unwrap_or(&root);
    let other = |what: &str| Err(PostmanError::Other(what.to_owned()));
    if root.get("requests").is_some() && root.get("item").is_none() {
        return other("it is a Postman collection of format 1; export it as Collection v2.1");
    }
    if root.get("values").is_some() && root.get("item").is_none() {
        return other("it is a Postman environment, not a collection; set its variables in the environment");
    }
    let Some(items) = root.get("item").and_then(Value::as_array) else {
        return other("it is no Postman collection: it has no list `item`");
    };
    let mut reader =
        Reader { variables: variables(root.get("variable")), is_secret, number: 0, all: Vec::new(), notes: Vec::new() };
    let outer = Outer { auth: root.get("auth"), folders: Vec::new() };
    if has_scripts(root) {
        reader.notes.push("the collection's scripts are not taken over".to_owned());
    }
    reader.items(items, &outer, 0);
    Ok(Collection { requests: reader.all, notes: reader.notes })
}

/// What holds for the items of a folder.
#[derive(Clone)]
struct Outer<'v> {
    auth: Option<&'v Value>,
    folders: Vec<String>,
}

struct Reader<'a> {
    variables: BTreeMap<String, String>,
    is_secret: &'a dyn Fn(&str) -> bool,
    number: usize,
    all: Vec<Wanted>,
    notes: Vec<String>,
}

impl Reader<'_> {
    fn items(&mut self, items: &[Value], outer: &Outer<'_>, depth: usize) {
        for item in items {
            let name = text(item, "name").unwrap_or_default();
            let auth = item.get("auth").filter(|auth| !auth.is_null()).or(outer.auth);
            if let Some(inner) = item.get("item").and_then(Value::as_array) {
                let folders = outer.folders.iter().cloned().chain([name.clone()]).collect();
                if depth >= DEEPEST {
                    self.refuse(name, format!("folders nested deeper than {DEEPEST} are not read"));
                    continue;
                }
                if has_scripts(item) {
                    self.notes.push(format!("the scripts of the folder `{name}` are not taken over"));
                }
                self.items(inner, &Outer { auth, folders }, depth + 1);
                continue;
            }
            let names: Vec<&str> = outer.folders.iter().map(String::as_str).chain([name.as_str()]).collect();
            let title = names.join(" / ");
            match item.get("request") {
                Some(request) => self.item(item, request, auth, &title),
                None => self.refuse(title, "it is neither a folder nor a request".to_owned()),
            }
        }
    }

    fn refuse(&mut self, name: String, reason: String) {
        self.number += 1;
        self.all.push(Wanted { name: Some(name), ..Wanted::refused(self.number, reason) });
    }

    fn item(&mut self, item: &Value, request: &Value, auth: Option<&Value>, title: &str) {
        self.number += 1;
        let mut draft = Draft::new(self);
        let made = draft.request(request, auth);
        if has_scripts(item) {
            draft.notes.push("its scripts (pre-request, tests) are not taken over".to_owned());
        }
        let (notes, holes) = (draft.notes, draft.holes);
        let line = self.number;
        let mut wanted =
            Wanted { name: Some(title.to_owned()), line, request: made, responses: Vec::new(), notes, holes };
        if let Ok(made) = &wanted.request {
            wanted.holes.retain(|hole| hole.stands_in(made));
        }
        let examples: Vec<&Value> = item.get("response").and_then(Value::as_array).into_iter().flatten().collect();
        let mut apart = Vec::new();
        for example in examples {
            let Some(response) = response(example) else {
                wanted.notes.push("an example without a status is left out".to_owned());
                continue;
            };
            let name = text(example, "name").unwrap_or_default();
            match example.get("originalRequest").filter(|original| original.is_object() && *original != request) {
                Some(original) => {
                    let mut draft = Draft::new(self);
                    let made = draft.request(original, auth);
                    let holes = match &made {
                        Ok(made) => draft.holes.into_iter().filter(|hole| hole.stands_in(made)).collect(),
                        Err(_) => Vec::new(),
                    };
                    let name_of = Some(title.to_owned());
                    let responses = vec![(name, response)];
                    apart.push(Wanted { name: name_of, line, request: made, responses, notes: Vec::new(), holes });
                }
                None => wanted.responses.push((name, response)),
            }
        }
        // The request by itself is worth a case only where no example has it.
        if wanted.responses.is_empty() && !apart.is_empty() {
            if let Some(first) = apart.first_mut() {
                first.notes = wanted.notes;
            }
        } else {
            self.all.push(wanted);
        }
        self.all.extend(apart);
    }
}

/// A request in the making.
struct Draft<'a> {
    variables: &'a BTreeMap<String, String>,
    is_secret: &'a dyn Fn(&str) -> bool,
    holes: Vec<Hole>,
    notes: Vec<String>,
}

impl<'a> Draft<'a> {
    fn new(reader: &'a Reader<'_>) -> Self {
        Self { variables: &reader.variables, is_secret: reader.is_secret, holes: Vec::new(), notes: Vec::new() }
    }

    fn request(&mut self, request: &Value, auth: Option<&Value>) -> Result<Request, String> {
        let method = text(request, "method").unwrap_or_else(|| "GET".to_owned());
        let url = if request.is_string() { Some(request) } else { request.get("url") };
        let mut url = self.url(url.ok_or("its request has no `url`")?)?;
        let mut headers = self.headers(request.get("header"));
        let body = self.body(request.get("body"), &mut headers);
        let own = request.get("auth").filter(|auth| !auth.is_null());
        self.auth(own.or(auth), &mut headers, &mut url);
        Ok(Request { method, url, headers, body })
    }

    /// `{{name}}` as a mark, everything else as it is.
    fn filled(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else { break };
            out.push_str(before);
            out.push_str(&self.mark(name.trim()));
            rest = after;
        }
        out + rest
    }

    fn mark(&mut self, name: &str) -> String {
        let expression = self.expression(name);
        if let Some(known) = self.holes.iter().find(|hole| hole.expression == expression) {
            return known.mark.clone();
        }
        let hole = Hole::new(self.holes.len(), expression);
        let mark = hole.mark.clone();
        self.holes.push(hole);
        mark
    }

    fn expression(&mut self, name: &str) -> String {
        if let Some(dynamic) = name.strip_prefix('$') {
            let known = match dynamic {
                "guid" | "randomUUID" => "uuid()",
                "isoTimestamp" => "now()",
                "timestamp" => "now('%s')",
                "randomInt" => "random_int(0, 1000)",
                "randomEmail" | "randomExampleEmail" => "random_email()",
                "randomBoolean" => "random_int(0, 1) == 1",
                "randomAlphaNumeric" => "random_string(1)",
                "randomPassword" => "random_string(15)",
                _ if dynamic.starts_with("random") => {
                    self.notes.push(format!("`{{{{${dynamic}}}}}` becomes a random text"));
                    "random_string(8)"
                }
                _ => {
                    self.notes.push(format!("`{{{{${dynamic}}}}}` is not known; it is read from the environment"));
                    return format!("env.{}", variable_name(dynamic));
                }
            };
            return known.to_owned();
        }
        let variable = variable_name(name);
        match self.variables.get(name).filter(|value| !value.is_empty() && !(self.is_secret)(name)) {
            Some(value) if !value.contains("{{") => {
                let value = value.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n");
                format!("env.{variable} | default('{value}')")
            }
            _ => format!("env.{variable}"),
        }
    }

    /// With the values that the collection has for them: for addresses, which cases do not hold.
    fn resolved(&self, text: &str, depth: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else { break };
            out.push_str(before);
            match self.variables.get(name.trim()).filter(|value| !value.is_empty() && depth < 5) {
                Some(value) => out.push_str(&self.resolved(value, depth + 1)),
                None => out.extend(["{{", name, "}}"]),
            }
            rest = after;
        }
        out + rest
    }

    fn url(&mut self, url: &Value) -> Result<String, String> {
        let raw = match url {
            Value::String(raw) => raw.clone(),
            Value::Object(_) => text(url, "raw").filter(|raw| !raw.is_empty()).unwrap_or_else(|| assembled(url)),
            _ => return Err("its `url` is neither a text nor an object".to_owned()),
        };
        if raw.trim().is_empty() {
            return Err("its `url` is empty".to_owned());
        }
        let (place, query) =
            raw.trim().split_once('?').map_or((raw.trim(), None), |(place, query)| (place, Some(query)));
        let place = self.place(place);
        let paths = variables(url.get("variable"));
        let segments = place.split('/').enumerate().map(|(at, segment)| match segment.strip_prefix(':') {
            Some(name) if at > 2 && !name.is_empty() => match paths.get(name).filter(|value| !value.is_empty()) {
                Some(value) => self.filled(value),
                None => self.mark(name),
            },
            _ => self.filled(segment),
        });
        let place = segments.collect::<Vec<_>>().join("/");
        let query = match url.get("query").and_then(Value::as_array) {
            Some(fields) => self.query(fields),
            None => query.map(|query| self.filled(query.split('#').next().unwrap_or_default())).unwrap_or_default(),
        };
        Ok(if query.is_empty() { place } else { format!("{place}?{query}") })
    }

    /// Scheme, host and path; a host that is not known becomes [`NO_HOST`].
    fn place(&self, place: &str) -> String {
        let (authority, path) = match place.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path))),
            None => place.split_once('/').map_or((place, None), |(authority, path)| (authority, Some(path))),
        };
        let scheme = place.split_once("://").map_or("", |(scheme, _)| scheme);
        let whole = if scheme.is_empty() { authority.to_owned() } else { format!("{scheme}://{authority}") };
        let known = self.resolved(&whole, 0);
        let known = match () {
            () if known.contains("{{") => format!("http://{NO_HOST}"),
            () if known.contains("://") => known.trim_end_matches('/').to_owned(),
            () => format!("http://{}", known.trim_end_matches('/')),
        };
        path.map_or(known.clone(), |path| format!("{known}/{path}"))
    }

    fn query(&mut self, fields: &[Value]) -> String {
        let enabled = fields.iter().filter(|field| field.get("disabled") != Some(&Value::Bool(true)));
        let pair = |field: &Value| {
            let name = self.filled(&text(field, "key").unwrap_or_default());
            // Postman sends what is written, percent-encoded only where it must be.
            let encoded = |text: &str| percent_encoding::utf8_percent_encode(text, QUERY).to_string();
            match field.get("value").filter(|value| !value.is_null()).and_then(word) {
                Some(value) => format!("{}={}", encoded(&name), encoded(&self.filled(&value))),
                None => encoded(&name),
            }
        };
        enabled.map(pair).collect::<Vec<_>>().join("&")
    }

    fn headers(&mut self, fields: Option<&Value>) -> Headers {
        let mut headers = Headers::new();
        match fields {
            Some(Value::Array(fields)) => {
                for field in fields.iter().filter(|field| field.get("disabled") != Some(&Value::Bool(true))) {
                    let Some(name) = text(field, "key").filter(|name| !name.is_empty()) else { continue };
                    let (name, value) = (self.filled(&name), self.filled(&text(field, "value").unwrap_or_default()));
                    headers.append(name, value);
                }
            }
            Some(Value::String(lines)) => {
                for (name, value) in lines.lines().filter_map(|line| line.split_once(':')) {
                    let value = self.filled(value.trim());
                    headers.append(name.trim(), value);
                }
            }
            _ => {}
        }
        headers
    }

    fn body(&mut self, body: Option<&Value>, headers: &mut Headers) -> Bytes {
        let Some(body) = body.filter(|body| body.get("disabled") != Some(&Value::Bool(true))) else {
            return Bytes::new();
        };
        let mode = text(body, "mode").unwrap_or_default();
        let add = |headers: &mut Headers, media: &str| {
            if !headers.contains("content-type") {
                headers.append("Content-Type", media);
            }
        };
        match mode.as_str() {
            "raw" => {
                let raw = self.filled(&text(body, "raw").unwrap_or_default());
                let language = body.pointer("/options/raw/language").and_then(Value::as_str);
                match language {
                    _ if raw.is_empty() => {}
                    Some("json") => add(headers, "application/json"),
                    Some("xml") => add(headers, "application/xml"),
                    Some("html") => add(headers, "text/html"),
                    Some("javascript") => add(headers, "application/javascript"),
                    _ if serde_json::from_str::<serde::de::IgnoredAny>(&raw).is_ok() => {
                        add(headers, "application/json");
                    }
                    _ => add(headers, "text/plain"),
                }
                raw.into()
            }
            "urlencoded" | "formdata" => {
                let media =
                    if mode == "formdata" { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
                add(headers, media);
                let parts = self.parts(body.get(&mode));
                let mut missing = Missing::default();
                let bytes = of_fields(&parts, headers, &mut missing);
                self.notes.extend(missing.request_body);
                bytes
            }
            "graphql" => {
                add(headers, "application/json");
                let graphql = body.get("graphql").unwrap_or(&Value::Null);
                let query = self.filled(&text(graphql, "query").unwrap_or_default());
                let variables = text(graphql, "variables").map(|variables| self.filled(&variables)).unwrap_or_default();
                let mut sent = json!({"query": query});
                match serde_json::from_str::<Value>(&variables) {
                    Ok(variables) => sent["variables"] = variables,
                    Err(_) if variables.trim().is_empty() => {}
                    Err(_) => self.notes.push("its GraphQL variables are no JSON; they are left out".to_owned()),
                }
                sent.to_string().into()
            }
            "file" => {
                let source = body.pointer("/file/src").and_then(Value::as_str).unwrap_or("a file");
                self.notes.push(format!("its body is the file `{source}`, which the collection does not hold"));
                Bytes::new()
            }
            "" => Bytes::new(),
            other => {
                self.notes.push(format!("a body of the mode `{other}` is not taken over"));
                Bytes::new()
            }
        }
    }

    fn parts(&mut self, fields: Option<&Value>) -> Vec<Part> {
        let enabled = fields.and_then(Value::as_array).into_iter().flatten();
        let enabled = enabled.filter(|field| field.get("disabled") != Some(&Value::Bool(true)));
        let mut part = |field: &Value| {
            let file = (text(field, "type").as_deref() == Some("file")).then(|| {
                let source = field.get("src").map_or(Value::Null, |src| src.get(0).unwrap_or(src).clone());
                let path = word(&source).unwrap_or_default();
                path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
            });
            let value = text(field, "value").map(|value| self.filled(&value).into_bytes());
            Part {
                name: text(field, "key").unwrap_or_default(),
                value: if file.is_some() { None } else { Some(value.unwrap_or_default()) },
                file,
                media_type: text(field, "contentType"),
            }
        };
        enabled.map(&mut part).collect()
    }

    fn auth(&mut self, auth: Option<&Value>, headers: &mut Headers, url: &mut String) {
        let Some(auth) = auth else { return };
        let kind = text(auth, "type").unwrap_or_default();
        let value = |key: &str| {
            let fields = auth.get(&kind)?;
            let listed = fields.as_array().into_iter().flatten();
            let mut listed = listed.filter(|field| text(field, "key").as_deref() == Some(key));
            listed.next().and_then(|field| text(field, "value")).or_else(|| text(fields, key))
        };
        let filled = |draft: &mut Self, key: &str| value(key).map(|text| draft.filled(&text)).unwrap_or_default();
        match kind.as_str() {
            "" | "noauth" | "inherit" => {}
            "bearer" => {
                let token = filled(self, "token");
                headers.set("Authorization", format!("Bearer {token}"));
            }
            "basic" => {
                let user = format!("{}:{}", filled(self, "username"), filled(self, "password"));
                let basic = curl::basic(&user, &mut self.holes);
                headers.set("Authorization", format!("Basic {basic}"));
            }
            "apikey" => {
                let (name, key) = (filled(self, "key"), filled(self, "value"));
                if value("in").as_deref() == Some("query") {
                    let sign = if url.contains('?') { "&" } else { "?" };
                    let key = percent_encoding::utf8_percent_encode(&key, QUERY).to_string();
                    url.extend([sign, &name, "=", &key]);
                } else {
                    headers.set(&name, key);
                }
            }
            "oauth2" if value("accessToken").is_some() => {
                let token = filled(self, "accessToken");
                headers.set("Authorization", format!("Bearer {token}"));
            }
            other => self.notes.push(format!("its `{other}` authorization is not taken over")),
        }
    }
}

/// What a query must encode.
const QUERY: &percent_encoding::AsciiSet =
    &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'&').add(b'+');

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(word)
}

fn has_scripts(holder: &Value) -> bool {
    let lines = |event: &Value| match event.pointer("/script/exec") {
        Some(Value::Array(lines)) => lines.iter().any(|line| line.as_str().is_some_and(|line| !line.trim().is_empty())),
        Some(Value::String(text)) => !text.trim().is_empty(),
        _ => false,
    };
    holder.get("event").and_then(Value::as_array).is_some_and(|events| events.iter().any(lines))
}

/// Variables by name, those that are switched off left out.
fn variables(list: Option<&Value>) -> BTreeMap<String, String> {
    let enabled = |field: &&Value| field.get("disabled") != Some(&Value::Bool(true));
    let pair = |field: &Value| {
        let name = text(field, "key").or_else(|| text(field, "id"))?;
        Some((name, text(field, "value").unwrap_or_default()))
    };
    list.and_then(Value::as_array).into_iter().flatten().filter(enabled).filter_map(pair).collect()
}

/// A URL from its parts.
fn assembled(url: &Value) -> String {
    let joined = |key: &str, by: &str| match url.get(key) {
        Some(Value::Array(parts)) => {
            let part = |part: &Value| word(part).or_else(|| text(part, "value")).unwrap_or_default();
            parts.iter().map(part).collect::<Vec<_>>().join(by)
        }
        Some(other) => word(other).unwrap_or_default().trim_start_matches('/').to_owned(),
        None => String::new(),
    };
    let protocol = text(url, "protocol").map(|protocol| protocol.trim_end_matches("://").to_owned() + "://");
    let port = text(url, "port").filter(|port| !port.is_empty()).map(|port| format!(":{port}"));
    let (host, path) = (joined("host", "."), joined("path", "/"));
    format!("{}{host}{}/{path}", protocol.unwrap_or_default(), port.unwrap_or_default())
}

/// A variable's name as the environment may hold it.
fn variable_name(name: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for character in name.chars() {
        if character.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push('_');
        }
        out.push(if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' });
        before = character;
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) || out.is_empty() { format!("V_{out}") } else { out }
}

fn response(example: &Value) -> Option<Response> {
    let status = super::har::status(example.get("code")?)?;
    let mut headers = Headers::new();
    for field in example.get("header").and_then(Value::as_array).into_iter().flatten() {
        if let Some(name) = text(field, "key").filter(|name| !name.is_empty()) {
            headers.append(name, text(field, "value").unwrap_or_default());
        }
    }
    let body = text(example, "body").unwrap_or_default();
    let language = text(example, "_postman_previewlanguage");
    let json = language.as_deref() == Some("json") || serde_json::from_str::<serde::de::IgnoredAny>(&body).is_ok();
    if !headers.contains("content-type") && !body.is_empty() && json {
        headers.append("Content-Type", "application/json");
    }
    Some(Response { status, headers, body: body.into() })
}

#[cfg(test)]
mod tests;
