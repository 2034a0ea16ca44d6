//! Violations: what a validator says, in words a person can act on and with places in the documents.

use std::fmt::Write as _;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::document::{At, Documents};
use super::effort::Spot;
use super::nearest::{branch_name, discriminated};
use super::pattern::pattern_as_written;
use super::preview::{SHORT, preview, short, short_to};
use super::schema::{CONTRACT, OWN};
use super::view::{self, View};
use crate::source::Pointer;

/// The most branches that a message names.
const MOST_BRANCHES: usize = 4;
/// Why it is not known whether a value keeps its schema.
pub(super) const NO_TYPE: &str = "the `type` of its schema is none";
/// Why it is not known whether a pattern matches.
pub(super) const GIVEN_UP: &str = "the matching was given up, because the pattern goes back too often";

/// One keyword that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where in the value.
    pub instance: Pointer,
    /// The keyword's canonical place in the contract (document with overlay); for a missing
    /// property the item of `required` that names it.
    pub schema: Pointer,
    /// Which document of the contract `schema` points into; `None`: a user's own schema.
    pub document: Option<usize>,
    /// The keyword, such as `pattern`.
    pub keyword: String,
    /// A sentence complete in itself: `` `/id` must match `^cug_.+`, but is "x" ``.
    pub message: String,
    /// The sentence without its subject: ``must match `^cug_.+`, but is "x"``.
    pub rule: String,
    /// What was expected, shortly.
    pub expected: String,
    /// What was found, shortly.
    pub actual: String,
    /// true: the validator gave up (pattern backtrack limit), nothing is known to be broken.
    pub gave_up: bool,
}

impl Violation {
    /// Says of which branch of `anyOf` or `oneOf` it is.
    pub(super) fn within(&mut self, branch: &str) {
        for text in [&mut self.message, &mut self.rule] {
            let _ = write!(text, " ({branch})");
        }
    }
}

/// What is needed to explain a validator's errors.
pub(super) struct Explain<'e> {
    pub(super) documents: &'e Documents,
    pub(super) view: &'e View,
    /// Whether places without an address are in a user's own schema.
    pub(super) own: bool,
    pub(super) whole: &'e Value,
}

/// What a keyword asks for and what was found.
struct Told {
    must: String,
    expected: String,
    but: String,
    actual: String,
}

