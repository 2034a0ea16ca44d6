//! Where each value of a document comes from that an overlay changed or that was converted.

use std::collections::HashMap;

use crate::source::Pointer;

/// Whose a value is, and where it stands in that file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whence {
    Document(Pointer),
    Overlay(Pointer),
}

impl Whence {
    fn join(&self, token: &str) -> Self {
        match self {
            Self::Document(pointer) => Self::Document(pointer.join(token)),
            Self::Overlay(pointer) => Self::Overlay(pointer.join(token)),
        }
    }
}

/// The origins of all values: a tree that says something only where something was changed.
/// What has no entry comes from where its parent does.
#[derive(Debug, Default)]
pub(super) struct Origins(Tree);

#[derive(Debug, Default)]
struct Tree {
    whence: Option<Whence>,
    below: HashMap<String, Tree>,
}

impl Origins {
    /// Where the value at `pointer` comes from.
    pub(super) fn of(&self, pointer: &Pointer) -> Whence {
        let mut whence = Whence::Document(Pointer::root());
        let mut tree = Some(&self.0);
        let mut tokens = pointer.tokens();
        loop {
            if let Some(said) = tree.and_then(|tree| tree.whence.as_ref()) {
                whence = said.clone();
            }
            let Some(token) = tokens.next() else { return whence };
            tree = tree.and_then(|tree| tree.below.get(&*token));
            whence = whence.join(&token);
        }
    }

    /// The places of the document that something was moved from, each with all places it is at now.
    pub(super) fn by_origin(&self) -> HashMap<Pointer, Vec<Pointer>> {
        let mut all: HashMap<Pointer, Vec<Pointer>> = HashMap::new();
        let mut trees = vec![(Pointer::root(), &self.0)];
        while let Some((at, tree)) = trees.pop() {
            if let Some(Whence::Document(from)) = &tree.whence {
                all.entry(from.clone()).or_default().push(at.clone());
            }
            trees.extend(tree.below.iter().map(|(token, tree)| (at.join(token), tree)));
        }
        // The order of a map is none: the shortest place counts, then the first.
        for places in all.values_mut() {
            places.sort_unstable_by_key(|at| (at.as_str().len(), at.clone()));
        }
        all
    }

    /// From now on the value at `pointer` and all below it come from `whence`.
    pub(super) fn set(&mut self, pointer: &Pointer, whence: Whence) {
        *self.tree(pointer) = Tree { whence: Some(whence), below: HashMap::new() };
    }

    /// The entry at `pointer` of a mapping is gone.
    pub(super) fn remove_key(&mut self, parent: &Pointer, key: &str) {
        self.tree(parent).below.remove(key);
    }

    /// Of the list at `pointer`, only the items at `kept` (rising) are left.
    pub(super) fn keep_items(&mut self, pointer: &Pointer, kept: &[usize]) {
        let whence: Vec<Whence> = kept.iter().map(|index| self.of(&pointer.index(*index))).collect();
        let tree = self.tree(pointer);
        let mut below = HashMap::new();
        for (new, (old, whence)) in kept.iter().zip(whence).enumerate() {
            let mut item = tree.below.remove(&old.to_string()).unwrap_or_default();
            item.whence = Some(whence);
            below.insert(new.to_string(), item);
        }
        tree.below = below;
    }

    fn tree(&mut self, pointer: &Pointer) -> &mut Tree {
        pointer.tokens().fold(&mut self.0, |tree, token| tree.below.entry(token.into_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(text: &str) -> Pointer {
        Pointer::parse(text).expect("a pointer")
    }

    #[test]
    fn what_is_below_follows_its_parent() {
        let mut origins = Origins::default();
        origins.set(&pointer("/a/b"), Whence::Overlay(pointer("/x")));
        assert_eq!(origins.of(&pointer("/a/b/c")), Whence::Overlay(pointer("/x/c")));
        assert_eq!(origins.of(&pointer("/a/c")), Whence::Document(pointer("/a/c")));
        origins.remove_key(&pointer("/a"), "b");
        assert_eq!(origins.of(&pointer("/a/b")), Whence::Document(pointer("/a/b")));
    }

    #[test]
    fn items_that_move_up_keep_their_origin() {
        let mut origins = Origins::default();
        origins.set(&pointer("/l/3"), Whence::Overlay(pointer("/x")));
        origins.keep_items(&pointer("/l"), &[1, 3]);
        assert_eq!(origins.of(&pointer("/l/0/a")), Whence::Document(pointer("/l/1/a")));
        assert_eq!(origins.of(&pointer("/l/1/a")), Whence::Overlay(pointer("/x/a")));
    }
}
