//! The handle that ends a run before its time.

use tokio::sync::watch;

/// Ends a run from outside (Ctrl-C, say): what is under way is given up, what has not begun is skipped.
///
/// Clones are the same handle.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// A handle that has not been used.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the run. Doing so twice is the same as once.
    pub fn interrupt(&self) {
        self.0.send_replace(true);
    }

    /// Whether the run was ended.
    pub fn is_interrupted(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the run is ended.
    pub(super) async fn interrupted(&self) {
        // The sender is `self`, so the channel cannot close while this waits.
        self.0.subscribe().wait_for(|ended| *ended).await.ok();
    }
}
