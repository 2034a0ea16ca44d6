//! The loop: what the mock answers passes our own checks, and what is generated as valid is accepted.
//!
//! For every document of the corpus and of `specs/`, every operation and every documented response that
//! it can be asked for. The quick test looks at some of the operations of documents that are not large, always the
//! same; `cargo test --release --test loop -- --ignored --nocapture` looks at all and prints the counts
//! that `docs/mock.md` quotes.
#![expect(clippy::disallowed_methods, reason = "a test reads the documents that it is about")]
#![expect(clippy::print_stdout, reason = "the counts are what it is for")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::check;
use countersign::contract::{Contract, Operation, Parts, Retrieve, Route, StatusPattern};
use countersign::generate::Requester;
use countersign::mock::{Mock, Rules, Settings};
use countersign::source::Source;

/// The folder that references start from.
struct Folder(PathBuf);

impl Retrieve for Folder {
    fn retrieve(&self, name: &str) -> Result<String, String> {
        std::fs::read_to_string(self.0.join(name)).map_err(|error| error.to_string())
    }
}

/// What is known not to work: document (or a part of its name), operation, what, and the reason.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[
    (
        "petstore-with-errors.yaml",
        "/pets?id",
        "request",
        "the document writes a query into a path, which no request's path can have",
    ),
    ("mistral.yaml", "#stream", "request", "the document writes a fragment into a path, which no request has"),
    (
        "airflow.yaml",
        "/logs/{task_try_number}",
        "200 text/plain",
        "the document asks for an object as text/plain, which no text is",
    ),
    (
        "flow_framework.yaml",
        "/_provision",
        "400 application/json",
        "the branches of the document's oneOf are the same schema, so that no value matches one alone",
    ),
];

/// Why an operation cannot be asked for: two templates of one shape must not be in one document
/// (OpenAPI, Paths Object), and only the first is found.
const SAME_SHAPE: &str = "the document has another path of the same shape for this method before it";

/// A path template without the names of its parameters.
fn shape(path: &str) -> String {
    path.split('/').map(|segment| if segment.contains('{') { "{}" } else { segment }).collect::<Vec<_>>().join("/")
}

/// Whether what looks like its path leads to another operation of the same shape: that one, not this, must work.
fn is_shadowed(contract: &Contract, operation: &Operation) -> bool {
    let looks = shape(operation.path()).replace("{}", "x");
    match contract.route(operation.method(), &looks) {
        Route::Operation { operation: found, .. } => {
            !std::ptr::eq(found, operation) && shape(found.path()) == shape(operation.path())
        }
        _ => false,
    }
}

#[derive(Debug, Default)]
struct Count {
    documents: usize,
    operations: usize,
    responses: usize,
    requests: usize,
    undecided: usize,
    faults: Vec<String>,
    excepted: BTreeMap<String, BTreeMap<String, usize>>,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.documents += other.documents;
        self.operations += other.operations;
        self.responses += other.responses;
        self.requests += other.requests;
        self.undecided += other.undecided;
        self.faults.extend(other.faults);
        for (reason, which) in other.excepted {
            self.excepted.entry(reason).or_default().extend(which);
        }
    }

    fn except(&mut self, document: &str, operation: &str, reason: &str) {
        let which = self.excepted.entry(reason.to_owned()).or_default();
        *which.entry(format!("{document}: {operation}")).or_default() += 1;
    }

    fn fault(&mut self, document: &str, operation: &Operation, what: &str, message: &str) {
        let name = format!("{} {}", operation.method(), operation.path());
        let known = EXCEPTIONS.iter().find(|(in_document, of_operation, of_what, _)| {
            document.contains(in_document) && name.contains(of_operation) && what.contains(of_what)
        });
        match known {
            Some((.., reason)) => self.except(document, &name, reason),
            None => self.faults.push(format!("{document}: {name}: {what}: {message:.400}")),
        }
    }
}

