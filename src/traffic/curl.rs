//! `curl` command lines as requests.

use base64::Engine as _;
use bytes::Bytes;

use super::Missing;
use super::body::{Part, of_fields};
use super::shell::{self, Piece, Word};
use super::wanted::{Hole, Wanted};
use crate::exchange::{Headers, Request};

/// Brings the bytes of files that command lines name.
pub type Fetch<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// Options without a value that say nothing of the request.
const SILENT: &[&str] = &[
    "compressed",
    "fail",
    "fail-with-body",
    "globoff",
    "http1.0",
    "http1.1",
    "http2",
    "http2-prior-knowledge",
    "http3",
    "include",
    "insecure",
    "ipv4",
    "ipv6",
    "location",
    "location-trusted",
    "no-buffer",
    "no-keepalive",
    "no-progress-meter",
    "path-as-is",
    "progress-bar",
    "remote-name",
    "remote-header-name",
    "show-error",
    "show-headers",
    "silent",
    "tcp-nodelay",
    "tlsv1.2",
    "tlsv1.3",
    "tr-encoding",
    "verbose",
    "create-dirs",
    "remote-name-all",
    "no-sessionid",
    "parallel",
    "styled-output",
    "raw",
    "ssl-no-revoke",
    "disable",
];
/// Options with a value that say nothing of the request.
const SILENT_WITH: &[&str] = &[
    "connect-timeout",
    "cookie-jar",
    "dump-header",
    "interface",
    "limit-rate",
    "max-redirs",
    "max-time",
    "output",
    "resolve",
    "connect-to",
    "retry",
    "retry-delay",
    "retry-max-time",
    "stderr",
    "trace",
    "trace-ascii",
    "write-out",
    "output-dir",
    "noproxy",
    "proxy",
    "cacert",
    "capath",
    "ciphers",
    "keepalive-time",
    "max-filesize",
    "speed-limit",
    "speed-time",
    "proxy-user",
    "tls-max",
];
/// Options with a value that say something that is not taken over.
const UNKNOWN_WITH: &[&str] = &[
    "aws-sigv4",
    "cert",
    "cert-type",
    "config",
    "key",
    "key-type",
    "pass",
    "range",
    "continue-at",
    "time-cond",
    "upload-file",
    "netrc-file",
    "unix-socket",
    "abstract-unix-socket",
    "doh-url",
    "proto",
    "delegation",
    "service-name",
    "quote",
    "variable",
    "expand-url",
    "expand-data",
    "expand-header",
    "etag-compare",
    "etag-save",
];
const UNKNOWN: &[&str] = &["anyauth", "digest", "ntlm", "negotiate", "netrc", "netrc-optional", "ntlm-wb"];
/// Options with a value that are read.
const READ_WITH: &[&str] = &[
    "request",
    "header",
    "data",
    "data-ascii",
    "data-raw",
    "data-binary",
    "data-urlencode",
    "json",
    "form",
    "form-string",
    "user",
    "cookie",
    "user-agent",
    "referer",
    "url",
    "url-query",
    "oauth2-bearer",
    "request-target",
];

const SHORT: &[(char, &str)] = &[
    ('X', "request"),
    ('H', "header"),
    ('d', "data"),
    ('F', "form"),
    ('u', "user"),
    ('b', "cookie"),
    ('A', "user-agent"),
    ('e', "referer"),
    ('G', "get"),
    ('I', "head"),
    ('k', "insecure"),
    ('L', "location"),
    ('s', "silent"),
    ('S', "show-error"),
    ('v', "verbose"),
    ('i', "include"),
    ('f', "fail"),
    ('N', "no-buffer"),
    ('o', "output"),
    ('O', "remote-name"),
    ('J', "remote-header-name"),
    ('m', "max-time"),
    ('x', "proxy"),
    ('c', "cookie-jar"),
    ('D', "dump-header"),
    ('w', "write-out"),
    ('g', "globoff"),
    ('4', "ipv4"),
    ('6', "ipv6"),
    ('0', "http1.0"),
    ('#', "progress-bar"),
    ('q', "disable"),
    ('E', "cert"),
    ('T', "upload-file"),
    ('r', "range"),
    ('C', "continue-at"),
    ('z', "time-cond"),
    ('K', "config"),
    ('n', "netrc"),
    ('U', "proxy-user"),
    ('y', "speed-time"),
    ('Y', "speed-limit"),
    ('Z', "parallel"),
    ('j', "junk-session-cookies"),
    ('a', "append"),
];

