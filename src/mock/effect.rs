//! What an answer does beside saying something: it waits, or it fails on purpose.

use std::str::FromStr;
use std::time::Duration;

use crate::exchange::Response;
use crate::generate::Rng;

/// The longest that an answer waits.
const LONGEST: Duration = Duration::from_secs(300);
/// How long a slow drip takes, and a stall, unless told.
const USUAL: Duration = Duration::from_secs(10);

/// What happens to an answer on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// How long it waits before anything is sent; at most five minutes.
    pub delay: Option<Duration>,
    /// How it fails.
    pub fault: Option<Fault>,
}

impl Effect {
    /// Whether nothing happens to the answer.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// This one where it says something, else the other.
    pub(super) fn or(self, other: Self) -> Self {
        Self { delay: self.delay.or(other.delay), fault: self.fault.or(other.fault) }
    }
}

/// How long to wait: the same each time, or drawn from a distribution, seeded.
///
/// Written `200ms`, `100ms..500ms`, `normal(200ms, 50ms)` (mean, deviation) or
/// `log-normal(200ms, 0.5)` (median, sigma of the logarithm). A number alone counts milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// Always this long.
    Fixed(Duration),
    /// Anything between these two, equally likely.
    Uniform(Duration, Duration),
    /// Around a mean, by a deviation.
    Normal(Duration, Duration),
    /// Around a median, with a long tail: `sigma` is the deviation of the logarithm.
    LogNormal(Duration, f64),
}

/// How an answer fails.
///
/// Written `status:503` (`status` alone is 500), `empty-reply`, `connection-reset`, `slow-drip:10s`,
/// `truncated-body`, `invalid-json`, `wrong-content-type`, `stall:30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The document's answer for this status, else problem details.
    Status(u16),
    /// The connection is closed before anything is sent.
    EmptyReply,
    /// The connection is reset before anything is sent.
    ConnectionReset,
    /// The body comes in small pieces, over this long.
    SlowDrip(Duration),
    /// Half of the body comes, then the connection is closed.
    TruncatedBody,
    /// The body is JSON that ends too early.
    InvalidJson,
    /// `Content-Type` names another media type than the body has.
    WrongContentType,
    /// The header fields come, the body does not; after this long the connection is closed.
    Stall(Duration),
}

/// A text that is no delay or no fault, and what one looks like.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EffectError(String);

impl Delay {
    /// How long this time, at most five minutes.
    pub fn sample(self, rng: &mut Rng) -> Duration {
        let seconds = match self {
            Self::Fixed(delay) => return delay,
            Self::Uniform(low, high) => low.as_secs_f64() + unit(rng) * (high.saturating_sub(low)).as_secs_f64(),
            Self::Normal(mean, deviation) => mean.as_secs_f64() + deviation.as_secs_f64() * normal(rng),
            Self::LogNormal(median, sigma) => median.as_secs_f64() * (sigma * normal(rng)).exp(),
        };
        Duration::try_from_secs_f64(seconds.clamp(0.0, LONGEST.as_secs_f64())).unwrap_or_default()
    }
}

/// A number in `0..1`.
fn unit(rng: &mut Rng) -> f64 {
    let bits = u32::try_from(rng.draw() >> 32).unwrap_or(0);
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

/// A draw from the standard normal distribution (Box and Muller, 1958).
fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - unit(rng)).ln()).sqrt();
    radius * (std::f64::consts::TAU * unit(rng)).cos()
}

impl FromStr for Delay {
    type Err = EffectError;

    fn from_str(text: &str) -> Result<Self, EffectError> {
        delay(text.trim()).ok_or_else(|| {
            EffectError(format!(
                "`{text}` is no delay of at most 5m; write `200ms`, `100ms..500ms`, `normal(200ms, 50ms)` or `log-normal(200ms, 0.5)`"
            ))
        })
    }
}

fn delay(text: &str) -> Option<Delay> {
    let arguments = |name: &str| text.strip_prefix(name)?.trim().strip_prefix('(')?.strip_suffix(')')?.split_once(',');
    if let Some((mean, deviation)) = arguments("normal") {
        return Some(Delay::Normal(duration(mean)?, duration(deviation)?));
    }
    if let Some((median, sigma)) = arguments("log-normal") {
        let sigma: f64 = sigma.trim().parse().ok()?;
        return (0.0..=5.0).contains(&sigma).then_some(Delay::LogNormal(duration(median)?, sigma));
    }
    match text.split_once("..") {
        Some((low, high)) => {
            let (low, high) = (duration(low)?, duration(high)?);
            (low <= high).then_some(Delay::Uniform(low, high))
        }
        None => duration(text).map(Delay::Fixed),
    }
}

/// `500ms`, `1.5s`, `2m`, or milliseconds alone; at most [`LONGEST`].
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "" | "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        _ => return None,
    };
    let seconds = number.parse::<f64>().ok()? * unit;
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| *duration <= LONGEST)
}

impl FromStr for Fault {
    type Err = EffectError;

    fn from_str(text: &str) -> Result<Self, EffectError> {
        fault(text.trim()).ok_or_else(|| {
            EffectError(format!(
                "`{text}` is no fault; there are `status:503`, `empty-reply`, `connection-reset`, `slow-drip:10s`, `truncated-body`, `invalid-json`, `wrong-content-type` and `stall:30s`"
            ))
        })
    }
}

