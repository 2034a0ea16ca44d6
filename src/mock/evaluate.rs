//! One rule on one request: whether it answers, what it changes, what it says.

use indexmap::IndexMap;
use serde_json::Value;

use super::rules::{Each, Entry, Rule};
use super::state::State;
use crate::expression::{Context, Expression, ExpressionError, Var};

/// The most items that an `each` goes through.
const MOST_ITEMS: usize = 20_000;

/// What a rule answers, before it is an HTTP response.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Value>,
}

/// The names of the rule's own, where its condition holds; `None` where it does not.
pub(super) fn applies(rule: &Rule, context: &Context) -> Result<Option<Context>, ExpressionError> {
    let context = named(rule, context)?;
    let holds = match &rule.when {
        Some(condition) => condition.holds(&context)?,
        None => true,
    };
    Ok(holds.then_some(context))
}

/// The names that the rule's condition sees.
pub(super) fn named(rule: &Rule, context: &Context) -> Result<Context, ExpressionError> {
    let mut context = context.clone();
    for (name, value) in &rule.lets {
        context.set(name.clone(), value.var(&context)?);
    }
    for (name, entries) in &rule.collects {
        let collected = collect(entries, &context)?;
        context.set(name.clone(), Var::from(collected));
    }
    Ok(context)
}

/// Changes the state and renders the answer, where the rule has one.
pub(super) fn perform(rule: &Rule, mut context: Context, state: &mut State) -> Result<Option<Reply>, ExpressionError> {
    for store in &rule.stores {
        each(store.each.as_ref(), store.when.as_ref(), &context, &mut |context| {
            let key = store.key.render_text(context)?;
            match &store.value {
                Some(value) => state.insert(&store.collection, key, value.render(context)?),
                None => state.remove(&store.collection, &key),
            }
            Ok(())
        })?;
    }
    if !rule.stores.is_empty() && !rule.reads.is_empty() {
        context.set("state", state.var(&rule.reads));
    }
    let Some(respond) = &rule.respond else { return Ok(None) };
    let status = respond.status.render(&context)?;
    let headers = respond.headers.iter().map(|(name, value)| Ok((name.clone(), value.render_text(&context)?)));
    let headers = headers.collect::<Result<_, ExpressionError>>()?;
    let body = respond.body.as_ref().map(|body| body.render(&context)).transpose()?;
    Ok(Some(Reply { status: code(&status), headers, body }))
}

/// A status code out of a number or its text; 0 where it is none.
pub(super) fn code(status: &Value) -> u16 {
    let number = status.as_u64().or_else(|| status.as_str()?.trim().parse().ok());
    number.and_then(|number| u16::try_from(number).ok()).filter(|code| (200..600).contains(code)).unwrap_or(0)
}

fn collect(entries: &[Entry], context: &Context) -> Result<Value, ExpressionError> {
    let mut collected: IndexMap<String, Vec<Value>> = IndexMap::new();
    for entry in entries {
        each(entry.each.as_ref(), entry.when.as_ref(), context, &mut |context| {
            let key = entry.key.render_text(context)?;
            collected.entry(key).or_default().push(entry.value.render(context)?);
            Ok(())
        })?;
    }
    Ok(Value::Object(collected.into_iter().map(|(key, values)| (key, Value::Array(values))).collect()))
}

/// Does something for each item for which the condition holds; once without `each`.
/// What is no list has no items.
fn each(
    list: Option<&Each>,
    when: Option<&Expression>,
    context: &Context,
    act: &mut dyn FnMut(&Context) -> Result<(), ExpressionError>,
) -> Result<(), ExpressionError> {
    let mut one = |context: &Context| match when.map(|condition| condition.holds(context)).transpose()? {
        Some(false) => Ok(()),
        _ => act(context),
    };
    let Some(list) = list else { return one(context) };
    let Some(Value::Array(items)) = list.list.var(context)?.to_json() else { return Ok(()) };
    let mut context = context.clone();
    for (index, item) in items.iter().take(MOST_ITEMS).enumerate() {
        context.set(list.name.clone(), Var::from(item));
        context.set("index", Var::from(Value::from(index)));
        one(&context)?;
    }
    Ok(())
}
