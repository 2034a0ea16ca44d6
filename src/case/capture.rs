//! What later steps take from a response.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::common::check_name;
use super::decode;
use super::spot::Spot;
use crate::exchange::Response;
use crate::expression::{Context, Expression};
use crate::source::{Diagnostics, Node};

/// A name, and where its value comes from.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    pub(super) name: String,
    pub(super) from: From,
    pub(super) spot: Spot,
}

/// Where a captured value comes from.
#[derive(Clone, Debug)]
pub(super) enum From {
    Body(Box<JsonPath>),
    Header(String),
    Status,
    Expression(Expression),
}

/// What was looked for and what there was.
pub(super) struct Missed {
    pub(super) expected: String,
    pub(super) actual: String,
}

impl Capture {
    pub(super) fn decode_all(node: &Node, faults: &mut Diagnostics) -> Vec<Self> {
        let mut all = Vec::new();
        for (name, node) in node.entries(faults) {
            check_name(name, &node, faults);
            if let Some(from) = From::decode(&node, faults) {
                all.push(Self { name: name.to_owned(), from, spot: Spot::of(&node) });
            }
        }
        all
    }

    /// The value; what was missed, where there is none.
    pub(super) fn take(&self, response: &Response, context: &Context) -> Result<Value, Missed> {
        match &self.from {
            From::Body(path) => select(path, &response.body),
            From::Header(name) => response.headers.combined(name).map(Value::from).ok_or_else(|| Missed {
                expected: format!("a header field `{name}`"),
                actual: "no such field".to_owned(),
            }),
            From::Status => Ok(Value::from(response.status)),
            From::Expression(expression) => expression.eval(context).map_err(|error| Missed {
                expected: format!("a value of `{}`", expression.text()),
                actual: error.message,
            }),
        }
    }
}

fn select(path: &JsonPath, body: &[u8]) -> Result<Value, Missed> {
    let missed = |actual: String| Missed { expected: format!("exactly one value at `{path}`"), actual };
    let body: Value = serde_json::from_slice(body).map_err(|_| missed("the body is not JSON".to_owned()))?;
    let nodes = path.query(&body);
    match nodes.len() {
        1 => nodes.first().cloned().ok_or_else(|| missed("none".to_owned())),
        0 => Err(missed("none".to_owned())),
        many => Err(missed(format!("{many} values"))),
    }
}

impl From {
    fn decode(node: &Node, faults: &mut Diagnostics) -> Option<Self> {
        match node.value {
            Value::String(text) if text == "status" => Some(Self::Status),
            Value::String(text) if text.starts_with('$') => match JsonPath::parse(text) {
                Ok(path) => Some(Self::Body(Box::new(path))),
                Err(error) => {
                    let message = format!("not a JSONPath (RFC 9535): {}", error.message());
                    faults.push(node.error("json-path", message));
                    None
                }
            },
            Value::Object(_) => {
                let mut fields = node.fields(faults)?;
                let header = fields.string("header", faults).map(str::to_owned);
                let expression = fields.get("expression").and_then(|node| decode::expression(&node, faults));
                fields.finish(faults);
                match (header, expression) {
                    (Some(name), None) => Some(Self::Header(name)),
                    (None, Some(expression)) => Some(Self::Expression(expression.value)),
                    _ => {
                        faults.push(node.error("capture", "either `header` or `expression` must be given"));
                        None
                    }
                }
            }
            _ => {
                let help = "write a JSONPath such as `$.id`, `status`, `{header: Location}` or `{expression: …}`";
                faults.push(node.error("capture", "not something to capture").help(help));
                None
            }
        }
    }
}
