//! The arguments as they were written. What they mean is [`super::settings`].

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::coverage::CoverageArguments;
use super::diff::DiffArguments;
use super::documents::DocumentArguments;
use super::drift::DriftArguments;
use super::import::ImportArguments;
use super::infer::InferArguments;
use super::lint::LintArguments;
use super::mock::MockArguments;
use super::record::RecordArguments;

/// Does this HTTP API keep its contract?
///
/// Runs cases against a live server or the embedded mock and judges every exchange against the OpenAPI contract.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 all kept · 1 a contract or expectation is broken, or interrupted · 2 could not start \
(arguments, documents, cases) · 3 a target could not be reached · 4 nothing was selected"
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to show it.
    #[command(flatten)]
    pub output: OutputArguments,
    /// Where documents may be fetched from.
    #[command(flatten)]
    pub documents: DocumentArguments,
}

/// How to show things.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArguments {
    /// Show only what is broken, failed or undecided, and the summary.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show every exchange.
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// When to use colours; `auto` also heeds `NO_COLOR`.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run cases, judge every exchange against its contract, report.
    Run(Box<RunArguments>),
    /// Judge recorded traffic (HAR, NDJSON logs) by contracts; nothing is sent.
    ///
    /// Exits 0 where all is kept, 1 where something is broken, 2 where a file cannot be read to its
    /// end, 4 where no entry belongs to a contract. docs/check.md describes the files.
    Check(Box<CheckArguments>),
    /// Run the same cases against two targets and tell where their answers differ.
    ///
    /// Exits 0 where they do not, 1 where they do, 2 where it cannot start, 3 where a target cannot be
    /// reached, 4 where nothing is selected. docs/drift.md describes what is compared.
    Drift(Box<DriftArguments>),
    /// Write recorded traffic, Postman collections and `curl` command lines as cases.
    ///
    /// Exits 0, 2 where a file or an entry cannot be read, 4 where nothing belongs to a contract.
    /// docs/import.md describes the files.
    Import(ImportArguments),
    /// Write an OpenAPI document of what traffic shows, or an overlay of what a document does not say.
    ///
    /// Exits 0, 2 where a file or an entry cannot be read, 4 where there is no call of an API in it.
    /// docs/infer.md tells what is inferred from what.
    Infer(InferArguments),
    /// Serve the contract mock by itself until interrupted; judge what clients send.
    ///
    /// Exits 0, or 1 where `--fail-on-violation` says so; 2 where it cannot start. docs/mock.md tells the rest.
    Mock(Box<MockArguments>),
    /// Tell what changed between two OpenAPI documents, and whether it breaks clients.
    ///
    /// Exits 0, or 1 where `--fail-on` says so; 2 where a document cannot be read.
    Diff(DiffArguments),
    /// Tell what is wrong or odd in OpenAPI documents.
    ///
    /// Exits 0, or 1 where something is as bad as `--fail-on` says; 2 where a document cannot be read
    /// as one. docs/lint.md lists the codes.
    Lint(LintArguments),
    /// Pass traffic on to a server and make cases of it, secrets replaced, until interrupted.
    ///
    /// Exits 0; 2 where it cannot start. docs/record.md says what is written.
    Record(Box<RecordArguments>),
    /// Print the JSON Schema of a file format, for editors and other tools.
    Schema(SchemaArguments),
}

/// `run`
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Case files or folders.
    #[arg(default_value = "cases", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// What to run.
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// `mock` (default), `recorded`, a base URL, or one of these for one contract: `salla=https://…`. May be repeated.
    #[arg(long = "target", value_name = "TARGET", help_heading = "Target")]
    pub targets: Vec<String>,
    /// How to send it.
    #[command(flatten)]
    pub target: TargetArguments,
    /// By which contracts.
    #[command(flatten)]
    pub contracts: ContractArguments,
    /// How to run.
    #[command(flatten)]
    pub execution: ExecutionArguments,
    /// What to write.
    #[command(flatten)]
    pub reports: ReportArguments,
    /// How much is exercised.
    #[command(flatten)]
    pub coverage: CoverageArguments,
    /// Also write every exchange to this file, as an HTTP Archive (HAR 1.2).
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub har: Option<PathBuf>,
}

/// Which cases.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection (all given must hold; of one kind, any)")]
pub struct SelectionArguments {
    /// Cases whose name holds this text, or matches this glob (`*`, `?`).
    #[arg(long = "case", short = 'k', value_name = "PATTERN")]
    pub names: Vec<String>,
    /// Cases with this tag.
    #[arg(long = "tag", short = 't', value_name = "TAG")]
    pub tags: Vec<String>,
    /// Cases that call this operation (operationId or `METHOD /path`).
    #[arg(long = "operation", short = 'o', value_name = "OPERATION")]
    pub operations: Vec<String>,
    /// Cases of this contract (vendor).
    #[arg(long = "contract", visible_alias = "vendor", short = 'c', value_name = "NAME")]
    pub contracts: Vec<String>,
    /// Cases that were not kept in the last run (read from `results.json` in the reports folder).
    #[arg(long)]
    pub last_failed: bool,
    /// One part of the selected cases, the first of three say; every case is in exactly one part.
    #[arg(long, value_name = "K/N")]
    pub shard: Option<String>,
    /// Print the selected cases and stop.
    #[arg(long)]
    pub list: bool,
}

