//! Exchanges on the terminal, from a thread of its own: serving never waits for who reads.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use crate::exchange::Secret;
use crate::mock::{Exchanged, Observer, Presenter};
use crate::report::Terminal;

/// Exchanges beyond so many that the reader has not taken yet are counted and not told.
const WAITING: usize = 4_096;
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
    lost: Arc<AtomicU64>,
}

impl Log {
    /// Starts the thread.
    pub(super) fn start(form: Form, secrets: Vec<Secret>) -> std::io::Result<Self> {
        let (send, receive) = sync_channel::<Arc<Exchanged>>(WAITING);
        let (end, ended) = sync_channel(1);
        let lost = Arc::new(AtomicU64::new(0));
        let missed = Arc::clone(&lost);
        std::thread::Builder::new().name("countersign-log".to_owned()).spawn(move || {
            let mut presenter = Presenter::new(secrets);
            while let Ok(exchanged) = receive.recv() {
                let mut text = told(form, &exchanged, &mut presenter);
                let lost = missed.swap(0, Ordering::Relaxed);
                if lost > 0 {
                    text.push_str(&left_out(form, lost));
                }
                // A reader that went away is no error.
                let _ = std::io::stdout().lock().write_all(text.as_bytes());
            }
            let _ = end.send(());
        })?;
        Ok(Self { send, ended, lost })
    }

    /// What hears of exchanges for it.
    pub(super) fn observer(&self) -> Observer {
        let (send, lost) = (self.send.clone(), Arc::clone(&self.lost));
        Arc::new(move |exchanged| {
            if let Err(TrySendError::Full(_)) = send.try_send(Arc::clone(exchanged)) {
                lost.fetch_add(1, Ordering::Relaxed);
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

fn told(form: Form, exchanged: &Exchanged, presenter: &mut Presenter) -> String {
    match form {
        Form::Text(terminal) => {
            let mut text = terminal.served(&presenter.case(exchanged));
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
