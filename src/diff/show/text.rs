//! For a terminal.

use std::fmt::Write;

use super::{Shown, also, by_operation, summary};
use crate::diff::{Diff, Level};
use crate::source::Style;

/// The changes for a terminal, by operation, a summary at the end.
pub fn text(diff: &Diff, style: Style) -> String {
    let paint = Paint(style == Style::Coloured);
    let mut out = String::new();
    for (operation, changes) in by_operation(diff) {
        let _ = writeln!(out, "{}", paint.bold(&clean(&operation)));
        for shown in changes {
            one(&mut out, &shown, &paint);
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(diff));
    out
}

fn one(out: &mut String, shown: &Shown<'_>, paint: &Paint) {
    let change = shown.change;
    let level = paint.level(change.level, &format!("{:<8}", change.level.as_str()));
    let _ = writeln!(out, "  {level}  {}  {}", clean(&change.message), paint.dim(&format!("[{}]", change.id)));
    let places = [("old", &change.old), ("new", &change.new)];
    let places = places.into_iter().filter_map(|(name, place)| Some(format!("{name} {}", place.as_ref()?)));
    let places: Vec<String> = places.chain(also(shown.elsewhere)).collect();
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
