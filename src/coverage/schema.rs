//! Schemas as a graph: what of a value is counted where.

use std::collections::{HashMap, VecDeque};

use serde_json::{Map as Object, Value};

use super::Seen;
use super::map::{ItemId, List};
use crate::contract::{Contract, Direction, SchemaRef};
use crate::source::Pointer;
use crate::verdict::CoverageKind;

/// The place of a schema in [`Graph::nodes`].
pub(super) type NodeId = usize;

/// More values of one enumeration are no kinds that anybody tells apart.
const MOST_VALUES: usize = 1_000;
/// More branches of one schema are not looked at.
const MOST_BRANCHES: usize = 300;
/// Longer paths to a property are cut.
const LONGEST_PATH: usize = 200;
/// How many schemas a value may be held against at once: `allOf` in circles ends here.
const DEEPEST: usize = 200;

/// A schema in one direction.
#[derive(Default)]
pub(super) struct Node {
    /// `$ref` and `allOf`: the same value is held against these.
    same: Vec<NodeId>,
    properties: HashMap<String, (Option<ItemId>, NodeId)>,
    additional: Option<NodeId>,
    items: Option<NodeId>,
    prefix: Vec<NodeId>,
    values: Vec<(Value, ItemId)>,
    branches: Vec<Branch>,
}

struct Branch {
    item: Option<ItemId>,
    node: NodeId,
    schema: SchemaRef,
}

/// All schemas that bodies and parameters lead to.
#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    /// By place among all schemas, and direction.
    known: HashMap<(Pointer, Direction), NodeId>,
    waiting: VecDeque<Waiting>,
}

/// A schema that was met and not looked at yet.
struct Waiting {
    node: NodeId,
    at: Pointer,
    direction: Direction,
    owner: Owner,
}

/// What a schema's parts are named after.
#[derive(Clone)]
struct Owner {
    label: String,
    /// Whether it is a component, which both directions may have.
    is_shared: bool,
    /// From there to the value: `owner.tags[]`.
    path: String,
}

impl Graph {
    /// The node of a schema that a body or parameter has; its parts are looked at by
    /// [`Graph::expand`].
    pub(super) fn root(
        &mut self,
        contract: &Contract,
        schema: &SchemaRef,
        direction: Direction,
        label: String,
    ) -> Option<NodeId> {
        let at = contract.normalised_place(schema);
        contract.normalised(&at)?;
        Some(self.enter(at, direction, Owner { label, is_shared: false, path: String::new() }))
    }

    fn enter(&mut self, at: Pointer, direction: Direction, owner: Owner) -> NodeId {
        if let Some(known) = self.known.get(&(at.clone(), direction)) {
            return *known;
        }
        let node = self.nodes.len();
        self.nodes.push(Node::default());
        self.known.insert((at.clone(), direction), node);
        let owner = component(&at).map_or(owner, |name| Owner { label: name, is_shared: true, path: String::new() });
        self.waiting.push_back(Waiting { node, at, direction, owner });
        node
    }

    /// Looks at all schemas that were met.
    pub(super) fn expand(&mut self, contract: &Contract, list: &mut List) {
        while let Some(waiting) = self.waiting.pop_front() {
            if let Some(Value::Object(schema)) = contract.normalised(&waiting.at) {
                self.one(contract, list, waiting, schema);
            }
        }
    }

    fn one(&mut self, contract: &Contract, list: &mut List, waiting: Waiting, schema: &Object<String, Value>) {
        let Waiting { node, at, direction, owner } = waiting;
        let mut made = Node::default();
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(Pointer::from_fragment);
        if let Some(target) = reference.filter(|target| contract.normalised(target).is_some()) {
            made.same.push(self.enter(target, direction, owner.clone()));
        }
        for (index, _) in array(schema, "allOf") {
            made.same.push(self.enter(at.join("allOf").index(index), direction, owner.clone()));
        }
        // `{"if": {"type": "null"}, "else": X}`: the form of a nullable X.
        if schema.contains_key("else") && schema.contains_key("if") {
            made.same.push(self.enter(at.join("else"), direction, owner.clone()));
        }
        self.properties(contract, list, (&mut made, &owner), (&at, direction), schema);
        for (keyword, held, step) in
            [("additionalProperties", &mut made.additional, ".*"), ("items", &mut made.items, "[]")]
        {
            if schema.get(keyword).is_some_and(Value::is_object) {
                *held = Some(self.enter(at.join(keyword), direction, owner.below(step)));
            }
        }
        for (index, _) in array(schema, "prefixItems") {
            let owner = owner.below(&format!("[{index}]"));
            made.prefix.push(self.enter(at.join("prefixItems").index(index), direction, owner));
        }
        let values = array(schema, "enum").filter(|(_, value)| !value.is_null()).take(MOST_VALUES);
        for (_, value) in values.collect::<Vec<_>>() {
            let name = format!("{} = {}", owner.shown(), shown(value));
            let item = owner.add(list, CoverageKind::EnumValue, name, direction);
            made.values.extend(item.map(|item| (value.clone(), item)));
        }
        for keyword in ["oneOf", "anyOf"] {
            self.branches(contract, list, (&mut made, &owner), (&at.join(keyword), direction), schema, keyword);
        }
        self.nodes[node] = made;
    }

