//! The recording proxy as a user runs it: what passes, what is kept, and that nothing of it is lost or leaks.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

#[path = "support/proxying.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
mod proxying;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use proxying::{DOCUMENT, Recording, countersign, get, raw_upstream, send};

#[test]
fn what_passes_is_not_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let answer = "HTTP/1.1 299 Quite Fine\r\nX-Zed: 1\r\nsEt-CoOkIe: a=1\r\nX-Alpha: 2\r\nsEt-CoOkIe: b=2\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n";
    let (go, next) = mpsc::channel();
    let (upstream, got) = raw_upstream(vec![answer.as_bytes().to_vec()], next);
    let recording = Recording::start(folder.path(), &format!("http://{upstream}/base"), &[]);
    let request = "GET /a%2fb/../c?x=%20+y HTTP/1.1\r\nX-Zed: 1\r\nHost: elsewhere\r\nx-alpha: 2\r\nACCEPT: */*\r\nX-Alpha: 3\r\nTE: trailers\r\nX-Hop: 1\r\nConnection: TE, X-Hop, close\r\n\r\n";
    let response = send(&recording.address, request);
    let received = got.recv_timeout(Duration::from_secs(20)).expect("a request");
    drop(go);
    let expected = format!(
        "GET /base/a%2fb/../c?x=%20+y HTTP/1.1\r\nX-Zed: 1\r\nHost: {upstream}\r\nx-alpha: 2\r\nX-Alpha: 3\r\nACCEPT: */*\r\nTE: trailers\r\n\r\n"
    );
    assert_eq!(received, expected);
    assert_eq!(
        response,
        "HTTP/1.1 299 Quite Fine\r\nX-Zed: 1\r\nsEt-CoOkIe: a=1\r\nsEt-CoOkIe: b=2\r\nX-Alpha: 2\r\nTrailer: X-Sum\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 9\r\n\r\n"
    );
    recording.finish();
}

#[test]
fn events_pass_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: one\n\n";
    let (go, next) = mpsc::channel();
    let (upstream, _got) = raw_upstream(vec![head.as_bytes().to_vec(), b"data: two\n\n".to_vec()], next);
    let recording = Recording::start(folder.path(), &format!("http://{upstream}"), &["--violations-header"]);
    let mut stream = TcpStream::connect(&recording.address).expect("connected");
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").expect("sent");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains("one") {
        let read = stream.read(&mut buffer).expect("the first event comes before the second is sent");
        assert!(read > 0);
        seen.extend_from_slice(&buffer[..read]);
    }
    assert!(!String::from_utf8_lossy(&seen).contains("two"));
    go.send(()).expect("the upstream waits");
    go.send(()).expect("the upstream waits");
    stream.read_to_end(&mut seen).expect("the rest");
    assert!(String::from_utf8_lossy(&seen).contains("two"));
    recording.line("/events");
    recording.finish();
    let text = std::fs::read_to_string(folder.path().join("out/shop-no-operation.yaml")).expect("a file");
    assert!(text.contains("data: one") && text.contains("data: two"), "{text}");
}

