//! The structure of Swagger 2.0, looked at as it is written: what the conversion to OpenAPI 3.0 drops
//! would otherwise be passed over in silence.

use serde_json::{Map, Value};

use super::rules::{EXCLUSIVE_FIELDS, FIELD_NOT_IN_VERSION, KEYWORD_NOT_IN_VERSION, MISSING_FIELD, Rule, WRONG_TYPE};
use super::walk::{clip, list};
use crate::source::{Diagnostic, Diagnostics, Limits, Pointer, Severity, Source, read};

/// Where a section of the specification is read.
const SPECIFICATION: &str = "https://spec.openapis.org/oas/v2.0.html";
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
/// Keywords of later versions that Swagger 2.0 has not (2.0, Schema Object).
const LATER: [&str; 12] = [
    "oneOf",
    "anyOf",
    "not",
    "nullable",
    "writeOnly",
    "deprecated",
    "const",
    "if",
    "patternProperties",
    "prefixItems",
    "contains",
    "$defs",
];
const DEEPEST: usize = 100;

/// What is wrong with the structure of a document of version 2.0; `None` of others.
pub(super) fn check(source: &Source) -> Option<Diagnostics> {
    // Most documents need not be read again to see that they are of another version.
    let text = source.text();
    if !["\"swagger\"", "'swagger'", "\nswagger:"].iter().any(|sign| text.contains(sign))
        && !text.starts_with("swagger:")
    {
        return None;
    }
    let limits = Limits { duplicate_keys: Severity::Hint, ..Limits::default() };
    let document = read(source, &limits).0?;
    let root = document.as_object().filter(|root| root.contains_key("swagger"))?;
    let mut check = Check { source, document: &document, found: Diagnostics::new() };
    check.root(root);
    Some(check.found)
}

/// References as they are written in 2.0, in a message about the converted document.
pub(super) fn as_written(message: &str) -> String {
    let names = [
        ("#/components/schemas/", "#/definitions/"),
        ("#/components/responses/", "#/responses/"),
        ("#/components/parameters/", "#/parameters/"),
    ];
    names.into_iter().fold(message.to_owned(), |message, (now, was)| message.replace(now, was))
}

struct Check<'s> {
    source: &'s Source,
    document: &'s Value,
    found: Diagnostics,
}

