//! Recognising collections in a contract: pairs of paths, and what the schemas of their operations share.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::envelope::{Envelopes, find_item, find_list};
use super::look::{Look, Node, is};
use super::names::{IDENTIFIERS, fold, shared_ending, singular};
use super::resource::{Action, Property, Reply, Resource, Role, Shape, Stamp};
use crate::contract::{Contract, Location, Operation, Parameter, StatusPattern};
use crate::mock::negotiate;

/// All collections of a contract whose items can be made by requests and read again.
pub(super) fn recognise(contract: &Contract) -> Vec<Resource> {
    let paths = Paths::of(contract);
    let mut found: Vec<Resource> = Vec::new();
    for (collection, item) in paths.pairs() {
        found.extend(Recogniser { contract, look: Look(contract), paths: &paths, collection, item }.resource());
    }
    for at in 0..found.len() {
        let above = parent_template(&found[at].collection);
        found[at].parent = above.and_then(|above| found.iter().position(|known| normal(&known.item) == above));
    }
    found
}

/// The path template that a collection hangs below: `/users/{id}/posts` → `/users/{}`.
fn parent_template(collection: &str) -> Option<String> {
    let normal = normal(collection);
    let (above, _) = normal.trim_end_matches('/').rsplit_once('/')?;
    above.ends_with('}').then(|| above.to_owned())
}

/// A path template without the names of its parameters and without a last slash.
fn normal(template: &str) -> String {
    let mut out = String::with_capacity(template.len());
    let mut inside = false;
    for c in template.chars() {
        inside &= c != '}';
        if !inside {
            out.push(c);
        }
        inside |= c == '{';
    }
    out.truncate(out.trim_end_matches('/').len());
    out
}

/// The names of a template's parameters, in order.
pub(super) fn parameters(template: &str) -> Vec<&str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// The operations of each path.
struct Paths<'c> {
    contract: &'c Contract,
    by_normal: HashMap<String, Vec<usize>>,
    /// In the document's order.
    order: Vec<String>,
}

impl<'c> Paths<'c> {
    fn of(contract: &'c Contract) -> Self {
        let (mut by_normal, mut order) = (HashMap::<String, Vec<usize>>::new(), Vec::new());
        for (at, operation) in contract.operations().iter().enumerate() {
            let normal = normal(operation.path());
            let list = by_normal.entry(normal.clone()).or_default();
            if list.is_empty() {
                order.push(normal);
            }
            list.push(at);
        }
        Self { contract, by_normal, order }
    }

    /// The paths of collections and of their items.
    fn pairs(&self) -> Vec<(String, String)> {
        let pair = |item: &String| {
            let (above, last) = item.rsplit_once('/')?;
            let suffix = last.strip_prefix("{}")?;
            if suffix.contains('{') || !(suffix.is_empty() || suffix.starts_with('.')) {
                return None;
            }
            let collection = format!("{above}{suffix}");
            let exists = self.by_normal.contains_key(&collection) && !above.is_empty() && !above.ends_with('}');
            exists.then(|| (collection, item.clone()))
        };
        self.order.iter().filter_map(pair).collect()
    }

    fn operations(&self, normal: &str) -> impl Iterator<Item = (usize, &'c Operation)> {
        let all = self.by_normal.get(normal).map_or(&[][..], Vec::as_slice);
        all.iter().map(|at| (*at, &self.contract.operations()[*at]))
    }

    fn operation(&self, normal: &str, method: &str) -> Option<(usize, &'c Operation)> {
        self.operations(normal).find(|(_, operation)| operation.method() == method)
    }
}

struct Recogniser<'a, 'c> {
    contract: &'c Contract,
    look: Look<'c>,
    paths: &'a Paths<'c>,
    collection: String,
    item: String,
}

