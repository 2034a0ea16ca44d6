//! What the tests of the binary share.

use std::path::Path;
use std::process::{Command, Output};

/// The binary, started in `directory` with nothing of this process's environment but what it needs to run.
pub(crate) fn countersign(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.args(arguments).current_dir(directory).env_clear().stdin(std::process::Stdio::null());
    command
}

/// Standard output, standard error and exit code; a signal is -1.
pub(crate) fn outcome(output: &Output) -> (String, String, i32) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap_or(-1))
}
