//! The discriminator: by which property a value says of which branch it is, and by which words.
//!
//! A component may have another name where a mapping keeps its word; without a mapping the word is
//! the name (OpenAPI, Discriminator Object), and a new name is a new word.

use std::collections::BTreeSet;

use super::facts::{Discriminator, Facts, Group};
use super::node::Side;
use super::{Pair, Walk};
use crate::diff::rules;
use crate::source::Pointer;

/// Compares the property, and the words that stand for other schemas than branches.
pub(super) fn compare<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>) {
    match (&pair.old.discriminator, &pair.new.discriminator) {
        (None, Some(new)) => {
            let predicate = format!("names its kind by `{}` now", new.property);
            walk.report(rules::DISCRIMINATOR_ADDED, pair, &predicate, (None, Some(&new.at)));
        }
        (Some(old), None) => {
            let predicate = format!("no longer names its kind by `{}`", old.property);
            walk.report(rules::DISCRIMINATOR_REMOVED, pair, &predicate, (Some(&old.at), None));
        }
        (Some(old), Some(new)) => {
            if old.property != new.property {
                let predicate = format!("names its kind by `{}` now, was `{}`", new.property, old.property);
                walk.report(rules::DISCRIMINATOR_CHANGED, pair, &predicate, (Some(&old.at), Some(&new.at)));
            }
            elsewhere(walk, pair, (old, new));
        }
        (None, None) => {}
    }
}

/// Words of the mapping that stand for schemas which are no branches here.
fn elsewhere<'c>(walk: &mut Walk<'_, 'c, '_>, pair: &Pair<'c>, (old, new): (&Discriminator<'c>, &Discriminator<'c>)) {
    let (before, after) = (own_words(&walk.sides.old, &pair.old), own_words(&walk.sides.new, &pair.new));
    for word in before.iter().filter(|word| !new.mapping.contains_key(**word)) {
        report(walk, pair, &format!("has `{word}` no longer as a value of `{}`", new.property));
    }
    for word in after.iter().filter(|word| !old.mapping.contains_key(**word)) {
        report(walk, pair, &format!("has `{word}` newly as a value of `{}`", new.property));
    }
    for word in before.intersection(&after) {
        let (was, is) = (target(old.mapping[word]), target(new.mapping[word]));
        let schema = |name: &str| Pointer::root().join("components").join("schemas").join(name);
        let schemas = (walk.sides.old.at(&schema(was)), walk.sides.new.at(&schema(is)));
        let is_same = was == is || matches!(&schemas, (Some(old), Some(new)) if walk.is_alike(old, new));
        if !is_same {
            report(walk, pair, &format!("has `{word}` stand for `{is}` now, was `{was}` (`{}`)", new.property));
        }
    }
}

/// Compares the words that stand for branches, `pairs` of which are the same.
pub(super) fn branches<'c>(
    walk: &mut Walk<'_, 'c, '_>,
    pair: &Pair<'c>,
    (old, new): (&Group<'c>, &Group<'c>),
    pairs: &[(usize, usize)],
) {
    let (Some(before), Some(after)) = (&pair.old.discriminator, &pair.new.discriminator) else { return };
    let (old_words, new_words) = (words(&walk.sides.old, old, before), words(&walk.sides.new, new, after));
    for (was, is) in pairs {
        for word in old_words[*was].difference(&new_words[*is]) {
            let moved = new_words.iter().position(|words| words.contains(word));
            let predicate = match moved.and_then(|to| walk.sides.new.component(&new.branches[to])) {
                Some(name) => format!("has `{word}` stand for `{name}` now (`{}`)", after.property),
                None => format!("has `{word}` no longer as a value of `{}`", after.property),
            };
            report(walk, pair, &predicate);
        }
        for word in new_words[*is].difference(&old_words[*was]) {
            if !old_words.iter().any(|words| words.contains(word)) {
                report(walk, pair, &format!("has `{word}` newly as a value of `{}`", after.property));
            }
        }
    }
}

fn report(walk: &mut Walk<'_, '_, '_>, pair: &Pair<'_>, predicate: &str) {
    let at = |facts: &Facts<'_>| facts.discriminator.as_ref().map(|found| found.at.clone());
    let (old, new) = (at(&pair.old), at(&pair.new));
    walk.report(rules::DISCRIMINATOR_CHANGED, pair, predicate, (old.as_ref(), new.as_ref()));
}

/// For each branch the words that stand for it: those of the mapping, else its component's name.
fn words<'c>(side: &Side<'c>, group: &Group<'c>, discriminator: &Discriminator<'c>) -> Vec<BTreeSet<String>> {
    let of = |name: String, at: (usize, Pointer)| {
        let mapped = discriminator.mapping.iter().filter(|(_, to)| schema_of(side, discriminator, to) == at);
        let mapped: BTreeSet<String> = mapped.map(|(word, _)| (*word).to_owned()).collect();
        if mapped.is_empty() { BTreeSet::from([name]) } else { mapped }
    };
    let words = |branch| Some(of(side.component(branch)?, side.written_target(branch)?));
    group.branches.iter().map(|branch| words(branch).unwrap_or_default()).collect()
}

/// The words of the mapping that stand for no branch.
fn own_words<'c>(side: &Side<'c>, facts: &Facts<'c>) -> BTreeSet<&'c str> {
    let branches = facts.groups.iter().flat_map(|group| &group.branches);
    let branches: Vec<_> = branches.filter_map(|branch| side.written_target(branch)).collect();
    let Some(discriminator) = &facts.discriminator else { return BTreeSet::new() };
    let mapping = discriminator.mapping.iter();
    let own = mapping.filter(|(_, to)| !branches.contains(&schema_of(side, discriminator, to)));
    own.map(|(word, _)| *word).collect()
}

/// The number of the document and the place in it of the schema that a mapping's value means: a
/// reference, to a file, say, or the name of a component.
fn schema_of(side: &Side<'_>, discriminator: &Discriminator<'_>, value: &str) -> (usize, Pointer) {
    let (document, _) = side.contract.written(&discriminator.at);
    match side.contract.survey().target(document, value) {
        Some(spot) => (spot.document, spot.pointer),
        None => (document, Pointer::root().join("components").join("schemas").join(target(value))),
    }
}

/// The name of the component that a mapping's value means: a reference or a name.
fn target(value: &str) -> &str {
    value.rsplit('/').next().unwrap_or(value)
}
