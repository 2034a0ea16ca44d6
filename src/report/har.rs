//! A run's exchanges as an HTTP Archive, written while the run goes on.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use super::write::{Aside, WriteError};
use crate::exchange::{Headers, Request, Response};
use crate::traffic::{Credentials, Entry, HarWriter, Missing};
use crate::verdict::{CaseResult, Event, RecordedMessage, Sent, Step};

/// An HTTP Archive in the making. It has its name only once it is whole.
///
/// Beyond what is secret in a run's events, credentials are told by where they stand and what they
/// are called, and cookies have no value: archives are made to be passed on.
pub struct Har {
    writer: HarWriter<BufWriter<Aside>>,
    path: PathBuf,
    started: jiff::Timestamp,
    credentials: Credentials,
    /// What went wrong with writing; nothing is written after it.
    fault: Option<io::Error>,
}

impl Har {
    /// Begins the archive that is to be at `path`.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let file = BufWriter::new(Aside::create(path)?);
        let fault = |source| WriteError::File { path: path.to_owned(), source };
        Ok(Self {
            writer: HarWriter::new(file).map_err(fault)?,
            path: path.to_owned(),
            started: jiff::Timestamp::default(),
            credentials: Credentials::new([], Vec::new()),
            fault: None,
        })
    }

    /// Takes in what happened.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted { started, .. } => self.started = started.parse().unwrap_or_default(),
            Event::CaseFinished(case) if self.fault.is_none() => self.fault = self.case(case).err(),
            Event::CaseFinished(_) | Event::RunFinished { .. } => {}
        }
    }

    /// Ends the archive and gives it its name.
    pub fn finish(self) -> Result<PathBuf, WriteError> {
        let fault = |source| WriteError::File { path: self.path.clone(), source };
        if let Some(source) = self.fault {
            return Err(fault(source));
        }
        let file = self.writer.finish().map_err(fault)?;
        file.into_inner().map_err(|error| fault(error.into_error()))?.persist()
    }

    fn case(&mut self, case: &CaseResult) -> io::Result<()> {
        // Only the whole of a case is timed: its steps follow each other.
        let mut at = case.started_ms;
        for step in &case.steps {
            let Some(sent) = &step.sent else { continue };
            let started = self.started.checked_add(milliseconds(at)).unwrap_or(self.started);
            let entry = self.entry(sent, step, started);
            let mut about: Vec<(&str, Value)> = vec![("comment", case.id.to_string().into())];
            about.extend(step.operation.as_ref().map(|operation| ("_operation", operation.as_str().into())));
            about.push(("_verdict", case.verdict.word().into()));
            self.writer.add(&entry, &about)?;
            at += sent.elapsed_ms;
        }
        Ok(())
    }

    /// The exchange without its credentials.
    fn entry(&mut self, sent: &Sent, step: &Step, started: jiff::Timestamp) -> Entry {
        let (headers, body) = message(&sent.request);
        let request = Request { method: sent.method.clone(), url: sent.url.clone(), headers, body };
        let response = sent.response.as_ref().zip(sent.status).map(|(response, status)| {
            let (headers, body) = message(response);
            Response { status, headers, body }
        });
        self.credentials.learn(&request, response.as_ref());
        let redactor = self.credentials.redactor();
        let redacted = |headers: &Headers| {
            let fields = headers.raw().map(|(name, value)| (name.to_owned(), redactor.redact_bytes(value)));
            let mut headers: Headers = fields.collect();
            Credentials::blank_cookies(&mut headers);
            headers
        };
        let bytes = |body: &Bytes| Bytes::from(redactor.redact_bytes(body));
        let none = || step.error.clone().unwrap_or_else(|| "no response came".to_owned());
        Entry {
            started: Some(started),
            response: match response {
                Some(Response { status, headers, body }) => {
                    Ok(Response { status, headers: redacted(&headers), body: bytes(&body) })
                }
                None => Err(redactor.redact(&none())),
            },
            request: Request {
                method: request.method,
                url: redactor.redact(&request.url),
                headers: redacted(&request.headers),
                body: bytes(&request.body),
            },
            elapsed: milliseconds(sent.elapsed_ms),
            missing: Missing::default(),
            notes: Vec::new(),
        }
    }
}

fn milliseconds(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}

fn message(message: &RecordedMessage) -> (Headers, Bytes) {
    let headers = message.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let body = if message.base64 {
        STANDARD.decode(&message.body).unwrap_or_default().into()
    } else {
        Bytes::copy_from_slice(message.body.as_bytes())
    };
    (headers, body)
}
