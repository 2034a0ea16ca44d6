//! Ratios against a bare baseline in the same run: `cargo bench`.
//!
//! Absolute times say little on a shared machine; each line here compares two things that were
//! measured alternately in this very run, and prints the median ratio of the rounds.
#![expect(clippy::print_stdout, reason = "a benchmark says what it measured")]
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

mod support;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use countersign::check;
use countersign::contract::{Contract, Parts, Retrieve};
use countersign::exchange::{Exchange, Headers, Request, Response};
use countersign::source::Source;
use support::{ROUNDS, bare_loop, bare_server, client, median, runtime, timed};

const BODY: &str = r#"{"name":"chair","price":3}"#;
const ANSWER: &str = r#"{"id":7,"name":"chair","price":12.5,"tags":["oak","red"]}"#;

fn main() {
    if support::is_test() {
        return;
    }
    judging();
    let address = bare_server(201, ANSWER);
    many_cases(&address, 10_000, "0.6");
    whole_process(&address, 1_000);
}

struct Nothing;

impl Retrieve for Nothing {
    fn retrieve(&self, name: &str) -> Result<String, String> {
        Err(format!("{name} is not needed"))
    }
}

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Bench, version: "1" }
paths:
  /items:
    post:
      operationId: add-item
      responses:
        "200":
          description: added
          content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } }
components:
  schemas:
    Item:
      type: object
      required: [id, name]
      properties:
        id: { type: integer, minimum: 1 }
        name: { type: string, minLength: 1, maxLength: 80 }
        price: { type: number }
        email: { type: string, format: email }
        created: { type: string, format: date-time }
        code: { type: string, pattern: "^[A-Z]{3}-[0-9]{4}$" }
        tags: { type: array, items: { type: string } }
        state: { enum: [new, used, broken] }
"##;

/// A 300-byte body: all checks against the bare validation of the parsed body, and of its text.
fn judging() {
    let body = r#"{"id":4711,"name":"A chair made of oak, with arms","price":129.95,"email":"jan.jansen@example.com","created":"2025-07-27T14:42:00+02:00","code":"ABC-1234","tags":["oak","chair","arms","brown","a very comfortable one","made by hand","with a cushion that can be washed at sixty"],"state":"used","x":"yz"}"#;
    let parts =
        Parts { name: "bench".into(), document: Source::new("bench.yaml", DOCUMENT), overlay: None, promises: None };
    let (contract, _) = Contract::load(parts, &Nothing).expect("a contract");
    let operation = contract.find("add-item").expect("an operation");
    let exchange = Exchange {
        request: Request {
            method: "POST".into(),
            url: "http://h/items".into(),
            headers: Headers::new(),
            body: Bytes::new(),
        },
        response: Response {
            status: 200,
            headers: [("content-type", "application/json")].into_iter().collect(),
            body: Bytes::from_static(body.as_bytes()),
        },
        elapsed: Duration::ZERO,
    };
    assert_eq!(
        check::response(&contract, operation, &exchange, check::Options::default()),
        check::Judgement::default()
    );
    let yaml = countersign::source::read(&Source::new("bench.yaml", DOCUMENT), &countersign::source::Limits::default());
    let schema = yaml.0.expect("YAML")["components"]["schemas"]["Item"].clone();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
    let value: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let (mut bare_ratios, mut text_ratios, mut judged_ns) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        const N: u32 = 50_000;
        let bare = timed(|| (0..N).for_each(|_| assert!(validator.iter_errors(black_box(&value)).next().is_none())));
        let text = timed(|| {
            for _ in 0..N {
                let value: serde_json::Value = serde_json::from_slice(black_box(body.as_bytes())).expect("JSON");
                assert!(validator.iter_errors(&value).next().is_none());
            }
        });
        let judged = timed(|| {
            for _ in 0..N {
                black_box(check::response(&contract, operation, black_box(&exchange), check::Options::default()));
            }
        });
        bare_ratios.push(judged.as_secs_f64() / bare.as_secs_f64());
        text_ratios.push(judged.as_secs_f64() / text.as_secs_f64());
        judged_ns.push(judged.as_secs_f64() * 1e9 / f64::from(N));
    }
    println!(
        "judging a {}-byte JSON body, all response checks: {:.2} x bare jsonschema validation of the parsed body (bar: at most 5), {:.2} x parse and validation; {:.0} ns",
        body.len(),
        median(bare_ratios),
        median(text_ratios),
        median(judged_ns)
    );
}