impl Explain<'_> {
    /// The violations behind one error: itself, or those of the branch that was meant.
    pub(super) fn violations(&self, error: &ValidationError<'_>) -> Vec<Violation> {
        let (context, keyword) = match error.kind() {
            ValidationErrorKind::OneOfNotValid { context } => (context, "oneOf"),
            ValidationErrorKind::AnyOf { context } => (context, "anyOf"),
            _ => return vec![self.violation(error)],
        };
        if context.iter().flatten().any(gave_up) {
            return vec![self.violation(error)];
        }
        let at = Pointer::parse(error.schema_path().as_str()).unwrap_or_default();
        let Some(branch) = self.branch(error, context, &at) else { return vec![self.violation(error)] };
        let name = branch_name(&self.view.value, &at, branch, keyword);
        let mut all = Vec::new();
        for inner in &context[branch] {
            // The innermost branch is named; those around it follow from the schema's place.
            for mut violation in self.violations(inner) {
                if nested(inner).is_none() {
                    violation.within(&name);
                }
                all.push(violation);
            }
        }
        all
    }

    fn violation(&self, error: &ValidationError<'_>) -> Violation {
        let instance = Pointer::parse(error.instance_path().as_str()).unwrap_or_default();
        let at = spot(error, &Spot { own: self.own, pointer: Pointer::root() });
        self.of_error(error, &at, instance)
    }

    /// The violation that an error is, found of the part of the value at `instance` by the keyword at `at`.
    pub(super) fn of_error(&self, error: &ValidationError<'_>, at: &Spot, instance: Pointer) -> Violation {
        let place = match error.kind() {
            ValidationErrorKind::Required { property } => self.place(at, Some(property)),
            _ => self.place(at, None),
        };
        let keyword = error.kind().keyword();
        Violation { gave_up: gave_up(error), ..make(keyword, self.told(error), place, instance) }
    }

    /// The violation of the branches at `at`, none of which `value` keeps, without their reasons.
    pub(super) fn of_branches(
        &self,
        at: &Spot,
        count: usize,
        valid: &[usize],
        value: &Value,
        instance: Pointer,
    ) -> Violation {
        let keyword = at.pointer.last().unwrap_or_default();
        let how = if keyword == "oneOf" { "exactly one" } else { "at least one" };
        let but = match valid {
            [] => format!("matches none and is {}", preview(value)),
            many => format!("matches number {}", numbers(many)),
        };
        let schemas = amount(count as u64, "schema", "schemas");
        let told = told(format!("match {how} of {schemas}"), format!("one of {schemas}"), &but, &preview(value));
        make(&keyword, told, self.place(at, None), instance)
    }

    /// That it is not known whether the value at `instance` keeps the schema at `at`.
    pub(super) fn of_undecided(&self, at: &Spot, instance: Pointer, must: &str, reason: &str) -> Violation {
        let told = told(must.to_owned(), "a value of the schema".to_owned(), reason, "given up");
        Violation { gave_up: true, ..make("", told, self.place(at, None), instance) }
    }

    /// The violation of the schema at `at`, of which no more is told.
    pub(super) fn of_whole(&self, at: &Spot, keyword: &str, instance: Pointer) -> Violation {
        let told = match keyword {
            "unevaluatedProperties" => {
                told("have no other properties".into(), "no other properties".into(), "has some", "others")
            }
            "unevaluatedItems" => told("have no further items".into(), "no further items".into(), "has some", "others"),
            _ => told(
                "keep its schema".into(),
                "a value of the schema".into(),
                "does not (what is wrong was not looked for any further: it would take too much work)",
                "another value",
            ),
        };
        make(keyword, told, self.place(at, None), instance)
    }

    /// Where a keyword stands: in which document (`None`: the user's own schema); of `required`
    /// the item that names the `property`.
    fn place(&self, at: &Spot, property: Option<&Value>) -> (Option<usize>, Pointer) {
        if at.own {
            return (None, at.pointer.clone());
        }
        let at = view::written(self.documents, &at.pointer);
        let at = match property {
            Some(property) => self.item(at, property),
            None => at,
        };
        (Some(at.document), at.pointer)
    }

    /// The item of the list at `at` that is `wanted`.
    fn item(&self, at: At, wanted: &Value) -> At {
        let items = self.documents.value(&at).and_then(Value::as_array);
        match items.and_then(|items| items.iter().position(|item| item == wanted)) {
            Some(index) => at.index(index),
            None => at,
        }
    }

    /// The branch that was meant: by the discriminator, else the only one that comes nearest.
    fn branch(
        &self,
        error: &ValidationError<'_>,
        context: &[Vec<ValidationError<'static>>],
        at: &Pointer,
    ) -> Option<usize> {
        let instance = self.whole.pointer(error.instance_path().as_str());
        if let Some(branch) = instance.and_then(|instance| discriminated(&self.view.value, at, instance)) {
            return context.get(branch).filter(|errors| !errors.is_empty()).map(|_| branch);
        }
        let depth = error.instance_path().as_str().len();
        let other_kind = |errors: &[ValidationError<'_>]| {
            errors.iter().any(|inner| {
                inner.instance_path().as_str().len() == depth
                    && matches!(inner.kind(), ValidationErrorKind::Type { .. })
            })
        };
        let mut near: Vec<(usize, usize)> = context
            .iter()
            .enumerate()
            .filter(|(_, errors)| !errors.is_empty() && !other_kind(errors))
            .map(|(branch, errors)| (errors.len(), branch))
            .collect();
        near.sort_unstable();
        match near.as_slice() {
            [(_, only)] => Some(*only),
            [(best, branch), (next, _), ..] if best < next => Some(*branch),
            _ => None,
        }
    }

    fn told(&self, error: &ValidationError<'_>) -> Told {
        let instance = error.instance();
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                told(
                    format!("have the property `{name}`"),
                    format!("the property `{name}`"),
                    "it is missing",
                    "missing",
                )
            }
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let names = list(unexpected);
                told("have no other properties".into(), "no other properties".into(), &format!("has {names}"), &names)
            }
            ValidationErrorKind::UnevaluatedItems { .. } | ValidationErrorKind::AdditionalItems { .. } => {
                counted("have no further items".into(), instance)
            }
            ValidationErrorKind::FalseSchema => {
                told("not be there".into(), "nothing".into(), &format!("is {}", preview(instance)), &preview(instance))
            }
            ValidationErrorKind::BacktrackLimitExceeded { .. } | ValidationErrorKind::RegexEngineFailure { .. } => {
                told("match a pattern".into(), "a match".into(), GIVEN_UP, "given up")
            }
            ValidationErrorKind::Custom { .. } => told("be of its type".into(), "a type".into(), NO_TYPE, "no type"),
            ValidationErrorKind::PropertyNames { error } => {
                let name = preview(error.instance());
                let inner = self.told(error);
                told(format!("have names that {}", plural(&inner.must)), inner.expected, &format!("has {name}"), &name)
            }
            ValidationErrorKind::OneOfNotValid { context } => {
                self.branches("match exactly one", "one", context, instance)
            }
            ValidationErrorKind::AnyOf { context } => self.branches("match at least one", "one", context, instance),
            ValidationErrorKind::OneOfMultipleValid { context } => {
                let valid = context.iter().enumerate().filter(|(_, errors)| errors.is_empty());
                let valid: Vec<usize> = valid.map(|(branch, _)| branch).collect();
                let but = format!("matches number {}", numbers(&valid));
                told(format!("match exactly one of {} schemas", context.len()), "exactly one match".into(), &but, &but)
            }
            kind => simple(kind, instance).unwrap_or_else(|| {
                let text = short(&error.masked().to_string());
                told(
                    format!("keep `{}`", kind.keyword()),
                    format!("`{}` kept", kind.keyword()),
                    &text,
                    &preview(instance),
                )
            }),
        }
    }

    fn branches(
        &self,
        must: &str,
        expected: &str,
        context: &[Vec<ValidationError<'static>>],
        instance: &Value,
    ) -> Told {
        let mut reasons: Vec<String> = Vec::new();
        for error in context.iter().filter_map(|errors| errors.first()).take(MOST_BRANCHES) {
            let inner = self.told(error);
            let path = error.instance_path().as_str();
            let subject = if path.is_empty() { "it".to_owned() } else { format!("`{path}`") };
            reasons.push(format!("{subject} must {}", inner.must));
        }
        if context.len() > MOST_BRANCHES {
            reasons.push(format!("{} more", context.len() - MOST_BRANCHES));
        }
        let reasons = short_to(&reasons.join("; or "), 4 * SHORT);
        let but = format!("matches none ({reasons}) and is {}", preview(instance));
        let schemas = if context.len() == 1 { "schema" } else { "schemas" };
        let (must, expected) =
            (format!("{must} of {} {schemas}", context.len()), format!("{expected} of {} {schemas}", context.len()));
        told(must, expected, &but, &preview(instance))
    }
}

