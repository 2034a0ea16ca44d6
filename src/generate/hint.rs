//! What a property's name says: its words, and what the property belongs to.

/// A property's name, read as words.
pub(super) struct Hint<'n> {
    /// As it is written.
    pub(super) name: &'n str,
    /// In lower case, words with `_` between: `createdAt` is `created_at`.
    pub(super) snake: String,
    /// The same without what stands between words.
    pub(super) plain: String,
    /// What the object is called that the property belongs to.
    owner: &'n str,
}

impl<'n> Hint<'n> {
    pub(super) fn new(name: &'n str, owner: &'n str) -> Self {
        let snake = snake(name);
        let plain = snake.replace('_', "");
        Self { name, snake, plain, owner }
    }

    pub(super) fn words(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.snake.split('_').filter(|word| !word.is_empty())
    }

    pub(super) fn last(&self) -> &str {
        self.words().next_back().unwrap_or_default()
    }

    /// Whether one of these is among the words.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        self.words().any(|word| words.contains(&word))
    }

    /// Whether the last word is one of these.
    pub(super) fn ends(&self, words: &[&str]) -> bool {
        words.contains(&self.last())
    }

    /// Whether one of these stands anywhere, in the middle of words too.
    pub(super) fn holds(&self, parts: &[&str]) -> bool {
        parts.iter().any(|part| self.plain.contains(part))
    }

    /// Whether a time is meant: `created_at`, `start_time`, `timestamp`.
    pub(super) fn is_time(&self) -> bool {
        const ENDS: [&str; 16] = [
            "at",
            "timestamp",
            "datetime",
            "time",
            "created",
            "updated",
            "modified",
            "expires",
            "expiry",
            "expiration",
            "since",
            "until",
            "deadline",
            "createdat",
            "updatedat",
            "ts",
        ];
        // How long something takes is no time of day.
        self.ends(&ENDS)
            && !self.has(&["response", "elapsed", "cpu", "processing", "execution", "lead", "prep", "delivery"])
    }

    /// What the owner is, in one word: `CustomerResponse` and `customers` are a `customer`.
    pub(super) fn owner(&self) -> String {
        const ABOUT: [&str; 26] = [
            "response",
            "request",
            "dto",
            "model",
            "schema",
            "result",
            "item",
            "data",
            "object",
            "entity",
            "resource",
            "view",
            "output",
            "input",
            "read",
            "base",
            "detail",
            "details",
            "summary",
            "info",
            "full",
            "list",
            "new",
            "attributes",
            "body",
            "payload",
        ];
        let snake = snake(self.owner);
        let telling = snake.split('_').rev().find(|word| !word.is_empty() && !ABOUT.contains(word)).unwrap_or_default();
        telling.strip_suffix('s').filter(|stem| stem.len() > 2 && !stem.ends_with('s')).unwrap_or(telling).to_owned()
    }
}

/// `createdAt`, `created-at` and `CreatedAt` as `created_at`; `IPAddress` as `ip_address`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before: Option<char> = None;
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_alphanumeric() {
            let starts = before.is_some_and(|before| {
                before.is_lowercase() || before.is_ascii_digit() || rest.peek().is_some_and(|next| next.is_lowercase())
            });
            if c.is_uppercase() && starts && before.is_some_and(char::is_alphanumeric) && !out.ends_with('_') {
                out.push('_');
            }
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') {
            out.push('_');
        }
        before = Some(c);
    }
    out
}

/// Whether a property of this name says how many items the list beside it has.
pub(super) fn is_count_of_list(name: &str) -> bool {
    let plain = Hint::new(name, "").plain;
    let named = [
        "total",
        "count",
        "totalcount",
        "totalitems",
        "totalelements",
        "totalresults",
        "totalrecords",
        "totalentries",
        "totalhits",
        "itemstotal",
        "totalcounts",
        "numberofelements",
        "resultcount",
        "itemcount",
        "recordcount",
        "numresults",
        "numitems",
    ];
    named.contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        for (name, expected) in [
            ("createdAt", "created_at"),
            ("CreatedAt", "created_at"),
            ("created-at", "created_at"),
            ("IPAddress", "ip_address"),
            ("userID", "user_id"),
            ("sha256", "sha256"),
            ("line1Text", "line1_text"),
            ("", ""),
        ] {
            assert_eq!(snake(name), expected, "{name}");
        }
    }

    #[test]
    fn owners_are_one_word() {
        for (owner, expected) in
            [("CustomerResponse", "customer"), ("pets", "pet"), ("CustomerGroup", "group"), ("", "")]
        {
            assert_eq!(Hint::new("name", owner).owner(), expected, "{owner}");
        }
    }
}
