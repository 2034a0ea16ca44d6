//! The one engine, and single expressions compiled by it.

use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::value::Value as Engine;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde_json::Value;

use super::scan::{self, Mentions, Name};
use super::{
    Context, DEEPEST, ExpressionError, FUEL, LONGEST_EXPRESSION, MOST_REPETITIONS, MOST_TOKENS, Var, filters,
    functions, values,
};
use crate::source::did_you_mean;

/// Made once: it holds functions only, nothing of any run.
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| engine(UndefinedBehavior::Strict));

/// The same, by which what is not there is equal to nothing and has no members.
static CONDITIONS: LazyLock<Environment<'static>> = LazyLock::new(|| engine(UndefinedBehavior::Chainable));

fn engine(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(undefined);
    engine.set_fuel(Some(FUEL));
    // Places and names in errors.
    engine.set_debug(true);
    functions::register(&mut engine);
    filters::register(&mut engine);
    engine
}

/// One expression, compiled. Cheap to clone.
#[derive(Clone)]
pub struct Expression(Arc<Compiled>);

struct Compiled {
    text: String,
    names: Vec<Name>,
    program: minijinja::Expression<'static, 'static>,
    is_condition: bool,
    /// The same to the letter, of a condition that compares by size.
    strict: Option<Expression>,
}

impl Expression {
    /// Reads an expression; unknown functions, filters and tests are errors already here.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        Self::compile(text, &ENGINE, false)
    }

    /// The same for a condition on what may not be there: `request.query.q == 'slow'` does not hold
    /// without `q`, and is no error.
    pub fn condition(text: &str) -> Result<Self, ExpressionError> {
        Self::compile(text, &CONDITIONS, true)
    }

    fn compile(text: &str, engine: &'static Environment<'static>, is_condition: bool) -> Result<Self, ExpressionError> {
        measure(text)?;
        let program =
            engine.compile_expression_owned(text.to_owned()).map_err(|error| ExpressionError::engine(&error, None))?;
        let mentions = scan::mentions(text);
        check(engine, &mentions)?;
        let by_size = is_condition && text.contains(['<', '>']);
        let strict = if by_size { Some(Self::parse(text)?) } else { None };
        Ok(Self(Arc::new(Compiled { text: text.to_owned(), names: mentions.names, program, is_condition, strict })))
    }

    /// The expression as written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The names that it reads, in their order; a path that stands twice is told twice.
    pub fn names(&self) -> &[Name] {
        &self.0.names
    }

    /// Its value as JSON. An undefined value is an error.
    pub fn eval(&self, context: &Context) -> Result<Value, ExpressionError> {
        values::to_json(&self.defined(context)?).map_err(ExpressionError::new)
    }

    /// Its value, undefined or not.
    pub fn var(&self, context: &Context) -> Result<Var, ExpressionError> {
        self.run(context).map(Var)
    }

    /// Whether it holds. An undefined value is an error, but of a [condition](Self::condition).
    pub fn holds(&self, context: &Context) -> Result<bool, ExpressionError> {
        match self.0.strict.as_ref().map(|strict| strict.holds(context)) {
            Some(Err(error)) if error.is_undefined() => return in_parts(self.text(), context, 0),
            Some(judged) => return judged,
            None => {}
        }
        let value = if self.0.is_condition { self.run(context) } else { self.defined(context) };
        match value.map(|value| value.is_true()) {
            // A filter that cannot work on nothing.
            Err(error) if self.0.is_condition && error.is_undefined() => Ok(false),
            held => held,
        }
    }

    pub(super) fn text_value(&self, context: &Context) -> Result<String, ExpressionError> {
        values::to_text(&self.defined(context)?).map_err(ExpressionError::new)
    }

    fn defined(&self, context: &Context) -> Result<Engine, ExpressionError> {
        let value = self.run(context)?;
        if value.is_undefined() {
            let path = self.text().trim();
            return Err(self.placed(ExpressionError::undefined(path, context), path));
        }
        Ok(value)
    }

    fn run(&self, context: &Context) -> Result<Engine, ExpressionError> {
        self.0.program.eval(context.root()).map_err(|error| {
            let found = ExpressionError::engine(&error, Some(context));
            let undefined = found.message.split('`').nth(1).map(str::to_owned);
            match undefined.filter(|_| found.message.contains("is undefined")) {
                Some(path) if path.ends_with("[...]") => self.missing_key(context).unwrap_or(found),
                Some(path) => self.placed(found, &path),
                None => found,
            }
        })
    }

    /// The first key in brackets, worked out, that what stands before the brackets does not have.
    fn missing_key(&self, context: &Context) -> Option<ExpressionError> {
        self.names().iter().filter(|name| !name.guarded).find_map(|name| {
            let (holder, rest) = name.path.split_once('[')?;
            let (inner, _) = rest.split_once(']')?;
            let end = name.range.start + holder.len() + inner.len() + 2;
            let key = Self::parse(inner).ok()?.run(context).ok().filter(|key| !key.is_undefined())?;
            let (place, holder) = (holder, Self::parse(holder).ok()?.run(context).ok()?);
            holder.get_item(&key).ok().filter(Engine::is_undefined)?;
            let keys: Vec<String> = holder.try_iter().ok()?.take(20).map(|key| format!("`{key}`")).collect();
            let has = if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
            let told = format!("`{place}` has no `{key}`, it has {has}; so the value is undefined");
            let error = ExpressionError::new(told);
            Some(error.range(name.range.start..end))
        })
    }

    /// The error with the undefined `path` underlined, as far as it can be found in the text.
    fn placed(&self, error: ExpressionError, path: &str) -> ExpressionError {
        let found = self.names().iter().filter(|name| !name.guarded).find(|name| name.path.starts_with(path));
        match found {
            Some(name) => error.range(name.range.start..name.range.start + path.len()),
            None => error,
        }
    }
}

