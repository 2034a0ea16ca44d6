//! Runs a plan.

use std::sync::Arc;

use tokio::time::Instant;

use super::channel::Channel;
use super::runner::Runner;
use super::schedule::{Jobs, Limits, in_order};
use super::{Outcome, Plan, Settings, Stop};
use crate::show::{millis, summary};
use crate::transport::Client;
use crate::verdict::{CaseResult, Event, FORMAT_VERSION, Totals, Verdict};

/// Takes what happens in a run, as it happens.
pub trait Sink: Send {
    /// Something happened. Cases come in the order of the plan, each as soon as those before it are done.
    fn event(&mut self, event: Event);

    /// So many of all cases are done, in whatever order.
    fn progress(&mut self, done: usize, of: usize) {
        let _ = (done, of);
    }
}

impl Sink for Vec<Event> {
    fn event(&mut self, event: Event) {
        self.push(event);
    }
}

/// Runs all cases of a plan, side by side, and tells `sink` what happened, in the plan's order.
///
/// With the same plan, seed and answers the events are the same, but for times, whatever the
/// number of jobs. Must be called within a tokio runtime; `stop` ends the run early.
pub async fn execute(plan: Plan, settings: Settings, client: &Client, stop: &Stop, sink: &mut dyn Sink) -> Outcome {
    let started = Instant::now();
    let limits = Limits { count: plan.len(), jobs: settings.pace.jobs, max_failures: settings.pace.max_failures };
    for secret in plan.contracts.iter().filter_map(|bound| bound.target.secret()) {
        settings.world.redactor.add(&secret);
    }
    sink.event(run_started(&plan, &settings));
    let channel = |target: &super::Target| Channel::new(target.clone(), client.clone(), settings.pace.rate);
    let channels = plan.contracts.iter().map(|bound| channel(&bound.target)).collect();
    let strict = settings.strict;
    let runner = Arc::new(Runner::new(plan, settings, channels, started));
    let work = {
        let runner = Arc::clone(&runner);
        move |index| {
            let runner = Arc::clone(&runner);
            async move { Box::new(runner.case(index).await) }
        }
    };
    let mut driver = Driver { runner, sink, strict, totals: Totals::default(), count: limits.count };
    let ended = in_order(&mut driver, work, limits, stop).await;
    let Driver { runner, sink, totals, .. } = driver;
    let unreachable = runner.unreachable();
    let stopped = ended.or_else(|| match unreachable.as_slice() {
        [] => None,
        names => Some(format!("the target of {} could not be reached", names.join(", "))),
    });
    sink.event(Event::RunFinished {
        elapsed_ms: millis(started.elapsed()),
        stopped: stopped.clone(),
        exercised: runner.exercised(),
    });
    Outcome { totals, unreachable, throttled: runner.throttled(), stopped }
}

/// RFC 3339, UTC, as exact as anybody needs to know when a run was.
fn whole_seconds(now: jiff::Timestamp) -> String {
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

fn run_started(plan: &Plan, settings: &Settings) -> Event {
    let redactor = &settings.world.redactor;
    let mut contracts: Vec<_> =
        plan.contracts.iter().map(|bound| summary(&bound.contract, bound.target.shown())).collect();
    for contract in &mut contracts {
        if let crate::verdict::Target::Live { url } = &mut contract.target {
            *url = redactor.redact(url);
        }
    }
    Event::RunStarted {
        format_version: FORMAT_VERSION.to_owned(),
        countersign: env!("CARGO_PKG_VERSION").to_owned(),
        started: whole_seconds((settings.world.clock)()),
        seed: settings.world.seed,
        contracts,
        cases: plan.len(),
    }
}

struct Driver<'a> {
    runner: Arc<Runner>,
    sink: &'a mut dyn Sink,
    strict: bool,
    totals: Totals,
    count: usize,
}

impl Jobs for Driver<'_> {
    type Outcome = Box<CaseResult>;

    fn panicked(&self, index: usize, message: &str) -> Self::Outcome {
        let error = format!("countersign broke while it ran this case; please report it: {message}");
        Box::new(self.runner.without_steps(index, Verdict::Failed { error }))
    }

    fn skipped(&self, index: usize, reason: &str) -> Self::Outcome {
        Box::new(self.runner.without_steps(index, Verdict::Skipped { reason: reason.to_owned() }))
    }

    fn has_failed(&self, result: &Self::Outcome) -> bool {
        match result.verdict {
            Verdict::Broken { .. } | Verdict::Failed { .. } => true,
            Verdict::Undecided { .. } => self.strict,
            Verdict::Kept | Verdict::Skipped { .. } => false,
        }
    }

    fn progress(&mut self, done: usize) {
        self.sink.progress(done, self.count);
    }

    fn finished(&mut self, result: Self::Outcome) {
        self.totals.count(&result);
        self.sink.event(Event::CaseFinished(result));
    }
}
