//! How sure a sentence is of what it says about the value: a proposal that is wrong makes right
//! exchanges break, so it is written out only where nothing in the sentence speaks against it.

use super::proposal::{Says, marked, numbers};

/// What a sentence is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    /// It promises nothing about the value.
    None,
    /// It promises something; what, a person has to tell.
    Some,
    /// It can be taken by the word.
    Sure,
}

/// A sentence around the words that promise something, all in lower case.
pub(super) struct Said<'s> {
    pub(super) words: &'s str,
    pub(super) before: &'s str,
    pub(super) after: &'s str,
    /// The whole description.
    pub(super) text: &'s str,
    pub(super) types: &'s [&'s str],
}

/// The value is one among others that are told of: an example promises nothing.
const EXAMPLES: [&str; 7] = ["for instance", "for example", "e.g.", "e.g ", "eg.", "such as", "an example"];
/// What is said holds sometimes, or for some values only.
const SOMETIMES: [&str; 35] = [
    "if",
    "when",
    "whenever",
    "where",
    "unless",
    "until",
    "while",
    "case",
    "cases",
    "except",
    "otherwise",
    "optionally",
    "optional",
    "usually",
    "typically",
    "generally",
    "normally",
    "often",
    "sometimes",
    "recommend",
    "recommended",
    "should",
    "prefer",
    "preferably",
    "ideally",
    "might",
    "could",
    "default",
    "defaults",
    "depending",
    "only for",
    "current",
    "currently",
    "deprecated",
    "supports",
];
/// What is said is one way among several.
const MAYBE: [&str; 8] = ["may", "can", "either", "or", "and/or", "also", "possibly", "some"];

pub(super) fn certainty(says: Says, said: &Said<'_>) -> Certainty {
    if EXAMPLES.iter().any(|word| said.before.contains(word)) || !is_about_the_value(says, said) {
        return Certainty::None;
    }
    let has_any = |words: &[&str]| words.iter().any(|word| has(said.before, word) || has(said.after, word));
    let is_maybe = match says {
        // “May be up to 5 characters” bounds; “can be one of” lists.
        Says::Longest | Says::MostItems | Says::Largest | Says::Values => false,
        _ => has_any(&MAYBE),
    };
    let is_example = EXAMPLES.iter().any(|word| said.after.contains(word)) && says != Says::Time;
    if has_any(&SOMETIMES) || is_maybe || is_example || !is_exact(says, said) {
        return Certainty::Some;
    }
    Certainty::Sure
}

/// Whether the words are said of the value at all.
fn is_about_the_value(says: Says, said: &Said<'_>) -> bool {
    let is_null = said.words.contains("null");
    match says {
        Says::ReadOnly if said.words.contains("ignored") => true,
        Says::ReadOnly => !said.types.contains(&"boolean") && !has(said.before, "whether") && said.marks_around() == 0,
        // That there is no null is what a schema says that does not allow it.
        Says::NotEmpty if is_null => said.types.contains(&"null"),
        Says::Email => {
            !["of", "with", "to", "for", "by", "if", "whether", "from"].iter().any(|word| has(said.before, word))
        }
        Says::Smallest | Says::Largest if said.words.starts_with("at ") || said.words.starts_with("no more") => {
            let before = said.before.trim_end();
            before.is_empty() || [" be", " is", "be", "is", "value", "of"].iter().any(|word| before.ends_with(word))
        }
        _ => true,
    }
}

/// Whether the sentence says no more and no less than the keyword would.
fn is_exact(says: Says, said: &Said<'_>) -> bool {
    let after = said.after.trim_start();
    match says {
        Says::Time => is_time(said),
        Says::Uuid => !has_list(said) && !has(said.before, "prefixed") && !has(said.after, "prefixed"),
        Says::Email => {
            !has_list(said) && !said.after.contains("addresses") && said.before.split_whitespace().count() <= 5
        }
        Says::Affix => {
            let first = after.trim_start_matches("the ").trim_start_matches("a ").trim_start_matches("prefix ");
            first.starts_with(['`', '"', '“']) && marked(said.after).len() == 1
        }
        Says::Letters => {
            let is_only = has(said.before, "only") || has(said.before, "consists of") || said.words.contains("only");
            let rest = said.after.trim_start_matches("digits").trim_start_matches("characters").trim();
            is_only && (rest.is_empty() || rest.starts_with(['.', ')'])) && !said.before.contains("non-")
        }
        Says::Longest if has(said.after, "for") => false,
        Says::Longest if said.words.starts_with("characters") => !has(said.after, "each"),
        Says::Longest if said.words.ends_with("length") => {
            numbers(said.after).len() == 1 && !said.after.contains("byte")
        }
        Says::Longest => unit(said.after).is_some_and(|unit| unit.starts_with("char")) && !has(said.after, "each"),
        Says::MostItems => {
            unit(said.after).is_some_and(|unit| unit.is_empty() || is_counted(unit))
                && !has(said.after, "each")
                && !has(said.after, "per")
        }
        Says::Largest | Says::Smallest => match said.words {
            "non-negative" | "positive integer" | "must be positive" => true,
            "must be between" => numbers(said.after).len() == 2,
            _ => unit(said.after).is_some_and(str::is_empty),
        },
        Says::Unique => !["across", "within", "per", "in", "each", "for"].iter().any(|word| has(said.after, word)),
        Says::Values => {
            let is_once = said.text.matches(said.words).count() == 1;
            is_once && !has(said.before, "for") && is_list(said.after)
        }
        Says::ReadOnly => says_read_only(said),
        Says::Always if has(said.before, "for") => false,
        Says::Always => {
            let rest = after.trim_start_matches(['`', '"', '“']);
            let end = rest.find(['`', '"', '”', ' ', ',']).unwrap_or(rest.len());
            ends(rest[end..].trim_start_matches(['`', '"', '”']))
        }
        Says::NotEmpty if said.words == "non-empty" => {
            let list = ["array", "list"].iter().any(|word| after.starts_with(word));
            let text = ["string", "text"].iter().any(|word| after.starts_with(word));
            if said.types.contains(&"array") { list } else { text }
        }
        Says::NotEmpty => ends(after) && !said.words.contains("null"),
    }
}