/// Whether a condition holds, part by part: the engine takes what is not there for less than anything, so that
/// a part that compares by size is false by itself where something in it is missing.
fn in_parts(text: &str, context: &Context, depth: usize) -> Result<bool, ExpressionError> {
    let text = scan::bare(text);
    let (is_or, parts) = scan::operands(text);
    if parts.len() > 1 && depth < DEEPEST {
        for part in parts {
            if in_parts(part, context, depth + 1)? == is_or {
                return Ok(is_or);
            }
        }
        return Ok(!is_or);
    }
    match Expression::parse(text)?.holds(context) {
        Err(error) if error.is_undefined() && text.contains(['<', '>']) => Ok(false),
        Err(error) if error.is_undefined() => Expression::condition(text)?.holds(context),
        judged => judged,
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.text())
    }
}

/// The engine's reader recurses, so what is too large is refused before it starts.
fn measure(text: &str) -> Result<(), ExpressionError> {
    let size = scan::size(text);
    let bounds = [
        (text.len(), LONGEST_EXPRESSION, "bytes"),
        (size.tokens, MOST_TOKENS, "words and signs"),
        (size.depth, DEEPEST, "levels of brackets"),
        (size.prefixes, DEEPEST, "conditions and signs"),
        (size.repetitions, MOST_REPETITIONS, "multiplications"),
    ];
    match bounds.iter().find(|(found, bound, _)| found > bound) {
        Some((found, bound, what)) => {
            let message = format!("the expression has {found} {what}; at most {bound} are allowed");
            Err(ExpressionError::new(message).help(Some("split it up".to_owned())))
        }
        None => Ok(()),
    }
}

fn check(engine: &Environment<'static>, mentions: &Mentions) -> Result<(), ExpressionError> {
    for (name, range) in &mentions.functions {
        let known: Vec<&str> = engine.globals().map(|(known, _)| known).collect();
        if !known.contains(&name.as_str()) {
            let fault = unknown("function", name, &known);
            return Err(fault.range(range.clone()));
        }
    }
    for (name, range) in &mentions.filters {
        let found = engine.empty_state().apply_filter(name, &[]);
        if found.is_err_and(|error| error.kind() == ErrorKind::UnknownFilter) {
            return Err(unknown("filter", name, filters::FILTERS).range(range.clone()));
        }
    }
    for (name, range) in &mentions.tests {
        let found = engine.empty_state().perform_test(name, &[]);
        if found.is_err_and(|error| error.kind() == ErrorKind::UnknownTest) {
            return Err(unknown("test", name, filters::TESTS).range(range.clone()));
        }
    }
    Ok(())
}

