//! `countersign import`

mod cases;

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::arguments::OutputArguments;
use super::check::contracts;
use super::output::{self, Look};
use super::{Environment, Exit};
use crate::contract::Formats;
use crate::exchange::{Request, Response};
use crate::offline::{self, Bound, Matching};
use crate::project::{Folder, Loaded, Specs};
use crate::report;
use crate::source::{Diagnostic, Diagnostics};
use crate::traffic::{self, Credentials, Hole, NO_HOST, TrafficError, Wanted, What};
use cases::CaseFile;

/// `import`
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// HAR or NDJSON files, Postman collections (v2.1), or files of `curl` command lines; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// An OpenAPI document, or the name of one in the specs folder; `name=DOCUMENT` names it. May be
    /// repeated; by default every contract of the specs folder.
    #[arg(long = "contract", short = 'c', value_name = "[NAME=]DOCUMENT")]
    pub documents: Vec<String>,
    /// Where the requests of a contract go, instead of the document's servers. May be repeated.
    #[arg(long = "base-url", value_name = "URL")]
    pub base_urls: Vec<String>,
    /// What the files are; told from their beginnings by default.
    #[arg(long = "from", value_enum, value_name = "KIND", default_value_t = Kind::Auto)]
    pub kind: Kind,
    /// The folder for the case files, one for each file and contract; `-` is standard output.
    #[arg(long, short, value_name = "DIR", default_value = "cases/imported")]
    pub out: PathBuf,
    /// Write over case files that are there.
    #[arg(long)]
    pub force: bool,
    /// Only warn of entries that cannot be read and of files that break off.
    #[arg(long)]
    pub allow_truncated: bool,
    /// The folder with the contracts.
    #[arg(long, value_name = "DIR", default_value = "specs")]
    pub specs: PathBuf,
}

/// A kind of file that is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Told from the file's beginning.
    Auto,
    /// HAR, or NDJSON access logs.
    Har,
    /// A Postman collection.
    Postman,
    /// `curl` command lines.
    Curl,
}

/// How much is looked at to tell what a file is.
const WINDOW: u64 = 64 * 1024;
/// Collections and command lines larger than this are not read.
const LARGEST: u64 = 64 << 20;

/// Writes recorded traffic, collections and command lines as cases.
pub(super) fn import(arguments: &ImportArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    match try_import(arguments, &look, environment) {
        Ok(exit) => exit,
        Err(diagnostics) => {
            output::diagnostics(&diagnostics, &look);
            Exit::NotStarted
        }
    }
}

/// A request that is to become a step of a case.
struct Imported {
    name: Option<String>,
    request: Request,
    response: Option<Response>,
    holes: Vec<Hole>,
    notes: Vec<String>,
    /// Whether a field that is not there was not sent: clients add `Accept` to what people write down.
    whole: bool,
}

fn try_import(arguments: &ImportArguments, look: &Look, environment: &Environment) -> Result<Exit, Diagnostics> {
    let folder = environment.folder();
    let specs = Specs { folder: arguments.specs.clone(), overlays: true, root: None, formats: Formats::Assert };
    let given = |loaded: Loaded| {
        output::warnings(&loaded.warnings, look);
        if arguments.base_urls.is_empty() {
            Bound::new(loaded.contract)
        } else {
            Bound::at(loaded.contract, &arguments.base_urls)
        }
    };
    let bounds: Vec<Bound> = contracts(&arguments.documents, &specs, &folder)?.into_iter().map(given).collect();
    let mut work = Work {
        arguments,
        folder: &folder,
        bounds: &bounds,
        look,
        faults: Vec::new(),
        foreign: BTreeMap::new(),
        files: Vec::new(),
    };
    for path in &arguments.files {
        work.file(path)?;
    }
    work.write()
}

struct Work<'a> {
    arguments: &'a ImportArguments,
    folder: &'a Folder,
    bounds: &'a [Bound],
    look: &'a Look,
    faults: Vec<String>,
    /// What belongs to no contract, by host, and how often.
    foreign: BTreeMap<String, usize>,
    files: Vec<CaseFile<'a>>,
}

