//! JSON values whose strings may hold `{{ expressions }}`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::scan::{self, Name};
use super::{Context, Expression, ExpressionError, LONGEST_TEXT, Var};
use crate::source::Pointer;

/// A JSON value whose strings may hold `{{ expressions }}`, compiled once. Cheap to clone.
///
/// A string that is one whole expression keeps the expression's JSON type; in any other string
/// the expressions become text (strings as they are, the rest as JSON). Keys are no templates.
#[derive(Clone, Debug)]
pub struct Template(Arc<Node>);

#[derive(Clone, Debug)]
enum Node {
    Plain(Value),
    Whole { expression: Expression, offset: usize },
    Text(Vec<Piece>),
    List(Vec<Node>),
    Mapping(Vec<(String, Node)>),
}

#[derive(Clone, Debug)]
enum Piece {
    Plain(String),
    Expression { expression: Expression, offset: usize },
}

impl Template {
    /// Reads a value; every fault of every string in it.
    pub fn parse(value: &Value) -> Result<Self, Vec<ExpressionError>> {
        let mut faults = Vec::new();
        let node = Node::parse(value, &Pointer::root(), &mut faults);
        if faults.is_empty() { Ok(Self(Arc::new(node))) } else { Err(faults) }
    }

    /// A value without expressions: its strings stand for themselves, whatever they hold.
    pub fn plain(value: Value) -> Self {
        Self(Arc::new(Node::Plain(value)))
    }

    /// The value that, read as a template, is `value` itself: braces that would open an expression are escaped.
    pub fn escape(value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(Self::escape_text(text)),
            Value::Array(items) => items.iter().map(Self::escape).collect(),
            Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), Self::escape(value))).collect(),
            other => other.clone(),
        }
    }

    /// The same of a string.
    pub fn escape_text(text: &str) -> String {
        text.replace("{{", "{{ '{{' }}").replace("{%", "{{ '{%' }}")
    }

    /// The value, where it holds no expression.
    pub fn constant(&self) -> Option<&Value> {
        match &*self.0 {
            Node::Plain(value) => Some(value),
            _ => None,
        }
    }

    /// The value with every expression evaluated. An undefined value is an error.
    pub fn render(&self, context: &Context) -> Result<Value, ExpressionError> {
        self.0.render(context, &Pointer::root())
    }

    /// The value as text: strings as they are, the rest as JSON.
    pub fn render_text(&self, context: &Context) -> Result<String, ExpressionError> {
        match self.render(context)? {
            Value::String(text) => Ok(text),
            other => Ok(other.to_string()),
        }
    }

    /// The value for a [`Context`]; one whole expression may be undefined here.
    pub fn var(&self, context: &Context) -> Result<Var, ExpressionError> {
        match &*self.0 {
            Node::Whole { expression, offset } => expression.var(context).map_err(|error| error.shifted(*offset)),
            _ => self.render(context).map(Var::from),
        }
    }

    /// Every name that an expression in it reads, with the string that holds the expression.
    pub fn names(&self) -> Vec<(Pointer, Name)> {
        let mut names = Vec::new();
        self.0.names(&Pointer::root(), &mut names);
        names
    }
}

