//! What it costs to load documents: `cargo bench --bench documents [-- FILE…]`.
//!
//! Without files, those of a corpus beside the checkout are taken where there is one, and made-up
//! documents in any case. Each line is a ratio of things measured alternately in this very run.
//! `-- --table CORPUS` prints the table of docs/documents.md instead, `-- --plot` its plot. A corpus is a
//! folder with a `manifest.tsv` whose first column names documents.
#![expect(clippy::print_stdout, reason = "a benchmark says what it measured")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads its own arguments and files")]

#[expect(dead_code, reason = "this benchmark sends no requests")]
#[path = "../support/mod.rs"]
mod support;
mod table;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign::contract::{Contract, Direction, MediaTypeSpec, Parts, Retrieve};
use countersign::source::Source;
use saphyr_parser::Parser;
use support::{ROUNDS, is_test, timed};

/// The program's own allocator: loading makes many small values.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Documents smaller than this say more of the clock than of the reader.
const LEAST: usize = 200 * 1024;

fn main() {
    if is_test() {
        return;
    }
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--table", corpus] => return table::print(&std::fs::canonicalize(corpus).expect("a folder")),
        ["--peak", file] => return table::tell_peak(Path::new(file)),
        ["--plot"] => return plot(),
        // For a profiler: `valgrind --tool=callgrind`.
        ["--once", "plain", file] => return plain(file, &std::fs::read_to_string(file).expect("a readable file")),
        ["--once", "load", file] => {
            return drop(black_box(load(file, &std::fs::read_to_string(file).expect("a readable file"))));
        }
        _ => {}
    }
    let given: Vec<PathBuf> = words.into_iter().map(PathBuf::from).collect();
    for file in if given.is_empty() { corpus() } else { given } {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        if text.len() >= LEAST {
            loading(&file.to_string_lossy(), &text);
        }
    }
    linear();
}

fn corpus() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = here.ancestors().skip(1).map(|above| above.join("shared/corpus/specs")).find(|path| path.is_dir());
    let Some(folder) = folder else { return Vec::new() };
    let entries = std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok);
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// Every file is whole in itself.
struct Nothing;

impl Retrieve for Nothing {
    fn retrieve(&self, name: &str) -> Result<String, String> {
        Err(format!("{name} is not here"))
    }
}

fn load(name: &str, text: &str) -> Contract {
    let parts = Parts { name: "bench".into(), document: Source::new(name, text), overlay: None, promises: None };
    match Contract::load(parts, &Nothing) {
        Ok((contract, _)) => contract,
        Err(faults) => panic!("{name}: {faults}"),
    }
}

/// What the libraries in use need to read the text and no more: a value of JSON, the events of YAML.
fn plain(name: &str, text: &str) {
    if is_json(name) {
        black_box(serde_json::from_str::<serde_json::Value>(text).expect("JSON"));
    } else {
        Parser::new_from_str(text).for_each(|event| {
            black_box(event.expect("YAML"));
        });
    }
}

fn is_json(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "json")
}

/// How much of a processor's time two things take that are done by turns, in seconds: the least of
/// several rounds each, as whatever else the machine does only ever adds to it.
fn least(mut one: impl FnMut(), mut other: impl FnMut()) -> (f64, f64) {
    (0..3 * ROUNDS).fold((f64::MAX, f64::MAX), |(a, b), _| (spent(&mut one).min(a), spent(&mut other).min(b)))
}

/// The time that this thread is at work, in seconds.
fn spent(work: impl FnOnce()) -> f64 {
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0)).as_secs_f64()
    };
    let start = now();
    work();
    now() - start
}

/// Loading against reading alone, and then every schema compiled on two threads.
fn loading(name: &str, text: &str) {
    let (bare, loaded) = least(|| plain(name, text), || drop(black_box(load(name, text))));
    let (bar, what) = if is_json(name) { ("2.5", "serde_json") } else { ("1.5", "saphyr-parser") };
    let contract = load(name, text);
    let mut schemas = 0;
    let compiled = timed(|| schemas = compile_all(&contract));
    let file = Path::new(name).file_name().unwrap_or_default().to_string_lossy();
    println!(
        "{file}: {} KiB, {} operations: loaded in {:.0} ms, {:.2} x the plain parse by {what} (bar: at most {bar}); {schemas} schemas compiled and judged on two threads in {:.0} ms (bar: 2000)",
        text.len() / 1024,
        contract.operations().len(),
        loaded * 1000.0,
        loaded / bare,
        compiled.as_secs_f64() * 1000.0
    );
}

