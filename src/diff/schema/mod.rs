//! Two schemas, compared by what they allow.
//!
//! Schemas are compared after references were followed and `allOf` was taken apart, so that a
//! component with another name, or a part that moved into one, is no change. The walk goes through
//! pairs of schemas breadth first; each pair is looked at once for each body, which ends
//! circles, and pairs that were found without a change are not looked at again.

mod arrays;
mod bounds;
mod branches;
mod discriminator;
mod facts;
mod node;
mod normal;
mod objects;
mod print;
mod types;
mod values;

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use facts::Facts;
use node::Node;
pub(super) use node::Side;
use types::Types;

use super::collect::{Changes, Places, Scope};
use super::rules::{self, Rule};
use crate::contract::{Direction, SchemaRef};
use crate::source::Pointer;

/// How many schemas may be taken apart, and pairs compared, for one comparison of documents.
const MOST_WORK: usize = 4_000_000;
/// Longer paths to a property are cut.
const LONGEST_PATH: usize = 400;

/// What a schema is for.
pub(super) struct Root<'r> {
    /// Operation and direction.
    pub(super) scope: &'r Scope,
    /// As it stands in a sentence: "the request body (`application/json`)".
    pub(super) what: &'r str,
    /// Where it stands, for what has no place of its own.
    pub(super) places: &'r Places,
    /// Which of its values are written as plain text, so that a number is also a string.
    pub(super) text: Text,
    /// Whether it is a parameter's: then a default value is judged there.
    pub(super) is_parameter: bool,
}

/// Which values of a body, parameter or header are written as plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// None: JSON tells a number from a string.
    Nowhere,
    /// The value itself, or its items.
    Whole,
    /// The fields of a form, or their items.
    Fields,
    /// All: XML.
    Everywhere,
}

/// The two contracts, and which schemas of them are known to be the same.
pub(super) struct Sides<'c> {
    pub(super) old: Side<'c>,
    pub(super) new: Side<'c>,
    unchanged: HashSet<PairKey>,
    /// What is below pairs that differ in nothing themselves.
    clean: HashMap<PairKey, Rc<[Below<'c>]>>,
    work: usize,
}

/// Two schemas that stand below a pair.
struct Below<'c> {
    old: Rc<Facts<'c>>,
    new: Rc<Facts<'c>>,
    /// From the pair to them: `.name`, `[]`.
    step: String,
    direction: Direction,
}

type PairKey = (usize, usize, Direction);

impl<'c> Sides<'c> {
    pub(super) fn new(old: Side<'c>, new: Side<'c>) -> Self {
        Self { old, new, unchanged: HashSet::new(), clean: HashMap::new(), work: 0 }
    }
}

/// Compares two schemas (`None`: anything goes).
pub(super) fn compare(
    sides: &mut Sides<'_>,
    changes: &mut Changes<'_>,
    root: &Root<'_>,
    schemas: (Option<&SchemaRef>, Option<&SchemaRef>),
) {
    if schemas == (None, None) {
        return;
    }
    let old = sides.old.node(schemas.0);
    let new = sides.new.node(schemas.1);
    let mut walk = Walk::new(sides, changes, root);
    walk.start((&old, &new));
    walk.run();
}

/// Compares the items of a list with a value that was alone, or the other way round.
pub(super) fn compare_single_with_items(
    sides: &mut Sides<'_>,
    changes: &mut Changes<'_>,
    root: &Root<'_>,
    schemas: (Option<&SchemaRef>, Option<&SchemaRef>),
) -> bool {
    let old = sides.old.node(schemas.0);
    let new = sides.new.node(schemas.1);
    let (old_facts, new_facts) = (sides.old.facts(&old), sides.new.facts(&new));
    let is_list = |facts: &Facts<'_>| facts.types.without_null() == Types::ARRAY;
    let few = |facts: &Facts<'_>| facts.lower[1].as_ref().is_none_or(|bound| bound.value <= 1.0);
    let single = |facts: &Facts<'_>| facts.types.is_scalar();
    let anything = Node::default();
    let (rule, pair) = if single(&old_facts) && is_list(&new_facts) && few(&new_facts) {
        (rules::PARAMETER_BECAME_LIST, (&old, new_facts.items.as_ref().unwrap_or(&anything)))
    } else if is_list(&old_facts) && single(&new_facts) {
        (rules::PARAMETER_BECAME_SINGLE, (old_facts.items.as_ref().unwrap_or(&anything), &new))
    } else {
        return false;
    };
    let now =
        if rule == rules::PARAMETER_BECAME_LIST { "may have several values now" } else { "may have one value only" };
    changes.push_about(rule, root.scope, root.what, now, root.places.clone());
    let mut walk = Walk::new(sides, changes, root);
    walk.start(pair);
    walk.run();
    true
}