/// Where the keyword of an error stands; `base`: what places without an address start from.
pub(super) fn spot(error: &ValidationError<'_>, base: &Spot) -> Spot {
    // What stands around the error of a name has no address of its own.
    if let ValidationErrorKind::PropertyNames { error } = error.kind() {
        return spot(error, base);
    }
    let address = error.absolute_keyword_location().map(jsonschema::Uri::as_str);
    if let Some(pointer) = address.and_then(view::addressed) {
        return Spot { own: false, pointer };
    }
    let path = Pointer::parse(error.schema_path().as_str()).unwrap_or_default();
    match address {
        Some(address) if address.starts_with(CONTRACT) => Spot { own: false, pointer: path },
        Some(address) if address.starts_with(OWN) => Spot { own: true, pointer: path },
        _ => Spot { own: base.own, pointer: base.pointer.concat(&path) },
    }
}

/// A violation by a keyword, in words.
fn make(keyword: &str, told: Told, (document, schema): (Option<usize>, Pointer), instance: Pointer) -> Violation {
    let rule = format!("must {}, but {}", told.must, told.but);
    let subject = if instance.is_root() { "the value".to_owned() } else { format!("`{instance}`") };
    Violation {
        message: format!("{subject} {rule}"),
        instance,
        schema,
        document,
        keyword: keyword.to_owned(),
        rule,
        expected: told.expected,
        actual: told.actual,
        gave_up: false,
    }
}

fn numbers(branches: &[usize]) -> String {
    branches.iter().map(|branch| (branch + 1).to_string()).collect::<Vec<_>>().join(" and ")
}

fn told(must: String, expected: String, but: &str, actual: &str) -> Told {
    Told { must, expected, but: but.to_owned(), actual: actual.to_owned() }
}

/// `must be <expected>, but is <value>`.
fn be(expected: String, instance: &Value) -> Told {
    let actual = preview(instance);
    Told { must: format!("be {expected}"), expected, but: format!("is {actual}"), actual }
}

fn counted(must: String, instance: &Value) -> Told {
    let count = match instance {
        Value::Array(items) => amount(items.len() as u64, "item", "items"),
        Value::Object(map) => amount(map.len() as u64, "property", "properties"),
        Value::String(text) => amount(text.chars().count() as u64, "character", "characters"),
        other => preview(other),
    };
    let expected = must.strip_prefix("have ").unwrap_or(&must).to_owned();
    Told { must, expected, but: format!("has {count}"), actual: count }
}

