//! A made-up answer about the thing that the path names is about that one: `GET /pets/7` has the id 7.

use serde_json::Value;

use super::document::Answer;
use crate::contract::{Contract, Direction, Operation};
use crate::generate::write;

/// Puts what the path's last parameter says into the body's property of the same meaning, where the
/// body is made up, its schema takes it, and the path ends in that parameter.
pub(super) fn path(contract: &Contract, operation: &Operation, parameters: &[(String, String)], answer: &mut Answer) {
    let last = operation.path().rsplit('/').next().and_then(|last| last.strip_prefix('{')?.strip_suffix('}'));
    let said = last.and_then(|last| parameters.iter().find(|(name, _)| name == last));
    let Some((name, said)) = said.filter(|_| answer.made_up && (200..300).contains(&answer.response.status)) else {
        return;
    };
    let Some(media) = answer.response.media_type().filter(crate::exchange::MediaType::is_json) else { return };
    let content = operation.response(answer.response.status).map_or(&[][..], |response| &response.content);
    let Some(described) = content.iter().find(|known| known.range.matches(&media)) else { return };
    let Some(schema) = &described.schema else { return };
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.response.body) else { return };
    let Some(known) = property(&mut body, name) else { return };
    let echoed = match known {
        Value::Number(_) => said.parse::<i64>().ok().map(Value::from),
        Value::String(_) => Some(Value::from(said.as_str())),
        _ => None,
    };
    let Some(echoed) = echoed.filter(|echoed| echoed != known) else { return };
    *known = echoed;
    if contract.schema(schema, Direction::Response).is_ok_and(|compiled| compiled.is_valid(&body)) {
        answer.response.body = write(contract, described, &body).bytes.into();
    }
}

/// The property of a body, or of the one object that it wraps, that holds what this parameter says.
fn property<'b>(body: &'b mut Value, parameter: &str) -> Option<&'b mut Value> {
    let Value::Object(map) = body else { return None };
    if let Some(name) = named(map.keys(), parameter) {
        return map.get_mut(&name);
    }
    let mut wrapped = map.values_mut().filter_map(Value::as_object_mut);
    let (Some(inner), None) = (wrapped.next(), wrapped.next()) else { return None };
    let name = named(inner.keys(), parameter)?;
    inner.get_mut(&name)
}

/// `petId` is the `petId`, `pet_id` or `id`.
fn named<'k>(mut names: impl Iterator<Item = &'k String> + Clone, parameter: &str) -> Option<String> {
    let fold =
        |name: &str| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let wanted = fold(parameter);
    let same = names.clone().find(|name| fold(name) == wanted);
    let usual = ["id", "uuid"].into_iter().filter(|word| wanted.ends_with(word));
    let usual = same.or_else(|| usual.into_iter().find_map(|word| names.find(|name| fold(name) == word)));
    usual.cloned()
}
