//! Work side by side, results in order.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::Stop;

/// How far work may run ahead of the first result that is still missing: bounds the results held back.
const AHEAD: usize = 4096;

/// How many results are taken at once.
const TAKEN: usize = 64;

/// What becomes of the work.
pub(super) trait Jobs {
    /// What one piece of work comes to.
    type Outcome: Send + 'static;
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

/// Does the work of each index from 0; tells why not, where not all was done.
pub(super) async fn in_order<J, W, F>(jobs: &mut J, work: W, limits: Limits, stop: &Stop) -> Option<String>
where
    J: Jobs,
    W: Fn(usize) -> F + Send + Sync + 'static,
    F: Future<Output = J::Outcome> + Send + 'static,
{
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let queue = Arc::new(Queue::new(limits.count));
    let work = Arc::new(work);
    let mut workers = JoinSet::new();
    for _ in 0..limits.jobs.clamp(1, limits.count.max(1)) {
        workers.spawn(run(Arc::clone(&queue), Arc::clone(&work), sender.clone()));
    }
    drop(sender);
    let mut schedule =
        Schedule { limits, queue, waiting: BTreeMap::new(), failed: BTreeSet::new(), emitted: 0, failures: 0 };
    let ended = schedule.take(jobs, &mut receiver, stop).await;
    // Work that is under way is given up here, before it is told to be skipped.
    workers.shutdown().await;
    if let Some(reason) = &ended {
        schedule.rest(jobs, reason);
    }
    ended
}

/// What is left to do.
struct Queue {
    next: AtomicUsize,
    end: AtomicUsize,
    ahead: Semaphore,
}

impl Queue {
    fn new(count: usize) -> Self {
        Self { next: AtomicUsize::new(0), end: AtomicUsize::new(count), ahead: Semaphore::new(AHEAD) }
    }

    async fn next(&self) -> Option<usize> {
        self.ahead.acquire().await.ok()?.forget();
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.end.load(Ordering::Relaxed)).then_some(index)
    }
}

/// What a worker sends: which piece of work, and what it came to or how it panicked.
type Result<O> = (usize, std::result::Result<O, String>);

/// One worker: takes the next piece of work by itself, so that none waits for another.
async fn run<O, W, F>(queue: Arc<Queue>, work: Arc<W>, results: mpsc::UnboundedSender<Result<O>>)
where
    W: Fn(usize) -> F,
    F: Future<Output = O>,
{
    while let Some(index) = queue.next().await {
        // Nothing of the work is used after it panicked, so nothing broken can be seen.
        let caught = AssertUnwindSafe(async { work(index).await }).catch_unwind().await;
        if results.send((index, caught.map_err(|panic| message(&*panic)))).is_err() {
            return;
        }
    }
}

struct Schedule<O> {
    limits: Limits,
    queue: Arc<Queue>,
    waiting: BTreeMap<usize, O>,
    failed: BTreeSet<usize>,
    emitted: usize,
    failures: usize,
}

impl<O> Schedule<O> {
    async fn take<J: Jobs<Outcome = O>>(
        &mut self,
        jobs: &mut J,
        results: &mut mpsc::UnboundedReceiver<Result<O>>,
        stop: &Stop,
    ) -> Option<String> {
        let mut done = 0;
        let mut taken = Vec::with_capacity(TAKEN);
        while self.emitted < self.limits.count {
            if self.has_enough() {
                return Some(self.enough());
            }
            tokio::select! {
                biased;
                () = stop.interrupted() => return Some("interrupted".to_owned()),
                // Without workers nothing more will come: better to say so than to wait for ever.
                count = results.recv_many(&mut taken, TAKEN) => if count == 0 {
                    return Some("the workers ended early".to_owned());
                },
            }
            for (index, outcome) in taken.drain(..) {
                done += 1;
                jobs.progress(done);
                let outcome = outcome.unwrap_or_else(|message| jobs.panicked(index, &message));
                if jobs.has_failed(&outcome) {
                    self.fail(index);
                }
                self.waiting.insert(index, outcome);
            }
            self.flush(jobs);
        }
        None
    }

    /// Work beyond the failure that ends the run would be thrown away, whatever comes before.
    fn fail(&mut self, index: usize) {
        self.failed.insert(index);
        let last = self.limits.max_failures.and_then(|most| self.failed.iter().nth(most.saturating_sub(1)));
        if let Some(last) = last {
            self.queue.end.fetch_min(last + 1, Ordering::Relaxed);
        }
    }

    /// Tells what is complete from the front.
    fn flush<J: Jobs<Outcome = O>>(&mut self, jobs: &mut J) {
        while !self.has_enough() {
            let Some(outcome) = self.waiting.remove(&self.emitted) else { return };
            self.failures += usize::from(jobs.has_failed(&outcome));
            self.emitted += 1;
            self.queue.ahead.add_permits(1);
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
    use std::time::Duration;

    use futures_util::future::BoxFuture;
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

    impl Dice {
        fn work(&self) -> impl Fn(usize) -> BoxFuture<'static, String> + Send + Sync + 'static {
            let (failing, panicking, hanging) = (self.failing.clone(), self.panicking.clone(), self.hanging);
            let (running, most) = (Arc::clone(&self.running), Arc::clone(&self.most));
            move |index| {
                let (running, most) = (Arc::clone(&running), Arc::clone(&most));
                let (fails, panics, hangs) =
                    (failing.contains(&index), panicking.contains(&index), hanging == Some(index));
                Box::pin(async move {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    sleep(Duration::from_millis(1 + (index as u64 * 7919) % 97)).await;
                    if hangs {
                        std::future::pending::<()>().await;
                    }
                    running.fetch_sub(1, Ordering::SeqCst);
                    assert!(!panics, "number {index} broke");
                    format!("{index} {}", if fails { "failed" } else { "kept" })
                })
            }
        }
    }

    impl Jobs for Dice {
        type Outcome = String;

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
        let work = dice.work();
        let ended = in_order(&mut dice, work, limits, &stop).await;
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
