//! Case files with matchers added: the rest of the text stays letter by letter.

use std::fmt;

use serde_json::{Map, Value};

use super::expectation;
use crate::case::write::Line;
use crate::exchange::Response;
use crate::record::book::Kept;
use crate::source::{Limits, Place, Pointer, Source, Yaml, read};

/// What a file has learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// The file.
    pub file: String,
    /// The case.
    pub case: String,
    /// What varies: a path of the body, or a header field; `None` where the file cannot be edited.
    pub what: Option<String>,
}

impl fmt::Display for Lesson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            Some(what) => write!(f, "{} › {}: {what}", self.file, self.case),
            None => write!(f, "{} › {}: differs, but is not written as this program writes it", self.file, self.case),
        }
    }
}

/// What is to be added to the expectation of a step.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) file: String,
    pub(super) step: Pointer,
    case: String,
    lines: Vec<Line>,
    /// Fields whose values differ.
    fields: Vec<String>,
}

impl Edit {
    pub(super) fn new(place: &Place, case: String) -> Self {
        let (file, step) = (place.file.clone(), place.pointer.clone());
        Self { file, step, case, lines: Vec::new(), fields: Vec::new() }
    }

    pub(super) fn matchers(&mut self, lines: Vec<Line>) {
        for line in lines {
            match self.lines.iter_mut().find(|known| known.path == line.path) {
                Some(known) if known.by != line.by => known.by = Value::from("any"),
                Some(_) => {}
                None => self.lines.push(line),
            }
        }
    }

    /// The body as a whole, which is no JSON.
    pub(super) fn whole(&mut self, why: &str) {
        self.matchers(vec![Line { path: "$".to_owned(), by: Value::from("any"), why: why.to_owned() }]);
    }

    pub(super) fn headers(&mut self, old: &Response, new: &Response) {
        let differ = |name: &&str| old.headers.combined(name) != new.headers.combined(name);
        let names = old.headers.iter().map(|(name, _)| name).collect::<Vec<_>>();
        self.fields.extend(names.iter().filter(|name| differ(name)).map(|name| name.to_ascii_lowercase()));
    }
}

/// The files with what is to be added to them.
pub(super) fn apply(kept: &[Kept], edits: Vec<Edit>) -> (Vec<Kept>, Vec<Lesson>) {
    let mut files = kept.to_vec();
    let mut lessons: Vec<Vec<Lesson>> = Vec::new();
    // From the end of each file, so that the places before stay.
    let mut edits = edits;
    edits.reverse();
    for edit in edits {
        let Some(file) = files.iter_mut().find(|file| file.name == edit.file) else { continue };
        let lesson = |what| Lesson { file: edit.file.clone(), case: edit.case.clone(), what };
        match edited(file, &edit) {
            Some((text, what)) => {
                lessons.push(what.into_iter().map(|what| lesson(Some(what))).collect());
                file.text = text;
            }
            None => lessons.push(vec![lesson(None)]),
        }
    }
    (files, lessons.into_iter().rev().flatten().collect())
}

/// The text with the step's expectation written anew, and what was added; `None` where that is not possible.
fn edited(file: &Kept, edit: &Edit) -> Option<(String, Vec<String>)> {
    let source = Source::new(file.name.as_str(), file.text.as_str());
    let (value, _) = read(&source, &Limits::default());
    let value = value?;
    let at = expectation(&edit.step);
    let old = value.pointer(at.as_str())?.as_object()?;
    let (new, what) = Written { source: &source, at: &at }.expectation(old, edit);
    if what.is_empty() {
        return Some((file.text.clone(), what));
    }
    let located = source.locate(&at)?;
    let key = located.key?;
    let line_start = file.text[..key.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &file.text[line_start..key.start];
    // In a line with other keys there is no room for comments.
    if !before.chars().all(|c| c == ' ' || c == '-') {
        return None;
    }
    let end = located.value.end.max(key.end);
    let end = file.text[end..].find('\n').map_or(file.text.len(), |at| end + at);
    let indent = " ".repeat(before.chars().count());
    let mut block = String::new();
    // Comments that stand in lines of their own stay.
    for line in file.text[key.start..end].lines().filter(|line| line.trim_start().starts_with('#')) {
        block.extend([line.trim(), "\n", &indent]);
    }
    let written = Yaml::mapping([("expect", new)]).to_string();
    block.push_str(&written.trim_end().replace('\n', &format!("\n{indent}")));
    let text = format!("{}{block}{}", &file.text[..key.start], &file.text[end..]);
    let (read_again, faults) = read(&Source::new(file.name.as_str(), text.as_str()), &Limits::default());
    let same = |value: &Value| value["cases"].as_array().map(Vec::len);
    let whole = read_again.filter(|_| !faults.has_errors()).is_some_and(|again| same(&again) == same(&value));
    whole.then_some((text, what))
}

/// An expectation as it is written.
struct Written<'a> {
    source: &'a Source,
    at: &'a Pointer,
}

