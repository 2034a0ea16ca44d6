//! The arguments of `mock`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::stateful::StatefulArguments;
use crate::cli::arguments::ContractArguments;
use crate::cli::tls::TlsArguments;

/// `mock`
#[derive(Debug, Args)]
pub struct MockArguments {
    /// OpenAPI documents, or names of contracts in the specs folder; `-` is standard input, and
    /// `name=DOCUMENT` names it. By default every contract of the specs folder.
    #[arg(value_name = "[NAME=]DOCUMENT")]
    pub documents: Vec<String>,
    /// Where to listen.
    #[command(flatten)]
    pub listen: ListenArguments,
    /// By which contracts.
    #[command(flatten)]
    pub contracts: ContractArguments,
    /// What to answer.
    #[command(flatten)]
    pub answers: AnswerArguments,
    /// What to remember.
    #[command(flatten)]
    pub state: StatefulArguments,
    /// Recordings to answer by.
    #[command(flatten)]
    pub replay: super::replay::ReplayArguments,
    /// What clients may take.
    #[command(flatten)]
    pub limits: LimitArguments,
    /// What to tell.
    #[command(flatten)]
    pub seeing: SeeingArguments,
}

/// Where to listen.
#[derive(Debug, Args)]
#[command(next_help_heading = "Listening")]
pub struct ListenArguments {
    /// The address to listen on.
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    pub host: String,
    /// The port; 0 lets the system choose.
    #[arg(long, short, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Listen at this socket of the file system instead.
    #[cfg(unix)]
    #[arg(long, value_name = "PATH", conflicts_with_all = ["port", "host"])]
    pub unix: Option<PathBuf>,
    /// Whether TLS is spoken.
    #[command(flatten)]
    pub tls: TlsArguments,
    /// Serve a contract below this path, instead of its servers' base paths. May be repeated.
    #[arg(long = "mount", value_name = "[NAME=]/PREFIX")]
    pub mounts: Vec<String>,
    /// Do not let scripts of other origins ask (CORS).
    #[arg(long)]
    pub no_cors: bool,
    /// Do not load documents anew when their files change.
    #[arg(long)]
    pub no_reload: bool,
    /// Files that documents refer to are read below this folder; by default the repository that a
    /// document is in, else the folder above its own.
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

/// What to answer.
#[derive(Debug, Args)]
#[command(next_help_heading = "Answers")]
pub struct AnswerArguments {
    /// What generated values and ids start from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Generate every body of the document anew, whatever its examples.
    #[arg(long)]
    pub dynamic: bool,
    /// Answer invalid requests as if they were valid, and only tell what is wrong with them.
    #[arg(long, conflicts_with = "no_validate_request")]
    pub report_only: bool,
    /// Do not judge requests at all.
    #[arg(long)]
    pub no_validate_request: bool,
    /// Hosts beside this machine that callbacks and webhooks may go to: `example.com`, `example.com:8080`,
    /// `*.example.com`, `*`; several with commas.
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    pub callback_hosts: Vec<String>,
    /// How long a callback or webhook may take.
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    pub callback_timeout: String,
    /// Send no callbacks and no webhooks.
    #[arg(long)]
    pub no_callbacks: bool,
}

/// What clients may take of the server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArguments {
    /// The most connections at a time; with one more, that which has been silent for longest is closed.
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,
    /// The largest request body (`10MB`, `512KiB`), content codings undone.
    #[arg(long, value_name = "SIZE", default_value = "10MiB")]
    pub max_body_size: String,
    /// The longest that a client may take for its header fields.
    #[arg(long, value_name = "DURATION", default_value = "20s")]
    pub header_timeout: String,
    /// The longest that a client may take for its body.
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    pub body_timeout: String,
    /// How long open requests have when the server stops.
    #[arg(long, value_name = "DURATION", default_value = "2s")]
    pub drain: String,
}

/// What to tell of exchanges.
#[derive(Debug, Args)]
#[command(next_help_heading = "Seeing")]
pub struct SeeingArguments {
    /// How each exchange is told on standard output; with `--quiet` those that are not kept.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text)]
    pub log: LogFormat,
    /// No admin API and no page below `/__countersign/`.
    #[arg(long)]
    pub no_admin: bool,
    /// What the admin API wants as `Authorization: Bearer`; without it, there is none but on loopback.
    #[arg(long, value_name = "TOKEN", env = "COUNTERSIGN_ADMIN_TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,
    /// How many exchanges the admin API keeps.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub history: usize,
    /// When it stops, write `junit.xml`, `results.json` and `report.html` of what clients sent.
    #[arg(long)]
    pub report: bool,
    /// The folder for the reports; writes them as `--report` does.
    #[arg(long, value_name = "DIR")]
    pub reports: Option<PathBuf>,
    /// When it stops, write JUnit to this file.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Exit with 1 where a client broke the contract.
    #[arg(long)]
    pub fail_on_violation: bool,
    /// A value that no output may hold. May be repeated.
    #[arg(long = "secret", value_name = "VALUE")]
    pub secrets: Vec<String>,
}

/// How exchanges are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line each, and what was found below it.
    Text,
    /// A JSON object a line.
    Json,
    /// Not at all.
    None,
}
