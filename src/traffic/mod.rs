//! Traffic files: HAR and NDJSON access logs as exchanges, one at a time, whatever their size.
//!
//! [`read`] takes any reader and gives an [`Item`] for each entry as it is read; at no time is more
//! than one entry in memory. What can be made sense of is taken (other encodings, missing fields,
//! bodies in base64 or compressed); what cannot is refused with the entry's number and place.
//! [`postman_collection`] and [`curl_commands`] read requests that somebody wrote down.

mod alias;
mod body;
mod coding;
mod credentials;
mod curl;
mod har;
mod lines;
mod postman;
mod reader;
mod scan;
mod shell;
#[cfg(test)]
mod tests;
mod wanted;
mod write;

use std::time::Duration;

pub use credentials::Credentials;
pub use curl::{Fetch, curl_commands};
pub use postman::{Collection, PostmanError, postman_collection};
pub use reader::{Format, Reader, read};
pub use wanted::{Hole, Wanted};
pub use write::HarWriter;

use crate::exchange::{Exchange, Request, Response};
use crate::source::Position;

/// Entries larger than this many bytes are not read.
pub const LARGEST_ENTRY: usize = 64 << 20;

/// The host of requests whose host the file does not tell (RFC 6761, section 6.4).
pub const NO_HOST: &str = "unknown.invalid";

/// One thing that a traffic file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its number in the file, from 1.
    pub number: usize,
    /// Where it starts in the file's text.
    pub position: Position,
    /// What it is.
    pub what: What,
}

/// What an entry of a traffic file turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A request, with its response where one came.
    Entry(Box<Entry>),
    /// No HTTP exchange (a `data:` URL, a web socket), and what it is instead.
    Aside(String),
    /// It cannot be read, and why.
    Unreadable(String),
}

/// A recorded request and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When it was sent.
    pub started: Option<jiff::Timestamp>,
    /// The request, its URL absolute where the file tells the host.
    pub request: Request,
    /// The response, or why there is none.
    pub response: Result<Response, String>,
    /// From sending to the last byte; zero where the file does not tell.
    pub elapsed: Duration,
    /// What the file does not hold although it was sent.
    pub missing: Missing,
    /// What was odd and taken in stride.
    pub notes: Vec<String>,
}

/// What of an exchange a traffic file does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// The request's header fields.
    pub request_headers: bool,
    /// Cookies and `Authorization`: the tool that wrote the file leaves them out, and so far the file
    /// holds none.
    pub credentials: bool,
    /// The request's body, and why.
    pub request_body: Option<String>,
    /// The response's header fields.
    pub response_headers: bool,
    /// The response's body, and why.
    pub response_body: Option<String>,
}

impl Entry {
    /// The exchange, where there was a response.
    pub fn exchange(&self) -> Option<Exchange> {
        let response = self.response.as_ref().ok()?.clone();
        Some(Exchange { request: self.request.clone(), response, elapsed: self.elapsed })
    }
}

/// Why reading a traffic file ended before the file's own end.
#[derive(Debug, thiserror::Error)]
pub enum TrafficError {
    /// It is no traffic file.
    #[error("{reason} (line {}, column {})", position.line, position.column)]
    NotTraffic {
        /// Where.
        position: Position,
        /// What was expected and found.
        reason: String,
    },
    /// It ends too early; what was whole has been given.
    #[error("{}", truncated(*entries, within.as_ref(), *byte, position))]
    Truncated {
        /// How many entries were whole.
        entries: usize,
        /// Where the entry starts that the end cuts, if it cuts one.
        within: Option<Position>,
        /// How many bytes there are.
        byte: u64,
        /// Where the file ends.
        position: Position,
    },
    /// The system could not read it.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

fn truncated(entries: usize, within: Option<&Position>, byte: u64, end: &Position) -> String {
    let end = format!("line {}, column {} (byte {byte})", end.line, end.column);
    match within {
        Some(start) => format!(
            "truncated: it ends at {end}, within entry {} that starts at line {}, column {}",
            entries + 1,
            start.line,
            start.column
        ),
        None => format!("truncated: it ends at {end}, after entry {entries}, before its list of entries does"),
    }
}