impl Node {
    fn parse(value: &Value, at: &Pointer, faults: &mut Vec<ExpressionError>) -> Self {
        match value {
            Value::String(text) => Self::text(text).unwrap_or_else(|fault| {
                faults.push(fault.below(at));
                Self::Plain(Value::Null)
            }),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                let nodes: Vec<Self> = items.map(|(i, item)| Self::parse(item, &at.index(i), faults)).collect();
                if nodes.iter().all(Self::is_plain) { Self::Plain(value.clone()) } else { Self::List(nodes) }
            }
            Value::Object(map) => {
                let entries = map.iter();
                let nodes: Vec<(String, Self)> =
                    entries.map(|(key, item)| (key.clone(), Self::parse(item, &at.join(key), faults))).collect();
                let plain = nodes.iter().all(|(_, node)| node.is_plain());
                if plain { Self::Plain(value.clone()) } else { Self::Mapping(nodes) }
            }
            other => Self::Plain(other.clone()),
        }
    }

    fn text(text: &str) -> Result<Self, ExpressionError> {
        let mut pieces = split(text)?;
        match pieces.as_slice() {
            [] | [Piece::Plain(_)] => Ok(Self::Plain(Value::String(text.to_owned()))),
            [Piece::Expression { .. }] => match pieces.pop() {
                Some(Piece::Expression { expression, offset }) => Ok(Self::Whole { expression, offset }),
                _ => Ok(Self::Text(pieces)),
            },
            _ => Ok(Self::Text(pieces)),
        }
    }

    fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    fn render(&self, context: &Context, at: &Pointer) -> Result<Value, ExpressionError> {
        match self {
            Self::Plain(value) => Ok(value.clone()),
            Self::Whole { expression, offset } => {
                expression.eval(context).map_err(|error| error.shifted(*offset).below(at))
            }
            Self::Text(pieces) => render_text(pieces, context).map(Value::String).map_err(|error| error.below(at)),
            Self::List(nodes) => {
                let items = nodes.iter().enumerate().map(|(i, node)| node.render(context, &at.index(i)));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            Self::Mapping(nodes) => {
                let entries = nodes
                    .iter()
                    .map(|(key, node)| node.render(context, &at.join(key)).map(|value| (key.clone(), value)));
                entries.collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
        }
    }

    fn names(&self, at: &Pointer, names: &mut Vec<(Pointer, Name)>) {
        let mut add = |expression: &Expression, offset: usize| {
            for name in expression.names() {
                let range = name.range.start + offset..name.range.end + offset;
                names.push((at.clone(), Name { range, ..name.clone() }));
            }
        };
        match self {
            Self::Plain(_) => {}
            Self::Whole { expression, offset } => add(expression, *offset),
            Self::Text(pieces) => {
                for piece in pieces {
                    if let Piece::Expression { expression, offset } = piece {
                        add(expression, *offset);
                    }
                }
            }
            Self::List(nodes) => nodes.iter().enumerate().for_each(|(i, node)| node.names(&at.index(i), names)),
            Self::Mapping(nodes) => nodes.iter().for_each(|(key, node)| node.names(&at.join(key), names)),
        }
    }
}

fn render_text(pieces: &[Piece], context: &Context) -> Result<String, ExpressionError> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Plain(plain) => text.push_str(plain),
            Piece::Expression { expression, offset } => {
                let value = expression.text_value(context).map_err(|error| error.shifted(*offset))?;
                if text.len() + value.len() > LONGEST_TEXT {
                    let message = format!("the text grows beyond {LONGEST_TEXT} bytes");
                    return Err(ExpressionError::new(message));
                }
                text.push_str(&value);
            }
        }
    }
    Ok(text)
}

fn split(text: &str) -> Result<Vec<Piece>, ExpressionError> {
    let mut pieces = Vec::new();
    let mut rest = 0;
    while let Some(open) = text[rest..].find("{{").map(|at| rest + at) {
        refuse_statement(text, rest, open)?;
        if open > rest {
            pieces.push(Piece::Plain(text[rest..open].to_owned()));
        }
        let offset = open + 2;
        let Some(end) = scan::expression_end(text, offset) else {
            let fault = ExpressionError::new("`{{` without its `}}`").range(open..offset);
            return Err(fault.help(Some("write `{{ '{{' }}` for the two braces themselves".to_owned())));
        };
        let expression = Expression::parse(&text[offset..end]).map_err(|error| {
            let whole = if error.range.is_none() { error.range(0..end - offset) } else { error };
            whole.shifted(offset)
        })?;
        pieces.push(Piece::Expression { expression, offset });
        rest = end + 2;
    }
    refuse_statement(text, rest, text.len())?;
    if rest < text.len() {
        pieces.push(Piece::Plain(text[rest..].to_owned()));
    }
    Ok(pieces)
}

