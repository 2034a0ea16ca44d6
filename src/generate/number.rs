//! Numbers within bounds.

use serde_json::{Map, Number, Value};

use super::rng::Rng;

/// What a property's name says about a number: the range that looks real.
fn usual(hint: &str) -> (i128, i128) {
    let has = |words: &[&str]| words.iter().any(|word| hint.contains(word));
    match hint {
        "status" | "code" | "status_code" | "statuscode" => (200, 200),
        "year" => (2020, 2027),
        "month" => (1, 12),
        "day" => (1, 28),
        "hour" => (0, 23),
        "minute" | "second" => (0, 59),
        "age" => (18, 90),
        "port" => (1024, 65_535),
        "lat" | "latitude" => (-89, 89),
        "lng" | "lon" | "longitude" => (-179, 179),
        "page" => (1, 10),
        _ if hint == "id" || hint.ends_with("id") => (100_000_000, 1_999_999_999),
        _ if has(&["price", "amount", "total", "cost", "balance"]) => (1, 500),
        _ if has(&["percent", "rate", "score", "progress"]) => (0, 100),
        "created" | "updated" | "expires" | "modified" => (1_700_000_000, 1_799_999_999),
        _ if has(&["timestamp", "_at", "_until"]) => (1_700_000_000, 1_799_999_999),
        _ if has(&["count", "quantity", "qty", "size"]) => (1, 20),
        _ => (1, 1000),
    }
}

/// A bound, both ends inclusive once whole numbers are meant.
#[derive(Clone, Copy)]
struct Bounds {
    low: Option<f64>,
    high: Option<f64>,
    low_open: bool,
    high_open: bool,
}

impl Bounds {
    fn of(schema: &Map<String, Value>) -> Self {
        let number = |key: &str| schema.get(key).and_then(Value::as_f64);
        // Draft 4 and OpenAPI 3.0 have booleans here, later dialects numbers.
        let open = |key: &str| schema.get(key).and_then(Value::as_bool).unwrap_or(false);
        let (mut low, mut low_open) = (number("minimum"), open("exclusiveMinimum"));
        let (mut high, mut high_open) = (number("maximum"), open("exclusiveMaximum"));
        if let Some(limit) = number("exclusiveMinimum").filter(|limit| low.is_none_or(|low| *limit >= low)) {
            (low, low_open) = (Some(limit), true);
        }
        if let Some(limit) = number("exclusiveMaximum").filter(|limit| high.is_none_or(|high| *limit <= high)) {
            (high, high_open) = (Some(limit), true);
        }
        Self { low, high, low_open, high_open }
    }

    /// The least and greatest whole multiples of `unit` within the bounds, near what is usual.
    fn multiples(&self, unit: Decimal, usual: (i128, i128)) -> Option<(i128, i128)> {
        let step = unit.as_f64();
        let low = self.low.map(|low| edge((low / step).ceil(), self.low_open && (low / step).fract() == 0.0, 1));
        let high =
            self.high.map(|high| edge((high / step).floor(), self.high_open && (high / step).fract() == 0.0, -1));
        let (from, to) = (to_whole(to_float(usual.0) / step), to_whole(to_float(usual.1) / step));
        let width = (to - from).max(9);
        let (low, high) = match (low, high) {
            (Some(low), Some(high)) => (low, high),
            (Some(low), None) if low <= from => (from, to),
            (Some(low), None) => (low, low.saturating_add(width)),
            (None, Some(high)) if high >= to => (from, to),
            (None, Some(high)) => (high.saturating_sub(width), high),
            (None, None) => (from, to.max(from)),
        };
        if low > high {
            return None;
        }
        // Within wide bounds, what is usual looks more real; narrow ones say themselves what is.
        if high - low < 20 {
            return Some((low, high));
        }
        let (narrow_low, narrow_high) = (low.max(from), high.min(to));
        Some(if narrow_low <= narrow_high { (narrow_low, narrow_high) } else { (low, high) })
    }
}

fn edge(whole: f64, open: bool, step: i128) -> i128 {
    to_whole(whole).saturating_add(if open { step } else { 0 })
}

#[expect(clippy::cast_possible_truncation, reason = "out-of-range floats saturate, which is what a bound needs")]
fn to_whole(value: f64) -> i128 {
    (value as i128).clamp(-(1 << 100), 1 << 100)
}

#[expect(clippy::cast_precision_loss, reason = "bounds beyond 2^53 are near enough; the value is judged afterwards")]
fn to_float(value: i128) -> f64 {
    value as f64
}

/// `digits / 10^scale`, exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Decimal {
    digits: i128,
    scale: u32,
}

