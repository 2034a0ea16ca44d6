//! How much of a contract exchanges exercise: operations, statuses, media types, headers,
//! parameters, properties, values of enumerations, branches; what clients send also by whether the
//! server rejected it.
//!
//! A [`Recorder`] makes a map of the contract once and counts while exchanges are judged. A part
//! that several operations share counts once in each direction.

mod map;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::contract::{
    Body, Contract, Direction, Location, MediaTypeSpec, Operation, Parameter, Raw, RawRoute, Shape, cookie_pairs,
    query_pairs, read_body,
};
use crate::exchange::{Exchange, Headers, MediaType};
use crate::verdict::{ContractCoverage, CoverageItem};
use map::{ItemId, Map, Of};
use schema::NodeId;

/// How many values of one exchange are looked at.
const MOST_VALUES: usize = 20_000;

/// Counts what exchanges exercise of a contract. Many threads may count at once.
pub struct Recorder {
    contract: Arc<Contract>,
    map: Map,
    /// For each thing in how many exchanges it was, and how many of these were rejected.
    counts: Vec<[AtomicUsize; 2]>,
}

impl Recorder {
    /// Makes a map of the contract: takes time in proportion to it.
    pub fn new(contract: Arc<Contract>) -> Self {
        let map = Map::of(&contract);
        let counts = map.items.iter().map(|_| <[AtomicUsize; 2]>::default()).collect();
        Self { contract, map, counts }
    }

    /// Counts an exchange of this operation; `path` is the request's, below the base path.
    pub fn exchange(&self, operation: &Operation, exchange: &Exchange, path: &str) {
        let Some(of) = self.map.operation(operation) else { return };
        let status = exchange.response.status;
        let mut seen = Seen { recorder: self, found: Vec::new(), left: MOST_VALUES };
        seen.found.push(of.item);
        seen.request(operation, of, exchange, path);
        let asked = seen.found.len();
        seen.response(operation, of, exchange);
        let Seen { mut found, .. } = seen;
        let answered = found.split_off(asked);
        self.count(found, (400..500).contains(&status));
        self.count(answered, false);
    }

    /// Each once, however often it stands in the exchange.
    fn count(&self, mut found: Vec<ItemId>, is_rejected: bool) {
        found.sort_unstable();
        found.dedup();
        for [seen, rejected] in found.into_iter().map(|item| &self.counts[item]) {
            seen.fetch_add(1, Ordering::Relaxed);
            rejected.fetch_add(usize::from(is_rejected), Ordering::Relaxed);
        }
    }

    /// What was counted so far.
    pub fn report(&self) -> ContractCoverage {
        let mut all: Vec<_> = self.map.items.iter().zip(&self.counts).collect();
        // What belongs to one schema is found bit by bit.
        all.sort_by_key(|(item, _)| item.group);
        let items = all.into_iter().map(|(item, [seen, rejected])| CoverageItem {
            kind: item.kind,
            group: self.map.groups[item.group].clone(),
            name: item.name.clone(),
            request: item.is_request,
            seen: seen.load(Ordering::Relaxed),
            rejected: rejected.load(Ordering::Relaxed),
        });
        ContractCoverage::new(self.contract.name().to_owned(), items.collect(), self.map.left_out)
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recorder({}, {} things)", self.contract.name(), self.map.items.len())
    }
}

/// What was found in one exchange.
struct Seen<'r> {
    recorder: &'r Recorder,
    found: Vec<ItemId>,
    /// How many more values are looked at.
    left: usize,
}

impl Seen<'_> {
    fn request(&mut self, operation: &Operation, of: &Of, exchange: &Exchange, path: &str) {
        let contract = &self.recorder.contract;
        let request = &exchange.request;
        let values = match contract.route_raw(&request.method, path) {
            RawRoute::Operation { operation: routed, values } if routed.path() == operation.path() => values,
            _ => Vec::new(),
        };
        let query = query_pairs(request.query().unwrap_or_default());
        let cookies = cookie_pairs(&request.headers.combined("cookie").unwrap_or_default());
        for (parameter, (item, node)) in operation.parameters().iter().zip(&of.parameters) {
            let header;
            let raw = match parameter.location {
                Location::Path => {
                    let value = values.iter().find(|(name, _)| *name == parameter.name);
                    Raw::Text(value.map(|(_, value)| value.as_str()))
                }
                Location::Query => Raw::Pairs(&query),
                Location::Cookie => Raw::Pairs(&cookies),
                Location::Header => {
                    header = request.headers.combined(&parameter.name);
                    Raw::Text(header.as_deref())
                }
            };
            self.parameter(parameter, &raw, (*item, *node));
        }
        if let Some(body) = operation.request_body() {
            self.body(&body.content, &of.request_media, &request.headers, &request.body, Direction::Request);
        }
    }

    fn parameter(&mut self, parameter: &Parameter, raw: &Raw<'_>, (item, node): (Option<ItemId>, Option<NodeId>)) {
        let contract = &self.recorder.contract;
        let shape = parameter.schema.as_ref().map(|schema| contract.shape(schema));
        let anything = Shape::anything();
        let Some(read) = parameter.deserialise(raw, shape.as_deref().unwrap_or(&anything)) else { return };
        self.found.extend(item);
        if let (Ok(value), Some(node)) = (read, node) {
            self.value(node, &value, Direction::Request);
        }
    }

    fn response(&mut self, operation: &Operation, of: &Of, exchange: &Exchange) {
        let response = &exchange.response;
        let Some(described) = operation.response(response.status) else { return };
        let all = operation.responses().iter().zip(&of.responses);
        let Some((_, known)) = all.into_iter().find(|(one, _)| std::ptr::eq(*one, described)) else { return };
        self.found.extend(known.item);
        for (header, item) in described.headers.iter().zip(&known.headers) {
            if response.headers.contains(&header.name) {
                self.found.extend(*item);
            }
        }
        self.body(&described.content, &known.media, &response.headers, &response.body, Direction::Response);
    }

    fn body(
        &mut self,
        content: &[MediaTypeSpec],
        items: &[(Option<ItemId>, Option<NodeId>)],
        headers: &Headers,
        body: &[u8],
        direction: Direction,
    ) {
        let Some(media) = headers.get("content-type").and_then(|text| MediaType::parse(&text).ok()) else { return };
        let fitting = content.iter().zip(items).filter(|(entry, _)| entry.range.matches(&media));
        let Some((entry, (item, node))) = fitting.max_by_key(|(entry, _)| entry.range.specificity()) else { return };
        self.found.extend(*item);
        let (Some(schema), Some(node)) = (&entry.schema, node) else { return };
        let shape = if media.is_json() { Arc::new(Shape::anything()) } else { self.recorder.contract.shape(schema) };
        if let Body::Value(value) = read_body(&media, body, &shape, &entry.encoding) {
            self.value(*node, &value, direction);
        }
    }
}