/// How requests are sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArguments {
    /// At most this many requests a second, minute or hour for each contract: `60/m`.
    #[arg(long, value_name = "RATE")]
    pub rate: Option<String>,
    /// The longest that one exchange may take.
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    pub timeout: String,
    /// The longest that connecting may take.
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    pub connect_timeout: String,
    /// The longest silence while a response is read.
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    pub read_timeout: String,
    /// How many redirects to follow.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub follow_redirects: usize,
    /// The largest response, in bytes (`10MB`, `512KiB`).
    #[arg(long, value_name = "SIZE", default_value = "10MiB")]
    pub max_response_size: String,
    /// Send through this proxy; without it, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` hold.
    #[arg(long, value_name = "URL", conflicts_with = "no_proxy")]
    pub proxy: Option<String>,
    /// Send through no proxy, whatever the environment says.
    #[arg(long)]
    pub no_proxy: bool,
    /// Also trust the certificates of this PEM file.
    #[arg(long = "ca-cert", value_name = "FILE", env = "COUNTERSIGN_CA_CERT")]
    pub ca_certs: Vec<PathBuf>,
    /// A value that no output may hold. May be repeated.
    #[arg(long = "secret", value_name = "VALUE")]
    pub secrets: Vec<String>,
}

/// By which contracts.
#[derive(Debug, Args)]
#[command(next_help_heading = "Contracts")]
pub struct ContractArguments {
    /// The folder with `<name>.yaml`, `<name>.overlay.yaml`, `<name>.promises.yaml` and `<name>.mock.yaml`.
    #[arg(long, value_name = "DIR", default_value = "specs")]
    pub specs: PathBuf,
    /// Judge by the vendors' bare documents.
    #[arg(long)]
    pub no_overlay: bool,
    /// Whether values must be of the `format` that their schema names.
    #[arg(long, value_name = "HOW", default_value = "assert", value_parser = ["assert", "annotate"])]
    pub formats: String,
    /// What could not be judged counts as broken.
    #[arg(long)]
    pub strict: bool,
}

/// How to run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Execution")]
pub struct ExecutionArguments {
    /// How many cases run side by side.
    #[arg(long, short, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
    /// Stop after the first case that is not kept.
    #[arg(long, conflicts_with = "max_fail")]
    pub fail_fast: bool,
    /// Stop after this many cases that are not kept.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_fail: Option<u32>,
    /// What generated values and the mock's clock start from [default: 0; another each time for a live target].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// What to write.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reports")]
pub struct ReportArguments {
    /// The folder for `junit.xml`, `results.json` and `report.html`. By default `reports`; a command
    /// other than `run` has a folder of its own in it: `reports/check`.
    #[arg(long, value_name = "DIR")]
    pub reports: Option<PathBuf>,
    /// Also write JUnit to this file.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write no reports but those named by their own flag.
    #[arg(long)]
    pub no_report: bool,
}

impl ReportArguments {
    /// The folder, by default this one.
    pub fn folder<'a>(&'a self, default: &'a str) -> &'a Path {
        self.reports.as_deref().unwrap_or(Path::new(default))
    }
}

/// `check`
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Traffic files, plain or in gzip; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// An OpenAPI document, or the name of one in the specs folder; `name=DOCUMENT` names it. May be
    /// repeated; by default every contract of the specs folder.
    #[arg(long = "contract", short = 'c', value_name = "[NAME=]DOCUMENT")]
    pub documents: Vec<String>,
    /// Where the traffic of a contract went, instead of the document's servers. May be repeated.
    #[arg(long = "base-url", value_name = "[NAME=]URL")]
    pub base_urls: Vec<String>,
    /// How requests are matched to the servers of contracts.
    #[arg(long = "match", value_enum, value_name = "MODE", default_value_t = MatchMode::Auto)]
    pub matching: MatchMode,
    /// Do not count what this check finds (`request-security`). May be repeated.
    #[arg(long = "ignore", value_name = "CHECK")]
    pub ignored: Vec<String>,
    /// Judge only one side.
    #[arg(long, value_enum, value_name = "SIDE")]
    pub side: Option<OneSide>,
    /// What a request to no operation of its contract comes to.
    #[arg(long, value_enum, value_name = "VERDICT", default_value_t = UndocumentedMode::Broken)]
    pub undocumented: UndocumentedMode,
    /// Only warn of entries that cannot be read and of files that break off.
    #[arg(long)]
    pub allow_truncated: bool,
    /// A value that no output may hold. May be repeated.
    #[arg(long = "secret", value_name = "VALUE")]
    pub secrets: Vec<String>,
    /// By which contracts.
    #[command(flatten)]
    pub contracts: ContractArguments,
    /// What to write.
    #[command(flatten)]
    pub reports: ReportArguments,
    /// How much is exercised.
    #[command(flatten)]
    pub coverage: CoverageArguments,
}

/// How requests are matched to servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MatchMode {
    /// By host and base path; other hosts where path and method lead to an operation.
    Auto,
    /// By host and base path alone.
    StrictHost,
    /// By base path alone.
    Basepath,
}

/// One half of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OneSide {
    /// What clients sent.
    Request,
    /// What servers answered.
    Response,
}

/// What a request to no operation comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UndocumentedMode {
    /// It breaks the contract.
    Broken,
    /// It is skipped.
    Skipped,
}

/// `schema`
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// Which format.
    #[arg(value_enum)]
    pub format: SchemaFormat,
}

/// The formats with a JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// Case files, `cases/**/*.yaml`.
    Cases,
    /// Defaults of a folder of cases, `_defaults.yaml`.
    Defaults,
    /// Promise ledgers, `specs/<name>.promises.yaml`.
    Promises,
    /// Mock rules, `specs/<name>.mock.yaml`.
    MockRules,
    /// `reports/results.json`.
    Results,
    /// Waivers of changes, for `diff --waivers`.
    Waivers,
    /// Severities, `countersign-lint.yaml`.
    Lint,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
