//! Runs one case: attempts, and the steps of each in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::channel::Channel;
use super::plan::Planned;
use super::step::{Done, Scene, run_step};
use super::{Plan, Settings, Target};
use crate::case::{Case, Environment, Only, Surroundings};
use crate::coverage::Recorder;
use crate::show::{Shower, millis};
use crate::verdict::{CaseId, CaseResult, ContractCoverage, Step, Verdict};

/// All that the cases of a run share.
pub(super) struct Runner {
    plan: Plan,
    settings: Settings,
    environment: Environment,
    channels: Vec<Channel>,
    /// One for each contract, where coverage is wanted.
    recorders: Vec<Recorder>,
    started: Instant,
}

/// One attempt at a case.
struct Attempt {
    steps: Vec<Done>,
    verdict: Verdict,
}

impl Runner {
    /// `channels` belong to the plan's contracts, one each.
    pub(super) fn new(plan: Plan, settings: Settings, channels: Vec<Channel>, started: Instant) -> Self {
        let environment = Environment::from((*settings.world.environment).clone());
        let wanted = plan.contracts.iter().filter(|_| settings.coverage);
        let recorders = wanted.map(|bound| Recorder::new(Arc::clone(&bound.contract))).collect();
        Self { plan, settings, environment, channels, recorders, started }
    }

    /// The contracts whose target could not be reached at all.
    pub(super) fn unreachable(&self) -> Vec<String> {
        let bound = self.plan.contracts.iter().zip(&self.channels);
        let down = bound.filter(|(_, channel)| channel.unreachable().is_some());
        down.map(|(bound, _)| bound.contract.name().to_owned()).collect()
    }

    /// How often a request was sent again because a server asked for it.
    pub(super) fn throttled(&self) -> usize {
        self.channels.iter().map(Channel::throttled).sum()
    }

    /// How much of each contract was exercised, where that is wanted.
    pub(super) fn exercised(&self) -> Vec<ContractCoverage> {
        self.recorders.iter().map(Recorder::report).collect()
    }

    /// Runs a case to its verdict.
    pub(super) async fn case(&self, index: usize) -> CaseResult {
        let planned = &self.plan.cases[index];
        let channel = &self.channels[planned.contract];
        if let Some(reason) = skipped(&planned.case, &channel.target) {
            return self.without_steps(index, Verdict::Skipped { reason });
        }
        if channel.is_lost() {
            let reason = "the target was there and is gone: it could not be reached several times in a row".to_owned();
            return self.without_steps(index, Verdict::Skipped { reason });
        }
        let began = Instant::now();
        let retry = planned.case.retry.or(self.settings.again.retry);
        let most = retry.map_or(1, |retry| retry.attempts.max(1));
        let mut earlier = Vec::new();
        let mut number = 1;
        let last = loop {
            let attempt = self.attempt(planned, number).await;
            let over = !matches!(attempt.verdict, Verdict::Broken { .. } | Verdict::Failed { .. });
            if over || number >= most || channel.unreachable().is_some() {
                break attempt;
            }
            earlier.push(attempt.verdict);
            sleep(retry.map_or(Duration::ZERO, |retry| retry.wait_after(number))).await;
            number += 1;
        };
        let elapsed = began.elapsed();
        // Only now: a later step or attempt may have made known what is secret in an earlier one.
        let shower = self.shower();
        let result = self.without_steps(index, verdict(&shower, last.verdict));
        CaseResult {
            attempts: number,
            earlier: earlier.into_iter().map(|earlier| verdict(&shower, earlier)).collect(),
            elapsed_ms: millis(elapsed),
            started_ms: millis(began.duration_since(self.started)),
            steps: last.steps.into_iter().map(|done| done.shown(&shower)).collect(),
            ..result
        }
    }

    /// The result of a case of which nothing was done.
    pub(super) fn without_steps(&self, index: usize, verdict: Verdict) -> CaseResult {
        let case = &self.plan.cases[index].case;
        let redact = |text: &str| self.settings.world.redactor.redact(text);
        CaseResult {
            id: CaseId { file: case.id.file.clone(), name: redact(&case.id.name), row: case.id.row },
            contract: case.contract.clone(),
            place: case.place.clone(),
            operations: case.operations.to_vec(),
            tags: case.tags.to_vec(),
            proves: case.proves.to_vec(),
            verdict,
            attempts: 1,
            earlier: Vec::new(),
            elapsed_ms: 0.0,
            started_ms: millis(self.started.elapsed()),
            steps: Vec::new(),
        }
    }

