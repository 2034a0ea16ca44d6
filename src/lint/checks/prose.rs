//! What descriptions promise and schemas do not say.

use std::ops::Range;

use serde_json::{Map, Value};

use super::certain::judge;
use super::proposal::{Says, asked, change};
use super::sure::{Certainty, Said, certainty};
use crate::contract::Spot;
use crate::lint::Change;
use crate::lint::context::{Context, Problem};
use crate::lint::rules::PROSE_PROMISE;
use crate::lint::walk::{Node, clip};

/// Words of a description, what they promise, and the keywords of which one would say it.
struct Promise {
    says: Says,
    words: &'static [&'static str],
    /// The types it is about; empty: any.
    types: &'static [&'static str],
    keywords: &'static [&'static str],
    help: &'static str,
}

const PROMISES: &[Promise] = &[
    Promise {
        says: Says::Time,
        words: &["iso 8601", "iso-8601", "iso8601", "rfc 3339", "rfc3339", "yyyy-mm-dd"],
        types: &["string"],
        keywords: &["format", "pattern", "enum", "const"],
        help: "say it by `format: date-time`, `format: date` or a `pattern`",
    },
    Promise {
        says: Says::Uuid,
        words: &["uuid", "guid"],
        types: &["string"],
        keywords: &["format", "pattern", "enum", "const"],
        help: "say it by `format: uuid`",
    },
    Promise {
        says: Says::Email,
        words: &["email address", "e-mail address"],
        types: &["string"],
        keywords: &["format", "pattern", "enum", "const"],
        help: "say it by `format: email`",
    },
    Promise {
        says: Says::Affix,
        words: &[
            "starting with",
            "starts with",
            "start with",
            "begins with",
            "prefixed with",
            "ends with",
            "ending with",
        ],
        types: &["string"],
        keywords: &["format", "pattern", "enum", "const"],
        help: "say it by a `pattern`",
    },
    Promise {
        says: Says::Letters,
        words: &["must match", "must contain only", "only letters", "alphanumeric characters", "hexadecimal"],
        types: &["string"],
        keywords: &["format", "pattern", "enum", "const"],
        help: "say it by a `pattern`",
    },
    Promise {
        says: Says::Longest,
        words: &[
            "characters or less",
            "characters or fewer",
            "maximum length",
            "max length",
            "maximum of",
            "up to",
            "no longer than",
            "no more than",
            "at most",
            "must not exceed",
            "cannot exceed",
        ],
        types: &["string"],
        keywords: &["maxLength", "pattern", "enum", "const", "format"],
        help: "say it by `maxLength`",
    },
    Promise {
        says: Says::Largest,
        words: &[
            "at most",
            "maximum value",
            "maximum is",
            "no more than",
            "must not exceed",
            "cannot exceed",
            "must be less than",
            "must be between",
        ],
        types: &["number", "integer"],
        keywords: &["maximum", "exclusiveMaximum", "enum", "const"],
        help: "say it by `maximum`",
    },
    Promise {
        says: Says::Smallest,
        words: &[
            "at least",
            "minimum value",
            "minimum is",
            "must be greater than",
            "must be positive",
            "must be between",
            "positive integer",
            "non-negative",
        ],
        types: &["number", "integer"],
        keywords: &["minimum", "exclusiveMinimum", "enum", "const"],
        help: "say it by `minimum`",
    },
    Promise {
        says: Says::MostItems,
        words: &["at most", "maximum of", "up to", "no more than"],
        types: &["array"],
        keywords: &["maxItems"],
        help: "say it by `maxItems`",
    },
    Promise {
        says: Says::Unique,
        words: &["must be unique", "no duplicates", "must not contain duplicates"],
        types: &["array"],
        keywords: &["uniqueItems"],
        help: "say it by `uniqueItems: true`",
    },
    Promise {
        says: Says::Values,
        words: &[
            "must be one of",
            "one of the following",
            "possible values are",
            "allowed values",
            "valid values are",
            "can be either",
        ],
        types: &["string", "integer"],
        keywords: &["enum", "const", "pattern", "format"],
        help: "say it by `enum`",
    },
    Promise {
        says: Says::ReadOnly,
        words: &["read-only", "read only", "readonly", "will be ignored", "is ignored"],
        types: &[],
        keywords: &["readOnly", "writeOnly"],
        help: "say it by `readOnly: true`, or an overlay that says when it is ignored",
    },
    Promise {
        says: Says::Always,
        words: &["always"],
        types: &["string", "integer", "number", "boolean"],
        keywords: &["const", "enum", "pattern", "format", "minimum", "maximum", "default"],
        help: "say it by `enum` with one value, where it is one",
    },
    Promise {
        says: Says::NotEmpty,
        words: &["never null", "cannot be null", "must not be null", "non-empty", "not be empty", "cannot be empty"],
        types: &["string", "array"],
        keywords: &["minLength", "minItems", "pattern", "enum", "const", "format"],
        help: "say it by `minLength: 1` or `minItems: 1`",
    },
];

