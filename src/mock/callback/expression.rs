//! Runtime expressions: what of an exchange a callback's URL or a link's parameter is made of
//! (OpenAPI, "Runtime Expressions").

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::exchange::{Headers, Request, Response};
use crate::source::Pointer;

/// What stands in a URL's component as it is (RFC 3986, section 2.3).
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why an expression has no value.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::mock) enum Unseen {
    /// What it looks for is not in this exchange.
    Absent(String),
    /// It is no expression.
    Wrong(String),
}

/// An exchange that expressions look at.
pub(in crate::mock) struct Seen<'a> {
    pub(in crate::mock) request: &'a Request,
    pub(in crate::mock) path_parameters: &'a [(String, String)],
    pub(in crate::mock) response: &'a Response,
    /// The bodies as values, where they are.
    pub(in crate::mock) sent: Option<Value>,
    pub(in crate::mock) answered: Option<Value>,
}

impl<'a> Seen<'a> {
    pub(in crate::mock) fn new(
        request: &'a Request,
        path_parameters: &'a [(String, String)],
        response: &'a Response,
    ) -> Self {
        Self {
            sent: body(&request.body, &request.headers),
            answered: body(&response.body, &response.headers),
            request,
            path_parameters,
            response,
        }
    }

    /// The value of an expression such as `$request.body#/url`.
    ///
    /// # Errors
    /// It is none, or what it looks for is not there.
    pub(in crate::mock) fn value(&self, expression: &str) -> Result<Value, Unseen> {
        let none = || Unseen::Wrong(format!("`{expression}` is no runtime expression"));
        let found = match expression {
            "$url" => Some(self.request.url.clone().into()),
            "$method" => Some(self.request.method.clone().into()),
            "$statusCode" => Some(self.response.status.into()),
            _ => {
                let (side, source) = expression.split_once('.').ok_or_else(none)?;
                match side {
                    "$request" => self.source(source, &self.request.headers, self.sent.as_ref(), true),
                    "$response" => self.source(source, &self.response.headers, self.answered.as_ref(), false),
                    _ => return Err(none()),
                }
                .map_err(|()| none())?
            }
        };
        found.ok_or_else(|| Unseen::Absent(format!("`{expression}` is not there")))
    }

    /// `Err`: there is no such source.
    fn source(
        &self,
        source: &str,
        headers: &Headers,
        body: Option<&Value>,
        of_request: bool,
    ) -> Result<Option<Value>, ()> {
        if let Some(name) = source.strip_prefix("header.") {
            return Ok(headers.get(name).map(|value| value.into_owned().into()));
        }
        if let Some(rest) = source.strip_prefix("body") {
            return match rest.strip_prefix('#') {
                None if rest.is_empty() => Ok(body.cloned()),
                Some(fragment) => {
                    let pointer = Pointer::from_fragment(fragment).ok_or(())?;
                    Ok(body.and_then(|body| body.pointer(pointer.as_str()).cloned()))
                }
                None => Err(()),
            };
        }
        let name = |kind: &str| source.strip_prefix(kind).filter(|_| of_request);
        if let Some(name) = name("query.") {
            let query = self.request.query().unwrap_or_default();
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            return Ok(pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned().into()));
        }
        let name = name("path.").ok_or(())?;
        let found = self.path_parameters.iter().find(|(known, _)| known == name);
        Ok(found.map(|(_, value)| value.clone().into()))
    }

    /// A text with expressions in it: `{$request.body#/url}?id={$response.body#/id}`, or one
    /// expression alone. What does not start the text is percent-encoded.
    ///
    /// # Errors
    /// As [`Seen::value`].
    pub(in crate::mock) fn text(&self, template: &str) -> Result<String, Unseen> {
        if template.starts_with('$') {
            return self.value(template).map(plain);
        }
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{$") {
            let (expression, after) = after
                .split_once('}')
                .ok_or_else(|| Unseen::Wrong(format!("an expression of `{template}` has no end")))?;
            out.push_str(before);
            let value = self.value(&format!("${expression}")).map(plain)?;
            if out.is_empty() {
                out.push_str(&value);
            } else {
                out.extend(utf8_percent_encode(&value, COMPONENT));
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

fn body(bytes: &[u8], headers: &Headers) -> Option<Value> {
    let is_form =
        headers.get("content-type").is_some_and(|media| media.starts_with("application/x-www-form-urlencoded"));
    if is_form {
        let pairs = url::form_urlencoded::parse(bytes);
        return Some(Value::Object(
            pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect(),
        ));
    }
    serde_json::from_slice(bytes).ok()
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(template: &str) -> Result<String, Unseen> {
        let request = Request {
            method: "POST".into(),
            url: "http://h/subscriptions/a%20b?event=made&x=1%202".into(),
            headers: [("Content-Type", "application/json"), ("X-Token", "t")].into_iter().collect(),
            body: json!({"url": "http://127.0.0.1:1/cb", "deep": {"a/b": ["z"]}, "n": 7}).to_string().into(),
        };
        let response = Response {
            status: 201,
            headers: [("Location", "/subscriptions/9")].into_iter().collect(),
            body: json!({"id": "a&b"}).to_string().into(),
        };
        Seen::new(&request, &[("name".into(), "a b".into())], &response).text(template)
    }

    #[test]
    fn expressions_are_those_of_the_specification() {
        for (template, expected) in [
            ("$url", "http://h/subscriptions/a%20b?event=made&x=1%202"),
            ("$method", "POST"),
            ("$statusCode", "201"),
            ("$request.header.x-token", "t"),
            ("$request.query.x", "1 2"),
            ("$request.path.name", "a b"),
            ("$request.body#/deep/a~1b/0", "z"),
            ("$response.header.location", "/subscriptions/9"),
            ("{$request.body#/url}", "http://127.0.0.1:1/cb"),
            ("{$request.body#/url}/{$request.query.x}?id={$response.body#/id}", "http://127.0.0.1:1/cb/1%202?id=a%26b"),
            ("http://127.0.0.1/fixed", "http://127.0.0.1/fixed"),
            ("http://127.0.0.1/{$request.body#/n}", "http://127.0.0.1/7"),
            ("$request.body#/deep", r#"{"a/b":["z"]}"#),
        ] {
            assert_eq!(check(template).as_deref().map_err(|error| format!("{error:?}")), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_is_not_there_is_told() {
        for (template, told) in [
            ("$request.body#/none", "`$request.body#/none` is not there"),
            ("{$request.query.none}", "`$request.query.none` is not there"),
            ("$response.path.name", "`$response.path.name` is no runtime expression"),
            ("$response.query.name", "is no runtime expression"),
            ("$requests.body", "is no runtime expression"),
            ("$nothing", "is no runtime expression"),
            ("{$url", "has no end"),
        ] {
            let error = format!("{:?}", check(template).expect_err(template));
            assert!(error.contains(told), "{template}: {error}");
        }
    }
}
