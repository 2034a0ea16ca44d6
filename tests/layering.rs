//! A room imports only from rooms on lower floors; rooms on one floor do not know each other.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The house, from the ground up; `ARCHITECTURE.md` says what lives in each room.
const FLOORS: &[&[&str]] = &[
    &["source", "exchange", "expression"],
    &["contract", "verdict", "traffic"],
    &["check", "coverage", "generate", "diff", "lint", "show", "drift"],
    &["case", "transport"],
    &["run", "mock"],
    &["offline", "httpmock", "record", "infer"],
    &["report"],
    &["project"],
    &["cli", "harness"],
];

/// What a room may use of its own floor, with the reason.
const NEIGHBOURS: &[(&str, &str, &str)] = &[
    ("expression", "source", "an expression's fault is underlined in the file that holds it"),
    ("contract", "verdict", "a place in a contract says whose word it is: `Origin`"),
];

/// What a room must not use although it stands lower: it meets the other only through events.
const STRANGERS: &[(&str, &[&str])] = &[
    ("report", &["run", "transport", "contract", "mock", "case", "check", "generate"]),
    ("verdict", &["exchange", "expression"]),
    ("run", &["generate"]),
    ("mock", &["case", "transport"]),
];

fn rust_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The rooms that a file names: `crate::room` anywhere, and each in `use crate::{a, b}`.
fn rooms_named(text: &str) -> Vec<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.split("crate::")
        .skip(1)
        .flat_map(|after| match after.strip_prefix('{') {
            Some(list) => {
                let list = list.split(';').next().unwrap_or_default();
                let names = list.split([',', '{', '}']).map(|item| item.trim().split("::").next().unwrap_or_default());
                names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
            }
            None => vec![after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()],
        })
        .collect()
}

#[test]
fn imports_run_downwards() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floor_of: BTreeMap<&str, usize> =
        FLOORS.iter().enumerate().flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor))).collect();
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    for file in &files {
        let relative = file.strip_prefix(&src).expect("below src");
        let room = relative
            .components()
            .next()
            .and_then(|c| c.as_os_str().to_str())
            .unwrap_or_default()
            .trim_end_matches(".rs");
        if matches!(room, "lib" | "main") {
            continue;
        }
        let Some(floor) = floor_of.get(room) else {
            faults.push(format!("{}: the room `{room}` stands on no floor of tests/layering.rs", relative.display()));
            continue;
        };
        let text = std::fs::read_to_string(file).expect("readable");
        for named in rooms_named(&text) {
            let Some(other) = floor_of.get(named.as_str()) else { continue };
            let neighbour = NEIGHBOURS.iter().any(|(a, b, _)| *a == room && *b == named);
            used.extend(neighbour.then(|| (room.to_owned(), named.clone())));
            let stranger = STRANGERS.iter().any(|(a, others)| *a == room && others.contains(&named.as_str()));
            if named != room && ((other >= floor && !neighbour) || stranger) {
                faults.push(format!("{}: `{room}` must not know `{named}`", relative.display()));
            }
        }
    }
    let is_used = |a: &str, b: &str| used.contains(&(a.to_owned(), b.to_owned()));
    for (a, b, _) in NEIGHBOURS.iter().filter(|(a, b, _)| !is_used(a, b)) {
        faults.push(format!("`{a}` may use `{b}`, but does not"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_import_upwards_would_be_seen() {
    let named = rooms_named("use crate::{source::Source, run};\nfn f() { crate::mock::x() }\n// crate::cli\n");
    assert_eq!(named, ["source", "run", "mock"]);
}
