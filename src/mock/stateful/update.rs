//! Changing parts of an item: RFC 7396 and RFC 6902.

use serde_json::{Map, Value};

/// Why a change cannot be made, and the statuses that suit, the best first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) statuses: &'static [u16],
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { statuses: &[422, 400], message: message.into() }
    }
}

/// The largest item that a patch may make of another one, in bytes: copies multiply.
const LARGEST: usize = 4 << 20;
/// The most operations that copy, as what each makes is measured.
const MOST_COPIES: usize = 100;

/// A JSON Merge Patch (RFC 7396). What may be `null` and must be there is set to `null`, not taken out.
pub(super) fn merge(item: &mut Map<String, Value>, patch: Map<String, Value>, nulls: &dyn Fn(&str) -> bool) {
    for (name, value) in patch {
        match value {
            Value::Null if nulls(&name) => drop(item.insert(name, Value::Null)),
            Value::Null => drop(item.shift_remove(&name)),
            Value::Object(_) => json_patch::merge(item.entry(name).or_insert(Value::Null), &value),
            value => drop(item.insert(name, value)),
        }
    }
}

/// A JSON Patch (RFC 6902): all of its operations or none.
pub(super) fn patch(item: Map<String, Value>, operations: Value) -> Result<Map<String, Value>, Refusal> {
    let patch: json_patch::Patch = serde_json::from_value(operations)
        .map_err(|error| Refusal::invalid(format!("the body is no JSON Patch (RFC 6902): {error}")))?;
    let copies = |operation: &json_patch::PatchOperation| matches!(operation, json_patch::PatchOperation::Copy(_));
    if patch.0.iter().filter(|operation| copies(operation)).count() > MOST_COPIES {
        return Err(Refusal::invalid(format!("the patch copies more than {MOST_COPIES} times")));
    }
    let mut value = Value::Object(item);
    for (index, operation) in patch.0.iter().enumerate() {
        json_patch::patch(&mut value, std::slice::from_ref(operation)).map_err(|mut error| {
            error.operation = index;
            let tested = matches!(operation, json_patch::PatchOperation::Test(_));
            // RFC 5789, section 2.2: a conflicting state is a 409.
            let statuses: &'static [u16] = if tested { &[409, 412, 422, 400] } else { &[422, 409, 400] };
            Refusal { statuses, message: format!("the patch cannot be applied: {error}") }
        })?;
        if copies(operation) && value.to_string().len() > LARGEST {
            return Err(Refusal::invalid(format!("the patch makes an item of more than {LARGEST} bytes")));
        }
    }
    match value {
        Value::Object(item) => Ok(item),
        _ => Err(Refusal::invalid("the patch makes something of the item that is no object")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: impl Into<Value>) -> Map<String, Value> {
        value.into().as_object().cloned().expect("an object")
    }

    /// The examples of RFC 7396, appendix A, that are objects.
    #[test]
    fn merging_follows_the_rfc() {
        for (item, patch, expected) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut found = map(item);
            merge(&mut found, map(patch), &|_| false);
            assert_eq!(Value::Object(found), expected);
        }
        let mut kept = map(json!({"a": 1}));
        merge(&mut kept, map(json!({"a": null})), &|name| name == "a");
        assert_eq!(Value::Object(kept), json!({"a": null}));
    }

    #[test]
    fn patches_apply_as_a_whole() {
        let item = map(json!({"a": 1, "b": [1]}));
        let done =
            patch(item.clone(), json!([{"op": "add", "path": "/b/-", "value": 2}, {"op": "remove", "path": "/a"}]));
        assert_eq!(done.map(Value::Object), Ok(json!({"b": [1, 2]})));
        let failed = patch(item.clone(), json!([{"op": "test", "path": "/a", "value": 2}]));
        assert_eq!(failed.expect_err("a failed test").statuses[0], 409);
        let second = patch(
            item.clone(),
            json!([{"op": "remove", "path": "/a"}, {"op": "replace", "path": "/missing", "value": 7}]),
        );
        assert!(second.expect_err("nothing is there").message.contains("operation '/1'"));
        assert_eq!(patch(item.clone(), json!({"a": 1})).expect_err("no patch").statuses[0], 422);
        assert!(patch(item.clone(), json!([{"op": "replace", "path": "", "value": 1}])).is_err());
        let bomb: Value = (0..40).map(|_| json!({"op": "copy", "from": "/b", "path": "/b/-"})).collect();
        assert!(patch(item, bomb).is_err());
    }
}
