//! Numbers within bounds.

use serde_json::{Map, Number, Value};

use super::deny::FRACTIONAL;
use super::hint::Hint;
use super::rng::Rng;

/// What a property's name says about a number: the range that looks real.
fn usual(hint: &Hint<'_>) -> (i128, i128) {
    match hint.plain.as_str() {
        "status" | "code" | "statuscode" => (200, 200),
        "age" => (18, 90),
        "port" => (1024, 65_535),
        "lat" | "latitude" => (-89, 89),
        "lng" | "lon" | "longitude" => (-179, 179),
        "perpage" | "pagesize" | "limit" | "pagelimit" => (10, 50),
        "totalpages" | "pagestotal" | "pages" | "pagecount" | "page" | "pagenumber" | "currentpage" => (1, 10),
        "temperature" => (0, 30),
        _ => by_word(hint),
    }
}

fn by_word(hint: &Hint<'_>) -> (i128, i128) {
    match hint.last() {
        "year" if hint.has(&["exp", "expiry", "expiration"]) => (2027, 2032),
        "year" => (2020, 2027),
        "month" => (1, 12),
        "day" => (1, 28),
        "hour" => (0, 23),
        "minute" | "second" => (0, 59),
        "rating" | "stars" => (1, 5),
        "id" | "ids" => (100_000_000, 1_999_999_999),
        last if last.len() > 3 && last.ends_with("id") && last != "paid" => (100_000_000, 1_999_999_999),
        _ if is_share(hint) => (0, 1),
        _ if hint.has(&["timestamp", "epoch"]) && hint.ends(&["ms", "millis", "milliseconds"]) => {
            (1_700_000_000_000, 1_799_999_999_999)
        }
        _ if hint.is_time() => (1_700_000_000, 1_799_999_999),
        _ if hint.holds(&["price", "amount", "total", "cost", "balance"]) && !hint.ends(&COUNTS) => (1, 500),
        _ if hint.holds(&["percent", "score", "progress"]) || hint.ends(&["rate"]) => (0, 100),
        _ if hint.ends(&COUNTS) => (1, 20),
        _ => (1, 1000),
    }
}

const COUNTS: [&str; 9] = ["count", "quantity", "qty", "size", "items", "entries", "results", "elements", "records"];

/// Whether a part of one is meant.
fn is_share(hint: &Hint<'_>) -> bool {
    hint.ends(&["probability", "confidence", "ratio", "fraction", "similarity", "likelihood"])
}

/// A whole number for a property of this name.
pub(super) fn in_usual(hint: &Hint<'_>, rng: &mut Rng) -> i128 {
    let (low, high) = usual(hint);
    rng.between(low, high)
}

/// One end of a range.
#[derive(Clone, Copy)]
struct Bound {
    value: f64,
    /// The same where it is a whole number, which a float may not be able to say.
    exact: Option<i128>,
    open: bool,
}

impl Bound {
    fn of(value: &Value, open: bool) -> Option<Self> {
        let exact = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
        Some(Self { value: value.as_f64()?, exact, open })
    }

    fn whole(value: i128) -> Self {
        Self { value: to_float(value), exact: Some(value), open: false }
    }

    /// The first multiple of `unit` on the inner side: above where `step` is 1, below where it is -1.
    fn multiple(self, unit: Decimal, step: i128) -> i128 {
        if let (Some(exact), 0, true) = (self.exact, unit.scale, unit.digits > 0) {
            let low = exact.div_euclid(unit.digits);
            let on = exact.rem_euclid(unit.digits) == 0;
            let inner = if on || step < 0 { low } else { low + 1 };
            return if on && self.open { inner + step } else { inner };
        }
        let ratio = self.value / unit.as_f64();
        let inner = if step > 0 { ratio.ceil() } else { ratio.floor() };
        to_whole(inner).saturating_add(if self.open && ratio.fract() == 0.0 { step } else { 0 })
    }
}

/// Both ends, inclusive once whole numbers are meant.
#[derive(Clone, Copy)]
struct Bounds {
    low: Option<Bound>,
    high: Option<Bound>,
}

impl Bounds {
    fn of(schema: &Map<String, Value>) -> Self {
        let bound = |key: &str, open| schema.get(key).and_then(|value| Bound::of(value, open));
        // Draft 4 and OpenAPI 3.0 have booleans here, later dialects numbers.
        let open = |key: &str| schema.get(key).and_then(Value::as_bool).unwrap_or(false);
        let mut low = bound("minimum", open("exclusiveMinimum"));
        let mut high = bound("maximum", open("exclusiveMaximum"));
        if let Some(limit) = bound("exclusiveMinimum", true)
            && low.is_none_or(|low| limit.value >= low.value)
        {
            low = Some(limit);
        }
        if let Some(limit) = bound("exclusiveMaximum", true)
            && high.is_none_or(|high| limit.value <= high.value)
        {
            high = Some(limit);
        }
        Self { low, high }
    }

    /// The same within what an integer of so many bits can say, where there is a bound at all.
    fn of_bits(mut self, bits: u32) -> Self {
        let most = (1_i128 << (bits - 1)) - 1;
        if self.low.is_some() || self.high.is_some() {
            let (least, greatest) = (Bound::whole(-most - 1), Bound::whole(most));
            self.low = Some(self.low.filter(|low| low.value >= least.value).unwrap_or(least));
            self.high = Some(
                self.high
                    .filter(|high| high.value < greatest.value || high.exact.is_some_and(|exact| exact <= most))
                    .unwrap_or(greatest),
            );
        }
        self
    }

