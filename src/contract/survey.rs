//! The documents of a contract to look at: what stands where, and where references lead.

use serde_json::Value;

use super::document::{At, Documents};
use super::walk::Kind;
use crate::source::{Pointer, Source};

/// A place in a contract: which document of the set, and the pointer in it, overlays applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) document: usize,
    pub(crate) pointer: Pointer,
}

impl Spot {
    /// The value at a key below.
    pub(crate) fn join(&self, key: &str) -> Self {
        Self { document: self.document, pointer: self.pointer.join(key) }
    }

    /// The value at an index below.
    pub(crate) fn index(&self, index: usize) -> Self {
        Self { document: self.document, pointer: self.pointer.index(index) }
    }

    fn at(&self) -> At {
        At::new(self.document, self.pointer.clone())
    }
}

impl From<&At> for Spot {
    fn from(at: &At) -> Self {
        Self { document: at.document, pointer: at.pointer.clone() }
    }
}

/// The documents of a contract.
#[derive(Clone, Copy)]
pub(crate) struct Survey<'c> {
    documents: &'c Documents,
}

impl<'c> Survey<'c> {
    pub(super) fn new(documents: &'c Documents) -> Self {
        Self { documents }
    }

    /// How many documents there are; the first is the one the contract is named after.
    pub(crate) fn len(self) -> usize {
        self.documents.all.len()
    }

    /// The text of a document.
    pub(crate) fn source(self, document: usize) -> &'c Source {
        &self.documents.all[document].source
    }

    /// The whole value of a document.
    pub(crate) fn root(self, document: usize) -> &'c Value {
        &self.documents.all[document].value
    }

    /// The value at a spot.
    pub(crate) fn value(self, spot: &Spot) -> Option<&'c Value> {
        self.documents.all.get(spot.document)?.value.pointer(spot.pointer.as_str())
    }

    /// The text that says what stands at a spot, and where in that text.
    pub(crate) fn locate(self, spot: &Spot) -> (&'c Source, Pointer) {
        self.documents.all[spot.document].locate(&spot.pointer)
    }

    /// Where a `$ref` that stands in the document `from` leads.
    pub(crate) fn target(self, from: usize, reference: &str) -> Option<Spot> {
        self.documents.target(from, reference).map(Spot::from)
    }

    /// What stands at a spot, references followed.
    pub(crate) fn follow(self, spot: &Spot) -> Spot {
        Spot::from(&self.documents.follow(&spot.at()))
    }

    /// What stands at the spot of a schema, references followed that say all there is to say.
    pub(crate) fn follow_schema(self, spot: &Spot) -> Spot {
        Spot::from(&self.documents.follow_schema(&spot.at()))
    }

    /// Where all references of all documents lead, each distinct one once for each document.
    pub(crate) fn links(self) -> impl Iterator<Item = Spot> {
        self.documents.all.iter().flat_map(|document| document.links.values().map(Spot::from))
    }

    /// The objects that references lead to and that a walk over whole documents may miss.
    pub(crate) fn targets(self) -> impl Iterator<Item = (Spot, Kind)> {
        self.documents.targets.iter().map(|(at, kind)| (Spot::from(at), *kind))
    }
}
