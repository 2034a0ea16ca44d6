//! The map: all that a contract has to be exercised, in the document's order.

use std::collections::HashMap;

use indexmap::IndexSet;

use super::schema::{Graph, NodeId};
use crate::contract::{Contract, Direction, Location, MediaTypeSpec, Operation, ResponseSpec, SchemaRef};
use crate::verdict::CoverageKind;

/// More things are counted, and not looked for.
const MOST_ITEMS: usize = 200_000;

/// The place of a thing in [`Map::items`].
pub(super) type ItemId = usize;

/// Something to be exercised.
pub(super) struct Item {
    pub(super) kind: CoverageKind,
    /// Its place in [`Map::groups`].
    pub(super) group: usize,
    pub(super) name: String,
    pub(super) is_request: bool,
}

/// What belongs to an operation. Parts without a schema have no node, parts beyond the bound no item.
pub(super) struct Of {
    pub(super) item: ItemId,
    /// In the order of the operation's own.
    pub(super) parameters: Vec<(Option<ItemId>, Option<NodeId>)>,
    pub(super) request_media: Vec<(Option<ItemId>, Option<NodeId>)>,
    pub(super) responses: Vec<OfResponse>,
}

/// What belongs to a response, in the order of the response's own.
pub(super) struct OfResponse {
    pub(super) item: Option<ItemId>,
    pub(super) headers: Vec<Option<ItemId>>,
    pub(super) media: Vec<(Option<ItemId>, Option<NodeId>)>,
}

/// All things, and where they are met.
pub(super) struct Map {
    pub(super) items: Vec<Item>,
    pub(super) groups: Vec<String>,
    pub(super) left_out: usize,
    operations: HashMap<String, Of>,
    pub(super) schemas: Graph,
}

impl Map {
    pub(super) fn of(contract: &Contract) -> Self {
        let mut map = Maker { contract, list: List::default(), schemas: Graph::default() };
        let operations = contract.operations().iter().filter_map(|operation| {
            let of = map.operation(operation)?;
            Some((key(operation), of))
        });
        let operations = operations.collect();
        let Maker { mut list, mut schemas, .. } = map;
        schemas.expand(contract, &mut list);
        Self {
            items: list.items,
            groups: list.groups.into_iter().collect(),
            left_out: list.left_out,
            operations,
            schemas,
        }
    }

    pub(super) fn operation(&self, operation: &Operation) -> Option<&Of> {
        self.operations.get(&key(operation))
    }
}

fn key(operation: &Operation) -> String {
    format!("{} {}", operation.method(), operation.path())
}

/// Things as they are found.
#[derive(Default)]
pub(super) struct List {
    items: Vec<Item>,
    groups: IndexSet<String>,
    left_out: usize,
}

impl List {
    pub(super) fn group(&mut self, name: String) -> usize {
        self.groups.insert_full(name).0
    }

    pub(super) fn add(&mut self, kind: CoverageKind, group: usize, name: String, is_request: bool) -> Option<ItemId> {
        if self.items.len() >= MOST_ITEMS {
            self.left_out += 1;
            return None;
        }
        self.items.push(Item { kind, group, name, is_request });
        Some(self.items.len() - 1)
    }
}

struct Maker<'c> {
    contract: &'c Contract,
    list: List,
    schemas: Graph,
}

impl Maker<'_> {
    fn operation(&mut self, operation: &Operation) -> Option<Of> {
        let group = self.list.group(key(operation));
        let item = self.list.add(CoverageKind::Operation, group, operation.id().to_owned(), true)?;
        let parameters = operation.parameters().iter().map(|parameter| {
            let name = format!("{} `{}`", parameter.location.as_str(), parameter.name);
            // These three are described elsewhere (OpenAPI, Parameter Object, `name`).
            let reserved = ["accept", "content-type", "authorization"];
            if parameter.location == Location::Header
                && reserved.iter().any(|reserved| parameter.name.eq_ignore_ascii_case(reserved))
            {
                return (None, None);
            }
            let item = self.list.add(CoverageKind::Parameter, group, name, true);
            let label = format!("{}, {} parameter {}", key(operation), parameter.location.as_str(), parameter.name);
            (item, self.node(parameter.value_schema(), Direction::Request, label))
        });
        let parameters = parameters.collect();
        let request_media = match operation.request_body() {
            Some(body) => self.media(operation, group, &body.content, None),
            None => Vec::new(),
        };
        let responses = operation.responses().iter().map(|response| self.response(operation, group, response));
        let responses = responses.collect();
        Some(Of { item, parameters, request_media, responses })
    }

    fn response(&mut self, operation: &Operation, group: usize, response: &ResponseSpec) -> OfResponse {
        let status = response.status;
        let item = self.list.add(CoverageKind::Status, group, status.to_string(), false);
        let header = |name: &str| format!("{status} {name}");
        let headers = response.headers.iter().map(|one| {
            // OpenAPI, Response Object: a header of this name is ignored.
            let counts = !one.name.eq_ignore_ascii_case("content-type");
            counts.then(|| self.list.add(CoverageKind::Header, group, header(&one.name), false)).flatten()
        });
        let headers = headers.collect();
        let media = self.media(operation, group, &response.content, Some(&status.to_string()));
        OfResponse { item, headers, media }
    }

    /// The media types of a response of this status, or of a request.
    fn media(
        &mut self,
        operation: &Operation,
        group: usize,
        content: &[MediaTypeSpec],
        status: Option<&str>,
    ) -> Vec<(Option<ItemId>, Option<NodeId>)> {
        let (direction, of) = match status {
            Some(status) => (Direction::Response, status),
            None => (Direction::Request, "request"),
        };
        let one = |media: &MediaTypeSpec| {
            let name = format!("{of} `{}`", media.range);
            let item = self.list.add(CoverageKind::MediaType, group, name, status.is_none());
            let label = format!("{}, {of} body", key(operation));
            (item, self.node(media.schema.as_ref(), direction, label))
        };
        content.iter().map(one).collect()
    }

    fn node(&mut self, schema: Option<&SchemaRef>, direction: Direction, label: String) -> Option<NodeId> {
        self.schemas.root(self.contract, schema?, direction, label)
    }
}