impl Work<'_> {
    fn file(&mut self, path: &Path) -> Result<(), Diagnostic> {
        let standard = path == Path::new("-");
        let name = if standard { "standard input".to_owned() } else { self.folder.name(path) };
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).filter(|_| !standard);
        let stem = stem.unwrap_or_else(|| "imported".to_owned());
        let mut reader = self.folder.open(path)?;
        let unreadable = |error: std::io::Error| Diagnostic::error("not-readable", format!("{name}: {error}"));
        let mut window = Vec::new();
        reader.by_ref().take(WINDOW).read_to_end(&mut window).map_err(unreadable)?;
        let kind = match self.arguments.kind {
            Kind::Auto => sniff(&window),
            said => said,
        };
        let mut whole = Cursor::new(window).chain(reader);
        if kind == Kind::Har {
            return self.traffic(whole, &name, &stem);
        }
        let mut bytes = Vec::new();
        whole.by_ref().take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LARGEST {
            return Err(Diagnostic::error("not-readable", format!("{name}: larger than {LARGEST} bytes")));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Diagnostic::error("not-readable", format!("{name}: not UTF-8: byte {at} is none; save the file as UTF-8"))
        })?;
        let wanted = if kind == Kind::Postman {
            collection(&text, &name)?
        } else {
            let suite = path.to_owned();
            let fetch = |file: &str| {
                let beside = suite.parent().unwrap_or(Path::new("")).join(file);
                self.folder.read_data(&beside, &suite)
            };
            traffic::curl_commands(&text, &fetch)
        };
        self.wanted(wanted, &name, &stem, if kind == Kind::Postman { "item" } else { "line" });
        Ok(())
    }

    fn wanted(&mut self, all: Vec<Wanted>, name: &str, stem: &str, unit: &str) {
        for wanted in all {
            let place = format!("{name}: {unit} {}", wanted.line);
            let title = wanted.name.as_ref().map(|name| format!(" (`{name}`)")).unwrap_or_default();
            let request = match wanted.request {
                Ok(request) => request,
                Err(reason) => {
                    self.faults.push(format!("{place}{title}: {reason}"));
                    continue;
                }
            };
            if !self.look.is_quiet() {
                wanted.notes.iter().for_each(|note| output::tell(&format!("note: {place}{title}: {note}")));
            }
            let imported = |name: Option<String>, response: Option<Response>| Imported {
                name,
                request: request.clone(),
                response,
                holes: wanted.holes.clone(),
                notes: wanted.notes.clone(),
                whole: false,
            };
            if wanted.responses.is_empty() {
                self.add(imported(wanted.name.clone(), None), stem, true);
            }
            for (example, response) in &wanted.responses {
                let said = wanted.name.as_deref().unwrap_or_default();
                let name = if example.is_empty() { said.to_owned() } else { format!("{said}: {example}") };
                self.add(imported(Some(name), Some(response.clone())), stem, true);
            }
        }
    }

    fn traffic(&mut self, reader: impl std::io::Read, name: &str, stem: &str) -> Result<(), Diagnostic> {
        let refused = |error: &TrafficError| {
            let help =
                "it takes HAR, NDJSON access logs, Postman collections and `curl` command lines; `--from` says which";
            Diagnostic::error("no-traffic", format!("{name}: {error}")).help(help)
        };
        for item in traffic::read(reader).map_err(|error| refused(&error))? {
            let item = match item {
                Ok(item) => item,
                Err(error @ TrafficError::Truncated { .. }) => {
                    self.faults.push(format!("{name}: {error}"));
                    break;
                }
                Err(error) => return Err(refused(&error)),
            };
            let place = format!("{name}:{}:{}: entry {}", item.position.line, item.position.column, item.number);
            match item.what {
                What::Entry(entry) => {
                    let lost = [entry.missing.request_body.clone(), entry.missing.response_body.clone()];
                    let mut notes: Vec<String> = lost.into_iter().flatten().collect();
                    // Half a response would be replayed as if it were the whole.
                    let response = entry.response.ok().filter(|_| entry.missing.response_body.is_none());
                    if response.is_none() && notes.is_empty() {
                        notes.push("no response was recorded".to_owned());
                    }
                    let whole = !entry.missing.request_headers;
                    let holes = Vec::new();
                    let imported = Imported { name: None, request: entry.request, response, holes, notes, whole };
                    self.add(imported, stem, false);
                }
                What::Aside(kind) => *self.foreign.entry(kind).or_default() += 1,
                What::Unreadable(reason) => self.faults.push(format!("{place} cannot be read: {reason}")),
            }
        }
        Ok(())
    }

    /// `wanted`: somebody wrote it down by itself, so that it belongs to the only contract there is.
    fn add(&mut self, imported: Imported, stem: &str, wanted: bool) {
        let request = &imported.request;
        let unknown = request.url.starts_with(&format!("http://{NO_HOST}"));
        let matching = if unknown { Matching::BasePath } else { Matching::Auto };
        let found = offline::place(self.bounds, matching, request).map(|(index, below)| {
            let base = request.path().strip_suffix(below).unwrap_or_default();
            (index, base.to_owned())
        });
        let (index, base) = match found {
            Some(found) => found,
            None if wanted && self.bounds.len() == 1 => (0, String::new()),
            None => {
                let host = offline::host(&request.url);
                *self.foreign.entry(if unknown { "an unknown host".to_owned() } else { host }).or_default() += 1;
                return;
            }
        };
        let known = self.files.iter().position(|file| file.stem == stem && file.index == index);
        let at = known.unwrap_or_else(|| {
            self.files.push(CaseFile::new(stem, index, &self.bounds[index].contract));
            self.files.len() - 1
        });
        self.files[at].add(imported, &base);
    }

    fn write(self) -> Result<Exit, Diagnostics> {
        let word = if self.arguments.allow_truncated { "warning" } else { "error" };
        for fault in &self.faults {
            output::tell(&format!("{word}[not-imported]: {fault}"));
        }
        if !self.foreign.is_empty() && !self.look.is_quiet() {
            let all: usize = self.foreign.values().sum();
            let list: Vec<String> =
                self.foreign.iter().take(8).map(|(host, count)| format!("{host} ({count})")).collect();
            let more = if self.foreign.len() > 8 { ", …" } else { "" };
            let belong = if all == 1 { "1 entry belongs" } else { &format!("{all} entries belong") };
            output::tell(&format!("{belong} to no contract: {}{more}", list.join(", ")));
        }
        let cases: usize = self.files.iter().map(CaseFile::len).sum();
        if cases == 0 {
            output::tell("nothing to import: no request belongs to a contract; `--base-url URL` says where they went");
            return Ok(if self.faults.is_empty() { Exit::NothingSelected } else { Exit::NotStarted });
        }
        self.write_files()?;
        Ok(if self.faults.is_empty() || self.arguments.allow_truncated { Exit::Kept } else { Exit::NotStarted })
    }

    fn write_files(&self) -> Result<(), Diagnostic> {
        let several = |stem: &str| self.files.iter().filter(|file| file.stem == stem).count() > 1;
        for file in &self.files {
            let contract = file.contract();
            let name = if several(&file.stem) {
                format!("{}-{}.yaml", file.stem, contract.name())
            } else {
                format!("{}.yaml", file.stem)
            };
            let to_standard = self.arguments.out == Path::new("-");
            let out = if to_standard { Path::new("") } else { &self.arguments.out };
            let text = file.text(&self.named(contract, out));
            if to_standard {
                output::print(&text);
            } else {
                let path = out.join(&name);
                if self.folder.path(&path).exists() && !self.arguments.force {
                    let message = format!("{}: it is there already", self.folder.name(&path));
                    return Err(Diagnostic::error("not-written", message)
                        .help("give another folder with `--out DIR`, or write over it with `--force`"));
                }
                report::write_all(&self.folder.path(out), &[(&name, &text)]).map_err(|error| {
                    Diagnostic::error("not-written", error.to_string()).help("give another folder with `--out DIR`")
                })?;
                if !self.look.is_quiet() {
                    output::print(&format!("{}: {}", self.folder.name(&path), file.told()));
                }
            }
        }
        Ok(())
    }

    /// How a case file in `out` names a contract: by its name in the specs folder, else by its document's path.
    fn named(&self, contract: &crate::contract::Contract, out: &Path) -> String {
        let document = contract.document().name();
        let in_specs = Path::new(document).parent() == Some(Path::new(&self.folder.name(&self.arguments.specs)));
        let own = Path::new(document).file_stem().is_some_and(|stem| stem == contract.name());
        if in_specs && own && self.arguments.specs == Path::new("specs") {
            return contract.name().to_owned();
        }
        if Path::new(document).is_absolute() {
            return document.to_owned();
        }
        let out = self.folder.name(out);
        let up = Path::new(&out).components().count();
        if up == 0 { format!("./{document}") } else { "../".repeat(up) + document }
    }
}