/// The requests of `curl` commands in a script, each with its line. Commands of other programs are told.
pub fn curl_commands(text: &str, fetch: Fetch<'_>) -> Vec<Wanted> {
    let mut all = Vec::new();
    for command in shell::commands(text) {
        match command.words {
            Ok(words) => {
                let mut holes = Vec::new();
                let words: Vec<String> = words.iter().map(|word| plain(word, &mut holes)).collect();
                let Some(start) = program(&words) else {
                    let program = words.iter().find(|word| !word.is_empty()).cloned().unwrap_or_default();
                    if !program.is_empty() {
                        all.push(Wanted::refused(command.line, not_curl(&program)));
                    }
                    continue;
                };
                for words in words[start..].split(|word| word == "--next" || word == "-:") {
                    all.push(request(words, command.line, &holes, fetch));
                }
            }
            Err(reason) => all.push(Wanted::refused(command.line, reason)),
        }
    }
    all
}

/// The word's text, with a mark where a variable stands.
fn plain(word: &Word, holes: &mut Vec<Hole>) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Variable(name) => {
            let hole = Hole::new(holes.len(), format!("env.{name}"));
            let mark = hole.mark.clone();
            holes.push(hole);
            mark
        }
    };
    word.0.iter().map(piece).collect()
}

/// Where the arguments of `curl` start: after a prompt, variables that are set, and `curl` itself.
fn program(words: &[String]) -> Option<usize> {
    let sets = |word: &String| {
        word.split_once('=')
            .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
    };
    let at = words.iter().position(|word| word != "$" && word != "time" && !sets(word))?;
    let name = words[at].rsplit(['/', '\\']).next().unwrap_or_default();
    matches!(name, "curl" | "curl.exe").then_some(at + 1)
}

/// What the options of a command said.
#[derive(Default)]
struct Options<'a> {
    method: Option<&'a str>,
    urls: Vec<&'a str>,
    headers: Headers,
    removed: Vec<String>,
    data: Vec<Vec<u8>>,
    json: bool,
    parts: Vec<Part>,
    get: bool,
    head: bool,
    queries: Vec<String>,
    user: Option<&'a str>,
    notes: Vec<String>,
}

fn request(words: &[String], line: usize, holes: &[Hole], fetch: Fetch<'_>) -> Wanted {
    let mut options = Options::default();
    if let Err(reason) = options.read(words, fetch) {
        return Wanted::refused(line, reason);
    }
    let Some(url) = options.urls.first() else { return Wanted::refused(line, "it names no URL".to_owned()) };
    let url = (*url).to_owned();
    for other in &options.urls[1..] {
        options.notes.push(format!("it names several URLs; `{}` is left out", without_secrets(other)));
    }
    let mut holes = holes.to_vec();
    let basic = options.user.map(|user| basic(user, &mut holes));
    let (request, missing) = options.request(&url, basic);
    let notes = options.notes.into_iter().chain(missing).collect();
    let used = holes.into_iter().filter(|hole| hole.stands_in(&request)).collect();
    Wanted { name: None, line, request: Ok(request), responses: Vec::new(), notes, holes: used }
}

/// A URL without its query and user name, for messages.
fn without_secrets(url: &str) -> &str {
    url.split(['?', '#', '@']).next().unwrap_or_default()
}

impl<'a> Options<'a> {
    fn read(&mut self, words: &'a [String], fetch: Fetch<'_>) -> Result<(), String> {
        let mut words = words.iter().map(String::as_str);
        let mut only_urls = false;
        while let Some(word) = words.next() {
            match word.strip_prefix('-') {
                Some("-") if !only_urls => only_urls = true,
                Some(rest) if !only_urls && !rest.is_empty() => match rest.strip_prefix('-') {
                    Some(long) => {
                        let (name, inline) =
                            long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                        let name = name.strip_prefix("no-").filter(|name| SILENT.contains(name)).unwrap_or(name);
                        if takes_value(name) {
                            let value = inline.or_else(|| words.next());
                            self.valued(name, value.ok_or_else(|| format!("`--{name}` has no value"))?, fetch)?;
                        } else {
                            self.flag(name)?;
                        }
                    }
                    None => self.short(rest, &mut words, fetch)?,
                },
                _ => self.urls.push(word),
            }
        }
        Ok(())
    }

    fn short(
        &mut self,
        letters: &'a str,
        words: &mut impl Iterator<Item = &'a str>,
        fetch: Fetch<'_>,
    ) -> Result<(), String> {
        for (at, letter) in letters.char_indices() {
            let known = SHORT.iter().find(|(known, _)| *known == letter);
            let Some((_, name)) = known else { return Err(format!("`-{letter}` is no option that is known here")) };
            if takes_value(name) {
                let rest = &letters[at + letter.len_utf8()..];
                let value = if rest.is_empty() { words.next() } else { Some(rest) };
                return self.valued(name, value.ok_or_else(|| format!("`-{letter}` has no value"))?, fetch);
            }
            self.flag(name)?;
        }
        Ok(())
    }

