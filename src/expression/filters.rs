//! Filters and tests beyond the engine's, and bounds on those of the engine that can make much of little.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use minijinja::value::{Kwargs, Rest, StringInput, Value, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, filters};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::{Regex, RegexBuilder};

use super::{LONGEST_TEXT, MOST_ITEMS, values};

/// The filters that are worth suggesting.
pub(super) const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "base64",
    "base64_decode",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "format",
    "from_json",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "json",
    "keys",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "matches",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "slug",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "urlencode",
    "values",
    "zip",
];

/// The tests that are worth suggesting.
pub(super) const TESTS: &[&str] = &[
    "boolean",
    "date_time",
    "defined",
    "divisibleby",
    "email",
    "endingwith",
    "eq",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lower",
    "lt",
    "mapping",
    "matches",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
    "upper",
    "uuid",
];

pub(super) fn register(engine: &mut Environment<'static>) {
    for name in ["safe", "escape", "e", "pprint"] {
        engine.remove_filter(name);
    }
    engine.add_filter("json", json);
    engine.add_filter("tojson", json);
    engine.add_filter("from_json", from_json);
    engine.add_filter("base64", |text: Value| Ok::<_, Error>(STANDARD.encode(bytes(&text)?)));
    engine.add_filter("base64_decode", base64_decode);
    engine.add_filter("urlencode", urlencode);
    engine.add_filter("slug", |text: &str| slug(text));
    engine.add_filter("matches", matches);
    engine.add_filter("keys", keys);
    engine.add_filter("values", values_of);
    engine.add_test("matches", matches);
    engine.add_test("uuid", |value: Value| is_match(UUID.as_ref(), &value));
    engine.add_test("email", |value: Value| is_match(EMAIL.as_ref(), &value));
    engine.add_test("date_time", |value: Value| is_date_time(&value));
    engine.set_unknown_method_callback(method);
    bound(engine);
}

/// The methods that texts and mappings have in Jinja, as far as a filter does the same.
fn method(state: &mut State, value: &Value, name: &str, arguments: &[Value]) -> Result<Value, Error> {
    let filter = match (value.kind(), name) {
        (ValueKind::String, "startswith" | "endswith") => return affix(value, name, arguments),
        (ValueKind::String, "strip") => "trim",
        (ValueKind::String, "split" | "lower" | "upper" | "replace" | "title" | "capitalize")
        | (ValueKind::Map, "keys" | "values" | "items") => name,
        (ValueKind::Map, "get") => {
            let [key, rest @ ..] = arguments else { return Err(fault("`get` needs a key")) };
            let found = value.get_item(key).ok().filter(|found| !found.is_undefined());
            return Ok(found.or_else(|| rest.first().cloned()).unwrap_or_else(|| Value::from(())));
        }
        (kind, _) => {
            let message = format!("a {kind} has no method `{name}`");
            return Err(Error::new(ErrorKind::UnknownMethod, message));
        }
    };
    let all: Vec<Value> = std::iter::once(value).chain(arguments).cloned().collect();
    state.apply_filter(filter, &all)
}

fn affix(value: &Value, name: &str, arguments: &[Value]) -> Result<Value, Error> {
    let (Some(text), [affix]) = (value.as_str(), arguments) else {
        return Err(fault(format!("`{name}` needs one text")));
    };
    let affix = affix.as_str().ok_or_else(|| fault(format!("`{name}` needs a text")))?;
    Ok(Value::from(if name == "startswith" { text.starts_with(affix) } else { text.ends_with(affix) }))
}

/// The engine's own filters, refused where their result would be out of all proportion.
fn bound(engine: &mut Environment<'static>) {
    engine.add_filter("list", |state: &State, value: Value| few(&value).and_then(|()| filters::list(state, value)));
    engine.add_filter("sort", |state: &State, value: Value, options: Kwargs| {
        few(&value).and_then(|()| filters::sort(state, value, options))
    });
    engine.add_filter("unique", |state: &State, value: Value, options: Kwargs| {
        few(&value).and_then(|()| filters::unique(state, value, options))
    });
    engine.add_filter("batch", |state: &State, value: Value, count: usize, fill: Option<Value>| {
        few(&value).and_then(|()| at_most(count)).and_then(|()| filters::batch(state, value, count, fill))
    });
    engine.add_filter("slice", |state: &State, value: Value, count: usize, fill: Option<Value>| {
        few(&value).and_then(|()| at_most(count)).and_then(|()| filters::slice(state, value, count, fill))
    });
    engine.add_filter("map", |state: &mut State, value: Value, arguments: Rest<ValueOrKwargs>| {
        few(&value)?;
        filters::map(state, value, arguments)
    });
    engine.add_filter("replace", replace);
    engine.add_filter("join", join);
    engine.add_filter("indent", indent);
    engine.add_filter("format", format);
}

