//! Linking: every reference of every document is followed once, further documents are brought,
//! and what leads nowhere or in circles is told.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::document::{At, Document, Documents, Identities, Missing};
use super::load::Holes;
use super::one_way::OneWay;
use super::reference::{Fragment, Reference, is_url, parse};
use super::walk::{Kind, Path, Visitor, walk};
use super::{Retrieve, Unfetched, swagger};
use crate::source::{Diagnostic, Diagnostics, Limits, Pointer, Severity, Source, did_you_mean, read};

/// The most documents that one contract may be made of.
const MOST_DOCUMENTS: usize = 2_000;
/// The most errors that are told where they refuse the contract.
const MOST_ERRORS: usize = 100;
/// The same where they do not.
const MOST_HOLES: usize = 10_000;

/// How OpenAPI documents are read: generators repeat keys, and the last one counts.
pub(super) fn limits() -> Limits {
    Limits { duplicate_keys: Severity::Warning, ..Limits::default() }
}

/// Follows all references from `root` on; `base` is the name that relative references start from.
pub(super) fn link(
    root: Document,
    retrieve: &dyn Retrieve,
    holes: Holes,
    faults: &mut Diagnostics,
) -> (Documents, OneWay) {
    let most = if holes == Holes::Refused { MOST_ERRORS } else { MOST_HOLES };
    let names = HashMap::from([(root.source.name().to_owned(), Some(0))]);
    let mut linker = Linker {
        documents: Documents { all: vec![root], targets: Vec::new() },
        retrieve,
        names,
        queue: VecDeque::new(),
        seen: HashSet::new(),
        one_way: OneWay::default(),
        errors: 0,
        converted: BTreeSet::new(),
    };
    linker.queue.push_back((At::new(0, Pointer::root()), Kind::OpenApi));
    while let Some((at, kind)) = linker.queue.pop_front() {
        linker.visit(&at, kind, faults);
        if linker.errors > most {
            break;
        }
    }
    if holes == Holes::Told || !faults.has_errors() {
        linker.refuse_circles(faults);
    }
    (linker.documents, linker.one_way)
}

struct Linker<'r> {
    documents: Documents,
    retrieve: &'r dyn Retrieve,
    /// Documents by name; `None`: could not be had, which was told.
    names: HashMap<String, Option<usize>>,
    queue: VecDeque<(At, Kind)>,
    /// Values that were walked as targets, by address.
    seen: HashSet<(usize, Kind)>,
    one_way: OneWay,
    /// How many references could not be followed.
    errors: usize,
    /// What was converted from Swagger 2.0 in files that are no whole documents.
    converted: BTreeSet<(usize, Pointer)>,
}

struct Found {
    reference: String,
    kind: Kind,
    at: Pointer,
}

/// Collects each distinct reference once.
struct Collector<'l> {
    known: &'l IndexMap<String, At>,
    new: HashMap<String, usize>,
    found: Vec<Found>,
    /// Whether what was walked before is left out: a target may stand inside another one.
    seen: Option<&'l mut HashSet<(usize, Kind)>>,
    one_way: &'l mut OneWay,
}

impl Visitor for Collector<'_> {
    fn reference(&mut self, reference: &str, kind: Kind, at: &Path<'_>) {
        if self.known.contains_key(reference) || self.new.contains_key(reference) {
            return;
        }
        self.new.insert(reference.to_owned(), self.found.len());
        self.found.push(Found { reference: reference.to_owned(), kind, at: at.pointer() });
    }

    fn any_schema(&mut self, schema: &Map<String, Value>, _at: &Path<'_>) {
        // Walking over the few keys of a schema costs less than looking two of them up.
        for (key, value) in schema {
            match value {
                Value::Bool(true) => {
                    self.one_way.read_only |= key == "readOnly";
                    self.one_way.write_only |= key == "writeOnly";
                }
                Value::String(_) => self.one_way.dynamic |= key == "$dynamicRef",
                _ => {}
            }
        }
    }

    fn enter(&mut self, value: &Value, kind: Kind) -> bool {
        let address = std::ptr::from_ref(value) as usize;
        self.seen.as_mut().is_none_or(|seen| seen.insert((address, kind)))
    }
}