impl Check<'_> {
    fn push(&mut self, rule: &Rule, at: &Pointer, section: &str, message: String) {
        let mut diagnostic = Diagnostic::error(rule.code, message).at_key(self.source, at, "");
        diagnostic.severity = rule.severity;
        diagnostic.note = Some(format!("{SPECIFICATION}#{section}"));
        self.found.push(diagnostic);
    }

    /// Fields that only later versions have, and what says the same in 2.0.
    fn later(&mut self, map: &Map<String, Value>, at: &Pointer, kind: &str, fields: &[(&str, &str)]) {
        for (field, instead) in fields.iter().filter(|(field, _)| map.contains_key(*field)) {
            let instead = if instead.is_empty() { String::new() } else { format!(": write {instead}") };
            let message = format!("Swagger 2.0 has no `{field}` in {kind}{instead}");
            self.push(&FIELD_NOT_IN_VERSION, &at.join(field), "schema", message);
        }
    }

    /// A field that is one of some words.
    fn word(&mut self, map: &Map<String, Value>, at: &Pointer, (field, section): (&str, &str), words: &[&str]) -> bool {
        let Some(value) = map.get(field) else { return true };
        let is_known = value.as_str().is_some_and(|word| words.contains(&word));
        if !is_known {
            let message = format!("`{field}`: expected one of {}, found {}", list(words), clip(&value.to_string()));
            self.push(&WRONG_TYPE, &at.join(field), section, message);
        }
        is_known
    }

    fn missing(&mut self, at: &Pointer, field: &str, kind: &str, section: &str) {
        self.push(&MISSING_FIELD, at, section, format!("`{field}` is missing in this {kind}"));
    }

    fn root(&mut self, root: &Map<String, Value>) {
        let at = Pointer::root();
        if root.contains_key("openapi") {
            let message =
                "`swagger` and `openapi` do not stand together: the document is read as Swagger 2.0".to_owned();
            self.push(&EXCLUSIVE_FIELDS, &at.join("openapi"), "swagger-object", message);
        }
        if !root["swagger"].is_string() {
            let message = "`swagger`: expected the text '2.0', found a number".to_owned();
            self.push(&WRONG_TYPE, &at.join("swagger"), "swagger-object", message);
        }
        let fields = [
            ("components", "`definitions`, `parameters`, `responses` or `securityDefinitions`"),
            ("servers", "`host`, `basePath` and `schemes`"),
            ("webhooks", ""),
        ];
        self.later(root, &at, "the root", &fields);
        self.schemes(root, &at);
        let text = |field: &str| root.get(field).and_then(Value::as_str);
        if text("host").is_some_and(|host| host.contains('/')) {
            let message = "`host` is a host and a port, without a scheme and a path: `api.example.com:8080`".to_owned();
            self.push(&WRONG_TYPE, &at.join("host"), "swagger-object", message);
        }
        if text("basePath").is_some_and(|path| !path.starts_with('/')) {
            self.push(&WRONG_TYPE, &at.join("basePath"), "swagger-object", "`basePath` starts with `/`".to_owned());
        }
        for (name, item) in members(root, "paths").filter(|(name, _)| !name.starts_with("x-")) {
            self.path_item(item, &at.join("paths").join(name));
        }
        for (name, schema) in members(root, "definitions") {
            self.schema(schema, &at.join("definitions").join(name), 0);
        }
        for (name, parameter) in members(root, "parameters") {
            self.parameter(parameter, &at.join("parameters").join(name));
        }
        for (name, response) in members(root, "responses") {
            self.response(response, &at.join("responses").join(name));
        }
        for (name, scheme) in members(root, "securityDefinitions") {
            self.security(scheme, &at.join("securityDefinitions").join(name));
        }
    }

    fn schemes(&mut self, map: &Map<String, Value>, at: &Pointer) {
        let words = ["http", "https", "ws", "wss"];
        let all = map.get("schemes").and_then(Value::as_array).into_iter().flatten();
        for (index, value) in
            all.enumerate().filter(|(_, value)| !value.as_str().is_some_and(|word| words.contains(&word)))
        {
            let message = format!("`schemes`: expected {}, found {}", list(&words), clip(&value.to_string()));
            self.push(&WRONG_TYPE, &at.join("schemes").join(&index.to_string()), "swagger-object", message);
        }
    }

    fn path_item(&mut self, item: &Map<String, Value>, at: &Pointer) {
        let fields = [("trace", ""), ("servers", "`host` and `schemes`")];
        self.later(item, at, "path items", &fields);
        self.parameters(item, at);
        for method in METHODS {
            let Some(operation) = item.get(method).and_then(Value::as_object) else { continue };
            let at = at.join(method);
            let fields = [("requestBody", "a parameter `in: body`"), ("callbacks", ""), ("servers", "`schemes`")];
            self.later(operation, &at, "operations", &fields);
            self.schemes(operation, &at);
            self.parameters(operation, &at);
            for (status, response) in members(operation, "responses").filter(|(status, _)| !status.starts_with("x-")) {
                self.response(response, &at.join("responses").join(status));
            }
        }
    }

    fn parameters(&mut self, owner: &Map<String, Value>, at: &Pointer) {
        let (mut body, mut form) = (None, None);
        for (index, parameter) in owner.get("parameters").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let at = at.join("parameters").join(&index.to_string());
            let target = parameter.get("$ref").and_then(Value::as_str).and_then(Pointer::from_fragment);
            let meant = target.as_ref().map_or(Some(parameter), |target| self.document.pointer(target.as_str()));
            let Some(parameter) = meant.and_then(Value::as_object) else { continue };
            if target.is_none() {
                self.parameter(parameter, &at);
            }
            match parameter.get("in").and_then(Value::as_str) {
                Some("body") if body.is_some() => {
                    let message = "a request has one body: there is one parameter `in: body` already".to_owned();
                    self.push(&EXCLUSIVE_FIELDS, &at, "parameter-object", message);
                }
                Some("body") => body = Some(at),
                Some("formData") => form = Some(at),
                _ => {}
            }
        }
        if let (Some(at), Some(_)) = (body, form) {
            let message = "`in: body` and `in: formData` do not stand together: a request has one body".to_owned();
            self.push(&EXCLUSIVE_FIELDS, &at, "parameter-object", message);
        }
    }

    fn parameter(&mut self, parameter: &Map<String, Value>, at: &Pointer) {
        const KIND: &str = "Parameter Object";
        let section = "parameter-object";
        if parameter.contains_key("$ref") {
            return;
        }
        let places = ["query", "header", "path", "formData", "body"];
        if !self.word(parameter, at, ("in", section), &places) {
            return;
        }
        let place = parameter.get("in").and_then(Value::as_str);
        if place == Some("body") {
            match parameter.get("schema").and_then(Value::as_object) {
                Some(schema) => self.schema(schema, &at.join("schema"), 0),
                None => self.missing(at, "schema", KIND, section),
            }
            return;
        }
        self.later(parameter, at, "parameters other than `in: body`", &[("schema", "`type`"), ("content", "`type`")]);
        self.simple(parameter, at, place == Some("formData"), KIND);
    }

    /// What a parameter, a header or an item of one is.
    fn simple(&mut self, map: &Map<String, Value>, at: &Pointer, may_be_file: bool, kind: &str) {
        let types = ["string", "number", "integer", "boolean", "array", "file"];
        let types = if may_be_file { &types[..] } else { &types[..5] };
        if !map.contains_key("type") {
            self.missing(at, "type", kind, "parameter-object");
        }
        self.word(map, at, ("type", "parameter-object"), types);
        let formats = ["csv", "ssv", "tsv", "pipes", "multi"];
        self.word(map, at, ("collectionFormat", "parameter-object"), &formats);
    }

    fn response(&mut self, response: &Map<String, Value>, at: &Pointer) {
        self.later(
            response,
            at,
            "responses",
            &[("content", "`schema`, and `produces` of the operation"), ("links", "")],
        );
        if let Some(schema) = response.get("schema").and_then(Value::as_object) {
            self.schema(schema, &at.join("schema"), 0);
        }
        for (name, header) in members(response, "headers") {
            self.simple(header, &at.join("headers").join(name), false, "Header Object");
        }
    }

    fn security(&mut self, scheme: &Map<String, Value>, at: &Pointer) {
        let section = "security-scheme-object";
        if !self.word(scheme, at, ("type", section), &["basic", "apiKey", "oauth2"]) {
            return;
        }
        match scheme.get("type").and_then(Value::as_str) {
            Some("apiKey") => _ = self.word(scheme, at, ("in", section), &["query", "header"]),
            Some("oauth2") => {
                self.word(scheme, at, ("flow", section), &["implicit", "password", "application", "accessCode"]);
                self.later(scheme, at, "security definitions", &[("flows", "`flow`, with its URLs and `scopes`")]);
            }
            _ => {}
        }
    }

    fn schema(&mut self, schema: &Map<String, Value>, at: &Pointer, depth: usize) {
        if depth > DEEPEST || schema.contains_key("$ref") {
            return;
        }
        for keyword in LATER.into_iter().filter(|keyword| schema.contains_key(*keyword)) {
            let message = format!("Swagger 2.0 has no `{keyword}` in schemas");
            self.push(&KEYWORD_NOT_IN_VERSION, &at.join(keyword), "schema-object", message);
        }
        if schema.get("discriminator").is_some_and(Value::is_object) {
            let message = "`discriminator`: expected the name of a property in Swagger 2.0, found an object".to_owned();
            self.push(&WRONG_TYPE, &at.join("discriminator"), "schema-object", message);
        }
        for keyword in ["items", "additionalProperties"] {
            if let Some(below) = schema.get(keyword).and_then(Value::as_object) {
                self.schema(below, &at.join(keyword), depth + 1);
            }
        }
        for (name, below) in members(schema, "properties") {
            self.schema(below, &at.join("properties").join(name), depth + 1);
        }
        for (index, below) in schema.get("allOf").and_then(Value::as_array).into_iter().flatten().enumerate() {
            if let Some(below) = below.as_object() {
                self.schema(below, &at.join("allOf").join(&index.to_string()), depth + 1);
            }
        }
    }
}

fn members<'v>(
    map: &'v Map<String, Value>,
    field: &str,
) -> impl Iterator<Item = (&'v str, &'v Map<String, Value>)> + use<'v> {
    let all = map.get(field).and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(name, value)| Some((name.as_str(), value.as_object()?)))
}
