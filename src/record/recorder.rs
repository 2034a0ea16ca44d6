//! Keeps exchanges: content codings undone, texts in UTF-8, secrets replaced, in the journal.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::Entry;
use super::journal::{self, Found, Journal};
use super::redact::Redact;
use crate::exchange::{Exchange, Headers, MediaType, coding};
use crate::expression::Clock;
use crate::transport::decoded;

/// Keeps exchanges in a journal.
pub struct Recorder {
    journal: Mutex<Journal>,
    redact: Redact,
    clock: Clock,
    next: AtomicU64,
}

/// An exchange that passed, as far as a copy was taken.
#[derive(Clone, Debug)]
pub struct Passed {
    /// Its number ([`Recorder::begin`]).
    pub number: u64,
    /// When its request came.
    pub started: String,
    /// The exchange, its bodies readable.
    pub exchange: Exchange,
    /// What of it is not there, and why.
    pub notes: Vec<String>,
}

impl Recorder {
    /// Into `journal`; numbers go on from `last`.
    pub fn new(journal: Journal, redact: Redact, clock: Clock, last: u64) -> Self {
        Self { journal: Mutex::new(journal), redact, clock, next: AtomicU64::new(last + 1) }
    }

    /// The number and time of a request that came.
    pub fn begin(&self) -> (u64, String) {
        (self.next.fetch_add(1, Ordering::Relaxed), (self.clock)().to_string())
    }

    /// Replaces what is secret in it.
    pub fn redact(&self) -> &Redact {
        &self.redact
    }

    /// Keeps an exchange; when this comes back, it survives the end of the process.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn keep(&self, passed: &Passed) -> std::io::Result<Arc<Entry>> {
        let entry = self.entry(passed);
        self.append(&journal::line(&entry)?)?;
        Ok(Arc::new(entry))
    }

    /// Keeps a part of an exchange whose response goes on: the first one with all that came before the
    /// body, of the others only the body.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn keep_part(&self, passed: &Passed, is_first: bool) -> std::io::Result<()> {
        let entry = self.entry(passed);
        self.append(&if is_first {
            journal::line(&Entry { open: true, ..entry })?
        } else {
            journal::line(&entry.into_part())?
        })
    }

    fn entry(&self, passed: &Passed) -> Entry {
        let (exchange, placeholders) = self.redact.exchange(&passed.exchange);
        let entry = Entry::new(passed.number, passed.started.clone(), &exchange);
        Entry { placeholders, notes: passed.notes.clone(), ..entry }
    }

    fn append(&self, line: &[u8]) -> std::io::Result<()> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).append(line)
    }

    /// All that is in the journal.
    ///
    /// # Errors
    /// Where the journal cannot be read.
    pub fn entries(&self) -> std::io::Result<Found> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.sync()?;
        journal.found()
    }

    /// Ends the journal: all that it holds is kept elsewhere.
    ///
    /// # Errors
    /// Where the journal cannot be removed.
    pub fn close(&self) -> std::io::Result<()> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).remove()
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

/// Undoes the content codings of the bodies, at most `limit` bytes each, and writes texts in UTF-8; the
/// header fields then say so. A body that cannot be decoded is taken out. Gives back what became of them.
pub(in crate::record) fn readable(exchange: &mut Exchange, limit: usize) -> Vec<String> {
    let Exchange { request, response, .. } = exchange;
    let mut notes = Vec::new();
    for (headers, body, whose) in
        [(&mut request.headers, &mut request.body, "request"), (&mut response.headers, &mut response.body, "response")]
    {
        match decoded(headers, body.clone(), limit) {
            Ok(whole) => {
                if whole != *body || body.is_empty() {
                    headers.remove("content-encoding");
                }
                *body = whole;
            }
            Err(error) => {
                notes.push(format!("the {whose}'s body is not kept: {error}"));
                *body = Bytes::new();
            }
        }
        if let Some(charset) = in_utf8(headers, body) {
            notes.push(format!("the {whose}'s body is kept in UTF-8, not in {charset}"));
        }
    }
    notes
}

/// A text in another charset is written in UTF-8: secrets are found in it, and people can read it.
fn in_utf8(headers: &mut Headers, body: &mut Bytes) -> Option<String> {
    let media = headers.get("content-type").and_then(|value| MediaType::parse(&value).ok())?;
    let charset = media.parameter("charset")?.to_owned();
    let is_plain = body.is_ascii() && !charset.to_ascii_lowercase().starts_with("utf-16");
    if is_plain || charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let text = coding::utf8(&charset, body)?;
    let said = headers.get("content-type")?.into_owned();
    let at = said.to_ascii_lowercase().find(&charset.to_ascii_lowercase())?;
    let renamed = format!("{}utf-8{}", &said[..at], &said[at + charset.len()..]);
    *headers = headers
        .raw()
        .map(|(name, value)| {
            let is_it = name.eq_ignore_ascii_case("content-type");
            (name.to_owned(), if is_it { renamed.clone().into_bytes() } else { value.to_vec() })
        })
        .collect();
    *body = text.into();
    Some(charset)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::exchange::{Request, Response};

    #[test]
    fn texts_are_kept_in_utf8() {
        for (media, body, expected, kept) in [
            ("text/plain; charset=ISO-8859-1; x=1", &b"caf\xe9"[..], "text/plain; charset=utf-8; x=1", "café"),
            ("application/json;charset=\"UTF-16LE\"", b"[\x001\0]\0", "application/json;charset=\"utf-8\"", "[1]"),
            ("text/plain; charset=latin1", b"cafe", "text/plain; charset=latin1", "cafe"),
            ("text/plain; charset=utf-8", "café".as_bytes(), "text/plain; charset=utf-8", "café"),
        ] {
            let response = Response {
                status: 200,
                headers: Headers::from_iter([("A", "1"), ("Content-Type", media), ("B", "2")]),
                body: Bytes::from_static(body),
            };
            let request =
                Request { method: "GET".into(), url: "http://h/".into(), headers: Headers::new(), body: Bytes::new() };
            let mut exchange = Exchange { request, response, elapsed: Duration::ZERO };
            readable(&mut exchange, 100);
            let fields: Vec<_> = exchange.response.headers.iter().map(|(_, value)| value.into_owned()).collect();
            assert_eq!(
                (fields, &exchange.response.body[..]),
                (vec!["1".into(), expected.into(), "2".into()], kept.as_bytes())
            );
        }
    }
}