    /// The least and greatest whole multiples of `unit` within the bounds, near what is usual.
    fn multiples(&self, unit: Decimal, usual: (i128, i128)) -> Option<(i128, i128)> {
        let step = unit.as_f64();
        let low = self.low.map(|low| low.multiple(unit, 1));
        let high = self.high.map(|high| high.multiple(unit, -1));
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

/// A whole number that `schema` allows and its property's name suggests.
pub(super) fn integer(schema: &Map<String, Value>, hint: &Hint<'_>, rng: &mut Rng) -> Option<Value> {
    let unit = match schema.get("multipleOf").and_then(Value::as_f64) {
        Some(step) => Decimal::new(step)?.made_whole()?,
        None => Decimal { digits: 1, scale: 0 },
    };
    let format = schema.get("format").and_then(Value::as_str);
    let bounds = match format {
        Some("int32") => Bounds::of(schema).of_bits(32),
        Some("int64") => Bounds::of(schema).of_bits(64),
        _ => Bounds::of(schema),
    };
    let usual = match format {
        Some("unix-time" | "unix" | "timestamp" | "epoch") => (1_700_000_000, 1_799_999_999),
        // A part of one is a percentage where it must be whole.
        _ if is_share(hint) => (0, 100),
        _ => usual(hint),
    };
    let (low, high) = bounds.multiples(unit, usual)?;
    unit.times(rng.between(low, high)).map(Value::Number)
}

/// A number that `schema` allows and its property's name suggests.
pub(super) fn number(schema: &Map<String, Value>, hint: &Hint<'_>, rng: &mut Rng) -> Option<Value> {
    /// What is seldom whole.
    const FRACTIONS: [&str; 9] = ["price", "amount", "total", "cost", "balance", "rate", "percent", "weight", "tude"];
    const TRIES: usize = 20;
    let fractional = schema.contains_key(FRACTIONAL);
    if let Some(step) = schema.get("multipleOf").and_then(Value::as_f64).filter(|_| !fractional) {
        let unit = Decimal::new(step)?;
        let (low, high) = Bounds::of(schema).multiples(unit, usual(hint))?;
        return unit.times(rng.between(low, high)).map(Value::Number);
    }
    let usually =
        hint.holds(&FRACTIONS) || hint.has(&["lat", "lng", "lon"]) || is_share(hint) || hint.plain == "temperature";
    if !usually
        && !fractional
        && let Some(whole) = integer(schema, hint, rng)
    {
        return Some(whole);
    }
    // Two decimals look like a price or a measure; narrow bounds need more.
    for scale in [2, 4, 8, 12] {
        let unit = Decimal { digits: 1, scale };
        if let Some((low, high)) = Bounds::of(schema).multiples(unit, usual(hint)) {
            let mut numbers = (0..TRIES).filter_map(|_| unit.times(rng.between(low, high)));
            let found = numbers.find(|number| !fractional || number.as_f64().is_some_and(|float| float.fract() != 0.0));
            if let Some(number) = found {
                return Some(Value::Number(number));
            }
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
            json!({"type": "integer", "format": "int64", "minimum": 9_223_372_036_854_775_806_i64}),
            json!({"type": "integer", "format": "int32", "minimum": 2_147_483_640}),
            json!({"type": "integer", "exclusiveMaximum": -9_223_372_036_854_775_807_i64, "format": "int64"}),
            json!({"type": "number", "minimum": 1e20}),
            json!({"type": "number", "maximum": -1e9}),
        ] {
            let validator = jsonschema::validator_for(&schema).expect("a schema");
            let map = schema.as_object().expect("an object");
            for seed in 0..50 {
                let mut rng = Rng::new(seed);
                for hint in ["", "price", "group_id", "status"].map(|name| Hint::new(name, "")) {
                    let value = if schema["type"] == "integer" {
                        integer(map, &hint, &mut rng)
                    } else {
                        number(map, &hint, &mut rng)
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
            assert_eq!(integer(map, &Hint::new("", ""), &mut Rng::new(1)), None);
            assert_eq!(number(map, &Hint::new("", ""), &mut Rng::new(1)), None);
        }
    }

    #[test]
    fn names_say_how_large_a_number_is() {
        for (name, format, range) in [
            ("created", "", 1_700_000_000..=1_799_999_999_i64),
            ("result_available_until", "unix-time", 1_700_000_000..=1_799_999_999),
            ("exp_month", "", 1..=12),
            ("exp_year", "", 2027..=2032),
            ("per_page", "", 10..=50),
            ("rating", "", 1..=5),
            ("confidence", "", 0..=100),
            ("response_time", "", 1..=1000),
            ("itemCount", "", 1..=20),
        ] {
            let schema = json!({"type": "integer", "format": format});
            for seed in 0..20 {
                let value = integer(schema.as_object().expect("an object"), &Hint::new(name, ""), &mut Rng::new(seed));
                let value = value.and_then(|value| value.as_i64()).expect("a number");
                assert!(range.contains(&value), "{name}: {value}");
            }
        }
        let share = number(&Map::new(), &Hint::new("probability", ""), &mut Rng::new(1)).and_then(|v| v.as_f64());
        assert!(share.is_some_and(|share| (0.0..=1.0).contains(&share)), "{share:?}");
    }

    #[test]
    fn int64_is_never_exceeded() {
        let schema = json!({"type": "integer", "format": "int64", "minimum": 9_223_372_036_854_775_806_i64});
        for seed in 0..20 {
            let value = integer(schema.as_object().expect("an object"), &Hint::new("", ""), &mut Rng::new(seed));
            assert!(value.as_ref().is_some_and(Value::is_i64), "{value:?}");
        }
    }
}