impl Visitor for Identities {
    fn reference(&mut self, _: &str, _: Kind, _: &Path<'_>) {}

    fn any_schema(&mut self, schema: &Map<String, Value>, at: &Path<'_>) {
        let named = |key| schema.get(key).and_then(Value::as_str);
        if let Some(id) = named("$id") {
            self.ids.push((id.trim_end_matches('#').to_owned(), at.pointer()));
        }
        for name in ["$anchor", "$dynamicAnchor"].into_iter().filter_map(named) {
            self.anchors.entry(name.to_owned()).or_default().push(at.pointer());
        }
    }
}

impl Linker<'_> {
    fn visit(&mut self, at: &At, kind: Kind, faults: &mut Diagnostics) {
        let document = &self.documents.all[at.document];
        let Some(value) = self.documents.value(at) else { return };
        // A document's own walk meets each value once; only targets elsewhere may overlap.
        let seen = (kind != Kind::OpenApi).then_some(&mut self.seen);
        let mut collector = Collector {
            known: &document.links,
            new: HashMap::new(),
            found: Vec::new(),
            seen,
            one_way: &mut self.one_way,
        };
        walk(value, kind, &at.pointer, document.dialect, &mut collector);
        for found in collector.found {
            match self.target(at.document, &found, faults) {
                Ok(target) => {
                    if !self.is_walked(&target, found.kind) {
                        self.queue.push_back((target.clone(), found.kind));
                        self.documents.targets.push((target.clone(), found.kind));
                    }
                    self.documents.all[at.document].links.insert(found.reference, target);
                }
                Err(fault) => {
                    self.errors += 1;
                    if let Some(fault) = fault {
                        faults.push(fault);
                    }
                }
            }
        }
    }

    /// Whether the walk over the whole first document passes there anyway.
    fn is_walked(&self, at: &At, kind: Kind) -> bool {
        let mut tokens = at.pointer.tokens();
        let group = (tokens.next(), tokens.next());
        let own = match (&group.0, &group.1) {
            (Some(first), Some(second)) if first == "components" => component(kind) == Some(second),
            _ => false,
        };
        own && tokens.count() == 1 && self.is_whole(at.document)
    }

    fn is_whole(&self, document: usize) -> bool {
        self.documents.all[document].value.get("openapi").is_some()
    }

    /// Where a reference leads; `Err(None)` where that was told before.
    fn target(&mut self, from: usize, found: &Found, faults: &mut Diagnostics) -> Result<At, Option<Diagnostic>> {
        if let Some(at) = self.identified(from, &found.reference) {
            return Ok(at);
        }
        let named = self.named(from, &found.reference);
        let fragment_alone = || found.reference.find('#').map_or("#", |at| &found.reference[at..]);
        let reference = if named.is_some() { fragment_alone() } else { &found.reference };
        let base = self.documents.all[from].base();
        let Reference { file, fragment } = parse(reference, &base).map_err(|refused| {
            let message = format!("`$ref: {}` is not followed", found.reference);
            Some(self.fault("reference-refused", message, from, &found.at, refused.reason()))
        })?;
        let document = match file {
            None => named.unwrap_or(from),
            Some(name) => match self.names.get(&name) {
                Some(known) => known.ok_or(None)?,
                None => self.bring(name, from, found, faults)?,
            },
        };
        match fragment {
            Fragment::Pointer(pointer) => match self.resolve(document, &pointer) {
                Ok(at) => self.in_our_words(at, from, found, faults),
                Err(missing) => self.within_resource(document, from, found, &pointer).ok_or_else(|| {
                    let near = self.documents.value(&missing.parent).and_then(Value::as_object);
                    let near = near.and_then(|map| did_you_mean(&missing.token, map.keys().map(String::as_str)));
                    let diagnostic = self.nothing_there(from, found);
                    Some(match near {
                        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                        None => diagnostic,
                    })
                }),
            },
            Fragment::Anchor(name) => {
                let identities = self.identities(document);
                let own = (document == from).then(|| identities.resource(&found.at));
                identities.anchor(&name, own).map(|pointer| At::new(document, pointer)).ok_or_else(|| {
                    Some(self.nothing_there(from, found).help(format!("no schema has `$anchor: {name}`")))
                })
            }
        }
    }

