//! The binary as a user runs it: each folder of `tests/cli/` is one behaviour.
//!
//! `command` holds the arguments, one a line; `stdout`, `stderr` and `code` what must come of it;
//! everything else is the user's folder, copied aside for the run. `BLESS=1 cargo test --test cli`
//! rewrites what is expected. The folder `tests/cli/_project` is laid beneath each of them.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use support::{countersign, outcome};

const EXPECTED: [&str; 4] = ["command", "stdout", "stderr", "code"];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("readable").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else if !EXPECTED.iter().any(|name| entry.file_name() == *name) {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// The text with what differs from run to run replaced: times, ports, the working directory.
fn scrub(text: &str, directory: &Path) -> String {
    let text = text.replace(&*directory.to_string_lossy(), "[dir]");
    let text = regex::Regex::new(r"127\.0\.0\.1:\d+").expect("a pattern").replace_all(&text, "127.0.0.1:[port]");
    let text = regex::Regex::new(r"\b\d+(\.\d+)? ?(ms|µs|s)\b").expect("a pattern").replace_all(&text, "[time]");
    let date = r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT";
    let text = regex::Regex::new(date).expect("a pattern").replace_all(&text, "[date]");
    let text = regex::Regex::new(r" +\[time\]").expect("a pattern").replace_all(&text, " [time]");
    text.lines().map(str::trim_end).fold(String::new(), |out, line| out + line + "\n")
}

fn check(behaviour: &Path, bless: bool) -> Result<(), String> {
    let directory = tempfile::tempdir().expect("a folder");
    copy(&behaviour.with_file_name("_project"), directory.path());
    copy(behaviour, directory.path());
    let command = fs::read_to_string(behaviour.join("command")).map_err(|error| format!("command: {error}"))?;
    let arguments: Vec<&str> = command.lines().filter(|line| !line.is_empty()).collect();
    let output = countersign(directory.path(), &arguments).output().expect("the binary runs");
    let (stdout, stderr, code) = outcome(&output);
    let found = [scrub(&stdout, directory.path()), scrub(&stderr, directory.path()), format!("{code}\n")];
    let mut differences = String::new();
    for (name, found) in EXPECTED[1..].iter().zip(found) {
        let path = behaviour.join(name);
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected == found {
            continue;
        }
        if bless {
            if found.is_empty() {
                let _ = fs::remove_file(&path);
            } else {
                fs::write(&path, &found).expect("written");
            }
        } else {
            let _ = write!(differences, "--- {name}, expected\n{expected}+++ {name}, found\n{found}");
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(differences) }
}

#[test]
fn every_behaviour_is_as_written_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let bless = std::env::var_os("BLESS").is_some();
    let mut behaviours: Vec<PathBuf> =
        fs::read_dir(&root).expect("readable").flatten().map(|entry| entry.path()).collect();
    behaviours.retain(|path| path.is_dir() && !path.ends_with("_project"));
    behaviours.sort();
    assert!(!behaviours.is_empty());
    let mut faults = String::new();
    for behaviour in behaviours {
        if let Err(differences) = check(&behaviour, bless) {
            let _ = writeln!(faults, "==== {}\n{differences}", behaviour.display());
        }
    }
    assert!(faults.is_empty(), "{faults}");
}
