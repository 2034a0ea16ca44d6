//! Values as XML (OpenAPI, XML Object), as far as a mock needs it: names, attributes, wrapped lists.

use serde_json::Value;

/// How a `$ref` is followed.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<&'a Value>;

/// `value` as a document; the root is `xml` unless the schema names it.
pub(super) fn document<'a>(value: &Value, schema: Option<&'a Value>, lookup: Lookup<'a>) -> String {
    let schema = schema.map(|schema| followed(schema, lookup));
    let mut out = String::new();
    element(&named(schema, "xml"), value, schema, lookup, &mut out);
    out
}

fn element<'a>(name: &str, value: &Value, schema: Option<&'a Value>, lookup: Lookup<'a>, out: &mut String) {
    let name = tag(name);
    out.push('<');
    out.push_str(&name);
    if let Some(namespace) = said(schema, "namespace") {
        let prefix = said(schema, "prefix").map(|prefix| format!(":{}", tag(prefix))).unwrap_or_default();
        out.extend([" xmlns", &prefix, "=\"", &escaped(namespace), "\""]);
    }
    let members = value.as_object().into_iter().flatten();
    let members: Vec<_> = members.map(|(key, value)| (key, value, property(schema, key, lookup))).collect();
    for (key, value, schema) in members.iter().filter(|(_, _, schema)| says(*schema, "attribute")) {
        out.extend([" ", &tag(&named(*schema, key)), "=\"", &escaped(&text(value)), "\""]);
    }
    out.push('>');
    for (key, value, schema) in members.iter().filter(|(_, _, schema)| !says(*schema, "attribute")) {
        let name = &named(*schema, key);
        match value {
            Value::Array(items) if says(*schema, "wrapped") => {
                out.extend(["<", &tag(name), ">"]);
                list(name, items, *schema, lookup, out);
                out.extend(["</", &tag(name), ">"]);
            }
            Value::Array(items) => list(name, items, *schema, lookup, out),
            value => element(name, value, *schema, lookup, out),
        }
    }
    match value {
        Value::Object(_) => {}
        Value::Array(items) => list(&name, items, schema, lookup, out),
        value => out.push_str(&escaped(&text(value))),
    }
    out.extend(["</", &name, ">"]);
}

fn list<'a>(name: &str, items: &[Value], schema: Option<&'a Value>, lookup: Lookup<'a>, out: &mut String) {
    let schema = schema.and_then(|schema| schema.get("items")).map(|items| followed(items, lookup));
    for item in items {
        element(&named(schema, name), item, schema, lookup, out);
    }
}

fn property<'a>(schema: Option<&'a Value>, name: &str, lookup: Lookup<'a>) -> Option<&'a Value> {
    Some(followed(schema?.get("properties")?.get(name)?, lookup))
}

fn followed<'a>(schema: &'a Value, lookup: Lookup<'a>) -> &'a Value {
    let mut at = schema;
    // A chain of references is short, or it is a circle.
    for _ in 0..16 {
        match at.get("$ref").and_then(Value::as_str).and_then(lookup) {
            Some(target) => at = target,
            None => break,
        }
    }
    at
}

/// The name in XML, with its prefix, of what is called `usual`.
fn named(schema: Option<&Value>, usual: &str) -> String {
    let name = said(schema, "name").unwrap_or(usual);
    said(schema, "prefix").map_or_else(|| name.to_owned(), |prefix| format!("{prefix}:{name}"))
}

fn said<'a>(schema: Option<&'a Value>, key: &str) -> Option<&'a str> {
    schema?.get("xml")?.get(key)?.as_str()
}

fn says(schema: Option<&Value>, key: &str) -> bool {
    schema.and_then(|schema| schema.get("xml")?.get(key)?.as_bool()).unwrap_or(false)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A name that an element can have.
fn tag(name: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let tag: String = name.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if tag.starts_with(|c: char| c.is_alphabetic() || c == '_') { tag } else { format!("_{tag}") }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0, section 2.2: these are no characters.
            '\t' | '\n' | '\r' => out.push(character),
            control if control < ' ' => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_elements() {
        let defs = json!({"$defs": {"tag": {"type": "string", "xml": {"name": "label"}}}});
        let schema = json!({"xml": {"name": "pet"}, "properties": {
            "id": {"xml": {"attribute": true}}, "tags": {"xml": {"wrapped": true}, "items": {"$ref": "#/$defs/tag"}},
            "photos": {"items": {}}, "full name": {}}});
        let lookup = |reference: &str| defs.pointer(reference.strip_prefix('#')?);
        let value = json!({"id": 7, "tags": ["a", "<b>"], "photos": [1, 2], "full name": "x\u{1}&", "none": null});
        assert_eq!(
            document(&value, Some(&schema), &lookup),
            "<pet id=\"7\"><tags><label>a</label><label>&lt;b&gt;</label></tags><photos>1</photos><photos>2</photos>\
             <full_name>x&amp;</full_name><none></none></pet>"
        );
        let schema = json!({"xml": {"name": "pet", "namespace": "http://x/y", "prefix": "p"}, "properties": {"name": {"xml": {"prefix": "p"}}}});
        assert_eq!(
            document(&json!({"name": "a"}), Some(&schema), &|_| None),
            "<p:pet xmlns:p=\"http://x/y\"><p:name>a</p:name></p:pet>"
        );
        assert_eq!(document(&json!({"a": {"b": true}}), None, &|_| None), "<xml><a><b>true</b></a></xml>");
    }
}
