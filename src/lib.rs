//! countersign

pub mod exchange;
pub mod source;
pub mod verdict;
