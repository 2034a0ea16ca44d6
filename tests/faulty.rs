//! The shipped cases against APIs that were not made for them: three right ones, which no case
//! may refuse, in all the forms that the documents leave open; and many with one fault each,
//! none of which may get through.
#![expect(unreachable_pub, reason = "the modules are one program's")]
#![expect(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

#[path = "support/faults/mod.rs"]
mod faults;
#[path = "support/harmless.rs"]
mod harmless;
#[path = "support/shipped.rs"]
mod shipped;
#[path = "support/twist.rs"]
mod twist;
#[path = "support/vendors.rs"]
mod vendors;

use std::collections::BTreeSet;

use countersign::run::Outcome;
use countersign::transport::{Client, Settings};
use countersign::verdict::{CaseResult, Verdict};
use futures_util::{StreamExt, stream};

use shipped::Shipped;
use twist::Twist;

/// Runs a vendor's cases against a server with each of these twists, a few at a time, each until
/// so many cases have failed.
fn each(
    vendor: &'static str,
    twists: &'static [Twist],
    max_failures: Option<usize>,
) -> Vec<(&'static str, Outcome, Vec<CaseResult>)> {
    let shipped = &Shipped::load(vendor);
    let client = &Client::new(Settings::default()).unwrap();
    let runs = stream::iter(twists).map(|twist| async move {
        let (outcome, cases) = shipped.run(vendors::serve(twist).unwrap(), client, max_failures).await;
        (twist.name, outcome, cases)
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(runs.buffered(4).collect())
}

fn right_ones_keep_every_case(vendor: &'static str) {
    let mut wrong = Vec::new();
    for (twist, _, cases) in each(vendor, harmless::VARIATIONS, None) {
        let broken = cases.iter().filter(|case| case.verdict != Verdict::Kept);
        wrong.extend(broken.map(|case| format!("{twist}: {}: {:?}", case.id, case.verdict)));
    }
    assert!(wrong.is_empty(), "a right implementation is refused:\n{}", wrong.join("\n"));
}

fn no_fault_gets_through(vendor: &'static str, faults: &'static [Twist]) {
    let mut wrong = Vec::new();
    for (fault, outcome, cases) in each(vendor, faults, Some(1)) {
        if outcome.totals.broken == 0 {
            wrong.push(format!("{fault}: gets through"));
        }
        // A case that cannot be judged would hide what it should find.
        let failed = cases.iter().filter(|case| matches!(case.verdict, Verdict::Failed { .. }));
        wrong.extend(failed.map(|case| format!("{fault}: {}: {:?}", case.id, case.verdict)));
    }
    assert!(wrong.is_empty(), "{} of {} faults:\n{}", wrong.len(), faults.len(), wrong.join("\n"));
}

#[test]
fn every_promise_is_proven() {
    for vendor in ["mijnklantportaal", "salla", "bizkithub"] {
        let (_, _, cases) = &each(vendor, std::slice::from_ref(&Twist::NONE), None)[0];
        let proven: BTreeSet<&str> = cases.iter().flat_map(|case| case.proves.iter().map(String::as_str)).collect();
        let shipped = Shipped::load(vendor);
        let left: Vec<&str> = shipped.promises().into_iter().filter(|promise| !proven.contains(promise)).collect();
        assert!(left.is_empty(), "{vendor}: no case proves {left:?}");
    }
}

#[test]
fn right_implementations_of_mijnklantportaal_keep_every_case() {
    right_ones_keep_every_case("mijnklantportaal");
}

#[test]
fn right_implementations_of_salla_keep_every_case() {
    right_ones_keep_every_case("salla");
}

#[test]
fn right_implementations_of_bizkithub_keep_every_case() {
    right_ones_keep_every_case("bizkithub");
}

#[test]
fn no_fault_of_mijnklantportaal_gets_through() {
    no_fault_gets_through("mijnklantportaal", faults::mijnklantportaal::FAULTS);
}

#[test]
fn no_fault_of_salla_gets_through() {
    no_fault_gets_through("salla", faults::salla::FAULTS);
}

#[test]
fn no_fault_of_bizkithub_gets_through() {
    no_fault_gets_through("bizkithub", faults::bizkithub::FAULTS);
}
