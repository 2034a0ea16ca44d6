//! What descriptions promise and schemas do not say.

use serde_json::{Map, Value};

use crate::lint::context::{Context, Problem};
use crate::lint::rules::PROSE_PROMISE;
use crate::lint::walk::{Node, clip};

/// Words of a description, what they promise, and the keywords of which one would say it.
struct Promise {
    words: &'static [&'static str],
    /// The types it is about; empty: any.
    types: &'static [&'static str],
    keywords: &'static [&'static str],
    help: &'static str,
}

const PROMISES: &[Promise] = &[
    Promise {
        words: &["iso 8601", "iso-8601", "iso8601", "rfc 3339", "rfc3339", "yyyy-mm-dd"],
        types: &["string"],
        keywords: &["format", "pattern", "enum", "const"],
        help: "say it by `format: date-time`, `format: date` or a `pattern`",
    },
    Promise {
        words: &["uuid", "guid"],
        types: &["string"],
        keywords: &["format", "pattern", "enum", "const"],
        help: "say it by `format: uuid`",
    },
    Promise {
        words: &["email address", "e-mail address"],
        types: &["string"],
        keywords: &["format", "pattern", "enum", "const"],
        help: "say it by `format: email`",
    },
    Promise {
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
        words: &["must match", "must contain only", "only letters", "alphanumeric characters", "hexadecimal"],
        types: &["string"],
        keywords: &["format", "pattern", "enum", "const"],
        help: "say it by a `pattern`",
    },
    Promise {
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
        words: &["at most", "maximum of", "up to", "no more than"],
        types: &["array"],
        keywords: &["maxItems"],
        help: "say it by `maxItems`",
    },
    Promise {
        words: &["must be unique", "no duplicates", "must not contain duplicates"],
        types: &["array"],
        keywords: &["uniqueItems"],
        help: "say it by `uniqueItems: true`",
    },
    Promise {
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
        words: &["read-only", "read only", "readonly", "will be ignored", "is ignored"],
        types: &[],
        keywords: &["readOnly", "writeOnly"],
        help: "say it by `readOnly: true`, or an overlay that says when it is ignored",
    },
    Promise {
        words: &["always"],
        types: &["string", "integer", "number", "boolean"],
        keywords: &["const", "enum", "pattern", "format", "minimum", "maximum", "default"],
        help: "say it by `enum` with one value, where it is one",
    },
    Promise {
        words: &["never null", "cannot be null", "must not be null", "non-empty", "not be empty", "cannot be empty"],
        types: &["string", "array"],
        keywords: &["minLength", "minItems", "pattern", "enum", "const", "format"],
        help: "say it by `minLength: 1` or `minItems: 1`",
    },
];

pub(super) fn parameter(context: &mut Context<'_>, node: &Node<'_>) {
    let Some(description) = node.text("description") else { return };
    let (_, schema) = context.resolve(&node.at("schema").spot());
    if let Some(schema) = schema.and_then(Value::as_object) {
        promises(context, node, description, schema);
    }
}

pub(super) fn schema(context: &mut Context<'_>, node: &Node<'_>) {
    if let Some(description) = node.text("description") {
        promises(context, node, description, node.map);
    }
}

fn promises(context: &mut Context<'_>, node: &Node<'_>, description: &str, schema: &Map<String, Value>) {
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
    for promise in PROMISES {
        let concerns = promise.types.is_empty() || promise.types.iter().any(|name| types.contains(name));
        if !concerns || promise.keywords.iter().any(|keyword| schema.contains_key(*keyword)) {
            continue;
        }
        let Some((words, start)) = promise.words.iter().find_map(|words| Some((words, find(&lower, words)?))) else {
            continue;
        };
        let promised = sentence(description, start);
        let message = format!("the description promises what the schema does not say: “{}”", clip(promised));
        let problem = Problem::key(&PROSE_PROMISE, &node.at("description"), message);
        context.push(problem.label(format!("`{words}`")).help(promise.help));
        return;
    }
}

/// Where words stand in a text, not as part of longer ones.
fn find(text: &str, words: &str) -> Option<usize> {
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.match_indices(words).map(|(start, _)| start).find(|start| {
        !is_word(start.checked_sub(1).and_then(|before| bytes.get(before))) && !is_word(bytes.get(start + words.len()))
    })
}

/// The sentence that `at` is in.
fn sentence(text: &str, at: usize) -> &str {
    let start = text[..at].rfind(['.', '\n', '!', ';']).map_or(0, |before| before + 1);
    let end = text[at..].find(['.', '\n', ';']).map_or(text.len(), |after| at + after);
    text[start..end].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_sentences_are_found() {
        assert_eq!(find("the guide, a guid", "guid"), Some(13));
        assert_eq!(find("guidelines", "guid"), None);
        let text = "First. Is always `é`; then more.";
        assert_eq!(sentence(text, find(text, "always").expect("there")), "Is always `é`");
    }
}
