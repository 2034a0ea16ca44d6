//! Work side by side, results in order.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokio::task::{Id, JoinError, JoinSet};

use super::Stop;

/// How far work may run ahead of the first result that is still missing: bounds the results held back.
const AHEAD: usize = 4096;

/// What a schedule does with each index from 0.
pub(super) trait Jobs {
    /// What one piece of work comes to.
    type Outcome: Send + 'static;
    /// The work of one index.
    fn start(&self, index: usize) -> impl Future<Output = Self::Outcome> + Send + 'static;
    /// The outcome of work that panicked.
    fn panicked(&self, index: usize, message: &str) -> Self::Outcome;
    /// The outcome of work that was not done, or that no longer counts.
    fn skipped(&self, index: usize, reason: &str) -> Self::Outcome;
    /// Whether this outcome counts as a failure.
    fn has_failed(&self, outcome: &Self::Outcome) -> bool;
    /// So many are done, in whatever order.
    fn progress(&mut self, done: usize);
    /// Takes an outcome; called once for each index, in order.
    fn finished(&mut self, outcome: Self::Outcome);
}

/// How much, how far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How many indices there are.
    pub(super) count: usize,
    /// How many at once; at least one.
    pub(super) jobs: usize,
    /// After so many failures, in order, the rest is skipped.
    pub(super) max_failures: Option<usize>,
}

/// Does all the work; tells why not, where not all was done.
pub(super) async fn in_order<J: Jobs>(jobs: &mut J, limits: Limits, stop: &Stop) -> Option<String> {
    let mut schedule = Schedule {
        limits,
        running: JoinSet::new(),
        indices: HashMap::new(),
        waiting: BTreeMap::new(),
        failed: BTreeSet::new(),
        next: 0,
        emitted: 0,
        failures: 0,
    };
    let ended = schedule.run(jobs, stop).await;
    // Work that was given up is dropped here, before its results are told as skipped.
    schedule.running.shutdown().await;
    if let Some(reason) = &ended {
        schedule.rest(jobs, reason);
    }
    ended
}

struct Schedule<O> {
    limits: Limits,
    running: JoinSet<O>,
    indices: HashMap<Id, usize>,
    waiting: BTreeMap<usize, O>,
    failed: BTreeSet<usize>,
    next: usize,
    emitted: usize,
    failures: usize,
}

