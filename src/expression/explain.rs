//! Why a condition does not hold: the parts of it that do not, and what they found.

use super::Context;
use super::engine::Expression;
use super::scan::{self, Name};

/// The longest value that is told, in characters.
const LONGEST: usize = 200;
/// The deepest that a condition is taken apart.
const DEEPEST: usize = 8;

impl Expression {
    /// The parts of a condition that do not hold, a sentence each with the values of the names that it
    /// reads; none where it holds. Of `a and b` those that fail, of `a or b` both. `shown` says of which
    /// names values may be told.
    pub fn shortfalls(&self, context: &Context, shown: &dyn Fn(&Name) -> bool) -> Vec<String> {
        let mut told = Vec::new();
        if !matches!(self.holds(context), Ok(true)) {
            failing(self.text(), context, shown, 0, &mut told);
        }
        told
    }

    /// `response.status` is 500, `n` is 3; empty where it reads none that is shown.
    fn found(&self, context: &Context, shown: &dyn Fn(&Name) -> bool) -> String {
        let mut paths: Vec<&str> = Vec::new();
        let mut all = Vec::new();
        for name in self.names().iter().filter(|name| shown(name)) {
            if paths.contains(&name.path.as_str()) {
                continue;
            }
            paths.push(&name.path);
            let value = Self::parse(&name.path).and_then(|path| path.eval(context));
            let value = value.map_or_else(|_| "undefined".to_owned(), |value| shortened(value.to_string()));
            all.push(format!("`{}` is {value}", name.path));
        }
        all.join(", ")
    }
}

fn failing(text: &str, context: &Context, shown: &dyn Fn(&Name) -> bool, depth: usize, told: &mut Vec<String>) {
    let text = scan::bare(text);
    let parts = if depth < DEEPEST { scan::operands(text).1 } else { Vec::new() };
    if parts.len() > 1 {
        for part in parts {
            failing(part, context, shown, depth + 1, told);
        }
        return;
    }
    let Ok(part) = Expression::condition(text) else { return };
    match part.holds(context) {
        Ok(true) => {}
        Ok(false) => {
            let found = part.found(context, shown);
            let because = if found.is_empty() { found } else { format!(": {found}") };
            told.push(format!("`{text}` does not hold{because}"));
        }
        // What stands before it may be there to keep it from being looked at.
        Err(_) if !told.is_empty() => {}
        Err(error) => told.push(format!("`{text}` cannot be evaluated: {}", error.message)),
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::expression::{Session, Var};

    #[test]
    fn the_parts_that_fail_are_told_with_what_they_found() {
        let context = Context::new(Session::new(1, "id", Arc::new(|| jiff::Timestamp::UNIX_EPOCH)))
            .with("n", Var::from(json!(3)))
            .with("body", Var::from(json!({"kind": "a", "long": "x".repeat(500)})))
            .with("env", Var::from(json!({"KEY": "s3cr3t"})));
        let told = |text: &str| {
            let parsed = Expression::condition(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            parsed.shortfalls(&context, &|name| name.root != "env")
        };
        for (text, expected) in [
            ("n == 3", &[][..]),
            ("n == 3 and n > 5", &["`n > 5` does not hold: `n` is 3"]),
            (
                "n > 5 or (body.kind == 'b' and n == 3)",
                &["`n > 5` does not hold: `n` is 3", "`body.kind == 'b'` does not hold: `body.kind` is \"a\""],
            ),
            ("body.none is defined", &["`body.none is defined` does not hold: `body.none` is undefined"]),
            ("n == 3 and body.none.x == 1", &["`body.none.x == 1` does not hold: `body.none.x` is undefined"]),
            ("n / 0 == 1", &["`n / 0 == 1` cannot be evaluated: unable to calculate 3 / 0"]),
            (
                "body.none is defined and body.none.x == 1",
                &[
                    "`body.none is defined` does not hold: `body.none` is undefined",
                    "`body.none.x == 1` does not hold: `body.none.x` is undefined",
                ],
            ),
            (
                "n == 1 if n == 3 and true else false",
                &["`n == 1 if n == 3 and true else false` does not hold: `n` is 3"],
            ),
            ("not (n == 3 and n > 1)", &["`not (n == 3 and n > 1)` does not hold: `n` is 3"]),
            ("env.KEY == 'other'", &["`env.KEY == 'other'` does not hold"]),
            ("(n == 1) and (n == 2)", &["`n == 1` does not hold: `n` is 3", "`n == 2` does not hold: `n` is 3"]),
            ("false", &["`false` does not hold"]),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
        assert!(told("body.long == 'y'")[0].len() < 300);
    }
}
