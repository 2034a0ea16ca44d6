//! For a terminal.

use std::fmt::Write;

use super::{Shown, also, breaks, by_operation, samples, summary, waived};
use crate::diff::{Diff, Level};
use crate::source::Style;

/// The changes for a terminal, by operation, a summary at the end; with the fingerprint of each, if wanted.
pub fn text(diff: &Diff, style: Style, fingerprints: bool) -> String {
    let paint = Paint(style == Style::Coloured);
    let mut out = String::new();
    for (operation, changes) in by_operation(diff) {
        let _ = writeln!(out, "{}", paint.bold(&clean(&operation)));
        for shown in changes {
            one(&mut out, &shown, &paint, fingerprints);
        }
        out.push('\n');
    }
    for line in samples(diff) {
        let _ = writeln!(out, "{}", clean(&line));
    }
    let _ = writeln!(out, "{}", summary(diff));
    out
}

fn one(out: &mut String, shown: &Shown<'_>, paint: &Paint, fingerprints: bool) {
    let change = shown.change;
    let level = match change.waived {
        None => paint.level(change.level, &format!("{:<8}", change.level.as_str())),
        Some(_) => paint.dim(&format!("{:<8}", change.level.as_str())),
    };
    let name =
        if fingerprints { format!("[{} {}]", change.id, change.fingerprint) } else { format!("[{}]", change.id) };
    let _ = writeln!(out, "  {level}  {}  {}", clean(&change.message), paint.dim(&name));
    let places = [("old", &change.old), ("new", &change.new)];
    let places = places.into_iter().filter_map(|(name, place)| Some(format!("{name} {}", place.as_ref()?)));
    let places: Vec<String> = places.chain(also(shown.elsewhere)).collect();
    for more in [breaks(change), waived(change)].into_iter().flatten() {
        let _ = writeln!(out, "            {}", clean(&more));
    }
    if !places.is_empty() {
        let _ = writeln!(out, "            {}", paint.dim(&clean(&places.join(" · "))));
    }
}

/// What a terminal would obey is shown instead.
fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

struct Paint(bool);

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(&self, text: &str) -> String {
        self.with("2", text)
    }

    fn level(&self, level: Level, text: &str) -> String {
        let code = match level {
            Level::Breaking => "1;31",
            Level::Maybe => "33",
            Level::Safe => "32",
        };
        self.with(code, text)
    }
}
