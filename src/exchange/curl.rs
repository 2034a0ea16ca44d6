//! A request as a `curl` command line that sends it again.

use std::fmt::Write as _;

use super::Request;

/// The `curl` command line that repeats `request`, quoted for a POSIX shell.
///
/// A body that is no UTF-8 is given as `printf` escapes piped to `curl`.
pub fn curl(request: &Request) -> String {
    let mut words = vec!["curl".to_owned()];
    if request.method != "GET" || !request.body.is_empty() {
        words.push(format!("-X {}", quote(&request.method)));
    }
    words.push(quote(&request.url));
    let skipped = ["host", "content-length", "connection", "transfer-encoding"];
    for (name, value) in
        request.headers.iter().filter(|(name, _)| !skipped.contains(&name.to_ascii_lowercase().as_str()))
    {
        // `-H 'Name;'` is how curl sends a field without a value.
        let field = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        words.push(format!("-H {}", quote(&field)));
    }
    // Without it, curl takes brackets and braces for ranges and lists.
    if request.url.contains(['[', ']', '{', '}']) {
        words.push("--globoff".to_owned());
    }
    if request.path().contains("/.") {
        words.push("--path-as-is".to_owned());
    }
    if request.body.is_empty() {
        return words.join(" ");
    }
    match std::str::from_utf8(&request.body) {
        Ok(text) if !text.contains('\0') => {
            words.push(format!("--data-raw {}", quote(text)));
            words.join(" ")
        }
        _ => {
            let escapes = request.body.iter().fold(String::new(), |mut out, byte| {
                let _ = write!(out, "\\{byte:03o}");
                out
            });
            format!("printf '{escapes}' | {} --data-binary @-", words.join(" "))
        }
    }
}

fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
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
}
