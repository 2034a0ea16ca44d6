//! Traffic files judged by contracts: nothing is sent.
//!
//! [`Judge`] takes the [`Item`](crate::traffic::Item)s of a file one by one and gives each a verdict
//! as if it were a case; [`Fold`] keeps what reports show, within bounds whatever the file's size.

mod breaks;
mod fold;
mod holes;
mod judge;
mod servers;
#[cfg(test)]
mod tests;

pub use breaks::{Breaks, Sample, Sampled};
pub use fold::{Fold, Limits};
pub use judge::{Judge, Judged, Settings, Undocumented};
pub use servers::{Base, Bound, Matching, host, place};
