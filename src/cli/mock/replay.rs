//! `countersign mock --replay`

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::MockArguments;
use super::listening::{address, refused};
use crate::cli::output::{self, Look};
use crate::cli::record::{Work, journal_fault, tell_untold, teller};
use crate::cli::settings::specs;
use crate::cli::tls::{certificate, tls};
use crate::cli::{Environment, Exit};
use crate::mock::{Listen, Settings};
use crate::project::{Folder, Loaded, RecordingFolder, Specs, Suites, mock as mock_of, system_clock};
use crate::record::redact::Redact;
use crate::record::{
    Contracts, Fallback, KnownExchange, Proxy, ProxySettings, Recorder, Replay, ReplayFront, Upstream, exchanges_of,
};
use crate::run::Selection;
use crate::source::{Diagnostic, Diagnostics};

/// Recordings to answer by.
#[derive(Debug, Args)]
#[command(next_help_heading = "Replay")]
pub struct ReplayArguments {
    /// Answer by the responses recorded in these cases, a folder or a file, as `countersign record` writes them.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["documents", "mounts"])]
    pub replay: Option<PathBuf>,
    /// What becomes of a request that no recording answers.
    #[arg(long, value_enum, default_value_t = Otherwise::Explain, requires = "replay")]
    pub fallback: Otherwise,
    /// The server for `--fallback upstream`.
    #[arg(long, value_name = "URL", requires = "replay")]
    pub upstream: Option<String>,
}

/// What becomes of a request that no recording answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Otherwise {
    /// 404, with the nearest recording and the difference.
    Explain,
    /// The contract's mock answers.
    Contract,
    /// It is sent on, and recorded.
    Upstream,
}

/// Serves recordings until interrupted.
pub(super) fn serve(
    recordings: &Path,
    arguments: &MockArguments,
    look: &Look,
    environment: &Environment,
) -> Result<Exit, Diagnostics> {
    let folder = environment.folder();
    let address = address(&arguments.listen)?;
    let upstream = upstream(&arguments.replay)?;
    let specs = Specs { root: arguments.listen.root.clone(), ..specs(&arguments.contracts) };
    let (loaded, known) = read(recordings, &folder, &specs, environment, look)?;
    let contracts = Contracts::new(loaded.iter().map(|loaded| Arc::clone(&loaded.contract)));
    let replay = Replay::new(contracts.clone(), known);
    if replay.is_empty() {
        let message = format!("there is no recorded response in `{}`", folder.name(recordings));
        return Err(Diagnostic::error("no-recordings", message).help("`countersign record` makes recordings").into());
    }
    let episodes = replay.len();
    let fallback = match arguments.replay.fallback {
        Otherwise::Explain => Fallback::Explain,
        Otherwise::Contract => Fallback::Contract(mocks(&loaded, arguments, environment, look)?),
        Otherwise::Upstream => Fallback::Upstream,
    };
    let recording = match &upstream {
        Some(upstream) => Some(recorder(recordings, &folder, &loaded, (&specs, &contracts, upstream), look)?),
        None => None,
    };
    let secured = tls(&arguments.listen.tls, address.ip(), &folder)?;
    let settings = ProxySettings {
        front: Some(Arc::new(ReplayFront::new(replay, contracts.clone(), fallback))),
        tls: secured.as_ref().map(|(tls, _)| tls.clone()),
        ..ProxySettings::new(upstream, teller(*look))
    };
    let recorder = recording.as_ref().map(|(_, recorder)| Arc::clone(recorder));
    let runtime = output::runtime()?;
    runtime.block_on(async {
        let proxy = Proxy::start(settings, contracts, recorder, address).await;
        let proxy = proxy.map_err(|error| refused(&Listen::Tcp(address), &error))?;
        output::print(&format!("listening on {}", proxy.url()));
        output::print(&format!("  replays {episodes} recordings of {}", folder.name(recordings)));
        if let Some(line) = certificate(secured.as_ref()) {
            output::print(&line);
        }
        output::interrupted().await;
        tell_untold(proxy.stop().await);
        Ok::<_, Diagnostic>(())
    })?;
    if let Some((work, recorder)) = recording {
        work.finish(&recorder)?;
    }
    Ok(Exit::Kept)
}

fn upstream(arguments: &ReplayArguments) -> Result<Option<Upstream>, Diagnostic> {
    const CONNECT: Duration = Duration::from_secs(10);
    match (&arguments.upstream, arguments.fallback) {
        (Some(url), Otherwise::Upstream) => {
            Upstream::new(url, &[], CONNECT).map(Some).map_err(|error| Diagnostic::error("upstream", error.to_string()))
        }
        (None, Otherwise::Upstream) => Err(Diagnostic::error("no-upstream", "`--fallback upstream` needs a server")
            .help("say which: `--upstream https://api.example.com/v1`")),
        (Some(_), _) => {
            Err(Diagnostic::error("unused-upstream", "`--upstream` does nothing without `--fallback upstream`"))
        }
        (None, _) => Ok(None),
    }
}

/// The recorded exchanges, with the contracts that their cases name.
pub(in crate::cli) fn read(
    recordings: &Path,
    folder: &Folder,
    specs: &Specs,
    environment: &Environment,
    look: &Look,
) -> Result<(Vec<Loaded>, Vec<KnownExchange>), Diagnostics> {
    let suites = Suites::read(folder, &[recordings.to_owned()], &Selection::default(), &environment.variables)?;
    let resolved = suites.resolve(specs)?;
    output::warnings(&resolved.warnings, look);
    let mut known = Vec::new();
    for (case, index) in &resolved.cases {
        known.extend(exchanges_of(&resolved.contracts[*index].contract, case, &environment.variables));
    }
    Ok((resolved.contracts, known))
}

fn mocks(
    loaded: &[Loaded],
    arguments: &MockArguments,
    environment: &Environment,
    look: &Look,
) -> Result<Vec<Arc<crate::mock::Mock>>, Diagnostics> {
    let mut mocks = Vec::new();
    for loaded in loaded {
        let settings = Settings {
            clock: system_clock(),
            ..Settings::repeatable(arguments.answers.seed).with_environment(&environment.variables)
        };
        let mut odd = Diagnostics::new();
        mocks.push(Arc::new(mock_of(loaded, settings, &mut odd)?));
        output::warnings(&odd, look);
    }
    Ok(mocks)
}

/// What records new episodes beside the old ones.
fn recorder<'l>(
    recordings: &Path,
    folder: &Folder,
    loaded: &[Loaded],
    (specs, contracts, upstream): (&Specs, &Contracts, &Upstream),
    look: &'l Look,
) -> Result<(Work<'l>, Arc<Recorder>), Diagnostics> {
    let full = folder.path(recordings);
    let home = if full.is_file() { full.parent().map(PathBuf::from).unwrap_or_default() } else { full };
    let out = RecordingFolder::new(folder, &home)?;
    let (mut journal, found) = out.journal()?;
    let work = Work {
        look,
        named: loaded.iter().map(|loaded| out.names(loaded, specs)).collect(),
        out,
        contracts: contracts.clone(),
        base_path: upstream.base_path().to_owned(),
        again: false,
    };
    let last = found.entries.iter().map(|entry| entry.number).max().unwrap_or_default();
    if !found.entries.is_empty() {
        work.recover(found, &mut journal)?;
    }
    let redact = Redact::new(contracts.iter().map(|contract| &**contract), Vec::new(), Vec::new());
    redact.reserve(&work.out.variables());
    journal.sync().map_err(|error| journal_fault(&error))?;
    Ok((work, Arc::new(Recorder::new(journal, redact, system_clock(), last))))
}
