//! How a run is to go.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Rate;
use crate::case::Retry;
use crate::exchange::Redactor;
use crate::expression::Clock;
use crate::show::SHOWN_BODY;

/// How a run is to go, grouped by concern.
#[derive(Clone)]
pub struct Settings {
    /// How many at once, how fast, until when.
    pub pace: PaceSettings,
    /// What is tried again.
    pub again: AgainSettings,
    /// What cases see of the world.
    pub world: World,
    /// Whether what could not be judged counts as a failure.
    pub strict: bool,
    /// The most bytes of a body that an event holds; 64 KiB by default.
    pub shown_body: usize,
    /// Whether it is counted how much of the contracts is exercised; not by default.
    pub coverage: bool,
}

/// How many at once, how fast, until when.
#[derive(Clone, Copy, Debug)]
pub struct PaceSettings {
    /// How many cases run side by side; 8 by default.
    pub jobs: usize,
    /// The most requests for each contract in a time; no bound by default.
    pub rate: Option<Rate>,
    /// After so many failures (in the order of files) the rest is skipped.
    pub max_failures: Option<usize>,
}

/// What is tried again.
#[derive(Clone, Copy, Debug)]
pub struct AgainSettings {
    /// For cases that say nothing of it themselves.
    pub retry: Option<Retry>,
    /// The longest wait that a 429's `Retry-After` may ask for; longer ones are not waited for. 120 s by default.
    pub longest_wait: Duration,
    /// How often one request is sent again for a 429 with `Retry-After`; 5 by default.
    pub throttled: usize,
}

/// What cases see of the world: all of it is handed in.
#[derive(Clone)]
pub struct World {
    /// The environment variables.
    pub environment: Arc<BTreeMap<String, String>>,
    /// What random values follow from.
    pub seed: u64,
    /// Tells the time.
    pub clock: Clock,
    /// Takes secrets out of everything that is shown; it may know some already.
    pub redactor: Arc<Redactor>,
}

impl Settings {
    /// The defaults, in this world.
    pub fn new(world: World) -> Self {
        Self {
            pace: PaceSettings { jobs: 8, rate: None, max_failures: None },
            again: AgainSettings { retry: None, longest_wait: Duration::from_secs(120), throttled: 5 },
            world,
            strict: false,
            shown_body: SHOWN_BODY,
            coverage: false,
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The environment holds secrets.
        f.debug_struct("Settings")
            .field("pace", &self.pace)
            .field("again", &self.again)
            .field("seed", &self.world.seed)
            .field("strict", &self.strict)
            .finish_non_exhaustive()
    }
}
