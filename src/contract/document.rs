//! The documents of a contract, and how references between them are followed.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde_json::Value;
use url::Url;

use super::dialect::Dialect;
use super::origin::{Origins, Whence};
use super::reference::is_url;
use super::swagger::{Converted, Defaults};
use super::walk::Kind;
use crate::source::{Pointer, Source};

/// How many references lead to another one before it is looked whether they lead in a circle.
const USUAL_CHAIN: usize = 64;

/// One file of a contract.
pub(super) struct Document {
    /// The text; its name is the normalised path that relative references start from.
    pub(super) source: Source,
    pub(super) value: Value,
    pub(super) dialect: Dialect,
    /// The overlay that was applied to the value.
    pub(super) overlay: Option<Source>,
    /// Where values come from that do not stand in the text at their own pointer.
    pub(super) origins: Origins,
    /// What holds in it by default, where it is written in Swagger 2.0.
    pub(super) swagger: Option<Defaults>,
    /// By the places that values come from: where they are now.
    moved: OnceLock<HashMap<Pointer, Vec<Pointer>>>,
    /// Where each `$ref` of this document leads, in the order in which they stand: what is told of
    /// them is told in one order.
    pub(super) links: IndexMap<String, At>,
    /// `$id`s and anchors.
    pub(super) identities: OnceLock<Identities>,
}

/// Names that schemas give themselves.
#[derive(Default)]
pub(super) struct Identities {
    pub(super) ids: Vec<(String, Pointer)>,
    /// Names may stand in several resources.
    pub(super) anchors: HashMap<String, Vec<Pointer>>,
}

impl Identities {
    /// The schema resource that a place is in: the nearest schema around it with an `$id`, else the
    /// whole document.
    pub(super) fn resource(&self, at: &Pointer) -> Pointer {
        let around = self.ids.iter().map(|(_, base)| base).filter(|base| at.starts_with(base));
        around.max_by_key(|base| base.as_str().len()).cloned().unwrap_or_default()
    }

    /// The schema with this anchor, in the resource `own` before any other.
    pub(super) fn anchor(&self, name: &str, own: Option<Pointer>) -> Option<Pointer> {
        let all = self.anchors.get(name)?;
        let within = own.and_then(|own| all.iter().find(|at| self.resource(at) == own));
        within.or_else(|| all.first()).cloned()
    }
}

impl Document {
    /// A document as it was read.
    pub(super) fn new(source: Source, value: Value, dialect: Dialect) -> Self {
        Self {
            source,
            value,
            dialect,
            overlay: None,
            origins: Origins::default(),
            swagger: None,
            moved: OnceLock::new(),
            links: IndexMap::new(),
            identities: OnceLock::new(),
        }
    }

    /// A document of Swagger 2.0, converted.
    pub(super) fn converted(source: Source, converted: Converted) -> Self {
        let mut document = Self::new(source, converted.value, Dialect::V30);
        document.origins = converted.origins;
        document.swagger = Some(converted.defaults);
        document
    }

    /// The name that relative references of a fetched document start from is the URL that it gives itself.
    pub(super) fn base(&self) -> Cow<'_, str> {
        let name = self.source.name();
        match self.own_url().filter(|_| is_url(name)) {
            Some(own) => Cow::Owned(own.into()),
            None => Cow::Borrowed(name),
        }
    }

    /// What it calls itself, or where it came from, as a URL; files have one for comparing alone.
    pub(super) fn own_url(&self) -> Option<Url> {
        let name = self.source.name();
        let came_from = Url::parse(if is_url(name) { name } else { "file:///" }).ok()?;
        match self.value.get("$self").and_then(Value::as_str) {
            Some(own) => came_from.join(own.split('#').next().unwrap_or(own)).ok(),
            None => Some(came_from),
        }
    }

    /// Where that is now which the text has at `pointer`: its conversion moved it.
    pub(super) fn moved(&self, pointer: &Pointer) -> Option<Pointer> {
        self.swagger.as_ref()?;
        let moved = self.moved.get_or_init(|| self.origins.by_origin());
        let mut rest = Vec::new();
        let mut from = pointer.clone();
        loop {
            let below = |base: &Pointer| rest.iter().rev().fold(base.clone(), |at, token: &String| at.join(token));
            let mut places = moved.get(&from).into_iter().flatten().map(below);
            if let Some(found) = places.find(|at| self.value.pointer(at.as_str()).is_some()) {
                return Some(found);
            }
            rest.push(from.last()?.into_owned());
            from = from.parent()?;
        }
    }

    /// The text that says what stands at `pointer`, and where in that text.
    pub(super) fn locate(&self, pointer: &Pointer) -> (&Source, Pointer) {
        let (_, source, pointer) = self.locate_origin(pointer);
        (source, pointer)
    }

    /// The same, with whether it is the overlay that says it.
    pub(super) fn locate_origin(&self, pointer: &Pointer) -> (bool, &Source, Pointer) {
        match (self.origins.of(pointer), &self.overlay) {
            (Whence::Overlay(pointer), Some(overlay)) => (true, overlay, pointer),
            (Whence::Document(pointer) | Whence::Overlay(pointer), _) => (false, &self.source, pointer),
        }
    }
}

