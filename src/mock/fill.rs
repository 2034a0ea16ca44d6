//! An error body that says what was wrong, where its schema has room for it.
//!
//! A value that satisfies the schema is there already. Members whose names say what they hold (a
//! message, a field's name, a status) are given what is known of the refusal; what the schema does not
//! take is left as it was.

use serde_json::{Map, Value, json};

use crate::contract::Operation;
use crate::verdict::Finding;

/// The most entries of a list of errors.
const MOST_ENTRIES: usize = 20;
/// How deep members are looked at.
const DEEPEST: usize = 6;
/// The lengths that a message is cut to where the whole is too long.
const LENGTHS: [usize; 6] = [500, 255, 120, 60, 30, 15];

/// Words, without case and punctuation, that name what a member holds.
const MESSAGES: [&str; 21] = [
    "message",
    "msg",
    "detail",
    "details",
    "description",
    "reason",
    "error",
    "errormessage",
    "errordescription",
    "errormsg",
    "errordetail",
    "text",
    "usermessage",
    "developermessage",
    "internalmessage",
    "statusmessage",
    "explanation",
    "cause",
    "issue",
    "problem",
    "hint",
];
const TITLES: [&str; 4] = ["title", "summary", "statustext", "reasonphrase"];
const STATUSES: [&str; 7] = ["status", "statuscode", "code", "httpstatus", "httpcode", "httpstatuscode", "errorcode"];
const FIELDS: [&str; 12] = [
    "field",
    "fieldname",
    "param",
    "parameter",
    "paramname",
    "property",
    "propertypath",
    "attribute",
    "path",
    "source",
    "target",
    "key",
];
const POINTERS: [&str; 4] = ["pointer", "jsonpointer", "instancepath", "instanceptr"];
const PLACES: [&str; 3] = ["in", "location", "loc"];
const LISTS: [&str; 16] = [
    "errors",
    "messages",
    "violations",
    "issues",
    "problems",
    "faults",
    "reasons",
    "causes",
    "validation",
    "validations",
    "invalidparams",
    "fielderrors",
    "validationerrors",
    "suberrors",
    "fields",
    "details",
];
const VALID: [&str; 3] = ["success", "ok", "succeeded"];

/// What a refusal has to tell.
pub(super) struct Refusal {
    status: u16,
    faults: Vec<Fault>,
}

/// One thing that is wrong.
#[derive(Clone)]
struct Fault {
    check: String,
    message: String,
    /// The name of the parameter, or the path of the member in dots.
    field: String,
    pointer: String,
    /// The names and numbers that lead there.
    tokens: Vec<String>,
    /// `body`, `query`, `header` …
    place: &'static str,
}

impl Refusal {
    pub(super) fn new(status: u16, operation: &Operation, findings: &[Finding]) -> Self {
        let fault = |finding: &Finding| {
            let mut pointer = finding.instance.as_ref().map(|instance| instance.0.clone()).unwrap_or_default();
            if let Some(name) = missing(&finding.expected) {
                pointer = pointer.join(name);
            }
            let parameter = operation.parameters().iter().find(|parameter| {
                finding.message.contains(&format!("the {} parameter `{}`", parameter.location.as_str(), parameter.name))
            });
            let tokens: Vec<String> = pointer.tokens().map(|token| token.to_string()).collect();
            let place = parameter.map_or(place_of(finding), |parameter| parameter.location.as_str());
            Fault {
                check: finding.check.as_str().to_owned(),
                message: finding.message.clone(),
                field: match parameter {
                    Some(parameter) => parameter.name.clone(),
                    None if tokens.is_empty() => place.to_owned(),
                    None => tokens.join("."),
                },
                pointer: pointer.to_string(),
                tokens: match parameter {
                    Some(parameter) => std::iter::once(parameter.name.clone()).chain(tokens).collect(),
                    None => tokens,
                },
                place,
            }
        };
        Self { status, faults: findings.iter().map(fault).collect() }
    }

    /// All of it in one sentence.
    fn sentence(&self) -> String {
        let messages: Vec<&str> = self.faults.iter().map(|fault| fault.message.as_str()).collect();
        messages.join("; ")
    }

