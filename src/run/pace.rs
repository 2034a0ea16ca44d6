//! How fast requests may go out: rates, and what a server asks for with `Retry-After`.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::exchange::Response;

/// So many requests in so much time, evenly spaced: `60/m`, `10/s`, `1000/h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    interval: Duration,
}

/// A text that is no rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rate; write a number and a unit, such as `10/s`, `60/m` or `1000/h`")]
pub struct RateError(String);

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let fault = || RateError(text.to_owned());
        let (count, unit) = text.split_once('/').ok_or_else(fault)?;
        let count: u32 = count.trim().parse().map_err(|_| fault())?;
        let unit = match unit.trim() {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            _ => return Err(fault()),
        };
        if count == 0 { Err(fault()) } else { Ok(Self { interval: Duration::from_secs(unit) / count }) }
    }
}

/// Lets requests through one by one, evenly spaced.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(super) fn new(rate: Rate) -> Self {
        Self { interval: rate.interval, next: Mutex::new(None) }
    }

    /// Waits for this caller's turn.
    pub(super) async fn turn(&self) {
        let at = {
            let mut next = self.next.lock().await;
            let now = Instant::now();
            let at = next.map_or(now, |next| next.max(now));
            *next = Some(at + self.interval);
            at
        };
        sleep_until(at).await;
    }
}

/// How long a 429 or 503 asks to wait (RFC 9110, section 10.2.3): seconds, or a date.
///
/// A date is taken relative to the response's own `Date`, which makes clocks that differ harmless;
/// without one, relative to `now`.
pub(super) fn retry_after(response: &Response, now: Timestamp) -> Option<Duration> {
    let value = response.headers.get("retry-after")?;
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok().map(Duration::from_secs);
    }
    let date = |text: &str| rfc2822::parse(text.trim()).ok().map(|zoned| zoned.timestamp());
    let now = response.headers.get("date").and_then(|text| date(&text)).unwrap_or(now);
    // A date that has passed means: at once.
    Some(Duration::try_from(date(value)?.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::exchange::Headers;

    #[test]
    fn rates_are_a_number_and_a_unit() {
        for (text, millis) in [("60/m", 1000), ("10/s", 100), ("1000/h", 3600), (" 2 / s ", 500)] {
            assert_eq!(text.parse::<Rate>().map(|rate| rate.interval.as_millis()), Ok(millis), "{text}");
        }
        for text in ["", "60", "0/s", "-1/s", "60/d", "a/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn turns_are_evenly_spaced_and_time_unused_is_not_saved_up() {
        let pace = Pace::new("60/m".parse().expect("a rate"));
        let start = Instant::now();
        let mut turns = Vec::new();
        for _ in 0..3 {
            pace.turn().await;
            turns.push(start.elapsed().as_secs());
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        for _ in 0..2 {
            pace.turn().await;
            turns.push(start.elapsed().as_secs());
        }
        assert_eq!(turns, [0, 1, 2, 62, 63]);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().expect("a timestamp");
        let date = "Sun, 01 Mar 2026 12:00:30 GMT";
        for (fields, expected) in [
            (vec![("retry-after", "120")], Some(120)),
            (vec![("Retry-After", " 0 ")], Some(0)),
            (vec![("retry-after", date)], Some(30)),
            (vec![("retry-after", date), ("date", "Sun, 01 Mar 2026 12:00:20 GMT")], Some(10)),
            (vec![("retry-after", "Sun, 01 Mar 2026 11:00:00 GMT")], Some(0)),
            (vec![("retry-after", "soon")], None),
            (vec![("retry-after", "-1")], None),
            (vec![("retry-after", "99999999999999999999999")], None),
            (vec![], None),
        ] {
            let response = Response { status: 429, headers: Headers::from_iter(fields.clone()), body: Bytes::new() };
            assert_eq!(retry_after(&response, now).map(|wait| wait.as_secs()), expected, "{fields:?}");
        }
    }
}