    fn properties(
        &mut self,
        contract: &Contract,
        list: &mut List,
        (made, owner): (&mut Node, &Owner),
        (at, direction): (&Pointer, Direction),
        schema: &Object<String, Value>,
    ) {
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let hidden = match direction {
                Direction::Request => "readOnly",
                Direction::Response => "writeOnly",
            };
            if property == &Value::Bool(false) || says(contract, property, hidden) {
                continue;
            }
            let below = owner.below(&format!(".{name}"));
            let item = owner.add(list, CoverageKind::Property, below.path.clone(), direction);
            let node = self.enter(at.join("properties").join(name), direction, below);
            made.properties.insert(name.clone(), (item, node));
        }
    }

    fn branches(
        &mut self,
        contract: &Contract,
        list: &mut List,
        (made, owner): (&mut Node, &Owner),
        (at, direction): (&Pointer, Direction),
        schema: &Object<String, Value>,
        keyword: &str,
    ) {
        let is_null = |value: &Value| value.get("type").and_then(Value::as_str) == Some("null");
        let branches: Vec<(usize, &Value)> =
            array(schema, keyword).filter(|(_, branch)| !is_null(branch)).take(MOST_BRANCHES).collect();
        let is_choice = branches.len() > 1;
        for (index, branch) in branches {
            let node = self.enter(at.index(index), direction, owner.clone());
            if !is_choice {
                made.same.push(node);
                continue;
            }
            let reference = branch.get("$ref").and_then(Value::as_str).and_then(Pointer::from_fragment);
            let named = reference.as_ref().and_then(component);
            let named = named.or_else(|| Some(branch.get("title")?.as_str()?.to_owned()));
            let named = named.unwrap_or_else(|| format!("{keyword}/{index}"));
            let name = format!("{} is {named}", owner.shown());
            let item = owner.add(list, CoverageKind::Branch, name, direction);
            let (document, pointer) = contract.written(&at.index(index));
            made.branches.push(Branch { item, node, schema: SchemaRef { document, pointer } });
        }
    }
}

impl Owner {
    fn below(&self, step: &str) -> Self {
        let path = match self.path.as_str() {
            "" => step.trim_start_matches('.').to_owned(),
            path if path.len() < LONGEST_PATH => format!("{path}{step}"),
            path => path.to_owned(),
        };
        Self { path, ..self.clone() }
    }

    fn shown(&self) -> &str {
        if self.path.is_empty() { "the value" } else { &self.path }
    }

    fn add(&self, list: &mut List, kind: CoverageKind, name: String, direction: Direction) -> Option<ItemId> {
        let is_request = direction == Direction::Request;
        let group = match (self.is_shared, is_request) {
            // What stands in an operation says itself which way it goes.
            (false, _) => self.label.clone(),
            (true, true) => format!("{} in requests", self.label),
            (true, false) => format!("{} in responses", self.label),
        };
        let group = list.group(group);
        list.add(kind, group, name, is_request)
    }
}

/// The name of the component that stands right at this place.
fn component(at: &Pointer) -> Option<String> {
    let mut tokens = at.tokens();
    let is_schema = tokens.next().as_deref() == Some("components") && tokens.next().as_deref() == Some("schemas");
    let name = tokens.next().filter(|_| is_schema)?;
    tokens.next().is_none().then(|| name.into_owned())
}

/// Whether a property says so, itself or where its reference leads.
fn says(contract: &Contract, property: &Value, keyword: &str) -> bool {
    let is_true = |value: &Value| value.get(keyword) == Some(&Value::Bool(true));
    let target = || contract.normalised(&Pointer::from_fragment(property.get("$ref")?.as_str()?)?);
    is_true(property) || target().is_some_and(is_true)
}

fn array<'v>(schema: &'v Object<String, Value>, keyword: &str) -> impl Iterator<Item = (usize, &'v Value)> + use<'v> {
    schema.get(keyword).and_then(Value::as_array).into_iter().flatten().enumerate()
}

fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl Seen<'_> {
    /// Counts what of a value is in the map.
    pub(super) fn value(&mut self, node: NodeId, value: &Value, direction: Direction) {
        self.held(node, value, direction, 0);
    }

    fn held(&mut self, node: NodeId, value: &Value, direction: Direction, depth: usize) {
        if self.left == 0 || depth > DEEPEST {
            return;
        }
        self.left -= 1;
        let node = &self.recorder.map.schemas.nodes[node];
        for same in &node.same {
            self.held(*same, value, direction, depth + 1);
        }
        if let Some((_, item)) = node.values.iter().find(|(known, _)| known == value) {
            self.found.push(*item);
        }
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    match (node.properties.get(name), node.additional) {
                        (Some((item, below)), _) => {
                            self.found.extend(*item);
                            self.held(*below, value, direction, depth + 1);
                        }
                        (None, Some(below)) => self.held(below, value, direction, depth + 1),
                        (None, None) => {}
                    }
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    if let Some(below) = node.prefix.get(index).copied().or(node.items) {
                        self.held(below, value, direction, depth + 1);
                    }
                }
            }
            _ => {}
        }
        for branch in &node.branches {
            if self.left == 0 {
                return;
            }
            self.left -= 1;
            let schema = self.recorder.contract.schema(&branch.schema, direction);
            if schema.is_ok_and(|schema| schema.is_valid(value)) {
                self.found.extend(branch.item);
                self.held(branch.node, value, direction, depth + 1);
            }
        }
    }
}