    fn flag(&mut self, name: &str) -> Result<(), String> {
        match name {
            "get" => self.get = true,
            "head" => self.head = true,
            _ if SILENT.contains(&name) => {}
            "junk-session-cookies" | "append" => {}
            _ if UNKNOWN.contains(&name) => self.notes.push(format!("`--{name}` is not taken over")),
            _ => return Err(format!("`--{name}` is no option that is known here")),
        }
        Ok(())
    }

    fn valued(&mut self, name: &str, value: &'a str, fetch: Fetch<'_>) -> Result<(), String> {
        match name {
            "request" => self.method = Some(value),
            "url" => self.urls.push(value),
            "header" => self.header(value),
            "user-agent" => self.headers.set("User-Agent", value),
            "referer" => self.headers.set("Referer", value.trim_end_matches(";auto")),
            "cookie" if value.contains('=') => self.headers.append("Cookie", value),
            "cookie" => self.notes.push(format!("the cookies in the file `{value}` are not taken over")),
            "user" => self.user = Some(value),
            "oauth2-bearer" => self.headers.set("Authorization", format!("Bearer {value}")),
            "url-query" => self.queries.push(encoded(value, fetch)?),
            "json" => {
                self.json = true;
                self.data.push(content(value, true, fetch)?);
            }
            "data-raw" => self.data.push(value.as_bytes().to_vec()),
            "data-binary" => self.data.push(content(value, true, fetch)?),
            "data" | "data-ascii" => self.data.push(content(value, false, fetch)?),
            "data-urlencode" => self.data.push(encoded(value, fetch)?.into_bytes()),
            "form" => self.parts.push(part(value, fetch)?),
            "form-string" => {
                let (name, text) = value.split_once('=').ok_or("`--form-string` is no `name=value`")?;
                self.parts.push(Part { name: name.to_owned(), value: Some(text.into()), ..Part::default() });
            }
            _ if SILENT_WITH.contains(&name) => {}
            _ => self.notes.push(format!("`--{name}` is not taken over")),
        }
        Ok(())
    }

    fn header(&mut self, value: &str) {
        if let Some(file) = value.strip_prefix('@') {
            self.notes.push(format!("the header fields in the file `{file}` are not taken over"));
        } else if let Some((name, value)) = value.split_once(':').filter(|(name, _)| !name.is_empty()) {
            // `-H 'Name:'` takes away what curl would send.
            if value.trim().is_empty() {
                self.removed.push(name.to_owned());
            } else {
                self.headers.append(name.trim(), value.trim());
            }
        } else if let Some(name) = value.strip_suffix(';') {
            self.headers.append(name, "");
        } else if let Some(pseudo) = value.strip_prefix(':') {
            self.notes
                .push(format!("the pseudo field `:{}` is left out", pseudo.split(':').next().unwrap_or_default()));
        } else {
            self.notes.push("a header field without `:` is left out".to_owned());
        }
    }

    fn request(&mut self, url: &str, basic: Option<String>) -> (Request, Option<String>) {
        let mut url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let mut data = self.data.join(if self.json { &b""[..] } else { &b"&"[..] });
        let mut queries = std::mem::take(&mut self.queries);
        if self.get && !self.data.is_empty() {
            queries.push(String::from_utf8_lossy(&data).into_owned());
            data.clear();
        }
        for query in queries {
            let (start, fragment) = url.split_once('#').map_or((url.as_str(), ""), |(start, rest)| (start, rest));
            let sign = if start.contains('?') { '&' } else { '?' };
            url = format!("{start}{sign}{query}{}{fragment}", if fragment.is_empty() { "" } else { "#" });
        }
        let mut headers = std::mem::take(&mut self.headers);
        if let Some(basic) = basic.filter(|_| !headers.contains("authorization")) {
            headers.append("Authorization", format!("Basic {basic}"));
        }
        let has_data = !self.data.is_empty() && !self.get;
        let media = match (self.json, has_data, self.parts.is_empty()) {
            (true, _, _) => Some("application/json"),
            (false, true, _) => Some("application/x-www-form-urlencoded"),
            (false, false, false) => Some("multipart/form-data"),
            (false, false, true) => None,
        };
        if let Some(media) = media.filter(|_| !self.taken_away("content-type") && !headers.contains("content-type")) {
            headers.append("Content-Type", media);
        }
        if self.json && !headers.contains("accept") {
            headers.append("Accept", "application/json");
        }
        let mut missing = Missing::default();
        let body = if has_data { Bytes::from(data) } else { of_fields(&self.parts, &mut headers, &mut missing) };
        let method = match self.method {
            Some(method) => method,
            None if self.head => "HEAD",
            None if has_data || !self.parts.is_empty() => "POST",
            None => "GET",
        };
        (Request { method: method.to_owned(), url, headers, body }, missing.request_body)
    }

