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
use std::process::Command;

use countersign::run::Outcome;
use countersign::transport::{Client, Settings};
use countersign::verdict::{CaseResult, Verdict};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

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

const OTHER_ACCOUNT: [(&str, &str); 8] = [
    ("MIJNKLANTPORTAAL_TOKEN", "mkp-of-another-account"),
    ("SALLA_TOKEN", "another-shop"),
    ("SALLA_TOKEN_WITHOUT_SCOPE", "another-shop-no-scope"),
    ("SALLA_GROUP_ID", "2075683582"),
    ("SALLA_CUSTOMER_IDS", "11,22,33"),
    ("BIZKITHUB_API_KEY", "PRODanotherOrganisation000000001"),
    ("BIZKITHUB_EMAIL", "Someone@Else.Example"),
    ("BIZKITHUB_CUREFNO", "AnotherCustomer0"),
];

/// The APIs as another account sees them: what the cases take for granted of theirs is wrong here.
static OTHER: Twist = Twist::before("another account", |request| {
    let mut token = request.bearer().map(str::to_owned);
    for (theirs, ours) in [
        ("mkp-of-another-account", vendors::MIJNKLANTPORTAAL_TOKEN),
        ("another-shop", vendors::SALLA_TOKEN),
        ("another-shop-no-scope", vendors::SALLA_TOKEN_WITHOUT_SCOPE),
    ] {
        match token.as_deref() {
            Some(sent) if sent == theirs => token = Some(ours.to_owned()),
            Some(sent) if sent == ours => token = Some("unknown".to_owned()),
            _ => continue,
        }
        break;
    }
    request.authorization = token.map(|token| format!("Bearer {token}"));
    request.api_key = request.api_key.take().map(|key| match key.as_str() {
        "PRODanotherOrganisation000000001" => vendors::BIZKITHUB_API_KEY.to_owned(),
        _ => "unknown".to_owned(),
    });
    for (name, theirs, ours) in [
        ("email", "someone@else.example", vendors::BIZKITHUB_EMAIL),
        ("cuRefNo", "AnotherCustomer0", vendors::BIZKITHUB_CUREFNO),
    ] {
        let text = twist::text(request, name).to_owned();
        if text == theirs || (name == "email" && text.to_lowercase() == theirs) {
            request.set(name, ours.into());
        } else if text.to_lowercase() == ours.to_lowercase() {
            request.set(name, "nobody@x.example".into());
        }
    }
    let unknown = |id: &Value| id.is_number() && ![11, 22, 33].iter().any(|known| id == known);
    if request.path == vendors::ADD_CUSTOMERS && request.items("customers").iter().any(unknown) {
        request.set("customers", json!(["unknown"]));
    }
});

/// Runs the program as a user does; gives its exit code and what it said.
fn program(twist: &'static Twist, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let base = vendors::serve(twist).unwrap();
    let targets = ["mijnklantportaal", "salla", "bizkithub"].map(|vendor| format!("--target={vendor}={base}"));
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .envs(environment.iter().copied())
        .args(["run", "--no-report"])
        .args(targets)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn the_program_tells_right_from_faulty_by_its_exit_code() {
    for (twist, environment, expected) in [
        (&Twist::NONE, [].as_slice(), 0),
        (&faults::mijnklantportaal::FAULTS[0], &[], 1),
        (&faults::salla::FAULTS[0], &[], 1),
        (&faults::bizkithub::FAULTS[0], &[], 1),
        (&OTHER, &OTHER_ACCOUNT, 0),
        (&OTHER, &[], 1),
    ] {
        let (code, said) = program(twist, environment);
        assert_eq!(code, Some(expected), "{}:\n{said}", twist.name);
    }
}
