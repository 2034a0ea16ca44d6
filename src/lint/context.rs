//! What all checks share: the documents, and where problems are put.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

use super::Settings;
use super::checks::{Judge, Known};
use super::fix::{Change, Fix};
use super::place::Place;
use super::rules::{RULES, Rule};
use super::version::Version;
use crate::contract::{Contract, Direction, Spot, Survey};
use crate::source::{Diagnostic, Diagnostics, Severity};

/// The most problems of one code that are kept; the rest are counted.
pub(super) const MOST_OF_A_CODE: usize = 2_000;

/// What is underlined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Key,
    Value,
}

/// One thing that is wrong; its place in the text is looked up later.
#[derive(Debug)]
pub(super) struct Problem {
    rule: &'static Rule,
    severity: Severity,
    spot: Spot,
    on: On,
    message: String,
    label: String,
    help: Option<String>,
    section: Option<String>,
    /// Another place that has to do with it.
    also: Option<(Spot, String)>,
    /// What would take it away, and where.
    fixes: Vec<(Spot, Change)>,
}

impl Problem {
    /// With the key (where there is one) at `place` underlined.
    pub(super) fn key(rule: &'static Rule, place: &Place<'_>, message: impl Into<String>) -> Self {
        Self::at(rule, place.spot(), On::Key, message.into())
    }

    /// With the value at `place` underlined.
    pub(super) fn value(rule: &'static Rule, place: &Place<'_>, message: impl Into<String>) -> Self {
        Self::at(rule, place.spot(), On::Value, message.into())
    }

    /// With the key (where there is one) at `spot` underlined.
    pub(super) fn spot(rule: &'static Rule, spot: Spot, message: impl Into<String>) -> Self {
        Self::at(rule, spot, On::Key, message.into())
    }

    fn at(rule: &'static Rule, spot: Spot, on: On, message: String) -> Self {
        let (severity, label, help, section, also) = (rule.severity, String::new(), None, None, None);
        Self { rule, severity, spot, on, message, label, help, section, also, fixes: Vec::new() }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn section(mut self, section: String) -> Self {
        self.section = Some(section);
        self
    }

    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(super) fn also(mut self, spot: Spot, label: impl Into<String>) -> Self {
        self.also = Some((spot, label.into()));
        self
    }

    /// Proposes a change at `spot`.
    pub(super) fn fix(mut self, spot: Spot, change: Change) -> Self {
        self.fixes.push((spot, change));
        self
    }

    fn diagnostic(self, survey: Survey<'_>, version: Version) -> Diagnostic {
        let (source, pointer) = survey.locate(&self.spot);
        let mut diagnostic = Diagnostic::error(self.rule.code, self.message);
        diagnostic.severity = self.severity;
        diagnostic = match self.on {
            On::Key => diagnostic.at_key(source, &pointer, self.label),
            On::Value => diagnostic.at_value(source, &pointer, self.label),
        };
        if let Some((spot, label)) = self.also {
            let (source, pointer) = survey.locate(&spot);
            diagnostic = diagnostic.at_key(source, &pointer, label);
        }
        diagnostic.help = self.help;
        diagnostic.note = Some(version.address(self.section.as_deref().unwrap_or(self.rule.section)));
        diagnostic
    }
}

/// The documents, and what was found.
pub(super) struct Context<'c> {
    pub(super) contract: &'c Contract,
    pub(super) survey: Survey<'c>,
    /// The version of the document that is looked at.
    pub(super) version: Version,
    /// Whether the documents were written in Swagger 2.0.
    pub(super) is_swagger: bool,
    /// What is known of types of schemas.
    pub(super) known_types: Known,
    /// Patterns that were read, and whether they are any.
    pub(super) known_patterns: HashMap<String, bool>,
    /// Schemas that judged lately.
    pub(super) compiled: HashMap<(Spot, Direction), Judge>,
    /// Examples that were judged, each with its schema.
    pub(super) judged: HashSet<(Spot, Spot)>,
    /// Schemas that could not be judged by.
    pub(super) unusable: HashSet<Spot>,
    /// The ids of operations, once somebody asks.
    pub(super) operation_ids: OnceCell<HashSet<&'c str>>,
    problems: Vec<(Problem, Version)>,
    counts: HashMap<&'static str, usize>,
    /// Hashes of what was told.
    told: HashSet<u64>,
}