    /// All of it where the schema says nothing.
    fn at_large(&self) -> Value {
        let errors = self.faults.iter().take(MOST_ENTRIES);
        let errors = errors.map(|fault| json!({ "field": fault.field, "message": fault.message }));
        json!({ "status": self.status, "message": self.sentence(), "errors": errors.collect::<Vec<_>>() })
    }

    fn only(&self, at: usize) -> Option<Self> {
        Some(Self { status: self.status, faults: vec![self.faults.get(at)?.clone()] })
    }

    /// `body` with what is known put in, as far as `valid` lets it. `is_map` tells of a member, by the
    /// names that lead to it, whether its own names are free.
    pub(super) fn fill(
        &self,
        body: &Value,
        valid: &dyn Fn(&Value) -> bool,
        is_map: &dyn Fn(&[String]) -> bool,
    ) -> Value {
        if body.as_object().is_some_and(Map::is_empty) && is_map(&[]) {
            let told = self.at_large();
            return if valid(&told) { told } else { body.clone() };
        }
        let filler = Filler { is_map };
        let edits = filler.edits(self, body, &mut Vec::new());
        let mut whole = body.clone();
        for edit in &edits {
            edit.apply(&mut whole, 0);
        }
        // Most schemas take all of it: one look then.
        if valid(&whole) {
            return whole;
        }
        let mut filled = body.clone();
        for edit in &edits {
            for way in 0..edit.ways.len() {
                let mut tried = filled.clone();
                edit.apply(&mut tried, way);
                if valid(&tried) {
                    filled = tried;
                    break;
                }
            }
        }
        filled
    }
}

fn place_of(finding: &Finding) -> &'static str {
    match finding.check.as_str() {
        "request-security" => "header",
        "request-content-type" => "content-type",
        _ => "body",
    }
}

/// The name of a property that is missing.
fn missing(expected: &str) -> Option<&str> {
    expected.strip_prefix("the property `")?.strip_suffix('`')
}

/// New values for one place of a body, the one that says most first.
struct Edit {
    path: Vec<String>,
    ways: Vec<Value>,
}

impl Edit {
    fn apply(&self, body: &mut Value, way: usize) {
        let place = self.path.iter().try_fold(body, |value, token| match value {
            Value::Object(map) => map.get_mut(token),
            _ => None,
        });
        if let (Some(place), Some(value)) = (place, self.ways.get(way)) {
            *place = value.clone();
        }
    }
}

struct Filler<'f> {
    is_map: &'f dyn Fn(&[String]) -> bool,
}

impl Filler<'_> {
    fn edits(&self, refusal: &Refusal, value: &Value, path: &mut Vec<String>) -> Vec<Edit> {
        let edit = |ways: Vec<Value>, path: &[String]| vec![Edit { path: path.to_vec(), ways }];
        let name = path.last().map(|name| word(name));
        let named = |words: &[&str]| name.as_deref().is_some_and(|name| words.contains(&name));
        match value {
            Value::Object(map) if path.len() < DEEPEST => {
                let free = !path.is_empty() && (self.is_map)(path);
                if free && (!map.is_empty() || named(&LISTS) || named(&MESSAGES)) {
                    return edit(by_field(refusal, map), path);
                }
                let mut all = Vec::new();
                for (name, value) in map {
                    path.push(name.clone());
                    all.extend(self.edits(refusal, value, path));
                    path.pop();
                }
                all
            }
            Value::Array(items)
                if !items.is_empty() && named(&["loc", "path", "location"]) && refusal.faults.len() == 1 =>
            {
                edit(trail(refusal, items), path)
            }
            Value::Array(items) if !items.is_empty() && is_list(name.as_deref(), &items[0]) => {
                edit(self.lists(refusal, &items[0], path), path)
            }
            Value::String(_) => edit(strings(refusal, name.as_deref()), path),
            Value::Number(_) if named(&STATUSES) => edit(vec![Value::from(refusal.status)], path),
            Value::Bool(_) if named(&VALID) => edit(vec![Value::Bool(false)], path),
            Value::Bool(_) if named(&["error", "failed", "iserror"]) => edit(vec![Value::Bool(true)], path),
            _ => Vec::new(),
        }
    }

    /// An entry like `first` for each fault; fewer where not all are taken.
    fn lists(&self, refusal: &Refusal, first: &Value, path: &[String]) -> Vec<Value> {
        let entry = |at: usize| {
            let one = refusal.only(at)?;
            Some(match first {
                Value::String(_) => Value::from(one.sentence()),
                Value::Object(_) => {
                    // Members of an entry are told by the names of their own, not by the list's.
                    let mut filled = first.clone();
                    let is_map = |below: &[String]| (self.is_map)(&[path, below].concat());
                    for edit in (Filler { is_map: &is_map }).edits(&one, first, &mut Vec::new()) {
                        edit.apply(&mut filled, 0);
                    }
                    filled
                }
                _ => return None,
            })
        };
        let entries: Vec<Value> = (0..refusal.faults.len().min(MOST_ENTRIES)).map_while(entry).collect();
        let mut ways = Vec::new();
        let mut count = entries.len();
        while count > 0 {
            ways.push(Value::Array(entries[..count].to_vec()));
            count /= 2;
        }
        ways
    }
}