fn documents(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            documents(&path, into);
        } else if path.extension().is_some_and(|ext| ["json", "yaml", "yml"].iter().any(|known| ext == *known)) {
            into.push(path);
        }
    }
}

/// Whether this is a document and not a part of one: the key stands at the top.
fn is_document(text: &str) -> bool {
    let line = |line: &str| {
        let indented = line.len() - line.trim_start().len();
        let key = line.trim_start().trim_start_matches(['{', '"']);
        indented <= 4
            && ["openapi", "swagger"].iter().any(|known| {
                key.starts_with(known) && key[known.len()..].trim_start_matches('"').trim_start().starts_with(':')
            })
    };
    text.lines().any(line) || text.starts_with('{') && text.contains("\"openapi\":\"3")
}

fn load(root: &Path, path: &Path, largest: usize) -> Option<Contract> {
    let text = std::fs::read_to_string(path).ok()?;
    if !is_document(&text) || text.len() > largest {
        return None;
    }
    // References may lead to the folder beside: names start from the set that the document belongs to.
    let folder = root.to_owned();
    let name = path.strip_prefix(root).ok()?.to_string_lossy().into_owned();
    let parts = Parts { name: "t".into(), document: Source::new(name, text), overlay: None, promises: None };
    match Contract::load(parts, &Folder(folder)) {
        Ok((contract, _)) => Some(contract),
        Err(faults) => {
            println!("skipped {}: {:.300}", path.display(), faults.to_string());
            None
        }
    }
}

/// The statuses that a response can be asked for by.
fn status(pattern: StatusPattern, operation: &Operation) -> Option<u16> {
    match pattern {
        StatusPattern::Exact(code) => (200..600).contains(&code).then_some(code),
        StatusPattern::Range(first) => (2..6).contains(&first).then(|| u16::from(first) * 100 + 99),
        StatusPattern::Default => {
            let free =
                |code: &u16| operation.response(*code).is_none_or(|found| found.status == StatusPattern::Default);
            [299, 499, 599].into_iter().find(free)
        }
    }
}

/// One document, every operation for which `chosen` says so.
fn sweep(name: &str, contract: Contract, chosen: impl Fn(usize) -> bool) -> Count {
    let mut count = Count { documents: 1, ..Count::default() };
    let contract = Arc::new(contract);
    let mock = Mock::new(Arc::clone(&contract), Rules::default(), Settings::repeatable(1));
    for (_, operation) in contract.operations().iter().enumerate().filter(|(at, _)| chosen(*at)) {
        count.operations += 1;
        one(name, &mock, operation, &mut count);
    }
    count
}

fn one(name: &str, mock: &Mock, operation: &Operation, count: &mut Count) {
    let contract = mock.contract();
    let mut valid = None;
    for (what, requester) in [
        ("required", Requester::new(contract, 1).only_required()),
        ("all", Requester::new(contract, 2)),
        ("examples", Requester::new(contract, 3).with_examples()),
    ] {
        count.requests += 1;
        match requester.request(operation) {
            Ok(request) => {
                let path = request.path().to_owned();
                let judged = check::request(contract, &request, &path);
                count.undecided += judged.undecided.len();
                match judged.findings.first() {
                    Some(finding) => count.fault(name, operation, &format!("request ({what})"), &finding.message),
                    None => valid = valid.or(Some(request)),
                }
            }
            Err(_) if is_shadowed(contract, operation) => {
                count.except(name, &format!("{} {}", operation.method(), operation.path()), SAME_SHAPE);
            }
            Err(error) => count.fault(name, operation, &format!("request ({what})"), &error.to_string()),
        }
    }
    let Some(request) = valid else { return };
    for response in operation.responses() {
        let Some(code) = status(response.status, operation) else { continue };
        let media: Vec<Option<String>> = if response.content.is_empty() {
            vec![None]
        } else {
            response.content.iter().map(|media| Some(media.range.to_string())).collect()
        };
        for accept in media {
            for wish in ["", ", dynamic=true"] {
                count.responses += 1;
                let what = format!("{} {}{wish}", response.status, accept.as_deref().unwrap_or("-"));
                let mut asked = request.clone();
                asked.headers.remove("accept");
                asked.headers.append("prefer", format!("code={code}{wish}"));
                asked.headers.append("accept", accept.as_deref().unwrap_or("*/*"));
                let path = asked.path().to_owned();
                let mut answer = mock.answer(asked, &path);
                // A server sends none of it (RFC 9110, section 9.3.2).
                if operation.method() == "HEAD" {
                    answer.response.body = Vec::new().into();
                }
                if let Some(trouble) = answer.troubles.first() {
                    count.fault(name, operation, &what, &trouble.message);
                    continue;
                }
                if answer.response.status != code {
                    count.fault(
                        name,
                        operation,
                        &what,
                        &format!(
                            "answered {}: {}",
                            answer.response.status,
                            String::from_utf8_lossy(&answer.response.body)
                        ),
                    );
                    continue;
                }
                let options = check::Options::default();
                let judged = check::answer(contract, operation, operation.method(), &answer.response, options);
                count.undecided += judged.undecided.len();
                if let Some(finding) = judged.findings.first() {
                    count.fault(name, operation, &what, &finding.message);
                }
            }
        }
    }
}

