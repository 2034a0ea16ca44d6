//! `countersign mock`

mod arguments;
mod examples;
mod listening;
mod log;
mod outcome;
pub(super) mod replay;
mod stateful;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::arguments::OutputArguments;
use super::output::{self, Look};
use super::settings::{duration, size, specs};
use super::tls::{Secured, certificate, tls};
use super::{Environment, Exit};
use crate::exchange::Secret;
use crate::mock::{
    Admin, Called, Caller, History, Limits, Listen, Listener, Options, Outbox, Server, Settings, Validation,
};
use crate::project::{self, AllowedHosts, Folder, Given, Refreshed, Serving, Specs, system_clock};
use crate::source::{Diagnostic, Diagnostics};

pub(super) use arguments::MockArguments;

use arguments::{AnswerArguments, LimitArguments, LogFormat};
use log::{Form, Log};
use outcome::Outcome;

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Serves the contract mock until interrupted.
pub(super) fn mock(arguments: &MockArguments, output: &OutputArguments, environment: &Environment) -> Exit {
    let look = Look::of(output, environment);
    let served = match &arguments.replay.replay {
        Some(recordings) => replay::serve(recordings, arguments, &look, environment),
        None => serve(arguments, &look, environment),
    };
    match served {
        Ok(exit) => exit,
        Err(diagnostics) => {
            output::diagnostics(&diagnostics, &look);
            Exit::NotStarted
        }
    }
}

fn serve(arguments: &MockArguments, look: &Look, environment: &Environment) -> Result<Exit, Diagnostics> {
    let folder = environment.folder();
    let at = listening::at(&arguments.listen, &folder)?;
    let secured = tls(&arguments.listen.tls, listening::host(&at), &folder)?;
    let secrets: Vec<Secret> = arguments.seeing.secrets.iter().map(|secret| Secret::new(secret.as_str())).collect();
    let admin = admin(arguments, &at, look);
    let mut options = Options {
        limits: limits(&arguments.limits)?,
        history: Some(History { exchanges: arguments.seeing.history, ..History::default() }),
        admin,
        secrets: secrets.clone(),
        compress: true,
        tls: secured.as_ref().map(|(tls, _)| tls.clone()),
        clock: Some(system_clock()),
        observers: Vec::new(),
        outbox: Outbox::default(),
    };
    let (mut serving, warnings) = load(arguments, &folder, environment, (look.is_quiet(), &options.outbox))?;
    if let Some(remembering) = stateful::remembering(&arguments.state, &folder)? {
        serving.remember(remembering)?;
    }
    output::warnings(&warnings, look);
    let log = match form(arguments, look) {
        Some(form) => Some(Log::start(form, secrets.clone()).map_err(|error| cannot_start(&error))?),
        None => None,
    };
    options.observers.extend(log.as_ref().map(Log::observer));
    let outcome = Outcome::new(&arguments.seeing, look.verbosity(), secrets);
    options.observers.extend(outcome.observer());
    let runtime = output::runtime()?;
    let serving = Arc::new(Mutex::new(serving));
    let totals = runtime.block_on(async {
        let mounts = lock(&serving).mounts();
        let server = Server::open(mounts, at.clone(), options).await;
        let server = server.map_err(|error| listening::refused(&at, &error))?;
        announce(&server, &lock(&serving), secured.as_ref(), (arguments, look));
        let contracts = lock(&serving).served().iter().map(|served| Arc::clone(served.contract())).collect();
        examples::tell(contracts, *look);
        until_interrupted(&server, &serving, arguments, look).await;
        let totals = server.totals();
        server.stop().await;
        Ok::<_, Diagnostic>(totals)
    })?;
    drop(runtime);
    log.into_iter().for_each(Log::finish);
    outcome.finish(totals, &lock(&serving), (arguments, &folder, look))
}

