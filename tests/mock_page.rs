//! The mock's live page in a browser: skipped, and said so, where there is none.
#![expect(clippy::disallowed_methods, reason = "a test looks at its own surroundings")]

#[path = "support/mock.rs"]
mod mock;
#[expect(dead_code, reason = "outcomes of commands that end are looked at elsewhere")]
mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use mock::{Running, start};

/// The page after its scripts have run; `None` without a browser.
fn page(mock: &Running, fragment: &str) -> Option<String> {
    let browser = ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| {
        let paths = std::env::var_os("PATH")?;
        std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file())
    })?;
    let home = tempfile::tempdir().expect("a folder");
    let url = format!("http://{}/__countersign/{fragment}", mock.address);
    let profile = format!("--user-data-dir={}", home.path().display());
    let arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=3000"];
    let mut command = Command::new(browser);
    command.args(arguments).arg(profile).arg(url).stderr(Stdio::null()).env("HOME", home.path());
    let output = command.output().expect("the browser runs");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_page_shows_exchanges_and_operations() {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/_project/specs");
    let mock = start(&specs, &["shop.yaml", "--log=none", "--no-reload"]);
    let json = "content-type: application/json";
    mock.ask("POST /items", &[json], r#"{"name":"chair","price":5}"#);
    mock.ask("POST /items?q=%3Cscript%3Ealert(1)%3C/script%3E", &[json], r#"{"name":"<img src=x onerror=alert(1)>"}"#);
    let Some(list) = page(&mock, "") else {
        println!("skipped: there is no Chromium on the PATH");
        return;
    };
    assert!(list.contains(r#"data-number="1""#) && list.contains(r#"data-number="2""#), "{list}");
    assert!(list.contains(r#"<p id="state" role="status" class="live">live</p>"#), "{list}");
    let detail = page(&mock, "#exchange=2").expect("a browser");
    for part in [
        "What breaks the contract",
        "must have the property `price`",
        "shop.yaml:42:24",
        "Copy as curl",
        "Save as case",
        "&lt;img src=x onerror=alert(1)&gt;",
    ] {
        assert!(detail.contains(part), "{part} in {detail}");
    }
    assert!(!detail.contains("<img"), "{detail}");
    let operations = page(&mock, "#operations").expect("a browser");
    for part in ["1 of 2 operations were exercised", "201 × 1", "422 × 1", "/items/{id}"] {
        assert!(operations.contains(part), "{part} in {operations}");
    }
}
