//! Values as XML (OpenAPI, XML Object), as far as a mock needs it: names, namespaces, attributes, wrapped lists.

use serde_json::Value;

/// How a `$ref` is followed.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<&'a Value>;

/// `value` as a document; the root is `xml` unless the schema names it.
pub(super) fn document<'a>(value: &Value, schema: Option<&'a Value>, lookup: Lookup<'a>) -> String {
    let schema = schema.map(|schema| followed(schema, lookup));
    let mut out = String::new();
    element(named(schema).unwrap_or("xml"), value, schema, lookup, &mut out);
    out
}

fn element<'a>(name: &str, value: &Value, schema: Option<&'a Value>, lookup: Lookup<'a>, out: &mut String) {
    let local = tag(name);
    let name = prefixed(&local, schema);
    out.push('<');
    out.push_str(&name);
    let namespace = |schema: Option<&Value>| Some((prefix(schema).map(tag), xml(schema, "namespace")?.to_owned()));
    let members = value.as_object().into_iter().flatten();
    let members: Vec<_> = members.map(|(key, value)| (key, value, property(schema, key, lookup))).collect();
    let attributes = || members.iter().filter(|(_, _, schema)| says(*schema, "attribute"));
    // An attribute's prefix is declared by its element. A namespace without a prefix holds for all that is inside.
    let mut declared: Vec<(Option<String>, String)> = namespace(schema).into_iter().collect();
    for (_, _, schema) in attributes() {
        declared.extend(namespace(*schema).filter(|found| found.0.is_some() && !declared.contains(found)));
    }
    for (prefix, uri) in &declared {
        let prefix = prefix.as_ref().map(|prefix| format!(":{prefix}")).unwrap_or_default();
        out.extend([" xmlns", &prefix, "=\"", &escaped(uri), "\""]);
    }
    for (key, value, schema) in attributes() {
        let name = prefixed(&tag(named(*schema).unwrap_or(key)), *schema);
        out.extend([" ", &name, "=\"", &escaped(&text(value)), "\""]);
    }
    out.push('>');
    for (key, value, schema) in members.iter().filter(|(_, _, schema)| !says(*schema, "attribute")) {
        let name = named(*schema).unwrap_or(key);
        match value {
            Value::Array(items) if says(*schema, "wrapped") => {
                let wrapper = prefixed(&tag(name), *schema);
                out.extend(["<", &wrapper]);
                if let Some((prefix, uri)) = namespace(*schema) {
                    let prefix = prefix.map(|prefix| format!(":{prefix}")).unwrap_or_default();
                    out.extend([" xmlns", &prefix, "=\"", &escaped(&uri), "\""]);
                }
                out.push('>');
                list(name, items, *schema, lookup, out);
                out.extend(["</", &wrapper, ">"]);
            }
            Value::Array(items) => list(name, items, *schema, lookup, out),
            value => element(name, value, *schema, lookup, out),
        }
    }
    match value {
        Value::Object(_) => {}
        Value::Array(items) => list(&local, items, schema, lookup, out),
        value => out.push_str(&escaped(&text(value))),
    }
    out.extend(["</", &name, ">"]);
}

fn list<'a>(name: &str, items: &[Value], schema: Option<&'a Value>, lookup: Lookup<'a>, out: &mut String) {
    let schema = schema.and_then(|schema| schema.get("items")).map(|items| followed(items, lookup));
    for item in items {
        element(named(schema).unwrap_or(name), item, schema, lookup, out);
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

fn named(schema: Option<&Value>) -> Option<&str> {
    xml(schema, "name")
}

/// The prefix of a schema's names, where it has one.
fn prefix(schema: Option<&Value>) -> Option<&str> {
    xml(schema, "prefix").filter(|prefix| !prefix.is_empty())
}

fn xml<'v>(schema: Option<&'v Value>, key: &str) -> Option<&'v str> {
    schema?.get("xml")?.get(key)?.as_str()
}

fn prefixed(name: &str, schema: Option<&Value>) -> String {
    prefix(schema).map_or_else(|| name.to_owned(), |prefix| format!("{}:{name}", tag(prefix)))
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
        assert_eq!(document(&json!({"a": {"b": true}}), None, &|_| None), "<xml><a><b>true</b></a></xml>");
    }

    #[test]
    fn names_have_their_namespace() {
        let schema = json!({"xml": {"name": "pet", "namespace": "http://x/y?a&b", "prefix": "p"}, "properties": {
            "id": {"xml": {"attribute": true, "prefix": "q", "namespace": "http://x/q"}},
            "name": {"xml": {"prefix": "p"}},
            "kinds": {"xml": {"wrapped": true, "namespace": "http://x/k"}, "items": {"xml": {"name": "kind"}}}}});
        let value = json!({"id": 7, "name": "Rex", "kinds": ["a"]});
        assert_eq!(
            document(&value, Some(&schema), &|_| None),
            "<p:pet xmlns:p=\"http://x/y?a&amp;b\" xmlns:q=\"http://x/q\" q:id=\"7\"><p:name>Rex</p:name>\
             <kinds xmlns=\"http://x/k\"><kind>a</kind></kinds></p:pet>"
        );
    }
}
