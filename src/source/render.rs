//! Diagnostics as text: the source underlined, the way rustc does it.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Diagnostics, Label, Severity};

/// How diagnostics are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text only.
    Plain,
    /// With ANSI colours.
    Coloured,
}

/// Longer lines are cut to this many characters around the place, so that minified documents stay readable.
const WIDTH: usize = 140;

/// Every diagnostic with its source underlined, a blank line between two.
pub fn render(diagnostics: &Diagnostics, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    }
    .term_width(WIDTH);
    let texts: Vec<String> = diagnostics.iter().map(|d| renderer.render(&report(d))).collect();
    texts.join("\n\n")
}

fn report(diagnostic: &Diagnostic) -> Vec<Group<'_>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Hint => Level::NOTE.with_name("hint"),
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let mut group = Group::with_title(title);
    for (at, label) in diagnostic.labels.iter().enumerate() {
        let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        group = match long_line(label, kind) {
            Some((origin, snippet)) => group.element(origin).element(snippet),
            None => group.element(snippet(label, kind)),
        };
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    if let Some(note) = &diagnostic.note {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    vec![group]
}

/// The label's line with its neighbours. Only that window is handed on, so that a place in a
/// document of many megabytes costs no more than one in a short file; a span over several lines
/// is underlined on its first.
fn snippet(label: &Label, kind: AnnotationKind) -> Snippet<'_, Annotation<'_>> {
    let text = label.source.text();
    let start = floor(text, label.span.start);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = floor(text, label.span.end.clamp(start, line_end));
    let window_start = back(text, start, 2);
    let window_end = text[line_end..].char_indices().filter(|(_, c)| *c == '\n').nth(1);
    let window_end = window_end.map_or(text.len(), |(at, _)| line_end + at);
    let annotation = kind.span(start - window_start..end - window_start).label(label.text.as_str());
    Snippet::source(&text[window_start..window_end])
        .path(label.source.name())
        .line_start(label.source.position(window_start).line)
        .fold(true)
        .annotation(annotation)
}

/// Longer lines are cut before they are drawn: looking for what fits costs as much as the line is long.
const LONG: usize = 4_000;
/// How many bytes are kept on each side of a place in a long line.
const AROUND: usize = 200;

/// A place in a line of many bytes, such as in a minified document: a piece of the line, and where it
/// really is.
fn long_line(label: &Label, kind: AnnotationKind) -> Option<(Origin<'_>, Snippet<'_, Annotation<'_>>)> {
    let text = label.source.text();
    let start = floor(text, label.span.start);
    let line_start = back(text, start, 0);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    if line_end - line_start <= LONG {
        return None;
    }
    let from = floor(text, start.saturating_sub(AROUND).max(line_start));
    let to = floor(text, start.saturating_add(AROUND).min(line_end));
    let end = floor(text, label.span.end.clamp(start, to));
    let position = label.source.position(start);
    let origin = Origin::path(label.source.name()).line(position.line).char_column(position.column);
    let annotation = kind.span(start - from..end - from).label(label.text.as_str());
    Some((origin, Snippet::source(&text[from..to]).line_start(position.line).annotation(annotation)))
}

/// The start of the line `lines` above the one that `offset` is in.
fn back(text: &str, offset: usize, lines: usize) -> usize {
    text[..offset].rmatch_indices('\n').nth(lines).map_or(0, |(at, _)| at + 1)
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Pointer, Source};

    #[test]
    fn a_piece_of_a_long_line_is_shown_where_it_really_is() {
        let text =
            format!("{{\"é\": [{}], \"b\": 1, \"c\": [{}]}}", "1, ".repeat(300_000) + "1", "2, ".repeat(300_000) + "2");
        let source = Source::new("a.json", text);
        let at = Pointer::root().join("b");
        let shown = Diagnostic::error("odd", "this is odd").at_key(&source, &at, "here");
        let shown = render(&shown.into(), Style::Plain);
        assert!(shown.contains("--> a.json:1:900012\n"), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() < 200), "{shown}");
        assert!(shown.contains("\"b\": 1") && shown.contains("^^^ here"), "{shown}");
    }
}
