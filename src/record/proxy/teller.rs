//! Judges what passed and tells of it, beside the connections.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use super::{Answered, Line, Tell};
use crate::exchange::Exchange;
use crate::record::contracts::Contracts;
use crate::record::recorder::Recorder;
use crate::verdict::{Finding, Undecided, Verdict};

/// So many exchanges wait to be told; more are not judged while they pass.
const WAITING: usize = 4096;

/// What is to be told.
pub(super) enum Told {
    /// An exchange: its number, path and query, and what was not kept.
    Exchange { number: u64, exchange: Box<Exchange>, target: String, answered: Answered, notes: Vec<String> },
    /// A request without an exchange.
    Line(Box<Line>),
}

/// The thread that tells.
#[derive(Debug)]
pub(super) struct Teller(std::thread::JoinHandle<()>);

impl Teller {
    pub(super) fn start(
        contracts: Arc<Contracts>,
        recorder: Option<Arc<Recorder>>,
        tell: Tell,
    ) -> std::io::Result<(Self, SyncSender<Told>)> {
        let (sender, receiver) = sync_channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("countersign-teller".to_owned())
            .spawn(move || run(&receiver, &contracts, recorder.as_deref(), &tell))?;
        Ok((Self(thread), sender))
    }

    /// Waits until all is told: everybody who sends must be gone.
    pub(super) fn finish(self) {
        // A panic there has been told there.
        let _ = self.0.join();
    }
}

fn run(receiver: &Receiver<Told>, contracts: &Contracts, recorder: Option<&Recorder>, tell: &Tell) {
    for told in receiver {
        match told {
            Told::Line(line) => tell(&line),
            Told::Exchange { number, exchange, target, answered, notes } => {
                tell(&line(contracts, recorder, (number, &exchange, &target), answered, notes));
            }
        }
    }
}

fn line(
    contracts: &Contracts,
    recorder: Option<&Recorder>,
    (number, exchange, target): (u64, &Exchange, &str),
    answered: Answered,
    notes: Vec<String>,
) -> Line {
    let shown = |text: &str| recorder.map_or_else(|| text.to_owned(), |recorder| recorder.redact().text(text));
    let belongs = contracts.find(&exchange.request.method, target);
    let verdict = match contracts.judge(exchange, target) {
        Verdict::Broken { findings } => Verdict::Broken {
            findings: findings
                .into_iter()
                .map(|found| Finding {
                    message: shown(&found.message),
                    expected: shown(&found.expected),
                    actual: shown(&found.actual),
                    ..found
                })
                .collect(),
        },
        Verdict::Undecided { reasons } => Verdict::Undecided {
            reasons: reasons
                .into_iter()
                .map(|undecided| Undecided { reason: shown(&undecided.reason), ..undecided })
                .collect(),
        },
        other => other,
    };
    Line {
        number,
        method: exchange.request.method.clone(),
        target: shown(target),
        status: Some(exchange.response.status),
        elapsed: exchange.elapsed,
        operation: belongs.and_then(|belongs| belongs.operation).map(|operation| operation.id().to_owned()),
        answered,
        verdict,
        notes,
    }
}

/// A request that got no answer from the server behind.
pub(super) fn unanswered(number: u64, method: &str, target: String, elapsed: Duration, error: String) -> Told {
    Told::Line(Box::new(Line {
        number,
        method: method.to_owned(),
        target,
        status: None,
        elapsed,
        operation: None,
        answered: Answered::Upstream,
        verdict: Verdict::Failed { error },
        notes: Vec::new(),
    }))
}