#[test]
fn traffic_becomes_cases_that_replay() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = httpmock::MockServer::start();
    server.mock(|when, then| {
        when.method("POST").path("/items");
        then.status(201).header("content-type", "application/json").body(r#"{"id": 7}"#);
    });
    server.mock(|when, then| {
        when.method("GET").path("/items/7");
        then.status(200).header("content-type", "application/json").body(r#"{"id": 7, "name": "chair"}"#);
    });
    let body = r#"{"name": "chair"}"#;
    let post = |address: &str| {
        let head = format!(
            "POST /items HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        send(address, &format!("{head}Connection: close\r\n\r\n{body}"))
    };
    let recording = Recording::start(folder.path(), &server.base_url(), &[]);
    for _ in 0..2 {
        assert!(post(&recording.address).ends_with(r#"{"id": 7}"#));
    }
    get(&recording.address, "/items/7", "Authorization: Bearer abcdefghijkl\r\n");
    get(&recording.address, "/nowhere", "");
    let said = recording.finish();
    assert!(said.contains("2 new cases, 1 exchange known already"), "{said}");
    let text = std::fs::read_to_string(folder.path().join("out/shop.yaml")).expect("a file");
    for part in [
        "contract: \"../shop.json\"",
        "name: \"add item: 201\"",
        "body: { name: chair }",
        "operation: getItem",
        "env.TOKEN_1",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!folder.path().join("out/journal.ndjson").exists());

    // The same traffic again is known.
    let recording = Recording::start(folder.path(), &server.base_url(), &[]);
    post(&recording.address);
    get(&recording.address, "/items/7", "Authorization: Bearer abcdefghijkl\r\n");
    assert!(recording.finish().contains("0 new cases, 2 exchanges known already"));

    // Another answer is added behind, with what a user wrote in between kept.
    std::fs::write(folder.path().join("out/shop.yaml"), text.replace("contract:", "# mine\ncontract:"))
        .expect("written");
    let recording = Recording::start(folder.path(), &server.base_url(), &[]);
    get(&recording.address, "/items/8", "");
    recording.finish();
    let more = std::fs::read_to_string(folder.path().join("out/shop.yaml")).expect("a file");
    assert!(more.contains("# mine") && more.contains("name: \"get item: 404\""), "{more}");

    let run = countersign(folder.path())
        .args(["run", "out", "--target", "recorded", "-k", "add item*"])
        .output()
        .expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    let target = server.base_url();
    let run = countersign(folder.path())
        .args(["run", "out", "--target", &target, "-k", "add item*"])
        .output()
        .expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

#[test]
fn a_server_that_is_down_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = TcpListener::bind("127.0.0.1:0").expect("bound").local_addr().expect("an address");
    let recording = Recording::start(folder.path(), &format!("http://{address}"), &[]);
    let response = get(&recording.address, "/items/7", "");
    assert!(response.starts_with("HTTP/1.1 502") && response.contains("cannot be reached"), "{response}");
    assert!(recording.line("no answer").starts_with("GET /items/7 → no answer"));
    assert!(recording.line("cannot be reached").contains("refused"));
    assert!(recording.finish().contains("0 new cases"));
}

#[test]
fn broken_exchanges_are_refused_or_marked() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = httpmock::MockServer::start();
    let reached = server.mock(|when, then| {
        when.path_prefix("/items");
        then.status(201).header("content-type", "application/json").body(r#"{"id": "x"}"#);
    });
    let recording = Recording::start(folder.path(), &server.base_url(), &["--block", "--violations-header"]);
    let post = |body: &str| {
        let head = format!(
            "POST /items HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        send(&recording.address, &format!("{head}Connection: close\r\n\r\n{body}"))
    };
    let refused = post("{}");
    assert!(refused.starts_with("HTTP/1.1 422") && refused.contains("application/problem+json"), "{refused}");
    assert!(get(&recording.address, "/nowhere", "").starts_with("HTTP/1.1 404"));
    let other = send(&recording.address, "DELETE /items HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert!(other.starts_with("HTTP/1.1 405") && other.contains("allow: POST"), "{other}");
    assert_eq!(reached.calls(), 0);
    let marked = post(r#"{"name": "chair"}"#);
    assert!(marked.contains("countersign-violations: [{\"check\":\"response-body\""), "{marked}");
    assert!(marked.ends_with(r#"{"id": "x"}"#));
    assert_eq!(reached.calls(), 1);
    assert!(recording.finish().contains("1 broken when recorded"));
}

#[test]
fn a_refusal_is_the_documents_own_where_it_has_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = DOCUMENT.replace(
        r#""responses":{"201""#,
        r#""responses":{"400":{"description":"bad","content":{"application/json":{"schema":{"type":"object","required":["fault"],"properties":{"fault":{"type":"string"}}}}}},"201""#,
    );
    std::fs::write(folder.path().join("shop.json"), document).expect("written");
    let address = TcpListener::bind("127.0.0.1:0").expect("bound").local_addr().expect("an address");
    let recording = Recording::start(folder.path(), &format!("http://{address}"), &["--block"]);
    let refused = send(
        &recording.address,
        "POST /items HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    );
    assert!(refused.starts_with("HTTP/1.1 400") && refused.contains("content-type: application/json"), "{refused}");
    assert!(refused.contains(r#"{"fault":""#), "{refused}");
    recording.finish();
}

/// `{"name": "chair"}` as the reference implementation of RFC 7932 writes it, and in zstd.
const BROTLI: &[u8] = b"\x0b\x08\x80{\"name\": \"chair\"}\x03";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd\x00\x58\x89\x00\x00{\"name\": \"chair\"}";

#[test]
fn bodies_in_codings_are_judged_and_kept_readable() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = httpmock::MockServer::start();
    for (id, coding, body) in [(1, "br", BROTLI), (2, "zstd", ZSTD)] {
        server.mock(|when, then| {
            when.method("GET").path(format!("/items/{id}"));
            then.status(200).header("content-type", "application/json").header("content-encoding", coding).body(body);
        });
    }
    let latin = b"{\"name\": \"caf\xe9\"}";
    server.mock(|when, then| {
        when.method("GET").path("/items/3");
        then.status(200).header("content-type", "application/json; charset=iso-8859-1").body(latin);
    });
    let made = server.mock(|when, then| {
        when.method("POST").path("/items").header("content-encoding", "br");
        then.status(201).header("content-type", "application/json").body(r#"{"id": 7}"#);
    });
    let recording = Recording::start(folder.path(), &server.base_url(), &["--block"]);
    for id in 1..=3 {
        get(&recording.address, &format!("/items/{id}"), "");
    }
    let mut stream = TcpStream::connect(&recording.address).expect("connected");
    let head = format!(
        "POST /items HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Encoding: br\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        BROTLI.len()
    );
    stream.write_all(&[head.as_bytes(), BROTLI].concat()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(made.calls(), 1);
    let told = recording.finish();
    assert!(told.contains("kept in UTF-8, not in iso-8859-1"), "{told}");
    let text = std::fs::read_to_string(folder.path().join("out/shop.yaml")).expect("a file");
    assert_eq!(text.matches("name: chair").count(), 3, "{text}\n{told}");
    assert!(text.contains("café") && !text.contains("content-encoding"), "{text}");
}

#[test]
fn of_a_stream_that_is_cut_off_what_its_client_has_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: one\n\n";
    let pieces = [head, "data: two\n\ndata: thr", "ee\n\ndata: sk_live_4eC39HqLyjWDarjtT1zdp7dc\n\ndata: half"];
    let (go, next) = mpsc::channel();
    let pieces = pieces.map(|piece| piece.as_bytes().to_vec()).to_vec();
    let (upstream, _got) = raw_upstream(pieces, next);
    let recording = Recording::start(folder.path(), &format!("http://{upstream}"), &[]);
    let mut stream = TcpStream::connect(&recording.address).expect("connected");
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: h\r\n\r\n").expect("sent");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    let mut seen = Vec::new();
    for wanted in ["one", "thr", "half"] {
        while !String::from_utf8_lossy(&seen).contains(wanted) {
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).expect("it comes");
            seen.extend_from_slice(&buffer[..read]);
        }
        go.send(()).expect("the upstream waits");
    }
    recording.kill();
    let journal = std::fs::read_to_string(folder.path().join("out/journal.ndjson")).expect("a journal");
    assert!(!journal.contains("sk_live_4eC39HqLyjWDarjtT1zdp7dc"), "{journal}");
    let recovered = countersign(folder.path())
        .args(["record", "--recover", "--contract", "./shop.json", "--out", "out"])
        .output()
        .expect("it runs");
    assert!(recovered.status.success(), "{}", String::from_utf8_lossy(&recovered.stderr));
    let text = std::fs::read_to_string(folder.path().join("out/shop-no-operation.yaml")).expect("a file");
    for event in ["data: one", "data: two", "data: three"] {
        assert!(text.contains(event), "{event}\n{text}");
    }
    assert!(!text.contains("half") && !text.contains("sk_live_4eC39HqLyjWDarjtT1zdp7dc"), "{text}");
}

#[test]
fn recordings_answer_as_a_mock() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = httpmock::MockServer::start();
    server.mock(|when, then| {
        when.method("GET").path("/items/7");
        then.status(200).header("content-type", "application/json").body(r#"{"id": 7}"#);
    });
    let mut new = server.mock(|when, then| {
        when.method("GET").path("/items/8");
        then.status(200).header("content-type", "application/json").body(r#"{"id": 8}"#);
    });
    let recording = Recording::start(folder.path(), &server.base_url(), &[]);
    get(&recording.address, "/items/7", "");
    recording.finish();

    let answered = Recording::replay(folder.path(), &[]);
    for _ in 0..2 {
        let response = get(&answered.address, "/items/7", "");
        assert!(response.starts_with("HTTP/1.1 200") && response.ends_with(r#"{"id":7}"#), "{response}");
    }
    let miss = get(&answered.address, "/items/8", "");
    assert!(miss.starts_with("HTTP/1.1 404") && miss.contains("recorded `/items/7`"), "{miss}");
    answered.kill();

    let contract = Recording::replay(folder.path(), &["--fallback", "contract"]);
    let response = get(&contract.address, "/items/8", "");
    assert!(response.starts_with("HTTP/1.1 200") && response.contains("application/json"), "{response}");
    contract.kill();

    let upstream = Recording::replay(folder.path(), &["--fallback", "upstream", "--upstream", &server.base_url()]);
    assert!(get(&upstream.address, "/items/8", "").ends_with(r#"{"id": 8}"#));
    assert_eq!(new.calls(), 1);
    assert!(upstream.finish().contains("1 new case"));
    new.delete();
    let again = Recording::replay(folder.path(), &[]);
    assert!(get(&again.address, "/items/8", "").ends_with(r#"{"id":8}"#));
    again.kill();
}

/// Kills a recording at any moment, again and again: whatever a client has wholly received is there.
fn kill_again_and_again(times: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let server = httpmock::MockServer::start();
    server.mock(|when, then| {
        when.any_request();
        then.status(200).header("content-type", "application/json").body(r#"{"ok": true}"#);
    });
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..times {
        let recording = Recording::start(folder.path(), &server.base_url(), &[]);
        let address = recording.address.clone();
        let (sender, receiver) = mpsc::channel();
        let clients: Vec<_> = (0..3)
            .map(|client| {
                let (address, sender) = (address.clone(), sender.clone());
                std::thread::spawn(move || {
                    for number in 0.. {
                        let target = format!("/items/r{round}c{client}n{number}");
                        let Ok(mut stream) = TcpStream::connect(&address) else { return };
                        let request = format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
                        let mut out = String::new();
                        if stream.write_all(request.as_bytes()).is_err() || stream.read_to_string(&mut out).is_err() {
                            return;
                        }
                        if out.ends_with("{\"ok\": true}") && sender.send(target).is_err() {
                            return;
                        }
                    }
                })
            })
            .collect();
        drop(sender);
        // At least a few pass; the moment differs from round to round.
        let mut came = Vec::new();
        let deadline = Instant::now() + Duration::from_millis((round as u64 * 7) % 23);
        while came.len() < 1 + round % 5 || Instant::now() < deadline {
            match receiver.recv_timeout(Duration::from_secs(20)) {
                Ok(target) => came.push(target),
                Err(_) => break,
            }
        }
        recording.kill();
        for client in clients {
            client.join().expect("no panic");
        }
        came.extend(receiver.iter());
        assert!(!came.is_empty());
        acknowledged.extend(came);
    }
    let recovered = countersign(folder.path())
        .args(["record", "--recover", "--contract", "./shop.json", "--out", "out"])
        .output()
        .expect("it runs");
    assert!(recovered.status.success(), "{}", String::from_utf8_lossy(&recovered.stderr));
    let text = std::fs::read_to_string(folder.path().join("out/shop.yaml")).expect("a file");
    for target in &acknowledged {
        let id = target.trim_start_matches("/items/");
        assert!(text.contains(&format!("id: {id} }}")), "{id} of {} is lost", acknowledged.len());
    }
    assert!(!folder.path().join("out/journal.ndjson").exists());
}

#[test]
fn whatever_moment_it_is_killed_at_nothing_is_lost() {
    kill_again_and_again(25);
}

#[test]
#[ignore = "takes minutes"]
fn hundreds_of_moments() {
    kill_again_and_again(500);
}

#[test]
fn no_secret_reaches_the_disk() {
    use base64::Engine as _;
    let folder = tempfile::tempdir().expect("a folder");
    let server = httpmock::MockServer::start();
    let secrets = [
        "s3cr3t/Plan+ted=Tok\"en",
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "ann.smith@corp.example.com",
        "4242 4242 4242 4242",
        "+31 6 1234 5678",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r",
    ];
    let answer = serde_json::json!({"access_token": secrets[0], "list": secrets, "inner": serde_json::json!({"token": secrets[0]}).to_string()});
    let event = |secret: &&str| format!("data: {}", serde_json::json!({"token": secret}));
    let events = format!("{}\n\n", secrets.iter().map(event).collect::<Vec<_>>().join("\n\n"));
    server.mock(|when, then| {
        when.path("/events");
        then.status(200).header("content-type", "text/event-stream").body(events);
    });
    server.mock(|when, then| {
        when.any_request();
        then.status(200)
            .header("content-type", "application/json")
            .header("set-cookie", "sid=c00kie-value-1; Path=/")
            .body(answer.to_string());
    });
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let traffic = |address: &str| {
        for secret in secrets {
            let (encoded, basic) = (encode(secret), base64(&format!("user:{secret}")));
            let fields =
                format!("Authorization: Basic {basic}\r\nX-Api-Key: {encoded}\r\nCookie: a=1; sid=c00kie-value-1\r\n");
            get(address, &format!("/items/{encoded}?token={encoded}"), &fields);
            let body = serde_json::json!({"password": secret, "note": format!("so: {secret}")}).to_string();
            let head = format!(
                "POST /items HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            );
            send(address, &format!("{head}Authorization: Bearer {encoded}\r\nConnection: close\r\n\r\n{body}"));
            let form = format!("a=1&password={encoded}");
            let part = |name: &str, value: &str| {
                format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            let parts = format!("{}{}--b--\r\n", part("a", "1"), part("password", secret));
            for (media, body) in
                [("application/x-www-form-urlencoded", form), ("multipart/form-data; boundary=b", parts)]
            {
                let length = body.len();
                let head =
                    format!("POST /forms HTTP/1.1\r\nHost: h\r\nContent-Type: {media}\r\nContent-Length: {length}");
                send(address, &format!("{head}\r\nConnection: close\r\n\r\n{body}"));
            }
        }
        get(address, "/events", "");
    };
    let recording = Recording::start(folder.path(), &server.base_url(), &[]);
    traffic(&recording.address);
    recording.kill();
    let mut outputs =
        vec![("journal".to_owned(), std::fs::read(folder.path().join("out/journal.ndjson")).expect("a journal"))];
    let recording = Recording::start(folder.path(), &server.base_url(), &[]);
    traffic(&recording.address);
    outputs.push(("stdout".to_owned(), recording.finish().into_bytes()));
    // What is made of it: reports, an archive, a document.
    for arguments in [
        &["run", "out", "--target", "recorded", "--har", "out/run.har", "--reports", "out/reports", "-v"][..],
        &["check", "out/run.har", "--contract", "./shop.json", "--reports", "out/checked"],
        &["infer", "out/run.har", "--out", "out/inferred.yaml"],
    ] {
        let made = countersign(folder.path()).args(arguments).output().expect("it runs");
        assert!(made.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&made.stderr));
        outputs.push((arguments[0].to_owned(), [made.stdout, made.stderr].concat()));
    }
    let mut folders = vec![folder.path().join("out")];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                outputs.push((path.display().to_string(), std::fs::read(&path).expect("read")));
            }
        }
    }
    assert!(outputs.len() >= 12, "{:?}", outputs.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for secret in secrets.iter().chain(&["c00kie-value-1"]) {
        let json = serde_json::Value::from(*secret).to_string();
        let basic = base64(&format!("user:{secret}"));
        for form in [(*secret).to_owned(), encode(secret), base64(secret), json[1..json.len() - 1].to_owned(), basic] {
            for (name, bytes) in &outputs {
                let text = String::from_utf8_lossy(bytes);
                assert!(!text.contains(form.trim_end_matches('=')), "{secret} as {form} in {name}:\n{text}");
            }
        }
    }
}
