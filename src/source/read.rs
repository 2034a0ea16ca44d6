//! Text to value: which reader, and the bounds on what it may cost.

use serde_json::Value;

use super::{Diagnostic, Diagnostics, Severity, Source, Span, repeated, yaml};

/// Bounds on what reading a text may cost, and how strict it is.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest text, in bytes.
    pub bytes: usize,
    /// The deepest nesting.
    pub depth: usize,
    /// The most values, each use of an alias counted with all below it.
    pub values: usize,
    /// What a key that stands twice in one mapping is.
    pub duplicate_keys: Severity,
}

impl Default for Limits {
    /// 64 MiB, 120 levels, 4 million values, duplicate keys are errors.
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 120, values: 4_000_000, duplicate_keys: Severity::Error }
    }
}

/// The two languages that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON (RFC 8259).
    Json,
    /// YAML 1.2, core schema; see [`read`].
    Yaml,
}

impl Format {
    /// By the file's ending, else by the first character.
    pub fn of(source: &Source) -> Self {
        let name = source.name().to_ascii_lowercase();
        if name.ends_with(".json") || name.ends_with(".har") {
            return Self::Json;
        }
        if name.ends_with(".yaml") || name.ends_with(".yml") {
            return Self::Yaml;
        }
        match source.text().trim_start().bytes().next() {
            Some(b'{' | b'[') => Self::Json,
            _ => Self::Yaml,
        }
    }
}

/// Reads a text as JSON or YAML ([`Format::of`]) within `limits`.
///
/// YAML follows the 1.2 core schema, so `no` and `on` are strings; a decimal with a leading zero
/// and `.nan` or `.inf` stay strings with a warning; keys become strings (`200:` is `"200"`);
/// `<<` merges. The value is `None` where a diagnostic is an error.
pub fn read(source: &Source, limits: &Limits) -> (Option<Value>, Diagnostics) {
    if let Some(fault) = too_large(source, limits) {
        return (None, fault.into());
    }
    let (value, diagnostics) = match Format::of(source) {
        Format::Yaml => yaml::read(source, limits),
        Format::Json => read_json(source, limits),
    };
    (value.filter(|_| !diagnostics.has_errors()), diagnostics)
}

/// Reads as [`read`] does, where places of most values will be asked for: they are kept on the way,
/// which costs less than a second look at the text.
pub fn read_with_places(source: &Source, limits: &Limits) -> (Option<Value>, Diagnostics) {
    if too_large(source, limits).is_some() || Format::of(source) != Format::Yaml {
        return read(source, limits);
    }
    let (value, diagnostics, spans) = yaml::read_with_spans(source, limits);
    source.keep_spans(spans);
    (value.filter(|_| !diagnostics.has_errors()), diagnostics)
}

fn too_large(source: &Source, limits: &Limits) -> Option<Diagnostic> {
    (source.text().len() > limits.bytes).then(|| {
        let message = format!("the file has {} bytes; at most {} are read", source.text().len(), limits.bytes);
        Diagnostic::error("too-large", message).at(source, Span::default(), "")
    })
}

fn read_json(source: &Source, limits: &Limits) -> (Option<Value>, Diagnostics) {
    let text = source.text().strip_prefix('\u{feff}').unwrap_or(source.text());
    match repeated::from_str(text) {
        Ok((value, false)) => (Some(value), Diagnostics::new()),
        Ok((value, true)) => (Some(value), repeated_keys(source, limits.duplicate_keys)),
        Err(error) => (None, json_error(source, limits, &error).into()),
    }
}

/// A key as it is written, cut to what a message can hold.
fn clip(key: &str) -> String {
    let end = key.char_indices().nth(80).map_or(key.len(), |(at, _)| at);
    format!("`{}`", key[..end].trim_matches('"'))
}

/// The most keys that stand twice and are told.
const MOST_REPEATED: usize = 100;

/// As YAML's reader tells them, each at its place.
fn repeated_keys(source: &Source, severity: Severity) -> Diagnostics {
    let mut told = Diagnostics::new();
    for span in source.repeated_keys().into_iter().take(MOST_REPEATED) {
        let message = format!("the key {} stands twice in one mapping", clip(&source.text()[span.start..span.end]));
        let mut diagnostic = Diagnostic::error("duplicate-key", message).at(source, span, "this one counts");
        diagnostic.severity = severity;
        told.push(diagnostic);
    }
    told
}