impl<O: Send + 'static> Schedule<O> {
    async fn run<J: Jobs<Outcome = O>>(&mut self, jobs: &mut J, stop: &Stop) -> Option<String> {
        let mut done = 0;
        while self.emitted < self.limits.count {
            if self.has_enough() {
                return Some(self.enough());
            }
            self.fill(jobs);
            let joined = tokio::select! {
                biased;
                () = stop.interrupted() => return Some("interrupted".to_owned()),
                joined = self.running.join_next_with_id() => joined,
            };
            let Some((index, outcome)) = joined.and_then(|joined| self.outcome(jobs, joined)) else { continue };
            done += 1;
            jobs.progress(done);
            if jobs.has_failed(&outcome) {
                self.failed.insert(index);
            }
            self.waiting.insert(index, outcome);
            self.flush(jobs);
        }
        None
    }

    /// Starts what may start.
    fn fill<J: Jobs<Outcome = O>>(&mut self, jobs: &J) {
        // Work beyond the failure that ends the run would be thrown away, whatever comes before.
        let last = self.limits.max_failures.and_then(|most| self.failed.iter().nth(most.saturating_sub(1)));
        let end = self.limits.count.min(self.emitted + AHEAD).min(last.map_or(usize::MAX, |last| last + 1));
        while self.running.len() < self.limits.jobs.max(1) && self.next < end {
            let task = self.running.spawn(jobs.start(self.next));
            self.indices.insert(task.id(), self.next);
            self.next += 1;
        }
    }

    fn outcome<J: Jobs<Outcome = O>>(&mut self, jobs: &J, joined: Result<(Id, O), JoinError>) -> Option<(usize, O)> {
        match joined {
            Ok((id, outcome)) => Some((self.indices.remove(&id)?, outcome)),
            Err(error) => {
                let index = self.indices.remove(&error.id())?;
                let message = error.try_into_panic().map_or_else(|error| error.to_string(), |panic| message(&*panic));
                Some((index, jobs.panicked(index, &message)))
            }
        }
    }

    /// Tells what is complete from the front.
    fn flush<J: Jobs<Outcome = O>>(&mut self, jobs: &mut J) {
        while !self.has_enough() {
            let Some(outcome) = self.waiting.remove(&self.emitted) else { return };
            self.failures += usize::from(jobs.has_failed(&outcome));
            self.emitted += 1;
            jobs.finished(outcome);
        }
    }

    /// Tells the rest: what is done, where the run was interrupted; otherwise that it was skipped.
    fn rest<J: Jobs<Outcome = O>>(&mut self, jobs: &mut J, reason: &str) {
        let keep = !self.has_enough();
        for index in self.emitted..self.limits.count {
            let outcome = self.waiting.remove(&index).filter(|_| keep);
            jobs.finished(outcome.unwrap_or_else(|| jobs.skipped(index, reason)));
        }
    }

    fn has_enough(&self) -> bool {
        self.limits.max_failures.is_some_and(|most| self.failures >= most.max(1))
    }

    fn enough(&self) -> String {
        match self.failures {
            1 => "the run stopped after the first failure".to_owned(),
            most => format!("the run stopped after {most} failures"),
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    /// Work that takes as long as a (repeatable) die says, and what became of it.
    #[derive(Default)]
    struct Dice {
        failing: Vec<usize>,
        panicking: Vec<usize>,
        hanging: Option<usize>,
        running: Arc<AtomicUsize>,
        most: Arc<AtomicUsize>,
        told: Vec<String>,
        done: usize,
        stop_at: Option<(usize, Stop)>,
    }

    impl Jobs for Dice {
        type Outcome = String;

        fn start(&self, index: usize) -> impl Future<Output = String> + Send + 'static {
            let (running, most) = (Arc::clone(&self.running), Arc::clone(&self.most));
            let (fails, panics) = (self.failing.contains(&index), self.panicking.contains(&index));
            let hangs = self.hanging == Some(index);
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                sleep(Duration::from_millis(1 + (index as u64 * 7919) % 97)).await;
                if hangs {
                    std::future::pending::<()>().await;
                }
                running.fetch_sub(1, Ordering::SeqCst);
                assert!(!panics, "number {index} broke");
                format!("{index} {}", if fails { "failed" } else { "kept" })
            }
        }

        fn panicked(&self, index: usize, message: &str) -> String {
            format!("{index} failed: {message}")
        }

        fn skipped(&self, index: usize, reason: &str) -> String {
            format!("{index} skipped: {reason}")
        }

        fn has_failed(&self, outcome: &String) -> bool {
            outcome.contains("failed")
        }

        fn progress(&mut self, done: usize) {
            assert_eq!(done, self.done + 1);
            self.done = done;
            if let Some((at, stop)) = &self.stop_at
                && *at == done
            {
                stop.interrupt();
            }
        }

        fn finished(&mut self, outcome: String) {
            self.told.push(outcome);
        }
    }

    async fn run(mut dice: Dice, jobs: usize, max_failures: Option<usize>) -> (Dice, Option<String>) {
        let stop = dice.stop_at.as_ref().map_or_else(Stop::new, |(_, stop)| stop.clone());
        let limits = Limits { count: 100, jobs, max_failures };
        let ended = in_order(&mut dice, limits, &stop).await;
        (dice, ended)
    }

    #[tokio::test(start_paused = true)]
    async fn results_come_in_order_whatever_finishes_first() {
        for jobs in [1, 8, 200] {
            let (dice, ended) = run(Dice::default(), jobs, None).await;
            let expected: Vec<String> = (0..100).map(|index| format!("{index} kept")).collect();
            assert_eq!((dice.told, ended), (expected, None));
            assert_eq!(dice.most.load(Ordering::SeqCst), jobs.min(100), "so many at once");
            assert_eq!(dice.done, 100);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_is_skipped_after_failures_with_any_number_of_jobs() {
        for (most, kept) in [(1, 10), (2, 40), (3, 90), (4, 100)] {
            let mut told = Vec::new();
            for jobs in [1, 8, 200] {
                let dice = Dice { failing: vec![90, 10, 40], ..Dice::default() };
                let (dice, ended) = run(dice, jobs, Some(most)).await;
                assert_eq!(ended.is_some(), most < 4);
                assert_eq!(
                    dice.told.iter().filter(|text| text.contains("skipped")).count(),
                    99_usize.saturating_sub(kept)
                );
                told.push(dice.told);
            }
            assert!(told.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_is_one_failure_and_not_the_end() {
        let (dice, ended) = run(Dice { panicking: vec![3, 50], ..Dice::default() }, 8, None).await;
        assert_eq!((dice.told.len(), ended), (100, None));
        assert_eq!(dice.told[3], "3 failed: number 3 broke");
        assert_eq!(dice.told[51], "51 kept");
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupt_gives_up_what_runs_and_skips_the_rest() {
        let stop_at = Some((20, Stop::new()));
        let (dice, ended) = run(Dice { stop_at, hanging: Some(2), ..Dice::default() }, 4, None).await;
        assert_eq!(ended.as_deref(), Some("interrupted"));
        assert_eq!(dice.told.len(), 100);
        assert_eq!(dice.told[2], "2 skipped: interrupted");
        assert_eq!(dice.told.iter().filter(|text| text.contains("kept")).count(), 20, "what was done is told");
        assert_eq!(dice.told[99], "99 skipped: interrupted");
    }
}