fn unknown(what: &str, name: &str, known: &[&str]) -> ExpressionError {
    let help = match did_you_mean(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", known.join(", ")),
    };
    ExpressionError::new(format!("unknown {what} `{name}`")).help(Some(help))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::expression::Session;

    fn context() -> Context {
        let clock: super::super::Clock = Arc::new(|| jiff::Timestamp::UNIX_EPOCH);
        let response = json!({"status": 200, "json": {"name": "x", "items": [{"id": 1}, {"id": 2}], "big": u64::MAX}});
        Context::new(Session::new(7, "id", clock))
            .with("response", Var::from(&response))
            .with("n", Var::from(json!(3)))
            .with("env", Var::from(json!({"HOME": "/h"})))
            .with("state", Var::record([("3", Var::from("three"))]))
            .with("late", Var::lazy(|| Some(json!({"a": 1}))))
            .with("never", Var::lazy(|| None))
    }

    #[test]
    fn expressions_have_values() {
        for (text, expected) in [
            ("n", json!(3)),
            ("n + 1", json!(4)),
            ("n * 1.5", json!(4.5)),
            ("response.json.big", json!(u64::MAX)),
            ("response.json.items | map(attribute='id') | list", json!([1, 2])),
            ("response.json", json!({"name": "x", "items": [{"id": 1}, {"id": 2}], "big": u64::MAX})),
            ("env.X | default('y')", json!("y")),
            ("env.X is defined", json!(false)),
            ("nobody is defined", json!(false)),
            ("nobody | default(n)", json!(3)),
            ("late.a", json!(1)),
            ("state[n]", json!("three")),
            ("never is undefined", json!(true)),
            ("1 == 1.0", json!(true)),
            ("'x' * 3", json!("xxx")),
            ("'b' in {'b': 1} and response.json.name is string", json!(true)),
            ("{'b': 1, 'a': [none]}", json!({"b": 1, "a": [null]})),
            ("response.json.items[-1].id", json!(2)),
            ("n > 2 if n is integer else false", json!(true)),
        ] {
            let value = Expression::parse(text).and_then(|expression| expression.eval(&context()));
            assert_eq!(value.map(|v| v.to_string()), Ok(expected.to_string()), "{text}");
        }
    }

    #[test]
    fn errors_name_what_is_wrong_and_where() {
        for (text, message, help, place) in [
            ("respnse.status", "`respnse` is undefined", "did you mean `response`?", "respnse"),
            ("response.json.nmae", "`response.json.nmae` is undefined", "did you mean `name`?", "response.json.nmae"),
            ("response.jsn.name", "`response.jsn` is undefined", "did you mean `json`?", "response.jsn"),
            ("n | slugg", "unknown filter `slugg`", "did you mean `slug`?", "slugg"),
            ("n is emial", "unknown test `emial`", "did you mean `email`?", "emial"),
            ("nwo()", "unknown function `nwo`", "did you mean `now`?", "nwo"),
        ] {
            let result = Expression::parse(text).and_then(|expression| expression.eval(&context()));
            let error = result.expect_err(text);
            assert_eq!((error.message.as_str(), error.help.as_deref()), (message, Some(help)), "{text}");
            let shown = error.range.map_or("", |range| &text[range]);
            assert_eq!(shown, place, "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_unlike_anything() {
        for (text, expected) in [
            ("response.json.none == 'x'", false),
            ("response.json.none.deeper == 'x'", false),
            ("response.json.none != 'x'", true),
            ("response.json.none == 'x' or n == 3", true),
            ("not response.json.none", true),
            ("response.json.none in ['x']", false),
            ("response.json.none > 5", false),
            ("response.json.none < 5", false),
            ("response.json.none < 5 or n < 5", true),
            ("'x' in response.json.none", false),
            ("response.json.none | length > 2", false),
            ("response.json.none | length == 2", false),
            ("n == 3", true),
        ] {
            let held = Expression::condition(text).and_then(|expression| expression.holds(&context()));
            assert_eq!(held, Ok(expected), "{text}");
        }
        assert!(Expression::condition("n / 0 == 1").expect("it is one").holds(&context()).is_err());
    }

    #[test]
    fn a_key_that_is_worked_out_and_missing_is_told() {
        let text = "response.json['name' ~ n] == 1";
        let result = Expression::parse(text).and_then(|expression| expression.eval(&context()));
        let error = result.expect_err(text);
        let expected = "`response.json` has no `name3`, it has `name`, `items`, `big`; so the value is undefined";
        assert_eq!(
            (error.message.as_str(), error.range.map_or("", |range| &text[range])),
            (expected, "response.json['name' ~ n]")
        );
    }

    #[test]
    fn faults_of_the_syntax_are_found_when_read() {
        for text in ["", "a b", "a +", "{'a'", "a | ", "'x", "(((((", "a is", "1 ** "] {
            let error = Expression::parse(text).expect_err(text);
            assert!(error.message.starts_with("not an expression: "), "{text}: {}", error.message);
        }
        for text in [
            "(".repeat(5000),
            "[".repeat(20_000),
            "n*".repeat(9) + "1",
            "not ".repeat(4000) + "1",
            "- ".repeat(400) + "1",
            "a.".repeat(4000) + "a",
            "1+".repeat(4000) + "1",
            "1 if 1 else ".repeat(300) + "1",
        ] {
            assert!(Expression::parse(&text).is_err(), "{text:.10}");
        }
    }

    #[test]
    fn what_the_bounds_allow_is_read() {
        for text in [
            "(".repeat(60) + "1" + &")".repeat(60),
            "not ".repeat(60) + "1",
            "- ".repeat(60) + "1",
            "1+".repeat(490) + "1",
            "n".to_owned() + &"|int".repeat(490),
            "response".to_owned() + &".a".repeat(490),
            "1 if 1 else ".repeat(60) + "1",
        ] {
            let expression = Expression::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let _ = expression.eval(&context());
        }
    }

    #[test]
    fn cost_is_bounded() {
        for text in [
            "'x' * 99999999",
            "'x' * 2000000",
            "('x' * 90000000) | replace('x', 'y' * 90000000)",
            "range(100000) | join('x' * 1000000)",
            "([0] * 90000000) | list",
            "([0] * 90000000) | sort",
            "([0] * 90000000) | unique",
            "[0] * 90000000",
            "'%99999999d' | format(1)",
            "'a' | indent(99999999)",
            "[1] | batch(99999999, 0) | list",
            "[1] | slice(99999999, 0) | list",
            "random_string(99999999)",
            "2 ** 99999999",
            "9223372036854775807 * 9223372036854775807 * 9223372036854775807",
        ] {
            let started = std::time::Instant::now();
            let result = Expression::parse(text).and_then(|expression| expression.eval(&context()));
            assert!(result.is_err(), "{text}: {:.80}", format!("{result:?}"));
            assert!(started.elapsed().as_secs() < 20, "{text}");
        }
    }

    #[test]
    fn the_scanner_and_the_engine_agree_on_names() {
        for text in [
            "response.json.error.fields[field] is defined",
            "a | default(b) ~ c | map(attribute='x') | join(d)",
            "{'k': v, w: 1}['k'] == random_int(1, n) if not z else [q, (r, s)]",
            "a.is.b is not none and c is divisibleby(d) or 'x' in e",
        ] {
            let expression = Expression::parse(text).expect(text);
            let mut ours: Vec<&str> = expression.names().iter().map(|name| name.root.as_str()).collect();
            let all = expression.0.program.undeclared_variables(false);
            let mut theirs: Vec<&str> = all.iter().map(String::as_str).filter(|name| *name != "random_int").collect();
            ours.sort_unstable();
            ours.dedup();
            theirs.sort_unstable();
            assert_eq!(ours, theirs, "{text}");
        }
    }
}
