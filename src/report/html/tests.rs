use super::*;
use crate::report::fixture;
use crate::verdict::Event;

fn of(events: &[Event]) -> String {
    html(&Summary::of(events))
}

#[test]
fn sample() {
    if let Some(dir) = option_env!("COUNTERSIGN_SAMPLE") {
        let pages = [
            ("run.html", of(&fixture::run(66))),
            ("many.html", of(&fixture::run(2000))),
            ("hostile.html", of(&fixture::hostile())),
            ("none.html", of(&[])),
            ("kept.html", of(&fixture::run(9))),
        ];
        let files: Vec<(&str, &str)> = pages.iter().map(|(name, text)| (*name, text.as_str())).collect();
        crate::report::write_all(std::path::Path::new(dir), &files, &crate::exchange::Redactor::new())
            .expect("written");
    }
}
