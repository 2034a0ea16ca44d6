//! Exchanges and findings as events show them.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use super::SHOWN_BODY;
use crate::exchange::{Exchange, Headers, Redactor, Request, Response, curl};
use crate::source::Pointer;
use crate::verdict::{Finding, InstancePointer, RecordedMessage, SchemaPointer, Sent, Undecided};

/// Makes what events show; everything passes its redactor.
pub(crate) struct Shower<'a> {
    pub(crate) redactor: &'a Redactor,
    /// The most bytes of a body that an event holds.
    pub(crate) max_body: usize,
}

impl Shower<'_> {
    pub(crate) fn text(&self, text: &str) -> String {
        self.redactor.redact(text)
    }

    /// A whole exchange.
    pub(crate) fn exchange(&self, exchange: &Exchange) -> Sent {
        self.sent(&exchange.request, &exchange.response, exchange.elapsed)
    }

    /// The same in its parts.
    pub(crate) fn sent(&self, request: &Request, response: &Response, elapsed: Duration) -> Sent {
        Sent {
            status: Some(response.status),
            response: Some(self.message(&response.headers, &response.body)),
            elapsed_ms: millis(elapsed),
            ..self.request(request)
        }
    }

    /// A request that nothing came back for.
    pub(crate) fn request(&self, request: &Request) -> Sent {
        Sent {
            method: self.text(&request.method),
            url: self.text(&request.url),
            request: self.message(&request.headers, &request.body),
            status: None,
            response: None,
            elapsed_ms: 0.0,
            curl: self.curl(request),
        }
    }

    fn message(&self, headers: &Headers, body: &Bytes) -> RecordedMessage {
        let headers = headers.iter().map(|(name, value)| (self.text(name), self.text(&value))).collect();
        // A cut before the redaction could leave half a secret.
        let body = self.redactor.redact_bytes(body);
        let cut_from = (body.len() > self.max_body).then_some(body.len());
        match String::from_utf8(body) {
            Ok(mut text) => {
                text.truncate(floor_char_boundary(&text, self.max_body));
                RecordedMessage { headers, body: text, base64: false, cut_from }
            }
            Err(error) => {
                let bytes = error.as_bytes();
                let shown = &bytes[..bytes.len().min(self.max_body)];
                RecordedMessage { headers, body: STANDARD.encode(shown), base64: true, cut_from }
            }
        }
    }

    fn curl(&self, request: &Request) -> String {
        // Redacted part by part first: `curl` writes bytes that are no text as escapes, in which no secret is found.
        let large = request.body.len() > self.max_body.min(SHOWN_BODY);
        let body = if large { Vec::new() } else { self.redactor.redact_bytes(&request.body) };
        let shown = Request {
            method: request.method.clone(),
            url: self.text(&request.url),
            headers: request.headers.raw().map(|(name, value)| (name, self.redactor.redact_bytes(value))).collect(),
            body: body.into(),
        };
        let line = self.text(&curl(&shown));
        if large { format!("{line} --data-binary @body") } else { line }
    }

    pub(crate) fn finding(&self, finding: Finding) -> Finding {
        let pointer = |pointer: Pointer| {
            let shown = self.text(pointer.as_str());
            if shown == pointer.as_str() { pointer } else { Pointer::parse(&shown).unwrap_or_default() }
        };
        Finding {
            message: self.text(&finding.message),
            expected: self.text(&finding.expected),
            actual: self.text(&finding.actual),
            instance: finding.instance.map(|InstancePointer(at)| InstancePointer(pointer(at))),
            schema: finding.schema.map(|SchemaPointer(at)| SchemaPointer(pointer(at))),
            ..finding
        }
    }

    pub(crate) fn findings(&self, findings: Vec<Finding>) -> Vec<Finding> {
        findings.into_iter().map(|finding| self.finding(finding)).collect()
    }

    pub(crate) fn undecided(&self, all: Vec<Undecided>) -> Vec<Undecided> {
        all.into_iter().map(|one| Undecided { reason: self.text(&one.reason), ..one }).collect()
    }

    pub(crate) fn captures(&self, captures: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        captures.into_iter().map(|(name, value)| (name, self.value(value))).collect()
    }

    /// Texts and keys at every depth; a number that is a secret becomes a text.
    pub(crate) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(key, value)| (self.text(&key), self.value(value))).collect()
            }
            Value::Number(number) => {
                let text = number.to_string();
                let shown = self.text(&text);
                if shown == text { Value::Number(number) } else { Value::String(shown) }
            }
            other => other,
        }
    }
}

