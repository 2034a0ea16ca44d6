//! SARIF 2.1.0 (OASIS): the parts that every log of ours has.

use serde_json::{Value, json};

use super::{Place, Position};

/// One run of the program: its rules and its results, both as SARIF writes them.
pub fn sarif_log(rules: &[Value], results: &[Value]) -> String {
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "countersign",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}")
}

/// A place, as a `location` (section 3.28); `end` is where it ends, `text` what is to be said there.
pub fn sarif_location(place: &Place, end: Option<Position>, text: &str) -> Value {
    let mut region = json!({"startLine": place.line, "startColumn": place.column});
    if let (Some(end), Value::Object(map)) = (end, &mut region) {
        map.insert("endLine".to_owned(), json!(end.line));
        map.insert("endColumn".to_owned(), json!(end.column));
    }
    let physical = json!({"artifactLocation": {"uri": uri(&place.file)}, "region": region});
    match text {
        "" => json!({"physicalLocation": physical}),
        text => json!({"physicalLocation": physical, "message": {"text": text}}),
    }
}

/// A path as a URI reference: what a path may hold and a reference may not is percent-encoded.
fn uri(path: &str) -> String {
    const ENCODED: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'%')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'#')
        .add(b'\\')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    let encoded = percent_encoding::utf8_percent_encode(path, ENCODED).to_string();
    let first = encoded.split('/').next().unwrap_or_default();
    match encoded.strip_prefix('/') {
        Some(_) => format!("file://{encoded}"),
        // A colon in the first segment would make it a scheme (RFC 3986, section 4.2).
        None if first.contains(':') => encoded.replacen(':', "%3A", first.matches(':').count()),
        None => encoded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uri_references() {
        for (path, expected) in [
            ("specs/a b#1.yaml", "specs/a%20b%231.yaml"),
            ("/w/a.yaml", "file:///w/a.yaml"),
            ("main:a.yaml", "main%3Aa.yaml"),
            ("ü/100%.yaml", "%C3%BC/100%25.yaml"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
