//! The process's surroundings, looked at once and handed in.
#![expect(clippy::disallowed_methods, reason = "this is the one place that looks")]

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use crate::project::{Folder, Network};

/// Environment variables, working directory, terminal.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The variables whose names and values are UTF-8.
    pub variables: BTreeMap<String, String>,
    /// Where relative paths start.
    pub directory: PathBuf,
    /// How documents at URLs are fetched.
    pub network: Network,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
}

impl Environment {
    /// This process's.
    pub fn of_process() -> Self {
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            variables: std::env::vars_os().filter_map(utf8).collect(),
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            network: Network::default(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// The folder that the user is in.
    pub fn folder(&self) -> Folder {
        Folder::new(&self.directory).with_network(self.network.clone())
    }

    /// Whether `NO_COLOR` (no-color.org) asks for none.
    pub fn no_color(&self) -> bool {
        self.variables.get("NO_COLOR").is_some_and(|value| !value.is_empty())
    }
}
