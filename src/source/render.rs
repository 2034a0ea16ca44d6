//! Diagnostics as text: the source underlined, the way rustc does it.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

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
        group = group.element(snippet(label, kind));
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
