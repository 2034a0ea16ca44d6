//! A planted secret stands in no byte that a run writes, in no encoding.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

mod support;

use std::path::Path;

use base64::Engine as _;
use support::{countersign, outcome};

const PLANTED: &str = "s3cr3t/Pl+nted=Tok\"en'<&>";

fn forms(secret: &str) -> Vec<String> {
    let component = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
    let json = serde_json::Value::from(secret).to_string();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut forms = vec![
        secret.to_owned(),
        component.to_lowercase(),
        component,
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        json[1..json.len() - 1].to_owned(),
        html.replace('\'', "&#39;"),
        html.replace('\'', "&#x27;"),
        html,
    ];
    let engine = base64::engine::general_purpose::STANDARD;
    forms.push(engine.encode(secret));
    forms.push(engine.encode(format!("user:{secret}"))[8..30].to_owned());
    forms
}

fn files(directory: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(directory).expect("readable").flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), found);
        } else {
            found.push((entry.path().display().to_string(), std::fs::read(entry.path()).expect("readable")));
        }
    }
}

fn leaks(name: &str, bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    forms(PLANTED)
        .into_iter()
        .filter(|form| text.contains(form.as_str()))
        .map(|form| format!("{name}: {form}"))
        .collect()
}

fn run(cases: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a folder");
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/_project/specs");
    std::fs::create_dir_all(directory.path().join("specs")).expect("made");
    std::fs::copy(project.join("shop.yaml"), directory.path().join("specs/shop.yaml")).expect("copied");
    std::fs::write(directory.path().join("cases.yaml"), cases).expect("written");
    let mut command = countersign(directory.path(), &[&["run", "cases.yaml", "--verbose"], arguments].concat());
    let output = command.envs(variables.iter().copied()).output().expect("runs");
    let (stdout, stderr, _) = outcome(&output);
    assert!(stdout.contains("secret case"), "{stdout}{stderr}");
    std::fs::remove_file(directory.path().join("cases.yaml")).expect("removed");
    let mut written = vec![("stdout".to_owned(), output.stdout), ("stderr".to_owned(), output.stderr)];
    files(&directory.path().join("reports"), &mut written);
    assert!(written.len() >= 5, "reports are written");
    written.iter().flat_map(|(name, bytes)| leaks(name, bytes)).collect()
}

const CASES: &str = r#"
contract: shop
secrets: [PLANTED]
cases:
  - name: secret case
    operation: add-item
    headers: { X-Token: "{{ env.PLANTED }}", Authorization: "Basic {{ ('user:' ~ env.PLANTED) | base64 }}" }
    query: { token: "{{ env.PLANTED }}" }
    body: { name: "{{ env.PLANTED }}", price: 3, nested: ["a {{ env.PLANTED }} b"] }
    capture: { kept: "$.name" }
    expect: { status: 200, body: { name: "{{ env.PLANTED }}" }, assert: "response.json.name == env.PLANTED" }
"#;

