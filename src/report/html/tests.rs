use super::*;
use crate::report::fixture::{self, HOSTILE};
use crate::verdict::Event;

fn of(events: &[Event]) -> String {
    html(&Summary::of(events))
}

fn pages() -> [String; 4] {
    [of(&fixture::run(66)), of(&fixture::run(2000)), of(&fixture::hostile()), of(&[])]
}

/// The tags of a page, in order, without what stands in style and script elements.
fn tags(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        found.push(tag);
        rest = &rest[end + 1..];
        for name in ["script", "style"] {
            if tag.split(' ').next() == Some(name) {
                rest = &rest[rest.find(&format!("</{name}>")).expect("the element ends")..];
            }
        }
    }
    found
}

fn attributes<'a>(tags: &'a [&'a str], name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    let of = |tag: &&'a str| {
        let at = tag.find(&start)? + start.len();
        Some(&tag[at..at + tag[at..].find('"').expect("an attribute ends")])
    };
    tags.iter().filter_map(of).collect()
}

#[test]
fn elements_are_closed_in_order() {
    for page in pages() {
        let mut open: Vec<&str> = Vec::new();
        for tag in tags(&page) {
            let name = tag.split(' ').next().expect("a name");
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "closed by </{name}>"),
                None if tag.ends_with('/') || ["!doctype", "meta", "link", "input"].contains(&name) => {}
                None => open.push(name),
            }
        }
        assert_eq!(open, [""; 0]);
    }
}

#[test]
fn anchors_are_unique_and_links_lead_to_them() {
    for page in pages() {
        let tags = tags(&page);
        let ids = attributes(&tags, "id");
        let unique: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len());
        for link in attributes(&tags, "href").iter().filter_map(|link| link.strip_prefix('#')) {
            assert!(unique.contains(link), "#{link} leads nowhere");
        }
    }
}

#[test]
fn nothing_is_loaded_and_nothing_but_its_own_script_runs() {
    for page in pages() {
        let tags = tags(&page);
        assert_eq!(attributes(&tags, "src"), [""; 0]);
        for link in attributes(&tags, "href") {
            assert!(link.starts_with('#') || link.starts_with("data:image/svg+xml,"), "{link}");
        }
        let running = tags.iter().filter(|tag| **tag == "script").count();
        let data = tags.iter().filter(|tag| **tag == "script type=\"application/json\"").count();
        let scripts = tags.iter().filter(|tag| tag.starts_with("script")).count();
        assert_eq!((running, data + 1), (1, scripts));
        // An inline handler or style would be refused by the policy anyway.
        let handler =
            |tag: &&str| tag.split('"').step_by(2).any(|part| part.contains(" on") || part.contains(" style="));
        assert_eq!(tags.iter().copied().find(|tag| handler(tag)), None);
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "http"] {
        assert!(!SCRIPT.contains(word), "{word} in the script");
    }
    assert!(!SCRIPT.contains("</") && !STYLE.contains("</"), "an element would end early");
}

#[test]
fn the_policy_names_what_the_page_has() {
    let page = of(&fixture::run(3));
    let between = |start: &str, end: &str| {
        let from = page.find(start).expect("a start") + start.len();
        &page[from..from + page[from..].find(end).expect("an end")]
    };
    let policy = between("Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; "));
    assert_eq!(policy, super::policy(between("<style>", "</style>"), between("<script>", "</script>")));
    // The digest of the empty text is known.
    assert!(super::policy("", "").contains("'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"));
}

#[test]
fn hostile_texts_stay_texts() {
    let page = of(&fixture::hostile());
    for part in ["<script>alert", "<img", "<!-- <", "\u{1b}", "\0", "\u{202e}gnp", "&amp;amp;x27"] {
        assert!(!page.contains(part), "{part:?}");
    }
    for part in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
        "␀␛[31mred␛]0;title␇\\u{9b}2J",
        "\\u{202e}gnp.exe",
        "{{css}} {{body}}",
    ] {
        assert!(page.contains(part), "{part:?}");
    }
    assert_eq!(HOSTILE.len(), 10);
}