/// A duration in milliseconds, to the microsecond.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

fn floor_char_boundary(text: &str, most: usize) -> usize {
    let mut at = most.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exchange::Secret;
    use crate::verdict::{CheckId, Origin, Side};

    const SECRET: &str = "s3cr3t/t0ken";

    fn redactor() -> Redactor {
        let redactor = Redactor::new();
        redactor.add(&Secret::new(SECRET));
        redactor
    }

    fn exchange(body: impl Into<Bytes>) -> Exchange {
        let body = body.into();
        let headers = Headers::from_iter([("authorization", format!("Bearer {SECRET}"))]);
        let url = format!("http://h/{SECRET}?key=s3cr3t%2Ft0ken");
        Exchange {
            request: Request { method: "POST".into(), url, headers: headers.clone(), body: body.clone() },
            response: Response { status: 200, headers, body },
            elapsed: Duration::from_micros(1500),
        }
    }

    fn show(exchange: &Exchange, max_body: usize) -> Sent {
        Shower { redactor: &redactor(), max_body }.exchange(exchange)
    }

    #[test]
    fn no_part_of_an_exchange_shows_a_secret() {
        let binary = [b"\xff\x00".as_slice(), SECRET.as_bytes(), b"\xff"].concat();
        let octal = SECRET.bytes().fold(String::new(), |out, byte| format!("{out}\\{byte:03o}"));
        for body in [format!("{{\"a\":\"{SECRET}\"}}").into_bytes(), binary] {
            let sent = show(&exchange(body), 1000);
            let text = serde_json::to_string(&sent).expect("it serialises");
            let bytes = STANDARD.decode(&sent.request.body).unwrap_or_default();
            assert!(!text.contains("s3cr3t") && !text.contains("t0ken"), "{text}");
            assert!(!sent.curl.contains(&octal) && sent.curl.contains("***"), "{}", sent.curl);
            assert!(!String::from_utf8_lossy(&bytes).contains("s3cr3t"));
            assert!((sent.elapsed_ms - 1.5).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn bodies_are_cut_between_characters_and_after_the_redaction() {
        for (body, max, expected) in [
            ("ééé".as_bytes().to_vec(), 3, "é"),
            (format!("ab{SECRET}cd").into_bytes(), 6, "ab***c"),
            (b"\xff\xfe\xfd".to_vec(), 2, "//4="),
        ] {
            let sent = show(&exchange(body), max);
            let message = sent.response.expect("a response");
            assert_eq!(message.body, expected);
            assert!(message.cut_from.is_some_and(|length| length > max));
            assert!(sent.curl.ends_with("--data-binary @body"), "{}", sent.curl);
        }
        assert_eq!(show(&exchange("abc"), 3).request.cut_from, None);
    }

    #[test]
    fn findings_and_captures_show_no_secret() {
        let redactor = redactor();
        redactor.add(&Secret::new("12345"));
        let shower = Shower { redactor: &redactor, max_body: 10 };
        let finding = Finding {
            check: CheckId::new("expect-body"),
            side: Side::Response,
            origin: Origin::Case,
            message: format!("found {SECRET}"),
            expected: SECRET.into(),
            actual: format!("\"{SECRET}\""),
            instance: Some(InstancePointer(Pointer::root().join("12345"))),
            schema: None,
            contract_place: None,
            case_place: None,
        };
        let text = serde_json::to_string(&shower.finding(finding)).expect("it serialises");
        assert!(!text.contains("s3cr3t") && !text.contains("12345"), "{text}");
        let captures = BTreeMap::from([("c".to_owned(), json!({"a": [12345, 1], SECRET: SECRET}))]);
        assert_eq!(shower.captures(captures)["c"], json!({"a": ["***", 1], "***": "***"}));
    }
}
