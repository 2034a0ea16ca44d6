//! Annotations of GitHub's workflows.

use super::{breaks, by_operation};
use crate::diff::{Diff, Level};
use crate::source::annotation;

/// One line for each change that is not waived; what several operations share stands once.
pub fn github(diff: &Diff) -> String {
    let mut out = String::new();
    for (operation, changes) in by_operation(diff) {
        for change in changes.iter().map(|shown| shown.change).filter(|change| change.waived.is_none()) {
            let command = match change.level {
                Level::Breaking => "error",
                Level::Maybe => "warning",
                Level::Safe => "notice",
            };
            let place = change.new.as_ref().or(change.old.as_ref()).map(|place| (place, None));
            let more = breaks(change).map(|more| format!("\nIt {more}.")).unwrap_or_default();
            let message = format!("{operation}: {}{more}", change.message);
            out.push_str(&annotation(command, place, change.id, &message));
        }
    }
    out
}
