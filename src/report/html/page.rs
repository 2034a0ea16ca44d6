//! HTML that is escaped by its type: markup can only be a literal of this program, and every other
//! text goes through one function.

use std::fmt::Write as _;

use crate::report::text::{self, first, is_one_of, visible};

/// A piece of a page, being written.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    /// What comes after `start`, which is finished.
    pub(super) fn after(start: String) -> Self {
        Self(start)
    }

    /// Adds markup. Only a literal can be markup: nothing that was read can get in here.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        escape(&mut self.0, text);
        self
    }

    /// Adds a text whose direction is its own: Arabic in an English page and the reverse.
    pub(super) fn bdi(&mut self, text: &str) -> &mut Self {
        self.raw("<bdi>").text(text).raw("</bdi>")
    }

    /// Adds a number.
    pub(super) fn number(&mut self, number: usize) -> &mut Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// Adds an attribute to the tag that `raw` has left open.
    pub(super) fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.raw(" ").raw(name).raw("=\"").text(value).raw("\"")
    }

    /// Adds a coordinate as an attribute, to a tenth.
    pub(super) fn coordinate(&mut self, name: &'static str, value: f64) -> &mut Self {
        let value = if value.is_finite() { value } else { 0.0 };
        let text = format!("{value:.1}");
        self.attribute(name, text.strip_suffix(".0").unwrap_or(&text))
    }

    /// Adds JSON, for a `<script type="application/json">`: nothing in it can end the element or
    /// open a comment, because `<` stands only in strings, where it has another form.
    pub(super) fn json(&mut self, json: &str) -> &mut Self {
        // What steers an HTML parser, then what steers an editor that shows the page's source.
        let steers = |c: char| matches!(c, '<' | '>' | '&' | '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let (mut written, mut at) = (0, 0);
        while let Some(found) = first(&json.as_bytes()[at..], |byte| is_one_of(byte, b"<>&\x7f\xc2\xe2")) {
            at += found;
            let Some(character) = json[at..].chars().next() else { break };
            let end = at + character.len_utf8();
            if steers(character) {
                self.0.push_str(&json[written..at]);
                let _ = write!(self.0, "\\u{:04x}", u32::from(character));
                written = end;
            }
            at = end;
        }
        self.0.push_str(&json[written..]);
        self
    }

    /// The text so far.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// The one place where a text becomes HTML, in content and in quoted attributes alike.
fn escape(out: &mut String, text: &str) {
    text::escape(out, &visible(text), "&#39;");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_wherever_they_stand() {
        let mut page = Page::default();
        page.raw("<a").attribute("title", "\"'><script>\0").raw(">").bdi("<b>&").raw("</a>");
        page.raw("<p>").number(3).raw("</p>");
        assert_eq!(page.finish(), "<a title=\"&quot;&#39;&gt;&lt;script&gt;␀\"><bdi>&lt;b&gt;&amp;</bdi></a><p>3</p>");
    }

    #[test]
    fn json_cannot_leave_its_element() {
        let value = "</script><!-- é€& \u{2028}\u{2029}";
        let mut page = Page::default();
        page.json(&serde_json::json!([value]).to_string());
        let text = page.finish();
        assert_eq!(text, r#"["\u003c/script\u003e\u003c!-- é€\u0026 \u2028\u2029"]"#);
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).expect("still JSON"), [value]);
    }

    #[test]
    fn coordinates_are_short_and_finite() {
        let mut page = Page::default();
        page.coordinate("x", 1.04).coordinate("y", f64::NAN).coordinate("r", 2.25);
        assert_eq!(page.finish(), r#" x="1" y="0" r="2.2""#);
    }
}