pub(super) fn parameter(context: &mut Context<'_>, node: &Node<'_>) {
    let Some(description) = node.text("description") else { return };
    let (spot, schema) = context.resolve(&node.at("schema").spot());
    if let Some(schema) = schema.and_then(Value::as_object) {
        promises(context, node, &spot, description, schema, true);
    }
}

pub(super) fn schema(context: &mut Context<'_>, node: &Node<'_>) {
    if let Some(description) = node.text("description") {
        promises(context, node, &node.place.spot(), description, node.map, false);
    }
}

/// `spot` is where the schema stands.
fn promises(
    context: &mut Context<'_>,
    node: &Node<'_>,
    spot: &Spot,
    description: &str,
    schema: &Map<String, Value>,
    is_parameter: bool,
) {
    // What parts and references say is not looked for: only a schema that speaks for itself is told.
    if ["$ref", "allOf", "anyOf", "oneOf"].iter().any(|keyword| schema.contains_key(*keyword)) {
        return;
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let lower = description.to_ascii_lowercase();
    let broken = PROMISES.iter().filter(|promise| {
        // Parameters are in requests only: none is for reading.
        let may_be = !(is_parameter && promise.says == Says::ReadOnly);
        let concerns = promise.types.is_empty() || promise.types.iter().any(|name| types.contains(name));
        may_be && concerns && !promise.keywords.iter().any(|keyword| schema.contains_key(*keyword))
    });
    let mut broken = broken.filter_map(|promise| {
        let (words, start) = promise.words.iter().find_map(|words| Some((*words, find(&lower, words)?)))?;
        let says = promise.says;
        let around = sentence(description, start);
        let promised = description[around.clone()].trim();
        // `to_ascii_lowercase` keeps every byte where it is.
        let (before, after) = (&lower[around.start..start], &lower[start + words.len()..around.end]);
        let said = Said { words, before, after, text: &lower, types: &types };
        let is_denied = is_denied(before, &lower[around.clone()]);
        let change = match certainty(says, &said) {
            Certainty::None => return None,
            _ if is_denied && !matches!(says, Says::Affix | Says::Letters) => return None,
            Certainty::Sure if !is_denied => change(says, promised, words, &types),
            _ => Change::Ask(asked(says)),
        };
        let change = if keeps_examples(&[schema, node.map], &change) { change } else { Change::Ask(asked(says)) };
        // “Is always there” is no value.
        let is_told = promise.says != Says::Always || change != Change::Ask("enum");
        is_told.then_some((promise, words, promised, change))
    });
    let Some((promise, words, promised, change)) = broken.next() else { return };
    let message = format!("the description promises what the schema does not say: “{}”", clip(promised));
    let mut problem = Problem::key(&PROSE_PROMISE, &node.at("description"), message);
    problem = problem.label(format!("`{words}`")).help(promise.help).fix(spot.clone(), change);
    // One hint tells of all; each promise has its own action.
    for (.., change) in broken {
        problem = problem.fix(spot.clone(), change);
    }
    context.push(problem);
}

/// Whether the examples and the default beside a description keep what is proposed.
fn keeps_examples(beside: &[&Map<String, Value>], change: &Change) -> bool {
    let Change::Update(fields) = change else { return true };
    let one = |map: &'_ Map<String, Value>| -> Vec<Value> {
        let listed = map.get("examples").and_then(Value::as_array).into_iter().flatten();
        let named = map.get("examples").and_then(Value::as_object).into_iter().flatten();
        let named = named.filter_map(|(_, example)| example.get("value"));
        ["example", "default"].iter().filter_map(|field| map.get(*field)).chain(listed).chain(named).cloned().collect()
    };
    let examples: Vec<Value> = beside.iter().flat_map(|map| one(map)).filter(|value| !value.is_null()).collect();
    examples.is_empty() || judge(fields).is_some_and(|judge| examples.iter().all(|example| judge.is_valid(example)))
}

