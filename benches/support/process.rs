//! The mock as a process of its own: from its start to its first answer, what memory it holds, and who it
//! goes on serving.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::support::{is_test, median, timed};

/// `countersign mock`, until it is dropped.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Serves these documents of `folder`.
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(["mock", "--log=none", "--no-reload", "--quiet"]).args(arguments).current_dir(folder);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on http://").expect("an address");
        Self { child, address: address.parse().expect("an address") }
    }

    /// Its answer to a request, as far as it says where it ends: by closing.
    fn ask(&self, line: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("connected");
        write!(stream, "{line} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer x\r\nconnection: close\r\n\r\n")
            .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    /// The memory that it holds, in bytes, where the system tells.
    fn memory(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib * 1024.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// From spawning it to its first answer, in milliseconds; and the process.
fn cold(folder: &Path, arguments: &[&str], line: &str) -> (f64, Process) {
    let began = Instant::now();
    let process = Process::start(folder, arguments);
    assert!(process.ask(line).starts_with("HTTP/1.1 "), "an answer");
    (began.elapsed().as_secs_f64() * 1000.0, process)
}

/// The three contracts that come with the program.
pub(crate) fn vendors(rounds: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let times = (0..rounds).map(|_| cold(root, &[], "GET /salla/x").0);
    println!("three vendors, from spawning the process to its first answer: {:.1} ms", median(times.collect()));
}

/// A large document against plainly parsing it, and what memory it takes.
pub(crate) fn large(rounds: usize) {
    let Some(path) = document() else {
        println!("skipped: no large document; `LARGE_DOCUMENT` names one");
        return;
    };
    let bytes = std::fs::read(&path).expect("readable");
    let (mut ratios, mut memory) = (Vec::new(), Vec::new());
    let (folder, name) = (path.parent().expect("a folder"), path.file_name().expect("a name").to_string_lossy());
    for _ in 0..rounds {
        let bare = timed(|| drop(serde_json::from_slice::<serde_json::Value>(&bytes).expect("JSON")));
        let (time, process) = cold(folder, &[&name], "GET /v1/balance");
        ratios.push(time / (bare.as_secs_f64() * 1000.0));
        memory.extend(process.memory().map(|memory| memory / float(bytes.len())));
    }
    let size = float(bytes.len()) / 1e6;
    println!(
        "{name} ({size:.1} MB): {:.2} × the time of parsing it with serde_json, from spawning the process to its first answer",
        median(ratios)
    );
    if !memory.is_empty() {
        println!("{name}: {:.1} × its bytes in memory after the first answer", median(memory));
    }
}

/// The largest JSON document that is at hand.
fn document() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("LARGE_DOCUMENT") {
        return Some(path.into());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/specs");
    let files = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    json.max_by_key(|path| path.metadata().map_or(0, |data| data.len()))
}

const SHOP: &str = "openapi: 3.1.0
info: {title: Shop, version: '1'}
paths:
  /items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {'200': {description: it, content: {application/json: {example: {name: chair}}}}}
";

/// Memory over many requests, each of another client for another item.
pub(crate) fn flat() {
    let requests: usize = if is_test() { 2_000 } else { 1_000_000 };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("shop.yaml"), SHOP).expect("written");
    let process = Process::start(folder.path(), &["shop.yaml", "--stateful"]);
    ask_many(process.address, 0, requests / 10);
    let early = process.memory();
    ask_many(process.address, requests / 10, requests);
    if let (Some(early), Some(late)) = (early, process.memory()) {
        println!(
            "{requests} requests of as many clients: {:.2} × the memory after {} ({:.0} MB)",
            late / early,
            requests / 10,
            late / 1e6
        );
    }
}

fn ask_many(address: SocketAddr, from: usize, to: usize) {
    const CONNECTIONS: usize = 16;
    std::thread::scope(|scope| {
        for nth in 0..CONNECTIONS {
            scope.spawn(move || {
                let mut stream = TcpStream::connect(address).expect("connected");
                let _ = stream.set_nodelay(true);
                let mut buffer = [0; 4096];
                for id in (from + nth..to).step_by(CONNECTIONS) {
                    let text = format!("GET /items/{id} HTTP/1.1\r\nhost: h\r\ncountersign-session: {id}\r\n\r\n");
                    stream.write_all(text.as_bytes()).expect("sent");
                    // Short answers come in one piece.
                    let read = stream.read(&mut buffer).expect("read");
                    assert!(buffer[..read].starts_with(b"HTTP/1.1 200"), "answered");
                }
            });
        }
    });
}

/// So many connections that ask for nothing, as many of them open at a time as the system lets; the server
/// keeps its own bound and answers others.
pub(crate) fn idle() {
    const KEPT: usize = 15_000;
    let attempts: usize = if is_test() { 500 } else { 100_000 };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("shop.yaml"), SHOP).expect("written");
    let process = Process::start(folder.path(), &["shop.yaml"]);
    let runtime = super::support::runtime();
    let (mut open, mut slowest, mut refused) = (VecDeque::new(), Duration::ZERO, 0_usize);
    for nth in 0..attempts {
        // Of one address of ours there are not as many ports.
        let own = Ipv4Addr::new(127, 0, 1, u8::try_from(1 + nth / 20_000).unwrap_or(1));
        match runtime.block_on(connect(own, process.address)) {
            Ok(stream) => open.push_back(stream),
            Err(_) => refused += 1,
        }
        if open.len() > KEPT {
            open.pop_front();
        }
        if nth % (attempts / 50) == 0 {
            let asked =
                timed(|| assert!(process.ask("GET /items/7").starts_with("HTTP/1.1 200"), "the others are served"));
            slowest = slowest.max(asked);
        }
    }
    let memory = process.memory().map_or_else(String::new, |memory| format!(", {:.0} MB in memory", memory / 1e6));
    println!(
        "{attempts} idle connections ({} open at the end on this side, {refused} not made): others answered in at most {:.1} ms{memory}",
        open.len(),
        slowest.as_secs_f64() * 1000.0
    );
}

async fn connect(own: Ipv4Addr, to: SocketAddr) -> std::io::Result<tokio::net::TcpStream> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((own, 0)))?;
    socket.connect(to).await
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files are small")]
fn float(number: usize) -> f64 {
    number as f64
}