impl<'c> Recogniser<'_, 'c> {
    fn resource(&self) -> Option<Resource> {
        let (_, any_of_item) = self.paths.operations(&self.item).next()?;
        let (_, any_of_all) = self.paths.operations(&self.collection).next()?;
        let parameter = (*parameters(any_of_item.path()).last()?).to_owned();
        let of_path = |known: &&Parameter| known.location == Location::Path && known.name == parameter;
        let parameter_schema = any_of_item.parameters().iter().find(of_path).and_then(|known| known.value_schema());
        let envelopes = self.envelopes(&parameter);
        let schema = self.schema(&envelopes);
        let operations = self.actions(&envelopes, schema.as_ref());
        let roles: BTreeSet<Role> = operations.values().map(|action| action.role).collect();
        let makes = roles.contains(&Role::Create) || roles.contains(&Role::Replace) || roles.contains(&Role::Put);
        let reads = roles.contains(&Role::Read) || roles.contains(&Role::List);
        if !(makes && reads) {
            return None;
        }
        let mut resource = Resource {
            collection: any_of_all.path().to_owned(),
            item: any_of_item.path().to_owned(),
            parameter_schema: parameter_schema.cloned(),
            id: None,
            schema: schema.as_ref().map(|schema| self.look.reference(schema)),
            known: BTreeMap::new(),
            hidden: BTreeSet::new(),
            parents: Vec::new(),
            parent: None,
            parameter,
            operations,
        };
        self.properties(&mut resource, schema.as_ref());
        Some(resource)
    }

    fn envelopes(&self, parameter: &str) -> Envelopes {
        let segment = self.collection.rsplit('/').next().unwrap_or_default();
        let segment = segment.split('.').next().unwrap_or_default();
        Envelopes { segment: fold(segment), one: singular(segment), parameter: fold(parameter) }
    }

    /// The schema of a JSON body of success.
    fn answered(&self, operation: &Operation, role: Role) -> Option<(u16, Option<Node<'c>>)> {
        let (at, status) = success(operation, role)?;
        let content = &operation.responses()[at].content;
        let media = content.iter().find(|media| media.range.is_json()).or_else(|| content.first());
        Some((status, media.and_then(|media| self.look.at(media.schema.as_ref()?))))
    }

    /// The schemas of the bodies that an operation takes.
    fn taken(&self, operation: &Operation) -> Vec<Node<'c>> {
        let content = operation.request_body().map_or(&[][..], |body| &body.content[..]);
        let read = content.iter().filter(|media| media.range.essence() != "application/json-patch+json");
        read.filter_map(|media| self.look.at(media.schema.as_ref()?)).collect()
    }

    /// The schema of one item: of what is read, else changed, made, listed, sent.
    fn schema(&self, envelopes: &Envelopes) -> Option<Node<'c>> {
        let of = |path: &str, method: &str, role: Role| {
            self.paths.operation(path, method).and_then(|(_, operation)| self.answered(operation, role)?.1)
        };
        let listed = of(&self.collection, "GET", Role::List)
            .and_then(|list| find_list(self.look, &list, None, envelopes))
            .map(|(_, item)| item);
        let answered = [
            (&self.item, "GET", Role::Read),
            (&self.item, "PUT", Role::Replace),
            (&self.item, "PATCH", Role::Patch),
            (&self.collection, "POST", Role::Create),
        ];
        let answered = answered.into_iter().find_map(|(path, method, role)| {
            let body = of(path, method, role)?;
            // One item may be answered as a list of one.
            if let Some((_, item)) = find_list(self.look, &body, listed.as_ref(), envelopes)
                && listed.as_ref().is_some_and(|listed| listed.place == item.place)
            {
                return Some(item);
            }
            find_item(self.look, &body, listed.as_ref(), envelopes).map(|(_, item)| item)
        });
        let sent = || {
            let makers = [(&self.collection, "POST"), (&self.item, "PUT")];
            makers.into_iter().find_map(|(path, method)| {
                let (_, operation) = self.paths.operation(path, method)?;
                let body = self.taken(operation).into_iter().next()?;
                find_item(self.look, &body, None, envelopes).map(|(_, item)| item)
            })
        };
        // The one that says which item it is, if any does.
        let all = || [answered.clone(), listed.clone()].into_iter().flatten();
        let named = all().find(|schema| envelopes.name(self.look, schema));
        named.or_else(|| all().next()).or_else(sent)
    }

    fn actions(&self, envelopes: &Envelopes, schema: Option<&Node<'c>>) -> BTreeMap<usize, Action> {
        let mut actions = BTreeMap::new();
        for (at, operation) in self.paths.operations(&self.collection) {
            let role = match operation.method() {
                "GET" => Role::List,
                "POST" if self.searches_by_post(operation, schema) => continue,
                "POST" => Role::Create,
                "PUT" if schema.is_some() && self.takes_item(operation, schema) => Role::Put,
                "DELETE" => Role::Clear,
                _ => continue,
            };
            actions.extend(self.action(operation, role, envelopes, schema).map(|action| (at, action)));
        }
        for (at, operation) in self.paths.operations(&self.item) {
            let role = match operation.method() {
                "GET" | "HEAD" => Role::Read,
                "PUT" => Role::Replace,
                // Some APIs change what there is by `POST`.
                "PATCH" | "POST" => Role::Patch,
                "DELETE" => Role::Delete,
                _ => continue,
            };
            actions.extend(self.action(operation, role, envelopes, schema).map(|action| (at, action)));
        }
        let searches = self.searches(schema);
        for (at, operation) in searches {
            actions.extend(self.action(operation, Role::List, envelopes, schema).map(|action| (at, action)));
        }
        actions
    }

    /// `GET` on a word below the collection that lists the same items by a property: `/pets/findByStatus`.
    fn searches(&self, schema: Option<&Node<'c>>) -> Vec<(usize, &'c Operation)> {
        let Some(schema) = schema else { return Vec::new() };
        let known = self.look.properties(schema);
        let below = |path: &&String| {
            path.strip_prefix(self.collection.as_str())
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|rest| !rest.contains(['/', '{']))
        };
        let paths = self.paths.order.iter().filter(below);
        let asked = |operation: &Operation| {
            let mut query = operation.parameters().iter().filter(|known| known.location == Location::Query);
            query.any(|parameter| known.keys().any(|name| fold(name) == fold(&parameter.name)))
        };
        let lists = |operation: &Operation| {
            let body = self.answered(operation, Role::List).and_then(|(_, body)| body);
            let items = body.and_then(|body| self.look.items(&body));
            items.is_some_and(|items| items.place == schema.place)
        };
        let found = paths.filter_map(|path| self.paths.operation(path, "GET"));
        found.filter(|(_, operation)| asked(operation) && lists(operation)).collect()
    }

    /// Whether `POST` asks for what `GET` lists, with a body for the query: it sends nothing like an item.
    fn searches_by_post(&self, operation: &Operation, schema: Option<&Node<'c>>) -> bool {
        let body = |operation: &Operation, role| self.answered(operation, role).and_then(|(_, body)| body);
        let listed = self.paths.operation(&self.collection, "GET").and_then(|(_, get)| body(get, Role::List));
        let (Some(posted), Some(listed)) = (body(operation, Role::Create), listed) else { return false };
        let names = self.envelopes("");
        let alike = |sent: &Node<'c>| schema.is_some_and(|schema| self.look.alike(schema, sent));
        let taken = self.taken(operation);
        let item =
            |sent: &Node<'c>| alike(sent) || self.sent_at(sent, &names, schema).is_some_and(|path| !path.is_empty());
        posted.place == listed.place && !is(posted.value, "array") && !taken.iter().any(item)
    }

    fn takes_item(&self, operation: &Operation, schema: Option<&Node<'c>>) -> bool {
        let Some(schema) = schema else { return false };
        self.taken(operation).iter().any(|body| body.place == schema.place)
    }

    fn action(
        &self,
        operation: &Operation,
        role: Role,
        envelopes: &Envelopes,
        schema: Option<&Node<'c>>,
    ) -> Option<Action> {
        let (status, body) = self.answered(operation, role)?;
        if !(200..300).contains(&status) {
            return None;
        }
        let body = self.shape(body.as_ref(), role, envelopes, schema);
        // A list that is not found in its answer is the document's to give.
        if role == Role::List && !matches!(body, Shape::List(..)) {
            return None;
        }
        let sent_at = self.taken(operation).first().and_then(|body| self.sent_at(body, envelopes, schema));
        let exact = |code| operation.responses().iter().any(|known| known.status == StatusPattern::Exact(code));
        let made = (role == Role::Replace && status != 201 && exact(201)).then(|| {
            let content = operation.response(201).map_or(&[][..], |response| &response.content);
            let media = content.iter().find(|media| media.range.is_json()).or_else(|| content.first());
            let body = media.and_then(|media| self.look.at(media.schema.as_ref()?));
            Reply { status: 201, body: self.shape(body.as_ref(), role, envelopes, schema) }
        });
        Some(Action {
            role,
            sent_at: sent_at.unwrap_or_default(),
            answer: Reply { status, body },
            made,
            tells_missing: exact(404),
            tells_conflict: exact(409),
        })
    }

    /// Where an item is in a request's body, or a list of them.
    fn sent_at(&self, body: &Node<'c>, envelopes: &Envelopes, schema: Option<&Node<'c>>) -> Option<Vec<String>> {
        if let Some((path, item)) = find_list(self.look, body, schema, envelopes)
            && schema.is_some_and(|schema| schema.place == item.place && schema.place != body.place)
        {
            return Some(path);
        }
        find_item(self.look, body, schema, envelopes).map(|(path, _)| path)
    }

    fn shape(&self, body: Option<&Node<'c>>, role: Role, envelopes: &Envelopes, schema: Option<&Node<'c>>) -> Shape {
        let Some(body) = body else { return Shape::Other };
        if role == Role::List || is(body.value, "array") {
            let found = find_list(self.look, body, schema, envelopes);
            return found.map_or(Shape::Other, |(path, item)| Shape::List(path, self.look.reference(&item)));
        }
        match find_item(self.look, body, schema, envelopes) {
            Some((path, item)) if schema.is_none_or(|schema| self.look.alike(schema, &item)) => {
                Shape::Item(path, self.look.reference(&item))
            }
            // A list of one.
            _ => match find_list(self.look, body, schema, envelopes) {
                Some((path, item))
                    if schema.is_some_and(|schema| schema.place == item.place || self.look.alike(schema, &item)) =>
                {
                    Shape::List(path, self.look.reference(&item))
                }
                _ => Shape::Other,
            },
        }
    }

    fn properties(&self, resource: &mut Resource, schema: Option<&Node<'c>>) {
        let sent = self.sent(resource, schema);
        if let Some(schema) = schema {
            for (name, node) in self.look.properties(schema) {
                let property = self.property(name, &node, sent.get(&fold(name)));
                resource.known.insert(name.to_owned(), property);
            }
        }
        let folded: BTreeSet<String> = resource.known.keys().map(|name| fold(name)).collect();
        if schema.is_some() && !folded.is_empty() {
            let unseen = sent.iter().filter(|(folded_name, _)| !folded.contains(*folded_name));
            resource.hidden = unseen.map(|(_, (name, _))| name.clone()).collect();
        }
        let hidden = resource.known.values().filter(|property| property.write_only);
        resource.hidden.extend(hidden.map(|property| property.name.clone()));
        let id = identifier(resource, &self.envelopes(&resource.parameter));
        resource.id = id.or_else(|| self.natural_key(resource, schema));
        let above = parameters(&resource.collection);
        for (index, name) in above.iter().enumerate() {
            let of_segment = resource.collection.split(&format!("/{{{name}}}")).next().unwrap_or_default();
            let one = singular(of_segment.rsplit('/').next().unwrap_or_default());
            let wanted = [fold(name), format!("{one}id")];
            let same = |known: &&String| wanted.contains(&fold(known)) && fold(known) != "id";
            let own = resource.id.as_ref().map(|id| id.name.clone());
            if let Some(found) = resource.known.keys().filter(|known| Some(*known) != own.as_ref()).find(same) {
                resource.parents.push((found.clone(), index));
            }
        }
    }

    /// What tells items apart that are made by `POST` without an id: their name, else the one text that each must
    /// have. What clients send there is what they will ask for: `/repos/{repo}` is the repository's `name`.
    fn natural_key(&self, resource: &Resource, schema: Option<&Node<'c>>) -> Option<Property> {
        if !resource.operations.values().any(|action| action.role == Role::Create) {
            return None;
        }
        let of_path = resource.parameter_schema.as_ref().and_then(|known| self.look.at(known));
        if of_path.is_some_and(|known| !is(self.look.follow(known).value, "string")) {
            return None;
        }
        let text = |property: &&Property| {
            let schema = self.look.at(&property.schema);
            property.sent && !property.write_only && schema.is_some_and(|node| is(node.value, "string"))
        };
        let all = || resource.known.values().filter(text);
        let named = ["name", "slug", "code"].iter().find_map(|word| all().find(|known| fold(&known.name) == *word));
        let required = schema.and_then(|schema| schema.value.get("required")).and_then(serde_json::Value::as_array);
        let required = |known: &&Property| required.is_some_and(|all| all.iter().any(|name| *name == *known.name));
        let only = || {
            let mut found = all().filter(required);
            found.next().filter(|_| found.next().is_none())
        };
        named.or_else(only).cloned()
    }

    /// The properties that clients send, by folded name.
    fn sent(&self, resource: &Resource, schema: Option<&Node<'c>>) -> BTreeMap<String, (String, Node<'c>)> {
        let mut sent = BTreeMap::new();
        for (at, action) in &resource.operations {
            let operation = &self.contract.operations()[*at];
            for body in self.taken(operation) {
                let mut node = body;
                for name in &action.sent_at {
                    node = match self.look.property(&node, name) {
                        Some(inner) => inner,
                        None => break,
                    };
                }
                // A list of items is sent for several at once.
                if is(node.value, "array")
                    && let Some(items) = self.look.items(&node)
                {
                    node = items;
                }
                // What stands beside the item's own schema is not an item's.
                if schema.is_some_and(|schema| node.place != schema.place && !is(node.value, "object")) {
                    continue;
                }
                for (name, property) in self.look.properties(&node) {
                    sent.entry(fold(name)).or_insert_with(|| (name.to_owned(), property));
                }
            }
        }
        sent
    }

    fn property(&self, name: &str, node: &Node<'c>, sent: Option<&(String, Node<'c>)>) -> Property {
        let followed = self.look.follow(node.clone());
        let default =
            |node: &Node<'c>| node.value.get("default").or_else(|| self.look.follow(node.clone()).value.get("default"));
        let sent_default = sent.and_then(|(_, sent)| default(sent));
        Property {
            name: name.to_owned(),
            schema: self.look.reference(node),
            read_only: self.look.says(node, "readOnly"),
            write_only: self.look.says(node, "writeOnly"),
            sent: sent.is_some(),
            default: default(node).or(sent_default).cloned(),
            stamp: Stamp::of(name, followed.value),
        }
    }
}