/// Whether what is promised is that it is not so, or is no longer so.
fn is_denied(before: &str, sentence: &str) -> bool {
    let denies = ["not ", "n't ", "no longer ", "cannot ", "never ", "without "];
    denies.iter().any(|word| before.contains(word))
        || sentence.contains("no longer")
        || sentence.contains("was removed")
}

/// Where words stand in a text, not as part of longer ones.
fn find(text: &str, words: &str) -> Option<usize> {
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.match_indices(words).map(|(start, _)| start).find(|start| {
        !is_word(start.checked_sub(1).and_then(|before| bytes.get(before))) && !is_word(bytes.get(start + words.len()))
    })
}

/// Where the sentence is that `at` is in.
fn sentence(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].match_indices(['.', '\n', '!', ';']).rev().find(|(end, _)| is_end(text, *end));
    let end = text[at..].match_indices(['.', '\n', ';']).find(|(end, _)| is_end(text, at + end));
    start.map_or(0, |(end, _)| end + 1)..end.map_or(text.len(), |(end, _)| at + end)
}

/// Whether a sentence ends at this mark: not within `3.5`, `api.key` or “e.g. this”.
fn is_end(text: &str, mark: usize) -> bool {
    let is_stop = text.as_bytes()[mark] == b'.';
    let is_within =
        text[mark + 1..].chars().next().is_some_and(|letter| !letter.is_whitespace() && !"\"'”)*<".contains(letter));
    let is_short = ["e.g", "i.e", "eg", "incl", "approx", "max", "min"].iter().any(|short| {
        text[..mark].ends_with(short) && !text[..mark - short.len()].ends_with(|letter: char| letter.is_alphanumeric())
    });
    !is_stop || !is_within && !is_short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_denied_is_no_promise() {
        for (before, sentence, denied) in [
            ("is not ", "is not always available", true),
            ("must not include data such as an ", "must not include data such as an email address", true),
            ("field is no longer ", "field is no longer read-only", true),
            ("to be ", "the requirement for this to be non-empty was removed", true),
            ("the ", "the email address", false),
            ("", "at most 3, not more", false),
        ] {
            assert_eq!(is_denied(before, sentence), denied, "{sentence}");
        }
    }

    #[test]
    fn words_and_sentences_are_found() {
        assert_eq!(find("the guide, a guid", "guid"), Some(13));
        assert_eq!(find("guidelines", "guid"), None);
        let text = "First. Is always `é`; then more.";
        let around =
            |text: &str, words: &str| text[sentence(text, find(text, words).expect("there"))].trim().to_owned();
        assert_eq!(around(text, "always"), "Is always `é`");
        assert_eq!(around("One, e.g. a.b of 3.5 always. Two", "always"), "One, e.g. a.b of 3.5 always");
    }
}
