//! What the arguments mean: durations, sizes, rates, targets; wrong ones are diagnostics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Environment;
use super::arguments::{ContractArguments, SelectionArguments, TargetArguments};
use crate::contract::Formats;
use crate::exchange::{Redactor, SHORTEST_SECRET, Secret};
use crate::project::{Destination, Folder, Network, Specs};
use crate::run::{Rate, Selection, SelectionError, Settings, Wanted, World};
use crate::source::{Diagnostic, Diagnostics, did_you_mean};
use crate::transport::{self, Connections, Proxy, Timeouts, Tls};
use crate::verdict::CaseId;

/// What a command that runs cases was asked for.
pub(super) struct Asked<'a> {
    /// Where requests go.
    pub(super) targets: &'a [String],
    pub(super) target: &'a TargetArguments,
    pub(super) contracts: &'a ContractArguments,
    pub(super) jobs: u16,
    pub(super) max_failures: Option<usize>,
    /// Whether it is counted how much of the contracts is exercised.
    pub(super) coverage: bool,
    /// The most bytes of a body that events hold.
    pub(super) shown_body: usize,
}

/// All that the arguments of a run mean.
pub(super) struct RunSettings {
    /// By which contracts.
    pub(super) specs: Specs,
    /// How requests are sent.
    pub(super) transport: transport::Settings,
    /// Takes secrets out of everything that is shown.
    pub(super) redactor: Arc<Redactor>,
    targets: PerContract<Destination>,
    rate: Option<Rate>,
    jobs: usize,
    max_failures: Option<usize>,
    strict: bool,
    coverage: bool,
    shown_body: usize,
}

impl RunSettings {
    /// Resolves the arguments; everything wrong is told at once.
    pub(super) fn of(
        arguments: &Asked<'_>,
        environment: &Environment,
        folder: &Folder,
        redactor: Arc<Redactor>,
    ) -> Result<Self, Diagnostics> {
        let mut faults = Diagnostics::new();
        for secret in &arguments.target.secrets {
            if secret.len() < SHORTEST_SECRET {
                let message =
                    format!("a secret of fewer than {SHORTEST_SECRET} bytes cannot be taken out of every text");
                faults.push(Diagnostic::error("short-secret", message).help("give the whole value with `--secret`"));
            }
            redactor.add(&Secret::new(secret.as_str()));
        }
        let targets = PerContract::parse(arguments.targets, &mut faults, destination);
        let rate = arguments.target.rate.as_deref().and_then(|word| take(rate(word), &mut faults));
        let jobs = usize::from(arguments.jobs);
        let transport = transport_settings(arguments.target, jobs, environment, folder, &mut faults);
        let settings = Self {
            specs: specs(arguments.contracts),
            transport,
            redactor,
            targets,
            rate,
            jobs,
            max_failures: arguments.max_failures,
            strict: arguments.contracts.strict,
            coverage: arguments.coverage,
            shown_body: arguments.shown_body,
        };
        if faults.has_errors() { Err(faults) } else { Ok(settings) }
    }

    /// Where the requests of a contract go; the embedded mock where nothing is said.
    pub(super) fn destination(&self, contract: &str) -> Destination {
        self.targets.of(contract).cloned().unwrap_or(Destination::Mock)
    }

    /// The folder, with documents fetched as requests are sent.
    pub(super) fn reached(&self, folder: Folder) -> Folder {
        let (proxy, tls) = (self.transport.proxy.clone(), self.transport.tls.clone());
        let hosts = folder.network().hosts.clone();
        folder.with_network(Network { hosts, proxy, tls })
    }

