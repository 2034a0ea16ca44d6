//! Which cases run.

use std::collections::HashSet;
use std::str::FromStr;

use globset::{GlobBuilder, GlobMatcher};

use crate::case::Listed;
use crate::exchange::MASK;
use crate::verdict::CaseId;

/// What a selection is asked for: within a list any entry will do, each list that is not empty must agree.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Case files or folders, `/`-separated, relative to where the run was started.
    pub files: Vec<String>,
    /// Parts of names, or globs (`*`, `?`, `[…]`, `{…}`) for whole names; case does not count.
    pub names: Vec<String>,
    /// Tags; `!tag` leaves out.
    pub tags: Vec<String>,
    /// Operations as the cases name them.
    pub operations: Vec<String>,
    /// Contracts.
    pub contracts: Vec<String>,
    /// Only these cases: those that failed last time, say.
    pub cases: Option<Vec<CaseId>>,
    /// One part of all.
    pub shard: Option<Shard>,
}

/// The `index`th (from 1) of `of` parts; each case is in exactly one, always the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub index: usize,
    /// How many there are.
    pub of: usize,
}

impl FromStr for Shard {
    type Err = SelectionError;

    /// Reads `1/3`: the first of three.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (index, of) = text.split_once('/').unwrap_or((text, ""));
        let number = |word: &str| word.parse().map_err(|_| SelectionError::NoShard(text.to_owned()));
        Self { index: number(index)?, of: number(of)? }.checked()
    }
}

impl Shard {
    fn checked(self) -> Result<Self, SelectionError> {
        let Self { index, of } = self;
        if (1..=of).contains(&index) { Ok(self) } else { Err(SelectionError::Shard { index, of }) }
    }
}

/// What a selection must know of a case; nothing of it needs a contract.
#[derive(Clone, Debug, Default)]
pub struct Candidate<'a> {
    /// Its file.
    pub file: &'a str,
    /// Its name, its row's values filled in where they are known.
    pub name: &'a str,
    /// Its row, from 1.
    pub row: Option<usize>,
    /// Its tags, with the defaults'.
    pub tags: &'a [String],
    /// The operations its steps name.
    pub operations: &'a [String],
    /// Its contract.
    pub contract: &'a str,
}

impl<'a> Candidate<'a> {
    /// A case of a file that was read, whose contract has this name.
    pub fn of(case: &'a Listed, contract: &'a str) -> Self {
        Self {
            file: &case.id.file,
            name: &case.id.name,
            row: case.id.row,
            tags: &case.tags,
            operations: &case.operations,
            contract,
        }
    }
}

/// A selection that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// A name pattern is no glob.
    #[error("the name pattern `{pattern}` cannot be read: {reason}")]
    Pattern {
        /// As given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No part is named.
    #[error("`{0}` is no shard; write the first of three as `1/3`")]
    NoShard(String),
    /// There is no such part.
    #[error("there is no shard {index} of {of}; the first is `1/{of}`")]
    Shard {
        /// As given.
        index: usize,
        /// As given.
        of: usize,
    },
}

/// Which cases run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    wanted: Wanted,
    names: Vec<Name>,
    with: Vec<String>,
    without: Vec<String>,
    cases: Option<Only>,
}

/// Cases by their identity, as the results of an earlier run tell it.
#[derive(Clone, Debug)]
struct Only {
    files: HashSet<String>,
    exact: HashSet<CaseId>,
    /// Those in whose names a secret was masked.
    masked: Vec<CaseId>,
}

impl Only {
    fn of(cases: Vec<CaseId>) -> Self {
        let files = cases.iter().map(|case| case.file.clone()).collect();
        let (masked, exact): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.name.contains(MASK));
        Self { files, exact: exact.into_iter().collect(), masked }
    }

    fn has(&self, case: &Candidate<'_>) -> bool {
        self.exact.contains(&CaseId { file: case.file.into(), name: case.name.into(), row: case.row })
            || self
                .masked
                .iter()
                .any(|masked| masked.file == case.file && masked.row == case.row && is_masked(&masked.name, case.name))
    }
}

