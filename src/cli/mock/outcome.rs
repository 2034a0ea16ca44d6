//! What is said and written of all exchanges when the server has stopped.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::arguments::{LogFormat, MockArguments, SeeingArguments};
use crate::cli::Exit;
use crate::cli::arguments::ReportArguments;
use crate::cli::output::{self, Look};
use crate::cli::run::write_reports;
use crate::exchange::Secret;
use crate::mock::{Observer, Presenter};
use crate::offline::{Fold, Limits};
use crate::project::{Folder, Serving, system_clock};
use crate::report::{Results, Verbosity};
use crate::show;
use crate::source::Diagnostics;
use crate::verdict::{Event, FORMAT_VERSION, Target, Totals};

/// Where reports go unless something else is said: not where those of a run lie.
const REPORTS: &str = "reports/mock";

/// Takes in exchanges where reports are wanted.
pub(super) struct Outcome {
    began: Timestamp,
    reports: ReportArguments,
    folded: Option<Arc<Mutex<(Fold, Presenter)>>>,
}

impl Outcome {
    pub(super) fn new(arguments: &SeeingArguments, verbosity: Verbosity, secrets: Vec<Secret>) -> Self {
        let wanted = arguments.report || arguments.reports.is_some();
        let reports =
            ReportArguments { reports: arguments.reports.clone(), junit: arguments.junit.clone(), no_report: !wanted };
        let fold = || (Fold::new(verbosity == Verbosity::Verbose, Limits::default()), Presenter::new(secrets));
        let folded = (wanted || reports.junit.is_some()).then(|| Arc::new(Mutex::new(fold())));
        Self { began: system_clock()(), reports, folded }
    }

    /// What hears of exchanges for it.
    pub(super) fn observer(&self) -> Option<Observer> {
        let folded = Arc::clone(self.folded.as_ref()?);
        let began = self.began;
        Some(Arc::new(move |exchanged| {
            let mut folded = folded.lock().unwrap_or_else(PoisonError::into_inner);
            let (fold, presenter) = &mut *folded;
            let mut case = presenter.case(exchanged);
            case.started_ms = exchanged.at.duration_since(began).as_secs_f64() * 1000.0;
            fold.add(case);
        }))
    }

    /// Says how the exchanges came out, and writes the reports.
    pub(super) fn finish(
        self,
        totals: Totals,
        serving: &Serving,
        (arguments, folder, look): (&MockArguments, &Folder, &Look),
    ) -> Result<Exit, Diagnostics> {
        match self.folded {
            Some(folded) => {
                let mut folded = folded.lock().unwrap_or_else(PoisonError::into_inner);
                let fold = std::mem::take(&mut folded.0);
                let contracts = serving.served().iter();
                let started = Event::RunStarted {
                    format_version: FORMAT_VERSION.to_owned(),
                    countersign: env!("CARGO_PKG_VERSION").to_owned(),
                    started: Timestamp::from_second(self.began.as_second()).unwrap_or(self.began).to_string(),
                    seed: arguments.answers.seed,
                    contracts: contracts.map(|served| show::summary(served.contract(), Target::Mock)).collect(),
                    cases: fold.totals().cases(),
                };
                let elapsed_ms = system_clock()().duration_since(self.began).as_secs_f64() * 1000.0;
                let (events, summary) =
                    fold.finish(started, Event::RunFinished { elapsed_ms, stopped: None, exercised: Vec::new() });
                let results = (!self.reports.no_report).then(|| Results::of(&events));
                let written = write_reports(&self.reports, REPORTS, folder, results, &summary)?;
                let told = look.terminal().summary(&summary, &written);
                match arguments.seeing.log {
                    LogFormat::Json => output::tell(&told),
                    LogFormat::Text | LogFormat::None => output::print(&told),
                }
            }
            None if arguments.seeing.log == LogFormat::Json => output::tell(&told(totals)),
            None => output::print(&told(totals)),
        }
        let bad = totals.broken + totals.failed > 0 || arguments.contracts.strict && totals.undecided > 0;
        Ok(if arguments.seeing.fail_on_violation && bad { Exit::Broken } else { Exit::Kept })
    }
}

fn told(totals: Totals) -> String {
    let counts =
        [(totals.kept, "kept"), (totals.broken, "broken"), (totals.undecided, "undecided"), (totals.failed, "failed")];
    let counts = counts.iter().filter(|(count, word)| *count > 0 || *word == "kept" || *word == "broken");
    let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    let word = if totals.cases() == 1 { "exchange" } else { "exchanges" };
    format!("{} {word}: {}", totals.cases(), counts.join(" · "))
}