    /// The document that calls itself what a reference names, seen from what the document `from` calls
    /// itself (OpenAPI 3.2, OpenAPI Object, `$self`).
    fn named(&self, from: usize, reference: &str) -> Option<usize> {
        let file = reference.split('#').next().filter(|file| !file.is_empty())?;
        if !self.documents.all.iter().any(|document| document.value.get("$self").is_some()) {
            return None;
        }
        let wanted = self.documents.all[from].own_url()?.join(file).ok()?;
        self.documents.all.iter().position(|document| {
            document.value.get("$self").is_some() && document.own_url().is_some_and(|own| own == wanted)
        })
    }

    /// Where a pointer leads, also one into a text of Swagger 2.0 that was converted.
    fn resolve(&self, document: usize, pointer: &Pointer) -> Result<At, Missing> {
        self.documents.resolve(document, pointer).or_else(|missing| {
            let moved = self.documents.all[document].moved(pointer);
            moved.map(|pointer| At::new(document, pointer)).ok_or(missing)
        })
    }

    /// What a document of Swagger 2.0 refers to in a file that is no whole document is converted
    /// when it is first referred to.
    fn in_our_words(
        &mut self,
        at: At,
        from: usize,
        found: &Found,
        faults: &mut Diagnostics,
    ) -> Result<At, Option<Diagnostic>> {
        let document = &mut self.documents.all[at.document];
        let Some(defaults) = document.swagger.clone() else { return Ok(at) };
        let above = std::iter::successors(Some(at.pointer.clone()), Pointer::parent);
        let is_done = above.into_iter().any(|pointer| self.converted.contains(&(at.document, pointer)));
        if document.value.get("openapi").is_some() || is_done {
            return Ok(at);
        }
        let around = (&defaults, &mut document.origins);
        let value = swagger::convert_part(&document.value, &document.source, &at.pointer, found.kind, around, faults);
        let Some(value) = value else {
            let message = format!("`$ref: {}` leads to the parameter of a body in another file", found.reference);
            let help = "write the parameter where it is used, and refer to its schema";
            return Err(Some(self.fault("reference-refused", message, from, &found.at, "not followed").help(help)));
        };
        if let Some(old) = document.value.pointer_mut(at.pointer.as_str()) {
            *old = value;
        }
        // Values are known by their address, and those below have new ones.
        let next = self.converted.range((at.document, at.pointer.clone())..).next();
        if next.is_some_and(|(document, pointer)| {
            *document == at.document && pointer.as_str().starts_with(at.pointer.as_str())
        }) {
            self.seen.clear();
        }
        self.converted.insert((at.document, at.pointer.clone()));
        Ok(at)
    }

