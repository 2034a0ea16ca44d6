//! The command line: arguments, environment, exit codes, one thin file a command.

mod arguments;
mod check;
mod coverage;
mod diff;
mod documents;
mod drift;
mod environment;
mod import;
mod infer;
mod lint;

mod mock;
mod output;
mod record;
mod run;
mod schema;
mod settings;
mod tls;

use clap::Parser as _;

pub use crate::run::ExitCode as Exit;
pub use arguments::Arguments;
pub use environment::Environment;

use arguments::Command;

/// Runs the program on the process's arguments and environment.
pub fn main() -> Exit {
    let environment = Environment::of_process();
    match Arguments::try_parse() {
        Ok(arguments) => match documents::network(&arguments.documents, &environment) {
            Ok(network) => dispatch(&arguments, &Environment { network, ..environment }),
            Err(fault) => {
                output::diagnostics(&fault.into(), &output::Look::of(&arguments.output, &environment));
                Exit::NotStarted
            }
        },
        Err(error) => usage(&error),
    }
}

fn dispatch(arguments: &Arguments, environment: &Environment) -> Exit {
    match &arguments.command {
        Command::Run(run) => run::run(run, &arguments.output, environment),
        Command::Check(check) => check::check(check, &arguments.output, environment),
        Command::Drift(targets) => drift::drift(targets, &arguments.output, environment),
        Command::Import(files) => import::import(files, &arguments.output, environment),
        Command::Infer(files) => infer::infer(files, &arguments.output, environment),
        Command::Mock(mock) => mock::mock(mock, &arguments.output, environment),
        Command::Diff(documents) => diff::diff(documents, &arguments.output, environment),
        Command::Lint(lint) => lint::lint(lint, &arguments.output, environment),
        Command::Record(record) => record::record(record, &arguments.output, environment),
        Command::Schema(schema) => schema::schema(schema),
    }
}

/// Help and version are answers (0); anything else about arguments is a start that failed (2).
fn usage(error: &clap::Error) -> Exit {
    // Nothing can be told where even the terminal is gone.
    let _ = error.print();
    if error.use_stderr() { Exit::NotStarted } else { Exit::Kept }
}