impl Decimal {
    fn new(value: f64) -> Option<Self> {
        let text = format!("{value}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits = format!("{whole}{fraction}").parse().ok().filter(|digits| *digits > 0)?;
        Some(Self { digits, scale: u32::try_from(fraction.len()).ok().filter(|scale| *scale <= 30)? })
    }

    fn as_f64(self) -> f64 {
        self.times(1).and_then(|number| number.as_f64()).unwrap_or(1.0)
    }

    /// `count` times this, rounded once.
    fn times(self, count: i128) -> Option<Number> {
        let digits = self.digits.checked_mul(count)?;
        let unit = 10_i128.checked_pow(self.scale)?;
        if digits % unit == 0 {
            return whole(digits / unit);
        }
        let sign = if digits < 0 { "-" } else { "" };
        let (digits, unit) = (digits.unsigned_abs(), unit.unsigned_abs());
        let width = self.scale as usize;
        let text = format!("{sign}{}.{:0width$}", digits / unit, digits % unit);
        Number::from_f64(text.parse().ok()?)
    }

    /// This as a whole number's step: the least multiple that is whole.
    fn made_whole(self) -> Option<Self> {
        let unit = 10_i128.checked_pow(self.scale)?;
        Some(Self { digits: self.digits / gcd(self.digits, unit), scale: 0 })
    }
}

fn gcd(left: i128, right: i128) -> i128 {
    if right == 0 { left } else { gcd(right, left % right) }
}

fn whole(value: i128) -> Option<Number> {
    if let Ok(value) = i64::try_from(value) {
        return Some(value.into());
    }
    if let Ok(value) = u64::try_from(value) {
        return Some(value.into());
    }
    Number::from_f64(to_float(value))
}

/// A whole number that `schema` allows; `hint` is the lower-cased property name.
pub(super) fn integer(schema: &Map<String, Value>, hint: &str, rng: &mut Rng) -> Option<Value> {
    let unit = match schema.get("multipleOf").and_then(Value::as_f64) {
        Some(step) => Decimal::new(step)?.made_whole()?,
        None => Decimal { digits: 1, scale: 0 },
    };
    let mut bounds = Bounds::of(schema);
    let (least, greatest) = match schema.get("format").and_then(Value::as_str) {
        Some("int32") => (-2_147_483_648.0, 2_147_483_647.0),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    };
    bounds.low = bounds.low.map(|low| low.max(least));
    bounds.high = bounds.high.map(|high| high.min(greatest));
    let format = schema.get("format").and_then(Value::as_str);
    let is_time = format.is_some_and(|format| matches!(format, "unix-time" | "unixtime" | "epoch" | "timestamp"));
    let (low, high) = bounds.multiples(unit, if is_time { usual("timestamp") } else { usual(hint) })?;
    unit.times(rng.between(low, high)).map(Value::Number)
}

/// A number that `schema` allows; `hint` is the lower-cased property name.
pub(super) fn number(schema: &Map<String, Value>, hint: &str, rng: &mut Rng) -> Option<Value> {
    if let Some(step) = schema.get("multipleOf").and_then(Value::as_f64) {
        let unit = Decimal::new(step)?;
        let (low, high) = Bounds::of(schema).multiples(unit, usual(hint))?;
        return unit.times(rng.between(low, high)).map(Value::Number);
    }
    let fractional = ["price", "amount", "total", "cost", "balance", "rate", "percent", "lat", "lng", "lon", "weight"];
    if !fractional.iter().any(|word| hint.contains(word))
        && let Some(whole) = integer(schema, hint, rng)
    {
        return Some(whole);
    }
    // Two decimals look like a price or a measure; narrow bounds need more.
    for scale in [2, 4, 8, 12] {
        let unit = Decimal { digits: 1, scale };
        if let Some((low, high)) = Bounds::of(schema).multiples(unit, usual(hint)) {
            return unit.times(rng.between(low, high)).map(Value::Number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_keep_their_bounds() {
        for schema in [
            json!({"type": "integer"}),
            json!({"type": "integer", "minimum": 5, "maximum": 5}),
            json!({"type": "integer", "exclusiveMinimum": 4, "exclusiveMaximum": 6}),
            json!({"type": "integer", "minimum": 0.5, "maximum": 1.5}),
            json!({"type": "integer", "multipleOf": 7, "minimum": 1_000_000}),
            json!({"type": "integer", "multipleOf": 0.5, "maximum": -3}),
            json!({"type": "integer", "minimum": -9_223_372_036_854_775_808_i64, "maximum": -9_223_372_036_854_775_808_i64}),
            json!({"type": "number", "multipleOf": 0.01, "minimum": 0.1, "maximum": 0.3}),
            json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001}),
            json!({"type": "number", "minimum": 1e20}),
            json!({"type": "number", "maximum": -1e9}),
        ] {
            let validator = jsonschema::validator_for(&schema).expect("a schema");
            let map = schema.as_object().expect("an object");
            for seed in 0..50 {
                let mut rng = Rng::new(seed);
                for hint in ["", "price", "group_id", "status"] {
                    let value = if schema["type"] == "integer" {
                        integer(map, hint, &mut rng)
                    } else {
                        number(map, hint, &mut rng)
                    };
                    let value = value.unwrap_or_else(|| panic!("{schema}"));
                    assert!(validator.is_valid(&value), "{schema}: {value}");
                }
            }
        }
    }

    #[test]
    fn empty_ranges_have_no_number() {
        for schema in [json!({"minimum": 2, "maximum": 1}), json!({"exclusiveMinimum": 1, "maximum": 1})] {
            let map = schema.as_object().expect("an object");
            assert_eq!(integer(map, "", &mut Rng::new(1)), None);
            assert_eq!(number(map, "", &mut Rng::new(1)), None);
        }
    }
}