impl Said<'_> {
    fn marks_around(&self) -> usize {
        // “`readonly`” is a value among others.
        usize::from(self.before.ends_with(['`', '"', '“', '$', '-', ',']) && !self.before.ends_with("- "))
    }
}

/// Words in a text, not as part of longer ones.
fn has(text: &str, words: &str) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.match_indices(words).any(|(start, _)| {
        !is_word(start.checked_sub(1).and_then(|before| bytes.get(before))) && !is_word(bytes.get(start + words.len()))
    })
}

/// Whether nothing more is said.
fn ends(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with([',', '.', ')', ']', '*'])
}

/// Whether the value is several of what is named.
fn has_list(said: &Said<'_>) -> bool {
    ["list", "comma", "separated", "delimited", "array"]
        .iter()
        .any(|word| has(said.before, word) || has(said.after, word))
}

/// What stands behind the number that follows: a unit, or nothing.
fn unit(after: &str) -> Option<&str> {
    let after = after.trim_start().trim_start_matches(['`', '*', ':']).trim_start();
    let after = ["of ", "is ", "a "]
        .iter()
        .find_map(|word| after.strip_prefix(word))
        .unwrap_or(after)
        .trim_start_matches(['`', '*']);
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',');
    if rest.len() == after.len() {
        return None;
    }
    let rest = rest.trim_start_matches(['`', '*']);
    let word = rest.trim_start().split([' ', '.', ',', ')', ':']).next().unwrap_or_default();
    Some(if rest.starts_with(['.', ',', ')']) { "" } else { word })
}

fn is_counted(unit: &str) -> bool {
    let counted = ["item", "entr", "element", "value", "object", "id", "tag", "record", "result", "member"];
    counted.iter().any(|word| unit.starts_with(word))
}

/// Whether nothing but values and what stands between them follows.
fn is_list(after: &str) -> bool {
    let mut rest = String::new();
    let mut closing = None;
    for letter in after.chars() {
        match closing {
            Some(end) if letter == end => closing = None,
            Some(_) => {}
            None if matches!(letter, '`' | '"') => closing = Some(letter),
            None if letter == '“' => closing = Some('”'),
            None => rest.push(letter),
        }
    }
    let mut between = rest.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    between.all(|word| matches!(word, "and" | "or" | "values"))
}

/// Whether a time is named whose form the formats have.
fn is_time(said: &Said<'_>) -> bool {
    let either = |word: &str| has(said.before, word) || has(said.after, word);
    if said.words == "yyyy-mm-dd" {
        return !said.after.starts_with(['-', 't', ' ', '_', '/'])
            || ends(said.after)
            || said.after.starts_with(" format");
    }
    let other = [
        "duration",
        "durations",
        "interval",
        "period",
        "week",
        "month",
        "year",
        "country",
        "currency",
        "language",
        "milliseconds",
        "offset",
        "time-only",
    ];
    let named = ["date-time", "datetime", "timestamp", "date and time", "time", "utc"];
    let is_rfc = said.words.starts_with("rfc");
    !other.iter().any(|word| either(word)) && (is_rfc || named.iter().any(|word| either(word)))
}

