//! How a request differs from one that was recorded, in words.

use serde_json::Value;

use crate::exchange::Request;
use crate::record::key::{has_credentials, path_of};
use crate::source::Pointer;

/// Everything in which `request` differs from the recorded one. What is secret is not quoted.
pub(super) fn differences(recorded: &Request, recorded_target: &str, request: &Request, target: &str) -> Vec<String> {
    let mut out = Vec::new();
    if request.method != recorded.method {
        out.push(format!("the method is {}, recorded {}", request.method, recorded.method));
    }
    let (path, recorded_path) = (path_of(target), path_of(recorded_target));
    if path != recorded_path {
        out.push(format!("the path is `{path}`, recorded `{recorded_path}`"));
    }
    let (sent, known) = (pairs(target), pairs(recorded_target));
    for pair in sent.iter().filter(|pair| !known.contains(pair)) {
        out.push(format!("the query has `{pair}` besides"));
    }
    for pair in known.iter().filter(|pair| !sent.contains(pair)) {
        out.push(format!("the query lacks `{pair}`"));
    }
    match (has_credentials(&request.headers), has_credentials(&recorded.headers)) {
        (true, false) => out.push("it has credentials, the recorded one none".to_owned()),
        (false, true) => out.push("it has no credentials".to_owned()),
        _ => {}
    }
    bodies(recorded, request, &mut out);
    if out.is_empty() {
        out.push("a header parameter".to_owned());
    }
    out
}

fn pairs(target: &str) -> Vec<String> {
    let Some((_, query)) = target.split_once('?') else { return Vec::new() };
    url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| format!("{name}={value}")).collect()
}

fn bodies(recorded: &Request, request: &Request, out: &mut Vec<String>) {
    let read = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
    match (read(&request.body), read(&recorded.body)) {
        (Some(sent), Some(known)) => compare(&known, &sent, &Pointer::root(), out),
        _ if request.body == recorded.body => {}
        _ if request.body.is_empty() => out.push("it has no body".to_owned()),
        _ if recorded.body.is_empty() => out.push("it has a body, the recorded one none".to_owned()),
        _ => out.push("the body is another".to_owned()),
    }
}

fn compare(known: &Value, sent: &Value, at: &Pointer, out: &mut Vec<String>) {
    const MOST: usize = 50;
    if out.len() >= MOST {
        return;
    }
    let none = Value::Null;
    match (known, sent) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, known) in a {
                match b.get(key) {
                    Some(sent) => compare(known, sent, &at.join(key), out),
                    None => out.push(format!("`{}` of the body is missing, recorded {}", at.join(key), shown(known))),
                }
            }
            for (key, sent) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                out.push(format!("`{}` of the body is {}, recorded without it", at.join(key), shown(sent)));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for index in 0..a.len().max(b.len()) {
                let (known, sent) = (a.get(index), b.get(index));
                match (known, sent) {
                    (Some(known), Some(sent)) => compare(known, sent, &at.index(index), out),
                    (known, sent) => {
                        let (known, sent) = (known.unwrap_or(&none), sent.unwrap_or(&none));
                        out.push(format!(
                            "`{}` of the body is {}, recorded {}",
                            at.index(index),
                            shown(sent),
                            shown(known)
                        ));
                    }
                }
            }
        }
        (known, sent) if known == sent => {}
        (known, sent) => {
            let at = if at.is_root() { "the body".to_owned() } else { format!("`{at}` of the body") };
            out.push(format!("{at} is {}, recorded {}", shown(sent), shown(known)));
        }
    }
}

fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
