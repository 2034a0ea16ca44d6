//! Parameters: where they stand, how they are written and read (OpenAPI, Parameter Object, "Style Values").

mod deserialise;
mod serialise;
mod shape;

use serde_json::Value;

pub use deserialise::Raw;
pub(crate) use deserialise::{cookie_pairs, query_pairs};
pub use shape::Shape;

use super::operation::{Example, MediaTypeSpec};
use super::schema::SchemaRef;
use crate::source::Pointer;

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// In the path template.
    Path,
    /// In the URL's query.
    Query,
    /// A header field.
    Header,
    /// In the `Cookie` header.
    Cookie,
}

impl Location {
    /// From the value of `in`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "path" => Self::Path,
            "query" => Self::Query,
            "header" => Self::Header,
            "cookie" => Self::Cookie,
            _ => return None,
        })
    }

    /// The value of `in`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

/// How a parameter's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterStyle {
    /// `a,b`: path and header.
    Simple,
    /// `.a.b`: path.
    Label,
    /// `;name=a,b`: path.
    Matrix,
    /// `name=a&name=b`: query and cookie.
    Form,
    /// `name=a%20b`: query.
    SpaceDelimited,
    /// `name=a|b`: query.
    PipeDelimited,
    /// `name[key]=a`: query.
    DeepObject,
    /// `name=a; name=b`, nothing escaped: cookie (OpenAPI 3.2).
    Cookie,
}

impl ParameterStyle {
    /// From the value of `style`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "simple" => Self::Simple,
            "label" => Self::Label,
            "matrix" => Self::Matrix,
            "form" => Self::Form,
            "spaceDelimited" => Self::SpaceDelimited,
            "pipeDelimited" => Self::PipeDelimited,
            "deepObject" => Self::DeepObject,
            "cookie" => Self::Cookie,
            _ => return None,
        })
    }

    /// The style where a document names none.
    pub fn default_for(location: Location) -> Self {
        match location {
            Location::Path | Location::Header => Self::Simple,
            Location::Query | Location::Cookie => Self::Form,
        }
    }

    /// Whether `explode` is true where a document does not say so.
    pub fn explodes(self) -> bool {
        matches!(self, Self::Form | Self::Cookie)
    }

    /// What stands between the items of a list that is not exploded.
    fn delimiter(self) -> char {
        match self {
            Self::SpaceDelimited => ' ',
            Self::PipeDelimited => '|',
            _ => ',',
        }
    }
}

/// A parameter of an operation (OpenAPI, Parameter Object).
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The name as written; that of a header ignores case.
    pub name: String,
    /// Where it stands.
    pub location: Location,
    /// Whether a request must have it.
    pub required: bool,
    /// How it is written.
    pub style: ParameterStyle,
    /// Whether lists and objects are written item by item.
    pub explode: bool,
    /// Whether reserved characters stay as they are.
    pub allow_reserved: bool,
    /// Whether `name=` stands for no value.
    pub allow_empty_value: bool,
    /// The schema of its value.
    pub schema: Option<SchemaRef>,
    /// `content` instead of `schema`: one media type.
    pub content: Option<MediaTypeSpec>,
    /// Examples of its value.
    pub examples: Vec<Example>,
    /// Its place in the document.
    pub pointer: Pointer,
    /// The number of the document.
    pub document: usize,
}

impl Parameter {
    /// A parameter with the default style of its place: for properties of a form, say.
    pub fn plain(name: &str, location: Location) -> Self {
        let style = ParameterStyle::default_for(location);
        Self {
            name: name.to_owned(),
            location,
            required: location == Location::Path,
            style,
            explode: style.explodes(),
            allow_reserved: false,
            allow_empty_value: false,
            schema: None,
            content: None,
            examples: Vec::new(),
            pointer: Pointer::root(),
            document: 0,
        }
    }

    /// Serialises a value by style and explode (percent-encoded where the location needs it):
    /// query → `a=1&a=2` (name included), cookie → `a=1`, path and header → the value alone.
    pub fn serialise(&self, value: &Value) -> String {
        serialise::serialise(self, value)
    }

    /// Reads the value back from what was sent, as far as `shape` says what it should be; `None`
    /// where the parameter is not there. `Err` says in plain words what is wrong with its form.
    pub fn deserialise(&self, raw: &Raw<'_>, shape: &Shape) -> Option<Result<Value, String>> {
        deserialise::deserialise(self, raw, shape)
    }

    /// The schema of the value: its own or that of its `content`.
    pub fn value_schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref().or_else(|| self.content.as_ref()?.schema.as_ref())
    }
}
