//! Decoding shared by the parts of a case file: templates, expressions, durations, statuses.

use std::time::Duration;

use serde_json::Value;

use super::spot::{Placed, Spot};
use crate::contract::StatusPattern;
use crate::expression::{Expression, Template};
use crate::source::{Diagnostics, Node};

/// Longer waits are a slip of the pen.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// The value as a template; a fault for each expression in it that cannot be read.
pub(super) fn template(node: &Node, faults: &mut Diagnostics) -> Option<Placed<Template>> {
    let spot = Spot::of(node);
    match Template::parse(node.value) {
        Ok(value) => Some(Placed { value, spot }),
        Err(errors) => {
            for error in &errors {
                faults.push(error.diagnostic(node.source, &node.at));
            }
            None
        }
    }
}

/// A string (or other scalar) as a template.
pub(super) fn text_template(node: &Node, faults: &mut Diagnostics) -> Option<Placed<Template>> {
    if matches!(node.value, Value::Array(_) | Value::Object(_) | Value::Null) {
        faults.push(node.expected("a string"));
        return None;
    }
    template(node, faults)
}

/// The entries of a mapping as templates.
pub(super) fn templates(node: &Node, faults: &mut Diagnostics) -> Vec<(String, Placed<Template>)> {
    let entries = node.entries(faults);
    entries.iter().filter_map(|(key, node)| Some(((*key).to_owned(), template(node, faults)?))).collect()
}

/// A bare expression.
pub(super) fn expression(node: &Node, faults: &mut Diagnostics) -> Option<Placed<Expression>> {
    let constant = node.value.as_bool().map(|value| value.to_string());
    let text = match &constant {
        Some(text) => text,
        None => node.string(faults)?,
    };
    if text.trim_start().starts_with("{{") {
        let help = "write the expression alone, without `{{` and `}}`";
        faults.push(node.error("expression", "an expression stands here by itself").help(help));
        return None;
    }
    match Expression::parse(text) {
        Ok(value) => Some(Placed { value, spot: Spot::of(node) }),
        Err(error) => {
            faults.push(error.diagnostic(node.source, &node.at));
            None
        }
    }
}

/// One expression or a list of them.
pub(super) fn expressions(node: &Node, faults: &mut Diagnostics) -> Vec<Placed<Expression>> {
    match node.value {
        Value::Array(_) => node.items(faults).iter().filter_map(|item| expression(item, faults)).collect(),
        _ => expression(node, faults).into_iter().collect(),
    }
}

/// `500ms`, `10s`, `1.5s`, `2m`, `1h`; up to a day.
pub(super) fn duration(node: &Node, faults: &mut Diagnostics) -> Option<Duration> {
    let parsed = node.value.as_str().and_then(parse_duration);
    if parsed.is_none() {
        let message = format!("`{}` is no duration", show(node.value));
        let help = "write a number and a unit, such as `500ms`, `10s` or `2m`; at most a day";
        faults.push(node.error("duration", message).help(help));
    }
    parsed
}

fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * unit).ok().filter(|duration| *duration <= LONGEST_WAIT)
}

/// A status or a list of them; the first that is none, where there is one.
pub(super) fn statuses(value: &Value) -> Result<Vec<StatusPattern>, Value> {
    match value {
        Value::Array(items) if !items.is_empty() => {
            items.iter().map(|item| status(item).ok_or_else(|| item.clone())).collect()
        }
        other => status(other).map(|status| vec![status]).ok_or_else(|| other.clone()),
    }
}

/// `200`, `"200"`, `4XX`.
fn status(value: &Value) -> Option<StatusPattern> {
    if let Some(number) = value.as_u64() {
        return u16::try_from(number).ok().filter(|code| (100..600).contains(code)).map(StatusPattern::Exact);
    }
    let text = value.as_str()?.trim();
    let class = text.strip_suffix("XX").or_else(|| text.strip_suffix("xx"));
    match class {
        Some(class) => class.parse().ok().filter(|class| (1..6).contains(class)).map(StatusPattern::Range),
        None => text.parse().ok().filter(|code| (100..600).contains(code)).map(StatusPattern::Exact),
    }
}

/// That a client sent too much (RFC 6585, section 4): it says nothing of the request that it answers.
pub(super) const TOO_MANY_REQUESTS: u16 = 429;

/// Whether `code` is among the statuses. A class does not take in 429.
pub(super) fn covers(statuses: &[StatusPattern], code: u16) -> bool {
    statuses.iter().any(|status| match status {
        StatusPattern::Exact(exact) => *exact == code,
        StatusPattern::Range(_) if code == TOO_MANY_REQUESTS => false,
        StatusPattern::Range(class) => u16::from(*class) == code / 100,
        StatusPattern::Default => true,
    })
}

/// A status as the document would write it.
pub(super) fn status_text(status: StatusPattern) -> String {
    match status {
        StatusPattern::Exact(code) => code.to_string(),
        StatusPattern::Range(class) => format!("{class}XX"),
        StatusPattern::Default => "default".to_owned(),
    }
}

/// A value in a message: a string as it is, the rest as JSON; shortened.
pub(super) fn show(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    shorten(text, LONGEST)
}

/// A value as JSON, shortened.
pub(super) fn json_text(value: &Value) -> String {
    shorten(value.to_string(), 500)
}

fn shorten(text: String, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, millis) in [("500ms", 500), ("10s", 10_000), ("1.5s", 1500), ("2m", 120_000), (" 1 h", 3_600_000)] {
            assert_eq!(parse_duration(text).map(|duration| duration.as_millis()), Some(millis), "{text}");
        }
        for text in ["", "10", "s", "-1s", "1d", "99h", "1e3s", "1..2s", "∞"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn statuses_are_codes_and_classes() {
        let covered = |value: Value, code: u16| statuses(&value).map(|statuses| covers(&statuses, code));
        assert_eq!(covered(json!(200), 200), Ok(true));
        assert_eq!(covered(json!("4XX"), 404), Ok(true));
        assert_eq!(covered(json!([201, "4xx"]), 200), Ok(false));
        assert_eq!(covered(json!("4XX"), 429), Ok(false));
        assert_eq!(covered(json!(["4XX", 429]), 429), Ok(true));
        for wrong in [json!(99), json!(600), json!("9XX"), json!("abc"), json!([]), json!(null), json!([200, "x"])] {
            assert!(statuses(&wrong).is_err(), "{wrong}");
        }
    }
}