/// All documents that are there, shared among the machine's processors.
fn run(largest: usize, chosen: impl Fn(usize, usize) -> bool + Sync) -> Count {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<(PathBuf, PathBuf)> = Vec::new();
    for root in [here.join("specs"), here.join("../shared/corpus/specs")] {
        let mut found = Vec::new();
        documents(&root, &mut found);
        // A set of many documents that all read the same others: a few of them tell.
        if largest < usize::MAX {
            let of_set = |path: &PathBuf| path.to_string_lossy().contains("opensearch");
            let (set, others): (Vec<_>, Vec<_>) = found.into_iter().partition(of_set);
            found = others.into_iter().chain(set.into_iter().step_by(40)).collect();
        }
        if found.is_empty() {
            println!("skipped: there are no documents in {}", root.display());
        }
        paths.extend(found.into_iter().map(|path| (root.clone(), path)));
    }
    let next = AtomicUsize::new(0);
    let mut total = Count::default();
    std::thread::scope(|scope| {
        let work = || {
            let mut own = Count::default();
            while let Some((root, path)) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                let Some(contract) = load(root, path, largest) else { continue };
                let operations = contract.operations().len();
                if operations == 0 {
                    continue;
                }
                let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
                let started = std::time::Instant::now();
                let found = sweep(&name, contract, |at| chosen(at, operations));
                if std::env::var_os("LOOP_VERBOSE").is_some() {
                    println!(
                        "{name}: {} operations, {} responses, {} faults, {:.1?}",
                        found.operations,
                        found.responses,
                        found.faults.len(),
                        started.elapsed()
                    );
                }
                own.add(found);
            }
            own
        };
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            total.add(worker.join().expect("no panic"));
        }
    });
    total.faults.sort();
    total
}

fn conclude(total: &Count) {
    println!(
        "{} documents, {} operations: {} answers and {} requests, {} undecided",
        total.documents, total.operations, total.responses, total.requests, total.undecided
    );
    for (reason, which) in &total.excepted {
        println!("excepted, because {reason}:");
        for (name, count) in which {
            println!("  {name} ({count})");
        }
    }
    for fault in total.faults.iter().take(400) {
        println!("FAULT {fault}");
    }
    assert!(total.faults.is_empty(), "{} answers or requests break their contract", total.faults.len());
}

#[test]
fn some_operations_of_every_document() {
    // Large documents take long to read in the dev profile.
    const LARGEST: usize = 250_000;
    // The first, and a few spread over the rest.
    let total = run(LARGEST, |at, operations| at % (operations / 3).max(1) == 0);
    conclude(&total);
    assert!(total.responses > 0);
}

#[test]
#[ignore = "takes minutes; run it with --release"]
fn every_operation_of_every_document() {
    conclude(&run(usize::MAX, |_, _| true));
}
