//! The table of a corpus, in Markdown: what each document has, costs, and what is odd in it.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use countersign::contract::{Contract, Parts, Retrieve};
use countersign::lint;
use countersign::source::{Diagnostics, Severity, Source};

use super::{least, plain};

/// Reads what is below the corpus, and remembers it.
struct Files {
    root: PathBuf,
    read: Mutex<Vec<(String, String)>>,
}

impl Files {
    fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), read: Mutex::default() }
    }
}

impl Retrieve for Files {
    fn retrieve(&self, name: &str) -> Result<String, String> {
        if !Path::new(name).starts_with(&self.root) {
            return Err("it is outside the corpus".to_owned());
        }
        let text = std::fs::read_to_string(name).map_err(|error| error.to_string())?;
        self.read.lock().expect("one thread").push((name.to_owned(), text.clone()));
        Ok(text)
    }
}

fn load(name: &str, text: &str, files: &Files) -> Result<(Contract, Diagnostics), Diagnostics> {
    let parts = Parts { name: "corpus".into(), document: Source::new(name, text), overlay: None, promises: None };
    Contract::load(parts, files)
}

/// Prints the table of the documents that `manifest.tsv` of the corpus names.
pub(super) fn print(corpus: &Path) {
    let manifest = std::fs::read_to_string(corpus.join("manifest.tsv")).expect("a manifest");
    let nothing = peak(Path::new("")).unwrap_or_default();
    println!("| Document | Operations | Files | KiB | Load ÷ plain parse | MiB | What is odd |");
    println!("| --- | --: | --: | --: | --: | --: | --- |");
    for line in manifest.lines().skip(1) {
        println!("{}", row(corpus, line.split('\t').next().unwrap_or_default(), nothing));
    }
}

fn row(corpus: &Path, file: &str, nothing: f64) -> String {
    let path = corpus.join(file);
    let (name, text) = (path.to_string_lossy(), std::fs::read_to_string(&path).expect("a readable file"));
    let files = Files::new(corpus);
    let shown = file.strip_prefix("specs/").unwrap_or(file);
    let contract = match load(&name, &text, &files) {
        Ok((contract, _)) => contract,
        Err(faults) => {
            let first = faults.iter().next().map(|fault| fault.message.clone()).unwrap_or_default();
            return format!("| {shown} | | | {} | | | refused: {first} |", text.len() / 1024);
        }
    };
    let mut texts = files.read.into_inner().expect("one thread");
    let count = texts.len() + 1;
    texts.push((name.to_string(), text.clone()));
    let ratio = ratio(&name, &text, &texts, corpus);
    let memory = peak(&path).map_or_else(String::new, |peak| format!("{:.0}", (peak - nothing).max(0.0)));
    let size: usize = texts.iter().map(|(_, text)| text.len()).sum();
    format!(
        "| {shown} | {} | {count} | {} | {ratio:.2} | {memory} | {} |",
        contract.operations().len(),
        size / 1024,
        oddities(&name, &text, corpus),
    )
}

/// Loading a document with all that it refers to, against reading the same texts and no more.
fn ratio(name: &str, text: &str, texts: &[(String, String)], corpus: &Path) -> f64 {
    // Small ones are read many times over, so that the clock sees them.
    let times = (400_000 / text.len().max(1)).clamp(1, 50);
    let (bare, loaded) = least(
        || (0..times).for_each(|_| texts.iter().for_each(|(name, text)| plain(name, text))),
        || (0..times).for_each(|_| _ = black_box(load(name, text, &Files::new(corpus)).is_ok())),
    );
    loaded / bare
}

/// What `lint` says of it, the most frequent first.
fn oddities(name: &str, text: &str, corpus: &Path) -> String {
    let source = Source::new(name, text);
    let Ok(report) = lint::lint(source, &Files::new(corpus), &lint::Settings::default()) else {
        return "refused by `lint`".to_owned();
    };
    let mut told: Vec<(usize, &str)> = report
        .counts
        .iter()
        .filter(|(rule, _)| rule.severity > Severity::Hint)
        .map(|(rule, count)| (*count, rule.code))
        .collect();
    told.sort_by(|a, b| b.cmp(a));
    let shown: Vec<String> = told.iter().take(4).map(|(count, code)| format!("{count} `{code}`")).collect();
    let left = told.len() - shown.len();
    match (shown.is_empty(), left) {
        (true, _) => "nothing".to_owned(),
        (_, 0) => shown.join(", "),
        (_, left) => format!("{}, {left} more", shown.join(", ")),
    }
}

/// The most memory in MiB that a process needs which loads this document (`""`: none), where the system tells.
fn peak(path: &Path) -> Option<f64> {
    let this = std::env::current_exe().ok()?;
    let output = Command::new(this).arg("--peak").arg(path).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// What the process that [`peak`] starts does.
pub(super) fn tell_peak(path: &Path) {
    if !path.as_os_str().is_empty() {
        let text = std::fs::read_to_string(path).expect("a readable file");
        let root = path.ancestors().find(|above| above.join("manifest.tsv").is_file()).unwrap_or(Path::new(""));
        let _ = black_box(load(&path.to_string_lossy(), &text, &Files::new(root)).is_ok());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok());
    if let Some(kib) = kib {
        println!("{}", kib / 1024.0);
    }
}
