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
    if path.starts_with("http://") || path.starts_with("https://") {
        return path.to_owned();
    }
    let encoded = percent_encoding::utf8_percent_encode(path, ENCODED).to_string();
    let first = encoded.split('/').next().unwrap_or_default();
    match encoded.strip_prefix('/') {
        Some(_) => format!("file://{encoded}"),
        // A colon in the first segment would make it a scheme (RFC 3986, section 4.2).
        None if first.contains(':') => encoded.replacen(':', "%3A", first.matches(':').count()),
        None => encoded,
    }
}

/// Checks a log by what the schema of SARIF 2.1.0 requires, and by what its readers rely on.
#[cfg(test)]
pub(crate) fn assert_sound(log: &str) {
    let log: Value = serde_json::from_str(log).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    for run in log["runs"].as_array().expect("runs (section 3.13.4)") {
        let driver = &run["tool"]["driver"];
        assert!(driver["name"].as_str().is_some_and(|name| !name.is_empty()), "section 3.19.8");
        let rules = driver["rules"].as_array().expect("rules");
        let ids: std::collections::HashSet<&str> =
            rules.iter().map(|rule| rule["id"].as_str().expect("3.49.3")).collect();
        assert_eq!(ids.len(), rules.len(), "rules are unique (section 3.19.23)");
        for result in run["results"].as_array().expect("results") {
            assert!(
                result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()),
                "section 3.27.11: {result}"
            );
            assert!(
                ["error", "warning", "note", "none"].contains(&result["level"].as_str().expect("a level")),
                "{result}"
            );
            let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok()).expect("an index");
            assert_eq!(rules[index]["id"], result["ruleId"], "section 3.27.6");
            let lists = ["locations", "relatedLocations"].into_iter().filter_map(|field| result[field].as_array());
            lists.flatten().for_each(assert_place);
            assert!(result["partialFingerprints"].as_object().is_some_and(|all| all.values().all(Value::is_string)));
        }
    }
}

#[cfg(test)]
fn assert_place(location: &Value) {
    let physical = &location["physicalLocation"];
    let uri = physical["artifactLocation"]["uri"].as_str().expect("section 3.4.3");
    let first = uri.split('/').next().unwrap_or_default();
    assert!(
        uri.starts_with("http") || uri.starts_with("file:///") || !first.contains(':'),
        "{uri} is no relative reference"
    );
    assert!(!uri.contains([' ', '\\', '{', '}']), "{uri} is no URI reference (RFC 3986)");
    let region = &physical["region"];
    let at_least_one = |field: &str| region[field].as_u64().is_none_or(|number| number >= 1);
    assert!(region["startLine"].as_u64().is_some_and(|line| line >= 1), "section 3.30.5: {location}");
    assert!(["startColumn", "endLine", "endColumn"].into_iter().all(at_least_one), "{location}");
    let position = |line: &str, column: &str| Some((region[line].as_u64()?, region[column].as_u64()?));
    if let (Some(start), Some(end)) = (position("startLine", "startColumn"), position("endLine", "endColumn")) {
        assert!(start <= end, "{location}");
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
            ("https://a.example/b.yaml", "https://a.example/b.yaml"),
            ("ü/100%.yaml", "%C3%BC/100%25.yaml"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
