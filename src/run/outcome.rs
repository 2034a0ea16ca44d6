//! What a run came to.

use crate::verdict::Totals;

/// What a run came to, and the exit code it deserves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How the cases came out.
    pub totals: Totals,
    /// Contracts whose target could not be reached at all.
    pub unreachable: Vec<String>,
    /// How often a request was sent again because the server asked for it with `Retry-After`.
    pub throttled: usize,
    /// Why the run ended before its time, if it did.
    pub stopped: Option<String>,
}

/// The exit codes of countersign, each with its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything is kept.
    Kept = 0,
    /// Something is broken or failed, or the run was ended before its time.
    Broken = 1,
    /// The run could not start: the input or the settings are wrong.
    NotStarted = 2,
    /// A target could not be reached, and nothing is known to be broken.
    Unreachable = 3,
    /// No case was selected.
    NothingSelected = 4,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

impl Outcome {
    /// The exit code; with `strict`, what could not be judged counts as a failure.
    pub fn exit_code(&self, strict: bool) -> ExitCode {
        let totals = &self.totals;
        if totals.cases() == 0 {
            ExitCode::NothingSelected
        } else if totals.broken > 0 {
            ExitCode::Broken
        } else if !self.unreachable.is_empty() {
            ExitCode::Unreachable
        } else if totals.failed > 0 || self.stopped.is_some() || (strict && totals.undecided > 0) {
            ExitCode::Broken
        } else {
            ExitCode::Kept
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_wins_over_unreachable_and_that_over_failed() {
        let kept = Totals { kept: 1, ..Totals::default() };
        let down = || vec!["a".to_owned()];
        for (outcome, strict, expected) in [
            (Outcome::default(), false, ExitCode::NothingSelected),
            (Outcome { totals: kept, ..Outcome::default() }, true, ExitCode::Kept),
            (Outcome { totals: Totals { skipped: 1, ..kept }, ..Outcome::default() }, false, ExitCode::Kept),
            (Outcome { totals: Totals { undecided: 1, ..kept }, ..Outcome::default() }, false, ExitCode::Kept),
            (Outcome { totals: Totals { undecided: 1, ..kept }, ..Outcome::default() }, true, ExitCode::Broken),
            (
                Outcome { totals: Totals { broken: 1, ..kept }, unreachable: down(), ..Outcome::default() },
                false,
                ExitCode::Broken,
            ),
            (
                Outcome { totals: Totals { failed: 1, ..kept }, unreachable: down(), ..Outcome::default() },
                false,
                ExitCode::Unreachable,
            ),
            (Outcome { totals: Totals { failed: 1, ..kept }, ..Outcome::default() }, false, ExitCode::Broken),
            (
                Outcome { totals: kept, stopped: Some("interrupted".into()), ..Outcome::default() },
                false,
                ExitCode::Broken,
            ),
        ] {
            assert_eq!(outcome.exit_code(strict), expected, "{outcome:?} {strict}");
        }
    }
}
