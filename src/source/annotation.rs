//! Annotations of GitHub's workflow commands.

use std::fmt::Write as _;

use super::{Place, Position};

/// A line `::error file=…::message`. `command` is `error`, `warning` or `notice`.
pub fn annotation(command: &str, place: Option<(&Place, Option<Position>)>, title: &str, message: &str) -> String {
    let mut out = format!("::{command} ");
    if let Some((place, end)) = place {
        let end_line = end.map_or(place.line, |end| end.line);
        let _ = write!(out, "file={},line={},endLine={end_line}", property(&place.file), place.line);
        // Columns are only understood within one line.
        if end_line == place.line {
            let _ = write!(out, ",col={}", place.column);
            if let Some(end) = end {
                let _ = write!(out, ",endColumn={}", end.column);
            }
        }
        out.push(',');
    }
    let _ = writeln!(out, "title={}::{}", property(title), data(message));
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Pointer;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let place = Place { file: "a,b:c.yaml".to_owned(), line: 2, column: 3, pointer: Pointer::root() };
        let line = annotation("error", Some((&place, None)), "a::b", "100%\r\n::error::x");
        let expected = "::error file=a%2Cb%3Ac.yaml,line=2,endLine=2,col=3,title=a%3A%3Ab::100%25%0D%0A::error::x\n";
        assert_eq!(line, expected);
    }
}