/// Every schema of every operation's bodies and parameters, each judging a value.
fn compile_all(contract: &Contract) -> usize {
    let operations = contract.operations();
    let half = |part: &[countersign::contract::Operation]| part.iter().map(|one| compile(contract, one)).sum::<usize>();
    let (first, second) = operations.split_at(operations.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| half(second));
        half(first) + other.join().expect("no panic")
    })
}

fn compile(contract: &Contract, operation: &countersign::contract::Operation) -> usize {
    let value = serde_json::json!({"id": 1});
    let of = |content: &[MediaTypeSpec], direction: Direction| {
        let schemas = content.iter().filter_map(|media| media.schema.as_ref());
        let judge = |schema| contract.schema(schema, direction).map(|schema| black_box(schema.is_valid(&value)));
        schemas.filter(|schema| judge(schema).is_ok()).count()
    };
    let parameters = operation.parameters().iter().filter_map(|parameter| parameter.value_schema());
    let parameters = parameters.filter(|schema| contract.schema(schema, Direction::Request).is_ok()).count();
    let request = operation.request_body().map_or(0, |body| of(&body.content, Direction::Request));
    let responses = operation.responses().iter().map(|response| of(&response.content, Direction::Response));
    parameters + request + responses.sum::<usize>()
}

/// Documents of twice as many operations each: the time for one operation stays the same.
fn linear() {
    for format in ["json", "yaml"] {
        let times: Vec<String> = [500, 1000, 2000, 4000, 8000]
            .into_iter()
            .map(|operations| {
                let text = made_up(operations, format);
                let name = format!("made-up.{format}");
                let (_, seconds) = least(|| (), || drop(black_box(load(&name, &text))));
                format!("{operations}: {:.1}", seconds * 1e6 / f64::from(operations))
            })
            .collect();
        println!("made-up {format}, microseconds for each operation by their number: {}", times.join(", "));
    }
}

/// The time to load made-up documents by their number of operations, as a chart for Markdown.
fn plot() {
    const SIZES: [u32; 8] = [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000];
    let millis = |format: &str| -> Vec<String> {
        let of = |operations| {
            let (name, text) = (format!("made-up.{format}"), made_up(operations, format));
            least(|| (), || drop(black_box(load(&name, &text)))).1 * 1e3
        };
        SIZES.into_iter().map(|operations| format!("{:.0}", of(operations))).collect()
    };
    let sizes = SIZES.map(|operations| operations.to_string()).join(", ");
    println!("```mermaid\nxychart-beta");
    println!("  title \"Milliseconds to load, by operations: YAML above, JSON below\"");
    println!("  x-axis \"operations\" [{sizes}]\n  y-axis \"milliseconds\"");
    println!("  line [{}]\n  line [{}]\n```", millis("yaml").join(", "), millis("json").join(", "));
}

/// A document of so many operations, each with a body and a schema of its own.
fn made_up(operations: u32, format: &str) -> String {
    let mut yaml = "openapi: 3.1.0\ninfo: { title: Made up, version: '1' }\npaths:\n".to_owned();
    for number in 0..operations {
        let _ = write!(
            yaml,
            "  /things-{number}/{{id}}:\n    post:\n      operationId: op-{number}\n      parameters:\n        - {{ name: id, in: path, required: true, schema: {{ type: integer, minimum: 1 }} }}\n      requestBody:\n        content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/Thing{number}' }} }} }}\n      responses:\n        '200':\n          description: It is there.\n          content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/Thing{number}' }} }} }}\n        '404': {{ description: It is not. }}\n"
        );
    }
    yaml.push_str("components:\n  schemas:\n");
    for number in 0..operations {
        let _ = write!(
            yaml,
            "    Thing{number}:\n      type: object\n      required: [id, name]\n      properties:\n        id: {{ type: integer, description: 'Which thing it is, of all the things there are.' }}\n        name: {{ type: string, maxLength: 80, description: 'What it is called by those who know it.' }}\n        next: {{ $ref: '#/components/schemas/Thing{}' }}\n",
            (number + 1) % operations
        );
    }
    if format == "yaml" {
        return yaml;
    }
    let limits = countersign::source::Limits::default();
    let (value, _) = countersign::source::read(&Source::new("made-up.yaml", yaml), &limits);
    serde_json::to_string_pretty(&value.expect("YAML")).expect("a value is writable")
}
