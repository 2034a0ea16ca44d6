//! How much of the contracts was exercised, for a terminal.

use std::fmt::Write as _;

use super::text::{count, cut, one_line};
use crate::verdict::ContractCoverage;

/// Of what is missing so much is named.
const MOST: usize = 20;

/// A line for each kind, and what was not exercised; all of it where `all` is wanted.
pub fn coverage(coverage: &[ContractCoverage], all: bool) -> String {
    let mut out = String::new();
    for coverage in coverage {
        let (total, seen) = coverage.count();
        let _ = writeln!(
            out,
            "coverage of {}: {:.1} % ({seen} of {total})",
            one_line(&cut(&coverage.contract, 100)),
            rounded(coverage.percent())
        );
        for total in &coverage.totals {
            let rejected = match total.rejected {
                0 => String::new(),
                rejected => format!(", {rejected} also rejected"),
            };
            let _ = writeln!(out, "  {:<12}  {} of {}{rejected}", total.kind.plural(), total.seen, total.total);
        }
        missing(&mut out, coverage, if all { usize::MAX } else { MOST });
    }
    out
}

fn missing(out: &mut String, coverage: &ContractCoverage, most: usize) {
    let missing: Vec<_> = coverage.missing().collect();
    for item in missing.iter().take(most) {
        let _ = writeln!(out, "  not seen: {}: {}", one_line(&cut(&item.group, 120)), one_line(&cut(&item.name, 160)));
    }
    if missing.len() > most {
        let more = count(missing.len() - most, "more thing", "more things");
        let _ = writeln!(out, "  not seen: {more}; `--verbose` shows all");
    }
    if coverage.left_out > 0 {
        let _ = writeln!(out, "  {} were not looked for", count(coverage.left_out, "more thing", "more things"));
    }
}

/// Down to a tenth: 99.96 % is not all.
fn rounded(percent: f64) -> f64 {
    (percent * 10.0).floor() / 10.0
}
