//! `countersign record`

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::arguments::OutputArguments;
use super::check::contracts;
use super::output::{self, Look};
use super::tls::{Secured, TlsArguments, certificate, tls};
use super::{Environment, Exit};
use crate::contract::{Alone, Contract, Formats, Parts};
use crate::project::{Folder, Loaded, RecordingFolder, Specs, system_clock};
use crate::record::journal::{Found, Journal};
use crate::record::redact::{Pattern, Redact};
use crate::record::{Answered, Book, Contracts, Line, Outcome, Proxy, ProxySettings, Recorder, Upstream};
use crate::report::Verbosity;
use crate::source::{Diagnostic, Diagnostics, Source};
use crate::verdict::{Undecided, Verdict};

/// The document of an API of which nothing is known.
const UNKNOWN: &str = "{\n  \"openapi\": \"3.1.0\",\n  \"info\": { \"title\": \"Recorded traffic\", \"version\": \"1\" },\n  \"paths\": {}\n}\n";

/// `record`
#[derive(Debug, Args)]
pub struct RecordArguments {
    /// The server that requests are passed on to, such as `https://api.example.com/v1`.
    #[arg(long, value_name = "URL", required_unless_present_any = ["recover", "compare"])]
    pub upstream: Option<String>,
    /// Only make cases of what a recording that was cut short has left.
    #[arg(long, conflicts_with = "upstream")]
    pub recover: bool,
    /// The same traffic once more: what is answered otherwise than it was recorded is matched from now on.
    #[arg(long, requires = "upstream")]
    pub again: bool,
    /// Only learn what varies from a second recording of the same traffic, a folder or a file.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["upstream", "recover"])]
    pub compare: Option<PathBuf>,
    /// The folder that case files are written to.
    #[arg(long, value_name = "DIR", default_value = "cases/recorded")]
    pub out: PathBuf,
    /// The address to listen on.
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// The port; 0 lets the system choose.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Whether TLS is spoken to clients.
    #[command(flatten)]
    pub tls: TlsArguments,
    /// Also trust the certificates of this PEM file when speaking to the server. May be repeated.
    #[arg(long = "ca-cert", visible_alias = "ca", value_name = "FILE", env = "COUNTERSIGN_CA_CERT")]
    pub ca_certs: Vec<PathBuf>,
    /// A contract, as `[NAME=]DOCUMENT`, a name or a path; by default every contract in the specs folder. May be repeated.
    #[arg(long = "contract", short = 'c', value_name = "[NAME=]DOCUMENT", help_heading = "Contracts")]
    pub contracts: Vec<String>,
    /// The folder with `<name>.yaml` and `<name>.overlay.yaml`.
    #[arg(long, value_name = "DIR", default_value = "specs", help_heading = "Contracts")]
    pub specs: PathBuf,
    /// Judge by the vendors' bare documents.
    #[arg(long, help_heading = "Contracts")]
    pub no_overlay: bool,
    /// Answer requests that break the contract, instead of passing them on.
    #[arg(long, help_heading = "Judging")]
    pub block: bool,
    /// Add what breaks the contract to the response, as `countersign-violations`.
    #[arg(long, help_heading = "Judging")]
    pub violations_header: bool,
    /// Do not replace the values of fields with this name (`*trace*`), or values like this (`/^test-/`). May be repeated.
    #[arg(long, value_name = "PATTERN", help_heading = "Secrets")]
    pub keep: Vec<String>,
    /// Replace these besides. May be repeated.
    #[arg(long, value_name = "PATTERN", help_heading = "Secrets")]
    pub redact: Vec<String>,
}

/// Records until interrupted.
pub(super) fn record(arguments: &RecordArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    match try_record(arguments, &look, environment) {
        Ok(exit) => exit,
        Err(diagnostics) => {
            output::diagnostics(&diagnostics, &look);
            Exit::NotStarted
        }
    }
}

/// What everything is done with.
pub(super) struct Work<'a> {
    pub(super) look: &'a Look,
    pub(super) out: RecordingFolder,
    pub(super) contracts: Contracts,
    /// How case files name each contract.
    pub(super) named: Vec<String>,
    pub(super) base_path: String,
    /// Whether the files learn from what differs.
    pub(super) again: bool,
}

