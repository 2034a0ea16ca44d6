//! Prints of schemas: two that say the same have the same one.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::Walk;
use super::facts::{Bound, Facts};
use super::node::{Node, Side};

/// How deep a print goes. What differs only deeper is found when the pair is compared.
const DEEP: u8 = 5;

impl<'c> Walk<'_, 'c, '_> {
    /// Whether two schemas say the same, as far as a print goes.
    pub(super) fn is_alike(&self, old: &Node<'c>, new: &Node<'c>) -> bool {
        self.sides.old.print(old) == self.sides.new.print(new)
    }
}

impl<'c> Side<'c> {
    pub(super) fn print(&self, node: &Node<'c>) -> u64 {
        self.print_to(node, DEEP)
    }

    fn print_to(&self, node: &Node<'c>, deep: u8) -> u64 {
        let facts = self.facts(node);
        let key = (facts.id, deep);
        if let Some(known) = self.prints.borrow().get(&key) {
            return *known;
        }
        self.work.set(self.work.get() + 1);
        let mut hasher = DefaultHasher::new();
        own(&facts, &mut hasher);
        if deep > 0 {
            self.below(&facts, deep - 1, &mut hasher);
        }
        let print = hasher.finish();
        self.prints.borrow_mut().insert(key, print);
        print
    }

    fn below(&self, facts: &Facts<'c>, deep: u8, hasher: &mut DefaultHasher) {
        let mut properties: Vec<_> =
            facts.properties.iter().map(|(name, node)| (*name, self.print_to(node, deep))).collect();
        properties.sort_unstable();
        properties.hash(hasher);
        for map in [&facts.pattern_properties, &facts.dependent_schemas] {
            map.iter().map(|(name, node)| (*name, self.print_to(node, deep))).collect::<Vec<_>>().hash(hasher);
        }
        for node in [&facts.additional, &facts.items] {
            node.as_ref().map(|node| self.print_to(node, deep)).hash(hasher);
        }
        facts.prefix.iter().map(|node| self.print_to(node, deep)).collect::<Vec<_>>().hash(hasher);
        for (keyword, node) in &facts.subschemas {
            (keyword, self.print_to(node, deep)).hash(hasher);
        }
        for group in &facts.groups {
            let branches = group.branches.iter().map(|branch| self.print_to(&Node(vec![branch.clone()]), deep));
            let mut branches: Vec<u64> = branches.collect();
            branches.sort_unstable();
            (group.one_of, branches).hash(hasher);
        }
    }
}

/// The keywords without schemas below them.
fn own(facts: &Facts<'_>, hasher: &mut DefaultHasher) {
    let bound = |bound: &Option<Bound>| bound.as_ref().map(|bound| (bound.value.to_bits(), bound.exclusive));
    facts.never.is_some().hash(hasher);
    facts.types.bits().hash(hasher);
    facts.format.as_ref().map(|(name, _)| *name).hash(hasher);
    for held in facts.lower.iter().chain(&facts.upper).chain([&facts.minimum, &facts.maximum, &facts.multiple_of]) {
        bound(held).hash(hasher);
    }
    facts.unique.is_some().hash(hasher);
    facts.patterns.keys().collect::<Vec<_>>().hash(hasher);
    facts.listed.as_ref().map(|listed| listed.values.keys().collect::<Vec<_>>()).hash(hasher);
    facts.required.keys().collect::<Vec<_>>().hash(hasher);
    (facts.read_only.is_some(), facts.write_only.is_some()).hash(hasher);
    for (name, (names, _)) in &facts.dependent_required {
        (name, names).hash(hasher);
    }
}
