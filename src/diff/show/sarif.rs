//! SARIF 2.1.0 (OASIS), for code scanning.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{breaks, waived};
use crate::diff::{Change, Diff, Level, RULES, Rule};
use crate::source::{Place, sarif_location, sarif_log};

/// One run: each change at its place in the new document, with the place in the old one beside it.
pub fn sarif(diff: &Diff) -> String {
    let found: BTreeSet<&str> = diff.changes.iter().map(|change| change.id).collect();
    let rules: Vec<&Rule> = RULES.iter().copied().filter(|rule| found.contains(rule.id)).collect();
    let results: Vec<Value> = diff.changes.iter().map(|change| result(change, &rules)).collect();
    let rules: Vec<Value> = rules.into_iter().map(described).collect();
    sarif_log(&rules, &results)
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.about},
        "defaultConfiguration": {"level": level(rule.request.max(rule.response))},
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Breaking => "error",
        Level::Maybe => "warning",
        Level::Safe => "note",
    }
}

fn result(change: &Change, rules: &[&Rule]) -> Value {
    let operation = change.operation.as_ref().map(|operation| format!("{operation}: ")).unwrap_or_default();
    let more: String = breaks(change).map(|more| format!(" It {more}.")).unwrap_or_default();
    let mut result = Map::new();
    let mut put = |key: &str, value: Value| drop(result.insert(key.to_owned(), value));
    put("ruleId", json!(change.id));
    if let Some(index) = rules.iter().position(|rule| rule.id == change.id) {
        put("ruleIndex", json!(index));
    }
    put("level", json!(level(change.level)));
    put("message", json!({"text": format!("{operation}{}{more}", change.message)}));
    // What is gone has no place in the new document but the one around it.
    let (here, before) = match (&change.new, &change.old) {
        (Some(new), old) => (Some(new), old.as_ref()),
        (None, old) => (old.as_ref(), None),
    };
    put("locations", here.map(|place| located(place, "")).into_iter().collect());
    if let Some(place) = before {
        put("relatedLocations", json!([located(place, "in the old document")]));
    }
    put("partialFingerprints", json!({"countersignChange/v1": change.fingerprint}));
    if let Some(reason) = waived(change) {
        put("suppressions", json!([{"kind": "external", "status": "accepted", "justification": reason}]));
    }
    Value::Object(result)
}

fn located(place: &Place, text: &str) -> Value {
    let mut location = sarif_location(place, None, text);
    if let Value::Object(map) = &mut location {
        let name = place.pointer.to_fragment();
        map.insert("logicalLocations".to_owned(), json!([{"fullyQualifiedName": name}]));
    }
    location
}
