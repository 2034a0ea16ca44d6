//! One request to a recognised collection: what it changes, what it is answered.

use std::sync::{Arc, PoisonError};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::body::{put, queried, sent, single};
use super::list::Asked;
use super::look::{Look, is};
use super::make::Maker;
use super::memory::{Change, Memory, Unchanged};
use super::names::fold;
use super::page::Page;
use super::recognise::parameters;
use super::repair::repaired;
use super::resource::{Action, Reply, Resource, Role, Shape};
use super::update::{Refusal, merge, patch};
use super::{Stateful, name_of};
use crate::check;
use crate::contract::{Contract, Direction, MediaTypeSpec, Operation, SchemaRef};
use crate::exchange::Request;
use crate::generate::{Generator, derive_seed, write};
use crate::mock::document::{Answer, Documented, Refused};
use crate::mock::wish::Wish;
use crate::verdict::{CheckId, Finding, Origin, Side};

/// What stands in a path segment as it is (RFC 3986, section 3.3: unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request that is fit to be answered.
pub(in crate::mock) struct Ask<'a> {
    pub(in crate::mock) request: &'a Request,
    pub(in crate::mock) operation: &'a Operation,
    pub(in crate::mock) path_parameters: &'a [(String, String)],
    pub(in crate::mock) documented: Documented<'a>,
}

/// An answer out of the state, or why there is none.
pub(in crate::mock) type Outcome = Result<Answer, Refused>;

/// A request with all that is known about what it acts on.
struct Act<'a> {
    state: &'a Stateful,
    ask: &'a Ask<'a>,
    contract: &'a Contract,
    resource: &'a Resource,
    action: &'a Action,
    client: String,
    accept: Option<String>,
    /// The concrete path of the collection.
    collection: String,
    /// The values of its path's parameters.
    above: Vec<String>,
    /// The item that the path names.
    key: Option<String>,
}

/// An item, or several, as an answer shows them.
type Shown<'i> = (&'i str, &'i Arc<Value>);

impl Stateful {
    /// The answer out of what is remembered; `None` for an operation of no recognised collection.
    pub(in crate::mock) fn answer(&self, ask: &Ask<'_>) -> Option<Outcome> {
        let (resource, at) = self.by_operation.get(&name_of(ask.operation))?;
        let resource = &self.resources[*resource];
        let action = resource.operations.get(at)?;
        let value = |name: &&str| ask.path_parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let names = parameters(ask.operation.path());
        let mut above: Vec<String> = names.iter().filter_map(value).cloned().collect();
        let depth = parameters(&resource.collection).len();
        let key = above.split_off(depth.min(above.len())).into_iter().next();
        let client = ask.request.headers.get(&self.header).unwrap_or_default();
        let act = Act {
            state: self,
            ask,
            contract: &self.contract,
            resource,
            action,
            client: client.into_owned(),
            accept: ask.request.headers.combined("accept"),
            collection: concrete(&resource.collection, &above),
            above,
            key,
        };
        let memory = self.clients.get(&act.client);
        let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        Some(act.perform(&mut memory))
    }

    pub(super) fn maker<'a>(&'a self, resource: &'a Resource, collection: &str) -> Maker<'a> {
        let seed = derive_seed(self.settings.seed, collection.as_bytes());
        Maker { contract: &self.contract, resource, clock: &self.settings.clock, seed }
    }
}

/// A path template with these values, in order.
pub(super) fn concrete(template: &str, values: &[String]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut values = values.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.extend(values.next().map(|value| utf8_percent_encode(value, SEGMENT).to_string()));
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out.truncate(out.trim_end_matches('/').len());
    out
}

