//! `results.json`: the events of a run and what they add up to.

use serde::Deserialize;
use serde_json::json;

use super::text::{finite, room};
use crate::verdict::{Event, FORMAT_VERSION, PromiseState, Summary};

/// The JSON Schema (2020-12) of `results.json`.
pub const RESULTS_SCHEMA: &str = include_str!("results.schema.json");

/// Why a `results.json` could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON, or its events are not ours.
    #[error("not the results of a run")]
    Json(#[from] serde_json::Error),
    /// It is of a format that this version does not know.
    #[error("results of format {found}, and this countersign reads {}.x; read them with the version that wrote them, or run again", major(FORMAT_VERSION).unwrap_or_default())]
    Version {
        /// What the file says of itself.
        found: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Version {
    format_version: String,
}

#[derive(Deserialize)]
struct Events {
    events: Vec<Event>,
}

/// The text of `results.json`: `format-version`, the events one a line, and a summary of them.
pub fn results(events: &[Event]) -> String {
    Results::of(events).finish(&Summary::of(events))
}

/// `results.json` in the making: each event is written when it happens.
#[derive(Debug)]
pub struct Results {
    text: Vec<u8>,
    is_empty: bool,
}

impl Default for Results {
    fn default() -> Self {
        let start = format!("{{\"format-version\": \"{FORMAT_VERSION}\",\n\"events\": [");
        Self { text: start.into_bytes(), is_empty: true }
    }
}

impl Results {
    /// With the events so far.
    pub fn of(events: &[Event]) -> Self {
        let mut results = Self::default();
        for event in events {
            results.event(event);
        }
        results
    }

    /// Writes one event.
    pub fn event(&mut self, event: &Event) {
        if let Event::RunStarted { cases, .. } = event {
            self.text.reserve(room(*cases));
        }
        self.text.extend_from_slice(if self.is_empty { b"\n" } else { b",\n" });
        self.is_empty = false;
        serde_json::to_writer(&mut self.text, event).expect("events have string keys and no foreign types");
    }

    /// The whole text, with the summary of its events.
    pub fn finish(self, summary: &Summary) -> String {
        let mut text = self.text;
        text.extend_from_slice(b"\n],\n\"summary\": ");
        serde_json::to_writer(&mut text, &totals(summary)).expect("a value is writable");
        text.extend_from_slice(b"}\n");
        String::from_utf8(text).expect("JSON is UTF-8")
    }
}

/// The events of a `results.json`; its summary is not read, for the events say it all.
///
/// Every `1.y` is read by every `1.x`: members that are not known are passed over.
pub fn read(text: &str) -> Result<Vec<Event>, ReadError> {
    let version: Version = serde_json::from_str(text)?;
    if major(&version.format_version) != major(FORMAT_VERSION) {
        return Err(ReadError::Version { found: version.format_version });
    }
    Ok(serde_json::from_str::<Events>(text)?.events)
}

fn major(version: &str) -> Option<&str> {
    version.split_once('.').map(|(major, _)| major)
}

fn totals(summary: &Summary) -> serde_json::Value {
    let contracts = summary.contracts.iter().map(|contract| {
        let promises = summary.promises(contract);
        let counts = |wanted: PromiseState| promises.iter().filter(|proof| proof.state == wanted).count();
        let coverage = summary
            .coverage(contract)
            .into_iter()
            .map(|seen| json!({"operation": seen.operation, "status": seen.status, "exchanges": seen.exchanges}));
        let undocumented = summary
            .undocumented(contract)
            .into_iter()
            .map(|seen| json!({"operation": seen.operation, "status": seen.status, "exchanges": seen.exchanges}));
        json!({
            "name": contract.name,
            "kept": counts(PromiseState::Kept),
            "broken": counts(PromiseState::Broken),
            "not-proven": counts(PromiseState::NotProven),
            "promises": promises.iter().map(|proof| json!({"id": proof.promise.id, "state": proof.state})).collect::<Vec<_>>(),
            "coverage": coverage.collect::<Vec<_>>(),
            "undocumented": undocumented.collect::<Vec<_>>(),
        })
    });
    let mut all = json!({
        "cases": summary.totals.cases(),
        "totals": summary.totals,
        "elapsed-ms": finite(summary.elapsed_ms),
        "contracts": contracts.collect::<Vec<_>>(),
    });
    if let Some(stopped) = &summary.stopped {
        all["stopped"] = json!(stopped);
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::fixture;

    fn schema() -> Value {
        serde_json::from_str(RESULTS_SCHEMA).expect("the schema is JSON")
    }

    /// The schema with every object closed: a member that it does not name is an error.
    fn closed(mut schema: Value) -> Value {
        fn close(schema: &mut Value) {
            let Some(object) = schema.as_object_mut() else { return };
            for (_, nested) in object.iter_mut() {
                match nested {
                    Value::Array(items) => items.iter_mut().for_each(close),
                    other => close(other),
                }
            }
            let is_object = object.get("type").is_some_and(|kind| kind == "object");
            // `verdict` and `event` are parts of objects that close themselves.
            let is_part =
                object.get("required").is_some_and(|keys| *keys == json!(["verdict"]) || *keys == json!(["event"]));
            if is_object && !is_part && !object.contains_key("additionalProperties") {
                object.insert("unevaluatedProperties".into(), json!(false));
            }
        }
        close(&mut schema);
        schema
    }

    fn errors(schema: &Value, text: &str) -> Vec<String> {
        let validator = jsonschema::draft202012::new(schema).expect("a schema");
        let value: Value = serde_json::from_str(text).expect("JSON");
        validator.iter_errors(&value).map(|error| format!("{} {error}", error.instance_path())).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        for events in [fixture::run(66), fixture::hostile(), vec![]] {
            assert_eq!(read(&results(&events)).expect("readable"), events);
        }
    }

    #[test]
    fn the_schema_describes_every_member() {
        for events in [fixture::run(66), fixture::hostile(), vec![]] {
            assert_eq!(errors(&closed(schema()), &results(&events)), [""; 0]);
        }
    }

    #[test]
    fn every_member_of_the_schema_occurs() {
        fn properties(schema: &Value, names: &mut Vec<String>) {
            match schema {
                Value::Object(object) => {
                    if let Some(Value::Object(properties)) = object.get("properties") {
                        names.extend(properties.keys().cloned());
                    }
                    object.values().for_each(|nested| properties(nested, names));
                }
                Value::Array(items) => items.iter().for_each(|nested| properties(nested, names)),
                _ => {}
            }
        }
        let text = results(&fixture::hostile());
        let mut names = Vec::new();
        properties(&schema(), &mut names);
        assert!(names.len() > 60, "the walk found {} names", names.len());
        for name in names {
            assert!(text.contains(&format!("\"{name}\":")), "{name} is in the schema and in no result");
        }
    }

    #[test]
    fn the_schema_refuses_what_is_wrong() {
        let good = results(&fixture::run(34));
        for (from, to) in [
            ("\"format-version\": \"1.0\"", "\"format-version\": \"2.0\""),
            ("\"verdict\":\"kept\"", "\"verdict\":\"good\""),
            ("\"event\":\"run-finished\"", "\"event\":\"run-ended\""),
            ("\"reason\":\"only", "\"because\":\"only"),
            ("\"kind\":\"live\",\"url\"", "\"kind\":\"live\",\"uri\""),
            ("\"state\":\"kept\"", "\"state\":\"proven\""),
        ] {
            assert!(good.contains(from), "{from}");
            assert_ne!(errors(&schema(), &good.replacen(from, to, 1)), [""; 0], "{from} -> {to}");
        }
    }

    #[test]
    fn other_formats_are_refused_and_later_minor_ones_read() {
        let error = |text: &str| read(text).expect_err("refused").to_string();
        assert_eq!(
            error(r#"{"format-version": "2.0"}"#),
            "results of format 2.0, and this countersign reads 1.x; read them with the version that wrote them, or run again"
        );
        assert_eq!(error("[1"), "not the results of a run");
        assert_eq!(error("{}"), "not the results of a run");
        let later =
            results(&fixture::run(3)).replace("\"1.0\"", "\"1.7\"").replace("\"seed\":42", "\"seed\":42,\"new\":1");
        assert!(read(&later).is_ok());
    }
}
