//! Values in messages: as JSON, cut short.

use std::fmt::Write as _;

use serde_json::Value;

/// The most characters of a value that a message shows.
pub(super) const SHORT: usize = 80;

/// A value as JSON, cut to some 80 characters; what is cut off is never even written.
pub(super) fn preview(value: &Value) -> String {
    let mut out = String::new();
    write_preview(value, &mut out);
    short(&out)
}

fn write_preview(value: &Value, out: &mut String) {
    // Bytes stand for characters here: `short` makes the exact cut.
    let full = |out: &String| out.len() > SHORT * 4;
    match value {
        Value::String(text) if text.len() > SHORT * 4 => {
            let cut: String = text.chars().take(SHORT + 1).collect();
            let _ = write!(out, "{}", Value::String(cut));
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if full(out) {
                    break;
                }
                out.push_str(if index > 0 { "," } else { "" });
                write_preview(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                if full(out) {
                    break;
                }
                out.push_str(if index > 0 { "," } else { "" });
                let _ = write!(out, "{}:", Value::String(short(key)));
                write_preview(item, out);
            }
            out.push('}');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// A text cut to some 80 characters.
pub(super) fn short(text: &str) -> String {
    short_to(text, SHORT)
}

/// A text cut to some characters.
pub(super) fn short_to(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
