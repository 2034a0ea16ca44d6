//! The mock against a bare server that returns the same bytes. `cargo bench --bench mock`
//!
//! Most lines are a ratio of two things measured alternately in one run, and of several rounds the
//! median.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads its own files and tells its ratios"
)]

#[path = "support/load.rs"]
mod load;
#[path = "support/process.rs"]
mod process;
#[expect(dead_code, reason = "another benchmark uses the rest")]
mod support;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::contract::{Alone, Contract, Parts};
use countersign::mock::{History, Mock, Mount, Options, Rules, Server, Settings};
use countersign::source::Source;
use load::{CONNECTIONS, load};
use support::{ROUNDS, is_test, median};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SHOP: &str = r##"
openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /customers/groups:
    post:
      operationId: add
      security: [{ bearer: [] }]
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/Add" } } }
      responses:
        "200":
          description: added
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Added" }
              EXAMPLE
components:
  securitySchemes: { bearer: { type: http, scheme: bearer } }
  schemas:
    Add:
      type: object
      required: [group_id, customers]
      properties:
        group_id: { type: integer }
        customers: { type: array, items: { type: integer } }
    Added:
      type: object
      required: [status, success, data]
      properties:
        status: { type: integer, minimum: 200, maximum: 299 }
        success: { type: boolean }
        data: { type: array, minItems: 1, maxItems: 3, items: { type: string, maxLength: 60 } }
"##;
const EXAMPLE: &str = r#"{"status":200,"success":true,"data":["The customers has been added to group successfully"]}"#;
const BODY: &str = r#"{"group_id":1217198433,"customers":[225167971,1227534533]}"#;

fn request(path: &str) -> Vec<u8> {
    let length = BODY.len();
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer abcdefgh\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{BODY}").into_bytes()
}

fn contract(text: String) -> Arc<Contract> {
    let parts = Parts { name: "shop".into(), document: Source::new("shop.yaml", text), overlay: None, promises: None };
    Arc::new(Contract::load(parts, &Alone).expect("a contract").0)
}

fn server(text: String, settings: Settings) -> Server {
    let mock = Arc::new(Mock::new(contract(text), Rules::default(), settings));
    let options = Options { history: Some(History::default()), ..Options::default() };
    let mounts = vec![Mount { prefix: String::new(), mock }];
    Server::open_blocking(mounts, SocketAddr::from(([127, 0, 0, 1], 0)), options).expect("a port")
}

/// Throughput and p99 of the mock against those of the bare server: medians of the ratios.
fn compare(name: &str, mock: SocketAddr, bare: SocketAddr, (rounds, time): (usize, Duration)) {
    let (mut rates, mut times) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let [bare, mock] = [bare, mock].map(|server| load(server, &request("/customers/groups"), CONNECTIONS, time));
        rates.push(mock.rate / bare.rate);
        times.push(mock.percentile(99) / bare.percentile(99));
    }
    println!("{name}: {:.2} × the throughput of the bare server, p99 {:.2} × its", median(rates), median(times));
}

/// A document with so many operations beside the one that is asked for.
fn many(count: usize) -> String {
    let mut text = SHOP.replace("EXAMPLE", &format!("example: {EXAMPLE}"));
    let mut paths = String::new();
    for index in 0..count {
        let _ = write!(
            paths,
            "  /things{index}/{{id}}/parts:\n    parameters: [{{ name: id, in: path, required: true, schema: {{ type: string }} }}]\n    get: {{ responses: {{ \"200\": {{ description: it }} }} }}\n"
        );
    }
    text = text.replacen("paths:\n", &format!("paths:\n{paths}"), 1);
    text
}

fn matching((rounds, time): (usize, Duration)) {
    let (few, lots) = (server(many(10), Settings::repeatable(1)), server(many(1_000), Settings::repeatable(1)));
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        let [few, lots] =
            [&few, &lots].map(|server| load(server.local_addr(), &request("/customers/groups"), CONNECTIONS, time));
        ratios.push(lots.rate / few.rate);
    }
    println!("1,000 operations: {:.2} × the throughput of 10", median(ratios));
}

/// From nothing to the first answer, with the three contracts that come with the program.
fn cold(rounds: usize) {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let text = |name: &str| std::fs::read_to_string(specs.join(name)).ok();
    let mut times = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        let mut mounts = Vec::new();
        for name in ["mijnklantportaal", "salla", "bizkithub"] {
            let source = |ending: &str| Some(Source::new(format!("{name}{ending}"), text(&format!("{name}{ending}"))?));
            let document = source(".yaml").expect("it comes with the program");
            let parts = Parts {
                name: name.into(),
                document,
                overlay: source(".overlay.yaml"),
                promises: source(".promises.yaml"),
            };
            let contract = Arc::new(Contract::load(parts, &Alone).expect("a contract").0);
            let rules = source(".mock.yaml").map(|rules| Rules::read(&rules, &contract).expect("rules").0);
            let mock = Arc::new(Mock::new(contract, rules.unwrap_or_default(), Settings::repeatable(1)));
            mounts.push(Mount { prefix: format!("/{name}"), mock });
        }
        let server =
            Server::open_blocking(mounts, SocketAddr::from(([127, 0, 0, 1], 0)), Options::default()).expect("a port");
        let mut stream = std::net::TcpStream::connect(server.local_addr()).expect("connected");
        std::io::Write::write_all(&mut stream, b"GET /salla/ HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            .expect("sent");
        std::io::Read::read_to_end(&mut stream, &mut Vec::new()).expect("answered");
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    println!("three vendors, from reading to the first answer: {:.1} ms", median(times));
}

fn main() {
    let effort = if is_test() { (1, Duration::from_millis(20)) } else { (ROUNDS, Duration::from_secs(2)) };
    let bare: SocketAddr =
        support::bare_server(200, EXAMPLE).trim_start_matches("http://").parse().expect("an address");
    let answering = server(SHOP.replace("EXAMPLE", &format!("example: {EXAMPLE}")), Settings::repeatable(1));
    compare("a validated POST, answered by an example", answering.local_addr(), bare, effort);
    let dynamic = Settings { dynamic: true, ..Settings::repeatable(1) };
    let generating = server(SHOP.replace("EXAMPLE", ""), dynamic);
    compare("a validated POST, answered by a generated body", generating.local_addr(), bare, effort);
    matching(effort);
    cold(effort.0);
    process::vendors(effort.0);
    process::large(effort.0);
    process::flat();
    process::idle();
}