fn amount(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn simple(kind: &ValidationErrorKind, instance: &Value) -> Option<Told> {
    use ValidationErrorKind as Kind;
    Some(match kind {
        Kind::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(one) => type_name(*one).to_owned(),
                TypeKind::Multiple(many) => many.iter().map(type_name).collect::<Vec<_>>().join(" or "),
            };
            be(expected, instance)
        }
        Kind::Constant { expected_value } => be(preview(expected_value), instance),
        Kind::Enum { options } => {
            // No more than are shown: an `enum` may have a hundred thousand.
            let options: Vec<String> = options.as_array().into_iter().flatten().take(2 * SHORT).map(preview).collect();
            let one_of = if options.len() == 1 { "" } else { "one of " };
            be(short_to(&format!("{one_of}{}", options.join(", ")), 2 * SHORT), instance)
        }
        Kind::Maximum { limit } => be(format!("at most {limit}"), instance),
        Kind::Minimum { limit } => be(format!("at least {limit}"), instance),
        Kind::ExclusiveMaximum { limit } => be(format!("less than {limit}"), instance),
        Kind::ExclusiveMinimum { limit } => be(format!("more than {limit}"), instance),
        Kind::MultipleOf { multiple_of } => be(format!("a multiple of {multiple_of}"), instance),
        Kind::Format { format } => be(format!("a valid `{format}`"), instance),
        Kind::UniqueItems => {
            told("have no item twice".into(), "items that differ".into(), "has", &preview(instance)).twice(instance)
        }
        Kind::MaxItems { limit } => counted(format!("have at most {}", amount(*limit, "item", "items")), instance),
        Kind::MinItems { limit } => counted(format!("have at least {}", amount(*limit, "item", "items")), instance),
        Kind::MaxProperties { limit } => {
            counted(format!("have at most {}", amount(*limit, "property", "properties")), instance)
        }
        Kind::MinProperties { limit } => {
            counted(format!("have at least {}", amount(*limit, "property", "properties")), instance)
        }
        Kind::MaxLength { limit } => {
            counted(format!("have at most {}", amount(*limit, "character", "characters")), instance)
        }
        Kind::MinLength { limit } => {
            counted(format!("have at least {}", amount(*limit, "character", "characters")), instance)
        }
        Kind::Contains => told(
            "have an item that matches `contains`".into(),
            "a matching item".into(),
            "has none",
            &preview(instance),
        ),
        Kind::Not { .. } => {
            let actual = preview(instance);
            told("not match `not`".into(), "no match".into(), &format!("is {actual}"), &actual)
        }
        Kind::Pattern { pattern } => {
            let actual = preview(instance);
            let expected = format!("match `{}`", short(&pattern_as_written(pattern)));
            told(expected.clone(), expected, &format!("is {actual}"), &actual)
        }
        _ => return None,
    })
}

impl Told {
    /// Names the item that stands twice.
    fn twice(mut self, instance: &Value) -> Self {
        let mut seen = std::collections::HashSet::new();
        let double = instance.as_array().into_iter().flatten().find(|item| !seen.insert(item.to_string()));
        let double = double.map_or_else(|| "one".to_owned(), preview);
        self.but = format!("has {double} twice");
        self.actual = format!("{double} twice");
        self
    }
}

fn nested<'e>(error: &'e ValidationError<'_>) -> Option<&'e Vec<Vec<ValidationError<'static>>>> {
    match error.kind() {
        ValidationErrorKind::OneOfNotValid { context }
        | ValidationErrorKind::AnyOf { context }
        | ValidationErrorKind::OneOfMultipleValid { context } => Some(context),
        _ => None,
    }
}

fn gave_up(error: &ValidationError<'_>) -> bool {
    match error.kind() {
        ValidationErrorKind::BacktrackLimitExceeded { .. }
        | ValidationErrorKind::RegexEngineFailure { .. }
        | ValidationErrorKind::Custom { .. } => true,
        ValidationErrorKind::PropertyNames { error } => gave_up(error),
        _ => nested(error).is_some_and(|branches| branches.iter().flatten().any(gave_up)),
    }
}

fn type_name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "an array",
        JsonType::Object => "an object",
    }
}

fn plural(must: &str) -> String {
    must.strip_prefix("be ").map_or_else(|| must.to_owned(), |rest| format!("are {rest}"))
}

fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MOST_BRANCHES).map(|name| format!("`{}`", short(name))).collect();
    let more = names.len().saturating_sub(MOST_BRANCHES);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