fn fault(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn few(value: &Value) -> Result<(), Error> {
    at_most(value.len().unwrap_or(0))
}

fn at_most(count: usize) -> Result<(), Error> {
    if count > MOST_ITEMS { Err(fault(format!("{count} items; at most {MOST_ITEMS} are allowed"))) } else { Ok(()) }
}

fn short(bytes: usize) -> Result<(), Error> {
    if bytes > LONGEST_TEXT {
        return Err(fault(format!("the text would have {bytes} bytes; at most {LONGEST_TEXT} are allowed")));
    }
    Ok(())
}

fn replace(value: &str, from: &str, to: &str) -> Result<String, Error> {
    short(value.len())?;
    let found = if from.is_empty() { value.chars().count() + 1 } else { value.matches(from).count() };
    short(value.len().saturating_add(found.saturating_mul(to.len())))?;
    Ok(value.replace(from, to))
}

fn join(
    state: &mut State,
    value: &Value,
    joiner: Option<StringInput<'_>>,
    attribute: Option<&str>,
    options: Kwargs,
) -> Result<Value, Error> {
    few(value)?;
    let between = joiner.as_ref().map_or(0, |joiner| joiner.as_str().len());
    short(value.len().unwrap_or(0).saturating_mul(between))?;
    filters::join(state, value, joiner, attribute, options)
}

fn indent(
    value: StringInput<'_>,
    width: Option<usize>,
    first: Option<bool>,
    blank: Option<bool>,
    options: Kwargs,
) -> Result<Value, Error> {
    let width_named = options.peek::<Option<usize>>("width").ok().flatten();
    let lines = value.as_str().lines().count();
    short(width.or(width_named).unwrap_or(4).saturating_mul(lines + 1).saturating_add(value.as_str().len()))?;
    filters::indent(value, width, first, blank, options)
}

fn format(state: &mut State, text: &Value, arguments: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let pattern = text.as_str().unwrap_or_default();
    let widest = pattern.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    if widest > 4 || pattern.contains('*') {
        return Err(fault("a width in a format is at most 9999"));
    }
    short(pattern.len())?;
    filters::format(state, text, arguments)
}

fn json(value: &Value) -> Result<String, Error> {
    let text = values::to_json(value).map_err(fault)?.to_string();
    short(text.len()).map(|()| text)
}

fn from_json(text: &str) -> Result<Value, Error> {
    let value = serde_json::from_str(text).map_err(|error| fault(format!("not JSON: {error}")))?;
    Ok(values::from_json(&value))
}

fn bytes(value: &Value) -> Result<Vec<u8>, Error> {
    let bytes = match value.as_bytes() {
        Some(bytes) => bytes.to_vec(),
        None => values::to_text(value).map_err(fault)?.into_bytes(),
    };
    short(bytes.len()).map(|()| bytes)
}

/// Text where it is UTF-8, else bytes; both alphabets, padded or not.
fn base64_decode(text: &str) -> Result<Value, Error> {
    short(text.len())?;
    let digits: String = text.chars().filter(|c| !c.is_ascii_whitespace() && *c != '=').collect();
    let padded = format!("{digits}{}", "=".repeat((4 - digits.len() % 4) % 4));
    let decoded = STANDARD.decode(&padded).or_else(|_| URL_SAFE.decode(&padded));
    let bytes = decoded.map_err(|error| fault(format!("not base64: {error}")))?;
    Ok(String::from_utf8(bytes).map_or_else(|error| Value::from_bytes(error.into_bytes()), Value::from))
}

/// Percent-encoding of everything but RFC 3986's unreserved characters; a mapping as `a=b&c=d`.
fn urlencode(value: &Value) -> Result<String, Error> {
    const SET: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let encode = |value: &Value| -> Result<String, Error> {
        let text = values::to_text(value).map_err(fault)?;
        Ok(utf8_percent_encode(&text, SET).to_string())
    };
    if value.kind() != ValueKind::Map {
        return encode(value);
    }
    let mut pairs = Vec::new();
    for key in value.try_iter()? {
        pairs.push(format!("{}={}", encode(&key)?, encode(&value.get_item(&key)?)?));
    }
    Ok(pairs.join("&"))
}

/// Lower-case ASCII letters and digits, everything between them one `-`.
fn slug(text: &str) -> Result<String, Error> {
    short(text.len())?;
    let ascii = deunicode::deunicode(text).to_ascii_lowercase();
    let words: Vec<&str> = ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    Ok(words.join("-"))
}

fn matches(value: &Value, pattern: &str) -> Result<bool, Error> {
    let regex = RegexBuilder::new(pattern).size_limit(1 << 20).build();
    let regex = regex.map_err(|error| fault(format!("`{pattern}` is no regular expression: {error}")))?;
    is_match_result(&regex, value)
}

fn is_match_result(regex: &Regex, value: &Value) -> Result<bool, Error> {
    match value.as_str() {
        Some(text) => Ok(regex.is_match(text)),
        None if value.is_undefined() => Err(Error::new(ErrorKind::UndefinedError, "the value to match is undefined")),
        None => Ok(regex.is_match(&values::to_text(value).map_err(fault)?)),
    }
}

fn keys(value: &Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Map => Ok(value.try_iter()?.collect()),
        other => Err(fault(format!("`keys` needs a mapping, not a {other}"))),
    }
}

