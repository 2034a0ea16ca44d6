//! `countersign mock` as a user starts it: documents, mounts, reloading, what it tells and writes.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

#[path = "support/mock.rs"]
mod mock;
mod support;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use mock::{Running, start, until};
use serde_json::{Value, json};
use support::{countersign, outcome};

const SHOP: &str = include_str!("cli/_project/specs/shop.yaml");
const JSON: &str = "content-type: application/json";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    fs::write(path, text).expect("written");
}

/// A start that is expected to fail; one that does not is ended.
fn ended(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    let mut command = countersign(folder, arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let began = std::time::Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if began.elapsed() > std::time::Duration::from_secs(20) {
            let _ = child.kill();
        }
        std::thread::yield_now();
    }
    outcome(&child.wait_with_output().expect("it ended"))
}

fn name_at(mock: &Running, path: &str) -> Value {
    mock.ask(&format!("GET {path}"), &[], "").json()["name"].clone()
}

fn valid(mock: &Running) -> u16 {
    mock.ask("POST /items", &[JSON], r#"{"name":"chair","price":5}"#).status
}

#[test]
fn documents_are_served_below_their_names_base_paths_and_mounts() {
    let desk = SHOP.replace("chair", "desk").replace("/v1", "/v2");
    let lamp = SHOP.replace("chair", "lamp");
    let files = folder(&[("shop.yaml", SHOP), ("sub/shop.yaml", &desk), ("lamps.yaml", &lamp)]);
    let mock = start(files.path(), &["shop.yaml", "sub/shop.yaml", "lamps=lamps.yaml", "--mount", "lamps=/l/"]);
    for (path, name) in [
        ("/v1/items/7", "chair"),
        ("/shop/items/7", "chair"),
        ("/shop/v1/items/7", "chair"),
        ("/v2/items/7", "desk"),
        ("/shop-2/items/7", "desk"),
        ("/l/items/7", "lamp"),
    ] {
        assert_eq!(name_at(&mock, path), json!(name), "{path}");
    }
    assert_eq!(mock.ask("GET /lamps/items/7", &[], "").status, 404);
    let alone = start(files.path(), &["shop.yaml"]);
    for path in ["/items/7", "/v1/items/7"] {
        assert_eq!(name_at(&alone, path), json!("chair"), "{path}");
    }
}

#[test]
fn documents_come_in_pieces_and_on_standard_input() {
    let pieces = SHOP.replace("#/components/schemas/Item\"", "../schemas/item.yaml\"");
    let item = "type: object\nrequired: [id]\nproperties: { id: { type: integer } }\n";
    let files = folder(&[("apis/shop.yaml", &pieces), ("schemas/item.yaml", item)]);
    assert_eq!(name_at(&start(files.path(), &["apis/shop.yaml"]), "/items/7"), json!("chair"));

    let mut command = countersign(files.path(), &["mock", "-", "--log", "none"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
    child.stdin.take().expect("piped").write_all(SHOP.as_bytes()).expect("written");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("a line");
    assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
    let _ = child.kill();
    let _ = child.wait();
}

#[test]
fn what_cannot_be_served_is_told() {
    let files = folder(&[("shop.yaml", SHOP), ("broken.yaml", "openapi: 3.1.0\npaths: [\n")]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    for (arguments, expected) in [
        (vec!["shop.yaml", "--port", port.as_str()], "another program has this port"),
        (vec!["shop.yaml", "--host", "no.such.host.invalid"], "is no address of this machine"),
        (vec!["http://127.0.0.1:1/openapi.yaml"], "could not be reached"),
        (vec!["nothing.yaml"], "there is no document `nothing.yaml`"),
        (vec!["broken.yaml"], "broken.yaml"),
        (vec!["shop.yaml", "--mount", "shops=/x"], "did you mean `shop`?"),
        (vec!["shop.yaml", "--mount", "x"], "no path that starts with `/`"),
        (vec!["shop.yaml", "--body-timeout", "soon"], "--body-timeout"),
        (vec!["shop.yaml", "--tls-cert", "none.pem"], "--tls-key"),
        (vec!["shop.yaml", "--tls-cert", "none.pem", "--tls-key", "none.pem"], "none.pem"),
        (vec!["shop.yaml", "--tls-cert", "shop.yaml", "--tls-key", "shop.yaml"], "there is no certificate in it"),
    ] {
        let all: Vec<&str> = std::iter::once("mock").chain(arguments).collect();
        let (stdout, stderr, code) = ended(files.path(), &all);
        assert_eq!((code, stdout.as_str()), (2, ""), "{all:?}: {stderr}");
        assert!(stderr.contains(expected), "{all:?}: {stderr}");
    }
}

#[test]
fn what_changes_is_loaded_anew_and_no_request_is_dropped() {
    let with_schema = SHOP.replace("#/components/schemas/Item\"", "./parts/item.yaml\"");
    let item = "type: object\nrequired: [id]\nproperties: { id: { type: integer } }\n";
    let files = folder(&[("shop.yaml", &with_schema), ("parts/item.yaml", item)]);
    let mut mock = start(files.path(), &["shop.yaml", "--log", "none"]);
    let stop = std::sync::atomic::AtomicBool::new(false);
    let address = mock.address;
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut count = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let mut stream = std::net::TcpStream::connect(address).expect("connected");
                stream.write_all(b"GET /items/7 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").expect("sent");
                let mut text = String::new();
                std::io::Read::read_to_string(&mut stream, &mut text).expect("answered");
                assert!(text.starts_with("HTTP/1.1 200"), "{text}");
                count += 1;
            }
            count
        });
        // A new document.
        write(files.path(), "shop.yaml", &with_schema.replace("chair", "table"));
        mock.wait_for_error(|line| line.contains("loaded anew"));
        until("the new document", || name_at(&mock, "/items/7") == json!("table"));
        // One that is broken: the old one stays.
        write(files.path(), "shop.yaml", "openapi: 3.1.0\npaths: [");
        mock.wait_for_error(|line| line.contains("error"));
        mock.wait_for_error(|line| line.contains("stays in force"));
        assert_eq!(name_at(&mock, "/items/7"), json!("table"));
        write(files.path(), "shop.yaml", &with_schema);
        mock.wait_for_error(|line| line.contains("loaded anew"));
        until("the old document", || name_at(&mock, "/items/7") == json!("chair"));
        // A file that it refers to, with which the example breaks its schema and is not served.
        let stricter = item.replace("[id]", "[id, colour]").replace("integer", "integer }, colour: { const: red");
        write(files.path(), "parts/item.yaml", &stricter);
        mock.wait_for_error(|line| line.contains("loaded anew"));
        until("the new schema", || mock.ask("GET /items/7", &[], "").json()["colour"] == json!("red"));
        // Rules that were not there.
        let rule = "contract: shop\nrules:\n  - name: sofa\n    operation: get-item\n    respond: { status: 200, body: { id: 1, name: sofa, colour: red } }\n";
        write(files.path(), "shop.mock.yaml", rule);
        mock.wait_for_error(|line| line.contains("loaded anew"));
        until("the rule", || name_at(&mock, "/items/7") == json!("sofa"));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(client.join().expect("every request was answered") > 0);
    });
}