    /// A target that is set for a contract nobody knows is a mistake.
    pub(super) fn check_names<'a>(&self, known: impl Iterator<Item = &'a str>) -> Result<(), Diagnostics> {
        let known: Vec<&str> = known.collect();
        let mut faults = Diagnostics::new();
        for name in self.targets.named.keys().filter(|name| !known.contains(&name.as_str())) {
            let message = format!("`--target {name}=…` is for a contract that no selected case names");
            let help = match did_you_mean(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("they name: {}", known.join(", ")),
            };
            faults.push(Diagnostic::error("unknown-contract", message).help(help));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// How the run is to go, in this world.
    pub(super) fn run(&self, world: World) -> Settings {
        let mut settings = Settings::new(world);
        settings.pace.jobs = self.jobs;
        settings.pace.rate = self.rate;
        settings.pace.max_failures = self.max_failures;
        settings.strict = self.strict;
        settings.coverage = self.coverage;
        settings.shown_body = self.shown_body;
        settings
    }
}

/// By which contracts.
pub(super) fn specs(arguments: &ContractArguments) -> Specs {
    let formats = if arguments.formats == "annotate" { Formats::Annotate } else { Formats::Assert };
    Specs { folder: arguments.specs.clone(), overlays: !arguments.no_overlay, root: None, formats }
}

/// What selects cases.
pub(super) fn selection(arguments: &SelectionArguments, cases: Option<Vec<CaseId>>) -> Result<Selection, Diagnostic> {
    let wrong = |error: SelectionError| Diagnostic::error("bad-selection", error.to_string());
    let wanted = Wanted {
        names: arguments.names.clone(),
        tags: arguments.tags.clone(),
        operations: arguments.operations.clone(),
        contracts: arguments.contracts.clone(),
        cases,
        shard: arguments.shard.as_deref().map(str::parse).transpose().map_err(wrong)?,
        ..Wanted::default()
    };
    Selection::new(wanted).map_err(wrong)
}

fn transport_settings(
    arguments: &TargetArguments,
    jobs: usize,
    environment: &Environment,
    folder: &Folder,
    faults: &mut Diagnostics,
) -> transport::Settings {
    let mut time = |flag, word: &str| take(duration(flag, word), faults).unwrap_or_default();
    let timeouts = Timeouts {
        connect: time("--connect-timeout", &arguments.connect_timeout),
        read: time("--read-timeout", &arguments.read_timeout),
        total: time("--timeout", &arguments.timeout),
    };
    let max_body = take(size("--max-response-size", &arguments.max_response_size), faults).unwrap_or_default();
    let proxy = match &arguments.proxy {
        _ if arguments.no_proxy => Proxy::None,
        Some(url) => Proxy::Url(url.clone()),
        None => Proxy::Environment(environment.variables.clone()),
    };
    let mut authorities = Vec::new();
    for path in &arguments.ca_certs {
        match folder.read_bytes(path) {
            Ok(bytes) => authorities.push(bytes),
            Err(reason) => {
                let message = format!("{}: {reason}", folder.name(path));
                faults.push(Diagnostic::error("not-readable", message).help("`--ca-cert` takes a PEM file"));
            }
        }
    }
    transport::Settings {
        timeouts,
        connections: Connections { redirects: arguments.follow_redirects, max_body, idle_per_host: jobs },
        proxy,
        tls: Tls { authorities },
    }
}

fn take<T>(read: Result<T, Diagnostic>, faults: &mut Diagnostics) -> Option<T> {
    read.map_err(|fault| faults.push(fault)).ok()
}

/// Reads a rate, `60/m`.
fn rate(word: &str) -> Result<Rate, Diagnostic> {
    word.parse().map_err(|error: crate::run::RateError| Diagnostic::error("bad-rate", error.to_string()))
}

/// A setting for every contract, with other values for some.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PerContract<T> {
    /// For those not named.
    default: Option<T>,
    /// By the contract's name.
    named: BTreeMap<String, T>,
}

impl<T> Default for PerContract<T> {
    fn default() -> Self {
        Self { default: None, named: BTreeMap::new() }
    }
}

impl<T> PerContract<T> {
    /// What holds for a contract.
    fn of(&self, contract: &str) -> Option<&T> {
        self.named.get(contract).or(self.default.as_ref())
    }

    /// Reads `VALUE` and `NAME=VALUE` words.
    fn parse(words: &[String], faults: &mut Diagnostics, parse: impl Fn(&str) -> Result<T, Diagnostic>) -> Self {
        let mut settings = Self::default();
        for word in words {
            let (name, value) = split_name(word);
            match (name, parse(value)) {
                (None, Ok(value)) => settings.default = Some(value),
                (Some(name), Ok(value)) => {
                    settings.named.insert(name.to_owned(), value);
                }
                (_, Err(fault)) => faults.push(fault),
            }
        }
        settings
    }
}