impl Written<'_> {
    fn expectation(&self, old: &Map<String, Value>, edit: &Edit) -> (Yaml, Vec<String>) {
        let mut what = Vec::new();
        let entries: Vec<(String, Yaml)> = old
            .iter()
            .map(|(key, value)| {
                let yaml = match (key.as_str(), value) {
                    ("recorded", _) => self.recorded(value, edit, &mut what),
                    ("headers", Value::Object(fields)) => self.headers(fields, edit, &mut what),
                    _ => self.noted(&self.at.join(key), value),
                };
                (key.clone(), yaml)
            })
            .collect();
        (Yaml::mapping(entries), what)
    }

    fn recorded(&self, old: &Value, edit: &Edit, what: &mut Vec<String>) -> Yaml {
        let at = self.at.join("recorded");
        let known = old.as_object().cloned().unwrap_or_default();
        let replaced = |path: &str| edit.lines.iter().any(|line| line.path == path);
        let mut entries: Vec<(String, Yaml)> = known
            .iter()
            .filter(|(path, _)| !replaced(path))
            .map(|(path, value)| (path.clone(), self.noted(&at.join(path), value)))
            .collect();
        for line in &edit.lines {
            entries.push((line.path.clone(), Yaml::from(line.by.clone()).noted(line.why.clone())));
            let by = line.by.as_str().map_or_else(|| line.by.to_string(), str::to_owned);
            what.push(format!("{}: {by}", line.path));
        }
        if entries.is_empty() { Yaml::from(Value::Bool(true)) } else { Yaml::mapping(entries) }
    }

    fn headers(&self, old: &Map<String, Value>, edit: &Edit, what: &mut Vec<String>) -> Yaml {
        let at = self.at.join("headers");
        let entry = |(name, value): (&String, &Value)| {
            let exact = value.is_string() || value.is_number();
            if exact && edit.fields.contains(&name.to_ascii_lowercase()) {
                what.push(format!("header {name}"));
                return (name.clone(), Yaml::from(Value::Bool(true)).noted(super::WHY));
            }
            (name.clone(), self.noted(&at.join(name), value))
        };
        Yaml::mapping(old.iter().map(entry).collect::<Vec<_>>())
    }

    /// A value with the comment that stands behind it.
    fn noted(&self, at: &Pointer, value: &Value) -> Yaml {
        let yaml = Yaml::from(value.clone());
        let end = self.source.locate(at).map(|located| located.value.end);
        let rest = end.and_then(|end| self.source.text().get(end..)?.lines().next());
        match rest.map(str::trim).and_then(|rest| rest.strip_prefix('#')) {
            Some(comment) => yaml.noted(comment.trim()),
            None => yaml,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_but_the_expectation_changes() {
        let text = "# mine\ncontract: shop\ncases:\n  - name: a\n    operation: x\n    expect:\n      status: 200  # always\n      # why this is so\n      recorded:\n        $.id: uuid  # format uuid\n        $.n: integer\n      headers: { ETag: a }\n    recorded: { status: 200 }  # kept\n\n  - { name: b, operation: x, expect: { recorded: true }, recorded: { status: 200 } }\n";
        let kept = [Kept { name: "shop.yaml".to_owned(), text: text.to_owned() }];
        let edit = |step: &str| Edit {
            file: "shop.yaml".to_owned(),
            step: Pointer::parse(step).expect("a pointer"),
            case: "a".to_owned(),
            lines: vec![Line { path: "$.m".to_owned(), by: json!("any"), why: "differed".to_owned() }],
            fields: vec!["etag".to_owned()],
        };
        let (files, lessons) = apply(&kept, vec![edit("/cases/0"), edit("/cases/1")]);
        let expected = "# mine\ncontract: shop\ncases:\n  - name: a\n    operation: x\n    # why this is so\n    expect:\n      status: 200  # always\n      recorded:\n        $.id: uuid  # format uuid\n        $.n: integer\n        $.m: any  # differed\n      headers:\n        ETag: true  # differed between two recordings\n    recorded: { status: 200 }  # kept\n\n  - { name: b, operation: x, expect: { recorded: true }, recorded: { status: 200 } }\n";
        assert_eq!(files[0].text, expected);
        let told: Vec<String> = lessons.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "shop.yaml › a: $.m: any",
                "shop.yaml › a: header ETag",
                "shop.yaml › a: differs, but is not written as this program writes it"
            ]
        );
    }
}
