//! `countersign mock` as a process, and clients that say exactly what a test wants.
#![allow(dead_code, clippy::disallowed_methods, reason = "each test file uses a part of it; processes are looked at")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::countersign;

/// The longest that anything is waited for.
const LONGEST: Duration = Duration::from_secs(30);

/// A running mock; it ends with the test.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    lines: Receiver<String>,
    errors: Receiver<String>,
    /// Lines of standard output so far.
    pub(crate) said: Vec<String>,
    /// Lines of standard error so far.
    pub(crate) told: Vec<String>,
}

/// Starts `countersign mock` in `directory` and waits until it listens.
pub(crate) fn start(directory: &Path, arguments: &[&str]) -> Running {
    let all: Vec<&str> = std::iter::once("mock").chain(arguments.iter().copied()).collect();
    let mut command = countersign(directory, &all);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let lines = follow(child.stdout.take().expect("piped"));
    let errors = follow(child.stderr.take().expect("piped"));
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut running = Running { child, address, lines, errors, said: Vec::new(), told: Vec::new() };
    let line = running.wait_for(|line| line.starts_with("listening on "));
    let url = line.trim_start_matches("listening on ");
    if let Some(address) = url.split_once("://").and_then(|(_, address)| address.parse().ok()) {
        running.address = address;
    }
    running
}

fn follow(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}

impl Running {
    /// The next line of standard output of which this holds.
    pub(crate) fn wait_for(&mut self, holds: impl Fn(&str) -> bool) -> String {
        let found = await_line(&self.lines, &mut self.said, holds);
        found.unwrap_or_else(|| {
            self.told.extend(self.errors.try_iter());
            panic!("no such line; said: {:?}, told: {:?}", self.said, self.told)
        })
    }

    /// The same of standard error.
    pub(crate) fn wait_for_error(&mut self, holds: impl Fn(&str) -> bool) -> String {
        await_line(&self.errors, &mut self.told, holds).unwrap_or_else(|| panic!("no such line; told: {:?}", self.told))
    }

    /// Asks it to stop as a service manager does; gives its exit code and the rest of what it said.
    pub(crate) fn stop(mut self) -> (i32, String) {
        let killed = std::process::Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(killed.is_ok_and(|status| status.success()), "kill -TERM works");
        let code = self.child.wait().expect("it ends").code().unwrap_or(-1);
        let rest: Vec<String> = self.lines.iter().collect();
        (code, rest.join("\n"))
    }

    /// Whether the process is there.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// How much memory it holds, in KiB, where the system tells.
    pub(crate) fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("connected");
        stream.set_read_timeout(Some(LONGEST)).expect("a time-out");
        stream
    }

    /// All that it says to these bytes until it closes.
    pub(crate) fn say(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // It may close before it has read everything.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sends a request; gives status, head and body.
    pub(crate) fn ask(&self, line: &str, headers: &[&str], body: &str) -> Answer {
        let mut fields = vec!["connection: close".to_owned()];
        if !headers.iter().any(|header| header.to_ascii_lowercase().starts_with("host:")) {
            fields.push(format!("host: {}", self.address));
        }
        if !body.is_empty() {
            fields.push(format!("content-length: {}", body.len()));
        }
        fields.extend(headers.iter().map(|header| (*header).to_owned()));
        let text = format!("{line} HTTP/1.1\r\n{}\r\n", fields.join("\r\n"));
        Answer::read(&self.say(format!("{text}\r\n{body}").as_bytes()))
    }

    /// `GET` on the admin API, as JSON.
    pub(crate) fn admin(&self, path: &str) -> Value {
        let answer = self.ask(&format!("GET /__countersign{path}"), &[], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn await_line(lines: &Receiver<String>, seen: &mut Vec<String>, holds: impl Fn(&str) -> bool) -> Option<String> {
    let end = Instant::now() + LONGEST;
    while let Ok(line) = lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
        seen.push(line.clone());
        if holds(&line) {
            return Some(line);
        }
    }
    None
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.get(9..12).and_then(|code| code.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Waits until this holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LONGEST;
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::yield_now();
    }
}
