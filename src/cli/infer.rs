//! `countersign infer`

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::arguments::OutputArguments;
use super::mock::replay::read;
use super::output::{self, Look};
use super::{Environment, Exit};
use crate::contract::Formats;
use crate::exchange::Exchange;
use crate::infer::{Findings, Infer};
use crate::offline::{self, Bound, Matching};
use crate::project::{Folder, Specs};
use crate::report;
use crate::source::{Diagnostic, Diagnostics, Yaml};
use crate::traffic::{self, Entry, Missing, TrafficError, What};

/// `infer`
#[derive(Debug, Args)]
pub struct InferArguments {
    /// Traffic files (HAR, NDJSON logs), plain or in gzip, `-` for standard input; and recorded cases, a folder or a file.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write to this file, as JSON where it ends in `.json`, else as YAML; without it, YAML to standard output.
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The host whose traffic is meant (`api.example.com`, `localhost:8080`); without it, the one that was
    /// asked most. May be repeated.
    #[arg(long = "host", value_name = "HOST", conflicts_with = "overlay_for")]
    pub hosts: Vec<String>,
    /// The document's title; without it, the host.
    #[arg(long, value_name = "TITLE", conflicts_with = "overlay_for")]
    pub title: Option<String>,
    /// Propose an overlay for this document instead: what the traffic shows and it does not say.
    #[arg(long, value_name = "DOCUMENT")]
    pub overlay_for: Option<PathBuf>,
    /// Where the traffic of that document went, instead of its servers. May be repeated.
    #[arg(long = "base-url", value_name = "URL", requires = "overlay_for")]
    pub base_urls: Vec<String>,
    /// Only warn of entries that cannot be read and of files that break off.
    #[arg(long)]
    pub allow_truncated: bool,
}

/// Infers a contract from traffic.
pub(super) fn infer(arguments: &InferArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    match try_infer(arguments, &look, environment) {
        Ok(exit) => exit,
        Err(diagnostics) => {
            output::diagnostics(&diagnostics, &look);
            Exit::NotStarted
        }
    }
}

fn try_infer(arguments: &InferArguments, look: &Look, environment: &Environment) -> Result<Exit, Diagnostics> {
    let folder = environment.folder();
    let mut faults = Vec::new();
    let made = match &arguments.overlay_for {
        Some(document) => overlay(arguments, document, (&folder, environment), look, &mut faults)?,
        None => contract(arguments, (&folder, environment), look, &mut faults)?,
    };
    let word = if arguments.allow_truncated { "warning" } else { "error" };
    for fault in &faults {
        output::tell(&format!("{word}[not-whole]: {fault}"));
    }
    let Some(made) = made else {
        output::tell("nothing to infer from: no entry is a call of an API");
        return Ok(if faults.is_empty() { Exit::NothingSelected } else { Exit::NotStarted });
    };
    write(&made, arguments.out.as_deref(), &folder)?;
    Ok(if faults.is_empty() || arguments.allow_truncated { Exit::Kept } else { Exit::NotStarted })
}

fn contract(
    arguments: &InferArguments,
    (folder, environment): (&Folder, &Environment),
    look: &Look,
    faults: &mut Vec<String>,
) -> Result<Option<Value>, Diagnostics> {
    let mut infer = Infer::default();
    let (recordings, files) = told_apart(&arguments.files, folder);
    recorded(&recordings, (folder, environment), look, "", &mut |entry| infer.add(entry))?;
    let others = entries(&files, folder, faults, &mut |entry| infer.add(entry))?;
    let Some(mut inferred) = infer.document(&arguments.hosts, arguments.title.as_deref()) else { return Ok(None) };
    if others > 0 {
        inferred.left_out.insert("of other protocols".to_owned(), others);
    }
    if !look.is_quiet() {
        let all = |value: &Value| value.as_object().map_or(0, serde_json::Map::len);
        let paths = &inferred.document["paths"];
        let operations: usize = paths.as_object().into_iter().flatten().map(|(_, item)| all(item)).sum();
        let (exchanges, paths) = (inferred.exchanges, all(paths));
        output::tell(&format!(
            "inferred from {}: {}, {}",
            counted(exchanges, "exchange"),
            counted(paths, "path"),
            counted(operations, "operation")
        ));
        if !inferred.left_out.is_empty() {
            let list = inferred.left_out.iter().map(|(why, count)| format!("{why} ({count})")).collect::<Vec<_>>();
            output::tell(&format!("left out: {}", list.join(", ")));
        }
    }
    Ok(Some(inferred.document))
}

