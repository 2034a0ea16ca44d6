use super::*;
use crate::report::fixture;
use crate::verdict::Summary;

const PLAIN: Terminal = Terminal { color: false, verbosity: Verbosity::Normal, width: 100 };
const COLOR: Terminal = Terminal { color: true, ..PLAIN };

fn all(terminal: Terminal, events: &[Event]) -> String {
    let lines: String = events.iter().map(|event| terminal.event(event)).collect();
    lines + &terminal.summary(&Summary::of(events), &["reports/index.html".into(), "reports/junit.xml".into()])
}

fn case(events: &[Event], wanted: impl Fn(&CaseResult) -> bool) -> &CaseResult {
    let mut cases = events.iter().filter_map(|event| match event {
        Event::CaseFinished(case) if wanted(case) => Some(&**case),
        _ => None,
    });
    cases.next().expect("a case")
}

#[test]
fn a_run_is_told_line_by_line() {
    insta::assert_snapshot!("run", all(PLAIN, &fixture::run(35)));
}

#[test]
fn quietly_only_what_is_wrong_is_told() {
    let quiet = Terminal { verbosity: Verbosity::Quiet, ..PLAIN };
    insta::assert_snapshot!("quiet", all(quiet, &fixture::run(14)));
    assert!(!all(quiet, &fixture::run(35)).contains("✓ kept"));
}

#[test]
fn verbosely_every_exchange_is_told() {
    let events = fixture::run(14);
    let verbose = Terminal { verbosity: Verbosity::Verbose, ..PLAIN };
    let said = verbose.case(case(&events, |case| case.steps[0].captures.len() == 1))
        + &verbose.case(case(&events, |case| !case.steps[0].request_findings.is_empty()));
    insta::assert_snapshot!("verbose", said);
}

#[test]
fn colours_only_decorate() {
    let events = fixture::run(66);
    let colored = all(COLOR, &events);
    insta::assert_snapshot!(
        "color",
        COLOR.case(case(&events, |case| case.verdict.word() == "broken")).replace('\u{1b}', "␛")
    );
    let mut plain = String::new();
    for (index, piece) in colored.split('\u{1b}').enumerate() {
        plain.push_str(if index == 0 { piece } else { piece.split_once('m').expect("an SGR sequence").1 });
    }
    assert_eq!(plain, all(PLAIN, &events));
}

#[test]
fn nothing_that_was_read_steers_the_terminal() {
    let events = fixture::hostile();
    for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
        let said = all(Terminal { verbosity, ..PLAIN }, &events);
        let steers = |c: char| (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202e}' | '\u{2066}');
        assert_eq!(said.find(steers), None);
        assert!(said.len() < 1_000_000, "{} bytes", said.len());
    }
    assert!(all(PLAIN, &events).contains("stopped early: "));
}

#[test]
fn long_texts_break_at_blanks() {
    let narrow = Terminal { width: 30, ..PLAIN };
    assert_eq!(narrow.wrapped("one two three four five six seven", 4), "one two three four five\n    six seven");
    assert_eq!(narrow.wrapped("a\n\nb", 2), "a\n  \n  b");
    assert_eq!(narrow.wrapped(&"x".repeat(50), 4), "x".repeat(50));
}

#[test]
fn a_curl_line_is_whole_or_not_there() {
    let events = fixture::run(14);
    let mut broken = case(&events, |case| case.verdict.word() == "broken").clone();
    for step in &mut broken.steps {
        if let Some(sent) = &mut step.sent {
            sent.curl = format!("curl {}", "x".repeat(5000));
        }
    }
    let said = PLAIN.case(&broken);
    assert!(said.contains("$ (the curl line is too long for here") && !said.contains("curl xxx"));
}