fn try_record(arguments: &RecordArguments, look: &Look, environment: &Environment) -> Result<Exit, Diagnostics> {
    let folder = environment.folder();
    let upstream = upstream(arguments, &folder)?;
    let (keep, redact) = (patterns(&arguments.keep)?, patterns(&arguments.redact)?);
    let out = RecordingFolder::new(&folder, &arguments.out)?;
    let specs = Specs {
        folder: arguments.specs.clone(),
        overlays: !arguments.no_overlay,
        root: None,
        formats: Formats::default(),
    };
    let loaded = if arguments.contracts.is_empty() && specs.names(&folder).is_empty() {
        vec![unknown(&out)?]
    } else {
        contracts(&arguments.contracts, &specs, &folder)?
    };
    for loaded in &loaded {
        output::warnings(&loaded.warnings, look);
    }
    let work = Work {
        look,
        named: loaded.iter().map(|loaded| out.names(loaded, &specs)).collect(),
        out,
        contracts: Contracts::new(loaded.iter().map(|loaded| Arc::clone(&loaded.contract))),
        again: arguments.again,
        base_path: upstream.as_ref().map(|upstream| upstream.base_path().to_owned()).unwrap_or_default(),
    };
    let (mut journal, found) = work.out.journal()?;
    let last = found.entries.iter().map(|entry| entry.number).max().unwrap_or_default();
    work.recover(found, &mut journal)?;
    if let Some(other) = &arguments.compare {
        let outcome = work.out.compare(&work.book(), other)?;
        work.tell_lessons(&outcome);
    }
    let Some(upstream) = upstream else {
        journal.remove().map_err(|error| journal_fault(&error))?;
        return Ok(Exit::Kept);
    };
    let redact = Redact::new(work.contracts.iter().map(|contract| &**contract), keep, redact);
    redact.reserve(&work.out.variables());
    let recorder = Arc::new(Recorder::new(journal, redact, system_clock(), last));
    let secured = tls(&arguments.tls, arguments.host, &folder)?;
    let settings = ProxySettings {
        block: arguments.block,
        violations_header: arguments.violations_header,
        tls: secured.as_ref().map(|(tls, _)| tls.clone()),
        ..ProxySettings::new(Some(upstream), teller(*look))
    };
    let address = SocketAddr::new(arguments.host, arguments.port);
    work.pass(settings, &recorder, (address, secured.as_ref()))?;
    work.finish(&recorder)?;
    Ok(Exit::Kept)
}

impl Work<'_> {
    /// Makes cases of what an earlier recording has left.
    pub(super) fn recover(&self, found: Found, journal: &mut Journal) -> Result<(), Diagnostics> {
        if found.lost > 0 {
            let name = self.out.name();
            output::tell(&format!("warning: {} lines of the journal left in `{name}` cannot be read", found.lost));
        }
        if !found.entries.is_empty() {
            let count = found.entries.len();
            output::tell(&format!("an earlier recording was cut short: {count} exchanges are recovered"));
            let outcome = self.out.write(&self.book(), found.entries, false)?;
            self.tell(&outcome);
            journal.clear().map_err(|error| journal_fault(&error))?;
        }
        Ok(())
    }

    fn book(&self) -> Book<'_> {
        Book::new(&self.contracts, self.named.clone(), &self.base_path)
    }

    /// Passes and keeps until interrupted.
    fn pass(
        &self,
        settings: ProxySettings,
        recorder: &Arc<Recorder>,
        (address, secured): (SocketAddr, Option<&Secured>),
    ) -> Result<(), Diagnostics> {
        let shown = settings.upstream.as_ref().map(Upstream::origin).unwrap_or_default();
        let runtime = output::runtime()?;
        runtime.block_on(async {
            let proxy = Proxy::start(settings, self.contracts.clone(), Some(Arc::clone(recorder)), address).await;
            let proxy = proxy.map_err(|error| {
                Diagnostic::error("cannot-listen", format!("cannot listen on {address}: {error}"))
                    .help("give another `--port`; 0 lets the system choose")
            })?;
            output::print(&format!("recording on {}", proxy.url()));
            output::print(&format!("  passes on to {shown}{}, writes to {}", self.base_path, self.out.name()));
            if let Some(line) = certificate(secured) {
                output::print(&line);
            }
            output::interrupted().await;
            tell_untold(proxy.stop().await);
            Ok(())
        })
    }

    /// Makes cases of the journal.
    pub(super) fn finish(&self, recorder: &Recorder) -> Result<(), Diagnostics> {
        let found = recorder.entries().map_err(|error| journal_fault(&error))?;
        let outcome = self.out.write(&self.book(), found.entries, self.again)?;
        self.tell(&outcome);
        if self.again {
            self.tell_lessons(&outcome);
        }
        recorder.close().map_err(|error| journal_fault(&error))?;
        Ok(())
    }

    /// What was learnt, a line each.
    fn tell_lessons(&self, outcome: &Outcome) {
        let count = outcome.lessons.iter().filter(|lesson| lesson.what.is_some()).count();
        output::print(&match count {
            0 => "nothing differs that is not matched already".to_owned(),
            1 => "1 value differs, and is matched from now on".to_owned(),
            many => format!("{many} values differ, and are matched from now on"),
        });
        for lesson in &outcome.lessons {
            output::print(&format!("  {}/{lesson}", self.out.name()));
        }
    }

    fn tell(&self, outcome: &Outcome) {
        let word = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let mut text = word(outcome.written, "new case", "new cases");
        if outcome.known > 0 {
            let _ = write!(text, ", {} known already", word(outcome.known, "exchange", "exchanges"));
        }
        if outcome.broken > 0 {
            let _ = write!(text, ", {} broken when recorded", outcome.broken);
        }
        output::print(&text);
        for (name, _) in &outcome.files {
            output::print(&format!("  {}/{name}", self.out.name()));
        }
        if !outcome.variables.is_empty() && !self.look.is_quiet() {
            output::print(&format!("secrets are read from the environment: {}", outcome.variables.join(", ")));
        }
    }
}