fn overlay(
    arguments: &InferArguments,
    document: &Path,
    (folder, environment): (&Folder, &Environment),
    look: &Look,
    faults: &mut Vec<String>,
) -> Result<Option<Value>, Diagnostics> {
    let specs = Specs { folder: PathBuf::from("specs"), overlays: true, root: None, formats: Formats::Assert };
    let path = specs.find(folder, &document.to_string_lossy(), Path::new(""))?;
    let loaded = specs.load(folder, &path)?;
    output::warnings(&loaded.warnings, look);
    let contract = loaded.contract;
    let given = !arguments.base_urls.is_empty();
    let bound = if given { Bound::at(contract, &arguments.base_urls) } else { Bound::new(contract) };
    let bounds = [bound];
    let contract = &bounds[0].contract;
    let (mut findings, mut taken, mut foreign) = (Findings::default(), 0, 0);
    let (recordings, files) = told_apart(&arguments.files, folder);
    let server = arguments.base_urls.first().or_else(|| contract.servers().first());
    let server = server.map_or("", |server| server.trim_end_matches('/')).to_owned();
    recorded(&recordings, (folder, environment), look, &server, &mut |entry| {
        findings.add(contract, entry, &entry.request.path()[path_of(&server).len()..]);
        taken += 1;
    })?;
    entries(&files, folder, faults, &mut |entry| match offline::place(&bounds, Matching::Auto, &entry.request) {
        Some((_, path)) => {
            findings.add(contract, entry, path);
            taken += 1;
        }
        None => foreign += 1,
    })?;
    if taken == 0 {
        return Ok(None);
    }
    let (mut overlay, actions) = findings.overlay(contract);
    if let Some(out) = &arguments.out {
        // A reference in an overlay starts from the overlay's own place (Overlay 1.0, section 4.4.1).
        overlay["extends"] = folder.seen_from(out, Path::new(contract.document().name())).into();
    }
    if !look.is_quiet() {
        let others =
            if foreign > 0 { format!("; {} to other servers", counted(foreign, "exchange")) } else { String::new() };
        output::tell(&format!(
            "{} in {}{others}",
            counted(actions, "thing the document does not say"),
            counted(taken, "exchange")
        ));
    }
    Ok(Some(overlay))
}

/// Recorded cases, and traffic files.
fn told_apart(files: &[PathBuf], folder: &Folder) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let is_yaml = |path: &Path| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    files.iter().cloned().partition(|path| is_yaml(path) || folder.path(path).is_dir())
}

/// Reads the exchanges of recorded cases; `server` stands before their paths.
fn recorded(
    recordings: &[PathBuf],
    (folder, environment): (&Folder, &Environment),
    look: &Look,
    server: &str,
    take: &mut dyn FnMut(&Entry),
) -> Result<(), Diagnostics> {
    let specs = Specs { folder: PathBuf::from("specs"), overlays: true, root: None, formats: Formats::Assert };
    for path in recordings {
        let (_, known) = read(path, folder, &specs, environment, look)?;
        if known.is_empty() {
            let message = format!("there is no recorded response in `{}`", folder.name(path));
            return Err(Diagnostic::error("no-recordings", message)
                .help("`countersign record` makes recordings")
                .into());
        }
        for known in known {
            let Exchange { mut request, response, elapsed } = known.exchange;
            request.url.insert_str(0, server);
            let missing = Missing::default();
            take(&Entry { started: None, request, response: Ok(response), elapsed, missing, notes: Vec::new() });
        }
    }
    Ok(())
}

/// The path of a server's URL.
fn path_of(server: &str) -> &str {
    let start = server.find("://").map_or(0, |at| at + 3);
    server[start..].find('/').map_or("", |at| &server[start + at..])
}

fn counted(count: usize, word: &str) -> String {
    let (first, rest) = word.split_once(' ').map_or((word, String::new()), |(first, rest)| (first, format!(" {rest}")));
    format!("{count} {first}{}{rest}", if count == 1 { "" } else { "s" })
}

/// Reads the entries of all files; gives how many are no HTTP exchange.
pub(super) fn entries(
    files: &[PathBuf],
    folder: &Folder,
    faults: &mut Vec<String>,
    take: &mut dyn FnMut(&Entry),
) -> Result<usize, Diagnostic> {
    let mut others = 0;
    for path in files {
        let name = if path == Path::new("-") { "standard input".to_owned() } else { folder.name(path) };
        let refused = |error: &TrafficError| {
            let help = "it takes HAR, NDJSON access logs, and JSON arrays of the same; docs/check.md describes them";
            Diagnostic::error("no-traffic", format!("{name}: {error}")).help(help)
        };
        for item in traffic::read(folder.open(path)?).map_err(|error| refused(&error))? {
            match item {
                Ok(item) => match &item.what {
                    What::Entry(entry) => take(entry),
                    What::Aside(_) => others += 1,
                    What::Unreadable(reason) => {
                        let (line, column) = (item.position.line, item.position.column);
                        faults.push(format!("{name}:{line}:{column}: entry {} cannot be read: {reason}", item.number));
                    }
                },
                Err(error @ TrafficError::Truncated { .. }) => faults.push(format!("{name}: {error}")),
                Err(error) => return Err(refused(&error)),
            }
        }
    }
    Ok(others)
}

/// Writes a value as YAML, or as JSON into a file that ends so.
fn write(value: &Value, out: Option<&Path>, folder: &Folder) -> Result<(), Diagnostic> {
    let json = out.is_some_and(|path| path.extension().is_some_and(|ending| ending == "json"));
    let text = if json { format!("{value:#}\n") } else { Yaml::from(value.clone()).to_string() };
    let Some(path) = out else {
        output::print(&text);
        return Ok(());
    };
    let full = folder.path(path);
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let parent = full.parent().unwrap_or(Path::new("."));
    report::write_all(parent, &[(&name, &text)])
        .map_err(|error| Diagnostic::error("not-written", error.to_string()).help("give another file with `--out`"))?;
    Ok(())
}