    fn shower(&self) -> Shower<'_> {
        Shower { redactor: &self.settings.world.redactor, max_body: self.settings.shown_body }
    }

    async fn attempt(&self, planned: &Planned, number: usize) -> Attempt {
        let case = &planned.case;
        let bound = &self.plan.contracts[planned.contract];
        let world = &self.settings.world;
        let surroundings = Surroundings {
            environment: &self.environment,
            target: bound.target.word(),
            // Another attempt with the same random names would meet what the first one made.
            seed: world.seed.wrapping_add(number as u64 - 1),
            clock: world.clock.clone(),
            redactor: &world.redactor,
        };
        let mut scope = match case.scope(&surroundings) {
            Ok(scope) => scope,
            Err(error) => return Attempt { steps: Vec::new(), verdict: Verdict::Failed { error: error.to_string() } },
        };
        let session = matches!(bound.target, Target::Mock { .. }).then(|| session(&case.id, number));
        let scene = Scene {
            contract: &bound.contract,
            channel: &self.channels[planned.contract],
            coverage: self.recorders.get(planned.contract),
            session: session.as_deref(),
            again: self.settings.again,
            world,
        };
        let mut attempt = Attempt { steps: Vec::with_capacity(case.steps.len()), verdict: Verdict::Kept };
        for (at, step) in case.steps.iter().enumerate() {
            let title = step.title(&scope);
            let done = run_step(&scene, step, title, &mut scope).await;
            let goes_on = matches!(done.verdict, Verdict::Kept | Verdict::Undecided { .. });
            attempt.verdict = attempt.verdict.and(done.verdict.clone());
            attempt.steps.push(done);
            if !goes_on {
                let rest = case.steps.iter().skip(at + 1);
                attempt.steps.extend(rest.map(|step| Done::not_run(step.title(&scope), step, at + 1)));
                break;
            }
            scope.finish_step();
        }
        attempt
    }
}

fn verdict(shower: &Shower, verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Kept => Verdict::Kept,
        Verdict::Broken { findings } => Verdict::Broken { findings: shower.findings(findings) },
        Verdict::Undecided { reasons } => Verdict::Undecided { reasons: shower.undecided(reasons) },
        Verdict::Skipped { reason } => Verdict::Skipped { reason: shower.text(&reason) },
        Verdict::Failed { error } => Verdict::Failed { error: shower.text(&error) },
    }
}

/// Why a case is not run against this kind of target.
fn skipped(case: &Case, target: &Target) -> Option<String> {
    if let Some(reason) = &case.skip {
        return Some(reason.clone());
    }
    let wanted = match (case.only, target) {
        (Some(Only::Live), Target::Mock { .. } | Target::Recorded) => "a live server",
        (Some(Only::Mock), Target::Live { .. } | Target::Recorded) => "the mock",
        _ => return None,
    };
    Some(format!("only for {wanted}, and the target is {}", target.word()))
}

/// What a mock keeps the states of cases apart by: the same from run to run, another for each attempt.
fn session(id: &CaseId, attempt: usize) -> String {
    // FNV-1a: any hash would do that does not change with the next version of a library.
    let text = format!("{}\0{}\0{}", id.file, id.name, id.row.unwrap_or(0));
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    if attempt == 1 { format!("{hash:016x}") } else { format!("{hash:016x}-{attempt}") }
}

impl Done {
    /// As an event shows it.
    fn shown(self, shower: &Shower) -> Step {
        let sent = match (&self.exchange, &self.request) {
            (Some(exchange), _) => Some(shower.exchange(exchange)),
            (None, Some(request)) => Some(shower.request(request)),
            (None, None) => None,
        };
        let (findings, undecided, error) = match self.verdict {
            Verdict::Kept => (Vec::new(), self.undecided, None),
            Verdict::Broken { findings } => (findings, self.undecided, None),
            Verdict::Undecided { reasons } => (Vec::new(), reasons, None),
            Verdict::Skipped { reason } => (Vec::new(), self.undecided, Some(reason)),
            Verdict::Failed { error } => (Vec::new(), self.undecided, Some(error)),
        };
        Step {
            name: self.name.map(|name| shower.text(&name)),
            operation: self.operation,
            sent,
            findings: shower.findings(findings),
            request_findings: shower.findings(self.request_findings),
            undecided: shower.undecided(undecided),
            captures: shower.captures(self.captures),
            error: error.map(|error| shower.text(&error)),
        }
    }
}