/// The response of success: `201` for what is made, `204` for what is deleted, where the document has them.
fn success(operation: &Operation, role: Role) -> Option<(usize, u16)> {
    let patterns: Vec<StatusPattern> = operation.responses().iter().map(|response| response.status).collect();
    let preferred = match role {
        Role::Create => 201,
        Role::Delete | Role::Clear => 204,
        _ => 200,
    };
    let exact = patterns.iter().position(|pattern| *pattern == StatusPattern::Exact(preferred));
    exact.map(|at| (at, preferred)).or_else(|| negotiate::success(&patterns))
}

/// The property that holds what the item's path parameter says.
fn identifier(resource: &Resource, envelopes: &Envelopes) -> Option<Property> {
    let (parameter, one) = (&envelopes.parameter, &envelopes.one);
    let all = || resource.known.values();
    let scalar = |property: &&Property| !property.write_only;
    let exact = all().filter(scalar).find(|property| property.name == resource.parameter);
    let same = || all().filter(scalar).find(|property| fold(&property.name) == *parameter);
    // `petId` is the `id` of a pet, `customer` too.
    let tail = || {
        let rest = parameter.strip_prefix(one.as_str()).filter(|rest| !rest.is_empty());
        let wanted = rest.unwrap_or(parameter);
        let named = |word: &str| all().filter(scalar).find(|property| fold(&property.name) == word);
        let usual = IDENTIFIERS.iter().filter(|word| wanted.ends_with(*word)).find_map(|word| named(word));
        // `user_handle` is a `handle`.
        let ends = |property: &&Property| {
            let folded = fold(&property.name);
            folded.len() > 2 && wanted.ends_with(&folded)
        };
        usual.or_else(|| all().filter(scalar).filter(ends).max_by_key(|property| property.name.len()))
    };
    let usual = || {
        let own = format!("{one}id");
        let words = IDENTIFIERS[..6].iter().copied().chain(std::iter::once(own.as_str()));
        words.into_iter().find_map(|word| all().filter(scalar).find(|property| fold(&property.name) == word))
    };
    // `PayRunCalendarID` is the `payrollCalendarID`.
    let alike = || {
        let shared = |property: &&Property| shared_ending(&property.name, &resource.parameter);
        all().filter(scalar).filter(|property| shared(property) >= 2).max_by_key(shared)
    };
    exact.or_else(same).or_else(tail).or_else(usual).or_else(alike).cloned()
}