impl<'c> Context<'c> {
    pub(super) fn new(contract: &'c Contract) -> Self {
        let survey = contract.survey();
        let version = Version::of(survey.root(0)).unwrap_or(Version::V31);
        Self {
            contract,
            survey,
            version,
            is_swagger: false,
            known_types: Known::default(),
            known_patterns: HashMap::new(),
            compiled: HashMap::new(),
            judged: HashSet::new(),
            unusable: HashSet::new(),
            operation_ids: OnceCell::new(),
            problems: Vec::new(),
            counts: HashMap::new(),
            told: HashSet::new(),
        }
    }

    /// Keeps a problem, or only counts it where there are very many of its code.
    pub(super) fn push(&mut self, problem: Problem) {
        // A shared part is met from many sides.
        let mut hasher = DefaultHasher::new();
        (problem.rule.code, &problem.spot, &problem.message).hash(&mut hasher);
        if !self.told.insert(hasher.finish()) {
            return;
        }
        let count = self.counts.entry(problem.rule.code).or_default();
        *count += 1;
        if *count <= MOST_OF_A_CODE {
            self.problems.push((problem, self.version));
        }
    }

    /// The version of a document, that of the first one where it has none of its own.
    pub(super) fn version_of(&self, document: usize) -> Version {
        let own = Version::of(self.survey.root(document));
        own.or_else(|| Version::of(self.survey.root(0))).unwrap_or(Version::V31)
    }

    /// What stands at a spot, references followed.
    pub(super) fn resolve(&self, spot: &Spot) -> (Spot, Option<&'c Value>) {
        let spot = self.survey.follow(spot);
        let value = self.survey.value(&spot);
        (spot, value)
    }

    /// All problems and what was told while loading (`faults`), in the order of the text; with how
    /// many there are of each code.
    pub(super) fn finish(self, faults: Diagnostics, settings: &Settings) -> Found {
        let Self { survey, problems, mut counts, version, is_swagger, .. } = self;
        let mut all: Vec<Diagnostic> = Vec::new();
        for mut fault in faults.into_iter().filter(|fault| !SAID_BETTER.contains(&fault.code)) {
            *counts.entry(fault.code).or_default() += 1;
            if fault.note.is_none() {
                fault.note = super::rules::rule(fault.code).map(|rule| version.address(rule.section));
            }
            // What the document itself writes so stays so.
            if is_swagger && !survey.source(0).text().contains("#/components/") {
                fault.message = super::swagger::as_written(&fault.message);
            }
            all.push(fault);
        }
        let is_off = |code: &str| matches!(settings.levels.get(code), Some(None));
        let mut fixes = Vec::new();
        for (problem, _) in problems.iter().filter(|(problem, _)| !is_off(problem.rule.code)) {
            let made = problem.fixes.iter();
            fixes.extend(made.filter_map(|(spot, change)| Fix::new(survey, spot, change.clone(), &problem.message)));
        }
        all.extend(problems.into_iter().map(|(problem, version)| problem.diagnostic(survey, version)));
        all.retain_mut(|diagnostic| match settings.levels.get(diagnostic.code) {
            None => true,
            Some(Some(severity)) => {
                diagnostic.severity = *severity;
                true
            }
            Some(None) => false,
        });
        counts.retain(|code, _| !is_off(code));
        let counted = RULES.iter().filter_map(|rule| counts.get(rule.code).map(|count| (*rule, *count))).collect();
        Found { diagnostics: in_order(survey, all), counts: counted, fixes }
    }
}

/// What was found in all documents.
pub(super) struct Found {
    pub(super) diagnostics: Diagnostics,
    pub(super) counts: Vec<(&'static Rule, usize)>,
    pub(super) fixes: Vec<Fix>,
}

/// What loading says and the checks here say better, or what is no fault of the document.
const SAID_BETTER: [&str; 2] = ["path-without-slash", "version-read-as-3.1"];

/// File by file as they were read, and from top to bottom.
fn in_order(survey: Survey<'_>, mut all: Vec<Diagnostic>) -> Diagnostics {
    let files: HashMap<&str, usize> = (0..survey.len()).map(|number| (survey.source(number).name(), number)).collect();
    all.sort_by_cached_key(|diagnostic| {
        diagnostic
            .labels
            .first()
            .map_or((0, 0), |label| (files.get(label.source.name()).copied().unwrap_or(usize::MAX), label.span.start))
    });
    let mut sorted = Diagnostics::new();
    for diagnostic in all {
        sorted.push(diagnostic);
    }
    sorted
}
