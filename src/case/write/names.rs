//! What recorded cases are called.

use std::collections::HashMap;

use super::Recording;

/// Gives each case of a file a name of its own: the operation in words and the outcome.
#[derive(Clone, Debug, Default)]
pub struct Names {
    given: HashMap<String, usize>,
}

impl Names {
    /// `add customers: 201`; `add customers: 201 (2)` for the second. Without an operation the method
    /// and path stand for it.
    pub fn name(&mut self, recording: &Recording<'_>) -> String {
        let name = title(recording);
        self.unique(&name)
    }

    /// The name itself the first time it is asked for, then with a number.
    pub fn unique(&mut self, name: &str) -> String {
        let name = shortened(name);
        loop {
            let count = self.given.entry(name.clone()).or_default();
            *count += 1;
            if *count == 1 {
                return name;
            }
            // A case may have been named like a numbered one.
            let numbered = format!("{name} ({count})");
            if !self.given.contains_key(&numbered) {
                self.given.insert(numbered.clone(), 1);
                return numbered;
            }
        }
    }
}

/// The operation in words and the outcome.
pub fn title(recording: &Recording<'_>) -> String {
    let what = match recording.operation {
        Some(operation) => words(operation.id()),
        None => {
            let path = recording.target.split('?').next().unwrap_or_default();
            format!("{} {path}", recording.exchange.request.method)
        }
    };
    format!("{what}: {}", recording.exchange.response.status)
}

fn shortened(name: &str) -> String {
    const LONGEST: usize = 120;
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

/// An operationId in words: `addCustomers`, `add_customers` and `add-customers` are `add customers`.
/// `POST /customers`, which stands for one, stays.
pub(super) fn words(id: &str) -> String {
    if id.contains([' ', '/']) {
        return id.to_owned();
    }
    let mut out = String::new();
    let characters: Vec<char> = id.chars().collect();
    for (at, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
            continue;
        }
        let before = at.checked_sub(1).map(|at| characters[at]);
        let after = characters.get(at + 1);
        let starts = character.is_uppercase()
            && (before.is_some_and(|c| c.is_lowercase() || c.is_numeric())
                || (before.is_some_and(char::is_uppercase) && after.is_some_and(|c| c.is_lowercase())));
        if starts {
            out.push(' ');
        }
        out.extend(character.to_lowercase());
    }
    let out = out.trim_end();
    if out.is_empty() { id.to_owned() } else { out.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operation_ids_become_words() {
        for (id, expected) in [
            ("addCustomers", "add customers"),
            ("get-group", "get group"),
            ("list_all__pets", "list all pets"),
            ("getAPIKeys2", "get api keys2"),
            ("V1UsersGet", "v1 users get"),
            ("POST /groups", "POST /groups"),
            ("…", "…"),
        ] {
            assert_eq!(words(id), expected);
        }
    }

    #[test]
    fn names_are_numbered_when_they_repeat() {
        let mut names = Names::default();
        let given: Vec<String> =
            ["a: 1", "a: 1 (2)", "a: 1", "a: 1", "b", "a: 1 (2)"].map(|name| names.unique(name)).into();
        assert_eq!(given, ["a: 1", "a: 1 (2)", "a: 1 (3)", "a: 1 (4)", "b", "a: 1 (2) (2)"]);
    }
}
