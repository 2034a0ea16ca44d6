//! What is wrong with a template or an expression, as data.

use std::ops::Range;

use minijinja::ErrorKind;

use super::Context;
use crate::source::{Diagnostic, Pointer, Source, Span, did_you_mean};

/// Why a template or expression cannot be read or evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// One lower-case sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The string within the template's value that holds the expression.
    pub at: Pointer,
    /// The bytes of that string that are meant.
    pub range: Option<Range<usize>>,
}

impl ExpressionError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, at: Pointer::root(), range: None }
    }

    pub(super) fn help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    pub(super) fn range(mut self, range: Range<usize>) -> Self {
        self.range = Some(range);
        self
    }

    /// The same in a string where the expression starts at `offset`.
    pub(super) fn shifted(mut self, offset: usize) -> Self {
        self.range = self.range.map(|range| range.start + offset..range.end + offset);
        self
    }

    /// The same for an expression somewhere below: `token` leads there.
    pub(super) fn below(mut self, at: &Pointer) -> Self {
        self.at = at.concat(&self.at);
        self
    }

    pub(super) fn engine(error: &minijinja::Error, context: Option<&Context>) -> Self {
        let (message, undefined) = describe(error);
        let help = undefined.and_then(|path| context.and_then(|context| suggestion(&path, context)));
        let help = help.or_else(|| advice(error.kind()).map(str::to_owned));
        let range = error.range().filter(|range| !range.is_empty());
        Self { help, range, ..Self::new(message) }
    }

    /// Whether something was read that is not there.
    pub fn is_undefined(&self) -> bool {
        self.message.contains("is undefined")
    }

    pub(super) fn undefined(path: &str, context: &Context) -> Self {
        let advice = advice(ErrorKind::UndefinedError).map(str::to_owned);
        Self::new(format!("`{path}` is undefined")).help(suggestion(path, context).or(advice))
    }

    /// As a diagnostic, where the template's value stands at `at` of `source`.
    ///
    /// The expression itself is underlined where the string stands in the file as it is
    /// (plain, or quoted without escapes, on one line), else the whole string.
    pub fn diagnostic(&self, source: &Source, at: &Pointer) -> Diagnostic {
        let whole = source.locate_nearest(&at.concat(&self.at)).value;
        let span = self.range.as_ref().and_then(|range| inside(source, whole, range)).unwrap_or(whole);
        let diagnostic = Diagnostic::error("expression", self.message.clone()).at(source, span, "");
        match &self.help {
            Some(help) => diagnostic.help(help.clone()),
            None => diagnostic,
        }
    }
}

/// The bytes of the file that `range` of the scalar's value stands in, where the scalar is written as it is.
fn inside(source: &Source, whole: Span, range: &Range<usize>) -> Option<Span> {
    let written = source.text().get(whole.start..whole.end)?;
    if written.contains('\n') || written.starts_with(['|', '>']) {
        return None;
    }
    let quote = usize::from(written.starts_with(['"', '\'']));
    // An escape before the place would shift it.
    let before = written.get(quote..quote + range.start)?;
    if quote == 1 && (before.contains('\\') || before.contains("''")) {
        return None;
    }
    let start = whole.start + quote + range.start;
    let end = whole.start + quote + range.end;
    (end <= whole.end && source.text().is_char_boundary(end)).then_some(Span { start, end })
}

/// What the engine says, in the words of the other messages; and the path that is undefined, if that is it.
fn describe(error: &minijinja::Error) -> (String, Option<String>) {
    let detail = error.detail().unwrap_or_default();
    let undefined = detail.contains("is undefined").then(|| detail.split('`').nth(1).map(str::to_owned)).flatten();
    let message = match error.kind() {
        ErrorKind::UndefinedError if detail.is_empty() => "something in this expression is undefined".to_owned(),
        ErrorKind::UndefinedError => detail.to_owned(),
        ErrorKind::OutOfFuel => "the expression takes too many steps".to_owned(),
        ErrorKind::SyntaxError => format!("not an expression: {detail}"),
        _ if detail.is_empty() => error.kind().to_string(),
        _ => detail.to_owned(),
    };
    (message, undefined)
}

fn advice(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::UndefinedError => Some("define it, or allow for its absence with `| default(…)` or `is defined`"),
        ErrorKind::OutOfFuel => Some("make it smaller"),
        _ => None,
    }
}

/// The nearest name to the first part of `path` that leads nowhere.
fn suggestion(path: &str, context: &Context) -> Option<String> {
    let mut parts = path.split('.');
    let root = parts.next()?;
    let Some(mut value) = context.lookup(root) else {
        let names = context.names();
        return did_you_mean(root, names.iter().map(String::as_str)).map(question);
    };
    for part in parts {
        if let Some(found) = value.get_attr(part).ok().filter(|value| !value.is_undefined()) {
            value = found;
            continue;
        }
        let keys: Vec<String> = value.try_iter().ok()?.take(1000).map(|key| key.to_string()).collect();
        return did_you_mean(part, keys.iter().map(String::as_str)).map(question);
    }
    None
}

fn question(name: &str) -> String {
    format!("did you mean `{name}`?")
}