fn json_error(source: &Source, limits: &Limits, error: &serde_json::Error) -> Diagnostic {
    let line_start: usize =
        source.text().split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let start = (line_start + error.column().saturating_sub(1)).min(source.text().len());
    let span = Span { start, end: (start + 1).min(source.text().len()) };
    let text = error.to_string();
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    if reason.contains("recursion limit") {
        return yaml::too_deep(source, span, limits.depth);
    }
    Diagnostic::error("not-json", format!("not JSON: {reason}")).at(source, span, "here")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(name: &str, text: &str) -> (Option<Value>, Vec<&'static str>) {
        let (value, diagnostics) = read(&Source::new(name, text), &Limits::default());
        (value, diagnostics.iter().map(|d| d.code).collect())
    }

    #[test]
    fn yaml_scalars_follow_the_core_schema() {
        let text = "a: no\nb: 0x1F\nc: 1e3\nd: ~\ne: '12'\nf: -9223372036854776000\n200: ok\ng: true\nh: -7\ni:\n";
        let (value, codes) = check("a.yaml", text);
        assert_eq!(
            value,
            Some(json!({"a": "no", "b": 31, "c": 1000.0, "d": null, "e": "12",
                "f": -9.223_372_036_854_776e18, "200": "ok", "g": true, "h": -7, "i": null}))
        );
        assert_eq!(codes, [] as [&str; 0]);
    }

    #[test]
    fn odd_numbers_stay_strings_and_are_told() {
        let (value, codes) = check("a.yaml", "a: 08\nb: .nan\n");
        assert_eq!(value, Some(json!({"a": "08", "b": ".nan"})));
        assert_eq!(codes, ["leading-zero", "not-a-number"]);
    }

    #[test]
    fn anchors_and_merges() {
        let (value, codes) = check("a.yaml", "x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\nz: *x\n");
        assert_eq!(value, Some(json!({"x": {"a": 1, "b": 2}, "y": {"b": 3, "a": 1}, "z": {"a": 1, "b": 2}})));
        assert_eq!(codes, [] as [&str; 0]);
    }

    #[test]
    fn with_places_the_same_is_read_and_told_at_the_same_places() {
        for text in [
            "x: &x {a: 1, b: [é, 2]}\ny:\n  <<: *x\n  b: 08\nz: *x\n",
            "\u{feff}é: 1\né: 2\n",
            "a: [1,\n",
            "a: &a [*a]\n",
            "- 'é€'\n- !what x\n",
        ] {
            let (plain, placed) = (Source::new("a.yaml", text), Source::new("a.yaml", text));
            let (value, found) = read(&plain, &Limits::default());
            let (with_places, told) = read_with_places(&placed, &Limits::default());
            assert_eq!((value, found.to_string()), (with_places, told.to_string()), "{text:?}");
            for pointer in ["", "/x/b/1", "/y/b", "/z", "/é", "/0", "/a/0"] {
                let pointer = crate::source::Pointer::parse(pointer).expect("a pointer");
                assert_eq!(plain.locate(&pointer), placed.locate(&pointer), "{text:?} {pointer}");
            }
        }
    }

    #[test]
    fn places_behind_many_characters_are_right() {
        for filler in ["x", "é", "𝄞€"] {
            let text = format!("a: '{}'\nb: {}\nc: 1\nc: 2\n", filler.repeat(3_000), filler.repeat(1_024));
            let source = Source::new("a.yaml", text.as_str());
            let (_, diagnostics) = read(&source, &Limits::default());
            let labels: Vec<_> = diagnostics.iter().flat_map(|found| &found.labels).collect();
            let span = labels[0].span;
            assert_eq!((source.position(span.start).line, &text[span.start..span.end]), (4, "c"), "{filler}");
        }
    }

    #[test]
    fn broken_texts_have_codes() {
        let bomb: String = (0..12).fold("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, n| {
            let items = vec![format!("*a{n}"); 10].join(",");
            format!("{text}a{}: &a{} [{items}]\n", n + 1, n + 1)
        });
        for (name, text, code) in [
            ("a.yaml", "a: [", "not-yaml"),
            ("a.yaml", "a: 1\na: 2\n", "duplicate-key"),
            ("a.json", "{\"a\": 1, \"a\": 2}", "duplicate-key"),
            ("a.yaml", "a: 1\n---\nb: 2\n", "second-document"),
            ("a.yaml", "? [a]\n: b\n", "key-not-scalar"),
            ("a.yaml", "a: !ruby/object {}\n", "unknown-tag"),
            ("a.yaml", bomb.as_str(), "too-many-values"),
            ("a.yaml", "[".repeat(10_000).as_str(), "too-deep"),
            ("a.json", "[".repeat(10_000).as_str(), "too-deep"),
            ("a.json", "{\"a\": }", "not-json"),
            ("a.yaml", "a: *nobody\n", "not-yaml"),
        ] {
            let (value, codes) = check(name, text);
            assert_eq!((value, codes.as_slice()), (None, &[code][..]), "{text:.40}");
        }
    }
}
