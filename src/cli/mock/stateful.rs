//! `countersign mock --stateful`: what the mock remembers of what clients make.

use std::path::PathBuf;

use clap::Args;

use crate::mock::Bounds;
use crate::project::{Folder, Remembering};
use crate::source::Diagnostics;

/// State from the contract alone.
#[derive(Debug, Args)]
#[command(next_help_heading = "State (docs/mock.md)")]
pub struct StatefulArguments {
    /// Remember what clients make: what is posted can be read, listed, changed and deleted.
    #[arg(long)]
    pub stateful: bool,
    /// What is there at start: a YAML or JSON file of collection paths and their items. Implies `--stateful`.
    #[arg(long, value_name = "FILE")]
    pub seed_state: Option<PathBuf>,
    /// Keep the state in this file, across restarts and crashes. Implies `--stateful`.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Give each client a state of its own, told apart by this request header. Implies `--stateful`.
    #[arg(long, value_name = "HEADER")]
    pub state_per: Option<String>,
    /// How many items are remembered at most; what would be more is refused with 507. Implies `--stateful`.
    #[arg(long, value_name = "N")]
    pub state_items: Option<usize>,
}

/// What to remember with; `None` where nothing is to be remembered.
pub(super) fn remembering(arguments: &StatefulArguments, folder: &Folder) -> Result<Option<Remembering>, Diagnostics> {
    let StatefulArguments { stateful, seed_state, state, state_per, state_items } = arguments;
    if !stateful && seed_state.is_none() && state.is_none() && state_per.is_none() && state_items.is_none() {
        return Ok(None);
    }
    let bounds = state_items.map_or_else(Bounds::default, |items| Bounds { items, ..Bounds::default() });
    let mut remembering = Remembering { per: state_per.clone(), bounds, ..Remembering::default() };
    if let Some(path) = seed_state {
        remembering.seeds = Some(folder.read(path)?);
    }
    if let Some(path) = state {
        remembering.disk = Some(Remembering::open(folder, path)?);
    }
    Ok(Some(remembering))
}

/// What is recognised, line by line.
pub(super) fn told(mock: &crate::mock::Mock) -> Vec<String> {
    let Some(stateful) = mock.stateful() else { return Vec::new() };
    let collections = stateful.collections();
    if collections.is_empty() {
        return vec!["    state: no collection is recognised whose items a request makes".to_owned()];
    }
    collections.into_iter().map(|collection| format!("    state: {collection}")).collect()
}
