//! Streams that are kept while they pass: each event is in the journal before its client has it.

use std::sync::{Arc, PoisonError};

use bytes::BytesMut;

use super::forward::Asked;
use super::tee::Shared;
use crate::exchange::{Exchange, Headers, Response};
use crate::record::recorder::{Passed, Recorder, readable};

/// Keeps a stream, an event or line at a time: what its client cannot use yet is not kept yet.
pub(super) struct Live {
    recorder: Arc<Recorder>,
    asked: Asked,
    head: (u16, Headers),
    sent: Shared,
    ends: Ends,
    /// What came after the last end.
    pending: BytesMut,
    /// Whether its beginning is in the journal.
    begun: bool,
    /// How many bytes are kept in all, and how many more.
    limit: usize,
    left: usize,
}

/// What ends a part that a client can use.
#[derive(Clone, Copy)]
enum Ends {
    /// An empty line: an event (WHATWG HTML, section 9.2.6).
    Event,
    /// The end of a line: a record.
    Line,
}

impl Live {
    /// For a response that is a stream of parts, in no content coding.
    pub(super) fn of(
        recorder: &Arc<Recorder>,
        asked: &Asked,
        head: &(u16, Headers),
        sent: &Shared,
        limit: usize,
    ) -> Option<Self> {
        let media = head.1.get("content-type")?.to_ascii_lowercase();
        let ends = match media.split(';').next().unwrap_or_default().trim() {
            "text/event-stream" => Ends::Event,
            "application/x-ndjson" | "application/jsonl" => Ends::Line,
            _ => return None,
        };
        if head.1.contains("content-encoding") {
            return None;
        }
        Some(Self {
            recorder: Arc::clone(recorder),
            asked: asked.clone(),
            head: head.clone(),
            sent: Arc::clone(sent),
            ends,
            pending: BytesMut::new(),
            begun: false,
            limit,
            left: limit,
        })
    }

    /// Takes what is about to pass.
    pub(super) fn take(&mut self, data: &[u8]) {
        let data = &data[..data.len().min(self.left)];
        self.left -= data.len();
        // An end may lie between what is pending and what came.
        let from = self.pending.len().saturating_sub(3);
        self.pending.extend_from_slice(data);
        if let Some(end) = self.ends.last(&self.pending[from..]) {
            let whole = self.pending.split_to(from + end);
            self.keep(whole);
        }
    }

    fn keep(&mut self, body: BytesMut) {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner).bytes();
        let (status, headers) = self.head.clone();
        let exchange = Exchange {
            request: self.asked.request(sent),
            response: Response { status, headers, body: body.freeze() },
            elapsed: self.asked.begun.elapsed(),
        };
        let mut passed =
            Passed { number: self.asked.number, started: self.asked.started.clone(), exchange, notes: Vec::new() };
        passed.notes = readable(&mut passed.exchange, self.limit);
        // Where it cannot be written, the end of the exchange cannot either, which is told.
        self.begun = self.recorder.keep_part(&passed, !self.begun).is_ok() || self.begun;
    }
}

impl Ends {
    /// Behind the last end in `text`.
    fn last(self, text: &[u8]) -> Option<usize> {
        let ends: &[&[u8]] = match self {
            Self::Event => &[b"\n\n", b"\r\r", b"\r\n\r\n"],
            Self::Line => &[b"\n"],
        };
        let behind = |end: &&[u8]| Some(text.windows(end.len()).rposition(|window| window == *end)? + end.len());
        ends.iter().filter_map(behind).max()
    }
}
