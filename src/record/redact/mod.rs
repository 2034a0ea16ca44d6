//! Secrets and people's data out of exchanges, before anything of them is kept.
//!
//! What is secret is told by where it stands (credentials, cookies, what the contract's security
//! schemes name), by what it is called (`password`, `token`), and by how it looks (`looks`). Each
//! value gets a placeholder of its own form (`vault`), the same in all exchanges, so that what was
//! read from a form is still of it. What then is left of a known secret in some other encoding is
//! blanked.

mod body;
mod looks;
mod pattern;
#[cfg(test)]
mod tests;
mod text;
mod vault;

pub use pattern::{Pattern, PatternError};
pub use vault::Placeholder;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::contract::{Contract, SecurityKind};
use crate::exchange::{Exchange, Headers, Redactor, Secret};
use crate::traffic::Credentials;
use vault::{Form, SHORTEST_NAMED, Vault};

/// Fields whose values are no secrets, however they look: dates, versions, what a browser says of itself.
const PLAIN_FIELDS: [&str; 22] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "last-modified",
    "server",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
];

/// Secrets known by value at a time, to be found in other encodings; with more, the first are forgotten.
const MOST_KNOWN: usize = 400;

/// Replaces secrets, the same by the same, through a whole recording.
pub struct Redact {
    credentials: Credentials,
    /// What properties may say by their schemas: that is no secret, whatever they are called.
    enumerated: HashMap<String, HashSet<String>>,
    keep: Vec<Pattern>,
    besides: Vec<Pattern>,
    vault: Mutex<Vault>,
    net: Mutex<Net>,
}

/// Finds known secrets in encodings that nobody expected them in.
#[derive(Default)]
struct Net {
    redactor: Arc<Redactor>,
    /// The secrets with their placeholders.
    known: Arc<Vec<(String, Placeholder)>>,
}

/// What is done with one exchange.
struct Pass<'r> {
    redact: &'r Redact,
    used: Vec<Placeholder>,
    learnt: Vec<(String, Placeholder)>,
    /// Secrets that are known by value, wherever they stand.
    known: Arc<Vec<(String, Placeholder)>>,
}

impl Redact {
    /// By what these contracts call their credentials; `keep` names what stays, `redact` what goes besides.
    pub fn new<'c>(
        contracts: impl IntoIterator<Item = &'c Contract>,
        keep: Vec<Pattern>,
        redact: Vec<Pattern>,
    ) -> Self {
        let (mut named, mut enumerated) = (Vec::new(), HashMap::new());
        for contract in contracts {
            named.extend(contract.security_schemes().iter().filter_map(|scheme| match &scheme.kind {
                SecurityKind::ApiKey { name, .. } => Some(name.clone()),
                _ => None,
            }));
            said(contract.value(), &mut named, &mut enumerated, 0);
        }
        Self {
            credentials: Credentials::new(named, Vec::new()),
            enumerated,
            keep,
            besides: redact,
            vault: Mutex::default(),
            net: Mutex::default(),
        }
    }

    /// The exchange with placeholders for all that is secret in it, and which these are.
    pub fn exchange(&self, exchange: &Exchange) -> (Exchange, Vec<Placeholder>) {
        let mut pass = Pass::new(self);
        let mut out = pass.exchange(exchange);
        let (net, known) = self.learn(std::mem::take(&mut pass.learnt));
        if !blank(&mut out, &net) {
            return (out, pass.used);
        }
        // A secret stands where nobody expected one: it gets its placeholder there, too, if its
        // encoding can be read.
        pass.known = known;
        let mut out = pass.exchange(exchange);
        blank(&mut out, &net);
        (out, pass.used)
    }

    /// A text of ours about an exchange, known secrets blanked.
    pub fn text(&self, text: &str) -> String {
        let (net, _) = self.learn(Vec::new());
        net.redact(&Pass::new(self).looked_at(text))
    }

    /// Adds secrets; gives back all that are known by value.
    fn learn(&self, secrets: Vec<(String, Placeholder)>) -> (Arc<Redactor>, Arc<Vec<(String, Placeholder)>>) {
        let mut net = self.net.lock().unwrap_or_else(PoisonError::into_inner);
        for (secret, placeholder) in secrets {
            if secret.len() < SHORTEST_NAMED || net.redactor.knows(&secret) {
                continue;
            }
            if net.known.len() >= MOST_KNOWN {
                *net = Net::default();
            }
            net.redactor.add(&Secret::new(secret.as_str()));
            Arc::make_mut(&mut net.known).push((secret, placeholder));
        }
        (Arc::clone(&net.redactor), Arc::clone(&net.known))
    }

    fn keeps(&self, name: &str, value: &str) -> bool {
        self.keep.iter().any(|pattern| pattern.matches(name, value))
            || self.enumerated.get(name).is_some_and(|values| values.contains(value))
    }

    /// Environment variables that have a meaning already: placeholders get other names.
    pub fn reserve(&self, variables: &[String]) {
        let mut vault = self.vault.lock().unwrap_or_else(PoisonError::into_inner);
        for variable in variables {
            vault.reserve(variable);
        }
    }

    /// Whether whatever has this name is secret.
    pub(super) fn is_secret_name(&self, name: &str) -> bool {
        self.is_secret(name, "")
    }

    /// Whether the whole value of what has this name is secret.
    fn is_secret(&self, name: &str, value: &str) -> bool {
        self.credentials.is_secret(name) || self.besides.iter().any(|pattern| pattern.matches(name, value))
    }
}