/// Tells of what came too fast to be told.
pub(super) fn tell_untold(count: u64) {
    if count > 0 {
        output::tell(&format!("{count} exchanges came too fast to be told here; they were passed on and kept"));
    }
}

pub(super) fn journal_fault(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("cannot-write", format!("the journal cannot be read or written: {error}"))
}

fn upstream(arguments: &RecordArguments, folder: &Folder) -> Result<Option<Upstream>, Diagnostic> {
    const CONNECT: Duration = Duration::from_secs(10);
    let Some(url) = &arguments.upstream else { return Ok(None) };
    let mut authorities = Vec::new();
    for path in &arguments.ca_certs {
        let bytes = folder.read_bytes(path).map_err(|reason| {
            Diagnostic::error("cannot-read", format!("`{}` cannot be read: {reason}", folder.name(path)))
        })?;
        authorities.push(bytes);
    }
    let upstream = Upstream::new(url, &authorities, CONNECT).map_err(|error| {
        Diagnostic::error("upstream", error.to_string())
            .help("give the API's base URL: `--upstream https://api.example.com/v1`")
    })?;
    Ok(Some(upstream))
}

fn patterns(words: &[String]) -> Result<Vec<Pattern>, Diagnostic> {
    let pattern = |word: &String| Pattern::parse(word).map_err(|error| Diagnostic::error("pattern", error.to_string()));
    words.iter().map(pattern).collect()
}

/// A contract that says nothing, so that cases have one to name.
fn unknown(out: &RecordingFolder) -> Result<Loaded, Diagnostics> {
    output::tell("no contract is known: exchanges are kept, and not judged; `--contract DOCUMENT` names one");
    let document = Source::new(out.beside("openapi.json", UNKNOWN)?, UNKNOWN);
    let parts = Parts { name: "traffic".to_owned(), document, overlay: None, promises: None };
    let (contract, warnings) = Contract::load(parts, &Alone)?;
    Ok(Loaded { contract: Arc::new(contract), rules: None, warnings })
}

/// Tells of each exchange in a line.
pub(super) fn teller(look: Look) -> Arc<dyn Fn(&Line) + Send + Sync> {
    Arc::new(move |line| {
        let matters = !matches!(line.verdict, Verdict::Kept | Verdict::Skipped { .. }) || !line.notes.is_empty();
        if matters || look.verbosity() != Verbosity::Quiet {
            output::print(&shown(line));
        }
    })
}

fn shown(line: &Line) -> String {
    let status = line.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let millis = line.elapsed.as_secs_f64() * 1000.0;
    let operation = line.operation.as_deref().unwrap_or("no operation");
    let source = match &line.answered {
        Answered::Upstream => String::new(),
        Answered::Recording(name) => format!("  from {name}"),
        Answered::Contract => "  from the contract".to_owned(),
        Answered::Refused => "  refused".to_owned(),
    };
    let mut text = format!(
        "{} {} → {status}  {millis:.1} ms  {operation}  {}{source}",
        line.method,
        line.target,
        line.verdict.word()
    );
    let mut more: Vec<String> = Vec::new();
    match &line.verdict {
        Verdict::Broken { findings } => {
            more.extend(findings.iter().map(|found| format!("{}: {}", found.check, found.message)));
        }
        Verdict::Undecided { reasons } => {
            more.extend(reasons.iter().map(|Undecided { check, reason }| format!("{check}: {reason}")));
        }
        Verdict::Failed { error } => more.push(error.clone()),
        Verdict::Kept | Verdict::Skipped { .. } => {}
    }
    more.extend(line.notes.iter().cloned());
    for line in more {
        let _ = write!(text, "\n  {line}");
    }
    text
}