fn fault(text: &str) -> Option<Fault> {
    let (name, argument) = text.split_once(':').map_or((text, None), |(name, argument)| (name.trim(), Some(argument)));
    let lasting = || argument.map_or(Some(USUAL), duration);
    let found = match name {
        "status" => {
            let code = argument.map_or(Some(500), |code| code.trim().parse().ok())?;
            return (200..600).contains(&code).then_some(Fault::Status(code));
        }
        "slow-drip" => return lasting().map(Fault::SlowDrip),
        "stall" => return lasting().map(Fault::Stall),
        "empty-reply" => Fault::EmptyReply,
        "connection-reset" => Fault::ConnectionReset,
        "truncated-body" => Fault::TruncatedBody,
        "invalid-json" => Fault::InvalidJson,
        "wrong-content-type" => Fault::WrongContentType,
        _ => return None,
    };
    argument.is_none().then_some(found)
}

impl Fault {
    /// Does to a response what can be done to it before it is sent.
    pub(super) fn spoil(self, response: &mut Response) {
        match self {
            Self::InvalidJson => {
                let cut = response.body.len() * 2 / 3;
                let text = String::from_utf8_lossy(&response.body[..cut]).into_owned();
                // An opening brace in front: what ends too early must not happen to be whole.
                response.body = format!("{{\"\": {text}").into();
                response.headers.set("content-type", "application/json");
            }
            Self::WrongContentType => {
                let is_html = response.headers.get("content-type").is_some_and(|media| media.contains("html"));
                response
                    .headers
                    .set("content-type", if is_html { "application/json" } else { "text/html; charset=utf-8" });
                // What is no page is none: no script in it may run.
                response.headers.set("content-security-policy", "sandbox");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_read() {
        let ms = Duration::from_millis;
        for (text, expected) in [
            ("200ms", Some(Delay::Fixed(ms(200)))),
            ("1.5s", Some(Delay::Fixed(ms(1500)))),
            ("5m", Some(Delay::Fixed(LONGEST))),
            ("250", Some(Delay::Fixed(ms(250)))),
            ("100ms..1s", Some(Delay::Uniform(ms(100), ms(1000)))),
            ("normal(200ms, 50ms)", Some(Delay::Normal(ms(200), ms(50)))),
            ("log-normal(90ms,0.4)", Some(Delay::LogNormal(ms(90), 0.4))),
            ("6m", None),
            ("1s..100ms", None),
            ("-1s", None),
            ("normal(1s)", None),
            ("log-normal(1s, 50)", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Delay>().ok(), expected, "{text}");
        }
        assert!("soon".parse::<Delay>().is_err_and(|error| error.to_string().contains("`soon` is no delay")));
    }

    #[test]
    fn faults_are_read() {
        for (text, expected) in [
            ("status", Some(Fault::Status(500))),
            ("status:503", Some(Fault::Status(503))),
            ("slow-drip", Some(Fault::SlowDrip(USUAL))),
            ("stall: 2s", Some(Fault::Stall(Duration::from_secs(2)))),
            ("connection-reset", Some(Fault::ConnectionReset)),
            ("status:99", None),
            ("status:x", None),
            ("empty-reply:1s", None),
            ("stall:1h", None),
            ("boom", None),
        ] {
            assert_eq!(text.parse::<Fault>().ok(), expected, "{text}");
        }
    }

    #[test]
    fn draws_keep_to_their_distribution() {
        let draws = |delay: Delay| {
            let mut rng = Rng::new(1);
            let mut all: Vec<f64> = (0..4_000).map(|_| delay.sample(&mut rng).as_secs_f64()).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let s = Duration::from_secs_f64;
        let uniform = draws(Delay::Uniform(s(1.0), s(3.0)));
        assert!(uniform[0] >= 1.0 && uniform[3_999] <= 3.0 && (uniform[2_000] - 2.0).abs() < 0.1);
        let normal = draws(Delay::Normal(s(2.0), s(0.5)));
        assert!((normal[2_000] - 2.0).abs() < 0.05 && (normal[3_364] - 2.5).abs() < 0.05, "{}", normal[3_364]);
        let log = draws(Delay::LogNormal(s(1.0), 0.5));
        assert!((log[2_000] - 1.0).abs() < 0.05 && (log[3_364] - 0.5_f64.exp()).abs() < 0.1, "{}", log[3_364]);
        assert!(draws(Delay::LogNormal(s(300.0), 5.0)).iter().all(|seconds| *seconds <= 300.0));
        assert_eq!(draws(Delay::Uniform(s(0.0), s(1.0))), draws(Delay::Uniform(s(0.0), s(1.0))));
    }

    #[test]
    fn responses_are_spoilt() {
        let response = |media: &str, body: &'static str| Response {
            status: 200,
            headers: [("content-type", media)].into_iter().collect(),
            body: body.into(),
        };
        for body in ["", "1", "{}", "[1, 2]", "{\"a\": {\"b\": 1}}"] {
            let mut spoilt = response("application/json", body);
            Fault::InvalidJson.spoil(&mut spoilt);
            assert!(serde_json::from_slice::<serde_json::Value>(&spoilt.body).is_err(), "{spoilt:?}");
        }
        let mut spoilt = response("application/json", "{}");
        Fault::WrongContentType.spoil(&mut spoilt);
        assert_eq!(spoilt.headers.get("content-type").as_deref(), Some("text/html; charset=utf-8"));
        assert_eq!(spoilt.body, "{}");
    }
}