#[test]
fn a_variable_named_as_secret_is_never_shown() {
    let leaks = run(CASES, &[], &[("PLANTED", PLANTED)]);
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn a_value_given_by_flag_is_never_shown() {
    let cases = CASES.replace("secrets: [PLANTED]\n", "");
    let leaks = run(&cases, &["--secret", PLANTED], &[("PLANTED", PLANTED)]);
    assert!(leaks.is_empty(), "{leaks:#?}");
}

/// A token that is longer than what a finding shows of a value, sent back where it does not belong.
#[test]
fn a_long_token_that_is_sent_back_is_never_shown() {
    let token = format!("eyJhbGciOiJIUzI1NiJ9.{}", "c291bmRzTGlrZUFTZWNyZXQ".repeat(30));
    let directory = tempfile::tempdir().expect("a folder");
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/_project/specs");
    std::fs::create_dir_all(directory.path().join("specs")).expect("made");
    std::fs::copy(project.join("shop.yaml"), directory.path().join("specs/shop.yaml")).expect("copied");
    let cases = "contract: shop\nsecrets: [TOKEN]\nauth: { bearer: \"{{ env.TOKEN }}\" }\ncases:\n\
        \x20 - name: sent back\n    operation: get-item\n    path: { id: 7 }\n    recorded: { status: 200, body: { id: \"{{ env.TOKEN }}\", name: [\"{{ env.TOKEN }}\"] } }\n\
        \x20 - name: skipped {{ env.TOKEN }}\n    skip: later\n    operation: get-item\n    path: { id: 7 }\n";
    std::fs::write(directory.path().join("cases.yaml"), cases).expect("written");
    let output = countersign(directory.path(), &["run", "cases.yaml", "--verbose", "--target", "recorded"])
        .env("TOKEN", &token)
        .output()
        .expect("runs");
    let mut written = vec![("stdout".to_owned(), output.stdout.clone()), ("stderr".to_owned(), output.stderr.clone())];
    files(&directory.path().join("reports"), &mut written);
    assert!(written.len() >= 5, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    for (name, bytes) in &written {
        assert!(!String::from_utf8_lossy(bytes).contains(&token[..12]), "{name} shows the token's beginning");
    }
}

/// A secret that is a word of the reports' own markup breaks none of them.
#[test]
fn reports_stay_whole_whatever_the_secret() {
    let directory = tempfile::tempdir().expect("a folder");
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/_project");
    for folder in ["specs", "cases"] {
        std::fs::create_dir_all(directory.path().join(folder)).expect("made");
        std::fs::copy(project.join(folder).join("shop.yaml"), directory.path().join(folder).join("shop.yaml"))
            .expect("copied");
    }
    let output = countersign(directory.path(), &["run", "--secret", "case", "--secret", "test", "--secret", "name"])
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let results = std::fs::read_to_string(directory.path().join("reports/results.json")).expect("results");
    assert!(countersign::report::read(&results).is_ok());
    let junit = std::fs::read_to_string(directory.path().join("reports/junit.xml")).expect("a report");
    assert!(junit.contains("<testsuites") && junit.contains("</testsuites>"), "{junit}");
}

#[test]
fn credentials_are_never_shown() {
    for auth in ["{ bearer: \"{{ env.PLANTED }}\" }", "{ basic: { username: user, password: \"{{ env.PLANTED }}\" } }"]
    {
        let cases = format!(
            "contract: shop\nauth: {auth}\ncases:\n  - name: secret case\n    operation: add-item\n    body: {{ name: x, price: 1 }}\n"
        );
        let leaks = run(&cases, &[], &[("PLANTED", PLANTED)]);
        assert!(leaks.is_empty(), "{auth}: {leaks:#?}");
    }
}

#[test]
fn what_is_not_named_is_shown() {
    let cases =
        CASES.replace("secrets: [PLANTED]\n", "").replace("headers:", "x-headers:").replace("query:", "x-query:");
    assert!(!run(&cases, &[], &[("PLANTED", PLANTED)]).is_empty(), "the test must be able to fail");
}

/// The shipped cases run against the mock under credentials of the user's own, and show none of them.
#[test]
fn the_shipped_mocks_know_the_users_own_credentials() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let key = "DEV_abcdefghijklmnopqrstuvwxyz01";
    let variables = [
        ("MIJNKLANTPORTAAL_TOKEN", "a-token-of-mine"),
        ("SALLA_TOKEN", "another-of-mine"),
        ("SALLA_TOKEN_WITHOUT_SCOPE", "a-third-of-mine"),
        ("BIZKITHUB_API_KEY", key),
        ("BIZKITHUB_EMAIL", "Someone@Example.com"),
        ("BIZKITHUB_CUREFNO", "AAAAbbbbCCCCdddd"),
        ("SALLA_GROUP_ID", "17"),
        ("SALLA_CUSTOMER_IDS", "18,19"),
    ];
    let output = countersign(root, &["run", "--no-report", "--verbose"]).envs(variables).output().expect("runs");
    let (stdout, stderr, code) = outcome(&output);
    assert_eq!(code, 0, "{stdout}{stderr}");
    for secret in ["a-token-of-mine", "another-of-mine", "a-third-of-mine", key] {
        assert!(!stdout.contains(secret) && !stderr.contains(secret), "{secret} is shown");
    }
}