/// A place in a contract: which document, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) document: usize,
    pub(super) pointer: Pointer,
}

impl At {
    pub(super) fn new(document: usize, pointer: Pointer) -> Self {
        Self { document, pointer }
    }

    pub(super) fn join(&self, token: &str) -> Self {
        Self::new(self.document, self.pointer.join(token))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        Self::new(self.document, self.pointer.index(index))
    }
}

/// All documents of a contract; the first is the one it is named after, its overlay applied.
pub(super) struct Documents {
    pub(super) all: Vec<Document>,
    /// What references lead to, apart from the named components: places a walk from the top misses.
    pub(super) targets: Vec<(At, Kind)>,
}

impl Documents {
    pub(super) fn value(&self, at: &At) -> Option<&Value> {
        self.all.get(at.document)?.value.pointer(at.pointer.as_str())
    }

    pub(super) fn dialect(&self, at: &At) -> Dialect {
        self.all.get(at.document).map_or(Dialect::V31, |document| document.dialect)
    }

    /// The reference that stands at `at`, if one does.
    pub(super) fn reference(&self, at: &At) -> Option<&str> {
        self.value(at)?.get("$ref")?.as_str()
    }

    /// Where a `$ref` of the document `from` leads; known once the contract is linked.
    pub(super) fn target(&self, from: usize, reference: &str) -> Option<&At> {
        self.all.get(from)?.links.get(reference)
    }

    /// The place of what stands at `at`, references followed.
    pub(super) fn follow(&self, at: &At) -> At {
        let mut at = Cow::Borrowed(at);
        let mut chain = Chain::default();
        while let Some(next) = self.reference(&at).and_then(|reference| self.target(at.document, reference))
            && chain.goes_on(next)
        {
            at = Cow::Owned(next.clone());
        }
        at.into_owned()
    }

    /// The same for a schema, as far as nothing beside a `$ref` says more: 3.0 ignores siblings,
    /// 3.1 does not.
    pub(super) fn follow_schema(&self, at: &At) -> At {
        let mut at = at.clone();
        let mut chain = Chain::default();
        loop {
            let alone = self.dialect(&at) == Dialect::V30
                || self.value(&at).and_then(Value::as_object).is_some_and(|schema| schema.len() == 1);
            let reference = self.reference(&at).filter(|_| alone);
            match reference.and_then(|reference| self.target(at.document, reference)) {
                Some(next) if chain.goes_on(next) => at = next.clone(),
                _ => return at,
            }
        }
    }

    /// Where `pointer` leads in `document`: where a token is missing below a reference, as in
    /// `#/components/schemas/Pet/properties/owner/properties/name` with `owner` a reference,
    /// the reference is followed. `Err` is the deepest place that exists and the missing token.
    pub(super) fn resolve(&self, document: usize, pointer: &Pointer) -> Result<At, Missing> {
        let mut at = At::new(document, Pointer::root());
        if self.all[document].value.pointer(pointer.as_str()).is_some() {
            return Ok(At::new(document, pointer.clone()));
        }
        for token in pointer.tokens() {
            let below = at.join(&token);
            at = if self.value(&below).is_some() {
                below
            } else {
                let through = self.follow(&at).join(&token);
                if self.value(&through).is_none() {
                    return Err(Missing { parent: at, token: token.into_owned() });
                }
                through
            };
        }
        Ok(at)
    }
}

/// Places that references led to, one from the other: where one comes again, they lead in a circle.
#[derive(Default)]
struct Chain {
    steps: usize,
    /// Those beyond the usual number.
    seen: HashSet<At>,
}

impl Chain {
    fn goes_on(&mut self, next: &At) -> bool {
        self.steps += 1;
        self.steps <= USUAL_CHAIN || self.seen.insert(next.clone())
    }
}

/// What a pointer did not find.
pub(super) struct Missing {
    pub(super) parent: At,
    pub(super) token: String,
}