/// What a document says of properties: which are passwords (OpenAPI, `format: password`), and which have one of a
/// few values.
fn said(value: &Value, named: &mut Vec<String>, enumerated: &mut HashMap<String, HashSet<String>>, depth: usize) {
    const DEEPEST: usize = 200;
    if depth > DEEPEST {
        return;
    }
    if let Some(properties) = value.get("properties").and_then(Value::as_object) {
        for (name, schema) in properties {
            if schema.get("format").is_some_and(|format| format == "password") {
                named.push(name.clone());
            }
            let one = schema.get("const").into_iter();
            let all = schema.get("enum").and_then(Value::as_array).into_iter().flatten().chain(one);
            let texts: Vec<String> = all.filter_map(|value| value.as_str().map(str::to_owned)).collect();
            if !texts.is_empty() {
                enumerated.entry(name.clone()).or_default().extend(texts);
            }
        }
    }
    match value {
        Value::Object(fields) => fields.values().for_each(|below| said(below, named, enumerated, depth + 1)),
        Value::Array(items) => items.iter().for_each(|below| said(below, named, enumerated, depth + 1)),
        _ => {}
    }
}

impl std::fmt::Debug for Redact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redact(***)")
    }
}

/// Takes out what is left of known secrets; whether there was anything.
fn blank(exchange: &mut Exchange, net: &Redactor) -> bool {
    let (request, response) = (&mut exchange.request, &mut exchange.response);
    let mut found = false;
    if net.finds(request.url.as_bytes()) {
        request.url = net.redact(&request.url);
        found = true;
    }
    for headers in [&mut request.headers, &mut response.headers] {
        if headers.raw().any(|(_, value)| net.finds(value)) {
            *headers = headers.raw().map(|(name, value)| (name.to_owned(), net.redact_bytes(value))).collect();
            found = true;
        }
    }
    for body in [&mut request.body, &mut response.body] {
        if net.finds(body) {
            *body = net.redact_bytes(body).into();
            found = true;
        }
    }
    found
}

impl<'r> Pass<'r> {
    fn new(redact: &'r Redact) -> Self {
        Self { redact, used: Vec::new(), learnt: Vec::new(), known: Arc::default() }
    }
}

