//! A request as a `curl` command line that sends it again.

use std::fmt::Write as _;

use super::Request;

/// The `curl` command line that repeats `request`, quoted for a POSIX shell.
///
/// A body that is no UTF-8 is given as `printf` escapes piped to `curl`.
pub fn curl(request: &Request) -> String {
    let mut line = String::with_capacity(256 + request.body.len());
    let text = std::str::from_utf8(&request.body).ok().filter(|text| !text.contains('\0'));
    if text.is_none() {
        line.push_str("printf '");
        for byte in &request.body {
            let _ = write!(line, "\\{byte:03o}");
        }
        line.push_str("' | ");
    }
    line.push_str("curl");
    if request.method != "GET" || !request.body.is_empty() {
        line.push_str(" -X ");
        quote(&mut line, &request.method);
    }
    line.push(' ');
    quote(&mut line, &request.url);
    let mut field = String::new();
    for (name, value) in request.headers.iter().filter(|(name, _)| !is_curls_own(name)) {
        field.clear();
        field.push_str(name);
        // `-H 'Name;'` is how curl sends a field without a value.
        field.push_str(if value.is_empty() { ";" } else { ": " });
        field.push_str(&value);
        line.push_str(" -H ");
        quote(&mut line, &field);
    }
    // Without it, curl takes brackets and braces for ranges and lists.
    if request.url.contains(['[', ']', '{', '}']) {
        line.push_str(" --globoff");
    }
    if request.path().contains("/.") {
        line.push_str(" --path-as-is");
    }
    match text {
        Some("") => {}
        Some(text) => {
            line.push_str(" --data-raw ");
            quote(&mut line, text);
        }
        None => line.push_str(" --data-binary @-"),
    }
    line
}

/// The fields that curl writes by itself.
fn is_curls_own(name: &str) -> bool {
    ["host", "content-length", "connection", "transfer-encoding"].iter().any(|own| name.eq_ignore_ascii_case(own))
}

fn quote(line: &mut String, text: &str) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        line.push_str(text);
        return;
    }
    line.push('\'');
    for (number, piece) in text.split('\'').enumerate() {
        line.push_str(if number == 0 { "" } else { r"'\''" });
        line.push_str(piece);
    }
    line.push('\'');
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::exchange::Headers;

    #[test]
    fn brackets_are_no_ranges() {
        let request = Request {
            method: "GET".into(),
            url: "http://h/a?filter[x]=1".into(),
            headers: Headers::new(),
            body: Bytes::new(),
        };
        assert_eq!(curl(&request), "curl 'http://h/a?filter[x]=1' --globoff");
    }

    #[test]
    fn everything_is_quoted() {
        let request = Request {
            method: "POST".into(),
            url: "http://h/a?b=c&d".into(),
            headers: [("Content-Type", "application/json"), ("X-Empty", "")].into_iter().collect(),
            body: Bytes::from_static(b"{\"it's\": 1}"),
        };
        let expected = r#"curl -X POST 'http://h/a?b=c&d' -H 'Content-Type: application/json' -H 'X-Empty;' --data-raw '{"it'\''s": 1}'"#;
        assert_eq!(curl(&request), expected);
    }

    #[test]
    fn odd_requests_are_repeated_as_they_were() {
        for (url, body, expected) in [
            ("http://h/a/../{b}", &b""[..], "curl 'http://h/a/../{b}' --globoff --path-as-is"),
            ("http://h/a", b"\0\xff", r"printf '\000\377' | curl -X GET http://h/a --data-binary @-"),
        ] {
            let (headers, body) = (Headers::new(), Bytes::from_static(body));
            assert_eq!(curl(&Request { method: "GET".into(), url: url.into(), headers, body }), expected);
        }
    }
}
