//! Exchanges on the terminal, from a thread of its own: serving never waits for who reads.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use crate::exchange::Secret;
use crate::mock::{Exchanged, Observer, Presenter};
use crate::report::{Terminal, Verbosity};

/// Exchanges beyond so many that the reader has not taken yet are counted and not told.
const WAITING: usize = 4_096;
/// In so long a time ...
const WINDOW: Duration = Duration::from_millis(100);
/// ... so many exchanges are told; more that are kept are counted, for nobody could read them, and
/// telling them would take from the answers' time.
const IN_A_WINDOW: usize = 1_000;
/// How often it looks up where nothing comes.
const IDLE: Duration = Duration::from_secs(60);
/// How long the last lines have when the server stops.
const LAST: Duration = Duration::from_secs(2);

/// How an exchange is told.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Text(Terminal),
    Json,
}

/// Tells of exchanges as they are heard of.
pub(super) struct Log {
    send: SyncSender<Arc<Exchanged>>,
    ended: Receiver<()>,
    flood: Arc<Flood>,
}

/// What is counted and not told.
#[derive(Default)]
struct Flood {
    /// This window has had its share.
    is_full: AtomicBool,
    lost: AtomicU64,
}

impl Log {
    /// Starts the thread.
    pub(super) fn start(form: Form, secrets: Vec<Secret>) -> std::io::Result<Self> {
        let (send, receive) = sync_channel::<Arc<Exchanged>>(WAITING);
        let (end, ended) = sync_channel(1);
        let flood = Arc::new(Flood::default());
        let seen = Arc::clone(&flood);
        std::thread::Builder::new().name("countersign-log".to_owned()).spawn(move || {
            tell(form, &receive, &seen, Presenter::new(secrets));
            let _ = end.send(());
        })?;
        Ok(Self { send, ended, flood })
    }

    /// What hears of exchanges for it.
    pub(super) fn observer(&self) -> Observer {
        let (send, flood) = (self.send.clone(), Arc::clone(&self.flood));
        Arc::new(move |exchanged| {
            let spared = flood.is_full.load(Ordering::Relaxed) && exchanged.word() == "kept";
            if spared || matches!(send.try_send(Arc::clone(exchanged)), Err(TrySendError::Full(_))) {
                flood.lost.fetch_add(1, Ordering::Relaxed);
            }
        })
    }

    /// Tells what is left, once nobody observes for it any more.
    pub(super) fn finish(self) {
        let Self { send, ended, .. } = self;
        drop(send);
        if let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(LAST) {
            // Nobody reads: the lines are lost, the program is not.
        }
    }
}

/// Tells of exchanges until there can be no more.
fn tell(form: Form, receive: &Receiver<Arc<Exchanged>>, flood: &Flood, mut presenter: Presenter) {
    let (mut began, mut count) = (Instant::now(), 0);
    loop {
        let is_owed = count >= IN_A_WINDOW || flood.lost.load(Ordering::Relaxed) > 0;
        let left = if is_owed { WINDOW.saturating_sub(began.elapsed()) } else { IDLE };
        let received = receive.recv_timeout(left);
        if began.elapsed() >= WINDOW {
            (began, count) = (Instant::now(), 0);
            flood.is_full.store(false, Ordering::Relaxed);
            let lost = flood.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                print(&left_out(form, lost));
            }
        }
        match received {
            Ok(exchanged) => {
                count += 1;
                flood.is_full.store(count >= IN_A_WINDOW, Ordering::Relaxed);
                print(&told(form, &exchanged, &mut presenter));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let lost = flood.lost.swap(0, Ordering::Relaxed);
    if lost > 0 {
        print(&left_out(form, lost));
    }
}

/// A reader that went away is no error.
fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

fn told(form: Form, exchanged: &Exchanged, presenter: &mut Presenter) -> String {
    match form {
        Form::Text(Terminal { verbosity: Verbosity::Quiet, .. })
            if exchanged.word() == "kept" && exchanged.troubles.is_empty() =>
        {
            String::new()
        }
        Form::Text(terminal) => {
            let case = match terminal.verbosity {
                Verbosity::Verbose => presenter.case(exchanged),
                Verbosity::Normal | Verbosity::Quiet => presenter.brief(exchanged),
            };
            let mut text = terminal.served(&case);
            for trouble in &exchanged.troubles {
                text.push_str(&terminal.trouble(&presenter.text(&trouble.to_string())));
            }
            text
        }
        Form::Json => format!("{}\n", presenter.line(exchanged)),
    }
}

fn left_out(form: Form, lost: u64) -> String {
    match form {
        Form::Text(_) => format!("… {lost} exchanges more, faster than they could be told\n"),
        Form::Json => format!("{{\"event\":\"left-out\",\"exchanges\":{lost}}}\n"),
    }
}
