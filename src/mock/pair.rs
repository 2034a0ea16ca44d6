//! Pairs of examples: a request and a response that share an example's name belong together.

use serde_json::Value;

use crate::contract::{
    Body, Contract, Example, Location, Operation, Parameter, Raw, Shape, cookie_pairs, query_pairs, read_body,
};
use crate::exchange::{MediaType, Request};

/// The names of request examples that this request is, those that fix the most of it first.
///
/// An example is met where every parameter and body that has an example of its name has that value.
pub(super) fn met(
    contract: &Contract,
    operation: &Operation,
    request: &Request,
    path: &[(String, String)],
) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    let answers = operation.responses().iter().flat_map(|response| &response.content).flat_map(|media| &media.examples);
    for name in answers.filter_map(|example| example.name.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() || !has_examples(operation) {
        return Vec::new();
    }
    let sent = Sent::of(contract, operation, request, path);
    let mut met: Vec<(usize, &str)> = names.iter().filter_map(|name| Some((sent.meets(name)?, *name))).collect();
    met.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    met.into_iter().map(|(_, name)| name.to_owned()).collect()
}

fn has_examples(operation: &Operation) -> bool {
    let named = |examples: &[Example]| examples.iter().any(|example| example.name.is_some());
    operation.parameters().iter().any(|parameter| named(&parameter.examples))
        || operation.request_body().is_some_and(|body| body.content.iter().any(|media| named(&media.examples)))
}

/// What was sent, beside the examples for it.
struct Sent<'a> {
    parts: Vec<(Option<Value>, &'a [Example])>,
}

impl<'a> Sent<'a> {
    fn of(contract: &Contract, operation: &'a Operation, request: &Request, path: &[(String, String)]) -> Self {
        let query = query_pairs(request.query().unwrap_or_default());
        let cookies = cookie_pairs(&request.headers.combined("cookie").unwrap_or_default());
        let mut parts: Vec<(Option<Value>, &[Example])> = Vec::new();
        for parameter in operation.parameters().iter().filter(|parameter| !parameter.examples.is_empty()) {
            let header;
            let raw = match parameter.location {
                // Decoded already; a value in its style holds nothing that decoding again would change.
                Location::Path => {
                    Raw::Text(path.iter().find(|(name, _)| *name == parameter.name).map(|(_, value)| value.as_str()))
                }
                Location::Query => Raw::Pairs(&query),
                Location::Cookie => Raw::Pairs(&cookies),
                Location::Header => {
                    header = request.headers.combined(&parameter.name);
                    Raw::Text(header.as_deref())
                }
            };
            parts.push((value(contract, parameter, &raw), &parameter.examples));
        }
        parts.extend(body(contract, operation, request));
        Self { parts }
    }

    /// How many parts have an example of this name, where all of those are met.
    fn meets(&self, name: &str) -> Option<usize> {
        let mut count = 0;
        for (sent, examples) in &self.parts {
            let Some(example) = examples.iter().find(|example| example.name.as_deref() == Some(name)) else { continue };
            if !sent.as_ref().is_some_and(|sent| same(sent, &example.value)) {
                return None;
            }
            count += 1;
        }
        (count > 0).then_some(count)
    }
}

/// Equal, a scalar also by its text: `7` is `"7"` in a URL.
fn same(sent: &Value, example: &Value) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let scalar = |value: &Value| !value.is_object() && !value.is_array();
    sent == example || scalar(sent) && scalar(example) && text(sent) == text(example)
}

fn value(contract: &Contract, parameter: &Parameter, raw: &Raw<'_>) -> Option<Value> {
    let shape = parameter.schema.as_ref().map(|schema| contract.shape(schema));
    parameter.deserialise(raw, shape.as_deref().unwrap_or(&Shape::anything()))?.ok()
}

fn body<'a>(
    contract: &Contract,
    operation: &'a Operation,
    request: &Request,
) -> Option<(Option<Value>, &'a [Example])> {
    let described = operation.request_body()?;
    let sent = MediaType::parse(&request.headers.get("content-type")?).ok()?;
    let entry = described.content.iter().filter(|entry| entry.range.matches(&sent));
    let entry = entry.max_by_key(|entry| entry.range.specificity()).filter(|entry| !entry.examples.is_empty())?;
    let shape = entry.schema.as_ref().map(|schema| contract.shape(schema));
    let read = read_body(&sent, &request.body, shape.as_deref().unwrap_or(&Shape::anything()), &entry.encoding);
    let value = match read {
        Body::Value(value) => Some(value),
        _ => None,
    };
    Some((value, &entry.examples))
}
