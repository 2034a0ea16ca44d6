//! What was announced: deprecation, the date until which something stays, and how stable it is.
//!
//! Two extensions are read beside `deprecated`: `x-sunset` (a date, RFC 3339, as the `Sunset`
//! header of RFC 8594) and `x-stability-level` (`draft`, `alpha`, `beta`, `stable`).

use jiff::civil::Date;
use serde_json::Value;

use super::collect::{Changes, Places, Scope};
use super::rules;

const DEPRECATED: &str = "deprecated";
const SUNSET: &str = "x-sunset";
const STABILITY: &str = "x-stability-level";

/// Looks a field of an operation, parameter or schema up.
pub(super) type Field<'f, 'v> = &'f dyn Fn(&str) -> Option<&'v Value>;

/// The fields of something, before and after.
pub(super) struct Fields<'f, 'v> {
    pub(super) old: Field<'f, 'v>,
    pub(super) new: Field<'f, 'v>,
}

/// How something that is gone was announced to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// It was not.
    Plain,
    /// It was, for any time or for one that has passed.
    Announced,
    /// It was, for a time to come.
    BeforeSunset(Date),
}

/// How the removal of something with these fields was announced.
pub(super) fn removal(field: Field<'_, '_>, today: Date) -> Removal {
    if field(DEPRECATED) != Some(&Value::Bool(true)) {
        return Removal::Plain;
    }
    match field(SUNSET).map(date) {
        Some(None) => Removal::Plain,
        Some(Some(date)) if date > today => Removal::BeforeSunset(date),
        None | Some(Some(_)) => Removal::Announced,
    }
}

/// Whether something calls itself `draft` or `alpha`: it may change at any time.
pub(super) fn is_unstable(field: Field<'_, '_>) -> bool {
    matches!(stability(field), Some(Ok(0 | 1)))
}

/// Compares what is announced; `subject` is what it is announced of, as it stands in a sentence.
pub(super) fn compare(
    changes: &mut Changes<'_>,
    scope: &Scope,
    subject: &str,
    fields: &Fields<'_, '_>,
    places: &Places,
) {
    let today = changes.settings.today;
    let mut report = |rule: &'static rules::Rule, predicate: String| {
        changes.push_about(rule, scope, subject, &predicate, places.clone());
    };
    let may_go = scope.unstable || is_unstable(fields.new);
    deprecation(fields, today, may_go, &mut report);
    stabilities(fields, &mut report);
}

type Report<'r> = dyn FnMut(&'static rules::Rule, String) + 'r;

fn deprecation(fields: &Fields<'_, '_>, today: Date, may_go: bool, report: &mut Report<'_>) {
    let is_deprecated = |field: Field<'_, '_>| field(DEPRECATED) == Some(&Value::Bool(true));
    match (is_deprecated(fields.old), is_deprecated(fields.new)) {
        (false, true) => match (fields.new)(SUNSET).map(|value| (date(value), value)) {
            None if may_go => {
                report(rules::DEPRECATED, format!("is deprecated; it may go at any time (`{STABILITY}`)"));
            }
            None => report(
                rules::DEPRECATED_WITHOUT_SUNSET,
                format!("is deprecated and does not say until when it stays (`{SUNSET}`)"),
            ),
            Some((None, value)) => report(rules::SUNSET_UNREADABLE, unreadable(value)),
            Some((Some(date), _)) if date <= today => {
                report(
                    rules::DEPRECATED_PAST_SUNSET,
                    format!("is deprecated and was to go on {date}, which has passed"),
                );
            }
            Some((Some(date), _)) => report(rules::DEPRECATED, format!("is deprecated and stays until {date}")),
        },
        (true, false) => report(rules::NO_LONGER_DEPRECATED, "is no longer deprecated".to_owned()),
        (true, true) => sunset((fields.old)(SUNSET), (fields.new)(SUNSET), report),
        (false, false) => {}
    }
}