#[test]
fn each_exchange_is_told_with_its_verdict() {
    let files = folder(&[("shop.yaml", SHOP)]);
    let mut mock = start(files.path(), &["shop.yaml"]);
    assert_eq!(valid(&mock), 201);
    let line = mock.wait_for(|line| line.contains("POST"));
    assert!(line.starts_with("✓ kept") && line.contains("POST /items 201") && line.ends_with("add-item"), "{line}");
    assert_eq!(mock.ask("POST /items", &[JSON], r#"{"name":7}"#).status, 422);
    mock.wait_for(|line| line.starts_with("✗ broken") && line.contains("POST /items 422"));
    mock.wait_for(|line| line.contains("request-body") && line.contains("price"));
    mock.wait_for(|line| line.contains("--> shop.yaml:"));
    assert_eq!(mock.ask("GET /chairs", &[], "").status, 404);
    mock.wait_for(|line| line.starts_with("✗ broken") && line.contains("GET /chairs 404"));
    let (code, rest) = mock.stop();
    assert!(code == 0 && rest.contains("3 exchanges: 1 kept · 2 broken"), "{code}: {rest}");
}

#[test]
fn each_exchange_is_told_to_programs() {
    let files = folder(&[("shop.yaml", SHOP)]);
    let mut command = countersign(files.path(), &["mock", "shop.yaml", "--log", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let mut errors = std::io::BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut errors, &mut line).expect("a line");
    let address = line.trim().trim_start_matches("listening on http://").to_owned();
    let mut stream = std::net::TcpStream::connect(&address).expect("connected");
    let ask = "POST /items?q=1 HTTP/1.1\r\nhost: h\r\nx-request-id: abc-1\r\nauthorization: Bearer s3cr3t-t0ken\r\ncontent-length: 12\r\nconnection: close\r\n\r\ns3cr3t-t0ken";
    stream.write_all(ask.as_bytes()).expect("sent");
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).expect("answered");
    assert!(answer.contains("x-request-id: abc-1"), "{answer}");
    let mut lines = std::io::BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut lines, &mut line).expect("a line");
    let told: Value = serde_json::from_str(&line).expect("JSON");
    for (pointer, expected) in [
        ("/event", json!("exchange")),
        ("/number", json!(1)),
        ("/request-id", json!("abc-1")),
        ("/method", json!("POST")),
        ("/path", json!("/items")),
        ("/status", json!(422)),
        ("/operation", json!("add-item")),
        ("/verdict", json!("broken")),
        ("/findings/0/check", json!("request-content-type")),
    ] {
        assert_eq!(told.pointer(pointer), Some(&expected), "{pointer} of {line}");
    }
    assert!(!line.contains("s3cr3t"), "{line}");
    let _ = child.kill();
    let _ = child.wait();
}

#[test]
fn a_head_is_answered_as_a_get_without_its_body() {
    let files = folder(&[("shop.yaml", SHOP)]);
    let mock = start(files.path(), &["shop.yaml", "--log", "none"]);
    let got = mock.ask("GET /items/7", &[], "");
    let head = mock.ask("HEAD /items/7", &[], "");
    let length = format!("content-length: {}", got.body.len());
    assert!(head.status == 200 && head.body.is_empty() && head.head.contains(&length), "{head:?}");
    let kept = mock.admin("/exchanges/2")["exchange"].clone();
    assert_eq!((&kept["verdict"], &kept["operation"]), (&json!("kept"), &json!("get-item")), "{kept}");
    let asked = mock.ask("OPTIONS /items/7", &[], "");
    assert!(asked.status == 204 && asked.head.contains("allow: get, head"), "{asked:?}");
}

#[test]
fn the_admin_api_tells_what_went_on() {
    let rule = "contract: shop\nstate:\n  items: { '7': { name: sofa } }\nrules:\n  - name: sofa\n    operation: get-item\n    when: request.path_params.id in state.items\n    respond: { status: 200, body: { id: 7, name: '{{ state.items[request.path_params.id].name }}' } }\n";
    let files = folder(&[("shop.yaml", SHOP), ("shop.mock.yaml", rule)]);
    let mock = start(files.path(), &["shop.yaml", "--log", "none"]);
    let token = "authorization: Bearer s3cr3t-t0ken";
    assert_eq!(mock.ask("GET /items/7", &[token], "").json()["name"], json!("sofa"));
    assert_eq!(mock.ask("GET /items/8", &[], "").status, 200);
    assert_eq!(mock.ask("POST /items", &[JSON, token], r#"{"name":"s3cr3t-t0ken"}"#).status, 422);
    assert_eq!(mock.ask("GET /itms/7", &[], "").status, 404);
    assert_eq!(mock.ask("DELETE /items/7", &[], "").status, 405);

    let listed = mock.admin("/exchanges");
    assert_eq!(listed["format-version"], json!("1.0"));
    let numbers: Vec<u64> =
        listed["exchanges"].as_array().expect("a list").iter().filter_map(|one| one["number"].as_u64()).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert_eq!(mock.admin("/exchanges?verdict=broken&limit=2")["exchanges"].as_array().map(Vec::len), Some(2));
    assert_eq!(mock.admin("/exchanges?after=4")["exchanges"][0]["status"], json!(405));

    let one = mock.admin("/exchanges/3")["exchange"].clone();
    assert_eq!(one["verdict"], json!("broken"));
    assert_eq!(one["findings"][0]["check"], json!("request-body"));
    assert!(one["findings"][0]["contract-place"]["line"].as_u64().is_some(), "{one}");
    assert!(one["curl"].as_str().is_some_and(|curl| curl.starts_with("curl -X POST")), "{one}");
    assert_eq!(mock.ask("GET /__countersign/exchanges/99", &[], "").status, 404);

    assert_eq!(mock.admin("/exchanges/1")["exchange"]["answered-by"], json!({"kind": "rule", "rule": "sofa"}));
    let passed = mock.admin("/exchanges/2")["exchange"]["near-misses"][0].clone();
    assert_eq!(passed["rule"], json!("sofa"), "{passed}");
    assert_eq!(
        passed["reasons"],
        json!([
            "`request.path_params.id in state.items` does not hold: `request.path_params.id` is \"8\", `state.items` is {\"7\":{\"name\":\"sofa\"}}"
        ]),
    );
    let missed = mock.admin("/near-misses");
    let of = |number: u64| {
        let all = missed["exchanges"].as_array().expect("a list");
        all.iter()
            .find(|one| one["number"] == json!(number))
            .map(|one| one["near-misses"][0].clone())
            .unwrap_or_default()
    };
    assert_eq!(of(4)["operation"], json!("get-item"));
    assert_eq!(of(4)["reasons"], json!(["the path has `itms` where `items` is expected"]));
    assert_eq!(of(5)["reasons"], json!(["the method is DELETE, not GET"]));

    let findings = mock.admin("/findings");
    assert!(findings["findings"].as_array().is_some_and(|all| all.len() == 3), "{findings}");
    let operations = mock.admin("/operations")["operations"].clone();
    assert_eq!(operations[0]["operation"], json!("add-item"));
    assert_eq!(operations[0]["statuses"], json!({"422": 1}));
    assert_eq!(operations[1]["exchanges"], json!(2));
    let metrics = mock.ask("GET /__countersign/metrics", &[], "").body;
    assert!(
        metrics.contains(
            r#"countersign_exchanges_total{contract="shop",operation="get-item",status="200",verdict="kept"} 2"#
        ),
        "{metrics}"
    );
    assert_eq!(mock.admin("/state")["state"]["shop"]["items"]["7"]["name"], json!("sofa"));
    for path in ["health", "ready"] {
        assert_eq!(mock.ask(&format!("GET /__countersign/{path}"), &["host: 10.0.0.7"], "").status, 200);
    }

    let case = mock.ask("GET /__countersign/exchanges/3/case", &[], "").body;
    for path in ["/exchanges", "/exchanges/1", "/exchanges/3", "/findings", "/near-misses"] {
        assert!(!mock.admin(path).to_string().contains("s3cr3t"), "{path}");
    }
    assert!(!case.contains("s3cr3t") && case.contains("status: 422"), "{case}");

    assert_eq!(mock.ask("POST /__countersign/reset", &[], "").status, 200);
    assert_eq!(mock.admin("/exchanges")["exchanges"], json!([]));
}

#[test]
fn a_saved_case_is_kept() {
    let files = folder(&[("specs/shop.yaml", SHOP)]);
    let mock = start(files.path(), &["shop", "--log", "none"]);
    assert_eq!(valid(&mock), 201);
    assert_eq!(mock.ask("GET /items/7?x={{y}}", &["x-note: {{ a }}"], "").status, 200);
    for number in 1..=2 {
        let case = mock.ask(&format!("GET /__countersign/exchanges/{number}/case"), &[], "").body;
        write(files.path(), &format!("cases/{number}.yaml"), &case);
    }
    let (stdout, stderr, code) = outcome(&countersign(files.path(), &["run"]).output().expect("it runs"));
    assert_eq!(code, 0, "{stdout}{stderr}");
}

#[test]
fn the_admin_api_wants_its_token_and_can_be_left_out() {
    let files = folder(&[("shop.yaml", SHOP)]);
    let mock = start(files.path(), &["shop.yaml", "--admin-token", "tok-123456", "--host", "0.0.0.0"]);
    let get = |headers: &[&str]| mock.ask("GET /__countersign/exchanges", headers, "").status;
    assert_eq!(get(&[]), 401);
    assert_eq!(get(&["authorization: Bearer wrong"]), 401);
    assert_eq!(get(&["authorization: Bearer tok-123456", "host: mock.ci:80"]), 200);
    for arguments in [&["shop.yaml", "--no-admin"][..], &["shop.yaml", "--host", "0.0.0.0"]] {
        let mock = start(files.path(), arguments);
        assert_eq!(mock.ask("GET /__countersign/health", &[], "").status, 404, "{arguments:?}");
    }
}

#[test]
fn a_clients_tests_are_a_check_of_the_client() {
    let files = folder(&[("shop.yaml", SHOP)]);
    let mock = start(files.path(), &["shop.yaml", "--reports", "out", "--fail-on-violation"]);
    assert_eq!(valid(&mock), 201);
    let secret = "authorization: Bearer s3cr3t-t0ken";
    assert_eq!(mock.ask("POST /items", &[JSON, secret], r#"{"name":"s3cr3t-t0ken"}"#).status, 422);
    let (code, rest) = mock.stop();
    assert_eq!(code, 1, "{rest}");
    assert!(rest.contains("1 kept · 1 broken"), "{rest}");
    let read = |name: &str| fs::read_to_string(files.path().join("out").join(name)).expect("written");
    let junit = read("junit.xml");
    assert!(
        junit.contains("tests=\"2\"") && junit.contains("failures=\"1\"") && junit.contains("request-body"),
        "{junit}"
    );
    for name in ["junit.xml", "results.json", "report.html"] {
        assert!(!read(name).contains("s3cr3t"), "{name}");
    }

    let mock = start(files.path(), &["shop.yaml", "--fail-on-violation"]);
    assert_eq!(valid(&mock), 201);
    assert_eq!(mock.stop().0, 0);
}

/// A client that trusts this certificate.
fn trusting(certificate: &[u8]) -> reqwest::ClientBuilder {
    // Another test may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = reqwest::Certificate::from_pem(certificate).expect("a certificate");
    reqwest::Client::builder().no_proxy().tls_certs_only([certificate])
}

#[test]
fn tls_is_spoken_with_a_certificate_made_for_the_run() {
    let files = folder(&[("shop.yaml", SHOP)]);
    let mut mock = start(files.path(), &["shop.yaml", "--tls", "--log", "none"]);
    let line = mock.wait_for(|line| line.contains("certificate: "));
    let path = line.trim().trim_start_matches("certificate: ").split(" (").next().expect("a path").to_owned();
    let certificate = fs::read(&path).expect("readable");
    assert!(!String::from_utf8_lossy(&certificate).contains("PRIVATE"));
    let port = mock.address.port();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for (client, version) in [
            (trusting(&certificate), reqwest::Version::HTTP_2),
            (trusting(&certificate).http1_only(), reqwest::Version::HTTP_11),
        ] {
            let client = client.build().expect("a client");
            for host in ["localhost", "127.0.0.1"] {
                let url = format!("https://{host}:{port}/items/7");
                let answer = client.get(&url).send().await.expect("an answer");
                assert_eq!((answer.status().as_u16(), answer.version()), (200, version), "{host}");
            }
        }
    });
    // Whoever speaks in the clear has nothing to hear, and keeps nobody else out.
    assert!(!mock.say(b"GET /items/7 HTTP/1.1\r\nhost: h\r\n\r\n").contains("chair"));
    let (code, _) = mock.stop();
    assert!(code == 0 && !Path::new(&path).exists(), "the certificate is taken away");
}

#[cfg(unix)]
#[test]
fn a_socket_of_the_file_system_is_served() {
    use std::os::unix::net::UnixStream;
    let files = folder(&[("shop.yaml", SHOP)]);
    let ask = |path: &str| {
        let mut stream = UnixStream::connect(files.path().join("mock.sock")).expect("connected");
        let text = format!("GET {path} HTTP/1.1\r\nhost: whatever\r\nconnection: close\r\n\r\n");
        stream.write_all(text.as_bytes()).expect("sent");
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).expect("answered");
        answer
    };
    for _ in 0..2 {
        let mut mock = start(files.path(), &["shop.yaml", "--unix", "mock.sock", "--log", "none"]);
        assert!(ask("/items/7").contains("chair"));
        assert!(ask("/__countersign/exchanges").contains("format-version"));
        // The second start finds what a killed server leaves behind.
        assert!(mock.is_alive());
        drop(mock);
    }
    let mock = start(files.path(), &["shop.yaml", "--unix", "mock.sock", "--log", "none"]);
    let (_, stderr, code) = ended(files.path(), &["mock", "shop.yaml", "--unix", "mock.sock"]);
    assert!(code == 2 && stderr.contains("mock.sock"), "{stderr}");
    assert_eq!(mock.stop().0, 0);
    assert!(!files.path().join("mock.sock").exists());
}

#[test]
fn bodies_come_and_go_in_gzip() {
    let long = SHOP.replace("name: chair", &format!("name: {}", "chair ".repeat(1000)));
    let files = folder(&[("shop.yaml", &long)]);
    let mock = start(files.path(), &["shop.yaml", "--log", "none"]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(br#"{"name":"chair","price":5}"#).expect("packed");
    let packed = packed.finish().expect("packed");
    let head = |coding: &str| {
        let length = packed.len();
        format!("POST /items HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{JSON}\r\ncontent-encoding: {coding}\r\ncontent-length: {length}\r\n\r\n").into_bytes()
    };
    let answer = mock.say(&[head("gzip"), packed.clone()].concat());
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    for (coding, status) in [("br", "415"), ("deflate", "400")] {
        let answer = mock.say(&[head(coding), packed.clone()].concat());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{coding}: {answer}");
    }
    let plain = mock.ask("GET /items/7", &["accept-encoding: gzip;q=0, br"], "");
    assert!(plain.body.contains("chair") && !plain.head.contains("content-encoding"), "{}", plain.head);
    let small = mock.ask("GET /items/7", &["accept-encoding: gzip"], "");
    assert!(
        small.head.contains("content-encoding: gzip") && small.head.contains("vary: accept-encoding"),
        "{}",
        small.head
    );
}
