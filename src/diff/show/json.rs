//! For programs.

use serde::Serialize;

use super::Names;
use crate::diff::{Change, Diff, Level, Samples};

/// The version of the format: a new one where a reader of the old could be wrong.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'d> {
    version: u32,
    old: &'d str,
    new: &'d str,
    summary: Summary,
    incomplete: bool,
    changes: &'d [Change],
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<&'d Samples>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    breaking: usize,
    maybe: usize,
    safe: usize,
    waived: usize,
    left_out: usize,
}

/// The changes as JSON, one object.
pub fn json(diff: &Diff, names: Names<'_>) -> String {
    let summary = Summary {
        breaking: diff.count(Level::Breaking),
        maybe: diff.count(Level::Maybe),
        safe: diff.count(Level::Safe),
        waived: diff.waived(),
        left_out: diff.left_out,
    };
    let Diff { changes, incomplete, samples, .. } = diff;
    let document = Document {
        version: VERSION,
        old: names.old,
        new: names.new,
        summary,
        incomplete: *incomplete,
        changes,
        samples: samples.as_ref(),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("plain data with string keys serialises");
    text.push('\n');
    text
}
