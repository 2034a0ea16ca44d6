//! Real clients through the recording proxy: curl, Python's requests, Node's fetch, Chromium, and a
//! client of HTTP/2 over TLS. What is not installed is skipped, which is printed.
//!
//! Each sends JSON, reads an answer in a content coding, and reads events as they come: the second
//! event is only sent when the client asks for it, so a proxy that held the first back would hang.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]
#![expect(clippy::print_stdout, reason = "a test says why it does nothing")]

#[path = "support/proxying.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
mod proxying;
#[path = "support/streaming.rs"]
mod streaming;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use proxying::{Recording, countersign};
use streaming::Upstream;

/// Whether a program is here; says so where it is not.
fn is_here(program: &str, arguments: &[&str]) -> bool {
    let asked = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let here = asked.is_ok_and(|status| status.success());
    if !here {
        println!("skipped: `{program} {}` does not work here", arguments.join(" "));
    }
    here
}

/// Runs a client that must come to its end.
fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}\n{stdout}\n{stderr}");
    stdout.into_owned()
}

/// What was recorded of the three exchanges, and that it is kept and replays.
fn check(folder: &Path, recording: Recording) {
    let told = recording.finish();
    let text = std::fs::read_to_string(folder.join("out/shop.yaml")).expect("a file");
    for part in ["name: chair", "id: 7", "add item: 201", "get item: 200"] {
        assert!(text.contains(part), "{part}\n{text}\n{told}");
    }
    let text = std::fs::read_to_string(folder.join("out/shop-no-operation.yaml")).expect("a file");
    assert!(text.contains("data: one") && text.contains("data: two"), "{text}");
    let run = countersign(folder).args(["run", "out/shop.yaml", "--target", "recorded"]).output().expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

#[test]
fn curl() {
    if !is_here("curl", &["--version"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let upstream = Upstream::plain();
    let recording = Recording::start(folder.path(), &upstream.url(), &["--tls"]);
    let certificate = recording.certificate();
    let url = format!("https://{}", recording.address);
    let curl = |more: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--cacert", &certificate]).args(more);
        run(&mut command)
    };
    let json = "content-type: application/json";
    let version = ["--http1.1", "--http2"].map(|version| {
        let more = [version, "--json", r#"{"name": "chair"}"#, "--write-out", " %{http_version}"];
        curl(&[&more[..], &["--header", json, &format!("{url}/items")]].concat())
    });
    assert_eq!(version, [r#"{"id": 7} 1.1"#, r#"{"id": 7} 2"#]);
    assert_eq!(curl(&["--compressed", &format!("{url}/items/7")]), r#"{"id": 7, "name": "chair"}"#);
    // Whether the events come one by one: the second is let go when the first was printed.
    let mut events = Command::new("curl")
        .args(["--silent", "--no-buffer", "--noproxy", "*", "--cacert", &certificate, &format!("{url}/events")])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(events.stdout.take().expect("piped")));
    assert_eq!(lines.next().expect("a line").expect("read"), "data: one");
    curl(&[&format!("{url}/next")]);
    assert!(lines.map_while(Result::ok).any(|line| line == "data: two"));
    assert!(events.wait().expect("it ends").success());
    check(folder.path(), recording);
}

const PYTHON: &str = r#"
import requests, sys
url, session = sys.argv[1], requests.Session()
session.trust_env, session.verify = False, sys.argv[2]
made = session.post(url + "/items", json={"name": "chair"}, timeout=20)
assert (made.status_code, made.json()) == (201, {"id": 7}), made.text
got = session.get(url + "/items/7", timeout=20)
assert got.json() == {"id": 7, "name": "chair"}, got.text
with session.get(url + "/events", stream=True, timeout=20) as events:
    lines = events.iter_lines(chunk_size=1)
    assert next(lines) == b"data: one"
    requests.get(url + "/next", verify=sys.argv[2], timeout=20)
    assert b"data: two" in list(lines)
"#;

#[test]
fn python_requests() {
    if !is_here("python3", &["-c", "import requests"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let upstream = Upstream::plain();
    let recording = Recording::start(folder.path(), &upstream.url(), &["--tls"]);
    let certificate = recording.certificate();
    let mut python = Command::new("python3");
    run(python.args(["-c", PYTHON, &format!("https://{}", recording.address), &certificate]).env("NO_PROXY", "*"));
    check(folder.path(), recording);
}

const NODE: &str = r#"
(async () => {
  const url = process.argv[1], json = { "content-type": "application/json" };
  const made = await fetch(url + "/items", { method: "POST", headers: json, body: JSON.stringify({ name: "chair" }) });
  if (made.status !== 201 || (await made.json()).id !== 7) throw new Error("made");
  const got = await (await fetch(url + "/items/7")).json();
  if (got.name !== "chair") throw new Error("got");
  let text = "", asked = false;
  for await (const piece of (await fetch(url + "/events")).body) {
    text += Buffer.from(piece).toString();
    if (!asked && text.includes("data: one\n\n")) { asked = true; await fetch(url + "/next"); }
  }
  if (!text.includes("data: two\n\n")) throw new Error(text);
})().catch((error) => { console.error(error); process.exit(1); });
"#;

#[test]
fn node_fetch() {
    if !is_here("node", &["-e", "fetch"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let upstream = Upstream::plain();
    let recording = Recording::start(folder.path(), &upstream.url(), &["--tls"]);
    let certificate = recording.certificate();
    let mut node = Command::new("node");
    run(node.args(["-e", NODE, &format!("https://{}", recording.address)]).env("NODE_EXTRA_CA_CERTS", &certificate));
    check(folder.path(), recording);
}

#[test]
fn chromium() {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let Some(program) = names.into_iter().find(|name| is_here(name, &["--version"])) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let profile = tempfile::tempdir().expect("a folder");
    let upstream = Upstream::plain();
    let recording = Recording::start(folder.path(), &upstream.url(), &[]);
    let mut browser = Command::new(program)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-proxy-server"])
        .args(["--disable-background-networking", "--disable-dev-shm-usage"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("--remote-debugging-port=0")
        .arg(format!("http://{}/page", recording.address))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    let seen = upstream.seen_until(deadline);
    let _ = browser.kill();
    let _ = browser.wait();
    assert_eq!(seen.as_deref(), Some("made=7;got=chair;events=one,two"));
    check(folder.path(), recording);
}

/// A client that trusts this certificate.
fn trusting(certificate: &str) -> reqwest::ClientBuilder {
    // Another test may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pem = std::fs::read(certificate).expect("readable");
    reqwest::Client::builder().no_proxy().tls_certs_only([reqwest::Certificate::from_pem(&pem).expect("a certificate")])
}

#[test]
fn tls_and_http2_on_both_sides() {
    let folder = tempfile::tempdir().expect("a folder");
    let upstream = Upstream::tls();
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, upstream.certificate()).expect("written");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");

    let trusted = ["--tls", "--ca-cert", "authority.pem"];
    let recording = Recording::start(folder.path(), &upstream.url(), &trusted);
    let certificate = recording.certificate();
    let url = format!("https://{}", recording.address);
    runtime.block_on(async {
        for (client, version, behind) in [
            (trusting(&certificate), reqwest::Version::HTTP_2, "HTTP/2.0"),
            (trusting(&certificate).http1_only(), reqwest::Version::HTTP_11, "HTTP/1.1"),
        ] {
            let client = client.build().expect("a client");
            let answer = client.get(format!("{url}/version")).send().await.expect("an answer");
            assert_eq!(answer.version(), version);
            assert_eq!(answer.text().await.expect("a body"), behind);
        }
    });
    assert!(recording.finish().contains("/version"));

    // A server that nobody vouches for gets nothing.
    let recording = Recording::start(folder.path(), &upstream.url(), &[]);
    let refused = proxying::get(&recording.address, "/version", "");
    assert!(refused.starts_with("HTTP/1.1 502") && refused.contains("certificate"), "{refused}");
    assert!(recording.line("cannot be reached").contains("certificate"));
    recording.finish();
}
