//! `--coverage` and `--coverage-min`, of every command that judges exchanges.

use clap::Args;

use super::output;
use crate::run::ExitCode as Exit;
use crate::verdict::ContractCoverage;

/// How much of the contracts is exercised.
#[derive(Debug, Args)]
#[command(next_help_heading = "Coverage")]
pub struct CoverageArguments {
    /// Tell how much of the contracts was exercised: operations, statuses, media types, headers,
    /// parameters, properties, enum values and branches, in the terminal and in the reports.
    #[arg(long)]
    pub coverage: bool,
    /// Exit with 1 where less of a contract was exercised; tells it, too.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub coverage_min: Option<f64>,
}

impl CoverageArguments {
    /// Whether it is to be counted.
    pub(super) fn is_wanted(&self) -> bool {
        self.coverage || self.coverage_min.is_some()
    }

    /// The exit code when this much was exercised; says which contract falls short.
    pub(super) fn judge(&self, exercised: &[ContractCoverage], exit: Exit) -> Exit {
        let Some(least) = self.coverage_min else { return exit };
        let mut falls_short = false;
        for coverage in exercised.iter().filter(|coverage| coverage.percent() < least) {
            falls_short = true;
            let percent = (coverage.percent() * 10.0).floor() / 10.0;
            let missing = coverage.missing().count();
            output::tell(&format!(
                "error[coverage]: {percent:.1} % of {} was exercised, less than {least} %: {missing} not seen",
                coverage.contract
            ));
        }
        if falls_short && exit == Exit::Kept { Exit::Broken } else { exit }
    }
}

/// A number from 0 to 100, with or without its sign.
fn percent(text: &str) -> Result<f64, String> {
    let number: f64 =
        text.trim_end_matches('%').trim_end().parse().map_err(|_| "write a number, such as 80".to_owned())?;
    if (0.0..=100.0).contains(&number) { Ok(number) } else { Err("it must be from 0 to 100".to_owned()) }
}