/// `salla=https://…` is one contract's; a URL may hold a `=` only behind its `://`, `/` or `?`.
pub(super) fn split_name(word: &str) -> (Option<&str>, &str) {
    match word.split_once('=') {
        Some((name, value)) if !name.contains([':', '/', '?']) => (Some(name), value),
        _ => (None, word),
    }
}

/// Reads a target: `mock`, `recorded` or an http(s) URL.
fn destination(word: &str) -> Result<Destination, Diagnostic> {
    match word {
        "mock" => return Ok(Destination::Mock),
        "recorded" => return Ok(Destination::Recorded),
        _ => {}
    }
    let fault = |reason: &str| {
        Diagnostic::error("bad-target", format!("`{word}` is no target: {reason}"))
            .help("give `mock`, `recorded`, an http:// or https:// URL, or one of these for one contract: `salla=http://127.0.0.1:8080`")
    };
    let url = url::Url::parse(word).map_err(|error| fault(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(fault("only http and https are spoken"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let message = "a target's URL must not hold a user name or password".to_owned();
        return Err(
            Diagnostic::error("bad-target", message).help("give them in the case files, as `auth: { basic: … }`")
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(fault("a base URL has no query and no fragment"));
    }
    Ok(Destination::Live(word.trim_end_matches('/').to_owned()))
}

/// Reads a duration: `500ms`, `10s`, `2m`, `1h`.
pub(super) fn duration(flag: &str, word: &str) -> Result<Duration, Diagnostic> {
    let fault = || {
        Diagnostic::error("bad-duration", format!("`{word}` is no duration for `{flag}`"))
            .help("write a number and a unit: `500ms`, `10s`, `2m`")
    };
    let at = word.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(fault)?;
    let number: f64 = word[..at].trim().parse().map_err(|_| fault())?;
    let unit = match &word[at..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(fault()),
    };
    Duration::try_from_secs_f64(number * unit).ok().filter(|duration| !duration.is_zero()).ok_or_else(fault)
}

/// Reads a size in bytes: `512`, `64KiB`, `10MB`.
pub(super) fn size(flag: &str, word: &str) -> Result<usize, Diagnostic> {
    let fault = || {
        Diagnostic::error("bad-size", format!("`{word}` is no size for `{flag}`"))
            .help("write bytes with or without a unit: `65536`, `64KiB`, `10MB`")
    };
    let at = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
    let number: usize = word[..at].trim().parse().map_err(|_| fault())?;
    let unit = match word[at..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "kib" | "k" => 1 << 10,
        "mb" => 1_000_000,
        "mib" | "m" => 1 << 20,
        "gb" => 1_000_000_000,
        "gib" | "g" => 1 << 30,
        _ => return Err(fault()),
    };
    number.checked_mul(unit).filter(|size| *size > 0).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes() {
        assert_eq!(duration("--timeout", "1.5s").ok(), Some(Duration::from_millis(1500)));
        assert_eq!(size("--max", "10MiB").ok(), Some(10 << 20));
        for wrong in ["", "10", "s", "-1s", "0s", "1e400s"] {
            assert!(duration("--timeout", wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "0", "1XB", "99999999999999999999"] {
            assert!(size("--max", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn targets_may_be_for_one_contract() {
        let words = ["http://h/a/".to_owned(), "salla=mock".to_owned(), "https://h/x=y".to_owned()];
        let mut faults = Diagnostics::new();
        let targets = PerContract::parse(&words, &mut faults, destination);
        assert!(faults.is_empty());
        assert_eq!(targets.of("salla"), Some(&Destination::Mock));
        assert_eq!(targets.of("other"), Some(&Destination::Live("https://h/x=y".into())));
        for wrong in ["ftp://h", "h", "http://", "http://h?x=1"] {
            assert!(destination(wrong).is_err(), "{wrong}");
        }
    }
}