fn values_of(value: &Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Map => value.try_iter()?.map(|key| value.get_item(&key)).collect::<Result<Value, Error>>(),
        other => Err(fault(format!("`values` needs a mapping, not a {other}"))),
    }
}

/// RFC 9562, section 4: 8-4-4-4-12 hexadecimal digits.
static UUID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("^(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$").ok());

/// A valid e-mail address of the HTML standard (section 4.10.5.1.5).
static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
    Regex::new(&format!(r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{label}(?:\.{label})*$")).ok()
});

/// RFC 3339, section 5.6, `date-time`; the ranges of the numbers are looked at apart.
static DATE_TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$")
        .ok()
});

fn is_match(regex: Option<&Regex>, value: &Value) -> bool {
    regex.is_some_and(|regex| value.as_str().is_some_and(|text| regex.is_match(text)))
}

fn is_date_time(value: &Value) -> bool {
    is_match(DATE_TIME.as_ref(), value) && value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use crate::expression::{Clock, Context, Expression, Session, Var};

    fn eval(text: &str, seed: u64) -> Result<serde_json::Value, String> {
        let clock: Clock = Arc::new(|| jiff::Timestamp::from_second(1_753_627_320).expect("a time"));
        let context = Context::new(Session::new(seed, "id", clock)).with("m", Var::from(json!({"b": 1, "a": "x y"})));
        Expression::parse(text).and_then(|expression| expression.eval(&context)).map_err(|error| error.message)
    }

    #[test]
    fn filters_and_tests() {
        for (text, expected) in [
            ("'12' | int", json!(12)),
            ("'1.5' | float", json!(1.5)),
            ("12 | string", json!("12")),
            ("m | json", json!(r#"{"b":1,"a":"x y"}"#)),
            ("'<a>' | tojson", json!("\"<a>\"")),
            ("'{\"z\": [1, 2.5]}' | from_json", json!({"z": [1, 2.5]})),
            ("'user:pass' | base64", json!("dXNlcjpwYXNz")),
            ("'dXNlcjpwYXNz' | base64_decode", json!("user:pass")),
            ("'w6k' | base64_decode", json!("é")),
            ("'a b/é&' | urlencode", json!("a%20b%2F%C3%A9%26")),
            ("m | urlencode", json!("b=1&a=x%20y")),
            ("'  Žluťoučký Kůň! 2 ' | slug", json!("zlutoucky-kun-2")),
            ("'cug_1' | matches('^cug_')", json!(true)),
            ("'cug_1' is matches('^x')", json!(false)),
            ("m | keys", json!(["b", "a"])),
            ("m | values", json!([1, "x y"])),
            ("[1, 2, 1] | unique", json!([1, 2])),
            ("'a.b@example.com' is email", json!(true)),
            ("'a@' is email", json!(false)),
            ("1 is email", json!(false)),
            ("'2025-07-27T14:42:00+02:00' is date_time", json!(true)),
            ("'2025-02-30T14:42:00Z' is date_time", json!(false)),
            ("'2025-07-27 14:42' is date_time", json!(false)),
            ("uuid() is uuid", json!(true)),
            ("random_email() is email", json!(true)),
            ("random_string(5) | length", json!(5)),
            ("random_int(4, 4)", json!(4)),
            ("random_int(-9223372036854775807, 5) <= 5", json!(true)),
            ("now()", json!("2025-07-27T14:42:00Z")),
            ("now('%Y/%m')", json!("2025/07")),
            ("'%s-%03d' | format('a', 7)", json!("a-007")),
            ("['a', 'b'] | join('-')", json!("a-b")),
            ("'a' | replace('', '-')", json!("-a-")),
            ("'a@b'.split('@')[1].upper()", json!("B")),
            ("'abc'.startswith('ab') and not 'abc'.endswith('b')", json!(true)),
            ("[m.get('b'), m.get('z', 7), m.get('z'), m.keys()]", json!([1, 7, null, ["b", "a"]])),
        ] {
            assert_eq!(eval(text, 1), Ok(expected), "{text}");
        }
    }

    #[test]
    fn wrong_input_is_told() {
        for text in [
            "'{' | from_json",
            "'?' | base64_decode",
            "'a' | matches('(')",
            "1 | keys",
            "random_int(2, 1)",
            "now('%')",
            "nobody is matches('x')",
            "debug()",
            "'a'.format_map(m)",
            "m.pop('a')",
            "'a'.startswith(1)",
        ] {
            assert!(eval(text, 1).is_err(), "{text}");
        }
    }

    #[test]
    fn chance_follows_the_seed() {
        let text = "[uuid(), random_string(8), random_int(0, 1000000)]";
        assert_eq!(eval(text, 1), eval(text, 1));
        assert_ne!(eval(text, 1), eval(text, 2));
    }
}