fn collection(text: &str, name: &str) -> Result<Vec<Wanted>, Diagnostic> {
    let credentials = Credentials::new([], Vec::new());
    let collection = traffic::postman_collection(text, &|name| credentials.is_secret(name)).map_err(|error| {
        Diagnostic::error("no-collection", format!("{name}: {error}"))
            .help("in Postman: Export, Collection v2.1; docs/import.md describes what is taken over")
    })?;
    for note in &collection.notes {
        output::tell(&format!("note: {name}: {note}"));
    }
    Ok(collection.requests)
}

fn sniff(window: &[u8]) -> Kind {
    let text = String::from_utf8_lossy(window);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let postman = ["\"_postman_id\"", "schema.getpostman.com", "schema.postman.com", "\"_postman_variable_scope\""];
    let json = text.starts_with(['{', '[']);
    let log = text.contains("\"log\"") || text.contains("\"entries\"");
    if json
        && (postman.iter().any(|mark| text.contains(mark))
            || !log && text.contains("\"info\"") && text.contains("\"item\""))
    {
        Kind::Postman
    } else if json || window.starts_with(b"\x1f\x8b") || window.contains(&0) {
        Kind::Har
    } else if text.split_whitespace().any(|word| word.ends_with("curl") || word.ends_with("curl.exe")) {
        Kind::Curl
    } else {
        Kind::Har
    }
}