/// “Read-only”, “This field is read-only”.
fn says_read_only(said: &Said<'_>) -> bool {
    let plain = |text: &str| text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let (before, after) = (plain(said.before), plain(said.after));
    let subjects = [
        "this field",
        "this property",
        "this attribute",
        "this value",
        "the field",
        "the property",
        "it",
        "field",
        "property",
    ];
    let is_subject = before.is_empty()
        || ["is", "are"]
            .iter()
            .any(|verb| before.strip_suffix(verb).is_some_and(|subject| subjects.contains(&subject.trim())));
    let is_end = matches!(after.as_str(), "" | "field" | "property" | "attribute" | "value");
    is_subject && (is_end || before.is_empty() && said.after.starts_with([':', '.', ',', ']', ')', '*']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(says: Says, words: &str, text: &str, kind: &str) -> Certainty {
        let lower = text.to_ascii_lowercase();
        let start = lower.find(words).unwrap_or_else(|| panic!("{words} in {text}"));
        let (before, after) = (&lower[..start], &lower[start + words.len()..]);
        certainty(says, &Said { words, before, after, text: &lower, types: &[kind] })
    }

    #[test]
    fn what_is_said_by_the_way_is_no_proposal() {
        use Certainty::{None, Some, Sure};
        for (says, words, text, kind, expected) in [
            (
                Says::Affix,
                "ending with",
                "For instance, if you receive 100 objects, ending with `obj_foo`, you",
                "string",
                None,
            ),
            (Says::Affix, "prefixed with", "Can optionally be prefixed with `metrics:`", "string", Some),
            (Says::Affix, "starts with", "Specify team_id starts with `T` in case of Org Token", "string", Some),
            (Says::Affix, "starts with", "Starts with `a` or `b`", "string", Some),
            (Says::Affix, "starts with", "It starts with `cus_`", "string", Sure),
            (Says::ReadOnly, "read-only", "Whether this dashboard is read-only", "boolean", None),
            (Says::ReadOnly, "read-only", "Options are **st**, **ro** (read-only user)", "string", Some),
            (Says::ReadOnly, "readonly", "`READONLY, INVOICEONLY`", "string", None),
            (Says::ReadOnly, "read-only", "Targets one or more read-only index", "string", Some),
            (Says::ReadOnly, "read only", "This field is read only on the Xero contact screen", "string", Some),
            (Says::ReadOnly, "read-only", "Elements are read-only via `$sourceElem`", "array", Some),
            (Says::ReadOnly, "read-only", "This field is read-only", "string", Sure),
            (Says::ReadOnly, "read-only", "Read-only", "string", Sure),
            (Says::ReadOnly, "read-only", "[Read-only] The id of the thing", "string", Sure),
            (
                Says::Letters,
                "alphanumeric characters",
                "must have at least three alphanumeric characters",
                "string",
                Some,
            ),
            (
                Says::Letters,
                "alphanumeric characters",
                "May include alphanumeric characters, special characters",
                "string",
                Some,
            ),
            (
                Says::Letters,
                "alphanumeric characters",
                "Only alphanumeric characters, hyphens, and underscores",
                "string",
                Some,
            ),
            (Says::Letters, "alphanumeric characters", "Only alphanumeric characters", "string", Sure),
            (
                Says::NotEmpty,
                "non-empty",
                "If this is non-empty then the request ended because of those failures",
                "string",
                Some,
            ),
            (Says::NotEmpty, "non-empty", "When non-empty, contains a value", "string", Some),
            (Says::NotEmpty, "cannot be null", "It cannot be null", "string", None),
            (Says::NotEmpty, "cannot be empty", "It cannot be empty", "array", Sure),
            (Says::NotEmpty, "non-empty", "An array of non-empty strings", "array", Some),
            (Says::Smallest, "at least", "Active if they commit at least 3 times in a given month", "integer", None),
            (Says::Smallest, "at least", "The value must be at least 3", "integer", Sure),
            (Says::Time, "yyyy-mm-dd", "In the form `yyyy-mm-dd-hh-mm-ss`", "string", Some),
            (Says::Time, "yyyy-mm-dd", "As yyyy-mm-dd", "string", Sure),
            (Says::Time, "iso 8601", "An ISO 8601 duration", "string", Some),
            (Says::Time, "iso 8601", "ISO 8601 timestamp of the creation", "string", Sure),
            (Says::Uuid, "uuid", "We recommend a UUID", "string", Some),
            (Says::Uuid, "uuid", "The UUID of the user", "string", Sure),
            (Says::Email, "email address", "Name of the owner of the email address", "string", None),
            (Says::Email, "email address", "The email address of the user", "string", Sure),
            (Says::Values, "possible values are", "For bank accounts possible values are `a`, `b`", "string", Some),
            (Says::Values, "possible values are", "Possible values are `a` (the first), `b`", "string", Some),
            (Says::Values, "possible values are", "Possible values are `a`, `b` and `c`", "string", Sure),
            (Says::Longest, "up to", "Up to 5 words", "string", Some),
            (Says::Longest, "up to", "Can be up to 500 characters", "string", Sure),
            (Says::MostItems, "up to", "Up to 10 items", "array", Sure),
            (Says::MostItems, "up to", "Strings of up to 10 characters", "array", Some),
            (Says::Always, "always", "Always `card` if it was paid", "string", Some),
            (Says::Always, "always", "Always `card`", "string", Sure),
            (Says::Always, "always", "For a successful response, this is always true", "boolean", Some),
            (Says::Longest, "maximum length", "Maximum length: 2 characters for addresses in the US", "string", Some),
            (Says::Time, "iso 8601", "Time zone as an ISO 8601 UTC offset", "string", Some),
        ] {
            assert_eq!(judged(says, words, text, kind), expected, "{text}");
        }
    }
}
