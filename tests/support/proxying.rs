//! A recording that runs, and what a test sends to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

pub(crate) const DOCUMENT: &str = r#"{"openapi":"3.1.0","info":{"title":"Shop","version":"1"},"paths":{
"/items":{"post":{"operationId":"addItem","requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","required":["name"],"properties":{"name":{"type":"string"}}}}}},
"responses":{"201":{"description":"made","content":{"application/json":{"schema":{"type":"object","required":["id"],"properties":{"id":{"type":"integer"}}}}}}}}},
"/items/{id}":{"get":{"operationId":"getItem","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],
"responses":{"200":{"description":"there","content":{"application/json":{"schema":{"type":"object"}}}}}}}}}"#;

/// A recording that runs; it is ended, and waited for, when it is dropped.
pub(crate) struct Recording {
    process: Child,
    /// `host:port`
    pub(crate) address: String,
    lines: mpsc::Receiver<String>,
}

pub(crate) fn countersign(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.current_dir(folder).env_clear().args(["--color", "never"]);
    command
}

impl Recording {
    pub(crate) fn start(folder: &Path, upstream: &str, more: &[&str]) -> Self {
        if !folder.join("shop.json").exists() {
            std::fs::write(folder.join("shop.json"), DOCUMENT).expect("written");
        }
        let mut command = countersign(folder);
        command.args(["record", "--upstream", upstream, "--contract", "./shop.json", "--out", "out"]).args(more);
        Self::of(command, "recording on ")
    }

    /// The recordings of the folder as a mock.
    pub(crate) fn replay(folder: &Path, more: &[&str]) -> Self {
        let mut command = countersign(folder);
        command.args(["mock", "--replay", "out"]).args(more);
        Self::of(command, "listening on ")
    }

    pub(crate) fn of(mut command: Command, greeting: &str) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(process.stdout.take().expect("piped"));
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut recording = Self { process, address: String::new(), lines };
        let line = recording.line(greeting);
        line.rsplit_once("://").expect("a URL").1.clone_into(&mut recording.address);
        recording
    }

    /// Where the certificate lies that was made for the run.
    pub(crate) fn certificate(&self) -> String {
        let line = self.line("certificate: ");
        line.trim().trim_start_matches("certificate: ").split(" (").next().expect("a path").to_owned()
    }

    /// The next line that holds this.
    pub(crate) fn line(&self, wanted: &str) -> String {
        loop {
            let line =
                self.lines.recv_timeout(Duration::from_secs(30)).unwrap_or_else(|_| panic!("no line `{wanted}`"));
            if line.contains(wanted) {
                return line;
            }
        }
    }

    /// Ends it as a user does, and gives back the rest of what it says.
    pub(crate) fn finish(mut self) -> String {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
        assert!(self.process.wait().expect("it ends").success());
        self.lines.iter().collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn kill(mut self) {
        self.process.kill().expect("killed");
        let _ = self.process.wait();
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends a request, byte by byte as given, and reads until the connection ends.
pub(crate) fn send(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut out = Vec::new();
    let _ = stream.read_to_end(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

pub(crate) fn get(address: &str, target: &str, more: &str) -> String {
    send(address, &format!("GET {target} HTTP/1.1\r\nHost: h\r\n{more}Connection: close\r\n\r\n"))
}

/// A server of one request: sends back what it is given, piece by piece as `next` allows, and tells what it got.
pub(crate) fn raw_upstream(pieces: Vec<Vec<u8>>, next: mpsc::Receiver<()>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("an address").to_string();
    let (sender, got) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("accepted");
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.windows(4).any(|window| window == b"\r\n\r\n") || request.is_empty() {
            let read = stream.read(&mut buffer).expect("read");
            request.extend_from_slice(&buffer[..read]);
        }
        let _ = sender.send(String::from_utf8_lossy(&request).into_owned());
        for piece in pieces {
            let _ = stream.write_all(&piece);
            let _ = next.recv_timeout(Duration::from_secs(20));
        }
    });
    (address, got)
}