/// The shop contract and `cases` single-request cases with a status and a body expectation.
fn project(cases: u32) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a folder");
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/_project/specs/shop.yaml");
    std::fs::create_dir_all(directory.path().join("specs")).expect("made");
    std::fs::copy(shop, directory.path().join("specs/shop.yaml")).expect("copied");
    let mut text = "contract: shop\ncases:\n".to_owned();
    for case in 0..cases {
        let _ = write!(
            text,
            "  - name: adds item {case}\n    operation: add-item\n    body: {{ name: chair, price: 3 }}\n    expect: {{ status: 201, body: {{ name: chair, id: 7 }} }}\n"
        );
    }
    std::fs::write(directory.path().join("cases.yaml"), text).expect("written");
    directory
}

/// Runs the binary: the whole process's time, and the run's own as it says it.
fn binary(directory: &Path, address: &str, extra: &[&str]) -> (Duration, Duration) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.args(["run", "cases.yaml", "--quiet", "--target", address]).args(extra).current_dir(directory).env_clear();
    let mut said = String::new();
    let whole = timed(|| {
        let output = command.output().expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        said = String::from_utf8_lossy(&output.stdout).into_owned();
    });
    let (number, unit) = said
        .split_once("cases in ")
        .or_else(|| said.split_once("case in "))
        .and_then(|(_, rest)| rest.split_once(':'))
        .and_then(|(time, _)| time.split_once(' '))
        .expect("a time");
    let seconds = if unit == "ms" { 0.001 } else { 1.0 };
    (whole, Duration::from_secs_f64(number.parse::<f64>().expect("a number") * seconds))
}

/// Requests per second of a run against a bare loop over the same client with as many connections.
fn many_cases(address: &str, cases: u32, bar: &str) {
    const JOBS: usize = 16;
    let directory = project(cases);
    let (runtime, client) = (runtime(), client(JOBS));
    let url = format!("{address}/items");
    bare_loop(&runtime, &client, (&url, BODY), cases / 10, JOBS);
    let (mut ratios, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let bare = timed(|| bare_loop(&runtime, &client, (&url, BODY), cases, JOBS)).as_secs_f64();
        let (process, run) = binary(directory.path(), address, &["--no-report"]);
        ratios.push(bare / run.as_secs_f64());
        whole.push(bare / process.as_secs_f64());
    }
    println!(
        "{cases} cases, {JOBS} connections: {:.2} x the requests per second of a bare loop over the same client (bar: at least {bar}); {:.2} x with start-up, reading and planning counted",
        median(ratios),
        median(whole)
    );
}

/// The whole process, reports written, against Hurl where it is installed: the same requests and
/// expectations, in one file and in a file each, whichever is quicker.
fn whole_process(address: &str, cases: u32) {
    let directory = project(cases);
    let ours = || binary(directory.path(), address, &[]).0.as_secs_f64();
    let (one, each) = hurl_files(directory.path(), address, cases);
    let hurl = |arguments: &[&str]| {
        Command::new("hurl").args(["--test", "--jobs", "4"]).args(arguments).current_dir(directory.path()).output()
    };
    let theirs = |arguments: &[&str]| {
        timed(|| assert!(hurl(arguments).expect("runs").status.success(), "hurl {arguments:?}")).as_secs_f64()
    };
    if hurl(&[&one]).is_err() {
        let ours = median((0..ROUNDS).map(|_| ours()).collect());
        println!("{}; hurl is not installed: nothing to compare with", told(cases, ours));
        return;
    }
    let (mut whole, mut quickest, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (ours, theirs) = (ours(), theirs(&[&one]).min(theirs(&["--glob", &each])));
        whole.push(ours);
        quickest.push(theirs);
        ratios.push(theirs / ours);
    }
    println!(
        "{}; hurl: {:.0} ms; {:.2} x its cases per second (bar: at least 3)",
        told(cases, median(whole)),
        median(quickest) * 1000.0,
        median(ratios)
    );
}

fn told(cases: u32, seconds: f64) -> String {
    let rate = f64::from(cases) / seconds;
    format!("{cases} cases, whole process, all reports written: {:.0} ms, {rate:.0} cases/s", seconds * 1000.0)
}

/// The cases for Hurl: one file of all, and the pattern of a file for each.
fn hurl_files(directory: &Path, address: &str, cases: u32) -> (String, String) {
    let entry = format!(
        "POST {address}/items\n{{ \"name\": \"chair\", \"price\": 3 }}\nHTTP 201\n[Asserts]\njsonpath \"$.name\" == \"chair\"\njsonpath \"$.id\" == 7\n\n"
    );
    std::fs::create_dir(directory.join("hurl")).expect("made");
    for case in 0..cases {
        std::fs::write(directory.join(format!("hurl/{case}.hurl")), &entry).expect("written");
    }
    let all = (0..cases).fold(String::new(), |all, _| all + &entry);
    std::fs::write(directory.join("cases.hurl"), all).expect("written");
    ("cases.hurl".to_owned(), "hurl/*.hurl".to_owned())
}
