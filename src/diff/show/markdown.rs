//! For a comment on a change that is under review.

use std::fmt::Write;

use super::{Names, also, breaks, by_operation, samples, summary, waived};
use crate::diff::Diff;

/// The changes as Markdown, by operation.
pub fn markdown(diff: &Diff, names: Names<'_>) -> String {
    let mut out = format!("## API changes: {}\n\n", summary(diff));
    let _ = writeln!(out, "From {} to {}.", code(names.old), code(names.new));
    let lines = samples(diff);
    if let Some((first, rest)) = lines.split_first() {
        let _ = writeln!(out, "\n{}.\n", escaped(first));
        for line in rest {
            let _ = writeln!(out, "- {}", escaped(line.trim_start()));
        }
    }
    for (operation, changes) in by_operation(diff) {
        let _ =
            write!(out, "\n### {}\n\n| Level | Change | Rule | Place |\n| --- | --- | --- | --- |\n", code(&operation));
        for shown in changes {
            let change = shown.change;
            let more = [also(shown.elsewhere), breaks(change), waived(change)].into_iter().flatten();
            let also = more.fold(String::new(), |out, more| out + " (" + &escaped(&more) + ")");
            let place = change.new.as_ref().or(change.old.as_ref()).map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(
                out,
                "| {} | {}{also} | `{}` | {} |",
                match (change.level, &change.waived) {
                    (_, Some(_)) => "waived",
                    (crate::diff::Level::Breaking, None) => "**breaking**",
                    (level, None) => level.as_str(),
                },
                escaped(&change.message),
                change.id,
                escaped(&place)
            );
        }
    }
    out
}

/// Text in a table: neither markup nor the table's own signs; code in backticks stays.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // A backtick without its fellow would keep what follows from being escaped.
    let is_paired = text.matches('`').count().is_multiple_of(2);
    let mut is_code = false;
    for letter in text.chars() {
        is_code ^= is_paired && letter == '`';
        match letter {
            '|' => out.push_str("\\|"),
            letter if is_code && !letter.is_control() => out.push(letter),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_names_stays_text() {
        for (text, expected) in [
            ("`a<b>` | <img src=x>", "`a<b>` \\| &lt;img src=x&gt;"),
            ("`x` <b> `y`", "`x` &lt;b&gt; `y`"),
            ("a`<script>\n", "a`&lt;script&gt; "),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