    fn taken_away(&self, name: &str) -> bool {
        self.removed.iter().any(|removed| removed.eq_ignore_ascii_case(name))
    }
}

/// `user:password` in base64; with holes in it, a hole of its own.
pub(super) fn basic(user: &str, holes: &mut Vec<Hole>) -> String {
    match Hole::joined(user, holes) {
        Some(expression) => {
            let hole = Hole::new(holes.len(), format!("({expression}) | base64"));
            let mark = hole.mark.clone();
            holes.push(hole);
            mark
        }
        None => base64::engine::general_purpose::STANDARD.encode(user),
    }
}

fn takes_value(name: &str) -> bool {
    [SILENT_WITH, UNKNOWN_WITH, READ_WITH].iter().any(|names| names.contains(&name))
}

/// The value itself, or the content of the file that it names; without line breaks where they are not kept.
fn content(value: &str, whole: bool, fetch: Fetch<'_>) -> Result<Vec<u8>, String> {
    let Some(file) = value.strip_prefix('@') else { return Ok(value.as_bytes().to_vec()) };
    let mut bytes = file_content(file, fetch)?;
    if !whole {
        bytes.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0));
    }
    Ok(bytes)
}

fn file_content(file: &str, fetch: Fetch<'_>) -> Result<Vec<u8>, String> {
    if file == "-" {
        return Err("what it reads from standard input is not known".to_owned());
    }
    fetch(file).map_err(|reason| format!("its file `{file}` cannot be read: {reason}"))
}

/// `--data-urlencode`: `content`, `=content`, `name=content`, `@file`, `name@file`.
fn encoded(value: &str, fetch: Fetch<'_>) -> Result<String, String> {
    let encode = |bytes: &[u8]| percent_encoding::percent_encode(bytes, percent_encoding::NON_ALPHANUMERIC).to_string();
    let at = value.find(['=', '@']);
    let Some(at) = at else { return Ok(encode(value.as_bytes())) };
    let (name, rest) = (&value[..at], &value[at + 1..]);
    let content = if value[at..].starts_with('@') { file_content(rest, fetch)? } else { rest.as_bytes().to_vec() };
    let sign = if name.is_empty() { "" } else { "=" };
    Ok(format!("{name}{sign}{}", encode(&content)))
}

/// `-F name=value`, `name=@file;type=…;filename=…`, `name=<file`.
fn part(value: &str, fetch: Fetch<'_>) -> Result<Part, String> {
    let (name, value) = value.split_once('=').ok_or("`--form` is no `name=value`")?;
    let mut pieces = value.split(';');
    let content = pieces.next().unwrap_or_default();
    let mut part = Part { name: name.to_owned(), ..Part::default() };
    for piece in pieces {
        match piece.trim().split_once('=') {
            Some(("type", media)) => part.media_type = Some(media.trim_matches('"').to_owned()),
            Some(("filename", file)) => part.file = Some(file.trim_matches('"').to_owned()),
            _ => {}
        }
    }
    let unquoted = |file: &str| file.trim_matches('"').to_owned();
    if let Some(file) = content.strip_prefix('@').map(unquoted) {
        part.value = Some(file_content(&file, fetch)?);
        let last = file.rsplit('/').next().unwrap_or_default().to_owned();
        part.file.get_or_insert(last);
        part.media_type.get_or_insert_with(|| "application/octet-stream".to_owned());
    } else if let Some(file) = content.strip_prefix('<').map(unquoted) {
        part.value = Some(file_content(&file, fetch)?);
    } else {
        let plain = if part.media_type.is_some() || part.file.is_some() { content } else { value };
        part.value = Some(plain.trim_matches('"').into());
    }
    Ok(part)
}

/// What a line is instead; the value of an assignment may be a secret.
fn not_curl(program: &str) -> String {
    match program.split_once('=') {
        Some((name, _)) => format!("it is no `curl` command but gives `{name}` a value"),
        None => format!("it is no `curl` command but `{program}`"),
    }
}

#[cfg(test)]
mod tests;