/// Whether a schema allows texts, numbers and truth values only.
pub(super) fn is_scalar(side: &Side<'_>, schema: Option<&SchemaRef>) -> bool {
    schema.is_some() && side.facts(&side.node(schema)).types.is_scalar()
}

/// What a property is written as by default (OpenAPI 3.1.1, section 4.8.15, "Encoding Object").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PropertyKind {
    /// Texts, numbers and truth values.
    Plain,
    /// Lists and objects.
    Structured,
    /// It depends on the value.
    Any,
}

/// What a property of an object is; `None`: it is not described.
pub(super) fn property(side: &Side<'_>, schema: Option<&SchemaRef>, name: &str) -> Option<PropertyKind> {
    let object = side.facts(&side.node(schema));
    let types = side.facts(object.properties.get(name)?).types.without_null();
    Some(match types {
        types if types.is_scalar() => PropertyKind::Plain,
        types if !types.overlaps(Types::SCALAR) => PropertyKind::Structured,
        _ => PropertyKind::Any,
    })
}

/// Two schemas that stand for the same value.
struct Pair<'c> {
    number: usize,
    old: Rc<Facts<'c>>,
    new: Rc<Facts<'c>>,
    /// From the root's value: `owner.tags[].name`.
    path: String,
    direction: Direction,
}

struct Walk<'w, 'c, 's> {
    sides: &'w mut Sides<'c>,
    changes: &'w mut Changes<'s>,
    root: &'w Root<'w>,
    queue: VecDeque<Pair<'c>>,
    /// The number of each pair.
    seen: HashMap<PairKey, usize>,
    /// Which pairs lead to each one.
    parents: Vec<Vec<usize>>,
    changed: Vec<usize>,
    /// What is below the pair that is being compared.
    found: Vec<Below<'c>>,
}

impl<'w, 'c, 's> Walk<'w, 'c, 's> {
    fn new(sides: &'w mut Sides<'c>, changes: &'w mut Changes<'s>, root: &'w Root<'w>) -> Self {
        let (queue, seen) = (VecDeque::new(), HashMap::new());
        Self { sides, changes, root, queue, seen, parents: Vec::new(), changed: Vec::new(), found: Vec::new() }
    }

    /// Plans the comparison of the two schemas that are compared first.
    fn start(&mut self, (old, new): (&Node<'c>, &Node<'c>)) {
        let (old, new) = (self.sides.old.facts(old), self.sides.new.facts(new));
        self.enter(None, (old, new), String::new(), self.root.scope.direction.unwrap_or(Direction::Request));
    }

    /// Plans the comparison of two schemas, found while comparing `from`.
    fn enter(
        &mut self,
        from: Option<usize>,
        (old, new): (Rc<Facts<'c>>, Rc<Facts<'c>>),
        path: String,
        direction: Direction,
    ) {
        let key = (old.id, new.id, direction);
        if self.is_shared() && self.sides.unchanged.contains(&key) {
            return;
        }
        if let Some(known) = self.seen.get(&key) {
            self.parents[*known].extend(from);
            return;
        }
        let number = self.parents.len();
        self.seen.insert(key, number);
        self.parents.push(from.into_iter().collect());
        self.queue.push_back(Pair { number, old, new, path, direction });
    }

    /// Notes that two schemas below a pair are to be compared, too; `None`: anything goes there.
    fn below(&mut self, pair: &Pair<'c>, nodes: (Option<&Node<'c>>, Option<&Node<'c>>), step: &str) {
        self.below_toward(nodes, step, pair.direction);
    }

    fn below_toward(&mut self, (old, new): (Option<&Node<'c>>, Option<&Node<'c>>), step: &str, direction: Direction) {
        let anything = Node::default();
        let old = self.sides.old.facts(old.unwrap_or(&anything));
        let new = self.sides.new.facts(new.unwrap_or(&anything));
        self.found.push(Below { old, new, step: step.to_owned(), direction });
    }

    /// Whether what is found out about pairs here holds for other bodies as well.
    fn is_shared(&self) -> bool {
        self.root.text == Text::Nowhere && !self.root.is_parameter
    }