fn load(
    arguments: &MockArguments,
    folder: &Folder,
    environment: &Environment,
    (is_quiet, outbox): (bool, &Outbox),
) -> Result<(Serving, Diagnostics), Diagnostics> {
    let specs = Specs { root: arguments.listen.root.clone(), ..specs(&arguments.contracts) };
    let settings = Settings {
        clock: system_clock(),
        dynamic: arguments.answers.dynamic,
        cors: !arguments.listen.no_cors,
        validation: validation(&arguments.answers),
        caller: caller(&arguments.answers, is_quiet, outbox.clone())?,
        ..Settings::repeatable(arguments.answers.seed).with_environment(&environment.variables)
    };
    let given = arguments.listen.mounts.iter().map(|word| mount(word)).collect::<Result<Vec<Given>, _>>()?;
    // With the exchanges told in words, the mock's own faults stand beside them.
    let apart = arguments.seeing.log != LogFormat::Text;
    let listener: Listener = Arc::new(|trouble| output::tell(&format!("warning: {trouble}")));
    Serving::load(folder, specs, (&arguments.documents, &given), settings, apart.then_some(listener))
}

/// What sends callbacks and webhooks, and tells what becomes of them.
fn caller(arguments: &AnswerArguments, is_quiet: bool, outbox: Outbox) -> Result<Option<Caller>, Diagnostics> {
    if arguments.no_callbacks {
        return Ok(None);
    }
    let timeout = duration("--callback-timeout", &arguments.callback_timeout)?;
    let hosts = AllowedHosts::new(arguments.callback_hosts.iter().cloned());
    let now = system_clock();
    let tell = move |called: Called| {
        let told = (!(is_quiet && called.is_kept())).then(|| called.to_string());
        // Whoever has heard of it finds it in the admin API.
        outbox.enter(called, now());
        if let Some(told) = told {
            output::tell(&told);
        }
    };
    project::caller(hosts, timeout, tell).map(Some).map_err(|error| cannot_start(&error).into())
}

/// What becomes of invalid requests.
fn validation(arguments: &AnswerArguments) -> Validation {
    match (arguments.no_validate_request, arguments.report_only) {
        (true, _) => Validation::Off,
        (false, true) => Validation::Report,
        (false, false) => Validation::Refuse,
    }
}

/// `[NAME=]/prefix`
fn mount(word: &str) -> Result<Given, Diagnostic> {
    let (name, prefix) = match word.split_once('=') {
        Some((name, prefix)) if !name.contains('/') => (Some(name.to_owned()), prefix),
        _ => (None, word),
    };
    let fault = |message: String| {
        Diagnostic::error("bad-mount", message)
            .help("write `--mount NAME=/prefix`, or `--mount /prefix` for one document")
    };
    if !prefix.starts_with('/') {
        return Err(fault(format!("`--mount {word}` has no path that starts with `/`")));
    }
    if prefix.trim_end_matches('/').starts_with("/__countersign") {
        return Err(fault(format!("`--mount {word}` is where the admin API is")));
    }
    if prefix.contains(['?', '#', '{', ' ']) {
        return Err(fault(format!("`--mount {word}` is no path prefix")));
    }
    Ok((name, prefix.to_owned()))
}

fn cannot_start(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("cannot-start", format!("no threads are to be had: {error}"))
}

fn limits(arguments: &LimitArguments) -> Result<Limits, Diagnostics> {
    let mut faults = Diagnostics::new();
    let mut time = |flag: &'static str, word: &str| {
        duration(flag, word).unwrap_or_else(|fault| {
            faults.push(fault);
            Duration::ZERO
        })
    };
    let limits = Limits {
        connections: usize::try_from(arguments.max_connections).unwrap_or(usize::MAX),
        head_time: time("--header-timeout", &arguments.header_timeout),
        body_time: time("--body-timeout", &arguments.body_timeout),
        drain: time("--drain", &arguments.drain),
        ..Limits::default()
    };
    match size("--max-body-size", &arguments.max_body_size) {
        Ok(body) if faults.is_empty() => Ok(Limits { body, ..limits }),
        Ok(_) => Err(faults),
        Err(fault) => {
            faults.push(fault);
            Err(faults)
        }
    }
}

