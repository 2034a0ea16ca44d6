//! A recording as a user makes it, and a small server to record that gives out ids of its own.
#![allow(clippy::disallowed_methods, reason = "a test lays out its own files and ends its own processes")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::countersign;

/// A command that listens, until it is ended.
pub(crate) struct Listening {
    process: Child,
    stdout: BufReader<std::process::ChildStdout>,
    pub(crate) address: String,
}

impl Listening {
    /// Starts it, and waits for the line that says where it listens.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = countersign(folder, arguments);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut stdout = BufReader::new(process.stdout.take().expect("piped"));
        let mut line = String::new();
        while !line.contains(" on http://") {
            line.clear();
            assert!(stdout.read_line(&mut line).expect("a line") > 0, "it ended: {arguments:?}");
        }
        let address = line.split("http://").nth(1).expect("an address").trim().to_owned();
        Self { process, stdout, address }
    }

    /// Ends it as a user does, and gives back the rest of what it says.
    pub(crate) fn finish(mut self) -> String {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("the rest");
        assert!(self.process.wait().expect("it ends").success(), "{rest}");
        rest
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends a request; the status and the JSON of the answer.
pub(crate) fn call(address: &str, method: &str, target: &str, token: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n");
    if !token.is_empty() {
        head.extend(["Authorization: Bearer ", token, "\r\n"]);
    }
    if !body.is_empty() {
        let length = body.len().to_string();
        head.extend(["Content-Type: application/json\r\nContent-Length: ", &length, "\r\n"]);
    }
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// What makes one server another than the other.
#[derive(Clone, Debug)]
pub(crate) struct Stock {
    /// The first id that it gives out.
    pub(crate) first: u64,
    /// The state of new items.
    pub(crate) state: &'static str,
    /// How many items it has from the start.
    pub(crate) items: u64,
}

/// Items that are added, listed, read and removed by who has logged in. It serves until the test ends.
pub(crate) fn shop(stock: Stock) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("an address").to_string();
    let mut shelf = Shelf { next: stock.first, items: BTreeMap::new(), stock };
    for number in 0..shelf.stock.items {
        shelf.add(&json!({"name": format!("old {number}")}));
    }
    let shelf = Arc::new(Mutex::new(shelf));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let shelf = Arc::clone(&shelf);
            std::thread::spawn(move || serve(stream, &shelf));
        }
    });
    address
}

struct Shelf {
    next: u64,
    items: BTreeMap<u64, Value>,
    stock: Stock,
}

impl Shelf {
    fn add(&mut self, wanted: &Value) -> Value {
        let id = self.next;
        self.next += 1;
        let item = json!({
            "id": id,
            "ref": format!("00000000-0000-4000-8000-{:012x}", id * 7919),
            "name": wanted["name"],
            "state": self.stock.state,
            "created": format!("2026-01-01T00:00:{:02}Z", id % 60),
            "links": {"self": format!("/items/{id}")},
            "stamp": id * 3 % 1000,
        });
        self.items.insert(id, item.clone());
        item
    }

    fn token(&self) -> String {
        format!("tok_live_{:024x}Zz", self.stock.first * 0x9E37_79B9_7F4A)
    }

    fn answer(&mut self, method: &str, target: &str, head: &str, body: &Value) -> (u16, Value) {
        let token = self.token();
        if (method, target) == ("POST", "/login") {
            return (200, json!({"access_token": token, "expires_in": 3600}));
        }
        if !head.contains(&format!("Bearer {token}")) {
            return (401, json!({"error": "who are you?"}));
        }
        let id = target.trim_start_matches("/items/").parse::<u64>().unwrap_or_default();
        match (method, target) {
            ("POST", "/items") => (201, self.add(body)),
            ("GET", "/items") => (200, json!({"items": self.items.values().collect::<Vec<_>>()})),
            ("DELETE", _) if self.items.remove(&id).is_some() => (204, Value::Null),
            ("GET", _) if self.items.contains_key(&id) => (200, self.items[&id].clone()),
            _ => (404, json!({"error": "no such item"})),
        }
    }
}

fn serve(mut stream: TcpStream, shelf: &Mutex<Shelf>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a copy"));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or_default() == 0 {
            return;
        }
    }
    let length = head
        .to_ascii_lowercase()
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.split("\r\n").next().and_then(|length| length.parse::<usize>().ok()));
    let mut body = vec![0; length.unwrap_or_default()];
    reader.read_exact(&mut body).expect("a body");
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (status, answer) = shelf.lock().expect("no panic").answer(method, target, &head, &body);
    let text = if status == 204 { String::new() } else { answer.to_string() };
    let location = answer["links"]["self"].as_str().filter(|_| status == 201);
    let location = location.map(|location| format!("Location: {location}\r\n")).unwrap_or_default();
    let framing = if status == 204 {
        String::new()
    } else {
        format!("Content-Type: application/json\r\nContent-Length: {}\r\n", text.len())
    };
    let head = format!("HTTP/1.1 {status} X\r\n{location}{framing}Connection: close\r\n\r\n");
    let _ = stream.write_all(format!("{head}{text}").as_bytes());
}