/// The names that lead to what is wrong, as a list: `["body", "age"]`.
fn trail(refusal: &Refusal, items: &[Value]) -> Vec<Value> {
    let Some(fault) = refusal.faults.first().filter(|_| !items.iter().any(|item| item.is_object() || item.is_array()))
    else {
        return Vec::new();
    };
    let whole = std::iter::once(fault.place).chain(fault.tokens.iter().map(String::as_str));
    let numbered = |token: &str| token.parse::<u32>().map_or_else(|_| Value::from(token), Value::from);
    vec![whole.clone().map(numbered).collect(), whole.map(Value::from).collect()]
}

/// Whether a list is one of errors: by its name, or by what its entries say.
fn is_list(name: Option<&str>, first: &Value) -> bool {
    let says = |name: &String| MESSAGES.contains(&word(name).as_str());
    name.is_none_or(|name| LISTS.contains(&name) || MESSAGES.contains(&name))
        || first.as_object().is_some_and(|entry| entry.keys().any(says))
}

/// What a string of this name is given.
fn strings(refusal: &Refusal, name: Option<&str>) -> Vec<Value> {
    let Some(name) = name else { return lengths(&refusal.sentence()) };
    let Some(first) = refusal.faults.first() else { return Vec::new() };
    let alone = refusal.faults.len() == 1;
    if MESSAGES.contains(&name) {
        return lengths(&refusal.sentence());
    }
    if TITLES.contains(&name) {
        let title = hyper::StatusCode::from_u16(refusal.status).ok().and_then(|code| code.canonical_reason());
        return title.map(Value::from).into_iter().collect();
    }
    let text = match name {
        "status" | "statuscode" | "httpstatus" | "httpstatuscode" | "httpcode" => refusal.status.to_string(),
        "code" | "errorcode" => first.check.clone(),
        name if alone && FIELDS.contains(&name) => first.field.clone(),
        name if alone && POINTERS.contains(&name) => first.pointer.clone(),
        name if alone && PLACES.contains(&name) => first.place.to_owned(),
        _ => return Vec::new(),
    };
    vec![Value::from(text)]
}

fn lengths(sentence: &str) -> Vec<Value> {
    let cut = |most: &usize| sentence.chars().take(*most).collect::<String>();
    std::iter::once(sentence.to_owned()).chain(LENGTHS.iter().map(cut)).map(Value::from).collect()
}

/// Messages by the name of their field, in the form that the map has already.
fn by_field(refusal: &Refusal, map: &Map<String, Value>) -> Vec<Value> {
    let in_lists = map.values().next().is_some_and(Value::is_array);
    let mut lists: Map<String, Value> = Map::new();
    for fault in refusal.faults.iter().take(MOST_ENTRIES) {
        let list = lists.entry(fault.field.as_str()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(Value::from(fault.message.as_str()));
        }
    }
    let single = |value: &Value| {
        let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        Value::from(texts.collect::<Vec<_>>().join("; "))
    };
    let texts = Value::Object(lists.iter().map(|(name, value)| (name.clone(), single(value))).collect());
    let lists = Value::Object(lists);
    if in_lists { vec![lists, texts] } else { vec![texts, lists] }
}

/// A name without case and punctuation: `error_description` is `errordescription`.
fn word(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
