//! Examples and defaults against the schemas beside them.

use std::sync::Arc;

use serde_json::Value;

use crate::contract::{Direction, Schema, SchemaRef, Spot, Violation};
use crate::exchange::MediaType;
use crate::lint::Change;
use crate::lint::context::{Context, Problem};
use crate::lint::rules::{DEFAULT_BREAKS_SCHEMA, EXAMPLE_BREAKS_SCHEMA, Rule, UNUSABLE_SCHEMA};
use crate::lint::version::Version;
use crate::lint::walk::{Node, clip};

/// The examples of a parameter, header or media type.
pub(super) fn described(context: &mut Context<'_>, node: &Node<'_>) {
    if !["example", "examples"].iter().any(|field| node.map.contains_key(*field)) {
        return;
    }
    let schema = node.at("schema").spot();
    if context.survey.value(&schema).is_none() {
        return;
    }
    // An example of another media type is its text, not the value that the schema is about.
    let is_value = match node.kind {
        crate::lint::object::Kind::MediaType => node.place.last_key().is_none_or(|key| {
            MediaType::parse(key).is_ok_and(|range| range.is_json() || range.is_form() || key.contains('*'))
        }),
        _ => true,
    };
    if node.map.contains_key("example") {
        judge(context, node, &schema, &node.at("example").spot(), &EXAMPLE_BREAKS_SCHEMA, is_value);
    }
    let list = node.at("examples");
    for (name, _) in node.object("examples").into_iter().flatten() {
        let (example, value) = context.resolve(&list.key(name).spot());
        let field =
            ["value", "dataValue"].into_iter().find(|field| value.is_some_and(|value| value.get(*field).is_some()));
        if let Some(field) = field {
            judge(
                context,
                node,
                &schema,
                &example.join(field),
                &EXAMPLE_BREAKS_SCHEMA,
                is_value || field == "dataValue",
            );
        }
    }
}

/// The examples and the default of a schema.
pub(super) fn schema(context: &mut Context<'_>, node: &Node<'_>) {
    let is_list = context.version >= Version::V31 && node.map.get("examples").is_some_and(Value::is_array);
    let fields = ["example", "default"].into_iter().filter(|field| node.map.contains_key(*field));
    let spots = fields.map(|field| (field, node.at(field).spot()));
    let listed = if is_list { node.list("examples").len() } else { 0 };
    let place = node.at("examples");
    let listed = (0..listed).map(|index| ("examples", place.index(index).spot()));
    let all: Vec<(&str, Spot)> = spots.chain(listed).collect();
    if all.is_empty() {
        return;
    }
    let schema = node.place.spot();
    for (field, spot) in all {
        let rule = if field == "default" { &DEFAULT_BREAKS_SCHEMA } else { &EXAMPLE_BREAKS_SCHEMA };
        judge(context, node, &schema, &spot, rule, true);
    }
}

/// Judges the value at `example` by the schema at `schema`.
fn judge(
    context: &mut Context<'_>,
    node: &Node<'_>,
    schema: &Spot,
    example: &Spot,
    rule: &'static Rule,
    is_value: bool,
) {
    const MOST_VIOLATIONS: usize = 3;
    let Some(value) = context.survey.value(example) else { return };
    if !is_value && value.is_string() || !context.judged.insert((example.clone(), schema.clone())) {
        return;
    }
    let mut violations = None;
    for direction in directions(node.direction) {
        match compiled(context, schema, direction) {
            Ok(compiled) => {
                let found = compiled.violations(value);
                // Right in one direction is right, where the surroundings do not say which one it is.
                if found.iter().all(|violation| violation.gave_up) {
                    return;
                }
                violations.get_or_insert(found);
            }
            Err(reason) => {
                unusable(context, schema, &reason);
                return;
            }
        }
    }
    let what = if std::ptr::eq(rule, &raw const DEFAULT_BREAKS_SCHEMA) { "default" } else { "example" };
    let violations = violations.unwrap_or_default();
    let broken = violations.iter().filter(|violation| !violation.gave_up);
    for violation in broken.take(MOST_VIOLATIONS) {
        report(context, rule, (what, value), example, violation);
    }
}

fn report(
    context: &mut Context<'_>,
    rule: &'static Rule,
    (what, value): (&str, &Value),
    example: &Spot,
    violation: &Violation,
) {
    let at = Spot { document: example.document, pointer: example.pointer.concat(&violation.instance) };
    let message = format!("the {what} breaks its own schema: {}", violation.message);
    let mut problem = Problem::spot(rule, at, message);
    if let Some(document) = violation.document {
        problem = problem.also(Spot { document, pointer: violation.schema.clone() }, "by this");
    }
    let is_json_text = value.as_str().is_some_and(|text| {
        text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    });
    if is_json_text {
        problem = problem.help("write the value itself, not its JSON in a string");
    }
    context.push(match removable(rule, example) {
        Some(spot) => problem.fix(spot, Change::Remove),
        None => problem,
    });
}

/// What goes where an example goes: its entry, unless others may refer to that. A default means something.
fn removable(rule: &Rule, example: &Spot) -> Option<Spot> {
    let tokens: Vec<String> = example.pointer.tokens().map(std::borrow::Cow::into_owned).collect();
    let is_component = tokens.first().is_some_and(|first| first == "components") && tokens[1..].first()? == "examples";
    if rule.code != EXAMPLE_BREAKS_SCHEMA.code || is_component {
        return None;
    }
    let is_entry = tokens.last().is_some_and(|last| last == "value" || last == "dataValue");
    let pointer = if is_entry { example.pointer.parent()? } else { example.pointer.clone() };
    Some(Spot { document: example.document, pointer })
}

fn directions(direction: Option<Direction>) -> Vec<Direction> {
    direction.map_or_else(|| vec![Direction::Response, Direction::Request], |direction| vec![direction])
}

/// A schema that judges, or why it does not.
pub(in crate::lint) type Judge = Result<Arc<Schema>, String>;

fn compiled(context: &mut Context<'_>, schema: &Spot, direction: Direction) -> Judge {
    /// Compiled schemas hold all that they refer to: few are kept at a time.
    const MOST: usize = 64;
    let target = context.survey.follow_schema(schema);
    let key = (target.clone(), direction);
    if let Some(known) = context.compiled.get(&key) {
        return known.clone();
    }
    if context.compiled.len() >= MOST {
        context.compiled.clear();
    }
    let place = SchemaRef { document: target.document, pointer: target.pointer };
    let made = context.contract.schema_once(&place, direction).map(Arc::new).map_err(|error| error.to_string());
    context.compiled.insert(key, made.clone());
    made
}

fn unusable(context: &mut Context<'_>, schema: &Spot, reason: &str) {
    if context.unusable.insert(schema.clone()) {
        context.push(Problem::spot(&UNUSABLE_SCHEMA, schema.clone(), clip(reason)));
    }
}
