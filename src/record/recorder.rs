//! Keeps exchanges: content codings undone, secrets replaced, in the journal.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Entry;
use super::journal::{self, Found, Journal};
use super::redact::Redact;
use crate::exchange::{Exchange, Headers};
use crate::expression::Clock;
use crate::transport::decoded;

/// Keeps exchanges in a journal.
pub struct Recorder {
    journal: Mutex<Journal>,
    redact: Redact,
    clock: Clock,
    next: AtomicU64,
    /// The most bytes of a decoded body.
    limit: usize,
}

/// An exchange that passed, as far as a copy was taken.
#[derive(Clone, Debug)]
pub struct Passed {
    /// Its number ([`Recorder::begin`]).
    pub number: u64,
    /// When its request came.
    pub started: String,
    /// The exchange, bodies as they were sent.
    pub exchange: Exchange,
    /// What of it is not there, and why.
    pub notes: Vec<String>,
}

impl Recorder {
    /// Into `journal`; numbers go on from `last`.
    pub fn new(journal: Journal, redact: Redact, clock: Clock, last: u64, limit: usize) -> Self {
        Self { journal: Mutex::new(journal), redact, clock, next: AtomicU64::new(last + 1), limit }
    }

    /// The number and time of a request that came.
    pub fn begin(&self) -> (u64, String) {
        (self.next.fetch_add(1, Ordering::Relaxed), (self.clock)().to_string())
    }

    /// Replaces what is secret in it.
    pub fn redact(&self) -> &Redact {
        &self.redact
    }

    /// Undoes the content codings of the bodies; a body that cannot be decoded is not kept.
    pub fn decode(&self, passed: &mut Passed) {
        let Exchange { request, response, .. } = &mut passed.exchange;
        for (headers, body, whose) in [
            (&mut request.headers, &mut request.body, "request"),
            (&mut response.headers, &mut response.body, "response"),
        ] {
            match decoded(headers, body.clone(), self.limit) {
                Ok(whole) => {
                    if whole != *body || body.is_empty() {
                        drop_coding(headers);
                    }
                    *body = whole;
                }
                Err(error) => {
                    passed.notes.push(format!("the {whose}'s body is not kept: {error}"));
                    *body = bytes::Bytes::new();
                }
            }
        }
    }

    /// Keeps an exchange (decoded); when this comes back, it survives the end of the process.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn keep(&self, passed: &Passed) -> std::io::Result<Arc<Entry>> {
        let (exchange, placeholders) = self.redact.exchange(&passed.exchange);
        let mut entry = Entry::new(passed.number, passed.started.clone(), &exchange);
        entry.placeholders = placeholders;
        entry.notes.clone_from(&passed.notes);
        let line = journal::line(&entry);
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).append(&line)?;
        Ok(Arc::new(entry))
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

/// A coding that was undone is no longer the body's.
fn drop_coding(headers: &mut Headers) {
    headers.remove("content-encoding");
}
