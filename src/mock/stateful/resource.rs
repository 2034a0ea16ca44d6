//! What a mock may remember: a collection path and its item path, and what each operation on them does.

use std::collections::{BTreeMap, BTreeSet};

use super::look::types;
use super::names::{is_change_time, is_creation_time};
use crate::contract::SchemaRef;

/// A collection that is recognised in a contract.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// The path template of all items, `/users/{id}/posts`.
    pub(super) collection: String,
    /// The path template of one.
    pub(super) item: String,
    /// The last path parameter of `item`.
    pub(super) parameter: String,
    /// The schema of that parameter.
    pub(super) parameter_schema: Option<SchemaRef>,
    /// The property that holds the same; `None` where an item does not tell its own name.
    pub(super) id: Option<Property>,
    /// The schema of an item as it is answered.
    pub(super) schema: Option<SchemaRef>,
    /// The properties of that schema.
    pub(super) known: BTreeMap<String, Property>,
    /// The names that only requests have; they are kept, but never shown.
    pub(super) hidden: BTreeSet<String>,
    /// Properties that hold a parameter of the collection's own path: property, index of the parameter.
    pub(super) parents: Vec<(String, usize)>,
    /// The operations, by their place among the contract's.
    pub(super) operations: BTreeMap<usize, Action>,
    /// The resource whose items this collection belongs to.
    pub(super) parent: Option<usize>,
}

/// A property of an item.
#[derive(Clone, Debug)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) schema: SchemaRef,
    /// Only the server sets it.
    pub(super) read_only: bool,
    /// It is never answered.
    pub(super) write_only: bool,
    /// Clients may send it.
    pub(super) sent: bool,
    /// What it is where nobody says.
    pub(super) default: Option<serde_json::Value>,
    pub(super) stamp: Option<Stamp>,
}

/// A time that the server sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) when: When,
    pub(super) form: Form,
}

impl Stamp {
    /// The time that a property of this name and schema tells.
    pub(super) fn of(name: &str, schema: &serde_json::Value) -> Option<Self> {
        let when = if is_creation_time(name) {
            When::Created
        } else if is_change_time(name) {
            When::Changed
        } else {
            return None;
        };
        let format = schema.get("format").and_then(serde_json::Value::as_str);
        let form = match format {
            Some("date-time") => Form::DateTime,
            Some("date") => Form::Date,
            None | Some("unix-time" | "int64" | "int32") if types(schema).contains(&"integer") => Form::Seconds,
            _ => return None,
        };
        Some(Self { when, form })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Created,
    Changed,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    DateTime,
    Date,
    /// Seconds since 1970.
    Seconds,
}

/// What an operation does, and what it answers then.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub(super) role: Role,
    /// Where the item is in the request's body.
    pub(super) sent_at: Path,
    /// The status of success, and where its body has what.
    pub(super) answer: Reply,
    /// Another status for what is made by `PUT`.
    pub(super) made: Option<Reply>,
    /// Whether the document has this response: 404, 409.
    pub(super) tells_missing: bool,
    pub(super) tells_conflict: bool,
}

/// Names that lead into a body; empty for the body itself.
pub(super) type Path = Vec<String>;

/// What is done with a collection or an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    List,
    Create,
    Read,
    Replace,
    Patch,
    Delete,
    /// `PUT` on the collection with an item that names itself.
    Put,
    /// `DELETE` on the collection.
    Clear,
}

impl Role {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Create => "create",
            Self::Read => "read",
            Self::Replace | Self::Put => "replace",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::Clear => "clear",
        }
    }
}

/// A response of an action.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Shape,
}

/// What a body holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// One item, there.
    Item(Path, SchemaRef),
    /// Items, there.
    List(Path, SchemaRef),
    /// Neither: what the document says, with the item's id where it has one.
    Other,
}

impl Resource {
    /// What is recognised, in a line.
    pub(super) fn describe(&self) -> String {
        let mut roles: Vec<Role> = self.operations.values().map(|action| action.role).collect();
        roles.sort();
        let mut words: Vec<&str> = roles.into_iter().map(Role::as_str).collect();
        words.dedup();
        let id =
            self.id.as_ref().map_or_else(|| "named by the path alone".to_owned(), |id| format!("id `{}`", id.name));
        format!("{}, {} ({}; {id})", self.collection, self.item, words.join(", "))
    }
}