impl Pass<'_> {
    fn exchange(&mut self, exchange: &Exchange) -> Exchange {
        let mut out = exchange.clone();
        // What an answer gives away, a later request sends: the answer is looked at first.
        self.headers(&mut out.response.headers);
        let media = exchange.response.media_type();
        out.response.body = self.body(&exchange.response.body, media.as_ref());
        self.headers(&mut out.request.headers);
        let media = exchange.request.media_type();
        out.request.body = self.body(&exchange.request.body, media.as_ref());
        out.request.url = self.url(&exchange.request.url);
        out
    }

    fn headers(&mut self, headers: &mut Headers) {
        let fields: Vec<(String, Vec<u8>)> = headers
            .raw()
            .map(|(name, value)| match std::str::from_utf8(value) {
                Ok(text) => (name.to_owned(), self.field(name, text).into_bytes()),
                Err(_) => (name.to_owned(), value.to_vec()),
            })
            .collect();
        *headers = fields.into_iter().collect();
    }

    fn field(&mut self, name: &str, value: &str) -> String {
        if self.redact.keeps(name, value) {
            return value.to_owned();
        }
        match name.to_ascii_lowercase().as_str() {
            "authorization" | "proxy-authorization" => self.authorization(value),
            "cookie" => value.split(';').map(|pair| self.cookie(pair)).collect::<Vec<_>>().join(";"),
            "set-cookie" => {
                let (pair, attributes) = value.split_at(value.find(';').unwrap_or(value.len()));
                format!("{}{attributes}", self.cookie(pair))
            }
            lower if PLAIN_FIELDS.contains(&lower) && !self.redact.is_secret(name, value) => value.to_owned(),
            _ => self.named(name, value),
        }
    }

    fn authorization(&mut self, value: &str) -> String {
        let Some((scheme, credentials)) = value.split_once(' ') else {
            return self.placed(value, Form::Text, "AUTHORIZATION");
        };
        let credentials = credentials.trim();
        if !scheme.eq_ignore_ascii_case("basic") {
            let name = if scheme.eq_ignore_ascii_case("bearer") { "TOKEN" } else { "AUTHORIZATION" };
            return format!("{scheme} {}", self.placed(credentials, Form::Text, name));
        }
        // The password is a secret of its own: it may stand elsewhere, too.
        let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((_, password)) = decoded.as_deref().and_then(|pair| pair.split_once(':')) {
            self.placed(password, Form::Text, "PASSWORD");
        }
        format!("{scheme} {}", self.placed(credentials, Form::Basic, "BASIC"))
    }

    fn cookie(&mut self, pair: &str) -> String {
        let Some((name, value)) = pair.split_once('=') else { return pair.to_owned() };
        if value.trim().is_empty() || self.redact.keeps(name.trim(), value) {
            return pair.to_owned();
        }
        let bare = value.trim().trim_matches('"');
        let quoted = value.trim().starts_with('"') && bare.len() + 2 == value.trim().len();
        let placed = self.placed(bare, Form::Text, &format!("COOKIE_{}", name.trim()));
        if quoted { format!("{name}=\"{placed}\"") } else { format!("{name}={placed}") }
    }

    /// A value by its name, else by its looks.
    fn named(&mut self, name: &str, value: &str) -> String {
        if value.is_empty() || self.redact.keeps(name, value) {
            return value.to_owned();
        }
        if self.redact.is_secret(name, value) {
            return self.placed(value, Form::Text, name);
        }
        if is_phone(name, value) {
            return self.placed(value, Form::Looks(looks::Kind::Phone), looks::Kind::Phone.word());
        }
        self.looked_at(value)
    }

    /// The placeholder that stands for a whole value.
    fn placed(&mut self, secret: &str, form: Form, name: &str) -> String {
        let mut vault = self.redact.vault.lock().unwrap_or_else(PoisonError::into_inner);
        if secret.trim().is_empty() || vault.is_stand_in(secret) {
            return secret.to_owned();
        }
        let (placeholder, _) = vault.placeholder(secret, form, name);
        drop(vault);
        // Emails, phones and cards are known wherever they stand by their looks.
        if form == Form::Text || form == Form::Basic || form == Form::Looks(looks::Kind::Token) {
            self.learnt.push((secret.to_owned(), placeholder.clone()));
        }
        let text = placeholder.text.clone();
        if text.len() >= SHORTEST_NAMED && !self.used.contains(&placeholder) {
            self.used.push(placeholder);
        }
        text
    }
}

/// Whether a field that is called a phone number holds one, written without any sign of it.
fn is_phone(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let called =
        ["phone", "mobile", "msisdn", "telephone", "fax"].iter().any(|word| lower.contains(word)) || lower == "tel";
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    called && (6..=16).contains(&digits) && value.chars().all(|c| c.is_ascii_digit() || " +()-./".contains(c))
}
