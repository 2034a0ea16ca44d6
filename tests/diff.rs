//! `countersign diff` between revisions of a git repository, and its JUnit by the schema.
#![expect(clippy::disallowed_methods, reason = "a test lays out its own files and looks at its own surroundings")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{countersign, outcome};

const OLD: &str = "\
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /pets:
    get:
      parameters: [{$ref: 'parts/common.yaml#/limit'}]
      responses: {'200': {description: ok}}
";
const PARTS: &str = "limit: {name: limit, in: query, schema: {type: integer, maximum: 100}}\n";

fn git(directory: &Path, arguments: &[&str]) {
    let output = Command::new("git").arg("-C").arg(directory).args(arguments).output().expect("git runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn skipped(reason: &str) {
    println!("skipped: {reason}");
}

fn has_git() -> bool {
    let found = Command::new("git").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        skipped("git is not installed");
    }
    found
}

/// A repository whose `main` has the old document, and whose working tree a part of it changed.
fn repository() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    };
    write("specs/api.yaml", OLD);
    write("specs/parts/common.yaml", PARTS);
    write("specs/climbs.yaml", &OLD.replace("parts/", "../../parts/"));
    git(root.path(), &["init", "--quiet", "--initial-branch", "main"]);
    git(root.path(), &["add", "."]);
    git(root.path(), &["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "one"]);
    git(root.path(), &["branch", "feature/x"]);
    write("specs/parts/common.yaml", &PARTS.replace("100", "50"));
    root
}

fn diff(directory: &Path, arguments: &[&str]) -> (String, String, i32) {
    let mut command = countersign(directory, &[&["diff"], arguments].concat());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    outcome(&command.output().expect("the binary runs"))
}

#[test]
fn revisions_bring_their_own_parts() {
    if !has_git() {
        return;
    }
    let root = repository();
    for (old, new, directory, expected) in [
        ("main:specs/api.yaml", "specs/api.yaml", "", 1),
        ("feature/x:specs/api.yaml", "specs/api.yaml", "", 1),
        ("main:specs/api.yaml", "HEAD:specs/api.yaml", "", 0),
        (":specs/api.yaml", "specs/api.yaml", "", 1),
        ("main:./api.yaml", "api.yaml", "specs", 1),
        ("main:specs/api.yaml", "api.yaml", "specs", 1),
    ] {
        let (stdout, stderr, code) = diff(&root.path().join(directory), &[old, new, "--fail-on", "breaking"]);
        assert_eq!(code, expected, "{old} {new}\n{stdout}{stderr}");
        assert_eq!(stdout.contains("maximum"), expected == 1, "{stdout}");
    }
    let (stdout, ..) = diff(root.path(), &["main:specs/api.yaml", "specs/api.yaml"]);
    assert!(stdout.contains("old main:specs/parts/common.yaml:1:"), "{stdout}");
    // A file that is there is not a revision.
    fs::write(root.path().join("main:api.yaml"), OLD.replace("$ref: 'parts/common.yaml#/limit'", "name: a, in: query"))
        .expect("written");
    assert_eq!(diff(root.path(), &["main:api.yaml", "main:api.yaml"]).2, 0);
}

#[test]
fn what_a_revision_does_not_have_is_said() {
    if !has_git() {
        return;
    }
    let root = repository();
    let elsewhere = tempfile::tempdir().expect("a folder");
    for (directory, old, expected) in [
        (elsewhere.path(), "main:specs/api.yaml", "no git repository"),
        (root.path(), "mian:specs/api.yaml", "no revision `mian`"),
        (root.path(), "--upload-pack=x:specs/api.yaml", "unexpected argument"),
        (root.path(), "main:specs/ap.yaml", "no such file in this revision"),
        (&root.path().join("specs"), "main:api.yaml", "did you mean `main:./api.yaml`?"),
        (root.path(), "main:specs", "it is a folder"),
        (root.path(), "main:../api.yaml", "outside of the repository"),
        (root.path(), "main:specs/climbs.yaml", "outside of the repository"),
        (root.path(), "C:\\specs\\api.yaml", "C:"),
        (root.path(), "https://127.0.0.1/api.yaml", "https:"),
    ] {
        let (stdout, stderr, code) = diff(directory, &[old, "specs/api.yaml"]);
        assert_eq!(code, 2, "{old}\n{stdout}{stderr}");
        assert!(stderr.contains(expected), "{old}: {stderr}");
    }
}

#[test]
fn junit_is_valid_by_the_schema() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema =
        here.ancestors().skip(1).map(|above| above.join("shared/schemas/junit-10.xsd")).find(|path| path.is_file());
    let Some(schema) = schema else {
        skipped("there is no `shared/schemas/junit-10.xsd` beside the checkout");
        return;
    };
    let folder = here.join("tests/cli/diff-waivers");
    for arguments in [
        &["old/api.yaml", "new/api.yaml", "--waivers", "waivers.yaml", "--format", "junit"][..],
        &["new/api.yaml", "new/api.yaml", "--format", "junit"],
    ] {
        let (xml, stderr, code) = diff(&folder, arguments);
        assert_eq!(code, 0, "{stderr}");
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), xml).expect("written");
        let lint = Command::new("xmllint").args(["--noout", "--schema"]).arg(&schema).arg(file.path()).output();
        let Ok(lint) = lint else {
            skipped("xmllint is not installed");
            return;
        };
        assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stderr));
    }
}