impl<'a> Act<'a> {
    fn perform(&self, memory: &mut Memory) -> Outcome {
        let empty = memory.collection(&self.collection).is_none_or(|all| all.items.is_empty());
        if self.action.tells_missing && empty && self.lacks_parent(memory) {
            return self.refuse(&[404], "what it belongs to is not there");
        }
        match self.action.role {
            Role::List => self.list(memory),
            Role::Create => self.create(memory),
            Role::Put => self.put(memory),
            Role::Clear => self.clear(memory),
            role => {
                let key = self.key.clone().unwrap_or_default();
                let old = memory.get(&self.collection, &key).cloned();
                match (role, old) {
                    (Role::Read, Some(item)) => self.tell(&self.action.answer, &[(&key, &item)], None),
                    (Role::Replace, old) => self.replace(memory, &key, old.as_ref(), self.may_make()),
                    (Role::Patch, Some(old)) => self.patch(memory, &key, &old),
                    (Role::Delete, Some(old)) => self.delete(memory, &key, &old),
                    (_, None | Some(_)) => self.missing(&key),
                }
            }
        }
    }

    fn maker(&self) -> Maker<'a> {
        self.state.maker(self.resource, &self.collection)
    }

    /// Whether the item that this collection belongs to is not there, though it could be.
    fn lacks_parent(&self, memory: &Memory) -> bool {
        let Some(parent) = self.resource.parent.map(|at| &self.state.resources[at]) else { return false };
        let depth = parameters(&parent.collection).len();
        let Some(key) = self.above.get(depth) else { return false };
        memory.get(&concrete(&parent.collection, &self.above[..depth]), key).is_none()
    }

    /// Whether `PUT` may make what is not there.
    fn may_make(&self) -> bool {
        let creates = self.resource.operations.values().any(|action| action.role == Role::Create);
        self.action.made.is_some() || self.action.answer.status == 201 || !creates
    }

    fn list(&self, memory: &Memory) -> Outcome {
        let asked = Asked::of(self.contract, self.ask.operation, self.resource, self.ask.request);
        let page = asked.page(memory.collection(&self.collection), self.ask.request);
        let shown: Vec<Shown<'_>> = page.items.iter().map(|(_, entry)| (entry.key.as_str(), &entry.value)).collect();
        self.tell(&self.action.answer, &shown, Some(&page))
    }

    fn create(&self, memory: &mut Memory) -> Outcome {
        let maker = self.maker();
        let sent = sent(self.contract, self.ask.operation, self.ask.request, &self.action.sent_at);
        // A list may be sent alone or wrapped.
        let several = match sent {
            Value::Array(items) => items,
            one => vec![one],
        };
        let mut made: Vec<(String, Arc<Value>)> = Vec::with_capacity(several.len());
        for one in several {
            let item = maker.taken(one);
            let collection = memory.collection(&self.collection);
            let key = match maker.key_of(&item) {
                Some(key) => {
                    let known = collection.is_some_and(|all| all.get(&key).is_some());
                    if known && self.action.tells_conflict {
                        return self.refuse(&[409], &format!("there is a `{key}` already"));
                    }
                    key
                }
                None => {
                    let taken = |key: &str| made.iter().any(|(known, _)| known == key);
                    maker.new_key(collection, made.len(), &taken)
                }
            };
            let old = collection.and_then(|all| all.get(&key)?.as_object());
            let value = match old {
                Some(old) => maker.replaced(item, old, &key, &self.above),
                None => maker.made(item, &key, &self.above),
            };
            made.push((key, Arc::new(value)));
        }
        let put = |(key, value): &(String, Arc<Value>)| Change::Put {
            collection: self.collection.clone(),
            key: key.clone(),
            value: Arc::clone(value),
        };
        if let Err(refused) = self.change(memory, made.iter().map(put).collect()) {
            return refused;
        }
        let shown: Vec<Shown<'_>> = made.iter().map(|(key, value)| (key.as_str(), value)).collect();
        self.tell(&self.action.answer, &shown, None)
    }

    fn put(&self, memory: &mut Memory) -> Outcome {
        let sent = sent(self.contract, self.ask.operation, self.ask.request, &self.action.sent_at);
        let key = single(sent).as_object().and_then(|item| self.maker().key_of(item));
        let key = match key {
            Some(key) => key,
            // Some APIs make items by `PUT`.
            None if !self.action.tells_missing => return self.create(memory),
            None => return self.refuse(&[422, 400], "the item does not say which one it is"),
        };
        let old = memory.get(&self.collection, &key).cloned();
        self.replace(memory, &key, old.as_ref(), !self.action.tells_missing)
    }

    fn replace(&self, memory: &mut Memory, key: &str, old: Option<&Arc<Value>>, may_make: bool) -> Outcome {
        let maker = self.maker();
        let sent = sent(self.contract, self.ask.operation, self.ask.request, &self.action.sent_at);
        let item = maker.taken(single(sent));
        let (value, reply) = match old {
            Some(old) => {
                let old = old.as_object().cloned().unwrap_or_default();
                (maker.replaced(item, &old, key, &self.above), &self.action.answer)
            }
            None if may_make => {
                let reply = self.action.made.as_ref().unwrap_or(&self.action.answer);
                (maker.made(item, key, &self.above), reply)
            }
            None => return self.missing(key),
        };
        self.keep(memory, key, value, reply)
    }

    fn patch(&self, memory: &mut Memory, key: &str, old: &Arc<Value>) -> Outcome {
        let maker = self.maker();
        let before = old.as_object().cloned().unwrap_or_default();
        let media = self.ask.request.media_type();
        let listed = media.is_some_and(|media| media.essence() == "application/json-patch+json");
        let sent = sent(self.contract, self.ask.operation, self.ask.request, &self.action.sent_at);
        let changed = match sent {
            sent @ Value::Array(_) if listed => patch(before.clone(), sent),
            sent => match single(sent) {
                Value::Object(sent) => {
                    let mut sent = maker.taken(Value::Object(sent));
                    sent.extend(queried(self.contract, self.ask.operation, self.resource, self.ask.request));
                    let nulls: Vec<&String> = sent.iter().filter(|(_, v)| v.is_null()).map(|(name, _)| name).collect();
                    let nulls: Vec<String> =
                        nulls.into_iter().filter(|name| self.must_be_null(name, &before)).cloned().collect();
                    let mut item = before.clone();
                    merge(&mut item, sent, &|name| nulls.iter().any(|known| known == name));
                    Ok(item)
                }
                _ => Err(Refusal::invalid("the body is neither an object nor a JSON Patch")),
            },
        };
        let changed = match changed {
            Ok(changed) => maker.patched(changed, &before, key, &self.above),
            Err(Refusal { statuses, message }) => return self.refuse(statuses, &message),
        };
        if let Some(message) = self.breaks(&changed).filter(|_| self.breaks(&before).is_none()) {
            return self
                .refuse(&[422, 400, 409], &format!("what the patch makes of the item breaks its schema: {message}"));
        }
        self.keep(memory, key, Value::Object(changed), &self.action.answer)
    }

    /// Whether a property cannot be taken out, but be `null`.
    fn must_be_null(&self, name: &str, item: &Map<String, Value>) -> bool {
        let mut without = item.clone();
        without.shift_remove(name);
        if self.breaks(&without).is_none() {
            return false;
        }
        without.insert(name.to_owned(), Value::Null);
        self.breaks(&without).is_none()
    }

    /// How an item breaks its schema.
    fn breaks(&self, item: &Map<String, Value>) -> Option<String> {
        let schema = self.resource.schema.as_ref()?;
        let compiled = self.contract.schema(schema, Direction::Response).ok()?;
        let shown = item.iter().filter(|(name, _)| !self.resource.hidden.contains(*name));
        let shown: Map<String, Value> = shown.map(|(name, value)| (name.clone(), value.clone())).collect();
        compiled.violations(&Value::Object(shown)).into_iter().next().map(|violation| violation.message)
    }

    fn keep(&self, memory: &mut Memory, key: &str, value: Value, reply: &Reply) -> Outcome {
        let value = Arc::new(value);
        let put = Change::Put { collection: self.collection.clone(), key: key.to_owned(), value: Arc::clone(&value) };
        match self.change(memory, vec![put]) {
            Ok(()) => self.tell(reply, &[(key, &value)], None),
            Err(refused) => refused,
        }
    }

    fn delete(&self, memory: &mut Memory, key: &str, old: &Arc<Value>) -> Outcome {
        let remove = Change::Remove { collection: self.collection.clone(), key: key.to_owned() };
        let below = format!("{}/{}/", self.base(), utf8_percent_encode(key, SEGMENT));
        match self.change(memory, vec![remove, Change::Drop { below }]) {
            Ok(()) => self.tell(&self.action.answer, &[(key, old)], None),
            Err(refused) => refused,
        }
    }

    fn clear(&self, memory: &mut Memory) -> Outcome {
        let keys: Vec<String> = memory
            .collection(&self.collection)
            .map(|all| all.items.values().map(|entry| entry.key.clone()).collect())
            .unwrap_or_default();
        let mut changes = vec![Change::Drop { below: format!("{}/", self.base()) }];
        changes.extend(keys.into_iter().map(|key| Change::Remove { collection: self.collection.clone(), key }));
        match self.change(memory, changes) {
            Ok(()) => self.tell(&self.action.answer, &[], None),
            Err(refused) => refused,
        }
    }

    /// The collection's path without what all of its paths end in: `.json`.
    fn base(&self) -> &str {
        let suffix = self.suffix();
        self.collection.strip_suffix(suffix).unwrap_or(&self.collection)
    }

    fn suffix(&self) -> &'a str {
        self.resource.item.trim_end_matches('/').rsplit_once('}').map_or("", |(_, suffix)| suffix)
    }

    fn change(&self, memory: &mut Memory, changes: Vec<Change>) -> Result<(), Outcome> {
        self.state.clients.change(&self.client, memory, changes).map_err(|error| match error {
            Unchanged::Full(message) => Err(Refused(507, message)),
            Unchanged::Lost(message) => Err(Refused(500, format!("the state could not be kept: {message}"))),
        })
    }

    fn missing(&self, key: &str) -> Outcome {
        let parameter = &self.resource.parameter;
        self.refuse(
            &[404],
            &format!("the path parameter `{parameter}` is `{key}`, which is not in `{}`", self.collection),
        )
    }

    /// The document's own error answer, else problem details.
    fn refuse(&self, statuses: &[u16], message: &str) -> Outcome {
        let told = Finding {
            check: CheckId::new("state"),
            side: Side::Request,
            origin: Origin::Document,
            message: message.to_owned(),
            expected: String::new(),
            actual: String::new(),
            instance: None,
            schema: None,
            contract_place: None,
            case_place: None,
        };
        let accept = self.accept.as_deref();
        let found = self.ask.documented.invalid(statuses, &Wish::default(), accept, &[told])?;
        found.ok_or_else(|| Refused(statuses[0], message.to_owned()))
    }

    /// The document's answer, with these items in it.
    fn tell(&self, reply: &Reply, items: &[Shown<'_>], page: Option<&Page<'_>>) -> Outcome {
        let wish = Wish { code: Some(reply.status), ..Wish::default() };
        let documented = self.ask.documented.valid(&wish, self.accept.as_deref(), self.state.settings.seed, &[])?;
        let spec = self.ask.operation.response(reply.status);
        let mut answer = documented.clone();
        for header in spec.map_or(&[][..], |spec| &spec.headers) {
            let value = match page {
                Some(page) => page.header(&header.name),
                None if header.name.eq_ignore_ascii_case("location") => {
                    let absolute = header.schema.as_ref().is_some_and(|schema| {
                        let format = self.contract.schema_value(schema).get("format").and_then(Value::as_str);
                        format.is_some_and(|format| matches!(format, "uri" | "url"))
                    });
                    items.first().map(|(key, _)| self.location(key, absolute))
                }
                None => None,
            };
            if let Some(value) = value {
                answer.response.headers.set(&header.name, value);
            }
        }
        let media = answer.response.media_type();
        let content = spec.map_or(&[][..], |spec| &spec.content);
        let fitting = media.as_ref().and_then(|media| content.iter().find(|known| known.range.matches(media)));
        let bodiless = matches!(reply.status, 204 | 205);
        let (Some(media), Some(described), false) = (media, fitting, bodiless) else { return Ok(answer) };
        let base = if media.is_json() {
            serde_json::from_slice(&answer.response.body).unwrap_or(Value::Null)
        } else {
            self.generated(described)
        };
        let body = self.body(reply, described, base.clone(), items, page);
        let (whole, schema) = (body.clone(), described.schema.as_ref());
        answer.response.body = write(self.contract, described, &body).bytes.into();
        if self.keeps(&answer) {
            return Ok(answer);
        }
        if let Some(schema) = schema
            && let Ok(mended) = repaired(self.contract, schema, whole, &|| base.clone())
        {
            answer.response.body = write(self.contract, described, &mended).bytes.into();
            if self.keeps(&answer) {
                return Ok(answer);
            }
        }
        let mut documented = documented;
        documented.troubles.push(format!(
            "what is remembered at `{}` does not fit the response {}: it is answered by the document",
            self.collection, reply.status
        ));
        Ok(documented)
    }

    fn keeps(&self, answer: &Answer) -> bool {
        let operation = self.ask.operation;
        let options = check::Options::default();
        check::answer(self.contract, operation, operation.method(), &answer.response, options).findings.is_empty()
    }

    fn generated(&self, described: &MediaTypeSpec) -> Value {
        let Some(schema) = &described.schema else { return Value::Null };
        let mut generator =
            Generator::new(self.contract, Direction::Response, self.state.settings.seed).with_examples().in_full();
        generator.value(schema).unwrap_or(Value::Null)
    }

    fn body(
        &self,
        reply: &Reply,
        described: &MediaTypeSpec,
        mut base: Value,
        items: &[Shown<'_>],
        page: Option<&Page<'_>>,
    ) -> Value {
        let maker = self.maker();
        // A media type without a schema of its own takes items as they are.
        let schema =
            |of: &SchemaRef| if described.schema.is_some() { Some(of.clone()) } else { self.resource.schema.clone() };
        let shown = |(key, item): &Shown<'_>, of: &SchemaRef| match schema(of) {
            Some(of) => maker.shown(item, &of, key),
            None => Value::clone(item),
        };
        match &reply.body {
            Shape::Item(path, of) => {
                if let Some(first) = items.first() {
                    put(&mut base, path, shown(first, of));
                }
            }
            Shape::List(path, of) => {
                put(&mut base, path, items.iter().map(|item| shown(item, of)).collect());
                let look = Look(self.contract);
                if let (Some(page), Some(whole)) = (page, described.schema.as_ref().and_then(|whole| look.at(whole))) {
                    page.tell(look, &mut base, &whole, path);
                }
            }
            Shape::Other => self.name(&mut base, described, items),
        }
        base
    }

    /// An answer that holds no item may still say which one it was.
    fn name(&self, base: &mut Value, described: &MediaTypeSpec, items: &[Shown<'_>]) {
        let (Value::Object(body), Some((key, _)), Some(id)) = (base, items.first(), &self.resource.id) else { return };
        let look = Look(self.contract);
        let Some(schema) = described.schema.as_ref().and_then(|schema| look.at(schema)) else { return };
        for (name, property) in look.properties(&schema) {
            let node = look.follow(property);
            if fold(name) != fold(&id.name) && fold(name) != fold(&self.resource.parameter) {
                continue;
            }
            let number = is(node.value, "integer").then(|| key.parse::<i64>().ok()).flatten();
            body.insert(name.to_owned(), number.map_or_else(|| Value::from(*key), Value::from));
        }
    }

    /// Where an item is to be found.
    fn location(&self, key: &str, absolute: bool) -> String {
        let request = self.ask.request;
        let path = request.path().trim_end_matches('/');
        let suffix = self.suffix();
        let path = if self.key.is_some() {
            path.to_owned()
        } else {
            let base = path.strip_suffix(suffix).unwrap_or(path);
            format!("{base}/{}{suffix}", utf8_percent_encode(key, SEGMENT))
        };
        let host =
            request.url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next()).unwrap_or("localhost");
        if absolute { format!("http://{host}{path}") } else { path }
    }
}