/// Whether `masked` is `name` with parts of it masked.
fn is_masked(masked: &str, name: &str) -> bool {
    let mut parts = masked.split(MASK);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[derive(Clone, Debug)]
enum Name {
    Part(String),
    Whole(GlobMatcher),
}

impl Selection {
    /// Makes a selection; patterns are read once, here.
    pub fn new(mut wanted: Wanted) -> Result<Self, SelectionError> {
        wanted.shard.map(Shard::checked).transpose()?;
        for file in &mut wanted.files {
            let tidy = file.replace('\\', "/");
            tidy.trim_start_matches("./").trim_end_matches('/').clone_into(file);
        }
        let names = wanted.names.iter().map(|text| Name::read(text)).collect::<Result<_, _>>()?;
        let (without, with): (Vec<String>, Vec<String>) =
            wanted.tags.iter().cloned().partition(|tag| tag.starts_with('!'));
        let without = without.into_iter().map(|tag| tag[1..].to_owned()).collect();
        let cases = wanted.cases.take().map(Only::of);
        Ok(Self { wanted, names, with, without, cases })
    }

    /// Whether this selection takes everything.
    pub fn is_everything(&self) -> bool {
        let Wanted { files, names, tags, operations, contracts, shard, .. } = &self.wanted;
        self.cases.is_none()
            && shard.is_none()
            && [files, names, tags, operations, contracts].iter().all(|list| list.is_empty())
    }

    /// Whether any case of this file can be selected: what says no need not be read.
    pub fn takes_file(&self, file: &str) -> bool {
        let files = &self.wanted.files;
        let below = |folder: &String| {
            let rest = file.strip_prefix(folder.as_str());
            folder == "." || folder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        (files.is_empty() || files.iter().any(below))
            && self.cases.as_ref().is_none_or(|cases| cases.files.contains(file))
    }

    /// Whether this case is selected, shards aside.
    pub fn takes(&self, case: &Candidate<'_>) -> bool {
        let wanted = &self.wanted;
        let any = |list: &[String], has: &dyn Fn(&String) -> bool| list.is_empty() || list.iter().any(has);
        self.takes_file(case.file)
            && (self.names.is_empty() || self.names.iter().any(|name| name.matches(case.name)))
            && any(&self.with, &|tag| case.tags.contains(tag))
            && !self.without.iter().any(|tag| case.tags.contains(tag))
            && any(&wanted.operations, &|operation| case.operations.contains(operation))
            && any(&wanted.contracts, &|contract| contract == case.contract)
            && self.cases.as_ref().is_none_or(|cases| cases.has(case))
    }

    /// Whether the `index`th (from 0) of the cases that are selected otherwise is in this shard.
    pub fn takes_index(&self, index: usize) -> bool {
        self.wanted.shard.is_none_or(|shard| index % shard.of == shard.index - 1)
    }
}

impl Name {
    fn read(text: &str) -> Result<Self, SelectionError> {
        if !text.contains(['*', '?', '[', '{']) {
            return Ok(Self::Part(text.to_lowercase()));
        }
        let glob = GlobBuilder::new(text).case_insensitive(true).build();
        glob.map(|glob| Self::Whole(glob.compile_matcher()))
            .map_err(|error| SelectionError::Pattern { pattern: text.to_owned(), reason: error.kind().to_string() })
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Part(part) => name.to_lowercase().contains(part),
            Self::Whole(glob) => glob.is_match(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn check(wanted: Wanted, expected: bool) {
        let shown = format!("{wanted:?}");
        let tags = strings(&["smoke", "slow"]);
        let operations = strings(&["createUser"]);
        let case = Candidate {
            file: "cases/000/users.yaml",
            name: "Creates a user (1/2)",
            row: Some(2),
            tags: &tags,
            operations: &operations,
            contract: "000",
        };
        assert_eq!(Selection::new(wanted).expect("a selection").takes(&case), expected, "{shown}");
    }

    #[test]
    fn every_list_must_agree_and_within_a_list_any_entry() {
        let of = |set: fn(&mut Wanted, Vec<String>), texts: &[&str]| {
            let mut wanted = Wanted::default();
            set(&mut wanted, strings(texts));
            wanted
        };
        for (texts, expected) in [
            (&["cases/000"][..], true),
            (&["./cases/000/users.yaml"], true),
            (&["."], true),
            (&["cases/00"], false),
            (&["other", "cases/"], true),
        ] {
            check(of(|wanted, files| wanted.files = files, texts), expected);
        }
        for (text, expected) in [("a USER", true), ("creates*(?/2)", true), ("creates", true), ("user*", false)] {
            check(of(|wanted, names| wanted.names = names, &[text]), expected);
        }
        for (texts, expected) in [
            (&["smoke"][..], true),
            (&["fast"], false),
            (&["fast", "slow"], true),
            (&["smoke", "!slow"], false),
            (&["!fast"], true),
        ] {
            check(of(|wanted, tags| wanted.tags = tags, texts), expected);
        }
        for (text, expected) in [("createUser", true), ("deleteUser", false)] {
            check(of(|wanted, operations| wanted.operations = operations, &[text]), expected);
        }
        check(of(|wanted, contracts| wanted.contracts = contracts, &["001"]), false);
        let both = Wanted { tags: strings(&["smoke"]), contracts: strings(&["001"]), ..Wanted::default() };
        check(both, false);
    }

    #[test]
    fn the_cases_of_a_list_are_taken_and_only_those() {
        let id = |file: &str, row| CaseId { file: file.into(), name: "Creates a user (1/2)".into(), row };
        let of = |id| Wanted { cases: Some(vec![id]), ..Wanted::default() };
        check(of(id("cases/000/users.yaml", Some(2))), true);
        check(of(id("cases/000/users.yaml", Some(1))), false);
        check(of(id("cases/000/other.yaml", Some(2))), false);
        check(Wanted { cases: Some(Vec::new()), ..Wanted::default() }, false);
    }

    #[test]
    fn names_with_masked_secrets_are_found_again() {
        for (masked, name, expected) in [
            ("refuses \"***\"", "refuses \"Bearer x\"", true),
            ("***: *** of ***", "a: b of c", true),
            ("refuses ***", "takes a", false),
            ("a *** b", "a x c", false),
        ] {
            assert_eq!(is_masked(masked, name), expected, "{masked} and {name}");
        }
    }

    #[test]
    fn shards_part_all_cases() {
        let shard = |index, of| Selection::new(Wanted { shard: Some(Shard { index, of }), ..Wanted::default() });
        for case in 0..20 {
            let taken = (1..=3).filter(|index| shard(*index, 3).expect("a shard").takes_index(case)).count();
            assert_eq!(taken, 1);
        }
        for (index, of) in [(0, 2), (3, 2), (1, 0)] {
            assert!(shard(index, of).is_err());
        }
        assert_eq!("2/3".parse::<Shard>().ok(), Some(Shard { index: 2, of: 3 }));
        for (text, expected) in [
            ("2", "`2` is no shard"),
            ("1/x", "`1/x` is no shard"),
            ("0/3", "there is no shard 0 of 3"),
            ("4/3", "there is no shard 4 of 3"),
        ] {
            let error = text.parse::<Shard>().expect_err(text).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_broken_pattern_is_told() {
        let error = Selection::new(Wanted { names: strings(&["a[b"]), ..Wanted::default() });
        assert!(error.expect_err("no glob").to_string().contains("`a[b`"));
    }
}