fn refuse_statement(text: &str, start: usize, end: usize) -> Result<(), ExpressionError> {
    match text[start..end].find("{%") {
        Some(at) => {
            let fault = ExpressionError::new("statements (`{% … %}`) are not part of the language");
            let help = "write an expression, `{{ … }}`; `{{ '{%' }}` for the two characters themselves";
            Err(fault.range(start + at..start + at + 2).help(Some(help.to_owned())))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::expression::{Clock, Session};
    use crate::source::{Limits, Source, read};

    fn context() -> Context {
        let clock: Clock = Arc::new(|| jiff::Timestamp::UNIX_EPOCH);
        let mut context = Context::new(Session::new(1, "id", clock));
        context.set("n", Var::from(json!(3)));
        context.set("who", "Ann");
        context.set("list", Var::from(json!([1, "a"])));
        context
    }

    #[test]
    fn strings_are_rendered_and_types_kept() {
        let value = json!({
            "whole": "{{ n }}", "text": "a{{ n }}b{{ who }}", "spaced": " {{ n }}", "list": ["{{ list }}", 1.5],
            "json": "x{{ list }}", "plain": "no } braces { here", "{{ n }}": null, "hash": "{# kept #}",
            "braces": "{{ '{{' }}{{ '}}' }}", "nested": "{{ {'a': {'b': n}} }}"
        });
        let rendered = Template::parse(&value).expect("valid").render(&context()).expect("defined");
        let expected = json!({
            "whole": 3, "text": "a3bAnn", "spaced": " 3", "list": [[1, "a"], 1.5],
            "json": "x[1,\"a\"]", "plain": "no } braces { here", "{{ n }}": null, "hash": "{# kept #}",
            "braces": "{{}}", "nested": {"a": {"b": 3}}
        });
        assert_eq!(rendered, expected);
        assert!(Template::parse(&json!({"a": ["b"]})).expect("valid").constant().is_some());
    }

    #[test]
    fn every_fault_is_found_with_its_place() {
        let value = json!({"a": "x {{ 1 + }}", "b": ["{{ n", "{% if n %}"], "c": "{{ n | slugg }}", "d": "}}"});
        let faults = Template::parse(&value).expect_err("four faults");
        let shown: Vec<(&str, Option<&str>)> = faults
            .iter()
            .map(|fault| {
                let text = value.pointer(fault.at.as_str()).and_then(Value::as_str).expect("a string");
                (fault.at.as_str(), fault.range.clone().map(|range| &text[range]))
            })
            .collect();
        let expected = [("/a", Some("+")), ("/b/0", Some("{{")), ("/b/1", Some("{%")), ("/c", Some("slugg"))];
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_error_is_underlined_in_the_file() {
        let source = Source::new("a.yaml", "body:\n  name: \"Dear {{ whoo }}!\"\n");
        let (value, _) = read(&source, &Limits::default());
        let template = Template::parse(&value.expect("valid")).expect("valid");
        let error = template.render(&context()).expect_err("undefined");
        let expected = "\
error[expression]: `whoo` is undefined
 --> a.yaml:2:18
  |
2 |   name: \"Dear {{ whoo }}!\"
  |                  ^^^^
  |
  = help: did you mean `who`?";
        let shown = crate::source::Diagnostics::from(error.diagnostic(&source, &Pointer::root())).to_string();
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_undefined_whole_expression_may_be_kept_as_such() {
        let template = Template::parse(&json!("{{ nobody }}")).expect("valid");
        assert!(template.var(&context()).expect("no error").is_undefined());
        assert!(template.render(&context()).is_err());
        let names = Template::parse(&json!({"a": ["x {{ n }}{{ who.x | default(1) }}"]})).expect("valid").names();
        let shown: Vec<(&str, &str, bool)> =
            names.iter().map(|(at, name)| (at.as_str(), name.path.as_str(), name.guarded)).collect();
        assert_eq!(shown, [("/a/0", "n", false), ("/a/0", "who.x", true)]);
    }

    #[test]
    fn text_is_bounded() {
        let template = Template::parse(&json!("{{ 'x' * 600000 }}{{ 'x' * 600000 }}")).expect("valid");
        assert!(template.render(&context()).is_err());
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

        #[test]
        fn no_text_makes_the_reader_panic(text in "(\\PC|[{}%#'\"\\\\|. is()\\[\\]a-c0-9e+*-]){0,60}") {
            for text in [text.clone(), format!("{{{{ {text} }}}}"), format!("é{{{{{text}}}}}{{{{ n }}}}")] {
                if let Ok(template) = Template::parse(&json!([text])) {
                    let _ = template.render(&context());
                    let _ = template.names();
                }
                let _ = Expression::parse(&text).map(|expression| expression.eval(&context()));
            }
        }
    }
}