/// The admin API, unless others could reach it without a token.
fn admin(arguments: &MockArguments, at: &Listen, look: &Look) -> Admin {
    let is_private = match at {
        Listen::Tcp(address) => address.ip().is_loopback(),
        #[cfg(unix)]
        Listen::Unix(_) => true,
    };
    let seeing = &arguments.seeing;
    match &seeing.admin_token {
        _ if seeing.no_admin => Admin::Off,
        Some(token) => Admin::Token(Secret::new(token.as_str())),
        None if is_private => Admin::Local,
        None => {
            if !look.is_quiet() {
                output::tell("note: no admin API, for others can reach this address: `--admin-token TOKEN` gives one");
            }
            Admin::Off
        }
    }
}

fn form(arguments: &MockArguments, look: &Look) -> Option<Form> {
    match arguments.seeing.log {
        LogFormat::None => None,
        LogFormat::Text => Some(Form::Text(look.terminal())),
        LogFormat::Json => Some(Form::Json),
    }
}

/// Says where it listens: on standard output, unless that is for a program.
fn announce(server: &Server, serving: &Serving, secured: Option<&Secured>, (arguments, look): (&MockArguments, &Look)) {
    let say = |text: &str| match arguments.seeing.log {
        LogFormat::Json => output::tell(text),
        LogFormat::Text | LogFormat::None => output::print(text),
    };
    let url = server.url();
    say(&format!("listening on {url}"));
    for served in serving.served() {
        let prefixes: Vec<String> = served.prefixes().iter().map(|prefix| format!("{url}{prefix}")).collect();
        let contract = served.contract();
        let rules = served.rules().map(|rules| format!(" + {rules}")).unwrap_or_default();
        let document = contract.document().name();
        say(&format!("  {}: {} ({document}{rules})", served.name(), prefixes.join(" and ")));
        if !look.is_quiet() {
            for line in stateful::told(served.mock()) {
                say(&line);
            }
        }
    }
    if let Some(line) = certificate(secured) {
        say(&line);
    }
    if server.has_admin() && !look.is_quiet() {
        say(&format!("  what goes on: {url}/__countersign/"));
    }
}

/// Serves; contracts whose files change are loaded anew.
async fn until_interrupted(server: &Server, serving: &Arc<Mutex<Serving>>, arguments: &MockArguments, look: &Look) {
    let interrupted = output::interrupted();
    tokio::pin!(interrupted);
    if arguments.listen.no_reload {
        return interrupted.await;
    }
    loop {
        tokio::select! {
            () = &mut interrupted => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let loaded = Arc::clone(serving);
        let looked = tokio::task::spawn_blocking(move || {
            let mut serving = lock(&loaded);
            let news = serving.refresh();
            (serving.mounts(), news)
        });
        // A panic while loading has been told where it happened; what is in force stays so.
        let Ok((mounts, news)) = looked.await else { continue };
        if news.iter().any(|one| matches!(one, Refreshed::Replaced(..))) {
            server.remount(mounts);
        }
        for one in &news {
            tell_refreshed(one, look);
            if let Refreshed::Replaced(name, _) = one {
                let serving = lock(serving);
                let changed = serving.served().iter().filter(|served| served.name() == name);
                examples::tell(changed.map(|served| Arc::clone(served.contract())).collect(), *look);
            }
        }
    }
}

fn lock(serving: &Mutex<Serving>) -> MutexGuard<'_, Serving> {
    serving.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tell_refreshed(refreshed: &Refreshed, look: &Look) {
    match refreshed {
        Refreshed::Replaced(name, warnings) => {
            output::warnings(warnings, look);
            if !look.is_quiet() {
                output::tell(&format!("{name} has changed and is loaded anew"));
            }
        }
        Refreshed::Kept(name, faults) => {
            output::diagnostics(faults, look);
            output::tell(&format!("{name} has changed and cannot be used: what was loaded before stays in force"));
        }
    }
}