fn sunset(old: Option<&Value>, new: Option<&Value>, report: &mut Report<'_>) {
    if old == new {
        return;
    }
    match (old.map(date), new.map(date)) {
        (_, Some(None)) => report(rules::SUNSET_UNREADABLE, unreadable(new.unwrap_or(&Value::Null))),
        (Some(None), _) => report(rules::SUNSET_UNREADABLE, unreadable(old.unwrap_or(&Value::Null))),
        (Some(Some(old)), None) => {
            report(rules::SUNSET_REMOVED, format!("no longer says until when it stays; it was until {old}"));
        }
        (None, Some(Some(new))) => report(rules::SUNSET_ADDED, format!("stays until {new}")),
        (Some(Some(old)), Some(Some(new))) if new < old => {
            report(rules::SUNSET_EARLIER, format!("stays until {new} only, was until {old}"));
        }
        (Some(Some(old)), Some(Some(new))) if new > old => {
            report(rules::SUNSET_LATER, format!("stays until {new}, was until {old}"));
        }
        _ => {}
    }
}

fn unreadable(value: &Value) -> String {
    format!("has `{SUNSET}: {value}`, which is no date (write it as `2030-12-31`)")
}

fn stabilities(fields: &Fields<'_, '_>, report: &mut Report<'_>) {
    if (fields.old)(STABILITY) == (fields.new)(STABILITY) {
        return;
    }
    match (stability(fields.old), stability(fields.new)) {
        (_, Some(Err(value))) | (Some(Err(value)), _) => {
            let known = LEVELS.join("`, `");
            report(rules::STABILITY_UNREADABLE, format!("has `{STABILITY}: {value}`, which is none of `{known}`"));
        }
        (old, new) => {
            // What says nothing about it is taken for stable.
            let level =
                |stability: Option<Result<usize, _>>| stability.and_then(Result::ok).unwrap_or(LEVELS.len() - 1);
            let (old, new) = (level(old), level(new));
            if old != new {
                let rule = if new < old { rules::STABILITY_LOWERED } else { rules::STABILITY_RAISED };
                report(rule, format!("is `{}` now, was `{}` (`{STABILITY}`)", LEVELS[new], LEVELS[old]));
            }
        }
    }
}

/// From the least stable on.
const LEVELS: [&str; 4] = ["draft", "alpha", "beta", "stable"];

/// How stable something calls itself, as an index of [`LEVELS`]; `Err`: by a word that is unknown.
fn stability<'v>(field: Field<'_, 'v>) -> Option<Result<usize, &'v Value>> {
    let value = field(STABILITY)?;
    let known = value.as_str().and_then(|text| LEVELS.iter().position(|level| *level == text));
    Some(known.ok_or(value))
}

/// `2030-12-31`, or a point in time that starts so.
fn date(value: &Value) -> Option<Date> {
    let text = value.as_str()?;
    text.parse()
        .ok()
        .or_else(|| text.parse::<jiff::Timestamp>().ok().map(|time| time.to_zoned(jiff::tz::TimeZone::UTC).date()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn removals_by_announcement() {
        let today = jiff::civil::date(2026, 3, 1);
        for (fields, expected) in [
            (json!({}), Removal::Plain),
            (json!({"deprecated": false, "x-sunset": "2020-01-01"}), Removal::Plain),
            (json!({"deprecated": true}), Removal::Announced),
            (json!({"deprecated": true, "x-sunset": "2026-03-01"}), Removal::Announced),
            (json!({"deprecated": true, "x-sunset": "2020-01-01T00:00:00Z"}), Removal::Announced),
            (json!({"deprecated": true, "x-sunset": "soon"}), Removal::Plain),
            (
                json!({"deprecated": true, "x-sunset": "2030-01-01"}),
                Removal::BeforeSunset(jiff::civil::date(2030, 1, 1)),
            ),
        ] {
            assert_eq!(removal(&|key| fields.get(key), today), expected, "{fields}");
        }
    }
}