#[test]
fn what_is_embedded_is_what_happened() {
    for events in [fixture::run(66), fixture::hostile()] {
        let summary = Summary::of(&events);
        let page = html(&summary);
        let mut blocks = page.split("<script type=\"application/json\">").skip(1);
        for case in &summary.cases {
            let json = blocks.next().and_then(|block| block.split("</script>").next()).expect("a block");
            let steps: Vec<crate::verdict::Step> = serde_json::from_str(json).expect("steps");
            assert_eq!(steps, case.steps);
        }
        assert!(blocks.next().is_none());
    }
}

#[test]
fn the_page_says_what_the_run_came_to() {
    let page = of(&fixture::run(66));
    for part in [
        "<h1 class=\"broken\">3 cases break the contract</h1>",
        "<title>3 cases break the contract · countersign</title>",
        "<b>59</b> kept",
        "<b>1</b> flaky",
        "7 of 10 kept · 1 broken · 2 not proven",
        "<code class=\"place\"><bdi>specs/salla.yaml:17:7</bdi></code>",
        "<q dir=\"auto\">حقل customers مطلوب.</q>",
        "<span class=\"stray\">404 3×</span>",
        "Attempt 1 was failed: <bdi>the connection was closed</bdi>",
        "<dt>expected</dt><dd class=\"expected\"><code dir=\"auto\">422</code></dd>",
        "#/components/schemas/error_validation_422/properties/status/enum",
        "<code class=\"place\"><bdi>cases/salla/add-customers.yaml:12:7</bdi></code>",
        "only against the live API",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for (events, expected) in [
        (vec![], "No case was run"),
        (fixture::run(9), "The contract is kept"),
        (fixture::run(14), "2 cases break the contract"),
        (fixture::run(10), "1 case breaks the contract"),
    ] {
        assert_eq!(overview::headline(&Summary::of(&events)), expected);
    }
}

#[test]
fn thousands_of_cases_stay_small() {
    let one = of(&fixture::run(1)).len();
    let many = of(&fixture::run(2000)).len();
    assert!((many - one) / 2000 < 3 * 1024, "{} bytes a case", (many - one) / 2000);
}

/// The relative luminance of `#rrggbb` (WCAG 2.2).
fn luminance(color: &str) -> f64 {
    let part = |at: usize| f64::from(u8::from_str_radix(&color[at..at + 2], 16).expect("a colour")) / 255.0;
    let linear = |part: f64| if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
    0.2126 * linear(part(1)) + 0.7152 * linear(part(3)) + 0.0722 * linear(part(5))
}

#[test]
fn every_text_stands_out_from_its_ground() {
    for scheme in STYLE.split(":root {").skip(1).take(2) {
        let block = scheme.split('}').next().expect("a block");
        let color = |name: &str| {
            let at = block.find(&format!("--{name}: #")).expect("a colour") + name.len() + 4;
            luminance(&block[at..at + 7])
        };
        for ground in ["paper", "raised", "sunk", "tint-broken", "tint-kept"] {
            for text in "ink muted kept flaky broken failed undecided skipped link key string number literal".split(' ')
            {
                let (one, other) = (color(ground), color(text));
                let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
            }
        }
    }
}

/// For eyes: `COUNTERSIGN_SAMPLE=<directory> cargo test report::html` leaves pages there.
#[test]
fn pages_can_be_looked_at() {
    let Some(dir) = option_env!("COUNTERSIGN_SAMPLE") else {
        println!("skipped: COUNTERSIGN_SAMPLE names no directory");
        return;
    };
    let [run, many, hostile, none] = pages();
    let files = [("run.html", run), ("many.html", many), ("hostile.html", hostile), ("none.html", none)];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    crate::report::write_all(dir.as_ref(), &files).expect("written");
}