    /// What is below a pair, its own differences told.
    fn visit(&mut self, pair: &Pair<'c>) -> Rc<[Below<'c>]> {
        let key = (pair.old.id, pair.new.id, pair.direction);
        if self.is_shared()
            && let Some(known) = self.sides.clean.get(&key)
        {
            return Rc::clone(known);
        }
        let before = self.changes.count();
        self.pair(pair);
        let below: Rc<[Below<'c>]> = std::mem::take(&mut self.found).into();
        if self.changes.count() != before {
            self.changed.push(pair.number);
        } else if self.is_shared() {
            self.sides.clean.insert(key, Rc::clone(&below));
        }
        below
    }

    fn run(mut self) {
        while let Some(pair) = self.queue.pop_front() {
            self.sides.work += 1;
            if self.sides.work + self.sides.old.work.get() + self.sides.new.work.get() > MOST_WORK {
                self.changes.give_up(self.root.scope, self.root.places.clone());
                return;
            }
            for below in self.visit(&pair).iter() {
                let path = longer(&pair.path, &below.step);
                let facts = (Rc::clone(&below.old), Rc::clone(&below.new));
                self.enter(Some(pair.number), facts, path, below.direction);
            }
        }
        self.remember();
    }

    fn pair(&mut self, pair: &Pair<'c>) {
        if !values::never(self, pair) {
            return;
        }
        let values_overlap = values::types(self, pair);
        values::listed(self, pair);
        if !values_overlap {
            return;
        }
        let common = self.common(pair);
        // One list of values against bounds or a pattern: which of them are lost was told.
        if common.overlaps(Types::STRING.or(Types::NUMBER)) && !is_listed_once(pair) {
            values::strings(self, pair);
        }
        values::defaults(self, pair);
        bounds::compare(self, pair, common);
        if branches::compare(self, pair) {
            if common.overlaps(Types::STRUCTURED) {
                objects::compare(self, pair);
            }
            arrays::compare(self, pair, common);
        }
    }

    /// The types that are allowed before and after: what is said of others was told with them.
    fn common(&self, pair: &Pair<'_>) -> Types {
        let types = |types: Types| if types == Types::NONE { Types::ANY } else { values::as_text(self, pair, types) };
        types(pair.old.types).and(types(pair.new.types))
    }

    /// Notes which pairs lead to no change, so that other operations need not look at them.
    fn remember(self) {
        let is_shared = self.is_shared();
        let mut leads = vec![false; self.parents.len()];
        let mut stack = self.changed;
        while let Some(number) = stack.pop() {
            if !std::mem::replace(&mut leads[number], true) {
                stack.extend(&self.parents[number]);
            }
        }
        if is_shared {
            let unchanged = self.seen.into_iter().filter(|(_, number)| !leads[*number]).map(|(key, _)| key);
            self.sides.unchanged.extend(unchanged);
        }
    }

    /// The value of a pair, as it stands in a sentence.
    fn subject(&self, path: &str) -> String {
        match path {
            "" => self.root.what.to_owned(),
            path => format!("`{path}` of {}", self.root.what),
        }
    }

    /// Whether the value of a pair is written as plain text.
    fn is_text(&self, pair: &Pair<'_>) -> bool {
        match self.root.text {
            Text::Nowhere => false,
            Text::Whole => matches!(pair.path.as_str(), "" | "[]"),
            Text::Fields => !pair.path.trim_end_matches("[]").contains(['.', '[']),
            Text::Everywhere => true,
        }
    }

    fn report(
        &mut self,
        rule: &Rule,
        pair: &Pair<'_>,
        predicate: &str,
        (old, new): (Option<&Pointer>, Option<&Pointer>),
    ) {
        let subject = self.subject(&pair.path);
        let places = self.places(pair, (old, new));
        let inverted = self.root.scope.direction.is_some_and(|direction| direction != pair.direction);
        let scope = Scope { inverted, ..self.root.scope.clone() };
        self.changes.push_about(rule, &scope, &subject, predicate, places);
    }

    fn places(&self, pair: &Pair<'_>, (old, new): (Option<&Pointer>, Option<&Pointer>)) -> Places {
        let old = old.or(pair.old.at.as_ref()).map(|at| self.sides.old.place(at));
        let new = new.or(pair.new.at.as_ref()).map(|at| self.sides.new.place(at));
        (old.or_else(|| self.root.places.0.clone()), new.or_else(|| self.root.places.1.clone()))
    }
}

/// Whether values are listed before or after only.
fn is_listed_once(pair: &Pair<'_>) -> bool {
    pair.old.listed.is_some() != pair.new.listed.is_some()
}

/// The path to what is `step` below `path`.
fn longer(path: &str, step: &str) -> String {
    match path {
        "" => step.strip_prefix('.').unwrap_or(step).to_owned(),
        path if path.len() < LONGEST_PATH => format!("{path}{step}"),
        path => path.to_owned(),
    }
}
