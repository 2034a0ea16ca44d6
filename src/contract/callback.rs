//! Callbacks: requests that a server sends because of one that it got (OpenAPI, Callback Object).

use super::Contract;
use super::document::At;
use super::load::operations_below;
use super::operation::Operation;
use crate::source::Pointer;

/// One request of a callback, or of a webhook.
#[derive(Debug)]
pub struct Callback {
    /// The key below `callbacks`, or `webhooks`.
    pub name: String,
    /// The runtime expression that says where it is sent (OpenAPI, "Runtime Expressions");
    /// empty for a webhook.
    pub expression: String,
    /// What is sent there, and what may be answered; its path is the expression.
    pub operation: Operation,
}

impl Contract {
    /// The requests of the webhook of this name (OpenAPI 3.1, OpenAPI Object), made anew with each call.
    pub fn webhook(&self, name: &str) -> Vec<Callback> {
        let item = At::new(0, Pointer::root().join("webhooks").join(name));
        let operations = operations_below(&self.schemas, name, &item);
        let of = |operation| Callback { name: name.to_owned(), expression: String::new(), operation };
        operations.into_iter().map(of).collect()
    }
}

impl Operation {
    /// The callbacks of this operation, in the document's order; made anew with each call.
    pub fn callbacks(&self) -> Vec<Callback> {
        let documents = &self.schemas.documents;
        let all = self.at.join("callbacks");
        let entries = |at: &At| -> Vec<(String, At)> {
            let map = documents.value(at).and_then(serde_json::Value::as_object);
            let keys = map.into_iter().flatten().map(|(key, _)| key);
            keys.filter(|key| !key.starts_with("x-")).map(|key| (key.clone(), at.join(key))).collect()
        };
        let mut found = Vec::new();
        for (name, at) in entries(&all) {
            let at = documents.follow(&at);
            for (expression, item) in entries(&at) {
                let operations = operations_below(&self.schemas, &expression, &item);
                found.extend(operations.into_iter().map(|operation| Callback {
                    name: name.clone(),
                    expression: expression.clone(),
                    operation,
                }));
            }
        }
        found
    }
}
