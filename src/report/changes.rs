//! Changes between two documents as `junit.xml`.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::junit::without_root_skipped;
use super::text::visible;
use crate::diff::{Change, Diff, Level};

/// A suite for each operation, a test case for each change. A change as bad as `fails` is a
/// `failure`, a waived one `skipped`; where nothing changed, one test says so.
pub fn changes_junit(diff: &Diff, fails: Level) -> String {
    let mut report = Report::new("countersign diff");
    let mut suites: indexmap::IndexMap<String, TestSuite> = indexmap::IndexMap::new();
    for change in &diff.changes {
        let operation = change.operation.as_ref().map_or_else(|| "the document".to_owned(), ToString::to_string);
        let suite = suites.entry(operation).or_insert_with_key(|name| TestSuite::new(visible(name)));
        suite.add_test_case(test_case(change, fails));
    }
    if suites.is_empty() {
        let mut suite = TestSuite::new("the document");
        let mut test = TestCase::new("nothing changed", TestCaseStatus::success());
        test.set_classname("countersign.diff");
        suite.add_test_case(test);
        suites.insert(String::new(), suite);
    }
    report.add_test_suites(suites.into_values());
    without_root_skipped(report.to_string().expect("writing to memory does not fail, and every text is a string"))
}

fn test_case(change: &Change, fails: Level) -> TestCase {
    let places = [("old", &change.old), ("new", &change.new)];
    let mut text: String =
        places.iter().filter_map(|(name, place)| Some(format!("{name}: {}\n", place.as_ref()?))).collect();
    text.extend(change.breaks.iter().map(|name| format!("breaks: {name}\n")));
    text.extend(["fingerprint: ", &change.fingerprint, "\n"]);
    let mut status = match &change.waived {
        Some(_) => TestCaseStatus::skipped(),
        None if change.level >= fails => TestCaseStatus::non_success(NonSuccessKind::Failure),
        None => TestCaseStatus::success(),
    };
    match &change.waived {
        Some(waived) => {
            status.set_message(visible(&format!("waived: {}", waived.reason)));
        }
        None if change.level >= fails => {
            status.set_message(visible(&change.message)).set_type(change.id).set_description(visible(&text));
        }
        None => {}
    }
    let mut test = TestCase::new(visible(&change.message), status);
    test.set_classname(format!("countersign.diff.{}", change.id));
    test.set_system_out(visible(&format!("{}: {}\n{text}", change.level, change.id)));
    test
}
