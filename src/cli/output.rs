//! Writing to the terminal. A reader that went away (`| head`) is no error.

use std::io::Write as _;

use super::Environment;
use super::arguments::{Color, OutputArguments};
use crate::contract::Contract;
use crate::report::{Terminal, Verbosity};
use crate::source::{Diagnostic, Diagnostics, Style, render};

/// The columns where nobody tells how many there are.
const COLUMNS: usize = 100;

/// How things are shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    stdout_color: bool,
    stderr_color: bool,
    /// Whether a progress bar is shown.
    pub(super) progress: bool,
    verbosity: Verbosity,
    width: usize,
}

impl Look {
    /// What the arguments ask for in this environment.
    pub(super) fn of(arguments: &OutputArguments, environment: &Environment) -> Self {
        let color = |terminal: bool| match arguments.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !environment.no_color(),
        };
        let verbosity = match (arguments.quiet, arguments.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        let columns = environment.variables.get("COLUMNS").and_then(|columns| columns.parse().ok());
        Self {
            stdout_color: color(environment.stdout_is_terminal),
            stderr_color: color(environment.stderr_is_terminal),
            progress: environment.stdout_is_terminal && environment.stderr_is_terminal && !arguments.quiet,
            verbosity,
            width: columns.unwrap_or(COLUMNS),
        }
    }

    /// How much is said.
    pub(super) fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// How to draw on standard output.
    pub(super) fn style(&self) -> Style {
        if self.stdout_color { Style::Coloured } else { Style::Plain }
    }

    /// Whether only what matters is shown.
    pub(super) fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    /// What is wrong, for standard error.
    pub(super) fn render(&self, diagnostics: &Diagnostics) -> String {
        render(diagnostics, if self.stderr_color { Style::Coloured } else { Style::Plain })
    }

    /// What a run says.
    pub(super) fn terminal(&self) -> Terminal {
        Terminal { color: self.stdout_color, verbosity: self.verbosity, width: self.width }
    }
}

/// To standard output, with a line break at its end.
pub(super) fn print(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end_matches('\n'));
}

/// To standard output as it is, where there is anything.
pub(super) fn print_some(text: &str) {
    let _ = write!(std::io::stdout().lock(), "{text}");
}

/// To standard error, with a line break at its end.
pub(super) fn tell(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end_matches('\n'));
}

/// What is wrong, to standard error.
pub(super) fn diagnostics(diagnostics: &Diagnostics, look: &Look) {
    tell(&look.render(diagnostics));
}

/// What is odd: each in full with `--verbose`, else a line for each, with `--quiet` nothing.
pub(super) fn warnings(warnings: &Diagnostics, look: &Look) {
    match look.verbosity {
        _ if warnings.is_empty() => {}
        Verbosity::Quiet => {}
        Verbosity::Verbose => diagnostics(warnings, look),
        Verbosity::Normal => warnings.iter().for_each(|warning| tell(&line(warning))),
    }
}

/// What is odd in a contract's document and taken in stride: how many things, and with `--verbose` each.
/// A large document is left to `countersign lint`: its oddities would cost more than the run.
pub(super) fn oddities(contract: &Contract, look: &Look) {
    const LARGE: usize = 256 * 1024;
    if look.verbosity == Verbosity::Quiet || contract.document().text().len() > LARGE {
        return;
    }
    let odd = contract.diagnose();
    match (look.verbosity, odd.len()) {
        (_, 0) => {}
        (Verbosity::Verbose, _) => diagnostics(&odd, look),
        (_, 1) => odd.iter().for_each(|warning| tell(&line(warning))),
        (_, count) => {
            tell(&format!("{}: {count} oddities taken in stride; `--verbose` shows them", contract.document().name()));
        }
    }
}

fn line(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.labels.first().map(|label| {
        let position = label.source.position(label.span.start);
        format!("{}:{}:{}: ", label.source.name(), position.line, position.column)
    });
    format!("warning: {}{} [{}]", place.unwrap_or_default(), diagnostic.message, diagnostic.code)
}

/// A runtime for what waits.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Diagnostic> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Diagnostic::error("cannot-start", format!("no threads are to be had: {error}")))
}

/// Comes back when the user interrupts, or the system ends, the process.
pub(super) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