    /// The schema whose `$id` a reference names, with what follows its `#`.
    fn identified(&self, from: usize, reference: &str) -> Option<At> {
        let (id, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if id.is_empty() {
            return None;
        }
        let ids = &self.identities(from).ids;
        let (_, base) = ids
            .iter()
            .find(|(known, _)| known == id || known.strip_suffix(id).is_some_and(|before| before.ends_with('/')))?;
        let pointer = match Pointer::from_fragment(fragment) {
            Some(pointer) => base.concat(&pointer),
            None => self.identities(from).anchor(fragment, Some(base.clone()))?,
        };
        self.documents.resolve(from, &pointer).ok()
    }

    /// A pointer within a schema that has an `$id` starts at that schema (JSON Schema, section 8.2.1).
    fn within_resource(&self, document: usize, from: usize, found: &Found, pointer: &Pointer) -> Option<At> {
        if document != from {
            return None;
        }
        let base = self.identities(from).resource(&found.at);
        self.documents.resolve(document, &base.concat(pointer)).ok()
    }

    /// Identifiers and anchors of a document's schemas, looked for when first needed.
    fn identities(&self, document: usize) -> &Identities {
        let held = &self.documents.all[document];
        held.identities.get_or_init(|| {
            let mut found = Identities::default();
            let kind = if self.is_whole(document) { Kind::OpenApi } else { Kind::Schema };
            walk(&held.value, kind, &Pointer::root(), held.dialect, &mut found);
            found
        })
    }

    fn nothing_there(&self, from: usize, found: &Found) -> Diagnostic {
        let message = format!("`$ref: {}` leads nowhere", found.reference);
        self.fault("unresolved-reference", message, from, &found.at, "nothing there")
    }

    /// An error at the reference that stands at `at`.
    fn fault(&self, code: &'static str, message: String, from: usize, at: &Pointer, label: &str) -> Diagnostic {
        let (source, pointer) = self.documents.all[from].locate(&at.join("$ref"));
        Diagnostic::error(code, message).at_value(source, &pointer, label)
    }

    fn bring(
        &mut self,
        name: String,
        from: usize,
        found: &Found,
        faults: &mut Diagnostics,
    ) -> Result<usize, Option<Diagnostic>> {
        if self.documents.all.len() >= MOST_DOCUMENTS {
            let message = format!("the contract has more than {MOST_DOCUMENTS} documents");
            return Err(Some(self.fault("too-many-documents", message, from, &found.at, "one too many")));
        }
        let brought = self.text(&name).map_err(|unfetched| {
            self.names.insert(name.clone(), None);
            Some(match unfetched {
                Unfetched::NotAllowed(reason) => {
                    let message = format!("`$ref: {}` is not followed", found.reference);
                    self.fault("reference-refused", message, from, &found.at, &reason)
                }
                Unfetched::Failed(reason) => {
                    let message = format!("`{name}` cannot be read: {reason}");
                    self.fault("document-missing", message, from, &found.at, "needed here")
                }
            })
        })?;
        if let Some(known) = self.names.get(brought.name()).copied() {
            self.names.insert(name, known);
            return known.ok_or(None);
        }
        let (value, diagnostics) = read(&brought, &limits());
        faults.extend(diagnostics);
        let Some(value) = value else {
            self.names.insert(name, None);
            return Err(None);
        };
        let document = if swagger::is_swagger(&value) {
            Document::converted(brought.clone(), swagger::convert(&value, &brought, faults)?)
        } else {
            let own = Dialect::of(&value);
            let mut document = Document::new(brought, value, own.unwrap_or(self.documents.all[from].dialect));
            document.swagger = self.documents.all[from].swagger.clone().filter(|_| own.is_none());
            document
        };
        let index = self.documents.all.len();
        let whole = document.value.get("openapi").is_some();
        self.names.insert(document.source.name().to_owned(), Some(index));
        self.names.insert(name, Some(index));
        self.documents.all.push(document);
        if whole {
            self.queue.push_back((At::new(index, Pointer::root()), Kind::OpenApi));
        }
        Ok(index)
    }

    /// A further document, from a file or from where its URL leads.
    fn text(&self, name: &str) -> Result<Source, Unfetched> {
        if is_url(name) {
            return self.retrieve.fetch(name);
        }
        self.retrieve.retrieve(name).map(|text| Source::new(name, text)).map_err(Unfetched::Failed)
    }

    /// A chain of references that never reaches anything is an error at its first link.
    fn refuse_circles(&self, faults: &mut Diagnostics) {
        let mut harmless: HashSet<&At> = HashSet::new();
        let mut told: HashSet<&At> = HashSet::new();
        for document in &self.documents.all {
            for start in document.links.values() {
                let mut chain: HashSet<&At> = HashSet::new();
                let mut at = start;
                let circular = loop {
                    if harmless.contains(at) || told.contains(at) {
                        break false;
                    }
                    if !chain.insert(at) {
                        break true;
                    }
                    let next = self.documents.reference(at).and_then(|r| self.documents.target(at.document, r));
                    match next {
                        Some(next) => at = next,
                        None => break false,
                    }
                };
                if circular {
                    let message = "references lead in a circle and never to anything".to_owned();
                    let label = "back to here in the end";
                    faults.push(self.fault("reference-circle", message, at.document, &at.pointer, label));
                    told.extend(chain);
                } else {
                    harmless.extend(chain);
                }
            }
        }
    }
}

fn component(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Schema => "schemas",
        Kind::Response => "responses",
        Kind::Parameter => "parameters",
        Kind::Example => "examples",
        Kind::RequestBody => "requestBodies",
        Kind::Header => "headers",
        Kind::SecurityScheme => "securitySchemes",
        Kind::Callback => "callbacks",
        Kind::Link => "links",
        Kind::PathItem => "pathItems",
        Kind::MediaType => "mediaTypes",
        _ => return None,
    })
}
