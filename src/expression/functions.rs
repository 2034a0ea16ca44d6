//! The functions of the language: time and chance, from the session.

use minijinja::{Environment, Error, ErrorKind, State};

use super::LONGEST_TEXT;
use super::context::Session;
use super::random::Random;

pub(super) fn register(engine: &mut Environment<'static>) {
    // `debug` shows every variable, secrets too; `namespace` is for statements.
    engine.remove_global("debug");
    engine.remove_global("namespace");
    engine.add_function("now", now);
    engine.add_function("uuid", |state: &State| session(state).map(|session| session.draw(Random::uuid)));
    engine.add_function("random_int", random_int);
    engine.add_function("random_string", random_string);
    engine.add_function("random_email", random_email);
}

fn session(state: &State) -> Result<Session, Error> {
    Session::of(state).ok_or_else(|| fault("no session: this works only while a case or rule is evaluated"))
}

fn fault(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// RFC 3339 in UTC without a fraction, or by a `strftime` format.
fn now(state: &State, format: Option<&str>) -> Result<String, Error> {
    let zoned = session(state)?.now().to_zoned(jiff::tz::TimeZone::UTC);
    let format = format.unwrap_or("%Y-%m-%dT%H:%M:%SZ");
    let text = jiff::fmt::strtime::format(format, &zoned);
    text.map_err(|error| fault(format!("`{format}` is no date format: {error}")))
}

/// A whole number from `low` to `high`, both included.
fn random_int(state: &State, low: i64, high: i64) -> Result<i64, Error> {
    if high < low {
        return Err(fault(format!("random_int({low}, {high}): the second number must not be less than the first")));
    }
    let session = session(state)?;
    let drawn = match high.abs_diff(low).checked_add(1) {
        Some(width) => session.draw(|random| random.below(width)),
        None => session.draw(Random::next),
    };
    Ok(low.wrapping_add_unsigned(drawn))
}

fn random_string(state: &State, length: usize) -> Result<String, Error> {
    if length > LONGEST_TEXT {
        return Err(fault(format!("random_string({length}): at most {LONGEST_TEXT} characters")));
    }
    session(state).map(|session| session.draw(|random| random.text(length)))
}

/// An address at a domain that is reserved for examples (RFC 2606, section 3).
fn random_email(state: &State) -> Result<String, Error> {
    session(state).map(|session| format!("{}@example.com", session.draw(|random| random.text(12))))
}
