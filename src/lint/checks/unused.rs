//! Components that nothing refers to.

use std::collections::HashSet;

use serde_json::Value;

use crate::contract::Spot;
use crate::lint::Change;
use crate::lint::context::{Context, Problem};
use crate::lint::rules::UNUSED_COMPONENT;
use crate::lint::walk::clip;
use crate::source::Pointer;

pub(super) fn components(context: &mut Context<'_>) {
    let root = context.survey.root(0);
    // A document of components alone is there for others to use.
    let serves = ["paths", "webhooks"]
        .iter()
        .any(|field| root.get(field).and_then(Value::as_object).is_some_and(|m| !m.is_empty()));
    let Some(groups) = root.get("components").and_then(Value::as_object).filter(|_| serves) else { return };
    let mut used = Used::default();
    for spot in context.survey.links().filter(|spot| spot.document == 0) {
        used.pointer(&spot.pointer);
    }
    for document in 0..context.survey.len() {
        used.by_value(context.survey.root(document));
    }
    let base = Spot::default().join("components");
    for (group, map) in groups.iter().filter(|(group, _)| !group.starts_with("x-")) {
        for (name, value) in map.as_object().into_iter().flatten() {
            let is_used = used.0.contains(&(group.clone(), name.clone())) || extends_discriminated(context, value);
            if !is_used {
                let message = format!("nothing refers to `#/components/{group}/{}`", clip(name));
                let spot = base.join(group).join(name);
                let problem = Problem::spot(&UNUSED_COMPONENT, spot.clone(), message);
                context.push(problem.label("unused").fix(spot, Change::Remove));
            }
        }
    }
}

/// Names of components by group.
#[derive(Default)]
struct Used(HashSet<(String, String)>);

impl Used {
    fn pointer(&mut self, pointer: &Pointer) {
        let mut tokens = pointer.tokens();
        if tokens.next().as_deref() == Some("components")
            && let (Some(group), Some(name)) = (tokens.next(), tokens.next())
        {
            self.0.insert((group.into_owned(), name.into_owned()));
        }
    }

    /// What is used without a `$ref`: security requirements and the mappings of discriminators.
    fn by_value(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.by_value(item)),
            Value::Object(map) => {
                for (key, value) in map {
                    match (key.as_str(), value) {
                        ("security", Value::Array(requirements)) => {
                            for name in requirements.iter().filter_map(Value::as_object).flat_map(|map| map.keys()) {
                                self.0.insert(("securitySchemes".to_owned(), name.clone()));
                            }
                        }
                        ("mapping", Value::Object(mapping)) => {
                            for target in mapping.values().filter_map(Value::as_str) {
                                self.0.insert(("schemas".to_owned(), target.to_owned()));
                                if let Some((_, fragment)) = target.split_once('#')
                                    && let Some(pointer) = Pointer::from_fragment(fragment)
                                {
                                    self.pointer(&pointer);
                                }
                            }
                        }
                        _ => self.by_value(value),
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether a schema builds on one with a discriminator, which then leads to it by its name.
fn extends_discriminated(context: &Context<'_>, schema: &Value) -> bool {
    let parts = schema.get("allOf").and_then(Value::as_array);
    parts.into_iter().flatten().filter_map(|part| part.get("$ref")?.as_str()).any(|reference| {
        let target = context.survey.target(0, reference);
        target.and_then(|spot| context.resolve(&spot).1).is_some_and(|parent| parent.get("discriminator").is_some())
    })
}
